// SPDX-License-Identifier: GPL-2.0
/*
 * session.c - sessions for commands that are repeated, and the other end: what a
 * state machine says of the commands that it has applied.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/**
 * ctl_session() - raftctl session [NAME] [--timeout T]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_session(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "timeout", required_argument, NULL, 't' },
		{ }
	};
	const char *group = NULL;
	uint32_t timeout_ms = 0;
	int c, fd, code, ret;
	uint64_t client;

	while ((c = getopt_long(argc, argv, "g:t:", options, NULL)) != -1) {
		if (c == 'g')
			group = optarg;
		else if (c != 't' ||
			 ctl_ms_parse("--timeout", optarg, &timeout_ms))
			return CTL_USAGE;
	}
	if (ctl_group_arg(argc, argv, &group))
		return CTL_USAGE;
	code = ctl_attach(group, O_RDWR, &fd);
	if (code)
		return code;
	ret = raft_ioc_session(fd, timeout_ms, &client);
	close(fd);
	if (ret)
		return ctl_fail(RAFT_OP_PROPOSE, ret, group, NULL);
	printf("%llu\n", (unsigned long long)client);
	return CTL_OK;
}

/* One byte more than there may be, so that the kernel says that it is too long. */
static int result_read(const char *path, char buf[RAFT_RESULT_MAX + 1],
		       size_t *len)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	bool bad;

	if (!in) {
		ctl_warn("%s: %s", path, strerror(errno));
		return CTL_FAILED;
	}
	*len = fread(buf, 1, RAFT_RESULT_MAX + 1, in);
	bad = ferror(in);
	if (bad)
		ctl_warn("%s: %s", path, strerror(errno));
	if (in != stdin)
		fclose(in);
	return bad ? CTL_FAILED : CTL_OK;
}

/**
 * ctl_applied() - raftctl applied [-g NAME] INDEX [--result FILE|-]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_applied(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "result", required_argument, NULL, 'r' },
		{ }
	};
	const char *group = NULL, *path = NULL;
	char buf[RAFT_RESULT_MAX + 1];
	int c, fd, code, ret;
	uint64_t index;
	size_t len = 0;

	while ((c = getopt_long(argc, argv, "g:r:", options, NULL)) != -1) {
		if (c == 'g')
			group = optarg;
		else if (c == 'r')
			path = optarg;
		else
			return CTL_USAGE;
	}
	if (optind + 1 != argc)
		return ctl_usage("applied: expected one INDEX");
	if (ctl_u64_parse("INDEX", argv[optind], 1, UINT64_MAX, &index))
		return CTL_USAGE;
	code = path ? result_read(path, buf, &len) : CTL_OK;
	if (!code)
		code = ctl_attach(group, O_RDWR, &fd);
	if (code)
		return code;
	ret = raft_ioc_applied(fd, index, path ? buf : NULL, len);
	close(fd);
	return ret ? ctl_fail(RAFT_OP_APPLIED, ret, group, NULL) : CTL_OK;
}
