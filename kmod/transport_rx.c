// SPDX-License-Identifier: GPL-2.0
/*
 * transport_rx.c - from datagrams to messages for the cores.
 *
 * Runs in the owner thread.  Every datagram is refused until proven good, and a
 * refusal is counted, traced and, if it tells of a mistake of the operator,
 * logged with a rate limit.  The source address of a member is not looked at:
 * behind a translator it is not the configured one, and whoever can forge a node
 * id can forge an address.  A stranger is answered where he is.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/ratelimit.h>

#include "burst.h"
#include "compat.h"
#include "fault.h"
#include "join.h"
#include "payload.h"
#include "trace.h"
#include "transport.h"

static void refuse(struct raft_group_priv *p, enum raft_drop why, u32 detail)
{
	p->msgs_bad++;
	p->dirty = true;
	trace_raft_drop(p->g->params.ioc.name, p->g->params.ioc.node_id, why,
			detail);
}

static void refuse_unowned(struct raft_endpoint *ep, enum raft_drop why,
			   enum raft_wire_error err)
{
	ep->bad++;
	ep->bad_by[err]++;
	trace_raft_drop("", 0, why, err);
}

/* Two nodes with one id could vote twice (trap 27). */
static void duplicate_id(struct raft_group_priv *p, const struct raft_frag *f)
{
	p->dup_id_seen++;
	pr_warn_ratelimited("%s: another node has id %u too (boot %llu)\n",
			    p->g->params.ioc.name, f->from, f->from_inc);
	refuse(p, RAFT_DROP_NODE, f->from);
}

/*
 * Nothing here waits for memory: a heartbeat may be next.  What gets none is
 * lost, and its sender sends it again.  A large command needs pages in a row,
 * of which there may be none for ever, so a worker that may wait puts one
 * together by scattered pages for the next time.
 */
static struct raft_payload *payload_alloc(struct raft_group_priv *p, u32 len)
{
	struct raft_payload *payload;

	payload = raft_payload_alloc(len, GFP_NOWAIT | __GFP_NOWARN);
	if (payload || len <= PAGE_SIZE)
		return payload;
	if (len > RAFT_MSG_SHORT)
		return NULL;
	payload = xchg(&p->spare_payload, NULL);
	raft_group_queue(&p->refill);
	if (payload)
		payload->len = len;
	return payload;
}

/*
 * For a long message, which becomes the payload of its command where it was put
 * together.  Who gets none now sends the part again, and the worker knows how
 * much it was.
 */
static struct raft_payload *long_alloc(struct raft_group_priv *p, u32 total)
{
	struct raft_payload *payload;

	payload = raft_payload_alloc(total, GFP_NOWAIT | __GFP_NOWARN);
	if (payload)
		return payload;
	payload = xchg(&p->spare_long, NULL);
	if (payload && payload->len < total) {
		raft_payload_put(payload);
		payload = NULL;
	}
	/* Pairs with READ_ONCE() in boot_refill(). */
	WRITE_ONCE(p->want_long, total);
	raft_group_queue(&p->refill);
	return payload;
}

static void put_payloads(struct raft_entry *entries, u32 n)
{
	while (n--)
		raft_payload_put(entries[n].payload);
}

/* @whole: the memory of @buf if that is a long message, given to its entry. */
static bool get_payloads(struct raft_owner *o, struct raft_group_priv *p,
			 const u8 *buf, u32 n, struct raft_payload *whole)
{
	struct raft_payload *payload;
	u32 i;

	if (whole && n == 1 && o->entries[0].len) {
		raft_payload_get(whole);
		whole->data = whole->mem + o->commands[0].offset;
		whole->len = o->entries[0].len;
		whole->crc = o->commands[0].crc;
		whole->summed = true;
		o->entries[0].payload = whole;
		return true;
	}
	for (i = 0; i < n; i++) {
		if (!o->entries[i].len)
			continue;
		payload = payload_alloc(p, o->entries[i].len);
		if (!payload) {
			put_payloads(o->entries, i);
			return false;
		}
		memcpy(payload->data, buf + o->commands[i].offset,
		       payload->len);
		payload->crc = o->commands[i].crc;
		payload->summed = true;
		o->entries[i].payload = payload;
	}
	return true;
}

static void take_message(struct raft_owner *o, struct raft_group_priv *p,
			 struct raft_remote *remote, const u8 *buf, u32 len,
			 struct raft_payload *whole)
{
	const struct raft_ioc_start *ioc = &p->g->params.ioc;
	struct raft_event ev = { .type = RAFT_EV_MESSAGE, .msg = &o->msg };
	enum raft_wire_error err;

	err = raft_wire_decode(buf, len, ioc->group_id, ioc->node_id, &o->msg,
			       o->entries, o->commands, RAFT_MAX_BATCH);
	if (!err && o->msg.from != remote->id)
		err = RAFT_WIRE_NODE;
	/* It would get nowhere: there are no files for it. */
	if (!err && o->msg.type == RAFT_MSG_SNAPSHOT && !p->g->snapshots) {
		pr_warn_ratelimited("%s: node %u needs a snapshot, and was started without files for it\n",
				    ioc->name, ioc->node_id);
		err = RAFT_WIRE_TYPE;
	}
	if (err) {
		refuse(p, RAFT_DROP_WIRE, err);
		return;
	}
	if (!get_payloads(o, p, buf, o->msg.n_entries, whole)) {
		refuse(p, RAFT_DROP_NOMEM, o->msg.n_entries);
		return;
	}
	p->msgs_in++;
	p->dirty = true;
	remote->heard = ktime_get_ns();
	if (o->msg.from_inc > remote->incarnation)
		remote->incarnation = o->msg.from_inc;
	trace_raft_msg(ioc->name, ioc->node_id, false, &o->msg);
	if (o->msg.type == RAFT_MSG_JOIN_RESP)
		raft_join_answered(p, &o->msg);
	else
		raft_owner_step(p, &ev);
	put_payloads(o->entries, o->msg.n_entries);
}

/* The first part of a long message that has come; false if there is no memory. */
static bool lend(struct raft_group_priv *p, struct raft_remote *remote,
		 const struct raft_frag *f, u64 now)
{
	struct raft_payload *payload = long_alloc(p, f->total);

	if (!payload) {
		refuse(p, RAFT_DROP_NOMEM, f->total);
		return false;
	}
	raft_payload_put(raft_frag_lend(&remote->parts->peer, f, now,
					payload->mem, payload));
	return true;
}

static void add_part(struct raft_owner *o, struct raft_group_priv *p,
		     struct raft_remote *remote, const struct raft_frag *f,
		     u64 now)
{
	struct raft_frag_peer *peer = &remote->parts->peer;
	struct raft_payload *whole = NULL;
	enum raft_frag_result res;
	const u8 *msg;

	res = raft_frag_add(peer, f, now, &msg);
	if (res == RAFT_FRAG_WANT && lend(p, remote, f, now))
		res = raft_frag_add(peer, f, now, &msg);
	if (res == RAFT_FRAG_FORGED)
		refuse(p, RAFT_DROP_FRAG, f->from);
	if (res != RAFT_FRAG_DONE)
		return;
	if (f->total > RAFT_MSG_SHORT)
		whole = raft_frag_take(peer);
	take_message(o, p, remote, msg, f->total, whole);
	raft_payload_put(whole);
}

/* One part of a message, or a request for parts of ours. */
static void take_part(struct raft_owner *o, struct raft_group_priv *p,
		      struct raft_remote *remote, const struct raft_frag *f)
{
	struct raft_frag_burst burst;
	u64 now = ktime_get_ns();
	struct raft_wire_ask ask;
	u32 len;

	if (!f->ask && f->len == f->total) {
		take_message(o, p, remote, f->data, f->total, NULL);
	} else if (!f->ask) {
		if (!raft_remote_parts(&p->remotes, remote)) {
			refuse(p, RAFT_DROP_NOMEM, f->total);
			return;
		}
		add_part(o, p, remote, f, now);
	} else if (remote->parts &&
		   raft_frag_asked(&remote->parts->peer, f, now, &burst)) {
		raft_burst_send(p, remote, &burst, false);
	}
	if (!remote->parts)
		return;
	len = raft_frag_ask(&remote->parts->peer, f, now, p->g->incarnation,
			    &ask);
	if (len)
		raft_tx_ask(p, remote, &ask, len);
	raft_tx_long(p, remote);
}

/*
 * Whoever speaks of our group is heard, member or not: to a blank node the
 * leader is a stranger, and to a node that was away one that came meanwhile.
 * What it may do is for the core to say.
 */
static struct raft_remote *find_remote(struct raft_owner *o,
				       struct raft_group_priv *p, u32 id)
{
	struct raft_remote *remote = raft_remote_find(&p->remotes, id);
	u64 now = ktime_get_ns();

	if (remote && remote->member)
		return remote;
	if (!id || id == p->remotes.self)
		return NULL;
	if (!remote)
		remote = raft_remote_stranger(&p->remotes, id, now);
	remote->seen = now;
	remote->addr = o->from;
	remote->addr_len = o->from_len;
	return remote;
}

/* To whoever is here, and nobody is known who sends it. */
static void take_join(struct raft_group_priv *p, const struct raft_frag *f)
{
	enum raft_wire_error err = RAFT_WIRE_LENGTH;

	if (!f->ask && f->len == f->total)
		err = raft_join_asked(p, f);
	if (err)
		refuse(p, RAFT_DROP_WIRE, err);
}

static void take_datagram(struct raft_owner *o, const struct raft_frag *f)
{
	struct raft_remote *remote;
	struct raft_group_priv *p;

	p = raft_owner_find(o, f->group);
	if (!p) {
		if (!f->to)
			pr_info_ratelimited("node %u at %pISpc asks to be let into group 0x%016llx, which is not here\n",
					    f->from, &o->from, f->group);
		refuse_unowned(o->ep, RAFT_DROP_GROUP, RAFT_WIRE_GROUP);
		return;
	}
	if (!f->to) {
		take_join(p, f);
		return;
	}
	if (f->from == p->g->params.ioc.node_id &&
	    f->from_inc != p->g->incarnation) {
		duplicate_id(p, f);
		return;
	}
	if (f->to != p->g->params.ioc.node_id) {
		refuse(p, RAFT_DROP_NODE, f->to);
		return;
	}
	remote = find_remote(o, p, f->from);
	if (!remote) {
		refuse(p, RAFT_DROP_NODE, f->from);
		return;
	}
	take_part(o, p, remote, f);
}

/*
 * The datagrams of a packet, one behind the other, RAFT_FRAG_PACKED at most but
 * for what is too short to be one.  Returns how many were looked at.
 */
static u32 take_packet(struct raft_owner *o, u32 len)
{
	enum raft_wire_error err;
	struct raft_frag f;
	u32 at = 0, n = 0;

	do {
		err = raft_frag_parse(o->rx + at, len - at, &f);
		if (err)
			refuse_unowned(o->ep, RAFT_DROP_WIRE, err);
		else
			take_datagram(o, &f);
		at += f.size;
		n++;
	} while (at < len);
	return n;
}

/* One socket; true if it may hold more. */
static bool drain_sock(struct raft_endpoint *ep, enum raft_family family,
		       u32 budget, u32 *packets)
{
	struct raft_owner *o = &ep->owner;
	u32 n = 0;
	int len;

	while (n < budget) {
		len = raft_endpoint_recv(ep, family, o->rx, sizeof(o->rx),
					 &o->from, &o->from_len);
		if (len == -EAGAIN)
			return false;
		++*packets;
		if (len >= 0) {
			n += take_packet(o, len);
			continue;
		}
		refuse_unowned(ep, RAFT_DROP_WIRE, RAFT_WIRE_SHORT);
		n++;
	}
	return true;
}

/**
 * raft_rx_drain - handle datagrams that have come
 * @ep: the endpoint
 * @budget: datagrams to handle, of each socket; the rest of a packet, too
 * @packets: set to how many packets they were, of the socket with most
 *
 * Context: the owner thread; does not wait.
 * Return: true if there may be more.
 */
bool raft_rx_drain(struct raft_endpoint *ep, u32 budget, u32 *packets)
{
	bool more = false;
	u32 n;
	int i;

	*packets = 0;
	for (i = 0; i < RAFT_FAMILIES; i++) {
		n = 0;
		more |= drain_sock(ep, i, budget, &n);
		*packets = max(*packets, n);
	}
	return more;
}
