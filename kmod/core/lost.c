// SPDX-License-Identifier: GPL-2.0
/*
 * lost.c - a node that may have lost its log (trap 27), or a part of it.
 *
 * A store that is new belongs to a node that never ran, or to one that forgot
 * its term, its votes and what it acknowledged.  The node cannot know which.  So
 * it takes part in the election of a first leader, among logs that are all empty
 * (NEW), until it hears that something is committed (LOST), and in nothing else:
 * it votes for nobody who has entries, stores and confirms nothing.
 *
 * What lets it in, each of which is more than any leader of before the loss could
 * do:
 *   - it voted for the leader of this term with this store, and that leader's
 *     log begins in this term: the group is as new as the store;
 *   - a leader has committed an entry that it appended after it had heard of
 *     this boot, and without this node: it tells how far the commit index is.
 *     The node counts as having that (raft_log_suffices()).
 *
 * Of a log that is damaged in the middle the node has what is before the damage,
 * and knows how far it went: the shell hands that over as the reach of the hard
 * state, durable before anything is written over what is behind (disk.c).  What it
 * acknowledged was the whole, and that is what it counts as having: it neither
 * leads, nor votes for who has less, before its log has come as far again, from
 * whoever leads.  Nothing ends that sooner: if no majority is whole, and who is
 * has less, the group waits (Alagappan et al., FAST 2018, 3.3).  What a leader
 * rightly has in place of the lost entries ends in its own term, and that is above
 * all that was lost.
 *
 * A store whose term and vote are illegible has a log and does not know what it
 * voted for.  It is LOST as well, with what is left of its log: what lets a lost
 * log in is enough, for the entry that proves it is above all that was ever
 * acknowledged, and behind it nobody can win whom this node may have voted for.
 *
 * Owns raft.reach.  What a vote may go to is in election.c.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_is_unproven() - is this a node that may have lost its log, and not let in?
 * @r: the core
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_is_unproven(const struct raft *r)
{
	return r->reach >= RAFT_REACH_NEW;
}

/* Is a log as good as what this node, let in, counts as having? */
static bool reaches(const struct raft *r, u64 last, u64 last_term)
{
	if (RAFT_MUTANT("reach-by-index"))
		return last >= r->reach;
	return last_term != r->reach_term ? last_term > r->reach_term :
					    last >= r->reach;
}

/**
 * raft_lost_suffices() - has a log all that this node counts as having?
 * @r: the core
 * @last: last index of that log
 * @last_term: its last term
 *
 * Before it is let in, only an empty log is as good as its own.
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_lost_suffices(const struct raft *r, u64 last, u64 last_term)
{
	if (raft_is_unproven(r))
		return r->reach == RAFT_REACH_NEW && !last;
	return reaches(r, last, last_term) || RAFT_MUTANT("blank-votes") ||
	       RAFT_MUTANT("damaged-node-votes");
}

/**
 * raft_lost_lacks() - does this node itself lack what it counts as having?
 * @r: the core
 *
 * Context: owner thread.
 * Return: true if so: it must not lead.
 */
bool raft_lost_lacks(const struct raft *r)
{
	if (raft_is_unproven(r))
		return r->reach != RAFT_REACH_NEW || r->log.last;
	return !reaches(r, r->log.last, raft_log_term(&r->log, r->log.last)) &&
	       !RAFT_MUTANT("blank-votes") &&
	       !RAFT_MUTANT("damaged-node-leads");
}

/**
 * raft_lost_start() - what the store says of it
 * @r: the core; its log is loaded, its configuration is in force
 * @hs: what was on disk
 *
 * Not a blank node: it may be one of several that were added at once, and then
 * nobody can lead without its vote.  Its id must not be that of a member that had
 * a log; raft_lost_take() does what can be done.
 *
 * Context: as raft_start().
 */
void raft_lost_start(struct raft *r, const struct raft_hard_state *hs)
{
	r->reach = hs->reach;
	r->reach_term = hs->reach_term;
	r->hs_reach = hs->reach;
	if (RAFT_MUTANT("forgotten-votes") && r->log.last &&
	    r->reach == RAFT_REACH_LOST)
		r->reach = 0;
	if (!r->cfg.unproven) {
		/* The operator knows better. */
		if (raft_is_unproven(r))
			r->reach = 0;
		return;
	}
	if (!hs->term && !hs->vote && !hs->reach && !r->log.last &&
	    r->self->member && !RAFT_MUTANT("new-log-votes"))
		r->reach = RAFT_REACH_NEW;
}

/**
 * raft_lost_proven() - the group is as new as the store
 * @r: the core, elected from an empty log, or a follower of who was
 *
 * Context: owner thread, in a step.
 */
void raft_lost_proven(struct raft *r)
{
	if (!raft_is_unproven(r))
		return;
	r->reach = 0;
	r->reach_term = 0;
	r->state_changed = true;
}

/**
 * raft_lost_hear() - does a message say that the group is older than the store?
 * @r: the core
 * @m: a message that speaks of its sender's commit index
 *
 * Context: owner thread, in a step.
 */
void raft_lost_hear(struct raft *r, const struct raft_msg *m)
{
	if (r->reach != RAFT_REACH_NEW || !m->commit)
		return;
	/* Whom this store elected began with an empty log: the group is as new. */
	if (r->vote == m->from && r->term == m->term)
		return;
	r->reach = RAFT_REACH_LOST;
	r->state_changed = true;
	if (r->role != RAFT_FOLLOWER)
		raft_become_follower(r, r->term, 0);
}

/* This store voted for the leader, which began with an empty log. */
static bool founded(const struct raft *r, const struct raft_msg *m)
{
	return r->reach == RAFT_REACH_NEW && r->vote == m->from && !m->index &&
	       m->n_entries && m->entries[0].term == m->term;
}

/**
 * raft_lost_take() - may this node take what a leader sends?
 * @r: the core, a follower of m->from in m->term
 * @m: an APPEND that is plausible
 *
 * Also a node that is not in doubt, but had an empty log when a leader first
 * spoke to it: it may have been removed, and on its way through the log it meets
 * old configurations, of which it may be the majority.
 *
 * Context: owner thread, in a step.
 * Return: false if it must be refused.
 */
bool raft_lost_take(struct raft *r, const struct raft_msg *m)
{
	if (!raft_is_unproven(r)) {
		if (r->log.last || m->commit <= r->reach ||
		    m->reject_index < r->reach_term)
			return true;
		r->reach = m->commit;
		r->reach_term = m->reject_index;
		return true;
	}
	if (founded(r, m)) {
		raft_lost_proven(r);
		return true;
	}
	if (!(m->flags & RAFT_MSG_LOST) || m->to_inc != r->cfg.incarnation)
		return RAFT_MUTANT("lost-log-acks");
	r->reach = m->commit;
	r->reach_term = m->reject_index;
	r->state_changed = true;
	return true;
}

/**
 * raft_lost_lead() - a member says that it may have lost its log
 * @r: the core, a leader
 * @p: the member
 * @again: it is time to send it something: once a heartbeat is enough
 *
 * An entry for it, once for each of its boots, and the log from the start.  The
 * room of a no-op is left for the term that follows.
 *
 * Context: owner thread, in a step.
 */
void raft_lost_lead(struct raft *r, struct raft_peer *p, bool again)
{
	struct raft_entry noop = { .type = RAFT_ENTRY_NOOP, .term = r->term };

	p->lost = true;
	if (!p->proof && r->log_room >= 2 * raft_entry_disk_bytes(0) &&
	    raft_append_local(r, &noop))
		p->proof = r->log.last;
	if (again)
		raft_progress_probe(r, p, 1);
}

/**
 * raft_lost_let_in() - may a member that lost its log be let in?
 * @r: the core, a leader
 * @p: the member
 *
 * Context: owner thread.
 * Return: true if an APPEND may say so.
 */
bool raft_lost_let_in(const struct raft *r, const struct raft_peer *p)
{
	return p->proof && (r->commit >= p->proof ||
			    RAFT_MUTANT("let-in-early"));
}
