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

static struct raft_client *client_find(struct raft *r, u64 id)
{
	u32 low = 0, high = r->n_clients, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (r->clients[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == r->n_clients || r->clients[low].id != id)
		return NULL;
	return &r->clients[low];
}

static void close_oldest(struct raft *r)
{
	u32 i, oldest = 0;

	for (i = 1; i < r->n_clients; i++)
		if (r->clients[i].used < r->clients[oldest].used)
			oldest = i;
	r->n_clients--;
	memmove(&r->clients[oldest], &r->clients[oldest + 1],
		(r->n_clients - oldest) * sizeof(r->clients[0]));
}

/**
 * raft_client_open() - a RAFT_ENTRY_OPEN is applied
 * @r: the core
 * @index: its index, the id of the session
 *
 * Context: owner thread, in the order of the log.
 */
void raft_client_open(struct raft *r, u64 index)
{
	if (r->n_clients == RAFT_MAX_CLIENTS)
		close_oldest(r);
	/* Indexes grow, so the table stays sorted. */
	r->clients[r->n_clients++] = (struct raft_client) {
		.id = index,
		.used = index,
	};
}

static void tell(struct raft *r, u64 index, const struct raft_client *c)
{
	struct raft_repeated *out = &r->up->repeated[r->up->n_repeated++];

	out->index = index;
	out->first = c ? c->index : 0;
	out->term = c ? c->term : 0;
}

/**
 * raft_client_apply() - decide a committed command of a client
 * @r: the core; the update has room for one more that is repeated
 * @e: the entry, with a client
 * @index: its index
 *
 * Context: owner thread, in the order of the log.
 * Return: true if it is to be applied; false if it is a copy or of a session
 * that is closed, which is told in the update.
 */
bool raft_client_apply(struct raft *r, const struct raft_entry *e, u64 index)
{
	struct raft_client *c = client_find(r, e->client);

	if (RAFT_MUTANT("client-twice"))
		return true;
	if (!c || e->client_serial < c->serial) {
		tell(r, index, NULL);
		return false;
	}
	c->used = index;
	if (e->client_serial == c->serial) {
		tell(r, index, c);
		return false;
	}
	c->serial = e->client_serial;
	c->index = index;
	c->term = e->term;
	return true;
}
