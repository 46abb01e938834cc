// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot.c - the life of a group's snapshots: open, which is current, close.
 *
 * Owns what is in which slot.  The current snapshot is never touched: a new one
 * goes to the other slot, is synced, and becomes current by the write of that
 * slot's head.  What a crash leaves in between is not complete, or not newer.
 *
 * At the start of a group the heads and the image of the current snapshot are
 * checked; all its bytes, which may take long, after that (snapshot_check.c).
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "group.h"
#include "payload.h"
#include "snapshot.h"
#include "trace.h"

/**
 * raft_snapshots_same - do two names mean the same snapshot?
 * @a: one
 * @b: the other
 *
 * Context: any.
 * Return: true if so.
 */
bool raft_snapshots_same(const struct raft_snapshot *a,
			 const struct raft_snapshot *b)
{
	return a->index == b->index && a->term == b->term && a->id == b->id &&
	       a->total == b->total;
}

/* Is @a current, of two that are complete?  One that mends another came later. */
static bool is_later(const struct raft_slot *a, const struct raft_slot *b)
{
	return a->of.index != b->of.index ? a->of.index > b->of.index :
					    a->generation > b->generation;
}

/**
 * raft_snapshots_slot - the slot of the current snapshot
 * @s: the snapshots
 *
 * Context: holds fill, or sem.
 * Return: the slot, NULL if there is no snapshot.
 */
struct raft_slot_file *raft_snapshots_slot(struct raft_snapshots *s)
{
	struct raft_slot_file *found = NULL;
	int i;

	for (i = 0; i < RAFT_SLOTS; i++) {
		if (s->slot[i].head.state != RAFT_SLOT_COMPLETE)
			continue;
		if (!found || is_later(&s->slot[i].head, &found->head))
			found = &s->slot[i];
	}
	return found;
}

/**
 * raft_snapshots_other - the slot that may be filled
 * @s: the snapshots
 *
 * Context: holds fill, or sem.
 * Return: the slot; one that has parts of a snapshot, if there is.
 */
struct raft_slot_file *raft_snapshots_other(struct raft_snapshots *s)
{
	struct raft_slot_file *current_slot = raft_snapshots_slot(s);

	if (!current_slot)
		return s->slot[1].head.state == RAFT_SLOT_PARTIAL ?
			&s->slot[1] : &s->slot[0];
	return current_slot == &s->slot[0] ? &s->slot[1] : &s->slot[0];
}

/* Is it the one, or does it begin with it?  A witness gets the image. */
static bool has(const struct raft_slot *head, const struct raft_snapshot *of)
{
	if (head->state != RAFT_SLOT_COMPLETE)
		return false;
	if (raft_snapshot_is_bare(of))
		return head->of.index == of->index &&
		       head->of.term == of->term && head->image == of->total;
	return raft_snapshots_same(&head->of, of);
}

/**
 * raft_snapshots_find - the slot with a snapshot that is complete
 * @s: the snapshots
 * @of: which; a bare one may be the start of another
 *
 * Context: holds fill, or sem.
 * Return: the slot, NULL if it is not there any more.
 */
struct raft_slot_file *raft_snapshots_find(struct raft_snapshots *s,
					   const struct raft_snapshot *of)
{
	struct raft_slot_file *slot = raft_snapshots_slot(s);

	if (!slot || has(&slot->head, of))
		return slot;
	slot = raft_snapshots_other(s);
	return has(&slot->head, of) ? slot : NULL;
}

/**
 * raft_snapshots_generation - that of the next head
 * @s: the snapshots
 *
 * Context: holds fill.
 * Return: more than any head here has.
 */
u64 raft_snapshots_generation(const struct raft_snapshots *s)
{
	return max(s->slot[0].head.generation, s->slot[1].head.generation) + 1;
}

/**
 * raft_snapshots_current - which snapshot is current?
 * @g: the group, which may have stopped
 * @of: set if there is one
 *
 * Context: process, may sleep.
 * Return: false if there is none.
 */
bool raft_snapshots_current(struct raft_group *g, struct raft_snapshot *of)
{
	struct raft_slot_file *slot;
	bool found;

	if (!g->snapshots)
		return false;
	down_read(&g->snapshots->sem);
	slot = raft_snapshots_slot(g->snapshots);
	found = slot;
	if (found)
		*of = slot->head.of;
	up_read(&g->snapshots->sem);
	return found;
}

/**
 * raft_snapshots_floor - nobody reads entries below an index any more
 * @g: the group
 * @floor: the first one that may be read from now on; nothing happens if it is
 *	not above the one before
 *
 * When this returns those below may be dropped from the log.
 *
 * Context: process or worker, sleeps for a grace period.
 */
void raft_snapshots_floor(struct raft_group *g, u64 floor)
{
	if (floor <= READ_ONCE(g->floor))
		return;
	/* Pairs with READ_ONCE() in raft_group_entry(). */
	WRITE_ONCE(g->floor, floor);
	synchronize_rcu();
}

/**
 * raft_snapshots_progress - tell the status how far a snapshot is
 * @s: the snapshots
 * @of: which, NULL: none is under way
 * @bytes: of it that are here
 * @taking: it is taken here, it does not come
 *
 * Context: process or worker.
 */
void raft_snapshots_progress(struct raft_snapshots *s,
			     const struct raft_snapshot *of, u64 bytes,
			     bool taking)
{
	spin_lock(&s->lock);
	if (of)
		s->progress_of = *of;
	else
		memset(&s->progress_of, 0, sizeof(s->progress_of));
	s->progress = bytes;
	s->taking = taking;
	spin_unlock(&s->lock);
}

/**
 * raft_snapshots_begin - begin to fill a slot: what was in it is gone
 * @s: the snapshots
 * @slot: not the current one
 *
 * Context: holds fill; may sleep.
 * Return: 0 or an error of the file system.
 */
int raft_snapshots_begin(struct raft_snapshots *s, struct raft_slot_file *slot)
{
	down_write(&s->sem);
	slot->head.state = RAFT_SLOT_EMPTY;
	memset(&slot->head.of, 0, sizeof(slot->head.of));
	slot->head.stored = 0;
	slot->content++;
	slot->damaged = false;
	up_write(&s->sem);
	s->headed = 0;
	return raft_slot_cut(slot, 0);
}

/**
 * raft_snapshots_switch - make what a slot has been filled with current
 * @s: the snapshots
 * @slot: the slot, with all of @of
 * @of: the snapshot
 * @image: bytes of its image
 *
 * Context: holds fill; may sleep.
 * Return: 0 or an error of the file system: what was current is so still.
 */
int raft_snapshots_switch(struct raft_snapshots *s, struct raft_slot_file *slot,
			  const struct raft_snapshot *of, u32 image)
{
	struct raft_slot head = s->identity;
	int err;

	head.state = RAFT_SLOT_COMPLETE;
	head.generation = raft_snapshots_generation(s);
	head.of = *of;
	head.stored = of->total;
	head.image = image;
	/* All but the head is durable before the head is written. */
	err = raft_snapshot_crash(s, 1) ? -EIO :
	      raft_slot_sync(slot, 0, of->total);
	if (!err)
		err = raft_snapshot_crash(s, 2) ? -EIO :
		      raft_slot_put_head(slot, &head, s->head_buf,
					 !raft_snapshot_crash(s, 3));
	if (!err && raft_snapshot_crash(s, 4))
		err = -EIO;
	if (err)
		return err;
	down_write(&s->sem);
	slot->head = head;
	WRITE_ONCE(s->damaged, false);
	up_write(&s->sem);
	return 0;
}

/* --- open and close ------------------------------------------------------ */

static const char *name_of(const struct raft_snapshots *s)
{
	return s->g->params.ioc.name;
}

/* Is it ours, and can it be used?  What cannot is as good as empty. */
static int slot_check(struct raft_snapshots *s, struct raft_slot_file *slot,
		      int err)
{
	const struct raft_slot *head = &slot->head, *id = &s->identity;
	u64 len = min_t(u64, head->of.total, RAFT_SNAPSHOT_META);

	if (!err && head->state == RAFT_SLOT_EMPTY)
		return 0;
	if (err == -EMEDIUMTYPE || err == -EPROTO) {
		pr_err("%s: snapshot file %zd %s\n", name_of(s),
		       slot - s->slot, err == -EPROTO ?
		       "is of another version" : "holds something else");
		return err;
	}
	if (!err && (head->group_id != id->group_id ||
		     head->node_id != id->node_id ||
		     head->log_id != id->log_id)) {
		pr_err("%s: snapshot file %zd belongs to group 0x%016llx, node %u, or to another log of it\n",
		       name_of(s), slot - s->slot, head->group_id,
		       head->node_id);
		return -ESTALE;
	}
	if (!err && head->state == RAFT_SLOT_COMPLETE) {
		err = raft_slot_read(slot, 0, s->meta, len);
		if (!err && raft_snapshot_check(s->meta, len, &head->of))
			err = -EILSEQ;
	}
	if (err == -EILSEQ) {
		pr_warn("%s: snapshot file %zd of node %u, of index %llu, is damaged and of no use: its %s\n",
			name_of(s), slot - s->slot, id->node_id,
			head->of.index, head->of.index ? "image" : "head");
		memset(&slot->head, 0, sizeof(slot->head));
		err = 0;
	}
	return err;
}

static int slot_take(struct raft_snapshots *s, struct raft_slot_file *slot,
		     struct file *file, const struct file *log)
{
	int err;

	err = raft_slot_file_check(file);
	if (!err && file->f_mapping->host == log->f_mapping->host)
		err = -EBUSY;
	if (!err)
		err = raft_slot_open(slot, file);
	if (err)
		return err;
	return slot_check(s, slot, raft_slot_load(slot, s->head_buf));
}

static struct raft_snapshots *snapshots_alloc(struct raft_group *g)
{
	struct raft_snapshots *s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);

	if (!s)
		return NULL;
	s->g = g;
	mutex_init(&s->fill);
	init_rwsem(&s->sem);
	spin_lock_init(&s->lock);
	INIT_LIST_HEAD(&s->parts);
	INIT_LIST_HEAD(&s->sends);
	INIT_LIST_HEAD(&s->ready);
	INIT_WORK(&s->work, raft_snapshot_worker);
	INIT_WORK(&s->policy, raft_snapshot_policy_work);
	INIT_WORK(&s->verify, raft_snapshot_verify_work);
	s->meta = kvmalloc(RAFT_SNAPSHOT_META, GFP_KERNEL_ACCOUNT);
	s->head_buf = kmalloc(RAFT_SLOT_HEAD, GFP_KERNEL_ACCOUNT);
	s->wq = alloc_workqueue("raft_snap", WQ_UNBOUND, 3);
	g->snapshots = s;
	return s;
}

/**
 * raft_snapshots_open - look at what the slots have
 * @g: the group, being started
 * @file: RAFT_SLOTS of them; references are taken
 * @log_id: of the log, which is recovered
 * @log: its file
 *
 * Context: process, may sleep.  On error call raft_snapshots_close() and
 * raft_snapshots_free().
 * Return: 0; -ENOMEM; -EBUSY: a file is in use; -EMEDIUMTYPE, -EPROTO, -ESTALE;
 * errors of the file system.
 */
int raft_snapshots_open(struct raft_group *g, struct file *const file[],
			u64 log_id, const struct file *log)
{
	const struct raft_ioc_start *ioc = &g->params.ioc;
	struct raft_snapshots *s = snapshots_alloc(g);
	int i, err = 0;

	if (!s || !s->meta || !s->head_buf || !s->wq)
		return -ENOMEM;
	s->identity.group_id = ioc->group_id;
	s->identity.node_id = ioc->node_id;
	s->identity.log_id = log_id;
	for (i = 0; i < RAFT_SLOTS && !err; i++)
		err = slot_take(s, &s->slot[i], file[i], log);
	return err;
}

/*
 * Nothing reaches to the log that begins behind @base: a leader has to send one.
 * One that is older is of no use, and its place is free.
 */
static void lost(struct raft_snapshots *s, u64 base)
{
	int i;

	for (i = 0; i < RAFT_SLOTS; i++)
		if (s->slot[i].head.state == RAFT_SLOT_COMPLETE)
			s->slot[i].head.state = RAFT_SLOT_EMPTY;
	s->damaged = true;
	pr_err("%s: the log of node %u begins behind entry %llu, and no snapshot reaches there: it has no state before another node sends it\n",
	       name_of(s), s->identity.node_id, base);
}

/**
 * raft_snapshots_load - give a core what the slots have
 * @s: the snapshots, or NULL
 * @core: after raft_init()
 * @base: index that the log begins behind
 *
 * Context: process, may sleep; the owner thread does not know the group yet.
 * Return: 0; -EINVAL: the core does not take it; errors of the file system.
 */
int raft_snapshots_load(struct raft_snapshots *s, struct raft *core, u64 base)
{
	struct raft_slot_file *slot;
	u64 len;
	int err;

	if (!s)
		return 0;
	slot = raft_snapshots_slot(s);
	if (base && (!slot || slot->head.of.index < base)) {
		lost(s, base);
		slot = NULL;
	}
	if (slot) {
		len = min_t(u64, slot->head.of.total, RAFT_SNAPSHOT_META);
		err = raft_slot_read(slot, 0, s->meta, len);
		if (!err)
			err = raft_snapshot_load(core, &slot->head.of, s->meta,
						 len);
		if (err)
			return err;
		s->verify_slot = slot;
		queue_work(s->wq, &s->verify);
	}
	kvfree(s->meta);
	s->meta = NULL;
	slot = raft_snapshots_other(s);
	if (slot->head.state != RAFT_SLOT_PARTIAL)
		return 0;
	/* What came behind it is sent again: the same bytes, but who knows. */
	err = raft_slot_cut(slot, slot->head.stored);
	if (err)
		return err;
	s->headed = slot->head.stored;
	trace_raft_snapshot(s->g->params.ioc.name, s->g->params.ioc.node_id,
			    RAFT_SNAP_RESUME, &slot->head.of, 0,
			    slot->head.stored, 0);
	raft_snapshot_resume(core, &slot->head.of, slot->head.stored);
	return 0;
}

/**
 * raft_snapshots_close - the group stops: nothing is written or read any more
 * @g: the group, detached from its owner or never attached
 *
 * Waits for the chunk that is being copied.
 *
 * Context: process, may sleep.
 */
void raft_snapshots_close(struct raft_group *g)
{
	struct raft_snapshots *s = g->snapshots;
	int i;

	if (!s)
		return;
	down_write(&s->sem);
	s->closed = true;
	up_write(&s->sem);
	/* Who takes one looks at g->stopping. */
	mutex_lock(&s->fill);
	mutex_unlock(&s->fill);
	cancel_work_sync(&s->work);
	cancel_work_sync(&s->policy);
	cancel_work_sync(&s->verify);
	raft_snapshot_drop(s);
	for (i = 0; i < RAFT_SLOTS; i++)
		raft_slot_close(&s->slot[i]);
}

/**
 * raft_snapshots_free - give the memory back
 * @g: the group, whose last reference is gone
 *
 * Context: process, may sleep.
 */
void raft_snapshots_free(struct raft_group *g)
{
	struct raft_snapshots *s = g->snapshots;

	if (!s)
		return;
	if (s->wq)
		destroy_workqueue(s->wq);
	kvfree(s->meta);
	kfree(s->head_buf);
	kvfree(s->done.meta);
	kfree(s);
	g->snapshots = NULL;
}
