// SPDX-License-Identifier: GPL-2.0
/*
 * start.c - start a group all by options.
 *
 * The options become the text of a raft.conf(5), so that they are checked by the
 * same code and mean the same.
 */
#include "ctl.h"

#include <stdlib.h>
#include <string.h>

#include "../lib/conf.h"

enum {
	OPT_MODULE = 256,
	OPT_NO_CREATE,
	OPT_FRESH,
	OPT_LOST_NOTHING,
	OPT_KEY,		/* and behind: keys[opt - OPT_KEY] */
};

static const char * const keys[] = {
	"Node", "Id", "LogSize", "Listen", "ElectionTimeout", "Heartbeat",
	"ProposeTimeout", "PreVote", "CheckQuorum", "MaxInflight",
	"MaxInflightBytes", "MaxBatch", "MaxUncommitted", "Priority",
	"LeaseDrift",
};

static const struct option options[] = {
	{ "log", required_argument, NULL, 'l' },
	{ "peer", required_argument, NULL, 'p' },
	{ "module", required_argument, NULL, OPT_MODULE },
	{ "no-create", no_argument, NULL, OPT_NO_CREATE },
	{ "fresh", no_argument, NULL, OPT_FRESH },
	{ "lost-nothing", no_argument, NULL, OPT_LOST_NOTHING },
	{ "node", required_argument, NULL, OPT_KEY },
	{ "id", required_argument, NULL, OPT_KEY + 1 },
	{ "log-size", required_argument, NULL, OPT_KEY + 2 },
	{ "listen", required_argument, NULL, OPT_KEY + 3 },
	{ "election-timeout", required_argument, NULL, OPT_KEY + 4 },
	{ "heartbeat", required_argument, NULL, OPT_KEY + 5 },
	{ "propose-timeout", required_argument, NULL, OPT_KEY + 6 },
	{ "prevote", required_argument, NULL, OPT_KEY + 7 },
	{ "check-quorum", required_argument, NULL, OPT_KEY + 8 },
	{ "max-inflight", required_argument, NULL, OPT_KEY + 9 },
	{ "max-inflight-bytes", required_argument, NULL, OPT_KEY + 10 },
	{ "max-batch", required_argument, NULL, OPT_KEY + 11 },
	{ "max-uncommitted", required_argument, NULL, OPT_KEY + 12 },
	{ "priority", required_argument, NULL, OPT_KEY + 13 },
	{ "lease-drift", required_argument, NULL, OPT_KEY + 14 },
	{ }
};

/* ID=ADDRESS:PORT[,learner] as a section of its own. */
static int peer_write(FILE *out, const char *arg)
{
	const char *addr = strchr(arg, '=');
	const char *comma = strchr(arg, ',');

	if (!addr || (comma && strcmp(comma, ",learner")))
		return ctl_usage("--peer is \"%s\", expected ID=ADDRESS:PORT[,learner]",
				 arg);
	fprintf(out, "[Peer]\nId = %.*s\nAddress = %.*s\n", (int)(addr - arg),
		arg, comma ? (int)(comma - addr - 1) : (int)strlen(addr + 1),
		addr + 1);
	if (comma)
		fputs("Learner = yes\n", out);
	return CTL_OK;
}

static int options_read(int argc, char **argv, struct ctl_up_options *opt,
			FILE *group, FILE *peers)
{
	int c;

	fputs("[Group]\n", group);
	while ((c = getopt_long(argc, argv, "n:l:p:", options, NULL)) != -1) {
		if (c == 'n')
			c = OPT_KEY;
		if (c == '?')
			return CTL_USAGE;
		if (optarg && strpbrk(optarg, "\n#"))
			return ctl_usage("start: \"%s\" has a newline or '#' in it",
					 optarg);
		if (c >= OPT_KEY)
			fprintf(group, "%s = %s\n", keys[c - OPT_KEY], optarg);
		else if (c == 'p' && peer_write(peers, optarg))
			return CTL_USAGE;
		else if (c == 'l')
			opt->log = optarg;
		else if (c == OPT_MODULE)
			opt->module = optarg;
		else if (c == OPT_NO_CREATE)
			opt->no_create = true;
		else if (c == OPT_FRESH)
			opt->fresh = true;
		else if (c == OPT_LOST_NOTHING)
			opt->lost_nothing = true;
	}
	if (optind + 1 != argc)
		return ctl_usage("start: expected one NAME");
	if (!raft_name_valid(argv[optind]))
		return ctl_usage("start: \"%s\" is no name of a group", argv[optind]);
	return CTL_OK;
}

/**
 * ctl_start() - raftctl start NAME OPTION...
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_start(int argc, char **argv)
{
	char *text = NULL, *peers_text = NULL;
	struct ctl_up_options opt = { };
	struct raft_conf conf;
	FILE *group, *peers;
	size_t len, n;
	int ret;

	group = open_memstream(&text, &len);
	peers = open_memstream(&peers_text, &n);
	if (!group || !peers) {
		ctl_warn("out of memory");
		return CTL_FAILED;
	}
	ret = options_read(argc, argv, &opt, group, peers);
	fclose(peers);
	fputs(peers_text, group);
	fclose(group);
	if (ret)
		goto out;
	raft_conf_init(&conf, argv[optind]);
	if (raft_conf_parse(&conf, "(options)", text, len, 0, stderr))
		ret = CTL_USAGE;
	else
		ret = ctl_up_conf(&conf, &opt);
out:
	free(peers_text);
	free(text);
	return ret;
}
