// SPDX-License-Identifier: GPL-2.0
/*
 * wire.c - encodes and decodes messages.  Pure: compiled in user space too.
 *
 *   0       4    5    6    7    8        12        16
 *   +-------+----+----+----+----+---------+---------+
 *   | magic |vers|type|flag| 0  | length  |n_entries|
 *   +-------+----+----+----+----+----+----+---------+
 *   | group                     16   | from 24  to 28|
 *   +--------------------------------+--------------+
 *   | from_inc 32  to_inc 40  term 48  seq 56       |
 *   | ack_seq 64  index 72  log_term 80  commit 88  |
 *   | reject_index 96  serial 104  auth 112..127    |
 *   | priority 128  crc 132                         |
 *   +-----------------------------------------------+ 136
 *   | n_entries * { term, incarnation, serial,      |
 *   |   client, client_serial, origin, len, type,   |
 *   |   0 x3, crc }                  56 bytes each   |
 *   +-----------------------------------------------+
 *   | the commands, back to back, in the same order |
 *   +-----------------------------------------------+ length
 *
 * All integers are little-endian.  The checksum of the header is that of the entry
 * headers, too, and each of them has that of its command, which was summed where it
 * was proposed: so a message is only read once, and parts of two messages never
 * make one.  The receiver believes nothing before the length and the checksums are
 * right, and then still checks every field: a checksum keeps damage out, not malice
 * (trap 53, 54).
 */
#include "wire.h"

#define CRC_SEED	0xffffffffU

/**
 * raft_wire_error_name - word for a reason to refuse a datagram
 * @e: the reason
 *
 * Context: any.
 * Return: a lower-case word, never NULL.
 */
const char *raft_wire_error_name(enum raft_wire_error e)
{
	switch (e) {
	case RAFT_WIRE_OK:
		return "ok";
	case RAFT_WIRE_SHORT:
		return "short";
	case RAFT_WIRE_MAGIC_BAD:
		return "magic";
	case RAFT_WIRE_VERSION:
		return "version";
	case RAFT_WIRE_CRC:
		return "checksum";
	case RAFT_WIRE_TYPE:
		return "type";
	case RAFT_WIRE_GROUP:
		return "group";
	case RAFT_WIRE_NODE:
		return "node";
	case RAFT_WIRE_LENGTH:
		return "length";
	case RAFT_WIRE_LIMIT:
		return "limit";
	case RAFT_WIRE_FIELD:
		return "field";
	case RAFT_WIRE_ERRORS:
		break;
	}
	return "unknown";
}

/**
 * raft_wire_header_bytes - encoded size of a message without its commands
 * @n_entries: entries in it
 *
 * Context: any.
 * Return: bytes.
 */
size_t raft_wire_header_bytes(u32 n_entries)
{
	return sizeof(struct raft_wire_header) +
	       n_entries * sizeof(struct raft_wire_entry);
}

/**
 * raft_wire_entry_bytes - what an entry adds to a message
 * @len: bytes of its command
 *
 * Context: any.
 * Return: bytes.
 */
size_t raft_wire_entry_bytes(u32 len)
{
	return sizeof(struct raft_wire_entry) + len;
}

/* Of the first @len bytes of a message: all but the commands. */
static u32 header_crc(const u8 *buf, size_t len)
{
	u32 crc;

	crc = crc32c(CRC_SEED, buf, offsetof(struct raft_wire_header, crc));
	return ~crc32c(crc, buf + sizeof(struct raft_wire_header),
		       len - sizeof(struct raft_wire_header));
}

static void put_entry(u8 *at, const struct raft_entry *e, u32 crc)
{
	struct raft_wire_entry h = {
		.term = cpu_to_le64(e->term),
		.incarnation = cpu_to_le64(e->incarnation),
		.serial = cpu_to_le64(e->serial),
		.client = cpu_to_le64(e->client),
		.client_serial = cpu_to_le64(e->client_serial),
		.origin = cpu_to_le32(e->origin),
		.len = cpu_to_le32(e->len),
		.type = e->type,
		.crc = cpu_to_le32(crc),
	};

	memcpy(at, &h, sizeof(h));
}

/* What is known when all the rest is: length and checksum. */
static void seal(u8 *buf, u32 n_entries, size_t len)
{
	__le32 v;

	v = cpu_to_le32((u32)len);
	memcpy(buf + offsetof(struct raft_wire_header, length), &v, sizeof(v));
	v = cpu_to_le32(header_crc(buf, raft_wire_header_bytes(n_entries)));
	memcpy(buf + offsetof(struct raft_wire_header, crc), &v, sizeof(v));
}

/**
 * raft_wire_begin - begin to encode a message
 * @w: state of the encoder, filled in
 * @buf: room for the message
 * @size: bytes of room
 * @group: group id
 * @m: the message; @m->n_entries calls of raft_wire_add() must follow
 *
 * Context: any; @buf and @w belong to the caller.
 */
void raft_wire_begin(struct raft_wire_out *w, u8 *buf, size_t size, u64 group,
		     const struct raft_msg *m)
{
	struct raft_wire_header h = {
		.magic = cpu_to_le32(RAFT_WIRE_MAGIC),
		.version = RAFT_WIRE_VERSION_1,
		.type = m->type,
		.flags = m->flags,
		.n_entries = cpu_to_le32(m->n_entries),
		.group = cpu_to_le64(group),
		.from = cpu_to_le32(m->from),
		.to = cpu_to_le32(m->to),
		.from_inc = cpu_to_le64(m->from_inc),
		.to_inc = cpu_to_le64(m->to_inc),
		.term = cpu_to_le64(m->term),
		.seq = cpu_to_le64(m->seq),
		.ack_seq = cpu_to_le64(m->ack_seq),
		.index = cpu_to_le64(m->index),
		.log_term = cpu_to_le64(m->log_term),
		.commit = cpu_to_le64(m->commit),
		.reject_index = cpu_to_le64(m->reject_index),
		.serial = cpu_to_le64(m->serial),
		.priority = cpu_to_le32(m->priority),
	};

	w->buf = buf;
	w->size = min_t(size_t, size, RAFT_MAX_MSG_BYTES);
	w->n_entries = m->n_entries;
	w->added = 0;
	w->bad = m->n_entries > RAFT_MAX_BATCH ||
		 raft_wire_header_bytes(m->n_entries) > w->size;
	if (w->bad)
		return;
	w->pos = raft_wire_header_bytes(m->n_entries);
	memcpy(buf, &h, sizeof(h));
}

/**
 * raft_wire_add - encode the next entry of a message
 * @w: state of the encoder
 * @e: the entry
 * @command: @e->len bytes
 * @crc: raft_command_crc() of them
 *
 * Context: any.
 */
void raft_wire_add(struct raft_wire_out *w, const struct raft_entry *e,
		   const void *command, u32 crc)
{
	if (w->bad || w->added == w->n_entries || e->len > w->size - w->pos) {
		w->bad = true;
		return;
	}
	put_entry(w->buf + raft_wire_header_bytes(w->added), e, crc);
	if (e->len)
		memcpy(w->buf + w->pos, command, e->len);
	w->pos += e->len;
	w->added++;
}

/**
 * raft_wire_end - finish the encoding of a message
 * @w: state of the encoder
 *
 * Context: any.
 * Return: bytes of the message, 0 if it did not fit or entries are missing.
 */
size_t raft_wire_end(struct raft_wire_out *w)
{
	if (w->bad || w->added != w->n_entries)
		return 0;
	seal(w->buf, w->n_entries, w->pos);
	return w->pos;
}

/**
 * raft_wire_head - encode a message of one entry without its command
 * @head: raft_wire_header_bytes(1) bytes, filled in
 * @group: group id
 * @m: the message, of one entry
 * @e: the entry
 * @crc: raft_command_crc() of the command, which follows @head in the message
 *
 * Context: any.
 * Return: bytes of the message, the command included.
 */
size_t raft_wire_head(u8 *head, u64 group, const struct raft_msg *m,
		      const struct raft_entry *e, u32 crc)
{
	size_t len = raft_wire_header_bytes(1);
	struct raft_wire_out w;

	raft_wire_begin(&w, head, len, group, m);
	put_entry(head + sizeof(struct raft_wire_header), e, crc);
	seal(head, 1, len + e->len);
	return len + e->len;
}

/* What version 1 has. */
static bool type_known(u8 type)
{
	switch (type) {
	case RAFT_MSG_PREVOTE:
	case RAFT_MSG_PREVOTE_RESP:
	case RAFT_MSG_VOTE:
	case RAFT_MSG_VOTE_RESP:
	case RAFT_MSG_APPEND:
	case RAFT_MSG_APPEND_RESP:
	case RAFT_MSG_HEARTBEAT:
	case RAFT_MSG_HEARTBEAT_RESP:
	case RAFT_MSG_SNAPSHOT:
	case RAFT_MSG_SNAPSHOT_RESP:
	case RAFT_MSG_TIMEOUT_NOW:
	case RAFT_MSG_FORWARD:
	case RAFT_MSG_READ_INDEX:
	case RAFT_MSG_READ_INDEX_RESP:
	case RAFT_MSG_FORWARD_RESP:
	case RAFT_MSG_JOIN:
	case RAFT_MSG_JOIN_RESP:
		return true;
	default:
		return false;
	}
}

/* Entries that a message of a type may have, at most. */
static u32 type_entries(const struct raft_wire_header *h)
{
	if (h->type == RAFT_MSG_APPEND)
		return RAFT_MAX_BATCH;
	if (h->type == RAFT_MSG_SNAPSHOT || h->type == RAFT_MSG_JOIN)
		return 1;
	if (h->type != RAFT_MSG_FORWARD || h->flags & RAFT_MSG_TRANSFER)
		return 0;
	return h->flags & RAFT_MSG_CHANGE ? 1 : RAFT_MAX_BATCH;
}

static u8 type_flags(u8 type)
{
	switch (type) {
	case RAFT_MSG_PREVOTE_RESP:
	case RAFT_MSG_VOTE_RESP:
	case RAFT_MSG_JOIN_RESP:
		return RAFT_MSG_REJECT;
	case RAFT_MSG_APPEND_RESP:
		return RAFT_MSG_REJECT | RAFT_MSG_LOST | RAFT_MSG_BARE;
	case RAFT_MSG_HEARTBEAT_RESP:
		return RAFT_MSG_REJECT | RAFT_MSG_LOST | RAFT_MSG_BARE |
		       RAFT_MSG_WANTS;
	case RAFT_MSG_SNAPSHOT_RESP:
		return RAFT_MSG_REJECT | RAFT_MSG_LOST;
	case RAFT_MSG_APPEND:
	case RAFT_MSG_SNAPSHOT:
		return RAFT_MSG_LOST;
	case RAFT_MSG_HEARTBEAT:
		return RAFT_MSG_QUIET;
	case RAFT_MSG_VOTE:
		return RAFT_MSG_TRANSFER;
	case RAFT_MSG_FORWARD:
		return RAFT_MSG_TRANSFER | RAFT_MSG_CHANGE;
	case RAFT_MSG_FORWARD_RESP:
		return RAFT_MSG_REJECT | RAFT_MSG_TRANSFER | RAFT_MSG_CHANGE;
	case RAFT_MSG_READ_INDEX:
		return RAFT_MSG_LEASE;
	default:
		return 0;
	}
}

/* Types of entries that a message may have. */
static bool entry_fits(const struct raft_wire_header *h, u8 type)
{
	if (h->flags & RAFT_MSG_CHANGE || h->type == RAFT_MSG_JOIN)
		return type == RAFT_ENTRY_CHANGE;
	if (h->type == RAFT_MSG_SNAPSHOT)
		return type == RAFT_ENTRY_CHUNK;
	if (type == RAFT_ENTRY_COMMAND || type == RAFT_ENTRY_OPEN)
		return true;
	return h->type == RAFT_MSG_APPEND &&
	       (type == RAFT_ENTRY_NOOP || type == RAFT_ENTRY_CONFIG);
}

/*
 * A no-op has no command, nor has what opens a session, a command is never empty
 * but left out for a witness, configurations and changes have one size, and a part
 * of a snapshot may be empty.
 */
static bool entry_len_ok(const struct raft_wire_header *h, u8 type, u32 len)
{
	switch (type) {
	case RAFT_ENTRY_NOOP:
	case RAFT_ENTRY_OPEN:
		return !len;
	case RAFT_ENTRY_COMMAND:
		return len || h->type == RAFT_MSG_APPEND;
	case RAFT_ENTRY_CONFIG:
	case RAFT_ENTRY_CHANGE:
		return len == RAFT_CONFIG_BYTES;
	case RAFT_ENTRY_CHUNK:
		return true;
	default:
		return false;
	}
}

/* A part of a snapshot lies within it, and has no proposer. */
static bool chunk_ok(const struct raft_wire_entry *h)
{
	u64 total = le64_to_cpu(h->incarnation), offset = le64_to_cpu(h->serial);

	return total && total <= RAFT_MAX_INDEX && offset <= total &&
	       le32_to_cpu(h->len) <= total - offset && !h->term && !h->origin;
}

static bool all_zero(const u8 *p, size_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

/* Magic, version, length, checksum: after this the headers are as sent. */
static enum raft_wire_error check_frame(const struct raft_wire_header *h,
					const u8 *buf, size_t len)
{
	u32 n = le32_to_cpu(h->n_entries);
	size_t headers;

	if (le32_to_cpu(h->magic) != RAFT_WIRE_MAGIC)
		return RAFT_WIRE_MAGIC_BAD;
	if (h->version != RAFT_WIRE_VERSION_1)
		return RAFT_WIRE_VERSION;
	if (le32_to_cpu(h->length) > len)
		return RAFT_WIRE_SHORT;
	if (le32_to_cpu(h->length) != len)
		return RAFT_WIRE_LENGTH;
	if (n > RAFT_MAX_BATCH)
		return RAFT_WIRE_LIMIT;
	/* That there are so many entries is not known yet. */
	headers = min_t(size_t, raft_wire_header_bytes(n), len);
	if (le32_to_cpu(h->crc) != header_crc(buf, headers) &&
	    !RAFT_MUTANT("wire-any-crc"))
		return RAFT_WIRE_CRC;
	return RAFT_WIRE_OK;
}

/*
 * Who joins knows the address of a member, not its id, and nobody's term: a JOIN
 * is for whoever is there, and neither it nor its answer moves a term.
 */
static bool joins_ok(const struct raft_wire_header *h)
{
	bool join = h->type == RAFT_MSG_JOIN;

	if (join == !!h->to)
		return false;
	return !h->term || (!join && h->type != RAFT_MSG_JOIN_RESP);
}

/* Whose message it is and whether its fields can be (trap 27, 56). */
static enum raft_wire_error check_fields(const struct raft_wire_header *h,
					 u64 group, u32 node)
{
	if (le64_to_cpu(h->group) != group)
		return RAFT_WIRE_GROUP;
	if (!h->from || h->from == h->to || le32_to_cpu(h->to) != node)
		return RAFT_WIRE_NODE;
	if (!type_known(h->type))
		return RAFT_WIRE_TYPE;
	if (h->flags & ~type_flags(h->type) || !joins_ok(h))
		return RAFT_WIRE_FIELD;
	if (h->reserved0 || !h->from_inc ||
	    !all_zero(h->auth, sizeof(h->auth)))
		return RAFT_WIRE_FIELD;
	if (h->priority && h->type != RAFT_MSG_HEARTBEAT_RESP)
		return RAFT_WIRE_FIELD;
	if (le32_to_cpu(h->n_entries) > type_entries(h))
		return type_entries(h) ? RAFT_WIRE_LIMIT : RAFT_WIRE_FIELD;
	if (h->type == RAFT_MSG_SNAPSHOT && !h->n_entries)
		return RAFT_WIRE_FIELD;
	if (RAFT_MUTANT("wire-absurd"))
		return RAFT_WIRE_OK;
	if (le64_to_cpu(h->term) > RAFT_MAX_TERM ||
	    le64_to_cpu(h->log_term) > RAFT_MAX_TERM ||
	    le64_to_cpu(h->index) > RAFT_MAX_INDEX ||
	    le64_to_cpu(h->commit) > RAFT_MAX_INDEX ||
	    le64_to_cpu(h->reject_index) > RAFT_MAX_INDEX)
		return RAFT_WIRE_LIMIT;
	return RAFT_WIRE_OK;
}

static enum raft_wire_error decode_entry(const struct raft_wire_header *head,
					 const u8 *buf, struct raft_entry *e,
					 u32 *crc)
{
	struct raft_wire_entry h;

	memcpy(&h, buf, sizeof(h));
	if (le32_to_cpu(h.len) > (h.type == RAFT_ENTRY_CHUNK ?
				  RAFT_MAX_CHUNK : RAFT_MAX_COMMAND) ||
	    le64_to_cpu(h.term) > RAFT_MAX_TERM)
		return RAFT_WIRE_LIMIT;
	if (!all_zero(h.reserved, sizeof(h.reserved)))
		return RAFT_WIRE_FIELD;
	if (!entry_fits(head, h.type) ||
	    !entry_len_ok(head, h.type, le32_to_cpu(h.len)))
		return RAFT_WIRE_FIELD;
	if (h.type == RAFT_ENTRY_CHUNK && !chunk_ok(&h))
		return RAFT_WIRE_FIELD;
	/* A client numbers its commands from 1. */
	if (!h.client != !h.client_serial ||
	    (h.client && h.type != RAFT_ENTRY_COMMAND))
		return RAFT_WIRE_FIELD;
	e->term = le64_to_cpu(h.term);
	e->incarnation = le64_to_cpu(h.incarnation);
	e->serial = le64_to_cpu(h.serial);
	e->client = le64_to_cpu(h.client);
	e->client_serial = le64_to_cpu(h.client_serial);
	e->payload = NULL;
	e->len = le32_to_cpu(h.len);
	e->origin = le32_to_cpu(h.origin);
	e->type = h.type;
	e->flags = 0;
	*crc = le32_to_cpu(h.crc);
	return RAFT_WIRE_OK;
}

static bool commands_ok(const u8 *buf, const struct raft_entry *entries,
			const struct raft_wire_command *commands, u32 n)
{
	while (n--)
		if (raft_command_crc(buf + commands[n].offset,
				     entries[n].len) != commands[n].crc)
			return RAFT_MUTANT("wire-any-command");
	return true;
}

static enum raft_wire_error decode_entries(const struct raft_wire_header *h,
					   const u8 *buf, size_t len,
					   struct raft_entry *entries,
					   struct raft_wire_command *commands)
{
	u32 n = le32_to_cpu(h->n_entries);
	size_t pos = raft_wire_header_bytes(n);
	enum raft_wire_error err;
	u32 i;

	if (pos > len)
		return RAFT_WIRE_LENGTH;
	for (i = 0; i < n; i++) {
		err = decode_entry(h, buf + raft_wire_header_bytes(i),
				   &entries[i], &commands[i].crc);
		if (err)
			return err;
		if (entries[i].len > len - pos)
			return RAFT_WIRE_LENGTH;
		commands[i].offset = pos;
		pos += entries[i].len;
	}
	if (pos != len)
		return RAFT_WIRE_LENGTH;
	return commands_ok(buf, entries, commands, n) ? RAFT_WIRE_OK :
							RAFT_WIRE_CRC;
}

/**
 * raft_wire_decode - read a message from bytes that nobody vouches for
 * @buf: the bytes
 * @len: how many; the message must have this length
 * @group: group id that it must have
 * @node: node id that it must be for; 0 for a JOIN, and for nothing else
 * @m: the message, filled in; @m->entries points to @entries
 * @entries: room for @max entries; the payloads are left NULL
 * @commands: room for @max: the command of entry i has @entries[i].len bytes at
 *	@buf + @commands[i].offset
 * @max: entries that the caller has room for
 *
 * Context: any.
 * Return: RAFT_WIRE_OK, or why the message was refused; @m, @entries and
 *	@commands mean nothing then.
 */
enum raft_wire_error raft_wire_decode(const u8 *buf, size_t len, u64 group,
				      u32 node, struct raft_msg *m,
				      struct raft_entry *entries,
				      struct raft_wire_command *commands,
				      u32 max)
{
	struct raft_wire_header h;
	enum raft_wire_error err;
	u32 n;

	if (len < sizeof(h))
		return RAFT_WIRE_SHORT;
	if (len > RAFT_MAX_MSG_BYTES)
		return RAFT_WIRE_LIMIT;
	memcpy(&h, buf, sizeof(h));
	err = check_frame(&h, buf, len);
	if (!err)
		err = check_fields(&h, group, node);
	if (err)
		return err;
	n = le32_to_cpu(h.n_entries);
	if (n > min_t(u32, max, RAFT_MAX_BATCH))
		return RAFT_WIRE_LIMIT;
	err = decode_entries(&h, buf, len, entries, commands);
	if (err)
		return err;

	memset(m, 0, sizeof(*m));
	m->type = h.type;
	m->flags = h.flags;
	m->from = le32_to_cpu(h.from);
	m->to = le32_to_cpu(h.to);
	m->term = le64_to_cpu(h.term);
	m->seq = le64_to_cpu(h.seq);
	m->ack_seq = le64_to_cpu(h.ack_seq);
	m->from_inc = le64_to_cpu(h.from_inc);
	m->to_inc = le64_to_cpu(h.to_inc);
	m->index = le64_to_cpu(h.index);
	m->log_term = le64_to_cpu(h.log_term);
	m->commit = le64_to_cpu(h.commit);
	m->reject_index = le64_to_cpu(h.reject_index);
	m->serial = le64_to_cpu(h.serial);
	m->priority = le32_to_cpu(h.priority);
	m->n_entries = n;
	m->entries = entries;
	return RAFT_WIRE_OK;
}
