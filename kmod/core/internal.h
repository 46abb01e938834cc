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

/* Entries that a new leader takes over from its own queue in one step. */
#define RAFT_STEP_TAKE		256
/* Spare chunks that cover what one step may append: a message or as many own
 * proposals, and the no-op.
 */
#define RAFT_LOG_SPARE		4
/* FORWARD messages on the way, beyond which a follower waits. */
#define RAFT_FORWARD_ENTRIES	256

/**
 * struct raft_log_chunk - memory for RAFT_CHUNK_ENTRIES consecutive entries
 * @next: in the list of spare chunks
 * @entries: the entries
 */
struct raft_log_chunk {
	struct raft_log_chunk *next;
	struct raft_entry entries[RAFT_CHUNK_ENTRIES];
};

/**
 * struct raft_log - the log in memory, from index 1
 * @table: chunks in order; memory of the shell
 * @table_size: slots of @table
 * @n_chunks: chunks in use, from the start of @table
 * @spare: chunks given but not used yet
 * @n_spare: length of @spare
 * @last: last index, 0 if empty
 */
struct raft_log {
	struct raft_log_chunk **table;
	u32 table_size;
	u32 n_chunks;
	struct raft_log_chunk *spare;
	u32 n_spare;
	u64 last;
};

struct raft_inflight {
	u64 last;		/* last index in the message */
	u32 bytes;		/* of commands in it */
};

/**
 * struct raft_peer - a member, this node included
 * @id: node id
 * @learner: no vote
 * @state: enum raft_progress_state
 * @match: highest index known to be durable there; own slot: r->durable
 * @next: next index to send, above @match
 * @commit_sent: highest commit index sent in an AppendEntries
 * @probe_sent: PROBE: one append is on the way, wait for a sign of life
 * @probe_last: PROBE: last index in it
 * @active: answered this leader since the last CheckQuorum round
 * @last_heard: ns of the last fresh message
 * @incarnation: highest boot seen
 * @recv_seq: highest sequence number seen from @incarnation
 * @vote: +1 granted, -1 rejected, 0 unknown; pre-votes or votes, by role
 * @applied_inc: session: boot of the last applied proposal of this origin
 * @applied_serial: session: its serial
 * @appended_inc: the same for the end of the log, kept by a leader
 * @appended_serial: the same for the end of the log, kept by a leader
 * @inflight_start: first used slot of @inflight
 * @inflight_count: used slots
 * @inflight_bytes: sum over them
 * @inflight: ring of AppendEntries with entries on the way
 */
struct raft_peer {
	u32 id;
	bool learner;
	u8 state;
	u64 match;
	u64 next;
	u64 commit_sent;
	bool probe_sent;
	u64 probe_last;
	bool active;
	u64 last_heard;
	u64 incarnation;
	u64 recv_seq;
	int vote;
	u64 applied_inc;
	u64 applied_serial;
	u64 appended_inc;
	u64 appended_serial;
	u32 inflight_start;
	u32 inflight_count;
	u64 inflight_bytes;
	struct raft_inflight inflight[RAFT_MAX_INFLIGHT];
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
 * @cfg: constant
 * @self: own slot in @peers, NULL if not a member
 * @role: RAFT_LEARNER is not used here: a learner is a follower without a vote
 * @term: current term (Raft 5.1)
 * @vote: voted for in @term
 * @leader: known leader of @term, 0 if none
 * @now: of the current event
 * @random: state of the generator, mixed with every event
 * @log_room: of the current event, less what this step appended
 * @log: entries
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
 * @persist_since: when the disk last made progress, while it has work
 * @election_deadline: not for leaders
 * @heartbeat_deadline: leaders
 * @quorum_deadline: leaders: next CheckQuorum and look at the disk
 * @leader_heard: when a fresh message of @leader came
 * @withhold_until: after a crash: votes are refused until then
 * @uncommitted_bytes: leaders: bytes of commands above @commit
 * @seq: last sequence number given to a message
 * @peers: members in ascending order of id
 * @n_peers: their number
 * @pending: ring of own proposals, serials pend_first ...
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
	u64 random;
	u64 log_room;
	struct raft_log log;
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
	u64 persist_since;
	u64 election_deadline;
	u64 heartbeat_deadline;
	u64 quorum_deadline;
	u64 leader_heard;
	u64 withhold_until;
	u64 uncommitted_bytes;
	u64 seq;
	struct raft_peer peers[RAFT_MAX_NODES];
	u32 n_peers;
	struct raft_entry pending[RAFT_MAX_PENDING];
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

/* log.c */
u64 raft_log_term(const struct raft_log *log, u64 index);
struct raft_entry *raft_log_entry(const struct raft_log *log, u64 index);
bool raft_log_append(struct raft_log *log, const struct raft_entry *e);
void raft_log_truncate(struct raft_log *log, u64 from);
u64 raft_log_find_by_term(const struct raft_log *log, u64 index, u64 term);
bool raft_log_up_to_date(const struct raft_log *log, u64 last, u64 last_term);

/* progress.c */
struct raft_peer *raft_peer_find(struct raft *r, u32 id);
void raft_progress_reset(struct raft_peer *p, u64 next);
void raft_progress_probe(struct raft_peer *p, u64 next);
bool raft_progress_ack(struct raft_peer *p, u64 match);
bool raft_progress_full(const struct raft *r, const struct raft_peer *p);
void raft_progress_sent(struct raft_peer *p, u64 last, u32 bytes);

/* quorum.c */
u32 raft_quorum_size(const struct raft *r);
u64 raft_quorum_match(const struct raft *r);
int raft_quorum_vote(const struct raft *r);
bool raft_quorum_active(const struct raft *r);

/* hold.c */
void raft_emit(struct raft *r, const struct raft_msg *m);
void raft_hold(struct raft *r, const struct raft_msg *m, u64 need_index);
void raft_hold_release(struct raft *r);
bool raft_hard_state_durable(const struct raft *r);

/* election.c */
void raft_become_follower(struct raft *r, u64 term, u32 leader);
void raft_campaign(struct raft *r);
void raft_reset_election_timer(struct raft *r);
void raft_leader_seen(struct raft *r, u32 leader, bool fresh);
void raft_handle_prevote(struct raft *r, const struct raft_msg *m);
void raft_handle_vote(struct raft *r, const struct raft_msg *m);
void raft_handle_vote_resp(struct raft *r, struct raft_peer *p,
			   const struct raft_msg *m);
void raft_count_own_vote(struct raft *r);
bool raft_refuses_votes(const struct raft *r);
bool raft_disk_stalled(const struct raft *r);

/* replication.c: the leader's side */
void raft_become_leader(struct raft *r);
void raft_leader_tick(struct raft *r);
void raft_leader_replicate(struct raft *r);
void raft_leader_commit(struct raft *r);
void raft_handle_append_resp(struct raft *r, struct raft_peer *p,
			     const struct raft_msg *m);
void raft_handle_heartbeat_resp(struct raft *r, struct raft_peer *p,
				const struct raft_msg *m, bool fresh);

/* follower.c */
void raft_handle_append(struct raft *r, const struct raft_msg *m);
void raft_handle_heartbeat(struct raft *r, const struct raft_msg *m);
bool raft_append_local(struct raft *r, const struct raft_entry *e);

/* proposal.c */
void raft_propose(struct raft *r, const struct raft_event *ev);
void raft_take_pending(struct raft *r);
void raft_forward(struct raft *r);
void raft_forward_restart(struct raft *r);
void raft_handle_forward(struct raft *r, struct raft_peer *p,
			 const struct raft_msg *m);
void raft_sessions_at_end(struct raft *r);
void raft_proposal_truncated(struct raft *r, u64 from);
void raft_apply(struct raft *r);

/* step.c */
void raft_fail(struct raft *r, enum raft_fail why, int error);
struct raft_msg raft_reply(const struct raft *r, const struct raft_msg *m,
			   enum raft_msg_type type);

#endif /* _RAFT_INTERNAL_H */
