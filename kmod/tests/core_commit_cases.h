/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core_commit_cases.h - cases for what the core tells its shell of commits: core_cases.h.
 */
#ifndef _RAFT_CORE_COMMIT_CASES_H
#define _RAFT_CORE_COMMIT_CASES_H

#include "wire.h"

/* A shell may gather proposals while something is on its way, and only then. */
static inline void case_awaits_commit(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft *leader = c->nodes[0].r, *follower = c->nodes[1].r;

	CASE_EXPECT(c, !raft_awaits_commit(leader));
	CASE_EXPECT(c, !raft_awaits_commit(follower));
	CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	CASE_EXPECT(c, raft_awaits_commit(leader));
	CASE_EXPECT(c, !raft_awaits_commit(follower));
	case_settle(c);
	CASE_EXPECT(c, !raft_awaits_commit(leader));
	/* The follower has passed it on, and hears of it when it is applied. */
	CASE_EXPECT(c, case_propose(c, 2, 10) == 1);
	CASE_EXPECT(c, raft_awaits_commit(follower));
	CASE_EXPECT(c, !raft_awaits_commit(leader));
	case_settle(c);
	CASE_EXPECT(c, !raft_awaits_commit(follower));
	/* Without a leader nothing is. */
	case_campaign(c, 2);
	CASE_EXPECT(c, case_propose(c, 2, 10) == 1);
	CASE_EXPECT(c, !raft_awaits_commit(follower));
}

/* What only tells of a commit may wait, unless the receiver proposed it. */
static inline void case_lazy_notice(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	u32 lazy = c->lazy, appends = c->sent[RAFT_MSG_APPEND];

	/* Two appends with the entry, then two without. */
	CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	case_settle(c);
	CASE_EXPECT(c, c->sent[RAFT_MSG_APPEND] == appends + 4);
	CASE_EXPECT(c, c->lazy == lazy + 2);
	/* Node 2 has a caller who waits, node 3 has not. */
	CASE_EXPECT(c, case_propose(c, 2, 10) == 1);
	case_settle(c);
	CASE_EXPECT(c, c->sent[RAFT_MSG_APPEND] == appends + 8);
	CASE_EXPECT(c, c->lazy == lazy + 3);
}

/* Node 1 leads and 2 follows; what 3 is sent is lost. */
static inline void case_settle_without_3(struct case_cluster *c)
{
	u32 i, rounds = 0;

	while (c->count || c->nodes[0].seq || c->nodes[1].seq) {
		CASE_EXPECT(c, rounds++ < 1000);
		for (i = 0; i < 2; i++)
			case_persist(c, &c->nodes[i]);
		if (c->count) {
			struct case_msg *m = &c->ring[c->head];

			c->head = (c->head + 1) % CASE_MSGS;
			c->count--;
			if (m->m.to != 3)
				case_deliver(c, m);
		}
	}
}

/* An append to node 3, which has all up to @has: contiguous, and not too large. */
static inline u64 case_packed(struct case_cluster *c, const struct case_msg *m, u64 has)
{
	const struct raft_entry *e;
	u64 bytes = 0;
	u32 i;

	CASE_EXPECT(c, m->m.index == has && m->m.n_entries);
	for (i = 0; i < m->m.n_entries; i++) {
		e = raft_entry_at(c->nodes[0].r, has + 1 + i);
		CASE_EXPECT(c, m->entries[i].serial == e->serial);
		bytes += raft_wire_entry_bytes(e->len);
	}
	CASE_EXPECT(c, i == 1 || bytes <= case_config(1).max_batch_bytes);
	return has + i;
}

/* Trap 51: large and small entries are packed as they come, and none is left out. */
static inline void case_packing(struct raft_case_env *env)
{
	static const u32 len[] = { 10, 32000, 10, 20000, 20000, 60000, 10, 10, 3000 };
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_TICK };
	u64 has = 1;
	u32 i, rounds;

	for (i = 0; i < ARRAY_SIZE(len); i++) {
		CASE_EXPECT(c, case_propose(c, 1, len[i]) == 1);
		case_settle_without_3(c);
	}
	for (rounds = 0; rounds < 20 && has < ARRAY_SIZE(len) + 1; rounds++) {
		c->now += 10 * CASE_MS;
		case_step(c, &c->nodes[0], &ev);
		while (c->count || c->nodes[2].seq) {
			struct case_msg *m = &c->ring[c->head];

			case_persist(c, &c->nodes[2]);
			if (!c->count)
				continue;
			c->head = (c->head + 1) % CASE_MSGS;
			c->count--;
			if (m->m.to == 3 && m->m.type == RAFT_MSG_APPEND &&
			    m->m.n_entries && m->m.index >= has)
				has = case_packed(c, m, has);
			case_deliver(c, m);
		}
	}
	CASE_EXPECT(c, case_status(c, 3)->last == ARRAY_SIZE(len) + 1);
}

#endif /* _RAFT_CORE_COMMIT_CASES_H */
