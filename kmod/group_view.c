// SPDX-License-Identifier: GPL-2.0
/*
 * group_view.c - what others than the owner see of a group: applied entries, what is
 * published, the settings in force, the log as long as it is open.
 *
 * Any thread that has a reference enters, at any time in the group's life; nothing
 * here waits for the owner.
 */
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "group.h"
#include "owner.h"
#include "payload.h"
#include "wal.h"

/**
 * raft_group_entry - read an entry that is applied
 * @g: the group
 * @index: its index
 * @e: a copy; its payload is a reference that the caller puts
 *
 * Applied entries never change.  They go by compaction, when a snapshot replaces
 * them, and when they are too many: first @g->floor or @g->window is raised, then
 * after a grace period the memory is given back.  So no lock is needed.
 *
 * Context: any; the caller holds a reference on @g.
 * Return: 0, -ENOENT if @index is not applied or not in the log, -ENODATA if it is
 *	on disk only: raft_lookup().
 */
int raft_group_entry(struct raft_group *g, u64 index, struct raft_entry *e)
{
	const struct raft_entry *found = NULL;
	int err = -ENOENT;

	/* Pairs with smp_store_release() in publication.c. */
	if (!index || index > smp_load_acquire(&g->applied))
		return -ENOENT;
	rcu_read_lock();
	/* Pair with raft_snapshots_floor(), evict.c: nothing goes before we leave. */
	if (index >= READ_ONCE(g->floor)) {
		err = -ENODATA;
		if (index >= READ_ONCE(g->window) ||
		    RAFT_MUTANT("shell-evict-seen"))
			found = raft_entry_at(g->priv->core, index);
	}
	if (found) {
		*e = *found;
		raft_payload_get(e->payload);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

/**
 * raft_group_published - copy what the owner published last
 * @g: the group
 * @pub: filled in
 *
 * Context: any but interrupts.
 */
void raft_group_published(struct raft_group *g, struct raft_published *pub)
{
	spin_lock(&g->pub_lock);
	*pub = g->pub;
	spin_unlock(&g->pub_lock);
}

/**
 * raft_group_settings - copy the settings in force
 * @g: the group
 * @now: filled in: the arguments of RAFT_IOC_START as they would be now
 *
 * Context: any but interrupts.
 */
void raft_group_settings(struct raft_group *g, struct raft_ioc_start *now)
{
	spin_lock(&g->pub_lock);
	*now = g->settings;
	spin_unlock(&g->pub_lock);
}

/**
 * raft_group_hold_wal - have the log stay open for a read
 * @g: the group
 *
 * Context: any but interrupts.
 * Return: the log, for raft_wal_release(); NULL if the group has stopped.
 */
struct raft_wal *raft_group_hold_wal(struct raft_group *g)
{
	struct raft_wal *wal;

	spin_lock(&g->pub_lock);
	wal = g->wal;
	if (wal)
		raft_wal_hold(wal);
	spin_unlock(&g->pub_lock);
	return wal;
}

/**
 * raft_group_wal_stat - counters of the log, also of a group that has stopped
 * @g: the group
 * @st: filled in
 *
 * Context: any but interrupts.
 */
void raft_group_wal_stat(struct raft_group *g, struct raft_wal_stat *st)
{
	spin_lock(&g->pub_lock);
	if (g->wal)
		raft_wal_stat(g->wal, st);
	else
		*st = g->priv->wal_last;
	spin_unlock(&g->pub_lock);
}

/**
 * raft_group_wal_before - raft_wal_before() of a group that may have stopped
 * @g: the group
 * @bytes: that are to stay in the log
 *
 * Context: any but interrupts.
 * Return: an index, 0: nothing is so far back.
 */
u64 raft_group_wal_before(struct raft_group *g, u64 bytes)
{
	u64 index = 0;

	spin_lock(&g->pub_lock);
	if (g->wal)
		index = raft_wal_before(g->wal, bytes);
	spin_unlock(&g->pub_lock);
	return index;
}
