/* SPDX-License-Identifier: GPL-2.0 */
/*
 * raft_env.h - what the pure core needs of the world, kernel edition.
 *
 * The core (kmod/core/) includes only its own headers and this one.  The
 * user-space twin with the same include guard is tools/lib/raft_env.h; it is
 * found first when tools are built.  Nothing here may sleep, lock, allocate,
 * look at a clock or print: tools/lab/purity.sh checks with nm that core
 * objects reference only the symbols named here.
 */
#ifndef _RAFT_ENV_H
#define _RAFT_ENV_H

#include <linux/build_bug.h>
#include <linux/crc32c.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include "compat.h"

/* The one deliberate mistake of a build with fault hooks, or NULL: fault.c. */
#ifdef RAFT_FAULTS
extern char *raft_mutant;
#define RAFT_MUTANT(name)	(raft_mutant && !strcmp(raft_mutant, name))
#else
#define RAFT_MUTANT(name)	false
#endif

#endif /* _RAFT_ENV_H */
