// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_file.c - one slot: bytes to and from its file.
 *
 * Owns the talk with the file system, through the page cache, with the
 * privileges of who opened the file.  May sleep as long as the disk likes, so the
 * owner thread must never come here.  Decides nothing: what is in which slot is
 * snapshot.c's.
 *
 * Zeros are not written: behind what a slot has there is a hole, so a sparse
 * snapshot stays so.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/string.h>

#include "snapshot.h"
#include "wal.h"

#define WRITE_ONCE_BYTES	65536	/* looked at for zeros */

static DEFINE_MUTEX(in_use_lock);	/* protects in_use and its links */
static LIST_HEAD(in_use);

/**
 * raft_slot_file_check - may this open file be a slot?
 * @file: the file
 *
 * Context: process.
 * Return: 0, -EINVAL, -EBUSY.
 */
int raft_slot_file_check(const struct file *file)
{
	const struct inode *inode = file->f_mapping->host;

	if (!S_ISREG(inode->i_mode))
		return -EINVAL;
	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) !=
	    (FMODE_READ | FMODE_WRITE))
		return -EINVAL;
	if (!(file->f_mode & FMODE_CAN_WRITE) || !file->f_op->write_iter ||
	    !file->f_op->read_iter)
		return -EINVAL;
	if (file->f_flags & (O_APPEND | O_DIRECT))
		return -EINVAL;
	if (IS_SWAPFILE(inode) || IS_IMMUTABLE(inode))
		return -EBUSY;
	return 0;
}

/**
 * raft_slot_open - take a file for a slot
 * @slot: zeroed
 * @file: checked; the slot takes a reference of its own
 *
 * Context: process.
 * Return: 0; -EBUSY: it is a slot already.
 */
int raft_slot_open(struct raft_slot_file *slot, struct file *file)
{
	struct raft_slot_file *other;
	int err = 0;

	slot->host = file->f_mapping->host;
	mutex_lock(&in_use_lock);
	list_for_each_entry(other, &in_use, node)
		if (other->host == slot->host)
			err = -EBUSY;
	if (!err) {
		slot->file = get_file(file);
		list_add(&slot->node, &in_use);
	}
	mutex_unlock(&in_use_lock);
	return err;
}

/**
 * raft_slot_close - give the file back
 * @slot: open or not; nobody uses its file any more
 *
 * Context: process.
 */
void raft_slot_close(struct raft_slot_file *slot)
{
	if (!slot->file)
		return;
	mutex_lock(&in_use_lock);
	list_del(&slot->node);
	mutex_unlock(&in_use_lock);
	fput(slot->file);
	slot->file = NULL;
}

/* All of @len bytes, or an error. */
static int file_io(struct file *file, u64 at, void *buf, size_t len, bool write)
{
	const struct cred *old = override_creds(file->f_cred);
	loff_t pos = at;
	ssize_t n = 0;

	while (len) {
		n = write ? kernel_write(file, buf, len, &pos) :
			    kernel_read(file, buf, len, &pos);
		if (n <= 0)
			break;
		buf += n;
		len -= n;
	}
	revert_creds(old);
	if (!len)
		return 0;
	return n < 0 ? (int)n : -EIO;	/* of a read: the file became shorter */
}

static int file_read(struct file *file, u64 at, void *buf, size_t len)
{
	return file_io(file, at, buf, len, false);
}

static int file_write(struct file *file, u64 at, const void *buf, size_t len)
{
	return file_io(file, at, (void *)buf, len, true);
}

/**
 * raft_slot_load - read the head of a slot
 * @slot: open; its head is filled in, empty if there is none
 * @buf: RAFT_SLOT_HEAD bytes to work in
 *
 * Context: process, may sleep.
 * Return: 0, what raft_slot_decode() says but -ENODATA, or an error of the file
 * system.
 */
int raft_slot_load(struct raft_slot_file *slot, u8 *buf)
{
	u64 size = i_size_read(slot->host);
	int err;

	memset(buf, 0, RAFT_SLOT_HEAD);
	memset(&slot->head, 0, sizeof(slot->head));
	/* The log is cut on the strength of what is found. */
	err = raft_file_settle(slot->file);
	if (!err)
		err = file_read(slot->file, 0, buf,
				min_t(u64, size, RAFT_SLOT_HEAD));
	if (!err)
		err = raft_slot_decode(&slot->head, buf, size);
	return err == -ENODATA ? 0 : err;
}

/**
 * raft_slot_cut - let a slot have no more than its first bytes
 * @slot: not current
 * @bytes: of content that stay; 0: nothing, not even the head
 *
 * Context: process or worker, may sleep.
 * Return: 0 or an error of the file system.
 */
int raft_slot_cut(struct raft_slot_file *slot, u64 bytes)
{
	const struct cred *old = override_creds(slot->file->f_cred);
	int err;

	err = vfs_truncate(&slot->file->f_path,
			   bytes ? RAFT_SLOT_HEAD + bytes : 0);
	revert_creds(old);
	return err;
}

/**
 * raft_slot_write - write content, all zeros as a hole
 * @slot: cut at @offset, or before
 * @offset: in the content
 * @buf: bytes
 * @len: how many
 *
 * Context: process or worker, may sleep.
 * Return: 0 or an error of the file system.
 */
int raft_slot_write(struct raft_slot_file *slot, u64 offset, const void *buf,
		    size_t len)
{
	size_t n;
	int err;

	for (; len; offset += n, buf += n, len -= n) {
		n = min_t(size_t, len, WRITE_ONCE_BYTES);
		if (!memchr_inv(buf, 0, n))
			continue;
		err = file_write(slot->file, RAFT_SLOT_HEAD + offset, buf, n);
		if (err)
			return err;
	}
	return 0;
}

/**
 * raft_slot_read - read content
 * @slot: the slot
 * @offset: in the content
 * @buf: filled
 * @len: bytes, all of which the slot has
 *
 * Context: process or worker, may sleep.
 * Return: 0 or an error of the file system.
 */
int raft_slot_read(struct raft_slot_file *slot, u64 offset, void *buf,
		   size_t len)
{
	return file_read(slot->file, RAFT_SLOT_HEAD + offset, buf, len);
}

/**
 * raft_slot_sync - make content durable
 * @slot: the slot
 * @from: offset in the content
 * @to: end of it
 *
 * Context: process or worker, may sleep.
 * Return: 0 or an error of the file system.
 */
int raft_slot_sync(struct raft_slot_file *slot, u64 from, u64 to)
{
	/* A hole at the end needs the size of the file. */
	if (i_size_read(slot->host) < RAFT_SLOT_HEAD + to) {
		int err = raft_slot_cut(slot, to);

		if (err)
			return err;
	}
	return vfs_fsync_range(slot->file, RAFT_SLOT_HEAD + from,
			       RAFT_SLOT_HEAD + to - 1, 1);
}

/**
 * raft_slot_put_head - write the head of a slot
 * @slot: the slot; its head in memory stays as it is
 * @head: what to write
 * @buf: RAFT_SLOT_HEAD bytes to work in
 * @sync: make it durable; else the next sync does
 *
 * Context: process or worker, may sleep.
 * Return: 0 or an error of the file system.
 */
int raft_slot_put_head(struct raft_slot_file *slot, const struct raft_slot *head,
		       u8 *buf, bool sync)
{
	int err;

	raft_slot_encode(head, buf);
	err = file_write(slot->file, 0, buf, RAFT_SLOT_HEAD);
	if (err || !sync)
		return err;
	return vfs_fsync_range(slot->file, 0, RAFT_SLOT_HEAD - 1, 1);
}
