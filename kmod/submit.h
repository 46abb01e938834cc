/* SPDX-License-Identifier: GPL-2.0 */
/*
 * submit.h - the ioctls of those who propose commands, and of the state machine.
 */
#ifndef _RAFT_SUBMIT_H
#define _RAFT_SUBMIT_H

#include <linux/compiler_types.h>

struct file;

long raft_submit_propose(struct file *file, void __user *arg);
long raft_submit_batch(struct file *file, void __user *arg);
long raft_submit_session(struct file *file, void __user *arg);
long raft_submit_applied(struct file *file, void __user *arg);

#endif /* _RAFT_SUBMIT_H */
