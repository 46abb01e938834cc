/* SPDX-License-Identifier: GPL-2.0 */
/*
 * survivor.h - the log of a node whose group lost its majority for good, with its
 * snapshot, and the log of a new group that is made of it.
 *
 * Reads the one and writes the other, which must be blank.  Decides nothing: who
 * calls has the operator's consent.
 */
#ifndef _RAFT_SURVIVOR_H
#define _RAFT_SURVIVOR_H

#include <stdbool.h>
#include <stdint.h>

#include "../../uapi/linux/raft.h"
#include "logfile.h"
#include "slot.h"

/**
 * struct raft_survivor - a log that was left over, and what is in it
 * @log: open for reading only, locked
 * @group_id: identity of its group
 * @node_id: the node that it belongs to
 * @log_id: of the log
 * @term: the largest term that it knows of
 * @commit: was committed for certain, up to here
 * @last: index of the last entry
 * @last_term: its term
 * @base: the log begins behind this index; what is before is in a snapshot
 * @base_term: its term
 * @snap_fd: the file with the snapshot, -1: there is none, or it is not needed
 * @snap: its head
 * @replaced: the snapshot is all that counts: the log does not reach it, or has
 *	something else there
 * @config_index: of the last configuration in it, 0 if none
 * @n_members: members in that
 * @torn: its last write was not finished, and is not counted
 * @bad_index: with -EILSEQ: index of what is damaged, 0 if none
 * @bad_pos: likewise the byte position
 * @bad: likewise why, else NULL
 */
struct raft_survivor {
	struct raft_logfile log;
	uint64_t group_id;
	uint32_t node_id;
	uint64_t log_id;
	uint64_t term;
	uint64_t commit;
	uint64_t last;
	uint64_t last_term;
	uint64_t base;
	uint64_t base_term;
	int snap_fd;
	struct raft_slot snap;
	bool replaced;
	uint64_t config_index;
	uint32_t n_members;
	bool torn;
	uint64_t bad_index;
	uint64_t bad_pos;
	const char *bad;
};

int raft_survivor_open(struct raft_survivor *s, const char *path,
		       uint64_t group_id, uint32_t node_id);
int raft_survivor_settle(struct raft_survivor *s);
int raft_survivor_copy(struct raft_survivor *s, const struct raft_logfile *to,
		       const char *snapshot, uint64_t group_id,
		       const struct raft_ioc_member *self);
void raft_survivor_close(struct raft_survivor *s);

/* survivor_snapshot.c */
int raft_survivor_snapshot(struct raft_survivor *s, const char *path);
int raft_survivor_copy_snapshot(const struct raft_survivor *s, const char *path,
				uint64_t group_id, uint64_t log_id);

#endif /* _RAFT_SURVIVOR_H */
