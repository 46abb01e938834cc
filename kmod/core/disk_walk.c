// SPDX-License-Identifier: GPL-2.0
/*
 * disk_walk.c - the walk from record to record: which one is the next, and is it good?
 *
 * Owns the rules of place, lap, epoch, index, chain and checksums for one record.
 * Recovery (disk_recover.c) and the readers of a log in use go by it.  Never decides
 * what it means that there is none.
 */
#include "disk.h"

/* The device has them no more, says it; anything else ends recovery. */
static bool is_unread(int err)
{
	return err == -EIO || err == -ENODATA || err == -EILSEQ;
}

/* Something of it cannot be read: which blocks?  They are as good as zero. */
static int read_pieces(struct raft_disk_scan *s, u64 start, u32 n)
{
	u32 at, len;
	int err;

	for (at = 0; at < n; at += RAFT_DISK_BLOCK_MAX) {
		len = n - at;
		if (len > RAFT_DISK_BLOCK_MAX)
			len = RAFT_DISK_BLOCK_MAX;
		err = s->read(s->ctx, start + at, s->buf + at, len);
		/* Without a superblock nothing is known. */
		if (err && (!is_unread(err) || !(start + at)))
			return err;
		if (!err)
			continue;
		memset(s->buf + at, 0, len);
		s->win_bad[at / RAFT_DISK_BLOCK_MAX] = 1;
	}
	return 0;
}

/* In the window: is any of it in a block that cannot be read? */
static bool unread(const struct raft_disk_scan *s, u64 pos, u32 len)
{
	u32 first = (u32)(pos - s->win_pos) / RAFT_DISK_BLOCK_MAX;
	u32 last = (u32)(pos + len - 1 - s->win_pos) / RAFT_DISK_BLOCK_MAX;

	for (; first <= last; first++)
		if (s->win_bad[first])
			return true;
	return false;
}

/**
 * raft_disk_window() - make bytes of the log visible, reading ahead
 * @s: a recovery under way, or a walk
 * @pos: byte position
 * @len: bytes, which the buffer has room for
 * @p: out: where they are, valid until the next call
 *
 * Reads begin at a block and, but for the last ones of the file, are of whole
 * blocks.  What the device cannot read is zero.
 *
 * Context: As @s->read.
 * Return: 0, or what @s->read returned.
 */
int raft_disk_window(struct raft_disk_scan *s, u64 pos, u32 len, const u8 **p)
{
	u64 start = pos & ~((u64)RAFT_DISK_BLOCK_MAX - 1);
	u32 n = s->ahead ? s->ahead : RAFT_DISK_AHEAD;
	int err;

	if (pos < s->win_pos || pos + len > s->win_pos + s->win_len) {
		len += (u32)(pos - start);
		n = max_t(u32, n, (u32)raft_disk_round_up(len, RAFT_DISK_BLOCK_MAX));
		if (n > s->size - start)
			n = (u32)(s->size - start);
		s->win_len = 0;
		memset(s->win_bad, 0, sizeof(s->win_bad));
		err = s->read(s->ctx, start, s->buf, n);
		if (is_unread(err))
			err = read_pieces(s, start, n);
		if (err)
			return err;
		s->win_pos = start;
		s->win_len = n;
	}
	*p = s->buf + (pos - s->win_pos);
	return 0;
}

/* Stale records are those that a truncation or an earlier boot left behind. */
static bool record_stale(const struct raft_disk_scan *s,
			 const struct raft_disk_record *rec)
{
	return rec->epoch < s->tail.epoch ||
	       (rec->index >= s->state.stale_from &&
		rec->epoch != s->state.epoch);
}

static bool record_type_ok(const struct raft_disk_record *rec)
{
	if (rec->type == RAFT_ENTRY_CONFIG)
		return rec->len == RAFT_CONFIG_BYTES;
	return rec->type == RAFT_ENTRY_NOOP ||
	       rec->type == RAFT_ENTRY_COMMAND || rec->type == RAFT_ENTRY_OPEN;
}

static u64 limit(const struct raft_disk_scan *s, u64 lap)
{
	return raft_disk_limit(&s->super, &s->state.base, lap);
}

/* A good header: is it that of the next record, at @pos in @lap? */
static enum raft_disk_reason record_judge(const struct raft_disk_scan *s,
					  const struct raft_disk_record *rec,
					  u64 lap, u64 pos)
{
	const struct raft_disk_point *tail = &s->tail;

	if (rec->pos != pos)
		return RAFT_DISK_PLACE;
	if (rec->epoch > s->state.epoch || rec->lap > lap)
		return RAFT_DISK_STATE_LOST;
	if (rec->lap < lap)
		return RAFT_DISK_LAP;
	if (rec->index != tail->index + 1)
		return RAFT_DISK_INDEX;
	if (record_stale(s, rec))
		return RAFT_DISK_EPOCH;
	if (rec->chain != tail->crc)
		return RAFT_DISK_CHAIN;
	if (rec->term < tail->term || !rec->term ||
	    rec->term > RAFT_MAX_TERM || rec->index > RAFT_MAX_INDEX ||
	    rec->len > RAFT_MAX_COMMAND ||
	    !record_type_ok(rec) ||
	    pos + raft_disk_record_bytes(rec->len) > limit(s, lap))
		return RAFT_DISK_FIELD;
	return RAFT_DISK_OK;
}

/**
 * raft_disk_header() - is there a header at a place?
 * @s: a recovery under way
 * @pos: byte position
 * @rec: out: the record, if there is one
 * @reason: out: RAFT_DISK_OK, or what is wrong: as raft_disk_record_decode()
 *
 * Context: As @s->read.
 * Return: 0, or what @s->read returned.
 */
int raft_disk_header(struct raft_disk_scan *s, u64 pos,
		     struct raft_disk_record *rec,
		     enum raft_disk_reason *reason)
{
	const u8 *p;
	int err;

	err = raft_disk_window(s, pos, sizeof(struct raft_disk_record_le), &p);
	if (err)
		return err;
	raft_disk_record_decode(&s->super, p, rec, reason);
	if (unread(s, pos, sizeof(struct raft_disk_record_le)))
		*reason = RAFT_DISK_UNREAD;
	return 0;
}

static int data_check(struct raft_disk_scan *s,
		      const struct raft_disk_record *rec,
		      enum raft_disk_reason *reason)
{
	const u8 *p;
	int err;

	err = raft_disk_window(s, rec->pos, raft_disk_record_bytes(rec->len), &p);
	if (err)
		return err;
	p += sizeof(struct raft_disk_record_le);
	if (unread(s, rec->pos, raft_disk_record_bytes(rec->len)))
		*reason = RAFT_DISK_UNREAD;
	else if (rec->data_crc != raft_command_crc(p, rec->len))
		*reason = RAFT_DISK_DATA;
	return 0;
}

/* Is there the next record at @pos?  The reason says what there is instead. */
static int record_try(struct raft_disk_scan *s, u64 pos,
		      struct raft_disk_record *rec,
		      enum raft_disk_reason *reason)
{
	u64 lap = s->tail.lap;
	int err;

	memset(rec, 0, sizeof(*rec));
	*reason = RAFT_DISK_END;
	if (pos + sizeof(struct raft_disk_record_le) > limit(s, lap))
		return 0;
	err = raft_disk_header(s, pos, rec, reason);
	if (err || *reason != RAFT_DISK_OK)
		return err;
	*reason = record_judge(s, rec, lap, pos);
	return *reason == RAFT_DISK_OK ? data_check(s, rec, reason) : 0;
}

/*
 * The same at the start of the ring, in the next lap, where only a record goes
 * that does not fit before the end (raft_disk_place()).  Its header is asked for
 * with each record, and read once.
 */
static int first_try(struct raft_disk_scan *s, struct raft_disk_record *rec,
		     enum raft_disk_reason *reason)
{
	u64 start = s->super.data_start;
	u64 pos = raft_disk_round_up(s->tail.pos, s->super.block);
	int err;

	memset(rec, 0, sizeof(*rec));
	*reason = RAFT_DISK_END;
	if (s->tail.lap != s->state.base.lap ||
	    start + sizeof(struct raft_disk_record_le) > limit(s, s->tail.lap + 1))
		return 0;
	if (!s->first_read) {
		err = raft_disk_header(s, start, &s->first, &s->first_reason);
		if (err)
			return err;
		s->first_read = true;
	}
	*rec = s->first;
	*reason = s->first_reason;
	if (*reason != RAFT_DISK_OK)
		return 0;
	*reason = record_judge(s, rec, s->tail.lap + 1, start);
	if (*reason == RAFT_DISK_OK &&
	    pos + raft_disk_record_bytes(rec->len) <= s->super.data_end)
		*reason = RAFT_DISK_PLACE;
	return *reason == RAFT_DISK_OK ? data_check(s, rec, reason) : 0;
}

/* Says nothing about the record that was looked for. */
static bool is_silent(enum raft_disk_reason reason)
{
	return reason == RAFT_DISK_NO_RECORD || reason == RAFT_DISK_EPOCH ||
	       reason == RAFT_DISK_LAP || reason == RAFT_DISK_INDEX ||
	       reason == RAFT_DISK_END;
}

/*
 * After a truncation two places may hold one: the old one has the lower epoch.
 * If the hard state that truncated is lost, the old one must not count either:
 * the boot after this one would find the new one in its place.
 */
static void choose(struct raft_disk_record *rec, struct raft_disk_bad *bad,
		   const struct raft_disk_record *other,
		   enum raft_disk_reason reason, u64 pos)
{
	bool better = reason == RAFT_DISK_OK || reason == RAFT_DISK_STATE_LOST;

	if (bad->reason == RAFT_DISK_OK)
		better = reason == RAFT_DISK_OK ? other->epoch > rec->epoch :
			 better && other->index == rec->index;
	else if (is_silent(bad->reason) && !is_silent(reason))
		better = true;
	if (!better || bad->reason == RAFT_DISK_STATE_LOST)
		return;
	*rec = *other;
	bad->reason = reason;
	bad->pos = pos;
}

/*
 * The next record lies right behind the last one or, if it was written later, at
 * the next block, or at the start of the ring.
 */
static int find_next(struct raft_disk_scan *s, struct raft_disk_record *rec)
{
	u64 block_pos = raft_disk_round_up(s->tail.pos, s->super.block);
	struct raft_disk_bad *bad = &s->bad;
	struct raft_disk_record other;
	enum raft_disk_reason reason;
	int err;

	bad->index = s->tail.index + 1;
	bad->pos = s->tail.pos;
	err = record_try(s, s->tail.pos, rec, &bad->reason);
	if (err)
		return err;
	if (block_pos != s->tail.pos) {
		err = record_try(s, block_pos, &other, &reason);
		if (err)
			return err;
		choose(rec, bad, &other, reason, block_pos);
	}
	err = first_try(s, &other, &reason);
	if (!err)
		choose(rec, bad, &other, reason, s->super.data_start);
	return err;
}

/**
 * raft_disk_walk() - prepare to go from record to record
 * @s: with @s->read, @s->ctx, @s->buf
 * @sb: superblock
 * @st: hard state that is durable
 * @from: where a record ends that is good
 *
 * Context: Any.
 */
void raft_disk_walk(struct raft_disk_scan *s,
		    const struct raft_disk_super *sb,
		    const struct raft_disk_state *st,
		    const struct raft_disk_point *from)
{
	s->super = *sb;
	s->state = *st;
	s->size = sb->data_end;
	s->tail = *from;
	s->win_len = 0;
	s->first_read = false;
}

/**
 * raft_disk_next() - the next record, verified
 * @s: after raft_disk_walk()
 * @rec: out: the record; if there is none, what is there instead, at @s->bad
 * @data: out: its command, valid until the next call
 *
 * @s->tail goes behind it.
 *
 * Context: As @s->read.
 * Return: 0; -ENOENT: there is none, @s->bad tells why; what @s->read returned.
 */
int raft_disk_next(struct raft_disk_scan *s, struct raft_disk_record *rec,
		   const u8 **data)
{
	int err;

	err = find_next(s, rec);
	if (err)
		return err;
	if (s->bad.reason != RAFT_DISK_OK)
		return -ENOENT;
	/* What was looked at last may be another place. */
	err = raft_disk_window(s, rec->pos, raft_disk_record_bytes(rec->len), data);
	if (err)
		return err;
	*data += sizeof(struct raft_disk_record_le);
	s->tail = raft_disk_point(rec);
	return 0;
}
