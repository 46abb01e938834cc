// SPDX-License-Identifier: GPL-2.0
/*
 * history.c - concurrent clients of a group, and what they saw, as a history for
 * build/lincheck.
 *
 *	history [options] MODEL FILE	MODEL is register or list
 *	history tick FILE		a clock for several machines, until killed
 *
 *	-g GROUP	default g
 *	-n N		nodes 1 to N are the namespaces n1 to nN; without it this
 *			machine is node -i
 *	-i I		default 1
 *	-r RUN		of this node: no two runs may have the same (0)
 *	-c CLIENTS	of each node (3); the first one only reads
 *	-k KEYS		(2)
 *	-o OPS		of each client at most (100000)
 *	-t MS		mean time to think (20)
 *	-w PERCENT	of the operations are writes (50)
 *	-l PERCENT	of the reads trust a lease (30)
 *	-s SEED		of what the clients do (1)
 *	-C FILE		tell the time by this clock, see "tick"
 *	-j		note writes before they are made, as lines "#?": this machine
 *			may be switched off
 *	-b		broken on purpose: read without a barrier
 *
 * A client does one operation after the other at one node: it writes a value that
 * nobody else writes, or reads: a barrier, then the node's state machine, which
 * history_replica.c keeps.  What a proposal's error means for the history is
 * what <linux/raft.h> says.  A client whose node is down waits.
 *
 * At a leader that is cut off whoever writes soon waits, and reads no more.  So one
 * client of each node only reads: it would see what is stale there.
 *
 * SIGTERM ends the load.  Then each node reads each key once more, a list with all
 * of its elements, when it can; so the nodes must be well again by then.
 *
 * Never repeats an operation, and never tells a time that is not sure: a call is
 * told by the clock before it, a return by the clock after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/lib/ioc.h"
#include "history.h"

#define TIMEOUT_MS	3000
#define REST_US		100000		/* after an error */
#define FINAL_S		180
#define TICK_US		500

/* The command line; constant once the clients run. */
static struct {
	bool list;
	const char *group;
	unsigned int nodes;
	unsigned int node;
	unsigned int run;
	unsigned int clients;
	unsigned int keys;
	unsigned int ops;
	unsigned int think_ms;
	unsigned int writes;
	unsigned int lease;
	unsigned int seed;
	const char *clock;
	bool journal;
	bool broken;
} opt = {
	.group = "g", .node = 1, .clients = 3, .keys = 2, .ops = 100000,
	.think_ms = 20, .writes = 50, .lease = 30, .seed = 1,
};

static FILE *history;
static int clock_fd = -1;
static volatile sig_atomic_t ended;

/**
 * struct client - does one operation after the other
 * @id: its name in the history
 * @replica: the state machine of its node
 * @fd: the node, -1 if it is down
 * @instance: which run of the node's group @fd belongs to
 * @writes: percent of its operations
 * @seed: of its random numbers
 * @count: values that it wrote
 */
struct client {
	pthread_t thread;
	uint32_t id;
	struct replica *replica;
	int fd;
	uint64_t instance;
	unsigned int writes;
	unsigned int seed;
	uint32_t count;
};

__attribute__((noreturn)) static void die(const char *what, int error)
{
	fprintf(stderr, "history: %s: %s\n", what, strerror(error));
	exit(1);
}

static void on_term(int sig)
{
	(void)sig;
	ended = 1;
}

/*
 * Between two values of a clock for several machines anything may happen at once;
 * but what saw a value has happened before what saw a larger one.
 */
static uint64_t now(void)
{
	struct timespec ts;
	uint64_t ns;

	if (clock_fd >= 0) {
		if (pread(clock_fd, &ns, sizeof(ns), 0) != sizeof(ns))
			die(opt.clock, errno);
		return ns;
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Until it is killed. */
__attribute__((noreturn)) static void tick(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0644);
	uint64_t *clock;

	if (fd < 0 || ftruncate(fd, 4096))
		die(file, errno);
	clock = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (clock == MAP_FAILED)
		die(file, errno);
	for (;;) {
		__atomic_store_n(clock, now(), __ATOMIC_SEQ_CST);
		usleep(TICK_US);
	}
}

/* The beginning of a line; the rest follows before the unlock. */
static void line_begin(const struct client *c, const char *mark, uint64_t call,
		       unsigned int key, const char *what)
{
	flockfile(history);
	fprintf(history, "%s%u %" PRIu64 " ", mark, c->id, call);
	if (what)
		fprintf(history, "- %u/%s", key, what);
}

static void line_end(void)
{
	if (fputc('\n', history) == EOF || fflush(history))
		die("the history", errno);
	funlockfile(history);
}

static void node_leave(struct client *c)
{
	close(c->fd);
	c->fd = -1;
}

static void do_write(struct client *c, unsigned int key)
{
	uint64_t value = (uint64_t)c->id << 24 | ++c->count, call, ret, index;
	const char *what = opt.list ? "append" : "write";
	int err;

	call = now();
	if (opt.journal) {
		line_begin(c, "#? ", call, key, what);
		fprintf(history, " %" PRIu64, value);
		line_end();
	}
	err = replica_propose(c->fd, key, value, TIMEOUT_MS, &index);
	ret = now();
	if (err) {
		line_begin(c, "", call, key, what);
		fprintf(history, " %" PRIu64 "%s", value,
			raft_ioc_unknown(RAFT_OP_PROPOSE, err) ? "" : " fail");
		line_end();
		node_leave(c);
		return;
	}
	line_begin(c, "", call, key, NULL);
	fprintf(history, "%" PRIu64 " %u/%s %" PRIu64 " ", ret, key, what, value);
	if (opt.list)
		fprintf(history, "%" PRIu64, index);
	else
		fputs("ok", history);
	line_end();
}

static void view_print(const struct replica_view *view)
{
	uint64_t i;

	if (!opt.list && view->n)
		fprintf(history, "%" PRIu64, view->value);
	else if (!opt.list)
		fputs("nil", history);
	else if (!view->n)
		fputc('-', history);
	else if (!view->values)
		fprintf(history, "%" PRIu64 " 0x%" PRIx64, view->n, view->hash);
	for (i = 0; opt.list && view->values && i < view->n; i++)
		fprintf(history, "%s%" PRIu64, i ? "," : "", view->values[i]);
}

/* 0, or an error that the history tells, too. */
static int do_read(struct client *c, unsigned int key, bool lease, bool all)
{
	uint64_t index = HISTORY_LATEST, call = now(), ret;
	struct replica_view view;
	int err = 0;

	if (!opt.broken)
		err = raft_ioc_read(c->fd, lease ? RAFT_READ_LEASE : 0,
				    TIMEOUT_MS, &index);
	if (!err)
		err = replica_read(c->replica, c->instance, key, index, all,
				   &view);
	ret = now();
	if (err) {
		line_begin(c, "", call, key, "read fail");
		line_end();
		node_leave(c);
		return err;
	}
	line_begin(c, "", call, key, NULL);
	fprintf(history, "%" PRIu64 " %u/read ", ret, key);
	view_print(&view);
	line_end();
	free(view.values);
	return 0;
}

static bool node_there(struct client *c)
{
	if (c->fd < 0)
		c->fd = replica_use(c->replica, &c->instance);
	return c->fd >= 0;
}

static unsigned int dice(struct client *c, unsigned int sides)
{
	return rand_r(&c->seed) % sides;
}

static void *client_main(void *arg)
{
	struct client *c = arg;
	unsigned int key, ops = 0;
	bool lease;

	while (!ended && ops < opt.ops) {
		usleep(c->fd < 0 ? REST_US : dice(c, 2000 * opt.think_ms + 1));
		if (!node_there(c))
			continue;
		ops++;
		key = dice(c, opt.keys);
		lease = dice(c, 100) < opt.lease;
		if (dice(c, 100) < c->writes)
			do_write(c, key);
		else
			do_read(c, key, lease, false);
	}
	if (c->fd >= 0)
		node_leave(c);
	return NULL;
}

static void final_read(struct client *c)
{
	time_t end = time(NULL) + FINAL_S;
	unsigned int key;

	for (key = 0; key < opt.keys; key++) {
		while (!node_there(c) || do_read(c, key, false, true)) {
			if (time(NULL) > end)
				die("a node does not come back", ETIMEDOUT);
			usleep(REST_US);
		}
	}
	node_leave(c);
}

static void client_init(struct client *c, struct replica *r, unsigned int node,
			unsigned int k)
{
	c->id = (opt.run * 100 + node) * 100 + k;
	c->replica = r;
	c->fd = -1;
	c->writes = k ? opt.writes : 0;
	c->seed = opt.seed * 10007 + c->id;
}

static void load(void)
{
	unsigned int n = opt.nodes ? opt.nodes : 1, i, k;
	unsigned int first = opt.nodes ? 1 : opt.node;
	unsigned int each = opt.clients + 1;	/* the last one reads at the end */
	struct client *c = calloc(n * each, sizeof(*c));
	struct replica *r;
	char *netns = NULL;

	if (!c)
		die("clients", ENOMEM);
	for (i = 0; i < n; i++) {
		if (opt.nodes && asprintf(&netns, "/run/netns/n%u", i + 1) < 0)
			die("clients", ENOMEM);
		r = replica_start(opt.group, netns);
		for (k = 0; k < each; k++)
			client_init(&c[i * each + k], r, first + i, k);
	}
	for (i = 0; i < n * each; i++)
		if (i % each != opt.clients &&
		    pthread_create(&c[i].thread, NULL, client_main, &c[i]))
			die("thread", EAGAIN);
	for (i = 0; i < n * each; i++)
		if (i % each != opt.clients)
			pthread_join(c[i].thread, NULL);
	for (i = opt.clients; i < n * each; i += each)
		final_read(&c[i]);
}

static void option(int o, const char *arg)
{
	static const struct {
		char name;
		unsigned int *to;
	} numbers[] = {
		{ 'n', &opt.nodes }, { 'i', &opt.node }, { 'r', &opt.run },
		{ 'c', &opt.clients }, { 'k', &opt.keys }, { 'o', &opt.ops },
		{ 't', &opt.think_ms }, { 'w', &opt.writes },
		{ 'l', &opt.lease }, { 's', &opt.seed },
	};
	size_t i;

	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].name == o)
			*numbers[i].to = strtoul(arg, NULL, 0);
	if (o == 'g')
		opt.group = arg;
	else if (o == 'C')
		opt.clock = arg;
	else if (o == 'j')
		opt.journal = true;
	else if (o == 'b')
		opt.broken = true;
}

static void options(int argc, char **argv)
{
	int o;

	while ((o = getopt(argc, argv, "g:n:i:r:c:k:o:t:w:l:s:C:jb")) != -1) {
		if (o == '?')
			exit(2);
		option(o, optarg);
	}
	opt.list = argc - optind == 2 && !strcmp(argv[optind], "list");
	if (argc - optind != 2 ||
	    (!opt.list && strcmp(argv[optind], "register")) ||
	    !opt.keys || opt.keys > HISTORY_KEYS || opt.clients > 99) {
		fputs("usage: see the top of history.c\n", stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "tick"))
		tick(argv[2]);
	options(argc, argv);
	/* Clients that outlive their test would work at the next one's group. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, on_term);
	if (opt.clock) {
		clock_fd = open(opt.clock, O_RDONLY);
		if (clock_fd < 0)
			die(opt.clock, errno);
	}
	history = fopen(argv[optind + 1], "w");
	if (!history)
		die(argv[optind + 1], errno);
	fprintf(history, "model %s\n", argv[optind]);
	load();
	return fclose(history) ? 1 : 0;
}
