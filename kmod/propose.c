// SPDX-License-Identifier: GPL-2.0
/*
 * propose.c - proposals: what the caller waits for and what the owner does.
 *
 * The caller posts a proposal and sleeps, killably.  The owner hands it to the
 * core, which numbers it, and completes it when the entry with that number is
 * applied in this node's own log, so no answer can get lost.  Whether a
 * proposal that was accepted commits is never guessed: a caller that cannot
 * wait learns that the outcome is unknown (trap 60).
 *
 * What the core refuses for want of room was certainly not applied.  Its caller
 * waits for room and posts again; he does one at a time, so his commands keep
 * their order.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "owner.h"
#include "propose.h"
#include "transport.h"
#include "waiter.h"

/* Wake-ups cannot get lost, but a look now and then costs nothing. */
#define ROOM_LOOK	HZ

static struct raft_proposal *proposal_of(struct raft_waiter *w)
{
	return container_of(w, struct raft_proposal, w);
}

static void proposal_free(struct raft_waiter *w)
{
	struct raft_proposal *pr = proposal_of(w);

	raft_payload_put(pr->in.payload);
	kfree(pr);
}

static struct raft_proposal *proposal_new(const struct raft_proposing *in)
{
	struct raft_proposal *pr = kzalloc(sizeof(*pr), GFP_KERNEL_ACCOUNT);

	if (!pr)
		return NULL;
	raft_waiter_init(&pr->w, RAFT_WAITER_PROPOSAL, proposal_free);
	pr->in = *in;
	raft_payload_get(pr->in.payload);
	raft_result_prepare(&pr->wanted);
	return pr;
}

/**
 * raft_propose_room - it is worthwhile to propose again
 * @p: the group
 *
 * Context: the owner thread; the caller wakes the group's waiters later.
 */
void raft_propose_room(struct raft_group_priv *p)
{
	/* Pairs with READ_ONCE() in raft_group_propose() and _can_propose(). */
	WRITE_ONCE(p->full, false);
	WRITE_ONCE(p->room, p->room + 1);
}

static void accepted(struct raft_group_priv *p, struct raft_proposal *pr,
		     u64 serial)
{
	/* Pairs with READ_ONCE() in propose_once(). */
	WRITE_ONCE(pr->serial, serial);
	if (pr->in.flags & RAFT_PROPOSE_NOWAIT)
		raft_waiter_answer(&pr->w, 0);
	else
		list_add_tail(&pr->w.node, &p->pending);
}

static struct raft_entry entry_of(const struct raft_proposal *pr)
{
	struct raft_payload *payload = pr->in.payload;

	return (struct raft_entry) {
		.type = payload ? RAFT_ENTRY_COMMAND : RAFT_ENTRY_OPEN,
		.payload = payload,
		.len = payload ? payload->len : 0,
		.client = pr->in.client,
		.client_serial = pr->in.client_serial,
	};
}

/* One step for up to RAFT_PROPOSE_BATCH proposals, which leave the list. */
static void take_batch(struct raft_group_priv *p, struct list_head *came)
{
	struct raft_owner *o = &p->ep->owner;
	struct raft_event ev = {
		.type = RAFT_EV_PROPOSE,
		.propose = { .entries = o->entries },
	};
	struct raft_proposal *prs[RAFT_PROPOSE_BATCH];
	u32 i, n = 0;

	while (!list_empty(came) && n < ARRAY_SIZE(prs)) {
		prs[n] = list_first_entry(came, struct raft_proposal, w.node);
		list_del_init(&prs[n]->w.node);
		o->entries[n] = entry_of(prs[n]);
		n++;
	}
	ev.propose.n = n;
	raft_owner_step(p, &ev);
	for (i = 0; i < n; i++) {
		if (i < o->up.accepted) {
			accepted(p, prs[i], o->up.first_serial + i);
			continue;
		}
		if (o->up.refused == -EAGAIN)
			WRITE_ONCE(p->full, true);
		if (o->up.refused == -ENOSPC) {
			p->refused_full = true;
			p->dirty = true;
		}
		raft_waiter_answer(&prs[i]->w,
				   o->up.refused ? o->up.refused : -EIO);
	}
	/* The core failed in this step: nobody will apply what it accepted. */
	if (p->failed)
		raft_waiter_cancel(p, -ECANCELED);
}

/**
 * raft_propose_take - hand proposals to the core
 * @p: the group
 * @came: struct raft_proposal, in order; empty afterwards
 *
 * Context: the owner thread.
 */
void raft_propose_take(struct raft_group_priv *p, struct list_head *came)
{
	while (!list_empty(came))
		take_batch(p, came);
}

/**
 * raft_propose_applied - an entry was decided; is it one of ours?
 * @p: the group
 * @index: where it stands
 * @e: the entry
 * @copy: what a client's command is a copy of, NULL if it is none: it gets the
 *	answer of the first
 *
 * Context: the owner thread, in the order of the log.
 */
void raft_propose_applied(struct raft_group_priv *p, u64 index,
			  const struct raft_entry *e,
			  const struct raft_repeated *copy)
{
	struct raft_proposal *pr;

	if ((!copy && !(e->flags & RAFT_ENTRY_APPLIED)) ||
	    e->origin != p->g->params.ioc.node_id ||
	    e->incarnation != p->g->incarnation)
		return;
	/* Those that nobody waits for are not in the list. */
	pr = list_first_entry_or_null(&p->pending, struct raft_proposal,
				      w.node);
	if (!pr || pr->serial != e->serial)
		return;
	if (copy && !copy->first) {
		raft_waiter_decide(p, &pr->w, -EKEYEXPIRED);
		return;
	}
	pr->index = copy ? copy->first : index;
	pr->term = copy ? copy->term : e->term;
	if (pr->in.flags & RAFT_PROPOSE_RESULT)
		raft_result_want(&p->g->results, &pr->wanted, pr->index,
				 e->client);
	raft_waiter_decide(p, &pr->w, 0);
}

/**
 * raft_propose_installed - a snapshot has what became of own proposals
 * @p: the group
 *
 * They are committed, nobody here knows where.  Of a client's command it is not
 * known whether it was a copy, or too old: the client asks again.
 *
 * Context: the owner thread.
 */
void raft_propose_installed(struct raft_group_priv *p)
{
	u64 serial = raft_applied_serial(p->core);
	struct raft_waiter *w, *next;
	struct raft_proposal *pr;

	list_for_each_entry_safe(w, next, &p->pending, node) {
		pr = proposal_of(w);
		if (pr->serial > serial)
			break;
		if (pr->in.flags & RAFT_PROPOSE_RESULT)
			raft_result_want(&p->g->results, &pr->wanted, 0, 0);
		raft_waiter_decide(p, w, pr->in.client || !pr->in.payload ?
				   -ETIMEDOUT : 0);
	}
	raft_propose_room(p);
}

static int propose_once(struct raft_group *g, const struct raft_proposing *in,
			long *left, struct raft_proposed *out)
{
	struct raft_proposal *pr = proposal_new(in);
	int err;

	if (!pr)
		return -ENOMEM;
	err = raft_waiter_post(g, &pr->w);
	if (err)
		goto put;
	err = raft_waiter_wait(&pr->w, left);
	/* Pairs with WRITE_ONCE() in accepted(). */
	out->serial = READ_ONCE(pr->serial);
	if (err)
		goto put;
	out->index = pr->index;
	out->term = pr->term;
	err = pr->w.result;
	/* It is committed: a result that does not come is no error. */
	if (!err && in->flags & RAFT_PROPOSE_RESULT)
		out->result_state = raft_result_wait(&g->results, &pr->wanted,
						     *left, &out->result);
put:
	if (in->flags & RAFT_PROPOSE_RESULT)
		raft_result_leave(&g->results, &pr->wanted);
	raft_waiter_put(&pr->w);
	return err;
}

/**
 * raft_group_propose - propose one command and wait until it is applied
 * @g: the group
 * @in: the command; the group takes references of its own.  With
 *	RAFT_PROPOSE_NONBLOCK it fails rather than wait for room, with
 *	RAFT_PROPOSE_NOWAIT it does not wait for the commit, with
 *	RAFT_PROPOSE_RESULT it waits for the state machine too
 * @out: filled in: @serial whenever the command was accepted, the rest with 0
 *
 * Context: a process; waits killably.
 * Return: 0: committed and applied once (accepted, with NOWAIT).  -EAGAIN no
 *	room, -ENOSPC log full, -EMSGSIZE, -EINVAL, -ENOMEM, -ENOTCONN not a
 *	member, -EIO failed before: certainly never applied.  -EKEYEXPIRED not
 *	applied by this call: the session is closed, or at a later number.
 *	-ETIMEDOUT, -EINTR killed, -ECANCELED stopped or failed meanwhile:
 *	unknown.
 */
int raft_group_propose(struct raft_group *g, const struct raft_proposing *in,
		       struct raft_proposed *out)
{
	struct raft_group_priv *p = g->priv;
	long left = raft_waiter_time(g, in->timeout_ms);
	long look, ret;
	u64 room;
	int err;

	memset(out, 0, sizeof(*out));
	for (;;) {
		/* Before the attempt, lest room that comes after it be missed. */
		room = READ_ONCE(p->room);
		err = propose_once(g, in, &left, out);
		if (err != -EAGAIN || in->flags & RAFT_PROPOSE_NONBLOCK)
			return err;
		look = min_t(long, left, ROOM_LOOK);
		ret = wait_event_killable_timeout(g->wait,
						  READ_ONCE(p->room) != room ||
						  READ_ONCE(g->stopping), look);
		if (ret < 0)
			return -EINTR;
		left -= look - ret;
		/* Refused each time: nothing happened, and that is certain. */
		if (left <= 0)
			return -EAGAIN;
	}
}

/**
 * raft_group_can_propose - would a proposal be taken now?
 * @g: the group
 *
 * Context: any.
 * Return: true if so, as far as one can tell without asking.
 */
bool raft_group_can_propose(const struct raft_group *g)
{
	return !READ_ONCE(g->stopping) && !READ_ONCE(g->pub.st.failed) &&
	       READ_ONCE(g->pub.st.member) && !READ_ONCE(g->priv->full);
}
