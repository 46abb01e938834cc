/* SPDX-License-Identifier: GPL-2.0 */
/*
 * join.h - a node that knows one member's address comes into the group.
 */
#ifndef _RAFT_JOIN_H
#define _RAFT_JOIN_H

#include <linux/compiler_types.h>
#include <linux/socket.h>
#include <linux/types.h>

#include "core/frag.h"
#include "core/wire.h"

struct file;
struct raft_group_priv;
struct raft_order;
struct raft_update;

/**
 * struct raft_join_ask - what this node asks of a member
 * @to: where that listens
 * @to_len: bytes of @to in use
 * @learner: to be a learner, and to stay one
 * @seq: number of the last JOIN for it
 * @ticket: what the member said to prove that we hear it, 0: not yet
 * @to_inc: the member's boot, with @ticket
 * @by: the member that answered, 0 if none has
 *
 * Part of a struct raft_order.
 */
struct raft_join_ask {
	struct sockaddr_storage to;
	int to_len;
	bool learner;
	u64 seq;
	u64 ticket;
	u64 to_inc;
	u32 by;
};

/**
 * struct raft_join_guest - a node that asked this one to be let in
 * @id: its node id, 0 if there is none
 * @incarnation: its boot; of the last one, if there is none
 * @seq: number of its last JOIN
 * @from: where that came from, and its answer goes
 * @from_len: bytes of @from in use
 */
struct raft_join_guest {
	u32 id;
	u64 incarnation;
	u64 seq;
	struct sockaddr_storage from;
	int from_len;
};

/* join_ioctl.c: the caller's side */
long raft_join_ioctl(struct file *file, void __user *arg);

/* The owner's side. */
void raft_join_ask(struct raft_group_priv *p, struct raft_order *o);
void raft_join_answered(struct raft_group_priv *p, const struct raft_msg *m);
enum raft_wire_error raft_join_asked(struct raft_group_priv *p,
				     const struct raft_frag *f);
void raft_join_decided(struct raft_group_priv *p, const struct raft_update *up);

#endif /* _RAFT_JOIN_H */
