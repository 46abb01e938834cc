// SPDX-License-Identifier: GPL-2.0
/*
 * recover.c - a way out when a majority is lost for good: a new group from the
 * log of one survivor.
 *
 * Offline.  The old log is only read and the old configuration only looked at;
 * what is made is a new log, and a new configuration on stdout.  Nothing happens
 * without the consent of the operator, who alone can know that the others are
 * gone.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../lib/conf.h"
#include "../lib/logfile.h"
#include "../lib/survivor.h"

/**
 * struct recover_args - the command line, and what follows from it
 * @from: path of the old log
 * @to: path of the new log
 * @snapshot: path of its snapshot
 * @snapshots: to be written into the file as Snapshots, or empty
 * @id: identity of the new group
 * @size: bytes of the new log, 0: as many as the old one has
 * @consent: given on the command line
 * @self: this node
 */
struct recover_args {
	char from[PATH_MAX];
	char to[PATH_MAX];
	char snapshot[PATH_MAX];
	char snapshots[PATH_MAX];
	uint64_t id;
	uint64_t size;
	bool consent;
	struct raft_ioc_member self;
};

static const char *open_text(int error)
{
	switch (error) {
	case -EBUSY:
		return "a group or another program uses it: raftctl down first";
	case -ENXIO:
		return "neither a regular file nor a block device";
	case -EMEDIUMTYPE:
		return "not a raft log";
	case -ENODATA:
		return "there is not one entry in it: nothing can be recovered";
	case -EXDEV:
		return "its snapshot is missing or of no use: take another survivor";
	case -EOPNOTSUPP:
		return "the log of a witness, it has no commands: take another survivor";
	case -EPROTO:
		return "the log was written in another format version";
	case -ESTALE:
		return "the log belongs to another group or node; raftdump shows which";
	}
	return strerror(-error);
}

/* One that is bad is told; whether it is needed turns out later. */
static int snapshots_look(struct raft_survivor *s, const struct raft_conf *conf,
			  const struct recover_args *args)
{
	char path[PATH_MAX];
	int i, ret;

	for (i = 0; i < 2; i++) {
		if (raft_conf_snapshots(conf, conf->node, args->from, i, path,
					sizeof(path)))
			return -ENAMETOOLONG;
		ret = raft_survivor_snapshot(s, path);
		if (ret)
			ctl_warn("%s: %s, it is not used", path,
				 ret == -EILSEQ ? "damaged" : open_text(ret));
	}
	return raft_survivor_settle(s);
}

static int survivor_open(struct raft_survivor *s, const struct raft_conf *conf,
			 const struct recover_args *args)
{
	int ret = raft_survivor_open(s, args->from, conf->group_id, conf->node);

	if (!ret) {
		ret = snapshots_look(s, conf, args);
		if (ret)
			raft_survivor_close(s);
	}

	if (ret == -EILSEQ)
		ctl_warn("%s: damaged at index %llu, byte %llu: %s; take another survivor",
			 args->from, (unsigned long long)s->bad_index,
			 (unsigned long long)s->bad_pos, s->bad);
	else if (ret)
		ctl_warn("%s: %s", args->from, open_text(ret));
	return ret ? CTL_FAILED : CTL_OK;
}

static void warning_print(const struct raft_survivor *s,
			  const struct raft_conf *conf,
			  const struct recover_args *args)
{
	fprintf(stderr,
		"%s: node %u, %s:\n"
		"  the last entry is %llu, of term %llu; up to %llu committed for certain%s\n"
		"  what was cut from the log: %s\n"
		"This makes a NEW group of them, 0x%016llx, whose only voter is this node.\n"
		"Do it only if a majority of the old group is gone for good.\n"
		"  LOST     commands that were acknowledged and that only nodes have which are\n"
		"           gone.  Nobody can tell whether there are any.\n"
		"  KEPT     entries above index %llu were perhaps never acknowledged; from now\n"
		"           on they are committed.\n"
		"  FENCED   other members of the old group do not belong to the new one.  Stop\n"
		"           those that live; they come back as new nodes with empty logs.\n"
		"Of several survivors take the one whose last entry has the highest term, then\n"
		"the one with most entries: raftdump --check shows both.\n",
		conf->name, conf->node, args->from,
		(unsigned long long)s->last, (unsigned long long)s->last_term,
		(unsigned long long)s->commit,
		s->torn ? ";\n  its last write was torn, it was never acknowledged" : "",
		s->snap_fd < 0 ? "nothing" : "is in its snapshot, which is taken over",
		(unsigned long long)args->id, (unsigned long long)s->commit);
}

/* On the terminal, not on stdin, which may be a script's. */
static bool consent_ask(const char *name)
{
	char line[RAFT_NAME_LEN + 2] = "";
	FILE *tty;

	tty = fopen("/dev/tty", "r+");
	if (!tty) {
		ctl_warn("no terminal to ask, expected --yes-i-lost-the-majority");
		return false;
	}
	fprintf(tty, "Type the name of the group, %s, to go on: ", name);
	fflush(tty);
	if (!fgets(line, sizeof(line), tty))
		*line = '\0';
	fclose(tty);
	line[strcspn(line, "\n")] = '\0';
	if (!strcmp(line, name))
		return true;
	ctl_warn("nothing was done");
	return false;
}

static const char *copy_text(int error)
{
	switch (error) {
	case -ENOSPC:
		return "no room for the log, or it is too small: --log-size";
	case -EILSEQ:
		return "what was written does not read back";
	case -EEXIST:
		return "there is a snapshot beside it already: move that away";
	}
	return strerror(-error);
}

static int log_make(struct raft_survivor *s, struct recover_args *args)
{
	uint64_t size = args->size ? args->size : s->log.size;
	char path[PATH_MAX];
	struct raft_logfile to;
	int ret;

	ret = raft_logfile_open(&to, args->to, size & ~4095ull);
	if (ret)
		return ctl_fail(RAFT_OP_LOG, ret, NULL, args->to);
	if (!to.blank) {
		ctl_warn("%s: holds something already; nothing was written to it",
			 args->to);
		close(to.fd);
		return CTL_FAILED;
	}
	ret = raft_survivor_copy(s, &to, args->snapshot, args->id,
				 &args->self);
	if (!ret && !realpath(args->to, path))
		ret = -errno;
	if (ret) {
		ctl_warn("%s: %s", args->to, copy_text(ret));
		if (to.made)
			unlink(args->to);
	} else {
		strcpy(args->to, path);
		args->size = to.size;
	}
	close(to.fd);
	return ret ? CTL_FAILED : CTL_OK;
}

static void path_print(const char *key, const char *p)
{
	printf("%s = ", key);
	for (; *p; p++) {
		if (*p == '%')
			putchar('%');
		putchar(*p);
	}
	putchar('\n');
}

static void conf_print(const struct raft_conf *conf,
		       const struct recover_args *args)
{
	const struct raft_ioc_member *self = &args->self;
	char addr[RAFT_ADDR_STRLEN];

	raft_addr_format(self->family, self->addr, self->scope_id, self->port,
			 addr, sizeof(addr));
	printf("[Group]\nId = 0x%016llx\nNode = %u\n",
	       (unsigned long long)args->id, conf->node);
	path_print("Log", args->to);
	printf("LogSize = %llu\n", (unsigned long long)args->size);
	if (*args->snapshots)
		path_print("Snapshots", args->snapshots);
	raft_conf_write(stdout, conf, conf->set);
	printf("\n[Peer]\nId = %u\nAddress = %s\n", conf->node, addr);
}

/* The kernel's own view; the lock of the log says the rest. */
static int running_check(const char *name)
{
	int fd, ret;

	fd = raft_ioc_open(O_RDONLY);
	if (fd < 0)
		return CTL_OK;
	ret = raft_ioc_attach(fd, name);
	close(fd);
	if (ret)
		return CTL_OK;
	ctl_warn("%s: runs here: raftctl down first", name);
	return CTL_FAILED;
}

static int recover(const struct raft_conf *conf, struct recover_args *args)
{
	struct raft_survivor s;
	int code;

	code = running_check(conf->name);
	if (!code)
		code = survivor_open(&s, conf, args);
	if (code)
		return code;
	while (!args->id)
		if (getrandom(&args->id, sizeof(args->id), 0) < 0)
			args->id = 0;
	if (args->id == s.group_id) {
		ctl_warn("--id is that of the old group, expected another: it keeps the old members out");
		code = CTL_USAGE;
		goto out;
	}
	warning_print(&s, conf, args);
	if (!args->consent && !consent_ask(conf->name)) {
		code = CTL_FAILED;
		goto out;
	}
	code = log_make(&s, args);
	if (code)
		goto out;
	conf_print(conf, args);
	ctl_warn("%s: made %s%s%s, index %llu is the new configuration; above is its raft.conf(5)",
		 conf->name, args->to, s.snap_fd < 0 ? "" : " and ",
		 s.snap_fd < 0 ? "" : args->snapshot,
		 (unsigned long long)s.last + 1);
out:
	raft_survivor_close(&s);
	return code;
}

/* Where the snapshot goes: beside the new log, or beside the old ones. */
static int snapshot_path(const struct raft_conf *conf, struct recover_args *args)
{
	char old[PATH_MAX];
	int n;

	if (!*conf->snapshots)
		return raft_conf_snapshots(conf, conf->node, args->to, 0,
					   args->snapshot, PATH_MAX);
	if (raft_conf_snapshots(conf, conf->node, args->from, 0, old, PATH_MAX))
		return -ENAMETOOLONG;
	old[strlen(old) - strlen(".0")] = '\0';
	n = snprintf(args->snapshots, PATH_MAX, "%s.recovered", old);
	if (n < PATH_MAX)
		n = snprintf(args->snapshot, PATH_MAX, "%s.recovered.0", old);
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* The paths, and where this node listens. */
static int args_complete(const struct raft_conf *conf, const char *log,
			 const char *to, struct recover_args *args)
{
	struct raft_ioc_member members[RAFT_NODES_MAX];
	struct raft_ioc_start start;
	uint32_t i;
	int n;

	if (raft_conf_to_start(conf, &start, members, stderr))
		return CTL_USAGE;
	args->self = start.listen;
	for (i = 0; i < start.n_members; i++)
		if (members[i].id == conf->node)
			args->self = members[i];
	args->self.id = conf->node;
	args->self.flags = 0;
	if (log)
		n = snprintf(args->from, PATH_MAX, "%s", log);
	else
		n = raft_conf_log(conf, conf->node, args->from, PATH_MAX) ?
		    PATH_MAX : 0;
	if (n < PATH_MAX)
		n = to ? snprintf(args->to, PATH_MAX, "%s", to) :
			 snprintf(args->to, PATH_MAX, "%s.recovered",
				  args->from);
	if (n >= PATH_MAX || snapshot_path(conf, args))
		return ctl_usage("recover: the path of a log is too long");
	return CTL_OK;
}

static int size_option(const char *text, uint64_t *size)
{
	if (raft_size_parse(text, size) || *size < RAFT_LOG_MIN ||
	    *size > 1ull << 50 || *size % 4096)
		return ctl_usage("--log-size is \"%s\", expected a multiple of 4K from 1M up",
				 text);
	return CTL_OK;
}

/* Not by an abbreviation, which getopt(3) takes. */
static int consent_option(const char *word)
{
	if (!strcmp(word, "--yes-i-lost-the-majority"))
		return CTL_OK;
	return ctl_usage("%s, expected --yes-i-lost-the-majority", word);
}

enum { OPT_TO = 256, OPT_ID, OPT_LOG_SIZE, OPT_YES };

/**
 * ctl_recover() - raftctl recover NAME|FILE
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_recover(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },
		{ "log", required_argument, NULL, 'l' },
		{ "to", required_argument, NULL, OPT_TO },
		{ "id", required_argument, NULL, OPT_ID },
		{ "log-size", required_argument, NULL, OPT_LOG_SIZE },
		{ "yes-i-lost-the-majority", no_argument, NULL, OPT_YES },
		{ }
	};
	const char *log = NULL, *to = NULL;
	struct recover_args args = { };
	struct raft_conf conf;
	char path[PATH_MAX];
	uint64_t node = 0;
	int c, bad = 0;

	while ((c = getopt_long(argc, argv, "n:l:", options, NULL)) != -1) {
		if (c == 'n')
			bad = ctl_u64_parse("--node", optarg, 1, UINT32_MAX,
					    &node);
		else if (c == 'l')
			log = optarg;
		else if (c == OPT_TO)
			to = optarg;
		else if (c == OPT_ID)
			bad = ctl_u64_parse("--id", optarg, 1, UINT64_MAX,
					    &args.id);
		else if (c == OPT_LOG_SIZE)
			bad = size_option(optarg, &args.size);
		else if (c == OPT_YES)
			bad = consent_option(argv[optind - 1]);
		else
			bad = 1;
		if (bad)
			return CTL_USAGE;
		args.consent |= c == OPT_YES;
	}
	if (optind + 1 != argc)
		return ctl_usage("recover: expected one NAME or FILE");
	if (raft_conf_path(argv[optind], path, sizeof(path)))
		return ctl_usage("recover: \"%s\" is neither a name of a group nor a path",
				 argv[optind]);
	if (raft_conf_load(&conf, path, node, stderr) ||
	    args_complete(&conf, log, to, &args))
		return CTL_USAGE;
	return recover(&conf, &args);
}
