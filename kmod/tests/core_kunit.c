// SPDX-License-Identifier: GPL-2.0
/*
 * core_kunit.c - the cases of core_cases.h on the core as the kernel built it.
 */
#include <kunit/test.h>
#include <linux/string.h>

#include "core_cases.h"
#include "payload.h"

static void *case_alloc(struct raft_case_env *env, size_t bytes)
{
	struct kunit *test = env->ctx;
	void *p = kunit_kzalloc(test, bytes, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	return p;
}

/* The cores of a case end with its memory, and give no reference back. */
static void payload_free(struct kunit_resource *res)
{
	struct raft_payload *p = res->data;

	refcount_set(&p->ref, 1);
	raft_payload_put(p);
}

static void *case_payload(struct raft_case_env *env)
{
	struct kunit *test = env->ctx;
	struct raft_payload *p = raft_payload_alloc(RAFT_CONFIG_BYTES,
						    GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	/* Ours, so that it lasts until then. */
	raft_payload_get(p);
	memset(p->data, 0, p->len);
	KUNIT_ASSERT_NOT_NULL(test, kunit_alloc_resource(test, NULL,
							 payload_free,
							 GFP_KERNEL, p));
	return p;
}

static void case_expect(struct raft_case_env *env, bool ok, const char *what,
			int line)
{
	struct kunit *test = env->ctx;

	KUNIT_ASSERT_TRUE_MSG(test, ok, "core_cases.h:%d: %s", line, what);
}

static void case_name(const struct raft_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(raft_core, raft_cases, case_name);

static void core_case(struct kunit *test)
{
	const struct raft_case *c = test->param_value;
	struct raft_case_env env = {
		.alloc = case_alloc,
		.payload = case_payload,
		.expect = case_expect,
		.ctx = test,
	};

	c->run(&env);
}

static struct kunit_case core_test_cases[] = {
	KUNIT_CASE_PARAM(core_case, raft_core_gen_params),
	{}
};

static struct kunit_suite raft_core_suite = {
	.name = "raft_core",
	.test_cases = core_test_cases,
};

kunit_test_suite(raft_core_suite);
