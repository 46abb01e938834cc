/* SPDX-License-Identifier: GPL-2.0 */
/*
 * disk_cases.h - cases about the on-disk format, for KUnit and for the host.
 *
 * Owns an image of a log in memory and writes to it in the order in which the
 * write-ahead log does.  The includer supplies memory and a judge.  One case at
 * least for each leaf of the decision tree in disk.c.
 */
#ifndef _RAFT_DISK_CASES_H
#define _RAFT_DISK_CASES_H

#include "disk.h"

#define IMG_SIZE	0x100000
#define IMG_ENTRIES	64
#define IMG_GROUP	0x1122334455667788ULL
#define IMG_NODE	3

/**
 * struct disk_env - one run of one case
 * @expect: judges a condition; must not return if it does not hold
 * @ctx: for @expect
 * @p: IMG_SIZE bytes, the image
 * @buf: RAFT_DISK_BUF bytes
 *
 * @sb: superblock of the image
 * @st: hard state as last written
 * @at: where each record ends
 * @lens: its length
 * @tail: where the last record written ends
 * @start: byte position of the last write
 * @s: the last recovery
 * @got: records that it handed over
 * @wrong: among them something else than was written
 */
struct disk_env {
	void (*expect)(struct disk_env *env, bool ok, const char *what,
		       int line);
	void *ctx;
	u8 *p;
	u8 *buf;

	struct raft_disk_super sb;
	struct raft_disk_state st;
	struct raft_disk_point at[IMG_ENTRIES];
	u32 lens[IMG_ENTRIES];
	struct raft_disk_point tail;
	u64 start;
	struct raft_disk_scan s;
	u64 got;
	bool wrong;
};

struct disk_case {
	const char *name;
	void (*run)(struct disk_env *env);
};

#define EXPECT(env, cond) ((env)->expect(env, cond, #cond, __LINE__))

/* --- the image ---------------------------------------------------------- */

static u8 img_byte(u64 index, u64 term, u32 i)
{
	return (u8)(index * 31 + term * 7 + i);
}

static int img_read(void *ctx, u64 pos, void *buf, u32 len)
{
	struct disk_env *env = ctx;

	EXPECT(env, pos + len <= IMG_SIZE && len <= RAFT_DISK_BUF);
	memcpy(buf, env->p + pos, len);
	return 0;
}

/*
 * Whatever is handed over must be what was written last at its index, unless
 * recovery then finds out and fails: where a record is damaged, one that was
 * truncated may come in its place, up to the last one that was noted as durable.
 */
static int img_entry(void *ctx, const struct raft_disk_record *rec,
		     const u8 *data)
{
	struct disk_env *env = ctx;
	u32 i;

	env->got++;
	EXPECT(env, rec->index == env->s.state.base.index + env->got);
	EXPECT(env, rec->index < IMG_ENTRIES);
	env->wrong |= rec->term != env->at[rec->index].term ||
		      rec->len != env->lens[rec->index];
	for (i = 0; i < rec->len; i++)
		env->wrong |= data[i] != img_byte(rec->index, rec->term, i);
	return 0;
}

static int img_recover(struct disk_env *env)
{
	struct raft_disk_scan *s = &env->s;
	int err;

	memset(s, 0, sizeof(*s));
	s->read = img_read;
	s->entry = img_entry;
	s->ctx = env;
	s->buf = env->buf;
	s->size = IMG_SIZE;
	s->group_id = IMG_GROUP;
	s->node_id = IMG_NODE;
	env->got = 0;
	env->wrong = false;
	err = raft_disk_recover(s);
	EXPECT(env, err || !env->wrong);
	return err;
}

static void img_state(struct disk_env *env)
{
	raft_disk_state_encode(&env->st, env->sb.log_id,
			       env->p + raft_disk_state_pos(env->st.generation));
}

static void img_super(struct disk_env *env)
{
	raft_disk_super_encode(&env->sb, env->p);
}

/* A log with @bytes of room for records, never booted. */
static void img_format(struct disk_env *env, u32 block, u64 bytes)
{
	memset(env->p, 0, IMG_SIZE);
	raft_disk_super_init(&env->sb, IMG_SIZE, block);
	env->sb.group_id = IMG_GROUP;
	env->sb.node_id = IMG_NODE;
	env->sb.log_id = 0xabcdef;
	env->sb.created = 12345;
	env->sb.data_end = env->sb.data_start + bytes;
	raft_disk_state_init(&env->st, &env->sb);
	img_state(env);
	env->st.generation = 1;
	img_state(env);
	img_super(env);
	env->tail = env->st.base;
}

static void img_boot(struct disk_env *env)
{
	EXPECT(env, img_recover(env) == 0);
	raft_disk_boot(&env->s, 1000, &env->st);
	img_state(env);
	env->tail = env->s.tail;
}

/* Is there a place for a write whose first record has @len bytes? */
static bool img_fits(struct disk_env *env, u32 len)
{
	struct raft_disk_point at = env->tail;

	return raft_disk_place(&env->sb, &env->st.base, &at,
			       raft_disk_record_bytes(len));
}

/*
 * One write of @n records of @len bytes, or as many of them as fit behind the
 * first; returns its bytes, from @env->start on.
 */
static u32 img_write(struct disk_env *env, u32 n, u64 term, u32 len)
{
	struct raft_disk_point *tail = &env->tail;
	u64 first = tail->index + 1, top, limit;
	u32 i, k, bytes = raft_disk_record_bytes(len);

	EXPECT(env, raft_disk_place(&env->sb, &env->st.base, tail, bytes));
	env->start = tail->pos;
	limit = raft_disk_limit(&env->sb, &env->st.base, tail->lap);
	for (i = 0; i < n && tail->pos + bytes <= limit; i++) {
		struct raft_disk_record rec = {
			.lap = tail->lap,
			.pos = tail->pos,
			.index = first + i,
			.term = term,
			.epoch = env->st.epoch,
			.durable_before = first,
			.incarnation = 77,
			.serial = first + i,
			.origin = 2,
			.len = len,
			.chain = tail->crc,
			.type = RAFT_ENTRY_COMMAND,
		};
		u8 *data = env->buf;

		EXPECT(env, rec.index < IMG_ENTRIES);
		for (k = 0; k < len; k++)
			data[k] = img_byte(rec.index, term, k);
		rec.data_crc = raft_command_crc(data, len);
		rec.crc = raft_disk_record_encode(&env->sb, &rec, data,
						  env->p + rec.pos);
		*tail = raft_disk_point(&rec);
		env->at[rec.index] = *tail;
		env->lens[rec.index] = len;
	}
	top = raft_disk_round_up(tail->pos, env->sb.block);
	memset(env->p + tail->pos, 0, (size_t)(top - tail->pos));
	return (u32)(top - env->start);
}

/* What a hard state written now says about the records. */
static void img_durable(struct disk_env *env)
{
	env->st.durable = env->tail.index;
	env->st.durable_crc = env->tail.crc;
}

static void img_next_state(struct disk_env *env)
{
	env->st.generation++;
	img_state(env);
}

/* Where record @index ends, which may be the one that the log begins behind. */
static struct raft_disk_point img_at(struct disk_env *env, u64 index)
{
	return index == env->st.base.index ? env->st.base : env->at[index];
}

static void img_truncate(struct disk_env *env, u64 index)
{
	env->tail = img_at(env, index - 1);
	env->st.epoch++;
	env->st.stale_from = index;
	img_durable(env);
	img_next_state(env);
}

/* Drop what is before @index, and that. */
static void img_cut(struct disk_env *env, u64 index)
{
	env->st.base = img_at(env, index);
	img_durable(env);
	img_next_state(env);
}

/* The log begins anew behind an entry of a snapshot. */
static void img_reset(struct disk_env *env, u64 index, u64 term)
{
	env->st.epoch++;
	env->tail.index = index;
	env->tail.term = term;
	env->tail.epoch = env->st.epoch;
	env->tail.pos = raft_disk_round_up(env->tail.pos, env->sb.block);
	env->tail.crc = 0;
	env->st.base = env->tail;
	env->st.stale_from = index + 1;
	img_durable(env);
	img_next_state(env);
}

static u64 img_pos(struct disk_env *env, u64 index)
{
	return env->at[index].pos - raft_disk_record_bytes(env->lens[index]);
}

/* A log of three writes: 1, 2 3, 4 5 6; nothing noted as durable. */
static void img_small(struct disk_env *env, u32 block)
{
	img_format(env, block, 32768);
	img_boot(env);
	img_write(env, 1, 1, 10);
	img_write(env, 2, 1, 100);
	img_write(env, 3, 2, 300);
}

static void expect_clean(struct disk_env *env, u64 last)
{
	EXPECT(env, img_recover(env) == 0);
	EXPECT(env, env->s.tail.index == last);
	EXPECT(env, env->s.state.base.index + env->got == last);
	EXPECT(env, !env->s.torn && !env->s.repaired);
}

static void expect_torn(struct disk_env *env, u64 last)
{
	EXPECT(env, img_recover(env) == 0);
	EXPECT(env, env->s.tail.index == last);
	EXPECT(env, env->s.state.base.index + env->got == last);
	EXPECT(env, env->s.torn && env->s.bad.index == last + 1);
}

static void expect_bad(struct disk_env *env, enum raft_disk_reason reason,
		       u64 index)
{
	EXPECT(env, img_recover(env) == -EILSEQ);
	EXPECT(env, env->s.bad.reason == reason);
	EXPECT(env, env->s.bad.index == index);
	EXPECT(env, !env->s.torn);
}

/* --- superblock and hard state ------------------------------------------ */

static void case_blank(struct disk_env *env)
{
	memset(env->p, 0, IMG_SIZE);
	EXPECT(env, img_recover(env) == -EMEDIUMTYPE && env->s.blank);
	env->p[5] = 1;
	EXPECT(env, img_recover(env) == -EMEDIUMTYPE && !env->s.blank);
	/* Formatting was interrupted: hard state, but no superblock yet. */
	img_format(env, 512, 32768);
	memset(env->p, 0, RAFT_DISK_SLOT);
	EXPECT(env, img_recover(env) == -EMEDIUMTYPE && env->s.blank);
	/* A log in use lost its superblock. */
	img_small(env, 512);
	memset(env->p, 0, RAFT_DISK_SLOT);
	expect_bad(env, RAFT_DISK_SUPER, 0);
}

static void case_super(struct disk_env *env)
{
	img_small(env, 512);
	expect_clean(env, 6);
	env->p[0] ^= 1;
	EXPECT(env, img_recover(env) == 0 && env->s.repaired == 1);
	env->p[RAFT_DISK_COPY + 40] ^= 1;
	expect_bad(env, RAFT_DISK_SUPER, 0);
	env->sb.version = RAFT_DISK_VERSION + 1;
	img_super(env);
	EXPECT(env, img_recover(env) == -EPROTO);
	env->sb.version = 1;	/* had no ring */
	img_super(env);
	EXPECT(env, img_recover(env) == -EPROTO && env->s.super.version == 1);
	env->sb.version = RAFT_DISK_VERSION;
	env->sb.incompat = 1;
	img_super(env);
	EXPECT(env, img_recover(env) == -EPROTO);
	env->sb.incompat = 0;
	env->sb.compat = 1;
	img_super(env);
	expect_clean(env, 6);
	env->sb.node_id++;
	img_super(env);
	EXPECT(env, img_recover(env) == -ESTALE);
	env->sb.node_id--;
	env->sb.group_id++;
	img_super(env);
	EXPECT(env, img_recover(env) == -ESTALE);
	env->sb.group_id--;
	env->sb.data_end = IMG_SIZE + 512;
	img_super(env);
	expect_bad(env, RAFT_DISK_SHORT, 0);
	env->sb.block = 48;
	img_super(env);
	expect_bad(env, RAFT_DISK_SUPER, 0);
}

static void case_state(struct disk_env *env)
{
	u64 pos;

	img_small(env, 512);
	env->st.term = 5;
	env->st.vote = 2;
	img_next_state(env);
	pos = raft_disk_state_pos(env->st.generation);
	env->p[pos + 30] ^= 4;
	EXPECT(env, img_recover(env) == 0 && env->s.repaired);
	EXPECT(env, env->s.state.term == 5 && env->s.state.vote == 2);
	env->p[pos + RAFT_DISK_COPY + 30] ^= 4;
	expect_bad(env, RAFT_DISK_STATE, 0);
	/* Torn: the new term in one copy, the one before in the other. */
	img_state(env);
	env->st.term = 6;
	env->st.generation += 2;
	raft_disk_state_encode(&env->st, env->sb.log_id, env->buf);
	memcpy(env->p + pos, env->buf, 512);
	EXPECT(env, img_recover(env) == 0 && env->s.state.term == 6);
	/* The slot that does not count must be legible, too. */
	pos = raft_disk_state_pos(env->st.generation + 1);
	memset(env->p + pos, 0, RAFT_DISK_SLOT);
	expect_bad(env, RAFT_DISK_STATE, 0);
}

static void case_boot(struct disk_env *env)
{
	u64 epoch;

	img_small(env, 512);
	epoch = env->st.epoch;
	env->st.commit = 99;
	env->st.term = 1;
	env->st.vote = 3;
	img_next_state(env);
	img_boot(env);
	/* The records were sooner durable than their term. */
	EXPECT(env, env->st.term == 2 && env->st.vote == 0);
	EXPECT(env, env->st.commit == 6 && env->st.incarnation == 1001);
	EXPECT(env, env->st.epoch == epoch + 1 && env->st.stale_from == 7);
	EXPECT(env, env->st.durable == 6);
	expect_clean(env, 6);
}

/* --- the decision tree -------------------------------------------------- */

static void case_clean(struct disk_env *env)
{
	img_format(env, 512, 32768);
	expect_clean(env, 0);
	img_boot(env);
	expect_clean(env, 0);
	img_write(env, 1, 1, 0);
	img_write(env, 1, 1, RAFT_DISK_ALIGN);
	img_boot(env);
	img_write(env, 4, 2, 1);
	expect_clean(env, 6);
	/* Garbage that was never part of a log is no trace of a write. */
	memset(env->p + raft_disk_round_up(env->tail.pos, 512), 0xee, 512);
	expect_clean(env, 6);
}

static void case_full(struct disk_env *env)
{
	img_format(env, 512, 4096);
	img_boot(env);
	while (img_fits(env, 300))
		img_write(env, 1, 1, 300);
	expect_clean(env, 8);
}

/* Every prefix of the last write: whole records are kept, the rest is torn. */
static void case_torn_prefix(struct disk_env *env)
{
	u32 bytes, cut, block = 512;
	u64 start, last;
	u8 *copy;

	for (; block <= 4096; block += 3584) {
		img_small(env, block);
		bytes = img_write(env, 5, 2, 700);
		start = env->start;
		copy = env->p + IMG_SIZE / 2;	/* far behind data_end */
		memcpy(copy, env->p + start, bytes);
		for (cut = 0; cut < bytes; cut += 512) {
			memset(env->p + start, 0, bytes);
			memcpy(env->p + start, copy, cut);
			for (last = 6; last < 11; last++)
				if (env->at[last + 1].pos > start + cut)
					break;
			EXPECT(env, img_recover(env) == 0);
			EXPECT(env, env->s.tail.index == last);
		}
	}
}

/* Any subset of the last write's sectors: never damage, never an invention. */
static void case_torn_sectors(struct disk_env *env)
{
	u32 bytes, i, sectors;
	u64 mask, start;
	u8 *copy;

	img_small(env, 512);
	bytes = img_write(env, 5, 2, 700);
	start = env->start;
	sectors = bytes / 512;
	EXPECT(env, sectors < 12);
	copy = env->p + IMG_SIZE / 2;
	memcpy(copy, env->p + start, bytes);
	for (mask = 0; mask < (1ULL << sectors); mask++) {
		for (i = 0; i < sectors; i++)
			if (mask >> i & 1)
				memcpy(env->p + start + i * 512, copy + i * 512,
				       512);
			else
				memset(env->p + start + i * 512, 0, 512);
		EXPECT(env, img_recover(env) == 0);
		EXPECT(env, env->s.tail.index >= 6);
		EXPECT(env, (env->s.tail.index == 11) ==
			    (mask + 1 == 1ULL << sectors));
	}
}

static void case_torn_behind(struct disk_env *env)
{
	img_small(env, 512);
	env->p[img_pos(env, 5) + 130] ^= 1;
	expect_torn(env, 4);		/* 6 is of the same write */
	img_small(env, 512);
	env->p[img_pos(env, 4)] ^= 1;
	expect_torn(env, 3);
	/* Boot drops it, writes again, and what was left is stale. */
	img_boot(env);
	expect_clean(env, 3);
	img_write(env, 1, 3, 10);
	expect_clean(env, 4);
}

static void case_damaged_middle(struct disk_env *env)
{
	img_small(env, 512);
	env->p[img_pos(env, 2) + 130] ^= 1;
	expect_bad(env, RAFT_DISK_DATA, 2);	/* 4 says: 3 was durable */
	img_small(env, 512);
	env->p[img_pos(env, 3) + 50] ^= 1;
	expect_bad(env, RAFT_DISK_HEADER, 3);
	img_small(env, 512);
	memset(env->p + img_pos(env, 2), 0, 1024);
	expect_bad(env, RAFT_DISK_NO_RECORD, 2);
	/* A lost write. */
	img_small(env, 512);
	memset(env->p + img_pos(env, 1), 0, 512);
	expect_bad(env, RAFT_DISK_NO_RECORD, 1);
	/* A write of another log, a write for another place. */
	img_small(env, 512);
	env->p[img_pos(env, 1) + 8] ^= 1;
	expect_bad(env, RAFT_DISK_FOREIGN, 1);
	img_small(env, 512);
	memcpy(env->p + img_pos(env, 1), env->p + img_pos(env, 2), 512);
	expect_bad(env, RAFT_DISK_PLACE, 1);
}

static void case_damaged_durable(struct disk_env *env)
{
	img_small(env, 512);
	img_durable(env);
	img_next_state(env);
	expect_clean(env, 6);
	env->p[img_pos(env, 6) + 200] ^= 1;
	expect_bad(env, RAFT_DISK_DATA, 6);
	memset(env->p + img_pos(env, 4), 0, 4096);
	expect_bad(env, RAFT_DISK_NO_RECORD, 4);
	/* A good record, but not the one that was durable. */
	img_small(env, 512);
	img_durable(env);
	env->st.durable_crc ^= 1;
	img_next_state(env);
	expect_bad(env, RAFT_DISK_CHAIN, 6);
}

static void case_damaged_chain(struct disk_env *env)
{
	img_small(env, 512);
	env->tail.crc ^= 1;
	img_write(env, 1, 2, 10);
	expect_bad(env, RAFT_DISK_CHAIN, 7);
	img_small(env, 512);
	img_write(env, 1, 1, 10);	/* a term that falls */
	expect_bad(env, RAFT_DISK_FIELD, 7);
}

static void case_state_lost(struct disk_env *env)
{
	img_small(env, 512);
	env->st.epoch++;
	img_write(env, 1, 2, 10);	/* its hard state never came */
	expect_bad(env, RAFT_DISK_STATE_LOST, 7);
	/* The same, seen only behind the end. */
	img_small(env, 512);
	env->st.epoch++;
	env->tail.pos = raft_disk_round_up(env->tail.pos, 512) + 512;
	img_write(env, 1, 2, 10);
	expect_bad(env, RAFT_DISK_STATE_LOST, 7);
}

static void case_stale(struct disk_env *env)
{
	u32 block;

	for (block = 512; block <= 4096; block += 3584) {
		/* Truncated, nothing written over it yet. */
		img_small(env, block);
		img_truncate(env, 5);
		expect_clean(env, 4);
		/* Less than there was: old ones remain behind. */
		img_write(env, 1, 3, 10);
		expect_clean(env, 5);
		/* A boot, more, and another truncation further on. */
		img_boot(env);
		img_write(env, 4, 3, 10);
		img_truncate(env, 7);
		img_write(env, 2, 4, 20);
		expect_clean(env, 8);
		img_boot(env);
		expect_clean(env, 8);
		/* And all of it. */
		img_truncate(env, 1);
		expect_clean(env, 0);
		img_write(env, 3, 5, 20);
		expect_clean(env, 3);
	}
}

/* In a block of 4096 a truncated record lies right behind one that stays. */
static void case_stale_in_block(struct disk_env *env)
{
	img_format(env, 4096, 65536);
	img_boot(env);
	img_write(env, 4, 1, 20);
	img_truncate(env, 3);
	img_write(env, 2, 1, 20);	/* same term, the same bytes */
	expect_clean(env, 4);
	img_boot(env);			/* 3 and 4 are below stale_from now */
	expect_clean(env, 4);
	env->p[img_pos(env, 4) + 128] ^= 1;
	expect_bad(env, RAFT_DISK_DATA, 4);
}

#include "disk_ring_cases.h"
#include "disk_damage_cases.h"

static const struct disk_case disk_cases[] = {
	{ "blank, not a log, half formatted", case_blank },
	{ "superblock: copies, version, features, identity", case_super },
	{ "hard state: copies, torn, illegible", case_state },
	{ "boot: term, commit, incarnation, epoch", case_boot },
	{ "leaf: clean", case_clean },
	{ "leaf: clean and full", case_full },
	{ "leaf: torn, every prefix", case_torn_prefix },
	{ "leaf: torn, every subset of sectors", case_torn_sectors },
	{ "leaf: torn, found behind", case_torn_behind },
	{ "leaf: damaged, written behind later", case_damaged_middle },
	{ "leaf: damaged, noted as durable", case_damaged_durable },
	{ "leaf: damaged, cannot follow", case_damaged_chain },
	{ "leaf: damaged, hard state lost", case_state_lost },
	{ "truncation and stale records", case_stale },
	{ "truncation in the middle of a block", case_stale_in_block },
	{ "ring: round and round, cut each time", ring_round },
	{ "ring: full to the last block", ring_exact },
	{ "ring: room is what fits", ring_room },
	{ "ring: truncation, back over the end", ring_truncate },
	{ "ring: begins anew behind a later entry", ring_reset },
	{ "ring: torn at the end, every subset of sectors", ring_torn },
	{ "ring: damaged in either lap", ring_damaged },
	{ "ring: the hard state with the base lost", ring_state_lost },
	{ "ring: impossible bases", ring_base_bad },
	{ "damage: in the middle", damage_middle },
	{ "damage: at the end", damage_end },
	{ "damage: with what a truncation left", damage_stale },
	{ "damage: a hard state", damage_state },
	{ "damage: with a reach that was there", damage_reach },
	{ "damage: blocks that cannot be read", damage_unread },
	{ "damage: of a ring", damage_ring },
};

#endif /* _RAFT_DISK_CASES_H */
