// SPDX-License-Identifier: GPL-2.0
/*
 * slot_fuzz.c - the head of a snapshot's file and the image behind it, from bytes
 * nobody vouches for.  What is taken must lie within the file, and be written the
 * same again.
 *
 * An input is the two copies of a head, and then an image.  slot_seeds.sh makes some.
 */
#include <stdlib.h>

#include "raft_core.h"
#include "slot.h"

#define COPY_BYTES	sizeof(struct raft_slot_le)
#define IMAGE_AT	(RAFT_SLOT_COPIES * COPY_BYTES)

/* Of core/image.c, which tells nobody. */
#define IMAGE_HEAD	680
#define IMAGE_LENGTH	8
#define IMAGE_INDEX	24
#define IMAGE_TERM	32
#define IMAGE_CRC	80

/* Else hardly any input would get past the checksum. */
static void mend(u8 *copy)
{
	struct raft_slot_le le;

	memcpy(&le, copy, sizeof(le));
	memcpy(le.magic, RAFT_SLOT_MAGIC, sizeof(le.magic));
	le.crc = cpu_to_le32(raft_slot_crc(0, &le, sizeof(le) - 4));
	memcpy(copy, &le, sizeof(le));
}

static void mend_image(u8 *image, u64 len)
{
	u32 length = min_t(u64, raft_get_le32(image + IMAGE_LENGTH), len);
	__le32 crc;
	u32 sum;

	if (length < IMAGE_HEAD)
		return;
	sum = raft_slot_crc(0, image, IMAGE_CRC);
	crc = cpu_to_le32(raft_slot_crc(sum, image + IMAGE_CRC + 4,
					length - IMAGE_CRC - 4));
	memcpy(image, "RFTS\1", 5);
	memcpy(image + IMAGE_CRC, &crc, sizeof(crc));
}

static void check(const struct raft_slot *slot, u64 size)
{
	static u8 buf[RAFT_SLOT_HEAD];
	struct raft_slot again;

	if (slot->stored > slot->of.total || size < RAFT_SLOT_HEAD ||
	    slot->stored > size - RAFT_SLOT_HEAD ||
	    slot->image > RAFT_SNAPSHOT_META)
		abort();
	raft_slot_encode(slot, buf);
	if (raft_slot_decode(&again, buf, size) ||
	    memcmp(&again.of, &slot->of, sizeof(again.of)) ||
	    again.state != slot->state || again.stored != slot->stored)
		abort();
}

/* The allocation ends with the image: ASan sees each byte beyond. */
static void check_image(const u8 *data, u64 len)
{
	struct raft_snapshot of = { .id = 1, .total = len };
	u8 *image;

	if (len < IMAGE_HEAD)
		return;
	image = malloc(len);
	if (!image)
		abort();
	memcpy(image, data, len);
	mend_image(image, len);
	of.index = raft_get_le64(image + IMAGE_INDEX);
	of.term = raft_get_le64(image + IMAGE_TERM);
	if (!raft_snapshot_check(image, len, &of) &&
	    raft_image_length(image) > len)
		abort();
	free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static u8 buf[RAFT_SLOT_HEAD];
	struct raft_slot slot;
	u32 i;

	memset(buf, 0, sizeof(buf));
	if (len < IMAGE_AT) {
		if (len)
			memcpy(buf, data, len);
		if (!raft_slot_decode(&slot, buf, len))
			check(&slot, len);
		return 0;
	}
	for (i = 0; i < RAFT_SLOT_COPIES; i++) {
		memcpy(buf + i * RAFT_SLOT_COPY, data + i * COPY_BYTES,
		       COPY_BYTES);
		mend(buf + i * RAFT_SLOT_COPY);
	}
	if (!raft_slot_decode(&slot, buf, RAFT_SLOT_HEAD + len))
		check(&slot, RAFT_SLOT_HEAD + len);
	check_image(data + IMAGE_AT, len - IMAGE_AT);
	return 0;
}
