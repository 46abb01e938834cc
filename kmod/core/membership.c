// SPDX-License-Identifier: GPL-2.0
/*
 * membership.c - the configuration in force (Raft 6, thesis 4).
 *
 * A configuration takes effect when it is appended, not when it is applied, and
 * on every node alike (thesis 4.1; trap 22).  So a leader needs no majority of
 * the old one to get rid of a dead node of two (trap 28), and a node that starts
 * needs no commit index to know who votes.  What this demands: when its entry is
 * cut from the log the one before is in force again.  That one is above the
 * applied index, where the log is looked through, or it is the last one applied,
 * which is kept.
 *
 * Owns the members' slots.  The encoding is in config_code.c; what changes are
 * allowed, and who asks for them, is in change.c and request.c.
 */
#include "raft_env.h"
#include "internal.h"

/* Those who are members no more are told so for a while by a leader. */
static void dismiss(struct raft *r, struct raft_peer *p)
{
	if (!p->member)
		return;
	p->member = false;
	/* What it is still sent it is sent as before. */
	p->flags &= RAFT_MEMBER_WITNESS;
	p->leave_until = r->now + 10 * r->cfg.election_timeout;
	p->leave_index = r->conf.index;
}

static void admit(struct raft *r, const struct raft_member *m)
{
	struct raft_peer *p = raft_peer_get(r, m->id);
	const struct raft_entry *e;
	bool fresh = !p->member;
	u64 i;

	p->member = true;
	p->flags = m->flags;
	if (m->flags & RAFT_MEMBER_PROMOTE)
		r->promote = m->id;
	if (!fresh || r->role != RAFT_LEADER || p == r->self)
		return;
	raft_progress_reset(r, p, r->log.last + 1);
	raft_session_applied(r, p);
	for (i = r->applied + 1; i <= r->log.last; i++) {
		e = raft_log_entry(&r->log, i);
		if (e->origin == p->id)
			raft_session_logged(p, e);
	}
}

/**
 * raft_membership_use() - a configuration takes effect
 * @r: the core
 * @c: the configuration, copied
 *
 * Context: owner thread, in a step or before the first.
 */
void raft_membership_use(struct raft *r, const struct raft_membership *c)
{
	bool voted = raft_votes(r->self);
	struct raft_peer *p;
	u32 i;

	r->conf = *c;
	r->promote = 0;
	raft_for_each_peer(r, p)
		if (!raft_member_of(c, p->id))
			dismiss(r, p);
	for (i = 0; i < c->n; i++)
		admit(r, &c->m[i]);
	if (r->self->member)
		r->was_member = true;
	/* Only who votes has a timer, and this one begins to. */
	if (!voted && raft_votes(r->self))
		raft_reset_election_timer(r);
	if (r->up)
		r->up->flags |= RAFT_UP_CONFIG;
	r->state_changed = true;
}

/**
 * raft_membership_read() - the configuration in an entry
 * @c: filled
 * @e: the entry
 * @index: its index
 *
 * Context: owner thread.
 * Return: false if @e is not a legible RAFT_ENTRY_CONFIG.
 */
bool raft_membership_read(struct raft_membership *c,
			  const struct raft_entry *e, u64 index)
{
	if (e->type != RAFT_ENTRY_CONFIG || !e->payload ||
	    raft_membership_decode(c, raft_payload_bytes(e->payload), e->len))
		return false;
	c->index = index;
	return true;
}

/* The last configuration up to an index, which is not below the applied one. */
static void config_up_to(const struct raft *r, u64 index,
			 struct raft_membership *c)
{
	/* What is cut is not there any more. */
	for (index = min(index, r->log.last); index > r->applied; index--)
		if (raft_membership_read(c, raft_log_entry(&r->log, index),
					 index))
			return;
	*c = r->conf_applied;
}

/**
 * raft_membership_rollback() - entries were cut: which configuration is left?
 * @r: the core
 *
 * Context: owner thread, in a step.
 */
void raft_membership_rollback(struct raft *r)
{
	struct raft_membership c;

	if (r->conf.index <= r->log.last || RAFT_MUTANT("no-rollback"))
		return;
	config_up_to(r, r->log.last, &c);
	raft_membership_use(r, &c);
}

/**
 * raft_may_campaign() - may this node become leader?
 * @r: the core
 *
 * Who votes may, unless it lacks what it may have lost (trap 27).  And who does
 * not by a configuration that may not be committed yet, but did before: the
 * others may need it until then (thesis 4.2.2).  It does not count itself.  Who
 * lacks commands could not pass them on, whatever its configuration says it is.
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_may_campaign(const struct raft *r)
{
	const struct raft_member *m;
	struct raft_membership c;

	if (raft_lost_lacks(r))
		return false;
	/* It knows neither who is a member nor what is applied. */
	if (raft_snapshot_lost(r) && !RAFT_MUTANT("snapshot-lost-leads"))
		return false;
	if ((r->bare || r->self->flags & RAFT_MEMBER_WITNESS) &&
	    !RAFT_MUTANT("witness-leads"))
		return false;
	if (raft_votes(r->self))
		return true;
	if (r->conf.index <= r->commit)
		return false;
	config_up_to(r, r->conf.index - 1, &c);
	m = raft_member_of(&c, r->cfg.id);
	return m && (m->flags & RAFT_MEMBER_OLD ||
		     !(m->flags & (RAFT_MEMBER_LEARNER | RAFT_MEMBER_GONE)));
}

/**
 * raft_given_up_note() - who was given up, by one more configuration?
 * @g: by those before
 * @c: the next one that is applied
 *
 * Context: owner thread.
 */
void raft_given_up_note(struct raft_given_up *g, const struct raft_membership *c)
{
	const struct raft_member *m = raft_member_of(c, g->subject);

	if (c->result >= RAFT_CHANGE_GIVEN_UP && c->subject)
		*g = (struct raft_given_up) {
			.index = c->index,
			.subject = c->subject,
			.result = c->result,
		};
	else if (m && (!(m->flags & RAFT_MEMBER_LEARNER) ||
		       m->flags & RAFT_MEMBER_PROMOTE))
		memset(g, 0, sizeof(*g));
}

/**
 * raft_membership_applied() - a configuration is committed and applied
 * @r: the core
 * @e: its entry
 * @index: of the entry
 *
 * Context: owner thread, in a step.
 */
void raft_membership_applied(struct raft *r, const struct raft_entry *e,
			     u64 index)
{
	struct raft_membership c;

	if (!raft_membership_read(&c, e, index))
		return;
	r->conf_applied = c;
	raft_given_up_note(&r->given_up, &c);
}

/**
 * raft_membership() - the configuration in force
 * @r: the core
 *
 * Context: owner thread.
 * Return: the configuration, without members if this node has none.
 */
const struct raft_membership *raft_membership(const struct raft *r)
{
	return &r->conf;
}

/**
 * raft_config_want() - does the core need a payload for a configuration?
 * @r: the core
 *
 * Context: owner thread.
 * Return: true if raft_config_give() should be called before the next step.
 */
bool raft_config_want(const struct raft *r)
{
	return !r->conf_spare;
}

/**
 * raft_config_give() - give a payload of RAFT_CONFIG_BYTES
 * @r: the core
 * @payload: the reference that the caller had is the core's now
 *
 * Context: owner thread.
 */
void raft_config_give(struct raft *r, void *payload)
{
	r->conf_spare = payload;
}
