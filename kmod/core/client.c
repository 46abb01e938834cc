// SPDX-License-Identifier: GPL-2.0
/*
 * client.c - client sessions: a command that is repeated is applied once (thesis
 * 6.3); replicated state.
 *
 * The kernel's own retries are session.c's.  This is for clients that repeat a
 * command themselves, on whatever node, after a time-out, or a crash of that
 * node.  A client opens a session; its id is the index of the entry that opened
 * it, so no id comes twice.  It numbers its commands, one at a time: the number
 * that was applied last is a copy and gets the same answer, a lower one is too
 * old, a higher one is new.
 *
 * Bounded: with RAFT_MAX_CLIENTS open, the next one closes the session that was
 * not used for the longest part of the log.  Its client gets an error for
 * whatever it sends from then on, and never a second application.
 */
#include "raft_env.h"
#include "internal.h"

static struct raft_client *client_find(struct raft_tables *t, u64 id)
{
	u32 low = 0, high = t->n_clients, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (t->clients[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == t->n_clients || t->clients[low].id != id)
		return NULL;
	return &t->clients[low];
}

static void close_oldest(struct raft_tables *t)
{
	u32 i, oldest = 0;

	for (i = 1; i < t->n_clients; i++)
		if (t->clients[i].used < t->clients[oldest].used)
			oldest = i;
	t->n_clients--;
	memmove(&t->clients[oldest], &t->clients[oldest + 1],
		(t->n_clients - oldest) * sizeof(t->clients[0]));
}

/**
 * raft_client_open() - a RAFT_ENTRY_OPEN is applied
 * @t: the tables
 * @index: its index, the id of the session
 *
 * Context: owner thread, in the order of the log.
 */
void raft_client_open(struct raft_tables *t, u64 index)
{
	if (t->n_clients == RAFT_MAX_CLIENTS)
		close_oldest(t);
	/* Indexes grow, so the table stays sorted. */
	t->clients[t->n_clients++] = (struct raft_client) {
		.id = index,
		.used = index,
	};
}

/**
 * raft_client_apply() - decide a committed command of a client
 * @t: the tables before it
 * @e: the entry, with a client
 * @index: its index
 * @out: if it is not to be applied: why
 *
 * Context: owner thread, in the order of the log.
 * Return: true if it is to be applied; false if it is a copy or of a session
 * that is closed.
 */
bool raft_client_apply(struct raft_tables *t, const struct raft_entry *e,
		       u64 index, struct raft_repeated *out)
{
	struct raft_client *c = client_find(t, e->client);

	if (RAFT_MUTANT("client-twice"))
		return true;
	*out = (struct raft_repeated) { .index = index };
	if (!c || e->client_serial < c->serial)
		return false;
	c->used = index;
	if (e->client_serial == c->serial) {
		out->first = c->index;
		out->term = c->term;
		return false;
	}
	c->serial = e->client_serial;
	c->index = index;
	c->term = e->term;
	return true;
}
