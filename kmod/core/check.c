// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - invariants of one node's state, cheap enough for every step.
 *
 * Called after each step by test builds and the simulator.  Invariants that
 * need more than one node are the simulator's.
 */
#include "raft_env.h"
#include "internal.h"

static const char *check_peer(const struct raft *r, const struct raft_peer *p)
{
	if (p->match > r->log.last)
		return "match index above the last index";
	if (p->state == RAFT_SNAPSHOT && p->match >= r->log.base)
		return "sends a snapshot to a peer that needs none";
	if (p != r->self && p->next <= p->match)
		return "next index not above the match index";
	if (p->inflight_count > r->cfg.max_inflight)
		return "more messages in flight than allowed";
	return NULL;
}

static const char *check_leader(const struct raft *r)
{
	const struct raft_peer *p;
	const char *why = NULL;

	/* A leader that is being removed leads until that is committed. */
	if (!raft_votes(r->self) && r->conf.index <= r->applied)
		return "leader is not a voter";
	if (r->bare)
		return "leader lacks commands";
	if (raft_snapshot_lost(r))
		return "leader lacks its snapshot";
	if (r->vote != r->cfg.id)
		return "leader did not vote for itself";
	if (r->leader != r->cfg.id)
		return "leader names another leader";
	raft_for_each_peer(r, p)
		if (!why)
			why = check_peer(r, p);
	return why;
}

static const char *check_membership(const struct raft *r)
{
	const struct raft_entry *e = raft_log_entry(&r->log, r->conf.index);
	const struct raft_peer *p;
	u32 i, n = 0;

	if (r->conf.index > r->log.last)
		return "configuration of an entry that was cut";
	if (e ? e->type != RAFT_ENTRY_CONFIG : r->conf.index > r->log.evicted)
		return "configuration of an entry that is none";
	if (r->conf_applied.index > r->applied)
		return "applied configuration is not applied";
	raft_for_each_peer(r, p)
		n += p->member;
	if (n != r->conf.n)
		return "members and their slots differ";
	for (i = 1; i < r->conf.n; i++)
		if (r->conf.m[i].id <= r->conf.m[i - 1].id)
			return "members are not in order";
	return NULL;
}

static const char *check_window(const struct raft *r)
{
	const struct raft_log *log = &r->log;

	if (log->evicted < log->base)
		return "evicted what was dropped";
	if (log->evicted > r->applied ||
	    (log->evicted > r->durable && log->evicted > log->base))
		return "evicted what is not applied and durable";
	if (log->evicted == log->last && log->bytes)
		return "no entry is in memory, but bytes of some are";
	if (log->evicted > r->image.index && !raft_snapshot_lost(r))
		return "evicted what is not in the image";
	if (log->terms.n ? raft_terms_last(&log->terms) > log->evicted :
	    log->evicted > log->base)
		return "evicted entries and their terms differ";
	if (r->readback.n && r->role != RAFT_LEADER)
		return "keeps entries for peers and does not lead";
	return NULL;
}

/**
 * raft_check() - is the state of this node consistent with itself?
 * @r: the core, between steps
 *
 * Context: owner thread.
 * Return: NULL, or what is wrong.
 */
const char *raft_check(const struct raft *r)
{
	if (r->applied > r->commit)
		return "applied index above the commit index";
	if (r->applied < r->log.base)
		return "dropped what is not applied";
	if (r->image.index < r->snap.index)
		return "dropped what is in no snapshot";
	if (raft_snapshot_lost(r) && (r->snap.index || r->applied > r->log.base))
		return "has applied what it has no state for";
	if (r->snap.index && raft_snapshot_is_bare(&r->snap) && !r->bare)
		return "nothing but an image is taken for a snapshot";
	if (r->commit > r->log.last)
		return "commit index above the last index";
	if (r->durable > r->log.last)
		return "durable index above the last index";
	if (r->reach == RAFT_REACH_NEW && r->log.last)
		return "entries in a log that was not let in";
	if (r->verified > r->log.last)
		return "verified index above the last index";
	if (raft_log_term(&r->log, r->log.last) > r->term)
		return "last term above the current term";
	if (r->log.last > r->log.base + 1 &&
	    raft_log_term(&r->log, r->log.last) <
	    raft_log_term(&r->log, r->log.last - 1))
		return "terms fall along the log";
	if (r->conflicts)
		return "a leader contradicts a committed entry";
	if (r->persisted_seq > r->persist_seq)
		return "more batches durable than written";
	if (r->hs_term != r->term || r->hs_vote != r->vote)
		return "hard state was not handed to the log";
	if (r->role == RAFT_CANDIDATE && r->vote != r->cfg.id)
		return "candidate did not vote for itself";
	if (r->role != RAFT_LEADER && r->leader == r->cfg.id)
		return "names itself leader but is none";
	if (check_window(r))
		return check_window(r);
	if (r->role == RAFT_LEADER && check_leader(r))
		return check_leader(r);
	return check_membership(r);
}
