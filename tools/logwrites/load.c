// SPDX-License-Identifier: GPL-2.0
/*
 * load.c - logwrites-load: clients that note in the kernel's trace what they
 * propose, before they do, and what was acknowledged, after it was.
 *
 *	logwrites-load [-q] [-s SEED] GROUP NAME THREADS SECONDS NODE...
 *
 * THREADS clients at each node, which is in the network namespace n<NODE>.  The
 * notes are lines of trace_marker, on the clock of all other events there:
 *
 *	try COMMAND LENGTH		COMMAND is NAME-NODE.THREAD-NUMBER
 *	ack INDEX COMMAND		not with -q
 *
 * -q: an acknowledgment means nothing for the node that is recorded, for it may
 * not have been one of the majority.
 *
 * Ends early when the log is full.  Never proposes a command twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/ioc.h"
#include "command.h"

#define TIMEOUT_MS	5000
#define REST_US		20000		/* after an error */

/* The command line; constant once the clients run. */
static struct {
	const char *group;
	const char *name;
	unsigned int threads;
	unsigned int seed;
	bool quiet;
	time_t end;
} opt = { .seed = 1 };

static int marker = -1;

/**
 * struct client - proposes one command after the other
 * @fd: its node
 * @node: id of that
 * @id: among the clients of the node
 * @seed: of its random numbers
 */
struct client {
	pthread_t thread;
	int fd;
	unsigned int node;
	unsigned int id;
	unsigned int seed;
};

__attribute__((noreturn)) static void die(const char *what, int error)
{
	fprintf(stderr, "logwrites-load: %s: %s\n", what, strerror(error));
	exit(2);
}

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Without its note a command or an acknowledgment would be held against us. */
static void note(const char *line)
{
	if (write(marker, line, strlen(line)) != (ssize_t)strlen(line))
		die("trace_marker", errno);
}

/* Mostly short, so that many share a write; some take more than a few sectors. */
static uint32_t length(struct client *c)
{
	unsigned int dice = rand_r(&c->seed) % 100;

	if (dice < 70)
		return 48 + rand_r(&c->seed) % 200;
	if (dice < 95)
		return 48 + rand_r(&c->seed) % 2000;
	return 48 + rand_r(&c->seed) % 12000;
}

static void *client_main(void *arg)
{
	struct raft_ioc_propose p;
	struct client *c = arg;
	char name[COMMAND_NAME];
	char *data, line[128];
	uint64_t number = 0;
	uint32_t len;
	int err = 0;

	data = malloc(COMMAND_MAX);
	while (data && now() < opt.end && err != -ENOSPC) {
		len = length(c);
		snprintf(name, sizeof(name), "%s-%u.%u-%" PRIu64, opt.name,
			 c->node, c->id, ++number);
		command_fill(name, data, len);
		snprintf(line, sizeof(line), "try %s %u\n", name, len);
		note(line);
		err = raft_ioc_propose(c->fd, data, len, 0, TIMEOUT_MS, &p);
		if (err) {
			usleep(REST_US);
			continue;
		}
		snprintf(line, sizeof(line), "ack %" PRIu64 " %s\n",
			 (uint64_t)p.index, name);
		if (!opt.quiet)
			note(line);
	}
	free(data);
	close(c->fd);
	return NULL;
}

/* The device belongs to the namespace of whoever opens it. */
static void enter(unsigned int node)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/n%u", node);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path, errno);
	close(fd);
}

static void client_start(struct client *c, unsigned int node, unsigned int id)
{
	int err;

	c->node = node;
	c->id = id;
	c->seed = opt.seed * 10007 + node * 100 + id;
	c->fd = raft_ioc_open(O_RDWR);
	if (c->fd < 0)
		die(RAFT_DEVICE, -c->fd);
	err = raft_ioc_attach(c->fd, opt.group);
	if (err)
		die(opt.group, -err);
	err = pthread_create(&c->thread, NULL, client_main, c);
	if (err)
		die("thread", err);
}

int main(int argc, char **argv)
{
	unsigned int n, node, k;
	struct client *clients;
	int o, i;

	while ((o = getopt(argc, argv, "qs:")) != -1) {
		if (o == 'q')
			opt.quiet = true;
		else if (o == 's')
			opt.seed = strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	if (argc - optind < 5) {
		fputs("usage: logwrites-load [-q] [-s SEED] GROUP NAME THREADS SECONDS NODE...\n",
		      stderr);
		return 2;
	}
	opt.group = argv[optind];
	opt.name = argv[optind + 1];
	opt.threads = strtoul(argv[optind + 2], NULL, 0);
	opt.end = now() + strtoul(argv[optind + 3], NULL, 0);
	marker = open("/sys/kernel/tracing/trace_marker", O_WRONLY | O_CLOEXEC);
	if (marker < 0)
		die("trace_marker", errno);
	n = (argc - optind - 4) * opt.threads;
	clients = calloc(n, sizeof(*clients));
	if (!clients)
		die("clients", ENOMEM);
	n = 0;
	for (i = optind + 4; i < argc; i++) {
		node = strtoul(argv[i], NULL, 0);
		enter(node);
		for (k = 0; k < opt.threads; k++)
			client_start(&clients[n++], node, k);
	}
	for (k = 0; k < n; k++)
		pthread_join(clients[k].thread, NULL);
	free(clients);
	return 0;
}
