// SPDX-License-Identifier: GPL-2.0
/*
 * timer.c - the one deadline of a group: an hrtimer that wakes the owner.
 *
 * Most deadlines move: with each heartbeat a follower's is later.  So the hrtimer
 * is set only for a deadline that is nearer than what it is set to; when it fires
 * before the deadline it goes on to that by itself, and wakes nobody.
 *
 * Runs in hard interrupt context so that a busy softirq does not delay it; the
 * callback takes no lock but the timer's own, sends nothing and allocates nothing
 * (trap 55).
 */
#include <linux/ktime.h>
#include <linux/limits.h>

#include "compat.h"
#include "owner.h"
#include "timer.h"

/*
 * Is the deadline not reached, but later than what the hrtimer was set to?  Then it
 * is set to that, unless the owner has just done so.
 */
static bool fired_early(struct raft_timer *t, u64 now)
{
	if (now >= t->deadline)
		return false;
	if (!hrtimer_is_queued(&t->hrtimer) && t->deadline <= KTIME_MAX)
		hrtimer_set_expires(&t->hrtimer, ns_to_ktime(t->deadline));
	return true;
}

static enum hrtimer_restart timer_fired(struct hrtimer *hrtimer)
{
	struct raft_timer *t = container_of(hrtimer, struct raft_timer,
					    hrtimer);
	u64 deadline, now = ktime_get_ns();
	bool early;

	raw_spin_lock(&t->lock);
	deadline = t->deadline;
	early = fired_early(t, now);
	raw_spin_unlock(&t->lock);
	if (early)
		return deadline > KTIME_MAX ? HRTIMER_NORESTART :
					      HRTIMER_RESTART;
	/* Pairs with READ_ONCE() in publication.c; an old value does no harm. */
	if (now - deadline > t->late_max)
		WRITE_ONCE(t->late_max, now - deadline);
	raft_owner_wake_group(container_of(t, struct raft_group_priv, timer));
	return HRTIMER_NORESTART;
}

/**
 * raft_timer_init - make a timer ready
 * @t: that of a group, whose endpoint must live until raft_timer_stop()
 *
 * Context: any.
 */
void raft_timer_init(struct raft_timer *t)
{
	raw_spin_lock_init(&t->lock);
	t->deadline = U64_MAX;
	t->late_max = 0;
	hrtimer_setup(&t->hrtimer, timer_fired, CLOCK_MONOTONIC,
		      HRTIMER_MODE_ABS_HARD);
}

/**
 * raft_timer_arm - set the deadline
 * @t: the timer
 * @deadline: absolute ns on CLOCK_MONOTONIC, U64_MAX for never
 *
 * Context: the owner thread.
 */
void raft_timer_arm(struct raft_timer *t, u64 deadline)
{
	unsigned long flags;

	/* It is set for that, or has fired for that. */
	if (deadline == t->deadline)
		return;
	raw_spin_lock_irqsave(&t->lock, flags);
	t->deadline = deadline;
	if (deadline <= KTIME_MAX &&
	    (!hrtimer_is_queued(&t->hrtimer) ||
	     (u64)hrtimer_get_expires_ns(&t->hrtimer) > deadline))
		hrtimer_start(&t->hrtimer, ns_to_ktime(deadline),
			      HRTIMER_MODE_ABS_HARD);
	raw_spin_unlock_irqrestore(&t->lock, flags);
}

/**
 * raft_timer_stop - no callback runs after this (trap 58)
 * @t: the timer
 *
 * Context: may sleep; the owner no longer arms the timer.
 */
void raft_timer_stop(struct raft_timer *t)
{
	hrtimer_cancel(&t->hrtimer);
}
