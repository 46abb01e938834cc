// SPDX-License-Identifier: GPL-2.0
/*
 * join.c - a new node comes into a group that runs.
 *
 * Starts the node blank, if it does not run; the kernel asks the member and
 * waits.  What is here is the file, the address and the words.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../lib/conf.h"

/**
 * struct join_args - the command line
 * @address: where a member listens, as it was given
 * @via: the same
 * @learner: without a vote
 * @timeout_ms: how long to wait until it is a member
 * @up: how to start
 */
struct join_args {
	const char *address;
	struct raft_ioc_member via;
	bool learner;
	uint32_t timeout_ms;
	struct ctl_up_options up;
};

/* The time is over: what was it that did not happen? */
static int late(const struct raft_conf *conf, const struct join_args *args,
		const struct raft_ioc_join *result)
{
	const char *why = NULL;

	if (!result->node) {
		ctl_warn("%s: no answer from %s: no member of group 0x%016llx is there, or datagrams do not come through",
			 conf->name, args->address,
			 (unsigned long long)conf->group_id);
		return CTL_TIMEOUT;
	}
	if (result->error)
		why = raft_ioc_join_error((int)result->error);
	ctl_warn("%s: not a member yet, it may become one: node %u says: %s",
		 conf->name, result->node,
		 why ? why : "under way; see raftctl status there");
	return CTL_TIMEOUT;
}

static int member_ask(int fd, const struct raft_conf *conf,
		      const struct join_args *args)
{
	struct raft_ioc_join result;
	int ret;

	ret = raft_ioc_join(fd, &args->via, args->learner, args->timeout_ms,
			    &result);
	if (!ret)
		return CTL_OK;
	if (ret == -ETIMEDOUT && result.outcome == RAFT_OUTCOME_UNKNOWN)
		return late(conf, args, &result);
	return ctl_outcome(RAFT_OP_JOIN_GROUP, result.outcome, ret, conf->name);
}

static int group_join(const struct raft_conf *conf,
		      const struct join_args *args)
{
	int fd, code;

	fd = raft_ioc_open(O_RDWR);
	code = fd >= 0 && !raft_ioc_attach(fd, conf->name) ? CTL_OK :
	       ctl_up_conf(conf, &args->up);
	if (fd >= 0)
		close(fd);
	if (!code)
		code = ctl_attach(conf->name, O_RDWR, &fd);
	if (code)
		return code;
	code = member_ask(fd, conf, args);
	close(fd);
	return code;
}

static int conf_read(struct raft_conf *conf, const char *arg, char *path,
		     size_t size, uint64_t node)
{
	if (raft_conf_path(arg, path, size))
		return ctl_usage("join: \"%s\" is neither a name of a group nor a path",
				 arg);
	if (raft_conf_load(conf, path, node, stderr))
		return CTL_USAGE;
	if (!conf->node)
		return ctl_usage("%s:%u: [Group] without Node, expected one, or --node NUMBER",
				 path, conf->node_line);
	if (!conf->listen_line || conf->n_peers)
		return ctl_usage("%s: not for a new node, expected Listen and no [Peer]",
				 path);
	return CTL_OK;
}

static int address_read(struct join_args *args, const char *text)
{
	struct raft_addr addr;
	int ret;

	args->address = text;
	ret = raft_addr_parse(text, &addr);
	if (!ret)
		ret = raft_addr_resolve(&addr, &args->via);
	if (ret == -ENODEV)
		return ctl_usage("join: \"%s\": there is no such interface here",
				 text);
	if (ret)
		return ctl_usage("join: \"%s\", expected ADDRESS:PORT, such as 10.0.0.1:7000",
				 text);
	return CTL_OK;
}

enum { OPT_LEARNER = 256, OPT_MODULE };

/**
 * ctl_join() - raftctl join NAME|FILE ADDRESS:PORT
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_join(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },
		{ "log", required_argument, NULL, 'l' },
		{ "timeout", required_argument, NULL, 't' },
		{ "learner", no_argument, NULL, OPT_LEARNER },
		{ "module", required_argument, NULL, OPT_MODULE },
		{ }
	};
	struct join_args args = { .timeout_ms = RAFT_WAIT_FOREVER };
	struct raft_conf conf;
	char path[PATH_MAX];
	uint64_t node = 0;
	int c;

	while ((c = getopt_long(argc, argv, "n:l:t:", options, NULL)) != -1) {
		if (c == 'l')
			args.up.log = optarg;
		else if (c == OPT_LEARNER)
			args.learner = true;
		else if (c == OPT_MODULE)
			args.up.module = optarg;
		else if (c == 'n' ? ctl_u64_parse("--node", optarg, 1,
						  UINT32_MAX, &node) :
			 c != 't' || ctl_ms_parse("--timeout", optarg,
						  &args.timeout_ms))
			return CTL_USAGE;
	}
	if (optind + 2 != argc)
		return ctl_usage("join: expected one NAME or FILE, and ADDRESS:PORT of a member");
	if (conf_read(&conf, argv[optind], path, sizeof(path), node) ||
	    address_read(&args, argv[optind + 1]))
		return CTL_USAGE;
	return group_join(&conf, &args);
}
