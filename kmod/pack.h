/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pack.h - datagrams of many groups to one node leave in one UDP packet.
 */
#ifndef _RAFT_PACK_H
#define _RAFT_PACK_H

#include <linux/socket.h>
#include <linux/types.h>

#include "core/frag.h"
#include "core/raft_core.h"

struct raft_endpoint;
struct raft_group_priv;
struct raft_remote;

#define RAFT_PACKS	RAFT_MAX_NODES	/* addresses: those of the largest group */

/**
 * struct raft_pack - a packet that is being filled
 * @to: where it goes
 * @to_len: bytes of @to in use
 * @packet: what is in it
 * @of: of each datagram in it, whose it is
 */
struct raft_pack {
	struct sockaddr_storage to;
	int to_len;
	struct raft_frag_packet packet;
	struct raft_pack_of {
		struct raft_group_priv *p;
		const struct raft_remote *remote;
	} of[RAFT_FRAG_PACKED];
};

/**
 * struct raft_packs - those of an owner
 * @n: how many of @open are in use
 * @open: one for each address
 */
struct raft_packs {
	u32 n;
	struct raft_pack open[RAFT_PACKS];
};

void raft_pack_add(struct raft_group_priv *p, struct raft_remote *remote,
		   const struct raft_frag_part *part);
void raft_pack_flush(struct raft_endpoint *ep);

#endif /* _RAFT_PACK_H */
