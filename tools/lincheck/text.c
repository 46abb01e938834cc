// SPDX-License-Identifier: GPL-2.0
/*
 * text.c - histories as text, read; print.c writes the same.
 *
 * The first line that is not empty or a comment (#) names the model, each other
 * one is an operation, in any order.  Fields are separated by blanks; numbers
 * are decimal or begin with 0x, and the largest one stands for nil.
 *
 *	model register
 *	CLIENT CALL RETURN [KEY/]write V		ok
 *	CLIENT CALL RETURN [KEY/]cas A B		ok | no
 *	CLIENT CALL RETURN [KEY/]read			V | nil
 *
 *	model list
 *	CLIENT CALL RETURN [KEY/]append V		ok | INDEX
 *	CLIENT CALL RETURN [KEY/]read			- | V,V,... | N HASH
 *
 * CALL and RETURN are ns of one clock.  Without a KEY it is 0.  A is a number or
 * nil.  No element is appended to a list twice; a client that repeats an
 * append until it is answered has made one operation, from its first call.
 * INDEX, not 0, grows along the list, as the index in a log does.  A read tells
 * the list ("-" is empty) or its length and lin_list_hash().
 *
 * RETURN is "-", and the result left out, if the outcome is unknown.  The result
 * "fail" means that the operation certainly had no effect; RETURN may then be
 * "-" too.
 *
 * A line that is not understood, the last one without its end too, makes the
 * whole file bad: half a history must not be judged.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/util.h"
#include "internal.h"

#define TEXT_WORDS	8

struct text {
	const char *name;
	FILE *out;
	uint32_t line;
	enum lin_model model;
	struct lin_history *h;
	uint64_t *elements;		/* of a read */
	size_t cap;
};

static bool bad(const struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool bad(const struct text *t, const char *format, ...)
{
	va_list args;

	fprintf(t->out, "%s:%" PRIu32 ": ", t->name, t->line);
	va_start(args, format);
	vfprintf(t->out, format, args);
	va_end(args);
	fputc('\n', t->out);
	return false;
}

static bool number_parse(const struct text *t, const char *what,
			 const char *word, uint64_t *value)
{
	int ret;

	if (!word)
		return bad(t, "%s is missing", what);
	ret = raft_u64_parse(word, value);
	if (ret == -ERANGE)
		return bad(t, "%s is too large: %s", what, word);
	return !ret || bad(t, "%s is not a number: %.40s", what, word);
}

static bool value_parse(const struct text *t, const char *word, bool nil,
			uint64_t *value)
{
	if (nil && word && !strcmp(word, "nil")) {
		*value = LIN_NIL;
		return true;
	}
	if (!number_parse(t, "the value", word, value))
		return false;
	return *value != LIN_NIL || bad(t, "the value is too large: %s", word);
}

/* A word such as "write" or "7/write", without the key. */
static bool kind_parse(const struct text *t, char *word, struct lin_op *op)
{
	static const struct {
		const char *name;
		enum lin_kind kind;
		enum lin_model model;	/* 0: of both */
	} kinds[] = {
		{ "read", LIN_READ, 0 },
		{ "write", LIN_WRITE, LIN_REGISTER },
		{ "cas", LIN_CAS, LIN_REGISTER },
		{ "append", LIN_APPEND, LIN_LIST },
	};
	char *slash = strchr(word, '/');
	size_t i;

	if (slash) {
		*slash = '\0';
		if (!number_parse(t, "the key", word, &op->key))
			return false;
		word = slash + 1;
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, kinds[i].name))
			continue;
		if (kinds[i].model && kinds[i].model != t->model)
			return bad(t, "no operation of this model: %s", word);
		op->kind = kinds[i].kind;
		return true;
	}
	return bad(t, "no such operation: %.40s", word);
}

static bool elements_parse(struct text *t, char *word, struct lin_op *op)
{
	char *next;

	if (!strcmp(word, "-"))
		word = NULL;
	for (; word; word = next) {
		next = strchr(word, ',');
		if (next)
			*next++ = '\0';
		if (op->count == t->cap) {
			t->cap = t->cap ? 2 * t->cap : 64;
			t->elements = lin_grow(t->elements, t->cap,
					       sizeof(*t->elements));
		}
		if (!value_parse(t, word, false, &t->elements[op->count]))
			return false;
		op->count++;
	}
	if (!t->elements) {
		t->cap = 64;
		t->elements = lin_alloc(t->cap, sizeof(*t->elements));
	}
	op->elements = t->elements;
	return true;
}

/* What came back, in the words behind the operation; *n are used up. */
static bool result_parse(struct text *t, char **w, struct lin_op *op, int *n)
{
	const char *word = w[0];

	*n = 1;
	if (!word)
		return bad(t, "the result is missing");
	if (op->kind == LIN_READ && t->model == LIN_REGISTER)
		return value_parse(t, word, true, &op->value);
	if (op->kind == LIN_READ && w[1]) {
		*n = 2;
		return number_parse(t, "the length", word, &op->count) &&
		       number_parse(t, "the hash", w[1], &op->hash);
	}
	if (op->kind == LIN_READ)
		return elements_parse(t, w[0], op);
	if (!strcmp(word, "ok"))
		return true;
	if (op->kind == LIN_CAS && !strcmp(word, "no")) {
		op->outcome = LIN_NO;
		return true;
	}
	if (op->kind != LIN_APPEND)
		return bad(t, "no such result: %.40s", word);
	if (!number_parse(t, "the index", word, &op->index))
		return false;
	return op->index || bad(t, "the index is 0");
}

static bool op_parse(struct text *t, char **w)
{
	struct lin_op op = { .outcome = LIN_DONE, .line = t->line };
	const char *wrong;
	uint64_t client;
	int used = 0;

	if (!number_parse(t, "the client", w[0], &client))
		return false;
	if (client > UINT32_MAX)
		return bad(t, "the client is too large: %s", w[0]);
	op.client = client;
	if (!number_parse(t, "the time of the call", w[1], &op.call))
		return false;
	if (!w[2] || !w[3])
		return bad(t, "the operation is missing");
	if (!strcmp(w[2], "-"))
		op.outcome = LIN_UNKNOWN;
	else if (!number_parse(t, "the time of the return", w[2], &op.ret))
		return false;
	if (!kind_parse(t, w[3], &op))
		return false;
	w += 4;
	if (op.kind == LIN_CAS && !value_parse(t, *w++, true, &op.expect))
		return false;
	if (op.kind != LIN_READ && !value_parse(t, *w++, false, &op.value))
		return false;
	if (w[0] && !strcmp(w[0], "fail")) {
		op.outcome = LIN_FAILED;
		used = 1;
	} else if (op.outcome == LIN_DONE && !result_parse(t, w, &op, &used)) {
		return false;
	}
	if (w[used])
		return bad(t, "nothing is expected here: %.40s", w[used]);
	wrong = lin_add(t->h, &op);
	return !wrong || bad(t, "%s", wrong);
}

static bool model_parse(struct text *t, char **w)
{
	if (strcmp(w[0], "model") || !w[1] || w[2])
		return bad(t, "a history begins with its model");
	if (!strcmp(w[1], "register"))
		t->model = LIN_REGISTER;
	else if (!strcmp(w[1], "list"))
		t->model = LIN_LIST;
	else
		return bad(t, "no such model: %.40s", w[1]);
	t->h = lin_new(t->model);
	return true;
}

static bool line_parse(struct text *t, char *line, size_t len)
{
	/* One more, so that words may be looked at behind the last. */
	char *w[TEXT_WORDS + 3] = { NULL };
	char *rest = line, *word;
	int n = 0;

	if (strlen(line) != len)
		return bad(t, "a zero byte");
	if (line[len - 1] != '\n')
		return bad(t, "the line has no end, the file was cut");
	while ((word = strsep(&rest, " \t\n"))) {
		if (!*word)
			continue;
		if (*word == '#' && !n)
			return true;
		if (n == TEXT_WORDS)
			return bad(t, "too many words");
		w[n++] = word;
	}
	if (!n)
		return true;
	return t->h ? op_parse(t, w) : model_parse(t, w);
}

static bool text_read(struct text *t, FILE *in)
{
	char *line = NULL;
	size_t cap = 0;
	bool good = true;
	ssize_t len;

	while (good && (len = getline(&line, &cap, in)) > 0) {
		t->line++;
		good = line_parse(t, line, len);
	}
	free(line);
	free(t->elements);
	if (!good)
		return false;
	if (!feof(in))
		return bad(t, "cannot be read: %s", strerror(errno));
	return t->h || bad(t, "a history begins with its model");
}

static enum lin_verdict text_judge(const struct text *t, uint64_t limit)
{
	enum lin_verdict verdict = lin_judge(t->h, limit);
	struct lin_stats s;

	lin_stats(t->h, &s);
	/* Nothing was judged: whoever wrote the file made a mistake. */
	if (!s.ops) {
		bad(t, "no operation");
		return LIN_BAD;
	}
	if (verdict == LIN_GOOD)
		fprintf(t->out, "ok %s: %" PRIu64 " operations of %" PRIu64
			" clients, %" PRIu64 " at once, %" PRIu64 " unknown, %"
			PRIu64 " failed, %" PRIu64 " keys\n", t->name, s.ops,
			s.clients, s.overlap, s.unknown, s.failed, s.keys);
	else
		fprintf(t->out, verdict == LIN_BAD ? "%s:%s" : "%s: %s",
			t->name, lin_why(t->h));
	return verdict;
}

/**
 * lin_file() - judge a history in a file
 * @in: the file
 * @name: how to call it
 * @limit: as of lin_judge()
 * @out: gets "ok NAME: ...", "NAME: not linearizable: ..." and an explanation,
 *	"NAME: undecided ..." or "NAME:LINE: ..."
 *
 * Return: as of lin_judge(), LIN_BAD too if it is no history.
 */
enum lin_verdict lin_file(FILE *in, const char *name, uint64_t limit, FILE *out)
{
	struct text t = { .name = name, .out = out };
	enum lin_verdict verdict = LIN_BAD;

	if (text_read(&t, in))
		verdict = text_judge(&t, limit);
	lin_free(t.h);
	return verdict;
}
