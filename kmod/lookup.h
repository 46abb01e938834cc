/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lookup.h - applied entries for processes, from the memory or the disk.
 */
#ifndef _RAFT_LOOKUP_H
#define _RAFT_LOOKUP_H

#include <linux/types.h>

struct raft_entry;
struct raft_group;
struct raft_lookup;

int raft_lookup(struct raft_group *g, struct raft_lookup **lp, u64 index,
		struct raft_entry *e);
bool raft_lookup_in_memory(const struct raft_group *g, u64 index);
void raft_lookup_free(struct raft_lookup *l);

#endif /* _RAFT_LOOKUP_H */
