/* SPDX-License-Identifier: GPL-2.0 */
/*
 * raftdump.h - what the two kinds of files that raftdump reads share.
 */
#ifndef _RAFTDUMP_H
#define _RAFTDUMP_H

#include <stdbool.h>
#include <stdint.h>

enum {
	EXIT_CLEAN = 0,
	EXIT_TORN = 1,		/* usable; a torn tail or a bad copy is noted */
	EXIT_DAMAGED = 2,
	EXIT_NOT_A_LOG = 3,
	EXIT_TROUBLE = 4,	/* usage, or the file cannot be read */
};

bool is_snapshot(int fd, uint64_t size);
int snapshot_dump(int fd, uint64_t size, bool raw, bool json);

#endif /* _RAFTDUMP_H */
