// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_open.c - RAFT_IOC_SNAPSHOT_OPEN: the files by which processes read one.
 *
 * Owns what such a file shows: the bytes of the state machine, as long as its slot has
 * them and they are what was written.
 *
 * Any process may enter, many at once on one file; everything here may sleep.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/uio.h>

#include "chardev.h"
#include "group.h"
#include "ioctl.h"
#include "snapshot.h"

/* That of version 3, which brought it: a smaller size was never valid. */
#define RAFT_SNAPSHOT_OPEN_V3	offsetofend(struct raft_ioc_snapshot_open, bytes)

/**
 * struct snapshot_file - an open snapshot
 * @g: the group, referenced
 * @slot: where it is
 * @content: raft_slot_file.content: with another one it is gone
 * @image: bytes to skip
 * @size: bytes of the state machine
 * @of: the snapshot
 * @lock: protects @sum
 * @sum: of what was read in order
 */
struct snapshot_file {
	struct raft_group *g;
	struct raft_slot_file *slot;
	u64 content;
	u32 image;
	u64 size;
	struct raft_snapshot of;
	struct mutex lock;	/* protects sum */
	struct raft_slot_sum sum;
};

static int read_chunk(struct snapshot_file *f, u64 pos, void *buf, size_t len)
{
	struct raft_snapshots *s = f->g->snapshots;
	int err;

	err = down_read_killable(&s->sem);
	if (err)
		return err;
	if (s->closed)
		err = -ECANCELED;
	else if (f->slot->content != f->content)
		err = -ESTALE;
	else if (f->slot->damaged)
		err = -EILSEQ;
	else
		err = raft_slot_read(f->slot, f->image + pos, buf, len);
	up_read(&s->sem);
	return err;
}

/* The image was checked when the group started, or when it was made. */
static void sum_begin(struct snapshot_file *f)
{
	f->sum.at = f->image;
	f->sum.crc = f->of.id >> 32;
}

/* Who reads from the start to the end is told if it is not what was written. */
static int check_chunk(struct snapshot_file *f, u64 pos, const void *buf,
		       size_t len)
{
	bool good;

	mutex_lock(&f->lock);
	if (!pos)
		sum_begin(f);
	good = raft_slot_sum_add(&f->sum, &f->of, f->image + pos, buf, len);
	mutex_unlock(&f->lock);
	if (good)
		return 0;
	raft_snapshots_damaged(f->g->snapshots, f->slot, f->content);
	return -EILSEQ;
}

static ssize_t snapshot_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct snapshot_file *f = iocb->ki_filp->private_data;
	u64 pos = iocb->ki_pos;
	size_t n = iov_iter_count(to);
	ssize_t ret;
	void *buf;

	if (pos >= f->size || !n)
		return 0;
	n = min_t(u64, min_t(u64, n, RAFT_SNAPSHOT_BUF), f->size - pos);
	buf = kvmalloc(n, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	ret = read_chunk(f, pos, buf, n);
	if (!ret)
		ret = check_chunk(f, pos, buf, n);
	if (!ret) {
		ret = copy_to_iter(buf, n, to);
		iocb->ki_pos += ret;
		ret = ret ?: -EFAULT;
	}
	kvfree(buf);
	return ret;
}

static loff_t snapshot_llseek(struct file *file, loff_t off, int whence)
{
	struct snapshot_file *f = file->private_data;

	return fixed_size_llseek(file, off, whence, f->size);
}

static int snapshot_release(struct inode *inode, struct file *file)
{
	struct snapshot_file *f = file->private_data;

	down_write(&f->g->snapshots->sem);
	f->slot->opens--;
	up_write(&f->g->snapshots->sem);
	raft_group_put(f->g);
	kfree(f);
	return 0;
}

static const struct file_operations snapshot_fops = {
	.owner = THIS_MODULE,
	.release = snapshot_release,
	.read_iter = snapshot_read_iter,
	.llseek = snapshot_llseek,
};

/* What is current, counted as open. */
static int open_current(struct snapshot_file *f,
			struct raft_ioc_snapshot_open *ioc)
{
	struct raft_snapshots *s = f->g->snapshots;
	struct raft_slot_file *slot;
	int err = 0;

	down_write(&s->sem);
	slot = raft_snapshots_slot(s);
	if (s->closed)
		err = -ECANCELED;
	else if (!slot)
		err = -ENODATA;
	else if (slot->damaged)
		err = -EILSEQ;
	if (!err) {
		slot->opens++;
		f->slot = slot;
		f->content = slot->content;
		f->image = slot->head.image;
		f->of = slot->head.of;
		sum_begin(f);
		f->size = slot->head.of.total - f->image;
		ioc->index = slot->head.of.index;
		ioc->term = slot->head.of.term;
		ioc->bytes = f->size;
	}
	up_write(&s->sem);
	return err;
}

static struct file *open_file(struct raft_group *g,
			      struct raft_ioc_snapshot_open *ioc)
{
	struct snapshot_file *f = kzalloc(sizeof(*f), GFP_KERNEL_ACCOUNT);
	struct file *file;
	int err;

	if (!f)
		return ERR_PTR(-ENOMEM);
	kref_get(&g->ref);
	f->g = g;
	mutex_init(&f->lock);
	err = open_current(f, ioc);
	if (err) {
		raft_group_put(g);
		kfree(f);
		return ERR_PTR(err);
	}
	file = anon_inode_getfile("[raft-snapshot]", &snapshot_fops, f,
				  O_RDONLY);
	if (!IS_ERR(file)) {
		file->f_mode |= FMODE_LSEEK | FMODE_PREAD;
		return file;
	}
	down_write(&g->snapshots->sem);
	f->slot->opens--;
	up_write(&g->snapshots->sem);
	raft_group_put(g);
	kfree(f);
	return file;
}

/**
 * raft_snapshot_open_ioctl() - RAFT_IOC_SNAPSHOT_OPEN
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_snapshot_open
 *
 * Context: process, may sleep.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_snapshot_open_ioctl(struct file *file, void __user *arg)
{
	struct raft_ioc_snapshot_open ioc;
	struct raft_group *g;
	struct file *opened;
	int err, fd;

	if (!(file->f_mode & FMODE_READ))
		return -EBADF;
	err = raft_ioctl_copy_in(&ioc, sizeof(ioc), RAFT_SNAPSHOT_OPEN_V3, arg);
	if (err)
		return err;
	if (ioc.flags)
		return -EINVAL;
	g = raft_chardev_group(file);
	if (IS_ERR(g))
		return PTR_ERR(g);
	if (!g->snapshots)
		return -EOPNOTSUPP;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	opened = open_file(g, &ioc);
	if (IS_ERR(opened)) {
		put_unused_fd(fd);
		return PTR_ERR(opened);
	}
	ioc.fd = fd;
	err = raft_ioctl_copy_out(arg, &ioc, sizeof(ioc));
	if (err) {
		put_unused_fd(fd);
		fput(opened);
		return err;
	}
	fd_install(fd, opened);
	return 0;
}
