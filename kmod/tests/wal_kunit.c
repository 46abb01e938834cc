// SPDX-License-Identifier: GPL-2.0
/*
 * wal_kunit.c - the cases of wal_cases.h on a file in memory, or on the file that
 * the module parameter names (of 4 MiB; it is overwritten).
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/shmem_fs.h>
#include <linux/vmalloc.h>

#include "wal_cases.h"

static char *wal_file;
module_param(wal_file, charp, 0400);
MODULE_PARM_DESC(wal_file, "file or block device for the raft_wal suite");

static void case_expect(struct wal_env *env, bool ok, const char *what,
			int line)
{
	struct kunit *test = env->ctx;

	KUNIT_ASSERT_TRUE_MSG(test, ok, "wal_cases.h:%d: %s", line, what);
}

static void file_zero(struct kunit *test, struct file *file)
{
	void *zeros = kunit_kzalloc(test, RAFT_DISK_DATA_POS, GFP_KERNEL);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, zeros);
	KUNIT_ASSERT_EQ(test, kernel_write(file, zeros, RAFT_DISK_DATA_POS, &pos),
			(ssize_t)RAFT_DISK_DATA_POS);
}

static int wal_test_init(struct kunit *test)
{
	struct wal_env *env = vzalloc(sizeof(*env));

	if (!env)
		return -ENOMEM;
	env->expect = case_expect;
	env->ctx = test;
	if (wal_file)
		env->file = filp_open(wal_file, O_RDWR | O_LARGEFILE, 0);
	else
		env->file = shmem_file_setup("raft_wal_kunit", WAL_CASE_SIZE, 0);
	test->priv = env;
	KUNIT_ASSERT_FALSE(test, IS_ERR(env->file));
	file_zero(test, env->file);
	wal_env_init(env);
	return 0;
}

static void wal_test_exit(struct kunit *test)
{
	struct wal_env *env = test->priv;

	if (!env)
		return;
	wal_env_exit(env);
	if (!IS_ERR_OR_NULL(env->file))
		fput(env->file);
	vfree(env);
}

static void case_name(const struct wal_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(raft_wal, wal_cases, case_name);

static void wal_case_run(struct kunit *test)
{
	const struct wal_case *c = test->param_value;

	c->run(test->priv);
}

static struct kunit_case wal_test_cases[] = {
	KUNIT_CASE_PARAM(wal_case_run, raft_wal_gen_params),
	{}
};

static struct kunit_suite raft_wal_suite = {
	.name = "raft_wal",
	.init = wal_test_init,
	.exit = wal_test_exit,
	.test_cases = wal_test_cases,
};

kunit_test_suite(raft_wal_suite);
