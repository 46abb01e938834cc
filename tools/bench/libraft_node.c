// SPDX-License-Identifier: GPL-2.0
/*
 * libraft_node.c - one node of a cluster on Debian's libraft (cowsql's raft): the
 * peer that raft.ko is compared with, as its users would build it: libuv, TCP,
 * durable files.
 *
 *   bench-libraft ID DIR HEARTBEAT_MS ELECTION_MS ADDRESS:PORT...   of node 1, 2, ...
 *
 * Lines on stdin ask for something, a line on stdout answers: "leader" prints
 * the id of the leader or 0, "term" the term; "propose" and "read" with options as of raft-bench
 * run a load at the leader, and print its result.
 *
 * The clients are in this process: no system call and no switch lies between
 * them and the library, in its favour.  A read is raft_barrier(), which is an
 * entry in the log: the library knows nothing cheaper.
 */
#include "bench.h"

#include <raft.h>
#include <raft/uv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LINE_MAX_BYTES	256u
#define ARGS_MAX	16

struct client {
	struct raft_apply apply;
	struct raft_barrier barrier;
	struct load *load;
	uint64_t begin_ns;	/* latency counts from here */
	int timer;		/* timerfd; open loop only */
	uv_poll_t poll;
};

struct load {
	struct node *node;
	struct bench_args args;
	struct bench_pace pace;
	struct bench_result result;
	uint64_t idle_ns;
	unsigned int active;	/* clients that have not come to the end */
	struct client clients[BENCH_CLIENTS_MAX];
};

struct node {
	uv_loop_t loop;
	uv_pipe_t in;
	struct raft_uv_transport transport;
	struct raft_io io;
	struct raft_fsm fsm;
	struct raft raft;
	uint64_t applied;
	size_t len;		/* of @line */
	char line[LINE_MAX_BYTES];
	struct load *load;	/* that runs, or NULL */
};

static void client_next(struct client *c);

/* The state machine counts. */

static int fsm_apply(struct raft_fsm *fsm, const struct raft_buffer *buf,
		     void **result)
{
	struct node *node = fsm->data;

	(void)buf;
	node->applied++;
	*result = NULL;
	return 0;
}

static int fsm_snapshot(struct raft_fsm *fsm, struct raft_buffer *bufs[],
			unsigned int *n)
{
	struct node *node = fsm->data;

	*bufs = raft_malloc(sizeof(**bufs));
	if (!*bufs)
		return RAFT_NOMEM;
	(*bufs)->len = sizeof(node->applied);
	(*bufs)->base = raft_malloc((*bufs)->len);
	if (!(*bufs)->base) {
		raft_free(*bufs);
		return RAFT_NOMEM;
	}
	memcpy((*bufs)->base, &node->applied, sizeof(node->applied));
	*n = 1;
	return 0;
}

static int fsm_restore(struct raft_fsm *fsm, struct raft_buffer *buf)
{
	struct node *node = fsm->data;

	if (buf->len != sizeof(node->applied))
		return RAFT_MALFORMED;
	memcpy(&node->applied, buf->base, sizeof(node->applied));
	raft_free(buf->base);
	return 0;
}

/* A load: clients that each have one request on its way. */

static void timer_closed(uv_handle_t *handle)
{
	struct client *c = handle->data;
	struct load *load = c->load;

	close(c->timer);
	if (--load->active)
		return;
	load->node->load = NULL;
	free(load);
}

static void load_end(struct load *load)
{
	unsigned int i;

	load->result.elapsed_ns = raft_clock_ns() - load->pace.begin_ns;
	load->result.busy_ns = bench_busy_ns(load->idle_ns,
					     load->result.elapsed_ns);
	bench_report(&load->args, &load->result);
	if (load->args.rate) {
		load->active = load->args.threads;
		for (i = 0; i < load->args.threads; i++)
			uv_close((uv_handle_t *)&load->clients[i].poll,
				 timer_closed);
		return;
	}
	load->node->load = NULL;
	free(load);
}

static void client_end(struct client *c)
{
	if (!--c->load->active)
		load_end(c->load);
}

static void client_done(struct client *c, int status)
{
	if (status) {
		if (!c->load->result.failed++)
			bench_fail("libraft: %s", raft_strerror(status));
		client_end(c);
		return;
	}
	raft_hist_add(&c->load->result.hist, raft_clock_ns() - c->begin_ns);
	client_next(c);
}

static void applied(struct raft_apply *req, int status, void *result)
{
	(void)result;
	client_done(req->data, status);
}

static void barrier_done(struct raft_barrier *req, int status)
{
	client_done(req->data, status);
}

static void client_request(struct client *c)
{
	struct load *load = c->load;
	struct raft_buffer buf = { .len = load->args.size };
	int ret;

	if (load->args.read) {
		ret = raft_barrier(&load->node->raft, &c->barrier, barrier_done);
	} else {
		buf.base = raft_malloc(buf.len);
		if (!buf.base) {
			client_done(c, RAFT_NOMEM);
			return;
		}
		memset(buf.base, '.', buf.len);
		ret = raft_apply(&load->node->raft, &c->apply, &buf, 1, applied);
		if (ret)
			raft_free(buf.base);
	}
	if (ret)
		client_done(c, ret);
}

static void timer_fired(uv_poll_t *poll, int status, int events)
{
	struct client *c = poll->data;
	uint64_t n;

	(void)events;
	if (!status && read(c->timer, &n, sizeof(n)) == sizeof(n))
		client_request(c);
}

static void client_next(struct client *c)
{
	struct itimerspec at = { };
	uint64_t due;

	if (!bench_pace_take(&c->load->pace, &due)) {
		client_end(c);
		return;
	}
	c->begin_ns = due ? due : raft_clock_ns();
	if (!due) {
		client_request(c);
		return;
	}
	/* libuv's own timers count in ms.  One in the past fires at once. */
	at.it_value.tv_sec = due / RAFT_NS_PER_S;
	at.it_value.tv_nsec = due % RAFT_NS_PER_S;
	timerfd_settime(c->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

static int client_init(struct client *c, struct load *load)
{
	c->load = load;
	c->apply.data = c;
	c->barrier.data = c;
	c->poll.data = c;
	if (!load->args.rate)
		return 0;
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->timer < 0 || uv_poll_init(&load->node->loop, &c->poll, c->timer))
		return -1;
	return uv_poll_start(&c->poll, UV_READABLE, timer_fired);
}

static void load_start(struct node *node, const struct bench_args *args)
{
	struct load *load = calloc(1, sizeof(*load));
	unsigned int i;

	if (!load) {
		bench_fail("out of memory");
		exit(1);
	}
	node->load = load;
	load->node = node;
	load->args = *args;
	load->active = args->threads;
	for (i = 0; i < args->threads; i++) {
		if (!client_init(&load->clients[i], load))
			continue;
		bench_fail("no timer for client %u", i);
		exit(1);
	}
	load->idle_ns = bench_idle_ns();
	bench_pace_start(&load->pace, &load->args);
	for (i = 0; i < args->threads; i++)
		client_next(&load->clients[i]);
}

/* What is asked for on stdin. */

static void line_do(struct node *node, char *line)
{
	struct bench_args args = { .threads = 1, .size = 64, .seconds = 5 };
	char *argv[ARGS_MAX] = { "bench-libraft" };
	const char *address;
	raft_id leader = 0;
	int argc = 1;

	while (argc < ARGS_MAX - 1) {
		argv[argc] = strtok(argc == 1 ? line : NULL, " ");
		if (!argv[argc])
			break;
		argc++;
	}
	if (bench_options_read(argc, argv, &args)) {
		puts("{\"error\":\"no such request\"}");
	} else if (!strcmp(args.mode, "leader")) {
		raft_leader(&node->raft, &leader, &address);
		printf("%llu\n", leader);
	} else if (!strcmp(args.mode, "term")) {
		printf("%llu\n", node->raft.current_term);
	} else if (strcmp(args.mode, "propose") && !args.read) {
		puts("{\"error\":\"no such request\"}");
	} else if (node->load || raft_state(&node->raft) != RAFT_LEADER) {
		puts("{\"error\":\"busy, or not the leader\"}");
	} else {
		load_start(node, &args);
	}
	fflush(stdout);
}

static void in_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct node *node = handle->data;

	(void)size;
	*buf = uv_buf_init(node->line + node->len,
			   sizeof(node->line) - node->len);
}

static void in_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct node *node = stream->data;
	char *end;

	(void)buf;
	if (n < 0)
		exit(0);
	node->len += n;
	while ((end = memchr(node->line, '\n', node->len))) {
		*end++ = '\0';
		line_do(node, node->line);
		node->len -= end - node->line;
		memmove(node->line, end, node->len);
	}
	if (node->len == sizeof(node->line)) {
		bench_fail("a line of stdin is too long");
		exit(2);
	}
}

static int node_bootstrap(struct node *node, char **addresses, int n)
{
	struct raft_configuration conf;
	int i, ret = 0;

	raft_configuration_init(&conf);
	for (i = 0; i < n && !ret; i++)
		ret = raft_configuration_add(&conf, i + 1, addresses[i],
					     RAFT_VOTER);
	if (!ret)
		ret = raft_bootstrap(&node->raft, &conf);
	raft_configuration_close(&conf);
	return ret;
}

/* Timeouts, snapshots and entries kept as bench-guest.sh has them for all. */
static int node_start(struct node *node, char **argv, int n, unsigned int id)
{
	unsigned int heartbeat = atoi(argv[3]);
	unsigned int election = atoi(argv[4]);
	int ret;

	node->fsm = (struct raft_fsm){
		.version = 1,
		.data = node,
		.apply = fsm_apply,
		.snapshot = fsm_snapshot,
		.restore = fsm_restore,
	};
	uv_loop_init(&node->loop);
	ret = raft_uv_tcp_init(&node->transport, &node->loop);
	if (!ret)
		ret = raft_uv_init(&node->io, &node->loop, argv[2],
				   &node->transport);
	if (!ret)
		ret = raft_init(&node->raft, &node->io, &node->fsm, id,
				argv[4 + id]);
	if (ret)
		return ret;
	raft_set_heartbeat_timeout(&node->raft, heartbeat);
	raft_set_election_timeout(&node->raft, election);
	raft_set_pre_vote(&node->raft, true);
	raft_set_snapshot_threshold(&node->raft, 1024);
	raft_set_snapshot_trailing(&node->raft, 1024);
	ret = node_bootstrap(node, argv + 5, n);
	return ret ? ret : raft_start(&node->raft);
}

/**
 * main() - run a node until stdin ends or it is killed
 * @argc: as above
 * @argv: as above
 *
 * Return: the exit code.
 */
int main(int argc, char **argv)
{
	static struct node node;
	unsigned int id = argc > 5 ? atoi(argv[1]) : 0;
	int ret;

	if (!id || (int)id > argc - 5)
		return bench_fail("bench-libraft ID DIR HEARTBEAT_MS ELECTION_MS ADDRESS:PORT...");
	ret = node_start(&node, argv, argc - 5, id);
	if (ret)
		return bench_fail("libraft: %s: %s", raft_strerror(ret),
				  raft_errmsg(&node.raft));
	node.in.data = &node;
	if (uv_pipe_init(&node.loop, &node.in, 0) || uv_pipe_open(&node.in, 0) ||
	    uv_read_start((uv_stream_t *)&node.in, in_alloc, in_read))
		return bench_fail("stdin is no pipe");
	return uv_run(&node.loop, UV_RUN_DEFAULT);
}
