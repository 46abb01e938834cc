// SPDX-License-Identifier: GPL-2.0
/*
 * core_test.c - runs the cases of kmod/tests/core_cases.h on the host. TAP.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core_cases.h"

#define MAX_ALLOCS	4096

static void *allocs[MAX_ALLOCS];
static int n_allocs;

static void *alloc(struct raft_case_env *env, size_t bytes)
{
	void *p = calloc(1, bytes);

	(void)env;
	if (!p || n_allocs == MAX_ALLOCS)
		abort();
	allocs[n_allocs++] = p;
	return p;
}

static void *payload(struct raft_case_env *env)
{
	return alloc(env, RAFT_CONFIG_BYTES);
}

static void expect(struct raft_case_env *env, bool ok, const char *what,
		   int line)
{
	if (ok)
		return;
	printf("not ok - %s: core_cases.h:%d: %s\n", (char *)env->ctx, line, what);
	exit(1);
}

int main(void)
{
	struct raft_case_env env = {
		.alloc = alloc,
		.payload = payload,
		.expect = expect,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(raft_cases); i++) {
		env.ctx = (void *)raft_cases[i].name;
		raft_cases[i].run(&env);
		while (n_allocs)
			free(allocs[--n_allocs]);
		printf("ok %zu - %s\n", i + 1, raft_cases[i].name);
	}
	printf("1..%zu\n", i);
	return 0;
}
