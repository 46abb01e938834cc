/* SPDX-License-Identifier: GPL-2.0 */
/*
 * recording.h - what a node wrote, when, and what it promised meanwhile.
 *
 * A recording is two files of the machine that ran the node: the log device of
 * dm-log-writes, which has the bytes of each write and whether it was FUA or a
 * flush; and the trace, on one clock ("counter"), which has when each write was
 * submitted and completed and what the node and its clients said in between.
 * dm-log-writes alone does not tell what was in flight at the same time.
 */
#ifndef _LOGWRITES_RECORDING_H
#define _LOGWRITES_RECORDING_H

#include "raft_env.h"

#define SECTOR		512

/* What happened, in the order of the trace. */
enum step_kind {
	STEP_SUBMIT,		/* @write goes to the device */
	STEP_COMPLETE,		/* @write is done: durable if it is FUA */
	STEP_FLUSH,		/* what is complete now ... */
	STEP_FLUSHED,		/* ... is durable now */
	STEP_TRY,		/* @name, of @value bytes, is about to be proposed */
	STEP_ACK,		/* a client was told that @name is at index @value */
	STEP_MATCH,		/* the node told that it has all up to @value */
	STEP_VOTE,		/* it told that it voted for @node in term @value */
	STEP_TERM,		/* it answered in term @value */
	STEP_TRUNCATE,		/* its log is about to be cut before @value */
	STEP_KINDS
};

/**
 * struct written - a write to the device
 * @pos: byte position
 * @len: bytes, a multiple of SECTOR; 0: a flush
 * @data: them
 * @fua: durable when it is complete
 * @flush: makes durable what was complete when it was submitted
 * @matched: a step of the trace is about it
 */
struct written {
	u64 pos;
	u32 len;
	const u8 *data;
	bool fua;
	bool flush;
	bool matched;
};

/**
 * struct step - an event of the trace
 * @kind: enum step_kind
 * @node: see there
 * @line: of the trace, for messages
 * @value: see there
 * @write: see there
 * @name: see there
 */
struct step {
	enum step_kind kind;
	u32 node;
	u32 line;
	u64 value;
	struct written *write;
	char *name;
};

/**
 * struct recording - all of it
 * @writes: as dm-log-writes has them
 * @n_writes: how many
 * @steps: in the order of time
 * @n_steps: how many
 * @end: byte position behind the last byte that was ever written
 */
struct recording {
	struct written *writes;
	u32 n_writes;
	struct step *steps;
	u32 n_steps;
	u64 end;
};

void recording_load(struct recording *rec, const char *log, const char *trace);
__attribute__((noreturn, format(printf, 1, 2)))
void recording_bad(const char *format, ...);

#endif /* _LOGWRITES_RECORDING_H */
