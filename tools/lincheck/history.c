// SPDX-License-Identifier: GPL-2.0
/*
 * history.c - gathers operations, and judges them key by key.
 *
 * Linearizability is local (Herlihy and Wing, theorem 1): a history is
 * linearizable exactly if the part of each object is.
 *
 * Owns the operations and the verdict.  Knows neither a text format nor what
 * the operations mean, beyond refusing what is none.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct lin_history {
	enum lin_model model;
	struct lin_op *ops;
	uint32_t n;
	uint32_t cap;
	struct lin_list *lists;		/* of each key, the longest that was told */
	uint32_t lists_n;
	uint64_t unknown_reads;		/* these say nothing: not kept */
	struct lin_stats stats;
	char *why;
	size_t why_len;
};

static void memory_out(void)
{
	fprintf(stderr, "lincheck: out of memory, undecided\n");
	exit(LIN_UNDECIDED);
}

/**
 * lin_alloc() - zeroed memory or the end of the program
 * @n: members
 * @size: bytes of one
 *
 * Return: the memory.
 */
void *lin_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		memory_out();
	return p;
}

/**
 * lin_grow() - more memory or the end of the program
 * @p: what there is, or NULL
 * @n: members
 * @size: bytes of one
 *
 * Return: the memory.
 */
void *lin_grow(void *p, size_t n, size_t size)
{
	p = reallocarray(p, n, size);
	if (!p)
		memory_out();
	return p;
}

/**
 * lin_new() - a history without operations
 * @model: what the objects are
 *
 * Return: the history, for lin_free().
 */
struct lin_history *lin_new(enum lin_model model)
{
	struct lin_history *h = lin_alloc(1, sizeof(*h));

	h->model = model;
	h->cap = 64;
	h->ops = lin_alloc(h->cap, sizeof(*h->ops));
	return h;
}

/**
 * lin_free() - forget a history
 * @h: the history, or NULL
 */
void lin_free(struct lin_history *h)
{
	uint32_t i;

	if (!h)
		return;
	for (i = 0; i < h->lists_n; i++)
		free(h->lists[i].elements);
	free(h->lists);
	free(h->ops);
	free(h->why);
	free(h);
}

/**
 * lin_list_hash() - the hash of a list with one more element
 * @hash: of the list before, LIN_EMPTY of the empty one
 * @value: the element
 *
 * FNV-1a, 64 bits, over the eight bytes of each element, low byte first.  This
 * is an interface: clients compute it while they read.
 *
 * Return: the hash.
 */
uint64_t lin_list_hash(uint64_t hash, uint64_t value)
{
	int i;

	for (i = 0; i < 8; i++, value >>= 8)
		hash = (hash ^ (value & 0xff)) * 0x100000001b3ull;
	return hash;
}

/* What is wrong with an operation, or NULL. */
static const char *op_wrong(enum lin_model model, const struct lin_op *op)
{
	enum lin_model of = op->kind == LIN_APPEND ? LIN_LIST : LIN_REGISTER;

	if (op->kind < LIN_WRITE || op->kind > LIN_APPEND)
		return "no such operation";
	if (op->kind != LIN_READ && of != model)
		return "an operation of the other model";
	if (op->outcome < LIN_DONE || op->outcome > LIN_FAILED)
		return "no such outcome";
	if (op->outcome == LIN_NO && op->kind != LIN_CAS)
		return "only cas is answered with no";
	if (op->value == LIN_NIL && op->kind != LIN_READ)
		return "the largest number stands for nil";
	if (op->outcome <= LIN_NO && op->ret < op->call)
		return "it returned before it was called";
	return NULL;
}

static struct lin_list *list_find(const struct lin_history *h, uint64_t key)
{
	uint32_t i;

	for (i = 0; i < h->lists_n; i++)
		if (h->lists[i].key == key)
			return &h->lists[i];
	return NULL;
}

/*
 * The elements of the longest read of a key are enough: the others are compared
 * with it by their hashes.
 */
static void elements_take(struct lin_history *h, struct lin_op *op)
{
	struct lin_list *list = list_find(h, op->key);
	uint64_t i;

	op->hash = LIN_EMPTY;
	for (i = 0; i < op->count; i++)
		op->hash = lin_list_hash(op->hash, op->elements[i]);
	if (!list) {
		h->lists = lin_grow(h->lists, h->lists_n + 1ull,
				    sizeof(*h->lists));
		list = &h->lists[h->lists_n++];
		*list = (struct lin_list){ .key = op->key };
	}
	if (list->n >= op->count)
		return;
	list->n = op->count;
	list->elements = lin_grow(list->elements, list->n,
				  sizeof(*list->elements));
	memcpy(list->elements, op->elements, list->n * sizeof(*list->elements));
}

/**
 * lin_add() - one more operation
 * @h: the history
 * @op: the operation, copied; the times of all must be of one clock
 *
 * Return: NULL, or what is wrong with @op, which was then not added.
 */
const char *lin_add(struct lin_history *h, const struct lin_op *op)
{
	const char *wrong = op_wrong(h->model, op);
	struct lin_op copy = *op;

	if (wrong)
		return wrong;
	if (op->outcome == LIN_FAILED) {
		h->stats.failed++;
		return NULL;
	}
	if (op->outcome == LIN_UNKNOWN && op->kind == LIN_READ) {
		h->unknown_reads++;
		return NULL;
	}
	if (h->n == UINT32_MAX / 4)
		return "too many operations";
	if (h->model == LIN_LIST && op->kind == LIN_READ && op->elements)
		elements_take(h, &copy);
	copy.elements = NULL;
	if (h->n == h->cap) {
		h->cap *= 2;
		h->ops = lin_grow(h->ops, h->cap, sizeof(*h->ops));
	}
	h->ops[h->n++] = copy;
	return NULL;
}

static int key_order(const void *a, const void *b)
{
	const struct lin_op *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->call != y->call)
		return x->call < y->call ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int u32_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void stats_count(struct lin_history *h)
{
	uint32_t *clients = lin_alloc(h->n, sizeof(*clients)), i;
	uint64_t failed = h->stats.failed;

	h->stats = (struct lin_stats){
		.ops = h->n + h->unknown_reads + failed,
		.unknown = h->unknown_reads,
		.failed = failed,
	};
	for (i = 0; i < h->n; i++) {
		clients[i] = h->ops[i].client;
		h->stats.unknown += h->ops[i].outcome == LIN_UNKNOWN;
	}
	qsort(clients, h->n, sizeof(*clients), u32_order);
	for (i = 0; i < h->n; i++)
		h->stats.clients += !i || clients[i] != clients[i - 1];
	free(clients);
}

static enum lin_verdict key_judge(struct lin_history *h,
				  const struct lin_op *ops, uint32_t n,
				  uint64_t limit, FILE *why)
{
	enum lin_verdict verdict;
	struct lin_search s;
	struct lin_key k;

	if (!lin_key_init(&k, h->model, ops, n, list_find(h, ops->key), why)) {
		lin_key_free(&k);
		return LIN_BAD;
	}
	lin_search_init(&s, &k, limit);
	verdict = lin_search_run(&s, 0);
	h->stats.steps += s.steps;
	if (h->stats.overlap < s.overlap)
		h->stats.overlap = s.overlap;
	if (verdict == LIN_BROKEN) {
		/* The same way once more, up to the furthest dead end. */
		lin_search_run(&s, s.best);
		lin_explain(&s, why);
	}
	lin_search_free(&s);
	lin_key_free(&k);
	return verdict;
}

/**
 * lin_judge() - is the history linearizable?
 * @h: the history; more may be added afterwards, and judged again
 * @limit: operations that may be tried for each key
 *
 * Return: LIN_GOOD; LIN_BROKEN if there is no order, surely for one key;
 * LIN_UNDECIDED if there is none as far as the limit let it look; LIN_BAD if an
 * element was appended to a list twice, so that it is no history of the model.
 */
enum lin_verdict lin_judge(struct lin_history *h, uint64_t limit)
{
	enum lin_verdict verdict = LIN_GOOD, one;
	uint32_t i, end;
	FILE *why;

	qsort(h->ops, h->n, sizeof(*h->ops), key_order);
	stats_count(h);
	free(h->why);
	h->why = NULL;
	why = open_memstream(&h->why, &h->why_len);
	if (!why)
		memory_out();
	for (i = 0; i < h->n; i = end) {
		for (end = i; end < h->n && h->ops[end].key == h->ops[i].key;)
			end++;
		h->stats.keys++;
		one = key_judge(h, h->ops + i, end - i, limit, why);
		if (one != LIN_GOOD)
			verdict = one;
		if (one == LIN_BROKEN || one == LIN_BAD)
			break;
	}
	if (verdict == LIN_UNDECIDED)
		fprintf(why, "undecided after %llu steps\n",
			(unsigned long long)h->stats.steps);
	if (fclose(why))
		memory_out();
	return verdict;
}

/**
 * lin_why() - the reason of the last verdict
 * @h: the history, judged
 *
 * Return: lines of text, "LINE: ..." if LIN_BAD, empty if LIN_GOOD; valid until
 * @h is judged again or freed.
 */
const char *lin_why(const struct lin_history *h)
{
	return h->why ? h->why : "";
}

/**
 * lin_stats() - what the history consists of
 * @h: the history, judged
 * @stats: the counts (out)
 */
void lin_stats(const struct lin_history *h, struct lin_stats *stats)
{
	*stats = h->stats;
}
