// SPDX-License-Identifier: GPL-2.0
/*
 * disk_test.c - the on-disk format on the host: the cases of disk_cases.h, every
 * byte flipped, golden vectors. TAP.
 */
#include <stdio.h>
#include <stdlib.h>

#include "disk_cases.h"

#define GOLDEN	"tests/golden/disk.hex"

static int n_tests;

static void expect(struct disk_env *env, bool ok, const char *what, int line)
{
	if (ok)
		return;
	printf("not ok %d - %s: line %d: %s (index %llu, %s)\n", n_tests + 1,
	       (char *)env->ctx, line, what,
	       (unsigned long long)env->s.tail.index,
	       raft_disk_reason_name(env->s.bad.reason));
	exit(1);
}

static void done(struct disk_env *env)
{
	printf("ok %d - %s\n", ++n_tests, (char *)env->ctx);
}

/* Bytes that mean nothing: what lies behind the copies and the records. */
static bool unused(struct disk_env *env, u64 pos)
{
	u64 i, start;

	if (pos < 12288)
		return pos % RAFT_DISK_COPY >= 256;
	for (i = env->st.base.index + 1; i <= env->tail.index; i++) {
		start = img_pos(env, i);
		if (pos >= start && pos < start + 128 + env->lens[i])
			return false;
	}
	return true;
}

static void flip_make(struct disk_env *env, bool ring)
{
	if (!ring) {
		img_small(env, 512);
		img_truncate(env, 6);
		img_write(env, 2, 3, 40);
		return;
	}
	ring_small(env);
	img_truncate(env, 19);
	img_write(env, 1, 4, 100);
	img_write(env, 2, 4, 40);
	/* Where the base is, is said by the slot that counts; the other is older. */
	img_next_state(env);
}

/* Detected, or without meaning; never something else than what was written. */
static void flip_all(struct disk_env *env, bool closed, bool ring)
{
	u64 pos, last;
	int err;

	flip_make(env, ring);
	last = env->tail.index;
	if (closed) {
		img_durable(env);
		env->st.flags = RAFT_DISK_CLEAN;
		img_next_state(env);
	}
	expect_clean(env, last);
	for (pos = 0; pos < env->sb.data_end; pos++) {
		env->p[pos] ^= 1 << (pos & 7);
		err = img_recover(env);
		if (unused(env, pos)) {
			EXPECT(env, !err && env->s.tail.index == last);
		} else if (closed && pos >= 16384) {
			EXPECT(env, err == -EILSEQ);
			EXPECT(env, env->s.bad.index);
			EXPECT(env, env->s.bad.index <= last);
		} else {
			EXPECT(env, err == -EILSEQ || env->s.repaired ||
			       env->s.torn || env->s.tail.index < last);
		}
		env->p[pos] ^= 1 << (pos & 7);
	}
}

static void hex(FILE *f, const char *name, const u8 *p, size_t len)
{
	fprintf(f, "%s ", name);
	while (len--)
		fprintf(f, "%02x", *p++);
	fputc('\n', f);
}

static void golden_write(struct disk_env *env, FILE *f)
{
	img_small(env, 512);
	env->st.term = 5;
	env->st.vote = 2;
	env->st.commit = 4;
	img_durable(env);
	img_next_state(env);
	hex(f, "superblock", env->p, 256);
	hex(f, "hard-state", env->p +
	    raft_disk_state_pos(env->st.generation), 256);
	hex(f, "record", env->p + img_pos(env, 2), 256);
	ring_small(env);
	hex(f, "ring-hard-state", env->p +
	    raft_disk_state_pos(env->st.generation), 256);
	hex(f, "ring-record", env->p + img_pos(env, 15), 256);
}

/* GOLDEN_WRITE=1 writes the file anew: a new version of the format. */
static void golden(struct disk_env *env)
{
	char *text = NULL, *want;
	size_t size = 0, n;
	FILE *f;

	if (getenv("GOLDEN_WRITE")) {
		f = fopen(GOLDEN, "w");
		EXPECT(env, f);
		golden_write(env, f);
		fclose(f);
	}
	f = open_memstream(&text, &size);
	EXPECT(env, f);
	golden_write(env, f);
	fclose(f);
	f = fopen(GOLDEN, "r");
	EXPECT(env, f);
	want = calloc(1, size + 1);
	n = fread(want, 1, size + 1, f);
	fclose(f);
	EXPECT(env, n == size && !memcmp(text, want, size));
	free(want);
	free(text);
}

static int fail_read(void *ctx, u64 pos, void *buf, u32 len)
{
	(void)buf;
	(void)len;
	return pos >= *(u64 *)ctx ? -EIO : (memset(buf, 0, len), 0);
}

static void errors(struct disk_env *env)
{
	u64 from = 0;

	img_small(env, 512);
	img_recover(env);
	env->s.read = fail_read;
	env->s.ctx = &from;
	EXPECT(env, raft_disk_recover(&env->s) == -EIO);
	env->s.size = 4096;
	EXPECT(env, raft_disk_recover(&env->s) == -EMEDIUMTYPE);
	EXPECT(env, raft_disk_crc("123456789", 9) == 0xe3069283);
}

static void flip_open(struct disk_env *env)
{
	flip_all(env, false, false);
}

static void flip_closed(struct disk_env *env)
{
	flip_all(env, true, false);
}

static void flip_ring_open(struct disk_env *env)
{
	flip_all(env, false, true);
}

static void flip_ring_closed(struct disk_env *env)
{
	flip_all(env, true, true);
}

int main(void)
{
	static const struct disk_case more[] = {
		{ "every byte flipped, while running", flip_open },
		{ "every byte flipped, after a close", flip_closed },
		{ "every byte of a ring flipped, while running", flip_ring_open },
		{ "every byte of a ring flipped, after a close", flip_ring_closed },
		{ "golden vectors", golden },
		{ "errors of the reader, CRC-32C check value", errors },
	};
	static struct disk_env env = { .expect = expect };
	size_t i;

	env.p = malloc(IMG_SIZE);
	env.buf = malloc(RAFT_DISK_BUF);
	if (!env.p || !env.buf)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < ARRAY_SIZE(disk_cases); i++) {
		env.ctx = (void *)disk_cases[i].name;
		disk_cases[i].run(&env);
		done(&env);
	}
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		env.ctx = (void *)more[i].name;
		more[i].run(&env);
		done(&env);
	}
	printf("1..%d\n", n_tests);
	free(env.p);
	free(env.buf);
	return 0;
}
