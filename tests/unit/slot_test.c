// SPDX-License-Identifier: GPL-2.0
/*
 * slot_test.c - the head of a snapshot's file on the host: the cases of slot_cases.h
 * and a golden vector. TAP.
 */
#include <stdio.h>
#include <stdlib.h>

#include "slot_cases.h"

#define GOLDEN	"tests/golden/slot.hex"

static int n_tests;

static void expect(struct slot_env *env, bool ok, const char *what, int line)
{
	if (ok)
		return;
	printf("not ok %d - %s: line %d: %s\n", n_tests + 1, (char *)env->ctx,
	       line, what);
	exit(1);
}

/* Both copies, a line each, as the file has them; "--golden" writes it. */
static void golden_text(u8 *buf, char *text)
{
	struct raft_slot sample = slot_sample();
	size_t i, k, n = 0;

	raft_slot_encode(&sample, buf);
	for (i = 0; i < RAFT_SLOT_COPIES; i++) {
		n += sprintf(text + n, "head ");
		for (k = 0; k < sizeof(struct raft_slot_le); k++)
			n += sprintf(text + n, "%02x",
				     buf[i * RAFT_SLOT_COPY + k]);
		n += sprintf(text + n, "\n");
	}
}

static void golden(u8 *buf)
{
	char want[2048], got[2048] = "";
	FILE *f = fopen(GOLDEN, "r");

	golden_text(buf, want);
	if (!f || !fread(got, 1, sizeof(got) - 1, f) || strcmp(got, want)) {
		printf("not ok %d - %s is not what is written now\n",
		       n_tests + 1, GOLDEN);
		exit(1);
	}
	fclose(f);
	if (raft_slot_crc(0, buf, RAFT_SLOT_HEAD) != SLOT_GOLDEN_CRC) {
		printf("not ok %d - KUnit has another golden vector: 0x%08x\n",
		       n_tests + 1, raft_slot_crc(0, buf, RAFT_SLOT_HEAD));
		exit(1);
	}
	printf("ok %d - golden vector\n", ++n_tests);
}

int main(int argc, char **argv)
{
	static u8 buf[RAFT_SLOT_HEAD];
	struct slot_env env = { .expect = expect, .buf = buf };
	char text[2048];
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "--golden")) {
		golden_text(buf, text);
		fputs(text, stdout);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(slot_cases); i++) {
		env.ctx = (void *)slot_cases[i].name;
		slot_cases[i].run(&env);
		printf("ok %d - %s\n", ++n_tests, slot_cases[i].name);
	}
	golden(buf);
	printf("1..%d\n", n_tests);
	return 0;
}
