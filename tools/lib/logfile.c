// SPDX-License-Identifier: GPL-2.0
/*
 * logfile.c - make, fill, lock and open the file or block device of a log.
 *
 * A new file is written full of zeros, not only allocated: the log overwrites
 * in place, and an extent that was never written would need a journal commit of
 * the file system for each first write.  A crash in the middle leaves a file of
 * zeros that is too short; the next run goes on with it.
 *
 * The lock is flock(2): it belongs to the open file, which the kernel keeps, so
 * it lasts as long as the group runs and not only as long as this program.
 */
#include "logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../uapi/linux/raft.h"

#define CHUNK		(1u << 20)
#define ALIGN		4096u

/**
 * raft_logfile_dir_sync() - make a new file survive a crash
 * @path: of the file, whose directory is synced
 *
 * Return: 0, or a negative errno of open(2) or fsync(2).
 */
int raft_logfile_dir_sync(const char *path)
{
	char copy[PATH_MAX];
	int fd, ret;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = fsync(fd) ? -errno : 0;
	close(fd);
	return ret;
}

/* Make the directory of the log; its parent must be there. */
static int dir_make(const char *path)
{
	char copy[PATH_MAX], *dir;

	snprintf(copy, sizeof(copy), "%s", path);
	dir = dirname(copy);
	if (mkdir(dir, 0700))
		return errno == EEXIST ? 0 : -errno;
	return raft_logfile_dir_sync(dir);
}

static int file_open(struct raft_logfile *log, const char *path, bool make)
{
	int ret;

	log->fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (log->fd >= 0)
		return 0;
	if (errno != ENOENT || !make)
		return -errno;
	ret = dir_make(path);
	if (ret)
		return ret;
	log->fd = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
	if (log->fd < 0)
		return -errno;
	log->made = true;
	return 0;
}

/* Write @size zeros, holes of a sparse file included, and sync. */
static int file_fill(int fd, uint64_t size)
{
	uint64_t pos = 0;
	int ret = 0;
	void *zeros;
	ssize_t n;

	zeros = calloc(1, CHUNK);
	if (!zeros)
		return -ENOMEM;
	while (pos < size) {
		n = pwrite(fd, zeros, size - pos < CHUNK ? size - pos : CHUNK,
			   pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			ret = -errno;
			break;
		}
		pos += n;
	}
	free(zeros);
	if (!ret && fsync(fd))
		ret = -errno;
	return ret;
}

/* Whether there are only zeros; a log shows that it is one in its first KiB. */
static int zeros_only(int fd, uint64_t size, bool *blank)
{
	unsigned char *buf;
	uint64_t pos = 0;
	int ret = 0;
	ssize_t n;

	*blank = false;
	if (posix_memalign((void **)&buf, ALIGN, CHUNK))
		return -ENOMEM;
	while (pos < size) {
		/* The superblock tells in most cases: read only that first. */
		n = pread(fd, buf, pos ? CHUNK : ALIGN, pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ret = -errno;
		if (n <= 0)
			break;
		if (*buf || memcmp(buf, buf + 1, n - 1))
			goto out;
		pos += n;
	}
	*blank = !ret;
out:
	free(buf);
	return ret;
}

static int size_get(struct raft_logfile *log, const struct stat *st)
{
	if (S_ISBLK(st->st_mode))
		return ioctl(log->fd, BLKGETSIZE64, &log->size) ? -errno : 0;
	log->size = st->st_size;
	return 0;
}

/* Is it something that can hold a log, and nobody else's?  And its size. */
static int claim(struct raft_logfile *log, struct stat *st)
{
	if (fstat(log->fd, st))
		return -errno;
	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		return -ENXIO;
	if (fcntl(log->fd, F_SETFL, 0))
		return -errno;
	if (flock(log->fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	/* Only now: another raftctl may have been filling it. */
	if (fstat(log->fd, st))
		return -errno;
	return size_get(log, st);
}

static int prepare(struct raft_logfile *log, const char *path, uint64_t size)
{
	struct stat st;
	int ret;

	ret = claim(log, &st);
	if (!ret)
		ret = zeros_only(log->fd, log->size, &log->blank);
	if (ret)
		return ret;
	if (log->size < RAFT_LOG_MIN && (!log->blank || size < RAFT_LOG_MIN))
		return -EFBIG;
	if (S_ISREG(st.st_mode) && log->blank) {
		if (log->size < size)
			log->size = size;
		/* All of it at once, or ENOSPC before anything is written. */
		ret = -posix_fallocate(log->fd, 0, log->size);
		if (!ret)
			ret = file_fill(log->fd, log->size);
		if (!ret)
			ret = raft_logfile_dir_sync(path);
		if (ret)
			return ret;
	}
	return log->size < RAFT_LOG_MIN ? -EFBIG : 0;
}

/**
 * raft_logfile_open() - open a log, or make one
 * @log: the log (out); the caller closes @log->fd
 * @path: its file or block device
 * @size: bytes it is to have if it must be made, 0: it must be there
 *
 * A file that is there keeps its size, unless all of it is zeros and it is
 * shorter than @size: then an earlier attempt was cut short.  A file that was
 * made is removed again if something fails.
 *
 * Return: 0; -EBUSY if it is locked; -ENXIO if it is of another kind; -EFBIG if
 * it is below RAFT_LOG_MIN; -ENOENT if it is not there and @size is 0; or any
 * negative errno of open(2), mkdir(2), write(2) or fsync(2).
 */
int raft_logfile_open(struct raft_logfile *log, const char *path,
		      uint64_t size)
{
	int ret;

	memset(log, 0, sizeof(*log));
	ret = file_open(log, path, size);
	if (ret) {
		log->fd = -1;
		return ret;
	}
	ret = prepare(log, path, size);
	if (ret) {
		if (log->made)
			unlink(path);
		close(log->fd);
		log->fd = -1;
	}
	return ret;
}

/**
 * raft_logfile_read() - open a log to read it only
 * @log: the log (out); the caller closes @log->fd
 * @path: its file or block device, which must be there
 *
 * Locked all the same: no group can use it meanwhile.  Whether it is blank is
 * not looked at.
 *
 * Return: 0; -EBUSY if it is locked; -ENXIO if it is of another kind; or any
 * negative errno of open(2).
 */
int raft_logfile_read(struct raft_logfile *log, const char *path)
{
	struct stat st;
	int ret;

	memset(log, 0, sizeof(*log));
	log->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (log->fd < 0)
		return -errno;
	ret = claim(log, &st);
	if (ret) {
		close(log->fd);
		log->fd = -1;
	}
	return ret;
}
