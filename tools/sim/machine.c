// SPDX-License-Identifier: GPL-2.0
/*
 * machine.c - the state machine of a simulated node: a list that only grows, and
 * registers, made of nothing but the commands that the node applied.
 *
 * It believes its node: what the core says is applied is applied, twice if it
 * says so twice.  All that the objects ever were is kept, so that a reader sees
 * what its read index promised and not more: what the node learned a moment later
 * would hide a read index that promises too little.
 *
 * Nothing survives a crash: a boot applies the log anew.
 */
#include <stdlib.h>

#include "../lincheck/lincheck.h"
#include "sim.h"

/**
 * machine_reset() - the node boots: all objects are as at first
 * @m: state machine
 */
void machine_reset(struct sim_machine *m)
{
	m->n = 0;
}

/**
 * machine_free() - end of the world
 * @m: state machine
 */
void machine_free(struct sim_machine *m)
{
	free(m->v);
}

/* The first version that is younger than @index. */
static u32 after(const struct sim_machine *m, u64 index)
{
	u32 low = 0, high = m->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (m->v[mid].index <= index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * machine_at() - an object as of an index
 * @m: state machine
 * @object: which
 * @index: of the log; what the node has not applied is not there
 *
 * Return: its version.
 */
struct sim_version machine_at(const struct sim_machine *m, u64 object, u64 index)
{
	u32 i = after(m, index);

	while (i--)
		if (m->v[i].object == object)
			return m->v[i];
	return (struct sim_version) {
		.object = object,
		.value = LIN_NIL,
		.hash = LIN_EMPTY,
	};
}

/**
 * machine_result() - what a command came to
 * @m: state machine
 * @index: of the command
 *
 * Return: the version that it left, NULL if the node did not apply it.
 */
const struct sim_version *machine_result(const struct sim_machine *m, u64 index)
{
	u32 i = after(m, index);

	return i && m->v[i - 1].index == index ? &m->v[i - 1] : NULL;
}

/**
 * machine_list() - the elements of the list as of an index
 * @m: state machine
 * @index: of the log
 * @elements: of them, as many as machine_at() says there are (out)
 */
void machine_list(const struct sim_machine *m, u64 index, u64 *elements)
{
	u32 i, n = 0;

	for (i = 0; i < after(m, index); i++)
		if (m->v[i].object == SIM_LIST)
			elements[n++] = m->v[i].value;
}

/**
 * machine_apply() - the node applied a command
 * @m: state machine
 * @index: of the command, larger than all before
 * @c: the command, nothing happens if it is not for the state machine
 */
void machine_apply(struct sim_machine *m, u64 index, const struct sim_command *c)
{
	struct sim_version v;

	if (!c->kind)
		return;
	v = machine_at(m, c->object, index);
	v.index = index;
	v.done = c->kind != LIN_CAS || v.value == c->expect;
	if (v.done)
		v.value = c->value;
	if (c->kind == LIN_APPEND) {
		v.count++;
		v.hash = lin_list_hash(v.hash, c->value);
	}
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 32;
		m->v = sim_grow(m->v, m->cap * sizeof(*m->v));
	}
	m->v[m->n++] = v;
}
