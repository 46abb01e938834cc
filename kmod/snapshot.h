/* SPDX-License-Identifier: GPL-2.0 */
/*
 * snapshot.h - the snapshots of a group at this node.
 *
 * Two files, the slots (core/slot.h): one has the current snapshot, the other one
 * is filled, by RAFT_IOC_SNAPSHOT or with what a leader sends.
 *
 * snapshot.c        their life: open, which is current, close
 * snapshot_file.c   one slot: bytes to and from its file
 * snapshot_work.c   the worker: stores what comes, reads what goes
 * snapshot_owner.c  the owner's side: from updates of the core to the worker, back
 * snapshot_policy.c when one is wanted
 * snapshot_check.c  is what is read what was written?
 * snapshot_replay.c its image, when the entries have left the memory
 * snapshot_ioctl.c  RAFT_IOC_SNAPSHOT
 * snapshot_open.c   RAFT_IOC_SNAPSHOT_OPEN, and what it opens
 *
 * The owner never waits for a disk: it queues, and picks up what is done.
 *
 * Locks, outermost first:
 *   fill (mutex)   who fills the other slot: a process that takes one, or the worker
 *   sem (rwsem)    the heads in memory, and reading of content; written for moments
 *   lock (spinlock) the queues between owner and worker
 */
#ifndef _RAFT_SNAPSHOT_H
#define _RAFT_SNAPSHOT_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "core/raft_core.h"
#include "core/slot.h"

struct file;
struct inode;
struct raft_group;
struct raft_group_priv;
struct raft_order;
struct raft_payload;

#define RAFT_SLOTS		2
#define RAFT_SNAPSHOT_BUF	(256 * 1024)	/* bytes copied at a time */
#define RAFT_SNAPSHOT_SYNC	(4 * 1024 * 1024)	/* dirty bytes, at most */
#define RAFT_SNAPSHOT_PARTS	32	/* that wait for the disk, in and out each */

/**
 * struct raft_slot_file - one slot
 * @file: referenced; NULL once closed
 * @host: its inode; one slot per inode
 * @node: [in_use_lock] in the list of all slots
 * @head: [sem; written with fill too] what is in it.  While it is filled
 *	@head.state is not RAFT_SLOT_COMPLETE
 * @opens: [sem] descriptors given out by RAFT_IOC_SNAPSHOT_OPEN
 * @content: [sem] counts contents, so that a descriptor of an earlier one is
 *	told so
 * @damaged: [sem] this content is not what was written
 */
struct raft_slot_file {
	struct file *file;
	struct inode *host;
	struct list_head node;
	struct raft_slot head;
	u32 opens;
	u64 content;
	bool damaged;
};

/**
 * struct raft_snapshot_part - a part on its way
 * @node: in a list of struct raft_snapshots
 * @of: the snapshot
 * @offset: of the part in it
 * @payload: its bytes; a part to be sent has none before they are read
 * @m: the SNAPSHOT message of a part to be sent
 */
struct raft_snapshot_part {
	struct list_head node;
	struct raft_snapshot of;
	u64 offset;
	struct raft_payload *payload;
	struct raft_msg m;
};

/**
 * struct raft_snapshot_sent - what was read for a peer
 * @peer: node id, 0: unused
 * @of: the snapshot
 * @sum: of its parts so far
 */
struct raft_snapshot_sent {
	u32 peer;
	struct raft_snapshot of;
	struct raft_slot_sum sum;
};

/**
 * struct raft_snapshot_done - what the worker tells the owner
 * @stored: @of and @bytes are those of a RAFT_EV_STORED
 * @installed: @of is current, @meta are its first @len bytes
 * @of: the snapshot
 * @bytes: of it that are durable, 0: dropped
 * @meta: from kvmalloc(), the owner frees them
 * @len: bytes of @meta
 */
struct raft_snapshot_done {
	bool stored;
	bool installed;
	struct raft_snapshot of;
	u64 bytes;
	u8 *meta;
	u64 len;
};

/**
 * struct raft_snapshots - the snapshots of a group
 * @g: the group
 * @identity: of the heads: group, node and log
 * @fill: see the top
 * @sem: see the top
 * @slot: the two slots
 * @closed: [sem] the group is stopped; the files are gone
 * @meta: RAFT_SNAPSHOT_META bytes until the core is loaded
 * @head_buf: [fill] RAFT_SLOT_HEAD bytes
 * @headed: [fill] bytes that the head on disk says are stored
 * @wq: the worker's own, a disk that hangs blocks nobody else
 * @work: the worker
 * @policy: takes one by itself
 * @verify: looks at all of @verify_slot after the start
 * @verify_slot: what was current then
 * @sent: the worker's: what it read for whom
 * @damaged: the current one is, or it is gone and the log begins behind it;
 *	READ_ONCE()
 * @policy_at: not before this, jiffies; READ_ONCE()
 * @full: a proposal had no room in the log, which the kernel cuts by itself: the
 *	owner sets it, @policy takes it
 * @wanted: the state machine is asked for one; the owner writes
 * @lock: protects all below
 * @parts: struct raft_snapshot_part to be stored, in order
 * @n_parts: how many
 * @sends: to be read and sent
 * @ready: read, to be sent by the owner
 * @n_sends: in both
 * @install: @install_of is complete, and to become current
 * @install_of: see above
 * @bad: this one is damaged, and the owner does not know yet; index 0: none
 * @done: what the owner has not picked up
 * @progress: bytes of @progress_of that are durable, for the status
 * @progress_of: the snapshot that comes, or is being taken; index 0: none
 * @taking: @progress_of is being taken here
 * @taken: snapshots taken here since the start
 * @received: snapshots that came and became current since the start
 * @crash_at: faults: step of a switch at which it ends as in a crash, 0: none
 */
struct raft_snapshots {
	struct raft_group *g;
	struct raft_slot identity;
	struct mutex fill;	/* see the top */
	struct rw_semaphore sem;
	struct raft_slot_file slot[RAFT_SLOTS];
	bool closed;
	u8 *meta;
	u8 *head_buf;
	u64 headed;
	struct workqueue_struct *wq;
	struct work_struct work;
	struct work_struct policy;
	struct work_struct verify;
	struct raft_slot_file *verify_slot;
	struct raft_snapshot_sent sent[RAFT_MAX_NODES];
	bool damaged;
	u64 policy_at;
	bool full;
	bool wanted;
	spinlock_t lock;	/* protects all below */
	struct list_head parts;
	u32 n_parts;
	struct list_head sends;
	struct list_head ready;
	u32 n_sends;
	bool install;
	struct raft_snapshot install_of;
	struct raft_snapshot bad;
	struct raft_snapshot_done done;
	u64 progress;
	struct raft_snapshot progress_of;
	bool taking;
	u64 taken;
	u64 received;
#ifdef RAFT_FAULTS
	u32 crash_at;
#endif
};

/* snapshot.c */
int raft_snapshots_open(struct raft_group *g, struct file *const file[],
			u64 log_id, const struct file *log);
void raft_snapshots_close(struct raft_group *g);
void raft_snapshots_free(struct raft_group *g);
bool raft_snapshots_current(struct raft_group *g, struct raft_snapshot *of);
int raft_snapshots_load(struct raft_snapshots *s, struct raft *core, u64 base);
bool raft_snapshots_same(const struct raft_snapshot *a,
			 const struct raft_snapshot *b);
struct raft_slot_file *raft_snapshots_slot(struct raft_snapshots *s);
struct raft_slot_file *raft_snapshots_other(struct raft_snapshots *s);
struct raft_slot_file *raft_snapshots_find(struct raft_snapshots *s,
					   const struct raft_snapshot *of);
u64 raft_snapshots_generation(const struct raft_snapshots *s);
int raft_snapshots_begin(struct raft_snapshots *s, struct raft_slot_file *slot);
int raft_snapshots_switch(struct raft_snapshots *s, struct raft_slot_file *slot,
			  const struct raft_snapshot *of, u32 image);
void raft_snapshots_progress(struct raft_snapshots *s,
			     const struct raft_snapshot *of, u64 bytes,
			     bool taking);
void raft_snapshots_floor(struct raft_group *g, u64 floor);

/* snapshot_file.c: the caller holds fill, or sem for reading */
int raft_slot_file_check(const struct file *file);
int raft_slot_open(struct raft_slot_file *slot, struct file *file);
void raft_slot_close(struct raft_slot_file *slot);
int raft_slot_load(struct raft_slot_file *slot, u8 *buf);
int raft_slot_cut(struct raft_slot_file *slot, u64 bytes);
int raft_slot_write(struct raft_slot_file *slot, u64 offset, const void *buf,
		    size_t len);
int raft_slot_read(struct raft_slot_file *slot, u64 offset, void *buf,
		   size_t len);
int raft_slot_sync(struct raft_slot_file *slot, u64 from, u64 to);
int raft_slot_put_head(struct raft_slot_file *slot, const struct raft_slot *head,
		       u8 *buf, bool sync);

/* snapshot_work.c */
void raft_snapshot_worker(struct work_struct *work);
void raft_snapshot_drop(struct raft_snapshots *s);
void raft_snapshot_refuse(struct raft_snapshots *s,
			  const struct raft_snapshot *of, int error);

/* snapshot_check.c */
void raft_snapshots_damaged(struct raft_snapshots *s,
			    struct raft_slot_file *slot, u64 content);
bool raft_snapshot_check_sent(struct raft_snapshots *s,
			      const struct raft_snapshot_part *part);
void raft_snapshot_verify_work(struct work_struct *work);

/* snapshot_owner.c */
void raft_snapshot_update(struct raft_group_priv *p,
			  const struct raft_update *up);
void raft_snapshot_pass(struct raft_group_priv *p);
bool raft_snapshot_post(struct raft_group_priv *p, const struct raft_msg *m);
int raft_snapshot_order(struct raft_group_priv *p, struct raft_order *o);

/* snapshot_policy.c */
void raft_snapshot_policy(struct raft_group_priv *p);
bool raft_snapshot_makes_room(struct raft_group_priv *p);
void raft_snapshot_policy_work(struct work_struct *work);

/* snapshot_replay.c */
int raft_snapshot_replay(struct raft_group *g, u64 index, u8 *meta, u32 *len,
			 u64 *term);

/* snapshot_ioctl.c */
long raft_snapshot_ioctl(struct file *file, void __user *arg);
int raft_snapshot_compact(struct raft_group *g, u64 to);
int raft_snapshot_take(struct raft_group *g, struct file *from, u64 index,
		       u64 keep, u64 *bytes);

/* snapshot_open.c */
long raft_snapshot_open_ioctl(struct file *file, void __user *arg);

#ifdef RAFT_FAULTS
bool raft_snapshot_crash(struct raft_snapshots *s, u32 step);
bool raft_snapshot_stalled(struct raft_snapshots *s);
#else
static inline bool raft_snapshot_stalled(struct raft_snapshots *s)
{
	return false;
}

static inline bool raft_snapshot_crash(struct raft_snapshots *s, u32 step)
{
	return false;
}
#endif

#endif /* _RAFT_SNAPSHOT_H */
