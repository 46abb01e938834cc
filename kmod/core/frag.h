/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frag.h - messages to and from datagrams.
 *
 * Owns the header of a datagram and the bounded store for messages of which
 * only parts have come.  Never allocates: the caller gives the memory, and an
 * attacker can at most push out what is incomplete.  A message that fits into
 * one datagram needs no slot, so bulk data cannot displace a vote or a
 * heartbeat (trap 52).  IP fragmentation is never used (trap 53).
 */
#ifndef _RAFT_FRAG_H
#define _RAFT_FRAG_H

#include "raft_env.h"
#include "wire.h"

#define RAFT_FRAG_MAGIC		0x44544652	/* "RFTD", little-endian */
#define RAFT_FRAG_SLOTS		4	/* incomplete messages of one peer */
#define RAFT_FRAG_ASKS		16	/* times that we ask for one message */
#define RAFT_FRAG_RESENDS	4	/* times its size that we send again */
#define RAFT_FRAG_PATIENCE	2000000	/* ns that parts may be late */

#define RAFT_FRAG_ASK		0x01	/* asks for what is missing */

/**
 * struct raft_wire_frag - first bytes of a datagram
 * @magic: RAFT_FRAG_MAGIC
 * @version: RAFT_WIRE_VERSION_1
 * @flags: RAFT_FRAG_ASK or 0
 * @len: bytes of data that follow
 * @group: group id
 * @from: node id of the sender
 * @to: node id of the receiver
 * @from_inc: boot of the sender
 * @id: number of the message at (@from, @from_inc), its seq; with RAFT_FRAG_ASK
 *	at @to
 * @total: bytes of the whole message
 * @offset: of the data in the message, a multiple of RAFT_FRAG_DATA
 * @reserved: 0
 * @crc: crc32c of the header up to here and of the data
 */
struct raft_wire_frag {
	__le32 magic;
	u8 version;
	u8 flags;
	__le16 len;
	__le64 group;
	__le32 from;
	__le32 to;
	__le64 from_inc;
	__le64 id;
	__le32 total;
	__le32 offset;
	__le32 reserved;
	__le32 crc;
};

static_assert(sizeof(struct raft_wire_frag) == 56);
static_assert(offsetof(struct raft_wire_frag, group) == 8);
static_assert(offsetof(struct raft_wire_frag, from_inc) == 24);
static_assert(offsetof(struct raft_wire_frag, total) == 40);
static_assert(offsetof(struct raft_wire_frag, crc) == 52);

/**
 * struct raft_wire_ask - datagram that asks for the rest of a message
 * @h: header with RAFT_FRAG_ASK, @h.len 8, @h.offset 0
 * @got: bit n: the part at n * RAFT_FRAG_DATA is there
 */
struct raft_wire_ask {
	struct raft_wire_frag h;
	__le64 got;
};

static_assert(sizeof(struct raft_wire_ask) == 64);

#define RAFT_FRAG_DATA \
	((u32)(RAFT_DATAGRAM_MAX - sizeof(struct raft_wire_frag)))
#define RAFT_FRAG_MAX \
	((RAFT_MAX_MSG_BYTES + RAFT_FRAG_DATA - 1) / RAFT_FRAG_DATA)

/* What has come is a bit in a u64. */
static_assert(RAFT_FRAG_MAX <= 64);

/**
 * struct raft_frag - one datagram, checked
 * @ask: asks for parts of one of our messages, see struct raft_wire_ask
 * @group: group id
 * @from: node id of the sender
 * @to: node id of the receiver
 * @from_inc: boot of the sender
 * @id: number of the message
 * @total: bytes of the whole message
 * @offset: of @data in it
 * @len: bytes of @data
 * @data: points into the datagram
 */
struct raft_frag {
	bool ask;
	u64 group;
	u32 from;
	u32 to;
	u64 from_inc;
	u64 id;
	u32 total;
	u32 offset;
	u32 len;
	const u8 *data;
};

/**
 * struct raft_frag_slot - a message of which parts have come
 * @from_inc: boot of the sender
 * @id: number of the message
 * @got: bit n: the data at n * RAFT_FRAG_DATA is there; all ones in the low
 *	bits: complete, and kept only to know late copies
 * @age: when the slot was taken, in messages of this peer; 0: never used
 * @touched: ns when the last part came, or when we asked last
 * @total: bytes of the whole message
 * @asks: how often we asked
 * @buf: RAFT_MAX_MSG_BYTES of the caller's
 */
struct raft_frag_slot {
	u64 from_inc;
	u64 id;
	u64 got;
	u64 age;
	u64 touched;
	u32 total;
	u32 asks;
	u8 *buf;
};

/**
 * struct raft_frag_sent - a message of more than one part, as it was sent
 * @id: its number
 * @total: bytes of it, 0: no message
 * @left: parts that may be sent again yet
 * @buf: RAFT_MAX_MSG_BYTES of the caller's
 */
struct raft_frag_sent {
	u64 id;
	u32 total;
	u32 left;
	u8 *buf;
};

/**
 * struct raft_frag_peer - incomplete messages of one peer, and ours to it
 * @clock: messages begun
 * @evicted: incomplete messages that were pushed out by newer ones
 * @slots: the slots
 * @sent_next: which of @sent is the oldest
 * @sent: the last messages that we sent
 */
struct raft_frag_peer {
	u64 clock;
	u64 evicted;
	struct raft_frag_slot slots[RAFT_FRAG_SLOTS];
	u32 sent_next;
	struct raft_frag_sent sent[RAFT_FRAG_SLOTS];
};

#define RAFT_FRAG_MEMORY	(2ul * RAFT_FRAG_SLOTS * RAFT_MAX_MSG_BYTES)

enum raft_frag_result {
	RAFT_FRAG_MORE,		/* taken, the message is not complete */
	RAFT_FRAG_DONE,		/* the message is complete */
	RAFT_FRAG_COPY,		/* came before */
	RAFT_FRAG_FORGED,	/* contradicts what came before */
};

u32 raft_frag_count(u32 total);
u32 raft_frag_cut(struct raft_wire_frag *h, u64 group, const struct raft_msg *m,
		  const u8 *buf, u32 total, u32 i);
enum raft_wire_error raft_frag_parse(const u8 *buf, size_t len,
				     struct raft_frag *f);
void raft_frag_init(struct raft_frag_peer *p, u8 *mem);
enum raft_frag_result raft_frag_add(struct raft_frag_peer *p,
				    const struct raft_frag *f, u64 now,
				    const u8 **msg);
bool raft_frag_ask(struct raft_frag_peer *p, const struct raft_frag *f, u64 now,
		   u64 from_inc, struct raft_wire_ask *ask);
void raft_frag_keep(struct raft_frag_peer *p, u64 id, const u8 *buf, u32 total);
const struct raft_frag_sent *raft_frag_asked(struct raft_frag_peer *p,
					     const struct raft_frag *f,
					     u64 *missing);

#endif /* _RAFT_FRAG_H */
