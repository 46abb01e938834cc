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
 * Owns the encoding of configurations and changes, and the members' slots.  What
 * changes are allowed, and who asks for them, is in change.c and request.c.
 *
 *   0        1     2    3        4         8         16
 *   +--------+-----+----+--------+---------+---------+----------------------+
 *   |version | kind| n  | result | subject | 0       | 16 * { id 4, flags 4,|
 *   |        |     |    |or joint|         |         |        address 24 }  |
 *   +--------+-----+----+--------+---------+---------+----------------------+
 *
 * All integers are little-endian.  What is not used is zero.
 */
#include "raft_env.h"
#include "internal.h"

#define CODE_VERSION	1
#define CODE_CONFIG	1
#define CODE_CHANGE	2

struct code_member {
	__le32 id;
	__le32 flags;		/* of a change: the operation */
	u8 addr[RAFT_ADDR_BYTES];
};

struct code {
	u8 version;
	u8 kind;
	u8 n;
	u8 result;		/* of a change: is it joint? */
	__le32 subject;
	u8 reserved[8];
	struct code_member m[RAFT_MAX_NODES];
};

static_assert(sizeof(struct code_member) == 32);
static_assert(offsetof(struct code_member, flags) == 4);
static_assert(offsetof(struct code_member, addr) == 8);
static_assert(sizeof(struct code) == RAFT_CONFIG_BYTES);
static_assert(offsetof(struct code, subject) == 4);
static_assert(offsetof(struct code, reserved) == 8);
static_assert(offsetof(struct code, m) == 16);

#define KNOWN_FLAGS	(RAFT_MEMBER_LEARNER | RAFT_MEMBER_OLD | \
			 RAFT_MEMBER_GONE | RAFT_MEMBER_PROMOTE | \
			 RAFT_MEMBER_KEEP | RAFT_MEMBER_WITNESS)

static void put_member(u8 *buf, u32 i, const struct raft_member *m, u32 flags)
{
	struct code_member le = {
		.id = cpu_to_le32(m->id),
		.flags = cpu_to_le32(flags),
	};

	memcpy(le.addr, m->addr, sizeof(le.addr));
	memcpy(buf + offsetof(struct code, m) + i * sizeof(le), &le,
	       sizeof(le));
}

static u32 get_member(const u8 *buf, u32 i, struct raft_member *m)
{
	struct code_member le;

	memcpy(&le, buf + offsetof(struct code, m) + i * sizeof(le),
	       sizeof(le));
	m->id = le32_to_cpu(le.id);
	memcpy(m->addr, le.addr, sizeof(m->addr));
	return le32_to_cpu(le.flags);
}

static void put_head(u8 *buf, u8 kind, u32 n, u8 result, u32 subject)
{
	__le32 le = cpu_to_le32(subject);

	memset(buf, 0, RAFT_CONFIG_BYTES);
	buf[offsetof(struct code, version)] = CODE_VERSION;
	buf[offsetof(struct code, kind)] = kind;
	buf[offsetof(struct code, n)] = (u8)n;
	buf[offsetof(struct code, result)] = result;
	memcpy(buf + offsetof(struct code, subject), &le, sizeof(le));
}

static bool is_zero(const u8 *p, size_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

/* Everything but the members themselves. */
static bool head_ok(const u8 *buf, u32 len, u8 kind)
{
	u32 n;

	if (len != RAFT_CONFIG_BYTES ||
	    buf[offsetof(struct code, version)] != CODE_VERSION ||
	    buf[offsetof(struct code, kind)] != kind)
		return false;
	n = buf[offsetof(struct code, n)];
	if (!n || n > RAFT_MAX_NODES)
		return false;
	return is_zero(buf + offsetof(struct code, reserved), 8) &&
	       is_zero(buf + offsetof(struct code, m) +
		       n * sizeof(struct code_member),
		       (RAFT_MAX_NODES - n) * sizeof(struct code_member));
}

/**
 * raft_membership_encode() - a configuration to bytes
 * @c: the configuration; its index is not part of it
 * @buf: RAFT_CONFIG_BYTES, filled
 *
 * Context: any.
 */
void raft_membership_encode(const struct raft_membership *c, u8 *buf)
{
	u32 i;

	put_head(buf, CODE_CONFIG, c->n, c->result, c->subject);
	for (i = 0; i < c->n; i++)
		put_member(buf, i, &c->m[i], c->m[i].flags);
}

/* Flags that can be together. */
static bool flags_ok(u32 flags)
{
	if (flags & ~KNOWN_FLAGS)
		return false;
	if (flags & RAFT_MEMBER_GONE &&
	    (!(flags & RAFT_MEMBER_OLD) || flags & RAFT_MEMBER_LEARNER))
		return false;
	if (flags & RAFT_MEMBER_PROMOTE &&
	    (flags & RAFT_MEMBER_OLD || !(flags & RAFT_MEMBER_LEARNER)))
		return false;
	/* A witness without a vote is one that catches up. */
	if (flags & RAFT_MEMBER_WITNESS && flags & RAFT_MEMBER_LEARNER &&
	    (flags & RAFT_MEMBER_KEEP || !(flags & RAFT_MEMBER_PROMOTE)))
		return false;
	return !(flags & RAFT_MEMBER_KEEP) || flags & RAFT_MEMBER_PROMOTE;
}

/**
 * raft_witnesses_fit() - are at most half of the voters witnesses?
 * @m: members
 * @n: how many
 *
 * Then every majority has a full voter, and what is committed is on the disk of
 * one with its command.  Both halves of a joint configuration count, and who is
 * to vote as a witness does already.
 *
 * Context: any.
 * Return: true if so.
 */
bool raft_witnesses_fit(const struct raft_member *m, u32 n)
{
	u32 i, half, voters[2] = { 0 }, witnesses[2] = { 0 };

	for (i = 0; i < n; i++) {
		bool witness = m[i].flags & RAFT_MEMBER_WITNESS;
		bool votes[2] = {
			!(m[i].flags & RAFT_MEMBER_GONE) &&
			(witness || !(m[i].flags & RAFT_MEMBER_LEARNER)),
			m[i].flags & RAFT_MEMBER_OLD,
		};

		for (half = 0; half < 2; half++) {
			voters[half] += votes[half];
			witnesses[half] += votes[half] && witness;
		}
	}
	return 2 * witnesses[0] <= voters[0] && 2 * witnesses[1] <= voters[1];
}

/**
 * raft_membership_decode() - a configuration from bytes nobody vouches for
 * @c: filled; its index is 0
 * @buf: the bytes
 * @len: how many
 *
 * Context: any.
 * Return: 0, -EINVAL.
 */
int raft_membership_decode(struct raft_membership *c, const u8 *buf, u32 len)
{
	u32 i, last = 0, voters = 0;
	__le32 le;

	memset(c, 0, sizeof(*c));
	if (!head_ok(buf, len, CODE_CONFIG))
		return -EINVAL;
	c->n = buf[offsetof(struct code, n)];
	c->result = buf[offsetof(struct code, result)];
	memcpy(&le, buf + offsetof(struct code, subject), sizeof(le));
	c->subject = le32_to_cpu(le);
	if (c->result > RAFT_CHANGE_GIVEN_UP)
		return -EINVAL;
	for (i = 0; i < c->n; i++) {
		c->m[i].flags = get_member(buf, i, &c->m[i]);
		if (c->m[i].id <= last || !flags_ok(c->m[i].flags))
			return -EINVAL;
		last = c->m[i].id;
		voters += !(c->m[i].flags &
			    (RAFT_MEMBER_LEARNER | RAFT_MEMBER_GONE));
	}
	return voters && raft_witnesses_fit(c->m, c->n) ? 0 : -EINVAL;
}

/**
 * raft_change_encode() - a change to bytes, to be passed on to the leader
 * @c: a change that raft_change_check() likes
 * @buf: RAFT_CONFIG_BYTES, filled
 *
 * Context: any.
 */
void raft_change_encode(const struct raft_change *c, u8 *buf)
{
	u32 i;

	put_head(buf, CODE_CHANGE, c->n, c->joint, 0);
	for (i = 0; i < c->n; i++)
		put_member(buf, i, &c->item[i].m, c->item[i].op);
}

/**
 * raft_change_decode() - a change from bytes nobody vouches for
 * @c: filled
 * @buf: the bytes
 * @len: how many
 *
 * Context: any.
 * Return: 0, -EINVAL.
 */
int raft_change_decode(struct raft_change *c, const u8 *buf, u32 len)
{
	u32 i;

	memset(c, 0, sizeof(*c));
	if (!head_ok(buf, len, CODE_CHANGE) ||
	    buf[offsetof(struct code, result)] > 1)
		return -EINVAL;
	c->n = buf[offsetof(struct code, n)];
	c->joint = buf[offsetof(struct code, result)];
	for (i = 0; i < c->n; i++)
		c->item[i].op = get_member(buf, i, &c->item[i].m);
	return raft_change_check(c);
}

/**
 * raft_is_joint() - is a configuration joint?
 * @c: the configuration
 *
 * Context: any.
 * Return: true if so.
 */
bool raft_is_joint(const struct raft_membership *c)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->m[i].flags & RAFT_MEMBER_OLD)
			return true;
	return false;
}

/**
 * raft_member_of() - look for a member
 * @c: a configuration
 * @id: node id
 *
 * Context: any.
 * Return: the member, NULL if @id is none.
 */
const struct raft_member *raft_member_of(const struct raft_membership *c,
					 u32 id)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->m[i].id == id)
			return &c->m[i];
	return NULL;
}

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
	raft_progress_reset(p, r->log.last + 1);
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

	if (!raft_log_suffices(r, r->log.last,
			       raft_log_term(&r->log, r->log.last)))
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

	if (raft_membership_read(&c, e, index))
		r->conf_applied = c;
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
