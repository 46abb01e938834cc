/* SPDX-License-Identifier: GPL-2.0 */
/*
 * gather.h - proposals that wait for others: group commit.
 *
 * The owner thread is real-time, so it runs as soon as it is woken: of many who
 * propose it would find one at a time, each with messages and a write of its own.
 * While a proposal is in flight something will bring the owner back anyway, an
 * answer or the disk: what comes until then it keeps back, to go in one step.  The
 * first that is kept back arms a timer, so that none waits longer than twice what the
 * last ones took to be committed, nor than RAFT_GATHER_NS for a peer that is far away or
 * down; from then on proposers need not wake the owner.  A client who is alone never
 * finds one of his own in flight.
 *
 * When several have their answers at the same time they will mostly be back at the same
 * time, but the first would be off alone: so it waits for as many as there were.
 */
#ifndef _RAFT_GATHER_H
#define _RAFT_GATHER_H

#include <linux/list.h>
#include <linux/types.h>

struct raft_waiter;

#define RAFT_GATHER_NS	(4000 * 1000)	/* a proposal is kept back, at most */
#define RAFT_GATHER_MAX	64		/* so many need not wait for more */

/**
 * struct raft_gather - proposals that were taken from the inbox and not handed over
 * @held: struct raft_waiter, in order
 * @n: how many
 * @hurry: one of them is not to be kept back
 * @last: how many were handed over last, and may be back for more; 0 if one of them
 *	was in a hurry
 * @since: when that was, ns; 0 if it is known what became of them
 * @took: how long that took, ns
 * @until: when they are handed over in any case, ns; U64_MAX if there are none
 * @on: the owner comes back by @until: a patient proposal need not wake it.  The
 *	owner writes, anyone reads
 * @need: if @on: so many in the inbox do wake it.  The owner writes, anyone reads
 */
struct raft_gather {
	struct list_head held;
	u32 n;
	bool hurry;
	u32 last;
	u64 since;
	u64 took;
	u64 until;
	bool on;
	int need;
};

void raft_gather_init(struct raft_gather *g);
bool raft_gather_needs_wake(const struct raft_gather *g,
			    const struct raft_waiter *w, int waiting);
void raft_gather_begin(struct raft_gather *g);
void raft_gather_add(struct raft_gather *g, struct raft_waiter *w);
bool raft_gather_end(struct raft_gather *g, bool in_flight, u64 now);

#endif /* _RAFT_GATHER_H */
