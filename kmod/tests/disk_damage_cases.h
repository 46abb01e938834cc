/* SPDX-License-Identifier: GPL-2.0 */
/*
 * disk_damage_cases.h - cases about logs that are damaged and what a boot goes on
 * with; part of disk_cases.h.
 */

/* Damaged behind @last, and known to have gone to (@reach, @term). */
static void expect_mends(struct disk_env *env, u64 last, u64 reach, u64 term)
{
	EXPECT(env, img_recover(env) == -EILSEQ);
	EXPECT(env, env->s.mends);
	EXPECT(env, env->s.tail.index == last);
	EXPECT(env, env->s.reach == reach && env->s.reach_term == term);
}

/* And a boot makes it a log that is whole, and remembers. */
static void expect_boots(struct disk_env *env, u64 last, u64 reach, u64 term)
{
	struct raft_disk_state was;

	expect_mends(env, last, reach, term);
	was = env->s.state;
	raft_disk_boot(&env->s, 1000, &env->st);
	EXPECT(env, env->st.generation == was.generation + 1);
	EXPECT(env, env->st.incarnation > was.incarnation);
	EXPECT(env, env->st.epoch > env->s.seen_epoch);
	EXPECT(env, env->st.commit == (last < was.durable ? was.base.index :
				       min(was.commit, last)));
	EXPECT(env, env->st.term >= term && env->st.term >= was.term);
	img_state(env);
	env->tail = env->s.tail;
	expect_clean(env, last);
	EXPECT(env, env->s.state.reach == reach);
	EXPECT(env, env->s.state.reach_term == term);
	/* What comes in their place, and what was there, do not mix. */
	img_write(env, 1, 9, 10);
	expect_clean(env, last + 1);
	img_write(env, 2, 9, 500);
	img_boot(env);
	expect_clean(env, last + 3);
	EXPECT(env, env->s.state.reach == reach);
}

static void damage_middle(struct disk_env *env)
{
	u64 i, block;

	for (block = 512; block <= 4096; block += 3584) {
		for (i = 1; i <= 3; i++) {
			img_small(env, (u32)block);
			env->st.commit = 1;
			img_next_state(env);
			env->p[img_pos(env, i) + 130] ^= 1;
			expect_boots(env, i - 1, 6, 2);
			img_small(env, (u32)block);
			env->p[img_pos(env, i) + 50] ^= 1;
			expect_boots(env, i - 1, 6, 2);
		}
	}
	/* Two of them: before the first, and as far as ever. */
	img_small(env, 512);
	env->p[img_pos(env, 2) + 130] ^= 1;
	env->p[img_pos(env, 4) + 130] ^= 1;
	expect_boots(env, 1, 6, 2);
	/* The last ones say less than the hard state: nobody knows. */
	img_small(env, 512);
	img_durable(env);
	img_next_state(env);
	env->p[img_pos(env, 2) + 130] ^= 1;
	env->p[img_pos(env, 6) + 10] ^= 1;
	expect_boots(env, 1, RAFT_REACH_LOST, 0);
}

static void damage_end(struct disk_env *env)
{
	/* All from here on is gone, and was noted as durable. */
	img_small(env, 512);
	img_durable(env);
	img_next_state(env);
	memset(env->p + img_pos(env, 4), 0, 4096);
	expect_boots(env, 3, RAFT_REACH_LOST, 0);
	/* The last one has its header. */
	img_small(env, 512);
	img_durable(env);
	img_next_state(env);
	env->p[img_pos(env, 6) + 200] ^= 1;
	expect_boots(env, 5, 6, 2);
	/* Another record than was durable. */
	img_small(env, 512);
	img_durable(env);
	env->st.durable_crc ^= 1;
	img_next_state(env);
	expect_boots(env, 5, RAFT_REACH_LOST, 0);
}

/* What a truncation left may come in the place of what is damaged. */
static void damage_stale(struct disk_env *env)
{
	img_small(env, 512);
	img_truncate(env, 4);
	img_write(env, 3, 3, 300);
	env->st.commit = 6;
	img_durable(env);
	img_next_state(env);
	expect_clean(env, 6);
	env->p[img_pos(env, 4) + 130] ^= 1;
	expect_boots(env, 3, 6, 3);
	/* In another block, so that the old one is still there. */
	img_format(env, 4096, 65536);
	img_boot(env);
	img_write(env, 4, 1, 20);
	img_truncate(env, 3);
	img_write(env, 2, 3, 20);
	env->st.commit = 4;
	img_durable(env);
	img_next_state(env);
	expect_clean(env, 4);
	env->p[img_pos(env, 3) + 128] ^= 1;
	EXPECT(env, img_recover(env) == -EILSEQ && env->s.mends);
	if (env->s.reach != RAFT_REACH_LOST)
		EXPECT(env, env->s.reach == 4 && env->s.reach_term == 3);
	raft_disk_boot(&env->s, 1000, &env->st);
	EXPECT(env, env->st.commit == 0);
}

static void state_truncated_lost(struct disk_env *env, u64 index)
{
	img_small(env, 512);
	img_truncate(env, index);
	img_write(env, 1, 3, 10);
	memset(env->p + raft_disk_state_pos(env->st.generation), 0xff,
	       RAFT_DISK_SLOT);
	expect_boots(env, index - 1, RAFT_REACH_LOST, 0);
}

static void damage_state(struct disk_env *env)
{
	u32 slot;

	for (slot = 0; slot < 2; slot++) {
		img_small(env, 512);
		env->st.term = 5;
		env->st.vote = 2;
		img_next_state(env);
		memset(env->p + raft_disk_state_pos(env->st.generation + slot),
		       0xff, RAFT_DISK_SLOT);
		expect_boots(env, 6, RAFT_REACH_LOST, 0);
	}
	/* With a truncation in it, and what was written after that. */
	state_truncated_lost(env, 5);
	/* The same, and what was truncated is still there. */
	state_truncated_lost(env, 3);
	/* Both: nothing can be done. */
	img_small(env, 512);
	memset(env->p + RAFT_DISK_STATE_POS, 0xff, 2 * RAFT_DISK_SLOT);
	expect_bad(env, RAFT_DISK_STATE, 0);
	EXPECT(env, !env->s.mends);
}

/* A reach that was there stays, if it is the larger one. */
static void damage_reach(struct disk_env *env)
{
	img_small(env, 512);
	env->st.reach = 3;
	env->st.reach_term = 4;
	img_next_state(env);
	env->p[img_pos(env, 2) + 130] ^= 1;
	expect_mends(env, 1, 6, 2);
	raft_disk_boot(&env->s, 1000, &env->st);
	EXPECT(env, env->st.reach == 3 && env->st.reach_term == 4);
	img_small(env, 512);
	env->st.reach = RAFT_REACH_LOST;
	img_next_state(env);
	env->p[img_pos(env, 2) + 130] ^= 1;
	expect_mends(env, 1, 6, 2);
	raft_disk_boot(&env->s, 1000, &env->st);
	EXPECT(env, env->st.reach == RAFT_REACH_LOST);
}

static int img_unread(void *ctx, u64 pos, void *buf, u32 len)
{
	struct disk_env *env = ctx;

	if (pos < env->start + 512 && env->start < pos + len)
		return -EIO;
	return img_read(ctx, pos, buf, len);
}

static int unread_at(struct disk_env *env, u64 pos)
{
	struct raft_disk_scan *s = &env->s;

	env->start = pos;
	img_recover(env);
	s->read = img_unread;
	s->entry = NULL;
	return raft_disk_recover(s);
}

static void damage_unread(struct disk_env *env)
{
	img_format(env, 4096, 65536);
	img_boot(env);
	img_write(env, 1, 1, 3000);
	img_write(env, 1, 1, 3000);
	img_write(env, 1, 2, 3000);
	EXPECT(env, unread_at(env, img_pos(env, 2)) == -EILSEQ);
	EXPECT(env, env->s.mends && env->s.bad.reason == RAFT_DISK_UNREAD);
	EXPECT(env, env->s.tail.index == 1);
	EXPECT(env, env->s.reach == 3 && env->s.reach_term == 2);
	/* Zeros at the end of a log are its end; this may be anything. */
	EXPECT(env, unread_at(env, img_pos(env, 3)) == -EILSEQ);
	EXPECT(env, env->s.mends && env->s.reach == RAFT_REACH_LOST);
	/* Far behind nobody looks but for records. */
	EXPECT(env, unread_at(env, env->sb.data_end - 512) == 0);
	EXPECT(env, unread_at(env, RAFT_DISK_STATE_POS) == -EILSEQ);
	EXPECT(env, env->s.mends && env->s.reach == RAFT_REACH_LOST);
	EXPECT(env, unread_at(env, 0) == -EIO);
}

/* In either lap of a ring that went round. */
static void damage_ring(struct disk_env *env)
{
	u64 i, last, term;

	ring_small(env);
	last = env->tail.index;
	term = env->tail.term;
	for (i = env->st.base.index + 1; i < last - 1; i++) {
		u8 *at = env->p + img_pos(env, i) + 40;

		*at ^= 1;
		expect_mends(env, i - 1, last, term);
		*at ^= 1;
	}
	expect_clean(env, last);
	/* The hard state with the base is lost, and what was cut written over. */
	memset(env->p + raft_disk_state_pos(env->st.generation), 0xff,
	       RAFT_DISK_SLOT);
	EXPECT(env, img_recover(env) == -EILSEQ);
	EXPECT(env, !env->s.mends || env->s.reach == RAFT_REACH_LOST);
}
