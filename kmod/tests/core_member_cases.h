/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core_member_cases.h - cases of core_cases.h for members, transfers, reads and
 * client sessions; included by it.
 *
 * Each shows one rule from end to end, so that the core as the kernel's compiler
 * built it has seen all of them.  What can go wrong in between is in scenarios.
 */
#ifndef _RAFT_CORE_MEMBER_CASES_H
#define _RAFT_CORE_MEMBER_CASES_H

static inline void case_change(struct case_cluster *c, u32 id,
			       enum raft_change_op op, u32 subject, bool joint)
{
	struct raft_event ev = { .type = RAFT_EV_CHANGE };
	struct raft_change *change = c->env->alloc(c->env, sizeof(*change));

	change->joint = joint;
	change->n = 1;
	change->item[0].op = op;
	change->item[0].m.id = subject;
	ev.change = change;
	case_step(c, &c->nodes[id - 1], &ev);
}

static inline u32 case_flags(struct case_cluster *c, u32 id, u32 subject)
{
	const struct raft_membership *m = raft_membership(c->nodes[id - 1].r);
	u32 i;

	for (i = 0; i < m->n; i++)
		if (m->m[i].id == subject)
			return m->m[i].flags;
	return U32_MAX;
}

/* In force when appended, decided when committed, the same everywhere. */
static inline void case_demote_and_promote(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	u32 id;

	case_change(c, 1, RAFT_OP_DEMOTE, 3, false);
	CASE_EXPECT(c, !c->nodes[0].up.refused);
	CASE_EXPECT(c, case_flags(c, 1, 3) == RAFT_MEMBER_LEARNER);
	CASE_EXPECT(c, !(c->nodes[0].up.flags & RAFT_UP_CHANGE));
	case_settle(c);
	for (id = 1; id <= CASE_NODES; id++)
		CASE_EXPECT(c, case_flags(c, id, 3) == RAFT_MEMBER_LEARNER);
	CASE_EXPECT(c, case_status(c, 3)->role == RAFT_LEARNER);
	CASE_EXPECT(c, case_status(c, 1)->config_index == 2);
	case_change(c, 1, RAFT_OP_PROMOTE, 3, false);
	case_settle(c);
	CASE_EXPECT(c, !case_flags(c, 3, 3));
	CASE_EXPECT(c, case_status(c, 3)->role == RAFT_FOLLOWER);
}

/* Heartbeats go on for a while, and nobody campaigns. */
static inline void case_heartbeats(struct case_cluster *c, u32 n)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	while (n--) {
		c->now += 10 * CASE_MS;
		case_step(c, &c->nodes[0], &ev);
		case_settle(c);
	}
}

/*
 * Leaders on a node whose heartbeats have one interval send them at the same times,
 * whenever they began, also after a late one, and never later than they said.
 */
static inline void case_heartbeats_together(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event tick = { .type = RAFT_EV_TICK };
	u64 due = c->nodes[0].up.deadline;
	struct raft_config cfg = case_config(1);
	u32 i;

	CASE_EXPECT(c, due % (10 * CASE_MS) == 618 * CASE_MS / 100);
	CASE_EXPECT(c, c->now < due && due <= c->now + 10 * CASE_MS);
	for (i = 0; i < 8; i++) {
		c->now = due + i * CASE_MS;
		case_step(c, &c->nodes[0], &tick);
		case_settle(c);
		CASE_EXPECT(c, c->nodes[0].up.deadline == due + 10 * CASE_MS);
		due = c->nodes[0].up.deadline;
	}
	cfg.heartbeat = 3 * CASE_MS;
	CASE_EXPECT(c, !raft_reconfigure(c->nodes[0].r, &cfg));
	c->now = 98 * CASE_MS;
	case_step(c, &c->nodes[0], &tick);
	CASE_EXPECT(c, c->nodes[0].up.deadline == 100854 * CASE_MS / 1000);
}

/* What a node asks for itself changes no member, however late it comes. */
static inline void case_join(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);

	case_change(c, 1, RAFT_OP_DEMOTE, 3, false);
	case_settle(c);
	case_change(c, 1, RAFT_OP_JOIN, 3, false);
	CASE_EXPECT(c, c->nodes[0].up.change_result == -EEXIST);
	case_change(c, 1, RAFT_OP_JOIN, 2, false);
	CASE_EXPECT(c, c->nodes[0].up.change_result == -EEXIST);
	CASE_EXPECT(c, case_flags(c, 1, 3) == RAFT_MEMBER_LEARNER);
	case_change(c, 2, RAFT_OP_JOIN, 9, false);
	case_settle(c);
	CASE_EXPECT(c, case_flags(c, 1, 9) == (RAFT_MEMBER_LEARNER |
					       RAFT_MEMBER_PROMOTE));
	CASE_EXPECT(c, case_status(c, 1)->catching_up == 9);
}

/* Thesis 4.2.1: who is not there is given up, and all know who and why. */
static inline void case_given_up(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	u32 id;

	case_change(c, 1, RAFT_OP_ADD_VOTER, 9, false);
	case_settle(c);
	case_heartbeats(c, 490);
	CASE_EXPECT(c, !case_status(c, 1)->given_up);
	case_heartbeats(c, 30);
	for (id = 1; id <= CASE_NODES; id++) {
		CASE_EXPECT(c, case_flags(c, id, 9) == U32_MAX);
		CASE_EXPECT(c, case_status(c, id)->given_up == 9);
		CASE_EXPECT(c, c->status.given_up_why == RAFT_CHANGE_GIVEN_UP);
		CASE_EXPECT(c, c->status.given_up_index == 3);
	}
	/* It is tried again: that is over. */
	case_change(c, 1, RAFT_OP_ADD_VOTER, 9, false);
	case_settle(c);
	CASE_EXPECT(c, !case_status(c, 2)->given_up);
}

/* A setting of each node's own, which others know by heartbeats only. */
static inline void case_timeouts_are_told(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_config cfg = case_config(2);

	cfg.election_timeout = 70 * CASE_MS;
	CASE_EXPECT(c, !raft_reconfigure(c->nodes[1].r, &cfg));
	case_heartbeats(c, 1);
	CASE_EXPECT(c, case_status(c, 1)->peers[0].election_timeout ==
		       70 * CASE_MS);
	CASE_EXPECT(c, c->status.peers[1].election_timeout == 100 * CASE_MS);
	CASE_EXPECT(c, case_status(c, 2)->peers[0].election_timeout ==
		       100 * CASE_MS);
	CASE_EXPECT(c, !c->status.peers[1].election_timeout);
}

/* Traps 19, 26: joint, and left without being asked. */
static inline void case_joint_is_left(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);

	c->nodes[1].disk_stalls = true;
	case_change(c, 1, RAFT_OP_DEMOTE, 3, true);
	case_settle(c);
	/* {1,2,3} and {1,2}: without node 2 the new half has no majority. */
	CASE_EXPECT(c, case_status(c, 1)->joint);
	CASE_EXPECT(c, case_status(c, 1)->commit == 1);
	c->nodes[1].disk_stalls = false;
	case_settle(c);
	CASE_EXPECT(c, !case_status(c, 1)->joint);
	CASE_EXPECT(c, case_status(c, 1)->commit == 3);
	CASE_EXPECT(c, case_flags(c, 2, 3) == RAFT_MEMBER_LEARNER);
}

/* It counts, has what it was given before, and gets no more commands. */
static inline void case_witness(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_READ };

	CASE_EXPECT(c, case_propose(c, 1, 8) == 1);
	case_settle(c);
	case_change(c, 1, RAFT_OP_ADD_WITNESS, 3, true);
	CASE_EXPECT(c, c->nodes[0].up.change_result == -EEXIST);
	case_change(c, 1, RAFT_OP_REMOVE, 3, false);
	case_settle(c);
	case_change(c, 1, RAFT_OP_ADD_WITNESS, 3, true);
	case_settle(c);
	CASE_EXPECT(c, case_flags(c, 3, 3) == RAFT_MEMBER_WITNESS);
	CASE_EXPECT(c, case_status(c, 3)->role == RAFT_WITNESS);
	CASE_EXPECT(c, case_propose(c, 1, 8) == 1);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 3)->commit == 6);
	CASE_EXPECT(c, case_status(c, 3)->bare == 6);
	CASE_EXPECT(c, case_status(c, 2)->bare == 0);
	CASE_EXPECT(c, raft_entry_at(c->nodes[2].r, 2)->len == 8);
	CASE_EXPECT(c, raft_entry_is_bare(raft_entry_at(c->nodes[2].r, 6)));
	case_campaign(c, 3);
	case_step(c, &c->nodes[2], &ev);
	CASE_EXPECT(c, c->nodes[2].up.refused == -EOPNOTSUPP);
	CASE_EXPECT(c, case_status(c, 3)->role == RAFT_WITNESS);
	case_change(c, 1, RAFT_OP_DEMOTE, 3, false);
	CASE_EXPECT(c, c->nodes[0].up.change_result == -EINVAL);
}

/* Trap 22: what is cut from the log is not in force any more. */
static inline void case_change_is_rolled_back(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);

	case_change(c, 1, RAFT_OP_REMOVE, 3, false);
	CASE_EXPECT(c, case_flags(c, 1, 3) == U32_MAX);
	case_drop_all(c);
	/* Two others, who have not heard of it, elect one of them. */
	c->now += 200 * CASE_MS;
	c->nodes[0].disk_stalls = true;
	case_campaign(c, 2);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 2)->role == RAFT_LEADER);
	c->nodes[0].disk_stalls = false;
	case_settle(c);
	CASE_EXPECT(c, !case_flags(c, 1, 3));
	CASE_EXPECT(c, case_status(c, 1)->config_index == 0);
}

/* Thesis 3.10, trap 38: asked at a follower, against loyal voters. */
static inline void case_transfer(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_TRANSFER, .target = 3 };

	case_step(c, &c->nodes[1], &ev);
	CASE_EXPECT(c, !c->nodes[1].up.refused);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 3)->role == RAFT_LEADER);
	CASE_EXPECT(c, case_status(c, 1)->leader == 3);
	CASE_EXPECT(c, case_status(c, 2)->leader == 3);
	CASE_EXPECT(c, c->sent[RAFT_MSG_TIMEOUT_NOW] == 1);
}

static inline u64 case_read(struct case_cluster *c, u32 id, bool lease)
{
	struct raft_event ev = { .type = RAFT_EV_READ };

	ev.lease = lease;
	case_step(c, &c->nodes[id - 1], &ev);
	CASE_EXPECT(c, !c->nodes[id - 1].up.refused);
	return c->nodes[id - 1].up.read_id;
}

/* Traps 42, 44: many readers cost a round or two of heartbeats. */
static inline void case_readers_share_rounds(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	u64 id = 0;
	u32 i;

	for (i = 0; i < 100; i++)
		id = case_read(c, 1, false);
	CASE_EXPECT(c, id);
	CASE_EXPECT(c, !(c->nodes[0].up.flags & RAFT_UP_READ));
	case_settle(c);
	CASE_EXPECT(c, c->nodes[0].up.read_done == id);
	CASE_EXPECT(c, c->nodes[0].up.read_index == 1);
	CASE_EXPECT(c, case_status(c, 1)->read_rounds <= 2);
}

/* Trap 43: a lease answers at once, and not after it has ended. */
static inline void case_lease_ends(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_TICK };

	c->now += 10 * CASE_MS;
	case_step(c, &c->nodes[0], &ev);
	case_settle(c);
	CASE_EXPECT(c, !case_read(c, 1, true));
	CASE_EXPECT(c, c->nodes[0].up.lease_index == 1);
	CASE_EXPECT(c, c->nodes[0].up.lease_until > c->now);
	CASE_EXPECT(c, c->nodes[0].up.lease_until <= c->now + 100 * CASE_MS);
	c->now += 100 * CASE_MS;
	CASE_EXPECT(c, case_read(c, 1, true));
	case_drop_all(c);
}

static inline u64 case_client(struct case_cluster *c, u32 id, u64 client,
			      u64 serial)
{
	struct raft_entry e = {
		.type = client ? RAFT_ENTRY_COMMAND : RAFT_ENTRY_OPEN,
		.len = client ? 10 : 0,
		.client = client,
		.client_serial = serial,
	};
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };

	ev.propose.entries = &e;
	ev.propose.n = 1;
	case_step(c, &c->nodes[id - 1], &ev);
	CASE_EXPECT(c, c->nodes[id - 1].up.accepted == 1);
	case_settle(c);
	return case_status(c, id)->applied;
}

/* Thesis 6.3: repeated on another node it is not applied again. */
static inline void case_client_repeats(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	u64 client = case_client(c, 1, 0, 0);
	u64 first = case_client(c, 1, client, 1);
	u64 copy = case_client(c, 2, client, 1);
	u64 next = case_client(c, 2, client, 2);
	u64 old = case_client(c, 1, client, 1);
	u64 none = case_client(c, 1, client + 1, 1);
	struct raft *r = c->nodes[2].r;

	CASE_EXPECT(c, client == 2 && none == 7);
	c->now += 10 * CASE_MS;
	CASE_EXPECT(c, raft_entry_at(c->nodes[0].r, first)->flags ==
			       RAFT_ENTRY_APPLIED);
	CASE_EXPECT(c, raft_entry_at(c->nodes[0].r, copy)->flags ==
			       RAFT_ENTRY_DROPPED);
	CASE_EXPECT(c, raft_entry_at(c->nodes[0].r, next)->flags ==
			       RAFT_ENTRY_APPLIED);
	CASE_EXPECT(c, raft_entry_at(c->nodes[0].r, old)->flags ==
			       RAFT_ENTRY_DROPPED);
	CASE_EXPECT(c, raft_entry_at(r, none)->len == 10);
	CASE_EXPECT(c, raft_entry_at(c->nodes[0].r, none)->flags ==
			       RAFT_ENTRY_DROPPED);
}

static inline void case_configs_are_checked(struct raft_case_env *env)
{
	struct case_cluster *c = case_cluster_new(env);
	struct raft_membership *m = env->alloc(env, sizeof(*m));
	u8 *buf = env->alloc(env, RAFT_CONFIG_BYTES);
	u32 i;

	m->n = 2;
	m->m[0].id = 3;
	m->m[1].id = 9;
	m->m[1].flags = RAFT_MEMBER_LEARNER | RAFT_MEMBER_PROMOTE;
	memset(m->m[1].addr, 7, RAFT_ADDR_BYTES);
	raft_membership_encode(m, buf);
	memset(m, 0, sizeof(*m));
	CASE_EXPECT(c, !raft_membership_decode(m, buf, RAFT_CONFIG_BYTES));
	CASE_EXPECT(c, m->n == 2 && m->m[1].id == 9 && m->m[1].addr[23] == 7);
	CASE_EXPECT(c, m->m[1].flags == (RAFT_MEMBER_LEARNER |
					 RAFT_MEMBER_PROMOTE));
	CASE_EXPECT(c, raft_membership_decode(m, buf, RAFT_CONFIG_BYTES - 1));
	/* No byte that is not address or id can be anything else. */
	for (i = 0; i < RAFT_CONFIG_BYTES; i++) {
		bool free_byte = (i >= 4 && i < 8) || (i >= 16 && i < 20) ||
				 (i >= 24 && i < 52) || (i >= 56 && i < 80);

		if (free_byte)
			continue;
		buf[i] ^= 0x40;
		CASE_EXPECT(c, raft_membership_decode(m, buf,
						      RAFT_CONFIG_BYTES));
		buf[i] ^= 0x40;
	}
	/* Nobody is in it twice. */
	memcpy(buf + 48, buf + 16, 4);
	CASE_EXPECT(c, raft_membership_decode(m, buf, RAFT_CONFIG_BYTES));
}

/* Who is leaving was a voter or a learner, and not both, nor on the way in. */
static inline void case_who_leaves_was_one(struct raft_case_env *env)
{
	static const struct {
		u32 flags;
		bool ok;
	} of[] = {
		{ RAFT_MEMBER_GONE | RAFT_MEMBER_OLD, true },
		{ RAFT_MEMBER_GONE | RAFT_MEMBER_LEARNER, true },
		{ RAFT_MEMBER_GONE, false },
		{ RAFT_MEMBER_GONE | RAFT_MEMBER_OLD | RAFT_MEMBER_LEARNER, false },
		{ RAFT_MEMBER_GONE | RAFT_MEMBER_LEARNER | RAFT_MEMBER_PROMOTE, false },
	};
	struct case_cluster *c = case_cluster_new(env);
	struct raft_membership *m = env->alloc(env, sizeof(*m));
	u8 *buf = env->alloc(env, RAFT_CONFIG_BYTES);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(of); i++) {
		memset(m, 0, sizeof(*m));
		m->n = 2;
		m->m[0].id = 3;
		m->m[1].id = 9;
		m->m[1].flags = of[i].flags;
		raft_membership_encode(m, buf);
		CASE_EXPECT(c, !raft_membership_decode(m, buf, RAFT_CONFIG_BYTES) ==
				       of[i].ok);
	}
}

#endif /* _RAFT_CORE_MEMBER_CASES_H */
