/* SPDX-License-Identifier: GPL-2.0 */
/*
 * disk_ring_cases.h - cases about a log that has been cut and has gone round.
 *
 * Owns nothing: writes to the image of disk_cases.h, which includes this.
 */
#ifndef _RAFT_DISK_RING_CASES_H
#define _RAFT_DISK_RING_CASES_H

#define RING_BLOCK	512
#define RING_BYTES	8192

/*
 * A log that begins behind 12 and lies in two laps: each write is of one record
 * of three blocks, so that one block is left over at the end of each lap.
 */
static void ring_small(struct disk_env *env)
{
	u64 i;

	img_format(env, RING_BLOCK, RING_BYTES);
	img_boot(env);
	for (i = 1; i <= 14; i++) {
		if (!img_fits(env, 1300))
			img_cut(env, i - 3);
		img_write(env, 1, 1 + i / 8, 1300);
	}
	img_cut(env, 12);
	img_write(env, 3, 2, 100);
	EXPECT(env, env->st.base.lap == 2 && env->tail.lap == 2);
	img_write(env, 1, 3, 1300);
	img_write(env, 1, 3, 600);
	EXPECT(env, env->tail.lap == 3 && env->tail.index == 19);
}

static void ring_round(struct disk_env *env)
{
	u64 i;

	img_format(env, RING_BLOCK, RING_BYTES);
	img_boot(env);
	for (i = 1; i < IMG_ENTRIES; i++) {
		if (!img_fits(env, 1300)) {
			expect_clean(env, i - 1);
			img_cut(env, i - 1 - i % 4);
			expect_clean(env, i - 1);
		}
		img_write(env, 1, 1, 1300);
		expect_clean(env, i);
	}
	EXPECT(env, env->tail.lap > 10);
	img_boot(env);
	expect_clean(env, IMG_ENTRIES - 1);
	/* Nothing is left: it goes on where it is. */
	img_cut(env, IMG_ENTRIES - 1);
	expect_clean(env, IMG_ENTRIES - 1);
	img_boot(env);
	EXPECT(env, env->tail.index == IMG_ENTRIES - 1 && !env->s.records);
}

/* Records that fill the ring to its last block: the base ends where it does. */
static void ring_exact(struct disk_env *env)
{
	u64 i;

	img_format(env, RING_BLOCK, 4 * RING_BLOCK);
	img_boot(env);
	for (i = 1; i < 30; i++) {
		while (!img_fits(env, 384))
			img_cut(env, env->st.base.index + 1);
		img_write(env, 1, 1, 384);
		EXPECT(env, env->at[i].pos == env->start + RING_BLOCK);
		expect_clean(env, i);
		if (i % 4 == 0)
			EXPECT(env, env->at[i].pos == env->sb.data_end);
	}
	img_cut(env, 28);
	EXPECT(env, env->st.base.pos == env->sb.data_end);
	expect_clean(env, 29);
	img_truncate(env, 29);
	expect_clean(env, 28);
	for (i = 29; i < 33; i++)
		img_write(env, 1, 2, 384);
	expect_clean(env, 32);
	EXPECT(env, !img_fits(env, 0));
}

/* Room is never more than what then fits, whatever the sizes. */
static void ring_room(struct disk_env *env)
{
	u32 seed = 1, len, bytes, round;
	u64 room;

	for (round = 0; round < 400; round++) {
		img_format(env, RING_BLOCK, 262144);
		img_boot(env);
		env->st.base.lap = 5;
		env->st.base.pos += (round * 7919 % 262144) & ~63U;
		env->tail = env->st.base;
		env->tail.lap += round & 1;
		if (round & 1)
			env->tail.pos = env->sb.data_start;
		room = raft_disk_room(&env->sb, &env->st.base, &env->tail);
		EXPECT(env, round & 1 || room >= 65536);
		for (;;) {
			seed = seed * 1103515245 + 12345;
			len = seed >> 8 & 3 ? seed >> 16 & 0xfff : seed >> 15;
			len %= RAFT_MAX_COMMAND + 1;
			bytes = (u32)raft_disk_round_up(raft_disk_record_bytes(len),
							RING_BLOCK);
			if (bytes > room)
				break;
			EXPECT(env, raft_disk_place(&env->sb, &env->st.base,
						    &env->tail, bytes));
			env->tail.pos += bytes;
			room -= bytes;
			EXPECT(env, raft_disk_room(&env->sb, &env->st.base,
						   &env->tail) >= room);
		}
	}
}

static void ring_truncate(struct disk_env *env)
{
	u64 i;

	for (i = 13; i <= 19; i++) {
		ring_small(env);
		img_truncate(env, i);
		expect_clean(env, i - 1);
		img_write(env, 1, 4, 700);
		expect_clean(env, i);
		img_cut(env, i - 1);
		img_write(env, 1, 4, 1300);
		img_boot(env);
		expect_clean(env, i + 1);
		img_truncate(env, i + 1);
		img_cut(env, i);
		img_write(env, 2, 5, 900);
		expect_clean(env, i + 2);
	}
	/* Back over the end and round it again, and not: what fits stays here. */
	ring_small(env);
	img_truncate(env, 18);
	img_write(env, 1, 4, 100);
	EXPECT(env, env->tail.lap == 2);
	expect_clean(env, 18);
	img_truncate(env, 18);
	img_write(env, 1, 5, 2000);
	EXPECT(env, env->tail.lap == 3 && !img_fits(env, 0));
	expect_clean(env, 18);
	img_cut(env, 17);
	img_boot(env);
	img_write(env, 1, 5, 100);
	expect_clean(env, 19);
}

static void ring_reset(struct disk_env *env)
{
	ring_small(env);
	/* What follows has indexes that the old records have, too. */
	img_reset(env, 15, 7);
	expect_clean(env, 15);
	img_boot(env);
	EXPECT(env, env->st.term >= 7 && env->tail.index == 15);
	expect_clean(env, 15);
	img_write(env, 1, 7, 1300);
	img_write(env, 3, 7, 40);
	expect_clean(env, 19);
	img_reset(env, 40, 8);
	expect_clean(env, 40);
	while (env->tail.index < 45)
		img_write(env, 45 - (u32)env->tail.index, 8, 1200);
	expect_clean(env, 45);
	env->p[img_pos(env, 45) + 130] ^= 1;
	expect_torn(env, 44);
}

/* The write that begins the next lap, every prefix and every subset. */
static void ring_torn(struct disk_env *env)
{
	u32 i, sectors, bytes;
	u8 *copy = env->p + IMG_SIZE / 2;
	u64 mask, last;

	ring_small(env);
	img_truncate(env, 18);
	img_write(env, 1, 4, 1300);
	img_cut(env, 17);
	memcpy(copy, env->p, IMG_SIZE / 4);
	last = env->tail.index;
	bytes = img_write(env, 6, 5, 700);
	EXPECT(env, env->tail.lap == 3 && env->tail.index > last + 2);
	sectors = bytes / 512;
	EXPECT(env, sectors >= 4 && sectors < 12);
	memcpy(copy + IMG_SIZE / 4, env->p, IMG_SIZE / 4);
	for (mask = 0; mask < (1ULL << sectors); mask++) {
		memcpy(env->p, copy, IMG_SIZE / 4);
		for (i = 0; i < sectors; i++)
			if (mask >> i & 1)
				memcpy(env->p + env->start + i * 512,
				       copy + IMG_SIZE / 4 + env->start + i * 512,
				       512);
		EXPECT(env, img_recover(env) == 0);
		EXPECT(env, env->s.tail.index >= last);
		EXPECT(env, (env->s.tail.index == env->tail.index) ==
			    (mask + 1 == 1ULL << sectors));
	}
}

static void ring_damaged(struct disk_env *env)
{
	u64 i;

	/* Any one of them but the last: more was written behind it. */
	for (i = 13; i < 19; i++) {
		ring_small(env);
		env->p[img_pos(env, i) + 128] ^= 1;
		expect_bad(env, RAFT_DISK_DATA, i);
		ring_small(env);
		memset(env->p + img_pos(env, i), 0, 128);
		expect_bad(env, RAFT_DISK_NO_RECORD, i);
	}
	/* A lost write: where it should be is the lap before. */
	ring_small(env);
	img_cut(env, 17);
	i = raft_disk_round_up(env->at[19].pos, 512);
	memcpy(env->p + IMG_SIZE / 2, env->p + i, 1536);
	img_write(env, 1, 3, 1300);
	img_write(env, 1, 3, 10);
	memcpy(env->p + i, env->p + IMG_SIZE / 2, 1536);
	EXPECT(env, img_recover(env) == -EILSEQ && env->s.bad.index == 20);
}

/* The hard state that dropped what was written over is not the one found. */
static void ring_state_lost(struct disk_env *env)
{
	u8 *copy = env->p + IMG_SIZE / 2;
	u64 i;

	img_format(env, RING_BLOCK, RING_BYTES);
	img_boot(env);
	for (i = 0; i < 16; i++)
		img_write(env, 1, 1, 300);
	img_cut(env, 4);
	memcpy(copy, env->p, RAFT_DISK_DATA_POS);
	img_cut(env, 8);
	for (i = 0; i < 6; i++)
		img_write(env, 1, 1, 300);
	expect_clean(env, 22);
	memcpy(env->p, copy, RAFT_DISK_DATA_POS);
	expect_bad(env, RAFT_DISK_STATE_LOST, 5);
}

/* A base that cannot be, with a good checksum. */
static void ring_base_bad(struct disk_env *env)
{
	ring_small(env);
	env->st.base.pos = env->sb.data_end + 64;
	img_next_state(env);
	expect_bad(env, RAFT_DISK_STATE, 0);
	env->st.base.pos = env->sb.data_start - 64;
	img_next_state(env);
	expect_bad(env, RAFT_DISK_STATE, 0);
	env->st.base.pos = env->sb.data_start + 1;
	img_next_state(env);
	expect_bad(env, RAFT_DISK_STATE, 0);
	ring_small(env);
	env->st.base.epoch = env->st.epoch + 1;
	img_next_state(env);
	expect_bad(env, RAFT_DISK_STATE, 0);
	ring_small(env);
	env->st.base.lap = 1ULL << 62;
	img_next_state(env);
	expect_bad(env, RAFT_DISK_STATE, 0);
	ring_small(env);
	env->st.base.crc ^= 1;
	img_next_state(env);
	expect_bad(env, RAFT_DISK_CHAIN, 13);
	/* One that the records left long ago, and the first of them is lost. */
	img_format(env, 512, 32768);
	img_boot(env);
	env->st.base.lap = 3;
	env->tail.lap = 3;
	img_write(env, 1, 1, 300);
	img_write(env, 1, 1, 300);
	env->st.base.lap = 0;
	img_durable(env);
	img_next_state(env);
	memset(env->p + RAFT_DISK_DATA_POS, 0, 512);
	EXPECT(env, img_recover(env) == -EILSEQ && !env->s.mends);
	/* Another lap: what is there is of the lap before that, and noted. */
	ring_small(env);
	env->st.base.lap++;
	img_next_state(env);
	EXPECT(env, img_recover(env) == -EILSEQ);
}

#endif /* _RAFT_DISK_RING_CASES_H */
