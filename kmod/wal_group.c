// SPDX-License-Identifier: GPL-2.0
/*
 * wal_group.c - what is written at one time: worker -> disk -> report.
 *
 * Owns the group that is written, the order of writes, and what space of the ring may
 * be written over.  Must never write to space that the hard state on the disk
 * needs, or report a batch before all of it and of its predecessors is durable.
 *
 * A group is at most one hard state and one buffer of records.  The hard state is
 * durable before the records are written: it may call old records stale, of which
 * others of the same index take the place; and what is before a new base is free
 * only when the base is durable, so records are placed by the base of the last such
 * hard state, @durable.
 *
 * When the ring is full the oldest item waits, and all behind it, until a base
 * frees space; a base that waits behind it is put first.
 *
 * A hard state notes up to where records were durable, so that recovery does not
 * take damage there for a write that the crash tore.  If no other reason for one
 * comes, it is written for this alone, a second after records became durable: before
 * other records under load, and once when there is quiet.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>

#include "compat.h"
#include "payload.h"
#include "realtime.h"
#include "wal_internal.h"

/* --- reports ------------------------------------------------------------ */

static void wal_report(struct raft_wal *wal, u64 seq, u64 index, u64 term,
		       int error)
{
#ifdef RAFT_FAULTS
	if (READ_ONCE(wal->crashed))
		return;
#endif
	wal->ops->done(wal->ctx, seq, index, term, error);
}

/**
 * raft_wal_fail() - fail-stop, once: nothing that follows is written or reported
 * @wal: log
 * @err: why
 *
 * Context: Any.
 */
void raft_wal_fail(struct raft_wal *wal, int err)
{
	if (cmpxchg(&wal->error, 0, err))
		return;
	pr_err("group %llx node %u: log failed at byte %llu: error %d\n",
	       wal->super.group_id, wal->super.node_id, wal->group.at.pos, err);
	wal_report(wal, 0, 0, 0, err);
}

/**
 * raft_wal_count_room() - there is more or less room now
 * @wal: log
 *
 * Context: Worker, or who opens the log.
 */
void raft_wal_count_room(struct raft_wal *wal)
{
	WRITE_ONCE(wal->free, raft_disk_room(&wal->super, &wal->durable.base,
					     &wal->tail));
}

/* What was written is on the disk: readers may see it, and space is free. */
static void group_durable(struct raft_wal *wal, bool records)
{
	if (records) {
		wal->state.durable = wal->tail.index;
		wal->state.durable_crc = wal->tail.crc;
		raft_wal_mark(wal, &wal->tail);
	}
	if ((records || wal->large) && !READ_ONCE(wal->closing))
		kthread_queue_delayed_work(wal->worker, &wal->note,
					   msecs_to_jiffies(RAFT_WAL_NOTE_MS));
	spin_lock(&wal->lock);
	wal->durable = wal->state;
	spin_unlock(&wal->lock);
	raft_wal_count_room(wal);
}

/* --- what is queued becomes a group -------------------------------------- */

/* What the next hard state says of records that are dropped from @index on. */
static void group_stale(struct raft_wal *wal, u64 index)
{
	wal->state.epoch++;
	wal->state.stale_from = index;
	wal->state.durable = wal->tail.index;
	wal->state.durable_crc = wal->tail.crc;
	wal->group.state = true;
	raft_wal_marks_trim(wal);
	raft_wal_count_room(wal);
}

/* Truncate: from here on the records from @index on are of no value. */
static int group_truncate(struct raft_wal *wal, u64 index)
{
	int err;

	if (!index)
		return -EINVAL;
	/* A snapshot may have gone past it, see group_base(). */
	index = max(index, wal->state.base.index + 1);
	if (index > wal->tail.index)
		return 0;
	err = raft_wal_seek(wal, index - 1, &wal->tail);
	if (!err)
		group_stale(wal, index);
	return err;
}

/* The log begins anew behind an entry that it does not have. */
static void group_reset(struct raft_wal *wal, u64 index, u64 term)
{
	struct raft_disk_point *tail = &wal->tail;

	tail->index = index;
	tail->term = term;
	tail->epoch = wal->state.epoch + 1;
	tail->pos = raft_disk_round_up(tail->pos, wal->super.block);
	tail->crc = 0;
	wal->state.base = *tail;
	group_stale(wal, index + 1);
}

/* Drop up to @index, or everything if the log does not have it and its term. */
static int group_base(struct raft_wal *wal, u64 index, u64 term)
{
	struct raft_disk_point at;
	int err = 0;

	if (index <= wal->state.base.index)
		return 0;
	if (index <= wal->tail.index)
		err = raft_wal_seek(wal, index, &at);
	if (err)
		return err;
	if (index > wal->tail.index || at.term != term) {
		group_reset(wal, index, term);
		return 0;
	}
	wal->state.base = at;
	wal->group.state = true;
	raft_wal_marks_trim(wal);
	return 0;
}

static void group_note(struct raft_wal *wal, const struct raft_wal_item *it)
{
	wal->open_index = it->index;
	wal->open_term = it->e.term;
}

static int group_append(struct raft_wal *wal, const struct raft_wal_item *it)
{
	struct raft_wal_group *g = &wal->group;
	struct raft_payload *payload = it->e.payload;
	struct raft_disk_record rec = {
		.lap = g->at.lap,
		.pos = g->at.pos + g->fill,
		.index = it->index,
		.term = it->e.term,
		.epoch = wal->state.epoch,
		.durable_before = g->fill ? g->first : it->index,
		.incarnation = it->e.incarnation,
		.serial = it->e.serial,
		.client = it->e.client,
		.client_serial = it->e.client_serial,
		.origin = it->e.origin,
		.len = it->e.len,
		.chain = wal->tail.crc,
		.type = it->e.type,
	};

	if (payload)
		rec.data_crc = raft_payload_crc(payload);
	rec.crc = raft_disk_record_encode(&wal->super, &rec,
					  payload ? payload->data : NULL,
					  wal->area->buf + g->fill);
	if (!g->fill)
		g->first = it->index;
	g->fill += raft_disk_record_bytes(it->e.len);
	wal->tail = raft_disk_point(&rec);
	raft_wal_count_room(wal);
	group_note(wal, it);
	return 0;
}

/* 0, -EAGAIN if it has to wait for the next group, -ENOSPC for a base; or fatal. */
static int group_entry(struct raft_wal *wal, const struct raft_wal_item *it)
{
	u32 bytes = raft_disk_record_bytes(it->e.len);
	const struct raft_disk_point *base = &wal->durable.base;
	struct raft_wal_group *g = &wal->group;

	/* It came to be in a snapshot while it waited for room. */
	if (it->index <= wal->state.base.index) {
		group_note(wal, it);
		return 0;
	}
	if (it->index != wal->tail.index + 1 || it->e.len > RAFT_MAX_COMMAND)
		return -EINVAL;
	if (g->fill) {
		if (g->fill + bytes > wal->area->size)
			wal->crowded = true;
		if (g->fill + bytes > wal->area->size || g->at.pos + g->fill +
		    bytes > raft_disk_limit(&wal->super, base, g->at.lap))
			return -EAGAIN;
		return group_append(wal, it);
	}
	g->at = wal->tail;
	if (!raft_disk_place(&wal->super, base, &g->at, bytes))
		return g->state ? -EAGAIN : -ENOSPC;
	if (bytes > wal->area->size)
		raft_wal_enlarge(wal);
	return group_append(wal, it);
}

/* As group_entry(). */
static int group_take(struct raft_wal *wal, const struct raft_wal_item *it)
{
	struct raft_wal_group *g = &wal->group;

	switch ((enum raft_wal_kind)it->kind) {
	case RAFT_WAL_STATE:
		wal->state.term = it->hs.term;
		wal->state.vote = it->hs.vote;
		wal->state.commit = it->hs.commit;
		wal->state.reach = it->hs.reach;
		wal->state.reach_term = it->hs.reach_term;
		g->state = true;
		return 0;
	case RAFT_WAL_TRUNCATE:
		return g->fill ? -EAGAIN : group_truncate(wal, it->index);
	case RAFT_WAL_BASE:
		return g->fill ? -EAGAIN : group_base(wal, it->index, it->term);
	case RAFT_WAL_ENTRY:
		return group_entry(wal, it);
	}
	return -EINVAL;
}

/* The ring is full: is there a base among what waits? */
static int group_unblock(struct raft_wal *wal)
{
	u64 index, term;
	int err;

	spin_lock(&wal->lock);
	index = wal->base_index;
	term = wal->base_term;
	spin_unlock(&wal->lock);
	err = group_base(wal, index, term);
	if (err || wal->group.state)
		return err ? err : -EAGAIN;
	pr_warn_ratelimited("group %llx node %u: log is full, it waits for a snapshot\n",
			    wal->super.group_id, wal->super.node_id);
	WRITE_ONCE(wal->blocked, true);
	return -EAGAIN;
}

/* Were records durable for a while, and no hard state says so? */
static bool is_note_due(struct raft_wal *wal)
{
	if (!xchg(&wal->note_due, false) || READ_ONCE(wal->closing))
		return false;
	return wal->durable.durable > wal->noted;
}

/**
 * raft_wal_gather() - make a group of what is queued
 * @wal: log
 *
 * Context: Worker; may sleep for the disk.
 * Return: whether there is something to write.
 */
bool raft_wal_gather(struct raft_wal *wal)
{
	struct raft_wal_group *g = &wal->group;
	struct raft_wal_item *it;
	int err = 0;

	memset(g, 0, sizeof(*g));
	g->at = wal->tail;
	WRITE_ONCE(wal->blocked, false);
	/* The last group did not hold all there was. */
	if (wal->crowded)
		raft_wal_enlarge(wal);
	while (!err && (it = raft_wal_queue_peek(&wal->queue))) {
		err = READ_ONCE(wal->error) ? 0 : group_take(wal, it);
		if (err == -ENOSPC)
			err = group_unblock(wal);
		if (err == -EAGAIN)
			break;
		if (err)
			raft_wal_fail(wal, err);
		if (it->last) {
			g->seq = it->seq;
			if (wal->open_index) {
				g->index = wal->open_index;
				g->term = wal->open_term;
			}
			wal->open_index = 0;
		}
		raft_wal_queue_pop(wal, it);
	}
	/* A batch that changed nothing wants its answer, too, and in order. */
	if (g->seq && !g->fill)
		g->state = true;
	if (READ_ONCE(wal->note_due) && !g->fill &&
	    !RAFT_MUTANT("shell-area-kept"))
		raft_wal_shrink(wal);
	if (is_note_due(wal))
		g->state = true;
	return !READ_ONCE(wal->error) && (g->state || g->fill);
}

/* --- writes ------------------------------------------------------------- */

#ifdef RAFT_FAULTS
/* What the next write fails with, whatever the disk says. */
static int fault_error(const struct raft_wal *wal)
{
	return READ_ONCE(wal->fault_error);
}

/* What the flush behind a write fails with, which itself has arrived. */
static int fault_sync(const struct raft_wal *wal)
{
	return READ_ONCE(wal->fault_sync) ? -EIO : 0;
}
#else
static int fault_error(const struct raft_wal *wal)
{
	return 0;
}

static int fault_sync(const struct raft_wal *wal)
{
	return 0;
}
#endif

static int group_write(struct raft_wal *wal, u64 pos, struct bio_vec *bvec,
		       u32 len)
{
	int err = fault_error(wal);

	if (err)
		return err;
	wal->writes++;
	wal->bytes += len;
	err = wal->backend->write(wal, pos, bvec, len);
	return err ?: fault_sync(wal);
}

static int write_state(struct raft_wal *wal)
{
	int err;

	wal->state.generation++;
	wal->noted = wal->state.durable;
	raft_disk_state_encode(&wal->state, wal->super.log_id,
			       page_address(wal->page));
	err = group_write(wal, raft_disk_state_pos(wal->state.generation),
			  &wal->page_bvec, RAFT_DISK_SLOT);
	if (!err)
		group_durable(wal, false);
	return err;
}

static int write_records(struct raft_wal *wal)
{
	struct raft_wal_group *g = &wal->group;
	u32 len = (u32)raft_disk_round_up(g->fill, wal->super.block);
	int err;

	memset(wal->area->buf + g->fill, 0, len - g->fill);
	flush_kernel_vmap_range(wal->area->buf, len);
	err = group_write(wal, g->at.pos, wal->area->bvec, len);
	if (!err)
		group_durable(wal, true);
	return err;
}

static void write_group(struct raft_wal *wal)
{
	struct raft_wal_group *g = &wal->group;
	bool late = g->fill && raft_wal_fault_unordered(wal);
	int err = 0;

	if (g->state && !late)
		err = write_state(wal);
	if (!err && g->fill)
		err = write_records(wal);
	if (!err && g->state && late)
		err = write_state(wal);
	if (err)
		raft_wal_fail(wal, err);
	/* The owner may have failed the log meanwhile. */
	else if (g->seq && !READ_ONCE(wal->error))
		wal_report(wal, g->seq, g->index, g->term, 0);
}

/* --- worker ------------------------------------------------------------- */

#ifdef RAFT_FAULTS
/* A stalled disk never says a word; a crashed group has no more to say. */
static bool stopped(struct raft_wal *wal)
{
	u64 until = READ_ONCE(wal->stall_until);
	u64 now = ktime_get_ns();

	if (READ_ONCE(wal->crashed))
		return true;
	if (until == U64_MAX)
		return true;
	if (until <= now)
		return false;
	kthread_queue_delayed_work(wal->worker, &wal->work,
				   nsecs_to_jiffies(until - now) + 1);
	return true;
}
#else
static bool stopped(struct raft_wal *wal)
{
	return false;
}
#endif

static void wal_work(struct kthread_work *work)
{
	struct raft_wal *wal = container_of(work, struct raft_wal, work.work);
	unsigned int noio = memalloc_noio_save();

	if (!stopped(wal) && raft_wal_gather(wal)) {
		write_group(wal);
		/* What did not fit; what came later has the worker come again. */
		if (READ_ONCE(wal->queue.taken) != READ_ONCE(wal->queue.submitted))
			raft_wal_kick(wal);
	}
	if (wq_has_sleeper(&wal->idle))
		wake_up(&wal->idle);
	memalloc_noio_restore(noio);
}

static void wal_note(struct kthread_work *work)
{
	struct raft_wal *wal = container_of(work, struct raft_wal, note.work);

	WRITE_ONCE(wal->note_due, true);
	raft_wal_kick(wal);
}

/**
 * raft_wal_work_init() - make the worker
 * @wal: log
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM.
 */
int raft_wal_work_init(struct raft_wal *wal)
{
	struct kthread_worker *worker;

	kthread_init_delayed_work(&wal->work, wal_work);
	kthread_init_delayed_work(&wal->note, wal_note);
	worker = kthread_run_worker(0, "raft_wal/%llx/%u", wal->super.group_id,
				    wal->super.node_id);
	if (IS_ERR(worker))
		return -ENOMEM;
	wal->worker = worker;
	raft_realtime(worker->task);
	return 0;
}
