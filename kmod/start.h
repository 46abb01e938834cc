/* SPDX-License-Identifier: GPL-2.0 */
/*
 * start.h - RAFT_IOC_START.
 */
#ifndef _RAFT_START_H
#define _RAFT_START_H

#include <linux/compiler_types.h>

struct raft_group_params;

long raft_start_ioctl(void __user *arg);
void raft_start_put_files(struct raft_group_params *p);

#endif /* _RAFT_START_H */
