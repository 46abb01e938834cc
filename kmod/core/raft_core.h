/* SPDX-License-Identifier: GPL-2.0 */
/*
 * raft_core.h - the contract of the pure core: events in, updates out.
 *
 * One thread owns a struct raft and is the only one to call raft_step().  The
 * core owns the protocol state and nothing else: it takes no lock, knows no
 * clock, allocates nothing, does no I/O.  Time and randomness are fields of the
 * event; memory is given by raft_init() and raft_log_give(); payloads are
 * opaque, reference-counted handles of the shell.
 *
 * What the shell must do with an update, in this order (Documentation/core.rst):
 *
 *   1. RAFT_UP_CONFIG: raft_membership() is another one: take over its
 *	addresses, for messages of this update may be for new members;
 *   2. send up->msgs[]: every message in there may leave now.  A message that
 *      promises durability (vote, append acknowledgment, RequestVote) is kept
 *      inside the core until the PERSISTED event that it waits for, so the
 *      shell cannot send it too early;
 *   3. RAFT_UP_PERSIST: hand up->persist to the write-ahead log, which works
 *      asynchronously, in the order of .seq, and answers RAFT_EV_PERSISTED;
 *   4. RAFT_UP_SNAPSHOT: the state machine is to be that of the snapshot that
 *	became current last, raft_applied_serial() tells which own proposals it
 *	has; then RAFT_UP_APPLIED: entries [applied_first, applied_last] are
 *	committed and decided: publish them, wake readers, complete own proposals;
 *   5. RAFT_UP_READ, then RAFT_UP_READ_LOST, RAFT_UP_CHANGE, RAFT_UP_ABORT,
 *	RAFT_UP_TRANSFER: read barriers, a membership change, its taking back
 *	or a transfer that was asked here is decided;
 *   6. RAFT_UP_STATE: role, term or leader changed: publish, uevent;
 *   7. RAFT_UP_FAILED: stop answering, say why, keep the data;
 *   8. RAFT_UP_CHUNK, RAFT_UP_INSTALL: a part of a snapshot is to be stored, or
 *	the whole one to become current: Documentation/core.rst, "Snapshots";
 *	RAFT_UP_FETCH: entries that left the memory are to be read, "Memory";
 *   9. arm one timer for up->deadline; RAFT_UP_AGAIN: step a TICK at once, but
 *	behind all that has arrived: a TICK looks at the deadline.
 *
 * "Raft n.m" cites the paper (extended version), "thesis n.m" the dissertation,
 * "trap n" the project's list of mistakes that others made.
 */
#ifndef _RAFT_CORE_H
#define _RAFT_CORE_H

#include "raft_env.h"
#include "config_code.h"

#define RAFT_MAX_PEERS		20	/* and those who left or come from elsewhere */
#define RAFT_MAX_INFLIGHT	256	/* AppendEntries on the way to a peer */
#define RAFT_MAX_PENDING	1024	/* own proposals not yet applied */
#define RAFT_MAX_BATCH		256	/* entries in one message */
#define RAFT_MAX_COMMAND	1048576	/* 1 MiB, bytes in one command */
#define RAFT_MAX_CHUNK		61440	/* bytes in one part of a snapshot */
#define RAFT_MAX_MSG_BYTES	1048768	/* encoded message: 1 MiB and headers */
#define RAFT_MSG_SHORT		65536	/* what is longer has one entry */
#define RAFT_STEP_MSGS		128	/* messages out of one step */
#define RAFT_STEP_APPLY		1024	/* entries applied by one step */
#define RAFT_MAX_HELD		64	/* promises that wait for the disk */
#define RAFT_CHUNK_ENTRIES	256	/* log entries in one chunk of memory */
#define RAFT_MAX_INDEX		0xffffffffffffffULL	/* above: absurd (trap 56) */
#define RAFT_MAX_TERM		0xffffffffffffffULL

#define RAFT_MAX_CLIENTS	1024	/* open client sessions of a group */
#define RAFT_STEP_REPEATED	32	/* copies of clients' commands in one step */
/* What the core wants to have at the start of a snapshot, at most. */
#define RAFT_SNAPSHOT_META	43008

static_assert(RAFT_MAX_PEERS * 4 <= RAFT_STEP_MSGS);

enum raft_role {
	RAFT_FOLLOWER = 0,	/* also blank and removed nodes */
	RAFT_PRECANDIDATE = 1,
	RAFT_CANDIDATE = 2,
	RAFT_LEADER = 3,
	RAFT_LEARNER = 4,	/* a follower without a vote in its configuration */
	RAFT_WITNESS = 5,	/* a follower that votes and gets no commands */
};

enum raft_entry_type {
	RAFT_ENTRY_NOOP = 1,	/* the barrier of a new leader (trap 2) */
	RAFT_ENTRY_COMMAND = 2,
	RAFT_ENTRY_CONFIG = 3,	/* a configuration, RAFT_CONFIG_BYTES of it */
	RAFT_ENTRY_CHANGE = 4,	/* a request for one; in FORWARD and JOIN, not in a log */
	RAFT_ENTRY_OPEN = 5,	/* opens a client session; no command */
	RAFT_ENTRY_CHUNK = 6,	/* part of a snapshot; in SNAPSHOT, never in a log */
};

/* Decided when the entry is applied, never stored. */
#define RAFT_ENTRY_APPLIED	0x01	/* the state machine has it */
#define RAFT_ENTRY_DROPPED	0x02	/* committed, but a duplicate */

/**
 * struct raft_entry - one log entry as the core sees it
 * @term: term of the leader that appended it
 * @incarnation: boot of @origin that proposed it, 0 if it has no proposer
 *	RAFT_ENTRY_CHUNK: bytes of the whole snapshot
 * @serial: number of the proposal at (@origin, @incarnation), from 1, no gaps;
 *	RAFT_ENTRY_CONFIG: number of the request for it, counted separately;
 *	RAFT_ENTRY_CHUNK: offset in the snapshot
 * @client: session of the client that proposed it, 0 if none: client.c
 * @client_serial: number that the client gave it, not 0 with @client
 * @payload: the shell's handle, NULL if @len is 0; the log holds a reference
 * @len: bytes of command; a RAFT_ENTRY_COMMAND without any is bare: it was left
 *	out for a witness, no command is empty
 * @origin: node that proposed it, 0 if none
 * @type: enum raft_entry_type
 * @flags: RAFT_ENTRY_*
 */
struct raft_entry {
	u64 term;
	u64 incarnation;
	u64 serial;
	u64 client;
	u64 client_serial;
	void *payload;
	u32 len;
	u32 origin;
	u8 type;
	u8 flags;
};

/**
 * raft_command_crc - what vouches for a command, on the wire and on the disk
 * @command: its bytes
 * @len: how many, may be 0
 *
 * Summed where the command is proposed, and carried from there.
 *
 * Context: any.
 * Return: CRC-32C; 0 of nothing.
 */
static inline u32 raft_command_crc(const void *command, u32 len)
{
	return ~crc32c(~(u32)0, command, len);
}

enum raft_msg_type {
	RAFT_MSG_PREVOTE = 1,
	RAFT_MSG_PREVOTE_RESP = 2,
	RAFT_MSG_VOTE = 3,
	RAFT_MSG_VOTE_RESP = 4,
	RAFT_MSG_APPEND = 5,
	RAFT_MSG_APPEND_RESP = 6,
	RAFT_MSG_HEARTBEAT = 7,
	RAFT_MSG_HEARTBEAT_RESP = 8,
	RAFT_MSG_SNAPSHOT = 9,		/* part of a snapshot (Raft 7) */
	RAFT_MSG_SNAPSHOT_RESP = 10,
	RAFT_MSG_TIMEOUT_NOW = 11,	/* campaign at once (thesis 3.10) */
	RAFT_MSG_FORWARD = 12,
	RAFT_MSG_READ_INDEX = 13,
	RAFT_MSG_READ_INDEX_RESP = 14,
	RAFT_MSG_FORWARD_RESP = 15,	/* a change or transfer is refused */
	RAFT_MSG_JOIN = 16,		/* of the shell, without a term: */
	RAFT_MSG_JOIN_RESP = 17,	/* the core knows neither */
	RAFT_MSG_TYPES
};

#define RAFT_MSG_REJECT		0x01	/* a response that says no */
/* VOTE: the leader asked for it, do not protect him; FORWARD: of a transfer;
 * FORWARD_RESP: to one.
 */
#define RAFT_MSG_TRANSFER	0x02
#define RAFT_MSG_LEASE		0x04	/* READ_INDEX: by lease if there is one */
/* FORWARD: of a membership change; FORWARD_RESP: to one */
#define RAFT_MSG_CHANGE		0x08
/* APPEND_RESP, HEARTBEAT_RESP: commands were left out of the sender's log */
#define RAFT_MSG_BARE		0x10
/* Answers of a follower: refused, for it may have lost its log; APPEND, SNAPSHOT: to
 * such a node: it counts as having what is committed (lost.c)
 */
#define RAFT_MSG_LOST		0x20
/* HEARTBEAT_RESP: the sender's snapshot is damaged or gone, it wants another one */
#define RAFT_MSG_WANTS		0x40
/* HEARTBEAT: who has nothing new to say need not answer (quiet.c) */
#define RAFT_MSG_QUIET		0x80

/**
 * struct raft_chunk - bytes of a snapshot
 * @offset: of the first one
 * @total: bytes of the whole snapshot
 * @len: how many, at most RAFT_MAX_CHUNK
 */
struct raft_chunk {
	u64 offset;
	u64 total;
	u32 len;
};

/**
 * struct raft_snapshot - names a snapshot
 * @index: last index in it, 0: none
 * @term: its term
 * @id: names its bytes: equal ids, equal bytes, on whatever node; 0: it is bare,
 *	a witness's: what raft_snapshot_encode() gives and nothing else, which is
 *	the same on every node.  The shell gives no other one this id
 * @total: how many bytes, what raft_snapshot_encode() gave included
 */
struct raft_snapshot {
	u64 index;
	u64 term;
	u64 id;
	u64 total;
};

static inline bool raft_snapshot_is_bare(const struct raft_snapshot *s)
{
	return !s->id;
}

/**
 * struct raft_msg - one message between two nodes of a group
 * @type: enum raft_msg_type
 * @flags: RAFT_MSG_*
 * @from: node id of the sender
 * @to: node id of the receiver
 * @term: sender's term; PREVOTE and its grant: the term asked for (trap 30)
 * @seq: number of the message at (@from, @from_inc), increasing: a copy or a
 *	late one does not count as a sign of life (trap 36)
 * @ack_seq: responses: @seq of the request that is answered
 * @from_inc: incarnation (boot) of the sender
 * @to_inc: incarnation of the receiver as far as the sender knows it, 0 if it
 *	does not; a response to an earlier boot is dropped (trap 16, 27)
 * @index: APPEND: previous index.  VOTE, PREVOTE: candidate's last index.
 *	APPEND_RESP: match index, or the largest index that may match (reject).
 *	HEARTBEAT_RESP: last index verified in this term.  READ_INDEX_RESP: read
 *	index.  FORWARD of a transfer: target, 0 for the best.  FORWARD_RESP,
 *	JOIN_RESP: errno, positive.  SNAPSHOT and its answer: last index in it
 * @log_term: APPEND: term at @index.  VOTE, PREVOTE: last term.
 *	APPEND_RESP reject: term at @index in the follower's log.  SNAPSHOT and
 *	its answer: term at @index.  HEARTBEAT_RESP with RAFT_MSG_WANTS: lowest
 *	last index of a snapshot that is of use
 * @commit: APPEND, SNAPSHOT, HEARTBEAT: commit index; HEARTBEAT: not above the
 *	receiver's match index (trap 10).  HEARTBEAT_RESP: what of @index is
 *	durable.  PREVOTE, VOTE and their answers: what the sender knows to be
 *	committed.  SNAPSHOT_RESP: bytes of the snapshot that are durable, from 0
 * @reject_index: APPEND_RESP reject: the @index of the refused APPEND (trap 15).
 *	APPEND, SNAPSHOT: term of the entry at @commit, 0 if @commit is 0.
 *	HEARTBEAT: election timeout of the sender, ns.
 *	HEARTBEAT_RESP: ns for which the sender refuses votes from now on: its
 *	election timeout, or 0.
 *	SNAPSHOT_RESP: bytes of the snapshot that were received, from 0
 * @n_entries: APPEND, FORWARD: number of entries.  SNAPSHOT: 1, of
 *	RAFT_ENTRY_CHUNK; one without bytes asks how much is there
 * @entries: incoming messages only: the decoded entries, valid during the step;
 *	of an outgoing one ask raft_msg_entry()
 * @serial: FORWARD: serial of the first entry (the others follow without gap),
 *	or of the request, and so in FORWARD_RESP.  HEARTBEAT: round, echoed in
 *	HEARTBEAT_RESP.  READ_INDEX: batch of reads, echoed in READ_INDEX_RESP.
 *	SNAPSHOT and its answer: id of the snapshot
 * @priority: HEARTBEAT_RESP: election priority of the sender
 * @lazy: of an outgoing APPEND: it only tells of a commit, for which nobody at the
 *	receiver is known to wait; a shell may send it a moment later, or not at all
 *	if a later message tells the receiver the same.  Not on the wire
 * @chunk: of an outgoing SNAPSHOT, else not used: raft_msg_chunk().  With @serial
 *	0 the receiver is a witness: @chunk.total are the first bytes of the
 *	snapshot, which has another id and more bytes unless it is bare, too
 */
struct raft_msg {
	u8 type;
	u8 flags;
	u32 from;
	u32 to;
	u64 term;
	u64 seq;
	u64 ack_seq;
	u64 from_inc;
	u64 to_inc;
	u64 index;
	u64 log_term;
	u64 commit;
	u64 reject_index;
	u64 serial;
	u32 n_entries;
	u32 priority;
	bool lazy;
	const struct raft_entry *entries;
	struct raft_chunk chunk;
};

/**
 * struct raft_config - what raft_init() needs to know
 * @id: id of this node, not 0; need not be a member (a blank node)
 * @n_members: number of @members, at most RAFT_MAX_NODES, 0 for a blank node
 * @members: initial configuration, without joint flags; stands before index 1,
 *	and means nothing once the log has another
 * @incarnation: this boot; larger than that of every earlier boot of this node,
 *	durable before the first step; not 0
 * @election_timeout: ns; deadlines are drawn from [it, 2 * it)
 * @heartbeat: ns between heartbeats of a leader, below @election_timeout
 * @prevote: ask before raising the term (thesis 9.6)
 * @check_quorum: a leader without a majority steps down, and a node that hears
 *	a leader refuses votes (thesis 6.2, 4.2.3)
 * @withhold: booted after a crash: refuse votes for one @election_timeout, as
 *	if a leader had just been heard (only with @check_quorum)
 * @max_inflight: AppendEntries with entries on the way to one peer, 1 to
 *	RAFT_MAX_INFLIGHT
 * @max_inflight_bytes: payload bytes on the way to one peer
 * @max_batch: entries in one AppendEntries, 1 to RAFT_MAX_BATCH
 * @max_batch_bytes: encoded bytes of entries in one message; one entry always
 *	fits
 * @max_chunk: bytes of a snapshot in one message, at most RAFT_MAX_CHUNK
 * @max_uncommitted: payload bytes that may wait for commit; one entry always
 *	fits when nothing waits
 * @priority: a leader hands over to a voter with a higher one
 * @lease_drift: millionths by which clocks may differ: a lease is shorter by
 *	them than @election_timeout; below 1000000
 * @unproven: a member whose store is new may have lost another (lost.c); without
 *	it the operator vouches that nothing was lost
 */
struct raft_config {
	u32 id;
	u32 n_members;
	struct raft_member members[RAFT_MAX_NODES];
	u64 incarnation;
	u64 election_timeout;
	u64 heartbeat;
	bool prevote;
	bool check_quorum;
	bool withhold;
	u32 max_inflight;
	u32 max_inflight_bytes;
	u32 max_batch;
	u32 max_batch_bytes;
	u32 max_chunk;
	u64 max_uncommitted;
	u32 priority;
	u32 lease_drift;
	bool unproven;
};

/* raft_hard_state.reach of a node that may have lost its log: lost.c. */
#define RAFT_REACH_NEW		(U64_MAX - 1)	/* its store was new */
/* ... and the group is not; or its term and vote are illegible. */
#define RAFT_REACH_LOST		U64_MAX

/**
 * struct raft_hard_state - what must survive a crash besides the log
 * @term: current term
 * @vote: candidate voted for in @term, 0 if none
 * @commit: a lower bound of the commit index; a hint, never speaks of entries
 *	that are not durable yet, and forces no write but for raft_evict()
 * @reach: what was committed when a leader let this empty log in, or the last
 *	entry of a log that is damaged before it: until that is here, this node
 *	neither leads nor votes for who lacks it; or RAFT_REACH_*
 * @reach_term: term of entry @reach
 */
struct raft_hard_state {
	u64 term;
	u32 vote;
	u64 commit;
	u64 reach;
	u64 reach_term;
};

enum raft_event_type {
	RAFT_EV_TICK = 1,	/* the deadline passed, or RAFT_UP_AGAIN */
	RAFT_EV_MESSAGE,	/* .msg */
	RAFT_EV_PROPOSE,	/* .propose */
	RAFT_EV_PERSISTED,	/* .persisted */
	RAFT_EV_CAMPAIGN,	/* the election deadline fires now */
	RAFT_EV_DISK_FAILED,	/* .error: the log is gone, fail-stop */
	RAFT_EV_READ,		/* .lease: a read barrier is wanted here */
	RAFT_EV_CHANGE,		/* .change: of the membership */
	RAFT_EV_TRANSFER,	/* .target: of the leadership, 0: to the best */
	RAFT_EV_SNAPSHOT,	/* .snapshot: one that was taken here is durable */
	RAFT_EV_COMPACT,	/* .index: drop the log up to here */
	RAFT_EV_STORED,		/* .stored: parts of a snapshot are durable */
	RAFT_EV_INSTALLED,	/* .installed: what was received is current */
	RAFT_EV_FETCHED,	/* .fetched: the answer to RAFT_UP_FETCH */
	RAFT_EV_SNAPSHOT_DAMAGED,	/* .snapshot: is not what was written */
};

/**
 * struct raft_event - one thing that happened
 * @type: enum raft_event_type
 * @now: ns on CLOCK_MONOTONIC, never running backwards
 * @boot_now: ns on CLOCK_BOOTTIME, which counts suspend: for leases (trap 59);
 *	read after the event was taken from its queue
 * @random: 64 fresh random bits
 * @log_room: bytes of entries that the write-ahead log still takes, by the
 *	measure of raft_entry_disk_bytes(), not counting what was handed to it
 * @msg: a message, decoded; its lengths were checked, nothing else was
 * @propose: commands proposed at this node, in order.  Of the entries only
 *	@payload, @len, @client, @client_serial and whether @type is
 *	RAFT_ENTRY_OPEN count.  Either all up to a point are accepted, see
 *	struct raft_update
 * @persisted: the log wrote everything up to batch @seq; the last entry in it
 *	is (@index, @term) - 0, 0 if it has none.  Index alone would suffer ABA
 *	when a suffix is rewritten (trap 17)
 * @error: errno of the write that failed, negative
 * @lease: answer from the leader's lease if it has one
 * @change: the membership change
 * @target: node to lead, 0 for the best
 * @snapshot: what raft_snapshot_encode() was last asked for, with all that
 *	belongs to it, is on disk and current; or the current one is damaged, and
 *	is neither sent nor given to a state machine any more
 * @index: last index to drop; not above the snapshot, nor what is applied
 * @stored: of the snapshot @stored.of bytes up to @stored.bytes are durable; 0:
 *	what was received is of no use and was dropped
 * @installed: the snapshot @installed.of is durable and current, and begins with
 *	the @installed.len bytes at @installed.meta, which
 *	raft_snapshot_check() likes
 * @fetched: the first @fetched.n of the entries that were asked for with number
 *	@fetched.id; the core takes references of its own on their payloads.
 *	0: they cannot be read now, or are not there any more
 */
struct raft_event {
	enum raft_event_type type;
	u64 now;
	u64 boot_now;
	u64 random;
	u64 log_room;
	union {
		const struct raft_msg *msg;
		struct {
			const struct raft_entry *entries;
			u32 n;
		} propose;
		struct {
			u64 seq;
			u64 index;
			u64 term;
		} persisted;
		int error;
		bool lease;
		const struct raft_change *change;
		u32 target;
		struct raft_snapshot snapshot;
		u64 index;
		struct {
			struct raft_snapshot of;
			u64 bytes;
		} stored;
		struct {
			struct raft_snapshot of;
			const u8 *meta;
			u64 len;
		} installed;
		struct {
			u64 id;
			u32 n;
			const struct raft_entry *entries;
		} fetched;
	};
};

#define RAFT_UP_PERSIST		0x01	/* .persist */
#define RAFT_UP_APPLIED		0x02	/* .applied_first, .applied_last */
#define RAFT_UP_STATE		0x04	/* role, term or leader changed */
#define RAFT_UP_COMMIT		0x08	/* commit index moved */
#define RAFT_UP_FAILED		0x10	/* see raft_failed() */
#define RAFT_UP_AGAIN		0x20	/* more to do: step a TICK at once */
#define RAFT_UP_READ		0x40	/* .read_done, .read_index */
#define RAFT_UP_CHANGE		0x80	/* .change_result */
#define RAFT_UP_TRANSFER	0x100	/* .transfer_result */
#define RAFT_UP_CONFIG		0x200	/* see raft_membership() */
#define RAFT_UP_ABORT		0x400	/* .abort_result */
#define RAFT_UP_READ_LOST	0x800	/* removed: reads that wait get no answer */
#define RAFT_UP_SNAPSHOT	0x1000	/* .snapshot replaces all that was applied */
#define RAFT_UP_CHUNK		0x2000	/* .snapshot, .chunk: store it */
#define RAFT_UP_INSTALL		0x4000	/* .snapshot: make it current */
#define RAFT_UP_FETCH		0x8000	/* .fetch: read it */

/* struct raft_persist.what */
#define RAFT_PERSIST_HARD_STATE	0x01
#define RAFT_PERSIST_TRUNCATE	0x02	/* drop entries from .truncate_from on */
#define RAFT_PERSIST_ENTRIES	0x04	/* then append [.first, .last] */
#define RAFT_PERSIST_BASE	0x08	/* before that: the log begins behind .base */

/**
 * struct raft_persist - a batch for the write-ahead log
 * @seq: number of the batch, from 1, no gaps
 * @what: RAFT_PERSIST_*; in this order: hard state, truncation, base, entries
 * @hs: the hard state after this step
 * @truncate_from: first index to drop
 * @base: entries up to this one are in a durable snapshot and are dropped; all
 *	of them if the log does not have (@base, @base_term)
 * @base_term: its term
 * @first: first entry to append; the shell reads them with raft_entry_at()
 *	before the next step and takes its own references
 * @last: last entry to append
 */
struct raft_persist {
	u64 seq;
	u32 what;
	struct raft_hard_state hs;
	u64 truncate_from;
	u64 base;
	u64 base_term;
	u64 first;
	u64 last;
};

/**
 * struct raft_repeated - a command of a client that was not applied
 * @index: of this copy, which is dropped
 * @first: where it was applied before; 0: its session is closed, or it is older
 *	than the last command of it
 * @term: of that entry
 */
struct raft_repeated {
	u64 index;
	u64 first;
	u64 term;
};

/**
 * struct raft_update - what one step asks for
 * @flags: RAFT_UP_*
 * @n_msgs: messages in @msgs, to be sent now
 * @persist: a batch for the log, with RAFT_UP_PERSIST
 * @applied_first: first entry decided by this step, with RAFT_UP_APPLIED
 * @applied_last: last entry decided by this step
 * @n_repeated: entries of @repeated
 * @repeated: entries among those decided that are copies of what a client
 *	proposed before, in ascending order
 * @accepted: PROPOSE: how many of the proposals were taken, the first ones
 * @first_serial: PROPOSE: serial of the first one taken
 * @refused: PROPOSE: why the others were not: -EAGAIN (too much waits for
 *	commit, or RAFT_MAX_PENDING), -ENOSPC (log full), -EMSGSIZE, -EINVAL (a
 *	client without a number, or the other way round), -ENOMEM (no
 *	memory was given), -ENOTCONN (not a member of a configuration), -EIO
 *	(failed); certainly never applied
 *	CHANGE, TRANSFER: 0 if it was taken: the outcome follows with
 *	RAFT_UP_CHANGE (RAFT_UP_ABORT for RAFT_OP_ABORT) or RAFT_UP_TRANSFER, at
 *	the earliest in this step; else
 *	-EBUSY (one of this node is under way), -ENOLINK (no leader is known),
 *	-ENOTCONN, -EINVAL, -ENOMEM, -EIO; READ: -ENOTCONN, -EIO, -EOPNOTSUPP
 *	(a witness has nothing to read); COMPACT: 0, -EINVAL (beyond the
 *	snapshot, or what is applied), -EIO
 * @read_id: READ: the read is decided with this number
 * @read_done: RAFT_UP_READ: reads up to this number are: what is applied now
 *	includes everything acknowledged before they began
 * @read_index: RAFT_UP_READ: their read index, applied here.  With
 *	RAFT_UP_READ_LOST all that are not done by then are over: -ENOTCONN
 * @lease_until: READ: answered by the own lease, which ends then (ns on
 *	CLOCK_BOOTTIME); a caller that returns later must read again without.
 *	0: not by an own lease
 * @lease_index: READ: with @lease_until: the read index, applied here
 * @change_result: RAFT_UP_CHANGE: 0: in force (joint: left again; ADD_VOTER: it
 *	votes); or certainly not: -EBUSY another change is under way; -EAGAIN
 *	the leader has not committed in its term, or the node to be promoted is
 *	far behind; -EEXIST, -ENOENT it is a member already, is none; -EINVAL
 *	not a voter, not a learner; -EDOM no voter would be left, or more
 *	witnesses than half of them; -E2BIG too many members; -ENOSPC,
 *	-ENOMEM; -ENOTCONN this node was removed;
 *	-ETIMEDOUT did not catch up; -ECANCELED aborted, or lost with its leader.
 *	-ESTALE: not known, for a snapshot has what became of it
 * @abort_result: RAFT_UP_ABORT: likewise; -ENOENT nothing to take back, -EBUSY
 *	a joint configuration is committed and will be left, -EAGAIN not by
 *	this leader, or not yet
 * @transfer_result: RAFT_UP_TRANSFER: 0: the target leads; -EINVAL not a
 *	voter, or a witness; -ENOENT not a member; -EAGAIN far behind or not
 *	heard of; -EBUSY
 *	a transfer to another node is under way; -ETIMEDOUT did not happen;
 *	-ECANCELED another node leads
 * @snapshot: RAFT_UP_SNAPSHOT, RAFT_UP_CHUNK, RAFT_UP_INSTALL: which
 * @chunk: RAFT_UP_CHUNK: where the bytes of the entry of the message that is
 *	being handled go; what was stored of another snapshot is dropped.  They
 *	come in order.  RAFT_EV_STORED answers
 * @fetch: RAFT_UP_FETCH: entries @fetch.first, ... are to be read from the log on
 *	disk: @fetch.n of them or fewer, but one, so that their commands have no
 *	more than @fetch.bytes, unless one has.  RAFT_EV_FETCHED answers, once,
 *	with @fetch.id; before that nothing more is asked for
 * @deadline: absolute ns at which a TICK is wanted, U64_MAX if never
 * @msgs: messages to send
 */
struct raft_update {
	u32 flags;
	u32 n_msgs;
	struct raft_persist persist;
	u64 applied_first;
	u64 applied_last;
	u32 n_repeated;
	struct raft_repeated repeated[RAFT_STEP_REPEATED];
	u32 accepted;
	u64 first_serial;
	int refused;
	u64 read_id;
	u64 read_done;
	u64 read_index;
	u64 lease_until;
	u64 lease_index;
	int change_result;
	int abort_result;
	int transfer_result;
	struct raft_snapshot snapshot;
	struct raft_chunk chunk;
	struct {
		u64 id;
		u64 first;
		u32 n;
		u32 bytes;
	} fetch;
	u64 deadline;
	struct raft_msg msgs[RAFT_STEP_MSGS];
};

enum raft_fail {
	RAFT_OK = 0,
	RAFT_FAIL_DISK = 1,		/* a write or sync failed */
	RAFT_FAIL_INVARIANT = 2,	/* own state is inconsistent */
};

enum raft_progress_state {
	RAFT_PROBE = 0,		/* one append at a time, to find the match */
	RAFT_REPLICATE = 1,	/* pipelined */
	RAFT_SNAPSHOT = 2,	/* gets a snapshot, no entries */
};

/**
 * struct raft_peer_status - how the leader sees one peer
 * @id: node id
 * @flags: RAFT_MEMBER_*
 * @state: enum raft_progress_state
 * @match: highest index known to be durable there
 * @next: next index to send
 * @inflight: AppendEntries on the way
 * @active: heard within an election timeout, and not @lost
 * @lost: it may have lost its log, and does not count yet
 * @last_heard: ns of the last response, 0 if none
 * @priority: its election priority, as it said last
 * @election_timeout: ns, as it said last; 0 if it did not, as without
 *	CheckQuorum.  Of all peers at a leader, else of the leader only
 */
struct raft_peer_status {
	u32 id;
	u32 flags;
	u8 state;
	u64 match;
	u64 next;
	u32 inflight;
	bool active;
	bool lost;
	u64 last_heard;
	u32 priority;
	u64 election_timeout;
};

/**
 * struct raft_status - the state of a group at this node
 * @role: enum raft_role; RAFT_LEARNER or RAFT_WITNESS for a follower that is one
 * @leader: node id, 0 if unknown
 * @term: current term
 * @vote: voted for in @term, 0 if none
 * @first: first index in the log, 1 unless compacted
 * @window: first index in memory: the entries before are on disk only
 * @window_bytes: of the commands in memory
 * @last: last index in memory
 * @last_term: its term
 * @durable: last index known to be on this node's disk
 * @commit: commit index
 * @applied: applied index, 0 as long as the snapshot is gone
 * @snapshot: last index in the snapshot, 0 if there is none
 * @wants: the snapshot is damaged, or gone if that is above @snapshot: from this
 *	index on one of another node is of use; 0: it is not
 * @asked: leader: a member wants a snapshot from this index on, 0: none does
 * @pending: own proposals that are undecided
 * @clients: client sessions that are open
 * @uncommitted_bytes: leader: payload bytes that wait for commit
 * @conflicts: messages refused because they contradict a committed entry: an
 *	alarm, somebody lost data or forges (trap 12)
 * @failed: enum raft_fail
 * @error: errno with RAFT_FAIL_DISK
 * @flags: RAFT_MEMBER_* of this node
 * @member: this node is in the configuration in force
 * @removed: it is not, and was before
 * @reach: index without which this node neither leads nor votes as it likes, 0 if
 *	it has that or may not take anything yet: see @unproven
 * @unproven: its log is new, or was lost, and no leader has let it in
 * @lost: ... and the group is older than its log
 * @bare: first entry whose command was left out, 0 if none was, 1 if the
 *	snapshot has no state machine
 * @config_index: entry of the configuration in force, 0 for the initial one
 * @joint: that is joint
 * @catching_up: leader: node that is to vote when it has caught up, 0 if none
 * @round: leader: of its catching up, from 1
 * @given_up: the last node that did not catch up and is none of the voters
 *	since, 0 if none
 * @given_up_why: RAFT_CHANGE_GIVEN_UP or _TOO_SLOW
 * @given_up_index: entry of the configuration by which it was given up
 * @transferring: leader: node that is to lead, 0 if none
 * @lease_until: leader: ns on CLOCK_BOOTTIME, 0 if it has no lease
 * @read_rounds: leader: heartbeat rounds that were sent for reads
 * @n_peers: entries of @peers; members other than this node, ascending ids
 * @peers: progress, meaningful at a leader
 */
struct raft_status {
	enum raft_role role;
	u32 leader;
	u64 term;
	u32 vote;
	u64 first;
	u64 window;
	u64 window_bytes;
	u64 last;
	u64 last_term;
	u64 durable;
	u64 commit;
	u64 applied;
	u64 snapshot;
	u64 wants;
	u64 asked;
	u32 pending;
	u32 clients;
	u64 uncommitted_bytes;
	u64 conflicts;
	enum raft_fail failed;
	int error;
	u32 flags;
	bool member;
	bool removed;
	u64 reach;
	bool unproven;
	bool lost;
	u64 bare;
	u64 config_index;
	bool joint;
	u32 catching_up;
	u32 round;
	u32 given_up;
	u8 given_up_why;
	u64 given_up_index;
	u32 transferring;
	u64 lease_until;
	u64 read_rounds;
	u32 n_peers;
	struct raft_peer_status peers[RAFT_MAX_NODES];
};

struct raft;
struct raft_log_chunk;
struct raft_image;

/* Supplied by the shell: the only calls that leave the core. */
void raft_payload_get(void *payload);
void raft_payload_put(void *payload);
/* The bytes of a payload: written by the core only before anybody else has it. */
void *raft_payload_bytes(void *payload);

/**
 * struct raft_chunks - memory that is given and not in use
 * @first: the chunks
 * @n: how many
 *
 * A core has its own; cores that one thread steps may share one.
 */
struct raft_chunks {
	struct raft_log_chunk *first;
	u32 n;
};

size_t raft_size(void);
size_t raft_log_chunk_size(void);
int raft_config_check(const struct raft_config *cfg);
int raft_init(struct raft *r, const struct raft_config *cfg, u64 now, u64 random,
	      struct raft_log_chunk **table, u32 table_size);
int raft_snapshot_load(struct raft *r, const struct raft_snapshot *s,
		       const u8 *meta, u64 len);
void raft_snapshot_resume(struct raft *r, const struct raft_snapshot *s,
			  u64 stored);
int raft_log_begin(struct raft *r, u64 base, u64 term);
int raft_log_load(struct raft *r, const struct raft_entry *e);
int raft_log_pass(struct raft *r, const struct raft_hard_state *hs, u64 index);
int raft_start(struct raft *r, const struct raft_hard_state *hs);
void raft_destroy(struct raft *r, void (*free_chunk)(struct raft_log_chunk *c));

u32 raft_log_want(const struct raft *r);
void raft_log_give(struct raft *r, struct raft_log_chunk *chunk);
struct raft_log_chunk *raft_log_take(struct raft *r);
void raft_log_share(struct raft *r, struct raft_chunks *with);
struct raft_log_chunk *raft_chunks_take(struct raft_chunks *spare);
bool raft_config_want(const struct raft *r);
void raft_config_give(struct raft *r, void *payload);

void raft_step(struct raft *r, const struct raft_event *ev,
	       struct raft_update *up);
int raft_reconfigure(struct raft *r, const struct raft_config *cfg);
int raft_evict(struct raft *r, u64 index);

int raft_snapshot_encode(struct raft *r, u64 index, u8 *buf, u32 *len,
			 u64 *term);
int raft_snapshot_replayed(struct raft *r, u64 index, u64 term, u32 len);
int raft_snapshot_encode_bare(struct raft *r, u8 *buf, struct raft_snapshot *s);
int raft_snapshot_check(const u8 *meta, u64 len, const struct raft_snapshot *s);
u32 raft_image_length(const u8 *buf);
size_t raft_replay_size(void);
int raft_replay_begin(struct raft_image *img, const struct raft_config *cfg,
		      const struct raft_snapshot *s, const u8 *meta, u64 len);
void raft_replay_entry(struct raft_image *img, const struct raft_entry *e);
int raft_replay_end(const struct raft_image *img, u8 *buf, u32 *len, u64 *term);
const struct raft_entry *raft_entry_at(const struct raft *r, u64 index);
u64 raft_term_at(const struct raft *r, u64 index);
bool raft_msg_entry(const struct raft *r, const struct raft_msg *m, u32 i,
		    struct raft_entry *e);
bool raft_entry_is_bare(const struct raft_entry *e);
struct raft_entry raft_msg_chunk(const struct raft_msg *m);
u32 raft_entry_disk_bytes(u32 len);
const struct raft_membership *raft_membership(const struct raft *r);
bool raft_awaits_commit(const struct raft *r);
void raft_status(const struct raft *r, struct raft_status *st);
u64 raft_applied_serial(const struct raft *r);
const char *raft_check(const struct raft *r);

const char *raft_role_name(enum raft_role role);
const char *raft_msg_name(enum raft_msg_type type);
const char *raft_fail_name(enum raft_fail fail);
const char *raft_given_up_name(u8 result);
const char *raft_progress_name(enum raft_progress_state state);

#endif /* _RAFT_CORE_H */
