// SPDX-License-Identifier: GPL-2.0
/*
 * up.c - start a group from its file, and stop it.
 *
 * Order: file, module, log, start.  What can be refused is refused before
 * anything is made, and a log that was made for nothing is removed again.
 */
#include "ctl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/conf.h"
#include "../lib/logfile.h"

static bool spawn_ok(const char *program, const char *arg)
{
	char *argv[3] = { (char *)program, (char *)arg, NULL };
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, program, NULL, NULL, argv, environ))
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/* Load the module if its device is missing; a dynamic minor has no alias. */
static void module_load(const char *path)
{
	if (!access(RAFT_DEVICE, F_OK))
		return;
	if (path ? spawn_ok("insmod", path) : spawn_ok("modprobe", "raft"))
		return;
	ctl_warn("%s %s did not work", path ? "insmod" : "modprobe",
		 path ? path : "raft");
}

/*
 * Whether this node has the address that its member has.  The kernel listens on
 * the port of all addresses and would never hear of a wrong one.
 */
static int address_check(const struct raft_ioc_start *start,
			 const struct raft_ioc_member *members)
{
	const struct raft_ioc_member *self = &start->listen;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };
	uint32_t i;
	int fd, ret;

	for (i = 0; i < start->n_members; i++)
		if (members[i].id == start->node_id)
			self = &members[i];
	memcpy(&in.sin_addr, self->addr, sizeof(in.sin_addr));
	memcpy(&in6.sin6_addr, self->addr, sizeof(in6.sin6_addr));
	in6.sin6_scope_id = self->scope_id;
	fd = socket(self->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (self->family == AF_INET)
		ret = bind(fd, (struct sockaddr *)&in, sizeof(in));
	else
		ret = bind(fd, (struct sockaddr *)&in6, sizeof(in6));
	ret = ret ? -errno : 0;
	close(fd);
	return ret;
}

static int log_open(const struct raft_conf *conf, const char *path,
		    bool no_create, struct raft_logfile *log)
{
	int ret;

	ret = raft_logfile_open(log, path, no_create ? 0 : conf->log_size);
	if (ret) {
		ctl_fail(RAFT_OP_LOG, ret, conf->name, path);
		return CTL_FAILED;
	}
	return CTL_OK;
}

/* What was opened, and whether it was made just now. */
struct snapshot_files {
	char path[2][PATH_MAX];
	int fd[2];
	bool made[2];
};

static void snapshots_close(struct snapshot_files *f, bool failed)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (f->fd[i] >= 0)
			close(f->fd[i]);
		if (failed && f->made[i])
			unlink(f->path[i]);
	}
}

static int snapshot_open(struct snapshot_files *f, int i)
{
	f->fd[i] = open(f->path[i], O_RDWR | O_CLOEXEC);
	if (f->fd[i] < 0 && errno == ENOENT) {
		f->fd[i] = open(f->path[i], O_RDWR | O_CREAT | O_EXCL |
				O_CLOEXEC, 0600);
		f->made[i] = f->fd[i] >= 0;
	}
	if (f->fd[i] >= 0)
		return CTL_OK;
	ctl_warn("%s: %s", f->path[i], strerror(errno));
	return CTL_FAILED;
}

/* A device has no place beside it: there must be a path. */
static int snapshots_open(const struct raft_conf *conf, const char *log,
			  int log_fd, struct snapshot_files *f,
			  struct raft_ioc_start *start)
{
	struct stat st;
	int i, ret = CTL_OK;

	memset(f, 0, sizeof(*f));
	f->fd[0] = -1;
	f->fd[1] = -1;
	if (!*conf->snapshots && (fstat(log_fd, &st) || !S_ISREG(st.st_mode)))
		return CTL_OK;
	for (i = 0; i < 2 && !ret; i++) {
		if (raft_conf_snapshots(conf, conf->node, log, i, f->path[i],
					sizeof(f->path[i])))
			return ctl_usage("%s: the path of the snapshots is too long",
					 conf->name);
		ret = snapshot_open(f, i);
		start->snapshot_fd[i] = f->fd[i];
	}
	start->flags |= RAFT_START_SNAPSHOTS;
	return ret;
}

static void made_print(const struct raft_conf *conf, const char *path,
		       const struct raft_logfile *log)
{
	char size[32];

	raft_size_format(log->size, size, sizeof(size));
	ctl_warn("%s: made a new log of %s in %s", conf->name, size, path);
}

/**
 * ctl_up_conf() - start a group
 * @conf: which
 * @opt: how
 *
 * Return: CTL_OK, or the exit code of a failure that has been explained.
 */
int ctl_up_conf(const struct raft_conf *conf,
		const struct ctl_up_options *opt)
{
	struct raft_ioc_member members[RAFT_NODES_MAX];
	struct snapshot_files snapshots;
	struct raft_ioc_start start;
	struct raft_logfile log;
	char path[PATH_MAX];
	int fd, ret;

	if (raft_conf_to_start(conf, &start, members, stderr))
		return CTL_USAGE;
	if (opt->log)
		snprintf(path, sizeof(path), "%s", opt->log);
	else if (raft_conf_log(conf, conf->node, path, sizeof(path)))
		return ctl_usage("%s: the path of the log is too long: %s",
				 conf->name, conf->log);
	module_load(opt->module);
	fd = raft_ioc_open(O_RDWR);
	if (fd < 0)
		return ctl_fail(RAFT_OP_OPEN, fd, NULL, NULL);
	/* The kernel checks it as well, but only with a log at hand. */
	if (!raft_ioc_attach(fd, conf->name)) {
		ret = ctl_fail(RAFT_OP_START, -EEXIST, conf->name, NULL);
		goto close_device;
	}
	ret = address_check(&start, members);
	if (ret) {
		ret = ctl_fail(RAFT_OP_START, ret, conf->name, NULL);
		goto close_device;
	}
	ret = log_open(conf, path, opt->no_create, &log);
	if (ret)
		goto close_device;
	start.log_fd = log.fd;
	if (log.blank)
		start.flags |= RAFT_START_CREATE;
	if (opt->fresh)
		start.flags |= RAFT_START_FRESH;
	if (opt->lost_nothing)
		start.flags |= RAFT_START_LOST_NOTHING;
	ret = snapshots_open(conf, path, log.fd, &snapshots, &start);
	if (!ret) {
		ret = raft_ioc_start(fd, &start);
		if (ret)
			ret = ctl_fail(RAFT_OP_START, ret, conf->name, path);
	}
	snapshots_close(&snapshots, ret);
	if (ret) {
		/* It never ran, so it promised nothing that would be lost. */
		if (log.made)
			unlink(path);
	} else if (log.made) {
		made_print(conf, path, &log);
	}
	close(log.fd);
close_device:
	close(fd);
	return ret;
}

enum { OPT_MODULE = 256, OPT_NO_CREATE, OPT_FRESH, OPT_LOST_NOTHING };

/**
 * ctl_up() - raftctl up NAME|FILE
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_up(int argc, char **argv)
{
	static const struct option options[] = {
		{ "node", required_argument, NULL, 'n' },
		{ "log", required_argument, NULL, 'l' },
		{ "module", required_argument, NULL, OPT_MODULE },
		{ "no-create", no_argument, NULL, OPT_NO_CREATE },
		{ "fresh", no_argument, NULL, OPT_FRESH },
		{ "lost-nothing", no_argument, NULL, OPT_LOST_NOTHING },
		{ }
	};
	struct ctl_up_options opt = { };
	struct raft_conf conf;
	char path[PATH_MAX];
	uint64_t node = 0;
	int c;

	while ((c = getopt_long(argc, argv, "n:l:", options, NULL)) != -1) {
		switch (c) {
		case 'n':
			if (ctl_u64_parse("--node", optarg, 1, UINT32_MAX,
					  &node))
				return CTL_USAGE;
			break;
		case 'l':
			opt.log = optarg;
			break;
		case OPT_MODULE:
			opt.module = optarg;
			break;
		case OPT_NO_CREATE:
			opt.no_create = true;
			break;
		case OPT_FRESH:
			opt.fresh = true;
			break;
		case OPT_LOST_NOTHING:
			opt.lost_nothing = true;
			break;
		default:
			return CTL_USAGE;
		}
	}
	if (optind + 1 != argc)
		return ctl_usage("up: expected one NAME or FILE");
	if (raft_conf_path(argv[optind], path, sizeof(path)))
		return ctl_usage("up: \"%s\" is neither a name of a group nor a path",
				 argv[optind]);
	if (raft_conf_load(&conf, path, node, stderr))
		return CTL_USAGE;
	return ctl_up_conf(&conf, &opt);
}

enum { OPT_NO_TRANSFER = 256 };

/**
 * ctl_stop() - raftctl down [NAME|FILE] [--no-transfer]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_stop(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "no-transfer", no_argument, NULL, OPT_NO_TRANSFER },
		{ }
	};
	const char *group = NULL;
	char name[RAFT_NAME_LEN];
	bool transfer = true;
	int c, fd, ret;

	while ((c = getopt_long(argc, argv, "g:", options, NULL)) != -1) {
		if (c == 'g')
			group = optarg;
		else if (c == OPT_NO_TRANSFER)
			transfer = false;
		else
			return CTL_USAGE;
	}
	if (ctl_group_arg(argc, argv, &group))
		return CTL_USAGE;
	if (group && raft_conf_name(group, name))
		return ctl_usage("%s: \"%s\" is no name of a group", argv[0],
				 group);
	fd = raft_ioc_open(O_RDWR);
	if (fd < 0)
		return ctl_fail(RAFT_OP_OPEN, fd, group, NULL);
	if (transfer)
		ctl_hand_over(group ? name : NULL);
	ret = raft_ioc_stop(fd, group ? name : NULL);
	close(fd);
	if (!ret)
		return CTL_OK;
	return ctl_fail(group ? RAFT_OP_STOP : RAFT_OP_STATUS, ret,
			group ? name : NULL, NULL);
}
