// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - have another node lead.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define PATIENCE_MS_MAX	10000

/* The kernel gives up after one election timeout, which may be an hour. */
static uint32_t patience_ms(const struct raft_ioc_status *st)
{
	if (st->election_timeout_ms > PATIENCE_MS_MAX / 2 - 500)
		return PATIENCE_MS_MAX;
	return 2 * st->election_timeout_ms + 1000;
}

/**
 * ctl_transfer() - raftctl transfer [-g NAME] [ID] [--timeout T]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_transfer(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "timeout", required_argument, NULL, 't' },
		{ }
	};
	struct raft_ioc_transfer result;
	const char *group = NULL;
	uint32_t timeout_ms = 0;
	uint64_t target = 0;
	int c, fd, code, ret;

	while ((c = getopt_long(argc, argv, "g:t:", options, NULL)) != -1) {
		if (c == 'g')
			group = optarg;
		else if (c != 't' ||
			 ctl_ms_parse("--timeout", optarg, &timeout_ms))
			return CTL_USAGE;
	}
	if (optind < argc &&
	    ctl_u64_parse("ID", argv[optind++], 1, UINT32_MAX, &target))
		return CTL_USAGE;
	if (optind < argc)
		return ctl_usage("\"%s\" is too much, expected one ID at most",
				 argv[optind]);
	code = ctl_attach(group, O_RDWR, &fd);
	if (code)
		return code;
	ret = raft_ioc_transfer(fd, target, timeout_ms, &result);
	close(fd);
	if (ret)
		return ctl_outcome(RAFT_OP_TRANSFER, result.outcome, ret, group);
	printf("%u\n", result.leader);
	return CTL_OK;
}

static bool has_heir(const struct ctl_snapshot *snap)
{
	const struct raft_ioc_peer *p;

	for (p = snap->peers; p < snap->peers + snap->st.n_peers; p++)
		if (!(p->flags & (RAFT_PEER_SELF | RAFT_MEMBER_LEARNER |
				  RAFT_MEMBER_WITNESS | RAFT_MEMBER_GONE)))
			return true;
	return false;
}

/**
 * ctl_hand_over() - if this node leads, let the best of the others lead
 * @group: name of the group, NULL for the only one
 *
 * Before it stops: the others need not find out by a timeout then.  Says so if
 * it does not work, and is silent where there is nothing to hand over.
 */
void ctl_hand_over(const char *group)
{
	struct raft_ioc_transfer result;
	struct ctl_snapshot snap;
	const char *text;
	int fd, ret;

	fd = raft_ioc_open(O_RDWR);
	if (fd < 0)
		return;
	ret = raft_ioc_attach(fd, group);
	if (!ret)
		ret = raft_ioc_status(fd, &snap.st, snap.peers);
	if (ret || snap.st.failed || snap.st.role != RAFT_ROLE_LEADER ||
	    !has_heir(&snap))
		goto out;
	ret = raft_ioc_transfer(fd, 0, patience_ms(&snap.st), &result);
	text = ret ? raft_ioc_outcome(RAFT_OP_TRANSFER, result.outcome, ret) :
		     NULL;
	if (text)
		ctl_warn("%s: no other node took over: %s", snap.st.name, text);
out:
	close(fd);
}
