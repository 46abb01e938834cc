/* SPDX-License-Identifier: GPL-2.0 */
/*
 * core_cases.h - cases for the pure core that run twice: in user space under
 * ASan and UBSan (tests/unit/core_test.c) and in the kernel, as the kernel's
 * compiler built it (kmod/tests/core_kunit.c).
 *
 * Owns a cluster of three nodes in one thread: messages in a ring, disks that
 * complete when told.  What needs time, loss or crashes is a scenario, not a case.
 */
#ifndef _RAFT_CORE_CASES_H
#define _RAFT_CORE_CASES_H

#include "raft_core.h"

#define CASE_NODES	3
#define CASE_CHUNKS	16
#define CASE_MSGS	256
#define CASE_ENTRIES	8
#define CASE_MS		1000000ULL

/**
 * struct raft_case_env - what the surroundings lend to a case
 * @alloc: zeroed memory that the surroundings free after the case
 * @payload: a payload of RAFT_CONFIG_BYTES, the core gives it back
 * @expect: report; must not return if @ok is false
 * @ctx: theirs
 */
struct raft_case_env {
	void *(*alloc)(struct raft_case_env *env, size_t bytes);
	void *(*payload)(struct raft_case_env *env);
	void (*expect)(struct raft_case_env *env, bool ok, const char *what,
		       int line);
	void *ctx;
};

struct case_msg {
	struct raft_msg m;
	struct raft_entry entries[CASE_ENTRIES];
};

struct case_node {
	struct raft *r;
	struct raft_log_chunk *table[CASE_CHUNKS];
	bool disk_stalls;
	u64 seq;
	u64 index;
	u64 term;
	u64 hs_term;
	u32 hs_vote;
	struct raft_update up;
};

/**
 * struct case_cluster - three nodes, ids 1 to 3, at nodes[0] to nodes[2]
 * @env: the surroundings
 * @nodes: the nodes
 * @ring: messages on the way
 * @head: first of them
 * @count: their number
 * @sent: messages ever sent, by type; [0] counts what a case made up
 * @lazy: those of them that could wait
 * @now: ns
 * @status: of the node that was asked last
 */
struct case_cluster {
	struct raft_case_env *env;
	struct case_node nodes[CASE_NODES];
	struct case_msg ring[CASE_MSGS];
	u32 head;
	u32 count;
	u32 sent[RAFT_MSG_TYPES];
	u32 lazy;
	u64 now;
	struct raft_status status;
};

#define CASE_EXPECT(c, cond) \
	((c)->env->expect((c)->env, (cond), #cond, __LINE__))

static inline void case_take_update(struct case_cluster *c,
				    struct case_node *n)
{
	struct raft_update *up = &n->up;
	struct case_msg *out;
	u32 i, k;

	for (i = 0; i < up->n_msgs; i++) {
		CASE_EXPECT(c, c->count < CASE_MSGS);
		out = &c->ring[(c->head + c->count++) % CASE_MSGS];
		out->m = up->msgs[i];
		c->sent[out->m.type]++;
		c->lazy += out->m.lazy;
		CASE_EXPECT(c, !out->m.lazy || (out->m.type == RAFT_MSG_APPEND &&
						!out->m.n_entries));
		for (k = 0; k < out->m.n_entries; k++) {
			CASE_EXPECT(c, k < CASE_ENTRIES);
			raft_msg_entry(n->r, &out->m, k, &out->entries[k]);
		}
	}
	if (up->flags & RAFT_UP_PERSIST) {
		n->seq = up->persist.seq;
		n->hs_term = up->persist.hs.term;
		n->hs_vote = up->persist.hs.vote;
		if (up->persist.what & RAFT_PERSIST_ENTRIES) {
			n->index = up->persist.last;
			n->term = raft_entry_at(n->r, n->index)->term;
		}
	}
	CASE_EXPECT(c, !raft_check(n->r));
}

static inline void case_step(struct case_cluster *c, struct case_node *n,
			     struct raft_event *ev)
{
	while (raft_log_want(n->r))
		raft_log_give(n->r, c->env->alloc(c->env,
						  raft_log_chunk_size()));
	if (raft_config_want(n->r))
		raft_config_give(n->r, c->env->payload(c->env));
	ev->now = c->now;
	ev->boot_now = c->now;
	ev->random = c->now * 2654435761ULL + (u64)(n - c->nodes);
	ev->log_room = 1 << 20;
	raft_step(n->r, ev, &n->up);
	case_take_update(c, n);
}

static inline void case_persist(struct case_cluster *c, struct case_node *n)
{
	struct raft_event ev = { .type = RAFT_EV_PERSISTED };

	if (!n->seq)
		return;
	ev.persisted.seq = n->seq;
	ev.persisted.index = n->index;
	ev.persisted.term = n->term;
	n->seq = 0;
	case_step(c, n, &ev);
}

static inline void case_deliver(struct case_cluster *c,
				const struct case_msg *from)
{
	struct case_msg copy = *from;
	struct raft_event ev = { .type = RAFT_EV_MESSAGE, .msg = &copy.m };

	copy.m.entries = copy.entries;
	if (copy.m.to >= 1 && copy.m.to <= CASE_NODES)
		case_step(c, &c->nodes[copy.m.to - 1], &ev);
}

/* Deliver and write until nothing is left; stalled disks stay so. */
static inline void case_settle(struct case_cluster *c)
{
	u32 i, rounds = 0;
	bool busy = true;

	while (busy) {
		CASE_EXPECT(c, rounds++ < 1000);
		busy = false;
		for (i = 0; i < CASE_NODES; i++) {
			if (c->nodes[i].seq && !c->nodes[i].disk_stalls) {
				case_persist(c, &c->nodes[i]);
				busy = true;
			}
		}
		if (c->count) {
			struct case_msg *m = &c->ring[c->head];

			c->head = (c->head + 1) % CASE_MSGS;
			c->count--;
			case_deliver(c, m);
			busy = true;
		}
	}
}

static inline void case_drop_all(struct case_cluster *c)
{
	c->head = 0;
	c->count = 0;
}

static inline struct raft_config case_config(u32 id)
{
	struct raft_config cfg = {
		.id = id,
		.n_members = CASE_NODES,
		.members = { { .id = 1 }, { .id = 2 }, { .id = 3 } },
		.incarnation = 100 + id,
		.election_timeout = 100 * CASE_MS,
		.heartbeat = 10 * CASE_MS,
		.prevote = true,
		.check_quorum = true,
		.max_inflight = 4,
		.max_inflight_bytes = 1 << 20,
		.max_batch = CASE_ENTRIES,
		.max_batch_bytes = 32768,
		.max_chunk = 32768,
		.max_uncommitted = 4096,
	};

	return cfg;
}

static inline struct case_cluster *case_cluster_new(struct raft_case_env *env)
{
	struct case_cluster *c = env->alloc(env, sizeof(*c));
	struct raft_hard_state hs = { 0 };
	u32 i;

	c->env = env;
	c->now = CASE_MS;
	for (i = 0; i < CASE_NODES; i++) {
		struct raft_config cfg = case_config(i + 1);
		struct case_node *n = &c->nodes[i];

		n->r = env->alloc(env, raft_size());
		CASE_EXPECT(c, !raft_init(n->r, &cfg, c->now, i, n->table,
					  CASE_CHUNKS));
		CASE_EXPECT(c, !raft_start(n->r, &hs));
	}
	return c;
}

static inline void case_campaign(struct case_cluster *c, u32 id)
{
	struct raft_event ev = { .type = RAFT_EV_CAMPAIGN };

	case_step(c, &c->nodes[id - 1], &ev);
}

static inline u32 case_propose(struct case_cluster *c, u32 id, u32 len)
{
	struct raft_entry e = { .len = len };
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };

	ev.propose.entries = &e;
	ev.propose.n = 1;
	case_step(c, &c->nodes[id - 1], &ev);
	return c->nodes[id - 1].up.accepted;
}

static inline const struct raft_status *case_status(struct case_cluster *c,
						    u32 id)
{
	raft_status(c->nodes[id - 1].r, &c->status);
	return &c->status;
}

static inline struct case_cluster *case_led_by_1(struct raft_case_env *env)
{
	struct case_cluster *c = case_cluster_new(env);

	case_campaign(c, 1);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 1)->role == RAFT_LEADER);
	return c;
}

static inline void case_config_is_checked(struct raft_case_env *env)
{
	struct case_cluster *c = env->alloc(env, sizeof(*c));
	struct raft_config cfg = case_config(1);

	c->env = env;
	CASE_EXPECT(c, !raft_config_check(&cfg));
	cfg.id = 0;
	CASE_EXPECT(c, raft_config_check(&cfg) == -EINVAL);
	cfg = case_config(1);
	cfg.incarnation = 0;
	CASE_EXPECT(c, raft_config_check(&cfg) == -EINVAL);
	cfg = case_config(1);
	cfg.members[1].id = 1;
	CASE_EXPECT(c, raft_config_check(&cfg) == -EINVAL);
	cfg = case_config(1);
	cfg.members[2].id = 0;
	CASE_EXPECT(c, raft_config_check(&cfg) == -EINVAL);
	cfg = case_config(1);
	cfg.n_members = RAFT_MAX_NODES + 1;
	CASE_EXPECT(c, raft_config_check(&cfg) == -EINVAL);
	cfg = case_config(1);
	cfg.heartbeat = cfg.election_timeout;
	CASE_EXPECT(c, raft_config_check(&cfg) == -EINVAL);
	cfg = case_config(1);
	cfg.max_inflight = RAFT_MAX_INFLIGHT + 1;
	CASE_EXPECT(c, raft_config_check(&cfg) == -EINVAL);
	cfg = case_config(1);
	cfg.max_batch = 0;
	CASE_EXPECT(c, raft_config_check(&cfg) == -EINVAL);
}

static inline void case_elects_and_commits_noop(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	u32 id;

	for (id = 1; id <= CASE_NODES; id++) {
		CASE_EXPECT(c, case_status(c, id)->leader == 1);
		CASE_EXPECT(c, case_status(c, id)->term == 1);
		CASE_EXPECT(c, case_status(c, id)->commit == 1);
		CASE_EXPECT(c, case_status(c, id)->durable == 1);
	}
}

/* Trap 3: no RequestVote, vote or count before the vote is on disk. */
static inline void case_vote_waits_for_disk(struct raft_case_env *env)
{
	struct case_cluster *c = case_cluster_new(env);

	c->nodes[0].disk_stalls = true;
	c->nodes[1].disk_stalls = true;
	c->nodes[2].disk_stalls = true;
	case_campaign(c, 1);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 1)->role == RAFT_CANDIDATE);
	CASE_EXPECT(c, c->sent[RAFT_MSG_PREVOTE] == 2);
	CASE_EXPECT(c, !c->sent[RAFT_MSG_VOTE]);
	CASE_EXPECT(c, c->nodes[0].hs_term == 1 && c->nodes[0].hs_vote == 1);
	case_persist(c, &c->nodes[0]);
	case_settle(c);
	CASE_EXPECT(c, c->sent[RAFT_MSG_VOTE] == 2);
	CASE_EXPECT(c, !c->sent[RAFT_MSG_VOTE_RESP]);
	case_persist(c, &c->nodes[1]);
	case_settle(c);
	CASE_EXPECT(c, c->sent[RAFT_MSG_VOTE_RESP] == 1);
	CASE_EXPECT(c, case_status(c, 1)->role == RAFT_LEADER);
}

/* Traps 17, 18: nobody's entry counts before its own disk has it. */
static inline void case_ack_waits_for_disk(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);

	c->nodes[0].disk_stalls = true;
	c->nodes[1].disk_stalls = true;
	c->nodes[2].disk_stalls = true;
	CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 3)->last == 2);
	CASE_EXPECT(c, case_status(c, 1)->commit == 1);
	case_persist(c, &c->nodes[1]);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 1)->commit == 1);
	case_persist(c, &c->nodes[2]);
	case_settle(c);
	/* Two of three have it, the leader itself does not. */
	CASE_EXPECT(c, case_status(c, 1)->commit == 2);
	CASE_EXPECT(c, case_status(c, 1)->durable == 1);
}

/* Trap 17: PERSISTED for an index whose entry has been replaced. */
static inline void case_persisted_aba(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_PERSISTED };
	struct case_node *n = &c->nodes[0];

	n->disk_stalls = true;
	CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	ev.persisted.seq = n->seq;
	ev.persisted.index = 2;
	ev.persisted.term = 7;
	case_step(c, n, &ev);
	CASE_EXPECT(c, case_status(c, 1)->durable == 1);
	ev.persisted.term = 1;
	case_step(c, n, &ev);
	/* The batch was reported already: numbers do not come twice. */
	CASE_EXPECT(c, case_status(c, 1)->durable == 1);
}

static inline void case_forwards_and_completes(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	const struct raft_entry *e;

	CASE_EXPECT(c, case_propose(c, 2, 10) == 1);
	CASE_EXPECT(c, c->nodes[1].up.first_serial == 1);
	case_settle(c);
	CASE_EXPECT(c, c->sent[RAFT_MSG_FORWARD] == 1);
	CASE_EXPECT(c, raft_applied_serial(c->nodes[1].r) == 1);
	e = raft_entry_at(c->nodes[2].r, 2);
	CASE_EXPECT(c, e && e->origin == 2 && e->incarnation == 102);
	CASE_EXPECT(c, e && e->flags == RAFT_ENTRY_APPLIED);
}

/* A forwarded proposal that arrives twice is appended once. */
static inline void case_forward_twice(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct case_msg copy;

	CASE_EXPECT(c, case_propose(c, 3, 10) == 1);
	copy = c->ring[c->head];
	CASE_EXPECT(c, copy.m.type == RAFT_MSG_FORWARD);
	case_settle(c);
	case_deliver(c, &copy);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 1)->last == 2);
	/* A gap is not appended either: the origin sends again. */
	copy.m.serial = 5;
	copy.entries[0].serial = 5;
	case_deliver(c, &copy);
	CASE_EXPECT(c, case_status(c, 1)->last == 2);
	/* Nor is what claims to be of somebody else. */
	copy.m.serial = 2;
	copy.entries[0].serial = 2;
	copy.entries[0].origin = 2;
	case_deliver(c, &copy);
	CASE_EXPECT(c, case_status(c, 1)->last == 2);
}

static inline void case_refusals(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_entry e = { .len = 10 };
	struct raft_event ev = { .type = RAFT_EV_PROPOSE, .now = 1 };

	CASE_EXPECT(c, !case_propose(c, 1, RAFT_MAX_COMMAND + 1));
	CASE_EXPECT(c, c->nodes[0].up.refused == -EMSGSIZE);
	CASE_EXPECT(c, !case_propose(c, 1, 0));
	CASE_EXPECT(c, c->nodes[0].up.refused == -EMSGSIZE);
	/* One always fits, the next one not: max_uncommitted is 4096. */
	CASE_EXPECT(c, case_propose(c, 1, 10000) == 1);
	CASE_EXPECT(c, !case_propose(c, 1, 1));
	CASE_EXPECT(c, c->nodes[0].up.refused == -EAGAIN);
	case_settle(c);
	CASE_EXPECT(c, case_propose(c, 1, 1) == 1);
	case_settle(c);
	ev.propose.entries = &e;
	ev.propose.n = 1;
	ev.log_room = 0;
	raft_step(c->nodes[0].r, &ev, &c->nodes[0].up);
	CASE_EXPECT(c, c->nodes[0].up.refused == -ENOSPC);
}

/* Trap 36: a copy of a heartbeat does not keep a dead leader alive. */
static inline void case_replayed_heartbeat(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event tick = { .type = RAFT_EV_TICK };
	struct case_msg copy;
	u64 before;

	c->now += 10 * CASE_MS;
	case_step(c, &c->nodes[0], &tick);
	copy = c->ring[c->head];
	CASE_EXPECT(c, copy.m.type == RAFT_MSG_HEARTBEAT && copy.m.to == 2);
	case_settle(c);
	before = c->nodes[1].up.deadline;
	c->now += 50 * CASE_MS;
	case_deliver(c, &copy);
	CASE_EXPECT(c, c->nodes[1].up.deadline == before);
	CASE_EXPECT(c, case_status(c, 2)->leader == 1);
}

/* Trap 11: a late, shorter append does not cut what came after it. */
static inline void case_late_short_append(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct case_msg late;

	CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	late = c->ring[c->head];
	CASE_EXPECT(c, late.m.type == RAFT_MSG_APPEND && late.m.n_entries == 1);
	CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, late.m.to)->last == 4);
	case_deliver(c, &late);
	CASE_EXPECT(c, case_status(c, late.m.to)->last == 4);
}

/* Trap 12: what is committed is not cut, whatever a leader says. */
static inline void case_contradiction_is_refused(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct case_msg bad = { 0 };
	struct raft_event ev = { .type = RAFT_EV_MESSAGE, .msg = &bad.m };
	struct case_node *n = &c->nodes[1];

	CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	case_settle(c);
	bad.m.type = RAFT_MSG_APPEND;
	bad.m.from = 3;
	bad.m.to = 2;
	bad.m.from_inc = 103;
	bad.m.to_inc = 102;
	bad.m.seq = 1000;
	bad.m.term = 9;
	bad.m.index = 2;
	bad.m.log_term = 1;
	bad.m.n_entries = 1;
	bad.m.entries = bad.entries;
	bad.entries[0].term = 9;
	bad.entries[0].type = RAFT_ENTRY_NOOP;
	case_deliver(c, &bad);
	CASE_EXPECT(c, case_status(c, 2)->last == 3);
	/* Now the same term claims another entry 2, which is committed. */
	bad.m.index = 0;
	bad.m.log_term = 0;
	bad.m.seq++;
	ev.now = c->now;
	raft_step(n->r, &ev, &n->up);
	CASE_EXPECT(c, case_status(c, 2)->last == 3);
	CASE_EXPECT(c, case_status(c, 2)->commit == 2);
}

/* Trap 9: only what the message has verified is committed by its word. */
static inline void case_commit_only_verified(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct case_msg m = { 0 };
	u32 i;

	/* Node 2 gets a tail that nobody else has: its leader is cut off. */
	for (i = 0; i < 3; i++) {
		CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
		while (c->count && c->ring[c->head].m.to != 2) {
			c->head = (c->head + 1) % CASE_MSGS;
			c->count--;
		}
		case_deliver(c, &c->ring[c->head]);
		case_drop_all(c);
	}
	CASE_EXPECT(c, case_status(c, 2)->last == 4);
	/* The next leader knows that entry 1 is the same, and has committed 4. */
	m.m.type = RAFT_MSG_APPEND;
	m.m.from = 3;
	m.m.to = 2;
	m.m.from_inc = 103;
	m.m.to_inc = 102;
	m.m.seq = 1000;
	m.m.term = 2;
	m.m.index = 1;
	m.m.log_term = 1;
	m.m.commit = 4;
	case_deliver(c, &m);
	CASE_EXPECT(c, case_status(c, 2)->leader == 3);
	CASE_EXPECT(c, case_status(c, 2)->commit == 1);
	/* Nor by a heartbeat, whatever it says (trap 10). */
	m.m.type = RAFT_MSG_HEARTBEAT;
	m.m.seq++;
	case_deliver(c, &m);
	CASE_EXPECT(c, case_status(c, 2)->commit == 1);
}

static inline void case_absurd_messages(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct case_msg bad = { 0 };

	bad.m.type = RAFT_MSG_VOTE;
	bad.m.to = 2;
	bad.m.from_inc = 1000;
	bad.m.seq = 1000;
	bad.m.term = RAFT_MAX_TERM + 1;
	bad.m.from = 3;
	case_deliver(c, &bad);
	CASE_EXPECT(c, case_status(c, 2)->term == 1);
	/* Strangers and oneself are not believed (trap 27). */
	bad.m.term = 50;
	bad.m.from = 9;
	case_deliver(c, &bad);
	bad.m.from = 2;
	case_deliver(c, &bad);
	CASE_EXPECT(c, case_status(c, 2)->term == 1);
	CASE_EXPECT(c, !c->nodes[1].up.n_msgs);
}

/* Fail-stop: nothing leaves, proposals are refused, the data stays. */
static inline void case_disk_failure(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_DISK_FAILED };

	ev.error = -EIO;
	case_step(c, &c->nodes[0], &ev);
	CASE_EXPECT(c, c->nodes[0].up.flags & RAFT_UP_FAILED);
	CASE_EXPECT(c, c->nodes[0].up.deadline == U64_MAX);
	CASE_EXPECT(c, case_status(c, 1)->failed == RAFT_FAIL_DISK);
	CASE_EXPECT(c, case_status(c, 1)->error == -EIO);
	CASE_EXPECT(c, case_status(c, 1)->last == 1);
	CASE_EXPECT(c, !case_propose(c, 1, 10));
	CASE_EXPECT(c, c->nodes[0].up.refused == -EIO);
	case_drop_all(c);
	ev.type = RAFT_EV_TICK;
	c->now += 1000 * CASE_MS;
	case_step(c, &c->nodes[0], &ev);
	CASE_EXPECT(c, !c->nodes[0].up.n_msgs);
}

/* Raft 5.4.2: the window and the batch bound what is on the way. */
static inline void case_window_is_bounded(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_peer_status peer;
	u32 i;

	for (i = 0; i < 100; i++)
		CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	peer = case_status(c, 1)->peers[0];
	CASE_EXPECT(c, peer.state == RAFT_REPLICATE);
	CASE_EXPECT(c, peer.inflight == 4);
	CASE_EXPECT(c, peer.next == 6);
	case_settle(c);
	CASE_EXPECT(c, case_status(c, 3)->commit == 101);
	CASE_EXPECT(c, case_status(c, 1)->peers[0].inflight == 0);
}

/* Node 3 gets everything, but its log takes nothing. */
static inline void case_deliver_without_room(struct case_cluster *c)
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
static inline void case_full_peer_is_not_flooded(struct raft_case_env *env)
{
	struct case_cluster *c = case_led_by_1(env);
	struct raft_event ev = { .type = RAFT_EV_TICK };
	u32 i, rounds = 0;

	for (i = 0; i < CASE_ENTRIES + 4; i++)
		CASE_EXPECT(c, case_propose(c, 1, 10) == 1);
	while (c->count && rounds++ < 1000) {
		case_deliver_without_room(c);
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

/* To node 3, which has only heard of boots of which it is told here. */
static inline void case_leader_says(struct case_cluster *c, u32 from, u64 term,
				    u64 prev, u32 n, u64 entry_term)
{
	struct case_msg m = { .m = {
		.type = RAFT_MSG_APPEND, .from = from, .to = 3, .term = term,
		.seq = 1000 + c->sent[0]++, .from_inc = 100 + from, .to_inc = 103,
		.index = prev, .log_term = prev ? 1 : 0, .n_entries = n,
	} };
	u32 i;

	for (i = 0; i < n; i++)
		m.entries[i] = (struct raft_entry) {
			.type = RAFT_ENTRY_NOOP, .term = entry_term,
		};
	case_deliver(c, &m);
}

static inline void case_written(struct case_cluster *c, u64 seq, u64 index,
				u64 term)
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
static inline void case_aba_of_the_same_term(struct raft_case_env *env)
{
	struct case_cluster *c = case_cluster_new(env);

	case_leader_says(c, 1, 1, 0, 2, 1);
	case_leader_says(c, 2, 2, 1, 1, 2);
	case_leader_says(c, 1, 3, 1, 0, 0);
	case_leader_says(c, 1, 3, 1, 1, 1);
	CASE_EXPECT(c, c->nodes[2].up.persist.seq == 4);
	case_written(c, 1, 2, 1);
	CASE_EXPECT(c, case_status(c, 3)->durable < 2);
	case_written(c, 3, 2, 2);
	CASE_EXPECT(c, case_status(c, 3)->durable < 2);
	case_written(c, 4, 2, 1);
	CASE_EXPECT(c, case_status(c, 3)->durable == 2);
}

#include "core_commit_cases.h"
#include "core_member_cases.h"
#include "core_quiet_cases.h"
#include "core_snapshot_cases.h"
#include "core_window_cases.h"
#include "core_chunk_cases.h"

struct raft_case {
	const char *name;
	void (*run)(struct raft_case_env *env);
};

static const struct raft_case raft_cases[] = {
	{ "config_is_checked", case_config_is_checked },
	{ "elects_and_commits_noop", case_elects_and_commits_noop },
	{ "trap03_vote_waits_for_disk", case_vote_waits_for_disk },
	{ "trap18_ack_waits_for_disk", case_ack_waits_for_disk },
	{ "trap17_persisted_aba", case_persisted_aba },
	{ "forwards_and_completes", case_forwards_and_completes },
	{ "trap60_forward_twice", case_forward_twice },
	{ "awaits_commit", case_awaits_commit },
	{ "lazy_notice", case_lazy_notice },
	{ "trap51_packing", case_packing },
	{ "refusals", case_refusals },
	{ "trap36_replayed_heartbeat", case_replayed_heartbeat },
	{ "trap11_late_short_append", case_late_short_append },
	{ "trap12_contradiction_is_refused", case_contradiction_is_refused },
	{ "trap09_commit_only_verified", case_commit_only_verified },
	{ "trap56_absurd_messages", case_absurd_messages },
	{ "disk_failure", case_disk_failure },
	{ "window_is_bounded", case_window_is_bounded },
	{ "full_peer_is_not_flooded", case_full_peer_is_not_flooded },
	{ "trap17_aba_of_the_same_term", case_aba_of_the_same_term },
	{ "demote_and_promote", case_demote_and_promote },
	{ "heartbeats_together", case_heartbeats_together },
	{ "join", case_join },
	{ "given_up", case_given_up },
	{ "timeouts_are_told", case_timeouts_are_told },
	{ "trap26_joint_is_left", case_joint_is_left },
	{ "witness", case_witness },
	{ "trap22_change_is_rolled_back", case_change_is_rolled_back },
	{ "trap38_transfer", case_transfer },
	{ "trap42_readers_share_rounds", case_readers_share_rounds },
	{ "trap43_lease_ends", case_lease_ends },
	{ "idle_answers", case_idle_answers },
	{ "trap42_read_at_rest", case_read_at_rest },
	{ "answer_lost", case_answer_lost },
	{ "news_at_rest", case_news_at_rest },
	{ "quiet_for_another", case_quiet_for_another },
	{ "client_repeats", case_client_repeats },
	{ "configs_are_checked", case_configs_are_checked },
	{ "who_leaves_was_one", case_who_leaves_was_one },
	{ "log_base", case_log_base },
	{ "log_goes_round", case_log_goes_round },
	{ "log_all_dropped", case_log_all_dropped },
	{ "image_is_checked", case_image_is_checked },
	{ "boot_from_snapshot", case_boot_from_snapshot },
	{ "image_in_parts", case_image_in_parts },
	{ "image_remembers", case_image_remembers },
	{ "installed_at_leader", case_installed_at_leader },
	{ "bare_snapshot", case_bare_snapshot },
	{ "trap49_parts_in_order", case_parts_in_order },
	{ "parts_of_earlier_boot", case_parts_of_earlier_boot },
	{ "parts_in_flight", case_parts_in_flight },
	{ "log_evicted", case_log_evicted },
	{ "evict_in_parts", case_evict_in_parts },
	{ "evict_writes_hint", case_evict_writes_hint },
	{ "evict_and_snapshot", case_evict_and_snapshot },
	{ "evict_and_replay", case_evict_and_replay },
	{ "boot_passes", case_boot_passes },
	{ "too_many_terms", case_too_many_terms },
	{ "reads_back", case_reads_back },
	{ "pending_goes_round", case_pending_goes_round },
	{ "propose_without_memory", case_propose_without_memory },
	{ "send_without_memory", case_send_without_memory },
	{ "evict_without_memory", case_evict_without_memory },
	{ "chunks_shared", case_chunks_shared },
};

#endif /* _RAFT_CORE_CASES_H */
