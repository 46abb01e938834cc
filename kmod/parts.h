/* SPDX-License-Identifier: GPL-2.0 */
/*
 * parts.h - memory for messages of several parts, which groups of an owner share.
 */
#ifndef _RAFT_PARTS_H
#define _RAFT_PARTS_H

#include <linux/llist.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/frag.h"

#define RAFT_PARTS_SPARE	2	/* kept by an owner: one for each peer of three */

/**
 * struct raft_parts - messages of several parts from and to another node
 * @peer: what came and what was sent
 * @mem: where its bytes are
 * @node: in struct raft_parts_pool.unused
 */
struct raft_parts {
	struct raft_frag_peer peer;
	struct raft_frag_mem mem;
	struct llist_node node;
};

/**
 * struct raft_parts_pool - such memory that nobody uses
 * @spare: to be taken; xchg() and cmpxchg() only
 * @unused: more than is kept
 * @work: frees @unused and fills @spare
 */
struct raft_parts_pool {
	struct raft_parts *spare[RAFT_PARTS_SPARE];
	struct llist_head unused;
	struct work_struct work;
};

int raft_parts_init(struct raft_parts_pool *pool);
void raft_parts_exit(struct raft_parts_pool *pool);
struct raft_parts *raft_parts_get(struct raft_parts_pool *pool);
void raft_parts_put(struct raft_parts_pool *pool, struct raft_parts *parts);
void raft_parts_free(struct raft_parts *parts);

#endif /* _RAFT_PARTS_H */
