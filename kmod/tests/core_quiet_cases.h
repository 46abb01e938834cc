/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core_quiet_cases.h - cases for heartbeats that need no answer: core_cases.h.
 */
#ifndef _RAFT_CORE_QUIET_CASES_H
#define _RAFT_CORE_QUIET_CASES_H

static inline u32 case_answers(const struct case_cluster *c)
{
	return c->sent[RAFT_MSG_HEARTBEAT_RESP];
}

/* It rests, and all have answered often enough. */
static inline struct case_cluster *case_at_rest(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);

	case_heartbeats(c, 21);
	return c;
}

/* The next round, but for what happens to it. */
static inline void case_beat(struct case_cluster *c)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	c->now += 10 * CASE_MS;
	case_step(c, &c->nodes[0], &ev);
}

/* Election timeout 100 ms: at 30 ms more than a quarter of it has passed. */
static inline void case_idle_answers(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	u32 before;

	/* At first all answer. */
	before = case_answers(c);
	case_heartbeats(c, 8);
	CASE_EXPECT(c, case_answers(c) == before + 16);
	case_heartbeats(c, 1);
	CASE_EXPECT(c, case_answers(c) == before + 16);
	case_heartbeats(c, 3);
	before = case_answers(c);
	case_heartbeats(c, 300);
	CASE_EXPECT(c, c->sent[RAFT_MSG_HEARTBEAT] >= 2 * 312);
	CASE_EXPECT(c, case_answers(c) == before + 200);
	CASE_EXPECT(c, case_status(c, 1)->role == RAFT_LEADER);
	CASE_EXPECT(c, c->status.term == 1);
	/* Of a lease less than a third is over at any time. */
	CASE_EXPECT(c, c->status.lease_until >= c->now + 70 * CASE_MS);
}

/* Whoever waits for a round has it at once. */
static inline void case_read_at_rest(struct raft_case_env *env)
{
	struct case_cluster *c = case_at_rest(env);
	u32 before = case_answers(c), id;
	u64 read;

	for (id = 1; id <= 2; id++) {
		read = case_read(c, id, false);
		case_settle(c);
		CASE_EXPECT(c, case_answers(c) == before + 2 * id);
		CASE_EXPECT(c, c->nodes[id - 1].up.read_done == read);
	}
}

/* An answer that is lost is asked for again in each round, and in eight more. */
static inline void case_answer_lost(struct raft_case_env *env)
{
	struct case_cluster *c = case_at_rest(env);
	u32 before, n = 0, i;

	for (i = 0; i < 8; i++) {
		case_beat(c);
		before = case_answers(c);
		/* Node 2 and node 3 get it, the leader gets nothing. */
		while (c->count && c->ring[c->head].m.type == RAFT_MSG_HEARTBEAT) {
			struct case_msg *m = &c->ring[c->head];

			c->head = (c->head + 1) % CASE_MSGS;
			c->count--;
			case_deliver(c, m);
		}
		n += case_answers(c) - before;
		case_drop_all(c);
	}
	CASE_EXPECT(c, n >= 2 * 6);
	before = case_answers(c);
	case_heartbeats(c, 8);
	CASE_EXPECT(c, case_answers(c) == before + 16);
	CASE_EXPECT(c, case_status(c, 1)->role == RAFT_LEADER);
}

/* Who has something else to say than the last time does not wait to be asked. */
static inline void case_news_at_rest(struct raft_case_env *env)
{
	struct case_cluster *c = case_at_rest(env);
	struct raft_config cfg = case_config(2);
	u32 before;

	/* The next two rounds ask nobody. */
	do {
		before = case_answers(c);
		case_heartbeats(c, 1);
	} while (case_answers(c) == before);
	before = case_answers(c);
	cfg.priority = 7;
	cfg.election_timeout = 90 * CASE_MS;
	CASE_EXPECT(c, !raft_reconfigure(c->nodes[1].r, &cfg));
	case_heartbeats(c, 1);
	CASE_EXPECT(c, case_answers(c) == before + 1);
	CASE_EXPECT(c, case_status(c, 1)->peers[0].priority == 7);
	CASE_EXPECT(c, c->status.peers[0].election_timeout == 90 * CASE_MS);
	case_heartbeats(c, 1);
	CASE_EXPECT(c, case_answers(c) == before + 1);
}

/* A mark does not silence a node of another boot, or one that hears a copy. */
static inline void case_quiet_for_another(struct raft_case_env *env)
{
	struct case_cluster *c = case_at_rest(env);
	struct case_msg copy;
	u32 before;

	do {
		case_drop_all(c);
		case_beat(c);
		copy = c->ring[c->head];
	} while (!(copy.m.flags & RAFT_MSG_QUIET) || copy.m.to != 2);
	case_drop_all(c);
	before = case_answers(c);
	copy.m.to_inc--;
	case_deliver(c, &copy);
	CASE_EXPECT(c, case_answers(c) == before + 1);
	copy.m.to_inc++;
	copy.m.seq++;
	case_deliver(c, &copy);
	CASE_EXPECT(c, case_answers(c) == before + 1);
	case_deliver(c, &copy);
	CASE_EXPECT(c, case_answers(c) == before + 2);
	/* Nor one that lacks what it is told of. */
	copy.m.seq++;
	copy.m.commit++;
	case_deliver(c, &copy);
	CASE_EXPECT(c, case_answers(c) == before + 3);
}

#endif /* _RAFT_CORE_QUIET_CASES_H */
