/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wal_ring_cases.h - cases about a log that is cut, goes round and is read back, and
 * about the memory it borrows.
 *
 * Owns nothing: runs in the environment of wal_cases.h, which includes this.
 */
#ifndef _RAFT_WAL_RING_CASES_H
#define _RAFT_WAL_RING_CASES_H

#include <linux/kthread.h>

static void wal_reopen(struct wal_env *env, u64 base, u64 last)
{
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->boot.base == base && !env->boot.torn);
	WAL_EXPECT(env, env->loaded == last - base);
	WAL_EXPECT(env, env->boot.last_index == last);
}

/* Submits [1, @n] until one has to wait for room; returns the last one reported. */
static u64 wal_fill(struct wal_env *env, struct raft *core, u64 n)
{
	unsigned long end = jiffies + msecs_to_jiffies(WAL_WAIT_MS);
	struct raft_wal_stat st;
	u64 i;

	for (i = 1; i <= n; i++)
		wal_case_submit(env, core, 0, i, i, 1);
	do {
		WAL_EXPECT(env, time_before(jiffies, end));
		msleep(20);
		raft_wal_stat(env->wal, &st);
	} while (!st.full);
	WAL_EXPECT(env, !env->errors && raft_wal_room(env->wal) == 0);
	WAL_EXPECT(env, env->done_index > 50 && env->done_index < n);
	return env->done_index;
}

static void wal_full(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 90, 1, 91, 1, WAL_CASE_LARGE);
	u64 last;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	last = wal_fill(env, core, 90);
	/* What waits in front of it must not hold it up. */
	wal_case_cut(env, last, 1);
	WAL_EXPECT(env, wal_case_wait(env) && !env->errors);
	WAL_EXPECT(env, env->done_index == 0 && !env->order_bad);
	WAL_EXPECT(env, raft_wal_room(env->wal) > 90 - last);
	wal_reopen(env, last, 90);
}

static void wal_full_closed(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 90, 1, 91, 1, WAL_CASE_LARGE);
	u64 last;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	last = wal_fill(env, core, 90);
	wal_reopen(env, 0, last);
	WAL_EXPECT(env, raft_wal_room(env->wal) == 0);
	wal_case_cut(env, 10, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, raft_wal_room(env->wal) > WAL_CASE_LARGE);
	wal_case_submit(env, core, 0, last + 1, last + 5, 1);
	WAL_EXPECT(env, wal_case_wait(env) && env->done_index == last + 5);
	wal_reopen(env, 10, last + 5);
}

/* What waits for room is in the snapshot before it is in the log. */
static void wal_full_overtaken(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 90, 1, 91, 1, WAL_CASE_LARGE);
	u64 last;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	last = wal_fill(env, core, 85) + 3;
	wal_case_cut(env, last, 1);
	WAL_EXPECT(env, wal_case_wait(env) && !env->errors && !env->order_bad);
	wal_case_submit(env, core, 0, 86, 90, 1);
	WAL_EXPECT(env, wal_case_wait(env) && env->done_index == 90);
	wal_reopen(env, last, 90);
}

/* What was borrowed for a large command goes back when there is quiet, with all of it. */
static void wal_borrowed(struct wal_env *env)
{
	unsigned long end = jiffies + msecs_to_jiffies(WAL_WAIT_MS);
	struct raft *core = wal_case_core(env, 3, 1, 4, 1, RAFT_MAX_COMMAND);
	struct raft_wal *other = kzalloc(sizeof(*other), GFP_KERNEL);
	bool apart, back;

	WAL_EXPECT(env, other);
	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, core, 0, 1, 2, 1);
	WAL_EXPECT(env, wal_case_wait(env) && !env->errors);
	raft_wal_enlarge(other);
	apart = other->area && other->area->size == RAFT_WAL_BUF &&
		other->area != READ_ONCE(env->wal->large);
	raft_wal_shrink(other);
	back = !other->large && other->area == &other->small;
	kfree(other);
	WAL_EXPECT(env, apart && back);
	while (READ_ONCE(env->wal->large) && time_before(jiffies, end))
		msleep(20);
	WAL_EXPECT(env, !READ_ONCE(env->wal->large));
	wal_case_submit(env, core, 0, 3, 3, 1);
	WAL_EXPECT(env, wal_case_wait(env) && !env->errors);
	wal_case_close(env);
	WAL_EXPECT(env, wal_case_open(env, false) == 0);
	WAL_EXPECT(env, env->loaded == 3);
}

static void wal_round(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, WAL_CASE_MAX, 1, 2000, 2, 3000);
	u64 i, base = 0;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	for (i = 1; i + 24 <= WAL_CASE_MAX; i += 25) {
		WAL_EXPECT(env, raft_wal_room(env->wal) > 25 * 4096);
		wal_case_submit(env, core, 0, i, i + 24, 2);
		WAL_EXPECT(env, wal_case_wait(env) && env->done_index == i + 24);
		if (i > 700) {
			base = i - 650 - i % 50;
			wal_case_cut(env, base, base < 2000 ? 1 : 2);
			WAL_EXPECT(env, wal_case_wait(env));
		}
		if (i % 1000 == 1)
			wal_reopen(env, base, i + 24);
	}
	wal_reopen(env, base, i - 1);
	wal_case_cut(env, i - 1, 2);
	wal_case_submit(env, core, 0, i, i, 2);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_reopen(env, i - 1, i);
}

/* Marks are sparse: the places in between are found. */
static void wal_cut_truncate(struct wal_env *env)
{
	struct raft *a = wal_case_core(env, 1500, 1, 1501, 1, 0);
	struct raft *b = wal_case_core(env, 1500, 1, 1200, 2, 0);
	struct raft *c = wal_case_core(env, 1500, 1, 701, 3, 0);

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, a, 0, 1, 1500, 1);
	wal_case_cut(env, 700, 1);
	wal_case_submit(env, b, 1200, 1200, 1400, 2);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_reopen(env, 700, 1400);
	wal_case_submit(env, b, 1399, 1399, 1420, 2);
	wal_case_cut(env, 700, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_reopen(env, 700, 1420);
	wal_case_submit(env, c, 701, 701, 701, 3);
	wal_case_submit(env, c, 0, 702, 900, 3);
	WAL_EXPECT(env, wal_case_wait(env) && env->done_index == 900);
	wal_reopen(env, 700, 900);
	wal_case_cut(env, 800, 3);
	/* All that is left, and behind the end, as when a snapshot came. */
	wal_case_submit(env, c, 801, 0, 0, 3);
	wal_case_submit(env, c, 950, 0, 0, 3);
	WAL_EXPECT(env, wal_case_wait(env) && !env->errors);
	wal_reopen(env, 800, 800);
	wal_case_submit(env, c, 0, 801, 810, 3);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_reopen(env, 800, 810);
}

static void wal_reset(struct wal_env *env)
{
	struct raft *a = wal_case_core(env, 300, 1, 301, 1, 0);
	struct raft *b = wal_case_core(env, 300, 4, 301, 4, 0);

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, a, 0, 1, 50, 1);
	wal_case_cut(env, 80, 4);
	wal_case_submit(env, b, 0, 81, 90, 4);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, env->done_index == 90 && env->done_term == 4);
	wal_reopen(env, 80, 90);
	WAL_EXPECT(env, env->boot.base_term == 4);
	/* It has the index, but another entry there. */
	wal_case_submit(env, b, 0, 91, 300, 4);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_case_cut(env, 200, 5);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_reopen(env, 200, 200);
	WAL_EXPECT(env, env->boot.base_term == 5);
	/* Nothing goes back. */
	wal_case_cut(env, 100, 4);
	WAL_EXPECT(env, wal_case_wait(env));
	wal_reopen(env, 200, 200);
}

/* --- read back ---------------------------------------------------------- */

/**
 * struct wal_look - what a reader found
 * @env: for what is expected
 * @next: index that must come
 * @left: entries after which it has enough, or fewer than 0
 * @terms: terms that may be there, a bit each
 * @bad: something else came
 */
struct wal_look {
	struct wal_env *env;
	u64 next;
	int left;
	u32 terms;
	bool bad;
};

static int wal_look_fn(void *ctx, u64 index, const struct raft_entry *e,
		       const u8 *data)
{
	struct wal_look *l = ctx;
	u32 i;

	l->bad |= index != l->next++ || e->serial != index || e->payload;
	l->bad |= e->term > 31 || !(l->terms & BIT(e->term));
	for (i = 0; i < e->len; i++)
		l->bad |= data[i] != wal_byte(index, e->term, i);
	return l->left-- ? 0 : -EXFULL;
}

static int wal_look(struct wal_env *env, struct raft_wal_reader *rd, u64 first,
		    u32 n, u32 max)
{
	struct wal_look l = { env, first, -1, BIT(1) | BIT(2) };
	int ret = raft_wal_read(env->wal, rd, first, n, max, wal_look_fn, &l);

	WAL_EXPECT(env, !l.bad);
	WAL_EXPECT(env, ret < 0 || l.next == first + ret);
	return ret;
}

static void wal_read_back(struct wal_env *env)
{
	struct raft *a = wal_case_core(env, 3000, 1, 3001, 1, 0);
	struct raft_wal_reader *rd = raft_wal_reader_new();
	struct wal_look l = { env, 1000, 3, BIT(1) };
	u64 i;
	int n;

	WAL_EXPECT(env, rd && wal_case_open(env, true) == 0);
	WAL_EXPECT(env, wal_look(env, rd, 1, 10, 1 << 20) == 0);
	wal_case_submit(env, a, 0, 1, 3000, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	for (i = 1; i <= 3000; i += n) {
		n = wal_look(env, rd, i, 64, 16384);
		WAL_EXPECT(env, n > 0 && n <= 64);
	}
	WAL_EXPECT(env, wal_look(env, rd, 3001, 64, 16384) == 0);
	WAL_EXPECT(env, wal_look(env, rd, 0, 64, 16384) == -ENODATA);
	WAL_EXPECT(env, wal_look(env, rd, 2999, 64, 16384) == 2);
	WAL_EXPECT(env, wal_look(env, rd, 5, 1, 0) == 1);
	WAL_EXPECT(env, wal_look(env, rd, 1777, 300, 1 << 20) == 300);
	WAL_EXPECT(env, raft_wal_read(env->wal, rd, 1000, 9, 1 << 20,
				      wal_look_fn, &l) == -EXFULL);
	wal_case_cut(env, 1500, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, wal_look(env, rd, 1500, 1, 512) == -ENODATA);
	WAL_EXPECT(env, wal_look(env, rd, 1501, 5, 1 << 16) == 5);
	wal_reopen(env, 1500, 3000);
	WAL_EXPECT(env, wal_look(env, rd, 1400, 1, 512) == -ENODATA);
	WAL_EXPECT(env, wal_look(env, rd, 2500, 500, 1 << 20) == 500);
	wal_case_cut(env, 3500, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, wal_look(env, rd, 3500, 1, 512) == -ENODATA);
	WAL_EXPECT(env, wal_look(env, rd, 3501, 1, 512) == 0);
	raft_wal_reader_free(rd);
}

/**
 * struct wal_beside - a thread that reads what is written
 * @env: the log
 * @last: index of the last entry that is durable
 * @ret: what it found wrong
 * @reads: calls that found something
 * @missed: calls that found it gone
 */
struct wal_beside {
	struct wal_env *env;
	u64 last;
	int ret;
	u32 reads;
	u32 missed;
};

static int wal_beside_fn(void *ctx)
{
	struct raft_wal_reader *rd = raft_wal_reader_new();
	struct wal_beside *b = ctx;
	struct wal_look l = { b->env, 0, -1, BIT(1) | BIT(2) };
	u32 seed = 1;
	u64 last;
	int ret;

	while (rd && !kthread_should_stop()) {
		last = READ_ONCE(b->last);
		seed = seed * 1103515245 + 12345;
		/* Sometimes on from where it was, sometimes anywhere. */
		if (!l.next || l.next > last || !(seed >> 16 & 7))
			l.next = last - min_t(u64, last, (seed >> 8) % 1200) + 1;
		raft_wal_hold(b->env->wal);
		ret = raft_wal_read(b->env->wal, rd, l.next, 40, 65536,
				    wal_look_fn, &l);
		raft_wal_release(b->env->wal);
		if (ret == -ENODATA) {
			b->missed++;
			l.next = 0;
		} else if (ret < 0 || l.bad) {
			b->ret = ret < 0 ? ret : -EBADMSG;
			goto out;
		}
		b->reads += ret > 0;
		cond_resched();
	}
out:
	raft_wal_reader_free(rd);
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

static void wal_read_beside(struct wal_env *env)
{
	struct raft *a = wal_case_core(env, WAL_CASE_MAX, 1, 4097, 1, 4000);
	struct wal_beside beside = { .env = env };
	struct task_struct *t;
	u64 i, base = 0;
	u32 reads, ms;
	bool ok = true;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	t = kthread_run(wal_beside_fn, &beside, "raft_wal_beside");
	WAL_EXPECT(env, !IS_ERR(t));
	/* No expectation while the thread runs. */
	for (i = 1; ok && i + 40 < WAL_CASE_MAX; i += 40) {
		wal_case_submit(env, a, 0, i, i + 39, 2);
		/* The second half again, in another place. */
		wal_case_submit(env, a, i + 20, i + 20, i + 39, 2);
		ok = wal_case_wait(env) && !env->errors;
		WRITE_ONCE(beside.last, i + 39);
		if (i < 600)
			continue;
		base = i - 520 - i % 7;
		reads = READ_ONCE(beside.reads);
		for (ms = 0; ms < 50 && READ_ONCE(beside.reads) == reads; ms++)
			msleep(20);
		wal_case_cut(env, base, 1);
		ok &= wal_case_wait(env);
	}
	kthread_stop(t);
	WAL_EXPECT(env, ok && beside.ret == 0);
	WAL_EXPECT(env, beside.reads > 10 && env->done_index < i);
	wal_reopen(env, base, i - 1);
}

#ifdef RAFT_FAULTS
/* Whatever of it comes to the disk: the base, what it freed, or neither. */
static void wal_crash_cut(struct wal_env *env)
{
	struct raft *core = wal_case_core(env, 1400, 1, 1401, 1, 15000);
	u64 last = 200, base = 0;
	u32 round;

	WAL_EXPECT(env, wal_case_open(env, true) == 0);
	wal_case_submit(env, core, 0, 1, last, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	for (round = 0; round < 24; round++) {
		if (round % 3 != 2)
			raft_wal_fault(env->wal, "stall", 0);
		wal_case_cut(env, base + 30, 1);
		wal_case_submit(env, core, 0, last + 1, last + 30, 1);
		if (round % 3 == 2)
			udelay(100 * round);
		raft_wal_crash(env->wal, round & 1);
		env->wal = NULL;
		WAL_EXPECT(env, wal_case_open(env, false) == 0);
		WAL_EXPECT(env, !((env->boot.base - base) % 30) &&
			   env->boot.base - base <= 30);
		WAL_EXPECT(env, env->boot.last_index - last <= 30);
		WAL_EXPECT(env, env->boot.last_index ==
			   env->boot.base + env->loaded);
		base = env->boot.base;
		last = env->boot.last_index;
		wal_case_cut(env, last - 200, 1);
		wal_case_submit(env, core, 0, last + 1, last + 20, 1);
		WAL_EXPECT(env, wal_case_wait(env));
		base = max(base, last - 200);
		last += 20;
	}
}

static void wal_read_damaged(struct wal_env *env)
{
	struct raft *a = wal_case_core(env, 400, 1, 401, 1, 700);
	struct raft *b = wal_case_core(env, 401, 1, 402, 1, 700);
	struct raft_wal_reader *rd = raft_wal_reader_new();

	WAL_EXPECT(env, rd && wal_case_open(env, true) == 0);
	wal_case_submit(env, a, 0, 1, 400, 1);
	WAL_EXPECT(env, wal_case_wait(env));
	WAL_EXPECT(env, raft_wal_fault(env->wal, "corrupt", 300) == 0);
	WAL_EXPECT(env, wal_look(env, rd, 290, 100, 1 << 20) == 10);
	WAL_EXPECT(env, wal_look(env, rd, 300, 100, 1 << 20) == -EILSEQ);
	WAL_EXPECT(env, wal_look(env, rd, 280, 20, 1 << 20) == 20);
	/* Not even by accident. */
	WAL_EXPECT(env, wal_look(env, rd, 301, 1, 1 << 20) == -EILSEQ);
	/* What cannot be read for a while can be read again, and writing goes on. */
	WAL_EXPECT(env, raft_wal_fault(env->wal, "unread", 0) == 0);
	WAL_EXPECT(env, wal_look(env, rd, 280, 20, 1 << 20) == -EILSEQ);
	wal_case_submit(env, b, 0, 401, 401, 1);
	WAL_EXPECT(env, wal_case_wait(env) && !env->errors);
	WAL_EXPECT(env, wal_look(env, rd, 1, 1, 1 << 20) == -EILSEQ);
	raft_wal_fault(env->wal, "ok", 0);
	WAL_EXPECT(env, wal_look(env, rd, 280, 20, 1 << 20) == 20);
	WAL_EXPECT(env, wal_look(env, rd, 1, 1, 1 << 20) == 1);
	raft_wal_reader_free(rd);
}
#endif

#endif /* _RAFT_WAL_RING_CASES_H */
