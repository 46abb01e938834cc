/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fetch.h - entries that left the memory, read from disk for the core.
 */
#ifndef _RAFT_FETCH_H
#define _RAFT_FETCH_H

#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/raft_core.h"

struct raft_group_priv;
struct raft_update;
struct raft_wal_reader;

/**
 * struct raft_fetch - one request of the core, and its answer
 * @g: the group
 * @wanted: [owner] the core has asked, and the work is not queued yet
 * @done: the answer is here: smp_store_release() by the work, the owner acquires
 * @id: number of the request; this and the following are the owner's until the
 *	work is queued, the work's until @done, then the owner's
 * @first: first entry
 * @n: of entries
 * @bytes: of commands
 * @got: entries in @entries, which hold references on their payloads
 * @got_bytes: of their commands
 * @rd: [work] the reader, made when it is needed first
 * @work: reads
 * @entries: the answer
 */
struct raft_fetch {
	struct raft_group *g;
	bool wanted;
	bool done;
	u64 id;
	u64 first;
	u32 n;
	u32 bytes;
	u32 got;
	u32 got_bytes;
	struct raft_wal_reader *rd;
	struct work_struct work;
	struct raft_entry *entries;
};

void raft_fetch_init(struct raft_fetch *f, struct raft_group *g);
void raft_fetch_stop(struct raft_fetch *f);
void raft_fetch_update(struct raft_group_priv *p, const struct raft_update *up);
void raft_fetch_pass(struct raft_group_priv *p);
void raft_fetch_start(struct raft_group_priv *p);

#endif /* _RAFT_FETCH_H */
