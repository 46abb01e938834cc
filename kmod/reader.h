/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reader.h - a read barrier between its caller and the owner thread.
 */
#ifndef _RAFT_READER_H
#define _RAFT_READER_H

#include <linux/list.h>
#include <linux/types.h>

#include "waiter.h"

struct raft_group_priv;
struct raft_update;

#define RAFT_READERS_MAX	4096	/* that wait for the core */

/**
 * struct raft_reader - one read barrier on its way
 * @w: who waits; in the owner's list in the order of @id
 * @lease: a lease will do
 * @id: number of the core's read that decides it
 * @index: the read index
 * @lease_until: @index is good until then, ns on CLOCK_BOOTTIME; 0: for ever
 */
struct raft_reader {
	struct raft_waiter w;
	bool lease;
	u64 id;
	u64 index;
	u64 lease_until;
};

/* The owner's side. */
void raft_reader_take(struct raft_group_priv *p, struct list_head *came);
void raft_reader_done(struct raft_group_priv *p, const struct raft_update *up);
void raft_reader_lost(struct raft_group_priv *p);

#endif /* _RAFT_READER_H */
