// SPDX-License-Identifier: GPL-2.0
/*
 * lookup.c - applied entries for processes, from the memory or the disk.
 *
 * Owns the way to an entry that may have left the memory at any time.  What has
 * left is committed and does not change; it is read in the caller's process, some
 * entries at a time, into memory that the caller's cgroup pays for.  Who reads is
 * overtaken by compaction as in memory: @g->floor says so, and is looked at last.
 */
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "evict.h"
#include "group.h"
#include "lookup.h"
#include "owner.h"
#include "payload.h"
#include "wal.h"

#define ENTRIES		64		/* read at once, at most */
#define BYTES		(64 * 1024)	/* ... unless one is larger */

/**
 * struct raft_lookup - entries that were read, in order
 * @rd: reads them
 * @first: index of the first one
 * @n: how many
 * @e: they; hold references on their payloads
 */
struct raft_lookup {
	struct raft_wal_reader *rd;
	u64 first;
	u32 n;
	struct raft_entry e[ENTRIES];
};

static struct raft_lookup *lookup_new(void)
{
	struct raft_lookup *l = kvzalloc(sizeof(*l), GFP_KERNEL_ACCOUNT);

	if (!l)
		return NULL;
	l->rd = raft_wal_reader_new();
	if (l->rd)
		return l;
	kvfree(l);
	return NULL;
}

static void lookup_drop(struct raft_lookup *l)
{
	while (l->n)
		raft_payload_put(l->e[--l->n].payload);
}

/**
 * raft_lookup_free - give memory back
 * @l: what raft_lookup() made, or NULL
 *
 * Context: process.
 */
void raft_lookup_free(struct raft_lookup *l)
{
	if (!l)
		return;
	lookup_drop(l);
	raft_wal_reader_free(l->rd);
	kvfree(l);
}

static int lookup_take(void *ctx, u64 index, const struct raft_entry *e,
		       const u8 *data)
{
	struct raft_lookup *l = ctx;
	struct raft_payload *payload = NULL;

	if (e->len) {
		payload = raft_payload_alloc(e->len, GFP_KERNEL_ACCOUNT);
		if (!payload)
			return -ENOMEM;
		memcpy(payload->data, data, e->len);
	}
	l->e[l->n] = *e;
	l->e[l->n].payload = payload;
	l->n++;
	return 0;
}

/* Those from @index on that are before @window. */
static int lookup_fill(struct raft_group *g, struct raft_lookup *l, u64 index,
		       u64 window)
{
	struct raft_wal *wal = raft_group_hold_wal(g);
	int err;

	lookup_drop(l);
	l->first = index;
	if (!wal)
		return -ECANCELED;
	err = raft_wal_read(wal, l->rd, index,
			    min_t(u64, ENTRIES, window - index), BYTES,
			    lookup_take, l);
	raft_wal_release(wal);
	if (l->n)
		return 0;
	if (err == -ENODATA)
		return -ENOENT;
	/* What left was durable: there must be something. */
	return err == -ENOMEM ? err : -EIO;
}

/* Of those that left: were they copies?  -ENOENT: compaction has overtaken us. */
static int lookup_flags(struct raft_group *g, u64 index, struct raft_entry *e)
{
	bool copy;
	int err;

	rcu_read_lock();
	copy = raft_evict_is_copy(&g->priv->evict, index);
	/* What is forgotten is below the floor since a grace period. */
	err = index < READ_ONCE(g->floor) ? -ENOENT : 0;
	rcu_read_unlock();
	e->flags = copy ? RAFT_ENTRY_DROPPED : RAFT_ENTRY_APPLIED;
	return err;
}

/**
 * raft_lookup_in_memory - can an entry be had without the disk?
 * @g: the group
 * @index: of the entry, applied
 *
 * Context: any.
 * Return: true if so, in this moment.
 */
bool raft_lookup_in_memory(const struct raft_group *g, u64 index)
{
	return index >= READ_ONCE(g->window);
}

/**
 * raft_lookup - read an entry that is applied
 * @g: the group
 * @lp: where the caller keeps what was read, NULL at first; raft_lookup_free()
 * @index: its index
 * @e: a copy; its payload is a reference that the caller puts
 *
 * Context: process, may sleep for the disk; one caller at a time with @lp.
 * Return: 0; -ENOENT if @index is not applied or not in the log any more;
 *	-ECANCELED if it is on disk only and the group has stopped; -EIO if it
 *	cannot be read; -ENOMEM.
 */
int raft_lookup(struct raft_group *g, struct raft_lookup **lp, u64 index,
		struct raft_entry *e)
{
	struct raft_lookup *l;
	u64 window;
	int err;

	err = raft_group_entry(g, index, e);
	if (err != -ENODATA)
		return err;
	/* Pairs with smp_store_release() in evict.c: the copies are known. */
	window = smp_load_acquire(&g->window);
	if (!*lp)
		*lp = lookup_new();
	l = *lp;
	if (!l)
		return -ENOMEM;
	if (index < l->first || index - l->first >= l->n) {
		err = lookup_fill(g, l, index, window);
		if (err)
			return err;
	}
	*e = l->e[index - l->first];
	err = lookup_flags(g, index, e);
	if (!err)
		raft_payload_get(e->payload);
	return err;
}
