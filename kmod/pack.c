// SPDX-License-Identifier: GPL-2.0
/*
 * pack.c - datagrams of many groups to one node leave in one UDP packet.
 *
 * Owns a packet for each of a few addresses, which the owner fills while it goes
 * from group to group and sends at the end of each phase of its pass, before
 * anything large leaves, and before a step hands something to the log.  So nothing
 * waits for more than the steps of the same phase.  Never allocates or waits.
 *
 * A packet has no datagram of a group that is not served any more: whoever ends one
 * sends first.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "core/wire.h"
#include "owner.h"
#include "pack.h"
#include "remote.h"
#include "transport.h"

static int send_bytes(struct raft_endpoint *ep, struct raft_pack *pack, u8 *at,
		      u32 len)
{
	struct kvec vec = { .iov_base = at, .iov_len = len };

	return raft_endpoint_send(ep, &pack->to, pack->to_len, &vec, 1, len,
				  true);
}

/*
 * Over a path that carries less than it must they go one by one, so that groups keep
 * their leaders there.
 */
static void send_singly(struct raft_endpoint *ep, struct raft_pack *pack)
{
	struct raft_frag_packet *packet = &pack->packet;
	struct raft_frag f;
	u32 i, at = 0;
	int err;

	raft_tx_warn_path(pack->of[0].p, pack->of[0].remote);
	for (i = 0; i < packet->n; i++) {
		raft_frag_parse(packet->buf + at, packet->len - at, &f);
		err = send_bytes(ep, pack, packet->buf + at, f.size);
		if (err)
			raft_tx_refused(pack->of[i].p, pack->of[i].remote, err);
		at += f.size;
	}
}

static void send_pack(struct raft_endpoint *ep, struct raft_pack *pack)
{
	struct raft_frag_packet *packet = &pack->packet;
	u32 i;
	int err;

	if (!packet->n)
		return;
	err = send_bytes(ep, pack, packet->buf, packet->len);
	if (err == -EMSGSIZE && packet->n > 1)
		send_singly(ep, pack);
	else if (err)
		for (i = 0; i < packet->n; i++)
			raft_tx_refused(pack->of[i].p, pack->of[i].remote, err);
	packet->n = 0;
	packet->len = 0;
}

/**
 * raft_pack_flush - send what is in the packets
 * @ep: the endpoint
 *
 * Context: the owner thread.
 */
void raft_pack_flush(struct raft_endpoint *ep)
{
	struct raft_packs *packs = &ep->owner.packs;
	u32 i;

	for (i = 0; i < packs->n; i++)
		send_pack(ep, &packs->open[i]);
	packs->n = 0;
}

/* The packet to an address; with too many of them, all leave. */
static struct raft_pack *pack_for(struct raft_endpoint *ep,
				  const struct raft_remote *remote)
{
	struct raft_packs *packs = &ep->owner.packs;
	struct raft_pack *pack;
	u32 i;

	for (i = 0; i < packs->n; i++) {
		pack = &packs->open[i];
		if (pack->to_len == remote->addr_len &&
		    !memcmp(&pack->to, &remote->addr, pack->to_len))
			return pack;
	}
	if (packs->n == RAFT_PACKS)
		raft_pack_flush(ep);
	pack = &packs->open[packs->n++];
	memcpy(&pack->to, &remote->addr, sizeof(pack->to));
	pack->to_len = remote->addr_len;
	return pack;
}

/**
 * raft_pack_add - send a small datagram at the end of this phase of the pass
 * @p: the group
 * @remote: the receiver, with an address
 * @part: the datagram, copied
 *
 * Context: the owner thread.
 */
void raft_pack_add(struct raft_group_priv *p, struct raft_remote *remote,
		   const struct raft_frag_part *part)
{
	struct raft_pack *pack = pack_for(p->ep, remote);
	struct raft_pack_of *of;

	if (!raft_frag_pack(&pack->packet, part)) {
		send_pack(p->ep, pack);
		raft_frag_pack(&pack->packet, part);
	}
	of = &pack->of[pack->packet.n - 1];
	of->p = p;
	of->remote = remote;
}
