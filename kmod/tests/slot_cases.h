/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slot_cases.h - cases about the head of a snapshot's file, for KUnit and for the
 * host.  The includer supplies memory and a judge.
 */
#ifndef _RAFT_SLOT_CASES_H
#define _RAFT_SLOT_CASES_H

#include "slot.h"

/**
 * struct slot_env - one run of one case
 * @expect: judges a condition; must not return if it does not hold
 * @ctx: for @expect
 * @buf: RAFT_SLOT_HEAD bytes
 */
struct slot_env {
	void (*expect)(struct slot_env *env, bool ok, const char *what,
		       int line);
	void *ctx;
	u8 *buf;
};

struct slot_case {
	const char *name;
	void (*run)(struct slot_env *env);
};

#define SLOT_EXPECT(cond) env->expect(env, (cond), #cond, __LINE__)

#define SLOT_BYTES	(RAFT_SLOT_HEAD + 5000ULL)	/* of the file */

static inline struct raft_slot slot_sample(void)
{
	return (struct raft_slot) {
		.state = RAFT_SLOT_COMPLETE,
		.group_id = 0x1122334455667788ULL,
		.node_id = 3,
		.log_id = 0xabcdefULL,
		.generation = 7,
		.of = {
			.index = 1000,
			.term = 5,
			.id = 0x0123456789abcdefULL,
			.total = 5000,
		},
		.stored = 5000,
		.image = 640,
	};
}

static inline bool slot_equal(const struct raft_slot *a,
			      const struct raft_slot *b)
{
	return a->state == b->state && a->group_id == b->group_id &&
	       a->node_id == b->node_id && a->log_id == b->log_id &&
	       a->generation == b->generation &&
	       a->of.index == b->of.index && a->of.term == b->of.term &&
	       a->of.id == b->of.id && a->of.total == b->of.total &&
	       a->stored == b->stored && a->image == b->image;
}

static inline void slot_round(struct slot_env *env)
{
	struct raft_slot a = slot_sample(), b;

	raft_slot_encode(&a, env->buf);
	SLOT_EXPECT(!raft_slot_decode(&b, env->buf, SLOT_BYTES));
	SLOT_EXPECT(slot_equal(&a, &b));
	a.state = RAFT_SLOT_PARTIAL;
	a.stored = 4096;
	a.image = 0;
	raft_slot_encode(&a, env->buf);
	SLOT_EXPECT(!raft_slot_decode(&b, env->buf, SLOT_BYTES));
	SLOT_EXPECT(slot_equal(&a, &b));
}

/* The write of a head was torn between its copies: the newer one counts. */
static inline void slot_torn(struct slot_env *env)
{
	struct raft_slot a = slot_sample(), b, got;
	u8 copy[sizeof(struct raft_slot_le)];
	u32 i;

	b = a;
	b.generation++;
	b.of.index++;
	for (i = 0; i < RAFT_SLOT_COPIES; i++) {
		raft_slot_encode(&b, env->buf);
		memcpy(copy, env->buf, sizeof(copy));
		raft_slot_encode(&a, env->buf);
		memcpy(env->buf + i * RAFT_SLOT_COPY, copy, sizeof(copy));
		SLOT_EXPECT(!raft_slot_decode(&got, env->buf, SLOT_BYTES));
		SLOT_EXPECT(slot_equal(&got, &b));
		/* The first head of a file. */
		raft_slot_encode(&a, env->buf);
		memset(env->buf + i * RAFT_SLOT_COPY, 0, RAFT_SLOT_COPY);
		SLOT_EXPECT(!raft_slot_decode(&got, env->buf, SLOT_BYTES));
		SLOT_EXPECT(slot_equal(&got, &a));
	}
}

static inline void slot_foreign(struct slot_env *env)
{
	struct raft_slot got;

	memset(env->buf, 0, RAFT_SLOT_HEAD);
	SLOT_EXPECT(raft_slot_decode(&got, env->buf, 0) == -ENODATA);
	SLOT_EXPECT(raft_slot_decode(&got, env->buf, SLOT_BYTES) == -ENODATA);
	env->buf[0] = 'x';
	SLOT_EXPECT(raft_slot_decode(&got, env->buf, SLOT_BYTES) ==
		    -EMEDIUMTYPE);
	memset(env->buf, 0, RAFT_SLOT_HEAD);
	env->buf[RAFT_SLOT_COPY] = 'x';
	SLOT_EXPECT(raft_slot_decode(&got, env->buf, SLOT_BYTES) ==
		    -EMEDIUMTYPE);
}

/* With a good checksum: what is said is absurd, or of another version. */
static inline int slot_with(struct slot_env *env, const struct raft_slot *s,
			    size_t offset, u32 value)
{
	struct raft_slot_le le;
	struct raft_slot got;
	__le32 v = cpu_to_le32(value);
	u32 i;

	raft_slot_encode(s, env->buf);
	memcpy(&le, env->buf, sizeof(le));
	if (offset) {
		memcpy((u8 *)&le + offset, &v, sizeof(v));
		le.crc = cpu_to_le32(raft_slot_crc(0, &le, sizeof(le) - 4));
	}
	for (i = 0; i < RAFT_SLOT_COPIES; i++)
		memcpy(env->buf + i * RAFT_SLOT_COPY, &le, sizeof(le));
	return raft_slot_decode(&got, env->buf, SLOT_BYTES);
}

static inline void slot_version(struct slot_env *env)
{
	struct raft_slot a = slot_sample();

	SLOT_EXPECT(!slot_with(env, &a, 8, RAFT_SLOT_VERSION));
	SLOT_EXPECT(slot_with(env, &a, 8, RAFT_SLOT_VERSION + 1) == -EPROTO);
	SLOT_EXPECT(slot_with(env, &a, 8, 0) == -EPROTO);
	SLOT_EXPECT(slot_with(env, &a, 16, 1) == -EPROTO);
	/* What is compatible is. */
	SLOT_EXPECT(!slot_with(env, &a, 24, 1));
	SLOT_EXPECT(!slot_with(env, &a, 104, 1));
}

#define SLOT_ABSURD(field, value) do {					\
	struct raft_slot _s = slot_sample();				\
									\
	_s.field = (value);						\
	SLOT_EXPECT(slot_with(env, &_s, 0, 0) == -EILSEQ);		\
} while (0)

static inline void slot_absurd(struct slot_env *env)
{
	struct raft_slot got, a = slot_sample();

	SLOT_ABSURD(state, RAFT_SLOT_EMPTY);
	SLOT_ABSURD(state, 3);
	SLOT_ABSURD(group_id, 0);
	SLOT_ABSURD(node_id, 0);
	SLOT_ABSURD(of.index, 0);
	SLOT_ABSURD(of.index, RAFT_MAX_INDEX + 1);
	SLOT_ABSURD(of.term, 0);
	SLOT_ABSURD(of.term, RAFT_MAX_TERM + 1);
	SLOT_ABSURD(of.total, 0);
	SLOT_ABSURD(of.total, RAFT_SLOT_TOTAL_MAX + 1);
	SLOT_ABSURD(of.total, 4999);
	SLOT_ABSURD(stored, 4999);
	SLOT_ABSURD(stored, 5001);
	SLOT_ABSURD(image, 0);
	SLOT_ABSURD(image, 5001);
	/* Shorter than it says. */
	raft_slot_encode(&a, env->buf);
	SLOT_EXPECT(raft_slot_decode(&got, env->buf, SLOT_BYTES - 1) ==
		    -EILSEQ);
	SLOT_EXPECT(raft_slot_decode(&got, env->buf, RAFT_SLOT_HEAD - 1) ==
		    -EILSEQ);
}

/* One copy may be damaged anywhere, both not at the same time. */
static inline void slot_flipped(struct slot_env *env)
{
	struct raft_slot a = slot_sample(), got;
	u32 i, at = sizeof(struct raft_slot_le);
	int err;

	while (at--) {
		for (i = 0; i < RAFT_SLOT_COPIES; i++) {
			raft_slot_encode(&a, env->buf);
			env->buf[i * RAFT_SLOT_COPY + at] ^= 1 << (at & 7);
			SLOT_EXPECT(!raft_slot_decode(&got, env->buf,
						      SLOT_BYTES));
			SLOT_EXPECT(slot_equal(&got, &a));
		}
		raft_slot_encode(&a, env->buf);
		env->buf[at] ^= 1 << (at & 7);
		env->buf[RAFT_SLOT_COPY + at] ^= 1 << (at & 7);
		err = raft_slot_decode(&got, env->buf, SLOT_BYTES);
		SLOT_EXPECT(err == (at < 8 ? -EMEDIUMTYPE : -EILSEQ));
	}
}

static inline void slot_checksum(struct slot_env *env)
{
	u32 crc = raft_slot_crc(0, "123456789", 9);

	/* The check value of CRC-32C. */
	SLOT_EXPECT(crc == 0xe3069283);
	SLOT_EXPECT(raft_slot_crc(raft_slot_crc(0, "1234", 4), "56789", 5) ==
		    crc);
	SLOT_EXPECT(raft_slot_id(1, 2) == 0x100000002ULL);
}

/* Read in order, in pieces that overlap, and with one bit of it changed. */
static inline void slot_sum(struct slot_env *env)
{
	struct raft_slot_sum sum = {};
	struct raft_snapshot of = { .index = 1, .term = 1, .total = 1000 };
	u32 i;

	for (i = 0; i < of.total; i++)
		env->buf[i] = (u8)(i * 7);
	of.id = raft_slot_id(raft_slot_crc(0, env->buf, 100),
			     raft_slot_crc(0, env->buf, of.total));
	SLOT_EXPECT(raft_slot_sum_add(&sum, &of, 0, env->buf, 600));
	SLOT_EXPECT(sum.at == 600);
	SLOT_EXPECT(raft_slot_sum_add(&sum, &of, 700, env->buf + 700, 300));
	SLOT_EXPECT(raft_slot_sum_add(&sum, &of, 100, env->buf + 100, 300));
	SLOT_EXPECT(raft_slot_sum_add(&sum, &of, 600, env->buf, 0));
	SLOT_EXPECT(sum.at == 600);
	SLOT_EXPECT(raft_slot_sum_add(&sum, &of, 500, env->buf + 500, 500));
	SLOT_EXPECT(sum.at == of.total);
	for (i = 0; i < of.total; i++) {
		sum = (struct raft_slot_sum) {};
		env->buf[i] ^= 1 << (i & 7);
		SLOT_EXPECT(raft_slot_sum_add(&sum, &of, 0, env->buf, 999));
		SLOT_EXPECT(!raft_slot_sum_add(&sum, &of, 999, env->buf + 999,
					       1));
		env->buf[i] ^= 1 << (i & 7);
	}
	of.id = 0;
	sum = (struct raft_slot_sum) {};
	SLOT_EXPECT(raft_slot_sum_add(&sum, &of, 0, env->buf, 1000));
}

/* raft_slot_crc() of the head of slot_sample(): of tests/golden/slot.hex. */
#define SLOT_GOLDEN_CRC	0x50eedac2u

static const struct slot_case slot_cases[] = {
	{ "what is written is read", slot_round },
	{ "a torn write of a head", slot_torn },
	{ "nothing, and something else", slot_foreign },
	{ "another version", slot_version },
	{ "absurd values", slot_absurd },
	{ "every byte flipped", slot_flipped },
	{ "the checksum of a content", slot_checksum },
	{ "a content is read in order", slot_sum },
};

#endif /* _RAFT_SLOT_CASES_H */
