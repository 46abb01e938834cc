// SPDX-License-Identifier: GPL-2.0
/*
 * frag.c - cuts messages into datagrams and puts them together again.  Pure.
 *
 *   0       4      5      6      8        16      20    24
 *   +-------+------+------+------+--------+-------+-----+
 *   | magic | vers | flag | len  | group  | from  | to  |
 *   +-------+------+------+------+--------+-------+-----+
 *   | from_inc 24   id 32   total 40  offset 44         |
 *   | 0 at 48  crc 52                                   |
 *   +---------------------------------------------------+ 56
 *   | data, RAFT_FRAG_DATA bytes, the last part less    |
 *   +---------------------------------------------------+
 *
 * Rules of reassembly, so that datagrams may be lost, copied, reordered and
 * forged:
 *   - parts begin at multiples of RAFT_FRAG_DATA and are full but for the last,
 *     so they cannot overlap;
 *   - the first copy of a part is the one that counts;
 *   - a part whose total differs from the first one's is refused, the message
 *     goes on waiting for the right ones;
 *   - a message that finds no free slot pushes out a complete one, else the
 *     oldest.  Nobody waits for it: the core sends again.
 *
 * A long message would never arrive whole over a network that loses one datagram
 * in ten, so the receiver asks for the parts that are missing: when the last
 * part has come, or when something else comes a while after the last part that
 * did.  No timer is needed, for heartbeats always come.  The sender remembers
 * its last few messages.  Both ends do so a bounded number of times, lest forged
 * datagrams make us send more than a little.
 *
 * What is put together is then checked by raft_wire_decode() as a whole.
 */
#include "frag.h"

#define CRC_SEED	0xffffffffU

static u32 datagram_crc(const struct raft_wire_frag *h, const u8 *data, u32 len)
{
	u32 crc;

	crc = crc32c(CRC_SEED, h, offsetof(struct raft_wire_frag, crc));
	return ~crc32c(crc, data, len);
}

static u64 all_parts(u32 total)
{
	return U64_MAX >> (64 - raft_frag_count(total));
}

/**
 * raft_frag_count - number of datagrams of a message
 * @total: bytes of the message, not 0, at most RAFT_MAX_MSG_BYTES
 *
 * Context: any.
 * Return: 1 to RAFT_FRAG_MAX.
 */
u32 raft_frag_count(u32 total)
{
	return (total + RAFT_FRAG_DATA - 1) / RAFT_FRAG_DATA;
}

/**
 * raft_frag_cut - make the header of one datagram of a message
 * @h: header, filled in
 * @group: group id
 * @m: the message, for its sender, receiver and number
 * @buf: the encoded message
 * @total: bytes of it
 * @i: which datagram, below raft_frag_count(@total)
 *
 * The data of the datagram are at @buf + @i * RAFT_FRAG_DATA.
 *
 * Context: any.
 * Return: bytes of data that follow the header.
 */
u32 raft_frag_cut(struct raft_wire_frag *h, u64 group, const struct raft_msg *m,
		  const u8 *buf, u32 total, u32 i)
{
	u32 offset = i * RAFT_FRAG_DATA;
	u32 len = min_t(u32, total - offset, RAFT_FRAG_DATA);

	memset(h, 0, sizeof(*h));
	h->magic = cpu_to_le32(RAFT_FRAG_MAGIC);
	h->version = RAFT_WIRE_VERSION_1;
	h->len = cpu_to_le16((u16)len);
	h->group = cpu_to_le64(group);
	h->from = cpu_to_le32(m->from);
	h->to = cpu_to_le32(m->to);
	h->from_inc = cpu_to_le64(m->from_inc);
	h->id = cpu_to_le64(m->seq);
	h->total = cpu_to_le32(total);
	h->offset = cpu_to_le32(offset);
	h->crc = cpu_to_le32(datagram_crc(h, buf + offset, len));
	return len;
}

/* The data of a request: the parts that have come. */
static enum raft_wire_error check_ask(const struct raft_frag *f)
{
	return f->offset || f->len != sizeof(__le64) || !f->total ?
	       RAFT_WIRE_LENGTH : RAFT_WIRE_OK;
}

static enum raft_wire_error check_part(const struct raft_frag *f)
{
	if (f->offset >= f->total || f->offset % RAFT_FRAG_DATA ||
	    f->len != min_t(u32, f->total - f->offset, RAFT_FRAG_DATA))
		return RAFT_WIRE_LENGTH;
	return RAFT_WIRE_OK;
}

/**
 * raft_frag_parse - read the header of a datagram that nobody vouches for
 * @buf: the datagram
 * @len: bytes of it
 * @f: filled in; @f->data points into @buf
 *
 * Context: any.
 * Return: RAFT_WIRE_OK, or why it was refused.  The group and the nodes are
 *	not checked: they tell the caller where the datagram belongs.
 */
enum raft_wire_error raft_frag_parse(const u8 *buf, size_t len,
				     struct raft_frag *f)
{
	struct raft_wire_frag h;

	if (len < sizeof(h))
		return RAFT_WIRE_SHORT;
	if (len > RAFT_DATAGRAM_MAX)
		return RAFT_WIRE_LIMIT;
	memcpy(&h, buf, sizeof(h));
	if (le32_to_cpu(h.magic) != RAFT_FRAG_MAGIC)
		return RAFT_WIRE_MAGIC_BAD;
	if (h.version != RAFT_WIRE_VERSION_1)
		return RAFT_WIRE_VERSION;
	f->len = le16_to_cpu(h.len);
	f->data = buf + sizeof(h);
	if (f->len > len - sizeof(h))
		return RAFT_WIRE_SHORT;
	if (!f->len || f->len != len - sizeof(h))
		return RAFT_WIRE_LENGTH;
	if (le32_to_cpu(h.crc) != datagram_crc(&h, f->data, f->len))
		return RAFT_WIRE_CRC;
	if (h.flags & ~RAFT_FRAG_ASK || h.reserved)
		return RAFT_WIRE_FIELD;

	f->ask = h.flags & RAFT_FRAG_ASK;
	f->group = le64_to_cpu(h.group);
	f->from = le32_to_cpu(h.from);
	f->to = le32_to_cpu(h.to);
	f->from_inc = le64_to_cpu(h.from_inc);
	f->id = le64_to_cpu(h.id);
	f->total = le32_to_cpu(h.total);
	f->offset = le32_to_cpu(h.offset);
	if (f->total > RAFT_MAX_MSG_BYTES)
		return RAFT_WIRE_LIMIT;
	return f->ask ? check_ask(f) : check_part(f);
}

/**
 * raft_frag_init - prepare the slots of a peer
 * @p: the peer
 * @mem: RAFT_FRAG_MEMORY bytes that stay while @p is used
 *
 * Context: any.
 */
void raft_frag_init(struct raft_frag_peer *p, u8 *mem)
{
	u32 i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < RAFT_FRAG_SLOTS; i++) {
		p->slots[i].buf = mem + 2ul * i * RAFT_MAX_MSG_BYTES;
		p->sent[i].buf = p->slots[i].buf + RAFT_MAX_MSG_BYTES;
	}
}

static bool slot_complete(const struct raft_frag_slot *s)
{
	return s->age && s->got == all_parts(s->total);
}

static struct raft_frag_slot *slot_find(struct raft_frag_peer *p,
					const struct raft_frag *f)
{
	u32 i;

	for (i = 0; i < RAFT_FRAG_SLOTS; i++) {
		struct raft_frag_slot *s = &p->slots[i];

		if (s->age && s->id == f->id && s->from_inc == f->from_inc)
			return s;
	}
	return NULL;
}

/* Unused before complete before incomplete, the oldest of a kind first. */
static bool slot_cheaper(const struct raft_frag_slot *a,
			 const struct raft_frag_slot *b)
{
	bool a_done = !a->age || slot_complete(a);
	bool b_done = !b->age || slot_complete(b);

	return a_done != b_done ? a_done : a->age < b->age;
}

static struct raft_frag_slot *slot_take(struct raft_frag_peer *p,
					const struct raft_frag *f)
{
	struct raft_frag_slot *s = &p->slots[0];
	u32 i;

	for (i = 1; i < RAFT_FRAG_SLOTS; i++)
		if (slot_cheaper(&p->slots[i], s))
			s = &p->slots[i];
	if (s->age && !slot_complete(s))
		p->evicted++;
	s->from_inc = f->from_inc;
	s->id = f->id;
	s->got = 0;
	s->age = ++p->clock;
	s->total = f->total;
	s->asks = 0;
	return s;
}

/**
 * raft_frag_add - take one datagram of a peer
 * @p: the peer
 * @f: the datagram, as raft_frag_parse() left it, not an ask
 * @now: ns, never running backwards
 * @msg: set to the message, @f->total bytes, when it is complete; valid until
 *	the next call for this peer or, if it is a single datagram, as long as
 *	the datagram is
 *
 * Context: any; the caller is the only one to touch @p.
 * Return: enum raft_frag_result.
 */
enum raft_frag_result raft_frag_add(struct raft_frag_peer *p,
				    const struct raft_frag *f, u64 now,
				    const u8 **msg)
{
	struct raft_frag_slot *s;
	u64 bit;

	if (f->len == f->total) {
		*msg = f->data;
		return RAFT_FRAG_DONE;
	}
	s = slot_find(p, f);
	if (!s)
		s = slot_take(p, f);
	if (s->total != f->total)
		return RAFT_FRAG_FORGED;
	bit = 1ULL << (f->offset / RAFT_FRAG_DATA);
	if (s->got & bit)
		return RAFT_FRAG_COPY;
	memcpy(s->buf + f->offset, f->data, f->len);
	s->got |= bit;
	s->touched = now;
	if (!slot_complete(s))
		return RAFT_FRAG_MORE;
	*msg = s->buf;
	return RAFT_FRAG_DONE;
}

/* Is it time to ask for the rest of this message, now that @f has come? */
static bool slot_overdue(const struct raft_frag_slot *s,
			 const struct raft_frag *f, u64 now)
{
	if (!s->age || slot_complete(s) || s->asks >= RAFT_FRAG_ASKS)
		return false;
	if (!f->ask && s->id == f->id && s->from_inc == f->from_inc &&
	    f->offset + f->len == s->total)
		return true;
	return now - s->touched >= RAFT_FRAG_PATIENCE;
}

/**
 * raft_frag_ask - ask a peer for parts that did not come
 * @p: the peer
 * @f: the datagram that has come from it, after raft_frag_add()
 * @now: ns, never running backwards
 * @from_inc: our boot
 * @ask: filled in: a datagram to be sent to the peer
 *
 * Context: as raft_frag_add().
 * Return: true if @ask is to be sent.
 */
bool raft_frag_ask(struct raft_frag_peer *p, const struct raft_frag *f, u64 now,
		   u64 from_inc, struct raft_wire_ask *ask)
{
	struct raft_frag_slot *s = NULL;
	u32 i;

	for (i = 0; i < RAFT_FRAG_SLOTS && !s; i++)
		if (slot_overdue(&p->slots[i], f, now))
			s = &p->slots[i];
	if (!s)
		return false;
	s->asks++;
	s->touched = now;
	memset(ask, 0, sizeof(*ask));
	ask->h.magic = cpu_to_le32(RAFT_FRAG_MAGIC);
	ask->h.version = RAFT_WIRE_VERSION_1;
	ask->h.flags = RAFT_FRAG_ASK;
	ask->h.len = cpu_to_le16((u16)sizeof(ask->got));
	ask->h.group = cpu_to_le64(f->group);
	ask->h.from = cpu_to_le32(f->to);
	ask->h.to = cpu_to_le32(f->from);
	ask->h.from_inc = cpu_to_le64(from_inc);
	ask->h.id = cpu_to_le64(s->id);
	ask->h.total = cpu_to_le32(s->total);
	ask->got = cpu_to_le64(s->got);
	ask->h.crc = cpu_to_le32(datagram_crc(&ask->h, (u8 *)&ask->got,
					      sizeof(ask->got)));
	return true;
}

/**
 * raft_frag_keep - remember a message that is being sent
 * @p: the peer that it is sent to
 * @id: its number
 * @buf: encoded
 * @total: bytes of it; one that fits into a datagram is not worth it
 *
 * Context: as raft_frag_add().
 */
void raft_frag_keep(struct raft_frag_peer *p, u64 id, const u8 *buf, u32 total)
{
	struct raft_frag_sent *s = &p->sent[p->sent_next];

	if (total <= RAFT_FRAG_DATA || total > RAFT_MAX_MSG_BYTES)
		return;
	p->sent_next = (p->sent_next + 1) % RAFT_FRAG_SLOTS;
	s->id = id;
	s->total = total;
	s->left = RAFT_FRAG_RESENDS * raft_frag_count(total);
	memcpy(s->buf, buf, total);
}

/**
 * raft_frag_asked - a peer asks for parts of one of our messages
 * @p: the peer
 * @f: the datagram, an ask
 * @missing: set: bit n: send the part at n * RAFT_FRAG_DATA again
 *
 * Context: as raft_frag_add().
 * Return: the message, or NULL if it was forgotten or sent too often.
 */
const struct raft_frag_sent *raft_frag_asked(struct raft_frag_peer *p,
					     const struct raft_frag *f,
					     u64 *missing)
{
	struct raft_frag_sent *s = NULL;
	__le64 got;
	u32 i, n;

	for (i = 0; i < RAFT_FRAG_SLOTS; i++)
		if (p->sent[i].total == f->total && p->sent[i].id == f->id)
			s = &p->sent[i];
	if (!s)
		return NULL;
	memcpy(&got, f->data, sizeof(got));
	*missing = all_parts(s->total) & ~le64_to_cpu(got);
	for (i = 0, n = 0; i < RAFT_FRAG_MAX; i++)
		n += *missing >> i & 1;
	if (!n || n > s->left)
		return NULL;
	s->left -= n;
	return s;
}
