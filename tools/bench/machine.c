// SPDX-License-Identifier: GPL-2.0
/*
 * machine.c - what the machine costs by itself: a process switch, time in which
 * nobody asks for anything, and time in which it stood still.
 */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WATCH_NS	(100 * RAFT_NS_PER_MS)	/* rarely, lest it be a load itself */
#define WATCH_LATE_NS	(200 * RAFT_NS_PER_MS)

static void echo_bytes(int from, int to)
{
	char c;

	while (read(from, &c, 1) == 1)
		if (write(to, &c, 1) != 1)
			break;
	_exit(0);
}

static int switch_run(const struct bench_args *args, int to, int from,
		      struct bench_result *r)
{
	struct bench_pace pace;
	uint64_t due, before;
	char c = 0;

	bench_pace_start(&pace, args);
	while (bench_pace_take(&pace, &due)) {
		before = raft_clock_ns();
		if (write(to, &c, 1) != 1 || read(from, &c, 1) != 1)
			return bench_fail("pipe: %s", strerror(errno));
		raft_hist_add(&r->hist, (raft_clock_ns() - before) / 2);
	}
	r->elapsed_ns = raft_clock_ns() - pace.begin_ns;
	return 0;
}

/**
 * bench_switch() - process switches: two processes on one processor and a byte
 * that goes to and fro through pipes
 * @args: count or seconds
 * @r: the result (out); half of a round trip each: a write, a switch, a read
 *
 * Return: 0 or the exit code.
 */
int bench_switch(const struct bench_args *args, struct bench_result *r)
{
	int there[2], back[2], ret;
	cpu_set_t one;
	pid_t pid;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (pipe(there) || pipe(back) ||
	    sched_setaffinity(0, sizeof(one), &one))
		return bench_fail("%s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return bench_fail("fork: %s", strerror(errno));
	if (!pid) {
		close(there[1]);
		close(back[0]);
		echo_bytes(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	ret = switch_run(args, there[1], back[0], r);
	close(there[1]);
	close(back[0]);
	waitpid(pid, NULL, 0);
	return ret;
}

/**
 * bench_idle() - how busy the machine is when nobody asks for anything
 * @args: seconds
 * @r: the result (out): elapsed and busy time
 *
 * Return: 0.
 */
int bench_idle(const struct bench_args *args, struct bench_result *r)
{
	uint64_t idle = bench_idle_ns(), begin = raft_clock_ns();
	struct timespec ts = { .tv_sec = args->seconds };

	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
	r->elapsed_ns = raft_clock_ns() - begin;
	r->busy_ns = bench_busy_ns(idle, r->elapsed_ns);
	return 0;
}

/**
 * bench_watch() - a line for each time at which the machine stood still, until killed
 *
 * A thread that only sleeps, and to which nothing is preferred, is woken late if the
 * machine does not run, whatever else is in it: a virtual one whose host has other
 * things to do. raft.ko's threads have the same priority: one of them that does not
 * stop would make it late, too, and shows as processor time.
 *
 * Return: 1, it may not have the highest priority.
 */
int bench_watch(void)
{
	struct sched_param first = { .sched_priority = sched_get_priority_max(SCHED_FIFO) };
	uint64_t due = raft_clock_ns(), late;
	struct timespec ts;

	if (sched_setscheduler(0, SCHED_FIFO, &first))
		return bench_fail("SCHED_FIFO: %s", strerror(errno));
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	for (;;) {
		due += WATCH_NS;
		ts.tv_sec = due / RAFT_NS_PER_S;
		ts.tv_nsec = due % RAFT_NS_PER_S;
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
			;
		late = raft_clock_ns() - due;
		if (late > WATCH_LATE_NS)
			printf("stood still for %u ms\n",
			       (unsigned int)(late / RAFT_NS_PER_MS));
		due += late;
	}
}
