// SPDX-License-Identifier: GPL-2.0
/*
 * wait.c - wait for a leader or for an index.
 */
#include "ctl.h"

#include <fcntl.h>
#include <unistd.h>

struct wait_args {
	const char *group;
	uint32_t timeout_ms;
};

static int options_read(int argc, char **argv, struct wait_args *args)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "timeout", required_argument, NULL, 't' },
		{ }
	};
	int c;

	args->group = NULL;
	args->timeout_ms = RAFT_WAIT_FOREVER;
	while ((c = getopt_long(argc, argv, "g:t:", options, NULL)) != -1) {
		if (c == 'g')
			args->group = optarg;
		else if (c != 't' ||
			 ctl_ms_parse("--timeout", optarg, &args->timeout_ms))
			return CTL_USAGE;
	}
	return CTL_OK;
}

static int group_wait(const struct wait_args *args, uint32_t what,
		      uint64_t value, struct raft_ioc_wait *result)
{
	int fd, code, ret;

	code = ctl_attach(args->group, O_RDONLY, &fd);
	if (code)
		return code;
	ret = ctl_wait(fd, what, value, args->timeout_ms, result);
	close(fd);
	return ret ? ctl_fail(RAFT_OP_WAIT, ret, args->group, NULL) : CTL_OK;
}

/**
 * ctl_wait_leader() - raftctl wait-leader [NAME] [--timeout T]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_wait_leader(int argc, char **argv)
{
	struct raft_ioc_wait result;
	struct wait_args args;
	int code;

	if (options_read(argc, argv, &args) ||
	    ctl_group_arg(argc, argv, &args.group))
		return CTL_USAGE;
	code = group_wait(&args, RAFT_WAIT_LEADER, 0, &result);
	if (!code)
		printf("%u\n", result.leader);
	return code;
}

/**
 * ctl_wait_applied() - raftctl wait-applied [-g NAME] INDEX [--timeout T]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_wait_applied(int argc, char **argv)
{
	struct raft_ioc_wait result;
	struct wait_args args;
	uint64_t index;

	if (options_read(argc, argv, &args))
		return CTL_USAGE;
	if (optind + 1 != argc)
		return ctl_usage("wait-applied: expected one INDEX");
	if (ctl_u64_parse("INDEX", argv[optind], 0, UINT64_MAX, &index))
		return CTL_USAGE;
	return group_wait(&args, RAFT_WAIT_APPLIED, index, &result);
}
