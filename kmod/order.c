// SPDX-License-Identifier: GPL-2.0
/*
 * order.c - what an operator orders: a membership change, a transfer of the
 * leadership, other settings, a try to be let in; and what a snapshot needs.
 *
 * The caller posts the order and sleeps, killably.  The owner hands it to the
 * core and answers when the core has decided, after the publication: who comes
 * back sees the new members.  A caller that leaves does not take the order back.
 *
 * What an error means is said by the outcome, which only the core's decision
 * sets: who leaves before it, or is woken by the end of the group, has
 * RAFT_OUTCOME_UNKNOWN.
 */
#include <linux/bits.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "boot.h"
#include "order.h"
#include "owner.h"
#include "params.h"
#include "snapshot.h"
#include "transport.h"
#include "waiter.h"

static struct raft_order *order_of(struct raft_waiter *w)
{
	return container_of(w, struct raft_order, w);
}

static void order_free(struct raft_waiter *w)
{
	kvfree(order_of(w)->meta);
	kfree(order_of(w));
}

/**
 * raft_order_new - make an order
 * @what: enum raft_order_what; the caller fills in what belongs to it
 *
 * Context: process, may sleep.
 * Return: the order, to be given back with raft_waiter_put(); NULL without
 *	memory.
 */
struct raft_order *raft_order_new(enum raft_order_what what)
{
	struct raft_order *o = kzalloc(sizeof(*o), GFP_KERNEL_ACCOUNT);

	if (!o)
		return NULL;
	raft_waiter_init(&o->w, RAFT_WAITER_ORDER, order_free);
	o->what = what;
	return o;
}

/**
 * raft_order_give - have an order carried out and wait until it is decided
 * @g: the group
 * @o: the order; its results are valid unless the outcome is unknown
 * @timeout_ms: how long to wait, see raft_waiter_time()
 * @outcome: set to RAFT_OUTCOME_*
 *
 * Context: a process; waits killably.
 * Return: 0 done.  -ETIMEDOUT, -EINTR killed, -ECANCELED stopped or failed
 *	meanwhile: unknown.  Else see raft_core.h, struct raft_update.
 */
int raft_order_give(struct raft_group *g, struct raft_order *o, u32 timeout_ms,
		    u32 *outcome)
{
	long left = raft_waiter_time(g, timeout_ms);
	int err;

	*outcome = RAFT_OUTCOME_NONE;
	o->outcome = RAFT_OUTCOME_UNKNOWN;
	err = raft_waiter_post(g, &o->w);
	if (err)
		return err;
	*outcome = RAFT_OUTCOME_UNKNOWN;
	err = raft_waiter_wait(&o->w, &left);
	if (err)
		return err;
	*outcome = o->outcome;
	return o->w.result;
}

/**
 * raft_order_outcome - what the decision about an order means
 * @result: 0, or a negative errno
 *
 * Context: any.
 * Return: RAFT_OUTCOME_*.
 */
u32 raft_order_outcome(int result)
{
	switch (result) {
	case 0:
		return RAFT_OUTCOME_DONE;
	case -ETIMEDOUT:
		return RAFT_OUTCOME_GIVEN_UP;
	case -ECANCELED:
		return RAFT_OUTCOME_ABORTED;
	default:
		return RAFT_OUTCOME_REFUSED;
	}
}

/* The core has one of a kind at a time. */
static void done(struct raft_group_priv *p, enum raft_order_what what,
		 int result)
{
	struct raft_waiter *w, *next;

	list_for_each_entry_safe(w, next, &p->orders, node) {
		struct raft_order *o = order_of(w);

		if (o->what != what)
			continue;
		o->outcome = raft_order_outcome(result);
		o->index = raft_membership(p->core)->index;
		raft_waiter_decide(p, w, result);
	}
}

/**
 * raft_order_done - the core has decided orders
 * @p: the group
 * @up: its update
 *
 * Context: the owner thread.
 */
void raft_order_done(struct raft_group_priv *p, const struct raft_update *up)
{
	if (up->flags & RAFT_UP_CHANGE) {
		done(p, RAFT_ORDER_CHANGE, up->change_result);
		raft_join_decided(p, up);
	}
	if (up->flags & RAFT_UP_ABORT)
		done(p, RAFT_ORDER_ABORT, up->abort_result);
	if (up->flags & RAFT_UP_TRANSFER)
		done(p, RAFT_ORDER_TRANSFER, up->transfer_result);
}

/**
 * raft_order_under_way - is there one of this kind that is undecided?
 * @p: the group
 * @what: the kind
 *
 * Context: the owner thread.
 * Return: true if so.
 */
bool raft_order_under_way(const struct raft_group_priv *p,
			  enum raft_order_what what)
{
	struct raft_waiter *w;

	list_for_each_entry(w, &p->orders, node)
		if (order_of(w)->what == what)
			return true;
	return false;
}

/* Refused before the core took it: nothing was asked. */
static void refuse(struct raft_order *o, int error)
{
	o->outcome = RAFT_OUTCOME_NONE;
	list_del_init(&o->w.node);
	raft_waiter_answer(&o->w, error);
}

/* In the list before the step, which may decide it. */
static void ask(struct raft_group_priv *p, struct raft_order *o)
{
	struct raft_event ev = { .type = RAFT_EV_CHANGE, .change = &o->change };
	const struct raft_update *up = &p->ep->owner.up;
	bool failed = p->failed;

	if (o->what == RAFT_ORDER_TRANSFER) {
		ev.type = RAFT_EV_TRANSFER;
		ev.target = o->target;
	}
	if (raft_order_under_way(p, o->what) ||
	    (o->what == RAFT_ORDER_CHANGE && p->guest.id)) {
		refuse(o, -EBUSY);
		return;
	}
	list_move_tail(&o->w.node, &p->orders);
	raft_owner_step(p, &ev);
	/* If it failed in this step the order is answered, and may be gone. */
	if (p->failed == failed && up->refused)
		refuse(o, up->refused);
}

/* All or nothing; the published settings are the ones in force. */
static void set(struct raft_group_priv *p, struct raft_order *o)
{
	struct raft_ioc_start now = p->g->settings;
	struct raft_config cfg = {};
	int err = 0;

	o->why = raft_params_set(&now, &o->set);
	raft_boot_settings(&cfg, &now);
	if (o->why || raft_reconfigure(p->core, &cfg))
		err = -EINVAL;
	if (!err) {
		spin_lock(&p->g->pub_lock);
		p->g->settings = now;
		spin_unlock(&p->g->pub_lock);
		/* Deadlines may be others now, and priorities are told. */
		p->again = true;
		p->dirty = true;
	}
	o->outcome = err ? RAFT_OUTCOME_REFUSED : RAFT_OUTCOME_DONE;
	raft_waiter_decide(p, &o->w, err);
}

/* The caller of an older one has had his time, or asks again. */
static void join(struct raft_group_priv *p, struct raft_order *o)
{
	int family = raft_family(o->join.to.ss_family);

	if (!raft_endpoint_has(p->ep, BIT(family))) {
		raft_waiter_decide(p, &o->w, -EAFNOSUPPORT);
		return;
	}
	done(p, RAFT_ORDER_JOIN, -EAGAIN);
	list_move_tail(&o->w.node, &p->orders);
	raft_join_ask(p, o);
}

static void snapshot(struct raft_group_priv *p, struct raft_order *o)
{
	bool failed = p->failed;
	int err = raft_snapshot_order(p, o);

	/* In no list meanwhile: a core that fails in this step answers no one. */
	o->outcome = err ? RAFT_OUTCOME_REFUSED : RAFT_OUTCOME_DONE;
	raft_waiter_decide(p, &o->w, p->failed == failed ? err : -EIO);
}

/**
 * raft_order_take - carry out what operators ordered
 * @p: the group
 * @came: struct raft_order, in order; empty afterwards
 *
 * Context: the owner thread.
 */
void raft_order_take(struct raft_group_priv *p, struct list_head *came)
{
	struct raft_waiter *w, *next;

	list_for_each_entry_safe(w, next, came, node) {
		switch (order_of(w)->what) {
		case RAFT_ORDER_SET:
			set(p, order_of(w));
			break;
		case RAFT_ORDER_JOIN:
			join(p, order_of(w));
			break;
		case RAFT_ORDER_ENCODE:
		case RAFT_ORDER_TAKEN:
		case RAFT_ORDER_COMPACT:
			snapshot(p, order_of(w));
			break;
		default:
			ask(p, order_of(w));
		}
	}
}
