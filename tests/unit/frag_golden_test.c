// SPDX-License-Identifier: GPL-2.0
/*
 * frag_golden_test.c - datagrams of messages that need more than one, and a packet of
 * several, are those of tests/golden/frag.hex, and KUnit's.  TAP.
 *
 * "frag_golden_test --golden" prints that file anew; a difference in it is a change of
 * the wire format and needs a new version.
 */
#include <string.h>

#include "frag_golden.h"
#include "slot.h"
#include "tap.h"

#define GOLDEN	"tests/golden/frag.hex"

/* Printed, or compared with the next line of @file. */
struct golden {
	FILE *file;
	u32 crc;
};

static void line_of(char *line, const char *name, const u8 *gram, u32 len)
{
	u32 i;

	line += sprintf(line, "%s ", name);
	for (i = 0; i < len; i++)
		line += sprintf(line, "%02x", gram[i]);
}

static void emit(struct frag_golden *g, const char *name, const u8 *gram,
		 u32 len)
{
	static char got[64 + 2 * RAFT_DATAGRAM_MAX], want[sizeof(got)];
	struct golden *to = g->ctx;

	to->crc = raft_slot_crc(to->crc, gram, len);
	line_of(got, name, gram, len);
	if (!to->file) {
		puts(got);
		return;
	}
	if (!fgets(want, sizeof(want), to->file))
		want[0] = 0;
	want[strcspn(want, "\n")] = 0;
	ok(!strcmp(got, want), name);
}

int main(int argc, char **argv)
{
	static u8 msg[FRAG_GOLDEN_LONG], lent[FRAG_GOLDEN_LONG];
	static struct raft_frag_packet packet;
	static struct raft_frag_peer peer;
	static struct raft_frag_mem mem;
	struct golden to = {};
	struct frag_golden g = {
		.emit = emit, .ctx = &to, .peer = &peer, .mem = &mem,
		.msg = msg, .lent = lent, .packet = &packet,
	};
	bool print = argc == 2 && !strcmp(argv[1], "--golden");
	char text[64];

	if (!print) {
		to.file = fopen(GOLDEN, "re");
		ok(to.file, GOLDEN " is there");
	}
	frag_golden_all(&g);
	if (print)
		return 0;
	snprintf(text, sizeof(text), "KUnit has the same: 0x%08x", to.crc);
	ok(to.crc == FRAG_GOLDEN_CRC, text);
	ok(!g.bad, "what is cut is taken again");
	fclose(to.file);
	printf("1..%d\n", n_tests);
	return 0;
}
