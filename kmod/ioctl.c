// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl.c - the ioctls of /dev/raft.
 *
 * Owns the way of arguments in and out of user space, and the privileges.  A
 * command is told by its type and number; its size is the structure's first
 * field, so that structures may grow (uapi/linux/raft.h).  Trusts no byte and
 * reads each once.  Changes no group itself: checks, then calls group.h.
 *
 * START and STOP act on the network namespace of the caller, who needs
 * CAP_NET_ADMIN there, and CAP_SYS_ADMIN in the first user namespace because
 * the kernel will do I/O on the log in its own name.  All others act on the
 * group that the open file is attached to; who may open it was asked by open().
 *
 * Any process may enter, many at once on one file; everything here may sleep.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/nsproxy.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <net/net_namespace.h>

#include "admin.h"
#include "chardev.h"
#include "compat.h"
#include "group.h"
#include "ioctl.h"
#include "join.h"
#include "params.h"
#include "report.h"
#include "snapshot.h"
#include "start.h"
#include "submit.h"

/* Structures of version 1: a smaller size was never valid. */
#define RAFT_FEATURES_V1	offsetofend(struct raft_ioc_features, nodes_max)
#define RAFT_NAME_V1		offsetofend(struct raft_ioc_name, name)
#define RAFT_WAIT_V1		offsetofend(struct raft_ioc_wait, events)
/* Of version 2, which brought it. */
#define RAFT_READ_V2		offsetofend(struct raft_ioc_read, index)

#define RAFT_WAIT_FOR_EVER	U32_MAX

/**
 * raft_ioctl_copy_in() - copy a structure in
 * @dst: where to; its first field is its size as it was checked, whatever the
 *	user writes there meanwhile
 * @size: bytes of @dst
 * @min: bytes of the structure in version 1 of the interface
 * @arg: user pointer to a structure that begins with its size
 *
 * Context: process, may sleep.
 * Return: 0; -EFAULT; -EINVAL: below @min; -E2BIG: has what this kernel does not
 * know.
 */
int raft_ioctl_copy_in(void *dst, size_t size, size_t min, void __user *arg)
{
	u32 usize;
	int err;

	if (get_user(usize, (u32 __user *)arg))
		return -EFAULT;
	if (usize < min)
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(dst, size, arg, usize);
	if (err)
		return err;
	*(u32 *)dst = usize;
	return 0;
}

/**
 * raft_ioctl_copy_out() - copy a structure out, as much of it as the user knows
 * @arg: user pointer
 * @src: the structure; its first field is the size that the user knows
 * @size: bytes of @src
 *
 * Context: process, may sleep.
 * Return: 0, -EFAULT.
 */
int raft_ioctl_copy_out(void __user *arg, const void *src, size_t size)
{
	size_t usize = *(const u32 *)src;

	if (copy_to_user(arg, src, min(usize, size)))
		return -EFAULT;
	return 0;
}

static long raft_ioctl_features(void __user *arg)
{
	struct raft_ioc_features f;
	int err;

	err = raft_ioctl_copy_in(&f, sizeof(f), RAFT_FEATURES_V1, arg);
	if (err)
		return err;
	f.api_version = RAFT_API_VERSION;
	f.features = RAFT_FEATURE_MEMBERS | RAFT_FEATURE_TRANSFER |
		     RAFT_FEATURE_READ | RAFT_FEATURE_SET |
		     RAFT_FEATURE_SESSION | RAFT_FEATURE_JOIN |
		     RAFT_FEATURE_WITNESS | RAFT_FEATURE_SNAPSHOT |
		     RAFT_FEATURE_BATCH;
#ifdef RAFT_FAULTS
	f.features |= RAFT_FEATURE_FAULTS;
#endif
	f.command_max = RAFT_COMMAND_MAX;
	f.nodes_max = RAFT_NODES_MAX;
	return raft_ioctl_copy_out(arg, &f, sizeof(f));
}

/**
 * raft_ioctl_may_admin() - may the caller start and stop groups here?
 * @net: network namespace
 *
 * Context: process.
 * Return: true if so.
 */
bool raft_ioctl_may_admin(const struct net *net)
{
	return ns_capable(net->user_ns, CAP_NET_ADMIN) &&
	       capable(CAP_SYS_ADMIN);
}

/* Copy in and check a struct raft_ioc_name. */
static int raft_name_prepare(struct raft_ioc_name *n, void __user *arg)
{
	int err;

	err = raft_ioctl_copy_in(n, sizeof(*n), RAFT_NAME_V1, arg);
	if (err)
		return err;
	if (n->flags)
		return -EINVAL;
	if (n->name[0] && !raft_params_name_ok(n->name))
		return -EINVAL;
	return 0;
}

static long raft_ioctl_stop(void __user *arg)
{
	struct net *net = current->nsproxy->net_ns;
	struct raft_ioc_name n;
	int err;

	if (!raft_ioctl_may_admin(net))
		return -EPERM;
	err = raft_name_prepare(&n, arg);
	if (err)
		return err;
	return raft_group_stop(net, n.name[0] ? n.name : NULL);
}

static long raft_ioctl_attach(struct file *file, void __user *arg)
{
	struct raft_ioc_name n;
	int err;

	err = raft_name_prepare(&n, arg);
	if (err)
		return err;
	return raft_chardev_attach(file, n.name);
}

static int raft_wait_check(const struct raft_ioc_wait *w)
{
	switch (w->what) {
	case RAFT_WAIT_LEADER:
		return w->value ? -EINVAL : 0;
	case RAFT_WAIT_APPLIED:
		return w->value > RAFT_MAX_INDEX ? -EINVAL : 0;
	case RAFT_WAIT_SERIAL:
		return w->value ? 0 : -EINVAL;
	case RAFT_WAIT_CHANGE:
		return 0;
	default:
		return -EINVAL;
	}
}

/*
 * Is it true?  Without a lock: the publisher writes first and wakes then, and a
 * waiter looks again after each wake-up.
 */
static bool raft_wait_true(const struct raft_group *g,
			   const struct raft_ioc_wait *w)
{
	switch (w->what) {
	case RAFT_WAIT_LEADER:
		return READ_ONCE(g->pub.st.leader);
	case RAFT_WAIT_APPLIED:
		return raft_group_applied(g) >= w->value;
	case RAFT_WAIT_SERIAL:
		return READ_ONCE(g->pub.applied_serial) >= w->value;
	default:
		return READ_ONCE(g->events) != w->value;
	}
}

/* What to say when it did not become true within the time asked for. */
static int raft_wait_late(const struct raft_ioc_wait *w)
{
	if (w->what == RAFT_WAIT_LEADER && !w->timeout_ms)
		return -ENOLINK;
	return -ETIMEDOUT;
}

/*
 * For a stopped or failed group what is true stays true: a proposal that was
 * applied was applied.  Only then the end of the group is reported; but for a
 * leader, of whom such a node hears no more.
 */
static int raft_wait(struct raft_group *g, const struct raft_ioc_wait *w)
{
	bool for_ever = w->timeout_ms == RAFT_WAIT_FOR_EVER;
	long left = for_ever ? MAX_SCHEDULE_TIMEOUT :
			       msecs_to_jiffies(w->timeout_ms);
	int state;

	if (left)
		left = wait_event_interruptible_timeout(g->wait,
							raft_wait_true(g, w) ||
							raft_chardev_state(g),
							left);
	/* Restarted with the whole time-out it might never end. */
	if (left == -ERESTARTSYS && !for_ever)
		return -EINTR;
	if (left < 0)
		return left;
	state = raft_chardev_state(g);
	if (state && w->what == RAFT_WAIT_LEADER)
		return state;
	if (raft_wait_true(g, w))
		return 0;
	return state ?: raft_wait_late(w);
}

static long raft_ioctl_wait(struct file *file, void __user *arg)
{
	struct raft_ioc_wait w;
	struct raft_group *g;
	int err;

	err = raft_ioctl_copy_in(&w, sizeof(w), RAFT_WAIT_V1, arg);
	if (err)
		return err;
	err = raft_wait_check(&w);
	if (err)
		return err;
	g = raft_chardev_group(file);
	if (IS_ERR(g))
		return PTR_ERR(g);

	err = raft_wait(g, &w);
	if (err == -ERESTARTSYS)
		return err;
	/* Also after an error: where things stand now. */
	w.events = READ_ONCE(g->events);
	w.leader = READ_ONCE(g->pub.st.leader);
	return raft_ioctl_copy_out(arg, &w, sizeof(w)) ?: err;
}

static long raft_ioctl_read(struct file *file, void __user *arg)
{
	struct raft_ioc_read r;
	struct raft_group *g;
	int err;

	err = raft_ioctl_copy_in(&r, sizeof(r), RAFT_READ_V2, arg);
	if (err)
		return err;
	if (r.flags & ~RAFT_READ_LEASE || r.reserved)
		return -EINVAL;
	g = raft_chardev_group(file);
	if (IS_ERR(g))
		return PTR_ERR(g);
	err = raft_group_read(g, r.flags & RAFT_READ_LEASE, r.timeout_ms,
			      &r.index);
	return err ?: raft_ioctl_copy_out(arg, &r, sizeof(r));
}

/**
 * raft_ioctl() - an ioctl on /dev/raft
 * @file: an open /dev/raft
 * @cmd: RAFT_IOC_*; only type and number count, direction and size do not
 * @arg: user pointer to the structure of @cmd
 *
 * Context: process, may sleep; interruptible where it waits.
 * Return: 0; -ENOTTY: no such command; else see uapi/linux/raft.h.
 */
long raft_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *p = (void __user *)arg;

	if (_IOC_TYPE(cmd) != RAFT_IOC_TYPE)
		return -ENOTTY;
	switch (_IOC_NR(cmd)) {
	case _IOC_NR(RAFT_IOC_FEATURES):
		return raft_ioctl_features(p);
	case _IOC_NR(RAFT_IOC_START):
		return raft_start_ioctl(p);
	case _IOC_NR(RAFT_IOC_STOP):
		return raft_ioctl_stop(p);
	case _IOC_NR(RAFT_IOC_ATTACH):
		return raft_ioctl_attach(file, p);
	case _IOC_NR(RAFT_IOC_PROPOSE):
		return raft_submit_propose(file, p);
	case _IOC_NR(RAFT_IOC_WAIT):
		return raft_ioctl_wait(file, p);
	case _IOC_NR(RAFT_IOC_STATUS):
		return raft_report_status(file, p);
	case _IOC_NR(RAFT_IOC_MEMBERS):
		return raft_admin_members(file, p);
	case _IOC_NR(RAFT_IOC_TRANSFER):
		return raft_admin_transfer(file, p);
	case _IOC_NR(RAFT_IOC_READ):
		return raft_ioctl_read(file, p);
	case _IOC_NR(RAFT_IOC_SET):
		return raft_admin_set(file, p);
	case _IOC_NR(RAFT_IOC_SESSION):
		return raft_submit_session(file, p);
	case _IOC_NR(RAFT_IOC_APPLIED):
		return raft_submit_applied(file, p);
	case _IOC_NR(RAFT_IOC_JOIN):
		return raft_join_ioctl(file, p);
	case _IOC_NR(RAFT_IOC_SNAPSHOT):
		return raft_snapshot_ioctl(file, p);
	case _IOC_NR(RAFT_IOC_SNAPSHOT_OPEN):
		return raft_snapshot_open_ioctl(file, p);
	case _IOC_NR(RAFT_IOC_PROPOSE_BATCH):
		return raft_submit_batch(file, p);
	default:
		return -ENOTTY;
	}
}
