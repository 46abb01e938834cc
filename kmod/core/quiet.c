// SPDX-License-Identifier: GPL-2.0
/*
 * quiet.c - heartbeats that need no answer.
 *
 * In a group that rests every answer says what the one before said.  A leader needs
 * some: to know that a majority hears it (CheckQuorum), for its lease (trap 43), and to
 * notice who has come back with less than it had (traps 45, 46).  So it marks a
 * heartbeat QUIET for who has all there is, when nobody waits for a round and the last
 * answer was to a heartbeat that left less than a quarter of an election timeout ago.
 * Three quarters are left for those that ask again; and where datagrams are lost every
 * one asks: before the first that does not, STEADY in a row were answered in time.
 *
 * A follower leaves out the answer only if it would say what it said before in this
 * term, and has all that the leader believes it to have.  So a node that was restarted,
 * or wiped, speaks at once.  An answer too many does no harm, nor does a mark that is
 * forged: nobody else hears less for it.
 *
 * Owns raft.told, and wanted, answered and steady of raft_peer.
 */
#include "raft_env.h"
#include "internal.h"

#define STEADY	8U	/* answers in time before the first that is left out */

/* Does anything go on for which answers are waited for? */
static bool is_busy(const struct raft *r)
{
	const struct raft_reads *rd = &r->reads;

	if ((rd->flying || rd->waiting) && !RAFT_MUTANT("quiet-to-readers"))
		return true;
	if (r->commit != r->log.last && !RAFT_MUTANT("quiet-to-laggards"))
		return true;
	return r->transfer.target || r->promote || raft_is_joint(&r->conf);
}

/* Is a peer a member that has all there is, and wants nothing? */
static bool is_level(const struct raft *r, const struct raft_peer *p)
{
	return p->member && p->state == RAFT_REPLICATE &&
	       (p->match == r->log.last || RAFT_MUTANT("quiet-to-laggards")) &&
	       !p->wants && !p->lost && !p->proof && !p->read_asked;
}

/* For how long is an answer enough, counted from when the question left? */
static u64 patience(const struct raft *r, const struct raft_peer *p)
{
	return raft_lease_length(r, p->election_timeout) / 4;
}

/**
 * raft_quiet_towards() - need a peer not answer the heartbeat that leaves now?
 * @r: the core, a leader; its round is counted
 * @p: the peer
 *
 * Context: owner thread, in a step.
 * Return: true if not.
 */
bool raft_quiet_towards(struct raft *r, struct raft_peer *p)
{
	/* The last one that asked has no answer yet: it may be lost. */
	if (p->round < p->wanted)
		p->steady = 0;
	if (p->steady >= STEADY && is_level(r, p) && !is_busy(r) &&
	    (r->boot_now - p->answered < patience(r, p) ||
	     RAFT_MUTANT("quiet-forever")))
		return true;
	p->wanted = r->round;
	return false;
}

/**
 * raft_quiet_answered() - a peer has answered a heartbeat
 * @r: the core, a leader
 * @p: the peer
 * @round: the heartbeat; not from the future
 *
 * Context: owner thread, in a step.
 */
void raft_quiet_answered(struct raft *r, struct raft_peer *p, u64 round)
{
	if (!round || round != p->wanted || r->round - round >= RAFT_ROUNDS)
		return;
	p->answered = r->round_sent[round % RAFT_ROUNDS];
	p->steady = min(p->steady + 1, STEADY);
}

/**
 * raft_quiet_keeps() - may a follower leave out its answer to a heartbeat?
 * @r: the core, a follower
 * @m: the heartbeat
 * @out: the answer; what it says counts as said if it is not left out
 * @fresh: the heartbeat is no copy, not late, and not for another boot
 *
 * Context: owner thread, in a step.
 * Return: true if so.
 */
bool raft_quiet_keeps(struct raft *r, const struct raft_msg *m,
		      const struct raft_msg *out, bool fresh)
{
	struct raft_told *t = &r->told;

	if (m->flags & RAFT_MSG_QUIET && RAFT_MUTANT("quiet-with-news"))
		return true;
	/* It proves nothing, nor does the answer promise anything. */
	if (!fresh || !m->to_inc)
		return false;
	if (m->flags & RAFT_MSG_QUIET && out->commit >= m->commit &&
	    t->term == r->term && t->flags == out->flags &&
	    t->promise == out->reject_index && t->wants == out->log_term &&
	    t->priority == out->priority)
		return true;
	t->term = r->term;
	t->flags = out->flags;
	t->promise = out->reject_index;
	t->wants = out->log_term;
	t->priority = out->priority;
	return false;
}
