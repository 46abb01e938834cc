// SPDX-License-Identifier: GPL-2.0
/*
 * waiter.c - somebody who waits for an answer of the owner thread.
 *
 * Owns the way there and back: into the inbox, by kind to whoever handles it,
 * the wait, the answer, and the end of all that wait when a group stops.  Knows
 * nothing of what is asked.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#include "gather.h"
#include "order.h"
#include "owner.h"
#include "propose.h"
#include "reader.h"
#include "transport.h"
#include "waiter.h"

/**
 * raft_waiter_init - prepare a waiter
 * @w: zeroed; the caller has its only reference
 * @kind: what it is a part of
 * @free: frees it
 *
 * Context: any.
 */
void raft_waiter_init(struct raft_waiter *w, enum raft_waiter_kind kind,
		      void (*free)(struct raft_waiter *w))
{
	refcount_set(&w->ref, 1);
	INIT_LIST_HEAD(&w->node);
	init_completion(&w->done);
	w->kind = kind;
	w->free = free;
}

/**
 * raft_waiter_put - give a reference back
 * @w: the waiter
 *
 * Context: any that may free memory.
 */
void raft_waiter_put(struct raft_waiter *w)
{
	if (refcount_dec_and_test(&w->ref))
		w->free(w);
}

/*
 * The endpoint may go as soon as the group stopped: raft_group_stop() closes the
 * inbox and waits for a grace period before it gives the endpoint back.
 */
static void wake_owner(struct raft_group_priv *p)
{
	rcu_read_lock();
	if (!READ_ONCE(p->inbox.closed))
		raft_owner_wake_group(p);
	rcu_read_unlock();
}

/**
 * raft_waiter_post - ask the owner
 * @g: the group
 * @w: the waiter, not posted before; takes a reference for the owner
 *
 * Context: a process.
 * Return: 0: there will be an answer; -ECANCELED stopped, -EIO failed, -EAGAIN
 *	too many wait: it was not asked.
 */
int raft_waiter_post(struct raft_group *g, struct raft_waiter *w)
{
	struct raft_group_priv *p = g->priv;
	int err;

	if (READ_ONCE(g->stopping))
		return -ECANCELED;
	if (READ_ONCE(g->pub.st.failed))
		return -EIO;
	refcount_inc(&w->ref);
	err = raft_inbox_post(&p->inbox, &w->post);
	if (err == -EAGAIN) {
		raft_waiter_put(w);
		return err;
	}
	if (err)
		raft_waiter_drain(p, err);
	else if (raft_gather_needs_wake(&p->gather, w,
					atomic_read(&p->inbox.n)))
		wake_owner(p);
	return 0;
}

/**
 * raft_waiter_wait - wait for the answer
 * @w: the waiter, posted
 * @left: jiffies to wait, less those that it took
 *
 * Context: a process; waits killably.
 * Return: 0: @w->result is the answer; -EINTR killed, -ETIMEDOUT.
 */
int raft_waiter_wait(struct raft_waiter *w, long *left)
{
	long ret = wait_for_completion_killable_timeout(&w->done, *left);

	if (ret < 0)
		return -EINTR;
	if (!ret)
		return -ETIMEDOUT;
	*left = ret;
	return 0;
}

/**
 * raft_waiter_time - how long to wait
 * @g: the group
 * @timeout_ms: as users give it: 0 for the group's default, all ones for ever
 *
 * Context: any but interrupts.
 * Return: jiffies.
 */
long raft_waiter_time(struct raft_group *g, u32 timeout_ms)
{
	struct raft_ioc_start now;

	if (timeout_ms == U32_MAX)
		return MAX_SCHEDULE_TIMEOUT;
	if (!timeout_ms) {
		raft_group_settings(g, &now);
		timeout_ms = now.propose_timeout_ms;
	}
	return msecs_to_jiffies(timeout_ms);
}

/**
 * raft_waiter_take - hand what is in the inbox to the core
 * @p: the group
 *
 * All that came since the last pass goes together, each kind in its order, and
 * proposals may wait for more (gather.h); what was asked at the same time has no
 * order among the kinds.
 *
 * Context: the owner thread.
 */
void raft_waiter_take(struct raft_group_priv *p)
{
	bool was_full = atomic_read(&p->inbox.n) >= p->inbox.max;
	struct llist_node *post;
	struct raft_waiter *w;
	LIST_HEAD(readers);
	LIST_HEAD(orders);

	if (was_full)
		raft_propose_room(p);
	raft_gather_begin(&p->gather);
	post = raft_inbox_take(&p->inbox);
	while (post) {
		w = llist_entry(post, struct raft_waiter, post);
		post = post->next;
		if (w->kind == RAFT_WAITER_PROPOSAL)
			raft_gather_add(&p->gather, w);
		else if (w->kind == RAFT_WAITER_READER)
			list_add_tail(&w->node, &readers);
		else
			list_add_tail(&w->node, &orders);
	}
	raft_reader_take(p, &readers);
	raft_propose_take(p);
	raft_order_take(p, &orders);
}

/**
 * raft_waiter_answer - answer now, and give the owner's reference back
 * @w: the waiter, in no list that is used any more
 * @result: 0, or a negative errno
 *
 * Context: the owner thread, or whoever empties a closed inbox.
 */
void raft_waiter_answer(struct raft_waiter *w, int result)
{
	w->result = result;
	complete(&w->done);
	raft_waiter_put(w);
}

/**
 * raft_waiter_decide - answer after the next publication
 * @p: the group
 * @w: the waiter; leaves the list that it is in
 * @result: 0, or a negative errno
 *
 * So that a caller who comes back can see what he waited for.
 *
 * Context: the owner thread.
 */
void raft_waiter_decide(struct raft_group_priv *p, struct raft_waiter *w,
			int result)
{
	w->result = result;
	list_move_tail(&w->node, &p->decided);
	p->dirty = true;
}

/**
 * raft_waiter_publish - answer those that are decided
 * @p: the group, whose new state is published
 *
 * Context: the owner thread.
 */
void raft_waiter_publish(struct raft_group_priv *p)
{
	struct raft_waiter *w, *next;
	bool orders = false;

	list_for_each_entry_safe(w, next, &p->decided, node) {
		orders |= w->kind == RAFT_WAITER_ORDER;
		list_del_init(&w->node);
		raft_waiter_answer(w, w->result);
	}
	/* Who wants to join waits for this or for being a member. */
	if (orders)
		wake_up_all(&p->g->wait);
}

static void cancel_list(struct list_head *list, int error)
{
	struct raft_waiter *w, *next;

	list_for_each_entry_safe(w, next, list, node) {
		list_del_init(&w->node);
		raft_waiter_answer(w, error);
	}
}

/**
 * raft_waiter_cancel - answer those that are undecided with an error
 * @p: the group
 * @error: negative errno
 *
 * Context: the owner thread.
 */
void raft_waiter_cancel(struct raft_group_priv *p, int error)
{
	cancel_list(&p->pending, error);
	cancel_list(&p->readers, error);
	cancel_list(&p->orders, error);
	p->n_readers = 0;
}

/**
 * raft_waiter_close - answer all whom nobody will answer any more
 * @p: the group, detached; its inbox is closed
 * @error: negative errno
 *
 * Context: the owner thread.
 */
void raft_waiter_close(struct raft_group_priv *p, int error)
{
	raft_waiter_cancel(p, error);
	cancel_list(&p->gather.held, error);
	raft_gather_init(&p->gather);
	raft_waiter_drain(p, error);
}

/**
 * raft_waiter_drain - answer what is in an inbox that was closed
 * @p: the group
 * @error: negative errno
 *
 * Context: any that may free memory; several may do it at a time.
 */
void raft_waiter_drain(struct raft_group_priv *p, int error)
{
	struct llist_node *post = raft_inbox_take(&p->inbox);
	struct raft_waiter *w;

	while (post) {
		w = llist_entry(post, struct raft_waiter, post);
		post = post->next;
		raft_waiter_answer(w, error);
	}
}
