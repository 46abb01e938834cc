/* SPDX-License-Identifier: GPL-2.0 */
/*
 * internal.h - the state of the core, shared by the files of kmod/core/ only.
 *
 * Everything here belongs to the one thread that calls raft_step().  The one
 * exception: entries up to the applied index never change again, so a reader
 * who learned that index with acquire semantics may look at them.
 */
#ifndef _RAFT_INTERNAL_H
#define _RAFT_INTERNAL_H

#include "raft_env.h"
#include "raft_core.h"
#include "log.h"

/* Entries that a new leader takes over from its own queue in one step. */
#define RAFT_STEP_TAKE		256
/* FORWARD messages on the way, beyond which a follower waits. */
#define RAFT_FORWARD_ENTRIES	256
/* Origins of applied proposals that are remembered: members, and as many that
 * left and may come back.
 */
#define RAFT_MAX_SESSIONS	(2 * RAFT_MAX_NODES)
/* Heartbeat rounds whose time of sending is remembered for leases. */
#define RAFT_ROUNDS		16
/* Batches of reads that are confirmed and wait for entries to be applied. */
#define RAFT_READS_CONFIRMED	8

/**
 * struct raft_readback - entries that were read back from disk, for peers
 * @id: number of the last request
 * @asked: first entry that was asked for, 0: nothing is under way
 * @n_asked: how many
 * @retry_at: ns until which nothing is asked, for it failed
 * @failing_since: ns when that was first, and nothing was read since; 0: it is not
 * @turn: slot of the peer that was asked for last
 * @first: first entry in @mem
 * @n: entries in @mem, 0: none
 * @mem: the entries, with a reference on their payloads; NULL if none
 */
struct raft_readback {
	u64 id;
	u64 asked;
	u32 n_asked;
	u64 retry_at;
	u64 failing_since;
	u32 turn;
	u64 first;
	u32 n;
	struct raft_log_chunk *mem;
};

static_assert(RAFT_MAX_BATCH <= RAFT_CHUNK_ENTRIES);

enum raft_request_kind {
	RAFT_REQ_CHANGE = 0,
	RAFT_REQ_ABORT = 1,
	RAFT_REQ_TRANSFER = 2,
	RAFT_REQ_KINDS
};

/**
 * struct raft_asked - the last request of one kind that a peer passed on
 * @incarnation: its boot
 * @serial: its number, 0 if none
 * @error: how it was refused, 0 if it was not
 */
struct raft_asked {
	u64 incarnation;
	u64 serial;
	int error;
};

/**
 * struct raft_sending - a snapshot on its way to a peer
 * @of: which, @of.index 0: not begun
 * @acked: bytes that are durable there
 * @sent: offset of the next byte to send
 * @probe: sequence number of the first question how much is there that has no
 *	answer, 0: none
 * @retry_at: ns when that is asked again, for nothing is heard
 * @progress: ns when @acked last grew
 */
struct raft_sending {
	struct raft_snapshot of;
	u64 acked;
	u64 sent;
	u64 probe;
	u64 retry_at;
	u64 progress;
};

/**
 * struct raft_receiving - a snapshot on its way from a leader
 * @of: which, @of.index 0: none
 * @from_term: term of the leader that sent the last part
 * @received: bytes that came, from 0
 * @stored: those of them that are durable
 * @installing: it is complete, and the shell makes it current
 */
struct raft_receiving {
	struct raft_snapshot of;
	u64 from_term;
	u64 received;
	u64 stored;
	bool installing;
};

/**
 * struct raft_peer - somebody we exchange messages with, this node included
 * @id: node id
 * @member: in the configuration in force; otherwise it left, or is a stranger:
 *	a leader or candidate of a configuration that we do not have
 * @flags: RAFT_MEMBER_*, of a member
 * @leave_until: leader: not a member any more, but still told so until then
 * @leave_index: leader: by this entry, the last that it gets
 * @state: enum raft_progress_state
 * @match: highest index known to be durable there; own slot: r->durable
 * @next: next index to send, above @match
 * @commit_sent: highest commit index sent in an AppendEntries
 * @probe_sent: PROBE: one append is on the way, wait for a sign of life
 * @probe_last: PROBE: last index in it
 * @snap: SNAPSHOT: how far that is; also of what it @wants
 * @wants: leader: its snapshot is damaged or gone: one from this index on is of use
 *	to it, 0: it is not
 * @active: answered this leader since the last CheckQuorum round
 * @lost: leader: it may have lost its log and is not let in
 * @proof: leader: entry that was appended for that, 0 if none
 * @last_heard: ns of the last fresh message
 * @incarnation: highest boot seen
 * @recv_seq: highest sequence number seen from @incarnation
 * @vote: +1 granted, -1 rejected, 0 unknown; pre-votes or votes, by role
 * @priority: election priority that it told
 * @election_timeout: ns, that it told, 0 if it did not
 * @outranked: leader: it was offered the leadership in this term for it
 * @round: leader: highest heartbeat round that it answered
 * @wanted: leader: the last round in which it was to answer: quiet.c
 * @answered: leader: when the last of those that it answered left, ns on
 *	CLOCK_BOOTTIME
 * @steady: leader: how many of them it answered in a row before the next round
 * @lease_until: leader: it refuses votes until then, ns on CLOCK_BOOTTIME
 * @read_asked: leader: batch of its reads that waits for a round, 0 if none
 * @read_flying: leader: batch of its reads in the current round, 0 if none
 * @asked: leader: its requests, by enum raft_request_kind
 * @appended_inc: leader: boot of the last proposal of it in the log
 * @appended_serial: leader: the serial of that
 * @inflight_start: first used slot of @ring
 * @inflight_count: used slots
 * @inflight_bytes: sum over them
 * @ring: AppendEntries with entries on the way; NULL if there are none
 */
struct raft_peer {
	u32 id;
	bool member;
	u32 flags;
	u64 leave_until;
	u64 leave_index;
	u8 state;
	u64 match;
	u64 next;
	u64 commit_sent;
	bool probe_sent;
	u64 probe_last;
	struct raft_sending snap;
	u64 wants;
	bool active;
	bool lost;
	u64 proof;
	u64 last_heard;
	u64 incarnation;
	u64 recv_seq;
	int vote;
	u32 priority;
	u64 election_timeout;
	bool outranked;
	u64 round;
	u64 wanted;
	u64 answered;
	u32 steady;
	u64 lease_until;
	u64 read_asked;
	u64 read_flying;
	struct raft_asked asked[RAFT_REQ_KINDS];
	u64 appended_inc;
	u64 appended_serial;
	u32 inflight_start;
	u32 inflight_count;
	u64 inflight_bytes;
	struct raft_log_chunk *ring;
};

/* Slots in use, in no order. */
#define raft_for_each_peer(r, p) \
	for ((p) = (r)->peers; (p) < (r)->peers + (r)->n_slots; (p)++)

/**
 * struct raft_session - what is applied of one origin; replicated state
 * @origin: node id, 0 if the slot is free
 * @incarnation: boot of its last applied proposal
 * @serial: its serial
 * @index: its index
 */
struct raft_session {
	u32 origin;
	u64 incarnation;
	u64 serial;
	u64 index;
};

/**
 * struct raft_client - an open client session; replicated state
 * @id: its id: the index of the entry that opened it
 * @serial: of its last applied command, 0 if none
 * @index: index of that
 * @term: term of that
 * @used: index of the last entry of this client
 */
struct raft_client {
	u64 id;
	u64 serial;
	u64 index;
	u64 term;
	u64 used;
};

/**
 * struct raft_tables - what is applied, by who proposed it; replicated state
 * @sessions: by origin
 * @clients: open client sessions, in ascending order of id
 * @n_clients: their number
 */
struct raft_tables {
	struct raft_session sessions[RAFT_MAX_SESSIONS];
	struct raft_client clients[RAFT_MAX_CLIENTS];
	u32 n_clients;
};

/**
 * struct raft_given_up - the last node that was given up and is no voter yet
 * @index: of the configuration that says so
 * @subject: the node, 0 if there is none
 * @result: enum raft_change_result
 */
struct raft_given_up {
	u64 index;
	u32 subject;
	u8 result;
};

/**
 * struct raft_image - the core's own replicated state as of an index
 * @index: the index, 0: before the first entry
 * @term: its term
 * @conf: the last configuration up to there
 * @origin: node that asked for that, 0 if none
 * @incarnation: boot of @origin
 * @serial: number of the request
 * @given_up: by the configurations up to there
 * @left: nodes that left and are not back, the last one first; 0: no more
 * @tables: what was applied
 */
struct raft_image {
	u64 index;
	u64 term;
	struct raft_membership conf;
	u32 origin;
	u64 incarnation;
	u64 serial;
	struct raft_given_up given_up;
	u32 left[RAFT_MAX_NODES];
	struct raft_tables tables;
};

/**
 * struct raft_request - a change or transfer that was asked at this node
 * @active: undecided
 * @applied: change: a configuration of it is applied, more will follow
 * @logged: change: a configuration of it is in the log, no need to ask again
 * @serial: its number at this boot
 * @term: in which it was asked for; it is not carried into another
 * @again_at: ns when the leader is asked again
 * @change: change: as it is passed on
 * @target: transfer: node to lead, 0 for another one
 * @old: transfer: leader when it was asked for
 * @deadline: transfer: ns when it has failed
 */
struct raft_request {
	bool active;
	bool applied;
	bool logged;
	u64 serial;
	u64 term;
	u64 again_at;
	struct raft_entry change;
	u32 target;
	u32 old;
	u64 deadline;
};

/**
 * struct raft_catch_up - a leader brings a node up to date before it votes
 * @id: the node, 0 if none
 * @round: from 1 (thesis 4.2.1)
 * @target: index at which the round ends
 * @since: ns when it began
 * @match: match index at the last progress
 * @progress: ns of the last progress
 */
struct raft_catch_up {
	u32 id;
	u32 round;
	u64 target;
	u64 since;
	u64 match;
	u64 progress;
};

/**
 * struct raft_transfer - a leader hands over (thesis 3.10)
 * @target: node to lead, 0 if none
 * @sent: it was told to campaign
 * @again_at: ns when it is told again
 * @deadline: ns when the leader gives up
 */
struct raft_transfer {
	u32 target;
	bool sent;
	u64 again_at;
	u64 deadline;
};

/**
 * struct raft_reads - read barriers of this node, and of others at a leader
 * @tail: batch that the next reader joins
 * @waiting: it has readers
 * @waiting_lease: all of them take the answer of a lease
 * @flying: batch that is being confirmed, 0 if none
 * @flying_lease: as @waiting_lease
 * @round: leader: heartbeat round that confirms it, 0 if not begun
 * @index: leader: read index of the round
 * @again_at: follower: ns when the leader is asked again
 * @confirmed: batches that wait until @index is applied, in order
 * @n_confirmed: their number
 * @rounds: rounds that were begun for reads
 */
struct raft_reads {
	u64 tail;
	bool waiting;
	bool waiting_lease;
	u64 flying;
	bool flying_lease;
	u64 round;
	u64 index;
	u64 again_at;
	struct {
		u64 id;
		u64 index;
	} confirmed[RAFT_READS_CONFIRMED];
	u32 n_confirmed;
	u64 rounds;
};

/**
 * struct raft_told - what a follower's last answer to a heartbeat said
 * @term: in which it was given, 0: never
 * @flags: RAFT_MSG_*
 * @promise: ns for which it refuses votes
 * @wants: raft_snapshot_wants()
 * @priority: election priority
 */
struct raft_told {
	u64 term;
	u8 flags;
	u64 promise;
	u64 wants;
	u32 priority;
};

/**
 * struct raft_held - a promise that waits for the disk
 * @msg: the message
 * @need_seq: batch with the hard state it speaks of
 * @need_index: log index that must be durable, 0 if none
 */
struct raft_held {
	struct raft_msg msg;
	u64 need_seq;
	u64 need_index;
};

/**
 * struct raft - one group at one node
 * @cfg: constant but for raft_reconfigure(); its members mean nothing later
 * @self: own slot in @peers, member or not
 * @role: RAFT_LEARNER is not used here: a learner is a follower without a vote
 * @term: current term (Raft 5.1)
 * @vote: voted for in @term
 * @leader: known leader of @term, 0 if none
 * @now: of the current event
 * @boot_now: of the current event
 * @random: state of the generator, mixed with every event
 * @log_room: of the current event, less what this step appended
 * @log: entries
 * @readback: leader: those that are not in memory and were asked for
 * @commit: commit index
 * @applied: applied index
 * @durable: last index on this node's disk that is still in the log
 * @verified: follower: last index that the leader of @term has confirmed to be
 *	the same in its log (trap 9)
 * @persist_seq: last batch handed to the log
 * @persisted_seq: last batch known to be durable
 * @hs_seq: last batch with a hard state
 * @cut_seq: last batch with a truncation
 * @cut_from: while that is not durable: lowest index that was dropped
 * @hs_term: term of that hard state
 * @hs_vote: vote of that hard state
 * @hs_reach: reach of that hard state
 * @reach_seq: last batch with another reach than the one before
 * @hs_commit: commit index of that hard state, a hint
 * @reach: see struct raft_hard_state
 * @reach_term: see struct raft_hard_state
 * @bare: first entry whose command was left out, 0 if none was; 1: the snapshot
 *	has no state machine
 * @persist_since: when the disk last made progress, while it has work
 * @election_deadline: not for leaders
 * @heartbeat_deadline: leaders
 * @quorum_deadline: leaders: next CheckQuorum and look at the disk
 * @leader_heard: when a fresh message of @leader came
 * @withhold_until: after a crash: votes are refused until then
 * @uncommitted_bytes: leaders: bytes of commands above @commit
 * @aged: leaders: what was durable here a heartbeat ago
 * @young: leaders: what was durable here at @young_at
 * @young_at: leaders: ns
 * @seq: last sequence number given to a message
 * @peers: members and others we talk to; a slot does not move
 * @n_slots: slots of @peers that were ever used, the first ones
 * @n_rings: of them that have a @ring
 * @conf: configuration in force: the last one in the log (Raft 6)
 * @conf_applied: the last one that is applied, to fall back to
 * @given_up: by the configurations that are applied
 * @conf_spare: payload for the next configuration or change, or NULL
 * @was_member: this node was in a configuration once
 * @promote: learner of @conf that shall vote, 0 if none
 * @catch_up: leader: how that goes
 * @transfer: leader: under way
 * @requests: asked at this node, by enum raft_request_kind
 * @request_serial: last number given to one
 * @reads: read barriers
 * @round: heartbeat rounds sent at this boot
 * @round_sent: ns on CLOCK_BOOTTIME when round n left, at n % RAFT_ROUNDS
 * @told: follower: what the leader heard of it last
 * @lease_off: leader: somebody may campaign at our word: no lease in this term
 * @tables: as of @applied
 * @image: replicated state as of the snapshot, or later: of one that was begun
 *	since, or of what is only on disk
 * @snap: the snapshot that is current on disk
 * @snap_image: bytes of the image at its start
 * @snap_bad: its content is not what was written
 * @snap_begun: the last one that was begun here
 * @incoming: one that comes from a leader
 * @disk_base: @log.base as handed to the log
 * @base_promised: it is what the snapshot says, and the log has something else: no
 *	promise leaves before that is durable
 * @pending: ring of own proposals, in chunks that there are only for those in use;
 *	serials pend_first ...
 * @pend_head: slot of the first one
 * @pend_count: their number
 * @pend_first: serial of the first one: the lowest that is not applied
 * @pend_bytes: bytes of commands in them
 * @own_logged: highest own serial in this node's log
 * @fwd_next: follower: next serial to forward
 * @fwd_mark: follower: progress (applied and logged) at the last retry check
 * @fwd_deadline: follower: when to forward again what seems lost
 * @held: promises in order
 * @n_held: their number
 * @conflicts: messages that contradicted a committed entry
 * @failed: fail-stop reason
 * @error: errno with RAFT_FAIL_DISK
 * @truncate_from: this step dropped entries from here on, 0 if not
 * @append_first: this step appended entries from here on, 0 if not
 * @state_changed: this step changed role, term or leader
 * @up: of the current step
 */
struct raft {
	struct raft_config cfg;
	struct raft_peer *self;
	enum raft_role role;
	u64 term;
	u32 vote;
	u32 leader;
	u64 now;
	u64 boot_now;
	u64 random;
	u64 log_room;
	struct raft_log log;
	struct raft_readback readback;
	u64 commit;
	u64 applied;
	u64 durable;
	u64 verified;
	u64 persist_seq;
	u64 persisted_seq;
	u64 hs_seq;
	u64 cut_seq;
	u64 cut_from;
	u64 hs_term;
	u32 hs_vote;
	u64 hs_reach;
	u64 reach_seq;
	u64 hs_commit;
	u64 reach;
	u64 reach_term;
	u64 bare;
	u64 persist_since;
	u64 election_deadline;
	u64 heartbeat_deadline;
	u64 quorum_deadline;
	u64 leader_heard;
	u64 withhold_until;
	u64 uncommitted_bytes;
	u64 aged;
	u64 young;
	u64 young_at;
	u64 seq;
	struct raft_peer peers[RAFT_MAX_PEERS];
	u32 n_slots;
	u32 n_rings;
	struct raft_membership conf;
	struct raft_membership conf_applied;
	struct raft_given_up given_up;
	void *conf_spare;
	bool was_member;
	u32 promote;
	struct raft_catch_up catch_up;
	struct raft_transfer transfer;
	struct raft_request requests[RAFT_REQ_KINDS];
	u64 request_serial;
	struct raft_reads reads;
	u64 round;
	u64 round_sent[RAFT_ROUNDS];
	struct raft_told told;
	bool lease_off;
	struct raft_tables tables;
	struct raft_image image;
	struct raft_snapshot snap;
	u32 snap_image;
	bool snap_bad;
	struct {
		u64 index;
		u64 term;
		u32 image;
	} snap_begun;
	struct raft_receiving incoming;
	u64 disk_base;
	bool base_promised;
	struct raft_log_chunk *pending[RAFT_MAX_PENDING / RAFT_CHUNK_ENTRIES];
	u32 pend_head;
	u32 pend_count;
	u64 pend_first;
	u64 pend_bytes;
	u64 own_logged;
	u64 fwd_next;
	u64 fwd_mark;
	u64 fwd_deadline;
	struct raft_held held[RAFT_MAX_HELD];
	u32 n_held;
	u64 conflicts;
	enum raft_fail failed;
	int error;
	u64 truncate_from;
	u64 append_first;
	bool state_changed;
	struct raft_update *up;
};

/* window.c */
const struct raft_entry *raft_window_entry(const struct raft *r, u64 index);
bool raft_readback_ready(const struct raft *r);
void raft_readback_ask(struct raft *r, u64 first, u64 last);
void raft_readback_take(struct raft *r, const struct raft_event *ev);
void raft_readback_drop(struct raft *r);

/* peer.c */
struct raft_peer *raft_peer_find(struct raft *r, u32 id);
struct raft_peer *raft_peer_member(struct raft *r, u32 id);
struct raft_peer *raft_peer_get(struct raft *r, u32 id);
bool raft_votes(const struct raft_peer *p);
bool raft_heard(const struct raft *r, const struct raft_peer *p);

/* progress.c */
void raft_progress_reset(struct raft *r, struct raft_peer *p, u64 next);
void raft_progress_probe(struct raft *r, struct raft_peer *p, u64 next);
void raft_progress_drop(struct raft *r);
bool raft_progress_ack(struct raft *r, struct raft_peer *p, u64 match);
bool raft_progress_full(const struct raft *r, const struct raft_peer *p);
void raft_progress_sent(struct raft *r, struct raft_peer *p, u64 last,
			u32 bytes);

/* quorum.c */
u64 raft_quorum_match(const struct raft *r);
u64 raft_quorum_round(const struct raft *r);
u64 raft_quorum_lease(const struct raft *r);
int raft_quorum_vote(const struct raft *r);
bool raft_quorum_active(const struct raft *r);

/* hold.c */
void raft_emit(struct raft *r, const struct raft_msg *m);
void raft_hold(struct raft *r, const struct raft_msg *m, u64 need_index);
void raft_hold_anew(struct raft *r);
void raft_hold_release(struct raft *r);
bool raft_hard_state_durable(const struct raft *r);

/* election.c */
void raft_become_follower(struct raft *r, u64 term, u32 leader);
void raft_campaign(struct raft *r);
void raft_handle_timeout_now(struct raft *r);
void raft_reset_election_timer(struct raft *r);
void raft_leader_seen(struct raft *r, u32 leader, bool fresh);
void raft_handle_prevote(struct raft *r, const struct raft_msg *m);
void raft_handle_vote(struct raft *r, const struct raft_msg *m);
void raft_handle_vote_resp(struct raft *r, struct raft_peer *p,
			   const struct raft_msg *m);
void raft_count_own_vote(struct raft *r);
bool raft_refuses_votes(const struct raft *r);
bool raft_log_suffices(const struct raft *r, u64 last, u64 last_term);
bool raft_disk_stalled(const struct raft *r);

/* replication.c: the leader's side */
void raft_become_leader(struct raft *r);
void raft_leader_tick(struct raft *r);
void raft_leader_replicate(struct raft *r);
void raft_leader_commit(struct raft *r);
u64 raft_heartbeat_next(const struct raft *r);
void raft_leader_heartbeat(struct raft *r);
bool raft_leader_confirmed(const struct raft *r);
void raft_handle_append_resp(struct raft *r, struct raft_peer *p,
			     const struct raft_msg *m);
void raft_handle_heartbeat_resp(struct raft *r, struct raft_peer *p,
				const struct raft_msg *m, bool fresh);

/* follower.c */
void raft_handle_append(struct raft *r, const struct raft_msg *m);
void raft_handle_heartbeat(struct raft *r, const struct raft_msg *m,
			   bool fresh);
bool raft_append_local(struct raft *r, const struct raft_entry *e);
u8 raft_bare_up_to(const struct raft *r, u64 index);
void raft_commit_to(struct raft *r, u64 commit);

/* lost.c */
bool raft_is_unproven(const struct raft *r);
bool raft_lost_suffices(const struct raft *r, u64 last, u64 last_term);
bool raft_lost_lacks(const struct raft *r);
void raft_lost_start(struct raft *r, const struct raft_hard_state *hs);
void raft_lost_proven(struct raft *r);
void raft_lost_hear(struct raft *r, const struct raft_msg *m);
bool raft_lost_take(struct raft *r, const struct raft_msg *m);
void raft_lost_lead(struct raft *r, struct raft_peer *p, bool again);
bool raft_lost_let_in(const struct raft *r, const struct raft_peer *p);

/* config_code.c */
bool raft_witnesses_fit(const struct raft_member *m, u32 n);

/* membership.c */
void raft_membership_use(struct raft *r, const struct raft_membership *c);
bool raft_membership_read(struct raft_membership *c,
			  const struct raft_entry *e, u64 index);
void raft_membership_rollback(struct raft *r);
bool raft_may_campaign(const struct raft *r);
void raft_given_up_note(struct raft_given_up *g,
			const struct raft_membership *c);
void raft_membership_applied(struct raft *r, const struct raft_entry *e,
			     u64 index);

/* change.c */
int raft_change_execute(struct raft *r, const struct raft_change *c,
			u32 origin, u64 incarnation, u64 serial);
void raft_change_lead(struct raft *r);

/* transfer.c */
int raft_transfer_begin(struct raft *r, u32 target);
void raft_transfer_go_on(struct raft *r);
void raft_transfer_check(struct raft *r);
u64 raft_transfer_deadline(const struct raft *r);
u32 raft_transfer_best(struct raft *r);
void raft_transfer_by_priority(struct raft *r);

/* request.c */
void raft_request_change(struct raft *r, const struct raft_change *c);
void raft_request_transfer(struct raft *r, u32 target);
void raft_request_go_on(struct raft *r);
u64 raft_request_deadline(const struct raft *r);
void raft_request_leader(struct raft *r);
void raft_request_logged(struct raft *r, const struct raft_entry *e);
void raft_request_applied(struct raft *r, const struct raft_entry *e);
void raft_request_installed(struct raft *r, u64 before);
void raft_handle_request(struct raft *r, struct raft_peer *p,
			 const struct raft_msg *m);
void raft_handle_forward_resp(struct raft *r, const struct raft_msg *m);
const struct raft_entry *raft_request_entry(const struct raft *r, u64 serial);

/* read.c */
void raft_read(struct raft *r, bool lease);
void raft_read_go_on(struct raft *r);
void raft_read_restart(struct raft *r);
u64 raft_read_deadline(const struct raft *r);
u64 raft_lease_length(const struct raft *r, u64 promise);
u64 raft_lease_until(const struct raft *r);
void raft_lease_renew(struct raft *r, struct raft_peer *p, u64 round,
		      u64 promise);
void raft_handle_read_index(struct raft *r, struct raft_peer *p,
			    const struct raft_msg *m);
void raft_handle_read_index_resp(struct raft *r, const struct raft_msg *m);

/* quiet.c */
bool raft_quiet_towards(struct raft *r, struct raft_peer *p);
void raft_quiet_answered(struct raft *r, struct raft_peer *p, u64 round);
bool raft_quiet_keeps(struct raft *r, const struct raft_msg *m,
		      const struct raft_msg *out, bool fresh);

/* session.c */
bool raft_is_proposal(const struct raft_entry *e);
bool raft_session_next(u64 inc, u64 serial, const struct raft_entry *e);
struct raft_session *raft_session_find(struct raft_tables *t, u32 origin);
bool raft_session_apply(struct raft_tables *t,
			const struct raft_membership *conf,
			const struct raft_entry *e, u64 index);
void raft_session_applied(struct raft *r, struct raft_peer *p);
void raft_session_logged(struct raft_peer *p, const struct raft_entry *e);

/* client.c */
void raft_client_open(struct raft_tables *t, u64 index);
bool raft_client_apply(struct raft_tables *t, const struct raft_entry *e,
		       u64 index, struct raft_repeated *out);

/* proposal.c */
struct raft_entry *raft_pending_entry(const struct raft *r, u64 serial);
void raft_pending_drop(struct raft *r);
void raft_propose(struct raft *r, const struct raft_event *ev);
void raft_take_pending(struct raft *r);
void raft_forward(struct raft *r);
void raft_forward_restart(struct raft *r);
void raft_handle_forward(struct raft *r, struct raft_peer *p,
			 const struct raft_msg *m);
void raft_proposal_lead(struct raft *r);
void raft_proposal_truncated(struct raft *r, u64 from);
void raft_apply(struct raft *r);
void raft_proposal_installed(struct raft *r);

/* init.c */
void raft_membership_initial(const struct raft_config *cfg,
			     struct raft_membership *c);

/* image.c */
u8 raft_image_apply(struct raft_image *img, const struct raft_entry *e);
void raft_image_advance(struct raft *r, u64 index);
bool raft_image_left(const struct raft_image *img, u32 id);
u32 raft_image_encode(const struct raft_image *img, u8 *buf);
int raft_image_decode(struct raft_image *img, const struct raft_snapshot *s,
		      const u8 *buf, u64 len);

/* snapshot_lost.c */
bool raft_snapshot_lost(const struct raft *r);
u64 raft_snapshot_wants(const struct raft *r);
void raft_snapshot_damaged(struct raft *r, const struct raft_snapshot *s);
void raft_snapshot_note_wants(struct raft_peer *p, const struct raft_msg *m);
bool raft_snapshot_serves(const struct raft *r, const struct raft_peer *p);
u64 raft_snapshot_asked(const struct raft *r);
void raft_snapshot_hand_over(struct raft *r);

/* snapshot_take.c */
bool raft_snapshot_allowed(const struct raft *r);

/* snapshot.c */
bool raft_snapshot_send(struct raft *r, struct raft_peer *p);
void raft_snapshot_reconnect(struct raft *r, struct raft_peer *p);
void raft_handle_snapshot(struct raft *r, const struct raft_msg *m);
void raft_handle_snapshot_resp(struct raft *r, struct raft_peer *p,
			       const struct raft_msg *m);
void raft_snapshot_taken(struct raft *r, const struct raft_snapshot *s);
void raft_snapshot_stored(struct raft *r, const struct raft_snapshot *s,
			  u64 bytes);
void raft_snapshot_installed(struct raft *r, const struct raft_event *ev);
void raft_snapshot_start(struct raft *r);
void raft_compact(struct raft *r, u64 index);

/* step.c */
void raft_fail(struct raft *r, enum raft_fail why, int error);
struct raft_msg raft_reply(const struct raft *r, const struct raft_msg *m,
			   enum raft_msg_type type);

#endif /* _RAFT_INTERNAL_H */
