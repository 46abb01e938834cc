/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inbox.h - how others hand work to the owner thread of a group.
 *
 * Two bounded ways in.  Posts are nodes in the poster's own memory, linked
 * without a lock, in order.  Reports of the write-ahead log come from a worker
 * or an interrupt that must not fail and has no memory to spare: a small ring
 * that merges the newest reports when it is full.
 *
 * Any thread posts; only the owner takes.  The poster wakes the owner.
 */
#ifndef _RAFT_INBOX_H
#define _RAFT_INBOX_H

#include <linux/atomic.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#define RAFT_INBOX_MAX		4096	/* posts that wait */
#define RAFT_REPORTS_MAX	32	/* reports that wait, a power of two */

/**
 * struct raft_inbox - posts for one group
 * @head: newest first
 * @n: posts in @head
 * @max: bound of @n
 * @closed: nobody takes any more; set once, before the last take
 */
struct raft_inbox {
	struct llist_head head;
	atomic_t n;
	int max;
	bool closed;
};

/**
 * struct raft_report - what the write-ahead log said
 * @seq: batches up to this one are durable
 * @index: last entry in them, 0 if none
 * @term: of that entry
 * @error: 0, or negative: the log failed
 */
struct raft_report {
	u64 seq;
	u64 index;
	u64 term;
	int error;
};

/**
 * struct raft_reports - reports for one group
 * @lock: protects the rest; taken in interrupts
 * @head: [lock] reports ever put
 * @tail: [lock] reports ever taken
 * @ring: [lock] the reports from @tail to @head
 */
struct raft_reports {
	spinlock_t lock;	/* protects all below */
	u32 head;
	u32 tail;
	struct raft_report ring[RAFT_REPORTS_MAX];
};

void raft_inbox_init(struct raft_inbox *inbox, int max);
int raft_inbox_post(struct raft_inbox *inbox, struct llist_node *node);
struct llist_node *raft_inbox_take(struct raft_inbox *inbox);
void raft_inbox_close(struct raft_inbox *inbox);

void raft_reports_init(struct raft_reports *r);
void raft_reports_put(struct raft_reports *r, const struct raft_report *report);
bool raft_reports_take(struct raft_reports *r, struct raft_report *report);

#endif /* _RAFT_INBOX_H */
