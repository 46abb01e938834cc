/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wire.h - the wire format: messages of the core to and from bytes.
 *
 * Owns the layout of a message (drawn in wire.c and Documentation/wire.rst).
 * Never trusts a byte: every length is checked before it is used.  Pure.
 *
 * A message is a header, then entry headers, then the commands back to back.
 * It is cut into datagrams by frag.c.
 */
#ifndef _RAFT_WIRE_H
#define _RAFT_WIRE_H

#include "raft_env.h"
#include "raft_core.h"

/*
 * One datagram: a struct raft_wire_frag and up to RAFT_FRAG_DATA bytes of an
 * encoded message.  1232 = 1280 (smallest IPv6 MTU) - 40 (IPv6) - 8 (UDP).
 */
#define RAFT_DATAGRAM_MAX	1232

enum raft_wire_error {
	RAFT_WIRE_OK = 0,
	RAFT_WIRE_SHORT,	/* ends before its own length */
	RAFT_WIRE_MAGIC,
	RAFT_WIRE_VERSION,
	RAFT_WIRE_CRC,
	RAFT_WIRE_TYPE,
	RAFT_WIRE_GROUP,	/* another group */
	RAFT_WIRE_NODE,		/* from 0, to another node, from == to */
	RAFT_WIRE_LENGTH,	/* lengths do not add up */
	RAFT_WIRE_LIMIT,	/* too many entries, command too long, absurd index */
	RAFT_WIRE_FIELD,	/* a field has a value that cannot be */
};

const char *raft_wire_error_name(enum raft_wire_error e);

/* Encoded size of a message without its commands, bytes. */
size_t raft_wire_header_bytes(u32 n_entries);
/* What an entry with @len bytes of command adds to a message. */
size_t raft_wire_entry_bytes(u32 len);

#endif /* _RAFT_WIRE_H */
