/* SPDX-License-Identifier: GPL-2.0 */
/*
 * logfile.h - the file or block device of a log, before the kernel gets it.
 *
 * Makes, fills with zeros, locks and opens it.  Must never write to a file that
 * holds anything but zeros, and never shrinks one.
 */
#ifndef _RAFT_LOGFILE_H
#define _RAFT_LOGFILE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct raft_logfile - an open log
 * @fd: open for reading and, unless by raft_logfile_read(), writing; locked
 * @size: bytes
 * @made: the file was made just now
 * @blank: it holds zeros only: RAFT_START_CREATE may format it
 */
struct raft_logfile {
	int fd;
	uint64_t size;
	bool made;
	bool blank;
};

int raft_logfile_open(struct raft_logfile *log, const char *path,
		      uint64_t size);
int raft_logfile_read(struct raft_logfile *log, const char *path);
int raft_logfile_dir_sync(const char *path);

#endif /* _RAFT_LOGFILE_H */
