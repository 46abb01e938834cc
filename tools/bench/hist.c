// SPDX-License-Identifier: GPL-2.0
/*
 * hist.c - a histogram of latencies.
 */
#include "hist.h"

#include <stddef.h>

/* Values below 64 have a bucket each; above, the top seven bits choose it. */
static size_t bucket_of(uint64_t v)
{
	unsigned int shift;

	if (v < RAFT_HIST_STEPS)
		return v;
	shift = 63 - __builtin_clzll(v) - 6;
	return (shift + 1) * RAFT_HIST_STEPS +
	       ((v >> shift) & (RAFT_HIST_STEPS - 1));
}

/* The largest value of a bucket. */
static uint64_t bucket_top(size_t i)
{
	unsigned int shift;

	if (i < RAFT_HIST_STEPS)
		return i;
	shift = i / RAFT_HIST_STEPS - 1;
	return (((uint64_t)RAFT_HIST_STEPS + i % RAFT_HIST_STEPS) << shift) +
	       ((1ull << shift) - 1);
}

/**
 * raft_hist_add() - count a latency
 * @h: the histogram
 * @ns: nanoseconds
 */
void raft_hist_add(struct raft_hist *h, uint64_t ns)
{
	if (!h->n || ns < h->min)
		h->min = ns;
	if (ns > h->max)
		h->max = ns;
	h->n++;
	h->sum += ns;
	h->bucket[bucket_of(ns)]++;
}

/**
 * raft_hist_merge() - count all that another one has
 * @h: the histogram
 * @other: the other one
 */
void raft_hist_merge(struct raft_hist *h, const struct raft_hist *other)
{
	size_t i;

	if (!other->n)
		return;
	if (!h->n || other->min < h->min)
		h->min = other->min;
	if (other->max > h->max)
		h->max = other->max;
	h->n += other->n;
	h->sum += other->sum;
	for (i = 0; i < RAFT_HIST_BUCKETS; i++)
		h->bucket[i] += other->bucket[i];
}

/**
 * raft_hist_quantile() - the latency that a part of all stays below
 * @h: the histogram
 * @q: the part, 0.99 for p99
 *
 * Return: ns, the upper end of the step, never above the largest; 0 if empty.
 */
uint64_t raft_hist_quantile(const struct raft_hist *h, double q)
{
	uint64_t rank = q * h->n, seen = 0, top;
	size_t i;

	if (!h->n)
		return 0;
	if (rank >= h->n)
		return h->max;
	for (i = 0; i < RAFT_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen > rank)
			break;
	}
	top = bucket_top(i);
	return top < h->max ? top : h->max;
}
