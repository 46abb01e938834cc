/* SPDX-License-Identifier: GPL-2.0 */
/*
 * propose.h - a proposal between its caller and the owner thread.
 *
 * Both hold a reference: a caller that is killed or runs out of time leaves,
 * and the owner completes the proposal to nobody.
 */
#ifndef _RAFT_PROPOSE_H
#define _RAFT_PROPOSE_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/types.h>

struct raft_entry;
struct raft_group_priv;
struct raft_payload;

/**
 * struct raft_proposal - one command on its way
 * @post: in the inbox
 * @node: in the owner's list, in the order of @serial
 * @ref: the caller's and the owner's reference
 * @payload: the command, referenced
 * @nowait: done as soon as it is accepted
 * @done: the fields below are final
 * @result: 0, or a negative errno
 * @serial: its number, 0 until it is accepted; READ_ONCE() by the caller
 * @index: where it was applied
 * @term: of that entry
 */
struct raft_proposal {
	struct llist_node post;
	struct list_head node;
	refcount_t ref;
	struct raft_payload *payload;
	bool nowait;
	struct completion done;
	int result;
	u64 serial;
	u64 index;
	u64 term;
};

/* The owner's side. */
void raft_propose_take(struct raft_group_priv *p);
void raft_propose_applied(struct raft_group_priv *p, u64 index,
			  const struct raft_entry *e);
void raft_propose_publish(struct raft_group_priv *p);
void raft_propose_cancel(struct raft_group_priv *p, int error);
void raft_propose_drain(struct raft_group_priv *p, int error);
void raft_propose_room(struct raft_group_priv *p);

#endif /* _RAFT_PROPOSE_H */
