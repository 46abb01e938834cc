// SPDX-License-Identifier: GPL-2.0
/*
 * timer.c - the one deadline of a group: an hrtimer that wakes the owner.
 *
 * Runs in hard interrupt context so that a busy softirq does not delay it; the
 * callback takes no lock, sends nothing and allocates nothing (trap 55).
 */
#include <linux/ktime.h>
#include <linux/limits.h>

#include "compat.h"
#include "owner.h"
#include "timer.h"

static enum hrtimer_restart timer_fired(struct hrtimer *hrtimer)
{
	struct raft_timer *t = container_of(hrtimer, struct raft_timer,
					    hrtimer);
	s64 late = ktime_to_ns(ktime_sub(ktime_get(),
					 hrtimer_get_expires(hrtimer)));

	/* Pairs with READ_ONCE() in publication.c; an old value does no harm. */
	if (late > 0 && (u64)late > t->late_max)
		WRITE_ONCE(t->late_max, late);
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
	t->armed = U64_MAX;
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
	if (deadline == t->armed)
		return;
	t->armed = deadline;
	/* A callback that runs just now only wakes us once too often. */
	if (deadline > KTIME_MAX)
		hrtimer_try_to_cancel(&t->hrtimer);
	else
		hrtimer_start(&t->hrtimer, ns_to_ktime(deadline),
			      HRTIMER_MODE_ABS_HARD);
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
	t->armed = U64_MAX;
}
