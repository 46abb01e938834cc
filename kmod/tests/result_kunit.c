// SPDX-License-Identifier: GPL-2.0
/*
 * result_kunit.c - results of commands: who gets which, what is kept, in which
 * order it goes, and those who leave.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../../uapi/linux/raft.h"
#include "../core/raft_core.h"
#include "../payload.h"
#include "../result.h"

static struct raft_results *new_results(struct kunit *test)
{
	struct raft_results *rs;

	rs = kunit_kzalloc(test, sizeof(*rs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rs);
	raft_result_init(rs);
	return rs;
}

static struct raft_payload *bytes(struct kunit *test, u8 byte, u32 len)
{
	struct raft_payload *p = raft_payload_alloc(len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	memset(p->data, byte, len);
	return p;
}

/* The state machine: @len bytes of @byte. */
static void give(struct kunit *test, struct raft_results *rs, u64 index,
		 u64 client, u8 byte, u32 len)
{
	struct raft_payload *p = bytes(test, byte, len);

	KUNIT_EXPECT_EQ(test, raft_result_give(rs, index, client, p), 0);
	raft_payload_put(p);
}

/* The state there is now, without waiting; of what is given the first byte. */
static u32 look(struct raft_results *rs, struct raft_wanted *w, u8 *byte)
{
	struct raft_payload *result;
	u32 state = raft_result_wait(rs, w, 0, &result);

	*byte = result && result->len ? result->data[0] : 0;
	raft_payload_put(result);
	return state;
}

static u32 ask(struct raft_results *rs, u64 index, u64 client, u8 *byte)
{
	struct raft_wanted w;
	u32 state;

	raft_result_prepare(&w);
	raft_result_want(rs, &w, index, client);
	state = look(rs, &w, byte);
	raft_result_leave(rs, &w);
	return state;
}

#define EXPECT_RESULT(test, rs, index, client, state, byte) do {	\
	u8 _byte;							\
									\
	KUNIT_EXPECT_EQ(test, ask(rs, index, client, &_byte), state);	\
	KUNIT_EXPECT_EQ(test, _byte, byte);				\
} while (0)

static void done(struct raft_results *rs)
{
	raft_result_close(rs);
	raft_result_free(rs);
}

/* In the order of the log, whatever the order in which they were asked for. */
static void raft_result_test_order(struct kunit *test)
{
	static const u64 index[] = { 7, 3, 9, 5, 3 };
	struct raft_results *rs = new_results(test);
	struct raft_wanted w[ARRAY_SIZE(index)];
	u8 byte;
	int i;

	for (i = 0; i < ARRAY_SIZE(w); i++) {
		raft_result_prepare(&w[i]);
		raft_result_want(rs, &w[i], index[i], 0);
		KUNIT_EXPECT_EQ(test, look(rs, &w[i], &byte), RAFT_RESULT_LATE);
	}
	give(test, rs, 3, 0, 'c', 10);
	KUNIT_EXPECT_EQ(test, look(rs, &w[1], &byte), RAFT_RESULT_GIVEN);
	KUNIT_EXPECT_EQ(test, byte, 'c');
	KUNIT_EXPECT_EQ(test, look(rs, &w[4], &byte), RAFT_RESULT_GIVEN);
	KUNIT_EXPECT_EQ(test, look(rs, &w[3], &byte), RAFT_RESULT_LATE);
	/* 5 is passed over. */
	give(test, rs, 7, 0, 'g', 10);
	KUNIT_EXPECT_EQ(test, look(rs, &w[3], &byte), RAFT_RESULT_NONE);
	KUNIT_EXPECT_EQ(test, look(rs, &w[0], &byte), RAFT_RESULT_GIVEN);
	KUNIT_EXPECT_EQ(test, byte, 'g');
	KUNIT_EXPECT_EQ(test, look(rs, &w[2], &byte), RAFT_RESULT_LATE);
	for (i = 0; i < ARRAY_SIZE(w); i++)
		raft_result_leave(rs, &w[i]);
	/* Without a session only for those who waited. */
	KUNIT_EXPECT_EQ(test, rs->n, 0);
	EXPECT_RESULT(test, rs, 3, 0, RAFT_RESULT_NONE, 0);
	done(rs);
}

/* An index without a word about it, and an empty result, are different. */
static void raft_result_test_empty(struct kunit *test)
{
	struct raft_results *rs = new_results(test);
	struct raft_wanted w;
	u8 byte;

	give(test, rs, 4, 2, 0, 0);
	EXPECT_RESULT(test, rs, 4, 2, RAFT_RESULT_GIVEN, 0);
	raft_result_prepare(&w);
	raft_result_want(rs, &w, 5, 2);
	KUNIT_EXPECT_EQ(test, raft_result_give(rs, 5, 2, NULL), 0);
	KUNIT_EXPECT_EQ(test, look(rs, &w, &byte), RAFT_RESULT_NONE);
	raft_result_leave(rs, &w);
	KUNIT_EXPECT_EQ(test, rs->n, 1);
	done(rs);
}

/* Of each session the newest; one that begins anew changes nothing. */
static void raft_result_test_kept(struct kunit *test)
{
	struct raft_results *rs = new_results(test);

	give(test, rs, 10, 1, 'a', 5);
	give(test, rs, 11, 2, 'b', 6);
	EXPECT_RESULT(test, rs, 10, 1, RAFT_RESULT_GIVEN, 'a');
	EXPECT_RESULT(test, rs, 11, 2, RAFT_RESULT_GIVEN, 'b');
	/* The index is another session's. */
	EXPECT_RESULT(test, rs, 10, 2, RAFT_RESULT_NONE, 0);
	give(test, rs, 12, 1, 'c', 7);
	EXPECT_RESULT(test, rs, 10, 1, RAFT_RESULT_NONE, 0);
	EXPECT_RESULT(test, rs, 12, 1, RAFT_RESULT_GIVEN, 'c');
	KUNIT_EXPECT_EQ(test, rs->n, 2);
	KUNIT_EXPECT_EQ(test, rs->bytes, 13);
	give(test, rs, 10, 1, 'x', 5);
	give(test, rs, 12, 1, 'x', 5);
	EXPECT_RESULT(test, rs, 12, 1, RAFT_RESULT_GIVEN, 'c');
	KUNIT_EXPECT_EQ(test, rs->applied, 12);
	EXPECT_RESULT(test, rs, 13, 1, RAFT_RESULT_LATE, 0);
	done(rs);
}

/* Too many: the one given longest ago goes, not the one of the lowest session. */
static void raft_result_test_many(struct kunit *test)
{
	struct raft_results *rs = new_results(test);
	u64 i;

	for (i = 1; i <= RAFT_RESULTS_MAX; i++)
		give(test, rs, i, i, 'm', 1);
	KUNIT_EXPECT_EQ(test, rs->n, RAFT_RESULTS_MAX);
	give(test, rs, i, 1, 'n', 1);
	KUNIT_EXPECT_EQ(test, rs->n, RAFT_RESULTS_MAX);
	give(test, rs, i + 1, i + 1, 'o', 1);
	KUNIT_EXPECT_EQ(test, rs->n, RAFT_RESULTS_MAX);
	EXPECT_RESULT(test, rs, i, 1, RAFT_RESULT_GIVEN, 'n');
	EXPECT_RESULT(test, rs, 2, 2, RAFT_RESULT_NONE, 0);
	EXPECT_RESULT(test, rs, 3, 3, RAFT_RESULT_GIVEN, 'm');
	done(rs);
	KUNIT_EXPECT_EQ(test, rs->n, 0);
}

/* Too many bytes. */
static void raft_result_test_bytes(struct kunit *test)
{
	const u32 fit = RAFT_RESULTS_BYTES / RAFT_RESULT_MAX;
	struct raft_results *rs = new_results(test);
	u64 i;

	for (i = 1; i <= fit; i++)
		give(test, rs, i, i, 'm', RAFT_RESULT_MAX);
	KUNIT_EXPECT_EQ(test, rs->n, fit);
	KUNIT_EXPECT_EQ(test, rs->bytes, RAFT_RESULTS_BYTES);
	give(test, rs, i, i, 'n', 1);
	KUNIT_EXPECT_EQ(test, rs->n, fit);
	KUNIT_EXPECT_EQ(test, rs->bytes,
			RAFT_RESULTS_BYTES - RAFT_RESULT_MAX + 1);
	EXPECT_RESULT(test, rs, 1, 1, RAFT_RESULT_NONE, 0);
	EXPECT_RESULT(test, rs, i, i, RAFT_RESULT_GIVEN, 'n');
	done(rs);
}

/* Who leaves before or after the command is decided is not remembered. */
static void raft_result_test_leave(struct kunit *test)
{
	struct raft_results *rs = new_results(test);
	struct raft_wanted w;
	u8 byte;

	raft_result_prepare(&w);
	raft_result_leave(rs, &w);
	raft_result_want(rs, &w, 3, 0);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&rs->wanted.rb_root));
	raft_result_prepare(&w);
	raft_result_want(rs, &w, 3, 0);
	KUNIT_EXPECT_FALSE(test, RB_EMPTY_ROOT(&rs->wanted.rb_root));
	raft_result_leave(rs, &w);
	KUNIT_EXPECT_TRUE(test, RB_EMPTY_ROOT(&rs->wanted.rb_root));
	/* A result that nobody fetched is given back. */
	raft_result_prepare(&w);
	raft_result_want(rs, &w, 3, 0);
	give(test, rs, 3, 0, 'a', 1);
	raft_result_leave(rs, &w);
	KUNIT_EXPECT_NULL(test, w.result);
	/* The end of the group. */
	raft_result_prepare(&w);
	raft_result_want(rs, &w, 4, 0);
	raft_result_close(rs);
	KUNIT_EXPECT_TRUE(test, completion_done(&w.done));
	KUNIT_EXPECT_EQ(test, look(rs, &w, &byte), RAFT_RESULT_LATE);
	raft_result_leave(rs, &w);
	raft_result_prepare(&w);
	raft_result_want(rs, &w, 5, 0);
	KUNIT_EXPECT_TRUE(test, completion_done(&w.done));
	raft_result_leave(rs, &w);
	done(rs);
}

static struct kunit_case raft_result_cases[] = {
	KUNIT_CASE(raft_result_test_order),
	KUNIT_CASE(raft_result_test_empty),
	KUNIT_CASE(raft_result_test_kept),
	KUNIT_CASE(raft_result_test_many),
	KUNIT_CASE(raft_result_test_bytes),
	KUNIT_CASE(raft_result_test_leave),
	{}
};

static struct kunit_suite raft_result_suite = {
	.name = "raft_result",
	.test_cases = raft_result_cases,
};

kunit_test_suite(raft_result_suite);
