// SPDX-License-Identifier: GPL-2.0
/*
 * join.c - a node that knows one member's address comes into the group: the
 * messages, at the node that wants in and at the member that it asks.
 *
 * JOIN carries no term and is for whoever is at the address.  The core never sees
 * it: the member makes a change of it as if its own operator had asked for one,
 * RAFT_OP_JOIN or RAFT_OP_ADD_LEARNER, which the core passes on to the leader.
 * Neither changes a node that is a member, whatever this member knows.
 *
 *	the node                     the member
 *	JOIN                   ->
 *	                       <-    no, but a ticket
 *	JOIN with the ticket   ->    a change, if the node is no member
 *	                       <-    under way, or why not
 *	                       <-    why not, if that turns out later
 *
 * The ticket is the member's clock, good for a while and for its boot: a JOIN that
 * was under way for long does nothing, and who asks is where he says.  What is lost
 * is asked again (join_ioctl.c).  That it worked a node sees in its own log.
 *
 * All of it runs in the owner thread; allocates nothing.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#include "addr.h"
#include "join.h"
#include "order.h"
#include "owner.h"
#include "trace.h"
#include "transport.h"

#define JOIN_TICKET_NS	(10 * NSEC_PER_SEC)

static struct raft_order *order_of(struct raft_waiter *w)
{
	return container_of(w, struct raft_order, w);
}

static void send_join(struct raft_group_priv *p, struct raft_join_ask *a)
{
	u32 id = p->g->params.ioc.node_id;
	struct raft_change c = {
		.n = 1,
		.item[0].op = a->learner ? RAFT_OP_ADD_LEARNER : RAFT_OP_JOIN,
		.item[0].m.id = id,
	};
	struct raft_entry e = {
		.type = RAFT_ENTRY_CHANGE,
		.origin = id,
		.incarnation = p->g->incarnation,
		.len = RAFT_CONFIG_BYTES,
	};
	struct raft_msg m = {
		.type = RAFT_MSG_JOIN,
		.to_inc = a->to_inc,
		.ack_seq = a->ticket,
		.n_entries = 1,
	};
	u8 bytes[RAFT_CONFIG_BYTES];

	raft_addr_encode(c.item[0].m.addr, &p->g->params.listen);
	raft_change_encode(&c, bytes);
	a->seq = ++p->join_seq;
	m.seq = a->seq;
	raft_tx_direct(p, &m, &e, bytes, &a->to, a->to_len);
}

/**
 * raft_join_ask - ask a member to be let in
 * @p: the group
 * @o: an order of kind RAFT_ORDER_JOIN, in the list of those undecided
 *
 * Context: the owner thread.
 */
void raft_join_ask(struct raft_group_priv *p, struct raft_order *o)
{
	send_join(p, &o->join);
}

/**
 * raft_join_answered - JOIN_RESP: a member has answered
 * @p: the group
 * @m: the message
 *
 * Context: the owner thread.
 */
void raft_join_answered(struct raft_group_priv *p, const struct raft_msg *m)
{
	struct raft_waiter *w, *next;
	int result = m->flags & RAFT_MSG_REJECT ? -(int)m->index : 0;

	if (m->to_inc != p->g->incarnation || m->index > MAX_ERRNO)
		return;
	list_for_each_entry_safe(w, next, &p->orders, node) {
		struct raft_order *o = order_of(w);

		if (o->what != RAFT_ORDER_JOIN || o->join.seq != m->ack_seq)
			continue;
		if (!o->join.ticket && m->serial) {
			o->join.ticket = m->serial;
			o->join.to_inc = m->from_inc;
			send_join(p, &o->join);
			continue;
		}
		/* Read by the caller while it is under way. */
		WRITE_ONCE(o->join.by, m->from);
		if (result)
			raft_waiter_decide(p, w, result);
	}
}

static void answer(struct raft_group_priv *p, struct raft_join_guest *guest,
		   int error)
{
	struct raft_msg m = {
		.type = RAFT_MSG_JOIN_RESP,
		.flags = error ? RAFT_MSG_REJECT : 0,
		.to = guest->id,
		.to_inc = guest->incarnation,
		.seq = ++p->join_seq,
		.ack_seq = guest->seq,
		.index = (u64)-error,
		.serial = ktime_get_ns(),
	};

	raft_tx_direct(p, &m, NULL, NULL, &guest->from, guest->from_len);
}

/* As an operator's, and like one it is alone.  Returns 1 if it is decided. */
static int begin(struct raft_group_priv *p, const struct raft_change *c,
		 const struct raft_join_guest *guest)
{
	struct raft_event ev = { .type = RAFT_EV_CHANGE, .change = c };
	const struct raft_update *up = &p->ep->owner.up;

	if (p->guest.id || raft_order_under_way(p, RAFT_ORDER_CHANGE))
		return -EBUSY;
	/* Once for a boot of it, however often it asks. */
	if (p->guest.incarnation != guest->incarnation)
		pr_info_ratelimited("%s: node %u at %pISpc asks to be let in\n",
				    p->g->params.ioc.name, guest->id,
				    &guest->from);
	p->guest = *guest;
	raft_owner_step(p, &ev);
	if (!up->refused)
		return p->guest.id ? 0 : 1;
	p->guest.id = 0;
	return up->refused;
}

/*
 * Who is a member already and where it says needs nothing: it has asked before.
 * If it is elsewhere there are two of one id, or it has moved (trap 27).
 */
static int consider(struct raft_group_priv *p, const struct raft_change *c,
		    const struct raft_join_guest *guest)
{
	const struct raft_membership *conf = raft_membership(p->core);
	const struct raft_member *m = raft_member_of(conf, guest->id);
	struct raft_ioc_member where = { .id = guest->id };
	u32 self = p->g->params.ioc.node_id;

	if (p->failed)
		return -EIO;
	if (guest->id == self)
		return -EEXIST;
	if (!raft_member_of(conf, self))
		return -ENOTCONN;
	if (m)
		return memcmp(m->addr, c->item[0].m.addr, RAFT_ADDR_BYTES) ?
		       -EEXIST : 0;
	if (raft_addr_decode(&where, c->item[0].m.addr))
		return -EINVAL;
	if (p->guest.id != guest->id ||
	    p->guest.incarnation != guest->incarnation)
		return begin(p, c, guest);
	p->guest = *guest;
	return 0;
}

static bool is_join(const struct raft_change *c, u32 id)
{
	return c->n == 1 && !c->joint && c->item[0].m.id == id &&
	       (c->item[0].op == RAFT_OP_JOIN ||
		c->item[0].op == RAFT_OP_ADD_LEARNER);
}

/**
 * raft_join_asked - JOIN: a node wants to be let in
 * @p: the group
 * @f: the datagram, whole
 *
 * Context: the owner thread; where the datagram came from is in the owner.
 * Return: RAFT_WIRE_OK, or why it was refused without an answer.
 */
enum raft_wire_error raft_join_asked(struct raft_group_priv *p,
				     const struct raft_frag *f)
{
	struct raft_owner *o = &p->ep->owner;
	struct raft_msg *m = &o->msg;
	struct raft_join_guest guest;
	enum raft_wire_error err;
	struct raft_change c;
	int result = -EAGAIN;

	err = raft_wire_decode(f->data, f->len, p->g->params.ioc.group_id, 0,
			       m, o->entries, o->commands, 1);
	if (err)
		return err;
	if (m->n_entries != 1 || m->from != f->from ||
	    raft_change_decode(&c, f->data + o->commands[0].offset,
			       o->entries[0].len) ||
	    !is_join(&c, f->from))
		return RAFT_WIRE_FIELD;
	p->msgs_in++;
	p->dirty = true;
	trace_raft_msg(p->g->params.ioc.name, p->g->params.ioc.node_id, false,
		       m);
	guest.id = m->from;
	guest.incarnation = m->from_inc;
	guest.seq = m->seq;
	guest.from = o->from;
	guest.from_len = o->from_len;
	/* Without a good ticket it gets one, and nothing else. */
	if (m->to_inc == p->g->incarnation &&
	    ktime_get_ns() - m->ack_seq < JOIN_TICKET_NS)
		result = consider(p, &c, &guest);
	if (result <= 0)
		answer(p, &guest, result);
	return RAFT_WIRE_OK;
}

/**
 * raft_join_decided - a change is decided: was it that of a guest?
 * @p: the group
 * @up: an update with RAFT_UP_CHANGE
 *
 * Context: the owner thread.
 */
void raft_join_decided(struct raft_group_priv *p, const struct raft_update *up)
{
	int result = up->change_result;

	if (!p->guest.id)
		return;
	if (result && result != -EBUSY && result != -EAGAIN)
		pr_info_ratelimited("%s: node %u was not let in (%d)\n",
				    p->g->params.ioc.name, p->guest.id, result);
	/* The leader knows it as a member: so will this node when it asks again. */
	if (result == -EEXIST)
		result = -EAGAIN;
	answer(p, &p->guest, result);
	p->guest.id = 0;
}
