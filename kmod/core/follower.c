// SPDX-License-Identifier: GPL-2.0
/*
 * follower.c - the receiving side of AppendEntries (Raft 5.3, figure 2).
 *
 * Input comes from the wire: every claim is checked, nothing is asserted.  The
 * log is cut only at a real conflict and never at or below the commit index
 * (traps 11, 12).
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_commit_to() - entries are known to be committed
 * @r: the core
 * @commit: the last one, in the log
 *
 * Context: owner thread, in a step.
 */
void raft_commit_to(struct raft *r, u64 commit)
{
	u64 i;

	if (commit <= r->commit)
		return;
	for (i = r->commit + 1; r->role == RAFT_LEADER && i <= commit; i++)
		r->uncommitted_bytes -= min_t(u64, r->uncommitted_bytes,
					      raft_log_entry(&r->log, i)->len);
	r->commit = commit;
	r->up->flags |= RAFT_UP_COMMIT;
}

static void truncate_from(struct raft *r, u64 from)
{
	raft_proposal_truncated(r, from);
	raft_log_truncate(&r->log, from);
	raft_membership_rollback(r);
	r->durable = min(r->durable, from - 1);
	r->verified = min(r->verified, from - 1);
	if (!r->truncate_from || from < r->truncate_from)
		r->truncate_from = from;
	if (r->append_first > from)
		r->append_first = from;
	if (r->bare >= from)
		r->bare = 0;
}

static void take_config(struct raft *r, const struct raft_entry *e)
{
	struct raft_membership c;

	/* It was legible when it came, or was made here. */
	if (!raft_membership_read(&c, e, r->log.last))
		return;
	raft_membership_use(r, &c);
	raft_request_logged(r, e);
}

/**
 * raft_append_local() - put an entry at the end of the own log
 * @r: the core
 * @e: the entry; its payload stays the caller's
 *
 * Context: owner thread, in a step.
 * Return: false if the disk or the memory has no room.
 */
bool raft_append_local(struct raft *r, const struct raft_entry *e)
{
	u32 bytes = raft_entry_disk_bytes(e->len);

	/* A no-op has its own reserve on disk: a term must be able to start. */
	if (e->type != RAFT_ENTRY_NOOP && bytes > r->log_room)
		return false;
	if (r->log.last >= RAFT_MAX_INDEX || !raft_log_append(&r->log, e))
		return false;
	r->log_room -= min_t(u64, bytes, r->log_room);
	if (!r->append_first)
		r->append_first = r->log.last;
	if (!r->bare && raft_entry_is_bare(e))
		r->bare = r->log.last;
	if (e->type == RAFT_ENTRY_CONFIG)
		take_config(r, e);
	else if (e->origin == r->cfg.id && e->incarnation == r->cfg.incarnation)
		r->own_logged = max(r->own_logged, e->serial);
	return true;
}

/*
 * Terms do not fall along a log, no entry is newer than its sender, and a
 * configuration is legible.  Bare entries must be meant for this boot: a witness
 * may have been emptied since, to be a full voter.
 */
static bool entries_plausible(const struct raft *r, const struct raft_msg *m)
{
	struct raft_membership c;
	u64 term = m->log_term;
	u32 i;

	if (m->index > RAFT_MAX_INDEX - RAFT_MAX_BATCH ||
	    (!m->index && m->log_term) || m->reject_index > m->term)
		return false;
	for (i = 0; i < m->n_entries; i++) {
		if (m->entries[i].term < term || m->entries[i].term > m->term ||
		    !m->entries[i].term)
			return false;
		if (m->entries[i].type == RAFT_ENTRY_CONFIG &&
		    !raft_membership_read(&c, &m->entries[i], 0))
			return false;
		if (raft_entry_is_bare(&m->entries[i]) &&
		    m->to_inc != r->cfg.incarnation)
			return false;
		term = m->entries[i].term;
	}
	return true;
}

/*
 * Sets *verified to the last index that is now known to equal the leader's log.
 * Returns false if the leader contradicts a committed entry: that is refused,
 * and is an alarm (trap 12).
 */
static bool take_entries(struct raft *r, const struct raft_msg *m,
			 u64 *verified)
{
	u64 index = m->index;
	u32 i;

	for (i = 0; i < m->n_entries; i++, index++) {
		const struct raft_entry *e = &m->entries[i];

		if (index + 1 <= r->log.last) {
			if (raft_log_term(&r->log, index + 1) == e->term &&
			    !(RAFT_MUTANT("truncate-always") &&
			      index + 1 > r->commit))
				continue;
			if (index + 1 <= r->commit) {
				r->conflicts++;
				return false;
			}
			truncate_from(r, index + 1);
		}
		if (!raft_append_local(r, e))
			break;
	}
	if (RAFT_MUTANT("truncate-always") && index < r->log.last &&
	    index >= r->commit)
		truncate_from(r, index + 1);
	*verified = index;
	return true;
}

static void reject(struct raft *r, const struct raft_msg *m)
{
	struct raft_msg out = raft_reply(r, m, RAFT_MSG_APPEND_RESP);
	u64 hint = raft_log_find_by_term(&r->log, m->index, m->log_term);

	out.flags = RAFT_MSG_REJECT;
	out.reject_index = m->index;
	out.index = hint;
	out.log_term = raft_log_term(&r->log, hint);
	raft_hold(r, &out, 0);
}

/* Nothing is taken, said or promised before a leader has let this node in. */
static void refuse_lost(struct raft *r, const struct raft_msg *m,
			enum raft_msg_type type)
{
	struct raft_msg out = raft_reply(r, m, type);

	out.flags = RAFT_MSG_REJECT | RAFT_MSG_LOST;
	raft_hold(r, &out, 0);
}

/**
 * raft_bare_up_to() - what is acknowledged up to an index may lack commands
 * @r: the core
 * @index: the index
 *
 * Context: owner thread.
 * Return: RAFT_MSG_BARE if an entry up to there has no command, else 0.
 */
u8 raft_bare_up_to(const struct raft *r, u64 index)
{
	return r->bare && r->bare <= index ? RAFT_MSG_BARE : 0;
}

/**
 * raft_handle_append() - APPEND: AppendEntries, with entries or without
 * @r: the core, a follower of m->from in m->term
 * @m: the message
 *
 * Context: owner thread, in a step.
 */
void raft_handle_append(struct raft *r, const struct raft_msg *m)
{
	struct raft_msg out = raft_reply(r, m, RAFT_MSG_APPEND_RESP);
	u64 verified;

	if (!entries_plausible(r, m))
		return;
	if (!raft_lost_take(r, m)) {
		refuse_lost(r, m, RAFT_MSG_APPEND_RESP);
		return;
	}
	if (RAFT_MUTANT("commit-own-last"))
		raft_commit_to(r, min(m->commit, r->log.last));
	/*
	 * What is committed here is the same at every leader: say so instead of
	 * comparing (trap 13).
	 */
	if (m->index < r->commit) {
		r->verified = max(r->verified, r->commit);
		out.index = r->commit;
		out.flags = raft_bare_up_to(r, out.index);
		raft_hold(r, &out, out.index);
		return;
	}
	/* 2. Reply false if there is no entry at prevLogIndex with prevLogTerm. */
	if (m->index > r->log.last ||
	    raft_log_term(&r->log, m->index) != m->log_term) {
		reject(r, m);
		return;
	}
	/* 3. and 4. Delete what conflicts, append what is new. */
	if (!take_entries(r, m, &verified))
		return;
	r->verified = max(r->verified, verified);
	/* 5. commitIndex = min(leaderCommit, index of last new entry) (trap 9). */
	raft_commit_to(r, min(m->commit, verified));
	out.index = verified;
	out.flags = raft_bare_up_to(r, out.index);
	raft_hold(r, &out, verified);
}

/**
 * raft_handle_heartbeat() - HEARTBEAT: the leader lives
 * @r: the core, a follower of m->from in m->term
 * @m: the message
 * @fresh: not a copy or a late one: this node refuses votes because of it
 *
 * The answer does not wait for entries on their way to the disk.  It tells what
 * is verified, so that the leader notices lost appends (traps 45, 46), and what
 * of that is durable, so that a lost acknowledgment does no harm.  The round and
 * the time for which this node is loyal are what reads rely on (read.c).  Who has
 * nothing new to say need not, if the leader says so (quiet.c).
 *
 * Context: owner thread, in a step.
 */
void raft_handle_heartbeat(struct raft *r, const struct raft_msg *m, bool fresh)
{
	struct raft_msg out = raft_reply(r, m, RAFT_MSG_HEARTBEAT_RESP);
	struct raft_peer *p = raft_peer_find(r, m->from);

	if (p && fresh)
		p->election_timeout = m->reject_index;
	if (raft_is_unproven(r) && !RAFT_MUTANT("lost-log-acks")) {
		refuse_lost(r, m, RAFT_MSG_HEARTBEAT_RESP);
		return;
	}
	/*
	 * Only what this leader has verified can be committed by its word: a
	 * wiped or restarted node has not verified anything yet (trap 10).
	 */
	if (RAFT_MUTANT("heartbeat-commit-unbounded"))
		raft_commit_to(r, min(m->commit, r->log.last));
	else
		raft_commit_to(r, min(m->commit, r->verified));
	out.index = r->verified;
	out.commit = min(r->verified, r->durable);
	if (RAFT_MUTANT("ack-before-durable"))
		out.commit = r->verified;
	out.flags = raft_bare_up_to(r, out.commit);
	out.log_term = raft_snapshot_wants(r);
	if (out.log_term)
		out.flags |= RAFT_MSG_WANTS;
	out.serial = m->serial;
	out.priority = r->cfg.priority;
	if (fresh && r->cfg.check_quorum)
		out.reject_index = r->cfg.election_timeout;
	if (!raft_quiet_keeps(r, m, &out, fresh))
		raft_hold(r, &out, 0);
}
