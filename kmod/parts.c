// SPDX-License-Identifier: GPL-2.0
/*
 * parts.c - memory for messages of several parts, which groups of an owner share.
 *
 * Owns what is kept for the next node that sends or gets such a message, and gives
 * back what is too much.  Half a megabyte for each other node of each group would be
 * most of the memory of a group, which has no use for it while it is idle.  Never
 * allocates in the owner: a worker does, and a message that comes meanwhile is lost.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "group.h"
#include "parts.h"

static void fill(struct raft_parts_pool *pool, gfp_t gfp)
{
	struct raft_parts *parts;
	int i;

	for (i = 0; i < RAFT_PARTS_SPARE; i++) {
		if (READ_ONCE(pool->spare[i]))
			continue;
		/* Not from pages in a row, of which it would take twice as much. */
		parts = __vmalloc(sizeof(*parts), gfp);
		if (parts)
			raft_parts_put(pool, parts);
	}
}

static void free_unused(struct raft_parts_pool *pool)
{
	struct raft_parts *parts, *next;

	llist_for_each_entry_safe(parts, next, llist_del_all(&pool->unused),
				  node)
		vfree(parts);
}

static void parts_work(struct work_struct *work)
{
	struct raft_parts_pool *pool = container_of(work, struct raft_parts_pool,
						    work);

	free_unused(pool);
	fill(pool, GFP_NOIO);
}

/**
 * raft_parts_init - fill a pool, so that not even the first message is lost
 * @pool: zeroed
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM, then nothing is to be undone.
 */
int raft_parts_init(struct raft_parts_pool *pool)
{
	int i;

	init_llist_head(&pool->unused);
	INIT_WORK(&pool->work, parts_work);
	fill(pool, GFP_KERNEL);
	for (i = 0; i < RAFT_PARTS_SPARE; i++) {
		if (!pool->spare[i]) {
			raft_parts_exit(pool);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * raft_parts_exit - free what is in a pool
 * @pool: nobody takes from it or gives to it any more
 *
 * Context: may sleep.
 */
void raft_parts_exit(struct raft_parts_pool *pool)
{
	int i;

	cancel_work_sync(&pool->work);
	free_unused(pool);
	for (i = 0; i < RAFT_PARTS_SPARE; i++)
		vfree(pool->spare[i]);
}

/**
 * raft_parts_get - take memory for another node
 * @pool: the pool; a worker fetches more
 *
 * Context: any; does not wait.
 * Return: memory, prepared; NULL if there is none now.
 */
struct raft_parts *raft_parts_get(struct raft_parts_pool *pool)
{
	struct raft_parts *parts = NULL;
	int i;

	for (i = 0; i < RAFT_PARTS_SPARE && !parts; i++)
		parts = xchg(&pool->spare[i], NULL);
	if (!RAFT_MUTANT("shell-parts-once"))
		raft_group_queue(&pool->work);
	if (parts && !RAFT_MUTANT("shell-parts-stale"))
		raft_frag_init(&parts->peer, &parts->mem);
	return parts;
}

/**
 * raft_parts_put - give memory back
 * @pool: the pool
 * @parts: from raft_parts_get(); it has no handles
 *
 * Context: any; does not wait.
 */
void raft_parts_put(struct raft_parts_pool *pool, struct raft_parts *parts)
{
	int i;

	for (i = 0; i < RAFT_PARTS_SPARE; i++)
		if (!cmpxchg(&pool->spare[i], NULL, parts))
			return;
	llist_add(&parts->node, &pool->unused);
	raft_group_queue(&pool->work);
}

/**
 * raft_parts_free - free memory whose pool may be gone
 * @parts: from raft_parts_get(), or NULL; it has no handles
 *
 * Context: may sleep.
 */
void raft_parts_free(struct raft_parts *parts)
{
	vfree(parts);
}
