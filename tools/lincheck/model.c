// SPDX-License-Identifier: GPL-2.0
/*
 * model.c - what a register and an append-only list are.
 *
 * Owns the state of one object, and knows for each operation whether it may be
 * next.  It refuses more than what the object forbids: also what can never lead
 * to an end, because an answer that somebody got would become impossible.  Each
 * of these refusals is exact, for the reason given beside it; none may be a
 * guess.  Knows nothing of time and of the search.
 *
 * A list is easy: its reads tell its order.  As it only grows, every completed
 * read is a prefix of every longer one, in any order of operations that works.
 * The longest one that told its elements thus says, for each length that the
 * list went through, which element came next.  So there is never a choice, and
 * a lost, doubled, invented or reordered element stops the search at its place.
 */
#include <stdlib.h>

#include "internal.h"

static int u64_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static uint32_t value_number(const struct lin_key *k, uint64_t value)
{
	uint64_t *at = bsearch(&value, k->values, k->states, sizeof(value),
			       u64_order);

	return at - k->values;
}

static void register_values(struct lin_key *k)
{
	uint32_t i, n = 0, out = 0;

	k->values = lin_alloc(2 * (size_t)k->n + 1, sizeof(*k->values));
	k->values[n++] = LIN_NIL;
	for (i = 0; i < k->n; i++) {
		k->values[n++] = k->nodes[i].op->value;
		if (k->nodes[i].op->kind == LIN_CAS)
			k->values[n++] = k->nodes[i].op->expect;
	}
	qsort(k->values, n, sizeof(*k->values), u64_order);
	for (i = 0; i < n; i++)
		if (!out || k->values[i] != k->values[out - 1])
			k->values[out++] = k->values[i];
	k->states = out;
}

static void register_init(struct lin_key *k)
{
	struct lin_node *node;
	const struct lin_op *op;
	uint32_t i;

	register_values(k);
	k->state.at = value_number(k, LIN_NIL);
	for (i = 0; i < k->n; i++) {
		node = &k->nodes[i];
		op = node->op;
		if (op->kind == LIN_READ) {
			node->pure = true;
			node->sees = value_number(k, op->value);
			continue;
		}
		if (op->kind == LIN_CAS) {
			k->cas = true;
			node->expect = value_number(k, op->expect);
			node->pure = op->outcome == LIN_NO;
			if (op->outcome == LIN_DONE)
				node->sees = node->expect;
		}
		if (!node->pure)
			node->makes = value_number(k, op->value);
	}
}

static int value_order(const void *a, const void *b)
{
	const struct lin_node *x = *(struct lin_node **)a;
	const struct lin_node *y = *(struct lin_node **)b;

	if (x->op->value != y->op->value)
		return x->op->value < y->op->value ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int index_order(const void *a, const void *b)
{
	const struct lin_node *x = *(struct lin_node **)a;
	const struct lin_node *y = *(struct lin_node **)b;

	if (x->op->index != y->op->index)
		return x->op->index < y->op->index ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Appends to @by: false if an element is there twice. */
static bool list_ranks(struct lin_node **by, uint32_t n, FILE *why)
{
	uint32_t i, rank = 0;

	qsort(by, n, sizeof(*by), value_order);
	for (i = 1; i < n; i++) {
		if (by[i]->op->value != by[i - 1]->op->value)
			continue;
		fprintf(why, "%u: %llu is appended in line %u too\n",
			by[i]->op->line,
			(unsigned long long)by[i]->op->value,
			by[i - 1]->op->line);
		return false;
	}
	qsort(by, n, sizeof(*by), index_order);
	for (i = 0; i < n; i++)
		if (by[i]->known && by[i]->op->index)
			by[i]->rank = ++rank;
	return true;
}

/* A read that is longer than all appends together fits nowhere. */
static void list_read_init(struct lin_key *k, struct lin_node *node)
{
	const struct lin_op *op = node->op;

	node->pure = true;
	if (op->count >= k->states)
		return;
	node->sees = op->count;
	if (!k->seen[node->sees])
		k->want[node->sees] = op->hash;
	k->seen[node->sees] = true;
	if (k->reach < node->sees)
		k->reach = node->sees;
}

/* Which read said so is for the explanation only. */
static void list_order_init(struct lin_key *k, const struct lin_list *list)
{
	uint64_t hash = LIN_EMPTY, i;

	k->list = list->elements;
	k->list_n = list->n;
	for (i = 0; i < list->n; i++)
		hash = lin_list_hash(hash, list->elements[i]);
	for (i = 0; i < k->n; i++) {
		k->list_op = k->nodes[i].op;
		if (k->list_op->kind == LIN_READ &&
		    k->list_op->count == list->n && k->list_op->hash == hash)
			return;
	}
}

static bool list_init(struct lin_key *k, const struct lin_list *list, FILE *why)
{
	struct lin_node **by = lin_alloc(k->n, sizeof(*by));
	uint32_t i, n = 0;
	bool good;

	for (i = 0; i < k->n; i++)
		if (k->nodes[i].op->kind == LIN_APPEND)
			by[n++] = &k->nodes[i];
	good = list_ranks(by, n, why);
	free(by);
	k->states = n + 1;
	k->state.hash = LIN_EMPTY;
	k->want = lin_alloc(k->states, sizeof(*k->want));
	k->seen = lin_alloc(k->states, sizeof(*k->seen));
	for (i = 0; i < k->n; i++)
		if (k->nodes[i].op->kind == LIN_READ)
			list_read_init(k, &k->nodes[i]);
	if (list)
		list_order_init(k, list);
	return good;
}

/**
 * lin_key_init() - one object, nothing done yet
 * @k: the object (out), to be released with lin_key_free() in any case
 * @model: what it is
 * @ops: its operations, which must stay
 * @n: how many
 * @list: the longest list that a read of it told, which must stay, or NULL
 * @why: gets what is wrong
 *
 * Return: true, false if an element was appended twice.
 */
bool lin_key_init(struct lin_key *k, enum lin_model model,
		  const struct lin_op *ops, uint32_t n,
		  const struct lin_list *list, FILE *why)
{
	bool good = true;
	uint32_t i;

	*k = (struct lin_key){ .model = model, .n = n };
	k->nodes = lin_alloc(n, sizeof(*k->nodes));
	for (i = 0; i < n; i++) {
		k->nodes[i].op = &ops[i];
		k->nodes[i].sees = LIN_NONE;
		k->nodes[i].makes = LIN_NONE;
		k->nodes[i].known = ops[i].outcome != LIN_UNKNOWN;
	}
	if (model == LIN_LIST)
		good = list_init(k, list, why);
	else
		register_init(k);
	k->left = lin_alloc(k->states, sizeof(*k->left));
	k->sources = lin_alloc(k->states, sizeof(*k->sources));
	k->near = lin_alloc(k->states, sizeof(*k->near));
	for (i = 0; i < n; i++) {
		if (k->nodes[i].sees != LIN_NONE)
			k->left[k->nodes[i].sees]++;
		if (k->nodes[i].makes != LIN_NONE)
			k->sources[k->nodes[i].makes]++;
	}
	return good;
}

/**
 * lin_key_free() - forget an object
 * @k: the object
 */
void lin_key_free(struct lin_key *k)
{
	free(k->nodes);
	free(k->values);
	free(k->left);
	free(k->sources);
	free(k->near);
	free(k->want);
	free(k->seen);
}

static const char *register_refuse(const struct lin_key *k,
				   const struct lin_node *node)
{
	uint32_t at = k->state.at, others;

	if (node->op->kind == LIN_READ)
		return node->sees == at ? NULL : "it read another value";
	if (node->pure)
		return node->expect != at ? NULL :
		       "what it expects is there";
	if (node->op->kind == LIN_CAS && node->expect != at)
		return "what it expects is not there";
	/*
	 * Dropped from an order, it leaves a good order: it need not be in
	 * it, and what it overwrites stays, for nobody to see; but a cas could
	 * tell the difference.
	 */
	if (!node->known && !k->cas && !k->left[node->makes])
		return "nobody is left to read its value";
	/* Who else is left to see the present value could never see it again. */
	others = k->left[at];
	if (node->sees == at)
		others--;
	if (node->makes != at && !k->sources[at] && others)
		return "the present value has yet to be read";
	return NULL;
}

static const char *list_refuse(const struct lin_key *k,
			       const struct lin_node *node)
{
	const struct lin_op *op = node->op;
	uint32_t at = k->state.at;
	uint64_t hash;

	if (op->kind == LIN_READ) {
		if (node->sees != at)
			return "it read a list of another length";
		return op->hash == k->state.hash ? NULL :
		       "it read other elements";
	}
	/* The list is never so short again. */
	if (k->left[at])
		return "the list as it is has yet to be read";
	if (at < k->list_n && k->list[at] != op->value)
		return "reads have another element at this place";
	/* As for a register: nobody sees whether it is there. */
	if (!node->known && at >= k->reach && at >= k->list_n)
		return "nobody is left to read it";
	if (node->rank && (node->rank != k->state.ranks + 1 ||
			   op->index <= k->state.index))
		return "its index does not come next";
	if (k->seen[at + 1]) {
		hash = lin_list_hash(k->state.hash, op->value);
		if (hash != k->want[at + 1])
			return "no read of this length has it at its end";
	}
	return NULL;
}

/**
 * lin_key_refuse() - whether an operation may be next
 * @k: the object
 * @node: an operation that is not done
 *
 * Return: NULL, or why not.
 */
const char *lin_key_refuse(const struct lin_key *k, const struct lin_node *node)
{
	return k->model == LIN_LIST ? list_refuse(k, node) :
	       register_refuse(k, node);
}

/**
 * lin_key_harmless() - whether nothing is lost by taking an operation now
 * @k: the object, with @near counted; nothing fits that changes nothing
 * @node: an operation that changes something and is not refused
 *
 * If any order goes on from here, one that begins with @node does.
 *
 * List: where reads tell the element, no other one may be next; beyond what was
 * read, any order of the rest is as good as any other.
 *
 * Register: a write, if all who are left to read its value may be next too.
 * Take an order that goes on from here.  It does not begin with a read, as none
 * fits.  Put the write and those readers before it: what followed begins with
 * a write and does not care.  Take them out of their old places: reads leave
 * no gap, and whoever read what the write left there was one of them.  Only a
 * cas that was answered with no could care about a value that it did not
 * see, and one of unknown outcome need not be seen: not with cas.
 *
 * Return: true if no other choice need be tried.
 */
bool lin_key_harmless(const struct lin_key *k, const struct lin_node *node)
{
	uint32_t at = k->state.at;

	if (k->model == LIN_LIST)
		return at < k->list_n || at >= k->reach;
	return !k->cas && k->near[node->makes] == k->left[node->makes];
}

/**
 * lin_key_apply() - do an operation
 * @k: the object
 * @node: an operation that is not refused
 */
void lin_key_apply(struct lin_key *k, struct lin_node *node)
{
	node->done = true;
	if (node->sees != LIN_NONE)
		k->left[node->sees]--;
	if (node->makes != LIN_NONE) {
		k->sources[node->makes]--;
		k->state.at = node->makes;
	} else if (!node->pure) {
		k->state.at++;
		k->state.hash = lin_list_hash(k->state.hash, node->op->value);
		if (node->rank) {
			k->state.ranks++;
			k->state.index = node->op->index;
		}
	}
}

/**
 * lin_key_undo() - undo the operation that was done last
 * @k: the object
 * @node: the operation
 * @state: the state before it
 */
void lin_key_undo(struct lin_key *k, struct lin_node *node,
		  const struct lin_state *state)
{
	node->done = false;
	if (node->sees != LIN_NONE)
		k->left[node->sees]++;
	if (node->makes != LIN_NONE)
		k->sources[node->makes]++;
	k->state = *state;
}
