// SPDX-License-Identifier: GPL-2.0
/*
 * corner_test.c - corners of the core that neither a scenario nor the cases of
 * core_cases.h reach: no room at a peer, reports of the log that come late. TAP.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core_cases.h"

#define MAX_ALLOCS	1024

static void *allocs[MAX_ALLOCS];
static int n_allocs;

void raft_payload_get(void *payload)
{
	(void)payload;
}

void raft_payload_put(void *payload)
{
	(void)payload;
}

static void *alloc(struct raft_case_env *env, size_t bytes)
{
	void *p = calloc(1, bytes);

	(void)env;
	if (!p || n_allocs == MAX_ALLOCS)
		abort();
	allocs[n_allocs++] = p;
	return p;
}

static void expect(struct raft_case_env *env, bool ok, const char *what,
		   int line)
{
	if (ok)
		return;
	printf("not ok - %s: line %d: %s\n", (char *)env->ctx, line, what);
	exit(1);
}

/* Node 3 gets everything, but its log takes nothing. */
static void deliver_without_room(struct case_cluster *c)
{
	struct case_msg m = c->ring[c->head];
	struct raft_event ev = { .type = RAFT_EV_MESSAGE, .msg = &m.m };
	struct case_node *n = &c->nodes[2];

	c->head = (c->head + 1) % CASE_MSGS;
	c->count--;
	if (m.m.to != 3) {
		case_deliver(c, &m);
		return;
	}
	m.m.entries = m.entries;
	ev.now = c->now;
	raft_step(n->r, &ev, &n->up);
	case_take_update(c, n);
}

/* A peer whose log is full is not sent the same entries round and round. */
static void full_peer_is_not_flooded(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_TICK };
	u32 i, rounds = 0;

	for (i = 0; i < CASE_ENTRIES + 4; i++)
		CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	while (c->count && rounds++ < 1000) {
		deliver_without_room(c);
		for (i = 0; i < CASE_NODES; i++)
			case_persist(c, &c->nodes[i]);
	}
	CASE_EXPECT(c, !c->count);
	CASE_EXPECT(c, case_status(c, 1)->commit == CASE_ENTRIES + 5);
	CASE_EXPECT(c, case_status(c, 3)->last == 1);
	/* With room again, a sign of life is enough. */
	c->now += 10 * CASE_MS;
	case_step(c, &c->nodes[0], &ev);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 3)->durable == CASE_ENTRIES + 5);
}

static void leader_says(struct case_cluster *c, u32 from, u64 term, u64 prev,
			u32 n, u64 entry_term)
{
	static u64 seq = 1000;
	struct case_msg m = { .m = {
		.type = RAFT_MSG_APPEND, .from = from, .to = 3, .term = term,
		.seq = seq++, .from_inc = 100 + from, .to_inc = 103,
		.index = prev, .log_term = prev ? 1 : 0, .n_entries = n,
	} };
	u32 i;

	for (i = 0; i < n; i++)
		m.entries[i] = (struct raft_entry) {
			.type = RAFT_ENTRY_NOOP, .term = entry_term,
		};
	case_deliver(c, &m);
}

static void written(struct case_cluster *c, u64 seq, u64 index, u64 term)
{
	struct raft_event ev = { .type = RAFT_EV_PERSISTED };

	ev.persisted.seq = seq;
	ev.persisted.index = index;
	ev.persisted.term = term;
	case_step(c, &c->nodes[2], &ev);
}

/*
 * Trap 17: index 2 is of term 1, then of term 2, then of term 1 again; the
 * report of the first write comes last, and the second write cuts it.
 */
static void aba_of_the_same_term(struct raft_case_env *env)
{
	struct case_cluster *c = case_cluster_new(env);

	leader_says(c, 1, 1, 0, 2, 1);
	leader_says(c, 2, 2, 1, 1, 2);
	leader_says(c, 1, 3, 1, 0, 0);
	leader_says(c, 1, 3, 1, 1, 1);
	CASE_EXPECT(c, c->nodes[2].up.persist.seq == 4);
	written(c, 1, 2, 1);
	CASE_EXPECT(c, case_status(c, 3)->durable < 2);
	written(c, 3, 2, 2);
	CASE_EXPECT(c, case_status(c, 3)->durable < 2);
	written(c, 4, 2, 1);
	CASE_EXPECT(c, case_status(c, 3)->durable == 2);
}

static const struct raft_case corners[] = {
	{ "full_peer_is_not_flooded", full_peer_is_not_flooded },
	{ "trap17_aba_of_the_same_term", aba_of_the_same_term },
};

int main(void)
{
	struct raft_case_env env = { .alloc = alloc, .expect = expect };
	size_t i;

	(void)raft_cases;
	for (i = 0; i < ARRAY_SIZE(corners); i++) {
		env.ctx = (void *)corners[i].name;
		corners[i].run(&env);
		while (n_allocs)
			free(allocs[--n_allocs]);
		printf("ok %zu - %s\n", i + 1, corners[i].name);
	}
	printf("1..%zu\n", i);
	return 0;
}
