// SPDX-License-Identifier: GPL-2.0
/*
 * read.c - the read barrier.
 */
#include "ctl.h"

#include <fcntl.h>
#include <unistd.h>

/**
 * ctl_read() - raftctl read [NAME] [--lease] [--timeout T]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_read(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "timeout", required_argument, NULL, 't' },
		{ "lease", no_argument, NULL, 'l' },
		{ }
	};
	uint32_t timeout_ms = 0, flags = 0;
	const char *group = NULL;
	int c, fd, code, ret;
	uint64_t index;

	while ((c = getopt_long(argc, argv, "g:t:l", options, NULL)) != -1) {
		if (c == 'g')
			group = optarg;
		else if (c == 'l')
			flags = RAFT_READ_LEASE;
		else if (c != 't' ||
			 ctl_ms_parse("--timeout", optarg, &timeout_ms))
			return CTL_USAGE;
	}
	if (ctl_group_arg(argc, argv, &group))
		return CTL_USAGE;
	code = ctl_attach(group, O_RDONLY, &fd);
	if (code)
		return code;
	ret = raft_ioc_read(fd, flags, timeout_ms, &index);
	close(fd);
	if (ret)
		return ctl_fail(RAFT_OP_BARRIER, ret, group, NULL);
	printf("%llu\n", (unsigned long long)index);
	return CTL_OK;
}
