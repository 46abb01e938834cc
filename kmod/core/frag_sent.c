// SPDX-License-Identifier: GPL-2.0
/*
 * frag_sent.c - messages of many parts, as they were sent.  Pure.
 *
 * A short message is sent whole; the last few to each peer are kept as copies, and
 * what the peer asks for is sent again.
 *
 * A long message is kept by reference and waits until those before it are through,
 * for a peer puts together one at a time.  Its parts leave in bursts:
 *
 *   sender   RAFT_FRAG_BURST parts that are missing, the last one with POLL, twice
 *   peer     which parts it has; all of them: the next message begins
 *   sender   RAFT_FRAG_BURST parts that are missing, ...
 *
 * So what is on the way is bounded, whatever the speed of the network, the queues
 * in it and the socket of the peer hold it, and no burst keeps a heartbeat waiting
 * for long.  An answer counts if it has the round of the burst: copies and late
 * ones do nothing.  If no answer comes, the next sign of life of the peer is the
 * time to ask for one with a single part, and when there is none for RAFT_FRAG_LIFE
 * the message is given up: the core sends its entry again in a new one.
 *
 * All of it is bounded: what is sent again to RAFT_FRAG_RESENDS times the size, lest
 * forged datagrams make us send more than a little, and that goes to the address
 * that the configuration has.
 */
#include "frag.h"

static u32 count_missing(const u64 *got, u32 total)
{
	u32 i, n = 0;

	for (i = 0; i < raft_frag_count(total); i++)
		n += !(got[i / 64] >> i % 64 & 1);
	return n;
}

/* The first parts that are missing, at most @max; returns how many. */
static u32 choose(struct raft_frag_burst *b, const u64 *got, u32 max)
{
	u32 i, n = 0;

	memset(b->want, 0, sizeof(b->want));
	for (i = 0; i < raft_frag_count(b->total) && n < max; i++) {
		if (got[i / 64] >> i % 64 & 1)
			continue;
		b->want[i / 64] |= 1ULL << i % 64;
		n++;
	}
	return n;
}

static void read_got(u64 *got, const struct raft_frag *f)
{
	__le64 word;
	u32 i;

	memset(got, 0, RAFT_FRAG_WORDS * sizeof(*got));
	for (i = 0; i < f->len / sizeof(word); i++) {
		memcpy(&word, f->data + i * sizeof(word), sizeof(word));
		got[i] = le64_to_cpu(word);
	}
}

/**
 * raft_frag_keep - remember a short message that is being sent
 * @p: the peer that it is sent to
 * @id: its number
 * @buf: encoded
 * @total: bytes of it; one that fits into a datagram is not worth it
 * @now: ns, never running backwards
 *
 * Context: the caller is the only one to touch @p.
 */
void raft_frag_keep(struct raft_frag_peer *p, u64 id, const u8 *buf, u32 total,
		    u64 now)
{
	struct raft_frag_sent *s = &p->sent[p->sent_next];

	if (total <= RAFT_FRAG_DATA || total > RAFT_MSG_SHORT)
		return;
	p->sent_next = (p->sent_next + 1) % RAFT_FRAG_SLOTS;
	s->id = id;
	s->total = total;
	s->left = RAFT_FRAG_RESENDS * raft_frag_count(total);
	s->round = 0;
	s->when = now;
	memcpy(s->buf, buf, total);
}

static bool asked_short(struct raft_frag_peer *p, const struct raft_frag *f,
			u64 now, struct raft_frag_burst *b)
{
	struct raft_frag_sent *s = NULL;
	u64 got[RAFT_FRAG_WORDS];
	u32 i, n;

	for (i = 0; i < RAFT_FRAG_SLOTS; i++)
		if (p->sent[i].total == f->total && p->sent[i].id == f->id)
			s = &p->sent[i];
	/* A copy, unless what was sent then got lost and he asks once more. */
	if (!s || (f->round != s->round && now - s->when < RAFT_FRAG_PATIENCE))
		return false;
	read_got(got, f);
	memset(b, 0, sizeof(*b));
	b->total = s->total;
	n = choose(b, got, s->left);
	if (!n)
		return false;
	if (!RAFT_MUTANT("frag-resends-all"))
		s->left -= n;
	s->round++;
	s->when = now;
	b->id = s->id;
	b->head = s->buf;
	b->head_len = s->total;
	b->round = s->round;
	b->polls = 1;
	return true;
}

/**
 * raft_frag_asked - a peer says which parts of one of our messages it has
 * @p: the peer
 * @f: the datagram, an ask
 * @now: ns, never running backwards
 * @b: filled in: what of a short message is to be sent again
 *
 * Of a long message it is remembered: raft_frag_next() says how it goes on.
 *
 * Context: as raft_frag_keep().
 * Return: true if @b is to be sent.
 */
bool raft_frag_asked(struct raft_frag_peer *p, const struct raft_frag *f,
		     u64 now, struct raft_frag_burst *b)
{
	struct raft_frag_queue *q = &p->queue;
	struct raft_frag_long *l;

	if (f->total <= RAFT_MSG_SHORT)
		return asked_short(p, f, now, b);
	if (!q->n || !q->flying ||
	    (f->round != q->round && !RAFT_MUTANT("frag-late-answer")))
		return false;
	l = &q->ring[q->first];
	if (l->m.seq != f->id || l->total != f->total)
		return false;
	read_got(q->got, f);
	q->flying = false;
	q->round++;
	q->heard = now;
	return false;
}

/* The message at the head of the queue begins. */
static void queue_begin(struct raft_frag_queue *q, u64 now)
{
	memset(q->got, 0, sizeof(q->got));
	q->flying = false;
	q->round = 0;
	q->when = now;
	q->heard = now;
	q->left = RAFT_FRAG_RESENDS *
		  raft_frag_count(q->ring[q->first].total);
}

/*
 * The same entry at the same place of the log, or the same proposal.  What else the
 * message says will be said by the next one.
 */
static bool same_cargo(const struct raft_msg *a, const struct raft_msg *b)
{
	return a->type == b->type && a->flags == b->flags &&
	       a->term == b->term && a->to_inc == b->to_inc &&
	       a->index == b->index && a->log_term == b->log_term &&
	       a->serial == b->serial;
}

/**
 * raft_frag_push - a long message is to be sent
 * @p: the peer
 * @l: the message, copied
 *
 * Context: as raft_frag_keep().
 * Return: RAFT_FRAG_QUEUED, then @l->handle belongs to @p until raft_frag_pop();
 *	else not, and the message is as lost.
 */
enum raft_frag_push raft_frag_push(struct raft_frag_peer *p,
				   const struct raft_frag_long *l)
{
	struct raft_frag_queue *q = &p->queue;
	u32 i;

	for (i = 0; i < q->n; i++)
		if (same_cargo(&q->ring[(q->first + i) % RAFT_FRAG_QUEUE].m,
			       &l->m))
			return RAFT_FRAG_UNDER_WAY;
	if (q->n == RAFT_FRAG_QUEUE)
		return RAFT_FRAG_FULL;
	q->ring[(q->first + q->n) % RAFT_FRAG_QUEUE] = *l;
	q->n++;
	if (q->n == 1)
		queue_begin(q, l->since);
	return RAFT_FRAG_QUEUED;
}

/**
 * raft_frag_pop - the first long message leaves
 * @p: the peer
 *
 * Context: as raft_frag_keep().
 * Return: its handle, NULL if there is none.
 */
void *raft_frag_pop(struct raft_frag_peer *p)
{
	struct raft_frag_queue *q = &p->queue;
	void *handle;

	if (!q->n)
		return NULL;
	handle = q->ring[q->first].handle;
	q->first = (q->first + 1) % RAFT_FRAG_QUEUE;
	q->n--;
	if (q->n)
		queue_begin(q, max(q->heard, q->ring[q->first].since));
	return handle;
}

/**
 * raft_frag_next - what is to be done for the long messages to a peer?
 * @p: the peer
 * @now: ns, never running backwards
 * @b: filled in with RAFT_FRAG_SEND: parts to be sent
 *
 * To be asked after raft_frag_push() and whenever something has come from the
 * peer.
 *
 * Context: as raft_frag_keep().
 * Return: enum raft_frag_next.
 */
enum raft_frag_next raft_frag_next(struct raft_frag_peer *p, u64 now,
				   struct raft_frag_burst *b)
{
	struct raft_frag_queue *q = &p->queue;
	const struct raft_frag_long *l;
	u32 n;

	if (!q->n)
		return RAFT_FRAG_IDLE;
	l = &q->ring[q->first];
	if (!q->left || !count_missing(q->got, l->total) ||
	    now - q->heard >= RAFT_FRAG_LIFE)
		return RAFT_FRAG_OVER;
	if (q->flying && now - q->when < RAFT_FRAG_STALL)
		return RAFT_FRAG_IDLE;
	memset(b, 0, sizeof(*b));
	b->total = l->total;
	/* No answer: one part is enough to get one. */
	n = choose(b, q->got, min_t(u32, q->left,
				    q->flying ? 1 : RAFT_FRAG_BURST));
	q->left -= n;
	q->flying = true;
	q->when = now;
	b->id = l->m.seq;
	b->head = l->head;
	b->head_len = sizeof(l->head);
	b->tail = l->command;
	b->round = q->round;
	b->polls = RAFT_FRAG_POLLS;
	return RAFT_FRAG_SEND;
}
