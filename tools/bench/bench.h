/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - what the modes of raft-bench share.
 */
#ifndef _RAFT_BENCH_H
#define _RAFT_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "../lib/util.h"
#include "hist.h"

/**
 * struct bench_args - the command line
 * @mode: first word
 * @target: of fsync and udp
 * @group: -g, or NULL
 * @threads: -t
 * @size: -s, bytes of a command or datagram
 * @count: -n, 0: for @seconds
 * @seconds: -T
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
	uint32_t size;
	uint64_t count;
	uint64_t seconds;
	uint32_t timeout_ms;
	bool read;
	bool lease;
	bool json;
};

/**
 * struct bench_result - what came out
 * @hist: latencies of what was done
 * @elapsed_ns: from the first to the last
 * @failed: certainly not done
 * @unknown: may be done
 * @note: a word on how, or NULL
 */
struct bench_result {
	struct raft_hist hist;
	uint64_t elapsed_ns;
	uint64_t failed;
	uint64_t unknown;
	const char *note;
};

__attribute__((format(printf, 1, 2))) int bench_fail(const char *fmt, ...);
int bench_fsync(const struct bench_args *args, struct bench_result *r);
int bench_udp_server(const struct bench_args *args);
int bench_udp(const struct bench_args *args, struct bench_result *r);

#endif /* _RAFT_BENCH_H */
