/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core_commit_cases.h - cases for what the core tells its shell of commits: core_cases.h.
 */
#ifndef _RAFT_CORE_COMMIT_CASES_H
#define _RAFT_CORE_COMMIT_CASES_H

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

#endif /* _RAFT_CORE_COMMIT_CASES_H */
