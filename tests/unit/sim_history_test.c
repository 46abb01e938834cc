// SPDX-License-Identifier: GPL-2.0
/*
 * sim_history_test.c - what the simulator's clients saw: state machines, and what
 * the judge is told of calls, answers, copies and refusals.
 *
 * The nodes here never boot: what they apply and answer is made up.
 */
#include <stdlib.h>

#include "../../tools/lincheck/lincheck.h"
#include "../../tools/sim/sim.h"

static unsigned int tests, failures;

static void ok(bool good, const char *name)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++tests, name);
	failures += !good;
}

static struct sim *world(void)
{
	struct sim *s = sim_new(1);

	sim_node(s, 1);
	sim_node(s, 2);
	s->history = history_new(NULL);
	return s;
}

static struct sim_prop *prop_new(struct sim *s, u32 node)
{
	struct sim_prop *p = sim_alloc(sizeof(*p));

	p->node = node;
	*s->props_tail = p;
	s->props_tail = &p->next;
	return p;
}

static struct sim_prop *client(struct sim *s, u32 node, u64 client, u64 serial)
{
	struct sim_prop *p = prop_new(s, node);

	p->payload = sim_payload_new("c", 0, 1);
	p->client = client;
	p->client_serial = serial;
	history_propose(s, p);
	return p;
}

/* What a client does is drawn: until it is what the test needs. */
static struct sim_prop *want(struct sim *s, u32 node, enum lin_kind kind,
			     u64 object)
{
	struct sim_prop *p;

	for (;;) {
		p = client(s, node, 0, 0);
		if (p->payload->command.kind == kind &&
		    p->payload->command.object == object)
			return p;
		p->outcome = SCN_FAILED;
	}
}

static struct sim_prop *append(struct sim *s, u32 node)
{
	return want(s, node, LIN_APPEND, SIM_LIST);
}

static struct sim_prop *write_register(struct sim *s, u32 node)
{
	return want(s, node, LIN_WRITE, SIM_REGISTER);
}

static void apply(struct sim *s, u32 node, const struct sim_prop *p, u64 index)
{
	machine_apply(&sim_node(s, node)->machine, index, &p->payload->command);
}

static void told(struct sim *s, struct sim_prop *p, u64 index)
{
	p->outcome = SCN_COMMITTED;
	p->index = index;
	history_told(s, sim_node(s, p->node), p);
}

/* A read from call to return, answered as of an index. */
static void look(struct sim *s, u32 node, u64 index)
{
	struct sim_prop *p = prop_new(s, node);

	history_read(s, p);
	p->index = index;
	history_answered(s, sim_node(s, node), p);
}

/* The end of a test: is there an order, as there should be? */
static void judged(struct sim *s, bool good, const char *name)
{
	history_judge(s);
	ok(good == !s->failed[0] && good == !history_why(s)[0], name);
	sim_free(s);
}

static void machine_test(void)
{
	struct sim_command add = { LIN_APPEND, SIM_LIST, 7, 0 };
	struct sim_command set = { LIN_WRITE, SIM_CAS, 8, 0 };
	struct sim_command swap = { LIN_CAS, SIM_CAS, 9, 8 };
	struct sim_command none = { 0 };
	struct sim_machine m = { 0 };
	u64 elements[2];

	machine_apply(&m, 2, &add);
	machine_apply(&m, 3, &set);
	machine_apply(&m, 4, &none);
	machine_apply(&m, 5, &swap);
	machine_apply(&m, 6, &swap);
	add.value = 17;
	machine_apply(&m, 9, &add);
	ok(machine_at(&m, SIM_CAS, 2).value == LIN_NIL, "a register is nil at first");
	ok(machine_at(&m, SIM_CAS, 4).value == 8, "as of an index, not later");
	ok(machine_at(&m, SIM_CAS, 100).value == 9, "as far as it is applied");
	ok(machine_result(&m, 5)->done && !machine_result(&m, 6)->done,
	   "a cas is refused when another value is there");
	ok(!machine_result(&m, 4) && !machine_result(&m, 10),
	   "no result of what is not for the state machine");
	ok(machine_at(&m, SIM_LIST, 1).hash == LIN_EMPTY &&
	   machine_at(&m, SIM_LIST, 8).count == 1, "the list grows");
	machine_list(&m, 9, elements);
	ok(elements[0] == 7 && elements[1] == 17 &&
	   machine_at(&m, SIM_LIST, 9).hash ==
	   lin_list_hash(lin_list_hash(LIN_EMPTY, 7), 17), "and has elements");
	machine_reset(&m);
	ok(machine_at(&m, SIM_LIST, 9).count == 0, "a boot begins anew");
	machine_free(&m);
}

static void good_test(void)
{
	struct sim *s = world();
	struct sim_prop *w = write_register(s, 1), *a = append(s, 1);

	apply(s, 1, w, 2);
	told(s, w, 2);
	look(s, 1, 2);
	apply(s, 1, a, 3);
	apply(s, 2, w, 2);
	apply(s, 2, a, 3);
	told(s, a, 3);
	history_last(s);
	look(s, 2, 3);
	judged(s, true, "what is in order has an order");
}

static void stale_test(void)
{
	struct sim *s = world();
	struct sim_prop *w = write_register(s, 1);

	apply(s, 1, w, 2);
	told(s, w, 2);
	look(s, 2, 2);
	judged(s, false, "answered before it was applied");

	s = world();
	w = write_register(s, 1);
	apply(s, 1, w, 2);
	told(s, w, 2);
	look(s, 1, 1);
	judged(s, false, "answered with an index that is too small");

	s = world();
	w = write_register(s, 1);
	look(s, 2, 1);
	apply(s, 1, w, 2);
	told(s, w, 2);
	judged(s, true, "read, then written, at one instant");
}

static void twice_test(void)
{
	struct sim *s = world();
	struct sim_prop *a = append(s, 1);

	apply(s, 1, a, 2);
	told(s, a, 2);
	apply(s, 1, a, 5);
	look(s, 1, 5);
	judged(s, false, "applied twice");

	s = world();
	a = append(s, 1);
	apply(s, 1, a, 2);
	told(s, a, 2);
	history_last(s);
	look(s, 2, 2);
	judged(s, false, "acknowledged, and not there in the end");
}

static void copies_test(void)
{
	struct sim *s = world();
	struct sim_prop *p = client(s, 1, 5, 1), *copy = client(s, 2, 5, 1);
	struct sim_prop *next = client(s, 2, 5, 2);

	ok(p->op == copy->op && p->op != next->op &&
	   !memcmp(&p->payload->command, &copy->payload->command,
		   sizeof(p->payload->command)),
	   "a copy is the same operation");
	next->outcome = SCN_FAILED;
	p->outcome = SCN_FAILED;
	apply(s, 1, copy, 2);
	apply(s, 2, copy, 2);
	look(s, 1, 2);
	told(s, copy, 2);
	look(s, 2, 2);
	judged(s, true, "one copy is refused, another is applied");

	s = world();
	p = append(s, 1);
	p->outcome = SCN_UNKNOWN;
	apply(s, 2, p, 2);
	look(s, 2, 2);
	judged(s, true, "unknown, and there");

	s = world();
	p = append(s, 1);
	p->outcome = SCN_UNKNOWN;
	look(s, 2, 2);
	judged(s, true, "unknown, and not there");

	s = world();
	p = append(s, 1);
	p->outcome = SCN_FAILED;
	apply(s, 2, p, 2);
	look(s, 2, 2);
	judged(s, false, "refused, and there");
}

static void cas_test(void)
{
	struct sim *s = world();
	struct sim_prop *p = want(s, 1, LIN_CAS, SIM_CAS);
	struct sim_command other = {
		LIN_WRITE, SIM_CAS, p->payload->command.expect, 0
	};
	u64 last = 0;
	u32 i;

	machine_apply(&sim_node(s, 1)->machine, 2, &other);
	apply(s, 1, p, 3);
	told(s, p, 3);
	judged(s, false, "a cas finds what nobody has written");

	s = world();
	p = want(s, 1, LIN_CAS, SIM_CAS);
	told(s, p, 3);
	ok(s->failed[0], "the result of a cas is not known where it was told");
	sim_free(s);

	s = world();
	for (i = 0; i < 200; i++)
		last = max(last, client(s, 1, 0, 0)->payload->command.object);
	ok(last > SIM_CAS + 2, "registers with cas are left for new ones");
	sim_free(s);
}

static void promise_test(void)
{
	struct sim *s = world();

	s->history_alone = true;
	sim_unkept(s, "seen by clients, too");
	ok(!s->failed[0], "left to the history");
	s->history_alone = false;
	sim_unkept(s, "number %u", 7);
	ok(!strcmp(s->failed, "number 7"), "and not left to it alone");
	sim_free(s);
}

int main(void)
{
	machine_test();
	good_test();
	stale_test();
	twice_test();
	copies_test();
	cas_test();
	promise_test();
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
