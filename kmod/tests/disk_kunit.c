// SPDX-License-Identifier: GPL-2.0
/*
 * disk_kunit.c - the cases of disk_cases.h on the format as the kernel built it.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "disk_cases.h"

static void case_expect(struct disk_env *env, bool ok, const char *what,
			int line)
{
	struct kunit *test = env->ctx;

	KUNIT_ASSERT_TRUE_MSG(test, ok, "disk_cases.h:%d: %s", line, what);
}

static int disk_test_init(struct kunit *test)
{
	struct disk_env *env = vzalloc(sizeof(*env));

	if (!env)
		return -ENOMEM;
	env->p = vzalloc(IMG_SIZE);
	env->buf = vzalloc(RAFT_DISK_BUF);
	env->expect = case_expect;
	env->ctx = test;
	test->priv = env;
	KUNIT_ASSERT_TRUE(test, env->p && env->buf);
	return 0;
}

static void disk_test_exit(struct kunit *test)
{
	struct disk_env *env = test->priv;

	if (!env)
		return;
	vfree(env->buf);
	vfree(env->p);
	vfree(env);
}

static void case_name(const struct disk_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(raft_disk, disk_cases, case_name);

static void disk_case_run(struct kunit *test)
{
	const struct disk_case *c = test->param_value;

	c->run(test->priv);
}

static struct kunit_case disk_test_cases[] = {
	KUNIT_CASE_PARAM(disk_case_run, raft_disk_gen_params),
	{}
};

static struct kunit_suite raft_disk_suite = {
	.name = "raft_disk",
	.init = disk_test_init,
	.exit = disk_test_exit,
	.test_cases = disk_test_cases,
};

kunit_test_suite(raft_disk_suite);
