// SPDX-License-Identifier: GPL-2.0
/*
 * wal_mark.c - where records end: marks, and the walk from one to a record.
 *
 * Owns the marks: places of the log in memory, at least @every bytes apart, so
 * that their number is bounded by the size of the file whatever is in it.  Where
 * a record ends is read from the disk, from the last mark before it on.  All that
 * is marked is durable.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "wal_internal.h"

#define MARKS_MAX	4096			/* places */
#define MARK_BYTES	(128 * 1024)		/* between two, at least */

/* --- marks -------------------------------------------------------------- */

/**
 * raft_wal_marks_init() - get memory for the marks of a log
 * @m: marks, zeroed
 * @size: bytes of the file
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM; raft_wal_marks_free() cleans up after both.
 */
int raft_wal_marks_init(struct raft_wal_marks *m, u64 size)
{
	m->ring = size;
	m->every = max_t(u64, MARK_BYTES, div_u64(size, MARKS_MAX) + 1);
	m->size = (u32)div64_u64(size, m->every) + 2;
	m->at = kvcalloc(m->size, sizeof(*m->at), GFP_KERNEL);
	return m->at ? 0 : -ENOMEM;
}

/**
 * raft_wal_marks_free() - give memory back
 * @m: marks
 *
 * Context: Process context.
 */
void raft_wal_marks_free(struct raft_wal_marks *m)
{
	kvfree(m->at);
}

/* The @i-th, oldest first. */
static struct raft_disk_point *mark(struct raft_wal_marks *m, u32 i)
{
	i += m->first;
	return &m->at[i < m->size ? i : i - m->size];
}

/* Bytes of the log from one place to a later one. */
static u64 apart(const struct raft_wal_marks *m, const struct raft_disk_point *a,
		 const struct raft_disk_point *b)
{
	return b->pos - a->pos + (b->lap - a->lap) * m->ring;
}

/**
 * raft_wal_mark() - remember where a record ends, unless a mark is near
 * @wal: log
 * @at: where; the record is durable and the last one
 *
 * Context: Worker, or recovery.
 */
void raft_wal_mark(struct raft_wal *wal, const struct raft_disk_point *at)
{
	struct raft_wal_marks *m = &wal->marks;
	u64 behind = m->every;

	spin_lock(&wal->lock);
	if (m->n)
		behind = apart(m, mark(m, m->n - 1), at);
	/* The table has room, and if not, the walk is longer. */
	if (behind >= m->every && m->n < m->size)
		*mark(m, m->n++) = *at;
	spin_unlock(&wal->lock);
}

/**
 * raft_wal_marks_trim() - forget what is not in the log any more
 * @wal: log
 *
 * Context: Worker, which has moved base or tail.
 */
void raft_wal_marks_trim(struct raft_wal *wal)
{
	struct raft_wal_marks *m = &wal->marks;

	spin_lock(&wal->lock);
	while (m->n && mark(m, m->n - 1)->index > wal->tail.index)
		m->n--;
	while (m->n && mark(m, 0)->index <= wal->state.base.index) {
		m->first = m->first + 1 < m->size ? m->first + 1 : 0;
		m->n--;
	}
	spin_unlock(&wal->lock);
}

/**
 * raft_wal_mark_before() - the last place that is known before a record's end
 * @wal: log, whose lock is held
 * @base: where the log begins
 * @index: of the record, not below that of @base
 *
 * Context: Any, under wal->lock.
 * Return: the place.
 */
struct raft_disk_point raft_wal_mark_before(struct raft_wal *wal,
					    const struct raft_disk_point *base,
					    u64 index)
{
	struct raft_wal_marks *m = &wal->marks;
	u32 low = 0, high = m->n, mid;

	/* All below @low are not behind @index, all from @high on are. */
	while (low < high) {
		mid = low + (high - low) / 2;
		if (mark(m, mid)->index <= index)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || mark(m, low - 1)->index < base->index)
		return *base;
	return *mark(m, low - 1);
}

/**
 * raft_wal_before() - up to where may be dropped if so much is to stay?
 * @wal: log
 * @bytes: of the file, that are to stay behind
 *
 * Of what is known without a look at the disk: about two spaces between marks
 * more than @bytes stay.
 *
 * Context: Any.
 * Return: the index of a durable entry; 0: nothing is so far back.
 */
u64 raft_wal_before(struct raft_wal *wal, u64 bytes)
{
	struct raft_wal_marks *m = &wal->marks;
	u64 index = 0;
	u32 i;

	spin_lock(&wal->lock);
	for (i = m->n; i-- > 0 && !index;)
		if (apart(m, mark(m, i), mark(m, m->n - 1)) >= bytes)
			index = mark(m, i)->index;
	spin_unlock(&wal->lock);
	return index;
}

/* --- walk --------------------------------------------------------------- */

static int walk_read(void *ctx, u64 pos, void *buf, u32 len)
{
	struct raft_wal_walk *w = ctx;

	if (raft_wal_fault_unread(w->wal))
		return -EIO;
	/* @buf is in the area, behind its start if what is before it was read alone. */
	return w->wal->backend->fetch(w->wal, pos, w->area,
				      (u32)((u8 *)buf - w->area->buf), len);
}

/**
 * raft_wal_walk_init() - prepare to go from record to record
 * @w: walk
 * @wal: log
 * @area: of at least RAFT_DISK_BUF bytes
 *
 * Context: Any.
 */
void raft_wal_walk_init(struct raft_wal_walk *w, struct raft_wal *wal,
			struct raft_wal_area *area)
{
	memset(w, 0, sizeof(*w));
	w->wal = wal;
	w->area = area;
	w->scan.read = walk_read;
	w->scan.ctx = w;
	w->scan.buf = area->buf;
}

/**
 * raft_wal_walk_to() - go to where a record ends
 * @w: walk
 * @st: hard state: what the log is
 * @from: where a record ends that is not behind it
 * @index: of the record
 *
 * w->scan.tail is the place then.
 *
 * Context: May sleep for the disk.
 * Return: 0, -EILSEQ (w->scan.bad tells what is not good), or an I/O error.
 */
int raft_wal_walk_to(struct raft_wal_walk *w, const struct raft_disk_state *st,
		     const struct raft_disk_point *from, u64 index)
{
	struct raft_disk_record rec;
	const u8 *data;
	int err;

	raft_disk_walk(&w->scan, &w->wal->super, st, from);
	while (w->scan.tail.index < index) {
		err = raft_disk_next(&w->scan, &rec, &data);
		if (err)
			return err == -ENOENT ? -EILSEQ : err;
	}
	return 0;
}

/**
 * raft_wal_seek() - where does a record end?
 * @wal: log
 * @index: of a durable record, or of the base
 * @at: out: the place
 *
 * Context: Worker, while nothing is in flight and the buffer is empty.
 * Return: 0, -EILSEQ, or an I/O error.
 */
int raft_wal_seek(struct raft_wal *wal, u64 index, struct raft_disk_point *at)
{
	struct raft_wal_walk *w = &wal->walk;
	struct raft_disk_point from;
	int err;

	if (index == wal->tail.index) {
		*at = wal->tail;
		return 0;
	}
	raft_wal_enlarge(wal);
	raft_wal_walk_init(w, wal, wal->area);
	spin_lock(&wal->lock);
	from = raft_wal_mark_before(wal, &wal->state.base, index);
	spin_unlock(&wal->lock);
	err = raft_wal_walk_to(w, &wal->state, &from, index);
	if (err == -EILSEQ)
		pr_err("group %llx node %u: log is damaged at index %llu, byte %llu: %s\n",
		       wal->super.group_id, wal->super.node_id,
		       w->scan.bad.index, w->scan.bad.pos,
		       raft_disk_reason_name(w->scan.bad.reason));
	*at = w->scan.tail;
	return err;
}
