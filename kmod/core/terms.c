// SPDX-License-Identifier: GPL-2.0
/*
 * terms.c - the terms of entries that are only on disk, as runs of equal terms.
 *
 * Comparing logs needs the term of any index, for ever; a term is an election,
 * so there are few of them.  So what left the memory is found on disk, and its
 * terms still here (log.c).  Owns the runs.  Knows nothing of entries.
 */
#include "raft_env.h"
#include "internal.h"

static struct raft_run *run_at(const struct raft_terms *t, u32 i)
{
	return &t->part[i / RAFT_CHUNK_RUNS]->runs[i % RAFT_CHUNK_RUNS];
}

/**
 * raft_terms_last() - where the last run begins
 * @t: the runs
 *
 * Context: owner thread.
 * Return: index of its first entry, 0 if there is none.
 */
u64 raft_terms_last(const struct raft_terms *t)
{
	return t->n ? run_at(t, t->n - 1)->first : 0;
}

/**
 * raft_terms_add() - the term of the next entry
 * @log: the log, whose terms they are
 * @index: of the entry, behind all that were added
 * @term: its term
 *
 * Context: owner thread.
 * Return: false if that is one run too many, or there is no memory for it; nothing
 * changed then.
 */
bool raft_terms_add(struct raft_log *log, u64 index, u64 term)
{
	struct raft_terms *t = &log->terms;
	struct raft_log_chunk **part;

	if (t->n && (run_at(t, t->n - 1)->term == term ||
		     RAFT_MUTANT("evict-one-term")))
		return true;
	if (t->n == RAFT_LOG_TERMS)
		return false;
	part = &t->part[t->n / RAFT_CHUNK_RUNS];
	if (!*part)
		*part = raft_chunk_get(log);
	if (!*part)
		return false;
	*run_at(t, t->n++) = (struct raft_run) { index, term };
	return true;
}

/* The run that an index is in; there is one. */
static u32 run_of(const struct raft_terms *t, u64 index)
{
	u32 low = 0, high = t->n - 1, mid;

	while (low < high) {
		mid = high - (high - low) / 2;
		if (run_at(t, mid)->first <= index)
			low = mid;
		else
			high = mid - 1;
	}
	return low;
}

/**
 * raft_terms_at() - the term of an entry
 * @t: the runs
 * @index: of an entry that was added and not dropped
 *
 * Context: owner thread.
 * Return: its term.
 */
u64 raft_terms_at(const struct raft_terms *t, u64 index)
{
	return t->n ? run_at(t, run_of(t, index))->term : 0;
}

/**
 * raft_terms_drop() - a prefix is not needed any more
 * @log: the log, whose terms they are
 * @index: last entry of the prefix
 * @last: last entry that was added
 *
 * Context: owner thread.
 */
void raft_terms_drop(struct raft_log *log, u64 index, u64 last)
{
	struct raft_terms *t = &log->terms;
	u32 i, n = t->n;

	if (index < last)
		n = t->n ? run_of(t, index + 1) : 0;
	t->n -= n;
	for (i = 0; n && i < t->n; i++)
		*run_at(t, i) = *run_at(t, i + n);
	for (i = (t->n + RAFT_CHUNK_RUNS - 1) / RAFT_CHUNK_RUNS;
	     i < RAFT_LOG_TERMS / RAFT_CHUNK_RUNS; i++) {
		if (t->part[i])
			raft_chunk_put(log, t->part[i]);
		t->part[i] = NULL;
	}
}
