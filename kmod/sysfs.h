/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sysfs.h - /sys/class/raft/<group>/ and its uevents.
 */
#ifndef _RAFT_SYSFS_H
#define _RAFT_SYSFS_H

struct raft_group;
struct raft_published;

int raft_sysfs_add(struct raft_group *g);
void raft_sysfs_del(struct raft_group *g);
void raft_sysfs_notify(struct raft_group *g);

/* sysfs_peer.c's */
struct raft_published *raft_sysfs_published(struct raft_group *g);
void raft_sysfs_born(void);
void raft_sysfs_gone(void);

int raft_sysfs_init(void);
void raft_sysfs_exit(void);

#endif /* _RAFT_SYSFS_H */
