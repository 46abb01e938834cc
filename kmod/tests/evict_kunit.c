// SPDX-License-Identifier: GPL-2.0
/*
 * evict_kunit.c - which of the entries that left the memory were copies, and that none
 * leaves while somebody looks at it.
 */
#include <kunit/test.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "evict.h"
#include "owner.h"
#include "payload.h"

#define HELD		40	/* entries of the group of evict_held() */

static void evict_copies(struct kunit *test)
{
	static const u64 at[] = {
		0, 1, 15, 16, 17, 31, 4711, 1 << 20, (1ULL << 32) + 3,
		RAFT_COPIES_BITS * (u64)SZ_1G - 1,
	};
	struct raft_evict v;
	size_t i, k;
	u64 next;

	raft_evict_init(&v);
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		KUNIT_EXPECT_FALSE(test, raft_evict_is_copy(&v, at[i]));
		KUNIT_EXPECT_TRUE(test, raft_evict_note_copy(&v, at[i],
							     GFP_KERNEL));
		for (k = 0; k < ARRAY_SIZE(at); k++)
			KUNIT_EXPECT_EQ(test, raft_evict_is_copy(&v, at[k]),
					k <= i);
	}
	/* Once more is no harm, and the neighbours are what they were. */
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		KUNIT_EXPECT_TRUE(test, raft_evict_note_copy(&v, at[i],
							     GFP_KERNEL));
		next = at[i] + 1;
		KUNIT_EXPECT_EQ(test, raft_evict_is_copy(&v, next),
				next == 1 || next == 16 || next == 17);
	}
	raft_evict_free(&v);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		KUNIT_EXPECT_FALSE(test, raft_evict_is_copy(&v, at[i]));
}

/* What is below an index is forgotten, in bounded steps. */
static void evict_forget(struct kunit *test)
{
	struct raft_evict v;
	u64 i, n = 0;

	raft_evict_init(&v);
	for (i = 1; i <= 100000; i += 10)
		KUNIT_ASSERT_TRUE(test, raft_evict_note_copy(&v, i, GFP_KERNEL));
	while (v.first < 90000 && n++ < 10)
		raft_evict_forget(&v, 90000);
	KUNIT_EXPECT_EQ(test, v.first, 90000ULL);
	KUNIT_EXPECT_EQ(test, n, 2ULL);
	for (i = 1; i < 90000; i++)
		KUNIT_EXPECT_FALSE(test, raft_evict_is_copy(&v, i));
	for (i = 90001; i <= 100000; i += 10)
		KUNIT_EXPECT_TRUE(test, raft_evict_is_copy(&v, i));
	raft_evict_forget(&v, 5);
	KUNIT_EXPECT_EQ(test, v.first, 90000ULL);
	raft_evict_free(&v);
}

static void chunk_free(struct raft_log_chunk *chunk)
{
	kfree(chunk);
}

/* A log of HELD applied entries, all of them with the same command. */
static struct raft *new_core(struct kunit *test, struct raft_payload *payload)
{
	struct raft_config cfg = {
		.id = 1, .n_members = 1, .members = { { .id = 1 } },
		.incarnation = 1, .election_timeout = 1000000000,
		.heartbeat = 100000000, .max_inflight = 1,
		.max_inflight_bytes = 1 << 20, .max_batch = 1,
		.max_batch_bytes = 1 << 16, .max_chunk = 4096,
		.max_uncommitted = 1 << 20,
	};
	struct raft_entry e = {
		.term = 1, .type = RAFT_ENTRY_COMMAND, .payload = payload,
		.len = payload->len,
	};
	struct raft_hard_state hs = { .term = 1, .commit = HELD };
	struct raft *r = kunit_kzalloc(test, raft_size(), GFP_KERNEL);
	void *table = kunit_kzalloc(test, 4 * sizeof(void *), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, r);
	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_ASSERT_EQ(test, raft_init(r, &cfg, 0, 0, table, 4), 0);
	while (raft_log_want(r))
		raft_log_give(r, kzalloc(raft_log_chunk_size(),
					 GFP_KERNEL | __GFP_NOFAIL));
	for (i = 1; i <= HELD; i++)
		KUNIT_ASSERT_EQ(test, raft_log_load(r, &e), 0);
	KUNIT_ASSERT_EQ(test, raft_log_pass(r, &hs, HELD), 0);
	return r;
}

static struct raft_group_priv *new_group(struct kunit *test, struct raft *core)
{
	struct raft_group_priv *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	struct raft_group *g = kunit_kzalloc(test, sizeof(*g), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_ASSERT_NOT_NULL(test, g);
	p->core = core;
	p->attached = true;
	p->g = g;
	raft_evict_init(&p->evict);
	raft_status(core, &p->st);
	g->priv = p;
	g->floor = 1;
	g->window = 1;
	g->applied = HELD;
	g->settings.memory = 1;
	return p;
}

/* Who has looked up an entry has it until he is done, and nobody finds it after him. */
static void evict_held(struct kunit *test)
{
	struct raft_payload *payload = raft_payload_alloc(9, GFP_KERNEL);
	const struct raft_entry *held;
	struct raft_group_priv *p;
	struct raft_entry e = {};
	bool stayed = true;
	int i, found;

	KUNIT_ASSERT_NOT_NULL(test, payload);
	p = new_group(test, new_core(test, payload));
	KUNIT_EXPECT_EQ(test, raft_group_entry(p->g, 1, &e), 0);
	KUNIT_EXPECT_PTR_EQ(test, e.payload, (void *)payload);
	raft_payload_put(e.payload);
	rcu_read_lock();
	held = raft_entry_at(p->core, 1);
	for (i = 0; i < 3; i++) {
		raft_evict_pass(p);
		stayed &= held->payload == payload &&
			  refcount_read(&payload->ref) == HELD + 1;
	}
	found = raft_group_entry(p->g, 1, &e);
	rcu_read_unlock();
	KUNIT_EXPECT_TRUE(test, stayed);
	KUNIT_EXPECT_EQ(test, found, -ENODATA);
	KUNIT_EXPECT_EQ(test, p->g->window, HELD + 1ULL);
	synchronize_rcu();
	raft_evict_pass(p);
	KUNIT_EXPECT_EQ(test, refcount_read(&payload->ref), 1);
	KUNIT_EXPECT_NULL(test, raft_entry_at(p->core, HELD));
	KUNIT_EXPECT_EQ(test, raft_group_entry(p->g, HELD, &e), -ENODATA);
	raft_destroy(p->core, chunk_free);
	raft_evict_free(&p->evict);
	raft_payload_put(payload);
}

static struct kunit_case evict_cases[] = {
	KUNIT_CASE(evict_copies),
	KUNIT_CASE(evict_forget),
	KUNIT_CASE(evict_held),
	{}
};

static struct kunit_suite evict_suite = {
	.name = "raft_evict",
	.test_cases = evict_cases,
};

kunit_test_suite(evict_suite);
