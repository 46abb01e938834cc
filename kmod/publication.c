// SPDX-License-Identifier: GPL-2.0
/*
 * publication.c - what others than the owner may know of a group, made public.
 *
 * Owns the order: first what is read without a lock, then the numbers that say that
 * it is there, then those who wait are woken.  What changed is traced here, and told
 * to the operator if he should hear of it.
 *
 * Only the owner thread enters.  Never waits, and never steps the core.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "compat.h"
#include "group.h"
#include "owner.h"
#include "publication.h"
#include "remote.h"
#include "snapshot.h"
#include "trace.h"
#include "transport.h"
#include "waiter.h"

static const char *name_of(const struct raft_group_priv *p)
{
	return p->g->params.ioc.name;
}

static u32 id_of(const struct raft_group_priv *p)
{
	return p->g->params.ioc.node_id;
}

/* The peers of the status, with what only we know about them. */
static void fill_peers(struct raft_group_priv *p, struct raft_published *pub)
{
	const struct raft_remote *remote;
	u32 i;

	for (i = 0; i < pub->st.n_peers; i++) {
		remote = raft_remote_find(&p->remotes, pub->st.peers[i].id);
		pub->peer_heard[i] = remote ? remote->heard : 0;
		pub->peer_incarnation[i] = remote ? remote->incarnation : 0;
	}
}

static bool gets_snapshot(const struct raft_status *st, u32 id)
{
	u32 i;

	for (i = 0; i < st->n_peers && st->role == RAFT_LEADER; i++)
		if (st->peers[i].id == id)
			return st->peers[i].state == RAFT_SNAPSHOT;
	return false;
}

/* Who gets the snapshot, and who does not need it any more. */
static void trace_sends(const struct raft_group_priv *p,
			const struct raft_status *old)
{
	struct raft_snapshot of = { .index = p->st.snapshot };
	u32 i, id;
	bool is;

	for (i = 0; i < p->st.n_peers; i++) {
		id = p->st.peers[i].id;
		is = gets_snapshot(&p->st, id);
		if (is != gets_snapshot(old, id))
			trace_raft_snapshot(name_of(p), id_of(p),
					    is ? RAFT_SNAP_SEND :
						 RAFT_SNAP_SENT,
					    &of, id, 0, 0);
	}
}

static void trace_changes(const struct raft_group_priv *p,
			  const struct raft_status *old)
{
	const struct raft_status *st = &p->st;

	if (st->commit != old->commit || st->applied != p->g->applied)
		trace_raft_commit(name_of(p), id_of(p), st->commit,
				  st->applied);
	if (st->transferring != old->transferring)
		trace_raft_transfer(name_of(p), id_of(p), st->transferring);
	trace_sends(p, old);
	if (p->changed)
		trace_raft_state(name_of(p), id_of(p), st);
}

/* A log that may be lost is what an operator should hear of. */
static void tell_lost(const struct raft_group_priv *p,
		      const struct raft_status *old)
{
	const struct raft_status *st = &p->st;
	u32 i;

	if (st->lost && !old->lost)
		pr_notice("%s: node %u %s: it does not vote before a leader lets it in\n",
			  name_of(p), id_of(p), st->last ?
			  "does not know its term and vote" :
			  "has a new log and the group has not");
	if (old->unproven && !st->unproven)
		pr_info("%s: node %u is let in\n", name_of(p), id_of(p));
	if (st->reach && !old->reach)
		pr_notice("%s: node %u lacks entries %llu to %llu: they are fetched, until then it does not lead nor vote for who lacks them\n",
			  name_of(p), id_of(p), st->last + 1, st->reach);
	if (old->reach && !st->reach)
		pr_info("%s: node %u has all entries again\n", name_of(p),
			id_of(p));
	for (i = 0; i < st->n_peers; i++)
		if (st->peers[i].lost &&
		    !(old->peers[i].id == st->peers[i].id &&
		      old->peers[i].lost))
			pr_notice("%s: node %u lost its log, or is new: it does not count yet\n",
				  name_of(p), st->peers[i].id);
}

/**
 * raft_publication_make - publish what the core says now
 * @p: the group
 *
 * Context: the owner thread.
 */
void raft_publication_make(struct raft_group_priv *p)
{
	struct raft_group *g = p->g;
	u64 serial = raft_applied_serial(p->core);

	raft_status(p->core, &p->st);
	trace_changes(p, &g->pub.st);
	tell_lost(p, &g->pub.st);
	raft_snapshot_policy(p);
	spin_lock(&g->pub_lock);
	g->pub.st = p->st;
	g->pub.conf = *raft_membership(p->core);
	g->pub.applied_serial = serial;
	g->pub.timer_late_max = READ_ONCE(p->timer.late_max);
	g->pub.msgs_in = p->msgs_in;
	g->pub.msgs_out = p->msgs_out;
	g->pub.msgs_bad = p->msgs_bad + p->ep->bad;
	g->pub.send_errors = p->send_errors;
	g->pub.dup_id_seen = p->dup_id_seen;
	fill_peers(p, &g->pub);
	spin_unlock(&g->pub_lock);
	/* Pairs with smp_load_acquire() in raft_group_entry(). */
	smp_store_release(&g->applied, p->st.applied);
	if (p->changed) {
		/* Pairs with the readers' READ_ONCE(): after what it counts. */
		smp_store_release(&g->events, g->events + 1);
		raft_group_notify(g);
	}
	p->dirty = false;
	p->changed = false;
}

/**
 * raft_publication_pass - once a pass, however many steps it had
 * @p: the group
 *
 * Who waits is answered after the publication, and only then wakes.
 *
 * Context: the owner thread.
 */
void raft_publication_pass(struct raft_group_priv *p)
{
	u64 applied = p->g->applied, events = p->g->events;

	if (!p->dirty)
		return;
	raft_publication_make(p);
	raft_waiter_publish(p);
	if (applied == p->g->applied && events == p->g->events &&
	    p->room_told == p->room)
		return;
	p->room_told = p->room;
	wake_up_all(&p->g->wait);
}
