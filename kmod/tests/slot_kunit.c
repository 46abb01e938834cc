// SPDX-License-Identifier: GPL-2.0
/*
 * slot_kunit.c - the cases of slot_cases.h on the format as the kernel built it.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "slot_cases.h"

static void case_expect(struct slot_env *env, bool ok, const char *what,
			int line)
{
	struct kunit *test = env->ctx;

	KUNIT_ASSERT_TRUE_MSG(test, ok, "slot_cases.h:%d: %s", line, what);
}

static void case_name(const struct slot_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(raft_slot, slot_cases, case_name);

static void slot_case_run(struct kunit *test)
{
	const struct slot_case *c = test->param_value;
	struct slot_env env = {
		.expect = case_expect,
		.ctx = test,
		.buf = kunit_kzalloc(test, RAFT_SLOT_HEAD, GFP_KERNEL),
	};

	KUNIT_ASSERT_NOT_NULL(test, env.buf);
	c->run(&env);
}

/* As tests/golden/slot.hex has it. */
static void slot_golden(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, RAFT_SLOT_HEAD, GFP_KERNEL);
	struct raft_slot sample = slot_sample();

	KUNIT_ASSERT_NOT_NULL(test, buf);
	raft_slot_encode(&sample, buf);
	KUNIT_EXPECT_EQ(test, raft_slot_crc(0, buf, RAFT_SLOT_HEAD),
			SLOT_GOLDEN_CRC);
}

static struct kunit_case slot_test_cases[] = {
	KUNIT_CASE_PARAM(slot_case_run, raft_slot_gen_params),
	KUNIT_CASE(slot_golden),
	{}
};

static struct kunit_suite raft_slot_suite = {
	.name = "raft_slot",
	.test_cases = slot_test_cases,
};

kunit_test_suite(raft_slot_suite);
