// SPDX-License-Identifier: GPL-2.0
/*
 * wal_read.c - entries that are durable, read back from the disk.
 *
 * Owns what a reader needs: memory, and where it was last.  Runs beside the worker,
 * which cuts, truncates and writes over what is read here: nothing is believed
 * that the checks of recovery do not find good, and what they do not is damage
 * only if the log has not moved meanwhile.  Must never be called by the owner
 * thread, for it waits for the disk.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "wal_internal.h"

/**
 * struct raft_wal_reader - reads a log from time to time, one call at a time
 * @walk: on the way
 * @area: RAFT_DISK_BUF bytes
 * @at: where it was last, of the log @log_id
 * @log_id: 0: nowhere yet
 */
struct raft_wal_reader {
	struct raft_wal_walk walk;
	struct raft_wal_area area;
	struct raft_disk_point at;
	u64 log_id;
};

/**
 * raft_wal_reader_new() - get the memory that a reader needs
 *
 * Context: May sleep.
 * Return: a reader, to be freed with raft_wal_reader_free(), or NULL.
 */
struct raft_wal_reader *raft_wal_reader_new(void)
{
	struct raft_wal_reader *rd = kzalloc(sizeof(*rd), GFP_KERNEL_ACCOUNT);

	if (rd && raft_wal_area_init(&rd->area, RAFT_DISK_BUF,
				     GFP_KERNEL_ACCOUNT)) {
		raft_wal_reader_free(rd);
		return NULL;
	}
	return rd;
}

/**
 * raft_wal_reader_free() - give the memory back
 * @rd: reader, or NULL
 *
 * Context: Process context.
 */
void raft_wal_reader_free(struct raft_wal_reader *rd)
{
	if (!rd)
		return;
	raft_wal_area_free(&rd->area);
	kfree(rd);
}

#ifdef RAFT_FAULTS
/**
 * raft_wal_reader_pos() - where the last entry ends that was read
 * @rd: reader
 *
 * Context: Process context.
 * Return: byte position behind its record.
 */
u64 raft_wal_reader_pos(const struct raft_wal_reader *rd)
{
	return rd->at.pos;
}
#endif

/**
 * raft_wal_hold() - keep a log open for a call of raft_wal_read()
 * @wal: log that is not being closed; the caller's lock says so
 *
 * Context: Any.
 */
void raft_wal_hold(struct raft_wal *wal)
{
	atomic_inc(&wal->readers);
}

/**
 * raft_wal_release() - undo raft_wal_hold()
 * @wal: log; may be gone afterwards
 *
 * Context: Any.
 */
void raft_wal_release(struct raft_wal *wal)
{
	/* Under the lock, or the log might be freed between the two. */
	spin_lock(&wal->lock);
	if (atomic_dec_and_test(&wal->readers))
		wake_up(&wal->idle);
	spin_unlock(&wal->lock);
}

/**
 * raft_wal_wait_readers() - wait until nobody reads
 * @wal: log that nobody can raft_wal_hold() any more
 *
 * Context: Process context; waits for the disk.
 */
void raft_wal_wait_readers(struct raft_wal *wal)
{
	wait_event(wal->idle, !atomic_read(&wal->readers));
	/* The last one may still be about to unlock. */
	spin_lock(&wal->lock);
	spin_unlock(&wal->lock);
}

/* What the log is now, and where to begin to look for the end of @index. */
static void reader_look(struct raft_wal *wal, struct raft_disk_state *st,
			u64 index, struct raft_disk_point *from)
{
	spin_lock(&wal->lock);
	*st = wal->durable;
	*from = raft_wal_mark_before(wal, &st->base, index);
	spin_unlock(&wal->lock);
}

/* Was something dropped since? */
static bool has_moved(struct raft_wal *wal, const struct raft_disk_state *st)
{
	bool moved;

	spin_lock(&wal->lock);
	moved = wal->durable.base.index != st->base.index ||
		wal->durable.epoch != st->epoch;
	spin_unlock(&wal->lock);
	return moved;
}

/* The reader goes to the end of record @index; -EAGAIN: the log has moved. */
static int reader_seek(struct raft_wal_reader *rd, struct raft_wal *wal,
		       struct raft_disk_state *st, u64 index)
{
	struct raft_disk_point from;
	bool near;
	int err;

	reader_look(wal, st, index, &from);
	if (index < st->base.index)
		return -ENODATA;
	if (index >= st->durable)
		return -ENOENT;
	/* It may have been dropped, and another one written in its place. */
	near = rd->log_id == wal->super.log_id && rd->at.index <= index &&
	       rd->at.index > from.index;
	rd->walk.scan.ahead = 0;
	err = raft_wal_walk_to(&rd->walk, st, near ? &rd->at : &from, index);
	if (err == -EILSEQ && near)
		err = raft_wal_walk_to(&rd->walk, st, &from, index);
	if (err == -EILSEQ && has_moved(wal, st))
		err = -EAGAIN;
	return err;
}

static int reader_give(const struct raft_disk_record *rec, const u8 *data,
		       raft_wal_read_fn fn, void *ctx)
{
	struct raft_entry e = raft_wal_entry(rec);

	return fn(ctx, rec->index, &e, data);
}

/* As raft_wal_read(); -EAGAIN: not one, and the log has moved. */
static int reader_read(struct raft_wal_reader *rd, struct raft_wal *wal,
		       struct raft_disk_state *st, u32 n, u32 max_bytes,
		       raft_wal_read_fn fn, void *ctx)
{
	struct raft_disk_scan *s = &rd->walk.scan;
	struct raft_disk_record rec;
	const u8 *data;
	u64 bytes = 0;
	u32 done = 0;
	int err;

	s->ahead = min_t(u32, RAFT_DISK_AHEAD,
			 raft_disk_round_up(min_t(u32, max_bytes, RAFT_DISK_AHEAD),
					    RAFT_DISK_BLOCK_MAX));
	while (done < n && s->tail.index < st->durable) {
		rd->at = s->tail;
		err = raft_disk_next(s, &rec, &data);
		if (err == -ENOENT)
			err = has_moved(wal, st) ? -EAGAIN : -EILSEQ;
		if (err)
			return done ? (int)done : err;
		bytes += raft_entry_disk_bytes(rec.len);
		if (done && bytes > max_bytes)
			break;
		err = reader_give(&rec, data, fn, ctx);
		if (err)
			return err;
		rd->at = s->tail;
		done++;
	}
	return (int)done;
}

/**
 * raft_wal_read() - read durable entries back from the disk
 * @wal: log, held: raft_wal_hold()
 * @rd: reader, of no one else during the call
 * @first: index of the first entry
 * @n: how many at most
 * @max_bytes: of them, by the measure of raft_entry_disk_bytes(); but one at
 *	least, however large
 * @fn: called for each in index order; not 0 ends it.  Its entry has no payload:
 *	the command is @data, valid during the call
 * @ctx: its first argument
 *
 * Each entry is one that was at its index when the call began.  If the log is
 * truncated meanwhile it may be one that is not there any more: the term tells.
 * Entries in order are found at once; else up to a 4096th of the file is read.
 *
 * Context: May sleep for the disk; not the owner thread.
 * Return: how many were given to @fn, 0 if @first is not durable yet; -ENODATA
 * the log begins behind @first; -EILSEQ it is damaged there; an I/O error; or
 * what @fn returned, negative.
 */
int raft_wal_read(struct raft_wal *wal, struct raft_wal_reader *rd, u64 first,
		  u32 n, u32 max_bytes, raft_wal_read_fn fn, void *ctx)
{
	unsigned int noio = memalloc_noio_save();
	struct raft_disk_state st;
	int ret;

	if (rd->walk.wal != wal)
		raft_wal_walk_init(&rd->walk, wal, &rd->area);
	do {
		ret = first ? reader_seek(rd, wal, &st, first - 1) : -ENODATA;
		if (!ret) {
			rd->log_id = wal->super.log_id;
			ret = reader_read(rd, wal, &st, n, max_bytes, fn, ctx);
		}
		if (ret < 0)
			rd->log_id = 0;
	} while (ret == -EAGAIN);
	memalloc_noio_restore(noio);
	if (ret == -ENOENT)
		return 0;
	if (ret == -EILSEQ)
		pr_err_ratelimited("group %llx node %u: entry %llu cannot be read: damaged at index %llu, byte %llu: %s\n",
				   wal->super.group_id, wal->super.node_id,
				   first, rd->walk.scan.bad.index,
				   rd->walk.scan.bad.pos,
				   raft_disk_reason_name(rd->walk.scan.bad.reason));
	return ret;
}
