/* SPDX-License-Identifier: GPL-2.0 */
/*
 * remote.h - other nodes, as the owner knows them: where they are, what came.
 *
 * Members of the configuration, and a few others: those who left and have to be
 * told, and strangers.  A blank node hears a leader that it does not know; a
 * member that was away hears one that came meanwhile.
 */
#ifndef _RAFT_REMOTE_H
#define _RAFT_REMOTE_H

#include <linux/socket.h>
#include <linux/types.h>

#include "core/raft_core.h"
#include "notice.h"
#include "parts.h"

struct raft_group_priv;

#define RAFT_STRANGERS	(RAFT_MAX_PEERS - RAFT_MAX_NODES)

/**
 * struct raft_remote - another node
 * @id: node id, 0 if the slot is free
 * @member: in the configuration in force
 * @addr: where it is: of a member as the configuration says, of a stranger where
 *	its last datagram came from
 * @addr_len: bytes of @addr in use, 0: nowhere
 * @singly_until: ktime ns: so long each datagram to it is a call, see burst.c
 * @seen: ktime ns of the last datagram from it; of a stranger
 * @heard: ktime ns of the last message from it, 0 if never
 * @incarnation: its newest boot that we heard of, 0 if none
 * @notice: what it is to be told, soon
 * @parts: messages of it that are incomplete, and ours to it; NULL if there are
 *	none, or no memory for them: then what has more than one part is lost
 *
 * How to reach it and what came; the protocol's side is the core's raft_peer.
 */
struct raft_remote {
	u32 id;
	bool member;
	struct sockaddr_storage addr;
	int addr_len;
	u64 singly_until;
	u64 seen;
	u64 heard;
	u64 incarnation;
	struct raft_notice notice;
	struct raft_parts *parts;
};

/**
 * struct raft_remotes - the other nodes of a group
 * @slot: in no order
 * @self: this node, which is none of them
 * @families: bit n: a member has an address of enum raft_family n
 * @pool: where memory for @slot.parts comes from
 * @rest_at: not before this it is looked at which of it is not needed, ktime ns;
 *	U64_MAX: there is none
 */
struct raft_remotes {
	struct raft_remote slot[RAFT_MAX_PEERS];
	u32 self;
	u32 families;
	struct raft_parts_pool *pool;
	u64 rest_at;
};

struct raft_remote *raft_remote_find(struct raft_remotes *rs, u32 id);
struct raft_remote *raft_remote_stranger(struct raft_remotes *rs, u32 id,
					 u64 now);
void raft_remote_configure(struct raft_remotes *rs,
			   const struct raft_membership *c);
bool raft_remote_parts(struct raft_remotes *rs, struct raft_remote *remote);
void raft_remote_rest(struct raft_remotes *rs, u64 now);
void raft_remote_free(struct raft_remotes *rs);

#endif /* _RAFT_REMOTE_H */
