/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - the wire format: messages of the core to and from bytes.
 *
 * Owns the layout of a message (drawn in wire.c and Documentation/wire.rst).
 * Never trusts a byte: every length is checked before it is used.  Pure.
 *
 * A message is a header, then entry headers, then the commands back to back.
 * It is cut into datagrams by frag.c.
 */
#ifndef _RAFT_WIRE_H
#define _RAFT_WIRE_H

#include "raft_env.h"
#include "raft_core.h"

#define RAFT_WIRE_MAGIC		0x4d544652	/* "RFTM", little-endian */
#define RAFT_WIRE_VERSION_1	1
#define RAFT_WIRE_AUTH		16		/* bytes reserved for a tag */

/*
 * One datagram: a struct raft_wire_frag and up to RAFT_FRAG_DATA bytes of an
 * encoded message.  1232 = 1280 (smallest IPv6 MTU) - 40 (IPv6) - 8 (UDP).
 */
#define RAFT_DATAGRAM_MAX	1232

/**
 * struct raft_wire_header - first bytes of an encoded message
 * @magic: RAFT_WIRE_MAGIC
 * @version: RAFT_WIRE_VERSION_1
 * @type: enum raft_msg_type
 * @flags: RAFT_MSG_*
 * @reserved0: 0
 * @length: bytes of the whole message
 * @n_entries: entry headers that follow
 * @group: group id
 * @from: node id of the sender
 * @to: node id of the receiver; JOIN: 0, whoever is there
 * @from_inc: boot of the sender, not 0
 * @to_inc: boot of the receiver, 0 if not known
 * @term: as in struct raft_msg, and so are the fields that follow
 * @seq: see struct raft_msg
 * @ack_seq: see struct raft_msg
 * @index: see struct raft_msg
 * @log_term: see struct raft_msg
 * @commit: see struct raft_msg
 * @reject_index: see struct raft_msg
 * @serial: see struct raft_msg
 * @auth: room for authentication; zero in version 1
 * @priority: see struct raft_msg
 * @crc: crc32c of the header up to here and of the entry headers, which have the
 *	sums of the commands
 */
struct raft_wire_header {
	__le32 magic;
	u8 version;
	u8 type;
	u8 flags;
	u8 reserved0;
	__le32 length;
	__le32 n_entries;
	__le64 group;
	__le32 from;
	__le32 to;
	__le64 from_inc;
	__le64 to_inc;
	__le64 term;
	__le64 seq;
	__le64 ack_seq;
	__le64 index;
	__le64 log_term;
	__le64 commit;
	__le64 reject_index;
	__le64 serial;
	u8 auth[RAFT_WIRE_AUTH];
	__le32 priority;
	__le32 crc;
};

static_assert(sizeof(struct raft_wire_header) == 136);
static_assert(offsetof(struct raft_wire_header, length) == 8);
static_assert(offsetof(struct raft_wire_header, group) == 16);
static_assert(offsetof(struct raft_wire_header, from) == 24);
static_assert(offsetof(struct raft_wire_header, from_inc) == 32);
static_assert(offsetof(struct raft_wire_header, term) == 48);
static_assert(offsetof(struct raft_wire_header, index) == 72);
static_assert(offsetof(struct raft_wire_header, serial) == 104);
static_assert(offsetof(struct raft_wire_header, auth) == 112);
static_assert(offsetof(struct raft_wire_header, priority) == 128);
static_assert(offsetof(struct raft_wire_header, crc) == 132);

/**
 * struct raft_wire_entry - header of one entry
 * @term: as in struct raft_entry, and so are the fields that follow
 * @incarnation: boot of @origin
 * @serial: number of the proposal
 * @client: client session
 * @client_serial: number that the client gave
 * @origin: node that proposed it
 * @len: bytes of command
 * @type: enum raft_entry_type
 * @reserved: 0
 * @crc: raft_command_crc() of the command
 */
struct raft_wire_entry {
	__le64 term;
	__le64 incarnation;
	__le64 serial;
	__le64 client;
	__le64 client_serial;
	__le32 origin;
	__le32 len;
	u8 type;
	u8 reserved[3];
	__le32 crc;
};

static_assert(sizeof(struct raft_wire_entry) == 56);
static_assert(offsetof(struct raft_wire_entry, client) == 24);
static_assert(offsetof(struct raft_wire_entry, client_serial) == 32);
static_assert(offsetof(struct raft_wire_entry, origin) == 40);
static_assert(offsetof(struct raft_wire_entry, type) == 48);
static_assert(offsetof(struct raft_wire_entry, crc) == 52);

/* One entry always fits, however long its command is. */
static_assert(sizeof(struct raft_wire_header) + sizeof(struct raft_wire_entry) +
	      RAFT_MAX_COMMAND <= RAFT_MAX_MSG_BYTES);
static_assert(sizeof(struct raft_wire_header) + sizeof(struct raft_wire_entry) +
	      RAFT_MAX_CHUNK <= RAFT_MSG_SHORT);

enum raft_wire_error {
	RAFT_WIRE_OK = 0,
	RAFT_WIRE_SHORT,	/* ends before its own length */
	RAFT_WIRE_MAGIC_BAD,	/* not ours */
	RAFT_WIRE_VERSION,	/* of a version that we do not know */
	RAFT_WIRE_CRC,
	RAFT_WIRE_TYPE,		/* a type that this version does not have */
	RAFT_WIRE_GROUP,	/* another group */
	RAFT_WIRE_NODE,		/* from 0, to another node, from == to */
	RAFT_WIRE_LENGTH,	/* lengths do not add up */
	RAFT_WIRE_LIMIT,	/* too many entries, command too long, absurd index */
	RAFT_WIRE_FIELD,	/* a field has a value that cannot be */
	RAFT_WIRE_ERRORS
};

/**
 * struct raft_wire_out - a message that is being encoded
 * @buf: where it goes
 * @size: bytes of room in @buf
 * @pos: where the next command goes
 * @n_entries: entries that the message has
 * @added: entries encoded so far
 * @bad: something did not fit
 */
struct raft_wire_out {
	u8 *buf;
	size_t size;
	size_t pos;
	u32 n_entries;
	u32 added;
	bool bad;
};

/**
 * struct raft_wire_command - where the command of an entry is
 * @offset: in the message, bytes
 * @crc: raft_command_crc() of it
 */
struct raft_wire_command {
	u32 offset;
	u32 crc;
};

const char *raft_wire_error_name(enum raft_wire_error e);

/* Encoded size of a message without its commands, bytes. */
size_t raft_wire_header_bytes(u32 n_entries);
/* What an entry with @len bytes of command adds to a message. */
size_t raft_wire_entry_bytes(u32 len);

void raft_wire_begin(struct raft_wire_out *w, u8 *buf, size_t size, u64 group,
		     const struct raft_msg *m);
void raft_wire_add(struct raft_wire_out *w, const struct raft_entry *e,
		   const void *command, u32 crc);
size_t raft_wire_end(struct raft_wire_out *w);
size_t raft_wire_head(u8 *head, u64 group, const struct raft_msg *m,
		      const struct raft_entry *e, u32 crc);

enum raft_wire_error raft_wire_decode(const u8 *buf, size_t len, u64 group,
				      u32 node, struct raft_msg *m,
				      struct raft_entry *entries,
				      struct raft_wire_command *commands,
				      u32 max);

#endif /* _RAFT_WIRE_H */
