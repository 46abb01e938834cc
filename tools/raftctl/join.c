// SPDX-License-Identifier: GPL-2.0
/*
 * join.c - a new node comes into a group that runs.
 *
 * The node starts blank and listens.  Then somebody asks a member to add it; the
 * leader finds it by the address in the configuration, and all else is in the
 * log.  The kernel of a blank node cannot ask a member by itself: the operator
 * does, or a command that he gives.
 */
#include "ctl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/conf.h"

/**
 * struct join_args - the command line
 * @via: runs raftctl at a member, NULL: the operator does
 * @learner: without a vote
 * @timeout_ms: how long to wait until it is a member
 * @up: how to start
 */
struct join_args {
	const char *via;
	bool learner;
	uint32_t timeout_ms;
	struct ctl_up_options up;
};

/* What is to be done at a member, but for who does it. */
static int request_write(const struct raft_conf *conf,
			 const struct join_args *args, char *buf, size_t size)
{
	struct raft_ioc_member m = { };
	char addr[RAFT_ADDR_STRLEN];

	if (raft_addr_resolve(&conf->listen, &m))
		return ctl_usage("%s:%u: interface \"%s\" does not exist",
				 conf->file, conf->listen_line,
				 conf->listen.scope);
	raft_addr_format(m.family, m.addr, m.scope_id, m.port, addr,
			 sizeof(addr));
	snprintf(buf, size, "member %s -g %s '%u=%s'",
		 args->learner ? "add-learner" : "add", conf->name, conf->node,
		 addr);
	return CTL_OK;
}

static int request_run(const struct join_args *args, const char *request)
{
	char *command;
	int status;

	if (asprintf(&command, "%s %s >&2", args->via, request) < 0) {
		ctl_warn("out of memory");
		return CTL_FAILED;
	}
	fflush(stdout);
	status = system(command);
	if (status < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
		ctl_warn("did not work: %s", command);
	free(command);
	return status < 0 || !WIFEXITED(status) ? CTL_FAILED :
						  WEXITSTATUS(status);
}

/* As much of a member as was asked for. */
static bool has_joined(const struct ctl_snapshot *snap, bool learner)
{
	const struct raft_ioc_peer *self = ctl_peer(snap, snap->st.node_id);

	return self && (learner || !(self->flags & RAFT_MEMBER_LEARNER));
}

static int membership_wait(int fd, const char *group,
			   const struct join_args *args)
{
	uint64_t end = raft_clock_ns() + args->timeout_ms * RAFT_NS_PER_MS;
	struct raft_ioc_wait result;
	struct ctl_snapshot snap;
	uint32_t left = args->timeout_ms;
	int code, ret;

	for (;;) {
		code = ctl_snapshot(fd, group, &snap);
		if (code || has_joined(&snap, args->learner))
			return code;
		if (left != RAFT_WAIT_FOREVER)
			left = raft_clock_ns() < end ?
			       (end - raft_clock_ns()) / RAFT_NS_PER_MS + 1 : 0;
		ret = ctl_wait(fd, RAFT_WAIT_CHANGE, snap.st.events, left,
			       &result);
		if (ret)
			return ctl_fail(RAFT_OP_WAIT, ret, group, NULL);
	}
}

static int group_join(const struct raft_conf *conf,
		      const struct join_args *args, const char *request)
{
	struct ctl_snapshot snap;
	int fd, code;

	fd = raft_ioc_open(O_RDWR);
	code = fd >= 0 && !raft_ioc_attach(fd, conf->name) ? CTL_OK :
	       ctl_up_conf(conf, &args->up);
	if (fd >= 0)
		close(fd);
	if (!code)
		code = ctl_attach(conf->name, O_RDONLY, &fd);
	if (code)
		return code;
	code = ctl_snapshot(fd, conf->name, &snap);
	if (!code && snap.st.state & RAFT_STATUS_REMOVED) {
		ctl_warn("%s: node %u was removed; a new node begins with a new log",
			 conf->name, conf->node);
		code = CTL_FAILED;
	} else if (!code && !has_joined(&snap, args->learner)) {
		if (args->via)
			code = request_run(args, request);
		else
			ctl_warn("%s: waits for this at any member: raftctl %s",
				 conf->name, request);
	}
	if (!code)
		code = membership_wait(fd, conf->name, args);
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

enum { OPT_VIA = 256, OPT_LEARNER, OPT_MODULE };

/**
 * ctl_join() - raftctl join NAME|FILE [--via COMMAND]
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
		{ "via", required_argument, NULL, OPT_VIA },
		{ "learner", no_argument, NULL, OPT_LEARNER },
		{ "module", required_argument, NULL, OPT_MODULE },
		{ }
	};
	struct join_args args = { .timeout_ms = RAFT_WAIT_FOREVER };
	char path[PATH_MAX], request[256];
	struct raft_conf conf;
	uint64_t node = 0;
	int c;

	while ((c = getopt_long(argc, argv, "n:l:t:", options, NULL)) != -1) {
		if (c == 'l')
			args.up.log = optarg;
		else if (c == OPT_VIA)
			args.via = optarg;
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
	if (optind + 1 != argc)
		return ctl_usage("join: expected one NAME or FILE");
	if (conf_read(&conf, argv[optind], path, sizeof(path), node) ||
	    request_write(&conf, &args, request, sizeof(request)))
		return CTL_USAGE;
	return group_join(&conf, &args, request);
}
