// SPDX-License-Identifier: GPL-2.0
/*
 * quorum.c - what a majority of the voters has, grants or hears.
 *
 * Counts over the slots of struct raft and changes nothing.  Learners and those
 * who left never count.  A joint configuration needs both majorities (Raft 6,
 * trap 19), here and nowhere else.
 */
#include "raft_env.h"
#include "internal.h"

/* Which half of a joint configuration; a simple one has only the new half. */
enum half {
	HALF_NEW,
	HALF_OLD,
};

static bool votes_in(const struct raft *r, const struct raft_peer *p,
		     enum half which)
{
	/* A leader that left does not count itself (thesis 4.2.2, trap 23). */
	if (!p->member)
		return RAFT_MUTANT("leader-counts-removed-self") &&
		       p == r->self && r->role == RAFT_LEADER;
	if (which == HALF_OLD)
		return p->flags & RAFT_MEMBER_OLD;
	return !(p->flags & (RAFT_MEMBER_LEARNER | RAFT_MEMBER_GONE));
}

/* Voters in a majority; 1 if there are no voters, so nobody can reach it. */
static u32 majority(const struct raft *r, enum half which)
{
	const struct raft_peer *p;
	u32 n = 0;

	raft_for_each_peer(r, p)
		n += votes_in(r, p, which);
	n = n / 2 + 1;
	if (RAFT_MUTANT("quorum-minus-one") && n > 1)
		n--;
	return n;
}

static bool half_counts(const struct raft *r, enum half which)
{
	if (which == HALF_NEW)
		return true;
	return raft_is_joint(&r->conf) && !RAFT_MUTANT("joint-new-majority-only");
}

/* The highest number that a majority has reached in one half. */
static u64 half_reached(const struct raft *r, enum half which,
			u64 (*number)(const struct raft *r,
				      const struct raft_peer *p))
{
	u32 n, need = majority(r, which);
	const struct raft_peer *p, *q;
	u64 best = 0, x;

	raft_for_each_peer(r, p) {
		x = number(r, p);
		if (!votes_in(r, p, which) || x <= best)
			continue;
		n = 0;
		raft_for_each_peer(r, q)
			n += votes_in(r, q, which) && number(r, q) >= x;
		if (n >= need)
			best = x;
	}
	return best;
}

static u64 reached(const struct raft *r,
		   u64 (*number)(const struct raft *r,
				 const struct raft_peer *p))
{
	u64 best = half_reached(r, HALF_NEW, number);

	if (half_counts(r, HALF_OLD))
		best = min(best, half_reached(r, HALF_OLD, number));
	return best;
}

static u64 match_of(const struct raft *r, const struct raft_peer *p)
{
	(void)r;
	return p->match;
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
	return reached(r, match_of);
}

static u64 round_of(const struct raft *r, const struct raft_peer *p)
{
	return p == r->self ? r->round : p->round;
}

/**
 * raft_quorum_round() - last heartbeat round that a majority has answered
 * @r: the core, a leader, which answers itself if it is a voter
 *
 * Context: owner thread.
 * Return: the round, 0 if none.
 */
u64 raft_quorum_round(const struct raft *r)
{
	return reached(r, round_of);
}

static u64 lease_of(const struct raft *r, const struct raft_peer *p)
{
	return p == r->self ? r->boot_now + r->cfg.election_timeout :
			      p->lease_until;
}

/**
 * raft_quorum_lease() - until when a majority refuses votes to others
 * @r: the core, a leader, which refuses them itself
 *
 * Context: owner thread.
 * Return: ns on CLOCK_BOOTTIME, 0 if no majority does.
 */
u64 raft_quorum_lease(const struct raft *r)
{
	return reached(r, lease_of);
}

/* 1 won, -1 lost, 0 open. */
static int half_vote(const struct raft *r, enum half which)
{
	u32 yes = 0, no = 0, n = 0, need = majority(r, which);
	const struct raft_peer *p;

	raft_for_each_peer(r, p) {
		if (!votes_in(r, p, which))
			continue;
		n++;
		yes += p->vote > 0;
		no += p->vote < 0;
	}
	if (yes >= need)
		return 1;
	return n - no < need ? -1 : 0;
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
	int result = half_vote(r, HALF_NEW);

	if (half_counts(r, HALF_OLD))
		result = min(result, half_vote(r, HALF_OLD));
	return result;
}

static u64 active(const struct raft *r, const struct raft_peer *p)
{
	return p == r->self || p->active;
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
	return reached(r, active);
}
