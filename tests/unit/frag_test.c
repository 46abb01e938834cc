// SPDX-License-Identifier: GPL-2.0
/*
 * frag_test.c - messages of many datagrams: kmod/core/frag.c, frag_sent.c.  TAP.
 *
 * Two ends, each with its struct raft_frag_peer, and a network between them that
 * loses, copies, reorders and forges.
 */
#include <stdio.h>
#include <stdlib.h>

#include "frag.h"
#include "tap.h"

#define GROUP	0x1122334455667788ULL
#define SENDER	1
#define SELF	2
#define MS	1000000ULL
#define WIRE	4096		/* datagrams on the way */

/* A datagram on its way. */
struct gram {
	u32 len;
	u8 b[RAFT_DATAGRAM_MAX];
};

/* One direction; what is in it leaves in any order within @reorder. */
struct wire {
	struct gram *g[WIRE];
	u32 n;
};

/* In thousandths. */
struct weather {
	u32 loss;
	u32 dup;
	u32 forge;
	u32 reorder;		/* places */
};

static struct raft_frag_mem near_mem, far_mem;
static struct raft_frag_peer near_end, far_end;	/* receiver, sender */
static struct wire there, back;
static u8 buf[RAFT_MAX_MSG_BYTES];
static u32 rng, n_sent, n_back, most;
static u64 now;

static u32 dice(u32 n)
{
	rng = rng * 1664525u + 1013904223u;
	return (u32)((u64)(rng >> 4) * n >> 28);
}

static void wire_put(struct wire *w, const struct weather *at, const void *a,
		     u32 len)
{
	u32 copies = 1 + (dice(1000) < at->dup);

	if (dice(1000) < at->loss)
		return;
	while (copies--) {
		struct gram *g = malloc(sizeof(*g));

		if (w->n == WIRE)
			abort();
		g->len = len;
		memcpy(g->b, a, len);
		w->g[w->n++] = g;
	}
	most = max(most, w->n);
}

static struct gram *wire_take(struct wire *w, const struct weather *at)
{
	u32 i = dice(min_t(u32, w->n, at->reorder + 1));
	struct gram *g = w->g[i];

	w->n--;
	memmove(w->g + i, w->g + i + 1, (w->n - i) * sizeof(*w->g));
	return g;
}

static void wire_clear(struct wire *w)
{
	while (w->n)
		free(w->g[--w->n]);
}

static void begin(u32 seed)
{
	rng = seed;
	now = 10 * MS;
	n_sent = 0;
	n_back = 0;
	most = 0;
	raft_frag_init(&near_end, &near_mem);
	raft_frag_init(&far_end, &far_mem);
}

static void end(void)
{
	wire_clear(&there);
	wire_clear(&back);
	while (raft_frag_pop(&far_end))
		;
	free(raft_frag_take(&near_end));
}

static struct raft_frag_long long_of(u64 seq, u32 total)
{
	struct raft_frag_long l = {
		.m = { .type = RAFT_MSG_APPEND, .n_entries = 1, .seq = seq,
		       .index = seq, .term = 3, },
		.total = total,
		.command = buf + RAFT_FRAG_HEAD,
		.handle = buf,
		.since = now,
	};

	memcpy(l.head, buf, sizeof(l.head));
	return l;
}

static u32 cut(u8 *gram, const struct raft_frag_burst *b, u32 i, bool poll)
{
	struct raft_frag_msg m = {
		.group = GROUP, .from = SENDER, .to = SELF, .from_inc = 1000,
		.id = b->id, .total = b->total, .head = b->head,
		.head_len = b->head_len, .tail = b->tail,
	};
	struct raft_frag_part part;

	raft_frag_cut(&part, &m, i, b->round, poll);
	memcpy(gram, &part.h, sizeof(part.h));
	if (part.len[0])
		memcpy(gram + sizeof(part.h), part.data[0], part.len[0]);
	if (part.len[1])
		memcpy(gram + sizeof(part.h) + part.len[0], part.data[1],
		       part.len[1]);
	return (u32)sizeof(part.h) + part.len[0] + part.len[1];
}

/* As the module does it. */
static void send_burst(const struct weather *at, const struct raft_frag_burst *b)
{
	u32 i, n = raft_frag_count(b->total), last = n, k;
	u8 gram[RAFT_DATAGRAM_MAX];

	for (i = 0; i < n; i++)
		if (b->want[i / 64] >> i % 64 & 1)
			last = i;
	for (i = 0; i < n; i++) {
		if (!(b->want[i / 64] >> i % 64 & 1))
			continue;
		for (k = 0; k < (i == last && b->polls ? b->polls : 1); k++) {
			u32 len = cut(gram, b, i, i == last && b->polls);

			wire_put(&there, at, gram, len);
			n_sent++;
		}
	}
}

static void go_on(const struct weather *at)
{
	struct raft_frag_burst b;

	for (;;) {
		switch (raft_frag_next(&far_end, now, &b)) {
		case RAFT_FRAG_IDLE:
			return;
		case RAFT_FRAG_SEND:
			send_burst(at, &b);
			return;
		case RAFT_FRAG_OVER:
			raft_frag_pop(&far_end);
			break;
		}
	}
}

/* Somebody who sees what is on the way changes a number in it. */
static void forge(struct gram *g)
{
	struct raft_wire_frag h;
	u32 crc;

	memcpy(&h, g->b, sizeof(h));
	switch (dice(4)) {
	case 0:
		h.total = cpu_to_le32(70000 + dice(100000));
		break;
	case 1:
		h.round = cpu_to_le32(dice(40));
		break;
	case 2:
		h.offset = cpu_to_le32(dice(900) * RAFT_FRAG_DATA);
		break;
	default:
		h.flags ^= RAFT_FRAG_POLL;
		break;
	}
	memcpy(g->b, &h, sizeof(h));
	crc = crc32c(~0u, g->b, offsetof(struct raft_wire_frag, crc));
	if (h.flags & RAFT_FRAG_ASK)
		crc = crc32c(crc, g->b + sizeof(h), g->len - sizeof(h));
	h.crc = cpu_to_le32(~crc);
	memcpy(g->b, &h, sizeof(h));
}

/* One datagram reaches the receiver; true if a message is complete. */
static bool receive(const struct weather *at, const struct gram *g,
		    void **whole, u32 *total)
{
	enum raft_frag_result res = RAFT_FRAG_COPY;
	struct raft_wire_ask ask;
	struct raft_frag f;
	const u8 *msg;
	u32 len;

	*whole = NULL;
	if (raft_frag_parse(g->b, g->len, &f))
		return false;
	if (!f.ask) {
		res = raft_frag_add(&near_end, &f, now, &msg);
		if (res == RAFT_FRAG_WANT) {
			u8 *mem = malloc(f.total);

			free(raft_frag_lend(&near_end, &f, now, mem, mem));
			res = raft_frag_add(&near_end, &f, now, &msg);
		}
	}
	if (res == RAFT_FRAG_DONE && f.total > RAFT_MSG_SHORT)
		*whole = raft_frag_take(&near_end);
	*total = f.total;
	len = raft_frag_ask(&near_end, &f, now, 2000, &ask);
	if (len) {
		wire_put(&back, at, &ask, len);
		n_back++;
	}
	return *whole;
}

static void answer(const struct weather *at, const struct gram *g)
{
	struct raft_frag_burst b;
	struct raft_frag f;

	if (raft_frag_parse(g->b, g->len, &f) || !f.ask)
		abort();
	if (raft_frag_asked(&far_end, &f, now, &b))
		send_burst(at, &b);
	go_on(at);
}

/* Until a message is complete or @until; heartbeats come each 50 ms. */
static bool run(const struct weather *at, u64 until, void **whole, u32 *total)
{
	struct gram *g;
	bool done;

	go_on(at);
	while (now < until) {
		if (there.n && (!back.n || dice(2))) {
			g = wire_take(&there, at);
			if (dice(1000) < at->forge)
				forge(g);
			done = receive(at, g, whole, total);
			free(g);
			if (done)
				return true;
		} else if (back.n) {
			g = wire_take(&back, at);
			answer(at, g);
			free(g);
		} else {
			now += 50 * MS;
			go_on(at);
		}
		now += 3000;
	}
	return false;
}

/* In at most @max messages, each begun when the last one failed, as the core does. */
static bool transfer(const struct weather *at, u32 seed, u64 limit, u32 max)
{
	struct raft_frag_long l;
	void *whole = NULL;
	bool good = false;
	u32 total, tries;

	begin(seed);
	for (tries = 0; tries < max && !good; tries++) {
		l = long_of(7 + tries, sizeof(buf));
		raft_frag_push(&far_end, &l);
		if (run(at, now + limit, &whole, &total)) {
			good = total == sizeof(buf) &&
			       !memcmp(whole, buf, total);
			free(whole);
		}
		while (raft_frag_pop(&far_end))
			;
	}
	end();
	return good;
}

static void test_long(void)
{
	static const struct weather fine, windy = { .reorder = 10, .dup = 50 };
	static const struct weather rain = { .loss = 100 };
	static const struct weather storm = {
		.loss = 100, .dup = 50, .reorder = 10,
	};
	static const struct weather hurricane = { .loss = 300, .reorder = 30 };
	bool good = true;
	u32 i, count = RAFT_FRAG_MAX, bursts;
	u64 sum = 0;

	bursts = (count + RAFT_FRAG_BURST - 1) / RAFT_FRAG_BURST;
	ok(transfer(&fine, 1, 100 * MS, 1) &&
	   n_sent == count + bursts * (RAFT_FRAG_POLLS - 1),
	   "1 MiB: each part once where nothing is lost");
	ok(most <= RAFT_FRAG_BURST + RAFT_FRAG_POLLS,
	   "and never more than a burst on the way");
	for (i = 0; i < 20; i++)
		good &= transfer(&windy, i, 1000 * MS, 1);
	ok(good, "1 MiB: copied and reordered");
	for (i = 0; i < 50; i++) {
		good &= transfer(&rain, i, 1500 * MS, 1);
		sum += n_sent;
	}
	ok(good, "1 MiB: one datagram in ten lost, both ways");
	ok(sum < 50ull * count * 6 / 5, "for a fifth more of them at most");
	for (i = 0; i < 50; i++)
		good &= transfer(&storm, i, 1500 * MS, 1);
	ok(good, "1 MiB: the same, copied and reordered");
	for (i = 0; i < 20; i++)
		good &= transfer(&hurricane, i, 10000 * MS, 1);
	ok(good, "1 MiB: three in ten lost, both ways");
}

static void test_long_forged(void)
{
	static const struct weather bad = {
		.loss = 50, .dup = 50, .reorder = 5, .forge = 2,
	};
	bool good = true;
	u32 i;

	for (i = 0; i < 20; i++)
		good &= transfer(&bad, i, 3000 * MS, 12);
	ok(good, "1 MiB: forged datagrams delay it");
}

static void test_long_queue(void)
{
	static const struct weather fine;
	struct raft_frag_long l;
	bool good = true;
	void *whole;
	u32 i, total;

	begin(1);
	for (i = 0; i < RAFT_FRAG_QUEUE; i++) {
		l = long_of(10 + i, 70000 + i);
		good &= raft_frag_push(&far_end, &l) == RAFT_FRAG_QUEUED;
	}
	ok(good, "long messages wait for each other");
	l.m.seq = 99;
	l.m.commit = 5;
	ok(raft_frag_push(&far_end, &l) == RAFT_FRAG_UNDER_WAY,
	   "the same entry again does not wait with them");
	l = long_of(100, 70000);
	ok(raft_frag_push(&far_end, &l) == RAFT_FRAG_FULL,
	   "and there is an end to them");
	for (i = 0; i < RAFT_FRAG_QUEUE; i++) {
		good &= run(&fine, now + 1000 * MS, &whole, &total) &&
			total == 70000 + i;
		free(whole);
	}
	ok(good, "they arrive in their order");
	run(&fine, now + 100 * MS, &whole, &total);
	ok(!far_end.queue.n, "the sender hears that they did");
	end();
}

/* Nobody answers. */
static void test_long_given_up(void)
{
	static const struct weather deaf = { .loss = 1000 };
	struct raft_frag_burst b;
	struct raft_frag_long l;
	void *whole;
	u32 total;

	begin(1);
	l = long_of(1, sizeof(buf));
	raft_frag_push(&far_end, &l);
	now += 500 * MS;
	l = long_of(2, sizeof(buf));
	raft_frag_push(&far_end, &l);
	run(&deaf, now + 5000 * MS, &whole, &total);
	ok(!far_end.queue.n && n_sent < 4 * RAFT_FRAG_BURST,
	   "who does not answer is not flooded, and given up");
	end();

	/* A forger lets all be sent again and again. */
	begin(1);
	l = long_of(1, sizeof(buf));
	raft_frag_push(&far_end, &l);
	for (total = 0; raft_frag_next(&far_end, now, &b) == RAFT_FRAG_SEND &&
	     total < 100000; total++) {
		struct raft_frag f = {
			.ask = true, .total = sizeof(buf), .id = 1,
			.round = b.round, .len = 0, .data = buf,
		};

		raft_frag_asked(&far_end, &f, now, &b);
	}
	ok(total * RAFT_FRAG_BURST <= RAFT_FRAG_RESENDS * RAFT_FRAG_MAX +
				      RAFT_FRAG_BURST,
	   "a long message is sent a bounded number of times");
	end();
}

static u8 grams[RAFT_FRAG_MAX][RAFT_DATAGRAM_MAX];
static u32 gram_len[RAFT_FRAG_MAX];

static u32 cut_all(u64 id, u32 total)
{
	struct raft_frag_burst b = {
		.id = id, .total = total, .head = buf, .head_len = total,
	};
	u32 i, n = raft_frag_count(total);

	for (i = 0; i < n; i++)
		gram_len[i] = cut(grams[i], &b, i, n > 1 && i == n - 1);
	return n;
}

static enum raft_frag_result add(u32 i, const u8 **msg)
{
	struct raft_frag f;

	if (raft_frag_parse(grams[i], gram_len[i], &f))
		abort();
	return raft_frag_add(&near_end, &f, now, msg);
}

static void lend(void)
{
	struct raft_frag f;
	u8 *mem;

	if (raft_frag_parse(grams[0], gram_len[0], &f))
		abort();
	mem = malloc(f.total);
	free(raft_frag_lend(&near_end, &f, now, mem, mem));
}

/* What the receiver does with one long message while it knows of another. */
static void test_long_slot(void)
{
	struct raft_frag f;
	const u8 *msg;

	begin(1);
	cut_all(50, 70000);
	ok(add(0, &msg) == RAFT_FRAG_WANT, "a long message wants memory");
	ok(add(1, &msg) == RAFT_FRAG_WANT, "and goes on wanting it");
	lend();
	ok(add(0, &msg) == RAFT_FRAG_MORE && add(0, &msg) == RAFT_FRAG_COPY,
	   "then it is put together");
	raft_frag_parse(grams[1], gram_len[1], &f);
	f.total = 80000;
	ok(raft_frag_add(&near_end, &f, now, &msg) == RAFT_FRAG_FORGED,
	   "a part with another total is refused");
	cut_all(49, 70000);
	ok(add(0, &msg) == RAFT_FRAG_COPY, "an older one does not push it out");
	now += RAFT_FRAG_LIFE;
	ok(add(0, &msg) == RAFT_FRAG_WANT,
	   "but when nothing comes of the newer one it does");
	cut_all(51, 70000);
	ok(add(0, &msg) == RAFT_FRAG_WANT, "a newer one does at once");
	lend();
	add(0, &msg);
	ok(near_end.evicted == 1, "which is counted");
	cut_all(500, 100);
	ok(add(0, &msg) == RAFT_FRAG_DONE,
	   "a single datagram needs no slot (trap 52)");
	end();
}

static void test_short_round_trip(void)
{
	static const u32 sizes[] = {
		1, RAFT_FRAG_DATA - 1, RAFT_FRAG_DATA, RAFT_FRAG_DATA + 1,
		2 * RAFT_FRAG_DATA, 50000, RAFT_MSG_SHORT,
	};
	bool good = true, early = false;
	const u8 *msg;
	u32 i, k, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin(1);
		n = cut_all(3, sizes[i]);
		/* Backwards, and each but the last twice. */
		for (k = n; k-- > 1;) {
			early |= add(k, &msg) != RAFT_FRAG_MORE;
			early |= add(k, &msg) != RAFT_FRAG_COPY;
		}
		good &= add(0, &msg) == RAFT_FRAG_DONE;
		good &= !memcmp(msg, buf, sizes[i]);
		if (n > 1)
			good &= add(n / 2, &msg) == RAFT_FRAG_COPY;
	}
	ok(good && !early, "parts in any order, copied, give the message once");
	good = cut_all(4, sizeof(buf)) == RAFT_FRAG_MAX;
	for (i = 0; i < RAFT_FRAG_MAX; i++)
		good &= gram_len[i] <= RAFT_DATAGRAM_MAX;
	ok(good, "no datagram is above 1232 bytes");
}

static void test_short_forged(void)
{
	struct raft_frag f;
	const u8 *msg;
	bool good = true;
	u32 i, n;

	begin(1);
	n = cut_all(3, 5000);
	add(0, &msg);
	raft_frag_parse(grams[1], gram_len[1], &f);
	f.total = 6000;
	ok(raft_frag_add(&near_end, &f, 0, &msg) == RAFT_FRAG_FORGED,
	   "a part with another total is refused");
	for (i = 1; i < n; i++)
		good = add(i, &msg) == RAFT_FRAG_DONE;
	ok(good && !memcmp(msg, buf, 5000), "and does not harm the message");
}

static void test_short_eviction(void)
{
	const u8 *msg;
	u32 i;

	begin(1);
	for (i = 0; i <= RAFT_FRAG_SLOTS; i++) {
		cut_all(100 + i, 3000);
		add(0, &msg);
	}
	ok(near_end.evicted == 1, "one more than there are slots pushes one out");
	cut_all(101, 3000);
	ok(add(0, &msg) == RAFT_FRAG_COPY, "the second oldest is still there");
	cut_all(100, 3000);
	ok(add(0, &msg) == RAFT_FRAG_MORE && near_end.evicted == 2,
	   "the oldest was the one");
}

static void test_damage(void)
{
	struct raft_frag f;
	bool good = true;
	u32 i;
	int bit;

	cut_all(3, 2000);
	for (i = 0; i < gram_len[1]; i++)
		good &= raft_frag_parse(grams[1], i, &f) != RAFT_WIRE_OK;
	ok(good, "every truncated datagram is refused");
	good = true;
	for (i = 0; i < sizeof(struct raft_wire_frag); i++) {
		for (bit = 0; bit < 8; bit++) {
			grams[1][i] ^= 1 << bit;
			good &= raft_frag_parse(grams[1], gram_len[1], &f) !=
				RAFT_WIRE_OK;
			grams[1][i] ^= 1 << bit;
		}
	}
	ok(good, "every flipped bit of a datagram's header is refused");
	grams[1][4] = 2;
	ok(raft_frag_parse(grams[1], gram_len[1], &f) == RAFT_WIRE_VERSION,
	   "a datagram of another version is refused as such");
}

/* A datagram of a message of @len bytes, behind the others. */
static bool pack(struct raft_frag_packet *to, u32 len)
{
	struct raft_frag_msg m = {
		.group = GROUP + to->n, .from = SENDER, .to = SELF,
		.from_inc = 1000, .id = 1 + to->n, .total = len, .head = buf,
		.head_len = len,
	};
	struct raft_frag_part part;

	raft_frag_cut(&part, &m, 0, 0, false);
	return raft_frag_pack(to, &part);
}

/* Bit n: the datagram with the number n + 1 is taken; @bad: how many are refused. */
static u32 walk(const u8 *packet, u32 len, u32 *bad)
{
	/* An allocation of just that size: ASan sees each byte beyond. */
	u8 *copy = malloc(len ? len : 1);
	struct raft_frag f;
	u32 at = 0, got = 0;

	memcpy(copy, packet, len);
	*bad = 0;
	do {
		if (raft_frag_parse(copy + at, len - at, &f))
			++*bad;
		else
			got |= 1u << (f.id - 1);
		at += f.size;
	} while (at < len && f.size);
	free(copy);
	/* It ends where the packet does. */
	return at == len ? got : U32_MAX;
}

/* Changes a header and makes its sum good. */
static void reseal(u8 *gram, void (*change)(struct raft_wire_frag *h))
{
	struct raft_wire_frag h;

	memcpy(&h, gram, sizeof(h));
	change(&h);
	h.crc = cpu_to_le32(~crc32c(~0u, &h, offsetof(struct raft_wire_frag,
						      crc)));
	memcpy(gram, &h, sizeof(h));
}

static void too_large(struct raft_wire_frag *h)
{
	h->total = cpu_to_le32(RAFT_MAX_MSG_BYTES + 1);
}

static void beyond(struct raft_wire_frag *h)
{
	h->len = cpu_to_le16(2 * 192 - 56 + 1);
}

static void empty(struct raft_wire_frag *h)
{
	h->len = 0;
}

static void test_packet(void)
{
	static struct raft_frag_packet p;
	bool good = true;
	u32 bad, n = 0;

	while (pack(&p, sizeof(struct raft_wire_header)))
		n++;
	ok(n == 6 && p.n == 6 && p.len == 6 * 192,
	   "six heartbeats share a packet, and a seventh finds no room");
	ok(walk(p.buf, p.len, &bad) == 0x3f && !bad, "each of them is found");
	for (n = 0; n < 192; n++)
		good &= walk(p.buf, 192 + n, &bad) == 1 && bad == (n > 0);
	ok(good, "what is cut off, or no datagram, is refused once");
	memset(&p, 0, sizeof(p));
	while (pack(&p, 1))
		;
	ok(p.n == RAFT_FRAG_PACKED &&
	   walk(p.buf, p.len, &bad) == (1u << RAFT_FRAG_PACKED) - 1 && !bad,
	   "there is an end to how many fit");
	ok(walk(p.buf, 0, &bad) == 0 && bad == 1, "an empty packet is refused");
	memset(p.buf, 0, sizeof(p.buf));
	ok(walk(p.buf, sizeof(p.buf), &bad) == 0 && bad == 1,
	   "a packet of zeroes is refused once");
}

/* The second of three is not what it should be. */
static void test_packet_damage(void)
{
	static struct raft_frag_packet p;
	u8 *second = p.buf + 192, keep[192];
	bool good = true;
	u32 i, bad;
	int bit;

	memset(&p, 0, sizeof(p));
	for (i = 0; i < 3; i++)
		pack(&p, sizeof(struct raft_wire_header));
	memcpy(keep, second, sizeof(keep));
	for (i = 0; i < sizeof(struct raft_wire_frag); i++) {
		for (bit = 0; bit < 8; bit++) {
			second[i] ^= 1 << bit;
			good &= walk(p.buf, p.len, &bad) == 1 && bad == 1;
			second[i] ^= 1 << bit;
		}
	}
	ok(good, "a flipped bit of a header: what is behind goes with it, once");
	reseal(second, too_large);
	ok(walk(p.buf, p.len, &bad) == 5 && bad == 1,
	   "a bad field of good sum: what is behind is taken");
	memcpy(second, keep, sizeof(keep));
	reseal(second, beyond);
	ok(walk(p.buf, p.len, &bad) == 1 && bad == 1,
	   "a length beyond the packet");
	memcpy(second, keep, sizeof(keep));
	reseal(second, empty);
	ok(walk(p.buf, p.len, &bad) == 1 && bad == 1, "a length of 0");
	memcpy(second, keep, sizeof(keep));
	second[4] = 2;
	ok(walk(p.buf, p.len, &bad) == 1 && bad == 1, "another version");
}

/* A heartbeat comes, and is noticed to be late enough. */
static u32 overdue(struct raft_wire_ask *ask)
{
	struct raft_frag f = {
		.group = GROUP, .from = SENDER, .to = SELF, .id = 1000,
		.from_inc = 1000, .len = 1, .total = 1, .data = buf,
	};

	now += RAFT_FRAG_PATIENCE;
	return raft_frag_ask(&near_end, &f, now, 2000, ask);
}

/* Every second datagram is lost, of the parts and of what is sent again. */
static void test_short_ask(void)
{
	enum raft_frag_result res = RAFT_FRAG_MORE;
	struct raft_frag_burst b = { .want = { U64_MAX } };
	struct raft_wire_ask ask;
	struct raft_frag af;
	const u8 *msg = NULL;
	u32 i, n, round, coin = 0;

	begin(1);
	n = cut_all(3, 60000);
	raft_frag_keep(&far_end, 3, buf, 60000, now);
	for (round = 0; round < 10 && res != RAFT_FRAG_DONE; round++) {
		for (i = 0; i < n && res != RAFT_FRAG_DONE; i++)
			if (b.want[0] >> i & 1 && coin++ & 1)
				res = add(i, &msg);
		if (res == RAFT_FRAG_DONE)
			break;
		if (!overdue(&ask) ||
		    raft_frag_parse((u8 *)&ask, sizeof(ask.h) + 8, &af) ||
		    !af.ask || af.from != SELF || af.to != SENDER)
			break;
		if (!raft_frag_asked(&far_end, &af, now, &b) ||
		    b.total != 60000)
			break;
		if (raft_frag_asked(&far_end, &af, now, &b))
			break;
	}
	ok(res == RAFT_FRAG_DONE && !memcmp(msg, buf, 60000),
	   "what is lost is asked for until it is there");
	ok(!overdue(&ask), "nothing is asked for when nothing is missing");
	for (i = 0; i < 1000 && raft_frag_asked(&far_end, &af, now, &b); i++)
		now += RAFT_FRAG_PATIENCE;
	ok(i < 1000, "a message is sent again a bounded number of times");
	cut_all(7, 5000);
	add(0, &msg);
	for (i = 0; i < 100 && overdue(&ask); i++)
		;
	ok(i == RAFT_FRAG_ASKS, "and asked for a bounded number of times");
}

/* When the memory of a peer may go to another one. */
static void test_rests(void)
{
	struct raft_frag_long l;
	const u8 *msg;

	begin(1);
	ok(raft_frag_rests(&near_end, now), "a peer that was never heard rests");
	cut_all(3, 5000);
	add(0, &msg);
	now += RAFT_FRAG_LIFE - 1;
	ok(!raft_frag_rests(&near_end, now), "not while a message is incomplete");
	now++;
	ok(raft_frag_rests(&near_end, now), "nor for ever");
	raft_frag_keep(&far_end, 4, buf, 5000, now);
	ok(!raft_frag_rests(&far_end, now + RAFT_FRAG_LIFE - 1) &&
	   raft_frag_rests(&far_end, now + RAFT_FRAG_LIFE),
	   "nor while what was sent may be asked for");
	end();

	begin(1);
	cut_all(5, 70000);
	add(0, &msg);
	lend();
	add(0, &msg);
	ok(!raft_frag_rests(&near_end, now) &&
	   raft_frag_rests(&near_end, now + RAFT_FRAG_LIFE),
	   "the same for a long message that comes");
	l = long_of(6, 70000);
	raft_frag_push(&far_end, &l);
	ok(!raft_frag_rests(&far_end, now + RAFT_FRAG_LIFE),
	   "and one that is to be sent has to be given up first");
	end();
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(i * 7 + i / 1000);
	test_short_round_trip();
	test_short_forged();
	test_short_eviction();
	test_damage();
	test_packet();
	test_packet_damage();
	test_short_ask();
	test_long();
	test_long_forged();
	test_long_queue();
	test_long_given_up();
	test_long_slot();
	test_rests();
	printf("1..%d\n", n_tests);
	return 0;
}
