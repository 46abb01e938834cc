// SPDX-License-Identifier: GPL-2.0
/*
 * slot.c - the head of a snapshot's file: to bytes and back.
 *
 * slot.h has the layout.  Knows nothing of files, and of the content only how
 * its checksum is made.
 */
#include "raft_env.h"
#include "slot.h"

#define CRC_SEED	0xffffffffU

static u32 head_crc(const struct raft_slot_le *le)
{
	return ~crc32c(CRC_SEED, le, offsetof(struct raft_slot_le, crc));
}

/**
 * raft_slot_crc() - let the checksum of a content go on
 * @crc: of the bytes before, 0 at the start
 * @buf: the next bytes
 * @len: how many
 *
 * Context: any.
 * Return: the checksum of all up to the end of @buf.
 */
u32 raft_slot_crc(u32 crc, const void *buf, size_t len)
{
	return ~crc32c(~crc, buf, len);
}

/**
 * raft_slot_id() - the id of a snapshot
 * @image_crc: raft_slot_crc() of its image
 * @crc: of all of it
 *
 * Context: any.
 * Return: the id; not 0, which is that of a witness's.
 */
u64 raft_slot_id(u32 image_crc, u32 crc)
{
	u64 id = (u64)image_crc << 32 | crc;

	return id ? id : 1;
}

/**
 * raft_slot_sum_add() - bytes of a content were read: are they what was written?
 * @sum: of those before; all zero at the start
 * @of: the snapshot
 * @offset: of the bytes in it
 * @buf: the bytes
 * @len: how many
 *
 * What was read before is passed over, and what is ahead does not count: nothing is
 * said then before it was read in order.  That of a witness, the image, has a checksum
 * of its own (core/image.c).
 *
 * Context: any.
 * Return: false if all was read by now, and is something else.
 */
bool raft_slot_sum_add(struct raft_slot_sum *sum,
		       const struct raft_snapshot *of, u64 offset,
		       const void *buf, size_t len)
{
	u64 skip = sum->at - offset;

	if (offset > sum->at || skip >= len)
		return true;
	sum->crc = raft_slot_crc(sum->crc, (const u8 *)buf + skip, len - skip);
	sum->at += len - skip;
	return sum->at != of->total || raft_snapshot_is_bare(of) ||
	       raft_slot_id(of->id >> 32, sum->crc) == of->id ||
	       RAFT_MUTANT("slot-any-content");
}

/**
 * raft_slot_encode() - the first bytes of a snapshot's file
 * @slot: what they say
 * @buf: RAFT_SLOT_HEAD bytes, filled
 *
 * Context: any.
 */
void raft_slot_encode(const struct raft_slot *slot, u8 *buf)
{
	struct raft_slot_le le = {
		.magic = RAFT_SLOT_MAGIC,
		.version = cpu_to_le32(RAFT_SLOT_VERSION),
		.state = cpu_to_le32(slot->state),
		.incompat = cpu_to_le64(RAFT_SLOT_INCOMPAT),
		.group_id = cpu_to_le64(slot->group_id),
		.log_id = cpu_to_le64(slot->log_id),
		.generation = cpu_to_le64(slot->generation),
		.index = cpu_to_le64(slot->of.index),
		.term = cpu_to_le64(slot->of.term),
		.id = cpu_to_le64(slot->of.id),
		.total = cpu_to_le64(slot->of.total),
		.stored = cpu_to_le64(slot->stored),
		.node_id = cpu_to_le32(slot->node_id),
		.image = cpu_to_le32(slot->image),
	};
	u32 i;

	le.crc = cpu_to_le32(head_crc(&le));
	memset(buf, 0, RAFT_SLOT_HEAD);
	for (i = 0; i < RAFT_SLOT_COPIES; i++)
		memcpy(buf + i * RAFT_SLOT_COPY, &le, sizeof(le));
}

static void get_slot(struct raft_slot *slot, const struct raft_slot_le *le)
{
	*slot = (struct raft_slot) {
		.state = le32_to_cpu(le->state),
		.group_id = le64_to_cpu(le->group_id),
		.node_id = le32_to_cpu(le->node_id),
		.log_id = le64_to_cpu(le->log_id),
		.generation = le64_to_cpu(le->generation),
		.of = {
			.index = le64_to_cpu(le->index),
			.term = le64_to_cpu(le->term),
			.id = le64_to_cpu(le->id),
			.total = le64_to_cpu(le->total),
		},
		.stored = le64_to_cpu(le->stored),
		.image = le32_to_cpu(le->image),
	};
}

static bool slot_ok(const struct raft_slot *s, u64 size)
{
	if (!s->of.index || s->of.index > RAFT_MAX_INDEX || !s->of.term ||
	    s->of.term > RAFT_MAX_TERM || !s->of.total ||
	    s->of.total > RAFT_SLOT_TOTAL_MAX || s->stored > s->of.total ||
	    !s->group_id || !s->node_id || s->image > s->of.total ||
	    s->image > RAFT_SNAPSHOT_META)
		return false;
	/* Of what is said to be there the file has at least the places. */
	if (size < RAFT_SLOT_HEAD || s->stored > size - RAFT_SLOT_HEAD)
		return false;
	if (s->state == RAFT_SLOT_COMPLETE)
		return s->stored == s->of.total && s->image;
	return s->state == RAFT_SLOT_PARTIAL;
}

/* 0, -ENODATA: all zero, -EMEDIUMTYPE, -EPROTO, -EILSEQ. */
static int decode_copy(struct raft_slot *slot, const u8 *buf, u64 size)
{
	static const u8 zero[sizeof(struct raft_slot_le)];
	struct raft_slot_le le;

	memcpy(&le, buf, sizeof(le));
	if (!memcmp(&le, zero, sizeof(le)))
		return -ENODATA;
	if (memcmp(le.magic, RAFT_SLOT_MAGIC, sizeof(le.magic)))
		return -EMEDIUMTYPE;
	if (le32_to_cpu(le.crc) != head_crc(&le) && !RAFT_MUTANT("slot-any-crc"))
		return -EILSEQ;
	if (le32_to_cpu(le.version) != RAFT_SLOT_VERSION ||
	    le64_to_cpu(le.incompat) & ~RAFT_SLOT_INCOMPAT)
		return -EPROTO;
	get_slot(slot, &le);
	return slot_ok(slot, size) ? 0 : -EILSEQ;
}

/**
 * raft_slot_decode() - the head of a snapshot's file from bytes nobody vouches for
 * @slot: filled in if it is good
 * @buf: the first RAFT_SLOT_HEAD bytes of the file, what it lacks is zero
 * @size: bytes of the file
 *
 * Context: any.
 * Return: 0; -ENODATA: nothing is in there; -EMEDIUMTYPE: something else is;
 * -EPROTO: of another version; -EILSEQ: damaged.
 */
int raft_slot_decode(struct raft_slot *slot, const u8 *buf, u64 size)
{
	struct raft_slot copy;
	int err, ret = -ENODATA;
	u32 i;

	for (i = 0; i < RAFT_SLOT_COPIES; i++) {
		err = decode_copy(&copy, buf + i * RAFT_SLOT_COPY, size);
		if (err && (ret == -ENODATA || err == -EPROTO) && ret)
			ret = err;
		if (err || (!ret && copy.generation <= slot->generation &&
			    !RAFT_MUTANT("slot-last-copy")))
			continue;
		*slot = copy;
		ret = 0;
	}
	return ret;
}
