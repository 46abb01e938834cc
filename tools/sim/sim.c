// SPDX-License-Identifier: GPL-2.0
/*
 * sim.c - virtual time: the queue of what is to happen, and what comes next.
 *
 * Owns the clock, the heap and the random numbers.  Ties are broken by the
 * order of insertion, so a run depends on its seed alone.
 */
#include <stdlib.h>

#include "sim.h"

/**
 * sim_alloc() - zeroed memory or the end of the program
 * @size: bytes
 *
 * Return: the memory.
 */
void *sim_alloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p) {
		fprintf(stderr, "out of memory\n");
		exit(2);
	}
	return p;
}

/**
 * sim_grow() - realloc or the end of the program
 * @p: old memory or NULL
 * @size: bytes
 *
 * Return: the memory.
 */
void *sim_grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p) {
		fprintf(stderr, "out of memory\n");
		exit(2);
	}
	return p;
}

/**
 * sim_random() - the next 64 random bits
 * @s: simulation
 *
 * Return: splitmix64 of the seed.
 */
u64 sim_random(struct sim *s)
{
	u64 z = (s->rng += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/**
 * sim_range() - a random number from a range
 * @s: simulation
 * @from: smallest
 * @to: largest
 *
 * Return: a number in [@from, @to].
 */
u64 sim_range(struct sim *s, u64 from, u64 to)
{
	return from + sim_random(s) % (to - from + 1);
}

/**
 * sim_chance() - throw a die
 * @s: simulation
 * @millionths: chance
 *
 * Return: true so often.  Draws nothing if the chance is 0.
 */
bool sim_chance(struct sim *s, u32 millionths)
{
	return millionths && sim_random(s) % SIM_MILLION < millionths;
}

/**
 * sim_fail() - an invariant is broken; the first one is kept
 * @s: simulation
 * @fmt: printf format
 */
void sim_fail(struct sim *s, const char *fmt, ...)
{
	va_list args;

	if (s->failed[0])
		return;
	va_start(args, fmt);
	vsnprintf(s->failed, sizeof(s->failed), fmt, args);
	va_end(args);
	sim_trace(s, "VIOLATION: %s", s->failed);
}

/**
 * sim_unkept() - a promise to clients is broken
 * @s: simulation
 * @fmt: printf format
 *
 * What the clients themselves must be able to tell: history.c finds it a second
 * time, without knowing the rules.  So that this can be shown it may be left to it.
 */
void sim_unkept(struct sim *s, const char *fmt, ...)
{
	char text[sizeof(s->failed)];
	va_list args;

	if (s->history_alone)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	sim_fail(s, "%s", text);
}

/**
 * sim_new() - an empty world
 * @seed: all randomness derives from it
 *
 * Return: the simulation.
 */
struct sim *sim_new(u64 seed)
{
	struct sim *s = sim_alloc(sizeof(*s));

	s->seed = seed;
	s->rng = sim_hash(seed, 1);
	s->now = SIM_EPOCH;
	s->disk_delay = SIM_DELAY;
	s->log_room = U64_MAX;
	s->window = U64_MAX;
	s->net.delay_min = SIM_DELAY;
	s->net.delay_max = SIM_DELAY;
	s->props_tail = &s->props;
	s->check = check_new();
	s->applied = check_apply_new();
	s->cfg = (struct raft_config) {
		.election_timeout = SCN_ELECTION_TIMEOUT,
		.heartbeat = SCN_HEARTBEAT,
		.prevote = true,
		.check_quorum = true,
		.max_inflight = 64,
		.max_inflight_bytes = 4 << 20,
		.max_batch = 64,
		.max_batch_bytes = 65000,
		.max_chunk = RAFT_MAX_CHUNK,
		.max_uncommitted = 16 << 20,
	};
	return s;
}

/**
 * sim_free() - end of the world
 * @s: simulation
 */
void sim_free(struct sim *s)
{
	u32 i;

	for (i = 0; i < s->n_heap; i++)
		if (s->heap[i].msg)
			sim_msg_put(s->heap[i].msg);
	free(s->heap);
	sim_net_free(s);
	for (i = 0; i < s->n_nodes; i++) {
		struct sim_node *n = s->nodes[i];

		sim_crash(s, n);
		sim_disk_wipe(s, n);
		free(n->disk.e);
		free(n->disk.chain);
		free(n->log.term);
		free(n->log.chain);
		free(n->log.bytes);
		free(n->log.conf);
		free(n->lost);
		free(n->own);
		free(n->list);
		machine_free(&n->machine);
		free(n->table);
		free(n->r);
		free(n);
	}
	sim_prop_forget(s);
	check_free(s->check);
	check_apply_free(s->applied);
	free(s->confs);
	free(s->images);
	history_free(s->history);
	free(s);
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

/**
 * sim_schedule() - something will happen
 * @s: simulation
 * @ev: copied; its order is set here
 */
void sim_schedule(struct sim *s, const struct sim_event *ev)
{
	struct sim_event new = *ev;
	u32 i, up;

	if (s->n_heap == s->cap_heap) {
		s->cap_heap = s->cap_heap ? 2 * s->cap_heap : 256;
		s->heap = sim_grow(s->heap, s->cap_heap * sizeof(*s->heap));
	}
	new.order = s->order++;
	for (i = s->n_heap++; i; i = up) {
		up = (i - 1) / 2;
		if (!before(&new, &s->heap[up]))
			break;
		s->heap[i] = s->heap[up];
	}
	s->heap[i] = new;
}

static struct sim_event pop(struct sim *s)
{
	struct sim_event first = s->heap[0];
	struct sim_event last = s->heap[--s->n_heap];
	u32 i = 0, down;

	for (;; i = down) {
		down = 2 * i + 1;
		if (down >= s->n_heap)
			break;
		if (down + 1 < s->n_heap &&
		    before(&s->heap[down + 1], &s->heap[down]))
			down++;
		if (!before(&s->heap[down], &last))
			break;
		s->heap[i] = s->heap[down];
	}
	if (s->n_heap)
		s->heap[i] = last;
	return first;
}

static void happen(struct sim *s, const struct sim_event *ev)
{
	switch (ev->kind) {
	case SIM_DELIVER:
		sim_deliver(s, ev->msg);
		sim_msg_put(ev->msg);
		break;
	case SIM_DISK:
		sim_disk_done(s, s->by_id[ev->node], ev->token);
		break;
	case SIM_READ_BACK:
		sim_disk_read_done(s, s->by_id[ev->node], ev);
		break;
	case SIM_ROTTEN:
		if (s->by_id[ev->node]->incarnation == ev->token)
			sim_snapshot_rotten(s, s->by_id[ev->node]);
		break;
	}
}

static struct sim_node *next_stall_end(struct sim *s)
{
	struct sim_node *n, *first = NULL;
	u32 i;

	if (!s->stalls)
		return NULL;
	for (i = 0; i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (n->disk.stall_until &&
		    (!first || n->disk.stall_until < first->disk.stall_until))
			first = n;
	}
	return first;
}

static struct sim_node *next_deadline(struct sim *s)
{
	struct sim_node *n, *first = NULL;
	u64 least = U64_MAX;
	u32 i;

	for (i = 0; i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (n->deadline < least && sim_alive(n)) {
			first = n;
			least = n->deadline;
		}
	}
	return first;
}

/**
 * sim_next() - let the next thing happen, and the clock go there
 * @s: simulation
 * @until: latest time
 *
 * Return: false if nothing happens until then (the clock stands at @until), or
 * an invariant is broken.
 */
bool sim_next(struct sim *s, u64 until)
{
	struct sim_node *tick = next_deadline(s);
	struct sim_node *stall = next_stall_end(s);
	u64 t_tick = tick ? max(tick->deadline, s->now) : U64_MAX;
	u64 t_stall = stall ? max(stall->disk.stall_until, s->now) : U64_MAX;
	u64 t_heap = s->n_heap ? max(s->heap[0].time, s->now) : U64_MAX;
	struct sim_event ev;

	if (s->failed[0])
		return false;
	if (min(min(t_tick, t_stall), t_heap) > until) {
		s->now = max(s->now, until);
		return false;
	}
	if (t_heap <= t_stall && t_heap <= t_tick) {
		s->now = t_heap;
		ev = pop(s);
		happen(s, &ev);
	} else if (t_stall <= t_tick) {
		s->now = t_stall;
		stall->disk.stall_until = 0;
		s->stalls--;
		sim_trace(s, "node %u: the disk moves again", stall->id);
		sim_disk_start(s, stall);
	} else {
		s->now = t_tick;
		sim_tick(s, tick);
	}
	return !s->failed[0];
}

/**
 * sim_run() - let time pass
 * @s: simulation
 * @until: ns; the clock stands there afterwards
 */
void sim_run(struct sim *s, u64 until)
{
	while (sim_next(s, until))
		;
}

/**
 * sim_settle() - all that can happen without a timer, while the clock stands
 * @s: simulation
 */
void sim_settle(struct sim *s)
{
	u64 limit = s->count.events + SIM_SETTLE_MAX;
	struct sim_event ev;

	while (s->n_heap && !s->failed[0]) {
		ev = pop(s);
		happen(s, &ev);
		if (s->count.events > limit)
			sim_fail(s, "settle does not end: messages go round and round");
	}
	/* Nothing is in flight: nothing has to wait its turn. */
	memset(s->net.floor, 0, sizeof(s->net.floor));
}
