/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lincheck.h - is a history of concurrent operations linearizable?
 *
 * Linearizable (Herlihy and Wing 1990): all operations can be put into one order
 * in which each gives the answer that it gave, and in which an operation that
 * had returned before another one was called comes first.
 *
 * Operations are added in any order, then judged once:
 *
 *	h = lin_new(LIN_REGISTER);
 *	lin_add(h, &op);
 *	if (lin_judge(h, LIN_LIMIT) != LIN_GOOD)
 *		fputs(lin_why(h), stderr);
 *	lin_free(h);
 *
 * Knows no clock, no thread and no random number: the same history always gets
 * the same verdict.  When memory runs out it ends the program, with the code of
 * an undecided history; it must never take what it could not decide for good.
 */
#ifndef _LINCHECK_H
#define _LINCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LIN_NIL		UINT64_MAX		/* what a register holds at first */
#define LIN_EMPTY	0xcbf29ce484222325ull	/* hash of the empty list */
#define LIN_LIMIT	10000000ull		/* steps; these need half a GiB */

enum lin_model {
	LIN_REGISTER = 1,	/* write, read, cas */
	LIN_LIST,		/* append, read; no element twice */
};

enum lin_kind {
	LIN_WRITE = 1,
	LIN_READ,
	LIN_CAS,
	LIN_APPEND,
};

enum lin_outcome {
	LIN_DONE = 1,
	LIN_NO,			/* cas: another value was there */
	LIN_UNKNOWN,		/* may take effect at any time, or never */
	LIN_FAILED,		/* certainly had no effect */
};

/* Also the exit code of the tool. */
enum lin_verdict {
	LIN_GOOD = 0,
	LIN_BROKEN = 1,		/* not linearizable */
	LIN_BAD = 2,		/* not a history */
	LIN_UNDECIDED = 3,	/* the limit was reached */
};

/**
 * struct lin_op - an operation
 * @kind: what it does
 * @outcome: how it ended
 * @client: who; only shown, what precedes what is told by the times alone
 * @line: its line in a file or any other name; only shown
 * @key: which object; each is judged by itself
 * @call: when it was called, ns
 * @ret: when it returned, ns; not before @call; unused if unknown or failed
 * @value: what was written, appended, or read from a register
 * @expect: cas: what must be there
 * @index: append: a number that grows along the list, such as the index in a
 *	log; 0: not told
 * @count: read of a list: elements
 * @hash: read of a list: lin_list_hash() over them
 * @elements: read of a list: the elements, copied, instead of @hash; or NULL
 */
struct lin_op {
	enum lin_kind kind;
	enum lin_outcome outcome;
	uint32_t client;
	uint32_t line;
	uint64_t key;
	uint64_t call;
	uint64_t ret;
	uint64_t value;
	uint64_t expect;
	uint64_t index;
	uint64_t count;
	uint64_t hash;
	const uint64_t *elements;
};

/**
 * struct lin_stats - what a history consists of
 * @ops: operations
 * @unknown: of these, those of unknown outcome
 * @failed: of these, those that certainly had no effect
 * @keys: objects
 * @clients: clients
 * @overlap: operations in flight at once, at most
 * @steps: operations tried until the verdict stood
 */
struct lin_stats {
	uint64_t ops;
	uint64_t unknown;
	uint64_t failed;
	uint64_t keys;
	uint64_t clients;
	uint64_t overlap;
	uint64_t steps;
};

struct lin_history;

struct lin_history *lin_new(enum lin_model model);
void lin_free(struct lin_history *h);
const char *lin_add(struct lin_history *h, const struct lin_op *op);
enum lin_verdict lin_judge(struct lin_history *h, uint64_t limit);
const char *lin_why(const struct lin_history *h);
void lin_stats(const struct lin_history *h, struct lin_stats *stats);

uint64_t lin_list_hash(uint64_t hash, uint64_t value);
void lin_op_print(enum lin_model model, const struct lin_op *op, FILE *out);
enum lin_verdict lin_file(FILE *in, const char *name, uint64_t limit, FILE *out);

#endif /* _LINCHECK_H */
