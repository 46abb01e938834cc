// SPDX-License-Identifier: GPL-2.0
/*
 * fetch.c - entries that left the memory, read from disk for the core.
 *
 * The leader's core asks for what a member that lags needs (RAFT_UP_FETCH), one
 * range at a time.  A worker reads it, the owner hands it over: the owner never
 * waits for the disk.  What cannot be read is answered with nothing; the core asks
 * again after a heartbeat.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/slab.h>

#include "fetch.h"
#include "owner.h"
#include "payload.h"
#include "transport.h"
#include "wal.h"

/* One entry; 1: no more. */
static int fetch_entry(void *ctx, u64 index, const struct raft_entry *e,
		       const u8 *data)
{
	struct raft_entry *to;
	struct raft_fetch *f = ctx;
	struct raft_payload *payload;

	if (f->got && e->len > f->bytes - min(f->bytes, f->got_bytes))
		return 1;
	to = &f->entries[f->got];
	*to = *e;
	if (e->len) {
		payload = raft_payload_alloc(e->len, GFP_KERNEL);
		if (!payload)
			return -ENOMEM;
		memcpy(payload->data, data, e->len);
		to->payload = payload;
	}
	f->got++;
	f->got_bytes += e->len;
	return 0;
}

static int fetch_read(struct raft_fetch *f, struct raft_wal *wal)
{
	if (!f->entries)
		f->entries = kcalloc(RAFT_MAX_BATCH, sizeof(*f->entries),
				     GFP_KERNEL);
	if (!f->rd)
		f->rd = raft_wal_reader_new();
	if (!f->entries || !f->rd)
		return -ENOMEM;
	/* The records are longer than the commands: those are counted here. */
	return raft_wal_read(wal, f->rd, f->first, f->n,
			     raft_entry_disk_bytes(f->bytes) +
			     f->n * raft_entry_disk_bytes(0), fetch_entry, f);
}

static void fetch_work(struct work_struct *work)
{
	struct raft_fetch *f = container_of(work, struct raft_fetch, work);
	struct raft_group *g = f->g;
	struct raft_wal *wal = raft_group_hold_wal(g);
	int err = -ECANCELED;

	f->got = 0;
	f->got_bytes = 0;
	if (wal) {
		err = fetch_read(f, wal);
		raft_wal_release(wal);
	}
	/* They may have been cut meanwhile: no reason for alarm. */
	if (!f->got && err < 0 && err != -ENODATA && err != -ECANCELED)
		pr_warn_ratelimited("%s: entry %llu cannot be read for a member that needs it (%d)\n",
				    g->params.ioc.name, f->first, err);
	/* Pairs with smp_load_acquire() in raft_fetch_pass(). */
	smp_store_release(&f->done, true);
	raft_owner_wake_group(g->priv);
}

/**
 * raft_fetch_init - nothing is asked for
 * @f: zeroed
 * @g: the group
 *
 * Context: any.
 */
void raft_fetch_init(struct raft_fetch *f, struct raft_group *g)
{
	f->g = g;
	INIT_WORK(&f->work, fetch_work);
}

static void put_entries(struct raft_fetch *f)
{
	while (f->got)
		raft_payload_put(f->entries[--f->got].payload);
}

/**
 * raft_fetch_stop - nothing is read any more, memory is given back
 * @f: of a group that its owner does not know any more
 *
 * Context: may sleep as long as the disk does.
 */
void raft_fetch_stop(struct raft_fetch *f)
{
	cancel_work_sync(&f->work);
	put_entries(f);
	raft_wal_reader_free(f->rd);
	f->rd = NULL;
	kfree(f->entries);
	f->entries = NULL;
}

/**
 * raft_fetch_update - the core asks
 * @p: the group
 * @up: its update, with RAFT_UP_FETCH
 *
 * Context: the owner thread.
 */
void raft_fetch_update(struct raft_group_priv *p, const struct raft_update *up)
{
	struct raft_fetch *f = &p->fetch;

	f->id = up->fetch.id;
	f->first = up->fetch.first;
	f->n = up->fetch.n;
	f->bytes = up->fetch.bytes;
	f->wanted = true;
}

/**
 * raft_fetch_pass - hand over what was read
 * @p: the group
 *
 * Context: the owner thread.
 */
void raft_fetch_pass(struct raft_group_priv *p)
{
	struct raft_fetch *f = &p->fetch;
	struct raft_event ev = { .type = RAFT_EV_FETCHED };

	/* Pairs with smp_store_release() in fetch_work(). */
	if (!smp_load_acquire(&f->done))
		return;
	f->done = false;
	ev.fetched.id = f->id;
	ev.fetched.n = f->got;
	ev.fetched.entries = f->entries;
	raft_owner_step(p, &ev);
	put_entries(f);
}

/**
 * raft_fetch_start - read what was asked for in this pass
 * @p: the group
 *
 * Context: the owner thread, at the end of a pass: the last answer is not needed
 * any more.
 */
void raft_fetch_start(struct raft_group_priv *p)
{
	struct raft_fetch *f = &p->fetch;

	if (!f->wanted)
		return;
	f->wanted = false;
	raft_group_queue(&f->work);
}
