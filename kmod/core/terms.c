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

/**
 * raft_terms_add() - the term of the next entry
 * @t: the runs
 * @index: of the entry, behind all that were added
 * @term: its term
 *
 * Context: owner thread.
 * Return: false if that is one run too many, nothing changed then.
 */
bool raft_terms_add(struct raft_terms *t, u64 index, u64 term)
{
	if (t->n && (t->run[t->n - 1].term == term ||
		     RAFT_MUTANT("evict-one-term")))
		return true;
	if (t->n == RAFT_LOG_TERMS)
		return false;
	t->run[t->n].first = index;
	t->run[t->n++].term = term;
	return true;
}

/* The run that an index is in; there is one. */
static u32 run_of(const struct raft_terms *t, u64 index)
{
	u32 low = 0, high = t->n - 1, mid;

	while (low < high) {
		mid = high - (high - low) / 2;
		if (t->run[mid].first <= index)
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
	return t->n ? t->run[run_of(t, index)].term : 0;
}

/**
 * raft_terms_drop() - a prefix is not needed any more
 * @t: the runs
 * @index: last entry of the prefix
 * @last: last entry that was added
 *
 * Context: owner thread.
 */
void raft_terms_drop(struct raft_terms *t, u64 index, u64 last)
{
	u32 n = t->n;

	if (index < last)
		n = t->n ? run_of(t, index + 1) : 0;
	t->n -= n;
	memmove(t->run, t->run + n, t->n * sizeof(t->run[0]));
}
