/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boot.h - from a log on disk to a core that can be stepped.
 */
#ifndef _RAFT_BOOT_H
#define _RAFT_BOOT_H

struct raft_config;
struct raft_group;
struct raft_group_params;
struct raft_group_priv;
struct raft_ioc_start;

void raft_boot_settings(struct raft_config *cfg,
			const struct raft_ioc_start *ioc);
void raft_boot_members(struct raft_config *cfg, const struct raft_group *g);
int raft_boot(struct raft_group_priv *p, const struct raft_group_params *files);
void raft_boot_free(struct raft_group_priv *p);

#endif /* _RAFT_BOOT_H */
