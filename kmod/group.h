/* SPDX-License-Identifier: GPL-2.0 */
/*
 * group.h - the life of a group at this node, as the rest of the module sees it.
 *
 * A group is created in one step, runs until it is stopped, and is freed when
 * the last reference goes.  Its core is touched by one thread only, the owner
 * of its endpoint; everyone else posts to the inbox or reads what is published.
 *
 * Lock order (outermost first):
 *   raft_file.lock (mutex)       group and cursor of an open file (chardev.c)
 *   raft_net.lock (mutex)        groups and endpoints of a network namespace
 *   snapshots.fill, .sem         snapshot.h
 *   group->pub_lock (spinlock)   what is published, the pointer to the log
 *   group->results.lock (spinlock) results of commands
 *   sk->sk_callback_lock         socket callbacks of an endpoint
 * No lock is held while raft_step() runs or anything is sent.
 */
#ifndef _RAFT_GROUP_H
#define _RAFT_GROUP_H

#include <linux/kobject.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "../uapi/linux/raft.h"
#include "core/raft_core.h"
#include "payload.h"
#include "result.h"
#include "wal.h"

struct device;
struct file;
struct net;
struct raft_endpoint;
struct raft_snapshots;

/**
 * struct raft_group_params - a checked RAFT_IOC_START
 * @ioc: the arguments, defaults filled in, every field validated
 * @members: copied in and validated, @ioc.n_members of them
 * @listen: where this node listens
 * @log: the file, referenced
 * @snapshot: with RAFT_START_SNAPSHOTS the two files for snapshots, likewise
 */
struct raft_group_params {
	struct raft_ioc_start ioc;
	struct raft_ioc_member members[RAFT_NODES_MAX];
	struct raft_ioc_member listen;
	struct file *log;
	struct file *snapshot[2];
};

/**
 * struct raft_published - what others may know without asking the owner
 * @st: status of the core
 * @conf: the configuration in force
 * @peer_heard: ktime ns of the last message from st.peers[i], 0 if never
 * @peer_incarnation: boot of st.peers[i], 0 if not known
 * @applied_serial: raft_applied_serial(): for RAFT_WAIT_SERIAL
 * @timer_late_max: ns
 * @msgs_in: messages taken
 * @msgs_out: messages sent
 * @msgs_bad: datagrams refused
 * @send_errors: messages that the network layer refused
 * @dup_id_seen: datagrams of another node that has this node's id
 */
struct raft_published {
	struct raft_status st;
	struct raft_membership conf;
	u64 peer_heard[RAFT_MAX_NODES];
	u64 peer_incarnation[RAFT_MAX_NODES];
	u64 applied_serial;
	u64 timer_late_max;
	u64 msgs_in;
	u64 msgs_out;
	u64 msgs_bad;
	u64 send_errors;
	u64 dup_id_seen;
};

struct raft_group_priv;		/* group.c, owner.c: the owner's side */

/**
 * struct raft_group - a group at this node
 * @ref: references: the namespace's list, open files, sysfs
 * @node: [raft_net.lock] in the list of its namespace
 * @net: namespace; not referenced: its exit stops the group
 * @params: constant after creation (without the file)
 * @settings: [pub_lock; owner.c writes] @params.ioc with what RAFT_IOC_SET
 *	changed since: the settings in force
 * @incarnation: constant after creation
 * @applied: last applied index, read with smp_load_acquire(): every entry up to
 *	it is immutable and may be read with raft_group_entry()
 * @events: counter of role, term, leader, membership and failure changes
 * @stopping: set once; waiters leave with -ECANCELED
 * @wait: woken when @applied or @events move, when room for proposals comes
 *	back, and when the group stops or fails
 * @pub_lock: protects @pub, @settings and, against its removal, @wal
 * @pub: [pub_lock] what is published; publication.c writes
 * @notify: work that tells sysfs and udev about @events; never the owner thread
 * @dev: /sys/class/raft/<name>, owned by sysfs.c
 * @sysfs: private to sysfs.c
 * @debugfs: private to debugfs.c
 * @floor: first index that may be read; [writers: a process that compacts, the
 *	worker of snapshots] read with READ_ONCE() under RCU
 * @window: first index that may be looked up in memory: those before it are about
 *	to leave, or have; [owner writes, with release] read under RCU
 * @snapshots: NULL without files for them; has locks of its own
 * @wal: [pub_lock; owner.c while attached] the write-ahead log, NULL once stopped
 * @results: what commands came to, has a lock of its own
 * @priv: the owner's side
 */
struct raft_group {
	struct kref ref;
	struct list_head node;
	struct net *net;
	struct raft_group_params params;
	struct raft_ioc_start settings;
	u64 incarnation;
	u64 applied;
	u64 events;
	bool stopping;
	wait_queue_head_t wait;
	spinlock_t pub_lock;	/* protects @pub, @settings and @wal */
	struct raft_published pub;
	struct work_struct notify;
	struct device *dev;
	void *sysfs;
	void *debugfs;
	u64 floor;
	u64 window;
	struct raft_snapshots *snapshots;
	struct raft_wal *wal;
	struct raft_results results;
	struct raft_group_priv *priv;
};

/**
 * struct raft_command - one command, and what became of it
 * @payload: its bytes; NULL: a client session is to be opened
 * @client: session of the command, 0 if none
 * @client_serial: its number in there, 0 without @client
 * @index: where it was applied (out)
 * @term: of that entry (out)
 * @serial: its number at this boot, 0 unless it was accepted (out)
 * @error: 0, or a negative errno: see raft_group_propose() (out)
 */
struct raft_command {
	struct raft_payload *payload;
	u64 client;
	u64 client_serial;
	u64 index;
	u64 term;
	u64 serial;
	int error;
};

/**
 * struct raft_proposing - what is proposed together, how, and what came of it
 * @commands: in their order
 * @n: how many, 1 to RAFT_BATCH_MAX
 * @flags: RAFT_PROPOSE_*; with RAFT_PROPOSE_RESULT there is one command
 * @timeout_ms: how long to wait in all, see raft_waiter_time()
 * @result_state: RAFT_RESULT_* (out)
 * @result: with RAFT_RESULT_GIVEN, a reference that the caller puts (out)
 */
struct raft_proposing {
	struct raft_command *commands;
	u32 n;
	u32 flags;
	u32 timeout_ms;
	u32 result_state;
	struct raft_payload *result;
};

/*
 * What the user interface relies on (kernel-doc in group.c, group_view.c):
 * raft_group_find(): referenced; @name NULL or "": the only group of @net; NULL
 *	if there is none, or more than one and no name.
 * raft_group_propose(): takes its own references on the payloads; tells a serial
 *	also when the outcome is unknown (-ETIMEDOUT, -EINTR, -ECANCELED).
 * raft_group_entry(): *@e is a copy, its payload a reference that the caller
 *	puts; -ENOENT if the index is not applied or no longer there, -ENODATA if it
 *	is on the disk only: lookup.h has that, too.
 * raft_payload_alloc(): NULL if out of memory.
 * pub.st.failed and pub.st.leader are also read without @pub_lock, racily, by
 *	waiters on @wait: publish first, then wake.
 */
int raft_group_create(struct net *net, const struct raft_group_params *params);
int raft_group_stop(struct net *net, const char *name);
struct raft_group *raft_group_find(struct net *net, const char *name);
void raft_group_put(struct raft_group *g);

int raft_group_propose(struct raft_group *g, struct raft_proposing *in);
bool raft_group_can_propose(const struct raft_group *g);
int raft_group_read(struct raft_group *g, bool lease, u32 timeout_ms,
		    u64 *index);
int raft_group_entry(struct raft_group *g, u64 index, struct raft_entry *e);
void raft_group_published(struct raft_group *g, struct raft_published *pub);
void raft_group_settings(struct raft_group *g, struct raft_ioc_start *now);

/**
 * raft_group_applied - how far the log may be read
 * @g: the group
 *
 * Context: any.
 * Return: the last applied index; raft_group_entry() has all up to it.
 */
static inline u64 raft_group_applied(const struct raft_group *g)
{
	/* Pairs with smp_store_release() in publication.c: first the entries. */
	return smp_load_acquire(&g->applied);
}

u64 raft_group_wal_before(struct raft_group *g, u64 bytes);
/**
 * raft_group_memory - memory that entries take
 * @st: status of the core
 *
 * Context: any.
 * Return: bytes, by the measure of the setting "memory".
 */
static inline u64 raft_group_memory(const struct raft_status *st)
{
	return st->window_bytes +
	       (st->last + 1 - st->window) * RAFT_MEMORY_ENTRY;
}

struct raft_wal *raft_group_hold_wal(struct raft_group *g);
void raft_group_wal_stat(struct raft_group *g, struct raft_wal_stat *st);
struct raft_wal *raft_group_take_wal(struct raft_group *g);
void raft_group_detach(struct raft_group *g);
void raft_group_notify(struct raft_group *g);
void raft_group_queue(struct work_struct *work);
void raft_group_open_sockets(struct raft_group *g);

int raft_group_init(void);
void raft_group_exit(void);

#endif /* _RAFT_GROUP_H */
