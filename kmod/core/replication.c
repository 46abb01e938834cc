// SPDX-License-Identifier: GPL-2.0
/*
 * replication.c - the leader's side: heartbeats, AppendEntries, commit.
 *
 * Decides what each peer is sent and when an entry is committed (Raft 5.3,
 * 5.4.2, thesis 10.2.1: the own disk write runs beside replication).  Never
 * changes role or term by itself: election.c does.
 */
#include "raft_env.h"
#include "internal.h"
#include "wire.h"

/* Leave room for the messages that are not appends. */
#define APPEND_MSGS	(RAFT_STEP_MSGS - 2 * RAFT_MAX_NODES)

#define HEARTBEAT_PART	618	/* of 1000: no common interval makes it a tick */

/* Members; and who left, for a while, so that they learn that they did. */
static bool is_served(const struct raft *r, const struct raft_peer *p)
{
	return p != r->self && (p->member || r->now < p->leave_until);
}

/**
 * raft_heartbeat_next() - when is the next round of heartbeats?
 * @r: the core
 *
 * At multiples of the interval and a part of it: groups of a node that have the same
 * one are due at the same time, so one wake-up does for all, and one packet for many.
 * The part keeps them off the tick, at which much else on a machine is due.  Never
 * later than an interval from now, for followers count on that.
 *
 * Context: owner thread, in a step.
 * Return: ns, after now.
 */
u64 raft_heartbeat_next(const struct raft *r)
{
	u64 interval = r->cfg.heartbeat;
	u64 part = div_u64(interval * HEARTBEAT_PART, 1000);

	return div64_u64(r->now + interval - part, interval) * interval + part;
}

/**
 * raft_leader_heartbeat() - a round of heartbeats
 * @r: the core, a leader
 *
 * Context: owner thread, in a step.
 */
void raft_leader_heartbeat(struct raft *r)
{
	struct raft_msg m = {
		.type = RAFT_MSG_HEARTBEAT,
		.term = r->term,
		.reject_index = r->cfg.election_timeout,
	};
	struct raft_peer *p;

	m.serial = ++r->round;
	r->round_sent[r->round % RAFT_ROUNDS] = r->boot_now;
	raft_for_each_peer(r, p) {
		if (!is_served(r, p))
			continue;
		m.to = p->id;
		/* A follower must not commit what it may not have (trap 10). */
		m.commit = min(p->match, r->commit);
		if (RAFT_MUTANT("heartbeat-commit-unbounded"))
			m.commit = r->commit;
		m.flags = raft_quiet_towards(r, p) ? RAFT_MSG_QUIET : 0;
		raft_emit(r, &m);
	}
	r->heartbeat_deadline = raft_heartbeat_next(r);
}

/**
 * raft_become_leader() - the ballot is won (Raft 5.2)
 * @r: the core, a candidate whose own vote is durable
 *
 * Begins the term with a no-op: until it is committed, entries of earlier terms
 * cannot be (Raft 5.4.2, 8; traps 1, 2).
 *
 * Context: owner thread, in a step.
 */
void raft_become_leader(struct raft *r)
{
	struct raft_entry noop = { .type = RAFT_ENTRY_NOOP, .term = r->term };
	u64 next = r->log.last + 1;
	struct raft_peer *p;

	r->role = RAFT_LEADER;
	r->leader = r->cfg.id;
	r->state_changed = true;
	r->lease_off = false;
	raft_lost_proven(r);
	r->aged = 0;
	r->young = 0;
	r->young_at = r->now;
	raft_for_each_peer(r, p)
		raft_progress_reset(r, p, next);
	r->self->match = r->durable;
	memset(&r->catch_up, 0, sizeof(r->catch_up));
	memset(&r->transfer, 0, sizeof(r->transfer));
	raft_read_restart(r);
	raft_request_leader(r);
	raft_proposal_lead(r);
	/*
	 * Without memory for one more entry it cannot lead: the term stays
	 * without a leader, CheckQuorum of the others is not concerned.
	 */
	if (!RAFT_MUTANT("no-noop") && !raft_append_local(r, &noop)) {
		raft_become_follower(r, r->term, 0);
		return;
	}
	/* The append with the no-op is the first sign of life. */
	r->heartbeat_deadline = raft_heartbeat_next(r);
	r->quorum_deadline = r->now + r->cfg.election_timeout;
	raft_take_pending(r);
}

/**
 * raft_leader_tick() - a deadline of the leader may have passed
 * @r: the core, a leader
 *
 * Heartbeats never wait for the disk; but a leader whose disk does not answer
 * for an election timeout steps down, as one does that a majority has not
 * answered (thesis 6.2, traps 34, 35).  Then is also the time to look whether
 * somebody with a higher priority could lead.
 *
 * Context: owner thread, in a step.
 */
void raft_leader_tick(struct raft *r)
{
	struct raft_peer *p;

	if (r->now >= r->quorum_deadline) {
		if (raft_disk_stalled(r) ||
		    (r->cfg.check_quorum && !raft_quorum_active(r) &&
		     !RAFT_MUTANT("sticky-forever"))) {
			raft_become_follower(r, r->term, 0);
			return;
		}
		raft_for_each_peer(r, p)
			p->active = false;
		r->quorum_deadline = r->now + r->cfg.election_timeout;
		raft_transfer_by_priority(r);
		raft_snapshot_hand_over(r);
	}
	if (r->now >= r->heartbeat_deadline)
		raft_leader_heartbeat(r);
}

/*
 * A witness with an entry that no full voter has would refuse its vote to those
 * who could lead, so the full ones come first: it gets what is on the disk here
 * and on that of another, or, if the others are slow, was a heartbeat ago here.
 * Where nobody else is heard it is needed at once.  But a leader that is about to
 * go, being no voter any more, is not one of those who could lead then.
 */
static u64 last_for_witness(const struct raft *r)
{
	bool stays = raft_votes(r->self) || RAFT_MUTANT("witness-outlives");
	const struct raft_peer *p;
	u64 best = stays ? r->aged : 0;
	bool alone = stays;

	if (RAFT_MUTANT("witness-first"))
		return r->log.last;
	raft_for_each_peer(r, p) {
		if (p == r->self || !raft_votes(p) ||
		    p->flags & RAFT_MEMBER_WITNESS)
			continue;
		if (raft_heard(r, p))
			alone = false;
		best = max(best, p->match);
	}
	return alone ? r->durable : min(best, r->durable);
}

/*
 * Who left gets nothing of what came after, and not sooner than a witness, for
 * it may have been one: a later boot of it has no flags here.
 */
static u64 last_for(const struct raft *r, const struct raft_peer *p)
{
	u64 last = p->member ? r->log.last : min(r->log.last, p->leave_index);

	if (!p->member || p->flags & RAFT_MEMBER_WITNESS)
		last = min(last, last_for_witness(r));
	return last;
}

/* What of an entry a peer gets; a witness no commands. */
static u32 len_for(const struct raft_peer *p, const struct raft_entry *e)
{
	return p->flags & RAFT_MEMBER_WITNESS &&
	       e->type == RAFT_ENTRY_COMMAND ? 0 : e->len;
}

/*
 * How many entries up to @last are in memory and fit into one message; sets their
 * size.
 */
static u32 batch_size(const struct raft *r, const struct raft_peer *p, u64 last,
		      u32 *bytes)
{
	u32 n = 0, wire = 0, len, more;
	const struct raft_entry *e;

	*bytes = 0;
	while (n < r->cfg.max_batch && p->next + n <= last) {
		e = raft_window_entry(r, p->next + n);
		if (!e)
			break;
		len = len_for(p, e);
		more = (u32)raft_wire_entry_bytes(len);
		if (n && wire + more > r->cfg.max_batch_bytes &&
		    !RAFT_MUTANT("pack-any-size"))
			break;
		wire += more;
		*bytes += len;
		n++;
	}
	return n;
}

static void send_append(struct raft *r, struct raft_peer *p, u32 n, u32 bytes,
			bool lazy)
{
	struct raft_msg m = {
		.type = RAFT_MSG_APPEND,
		.to = p->id,
		.term = r->term,
		.index = p->next - 1,
		.log_term = raft_log_term(&r->log, p->next - 1),
		.commit = r->commit,
		.reject_index = raft_log_term(&r->log, r->commit),
		.n_entries = n,
		.lazy = lazy,
	};

	if (raft_lost_let_in(r, p))
		m.flags = RAFT_MSG_LOST;
	raft_emit(r, &m);
	p->commit_sent = r->commit;
	if (n || p->state == RAFT_PROBE)
		raft_progress_sent(r, p, m.index + n, bytes);
}

/*
 * Does somebody at a peer wait for what it is to be told of?  It proposed one of
 * these entries, or is to learn that it left; of so many not each is looked at.
 */
static bool is_waited_for(const struct raft *r, const struct raft_peer *p)
{
	const struct raft_entry *e;
	u64 i;

	if (!p->member || r->commit - p->commit_sent > RAFT_MAX_BATCH)
		return true;
	for (i = p->commit_sent + 1; i <= r->commit; i++) {
		e = raft_log_entry(&r->log, i);
		if (!e || e->origin == p->id)
			return true;
	}
	return false;
}

/* Returns false if the step has no room for more messages. */
static bool replicate_to(struct raft *r, struct raft_peer *p)
{
	u64 last = last_for(r, p);
	u32 n, bytes;

	/* What it lacks is not in the log any more (Raft 7). */
	if (p->next <= r->log.base && !p->member && p->next > p->leave_index)
		return true;
	if (p->next <= r->log.base)
		return raft_snapshot_send(r, p);
	if (raft_snapshot_serves(r, p) && !raft_snapshot_send(r, p))
		return false;
	while (!raft_progress_full(r, p)) {
		n = batch_size(r, p, last, &bytes);
		/* Nothing is left for it, or it must be read from disk. */
		if (!n && (p->state == RAFT_REPLICATE || p->next <= last))
			break;
		if (r->up->n_msgs >= APPEND_MSGS)
			return false;
		send_append(r, p, n, bytes, false);
	}
	/* Nothing to piggyback on. */
	if (p->state == RAFT_REPLICATE && p->next > last &&
	    p->commit_sent < r->commit) {
		if (r->up->n_msgs >= APPEND_MSGS)
			return false;
		send_append(r, p, 0, 0, !is_waited_for(r, p));
	}
	return true;
}

/* Must the next entry for a peer be read from disk?  Sets the last one it may have. */
static bool lacks_memory(const struct raft *r, const struct raft_peer *p,
			 u64 *last)
{
	if (!is_served(r, p) || p->next <= r->log.base ||
	    p->next > r->log.evicted || raft_progress_full(r, p) ||
	    raft_window_entry(r, p->next))
		return false;
	*last = min(last_for(r, p), r->log.evicted);
	return p->next <= *last;
}

/* For one peer at a time, the next one after whom it was for last. */
static void read_back(struct raft *r)
{
	u32 i, slot = r->readback.turn;
	u64 last;

	if (!r->log.evicted || !raft_readback_ready(r))
		return;
	for (i = 0; i < r->n_slots; i++) {
		slot = (slot + 1) % r->n_slots;
		if (lacks_memory(r, &r->peers[slot], &last)) {
			raft_readback_ask(r, r->peers[slot].next, last);
			r->readback.turn = slot;
			break;
		}
	}
}

/**
 * raft_leader_replicate() - send every peer what it lacks and may get
 * @r: the core, a leader
 *
 * Context: owner thread, at the end of a step.
 */
void raft_leader_replicate(struct raft *r)
{
	struct raft_peer *p;

	if (r->now >= r->young_at + r->cfg.heartbeat) {
		r->aged = r->young;
		r->young = r->durable;
		r->young_at = r->now;
	}
	raft_for_each_peer(r, p)
		if (is_served(r, p) && !replicate_to(r, p))
			r->up->flags |= RAFT_UP_AGAIN;
	read_back(r);
}

/**
 * raft_leader_confirmed() - has this leader committed an entry of its own term?
 * @r: the core, a leader
 *
 * Before that it does not know what is committed (Raft 8).
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_leader_confirmed(const struct raft *r)
{
	return raft_log_term(&r->log, r->commit) == r->term;
}

/**
 * raft_leader_commit() - advance the commit index (Raft 5.4.2)
 * @r: the core, a leader
 *
 * Only an entry of the own term is committed by counting; older ones ride along
 * (trap 1).  The own slot counts what is durable (trap 17).
 *
 * Context: owner thread, in a step.
 */
void raft_leader_commit(struct raft *r)
{
	u64 match;

	r->self->match = r->durable;
	if (RAFT_MUTANT("self-ack-early"))
		r->self->match = r->log.last;
	match = raft_quorum_match(r);
	if (match <= r->commit)
		return;
	if (raft_log_term(&r->log, match) != r->term &&
	    !RAFT_MUTANT("commit-old-term"))
		return;
	raft_commit_to(r, match);
}

/*
 * It was a witness, and is not one by this configuration: what it acknowledges
 * is not what a full voter has.
 */
static bool lacks_commands(const struct raft_peer *p, const struct raft_msg *m)
{
	return m->flags & RAFT_MSG_BARE &&
	       !(p->flags & RAFT_MEMBER_WITNESS) && !RAFT_MUTANT("bare-acks");
}

static void handle_reject(struct raft *r, struct raft_peer *p,
			  const struct raft_msg *m)
{
	u64 hint;

	/* An answer to something older than what is known (traps 14, 15). */
	if (m->reject_index <= p->match)
		return;
	if (p->state == RAFT_SNAPSHOT ||
	    (p->state == RAFT_PROBE && m->reject_index != p->next - 1))
		return;
	/*
	 * The follower's log may match up to @index at best, and there it has
	 * @log_term: skip what is newer here (Raft 5.3).
	 */
	hint = raft_log_find_by_term(&r->log,
				     min(m->index, m->reject_index - 1),
				     m->log_term);
	raft_progress_probe(r, p, hint + 1);
}

/**
 * raft_handle_append_resp() - APPEND_RESP of the current term
 * @r: the core, a leader
 * @p: the peer
 * @m: the message
 *
 * Context: owner thread, in a step.
 */
void raft_handle_append_resp(struct raft *r, struct raft_peer *p,
			     const struct raft_msg *m)
{
	bool grew;

	if (lacks_commands(p, m))
		return;
	if (m->flags & RAFT_MSG_REJECT) {
		handle_reject(r, p, m);
		return;
	}
	if (m->index > r->log.last)
		return;
	grew = raft_progress_ack(r, p, m->index);
	raft_snapshot_reconnect(r, p);
	if (p->state != RAFT_PROBE)
		return;
	/*
	 * It matches but took nothing: it has no room.  More would go round and
	 * round; the next sign of life is time to ask again.
	 */
	if (!grew && m->index < p->probe_last)
		return;
	p->state = RAFT_REPLICATE;
	p->next = p->match + 1;
	p->probe_sent = false;
}

/**
 * raft_handle_heartbeat_resp() - HEARTBEAT_RESP of the current term
 * @r: the core, a leader
 * @p: the peer
 * @m: index: verified there in this term, commit: of that durable, serial: the
 *	round that is answered, reject_index: for how long it refuses votes
 * @fresh: newer than all that came before from this peer
 *
 * Context: owner thread, in a step.
 */
void raft_handle_heartbeat_resp(struct raft *r, struct raft_peer *p,
				const struct raft_msg *m, bool fresh)
{
	if (m->index > r->log.last || m->commit > m->index ||
	    m->serial > r->round)
		return;
	p->round = max(p->round, m->serial);
	p->priority = m->priority;
	/* 0 is no promise; it says nothing of the setting. */
	if (fresh && m->reject_index)
		p->election_timeout = m->reject_index;
	if (fresh) {
		raft_snapshot_note_wants(p, m);
		raft_quiet_answered(r, p, m->serial);
	}
	raft_lease_renew(r, p, m->serial, m->reject_index);
	if (!lacks_commands(p, m))
		raft_progress_ack(r, p, m->commit);
	raft_snapshot_reconnect(r, p);
	if (p->state == RAFT_SNAPSHOT || !fresh || RAFT_MUTANT("no-probe-after-loss"))
		return;
	if (p->state == RAFT_PROBE) {
		p->probe_sent = false;
		return;
	}
	/*
	 * It has not seen all that was sent.  Perhaps it is still on the way;
	 * an append without entries finds out, even with a full window (trap
	 * 45): what was lost makes it be refused.
	 */
	if (m->index < p->next - 1)
		send_append(r, p, 0, 0, false);
}
