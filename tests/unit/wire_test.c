// SPDX-License-Identifier: GPL-2.0
/*
 * wire_test.c - messages, and what datagrams look like: kmod/core/wire.c.  TAP.
 *
 * "wire_test --golden" prints tests/golden/wire.hex anew; a difference in it is
 * a change of the wire format and needs a new version.
 */
#include <stdio.h>
#include <stdlib.h>

#include "frag.h"
#include "tap.h"
#include "wire.h"

#define GOLDEN	"tests/golden/wire.hex"
#define GROUP	0x1122334455667788ULL
#define SELF	2

static u8 command[RAFT_MAX_COMMAND + RAFT_MAX_BATCH];
static u8 buf[RAFT_MAX_MSG_BYTES + 1];
static struct raft_entry entries[RAFT_MAX_BATCH];
static struct raft_wire_command commands[RAFT_MAX_BATCH];

static const struct raft_msg sample = {
	.from = 1, .to = SELF, .term = 7, .seq = 99, .ack_seq = 98,
	.from_inc = 1000, .to_inc = 2000, .index = 41, .log_term = 6,
	.commit = 40, .reject_index = 39, .serial = 5,
};

static struct raft_msg sample_of(u8 type, u32 n)
{
	struct raft_msg m = sample;

	m.type = type;
	m.n_entries = n;
	if (type == RAFT_MSG_VOTE_RESP || type == RAFT_MSG_APPEND_RESP)
		m.flags = RAFT_MSG_REJECT;
	return m;
}

static u8 entry_type(const struct raft_msg *m, u32 i)
{
	if (m->flags & RAFT_MSG_CHANGE || m->type == RAFT_MSG_JOIN)
		return RAFT_ENTRY_CHANGE;
	if (m->type == RAFT_MSG_SNAPSHOT)
		return RAFT_ENTRY_CHUNK;
	if (m->type == RAFT_MSG_FORWARD)
		return RAFT_ENTRY_COMMAND;
	return i ? RAFT_ENTRY_COMMAND : RAFT_ENTRY_NOOP;
}

/*
 * Entry 0 of an append is a no-op, commands have @len + their number bytes, and
 * a change has its own size.
 */
static size_t encode(u8 *to, size_t size, const struct raft_msg *m, u32 len)
{
	struct raft_wire_out w;
	u32 i;

	raft_wire_begin(&w, to, size, GROUP, m);
	for (i = 0; i < m->n_entries; i++) {
		struct raft_entry e = {
			.term = 3 + i, .incarnation = 1000, .serial = i,
			.origin = 1, .type = entry_type(m, i), .len = len + i,
		};

		if (e.type == RAFT_ENTRY_CHANGE)
			e.len = RAFT_CONFIG_BYTES;
		if (e.type == RAFT_ENTRY_CHUNK) {
			e.term = 0;
			e.origin = 0;
			e.incarnation = 5000;
			e.serial = 1000;
		}
		if (e.type == RAFT_ENTRY_COMMAND && i == 1) {
			e.client = 9;
			e.client_serial = 4;
		}
		if (e.type == RAFT_ENTRY_NOOP) {
			e.len = 0;
			e.origin = 0;
			e.incarnation = 0;
		}
		raft_wire_add(&w, &e, command + i,
			      raft_command_crc(command + i, e.len));
	}
	return raft_wire_end(&w);
}

static enum raft_wire_error decode_for(u32 node, const u8 *from, size_t len,
				       struct raft_msg *m)
{
	/* An allocation of just that size: ASan sees each byte beyond. */
	u8 *copy = malloc(len ? len : 1);
	enum raft_wire_error err;

	memcpy(copy, from, len);
	err = raft_wire_decode(copy, len, GROUP, node, m, entries, commands,
			       RAFT_MAX_BATCH);
	free(copy);
	return err;
}

static enum raft_wire_error decode(const u8 *from, size_t len,
				   struct raft_msg *m)
{
	return decode_for(SELF, from, len, m);
}

/* The headers; the commands have sums of their own. */
static void seal(u8 *msg, size_t len)
{
	u32 crc = crc32c(~0u, msg, offsetof(struct raft_wire_header, crc));
	struct raft_wire_header h;
	size_t headers;

	memcpy(&h, msg, sizeof(h));
	headers = raft_wire_header_bytes(le32_to_cpu(h.n_entries));
	if (headers > len)
		headers = len;
	crc = crc32c(crc, msg + sizeof(struct raft_wire_header),
		     headers - sizeof(struct raft_wire_header));
	crc = (u32)cpu_to_le32(~crc);
	memcpy(msg + offsetof(struct raft_wire_header, crc), &crc, 4);
}

/* A message of each type, and of a type with each of its flags. */
static const struct shape {
	const char *name;
	u8 type;
	u8 flags;
	u32 n;
} shapes[] = {
	{ "prevote", RAFT_MSG_PREVOTE },
	{ "prevote_resp", RAFT_MSG_PREVOTE_RESP },
	{ "vote", RAFT_MSG_VOTE },
	{ "vote_resp", RAFT_MSG_VOTE_RESP, RAFT_MSG_REJECT },
	{ "append", RAFT_MSG_APPEND, 0, 2 },
	{ "append_resp", RAFT_MSG_APPEND_RESP, RAFT_MSG_REJECT },
	{ "heartbeat", RAFT_MSG_HEARTBEAT, RAFT_MSG_QUIET },
	{ "heartbeat_resp", RAFT_MSG_HEARTBEAT_RESP },
	{ "forward", RAFT_MSG_FORWARD, 0, 2 },
	{ "vote_transfer", RAFT_MSG_VOTE, RAFT_MSG_TRANSFER },
	{ "timeout_now", RAFT_MSG_TIMEOUT_NOW },
	{ "forward_change", RAFT_MSG_FORWARD, RAFT_MSG_CHANGE, 1 },
	{ "forward_transfer", RAFT_MSG_FORWARD, RAFT_MSG_TRANSFER },
	{ "forward_resp", RAFT_MSG_FORWARD_RESP,
	  RAFT_MSG_REJECT | RAFT_MSG_CHANGE },
	{ "read_index", RAFT_MSG_READ_INDEX, RAFT_MSG_LEASE },
	{ "read_index_resp", RAFT_MSG_READ_INDEX_RESP },
	{ "join", RAFT_MSG_JOIN, 0, 1 },
	{ "join_resp", RAFT_MSG_JOIN_RESP, RAFT_MSG_REJECT },
	{ "snapshot", RAFT_MSG_SNAPSHOT, 0, 1 },
	{ "snapshot_resp", RAFT_MSG_SNAPSHOT_RESP, RAFT_MSG_REJECT },
};

static struct raft_msg shape_msg(const struct shape *s)
{
	struct raft_msg m = sample_of(s->type, s->n);

	m.flags = s->flags;
	if (s->type == RAFT_MSG_HEARTBEAT_RESP)
		m.priority = 77;
	if (s->type == RAFT_MSG_JOIN || s->type == RAFT_MSG_JOIN_RESP)
		m.term = 0;
	if (s->type == RAFT_MSG_JOIN)
		m.to = 0;
	return m;
}

/* Compared as they are encoded: the padding of a structure is anything. */
static bool same_header(const struct raft_msg *a, const struct raft_msg *b)
{
	static u8 one[RAFT_MAX_MSG_BYTES], two[RAFT_MAX_MSG_BYTES];
	struct raft_wire_out w;

	raft_wire_begin(&w, one, sizeof(one), GROUP, a);
	raft_wire_begin(&w, two, sizeof(two), GROUP, b);
	return !w.bad && !memcmp(one, two, sizeof(struct raft_wire_header));
}

static void test_round_trip(void)
{
	struct raft_msg in, out;
	bool same = true;
	size_t len;
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		in = shape_msg(&shapes[i]);
		len = encode(buf, sizeof(buf), &in, 10);
		same &= decode_for(in.to, buf, len, &out) == RAFT_WIRE_OK;
		same &= out.entries == entries;
		same &= same_header(&in, &out);
		for (n = 0; n < in.n_entries; n++) {
			same &= entries[n].type == entry_type(&in, n);
			if (entries[n].type != RAFT_ENTRY_COMMAND)
				continue;
			same &= entries[n].len == 10 + n && entries[n].term == 3 + n;
			same &= entries[n].client == (n == 1 ? 9 : 0) &&
				entries[n].client_serial == (n == 1 ? 4 : 0);
			same &= entries[n].serial == n && entries[n].origin == 1;
			same &= !memcmp(buf + commands[n].offset, command + n,
					entries[n].len);
		}
	}
	ok(same, "every type comes back as it was sent");

	in = sample_of(RAFT_MSG_FORWARD, 1);
	len = encode(buf, sizeof(buf), &in, RAFT_MAX_COMMAND);
	ok(len && decode(buf, len, &out) == RAFT_WIRE_OK &&
	   entries[0].len == RAFT_MAX_COMMAND, "the longest command fits");
	in = sample_of(RAFT_MSG_APPEND, RAFT_MAX_BATCH);
	len = encode(buf, sizeof(buf), &in, 1);
	ok(len && decode(buf, len, &out) == RAFT_WIRE_OK,
	   "the largest number of entries fits");
}

static void test_encode_limits(void)
{
	struct raft_msg m = sample_of(RAFT_MSG_APPEND, 3);
	struct raft_wire_out w;
	size_t len = encode(buf, sizeof(buf), &m, 10), i;
	bool good = true;

	for (i = 0; i < len; i++) {
		u8 *room = malloc(i ? i : 1);

		good &= encode(room, i, &m, 10) == 0;
		free(room);
	}
	ok(good, "a message that does not fit is not encoded");
	raft_wire_begin(&w, buf, sizeof(buf), GROUP, &m);
	ok(!raft_wire_end(&w), "a message without its entries is not encoded");
	m.n_entries = RAFT_MAX_BATCH + 1;
	raft_wire_begin(&w, buf, sizeof(buf), GROUP, &m);
	ok(!raft_wire_end(&w), "too many entries are not encoded");
}

static void test_damage(void)
{
	struct raft_msg m = sample_of(RAFT_MSG_APPEND, 3), out;
	size_t len = encode(buf, sizeof(buf), &m, 10), i;
	bool good = true;
	int bit;

	for (i = 0; i < len; i++)
		good &= decode(buf, i, &out) != RAFT_WIRE_OK;
	ok(good, "every truncation is refused (trap 53)");
	good = true;
	for (i = 0; i < len; i++) {
		for (bit = 0; bit < 8; bit++) {
			buf[i] ^= 1 << bit;
			good &= decode(buf, len, &out) != RAFT_WIRE_OK;
			buf[i] ^= 1 << bit;
		}
	}
	ok(good, "every flipped bit is refused");
	buf[len] = 0;
	ok(decode(buf, len + 1, &out) == RAFT_WIRE_LENGTH,
	   "a byte too many is refused");
	/* Damage with a good checksum: nothing to expect but no crash. */
	for (i = 0; i < len; i++) {
		u8 was = buf[i];

		buf[i] ^= 0xff;
		seal(buf, len);
		decode(buf, len, &out);
		buf[i] = was;
	}
	ok(true, "every flipped byte under a good checksum is survived");
}

struct field {
	const char *name;
	size_t at;
	int size;
	u64 value;
	enum raft_wire_error want;
};

#define H(f)	offsetof(struct raft_wire_header, f)
#define E(f)	(sizeof(struct raft_wire_header) + \
		 sizeof(struct raft_wire_entry) + \
		 offsetof(struct raft_wire_entry, f))

static const struct field fields[] = {
	{ "magic", H(magic), 4, 1, RAFT_WIRE_MAGIC_BAD },
	{ "version 0", H(version), 1, 0, RAFT_WIRE_VERSION },
	{ "version 2", H(version), 1, 2, RAFT_WIRE_VERSION },
	{ "type 0", H(type), 1, 0, RAFT_WIRE_TYPE },
	{ "type 16", H(type), 1, RAFT_MSG_TYPES, RAFT_WIRE_TYPE },
	{ "entries of an append in a snapshot", H(type), 1, RAFT_MSG_SNAPSHOT,
	  RAFT_WIRE_LIMIT },
	{ "entries in an answer to a snapshot", H(type), 1,
	  RAFT_MSG_SNAPSHOT_RESP, RAFT_WIRE_FIELD },
	{ "type 255", H(type), 1, 255, RAFT_WIRE_TYPE },
	{ "flags", H(flags), 1, 16, RAFT_WIRE_FIELD },
	{ "flag of another type", H(flags), 1, RAFT_MSG_LEASE, RAFT_WIRE_FIELD },
	{ "reject of a request", H(flags), 1, 1, RAFT_WIRE_FIELD },
	{ "reserved0", H(reserved0), 1, 1, RAFT_WIRE_FIELD },
	{ "longer than it is", H(length), 4, 1 << 16, RAFT_WIRE_SHORT },
	{ "shorter than it is", H(length), 4, 140, RAFT_WIRE_LENGTH },
	{ "entries missing", H(n_entries), 4, 4, RAFT_WIRE_LENGTH },
	{ "2^32-1 entries", H(n_entries), 4, U32_MAX, RAFT_WIRE_LIMIT },
	{ "no entries but bytes", H(n_entries), 4, 0, RAFT_WIRE_LENGTH },
	{ "entries in a vote", H(type), 1, RAFT_MSG_VOTE, RAFT_WIRE_FIELD },
	{ "group (trap 27)", H(group), 8, 5, RAFT_WIRE_GROUP },
	{ "from 0", H(from), 4, 0, RAFT_WIRE_NODE },
	{ "from ourselves", H(from), 4, SELF, RAFT_WIRE_NODE },
	{ "to another node (trap 27)", H(to), 4, 3, RAFT_WIRE_NODE },
	{ "no boot", H(from_inc), 8, 0, RAFT_WIRE_FIELD },
	{ "absurd term (trap 56)", H(term), 8, U64_MAX, RAFT_WIRE_LIMIT },
	{ "absurd index", H(index), 8, RAFT_MAX_INDEX + 1, RAFT_WIRE_LIMIT },
	{ "absurd log term", H(log_term), 8, U64_MAX, RAFT_WIRE_LIMIT },
	{ "absurd commit", H(commit), 8, U64_MAX, RAFT_WIRE_LIMIT },
	{ "absurd reject", H(reject_index), 8, U64_MAX, RAFT_WIRE_LIMIT },
	{ "auth of a later version", H(auth) + 15, 1, 1, RAFT_WIRE_FIELD },
	{ "priority", H(priority), 4, 1, RAFT_WIRE_FIELD },
	{ "absurd entry term", E(term), 8, U64_MAX, RAFT_WIRE_LIMIT },
	{ "long command", E(len), 4, RAFT_MAX_COMMAND + 1, RAFT_WIRE_LIMIT },
	{ "command beyond the end", E(len), 4, 60000, RAFT_WIRE_LENGTH },
	{ "command left out, but there", E(len), 4, 0, RAFT_WIRE_LENGTH },
	{ "no-op with a command", E(type), 1, RAFT_ENTRY_NOOP, RAFT_WIRE_FIELD },
	{ "entry of no type", E(type), 1, 77, RAFT_WIRE_FIELD },
	{ "configuration of another size", E(type), 1, RAFT_ENTRY_CONFIG,
	  RAFT_WIRE_FIELD },
	{ "part of a snapshot in an append", E(type), 1, RAFT_ENTRY_CHUNK,
	  RAFT_WIRE_FIELD },
	{ "change in an append", E(type), 1, RAFT_ENTRY_CHANGE, RAFT_WIRE_FIELD },
	{ "a session's opening with a command", E(type), 1, RAFT_ENTRY_OPEN,
	  RAFT_WIRE_FIELD },
	{ "client without a number", E(client_serial), 8, 0, RAFT_WIRE_FIELD },
	{ "number without a client", E(client), 8, 0, RAFT_WIRE_FIELD },
	{ "entry reserved", E(reserved) + 2, 1, 1, RAFT_WIRE_FIELD },
	{ "sum of another command", E(crc), 4, 1, RAFT_WIRE_CRC },
};

static void test_fields(void)
{
	struct raft_msg m = sample_of(RAFT_MSG_APPEND, 3), out;
	char name[80];
	size_t len, i;
	int k;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		len = encode(buf, sizeof(buf), &m, 10);
		for (k = 0; k < fields[i].size; k++)
			buf[fields[i].at + k] = fields[i].value >> 8 * k;
		seal(buf, len);
		snprintf(name, sizeof(name), "refused: %s", fields[i].name);
		ok(decode(buf, len, &out) == fields[i].want, name);
	}
	m.n_entries = 3;
	len = encode(buf, sizeof(buf), &m, 10);
	ok(raft_wire_decode(buf, len, GROUP, SELF, &out, entries, commands, 2) ==
	   RAFT_WIRE_LIMIT, "more entries than there is room for");
}

#define C(f)	(sizeof(struct raft_wire_header) + \
		 offsetof(struct raft_wire_entry, f))

/* Of a part of 10 bytes at 1000 of a snapshot of 5000 (trap 49). */
static const struct field part_fields[] = {
	{ "no part", H(n_entries), 4, 0, RAFT_WIRE_FIELD },
	{ "two parts", H(n_entries), 4, 2, RAFT_WIRE_LIMIT },
	{ "a command as a part", C(type), 1, RAFT_ENTRY_COMMAND, RAFT_WIRE_FIELD },
	{ "a part of nothing", C(incarnation), 8, 0, RAFT_WIRE_FIELD },
	{ "a part beyond the end", C(incarnation), 8, 1009, RAFT_WIRE_FIELD },
	{ "a part that wraps around", C(serial), 8, U64_MAX - 3, RAFT_WIRE_FIELD },
	{ "absurd length of a snapshot", C(incarnation), 8, RAFT_MAX_INDEX + 1,
	  RAFT_WIRE_FIELD },
	{ "a part with a term", C(term), 8, 1, RAFT_WIRE_FIELD },
	{ "a part with an origin", C(origin), 4, 1, RAFT_WIRE_FIELD },
	{ "a part with a client", C(client), 8, 1, RAFT_WIRE_FIELD },
};

static void test_part_fields(void)
{
	struct raft_msg m = sample_of(RAFT_MSG_SNAPSHOT, 1), out;
	char name[80];
	size_t len, i;
	int k;

	for (i = 0; i < ARRAY_SIZE(part_fields); i++) {
		const struct field *f = &part_fields[i];

		len = encode(buf, sizeof(buf), &m, 10);
		for (k = 0; k < f->size; k++)
			buf[f->at + k] = f->value >> 8 * k;
		seal(buf, len);
		snprintf(name, sizeof(name), "refused: %s", f->name);
		ok(decode(buf, len, &out) == f->want, name);
	}
	len = encode(buf, sizeof(buf), &m, 0);
	ok(len && decode(buf, len, &out) == RAFT_WIRE_OK && !entries[0].len,
	   "a part without bytes is a question");
}

/* What @m is refused with; it has an entry if it is a JOIN. */
static enum raft_wire_error refusal(u32 node, const struct raft_msg *m)
{
	struct raft_msg out;
	size_t len = encode(buf, sizeof(buf), m, 10);

	return decode_for(node, buf, len, &out);
}

static void test_join(void)
{
	struct raft_msg join = sample_of(RAFT_MSG_JOIN, 1);
	struct raft_msg resp = sample_of(RAFT_MSG_JOIN_RESP, 0);
	struct raft_msg m;

	join.to = 0;
	join.term = 0;
	resp.term = 0;
	ok(!refusal(0, &join) && !refusal(SELF, &resp), "a join and its answer");
	m = join;
	m.to = SELF;
	ok(refusal(SELF, &m) == RAFT_WIRE_FIELD, "refused: a join for one node");
	m = sample_of(RAFT_MSG_VOTE, 0);
	m.to = 0;
	ok(refusal(0, &m) == RAFT_WIRE_FIELD,
	   "refused: anything else for whoever is there");
	m = join;
	m.term = 7;
	ok(refusal(0, &m) == RAFT_WIRE_FIELD, "refused: a join with a term");
	m = resp;
	m.term = 7;
	ok(refusal(SELF, &m) == RAFT_WIRE_FIELD,
	   "refused: the answer to a join with a term");
	m = resp;
	m.n_entries = 1;
	ok(refusal(SELF, &m) == RAFT_WIRE_FIELD,
	   "refused: the answer to a join with an entry");
	m = join;
	m.n_entries = 2;
	ok(refusal(0, &m) == RAFT_WIRE_LIMIT, "refused: a join of two");
}

/* What a witness gets; nobody proposes it. */
static void test_bare(void)
{
	struct raft_msg m = sample_of(RAFT_MSG_APPEND, 2), out;
	size_t len = encode(buf, sizeof(buf), &m, (u32)-1);

	ok(decode(buf, len, &out) == RAFT_WIRE_OK &&
	   entries[1].type == RAFT_ENTRY_COMMAND && !entries[1].len &&
	   entries[1].client == 9, "an append without the command");
	m = sample_of(RAFT_MSG_FORWARD, 1);
	len = encode(buf, sizeof(buf), &m, 0);
	ok(decode(buf, len, &out) == RAFT_WIRE_FIELD,
	   "refused: a proposal without a command");
}

/* The head and the command by themselves are the same message. */
static void test_head(void)
{
	static u8 head[RAFT_MAX_MSG_BYTES];
	struct raft_msg m = sample_of(RAFT_MSG_FORWARD, 1), out;
	struct raft_entry e;
	size_t len = encode(buf, sizeof(buf), &m, 5000);

	e = (struct raft_entry) {
		.term = 3, .incarnation = 1000, .origin = 1,
		.type = RAFT_ENTRY_COMMAND, .len = 5000,
	};
	ok(raft_wire_head(head, GROUP, &m, &e,
			  raft_command_crc(command, e.len)) == len &&
	   !memcmp(head, buf, raft_wire_header_bytes(1)),
	   "a message may be encoded without its command");
	memcpy(head + raft_wire_header_bytes(1), command, e.len);
	ok(decode(head, len, &out) == RAFT_WIRE_OK && entries[0].len == 5000,
	   "and is read with it");
}

/* Puts together what @cut gives for each part; true if it is a good message. */
static bool assemble(size_t len, void (*cut)(struct raft_frag_part *part, u32 i))
{
	static struct raft_frag_mem mem;
	static struct raft_frag_peer peer;
	enum raft_frag_result res = RAFT_FRAG_MORE;
	u8 gram[RAFT_DATAGRAM_MAX];
	struct raft_frag_part part;
	const u8 *msg = NULL;
	struct raft_msg out;
	struct raft_frag f;
	u32 i;

	raft_frag_init(&peer, &mem);
	for (i = 0; i < raft_frag_count((u32)len); i++) {
		cut(&part, i);
		memcpy(gram, &part.h, sizeof(part.h));
		memcpy(gram + sizeof(part.h), part.data[0], part.len[0]);
		if (raft_frag_parse(gram, sizeof(part.h) + part.len[0], &f))
			return false;
		res = raft_frag_add(&peer, &f, 0, &msg);
	}
	return res == RAFT_FRAG_DONE && decode(msg, len, &out) == RAFT_WIRE_OK;
}

static u8 other[RAFT_MSG_SHORT];
static struct raft_frag_msg mine, theirs;
static u32 odd_part;	/* from another message, or damaged */

static void cut_mixed(struct raft_frag_part *part, u32 i)
{
	raft_frag_cut(part, i == odd_part ? &theirs : &mine, i, 0, false);
}

/*
 * A part has a sum of its header only; what it brings has those of the message.  So
 * parts of two messages of one number, which no good sender has, must not make one,
 * nor must a part that was damaged or forged.
 */
static void test_parts(void)
{
	struct raft_msg m = sample_of(RAFT_MSG_APPEND, 9), later = m;
	bool good, mixed = false, damaged = false;
	size_t len = encode(buf, sizeof(buf), &m, 1000), i;
	u32 n = raft_frag_count((u32)len);

	mine = (struct raft_frag_msg) {
		.group = GROUP, .from = m.from, .to = m.to,
		.from_inc = m.from_inc, .id = m.seq, .total = (u32)len,
		.head = buf, .head_len = (u32)len,
	};
	theirs = mine;
	theirs.head = other;
	odd_part = n;
	good = assemble(len, cut_mixed);
	ok(good && n > 3, "parts of a message make it");
	later.term++;
	for (i = 0; i < 2000; i++)
		command[i] ^= 0x55;
	ok(encode(other, sizeof(other), &later, 1000) == len, "another is as long");
	for (i = 0; i < 2000; i++)
		command[i] ^= 0x55;
	for (odd_part = 0; odd_part < n; odd_part++)
		mixed |= assemble(len, cut_mixed);
	ok(!mixed, "refused: parts of two messages");
	for (i = 0; i < len; i += 7) {
		memcpy(other, buf, len);
		other[i] ^= 4;
		odd_part = (u32)i / RAFT_FRAG_DATA;
		damaged |= assemble(len, cut_mixed);
	}
	ok(!damaged, "refused: a message with a damaged part");
}

static size_t golden_line(char *line, size_t size, u32 i)
{
	struct raft_msg m = shape_msg(&shapes[i]);
	size_t len = encode(buf, sizeof(buf), &m, 10), k;
	size_t at = (size_t)snprintf(line, size, "%s ", shapes[i].name);
	struct raft_frag_msg whole = {
		.group = GROUP, .from = m.from, .to = m.to,
		.from_inc = m.from_inc, .id = m.seq, .total = (u32)len,
		.head = buf, .head_len = (u32)len,
	};
	u8 gram[RAFT_DATAGRAM_MAX];
	struct raft_frag_part part;

	if (raft_frag_count((u32)len) != 1)
		abort();
	raft_frag_cut(&part, &whole, 0, 0, false);
	memcpy(gram, &part.h, sizeof(part.h));
	memcpy(gram + sizeof(part.h), part.data[0], part.len[0]);
	for (k = 0; k < sizeof(part.h) + part.len[0]; k++)
		at += (size_t)snprintf(line + at, size - at, "%02x", gram[k]);
	return at;
}

static void test_golden(bool print)
{
	FILE *f = print ? NULL : fopen(GOLDEN, "re");
	static char want[4096], got[4096];
	char name[80];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		golden_line(got, sizeof(got), i);
		if (print) {
			puts(got);
			continue;
		}
		if (!f || !fgets(want, sizeof(want), f))
			want[0] = 0;
		want[strcspn(want, "\n")] = 0;
		snprintf(name, sizeof(name), "golden %s", shapes[i].name);
		ok(!strcmp(want, got), name);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(command); i++)
		command[i] = (u8)(i * 31 + 7);
	if (argc > 1 && !strcmp(argv[1], "--golden")) {
		test_golden(true);
		return 0;
	}
	test_round_trip();
	test_encode_limits();
	test_damage();
	test_fields();
	test_part_fields();
	test_join();
	test_bare();
	test_head();
	test_parts();
	test_golden(false);
	printf("1..%d\n", n_tests);
	return 0;
}
