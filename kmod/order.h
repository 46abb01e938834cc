/* SPDX-License-Identifier: GPL-2.0 */
/*
 * order.h - what an operator orders: a membership change, a transfer of the
 * leadership, other settings, a try to be let in; and what a snapshot needs.
 */
#ifndef _RAFT_ORDER_H
#define _RAFT_ORDER_H

#include <linux/list.h>
#include <linux/types.h>

#include "../uapi/linux/raft.h"
#include "core/raft_core.h"
#include "join.h"
#include "waiter.h"

struct raft_group;
struct raft_group_priv;
struct raft_update;

enum raft_order_what {
	RAFT_ORDER_CHANGE,
	RAFT_ORDER_ABORT,	/* a change that takes another one back */
	RAFT_ORDER_TRANSFER,
	RAFT_ORDER_SET,
	RAFT_ORDER_JOIN,	/* one try to be let in */
	RAFT_ORDER_ENCODE,	/* the image of a snapshot */
	RAFT_ORDER_TAKEN,	/* it is durable and current */
	RAFT_ORDER_COMPACT,	/* drop the log up to an index */
};

/**
 * struct raft_order - one order on its way
 * @w: who waits
 * @what: enum raft_order_what
 * @change: RAFT_ORDER_CHANGE, _ABORT: what to do, checked
 * @target: RAFT_ORDER_TRANSFER: node to lead, 0 for the best
 * @set: RAFT_ORDER_SET: what to set
 * @join: RAFT_ORDER_JOIN: whom to ask, and his answer
 * @snapshot: RAFT_ORDER_ENCODE: with @index, 0 for a witness's, @term is set; RAFT_ORDER_TAKEN: the
 *	snapshot; RAFT_ORDER_COMPACT: with @index
 * @meta: RAFT_ORDER_ENCODE: RAFT_SNAPSHOT_META bytes from kvmalloc(), filled
 * @meta_len: how many of them; if not 0 before, the image was replayed and is
 *	there
 * @why: RAFT_ORDER_SET: why it was refused, or NULL
 * @outcome: RAFT_OUTCOME_*
 * @index: RAFT_ORDER_CHANGE, _ABORT: of the configuration in force when it was
 *	decided
 */
struct raft_order {
	struct raft_waiter w;
	enum raft_order_what what;
	struct raft_change change;
	u32 target;
	struct raft_ioc_set set;
	struct raft_join_ask join;
	struct raft_snapshot snapshot;
	u8 *meta;
	u32 meta_len;
	const char *why;
	u32 outcome;
	u64 index;
};

struct raft_order *raft_order_new(enum raft_order_what what);
int raft_order_give(struct raft_group *g, struct raft_order *o, u32 timeout_ms,
		    u32 *outcome);
u32 raft_order_outcome(int result);

/* The owner's side. */
bool raft_order_under_way(const struct raft_group_priv *p,
			  enum raft_order_what what);
void raft_order_take(struct raft_group_priv *p, struct list_head *came);
void raft_order_done(struct raft_group_priv *p, const struct raft_update *up);

#endif /* _RAFT_ORDER_H */
