/* SPDX-License-Identifier: GPL-2.0 */
/*
 * propose.h - a proposal between its caller and the owner thread.
 */
#ifndef _RAFT_PROPOSE_H
#define _RAFT_PROPOSE_H

#include <linux/list.h>
#include <linux/types.h>

#include "group.h"
#include "result.h"
#include "waiter.h"

struct raft_entry;
struct raft_group_priv;
struct raft_repeated;

/**
 * struct raft_proposal - one command on its way
 * @w: who waits; in the owner's list in the order of @serial
 * @in: what is proposed, its payload referenced
 * @serial: its number, 0 until it is accepted; READ_ONCE() by the caller
 * @index: where it was applied
 * @term: of that entry
 * @wanted: with RAFT_PROPOSE_RESULT
 */
struct raft_proposal {
	struct raft_waiter w;
	struct raft_proposing in;
	u64 serial;
	u64 index;
	u64 term;
	struct raft_wanted wanted;
};

/* The owner's side. */
void raft_propose_take(struct raft_group_priv *p, struct list_head *came);
void raft_propose_applied(struct raft_group_priv *p, u64 index,
			  const struct raft_entry *e,
			  const struct raft_repeated *copy);
void raft_propose_installed(struct raft_group_priv *p);
void raft_propose_room(struct raft_group_priv *p);

#endif /* _RAFT_PROPOSE_H */
