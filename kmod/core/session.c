// SPDX-License-Identifier: GPL-2.0
/*
 * session.c - what was applied of each origin: replicated state.
 *
 * Every replica applies the same entries, so every replica has the same table
 * and drops the same duplicates.  It must follow from applied entries alone: the
 * configuration in force, which may be ahead of them, must not be asked.
 *
 * An origin that left keeps its session, for it may come back in the same boot,
 * until its slot is needed for another: that of the node which is not a member
 * by the last applied configuration and proposed longest ago.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_is_proposal() - does an entry have a place in its origin's session?
 * @e: the entry
 *
 * Context: any.
 * Return: true for commands and what opens a client session.
 */
bool raft_is_proposal(const struct raft_entry *e)
{
	return e->type == RAFT_ENTRY_COMMAND || e->type == RAFT_ENTRY_OPEN;
}

/**
 * raft_session_next() - is this the next entry of its session?
 * @inc: boot of the last one, 0 if none
 * @serial: its serial
 * @e: the entry
 *
 * The next serial of the newest boot of the origin, or the first one of a newer
 * boot; all else is a duplicate or follows a gap.
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_session_next(u64 inc, u64 serial, const struct raft_entry *e)
{
	if (e->incarnation == inc)
		return e->serial == serial + 1;
	return e->incarnation > inc && e->serial == 1;
}

/**
 * raft_session_find() - what is applied of an origin
 * @t: the tables
 * @origin: node id; 0: a free slot
 *
 * Context: owner thread.
 * Return: its session, NULL if there is none.
 */
struct raft_session *raft_session_find(struct raft_tables *t, u32 origin)
{
	u32 i;

	for (i = 0; i < RAFT_MAX_SESSIONS; i++)
		if (t->sessions[i].origin == origin)
			return &t->sessions[i];
	return NULL;
}

/* Never NULL: there are twice as many slots as members. */
static struct raft_session *oldest_stranger(struct raft_tables *t,
					    const struct raft_membership *conf)
{
	struct raft_session *best = NULL, *s;
	u32 i;

	for (i = 0; i < RAFT_MAX_SESSIONS; i++) {
		s = &t->sessions[i];
		if (raft_member_of(conf, s->origin))
			continue;
		if (!best || s->index < best->index)
			best = s;
	}
	return best;
}

static struct raft_session *session_get(struct raft_tables *t,
					const struct raft_membership *conf,
					u32 origin)
{
	struct raft_session *s = raft_session_find(t, origin);

	if (s)
		return s;
	s = raft_session_find(t, 0);
	if (!s)
		s = oldest_stranger(t, conf);
	memset(s, 0, sizeof(*s));
	s->origin = origin;
	return s;
}

/**
 * raft_session_apply() - decide a committed command
 * @t: the tables before it
 * @conf: the last configuration before it
 * @e: the entry
 * @index: its index
 *
 * Context: owner thread, in the order of the log.
 * Return: true if it is to be applied, false if it is a duplicate.
 */
bool raft_session_apply(struct raft_tables *t,
			const struct raft_membership *conf,
			const struct raft_entry *e, u64 index)
{
	struct raft_session *s = session_get(t, conf, e->origin);

	if (!raft_session_next(s->incarnation, s->serial, e) &&
	    !RAFT_MUTANT("dup-apply"))
		return false;
	s->incarnation = e->incarnation;
	s->serial = e->serial;
	s->index = index;
	return true;
}

/**
 * raft_session_applied() - a leader begins to learn what its log holds
 * @r: the core, a leader
 * @p: slot of an origin: what is applied of it
 *
 * Context: owner thread, in a step.
 */
void raft_session_applied(struct raft *r, struct raft_peer *p)
{
	const struct raft_session *s = raft_session_find(&r->tables, p->id);

	p->appended_inc = s ? s->incarnation : 0;
	p->appended_serial = s ? s->serial : 0;
}

/**
 * raft_session_logged() - ... and goes on with an entry that is not applied yet
 * @p: slot of its origin
 * @e: the entry
 *
 * Context: owner thread, in a step, in the order of the log.
 */
void raft_session_logged(struct raft_peer *p, const struct raft_entry *e)
{
	if (!raft_is_proposal(e) ||
	    !raft_session_next(p->appended_inc, p->appended_serial, e))
		return;
	p->appended_inc = e->incarnation;
	p->appended_serial = e->serial;
}
