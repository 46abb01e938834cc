// SPDX-License-Identifier: GPL-2.0
/*
 * logfile_test.c - the file of a log is made once, and never written over.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/lib/logfile.h"

#define MIB	(1ull << 20)

static unsigned int tests, failures;

static void ok(bool good, const char *name)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++tests, name);
	failures += !good;
}

static void make_test(const char *path)
{
	struct raft_logfile log, other;
	struct stat st;

	ok(raft_logfile_open(&log, path, 0) == -ENOENT && log.fd == -1,
	   "not there, and not to be made");
	ok(!raft_logfile_open(&log, path, 2 * MIB + 4096) && log.made &&
	   log.blank && log.size == 2 * MIB + 4096, "made");
	ok(!fstat(log.fd, &st) && (st.st_mode & 0777) == 0600 &&
	   st.st_size == (off_t)log.size &&
	   st.st_blocks * 512ull >= log.size, "made: all of it, for root only");
	ok(raft_logfile_open(&other, path, 2 * MIB) == -EBUSY, "locked");
	close(log.fd);
	ok(!raft_logfile_open(&log, path, 4 * MIB) && !log.made && log.blank &&
	   log.size == 4 * MIB, "only zeros and too short: goes on");
	close(log.fd);
	ok(!raft_logfile_open(&log, path, MIB) && log.size == 4 * MIB,
	   "never shrunk");
	ok(pwrite(log.fd, "x", 1, 4 * MIB - 1) == 1, "write at its end");
	close(log.fd);
	ok(!raft_logfile_open(&log, path, 8 * MIB) && !log.blank &&
	   log.size == 4 * MIB, "holds something: not blank, not grown");
	close(log.fd);
}

static void refuse_test(const char *dir, const char *path)
{
	struct raft_logfile log;
	int fd;

	ok(raft_logfile_open(&log, dir, MIB) < 0, "a directory");
	ok(raft_logfile_open(&log, "/dev/null", MIB) == -ENXIO, "a device");
	unlink(path);
	ok(!mkfifo(path, 0600) && raft_logfile_open(&log, path, MIB) == -ENXIO,
	   "a pipe does not hang");
	unlink(path);
	ok(raft_logfile_open(&log, path, 4096) == -EFBIG, "too small");
	unlink(path);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	ok(pwrite(fd, "not a log", 9, 0) == 9, "some other file");
	close(fd);
	ok(raft_logfile_open(&log, path, MIB) == -EFBIG,
	   "some other small file is refused");
	ok(!truncate(path, 2 * MIB) && !raft_logfile_open(&log, path, MIB) &&
	   !log.blank, "some other file is not blank");
	close(log.fd);
}

static void read_test(const char *path)
{
	struct raft_logfile log, other;

	unlink(path);
	ok(raft_logfile_read(&log, path) == -ENOENT && log.fd == -1,
	   "read: not there, and not made");
	close(open(path, O_RDWR | O_CREAT, 0600));
	ok(!truncate(path, 2 * MIB) && !raft_logfile_read(&log, path) &&
	   log.size == 2 * MIB && write(log.fd, "x", 1) < 0,
	   "read: for reading only");
	ok(raft_logfile_open(&other, path, MIB) == -EBUSY &&
	   raft_logfile_read(&other, path) == -EBUSY, "read: locked");
	close(log.fd);
	ok(raft_logfile_read(&log, "/dev/null") == -ENXIO, "read: a device");
}

static void sparse_test(const char *path)
{
	struct raft_logfile log;
	struct stat st;

	unlink(path);
	close(open(path, O_RDWR | O_CREAT, 0600));
	ok(!truncate(path, 2 * MIB) && !raft_logfile_open(&log, path, MIB) &&
	   log.blank && !fstat(log.fd, &st) &&
	   st.st_blocks * 512ull >= 2 * MIB, "a sparse file is filled");
	close(log.fd);
}

int main(void)
{
	char dir[] = "/tmp/logfile_test.XXXXXX", path[64], sub[64];

	if (!mkdtemp(dir))
		return 1;
	snprintf(sub, sizeof(sub), "%s/raft", dir);
	snprintf(path, sizeof(path), "%s/raft/a.log", dir);
	make_test(path);
	refuse_test(dir, path);
	sparse_test(path);
	read_test(path);
	unlink(path);
	rmdir(sub);
	rmdir(dir);
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
