// SPDX-License-Identifier: GPL-2.0
/*
 * propose.c - propose commands: from the command line, or lines of stdin.
 *
 * Nothing is ever proposed twice here.  The kernel retries by itself over
 * changes of the leader; what it calls unknown stays unknown, and is said so.
 * Who wants to repeat it gives a session and a number.
 */
#include "ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS_MAX	1024

struct propose_args {
	const char *group;
	uint64_t client;
	uint64_t client_serial;
	uint32_t timeout_ms;
	unsigned int jobs;
	unsigned int batch;
	bool result;
	bool lines;
	bool keep_newline;
	bool all_stdin;
	bool keep_going;
	bool quiet;
	bool json;
};

/*
 * What the jobs share.  [lock]: all but @args.
 */
struct feeder {
	const struct propose_args *args;
	pthread_mutex_t lock;
	uint64_t line;		/* number of the last line that was taken */
	uint64_t done;
	uint64_t failed;
	uint64_t unknown;
	bool stop;
	int code;
};

static void result_print(const struct propose_args *args,
			 const struct raft_ioc_propose *r)
{
	struct raft_json j;

	if (args->quiet)
		return;
	if (!args->json) {
		printf("%llu\n", (unsigned long long)r->index);
		return;
	}
	raft_json_init(&j, stdout);
	raft_json_open(&j, NULL, '{');
	raft_json_u64(&j, "index", r->index);
	raft_json_u64(&j, "term", r->term);
	raft_json_u64(&j, "serial", r->serial);
	raft_json_close(&j, '}');
	raft_json_end(&j);
}

static const char *state_name(uint32_t state)
{
	return state == RAFT_RESULT_LATE ? "late" : "none";
}

/* What is known of the result: the bytes as they are, or an object. */
static int answer_print(const struct propose_args *args,
			const struct raft_ioc_propose *r, const char *result)
{
	bool given = r->result_state == RAFT_RESULT_GIVEN;
	struct raft_json j;

	if (args->json && !args->quiet) {
		raft_json_init(&j, stdout);
		raft_json_open(&j, NULL, '{');
		raft_json_u64(&j, "index", r->index);
		raft_json_u64(&j, "term", r->term);
		raft_json_u64(&j, "serial", r->serial);
		if (given) {
			raft_json_open(&j, "result", '{');
			raft_json_data(&j, result, r->result_len);
			raft_json_close(&j, '}');
		} else {
			raft_json_str(&j, "result_state",
				      state_name(r->result_state));
		}
		raft_json_close(&j, '}');
		raft_json_end(&j);
	} else if (given && !args->quiet) {
		fwrite(result, 1, r->result_len, stdout);
	}
	if (given)
		return CTL_OK;
	ctl_warn(r->result_state == RAFT_RESULT_LATE ?
		 "committed at index %llu, but the state machine gave no result in time" :
		 "committed at index %llu, but there is no result of it here",
		 (unsigned long long)r->index);
	return CTL_TIMEOUT;
}

/* One command; the kernel says what is wrong with its length. */
static int propose_one(const struct propose_args *args, const void *data,
		       size_t len)
{
	char result[RAFT_RESULT_MAX];
	struct raft_ioc_propose r = {
		.data = (uintptr_t)data,
		.len = len,
		.timeout_ms = args->timeout_ms,
		.client = args->client,
		.client_serial = args->client_serial,
	};
	int fd, code, ret;

	if (args->result) {
		r.flags = RAFT_PROPOSE_RESULT;
		r.result = (uintptr_t)result;
		r.result_len = sizeof(result);
	}

	code = ctl_attach(args->group, O_RDWR, &fd);
	if (code)
		return code;
	ret = raft_ioc_submit(fd, &r);
	close(fd);
	if (ret)
		return ctl_fail(RAFT_OP_PROPOSE, ret, args->group, NULL);
	if (args->result)
		return answer_print(args, &r, result);
	result_print(args, &r);
	return CTL_OK;
}

static int propose_words(const struct propose_args *args, int n, char **words)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out;
	int i, ret;

	out = open_memstream(&text, &len);
	if (!out) {
		ctl_warn("out of memory");
		return CTL_FAILED;
	}
	for (i = 0; i < n; i++)
		fprintf(out, "%s%s", i ? " " : "", words[i]);
	fclose(out);
	ret = propose_one(args, text, len);
	free(text);
	return ret;
}

static int propose_stdin(const struct propose_args *args)
{
	static char buf[RAFT_COMMAND_MAX + 1];
	size_t len;

	len = fread(buf, 1, sizeof(buf), stdin);
	if (ferror(stdin)) {
		ctl_warn("stdin: %s", strerror(errno));
		return CTL_FAILED;
	}
	return propose_one(args, buf, len);
}

/* The next line of stdin, or less than 0 when there is nothing more to do. */
static ssize_t line_take(struct feeder *f, char **line, size_t *size,
			 uint64_t *number)
{
	ssize_t len = -1;

	pthread_mutex_lock(&f->lock);
	if (!f->stop) {
		errno = 0;
		len = getline(line, size, stdin);
		if (len < 0 && errno) {
			ctl_warn("stdin: %s", strerror(errno));
			f->code = CTL_FAILED;
		}
		if (len < 0)
			f->stop = true;
		else
			*number = ++f->line;
	}
	pthread_mutex_unlock(&f->lock);
	if (len > 0 && !f->args->keep_newline && (*line)[len - 1] == '\n')
		len--;
	return len;
}

static void line_done(struct feeder *f, uint64_t number, int ret,
		      const struct raft_ioc_propose *r)
{
	char where[32];
	int code;

	pthread_mutex_lock(&f->lock);
	if (!ret) {
		f->done++;
		result_print(f->args, r);
	} else {
		snprintf(where, sizeof(where), "line %llu",
			 (unsigned long long)number);
		code = ctl_fail(RAFT_OP_PROPOSE, ret, where, NULL);
		if (code == CTL_UNKNOWN)
			f->unknown++;
		else
			f->failed++;
		/* What is unknown weighs more than what certainly failed. */
		if (f->code != CTL_UNKNOWN)
			f->code = code;
		if (!f->args->keep_going)
			f->stop = true;
	}
	pthread_mutex_unlock(&f->lock);
}

/**
 * struct job - lines that are proposed together
 * @text: of each, with room for more
 * @size: of that room
 * @number: of the line
 * @commands: for the kernel
 * @odd: the line behind them, which the kernel will refuse, alone
 */
struct job {
	char *text[RAFT_BATCH_MAX + 1];
	size_t size[RAFT_BATCH_MAX + 1];
	uint64_t number[RAFT_BATCH_MAX + 1];
	struct raft_ioc_command commands[RAFT_BATCH_MAX + 1];
	bool odd;
};

/* As many as go together; one with a wrong length would spoil it for the others. */
static unsigned int lines_take(struct feeder *f, struct job *j)
{
	uint64_t bytes = 0;
	unsigned int n;
	ssize_t len;

	j->odd = false;
	for (n = 0; n < f->args->batch; n++) {
		len = line_take(f, &j->text[n], &j->size[n], &j->number[n]);
		if (len < 0)
			break;
		j->commands[n] = (struct raft_ioc_command) {
			.data = (uintptr_t)j->text[n],
			/* UINT32_MAX is too long as well. */
			.len = len < UINT32_MAX ? len : UINT32_MAX,
		};
		j->odd = !len || len > RAFT_COMMAND_MAX;
		bytes += len;
		if (j->odd)
			break;
		if (bytes > RAFT_BATCH_BYTES - RAFT_COMMAND_MAX)
			return n + 1;
	}
	return n;
}

static void line_propose(struct feeder *f, int fd, const struct job *j,
			 unsigned int i)
{
	struct raft_ioc_propose r;
	int ret;

	ret = raft_ioc_propose(fd, j->text[i], j->commands[i].len, 0,
			       f->args->timeout_ms, &r);
	line_done(f, j->number[i], ret, &r);
}

static void lines_propose(struct feeder *f, int fd, struct job *j,
			  unsigned int n)
{
	struct raft_ioc_command *c = j->commands;
	struct raft_ioc_propose r = { };
	unsigned int i;

	raft_ioc_batch(fd, c, n, 0, f->args->timeout_ms);
	for (i = 0; i < n; i++) {
		r.index = c[i].index;
		r.term = c[i].term;
		r.serial = c[i].serial;
		line_done(f, j->number[i], -(int)c[i].error, &r);
	}
}

static void *job_run(void *arg)
{
	struct feeder *f = arg;
	unsigned int n, i;
	struct job j = { };
	int fd, code;

	code = ctl_attach(f->args->group, O_RDWR, &fd);
	if (code) {
		pthread_mutex_lock(&f->lock);
		f->code = code;
		f->stop = true;
		pthread_mutex_unlock(&f->lock);
		return NULL;
	}
	while ((n = lines_take(f, &j)) || j.odd) {
		if (n == 1)
			line_propose(f, fd, &j, 0);
		else if (n)
			lines_propose(f, fd, &j, n);
		if (j.odd)
			line_propose(f, fd, &j, n);
	}
	for (i = 0; i <= RAFT_BATCH_MAX; i++)
		free(j.text[i]);
	close(fd);
	return NULL;
}

static int propose_lines(const struct propose_args *args)
{
	struct feeder f = { .args = args };
	pthread_t threads[JOBS_MAX];
	unsigned int i, n = 0;

	pthread_mutex_init(&f.lock, NULL);
	if (args->jobs == 1)
		job_run(&f);
	for (i = 0; args->jobs > 1 && i < args->jobs; i++) {
		if (pthread_create(&threads[n], NULL, job_run, &f)) {
			ctl_warn("only %u jobs of %u could be started", n,
				 args->jobs);
			break;
		}
		n++;
	}
	if (args->jobs > 1 && !n)
		f.code = CTL_FAILED;
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&f.lock);
	if (f.failed || f.unknown)
		ctl_warn("%llu committed, %llu failed, %llu unknown",
			 (unsigned long long)f.done,
			 (unsigned long long)f.failed,
			 (unsigned long long)f.unknown);
	return f.code;
}

static int number_read(const char *option, uint64_t *value)
{
	return ctl_u64_parse(option, optarg, 1, UINT64_MAX, value);
}

static int options_read(int argc, char **argv, struct propose_args *args)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "timeout", required_argument, NULL, 't' },
		{ "jobs", required_argument, NULL, 'J' },
		{ "batch", required_argument, NULL, 'b' },
		{ "lines", no_argument, NULL, 'L' },
		{ "keep-newline", no_argument, NULL, 'N' },
		{ "stdin", no_argument, NULL, 'S' },
		{ "keep-going", no_argument, NULL, 'k' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "json", no_argument, NULL, 'j' },
		{ "session", required_argument, NULL, 'C' },
		{ "serial", required_argument, NULL, 'c' },
		{ "result", no_argument, NULL, 'r' },
		{ }
	};
	uint64_t jobs, batch;
	int c;

	while ((c = getopt_long(argc, argv, "g:t:J:b:kqj", options, NULL)) != -1) {
		if (c == 'g')
			args->group = optarg;
		else if (c == 'L')
			args->lines = true;
		else if (c == 'N')
			args->keep_newline = true;
		else if (c == 'S')
			args->all_stdin = true;
		else if (c == 'k')
			args->keep_going = true;
		else if (c == 'q')
			args->quiet = true;
		else if (c == 'j')
			args->json = true;
		else if (c == 'r')
			args->result = true;
		else if (c == 'C' && !number_read("--session", &args->client))
			continue;
		else if (c == 'c' &&
			 !number_read("--serial", &args->client_serial))
			continue;
		else if (c == 't' &&
			 !ctl_ms_parse("--timeout", optarg, &args->timeout_ms))
			continue;
		else if (c == 'J' &&
			 !ctl_u64_parse("--jobs", optarg, 1, JOBS_MAX, &jobs))
			args->jobs = jobs;
		else if (c == 'b' &&
			 !ctl_u64_parse("--batch", optarg, 1, RAFT_BATCH_MAX,
					&batch))
			args->batch = batch;
		else
			return CTL_USAGE;
	}
	return CTL_OK;
}

/**
 * ctl_propose() - raftctl propose [-g NAME] TEXT...|-
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code; CTL_UNKNOWN if the outcome of any command is unknown.
 */
int ctl_propose(int argc, char **argv)
{
	struct propose_args args = { .jobs = 1, .batch = 1 };
	int n;

	if (options_read(argc, argv, &args))
		return CTL_USAGE;
	/* An index is an acknowledgment: whoever reads it may rely on it. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	argv += optind;
	n = argc - optind;
	if (n == 1 && !strcmp(argv[0], "-")) {
		args.lines = true;
		n = 0;
	}
	if (args.lines + args.all_stdin + !!n != 1)
		return ctl_usage("propose: expected one of TEXT, - (or --lines) and --stdin");
	if (!args.lines &&
	    (args.jobs > 1 || args.batch > 1 || args.keep_newline))
		return ctl_usage("propose: --jobs, --batch, --keep-newline are for lines of stdin");
	if (!args.client != !args.client_serial)
		return ctl_usage("propose: --session and --serial go together");
	if (args.lines && (args.client || args.result))
		return ctl_usage("propose: --session and --result are for one command");
	if (args.lines)
		return propose_lines(&args);
	if (args.all_stdin)
		return propose_stdin(&args);
	return propose_words(&args, n, argv);
}
