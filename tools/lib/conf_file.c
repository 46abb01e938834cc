// SPDX-License-Identifier: GPL-2.0
/*
 * conf_file.c - where a raft.conf(5) and its log are, and what the kernel gets.
 *
 * Reads files, looks up interfaces; what a file says is conf.c's.
 */
#include "conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/**
 * raft_conf_name() - the name of the group that a file describes
 * @file: name of a group, or path of a file
 * @name: the name: without directory and ".conf" (out)
 *
 * Return: 0, -EINVAL if no group can be called so.
 */
int raft_conf_name(const char *file, char name[RAFT_NAME_LEN])
{
	const char *base = strrchr(file, '/');
	size_t len;

	base = base ? base + 1 : file;
	len = strlen(base);
	if (len > 5 && !strcmp(base + len - 5, ".conf"))
		len -= 5;
	if (len >= RAFT_NAME_LEN)
		return -EINVAL;
	memcpy(name, base, len);
	name[len] = '\0';
	return raft_name_valid(name) ? 0 : -EINVAL;
}

static ssize_t file_read(const char *file, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd;

	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	do {
		n = read(fd, buf + len, size - len);
		if (n < 0 && errno != EINTR) {
			n = -errno;
			close(fd);
			return n;
		}
		len += n > 0 ? n : 0;
	} while (n && len < size);
	close(fd);
	return len;
}

/**
 * raft_conf_load() - read a file
 * @conf: the group (out)
 * @file: its path; must live as long as @conf
 * @node: node id that overrides the file's, 0 for none
 * @err: where complaints go
 *
 * Return: 0; -EINVAL if there were complaints; or the negative errno with which
 * the file could not be read, about which it has complained as well.
 */
int raft_conf_load(struct raft_conf *conf, const char *file, uint32_t node,
		   FILE *err)
{
	char name[RAFT_NAME_LEN];
	ssize_t len;
	char *text;
	int ret;

	if (raft_conf_name(file, name)) {
		fprintf(err,
			"%s: not the name of a group, expected 1 to %d letters, digits, '-', '_' or '.' before \".conf\"\n",
			file, RAFT_NAME_LEN - 1);
		return -EINVAL;
	}
	text = malloc(RAFT_CONF_BYTES_MAX + 1);
	if (!text) {
		fprintf(err, "%s: out of memory\n", file);
		return -ENOMEM;
	}
	len = file_read(file, text, RAFT_CONF_BYTES_MAX + 1);
	if (len < 0) {
		fprintf(err, "%s: %s\n", file, strerror(-len));
		ret = len;
	} else if (len > (ssize_t)RAFT_CONF_BYTES_MAX) {
		fprintf(err, "%s: larger than 1 MiB, expected a raft.conf(5)\n",
			file);
		ret = -EINVAL;
	} else {
		raft_conf_init(conf, name);
		ret = raft_conf_parse(conf, file, text, len, node, err) ?
		      -EINVAL : 0;
	}
	free(text);
	return ret;
}

/**
 * raft_conf_path() - the file of a group
 * @name: name of a group, or path of a file: has a '/' or ends in ".conf"
 * @path: the path (out)
 * @size: bytes in @path
 *
 * Return: 0, -EINVAL if @name is neither, -ENAMETOOLONG.
 */
int raft_conf_path(const char *name, char *path, size_t size)
{
	size_t len = strlen(name);
	int n;

	if (strchr(name, '/') ||
	    (len > 5 && !strcmp(name + len - 5, ".conf"))) {
		n = snprintf(path, size, "%s", name);
	} else {
		if (!raft_name_valid(name))
			return -EINVAL;
		n = snprintf(path, size, "%s/%s.conf", RAFT_CONF_DIR, name);
	}
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int path_expand(const struct raft_conf *conf, uint32_t node,
		       const char *s, char *path, size_t size)
{
	size_t len = 0;

	for (; *s && len < size; s++) {
		if (*s != '%') {
			path[len++] = *s;
			continue;
		}
		s++;
		if (*s == 'n')
			len += snprintf(path + len, size - len, "%u", node);
		else if (*s == 'g')
			len += snprintf(path + len, size - len, "%s",
					conf->name);
		else if (*s == '%')
			path[len++] = '%';
		else
			return -EINVAL;
	}
	if (len >= size)
		return -ENAMETOOLONG;
	path[len] = '\0';
	return 0;
}

/**
 * raft_conf_log() - the path of the log of a node
 * @conf: the group
 * @node: id of the node, for %n
 * @path: the path (out)
 * @size: bytes in @path
 *
 * Return: 0, -EINVAL if there is a '%' that means nothing, -ENAMETOOLONG.
 */
int raft_conf_log(const struct raft_conf *conf, uint32_t node, char *path,
		  size_t size)
{
	return path_expand(conf, node, conf->log, path, size);
}

/**
 * raft_conf_snapshots() - the path of one of the two files for snapshots
 * @conf: the group
 * @node: id of the node, for %n
 * @log: path of the log
 * @i: 0 or 1
 * @path: the path (out): that of the log with ".snap" instead of ".log", unless
 *	the file says another, and ".0" or ".1"
 * @size: bytes in @path
 *
 * Return: as raft_conf_log().
 */
int raft_conf_snapshots(const struct raft_conf *conf, uint32_t node,
			const char *log, int i, char *path, size_t size)
{
	size_t len = strlen(log);
	int n, ret;

	if (*conf->snapshots) {
		ret = path_expand(conf, node, conf->snapshots, path, size);
		if (ret)
			return ret;
		len = strlen(path);
		n = snprintf(path + len, size - len, ".%d", i);
		return n < 0 || (size_t)n >= size - len ? -ENAMETOOLONG : 0;
	}
	if (len > 4 && !strcmp(log + len - 4, ".log"))
		len -= 4;
	n = snprintf(path, size, "%.*s.snap.%d", (int)len, log, i);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int resolve(const struct raft_conf *conf, const struct raft_addr *addr,
		   unsigned int line, struct raft_ioc_member *member, FILE *err)
{
	if (!raft_addr_resolve(addr, member))
		return 0;
	fprintf(err,
		"%s:%u: interface \"%s\" does not exist, expected one of this network namespace\n",
		conf->file, line, addr->scope);
	return -ENODEV;
}

/**
 * raft_conf_to_start() - what RAFT_IOC_START takes, but for the log
 * @conf: a good configuration
 * @start: arguments (out); log_fd is -1; points to @members
 * @members: members (out)
 * @err: where complaints go
 *
 * Context: the network namespace of the caller decides about interfaces.
 * Return: 0; -EINVAL if nothing says which node this is; -ENODEV if an
 * interface does not exist here.
 */
int raft_conf_to_start(const struct raft_conf *conf,
		       struct raft_ioc_start *start,
		       struct raft_ioc_member members[RAFT_NODES_MAX],
		       FILE *err)
{
	const struct raft_conf_peer *peer;
	unsigned int i;
	int ret = 0;

	if (!conf->node) {
		fprintf(err,
			"%s:%u: [Group] without Node, expected Node = NUMBER here, or --node NUMBER\n",
			conf->file, conf->node_line);
		return -EINVAL;
	}
	memset(start, 0, sizeof(*start));
	memset(members, 0, RAFT_NODES_MAX * sizeof(*members));
	start->size = sizeof(*start);
	if (!conf->prevote)
		start->flags |= RAFT_START_NO_PREVOTE;
	if (!conf->check_quorum)
		start->flags |= RAFT_START_NO_CHECK_QUORUM;
	memcpy(start->name, conf->name, sizeof(start->name));
	start->group_id = conf->group_id;
	start->node_id = conf->node;
	start->log_fd = -1;
	start->n_members = conf->n_peers;
	start->member_size = sizeof(*members);
	start->members = (uintptr_t)members;
	start->election_timeout_ms = conf->election_timeout_ms;
	start->heartbeat_ms = conf->heartbeat_ms;
	start->max_inflight = conf->max_inflight;
	start->max_inflight_bytes = conf->max_inflight_bytes;
	start->max_batch = conf->max_batch;
	start->propose_timeout_ms = conf->propose_timeout_ms;
	start->max_uncommitted = conf->max_uncommitted;
	start->priority = conf->priority;
	start->lease_drift_ppm = conf->lease_drift_ppm;
	start->snapshot_at = conf->snapshot_at;
	start->retain_entries = conf->retain_entries;
	start->retain_bytes = conf->retain_bytes;
	start->memory = conf->memory;
	for (i = 0; i < conf->n_peers; i++) {
		peer = &conf->peers[i];
		members[i].id = peer->id;
		members[i].flags = peer->learner ? RAFT_MEMBER_LEARNER :
				   peer->witness ? RAFT_MEMBER_WITNESS : 0;
		if (resolve(conf, &peer->addr, peer->addr_line, &members[i],
			    err))
			ret = -ENODEV;
	}
	if (conf->listen_line) {
		start->listen.id = conf->node;
		if (resolve(conf, &conf->listen, conf->listen_line,
			    &start->listen, err))
			ret = -ENODEV;
	}
	return ret;
}
