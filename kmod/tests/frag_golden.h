/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frag_golden.h - golden datagrams of messages that need more than one, what asks
 * for their parts, and a packet of several: for KUnit and for the host.  The
 * includer supplies memory.
 */
#ifndef _RAFT_FRAG_GOLDEN_H
#define _RAFT_FRAG_GOLDEN_H

#include "frag.h"

#define FRAG_GOLDEN_SHORT	(2 * RAFT_FRAG_DATA + 17)
#define FRAG_GOLDEN_LONG	(RAFT_MSG_SHORT + 17)

/* raft_slot_crc() of all datagrams, in order: of tests/golden/frag.hex. */
#define FRAG_GOLDEN_CRC		0x6270461bu

/**
 * struct frag_golden - where the golden datagrams come from and go to
 * @emit: is given each one
 * @ctx: for @emit
 * @peer: memory
 * @mem: memory
 * @msg: memory, FRAG_GOLDEN_LONG bytes
 * @lent: memory, as much
 * @packet: memory
 * @bad: what was cut is not taken again
 */
struct frag_golden {
	void (*emit)(struct frag_golden *g, const char *name, const u8 *gram,
		     u32 len);
	void *ctx;
	struct raft_frag_peer *peer;
	struct raft_frag_mem *mem;
	u8 *msg;
	u8 *lent;
	struct raft_frag_packet *packet;
	bool bad;
};

/* Part @i of a message: cut, told, and taken by the other end. */
static inline void frag_golden_part(struct frag_golden *g, const char *name,
				    u32 total, u32 i, struct raft_frag *f)
{
	const struct raft_frag_msg m = {
		.group = 0x1122334455667788ULL,
		.from = 1,
		.to = 2,
		.from_inc = 1000,
		.id = total,
		.total = total,
		.head_len = RAFT_FRAG_HEAD,
		.head = g->msg,
		.tail = g->msg + RAFT_FRAG_HEAD,
	};
	bool last = i == raft_frag_count(total) - 1;
	struct raft_frag_part part;
	const u8 *whole;

	raft_frag_cut(&part, &m, i, last, last);
	g->packet->n = 0;
	g->packet->len = 0;
	raft_frag_pack(g->packet, &part);
	g->emit(g, name, g->packet->buf, g->packet->len);
	if (raft_frag_parse(g->packet->buf, g->packet->len, f)) {
		g->bad = true;
		return;
	}
	if (raft_frag_add(g->peer, f, 0, &whole) != RAFT_FRAG_WANT)
		return;
	raft_frag_lend(g->peer, f, 0, g->lent, g->lent);
	if (raft_frag_add(g->peer, f, 0, &whole) != RAFT_FRAG_MORE)
		g->bad = true;
}

/* The last part asks for an answer: which parts are there. */
static inline void frag_golden_ask(struct frag_golden *g, const char *name,
				   const struct raft_frag *f)
{
	struct raft_wire_ask ask;
	struct raft_frag back;
	u32 len;

	len = raft_frag_ask(g->peer, f, 0, 2000, &ask);
	g->emit(g, name, (u8 *)&ask, len);
	if (raft_frag_parse((u8 *)&ask, len, &back) || !back.ask)
		g->bad = true;
}

/* Heartbeats of three groups, as far as their size goes. */
static inline void frag_golden_packed(struct frag_golden *g, const char *name)
{
	struct raft_frag_msg m = {
		.from = 1,
		.to = 2,
		.from_inc = 1000,
		.total = sizeof(struct raft_wire_header),
		.head_len = sizeof(struct raft_wire_header),
		.head = g->msg,
	};
	struct raft_frag_part part;
	struct raft_frag f;
	u32 i, at = 0;

	g->packet->n = 0;
	g->packet->len = 0;
	for (i = 0; i < 3; i++) {
		m.group = 0x1122334455667788ULL + i;
		m.id = 70 + i;
		raft_frag_cut(&part, &m, 0, 0, false);
		g->bad |= !raft_frag_pack(g->packet, &part);
	}
	g->emit(g, name, g->packet->buf, g->packet->len);
	for (i = 0; i < 3; i++) {
		if (raft_frag_parse(g->packet->buf + at, g->packet->len - at,
				    &f) || f.id != 70 + i)
			g->bad = true;
		at += f.size;
	}
	g->bad |= at != g->packet->len;
}

/* All of them, in the order of tests/golden/frag.hex. */
static inline void frag_golden_all(struct frag_golden *g)
{
	struct raft_frag f = {};
	u32 i;

	for (i = 0; i < FRAG_GOLDEN_LONG; i++)
		g->msg[i] = (u8)(i * 7 + i / 1000);
	raft_frag_init(g->peer, g->mem);
	frag_golden_part(g, "short_first", FRAG_GOLDEN_SHORT, 0, &f);
	frag_golden_part(g, "short_last", FRAG_GOLDEN_SHORT, 2, &f);
	frag_golden_ask(g, "short_ask", &f);
	frag_golden_part(g, "long_first", FRAG_GOLDEN_LONG, 0, &f);
	frag_golden_part(g, "long_middle", FRAG_GOLDEN_LONG, 30, &f);
	frag_golden_part(g, "long_last", FRAG_GOLDEN_LONG,
			 raft_frag_count(FRAG_GOLDEN_LONG) - 1, &f);
	frag_golden_ask(g, "long_ask", &f);
	frag_golden_packed(g, "packed");
	raft_frag_take(g->peer);
}

#endif /* _RAFT_FRAG_GOLDEN_H */
