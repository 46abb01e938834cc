// SPDX-License-Identifier: GPL-2.0
/*
 * wal_area.c - memory that a log is written from and read to.
 *
 * Owns the areas.  A log has a small one of its own.  For a record or a group that
 * does not fit there, for a look at where a record ends, and for recovery it borrows
 * a large one, and gives it back when there was quiet.  Large ones are allocated as
 * they are wanted; when there is no memory, logs wait for those that the module keeps
 * (mempool), so a write never fails for want of it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "wal_internal.h"

#define AREAS_KEPT	2	/* one, and one if a disk hangs */

static mempool_t *areas;

/**
 * raft_wal_area_init() - get memory that can be read to and written from
 * @a: area, zeroed; raft_wal_area_free() cleans up also after an error
 * @bytes: a multiple of PAGE_SIZE
 * @gfp: how to allocate
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM.
 */
int raft_wal_area_init(struct raft_wal_area *a, u32 bytes, gfp_t gfp)
{
	unsigned int n = bytes / PAGE_SIZE;
	unsigned int i;

	a->buf = __vmalloc(bytes, gfp);
	a->bvec = kcalloc(n, sizeof(*a->bvec), gfp);
	if (!a->buf || !a->bvec)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		a->bvec[i].bv_page = vmalloc_to_page(a->buf + i * PAGE_SIZE);
		a->bvec[i].bv_len = PAGE_SIZE;
	}
	a->size = bytes;
	return 0;
}

/**
 * raft_wal_area_free() - give memory back
 * @a: area
 *
 * Context: Process context.
 */
void raft_wal_area_free(struct raft_wal_area *a)
{
	kfree(a->bvec);
	vfree(a->buf);
}

static void large_free(void *element, void *unused)
{
	struct raft_wal_area *a = element;

	raft_wal_area_free(a);
	kfree(a);
}

static void *large_alloc(gfp_t gfp, void *unused)
{
	struct raft_wal_area *a = kzalloc(sizeof(*a), gfp);

	if (a && raft_wal_area_init(a, RAFT_WAL_BUF, gfp)) {
		large_free(a, NULL);
		return NULL;
	}
	return a;
}

/**
 * raft_wal_enlarge() - have a large area
 * @wal: log of which the caller is the worker, with nothing in the buffer
 *
 * Context: Worker or opener; waits for memory, but not for what other logs may write.
 */
void raft_wal_enlarge(struct raft_wal *wal)
{
	if (!wal->large)
		wal->large = mempool_alloc(areas, GFP_NOIO);
	wal->area = wal->large;
}

/**
 * raft_wal_shrink() - be content with the small area
 * @wal: log of which the caller is the worker, with nothing in the buffer
 *
 * Context: Process context.
 */
void raft_wal_shrink(struct raft_wal *wal)
{
	wal->area = &wal->small;
	wal->crowded = false;
	if (wal->large)
		mempool_free(wal->large, areas);
	wal->large = NULL;
}

/**
 * raft_wal_areas_init() - get the areas that are kept
 *
 * Context: Process context.
 * Return: 0, or -ENOMEM.
 */
int raft_wal_areas_init(void)
{
	areas = mempool_create(AREAS_KEPT, large_alloc, large_free, NULL);
	return areas ? 0 : -ENOMEM;
}

/**
 * raft_wal_areas_exit() - free them
 *
 * Context: Process context; all logs are closed.
 */
void raft_wal_areas_exit(void)
{
	mempool_destroy(areas);
}
