// SPDX-License-Identifier: GPL-2.0
/*
 * badinput_start.c - bad input to START, STOP and ATTACH.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "badinput.h"

#define START(field, val, err)	FIELD(struct start, field, val, err)

static const struct field_case start_cases[] = {
	START(s.flags, 0x40, -EINVAL),
	START(s.snapshot_fd[1], 1, -EINVAL),
	START(s.snapshot_at, 101, -EINVAL),
	START(s.reserved2, 1, -EINVAL),
	START(s.retain_entries, 1, -EINVAL),
	START(s.retain_bytes, 1, -EINVAL),
	START(s.flags, 0x80000000, -EINVAL),
	START(s.name[0], 0, -EINVAL),
	START(s.name[0], '.', -EINVAL),
	START(s.name[0], '/', -EINVAL),
	START(s.name[1], '/', -EINVAL),
	START(s.name[1], '\n', -EINVAL),
	START(s.name[1], 0xff, -EINVAL),
	START(s.group_id, 0, -EINVAL),
	START(s.node_id, 0, -EINVAL),
	START(s.node_id, 2, -EINVAL),		/* and listen is empty */
	START(s.log_fd, 0xffffffff, -EBADF),
	START(s.log_fd, 9999, -EBADF),
	START(s.log_fd, 0x7fffffff, -EBADF),
	START(s.n_members, 0, -EINVAL),		/* and listen is empty */
	START(s.n_members, 2, -EINVAL),		/* the second is all zero */
	START(s.n_members, 17, -EINVAL),
	START(s.n_members, 0xffffffff, -EINVAL),
	START(s.member_size, 0, -EINVAL),
	START(s.member_size, 31, -EINVAL),
	START(s.member_size, 4097, -E2BIG),
	START(s.member_size, 0xffffffff, -E2BIG),
	START(s.members, 0, -EFAULT),
	START(s.members, 1, -EFAULT),
	START(s.members, UINT64_MAX, -EFAULT),
	START(s.listen.port, 1, -EINVAL),	/* but members say where */
	START(s.listen.id, 1, -EINVAL),
	START(s.listen.addr[15], 1, -EINVAL),
	START(s.election_timeout_ms, 9, -EINVAL),
	START(s.election_timeout_ms, 3600001, -EINVAL),
	START(s.election_timeout_ms, 0xffffffff, -EINVAL),
	START(s.election_timeout_ms, 39, -EINVAL),	/* heartbeat is 20 */
	START(s.heartbeat_ms, 51, -EINVAL),
	START(s.heartbeat_ms, 0xffffffff, -EINVAL),
	START(s.max_inflight, 257, -EINVAL),
	START(s.max_inflight_bytes, 0xffffffff, -EINVAL),
	START(s.max_batch, 257, -EINVAL),
	START(s.propose_timeout_ms, 0xffffffff, -EINVAL),
	START(s.max_uncommitted, UINT64_MAX, -EINVAL),
	START(s.lease_drift_ppm, 500001, -EINVAL),
	START(s.reserved, 1, -EINVAL),
	START(s.reserved, 1ULL << 63, -EINVAL),
	START(m[0].id, 0, -EINVAL),
	START(m[0].id, 2, -EINVAL),		/* not ours: listen is empty */
	START(m[0].flags, 1, -EINVAL),		/* nobody can vote */
	START(m[0].flags, 2, -EINVAL),		/* only a log says such */
	START(m[0].flags, 8, -EINVAL),
	START(m[0].family, 0, -EINVAL),
	START(m[0].family, AF_UNIX, -EINVAL),
	START(m[0].family, 0xffff, -EINVAL),
	START(m[0].port, 0, -EINVAL),
	START(m[0].scope_id, 1, -EINVAL),
	START(m[0].addr[0], 0, -EINVAL),
	START(m[0].addr[0], 224, -EINVAL),
	START(m[0].addr[4], 1, -EINVAL),
	START(m[0].addr[15], 1, -EINVAL),
	START(m[0].addr[0], 128, -EADDRNOTAVAIL),
};

/* A port that a socket of another program has. */
static void test_start_port(int dev, int log)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);
	struct start st;

	start_init(&st, "bad", 7, log);
	in.sin_port = htons(st.m[0].port);
	if (sock < 0 || bind(sock, (struct sockaddr *)&in, sizeof(in)))
		die("bind");
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -EADDRINUSE,
	       "START with a port that is taken");
	close(sock);
}

static void test_start_ipv6(int dev, int log)
{
	struct start st;
	int ret;

	start_init(&st, "six", 7, log);
	st.m[0].family = AF_INET6;
	memset(st.m[0].addr, 0, sizeof(st.m[0].addr));
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -EINVAL, "START on ::");
	st.m[0].addr[0] = 0xfe;
	st.m[0].addr[1] = 0x80;
	st.m[0].addr[15] = 0x99;
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -EINVAL,
	       "START on a link-local address without its interface");
	st.m[0].addr[0] = 0;
	st.m[0].addr[1] = 0;
	st.m[0].addr[15] = 1;
	ret = do_ioctl(dev, RAFT_IOC_START, &st);
	check(!ret || ret == -EAFNOSUPPORT || ret == -EADDRNOTAVAIL,
	      "START on ::1%s", ret ? " # SKIP no IPv6 here" : "");
	if (ret)
		return;
	expect(wait_leader(dev), 0, "WAIT for a leader");
	expect(group_stop(dev, "six"), 0, "STOP");
	st.m[0].addr[0] = 0xfd;
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -EADDRNOTAVAIL,
	       "START on an IPv6 address that is not here");
}

/* Nothing of what was refused is left: the name and the log are still free. */
void test_start(void)
{
	int fd = log_new("log", O_RDWR, LOG_BYTES), dev = dev_open(O_RDWR);
	struct raft_ioc_status status = { .size = sizeof(status) };
	struct start st;
	unsigned int i;

	for (i = 0; i < sizeof(start_cases) / sizeof(start_cases[0]); i++) {
		start_init(&st, "bad", 7, fd);
		field_set(&st, &start_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_START, &st), start_cases[i].want,
		       "START with %s", start_cases[i].what);
	}

	test_start_port(dev, fd);
	start_init(&st, "bad", 7, fd);
	memset(st.s.name, 'a', sizeof(st.s.name));
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -EINVAL,
	       "START with a name without an end");
	start_init(&st, "bad", 7, fd);
	st.s.n_members = 2;
	st.m[1] = st.m[0];
	st.m[1].port++;
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -EINVAL,
	       "START with an id twice");
	st.m[1] = st.m[0];
	st.m[1].id++;
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -EINVAL,
	       "START with an address twice");
	start_init(&st, "bad", 7, fd);
	st.s.n_members = 1;
	st.s.member_size = sizeof(st.m[0]) + 8;
	st.m[1].id = 1;
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -E2BIG,
	       "START with larger members, the rest not zero");

	expect(do_ioctl(dev, RAFT_IOC_STATUS, &status), -ENODEV,
	       "after all that there is no group");
	start_init(&st, "bad", 7, fd);
	st.s.member_size = sizeof(st.m[0]) + 8;
	expect(do_ioctl(dev, RAFT_IOC_START, &st), 0,
	       "START with larger members, the rest zero");
	expect(group_stop(dev, "bad"), 0, "STOP");
	close(fd);
	close(dev);

	fd = log_new("log", O_RDWR, LOG_BYTES);
	dev = dev_open(O_RDWR);
	test_start_ipv6(dev, fd);
	close(fd);
	close(dev);
}

static int start_with(int dev, int fd, uint32_t flags, uint64_t id)
{
	struct start st;

	start_init(&st, "log", id, fd);
	st.s.flags = flags;
	return do_ioctl(dev, RAFT_IOC_START, &st);
}

static void log_kind(int dev, int fd, int want, const char *what)
{
	if (fd < 0)
		die(what);
	expect(start_with(dev, fd, RAFT_START_CREATE, 7), want,
	       "a log that is %s", what);
	close(fd);
}

static void test_log_kinds(int dev)
{
	int p[2], s[2];

	if (pipe(p) || socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		die("pipe");
	log_kind(dev, p[0], -EINVAL, "a pipe to read from");
	log_kind(dev, p[1], -EINVAL, "a pipe to write to");
	log_kind(dev, s[0], -EINVAL, "a socket");
	close(s[1]);
	log_kind(dev, open("/", O_RDONLY | O_DIRECTORY), -EINVAL,
		 "a directory");
	log_kind(dev, open("/dev/null", O_RDWR), -EINVAL, "/dev/null");
	log_kind(dev, open("/dev/zero", O_RDWR), -EINVAL, "/dev/zero");
	log_kind(dev, open(DEV, O_RDWR), -EINVAL, DEV);
	log_kind(dev, open("/proc/self/status", O_RDONLY), -EINVAL,
		 "a file of proc");
	log_kind(dev, log_new("log", O_RDONLY, LOG_BYTES), -EINVAL,
		 "opened for reading only");
	log_kind(dev, log_new("log", O_WRONLY, LOG_BYTES), -EINVAL,
		 "opened for writing only");
	log_kind(dev, log_new("log", O_RDWR | O_APPEND, LOG_BYTES), -EINVAL,
		 "opened with O_APPEND");
	log_kind(dev, log_new("log", O_PATH, LOG_BYTES), -EBADF,
		 "opened with O_PATH");
	log_kind(dev, log_new("log", O_RDWR, 0), -EINVAL, "empty");
	log_kind(dev, log_new("log", O_RDWR, RAFT_LOG_MIN - 1), -EINVAL,
		 "one byte too small");
}

static void fill(int fd, int byte)
{
	char buf[65536];
	int i;

	memset(buf, byte, sizeof(buf));
	for (i = 0; i < 4; i++)
		if (pwrite(fd, buf, sizeof(buf), i * sizeof(buf)) < 0)
			die("pwrite");
}

void test_logs(void)
{
	int dev = dev_open(O_RDWR), fd;
	struct start st;

	test_log_kinds(dev);

	fd = log_new("log", O_RDWR, LOG_BYTES);
	expect(start_with(dev, fd, 0, 7), -EMEDIUMTYPE,
	       "zeros, without CREATE");
	fill(fd, 0xa5);
	expect(start_with(dev, fd, 0, 7), -EMEDIUMTYPE, "garbage");
	expect(start_with(dev, fd, RAFT_START_CREATE, 7), -EMEDIUMTYPE,
	       "garbage, with CREATE");
	fill(fd, 0);
	expect(start_with(dev, fd, RAFT_START_CREATE, 7), 0,
	       "zeros, with CREATE");
	start_init(&st, "other", 8, fd);
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -EBUSY,
	       "a log that is in use");
	expect(group_stop(dev, "log"), 0, "STOP");
	expect(start_with(dev, fd, 0, 8), -ESTALE, "a log of another group");
	expect(start_with(dev, fd, RAFT_START_CREATE, 8), -ESTALE,
	       "a log of another group, with CREATE");
	start_init(&st, "log", 7, fd);
	st.s.node_id = 2;
	st.m[0].id = 2;
	expect(do_ioctl(dev, RAFT_IOC_START, &st), -ESTALE,
	       "a log of another node");
	expect(start_with(dev, fd, 0, 7), 0, "its own log again");
	expect(group_stop(dev, "log"), 0, "STOP");
	close(fd);
	close(dev);
}

static int name_call(int dev, unsigned long cmd, const char *name,
		     uint32_t flags)
{
	struct raft_ioc_name n = { .size = sizeof(n), .flags = flags };

	/* Names that fill the field have no end: memcpy() is meant. */
	memcpy(n.name, name, strnlen(name, sizeof(n.name)));
	return do_ioctl(dev, cmd, &n);
}

static void test_bad_names(int dev)
{
	static const char *const names[] = {
		".", "..", ".a", "a/b", "a b", "a\n", "a%n", "\xff",
		"12345678901234567890123456789012",
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		expect(name_call(dev, RAFT_IOC_STOP, names[i], 0), -EINVAL,
		       "STOP of bad name %u", i);
		expect(name_call(dev, RAFT_IOC_ATTACH, names[i], 0), -EINVAL,
		       "ATTACH to bad name %u", i);
	}
	expect(name_call(dev, RAFT_IOC_STOP, "a", 1), -EINVAL,
	       "STOP with a flag");
	expect(name_call(dev, RAFT_IOC_ATTACH, "a", 1), -EINVAL,
	       "ATTACH with a flag");
	expect(name_call(dev, RAFT_IOC_STOP, "nobody", 0), -ENODEV,
	       "STOP of no group");
	expect(name_call(dev, RAFT_IOC_ATTACH, "nobody", 0), -ENODEV,
	       "ATTACH to no group");
}

void test_names(void)
{
	int dev = dev_open(O_RDWR), other = dev_open(O_RDWR);
	int lazy = dev_open(O_RDWR);

	test_bad_names(dev);
	expect(group_start(dev, "a", 1, "log-a"), 0, "START a");
	expect(group_start(dev, "a", 2, "log-b"), -EEXIST,
	       "START of a name that is there");
	expect(group_start(dev, "b", 1, "log-b"), -EEXIST,
	       "START of an id that is there");
	expect(wait_leader(lazy), 0, "an open file finds the only group");
	expect(group_start(dev, "b", 2, "log-b"), 0, "START b");

	expect(wait_leader(other), -ENODEV, "which of two groups?");
	expect(name_call(other, RAFT_IOC_ATTACH, "", 0), -ENODEV,
	       "ATTACH without a name, of two");
	expect(name_call(dev, RAFT_IOC_STOP, "", 0), -ENODEV,
	       "STOP without a name, of two");
	expect(name_call(other, RAFT_IOC_ATTACH, "b", 0), 0, "ATTACH b");
	expect(name_call(other, RAFT_IOC_ATTACH, "b", 0), 0, "ATTACH b again");
	expect(name_call(other, RAFT_IOC_ATTACH, "a", 0), -EBUSY,
	       "ATTACH a when attached to b");
	expect(name_call(lazy, RAFT_IOC_ATTACH, "b", 0), -EBUSY,
	       "ATTACH b when it found a by itself");
	expect(group_stop(dev, "a"), 0, "STOP a");
	expect(group_stop(dev, "a"), -ENODEV, "STOP a again");
	expect(wait_leader(lazy), -ECANCELED, "the leader of a stopped group");
	expect(name_call(dev, RAFT_IOC_STOP, "", 0), 0, "STOP the only one");
	close(lazy);
	close(other);
	close(dev);
}
