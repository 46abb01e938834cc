// SPDX-License-Identifier: GPL-2.0
/*
 * transport_tx.c - from messages of a core to datagrams.
 *
 * Runs in the owner thread with buffers made beforehand: it allocates nothing
 * and waits for nothing.  What cannot be sent is lost, as if the network had
 * lost it; the core sends again.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/ktime.h>
#include <linux/ratelimit.h>
#include <linux/uio.h>

#include "burst.h"
#include "compat.h"
#include "fault.h"
#include "pack.h"
#include "payload.h"
#include "snapshot.h"
#include "trace.h"
#include "transport.h"

static bool encode_long(struct raft_group_priv *p, const struct raft_msg *m,
			const struct raft_entry *e, struct raft_encoded *enc)
{
	u8 *buf = p->ep->owner.tx;

	enc->command = e->payload;
	enc->head = buf;
	enc->head_len = RAFT_FRAG_HEAD;
	enc->total = raft_wire_head(buf, p->g->params.ioc.group_id, m, e,
				    raft_payload_crc(enc->command));
	return true;
}

/* False if it cannot be: then it is lost. */
static bool encode(struct raft_group_priv *p, const struct raft_msg *m,
		   struct raft_encoded *enc)
{
	struct raft_payload *payload;
	u8 *buf = p->ep->owner.tx;
	struct raft_wire_out w;
	struct raft_entry e;
	u32 i;

	raft_wire_begin(&w, buf, RAFT_MSG_SHORT, p->g->params.ioc.group_id, m);
	for (i = 0; i < m->n_entries; i++) {
		if (!raft_msg_entry(p->core, m, i, &e))
			return false;
		if (m->n_entries == 1 && e.len > RAFT_MSG_SHORT - RAFT_FRAG_HEAD)
			return encode_long(p, m, &e, enc);
		payload = e.payload;
		raft_wire_add(&w, &e, payload ? payload->data : NULL,
			      payload ? raft_payload_crc(payload) : 0);
	}
	enc->command = NULL;
	enc->head = buf;
	enc->total = raft_wire_end(&w);
	enc->head_len = enc->total;
	return enc->total;
}

static void lost(struct raft_group_priv *p, enum raft_drop why, u32 detail)
{
	p->send_errors++;
	trace_raft_drop(p->g->params.ioc.name, p->g->params.ioc.node_id, why,
			detail);
}

/**
 * raft_tx_warn_path - the path to a node is not as it must be: say so
 * @p: the group
 * @remote: the node
 *
 * Context: the owner thread.
 */
void raft_tx_warn_path(const struct raft_group_priv *p,
		       const struct raft_remote *remote)
{
	pr_warn_ratelimited("%s: the path to node %u does not carry datagrams of %u bytes\n",
			    p->g->params.ioc.name, remote->id,
			    RAFT_DATAGRAM_MAX);
}

/**
 * raft_tx_refused - a datagram did not leave
 * @p: the group
 * @remote: the receiver
 * @err: errno, negative
 *
 * Context: the owner thread.
 */
void raft_tx_refused(struct raft_group_priv *p,
		     const struct raft_remote *remote, int err)
{
	if (err == -EMSGSIZE)
		raft_tx_warn_path(p, remote);
	lost(p, RAFT_DROP_SEND, -err);
}

/**
 * raft_tx_ask - ask a peer for the missing parts of its message
 * @p: the group
 * @remote: the peer
 * @ask: the datagram
 * @len: bytes of it
 *
 * Context: the owner thread.
 */
void raft_tx_ask(struct raft_group_priv *p, struct raft_remote *remote,
		 struct raft_wire_ask *ask, u32 len)
{
	struct kvec vec = { .iov_base = ask, .iov_len = len };
	int err = -EDESTADDRREQ;

	if (remote->addr_len)
		err = raft_endpoint_send(p->ep, &remote->addr, remote->addr_len,
					 &vec, 1, len, true);
	if (err)
		lost(p, RAFT_DROP_SEND, -err);
}

/**
 * raft_tx_long - go on with the long messages to a peer
 * @p: the group
 * @remote: the peer; something has come from it, or was queued for it
 *
 * Context: the owner thread.
 */
void raft_tx_long(struct raft_group_priv *p, struct raft_remote *remote)
{
	struct raft_parts *parts = remote->parts;
	struct raft_frag_burst burst;
	u64 now = ktime_get_ns();

	while (parts) {
		switch (raft_frag_next(&parts->peer, now, &burst)) {
		case RAFT_FRAG_IDLE:
			return;
		case RAFT_FRAG_SEND:
			raft_burst_send(p, remote, &burst, false);
			return;
		case RAFT_FRAG_OVER:
			raft_payload_put(raft_frag_pop(&parts->peer));
			break;
		}
	}
}

static void queue_long(struct raft_group_priv *p, struct raft_remote *remote,
		       const struct raft_msg *m, const struct raft_encoded *enc)
{
	struct raft_frag_long l = {
		.m = *m,
		.total = enc->total,
		.command = enc->command->data,
		.handle = enc->command,
		.since = ktime_get_ns(),
	};

	if (!raft_remote_parts(&p->remotes, remote)) {
		lost(p, RAFT_DROP_NOMEM, enc->total);
		return;
	}
	memcpy(l.head, enc->head, sizeof(l.head));
	switch (raft_frag_push(&remote->parts->peer, &l)) {
	case RAFT_FRAG_QUEUED:
		raft_payload_get(enc->command);
		p->msgs_out++;
		break;
	case RAFT_FRAG_UNDER_WAY:
		break;
	case RAFT_FRAG_FULL:
		lost(p, RAFT_DROP_SEND, ENOBUFS);
		break;
	}
	raft_tx_long(p, remote);
}

/* With what other groups have for the same node: a heartbeat, a vote, an answer. */
static void pack(struct raft_group_priv *p, struct raft_remote *remote,
		 const struct raft_frag_burst *b)
{
	struct raft_frag_part part;

	if (!remote->addr_len) {
		raft_tx_refused(p, remote, -EDESTADDRREQ);
		return;
	}
	raft_burst_cut(&part, p, remote, b, 0, false);
	raft_pack_add(p, remote, &part);
}

static void send_short(struct raft_group_priv *p, struct raft_remote *remote,
		       const struct raft_msg *m, const struct raft_encoded *enc)
{
	u32 n = raft_frag_count(enc->total);
	struct raft_frag_burst b = {
		.id = m->seq,
		.total = enc->total,
		.head = enc->head,
		.head_len = enc->total,
		.want = { U64_MAX >> (64 - n) },
		.polls = n > 1,
	};

	/* Sent all the same, but parts that get lost cannot be sent again. */
	if (n > 1 && raft_remote_parts(&p->remotes, remote))
		raft_frag_keep(&remote->parts->peer, m->seq, enc->head,
			       enc->total, ktime_get_ns());
	if (n == 1 && !m->n_entries)
		pack(p, remote, &b);
	else
		raft_burst_send(p, remote, &b, !m->n_entries);
	p->msgs_out++;
}

/**
 * raft_tx_encoded - send a message that is encoded
 * @p: the group
 * @m: the message, for its receiver and its number; its entries are not read
 * @enc: its bytes
 *
 * Context: the owner thread.
 */
void raft_tx_encoded(struct raft_group_priv *p, const struct raft_msg *m,
		     const struct raft_encoded *enc)
{
	struct raft_remote *remote = raft_remote_find(&p->remotes, m->to);

	if (!remote)
		lost(p, RAFT_DROP_NODE, m->to);
	else if (enc->command)
		queue_long(p, remote, m, enc);
	else
		send_short(p, remote, m, enc);
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
	struct raft_frag_msg whole = {
		.group = ioc->group_id,
		.to = m->to,
		.id = m->seq,
		.head = p->ep->owner.tx,
	};
	struct raft_frag_part part;
	struct raft_wire_out w;
	struct kvec vec[2];
	int err;

	m->from = ioc->node_id;
	m->from_inc = p->g->incarnation;
	trace_raft_msg(ioc->name, ioc->node_id, true, m);
	raft_wire_begin(&w, p->ep->owner.tx, RAFT_FRAG_DATA, ioc->group_id, m);
	if (e)
		raft_wire_add(&w, e, command, raft_command_crc(command, e->len));
	whole.from = m->from;
	whole.from_inc = m->from_inc;
	whole.total = raft_wire_end(&w);
	whole.head_len = whole.total;
	if (!whole.total) {
		lost(p, RAFT_DROP_WIRE, RAFT_WIRE_LIMIT);
		return;
	}
	raft_frag_cut(&part, &whole, 0, 0, false);
	vec[0].iov_base = &part.h;
	vec[0].iov_len = sizeof(part.h);
	vec[1].iov_base = (void *)part.data[0];
	vec[1].iov_len = part.len[0];
	err = raft_endpoint_send(p->ep, addr, addr_len, vec, ARRAY_SIZE(vec),
				 vec[0].iov_len + vec[1].iov_len, true);
	if (err)
		lost(p, RAFT_DROP_SEND, -err);
	else
		p->msgs_out++;
	p->dirty = true;
}

static void send_encoded(struct raft_group_priv *p, const struct raft_msg *m,
			 const struct raft_encoded *enc)
{
	trace_raft_msg(p->g->params.ioc.name, p->g->params.ioc.node_id, true,
		       m);
	if (!enc->total)
		lost(p, RAFT_DROP_WIRE, RAFT_WIRE_LIMIT);
	else if (!raft_fault_tx(p, m, enc))
		raft_tx_encoded(p, m, enc);
}

/**
 * raft_tx_part - send a SNAPSHOT message
 * @p: the group
 * @m: the message, perhaps of an earlier update
 * @payload: its bytes, NULL if it only asks
 *
 * Context: the owner thread.
 */
void raft_tx_part(struct raft_group_priv *p, const struct raft_msg *m,
		  struct raft_payload *payload)
{
	struct raft_entry e = raft_msg_chunk(m);
	struct raft_encoded enc = { .head = p->ep->owner.tx };
	struct raft_wire_out w;

	raft_wire_begin(&w, p->ep->owner.tx, RAFT_MSG_SHORT,
			p->g->params.ioc.group_id, m);
	raft_wire_add(&w, &e, payload ? payload->data : NULL,
		      payload ? raft_payload_crc(payload) : 0);
	enc.total = raft_wire_end(&w);
	enc.head_len = enc.total;
	send_encoded(p, m, &enc);
}

/**
 * raft_tx_msg - send a message
 * @p: the group
 * @m: the message; the core was not stepped since, unless it has no entries
 *
 * The bytes of a part of a snapshot are on a disk: it goes when they are here.
 *
 * Context: the owner thread.
 */
void raft_tx_msg(struct raft_group_priv *p, const struct raft_msg *m)
{
	struct raft_remote *remote = raft_remote_find(&p->remotes, m->to);
	struct raft_encoded enc;

	if (remote)
		raft_notice_told(remote, m);
	if (m->type != RAFT_MSG_SNAPSHOT) {
		if (!encode(p, m, &enc))
			enc.total = 0;
		send_encoded(p, m, &enc);
	} else if (!m->chunk.len) {
		raft_tx_part(p, m, NULL);
	} else if (!raft_snapshot_post(p, m)) {
		lost(p, RAFT_DROP_NOMEM, 1);
	}
}

/* A reader there waits until what he may read is known to be committed. */
static void tell_reader(struct raft_group_priv *p, u32 id)
{
	struct raft_remote *remote = raft_remote_find(&p->remotes, id);

	if (remote)
		raft_notice_flush(p, remote);
}

/**
 * raft_tx_update - send the messages of an update
 * @p: the group
 * @up: what the last step asked for
 *
 * Votes, heartbeats and answers first, then what carries entries (trap 52); what
 * only tells of a commit may wait (notice.h).
 * Messages may be reordered by any network, so the core bears it.
 *
 * Context: the owner thread, before the next step.
 */
void raft_tx_update(struct raft_group_priv *p, const struct raft_update *up)
{
	u32 i;

	for (i = 0; i < up->n_msgs; i++)
		if (up->msgs[i].lazy)
			raft_notice_keep(p, &up->msgs[i]);
		else if (!up->msgs[i].n_entries)
			raft_tx_msg(p, &up->msgs[i]);
	for (i = 0; i < up->n_msgs; i++)
		if (up->msgs[i].n_entries)
			raft_tx_msg(p, &up->msgs[i]);
	for (i = 0; i < up->n_msgs; i++)
		if (up->msgs[i].type == RAFT_MSG_READ_INDEX_RESP)
			tell_reader(p, up->msgs[i].to);
	if (up->n_msgs)
		p->dirty = true;
}
