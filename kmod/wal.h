/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wal.h - the write-ahead log of a group: makes batches of the core durable.
 *
 * Owns the file and everything on it.  A thread of its own writes; batches become
 * durable in the order of their sequence numbers and are reported so.  An error
 * is reported once and ends the log: nothing is ever retried (an fsync that
 * failed once may lie the next time).
 *
 * Threads: open, close and submit are called by the creator or the owner thread
 * and may sleep (submit must not wait for the disk); done() comes from the log's
 * thread or within submit, and must not sleep.  Anyone else who may sleep reads.
 */
#ifndef _RAFT_WAL_H
#define _RAFT_WAL_H

#include <linux/types.h>

#include "core/raft_core.h"

/* So long at most until a hard state notes what is durable as durable. */
#define RAFT_WAL_NOTE_MS	1000

struct block_device;
struct file;
struct raft_wal;
struct raft_wal_reader;

/**
 * struct raft_wal_ops - what the log tells its owner
 * @done: batches up to @seq are durable, the last entry in them is (@index,
 *	@term), 0, 0 if they had none; or, with @error (negative), the log
 *	failed and nothing more will come.  Any context
 */
struct raft_wal_ops {
	void (*done)(void *ctx, u64 seq, u64 index, u64 term, int error);
};

/**
 * struct raft_wal_params - identity that the file must have
 * @group_id: identity of the group
 * @node_id: this node
 * @create: format the file if its superblock and hard state are all zero
 * @wall_clock: ns since 1970; the new incarnation is the larger of it and the
 *	last one plus one
 */
struct raft_wal_params {
	u64 group_id;
	u32 node_id;
	bool create;
	u64 wall_clock;
};

/**
 * struct raft_wal_boot - what recovery found
 * @hs: hard state
 * @incarnation: of this boot, already durable
 * @log_id: names the log, another one after each format
 * @base: index of the entry that the log begins behind, 0: all are there.  What
 *	is before is in a snapshot
 * @base_term: its term
 * @last_index: last entry that is there, @base if none
 * @torn: a torn tail was dropped
 * @fresh: the log was formatted just now
 */
struct raft_wal_boot {
	struct raft_hard_state hs;
	u64 incarnation;
	u64 log_id;
	u64 base;
	u64 base_term;
	u64 last_index;
	bool torn;
	bool fresh;
};

/**
 * struct raft_wal_stat - counters, racy reads are fine
 * @size: bytes of the log
 * @room: bytes that are free, not counting a reserve for no-ops
 * @base: the log on the disk begins behind this index
 * @full: an entry waits for room, and all that came behind it
 * @writes: writes done
 * @bytes: bytes in them
 * @error: 0 or the errno that ended the log, negative
 */
struct raft_wal_stat {
	u64 size;
	u64 room;
	u64 base;
	bool full;
	u64 writes;
	u64 bytes;
	int error;
};

/**
 * struct raft_wal_reserve - memory for what is to be handed to logs
 * @first: chunks of a queue
 * @n: how many
 *
 * Of one thread, for all the logs that it hands batches to.
 */
struct raft_wal_reserve {
	struct llist_node *first;
	u32 n;
};

/* What raft_wal_read() found at @index; not 0 ends it. */
typedef int (*raft_wal_read_fn)(void *ctx, u64 index,
				const struct raft_entry *e, const u8 *data);

int raft_wal_open(struct raft_wal **walp, struct file *file,
		  const struct raft_wal_params *params,
		  const struct raft_wal_ops *ops, void *ctx,
		  struct raft_wal_boot *boot);
void raft_wal_submit(struct raft_wal *wal, const struct raft *core,
		     const struct raft_persist *batch);
bool raft_wal_prepare(struct raft_wal *wal);
int raft_wal_reserve_init(struct raft_wal_reserve *spare);
void raft_wal_reserve_free(struct raft_wal_reserve *spare);
void raft_wal_share(struct raft_wal *wal, struct raft_wal_reserve *with);
u64 raft_wal_room(const struct raft_wal *wal);
void raft_wal_stat(const struct raft_wal *wal, struct raft_wal_stat *st);
u64 raft_wal_before(struct raft_wal *wal, u64 bytes);
void raft_wal_close(struct raft_wal *wal, const struct raft_hard_state *hs);

struct raft_wal_reader *raft_wal_reader_new(void);
void raft_wal_reader_free(struct raft_wal_reader *rd);
void raft_wal_hold(struct raft_wal *wal);
void raft_wal_release(struct raft_wal *wal);
int raft_wal_read(struct raft_wal *wal, struct raft_wal_reader *rd, u64 first,
		  u32 n, u32 max_bytes, raft_wal_read_fn fn, void *ctx);

struct block_device *raft_file_device(struct file *file);
int raft_file_settle(struct file *file);

int raft_wal_init(void);
void raft_wal_exit(void);

#ifdef RAFT_FAULTS
/* Debug builds: see Documentation/testing.rst. */
int raft_wal_fault(struct raft_wal *wal, const char *what, u64 arg);
void raft_wal_crash(struct raft_wal *wal, bool torn);
bool raft_wal_stalled(const struct raft_wal *wal);
#endif

#endif /* _RAFT_WAL_H */
