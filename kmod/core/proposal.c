// SPDX-License-Identifier: GPL-2.0
/*
 * proposal.c - from a caller's command to exactly one application of it.
 *
 * A proposal is (origin, incarnation, serial); serials have no gaps.  Its
 * origin keeps it until it sees it applied in its own log, so no reply can be
 * lost, and forwards it to whoever leads, again after a loss or a change of
 * leader (go-back-N).  Copies are harmless by one rule, raft_session_next(),
 * which the leader asks before it appends and every replica before it applies.
 * One slot per origin suffices, and one proposer's commands keep their order
 * (trap 60, design.md "Forwarding and exactly-once").
 */
#include "raft_env.h"
#include "internal.h"
#include "wire.h"

static u32 pending_slot(const struct raft *r, u64 serial)
{
	return (r->pend_head + (u32)(serial - r->pend_first)) %
	       RAFT_MAX_PENDING;
}

/**
 * raft_pending_entry() - an own proposal that is not applied yet
 * @r: the core
 * @serial: its number, of one that is pending
 *
 * Context: owner thread.
 * Return: the proposal.
 */
struct raft_entry *raft_pending_entry(const struct raft *r, u64 serial)
{
	u32 slot = pending_slot(r, serial);
	struct raft_log_chunk *c = r->pending[slot / RAFT_CHUNK_ENTRIES];

	return &c->entries[slot % RAFT_CHUNK_ENTRIES];
}

/* Is there memory for one more? */
static bool pending_room(struct raft *r)
{
	u32 slot = pending_slot(r, r->pend_first + r->pend_count);
	struct raft_log_chunk **c = &r->pending[slot / RAFT_CHUNK_ENTRIES];

	if (!*c)
		*c = raft_chunk_get(&r->log);
	return *c;
}

/* The oldest one leaves, and with the last one in it its memory. */
static void pending_pop(struct raft *r)
{
	u32 chunk = r->pend_head / RAFT_CHUNK_ENTRIES;

	r->pend_first++;
	r->pend_head = (r->pend_head + 1) % RAFT_MAX_PENDING;
	r->pend_count--;
	/* The ring may be so full that its end is in there. */
	if (r->pend_count && (r->pend_head / RAFT_CHUNK_ENTRIES == chunk ||
			      r->pend_count > RAFT_MAX_PENDING - RAFT_CHUNK_ENTRIES))
		return;
	raft_chunk_put(&r->log, r->pending[chunk]);
	r->pending[chunk] = NULL;
}

static u64 pending_end(const struct raft *r)
{
	return r->pend_first + r->pend_count;
}

static int refusal(const struct raft *r, const struct raft_entry *e)
{
	u64 waiting = r->pend_bytes;

	if (r->failed)
		return -EIO;
	if (!r->self->member)
		return -ENOTCONN;
	if (e->type == RAFT_ENTRY_OPEN ? !!e->len :
	    !e->len || e->len > RAFT_MAX_COMMAND)
		return -EMSGSIZE;
	if (!e->client != !e->client_serial ||
	    (e->client && e->type == RAFT_ENTRY_OPEN))
		return -EINVAL;
	if (raft_entry_disk_bytes(e->len) > r->log_room)
		return -ENOSPC;
	if (r->pend_count == RAFT_MAX_PENDING)
		return -EAGAIN;
	if (r->role == RAFT_LEADER)
		waiting = max(waiting, r->uncommitted_bytes);
	if (waiting && waiting + e->len > r->cfg.max_uncommitted)
		return -EAGAIN;
	return 0;
}

/**
 * raft_propose() - commands proposed at this node
 * @r: the core
 * @ev: a RAFT_EV_PROPOSE
 *
 * Takes them in order up to the first that is refused; a refused one gets no
 * serial, so it can never be applied.
 *
 * Context: owner thread, in a step.
 */
void raft_propose(struct raft *r, const struct raft_event *ev)
{
	struct raft_entry *e;
	u32 i;

	r->up->first_serial = pending_end(r);
	for (i = 0; i < ev->propose.n; i++) {
		const struct raft_entry *in = &ev->propose.entries[i];

		r->up->refused = refusal(r, in);
		if (!r->up->refused && !pending_room(r))
			r->up->refused = -ENOMEM;
		if (r->up->refused)
			break;
		e = raft_pending_entry(r, pending_end(r));
		*e = (struct raft_entry) {
			.incarnation = r->cfg.incarnation,
			.serial = pending_end(r),
			.payload = in->payload,
			.len = in->len,
			.origin = r->cfg.id,
			.client = in->client,
			.client_serial = in->client_serial,
			.type = in->type == RAFT_ENTRY_OPEN ?
				RAFT_ENTRY_OPEN : RAFT_ENTRY_COMMAND,
		};
		if (e->payload)
			raft_payload_get(e->payload);
		r->pend_count++;
		r->pend_bytes += e->len;
		r->up->accepted++;
		if (r->role == RAFT_LEADER)
			raft_take_pending(r);
	}
}

/* Leader: the entry is the next of its session and there is room for it. */
static bool leader_append(struct raft *r, struct raft_peer *origin,
			  const struct raft_entry *in)
{
	struct raft_entry e = *in;

	/* Proposals wait while another node is to lead (trap 38). */
	if (r->transfer.target)
		return false;
	if (!RAFT_MUTANT("dup-apply") &&
	    !raft_session_next(origin->appended_inc, origin->appended_serial, in))
		return false;
	if (r->uncommitted_bytes &&
	    r->uncommitted_bytes + in->len > r->cfg.max_uncommitted)
		return false;
	e.term = r->term;
	if (!raft_append_local(r, &e))
		return false;
	r->uncommitted_bytes += e.len;
	origin->appended_inc = e.incarnation;
	origin->appended_serial = e.serial;
	return true;
}

/**
 * raft_take_pending() - a leader appends its own proposals
 * @r: the core, a leader
 *
 * Context: owner thread, in a step.
 */
void raft_take_pending(struct raft *r)
{
	u64 serial = r->pend_first;
	u32 taken = 0;

	if (r->self->appended_inc == r->cfg.incarnation)
		serial = max(serial, r->self->appended_serial + 1);
	for (; serial < pending_end(r); serial++) {
		if (taken++ == RAFT_STEP_TAKE) {
			r->up->flags |= RAFT_UP_AGAIN;
			break;
		}
		if (!leader_append(r, r->self, raft_pending_entry(r, serial)))
			break;
	}
}

/**
 * raft_proposal_lead() - a new leader learns what its log holds
 * @r: the core, becoming leader
 *
 * Context: owner thread, in a step.
 */
void raft_proposal_lead(struct raft *r)
{
	const struct raft_entry *e;
	struct raft_peer *p;
	u64 i;

	r->uncommitted_bytes = 0;
	raft_for_each_peer(r, p)
		raft_session_applied(r, p);
	for (i = r->applied + 1; i <= r->log.last; i++) {
		e = raft_log_entry(&r->log, i);
		if (i > r->commit)
			r->uncommitted_bytes += e->len;
		p = e->origin ? raft_peer_find(r, e->origin) : NULL;
		if (p)
			raft_session_logged(p, e);
	}
}

/**
 * raft_proposal_truncated() - own proposals are about to leave the log
 * @r: the core
 * @from: first index that is dropped
 *
 * Context: owner thread, in a step.
 */
void raft_proposal_truncated(struct raft *r, u64 from)
{
	const struct raft_entry *e;
	u64 i;

	for (i = from; i <= r->log.last; i++) {
		e = raft_log_entry(&r->log, i);
		if (raft_is_proposal(e) && e->origin == r->cfg.id &&
		    e->incarnation == r->cfg.incarnation && e->serial)
			r->own_logged = min(r->own_logged, e->serial - 1);
	}
}

/**
 * raft_forward_restart() - a leader became known
 * @r: the core
 *
 * It may have none of what is pending: its log decides what is a copy.
 *
 * Context: owner thread, in a step.
 */
void raft_forward_restart(struct raft *r)
{
	r->fwd_next = r->pend_first;
	r->fwd_mark = r->pend_first + r->own_logged;
	r->fwd_deadline = r->now + 2 * r->cfg.heartbeat;
}

static u32 forward_batch(struct raft *r, u64 serial)
{
	u32 n = 0, wire = 0;

	while (n < r->cfg.max_batch && serial + n < pending_end(r)) {
		u32 len = raft_pending_entry(r, serial + n)->len;
		u32 more = (u32)raft_wire_entry_bytes(len);

		if (n && wire + more > r->cfg.max_batch_bytes)
			break;
		wire += more;
		n++;
	}
	return n;
}

/* No sign of progress for a while: what was sent may be lost (trap 39's kin). */
static void forward_retry(struct raft *r)
{
	u64 mark = r->pend_first + r->own_logged;

	if (r->now < r->fwd_deadline)
		return;
	if (r->fwd_mark == mark)
		r->fwd_next = max(r->pend_first, r->own_logged + 1);
	r->fwd_mark = mark;
	r->fwd_deadline = r->now + 2 * r->cfg.heartbeat;
}

/**
 * raft_forward() - pass own proposals on to the leader
 * @r: the core, not a leader
 *
 * Context: owner thread, at the end of a step.
 */
void raft_forward(struct raft *r)
{
	struct raft_msg m = {
		.type = RAFT_MSG_FORWARD,
		.to = r->leader,
		.term = r->term,
	};

	if (!r->leader || !r->pend_count)
		return;
	forward_retry(r);
	r->fwd_next = max(r->fwd_next, r->pend_first);
	while (r->fwd_next < pending_end(r) &&
	       r->fwd_next < max(r->pend_first, r->own_logged + 1) +
			     RAFT_FORWARD_ENTRIES) {
		if (r->up->n_msgs >= RAFT_STEP_MSGS / 2) {
			r->up->flags |= RAFT_UP_AGAIN;
			break;
		}
		m.serial = r->fwd_next;
		m.n_entries = forward_batch(r, r->fwd_next);
		raft_emit(r, &m);
		r->fwd_next += m.n_entries;
	}
}

/**
 * raft_handle_forward() - FORWARD: proposals of another member
 * @r: the core
 * @p: the origin
 * @m: entries with consecutive serials
 *
 * Whoever is not the leader drops them, and so does a leader without room: the
 * origin tries again.
 *
 * Context: owner thread, in a step.
 */
void raft_handle_forward(struct raft *r, struct raft_peer *p,
			 const struct raft_msg *m)
{
	u32 i;

	if (r->role != RAFT_LEADER)
		return;
	for (i = 0; i < m->n_entries; i++) {
		const struct raft_entry *e = &m->entries[i];

		if (!raft_is_proposal(e) || e->origin != m->from ||
		    e->incarnation != m->from_inc ||
		    e->serial != m->serial + i)
			return;
		if (e->incarnation == p->appended_inc &&
		    e->serial <= p->appended_serial &&
		    !RAFT_MUTANT("dup-apply"))
			continue;
		if (!leader_append(r, p, e))
			return;
	}
}

/* The first own proposal that waits is decided. */
static void complete_first(struct raft *r)
{
	struct raft_entry *own = raft_pending_entry(r, r->pend_first);

	r->pend_bytes -= own->len;
	if (own->payload)
		raft_payload_put(own->payload);
	pending_pop(r);
}

/**
 * raft_pending_drop() - nobody waits for the own proposals any more
 * @r: the core
 *
 * Context: owner thread, or nobody else uses @r.
 */
void raft_pending_drop(struct raft *r)
{
	while (r->pend_count)
		complete_first(r);
}

static void complete_own(struct raft *r, const struct raft_entry *e)
{
	if (e->origin == r->cfg.id && e->incarnation == r->cfg.incarnation &&
	    r->pend_count && e->serial == r->pend_first)
		complete_first(r);
}

/**
 * raft_proposal_installed() - a snapshot took the place of the log
 * @r: the core; its tables are those of the snapshot
 *
 * What the session of this boot has is applied; the rest is not in the log.
 *
 * Context: owner thread, in a step.
 */
void raft_proposal_installed(struct raft *r)
{
	const struct raft_session *s = raft_session_find(&r->tables, r->cfg.id);

	r->own_logged = 0;
	if (!s || s->incarnation != r->cfg.incarnation)
		return;
	while (r->pend_count && r->pend_first <= s->serial)
		complete_first(r);
	r->own_logged = s->serial;
}

static void apply_proposal(struct raft *r, struct raft_entry *e, u64 index)
{
	e->flags = RAFT_ENTRY_DROPPED;
	/* Without a proposer it cannot be a copy. */
	if (e->origin && !raft_session_apply(&r->tables, &r->conf_applied, e,
					     index))
		return;
	complete_own(r, e);
	if (e->client && !raft_client_apply(&r->tables, e, index,
					    &r->up->repeated[r->up->n_repeated])) {
		r->up->n_repeated++;
		return;
	}
	if (e->type == RAFT_ENTRY_OPEN)
		raft_client_open(&r->tables, index);
	e->flags = RAFT_ENTRY_APPLIED;
}

static void apply_one(struct raft *r, struct raft_entry *e, u64 index)
{
	if (raft_is_proposal(e))
		apply_proposal(r, e, index);
	else if (e->type == RAFT_ENTRY_CONFIG)
		raft_membership_applied(r, e, index);
	raft_request_applied(r, e);
}

/**
 * raft_apply() - decide entries up to the commit index, a bounded number
 * @r: the core
 *
 * Context: owner thread, at the end of a step.
 */
void raft_apply(struct raft *r)
{
	u64 last = min(r->commit, r->applied + RAFT_STEP_APPLY);
	u64 i;

	if (last == r->applied ||
	    (raft_snapshot_lost(r) && !RAFT_MUTANT("snapshot-lost-applies")))
		return;
	/* raft_applied_serial() is to tell what the snapshot has, and no more. */
	if (r->up->flags & RAFT_UP_SNAPSHOT) {
		r->up->flags |= RAFT_UP_AGAIN;
		return;
	}
	for (i = r->applied + 1; i <= last; i++) {
		if (r->up->n_repeated == RAFT_STEP_REPEATED)
			break;
		apply_one(r, raft_log_entry(&r->log, i), i);
	}
	r->up->flags |= RAFT_UP_APPLIED;
	r->up->applied_first = r->applied + 1;
	r->up->applied_last = i - 1;
	r->applied = i - 1;
	if (r->applied < r->commit)
		r->up->flags |= RAFT_UP_AGAIN;
}
