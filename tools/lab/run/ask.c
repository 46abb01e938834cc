// SPDX-License-Identifier: GPL-2.0
/*
 * ask.c - reads, membership changes and transfers, and what their callers are
 * told.
 *
 * The ioctl waits until it is decided, so each has a thread of its own, which
 * does nothing else and leaves its answer behind.  Only the main thread looks at
 * answers and ends a scenario; run_ask_end() waits for all callers, whose nodes
 * are stopped by then.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "run.h"

/* Time for a thread to come to the kernel: longer than to read the clock, which
 * has its price under simulated time, and shorter than any message takes.
 */
#define HAND_OVER_NS	(RUN_DELAY_US * NS_PER_US / 10)

/**
 * struct run_ask - a caller that waits
 * @thread: it
 * @d: what is asked
 * @fd: /dev/raft, attached to the group that is asked
 * @floor: read: an index that was acknowledged when it began
 * @done: what follows is valid
 * @error: 0 or negative errno
 * @outcome: change: RAFT_OUTCOME_*
 * @index: of the read or of the new configuration
 */
struct run_ask {
	pthread_t thread;
	const struct scn_dir *d;
	int fd;
	u64 floor;
	bool done;
	int error;
	u32 outcome;
	u64 index;
};

static void change(struct run_ask *a)
{
	struct raft_ioc_change changes[RAFT_NODES_MAX] = { 0 };
	const struct raft_change *c = a->d->change;
	struct raft_ioc_members out;
	u32 i;

	for (i = 0; i < c->n; i++) {
		const struct raft_change_item *item = &c->item[i];

		changes[i].op = item->op;
		if (item->op == RAFT_OP_ADD_LEARNER ||
		    item->op == RAFT_OP_ADD_VOTER)
			run_address(&changes[i].member, item->m.id);
		changes[i].member.id = item->m.id;
	}
	a->error = raft_ioc_members(a->fd, changes, c->n, c->joint,
				    RAFT_WAIT_FOREVER, &out);
	a->outcome = out.outcome;
	a->index = out.index;
}

static void *caller(void *arg)
{
	struct raft_ioc_transfer out;
	struct run_ask *a = arg;

	if (a->d->op == SCN_READ)
		a->error = raft_ioc_read(a->fd, a->d->lease ? RAFT_READ_LEASE :
					 0, RAFT_WAIT_FOREVER, &a->index);
	else if (a->d->op == SCN_TRANSFER)
		a->error = raft_ioc_transfer(a->fd, a->d->id2,
					     RAFT_WAIT_FOREVER, &out);
	else
		change(a);
	__atomic_store_n(&a->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* The highest index that somebody was told. */
static u64 acknowledged(struct run *r)
{
	u64 index = 0;
	u32 i;

	run_outcomes(r);
	for (i = 0; i < r->n_props; i++)
		if (r->props[i].outcome == SCN_COMMITTED)
			index = max(index, r->props[i].index);
	return index;
}

/* Where the contract has less than the core. */
static void check(struct run *r, const struct scn_dir *d)
{
	if (d->op == SCN_MEMBER && d->change->item[0].op == RAFT_OP_ADDRESS)
		skip(r, "a node that moves: each has one address here");
	if (d->op == SCN_MEMBER && d->change->item[0].op == RAFT_OP_JOIN)
		skip(r, "a node that joins asks for that itself");
}

/**
 * run_ask() - a read, change or transfer, without waiting for its outcome
 * @r: the run
 * @d: the directive
 */
void run_ask(struct run *r, const struct scn_dir *d)
{
	bool alive = d->id <= r->n_nodes && run_alive(r, d->id);
	u64 floor = acknowledged(r);
	struct run_prop *p;
	struct run_ask *a;

	check(r, d);
	p = run_prop_add(r, d);
	p->name = d->name;
	if (!alive) {
		p->outcome = SCN_FAILED;
		return;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		exit(2);
	a->d = d;
	a->fd = r->node[d->id].fd;
	a->floor = floor;
	if (pthread_create(&a->thread, NULL, caller, a))
		exit(2);
	p->ask = a;
	run_sleep(HAND_OVER_NS);
}

/**
 * run_ask_answer() - has a caller been told something?
 * @r: the run
 * @p: what it asked, undecided
 */
void run_ask_answer(struct run *r, struct run_prop *p)
{
	const struct run_ask *a = p->ask;

	if (!__atomic_load_n(&a->done, __ATOMIC_ACQUIRE))
		return;
	if (a->error == -EINVAL && a->outcome == RAFT_OUTCOME_NONE &&
	    p->op == SCN_MEMBER)
		fail(r, "node %u does not understand what is asked", p->node);
	if (p->op == SCN_MEMBER && a->outcome == RAFT_OUTCOME_UNKNOWN)
		p->outcome = SCN_UNKNOWN;
	else
		p->outcome = a->error ? SCN_FAILED : SCN_COMMITTED;
	if (a->error)
		return;
	p->index = a->index;
	if (p->op == SCN_READ && a->index < a->floor)
		fail(r, "expected a read index of at least %llu, got %llu",
		     (unsigned long long)a->floor,
		     (unsigned long long)a->index);
}

/**
 * run_ask_lost() - what a caller can know whose node is gone
 * @p: what it asked, undecided
 */
void run_ask_lost(struct run_prop *p)
{
	p->outcome = p->op == SCN_MEMBER ? SCN_UNKNOWN : SCN_FAILED;
}

/**
 * run_ask_end() - wait for all callers
 * @r: the run, all nodes stopped
 */
void run_ask_end(struct run *r)
{
	u32 i;

	for (i = 0; i < r->n_props; i++) {
		struct run_ask *a = r->props[i].ask;

		if (!a)
			continue;
		pthread_join(a->thread, NULL);
		free(a);
		r->props[i].ask = NULL;
	}
}
