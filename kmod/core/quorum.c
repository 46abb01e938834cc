// SPDX-License-Identifier: GPL-2.0
/*
 * quorum.c - what a majority of the voters has, grants or hears.
 *
 * Counts over the slots of struct raft and changes nothing.  Learners never
 * count.  Joint configurations will need both majorities here and nowhere else
 * (trap 19).
 */
#include "raft_env.h"
#include "internal.h"

static u32 voters(const struct raft *r)
{
	u32 i, n = 0;

	for (i = 0; i < r->n_peers; i++)
		n += !r->peers[i].learner;
	return n;
}

/**
 * raft_quorum_size() - voters in a majority
 * @r: the core
 *
 * Context: owner thread.
 * Return: the number; 1 if there are no voters, so that nobody can reach it.
 */
u32 raft_quorum_size(const struct raft *r)
{
	u32 size = voters(r) / 2 + 1;

	if (RAFT_MUTANT("quorum-minus-one") && size > 1)
		size--;
	return size;
}

/**
 * raft_quorum_match() - highest index that is durable on a majority
 * @r: the core, a leader
 *
 * Context: owner thread.
 * Return: the index.
 */
u64 raft_quorum_match(const struct raft *r)
{
	u32 i, j, n, need = raft_quorum_size(r);
	u64 best = 0;

	for (i = 0; i < r->n_peers; i++) {
		if (r->peers[i].learner || r->peers[i].match <= best)
			continue;
		for (j = 0, n = 0; j < r->n_peers; j++)
			n += !r->peers[j].learner &&
			     r->peers[j].match >= r->peers[i].match;
		if (n >= need)
			best = r->peers[i].match;
	}
	return best;
}

/**
 * raft_quorum_vote() - the state of a ballot
 * @r: the core, a candidate or pre-candidate
 *
 * Each voter counts once, whatever it repeats (trap 7).
 *
 * Context: owner thread.
 * Return: 1 won, -1 lost, 0 open.
 */
int raft_quorum_vote(const struct raft *r)
{
	u32 i, yes = 0, no = 0, need = raft_quorum_size(r), n = voters(r);

	for (i = 0; i < r->n_peers; i++) {
		if (r->peers[i].learner)
			continue;
		yes += r->peers[i].vote > 0;
		no += r->peers[i].vote < 0;
	}
	if (yes >= need)
		return 1;
	return n - no < need ? -1 : 0;
}

/**
 * raft_quorum_active() - did a majority answer since the last look?
 * @r: the core, a leader, which counts itself if it is a voter
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_quorum_active(const struct raft *r)
{
	u32 i, n = 0;

	for (i = 0; i < r->n_peers; i++)
		n += !r->peers[i].learner &&
		     (r->peers[i].active || &r->peers[i] == r->self);
	return n >= raft_quorum_size(r);
}
