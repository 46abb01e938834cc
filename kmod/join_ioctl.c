// SPDX-License-Identifier: GPL-2.0
/*
 * join_ioctl.c - RAFT_IOC_JOIN: ask a member until this node is one.
 *
 * Owns the way in and out, the repetition and its end.  Each try is an order of
 * its own for the owner (join.c), good until the next; meanwhile the caller waits
 * for what it wants to see in its own log.  Waits killably.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/wait.h>

#include "addr.h"
#include "admin.h"
#include "chardev.h"
#include "group.h"
#include "ioctl.h"
#include "join.h"
#include "order.h"
#include "params.h"

#define RAFT_JOIN_V2	offsetofend(struct raft_ioc_join, error)

/* From one try to the next, at first and at last. */
#define JOIN_AGAIN_MS	200
#define JOIN_AGAIN_MAX_MS 2000

/**
 * struct join_call - one caller
 * @g: the group
 * @ioc: what he asked, checked
 * @to: where the member listens
 * @to_len: bytes of @to in use
 * @left: jiffies that he still waits
 * @again_ms: for how long the next try is good
 * @dups: datagrams of another node with this node's id, when he began
 * @begun: a member has said that it is under way
 * @pub: room for what is published
 */
struct join_call {
	struct raft_group *g;
	struct raft_ioc_join *ioc;
	struct sockaddr_storage to;
	int to_len;
	long left;
	u32 again_ms;
	u64 dups;
	bool begun;
	struct raft_published *pub;
};

/*
 * 1: it is a member, as it wanted; 0: not yet; or why it will not be.  While it
 * receives what was committed before it came, configurations pass by that are
 * long gone.
 */
static int join_state(struct join_call *c)
{
	const struct raft_status *st = &c->pub->st;
	bool learner = c->ioc->flags & RAFT_JOIN_LEARNER;
	int err = raft_chardev_state(c->g);

	if (err)
		return err;
	raft_group_published(c->g, c->pub);
	if (c->pub->dup_id_seen != c->dups)
		return -EEXIST;
	if (!st->member || st->reach)
		return 0;
	if (st->flags & RAFT_MEMBER_LEARNER && !learner)
		return st->flags & RAFT_MEMBER_PROMOTE ? 0 : -EEXIST;
	return !st->joint && st->commit >= st->config_index;
}

/* Is it the end, or only for now?  The caller's time is the limit. */
static bool join_final(int error)
{
	switch (error) {
	case 0:
	case -EAGAIN:
	case -EBUSY:
	case -ENOLINK:
	case -ENOMEM:
	case -ENOSPC:
		return false;
	default:
		return true;
	}
}

/* Returns what join_state() does, or -EINTR; 0 also if @o, if any, is decided. */
static int join_wait(struct join_call *c, struct raft_order *o, long *most)
{
	int state = 0;
	long left;

	left = wait_event_killable_timeout(c->g->wait,
					   (state = join_state(c)) ||
					   (o && completion_done(&o->w.done)),
					   *most);
	if (left < 0)
		return -EINTR;
	if (c->left != MAX_SCHEDULE_TIMEOUT)
		c->left -= *most - left;
	*most = left;
	return state;
}

/* What became of a try.  Returns 0 if it is worth another one. */
static int join_judge(struct join_call *c, struct raft_order *o)
{
	u32 by = READ_ONCE(o->join.by);
	int err = 0;

	if (completion_done(&o->w.done))
		err = o->w.result;
	if (by) {
		c->ioc->node = by;
		c->ioc->error = -err;
		c->begun |= !err;
	} else if (err == -EAFNOSUPPORT) {
		/* Nothing was sent. */
		c->ioc->outcome = RAFT_OUTCOME_NONE;
		return err;
	} else if (err == -ECANCELED) {
		/* The group here stopped. */
		return err;
	}
	if (!join_final(err))
		return 0;
	/* That member is out of it, but has passed on what was asked before. */
	if (!c->begun || (err != -EIO && err != -ENOTCONN))
		c->ioc->outcome = raft_order_outcome(err);
	return err;
}

/* Ask once, and wait a while.  Returns what join_state() does, or an error. */
static int join_try(struct join_call *c)
{
	long most = min_t(long, c->left, msecs_to_jiffies(c->again_ms));
	struct raft_order *o = raft_order_new(RAFT_ORDER_JOIN);
	int err;

	if (!o)
		return -ENOMEM;
	o->join.to = c->to;
	o->join.to_len = c->to_len;
	o->join.learner = c->ioc->flags & RAFT_JOIN_LEARNER;
	err = raft_waiter_post(c->g, &o->w);
	if (!err)
		err = join_wait(c, o, &most);
	else if (err == -EAGAIN)
		err = 0;
	if (!err)
		err = join_judge(c, o);
	/* Refused for now: not again at once. */
	if (!err && most)
		err = join_wait(c, NULL, &most);
	raft_waiter_put(&o->w);
	c->again_ms = min(2 * c->again_ms, (u32)JOIN_AGAIN_MAX_MS);
	return err;
}

/* Sets the outcome, too. */
static int join_run(struct join_call *c)
{
	int err = join_state(c);

	if (!err && c->pub->st.removed && !c->pub->st.reach)
		err = -ESTALE;
	if (!err)
		c->ioc->outcome = RAFT_OUTCOME_UNKNOWN;
	while (!err && c->left > 0)
		err = join_try(c);
	if (err > 0) {
		c->ioc->outcome = RAFT_OUTCOME_DONE;
		return 0;
	}
	/* Seen here: another node has this id, or this one is no voter. */
	if (err == -EEXIST || err == -ESTALE)
		c->ioc->outcome = RAFT_OUTCOME_REFUSED;
	return err ?: -ETIMEDOUT;
}

/* Why not, or NULL. */
static const char *join_check(struct join_call *c)
{
	struct raft_ioc_member m = c->ioc->via;
	const char *why;

	if (c->ioc->flags & ~RAFT_JOIN_LEARNER)
		return "flags: unknown flag";
	if (m.id || m.flags)
		return "via: its id or its flags are not 0";
	/* Whoever it is. */
	m.id = 1;
	why = raft_params_member(&m);
	c->to_len = raft_addr_sockaddr(&c->to, &m);
	return why;
}

static int join_call(struct file *file, struct join_call *c, void __user *arg)
{
	struct raft_ioc_join *ioc = c->ioc;
	int err;

	c->g = raft_chardev_group(file);
	if (IS_ERR(c->g))
		return PTR_ERR(c->g);
	ioc->outcome = RAFT_OUTCOME_UNKNOWN;
	ioc->node = 0;
	ioc->error = 0;
	/* What will be true if nothing can be written later. */
	err = raft_ioctl_copy_out(arg, ioc, sizeof(*ioc));
	if (err)
		return err;
	ioc->outcome = RAFT_OUTCOME_NONE;
	c->left = raft_waiter_time(c->g, ioc->timeout_ms);
	c->again_ms = JOIN_AGAIN_MS;
	raft_group_published(c->g, c->pub);
	c->dups = c->pub->dup_id_seen;
	err = join_run(c);
	if (raft_ioctl_copy_out(arg, ioc, sizeof(*ioc)))
		pr_debug("join: nowhere to put the result\n");
	return err;
}

/**
 * raft_join_ioctl() - RAFT_IOC_JOIN
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_join
 *
 * Context: process, waits killably.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_join_ioctl(struct file *file, void __user *arg)
{
	struct raft_ioc_join ioc;
	struct join_call c = { .ioc = &ioc };
	const char *why;
	int err;

	err = raft_admin_may(file);
	if (err)
		return err;
	err = raft_ioctl_copy_in(&ioc, sizeof(ioc), RAFT_JOIN_V2, arg);
	if (err)
		return err;
	why = join_check(&c);
	if (why)
		return raft_admin_refuse("join", why);
	c.pub = kmalloc(sizeof(*c.pub), GFP_KERNEL);
	if (!c.pub)
		return -ENOMEM;
	err = join_call(file, &c, arg);
	kfree(c.pub);
	return err;
}
