/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core_snapshot_cases.h - cases of core_cases.h for snapshots and the base of the
 * log; included by it.
 *
 * The bytes of a snapshot are the core's image alone here: nothing follows it.
 */
#ifndef _RAFT_CORE_SNAPSHOT_CASES_H
#define _RAFT_CORE_SNAPSHOT_CASES_H

static inline u8 *case_image(struct case_cluster *c, u32 id, u64 index,
			     struct raft_snapshot *s)
{
	u8 *meta = c->env->alloc(c->env, RAFT_SNAPSHOT_META);
	u32 len;

	CASE_EXPECT(c, !raft_snapshot_encode(c->nodes[id - 1].r, index, meta,
					     &len, &s->term));
	s->index = index;
	s->id = 7;
	s->total = len;
	return meta;
}

static inline u8 *case_snapshot(struct case_cluster *c, u32 id, u64 index,
				struct raft_snapshot *s)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	u8 *meta = case_image(c, id, index, s);

	ev.snapshot = *s;
	case_step(c, &c->nodes[id - 1], &ev);
	CASE_EXPECT(c, case_status(c, id)->snapshot == index);
	return meta;
}

static inline int case_compact(struct case_cluster *c, u32 id, u64 index)
{
	struct raft_event ev = { .type = RAFT_EV_COMPACT, .index = index };

	case_step(c, &c->nodes[id - 1], &ev);
	return c->nodes[id - 1].up.refused;
}

/* A group of one node whose log has room for so many chunks. */
static inline struct case_cluster *case_alone(struct raft_case_env *env,
					      u32 chunks)
{
	struct case_cluster *c = env->alloc(env, sizeof(*c));
	struct raft_config cfg = case_config(1);
	struct raft_hard_state hs = { 0 };
	struct case_node *n = &c->nodes[0];

	cfg.n_members = 1;
	c->env = env;
	c->now = CASE_MS;
	n->r = env->alloc(env, raft_size());
	CASE_EXPECT(c, !raft_init(n->r, &cfg, c->now, 1, n->table, chunks));
	CASE_EXPECT(c, !raft_start(n->r, &hs));
	case_campaign(c, 1);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 1)->commit == 1);
	return c;
}

static inline void case_grow(struct case_cluster *c, u64 to)
{
	while (case_status(c, 1)->last < to) {
		CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
		case_settle(c);
	}
	CASE_EXPECT(c, case_status(c, 1)->applied == to);
}

/* On, before and behind the ends of chunks. */
static inline void case_log_base(struct raft_case_env *env)
{
	static const u64 at[] = { 1, 2, 255, 256, 257, 511, 512, 513, 1024 };
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft *r = c->nodes[0].r;
	struct raft_snapshot s;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		case_grow(c, at[i] + 1);
		case_snapshot(c, 1, at[i], &s);
		CASE_EXPECT(c, s.term == 1);
		CASE_EXPECT(c, case_compact(c, 1, at[i] + 1) == -EINVAL);
		CASE_EXPECT(c, !(c->nodes[0].up.flags & RAFT_UP_PERSIST));
		CASE_EXPECT(c, !case_compact(c, 1, at[i]));
		CASE_EXPECT(c, c->nodes[0].up.persist.what ==
			       RAFT_PERSIST_BASE);
		CASE_EXPECT(c, c->nodes[0].up.persist.base == at[i]);
		case_settle(c);
		CASE_EXPECT(c, !case_compact(c, 1, at[i] - 1));
		CASE_EXPECT(c, case_status(c, 1)->first == at[i] + 1);
		CASE_EXPECT(c, !raft_entry_at(r, at[i]));
		CASE_EXPECT(c, raft_entry_at(r, at[i] + 1)->serial == at[i]);
		CASE_EXPECT(c, !raft_entry_at(r, at[i] + 2));
	}
	CASE_EXPECT(c, raft_log_take(r));
}

/* The table goes round: what was dropped makes room. */
static inline void case_log_goes_round(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, 2);
	struct raft_snapshot s;
	u64 index;

	for (index = 100; index < 3000; index += 200) {
		case_grow(c, index);
		case_snapshot(c, 1, index - 50, &s);
		CASE_EXPECT(c, !case_compact(c, 1, index - 60));
		case_settle(c);
		CASE_EXPECT(c, !raft_entry_at(c->nodes[0].r, index - 60));
		CASE_EXPECT(c, raft_entry_at(c->nodes[0].r,
					     index - 59)->serial == index - 60);
		while (raft_log_take(c->nodes[0].r))
			;
	}
}

/* All of the log dropped, and it goes on. */
static inline void case_log_all_dropped(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft_snapshot s;

	case_grow(c, 256);
	case_snapshot(c, 1, 256, &s);
	CASE_EXPECT(c, !case_compact(c, 1, 256));
	CASE_EXPECT(c, case_status(c, 1)->last == 256);
	CASE_EXPECT(c, case_status(c, 1)->last_term == 1);
	CASE_EXPECT(c, case_status(c, 1)->first == 257);
	case_settle(c);
	case_grow(c, 258);
}

/* Every bit counts, and so does which snapshot it is said to be. */
static inline void case_image_is_checked(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft_snapshot s, other;
	u64 i;
	u8 *meta;

	case_grow(c, 5);
	meta = case_image(c, 1, 4, &s);
	CASE_EXPECT(c, !raft_snapshot_check(meta, s.total, &s));
	CASE_EXPECT(c, !raft_snapshot_check(meta, RAFT_SNAPSHOT_META, &s));
	other = s;
	other.index++;
	CASE_EXPECT(c, raft_snapshot_check(meta, s.total, &other) == -EINVAL);
	other = s;
	other.term++;
	CASE_EXPECT(c, raft_snapshot_check(meta, s.total, &other) == -EINVAL);
	for (i = 0; i < s.total; i++) {
		CASE_EXPECT(c, raft_snapshot_check(meta, i, &s) == -EINVAL);
		meta[i] ^= 1 << (i & 7);
		CASE_EXPECT(c, raft_snapshot_check(meta, s.total, &s) ==
			       -EINVAL);
		meta[i] ^= 1 << (i & 7);
	}
}

static inline void case_boot(struct case_cluster *c, struct case_node *n,
			     const struct raft_snapshot *s, const u8 *meta)
{
	struct raft_config cfg = case_config(1);

	n->r = c->env->alloc(c->env, raft_size());
	memset(n->table, 0, sizeof(n->table));
	CASE_EXPECT(c, !raft_init(n->r, &cfg, c->now, 1, n->table,
				  CASE_CHUNKS));
	raft_log_give(n->r, c->env->alloc(c->env, raft_log_chunk_size()));
	CASE_EXPECT(c, !raft_snapshot_load(n->r, s, meta, s->total));
}

/* A log that has the last entry of the snapshot goes on, another is replaced. */
static inline void case_boot_from_snapshot(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_entry e = { .term = 1, .type = RAFT_ENTRY_NOOP };
	struct raft_hard_state hs = { .term = 3 };
	struct raft_snapshot s;
	u8 *meta;
	u32 i;

	for (i = 0; i < 3; i++)
		case_propose(c, 1, 10);
	case_settle(c);
	meta = case_image(c, 1, 3, &s);

	case_boot(c, &c->nodes[0], &s, meta);
	for (i = 0; i < 4; i++)
		CASE_EXPECT(c, !raft_log_load(c->nodes[0].r, &e));
	CASE_EXPECT(c, !raft_start(c->nodes[0].r, &hs));
	CASE_EXPECT(c, case_status(c, 1)->first == 1);
	CASE_EXPECT(c, case_status(c, 1)->last == 4);
	CASE_EXPECT(c, case_status(c, 1)->applied == 3);

	case_boot(c, &c->nodes[0], &s, meta);
	CASE_EXPECT(c, !raft_log_begin(c->nodes[0].r, 3, 1));
	CASE_EXPECT(c, !raft_log_load(c->nodes[0].r, &e));
	CASE_EXPECT(c, !raft_start(c->nodes[0].r, &hs));
	CASE_EXPECT(c, case_status(c, 1)->first == 4);
	CASE_EXPECT(c, case_status(c, 1)->last == 4);

	/* Too short, and another term at its end. */
	case_boot(c, &c->nodes[0], &s, meta);
	CASE_EXPECT(c, !raft_log_load(c->nodes[0].r, &e));
	e.term = 2;
	CASE_EXPECT(c, !raft_log_load(c->nodes[0].r, &e));
	CASE_EXPECT(c, !raft_log_load(c->nodes[0].r, &e));
	CASE_EXPECT(c, !raft_log_load(c->nodes[0].r, &e));
	CASE_EXPECT(c, !raft_start(c->nodes[0].r, &hs));
	CASE_EXPECT(c, case_status(c, 1)->first == 4);
	CASE_EXPECT(c, case_status(c, 1)->last == 3);
	CASE_EXPECT(c, case_status(c, 1)->last_term == 1);

	case_boot(c, &c->nodes[0], &s, meta);
	CASE_EXPECT(c, raft_log_begin(c->nodes[0].r, 4, 1) == -EINVAL);
}

/* A long way is gone in parts. */
static inline void case_image_in_parts(struct raft_case_env *env)
{
	struct case_cluster *c = case_alone(env, CASE_CHUNKS);
	struct raft *r = c->nodes[0].r;
	u8 *meta = env->alloc(env, RAFT_SNAPSHOT_META);
	u64 term, index = 2000;
	u32 len, calls = 1;

	case_grow(c, index);
	while (raft_snapshot_encode(r, index, meta, &len, &term) == -EAGAIN)
		calls++;
	CASE_EXPECT(c, calls == 2);
	CASE_EXPECT(c, !raft_snapshot_encode(r, index, meta, &len, &term));
	CASE_EXPECT(c, raft_snapshot_encode(r, index - 1, meta, &len, &term) ==
		       -ESTALE);
}

/* A witness has nothing but the image, and who has more keeps it. */
static inline void case_bare_snapshot(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct case_node *n = &c->nodes[2];
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	struct raft_config cfg = case_config(3);
	u8 *meta = env->alloc(env, RAFT_SNAPSHOT_META);
	struct raft_hard_state hs = { .term = 1, .commit = 2 };
	struct raft_entry e = { .term = 1, .type = RAFT_ENTRY_NOOP };
	struct raft_snapshot s;
	u64 term;
	u32 len;

	CASE_EXPECT(c, raft_snapshot_encode_bare(c->nodes[0].r, meta, &s) ==
		       -EOPNOTSUPP);
	cfg.members[2].flags = RAFT_MEMBER_WITNESS;
	n->r = env->alloc(env, raft_size());
	CASE_EXPECT(c, !raft_init(n->r, &cfg, c->now, 1, n->table, CASE_CHUNKS));
	raft_log_give(n->r, env->alloc(env, raft_log_chunk_size()));
	CASE_EXPECT(c, !raft_log_load(n->r, &e));
	e.type = RAFT_ENTRY_COMMAND;
	CASE_EXPECT(c, !raft_log_load(n->r, &e));
	CASE_EXPECT(c, !raft_start(n->r, &hs));
	case_campaign(c, 3);
	CASE_EXPECT(c, case_status(c, 3)->applied == 2);
	CASE_EXPECT(c, case_status(c, 3)->bare == 2);
	CASE_EXPECT(c, raft_snapshot_encode(n->r, 2, meta, &len, &term) ==
		       -EOPNOTSUPP);
	CASE_EXPECT(c, !raft_snapshot_encode_bare(n->r, meta, &s));
	CASE_EXPECT(c, s.index == 2 && s.term == 1 && !s.id);
	CASE_EXPECT(c, !raft_snapshot_check(meta, s.total, &s));
	s.total++;
	CASE_EXPECT(c, raft_snapshot_check(meta, s.total, &s) == -EINVAL);
	s.total -= 2;
	CASE_EXPECT(c, raft_snapshot_check(meta, s.total, &s) == -EINVAL);
	s.total++;
	ev.snapshot = s;
	case_step(c, n, &ev);
	CASE_EXPECT(c, case_status(c, 3)->snapshot == 2);
	CASE_EXPECT(c, case_status(c, 3)->bare == 1);
	CASE_EXPECT(c, !case_compact(c, 3, 2));
	CASE_EXPECT(c, raft_snapshot_encode_bare(n->r, meta, &s) == -EEXIST);
}

static inline void case_part(struct case_cluster *c, u64 seq, u64 offset,
			     u32 len, const struct raft_snapshot *s)
{
	struct case_msg m = {
		.m = {
			.type = RAFT_MSG_SNAPSHOT, .from = 2, .to = 1,
			.from_inc = 102, .to_inc = 101, .seq = seq, .term = 5,
			.index = s->index, .log_term = s->term,
			.serial = s->id, .n_entries = 1,
		},
	};

	m.entries[0].type = RAFT_ENTRY_CHUNK;
	m.entries[0].incarnation = s->total;
	m.entries[0].serial = offset;
	m.entries[0].len = len;
	case_deliver(c, &m);
}

/* Traps 48 to 50: parts in order, one snapshot at a time, adopted when current. */
static inline void case_parts_in_order(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env), *d = case_cluster_new(env);
	struct raft_event stored = { .type = RAFT_EV_STORED };
	struct raft_event installed = { .type = RAFT_EV_INSTALLED };
	struct raft_update *up = &d->nodes[0].up;
	struct raft_snapshot s, other;
	u32 i;
	u8 *meta;

	for (i = 0; i < 3; i++)
		case_propose(c, 1, 10);
	case_settle(c);
	meta = case_image(c, 1, 4, &s);
	other = s;
	other.index = 3;
	case_part(d, 1, 100, 100, &s);
	CASE_EXPECT(d, !(up->flags & RAFT_UP_CHUNK));
	case_part(d, 2, 0, 100, &s);
	CASE_EXPECT(d, up->flags & RAFT_UP_CHUNK && !up->chunk.offset);
	case_part(d, 3, 0, 100, &s);
	CASE_EXPECT(d, !(up->flags & RAFT_UP_CHUNK));
	case_part(d, 4, 0, 100, &other);
	CASE_EXPECT(d, !(up->flags & RAFT_UP_CHUNK));
	case_part(d, 5, 100, (u32)s.total - 100, &s);
	CASE_EXPECT(d, up->flags & RAFT_UP_CHUNK && up->chunk.offset == 100);
	stored.stored.of = s;
	stored.stored.bytes = 100;
	case_step(d, &d->nodes[0], &stored);
	CASE_EXPECT(d, !(up->flags & RAFT_UP_INSTALL));
	stored.type = RAFT_EV_STORED;
	stored.stored.bytes = s.total;
	case_step(d, &d->nodes[0], &stored);
	CASE_EXPECT(d, up->flags & RAFT_UP_INSTALL);
	CASE_EXPECT(d, !case_status(d, 1)->commit);
	installed.installed.of = s;
	installed.installed.meta = meta;
	installed.installed.len = s.total;
	case_step(d, &d->nodes[0], &installed);
	CASE_EXPECT(d, up->flags & RAFT_UP_SNAPSHOT);
	CASE_EXPECT(d, up->persist.what & RAFT_PERSIST_BASE);
	CASE_EXPECT(d, case_status(d, 1)->applied == 4);
	CASE_EXPECT(d, case_status(d, 1)->first == 5);
	case_part(d, 6, 0, 100, &s);
	CASE_EXPECT(d, !(up->flags & RAFT_UP_CHUNK));
}

/* What came before a boot is told the leader who asks, and he goes on behind it. */
static inline void case_parts_of_earlier_boot(struct raft_case_env *env)
{
	struct raft_snapshot s = { .index = 4, .term = 1, .id = 7, .total = 1000 };
	struct case_cluster *d = case_cluster_new(env);
	struct raft_config cfg = case_config(1);
	struct raft_hard_state hs = { 0 };
	struct case_node *n = &d->nodes[0];
	const struct raft_msg *m = n->up.msgs;

	n->r = env->alloc(env, raft_size());
	CASE_EXPECT(d, !raft_init(n->r, &cfg, d->now, 1, n->table, CASE_CHUNKS));
	raft_snapshot_resume(n->r, &s, 600);
	CASE_EXPECT(d, !raft_start(n->r, &hs));
	case_part(d, 1, 0, 0, &s);
	case_persist(d, n);
	CASE_EXPECT(d, n->up.n_msgs == 1 && m->type == RAFT_MSG_SNAPSHOT_RESP);
	CASE_EXPECT(d, m->ack_seq == 1 && m->commit == 600);
	CASE_EXPECT(d, m->reject_index == 600);
	case_part(d, 2, 600, 400, &s);
	CASE_EXPECT(d, n->up.flags & RAFT_UP_CHUNK && n->up.chunk.offset == 600);
}

/* Node 3 says how much of a snapshot it has; returns how many parts it is sent. */
static inline u32 case_snapshot_resp(struct case_cluster *c, u64 ack_seq,
				     u64 received, u64 stored, u64 *first,
				     const struct raft_snapshot *s)
{
	struct case_msg m = { .m = {
		.type = RAFT_MSG_SNAPSHOT_RESP, .from = 3, .to = 1, .term = 1,
		.seq = 1000 + c->sent[0]++, .from_inc = 103, .to_inc = 101,
		.ack_seq = ack_seq, .index = s->index, .log_term = s->term,
		.serial = s->id, .commit = stored, .reject_index = received,
	} };
	const struct raft_update *up = &c->nodes[0].up;
	u32 i, n = 0;

	case_deliver(c, &m);
	for (i = 0; i < up->n_msgs; i++) {
		if (up->msgs[i].type != RAFT_MSG_SNAPSHOT || up->msgs[i].to != 3 ||
		    !up->msgs[i].chunk.len)
			continue;
		if (!n++)
			*first = up->msgs[i].chunk.offset;
	}
	return n;
}

/*
 * A leader sends what the other one lacks, from where that ends, and no more than four
 * parts ahead of what is durable there.
 */
static inline void case_parts_in_flight(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	u64 part = case_config(1).max_chunk, first = 0, question = 0;
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	struct raft_update *up = &c->nodes[0].up;
	struct raft_snapshot s;
	u32 i;

	for (i = 0; i < 3; i++)
		case_propose(c, 1, 10);
	case_settle_without_3(c);
	case_image(c, 1, 4, &s);
	s.total = 20 * part;
	ev.snapshot = s;
	case_step(c, &c->nodes[0], &ev);
	CASE_EXPECT(c, !case_compact(c, 1, 4));
	case_settle_without_3(c);
	/* It answers a heartbeat: it lacks entry 2. */
	c->now += 10 * CASE_MS;
	ev.type = RAFT_EV_TICK;
	case_step(c, &c->nodes[0], &ev);
	case_settle(c);
	for (i = 0; i < 10 && !question; i++) {
		c->now += 10 * CASE_MS;
		case_step(c, &c->nodes[0], &ev);
		if (up->n_msgs && up->msgs[up->n_msgs - 1].type == RAFT_MSG_SNAPSHOT)
			question = up->msgs[up->n_msgs - 1].seq;
	}
	CASE_EXPECT(c, question);
	CASE_EXPECT(c, case_snapshot_resp(c, question, 3 * part, 2 * part, &first, &s) == 3);
	CASE_EXPECT(c, first == 3 * part);
	/* That nothing new is durable is no reason for more. */
	CASE_EXPECT(c, !case_snapshot_resp(c, 0, 5 * part, 2 * part, &first, &s));
	CASE_EXPECT(c, case_snapshot_resp(c, 0, 6 * part, 4 * part, &first, &s) == 2);
	CASE_EXPECT(c, first == 6 * part);
	CASE_EXPECT(c, !case_snapshot_resp(c, 0, 21 * part, 5 * part, &first, &s));
}

static inline void case_install(struct case_cluster *c, u8 *meta,
				const struct raft_snapshot *s)
{
	struct raft_event ev = { .type = RAFT_EV_INSTALLED };

	ev.installed.of = *s;
	ev.installed.meta = meta;
	ev.installed.len = s->total;
	case_step(c, &c->nodes[0], &ev);
}

/* Delivers and writes until node 1 leads; the rest is lost. */
static inline void case_until_1_leads(struct case_cluster *c)
{
	u32 i, rounds = 0;

	case_campaign(c, 1);
	while (case_status(c, 1)->role != RAFT_LEADER) {
		CASE_EXPECT(c, rounds++ < 100);
		if (c->count) {
			struct case_msg *m = &c->ring[c->head];

			c->head = (c->head + 1) % CASE_MSGS;
			c->count--;
			case_deliver(c, m);
		}
		for (i = 0; i < CASE_NODES; i++)
			case_persist(c, &c->nodes[i]);
	}
	case_drop_all(c);
}

/*
 * All parts are there; then the entries come, and the node leads; and then the
 * snapshot is current.  What it says is committed does not wait any more.
 */
static inline void case_installed_at_leader(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env), *d = case_cluster_new(env);
	struct raft_event stored = { .type = RAFT_EV_STORED };
	struct case_msg *m = env->alloc(env, sizeof(*m));
	struct raft_snapshot s;
	u32 i;
	u8 *meta;

	m->m = (struct raft_msg) {
		.type = RAFT_MSG_APPEND, .from = 2, .to = 1,
		.from_inc = 102, .to_inc = 101, .seq = 9, .term = 5,
		.n_entries = 4,
	};

	for (i = 0; i < 3; i++)
		case_propose(c, 1, 10);
	case_settle(c);
	meta = case_image(c, 1, 4, &s);
	case_part(d, 1, 0, (u32)s.total, &s);
	stored.stored.of = s;
	stored.stored.bytes = s.total;
	case_step(d, &d->nodes[0], &stored);
	CASE_EXPECT(d, d->nodes[0].up.flags & RAFT_UP_INSTALL);
	for (i = 0; i < 4; i++)
		m->entries[i] = *raft_entry_at(c->nodes[0].r, i + 1);
	case_deliver(d, m);
	CASE_EXPECT(d, case_status(d, 1)->last == 4);
	case_until_1_leads(d);
	CASE_EXPECT(d, !case_status(d, 1)->commit);
	CASE_EXPECT(d, case_status(d, 1)->uncommitted_bytes == 30);
	case_install(d, meta, &s);
	CASE_EXPECT(d, case_status(d, 1)->commit == 4);
	CASE_EXPECT(d, !case_status(d, 1)->uncommitted_bytes);
}

/* Who boots with a snapshot knows who left, and who was given up. */
static inline void case_image_remembers(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_config *cfg = env->alloc(env, sizeof(*cfg));
	struct case_node *n = &c->nodes[0];
	struct raft_hard_state hs = { .term = 1 };
	struct raft_snapshot s;
	u32 id;
	u8 *meta;

	case_change(c, 1, RAFT_OP_ADD_VOTER, 9, false);
	case_settle(c);
	case_heartbeats(c, 520);
	CASE_EXPECT(c, case_status(c, 1)->given_up == 9);
	meta = case_image(c, 1, 3, &s);
	for (id = 8; id <= 9; id++) {
		n->r = env->alloc(env, raft_size());
		memset(n->table, 0, sizeof(n->table));
		*cfg = case_config(id);
		cfg->n_members = 0;
		CASE_EXPECT(c, !raft_init(n->r, cfg, c->now, 1, n->table,
					  CASE_CHUNKS));
		CASE_EXPECT(c, !raft_snapshot_load(n->r, &s, meta, s.total));
		CASE_EXPECT(c, !raft_start(n->r, &hs));
		CASE_EXPECT(c, case_status(c, 1)->removed == (id == 9));
		CASE_EXPECT(c, case_status(c, 1)->given_up == 9);
		CASE_EXPECT(c, c->status.given_up_index == 3);
		CASE_EXPECT(c, c->status.given_up_why ==
			       RAFT_CHANGE_GIVEN_UP);
	}
}

#endif /* _RAFT_CORE_SNAPSHOT_CASES_H */
