// SPDX-License-Identifier: GPL-2.0
/*
 * wire_kunit.c - the wire format in the kernel: same bytes, same refusals.
 *
 * The thorough tests are tests/unit/wire_test.c and frag_test.c, on the host.  This one shows that
 * the kernel's byte order, checksum and alignment give the same.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../core/frag.h"
#include "../core/slot.h"
#include "../core/wire.h"
#include "frag_golden.h"

#define GROUP	0x1122334455667788ULL
#define SELF	2

static const struct raft_msg vote = {
	.type = RAFT_MSG_VOTE, .from = 1, .to = SELF, .term = 7, .seq = 99,
	.ack_seq = 98, .from_inc = 1000, .to_inc = 2000, .index = 41,
	.log_term = 6, .commit = 40, .reject_index = 39, .serial = 5,
};

struct wire_env {
	u8 buf[4096];
	u8 out[4096];
	struct raft_entry entries[4];
	struct raft_wire_command commands[4];
	struct raft_msg m;
};

static int wire_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct wire_env), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

static size_t encode(struct wire_env *env, const struct raft_msg *m, u32 len)
{
	struct raft_entry e = {
		.term = 7, .incarnation = 1000, .serial = 5, .origin = 1,
		.type = RAFT_ENTRY_COMMAND, .len = len,
	};
	struct raft_wire_out w;
	u32 i;

	memset(env->out, 0x5a, sizeof(env->out));
	raft_wire_begin(&w, env->buf, sizeof(env->buf), GROUP, m);
	for (i = 0; i < m->n_entries; i++)
		raft_wire_add(&w, &e, env->out,
			      raft_command_crc(env->out, len));
	return raft_wire_end(&w);
}

static enum raft_wire_error decode(struct wire_env *env, size_t len)
{
	return raft_wire_decode(env->buf, len, GROUP, SELF, &env->m,
				env->entries, env->commands, 4);
}

/* First bytes and checksum of tests/golden/wire.hex, "vote". */
static void raft_wire_test_golden(struct kunit *test)
{
	static const u8 want[] = {
		0x52, 0x46, 0x54, 0x4d, 1, RAFT_MSG_VOTE, 0, 0, 136, 0, 0, 0,
		0, 0, 0, 0, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
	};
	static const u8 crc[] = { 0x09, 0xec, 0xba, 0x9d };
	struct wire_env *env = test->priv;

	KUNIT_ASSERT_EQ(test, encode(env, &vote, 0), 136);
	KUNIT_EXPECT_EQ(test, memcmp(env->buf, want, sizeof(want)), 0);
	KUNIT_EXPECT_EQ(test, memcmp(env->buf + 132, crc, sizeof(crc)), 0);
}

static void raft_wire_test_round_trip(struct kunit *test)
{
	struct wire_env *env = test->priv;
	struct raft_msg m = vote;
	size_t len;

	m.type = RAFT_MSG_APPEND;
	m.n_entries = 3;
	len = encode(env, &m, 33);
	KUNIT_ASSERT_EQ(test, len, raft_wire_header_bytes(3) + 99);
	KUNIT_ASSERT_EQ(test, decode(env, len), RAFT_WIRE_OK);
	KUNIT_EXPECT_EQ(test, env->m.term, m.term);
	KUNIT_EXPECT_EQ(test, env->m.serial, m.serial);
	KUNIT_EXPECT_EQ(test, env->m.n_entries, 3);
	KUNIT_EXPECT_EQ(test, env->entries[2].len, 33);
	KUNIT_EXPECT_EQ(test, env->commands[2].offset, len - 33);
}

static void raft_wire_test_damage(struct kunit *test)
{
	struct wire_env *env = test->priv;
	struct raft_msg m = vote;
	size_t len, i;

	m.type = RAFT_MSG_APPEND;
	m.n_entries = 2;
	len = encode(env, &m, 10);
	for (i = 0; i < len; i++) {
		KUNIT_EXPECT_NE(test, decode(env, i), RAFT_WIRE_OK);
		env->buf[i] ^= 0x10;
		KUNIT_EXPECT_NE(test, decode(env, len), RAFT_WIRE_OK);
		env->buf[i] ^= 0x10;
	}
	KUNIT_EXPECT_EQ(test, decode(env, len), RAFT_WIRE_OK);
}

static void raft_wire_test_frag(struct kunit *test)
{
	const u32 total = 3 * RAFT_FRAG_DATA + 17;
	struct raft_frag_peer *peer;
	struct wire_env *env = test->priv;
	struct raft_frag_mem *mem = kvmalloc(sizeof(*mem), GFP_KERNEL);
	const struct raft_frag_msg whole = {
		.group = GROUP, .from = vote.from, .to = vote.to,
		.from_inc = vote.from_inc, .id = vote.seq, .total = total,
		.head = env->buf, .head_len = 1000, .tail = env->buf + 1000,
	};
	const u8 *msg = NULL;
	int i;

	peer = kunit_kzalloc(test, sizeof(*peer), GFP_KERNEL);
	if (!mem || !peer) {
		kvfree(mem);
		KUNIT_FAIL(test, "no memory");
		return;
	}
	memset(env->buf, 0xa5, total);
	raft_frag_init(peer, mem);
	for (i = 3; i >= 0; i--) {
		struct raft_frag_part part;
		struct raft_frag f;
		u8 *to = env->out;

		raft_frag_cut(&part, &whole, i, 0, i == 3);
		memcpy(to, &part.h, sizeof(part.h));
		to += sizeof(part.h);
		memcpy(to, part.data[0], part.len[0]);
		to += part.len[0];
		memcpy(to, part.data[1], part.len[1]);
		to += part.len[1];
		KUNIT_EXPECT_EQ(test, raft_frag_parse(env->out, to - env->out,
						      &f), RAFT_WIRE_OK);
		KUNIT_EXPECT_EQ(test, raft_frag_add(peer, &f, 0, &msg),
				i ? RAFT_FRAG_MORE : RAFT_FRAG_DONE);
	}
	if (msg)
		KUNIT_EXPECT_EQ(test, memcmp(msg, env->buf, total), 0);
	kvfree(mem);
}

static void golden_sum(struct frag_golden *g, const char *name, const u8 *gram,
		       u32 len)
{
	u32 *crc = g->ctx;

	*crc = raft_slot_crc(*crc, gram, len);
}

/* As tests/golden/frag.hex has them. */
static void raft_wire_test_frag_golden(struct kunit *test)
{
	u32 crc = 0;
	struct frag_golden g = {
		.emit = golden_sum,
		.ctx = &crc,
		.peer = kunit_kzalloc(test, sizeof(*g.peer), GFP_KERNEL),
		.mem = kvmalloc(sizeof(*g.mem), GFP_KERNEL),
		.msg = kvmalloc(FRAG_GOLDEN_LONG, GFP_KERNEL),
		.lent = kvmalloc(FRAG_GOLDEN_LONG, GFP_KERNEL),
		.packet = kunit_kzalloc(test, sizeof(*g.packet), GFP_KERNEL),
	};

	if (g.peer && g.mem && g.msg && g.lent && g.packet)
		frag_golden_all(&g);
	kvfree(g.mem);
	kvfree(g.msg);
	kvfree(g.lent);
	KUNIT_EXPECT_EQ(test, crc, FRAG_GOLDEN_CRC);
	KUNIT_EXPECT_FALSE(test, g.bad);
}

static struct kunit_case raft_wire_cases[] = {
	KUNIT_CASE(raft_wire_test_golden),
	KUNIT_CASE(raft_wire_test_round_trip),
	KUNIT_CASE(raft_wire_test_damage),
	KUNIT_CASE(raft_wire_test_frag),
	KUNIT_CASE(raft_wire_test_frag_golden),
	{}
};

static struct kunit_suite raft_wire_suite = {
	.name = "raft_wire",
	.init = wire_init,
	.test_cases = raft_wire_cases,
};

kunit_test_suite(raft_wire_suite);
