/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timer.h - the one deadline of a group.
 *
 * An hrtimer on CLOCK_MONOTONIC that wakes the owner thread and measures how
 * late it is.  It decides nothing: the owner drains its queues first and then
 * compares the deadline with the clock ("late is not dead").
 */
#ifndef _RAFT_TIMER_H
#define _RAFT_TIMER_H

#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/**
 * struct raft_timer - the deadline of a group
 * @hrtimer: the timer
 * @lock: protects @deadline and to what @hrtimer is set: never to more than
 *	@deadline
 * @deadline: absolute ns, U64_MAX for never; [lock], the owner writes
 * @late_max: ns by which it fired after the deadline at worst; written by the
 *	callback
 */
struct raft_timer {
	struct hrtimer hrtimer;
	raw_spinlock_t lock;
	u64 deadline;
	u64 late_max;
};

void raft_timer_init(struct raft_timer *t);
void raft_timer_arm(struct raft_timer *t, u64 deadline);
void raft_timer_stop(struct raft_timer *t);

#endif /* _RAFT_TIMER_H */
