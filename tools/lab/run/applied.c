// SPDX-License-Identifier: GPL-2.0
/*
 * applied.c - proposals, what became of them, and what the state machines hold.
 * What else may be asked is in ask.c.
 *
 * What is applied is read from /dev/raft of each node, from the start.  A
 * proposal is found there by (origin, incarnation, serial), which also gives its
 * index; what is not there is pending, or unknown once its origin is gone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "run.h"

#define READ_BYTES	(2 << 20)

static char buffer[READ_BYTES];

static void walk(struct run *r, u32 id, const char *buf, size_t n,
		 run_record_fn fn, void *ctx)
{
	const struct raft_record *rec;
	size_t at, size;
	char *state;

	for (at = 0; at < n; at += (rec->size + rec->len + 7u) & ~7u) {
		rec = (const void *)(buf + at);
		if (rec->flags & RAFT_RECORD_SNAPSHOT) {
			state = run_snapshot_read(r, id, &size);
			walk(r, id, state, size, fn, ctx);
			free(state);
		} else {
			fn(ctx, rec, buf + at + rec->size);
		}
	}
}

/**
 * run_records() - call a function for every record that a node has applied
 * @r: the run
 * @id: node id
 * @fn: called in the order of the records; those that a snapshot has as well
 * @ctx: for @fn
 */
void run_records(struct run *r, u32 id, run_record_fn fn, void *ctx)
{
	int fd = run_node_up(r, id)->fd;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET) < 0)
		fail(r, "node %u: lseek: %s", id, strerror(errno));
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		walk(r, id, buffer, (size_t)n, fn, ctx);
	/*
	 * A failed node does not serve reads: what it applied is not known.  And a
	 * witness ends where it has no command.
	 */
	if (n < 0 && errno != EAGAIN && errno != EIO && errno != EOPNOTSUPP)
		fail(r, "node %u: read: %s", id, strerror(errno));
}

static void print_text(void *ctx, const struct raft_record *rec,
		       const char *data)
{
	FILE *f = ctx;

	if (ftell(f))
		fputc(',', f);
	fwrite(data, 1, strnlen(data, rec->len), f);
}

/**
 * run_applied() - the commands that a node has applied
 * @r: the run
 * @id: node id
 *
 * Return: the texts with commas between them; the caller frees it.
 */
char *run_applied(struct run *r, u32 id)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		exit(2);
	run_records(r, id, print_text, f);
	fclose(f);
	return text;
}

/**
 * run_prop_add() - a place for a proposal, read, change or transfer
 * @r: the run
 * @d: its directive; its name is free afterwards
 *
 * Return: the place; the run is skipped when there is none.
 */
struct run_prop *run_prop_add(struct run *r, const struct scn_dir *d)
{
	struct run_prop *p;
	u32 i;

	if (r->n_props == RUN_MAX_PROPS)
		skip(r, "more than %u proposals", RUN_MAX_PROPS);
	for (i = 0; d->name && i < r->n_props; i++)
		if (r->props[i].name && !strcmp(r->props[i].name, d->name))
			r->props[i].name = NULL;
	p = &r->props[r->n_props++];
	memset(p, 0, sizeof(*p));
	p->op = d->op;
	p->node = d->id;
	return p;
}

static void propose_one(struct run *r, const struct scn_dir *d, u32 k)
{
	static char data[RAFT_COMMAND_MAX + 4096];
	struct run_prop *p = run_prop_add(r, d);
	struct raft_ioc_propose out;
	size_t len;
	int err;

	/* Behind the NUL no zeros: half of it must not look like all of it. */
	memset(data, 'x', d->size < sizeof(data) ? d->size : sizeof(data));
	len = (size_t)(d->count ? snprintf(data, 256, "%s%u", d->word, k) :
				  snprintf(data, 256, "%s", d->word));
	if (d->size > sizeof(data))
		skip(r, "a command of %llu bytes", (unsigned long long)d->size);
	if (d->size > len)
		len = d->size;
	err = raft_ioc_propose(r->node[d->id].fd, data, (u32)len,
			       RAFT_PROPOSE_NONBLOCK | RAFT_PROPOSE_NOWAIT, 0,
			       &out);
	p->incarnation = r->node[d->id].incarnation;
	p->serial = out.serial;
	if (err == -ETIMEDOUT || err == -EINTR || err == -ECANCELED)
		p->outcome = SCN_UNKNOWN;
	else if (err)
		p->outcome = SCN_FAILED;
	if (d->name && (!d->count || k == d->count))
		p->name = d->name;
}

/**
 * run_propose() - commands proposed at a node, without waiting
 * @r: the run
 * @d: the directive
 */
void run_propose(struct run *r, const struct scn_dir *d)
{
	u32 k;

	if (run_node_up(r, d->id)->paused)
		skip(r, "a proposal at a paused node waits for its thread");
	if (r->node[d->id].witness)
		skip(r, "a witness does not show what became of a proposal");
	/* Whether they come too fast for the node is a matter of chance. */
	if (d->count > RAFT_MAX_PENDING)
		skip(r, "more than %u proposals at once: callers here do not wait",
		     RAFT_MAX_PENDING);
	for (k = 1; k <= (d->count ? d->count : 1); k++)
		propose_one(r, d, k);
}

static void note_record(void *ctx, const struct raft_record *rec,
			const char *data)
{
	struct run *r = ctx;
	u32 i;

	(void)data;
	for (i = 0; i < r->n_props; i++) {
		struct run_prop *p = &r->props[i];

		if (p->node != rec->origin || p->serial != rec->serial ||
		    p->incarnation != rec->incarnation ||
		    p->outcome == SCN_FAILED)
			continue;
		if (p->outcome == SCN_PENDING)
			p->outcome = SCN_COMMITTED;
		p->index = rec->index;
		return;
	}
}

/**
 * run_outcomes() - look what became of the proposals: an origin that runs knows
 * by its own log
 * @r: the run
 */
void run_outcomes(struct run *r)
{
	u32 id, i;

	for (i = 0; i < r->n_props; i++)
		if (r->props[i].ask && r->props[i].outcome == SCN_PENDING)
			run_ask_answer(r, &r->props[i]);
	for (id = 1; id <= r->n_nodes; id++) {
		for (i = 0; i < r->n_props; i++)
			if (r->props[i].node == id &&
			    r->props[i].outcome == SCN_PENDING)
				break;
		if (i == r->n_props || !run_alive(r, id))
			continue;
		run_records(r, id, note_record, r);
		if (run_failed(r, id))
			run_outcomes_lost(r, id);
	}
}

/**
 * run_outcomes_lost() - the origin is gone: what is pending stays unknown
 * @r: the run
 * @id: the origin
 */
void run_outcomes_lost(struct run *r, u32 id)
{
	u32 i;

	for (i = 0; i < r->n_props; i++) {
		struct run_prop *p = &r->props[i];

		if (p->node != id || p->outcome != SCN_PENDING)
			continue;
		if (p->ask)
			run_ask_lost(p);
		else
			p->outcome = SCN_UNKNOWN;
	}
}

static void count_record(void *ctx, const struct raft_record *rec,
			 const char *data)
{
	struct run *r = ctx;
	u32 i;

	(void)data;
	for (i = 0; i < r->n_props; i++)
		if (r->props[i].node == rec->origin &&
		    r->props[i].serial == rec->serial &&
		    r->props[i].incarnation == rec->incarnation)
			r->props[i].index++;
}

/**
 * run_invariants() - what must hold after every scenario
 * @r: the run
 *
 * The applied sequences are prefixes of each other (state machine safety), what
 * was acknowledged is in the longest exactly once, what was refused nowhere.
 */
void run_invariants(struct run *r)
{
	char *longest = strdup(""), *text;
	u32 id, i, best = 0;

	run_outcomes(r);
	for (id = 1; id <= r->n_nodes; id++) {
		size_t a, b;

		if (!run_alive(r, id) || run_failed(r, id))
			continue;
		text = run_applied(r, id);
		a = strlen(longest);
		b = strlen(text);
		if (strncmp(longest, text, a < b ? a : b))
			fail(r, "expected one history, got %.300s at node %u, %.300s at node %u",
			     longest, best, text, id);
		if (b >= a) {
			free(longest);
			longest = text;
			best = id;
		} else {
			free(text);
		}
	}
	free(longest);
	if (!best)
		return;
	for (i = 0; i < r->n_props; i++)
		r->props[i].index = 0;
	run_records(r, best, count_record, r);
	for (i = 0; i < r->n_props; i++)
		if (r->props[i].op == SCN_PROPOSE &&
		    (r->props[i].index > 1 ||
		     (r->props[i].outcome == SCN_COMMITTED &&
		      !r->props[i].index)))
			fail(r, "expected proposal %llu of node %u applied once, got %llu times",
			     (unsigned long long)r->props[i].serial,
			     r->props[i].node,
			     (unsigned long long)r->props[i].index);
}
