// SPDX-License-Identifier: GPL-2.0
/*
 * search.c - looks for an order of the operations of one object.
 *
 * The algorithm of Wing and Gong (1993) with the memory of Lowe (2017), as in
 * Porcupine.  Calls and returns stand in a list by time.  What was called
 * before the first return that is left may be next; it is put into the order
 * and its two entries are lifted out of the list.  Where nothing can be next,
 * the last choice is undone and the following one tried.  A set of operations
 * together with the state that they left is tried only once.
 *
 * What changes nothing is put into the order as soon as it fits: moved there
 * from any later place it hurts nobody.  So is what lin_key_harmless() lets
 * through.  Neither is a choice.  With values that are written once, which is
 * what clients should do, hardly a choice is left, and time grows with the
 * number of operations; without, the limit may end the search.
 *
 * Operations of unknown outcome have no return: they may be next for ever, need
 * not be in the order, and are tried last.
 *
 * A visited set is remembered by 128 bits that are random for all purposes.  If
 * two sets had the same bits, a good history could be called broken, never a
 * broken one good: what is accepted was put into an order.
 */
#include <stdlib.h>

#include "internal.h"

struct moment {
	uint64_t time;
	uint32_t node;
	bool call;
};

/* At the same time calls come first: what touches may be concurrent. */
static int moment_order(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	if (x->call != y->call)
		return x->call ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

/* The mixer of splitmix64. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/**
 * lin_search_init() - calls and returns by time, nothing in the order
 * @s: the search (out), for lin_search_free()
 * @k: the object, nothing done
 * @limit: steps after which to give up
 */
void lin_search_init(struct lin_search *s, struct lin_key *k, uint64_t limit)
{
	struct moment *m = lin_alloc(2 * (size_t)k->n, sizeof(*m));
	uint32_t i, n = 0, flying = 0;

	*s = (struct lin_search){ .k = k, .limit = limit };
	for (i = 0; i < k->n; i++) {
		m[n++] = (struct moment){ k->nodes[i].op->call, i, true };
		if (!k->nodes[i].known)
			continue;
		m[n++] = (struct moment){ k->nodes[i].op->ret, i, false };
		s->required++;
	}
	qsort(m, n, sizeof(*m), moment_order);
	s->entries = lin_alloc((size_t)n + 1, sizeof(*s->entries));
	s->call_at = lin_alloc(k->n, sizeof(*s->call_at));
	s->ret_at = lin_alloc(k->n, sizeof(*s->ret_at));
	s->order = lin_alloc(k->n, sizeof(*s->order));
	for (i = 1; i <= n; i++) {
		s->entries[i] = (struct lin_entry){
			i - 1, i < n ? i + 1 : 0, m[i - 1].node, m[i - 1].call
		};
		(m[i - 1].call ? s->call_at : s->ret_at)[m[i - 1].node] = i;
		if (!k->nodes[m[i - 1].node].known)
			continue;
		flying += m[i - 1].call ? 1 : -1;
		if (s->overlap < flying)
			s->overlap = flying;
	}
	s->entries[0].next = n ? 1 : 0;
	s->entries[0].prev = n;
	free(m);
}

/**
 * lin_search_free() - forget a search
 * @s: the search
 */
void lin_search_free(struct lin_search *s)
{
	free(s->entries);
	free(s->call_at);
	free(s->ret_at);
	free(s->order);
	free(s->visited);
}

static void entry_lift(struct lin_search *s, uint32_t e)
{
	s->entries[s->entries[e].prev].next = s->entries[e].next;
	s->entries[s->entries[e].next].prev = s->entries[e].prev;
}

/* Only in the reverse order of entry_lift(): the entry knows its neighbours. */
static void entry_unlift(struct lin_search *s, uint32_t e)
{
	s->entries[s->entries[e].prev].next = e;
	s->entries[s->entries[e].next].prev = e;
}

static void take(struct lin_search *s, uint32_t node, bool choice)
{
	struct lin_step *step = &s->order[s->depth++];
	struct lin_node *n = &s->k->nodes[node];

	*step = (struct lin_step){ node, choice, s->k->state };
	lin_key_apply(s->k, n);
	entry_lift(s, s->call_at[node]);
	if (n->known) {
		entry_lift(s, s->ret_at[node]);
		s->required--;
	}
	s->print[0] ^= mix(2 * (uint64_t)node);
	s->print[1] ^= mix(2 * (uint64_t)node + 1);
	s->steps++;
}

static void untake(struct lin_search *s)
{
	struct lin_step *step = &s->order[--s->depth];
	struct lin_node *n = &s->k->nodes[step->node];

	s->print[0] ^= mix(2 * (uint64_t)step->node);
	s->print[1] ^= mix(2 * (uint64_t)step->node + 1);
	if (n->known) {
		entry_unlift(s, s->ret_at[step->node]);
		s->required++;
	}
	entry_unlift(s, s->call_at[step->node]);
	lin_key_undo(s->k, n, &step->state);
}

static void visited_put(struct lin_search *s, const uint64_t print[2])
{
	uint64_t i = print[0] & (s->cap - 1);

	while (s->visited[i][0] || s->visited[i][1])
		i = (i + 1) & (s->cap - 1);
	s->visited[i][0] = print[0];
	s->visited[i][1] = print[1];
}

static void visited_grow(struct lin_search *s)
{
	uint64_t (*old)[2] = s->visited;
	uint64_t i, cap = s->cap;

	s->cap = cap ? 2 * cap : 1024;
	s->visited = lin_alloc(s->cap, sizeof(*s->visited));
	for (i = 0; i < cap; i++)
		if (old[i][0] || old[i][1])
			visited_put(s, old[i]);
	free(old);
}

/* Whether what is in the order, and the state, were there before. */
static bool visited_before(struct lin_search *s)
{
	uint64_t print[2], i, state;

	if (4 * s->visits >= 3 * s->cap)
		visited_grow(s);
	state = mix(s->k->state.at) ^ s->k->state.hash;
	print[0] = s->print[0] ^ mix(state);
	print[1] = s->print[1] ^ mix(~state);
	if (!print[0] && !print[1])
		print[0] = 1;
	i = print[0] & (s->cap - 1);
	while (s->visited[i][0] || s->visited[i][1]) {
		if (s->visited[i][0] == print[0] &&
		    s->visited[i][1] == print[1])
			return true;
		i = (i + 1) & (s->cap - 1);
	}
	s->visited[i][0] = print[0];
	s->visited[i][1] = print[1];
	s->visits++;
	return false;
}

/* What changes nothing and fits; it may bring more into reach. */
static bool take_pure(struct lin_search *s)
{
	uint32_t e = s->entries[0].next, node;
	bool any = false;

	for (; s->entries[e].call; e = s->entries[e].next) {
		node = s->entries[e].node;
		if (!s->k->nodes[node].pure ||
		    lin_key_refuse(s->k, &s->k->nodes[node]))
			continue;
		take(s, node, false);
		any = true;
	}
	return any;
}

static void near_count(struct lin_search *s, int delta)
{
	uint32_t e = s->entries[0].next, sees;

	for (; s->entries[e].call; e = s->entries[e].next) {
		sees = s->k->nodes[s->entries[e].node].sees;
		if (sees != LIN_NONE)
			s->k->near[sees] += delta;
	}
}

static uint32_t harmless_find(struct lin_search *s)
{
	uint32_t e = s->entries[0].next;
	struct lin_node *n;

	for (; s->entries[e].call; e = s->entries[e].next) {
		n = &s->k->nodes[s->entries[e].node];
		if (!n->pure && !lin_key_refuse(s->k, n) &&
		    lin_key_harmless(s->k, n))
			return s->entries[e].node;
	}
	return LIN_NONE;
}

/* All that is no choice. */
static void take_free(struct lin_search *s)
{
	uint32_t node;

	for (;;) {
		if (take_pure(s))
			continue;
		near_count(s, 1);
		node = harmless_find(s);
		near_count(s, -1);
		if (node == LIN_NONE)
			return;
		take(s, node, false);
	}
}

/* The next choice here, behind the one tried last, LIN_NONE at first. */
static bool take_choice(struct lin_search *s, uint32_t last)
{
	int unknown = last != LIN_NONE && !s->k->nodes[last].known;
	struct lin_node *n;
	uint32_t e, node;

	for (; unknown < 2; unknown++, last = LIN_NONE) {
		e = last == LIN_NONE ? 0 : s->call_at[last];
		for (e = s->entries[e].next; s->entries[e].call;
		     e = s->entries[e].next) {
			node = s->entries[e].node;
			n = &s->k->nodes[node];
			if (n->pure || n->known == unknown ||
			    lin_key_refuse(s->k, n))
				continue;
			take(s, node, true);
			if (!visited_before(s))
				return true;
			untake(s);
		}
	}
	return false;
}

/* Undo the last choice and what followed from it. */
static uint32_t choice_undo(struct lin_search *s)
{
	while (s->depth) {
		untake(s);
		if (s->order[s->depth].choice)
			return s->order[s->depth].node;
	}
	return LIN_NONE;
}

static void dead_end(struct lin_search *s)
{
	uint32_t e = s->entries[0].next;

	s->dead++;
	while (s->entries[e].call)
		e = s->entries[e].next;
	if (e > s->best_at) {
		s->best_at = e;
		s->best = s->dead;
	}
}

/**
 * lin_search_run() - look for an order
 * @s: the search, new or run to LIN_BROKEN before, which undid all
 * @stop: 0, or the dead end in which to stop, with everything in place
 *
 * Return: LIN_GOOD, LIN_BROKEN, or LIN_UNDECIDED at the limit.
 */
enum lin_verdict lin_search_run(struct lin_search *s, uint64_t stop)
{
	uint32_t last;

	free(s->visited);
	s->visited = NULL;
	s->visits = 0;
	s->cap = 0;
	s->dead = 0;
	s->steps = 0;
	for (;;) {
		take_free(s);
		if (!s->required)
			return LIN_GOOD;
		if (take_choice(s, LIN_NONE)) {
			if (s->steps > s->limit)
				return LIN_UNDECIDED;
			continue;
		}
		dead_end(s);
		if (s->dead == stop)
			return LIN_BROKEN;
		do {
			last = choice_undo(s);
			if (last == LIN_NONE)
				return LIN_BROKEN;
		} while (!take_choice(s, last));
		if (s->steps > s->limit)
			return LIN_UNDECIDED;
	}
}
