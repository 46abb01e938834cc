/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wal_cases.h - cases about the write-ahead log on a real file.
 *
 * Owns the owner's side of a log: cores that hold entries, and what was reported.
 * The includer supplies a blank file and a judge.
 */
#ifndef _RAFT_WAL_CASES_H
#define _RAFT_WAL_CASES_H

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/disk.h"
#include "payload.h"
#include "wal_internal.h"

#define WAL_CASE_SIZE	(4 << 20)	/* bytes of the file */
#define WAL_CASE_MAX	4096		/* entries */
#define WAL_CASE_LARGE	61440		/* bytes of a command: some fill the file */
#define WAL_GROUP	0x77ULL
#define WAL_NODE	2
#define WAL_WAIT_MS	60000

/**
 * struct wal_env - one run of one case
 * @expect: judges a condition; need not return if it does not hold
 * @ctx: for @expect
 * @file: at least WAL_CASE_SIZE bytes, zero
 * @wal: the open log, or NULL
 * @boot: what the last open found
 * @cores: hold the entries that are submitted
 * @n_cores: their number
 * @tables: their chunk tables
 * @seq: last batch submitted
 * @loaded: entries loaded by the last open
 * @first: index of the first of them
 * @lock: protects what follows
 * @done_seq: last batch reported
 * @done_index: last entry in it
 * @done_term: its term
 * @reports: calls of done()
 * @errors: those with an error
 * @error: the last error
 * @order_bad: a report went back
 * @wake: a report came
 */
struct wal_env {
	void (*expect)(struct wal_env *env, bool ok, const char *what,
		       int line);
	void *ctx;
	struct file *file;

	struct raft_wal *wal;
	struct raft_wal_boot boot;
	struct raft *cores[8];
	u32 n_cores;
	struct raft_log_chunk *tables[8][WAL_CASE_MAX / RAFT_CHUNK_ENTRIES + 1];
	u64 seq;
	u64 loaded;
	u64 first;

	spinlock_t lock;	/* protects what follows */
	u64 done_seq;
	u64 done_index;
	u64 done_term;
	u32 reports;
	u32 errors;
	int error;
	bool order_bad;
	struct completion wake;
};

struct wal_case {
	const char *name;
	void (*run)(struct wal_env *env);
};

#define WAL_EXPECT(env, cond) ((env)->expect(env, cond, #cond, __LINE__))

static u8 wal_byte(u64 index, u64 term, u32 i)
{
	return (u8)(index * 13 + term * 5 + i);
}

static u32 wal_len(u64 index)
{
	return index % 7 ? (u32)(index * 37 % 900) + 1 : 0;
}

static int wal_case_load(void *ctx, u64 index, const struct raft_entry *e,
			 const u8 *data)
{
	struct wal_env *env = ctx;
	u32 i;

	if (!env->loaded++)
		env->first = e->serial;
	WAL_EXPECT(env, e->serial == env->first + env->loaded - 1);
	WAL_EXPECT(env, index == e->serial);
	for (i = 0; i < e->len; i++)
		if (data[i] != wal_byte(e->serial, e->term, i))
			break;
	WAL_EXPECT(env, i == e->len);
	return 0;
}

/* All that recovery found. */
static void wal_case_load_all(struct wal_env *env)
{
	struct raft_wal_reader *rd = raft_wal_reader_new();
	u64 n = env->boot.last_index - env->boot.base;

	WAL_EXPECT(env, rd);
	raft_wal_hold(env->wal);
	WAL_EXPECT(env, raft_wal_read(env->wal, rd, env->boot.base + 1, INT_MAX,
				      U32_MAX, wal_case_load, env) == n);
	raft_wal_release(env->wal);
	raft_wal_reader_free(rd);
	WAL_EXPECT(env, env->loaded == n);
	WAL_EXPECT(env, !n || env->first == env->boot.base + 1);
}

static void wal_case_done(void *ctx, u64 seq, u64 index, u64 term, int error)
{
	struct wal_env *env = ctx;
	unsigned long flags;

	spin_lock_irqsave(&env->lock, flags);
	env->reports++;
	if (error) {
		env->errors++;
		env->error = error;
	} else {
		env->order_bad |= seq <= env->done_seq || env->errors;
		env->done_seq = seq;
		env->done_index = index;
		env->done_term = term;
	}
	spin_unlock_irqrestore(&env->lock, flags);
	complete(&env->wake);
}

static const struct raft_wal_ops wal_case_ops = {
	.done = wal_case_done,
};

static int wal_case_open(struct wal_env *env, bool create)
{
	struct raft_wal_params params = {
		.group_id = WAL_GROUP,
		.node_id = WAL_NODE,
		.create = create,
		.wall_clock = 5000,
	};
	int err;

	env->loaded = 0;
	env->seq = 0;
	env->done_seq = 0;
	env->done_index = 0;
	env->reports = 0;
	env->errors = 0;
	err = raft_wal_open(&env->wal, env->file, &params, &wal_case_ops, env,
			    &env->boot);
	if (err)
		env->wal = NULL;
	else
		wal_case_load_all(env);
	return err;
}

static void wal_case_close(struct wal_env *env)
{
	raft_wal_close(env->wal, NULL);
	env->wal = NULL;
}

static void wal_core_free(struct raft_log_chunk *c)
{
	kfree(c);
}

/* A core whose log is @n entries of term @t1, from @change on of term @t2. */
static struct raft *wal_case_core(struct wal_env *env, u64 n, u64 t1,
				  u64 change, u64 t2, u32 len)
{
	struct raft_config cfg = {
		.id = 1, .n_members = 1, .members = { { .id = 1 } },
		.incarnation = 1, .election_timeout = 1000000000,
		.heartbeat = 100000000, .max_inflight = 1,
		.max_inflight_bytes = 1 << 20, .max_batch = 1,
		.max_batch_bytes = 1 << 16, .max_chunk = 4096,
		.max_uncommitted = 1 << 20,
	};
	u32 k = env->n_cores++;
	struct raft *r;
	u64 i;

	WAL_EXPECT(env, k < ARRAY_SIZE(env->cores));
	r = kzalloc(raft_size(), GFP_KERNEL);
	env->cores[k] = r;
	WAL_EXPECT(env, r && !raft_init(r, &cfg, 0, 0, env->tables[k],
					ARRAY_SIZE(env->tables[k])));
	for (i = 1; i <= n; i++) {
		struct raft_entry e = {
			.term = i < change ? t1 : t2,
			.serial = i,
			.incarnation = 9,
			.origin = 1,
			.type = RAFT_ENTRY_COMMAND,
			.len = len ? len : wal_len(i),
		};
		struct raft_payload *p = NULL;
		u32 b;

		while (raft_log_want(r))
			raft_log_give(r, kzalloc(raft_log_chunk_size(),
						 GFP_KERNEL));
		if (e.len) {
			p = raft_payload_alloc(e.len, GFP_KERNEL);
			WAL_EXPECT(env, p);
			for (b = 0; b < e.len; b++)
				p->data[b] = wal_byte(i, e.term, b);
		}
		e.payload = p;
		WAL_EXPECT(env, !raft_log_load(r, &e));
		if (p)
			raft_payload_put(p);
	}
	return r;
}

static void wal_case_submit(struct wal_env *env, const struct raft *core,
			    u64 truncate, u64 first, u64 last, u64 term)
{
	struct raft_persist b = {
		.seq = ++env->seq,
		.what = RAFT_PERSIST_HARD_STATE,
		.hs = { .term = term, .vote = 1 },
		.truncate_from = truncate,
		.first = first,
		.last = last,
	};

	if (truncate)
		b.what |= RAFT_PERSIST_TRUNCATE;
	if (first)
		b.what |= RAFT_PERSIST_ENTRIES;
	raft_wal_submit(env->wal, core, &b);
}

static void wal_case_cut(struct wal_env *env, u64 base, u64 term)
{
	struct raft_persist b = {
		.seq = ++env->seq,
		.what = RAFT_PERSIST_BASE,
		.base = base,
		.base_term = term,
	};

	raft_wal_submit(env->wal, NULL, &b);
}

/* Wait until all that was submitted is reported. */
static bool wal_case_wait(struct wal_env *env)
{
	unsigned long end = jiffies + msecs_to_jiffies(WAL_WAIT_MS);

	while (READ_ONCE(env->done_seq) != env->seq && !READ_ONCE(env->errors))
		if (time_after(jiffies, end) ||
		    !wait_for_completion_timeout(&env->wake,
						 msecs_to_jiffies(WAL_WAIT_MS)))
			return false;
	return true;
}

static void wal_env_init(struct wal_env *env)
{
	spin_lock_init(&env->lock);
	init_completion(&env->wake);
}

static void wal_env_exit(struct wal_env *env)
{
	if (env->wal)
		raft_wal_close(env->wal, NULL);
	while (env->n_cores--) {
		raft_destroy(env->cores[env->n_cores], wal_core_free);
		kfree(env->cores[env->n_cores]);
	}
}

/* --- the cases ---------------------------------------------------------- */

static void wal_open_twice(struct wal_env *env)
{
	struct raft_wal_params params = {
		.group_id = WAL_GROUP, .node_id = WAL_NODE, .create = true,
	};
	struct raft_wal_boot boot;
	struct raft_wal *other;

	WAL_EXPECT(env, wal_case_open(env, false) == -EMEDIUMTYPE);
	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	WAL_EXPECT(env, env->boot.fresh && env->boot.incarnation == 5000);
	WAL_EXPECT(env, raft_wal_open(&other, env->file, &params, &wal_case_ops,
				      env, &boot) == -EBUSY);
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	WAL_EXPECT(env, !env->boot.fresh && env->boot.incarnation == 5001);
	wal_case_close(env);
	params.node_id++;
	WAL_EXPECT(env, raft_wal_open(&other, env->file, &params, &wal_case_ops,
				      env, &boot) == -ESTALE);
	params.node_id--;
	params.group_id++;
	WAL_EXPECT(env, raft_wal_open(&other, env->file, &params, &wal_case_ops,
				      env, &boot) == -ESTALE);
}

static void wal_open_refused(struct wal_env *env)
{
	env->file->f_flags |= O_APPEND;
	WAL_EXPECT(env, wal_case_open(env, true) == -EINVAL);
	env->file->f_flags &= ~O_APPEND;
	env->file->f_mode &= ~FMODE_WRITE;
	WAL_EXPECT(env, wal_case_open(env, true) == -EINVAL);
	env->file->f_mode |= FMODE_WRITE;
	WAL_EXPECT(env, wal_case_open(env, true) == 0);
}

/* Many small batches: reported in order, grouped, read back. */
static void wal_append(struct wal_env *env)
{
	struct raft_wal_stat st;
	struct raft *core = wal_case_core(env, 500, 3, 501, 3, 0);
	u64 i;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	for (i = 1; i <= 500; i++)
		wal_case_submit(env, core, 0, i, i, 3);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, !env->errors && !env->order_bad);
	WAL_EXPECT(env, env->done_index == 500 && env->done_term == 3);
	raft_wal_stat(env->wal, &st);
	WAL_EXPECT(env, st.writes < 1010 && !st.error);
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->loaded == 500 && env->boot.last_index == 500);
	WAL_EXPECT(env, env->boot.hs.term == 3 && env->boot.hs.vote == 1);
	WAL_EXPECT(env, !env->boot.torn);
}

/* One batch larger than a write: one report, after all of it. */
static void wal_large(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 40, 1, 41, 1, WAL_CASE_LARGE);

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, core, 0, 1, 40, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, env->reports == 1 && env->done_index == 40);
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->loaded == 40);
}

/* The largest commands: each is a write of its own. */
static void wal_largest(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 3, 1, 4, 1, RAFT_MAX_COMMAND);

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, core, 0, 1, 3, 1);
	WAL_EXPECT(env, wal_case_wait(env) && !env->errors);
	WAL_EXPECT(env, env->reports == 1 && env->done_index == 3);
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->loaded == 3);
}

/* Truncations, one while the entries that it drops are still queued. */
static void wal_truncate(struct wal_env *env)
{
	struct raft *a = wal_case_core(env, 100, 1, 101, 1, 0);
	struct raft *b = wal_case_core(env, 60, 1, 50, 2, 0);
	struct raft *c = wal_case_core(env, 57, 1, 50, 2, 0);
	struct raft *d = wal_case_core(env, 80, 4, 81, 4, 0);

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, a, 0, 1, 100, 1);
	wal_case_submit(env, b, 50, 50, 60, 2);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, env->done_index == 60 && env->done_term == 2);
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0 && env->loaded == 60);
	wal_case_submit(env, c, 55, 55, 57, 3);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0 && env->loaded == 57);
	wal_case_submit(env, d, 1, 1, 80, 4);
	WAL_EXPECT(env, wal_case_wait(env) && !env->order_bad);
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0 && env->loaded == 80);
	WAL_EXPECT(env, env->boot.hs.term == 4);
}

/* A batch with a hard state only; the reports of two batches with index 0. */
static void wal_state_only(struct wal_env *env)
{
	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, NULL, 0, 0, 0, 7);
	WAL_EXPECT(env, wal_case_wait(env) && env->done_index == 0);
	wal_case_submit(env, NULL, 0, 0, 0, 8);
	wal_case_submit(env, NULL, 0, 0, 0, 9);
	WAL_EXPECT(env, wal_case_wait(env) && env->done_index == 0);
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->boot.hs.term == 9 && env->boot.last_index == 0);
}

#ifdef RAFT_FAULTS
static void wal_error_once(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 20, 1, 21, 1, 0);
	u64 i;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, core, 0, 1, 10, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, raft_wal_fault(env->wal, "error", 0) == 0);
	for (i = 11; i <= 20; i++)
		wal_case_submit(env, core, 0, i, i, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_case_close(env);
	WAL_EXPECT(env, env->errors == 1 && env->error == -EIO);
	WAL_EXPECT(env, !env->order_bad && env->done_index == 10);
	WAL_EXPECT(env, wal_case_open(env, false) == 0 && env->loaded == 10);
}

/* The flush fails behind a write that arrived: nothing of it was ever durable. */
static void wal_sync_error(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 30, 1, 31, 1, 0);
	u64 i;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, core, 0, 1, 10, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, raft_wal_fault(env->wal, "sync", 0) == 0);
	for (i = 11; i <= 20; i++)
		wal_case_submit(env, core, 0, i, i, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	/* The next flush would succeed, and is not asked. */
	raft_wal_fault(env->wal, "ok", 0);
	for (; i <= 30; i++)
		wal_case_submit(env, core, 0, i, i, 1);
	wal_case_close(env);
	WAL_EXPECT(env, env->errors == 1 && env->error == -EIO);
	WAL_EXPECT(env, !env->order_bad && env->done_index == 10);
	/* What arrived is there, or not; what came later was not written. */
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->loaded >= 10 && env->loaded <= 20);
	WAL_EXPECT(env, !env->boot.hs.reach);
}

static u64 wal_case_writes(struct wal_env *env)
{
	struct raft_wal_stat st;

	raft_wal_stat(env->wal, &st);
	return st.writes;
}

static void wal_case_append(struct wal_env *env, const struct raft *core, u64 index)
{
	struct raft_persist b = {
		.seq = ++env->seq,
		.what = RAFT_PERSIST_ENTRIES,
		.first = index,
		.last = index,
	};

	raft_wal_submit(env->wal, core, &b);
}

/* The log ends with a crash and damage at record @index, the last one. */
static int wal_case_decay(struct wal_env *env, u64 index)
{
	int err = raft_wal_fault(env->wal, "corrupt", index);

	raft_wal_crash(env->wal, false);
	env->wal = NULL;
	WAL_EXPECT(env, err == 0);
	return wal_case_open(env, false);
}

/* Quiet, or every second, a hard state says how far the log is durable. */
static void wal_noted(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 600, 1, 601, 1, 300);
	unsigned long begin, end = jiffies + msecs_to_jiffies(WAL_WAIT_MS);
	u64 i, writes;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_append(env, core, 1);
	wal_case_append(env, core, 2);
	WAL_EXPECT(env, wal_case_wait(env));
	/* Before that, damage in the last write looks like a torn one. */
	raft_wal_fault(env->wal, "stall", 0);
	WAL_EXPECT(env, wal_case_decay(env, 2) == 0);
	WAL_EXPECT(env, env->loaded < 2 && env->boot.torn && !env->boot.hs.reach);
	for (i = env->loaded + 1; i <= 10; i++)
		wal_case_append(env, core, i);
	WAL_EXPECT(env, wal_case_wait(env));
	writes = wal_case_writes(env);
	while (wal_case_writes(env) == writes && time_before(jiffies, end))
		msleep(20);
	/* Once, and then it is quiet. */
	msleep(2 * RAFT_WAL_NOTE_MS + 200);
	WAL_EXPECT(env, wal_case_writes(env) == writes + 1);
	WAL_EXPECT(env, wal_case_decay(env, 10) == 0);
	WAL_EXPECT(env, env->loaded == 9 && !env->boot.torn);
	WAL_EXPECT(env, env->boot.hs.reach == 10);
	/* One write for each entry, and one more a second. */
	writes = wal_case_writes(env);
	begin = jiffies;
	end = begin + msecs_to_jiffies(3 * RAFT_WAL_NOTE_MS + 200);
	for (i = 10; i <= 600 && time_before(jiffies, end); i++) {
		wal_case_append(env, core, i);
		WAL_EXPECT(env, wal_case_wait(env));
		msleep(20);
	}
	writes = wal_case_writes(env) - writes - (i - 10);
	WAL_EXPECT(env, writes >= 1 &&
		   writes <= jiffies_to_msecs(jiffies - begin) / RAFT_WAL_NOTE_MS + 1);
}

/* A stalled disk holds nobody up who only submits. */
static void wal_stall(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 1000, 1, 1001, 1, 0);
	u64 i, t = ktime_get_ns();

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	raft_wal_fault(env->wal, "stall", 0);
	for (i = 1; i <= 1000; i++)
		wal_case_submit(env, core, 0, i, i, 1);
	WAL_EXPECT(env, env->reports == 0);
	raft_wal_fault(env->wal, "stall", 300 * NSEC_PER_MSEC);
	raft_wal_fault(env->wal, "ok", 0);
	WAL_EXPECT(env, wal_case_wait(env) && env->done_index == 1000);
	raft_wal_fault(env->wal, "stall", 300 * NSEC_PER_MSEC);
	t = ktime_get_ns();
	wal_case_submit(env, NULL, 0, 0, 0, 2);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, ktime_get_ns() - t >= 250 * NSEC_PER_MSEC);
}

static void wal_crash_torn(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 60, 1, 61, 1, 500);
	u32 reports;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, core, 0, 1, 10, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	raft_wal_fault(env->wal, "stall", 0);
	wal_case_submit(env, core, 0, 11, 60, 2);
	reports = env->reports;
	raft_wal_crash(env->wal, true);
	env->wal = NULL;
	WAL_EXPECT(env, env->reports == reports);
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->boot.torn);
	WAL_EXPECT(env, env->loaded > 20 && env->loaded < 60);
	/* The hard state was durable before the records. */
	WAL_EXPECT(env, env->boot.hs.term == 2);
	/* A torn hard state is the old or the new one. */
	raft_wal_fault(env->wal, "stall", 0);
	wal_case_submit(env, NULL, 0, 0, 0, 5);
	raft_wal_crash(env->wal, true);
	env->wal = NULL;
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->boot.hs.term == 2 || env->boot.hs.term == 5);
	/* Dropped without a trace. */
	raft_wal_fault(env->wal, "stall", 0);
	wal_case_submit(env, NULL, 0, 0, 0, 6);
	raft_wal_crash(env->wal, false);
	env->wal = NULL;
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->boot.hs.term < 6 && !env->boot.torn);
}

/* Whatever is in flight: all that was reported is there, nothing is invented. */
static void wal_crash_busy(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 300, 1, 301, 1, 0);
	u64 i, first = 1, done;
	u32 round;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	for (round = 0; round < 10; round++) {
		for (i = first; i < first + 25; i++)
			wal_case_submit(env, core, 0, i, i, 1);
		if (round & 1)
			udelay(50 * round);
		raft_wal_crash(env->wal, round & 2);
		env->wal = NULL;
		done = env->done_index;
		WAL_EXPECT(env, wal_case_open(env, false) == 0);
		WAL_EXPECT(env, env->loaded >= done && env->loaded < i);
		first = env->loaded + 1;
	}
}

static void wal_corrupt(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 30, 1, 31, 1, 0);
	u64 i;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	for (i = 1; i <= 30; i++) {
		wal_case_submit(env, core, 0, i, i, 1);
		WAL_EXPECT(env, wal_case_wait(env));
	}
	WAL_EXPECT(env, raft_wal_fault(env->wal, "corrupt", 31) == -ENOENT);
	WAL_EXPECT(env, raft_wal_fault(env->wal, "corrupt", 12) == 0);
	raft_wal_crash(env->wal, false);
	env->wal = NULL;
	/* What is good is there, and how far it went is not forgotten. */
	for (i = 0; i < 2; i++) {
		WAL_EXPECT(env, wal_case_open(env, i) == 0);
		WAL_EXPECT(env, env->loaded == 11 && !env->boot.fresh);
		WAL_EXPECT(env, env->boot.hs.reach == 30);
		WAL_EXPECT(env, env->boot.hs.reach_term == 1);
		wal_case_close(env);
	}
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, raft_wal_fault(env->wal, "corrupt", 0) == 0);
	raft_wal_crash(env->wal, false);
	env->wal = NULL;
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->loaded == 11);
	WAL_EXPECT(env, env->boot.hs.reach == RAFT_REACH_LOST);
}
#endif

#include "wal_ring_cases.h"

static const struct wal_case wal_cases[] = {
	{ "format, identity, one log per file", wal_open_twice },
	{ "files that cannot be a log", wal_open_refused },
	{ "append, order, read back", wal_append },
	{ "a batch larger than a write", wal_large },
	{ "the largest commands", wal_largest },
	{ "memory borrowed for them", wal_borrowed },
	{ "truncation", wal_truncate },
	{ "hard state alone", wal_state_only },
	{ "full, until it is cut", wal_full },
	{ "full, and closed", wal_full_closed },
	{ "full, and a snapshot overtakes it", wal_full_overtaken },
	{ "round and round, cut all the time", wal_round },
	{ "cut and truncated", wal_cut_truncate },
	{ "begins anew behind a snapshot", wal_reset },
	{ "read back", wal_read_back },
	{ "read back while it is cut and truncated", wal_read_beside },
#ifdef RAFT_FAULTS
	{ "an error is reported once", wal_error_once },
	{ "a flush fails behind a write", wal_sync_error },
	{ "what is durable is noted", wal_noted },
	{ "stall", wal_stall },
	{ "crash with a torn write", wal_crash_torn },
	{ "crash with writes in flight", wal_crash_busy },
	{ "damage in the middle", wal_corrupt },
	{ "crash between a base and its space", wal_crash_cut },
	{ "read back what is damaged", wal_read_damaged },
#endif
};

#endif /* _RAFT_WAL_CASES_H */
