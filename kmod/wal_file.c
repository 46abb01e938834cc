// SPDX-License-Identifier: GPL-2.0
/*
 * wal_file.c - backends of the write-ahead log: direct I/O, and page cache and fsync.
 *
 * Owns the talk with the file system.  Must never be called by the owner
 * thread: all of it waits for the disk.
 *
 * direct: IOCB_DSYNC makes the data and the metadata needed to find it durable
 * before the completion, with a cache flush or FUA as the device wants.
 * buffered: where a file has no direct I/O (tmpfs on 6.1), or its device cannot
 * write blocks as small as those of the log.
 *
 * Memory is passed as bvec: 6.1 cannot do direct I/O from a kvec.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/uio.h>

#include "wal_internal.h"

#define NOMEM_TRIES	500	/* of a write for which there is no memory */
#define NOMEM_DELAY_MS	20
#define SETTLE_TRIES	50	/* to drop pages that are in use */
#define SETTLE_DELAY_MS	20

/**
 * raft_file_device() - where the bytes of a file are in the end
 * @file: regular file or block device
 *
 * Context: Any.
 * Return: the block device, NULL if there is none.
 */
struct block_device *raft_file_device(struct file *file)
{
	if (S_ISBLK(file_inode(file)->i_mode))
		return I_BDEV(file->f_mapping->host);
	return file_inode(file)->i_sb->s_bdev;
}

/**
 * raft_file_settle() - let what is read of a file be what is on the disk
 * @file: of a log, or of a slot of snapshots, before it is looked at
 *
 * Pages that a crash of the group (not of the machine) left dirty become durable
 * first; then they are dropped, lest a page whose writeback failed be read as if it
 * were there.  Somebody else may be reading one just now.
 *
 * Context: Process context; sleeps for the disk.
 * Return: 0; -EBUSY pages are in use; or an error of the file system.
 */
int raft_file_settle(struct file *file)
{
	int err = vfs_fsync(file, 0);
	int tries = 0;

	if (err || !raft_file_device(file))
		return err;
	do
		err = invalidate_inode_pages2(file->f_mapping);
	while (err == -EBUSY && ++tries < SETTLE_TRIES &&
	       !msleep_interruptible(SETTLE_DELAY_MS));
	return err;
}

/*
 * The file system had no memory: it has promised nothing, and the write is tried
 * again, for ten seconds.  A sync is not, in any case.
 */
static bool write_again(ssize_t ret, int *tries)
{
	if (ret != -ENOMEM || ++*tries == NOMEM_TRIES)
		return false;
	msleep(NOMEM_DELAY_MS);
	return true;
}

/*
 * Waits for the disk: the caller is a real-time thread of ours.  The completion of an
 * asynchronous write would come by a worker of the file system, which is none.
 */
static int direct_write(struct raft_wal *wal, u64 pos, struct bio_vec *bvec,
			u32 len)
{
	struct file *file = wal->file;
	struct iov_iter iter;
	struct kiocb iocb;
	int tries = 0;
	ssize_t ret;

	file_start_write(file);
	do {
		iov_iter_bvec(&iter, ITER_SOURCE, bvec,
			      DIV_ROUND_UP(len, PAGE_SIZE), len);
		init_sync_kiocb(&iocb, file);
		iocb.ki_pos = pos;
		iocb.ki_flags |= IOCB_DIRECT | IOCB_WRITE;
		if (!raft_wal_fault_nosync(wal))
			iocb.ki_flags |= IOCB_DSYNC;
		ret = file->f_op->write_iter(&iocb, &iter);
	} while (write_again(ret, &tries));
	file_end_write(file);
	if (ret < 0)
		return (int)ret;
	return ret == len ? 0 : -EIO;	/* a short write */
}

/*
 * Through the page cache, also for files opened with O_DIRECT: recovery reads
 * so, after the cache was dropped and before the first write.
 */
static int file_read(struct raft_wal *wal, u64 pos, void *buf, u32 len)
{
	struct kvec kvec = { .iov_base = buf, .iov_len = len };
	struct iov_iter iter;
	struct kiocb iocb;
	ssize_t ret;

	iov_iter_kvec(&iter, ITER_DEST, &kvec, 1, len);
	init_sync_kiocb(&iocb, wal->file);
	iocb.ki_pos = pos;
	iocb.ki_flags &= ~IOCB_DIRECT;
	while (iov_iter_count(&iter)) {
		ret = wal->file->f_op->read_iter(&iocb, &iter);
		if (ret < 0)
			return (int)ret;
		if (!ret)
			return -EIO;	/* the file became shorter */
	}
	return 0;
}

/* Around the page cache: what is on the disk, not what a page of it once was. */
static int direct_fetch(struct raft_wal *wal, u64 pos, struct raft_wal_area *to,
			u32 at, u32 len)
{
	struct iov_iter iter;
	struct kiocb iocb;
	ssize_t ret;

	iov_iter_bvec(&iter, ITER_DEST, to->bvec,
		      DIV_ROUND_UP(at + len, PAGE_SIZE), at + len);
	iov_iter_advance(&iter, at);
	init_sync_kiocb(&iocb, wal->file);
	iocb.ki_pos = pos;
	iocb.ki_flags |= IOCB_DIRECT;
	ret = wal->file->f_op->read_iter(&iocb, &iter);
	if (ret < 0)
		return (int)ret;
	invalidate_kernel_vmap_range(to->buf + at, len);
	return ret == len ? 0 : -EIO;
}

static int buffered_fetch(struct raft_wal *wal, u64 pos,
			  struct raft_wal_area *to, u32 at, u32 len)
{
	return file_read(wal, pos, to->buf + at, len);
}

/*
 * Synchronous, and durable only by the fsync behind it.  Fewer promises hold
 * here: an error of the writeback that another opener of the file has been told
 * may not reach us.
 */
static int buffered_write(struct raft_wal *wal, u64 pos, struct bio_vec *bvec,
			  u32 len)
{
	struct file *file = wal->file;
	struct iov_iter iter;
	struct kiocb iocb;
	int tries = 0;
	ssize_t ret;

	iov_iter_bvec(&iter, ITER_SOURCE, bvec, DIV_ROUND_UP(len, PAGE_SIZE), len);
	init_sync_kiocb(&iocb, file);
	iocb.ki_pos = pos;
	iocb.ki_flags &= ~IOCB_DIRECT;
	iocb.ki_flags |= IOCB_WRITE;
	file_start_write(file);
	/* Without memory for the next page what is before it was written. */
	do
		ret = file->f_op->write_iter(&iocb, &iter);
	while (write_again(ret, &tries) || (ret > 0 && iov_iter_count(&iter)));
	file_end_write(file);
	if (ret < 0)
		return (int)ret;
	if (iov_iter_count(&iter))
		return -EIO;
	return vfs_fsync_range(file, pos, pos + len - 1, 1);
}

const struct raft_wal_backend raft_wal_direct = {
	.name = "direct",
	.write = direct_write,
	.read = file_read,
	.fetch = direct_fetch,
};

const struct raft_wal_backend raft_wal_buffered = {
	.name = "buffered",
	.write = buffered_write,
	.read = file_read,
	.fetch = buffered_fetch,
};
