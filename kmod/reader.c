// SPDX-License-Identifier: GPL-2.0
/*
 * reader.c - read barriers: what the caller waits for and what the owner does.
 *
 * All that came since the last pass becomes one event for the core, or two: for
 * those who take a lease's answer and those who do not.  The core lets all of
 * them, and those of other nodes, share a round of heartbeats (thesis 6.4).  A
 * reader is answered after the publication, so that what it may read is there.
 *
 * An answer by a lease is good until the lease ends.  The caller looks at the
 * clock itself, last of all, for it may have slept since, or its whole machine:
 * late, it asks again without the lease (trap 43, 59).
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "owner.h"
#include "reader.h"
#include "trace.h"
#include "transport.h"
#include "waiter.h"

static struct raft_reader *reader_of(struct raft_waiter *w)
{
	return container_of(w, struct raft_reader, w);
}

static void reader_free(struct raft_waiter *w)
{
	kfree(reader_of(w));
}

static void answer(struct raft_group_priv *p, struct raft_reader *rd, u64 index,
		   u64 lease_until)
{
	rd->index = index;
	rd->lease_until = lease_until;
	raft_waiter_decide(p, &rd->w, 0);
}

/**
 * raft_reader_done - the core has decided reads
 * @p: the group
 * @up: its update, with RAFT_UP_READ
 *
 * Context: the owner thread.
 */
void raft_reader_done(struct raft_group_priv *p, const struct raft_update *up)
{
	struct raft_waiter *w, *next;
	u32 n = 0;

	list_for_each_entry_safe(w, next, &p->readers, node) {
		struct raft_reader *rd = reader_of(w);

		if (rd->id > up->read_done)
			break;
		answer(p, rd, up->read_index, 0);
		p->n_readers--;
		n++;
	}
	if (n)
		trace_raft_read(p->g->params.ioc.name, p->g->params.ioc.node_id,
				up->read_done, up->read_index, n);
}

/**
 * raft_reader_lost - this node was removed: nobody answers its readers
 * @p: the group
 *
 * Context: the owner thread.
 */
void raft_reader_lost(struct raft_group_priv *p)
{
	struct raft_waiter *w, *next;

	list_for_each_entry_safe(w, next, &p->readers, node)
		raft_waiter_decide(p, w, -ENOTCONN);
	p->n_readers = 0;
}

/* Those whose callers have left: only we hold a reference. */
static void drop_left(struct raft_group_priv *p)
{
	struct raft_waiter *w, *next;

	list_for_each_entry_safe(w, next, &p->readers, node) {
		if (refcount_read(&w->ref) > 1)
			continue;
		list_del_init(&w->node);
		raft_waiter_answer(w, -ECANCELED);
		p->n_readers--;
	}
}

/* One event for all of them; each gets an answer or waits for the core's. */
static void ask(struct raft_group_priv *p, struct list_head *readers, bool lease)
{
	struct raft_event ev = { .type = RAFT_EV_READ, .lease = lease };
	const struct raft_update *up = &p->ep->owner.up;
	struct raft_waiter *w, *next;

	if (list_empty(readers))
		return;
	raft_owner_step(p, &ev);
	list_for_each_entry_safe(w, next, readers, node) {
		struct raft_reader *rd = reader_of(w);

		if (up->refused) {
			list_del_init(&w->node);
			raft_waiter_answer(w, up->refused);
		} else if (up->lease_until) {
			answer(p, rd, up->lease_index, up->lease_until);
		} else {
			rd->id = up->read_id;
			list_move_tail(&w->node, &p->readers);
			p->n_readers++;
		}
	}
	/* What this very step decided, when they were not in the list yet. */
	if (up->flags & RAFT_UP_READ)
		raft_reader_done(p, up);
	if (p->failed)
		raft_waiter_cancel(p, -ECANCELED);
}

/**
 * raft_reader_take - hand read barriers to the core
 * @p: the group
 * @came: struct raft_reader, in order; empty afterwards
 *
 * Context: the owner thread.
 */
void raft_reader_take(struct raft_group_priv *p, struct list_head *came)
{
	struct raft_waiter *w, *next;
	u32 room = RAFT_READERS_MAX;
	LIST_HEAD(with_lease);
	LIST_HEAD(without);

	if (list_empty(came))
		return;
	if (p->n_readers >= RAFT_READERS_MAX / 2)
		drop_left(p);
	room -= min(room, p->n_readers);
	list_for_each_entry_safe(w, next, came, node) {
		if (!room) {
			list_del_init(&w->node);
			raft_waiter_answer(w, -EAGAIN);
			continue;
		}
		room--;
		list_move_tail(&w->node,
			       reader_of(w)->lease ? &with_lease : &without);
	}
	ask(p, &with_lease, true);
	ask(p, &without, false);
}

static int read_once(struct raft_group *g, bool lease, long *left, u64 *index)
{
	struct raft_reader *rd = kzalloc(sizeof(*rd), GFP_KERNEL_ACCOUNT);
	int err;

	if (!rd)
		return -ENOMEM;
	raft_waiter_init(&rd->w, RAFT_WAITER_READER, reader_free);
	rd->lease = lease;
	err = raft_waiter_post(g, &rd->w);
	if (!err)
		err = raft_waiter_wait(&rd->w, left);
	if (!err)
		err = rd->w.result;
	if (!err) {
		*index = rd->index;
		if (rd->lease_until && ktime_get_boottime_ns() >= rd->lease_until)
			err = -ESTALE;
	}
	raft_waiter_put(&rd->w);
	return err;
}

/**
 * raft_group_read - read barrier
 * @g: the group
 * @lease: an answer by the leader's lease will do
 * @timeout_ms: how long to wait in all, see raft_waiter_time()
 * @index: set to the read index
 *
 * Context: a process; waits killably.
 * Return: 0: what is applied here includes everything that was acknowledged
 *	before the call.  -ENOTCONN not a member, or removed meanwhile, -EAGAIN
 *	too many wait, -EIO failed, -ETIMEDOUT, -EINTR killed, -ECANCELED
 *	stopped, -ENOMEM.
 */
int raft_group_read(struct raft_group *g, bool lease, u32 timeout_ms, u64 *index)
{
	long left = raft_waiter_time(g, timeout_ms);
	int err;

	err = read_once(g, lease, &left, index);
	if (err == -ESTALE)
		err = read_once(g, false, &left, index);
	return err;
}
