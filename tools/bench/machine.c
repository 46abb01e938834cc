// SPDX-License-Identifier: GPL-2.0
/*
 * machine.c - what the machine costs by itself: a process switch, and time in
 * which nobody asks for anything.
 */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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
