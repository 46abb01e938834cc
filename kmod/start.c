// SPDX-License-Identifier: GPL-2.0
/*
 * start.c - RAFT_IOC_START: from what the user gave to checked parameters.
 *
 * Owns the way of the arguments in: structure, members, address, log.  What
 * fields may be is in params.c; here is what needs the world: user memory, the
 * caller's files and privileges, the addresses of the network namespace.
 * Leaves nothing behind when it refuses.
 *
 * Any process may enter; may sleep.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "group.h"
#include "ioctl.h"
#include "params.h"
#include "start.h"

/* Structures of version 1: a smaller size was never valid. */
#define RAFT_START_V1	offsetofend(struct raft_ioc_start, reserved)
#define RAFT_MEMBER_V1	offsetofend(struct raft_ioc_member, addr)

/* Tell the operator which field was wrong: -EINVAL alone says too little. */
static int raft_start_refuse(const char *why)
{
	pr_info_ratelimited("start refused: %s\n", why);
	return -EINVAL;
}

static int raft_start_copy_members(struct raft_group_params *p)
{
	const struct raft_ioc_start *ioc = &p->ioc;
	u64 from = ioc->members;
	int err;
	u32 i;

	if (!ioc->n_members)
		return 0;
	if (ioc->member_size < RAFT_MEMBER_V1)
		return raft_start_refuse("member_size: too small");
	if (ioc->member_size > PAGE_SIZE)
		return -E2BIG;
	for (i = 0; i < ioc->n_members; i++, from += ioc->member_size) {
		err = copy_struct_from_user(&p->members[i],
					    sizeof(p->members[i]),
					    u64_to_user_ptr(from),
					    ioc->member_size);
		if (err)
			return err;
	}
	return 0;
}

static int raft_start_get_log(struct raft_group_params *p)
{
	const char *why;

	p->log = fget(p->ioc.log_fd);
	if (!p->log)
		return -EBADF;
	why = raft_params_log(p->log);
	return why ? raft_start_refuse(why) : 0;
}

/**
 * raft_start_put_files - give the references on the files back
 * @p: parameters of a start
 *
 * Context: process.
 */
void raft_start_put_files(struct raft_group_params *p)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(p->snapshot); i++)
		if (p->snapshot[i])
			fput(p->snapshot[i]);
	if (p->log)
		fput(p->log);
}

/* On error what was taken stays for raft_start_put_files(). */
static int raft_start_get_snapshots(struct raft_group_params *p)
{
	const char *why;
	int i;

	if (!(p->ioc.flags & RAFT_START_SNAPSHOTS))
		return 0;
	for (i = 0; i < ARRAY_SIZE(p->snapshot); i++) {
		p->snapshot[i] = fget(p->ioc.snapshot_fd[i]);
		if (!p->snapshot[i])
			return -EBADF;
		why = raft_params_snapshot(p->snapshot[i]);
		if (why)
			return raft_start_refuse(why);
	}
	return 0;
}

/*
 * Is the address one of this namespace?  The kernel says so by letting a socket
 * bind to it; the endpoint's own sockets are not bound to an address.
 * -EADDRNOTAVAIL, -EAFNOSUPPORT, or what else the network says.
 */
static int raft_start_try_address(struct net *net,
				  const struct raft_ioc_member *m)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_scope_id = m->scope_id,
	};
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct socket *sock;
	int err;

	err = sock_create_kern(net, m->family, SOCK_DGRAM, IPPROTO_UDP, &sock);
	if (err)
		return err;
	if (m->family == AF_INET) {
		memcpy(&in.sin_addr, m->addr, sizeof(in.sin_addr));
		err = raft_kernel_bind(sock, &in, sizeof(in));
	} else {
		memcpy(&in6.sin6_addr, m->addr, sizeof(in6.sin6_addr));
		err = raft_kernel_bind(sock, &in6, sizeof(in6));
	}
	sock_release(sock);
	return err;
}

/* Copy in and check everything; files are referenced, after an error too. */
static int raft_start_prepare(struct net *net, struct raft_group_params *p,
			      void __user *arg)
{
	const char *why;
	int err;

	err = raft_ioctl_copy_in(&p->ioc, sizeof(p->ioc), RAFT_START_V1, arg);
	if (err)
		return err;
	why = raft_params_start(&p->ioc);
	if (why)
		return raft_start_refuse(why);
	err = raft_start_copy_members(p);
	if (err)
		return err;
	why = raft_params_members(p);
	if (why)
		return raft_start_refuse(why);
	err = raft_start_try_address(net, &p->listen);
	if (err)
		return err;
	err = raft_start_get_log(p);
	return err ?: raft_start_get_snapshots(p);
}

/**
 * raft_start_ioctl() - RAFT_IOC_START
 * @arg: user pointer to a struct raft_ioc_start
 *
 * Context: process, may sleep as long as the recovery of the log takes.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_start_ioctl(void __user *arg)
{
	struct net *net = current->nsproxy->net_ns;
	struct raft_group_params *p;
	int err;

	if (!raft_ioctl_may_admin(net))
		return -EPERM;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	err = raft_start_prepare(net, p, arg);
	if (!err)
		err = raft_group_create(net, p);
	/* The group has taken its own. */
	raft_start_put_files(p);
	kfree(p);
	return err;
}
