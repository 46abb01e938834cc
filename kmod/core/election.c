// SPDX-License-Identifier: GPL-2.0
/*
 * election.c - roles, terms, votes: Raft 5.2, 5.4.1, thesis 9.6 and 4.2.3.
 *
 * The only file that changes role, term and vote.  Durability of the vote is
 * hold.c's: what is sent here through raft_hold() leaves when it is on disk, and
 * a candidate's own vote is counted only then (trap 3).
 */
#include "raft_env.h"
#include "internal.h"

/* splitmix64: the event brings the entropy, this only stretches it. */
static u32 next_random(struct raft *r)
{
	u64 z = (r->random += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (u32)(z >> 32);
}

/**
 * raft_reset_election_timer() - draw a new election deadline
 * @r: the core
 *
 * From [T, 2T), T the election timeout (Raft 5.2, 9.3).
 *
 * Context: owner thread, in a step.
 */
void raft_reset_election_timer(struct raft *r)
{
	u64 us = div_u64(r->cfg.election_timeout, 1000);
	u64 jitter = ((u64)next_random(r) * (us & U32_MAX) >> 32) * 1000;

	r->election_deadline = r->now + r->cfg.election_timeout + jitter;
}

static void clear_votes(struct raft *r)
{
	struct raft_peer *p;

	raft_for_each_peer(r, p)
		p->vote = 0;
}

static void set_term(struct raft *r, u64 term, u32 vote)
{
	if (term != r->term)
		r->verified = 0;
	r->term = term;
	r->vote = vote;
	r->state_changed = true;
}

static void set_leader(struct raft *r, u32 leader)
{
	if (r->leader == leader)
		return;
	r->leader = leader;
	r->state_changed = true;
	raft_read_restart(r);
	if (!leader)
		return;
	raft_forward_restart(r);
	raft_request_leader(r);
}

/**
 * raft_become_follower() - step down, or learn of a newer term (Raft 5.1)
 * @r: the core
 * @term: at least the current term; the vote is kept within a term (trap 5)
 * @leader: its leader, 0 if not known
 *
 * A follower that merely learns of a term keeps its timer; one that steps down
 * starts it (trap 35).
 *
 * Context: owner thread, in a step.
 */
void raft_become_follower(struct raft *r, u64 term, u32 leader)
{
	if (r->role != RAFT_FOLLOWER) {
		r->role = RAFT_FOLLOWER;
		r->state_changed = true;
		raft_reset_election_timer(r);
		memset(&r->transfer, 0, sizeof(r->transfer));
		/* A tally must not leak into the next ballot (trap 32). */
		clear_votes(r);
	}
	if (term > r->term)
		set_term(r, term, 0);
	else if (RAFT_MUTANT("forget-vote-on-stepdown"))
		r->vote = 0;
	set_leader(r, leader);
}

/**
 * raft_leader_seen() - a message of the leader of the current term came
 * @r: the core
 * @leader: its id
 * @fresh: not a copy or a late one: only that proves that it lives (trap 36)
 *
 * A candidate of the same term falls back (Raft 5.2, trap 37).
 *
 * Context: owner thread, in a step.
 */
void raft_leader_seen(struct raft *r, u32 leader, bool fresh)
{
	if (RAFT_MUTANT("no-timer-fresh"))
		fresh = true;
	if (fresh) {
		if (r->role != RAFT_FOLLOWER)
			raft_become_follower(r, r->term, leader);
		r->leader_heard = r->now;
		raft_reset_election_timer(r);
	}
	if (r->role == RAFT_FOLLOWER)
		set_leader(r, leader);
}

/**
 * raft_refuses_votes() - is there reason to believe in the present leader?
 * @r: the core
 *
 * Leader stickiness (thesis 4.2.3): within the minimum election timeout of
 * hearing a leader nobody is helped to depose it; the leader itself does not
 * help either, CheckQuorum ends its belief (traps 34, 43).  After a crash the
 * same is assumed once (trap 40).
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_refuses_votes(const struct raft *r)
{
	/* A promise holds even if the option was switched off since. */
	if (r->now < r->withhold_until)
		return true;
	if (!r->cfg.check_quorum)
		return false;
	if (r->role == RAFT_LEADER)
		return true;
	return r->leader &&
	       r->now < r->leader_heard + r->cfg.election_timeout;
}

/**
 * raft_log_suffices() - may a node with this log lead, as far as this one knows?
 * @r: the core
 * @last: its last index
 * @last_term: its last term
 *
 * Raft 5.4.1, and trap 27: a node that may have lost what it once had counts as
 * having it (lost.c).
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_log_suffices(const struct raft *r, u64 last, u64 last_term)
{
	return raft_lost_suffices(r, last, last_term) &&
	       raft_log_up_to_date(&r->log, last, last_term);
}

/**
 * raft_disk_stalled() - has the log stopped making progress?
 * @r: the core
 *
 * Context: owner thread.
 * Return: true if work is outstanding and nothing completed for an election
 * timeout.
 */
bool raft_disk_stalled(const struct raft *r)
{
	return r->persisted_seq < r->persist_seq &&
	       r->now >= r->persist_since + r->cfg.election_timeout &&
	       !RAFT_MUTANT("watchdog-sleeps");
}

static void ask_for_votes(struct raft *r, enum raft_msg_type type, u64 term,
			  u8 flags)
{
	struct raft_msg m = {
		.type = type,
		.flags = flags,
		.term = term,
		.index = r->log.last,
		.log_term = raft_log_term(&r->log, r->log.last),
		.commit = r->commit,
	};
	const struct raft_peer *p;

	raft_for_each_peer(r, p) {
		if (!raft_votes(p) || p == r->self)
			continue;
		m.to = p->id;
		if (type == RAFT_MSG_PREVOTE)
			raft_emit(r, &m);
		else
			raft_hold(r, &m, 0);
	}
}

static void become_candidate(struct raft *r, u8 flags)
{
	r->role = RAFT_CANDIDATE;
	clear_votes(r);
	set_leader(r, 0);
	set_term(r, r->term + 1, r->cfg.id);
	raft_reset_election_timer(r);
	ask_for_votes(r, RAFT_MSG_VOTE, r->term, flags);
	if (RAFT_MUTANT("vote-before-durable")) {
		r->self->vote = 1;
		if (raft_quorum_vote(r) > 0)
			raft_become_leader(r);
	}
}

static void become_precandidate(struct raft *r)
{
	r->role = RAFT_PRECANDIDATE;
	r->state_changed = true;
	clear_votes(r);
	/* Else it would keep refusing others (trap 32). */
	set_leader(r, 0);
	raft_reset_election_timer(r);
	/* A pre-vote for itself promises nothing: it counts at once. */
	r->self->vote = 1;
	if (raft_quorum_vote(r) > 0)
		become_candidate(r, 0);
	else
		ask_for_votes(r, RAFT_MSG_PREVOTE, r->term + 1, 0);
}

/**
 * raft_campaign() - the election deadline passed (Raft 5.2)
 * @r: the core
 *
 * Nothing happens at a leader, or at a node that may not (traps 24, 25), nor
 * while the disk does not answer: such a leader could commit nothing.
 *
 * Context: owner thread, in a step.
 */
void raft_campaign(struct raft *r)
{
	if (r->role == RAFT_LEADER)
		return;
	if (!raft_may_campaign(r) || raft_disk_stalled(r) ||
	    r->term >= RAFT_MAX_TERM) {
		raft_reset_election_timer(r);
		return;
	}
	if (r->cfg.prevote)
		become_precandidate(r);
	else
		become_candidate(r, 0);
}

/**
 * raft_handle_timeout_now() - TIMEOUT_NOW: the leader wants this node to lead
 * @r: the core, a follower of the sender
 *
 * No pre-vote, and voters need not be loyal to the leader: it asked for it
 * itself (thesis 3.10, trap 38).
 *
 * Context: owner thread, in a step.
 */
void raft_handle_timeout_now(struct raft *r)
{
	if (!raft_may_campaign(r) || raft_disk_stalled(r) ||
	    r->term >= RAFT_MAX_TERM)
		return;
	become_candidate(r, RAFT_MUTANT("transfer-respects-stickiness") ?
			    0 : RAFT_MSG_TRANSFER);
}

/**
 * raft_count_own_vote() - the candidate's vote for itself is on disk
 * @r: the core
 *
 * Context: owner thread, in a step.
 */
void raft_count_own_vote(struct raft *r)
{
	if (r->role != RAFT_CANDIDATE || r->vote != r->cfg.id ||
	    !raft_hard_state_durable(r))
		return;
	r->self->vote = 1;
	if (raft_quorum_vote(r) > 0)
		raft_become_leader(r);
}

/**
 * raft_handle_prevote() - PREVOTE: would this node vote? (thesis 9.6)
 * @r: the core
 * @m: m->term is the term the sender would campaign in
 *
 * A yes promises nothing and changes nothing here.  It carries the term asked
 * for; a no carries the own term, so that who is behind catches up (trap 30).
 * Every node answers, learners too: they may be voters already (trap 24).
 *
 * Context: owner thread, in a step.
 */
void raft_handle_prevote(struct raft *r, const struct raft_msg *m)
{
	struct raft_msg out = raft_reply(r, m, RAFT_MSG_PREVOTE_RESP);

	out.commit = r->commit;
	if (m->term > r->term && !raft_refuses_votes(r) &&
	    raft_log_suffices(r, m->index, m->log_term)) {
		out.term = m->term;
		raft_emit(r, &out);
		return;
	}
	out.flags = RAFT_MSG_REJECT;
	raft_hold(r, &out, 0);
}

/**
 * raft_handle_vote() - VOTE: RequestVote (Raft 5.2, 5.4.1)
 * @r: the core
 * @m: of the current term, or of an older one, which is told so
 *
 * Context: owner thread, in a step.
 */
void raft_handle_vote(struct raft *r, const struct raft_msg *m)
{
	struct raft_msg out = raft_reply(r, m, RAFT_MSG_VOTE_RESP);

	/* 1. Reply false if term < currentTerm.
	 * 2. Grant if votedFor is null or the candidate (again: trap 7), and
	 *    the candidate's log is at least as up to date.  A term that has a
	 *    leader needs no other.
	 * A new store votes only for who asked this boot: founded() in lost.c.
	 */
	out.commit = r->commit;
	if (m->term == r->term &&
	    (!raft_is_unproven(r) || m->to_inc == r->cfg.incarnation ||
	     RAFT_MUTANT("new-log-late-vote")) &&
	    (r->vote == m->from || (!r->vote && !r->leader)) &&
	    raft_log_suffices(r, m->index, m->log_term)) {
		r->vote = m->from;
		raft_reset_election_timer(r);
	} else {
		out.flags = RAFT_MSG_REJECT;
	}
	raft_hold(r, &out, 0);
}

/**
 * raft_handle_vote_resp() - VOTE_RESP and PREVOTE_RESP
 * @r: the core
 * @p: the voter
 * @m: of the current term, or the grant of a pre-vote for the next one
 *
 * Each kind counts only in its own ballot (trap 8).
 *
 * Context: owner thread, in a step.
 */
void raft_handle_vote_resp(struct raft *r, struct raft_peer *p,
			   const struct raft_msg *m)
{
	bool pre = m->type == RAFT_MSG_PREVOTE_RESP;
	bool yes = !(m->flags & RAFT_MSG_REJECT);

	if (RAFT_MUTANT("prevote-counts-as-vote") && pre && yes &&
	    r->role == RAFT_CANDIDATE && m->term == r->term)
		pre = false;
	if (r->role != (pre ? RAFT_PRECANDIDATE : RAFT_CANDIDATE))
		return;
	if (yes && m->term != r->term + pre)
		return;
	p->vote = yes ? 1 : -1;
	switch (raft_quorum_vote(r)) {
	case 1:
		if (pre)
			become_candidate(r, 0);
		else
			raft_become_leader(r);
		break;
	case -1:
		raft_become_follower(r, r->term, 0);
		break;
	}
}
