/* SPDX-License-Identifier: GPL-2.0 */
/*
 * disk.h - the on-disk format of a log: bytes, their checks, and recovery.
 *
 * Owns the layout below and the only code that reads it: the kernel's log,
 * raftdump, the fuzzer and the tests all call raft_disk_recover().  Never
 * trusts a byte of the file, never writes to it, needs no more memory than the
 * caller's RAFT_DISK_BUF bytes.  Pure.
 *
 *   0        4096     8192     12288        16384                    data_end
 *   +--------+--------+--------+------------+-------------------------+
 *   | super  | state  | state  | reserved   | ring of records         |
 *   | block  | slot 0 | slot 1 | (zero)     |                         |
 *   +--------+--------+--------+------------+-------------------------+
 *
 * Superblock and slots hold two copies each, at +0 and +2048, so that neither
 * one bad sector nor a torn write leaves a term or vote in doubt.  A hard state
 * of generation g is written to slot g & 1.
 *
 *   record:  | header 128 | command | zeros to a multiple of 64 |
 *   write:   | record | record | ... | zeros to a block |
 *
 * Every write of records begins at a block of its own and never touches a block
 * that is durable and valid.  Records tell their place, index, the header CRC
 * of their predecessor (chain), the epoch and the first index of their write:
 * all below that index was durable when this record was written.
 *
 * Ring: a write never goes round the end.  One whose first record does not fit
 * before the end begins at data_start, in the next lap, which its records tell.
 * The log begins behind its base, whose end is in the hard state; what is before
 * it is free once that hard state is durable.  A log lies in the lap of its base
 * and, from data_start to the block of its base, in the next one.
 *
 * Epochs: recovery and each truncation raise the epoch.  The hard state with
 * the new epoch and the index from which older epochs are stale is durable
 * before anything is written over them.
 *
 * Life of a record, decision tree and guarantees: disk_recover.c,
 * Documentation/disk.rst.
 */
#ifndef _RAFT_DISK_H
#define _RAFT_DISK_H

#include "raft_env.h"
#include "raft_core.h"

#define RAFT_DISK_VERSION	2
#define RAFT_DISK_INCOMPAT	0ULL	/* known bits; a stranger is refused */

#define RAFT_DISK_SLOT		4096	/* bytes of a superblock or slot */
#define RAFT_DISK_COPY		2048	/* bytes between its copies */
#define RAFT_DISK_COPIES	2
#define RAFT_DISK_STATE_POS	4096	/* slot 0; slot 1 follows */
#define RAFT_DISK_DATA_POS	16384	/* first record */
#define RAFT_DISK_SIZE_MIN	0x100000ULL	/* RAFT_LOG_MIN */
#define RAFT_DISK_SIZE_MAX	0x100000000000000ULL
#define RAFT_DISK_BLOCK_MIN	512
#define RAFT_DISK_BLOCK_MAX	4096
#define RAFT_DISK_ALIGN		64	/* of a record in its write */
#define RAFT_DISK_RECORD_MAX	(128 + RAFT_MAX_COMMAND)
#define RAFT_DISK_BUF		0x110000 /* memory that recovery needs: a record */
#define RAFT_DISK_AHEAD		131072	/* bytes that it reads at once if it can */

#define RAFT_DISK_MAGIC		"RAFTLOG"	/* and its NUL */
#define RAFT_DISK_STATE_MAGIC	0x74537652	/* "RvSt" */
#define RAFT_DISK_RECORD_MAGIC	0x63527652	/* "RvRc" */

#define RAFT_DISK_CLEAN		0x1	/* closed in order, nothing follows */

struct raft_disk_super_le {
	u8 magic[8];
	__le32 version;
	__le32 block;
	__le64 incompat;
	/* --- 24 bytes --- */
	__le64 compat;
	__le64 group_id;
	__le64 log_id;
	/* --- 48 bytes --- */
	__le64 data_start;
	__le64 data_end;
	__le64 created;
	/* --- 72 bytes --- */
	__le32 node_id;
	u8 reserved[176];
	__le32 crc;		/* over all before it, in every version */
	/* --- 256 bytes --- */
};

static_assert(sizeof(struct raft_disk_super_le) == 256);
static_assert(offsetof(struct raft_disk_super_le, magic) == 0);
static_assert(offsetof(struct raft_disk_super_le, version) == 8);
static_assert(offsetof(struct raft_disk_super_le, block) == 12);
static_assert(offsetof(struct raft_disk_super_le, incompat) == 16);
static_assert(offsetof(struct raft_disk_super_le, compat) == 24);
static_assert(offsetof(struct raft_disk_super_le, group_id) == 32);
static_assert(offsetof(struct raft_disk_super_le, log_id) == 40);
static_assert(offsetof(struct raft_disk_super_le, data_start) == 48);
static_assert(offsetof(struct raft_disk_super_le, data_end) == 56);
static_assert(offsetof(struct raft_disk_super_le, created) == 64);
static_assert(offsetof(struct raft_disk_super_le, node_id) == 72);
static_assert(offsetof(struct raft_disk_super_le, reserved) == 76);
static_assert(offsetof(struct raft_disk_super_le, crc) == 252);

struct raft_disk_state_le {
	__le32 magic;
	__le32 flags;
	__le64 log_id;
	__le64 generation;
	/* --- 24 bytes --- */
	__le64 term;
	__le64 commit;
	__le64 incarnation;
	/* --- 48 bytes --- */
	__le64 epoch;
	__le64 stale_from;
	__le64 durable;
	/* --- 72 bytes --- */
	__le32 durable_crc;
	__le32 vote;
	__le64 reach;
	__le64 reach_term;
	/* --- 96 bytes --- */
	__le64 base;
	__le64 base_term;
	__le64 base_epoch;
	__le64 base_lap;
	/* --- 128 bytes --- */
	__le64 base_pos;
	__le32 base_crc;
	u8 reserved[112];
	__le32 crc;		/* over all before it */
	/* --- 256 bytes --- */
};

static_assert(sizeof(struct raft_disk_state_le) == 256);
static_assert(offsetof(struct raft_disk_state_le, magic) == 0);
static_assert(offsetof(struct raft_disk_state_le, flags) == 4);
static_assert(offsetof(struct raft_disk_state_le, log_id) == 8);
static_assert(offsetof(struct raft_disk_state_le, generation) == 16);
static_assert(offsetof(struct raft_disk_state_le, term) == 24);
static_assert(offsetof(struct raft_disk_state_le, commit) == 32);
static_assert(offsetof(struct raft_disk_state_le, incarnation) == 40);
static_assert(offsetof(struct raft_disk_state_le, epoch) == 48);
static_assert(offsetof(struct raft_disk_state_le, stale_from) == 56);
static_assert(offsetof(struct raft_disk_state_le, durable) == 64);
static_assert(offsetof(struct raft_disk_state_le, durable_crc) == 72);
static_assert(offsetof(struct raft_disk_state_le, vote) == 76);
static_assert(offsetof(struct raft_disk_state_le, reach) == 80);
static_assert(offsetof(struct raft_disk_state_le, reach_term) == 88);
static_assert(offsetof(struct raft_disk_state_le, base) == 96);
static_assert(offsetof(struct raft_disk_state_le, base_term) == 104);
static_assert(offsetof(struct raft_disk_state_le, base_epoch) == 112);
static_assert(offsetof(struct raft_disk_state_le, base_lap) == 120);
static_assert(offsetof(struct raft_disk_state_le, base_pos) == 128);
static_assert(offsetof(struct raft_disk_state_le, base_crc) == 136);
static_assert(offsetof(struct raft_disk_state_le, reserved) == 140);
static_assert(offsetof(struct raft_disk_state_le, crc) == 252);

struct raft_disk_record_le {
	__le32 magic;
	__le32 crc;		/* over all behind it */
	__le64 log_id;
	__le64 group_id;
	__le64 pos;
	/* --- 32 bytes --- */
	__le64 index;
	__le64 term;
	__le64 epoch;
	__le64 durable_before;
	/* --- 64 bytes --- */
	__le64 incarnation;
	__le64 serial;
	__le32 origin;
	__le32 len;
	__le32 data_crc;
	__le32 chain;
	/* --- 96 bytes --- */
	u8 type;
	u8 reserved[7];
	__le64 client;
	__le64 client_serial;
	__le64 lap;		/* of the ring, from 0 */
	/* --- 128 bytes --- */
};

static_assert(sizeof(struct raft_disk_record_le) == 128);
static_assert(offsetof(struct raft_disk_record_le, magic) == 0);
static_assert(offsetof(struct raft_disk_record_le, crc) == 4);
static_assert(offsetof(struct raft_disk_record_le, log_id) == 8);
static_assert(offsetof(struct raft_disk_record_le, group_id) == 16);
static_assert(offsetof(struct raft_disk_record_le, pos) == 24);
static_assert(offsetof(struct raft_disk_record_le, index) == 32);
static_assert(offsetof(struct raft_disk_record_le, term) == 40);
static_assert(offsetof(struct raft_disk_record_le, epoch) == 48);
static_assert(offsetof(struct raft_disk_record_le, durable_before) == 56);
static_assert(offsetof(struct raft_disk_record_le, incarnation) == 64);
static_assert(offsetof(struct raft_disk_record_le, serial) == 72);
static_assert(offsetof(struct raft_disk_record_le, origin) == 80);
static_assert(offsetof(struct raft_disk_record_le, len) == 84);
static_assert(offsetof(struct raft_disk_record_le, data_crc) == 88);
static_assert(offsetof(struct raft_disk_record_le, chain) == 92);
static_assert(offsetof(struct raft_disk_record_le, type) == 96);
static_assert(offsetof(struct raft_disk_record_le, reserved) == 97);
static_assert(offsetof(struct raft_disk_record_le, client) == 104);
static_assert(offsetof(struct raft_disk_record_le, client_serial) == 112);
static_assert(offsetof(struct raft_disk_record_le, lap) == 120);
static_assert(RAFT_DISK_BUF >= RAFT_DISK_RECORD_MAX + RAFT_DISK_ALIGN +
			       RAFT_DISK_BLOCK_MAX);

/* Why something on the disk is not what it should be. */
enum raft_disk_reason {
	RAFT_DISK_OK = 0,
	RAFT_DISK_SHORT,	/* the file ends before its log does */
	RAFT_DISK_SUPER,	/* both copies of the superblock */
	RAFT_DISK_STATE,	/* both copies of a hard-state slot */
	RAFT_DISK_STATE_LOST,	/* a record of an epoch nobody announced */
	RAFT_DISK_NO_RECORD,	/* no magic where a record must be */
	RAFT_DISK_FOREIGN,	/* a record of another log */
	RAFT_DISK_HEADER,	/* CRC of the header */
	RAFT_DISK_PLACE,	/* written for another place of this log */
	RAFT_DISK_LAP,		/* stale: of an earlier lap of the ring */
	RAFT_DISK_INDEX,	/* a record, but of another index */
	RAFT_DISK_EPOCH,	/* stale: truncated, or of an earlier boot */
	RAFT_DISK_CHAIN,	/* its predecessor was another one */
	RAFT_DISK_FIELD,	/* term, type or length that cannot be */
	RAFT_DISK_DATA,		/* CRC of the command */
	RAFT_DISK_UNREAD,	/* the device cannot read it */
	RAFT_DISK_END,		/* no room for a record before the end */
	RAFT_DISK_REASONS
};

/**
 * struct raft_disk_super - the superblock, decoded
 * @version: RAFT_DISK_VERSION
 * @block: bytes, 512 to 4096, a power of two; what one write may not share
 *	with another
 * @incompat: feature bits; a reader that does not know one must refuse
 * @compat: feature bits that may be ignored
 * @group_id: identity of the group
 * @log_id: random, drawn when the log was formatted; in every structure
 * @data_start: byte position of the first record
 * @data_end: byte position behind the last one that fits
 * @created: ns since 1970
 * @node_id: the node that the log belongs to
 */
struct raft_disk_super {
	u32 version;
	u32 block;
	u64 incompat;
	u64 compat;
	u64 group_id;
	u64 log_id;
	u64 data_start;
	u64 data_end;
	u64 created;
	u32 node_id;
};

/**
 * struct raft_disk_point - a place in the log: where a record ends
 * @index: of the record, 0: this is before the first one
 * @term: of it
 * @epoch: of it: what is behind it is not older
 * @lap: of the ring
 * @pos: byte position behind it
 * @crc: of its header: the chain of the next one; 0 if that has none
 */
struct raft_disk_point {
	u64 index;
	u64 term;
	u64 epoch;
	u64 lap;
	u64 pos;
	u32 crc;
};

/**
 * struct raft_disk_state - a hard-state slot, decoded
 * @flags: RAFT_DISK_CLEAN
 * @generation: number of this hard state, the largest counts
 * @term: current term
 * @commit: hint: was committed
 * @incarnation: of the boot that wrote it
 * @epoch: that records are written with now
 * @stale_from: records from this index on are stale unless of @epoch
 * @durable: every record up to here was durable when this was written, so
 *	what is missing below is damage and never a torn write
 * @durable_crc: header CRC of record @durable, unless that is not above @base
 * @vote: candidate voted for in @term, 0 if none
 * @reach: as in struct raft_hard_state
 * @reach_term: as in struct raft_hard_state
 * @base: the log begins behind it; entries up to it are in a snapshot
 */
struct raft_disk_state {
	u32 flags;
	u64 generation;
	u64 term;
	u64 commit;
	u64 incarnation;
	u64 epoch;
	u64 stale_from;
	u64 durable;
	u32 durable_crc;
	u32 vote;
	u64 reach;
	u64 reach_term;
	struct raft_disk_point base;
};

/**
 * struct raft_disk_record - the header of a record, decoded
 * @lap: of the ring
 * @pos: byte position of the header
 * @index: log index
 * @term: term of the entry
 * @epoch: when it was written
 * @durable_before: first index of its write: all below was durable then
 * @incarnation: boot of the proposer
 * @serial: number of the proposal
 * @client: client session, 0 if none
 * @client_serial: number that the client gave
 * @origin: proposer
 * @len: bytes of command
 * @crc: CRC of the header
 * @data_crc: raft_command_crc() of the command
 * @chain: header CRC of the record before it, 0 for the first of a log
 * @type: enum raft_entry_type
 */
struct raft_disk_record {
	u64 lap;
	u64 pos;
	u64 index;
	u64 term;
	u64 epoch;
	u64 durable_before;
	u64 incarnation;
	u64 serial;
	u64 client;
	u64 client_serial;
	u32 origin;
	u32 len;
	u32 crc;
	u32 data_crc;
	u32 chain;
	u8 type;
};

/**
 * struct raft_disk_bad - something that is not what it should be
 * @reason: what is wrong
 * @index: log index it concerns, 0 if none
 * @pos: byte position
 */
struct raft_disk_bad {
	enum raft_disk_reason reason;
	u64 index;
	u64 pos;
};

/**
 * struct raft_disk_scan - a recovery: what it needs and what it found
 * @read: reads @len bytes at @pos; 0 or an errno that ends recovery
 * @entry: called for each good record in index order with its command, which
 *	is valid during the call; 0 or an errno that ends recovery; may be NULL
 * @ctx: for @read and @entry
 * @buf: RAFT_DISK_BUF bytes
 * @size: bytes of the file
 * @group_id: group the log must belong to, 0 for any
 * @node_id: node the log must belong to, 0 for any
 *
 * @blank: out: not a log, but zero where one would begin: may be formatted
 * @super: out: superblock
 * @state: out: hard state as stored; use raft_disk_boot() before booting
 * @repaired: out: bit n: copy n of superblock (0, 1), slot 0 (2, 3) or slot 1
 *	(4, 5) was bad, its twin was used
 * @records: out: good records
 * @tail: out: where the last good record ends, the base if there is none
 * @torn: out: an unfinished write was found behind it and is to be dropped
 * @bad: out: with -EILSEQ what is damaged; with @torn what is torn
 * @mends: out: with -EILSEQ: a boot can go on with what is good, see disk_boot.c
 * @reach: out: with @mends: last index that the log is known to have had;
 *	RAFT_REACH_LOST if that, or the last hard state, is not known
 * @reach_term: out: its term
 *
 * @ahead: bytes to read at once, 0: RAFT_DISK_AHEAD
 * @win_pos: private: byte position of @buf[0]
 * @win_len: private: valid bytes in @buf
 * @win_bad: private: not 0: that block of them could not be read
 * @forgot: private: there may have been a newer hard state
 * @anchored: private: @reach is not only a lower bound
 * @beyond: private: a record is of a later lap than its base allows for
 * @seen_epoch: private: the largest one of any record
 * @first_read: private: @first was read
 * @first: private: header at the start of the ring
 * @first_reason: private: what is wrong with it
 */
struct raft_disk_scan {
	int (*read)(void *ctx, u64 pos, void *buf, u32 len);
	int (*entry)(void *ctx, const struct raft_disk_record *rec,
		     const u8 *data);
	void *ctx;
	u8 *buf;
	u64 size;
	u64 group_id;
	u32 node_id;

	bool blank;
	struct raft_disk_super super;
	struct raft_disk_state state;
	u32 repaired;
	u64 records;
	struct raft_disk_point tail;
	bool torn;
	struct raft_disk_bad bad;
	bool mends;
	u64 reach;
	u64 reach_term;

	u32 ahead;
	u64 win_pos;
	u32 win_len;
	u8 win_bad[RAFT_DISK_BUF / RAFT_DISK_BLOCK_MAX + 1];
	bool forgot;
	bool anchored;
	bool beyond;
	u64 seen_epoch;
	bool first_read;
	struct raft_disk_record first;
	enum raft_disk_reason first_reason;
};

static inline u64 raft_disk_round_up(u64 n, u32 to)
{
	return (n + to - 1) & ~((u64)to - 1);
}

/* Bytes of a record with @len bytes of command, without the block's padding. */
static inline u32 raft_disk_record_bytes(u32 len)
{
	return (u32)raft_disk_round_up(sizeof(struct raft_disk_record_le) + len,
				       RAFT_DISK_ALIGN);
}

/* Byte position of the slot for a hard state of generation @generation. */
static inline u64 raft_disk_state_pos(u64 generation)
{
	return RAFT_DISK_STATE_POS + (generation & 1) * RAFT_DISK_SLOT;
}

/* Byte position where what is written in @lap must end: the end, or the base. */
static inline u64 raft_disk_limit(const struct raft_disk_super *sb,
				  const struct raft_disk_point *base, u64 lap)
{
	if (lap == base->lap)
		return sb->data_end;
	return base->pos & ~((u64)sb->block - 1);
}

static inline struct raft_disk_point
raft_disk_point(const struct raft_disk_record *rec)
{
	return (struct raft_disk_point) {
		.index = rec->index,
		.term = rec->term,
		.epoch = rec->epoch,
		.lap = rec->lap,
		.pos = rec->pos + raft_disk_record_bytes(rec->len),
		.crc = rec->crc,
	};
}

const char *raft_disk_reason_name(enum raft_disk_reason reason);
const char *raft_disk_type_name(u8 type);
u32 raft_disk_crc(const void *p, u32 len);

void raft_disk_super_init(struct raft_disk_super *sb, u64 size, u32 block);
void raft_disk_state_init(struct raft_disk_state *st,
			  const struct raft_disk_super *sb);
bool raft_disk_place(const struct raft_disk_super *sb,
		     const struct raft_disk_point *base,
		     struct raft_disk_point *at, u32 bytes);
u64 raft_disk_room(const struct raft_disk_super *sb,
		   const struct raft_disk_point *base,
		   const struct raft_disk_point *tail);
void raft_disk_super_encode(const struct raft_disk_super *sb, u8 *slot);
void raft_disk_state_encode(const struct raft_disk_state *st, u64 log_id,
			    u8 *slot);
u32 raft_disk_record_encode(const struct raft_disk_super *sb,
			    const struct raft_disk_record *rec,
			    const void *data, u8 *to);
bool raft_disk_record_decode(const struct raft_disk_super *sb, const u8 *from,
			     struct raft_disk_record *rec,
			     enum raft_disk_reason *reason);

int raft_disk_recover(struct raft_disk_scan *s);
int raft_disk_damage(struct raft_disk_scan *s);
int raft_disk_window(struct raft_disk_scan *s, u64 pos, u32 len, const u8 **p);
int raft_disk_header(struct raft_disk_scan *s, u64 pos,
		     struct raft_disk_record *rec,
		     enum raft_disk_reason *reason);
void raft_disk_walk(struct raft_disk_scan *s,
		    const struct raft_disk_super *sb,
		    const struct raft_disk_state *st,
		    const struct raft_disk_point *from);
int raft_disk_next(struct raft_disk_scan *s, struct raft_disk_record *rec,
		   const u8 **data);
void raft_disk_boot(const struct raft_disk_scan *s, u64 wall_clock,
		    struct raft_disk_state *st);

#endif /* _RAFT_DISK_H */
