// SPDX-License-Identifier: GPL-2.0
/*
 * realtime.c - how urgent our threads are: SCHED_FIFO, above whoever chose to be.
 *
 * A thread of a low priority waits for every real-time process that never sleeps,
 * and a leader that is silent for so long has no place.  A flood cannot make the
 * owner take a processor for ever: it rests (RX_REST in owner.c).
 */
#include <linux/sched.h>
#include <linux/sched/prio.h>
#include <uapi/linux/sched/types.h>

#include "realtime.h"

/**
 * raft_realtime - make a thread urgent
 * @task: the thread
 *
 * The highest priority there is: it has little to do and must not be late.
 *
 * Context: may sleep.
 */
void raft_realtime(struct task_struct *task)
{
	const struct sched_attr attr = {
		.size = sizeof(attr),
		.sched_policy = SCHED_FIFO,
		.sched_priority = MAX_RT_PRIO - 1,
	};

	/* Fails only if the priority is none. */
	WARN_ON_ONCE(sched_setattr_nocheck(task, &attr));
}
