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
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "owner.h"
#include "propose.h"
#include "transport.h"

/* Wake-ups cannot get lost, but a look now and then costs nothing. */
#define ROOM_LOOK	HZ

static void proposal_put(struct raft_proposal *pr)
{
	if (!refcount_dec_and_test(&pr->ref))
		return;
	raft_payload_put(pr->payload);
	kfree(pr);
}

static struct raft_proposal *proposal_new(struct raft_payload *payload,
					  bool nowait)
{
	struct raft_proposal *pr = kzalloc(sizeof(*pr), GFP_KERNEL_ACCOUNT);

	if (!pr)
		return NULL;
	refcount_set(&pr->ref, 2);
	INIT_LIST_HEAD(&pr->node);
	init_completion(&pr->done);
	raft_payload_get(payload);
	pr->payload = payload;
	pr->nowait = nowait;
	return pr;
}

/* The owner, or whoever empties a closed inbox, gives its reference back. */
static void proposal_finish(struct raft_proposal *pr, int result)
{
	pr->result = result;
	complete(&pr->done);
	proposal_put(pr);
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
	/* Pairs with READ_ONCE() in propose_wait(). */
	WRITE_ONCE(pr->serial, serial);
	if (pr->nowait)
		proposal_finish(pr, 0);
	else
		list_add_tail(&pr->node, &p->pending);
}

/* One step for up to RAFT_PROPOSE_BATCH proposals; the rest of the list. */
static struct llist_node *take_batch(struct raft_group_priv *p,
				     struct llist_node *node)
{
	struct raft_owner *o = &p->ep->owner;
	struct raft_event ev = {
		.type = RAFT_EV_PROPOSE,
		.propose = { .entries = o->entries },
	};
	struct raft_proposal *prs[RAFT_PROPOSE_BATCH];
	u32 i, n = 0;

	for (; node && n < ARRAY_SIZE(prs); node = node->next) {
		prs[n] = llist_entry(node, struct raft_proposal, post);
		o->entries[n] = (struct raft_entry) {
			.type = RAFT_ENTRY_COMMAND,
			.payload = prs[n]->payload,
			.len = prs[n]->payload->len,
		};
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
		proposal_finish(prs[i], o->up.refused ? o->up.refused : -EIO);
	}
	/* The core failed in this step: nobody will apply what it accepted. */
	if (p->failed)
		raft_propose_cancel(p, -ECANCELED);
	return node;
}

/**
 * raft_propose_take - hand the proposals of the inbox to the core
 * @p: the group
 *
 * Context: the owner thread.
 */
void raft_propose_take(struct raft_group_priv *p)
{
	bool was_full = atomic_read(&p->inbox.n) >= p->inbox.max;
	struct llist_node *node = raft_inbox_take(&p->inbox);

	if (was_full) {
		raft_propose_room(p);
		p->dirty = true;
	}
	while (node)
		node = take_batch(p, node);
}

/**
 * raft_propose_applied - an entry was decided; is it one of ours?
 * @p: the group
 * @index: where it stands
 * @e: the entry
 *
 * Context: the owner thread, in the order of the log.
 */
void raft_propose_applied(struct raft_group_priv *p, u64 index,
			  const struct raft_entry *e)
{
	struct raft_proposal *pr;

	if (!(e->flags & RAFT_ENTRY_APPLIED) ||
	    e->origin != p->g->params.ioc.node_id ||
	    e->incarnation != p->g->incarnation)
		return;
	/* Those that nobody waits for are not in the list. */
	pr = list_first_entry_or_null(&p->pending, struct raft_proposal, node);
	if (!pr || pr->serial != e->serial)
		return;
	pr->index = index;
	pr->term = e->term;
	list_move_tail(&pr->node, &p->decided);
}

/**
 * raft_propose_publish - complete what was decided
 * @p: the group, whose new applied index is published already: a caller that
 *	comes back from a proposal can read it
 *
 * Context: the owner thread.
 */
void raft_propose_publish(struct raft_group_priv *p)
{
	struct raft_proposal *pr, *next;

	list_for_each_entry_safe(pr, next, &p->decided, node) {
		list_del_init(&pr->node);
		proposal_finish(pr, 0);
	}
}

/**
 * raft_propose_cancel - complete what is undecided with an error
 * @p: the group
 * @error: negative errno
 *
 * Context: the owner thread.
 */
void raft_propose_cancel(struct raft_group_priv *p, int error)
{
	struct raft_proposal *pr, *next;

	list_for_each_entry_safe(pr, next, &p->pending, node) {
		list_del_init(&pr->node);
		proposal_finish(pr, error);
	}
}

/**
 * raft_propose_drain - complete what is in an inbox that was closed
 * @p: the group
 * @error: negative errno
 *
 * Context: any that may free memory; several may do it at a time.
 */
void raft_propose_drain(struct raft_group_priv *p, int error)
{
	struct llist_node *node = raft_inbox_take(&p->inbox);
	struct raft_proposal *pr;

	while (node) {
		pr = llist_entry(node, struct raft_proposal, post);
		node = node->next;
		proposal_finish(pr, error);
	}
}

/*
 * The endpoint may go as soon as the group stopped: raft_group_stop() closes the
 * inbox and waits for a grace period before it gives the endpoint back.
 */
static void wake_owner(struct raft_group_priv *p)
{
	rcu_read_lock();
	if (!READ_ONCE(p->inbox.closed))
		raft_owner_wake(&p->ep->owner);
	rcu_read_unlock();
}

/* 0, a certain refusal, or one of the errors that say "unknown". */
static int propose_wait(struct raft_proposal *pr, long *left,
			struct raft_proposed *out)
{
	long ret = wait_for_completion_killable_timeout(&pr->done, *left);

	/* Pairs with WRITE_ONCE() in accepted(). */
	out->serial = READ_ONCE(pr->serial);
	if (ret < 0)
		return -EINTR;
	if (!ret)
		return -ETIMEDOUT;
	*left = ret;
	out->index = pr->index;
	out->term = pr->term;
	return pr->result;
}

static int propose_once(struct raft_group *g, struct raft_payload *payload,
			bool nowait, long *left, struct raft_proposed *out)
{
	struct raft_group_priv *p = g->priv;
	struct raft_proposal *pr;
	int err;

	if (READ_ONCE(g->stopping))
		return -ECANCELED;
	if (READ_ONCE(g->pub.st.failed))
		return -EIO;
	pr = proposal_new(payload, nowait);
	if (!pr)
		return -ENOMEM;
	err = raft_inbox_post(&p->inbox, &pr->post);
	if (err == -EAGAIN) {
		proposal_put(pr);
		proposal_put(pr);
		return err;
	}
	if (err)
		raft_propose_drain(p, err);
	else
		wake_owner(p);
	err = propose_wait(pr, left, out);
	proposal_put(pr);
	return err;
}

/**
 * raft_group_propose - propose one command and wait until it is applied
 * @g: the group
 * @payload: the command; the group takes references of its own
 * @flags: RAFT_PROPOSE_NONBLOCK: fail rather than wait for room;
 *	RAFT_PROPOSE_NOWAIT: do not wait for the commit
 * @timeout_ms: how long to wait in all, 0 for the group's default
 * @out: filled in: @serial whenever the command was accepted, the rest with 0
 *
 * Context: a process; waits killably.
 * Return: 0: committed and applied once (accepted, with NOWAIT).  -EAGAIN no
 *	room, -ENOSPC log full, -EMSGSIZE, -ENOMEM, -ENOTCONN not a member, -EIO
 *	failed before: certainly never applied.  -ETIMEDOUT, -EINTR killed,
 *	-ECANCELED stopped or failed meanwhile: unknown.
 */
int raft_group_propose(struct raft_group *g, struct raft_payload *payload,
		       u32 flags, u32 timeout_ms, struct raft_proposed *out)
{
	struct raft_group_priv *p = g->priv;
	long left = msecs_to_jiffies(timeout_ms ? timeout_ms :
				     g->params.ioc.propose_timeout_ms);
	long look, ret;
	u64 room;
	int err;

	memset(out, 0, sizeof(*out));
	for (;;) {
		/* Before the attempt, lest room that comes after it be missed. */
		room = READ_ONCE(p->room);
		err = propose_once(g, payload, flags & RAFT_PROPOSE_NOWAIT,
				   &left, out);
		if (err != -EAGAIN || flags & RAFT_PROPOSE_NONBLOCK)
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
	       !READ_ONCE(g->priv->full);
}
