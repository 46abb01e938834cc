// SPDX-License-Identifier: GPL-2.0
/*
 * raft-bench.c - latency and throughput of proposals and read barriers, and of
 * what they rest on.
 *
 * Closed loop: each thread proposes its next command when its last one is
 * committed, so latency under N threads is that of N clients, not of a queue.
 * Readers do the same with barriers.  With --batch a thread does so for several
 * clients at once: one call has a command of each, and what it takes is the latency
 * of each.  Open loop (--rate): as pace.c says; the threads are how many commands may
 * be on their way.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/ioc.h"

/* What the threads share; a thread stops at the first error of its own. */
struct loop {
	const struct bench_args *args;
	pthread_barrier_t start;
	struct bench_pace pace;
	pthread_mutex_t lock;		/* result and complaint */
	struct bench_result *result;
	bool complained;
};

struct client {
	struct loop *loop;
	unsigned int number;
	int fd;
	pthread_t thread;
	char *bytes;			/* a command after the other */
	struct raft_ioc_command *commands;
	uint64_t n;
};

/* The time from which the latency of the next request counts; 0: it is over. */
static uint64_t client_next(struct client *c)
{
	struct timespec ts;
	uint64_t due;

	if (!bench_pace_take(&c->loop->pace, &due))
		return 0;
	if (!due)
		return raft_clock_ns();
	ts.tv_sec = due / RAFT_NS_PER_S;
	ts.tv_nsec = due % RAFT_NS_PER_S;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
	return due;
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
		fputs("bench: ", stderr);
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

static void commands_fill(struct client *c)
{
	uint32_t size = c->loop->args->size;
	unsigned int i;

	for (i = 0; i < c->loop->args->batch; i++) {
		command_fill(c->bytes + (size_t)i * size, size,
			     c->number * c->loop->args->batch + i, c->n);
		c->commands[i].data = (uintptr_t)c->bytes + (size_t)i * size;
		c->commands[i].len = size;
	}
	c->n++;
}

static int client_once(const struct client *c)
{
	const struct bench_args *args = c->loop->args;
	struct raft_ioc_propose r;
	uint64_t index;

	if (args->read)
		return raft_ioc_read(c->fd, args->lease ? RAFT_READ_LEASE : 0,
				     args->timeout_ms, &index);
	if (args->batch > 1)
		return raft_ioc_batch(c->fd, c->commands, args->batch, 0,
				      args->timeout_ms);
	return raft_ioc_propose(c->fd, c->bytes, args->size, 0,
				args->timeout_ms, &r);
}

/* Those of a batch that is not whole do not count. */
static int client_loop(struct client *c, struct raft_hist *hist)
{
	uint64_t before, took;
	unsigned int i;
	int ret;

	for (;;) {
		commands_fill(c);
		before = client_next(c);
		if (!before)
			return 0;
		ret = client_once(c);
		if (ret)
			return ret;
		took = raft_clock_ns() - before;
		for (i = 0; i < c->loop->args->batch; i++)
			raft_hist_add(hist, took);
	}
}

static void *client_run(void *arg)
{
	struct client *c = arg;
	const struct bench_args *args = c->loop->args;
	struct raft_hist *hist = calloc(1, sizeof(*hist));
	int ret;

	c->bytes = malloc((size_t)args->size * args->batch);
	c->commands = calloc(args->batch, sizeof(*c->commands));
	pthread_barrier_wait(&c->loop->start);
	ret = hist && c->bytes && c->commands ? client_loop(c, hist) : -ENOMEM;
	if (ret)
		client_error(c, ret);
	if (hist) {
		pthread_mutex_lock(&c->loop->lock);
		raft_hist_merge(&c->loop->result->hist, hist);
		pthread_mutex_unlock(&c->loop->lock);
	}
	free(c->commands);
	free(c->bytes);
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
	fputs("bench: ", stderr);
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
	unsigned int threads = args->threads / args->batch, i, n;
	uint64_t idle;

	pthread_barrier_init(&loop->start, NULL, threads + 1);
	for (n = 0; n < threads; n++)
		if (pthread_create(&clients[n].thread, NULL, client_run,
				   &clients[n]))
			break;
	if (n < threads) {
		bench_fail("only %u threads of %u could be started", n,
			   threads);
		exit(1);	/* the others wait for ever */
	}
	idle = bench_idle_ns();
	bench_pace_start(&loop->pace, args);
	pthread_barrier_wait(&loop->start);
	for (i = 0; i < n; i++)
		pthread_join(clients[i].thread, NULL);
	loop->result->elapsed_ns = raft_clock_ns() - loop->pace.begin_ns;
	loop->result->busy_ns = bench_busy_ns(idle, loop->result->elapsed_ns);
	pthread_barrier_destroy(&loop->start);
	if (loop->result->unknown)
		return 3;
	return loop->result->failed ? 1 : 0;
}

static int bench_device(const struct bench_args *args, struct bench_result *r)
{
	struct loop loop = { .args = args, .result = r };
	struct client *clients;
	unsigned int n;
	int ret = 0;

	clients = calloc(args->threads, sizeof(*clients));
	if (!clients)
		return bench_fail("out of memory");
	pthread_mutex_init(&loop.lock, NULL);
	for (n = 0; n < args->threads / args->batch; n++) {
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

static int overview(FILE *out)
{
	fputs("Usage: raft-bench MODE [OPTION...]\n\n"
	      "  propose                    commands through /dev/raft, closed loop\n"
	      "  read                       read barriers, likewise\n"
	      "  fsync DIR|NEWFILE          4 KiB O_DIRECT|O_DSYNC overwrites in place\n"
	      "  udp-server ADDRESS:PORT    send each datagram back, until killed\n"
	      "  udp ADDRESS:PORT           round trips to a udp-server, from user space\n"
	      "  switch                     a process switch: a byte through a pipe\n"
	      "  idle                       how busy the machine is for -T\n"
	      "  watch                      a line for each time the machine stood still,\n"
	      "                             until killed\n\n"
	      "  -g, --group NAME     propose, read: the group; needed if there are several\n"
	      "  -t, --threads N      propose, read: clients, default 1\n"
	      "  -b, --batch N        propose: so many clients share a thread and a call; of 64\n"
	      "                       or less, which divides the clients and -n\n"
	      "  -l, --lease          read: the leader may answer by its lease\n"
	      "  -s, --size BYTES     of a command or datagram, default 64\n"
	      "  -n, --count N        how many in all; default: as many as go in -T\n"
	      "  -T, --seconds N      for so long, default 5\n"
	      "  -r, --rate N         propose, read: open loop, so many each second; latency\n"
	      "                       counts from when each was due\n"
	      "  --timeout T          propose, read: give up after this\n"
	      "  -j, --json           one object\n\n"
	      "Exit codes: 0 all done, 1 failed, 2 usage, 3 outcome of a proposal unknown,\n"
	      "4 no such group or no module.\n", out);
	return out == stdout ? 0 : 2;
}

/**
 * main() - measure one thing
 * @argc: see overview()
 * @argv: see overview()
 *
 * Return: the exit code.
 */
int main(int argc, char **argv)
{
	static const struct {
		const char *mode;
		int (*run)(const struct bench_args *args, struct bench_result *r);
		bool target;
	} modes[] = {
		{ "propose", bench_device, false },
		{ "read", bench_device, false },
		{ "fsync", bench_fsync, true },
		{ "udp", bench_udp, true },
		{ "switch", bench_switch, false },
		{ "idle", bench_idle, false },
	};
	struct bench_args args = { .threads = 1, .batch = 1, .size = 64, .seconds = 5 };
	static struct bench_result r;
	int ret;
	size_t i;

	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	ret = bench_options_read(argc, argv, &args);
	if (ret)
		return overview(ret > 0 ? stdout : stderr);
	if (!strcmp(args.mode, "udp-server") && args.target)
		return bench_udp_server(&args);
	if (!strcmp(args.mode, "watch") && !args.target)
		return bench_watch();
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(args.mode, modes[i].mode))
			break;
	if (i == sizeof(modes) / sizeof(modes[0]) ||
	    !!args.target != modes[i].target)
		return overview(stderr);
	if (!strcmp(args.mode, "fsync"))
		args.size = 4096;
	ret = modes[i].run(&args, &r);
	if (r.hist.n || !ret)
		bench_report(&args, &r);
	return fflush(stdout) ? 1 : ret;
}
