// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_replay.c - the image of a snapshot whose entries have left the memory.
 *
 * Who takes a snapshot of an index that the core cannot go back to (-ESTALE of
 * raft_snapshot_encode()) makes the image himself: from the current snapshot and the
 * entries behind it, read from the disk.  That takes time, not memory, and only his
 * own.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "boot.h"
#include "group.h"
#include "payload.h"
#include "snapshot.h"
#include "wal.h"

#define ENTRIES		4096	/* read in one call, at most: the log can be closed between */

static int replay_entry(void *ctx, u64 index, const struct raft_entry *found,
			const u8 *data)
{
	struct raft_payload *payload = NULL;
	struct raft_entry e = *found;

	/* Of all others it counts only who proposed them. */
	if (e.type == RAFT_ENTRY_CONFIG && e.len) {
		payload = raft_payload_alloc(e.len, GFP_KERNEL_ACCOUNT);
		if (!payload)
			return -ENOMEM;
		memcpy(payload->data, data, e.len);
		e.payload = payload;
	}
	raft_replay_entry(ctx, &e);
	raft_payload_put(payload);
	return 0;
}

static int give_up(const struct raft_group *g)
{
	if (READ_ONCE(g->stopping))
		return -ECANCELED;
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/* Entries from @next to @last. */
static int replay_log(struct raft_group *g, struct raft_wal_reader *rd,
		      struct raft_image *img, u64 next, u64 last)
{
	struct raft_wal *wal;
	int n;

	while (next <= last) {
		n = give_up(g);
		if (n)
			return n;
		wal = raft_group_hold_wal(g);
		if (!wal)
			return -ECANCELED;
		n = raft_wal_read(wal, rd, next, min_t(u64, last + 1 - next,
						       ENTRIES),
				  U32_MAX, replay_entry, img);
		raft_wal_release(wal);
		if (n < 0)
			return n;
		/* Applied before it was durable here, which takes a moment. */
		if (!n)
			msleep(20);
		next += n;
		cond_resched();
	}
	return 0;
}

static int replay_begin(struct raft_group *g, struct raft_image *img, u8 *meta,
			u64 *next)
{
	struct raft_slot_file *slot = raft_snapshots_slot(g->snapshots);
	struct raft_snapshot of = {};
	struct raft_config *cfg;
	u64 len = 0;
	int err = 0;

	cfg = kzalloc(sizeof(*cfg), GFP_KERNEL_ACCOUNT);
	if (!cfg)
		return -ENOMEM;
	raft_boot_members(cfg, g);
	if (slot) {
		of = slot->head.of;
		len = min_t(u64, of.total, RAFT_SNAPSHOT_META);
		err = raft_slot_read(slot, 0, meta, len);
	}
	if (!err)
		err = raft_replay_begin(img, cfg, &of, meta, len);
	*next = of.index + 1;
	kfree(cfg);
	return err;
}

/**
 * raft_snapshot_replay - make the image of an index
 * @g: the group; the caller holds fill
 * @index: above that of the current snapshot, applied
 * @meta: RAFT_SNAPSHOT_META bytes, filled
 * @len: set: bytes of the image
 * @term: set: of @index
 *
 * Context: process or worker, may sleep as long as it takes to read the log;
 * killable.
 * Return: 0; -ENODATA: no configuration is known there, or the log does not go
 *	back to the snapshot; -EINTR; -ECANCELED: the group stops; -ENOMEM; errors
 *	of the disk.
 */
int raft_snapshot_replay(struct raft_group *g, u64 index, u8 *meta, u32 *len,
			 u64 *term)
{
	struct raft_image *img = kvzalloc(raft_replay_size(), GFP_KERNEL_ACCOUNT);
	struct raft_wal_reader *rd = raft_wal_reader_new();
	int err = -ENOMEM;
	u64 next;

	if (img && rd)
		err = replay_begin(g, img, meta, &next);
	if (!err)
		err = replay_log(g, rd, img, next, index);
	if (!err)
		err = raft_replay_end(img, meta, len, term);
	raft_wal_reader_free(rd);
	kvfree(img);
	return err;
}
