/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - what the programs that measure share: the command line, the pace of
 * a load, the processors' time and the report, so that the module, etcd and
 * libraft are measured and printed by the same code.
 */
#ifndef _RAFT_BENCH_H
#define _RAFT_BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "../lib/util.h"
#include "hist.h"

#define BENCH_CLIENTS_MAX	4096u

/**
 * struct bench_args - the command line
 * @mode: first word
 * @target: second word: of fsync, udp and etcd; or NULL
 * @group: -g, or NULL
 * @threads: -t, clients
 * @batch: -b, of propose: clients that share a thread and a call; divides @threads
 * @size: -s, bytes of a command or datagram
 * @count: -n, in calls of @batch; 0: for @seconds
 * @seconds: -T
 * @rate: -r, per second; 0: closed loop
 * @timeout_ms: of a proposal, 0 for the group's
 * @read: mode read
 * @lease: --lease
 * @json: --json
 */
struct bench_args {
	const char *mode;
	const char *target;
	const char *group;
	unsigned int threads;
	unsigned int batch;
	uint32_t size;
	uint64_t count;
	uint64_t seconds;
	uint64_t rate;
	uint32_t timeout_ms;
	bool read;
	bool lease;
	bool json;
};

/**
 * struct bench_result - what came out
 * @hist: latencies of what was done
 * @elapsed_ns: from the first to the last
 * @busy_ns: that all processors together were not idle meanwhile; 0: not asked
 * @failed: certainly not done
 * @unknown: may be done
 * @note: a word on how, or NULL
 */
struct bench_result {
	struct raft_hist hist;
	uint64_t elapsed_ns;
	uint64_t busy_ns;
	uint64_t failed;
	uint64_t unknown;
	const char *note;
};

/**
 * struct bench_pace - says when each request of a load is due
 * @args: count, seconds, rate
 * @begin_ns: when the first one was
 * @next: number of the next one
 */
struct bench_pace {
	const struct bench_args *args;
	uint64_t begin_ns;
	atomic_uint_fast64_t next;
};

/* options.c */
int bench_options_read(int argc, char **argv, struct bench_args *args);

/* pace.c */
void bench_pace_start(struct bench_pace *pace, const struct bench_args *args);
bool bench_pace_take(struct bench_pace *pace, uint64_t *due_ns);
uint64_t bench_idle_ns(void);
uint64_t bench_busy_ns(uint64_t idle_before_ns, uint64_t elapsed_ns);

/* report.c */
__attribute__((format(printf, 1, 2))) int bench_fail(const char *fmt, ...);
void bench_report(const struct bench_args *args, const struct bench_result *r);

/* modes.c, machine.c: what a commit rests on */
int bench_fsync(const struct bench_args *args, struct bench_result *r);
int bench_udp_server(const struct bench_args *args);
int bench_udp(const struct bench_args *args, struct bench_result *r);
int bench_switch(const struct bench_args *args, struct bench_result *r);
int bench_idle(const struct bench_args *args, struct bench_result *r);
int bench_watch(void);

#endif /* _RAFT_BENCH_H */
