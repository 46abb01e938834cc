// SPDX-License-Identifier: GPL-2.0
/*
 * transport_tx.c - from messages of a core to datagrams.
 *
 * Runs in the owner thread with buffers made beforehand: it allocates nothing
 * and waits for nothing.  What cannot be sent is lost, as if the network had
 * lost it; the core sends again.
 */
#include <linux/uio.h>

#include "compat.h"
#include "fault.h"
#include "trace.h"
#include "transport.h"

static u32 encode(struct raft_group_priv *p, const struct raft_msg *m, u8 *buf)
{
	const struct raft_payload *payload;
	const struct raft_entry *e;
	struct raft_wire_out w;
	u32 i;

	raft_wire_begin(&w, buf, RAFT_MAX_MSG_BYTES,
			p->g->params.ioc.group_id, m);
	for (i = 0; i < m->n_entries; i++) {
		e = raft_msg_entry(p->core, m, i);
		if (!e)
			return 0;
		payload = e->payload;
		raft_wire_add(&w, e, payload ? payload->data : NULL);
	}
	return raft_wire_end(&w);
}

static void lost(struct raft_group_priv *p, enum raft_drop why, u32 detail)
{
	p->send_errors++;
	trace_raft_drop(p->g->params.ioc.name, p->g->params.ioc.node_id, why,
			detail);
}

static int send_to(struct raft_group_priv *p, struct raft_remote *remote,
		   struct kvec *vec, size_t n, size_t len, bool control)
{
	/* A member whose address nobody understands. */
	if (!remote->addr_len)
		return -EDESTADDRREQ;
	return raft_endpoint_send(p->ep, &remote->addr, remote->addr_len, vec,
				  n, len, control);
}

static int send_part(struct raft_group_priv *p, struct raft_remote *remote,
		     const struct raft_msg *m, const u8 *buf, u32 len, u32 i,
		     bool control)
{
	struct raft_wire_frag h;
	struct kvec vec[2];
	u32 part;

	part = raft_frag_cut(&h, p->g->params.ioc.group_id, m, buf, len, i);
	vec[0].iov_base = &h;
	vec[0].iov_len = sizeof(h);
	vec[1].iov_base = (void *)(buf + i * RAFT_FRAG_DATA);
	vec[1].iov_len = part;
	return send_to(p, remote, vec, ARRAY_SIZE(vec), sizeof(h) + part,
		       control);
}

/**
 * raft_tx_ask - ask a peer for the missing parts of its message
 * @p: the group
 * @remote: the peer
 * @ask: the datagram
 *
 * Context: the owner thread.
 */
void raft_tx_ask(struct raft_group_priv *p, struct raft_remote *remote,
		 struct raft_wire_ask *ask)
{
	struct kvec vec = { .iov_base = ask, .iov_len = sizeof(*ask) };
	int err;

	err = send_to(p, remote, &vec, 1, sizeof(*ask), true);
	if (err)
		lost(p, RAFT_DROP_SEND, -err);
}

/**
 * raft_tx_again - send parts of a message again
 * @p: the group
 * @remote: the peer that asked for them
 * @sent: the message
 * @missing: bit n: part n
 *
 * Context: the owner thread.
 */
void raft_tx_again(struct raft_group_priv *p, struct raft_remote *remote,
		   const struct raft_frag_sent *sent, u64 missing)
{
	struct raft_msg m = {
		.from = p->g->params.ioc.node_id,
		.to = remote->id,
		.from_inc = p->g->incarnation,
		.seq = sent->id,
	};
	int err;
	u32 i;

	for (i = 0; i < raft_frag_count(sent->total); i++) {
		if (!(missing >> i & 1))
			continue;
		err = send_part(p, remote, &m, sent->buf, sent->total, i, false);
		if (err) {
			lost(p, RAFT_DROP_SEND, -err);
			return;
		}
	}
}

/**
 * raft_tx_encoded - send a message that is encoded
 * @p: the group
 * @m: the message, for its receiver and its number; its entries are not read
 * @buf: its bytes
 * @len: how many
 *
 * Context: the owner thread.
 */
void raft_tx_encoded(struct raft_group_priv *p, const struct raft_msg *m,
		     const u8 *buf, u32 len)
{
	struct raft_remote *remote = raft_remote_find(&p->remotes, m->to);
	u32 i, n = raft_frag_count(len);
	int err;

	if (!remote) {
		lost(p, RAFT_DROP_NODE, m->to);
		return;
	}
	/* Sent all the same, but parts that get lost cannot be sent again. */
	if (n > 1 && !raft_remote_parts(&p->remotes, remote))
		raft_group_queue(&p->refill);
	else
		raft_frag_keep(&remote->frag, m->seq, buf, len);
	for (i = 0; i < n; i++) {
		err = send_part(p, remote, m, buf, len, i, !m->n_entries);
		if (err) {
			/* Without one part the others are of no use. */
			lost(p, RAFT_DROP_SEND, -err);
			return;
		}
	}
	p->msgs_out++;
}

/**
 * raft_tx_direct - send a message of the shell's own to an address
 * @p: the group
 * @m: the message; its sender is filled in
 * @e: its only entry, or NULL
 * @command: bytes of @e
 * @addr: where to
 * @addr_len: bytes of @addr
 *
 * For what is said before the nodes know each other.  It fits into a datagram.
 *
 * Context: the owner thread.
 */
void raft_tx_direct(struct raft_group_priv *p, struct raft_msg *m,
		    const struct raft_entry *e, const void *command,
		    struct sockaddr_storage *addr, int addr_len)
{
	const struct raft_ioc_start *ioc = &p->g->params.ioc;
	u8 *buf = p->ep->owner.tx;
	struct raft_wire_frag h;
	struct raft_wire_out w;
	struct kvec vec[2];
	int err;

	m->from = ioc->node_id;
	m->from_inc = p->g->incarnation;
	trace_raft_msg(ioc->name, ioc->node_id, true, m);
	raft_wire_begin(&w, buf, RAFT_FRAG_DATA, ioc->group_id, m);
	if (e)
		raft_wire_add(&w, e, command);
	vec[1].iov_base = buf;
	vec[1].iov_len = raft_wire_end(&w);
	if (!vec[1].iov_len) {
		lost(p, RAFT_DROP_WIRE, RAFT_WIRE_LIMIT);
		return;
	}
	raft_frag_cut(&h, ioc->group_id, m, buf, vec[1].iov_len, 0);
	vec[0].iov_base = &h;
	vec[0].iov_len = sizeof(h);
	err = raft_endpoint_send(p->ep, addr, addr_len, vec, ARRAY_SIZE(vec),
				 vec[0].iov_len + vec[1].iov_len, true);
	if (err)
		lost(p, RAFT_DROP_SEND, -err);
	else
		p->msgs_out++;
	p->dirty = true;
}

static void send_one(struct raft_group_priv *p, const struct raft_msg *m)
{
	u8 *buf = p->ep->owner.tx;
	u32 len = encode(p, m, buf);

	trace_raft_msg(p->g->params.ioc.name, p->g->params.ioc.node_id, true,
		       m);
	if (!len)
		lost(p, RAFT_DROP_WIRE, RAFT_WIRE_LIMIT);
	else if (!raft_fault_tx(p, m, buf, len))
		raft_tx_encoded(p, m, buf, len);
}

/**
 * raft_tx_update - send the messages of an update
 * @p: the group
 * @up: what the last step asked for
 *
 * Votes, heartbeats and answers first, then what carries entries (trap 52).
 * Messages may be reordered by any network, so the core bears it.
 *
 * Context: the owner thread, before the next step.
 */
void raft_tx_update(struct raft_group_priv *p, const struct raft_update *up)
{
	u32 i;

	for (i = 0; i < up->n_msgs; i++)
		if (!up->msgs[i].n_entries)
			send_one(p, &up->msgs[i]);
	for (i = 0; i < up->n_msgs; i++)
		if (up->msgs[i].n_entries)
			send_one(p, &up->msgs[i]);
	if (up->n_msgs)
		p->dirty = true;
}
