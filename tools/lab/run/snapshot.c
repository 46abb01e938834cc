// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot.c - snapshots of the state machine that the scenarios have: it holds the
 * records that it has read, so its state is these, as read(2) gave them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run.h"

/* All of it, or NULL: it is damaged, or another one takes its place. */
static char *read_once(struct run *r, u32 id, size_t *size)
{
	struct raft_ioc_snapshot_open open;
	int err = raft_ioc_snapshot_open(run_node_up(r, id)->fd, &open);
	ssize_t n = 1;
	char *buf;

	if (err == -EILSEQ)
		return NULL;
	if (err)
		fail(r, "node %u: its snapshot does not open: %s", id,
		     strerror(-err));
	buf = malloc(open.bytes + 1);
	if (!buf)
		exit(2);
	for (*size = 0; *size < open.bytes && n > 0; *size += (size_t)n) {
		n = read(open.fd, buf + *size, open.bytes - *size);
		if (n > 0)
			continue;
		if (errno != EILSEQ && errno != ESTALE)
			fail(r, "node %u: its snapshot ends at %zu of %llu: %s",
			     id, *size, (unsigned long long)open.bytes,
			     strerror(errno));
		n = 0;
	}
	close(open.fd);
	if (*size == open.bytes)
		return buf;
	free(buf);
	return NULL;
}

/**
 * run_snapshot_read() - the records in the snapshot that a node has
 * @r: the run
 * @id: node id
 * @size: their bytes (out)
 *
 * One that is damaged is fetched by the node from another one.
 *
 * Return: the records; the caller frees them.
 */
char *run_snapshot_read(struct run *r, u32 id, size_t *size)
{
	char *buf;
	int i;

	for (i = 0; i < 500; i++) {
		buf = read_once(r, id, size);
		if (buf)
			return buf;
		usleep(20000);
	}
	fail(r, "node %u: its snapshot is damaged, and no other one comes", id);
}

struct state {
	u64 index;
	FILE *f;
};

static void add_record(void *ctx, const struct raft_record *rec,
		       const char *data)
{
	static const char zero[8];
	struct state *s = ctx;

	if (rec->index > s->index)
		return;
	fwrite(rec, rec->size, 1, s->f);
	fwrite(data, 1, rec->len, s->f);
	fwrite(zero, 1, -(rec->size + rec->len) & 7u, s->f);
}

/* A snapshot of entry @index at node @id. */
static void take(struct run *r, u32 id, u64 index)
{
	int from = memfd_create("state", MFD_CLOEXEC), err;
	struct state s = { .index = index };
	u64 bytes;

	s.f = from < 0 ? NULL : fdopen(dup(from), "w");
	if (!s.f)
		exit(2);
	run_records(r, id, add_record, &s);
	if (fclose(s.f))
		exit(2);
	err = raft_ioc_snapshot(r->node[id].fd, from, index, UINT64_MAX, &bytes);
	close(from);
	if (err == -EOPNOTSUPP)
		skip(r, "a witness takes its snapshots by itself");
	/* None may be taken yet: the simulator goes on without, too. */
	if (err && err != -EBUSY)
		fail(r, "node %u: no snapshot of %llu: %s", id,
		     (unsigned long long)index, strerror(-err));
}

/**
 * run_snapshot() - take a snapshot, or cut the log
 * @r: the run
 * @d: the directive
 */
void run_snapshot(struct run *r, const struct scn_dir *d)
{
	struct run_node *n = run_node_up(r, d->id);
	struct raft_ioc_status st;

	if (n->paused)
		skip(r, "a snapshot at a paused node waits for its thread");
	if (n->witness)
		skip(r, "a witness takes its snapshots by itself");
	run_status(r, d->id, &st);
	if (d->op == SCN_SNAPSHOT)
		take(r, d->id, d->value ? d->value : st.applied);
	else
		run_fault(r, d->id, "compact %llu",
			  (unsigned long long)d->value);
}

/**
 * run_snapshot_go_on() - a state machine that is asked for a snapshot gives it
 * @r: the run
 *
 * But not one whose own snapshot is damaged: that node hands over.
 */
void run_snapshot_go_on(struct run *r)
{
	struct raft_ioc_status st;
	u32 id;

	for (id = 1; id <= r->n_nodes; id++) {
		if (!r->node[id].running || r->node[id].refused ||
		    r->node[id].paused)
			continue;
		run_status(r, id, &st);
		if (st.snapshot_flags & RAFT_SNAPSHOT_WANTED &&
		    !(st.snapshot_flags & RAFT_SNAPSHOT_DAMAGED))
			take(r, id, st.applied);
	}
}
