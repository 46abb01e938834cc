/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hist.h - a histogram of latencies: 64 steps per power of two, 1.6 % at worst.
 */
#ifndef _RAFT_HIST_H
#define _RAFT_HIST_H

#include <stdint.h>

#define RAFT_HIST_STEPS		64u
#define RAFT_HIST_BUCKETS	(RAFT_HIST_STEPS * 59)

/**
 * struct raft_hist - a histogram
 * @n: how many values
 * @sum: of them, ns
 * @min: least, ns
 * @max: largest, ns
 * @bucket: how many in each step
 */
struct raft_hist {
	uint64_t n;
	uint64_t sum;
	uint64_t min;
	uint64_t max;
	uint64_t bucket[RAFT_HIST_BUCKETS];
};

void raft_hist_add(struct raft_hist *h, uint64_t ns);
void raft_hist_merge(struct raft_hist *h, const struct raft_hist *other);
uint64_t raft_hist_quantile(const struct raft_hist *h, double q);

#endif /* _RAFT_HIST_H */
