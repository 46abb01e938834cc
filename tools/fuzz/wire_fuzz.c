// SPDX-License-Identifier: GPL-2.0
/*
 * wire_fuzz.c - datagrams and messages from any bytes.
 *
 * The first byte says how to read the rest: as a message, as packets of datagrams, or
 * as a message under a checksum made good.  What is accepted must obey the limits and,
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
	static struct raft_wire_command commands[RAFT_MAX_BATCH];
	static u8 again[RAFT_MAX_MSG_BYTES];
	struct raft_wire_out w;
	struct raft_msg m;
	u32 i;

	if (raft_wire_decode(buf, len, GROUP, node, &m, entries, commands,
			     RAFT_MAX_BATCH))
		return;
	if (m.to != node || m.from == node || m.n_entries > RAFT_MAX_BATCH ||
	    m.term > RAFT_MAX_TERM || m.index > RAFT_MAX_INDEX)
		abort();
	raft_wire_begin(&w, again, sizeof(again), GROUP, &m);
	for (i = 0; i < m.n_entries; i++) {
		if (entries[i].len > RAFT_MAX_COMMAND ||
		    commands[i].offset > len ||
		    entries[i].len > len - commands[i].offset)
			abort();
		raft_wire_add(&w, &entries[i], buf + commands[i].offset,
			      commands[i].crc);
	}
	if (raft_wire_end(&w) != len || memcmp(again, buf, len))
		abort();
}

static void check_message(const u8 *buf, size_t len)
{
	check_for(SELF, buf, len);
	check_for(0, buf, len);
}

static void put_crc(u8 *at, u32 crc)
{
	__le32 v = cpu_to_le32(crc);

	memcpy(at, &v, sizeof(v));
}

/* The sums of the datagrams of a packet, as far as they are there. */
static void fix_packet(u8 *buf, size_t len)
{
	const size_t at = offsetof(struct raft_wire_frag, crc);
	const size_t head = sizeof(struct raft_wire_frag);
	struct raft_wire_frag h;
	size_t data;
	u32 crc;

	while (len >= head) {
		memcpy(&h, buf, head);
		data = le16_to_cpu(h.len);
		data = data < len - head ? data : len - head;
		crc = crc32c(~0u, buf, at);
		if (h.flags & RAFT_FRAG_ASK)
			crc = crc32c(crc, buf + head, data);
		put_crc(buf + at, ~crc);
		buf += head + data;
		len -= head + data;
	}
}

/* The sums of the commands, as far as they are there, then that of the headers. */
static void fix_message(u8 *buf, size_t len)
{
	const size_t at = offsetof(struct raft_wire_header, crc);
	const size_t head = sizeof(struct raft_wire_header);
	struct raft_wire_header h;
	struct raft_wire_entry e;
	size_t end, pos;
	u32 i, crc;

	if (len < head)
		return;
	memcpy(&h, buf, head);
	end = raft_wire_header_bytes(le32_to_cpu(h.n_entries));
	end = end < len ? end : len;
	pos = end;
	for (i = 0; raft_wire_header_bytes(i + 1) <= end; i++) {
		memcpy(&e, buf + raft_wire_header_bytes(i), sizeof(e));
		if (le32_to_cpu(e.len) > len - pos)
			break;
		e.crc = cpu_to_le32(raft_command_crc(buf + pos,
						     le32_to_cpu(e.len)));
		memcpy(buf + raft_wire_header_bytes(i), &e, sizeof(e));
		pos += le32_to_cpu(e.len);
	}
	crc = crc32c(~0u, buf, at);
	put_crc(buf + at, ~crc32c(crc, buf + head, end - head));
}

/* What was asked for lies within its message. */
static void check_burst(const struct raft_frag_burst *b)
{
	u32 i, n = raft_frag_count(b->total);

	for (i = n; i < 64 * RAFT_FRAG_WORDS; i++)
		if (b->want[i / 64] >> i % 64 & 1)
			abort();
}

/* Returns the bytes that it takes of the packet. */
static size_t check_datagram(struct raft_frag_peer *peer, const u8 *gram,
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
		return f.size;
	if (f.len + sizeof(struct raft_wire_frag) != f.size || !f.len)
		abort();
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
	return f.size;
}

/* As the module does it, with an end to how many there are. */
static void check_packet(struct raft_frag_peer *peer, const u8 *packet,
			 size_t len, u64 now)
{
	/* An allocation of just that size: ASan sees each byte beyond. */
	u8 *copy = malloc(len ? len : 1);
	size_t size, at = 0, n = 0;

	memcpy(copy, packet, len);
	do {
		size = check_datagram(peer, copy + at, len - at, now);
		at += size;
		if (++n > RAFT_FRAG_PACKED + 1 || at > len || (len && !size))
			abort();
	} while (at < len);
	free(copy);
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
		fix_packet(gram, len);
		data += len;
		size -= len;
		check_packet(&peer, gram, len, now);
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
		fix_message(copy, size);
		check_message(copy, size);
		break;
	}
	free(copy);
	return 0;
}
