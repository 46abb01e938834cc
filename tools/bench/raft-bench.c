// SPDX-License-Identifier: GPL-2.0
/*
 * raft-bench.c - latency and throughput of proposals and read barriers, and of
 * what they rest on.
 *
 * Closed loop: each thread proposes its next command when its last one is
 * committed, so latency under N threads is that of N clients, not of a queue.
 * Readers do the same with barriers.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/ioc.h"

#define THREADS_MAX	4096u

/* What the threads share; a thread stops at the first error of its own. */
struct loop {
	const struct bench_args *args;
	pthread_barrier_t start;
	atomic_uint_fast64_t left;
	uint64_t deadline_ns;
	pthread_mutex_t lock;		/* result and complaint */
	struct bench_result *result;
	bool complained;
};

struct client {
	struct loop *loop;
	unsigned int number;
	int fd;
	pthread_t thread;
};

/**
 * bench_fail() - say what went wrong
 * @fmt: as printf, without a newline
 *
 * Return: 1, the exit code.
 */
int bench_fail(const char *fmt, ...)
{
	va_list ap;

	fputs("raft-bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	putc('\n', stderr);
	return 1;
}

static bool loop_more(struct loop *l)
{
	uint64_t left;

	if (!l->args->count)
		return raft_clock_ns() < l->deadline_ns;
	left = atomic_load(&l->left);
	while (left)
		if (atomic_compare_exchange_weak(&l->left, &left, left - 1))
			return true;
	return false;
}

static void client_error(struct client *c, int error)
{
	struct loop *l = c->loop;
	enum raft_ioc_op op = l->args->read ? RAFT_OP_BARRIER : RAFT_OP_PROPOSE;

	pthread_mutex_lock(&l->lock);
	if (raft_ioc_unknown(op, error))
		l->result->unknown++;
	else
		l->result->failed++;
	if (!l->complained) {
		l->complained = true;
		fputs("raft-bench: ", stderr);
		raft_ioc_explain(stderr, op, error, l->args->group, NULL);
		putc('\n', stderr);
	}
	pthread_mutex_unlock(&l->lock);
}

/* No two commands are alike, as far as @size lets them differ. */
static void command_fill(char *buf, uint32_t size, unsigned int client,
			 uint64_t n)
{
	char head[64];
	int len;

	len = snprintf(head, sizeof(head), "%" PRIu64 " %u %d ", n, client,
		       getpid());
	memset(buf, '.', size);
	memcpy(buf, head, (uint32_t)len < size ? (uint32_t)len : size);
}

static int client_once(const struct client *c, const char *command)
{
	const struct bench_args *args = c->loop->args;
	struct raft_ioc_propose r;
	uint64_t index;

	if (args->read)
		return raft_ioc_read(c->fd, args->lease ? RAFT_READ_LEASE : 0,
				     args->timeout_ms, &index);
	return raft_ioc_propose(c->fd, command, args->size, 0,
				args->timeout_ms, &r);
}

static void *client_run(void *arg)
{
	struct client *c = arg;
	const struct bench_args *args = c->loop->args;
	struct raft_hist *hist = calloc(1, sizeof(*hist));
	char *buf = malloc(args->size);
	uint64_t n = 0, before;
	int ret = hist && buf ? 0 : -ENOMEM;

	pthread_barrier_wait(&c->loop->start);
	while (!ret && loop_more(c->loop)) {
		command_fill(buf, args->size, c->number, n++);
		before = raft_clock_ns();
		ret = client_once(c, buf);
		if (!ret)
			raft_hist_add(hist, raft_clock_ns() - before);
	}
	if (ret)
		client_error(c, ret);
	if (hist) {
		pthread_mutex_lock(&c->loop->lock);
		raft_hist_merge(&c->loop->result->hist, hist);
		pthread_mutex_unlock(&c->loop->lock);
	}
	free(buf);
	free(hist);
	return NULL;
}

static int client_open(const struct bench_args *args)
{
	int fd, ret;

	fd = raft_ioc_open(O_RDWR);
	ret = fd < 0 ? fd : raft_ioc_attach(fd, args->group);
	if (!ret)
		return fd;
	fputs("raft-bench: ", stderr);
	raft_ioc_explain(stderr, fd < 0 ? RAFT_OP_OPEN : RAFT_OP_ATTACH, ret,
			 args->group, NULL);
	putc('\n', stderr);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Threads run from the barrier on, so start all of them or none. */
static int clients_run(struct client *clients, struct loop *loop)
{
	const struct bench_args *args = loop->args;
	unsigned int i, n;
	uint64_t begin;

	pthread_barrier_init(&loop->start, NULL, args->threads + 1);
	for (n = 0; n < args->threads; n++)
		if (pthread_create(&clients[n].thread, NULL, client_run,
				   &clients[n]))
			break;
	if (n < args->threads) {
		bench_fail("only %u threads of %u could be started", n,
			   args->threads);
		exit(1);	/* the others wait for ever */
	}
	begin = raft_clock_ns();
	loop->deadline_ns = begin + args->seconds * RAFT_NS_PER_S;
	pthread_barrier_wait(&loop->start);
	for (i = 0; i < n; i++)
		pthread_join(clients[i].thread, NULL);
	loop->result->elapsed_ns = raft_clock_ns() - begin;
	pthread_barrier_destroy(&loop->start);
	if (loop->result->unknown)
		return 3;
	return loop->result->failed ? 1 : 0;
}

static int bench_device(const struct bench_args *args, struct bench_result *r)
{
	struct loop loop = { .args = args, .left = args->count, .result = r };
	struct client *clients;
	unsigned int n;
	int ret = 0;

	clients = calloc(args->threads, sizeof(*clients));
	if (!clients)
		return bench_fail("out of memory");
	pthread_mutex_init(&loop.lock, NULL);
	for (n = 0; n < args->threads; n++) {
		clients[n].loop = &loop;
		clients[n].number = n;
		clients[n].fd = client_open(args);
		if (clients[n].fd < 0) {
			ret = 4;
			break;
		}
	}
	if (!ret)
		ret = clients_run(clients, &loop);
	while (n)
		close(clients[--n].fd);
	pthread_mutex_destroy(&loop.lock);
	free(clients);
	return ret;
}

static double rate(const struct bench_result *r)
{
	return r->elapsed_ns ? r->hist.n * 1e9 / r->elapsed_ns : 0;
}

static void result_json(const struct bench_args *args,
			const struct bench_result *r)
{
	const struct raft_hist *h = &r->hist;
	struct raft_json j;

	raft_json_init(&j, stdout);
	raft_json_open(&j, NULL, '{');
	raft_json_str(&j, "mode", args->mode);
	raft_json_u64(&j, "threads", args->threads);
	if (args->read)
		raft_json_bool(&j, "lease", args->lease);
	else
		raft_json_u64(&j, "size", args->size);
	raft_json_u64(&j, "done", h->n);
	raft_json_u64(&j, "failed", r->failed);
	raft_json_u64(&j, "unknown", r->unknown);
	raft_json_u64(&j, "elapsed_ns", r->elapsed_ns);
	raft_json_u64(&j, "per_second", rate(r) + 0.5);
	raft_json_u64(&j, "min_ns", h->min);
	raft_json_u64(&j, "mean_ns", h->n ? h->sum / h->n : 0);
	raft_json_u64(&j, "p50_ns", raft_hist_quantile(h, 0.50));
	raft_json_u64(&j, "p90_ns", raft_hist_quantile(h, 0.90));
	raft_json_u64(&j, "p99_ns", raft_hist_quantile(h, 0.99));
	raft_json_u64(&j, "p999_ns", raft_hist_quantile(h, 0.999));
	raft_json_u64(&j, "max_ns", h->max);
	if (r->note)
		raft_json_str(&j, "note", r->note);
	raft_json_close(&j, '}');
	raft_json_end(&j);
}

static void result_print(const struct bench_args *args,
			 const struct bench_result *r)
{
	static const double q[] = { 0.50, 0.90, 0.99, 0.999, 1 };
	static const char * const names[] = { "p50", "p90", "p99", "p99.9",
					      "max" };
	char text[32];
	size_t i;

	printf("%s: %" PRIu64, args->mode, r->hist.n);
	if (args->read)
		printf(" %s", args->lease ? "barriers, leases" : "barriers");
	else
		printf(" of %u bytes", args->size);
	printf(" by %u in %.2f s, %.0f/s", args->threads, r->elapsed_ns / 1e9,
	       rate(r));
	if (r->failed || r->unknown)
		printf("; %" PRIu64 " failed, %" PRIu64 " unknown", r->failed,
		       r->unknown);
	if (r->note)
		printf(" (%s)", r->note);
	raft_duration_format(r->hist.min, text, sizeof(text));
	printf("\nlatency: min %s", text);
	for (i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
		raft_duration_format(raft_hist_quantile(&r->hist, q[i]), text,
				     sizeof(text));
		printf(", %s %s", names[i], text);
	}
	putchar('\n');
}

static int overview(FILE *out)
{
	fputs("Usage: raft-bench MODE [OPTION...]\n\n"
	      "  propose                    commands through /dev/raft, closed loop\n"
	      "  read                       read barriers, likewise\n"
	      "  fsync DIR|NEWFILE          4 KiB O_DIRECT|O_DSYNC overwrites in place\n"
	      "  udp-server ADDRESS:PORT    send each datagram back, until killed\n"
	      "  udp ADDRESS:PORT           round trips to a udp-server, from user space\n\n"
	      "  -g, --group NAME     propose, read: the group; needed if there are several\n"
	      "  -t, --threads N      propose, read: clients, default 1\n"
	      "  -l, --lease          read: the leader may answer by its lease\n"
	      "  -s, --size BYTES     of a command or datagram, default 64\n"
	      "  -n, --count N        how many in all; default: as many as go in -T\n"
	      "  -T, --seconds N      for so long, default 5\n"
	      "  --timeout T          propose, read: give up after this\n"
	      "  -j, --json           one object\n\n"
	      "Exit codes: 0 all done, 1 failed, 2 usage, 3 outcome of a proposal unknown,\n"
	      "4 no such group or no module.\n", out);
	return 2;
}

static int options_read(int argc, char **argv, struct bench_args *args)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "threads", required_argument, NULL, 't' },
		{ "size", required_argument, NULL, 's' },
		{ "count", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 'T' },
		{ "timeout", required_argument, NULL, 'w' },
		{ "lease", no_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	uint64_t v = 0;
	int c;

	while ((c = getopt_long(argc, argv, "g:t:s:n:T:ljh", options, NULL)) != -1) {
		if (c == 'h') {
			overview(stdout);
			exit(0);
		}
		if (c == '?' || (c == 'w' && raft_duration_parse(optarg, &v)) ||
		    (c == 's' && raft_size_parse(optarg, &v)) ||
		    (strchr("tnT", c) && raft_u64_parse(optarg, &v)) ||
		    (strchr("tsnTw", c) && !v))
			return overview(stderr);
		if (c == 'g')
			args->group = optarg;
		else if (c == 't')
			args->threads = v < THREADS_MAX ? v : THREADS_MAX;
		else if (c == 's')
			args->size = v < RAFT_COMMAND_MAX ? v : RAFT_COMMAND_MAX;
		else if (c == 'n')
			args->count = v;
		else if (c == 'T')
			args->seconds = v;
		else if (c == 'w')
			args->timeout_ms = (v + RAFT_NS_PER_MS - 1) /
					   RAFT_NS_PER_MS;
		else if (c == 'l')
			args->lease = true;
		else
			args->json = true;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct bench_args args = { .threads = 1, .size = 64, .seconds = 5 };
	static struct bench_result result;
	struct bench_result *r = &result;
	bool needs_target;
	int ret;

	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	if (options_read(argc, argv, &args) || optind == argc)
		return overview(stderr);
	args.mode = argv[optind++];
	args.read = !strcmp(args.mode, "read");
	needs_target = !args.read && strcmp(args.mode, "propose");
	if ((args.lease && !args.read) || argc - optind != needs_target)
		return overview(stderr);
	args.target = argv[optind];
	if (!strcmp(args.mode, "fsync"))
		args.size = 4096;
	if (!needs_target)
		ret = bench_device(&args, r);
	else if (!strcmp(args.mode, "fsync"))
		ret = bench_fsync(&args, r);
	else if (!strcmp(args.mode, "udp"))
		ret = bench_udp(&args, r);
	else if (!strcmp(args.mode, "udp-server"))
		return bench_udp_server(&args);
	else
		return overview(stderr);
	if (r->hist.n || !ret) {
		if (args.json)
			result_json(&args, r);
		else
			result_print(&args, r);
	}
	return fflush(stdout) ? 1 : ret;
}
