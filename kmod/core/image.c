// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - the core's own replicated state as of an index, and its bytes.
 *
 * A snapshot of the state machine alone would forget who is a member and what
 * was applied of whom.  So every snapshot begins with this (trap 49).  Owns the
 * encoding, and how the state at a later index follows from the log.  Nothing
 * here knows of disks or peers: snapshot.c does.
 *
 *   0       4    5         8        12           16          20       24
 *   +-------+----+---------+--------+------------+-----------+--------+
 *   | magic |vers| 0       | length | n_sessions | n_clients | origin |
 *   +-------+----+---------+--------+------------+-----------+--------+
 *   | index 24  term 32  index of the configuration 40                |
 *   | incarnation 48  serial 56                                       |
 *   | given up: index 64  node 72  result 76  0 77                    |
 *   | crc 80  0 84                                                    |
 *   | RAFT_MAX_NODES ids of nodes that left 88                        |
 *   +-----------------------------------------------------------------+ 152
 *   | the configuration, RAFT_CONFIG_BYTES                            |
 *   +-----------------------------------------------------------------+ 680
 *   | n_sessions * { origin 4, 0 4, incarnation, serial, index }      |
 *   | n_clients * { id, serial, index, term, used }                   |
 *   +-----------------------------------------------------------------+ length
 *
 * origin, incarnation and serial are of the request that the configuration came
 * from.  All integers are little-endian, crc is crc32c of all but itself.
 */
#include "raft_env.h"
#include "internal.h"

#define IMAGE_MAGIC	0x53544652	/* "RFTS", little-endian */
#define IMAGE_VERSION	1
#define CRC_SEED	0xffffffffU

struct image_head {
	__le32 magic;
	u8 version;
	u8 reserved0[3];
	__le32 length;
	__le32 n_sessions;
	__le32 n_clients;
	__le32 origin;
	__le64 index;
	__le64 term;
	__le64 conf_index;
	__le64 incarnation;
	__le64 serial;
	__le64 given_up_index;
	__le32 given_up;
	u8 given_up_result;
	u8 reserved2[3];
	__le32 crc;
	__le32 reserved1;
	__le32 left[RAFT_MAX_NODES];
	u8 conf[RAFT_CONFIG_BYTES];
};

struct image_session {
	__le32 origin;
	__le32 reserved;
	__le64 incarnation;
	__le64 serial;
	__le64 index;
};

struct image_client {
	__le64 id;
	__le64 serial;
	__le64 index;
	__le64 term;
	__le64 used;
};

static_assert(sizeof(struct image_head) == 680);
static_assert(offsetof(struct image_head, index) == 24);
static_assert(offsetof(struct image_head, given_up_index) == 64);
static_assert(offsetof(struct image_head, crc) == 80);
static_assert(offsetof(struct image_head, left) == 88);
static_assert(offsetof(struct image_head, conf) == 152);
static_assert(sizeof(struct image_session) == 32);
static_assert(sizeof(struct image_client) == 40);
static_assert(sizeof(struct image_head) +
	      RAFT_MAX_SESSIONS * sizeof(struct image_session) +
	      RAFT_MAX_CLIENTS * sizeof(struct image_client) <=
	      RAFT_SNAPSHOT_META);

/* As raft_apply() decides, without callers. */
static u8 advance_proposal(struct raft_image *img, const struct raft_entry *e,
			   u64 index)
{
	struct raft_repeated copy;

	if (e->origin &&
	    !raft_session_apply(&img->tables, &img->conf, e, index))
		return RAFT_ENTRY_DROPPED;
	if (e->client && !raft_client_apply(&img->tables, e, index, &copy))
		return RAFT_ENTRY_DROPPED;
	if (e->type == RAFT_ENTRY_OPEN)
		raft_client_open(&img->tables, index);
	return RAFT_ENTRY_APPLIED;
}

/*
 * Who left last is first: the last RAFT_MAX_NODES of those who are not back.  A node
 * that boots with a snapshot must know that it is one.  Who came with nothing but the
 * log does not know the initial configuration, so the entry says who left that.
 */
static void note_left(struct raft_image *img, const struct raft_membership *new)
{
	u32 left[2 * RAFT_MAX_NODES], n = 0, i;

	if (RAFT_MUTANT("image-forgets-left"))
		return;
	for (i = 0; i < img->conf.n; i++)
		if (!raft_member_of(new, img->conf.m[i].id))
			left[n++] = img->conf.m[i].id;
	if (!img->conf.n && new->result == RAFT_CHANGE_DONE && new->subject)
		left[n++] = new->subject;
	for (i = 0; i < RAFT_MAX_NODES && img->left[i]; i++)
		if (!raft_member_of(new, img->left[i]) &&
		    !raft_member_of(&img->conf, img->left[i]))
			left[n++] = img->left[i];
	memset(img->left, 0, sizeof(img->left));
	memcpy(img->left, left, min_t(u32, n, RAFT_MAX_NODES) * sizeof(*left));
}

/* As raft_membership_applied(). */
static void advance_config(struct raft_image *img, const struct raft_entry *e,
			   u64 index)
{
	struct raft_membership c;

	if (!raft_membership_read(&c, e, index))
		return;
	note_left(img, &c);
	raft_given_up_note(&img->given_up, &c);
	img->conf = c;
	img->origin = e->origin;
	img->incarnation = e->incarnation;
	img->serial = e->serial;
}

/**
 * raft_image_left() - did a node leave the group?
 * @img: the image
 * @id: the node
 *
 * Context: owner thread.
 * Return: true if it did, and is not back, and not too many did since.
 */
bool raft_image_left(const struct raft_image *img, u32 id)
{
	u32 i;

	for (i = 0; i < RAFT_MAX_NODES; i++)
		if (img->left[i] == id)
			return true;
	return false;
}

/**
 * raft_image_apply() - let an image go on by one entry
 * @img: the image
 * @e: the entry behind it
 *
 * Context: any; one caller at a time.
 * Return: RAFT_ENTRY_APPLIED or _DROPPED, 0 if the entry is no proposal.
 */
u8 raft_image_apply(struct raft_image *img, const struct raft_entry *e)
{
	u64 index = img->index + 1;
	u8 flags = 0;

	if (raft_is_proposal(e))
		flags = advance_proposal(img, e, index);
	else
		advance_config(img, e, index);
	img->index = index;
	img->term = e->term;
	return flags;
}

/**
 * raft_image_advance() - let the image go on to a later index
 * @r: the core
 * @index: applied, still in memory; nothing happens if the image is there
 *
 * Context: owner thread.
 */
void raft_image_advance(struct raft *r, u64 index)
{
	struct raft_image *img = &r->image;
	struct raft_entry *e;
	u8 flags;

	while (img->index < index) {
		e = raft_log_entry(&r->log, img->index + 1);
		flags = raft_image_apply(img, e);
		/* Only before the first step: raft_log_pass(). */
		if (!e->flags)
			e->flags = flags;
	}
}

static u32 image_crc(const u8 *buf, u64 len)
{
	u32 crc = crc32c(CRC_SEED, buf, offsetof(struct image_head, crc));

	return ~crc32c(crc, buf + offsetof(struct image_head, reserved1),
		       len - offsetof(struct image_head, reserved1));
}

static u32 put_sessions(const struct raft_tables *t, u8 *buf)
{
	u32 i, n = 0;

	for (i = 0; i < RAFT_MAX_SESSIONS; i++) {
		const struct raft_session *s = &t->sessions[i];
		struct image_session le = {
			.origin = cpu_to_le32(s->origin),
			.incarnation = cpu_to_le64(s->incarnation),
			.serial = cpu_to_le64(s->serial),
			.index = cpu_to_le64(s->index),
		};

		if (s->origin)
			memcpy(buf + n++ * sizeof(le), &le, sizeof(le));
	}
	return n;
}

static void put_clients(const struct raft_tables *t, u8 *buf)
{
	u32 i;

	for (i = 0; i < t->n_clients; i++) {
		const struct raft_client *c = &t->clients[i];
		struct image_client le = {
			.id = cpu_to_le64(c->id),
			.serial = cpu_to_le64(c->serial),
			.index = cpu_to_le64(c->index),
			.term = cpu_to_le64(c->term),
			.used = cpu_to_le64(c->used),
		};

		memcpy(buf + i * sizeof(le), &le, sizeof(le));
	}
}

/**
 * raft_image_encode() - an image to bytes
 * @img: the image, with a configuration
 * @buf: RAFT_SNAPSHOT_META bytes, filled
 *
 * Context: owner thread.
 * Return: bytes used.
 */
u32 raft_image_encode(const struct raft_image *img, u8 *buf)
{
	struct image_head head = {
		.magic = cpu_to_le32(IMAGE_MAGIC),
		.version = IMAGE_VERSION,
		.n_clients = cpu_to_le32(img->tables.n_clients),
		.origin = cpu_to_le32(img->origin),
		.index = cpu_to_le64(img->index),
		.term = cpu_to_le64(img->term),
		.conf_index = cpu_to_le64(img->conf.index),
		.incarnation = cpu_to_le64(img->incarnation),
		.serial = cpu_to_le64(img->serial),
		.given_up_index = cpu_to_le64(img->given_up.index),
		.given_up = cpu_to_le32(img->given_up.subject),
		.given_up_result = img->given_up.result,
	};
	u32 n, len, i;
	__le32 crc;

	for (i = 0; i < RAFT_MAX_NODES; i++)
		head.left[i] = cpu_to_le32(img->left[i]);

	n = put_sessions(&img->tables, buf + sizeof(head));
	len = sizeof(head) + n * sizeof(struct image_session);
	put_clients(&img->tables, buf + len);
	len += img->tables.n_clients * sizeof(struct image_client);
	head.n_sessions = cpu_to_le32(n);
	head.length = cpu_to_le32(len);
	raft_membership_encode(&img->conf, head.conf);
	memcpy(buf, &head, sizeof(head));
	crc = cpu_to_le32(image_crc(buf, len));
	memcpy(buf + offsetof(struct image_head, crc), &crc, sizeof(crc));
	return len;
}

/* Lengths and limits: after this the tables are where they should be. */
static bool head_ok(const struct image_head *h, const u8 *buf, u64 len)
{
	u64 index = le64_to_cpu(h->index);
	u32 n_sessions = le32_to_cpu(h->n_sessions);
	u32 n_clients = le32_to_cpu(h->n_clients);

	if (le32_to_cpu(h->magic) != IMAGE_MAGIC ||
	    h->version != IMAGE_VERSION || h->reserved0[0] ||
	    h->reserved0[1] || h->reserved0[2] || h->reserved1 ||
	    h->reserved2[0] || h->reserved2[1] || h->reserved2[2])
		return false;
	if (n_sessions > RAFT_MAX_SESSIONS || n_clients > RAFT_MAX_CLIENTS)
		return false;
	if (le32_to_cpu(h->length) > len || le32_to_cpu(h->length) !=
	    sizeof(*h) + n_sessions * sizeof(struct image_session) +
	    n_clients * sizeof(struct image_client))
		return false;
	if (le32_to_cpu(h->crc) != image_crc(buf, le32_to_cpu(h->length)))
		return false;
	return index && index <= RAFT_MAX_INDEX && h->term &&
	       le64_to_cpu(h->term) <= RAFT_MAX_TERM &&
	       le64_to_cpu(h->conf_index) <= index &&
	       le64_to_cpu(h->given_up_index) <= le64_to_cpu(h->conf_index) &&
	       (h->given_up ? h->given_up_result == RAFT_CHANGE_GIVEN_UP ||
			      h->given_up_result == RAFT_CHANGE_TOO_SLOW :
			      !h->given_up_result && !h->given_up_index);
}

static void get_session(const u8 *buf, u32 i, struct raft_session *s)
{
	struct image_session le;

	memcpy(&le, buf + i * sizeof(le), sizeof(le));
	s->origin = le32_to_cpu(le.origin);
	s->incarnation = le64_to_cpu(le.incarnation);
	s->serial = le64_to_cpu(le.serial);
	s->index = le64_to_cpu(le.index);
}

static void get_client(const u8 *buf, u32 i, struct raft_client *c)
{
	struct image_client le;

	memcpy(&le, buf + i * sizeof(le), sizeof(le));
	c->id = le64_to_cpu(le.id);
	c->serial = le64_to_cpu(le.serial);
	c->index = le64_to_cpu(le.index);
	c->term = le64_to_cpu(le.term);
	c->used = le64_to_cpu(le.used);
}

static bool sessions_ok(const u8 *buf, u32 n, u64 index)
{
	struct raft_session s, other;
	u32 i, k;

	for (i = 0; i < n; i++) {
		get_session(buf, i, &s);
		if (!s.origin || s.index > index)
			return false;
		for (k = 0; k < i; k++) {
			get_session(buf, k, &other);
			if (other.origin == s.origin)
				return false;
		}
	}
	return true;
}

static bool clients_ok(const u8 *buf, u32 n, u64 index)
{
	struct raft_client c;
	u64 last = 0;
	u32 i;

	for (i = 0; i < n; i++) {
		get_client(buf, i, &c);
		if (c.id <= last || c.index > index || c.used > index ||
		    c.used < c.id || c.term > RAFT_MAX_TERM)
			return false;
		last = c.id;
	}
	return last <= index;
}

/**
 * raft_image_decode() - an image from bytes nobody vouches for
 * @img: filled if the image is good, else as before; NULL: only look
 * @s: which snapshot it is to be of
 * @buf: the bytes; the image is at their start
 * @len: how many
 *
 * Context: owner thread.
 * Return: 0, -EINVAL.
 */
int raft_image_decode(struct raft_image *img, const struct raft_snapshot *s,
		      const u8 *buf, u64 len)
{
	struct raft_membership conf;
	struct image_head h;
	const u8 *sessions = buf + sizeof(h), *clients;
	u32 i, n_sessions, n_clients;
	u64 index;

	if (len < sizeof(h))
		return -EINVAL;
	memcpy(&h, buf, sizeof(h));
	if (!head_ok(&h, buf, len) ||
	    raft_membership_decode(&conf, h.conf, sizeof(h.conf)))
		return -EINVAL;
	index = le64_to_cpu(h.index);
	if (index != s->index || le64_to_cpu(h.term) != s->term ||
	    le32_to_cpu(h.length) > s->total ||
	    (raft_snapshot_is_bare(s) && le32_to_cpu(h.length) != s->total))
		return -EINVAL;
	n_sessions = le32_to_cpu(h.n_sessions);
	n_clients = le32_to_cpu(h.n_clients);
	clients = sessions + n_sessions * sizeof(struct image_session);
	if (!sessions_ok(sessions, n_sessions, index) ||
	    !clients_ok(clients, n_clients, index))
		return -EINVAL;
	if (!img)
		return 0;
	memset(img, 0, sizeof(*img));
	img->index = index;
	img->term = le64_to_cpu(h.term);
	img->conf = conf;
	img->conf.index = le64_to_cpu(h.conf_index);
	img->origin = le32_to_cpu(h.origin);
	img->incarnation = le64_to_cpu(h.incarnation);
	img->serial = le64_to_cpu(h.serial);
	img->given_up.index = le64_to_cpu(h.given_up_index);
	img->given_up.subject = le32_to_cpu(h.given_up);
	img->given_up.result = h.given_up_result;
	for (i = 0; i < RAFT_MAX_NODES; i++)
		img->left[i] = le32_to_cpu(h.left[i]);
	for (i = 0; i < n_sessions; i++)
		get_session(sessions, i, &img->tables.sessions[i]);
	for (i = 0; i < n_clients; i++)
		get_client(clients, i, &img->tables.clients[i]);
	img->tables.n_clients = n_clients;
	return 0;
}

/**
 * raft_snapshot_check() - can a snapshot be installed?
 * @meta: its first bytes
 * @len: how many, the first RAFT_SNAPSHOT_META if there are so many
 * @s: which it is said to be
 *
 * Context: any.
 * Return: 0, -EINVAL.
 */
int raft_snapshot_check(const u8 *meta, u64 len, const struct raft_snapshot *s)
{
	return raft_image_decode(NULL, s, meta, len);
}

/**
 * raft_image_length() - how long is an image?
 * @buf: bytes that raft_image_decode() liked, or raft_image_encode() filled
 *
 * Context: any.
 * Return: bytes.
 */
u32 raft_image_length(const u8 *buf)
{
	struct image_head h;

	memcpy(&h, buf, sizeof(h));
	return le32_to_cpu(h.length);
}
