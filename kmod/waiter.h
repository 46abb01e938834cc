/* SPDX-License-Identifier: GPL-2.0 */
/*
 * waiter.h - somebody who waits for an answer of the owner thread.
 *
 * The common shape of proposals (propose.h), read barriers (reader.h) and what
 * operators order (order.h).  The caller and the owner each hold a reference: a
 * caller that is killed or runs out of time leaves, and the owner answers to
 * nobody.
 */
#ifndef _RAFT_WAITER_H
#define _RAFT_WAITER_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct raft_group;
struct raft_group_priv;

enum raft_waiter_kind {
	RAFT_WAITER_READER,
	RAFT_WAITER_PROPOSAL,
	RAFT_WAITER_ORDER,
};

/**
 * struct raft_waiter - first member of what is asked
 * @post: in the inbox
 * @node: in a list of the owner
 * @ref: the caller's reference and, once posted, the owner's
 * @kind: what this is a part of
 * @patient: a proposal that may be kept back, to go with others: gather.h
 * @free: frees it, after the last reference
 * @done: @result is final
 * @result: 0, or a negative errno
 */
struct raft_waiter {
	struct llist_node post;
	struct list_head node;
	refcount_t ref;
	enum raft_waiter_kind kind;
	bool patient;
	void (*free)(struct raft_waiter *w);
	struct completion done;
	int result;
};

/* The caller's side. */
void raft_waiter_init(struct raft_waiter *w, enum raft_waiter_kind kind,
		      void (*free)(struct raft_waiter *w));
void raft_waiter_put(struct raft_waiter *w);
int raft_waiter_post(struct raft_group *g, struct raft_waiter *w);
int raft_waiter_wait(struct raft_waiter *w, long *left);
long raft_waiter_time(struct raft_group *g, u32 timeout_ms);

/* The owner's side. */
void raft_waiter_take(struct raft_group_priv *p);
void raft_waiter_answer(struct raft_waiter *w, int result);
void raft_waiter_decide(struct raft_group_priv *p, struct raft_waiter *w,
			int result);
void raft_waiter_publish(struct raft_group_priv *p);
void raft_waiter_cancel(struct raft_group_priv *p, int error);
void raft_waiter_close(struct raft_group_priv *p, int error);
void raft_waiter_drain(struct raft_group_priv *p, int error);

#endif /* _RAFT_WAITER_H */
