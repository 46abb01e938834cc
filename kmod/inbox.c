// SPDX-License-Identifier: GPL-2.0
/*
 * inbox.c - bounded, lock-free posts and merged reports for the owner thread.
 *
 * Knows nothing of groups or proposals and wakes nobody.
 */
#include <linux/errno.h>

#include "inbox.h"

/**
 * raft_inbox_init - make an inbox ready
 * @inbox: the inbox
 * @max: posts that may wait
 *
 * Context: any.
 */
void raft_inbox_init(struct raft_inbox *inbox, int max)
{
	init_llist_head(&inbox->head);
	atomic_set(&inbox->n, 0);
	inbox->max = max;
	inbox->closed = false;
}

/**
 * raft_inbox_post - hand a node to the owner
 * @inbox: the inbox
 * @node: in memory that stays until the owner has taken it
 *
 * Context: any.
 * Return: 0; -EAGAIN if too many wait, nothing was posted then; -ECANCELED if
 *	the inbox was closed meanwhile: the node is in it, and the caller must
 *	empty it with raft_inbox_take() as the owner would at its end.
 */
int raft_inbox_post(struct raft_inbox *inbox, struct llist_node *node)
{
	if (atomic_inc_return(&inbox->n) > inbox->max) {
		atomic_dec(&inbox->n);
		return -EAGAIN;
	}
	llist_add(node, &inbox->head);
	/*
	 * Pairs with smp_mb() in raft_inbox_close(): either the closer's last
	 * take sees the node or we see that it was closed.
	 */
	smp_mb();
	return READ_ONCE(inbox->closed) ? -ECANCELED : 0;
}

/**
 * raft_inbox_take - take all posts
 * @inbox: the inbox
 *
 * Context: the owner thread, or anyone after raft_inbox_close().
 * Return: the posts, oldest first, NULL if there are none.
 */
struct llist_node *raft_inbox_take(struct raft_inbox *inbox)
{
	struct llist_node *first, *node;
	int n = 0;

	first = llist_reverse_order(llist_del_all(&inbox->head));
	for (node = first; node; node = node->next)
		n++;
	if (n)
		atomic_sub(n, &inbox->n);
	return first;
}

/**
 * raft_inbox_close - say that nobody takes any more
 * @inbox: the inbox
 *
 * The caller takes once more afterwards; whoever posts later takes himself.
 *
 * Context: any.
 */
void raft_inbox_close(struct raft_inbox *inbox)
{
	WRITE_ONCE(inbox->closed, true);
	/* Pairs with smp_mb() in raft_inbox_post(). */
	smp_mb();
}

/**
 * raft_reports_init - make a ring of reports ready
 * @r: the ring
 *
 * Context: any.
 */
void raft_reports_init(struct raft_reports *r)
{
	spin_lock_init(&r->lock);
	r->head = 0;
	r->tail = 0;
}

/*
 * Reports are cumulative and come in order, so a newer one may stand for an
 * older one.  One without an entry leaves the last entry as it was: should that
 * entry be gone from the log by now, its term tells (trap 17).  An error is the
 * last word.
 */
static void report_merge(struct raft_report *into, const struct raft_report *r)
{
	if (into->error)
		return;
	into->seq = r->seq;
	into->error = r->error;
	if (r->index) {
		into->index = r->index;
		into->term = r->term;
	}
}

/**
 * raft_reports_put - leave a report for the owner
 * @r: the ring
 * @report: copied
 *
 * Context: any; disables interrupts for a moment.  Never fails: when the ring
 * is full the newest two become one.
 */
void raft_reports_put(struct raft_reports *r, const struct raft_report *report)
{
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	if (r->head - r->tail < RAFT_REPORTS_MAX)
		r->ring[r->head++ % RAFT_REPORTS_MAX] = *report;
	else
		report_merge(&r->ring[(r->head - 1) % RAFT_REPORTS_MAX],
			     report);
	spin_unlock_irqrestore(&r->lock, flags);
}

/**
 * raft_reports_take - take the oldest report
 * @r: the ring
 * @report: filled in
 *
 * Context: any; disables interrupts for a moment.
 * Return: false if there is none.
 */
bool raft_reports_take(struct raft_reports *r, struct raft_report *report)
{
	unsigned long flags;
	bool any;

	spin_lock_irqsave(&r->lock, flags);
	any = r->head != r->tail;
	if (any)
		*report = r->ring[r->tail++ % RAFT_REPORTS_MAX];
	spin_unlock_irqrestore(&r->lock, flags);
	return any;
}
