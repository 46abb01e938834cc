// SPDX-License-Identifier: GPL-2.0
/*
 * disk_sweep_test.c - every position of a small log damaged, and what recovery says.
 *
 * Single bits, sectors that are zero or of another place, blocks that the device
 * cannot read; also in both copies of what has two.  TAP, and in its comments a
 * table of the outcomes.  SWEEP=8 flips all eight bits of each byte, not one.
 *
 * What must never happen is an outcome of its own, and fails: a log that is taken
 * for whole and lacks what was promised, or says something else; a term or vote
 * that goes back; a node that counts as having less than it promised.  The one
 * exception that a log has is the last write before a crash (disk_recover.c), unless a
 * hard state has noted it meanwhile: it is called torn.
 */
#include <stdio.h>
#include <stdlib.h>

#include "disk_cases.h"

enum outcome {
	NOTHING,	/* whole, as if nothing were damaged */
	TWIN,		/* whole, by the other copy */
	TORN,		/* the last write before a crash is dropped */
	FETCHED,	/* the rest is fetched, as far as the log is known to go */
	LET_IN,		/* what was promised is not known: a leader must let it in */
	REFUSED,	/* does not start */
	WRONG,
	OUTCOMES
};

static const char *const outcome_names[] = {
	"nothing", "twin", "torn", "fetched", "let in", "refused", "WRONG",
};

enum area {
	SUPER, STATE_NEW, STATE_OLD, HEADER, COMMAND, LAST_HEADER, LAST_COMMAND,
	FREE, AREAS
};

static const char *const area_names[] = {
	"superblock", "hard state, newest", "hard state, older", "record header",
	"command", "header, last write", "command, last write", "unused, stale",
};

enum kind { BITS, BOTH, ZERO, MOVED, UNREAD, KINDS };

static const char *const kind_names[] = {
	"a bit", "a bit of both copies", "a sector of zeros",
	"a sector of another place", "a block that cannot be read",
};

static u64 table[KINDS][AREAS][OUTCOMES];
static struct disk_env env;
static u64 last, promised, promised_term;
static enum end { CRASHED, NOTED, CLOSED, ENDS } ended;
static u64 n_wrong;

static void expect(struct disk_env *e, bool ok, const char *what, int line)
{
	(void)e;
	if (ok)
		return;
	printf("not ok 1 - line %d: %s\n", line, what);
	exit(1);
}

/* Two logs: one with what a truncation left, and a ring that went round. */
static void make(bool ring)
{
	u64 last_write;

	if (!ring) {
		img_small(&env, 512);
		img_truncate(&env, 6);
		img_write(&env, 2, 3, 40);
	} else {
		ring_small(&env);
		img_truncate(&env, 19);
		img_write(&env, 1, 4, 100);
	}
	env.st.term = 4;
	env.st.vote = 2;
	env.st.commit = env.tail.index - 1;
	img_durable(&env);
	img_next_state(&env);
	last_write = env.tail.index;
	img_write(&env, 2, 4, 200);
	last = env.tail.index;
	if (ended != CRASHED) {
		img_durable(&env);
		env.st.flags = ended == CLOSED ? RAFT_DISK_CLEAN : 0;
		img_next_state(&env);
	}
	promised = ended == CRASHED ? last_write : last;
	promised_term = env.at[promised].term;
}

static enum area area_of(u64 pos)
{
	u64 i, start;

	if (pos < RAFT_DISK_STATE_POS)
		return pos % RAFT_DISK_COPY < 256 ? SUPER : FREE;
	if (pos < 3 * RAFT_DISK_SLOT)
		return pos % RAFT_DISK_COPY >= 256 ? FREE :
		       pos >> 12 == raft_disk_state_pos(env.st.generation) >> 12 ?
		       STATE_NEW : STATE_OLD;
	for (i = env.st.base.index + 1; i <= last; i++) {
		start = img_pos(&env, i);
		if (pos < start || pos >= start + 128 + env.lens[i])
			continue;
		if (pos < start + 128)
			return i > promised ? LAST_HEADER : HEADER;
		return i > promised ? LAST_COMMAND : COMMAND;
	}
	return FREE;
}

static bool knows_hard_state(void)
{
	return env.s.state.term == env.st.term &&
	       env.s.state.vote == env.st.vote;
}

static enum outcome judge_mends(void)
{
	const struct raft_disk_scan *s = &env.s;
	struct raft_disk_state st;

	raft_disk_boot(s, 1000, &st);
	if (st.commit > s->state.base.index && env.wrong)
		return WRONG;
	if (s->reach == RAFT_REACH_LOST)
		return st.reach == RAFT_REACH_LOST ? LET_IN : WRONG;
	if (!knows_hard_state() || s->reach_term < promised_term ||
	    (s->reach_term == promised_term && s->reach < promised))
		return WRONG;
	return FETCHED;
}

static enum outcome judge(int err)
{
	const struct raft_disk_scan *s = &env.s;

	if (err == -EILSEQ && s->mends)
		return judge_mends();
	if (err)
		return REFUSED;
	if (env.wrong || s->tail.index < promised || !knows_hard_state())
		return WRONG;
	if (s->tail.index < last)
		return TORN;
	return s->repaired ? TWIN : NOTHING;
}

static int sweep_read(void *ctx, u64 pos, void *buf, u32 len)
{
	if (env.start && pos < env.start + RAFT_DISK_BLOCK_MAX &&
	    env.start < pos + len)
		return -EIO;
	return img_read(ctx, pos, buf, len);
}

static int recover(void)
{
	struct raft_disk_scan *s = &env.s;

	memset(s, 0, sizeof(*s));
	s->read = sweep_read;
	s->entry = img_entry;
	s->ctx = &env;
	s->buf = env.buf;
	s->size = IMG_SIZE;
	s->group_id = IMG_GROUP;
	s->node_id = IMG_NODE;
	env.got = 0;
	env.wrong = false;
	return raft_disk_recover(s);
}

static void try(enum kind kind, u64 pos)
{
	enum area area = area_of(pos);
	enum outcome o = judge(recover());

	table[kind][area][o]++;
	if (o != WRONG)
		return;
	n_wrong++;
	printf("# WRONG: %s at %llu, %s: index %llu of %llu, %s\n",
	       kind_names[kind], (unsigned long long)pos, area_names[area],
	       (unsigned long long)env.s.tail.index, (unsigned long long)last,
	       raft_disk_reason_name(env.s.bad.reason));
}

static void sweep_bits(u32 bits)
{
	u64 pos, twin;
	u32 i;

	for (pos = 0; pos < env.sb.data_end; pos++) {
		twin = pos % RAFT_DISK_SLOT < 256 && pos < 3 * RAFT_DISK_SLOT ?
		       pos + RAFT_DISK_COPY : 0;
		for (i = 0; i < bits; i++) {
			u8 flip = (u8)(1 << ((pos + i) & 7));

			env.p[pos] ^= flip;
			try(BITS, pos);
			if (twin) {
				env.p[twin] ^= flip;
				try(BOTH, pos);
				env.p[twin] ^= flip;
			}
			env.p[pos] ^= flip;
		}
	}
}

static void sweep_sectors(void)
{
	u8 save[512];
	u64 pos;

	for (pos = 0; pos < env.sb.data_end; pos += 512) {
		memcpy(save, env.p + pos, 512);
		memset(env.p + pos, 0, 512);
		try(ZERO, pos);
		memcpy(env.p + pos, env.p + (pos + 4096) % env.sb.data_end, 512);
		try(MOVED, pos);
		memcpy(env.p + pos, save, 512);
	}
	for (pos = 0; pos < env.sb.data_end; pos += RAFT_DISK_BLOCK_MAX) {
		/* A block of zeros cannot be told from one at 0: not tried. */
		env.start = pos;
		if (pos)
			try(UNREAD, pos);
		env.start = 0;
	}
}

static void print_table(void)
{
	u32 k, a, o;

	for (k = 0; k < KINDS; k++) {
		printf("# %s\n# %-22s", kind_names[k], "");
		for (o = 0; o < OUTCOMES; o++)
			printf("%9s", outcome_names[o]);
		putchar('\n');
		for (a = 0; a < AREAS; a++) {
			u64 sum = 0;

			for (o = 0; o < OUTCOMES; o++)
				sum += table[k][a][o];
			if (!sum)
				continue;
			printf("# %-22s", area_names[a]);
			for (o = 0; o < OUTCOMES; o++)
				printf("%9llu", (unsigned long long)table[k][a][o]);
			putchar('\n');
		}
	}
}

int main(void)
{
	const char *bits = getenv("SWEEP");
	int i;

	env.expect = expect;
	env.p = malloc(IMG_SIZE);
	env.buf = malloc(RAFT_DISK_BUF);
	if (!env.p || !env.buf)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < 2 * ENDS; i++) {
		ended = i / 2;
		env.start = 0;
		make(i & 1);
		env.start = 0;
		expect(&env, judge(recover()) == NOTHING, "whole", __LINE__);
		sweep_bits(bits ? (u32)atoi(bits) : 1);
		sweep_sectors();
	}
	print_table();
	printf("%s 1 - no position of a log whose damage is overlooked\n1..1\n",
	       n_wrong ? "not ok" : "ok");
	free(env.p);
	free(env.buf);
	return !!n_wrong;
}
