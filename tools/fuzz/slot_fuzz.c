// SPDX-License-Identifier: GPL-2.0
/*
 * slot_fuzz.c - the head of a snapshot's file and the image behind it, from bytes
 * nobody vouches for.  What is taken must lie within the file, and be written the
 * same again.
 */
#include <stdlib.h>

#include "raft_core.h"
#include "slot.h"

void raft_payload_get(void *payload)
{
	(void)payload;
}

void raft_payload_put(void *payload)
{
	(void)payload;
}

void *raft_payload_bytes(void *payload)
{
	return payload;
}

/* Else hardly any input would get past the checksum. */
static void mend(u8 *copy)
{
	struct raft_slot_le le;

	memcpy(&le, copy, sizeof(le));
	memcpy(le.magic, RAFT_SLOT_MAGIC, sizeof(le.magic));
	le.crc = cpu_to_le32(raft_slot_crc(0, &le, sizeof(le) - 4));
	memcpy(copy, &le, sizeof(le));
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static u8 buf[RAFT_SLOT_HEAD];
	struct raft_slot slot;
	u64 size = len;

	memset(buf, 0, sizeof(buf));
	if (len)
		memcpy(buf, data, len < sizeof(buf) ? len : sizeof(buf));
	if (!raft_slot_decode(&slot, buf, size))
		check(&slot, size);
	mend(buf);
	size += RAFT_SLOT_HEAD;
	if (raft_slot_decode(&slot, buf, size))
		return 0;
	check(&slot, size);
	if (!raft_snapshot_check(data, len, &slot.of) &&
	    raft_image_length(data) > len)
		abort();
	return 0;
}
