/* SPDX-License-Identifier: GPL-2.0 */
/*
 * result.h - what commands came to, from the state machine to the proposers.
 */
#ifndef _RAFT_RESULT_H
#define _RAFT_RESULT_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct raft_payload;

#define RAFT_RESULTS_MAX	1024	/* kept: one for each client session */
#define RAFT_RESULTS_BYTES	(1024 * 1024)

/**
 * struct raft_results - the results of a group at this node
 * @lock: protects all below; a leaf, taken by the owner thread too
 * @kept: struct kept (result.c), by client
 * @order: the same, the one given longest ago first
 * @n: how many
 * @bytes: of results in them
 * @wanted: struct raft_wanted that are not answered, by index
 * @applied: how far the state machine has come
 * @closed: nothing will come any more
 */
struct raft_results {
	spinlock_t lock;	/* see above */
	struct rb_root kept;
	struct list_head order;
	u32 n;
	u32 bytes;
	struct rb_root_cached wanted;
	u64 applied;
	bool closed;
};

/**
 * struct raft_wanted - somebody who waits for a result
 * @node: [lock] in raft_results.wanted
 * @index: [lock] of the command
 * @queued: [lock] in the tree
 * @left: [lock] does not wait any more
 * @state: [lock, until @done] RAFT_RESULT_*
 * @result: [likewise] with RAFT_RESULT_GIVEN, a reference
 * @done: it is answered
 */
struct raft_wanted {
	struct rb_node node;
	u64 index;
	bool queued;
	bool left;
	u32 state;
	struct raft_payload *result;
	struct completion done;
};

void raft_result_init(struct raft_results *rs);
void raft_result_close(struct raft_results *rs);
void raft_result_free(struct raft_results *rs);

/* The state machine's side. */
int raft_result_give(struct raft_results *rs, u64 index, u64 client,
		     struct raft_payload *result);

/* The proposer's side; in between the owner's. */
void raft_result_prepare(struct raft_wanted *w);
void raft_result_want(struct raft_results *rs, struct raft_wanted *w, u64 index,
		      u64 client);
u32 raft_result_wait(struct raft_results *rs, struct raft_wanted *w, long left,
		     struct raft_payload **result);
void raft_result_leave(struct raft_results *rs, struct raft_wanted *w);

#endif /* _RAFT_RESULT_H */
