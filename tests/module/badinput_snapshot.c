// SPDX-License-Identifier: GPL-2.0
/*
 * badinput_snapshot.c - bad input to SNAPSHOT and SNAPSHOT_OPEN.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "badinput.h"

#define SNAPSHOT(field, val, err) \
	FIELD(struct raft_ioc_snapshot, field, val, err)

/* Of a valid one, which has an index that is applied. */
static const struct field_case cases[] = {
	SNAPSHOT(flags, 2, -EINVAL),
	SNAPSHOT(flags, 0x80000000, -EINVAL),
	SNAPSHOT(fd, 0xffffffff, -EBADF),
	SNAPSHOT(fd, 9999, -EBADF),
	SNAPSHOT(reserved, 1, -EINVAL),
	SNAPSHOT(index, 0, -EINVAL),
	SNAPSHOT(index, 1000000, -EINVAL),
	SNAPSHOT(index, UINT64_MAX, -EINVAL),
};

static int state;			/* a file with five bytes */
static char *volatile nowhere = (char *)1;

static void snapshot_init(struct raft_ioc_snapshot *s)
{
	memset(s, 0, sizeof(*s));
	s->size = sizeof(*s);
	s->fd = state;
	s->index = 1;
}

static int start_with_snapshots(int dev)
{
	char name[16];
	struct start st;
	int i, ret, log = log_new("log-snap", O_RDWR, LOG_BYTES);

	start_init(&st, "snap", 11, log);
	st.s.flags |= RAFT_START_SNAPSHOTS;
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "snap-%d", i);
		st.s.snapshot_fd[i] = log_new(name, O_RDWR, 0);
	}
	ret = do_ioctl(dev, RAFT_IOC_START, &st);
	close(log);
	for (i = 0; i < 2; i++)
		close(st.s.snapshot_fd[i]);
	return ret;
}

static void test_files(int dev)
{
	static const char * const what[] = { "a pipe", "a device", "/dev/raft",
					     "a directory", "one for writing" };
	struct raft_ioc_snapshot s;
	int fd[5], pipes[2];
	unsigned int i;

	if (pipe(pipes))
		die("pipe");
	fd[0] = pipes[0];
	fd[1] = open("/dev/zero", O_RDONLY);
	fd[2] = dev_open(O_RDWR);
	fd[3] = open("/", O_RDONLY | O_DIRECTORY);
	fd[4] = open(log_path("state"), O_WRONLY);
	for (i = 0; i < 5; i++) {
		snapshot_init(&s);
		s.fd = fd[i];
		expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT, &s), -EINVAL,
		       "SNAPSHOT of %s", what[i]);
		close(fd[i]);
	}
	close(pipes[1]);
	snapshot_init(&s);
	s.fd = open(log_path("snap-0"), O_RDONLY);
	expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT, &s), -EINVAL,
	       "SNAPSHOT of a snapshot's file");
	close(s.fd);
}

static void test_open(int dev, int wo)
{
	struct raft_ioc_snapshot_open o = { .size = sizeof(o) };
	char buf[8];

	expect(do_ioctl(wo, RAFT_IOC_SNAPSHOT_OPEN, &o), -EBADF,
	       "SNAPSHOT_OPEN on a file opened for writing");
	o.flags = 1;
	expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT_OPEN, &o), -EINVAL,
	       "SNAPSHOT_OPEN with flags = 1");
	o.flags = 0;
	expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT_OPEN, &o), 0, "SNAPSHOT_OPEN");
	check(o.index == 1 && o.bytes == 5, "SNAPSHOT_OPEN tells what it is");
	expect(res(read(o.fd, buf, sizeof(buf))), 5, "read of a snapshot");
	expect(res(read(o.fd, buf, sizeof(buf))), 0, "read behind its end");
	expect(res(pread(o.fd, nowhere, 4, 0)), -EFAULT,
	       "read of a snapshot to nowhere");
	expect(res(write(o.fd, buf, 1)), -EBADF, "write to a snapshot");
	expect(res(lseek(o.fd, -1, SEEK_SET)), -EINVAL, "lseek before its start");
	expect(group_stop(dev, "snap"), 0, "STOP with a snapshot open");
	expect(res(pread(o.fd, buf, 5, 0)), -ECANCELED,
	       "read of a snapshot of a stopped group");
	close(o.fd);
}

void test_snapshot(void)
{
	struct raft_ioc_snapshot_open o = { .size = sizeof(o) };
	struct raft_ioc_wait applied = {
		.size = sizeof(applied),
		.what = RAFT_WAIT_APPLIED,
		.value = 1,
		.timeout_ms = 60000,
	};
	struct raft_ioc_snapshot s;
	int dev = dev_open(O_RDWR), ro, wo;
	unsigned int i;

	state = log_new("state", O_RDWR, 5);
	expect(start_with_snapshots(dev), 0, "START snap");
	expect(do_ioctl(dev, RAFT_IOC_WAIT, &applied), 0, "WAIT for an entry");
	ro = dev_open(O_RDONLY);
	wo = dev_open(O_WRONLY);
	expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT_OPEN, &o), -ENODATA,
	       "SNAPSHOT_OPEN without a snapshot");
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snapshot_init(&s);
		field_set(&s, &cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT, &s), cases[i].want,
		       "SNAPSHOT with %s", cases[i].what);
	}
	snapshot_init(&s);
	s.flags = RAFT_SNAPSHOT_NO_COMPACT;
	s.keep = 1;
	expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT, &s), -EINVAL,
	       "SNAPSHOT with keep and without cutting");
	snapshot_init(&s);
	expect(do_ioctl(ro, RAFT_IOC_SNAPSHOT, &s), -EBADF,
	       "SNAPSHOT on a file opened for reading");
	test_files(dev);
	expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT, &s), 0, "SNAPSHOT");
	check(s.bytes == 5, "SNAPSHOT tells how many bytes it took");
	expect(do_ioctl(dev, RAFT_IOC_SNAPSHOT, &s), -EEXIST, "SNAPSHOT again");
	test_open(dev, wo);
	close(ro);
	close(wo);
	close(dev);
	close(state);
}
