/* SPDX-License-Identifier: GPL-2.0 */
/*
 * payload.h - the bytes of one command, reference-counted.
 *
 * What the core calls a payload handle is a struct raft_payload.  The bytes
 * never change once it is shared, so readers need no lock.
 */
#ifndef _RAFT_PAYLOAD_H
#define _RAFT_PAYLOAD_H

#include <linux/gfp_types.h>
#include <linux/refcount.h>
#include <linux/types.h>

/**
 * struct raft_payload - the bytes of one command
 * @ref: references: log slot, pending proposal, WAL batch, reader, long message
 * @len: bytes in @data
 * @crc: raft_command_crc() of them, once @summed
 * @summed: @crc is known: read and written in raft_payload_crc() and by who
 *	makes the payload
 * @exact: bytes that alloc_pages_exact() gave for all of it, 0: kvmalloc()
 * @data: the command, in @mem
 * @mem: what was asked for: the command, or a whole message that it came in
 */
struct raft_payload {
	refcount_t ref;
	u32 len;
	u32 crc;
	bool summed;
	u32 exact;
	u8 *data;
	u8 mem[];
};

struct raft_payload *raft_payload_alloc(u32 len, gfp_t gfp);
u32 raft_payload_crc(struct raft_payload *p);

#endif /* _RAFT_PAYLOAD_H */
