// SPDX-License-Identifier: GPL-2.0
/*
 * ask.c - reads, membership changes and transfers, and what their callers are
 * told.
 *
 * The counterpart of propose.c for what is not a command.  A node has any number
 * of reads but one change and one transfer under way; the core refuses more.
 */
#include <stdlib.h>

#include "sim.h"

static struct sim_prop *ask_new(struct sim *s, struct sim_node *n,
				const char *name, enum sim_kind kind)
{
	struct sim_prop *p = sim_alloc(sizeof(*p));

	p->node = n->id;
	p->name = name;
	p->kind = kind;
	*s->props_tail = p;
	s->props_tail = &p->next;
	return p;
}

static struct sim_prop *ask(struct sim *s, struct sim_node *n,
			    struct sim_prop *p)
{
	static const enum raft_event_type types[] = {
		[SIM_READ] = RAFT_EV_READ,
		[SIM_CHANGE] = RAFT_EV_CHANGE,
		[SIM_TRANSFER] = RAFT_EV_TRANSFER,
	};
	struct sim_item item = { .type = types[p->kind], .prop = p };

	if (!n->running || n->failed)
		p->outcome = SCN_FAILED;
	else
		sim_item(s, n, &item);
	return p;
}

/**
 * sim_read() - a caller wants to know all that was acknowledged before
 * @s: simulation
 * @n: node
 * @name: of the read, or NULL
 * @lease: the leader's lease will do
 *
 * Return: the read.
 */
struct sim_prop *sim_read(struct sim *s, struct sim_node *n, const char *name,
			  bool lease)
{
	struct sim_prop *p = ask_new(s, n, name, SIM_READ);

	p->lease = lease;
	p->floor = s->acked;
	history_read(s, p);
	return ask(s, n, p);
}

/**
 * sim_change() - an operator changes the membership
 * @s: simulation
 * @n: node that is asked
 * @name: of the change, or NULL
 * @change: copied
 *
 * Return: the change.
 */
struct sim_prop *sim_change(struct sim *s, struct sim_node *n, const char *name,
			    const struct raft_change *change)
{
	struct sim_prop *p = ask_new(s, n, name, SIM_CHANGE);

	p->change = sim_alloc(sizeof(*change));
	*p->change = *change;
	return ask(s, n, p);
}

/**
 * sim_transfer() - an operator wants another leader
 * @s: simulation
 * @n: node that is asked
 * @name: of the transfer, or NULL
 * @target: node to lead, 0 for the best
 *
 * Return: the transfer.
 */
struct sim_prop *sim_transfer(struct sim *s, struct sim_node *n,
			      const char *name, u32 target)
{
	struct sim_prop *p = ask_new(s, n, name, SIM_TRANSFER);

	p->target = target;
	return ask(s, n, p);
}

/**
 * sim_ask_text() - what was asked, in words
 * @p: read, change or transfer
 * @buf: for the words
 * @size: bytes of @buf
 *
 * Return: @buf.
 */
const char *sim_ask_text(const struct sim_prop *p, char *buf, size_t size)
{
	static const char *const ops[] = {
		"nothing", "add-learner", "add-voter", "promote", "demote",
		"remove", "address", "abort", "add-witness", "join",
	};
	size_t at;
	u32 i;

	if (p->kind == SIM_READ) {
		snprintf(buf, size, p->lease ? "read by lease" : "read");
	} else if (p->kind == SIM_TRANSFER) {
		snprintf(buf, size, "transfer to %u", p->target);
	} else {
		at = (size_t)snprintf(buf, size, "%s",
				      p->change->joint ? "joint" : "member");
		for (i = 0; i < p->change->n && at < size; i++)
			at += (size_t)snprintf(buf + at, size - at, " %s %u",
					       ops[p->change->item[i].op],
					       p->change->item[i].m.id);
	}
	return buf;
}

/**
 * sim_ask_come() - a read, change or transfer comes to the core
 * @s: simulation
 * @n: node that runs
 * @p: what was asked
 */
void sim_ask_come(struct sim *s, struct sim_node *n, struct sim_prop *p)
{
	struct raft_event ev = { .type = RAFT_EV_READ };
	char text[200];

	sim_trace(s, "node %u: asked: %s", n->id,
		  sim_ask_text(p, text, sizeof(text)));
	if (p->kind == SIM_READ) {
		ev.lease = p->lease;
	} else if (p->kind == SIM_CHANGE) {
		ev.type = RAFT_EV_CHANGE;
		ev.change = p->change;
	} else {
		ev.type = RAFT_EV_TRANSFER;
		ev.target = p->target;
	}
	s->asked = p;
	sim_event(s, n, &ev);
	sim_prop_go_on(s, n);
}

static void decide(struct sim *s, struct sim_node *n, struct sim_prop *p,
		   int error)
{
	char text[200];

	p->outcome = error == -ESTALE ? SCN_UNKNOWN :
		     error ? SCN_FAILED : SCN_COMMITTED;
	p->error = error;
	if (p->kind == SIM_CHANGE && p->outcome != SCN_UNKNOWN)
		check_change(s, n, p);
	if (!error)
		s->acked = max(s->acked, p->index);
	sim_trace(s, "node %u: %s: %s (%d), index %llu", n->id,
		  sim_ask_text(p, text, sizeof(text)),
		  scenario_outcome_name(p->outcome), error,
		  (unsigned long long)p->index);
}

static void answer_read(struct sim *s, struct sim_node *n, struct sim_prop *p,
			u64 index)
{
	p->index = index;
	check_read(s, n, p);
	history_answered(s, n, p);
	s->count.reads++;
	decide(s, n, p, 0);
}

static void begin_read(struct sim *s, struct sim_node *n, struct sim_prop *p)
{
	if (s->up.lease_until) {
		if (!p->lease || s->up.lease_until <= sim_clock(s, n))
			sim_unkept(s, "node %u answers a read by a lease until %llu",
				   n->id, (unsigned long long)s->up.lease_until);
		s->count.lease_reads++;
		answer_read(s, n, p, s->up.lease_index);
		return;
	}
	p->serial = s->up.read_id;
	*n->reads_tail = p;
	n->reads_tail = &p->more;
}

static bool is_abort(const struct sim_prop *p)
{
	return p->kind == SIM_CHANGE &&
	       p->change->item[0].op == RAFT_OP_ABORT;
}

/* What a node has under way of this kind; of each one. */
static struct sim_prop **under_way(struct sim_node *n, const struct sim_prop *p)
{
	if (p->kind == SIM_TRANSFER)
		return &n->transfer;
	return is_abort(p) ? &n->abort : &n->change;
}

/* The core took what was asked: the outcome follows, maybe in this step. */
static void begin(struct sim *s, struct sim_node *n, struct sim_prop *p)
{
	struct sim_prop **slot = under_way(n, p);

	if (s->up.refused) {
		decide(s, n, p, s->up.refused);
	} else if (p->kind == SIM_READ) {
		begin_read(s, n, p);
	} else {
		if (*slot)
			sim_fail(s, "node %u has two of a kind under way",
				 n->id);
		*slot = p;
		p->serial = ++n->n_asked;
		p->incarnation = n->incarnation;
	}
}

static void reads_done(struct sim *s, struct sim_node *n, u64 done, u64 index)
{
	struct sim_prop *p;

	while ((p = n->reads) && p->serial <= done) {
		n->reads = p->more;
		if (!n->reads)
			n->reads_tail = &n->reads;
		answer_read(s, n, p, index);
	}
}

static void reads_lost(struct sim *s, struct sim_node *n)
{
	struct sim_prop *p;

	while ((p = n->reads)) {
		n->reads = p->more;
		decide(s, n, p, -ENOTCONN);
	}
	n->reads_tail = &n->reads;
}

static void ended(struct sim *s, struct sim_node *n, struct sim_prop **slot,
		  int error)
{
	struct sim_prop *p = *slot;

	*slot = NULL;
	if (!p) {
		sim_fail(s, "node %u decides what nobody asked for", n->id);
		return;
	}
	if (!error && p->kind == SIM_TRANSFER) {
		if (p->target && n->st.leader != p->target)
			sim_fail(s, "node %u: transfer to %u is done, and %u leads",
				 n->id, p->target, n->st.leader);
		s->count.transfers++;
	} else if (!error) {
		p->index = p->entry;
		s->count.changes++;
		s->count.joint += p->change->joint;
	}
	decide(s, n, p, error);
}

/**
 * sim_ask_update() - a step of the core may have decided something
 * @s: simulation, with the update
 * @n: node, with its new status
 */
void sim_ask_update(struct sim *s, struct sim_node *n)
{
	const struct raft_update *up = &s->up;

	if (s->asked)
		begin(s, n, s->asked);
	if (up->flags & RAFT_UP_READ)
		reads_done(s, n, up->read_done, up->read_index);
	if (up->flags & RAFT_UP_READ_LOST)
		reads_lost(s, n);
	if (up->flags & RAFT_UP_CHANGE)
		ended(s, n, &n->change, up->change_result);
	if (up->flags & RAFT_UP_ABORT)
		ended(s, n, &n->abort, up->abort_result);
	if (up->flags & RAFT_UP_TRANSFER)
		ended(s, n, &n->transfer, up->transfer_result);
}

/**
 * sim_ask_lost() - a node forgets its callers; their outcome is set already
 * @n: node
 */
void sim_ask_lost(struct sim_node *n)
{
	n->reads = NULL;
	n->reads_tail = &n->reads;
	n->change = NULL;
	n->abort = NULL;
	n->transfer = NULL;
}
