// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_lost.c - a snapshot of this node that is damaged, or gone.
 *
 * A disk may damage a snapshot behind which the log was cut.  What the log still has
 * is good, and so is what the node promised: it votes and confirms entries as ever.
 * But there are things that only the snapshot had, and another node must give them:
 *
 *   its content	the bytes of the state machine.  The core has the image, and goes
 *			on; a state machine that starts anew has nothing to start from
 *   all of it		a boot found no image that reaches to the log: LOST.  What is
 *			behind is not applied, for sessions and configuration are not
 *			known; so this node does not lead, and readers wait
 *
 * So it tells the leader, with each answer to a heartbeat, from which index on a
 * snapshot is of use (WANTS), and the leader sends the one that it has, beside the
 * entries, as to a node that lags (snapshot.c).  Behind it the log goes on: nothing
 * of that is cut.  If the leader's own one is older, its state machine is asked for
 * another one (raft_status.asked).  A leader whose own one is damaged hands over to
 * who has none that is.  Where nobody can give one, all wait for a state machine that
 * can: nobody makes anything up.
 *
 * Owns raft.snap_bad and raft_peer.wants.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_snapshot_lost() - does the log begin behind a snapshot that is gone?
 * @r: the core
 *
 * Context: owner thread.
 * Return: true if so: nothing can be applied.
 */
bool raft_snapshot_lost(const struct raft *r)
{
	return r->log.base > r->snap.index;
}

/**
 * raft_snapshot_wants() - does this node want a snapshot from another one?
 * @r: the core
 *
 * Context: owner thread.
 * Return: lowest last index of one that is of use, 0: it wants none.
 */
u64 raft_snapshot_wants(const struct raft *r)
{
	if (raft_snapshot_lost(r))
		return r->log.base;
	return r->snap_bad ? r->snap.index : 0;
}

/**
 * raft_snapshot_damaged() - a RAFT_EV_SNAPSHOT_DAMAGED
 * @r: the core
 * @s: which; nothing happens if another one is current by now
 *
 * Context: owner thread, in a step.
 */
void raft_snapshot_damaged(struct raft *r, const struct raft_snapshot *s)
{
	if (s->index != r->snap.index || s->term != r->snap.term ||
	    s->id != r->snap.id || !s->index)
		return;
	r->snap_bad = true;
	r->state_changed = true;
}

/**
 * raft_snapshot_note_wants() - a peer says whether it wants a snapshot
 * @p: the peer
 * @m: a HEARTBEAT_RESP of it
 *
 * Context: owner thread, in a step.
 */
void raft_snapshot_note_wants(struct raft_peer *p, const struct raft_msg *m)
{
	p->wants = m->flags & RAFT_MSG_WANTS ? m->log_term : 0;
}

/**
 * raft_snapshot_serves() - is a peer sent a snapshot beside its entries?
 * @r: the core, a leader
 * @p: the peer
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_snapshot_serves(const struct raft *r, const struct raft_peer *p)
{
	return p->wants && p->wants <= r->snap.index &&
	       p->state != RAFT_SNAPSHOT &&
	       !RAFT_MUTANT("snapshot-unmended");
}

/**
 * raft_snapshot_asked() - from where on do peers want a snapshot?
 * @r: the core, a leader
 *
 * Context: owner thread.
 * Return: the highest index that one of them wants it from, 0: none wants one.
 */
u64 raft_snapshot_asked(const struct raft *r)
{
	const struct raft_peer *p;
	u64 asked = 0;

	raft_for_each_peer(r, p)
		if (p->member && !RAFT_MUTANT("snapshot-unasked"))
			asked = max(asked, p->wants);
	return asked;
}

/**
 * raft_snapshot_hand_over() - who has a snapshot that is whole may lead instead
 * @r: the core, a leader
 *
 * Not at once: by now all that are heard have said how theirs are.
 *
 * Context: owner thread, in a step, once an election timeout.
 */
void raft_snapshot_hand_over(struct raft *r)
{
	if (raft_snapshot_wants(r) && raft_leader_confirmed(r) &&
	    !RAFT_MUTANT("snapshot-bad-leads"))
		raft_transfer_begin(r, 0);
}
