/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sysfs_peer.h - /sys/class/raft/<group>/peers/<id>/.
 */
#ifndef _RAFT_SYSFS_PEER_H
#define _RAFT_SYSFS_PEER_H

#include "../uapi/linux/raft.h"

struct kobject;
struct raft_group;
struct raft_membership;
struct raft_sysfs_peer;

/**
 * struct raft_sysfs_peers - peers/
 * @group: the group, referenced by who has this
 * @dir: the directory, NULL if it could not be made
 * @peer: those in it, in no order, NULL for a free place
 */
struct raft_sysfs_peers {
	struct raft_group *group;
	struct kobject *dir;
	struct raft_sysfs_peer *peer[RAFT_NODES_MAX];
};

void raft_sysfs_peers_add(struct raft_sysfs_peers *ps, struct raft_group *g,
			  struct kobject *parent);
void raft_sysfs_peers_follow(struct raft_sysfs_peers *ps,
			     const struct raft_membership *c);
void raft_sysfs_peers_del(struct raft_sysfs_peers *ps);

#endif /* _RAFT_SYSFS_PEER_H */
