// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_ioctl.c - RAFT_IOC_SNAPSHOT.
 *
 * Owns the way of a snapshot in from a process.  The caller does all the work himself,
 * in bounded chunks: copies, syncs, makes current; the owner is asked for the image at
 * the start, told at the end, and waits for nothing.
 *
 * Any process may enter, many at once on one file; everything here may sleep.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/stddef.h>

#include "chardev.h"
#include "group.h"
#include "ioctl.h"
#include "order.h"
#include "snapshot.h"
#include "trace.h"

/* That of version 3, which brought it: a smaller size was never valid. */
#define RAFT_SNAPSHOT_V3	offsetofend(struct raft_ioc_snapshot, bytes)

#define COMPACT_STEP		16384	/* entries that the owner drops in a step */

/**
 * struct taking - a snapshot that is being taken
 * @g: the group
 * @s: its snapshots; the caller holds fill
 * @slot: where it goes
 * @from: where the state machine's bytes come from
 * @of: what is known of it so far
 * @image: bytes of its image
 * @image_crc: raft_slot_crc() of it
 * @crc: of all so far
 * @synced: bytes that are durable
 * @bare: the image is all of it: a witness's
 */
struct taking {
	struct raft_group *g;
	struct raft_snapshots *s;
	struct raft_slot_file *slot;
	struct file *from;
	struct raft_snapshot of;
	u32 image;
	u32 image_crc;
	u32 crc;
	u64 synced;
	bool bare;
};

static int give_up(const struct taking *t)
{
	if (READ_ONCE(t->g->stopping))
		return -ECANCELED;
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* The owner's inbox may be full for a moment. */
static int order(struct raft_group *g, struct raft_order *o)
{
	u32 outcome;
	int err;

	while ((err = raft_order_give(g, o, U32_MAX, &outcome)) == -EAGAIN &&
	       outcome == RAFT_OUTCOME_NONE)
		msleep(20);
	return err;
}

static int order_index(struct raft_group *g, enum raft_order_what what,
		       const struct raft_snapshot *of)
{
	struct raft_order *o = raft_order_new(what);
	int err;

	if (!o)
		return -ENOMEM;
	o->snapshot = *of;
	err = order(g, o);
	raft_waiter_put(&o->w);
	return err;
}

/* The next bytes, in order. */
static int add(struct taking *t, const void *buf, size_t len)
{
	int err;

	if (len > RAFT_SLOT_TOTAL_MAX - t->of.total)
		return -EFBIG;
	err = raft_slot_write(t->slot, t->of.total, buf, len);
	if (err)
		return err;
	t->crc = raft_slot_crc(t->crc, buf, len);
	t->of.total += len;
	raft_snapshots_progress(t->s, &t->of, t->of.total, true);
	/* All at the end would keep the log on the same disk waiting. */
	if (t->of.total - t->synced < RAFT_SNAPSHOT_SYNC)
		return 0;
	err = raft_slot_sync(t->slot, t->synced, t->of.total);
	t->synced = t->of.total;
	return err;
}

/*
 * The core's own state at an index, as bytes in *@op; put it.  If @replay it is
 * made here, and the core only told.
 */
static int encode_once(struct raft_group *g, u64 index, bool replay,
		       struct raft_order **op)
{
	struct raft_order *o = raft_order_new(RAFT_ORDER_ENCODE);
	int err = 0;

	if (!o)
		return -ENOMEM;
	o->snapshot.index = index;
	o->meta = kvmalloc(RAFT_SNAPSHOT_META, GFP_KERNEL_ACCOUNT);
	if (!o->meta)
		err = -ENOMEM;
	if (!err && replay)
		err = raft_snapshot_replay(g, index, o->meta, &o->meta_len,
					   &o->snapshot.term);
	if (!err)
		err = order(g, o);
	if (err)
		raft_waiter_put(&o->w);
	*op = o;
	return err;
}

/* The core goes a part of the way through the log each time it is asked. */
static int encode(struct raft_group *g, u64 index, struct raft_order **op)
{
	int err;

	do
		err = encode_once(g, index, false, op);
	while (err == -EAGAIN);
	if (err == -ESTALE)
		err = encode_once(g, index, true, op);
	return err;
}

/* Nothing of the slot is touched before the core has agreed. */
static int add_image(struct taking *t)
{
	struct raft_order *o;
	int err;

	err = encode(t->g, t->of.index, &o);
	if (err)
		return err;
	t->of.index = o->snapshot.index;
	t->of.term = o->snapshot.term;
	t->image = o->meta_len;
	t->image_crc = raft_slot_crc(0, o->meta, o->meta_len);
	err = raft_snapshots_begin(t->s, t->slot);
	if (!err)
		err = add(t, o->meta, o->meta_len);
	raft_waiter_put(&o->w);
	return err;
}

static int add_content(struct taking *t)
{
	u8 *buf = kvmalloc(RAFT_SNAPSHOT_BUF, GFP_KERNEL_ACCOUNT);
	loff_t pos = 0;
	ssize_t n = 1;
	int err = buf ? 0 : -ENOMEM;

	while (!err && n) {
		err = give_up(t);
		if (err)
			break;
		n = kernel_read(t->from, buf, RAFT_SNAPSHOT_BUF, &pos);
		if (n == -ERESTARTSYS)
			err = -EINTR;
		else if (n)
			err = n < 0 ? n : add(t, buf, n);
		cond_resched();
	}
	kvfree(buf);
	return err;
}

static int take(struct taking *t)
{
	int err;

	err = add_image(t);
	if (!err && t->from)
		err = add_content(t);
	if (err)
		return err;
	t->of.id = t->bare ? 0 : raft_slot_id(t->image_crc, t->crc);
	err = raft_snapshots_switch(t->s, t->slot, &t->of, t->image);
	if (err)
		return err;
	t->s->taken++;
	/* Only who is killed does not wait for this; it is done all the same. */
	return order_index(t->g, RAFT_ORDER_TAKEN, &t->of);
}

/* The slot, if nobody needs what is in it. */
static int claim(struct taking *t)
{
	struct raft_snapshots *s = t->s;
	struct raft_snapshot of;
	int err = 0;

	if (t->from && (t->from->f_mapping->host == s->slot[0].host ||
			t->from->f_mapping->host == s->slot[1].host))
		return -EINVAL;
	down_read(&s->sem);
	t->slot = raft_snapshots_other(s);
	of = t->slot->head.of;
	if (s->closed)
		err = -ECANCELED;
	else if (t->slot->opens)
		err = -EBUSY;
	else if (t->slot->head.state == RAFT_SLOT_PARTIAL &&
		 of.index > raft_group_applied(t->g))
		err = -EBUSY;
	up_read(&s->sem);
	if (!err && t->slot->head.state == RAFT_SLOT_PARTIAL)
		raft_snapshot_refuse(s, &of, -EBUSY);
	return err;
}

static void trace(const struct taking *t, enum raft_snapshot_act act, int error)
{
	const struct raft_ioc_start *ioc = &t->g->params.ioc;

	trace_raft_snapshot(ioc->name, ioc->node_id, act, &t->of, 0,
			    t->of.total, error);
}

static int take_locked(struct taking *t)
{
	bool begun = false;
	int err;

	trace(t, RAFT_SNAP_TAKE, 0);
	err = claim(t);
	if (!err) {
		err = take(t);
		begun = true;
	}
	trace(t, RAFT_SNAP_TAKEN, err);
	if (begun)
		raft_snapshots_progress(t->s, NULL, 0, false);
	/* Room for others; what was current is so still. */
	if (begun && err && t->slot->head.state == RAFT_SLOT_EMPTY &&
	    !raft_snapshot_crash(t->s, 0))
		raft_slot_cut(t->slot, 0);
	return err;
}

/**
 * raft_snapshot_compact - drop entries that a snapshot has
 * @g: the group
 * @to: up to there; those that are gone already do not count
 *
 * In steps, for the owner has others to serve.
 *
 * Context: a process, may sleep.
 * Return: 0; -EINVAL: the snapshot does not reach so far; -ENOMEM; -EINTR;
 *	-ECANCELED, -EIO: the group stopped, or failed.
 */
int raft_snapshot_compact(struct raft_group *g, u64 to)
{
	struct raft_snapshot last, at = {
		.index = READ_ONCE(g->pub.st.first) - 1,
	};
	int err = 0;

	if (to <= at.index)
		return 0;
	if (!raft_snapshots_current(g, &last) || to > last.index)
		return -EINVAL;
	raft_snapshots_floor(g, to + 1);
	while (!err && at.index < to) {
		at.index = min(at.index + COMPACT_STEP, to);
		err = order_index(g, RAFT_ORDER_COMPACT, &at);
	}
	return err;
}

/**
 * raft_snapshot_take - take a snapshot and cut the log
 * @g: the group
 * @from: the state machine's bytes, from the start of the file to its end; NULL:
 *	none
 * @index: last index in it; 0: a witness's, of what is applied
 * @keep: entries up to @index to be kept in the log; U64_MAX: all
 * @bytes: set: how many came from @from
 *
 * Context: a process, may sleep, killable.
 * Return: 0; see RAFT_IOC_SNAPSHOT in uapi/linux/raft.h.
 */
int raft_snapshot_take(struct raft_group *g, struct file *from, u64 index,
		       u64 keep, u64 *bytes)
{
	struct taking t = {
		.g = g,
		.s = g->snapshots,
		.from = from,
		.of = { .index = index },
		.bare = !index,
	};
	int err;

	if (!t.s)
		return -EOPNOTSUPP;
	if (!mutex_trylock(&t.s->fill))
		return -EBUSY;
	err = take_locked(&t);
	mutex_unlock(&t.s->fill);
	if (err)
		return err;
	*bytes = t.of.total - t.image;
	if (raft_snapshot_crash(t.s, 5))
		return -EIO;
	return keep < t.of.index ?
		raft_snapshot_compact(g, t.of.index - keep) : 0;
}

/* What waits for somebody to write would keep the group from being stopped. */
static bool readable(const struct file *file)
{
	return S_ISREG(file_inode(file)->i_mode) && file->f_mode & FMODE_READ &&
	       file->f_op->read_iter && !file->f_op->read;
}

/**
 * raft_snapshot_ioctl() - RAFT_IOC_SNAPSHOT
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_snapshot
 *
 * Context: process, may sleep as long as copying takes; killable.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_snapshot_ioctl(struct file *file, void __user *arg)
{
	struct raft_ioc_snapshot ioc;
	struct raft_group *g;
	struct file *from;
	int err;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	err = raft_ioctl_copy_in(&ioc, sizeof(ioc), RAFT_SNAPSHOT_V3, arg);
	if (err)
		return err;
	if (ioc.flags & ~RAFT_SNAPSHOT_NO_COMPACT || ioc.reserved ||
	    !ioc.index || ioc.index > RAFT_MAX_INDEX ||
	    (ioc.flags & RAFT_SNAPSHOT_NO_COMPACT && ioc.keep))
		return -EINVAL;
	g = raft_chardev_group(file);
	if (IS_ERR(g))
		return PTR_ERR(g);
	from = fget(ioc.fd);
	if (!from)
		return -EBADF;
	if (!readable(from)) {
		fput(from);
		return -EINVAL;
	}
	ioc.bytes = 0;
	err = raft_snapshot_take(g, from, ioc.index,
				 ioc.flags & RAFT_SNAPSHOT_NO_COMPACT ?
				 U64_MAX : ioc.keep, &ioc.bytes);
	fput(from);
	return err ?: raft_ioctl_copy_out(arg, &ioc, sizeof(ioc));
}
