// SPDX-License-Identifier: GPL-2.0
/*
 * disk.c - the on-disk format: the ring, encode, decode (layout: disk.h).
 *
 * Owns what the bytes of each structure mean.  Which of them are good is decided
 * in disk_recover.c.
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
	[RAFT_DISK_LAP] = "record of an earlier lap of the ring",
	[RAFT_DISK_INDEX] = "record of another index",
	[RAFT_DISK_EPOCH] = "stale record",
	[RAFT_DISK_CHAIN] = "record does not follow its predecessor",
	[RAFT_DISK_FIELD] = "record with an impossible field",
	[RAFT_DISK_DATA] = "command checksum",
	[RAFT_DISK_UNREAD] = "unreadable block",
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

/**
 * raft_disk_state_init() - the hard state of a new log
 * @st: filled in
 * @sb: superblock
 *
 * Context: Any.
 */
void raft_disk_state_init(struct raft_disk_state *st,
			  const struct raft_disk_super *sb)
{
	memset(st, 0, sizeof(*st));
	st->stale_from = 1;
	st->base.pos = sb->data_start;
}

/* --- ring --------------------------------------------------------------- */

/**
 * raft_disk_place() - where the next write of records begins
 * @sb: superblock
 * @base: of a hard state that is durable
 * @at: where the last record ends; moved to the place if there is one
 * @bytes: raft_disk_record_bytes() of the first record of the write
 *
 * Recovery knows this rule: the record is at the next block or, if it does not
 * fit before the end, at the start of the ring (find_next() in disk_walk.c).
 *
 * Context: Any.
 * Return: false if there is no place: what is there is needed.
 */
bool raft_disk_place(const struct raft_disk_super *sb,
		     const struct raft_disk_point *base,
		     struct raft_disk_point *at, u32 bytes)
{
	u64 pos = raft_disk_round_up(at->pos, sb->block);
	u64 need = raft_disk_round_up(bytes, sb->block);

	if (pos + need <= raft_disk_limit(sb, base, at->lap) ||
	    (RAFT_MUTANT("disk-over-base") && pos + need <= sb->data_end)) {
		at->pos = pos;
		return true;
	}
	if (at->lap != base->lap ||
	    sb->data_start + need > raft_disk_limit(sb, base, at->lap + 1))
		return false;
	at->lap++;
	at->pos = sb->data_start;
	return true;
}

/**
 * raft_disk_room() - how much the ring takes for certain
 * @sb: superblock
 * @base: of a hard state that is durable
 * @tail: where the last record ends
 *
 * At the end of the ring a record of the largest size may lose all its bytes but
 * for one block; or what comes fits on one side of the end.
 *
 * Context: Any.
 * Return: bytes of records, each alone in its blocks.
 */
u64 raft_disk_room(const struct raft_disk_super *sb,
		   const struct raft_disk_point *base,
		   const struct raft_disk_point *tail)
{
	u64 lost = raft_disk_round_up(RAFT_DISK_RECORD_MAX, sb->block) - sb->block;
	u64 pos = raft_disk_round_up(tail->pos, sb->block);
	u64 limit = raft_disk_limit(sb, base, tail->lap);
	u64 here = limit > pos ? limit - pos : 0;
	u64 round = 0;

	if (tail->lap == base->lap)
		round = raft_disk_limit(sb, base, tail->lap + 1) - sb->data_start;
	return max(max(here, round), here + round - min(here + round, lost));
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
		.base = cpu_to_le64(st->base.index),
		.base_term = cpu_to_le64(st->base.term),
		.base_epoch = cpu_to_le64(st->base.epoch),
		.base_lap = cpu_to_le64(st->base.lap),
		.base_pos = cpu_to_le64(st->base.pos),
		.base_crc = cpu_to_le32(st->base.crc),
	};

	le.crc = cpu_to_le32(raft_disk_crc(&le, sizeof(le) - 4));
	copies(slot, &le, sizeof(le));
}

/**
 * raft_disk_record_encode() - entry to bytes
 * @sb: superblock of the log
 * @rec: header; @crc is computed, the rest is the caller's: @data_crc is
 *	raft_command_crc() as it came with the command
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
		.data_crc = cpu_to_le32(rec->data_crc),
		.chain = cpu_to_le32(rec->chain),
		.type = rec->type,
		.lap = cpu_to_le64(rec->lap),
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
	rec->lap = le64_to_cpu(le.lap);
	*reason = RAFT_DISK_OK;
	if (rec->crc != raft_disk_crc((u8 *)&le + 8, sizeof(le) - 8) &&
	    !RAFT_MUTANT("disk-any-header"))
		*reason = RAFT_DISK_HEADER;
	return true;
}
