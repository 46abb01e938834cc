/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core_window_cases.h - cases of core_cases.h for entries that leave the memory and
 * are read back; included by it.
 */
#ifndef _RAFT_CORE_WINDOW_CASES_H
#define _RAFT_CORE_WINDOW_CASES_H

/* Two chunks are enough for any log; its terms and its end are known. */
static inline void case_log_evicted(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, 2);
	struct raft *r = c->nodes[0].r;
	struct raft_snapshot s;
	u64 last;

	for (last = 100; last < 3000; last += 150) {
		case_grow(c, last);
		CASE_EXPECT(c, raft_evict(r, last + 1) == -EINVAL);
		CASE_EXPECT(c, !raft_evict(r, last - 7));
		CASE_EXPECT(c, !raft_evict(r, last - 50));
		CASE_EXPECT(c, !raft_entry_at(r, last - 7));
		CASE_EXPECT(c, raft_entry_at(r, last - 6)->serial == last - 7);
		while (raft_log_take(r))
			;
	}
	CASE_EXPECT(c, case_status(c, 1)->first == 1);
	last = case_status(c, 1)->last;
	CASE_EXPECT(c, case_status(c, 1)->window == last - 6);
	CASE_EXPECT(c, !raft_evict(r, last));
	CASE_EXPECT(c, case_status(c, 1)->last_term == 1);
	/* What was evicted can still be compacted. */
	case_grow(c, last + 10);
	case_snapshot(c, 1, last + 5, &s);
	CASE_EXPECT(c, !case_compact(c, 1, 700));
	CASE_EXPECT(c, c->nodes[0].up.persist.base_term == 1);
	CASE_EXPECT(c, case_status(c, 1)->first == 701);
	CASE_EXPECT(c, case_status(c, 1)->window == last + 1);
	CASE_EXPECT(c, !case_compact(c, 1, last + 5));
	CASE_EXPECT(c, case_status(c, 1)->window == last + 6);
	case_settle(c);
}

/* A long way takes more than one call. */
static inline void case_evict_in_parts(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft *r = c->nodes[0].r;

	case_grow(c, 2 * RAFT_STEP_APPLY + 10);
	CASE_EXPECT(c, raft_evict(r, 2 * RAFT_STEP_APPLY) == -EAGAIN);
	CASE_EXPECT(c, case_status(c, 1)->window == RAFT_STEP_APPLY + 1);
	CASE_EXPECT(c, !raft_evict(r, 2 * RAFT_STEP_APPLY));
	CASE_EXPECT(c, case_status(c, 1)->window == 2 * RAFT_STEP_APPLY + 1);
	case_settle(c);
}

/* The disk is told how far all is committed before that is needed. */
static inline void case_evict_writes_hint(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft_event ev = { .type = RAFT_EV_TICK };
	struct raft_persist *b = &c->nodes[0].up.persist;

	case_grow(c, 20);
	case_step(c, &c->nodes[0], &ev);
	CASE_EXPECT(c, !(c->nodes[0].up.flags & RAFT_UP_PERSIST));
	CASE_EXPECT(c, !raft_evict(c->nodes[0].r, 15));
	ev.type = RAFT_EV_TICK;
	case_step(c, &c->nodes[0], &ev);
	CASE_EXPECT(c, c->nodes[0].up.flags & RAFT_UP_PERSIST);
	CASE_EXPECT(c, b->what == RAFT_PERSIST_HARD_STATE);
	CASE_EXPECT(c, b->hs.commit == 20);
	case_settle(c);
	/* Once is enough. */
	CASE_EXPECT(c, !raft_evict(c->nodes[0].r, 20));
	ev.type = RAFT_EV_TICK;
	case_step(c, &c->nodes[0], &ev);
	CASE_EXPECT(c, !(c->nodes[0].up.flags & RAFT_UP_PERSIST));
}

/* A snapshot that was begun in time, and one that was not. */
static inline void case_evict_and_snapshot(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	struct raft_snapshot s, late;
	u8 *meta;
	u32 len;

	case_grow(c, 20);
	meta = case_image(c, 1, 10, &s);
	CASE_EXPECT(c, !raft_snapshot_check(meta, s.total, &s));
	CASE_EXPECT(c, !raft_evict(c->nodes[0].r, 15));
	CASE_EXPECT(c, raft_snapshot_encode(c->nodes[0].r, 14, meta, &len,
					    &late.term) == -ESTALE);
	ev.snapshot = s;
	case_step(c, &c->nodes[0], &ev);
	CASE_EXPECT(c, case_status(c, 1)->snapshot == 10);
	CASE_EXPECT(c, !case_compact(c, 1, 10));
	case_snapshot(c, 1, 15, &s);
}

/*
 * The image at an index that left the memory, from the entries alone and from a
 * snapshot on.
 */
static inline void case_evict_and_replay(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft_image *img = env->alloc(env, raft_replay_size());
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	struct raft_snapshot none = { 0 }, s, late;
	struct raft_config cfg = case_config(1);
	struct raft *r = c->nodes[0].r;
	u8 *meta, *other = env->alloc(env, RAFT_SNAPSHOT_META);
	u64 term, i;
	u32 len;

	cfg.n_members = 1;
	case_grow(c, 20);
	CASE_EXPECT(c, !raft_replay_begin(img, &cfg, &none, NULL, 0));
	for (i = 1; i <= 10; i++)
		raft_replay_entry(img, raft_entry_at(r, i));
	CASE_EXPECT(c, !raft_replay_end(img, other, &len, &term));
	meta = case_image(c, 1, 10, &s);
	CASE_EXPECT(c, len == s.total && term == s.term);
	CASE_EXPECT(c, !memcmp(meta, other, len));
	ev.snapshot = s;
	case_step(c, &c->nodes[0], &ev);

	CASE_EXPECT(c, !raft_replay_begin(img, &cfg, &s, meta, s.total));
	for (i = 11; i <= 14; i++)
		raft_replay_entry(img, raft_entry_at(r, i));
	CASE_EXPECT(c, !raft_evict(r, 15));
	CASE_EXPECT(c, raft_snapshot_encode(r, 14, meta, &len, &late.term) ==
		       -ESTALE);
	CASE_EXPECT(c, !raft_replay_end(img, other, &len, &term));
	CASE_EXPECT(c, raft_snapshot_replayed(r, 10, term, len) == -EEXIST);
	CASE_EXPECT(c, raft_snapshot_replayed(r, 99, term, len) == -EINVAL);
	CASE_EXPECT(c, raft_snapshot_replayed(r, 14, term + 1, len) == -ESTALE);
	CASE_EXPECT(c, !raft_snapshot_replayed(r, 14, term, len));
	late = (struct raft_snapshot) {
		.index = 14, .term = term, .id = 8, .total = len,
	};
	CASE_EXPECT(c, !raft_snapshot_check(other, len, &late));
	ev.type = RAFT_EV_SNAPSHOT;
	ev.snapshot = late;
	case_step(c, &c->nodes[0], &ev);
	CASE_EXPECT(c, case_status(c, 1)->snapshot == 14);
	CASE_EXPECT(c, !case_compact(c, 1, 14));
	case_snapshot(c, 1, 16, &s);
}

/* A booting node of which all is on disk but what the snapshot has. */
static inline struct raft *case_loading(struct case_cluster *c)
{
	struct raft_config cfg = case_config(1);
	struct case_node *n = &c->nodes[0];

	n->r = c->env->alloc(c->env, raft_size());
	memset(n->table, 0, sizeof(n->table));
	CASE_EXPECT(c, !raft_init(n->r, &cfg, c->now, 1, n->table,
				  CASE_CHUNKS));
	return n->r;
}

static inline void case_load(struct case_cluster *c, u64 term, u64 serial)
{
	struct raft *r = c->nodes[0].r;
	struct raft_entry e = {
		.term = term, .type = RAFT_ENTRY_COMMAND, .len = 8,
		.origin = 2, .incarnation = 7, .serial = serial,
	};
	struct raft_log_chunk *chunk;

	while (raft_log_want(r))
		raft_log_give(r, c->env->alloc(c->env, raft_log_chunk_size()));
	CASE_EXPECT(c, !raft_log_load(r, &e));
	while ((chunk = raft_log_take(r)))
		;
}

/* What passes through the memory at a boot is applied, once. */
static inline void case_boot_passes(struct raft_case_env *env)
{
	struct case_cluster *c = env->alloc(env, sizeof(*c));
	struct raft_hard_state hs = { .term = 1, .commit = 9 };
	struct raft *r;
	u32 i;

	c->env = env;
	r = case_loading(c);
	for (i = 1; i <= 6; i++)
		case_load(c, 1, i);
	case_load(c, 1, 6);
	case_load(c, 1, 7);
	CASE_EXPECT(c, raft_log_pass(r, &hs, 9) == -EINVAL);
	case_load(c, 1, 8);
	case_load(c, 1, 9);
	CASE_EXPECT(c, raft_log_pass(r, &hs, 10) == -EINVAL);
	CASE_EXPECT(c, raft_evict(r, 1) == -EINVAL);
	CASE_EXPECT(c, !raft_log_pass(r, &hs, 8));
	CASE_EXPECT(c, raft_entry_at(r, 6)->flags == RAFT_ENTRY_APPLIED);
	CASE_EXPECT(c, raft_entry_at(r, 7)->flags == RAFT_ENTRY_DROPPED);
	CASE_EXPECT(c, raft_entry_at(r, 8)->flags == RAFT_ENTRY_APPLIED);
	CASE_EXPECT(c, !raft_entry_at(r, 9)->flags);
	CASE_EXPECT(c, !raft_evict(r, 7));
	CASE_EXPECT(c, raft_evict(r, 9) == -EINVAL);
	CASE_EXPECT(c, !raft_start(r, &hs));
	CASE_EXPECT(c, !raft_check(r));
	CASE_EXPECT(c, case_status(c, 1)->window == 8);
	CASE_EXPECT(c, case_status(c, 1)->last == 10);
	CASE_EXPECT(c, case_status(c, 1)->applied == 8);
	CASE_EXPECT(c, case_status(c, 1)->commit == 9);
}

/* As many terms as there is room for, and one more. */
static inline void case_too_many_terms(struct raft_case_env *env)
{
	struct case_cluster *c = env->alloc(env, sizeof(*c));
	struct raft_hard_state hs = { .term = 5000, .commit = 5000 };
	const u64 most = 4096;
	struct raft *r;
	u64 i;

	c->env = env;
	r = case_loading(c);
	for (i = 1; i <= most + 2; i++) {
		case_load(c, i, i);
		CASE_EXPECT(c, !raft_log_pass(r, &hs, i));
		CASE_EXPECT(c, raft_evict(r, i) == (i <= most ? 0 : -ENOSPC));
	}
	CASE_EXPECT(c, !raft_start(r, &hs));
	CASE_EXPECT(c, !raft_check(r));
	CASE_EXPECT(c, case_status(c, 1)->window == most + 1);
	CASE_EXPECT(c, case_status(c, 1)->last_term == most + 2);
}

/* Node 3 hears nothing, and has one entry; the others have more on disk only. */
static inline void case_leave_3_behind(struct case_cluster *c, u64 last)
{
	struct case_msg m;
	u32 i;

	while (case_status(c, 1)->last < last)
		CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	do {
		for (i = 0; i < CASE_NODES; i++)
			case_persist(c, &c->nodes[i]);
		if (!c->count)
			continue;
		m = c->ring[c->head];
		c->head = (c->head + 1) % CASE_MSGS;
		c->count--;
		if (m.m.to != 3)
			case_deliver(c, &m);
	} while (c->count || c->nodes[0].seq || c->nodes[1].seq);
	CASE_EXPECT(c, case_status(c, 1)->applied == last);
	CASE_EXPECT(c, !raft_evict(c->nodes[0].r, last));
}

/* Heartbeats until the leader wants something of its disk, or not. */
static inline bool case_wants_disk(struct case_cluster *c)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };
	struct case_msg m;
	u32 i;

	c->now += 11 * CASE_MS;
	case_step(c, &c->nodes[0], &ev);
	while (!(c->nodes[0].up.flags & RAFT_UP_FETCH)) {
		for (i = 1; i < CASE_NODES; i++)
			case_persist(c, &c->nodes[i]);
		if (!c->count)
			return false;
		m = c->ring[c->head];
		c->head = (c->head + 1) % CASE_MSGS;
		c->count--;
		case_deliver(c, &m);
	}
	return true;
}

static inline void case_fetched(struct case_cluster *c, u64 id, u32 n, u64 term)
{
	struct raft_event ev = { .type = RAFT_EV_FETCHED };
	struct raft_entry *e = c->env->alloc(c->env, (n + 1) * sizeof(*e));
	u32 i;

	for (i = 0; i < n; i++)
		e[i] = (struct raft_entry) {
			.term = term, .type = RAFT_ENTRY_COMMAND, .len = 10,
			.origin = 1, .incarnation = 101, .serial = i + 1,
		};
	ev.fetched.id = id;
	ev.fetched.n = n;
	ev.fetched.entries = e;
	case_step(c, &c->nodes[0], &ev);
}

/* A peer that lags: what is a good answer of the disk, and what is none. */
static inline void case_reads_back(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_update *up = &c->nodes[0].up;
	u64 id;

	case_leave_3_behind(c, 40);
	CASE_EXPECT(c, case_wants_disk(c));
	CASE_EXPECT(c, up->fetch.first == 2 && up->fetch.n == 39);
	CASE_EXPECT(c, up->fetch.bytes == 32768);
	id = up->fetch.id;
	/* Not what was asked, more than that, another term, nothing. */
	case_fetched(c, id + 1, 39, 1);
	CASE_EXPECT(c, !case_wants_disk(c));
	case_fetched(c, id, 40, 1);
	CASE_EXPECT(c, case_status(c, 3)->last == 1);
	CASE_EXPECT(c, case_wants_disk(c) && up->fetch.id == id + 1);
	case_fetched(c, id + 1, 39, 2);
	CASE_EXPECT(c, case_wants_disk(c) && up->fetch.id == id + 2);
	case_fetched(c, id + 2, 0, 1);
	CASE_EXPECT(c, case_wants_disk(c) && up->fetch.id == id + 3);
	CASE_EXPECT(c, up->fetch.first == 2);
	/* Some of it: the rest is asked for when that is there. */
	case_fetched(c, id + 3, 4, 1);
	CASE_EXPECT(c, case_wants_disk(c));
	CASE_EXPECT(c, up->fetch.first == 6 && up->fetch.n == 35);
	CASE_EXPECT(c, case_status(c, 3)->last == 5);
	/* A copy of the last answer. */
	case_fetched(c, id + 3, 4, 1);
	CASE_EXPECT(c, !(up->flags & RAFT_UP_FETCH));
}

#endif /* _RAFT_CORE_WINDOW_CASES_H */
