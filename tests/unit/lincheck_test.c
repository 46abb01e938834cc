// SPDX-License-Identifier: GPL-2.0
/*
 * lincheck_test.c - the judge judged: histories whose verdict is known, histories
 * of a simulated object, and small random ones that are tried in every order.
 */
#include <stdlib.h>
#include <string.h>

#include "../../tools/lincheck/lincheck.h"

#define SMALL		8		/* operations that every order is tried of */
#define CASES		40000
#define BIG		100000
#define CLIENTS		16
#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

static unsigned int tests, failures;

static void ok(bool good, const char *name)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++tests, name);
	failures += !good;
}

struct text_case {
	const char *name;
	enum lin_verdict verdict;
	const char *text;
	const char *says;		/* part of what is printed, or NULL */
};

#define R "model register\n"
#define L "model list\n"

static const struct text_case register_cases[] = {
	{ "nothing written", LIN_GOOD, R "1 0 1 read nil\n", NULL },
	{ "in turn", LIN_GOOD,
	  R "1 0 10 write 1 ok\n2 11 20 read 1\n1 21 30 write 2 ok\n"
	  "2 31 40 read 2\n", "ok t: 4 operations of 2 clients, 1 at once" },
	{ "concurrent, in any order", LIN_GOOD,
	  R "1 0 100 write 1 ok\n2 0 100 write 2 ok\n3 0 100 write 3 ok\n"
	  "4 10 20 read 2\n4 21 30 read 3\n4 31 40 read 1\n", NULL },
	{ "times that touch are concurrent", LIN_GOOD,
	  R "1 0 10 write 1 ok\n2 10 20 read nil\n", NULL },
	{ "stale read", LIN_BROKEN,
	  R "1 0 10 write 1 ok\n1 11 20 write 2 ok\n2 21 30 read 1\n",
	  "this has yet to be seen by\n    line 4: 2 21 30 read 1" },
	{ "stale read of nothing", LIN_BROKEN,
	  R "1 0 10 write 1 ok\n2 11 20 read nil\n", NULL },
	{ "lost update", LIN_BROKEN,
	  R "1 0 10 write 1 ok\n1 11 20 cas 1 2 ok\n2 11 20 cas 1 3 ok\n",
	  NULL },
	{ "lost acknowledged write", LIN_BROKEN,
	  R "1 0 10 write 1 ok\n2 11 20 write 2 ok\n3 21 30 read 1\n"
	  "3 31 40 read 1\n", NULL },
	{ "a value that nobody wrote", LIN_BROKEN,
	  R "1 0 10 write 1 ok\n2 11 20 read 7\n",
	  "nobody is left to write what it saw" },
	{ "a value from the future", LIN_BROKEN,
	  R "1 0 10 read 1\n2 11 20 write 1 ok\n", NULL },
	{ "reads back and forth", LIN_BROKEN,
	  R "1 0 100 write 1 ok\n2 0 100 write 2 ok\n3 10 20 read 1\n"
	  "3 21 30 read 2\n3 31 40 read 1\n", NULL },
	{ "two clients see different orders", LIN_BROKEN,
	  R "1 0 10 write 1 ok\n2 0 10 write 2 ok\n3 11 20 read 1\n"
	  "4 11 20 read 2\n", NULL },
	{ "reordered against real time", LIN_BROKEN,
	  R "1 0 10 write 1 ok\n2 20 30 write 2 ok\n3 15 40 read 2\n"
	  "3 41 50 read 1\n", NULL },
	{ "cas in a chain", LIN_GOOD,
	  R "1 0 50 cas 1 2 ok\n2 0 50 cas nil 1 ok\n3 0 50 cas 2 3 ok\n"
	  "4 60 70 cas 1 9 no\n4 80 90 read 3\n", NULL },
	{ "cas refused without a reason", LIN_BROKEN,
	  R "1 0 10 write 1 ok\n2 11 20 cas 1 2 no\n",
	  "what it expects is there" },
	{ "an unread write tells why a cas was refused", LIN_GOOD,
	  R "1 0 10 write 1 ok\n2 5 - write 7\n3 11 20 cas 1 2 no\n"
	  "3 21 30 read 7\n", NULL },
	{ "an unknown unread write tells why a cas was refused", LIN_GOOD,
	  R "1 0 10 write 1 ok\n2 5 - write 7\n3 11 20 cas 1 2 no\n"
	  "4 11 20 write 8 ok\n3 21 30 read 8\n", NULL },
	{ "unknown, in effect late", LIN_GOOD,
	  R "1 0 - write 1\n2 5 10 write 2 ok\n2 11 20 read 2\n"
	  "2 21 30 read 1\n", "1 unknown" },
	{ "unknown, never in effect", LIN_GOOD,
	  R "1 0 - write 1\n2 5 10 write 2 ok\n2 11 20 read 2\n", NULL },
	{ "unknown, in effect before it was called", LIN_BROKEN,
	  R "2 0 10 read 1\n1 11 - write 1\n", NULL },
	{ "unknown, in effect twice", LIN_BROKEN,
	  R "1 0 - write 1\n2 1 10 read 1\n3 11 20 write 2 ok\n"
	  "2 21 30 read 2\n2 31 40 read 1\n", NULL },
	{ "unknown cas, in effect twice", LIN_BROKEN,
	  R "1 0 - cas 1 2\n2 1 10 write 1 ok\n2 11 20 read 2\n"
	  "2 21 30 write 1 ok\n2 31 40 read 2\n", NULL },
	{ "failed, in effect", LIN_BROKEN,
	  R "1 0 10 write 1 fail\n2 11 20 read 1\n", NULL },
	{ "failed, not in effect", LIN_GOOD,
	  R "1 0 - write 1 fail\n2 11 20 read nil\n", "1 failed" },
	{ "keys are objects of their own", LIN_GOOD,
	  R "1 0 10 7/write 1 ok\n1 11 20 8/write 2 ok\n"
	  "2 21 30 7/read 1\n2 31 40 8/read 2\n", "2 keys" },
	{ "one of many keys is broken", LIN_BROKEN,
	  R "1 0 10 7/write 1 ok\n1 11 20 8/write 2 ok\n"
	  "1 21 30 7/read 1\n2 31 40 8/read 1\n2 31 40 9/read nil\n",
	  "key 8" },
};

static const struct text_case list_cases[] = {
	{ "in turn", LIN_GOOD,
	  L "1 0 1 read -\n1 2 3 append 5 ok\n2 4 5 append 6 ok\n"
	  "1 6 7 read 5,6\n", NULL },
	{ "concurrent, in any order", LIN_GOOD,
	  L "1 0 100 append 1 ok\n2 0 100 append 2 ok\n"
	  "3 0 100 append 3 ok\n4 10 20 read 2\n4 21 30 read 2,3\n"
	  "5 101 110 read 2,3,1\n", NULL },
	{ "a length and a hash", LIN_GOOD,
	  L "1 0 1 read 0 0xcbf29ce484222325\n1 2 3 append 0 ok\n"
	  "1 4 5 read 1 0xa8c7f832281a39c5\n", NULL },
	{ "the hash of another list", LIN_BROKEN,
	  L "1 2 3 append 1 ok\n1 4 5 read 1 0xa8c7f832281a39c5\n", NULL },
	{ "stale read", LIN_BROKEN,
	  L "1 0 10 append 1 ok\n1 11 20 append 2 ok\n2 21 30 read 1\n"
	  "2 31 40 read 1,2\n", NULL },
	{ "lost acknowledged append", LIN_BROKEN,
	  L "1 0 10 append 1 ok\n2 11 20 append 2 ok\n3 21 30 append 3 ok\n"
	  "3 31 40 read 1,3\n", "the next element is 3" },
	{ "lost acknowledged append at the end", LIN_BROKEN,
	  L "1 0 10 append 1 ok\n2 11 20 append 2 ok\n3 31 40 read 1\n",
	  NULL },
	{ "applied twice", LIN_BROKEN,
	  L "1 0 10 append 1 ok\n2 11 20 append 2 ok\n3 31 40 read 1,2,1\n",
	  "it is appended before, by\n    line 2" },
	{ "an element that nobody appended", LIN_BROKEN,
	  L "1 0 10 append 1 ok\n2 11 20 append 2 ok\n3 31 40 read 1,9,2\n",
	  "nobody appends it" },
	{ "an element from the future", LIN_BROKEN,
	  L "1 0 10 append 1 ok\n3 11 20 read 1,2\n2 21 30 append 2 ok\n",
	  NULL },
	{ "reordered against real time", LIN_BROKEN,
	  L "1 0 10 append 1 ok\n2 11 20 append 2 ok\n3 21 30 read 2,1\n",
	  NULL },
	{ "two clients see different orders", LIN_BROKEN,
	  L "1 0 10 append 1 ok\n2 0 10 append 2 ok\n3 11 20 read 1,2\n"
	  "4 11 20 read 2,1\n", NULL },
	{ "two clients see different orders, no longest", LIN_BROKEN,
	  L "1 0 100 append 1 ok\n2 0 100 append 2 ok\n3 11 20 read 1\n"
	  "4 11 20 read 2\n", NULL },
	{ "the list shrinks", LIN_BROKEN,
	  L "1 0 100 append 1 ok\n2 0 100 append 2 ok\n3 11 20 read 1,2\n"
	  "3 21 30 read 1\n", NULL },
	{ "unknown, in effect late", LIN_GOOD,
	  L "1 0 - append 1\n2 11 20 append 2 ok\n3 21 30 read 2\n"
	  "3 31 40 read 2,1\n", NULL },
	{ "unknown, never in effect", LIN_GOOD,
	  L "1 0 - append 1\n2 11 20 append 2 ok\n3 21 30 read 2\n", NULL },
	{ "unknown, in effect twice", LIN_BROKEN,
	  L "1 0 - append 1\n2 11 20 append 2 ok\n3 21 30 read 1,2,1\n",
	  NULL },
	{ "unknown, in effect before it was called", LIN_BROKEN,
	  L "3 0 10 read 1\n1 11 - append 1\n", NULL },
	{ "an index that falls", LIN_BROKEN,
	  L "1 0 10 append 1 12\n2 0 10 append 2 11\n3 11 20 read 1,2\n",
	  "its index does not come next" },
	{ "an index twice", LIN_BROKEN,
	  L "1 0 10 append 1 12\n2 0 10 append 2 12\n", NULL },
	{ "an index against real time", LIN_BROKEN,
	  L "1 0 10 append 1 12\n2 11 20 append 2 11\n", NULL },
	{ "indices with gaps", LIN_GOOD,
	  L "1 0 10 append 1 12\n2 0 10 append 2 3\n3 11 20 read 2,1\n",
	  NULL },
	{ "failed, in effect", LIN_BROKEN,
	  L "1 0 10 append 1 fail\n3 11 20 read 1\n", "nobody appends it" },
	{ "keys are lists of their own", LIN_GOOD,
	  L "1 0 10 1/append 1 ok\n2 0 10 2/append 5 ok\n2 11 20 2/append 1 ok\n"
	  "3 11 20 1/read 1\n3 21 30 2/read 5,1\n3 31 40 3/read -\n", "3 keys" },
	{ "a read that did not return says nothing", LIN_GOOD,
	  L "1 0 - read\n1 1 2 append 1 ok\n",
	  "2 operations of 1 clients, 1 at once, 1 unknown" },
};

static const struct text_case bad_cases[] = {
	{ "empty file", LIN_BAD, "", "t:0: a history begins with its model" },
	{ "only a model", LIN_BAD, R, "t:1: no operation" },
	{ "no model", LIN_BAD, "1 0 1 read 1\n", "t:1: a history begins" },
	{ "unknown model", LIN_BAD, "model queue\n", "t:1: no such model: queue" },
	{ "comments and blanks", LIN_GOOD,
	  "# a\n\n" R " # b\n\t1  0\t1 read 0x0\n2 0 1 write 0 ok\n", NULL },
	{ "cut", LIN_BAD, R "1 0 1 read nil\n1 2 3 read ni", "t:3: the line has no end" },
	{ "of the other model", LIN_BAD, L "1 0 1 write 1 ok\n", "t:2: no operation of this" },
	{ "no operation", LIN_BAD, R "1 0 1 take 1 ok\n", "t:2: no such operation: take" },
	{ "operation missing", LIN_BAD, R "1 0 1\n", "t:2: the operation is missing" },
	{ "no client", LIN_BAD, R "a 0 1 read 1\n", "t:2: the client is not a number: a" },
	{ "large client", LIN_BAD,
	  R "4294967296 0 1 read 1\n", "t:2: the client is too large" },
	{ "no time", LIN_BAD, R "1 - 1 read 1\n", "t:2: the time of the call is not" },
	{ "negative time", LIN_BAD, R "1 0 -1 read 1\n", "t:2: the time of the return" },
	{ "large time", LIN_BAD, R "1 99999999999999999999 - read\n", "too large" },
	{ "backwards", LIN_BAD, R "1 2 1 read 1\n", "t:2: it returned before it was called" },
	{ "value missing", LIN_BAD, R "1 0 1 write\n", "t:2: the value is missing" },
	{ "result missing", LIN_BAD, R "1 0 1 write 1\n", "t:2: the result is missing" },
	{ "unknown with a result", LIN_BAD,
	  R "1 0 - write 1 ok\n", "t:2: nothing is expected here: ok" },
	{ "too much", LIN_BAD, R "1 0 1 write 1 ok ok\n", "t:2: nothing is expected" },
	{ "far too much", LIN_BAD, R "1 2 3 4 5 6 7 8 9\n", "t:2: too many words" },
	{ "no to a write", LIN_BAD, R "1 0 1 write 1 no\n", "t:2: no such result: no" },
	{ "nil written", LIN_BAD, R "1 0 1 write nil ok\n", "t:2: the value is not a number" },
	{ "largest value", LIN_BAD,
	  R "1 0 1 write 0xffffffffffffffff ok\n", "t:2: the value is too large" },
	{ "no key", LIN_BAD, R "1 0 1 x/read 1\n", "t:2: the key is not a number: x" },
	{ "list with a hole", LIN_BAD,
	  L "1 0 1 read 1,,2\n", "t:2: the value is not a number" },
	{ "length without a number", LIN_BAD,
	  L "1 0 1 read 1,2 7\n", "t:2: the length is not" },
	{ "index 0", LIN_BAD, L "1 0 1 append 1 0\n", "t:2: the index is 0" },
	{ "appended twice", LIN_BAD, L "1 0 1 append 5 ok\n1 2 3 append 5 ok\n",
	  "t:3: 5 is appended in line 2 too" },
	{ "appended twice, once failed", LIN_GOOD,
	  L "1 0 1 append 5 fail\n1 2 3 append 5 ok\n", NULL },
	{ "a huge length", LIN_BROKEN,
	  L "1 0 1 append 5 ok\n1 2 3 read 18446744073709551615 1\n", NULL },
};

static void text_test(const char *what, const struct text_case *c, size_t n)
{
	enum lin_verdict verdict;
	char name[128], *said;
	FILE *in, *out;
	size_t len;

	for (; n--; c++) {
		/* fmemopen() of nothing fails. */
		in = tmpfile();
		fputs(c->text, in);
		rewind(in);
		out = open_memstream(&said, &len);
		verdict = lin_file(in, "t", LIN_LIMIT, out);
		fclose(in);
		fclose(out);
		snprintf(name, sizeof(name), "%s: %s", what, c->name);
		ok(verdict == c->verdict && *said &&
		   (!c->says || strstr(said, c->says)), name);
		if (verdict != c->verdict || (c->says && !strstr(said, c->says)))
			printf("# %s", said);
		free(said);
	}
}

/* Pseudo-random numbers: xorshift64*, the same in every run. */
static uint64_t seed = 1;

static uint64_t rnd(uint64_t below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (seed * 0x2545f4914f6cdd1dull >> 16) % below;
}

/*
 * struct sim - a correct object and its clients
 * @model: what it is
 * @unique: no value is written twice
 * @cas: percentage of operations
 * @reads: percentage of operations
 * @clients: how many
 * @unknown: operations in a thousand that are given up
 * @hash: of a thousand reads of the list, those that tell its hash only
 * @index: appends tell their place in an imagined log
 * @values: how many different ones, if not unique
 */
struct sim {
	enum lin_model model;
	bool unique;
	unsigned int cas;
	unsigned int reads;
	unsigned int clients;
	unsigned int unknown;
	unsigned int hash;
	bool index;
	unsigned int values;
	/* The state. */
	uint64_t value;
	uint64_t *list;
	uint64_t *hashes;
	uint64_t n;
	uint64_t serial;
};

/* A call that has not returned, or was given up and may still take effect. */
struct call {
	struct lin_op *op;
	bool effected;
	bool given_up;
};

static void sim_call(struct sim *s, struct lin_op *op, uint32_t client,
		     uint64_t now)
{
	unsigned int dice = rnd(100);

	*op = (struct lin_op){
		.outcome = LIN_UNKNOWN, .client = client, .call = now,
	};
	op->kind = s->model == LIN_LIST ? LIN_APPEND : LIN_WRITE;
	if (dice < s->reads)
		op->kind = LIN_READ;
	else if (dice < s->reads + s->cas)
		op->kind = LIN_CAS;
	if (op->kind == LIN_READ)
		return;
	op->value = s->unique ? ++s->serial : rnd(s->values);
	if (op->kind == LIN_CAS)
		op->expect = rnd(3) ? s->value : rnd(s->values);
}

static void sim_effect(struct sim *s, struct lin_op *op)
{
	op->outcome = LIN_DONE;
	switch (op->kind) {
	case LIN_WRITE:
		s->value = op->value;
		break;
	case LIN_CAS:
		if (s->value == op->expect)
			s->value = op->value;
		else
			op->outcome = LIN_NO;
		break;
	case LIN_APPEND:
		s->list[s->n++] = op->value;
		s->hashes[s->n] = lin_list_hash(s->hashes[s->n - 1], op->value);
		if (s->index)
			op->index = 3 * s->n;
		break;
	case LIN_READ:
		op->value = s->value;
		if (s->model == LIN_REGISTER)
			break;
		op->value = 0;
		op->count = s->n;
		op->hash = s->hashes[s->n];
		op->elements = rnd(1000) < s->hash ? NULL : s->list;
		break;
	}
}

/* Move one call on: to its effect, to its return, or to nowhere. */
static void sim_step(struct sim *s, struct call *c, uint64_t now)
{
	if (!c->effected) {
		if (c->given_up && rnd(100) >= 2)
			return;
		sim_effect(s, c->op);
		c->effected = true;
	} else if (!c->given_up) {
		c->op->ret = now;
		c->op = NULL;
		return;
	}
	if (c->given_up) {
		c->op->outcome = LIN_UNKNOWN;
		c->op->index = 0;
		c->op = NULL;
	}
}

/* A history of @n operations; the lists that it tells are those of @s. */
static void sim_run(struct sim *s, struct lin_op *ops, unsigned int n)
{
	struct call calls[256] = { { NULL } };
	unsigned int made = 0, lost = 0, i;
	uint64_t now = 0;

	s->value = LIN_NIL;
	s->list = calloc(n, sizeof(*s->list));
	s->hashes = calloc(n + 1, sizeof(*s->hashes));
	s->hashes[0] = LIN_EMPTY;
	s->n = 0;
	s->serial = 0;
	while (made < n) {
		now += rnd(3);
		i = rnd(s->clients + lost);
		if (calls[i].op && i < s->clients && rnd(1000) < s->unknown &&
		    s->clients + lost < ARRAY_LEN(calls)) {
			calls[i].given_up = true;
			calls[s->clients + lost++] = calls[i];
			if (calls[i].effected)
				calls[i].op->outcome = LIN_UNKNOWN;
			calls[i].op->index = 0;
			calls[i] = (struct call){ NULL };
		} else if (calls[i].op) {
			sim_step(s, &calls[i], now);
		} else if (i < s->clients) {
			calls[i] = (struct call){ &ops[made] };
			sim_call(s, &ops[made], i, now);
			ops[made].line = made + 1;
			made++;
		}
	}
	for (i = 0; i < s->clients; i++)
		while (calls[i].op)
			sim_step(s, &calls[i], ++now);
}

static void sim_free(struct sim *s)
{
	free(s->list);
	free(s->hashes);
}

static enum lin_verdict judge(enum lin_model model, const struct lin_op *ops,
			      unsigned int n, uint64_t limit, bool show)
{
	struct lin_history *h = lin_new(model);
	enum lin_verdict verdict;
	const char *wrong;
	struct lin_stats st;
	unsigned int i;

	for (i = 0; i < n; i++) {
		wrong = lin_add(h, &ops[i]);
		if (wrong)
			printf("# operation %u: %s\n", i, wrong);
	}
	verdict = lin_judge(h, limit);
	lin_stats(h, &st);
	if (show)
		printf("# %llu steps, %llu at once, %llu unknown\n",
		       (unsigned long long)st.steps,
		       (unsigned long long)st.overlap,
		       (unsigned long long)st.unknown);
	if (show && verdict != LIN_GOOD)
		printf("# %s", lin_why(h));
	lin_free(h);
	return verdict;
}

/* All orders of at most SMALL operations, by the definition. */
struct brute {
	enum lin_model model;
	const struct lin_op *ops;
	unsigned int n;
	uint64_t value;
	uint64_t list[SMALL];
	unsigned int len;
	uint64_t index;
};

static bool brute_read(const struct brute *b, const struct lin_op *op)
{
	uint64_t hash = LIN_EMPTY;
	unsigned int i;

	if (b->model == LIN_REGISTER)
		return op->value == b->value;
	if (op->count != b->len)
		return false;
	for (i = 0; i < b->len; i++) {
		hash = lin_list_hash(hash, b->list[i]);
		if (op->elements && op->elements[i] != b->list[i])
			return false;
	}
	return op->elements || op->hash == hash;
}

/* Do the operation, false if it would not have given its answer. */
static bool brute_do(struct brute *b, const struct lin_op *op)
{
	bool known = op->outcome != LIN_UNKNOWN, fits;

	switch (op->kind) {
	case LIN_READ:
		return !known || brute_read(b, op);
	case LIN_WRITE:
		b->value = op->value;
		return true;
	case LIN_CAS:
		fits = b->value == op->expect;
		if (known && op->outcome != (fits ? LIN_DONE : LIN_NO))
			return false;
		if (fits)
			b->value = op->value;
		return true;
	case LIN_APPEND:
		b->list[b->len++] = op->value;
		if (known && op->index && op->index <= b->index)
			return false;
		if (known && op->index)
			b->index = op->index;
		return true;
	}
	return false;
}

static bool brute_force(const struct brute *b, unsigned int done)
{
	const struct lin_op *op, *other;
	struct brute next;
	bool all = true;
	unsigned int i, j;

	for (i = 0; i < b->n; i++)
		if (!(done & 1u << i) && b->ops[i].outcome != LIN_UNKNOWN)
			all = false;
	if (all)
		return true;
	for (i = 0; i < b->n; i++) {
		op = &b->ops[i];
		if (done & 1u << i)
			continue;
		for (j = 0; j < b->n; j++) {
			other = &b->ops[j];
			if (!(done & 1u << j) && other->outcome != LIN_UNKNOWN &&
			    other->ret < op->call)
				break;
		}
		next = *b;
		if (j == b->n && brute_do(&next, op) &&
		    brute_force(&next, done | 1u << i))
			return true;
	}
	return false;
}

static void mutate_read(struct lin_op *op, const struct lin_op *other,
			uint64_t (*own)[SMALL + 1], enum lin_model model,
			unsigned int n)
{
	uint64_t hash = LIN_EMPTY;
	unsigned int i;

	if (model == LIN_REGISTER) {
		op->value = other->kind == LIN_READ ? other->value : rnd(n + 1);
		return;
	}
	/* A list of its own: elements replaced, doubled, swapped, cut. */
	memset(*own, 0, sizeof(*own));
	op->count = rnd(n + 1);
	for (i = 0; i < op->count; i++) {
		(*own)[i] = op->elements && rnd(4) ? op->elements[i] : 1 + rnd(n);
		hash = lin_list_hash(hash, (*own)[i]);
	}
	op->hash = hash;
	op->elements = rnd(2) ? *own : NULL;
}

/* Something is no longer as it was. */
static void mutate(struct lin_op *ops, unsigned int n,
		   uint64_t (*own)[SMALL + 1], enum lin_model model)
{
	struct lin_op *op = &ops[rnd(n)], *other = &ops[rnd(n)], copy;
	bool both = op->kind == other->kind && op->outcome == other->outcome;

	switch (rnd(8)) {
	case 0:		/* results swapped, or rather: clients and times */
		if (!both)
			break;
		copy = *op;
		op->call = other->call;
		op->ret = other->ret;
		other->call = copy.call;
		other->ret = copy.ret;
		break;
	case 1:
	case 2:
		if (op->kind == LIN_READ)
			mutate_read(op, other, &own[op - ops], model, n);
		else if (op->kind == LIN_CAS && op->outcome != LIN_UNKNOWN)
			op->outcome = LIN_DONE + LIN_NO - op->outcome;
		break;
	case 3:
		op->ret = op->call + rnd(op->ret > op->call ? op->ret - op->call : 1);
		break;
	case 4:
		if (op->ret > op->call)
			op->call = op->ret - rnd(op->ret - op->call);
		break;
	case 5:
		if (op->kind != LIN_READ)
			op->outcome = LIN_UNKNOWN;
		break;
	case 6:
		if (op->outcome != LIN_UNKNOWN || op->kind == LIN_READ)
			break;
		op->outcome = LIN_DONE;
		op->ret = op->call + rnd(10);
		break;
	case 7:
		if (op->kind == LIN_APPEND && op->outcome == LIN_DONE)
			op->index = rnd(2) ? 1 + rnd(3 * n) : 0;
		break;
	}
}

static void show(enum lin_model model, const struct lin_op *ops, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		printf("#   ");
		lin_op_print(model, &ops[i], stdout);
	}
}

/* Printed and read again it must be judged alike. */
static enum lin_verdict reread(enum lin_model model, const struct lin_op *ops,
			       unsigned int n)
{
	enum lin_verdict verdict;
	char *text, *said;
	size_t len, said_len;
	FILE *f = open_memstream(&text, &len), *out;
	unsigned int i;

	fputs(model == LIN_LIST ? "model list\n" : "model register\n", f);
	for (i = 0; i < n; i++)
		lin_op_print(model, &ops[i], f);
	fclose(f);
	f = fmemopen(text, len, "r");
	out = open_memstream(&said, &said_len);
	verdict = lin_file(f, "t", LIN_LIMIT, out);
	fclose(f);
	fclose(out);
	free(text);
	free(said);
	return verdict;
}

static void small_sim(struct sim *s, enum lin_model model)
{
	*s = (struct sim){
		.model = model, .unique = model == LIN_LIST || rnd(2),
		.cas = model == LIN_LIST || rnd(2) ? 0 : 40,
		.reads = 40, .clients = 1 + rnd(4), .unknown = rnd(2) * 200,
		.hash = rnd(3) * 500, .index = rnd(2), .values = 3,
	};
}

/*
 * One small history: as it came it must be good, and with a few mutations the
 * verdict must be that of all orders.
 */
static bool small_case(enum lin_model model, unsigned int found[2])
{
	uint64_t own[SMALL][SMALL + 1];
	struct brute b = { .model = model, .value = LIN_NIL };
	unsigned int n = 1 + rnd(SMALL), i;
	enum lin_verdict verdict;
	struct lin_op ops[SMALL];
	struct sim s;
	bool good;

	small_sim(&s, model);
	sim_run(&s, ops, n);
	good = judge(model, ops, n, LIN_LIMIT, false) == LIN_GOOD;
	if (!good) {
		printf("# not accepted:\n");
		show(model, ops, n);
	}
	for (i = 1 + rnd(6); i; i--)
		mutate(ops, n, own, model);
	b.ops = ops;
	b.n = n;
	verdict = brute_force(&b, 0) ? LIN_GOOD : LIN_BROKEN;
	found[verdict]++;
	if (judge(model, ops, n, LIN_LIMIT, false) != verdict ||
	    reread(model, ops, n) != verdict) {
		printf("# must be %s:\n", verdict ? "broken" : "good");
		show(model, ops, n);
		good = false;
	}
	sim_free(&s);
	return good;
}

static void small_test(enum lin_model model, const char *name)
{
	unsigned int found[2] = { 0 }, wrong = 0, i;
	char text[128];

	for (i = 0; i < CASES && wrong < 3; i++)
		wrong += !small_case(model, found);
	snprintf(text, sizeof(text),
		 "%s: as all orders say: %u good, %u broken", name, found[0],
		 found[1]);
	ok(!wrong && found[0] > CASES / 10 && found[1] > CASES / 10, text);
}

static const struct {
	const char *name;
	struct sim sim;
} big_cases[] = {
	{ "register, values once",
	  { .model = LIN_REGISTER, .unique = true, .reads = 50, .clients = CLIENTS,
	    .unknown = 1 } },
	{ "register, mostly writes",
	  { .model = LIN_REGISTER, .unique = true, .reads = 10, .clients = CLIENTS,
	    .unknown = 1 } },
	{ "list, told in full at the end",
	  { .model = LIN_LIST, .unique = true, .reads = 50, .clients = CLIENTS,
	    .unknown = 1, .hash = 1000 } },
	{ "list, with indices",
	  { .model = LIN_LIST, .unique = true, .reads = 50, .clients = CLIENTS,
	    .unknown = 0, .hash = 1000, .index = true } },
};

/* A read in the second half gets what was there a little earlier. */
static void make_stale(struct lin_op *ops, unsigned int n)
{
	unsigned int i = n - n / 4, j;

	while (ops[i].kind != LIN_READ || ops[i].outcome != LIN_DONE)
		i++;
	for (j = i - 1;; j--)
		if (ops[j].kind == LIN_READ && ops[j].outcome == LIN_DONE &&
		    ops[j].ret + 1000 < ops[i].call)
			break;
	ops[i].value = ops[j].value;
	ops[i].count = ops[j].count;
	ops[i].hash = ops[j].hash;
}

static void big_case(const char *name, struct sim s)
{
	struct lin_op *ops = calloc(BIG + 1, sizeof(*ops));
	char text[128];
	unsigned int n = BIG;

	sim_run(&s, ops, n);
	if (s.model == LIN_LIST && !s.index) {
		ops[n] = (struct lin_op){
			.kind = LIN_READ, .outcome = LIN_DONE, .line = n + 1,
			.call = UINT64_MAX - 2, .ret = UINT64_MAX - 1,
			.elements = s.list, .count = s.n,
		};
		n++;
	}
	snprintf(text, sizeof(text), "%s: %u operations", name, n);
	ok(judge(s.model, ops, n, LIN_LIMIT, true) == LIN_GOOD, text);
	make_stale(ops, n);
	snprintf(text, sizeof(text), "%s: one stale read among them", name);
	ok(judge(s.model, ops, n, LIN_LIMIT, true) == LIN_BROKEN, text);
	sim_free(&s);
	free(ops);
}

/* Many writers at once whose order nobody tells: more than can be tried. */
static void limit_test(void)
{
	struct lin_op ops[42];
	unsigned int i;

	for (i = 0; i < 40; i++)
		ops[i] = (struct lin_op){
			.kind = LIN_APPEND, .outcome = LIN_DONE, .call = 0,
			.ret = 10, .value = i, .client = i, .line = i + 1,
		};
	ops[i] = (struct lin_op){
		.kind = LIN_READ, .outcome = LIN_DONE, .call = 11, .ret = 12,
		.count = 40, .hash = 1, .line = i + 1,
	};
	ok(judge(LIN_LIST, ops, 41, 100000, true) == LIN_UNDECIDED,
	   "undecided at the limit");
	ok(judge(LIN_LIST, ops, 40, 100000, true) == LIN_GOOD,
	   "the same without the read is good");
	ops[41] = (struct lin_op){
		.kind = LIN_APPEND, .outcome = LIN_DONE, .key = 1, .ret = 10,
	};
	ok(judge(LIN_LIST, ops, 42, 100000, true) == LIN_UNDECIDED,
	   "undecided for one key, good for another");
	ops[41].kind = LIN_READ;
	ops[41].count = 1;
	ok(judge(LIN_LIST, ops, 42, 100000, true) == LIN_BROKEN,
	   "undecided for one key, broken for another");
}

static void add_test(void)
{
	struct lin_op op = {
		.kind = LIN_APPEND, .outcome = LIN_DONE, .call = 5, .ret = 4
	};
	struct lin_history *h = lin_new(LIN_LIST);

	ok(lin_add(h, &op), "add: returned before it was called");
	op.ret = 5;
	ok(!lin_add(h, &op) && lin_judge(h, 1) == LIN_GOOD && !*lin_why(h),
	   "add: judged");
	op = (struct lin_op){
		.kind = LIN_READ, .outcome = LIN_DONE, .call = 6, .ret = 7,
		.hash = LIN_EMPTY
	};
	ok(!lin_add(h, &op) && lin_judge(h, LIN_LIMIT) == LIN_BROKEN &&
	   *lin_why(h), "add: more, and judged again");
	op.kind = LIN_CAS;
	ok(lin_add(h, &op), "add: not of a list");
	lin_free(h);
}

int main(void)
{
	size_t i;

	text_test("register", register_cases, ARRAY_LEN(register_cases));
	text_test("list", list_cases, ARRAY_LEN(list_cases));
	text_test("text", bad_cases, ARRAY_LEN(bad_cases));
	add_test();
	small_test(LIN_REGISTER, "register");
	small_test(LIN_LIST, "list");
	for (i = 0; i < ARRAY_LEN(big_cases); i++)
		big_case(big_cases[i].name, big_cases[i].sim);
	limit_test();
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
