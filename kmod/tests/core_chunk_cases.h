/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core_chunk_cases.h - cases of core_cases.h for memory that the core has only while
 * it needs it; included by it.
 */
#ifndef _RAFT_CORE_CHUNK_CASES_H
#define _RAFT_CORE_CHUNK_CASES_H

/* All spare memory of a core goes. */
static inline void case_no_chunks(struct raft *r, struct raft_chunks *none)
{
	none->first = NULL;
	none->n = 0;
	raft_log_share(r, none);
	while (raft_chunks_take(none))
		;
}

/* As case_step(), but no memory is given. */
static inline void case_step_bare(struct case_cluster *c, struct case_node *n,
				  struct raft_event *ev)
{
	ev->now = c->now;
	ev->boot_now = c->now;
	ev->log_room = 1 << 20;
	raft_step(n->r, ev, &n->up);
	case_take_update(c, n);
}

/* The ring of pending proposals goes round, and is as full as it can be. */
static inline void case_pending_goes_round(struct raft_case_env *env)
{
	static const u32 burst[] = { 700, RAFT_MAX_PENDING, 3, 1020, 257 };
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct case_node *n = &c->nodes[0];
	u64 serial = 0;
	u32 i, k;

	for (i = 0; i < ARRAY_SIZE(burst); i++) {
		n->disk_stalls = true;
		for (k = 0; k < burst[i]; k++) {
			CASE_EXPECT(c, case_propose(c, 1, 4) == 1);
			CASE_EXPECT(c, n->up.first_serial == ++serial);
		}
		if (burst[i] == RAFT_MAX_PENDING) {
			CASE_EXPECT(c, !case_propose(c, 1, 4));
			CASE_EXPECT(c, n->up.refused == -EAGAIN);
		}
		n->disk_stalls = false;
		case_settle(c);
		while (n->up.flags & RAFT_UP_AGAIN) {
			struct raft_event ev = { .type = RAFT_EV_TICK };

			case_step(c, n, &ev);
		}
		case_settle(c);
		CASE_EXPECT(c, raft_applied_serial(n->r) == serial);
		CASE_EXPECT(c, !case_status(c, 1)->pending);
	}
	CASE_EXPECT(c, case_status(c, 1)->last == serial + 1);
	for (i = 2; i <= serial + 1; i++)
		CASE_EXPECT(c, raft_entry_at(n->r, i)->serial == i - 1);
}

/* Without memory a proposal is refused, and taken when there is some. */
static inline void case_propose_without_memory(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	struct case_node *n = &c->nodes[0];
	struct raft_entry e = { .len = 4 };
	struct raft_chunks none;

	ev.propose.entries = &e;
	ev.propose.n = 1;
	case_no_chunks(n->r, &none);
	case_step_bare(c, n, &ev);
	CASE_EXPECT(c, !n->up.accepted && n->up.refused == -ENOMEM);
	CASE_EXPECT(c, case_propose(c, 1, 4) == 1);
	case_settle(c);
	CASE_EXPECT(c, raft_applied_serial(n->r) == 1);
	/* What it had for it is there for the next one. */
	CASE_EXPECT(c, none.n);
	case_step_bare(c, n, &ev);
	CASE_EXPECT(c, n->up.accepted == 1);
	case_settle(c);
	CASE_EXPECT(c, raft_applied_serial(n->r) == 2);
}

/* Without memory to note what is on its way nothing is sent, until a heartbeat. */
static inline void case_send_without_memory(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	struct case_node *n = &c->nodes[0];
	struct raft_entry e = { .len = 4 };
	struct raft_chunks none;
	u32 sent;

	case_propose(c, 1, 4);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 2)->last == 2);
	/* One for the proposal, and none for its way to others. */
	case_no_chunks(n->r, &none);
	raft_log_give(n->r, c->env->alloc(c->env, raft_log_chunk_size()));
	ev.propose.entries = &e;
	ev.propose.n = 1;
	sent = c->sent[RAFT_MSG_APPEND];
	case_step_bare(c, n, &ev);
	CASE_EXPECT(c, n->up.accepted == 1);
	CASE_EXPECT(c, c->sent[RAFT_MSG_APPEND] == sent);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 2)->last == 3);
	CASE_EXPECT(c, case_status(c, 1)->commit == 3);
}

/* Terms of what leaves the memory need some; it stays as long as there is none. */
static inline void case_evict_without_memory(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft *r = c->nodes[0].r;
	struct raft_chunks none;

	case_grow(c, 20);
	case_no_chunks(r, &none);
	CASE_EXPECT(c, raft_evict(r, 10) == -ENOMEM);
	CASE_EXPECT(c, raft_entry_at(r, 10) && raft_entry_at(r, 1));
	raft_log_give(r, c->env->alloc(c->env, raft_log_chunk_size()));
	CASE_EXPECT(c, !raft_evict(r, 10));
	CASE_EXPECT(c, !none.n);
	CASE_EXPECT(c, !raft_entry_at(r, 10) && raft_term_at(r, 10) == 1);
	case_grow(c, 30);
}

/*
 * Two cores that one thread steps: what the log of one does not need any more is for
 * the other, what both do not need is given back, and who leaves takes nothing along.
 */
static inline void case_chunks_shared(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct case_cluster *d = case_alone(env, CASE_CHUNKS);
	struct raft_chunks both = { 0 };
	struct raft_snapshot s;
	u32 n;

	raft_log_share(c->nodes[0].r, &both);
	n = both.n;
	raft_log_share(d->nodes[0].r, &both);
	CASE_EXPECT(c, n && both.n == 2 * n);
	case_grow(c, 1000);
	case_snapshot(c, 1, 1000, &s);
	CASE_EXPECT(c, !case_compact(c, 1, 1000));
	n = both.n;
	case_grow(d, 1000);
	CASE_EXPECT(d, n - both.n == 3);
	for (n = 0; raft_log_take(d->nodes[0].r); n++)
		;
	CASE_EXPECT(d, n && !raft_log_want(d->nodes[0].r));
	n = both.n;
	raft_log_share(c->nodes[0].r, NULL);
	CASE_EXPECT(c, both.n == n && raft_log_want(c->nodes[0].r));
	case_grow(c, 1010);
	case_grow(d, 1010);
	CASE_EXPECT(d, raft_entry_at(d->nodes[0].r, 1)->term == 1);
}

#endif /* _RAFT_CORE_CHUNK_CASES_H */
