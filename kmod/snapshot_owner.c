// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_owner.c - the owner's side of snapshots.
 *
 * Runs in the owner thread: takes from the core's updates what is for the disk,
 * hands it to the worker (snapshot_work.c), and steps the core with what the
 * worker says.  Waits for nothing; what there is no memory for is dropped as if
 * it had been lost, and is sent again.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/mm.h>
#include <linux/slab.h>

#include "order.h"
#include "owner.h"
#include "payload.h"
#include "propose.h"
#include "snapshot.h"
#include "trace.h"
#include "transport.h"
#include "waiter.h"

static void queue(struct raft_snapshots *s)
{
	queue_work(s->wq, &s->work);
}

/* As the worker would: what came is of no use. */
static void refuse(struct raft_snapshots *s, const struct raft_snapshot *of)
{
	spin_lock(&s->lock);
	s->done.stored = true;
	s->done.of = *of;
	s->done.bytes = 0;
	spin_unlock(&s->lock);
	trace_raft_snapshot(s->g->params.ioc.name, s->g->params.ioc.node_id,
			    RAFT_SNAP_REFUSED, of, 0, 0, -ENOMEM);
	raft_owner_wake_group(s->g->priv);
}

static void take_chunk(struct raft_group_priv *p, const struct raft_update *up)
{
	struct raft_payload *payload = p->ep->owner.entries[0].payload;
	struct raft_snapshots *s = p->g->snapshots;
	struct raft_snapshot_part *part = NULL;

	if (READ_ONCE(s->n_parts) < RAFT_SNAPSHOT_PARTS)
		part = kmalloc(sizeof(*part), GFP_NOWAIT | __GFP_NOWARN);
	if (!part) {
		refuse(s, &up->snapshot);
		return;
	}
	part->of = up->snapshot;
	part->offset = up->chunk.offset;
	raft_payload_get(payload);
	part->payload = payload;
	spin_lock(&s->lock);
	list_add_tail(&part->node, &s->parts);
	s->n_parts++;
	spin_unlock(&s->lock);
	queue(s);
}

static void take_install(struct raft_group_priv *p,
			 const struct raft_update *up)
{
	struct raft_snapshots *s = p->g->snapshots;

	spin_lock(&s->lock);
	s->install = true;
	s->install_of = up->snapshot;
	spin_unlock(&s->lock);
	queue(s);
}

/* All that was applied here is replaced. */
static void replaced(struct raft_group_priv *p, const struct raft_update *up)
{
	pr_info("%s: node %u has the snapshot of %llu from its leader\n",
		p->g->params.ioc.name, p->g->params.ioc.node_id,
		up->snapshot.index);
	raft_propose_installed(p);
	p->changed = true;
}

/**
 * raft_snapshot_update - what an update asks for
 * @p: the group
 * @up: the update, with RAFT_UP_SNAPSHOT, RAFT_UP_CHUNK or RAFT_UP_INSTALL
 *
 * Context: the owner thread.
 */
void raft_snapshot_update(struct raft_group_priv *p,
			  const struct raft_update *up)
{
	if (up->flags & RAFT_UP_SNAPSHOT)
		replaced(p, up);
	if (up->flags & RAFT_UP_CHUNK)
		take_chunk(p, up);
	if (up->flags & RAFT_UP_INSTALL)
		take_install(p, up);
}

static void step_stored(struct raft_group_priv *p,
			const struct raft_snapshot_done *done)
{
	struct raft_event ev = {
		.type = RAFT_EV_STORED,
		.stored = { .of = done->of, .bytes = done->bytes },
	};

	raft_owner_step(p, &ev);
}

static void step_installed(struct raft_group_priv *p,
			   const struct raft_snapshot_done *done)
{
	struct raft_event ev = {
		.type = RAFT_EV_INSTALLED,
		.installed = {
			.of = done->of,
			.meta = done->meta,
			.len = done->len,
		},
	};

	raft_owner_step(p, &ev);
	raft_evict_chunks(p);
	kvfree(done->meta);
}

/*
 * One part in a pass: what comes, and the deadlines, wait for no more than its
 * datagrams (trap 52).
 */
static void send_ready(struct raft_group_priv *p)
{
	struct raft_snapshots *s = p->g->snapshots;
	struct raft_snapshot_part *part;
	bool more;

	spin_lock(&s->lock);
	part = list_first_entry_or_null(&s->ready, struct raft_snapshot_part,
					node);
	if (part) {
		list_del(&part->node);
		s->n_sends--;
	}
	more = !list_empty(&s->ready);
	spin_unlock(&s->lock);
	if (!part)
		return;
	raft_tx_part(p, &part->m, part->payload);
	raft_payload_put(part->payload);
	kfree(part);
	if (more)
		raft_owner_look(p);
}

static void step_damaged(struct raft_group_priv *p,
			 const struct raft_snapshot *of)
{
	struct raft_event ev = {
		.type = RAFT_EV_SNAPSHOT_DAMAGED,
		.snapshot = *of,
	};

	raft_owner_step(p, &ev);
}

/**
 * raft_snapshot_pass - pick up what the worker has done
 * @p: the group
 *
 * Context: the owner thread.
 */
void raft_snapshot_pass(struct raft_group_priv *p)
{
	struct raft_snapshots *s = p->g->snapshots;
	struct raft_snapshot_done done;
	struct raft_snapshot bad;

	if (!s)
		return;
	spin_lock(&s->lock);
	done = s->done;
	memset(&s->done, 0, sizeof(s->done));
	bad = s->bad;
	s->bad.index = 0;
	spin_unlock(&s->lock);
	if (bad.index)
		step_damaged(p, &bad);
	if (done.stored)
		step_stored(p, &done);
	if (done.installed)
		step_installed(p, &done);
	send_ready(p);
}

/**
 * raft_snapshot_post - have a part of a snapshot read and then sent
 * @p: the group
 * @m: a SNAPSHOT message out of an update, with bytes
 *
 * Context: the owner thread.
 * Return: false if it is lost.
 */
bool raft_snapshot_post(struct raft_group_priv *p, const struct raft_msg *m)
{
	struct raft_snapshots *s = p->g->snapshots;
	struct raft_snapshot_part *part = NULL;

	if (s && READ_ONCE(s->n_sends) < RAFT_SNAPSHOT_PARTS)
		part = kmalloc(sizeof(*part), GFP_NOWAIT | __GFP_NOWARN);
	if (!part)
		return false;
	part->of = (struct raft_snapshot) {
		.index = m->index,
		.term = m->log_term,
		.id = m->serial,
		.total = m->chunk.total,
	};
	part->offset = m->chunk.offset;
	part->payload = NULL;
	part->m = *m;
	spin_lock(&s->lock);
	list_add_tail(&part->node, &s->sends);
	s->n_sends++;
	spin_unlock(&s->lock);
	queue(s);
	return true;
}

/* Of what is applied at a witness. */
static int encode_bare(struct raft_group_priv *p, struct raft_order *o)
{
	int err = raft_snapshot_encode_bare(p->core, o->meta, &o->snapshot);

	o->meta_len = err ? 0 : o->snapshot.total;
	if (err)
		o->snapshot.index = 0;
	return err;
}

/**
 * raft_snapshot_order - what who takes a snapshot wants of the core
 * @p: the group
 * @o: RAFT_ORDER_ENCODE, RAFT_ORDER_TAKEN or RAFT_ORDER_COMPACT
 *
 * Context: the owner thread.
 * Return: 0 or a negative errno: the answer.
 */
int raft_snapshot_order(struct raft_group_priv *p, struct raft_order *o)
{
	struct raft_event ev = {};

	switch (o->what) {
	case RAFT_ORDER_ENCODE:
		if (!o->snapshot.index)
			return encode_bare(p, o);
		if (o->meta_len)
			return raft_snapshot_replayed(p->core, o->snapshot.index,
						      o->snapshot.term,
						      o->meta_len);
		return raft_snapshot_encode(p->core, o->snapshot.index, o->meta,
					    &o->meta_len, &o->snapshot.term);
	case RAFT_ORDER_TAKEN:
		ev.type = RAFT_EV_SNAPSHOT;
		ev.snapshot = o->snapshot;
		raft_owner_step(p, &ev);
		return 0;
	default:
		ev.type = RAFT_EV_COMPACT;
		ev.index = o->snapshot.index;
		raft_owner_step(p, &ev);
		raft_evict_chunks(p);
		return p->ep->owner.up.refused;
	}
}
