// SPDX-License-Identifier: GPL-2.0
/*
 * events.c - a stream of lines: what there is, then what changes.
 *
 * The kernel counts changes of role, term, leader, membership and failure; the
 * difference between two looks is printed.  What was undone between them is not
 * a line.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct events_args {
	bool json;
	bool now;
	bool timestamps;
	bool fork;
};

static void stamp_get(char *buf, size_t size)
{
	struct timespec ts;
	struct tm tm;
	char sec[32];

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(sec, sizeof(sec), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf, size, "%s.%06ldZ", sec, ts.tv_nsec / 1000);
}

static void field_u64(struct raft_json *j, const char *key, uint64_t value)
{
	if (j)
		raft_json_u64(j, key, value);
	else
		printf(" %s:%" PRIu64, key, value);
}

static void field_str(struct raft_json *j, const char *key, const char *value)
{
	if (j)
		raft_json_str(j, key, value);
	else
		printf(" %s:%s", key, value);
}

static void line_begin(const struct events_args *args, struct raft_json *j,
		       const char *event, const char *object,
		       const char *name)
{
	char stamp[64];

	if (args->timestamps)
		stamp_get(stamp, sizeof(stamp));
	if (j) {
		raft_json_open(j, NULL, '{');
		if (args->timestamps)
			raft_json_str(j, "time", stamp);
		raft_json_str(j, "event", event);
		raft_json_str(j, "object", object);
	} else {
		if (args->timestamps)
			printf("%s ", stamp);
		printf("%s %s", event, object);
	}
	field_str(j, "name", name);
}

static void line_end(struct raft_json *j)
{
	if (j) {
		raft_json_close(j, '}');
		raft_json_end(j);
	} else {
		putchar('\n');
		fflush(stdout);
	}
}

static const char *membership(const struct raft_ioc_status *st)
{
	if (st->state & RAFT_STATUS_REMOVED)
		return "removed";
	return st->state & RAFT_STATUS_MEMBER ? "yes" : "no";
}

/* All fields if @old is NULL, else those that differ from it. */
static void group_line(const struct events_args *args, struct raft_json *j,
		       const struct raft_ioc_status *st,
		       const struct raft_ioc_status *old)
{
	line_begin(args, j, old ? "change" : "exists", "group", st->name);
	if (!old)
		field_u64(j, "node", st->node_id);
	if (!old || old->role != st->role)
		field_str(j, "role", raft_role_name(st->role));
	if (!old || old->term != st->term)
		field_u64(j, "term", st->term);
	if (!old || old->leader != st->leader)
		field_u64(j, "leader", st->leader);
	if (!old || old->failed != st->failed)
		field_str(j, "failed", raft_failed_name(st->failed));
	if (!old || old->state != st->state) {
		field_str(j, "member", membership(st));
		field_str(j, "joint", st->state & RAFT_STATUS_JOINT ?
			  "yes" : "no");
	}
	if (!old || old->config_index != st->config_index)
		field_u64(j, "config", st->config_index);
	line_end(j);
}

static bool group_differs(const struct raft_ioc_status *a,
			  const struct raft_ioc_status *b)
{
	return a->role != b->role || a->term != b->term ||
	       a->leader != b->leader || a->failed != b->failed ||
	       a->state != b->state || a->config_index != b->config_index;
}

/* @event is "exists", "create", "change" or "destroy". */
static void peer_line(const struct events_args *args, struct raft_json *j,
		      const struct ctl_snapshot *snap,
		      const struct raft_ioc_peer *p, const char *event)
{
	char addr[RAFT_ADDR_STRLEN];

	line_begin(args, j, event, "peer", snap->st.name);
	field_u64(j, "id", p->id);
	if (*event != 'd') {
		raft_addr_format(p->family, p->addr, p->scope_id, p->port, addr,
				 sizeof(addr));
		field_str(j, "address", addr);
		field_str(j, "kind", ctl_kind(snap, p));
	}
	line_end(j);
}

static void peer_lines(const struct events_args *args, struct raft_json *j,
		       const struct ctl_snapshot *snap)
{
	unsigned int i;

	for (i = 0; i < snap->st.n_peers; i++)
		peer_line(args, j, snap, &snap->peers[i], "exists");
}

static bool peer_differs(const struct ctl_snapshot *a,
			 const struct raft_ioc_peer *p,
			 const struct ctl_snapshot *b,
			 const struct raft_ioc_peer *q)
{
	return p->family != q->family || p->port != q->port ||
	       p->scope_id != q->scope_id ||
	       memcmp(p->addr, q->addr, sizeof(p->addr)) ||
	       strcmp(ctl_kind(a, p), ctl_kind(b, q));
}

/* Who went, who came, who is something else now. */
static void peer_changes(const struct events_args *args, struct raft_json *j,
			 const struct ctl_snapshot *snap,
			 const struct ctl_snapshot *old)
{
	const struct raft_ioc_peer *p, *q;
	unsigned int i;

	for (i = 0; i < old->st.n_peers; i++)
		if (!ctl_peer(snap, old->peers[i].id))
			peer_line(args, j, old, &old->peers[i], "destroy");
	for (i = 0; i < snap->st.n_peers; i++) {
		p = &snap->peers[i];
		q = ctl_peer(old, p->id);
		if (!q)
			peer_line(args, j, snap, p, "create");
		else if (peer_differs(snap, p, old, q))
			peer_line(args, j, snap, p, "change");
	}
}

/* Until the group stops; @snap is what has been printed. */
static int changes_print(int fd, const struct events_args *args,
			 struct raft_json *j, struct ctl_snapshot *snap)
{
	struct raft_ioc_wait result;
	struct ctl_snapshot old;
	int ret;

	for (;;) {
		old = *snap;
		ret = ctl_wait(fd, RAFT_WAIT_CHANGE, old.st.events,
			       RAFT_WAIT_FOREVER, &result);
		if (!ret)
			ret = raft_ioc_status(fd, &snap->st, snap->peers);
		if (ret == -ECANCELED || ret == -ENODEV) {
			line_begin(args, j, "destroy", "group", old.st.name);
			line_end(j);
			return CTL_OK;
		}
		if (ret)
			return ctl_fail(RAFT_OP_WAIT, ret, old.st.name, NULL);
		if (group_differs(&snap->st, &old.st))
			group_line(args, j, &snap->st, &old.st);
		peer_changes(args, j, snap, &old);
		if (ferror(stdout))
			return CTL_FAILED;
	}
}

static int group_events(const char *group, void *arg)
{
	const struct events_args *args = arg;
	struct ctl_snapshot snap;
	struct raft_json json, *j = args->json ? &json : NULL;
	pid_t parent = getpid();
	int fd, code;

	/* A process for each: the device tells of one group per open file. */
	if (args->fork) {
		fflush(stdout);
		switch (fork()) {
		case -1:
			ctl_warn("fork: out of memory or processes");
			return CTL_FAILED;
		case 0:
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			if (getppid() != parent)
				_exit(CTL_FAILED);
			break;
		default:
			return CTL_OK;
		}
	}
	raft_json_init(&json, stdout);
	code = ctl_attach(group, O_RDONLY, &fd);
	if (!code)
		code = ctl_snapshot(fd, group, &snap);
	if (!code) {
		group_line(args, j, &snap.st, NULL);
		peer_lines(args, j, &snap);
		if (!args->now)
			code = changes_print(fd, args, j, &snap);
	}
	if (args->fork)
		exit(code);
	if (fd >= 0)
		close(fd);
	return code;
}

static int children_wait(int code)
{
	int status;

	for (;;) {
		if (wait(&status) < 0) {
			if (errno == EINTR)
				continue;
			return code;
		}
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			code = CTL_FAILED;
	}
}

/**
 * ctl_events() - raftctl events [NAME] [--now] [--json]
 * @argc: as main's
 * @argv: as main's
 *
 * Without a name: of all groups that there are now.
 *
 * Return: an exit code, CTL_OK once every group has stopped.
 */
int ctl_events(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "json", no_argument, NULL, 'j' },
		{ "now", no_argument, NULL, 'n' },
		{ "timestamps", no_argument, NULL, 'T' },
		{ }
	};
	struct events_args args = { };
	const char *group = NULL;
	int c, code;

	while ((c = getopt_long(argc, argv, "g:j", options, NULL)) != -1) {
		if (c == 'g')
			group = optarg;
		else if (c == 'j')
			args.json = true;
		else if (c == 'n')
			args.now = true;
		else if (c == 'T')
			args.timestamps = true;
		else
			return CTL_USAGE;
	}
	if (ctl_group_arg(argc, argv, &group))
		return CTL_USAGE;
	if (group)
		return group_events(group, &args);
	args.fork = !args.now;
	code = ctl_each_group(group_events, &args);
	return args.fork ? children_wait(code) : code;
}
