// SPDX-License-Identifier: GPL-2.0
/*
 * remote.c - other nodes, as the owner knows them: where they are, what came.
 *
 * Owns a table of bounded size: what comes from outside can push strangers out
 * of it, never a member, and makes us allocate memory for RAFT_STRANGERS at
 * most.  Allocates nothing itself: memory for messages of several parts comes from
 * a pool (parts.h), and goes back when none was seen for a while.
 */
#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "../uapi/linux/raft.h"
#include "addr.h"
#include "payload.h"
#include "remote.h"
#include "transport.h"

/**
 * raft_remote_find - another node as the owner knows it
 * @rs: the table
 * @id: node id
 *
 * Context: the owner thread.
 * Return: the node, NULL if it is not known.
 */
struct raft_remote *raft_remote_find(struct raft_remotes *rs, u32 id)
{
	u32 i;

	for (i = 0; id && i < RAFT_MAX_PEERS; i++)
		if (rs->slot[i].id == id)
			return &rs->slot[i];
	return NULL;
}

/* The commands of long messages, to the node and of it. */
static struct raft_parts *release(struct raft_remote *remote)
{
	struct raft_parts *parts = remote->parts;
	void *payload;

	if (!parts)
		return NULL;
	while ((payload = raft_frag_pop(&parts->peer)))
		raft_payload_put(payload);
	raft_payload_put(raft_frag_take(&parts->peer));
	remote->parts = NULL;
	return parts;
}

/* A slot begins anew for another node; its memory stays. */
static void reset(struct raft_remote *remote, u32 id)
{
	struct raft_parts *parts = release(remote);

	memset(remote, 0, sizeof(*remote));
	remote->id = id;
	remote->parts = parts;
	if (parts)
		raft_frag_init(&parts->peer, &parts->mem);
}

static struct raft_remote *free_slot(struct raft_remotes *rs)
{
	u32 i;

	for (i = 0; i < RAFT_MAX_PEERS; i++)
		if (!rs->slot[i].id)
			return &rs->slot[i];
	return NULL;
}

/* The stranger that was heard least recently; how many there are. */
static struct raft_remote *oldest_stranger(struct raft_remotes *rs, u32 *n)
{
	struct raft_remote *oldest = NULL;
	u32 i;

	*n = 0;
	for (i = 0; i < RAFT_MAX_PEERS; i++) {
		struct raft_remote *remote = &rs->slot[i];

		if (!remote->id || remote->member)
			continue;
		++*n;
		if (!oldest || remote->seen < oldest->seen)
			oldest = remote;
	}
	return oldest;
}

/**
 * raft_remote_stranger - make a place for a node that is not known
 * @rs: the table
 * @id: its node id, not 0, not in the table
 * @now: ktime ns
 *
 * Pushes out the stranger that was heard least recently if there are
 * RAFT_STRANGERS already.
 *
 * Context: the owner thread.
 * Return: the node, without an address.
 */
struct raft_remote *raft_remote_stranger(struct raft_remotes *rs, u32 id,
					 u64 now)
{
	struct raft_remote *remote, *oldest;
	u32 n;

	oldest = oldest_stranger(rs, &n);
	remote = n < RAFT_STRANGERS ? free_slot(rs) : NULL;
	if (!remote)
		remote = oldest;
	reset(remote, id);
	remote->seen = now;
	return remote;
}

/* The bit of the family; none if it is nowhere, and what is sent there is lost. */
static u32 set_address(struct raft_remote *remote, const struct raft_member *m)
{
	struct raft_ioc_member where = { .id = m->id };

	remote->addr_len = 0;
	if (raft_addr_decode(&where, m->addr))
		return 0;
	remote->addr_len = raft_addr_sockaddr(&remote->addr, &where);
	return BIT(raft_family(where.family));
}

/**
 * raft_remote_configure - another configuration is in force
 * @rs: the table; @rs->self is set
 * @c: the configuration
 *
 * Whoever is not in it any more becomes a stranger and keeps his address, for
 * the core still tells him that he was removed.
 *
 * Context: the owner thread, or before it knows the group.
 */
void raft_remote_configure(struct raft_remotes *rs,
			   const struct raft_membership *c)
{
	struct raft_remote *remote;
	u32 i, n, families = 0;

	for (i = 0; i < RAFT_MAX_PEERS; i++)
		rs->slot[i].member = false;
	for (i = 0; i < c->n; i++) {
		remote = raft_remote_find(rs, c->m[i].id);
		if (remote)
			remote->member = true;
	}
	for (i = 0; i < c->n; i++) {
		if (c->m[i].id == rs->self)
			continue;
		remote = raft_remote_find(rs, c->m[i].id);
		if (!remote) {
			remote = free_slot(rs) ?: oldest_stranger(rs, &n);
			reset(remote, c->m[i].id);
			remote->member = true;
		}
		families |= set_address(remote, &c->m[i]);
	}
	/* Pairs with READ_ONCE() in raft_group_open_sockets(). */
	WRITE_ONCE(rs->families, families);
}

/**
 * raft_remote_parts - is there memory for messages of several parts?
 * @rs: the table
 * @remote: the node, in @rs
 *
 * Context: the owner thread.
 * Return: true if so; else there may be some soon.
 */
bool raft_remote_parts(struct raft_remotes *rs, struct raft_remote *remote)
{
	if (!remote->parts) {
		remote->parts = raft_parts_get(rs->pool);
		rs->rest_at = min(rs->rest_at, ktime_get_ns() + RAFT_FRAG_LIFE);
	}
	return remote->parts;
}

/**
 * raft_remote_rest - give memory back that nobody needs any more
 * @rs: the table
 * @now: ktime ns
 *
 * Context: the owner thread.
 */
void raft_remote_rest(struct raft_remotes *rs, u64 now)
{
	struct raft_remote *remote;
	bool busy = false;
	u32 i;

	if (now < rs->rest_at)
		return;
	for (i = 0; i < RAFT_MAX_PEERS; i++) {
		remote = &rs->slot[i];
		if (!remote->parts)
			continue;
		if (raft_frag_rests(&remote->parts->peer, now) ||
		    RAFT_MUTANT("shell-parts-early"))
			raft_parts_put(rs->pool, release(remote));
		else
			busy = true;
	}
	rs->rest_at = busy ? now + RAFT_FRAG_LIFE : U64_MAX;
}

/**
 * raft_remote_free - free what the table holds
 * @rs: the table, which nobody uses any more
 *
 * Context: may sleep.
 */
void raft_remote_free(struct raft_remotes *rs)
{
	u32 i;

	for (i = 0; i < RAFT_MAX_PEERS; i++)
		raft_parts_free(release(&rs->slot[i]));
}
