// SPDX-License-Identifier: GPL-2.0
/*
 * set.c - settings of a group that runs: from the command line, or from its
 * file, which may have changed since it was started.
 *
 * The words of the command line become the text of a raft.conf(5) that is read
 * over what is in force, so that they are checked by the same code.
 */
#include "ctl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/conf.h"

/* A setting, or what there is instead. */
static int word_check(const char *word)
{
	const char *key, *eq = strchr(word, '=');
	char buf[32] = "", list[256];
	size_t len = 0;
	uint32_t bit;

	if (eq && (size_t)(eq - word) < sizeof(buf))
		memcpy(buf, word, eq - word);
	if (strpbrk(word, "\n#"))
		return ctl_usage("set: \"%s\" has a newline or '#' in it", word);
	if (raft_conf_key_set(buf))
		return CTL_OK;
	for (bit = 1; (key = raft_conf_set_key(bit)); bit <<= 1)
		len += snprintf(list + len, sizeof(list) - len, "%s%s",
				len ? ", " : "", key);
	return ctl_usage("set: \"%s\", expected KEY=VALUE with one of %s",
			 word, list);
}

static int words_read(int argc, char **argv, struct raft_conf *conf)
{
	char *text = NULL;
	int ret = CTL_OK;
	FILE *out;
	size_t len;

	out = open_memstream(&text, &len);
	if (!out) {
		ctl_warn("out of memory");
		return CTL_FAILED;
	}
	fputs("[Group]", out);
	for (; optind < argc && !ret; optind++) {
		ret = word_check(argv[optind]);
		fprintf(out, "\n%s", argv[optind]);
	}
	fclose(out);
	/* Which node this is, and who the members are, is not asked here. */
	conf->node = 0;
	if (!ret && raft_conf_parse(conf, "(arguments)", text, len, 0, stderr))
		ret = CTL_USAGE;
	free(text);
	return ret;
}

static int settings_set(int fd, const char *group, const struct raft_conf *conf,
			uint32_t mask)
{
	struct raft_ioc_set set;
	int ret;

	raft_conf_to_set(conf, mask, &set);
	ret = raft_ioc_set(fd, &set);
	return ret ? ctl_fail(RAFT_OP_SET, ret, group, NULL) : CTL_OK;
}

/**
 * ctl_set() - raftctl set [-g NAME] KEY=VALUE...
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_set(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ }
	};
	const char *group = NULL;
	struct ctl_snapshot snap;
	struct raft_conf conf;
	int c, fd, code;

	while ((c = getopt_long(argc, argv, "g:", options, NULL)) != -1) {
		if (c != 'g')
			return CTL_USAGE;
		group = optarg;
	}
	if (optind == argc)
		return ctl_usage("set: expected KEY=VALUE, such as Heartbeat=50ms");
	for (c = optind; c < argc; c++)
		if (word_check(argv[c]))
			return CTL_USAGE;
	code = ctl_attach(group, O_RDWR, &fd);
	if (code)
		return code;
	code = ctl_snapshot(fd, group, &snap);
	if (!code) {
		raft_conf_from_status(&conf, &snap.st);
		code = words_read(argc, argv, &conf);
	}
	if (!code)
		code = settings_set(fd, group, &conf, conf.set);
	close(fd);
	return code;
}

/* Whether a [Peer] of the file is a member, as the file says. */
static bool peer_is_member(const struct raft_conf_peer *peer,
			   const struct ctl_snapshot *snap)
{
	const struct raft_ioc_peer *p = ctl_peer(snap, peer->id);
	struct raft_ioc_member m = { };

	return p && !raft_addr_resolve(&peer->addr, &m) &&
	       p->family == m.family && p->port == m.port &&
	       p->scope_id == m.scope_id &&
	       !memcmp(p->addr, m.addr, sizeof(m.addr)) &&
	       !(p->flags & RAFT_MEMBER_LEARNER) == !peer->learner &&
	       !(p->flags & RAFT_MEMBER_WITNESS) == !peer->witness;
}

/* What is in the file and cannot be changed while the group runs. */
static int rest_compare(const char *path, const struct raft_conf *conf,
			const struct ctl_snapshot *snap)
{
	const struct raft_ioc_status *st = &snap->st;
	bool same = conf->n_peers == st->n_peers;
	unsigned int i;

	if (conf->group_id != st->group_id || (conf->node &&
					       conf->node != st->node_id)) {
		ctl_warn("%s: is for group 0x%016llx, but 0x%016llx runs, node %u; down and up are needed",
			 path, (unsigned long long)conf->group_id,
			 (unsigned long long)st->group_id, st->node_id);
		return CTL_FAILED;
	}
	if (conf->log_size != st->log_size &&
	    conf->log_size != RAFT_CONF_LOG_SIZE)
		ctl_warn("%s: LogSize does not change a log that is there",
			 path);
	for (i = 0; i < conf->n_peers; i++)
		same = same && peer_is_member(&conf->peers[i], snap);
	if (conf->n_peers && !same)
		ctl_warn("%s: the members are not those of the file any more; raftctl member changes them, not this",
			 path);
	return CTL_OK;
}

/**
 * ctl_sync() - raftctl sync NAME|FILE
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_sync(int argc, char **argv)
{
	static const struct option options[] = { { } };
	struct raft_conf conf, now;
	struct ctl_snapshot snap;
	char path[PATH_MAX];
	uint32_t mask;
	int fd, code;

	if (getopt_long(argc, argv, "", options, NULL) != -1)
		return CTL_USAGE;
	if (optind + 1 != argc)
		return ctl_usage("sync: expected one NAME or FILE");
	if (raft_conf_path(argv[optind], path, sizeof(path)))
		return ctl_usage("sync: \"%s\" is neither a name of a group nor a path",
				 argv[optind]);
	if (raft_conf_load(&conf, path, 0, stderr))
		return CTL_USAGE;
	code = ctl_attach(conf.name, O_RDWR, &fd);
	if (code)
		return code;
	code = ctl_snapshot(fd, conf.name, &snap);
	if (!code)
		code = rest_compare(path, &conf, &snap);
	if (!code) {
		raft_conf_defaults(&conf);
		raft_conf_from_status(&now, &snap.st);
		mask = raft_conf_differ(&conf, &now);
		if (mask)
			code = settings_set(fd, conf.name, &conf, mask);
		if (mask && !code)
			raft_conf_write(stdout, &conf, mask);
	}
	close(fd);
	return code;
}
