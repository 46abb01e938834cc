// SPDX-License-Identifier: GPL-2.0
/*
 * badinput.c - every class of bad input to /dev/raft, and the exact answer.
 *
 * Runs on the real module, as root, in a network namespace without groups; makes
 * groups of one node on 127.0.0.1 and stops them.  Logs lie in the directory
 * given (default /tmp).  TAP on stdout; exit code 1 if a line is "not ok".
 *
 * This file: TAP, helpers, and what all ioctls have in common.  The parts:
 * badinput_start.c (START, STOP, ATTACH), badinput_admin.c (MEMBERS, TRANSFER,
 * READ, SET), badinput_session.c (SESSION, APPLIED, what PROPOSE has for them),
 * badinput_batch.c (PROPOSE_BATCH), badinput_io.c (the rest).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "badinput.h"

static const char *dir = "/tmp";
static int n_checks, n_bad;

static void result(bool ok, const char *name, const char *why)
{
	n_checks++;
	if (!ok)
		n_bad++;
	printf("%sok %d - %s%s\n", ok ? "" : "not ", n_checks, name, why);
	fflush(stdout);
}

void check(bool ok, const char *fmt, ...)
{
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	result(ok, name, "");
}

static const char *word(int got)
{
	return got < 0 ? strerrorname_np(-got) : "success";
}

void expect(int got, int want, const char *fmt, ...)
{
	char name[256], why[64] = "";
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (n < sizeof(name))
		snprintf(name + n, sizeof(name) - n, ": %s", word(want));
	if (got != want)
		snprintf(why, sizeof(why), " (got %d, %s)", got, word(got));
	result(got == want, name, why);
}

void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

int res(long ret)
{
	return ret < 0 ? -errno : (int)ret;
}

int dev_open(int flags)
{
	int fd = open(DEV, flags);

	if (fd < 0)
		die(DEV);
	return fd;
}

int do_ioctl(int fd, unsigned long cmd, const void *arg)
{
	return res(ioctl(fd, cmd, arg));
}

void field_set(void *base, const struct field_case *c)
{
	/* little-endian or not: through the right type */
	uint8_t v8 = c->value;
	uint16_t v16 = c->value;
	uint32_t v32 = c->value;
	const void *from = &c->value;

	if (c->size == sizeof(v8))
		from = &v8;
	else if (c->size == sizeof(v16))
		from = &v16;
	else if (c->size == sizeof(v32))
		from = &v32;
	memcpy((char *)base + c->offset, from, c->size);
}

const char *log_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* A new file of zeros, opened with @flags. */
int log_new(const char *name, int flags, long bytes)
{
	const char *path = log_path(name);
	int fd;

	unlink(path);
	fd = open(path, O_CREAT | O_RDWR, 0600);
	if (fd < 0 || ftruncate(fd, bytes))
		die(path);
	close(fd);
	fd = open(path, flags);
	if (fd < 0)
		die(path);
	return fd;
}

/* What is valid: one node on 127.0.0.1 that elects itself at once. */
void start_init(struct start *st, const char *name, uint64_t id, int log)
{
	memset(st, 0, sizeof(*st));
	st->s.size = sizeof(st->s);
	st->s.flags = RAFT_START_CREATE | RAFT_START_FRESH;
	strncpy(st->s.name, name, sizeof(st->s.name) - 1);
	st->s.group_id = id;
	st->s.node_id = 1;
	st->s.log_fd = log;
	st->s.n_members = 1;
	st->s.member_size = sizeof(st->m[0]);
	st->s.members = (uintptr_t)st->m;
	st->s.election_timeout_ms = 100;
	st->s.heartbeat_ms = 20;
	st->m[0].id = 1;
	st->m[0].family = AF_INET;
	st->m[0].port = 27000;
	st->m[0].addr[0] = 127;
	st->m[0].addr[3] = 1;
}

int group_start(int dev, const char *name, uint64_t id, const char *log)
{
	int fd = log_new(log, O_RDWR, LOG_BYTES);
	struct start st;
	int ret;

	start_init(&st, name, id, fd);
	ret = do_ioctl(dev, RAFT_IOC_START, &st);
	close(fd);
	return ret;
}

int group_stop(int dev, const char *name)
{
	struct raft_ioc_name n = { .size = sizeof(n) };

	strncpy(n.name, name, sizeof(n.name) - 1);
	return do_ioctl(dev, RAFT_IOC_STOP, &n);
}

int wait_leader(int dev)
{
	struct raft_ioc_wait w = {
		.size = sizeof(w),
		.what = RAFT_WAIT_LEADER,
		.timeout_ms = 60000,
	};

	return do_ioctl(dev, RAFT_IOC_WAIT, &w);
}

/* What a program of version 1 has. */
#define STATUS_V1	offsetof(struct raft_ioc_status, config_index)
#define PROPOSE_V1	offsetof(struct raft_ioc_propose, client)
#define START_V1	offsetof(struct raft_ioc_start, snapshot_fd)
#define SET_V2		offsetof(struct raft_ioc_set, snapshot_at)

/* Every ioctl, its size, and its answer to a structure of zeros but the size. */
static const struct {
	const char *name;
	unsigned long cmd;
	uint32_t size;
	int zeros;
} cmds[] = {
	{ "FEATURES", RAFT_IOC_FEATURES, sizeof(struct raft_ioc_features), 0 },
	{ "START", RAFT_IOC_START, START_V1, -EINVAL },
	{ "STOP", RAFT_IOC_STOP, sizeof(struct raft_ioc_name), -ENODEV },
	{ "ATTACH", RAFT_IOC_ATTACH, sizeof(struct raft_ioc_name), -ENODEV },
	{ "PROPOSE", RAFT_IOC_PROPOSE, PROPOSE_V1, -EINVAL },
	{ "WAIT", RAFT_IOC_WAIT, sizeof(struct raft_ioc_wait), -EINVAL },
	{ "STATUS", RAFT_IOC_STATUS, STATUS_V1, -ENODEV },
	{ "MEMBERS", RAFT_IOC_MEMBERS, sizeof(struct raft_ioc_members),
	  -EINVAL },
	{ "TRANSFER", RAFT_IOC_TRANSFER, sizeof(struct raft_ioc_transfer),
	  -ENODEV },
	{ "READ", RAFT_IOC_READ, sizeof(struct raft_ioc_read), -ENODEV },
	{ "SET", RAFT_IOC_SET, SET_V2, -ENODEV },
	{ "SESSION", RAFT_IOC_SESSION, sizeof(struct raft_ioc_session),
	  -ENODEV },
	{ "APPLIED", RAFT_IOC_APPLIED, sizeof(struct raft_ioc_applied),
	  -EINVAL },
	{ "JOIN", RAFT_IOC_JOIN, sizeof(struct raft_ioc_join), -EINVAL },
	{ "SNAPSHOT", RAFT_IOC_SNAPSHOT, sizeof(struct raft_ioc_snapshot),
	  -EINVAL },
	{ "SNAPSHOT_OPEN", RAFT_IOC_SNAPSHOT_OPEN,
	  sizeof(struct raft_ioc_snapshot_open), -ENODEV },
	{ "PROPOSE_BATCH", RAFT_IOC_PROPOSE_BATCH,
	  sizeof(struct raft_ioc_propose_batch), -EINVAL },
};

#define N_CMDS	(sizeof(cmds) / sizeof(cmds[0]))

/* Sizes and pointers that no structure can have. */
static void test_sizes(int dev, unsigned int i)
{
	const char *name = cmds[i].name;
	unsigned long cmd = cmds[i].cmd;
	uint32_t size = cmds[i].size;
	static uint32_t buf[4096];
	unsigned int k;
	const struct {
		uint32_t size;
		int want;
	} sizes[] = {
		{ 0, -EINVAL },
		{ 1, -EINVAL },
		{ 4, -EINVAL },
		{ size - 8, -EINVAL },
		{ size - 1, -EINVAL },
		{ size, cmds[i].zeros },
		{ size + 1, cmds[i].zeros },
		{ size + 8, cmds[i].zeros },
		{ 4096, cmds[i].zeros },
		{ 4097, -E2BIG },
		{ 65536, -E2BIG },
		{ 0x7fffffff, -E2BIG },
		{ 0xffffffff, -E2BIG },
	};

	for (k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		memset(buf, 0, sizeof(buf));
		buf[0] = sizes[k].size;
		expect(do_ioctl(dev, cmd, buf), sizes[k].want,
		       "%s of size %u", name, sizes[k].size);
	}
	memset(buf, 0, sizeof(buf));
	buf[0] = 4096;
	((char *)buf)[4095] = 1;
	expect(do_ioctl(dev, cmd, buf), -E2BIG,
	       "%s, larger, the rest not zero", name);
}

static void test_pointers(int dev, unsigned int i)
{
	long page = sysconf(_SC_PAGESIZE);
	const char *name = cmds[i].name;
	unsigned long cmd = cmds[i].cmd;
	char *map, *end;

	expect(do_ioctl(dev, cmd, NULL), -EFAULT, "%s of NULL", name);
	expect(do_ioctl(dev, cmd, (void *)1), -EFAULT, "%s of 1", name);
	expect(do_ioctl(dev, cmd, (void *)-1), -EFAULT, "%s of -1", name);
	expect(do_ioctl(dev, cmd, (void *)(1UL << 63)), -EFAULT,
	       "%s of a kernel address", name);

	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect(map + page, page, PROT_NONE))
		die("mmap");
	end = map + page - sizeof(uint32_t);
	memcpy(end, &cmds[i].size, sizeof(uint32_t));
	expect(do_ioctl(dev, cmd, end), -EFAULT,
	       "%s that ends in no memory", name);
	expect(do_ioctl(dev, cmd, end + 2), -EFAULT,
	       "%s whose size ends in no memory", name);

	/* All there, but what comes out cannot be written. */
	memset(map, 0, page);
	memcpy(map, &cmds[i].size, sizeof(uint32_t));
	if (mprotect(map, page, PROT_READ))
		die("mprotect");
	expect(do_ioctl(dev, cmd, map), cmds[i].zeros ? : -EFAULT,
	       "%s in memory that is read-only", name);
	munmap(map, 2 * page);
}

void test_generic(void)
{
	int dev = dev_open(O_RDWR);
	unsigned int i;
	uint32_t buf[64] = { sizeof(buf) };

	for (i = 0; i < N_CMDS; i++) {
		test_sizes(dev, i);
		test_pointers(dev, i);
	}
	for (i = N_CMDS; i < 256; i += 31)
		expect(do_ioctl(dev, _IOWR(RAFT_IOC_TYPE, i, int), buf),
		       -ENOTTY, "ioctl number %u", i);
	expect(do_ioctl(dev, _IOWR(0xba, 0, int), buf), -ENOTTY,
	       "ioctl of another type");
	expect(do_ioctl(dev, 0, buf), -ENOTTY, "ioctl 0");
	expect(do_ioctl(dev, 0xffffffff, buf), -ENOTTY, "ioctl 0xffffffff");
	/* Size and direction of the number do not matter, those inside do. */
	memset(buf, 0, sizeof(buf));
	buf[0] = sizeof(struct raft_ioc_features);
	expect(do_ioctl(dev, _IO(RAFT_IOC_TYPE, 0), buf), 0,
	       "FEATURES without size and direction in its number");
	check(buf[1] == RAFT_API_VERSION && buf[4] == RAFT_COMMAND_MAX &&
	      buf[5] == RAFT_NODES_MAX, "FEATURES says what it should");
	close(dev);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		dir = argv[1];
	test_generic();
	test_start();
	test_logs();
	test_names();
	test_propose();
	test_wait();
	test_status();
	test_members();
	test_transfer();
	test_barrier();
	test_join();
	test_set();
	test_session();
	test_applied();
	test_batch();
	test_snapshot();
	test_read();
	test_seek_poll();
	test_others();
	printf("1..%d\n", n_checks);
	return n_bad ? 1 : 0;
}
