/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wal_internal.h - what the files of the write-ahead log share.
 *
 * wal.c        its life: identity, format, recovery, close
 * wal_queue.c  batches in, writes out, completions back
 * wal_file.c   backends: asynchronous direct I/O; page cache and fsync
 * wal_fault.c  what tests break (RAFT_FAULTS)
 *
 * Three parties touch a log:
 *   owner     the group's thread: raft_wal_submit(), raft_wal_room()
 *   worker    the log's own work item: gathers, encodes, starts writes; may
 *             sleep as long as the disk likes
 *   completion of a write: any context, also an interrupt
 * Worker and completion take turns: whoever holds the stage owns the group.
 */
#ifndef _RAFT_WAL_INTERNAL_H
#define _RAFT_WAL_INTERNAL_H

#include <linux/atomic.h>
#include <linux/bvec.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "core/disk.h"
#include "wal.h"

#define RAFT_WAL_BUF		(256 * 1024)	/* bytes in one write */
#define RAFT_WAL_RESERVE	(64 * 1024)	/* bytes kept for no-ops */
/*
 * Items that one step of the core may make: all own proposals, a message and a
 * no-op; a hard state and a truncation.
 */
#define RAFT_WAL_STEP_ITEMS	(RAFT_MAX_PENDING + RAFT_MAX_BATCH + 3)

static_assert(RAFT_DISK_RECORD_MAX + RAFT_DISK_ALIGN <= RAFT_WAL_BUF);

struct raft_wal_io;

/**
 * struct raft_wal_backend - a way to make bytes durable
 * @name: for the log
 * @write: writes io->len bytes of io->bvec at io->pos and calls io->done()
 *	once they are durable or failed, perhaps before it
 *	returns; worker or opener, may sleep
 * @read: reads @len bytes at @pos; 0 or an errno; may sleep
 */
struct raft_wal_backend {
	const char *name;
	void (*write)(struct raft_wal_io *io);
	int (*read)(struct raft_wal *wal, u64 pos, void *buf, u32 len);
};

extern const struct raft_wal_backend raft_wal_direct;
extern const struct raft_wal_backend raft_wal_buffered;

/**
 * struct raft_wal_io - one write on its way
 * @iocb: for the file system
 * @wal: its log
 * @bvec: memory
 * @nr: elements of @bvec
 * @pos: byte position
 * @len: bytes
 * @done: what to do with the result, any context
 */
struct raft_wal_io {
	struct kiocb iocb;
	struct raft_wal *wal;
	struct bio_vec *bvec;
	unsigned int nr;
	u64 pos;
	u32 len;
	void (*done)(struct raft_wal_io *io, int err);
};

enum raft_wal_kind {
	RAFT_WAL_STATE,
	RAFT_WAL_TRUNCATE,
	RAFT_WAL_ENTRY,
};

/**
 * struct raft_wal_item - a piece of a batch that waits to be written
 * @seq: number of the batch
 * @index: of the entry, or the first one to drop
 * @kind: enum raft_wal_kind
 * @last: the batch ends here
 * @e: RAFT_WAL_ENTRY; holds a reference on its payload
 * @hs: RAFT_WAL_STATE
 */
struct raft_wal_item {
	u64 seq;
	u64 index;
	u8 kind;
	bool last;
	union {
		struct raft_entry e;
		struct raft_hard_state hs;
	};
};

#define RAFT_WAL_CHUNK_ITEMS \
	((4096 - 2 * sizeof(void *)) / sizeof(struct raft_wal_item))

/* Chunks for one step, and the rest of the one that is being filled. */
#define RAFT_WAL_CHUNKS \
	(DIV_ROUND_UP(RAFT_WAL_STEP_ITEMS, RAFT_WAL_CHUNK_ITEMS) + 1)

struct raft_wal_chunk {
	struct llist_node free;
	struct raft_wal_chunk *next;
	struct raft_wal_item items[RAFT_WAL_CHUNK_ITEMS];
};

/**
 * struct raft_wal_queue - items from the owner to the worker, without a lock
 * @tail: [owner] chunk that is being filled
 * @tail_n: [owner] items in it
 * @filled: [owner] items ever put in
 * @spare: [owner] chunks to use
 * @n_spare: [owner] how many
 * @submitted: published value of @filled: smp_store_release() by the owner in
 *	raft_wal_submit(), pairs with smp_load_acquire() in queue_peek()
 * @head: [worker] chunk that is being emptied
 * @head_n: [worker] items taken from it
 * @taken: [worker] items ever taken out
 * @empties: chunks on their way back, worker to owner
 */
struct raft_wal_queue {
	struct raft_wal_chunk *tail;
	u32 tail_n;
	u64 filled;
	struct llist_node *spare;
	u32 n_spare;
	u64 submitted;
	struct raft_wal_chunk *head;
	u32 head_n;
	u64 taken;
	struct llist_head empties;
};

enum raft_wal_stage {
	RAFT_WAL_IDLE,		/* nothing in flight: the worker may gather */
	RAFT_WAL_BUSY,		/* in flight: the completion owns the group */
	RAFT_WAL_NEXT,		/* truncation announced: entries may go */
};

/**
 * struct raft_wal_group - what goes to the disk in one turn (group commit)
 * @pos: byte position of the records
 * @fill: bytes of records in the buffer, 0 if none
 * @state: the hard state is to be written
 * @intent: it announces a truncation and must be durable before the records
 * @first: index of the first record
 * @last: index of the last record
 * @last_crc: its header CRC
 * @seq: last batch that ends in this group, 0 if none does
 * @index: last entry of the batches that end here, 0 if they have none
 * @term: its term
 */
struct raft_wal_group {
	u64 pos;
	u32 fill;
	bool state;
	bool intent;
	u64 first;
	u64 last;
	u32 last_crc;
	u64 seq;
	u64 index;
	u64 term;
};

/* Where each record ends: what a truncation needs to know. */
struct raft_wal_mark {
	u64 end;
	u32 crc;
};

#define RAFT_WAL_MARKS		256	/* in one allocation */

/**
 * struct raft_wal - a write-ahead log
 * @file: referenced
 * @host: inode that owns the pages; one log per inode
 * @node: [in_use_lock] in the list of logs
 * @backend: how it is written; constant after open
 * @ops: owner's functions
 * @ctx: their first argument
 * @super: constant after open
 *
 * @queue: see there
 * @pending: bytes that queued entries may take on the disk; owner adds, worker
 *	subtracts with release after it moved @tail, raft_wal_room() acquires
 * @tail: [worker writes] byte position behind the last record gathered
 * @error: 0 or what ended the log; set once by cmpxchg()
 *
 * @lock: protects @stage, and lets raft_wal_close() wait for a completion that
 *	is about to leave
 * @stage: enum raft_wal_stage
 * @idle: woken by the worker when it finds nothing to do
 * @wq: the log's own, so that a hung disk blocks nobody else
 * @work: the worker
 *
 * @state: [stage] hard state as last written or about to be
 * @group: [stage] what is in flight
 * @open_index: [stage] last entry gathered of a batch that has not ended, or 0
 * @open_term: [stage] its term
 * @last: [stage] index of the last record gathered
 * @last_crc: [stage] its header CRC
 * @marks: [stage] struct raft_wal_mark by index / RAFT_WAL_MARKS
 * @buf: [stage] RAFT_WAL_BUF bytes of records
 * @bvec: the pages of @buf
 * @page: [stage] a hard-state slot
 * @page_bvec: @page
 * @io_records: [stage] write of @buf
 * @io_state: [stage] write of @page
 * @ios: writes in flight
 * @io_error: first error of them
 * @sync: a synchronous write at open or close is done
 *
 * @writes: statistics
 * @bytes: statistics
 *
 * @stall_until: faults: ktime ns, U64_MAX until told otherwise
 * @fault_error: faults: of the next write, 0 for none
 * @crashed: faults: nothing is gathered or reported any more
 * @nosync: faults: what was written is called durable, and is not
 * @unordered: faults: records do not wait for the truncation before them
 */
struct raft_wal {
	struct file *file;
	struct inode *host;
	struct list_head node;
	const struct raft_wal_backend *backend;
	const struct raft_wal_ops *ops;
	void *ctx;
	struct raft_disk_super super;

	struct raft_wal_queue queue;
	atomic64_t pending;
	u64 tail;
	int error;

	spinlock_t lock;	/* protects stage */
	enum raft_wal_stage stage;
	wait_queue_head_t idle;
	struct workqueue_struct *wq;
	struct delayed_work work;

	struct raft_disk_state state;
	struct raft_wal_group group;
	u64 open_index;
	u64 open_term;
	u64 last;
	u32 last_crc;
	struct xarray marks;
	u8 *buf;
	struct bio_vec *bvec;
	struct page *page;
	struct bio_vec page_bvec;
	struct raft_wal_io io_records;
	struct raft_wal_io io_state;
	atomic_t ios;
	int io_error;
	struct completion sync;

	u64 writes;
	u64 bytes;

#ifdef RAFT_FAULTS
	u64 stall_until;
	int fault_error;
	bool crashed;
	bool nosync;
	bool unordered;
#endif
};

#ifdef RAFT_FAULTS
static inline bool raft_wal_fault_nosync(const struct raft_wal *wal)
{
	return READ_ONCE(wal->nosync);
}

static inline bool raft_wal_fault_unordered(const struct raft_wal *wal)
{
	return READ_ONCE(wal->unordered);
}
#else
static inline bool raft_wal_fault_nosync(const struct raft_wal *wal)
{
	return false;
}

static inline bool raft_wal_fault_unordered(const struct raft_wal *wal)
{
	return false;
}
#endif

/* wal.c */
void raft_wal_free(struct raft_wal *wal);
int raft_wal_mark_set(struct raft_wal *wal, u64 index, u64 end, u32 crc,
		      gfp_t gfp);
const struct raft_wal_mark *raft_wal_mark_get(struct raft_wal *wal, u64 index);

/* wal_queue.c */
int raft_wal_queue_init(struct raft_wal *wal);
void raft_wal_queue_destroy(struct raft_wal *wal);
int raft_wal_work_init(struct raft_wal *wal);
u64 raft_wal_free_bytes(const struct raft_wal *wal);
void raft_wal_kick(struct raft_wal *wal);
bool raft_wal_is_idle(struct raft_wal *wal);
bool raft_wal_gather(struct raft_wal *wal);

#endif /* _RAFT_WAL_INTERNAL_H */
