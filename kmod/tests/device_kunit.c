// SPDX-License-Identifier: GPL-2.0
/*
 * device_kunit.c - the user interface: sizes of the UAPI, checks of arguments.
 *
 * Tables: a valid RAFT_IOC_START in which one field at a time is set, and what
 * the check must say.  How arguments get in from user space is tried on the
 * running module by tests/module/badinput.c.
 */
#include <kunit/test.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/module.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "../../uapi/linux/raft.h"
#include "../compat.h"
#include "../group.h"
#include "../params.h"

/* What a program was compiled with must work for ever. */
static void raft_device_test_sizes(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_record), 48);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_features), 24);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_member), 32);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_start), 192);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_name), 40);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_propose), 80);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_command), 64);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_propose_batch), 32);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_wait), 32);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_peer), 80);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_status), 480);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_change), 40);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_members), 40);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_transfer), 24);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_read), 24);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_set), 88);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_session), 24);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_applied), 32);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_join), 56);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_snapshot), 40);
	KUNIT_EXPECT_EQ(test, sizeof(struct raft_ioc_snapshot_open), 40);
}

static void raft_device_test_numbers(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, RAFT_IOC_FEATURES, 0xc018bb00);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_START, 0x40c0bb01);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_STOP, 0x4028bb02);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_ATTACH, 0x4028bb03);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_PROPOSE, 0xc050bb04);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_WAIT, 0xc020bb05);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_STATUS, 0xc1e0bb06);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_MEMBERS, 0xc028bb07);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_TRANSFER, 0xc018bb08);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_READ, 0xc018bb09);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_SET, 0x4058bb0a);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_SESSION, 0xc018bb0b);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_APPLIED, 0x4020bb0c);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_JOIN, 0xc038bb0d);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_SNAPSHOT, 0xc028bb0e);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_SNAPSHOT_OPEN, 0xc028bb0f);
	KUNIT_EXPECT_EQ(test, RAFT_IOC_PROPOSE_BATCH, 0x4020bb10);
}

struct raft_name_case {
	const char *name;
	bool ok;
};

static const struct raft_name_case raft_name_cases[] = {
	{ "a", true },
	{ "Group-1_x.y", true },
	{ "1234567890123456789012345678901", true },
	{ "12345678901234567890123456789012", false },
	{ "", false },
	{ ".", false },
	{ "..", false },
	{ ".a", false },
	{ "a.", true },
	{ "a/b", false },
	{ "a b", false },
	{ "a\n", false },
	{ "a!", false },
	{ "a%s", false },
	{ "\x01", false },
	{ "\xc3\xa4", false },
};

static void raft_name_desc(const struct raft_name_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "\"%*pE\"", (int)strlen(c->name),
		 c->name);
}

KUNIT_ARRAY_PARAM(raft_name, raft_name_cases, raft_name_desc);

static void raft_device_test_name(struct kunit *test)
{
	const struct raft_name_case *c = test->param_value;
	char name[RAFT_NAME_LEN] = {};

	memcpy(name, c->name, strnlen(c->name, sizeof(name)));
	KUNIT_EXPECT_EQ(test, raft_params_name_ok(name), c->ok);
}

/* Set @size bytes at @offset to @value: a field of any width. */
struct raft_field_case {
	const char *what;
	size_t offset;
	size_t size;
	u64 value;
	const char *why;	/* how the reason begins, NULL: it is taken */
};

#define RAFT_FIELD(_struct, _field, _value, _why) {			\
	.what = #_field " " #_value,					\
	.offset = offsetof(_struct, _field),				\
	.size = sizeof_field(_struct, _field),				\
	.value = _value,						\
	.why = _why,							\
}

static void raft_field_desc(const struct raft_field_case *c, char *desc)
{
	strscpy(desc, c->what, KUNIT_PARAM_DESC_SIZE);
}

static void raft_field_set(void *base, const struct raft_field_case *c)
{
	void *at = base + c->offset;

	switch (c->size) {
	case sizeof(u8):
		*(u8 *)at = c->value;
		break;
	case sizeof(u16):
		*(u16 *)at = c->value;
		break;
	case sizeof(u32):
		*(u32 *)at = c->value;
		break;
	case sizeof(u64):
		*(u64 *)at = c->value;
		break;
	}
}

static void raft_expect_why(struct kunit *test, const char *why,
			    const char *want)
{
	if (!want || !why)
		KUNIT_EXPECT_STREQ(test, why ?: "", want ?: "");
	else
		KUNIT_EXPECT_TRUE_MSG(test, strstarts(why, want),
				      "said \"%s\", not \"%s\"", why, want);
}

#define RAFT_START_FIELD(_field, _value, _why) \
	RAFT_FIELD(struct raft_ioc_start, _field, _value, _why)

static const struct raft_field_case raft_start_cases[] = {
	RAFT_START_FIELD(flags, 0x1f, NULL),
	RAFT_START_FIELD(flags, 0x40, "flags"),
	RAFT_START_FIELD(flags, 0x80000000, "flags"),
	RAFT_START_FIELD(snapshot_fd[0], 1, "snapshot_fd"),
	RAFT_START_FIELD(snapshot_at, 100, NULL),
	RAFT_START_FIELD(snapshot_at, 101, "snapshot_at"),
	RAFT_START_FIELD(reserved2, 1, "reserved"),
	RAFT_START_FIELD(retain_entries, 1, "retain_entries"),
	RAFT_START_FIELD(retain_bytes, 1, "retain_bytes"),
	RAFT_START_FIELD(memory, 1, NULL),
	RAFT_START_FIELD(memory, U64_MAX, NULL),
	RAFT_START_FIELD(name[0], 0, "name"),
	RAFT_START_FIELD(name[0], '.', "name"),
	RAFT_START_FIELD(name[1], '/', "name"),
	RAFT_START_FIELD(group_id, 0, "group_id"),
	RAFT_START_FIELD(group_id, U64_MAX, NULL),
	RAFT_START_FIELD(node_id, 0, "node_id"),
	RAFT_START_FIELD(node_id, U32_MAX, NULL),
	RAFT_START_FIELD(n_members, 16, NULL),
	RAFT_START_FIELD(n_members, 17, "n_members"),
	RAFT_START_FIELD(n_members, U32_MAX, "n_members"),
	RAFT_START_FIELD(election_timeout_ms, 4, "election_timeout_ms"),
	RAFT_START_FIELD(election_timeout_ms, 5, NULL),
	RAFT_START_FIELD(election_timeout_ms, 3600000, NULL),
	RAFT_START_FIELD(election_timeout_ms, 3600001, "election_timeout_ms"),
	RAFT_START_FIELD(election_timeout_ms, U32_MAX, "election_timeout_ms"),
	RAFT_START_FIELD(heartbeat_ms, 1, NULL),
	RAFT_START_FIELD(heartbeat_ms, 500, NULL),
	RAFT_START_FIELD(heartbeat_ms, 501, "heartbeat_ms"),
	RAFT_START_FIELD(heartbeat_ms, U32_MAX, "heartbeat_ms"),
	RAFT_START_FIELD(max_inflight, 1, NULL),
	RAFT_START_FIELD(max_inflight, 256, NULL),
	RAFT_START_FIELD(max_inflight, 257, "max_inflight"),
	RAFT_START_FIELD(max_inflight_bytes, 268435456, NULL),
	RAFT_START_FIELD(max_inflight_bytes, 268435457, "max_inflight_bytes"),
	RAFT_START_FIELD(max_batch, 256, NULL),
	RAFT_START_FIELD(max_batch, 257, "max_batch"),
	RAFT_START_FIELD(propose_timeout_ms, 86400000, NULL),
	RAFT_START_FIELD(propose_timeout_ms, 86400001, "propose_timeout_ms"),
	RAFT_START_FIELD(max_uncommitted, 1, NULL),
	RAFT_START_FIELD(max_uncommitted, 1073741824, NULL),
	RAFT_START_FIELD(max_uncommitted, 1073741825, "max_uncommitted"),
	RAFT_START_FIELD(priority, U32_MAX, NULL),
	RAFT_START_FIELD(lease_drift_ppm, 500000, NULL),
	RAFT_START_FIELD(lease_drift_ppm, 500001, "lease_drift_ppm"),
	RAFT_START_FIELD(reserved, 1, "reserved"),
	RAFT_START_FIELD(reserved, U64_MAX, "reserved"),
};

KUNIT_ARRAY_PARAM(raft_start, raft_start_cases, raft_field_desc);

static struct raft_group_params *raft_valid_params(struct kunit *test)
{
	struct raft_group_params *p;
	u32 i;

	p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p);
	p->ioc.size = sizeof(p->ioc);
	strscpy(p->ioc.name, "g1", sizeof(p->ioc.name));
	p->ioc.group_id = 1;
	p->ioc.node_id = 2;
	p->ioc.n_members = 3;
	p->ioc.member_size = sizeof(struct raft_ioc_member);
	for (i = 0; i < 3; i++) {
		p->members[i] = (struct raft_ioc_member) {
			.id = i + 1,
			.family = AF_INET,
			.port = 7000,
			.addr = { 10, 0, 0, i + 1 },
		};
	}
	return p;
}

static void raft_device_test_start(struct kunit *test)
{
	const struct raft_field_case *c = test->param_value;
	struct raft_group_params *p = raft_valid_params(test);

	raft_field_set(&p->ioc, c);
	raft_expect_why(test, raft_params_start(&p->ioc), c->why);
}

static void raft_device_test_defaults(struct kunit *test)
{
	struct raft_group_params *p = raft_valid_params(test);

	/* What lies behind the end of the name is nobody's business. */
	p->ioc.name[RAFT_NAME_LEN - 1] = 'x';
	KUNIT_ASSERT_NULL(test, (void *)raft_params_start(&p->ioc));
	KUNIT_EXPECT_EQ(test, p->ioc.name[RAFT_NAME_LEN - 1], 0);
	KUNIT_EXPECT_EQ(test, p->ioc.election_timeout_ms, 1000);
	KUNIT_EXPECT_EQ(test, p->ioc.heartbeat_ms, 100);
	KUNIT_EXPECT_EQ(test, p->ioc.max_inflight, 64);
	KUNIT_EXPECT_EQ(test, p->ioc.max_inflight_bytes, 1 << 20);
	KUNIT_EXPECT_EQ(test, p->ioc.max_batch, 64);
	KUNIT_EXPECT_EQ(test, p->ioc.propose_timeout_ms, 30000);
	KUNIT_EXPECT_EQ(test, p->ioc.max_uncommitted, 4 << 20);
	KUNIT_EXPECT_EQ(test, p->ioc.lease_drift_ppm, 10000);
	/* The shortest timeout still has a heartbeat. */
	p->ioc.election_timeout_ms = RAFT_ELECTION_MS_MIN;
	p->ioc.heartbeat_ms = 0;
	KUNIT_ASSERT_NULL(test, (void *)raft_params_start(&p->ioc));
	KUNIT_EXPECT_EQ(test, p->ioc.heartbeat_ms, 1);
}

#define RAFT_MEMBERS_FIELD(_field, _value, _why) \
	RAFT_FIELD(struct raft_group_params, _field, _value, _why)

static const struct raft_field_case raft_members_cases[] = {
	RAFT_MEMBERS_FIELD(ioc.n_members, 3, NULL),
	RAFT_MEMBERS_FIELD(ioc.n_members, 2, NULL),
	RAFT_MEMBERS_FIELD(ioc.node_id, 9, "port"),	/* listen is empty */
	RAFT_MEMBERS_FIELD(ioc.n_members, 0, "port"),
	RAFT_MEMBERS_FIELD(ioc.listen.port, 1, "listen"),
	RAFT_MEMBERS_FIELD(members[0].id, 0, "id: 0"),
	RAFT_MEMBERS_FIELD(members[0].id, 2, "id: twice"),
	RAFT_MEMBERS_FIELD(members[2].id, 1, "id: twice"),
	RAFT_MEMBERS_FIELD(members[0].flags, 1, NULL),
	RAFT_MEMBERS_FIELD(members[1].flags, 1, NULL),
	RAFT_MEMBERS_FIELD(members[0].flags, RAFT_MEMBER_OLD, "flags"),
	RAFT_MEMBERS_FIELD(members[0].flags, RAFT_MEMBER_PROMOTE, "flags"),
	RAFT_MEMBERS_FIELD(members[0].flags, 0x80000000, "flags"),
	RAFT_MEMBERS_FIELD(members[0].family, 0, "family"),
	RAFT_MEMBERS_FIELD(members[0].family, 1, "family"),
	RAFT_MEMBERS_FIELD(members[0].family, 0xffff, "family"),
	RAFT_MEMBERS_FIELD(members[0].port, 0, "port"),
	RAFT_MEMBERS_FIELD(members[0].port, 65535, NULL),
	RAFT_MEMBERS_FIELD(members[0].scope_id, 1, "scope_id"),
	RAFT_MEMBERS_FIELD(members[0].addr[0], 0, "addr: not a unicast"),
	RAFT_MEMBERS_FIELD(members[0].addr[0], 224, "addr: not a unicast"),
	RAFT_MEMBERS_FIELD(members[0].addr[0], 239, "addr: not a unicast"),
	RAFT_MEMBERS_FIELD(members[0].addr[0], 127, NULL),
	RAFT_MEMBERS_FIELD(members[0].addr[4], 1, "addr: bytes behind"),
	RAFT_MEMBERS_FIELD(members[0].addr[15], 255, "addr: bytes behind"),
	RAFT_MEMBERS_FIELD(members[0].addr[3], 2, "addr: two members"),
};

KUNIT_ARRAY_PARAM(raft_members, raft_members_cases, raft_field_desc);

static void raft_device_test_members(struct kunit *test)
{
	const struct raft_field_case *c = test->param_value;
	struct raft_group_params *p = raft_valid_params(test);

	raft_field_set(p, c);
	raft_expect_why(test, raft_params_members(p), c->why);
	if (!c->why)
		KUNIT_EXPECT_EQ(test, p->listen.id, p->ioc.node_id);
}

static void raft_device_test_voters(struct kunit *test)
{
	struct raft_group_params *p = raft_valid_params(test);
	u32 i;

	for (i = 0; i < 3; i++)
		p->members[i].flags = RAFT_MEMBER_LEARNER;
	raft_expect_why(test, raft_params_members(p), "members: all are");
}

/* At most half of those who vote, and no learner. */
static void raft_device_test_witnesses(struct kunit *test)
{
	struct raft_group_params *p = raft_valid_params(test);

	p->members[0].flags = RAFT_MEMBER_WITNESS;
	raft_expect_why(test, raft_params_members(p), NULL);
	p->members[1].flags = RAFT_MEMBER_WITNESS;
	raft_expect_why(test, raft_params_members(p), "members: more witnesses");
	p->members[1].flags |= RAFT_MEMBER_LEARNER;
	raft_expect_why(test, raft_params_members(p), "flags: a learner and");
	p->members[1].flags = RAFT_MEMBER_OLD;
	raft_expect_why(test, raft_params_members(p), "flags: unknown");
}

/* A node outside its configuration says where it listens. */
static void raft_device_test_listen(struct kunit *test)
{
	struct raft_group_params *p = raft_valid_params(test);

	p->ioc.node_id = 9;
	p->ioc.listen = p->members[0];
	p->ioc.listen.id = 0;
	raft_expect_why(test, raft_params_members(p), NULL);
	KUNIT_EXPECT_EQ(test, p->listen.id, 9);

	p->ioc.listen.id = 8;
	raft_expect_why(test, raft_params_members(p), "listen.id");

	p->ioc.listen.id = 9;
	p->ioc.listen.flags = RAFT_MEMBER_LEARNER;
	raft_expect_why(test, raft_params_members(p), "listen.flags");

	/* A blank node: no members at all. */
	p->ioc.listen.flags = 0;
	p->ioc.n_members = 0;
	raft_expect_why(test, raft_params_members(p), NULL);
}

struct raft_ipv6_case {
	const char *what;
	u8 addr[16];
	u32 scope_id;
	const char *why;
};

static const struct raft_ipv6_case raft_ipv6_cases[] = {
	{ "fd00::1", { 0xfd, [15] = 1 }, 0, NULL },
	{ "fd00::1%1", { 0xfd, [15] = 1 }, 1, "scope_id" },
	{ "::1", { [15] = 1 }, 0, NULL },
	{ "::", { }, 0, "addr" },
	{ "ff02::1%1", { 0xff, 2, [15] = 1 }, 1, "addr" },
	{ "fe80::1", { 0xfe, 0x80, [15] = 1 }, 0, "scope_id" },
	{ "fe80::1%1", { 0xfe, 0x80, [15] = 1 }, 1, NULL },
	{ "fe80::1%2^31", { 0xfe, 0x80, [15] = 1 }, 1U << 31, "scope_id" },
	{ "::ffff:1.2.3.4", { [10] = 0xff, 0xff, 1, 2, 3, 4 }, 0, "addr" },
};

static void raft_ipv6_desc(const struct raft_ipv6_case *c, char *desc)
{
	strscpy(desc, c->what, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(raft_ipv6, raft_ipv6_cases, raft_ipv6_desc);

static void raft_device_test_ipv6(struct kunit *test)
{
	const struct raft_ipv6_case *c = test->param_value;
	struct raft_ioc_member m = {
		.id = 1,
		.family = AF_INET6,
		.port = 7000,
		.scope_id = c->scope_id,
	};

	memcpy(m.addr, c->addr, sizeof(m.addr));
	raft_expect_why(test, raft_params_member(&m), c->why);
}

/* A RAFT_IOC_SET of nothing but one field and the bits of @mask. */
struct raft_set_case {
	struct raft_field_case field;
	u32 mask;
};

#define RAFT_SET_CASE(_field, _value, _mask, _why) {			\
	.field = RAFT_FIELD(struct raft_ioc_set, _field, _value, _why),	\
	.mask = _mask,							\
}

static const struct raft_set_case raft_set_cases[] = {
	RAFT_SET_CASE(flags, 0, 0, "mask"),
	RAFT_SET_CASE(flags, 0, 0x8000, "mask"),
	RAFT_SET_CASE(flags, 0, 0x7fff, NULL),
	RAFT_SET_CASE(reserved, 1, RAFT_SET_PRIORITY, "reserved"),
	RAFT_SET_CASE(priority, 7, RAFT_SET_PRIORITY, NULL),
	RAFT_SET_CASE(priority, 7, RAFT_SET_HEARTBEAT, "priority: not 0"),
	RAFT_SET_CASE(election_timeout_ms, 300, RAFT_SET_ELECTION_TIMEOUT, NULL),
	RAFT_SET_CASE(election_timeout_ms, 150, RAFT_SET_ELECTION_TIMEOUT,
		      "heartbeat_ms: above half"),
	RAFT_SET_CASE(election_timeout_ms, 300, RAFT_SET_PRIORITY,
		      "election_timeout_ms: not 0"),
	RAFT_SET_CASE(heartbeat_ms, 501, RAFT_SET_HEARTBEAT, "heartbeat_ms"),
	RAFT_SET_CASE(max_inflight, 257, RAFT_SET_MAX_INFLIGHT, "max_inflight"),
	RAFT_SET_CASE(max_inflight_bytes, 1, RAFT_SET_MAX_INFLIGHT_BYTES, NULL),
	RAFT_SET_CASE(max_batch, 257, RAFT_SET_MAX_BATCH, "max_batch"),
	RAFT_SET_CASE(max_batch, 1, 0x7ff & ~RAFT_SET_MAX_BATCH, "max_batch"),
	RAFT_SET_CASE(max_uncommitted, 1, RAFT_SET_MAX_UNCOMMITTED, NULL),
	RAFT_SET_CASE(max_uncommitted, 1, RAFT_SET_PRIORITY, "max_uncommitted"),
	RAFT_SET_CASE(propose_timeout_ms, 1, RAFT_SET_PROPOSE_TIMEOUT, NULL),
	RAFT_SET_CASE(lease_drift_ppm, 500001, RAFT_SET_LEASE_DRIFT,
		      "lease_drift_ppm"),
	RAFT_SET_CASE(flags, RAFT_START_NO_PREVOTE, RAFT_SET_PREVOTE, NULL),
	RAFT_SET_CASE(flags, RAFT_START_NO_PREVOTE, RAFT_SET_CHECK_QUORUM,
		      "flags"),
	RAFT_SET_CASE(flags, RAFT_START_CREATE, 0x7ff, "flags"),
};

static void raft_set_desc(const struct raft_set_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s mask %#x", c->field.what,
		 c->mask);
}

KUNIT_ARRAY_PARAM(raft_set, raft_set_cases, raft_set_desc);

static void raft_device_test_set(struct kunit *test)
{
	const struct raft_set_case *c = test->param_value;
	struct raft_group_params *p = raft_valid_params(test);
	struct raft_ioc_set set = { .size = sizeof(set), .mask = c->mask };

	KUNIT_ASSERT_NULL(test, (void *)raft_params_start(&p->ioc));
	raft_field_set(&set, &c->field);
	raft_expect_why(test, raft_params_set(&p->ioc, &set), c->field.why);
}

/* What has no bit stays; 0 is the default. */
static void raft_device_test_set_values(struct kunit *test)
{
	struct raft_group_params *p = raft_valid_params(test);
	struct raft_ioc_set set = {
		.mask = RAFT_SET_ELECTION_TIMEOUT | RAFT_SET_HEARTBEAT |
			RAFT_SET_PREVOTE,
		.election_timeout_ms = 5000,
		.flags = RAFT_START_NO_PREVOTE,
	};

	p->ioc.flags = RAFT_START_FRESH | RAFT_START_NO_CHECK_QUORUM;
	p->ioc.priority = 3;
	p->ioc.heartbeat_ms = 200;
	KUNIT_ASSERT_NULL(test, (void *)raft_params_start(&p->ioc));
	KUNIT_ASSERT_NULL(test, (void *)raft_params_set(&p->ioc, &set));
	KUNIT_EXPECT_EQ(test, p->ioc.election_timeout_ms, 5000);
	KUNIT_EXPECT_EQ(test, p->ioc.heartbeat_ms, 500);
	KUNIT_EXPECT_EQ(test, p->ioc.priority, 3);
	KUNIT_EXPECT_EQ(test, p->ioc.max_batch, 64);
	KUNIT_EXPECT_EQ(test, p->ioc.flags,
			RAFT_START_FRESH | RAFT_START_NO_CHECK_QUORUM |
			RAFT_START_NO_PREVOTE);
}

#define RAFT_CHANGE_FIELD(_field, _value, _why) \
	RAFT_FIELD(struct raft_ioc_change, _field, _value, _why)

/* Of a valid RAFT_MEMBERS_ADD_VOTER. */
static const struct raft_field_case raft_change_cases[] = {
	RAFT_CHANGE_FIELD(op, RAFT_MEMBERS_ADD_LEARNER, NULL),
	RAFT_CHANGE_FIELD(op, RAFT_MEMBERS_ADDRESS, NULL),
	RAFT_CHANGE_FIELD(op, 0, "op"),
	RAFT_CHANGE_FIELD(op, RAFT_MEMBERS_ADD_WITNESS, NULL),
	RAFT_CHANGE_FIELD(op, 9, "op"),
	RAFT_CHANGE_FIELD(op, U32_MAX, "op"),
	RAFT_CHANGE_FIELD(op, RAFT_MEMBERS_REMOVE, "member: an address"),
	RAFT_CHANGE_FIELD(op, RAFT_MEMBERS_PROMOTE, "member: an address"),
	RAFT_CHANGE_FIELD(op, RAFT_MEMBERS_ABORT, "member: not 0"),
	RAFT_CHANGE_FIELD(reserved, 1, "reserved"),
	RAFT_CHANGE_FIELD(member.id, 0, "id: 0"),
	RAFT_CHANGE_FIELD(member.flags, RAFT_MEMBER_LEARNER, "member.flags"),
	RAFT_CHANGE_FIELD(member.flags, RAFT_MEMBER_WITNESS, "member.flags"),
	RAFT_CHANGE_FIELD(member.port, 0, "port"),
	RAFT_CHANGE_FIELD(member.family, 0, "family"),
	RAFT_CHANGE_FIELD(member.addr[0], 224, "addr"),
};

KUNIT_ARRAY_PARAM(raft_change, raft_change_cases, raft_field_desc);

static void raft_device_test_change(struct kunit *test)
{
	const struct raft_field_case *field = test->param_value;
	struct raft_ioc_change ioc = {
		.op = RAFT_MEMBERS_ADD_VOTER,
		.member = { 4, 0, AF_INET, 7000, 0, { 10, 0, 0, 4 } },
	};
	struct raft_change *c;

	c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c);
	raft_field_set(&ioc, field);
	raft_expect_why(test, raft_params_change(c, &ioc), field->why);
	KUNIT_EXPECT_EQ(test, c->n, 1);
}

/* Those without an address, by themselves. */
static void raft_device_test_bare(struct kunit *test)
{
	struct raft_ioc_change ioc = { .op = RAFT_MEMBERS_ABORT };
	struct raft_change *c;

	c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c);
	raft_expect_why(test, raft_params_change(c, &ioc), NULL);
	ioc.op = RAFT_MEMBERS_REMOVE;
	raft_expect_why(test, raft_params_change(c, &ioc), "member.id");
	ioc.member.id = 3;
	raft_expect_why(test, raft_params_change(c, &ioc), NULL);
	KUNIT_EXPECT_EQ(test, c->item[2].m.id, 3);
	KUNIT_EXPECT_EQ(test, (int)c->item[2].op, (int)RAFT_OP_REMOVE);
}

static struct kunit_case raft_device_cases[] = {
	KUNIT_CASE(raft_device_test_sizes),
	KUNIT_CASE(raft_device_test_numbers),
	KUNIT_CASE_PARAM(raft_device_test_name, raft_name_gen_params),
	KUNIT_CASE_PARAM(raft_device_test_start, raft_start_gen_params),
	KUNIT_CASE(raft_device_test_defaults),
	KUNIT_CASE_PARAM(raft_device_test_members, raft_members_gen_params),
	KUNIT_CASE(raft_device_test_voters),
	KUNIT_CASE(raft_device_test_witnesses),
	KUNIT_CASE(raft_device_test_listen),
	KUNIT_CASE_PARAM(raft_device_test_ipv6, raft_ipv6_gen_params),
	KUNIT_CASE_PARAM(raft_device_test_set, raft_set_gen_params),
	KUNIT_CASE(raft_device_test_set_values),
	KUNIT_CASE_PARAM(raft_device_test_change, raft_change_gen_params),
	KUNIT_CASE(raft_device_test_bare),
	{}
};

static struct kunit_suite raft_device_suite = {
	.name = "raft_device",
	.test_cases = raft_device_cases,
};

kunit_test_suite(raft_device_suite);

RAFT_IMPORT_NS(EXPORTED_FOR_KUNIT_TESTING);
MODULE_DESCRIPTION("KUnit tests of raft.ko");
MODULE_LICENSE("GPL");
