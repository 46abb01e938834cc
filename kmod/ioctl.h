/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ioctl.h - the ioctls of /dev/raft.
 */
#ifndef _RAFT_IOCTL_H
#define _RAFT_IOCTL_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct file;
struct net;

bool raft_ioctl_may_admin(const struct net *net);
int raft_ioctl_copy_in(void *dst, size_t size, size_t min, void __user *arg);
int raft_ioctl_copy_out(void __user *arg, const void *src, size_t size);
long raft_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif /* _RAFT_IOCTL_H */
