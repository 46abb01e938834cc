// SPDX-License-Identifier: GPL-2.0
/*
 * history_replica.c - a node's state machine: a few keys, made of nothing but the
 * records that /dev/raft of that node returns.
 *
 * A thread per node reads them; who has a barrier's index reads the rest itself.
 * All versions of a key are kept, so that a read sees what its barrier promised
 * and not more: what the node learns a moment later would hide a barrier that
 * promises too little.
 *
 * When the group stops, all is forgotten, and read again from the first record
 * once it runs again.  A barrier of one run says nothing about the next: each run
 * is an instance, whose file descriptor serves proposals and barriers too.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/lib/ioc.h"
#include "../../tools/lincheck/lincheck.h"
#include "history.h"

#define COMMAND_MAGIC	0x68697374u
#define RETRY_US	50000

/**
 * struct command - what the clients propose
 * @magic: COMMAND_MAGIC
 * @key: below HISTORY_KEYS
 * @value: to write or to append
 */
struct command {
	uint32_t magic;
	uint32_t key;
	uint64_t value;
};

/**
 * struct version - a key after a command
 * @index: of the command in the log
 * @value: what it wrote or appended
 * @hash: of the list up to here, lin_list_hash()
 */
struct version {
	uint64_t index;
	uint64_t value;
	uint64_t hash;
};

/**
 * struct key - a key and all that it ever was
 * @n: commands on it
 * @cap: room in @versions
 * @versions: in the order of the log
 */
struct key {
	uint64_t n;
	uint64_t cap;
	struct version *versions;
};

/**
 * struct replica - a node's state machine
 * @lock: protects all below
 * @group: constant: name of the group
 * @netns: constant: file of the namespace, or NULL: this one
 * @fd: attached to the group, -1 if there is none
 * @instance: grows when @fd is another one
 * @applied: index of the last record
 * @keys: what it was all made for
 */
struct replica {
	pthread_mutex_t lock;
	const char *group;
	const char *netns;
	int fd;
	uint64_t instance;
	uint64_t applied;
	struct key keys[HISTORY_KEYS];
};

static void die(const char *what, int error)
{
	fprintf(stderr, "history: %s: %s\n", what, strerror(error));
	exit(1);
}

/* The thread comes back, lest it keep a deleted namespace alive. */
static int device_open(const struct replica *r)
{
	int home = -1, there, fd;

	if (r->netns) {
		home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		there = open(r->netns, O_RDONLY | O_CLOEXEC);
		if (home < 0 || there < 0 || setns(there, CLONE_NEWNET)) {
			fd = -errno;
			close(there);
			close(home);
			return fd;
		}
		close(there);
	}
	fd = raft_ioc_open(O_RDWR | O_NONBLOCK);
	if (r->netns && setns(home, CLONE_NEWNET))
		die("cannot leave a namespace", errno);
	close(home);
	return fd;
}

static int instance_open(const struct replica *r)
{
	int fd = device_open(r), ret;

	if (fd < 0)
		return fd;
	ret = raft_ioc_attach(fd, r->group);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

static void instance_end(struct replica *r)
{
	int i;

	close(r->fd);
	r->fd = -1;
	r->instance++;
	r->applied = 0;
	for (i = 0; i < HISTORY_KEYS; i++)
		r->keys[i].n = 0;
}

static void version_add(struct key *k, uint64_t index, uint64_t value)
{
	struct version *v;

	if (k->n == k->cap) {
		k->cap = k->cap ? 2 * k->cap : 1024;
		k->versions = reallocarray(k->versions, k->cap, sizeof(*v));
		if (!k->versions)
			die("state machine", ENOMEM);
	}
	v = &k->versions[k->n];
	v->index = index;
	v->value = value;
	v->hash = lin_list_hash(k->n ? v[-1].hash : LIN_EMPTY, value);
	k->n++;
}

static void apply(struct replica *r, const struct raft_record *rec,
		  const char *data)
{
	struct command c;

	if (rec->index <= r->applied)
		die("records are not in order", EPROTO);
	r->applied = rec->index;
	if (rec->len != sizeof(c))
		return;
	memcpy(&c, data, sizeof(c));
	if (c.magic == COMMAND_MAGIC && c.key < HISTORY_KEYS)
		version_add(&r->keys[c.key], rec->index, c.value);
}

/* Up to record @index, or to the last one there is.  0, -EAGAIN or an error. */
static int catch_up(struct replica *r, uint64_t index)
{
	static __thread char buf[65536];
	struct raft_record rec;
	ssize_t len, pos;

	while (r->applied < index) {
		len = read(r->fd, buf, sizeof(buf));
		if (len < 0)
			return -errno;
		for (pos = 0; pos < len;) {
			memcpy(&rec, buf + pos, sizeof(rec));
			apply(r, &rec, buf + pos + rec.size);
			pos += ((ssize_t)rec.size + rec.len + 7) & ~7;
		}
	}
	return 0;
}

static void *replica_main(void *arg)
{
	struct pollfd p = { .events = POLLIN };
	struct replica *r = arg;
	int fd, ret;

	for (;;) {
		fd = instance_open(r);
		if (fd < 0) {
			usleep(RETRY_US);
			continue;
		}
		pthread_mutex_lock(&r->lock);
		r->fd = fd;
		pthread_mutex_unlock(&r->lock);
		p.fd = fd;
		do {
			poll(&p, 1, 1000);
			pthread_mutex_lock(&r->lock);
			ret = catch_up(r, UINT64_MAX);
			if (ret != -EAGAIN)
				instance_end(r);
			pthread_mutex_unlock(&r->lock);
		} while (ret == -EAGAIN);
		usleep(RETRY_US);
	}
	return NULL;
}

/**
 * replica_start() - start a state machine
 * @group: name of the group
 * @netns: file of the node's network namespace; NULL: this one
 *
 * Return: the state machine, which runs until the program ends.
 */
struct replica *replica_start(const char *group, const char *netns)
{
	struct replica *r = calloc(1, sizeof(*r));
	pthread_t thread;
	int ret;

	if (!r)
		die("state machine", ENOMEM);
	pthread_mutex_init(&r->lock, NULL);
	r->group = group;
	r->netns = netns;
	r->fd = -1;
	ret = pthread_create(&thread, NULL, replica_main, r);
	if (ret)
		die("thread", ret);
	return r;
}

/**
 * replica_use() - speak to the node
 * @r: its state machine
 * @instance: which run of the group this is (out)
 *
 * Return: a file descriptor to be closed; -ENODEV if the group does not run.
 */
int replica_use(struct replica *r, uint64_t *instance)
{
	int fd = -ENODEV;

	pthread_mutex_lock(&r->lock);
	*instance = r->instance;
	if (r->fd >= 0)
		fd = fcntl(r->fd, F_DUPFD_CLOEXEC, 0);
	pthread_mutex_unlock(&r->lock);
	return fd;
}

static void view_make(const struct key *k, uint64_t index, bool all,
		      struct replica_view *view)
{
	uint64_t low = 0, high = k->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (k->versions[mid].index <= index)
			low = mid + 1;
		else
			high = mid;
	}
	view->n = low;
	view->value = low ? k->versions[low - 1].value : LIN_NIL;
	view->hash = low ? k->versions[low - 1].hash : LIN_EMPTY;
	view->values = NULL;
	if (!all)
		return;
	view->values = calloc(low + 1, sizeof(*view->values));
	if (!view->values)
		die("state machine", ENOMEM);
	while (low--)
		view->values[low] = k->versions[low].value;
}

/**
 * replica_read() - a key as of an index
 * @r: the state machine
 * @instance: the run of the group whose barrier gave @index
 * @key: which
 * @index: of a barrier; HISTORY_LATEST: whatever is there now
 * @all: all values, too
 * @view: what there is (out)
 *
 * Return: 0, or -ECANCELED: the group has stopped since.
 */
int replica_read(struct replica *r, uint64_t instance, unsigned int key,
		 uint64_t index, bool all, struct replica_view *view)
{
	int ret = -ECANCELED;

	pthread_mutex_lock(&r->lock);
	if (r->instance == instance && r->fd >= 0)
		ret = catch_up(r, index);
	/* -EAGAIN: what is behind the last record is no command. */
	if (ret == -EAGAIN)
		ret = 0;
	if (!ret)
		view_make(&r->keys[key], index, all, view);
	pthread_mutex_unlock(&r->lock);
	return ret ? -ECANCELED : 0;
}

/**
 * replica_propose() - write or append
 * @fd: of replica_use()
 * @key: what
 * @value: the value
 * @timeout_ms: how long to wait
 * @index: where it stands (out)
 *
 * Return: as of raft_ioc_propose().
 */
int replica_propose(int fd, unsigned int key, uint64_t value,
		    uint32_t timeout_ms, uint64_t *index)
{
	struct command c = {
		.magic = COMMAND_MAGIC, .key = key, .value = value,
	};
	struct raft_ioc_propose result;
	int ret;

	ret = raft_ioc_propose(fd, &c, sizeof(c), 0, timeout_ms, &result);
	*index = result.index;
	return ret;
}
