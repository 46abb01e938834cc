// SPDX-License-Identifier: GPL-2.0
/*
 * history.c - what the clients of a simulation saw, judged by tools/lincheck.
 *
 * Whoever proposes is a client with something to write, append or compare and
 * swap; whoever reads looks at all objects (machine.c) as soon as the answer
 * is there.  What they were told is a history, and in the end there must be an
 * order that explains it.  This needs no knowledge of the protocol at all: it is
 * the promise itself.
 *
 * Owns the operations.  Never looks at a log, a role or a commit index, and never
 * says what is right: that is for lincheck alone.  The dice are of its own, so
 * that a seed does the same with and without clients.
 *
 * A client that repeats its command, with its session, has made one operation:
 * from its first call until the first answer to any of the copies.  No value is
 * written twice.  Where cas is used the search may be long, so such a register is
 * left for a new one after a few operations.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "../lincheck/lincheck.h"
#include "sim.h"

#define PER_REGISTER	12	/* commands for a register with cas */
#define LIMIT		1000000	/* steps of the search; a seed needs a thousand */

static const enum lin_model models[] = { LIN_REGISTER, LIN_LIST };
static const char *const names[] = { "register", "list" };
static const char *const kinds[] = {
	[LIN_WRITE] = "write",
	[LIN_CAS] = "compare and swap",
	[LIN_APPEND] = "append",
};

/* A command, and all copies of it. */
struct sim_op {
	struct sim_op *next;	/* older */
	struct lin_op lin;
	u64 client;		/* its session, 0 if none */
	u64 serial;
	u32 copies;
	u32 failed;		/* of these, certainly never applied; set at the end */
	bool told;
};

struct history {
	struct lin_history *lin[ARRAY_SIZE(models)];
	FILE *out[ARRAY_SIZE(models)];
	u32 lines[ARRAY_SIZE(models)];
	struct sim_op *ops;
	u64 n_ops;
	u64 n_cas;		/* commands for registers with cas */
	u64 time;
	bool last;		/* what is read now is read for the last time */
	char *why;
};

static FILE *out_open(const char *path, u32 m)
{
	char name[4096];
	FILE *out;

	snprintf(name, sizeof(name), "%s.%s", path, names[m]);
	out = fopen(name, "w");
	if (!out) {
		perror(name);
		exit(2);
	}
	fprintf(out, "model %s\n", names[m]);
	return out;
}

/**
 * history_new() - nobody has done anything yet
 * @path: also written to the files @path.register and @path.list, or NULL
 *
 * Return: the history.
 */
struct history *history_new(const char *path)
{
	struct history *h = sim_alloc(sizeof(*h));
	u32 m;

	for (m = 0; m < ARRAY_SIZE(models); m++) {
		h->lin[m] = lin_new(models[m]);
		h->lines[m] = 1;
		if (path)
			h->out[m] = out_open(path, m);
	}
	return h;
}

/**
 * history_free() - forget everything
 * @h: history, or NULL
 */
void history_free(struct history *h)
{
	struct sim_op *op;
	u32 m;

	if (!h)
		return;
	for (m = 0; m < ARRAY_SIZE(models); m++) {
		lin_free(h->lin[m]);
		if (h->out[m] && fclose(h->out[m])) {
			perror("history");
			exit(2);
		}
	}
	while ((op = h->ops)) {
		h->ops = op->next;
		free(op);
	}
	free(h->why);
	free(h);
}

/*
 * The time of the trace.  What happens at one instant happens one after the other
 * all the same, and the checker shall know: no two calls or returns are at once.
 */
static u64 now(struct sim *s)
{
	struct history *h = s->history;

	h->time = max(s->now - SIM_EPOCH, h->time + 1);
	return h->time;
}

static void tell(struct sim *s, u32 m, struct lin_op *op)
{
	struct history *h = s->history;
	const char *wrong;

	op->line = ++h->lines[m];
	s->count.ops++;
	if (h->out[m])
		lin_op_print(models[m], op, h->out[m]);
	wrong = lin_add(h->lin[m], op);
	if (wrong)
		sim_fail(s, "history: %s", wrong);
}

/* A client's own number is not expected back: guesses may be right or not. */
static void draw_cas(struct history *h, u64 dice, struct sim_command *c)
{
	const struct sim_op *op = h->ops;
	u64 skip = dice >> 8 & 1;

	c->object = SIM_CAS + h->n_cas++ / PER_REGISTER;
	c->kind = dice >> 16 & 3 ? LIN_CAS : LIN_WRITE;
	c->expect = LIN_NIL;
	for (; op; op = op->next) {
		if (op->lin.key != c->object)
			continue;
		c->expect = op->lin.value;
		if (!skip--)
			break;
	}
}

static void draw(struct sim *s, struct sim_command *c)
{
	struct history *h = s->history;
	u64 dice = sim_hash(s->seed, ++h->n_ops);

	c->value = h->n_ops;
	switch (dice % 3) {
	case 0:
		c->kind = LIN_WRITE;
		c->object = SIM_REGISTER;
		break;
	case 1:
		c->kind = LIN_APPEND;
		c->object = SIM_LIST;
		break;
	case 2:
		draw_cas(h, dice, c);
		break;
	}
}

static struct sim_op *op_new(struct sim *s, const struct sim_prop *p)
{
	struct history *h = s->history;
	struct sim_op *op = sim_alloc(sizeof(*op));
	struct sim_command c = { 0 };

	draw(s, &c);
	op->lin = (struct lin_op) {
		.kind = c.kind,
		.client = p->node,
		.key = c.object,
		.call = now(s),
		.value = c.value,
		.expect = c.expect,
	};
	op->client = p->client;
	op->serial = p->client_serial;
	op->next = h->ops;
	h->ops = op;
	return op;
}

static struct sim_op *op_find(struct sim *s, const struct sim_prop *p)
{
	struct sim_op *op;

	if (!p->client)
		return NULL;
	for (op = s->history->ops; op; op = op->next)
		if (op->client == p->client && op->serial == p->client_serial)
			return op;
	return NULL;
}

/**
 * history_propose() - a client proposes something
 * @s: simulation; nothing happens if it has no history
 * @p: the proposal, made but not handed to its node yet; its payload gets what
 *	the state machines are to do
 */
void history_propose(struct sim *s, struct sim_prop *p)
{
	struct sim_op *op;

	if (!s->history)
		return;
	op = op_find(s, p);
	if (!op)
		op = op_new(s, p);
	op->copies++;
	p->op = op;
	p->payload->command = (struct sim_command) {
		.kind = op->lin.kind,
		.object = op->lin.key,
		.value = op->lin.value,
		.expect = op->lin.expect,
	};
	sim_trace(s, "node %u: client: object %llu: %s %llu", p->node,
		  (unsigned long long)op->lin.key, kinds[op->lin.kind],
		  (unsigned long long)op->lin.value);
}

/**
 * history_told() - a client is told that its proposal is applied
 * @s: simulation
 * @n: the node that tells
 * @p: the proposal, with the index where it was applied
 */
void history_told(struct sim *s, const struct sim_node *n,
		  const struct sim_prop *p)
{
	const struct sim_version *v;
	struct sim_op *op = p->op;

	if (!op || op->told)
		return;
	v = machine_result(&n->machine, p->index);
	/* A witness knows that it was applied, not what it came to. */
	if (op->lin.kind == LIN_CAS &&
	    (n->stateless || (n->log.bare && n->log.bare <= p->index)))
		return;
	if (!v && op->lin.kind == LIN_CAS) {
		sim_fail(s, "node %u has no result of the command at %llu",
			 n->id, (unsigned long long)p->index);
		return;
	}
	op->told = true;
	op->lin.outcome = !v || v->done ? LIN_DONE : LIN_NO;
	op->lin.ret = now(s);
	if (op->lin.kind == LIN_APPEND)
		op->lin.index = p->index;
}

/**
 * history_read() - a client reads, from now on
 * @s: simulation
 * @p: the read
 */
void history_read(struct sim *s, struct sim_prop *p)
{
	if (s->history)
		p->call = now(s);
}

static void look(struct sim *s, const struct sim_node *n,
		 const struct sim_prop *p, u64 object)
{
	struct sim_version v = machine_at(&n->machine, object, p->index);
	struct lin_op op = {
		.kind = LIN_READ,
		.outcome = LIN_DONE,
		.client = n->id,
		.key = object,
		.call = p->call,
		.ret = s->history->time,
		.value = v.value,
		.count = v.count,
		.hash = v.hash,
	};
	u64 *elements = NULL;

	if (s->history->last && object == SIM_LIST) {
		elements = sim_alloc((v.count + 1) * sizeof(*elements));
		machine_list(&n->machine, p->index, elements);
		op.elements = elements;
	}
	sim_trace(s, "node %u: client: object %llu: read %lld, %llu elements",
		  n->id, (unsigned long long)object, (long long)v.value,
		  (unsigned long long)v.count);
	tell(s, object == SIM_LIST, &op);
	free(elements);
}

/**
 * history_answered() - a client may read, and does
 * @s: simulation
 * @n: the node that answers
 * @p: the read, with the index as of which to read
 *
 * What a node has not applied nobody can read there: whoever is told too early
 * reads too little.
 */
void history_answered(struct sim *s, const struct sim_node *n,
		      const struct sim_prop *p)
{
	struct history *h = s->history;
	u64 object = SIM_CAS, newest = SIM_CAS;

	/* Nobody is there who could look. */
	if (!h || n->stateless)
		return;
	now(s);
	if (h->n_cas)
		newest += (h->n_cas - 1) / PER_REGISTER;
	if (!h->last)
		object = newest;
	look(s, n, p, SIM_LIST);
	look(s, n, p, SIM_REGISTER);
	for (; object <= newest; object++)
		look(s, n, p, object);
}

/**
 * history_last() - all is well again, from now on clients read all there is
 * @s: simulation
 *
 * All objects that ever were, and the list with its elements.
 */
void history_last(struct sim *s)
{
	if (s->history)
		s->history->last = true;
}

/* What nobody answered may have happened, unless no copy ever can. */
static void ops_tell(struct sim *s)
{
	const struct sim_prop *p;
	struct sim_op *op;

	for (p = s->props; p; p = p->next)
		if (p->op && p->outcome == SCN_FAILED)
			p->op->failed++;
	for (op = s->history->ops; op; op = op->next) {
		if (!op->told)
			op->lin.outcome = op->failed == op->copies ?
					  LIN_FAILED : LIN_UNKNOWN;
		tell(s, op->lin.key == SIM_LIST, &op->lin);
	}
}

/**
 * history_judge() - is there an order that explains what all clients were told?
 * @s: simulation, at its end; failed if there is none, see history_why()
 *
 * Nothing happens if it has no history.  If nobody could look at the end what is
 * there, too many orders may be possible to try them all.
 */
void history_judge(struct sim *s)
{
	struct history *h = s->history;
	enum lin_verdict verdict;
	const char *why;
	u32 m;

	if (!h)
		return;
	ops_tell(s);
	for (m = 0; m < ARRAY_SIZE(models) && !s->failed[0]; m++) {
		verdict = lin_judge(h->lin[m], LIMIT);
		if (verdict == LIN_GOOD ||
		    (verdict == LIN_UNDECIDED && s->waits))
			continue;
		why = lin_why(h->lin[m]);
		h->why = strdup(why);
		sim_fail(s, "history, %s: %.*s", names[m],
			 (int)strcspn(why, "\n"), why);
	}
}

/**
 * history_why() - why there is no order
 * @s: simulation
 *
 * Return: lines of text, empty if there was no verdict or a good one.
 */
const char *history_why(const struct sim *s)
{
	return s->history && s->history->why ? s->history->why : "";
}
