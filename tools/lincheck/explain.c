// SPDX-License-Identifier: GPL-2.0
/*
 * explain.c - says why there is no order.
 *
 * Shows the dead end that went furthest: what was done last, the state, and of
 * each operation that may be next why it cannot be.  Owns nothing; the search
 * stands in that dead end.
 */
#include <inttypes.h>

#include "internal.h"

#define EXPLAIN_BEFORE	6	/* operations shown that fit */
#define EXPLAIN_NEXT	40	/* and that do not */

static void line_print(const struct lin_search *s, const struct lin_op *op,
		       FILE *out)
{
	struct lin_op brief = *op;

	brief.elements = NULL;
	fprintf(out, "    line %" PRIu32 ": ", op->line);
	lin_op_print(s->k->model, &brief, out);
}

static void order_explain(const struct lin_search *s, FILE *out)
{
	uint32_t i = 0;

	if (s->depth > EXPLAIN_BEFORE)
		i = s->depth - EXPLAIN_BEFORE;
	if (s->depth)
		fputs("  the last that fit, in this order:\n", out);
	for (; i < s->depth; i++)
		line_print(s, s->k->nodes[s->order[i].node].op, out);
}

/* Who is left to see the state as it is. */
static void left_explain(const struct lin_search *s, FILE *out)
{
	const struct lin_key *k = s->k;
	uint32_t i, at = k->state.at;

	if (!k->left[at])
		return;
	for (i = 0; i < k->n; i++)
		if (!k->nodes[i].done && k->nodes[i].sees == at)
			break;
	fputs("  this has yet to be seen by\n", out);
	line_print(s, k->nodes[i].op, out);
}

/* The element that must come next, and where it is. */
static void element_explain(const struct lin_search *s, FILE *out)
{
	const struct lin_key *k = s->k;
	const struct lin_node *node;
	uint32_t i, at = k->state.at;

	if (at >= k->list_n)
		return;
	fprintf(out, "  the next element is %" PRIu64 ", says\n", k->list[at]);
	line_print(s, k->list_op, out);
	for (i = 0; i < k->n; i++) {
		node = &k->nodes[i];
		if (node->op->kind == LIN_APPEND &&
		    node->op->value == k->list[at])
			break;
	}
	if (i == k->n) {
		fputs("  nobody appends it\n", out);
		return;
	}
	fprintf(out, "  it is appended %s\n", node->done ? "before, by" : "by");
	line_print(s, node->op, out);
}

static void state_explain(const struct lin_search *s, FILE *out)
{
	const struct lin_key *k = s->k;
	uint32_t at = k->state.at;

	if (k->model == LIN_LIST)
		fprintf(out, "  the list has %" PRIu32 " elements, hash 0x%" PRIx64 "\n",
			at, k->state.hash);
	else if (k->values[at] == LIN_NIL)
		fputs("  the register is nil\n", out);
	else
		fprintf(out, "  the register is %" PRIu64 "\n", k->values[at]);
	left_explain(s, out);
	if (k->model == LIN_LIST)
		element_explain(s, out);
}

static const char *next_refuse(const struct lin_search *s,
			       const struct lin_node *node)
{
	const char *refuse = lin_key_refuse(s->k, node);

	if (refuse && node->sees != LIN_NONE && s->k->model == LIN_REGISTER &&
	    node->sees != s->k->state.at && !s->k->sources[node->sees])
		return "nobody is left to write what it saw";
	return refuse ? refuse : "tried, and nothing could follow";
}

/*
 * Unknown ones gather over time, mostly because nobody is left to read them:
 * they are shown only if they fit.
 */
static void next_explain(const struct lin_search *s, FILE *out)
{
	uint32_t e = s->entries[0].next, shown = 0, hidden = 0;
	const struct lin_node *node;

	fputs("  none of these can be next:\n", out);
	for (; s->entries[e].call; e = s->entries[e].next) {
		node = &s->k->nodes[s->entries[e].node];
		if ((!node->known && lin_key_refuse(s->k, node)) ||
		    shown == EXPLAIN_NEXT) {
			hidden++;
			continue;
		}
		line_print(s, node->op, out);
		fprintf(out, "        %s\n", next_refuse(s, node));
		shown++;
	}
	if (hidden)
		fprintf(out, "    nor %" PRIu32 " more\n", hidden);
	fprintf(out, "  one must be, as line %" PRIu32 " returned before all others were called\n",
		s->k->nodes[s->entries[e].node].op->line);
}

/**
 * lin_explain() - why there is no order
 * @s: the search, stopped in its furthest dead end
 * @out: gets lines of text
 */
void lin_explain(const struct lin_search *s, FILE *out)
{
	fputs("not linearizable: ", out);
	if (s->k->nodes[0].op->key)
		fprintf(out, "key %" PRIu64 ", ", s->k->nodes[0].op->key);
	fprintf(out, "nothing can follow after %" PRIu32 " of %" PRIu32 " operations\n",
		s->depth, s->k->n);
	order_explain(s, out);
	state_explain(s, out);
	next_explain(s, out);
}
