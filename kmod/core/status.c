// SPDX-License-Identifier: GPL-2.0
/*
 * status.c - looking at the core without changing it: status, names, sizes.
 */
#include "raft_env.h"
#include "internal.h"

/* Bytes of a record header on disk, rounded up generously; disk.h has the
 * format.  Room is counted in this measure everywhere.
 */
#define DISK_HEADER	128
#define DISK_BLOCK	512

/**
 * raft_entry_disk_bytes() - what an entry takes of the log at most
 * @len: bytes of command
 *
 * Context: any.
 * Return: bytes.
 */
u32 raft_entry_disk_bytes(u32 len)
{
	return (DISK_HEADER + len + DISK_BLOCK - 1) / DISK_BLOCK * DISK_BLOCK;
}

/**
 * raft_entry_at() - look at an entry
 * @r: the core
 * @index: behind what was compacted or evicted, to the last index
 *
 * Context: owner thread; any, for an index that was published as applied.
 * Return: the entry, NULL if there is none.  Its payload belongs to the log.
 */
const struct raft_entry *raft_entry_at(const struct raft *r, u64 index)
{
	return raft_log_entry(&r->log, index);
}

/**
 * raft_term_at() - term of an entry, in memory or not
 * @r: the core
 * @index: of the entry
 *
 * Context: owner thread.
 * Return: its term, 0 if it is not in the log.
 */
u64 raft_term_at(const struct raft *r, u64 index)
{
	return raft_log_term(&r->log, index);
}

static const struct raft_entry *msg_entry(const struct raft *r,
					  const struct raft_msg *m, u32 i)
{
	u64 at = m->serial + i - r->pend_first;

	if (m->type == RAFT_MSG_APPEND)
		return raft_window_entry(r, m->index + 1 + i);
	if (m->type == RAFT_MSG_FORWARD && m->flags & RAFT_MSG_CHANGE)
		return raft_request_entry(r, m->serial);
	if (m->type != RAFT_MSG_FORWARD || at >= r->pend_count)
		return NULL;
	return raft_pending_entry(r, m->serial + i);
}

/**
 * raft_msg_entry() - entry of an outgoing message
 * @r: the core
 * @m: an APPEND or FORWARD out of the update of the last step
 * @i: 0 to m->n_entries - 1
 * @e: filled with the entry as the receiver gets it: a witness without command.
 *	Its payload belongs to the core
 *
 * Context: owner thread, before the next step.
 * Return: false if there is none.
 */
bool raft_msg_entry(const struct raft *r, const struct raft_msg *m, u32 i,
		    struct raft_entry *e)
{
	const struct raft_entry *found = msg_entry(r, m, i);
	const struct raft_peer *p;

	if (!found)
		return false;
	*e = *found;
	if (m->type != RAFT_MSG_APPEND || e->type != RAFT_ENTRY_COMMAND ||
	    RAFT_MUTANT("witness-gets-commands"))
		return true;
	raft_for_each_peer(r, p) {
		if (p->id == m->to && p->flags & RAFT_MEMBER_WITNESS) {
			e->payload = NULL;
			e->len = 0;
		}
	}
	return true;
}

/**
 * raft_msg_chunk() - the entry of an outgoing SNAPSHOT
 * @m: a SNAPSHOT out of the update of the last step
 *
 * The shell reads the bytes: @m->chunk.len of them, from @m->chunk.offset of the
 * snapshot (@m->index, @m->log_term, @m->serial).
 *
 * Context: any.
 * Return: the entry without its payload.
 */
struct raft_entry raft_msg_chunk(const struct raft_msg *m)
{
	return (struct raft_entry) {
		.type = RAFT_ENTRY_CHUNK,
		.incarnation = m->chunk.total,
		.serial = m->chunk.offset,
		.len = m->chunk.len,
	};
}

/**
 * raft_applied_serial() - highest own proposal that is applied
 * @r: the core
 *
 * Context: owner thread.
 * Return: its serial at this boot, 0 if none.
 */
u64 raft_applied_serial(const struct raft *r)
{
	return r->pend_first - 1;
}

static void status_peer(const struct raft *r, const struct raft_peer *p,
			struct raft_peer_status *out)
{
	out->id = p->id;
	out->flags = p->flags;
	out->state = p->state;
	out->match = p->match;
	out->next = p->next;
	out->inflight = p->inflight_count;
	out->active = raft_heard(r, p) && !p->lost;
	out->lost = p->lost;
	out->last_heard = p->last_heard;
	out->priority = p->priority;
	/* A follower hears only the leader say it. */
	if (r->role == RAFT_LEADER || p->id == r->leader)
		out->election_timeout = p->election_timeout;
}

static void status_membership(const struct raft *r, struct raft_status *st)
{
	const struct raft_peer *p;
	u32 i;

	st->flags = r->self->flags;
	st->member = r->self->member;
	st->removed = r->was_member && !r->self->member;
	st->unproven = raft_is_unproven(r);
	st->lost = r->reach == RAFT_REACH_LOST;
	if (!st->unproven && raft_lost_lacks(r))
		st->reach = r->reach;
	st->bare = r->bare;
	st->config_index = r->conf.index;
	st->joint = raft_is_joint(&r->conf);
	st->given_up = r->given_up.subject;
	st->given_up_why = r->given_up.result;
	st->given_up_index = r->given_up.index;
	if (r->role == RAFT_LEADER) {
		st->catching_up = r->catch_up.id;
		st->round = r->catch_up.round;
		st->transferring = r->transfer.target;
		st->lease_until = raft_lease_until(r);
	}
	st->read_rounds = r->reads.rounds;
	for (i = 0; i < r->conf.n; i++) {
		if (r->conf.m[i].id == r->cfg.id)
			continue;
		raft_for_each_peer(r, p)
			if (p->id == r->conf.m[i].id)
				status_peer(r, p, &st->peers[st->n_peers++]);
	}
}

/**
 * raft_awaits_commit() - is something on its way whose commit will be heard of here?
 * @r: the core
 *
 * At a leader an entry that is not committed, elsewhere an own proposal that was
 * passed on to the leader: what is proposed meanwhile may as well go after it, all
 * at once.
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_awaits_commit(const struct raft *r)
{
	if (r->role == RAFT_LEADER)
		return r->commit < r->log.last;
	return r->leader && r->pend_count;
}

/**
 * raft_status() - the state of the group at this node
 * @r: the core
 * @st: filled
 *
 * Context: owner thread.
 */
void raft_status(const struct raft *r, struct raft_status *st)
{
	memset(st, 0, sizeof(*st));
	st->role = r->role;
	if (r->role == RAFT_FOLLOWER && r->self->member &&
	    !raft_votes(r->self))
		st->role = RAFT_LEARNER;
	else if (r->role == RAFT_FOLLOWER && r->self->member &&
		 r->self->flags & RAFT_MEMBER_WITNESS)
		st->role = RAFT_WITNESS;
	st->leader = r->leader;
	st->term = r->term;
	st->vote = r->vote;
	st->first = r->log.base + 1;
	st->window = r->log.evicted + 1;
	st->window_bytes = r->log.bytes;
	st->snapshot = r->snap.index;
	st->wants = raft_snapshot_wants(r);
	if (r->role == RAFT_LEADER)
		st->asked = raft_snapshot_asked(r);
	st->last = r->log.last;
	st->last_term = raft_log_term(&r->log, r->log.last);
	st->durable = r->durable;
	st->commit = r->commit;
	st->applied = raft_snapshot_lost(r) ? 0 : r->applied;
	st->pending = r->pend_count;
	st->clients = r->tables.n_clients;
	st->uncommitted_bytes = r->role == RAFT_LEADER ? r->uncommitted_bytes : 0;
	st->conflicts = r->conflicts;
	st->failed = r->failed;
	st->error = r->error;
	status_membership(r, st);
}

/**
 * raft_role_name() - the word for a role, as sysfs shows it
 * @role: the role
 *
 * Context: any.
 * Return: a constant string.
 */
const char *raft_role_name(enum raft_role role)
{
	switch (role) {
	case RAFT_FOLLOWER:
		return "follower";
	case RAFT_PRECANDIDATE:
		return "precandidate";
	case RAFT_CANDIDATE:
		return "candidate";
	case RAFT_LEADER:
		return "leader";
	case RAFT_LEARNER:
		return "learner";
	case RAFT_WITNESS:
		return "witness";
	}
	return "unknown";
}

static const char * const msg_names[RAFT_MSG_TYPES] = {
	[RAFT_MSG_PREVOTE] = "prevote",
	[RAFT_MSG_PREVOTE_RESP] = "prevote_resp",
	[RAFT_MSG_VOTE] = "vote",
	[RAFT_MSG_VOTE_RESP] = "vote_resp",
	[RAFT_MSG_APPEND] = "append",
	[RAFT_MSG_APPEND_RESP] = "append_resp",
	[RAFT_MSG_HEARTBEAT] = "heartbeat",
	[RAFT_MSG_HEARTBEAT_RESP] = "heartbeat_resp",
	[RAFT_MSG_SNAPSHOT] = "snapshot",
	[RAFT_MSG_SNAPSHOT_RESP] = "snapshot_resp",
	[RAFT_MSG_TIMEOUT_NOW] = "timeout_now",
	[RAFT_MSG_FORWARD] = "forward",
	[RAFT_MSG_READ_INDEX] = "read_index",
	[RAFT_MSG_READ_INDEX_RESP] = "read_index_resp",
	[RAFT_MSG_FORWARD_RESP] = "forward_resp",
	[RAFT_MSG_JOIN] = "join",
	[RAFT_MSG_JOIN_RESP] = "join_resp",
};

/**
 * raft_msg_name() - the word for a message type, as scenarios use it
 * @type: the type, any value
 *
 * Context: any.
 * Return: a constant string.
 */
const char *raft_msg_name(enum raft_msg_type type)
{
	if ((unsigned int)type >= RAFT_MSG_TYPES || !msg_names[type])
		return "unknown";
	return msg_names[type];
}

/**
 * raft_fail_name() - the word for a fail-stop reason
 * @fail: the reason
 *
 * Context: any.
 * Return: a constant string.
 */
const char *raft_fail_name(enum raft_fail fail)
{
	switch (fail) {
	case RAFT_OK:
		return "none";
	case RAFT_FAIL_DISK:
		return "disk";
	case RAFT_FAIL_INVARIANT:
		return "invariant";
	}
	return "unknown";
}

/**
 * raft_progress_name() - the word for how a peer is sent the log
 * @state: enum raft_progress_state
 *
 * Context: any.
 * Return: a constant string.
 */
const char *raft_progress_name(enum raft_progress_state state)
{
	switch (state) {
	case RAFT_PROBE:
		return "probe";
	case RAFT_REPLICATE:
		return "replicate";
	case RAFT_SNAPSHOT:
		return "snapshot";
	}
	return "unknown";
}

/**
 * raft_given_up_name() - the word for why a node was given up
 * @result: enum raft_change_result
 *
 * Context: any.
 * Return: a constant string.
 */
const char *raft_given_up_name(u8 result)
{
	switch (result) {
	case RAFT_CHANGE_GIVEN_UP:
		return "silent";
	case RAFT_CHANGE_TOO_SLOW:
		return "slow";
	default:
		return "none";
	}
}
