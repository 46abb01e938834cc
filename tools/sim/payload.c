// SPDX-License-Identifier: GPL-2.0
/*
 * payload.c - the handles that the core passes around, in the simulator.
 *
 * Owns the reference counts; a leak or a double put is found by ASan.  The text
 * is what a state machine would get; the size may be larger than the text.
 */
#include <stdlib.h>

#include "sim.h"

/**
 * sim_hash() - mix two numbers
 * @a: one
 * @b: other
 *
 * Return: a number that differs, for all purposes here, for different pairs.
 */
u64 sim_hash(u64 a, u64 b)
{
	u64 z = a * 0x9e3779b97f4a7c15ULL + b + 0x632be59bd9b4e019ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/**
 * sim_payload_new() - a command
 * @text: what it says
 * @size: bytes, at least the text's
 * @id: names its content
 *
 * Return: a payload with one reference, the caller's.
 */
struct sim_payload *sim_payload_new(const char *text, u64 size, u64 id)
{
	size_t len = strlen(text);
	struct sim_payload *p = sim_alloc(sizeof(*p) + len + 1);

	p->refs = 1;
	p->len = (u32)max_t(u64, len, size);
	p->id = id;
	memcpy(p->text, text, len + 1);
	return p;
}

/**
 * sim_payload_config() - room for a configuration or a change of it
 *
 * Return: a payload with one reference, the caller's.
 */
struct sim_payload *sim_payload_config(void)
{
	struct sim_payload *p = sim_alloc(sizeof(*p) + RAFT_CONFIG_BYTES);

	p->refs = 1;
	p->len = RAFT_CONFIG_BYTES;
	return p;
}

/**
 * sim_payload_id() - what names the content
 * @p: payload; if it has no name yet, the core has written it by now
 *
 * Return: the number, the same for equal contents.
 */
u64 sim_payload_id(struct sim_payload *p)
{
	u64 word, id = 0;
	u32 i;

	if (p->id)
		return p->id;
	for (i = 0; i < RAFT_CONFIG_BYTES; i += sizeof(word)) {
		memcpy(&word, p->text + i, sizeof(word));
		id = sim_hash(id, word);
	}
	p->id = id;
	return id;
}

/**
 * raft_payload_bytes() - where the core writes a configuration
 * @payload: handle
 *
 * Return: the bytes.
 */
void *raft_payload_bytes(void *payload)
{
	struct sim_payload *p = payload;

	return p->text;
}

/**
 * raft_payload_get() - the core takes a reference
 * @payload: handle
 */
void raft_payload_get(void *payload)
{
	struct sim_payload *p = payload;

	p->refs++;
}

/**
 * raft_payload_put() - the core gives a reference back
 * @payload: handle
 */
void raft_payload_put(void *payload)
{
	struct sim_payload *p = payload;

	if (!--p->refs)
		free(p);
}
