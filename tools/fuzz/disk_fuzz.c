// SPDX-License-Identifier: GPL-2.0
/*
 * disk_fuzz.c - libFuzzer over recovery of the on-disk format.
 *
 * The input is a script of operations on the image of disk_cases.h: what the log
 * does (write, truncate, cut, begin anew, boot, note as durable) and what happens to disks (bytes
 * and sectors change, move, vanish), some with checksums mended, as malice would.
 * Whatever the image, recovery must not touch memory that is not its own; what it
 * hands over must have been written, unless checksums were forged; and once it
 * accepts a log, booting and writing on it must be accepted again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../kmod/tests/disk_cases.h"

#define AREA	32768	/* bytes of records, of a small ring a quarter */

struct input {
	const uint8_t *p;
	size_t n;
};

static u8 image[IMG_SIZE];
static u8 scan_buf[RAFT_DISK_BUF];
static bool forged;
static bool older;	/* an entry may be one that was truncated */

static void expect(struct disk_env *env, bool ok, const char *what, int line)
{
	(void)env;
	if (ok)
		return;
	fprintf(stderr, "line %d: %s\n", line, what);
	abort();
}

static u32 take(struct input *in, u32 bytes)
{
	u32 v = 0;

	while (bytes--) {
		v = v << 8 | (in->n ? *in->p : 0);
		if (in->n) {
			in->p++;
			in->n--;
		}
	}
	return v;
}

static u32 place(struct input *in)
{
	return take(in, 2) % (RAFT_DISK_DATA_POS + AREA);
}

/* Mend the checksum of whatever structure begins here. */
static void mend(struct disk_env *env, u32 pos)
{
	u32 crc;

	forged = true;
	if (pos >= RAFT_DISK_DATA_POS) {
		pos &= ~(RAFT_DISK_ALIGN - 1U);
		crc = raft_disk_crc(env->p + pos + 8, 120);
		memcpy(env->p + pos + 4, &crc, 4);
		return;
	}
	pos &= ~(RAFT_DISK_COPY - 1U);
	crc = raft_disk_crc(env->p + pos, 252);
	memcpy(env->p + pos + 252, &crc, 4);
}

static int any_entry(void *ctx, const struct raft_disk_record *rec,
		     const u8 *data)
{
	struct disk_env *env = ctx;
	u32 i, sum = 0;

	env->got++;
	EXPECT(env, rec->index == env->s.state.base.index + env->got);
	for (i = 0; i < rec->len; i++)
		sum += data[i];
	return sum == 0xffffffff ? -EIO : 0;
}

static int recover(struct disk_env *env)
{
	if (!forged && !older)
		return img_recover(env);
	memset(&env->s, 0, sizeof(env->s));
	env->s.read = img_read;
	env->s.entry = any_entry;
	env->s.ctx = env;
	env->s.buf = env->buf;
	env->s.size = IMG_SIZE;
	env->got = 0;
	return raft_disk_recover(&env->s);
}

/* As the kernel boots, damaged or not; the marks for truncation come from the good records. */
static bool boot(struct disk_env *env)
{
	u64 index;

	if (recover(env) && !env->s.mends)
		return false;
	if (env->s.super.data_end > RAFT_DISK_DATA_POS + AREA ||
	    env->s.tail.index >= IMG_ENTRIES)
		return false;
	/* What a truncation left may lie in the place of what is damaged. */
	older |= env->s.mends && env->s.tail.index < env->s.state.durable;
	index = env->s.tail.index;
	env->sb = env->s.super;
	raft_disk_boot(&env->s, 1000, &env->st);
	img_state(env);
	env->tail = env->s.tail;
	env->at[index] = env->tail;
	return true;
}

static bool write_some(struct disk_env *env, u32 n, u32 len, u32 up)
{
	u64 term = max(env->tail.term, 1ULL) + up;

	if (env->tail.index + n >= IMG_ENTRIES || term > RAFT_MAX_TERM ||
	    !img_fits(env, len))
		return false;
	img_write(env, n, term, len);
	return true;
}

/* Entries behind the base. */
static u32 above(const struct disk_env *env)
{
	return (u32)(env->tail.index - env->st.base.index);
}

static void operate(struct disk_env *env, struct input *in)
{
	u32 a, b, len;

	switch (take(in, 1) % 11) {
	case 0:
		env->p[place(in)] = (u8)take(in, 1);
		return;
	case 1:
		a = place(in);
		env->p[a] ^= (u8)take(in, 1);
		mend(env, a);
		return;
	case 2:
		a = place(in) & ~511U;
		b = place(in) & ~511U;
		memmove(env->p + a, env->p + b, 512);
		forged |= a != b && a < RAFT_DISK_DATA_POS;
		return;
	case 3:
		memset(env->p + (place(in) & ~511U), 0, 512);
		return;
	case 4:
		boot(env);
		return;
	case 5:
		a = take(in, 1);
		len = take(in, 1) * 4;
		write_some(env, 1 + a % 4, len, a >> 6);
		return;
	case 6:
		a = take(in, 1);
		if (!forged && above(env))
			img_truncate(env, env->st.base.index + 1 + a % above(env));
		return;
	case 7:
		img_durable(env);
		img_next_state(env);
		return;
	case 9:
		a = take(in, 1);
		if (!forged && above(env))
			img_cut(env, env->st.base.index + 1 + a % above(env));
		return;
	case 10:
		a = take(in, 1);
		if (!forged && env->tail.index + a % 4 < IMG_ENTRIES)
			img_reset(env, env->tail.index + a % 4,
				  env->tail.term + (a >> 6));
		return;
	default:
		env->st.term += take(in, 1);
		img_next_state(env);
		return;
	}
}

/*
 * Nothing is left of a write once its log was booted.  A header whose checksum
 * is bad may look like one all the same: its epoch may have decayed, or the hard
 * state's been forged.  It only words the report.
 */
static bool whole(const struct disk_env *env)
{
	return !env->s.torn || env->s.bad.reason == RAFT_DISK_HEADER;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct disk_env env;
	struct input in = { .p = data, .n = size };
	u32 block;

	memset(&env, 0, sizeof(env));
	env.expect = expect;
	env.p = image;
	env.buf = scan_buf;
	forged = false;
	older = false;
	block = take(&in, 1);
	img_format(&env, block & 1 ? 512 : 4096, block & 2 ? AREA / 4 : AREA);
	img_boot(&env);
	while (in.n)
		operate(&env, &in);
	if (!boot(&env))
		return 0;
	/* What was accepted once is accepted with all that is put on it. */
	EXPECT(&env, recover(&env) == 0 && env.s.tail.index == env.tail.index);
	EXPECT(&env, whole(&env));
	if (write_some(&env, 2, 100, 0)) {
		EXPECT(&env, recover(&env) == 0);
		EXPECT(&env, env.s.tail.index == env.tail.index && whole(&env));
	}
	return 0;
}
