// SPDX-License-Identifier: GPL-2.0
/*
 * disk.c - the on-disk format: encode, decode, recover (layout: disk.h).
 *
 * Life of a record: encoded behind its predecessor in the buffer of a write;
 * durable when that write is (only one write of records is in flight, so all of
 * the one before is durable then); acknowledged; read at each boot.  If it is
 * truncated, a hard state that calls it stale is durable before the first byte
 * is written over it.
 *
 * Recovery runs in four passes:
 *   PASS_SUPER    superblock: is it a log, ours, of a version we know?
 *   PASS_STATE    hard state: the newest valid slot; both slots must be legible
 *   PASS_RECORDS  walk the records from the start to the first that is not good
 *   PASS_BEHIND   look behind it: what ended the log?
 *
 * Let i be the first index without a good record.  A record counts as found
 * behind if its header is good, it lies where it says, it is not stale and its
 * index is at least i.
 *
 *   a record of an epoch above the hard state's?
 *    |-- yes: DAMAGED, the hard state that announced it is lost (STATE_LOST)
 *    `-- no: i <= durable of the hard state?
 *         |-- yes: DAMAGED, it was on the disk when that was written
 *         `-- no: a good header of this epoch for i that cannot follow?
 *              |-- yes: DAMAGED (CHAIN, FIELD): written so, or misdirected
 *              `-- no: one found behind with durable_before > i?
 *                   |-- yes: DAMAGED, i was durable when that was written
 *                   `-- no: one found behind, or part of i itself?
 *                        |-- yes: TORN, the write in flight at the crash
 *                        `-- no: CLEAN, the log ends here
 *
 * A torn tail was never acknowledged and is dropped; damage never is, or a
 * majority could forget what it promised.  The one thing that this tree cannot
 * tell from a torn write is a bad sector in the very last write before a crash
 * (a close in order notes it as durable).
 *
 * The hard state: a copy that is bad is either torn or decayed.  Its twin in
 * the same slot tells what the slot held; only if both are illegible might a
 * vote be forgotten, and then nothing is served.
 */
#include "disk.h"

static const char * const reason_names[] = {
	[RAFT_DISK_OK] = "ok",
	[RAFT_DISK_SHORT] = "file shorter than its log",
	[RAFT_DISK_SUPER] = "superblock illegible",
	[RAFT_DISK_STATE] = "hard state illegible",
	[RAFT_DISK_STATE_LOST] = "hard state older than the records",
	[RAFT_DISK_NO_RECORD] = "no record",
	[RAFT_DISK_FOREIGN] = "record of another log",
	[RAFT_DISK_HEADER] = "record header checksum",
	[RAFT_DISK_PLACE] = "record of another place",
	[RAFT_DISK_INDEX] = "record of another index",
	[RAFT_DISK_EPOCH] = "stale record",
	[RAFT_DISK_CHAIN] = "record does not follow its predecessor",
	[RAFT_DISK_FIELD] = "record with an impossible field",
	[RAFT_DISK_DATA] = "command checksum",
	[RAFT_DISK_END] = "end of the log area",
};

static_assert(ARRAY_SIZE(reason_names) == RAFT_DISK_REASONS);

/**
 * raft_disk_reason_name() - what is wrong, in words
 * @reason: enum raft_disk_reason
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *raft_disk_reason_name(enum raft_disk_reason reason)
{
	if ((unsigned int)reason >= RAFT_DISK_REASONS)
		return "unknown";
	return reason_names[reason];
}

/**
 * raft_disk_type_name() - what kind of entry a record has, in a word
 * @type: enum raft_entry_type, of a record that is good
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *raft_disk_type_name(u8 type)
{
	switch (type) {
	case RAFT_ENTRY_NOOP:
		return "noop";
	case RAFT_ENTRY_CONFIG:
		return "config";
	case RAFT_ENTRY_OPEN:
		return "open";
	default:
		return "command";
	}
}

/**
 * raft_disk_crc() - the standard CRC-32C of a buffer
 * @p: bytes
 * @len: how many
 *
 * Context: Any.
 * Return: the checksum.
 */
u32 raft_disk_crc(const void *p, u32 len)
{
	return ~crc32c(~(u32)0, p, len);
}

static bool all_zero(const u8 *p, u32 len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/* --- encode ------------------------------------------------------------- */

/**
 * raft_disk_super_init() - lay out a new log
 * @sb: superblock; the caller sets the identities (group, node, log) and @created
 * @size: bytes of the file, at least RAFT_DISK_SIZE_MIN
 * @block: bytes, a power of two, RAFT_DISK_BLOCK_MIN to RAFT_DISK_BLOCK_MAX
 *
 * Context: Any.
 */
void raft_disk_super_init(struct raft_disk_super *sb, u64 size, u32 block)
{
	memset(sb, 0, sizeof(*sb));
	sb->version = RAFT_DISK_VERSION;
	sb->block = block;
	sb->incompat = RAFT_DISK_INCOMPAT;
	sb->data_start = RAFT_DISK_DATA_POS;
	sb->data_end = size & ~((u64)RAFT_DISK_BLOCK_MAX - 1);
}

static void copies(u8 *slot, const void *copy, u32 len)
{
	u32 i;

	memset(slot, 0, RAFT_DISK_SLOT);
	for (i = 0; i < RAFT_DISK_COPIES; i++)
		memcpy(slot + i * RAFT_DISK_COPY, copy, len);
}

/**
 * raft_disk_super_encode() - superblock to bytes
 * @sb: superblock
 * @slot: RAFT_DISK_SLOT bytes, filled, to be written at position 0
 *
 * Context: Any.
 */
void raft_disk_super_encode(const struct raft_disk_super *sb, u8 *slot)
{
	struct raft_disk_super_le le = {
		.magic = RAFT_DISK_MAGIC,
		.version = cpu_to_le32(sb->version),
		.block = cpu_to_le32(sb->block),
		.incompat = cpu_to_le64(sb->incompat),
		.compat = cpu_to_le64(sb->compat),
		.group_id = cpu_to_le64(sb->group_id),
		.log_id = cpu_to_le64(sb->log_id),
		.data_start = cpu_to_le64(sb->data_start),
		.data_end = cpu_to_le64(sb->data_end),
		.created = cpu_to_le64(sb->created),
		.node_id = cpu_to_le32(sb->node_id),
	};

	le.crc = cpu_to_le32(raft_disk_crc(&le, sizeof(le) - 4));
	copies(slot, &le, sizeof(le));
}

/**
 * raft_disk_state_encode() - hard state to bytes
 * @st: hard state
 * @log_id: of the superblock
 * @slot: RAFT_DISK_SLOT bytes, filled, to be written at
 *	raft_disk_state_pos(st->generation)
 *
 * Context: Any.
 */
void raft_disk_state_encode(const struct raft_disk_state *st, u64 log_id,
			    u8 *slot)
{
	struct raft_disk_state_le le = {
		.magic = cpu_to_le32(RAFT_DISK_STATE_MAGIC),
		.flags = cpu_to_le32(st->flags),
		.log_id = cpu_to_le64(log_id),
		.generation = cpu_to_le64(st->generation),
		.term = cpu_to_le64(st->term),
		.commit = cpu_to_le64(st->commit),
		.incarnation = cpu_to_le64(st->incarnation),
		.epoch = cpu_to_le64(st->epoch),
		.stale_from = cpu_to_le64(st->stale_from),
		.durable = cpu_to_le64(st->durable),
		.durable_crc = cpu_to_le32(st->durable_crc),
		.vote = cpu_to_le32(st->vote),
		.reach = cpu_to_le64(st->reach),
		.reach_term = cpu_to_le64(st->reach_term),
	};

	le.crc = cpu_to_le32(raft_disk_crc(&le, sizeof(le) - 4));
	copies(slot, &le, sizeof(le));
}

/**
 * raft_disk_record_encode() - entry to bytes
 * @sb: superblock of the log
 * @rec: header; @crc and @data_crc are computed, the rest is the caller's
 * @data: @rec->len bytes of command
 * @to: raft_disk_record_bytes(@rec->len) bytes, filled
 *
 * Context: Any.
 * Return: CRC of the header: the chain field of the next record.
 */
u32 raft_disk_record_encode(const struct raft_disk_super *sb,
			    const struct raft_disk_record *rec,
			    const void *data, u8 *to)
{
	struct raft_disk_record_le le = {
		.magic = cpu_to_le32(RAFT_DISK_RECORD_MAGIC),
		.log_id = cpu_to_le64(sb->log_id),
		.group_id = cpu_to_le64(sb->group_id),
		.pos = cpu_to_le64(rec->pos),
		.index = cpu_to_le64(rec->index),
		.term = cpu_to_le64(rec->term),
		.epoch = cpu_to_le64(rec->epoch),
		.durable_before = cpu_to_le64(rec->durable_before),
		.incarnation = cpu_to_le64(rec->incarnation),
		.serial = cpu_to_le64(rec->serial),
		.client = cpu_to_le64(rec->client),
		.client_serial = cpu_to_le64(rec->client_serial),
		.origin = cpu_to_le32(rec->origin),
		.len = cpu_to_le32(rec->len),
		.data_crc = cpu_to_le32(raft_disk_crc(data, rec->len)),
		.chain = cpu_to_le32(rec->chain),
		.type = rec->type,
	};
	u32 bytes = raft_disk_record_bytes(rec->len);
	u32 used = sizeof(le) + rec->len;
	u32 crc = raft_disk_crc((u8 *)&le + 8, sizeof(le) - 8);

	le.crc = cpu_to_le32(crc);
	memcpy(to, &le, sizeof(le));
	if (rec->len)
		memcpy(to + sizeof(le), data, rec->len);
	memset(to + used, 0, bytes - used);
	return crc;
}

/* --- decode ------------------------------------------------------------- */

/**
 * raft_disk_record_decode() - look at what may be the header of a record
 * @sb: superblock of the log
 * @from: 128 bytes
 * @rec: filled if it begins like a record of this log, even with a bad checksum
 * @reason: RAFT_DISK_OK, or why it is no good header
 *
 * The fields that depend on the place in the log (position, index, epoch, chain)
 * and the command are not judged.
 *
 * Context: Any.
 * Return: whether @rec was filled.
 */
bool raft_disk_record_decode(const struct raft_disk_super *sb, const u8 *from,
			     struct raft_disk_record *rec,
			     enum raft_disk_reason *reason)
{
	struct raft_disk_record_le le;

	memset(rec, 0, sizeof(*rec));
	memcpy(&le, from, sizeof(le));
	*reason = RAFT_DISK_NO_RECORD;
	if (le32_to_cpu(le.magic) != RAFT_DISK_RECORD_MAGIC)
		return false;
	*reason = RAFT_DISK_FOREIGN;
	if (le64_to_cpu(le.log_id) != sb->log_id ||
	    le64_to_cpu(le.group_id) != sb->group_id)
		return false;
	rec->pos = le64_to_cpu(le.pos);
	rec->index = le64_to_cpu(le.index);
	rec->term = le64_to_cpu(le.term);
	rec->epoch = le64_to_cpu(le.epoch);
	rec->durable_before = le64_to_cpu(le.durable_before);
	rec->incarnation = le64_to_cpu(le.incarnation);
	rec->serial = le64_to_cpu(le.serial);
	rec->client = le64_to_cpu(le.client);
	rec->client_serial = le64_to_cpu(le.client_serial);
	rec->origin = le32_to_cpu(le.origin);
	rec->len = le32_to_cpu(le.len);
	rec->crc = le32_to_cpu(le.crc);
	rec->data_crc = le32_to_cpu(le.data_crc);
	rec->chain = le32_to_cpu(le.chain);
	rec->type = le.type;
	*reason = RAFT_DISK_OK;
	if (rec->crc != raft_disk_crc((u8 *)&le + 8, sizeof(le) - 8))
		*reason = RAFT_DISK_HEADER;
	return true;
}

/* A slot holds a hard state of its own parity in either copy, or is bad. */
static bool state_decode(const u8 *copy, u64 log_id, u32 slot,
			 struct raft_disk_state *st)
{
	struct raft_disk_state_le le;

	memcpy(&le, copy, sizeof(le));
	if (le32_to_cpu(le.magic) != RAFT_DISK_STATE_MAGIC ||
	    le32_to_cpu(le.crc) != raft_disk_crc(&le, sizeof(le) - 4) ||
	    (log_id && le64_to_cpu(le.log_id) != log_id) ||
	    (le64_to_cpu(le.generation) & 1) != slot)
		return false;
	st->flags = le32_to_cpu(le.flags);
	st->generation = le64_to_cpu(le.generation);
	st->term = le64_to_cpu(le.term);
	st->commit = le64_to_cpu(le.commit);
	st->incarnation = le64_to_cpu(le.incarnation);
	st->epoch = le64_to_cpu(le.epoch);
	st->stale_from = le64_to_cpu(le.stale_from);
	st->durable = le64_to_cpu(le.durable);
	st->durable_crc = le32_to_cpu(le.durable_crc);
	st->vote = le32_to_cpu(le.vote);
	st->reach = le64_to_cpu(le.reach);
	st->reach_term = le64_to_cpu(le.reach_term);
	return true;
}

static bool super_has_magic(const u8 *copy)
{
	return !memcmp(copy, RAFT_DISK_MAGIC, sizeof(RAFT_DISK_MAGIC));
}

static bool super_decode(const u8 *copy, struct raft_disk_super *sb)
{
	struct raft_disk_super_le le;

	memcpy(&le, copy, sizeof(le));
	if (!super_has_magic(copy) ||
	    le32_to_cpu(le.crc) != raft_disk_crc(&le, sizeof(le) - 4))
		return false;
	sb->version = le32_to_cpu(le.version);
	sb->block = le32_to_cpu(le.block);
	sb->incompat = le64_to_cpu(le.incompat);
	sb->compat = le64_to_cpu(le.compat);
	sb->group_id = le64_to_cpu(le.group_id);
	sb->log_id = le64_to_cpu(le.log_id);
	sb->data_start = le64_to_cpu(le.data_start);
	sb->data_end = le64_to_cpu(le.data_end);
	sb->created = le64_to_cpu(le.created);
	sb->node_id = le32_to_cpu(le.node_id);
	return true;
}

/* The checksum was good, so this is a bug or malice, but never a crash. */
static bool super_sane(const struct raft_disk_super *sb)
{
	return sb->block >= RAFT_DISK_BLOCK_MIN &&
	       sb->block <= RAFT_DISK_BLOCK_MAX &&
	       !(sb->block & (sb->block - 1)) &&
	       sb->data_start >= RAFT_DISK_DATA_POS &&
	       sb->data_start < sb->data_end &&
	       sb->data_end <= RAFT_DISK_SIZE_MAX &&
	       !(sb->data_start & (sb->block - 1)) &&
	       !(sb->data_end & (sb->block - 1)) && sb->log_id;
}

/* --- recover ------------------------------------------------------------ */

/* Makes @len bytes at @pos visible at *@p, reading ahead into the buffer. */
static int window(struct raft_disk_scan *s, u64 pos, u32 len, const u8 **p)
{
	u32 n;
	int err;

	if (pos < s->win_pos || pos + len > s->win_pos + s->win_len) {
		n = RAFT_DISK_BUF;
		if (n > s->size - pos)
			n = (u32)(s->size - pos);
		s->win_len = 0;
		err = s->read(s->ctx, pos, s->buf, n);
		if (err)
			return err;
		s->win_pos = pos;
		s->win_len = n;
	}
	*p = s->buf + (pos - s->win_pos);
	return 0;
}

static int damaged(struct raft_disk_scan *s, enum raft_disk_reason reason,
		   u64 index, u64 pos)
{
	s->bad.reason = reason;
	s->bad.index = index;
	s->bad.pos = pos;
	s->torn = false;
	return -EILSEQ;
}

/*
 * No superblock.  Blank if the place of it and of the hard state is zero or, if
 * formatting was interrupted, holds the hard state that formatting writes first.
 */
static int no_super(struct raft_disk_scan *s, const u8 *head)
{
	struct raft_disk_state st;
	const u8 *copy;
	bool blank;
	u32 i, slot;

	blank = all_zero(head, RAFT_DISK_SLOT);
	for (i = 0; i < 2 * RAFT_DISK_COPIES; i++) {
		slot = i / RAFT_DISK_COPIES;
		copy = head + RAFT_DISK_STATE_POS + i * RAFT_DISK_COPY;
		if (!state_decode(copy, 0, slot, &st))
			blank = blank && all_zero(copy, RAFT_DISK_COPY);
		else if (st.generation > 1 || st.term)
			return damaged(s, RAFT_DISK_SUPER, 0, 0);
	}
	s->blank = blank;
	return -EMEDIUMTYPE;
}

static int pass_super(struct raft_disk_scan *s)
{
	struct raft_disk_super *sb = &s->super;
	const u8 *p;
	bool good = false;
	bool magic = false;
	u32 i;
	int err;

	if (s->size < RAFT_DISK_SIZE_MIN || s->size > RAFT_DISK_SIZE_MAX)
		return -EMEDIUMTYPE;
	err = window(s, 0, RAFT_DISK_DATA_POS, &p);
	if (err)
		return err;
	for (i = RAFT_DISK_COPIES; i-- > 0;) {
		magic |= super_has_magic(p + i * RAFT_DISK_COPY);
		if (super_decode(p + i * RAFT_DISK_COPY, sb))
			good = true;
		else
			s->repaired |= 1U << i;
	}
	if (!good)
		return magic ? damaged(s, RAFT_DISK_SUPER, 0, 0) :
			       no_super(s, p);
	/* The version first: another one may mean all the rest differently. */
	if (sb->version != RAFT_DISK_VERSION ||
	    (sb->incompat & ~RAFT_DISK_INCOMPAT))
		return -EPROTO;
	if (!super_sane(sb))
		return damaged(s, RAFT_DISK_SUPER, 0, 0);
	if ((s->group_id && s->group_id != sb->group_id) ||
	    (s->node_id && s->node_id != sb->node_id))
		return -ESTALE;
	if (s->size < sb->data_end)
		return damaged(s, RAFT_DISK_SHORT, 0, s->size);
	return 0;
}

static int pass_state(struct raft_disk_scan *s)
{
	struct raft_disk_state st;
	const u8 *p;
	bool found = false;
	u32 slot, copy;
	u64 pos;
	int err;

	for (slot = 0; slot < 2; slot++) {
		bool legible = false;

		pos = raft_disk_state_pos(slot);
		err = window(s, pos, RAFT_DISK_SLOT, &p);
		if (err)
			return err;
		for (copy = 0; copy < RAFT_DISK_COPIES; copy++) {
			if (!state_decode(p + copy * RAFT_DISK_COPY,
					  s->super.log_id, slot, &st)) {
				s->repaired |= 4U << (slot * 2 + copy);
				continue;
			}
			legible = true;
			if (!found || st.generation > s->state.generation)
				s->state = st;
			found = true;
		}
		if (!legible)
			return damaged(s, RAFT_DISK_STATE, 0, pos);
	}
	/* A good checksum, so a bug or malice: still nothing may overflow. */
	if (s->state.term > RAFT_MAX_TERM || !s->state.stale_from ||
	    s->state.durable > RAFT_MAX_INDEX ||
	    (s->state.generation | s->state.epoch | s->state.incarnation) >> 62)
		return damaged(s, RAFT_DISK_STATE, 0,
			       raft_disk_state_pos(s->state.generation));
	return 0;
}

/* Stale records are those that a truncation or an earlier boot left behind. */
static bool record_stale(const struct raft_disk_scan *s,
			 const struct raft_disk_record *rec)
{
	return rec->epoch < s->last.epoch ||
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

static enum raft_disk_reason record_judge(const struct raft_disk_scan *s,
					  const struct raft_disk_record *rec,
					  u64 pos)
{
	if (rec->pos != pos)
		return RAFT_DISK_PLACE;
	if (rec->epoch > s->state.epoch)
		return RAFT_DISK_STATE_LOST;
	if (rec->index != s->last.index + 1)
		return RAFT_DISK_INDEX;
	if (record_stale(s, rec))
		return RAFT_DISK_EPOCH;
	if (rec->chain != s->last.crc)
		return RAFT_DISK_CHAIN;
	if (rec->term < s->last.term || !rec->term ||
	    rec->term > RAFT_MAX_TERM || rec->index > RAFT_MAX_INDEX ||
	    rec->len > RAFT_MAX_COMMAND ||
	    !record_type_ok(rec) ||
	    pos + raft_disk_record_bytes(rec->len) > s->super.data_end)
		return RAFT_DISK_FIELD;
	return RAFT_DISK_OK;
}

/* Is there the next record at @pos?  The reason says what there is instead. */
static int record_try(struct raft_disk_scan *s, u64 pos,
		      struct raft_disk_record *rec,
		      enum raft_disk_reason *reason)
{
	const u8 *p;
	int err;

	memset(rec, 0, sizeof(*rec));
	*reason = RAFT_DISK_END;
	if (pos + sizeof(struct raft_disk_record_le) > s->super.data_end)
		return 0;
	err = window(s, pos, sizeof(struct raft_disk_record_le), &p);
	if (err)
		return err;
	raft_disk_record_decode(&s->super, p, rec, reason);
	if (*reason != RAFT_DISK_OK)
		return 0;
	*reason = record_judge(s, rec, pos);
	if (*reason != RAFT_DISK_OK)
		return 0;
	err = window(s, pos, raft_disk_record_bytes(rec->len), &p);
	if (err)
		return err;
	p += sizeof(struct raft_disk_record_le);
	if (rec->data_crc != raft_disk_crc(p, rec->len))
		*reason = RAFT_DISK_DATA;
	return 0;
}

/*
 * The next record lies right behind the last one, or, if it was written later,
 * at the next block.  After a truncation both may hold one: the one that was
 * truncated has the lower epoch.
 */
static int record_next(struct raft_disk_scan *s, struct raft_disk_record *rec,
		       struct raft_disk_bad *bad)
{
	u64 block_pos = raft_disk_round_up(s->end, s->super.block);
	struct raft_disk_record other;
	enum raft_disk_reason reason;
	bool better;
	int err;

	bad->index = s->last.index + 1;
	bad->pos = s->end;
	err = record_try(s, s->end, rec, &bad->reason);
	if (err || block_pos == s->end || bad->reason == RAFT_DISK_STATE_LOST)
		return err;
	err = record_try(s, block_pos, &other, &reason);
	if (err)
		return err;
	if (bad->reason == RAFT_DISK_OK)
		better = reason == RAFT_DISK_OK && other.epoch > rec->epoch;
	else
		better = reason == RAFT_DISK_OK ||
			 reason == RAFT_DISK_STATE_LOST ||
			 bad->reason == RAFT_DISK_NO_RECORD ||
			 bad->reason == RAFT_DISK_EPOCH;
	if (better) {
		*rec = other;
		bad->reason = reason;
		bad->pos = block_pos;
	}
	return 0;
}

/* Ends with @rec, @bad telling what is there instead of the next record. */
static int pass_records(struct raft_disk_scan *s, struct raft_disk_record *rec,
			struct raft_disk_bad *bad)
{
	const u8 *p;
	int err;

	s->end = s->super.data_start;
	for (;;) {
		err = record_next(s, rec, bad);
		if (err || bad->reason != RAFT_DISK_OK)
			return err;
		/* What was the last one then must be the same one now. */
		if (rec->index == s->state.durable &&
		    rec->crc != s->state.durable_crc)
			return damaged(s, RAFT_DISK_CHAIN, rec->index, rec->pos);
		if (s->entry) {
			err = window(s, rec->pos,
				     raft_disk_record_bytes(rec->len), &p);
			if (err)
				return err;
			p += sizeof(struct raft_disk_record_le);
			err = s->entry(s->ctx, rec, p);
			if (err)
				return err;
		}
		s->last = *rec;
		s->records++;
		s->end = rec->pos + raft_disk_record_bytes(rec->len);
	}
}

/* The decision tree at the top of this file, below its first two questions. */
static int pass_behind(struct raft_disk_scan *s, const struct raft_disk_bad *bad)
{
	enum raft_disk_reason reason;
	struct raft_disk_record rec;
	const u8 *p;
	u64 pos;
	int err;

	for (pos = s->end; pos + sizeof(struct raft_disk_record_le) <=
	     s->super.data_end; pos += RAFT_DISK_ALIGN) {
		err = window(s, pos, sizeof(struct raft_disk_record_le), &p);
		if (err)
			return err;
		if (!raft_disk_record_decode(&s->super, p, &rec, &reason) ||
		    reason != RAFT_DISK_OK || rec.pos != pos)
			continue;
		if (rec.epoch > s->state.epoch)
			return damaged(s, RAFT_DISK_STATE_LOST, rec.index, pos);
		if (rec.epoch != s->state.epoch || rec.index < bad->index)
			continue;
		if (rec.durable_before > bad->index)
			return damaged(s, bad->reason, bad->index, bad->pos);
		s->torn = true;
	}
	return 0;
}

static int recover_end(struct raft_disk_scan *s,
		       const struct raft_disk_record *rec,
		       const struct raft_disk_bad *bad)
{
	bool current_epoch = rec->epoch == s->state.epoch;
	int err;

	if (bad->reason == RAFT_DISK_STATE_LOST ||
	    bad->index <= s->state.durable)
		return damaged(s, bad->reason, bad->index, bad->pos);
	if (current_epoch && (bad->reason == RAFT_DISK_CHAIN ||
			      bad->reason == RAFT_DISK_FIELD))
		return damaged(s, bad->reason, bad->index, bad->pos);
	/* What is left of the record itself; only a hint if its header is bad. */
	s->torn = current_epoch && rec->pos == bad->pos &&
		  (bad->reason == RAFT_DISK_DATA ||
		   bad->reason == RAFT_DISK_HEADER);
	err = pass_behind(s, bad);
	if (!err && s->torn)
		s->bad = *bad;
	return err;
}

/**
 * raft_disk_recover() - read a log: verify everything, find its end
 * @s: what to read and how; the results; see there
 *
 * Context: As @s->read and @s->entry.  Takes time linear in the size of the log.
 * Return: 0, or -EMEDIUMTYPE (not a log, see @s->blank), -EPROTO (another
 * version or an unknown feature), -ESTALE (of another group or node), -EILSEQ
 * (damaged, see @s->bad), or what @s->read or @s->entry returned.
 */
int raft_disk_recover(struct raft_disk_scan *s)
{
	struct raft_disk_record rec;
	struct raft_disk_bad bad;
	int err;

	s->blank = false;
	memset(&s->super, 0, sizeof(s->super));
	memset(&s->state, 0, sizeof(s->state));
	memset(&s->last, 0, sizeof(s->last));
	memset(&s->bad, 0, sizeof(s->bad));
	s->repaired = 0;
	s->records = 0;
	s->end = 0;
	s->torn = false;
	s->win_pos = 0;
	s->win_len = 0;

	err = pass_super(s);
	if (!err)
		err = pass_state(s);
	if (!err)
		err = pass_records(s, &rec, &bad);
	if (!err)
		err = recover_end(s, &rec, &bad);
	return err;
}

/**
 * raft_disk_boot() - the hard state that a boot must make durable first
 * @s: a recovery that returned 0
 * @wall_clock: ns since 1970
 * @st: out: the next hard state: new incarnation and epoch; whatever lies behind
 *	the last record is stale from here on
 *
 * A term below that of the last record is raised to it: the entries were durable
 * sooner than the hard state of the same batch.  Its vote was then never durable
 * and never sent.
 *
 * Context: Any.
 */
void raft_disk_boot(const struct raft_disk_scan *s, u64 wall_clock,
		    struct raft_disk_state *st)
{
	*st = s->state;
	st->flags = 0;
	st->generation++;
	st->incarnation++;
	if (st->incarnation < wall_clock)
		st->incarnation = wall_clock;
	st->epoch++;
	st->stale_from = s->last.index + 1;
	st->durable = s->last.index;
	st->durable_crc = s->last.crc;
	if (st->term < s->last.term) {
		st->term = s->last.term;
		st->vote = 0;
	}
	if (st->commit > s->last.index)
		st->commit = s->last.index;
}
