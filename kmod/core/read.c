// SPDX-License-Identifier: GPL-2.0
/*
 * read.c - read barriers: ReadIndex and leases (thesis 6.4, traps 41 to 44).
 *
 * A read is decided when this node has applied all that was acknowledged before
 * the read began.  The leader takes its commit index as read index, once it has
 * committed in its term, and asks a majority by a round of heartbeats whether it
 * still leads.  The round has a number of the leader's own making: an answer to
 * an older one confirms nothing (trap 42).
 *
 * Readers share rounds: while one is under way all that come gather in the next
 * batch, so a thousand readers cost two.  Other nodes ask the leader for a batch
 * and ask again when nothing comes; an answer that is late or doubled is still
 * true, for the reads of that batch began before it was asked for.
 *
 * A lease saves the round: a majority refuses votes to others for a time that
 * begins, at the latest, when it answers a heartbeat; the leader counts from when
 * it sent that, on a clock that counts suspend, less what clocks may differ.
 */
#include "raft_env.h"
#include "internal.h"

#define MILLION		1000000U

/**
 * raft_lease_until() - when does the lease of this leader end?
 * @r: the core
 *
 * Context: owner thread.
 * Return: ns on CLOCK_BOOTTIME, 0 if it has none: not a leader, one that has not
 * committed in its term (trap 41), has told somebody to campaign (trap 43), or
 * whose group does not refuse votes.
 */
u64 raft_lease_until(const struct raft *r)
{
	if (r->role != RAFT_LEADER || !r->cfg.check_quorum || r->lease_off ||
	    !raft_leader_confirmed(r))
		return 0;
	return raft_quorum_lease(r);
}

/**
 * raft_lease_length() - for how long can a leader rely on a promise?
 * @r: the core
 * @promise: ns for which a voter says that it refuses votes
 *
 * The shorter of both time-outs counts, for they may differ, less what clocks may.
 *
 * Context: owner thread.
 * Return: ns.
 */
u64 raft_lease_length(const struct raft *r, u64 promise)
{
	u64 ns = min(promise, r->cfg.election_timeout);

	/* Microseconds keep the product within 64 bits. */
	ns = div_u64(div_u64(ns, 1000) * (MILLION - r->cfg.lease_drift), MILLION);
	return ns * 1000;
}

/**
 * raft_lease_renew() - a voter has answered a heartbeat
 * @r: the core, a leader
 * @p: the voter
 * @round: the heartbeat
 * @promise: ns for which it refuses votes since it got that, 0: it does not
 *
 * The lease begins when the heartbeat left, not when the answer came (trap 43).
 *
 * Context: owner thread, in a step.
 */
void raft_lease_renew(struct raft *r, struct raft_peer *p, u64 round,
		      u64 promise)
{
	u64 from;

	if (!promise || !round || round > r->round ||
	    r->round - round >= RAFT_ROUNDS)
		return;
	from = r->round_sent[round % RAFT_ROUNDS];
	if (RAFT_MUTANT("lease-from-receipt"))
		from = r->boot_now;
	p->lease_until = max(p->lease_until,
			     from + raft_lease_length(r, promise));
}

static bool has_lease(const struct raft *r)
{
	u64 until = raft_lease_until(r);

	if (RAFT_MUTANT("lease-forever"))
		return until;
	return r->boot_now < until;
}

/* Nothing is there to be read. */
static bool lacks_commands(const struct raft *r)
{
	return r->bare || r->self->flags & RAFT_MEMBER_WITNESS;
}

/**
 * raft_read() - a RAFT_EV_READ
 * @r: the core
 * @lease: the reader takes the answer of a lease
 *
 * Context: owner thread, in a step.
 */
void raft_read(struct raft *r, bool lease)
{
	struct raft_reads *rd = &r->reads;

	if (!r->self->member) {
		r->up->refused = -ENOTCONN;
		return;
	}
	if (lacks_commands(r)) {
		r->up->refused = -EOPNOTSUPP;
		return;
	}
	if (lease && has_lease(r) && r->applied == r->commit) {
		r->up->lease_until = raft_lease_until(r);
		r->up->lease_index = r->commit;
		return;
	}
	r->up->read_id = rd->tail;
	rd->waiting_lease = lease && (!rd->waiting || rd->waiting_lease);
	rd->waiting = true;
}

static void confirm(struct raft *r, u64 index)
{
	struct raft_reads *rd = &r->reads;
	u32 last = rd->n_confirmed;

	/* The later index holds for the earlier batch, too. */
	if (last == RAFT_READS_CONFIRMED)
		last--;
	else
		rd->n_confirmed++;
	rd->confirmed[last].id = rd->flying;
	rd->confirmed[last].index = index;
	rd->flying = 0;
	rd->round = 0;
}

static void answer(struct raft *r, struct raft_peer *p, u64 batch, u64 index)
{
	struct raft_msg m = {
		.type = RAFT_MSG_READ_INDEX_RESP,
		.to = p->id,
		.term = r->term,
		.serial = batch,
		.index = index,
	};

	raft_emit(r, &m);
}

static void take_off(struct raft_reads *rd)
{
	rd->flying = rd->tail++;
	rd->flying_lease = rd->waiting_lease;
	rd->waiting = false;
	rd->waiting_lease = false;
	rd->again_at = 0;
}

/* Leader: own readers and those of others in one round. */
static void begin_round(struct raft *r)
{
	struct raft_reads *rd = &r->reads;
	bool others = false;
	struct raft_peer *p;

	if (rd->round)
		return;
	raft_for_each_peer(r, p)
		others |= p->read_asked;
	if ((!rd->flying && !rd->waiting && !others) ||
	    (!raft_leader_confirmed(r) && !RAFT_MUTANT("read-before-noop")))
		return;
	if (!rd->flying)
		take_off(rd);
	raft_for_each_peer(r, p) {
		p->read_flying = p->read_asked;
		p->read_asked = 0;
	}
	rd->index = r->commit;
	raft_leader_heartbeat(r);
	rd->round = r->round;
	rd->rounds++;
}

static void end_round(struct raft *r)
{
	struct raft_reads *rd = &r->reads;
	struct raft_peer *p;

	if (!rd->round || (raft_quorum_round(r) < rd->round &&
			   !RAFT_MUTANT("read-without-round")))
		return;
	raft_for_each_peer(r, p) {
		if (p->read_flying)
			answer(r, p, p->read_flying, rd->index);
		p->read_flying = 0;
	}
	confirm(r, rd->index);
}

static void ask_leader(struct raft *r)
{
	struct raft_reads *rd = &r->reads;
	struct raft_msg m = {
		.type = RAFT_MSG_READ_INDEX,
		.to = r->leader,
		.term = r->term,
	};

	if (!rd->flying && rd->waiting)
		take_off(rd);
	if (!rd->flying || !r->leader || r->now < rd->again_at)
		return;
	m.serial = rd->flying;
	m.flags = rd->flying_lease ? RAFT_MSG_LEASE : 0;
	raft_emit(r, &m);
	rd->again_at = r->now + 2 * r->cfg.heartbeat;
}

/* Trap 44: not before what they shall see is applied here. */
static void finish(struct raft *r)
{
	struct raft_reads *rd = &r->reads;
	u32 i;

	for (i = 0; i < rd->n_confirmed; i++) {
		if (rd->confirmed[i].index > r->applied &&
		    !RAFT_MUTANT("read-not-applied"))
			break;
		r->up->flags |= RAFT_UP_READ;
		r->up->read_done = rd->confirmed[i].id;
		r->up->read_index = rd->confirmed[i].index;
	}
	rd->n_confirmed -= i;
	memmove(&rd->confirmed[0], &rd->confirmed[i],
		rd->n_confirmed * sizeof(rd->confirmed[0]));
}

/*
 * Who was removed has nobody to ask, and may never get what was promised.  A
 * leader that removes itself still has: until that is committed.  Who came back
 * as a witness meanwhile gets it without the commands.
 */
static bool is_lost(const struct raft *r)
{
	if (lacks_commands(r))
		return !RAFT_MUTANT("read-kept-by-witness");
	return !r->self->member && r->role != RAFT_LEADER &&
	       !RAFT_MUTANT("read-kept-by-removed");
}

static void give_up(struct raft *r)
{
	struct raft_reads *rd = &r->reads;

	if (!rd->flying && !rd->waiting && !rd->n_confirmed)
		return;
	rd->flying = 0;
	rd->waiting = false;
	rd->waiting_lease = false;
	rd->n_confirmed = 0;
	r->up->flags |= RAFT_UP_READ_LOST;
}

/**
 * raft_read_go_on() - begin, confirm and finish reads
 * @r: the core; entries of this step are applied
 *
 * Context: owner thread, towards the end of a step.
 */
void raft_read_go_on(struct raft *r)
{
	if (r->role == RAFT_LEADER) {
		end_round(r);
		begin_round(r);
		/* A leader that is a majority by itself needs nobody. */
		end_round(r);
	} else {
		ask_leader(r);
	}
	if ((!lacks_commands(r) || RAFT_MUTANT("read-kept-by-witness")) &&
	    (!raft_snapshot_lost(r) || RAFT_MUTANT("snapshot-lost-reads")))
		finish(r);
	if (is_lost(r))
		give_up(r);
}

/**
 * raft_read_restart() - the leader is another one, or not known any more
 * @r: the core
 *
 * What was under way is asked for anew; others ask anew by themselves.
 *
 * Context: owner thread, in a step.
 */
void raft_read_restart(struct raft *r)
{
	struct raft_peer *p;

	r->reads.round = 0;
	r->reads.again_at = 0;
	raft_for_each_peer(r, p) {
		p->read_asked = 0;
		p->read_flying = 0;
	}
}

/**
 * raft_read_deadline() - when must the leader be asked again?
 * @r: the core
 *
 * Context: owner thread.
 * Return: absolute ns, U64_MAX if never.
 */
u64 raft_read_deadline(const struct raft *r)
{
	if (r->role == RAFT_LEADER || !r->leader || !r->reads.flying)
		return U64_MAX;
	return r->reads.again_at;
}

/**
 * raft_handle_read_index() - READ_INDEX: a node asks for a read index
 * @r: the core
 * @p: the node
 * @m: the message
 *
 * Context: owner thread, in a step.
 */
void raft_handle_read_index(struct raft *r, struct raft_peer *p,
			    const struct raft_msg *m)
{
	if (r->role != RAFT_LEADER || !m->serial)
		return;
	if (m->flags & RAFT_MSG_LEASE && has_lease(r))
		answer(r, p, m->serial, r->commit);
	else
		p->read_asked = max(p->read_asked, m->serial);
}

/**
 * raft_handle_read_index_resp() - READ_INDEX_RESP: the leader gives one
 * @r: the core
 * @m: the message
 *
 * Context: owner thread, in a step.
 */
void raft_handle_read_index_resp(struct raft *r, const struct raft_msg *m)
{
	if (r->role != RAFT_LEADER && m->serial == r->reads.flying && m->serial)
		confirm(r, m->index);
}
