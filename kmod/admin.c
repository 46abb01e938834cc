// SPDX-License-Identifier: GPL-2.0
/*
 * admin.c - the ioctls by which an operator changes a running group:
 * RAFT_IOC_MEMBERS, RAFT_IOC_TRANSFER, RAFT_IOC_SET.
 *
 * Owns the way of their arguments in and of their outcome out, and who may.
 * What fields may be is in params.c, what becomes of an order in order.c.
 *
 * An open file is a right to propose or read, and may be handed out; it is not
 * one to change who the members are.  So the caller needs CAP_NET_ADMIN besides,
 * and in the first user namespace, for a group's namespace may be dead already.
 *
 * Any process may enter, many at once on one file; everything here may sleep.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "admin.h"
#include "chardev.h"
#include "group.h"
#include "ioctl.h"
#include "order.h"
#include "params.h"

/* Structures of version 2, which brought them: a smaller size was never valid. */
#define RAFT_MEMBERS_V2		offsetofend(struct raft_ioc_members, index)
#define RAFT_CHANGE_V2		offsetofend(struct raft_ioc_change, member)
#define RAFT_TRANSFER_V2	offsetofend(struct raft_ioc_transfer, leader)
#define RAFT_SET_V2		offsetofend(struct raft_ioc_set, reserved)

/**
 * raft_admin_may() - may the caller change who the members are?
 * @file: an open /dev/raft
 *
 * Context: process.
 * Return: 0, -EBADF: not opened for writing, -EPERM.
 */
int raft_admin_may(const struct file *file)
{
	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	return capable(CAP_NET_ADMIN) ? 0 : -EPERM;
}

/**
 * raft_admin_refuse() - tell the operator what was wrong: -EINVAL says too little
 * @what: what he asked
 * @why: what is wrong
 *
 * Context: any.
 * Return: -EINVAL.
 */
int raft_admin_refuse(const char *what, const char *why)
{
	pr_info_ratelimited("%s refused: %s\n", what, why);
	return -EINVAL;
}

static int members_check(const struct raft_ioc_members *m)
{
	if (m->flags & ~RAFT_MEMBERS_JOINT)
		return raft_admin_refuse("members", "flags: unknown flag");
	if (!m->n_changes || m->n_changes > RAFT_NODES_MAX)
		return raft_admin_refuse("members", "n_changes: not in 1..16");
	if (m->n_changes > 1 && !(m->flags & RAFT_MEMBERS_JOINT))
		return raft_admin_refuse("members",
					 "n_changes: above 1 without RAFT_MEMBERS_JOINT");
	if (m->change_size < RAFT_CHANGE_V2)
		return raft_admin_refuse("members", "change_size: too small");
	return m->change_size > PAGE_SIZE ? -E2BIG : 0;
}

static int members_copy(struct raft_change *c, const struct raft_ioc_members *m)
{
	u64 from = m->changes;
	struct raft_ioc_change item;
	const char *why;
	int err;
	u32 i;

	c->joint = m->flags & RAFT_MEMBERS_JOINT;
	for (i = 0; i < m->n_changes; i++, from += m->change_size) {
		err = copy_struct_from_user(&item, sizeof(item),
					    u64_to_user_ptr(from),
					    m->change_size);
		if (err)
			return err;
		why = raft_params_change(c, &item);
		if (why)
			return raft_admin_refuse("members", why);
	}
	if (raft_change_check(c))
		return raft_admin_refuse("members",
					 "changes: an id twice, or what cannot be joint");
	return 0;
}

static int members_prepare(struct raft_order *o, struct raft_ioc_members *m,
			   void __user *arg)
{
	int err;

	err = raft_ioctl_copy_in(m, sizeof(*m), RAFT_MEMBERS_V2, arg);
	if (!err)
		err = members_check(m);
	if (!err)
		err = members_copy(&o->change, m);
	/* What it takes back may be under way here. */
	if (!err && o->change.item[0].op == RAFT_OP_ABORT)
		o->what = RAFT_ORDER_ABORT;
	return err;
}

/*
 * As with a proposal, an -EFAULT afterwards would be a lie: what will be true if
 * the outcome cannot be written is written before.
 */
static int members_order(struct file *file, struct raft_order *o,
			 struct raft_ioc_members *m, void __user *arg)
{
	struct raft_group *g = raft_chardev_group(file);
	int err;

	if (IS_ERR(g))
		return PTR_ERR(g);
	m->outcome = RAFT_OUTCOME_UNKNOWN;
	m->index = 0;
	err = raft_ioctl_copy_out(arg, m, sizeof(*m));
	if (err)
		return err;
	err = raft_order_give(g, o, m->timeout_ms, &m->outcome);
	if (m->outcome != RAFT_OUTCOME_UNKNOWN)
		m->index = o->index;
	if (raft_ioctl_copy_out(arg, m, sizeof(*m)))
		pr_debug("members: nowhere to put the result\n");
	return err;
}

/**
 * raft_admin_members() - RAFT_IOC_MEMBERS
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_members
 *
 * Context: process, waits killably.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_admin_members(struct file *file, void __user *arg)
{
	struct raft_ioc_members m;
	struct raft_order *o;
	int err;

	err = raft_admin_may(file);
	if (err)
		return err;
	o = raft_order_new(RAFT_ORDER_CHANGE);
	if (!o)
		return -ENOMEM;
	err = members_prepare(o, &m, arg);
	if (!err)
		err = members_order(file, o, &m, arg);
	raft_waiter_put(&o->w);
	return err;
}

static int transfer_order(struct file *file, struct raft_order *o,
			  struct raft_ioc_transfer *t, void __user *arg)
{
	struct raft_group *g = raft_chardev_group(file);
	int err;

	if (IS_ERR(g))
		return PTR_ERR(g);
	t->outcome = RAFT_OUTCOME_UNKNOWN;
	t->leader = 0;
	err = raft_ioctl_copy_out(arg, t, sizeof(*t));
	if (err)
		return err;
	o->target = t->target;
	err = raft_order_give(g, o, t->timeout_ms, &t->outcome);
	t->leader = READ_ONCE(g->pub.st.leader);
	if (raft_ioctl_copy_out(arg, t, sizeof(*t)))
		pr_debug("transfer: nowhere to put the result\n");
	return err;
}

/**
 * raft_admin_transfer() - RAFT_IOC_TRANSFER
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_transfer
 *
 * Context: process, waits killably.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_admin_transfer(struct file *file, void __user *arg)
{
	struct raft_ioc_transfer t;
	struct raft_order *o;
	int err;

	err = raft_admin_may(file);
	if (err)
		return err;
	err = raft_ioctl_copy_in(&t, sizeof(t), RAFT_TRANSFER_V2, arg);
	if (err)
		return err;
	if (t.flags)
		return raft_admin_refuse("transfer", "flags: not 0");
	o = raft_order_new(RAFT_ORDER_TRANSFER);
	if (!o)
		return -ENOMEM;
	err = transfer_order(file, o, &t, arg);
	raft_waiter_put(&o->w);
	return err;
}

/**
 * raft_admin_set() - RAFT_IOC_SET
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_set
 *
 * Context: process, waits killably.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_admin_set(struct file *file, void __user *arg)
{
	struct raft_group *g;
	struct raft_order *o;
	u32 outcome;
	int err;

	err = raft_admin_may(file);
	if (err)
		return err;
	o = raft_order_new(RAFT_ORDER_SET);
	if (!o)
		return -ENOMEM;
	err = raft_ioctl_copy_in(&o->set, sizeof(o->set), RAFT_SET_V2, arg);
	if (err)
		goto put;
	g = raft_chardev_group(file);
	err = PTR_ERR_OR_ZERO(g);
	if (err)
		goto put;
	err = raft_order_give(g, o, 0, &outcome);
	if (outcome == RAFT_OUTCOME_REFUSED && o->why)
		raft_admin_refuse("set", o->why);
put:
	raft_waiter_put(&o->w);
	return err;
}
