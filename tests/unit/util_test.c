// SPDX-License-Identifier: GPL-2.0
/*
 * util_test.c - numbers with units, text for a terminal, JSON.
 */
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
}

int main(void)
{
	numbers_test();
	text_test();
	json_test();
	names_test();
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
