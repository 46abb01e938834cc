// SPDX-License-Identifier: GPL-2.0
/*
 * chardev.c - /dev/raft: open files, reading and writing.
 *
 * Owns what belongs to an open file: the group that it is attached to and its
 * cursor.  Touches no core: it reads entries that are applied, which never
 * change, and proposes through raft_group_propose().  Any process may enter,
 * many at once on one file.
 *
 * Namespaces: a file finds groups in the network namespace in which it was
 * opened, wherever it is passed to.  It does not keep that namespace alive (an
 * open file in some other namespace would keep a deleted one running for ever):
 * it holds the namespace's memory only, and the look-up asks first whether the
 * namespace still lives.  An attached file references its group, so it can
 * report the group's end, and read what is left.
 *
 * A file attaches once, for good: poll() and epoll hold on to the group's wait
 * queue as long as the file is open, so the group must not change under them.
 *
 * uapi/linux/raft.h says what each call does.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kobject_ns.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <net/net_namespace.h>

#include "chardev.h"
#include "group.h"
#include "ioctl.h"
#include "lookup.h"
#include "params.h"
#include "payload.h"
#include "snapshot.h"

/**
 * struct raft_file - an open /dev/raft
 * @lock: protects all below; held while records are copied or read from the disk,
 *	never while waiting for new ones
 * @net: constant: namespace of the opener; memory only, it may be dead
 * @group: [lock, set once] attached to, referenced; NULL until the first use
 * @cursor: [lock] next index to read
 * @until: [lock] at -EAGAIN: index that must be applied before there is more
 * @jump: [lock] if entries at @cursor are gone, go on with the snapshot; else say
 *	first that they were overtaken
 * @lookup: [lock] entries that were read from the disk, NULL if it has caught up
 */
struct raft_file {
	struct mutex lock; /* see above */
	struct net *net;
	struct raft_group *group;
	u64 cursor;
	u64 until;
	bool jump;
	struct raft_lookup *lookup;
};

/**
 * raft_chardev_state() - does a group still serve?
 * @g: the group
 *
 * Without a lock: whoever waits on @g->wait is woken after a change.
 *
 * Context: any.
 * Return: 0, -ECANCELED if it was stopped, -EIO if it failed.
 */
int raft_chardev_state(const struct raft_group *g)
{
	if (READ_ONCE(g->stopping))
		return -ECANCELED;
	if (READ_ONCE(g->pub.st.failed))
		return -EIO;
	return 0;
}

/* The group @name of the namespace @rf was opened in, referenced, or NULL. */
static struct raft_group *raft_file_find(struct raft_file *rf, const char *name)
{
	struct raft_group *g;

	/* A dead namespace has stopped its groups and freed their list. */
	if (!maybe_get_net(rf->net))
		return NULL;
	g = raft_group_find(rf->net, name);
	put_net(rf->net);
	return g;
}

/**
 * raft_chardev_group() - the group an open file speaks to
 * @file: an open /dev/raft
 *
 * Attaches the file to the only group of its namespace if it is not attached.
 *
 * Context: may sleep.
 * Return: the group, valid as long as @file is open; or ERR_PTR(-ENODEV).
 */
struct raft_group *raft_chardev_group(struct file *file)
{
	struct raft_file *rf = file->private_data;
	struct raft_group *g;

	mutex_lock(&rf->lock);
	if (!rf->group)
		rf->group = raft_file_find(rf, NULL);
	g = rf->group;
	mutex_unlock(&rf->lock);
	return g ?: ERR_PTR(-ENODEV);
}

/**
 * raft_chardev_attach() - attach an open file to a group
 * @file: an open /dev/raft
 * @name: of a group, or "": the only one
 *
 * Context: may sleep.
 * Return: 0, also if it is attached to this group already; -ENODEV: no such
 * group, or more than one and no name; -EBUSY: attached to another group.
 */
int raft_chardev_attach(struct file *file, const char *name)
{
	struct raft_file *rf = file->private_data;
	struct raft_group *g;
	int err = 0;

	g = raft_file_find(rf, *name ? name : NULL);
	if (!g)
		return -ENODEV;

	mutex_lock(&rf->lock);
	if (!rf->group)
		swap(rf->group, g);
	else if (rf->group != g)
		err = -EBUSY;
	mutex_unlock(&rf->lock);
	if (g)
		raft_group_put(g);
	return err;
}

/**
 * raft_chardev_entry() - an applied entry, likely one that was read just now
 * @file: an open /dev/raft that is attached
 * @index: of the entry
 * @e: a copy; its payload is a reference that the caller puts
 *
 * Context: may sleep for the disk.
 * Return: see raft_lookup().
 */
int raft_chardev_entry(struct file *file, u64 index, struct raft_entry *e)
{
	struct raft_file *rf = file->private_data;
	int err;

	mutex_lock(&rf->lock);
	err = raft_lookup(rf->group, &rf->lookup, index, e);
	mutex_unlock(&rf->lock);
	return err;
}

/* The snapshot that has the entries at the cursor. */
static int raft_file_jump(struct raft_file *rf, struct raft_entry *e,
			  u64 *index)
{
	struct raft_snapshot of;

	lockdep_assert_held(&rf->lock);

	/* It was current before the entries went. */
	if (WARN_ON_ONCE(!raft_snapshots_current(rf->group, &of) ||
			 of.index < rf->cursor))
		return -EIO;
	/* One that came from a leader is about to be taken over. */
	rf->until = of.index;
	if (of.index > raft_group_applied(rf->group))
		return -EAGAIN;
	if (!rf->jump)
		return -EPIPE;
	*index = of.index;
	*e = (struct raft_entry) {
		.type = RAFT_ENTRY_CHUNK,
		.term = of.term,
	};
	return 0;
}

/*
 * Move the cursor over what is not a record, a new leader's no-op or a dropped
 * duplicate, to the next command, and lend its entry with a reference on the
 * payload.  -EAGAIN at the end of what is applied; -EPIPE if compaction overtook
 * the cursor; -EOPNOTSUPP at a witness, which has no command to give.  For entries
 * that a snapshot has, one of type RAFT_ENTRY_CHUNK stands.  *@index is that of
 * the record.  Other errors: see raft_lookup().
 */
static int raft_file_next(struct raft_file *rf, struct raft_entry *e,
			  u64 *index)
{
	struct raft_group *g = rf->group;
	u64 applied = raft_group_applied(g);
	int err;

	lockdep_assert_held(&rf->lock);

	for (; rf->cursor <= applied; rf->cursor++) {
		if (rf->cursor < READ_ONCE(g->floor))
			return raft_file_jump(rf, e, index);
		err = raft_lookup(g, &rf->lookup, rf->cursor, e);
		if (err == -ENOENT)	/* gone in this moment */
			return raft_file_jump(rf, e, index);
		if (err)
			return err;
		if (raft_entry_is_bare(e))
			return -EOPNOTSUPP;
		if (e->type == RAFT_ENTRY_COMMAND &&
		    (e->flags & RAFT_ENTRY_APPLIED)) {
			*index = rf->cursor;
			return 0;
		}
		if (e->payload)
			raft_payload_put(e->payload);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	/* What comes now is in memory. */
	raft_lookup_free(rf->lookup);
	rf->lookup = NULL;
	rf->until = rf->cursor;
	return -EAGAIN;
}

/* Copy one record out: header, command, zeros up to a multiple of 8. */
static int raft_file_copy(u64 index, const struct raft_entry *e,
			  struct iov_iter *to)
{
	const struct raft_payload *payload = e->payload;
	struct raft_record rec = {
		.size = sizeof(rec),
		.len = e->len,
		.index = index,
		.term = e->term,
		.origin = e->origin,
		.incarnation = e->incarnation,
		.serial = e->serial,
		.flags = e->type == RAFT_ENTRY_CHUNK ? RAFT_RECORD_SNAPSHOT : 0,
	};
	size_t pad = ALIGN(e->len, 8) - e->len;

	if (iov_iter_count(to) < sizeof(rec) + e->len + pad)
		return -EINVAL;
	if (copy_to_iter(&rec, sizeof(rec), to) != sizeof(rec))
		return -EFAULT;
	if (e->len && copy_to_iter(payload->data, e->len, to) != e->len)
		return -EFAULT;
	if (iov_iter_zero(pad, to) != pad)
		return -EFAULT;
	return 0;
}

/*
 * As many whole records as fit.  The cursor passes a record only when all of it
 * was copied, so an error in the middle repeats that one.
 */
static ssize_t raft_file_read(struct raft_file *rf, struct iov_iter *to)
{
	size_t room = iov_iter_count(to);
	struct raft_entry e;
	ssize_t done = 0;
	u64 index;
	int err;

	lockdep_assert_held(&rf->lock);

	while (!(err = raft_file_next(rf, &e, &index))) {
		err = raft_file_copy(index, &e, to);
		if (e.payload)
			raft_payload_put(e.payload);
		if (err)
			break;
		rf->cursor = index + 1;
		rf->jump = false;
		done = room - iov_iter_count(to);
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	/* Told once, as /dev/kmsg does: the next read is of the snapshot. */
	if (!done && err == -EPIPE)
		rf->jump = true;
	return done ?: err;
}

static bool raft_file_has_record(struct raft_file *rf)
{
	struct raft_entry e;
	u64 index;
	int err;

	lockdep_assert_held(&rf->lock);

	/* To look whether it is a command, poll() would wait for the disk. */
	if (rf->cursor <= raft_group_applied(rf->group) &&
	    !raft_lookup_in_memory(rf->group, rf->cursor))
		return true;
	err = raft_file_next(rf, &e, &index);
	if (err)
		return err != -EAGAIN;	/* read() has something to say */
	if (e.payload)
		raft_payload_put(e.payload);
	return true;
}

/*
 * The state is read before the log: what was applied before the group ended is
 * still seen, only then the reader learns about the end.
 */
static ssize_t raft_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;
	struct raft_file *rf = file->private_data;
	bool nonblock = (file->f_flags & O_NONBLOCK) ||
			(iocb->ki_flags & IOCB_NOWAIT);
	struct raft_group *g;
	ssize_t ret;
	u64 until;
	int state;

	if (!iov_iter_count(to))
		return 0;
	g = raft_chardev_group(file);
	if (IS_ERR(g))
		return PTR_ERR(g);
	for (;;) {
		state = raft_chardev_state(g);
		mutex_lock(&rf->lock);
		ret = raft_file_read(rf, to);
		until = rf->until;
		mutex_unlock(&rf->lock);

		if (ret != -EAGAIN)
			return ret;
		if (state || nonblock)
			return state ?: -EAGAIN;
		if (wait_event_interruptible(g->wait,
					     raft_group_applied(g) >= until ||
					     raft_chardev_state(g)))
			return -ERESTARTSYS;
	}
}

static ssize_t raft_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	size_t len = iov_iter_count(from);
	struct raft_command c = {};
	struct raft_proposing in = { .commands = &c, .n = 1 };
	struct raft_group *g;
	int err;

	if (!len)
		return -EINVAL;
	if (len > RAFT_COMMAND_MAX)
		return -EMSGSIZE;
	g = raft_chardev_group(file);
	if (IS_ERR(g))
		return PTR_ERR(g);

	c.payload = raft_payload_alloc(len, GFP_KERNEL);
	if (!c.payload)
		return -ENOMEM;
	err = -EFAULT;
	if (!copy_from_iter_full(c.payload->data, len, from))
		goto put_payload;

	if ((file->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT))
		in.flags |= RAFT_PROPOSE_NONBLOCK;
	err = raft_group_propose(g, &in);

put_payload:
	raft_payload_put(c.payload);
	return err ?: len;
}

/* The index that a seek leads to; 0: stay.  -EINVAL. */
static int raft_seek_index(struct raft_group *g, loff_t off, int whence,
			   u64 *to)
{
	/* An index that is not applied yet is fine: read() waits for it. */
	if (whence == SEEK_SET && off >= 0 && off <= RAFT_MAX_INDEX) {
		*to = max_t(u64, off, 1);
		return 0;
	}
	if (whence == SEEK_SET || off)
		return -EINVAL;

	switch (whence) {
	case SEEK_CUR:
		*to = 0;
		return 0;
	case SEEK_END:
		*to = raft_group_applied(g) + 1;
		return 0;
	case SEEK_DATA:
		*to = READ_ONCE(g->floor);
		return 0;
	default:
		return -EINVAL;
	}
}

static loff_t raft_llseek(struct file *file, loff_t off, int whence)
{
	struct raft_file *rf = file->private_data;
	struct raft_group *g = raft_chardev_group(file);
	loff_t ret;
	u64 to;

	if (IS_ERR(g))
		return PTR_ERR(g);
	ret = raft_seek_index(g, off, whence, &to);
	if (ret)
		return ret;

	mutex_lock(&rf->lock);
	if (to) {
		rf->cursor = to;
		rf->jump = true;
	}
	ret = rf->cursor;
	mutex_unlock(&rf->lock);
	return ret;
}

static __poll_t raft_poll(struct file *file, poll_table *wait)
{
	struct raft_file *rf = file->private_data;
	struct raft_group *g = raft_chardev_group(file);
	__poll_t mask = 0;
	int state;

	/* Nothing would wake it, and read() and write() fail at once too. */
	if (IS_ERR(g))
		return EPOLLERR;

	poll_wait(file, &g->wait, wait);
	state = raft_chardev_state(g);
	if (state)
		mask |= EPOLLERR;
	if (state == -ECANCELED)
		mask |= EPOLLHUP;
	if (!state && raft_group_can_propose(g))
		mask |= EPOLLOUT | EPOLLWRNORM;

	if (!state && g->snapshots && READ_ONCE(g->snapshots->wanted))
		mask |= EPOLLPRI;

	mutex_lock(&rf->lock);
	if (raft_file_has_record(rf))
		mask |= EPOLLIN | EPOLLRDNORM;
	mutex_unlock(&rf->lock);
	return mask;
}

#ifdef CONFIG_PROC_FS
static void raft_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct raft_file *rf = file->private_data;

	mutex_lock(&rf->lock);
	if (rf->group)
		seq_printf(m, "raft-group:\t%s\nraft-cursor:\t%llu\n",
			   rf->group->params.ioc.name, rf->cursor);
	mutex_unlock(&rf->lock);
}
#endif

static int raft_open(struct inode *inode, struct file *file)
{
	struct raft_file *rf;

	rf = kzalloc(sizeof(*rf), GFP_KERNEL_ACCOUNT);
	if (!rf)
		return -ENOMEM;
	mutex_init(&rf->lock);
	rf->cursor = 1;
	rf->jump = true;
	rf->net = kobj_ns_grab_current(KOBJ_NS_TYPE_NET);
	file->private_data = rf;
	/* The cursor counts log entries, not bytes: pread() has no meaning. */
	file->f_mode &= ~(FMODE_PREAD | FMODE_PWRITE);
	return 0;
}

static int raft_release(struct inode *inode, struct file *file)
{
	struct raft_file *rf = file->private_data;

	raft_lookup_free(rf->lookup);
	if (rf->group)
		raft_group_put(rf->group);
	kobj_ns_drop(KOBJ_NS_TYPE_NET, rf->net);
	mutex_destroy(&rf->lock);
	kfree(rf);
	return 0;
}

static const struct file_operations raft_fops = {
	.owner = THIS_MODULE,
	.open = raft_open,
	.release = raft_release,
	.read_iter = raft_read_iter,
	.write_iter = raft_write_iter,
	.llseek = raft_llseek,
	.poll = raft_poll,
	.unlocked_ioctl = raft_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
#ifdef CONFIG_PROC_FS
	.show_fdinfo = raft_show_fdinfo,
#endif
};

static struct miscdevice raft_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "raft",
	.fops = &raft_fops,
	.mode = 0600,
};

/**
 * raft_chardev_init() - make /dev/raft
 *
 * Users may come before it returns: everything else must be ready.
 *
 * Context: module init.
 * Return: 0 or what misc_register() says.
 */
int raft_chardev_init(void)
{
	return misc_register(&raft_misc);
}

/**
 * raft_chardev_exit() - remove /dev/raft
 *
 * No file is open: each pins the module.
 *
 * Context: module exit.
 */
void raft_chardev_exit(void)
{
	misc_deregister(&raft_misc);
}
