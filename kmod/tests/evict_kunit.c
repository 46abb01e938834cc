// SPDX-License-Identifier: GPL-2.0
/*
 * evict_kunit.c - which of the entries that left the memory were copies.
 */
#include <kunit/test.h>
#include <linux/sizes.h>

#include "evict.h"

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

static struct kunit_case evict_cases[] = {
	KUNIT_CASE(evict_copies),
	KUNIT_CASE(evict_forget),
	{}
};

static struct kunit_suite evict_suite = {
	.name = "raft_evict",
	.test_cases = evict_cases,
};

kunit_test_suite(evict_suite);
