/* SPDX-License-Identifier: GPL-2.0 */
/*
 * admin.h - the ioctls by which an operator changes a running group.
 */
#ifndef _RAFT_ADMIN_H
#define _RAFT_ADMIN_H

#include <linux/compiler_types.h>

struct file;

int raft_admin_may(const struct file *file);
int raft_admin_refuse(const char *what, const char *why);
long raft_admin_members(struct file *file, void __user *arg);
long raft_admin_transfer(struct file *file, void __user *arg);
long raft_admin_set(struct file *file, void __user *arg);

#endif /* _RAFT_ADMIN_H */
