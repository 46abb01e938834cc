// SPDX-License-Identifier: GPL-2.0
/*
 * gather_kunit.c - which proposals are kept back, until when, and who wakes the
 * owner.
 */
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../gather.h"
#include "../waiter.h"

#define T0	1000000ULL

static struct raft_waiter waiters[RAFT_GATHER_MAX + 1];

static struct raft_waiter *waiter(int i, bool patient)
{
	memset(&waiters[i], 0, sizeof(waiters[i]));
	waiters[i].kind = RAFT_WAITER_PROPOSAL;
	waiters[i].patient = patient;
	return &waiters[i];
}

/* One who is alone goes at once, and so does what nobody is in front of. */
static void raft_gather_test_alone(struct kunit *test)
{
	struct raft_gather g;

	raft_gather_init(&g);
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, false, T0));
	raft_gather_begin(&g);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, false, T0));
	KUNIT_EXPECT_TRUE(test, raft_gather_needs_wake(&g, &waiters[0], 1));
	KUNIT_EXPECT_EQ(test, g.until, U64_MAX);
}

/* Behind one in flight they wait together, and the first one's time is theirs. */
static void raft_gather_test_together(struct kunit *test)
{
	struct raft_gather g;

	raft_gather_init(&g);
	KUNIT_EXPECT_TRUE(test, raft_gather_needs_wake(&g, waiter(0, true), 1));
	raft_gather_begin(&g);
	raft_gather_add(&g, &waiters[0]);
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, true, T0));
	KUNIT_EXPECT_EQ(test, g.until, T0 + RAFT_GATHER_NS);
	/* The owner comes back without being woken. */
	KUNIT_EXPECT_FALSE(test, raft_gather_needs_wake(&g, waiter(1, true), 1));
	raft_gather_begin(&g);
	raft_gather_add(&g, &waiters[1]);
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, true, g.until - 1));
	KUNIT_EXPECT_EQ(test, g.until, T0 + RAFT_GATHER_NS);
	raft_gather_begin(&g);
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, false, T0 + 1));
	KUNIT_EXPECT_PTR_EQ(test, g.held.next, &waiters[0].node);
	KUNIT_EXPECT_PTR_EQ(test, g.held.prev, &waiters[1].node);
	KUNIT_EXPECT_TRUE(test, raft_gather_needs_wake(&g, &waiters[0], 1));
}

/* What is in flight may never be committed. */
static void raft_gather_test_time(struct kunit *test)
{
	struct raft_gather g;

	raft_gather_init(&g);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, true, T0));
	raft_gather_begin(&g);
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, true, T0 + RAFT_GATHER_NS));
	KUNIT_EXPECT_EQ(test, g.until, U64_MAX);
}

/* Who does not wait for a commit takes those before him along. */
static void raft_gather_test_hurry(struct kunit *test)
{
	struct raft_gather g;

	raft_gather_init(&g);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, true, T0));
	KUNIT_EXPECT_TRUE(test, raft_gather_needs_wake(&g, waiter(1, false), 1));
	raft_gather_begin(&g);
	raft_gather_add(&g, &waiters[1]);
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, true, T0));
	INIT_LIST_HEAD(&g.held);
	/* It did not wait for its commit, so it will not be back for more. */
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, false, T0 + 1));
	INIT_LIST_HEAD(&g.held);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, true, T0 + 2));
}

/* A step's worth need not wait for more, and wakes the owner itself. */
static void raft_gather_test_full(struct kunit *test)
{
	struct raft_gather g;
	int i;

	raft_gather_init(&g);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, true, T0));
	KUNIT_EXPECT_FALSE(test, raft_gather_needs_wake(&g, &waiters[0],
							RAFT_GATHER_MAX - 2));
	KUNIT_EXPECT_TRUE(test, raft_gather_needs_wake(&g, &waiters[0],
						       RAFT_GATHER_MAX - 1));
	for (i = 1; i < RAFT_GATHER_MAX; i++)
		raft_gather_add(&g, waiter(i, true));
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, true, T0));
	KUNIT_EXPECT_EQ(test, g.n, 0u);
}

/* @n go, and are committed @took later. */
static void hand_over(struct kunit *test, struct raft_gather *g, int n, u64 took)
{
	int i;

	for (i = 0; i < n; i++)
		raft_gather_add(g, waiter(i, true));
	g->until = 0;
	KUNIT_ASSERT_TRUE(test, raft_gather_end(g, true, T0));
	INIT_LIST_HEAD(&g->held);
	KUNIT_ASSERT_FALSE(test, raft_gather_end(g, true, T0 + took - 1));
	KUNIT_ASSERT_FALSE(test, raft_gather_end(g, false, T0 + took));
}

/* Those who have their answers at the same time go together again. */
static void raft_gather_test_back(struct kunit *test)
{
	u64 took = RAFT_GATHER_NS / 10, now = T0 + 2 * took;
	struct raft_gather g;

	raft_gather_init(&g);
	hand_over(test, &g, 3, took);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, false, now));
	KUNIT_EXPECT_EQ(test, g.until, now + took);
	/* The last one wakes the owner. */
	KUNIT_EXPECT_FALSE(test, raft_gather_needs_wake(&g, waiter(1, true), 1));
	KUNIT_EXPECT_TRUE(test, raft_gather_needs_wake(&g, waiter(2, true), 2));
	raft_gather_begin(&g);
	raft_gather_add(&g, &waiters[1]);
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, false, now + 1));
	KUNIT_EXPECT_EQ(test, g.until, now + took);
	raft_gather_add(&g, &waiters[2]);
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, false, now + 2));
}

/* Who does not come back is waited for once, as long as the last ones took. */
static void raft_gather_test_gone(struct kunit *test)
{
	struct raft_gather g;

	raft_gather_init(&g);
	hand_over(test, &g, 2, 100);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, false, T0 + 100));
	raft_gather_begin(&g);
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, false, T0 + 199));
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, false, T0 + 200));
	INIT_LIST_HEAD(&g.held);
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, false, T0 + 300));
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, false, T0 + 300));
}

/* However long the last ones took. */
static void raft_gather_test_slow(struct kunit *test)
{
	struct raft_gather g;

	raft_gather_init(&g);
	hand_over(test, &g, 2, 100 * RAFT_GATHER_NS);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, false, T0));
	KUNIT_EXPECT_EQ(test, g.until, T0 + RAFT_GATHER_NS);
}

/* Who waited behind those in flight waits no longer than those took from then on. */
static void raft_gather_test_landed(struct kunit *test)
{
	struct raft_gather g;

	raft_gather_init(&g);
	hand_over(test, &g, 2, 100);
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, true, T0));
	KUNIT_EXPECT_EQ(test, g.until, T0 + 200);
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, false, T0 + 1));
	KUNIT_EXPECT_EQ(test, g.until, T0 + 101);
}

static struct kunit_case raft_gather_cases[] = {
	KUNIT_CASE(raft_gather_test_alone),
	KUNIT_CASE(raft_gather_test_together),
	KUNIT_CASE(raft_gather_test_time),
	KUNIT_CASE(raft_gather_test_hurry),
	KUNIT_CASE(raft_gather_test_full),
	KUNIT_CASE(raft_gather_test_back),
	KUNIT_CASE(raft_gather_test_gone),
	KUNIT_CASE(raft_gather_test_slow),
	KUNIT_CASE(raft_gather_test_landed),
	{}
};

static struct kunit_suite raft_gather_suite = {
	.name = "raft_gather",
	.test_cases = raft_gather_cases,
};

kunit_test_suite(raft_gather_suite);
