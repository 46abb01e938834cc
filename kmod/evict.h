/* SPDX-License-Identifier: GPL-2.0 */
/*
 * evict.h - entries that leave the memory of a group.
 */
#ifndef _RAFT_EVICT_H
#define _RAFT_EVICT_H

#include <linux/types.h>
#include <linux/xarray.h>

struct raft_group;
struct raft_group_priv;
struct raft_hard_state;

/**
 * struct raft_evict - what has left, and what is about to
 * @to: entries up to this one are on their way out, and nobody new looks at them;
 *	0: none are
 * @grace: with @to: when this grace period is over nobody does any more
 * @full_at: with this first index of the log it has too many terms for more to
 *	leave; 0: not so
 * @first: first index that @copies may know of
 * @copies: which of the entries that left were dropped as copies: the disk does
 *	not know.  Key: index / RAFT_COPIES_BITS, value: a bit for each.  Read
 *	under RCU
 *
 * The owner thread's alone, but for @copies.
 */
struct raft_evict {
	u64 to;
	unsigned long grace;
	u64 full_at;
	u64 first;
	struct xarray copies;
};

#define RAFT_COPIES_BITS	16	/* fits a value of an xarray everywhere */

void raft_evict_init(struct raft_evict *v);
void raft_evict_free(struct raft_evict *v);
bool raft_evict_note_copy(struct raft_evict *v, u64 index, gfp_t gfp);
bool raft_evict_is_copy(const struct raft_evict *v, u64 index);
void raft_evict_forget(struct raft_evict *v, u64 first);
void raft_evict_pass(struct raft_group_priv *p);
void raft_evict_chunks(struct raft_group_priv *p);
int raft_evict_loaded(struct raft_group_priv *p,
		      const struct raft_hard_state *hs, u64 may);

#endif /* _RAFT_EVICT_H */
