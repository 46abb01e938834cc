// SPDX-License-Identifier: GPL-2.0
/*
 * remote_kunit.c - addresses in a configuration, and the table of other nodes:
 * what a configuration, a stranger and want of memory make of it.
 */
#include <kunit/test.h>
#include <linux/bitops.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../../uapi/linux/raft.h"
#include "../addr.h"
#include "../remote.h"
#include "../transport.h"

static struct raft_ioc_member ip4(u32 id, u8 last)
{
	return (struct raft_ioc_member) {
		.id = id,
		.family = AF_INET,
		.port = 7000 + id,
		.addr = { 10, 0, 0, last },
	};
}

static void raft_addr_test_ip4(struct kunit *test)
{
	static const u8 wire[RAFT_ADDR_BYTES] = {
		4, 0, 0x5b, 0x1b, 0, 0, 0, 0, 10, 0, 0, 9
	};
	struct raft_ioc_member m = ip4(3, 9), back = { .id = 3 };
	struct sockaddr_storage ss;
	struct sockaddr_in *in = (struct sockaddr_in *)&ss;
	u8 addr[RAFT_ADDR_BYTES];

	raft_addr_encode(addr, &m);
	KUNIT_EXPECT_EQ(test, memcmp(addr, wire, sizeof(addr)), 0);
	KUNIT_EXPECT_EQ(test, raft_addr_decode(&back, addr), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&back, &m, sizeof(m)), 0);
	KUNIT_EXPECT_EQ(test, raft_addr_sockaddr(&ss, &back),
			(int)sizeof(*in));
	KUNIT_EXPECT_EQ(test, in->sin_family, AF_INET);
	KUNIT_EXPECT_EQ(test, ntohs(in->sin_port), 7003);
	KUNIT_EXPECT_EQ(test, ntohl(in->sin_addr.s_addr), 0x0a000009);
}

static void raft_addr_test_ip6(struct kunit *test)
{
	struct raft_ioc_member m = {
		.id = 3,
		.family = AF_INET6,
		.port = 7000,
		.scope_id = 5,
		.addr = { 0xfe, 0x80, [15] = 7 },
	};
	struct raft_ioc_member back = { .id = 3 };
	struct sockaddr_storage ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;
	u8 addr[RAFT_ADDR_BYTES];

	raft_addr_encode(addr, &m);
	KUNIT_EXPECT_EQ(test, raft_addr_decode(&back, addr), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&back, &m, sizeof(m)), 0);
	KUNIT_EXPECT_EQ(test, raft_addr_sockaddr(&ss, &back),
			(int)sizeof(*in6));
	KUNIT_EXPECT_EQ(test, in6->sin6_scope_id, 5);
	KUNIT_EXPECT_EQ(test, in6->sin6_addr.s6_addr[15], 7);
}

/* It came over the network: one byte set to what nobody may give. */
static void raft_addr_test_bad(struct kunit *test)
{
	static const struct {
		int at;
		u8 value;
	} bad[] = {
		{ 0, 0 }, { 0, AF_INET6 }, { 1, 1 },	/* family */
		{ 4, 1 },				/* scope of IPv4 */
		{ 8, 0 }, { 8, 224 }, { 12, 1 },	/* address */
	};
	struct raft_ioc_member m = ip4(3, 9), back, nowhere = { .id = 3 };
	struct sockaddr_storage ss;
	u8 addr[RAFT_ADDR_BYTES];
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		raft_addr_encode(addr, &m);
		addr[bad[i].at] = bad[i].value;
		memset(&back, 0xff, sizeof(back));
		back.id = 3;
		KUNIT_EXPECT_EQ(test, raft_addr_decode(&back, addr), -EINVAL);
		KUNIT_EXPECT_EQ(test, memcmp(&back, &nowhere, sizeof(back)), 0);
		KUNIT_EXPECT_EQ(test, raft_addr_sockaddr(&ss, &back), 0);
	}
	raft_addr_encode(addr, &m);
	addr[2] = 0;
	addr[3] = 0;
	KUNIT_EXPECT_EQ(test, raft_addr_decode(&back, addr), -EINVAL);
}

static struct raft_remotes *new_table(struct kunit *test)
{
	struct raft_remotes *rs;

	rs = kunit_kzalloc(test, sizeof(*rs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rs);
	rs->self = 1;
	return rs;
}

/* Nodes @first to @last, where they are. */
static struct raft_membership *members(struct kunit *test, u32 first, u32 last)
{
	struct raft_membership *c;
	struct raft_ioc_member m;

	c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c);
	for (; first <= last; first++, c->n++) {
		m = ip4(first, first);
		c->m[c->n].id = first;
		raft_addr_encode(c->m[c->n].addr, &m);
	}
	return c;
}

static u32 count(const struct raft_remotes *rs, bool member)
{
	u32 i, n = 0;

	for (i = 0; i < RAFT_MAX_PEERS; i++)
		n += rs->slot[i].id && rs->slot[i].member == member;
	return n;
}

static void raft_remote_test_configure(struct kunit *test)
{
	struct raft_membership *c = members(test, 1, 3);
	struct raft_remotes *rs = new_table(test);
	struct raft_remote *three;
	struct raft_ioc_member m = ip4(3, 99);

	raft_remote_configure(rs, c);
	KUNIT_EXPECT_EQ(test, count(rs, true), 2);
	KUNIT_EXPECT_NULL(test, raft_remote_find(rs, 1));
	KUNIT_EXPECT_NULL(test, raft_remote_find(rs, 0));
	KUNIT_EXPECT_EQ(test, rs->families, BIT(RAFT_FAMILY_IP4));
	three = raft_remote_find(rs, 3);
	KUNIT_ASSERT_NOT_NULL(test, three);
	three->heard = 77;

	/* It moved: what is known of it stays. */
	raft_addr_encode(c->m[2].addr, &m);
	raft_remote_configure(rs, c);
	KUNIT_EXPECT_PTR_EQ(test, raft_remote_find(rs, 3), three);
	KUNIT_EXPECT_EQ(test, three->heard, 77);
	KUNIT_EXPECT_EQ(test,
			ntohl(((struct sockaddr_in *)&three->addr)->sin_addr.s_addr),
			0x0a000063);

	/* It left: it is told, so it keeps its address. */
	raft_remote_configure(rs, members(test, 1, 2));
	KUNIT_EXPECT_EQ(test, count(rs, true), 1);
	KUNIT_EXPECT_PTR_EQ(test, raft_remote_find(rs, 3), three);
	KUNIT_EXPECT_FALSE(test, three->member);
	KUNIT_EXPECT_GT(test, three->addr_len, 0);

	/* Nobody understands its address: it is a member, and nowhere. */
	c->m[2].addr[0] = 9;
	raft_remote_configure(rs, c);
	KUNIT_EXPECT_TRUE(test, three->member);
	KUNIT_EXPECT_EQ(test, three->addr_len, 0);
}

static void raft_remote_test_strangers(struct kunit *test)
{
	struct raft_remotes *rs = new_table(test);
	u32 id;

	raft_remote_configure(rs, members(test, 1, 3));
	for (id = 100; id < 100 + RAFT_STRANGERS; id++)
		raft_remote_stranger(rs, id, id);
	KUNIT_EXPECT_EQ(test, count(rs, false), RAFT_STRANGERS);
	/* The first was heard again, so the second goes. */
	raft_remote_find(rs, 100)->seen = 1000;
	raft_remote_stranger(rs, 200, 2000);
	KUNIT_EXPECT_EQ(test, count(rs, false), RAFT_STRANGERS);
	KUNIT_EXPECT_NOT_NULL(test, raft_remote_find(rs, 100));
	KUNIT_EXPECT_NULL(test, raft_remote_find(rs, 101));
	KUNIT_EXPECT_EQ(test, count(rs, true), 2);
}

/* All places taken: strangers make room for members, never the reverse. */
static void raft_remote_test_full(struct kunit *test)
{
	struct raft_remotes *rs = new_table(test);
	u32 id;

	raft_remote_configure(rs, members(test, 2, 17));
	for (id = 100; id < 150; id++)
		raft_remote_stranger(rs, id, id);
	KUNIT_EXPECT_EQ(test, count(rs, true), RAFT_MAX_NODES);
	KUNIT_EXPECT_EQ(test, count(rs, false), RAFT_STRANGERS);
	raft_remote_configure(rs, members(test, 52, 67));
	KUNIT_EXPECT_EQ(test, count(rs, true), RAFT_MAX_NODES);
	for (id = 52; id <= 67; id++)
		KUNIT_EXPECT_NOT_NULL(test, raft_remote_find(rs, id));
	/* Those that left are strangers now: the next one takes a place. */
	raft_remote_stranger(rs, 300, 300);
	KUNIT_EXPECT_NOT_NULL(test, raft_remote_find(rs, 300));
	KUNIT_EXPECT_EQ(test, count(rs, true), RAFT_MAX_NODES);
}

/* A table whose nodes may get and send messages of several parts. */
static struct raft_remotes *new_table_with_pool(struct kunit *test)
{
	struct raft_parts_pool *pool = kunit_kzalloc(test, sizeof(*pool),
						     GFP_KERNEL);
	struct raft_remotes *rs = new_table(test);

	KUNIT_ASSERT_NOT_NULL(test, pool);
	KUNIT_ASSERT_EQ(test, raft_parts_init(pool), 0);
	rs->pool = pool;
	return rs;
}

static void raft_remote_test_memory(struct kunit *test)
{
	struct raft_remotes *rs = new_table_with_pool(test);
	struct raft_parts_pool *pool = rs->pool;
	struct raft_remote *two, *three;
	struct raft_parts *parts;

	raft_remote_configure(rs, members(test, 1, 3));
	two = raft_remote_find(rs, 2);
	three = raft_remote_find(rs, 3);
	KUNIT_EXPECT_TRUE(test, raft_remote_parts(rs, two));
	KUNIT_EXPECT_TRUE(test, raft_remote_parts(rs, three));
	parts = two->parts;
	KUNIT_EXPECT_NOT_NULL(test, parts);
	KUNIT_EXPECT_PTR_NE(test, parts, three->parts);
	/* More than what is kept is there only when a worker has fetched it. */
	flush_work(&pool->work);
	KUNIT_EXPECT_NOT_NULL(test, pool->spare[0]);

	/* Another node in its place has it, and nothing of what was in it. */
	parts->peer.clock = 9;
	raft_remote_configure(rs, members(test, 1, 1));
	raft_remote_stranger(rs, 100, 1);
	raft_remote_stranger(rs, 101, 2);
	two->seen = 0;
	raft_remote_stranger(rs, 102, 3);
	KUNIT_EXPECT_EQ(test, two->id, 102);
	KUNIT_EXPECT_PTR_EQ(test, two->parts, parts);
	KUNIT_EXPECT_EQ(test, parts->peer.clock, 0);
	KUNIT_EXPECT_TRUE(test, raft_remote_parts(rs, two));
	raft_remote_free(rs);
	raft_parts_exit(pool);
}

/* What other groups had in memory that is lent again is not seen; what is too much goes. */
static void raft_parts_test_lent(struct kunit *test)
{
	struct raft_parts_pool *pool = new_table_with_pool(test)->pool;
	struct raft_parts *parts[RAFT_PARTS_SPARE + 2] = {};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (pool->spare[0])
			pool->spare[0]->peer.clock = 9;
		parts[i] = raft_parts_get(pool);
		KUNIT_EXPECT_TRUE(test, parts[i] && !parts[i]->peer.clock);
		/* The next one has what a worker fetches. */
		flush_work(&pool->work);
	}
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i])
			raft_parts_put(pool, parts[i]);
	flush_work(&pool->work);
	KUNIT_EXPECT_TRUE(test, llist_empty(&pool->unused));
	raft_parts_exit(pool);
}

/* Memory that nobody has needed for a while is there for others. */
static void raft_remote_test_rest(struct kunit *test)
{
	struct raft_remotes *rs = new_table_with_pool(test);
	struct raft_parts_pool *pool = rs->pool;
	struct raft_remote *two, *three;
	u64 now = ktime_get_ns();

	rs->rest_at = U64_MAX;
	raft_remote_configure(rs, members(test, 1, 3));
	two = raft_remote_find(rs, 2);
	three = raft_remote_find(rs, 3);
	KUNIT_EXPECT_TRUE(test, raft_remote_parts(rs, two));
	KUNIT_EXPECT_TRUE(test, raft_remote_parts(rs, three));
	KUNIT_EXPECT_GE(test, rs->rest_at, now + RAFT_FRAG_LIFE);
	three->parts->peer.sent[0].total = 5000;
	three->parts->peer.sent[0].when = rs->rest_at;
	raft_remote_rest(rs, rs->rest_at - 1);
	KUNIT_EXPECT_NOT_NULL(test, two->parts);
	raft_remote_rest(rs, rs->rest_at);
	KUNIT_EXPECT_NULL(test, two->parts);
	KUNIT_EXPECT_NOT_NULL(test, three->parts);
	raft_remote_rest(rs, rs->rest_at);
	KUNIT_EXPECT_NULL(test, three->parts);
	KUNIT_EXPECT_EQ(test, rs->rest_at, U64_MAX);
	flush_work(&pool->work);
	KUNIT_EXPECT_TRUE(test, llist_empty(&pool->unused));
	raft_remote_free(rs);
	raft_parts_exit(pool);
}

/* Entry 7 is committed: what tells the node as much? */
static void raft_remote_test_notice(struct kunit *test)
{
	static const struct {
		struct raft_msg m;
		bool told;
	} cases[] = {
		{ { .type = RAFT_MSG_HEARTBEAT, .term = 3, .commit = 7 }, true },
		/* It has not said yet that it has entry 7. */
		{ { .type = RAFT_MSG_HEARTBEAT, .term = 3, .commit = 6 }, false },
		{ { .type = RAFT_MSG_APPEND, .term = 3, .commit = 7, .index = 7,
		    .n_entries = 1 }, true },
		{ { .type = RAFT_MSG_APPEND, .term = 3, .commit = 8, .index = 5,
		    .n_entries = 2 }, true },
		/* By which it does not see that its entry 7 is the leader's. */
		{ { .type = RAFT_MSG_APPEND, .term = 3, .commit = 8, .index = 5,
		    .n_entries = 1 }, false },
		{ { .type = RAFT_MSG_APPEND, .term = 3, .commit = 6, .index = 7,
		    .n_entries = 1 }, false },
		{ { .type = RAFT_MSG_READ_INDEX_RESP, .term = 3, .index = 7 },
		  false },
		{ { .type = RAFT_MSG_HEARTBEAT, .term = 2, .commit = 7 }, false },
	};
	struct raft_remote *remote;
	u32 i;

	remote = kunit_kzalloc(test, sizeof(*remote), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, remote);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		remote->notice.m = (struct raft_msg) {
			.type = RAFT_MSG_APPEND,
			.term = 3,
			.commit = 7,
			.index = 7,
		};
		raft_notice_told(remote, &cases[i].m);
		KUNIT_EXPECT_EQ_MSG(test, !remote->notice.m.type, cases[i].told,
				    "case %u", i);
	}
}

static struct kunit_case raft_remote_cases[] = {
	KUNIT_CASE(raft_addr_test_ip4),
	KUNIT_CASE(raft_addr_test_ip6),
	KUNIT_CASE(raft_addr_test_bad),
	KUNIT_CASE(raft_remote_test_configure),
	KUNIT_CASE(raft_remote_test_strangers),
	KUNIT_CASE(raft_remote_test_full),
	KUNIT_CASE(raft_remote_test_memory),
	KUNIT_CASE(raft_parts_test_lent),
	KUNIT_CASE(raft_remote_test_rest),
	KUNIT_CASE(raft_remote_test_notice),
	{}
};

static struct kunit_suite raft_remote_suite = {
	.name = "raft_remote",
	.test_cases = raft_remote_cases,
};

kunit_test_suite(raft_remote_suite);
