// SPDX-License-Identifier: GPL-2.0
/*
 * ctl.c - attach, complain, list: what the subcommands share.
 */
#include "ctl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define SYSFS_DIR	"/sys/class/raft"
#define SYSFS_SUBDIR	"class/raft"

static void warn_va(const char *fmt, va_list ap)
{
	fflush(stdout);
	fputs("raftctl: ", stderr);
	vfprintf(stderr, fmt, ap);
	putc('\n', stderr);
}

/**
 * ctl_warn() - say something on stderr
 * @fmt: as printf, without a newline
 */
void ctl_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_va(fmt, ap);
	va_end(ap);
}

/**
 * ctl_usage() - say what is wrong with the command line
 * @fmt: as printf, without a newline
 *
 * Return: CTL_USAGE.
 */
int ctl_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	warn_va(fmt, ap);
	va_end(ap);
	return CTL_USAGE;
}

/**
 * ctl_fail() - say why the kernel refused
 * @op: what was attempted
 * @error: negative errno
 * @group: name of the group, or NULL
 * @log: path of the log, or NULL
 *
 * Return: the exit code.
 */
int ctl_fail(enum raft_ioc_op op, int error, const char *group,
	     const char *log)
{
	fflush(stdout);
	fputs("raftctl: ", stderr);
	raft_ioc_explain(stderr, op, error, group, log);
	putc('\n', stderr);
	if (raft_ioc_unknown(op, error))
		return CTL_UNKNOWN;
	if ((op == RAFT_OP_WAIT || op == RAFT_OP_BARRIER) &&
	    error == -ETIMEDOUT)
		return CTL_TIMEOUT;
	if (error == -ECANCELED)
		return CTL_NO_GROUP;
	if (op == RAFT_OP_OPEN && (error == -ENOENT || error == -ENXIO))
		return CTL_NO_GROUP;
	if (error == -ENODEV)
		return CTL_NO_GROUP;
	return CTL_FAILED;
}

/**
 * ctl_outcome() - say what became of a membership change or a transfer
 * @op: what was asked
 * @outcome: RAFT_OUTCOME_*
 * @error: negative errno
 * @group: name of the group, or NULL
 *
 * Return: the exit code.
 */
int ctl_outcome(enum raft_ioc_op op, uint32_t outcome, int error,
		const char *group)
{
	const char *text = raft_ioc_outcome(op, outcome, error);

	if (!text)
		return ctl_fail(op, error, group, NULL);
	ctl_warn("%s%s%s", group ? group : "", group ? ": " : "", text);
	return outcome == RAFT_OUTCOME_UNKNOWN ? CTL_UNKNOWN : CTL_FAILED;
}

/**
 * ctl_attach() - open the device for a group
 * @group: its name, NULL for the only one here
 * @flags: of open(2)
 * @fd: the device (out), -1 on failure
 *
 * Return: CTL_OK, or the exit code of a failure that has been explained.
 */
int ctl_attach(const char *group, int flags, int *fd)
{
	int ret;

	*fd = -1;
	if (group && !raft_name_valid(group))
		return ctl_usage("\"%s\" is no name of a group", group);
	ret = raft_ioc_open(flags);
	if (ret < 0)
		return ctl_fail(RAFT_OP_OPEN, ret, group, NULL);
	*fd = ret;
	ret = raft_ioc_attach(*fd, group);
	if (!ret)
		return CTL_OK;
	close(*fd);
	*fd = -1;
	/* Without a name the sentence is another one. */
	return ctl_fail(group ? RAFT_OP_ATTACH : RAFT_OP_STATUS, ret, group,
			NULL);
}

/**
 * ctl_snapshot() - status and members of the attached group
 * @fd: the device, attached
 * @group: its name for messages, or NULL
 * @snap: filled (out)
 *
 * Return: CTL_OK, or the exit code of a failure that has been explained.
 */
int ctl_snapshot(int fd, const char *group, struct ctl_snapshot *snap)
{
	int ret = raft_ioc_status(fd, &snap->st, snap->peers);

	return ret ? ctl_fail(RAFT_OP_STATUS, ret, group, NULL) : CTL_OK;
}

/**
 * ctl_kind() - what a member is to its group
 * @snap: the group
 * @p: one of @snap->peers
 *
 * Return: a word, see raft_member_role().
 */
const char *ctl_kind(const struct ctl_snapshot *snap,
		     const struct raft_ioc_peer *p)
{
	return raft_member_role(p->flags, snap->st.state & RAFT_STATUS_JOINT);
}

/**
 * ctl_peer() - a member by its id
 * @snap: the group
 * @id: node id
 *
 * Return: one of @snap->peers, NULL if there is none.
 */
const struct raft_ioc_peer *ctl_peer(const struct ctl_snapshot *snap,
				     uint32_t id)
{
	unsigned int i;

	for (i = 0; i < snap->st.n_peers; i++)
		if (snap->peers[i].id == id)
			return &snap->peers[i];
	return NULL;
}

/**
 * ctl_group_arg() - the rest of the command line is a group or nothing
 * @argc: as main's, @optind at the rest
 * @argv: as main's
 * @group: its name; left alone if there is nothing
 *
 * Return: CTL_OK, or CTL_USAGE if there is more, which has been said.
 */
int ctl_group_arg(int argc, char **argv, const char **group)
{
	if (optind < argc) {
		if (*group)
			return ctl_usage("\"%s\" and --group, expected one of them",
					 argv[optind]);
		*group = argv[optind++];
	}
	if (optind < argc)
		return ctl_usage("\"%s\" is too much, expected one group at most",
				 argv[optind]);
	return CTL_OK;
}

static int visible(const struct dirent *d)
{
	return raft_name_valid(d->d_name);
}

/* The only group here, by the kernel's own view: 0 and its name. */
static int only_group(char name[RAFT_NAME_LEN])
{
	struct raft_ioc_status st;
	int fd, ret;

	fd = raft_ioc_open(O_RDONLY);
	if (fd < 0)
		return fd;
	ret = raft_ioc_attach(fd, NULL);
	if (!ret)
		ret = raft_ioc_status(fd, &st, NULL);
	close(fd);
	if (!ret)
		memcpy(name, st.name, RAFT_NAME_LEN);
	return ret;
}

/* Whether a group that sysfs shows is of this network namespace, and still there. */
static bool group_here(const char *group)
{
	int fd, ret;

	fd = raft_ioc_open(O_RDONLY);
	if (fd < 0)
		return false;
	ret = raft_ioc_attach(fd, group);
	close(fd);
	return !ret;
}

/*
 * A sysfs of this network namespace, mounted nowhere: what is at /sys shows the
 * groups of the namespace that mounted it, which nsenter(1) does not change.
 * Only root may; for others /sys has to do.
 */
static int sysfs_mount(void)
{
	int fs, mnt = -1;

	fs = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -1;
	if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	close(fs);
	return mnt;
}

static int groups_scan(struct dirent ***list)
{
	int mnt, n = -1;

	mnt = sysfs_mount();
	if (mnt >= 0) {
		n = scandirat(mnt, SYSFS_SUBDIR, list, visible, alphasort);
		close(mnt);
	}
	return n < 0 ? scandir(SYSFS_DIR, list, visible, alphasort) : n;
}

/**
 * ctl_each_group() - do something for each group of this network namespace
 * @fn: does it; returns an exit code
 * @arg: for @fn
 *
 * With several groups sysfs lists them; one that is of another namespace, or
 * stops meanwhile, is passed over.
 *
 * Return: CTL_OK, the last exit code of @fn that was not, or that of a failure
 * to list them, which has been explained.
 */
int ctl_each_group(int (*fn)(const char *group, void *arg), void *arg)
{
	char only[RAFT_NAME_LEN];
	struct dirent **list;
	int n, i, ret, code = CTL_OK;

	ret = only_group(only);
	if (!ret)
		return fn(only, arg);
	if (ret != -ENODEV)
		return ctl_fail(RAFT_OP_OPEN, ret, NULL, NULL);
	n = groups_scan(&list);
	if (n < 0) {
		ctl_warn("%s: %s", SYSFS_DIR, strerror(errno));
		return CTL_FAILED;
	}
	for (i = 0; i < n; i++) {
		ret = group_here(list[i]->d_name) ?
		      fn(list[i]->d_name, arg) : CTL_OK;
		if (ret)
			code = ret;
		free(list[i]);
	}
	free(list);
	return code;
}

/**
 * ctl_ms_parse() - a duration option
 * @option: its name for messages
 * @text: its value
 * @ms: whole milliseconds, at least 1 (out)
 *
 * Return: CTL_OK, or CTL_USAGE, which has been said.
 */
int ctl_ms_parse(const char *option, const char *text, uint32_t *ms)
{
	uint64_t ns;

	if (raft_duration_parse(text, &ns) || ns < RAFT_NS_PER_MS ||
	    ns / RAFT_NS_PER_MS >= UINT32_MAX)
		return ctl_usage("%s is \"%s\", expected a duration such as 500ms or 5s",
				 option, text);
	*ms = ns / RAFT_NS_PER_MS;
	return CTL_OK;
}

/**
 * ctl_u64_parse() - a number option
 * @option: its name for messages
 * @text: its value
 * @min: least
 * @max: most
 * @value: the number (out)
 *
 * Return: CTL_OK, or CTL_USAGE, which has been said.
 */
int ctl_u64_parse(const char *option, const char *text, uint64_t min,
		  uint64_t max, uint64_t *value)
{
	if (raft_u64_parse(text, value) || *value < min || *value > max)
		return ctl_usage("%s is \"%s\", expected a number from %llu to %llu",
				 option, text, (unsigned long long)min,
				 (unsigned long long)max);
	return CTL_OK;
}

/**
 * ctl_wait() - raft_ioc_wait() that goes on after a signal that only stopped us
 * @fd: the device, attached
 * @what: RAFT_WAIT_*
 * @value: what for
 * @timeout_ms: ms, RAFT_WAIT_FOREVER for no end
 * @result: leader and event counter (out)
 *
 * Return: 0 or a negative errno, never -EINTR.
 */
int ctl_wait(int fd, uint32_t what, uint64_t value, uint32_t timeout_ms,
	     struct raft_ioc_wait *result)
{
	uint64_t start = raft_clock_ns(), spent;
	uint32_t left = timeout_ms;
	int ret;

	for (;;) {
		ret = raft_ioc_wait(fd, what, value, left, result);
		if (ret != -EINTR)
			return ret;
		if (timeout_ms == RAFT_WAIT_FOREVER)
			continue;
		spent = (raft_clock_ns() - start) / RAFT_NS_PER_MS;
		left = spent < timeout_ms ? timeout_ms - spent : 0;
	}
}

/**
 * ctl_flush() - the last thing a program does
 * @code: exit code so far
 *
 * Return: @code, or CTL_FAILED if stdout did not take everything: a script must
 * not take half an answer for a whole one.
 */
int ctl_flush(int code)
{
	if (fflush(stdout) || ferror(stdout)) {
		ctl_warn("stdout: %s", strerror(errno));
		return code ? code : CTL_FAILED;
	}
	return code;
}
