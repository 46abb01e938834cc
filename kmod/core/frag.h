/* SPDX-License-Identifier: GPL-2.0 */
/*
 * frag.h - messages to and from datagrams.
 *
 * Owns the header of a datagram, packets of several datagrams, the bounded store
 * for messages of which only parts have come (frag.c), and what was sent and may
 * have to be sent again (frag_sent.c).  Never allocates: the caller gives the
 * memory, and an attacker can at most push out what is incomplete.  A message that
 * fits into one datagram needs no slot, so bulk data cannot displace a vote or a
 * heartbeat (trap 52).  IP fragmentation is never used (trap 53).
 *
 * A message of more than RAFT_MSG_SHORT bytes is long: the two ends handle one of
 * a peer at a time, in bursts of parts that are answered.
 */
#ifndef _RAFT_FRAG_H
#define _RAFT_FRAG_H

#include "raft_env.h"
#include "wire.h"

#define RAFT_FRAG_MAGIC		0x44544652	/* "RFTD", little-endian */
#define RAFT_FRAG_SLOTS		4	/* incomplete short messages of one peer */
#define RAFT_FRAG_QUEUE		16	/* long messages that wait for one peer */
#define RAFT_FRAG_BURST		64	/* parts of a long message sent at once */
#define RAFT_FRAG_POLLS		2	/* copies of the last one */
#define RAFT_FRAG_ASKS		16	/* times that we ask before a part comes */
#define RAFT_FRAG_RESENDS	4	/* times its size that we send a message */
#define RAFT_FRAG_PATIENCE	2000000		/* ns that parts may be late */
#define RAFT_FRAG_STALL		20000000	/* ns that an answer may be late */
#define RAFT_FRAG_LIFE		2000000000ULL	/* ns that nobody cares for a message */

#define RAFT_FRAG_ASK		0x01	/* asks for what is missing */
#define RAFT_FRAG_POLL		0x02	/* the last of those sent at once */

/**
 * struct raft_wire_frag - first bytes of a datagram
 * @magic: RAFT_FRAG_MAGIC
 * @version: RAFT_WIRE_VERSION_1
 * @flags: RAFT_FRAG_ASK, RAFT_FRAG_POLL or 0
 * @len: bytes of data that follow
 * @group: group id
 * @from: node id of the sender
 * @to: node id of the receiver
 * @from_inc: boot of the sender
 * @id: number of the message at (@from, @from_inc), its seq; with RAFT_FRAG_ASK
 *	at @to
 * @total: bytes of the whole message
 * @offset: of the data in the message, a multiple of RAFT_FRAG_DATA
 * @round: how often parts of the message were sent before; with RAFT_FRAG_ASK
 *	that of the parts that are answered
 * @crc: crc32c of the header up to here and, with RAFT_FRAG_ASK, of the data; that
 *	of a message has the sums of the message
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
	__le32 round;
	__le32 crc;
};

static_assert(sizeof(struct raft_wire_frag) == 56);
static_assert(offsetof(struct raft_wire_frag, group) == 8);
static_assert(offsetof(struct raft_wire_frag, from_inc) == 24);
static_assert(offsetof(struct raft_wire_frag, total) == 40);
static_assert(offsetof(struct raft_wire_frag, round) == 48);
static_assert(offsetof(struct raft_wire_frag, crc) == 52);

#define RAFT_FRAG_DATA \
	((u32)(RAFT_DATAGRAM_MAX - sizeof(struct raft_wire_frag)))
#define RAFT_FRAG_MAX \
	((RAFT_MAX_MSG_BYTES + RAFT_FRAG_DATA - 1) / RAFT_FRAG_DATA)
#define RAFT_FRAG_WORDS		((RAFT_FRAG_MAX + 63) / 64)

/**
 * struct raft_wire_ask - datagram that asks for the rest of a message
 * @h: header with RAFT_FRAG_ASK, @h.offset 0, @h.len 8 for each word of @got
 * @got: bit n, from the lowest of the first word: the part at n *
 *	RAFT_FRAG_DATA is there; only words with bits of the message
 */
struct raft_wire_ask {
	struct raft_wire_frag h;
	__le64 got[RAFT_FRAG_WORDS];
};

static_assert(offsetof(struct raft_wire_ask, got) == 56);
static_assert(sizeof(struct raft_wire_ask) <= RAFT_DATAGRAM_MAX);

/* Datagrams with a byte of data each that fit into a packet. */
#define RAFT_FRAG_PACKED \
	(RAFT_DATAGRAM_MAX / (sizeof(struct raft_wire_frag) + 1))

/* The parts of a short message are bits of one word. */
static_assert(RAFT_MSG_SHORT <= 64 * RAFT_FRAG_DATA);

/**
 * struct raft_frag - one datagram, checked
 * @size: bytes of the packet that it takes: the next one begins behind them.  Also
 *	of one that is refused: if its length cannot be trusted, all that are left
 * @ask: asks for parts of one of our messages, see struct raft_wire_ask
 * @poll: the sender waits for an answer
 * @group: group id
 * @from: node id of the sender
 * @to: node id of the receiver
 * @from_inc: boot of the sender
 * @id: number of the message
 * @total: bytes of the whole message
 * @offset: of @data in it
 * @round: see struct raft_wire_frag
 * @len: bytes of @data
 * @data: points into the datagram
 */
struct raft_frag {
	u32 size;
	bool ask;
	bool poll;
	u64 group;
	u32 from;
	u32 to;
	u64 from_inc;
	u64 id;
	u32 total;
	u32 offset;
	u32 round;
	u32 len;
	const u8 *data;
};

/**
 * struct raft_frag_msg - an encoded message, to be cut
 * @group: group id
 * @from: node id of the sender
 * @to: node id of the receiver
 * @from_inc: boot of the sender
 * @id: its number
 * @total: bytes of it
 * @head_len: how many of them are at @head
 * @head: its first bytes
 * @tail: those that follow
 */
struct raft_frag_msg {
	u64 group;
	u32 from;
	u32 to;
	u64 from_inc;
	u64 id;
	u32 total;
	u32 head_len;
	const u8 *head;
	const u8 *tail;
};

/**
 * struct raft_frag_part - one datagram of a message
 * @h: its header
 * @data: what follows, in two pieces
 * @len: bytes of each, may be 0
 */
struct raft_frag_part {
	struct raft_wire_frag h;
	const u8 *data[2];
	u32 len[2];
};

/**
 * struct raft_frag_packet - datagrams that share a UDP packet
 * @n: how many
 * @len: bytes of @buf in use
 * @buf: they, one behind the other
 */
struct raft_frag_packet {
	u32 n;
	u32 len;
	u8 buf[RAFT_DATAGRAM_MAX];
};

/**
 * struct raft_frag_burst - parts of a message that are to be sent at once
 * @id: number of the message
 * @total: bytes of it
 * @head_len: as in struct raft_frag_msg
 * @head: as in struct raft_frag_msg
 * @tail: as in struct raft_frag_msg
 * @want: bit n: part n
 * @round: of the parts
 * @polls: how often the last one is sent, with RAFT_FRAG_POLL
 */
struct raft_frag_burst {
	u64 id;
	u32 total;
	u32 head_len;
	const u8 *head;
	const u8 *tail;
	u64 want[RAFT_FRAG_WORDS];
	u32 round;
	u32 polls;
};

/**
 * struct raft_frag_slot - a message of which parts have come
 * @from_inc: boot of the sender
 * @id: number of the message
 * @got: bit n: the data at n * RAFT_FRAG_DATA is there
 * @parts: how many that are; when all are there the slot is kept only to know
 *	late copies
 * @age: when the slot was taken, in messages of this peer; 0: never used
 * @touched: ns when the last part came, or when we asked last
 * @total: bytes of the whole message
 * @round: the latest that parts came with
 * @asks: how often we asked since a part came
 * @buf: where the message is put together
 */
struct raft_frag_slot {
	u64 from_inc;
	u64 id;
	u64 got[RAFT_FRAG_WORDS];
	u32 parts;
	u64 age;
	u64 touched;
	u32 total;
	u32 round;
	u32 asks;
	u8 *buf;
};

/**
 * struct raft_frag_sent - a short message of more than one part, as it was sent
 * @id: its number
 * @total: bytes of it, 0: no message
 * @left: parts that may be sent again yet
 * @round: how often parts were sent again
 * @when: ns when they were last
 * @buf: a copy of it
 */
struct raft_frag_sent {
	u64 id;
	u32 total;
	u32 left;
	u32 round;
	u64 when;
	u8 *buf;
};

#define RAFT_FRAG_HEAD \
	(sizeof(struct raft_wire_header) + sizeof(struct raft_wire_entry))

/**
 * struct raft_frag_long - a long message that is being sent, or waits for that
 * @m: the message; its entry is not read
 * @head: all of it but the command
 * @total: bytes with the command
 * @command: the command, which stays while the message is here
 * @handle: the caller's, given back when the message leaves
 * @since: ns when it came
 */
struct raft_frag_long {
	struct raft_msg m;
	u8 head[RAFT_FRAG_HEAD];
	u32 total;
	const u8 *command;
	void *handle;
	u64 since;
};

/**
 * struct raft_frag_mem - memory of a peer
 * @in: short messages of it
 * @out: ours to it
 * @queue: long ones to it
 */
struct raft_frag_mem {
	u8 in[RAFT_FRAG_SLOTS][RAFT_MSG_SHORT];
	u8 out[RAFT_FRAG_SLOTS][RAFT_MSG_SHORT];
	struct raft_frag_long queue[RAFT_FRAG_QUEUE];
};

/**
 * struct raft_frag_queue - the long messages to a peer, one sent after the other
 * @first: of @ring, the one that is being sent
 * @n: messages in @ring
 * @flying: parts were sent and not answered
 * @round: bursts of the first one that were answered
 * @left: parts of it that may be sent yet
 * @when: ns when parts of it were sent last
 * @heard: ns of the last answer, or when it became the first
 * @got: what of it is there, as the last answer says
 * @ring: the messages
 */
struct raft_frag_queue {
	u32 first;
	u32 n;
	bool flying;
	u32 round;
	u32 left;
	u64 when;
	u64 heard;
	u64 got[RAFT_FRAG_WORDS];
	struct raft_frag_long *ring;
};

/**
 * struct raft_frag_peer - incomplete messages of one peer, and ours to it
 * @clock: messages begun
 * @evicted: incomplete messages that were pushed out by newer ones
 * @slots: short messages
 * @big: a long one, in memory that the caller lends for it
 * @lent: the caller's handle of that memory, NULL if there is none
 * @sent_next: which of @sent is the oldest
 * @sent: the last short messages that we sent
 * @queue: long messages that we send
 */
struct raft_frag_peer {
	u64 clock;
	u64 evicted;
	struct raft_frag_slot slots[RAFT_FRAG_SLOTS];
	struct raft_frag_slot big;
	void *lent;
	u32 sent_next;
	struct raft_frag_sent sent[RAFT_FRAG_SLOTS];
	struct raft_frag_queue queue;
};

enum raft_frag_result {
	RAFT_FRAG_MORE,		/* taken, the message is not complete */
	RAFT_FRAG_DONE,		/* the message is complete */
	RAFT_FRAG_COPY,		/* came before, or too late */
	RAFT_FRAG_FORGED,	/* contradicts what came before */
	RAFT_FRAG_WANT,		/* a long message begins: raft_frag_lend(), again */
};

enum raft_frag_push {
	RAFT_FRAG_QUEUED,	/* the handle is here now */
	RAFT_FRAG_UNDER_WAY,	/* the same entry is */
	RAFT_FRAG_FULL,
};

enum raft_frag_next {
	RAFT_FRAG_IDLE,		/* nothing to send */
	RAFT_FRAG_SEND,		/* a burst */
	RAFT_FRAG_OVER,		/* raft_frag_pop(), and ask again */
};

u32 raft_frag_count(u32 total);
void raft_frag_cut(struct raft_frag_part *part, const struct raft_frag_msg *m,
		   u32 i, u32 round, bool poll);
bool raft_frag_pack(struct raft_frag_packet *to,
		    const struct raft_frag_part *part);
enum raft_wire_error raft_frag_parse(const u8 *buf, size_t len,
				     struct raft_frag *f);
void raft_frag_init(struct raft_frag_peer *p, struct raft_frag_mem *mem);
enum raft_frag_result raft_frag_add(struct raft_frag_peer *p,
				    const struct raft_frag *f, u64 now,
				    const u8 **msg);
void *raft_frag_lend(struct raft_frag_peer *p, const struct raft_frag *f,
		     u64 now, u8 *buf, void *handle);
void *raft_frag_take(struct raft_frag_peer *p);
bool raft_frag_rests(const struct raft_frag_peer *p, u64 now);
u32 raft_frag_ask(struct raft_frag_peer *p, const struct raft_frag *f, u64 now,
		  u64 from_inc, struct raft_wire_ask *ask);

/* frag_sent.c */
void raft_frag_keep(struct raft_frag_peer *p, u64 id, const u8 *buf, u32 total,
		    u64 now);
bool raft_frag_asked(struct raft_frag_peer *p, const struct raft_frag *f,
		     u64 now, struct raft_frag_burst *b);
enum raft_frag_push raft_frag_push(struct raft_frag_peer *p,
				   const struct raft_frag_long *l);
enum raft_frag_next raft_frag_next(struct raft_frag_peer *p, u64 now,
				   struct raft_frag_burst *b);
void *raft_frag_pop(struct raft_frag_peer *p);

#endif /* _RAFT_FRAG_H */
