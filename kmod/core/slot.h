/* SPDX-License-Identifier: GPL-2.0 */
/*
 * slot.h - the on-disk format of a snapshot's file.
 *
 * Owns the layout below and the only code that reads it: the kernel, raftdump,
 * the fuzzer and the tests.  Never trusts a byte of the file.  Pure.
 *
 *   0        4096
 *   +--------+---------------------------------------------------+
 *   | head   | image (core/image.c) | bytes of the state machine |
 *   +--------+---------------------------------------------------+
 *
 * A node has two such files.  One holds the snapshot that is current: of those
 * that are complete that with the highest index, and then of the later generation:
 * one that is damaged is mended by another one of the same index.  The other one is filled, and
 * becomes current by the write of its head, after all else in it is durable.  So
 * a crash at any point leaves the one or the other.
 *
 * The head holds two copies, at +0 and +2048, each within a sector.  Of two good
 * ones the later generation counts.  While a snapshot comes over the network
 * its head says how many bytes of it are durable, so that it goes on after a
 * restart.
 *
 * The id of a snapshot stands for its bytes: the crc32c of all of them, and above
 * it that of the image.  It is the same on every node that has it.  That of a
 * witness, which is the image and nothing else, is 0.
 */
#ifndef _RAFT_SLOT_H
#define _RAFT_SLOT_H

#include "raft_env.h"
#include "raft_core.h"

#define RAFT_SLOT_VERSION	1
#define RAFT_SLOT_INCOMPAT	0ULL	/* known bits; a stranger is refused */
#define RAFT_SLOT_MAGIC		"RAFTSNP"	/* and its NUL */
#define RAFT_SLOT_HEAD		4096	/* bytes before the content */
#define RAFT_SLOT_COPY		2048	/* bytes between copies of the head */
#define RAFT_SLOT_COPIES	2
#define RAFT_SLOT_TOTAL_MAX	0x100000000000000ULL	/* bytes of content */

enum raft_slot_state {
	RAFT_SLOT_EMPTY = 0,	/* never on disk */
	RAFT_SLOT_PARTIAL = 1,	/* comes over the network */
	RAFT_SLOT_COMPLETE = 2,
};

struct raft_slot_le {
	u8 magic[8];
	__le32 version;
	__le32 state;
	__le64 incompat;
	/* --- 24 bytes --- */
	__le64 compat;
	__le64 group_id;
	__le64 log_id;
	/* --- 48 bytes --- */
	__le64 generation;
	__le64 index;
	__le64 term;
	/* --- 72 bytes --- */
	__le64 id;
	__le64 total;
	__le64 stored;
	/* --- 96 bytes --- */
	__le32 node_id;
	__le32 image;
	u8 reserved[148];
	__le32 crc;		/* over all before it, in every version */
	/* --- 256 bytes --- */
};

static_assert(sizeof(struct raft_slot_le) == 256);
static_assert(offsetof(struct raft_slot_le, version) == 8);
static_assert(offsetof(struct raft_slot_le, state) == 12);
static_assert(offsetof(struct raft_slot_le, incompat) == 16);
static_assert(offsetof(struct raft_slot_le, compat) == 24);
static_assert(offsetof(struct raft_slot_le, group_id) == 32);
static_assert(offsetof(struct raft_slot_le, log_id) == 40);
static_assert(offsetof(struct raft_slot_le, generation) == 48);
static_assert(offsetof(struct raft_slot_le, index) == 56);
static_assert(offsetof(struct raft_slot_le, term) == 64);
static_assert(offsetof(struct raft_slot_le, id) == 72);
static_assert(offsetof(struct raft_slot_le, total) == 80);
static_assert(offsetof(struct raft_slot_le, stored) == 88);
static_assert(offsetof(struct raft_slot_le, node_id) == 96);
static_assert(offsetof(struct raft_slot_le, image) == 100);
static_assert(offsetof(struct raft_slot_le, reserved) == 104);
static_assert(offsetof(struct raft_slot_le, crc) == 252);

/**
 * struct raft_slot - the head of a snapshot's file
 * @state: enum raft_slot_state
 * @group_id: identity of the group
 * @node_id: this node
 * @log_id: the log that it belongs to (core/disk.h)
 * @generation: of this head; each write of a head raises it above those of both
 *	files of the node
 * @of: the snapshot
 * @stored: bytes of it that are durable, from 0
 * @image: bytes of the image at its start; 0 if not known yet
 */
struct raft_slot {
	u32 state;
	u64 group_id;
	u32 node_id;
	u64 log_id;
	u64 generation;
	struct raft_snapshot of;
	u64 stored;
	u32 image;
};

/**
 * struct raft_slot_sum - the checksum of a content that is read in order
 * @at: bytes that it is of, from 0
 * @crc: raft_slot_crc() of them
 */
struct raft_slot_sum {
	u64 at;
	u32 crc;
};

void raft_slot_encode(const struct raft_slot *slot, u8 *buf);
int raft_slot_decode(struct raft_slot *slot, const u8 *buf, u64 size);
u32 raft_slot_crc(u32 crc, const void *buf, size_t len);
u64 raft_slot_id(u32 image_crc, u32 crc);
bool raft_slot_sum_add(struct raft_slot_sum *sum,
		       const struct raft_snapshot *of, u64 offset,
		       const void *buf, size_t len);

#endif /* _RAFT_SLOT_H */
