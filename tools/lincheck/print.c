// SPDX-License-Identifier: GPL-2.0
/*
 * print.c - operations as lines of a history; text.c tells the format and reads it.
 */
#include <inttypes.h>

#include "lincheck.h"

static void elements_print(const struct lin_op *op, FILE *out)
{
	uint64_t i;

	if (!op->count)
		fputs(" -", out);
	for (i = 0; i < op->count; i++)
		fprintf(out, "%c%" PRIu64, i ? ',' : ' ', op->elements[i]);
}

static void result_print(enum lin_model model, const struct lin_op *op,
			 FILE *out)
{
	if (op->outcome == LIN_NO)
		fputs(" no", out);
	else if (op->kind == LIN_APPEND && op->index)
		fprintf(out, " %" PRIu64, op->index);
	else if (op->kind != LIN_READ)
		fputs(" ok", out);
	else if (model == LIN_LIST && op->elements)
		elements_print(op, out);
	else if (model == LIN_LIST)
		fprintf(out, " %" PRIu64 " 0x%" PRIx64, op->count, op->hash);
	else if (op->value == LIN_NIL)
		fputs(" nil", out);
	else
		fprintf(out, " %" PRIu64, op->value);
}

/**
 * lin_op_print() - an operation as a line of a history
 * @model: of the history
 * @op: the operation
 * @out: where to
 */
void lin_op_print(enum lin_model model, const struct lin_op *op, FILE *out)
{
	bool returned = op->outcome == LIN_DONE || op->outcome == LIN_NO;

	fprintf(out, "%" PRIu32 " %" PRIu64 " ", op->client, op->call);
	if (returned)
		fprintf(out, "%" PRIu64 " ", op->ret);
	else
		fputs("- ", out);
	if (op->key)
		fprintf(out, "%" PRIu64 "/", op->key);
	if (op->kind == LIN_WRITE)
		fprintf(out, "write %" PRIu64, op->value);
	else if (op->kind == LIN_APPEND)
		fprintf(out, "append %" PRIu64, op->value);
	else if (op->kind == LIN_READ)
		fputs("read", out);
	else if (op->expect == LIN_NIL)
		fprintf(out, "cas nil %" PRIu64, op->value);
	else
		fprintf(out, "cas %" PRIu64 " %" PRIu64, op->expect, op->value);
	if (returned)
		result_print(model, op, out);
	else if (op->outcome == LIN_FAILED)
		fputs(" fail", out);
	fputc('\n', out);
}
