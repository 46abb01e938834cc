/* SPDX-License-Identifier: GPL-2.0 */
/*
 * internal.h - what the files of the checker share, and nobody else sees.
 *
 * history.c gathers operations and splits them by key; model.c knows what a
 * register and a list are; search.c looks for an order; explain.c says why
 * there is none.  text.c needs lin_grow() only, print.c nothing.
 */
#ifndef _LINCHECK_INTERNAL_H
#define _LINCHECK_INTERNAL_H

#include "lincheck.h"

#define LIN_NONE	UINT32_MAX

/**
 * struct lin_state - the object at one point of the order
 * @at: register: number of its value; list: its length
 * @hash: of the list
 * @index: of the last append that told one
 * @ranks: appends so far that told one
 */
struct lin_state {
	uint32_t at;
	uint64_t hash;
	uint64_t index;
	uint32_t ranks;
};

/**
 * struct lin_list - the elements that a read told
 * @key: of which list
 * @n: how many
 * @elements: what
 */
struct lin_list {
	uint64_t key;
	uint64_t n;
	uint64_t *elements;
};

/**
 * struct lin_node - an operation of the key that is being judged
 * @op: the operation
 * @sees: the state that it proves to have been there, or LIN_NONE
 * @makes: the value that it brings, or LIN_NONE; always the latter for a list,
 *	which never comes back to a length
 * @expect: cas: number of the value that must be there
 * @rank: append with an index: the how manieth of these, from 1; else 0
 * @pure: it changes nothing
 * @known: it returned, so it must be in the order
 * @done: it is in the order
 */
struct lin_node {
	const struct lin_op *op;
	uint32_t sees;
	uint32_t makes;
	uint32_t expect;
	uint32_t rank;
	bool pure;
	bool known;
	bool done;
};

/**
 * struct lin_key - one object and all its operations
 * @model: what it is
 * @nodes: its operations
 * @n: how many
 * @state: as the order has left it so far
 * @values: register: the values by number, 0 is LIN_NIL
 * @states: how many values, or lengths that the list can have
 * @left: by state: operations not in the order yet that see it
 * @sources: by state: operations not in the order yet that bring it
 * @near: by state: those of @left that may be next, see lin_search
 * @cas: register: there is any compare-and-swap
 * @list: list: the longest one that was read with its elements
 * @list_n: list: elements in @list
 * @list_op: list: the read that said so
 * @reach: list: the longest one that was read and can be had at all
 * @want: list: by length: the hash that reads of this length told
 * @seen: list: by length: whether there is such a read
 */
struct lin_key {
	enum lin_model model;
	struct lin_node *nodes;
	uint32_t n;
	struct lin_state state;
	uint64_t *values;
	uint32_t states;
	uint32_t *left;
	uint32_t *sources;
	uint32_t *near;
	bool cas;
	const uint64_t *list;
	uint64_t list_n;
	const struct lin_op *list_op;
	uint32_t reach;
	uint64_t *want;
	bool *seen;
};

/**
 * struct lin_entry - a call or a return, in a list by time
 * @prev: before it
 * @next: behind it
 * @node: whose
 * @call: it is a call
 */
struct lin_entry {
	uint32_t prev;
	uint32_t next;
	uint32_t node;
	bool call;
};

/**
 * struct lin_step - an operation that was put into the order
 * @node: which
 * @choice: another one might have been taken
 * @state: the object before
 */
struct lin_step {
	uint32_t node;
	bool choice;
	struct lin_state state;
};

/**
 * struct lin_search - the search for an order
 * @k: the object
 * @entries: calls and returns of what is not in the order; entry 0 is the end
 * @call_at: by node: entry of the call
 * @ret_at: by node: entry of the return, 0 if unknown
 * @order: the order so far
 * @depth: how long it is
 * @required: operations that returned and are not in the order yet
 * @overlap: operations in flight at once, at most
 * @steps: taken so far
 * @limit: of @steps
 * @print: two hashes over the set of what is in the order
 * @visited: fingerprints of set and state that lead nowhere, open addressing
 * @visits: how many
 * @cap: slots, a power of two
 * @dead: dead ends so far
 * @best: the dead end that went furthest
 * @best_at: the return that could not be passed there
 */
struct lin_search {
	struct lin_key *k;
	struct lin_entry *entries;
	uint32_t *call_at;
	uint32_t *ret_at;
	struct lin_step *order;
	uint32_t depth;
	uint32_t required;
	uint32_t overlap;
	uint64_t steps;
	uint64_t limit;
	uint64_t print[2];
	uint64_t (*visited)[2];
	uint64_t visits;
	uint64_t cap;
	uint64_t dead;
	uint64_t best;
	uint32_t best_at;
};

void *lin_alloc(size_t n, size_t size);
void *lin_grow(void *p, size_t n, size_t size);

bool lin_key_init(struct lin_key *k, enum lin_model model,
		  const struct lin_op *ops, uint32_t n,
		  const struct lin_list *list, FILE *why);
void lin_key_free(struct lin_key *k);
const char *lin_key_refuse(const struct lin_key *k, const struct lin_node *node);
bool lin_key_harmless(const struct lin_key *k, const struct lin_node *node);
void lin_key_apply(struct lin_key *k, struct lin_node *node);
void lin_key_undo(struct lin_key *k, struct lin_node *node,
		  const struct lin_state *state);

void lin_search_init(struct lin_search *s, struct lin_key *k, uint64_t limit);
void lin_search_free(struct lin_search *s);
enum lin_verdict lin_search_run(struct lin_search *s, uint64_t stop);

void lin_explain(const struct lin_search *s, FILE *out);

#endif /* _LINCHECK_INTERNAL_H */
