// SPDX-License-Identifier: GPL-2.0
/*
 * etcd_client.c - loads a member of etcd: puts, and linearizable reads of a key,
 * which are its read barrier.
 *
 *   bench-etcd propose|read [OPTION...] ADDRESS:PORT     options of raft-bench
 *
 * One process, one thread, one connection for all clients, gRPC without JSON: a
 * client that costs etcd little, so that etcd is what is measured.  Each client
 * has a key of its own, so the store does not grow by keys.
 */
#include "bench.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "grpc.h"

#define PUT		"/etcdserverpb.KV/Put"
#define RANGE		"/etcdserverpb.KV/Range"
#define HEAD_MAX	64u	/* of gRPC and of a message before its value */

/**
 * struct client - has one request on its way or waits until one is due
 * @call: the request
 * @due_ns: if it waits, else 0
 * @begin_ns: latency counts from here
 */
struct client {
	struct grpc_call call;
	uint64_t due_ns;
	uint64_t begin_ns;
};

static struct bench_args args = { .threads = 1, .size = 64, .seconds = 5 };
static struct bench_result result;
static struct bench_pace pace;
static struct client clients[BENCH_CLIENTS_MAX];
static unsigned int active;	/* clients that have not come to the end */
static struct grpc grpc;

static size_t varint(uint8_t *p, uint32_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		p[n++] = v | 0x80;
	p[n++] = v;
	return n;
}

/* PutRequest { bytes key = 1; bytes value = 2; }, RangeRequest { bytes key = 1; } */
static int client_init(struct client *c, unsigned int number)
{
	uint8_t *body = calloc(1, HEAD_MAX + args.size), *p;
	char key[16];
	int len = snprintf(key, sizeof(key), "c%u", number);

	if (!body)
		return -1;
	p = body + GRPC_HEAD;
	*p++ = 1 << 3 | 2;
	p += varint(p, len);
	p = (uint8_t *)memcpy(p, key, len) + len;
	if (!args.read) {
		*p++ = 2 << 3 | 2;
		p += varint(p, args.size);
		memset(p, '.', args.size);
		p += args.size;
	}
	c->call.body = body;
	c->call.len = p - body;
	return 0;
}

static void client_request(struct client *c)
{
	c->due_ns = 0;
	if (grpc_start(&grpc, args.read ? RANGE : PUT, &c->call)) {
		bench_fail("out of memory");
		exit(1);
	}
}

static void client_next(struct client *c)
{
	uint64_t due;

	if (!bench_pace_take(&pace, &due)) {
		active--;
		return;
	}
	c->begin_ns = due ? due : raft_clock_ns();
	c->due_ns = due;
	if (!due)
		client_request(c);
}

static void client_done(struct grpc_call *call)
{
	struct client *c = (struct client *)call;	/* its first member */

	if (call->status) {
		if (!result.unknown++)
			bench_fail("etcd: gRPC status %d", call->status);
		active--;
		return;
	}
	raft_hist_add(&result.hist, raft_clock_ns() - c->begin_ns);
	client_next(c);
}

/* Makes what is due. Returns how long nothing more is, ns; -1: for ever. */
static int64_t due(void)
{
	uint64_t now = raft_clock_ns(), next = UINT64_MAX;
	unsigned int i;

	if (!args.rate)
		return -1;
	for (i = 0; i < args.threads; i++) {
		if (!clients[i].due_ns)
			continue;
		if (clients[i].due_ns <= now)
			client_request(&clients[i]);
		else if (clients[i].due_ns < next)
			next = clients[i].due_ns;
	}
	return next == UINT64_MAX ? -1 : (int64_t)(next - now);
}

static int load(void)
{
	uint64_t idle = bench_idle_ns();
	unsigned int i;
	int ret = 0;

	bench_pace_start(&pace, &args);
	active = args.threads;
	for (i = 0; i < args.threads; i++)
		client_next(&clients[i]);
	while (active && !ret)
		ret = grpc_run(&grpc, due());
	result.elapsed_ns = raft_clock_ns() - pace.begin_ns;
	result.busy_ns = bench_busy_ns(idle, result.elapsed_ns);
	return ret;
}

/**
 * main() - run a load
 * @argc: as above
 * @argv: as above
 *
 * Return: the exit code: 0 all done, 1 failed, 2 usage, 3 outcome unknown.
 */
int main(int argc, char **argv)
{
	unsigned int i;
	int ret;

	if (bench_options_read(argc, argv, &args) || !args.target ||
	    (strcmp(args.mode, "propose") && !args.read)) {
		bench_fail("usage: bench-etcd propose|read [OPTION...] ADDRESS:PORT");
		return 2;
	}
	for (i = 0; i < args.threads; i++)
		if (client_init(&clients[i], i))
			return bench_fail("out of memory");
	grpc.done = client_done;
	ret = grpc_connect(&grpc, args.target);
	if (ret)
		return bench_fail("%s: %s", args.target, strerror(-ret));
	ret = load();
	grpc_close(&grpc);
	if (ret)
		return bench_fail("%s: %s", args.target, strerror(-ret));
	bench_report(&args, &result);
	return result.unknown ? 3 : 0;
}
