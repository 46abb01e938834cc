/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wal_internal.h - what the files of the write-ahead log share.
 *
 * wal.c        its life: identity, format, recovery, close
 * wal_queue.c  batches from the owner, room
 * wal_group.c  what is written at one time
 * wal_area.c   memory that is written from and read to
 * wal_mark.c   where records end
 * wal_read.c   entries read back
 * wal_file.c   backends: direct I/O; page cache and fsync
 * wal_fault.c  what tests break (RAFT_FAULTS)
 *
 * Three parties touch a log:
 *   owner     the group's thread: raft_wal_submit(), raft_wal_room()
 *   worker    the log's own thread: gathers, encodes, writes; may sleep as long
 *             as the disk likes
 *   readers   see of it what is durable, under the lock; else only the disk
 */
#ifndef _RAFT_WAL_INTERNAL_H
#define _RAFT_WAL_INTERNAL_H

#include <linux/atomic.h>
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/kthread.h>

#include "core/disk.h"
#include "wal.h"

#define RAFT_WAL_BUF		RAFT_DISK_BUF	/* bytes in one write, at most */
#define RAFT_WAL_SMALL		(16 * 1024)	/* bytes in one of a log that rests */
#define RAFT_WAL_RESERVE	(64 * 1024)	/* bytes kept for no-ops */
/*
 * Items that one step of the core may make: all own proposals, a message and a
 * no-op; a hard state, a truncation and a base.
 */
#define RAFT_WAL_STEP_ITEMS	(RAFT_MAX_PENDING + RAFT_MAX_BATCH + 4)

static_assert(RAFT_DISK_RECORD_MAX + RAFT_DISK_ALIGN <= RAFT_WAL_BUF);

/**
 * struct raft_wal_area - memory for direct I/O
 * @buf: as the CPU sees it
 * @bvec: its pages
 * @size: bytes
 */
struct raft_wal_area {
	u8 *buf;
	struct bio_vec *bvec;
	u32 size;
};

/**
 * struct raft_wal_backend - a way to make bytes durable
 * @name: for the log
 * @write: writes @len bytes of @bvec at @pos; 0 once they are durable, or an errno;
 *	worker or opener, sleeps
 * @read: reads @len bytes at @pos through the page cache, for recovery: before
 *	the first write; 0 or an errno; may sleep
 * @fetch: reads @len bytes at @pos to byte @at of an area, all of whole blocks of
 *	4096, as they are on the disk now; 0 or an errno; may sleep
 */
struct raft_wal_backend {
	const char *name;
	int (*write)(struct raft_wal *wal, u64 pos, struct bio_vec *bvec,
		     u32 len);
	int (*read)(struct raft_wal *wal, u64 pos, void *buf, u32 len);
	int (*fetch)(struct raft_wal *wal, u64 pos, struct raft_wal_area *to,
		     u32 at, u32 len);
};

extern const struct raft_wal_backend raft_wal_direct;
extern const struct raft_wal_backend raft_wal_buffered;

enum raft_wal_kind {
	RAFT_WAL_STATE,
	RAFT_WAL_TRUNCATE,
	RAFT_WAL_BASE,
	RAFT_WAL_ENTRY,
};

/**
 * struct raft_wal_item - a piece of a batch that waits to be written
 * @seq: number of the batch
 * @index: of the entry, or the first one to drop, or the last one
 * @kind: enum raft_wal_kind
 * @last: the batch ends here
 * @e: RAFT_WAL_ENTRY; holds a reference on its payload
 * @hs: RAFT_WAL_STATE
 * @term: RAFT_WAL_BASE: of @index
 */
struct raft_wal_item {
	u64 seq;
	u64 index;
	u8 kind;
	bool last;
	union {
		struct raft_entry e;
		struct raft_hard_state hs;
		u64 term;
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
 * @spare: [owner] chunks to use: @own, or those of all logs of the owner
 * @own: see there
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
	struct raft_wal_reserve *spare;
	struct raft_wal_reserve own;
	u64 submitted;
	struct raft_wal_chunk *head;
	u32 head_n;
	u64 taken;
	struct llist_head empties;
};

/**
 * struct raft_wal_group - what goes to the disk in one turn (group commit)
 * @at: where the records begin
 * @fill: bytes of records in the buffer, 0 if none
 * @state: the hard state is to be written
 * @first: index of the first record
 * @seq: last batch that ends in this group, 0 if none does
 * @index: last entry of the batches that end here, 0 if they have none
 * @term: its term
 */
struct raft_wal_group {
	struct raft_disk_point at;
	u32 fill;
	bool state;
	u64 first;
	u64 seq;
	u64 index;
	u64 term;
};

/**
 * struct raft_wal_marks - where some records end, in the order of the log
 * @at: ring of places
 * @size: length of @at
 * @first: the oldest one
 * @n: how many
 * @every: bytes between two, at least
 * @ring: bytes of the file, more than a lap of the log
 */
struct raft_wal_marks {
	struct raft_disk_point *at;
	u32 size;
	u32 first;
	u32 n;
	u64 every;
	u64 ring;
};

/**
 * struct raft_wal_walk - on the way from record to record
 * @scan: where it is
 * @wal: log
 * @area: has scan.buf
 */
struct raft_wal_walk {
	struct raft_disk_scan scan;
	struct raft_wal *wal;
	struct raft_wal_area *area;
};

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
 *	subtracts with release after it wrote @free, raft_wal_room() acquires
 * @free: [worker writes] bytes of records that there is room for behind @tail
 * @blocked: [worker writes] the oldest item waits until the base moves
 * @error: 0 or what ended the log; set once by cmpxchg()
 *
 * @lock: protects @durable, @base_index, @base_term and @marks
 * @durable: hard state of which base, epoch and durable are what is on the disk
 * @base_index: newest base that was submitted
 * @base_term: its term
 * @idle: woken by the worker when it finds nothing to do, and by the last reader
 * @readers: raft_wal_hold() less raft_wal_release()
 * @worker: the log's own thread, so that a hung disk blocks nobody else
 * @work: the worker
 * @note: tells it that records are durable for a while
 * @note_due: by @note, until the worker has seen it
 * @closing: nothing is noted any more but by raft_wal_close()
 *
 * @state: [worker] hard state as last written or about to be
 * @noted: [worker] durable of the last hard state that was written
 * @group: [worker] what is written now
 * @open_index: [worker] last entry gathered of a batch that has not ended, or 0
 * @open_term: [worker] its term
 * @tail: [worker] where the last record gathered ends
 * @marks: see there
 * @walk: [worker] looks for places when @area is empty
 * @small: [worker] RAFT_WAL_SMALL bytes
 * @large: [worker] RAFT_WAL_BUF bytes, or NULL
 * @area: [worker] where records are gathered: one of the two
 * @crowded: [worker] the last group would have been larger with more memory
 * @page: [worker] a hard-state slot
 * @page_bvec: @page
 *
 * @writes: statistics
 * @bytes: statistics
 *
 * @stall_until: faults: ktime ns, U64_MAX until told otherwise
 * @fault_error: faults: of the next write, 0 for none
 * @fault_sync: faults: what is written arrives, and its flush fails
 * @unread: faults: nothing can be read back
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
	u64 free;
	bool blocked;
	int error;

	spinlock_t lock;	/* see above */
	struct raft_disk_state durable;
	u64 base_index;
	u64 base_term;
	struct raft_wal_marks marks;
	wait_queue_head_t idle;
	atomic_t readers;
	struct kthread_worker *worker;
	struct kthread_delayed_work work;
	struct kthread_delayed_work note;
	bool note_due;
	bool closing;

	struct raft_disk_state state;
	u64 noted;
	struct raft_wal_group group;
	u64 open_index;
	u64 open_term;
	struct raft_disk_point tail;
	struct raft_wal_walk walk;
	struct raft_wal_area small;
	struct raft_wal_area *large;
	struct raft_wal_area *area;
	bool crowded;
	struct page *page;
	struct bio_vec page_bvec;

	u64 writes;
	u64 bytes;

#ifdef RAFT_FAULTS
	u64 stall_until;
	int fault_error;
	bool fault_sync;
	bool unread;
	bool crashed;
	bool nosync;
	bool unordered;
#endif
};

/* The entry of a record, without its payload. */
static inline struct raft_entry raft_wal_entry(const struct raft_disk_record *rec)
{
	return (struct raft_entry) {
		.term = rec->term,
		.incarnation = rec->incarnation,
		.serial = rec->serial,
		.client = rec->client,
		.client_serial = rec->client_serial,
		.len = rec->len,
		.origin = rec->origin,
		.type = rec->type,
	};
}

#ifdef RAFT_FAULTS
static inline bool raft_wal_fault_nosync(const struct raft_wal *wal)
{
	return READ_ONCE(wal->nosync);
}

static inline bool raft_wal_fault_unordered(const struct raft_wal *wal)
{
	return READ_ONCE(wal->unordered);
}

static inline bool raft_wal_fault_unread(const struct raft_wal *wal)
{
	return READ_ONCE(wal->unread);
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

static inline bool raft_wal_fault_unread(const struct raft_wal *wal)
{
	return false;
}
#endif

/* wal.c */
void raft_wal_free(struct raft_wal *wal);

/* wal_area.c */
int raft_wal_areas_init(void);
void raft_wal_areas_exit(void);
int raft_wal_area_init(struct raft_wal_area *a, u32 bytes, gfp_t gfp);
void raft_wal_area_free(struct raft_wal_area *a);
void raft_wal_enlarge(struct raft_wal *wal);
void raft_wal_shrink(struct raft_wal *wal);

/* wal_mark.c */
int raft_wal_marks_init(struct raft_wal_marks *m, u64 size);
void raft_wal_marks_free(struct raft_wal_marks *m);
void raft_wal_mark(struct raft_wal *wal, const struct raft_disk_point *at);
void raft_wal_marks_trim(struct raft_wal *wal);
struct raft_disk_point raft_wal_mark_before(struct raft_wal *wal,
					    const struct raft_disk_point *base,
					    u64 index);
void raft_wal_walk_init(struct raft_wal_walk *w, struct raft_wal *wal,
			struct raft_wal_area *area);
int raft_wal_walk_to(struct raft_wal_walk *w, const struct raft_disk_state *st,
		     const struct raft_disk_point *from, u64 index);
int raft_wal_seek(struct raft_wal *wal, u64 index, struct raft_disk_point *at);

/* wal_read.c */
void raft_wal_wait_readers(struct raft_wal *wal);
#ifdef RAFT_FAULTS
u64 raft_wal_reader_pos(const struct raft_wal_reader *rd);
#endif

/* wal_queue.c */
int raft_wal_queue_init(struct raft_wal *wal);
void raft_wal_queue_destroy(struct raft_wal *wal);
struct raft_wal_item *raft_wal_queue_peek(struct raft_wal_queue *q);
void raft_wal_queue_pop(struct raft_wal *wal, struct raft_wal_item *it);
u64 raft_wal_free_bytes(const struct raft_wal *wal);
void raft_wal_kick(struct raft_wal *wal);
bool raft_wal_is_idle(const struct raft_wal *wal);

/* wal_group.c */
int raft_wal_work_init(struct raft_wal *wal);
void raft_wal_fail(struct raft_wal *wal, int err);
void raft_wal_count_room(struct raft_wal *wal);
bool raft_wal_gather(struct raft_wal *wal);

#endif /* _RAFT_WAL_INTERNAL_H */
