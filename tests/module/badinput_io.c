// SPDX-License-Identifier: GPL-2.0
/*
 * badinput_io.c - bad input to PROPOSE, WAIT, STATUS, read, write, lseek, poll;
 * other users, other namespaces, and a group that ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "badinput.h"

static char big[RAFT_COMMAND_MAX + 1];
static void *volatile null;	/* so that the compiler does not object */

int fresh_group(int flags)
{
	int dev = dev_open(flags);

	expect(group_start(dev, "io", 9, "log-io"), 0, "START io");
	expect(wait_leader(dev), 0, "WAIT for a leader");
	return dev;
}

void propose_init(struct raft_ioc_propose *p)
{
	memset(p, 0, sizeof(*p));
	p->size = sizeof(*p);
	p->data = (uintptr_t)"hello";
	p->len = 5;
}

static const struct field_case propose_cases[] = {
	PROPOSE(flags, 8, -EINVAL),
	PROPOSE(flags, 0x80000000, -EINVAL),
	PROPOSE(data, 0, -EFAULT),
	PROPOSE(data, 1, -EFAULT),
	PROPOSE(data, UINT64_MAX, -EFAULT),
	PROPOSE(len, 0, -EINVAL),
	PROPOSE(len, RAFT_COMMAND_MAX + 1, -EMSGSIZE),
	PROPOSE(len, 0xffffffff, -EMSGSIZE),
};

void test_propose(void)
{
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);
	struct raft_ioc_propose p, *map;
	unsigned int i;

	for (i = 0; i < sizeof(propose_cases) / sizeof(*propose_cases); i++) {
		propose_init(&p);
		field_set(&p, &propose_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p),
		       propose_cases[i].want, "PROPOSE with %s",
		       propose_cases[i].what);
	}
	propose_init(&p);
	expect(do_ioctl(ro, RAFT_IOC_PROPOSE, &p), -EBADF,
	       "PROPOSE on a file opened for reading");

	/* Results that cannot be written must not let it be proposed. */
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	propose_init(map);
	if (mprotect(map, 4096, PROT_READ))
		die("mprotect");
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, map), -EFAULT,
	       "PROPOSE in memory that is read-only");
	munmap(map, 4096);

	propose_init(&p);
	p.index = UINT64_MAX;
	p.term = UINT64_MAX;
	p.serial = UINT64_MAX;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE");
	check(p.serial == 1, "the refused ones took no serial");
	check(p.index >= 1 && p.term >= 1, "index and term are told");
	propose_init(&p);
	p.flags = RAFT_PROPOSE_NOWAIT | RAFT_PROPOSE_NONBLOCK;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE, not waiting");
	check(p.serial == 2 && !p.index, "only the serial is told");
	propose_init(&p);
	p.data = (uintptr_t)big;
	p.len = RAFT_COMMAND_MAX;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0,
	       "PROPOSE of the largest command");

	expect(res(write(dev, big, 0)), -EINVAL, "write of nothing");
	expect(res(write(dev, big, RAFT_COMMAND_MAX + 1)), -EMSGSIZE,
	       "write of one byte too many");
	expect(res(write(dev, null, 8)), -EFAULT, "write of NULL");
	expect(res(write(dev, null - 1, 1)), -EFAULT, "write of -1");
	expect(res(write(ro, big, 1)), -EBADF, "write, opened for reading");
	expect(res(pwrite(dev, big, 1, 0)), -ESPIPE, "pwrite");
	expect(res(write(dev, big, RAFT_COMMAND_MAX)), RAFT_COMMAND_MAX,
	       "write of the largest command");
	expect(res(write(dev, "x", 1)), 1, "write of the smallest");
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(res(write(dev, "x", 1)), -ECANCELED, "write, group stopped");
	propose_init(&p);
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), -ECANCELED,
	       "PROPOSE, group stopped");
	close(ro);
	close(dev);
}

#define WAIT(what_, value_, timeout_, want_) \
	{ .what = (what_), .value = (value_), .timeout = (timeout_), \
	  .want = (want_) }

static const struct wait_case {
	uint32_t what;
	uint64_t value;
	uint32_t timeout;
	int want;
} wait_cases[] = {
	WAIT(0, 0, 0, -EINVAL),
	WAIT(5, 0, 0, -EINVAL),
	WAIT(0xffffffff, 0, 0, -EINVAL),
	WAIT(RAFT_WAIT_LEADER, 1, 0, -EINVAL),
	WAIT(RAFT_WAIT_LEADER, 0, 0, 0),
	WAIT(RAFT_WAIT_LEADER, 0, 0xffffffff, 0),
	WAIT(RAFT_WAIT_APPLIED, UINT64_MAX, 0, -EINVAL),
	WAIT(RAFT_WAIT_APPLIED, 1ULL << 55, 0, -ETIMEDOUT),
	WAIT(RAFT_WAIT_APPLIED, 1ULL << 40, 50, -ETIMEDOUT),
	WAIT(RAFT_WAIT_APPLIED, 0, 0, 0),
	WAIT(RAFT_WAIT_APPLIED, 1, 60000, 0),
	WAIT(RAFT_WAIT_SERIAL, 0, 0, -EINVAL),
	WAIT(RAFT_WAIT_SERIAL, 1, 60000, 0),
	WAIT(RAFT_WAIT_SERIAL, 2, 50, -ETIMEDOUT),
	WAIT(RAFT_WAIT_SERIAL, UINT64_MAX, 0, -ETIMEDOUT),
	WAIT(RAFT_WAIT_CHANGE, UINT64_MAX, 0, 0),
};

void test_wait(void)
{
	struct raft_ioc_wait w = { .size = sizeof(w) };
	int dev = fresh_group(O_RDWR);
	unsigned int i;

	expect(res(write(dev, "x", 1)), 1, "write");
	for (i = 0; i < sizeof(wait_cases) / sizeof(*wait_cases); i++) {
		const struct wait_case *c = &wait_cases[i];

		w.what = c->what;
		w.value = c->value;
		w.timeout_ms = c->timeout;
		expect(do_ioctl(dev, RAFT_IOC_WAIT, &w), c->want,
		       "WAIT for %u, value %llu, timeout %u", c->what,
		       (unsigned long long)c->value, c->timeout);
	}
	check(w.leader == 1 && w.events, "leader and events are told");
	w.what = RAFT_WAIT_CHANGE;
	w.value = w.events;
	w.timeout_ms = 20;
	w.leader = 0;
	expect(do_ioctl(dev, RAFT_IOC_WAIT, &w), -ETIMEDOUT,
	       "WAIT for a change that does not come");
	check(w.leader == 1, "leader is told after a time-out too");
	expect(group_stop(dev, "io"), 0, "STOP io");
	w.what = RAFT_WAIT_SERIAL;
	w.value = 1;
	expect(do_ioctl(dev, RAFT_IOC_WAIT, &w), 0,
	       "WAIT for what was applied before the end");
	w.value = 2;
	w.timeout_ms = 0xffffffff;
	expect(do_ioctl(dev, RAFT_IOC_WAIT, &w), -ECANCELED,
	       "WAIT for ever, group stopped");
	close(dev);
}

void test_status(void)
{
	struct raft_ioc_status s = { .size = sizeof(s) };
	int dev = fresh_group(O_RDONLY);
	char peers[2][128];

	s.flags = 1;
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), -EINVAL,
	       "STATUS with a flag");
	s.flags = 0;
	s.n_peers = 2;
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), -EINVAL,
	       "STATUS with peers at NULL");
	s.peers = (uintptr_t)peers;
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), -EINVAL,
	       "STATUS with peers of size 0");
	/* As they were in version 1. */
	s.peer_size = offsetof(struct raft_ioc_peer, election_timeout_ms) - 1;
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), -EINVAL,
	       "STATUS with peers that are too small");
	s.peer_size = 4097;
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), -E2BIG,
	       "STATUS with peers that are too large");
	s.peer_size = sizeof(peers[0]);
	s.peers = 1;
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), -EFAULT,
	       "STATUS with peers at 1");
	s.peers = (uintptr_t)peers;
	s.n_peers = 2;
	memset(peers, 0xff, sizeof(peers));
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), 0, "STATUS");
	check(s.n_peers == 1 && s.node_id == 1 && s.leader == 1 &&
	      s.role == RAFT_ROLE_LEADER && !strcmp(s.name, "io"),
	      "STATUS says what it should");
	check(((struct raft_ioc_peer *)peers[0])->port == 27000 &&
	      !peers[0][127] && peers[1][0] == -1,
	      "one peer, the rest of it zero, and nothing behind it");
	check(s.state == RAFT_STATUS_MEMBER && !s.member_flags &&
	      !s.config_index && s.max_batch == 64 &&
	      s.lease_drift_ppm == 10000, "and what version 2 says");
	s.size = offsetof(struct raft_ioc_status, config_index);
	s.max_batch = 77;
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), 0, "STATUS of version 1");
	check(s.max_batch == 77, "nothing behind its end is written");
	s.size = sizeof(s);
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), 0,
	       "STATUS of a stopped group");
	close(dev);
}

/* What three commands look like, and every buffer that is too small. */
void test_read(void)
{
	char buf[512], *end;
	struct raft_record *r = (void *)buf;
	struct iovec iov[2] = { { buf, 20 }, { buf + 20, 492 } };
	int dev = fresh_group(O_RDWR), wo = dev_open(O_WRONLY);
	int nb = dev_open(O_RDWR | O_NONBLOCK);

	expect(res(read(nb, buf, sizeof(buf))), -EAGAIN, "read of no record");
	expect(res(write(dev, "abc", 3)), 3, "write");
	expect(res(write(dev, "defghijk", 8)), 8, "write");
	expect(res(read(dev, buf, 0)), 0, "read into no buffer");
	expect(res(read(dev, buf, 1)), -EINVAL, "read into 1 byte");
	expect(res(read(dev, buf, sizeof(*r))), -EINVAL,
	       "read into a header's bytes");
	expect(res(read(dev, buf, sizeof(*r) + 7)), -EINVAL,
	       "read into a byte less than a record");
	expect(res(read(dev, null, sizeof(buf))), -EFAULT, "read into NULL");
	expect(res(pread(dev, buf, sizeof(buf), 0)), -ESPIPE, "pread");
	expect(res(read(wo, buf, sizeof(buf))), -EBADF,
	       "read, opened for writing");

	memset(buf, 0xff, sizeof(buf));
	expect(res(read(dev, buf, sizeof(*r) + 8 + 20)), sizeof(*r) + 8,
	       "read of one record where a second does not fit");
	check(r->size == sizeof(*r) && r->len == 3 && r->origin == 1 &&
	      r->serial == 1 && !r->flags, "its header");
	check(!memcmp(buf + r->size, "abc\0\0\0\0\0", 8), "its command");
	expect(res(read(dev, buf, sizeof(buf))), sizeof(*r) + 8,
	       "read of the second record");
	expect(res(lseek(dev, 0, SEEK_SET)), 1, "lseek to the start");
	expect(res(readv(dev, iov, 2)), 2 * sizeof(*r) + 16,
	       "readv of both records");
	check(!memcmp(buf + sizeof(*r), "abc", 3), "in one piece");

	/* A record that ends in no memory is not lost. */
	end = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (end == MAP_FAILED || mprotect(end + 4096, 4096, PROT_NONE))
		die("mmap");
	expect(res(lseek(dev, 1, SEEK_SET)), 1, "lseek to 1");
	expect(res(read(dev, end + 4096 - 50, 4096)), -EFAULT,
	       "read into too little memory");
	expect(res(read(dev, buf, sizeof(*r) + 8)), sizeof(*r) + 8,
	       "read again");
	check(r->serial == 1, "it is the same record");
	munmap(end, 8192);
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(res(read(dev, buf, sizeof(buf))), sizeof(*r) + 8,
	       "read of what is left in a stopped group");
	expect(res(read(dev, buf, sizeof(buf))), -ECANCELED,
	       "read at the end of a stopped group");
	close(nb);
	close(wo);
	close(dev);
}

static int poll_now(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&p, 1, 0) < 0 ? -errno : p.revents;
}

void test_seek_poll(void)
{
	int dev = dev_open(O_RDWR);
	char buf[64];
	long end;

	check(poll_now(dev) == POLLERR, "poll without a group");
	expect(res(lseek(dev, 0, SEEK_SET)), -ENODEV, "lseek without a group");
	expect(res(read(dev, buf, sizeof(buf))), -ENODEV,
	       "read without a group");
	expect(res(write(dev, "x", 1)), -ENODEV, "write without a group");
	close(dev);

	dev = fresh_group(O_RDWR);
	check(poll_now(dev) == POLLOUT, "poll: nothing to read");
	expect(res(write(dev, "x", 1)), 1, "write");
	check(poll_now(dev) == (POLLIN | POLLOUT), "poll: a record");
	expect(res(lseek(dev, -1, SEEK_SET)), -EINVAL, "SEEK_SET -1");
	expect(res(lseek(dev, (1L << 56) + 1, SEEK_SET)), -EINVAL,
	       "SEEK_SET 2^56 + 1");
	expect(res(lseek(dev, 1, SEEK_CUR)), -EINVAL, "SEEK_CUR 1");
	expect(res(lseek(dev, -1, SEEK_CUR)), -EINVAL, "SEEK_CUR -1");
	expect(res(lseek(dev, 1, SEEK_END)), -EINVAL, "SEEK_END 1");
	expect(res(lseek(dev, 1, SEEK_DATA)), -EINVAL, "SEEK_DATA 1");
	expect(res(lseek(dev, 0, SEEK_HOLE)), -EINVAL, "SEEK_HOLE 0");
	expect(res(lseek(dev, 0, 99)), -EINVAL, "lseek 99");
	expect(res(lseek(dev, 0, SEEK_DATA)), 1, "SEEK_DATA 0");
	expect(res(lseek(dev, 1000, SEEK_SET)), 1000, "SEEK_SET 1000");
	expect(res(lseek(dev, 0, SEEK_CUR)), 1000, "SEEK_CUR 0");
	check(poll_now(dev) == POLLOUT, "poll beyond the end");
	end = lseek(dev, 0, SEEK_END);
	check(end > 1 && end < 100, "SEEK_END 0 (%ld)", end);
	check(poll_now(dev) == POLLOUT, "poll at the end");
	expect(res(write(dev, "y", 1)), 1, "write");
	check(poll_now(dev) == (POLLIN | POLLOUT), "poll: a new record");
	expect(res(read(dev, buf, sizeof(buf))), 56, "read of it");
	check(buf[48] == 'y', "and only of it");
	lseek(dev, 0, SEEK_SET);
	expect(group_stop(dev, "io"), 0, "STOP io");
	check(poll_now(dev) == (POLLIN | POLLERR | POLLHUP),
	      "poll: stopped, with records");
	lseek(dev, 0, SEEK_END);
	check(poll_now(dev) == (POLLERR | POLLHUP), "poll: stopped");
	close(dev);
}

/* Runs @fn in a child; its exit code. */
static int in_child(int (*fn)(int dev), int dev)
{
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		_exit(fn(dev));
	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return 255;
	return WEXITSTATUS(status);
}

static int as_nobody(int dev)
{
	struct raft_ioc_name n = { .size = sizeof(n) };
	struct raft_ioc_start s = { .size = sizeof(s) };
	struct raft_ioc_status st = { .size = sizeof(st) };
	struct raft_ioc_members m = { .size = sizeof(m) };
	struct raft_ioc_transfer t = { .size = sizeof(t) };
	struct raft_ioc_set set = { .size = sizeof(set) };
	struct raft_ioc_read r = { .size = sizeof(r) };

	if (setgid(65534) || setuid(65534))
		return 1;
	if (open(DEV, O_RDONLY) >= 0 || errno != EACCES)
		return 2;
	if (do_ioctl(dev, RAFT_IOC_START, &s) != -EPERM)
		return 3;
	if (do_ioctl(dev, RAFT_IOC_STOP, &n) != -EPERM)
		return 4;
	/* Who was given an open file may use it, but not change the group. */
	if (do_ioctl(dev, RAFT_IOC_STATUS, &st))
		return 5;
	if (do_ioctl(dev, RAFT_IOC_READ, &r))
		return 6;
	if (do_ioctl(dev, RAFT_IOC_MEMBERS, &m) != -EPERM ||
	    do_ioctl(dev, RAFT_IOC_TRANSFER, &t) != -EPERM ||
	    do_ioctl(dev, RAFT_IOC_SET, &set) != -EPERM)
		return 7;
	return write(dev, "x", 1) == 1 ? 0 : 8;
}

static int as_user_root(int dev)
{
	struct raft_ioc_start s = { .size = sizeof(s) };

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 77;	/* not built in, or we are in a chroot */
	return do_ioctl(dev, RAFT_IOC_START, &s) == -EPERM ? 0 : 2;
}

static int elsewhere(int dev)
{
	struct raft_ioc_name n = { .size = sizeof(n), .name = "io" };
	int other;

	if (unshare(CLONE_NEWNET))
		return 1;
	other = open(DEV, O_RDWR);
	if (other < 0 || res(write(other, "x", 1)) != -ENODEV)
		return 2;
	if (do_ioctl(other, RAFT_IOC_ATTACH, &n) != -ENODEV)
		return 3;
	if (do_ioctl(other, RAFT_IOC_STOP, &n) != -ENODEV)
		return 4;
	/* The file belongs to the namespace in which it was opened. */
	return write(dev, "x", 1) == 1 ? 0 : 5;
}

/* The namespace dies with the child, the file in it does not keep it. */
static int orphan(int dev)
{
	(void)dev;
	if (unshare(CLONE_NEWNET) || system("ip link set lo up"))
		return 1;
	dev = dev_open(O_RDWR);
	if (group_start(dev, "io", 9, "log-orphan") || wait_leader(dev))
		return 2;
	return write(dev, "x", 1) == 1 ? 0 : 3;
}

void test_others(void)
{
	int dev = fresh_group(O_RDWR), ret;

	expect(in_child(as_nobody, dev), 0, "another user");
	ret = in_child(as_user_root, dev);
	check(!ret || ret == 77, "root of a user namespace%s",
	      ret == 77 ? " # SKIP there are none here" : "");
	expect(in_child(elsewhere, dev), 0, "another network namespace");
	expect(group_stop(dev, "io"), 0, "STOP io");
	close(dev);
	expect(in_child(orphan, -1), 0, "a namespace that ends with its group");
}
