// SPDX-License-Identifier: GPL-2.0
/*
 * showconf.c - a running group as a file, and a file as good or bad.
 */
#include "ctl.h"

#include <fcntl.h>
#include <unistd.h>

#include "../lib/conf.h"

#define ALL_SETTINGS	UINT32_MAX

static void group_print(const struct raft_ioc_status *st)
{
	const struct raft_ioc_member *m = &st->listen;
	char addr[RAFT_ADDR_STRLEN];
	struct raft_conf conf;

	raft_conf_from_status(&conf, st);
	printf("[Group]\nId = 0x%016llx\nNode = %u\nLogSize = %llu\n",
	       (unsigned long long)conf.group_id, conf.node,
	       (unsigned long long)conf.log_size);
	raft_addr_format(m->family, m->addr, m->scope_id, m->port, addr,
			 sizeof(addr));
	/* Of a member its [Peer] says it. */
	if (!(st->state & RAFT_STATUS_MEMBER))
		printf("Listen = %s\n", addr);
	raft_conf_write(stdout, &conf, ALL_SETTINGS);
	puts("# The path of the log cannot be asked from the kernel.");
}

/* Who is on the way out is not there any more for a group that starts. */
static void peers_print(const struct ctl_snapshot *snap)
{
	const struct raft_ioc_peer *p;
	char addr[RAFT_ADDR_STRLEN];

	for (p = snap->peers; p < snap->peers + snap->st.n_peers; p++) {
		if (p->flags & RAFT_MEMBER_GONE)
			continue;
		raft_addr_format(p->family, p->addr, p->scope_id, p->port, addr,
				 sizeof(addr));
		printf("\n[Peer]\nId = %u\nAddress = %s\n", p->id, addr);
		if (p->flags & RAFT_MEMBER_LEARNER)
			puts("Learner = yes");
	}
}

/**
 * ctl_showconf() - raftctl showconf [NAME]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_showconf(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ }
	};
	const char *group = NULL;
	struct ctl_snapshot snap;
	int c, fd, code;

	while ((c = getopt_long(argc, argv, "g:", options, NULL)) != -1) {
		if (c != 'g')
			return CTL_USAGE;
		group = optarg;
	}
	if (ctl_group_arg(argc, argv, &group))
		return CTL_USAGE;
	code = ctl_attach(group, O_RDONLY, &fd);
	if (code)
		return code;
	code = ctl_snapshot(fd, group, &snap);
	close(fd);
	if (code)
		return code;
	group_print(&snap.st);
	peers_print(&snap);
	return CTL_OK;
}

static void conf_describe(const char *path, const struct raft_conf *conf)
{
	unsigned int i, learners = 0;

	for (i = 0; i < conf->n_peers; i++)
		learners += conf->peers[i].learner;
	printf("%s: good: group %s, id 0x%016llx, %u voters, %u learners",
	       path, conf->name, (unsigned long long)conf->group_id,
	       conf->n_peers - learners, learners);
	if (conf->node)
		printf(", node %u\n", conf->node);
	else
		puts(", any node");
}

/**
 * ctl_checkconf() - raftctl checkconf NAME|FILE [--node N]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_checkconf(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },
		{ }
	};
	struct raft_conf conf;
	char path[PATH_MAX];
	uint64_t node = 0;
	int c;

	while ((c = getopt_long(argc, argv, "n:", options, NULL)) != -1)
		if (c != 'n' ||
		    ctl_u64_parse("--node", optarg, 1, UINT32_MAX, &node))
			return CTL_USAGE;
	if (optind + 1 != argc)
		return ctl_usage("checkconf: expected one NAME or FILE");
	if (raft_conf_path(argv[optind], path, sizeof(path)))
		return ctl_usage("checkconf: \"%s\" is neither a name of a group nor a path",
				 argv[optind]);
	if (raft_conf_load(&conf, path, node, stderr))
		return CTL_USAGE;
	conf_describe(path, &conf);
	return CTL_OK;
}
