/* SPDX-License-Identifier: GPL-2.0 */
/*
 * debugfs.h - /sys/kernel/debug/raft/: what is only for debugging, never ABI.
 */
#ifndef _RAFT_DEBUGFS_H
#define _RAFT_DEBUGFS_H

struct raft_group;

void raft_debugfs_add(struct raft_group *g);
void raft_debugfs_del(struct raft_group *g);

void raft_debugfs_init(void);
void raft_debugfs_exit(void);

#endif /* _RAFT_DEBUGFS_H */
