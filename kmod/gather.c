// SPDX-License-Identifier: GPL-2.0
/*
 * gather.c - which proposals are kept back, and until when.
 *
 * Owns the list of them and the flag that spares wake-ups.  Knows nothing of the
 * core; never keeps one back without a time at which that ends.
 */
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/barrier.h>

#include "gather.h"
#include "waiter.h"

/**
 * raft_gather_init - nothing is kept back
 * @g: the proposals
 *
 * Context: any.
 */
void raft_gather_init(struct raft_gather *g)
{
	memset(g, 0, sizeof(*g));
	INIT_LIST_HEAD(&g->held);
	g->until = U64_MAX;
	g->took = RAFT_GATHER_NS;
}

/**
 * raft_gather_needs_wake - must the owner be woken for a post?
 * @g: the proposals
 * @w: the post, in the inbox already
 * @waiting: posts in the inbox
 *
 * Pairs with raft_gather_begin(): the post, the barrier of raft_inbox_post(),
 * then @on; there @on, a barrier, then the posts.  So either the owner sees the
 * post, or we see that it relies on being woken.  Where @on is set the timer is
 * armed, or is before the owner sleeps; and who sees @on sees @need.
 *
 * Context: any.
 * Return: true if so.
 */
bool raft_gather_needs_wake(const struct raft_gather *g,
			    const struct raft_waiter *w, int waiting)
{
	/* Pairs with smp_store_release() in keep(). */
	return !w->patient || !smp_load_acquire(&g->on) ||
	       waiting >= READ_ONCE(g->need);
}

/**
 * raft_gather_begin - the posts are about to be looked at
 * @g: the proposals
 *
 * Context: the owner thread, before it takes what is in the inbox.
 */
void raft_gather_begin(struct raft_gather *g)
{
	if (!g->on)
		return;
	WRITE_ONCE(g->on, false);
	smp_mb(); /* pairs with that of raft_inbox_post() */
}

/**
 * raft_gather_add - a proposal was taken from the inbox
 * @g: the proposals
 * @w: the proposal, in no list
 *
 * Context: the owner thread.
 */
void raft_gather_add(struct raft_gather *g, struct raft_waiter *w)
{
	list_add_tail(&w->node, &g->held);
	g->n++;
	g->hurry |= !w->patient;
}

/*
 * Who may come back is waited for as long as the last ones took, and what is in
 * flight twice as long: it may have more to carry.
 */
static u64 patience(const struct raft_gather *g, bool in_flight)
{
	return min_t(u64, in_flight ? 2 * g->took : g->took, RAFT_GATHER_NS);
}

/* Until there are @enough, or it is @until. */
static void keep(struct raft_gather *g, u32 enough, u64 until)
{
	g->until = min(g->until, until);
	WRITE_ONCE(g->need, enough - g->n);
	/* Pairs with smp_load_acquire() in raft_gather_needs_wake(). */
	smp_store_release(&g->on, true);
}

/**
 * raft_gather_end - are they to be handed over?
 * @g: the proposals
 * @in_flight: something is not committed whose commit brings the owner back
 * @now: ktime ns
 *
 * Called again, with or without proposals, while @g->since is not 0.
 *
 * Context: the owner thread.
 * Return: true if so: the caller takes all of @g->held.  False: there are none,
 *	or they are kept back, and the owner must look again by @g->until.
 */
bool raft_gather_end(struct raft_gather *g, bool in_flight, u64 now)
{
	u32 enough = in_flight ? RAFT_GATHER_MAX : g->last;

	if (!in_flight && g->since) {
		g->took = now - g->since;
		g->since = 0;
	}
	if (!g->n)
		return false;
	if (!g->hurry && g->n < enough && now < g->until) {
		keep(g, enough, now + patience(g, in_flight));
		return false;
	}
	g->last = g->hurry ? 0 : g->n;
	g->since = now;
	g->n = 0;
	g->hurry = false;
	g->until = U64_MAX;
	return true;
}
