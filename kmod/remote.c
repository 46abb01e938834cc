// SPDX-License-Identifier: GPL-2.0
/*
 * remote.c - other nodes, as the owner knows them: where they are, what came.
 *
 * Owns a table of bounded size: what comes from outside can push strangers out
 * of it, never a member, and makes us allocate memory for RAFT_STRANGERS at
 * most.  Allocates nothing itself while the owner runs: memory for messages of
 * several parts comes from a worker (raft_remote_refill()).
 */
#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/mm.h>
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
static void release(struct raft_remote *remote)
{
	void *payload;

	while ((payload = raft_frag_pop(&remote->frag)))
		raft_payload_put(payload);
	raft_payload_put(raft_frag_take(&remote->frag));
}

/* A slot begins anew for another node; its memory stays. */
static void reset(struct raft_remote *remote, u32 id)
{
	struct raft_frag_mem *mem = remote->frag_mem;

	release(remote);
	memset(remote, 0, sizeof(*remote));
	remote->id = id;
	remote->frag_mem = mem;
	if (mem)
		raft_frag_init(&remote->frag, mem);
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
 * Return: true if so; else @rs->want is set, and the caller has a worker call
 *	raft_remote_refill().
 */
bool raft_remote_parts(struct raft_remotes *rs, struct raft_remote *remote)
{
	if (remote->frag_mem)
		return true;
	remote->frag_mem = xchg(&rs->spare, NULL);
	if (remote->frag_mem) {
		raft_frag_init(&remote->frag, remote->frag_mem);
		return true;
	}
	/* Pairs with READ_ONCE() in raft_remote_refill(). */
	WRITE_ONCE(rs->want, true);
	return false;
}

/**
 * raft_remote_refill - fetch memory for the next node that needs it
 * @rs: the table
 *
 * Context: may sleep; not twice at once.
 */
void raft_remote_refill(struct raft_remotes *rs)
{
	if (!READ_ONCE(rs->want) || READ_ONCE(rs->spare))
		return;
	WRITE_ONCE(rs->want, false);
	/* The owner only takes, so there is none that would be lost. */
	xchg(&rs->spare, kvmalloc(sizeof(*rs->spare), GFP_NOIO));
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

	for (i = 0; i < RAFT_MAX_PEERS; i++) {
		release(&rs->slot[i]);
		kvfree(rs->slot[i].frag_mem);
	}
	kvfree(rs->spare);
}
