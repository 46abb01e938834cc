// SPDX-License-Identifier: GPL-2.0
/*
 * util_test.c - numbers with units, text for a terminal, JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/lib/util.h"

static unsigned int tests, failures;

static void ok(bool good, const char *name)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++tests, name);
	failures += !good;
}

static void numbers_test(void)
{
	uint64_t v;

	ok(!raft_u64_parse("18446744073709551615", &v) && v == UINT64_MAX,
	   "u64: largest");
	ok(raft_u64_parse("18446744073709551616", &v) == -ERANGE,
	   "u64: one more");
	ok(!raft_u64_parse("0xFFFFFFFFFFFFFFFF", &v) && v == UINT64_MAX,
	   "u64: hex");
	ok(raft_u64_parse("", &v) == -EINVAL && raft_u64_parse("0x", &v) &&
	   raft_u64_parse("0x-1", &v) && raft_u64_parse(" 1", &v) &&
	   raft_u64_parse("1 ", &v) && raft_u64_parse("+1", &v),
	   "u64: garbage");
	ok(!raft_duration_parse("1500us", &v) && v == 1500000, "duration: us");
	ok(!raft_duration_parse("2 m", &v) && v == 120 * RAFT_NS_PER_S,
	   "duration: m");
	ok(!raft_duration_parse("0", &v) && !v, "duration: 0");
	ok(raft_duration_parse("1h", &v) == -EINVAL &&
	   raft_duration_parse("1.5s", &v) == -EINVAL, "duration: garbage");
	ok(raft_duration_parse("18446744073710s", &v) == -ERANGE,
	   "duration: too long");
	ok(!raft_size_parse("60KiB", &v) && v == 61440, "size: KiB");
	ok(raft_size_parse("17179869184G", &v) == -ERANGE, "size: too large");
}

static void ppm_test(void)
{
	uint64_t v;

	ok(!raft_ppm_parse("250ppm", &v) && v == 250, "part: ppm");
	ok(!raft_ppm_parse("1%", &v) && v == 10000 &&
	   !raft_ppm_parse("0.25%", &v) && v == 2500 &&
	   !raft_ppm_parse("12.0001%", &v) && v == 120001 &&
	   !raft_ppm_parse("1.50000%", &v) && v == 15000, "part: percent");
	ok(raft_ppm_parse("0.00001%", &v) == -EINVAL,
	   "part: finer than a millionth");
	ok(raft_ppm_parse("", &v) == -EINVAL &&
	   raft_ppm_parse("10000", &v) == -EINVAL &&
	   raft_ppm_parse(".5%", &v) == -EINVAL &&
	   raft_ppm_parse("1.%", &v) == -EINVAL &&
	   raft_ppm_parse("-1%", &v) == -EINVAL &&
	   raft_ppm_parse("1.5ppm", &v) == -EINVAL &&
	   raft_ppm_parse("1%%", &v) == -EINVAL, "part: garbage");
	ok(raft_ppm_parse("18446744073709551615%", &v) == -ERANGE &&
	   raft_ppm_parse("1844674407370955.9%", &v) == -ERANGE,
	   "part: too large");
}

/* Whether a text as an address survives packing, and what it is packed to. */
static bool packs(const char *text, const uint8_t *expected, size_t len)
{
	struct raft_ioc_member m = { .id = 7, .flags = 1 }, n = m;
	uint8_t packed[RAFT_ADDR_PACKED];
	struct raft_addr addr;

	if (raft_addr_parse(text, &addr) || raft_addr_resolve(&addr, &m))
		return false;
	raft_addr_pack(&m, packed);
	return !memcmp(packed, expected, len) &&
	       !raft_addr_unpack(&n, packed) && !memcmp(&m, &n, sizeof(m));
}

static void pack_test(void)
{
	/* The bytes that kmod/addr.c makes of it. */
	static const uint8_t ip4[RAFT_ADDR_PACKED] = {
		4, 0, 0x58, 0x1b, 0, 0, 0, 0, 10, 0, 0, 9,
	};
	static const uint8_t ip6[RAFT_ADDR_PACKED] = {
		6, 0, 0x58, 0x1b, 1, 0, 0, 0, 0xfe, 0x80, [23] = 2,
	};
	struct raft_ioc_member m = { .id = 3 };
	uint8_t bad[RAFT_ADDR_PACKED];

	ok(packs("10.0.0.9:7000", ip4, sizeof(ip4)), "packed address: IPv4");
	ok(packs("[fe80::2%1]:7000", ip6, sizeof(ip6)), "packed address: IPv6");
	memset(bad, 0, sizeof(bad));
	ok(raft_addr_unpack(&m, bad) == -EINVAL && m.id == 3 && !m.family,
	   "packed address: none");
	memcpy(bad, ip4, sizeof(bad));
	bad[2] = 0;
	bad[3] = 0;
	ok(raft_addr_unpack(&m, bad) == -EINVAL && !m.addr[0],
	   "packed address: port 0");
	memcpy(bad, ip4, sizeof(bad));
	bad[12] = 1;
	ok(raft_addr_unpack(&m, bad) == -EINVAL,
	   "packed address: bytes behind IPv4");
	memcpy(bad, ip6, sizeof(bad));
	bad[4] = 0;
	ok(raft_addr_unpack(&m, bad) == -EINVAL,
	   "packed address: link-local without an interface");
}

static bool text_is(const void *data, size_t len, const char *expected)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool same;

	raft_text_write(out, data, len);
	fclose(out);
	same = !strcmp(text, expected);
	if (!same)
		printf("# got \"%s\"\n", text);
	free(text);
	return same;
}

#define TEXT(in, out)	text_is(in, sizeof(in) - 1, out)

static void text_test(void)
{
	ok(TEXT("set x = 1\t\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80",
		"set x = 1\t\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80"),
	   "text: as it is");
	ok(TEXT("\x1b[2J\r\n\x7f", "\\x1b[2J\\x0d\\x0a\\x7f"),
	   "text: control characters");
	ok(TEXT("\xc2\x9b[2J", "\\xc2\\x9b[2J"), "text: C1");
	ok(TEXT("\xc2\xa0", "\xc2\xa0"), "text: first after C1");
	ok(TEXT("\xff\xc3", "\\xff\\xc3"), "text: not UTF-8");
	ok(!raft_utf8_valid("\xc0\x80", 2) && !raft_utf8_valid("\xed\xa0\x80", 3) &&
	   !raft_utf8_valid("\xf4\x90\x80\x80", 4) &&
	   !raft_utf8_valid("\xe2\x82", 2) && raft_utf8_valid("", 0),
	   "UTF-8: overlong, surrogate, too large, cut");
}

#define LIST	"\"list\":[{\"b\":true},1]"

static void json_test(void)
{
	static const char expected[] =
		"{\"n\":18446744073709551615,\"s\":\"a\\\"\\\\\\n\\u0001\","
		LIST ",\"base64\":\"/wABAg==\",\"text\":\"ok\"}\n";
	struct raft_json j;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	raft_json_init(&j, out);
	raft_json_open(&j, NULL, '{');
	raft_json_u64(&j, "n", UINT64_MAX);
	raft_json_str(&j, "s", "a\"\\\n\x01");
	raft_json_open(&j, "list", '[');
	raft_json_open(&j, NULL, '{');
	raft_json_bool(&j, "b", true);
	raft_json_close(&j, '}');
	raft_json_u64(&j, NULL, 1);
	raft_json_close(&j, ']');
	raft_json_data(&j, "\xff\x00\x01\x02", 4);
	raft_json_data(&j, "ok", 2);
	raft_json_close(&j, '}');
	raft_json_end(&j);
	fclose(out);
	ok(!strcmp(text, expected), "JSON");
	printf("# %s", text);
	free(text);
}

static void names_test(void)
{
	ok(raft_name_valid("a-b_c.9") && !raft_name_valid("") &&
	   !raft_name_valid(".a") && !raft_name_valid("a/b") &&
	   !raft_name_valid("a b"), "name: characters");
	ok(raft_name_valid("1234567890123456789012345678901") &&
	   !raft_name_valid("12345678901234567890123456789012"),
	   "name: length");
	ok(!strcmp(raft_role_name(RAFT_ROLE_LEADER), "leader") &&
	   !strcmp(raft_role_name(99), "unknown"), "role");
	ok(!strcmp(raft_failed_name(RAFT_FAILED_DISK), "disk") &&
	   !strcmp(raft_failed_name(99), "unknown"), "failure");
	ok(!strcmp(raft_member_role(0, false), "voter") &&
	   !strcmp(raft_member_role(RAFT_MEMBER_LEARNER, false), "learner") &&
	   !strcmp(raft_member_role(RAFT_MEMBER_LEARNER | RAFT_MEMBER_PROMOTE,
				    false), "joining"), "member: one at a time");
	ok(!strcmp(raft_member_role(RAFT_MEMBER_OLD, true), "voter") &&
	   !strcmp(raft_member_role(0, true), "joining") &&
	   !strcmp(raft_member_role(RAFT_MEMBER_OLD | RAFT_MEMBER_GONE, true),
		   "leaving") &&
	   !strcmp(raft_member_role(RAFT_MEMBER_OLD | RAFT_MEMBER_LEARNER,
				    true), "demoting") &&
	   !strcmp(raft_member_role(RAFT_MEMBER_LEARNER, true), "learner"),
	   "member: joint");
}

int main(void)
{
	numbers_test();
	ppm_test();
	pack_test();
	text_test();
	json_test();
	names_test();
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
