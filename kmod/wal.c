// SPDX-License-Identifier: GPL-2.0
/*
 * wal.c - the life of a write-ahead log: identity, format, recovery, close.
 *
 * Owns the file from raft_wal_open() to raft_wal_close() and the list of inodes
 * in use.  Must never open a path, format anything that is not zero, or let two
 * groups write to one file.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "wal_internal.h"

static DEFINE_MUTEX(in_use_lock);	/* protects in_use and its links */
static LIST_HEAD(in_use);

/* --- the file ----------------------------------------------------------- */

static int file_check(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct inode *host = file->f_mapping->host;

	if (!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode))
		return -EINVAL;
	if (!(file->f_mode & FMODE_READ) || !(file->f_mode & FMODE_WRITE) ||
	    !(file->f_mode & FMODE_CAN_WRITE) ||
	    !file->f_op->write_iter || !file->f_op->read_iter)
		return -EINVAL;
	/* Positions would be ignored. */
	if (file->f_flags & O_APPEND)
		return -EINVAL;
	if (IS_SWAPFILE(inode) || IS_IMMUTABLE(inode))
		return -EBUSY;
	if (i_size_read(host) < RAFT_DISK_SIZE_MIN)
		return -EINVAL;
	return 0;
}

/*
 * What the device may tear or rewrite as a whole: its physical block, so that
 * no write endangers a durable neighbour (drives that emulate 512 bytes).
 */
static u32 file_block(struct file *file)
{
	struct block_device *bdev = raft_file_device(file);
	u32 block = bdev ? bdev_physical_block_size(bdev) : RAFT_DISK_BLOCK_MAX;

	return clamp_t(u32, rounddown_pow_of_two(block), RAFT_DISK_BLOCK_MIN,
		       RAFT_DISK_BLOCK_MAX);
}

/* Direct if the file can and the log's blocks are not too small for it. */
static const struct raft_wal_backend *file_backend(struct file *file, u32 block)
{
	struct block_device *bdev = raft_file_device(file);

	if (!(file->f_mode & FMODE_CAN_ODIRECT))
		return &raft_wal_buffered;
	if (bdev && bdev_logical_block_size(bdev) > block)
		return &raft_wal_buffered;
	return &raft_wal_direct;
}

/* One log per inode; a block device has one inode whatever its nodes. */
static int claim(struct raft_wal *wal)
{
	struct raft_wal *other;
	int err = 0;

	mutex_lock(&in_use_lock);
	list_for_each_entry(other, &in_use, node)
		if (other->host == wal->host)
			err = -EBUSY;
	if (!err)
		list_add(&wal->node, &in_use);
	mutex_unlock(&in_use_lock);
	return err;
}

/* --- synchronous writes, at open and close ------------------------------ */

static int write_slot(struct raft_wal *wal, u64 pos)
{
	wal->writes++;
	wal->bytes += RAFT_DISK_SLOT;
	return wal->backend->write(wal, pos, &wal->page_bvec, RAFT_DISK_SLOT);
}

static int write_state(struct raft_wal *wal)
{
	raft_disk_state_encode(&wal->state, wal->super.log_id,
			       page_address(wal->page));
	return write_slot(wal, raft_disk_state_pos(wal->state.generation));
}

/*
 * Nothing has been promised yet, so this is the one place where a refusal of
 * direct I/O (alignment, a stacked file system) may be answered by the other
 * backend.
 */
static int write_state_first(struct raft_wal *wal)
{
	int err = write_state(wal);

	if ((err == -EINVAL || err == -EOPNOTSUPP) &&
	    wal->backend == &raft_wal_direct) {
		wal->backend = &raft_wal_buffered;
		err = write_state(wal);
	}
	return err;
}

/*
 * The hard state first, the superblock last: if the machine dies in between, the
 * file is still blank to the next try (no_super() in disk.c).
 */
static int format(struct raft_wal *wal, const struct raft_wal_params *params)
{
	struct raft_disk_super *sb = &wal->super;
	u64 size = i_size_read(wal->host);
	int err;

	raft_disk_super_init(sb, size, file_block(wal->file));
	sb->group_id = params->group_id;
	sb->node_id = params->node_id;
	sb->created = params->wall_clock;
	do {
		sb->log_id = get_random_u64();
	} while (!sb->log_id);
	wal->backend = file_backend(wal->file, sb->block);

	/* A hole would be an -ENOSPC at the worst of times. */
	if (S_ISREG(file_inode(wal->file)->i_mode)) {
		err = vfs_fallocate(wal->file, FALLOC_FL_KEEP_SIZE, 0, size);
		if (err && err != -EOPNOTSUPP)
			return err;
	}
	raft_disk_state_init(&wal->state, sb);
	err = write_state_first(wal);
	if (err)
		return err;
	wal->state.generation = 1;
	err = write_state(wal);
	if (err)
		return err;
	raft_disk_super_encode(sb, page_address(wal->page));
	return write_slot(wal, 0);
}

/* --- recovery ----------------------------------------------------------- */

static int scan_read(void *ctx, u64 pos, void *buf, u32 len)
{
	struct raft_wal *wal = ctx;

	return wal->backend->read(wal, pos, buf, len);
}

static int scan_entry(void *ctx, const struct raft_disk_record *rec,
		      const u8 *data)
{
	struct raft_disk_point at = raft_disk_point(rec);

	raft_wal_mark(ctx, &at);
	return 0;
}

static void scan_report(const struct raft_wal_params *params,
			const struct raft_disk_scan *s, int err)
{
	const char *why = raft_disk_reason_name(s->bad.reason);

	if (err == -EILSEQ)
		pr_err("group %llx node %u: log is damaged at index %llu, byte %llu: %s\n",
		       params->group_id, params->node_id, s->bad.index,
		       s->bad.pos, why);
	if (err == -EILSEQ && s->mends && s->reach == RAFT_REACH_LOST)
		pr_warn("group %llx node %u: its term and vote, or what was behind entry %llu, are not known: a leader must let it in\n",
			params->group_id, params->node_id, s->tail.index);
	else if (err == -EILSEQ && s->mends)
		pr_warn("group %llx node %u: entries %llu to %llu are fetched from the other nodes\n",
			params->group_id, params->node_id, s->tail.index + 1,
			s->reach);
	else if (err == -EPROTO)
		pr_err("group %llx node %u: log has version %u, features %llx; known are %u, %llx\n",
		       params->group_id, params->node_id, s->super.version,
		       s->super.incompat, RAFT_DISK_VERSION,
		       RAFT_DISK_INCOMPAT);
	else if (err == -ESTALE)
		pr_err("group %llx node %u: log belongs to group %llx node %u\n",
		       params->group_id, params->node_id, s->super.group_id,
		       s->super.node_id);
	else if (!err && s->torn)
		pr_info("group %llx node %u: dropped an unfinished write at index %llu, byte %llu: %s\n",
			params->group_id, params->node_id, s->bad.index,
			s->bad.pos, why);
	if (!err && s->repaired)
		pr_warn("group %llx node %u: log has bad copies of superblock or hard state (mask %x)\n",
			params->group_id, params->node_id, s->repaired);
}

static int recover(struct raft_wal *wal, const struct raft_wal_params *params,
		   struct raft_wal_boot *boot)
{
	struct raft_disk_scan *s;
	int err;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	raft_wal_enlarge(wal);
	s->buf = wal->area->buf;
	s->read = scan_read;
	s->entry = scan_entry;
	s->ctx = wal;
	s->size = i_size_read(wal->host);
	s->group_id = params->group_id;
	s->node_id = params->node_id;
	err = raft_disk_recover(s);
	if (err == -EMEDIUMTYPE && s->blank && params->create) {
		boot->fresh = true;
		err = format(wal, params);
		if (!err)
			err = raft_disk_recover(s);
	}
	scan_report(params, s, err);
	if (err == -EILSEQ && s->mends)
		err = 0;
	if (err)
		goto free;

	wal->super = s->super;
	wal->backend = file_backend(wal->file, wal->super.block);
	wal->tail = s->tail;
	raft_disk_boot(s, params->wall_clock, &wal->state);
	err = write_state_first(wal);
	wal->durable = wal->state;
	wal->noted = wal->state.durable;
	raft_wal_count_room(wal);

	boot->hs.term = wal->state.term;
	boot->hs.vote = wal->state.vote;
	boot->hs.commit = wal->state.commit;
	boot->hs.reach = wal->state.reach;
	boot->hs.reach_term = wal->state.reach_term;
	boot->incarnation = wal->state.incarnation;
	boot->log_id = wal->super.log_id;
	boot->base = wal->state.base.index;
	boot->base_term = wal->state.base.term;
	boot->last_index = wal->tail.index;
	boot->torn = s->torn;
free:
	kfree(s);
	return err;
}

/* --- life --------------------------------------------------------------- */

static int buffers_init(struct raft_wal *wal)
{
	int err;

	err = raft_wal_area_init(&wal->small, RAFT_WAL_SMALL,
				 GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	err = raft_wal_marks_init(&wal->marks, i_size_read(wal->host));
	if (err)
		return err;
	wal->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!wal->page)
		return -ENOMEM;
	wal->page_bvec.bv_page = wal->page;
	wal->page_bvec.bv_len = RAFT_DISK_SLOT;
	return 0;
}

/**
 * raft_wal_free() - give everything back
 * @wal: log without a worker, perhaps half made
 *
 * Context: Process context.
 */
void raft_wal_free(struct raft_wal *wal)
{
	raft_wal_queue_destroy(wal);
	raft_wal_marks_free(&wal->marks);
	if (wal->page)
		__free_page(wal->page);
	raft_wal_shrink(wal);
	raft_wal_area_free(&wal->small);
	mutex_lock(&in_use_lock);
	list_del(&wal->node);
	mutex_unlock(&in_use_lock);
	fput(wal->file);
	kfree(wal);
}

static struct raft_wal *wal_alloc(struct file *file,
				  const struct raft_wal_ops *ops, void *ctx)
{
	struct raft_wal *wal = kzalloc(sizeof(*wal), GFP_KERNEL);

	if (!wal)
		return NULL;
	wal->file = get_file(file);
	/* Else writes would wait for the file system's journal now and then. */
	wal->file->f_mode |= FMODE_NOCMTIME;
	wal->host = file->f_mapping->host;
	wal->ops = ops;
	wal->ctx = ctx;
	wal->backend = &raft_wal_buffered;
	INIT_LIST_HEAD(&wal->node);
	spin_lock_init(&wal->lock);
	init_waitqueue_head(&wal->idle);
	if (raft_wal_queue_init(wal) || buffers_init(wal)) {
		raft_wal_free(wal);
		return NULL;
	}
	return wal;
}

/**
 * raft_wal_open() - take a file as a log: recover it or format it
 * @walp: out: the log
 * @file: open for reading and writing; the log takes its own reference
 * @params: whose log it must be
 * @ops: owner's functions; not called before the first raft_wal_submit()
 * @ctx: their first argument
 * @boot: out: what was found
 *
 * Reads the whole file once; what is in it is then there for raft_wal_read().  On
 * success the new incarnation is durable.
 *
 * Context: Process context; sleeps for the disk.
 * Return: 0, or -EINVAL (not a file or block device open for reading and
 * writing, O_APPEND, or shorter than RAFT_LOG_MIN), -EBUSY (a log or swap file
 * in use, or its pages are), -EMEDIUMTYPE (not a log, and not to be formatted), -EPROTO (another
 * version), -ESTALE (of another group or node), -EILSEQ (damaged so that nothing
 * can be made of it, see disk_boot.c), -ENOSPC
 * (no room to preallocate), -ENOMEM, or an I/O error.
 */
int raft_wal_open(struct raft_wal **walp, struct file *file,
		  const struct raft_wal_params *params,
		  const struct raft_wal_ops *ops, void *ctx,
		  struct raft_wal_boot *boot)
{
	unsigned int noio;
	struct raft_wal *wal;
	int err;

	memset(boot, 0, sizeof(*boot));
	err = file_check(file);
	if (err)
		return err;
	wal = wal_alloc(file, ops, ctx);
	if (!wal)
		return -ENOMEM;
	err = claim(wal);
	if (err)
		goto free;
	noio = memalloc_noio_save();
	err = raft_file_settle(file);
	if (!err)
		err = recover(wal, params, boot);
	memalloc_noio_restore(noio);
	raft_wal_shrink(wal);
	if (!err)
		err = raft_wal_work_init(wal);
	if (err)
		goto free;
	*walp = wal;
	return 0;

free:
	raft_wal_free(wal);
	return err;
}

/**
 * raft_wal_close() - finish what is in flight and give the file back
 * @wal: log to which nothing will be submitted any more
 * @hs: last hard state, of which only the commit index may be news; or NULL
 *
 * Writes a last hard state that notes the log as complete, unless it failed.
 * ops->done() may still be called during the call, never after it.
 *
 * Context: Process context; waits for the disk, however long it takes.
 */
void raft_wal_close(struct raft_wal *wal, const struct raft_hard_state *hs)
{
	unsigned int noio;
	int err;

	raft_wal_wait_readers(wal);
	WRITE_ONCE(wal->closing, true);
	raft_wal_kick(wal);
	wait_event(wal->idle, raft_wal_is_idle(wal));
	/* It may still write what it took. */
	kthread_cancel_delayed_work_sync(&wal->work);
	kthread_cancel_delayed_work_sync(&wal->note);
	kthread_destroy_worker(wal->worker);
	if (!wal->error) {
		if (hs)
			wal->state.commit = hs->commit;
		wal->state.flags = RAFT_DISK_CLEAN;
		wal->state.generation++;
		noio = memalloc_noio_save();
		err = write_state(wal);
		memalloc_noio_restore(noio);
		if (err)
			pr_warn("group %llx node %u: log not closed cleanly: error %d\n",
				wal->super.group_id, wal->super.node_id, err);
	}
	raft_wal_free(wal);
}

/**
 * raft_wal_stat() - counters
 * @wal: log
 * @st: out
 *
 * Context: Any.
 */
void raft_wal_stat(const struct raft_wal *wal, struct raft_wal_stat *st)
{
	st->size = wal->super.data_end;
	st->room = raft_wal_free_bytes(wal);
	st->base = READ_ONCE(wal->durable.base.index);
	st->full = READ_ONCE(wal->blocked);
	st->writes = READ_ONCE(wal->writes);
	st->bytes = READ_ONCE(wal->bytes);
	st->error = READ_ONCE(wal->error);
}

/**
 * raft_wal_init() - at module load
 *
 * Context: Process context.
 * Return: 0, or -ENOMEM.
 */
int raft_wal_init(void)
{
	return raft_wal_areas_init();
}

/**
 * raft_wal_exit() - at module unload, after the last log was closed
 *
 * Context: Process context.
 */
void raft_wal_exit(void)
{
	WARN_ON_ONCE(!list_empty(&in_use));
	raft_wal_areas_exit();
	/* What closed logs put from a kernel thread: umount may come next. */
	flush_delayed_fput();
}
