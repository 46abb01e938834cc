// SPDX-License-Identifier: GPL-2.0
/*
 * boot.c - from a log on disk to a core that can be stepped.
 *
 * Opens the write-ahead log, whose recovery finds its end and makes the new
 * incarnation durable; then reads it again, into a new core, which needs the
 * incarnation from its first moment.  What is too much for the memory goes through
 * it: raft_evict_loaded().
 * Runs in the creator's process, before the owner thread knows the group.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "addr.h"
#include "boot.h"
#include "compat.h"
#include "owner.h"
#include "payload.h"
#include "snapshot.h"
#include "transport.h"

/*
 * Entries in one message.  A message lost in part is lost, so a few datagrams
 * are better than many; a single large command is sent whole all the same.
 */
#define BATCH_BYTES	(16 * 1024)

/*
 * Of a snapshot in one message.  Here what is done once for each counts more: a
 * wake-up, a read, a sync; and with its header it fits into eight pages in a row.
 */
#define CHUNK_BYTES	(31 * 1024)

#define BOOT_READ	1000000	/* entries in one read, at most */
#define BOOT_EVICT	64		/* loaded between looks at the memory */

/* From a worker or an interrupt: leave a note and wake the owner. */
static void boot_done(void *ctx, u64 seq, u64 index, u64 term, int error)
{
	struct raft_group_priv *p = ctx;
	struct raft_report report = {
		.seq = seq,
		.index = index,
		.term = term,
		.error = error,
	};

	raft_reports_put(&p->reports, &report);
	raft_owner_wake_group(p);
}

static const struct raft_wal_ops boot_wal_ops = {
	.done = boot_done,
};

/**
 * raft_boot_settings - the settings of a core
 * @cfg: filled in, but for identity and members
 * @ioc: checked, defaults filled in
 *
 * Context: any.
 */
void raft_boot_settings(struct raft_config *cfg,
			const struct raft_ioc_start *ioc)
{
	cfg->election_timeout = (u64)ioc->election_timeout_ms * NSEC_PER_MSEC;
	cfg->heartbeat = (u64)ioc->heartbeat_ms * NSEC_PER_MSEC;
	cfg->prevote = !(ioc->flags & RAFT_START_NO_PREVOTE);
	cfg->check_quorum = !(ioc->flags & RAFT_START_NO_CHECK_QUORUM);
	cfg->max_inflight = ioc->max_inflight;
	cfg->max_inflight_bytes = ioc->max_inflight_bytes;
	cfg->max_batch = ioc->max_batch;
	cfg->max_batch_bytes = BATCH_BYTES;
	cfg->max_chunk = CHUNK_BYTES;
	cfg->max_uncommitted = ioc->max_uncommitted;
	cfg->priority = ioc->priority;
	cfg->lease_drift = ioc->lease_drift_ppm;
}

/**
 * raft_boot_members - the initial members, for a core
 * @cfg: filled in, but for all else
 * @g: the group
 *
 * Context: any.
 */
void raft_boot_members(struct raft_config *cfg, const struct raft_group *g)
{
	const struct raft_group_params *params = &g->params;
	u32 i;

	cfg->n_members = params->ioc.n_members;
	for (i = 0; i < cfg->n_members; i++) {
		cfg->members[i].id = params->members[i].id;
		cfg->members[i].flags = params->members[i].flags;
		raft_addr_encode(cfg->members[i].addr, &params->members[i]);
	}
}

static void boot_config(struct raft_group_priv *p, struct raft_config *cfg,
			bool fresh)
{
	const struct raft_ioc_start *ioc = &p->g->params.ioc;

	memset(cfg, 0, sizeof(*cfg));
	cfg->id = ioc->node_id;
	cfg->incarnation = p->g->incarnation;
	raft_boot_members(cfg, p->g);
	raft_boot_settings(cfg, ioc);
	/* A log made just now belongs to a node that never promised anything. */
	cfg->withhold = cfg->check_quorum && !fresh &&
			!(ioc->flags & RAFT_START_FRESH);
	cfg->unproven = !(ioc->flags & RAFT_START_LOST_NOTHING);
}

static void free_chunk(struct raft_log_chunk *chunk)
{
	kfree(chunk);
}

static void boot_refill(struct work_struct *work)
{
	struct raft_group_priv *p = container_of(work, struct raft_group_priv,
						 refill);

	/* The owner only takes, and this work does not run twice at once. */
	if (!READ_ONCE(p->spare))
		xchg(&p->spare, kzalloc(raft_log_chunk_size(), GFP_NOIO));
	if (!READ_ONCE(p->spare_payload))
		xchg(&p->spare_payload,
		     raft_payload_alloc(RAFT_MSG_SHORT, GFP_NOIO));
	if (READ_ONCE(p->want_long) && !READ_ONCE(p->spare_long))
		xchg(&p->spare_long,
		     raft_payload_alloc(READ_ONCE(p->want_long), GFP_NOIO));
	if (!READ_ONCE(p->spare_config))
		xchg(&p->spare_config,
		     raft_payload_alloc(RAFT_CONFIG_BYTES, GFP_NOIO));
	raft_group_open_sockets(p->g);
	raft_owner_wake_group(p);
}

static int boot_give_chunks(struct raft_group_priv *p)
{
	struct raft_log_chunk *chunk;

	while (raft_log_want(p->core)) {
		chunk = kzalloc(raft_log_chunk_size(), GFP_KERNEL);
		if (!chunk)
			return -ENOMEM;
		raft_log_give(p->core, chunk);
	}
	return 0;
}

/* As many chunks as a file of this size can ever fill. */
static int boot_table(struct raft_group_priv *p, struct file *log, u32 *size)
{
	u64 bytes = i_size_read(log->f_mapping->host);
	u64 n = div_u64(bytes, raft_entry_disk_bytes(1)) / RAFT_CHUNK_ENTRIES;

	/* More than kvcalloc() gives. */
	if (n > INT_MAX / sizeof(*p->table) - 2)
		return -EFBIG;
	*size = n + 2;
	p->table = kvcalloc(*size, sizeof(*p->table), GFP_KERNEL_ACCOUNT);
	return p->table ? 0 : -ENOMEM;
}

/* What is loaded, and how far it is known to be committed. */
struct boot_load {
	struct raft_group_priv *p;
	const struct raft_wal_boot *boot;
	u64 may;
};

/* Too many for the memory leave it at once, if they may. */
static int boot_evict(const struct boot_load *l)
{
	int err = raft_evict_loaded(l->p, &l->boot->hs, l->may);

	return err == -ENOMEM ? err : 0;
}

static int boot_entry(void *ctx, u64 index, const struct raft_entry *found,
		      const u8 *data)
{
	const struct boot_load *l = ctx;
	struct raft_payload *payload = NULL;
	struct raft_entry e = *found;
	int err;

	if (e.len) {
		payload = raft_payload_alloc(e.len, GFP_KERNEL);
		if (!payload)
			return -ENOMEM;
		memcpy(payload->data, data, e.len);
		e.payload = payload;
	}
	err = boot_give_chunks(l->p);
	if (!err)
		err = raft_log_load(l->p->core, &e);
	raft_payload_put(payload);
	if (!err && index % BOOT_EVICT == 0)
		err = boot_evict(l);
	return err;
}

/*
 * The log was read once, to find its end and the hard state; only now is known what
 * of it is committed, and so may leave the memory.  A commit index that cannot be
 * relied on was lowered by then, see disk_boot.c.
 */
static int boot_load(struct raft_group_priv *p, const struct raft_wal_boot *boot)
{
	struct raft_wal_reader *rd = raft_wal_reader_new();
	struct boot_load l = { .p = p, .boot = boot };
	u64 next = boot->base + 1;
	int n = 0;

	if (!rd)
		return -ENOMEM;
	raft_status(p->core, &p->st);
	l.may = max(boot->hs.commit, p->st.snapshot);
	/* Nothing is applied, so nothing may leave. */
	if (p->st.wants)
		l.may = 0;
	raft_wal_hold(p->g->wal);
	while (next <= boot->last_index && n >= 0) {
		n = raft_wal_read(p->g->wal, rd, next, BOOT_READ, U32_MAX,
				  boot_entry, &l);
		/* All of it was there a moment ago. */
		n = n ?: -EIO;
		next += max(n, 0);
		cond_resched();
	}
	raft_wal_release(p->g->wal);
	raft_wal_reader_free(rd);
	return n < 0 ? n : boot_evict(&l);
}

/* What the log does not have any more must be in the snapshot, or come from a leader. */
static int boot_base(struct raft_group_priv *p, const struct raft_wal_boot *boot)
{
	if (!boot->base)
		return 0;
	if (p->g->snapshots &&
	    !raft_log_begin(p->core, boot->base, boot->base_term))
		return 0;
	pr_err("%s: the log begins behind entry %llu, and there are no files for a snapshot that reaches there\n",
	       p->g->params.ioc.name, boot->base);
	return -ENODATA;
}

/* Who they are says the last configuration in the log. */
static void boot_members(struct raft_group_priv *p)
{
	/* For sysfs; all else is published when the owner knows the group. */
	p->g->pub.conf = *raft_membership(p->core);
	raft_remote_configure(&p->remotes, &p->g->pub.conf);
	raft_group_open_sockets(p->g);
}

static int boot_core(struct raft_group_priv *p, struct file *log,
		     const struct raft_wal_boot *boot)
{
	struct raft_config *cfg;
	struct raft *core;
	u32 size;
	int err;

	cfg = kmalloc(sizeof(*cfg), GFP_KERNEL);
	core = kvzalloc(raft_size(), GFP_KERNEL_ACCOUNT);
	err = cfg && core ? boot_table(p, log, &size) : -ENOMEM;
	if (err)
		goto err_free;
	boot_config(p, cfg, boot->fresh);
	err = raft_init(core, cfg, ktime_get_ns(), get_random_u64(), p->table,
			size);
	if (err)
		goto err_free;
	kfree(cfg);
	p->core = core;
	err = raft_snapshots_load(p->g->snapshots, core, boot->base);
	if (!err)
		err = boot_base(p, boot);
	if (!err)
		err = boot_load(p, boot);
	if (!err)
		err = raft_start(core, &boot->hs);
	if (err)
		return err;
	raft_status(core, &p->st);
	/* Whether older entries were applied, or copies, is not known any more. */
	p->g->floor = max(p->st.snapshot + 1, p->st.first);
	p->g->window = p->st.window;
	boot_members(p);
	return 0;

err_free:
	kvfree(core);
	kfree(cfg);
	return err;
}

/**
 * raft_boot - recover a log and make the core of a group
 * @p: the group; its endpoint and queues are ready.  On error call
 *	raft_boot_free()
 * @files: the parameters that the group was started with, for its files
 *
 * Context: a process, may sleep; the owner thread does not know @p yet.
 * Return: 0; -ENOMEM; -EINVAL if the configuration or the log is not usable;
 *	-EFBIG; what raft_wal_open() and raft_snapshots_open() return.
 */
int raft_boot(struct raft_group_priv *p, const struct raft_group_params *files)
{
	struct raft_group *g = p->g;
	const struct raft_ioc_start *ioc = &g->params.ioc;
	struct raft_wal_params params = {
		.group_id = ioc->group_id,
		.node_id = ioc->node_id,
		.create = ioc->flags & RAFT_START_CREATE,
		.wall_clock = ktime_get_real_ns(),
	};
	struct raft_wal_boot boot = {};
	int err;

	INIT_WORK(&p->refill, boot_refill);
	err = raft_wal_open(&g->wal, files->log, &params, &boot_wal_ops, p, &boot);
	if (err) {
		g->wal = NULL;
		return err;
	}
	g->incarnation = boot.incarnation;
	if (ioc->flags & RAFT_START_SNAPSHOTS)
		err = raft_snapshots_open(g, files->snapshot, boot.log_id,
					  files->log);
	if (!err)
		err = boot_core(p, files->log, &boot);
	if (err)
		return err;
	pr_info("%s: node %u, boot %llu: %llu entries, term %llu%s%s\n",
		ioc->name, ioc->node_id, boot.incarnation, boot.last_index,
		boot.hs.term, boot.fresh ? ", new log" : "",
		boot.torn ? ", a torn tail was dropped" : "");
	return 0;
}

/**
 * raft_boot_free - free the core of a group and its memory
 * @p: the group; nobody reads its entries any more
 *
 * Context: may sleep.
 */
void raft_boot_free(struct raft_group_priv *p)
{
	if (p->core)
		raft_destroy(p->core, free_chunk);
	kvfree(p->core);
	p->core = NULL;
	kvfree(p->table);
	p->table = NULL;
	kfree(p->spare);
	p->spare = NULL;
	raft_payload_put(p->spare_payload);
	p->spare_payload = NULL;
	raft_payload_put(p->spare_long);
	p->spare_long = NULL;
	raft_payload_put(p->spare_config);
	p->spare_config = NULL;
}
