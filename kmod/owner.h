/* SPDX-License-Identifier: GPL-2.0 */
/*
 * owner.h - the thread that owns the cores of an endpoint's groups.
 *
 * One real-time kthread for each endpoint.  It alone calls raft_step(), so the
 * core needs no lock.  It never waits for a disk or for memory.  What others
 * want of it they post (inbox.h) or have it call (raft_owner_call()).
 *
 * Groups are hashed by their ids.  Whoever has something for one marks its bucket,
 * so that a pass of the owner costs what there is to do, not what there is.
 */
#ifndef _RAFT_OWNER_H
#define _RAFT_OWNER_H

#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "burst.h"
#include "core/raft_core.h"
#include "core/wire.h"
#include "evict.h"
#include "fetch.h"
#include "gather.h"
#include "group.h"
#include "inbox.h"
#include "join.h"
#include "pack.h"
#include "remote.h"
#include "timer.h"

struct raft_endpoint;
struct raft_faults;

#define RAFT_PROPOSE_BATCH	RAFT_GATHER_MAX	/* proposals in one step */
#define RAFT_OWNER_BITS		8
#define RAFT_OWNER_CHUNKS	64	/* more that are not in use are given back */
#define RAFT_OWNER_BUCKETS	BIT(RAFT_OWNER_BITS)

/* [raft_net.lock] */
enum raft_group_state {
	RAFT_GROUP_STARTING,
	RAFT_GROUP_RUNNING,
	RAFT_GROUP_STOPPING,
};

/**
 * struct raft_group_priv - the owner's side of a group
 * @g: the group
 * @state: [raft_net.lock] who may find it
 * @core: the protocol; only the owner steps it
 * @table: memory of @core for its chunks of log
 * @ep: endpoint, referenced until the group is stopped
 * @node: in a bucket of the owner
 * @ready: bit 0: it has something to do, set by anyone before that of its bucket
 * @now: this pass looks at it
 * @inbox: struct raft_waiter: proposals, read barriers, orders
 * @gather: proposals that wait for those in flight
 * @reports: what the write-ahead log said
 * @timer: the deadline of @core
 * @deadline: what @core asked for last, absolute ns
 * @notice_due: when a message that is kept leaves, at the earliest, ns; U64_MAX
 *	if none is
 * @again: @core asked for a step at once
 * @dirty: something is to be published
 * @changed: role, term, leader or members changed since the last publication
 * @attached: the owner serves this group
 * @failed: @core has failed
 * @pending: proposals that @core took, in the order of their serials
 * @readers: read barriers that @core took, in the order of their numbers
 * @n_readers: how many
 * @orders: what operators ordered and @core has not decided
 * @guest: who asked this member to be let in; its change is under way
 * @join_seq: number of the last JOIN or answer to one
 * @decided: struct raft_waiter to be answered after the publication
 * @room: changes when a refused proposal is worth a new try; read by anyone
 * @room_told: @room when waiters were last woken for it
 * @full: the last proposal was refused for want of room; read by anyone
 * @refused_full: a proposal was refused for want of room in the log
 * @told_full: ... and the operator was told
 * @spare: a chunk of log for times without memory, or NULL; xchg() only
 * @spare_payload: the same for a command of some pages: RAFT_MSG_SHORT bytes
 * @spare_long: the same for a long message
 * @want_long: bytes that such a message had when there was no memory; read by
 *	the worker
 * @spare_config: the same for a configuration: RAFT_CONFIG_BYTES
 * @refill: gets new spares, and opens sockets that new members need
 * @remotes: the other nodes
 * @evict: what left the memory
 * @fetch: what the core wants to have back
 * @wal_last: counters of the log when it was closed; [g->pub_lock]
 * @msgs_in: messages taken
 * @msgs_out: messages sent
 * @msgs_bad: datagrams refused
 * @send_errors: messages that the network layer refused
 * @dup_id_seen: datagrams of another node with this node's id
 * @st: scratch for the publication
 * @faults: fault hooks of debug builds
 *
 * Constant after creation or the owner thread's alone, but for what is said
 * otherwise.
 */
struct raft_group_priv {
	struct raft_group *g;
	enum raft_group_state state;
	struct raft *core;
	struct raft_log_chunk **table;
	struct raft_endpoint *ep;
	struct hlist_node node;
	unsigned long ready;
	bool now;
	struct raft_inbox inbox;
	struct raft_gather gather;
	struct raft_reports reports;
	struct raft_timer timer;
	u64 deadline;
	u64 notice_due;
	bool again;
	bool dirty;
	bool changed;
	bool attached;
	bool failed;
	struct list_head pending;
	struct list_head readers;
	u32 n_readers;
	struct list_head orders;
	struct raft_join_guest guest;
	u64 join_seq;
	struct list_head decided;
	u64 room;
	u64 room_told;
	bool full;
	bool refused_full;
	bool told_full;
	struct raft_log_chunk *spare;
	struct raft_payload *spare_payload;
	struct raft_payload *spare_long;
	u32 want_long;
	struct raft_payload *spare_config;
	struct work_struct refill;
	struct raft_remotes remotes;
	struct raft_evict evict;
	struct raft_fetch fetch;
	struct raft_wal_stat wal_last;
	u64 msgs_in;
	u64 msgs_out;
	u64 msgs_bad;
	u64 send_errors;
	u64 dup_id_seen;
	struct raft_status st;
	struct raft_faults *faults;
};

/**
 * struct raft_owner - the thread of an endpoint and what only it touches
 * @task: the thread
 * @ep: its endpoint
 * @flags: RAFT_OWNER_*, atomic bits, set by anyone
 * @calls: functions that others want to have run here
 * @groups: groups that it serves, hashed by id
 * @ready: buckets with a group that has something to do, set by anyone
 * @now: those with a group that this pass looks at
 * @chunks: memory that no core has in use
 * @reserve: the same for what is handed to logs
 * @taken: packets since the sockets were last found empty, of that with most
 * @up: what the last step asked for
 * @msg: message that is being handled
 * @entries: its entries, or proposals that are being handed over
 * @commands: where those of @entries are in the message
 * @from: where the packet in @rx came from
 * @from_len: bytes of @from in use
 * @rx: a packet, and one byte to see that it is too long
 * @tx: an encoded message that is not long
 * @packs: datagrams that leave at the end of this phase of the pass
 * @run: parts of a message that leave in one call
 */
struct raft_owner {
	struct task_struct *task;
	struct raft_endpoint *ep;
	unsigned long flags;
	struct llist_head calls;
	struct hlist_head groups[RAFT_OWNER_BUCKETS];
	DECLARE_BITMAP(ready, RAFT_OWNER_BUCKETS);
	DECLARE_BITMAP(now, RAFT_OWNER_BUCKETS);
	struct raft_chunks chunks;
	struct raft_wal_reserve reserve;
	u32 taken;
	struct raft_update up;
	struct raft_msg msg;
	struct raft_entry entries[RAFT_MAX_BATCH];
	struct raft_wire_command commands[RAFT_MAX_BATCH];
	struct sockaddr_storage from;
	int from_len;
	u8 rx[RAFT_DATAGRAM_MAX + 1];
	u8 tx[RAFT_MSG_SHORT];
	struct raft_packs packs;
	struct raft_run run;
};

#define RAFT_OWNER_WORK		0	/* bit: there is something to do */

int raft_owner_start(struct raft_owner *o, struct raft_endpoint *ep);
void raft_owner_stop(struct raft_owner *o);
int raft_owner_call(struct raft_owner *o, int (*fn)(void *arg), void *arg);
void raft_owner_step(struct raft_group_priv *p, struct raft_event *ev);
void raft_owner_look(struct raft_group_priv *p);
void raft_owner_wake_group(struct raft_group_priv *p);
struct raft_group_priv *raft_owner_find(struct raft_owner *o, u64 id);
int raft_owner_attach(void *priv);
int raft_owner_detach(void *priv);

/**
 * raft_owner_wake - make the owner look at its sockets and calls
 * @o: the owner
 *
 * For what belongs to a group see raft_owner_wake_group().
 *
 * Context: any, hard interrupts included.
 */
static inline void raft_owner_wake(struct raft_owner *o)
{
	/* Pairs with the test in owner_sleep(): set, then wake. */
	set_bit(RAFT_OWNER_WORK, &o->flags);
	smp_mb__after_atomic(); /* the bit before the look at the task's state */
	wake_up_process(o->task);
}

#endif /* _RAFT_OWNER_H */
