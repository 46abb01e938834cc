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
	raft_gather_add(&g, waiter(0, true));
	KUNIT_EXPECT_FALSE(test, raft_gather_end(&g, true, T0));
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
							RAFT_GATHER_MAX - 1));
	KUNIT_EXPECT_TRUE(test, raft_gather_needs_wake(&g, &waiters[0],
						       RAFT_GATHER_MAX));
	for (i = 1; i < RAFT_GATHER_MAX; i++)
		raft_gather_add(&g, waiter(i, true));
	KUNIT_EXPECT_TRUE(test, raft_gather_end(&g, true, T0));
	KUNIT_EXPECT_EQ(test, g.n, 0u);
}

static struct kunit_case raft_gather_cases[] = {
	KUNIT_CASE(raft_gather_test_alone),
	KUNIT_CASE(raft_gather_test_together),
	KUNIT_CASE(raft_gather_test_time),
	KUNIT_CASE(raft_gather_test_hurry),
	KUNIT_CASE(raft_gather_test_full),
	{}
};

static struct kunit_suite raft_gather_suite = {
	.name = "raft_gather",
	.test_cases = raft_gather_cases,
};

kunit_test_suite(raft_gather_suite);
