// SPDX-License-Identifier: GPL-2.0
/*
 * wire_fuzz.c - datagrams and messages from any bytes.
 *
 * The first byte says how to read the rest: as a message, as datagrams, or as a
 * message under a checksum made good.  What is accepted must obey the limits and,
 * encoded again, be the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "frag.h"
#include "wire.h"

#define GROUP	1
#define SELF	2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_for(u32 node, const u8 *buf, size_t len)
{
	static struct raft_entry entries[RAFT_MAX_BATCH];
	static u32 offsets[RAFT_MAX_BATCH];
	static u8 again[RAFT_MAX_MSG_BYTES];
	struct raft_wire_out w;
	struct raft_msg m;
	u32 i;

	if (raft_wire_decode(buf, len, GROUP, node, &m, entries, offsets,
			     RAFT_MAX_BATCH))
		return;
	if (m.to != node || m.from == node || m.n_entries > RAFT_MAX_BATCH ||
	    m.term > RAFT_MAX_TERM || m.index > RAFT_MAX_INDEX)
		abort();
	raft_wire_begin(&w, again, sizeof(again), GROUP, &m);
	for (i = 0; i < m.n_entries; i++) {
		if (entries[i].len > RAFT_MAX_COMMAND ||
		    offsets[i] > len || entries[i].len > len - offsets[i])
			abort();
		raft_wire_add(&w, &entries[i], buf + offsets[i]);
	}
	if (raft_wire_end(&w) != len || memcmp(again, buf, len))
		abort();
}

static void check_message(const u8 *buf, size_t len)
{
	check_for(SELF, buf, len);
	check_for(0, buf, len);
}

static void fix_crc(u8 *buf, size_t len, size_t at, size_t head)
{
	u32 crc;

	if (len < head)
		return;
	crc = crc32c(~0u, buf, at);
	crc = ~crc32c(crc, buf + head, len - head);
	buf[at] = (u8)crc;
	buf[at + 1] = (u8)(crc >> 8);
	buf[at + 2] = (u8)(crc >> 16);
	buf[at + 3] = (u8)(crc >> 24);
}

/* What was asked for lies within its message. */
static void check_burst(const struct raft_frag_burst *b)
{
	u32 i, n = raft_frag_count(b->total);

	for (i = n; i < 64 * RAFT_FRAG_WORDS; i++)
		if (b->want[i / 64] >> i % 64 & 1)
			abort();
}

static void check_datagram(struct raft_frag_peer *peer, const u8 *gram,
			   size_t len, u64 now)
{
	enum raft_frag_result res;
	enum raft_frag_next next;
	struct raft_frag_burst b;
	struct raft_wire_ask ask;
	struct raft_frag f;
	const u8 *msg;
	u8 *mem;

	if (raft_frag_parse(gram, len, &f))
		return;
	if (f.ask) {
		if (raft_frag_asked(peer, &f, now, &b))
			check_burst(&b);
	} else {
		res = raft_frag_add(peer, &f, now, &msg);
		if (res == RAFT_FRAG_WANT) {
			/* Of just that size, as the module lends it. */
			mem = malloc(f.total);
			free(raft_frag_lend(peer, &f, now, mem, mem));
			res = raft_frag_add(peer, &f, now, &msg);
		}
		if (res == RAFT_FRAG_DONE)
			check_message(msg, f.total);
		if (res == RAFT_FRAG_DONE && f.total > RAFT_MSG_SHORT)
			free(raft_frag_take(peer));
	}
	raft_frag_ask(peer, &f, now, 5, &ask);
	while ((next = raft_frag_next(peer, now, &b)) == RAFT_FRAG_OVER)
		raft_frag_pop(peer);
	if (next == RAFT_FRAG_SEND)
		check_burst(&b);
}

/* Lengths are bytes of the input, so the fuzzer finds its way. */
static void check_datagrams(const uint8_t *data, size_t size)
{
	static struct raft_frag_peer peer;
	static struct raft_frag_mem mem;
	u8 gram[RAFT_DATAGRAM_MAX];
	struct raft_frag_long l = {
		.m = { .type = RAFT_MSG_APPEND, .seq = 2, .n_entries = 1, },
		.total = 200000, .command = (u8 *)&mem, .handle = &mem,
	};
	u64 now = 1;
	size_t len;

	raft_frag_init(&peer, &mem);
	raft_frag_keep(&peer, 1, mem.in[0], 3000, now);
	raft_frag_push(&peer, &l);
	while (size > 2) {
		len = data[0] | (size_t)(data[1] & 7) << 8;
		now += (u64)(data[1] >> 3) << 17;
		data += 2;
		size -= 2;
		len = len < size ? len : size;
		len = len < sizeof(gram) ? len : sizeof(gram);
		memcpy(gram, data, len);
		fix_crc(gram, len, offsetof(struct raft_wire_frag, crc),
			sizeof(struct raft_wire_frag));
		data += len;
		size -= len;
		check_datagram(&peer, gram, len, now);
	}
	free(raft_frag_take(&peer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u8 *copy;

	if (!size)
		return 0;
	size--;
	/* An allocation of just that size: ASan sees each byte beyond. */
	copy = malloc(size ? size : 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size);
	switch (data[0] % 3) {
	case 0:
		check_message(copy, size);
		break;
	case 1:
		check_datagrams(copy, size);
		break;
	case 2:
		fix_crc(copy, size, offsetof(struct raft_wire_header, crc),
			sizeof(struct raft_wire_header));
		check_message(copy, size);
		break;
	}
	free(copy);
	return 0;
}
