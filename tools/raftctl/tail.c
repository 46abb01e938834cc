// SPDX-License-Identifier: GPL-2.0
/*
 * tail.c - print the committed log, and what is appended to it.
 *
 * What others proposed is printed so that it cannot command a terminal, unless
 * raw bytes are asked for.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Several records of any length fit. */
#define BUFFER		(2u << 20)	/* the longest record, or many */

struct tail_args {
	const char *group;
	uint64_t from;
	uint64_t last;
	uint64_t count;
	bool has_last;
	bool has_from;
	bool no_follow;
	bool raw;
	bool longer;
	bool json;
};

/* Return: whether to go on. */
typedef bool (*record_fn)(const struct raft_record *r, const void *data,
			  void *arg);

static void record_json(const struct raft_record *r, const void *data)
{
	struct raft_json j;

	raft_json_init(&j, stdout);
	raft_json_open(&j, NULL, '{');
	raft_json_u64(&j, "index", r->index);
	raft_json_u64(&j, "term", r->term);
	raft_json_u64(&j, "origin", r->origin);
	raft_json_u64(&j, "incarnation", r->incarnation);
	raft_json_u64(&j, "serial", r->serial);
	raft_json_u64(&j, "len", r->len);
	raft_json_data(&j, data, r->len);
	raft_json_close(&j, '}');
	raft_json_end(&j);
}

/* It is not a command: what prints only commands says so elsewhere. */
static bool snapshot_print(const struct raft_record *r,
			   const struct tail_args *args)
{
	struct raft_json j;

	if (args->json) {
		raft_json_init(&j, stdout);
		raft_json_open(&j, NULL, '{');
		raft_json_u64(&j, "index", r->index);
		raft_json_u64(&j, "term", r->term);
		raft_json_bool(&j, "snapshot", true);
		raft_json_close(&j, '}');
		raft_json_end(&j);
	} else if (args->longer) {
		printf("%" PRIu64 "\t%" PRIu64 "\tsnapshot\t\n",
		       (uint64_t)r->index, (uint64_t)r->term);
	} else {
		ctl_warn("a snapshot has the commands up to %" PRIu64
			 "; going on behind it", (uint64_t)r->index);
	}
	return !ferror(stdout);
}

static bool record_print(const struct raft_record *r, const void *data,
			 void *arg)
{
	struct tail_args *args = arg;
	const char *text = data;
	size_t len = r->len;

	if (r->flags & RAFT_RECORD_SNAPSHOT)
		return snapshot_print(r, args);
	if (args->json) {
		record_json(r, data);
	} else if (args->raw) {
		fwrite(data, 1, len, stdout);
	} else {
		if (args->longer)
			printf("%" PRIu64 "\t%" PRIu64 "\t%u/%" PRIu64 "\t",
			       (uint64_t)r->index, (uint64_t)r->term, r->origin,
			       (uint64_t)r->serial);
		/* echo(1) ends a command with a newline; one is enough. */
		if (len && text[len - 1] == '\n')
			len--;
		raft_text_write(stdout, data, len);
		putchar('\n');
	}
	return !ferror(stdout) && (!args->count || --args->count);
}

/*
 * Records of one read(2).  Unknown fields behind the header are passed over, as
 * its size says.  Return: 1 to go on, 0 to end, or a negative errno.
 */
static int records_walk(const unsigned char *buf, size_t n, record_fn fn,
			void *arg)
{
	struct raft_record r;
	uint64_t step;

	while (n) {
		if (n < sizeof(r))
			return -EPROTO;
		memcpy(&r, buf, sizeof(r));
		if (r.size < sizeof(r) || (uint64_t)r.size + r.len > n)
			return -EPROTO;
		if (!fn(&r, buf + r.size, arg))
			return 0;
		step = ((uint64_t)r.size + r.len + 7) & ~7ull;
		if (step > n)
			return -EPROTO;
		buf += step;
		n -= step;
	}
	return 1;
}

/* Read records until the end of the log if @fd does not wait, or @fn has enough. */
static int log_walk(int fd, record_fn fn, void *arg)
{
	unsigned char *buf = malloc(BUFFER);
	ssize_t n;
	int ret = 1;

	if (!buf)
		return -ENOMEM;
	while (ret == 1) {
		n = read(fd, buf, BUFFER);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EPIPE) {
			ctl_warn("some commands were compacted away");
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			ret = 0;
		else if (n < 0)
			ret = -errno;
		else if (!n)
			ret = 0;
		else
			ret = records_walk(buf, n, fn, arg);
		if (fflush(stdout))
			ret = 0;
	}
	free(buf);
	return ret;
}

struct counter {
	uint64_t limit;		/* last index that counts */
	uint64_t n;
	uint64_t want;		/* commands */
	uint64_t *ring;		/* of the last @want indexes */
};

static bool record_count(const struct raft_record *r, const void *data,
			 void *arg)
{
	struct counter *c = arg;

	(void)data;
	if (r->index > c->limit)
		return false;
	if (r->flags & RAFT_RECORD_SNAPSHOT)
		return true;
	c->ring[c->n++ % c->want] = r->index;
	return true;
}

/*
 * The index of the last-but-(want - 1) command.  Not every index is a command,
 * so look at the last few, then at twice as many, until there are enough.
 */
static int last_find(int fd, uint64_t want, uint64_t *from)
{
	struct raft_ioc_status st;
	struct counter c = { .want = want };
	uint64_t span = want, start = 1;
	int ret;

	ret = raft_ioc_status(fd, &st, NULL);
	if (ret)
		return ret;
	c.limit = st.applied;
	*from = st.applied + 1;
	if (!want)
		return 0;
	c.ring = calloc(want, sizeof(*c.ring));
	if (!c.ring)
		return -ENOMEM;
	do {
		start = span < st.applied ? st.applied - span + 1 : 1;
		c.n = 0;
		if (lseek(fd, start, SEEK_SET) < 0)
			ret = -errno;
		else
			ret = log_walk(fd, record_count, &c);
		span = span > UINT64_MAX / 2 ? UINT64_MAX : span * 2;
	} while (!ret && c.n < want && start > 1);
	if (!ret && c.n)
		*from = c.ring[c.n < want ? 0 : c.n % want];
	free(c.ring);
	return ret;
}

static int tail_run(struct tail_args *args)
{
	int fd, code, ret = 0;
	uint64_t from = args->from;

	/* It does not wait while the last commands are looked for. */
	code = ctl_attach(args->group, O_RDONLY | O_NONBLOCK, &fd);
	if (code)
		return code;
	if (args->has_last)
		ret = last_find(fd, args->last, &from);
	if (!ret && (args->has_last || args->has_from) &&
	    lseek(fd, from, SEEK_SET) < 0)
		ret = -errno;
	if (!ret && !args->no_follow && fcntl(fd, F_SETFL, 0))
		ret = -errno;
	if (!ret)
		ret = log_walk(fd, record_print, args);
	close(fd);
	return ret < 0 ? ctl_fail(RAFT_OP_READ, ret, args->group, NULL) :
	       CTL_OK;
}

enum { OPT_FROM = 256, OPT_COUNT, OPT_NO_FOLLOW, OPT_RAW };

static int options_read(int argc, char **argv, struct tail_args *args)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "from", required_argument, NULL, OPT_FROM },
		{ "last", required_argument, NULL, 'n' },
		{ "count", required_argument, NULL, OPT_COUNT },
		{ "no-follow", no_argument, NULL, OPT_NO_FOLLOW },
		{ "raw", no_argument, NULL, OPT_RAW },
		{ "long", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	int c, bad = 0;

	while ((c = getopt_long(argc, argv, "g:n:lj", options, NULL)) != -1) {
		switch (c) {
		case 'g':
			args->group = optarg;
			break;
		case OPT_FROM:
			args->has_from = true;
			bad |= ctl_u64_parse("--from", optarg, 0, INT64_MAX,
					     &args->from);
			break;
		case 'n':
			args->has_last = true;
			bad |= ctl_u64_parse("--last", optarg, 0, 1u << 24,
					     &args->last);
			break;
		case OPT_COUNT:
			bad |= ctl_u64_parse("--count", optarg, 1, UINT64_MAX,
					     &args->count);
			break;
		case OPT_NO_FOLLOW:
			args->no_follow = true;
			break;
		case OPT_RAW:
			args->raw = true;
			break;
		case 'l':
			args->longer = true;
			break;
		case 'j':
			args->json = true;
			break;
		default:
			bad = CTL_USAGE;
		}
		if (bad)
			return CTL_USAGE;
	}
	return CTL_OK;
}

/**
 * ctl_tail() - raftctl tail [-g NAME] [OPTION...]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_tail(int argc, char **argv)
{
	struct tail_args args = { };

	if (options_read(argc, argv, &args) ||
	    ctl_group_arg(argc, argv, &args.group))
		return CTL_USAGE;
	if (args.has_from && args.has_last)
		return ctl_usage("tail: --from and --last, expected one of them");
	if (args.raw + args.json + args.longer > 1)
		return ctl_usage("tail: expected one of --raw, --long and --json");
	return tail_run(&args);
}
