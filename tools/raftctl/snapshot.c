// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot.c - take a snapshot of a state machine, or copy the one there is.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER	(256u << 10)

struct snapshot_args {
	const char *group;
	const char *file;
	const char *save;
	bool empty;
	uint64_t index;
	uint64_t keep;
};

static int write_all(int fd, const char *buf, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, buf, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			buf += n;
			len -= n;
		}
	}
	return 0;
}

/* The kernel takes regular files only: all of a pipe to one without a name. */
static int spool(int from)
{
	char *buf = malloc(BUFFER);
	FILE *f = tmpfile();
	ssize_t n = 0;
	int fd = -1;

	if (!buf || !f)
		goto out;
	fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 3);
	while (fd >= 0 && (n = read(from, buf, BUFFER))) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0)
			errno = -write_all(fd, buf, n);
		if (n < 0 || errno) {
			close(fd);
			fd = -1;
		}
	}
out:
	if (f)
		fclose(f);
	free(buf);
	return fd;
}

static int stdin_open(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st))
		return -1;
	return S_ISREG(st.st_mode) ? STDIN_FILENO : spool(STDIN_FILENO);
}

static int source_open(const struct snapshot_args *args)
{
	int fd;

	if (args->empty)
		fd = memfd_create("empty", MFD_CLOEXEC);
	else if (!strcmp(args->file, "-"))
		fd = stdin_open();
	else
		fd = open(args->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		ctl_warn("%s: %s", args->empty ? "an empty file" : args->file,
			 strerror(errno));
	return fd;
}

static int take(const struct snapshot_args *args)
{
	uint64_t index = args->index, bytes = 0;
	struct raft_ioc_status st;
	int fd, from, code, ret = 0;

	from = source_open(args);
	if (from < 0)
		return CTL_FAILED;
	code = ctl_attach(args->group, O_RDWR, &fd);
	if (code)
		return code;
	if (!index) {
		ret = raft_ioc_status(fd, &st, NULL);
		index = st.applied;
	}
	if (!ret)
		ret = raft_ioc_snapshot(fd, from, index, args->keep, &bytes);
	close(fd);
	if (ret)
		return ctl_fail(RAFT_OP_SNAPSHOT, ret, args->group, NULL);
	printf("%" PRIu64 "\n", index);
	return CTL_OK;
}

static int copy(int from, int to, uint64_t bytes, const char *path)
{
	char *buf = malloc(BUFFER);
	ssize_t n = 0;
	int ret = buf ? 0 : -ENOMEM;

	while (!ret && bytes) {
		n = read(from, buf, BUFFER);
		if (n <= 0)
			break;
		ret = write_all(to, buf, n);
		bytes -= n;
	}
	free(buf);
	if (ret) {
		ctl_warn("%s: %s", path, strerror(-ret));
		return CTL_FAILED;
	}
	if (!bytes)
		return CTL_OK;
	if (n < 0 && errno == EILSEQ) {
		ctl_warn("the snapshot is damaged, nothing of it is to be used");
		return CTL_FAILED;
	}
	return ctl_fail(RAFT_OP_SNAPSHOT, n < 0 ? -errno : -EIO, NULL, NULL);
}

static int save(const struct snapshot_args *args)
{
	bool to_stdout = !strcmp(args->save, "-");
	struct raft_ioc_snapshot_open open_arg;
	int fd, to, code, ret;

	code = ctl_attach(args->group, O_RDONLY, &fd);
	if (code)
		return code;
	ret = raft_ioc_snapshot_open(fd, &open_arg);
	close(fd);
	if (ret)
		return ctl_fail(RAFT_OP_SNAPSHOT, ret, args->group, NULL);
	to = to_stdout ? STDOUT_FILENO :
	     open(args->save, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0) {
		ctl_warn("%s: %s", args->save, strerror(errno));
		close(open_arg.fd);
		return CTL_FAILED;
	}
	code = copy(open_arg.fd, to, open_arg.bytes, args->save);
	close(open_arg.fd);
	if (!to_stdout && close(to) && !code) {
		ctl_warn("%s: %s", args->save, strerror(errno));
		code = CTL_FAILED;
	}
	if (!code)
		fprintf(to_stdout ? stderr : stdout, "%" PRIu64 "\n",
			(uint64_t)open_arg.index);
	return code;
}

enum { OPT_FILE = 256, OPT_EMPTY, OPT_INDEX, OPT_KEEP, OPT_NO_COMPACT, OPT_SAVE };

static int options_read(int argc, char **argv, struct snapshot_args *args)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "file", required_argument, NULL, OPT_FILE },
		{ "empty", no_argument, NULL, OPT_EMPTY },
		{ "index", required_argument, NULL, OPT_INDEX },
		{ "keep", required_argument, NULL, OPT_KEEP },
		{ "no-compact", no_argument, NULL, OPT_NO_COMPACT },
		{ "save", required_argument, NULL, OPT_SAVE },
		{ }
	};
	int c, bad = 0;

	while ((c = getopt_long(argc, argv, "g:", options, NULL)) != -1) {
		if (c == 'g')
			args->group = optarg;
		else if (c == OPT_FILE)
			args->file = optarg;
		else if (c == OPT_EMPTY)
			args->empty = true;
		else if (c == OPT_INDEX)
			bad |= ctl_u64_parse("--index", optarg, 1, UINT64_MAX,
					     &args->index);
		else if (c == OPT_KEEP)
			bad |= ctl_u64_parse("--keep", optarg, 0,
					     UINT64_MAX - 1, &args->keep);
		else if (c == OPT_NO_COMPACT)
			args->keep = UINT64_MAX;
		else if (c == OPT_SAVE)
			args->save = optarg;
		else
			bad = CTL_USAGE;
		if (bad)
			return CTL_USAGE;
	}
	return CTL_OK;
}

/**
 * ctl_snap() - raftctl snapshot [NAME] --file FILE|- or --save FILE|-
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_snap(int argc, char **argv)
{
	struct snapshot_args args = { };

	if (options_read(argc, argv, &args) ||
	    ctl_group_arg(argc, argv, &args.group))
		return CTL_USAGE;
	if (!!args.file + args.empty + !!args.save != 1)
		return ctl_usage("snapshot: expected one of --file, --empty and --save");
	return args.save ? save(&args) : take(&args);
}
