// SPDX-License-Identifier: GPL-2.0
/*
 * pace.c - when a load's next request is due, and how busy the machine was.
 *
 * Closed loop: at once, when the client's last one is answered.  Open loop: at
 * fixed times whatever became of those before; latency counts from that time,
 * so that a stall is felt by all who would have come during it (no coordinated
 * omission).
 */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/**
 * bench_pace_start() - begin a load now
 * @pace: the pace (out)
 * @args: count, seconds and rate; must stay
 */
void bench_pace_start(struct bench_pace *pace, const struct bench_args *args)
{
	pace->args = args;
	pace->begin_ns = raft_clock_ns();
	atomic_init(&pace->next, 0);
}

/**
 * bench_pace_take() - take the next request
 * @pace: the pace; any thread
 * @due_ns: when it is to be made, of raft_clock_ns(); 0: at once (out)
 *
 * Return: whether there is one, else the load is over.
 */
bool bench_pace_take(struct bench_pace *pace, uint64_t *due_ns)
{
	const struct bench_args *args = pace->args;
	uint64_t n = atomic_fetch_add(&pace->next, 1);
	uint64_t end = pace->begin_ns + args->seconds * RAFT_NS_PER_S;

	*due_ns = 0;
	if (args->rate)
		*due_ns = pace->begin_ns + n * RAFT_NS_PER_S / args->rate;
	if (args->count)
		return n < args->count;
	return (args->rate ? *due_ns : raft_clock_ns()) < end;
}

/**
 * bench_idle_ns() - how long the processors have been idle since the boot
 *
 * Return: ns, the sum of all; of /proc/stat, whose steps are 10 ms.
 */
uint64_t bench_idle_ns(void)
{
	uint64_t user, nice, system, idle, iowait;
	FILE *f = fopen("/proc/stat", "re");
	int n = 0;

	if (f) {
		n = fscanf(f, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
			   " %" SCNu64, &user, &nice, &system, &idle, &iowait);
		fclose(f);
	}
	if (n != 5)
		return 0;
	return (idle + iowait) * (RAFT_NS_PER_S / sysconf(_SC_CLK_TCK));
}

/**
 * bench_busy_ns() - how long all processors together were not idle
 * @idle_before_ns: bench_idle_ns() when it began
 * @elapsed_ns: how long ago that was
 *
 * What runs in interrupts and softirqs counts, whoever it was for.
 *
 * Return: ns.
 */
uint64_t bench_busy_ns(uint64_t idle_before_ns, uint64_t elapsed_ns)
{
	uint64_t idle = bench_idle_ns() - idle_before_ns;
	uint64_t all = elapsed_ns * sysconf(_SC_NPROCESSORS_ONLN);

	return idle < all ? all - idle : 0;
}
