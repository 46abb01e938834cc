// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_work.c - the worker: stores the parts that come, makes what is complete
 * current, reads the parts that go.
 *
 * May sleep as long as the disk likes.  Parts come in order, one snapshot at a
 * time; whatever does not fit, or cannot be stored, is answered with "nothing is
 * here", and the leader begins anew.  The head on disk says how far a snapshot
 * has come, a little behind what is durable, for the start after next.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "owner.h"
#include "payload.h"
#include "snapshot.h"
#include "trace.h"
#include "transport.h"

#define HEAD_EVERY	(1024 * 1024)	/* bytes between heads */

static void trace(struct raft_snapshots *s, enum raft_snapshot_act act,
		  const struct raft_snapshot *of, u64 bytes, int error)
{
	const struct raft_ioc_start *ioc = &s->g->params.ioc;

	trace_raft_snapshot(ioc->name, ioc->node_id, act, of, 0, bytes, error);
}

static void wake(struct raft_snapshots *s)
{
	/* The worker ends before the endpoint goes: raft_snapshots_close(). */
	raft_owner_wake_group(s->g->priv);
}

static void part_free(struct raft_snapshot_part *part)
{
	raft_payload_put(part->payload);
	kfree(part);
}

static void free_parts(struct list_head *parts)
{
	struct raft_snapshot_part *part, *next;

	list_for_each_entry_safe(part, next, parts, node)
		part_free(part);
	INIT_LIST_HEAD(parts);
}

/**
 * raft_snapshot_drop - drop all that is on its way
 * @s: the snapshots, closed; the worker has ended
 *
 * Context: process.
 */
void raft_snapshot_drop(struct raft_snapshots *s)
{
	free_parts(&s->parts);
	free_parts(&s->sends);
	free_parts(&s->ready);
}

static void tell_stored(struct raft_snapshots *s, const struct raft_snapshot *of,
			u64 bytes)
{
	spin_lock(&s->lock);
	s->done.stored = true;
	s->done.of = *of;
	s->done.bytes = bytes;
	spin_unlock(&s->lock);
	raft_snapshots_progress(s, bytes ? of : NULL, bytes, false);
	wake(s);
}

/**
 * raft_snapshot_refuse - what came of a snapshot is dropped, and what waits of it
 * @s: the snapshots
 * @of: which
 * @error: negative errno: why
 *
 * Context: process or worker; holds fill.
 */
void raft_snapshot_refuse(struct raft_snapshots *s,
			  const struct raft_snapshot *of, int error)
{
	LIST_HEAD(drop);

	trace(s, RAFT_SNAP_REFUSED, of, 0, error);
	spin_lock(&s->lock);
	list_splice_init(&s->parts, &drop);
	s->n_parts = 0;
	s->install = false;
	spin_unlock(&s->lock);
	free_parts(&drop);
	tell_stored(s, of, 0);
}

/* All of the parts that wait, which are of one snapshot and in order. */
static u32 take_parts(struct raft_snapshots *s, struct list_head *parts)
{
	u32 n;

	spin_lock(&s->lock);
	list_splice_tail_init(&s->parts, parts);
	n = s->n_parts;
	s->n_parts = 0;
	spin_unlock(&s->lock);
	return n;
}

/* The first part: the slot is this snapshot's from now on. */
static int begin(struct raft_snapshots *s, struct raft_slot_file *slot,
		 const struct raft_snapshot *of)
{
	struct raft_slot head = s->identity;
	int err;

	err = raft_snapshots_begin(s, slot);
	if (err)
		return err;
	head.state = RAFT_SLOT_PARTIAL;
	head.generation = raft_snapshots_generation(s);
	head.of = *of;
	down_write(&s->sem);
	slot->head = head;
	up_write(&s->sem);
	trace(s, RAFT_SNAP_RECEIVE, of, 0, 0);
	return 0;
}

/* How far it has come, on disk by the next sync; the bytes are durable. */
static int put_head(struct raft_snapshots *s, struct raft_slot_file *slot)
{
	if (slot->head.stored < s->headed + HEAD_EVERY &&
	    slot->head.stored < slot->head.of.total)
		return 0;
	slot->head.generation = raft_snapshots_generation(s);
	s->headed = slot->head.stored;
	return raft_slot_put_head(slot, &slot->head, s->head_buf, false);
}

static int store(struct raft_snapshots *s, struct raft_slot_file *slot,
		 struct list_head *parts)
{
	struct raft_snapshot_part *part;
	u64 from, to;
	int err = 0;

	part = list_first_entry(parts, struct raft_snapshot_part, node);
	if (!part->offset)
		err = begin(s, slot, &part->of);
	if (err)
		return err;
	from = part->offset;
	to = from;
	if (slot->head.state != RAFT_SLOT_PARTIAL || slot->head.stored != from)
		return -ESTALE;
	list_for_each_entry(part, parts, node) {
		if (!raft_snapshots_same(&part->of, &slot->head.of) ||
		    part->offset != to)
			return -ESTALE;
		err = raft_slot_write(slot, to, part->payload->data,
				      part->payload->len);
		if (err)
			return err;
		to += part->payload->len;
	}
	err = raft_slot_sync(slot, from, to);
	if (err)
		return err;
	slot->head.stored = to;
	return put_head(s, slot);
}

/* Parts of one after another snapshot: those of the last one count. */
static void keep_last(struct list_head *parts)
{
	struct raft_snapshot_part *part, *next, *first = NULL;

	list_for_each_entry(part, parts, node)
		if (!part->offset)
			first = part;
	if (!first)
		return;
	list_for_each_entry_safe(part, next, parts, node) {
		if (part == first)
			break;
		list_del(&part->node);
		part_free(part);
	}
}

static void store_parts(struct raft_snapshots *s)
{
	struct raft_slot_file *slot;
	struct raft_snapshot of;
	LIST_HEAD(parts);
	int err;

	if (!take_parts(s, &parts))
		return;
	keep_last(&parts);
	of = list_last_entry(&parts, struct raft_snapshot_part, node)->of;
	slot = raft_snapshots_other(s);
	err = store(s, slot, &parts);
	free_parts(&parts);
	if (err && err != -ESTALE)
		pr_warn_ratelimited("%s: cannot store a snapshot (%d)\n",
				    s->g->params.ioc.name, err);
	if (err)
		raft_snapshot_refuse(s, &of, err);
	else
		tell_stored(s, &of, slot->head.stored);
}

/* All of it, whatever it is. */
static int checksum(struct raft_snapshots *s, struct raft_slot_file *slot,
		    u32 *crc)
{
	const struct raft_snapshot *of = &slot->head.of;
	u8 *buf = kvmalloc(RAFT_SNAPSHOT_BUF, GFP_KERNEL);
	int err = buf ? 0 : -ENOMEM;
	u64 at, n;

	for (at = 0; at < of->total && !err; at += n) {
		n = min_t(u64, of->total - at, RAFT_SNAPSHOT_BUF);
		err = READ_ONCE(s->g->stopping) ? -ECANCELED :
		      raft_slot_read(slot, at, buf, n);
		if (!err)
			*crc = raft_slot_crc(*crc, buf, n);
		cond_resched();
	}
	kvfree(buf);
	return err;
}

/* Every byte as it was sent?  The id says so. */
static int check(struct raft_snapshots *s, struct raft_slot_file *slot,
		 u8 *meta, u64 len, u32 *image)
{
	const struct raft_snapshot *of = &slot->head.of;
	u32 crc = 0;
	int err;

	err = raft_slot_read(slot, 0, meta, len);
	if (!err)
		err = raft_snapshot_check(meta, len, of);
	if (err)
		return err;
	*image = raft_image_length(meta);
	/* The image has a checksum of its own. */
	if (raft_snapshot_is_bare(of))
		return *image == of->total ? 0 : -EILSEQ;
	err = checksum(s, slot, &crc);
	if (err)
		return err;
	if (of->id != raft_slot_id(raft_slot_crc(0, meta, *image), crc))
		return -EILSEQ;
	return 0;
}

static void tell_installed(struct raft_snapshots *s,
			   const struct raft_snapshot *of, u8 *meta, u64 len)
{
	raft_snapshots_progress(s, NULL, 0, false);
	spin_lock(&s->lock);
	s->received++;
	s->done.stored = false;
	s->done.installed = true;
	s->done.of = *of;
	swap(s->done.meta, meta);
	s->done.len = len;
	spin_unlock(&s->lock);
	kvfree(meta);
	wake(s);
}

static void install(struct raft_snapshots *s, const struct raft_snapshot *of)
{
	struct raft_slot_file *slot = raft_snapshots_other(s);
	u64 len = min_t(u64, of->total, RAFT_SNAPSHOT_META);
	u8 *meta = kvmalloc(len, GFP_KERNEL);
	u32 image = 0;
	int err = -ENOMEM;

	trace(s, RAFT_SNAP_INSTALL, of, slot->head.stored, 0);
	if (meta)
		err = -ESTALE;
	if (meta && slot->head.state == RAFT_SLOT_PARTIAL &&
	    raft_snapshots_same(&slot->head.of, of) &&
	    slot->head.stored == of->total)
		err = check(s, slot, meta, len, &image);
	if (!err)
		err = raft_snapshots_switch(s, slot, of, image);
	if (err) {
		kvfree(meta);
		if (err == -ECANCELED)
			return;
		pr_warn_ratelimited("%s: snapshot of %llu that came is of no use (%d)\n",
				    s->g->params.ioc.name, of->index, err);
		raft_snapshot_refuse(s, of, err);
		return;
	}
	trace(s, RAFT_SNAP_INSTALLED, of, of->total, 0);
	/* The core may now drop its log. */
	raft_snapshots_floor(s->g, of->index + 1);
	tell_installed(s, of, meta, len);
}

static void install_if_asked(struct raft_snapshots *s)
{
	struct raft_snapshot of;
	bool asked;

	spin_lock(&s->lock);
	asked = s->install;
	s->install = false;
	of = s->install_of;
	spin_unlock(&s->lock);
	if (asked)
		install(s, &of);
}

/* A process takes one: what comes has to wait for its turn. */
static void refuse_parts(struct raft_snapshots *s)
{
	struct raft_snapshot of = {};

	spin_lock(&s->lock);
	if (!list_empty(&s->parts))
		of = list_last_entry(&s->parts, struct raft_snapshot_part,
				     node)->of;
	else if (s->install)
		of = s->install_of;
	spin_unlock(&s->lock);
	if (of.index)
		raft_snapshot_refuse(s, &of, -EBUSY);
}

/* --- what goes ------------------------------------------------------------ */

static struct raft_snapshot_part *next_send(struct raft_snapshots *s)
{
	struct raft_snapshot_part *part;

	spin_lock(&s->lock);
	part = list_first_entry_or_null(&s->sends, struct raft_snapshot_part,
					node);
	if (part)
		list_del(&part->node);
	spin_unlock(&s->lock);
	return part;
}

/* Of a snapshot that is not there any more nothing is sent. */
static bool read_part(struct raft_snapshots *s, struct raft_snapshot_part *part)
{
	struct raft_slot_file *slot;
	u64 content = 0;
	int err = -ESTALE;

	part->payload = raft_payload_alloc(part->m.chunk.len, GFP_KERNEL);
	if (!part->payload)
		return false;
	down_read(&s->sem);
	slot = s->closed ? NULL : raft_snapshots_find(s, &part->of);
	if (slot && slot->damaged)
		err = -EILSEQ;
	else if (slot)
		err = raft_slot_read(slot, part->offset, part->payload->data,
				     part->m.chunk.len);
	if (slot)
		content = slot->content;
	up_read(&s->sem);
	if (!err && !raft_snapshot_check_sent(s, part)) {
		raft_snapshots_damaged(s, slot, content);
		err = -EILSEQ;
	}
	if (err)
		trace_raft_snapshot(s->g->params.ioc.name,
				    s->g->params.ioc.node_id,
				    RAFT_SNAP_UNREAD, &part->of, part->m.to,
				    part->offset, err);
	/* That it is damaged was said. */
	if (err && err != -ESTALE && err != -EILSEQ)
		pr_warn_ratelimited("%s: cannot read the snapshot of %llu (%d)\n",
				    s->g->params.ioc.name, part->of.index, err);
	return !err;
}

static void read_sends(struct raft_snapshots *s)
{
	struct raft_snapshot_part *part;
	bool ok;

	while ((part = next_send(s))) {
		ok = read_part(s, part);
		spin_lock(&s->lock);
		if (ok)
			list_add_tail(&part->node, &s->ready);
		else
			s->n_sends--;
		spin_unlock(&s->lock);
		if (ok)
			wake(s);
		else
			part_free(part);
	}
}

/**
 * raft_snapshot_worker - do all that is queued
 * @work: raft_snapshots.work
 *
 * Context: a worker; may sleep.
 */
void raft_snapshot_worker(struct work_struct *work)
{
	struct raft_snapshots *s = container_of(work, struct raft_snapshots,
						work);

	read_sends(s);
	if (READ_ONCE(s->closed))
		return;
	if (mutex_trylock(&s->fill)) {
		while (raft_snapshot_stalled(s))
			msleep(20);
		store_parts(s);
		install_if_asked(s);
		mutex_unlock(&s->fill);
	} else {
		refuse_parts(s);
	}
}
