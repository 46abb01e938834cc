// SPDX-License-Identifier: GPL-2.0
/*
 * frag.c - cuts messages into datagrams and puts them together again.  Pure.
 *
 *   0       4      5      6      8        16      20    24
 *   +-------+------+------+------+--------+-------+-----+
 *   | magic | vers | flag | len  | group  | from  | to  |
 *   +-------+------+------+------+--------+-------+-----+
 *   | from_inc 24   id 32   total 40  offset 44         |
 *   | round 48  crc 52                                  |
 *   +---------------------------------------------------+ 56
 *   | data, RAFT_FRAG_DATA bytes, the last part less    |
 *   +---------------------------------------------------+
 *
 * A UDP packet is one datagram or several, one behind the other, RAFT_DATAGRAM_MAX
 * bytes in all.  Each is checked on its own, as if it had come alone.
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
 *   - of a long message there is one for each peer, in memory that the caller
 *     lends when its first part comes.  Who sends has one under way at a time, so
 *     a newer one pushes it out: that one is not sent any more.
 *
 * A message of many datagrams would never arrive whole over a network that loses
 * one in ten, so the receiver asks for the parts that are missing: when the last
 * of those that were sent at once has come, or, for a short message, when something
 * else comes a while after the last part that did.  No timer is needed, for
 * heartbeats always come.  frag_sent.c has the other end.
 *
 * What is put together is then checked by raft_wire_decode() as a whole, each byte
 * of it: the sum of a part is only that of its header, so no byte is summed twice.  A
 * part that was damaged in spite of UDP's own sum costs the whole message, which the
 * core sends again.
 */
#include "frag.h"

#define CRC_SEED	0xffffffffU

/* @len: of @data, 0 but for a request. */
static u32 datagram_crc(const struct raft_wire_frag *h, const void *data,
			u32 len)
{
	u32 crc;

	crc = crc32c(CRC_SEED, h, offsetof(struct raft_wire_frag, crc));
	return ~crc32c(crc, data, len);
}

/* Words of a request for parts of a message. */
static u32 words_of(u32 total)
{
	return (raft_frag_count(total) + 63) / 64;
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

/* Where bytes of a message are. */
static void part_data(struct raft_frag_part *part, const struct raft_frag_msg *m,
		      u32 offset, u32 len)
{
	u32 first = 0;

	if (offset < m->head_len)
		first = min_t(u32, len, m->head_len - offset);
	part->data[0] = m->head + (first ? offset : 0);
	part->len[0] = first;
	part->data[1] = NULL;
	part->len[1] = len - first;
	if (part->len[1])
		part->data[1] = m->tail + (offset + first - m->head_len);
}

/**
 * raft_frag_cut - make one datagram of a message
 * @part: filled in
 * @m: the message
 * @i: which part, below raft_frag_count(@m->total)
 * @round: how often parts were sent before
 * @poll: nothing follows before an answer has come
 *
 * Context: any.
 */
void raft_frag_cut(struct raft_frag_part *part, const struct raft_frag_msg *m,
		   u32 i, u32 round, bool poll)
{
	u32 offset = i * RAFT_FRAG_DATA;
	u32 len = min_t(u32, m->total - offset, RAFT_FRAG_DATA);
	struct raft_wire_frag *h = &part->h;

	part_data(part, m, offset, len);
	memset(h, 0, sizeof(*h));
	h->magic = cpu_to_le32(RAFT_FRAG_MAGIC);
	h->version = RAFT_WIRE_VERSION_1;
	h->flags = poll ? RAFT_FRAG_POLL : 0;
	h->len = cpu_to_le16((u16)len);
	h->group = cpu_to_le64(m->group);
	h->from = cpu_to_le32(m->from);
	h->to = cpu_to_le32(m->to);
	h->from_inc = cpu_to_le64(m->from_inc);
	h->id = cpu_to_le64(m->id);
	h->total = cpu_to_le32(m->total);
	h->offset = cpu_to_le32(offset);
	h->round = cpu_to_le32(round);
	h->crc = cpu_to_le32(datagram_crc(h, NULL, 0));
}

/**
 * raft_frag_pack - lay a datagram into a packet, behind those that are there
 * @to: the packet
 * @part: the datagram
 *
 * Context: any.
 * Return: false if it has no room.
 */
bool raft_frag_pack(struct raft_frag_packet *to,
		    const struct raft_frag_part *part)
{
	u32 size = sizeof(part->h) + part->len[0] + part->len[1];
	u8 *at = to->buf + to->len;

	if (size > sizeof(to->buf) - to->len)
		return false;
	memcpy(at, &part->h, sizeof(part->h));
	at += sizeof(part->h);
	memcpy(at, part->data[0], part->len[0]);
	if (part->len[1])
		memcpy(at + part->len[0], part->data[1], part->len[1]);
	to->len += size;
	to->n++;
	return true;
}

/* The data of a request: the parts that have come. */
static enum raft_wire_error check_ask(const struct raft_frag *f)
{
	return f->poll || !f->total || f->offset ||
	       f->len != 8 * words_of(f->total) ?
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
 * @buf: a packet, or what is left of it
 * @len: bytes of it
 * @f: filled in, of the first datagram there; @f->data points into @buf.  @f->size
 *	also if it is refused
 *
 * The length is believed once the sum of the header is right.
 *
 * Context: any.
 * Return: RAFT_WIRE_OK, or why it was refused.  The group and the nodes are
 *	not checked: they tell the caller where the datagram belongs.
 */
enum raft_wire_error raft_frag_parse(const u8 *buf, size_t len,
				     struct raft_frag *f)
{
	struct raft_wire_frag h;

	f->size = (u32)len;
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
	if (!f->len)
		return RAFT_WIRE_LENGTH;
	if (RAFT_MUTANT("frag-trusts-length"))
		f->size = (u32)sizeof(h) + f->len;
	if (le32_to_cpu(h.crc) !=
	    datagram_crc(&h, f->data, h.flags & RAFT_FRAG_ASK ? f->len : 0))
		return RAFT_WIRE_CRC;
	f->size = (u32)sizeof(h) + f->len;
	if (h.flags & ~(RAFT_FRAG_ASK | RAFT_FRAG_POLL))
		return RAFT_WIRE_FIELD;

	f->ask = h.flags & RAFT_FRAG_ASK;
	f->poll = h.flags & RAFT_FRAG_POLL;
	f->group = le64_to_cpu(h.group);
	f->from = le32_to_cpu(h.from);
	f->to = le32_to_cpu(h.to);
	f->from_inc = le64_to_cpu(h.from_inc);
	f->id = le64_to_cpu(h.id);
	f->total = le32_to_cpu(h.total);
	f->offset = le32_to_cpu(h.offset);
	f->round = le32_to_cpu(h.round);
	if (f->total > RAFT_MAX_MSG_BYTES)
		return RAFT_WIRE_LIMIT;
	return f->ask ? check_ask(f) : check_part(f);
}

/**
 * raft_frag_init - prepare the slots of a peer
 * @p: the peer; it has no handle of the caller's
 * @mem: memory that stays while @p is used
 *
 * Context: any.
 */
void raft_frag_init(struct raft_frag_peer *p, struct raft_frag_mem *mem)
{
	u32 i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < RAFT_FRAG_SLOTS; i++) {
		p->slots[i].buf = mem->in[i];
		p->sent[i].buf = mem->out[i];
	}
	p->queue.ring = mem->queue;
}

static bool slot_complete(const struct raft_frag_slot *s)
{
	return s->age && s->parts == raft_frag_count(s->total);
}

static bool slot_is(const struct raft_frag_slot *s, const struct raft_frag *f)
{
	return s->age && s->id == f->id && s->from_inc == f->from_inc;
}

static struct raft_frag_slot *slot_find(struct raft_frag_peer *p,
					const struct raft_frag *f)
{
	u32 i;

	if (f->total > RAFT_MSG_SHORT)
		return slot_is(&p->big, f) ? &p->big : NULL;
	for (i = 0; i < RAFT_FRAG_SLOTS; i++)
		if (slot_is(&p->slots[i], f))
			return &p->slots[i];
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

static void slot_begin(struct raft_frag_peer *p, struct raft_frag_slot *s,
		       const struct raft_frag *f, u64 now)
{
	if (s->age && !slot_complete(s))
		p->evicted++;
	memset(s->got, 0, sizeof(s->got));
	s->from_inc = f->from_inc;
	s->id = f->id;
	s->parts = 0;
	s->age = ++p->clock;
	s->touched = now;
	s->total = f->total;
	s->round = f->round;
	s->asks = 0;
}

static struct raft_frag_slot *slot_take(struct raft_frag_peer *p,
					const struct raft_frag *f, u64 now)
{
	struct raft_frag_slot *s = &p->slots[0];
	u32 i;

	for (i = 1; i < RAFT_FRAG_SLOTS; i++)
		if (slot_cheaper(&p->slots[i], s))
			s = &p->slots[i];
	slot_begin(p, s, f, now);
	return s;
}

/*
 * May a long message that nothing is known of take the place of the last one?
 * That the sender is at a newer one says that it has given this one up.
 */
static bool long_begins(const struct raft_frag_peer *p,
			const struct raft_frag *f, u64 now)
{
	const struct raft_frag_slot *s = &p->big;

	if (!s->age || slot_complete(s) ||
	    now - s->touched >= RAFT_FRAG_LIFE)
		return true;
	return f->from_inc == s->from_inc ? f->id > s->id :
					    f->from_inc > s->from_inc;
}

/**
 * raft_frag_lend - memory for a long message
 * @p: the peer
 * @f: the datagram for which raft_frag_add() said RAFT_FRAG_WANT
 * @now: ns, never running backwards
 * @buf: @f->total bytes
 * @handle: what the caller knows the memory by, not NULL
 *
 * Context: as raft_frag_add().
 * Return: the handle of a message that is pushed out, or NULL.
 */
void *raft_frag_lend(struct raft_frag_peer *p, const struct raft_frag *f,
		     u64 now, u8 *buf, void *handle)
{
	void *old = p->lent;

	slot_begin(p, &p->big, f, now);
	p->big.buf = buf;
	p->lent = handle;
	return old;
}

/**
 * raft_frag_take - take back the memory of a long message
 * @p: the peer
 *
 * If it is not complete, what has come of it is lost.
 *
 * Context: as raft_frag_add().
 * Return: the handle, NULL if nothing is lent.
 */
void *raft_frag_take(struct raft_frag_peer *p)
{
	void *handle = p->lent;

	if (handle && !slot_complete(&p->big))
		p->big.age = 0;
	p->big.buf = NULL;
	p->lent = NULL;
	return handle;
}

static bool slot_rests(const struct raft_frag_slot *s, u64 now)
{
	return !s->age || now - s->touched >= RAFT_FRAG_LIFE;
}

/**
 * raft_frag_rests - may all that is known of a peer's messages be forgotten?
 * @p: the peer
 * @now: ns, never running backwards
 *
 * A late copy of a message, or a late question, is then like one of a message that
 * never was; the core bears both.
 *
 * Context: as raft_frag_add().
 * Return: true if nothing waits to be sent, and nothing came or went for
 *	RAFT_FRAG_LIFE.
 */
bool raft_frag_rests(const struct raft_frag_peer *p, u64 now)
{
	u32 i;

	for (i = 0; i < RAFT_FRAG_SLOTS; i++)
		if (!slot_rests(&p->slots[i], now) ||
		    (p->sent[i].total &&
		     now - p->sent[i].when < RAFT_FRAG_LIFE))
			return false;
	return slot_rests(&p->big, now) && !p->queue.n;
}

static enum raft_frag_result slot_add(struct raft_frag_slot *s,
				      const struct raft_frag *f, u64 now)
{
	u32 i = f->offset / RAFT_FRAG_DATA;

	if (s->total != f->total && !RAFT_MUTANT("frag-any-total"))
		return RAFT_FRAG_FORGED;
	if ((s32)(f->round - s->round) > 0)
		s->round = f->round;
	if (s->got[i / 64] >> i % 64 & 1 && !RAFT_MUTANT("frag-counts-copies"))
		return RAFT_FRAG_COPY;
	memcpy(s->buf + f->offset, f->data, f->len);
	s->got[i / 64] |= 1ULL << i % 64;
	s->parts++;
	s->touched = now;
	s->asks = 0;
	return slot_complete(s) ? RAFT_FRAG_DONE : RAFT_FRAG_MORE;
}

/**
 * raft_frag_add - take one datagram of a peer
 * @p: the peer
 * @f: the datagram, as raft_frag_parse() left it, not an ask
 * @now: ns, never running backwards
 * @msg: set to the message, @f->total bytes, when it is complete; valid until
 *	the next call for this peer or, if it is a single datagram, as long as
 *	the datagram is.  The memory of a long one is then to be taken back with
 *	raft_frag_take()
 *
 * Context: any; the caller is the only one to touch @p.
 * Return: enum raft_frag_result.
 */
enum raft_frag_result raft_frag_add(struct raft_frag_peer *p,
				    const struct raft_frag *f, u64 now,
				    const u8 **msg)
{
	enum raft_frag_result res;
	struct raft_frag_slot *s;

	if (f->len == f->total) {
		*msg = f->data;
		return RAFT_FRAG_DONE;
	}
	s = slot_find(p, f);
	if (!s && f->total > RAFT_MSG_SHORT)
		return long_begins(p, f, now) ? RAFT_FRAG_WANT : RAFT_FRAG_COPY;
	if (!s)
		s = slot_take(p, f, now);
	res = slot_add(s, f, now);
	if (res == RAFT_FRAG_DONE)
		*msg = s->buf;
	return res;
}

/*
 * The sender of a long message waits for an answer, also to hear that all is
 * there.  Who answers a datagram with a shorter one is of no use to a forger.
 */
static bool slot_polled(const struct raft_frag_slot *s,
			const struct raft_frag *f)
{
	return !f->ask && f->poll && slot_is(s, f) && s->total == f->total &&
	       (s->total > RAFT_MSG_SHORT || !slot_complete(s));
}

/* Is it time to ask for the rest of this short message? */
static bool slot_overdue(const struct raft_frag_slot *s, u64 now)
{
	return s->age && !slot_complete(s) && s->asks < RAFT_FRAG_ASKS &&
	       now - s->touched >= RAFT_FRAG_PATIENCE;
}

static struct raft_frag_slot *slot_to_ask(struct raft_frag_peer *p,
					  const struct raft_frag *f, u64 now)
{
	u32 i;

	if (slot_polled(&p->big, f))
		return &p->big;
	for (i = 0; i < RAFT_FRAG_SLOTS; i++) {
		struct raft_frag_slot *s = &p->slots[i];

		if (slot_polled(s, f))
			return s;
		if (slot_overdue(s, now)) {
			s->asks++;
			s->touched = now;
			return s;
		}
	}
	return NULL;
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
 * Return: bytes of @ask, 0 if nothing is to be sent.
 */
u32 raft_frag_ask(struct raft_frag_peer *p, const struct raft_frag *f, u64 now,
		  u64 from_inc, struct raft_wire_ask *ask)
{
	struct raft_frag_slot *s = slot_to_ask(p, f, now);
	u32 i, len;

	if (!s)
		return 0;
	len = 8 * words_of(s->total);
	memset(ask, 0, sizeof(*ask));
	ask->h.magic = cpu_to_le32(RAFT_FRAG_MAGIC);
	ask->h.version = RAFT_WIRE_VERSION_1;
	ask->h.flags = RAFT_FRAG_ASK;
	ask->h.len = cpu_to_le16((u16)len);
	ask->h.group = cpu_to_le64(f->group);
	ask->h.from = cpu_to_le32(f->to);
	ask->h.to = cpu_to_le32(f->from);
	ask->h.from_inc = cpu_to_le64(from_inc);
	ask->h.id = cpu_to_le64(s->id);
	ask->h.total = cpu_to_le32(s->total);
	ask->h.round = cpu_to_le32(s->round);
	for (i = 0; i < words_of(s->total); i++)
		ask->got[i] = cpu_to_le64(s->got[i]);
	ask->h.crc = cpu_to_le32(datagram_crc(&ask->h, ask->got, len));
	return sizeof(ask->h) + len;
}
