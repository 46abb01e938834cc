// SPDX-License-Identifier: GPL-2.0
/*
 * step.c - the one way into the core: an event in, an update out.
 *
 * Owns the dispatch of events and messages by term and role, and the end
 * of a step, where what changed becomes a batch for the log.  The rules
 * themselves are in the file named after them.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_fail() - fail-stop: answer nobody any more, keep the data
 * @r: the core
 * @why: the reason
 * @error: errno with RAFT_FAIL_DISK, else 0
 *
 * Context: owner thread, in a step.
 */
void raft_fail(struct raft *r, enum raft_fail why, int error)
{
	r->failed = why;
	r->error = error;
	r->role = RAFT_FOLLOWER;
	r->leader = 0;
	r->state_changed = true;
	r->n_held = 0;
	r->up->n_msgs = 0;
}

/**
 * raft_reply() - begin the answer to a message
 * @r: the core
 * @m: what is answered
 * @type: type of the answer
 *
 * Context: owner thread, in a step.
 * Return: the answer with the current term.
 */
struct raft_msg raft_reply(const struct raft *r, const struct raft_msg *m,
			   enum raft_msg_type type)
{
	return (struct raft_msg) {
		.type = type,
		.to = m->from,
		.term = r->term,
		.ack_seq = m->seq,
	};
}

static bool is_response(const struct raft_msg *m)
{
	return m->type == RAFT_MSG_PREVOTE_RESP ||
	       m->type == RAFT_MSG_VOTE_RESP ||
	       m->type == RAFT_MSG_APPEND_RESP ||
	       m->type == RAFT_MSG_HEARTBEAT_RESP ||
	       m->type == RAFT_MSG_READ_INDEX_RESP ||
	       m->type == RAFT_MSG_FORWARD_RESP ||
	       m->type == RAFT_MSG_SNAPSHOT_RESP;
}

static bool from_leader(const struct raft_msg *m)
{
	return m->type == RAFT_MSG_APPEND || m->type == RAFT_MSG_HEARTBEAT ||
	       m->type == RAFT_MSG_TIMEOUT_NOW || m->type == RAFT_MSG_SNAPSHOT;
}

/* A change or transfer that is passed on. */
static bool is_request(const struct raft_msg *m)
{
	return m->type == RAFT_MSG_FORWARD &&
	       m->flags & (RAFT_MSG_CHANGE | RAFT_MSG_TRANSFER);
}

/* Its commit index is what the sender knows to be committed, or less. */
static bool speaks_of_commit(const struct raft_msg *m)
{
	return (m->type >= RAFT_MSG_PREVOTE && m->type <= RAFT_MSG_HEARTBEAT &&
		m->type != RAFT_MSG_APPEND_RESP) ||
	       m->type == RAFT_MSG_SNAPSHOT;
}

static bool asks_for_vote(const struct raft_msg *m)
{
	return m->type == RAFT_MSG_PREVOTE || m->type == RAFT_MSG_VOTE;
}

/*
 * Boots and sequence numbers (traps 16, 27, 36).  Returns false for a message
 * of an earlier boot of either side; *fresh tells a first, timely copy.
 */
static bool note_sender(struct raft *r, struct raft_peer *p,
			const struct raft_msg *m, bool *fresh)
{
	bool to_me = m->to_inc == r->cfg.incarnation;

	if (m->from_inc < p->incarnation)
		return false;
	if (m->from_inc > p->incarnation) {
		p->incarnation = m->from_inc;
		p->recv_seq = 0;
		/*
		 * It forgot what was in flight and what it had verified; if it
		 * lost its disk, more.  Ask again.
		 */
		p->match = 0;
		p->lost = false;
		p->proof = 0;
		/* Who left may have been emptied, to be something else. */
		if (!p->member)
			p->flags = 0;
		p->steady = 0;
		p->read_asked = 0;
		p->read_flying = 0;
		raft_progress_probe(r, p, p->next);
	}
	if (is_response(m) && !to_me)
		return false;
	*fresh = m->seq > p->recv_seq && (to_me || !m->to_inc);
	if (m->seq > p->recv_seq)
		p->recv_seq = m->seq;
	if (*fresh)
		p->last_heard = r->now;
	return true;
}

/* A leader shall know of this node's term, and of its boot. */
static void refuse_leader(struct raft *r, const struct raft_msg *m)
{
	/* Each answer is the type behind that of the request. */
	struct raft_msg out = raft_reply(r, m, m->type + 1);

	if (m->type == RAFT_MSG_TIMEOUT_NOW)
		return;
	out.flags = RAFT_MSG_REJECT;
	raft_hold(r, &out, 0);
}

/* The sender is behind: tell it so, or it may never learn (traps 30, 31). */
static void handle_old_term(struct raft *r, const struct raft_msg *m)
{
	switch (m->type) {
	case RAFT_MSG_PREVOTE:
		raft_handle_prevote(r, m);
		break;
	case RAFT_MSG_VOTE:
		raft_handle_vote(r, m);
		break;
	case RAFT_MSG_APPEND:
	case RAFT_MSG_HEARTBEAT:
	case RAFT_MSG_SNAPSHOT:
		refuse_leader(r, m);
		break;
	}
}

/*
 * A newer term makes a follower (Raft 5.1).  A pre-vote and its grant speak of
 * a term that nobody has yet; a vote is not even looked at while there is a
 * leader to believe in.  Returns false if the message is to be ignored.
 */
static bool handle_new_term(struct raft *r, const struct raft_msg *m)
{
	if (m->type == RAFT_MSG_PREVOTE ||
	    (m->type == RAFT_MSG_PREVOTE_RESP && !(m->flags & RAFT_MSG_REJECT)))
		return true;
	/* Unless the leader itself wants it (trap 38). */
	if (m->type == RAFT_MSG_VOTE && !(m->flags & RAFT_MSG_TRANSFER) &&
	    raft_refuses_votes(r))
		return false;
	raft_become_follower(r, m->term, from_leader(m) ? m->from : 0);
	return true;
}

/*
 * Whoever leads may be a stranger to a candidate, who then does not ask it for a
 * vote, and may know only an earlier boot of it: what it says is no sign of life.
 * It learns of this boot from a refusal.
 */
static void tell_boot(struct raft *r, const struct raft_msg *m)
{
	struct raft_msg out = raft_reply(r, m, RAFT_MSG_HEARTBEAT_RESP);

	if (m->type != RAFT_MSG_HEARTBEAT || !m->to_inc ||
	    m->to_inc == r->cfg.incarnation || RAFT_MUTANT("boot-untold"))
		return;
	out.flags = RAFT_MSG_REJECT;
	raft_hold(r, &out, 0);
}

static void handle_leader_msg(struct raft *r, const struct raft_msg *m,
			      bool fresh)
{
	/* Two leaders in a term cannot be: one of them is forged. */
	if (r->role == RAFT_LEADER || (r->leader && r->leader != m->from))
		return;
	if (!RAFT_MUTANT("candidate-ignores-append"))
		raft_leader_seen(r, m->from, fresh);
	if (r->role != RAFT_FOLLOWER) {
		tell_boot(r, m);
		return;
	}
	if (m->type == RAFT_MSG_APPEND)
		raft_handle_append(r, m);
	else if (m->type == RAFT_MSG_HEARTBEAT)
		raft_handle_heartbeat(r, m, fresh);
	else if (m->type == RAFT_MSG_SNAPSHOT)
		raft_handle_snapshot(r, m);
	else
		raft_handle_timeout_now(r);
}

static void handle_leader_resp(struct raft *r, struct raft_peer *p,
			       const struct raft_msg *m, bool fresh)
{
	if (r->role != RAFT_LEADER)
		return;
	if (m->flags & RAFT_MSG_LOST) {
		if (fresh && p->member)
			raft_lost_lead(r, p,
				       m->type == RAFT_MSG_HEARTBEAT_RESP);
		return;
	}
	if (fresh)
		p->active = true;
	/* It was let in. */
	if (fresh && !(m->flags & RAFT_MSG_REJECT)) {
		p->lost = false;
		p->proof = 0;
	}
	if (m->type == RAFT_MSG_APPEND_RESP)
		raft_handle_append_resp(r, p, m);
	else if (m->type == RAFT_MSG_SNAPSHOT_RESP)
		raft_handle_snapshot_resp(r, p, m);
	else if (!(m->flags & RAFT_MSG_REJECT))
		raft_handle_heartbeat_resp(r, p, m, fresh);
}

static void handle_by_type(struct raft *r, struct raft_peer *p,
			   const struct raft_msg *m, bool fresh)
{
	switch (m->type) {
	case RAFT_MSG_PREVOTE:
		raft_handle_prevote(r, m);
		break;
	case RAFT_MSG_VOTE:
		raft_handle_vote(r, m);
		break;
	case RAFT_MSG_PREVOTE_RESP:
	case RAFT_MSG_VOTE_RESP:
		raft_handle_vote_resp(r, p, m);
		break;
	case RAFT_MSG_APPEND:
	case RAFT_MSG_HEARTBEAT:
	case RAFT_MSG_SNAPSHOT:
	case RAFT_MSG_TIMEOUT_NOW:
		handle_leader_msg(r, m, fresh);
		break;
	case RAFT_MSG_APPEND_RESP:
	case RAFT_MSG_HEARTBEAT_RESP:
	case RAFT_MSG_SNAPSHOT_RESP:
		handle_leader_resp(r, p, m, fresh);
		break;
	case RAFT_MSG_READ_INDEX:
		if (p->member)
			raft_handle_read_index(r, p, m);
		break;
	case RAFT_MSG_READ_INDEX_RESP:
		raft_handle_read_index_resp(r, m);
		break;
	case RAFT_MSG_FORWARD_RESP:
		raft_handle_forward_resp(r, m);
		break;
	}
}

/*
 * The configuration may be newer elsewhere: a leader or candidate that is not in
 * ours may be right (thesis 4.2.2, traps 24, 25).  A candidate whose log is
 * behind ours is not: had it been added, it would know more than we do.  It is
 * one that was removed and does not know, and shall disturb nobody.
 */
static struct raft_peer *stranger(struct raft *r, const struct raft_msg *m)
{
	struct raft_peer *p = raft_peer_find(r, m->from);

	/* Who left is served until it knows. */
	if (p && r->role == RAFT_LEADER && r->now < p->leave_until &&
	    (is_response(m) || is_request(m)))
		return p;
	if (RAFT_MUTANT("stranger-ignored"))
		return NULL;
	if (!from_leader(m) && !asks_for_vote(m))
		return NULL;
	if (asks_for_vote(m) &&
	    !raft_log_suffices(r, m->index, m->log_term))
		return NULL;
	return raft_peer_get(r, m->from);
}

static void handle_message(struct raft *r, const struct raft_msg *m)
{
	struct raft_peer *p = raft_peer_member(r, m->from);
	bool fresh = false;

	/* Trap 56: what cannot be is not believed. */
	if (!m->from || m->from == r->cfg.id || m->term > RAFT_MAX_TERM ||
	    !m->term || m->n_entries > RAFT_MAX_BATCH)
		return;
	if (!p)
		p = stranger(r, m);
	if (!p || !note_sender(r, p, m, &fresh))
		return;
	if (speaks_of_commit(m))
		raft_lost_hear(r, m);
	/* Proposals outlive terms: the origin's rule is the session. */
	if (m->type == RAFT_MSG_FORWARD) {
		if (is_request(m))
			raft_handle_request(r, p, m);
		else
			raft_handle_forward(r, p, m);
		return;
	}
	if (m->term < r->term) {
		if (RAFT_MUTANT("stale-resp-counts") && is_response(m))
			handle_by_type(r, p, m, fresh);
		else
			handle_old_term(r, m);
		return;
	}
	if (m->term > r->term && !handle_new_term(r, m))
		return;
	handle_by_type(r, p, m, fresh);
}

static void handle_tick(struct raft *r)
{
	if (r->role == RAFT_LEADER)
		raft_leader_tick(r);
	else if (r->now >= r->election_deadline)
		raft_campaign(r);
}

static void handle_persisted(struct raft *r, const struct raft_event *ev)
{
	u64 seq = ev->persisted.seq, index = ev->persisted.index;

	if (seq <= r->persisted_seq || seq > r->persist_seq)
		return;
	r->persisted_seq = seq;
	r->persist_since = r->now;
	/*
	 * The suffix may have been rewritten since: ABA (trap 17).  A term may
	 * come back too: cut, and written again by a later leader.
	 */
	if (index > r->durable && index <= r->log.last &&
	    ((raft_log_term(&r->log, index) == ev->persisted.term &&
	      (seq >= r->cut_seq || index < r->cut_from)) ||
	     RAFT_MUTANT("ack-aba")))
		r->durable = index;
	raft_count_own_vote(r);
}

static void handle_event(struct raft *r, const struct raft_event *ev)
{
	switch (ev->type) {
	case RAFT_EV_TICK:
		handle_tick(r);
		break;
	case RAFT_EV_MESSAGE:
		handle_message(r, ev->msg);
		break;
	case RAFT_EV_PROPOSE:
		raft_propose(r, ev);
		break;
	case RAFT_EV_PERSISTED:
		handle_persisted(r, ev);
		break;
	case RAFT_EV_CAMPAIGN:
		raft_campaign(r);
		break;
	case RAFT_EV_DISK_FAILED:
		raft_fail(r, RAFT_FAIL_DISK, ev->error);
		break;
	case RAFT_EV_READ:
		raft_read(r, ev->lease);
		break;
	case RAFT_EV_CHANGE:
		raft_request_change(r, ev->change);
		break;
	case RAFT_EV_TRANSFER:
		raft_request_transfer(r, ev->target);
		break;
	case RAFT_EV_SNAPSHOT:
		raft_snapshot_taken(r, &ev->snapshot);
		break;
	case RAFT_EV_COMPACT:
		raft_compact(r, ev->index);
		break;
	case RAFT_EV_STORED:
		raft_snapshot_stored(r, &ev->stored.of, ev->stored.bytes);
		break;
	case RAFT_EV_INSTALLED:
		raft_snapshot_installed(r, ev);
		break;
	case RAFT_EV_FETCHED:
		raft_readback_take(r, ev);
		break;
	case RAFT_EV_SNAPSHOT_DAMAGED:
		raft_snapshot_damaged(r, &ev->snapshot);
		break;
	}
}

static bool hard_state_changed(const struct raft *r)
{
	return r->term != r->hs_term || r->vote != r->hs_vote ||
	       r->reach != r->hs_reach;
}

/* What must become durable because of this step is one batch for the log. */
static void make_batch(struct raft *r)
{
	struct raft_persist *b = &r->up->persist;

	b->what = 0;
	if (hard_state_changed(r) ||
	    (r->log.evicted > max(r->hs_commit, r->snap.index) &&
	     !RAFT_MUTANT("evict-untold")))
		b->what |= RAFT_PERSIST_HARD_STATE;
	if (r->truncate_from)
		b->what |= RAFT_PERSIST_TRUNCATE;
	if (r->append_first && r->append_first <= r->log.last)
		b->what |= RAFT_PERSIST_ENTRIES;
	if (r->log.base != r->disk_base)
		b->what |= RAFT_PERSIST_BASE;
	if (!b->what)
		return;
	if (r->persisted_seq == r->persist_seq)
		r->persist_since = r->now;
	b->seq = ++r->persist_seq;
	b->hs.term = r->term;
	b->hs.vote = r->vote;
	b->hs.reach = r->reach;
	b->hs.reach_term = r->reach_term;
	/*
	 * The hint is on disk before the truncation and the entries of the
	 * same batch: it must be true of the log as it is there now.
	 */
	b->hs.commit = min(r->commit, r->durable);
	if (RAFT_MUTANT("hint-before-entries"))
		b->hs.commit = r->commit;
	b->truncate_from = r->truncate_from;
	if (b->what & RAFT_PERSIST_TRUNCATE) {
		if (r->cut_seq <= r->persisted_seq ||
		    b->truncate_from < r->cut_from)
			r->cut_from = b->truncate_from;
		r->cut_seq = b->seq;
	}
	b->base = r->log.base;
	b->base_term = r->log.base_term;
	r->disk_base = r->log.base;
	b->first = r->append_first;
	b->last = r->log.last;
	if (b->what & RAFT_PERSIST_HARD_STATE)
		r->hs_commit = b->hs.commit;
	/* No promise waits for the hint. */
	if (r->reach != r->hs_reach)
		r->reach_seq = b->seq;
	if (r->base_promised && !RAFT_MUTANT("snapshot-alone"))
		r->hs_seq = b->seq;
	r->base_promised = false;
	if (hard_state_changed(r)) {
		r->hs_term = r->term;
		r->hs_vote = r->vote;
		r->hs_reach = r->reach;
		r->hs_seq = b->seq;
	}
	r->up->flags |= RAFT_UP_PERSIST;
}

static u64 next_deadline(const struct raft *r)
{
	u64 at;

	if (r->failed)
		return U64_MAX;
	at = raft_request_deadline(r);
	if (r->role == RAFT_LEADER) {
		at = min(at, raft_transfer_deadline(r));
		at = min(at, r->heartbeat_deadline);
		return min(at, r->quorum_deadline);
	}
	if (raft_may_campaign(r))
		at = min(at, r->election_deadline);
	if (r->leader && r->pend_count)
		at = min(at, r->fwd_deadline);
	return min(at, raft_read_deadline(r));
}

static void begin_step(struct raft *r, const struct raft_event *ev,
		       struct raft_update *up)
{
	up->flags = 0;
	up->n_msgs = 0;
	up->n_repeated = 0;
	up->accepted = 0;
	up->first_serial = 0;
	up->refused = 0;
	up->read_id = 0;
	up->lease_until = 0;
	up->applied_first = 0;
	up->applied_last = 0;
	r->up = up;
	r->now = max(r->now, ev->now);
	r->boot_now = max(r->boot_now, ev->boot_now);
	r->random ^= ev->random;
	r->log_room = ev->log_room;
	r->truncate_from = 0;
	r->append_first = 0;
}

/* Whatever the event was: what follows from the state that it left. */
static void finish_step(struct raft *r)
{
	raft_transfer_check(r);
	if (r->role == RAFT_LEADER) {
		raft_take_pending(r);
		raft_leader_commit(r);
		raft_change_lead(r);
	}
	raft_apply(r);
	raft_read_go_on(r);
	raft_request_go_on(r);
	make_batch(r);
	raft_hold_release(r);
	if (r->role == RAFT_LEADER) {
		raft_leader_replicate(r);
		raft_transfer_go_on(r);
	} else {
		raft_readback_drop(r);
		raft_progress_drop(r);
		raft_forward(r);
	}
}

/**
 * raft_step() - the only way to change the core
 * @r: the core
 * @ev: what happened; nothing in it is kept after the step
 * @up: filled: what the shell must do, see the head of raft_core.h
 *
 * A core that failed answers every event with nothing, and refuses whatever is
 * asked of it with -EIO.
 *
 * Context: the one thread that owns @r.  Does not sleep, lock or allocate.
 */
void raft_step(struct raft *r, const struct raft_event *ev,
	       struct raft_update *up)
{
	begin_step(r, ev, up);
	if (r->failed) {
		up->refused = -EIO;
		up->deadline = U64_MAX;
		return;
	}
	handle_event(r, ev);
	if (!r->failed)
		finish_step(r);
	if (r->state_changed)
		up->flags |= RAFT_UP_STATE;
	r->state_changed = false;
	if (r->failed)
		up->flags |= RAFT_UP_FAILED;
	up->deadline = next_deadline(r);
}
