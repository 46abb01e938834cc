// SPDX-License-Identifier: GPL-2.0
/*
 * config_code.c - configurations and changes as bytes, and what is well formed.
 *
 * Entries, messages and tools share this encoding.  Must know nothing of a group:
 * it calls no other file of the core, so that tools can link it alone.  What a
 * configuration does is in membership.c, which changes are allowed in change.c.
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
	    !(flags & RAFT_MEMBER_OLD) == !(flags & RAFT_MEMBER_LEARNER))
		return false;
	if (flags & RAFT_MEMBER_PROMOTE &&
	    (flags & (RAFT_MEMBER_OLD | RAFT_MEMBER_GONE) ||
	     !(flags & RAFT_MEMBER_LEARNER)))
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
	if (RAFT_MUTANT("witnesses-alone"))
		return true;
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
	if (c->result > RAFT_CHANGE_TOO_SLOW)
		return -EINVAL;
	for (i = 0; i < c->n; i++) {
		c->m[i].flags = get_member(buf, i, &c->m[i]);
		if ((c->m[i].id <= last && !RAFT_MUTANT("config-twice")) ||
		    !flags_ok(c->m[i].flags))
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
 * raft_change_check() - is a change well formed?
 * @c: the change, of an operator or from the wire
 *
 * Context: any.
 * Return: 0, -EINVAL.
 */
int raft_change_check(const struct raft_change *c)
{
	u32 i, j;

	if (!c->n || c->n > RAFT_MAX_NODES || (!c->joint && c->n != 1))
		return -EINVAL;
	for (i = 0; i < c->n; i++) {
		const struct raft_change_item *item = &c->item[i];

		if (item->op < RAFT_OP_ADD_LEARNER || item->op > RAFT_OP_JOIN)
			return -EINVAL;
		if (c->joint && (item->op == RAFT_OP_ADDRESS ||
				 item->op == RAFT_OP_ABORT ||
				 item->op == RAFT_OP_JOIN))
			return -EINVAL;
		if (!item->m.id && item->op != RAFT_OP_ABORT)
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (c->item[j].m.id == item->m.id)
				return -EINVAL;
	}
	return 0;
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
