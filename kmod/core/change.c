// SPDX-License-Identifier: GPL-2.0
/*
 * change.c - a leader changes the configuration (Raft 6, thesis 4).
 *
 * One change at a time, and none before the leader has committed an entry of its
 * own term (dissertation errata, traps 20, 21).  One node is added, removed,
 * promoted or demoted by one entry, for any majority of the configuration before
 * and any of the one after have a node in common (thesis 4.1).  Several go
 * through a joint configuration, which is left by itself, by whoever leads then
 * (thesis 4.3, trap 26).  A node that shall vote is a learner until it has
 * caught up (thesis 4.2.1, trap 29).
 *
 * Taking back: a leader that appended a configuration in its own term and has
 * not committed it may append the one before again, even without a majority of
 * the new one.  That is safe because nobody can go on from the first: a leader
 * of a later term needs a majority of the old configuration too, and then this
 * one has none.  A later leader must not, for it cannot know whether the entry
 * is committed and others went on from it.
 */
#include "raft_env.h"
#include "internal.h"

#define CATCH_UP_ROUNDS		10	/* thesis 4.2.1 */
/* Election timeouts without any progress after which a node is given up. */
#define CATCH_UP_PATIENCE	50
/* Entries of the log's room that a change may need: it, leaving it, a spare. */
#define CHANGE_ENTRIES		3

/* In one that is being made. */
static struct raft_member *find(struct raft_membership *c, u32 id)
{
	return (struct raft_member *)raft_member_of(c, id);
}

static int insert(struct raft_membership *c, const struct raft_member *m,
		  u32 flags)
{
	u32 i;

	if (c->n == RAFT_MAX_NODES)
		return -E2BIG;
	for (i = c->n++; i && c->m[i - 1].id > m->id; i--)
		c->m[i] = c->m[i - 1];
	c->m[i] = *m;
	c->m[i].flags = flags;
	return 0;
}

static void drop(struct raft_membership *c, struct raft_member *m)
{
	u32 i = (u32)(m - c->m);

	for (c->n--; i < c->n; i++)
		c->m[i] = c->m[i + 1];
	memset(&c->m[c->n], 0, sizeof(c->m[0]));
}

static bool is_learner(const struct raft_member *m)
{
	return m->flags & RAFT_MEMBER_LEARNER;
}

/* As good as the others: it would not hold up what is being committed. */
static bool caught_up(struct raft *r, u32 id)
{
	const struct raft_peer *p = raft_peer_member(r, id);

	return p && (p == r->self || p->match >= r->commit);
}

static int add_voter(struct raft *r, struct raft_membership *c,
		     const struct raft_member *m, bool joint)
{
	struct raft_member *old = find(c, m->id);

	if (old && !is_learner(old))
		return -EEXIST;
	if (!old)
		return insert(c, m, joint ? 0 : RAFT_MEMBER_LEARNER |
						RAFT_MEMBER_PROMOTE);
	if (joint || caught_up(r, m->id))
		old->flags = 0;
	else
		old->flags |= RAFT_MEMBER_PROMOTE | RAFT_MEMBER_KEEP;
	return 0;
}

/* A member keeps what it has, so it cannot become one: remove it first. */
static int add_witness(struct raft_membership *c, const struct raft_member *m,
		       bool joint)
{
	if (find(c, m->id))
		return -EEXIST;
	return insert(c, m, RAFT_MEMBER_WITNESS |
			    (joint ? 0 : RAFT_MEMBER_LEARNER |
					 RAFT_MEMBER_PROMOTE));
}

static int promote(struct raft *r, struct raft_member *old)
{
	if (!old)
		return -ENOENT;
	if (!is_learner(old))
		return -EINVAL;
	if (!caught_up(r, old->id))
		return -EAGAIN;
	old->flags = 0;
	return 0;
}

/* Voters of a joint configuration are in the old half already. */
static int demote(struct raft_member *old, bool joint)
{
	if (!old)
		return -ENOENT;
	if (is_learner(old) || old->flags & RAFT_MEMBER_WITNESS)
		return -EINVAL;
	old->flags = RAFT_MEMBER_LEARNER | (joint ? RAFT_MEMBER_OLD : 0);
	return 0;
}

static int remove(struct raft_membership *c, struct raft_member *old,
		  bool joint)
{
	if (!old)
		return -ENOENT;
	/* Voters are in the old half already. */
	if (joint && !(is_learner(old) && RAFT_MUTANT("joint-hides-learner")))
		old->flags |= RAFT_MEMBER_GONE;
	else
		drop(c, old);
	return 0;
}

static int apply_item(struct raft *r, struct raft_membership *c,
		      const struct raft_change_item *item, bool joint)
{
	struct raft_member *old = find(c, item->m.id);

	switch (item->op) {
	case RAFT_OP_ADD_LEARNER:
		return old ? -EEXIST :
			     insert(c, &item->m, RAFT_MEMBER_LEARNER);
	case RAFT_OP_ADD_VOTER:
		return add_voter(r, c, &item->m, joint);
	case RAFT_OP_JOIN:
		/* It asks for itself, maybe long ago: a member stays what it is. */
		if (old && !RAFT_MUTANT("join-changes-member"))
			return -EEXIST;
		return add_voter(r, c, &item->m, joint);
	case RAFT_OP_ADD_WITNESS:
		return add_witness(c, &item->m, joint);
	case RAFT_OP_PROMOTE:
		return promote(r, old);
	case RAFT_OP_DEMOTE:
		return demote(old, joint);
	case RAFT_OP_REMOVE:
		return remove(c, old, joint);
	case RAFT_OP_ADDRESS:
		if (!old)
			return -ENOENT;
		memcpy(old->addr, item->m.addr, sizeof(old->addr));
		return 0;
	case RAFT_OP_ABORT:
		break;
	}
	return -EINVAL;
}

static bool has_voter(const struct raft_membership *c)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (!(c->m[i].flags & (RAFT_MEMBER_LEARNER | RAFT_MEMBER_GONE)))
			return true;
	return false;
}

/*
 * Who leaves at once.  The entry says so for those who do not know the configuration
 * before, see note_left() in image.c; a joint one has who is going among its members.
 */
static u32 leaver(const struct raft_change *change)
{
	const struct raft_change_item *item = &change->item[0];

	if (change->joint || item->op != RAFT_OP_REMOVE ||
	    RAFT_MUTANT("change-hides-leaver"))
		return 0;
	return item->m.id;
}

/* The configuration that a change makes of the one in force. */
static int build(struct raft *r, const struct raft_change *change,
		 struct raft_membership *c)
{
	u32 i;
	int err;

	*c = r->conf;
	c->result = RAFT_CHANGE_DONE;
	c->subject = leaver(change);
	for (i = 0; change->joint && i < c->n; i++)
		if (!is_learner(&c->m[i]))
			c->m[i].flags |= RAFT_MEMBER_OLD;
	for (i = 0; i < change->n; i++) {
		err = apply_item(r, c, &change->item[i], change->joint);
		if (err)
			return err;
	}
	return has_voter(c) && raft_witnesses_fit(c->m, c->n) ? 0 : -EDOM;
}

/* In force from here on. */
static int append(struct raft *r, const struct raft_membership *c, u32 origin,
		  u64 incarnation, u64 serial)
{
	struct raft_entry e = {
		.type = RAFT_ENTRY_CONFIG,
		.term = r->term,
		.origin = origin,
		.incarnation = incarnation,
		.serial = serial,
		.payload = r->conf_spare,
		.len = RAFT_CONFIG_BYTES,
	};

	if (!e.payload)
		return -ENOMEM;
	raft_membership_encode(c, raft_payload_bytes(e.payload));
	if (!raft_append_local(r, &e))
		return -ENOSPC;
	/* The log has a reference of its own. */
	r->conf_spare = NULL;
	raft_payload_put(e.payload);
	r->uncommitted_bytes += e.len;
	return 0;
}

/* Who was to vote stays a learner if it was one, or is no member again. */
static void end_promotion(struct raft_membership *c, struct raft_member *m)
{
	if (m->flags & RAFT_MEMBER_KEEP)
		m->flags = RAFT_MEMBER_LEARNER;
	else
		drop(c, m);
}

static struct raft_member *find_promoted(struct raft_membership *c)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->m[i].flags & RAFT_MEMBER_PROMOTE)
			return &c->m[i];
	return NULL;
}

/* What takes back: see the top of the file. */
static int abort_change(struct raft *r, struct raft_membership *c)
{
	struct raft_member *m;

	if (r->conf.index > r->commit) {
		if (raft_log_term(&r->log, r->conf.index) != r->term ||
		    r->applied < r->commit)
			return -EAGAIN;
		/* It leaves a joint one, and that cannot be taken back. */
		if (raft_is_joint(&r->conf_applied))
			return -EBUSY;
		*c = r->conf_applied;
	} else {
		*c = r->conf;
		/* A joint one that is committed can only be left forwards. */
		if (!find_promoted(c))
			return raft_is_joint(c) ? -EBUSY : -ENOENT;
	}
	m = find_promoted(c);
	if (m)
		end_promotion(c, m);
	c->result = RAFT_CHANGE_ABORTED;
	c->subject = 0;
	return 0;
}

static int may_change(const struct raft *r)
{
	if (!raft_leader_confirmed(r) && !RAFT_MUTANT("change-before-commit"))
		return -EAGAIN;
	if (r->transfer.target)
		return -EBUSY;
	if ((r->conf.index > r->commit || raft_is_joint(&r->conf) ||
	     r->promote) && !RAFT_MUTANT("two-changes"))
		return -EBUSY;
	return 0;
}

/**
 * raft_change_execute() - begin a change of the configuration
 * @r: the core, a leader
 * @change: the change, well formed
 * @origin: node that asked for it
 * @incarnation: its boot
 * @serial: the number of its request
 *
 * Context: owner thread, in a step.
 * Return: 0, or why it is refused: see raft_update.change_result.
 */
int raft_change_execute(struct raft *r, const struct raft_change *change,
			u32 origin, u64 incarnation, u64 serial)
{
	struct raft_membership c;
	int err;

	if (change->item[0].op == RAFT_OP_ABORT) {
		err = abort_change(r, &c);
	} else {
		err = may_change(r);
		if (!err)
			err = build(r, change, &c);
	}
	if (err)
		return err;
	if (CHANGE_ENTRIES * raft_entry_disk_bytes(RAFT_CONFIG_BYTES) >
	    r->log_room)
		return -ENOSPC;
	return append(r, &c, origin, incarnation, serial);
}

/* Goes on with what the entry in force has begun, whoever asked for it. */
static void follow_up(struct raft *r, const struct raft_membership *c)
{
	const struct raft_entry *e = raft_log_entry(&r->log, r->conf.index);

	/* Without memory or room: at the next step. */
	if (e)
		append(r, c, e->origin, e->incarnation, e->serial);
	else if (r->conf.index && r->conf.index == r->image.conf.index)
		append(r, c, r->image.origin, r->image.incarnation,
		       r->image.serial);
	else
		append(r, c, 0, 0, 0);
}

static void leave_joint(struct raft *r)
{
	struct raft_membership c = r->conf;
	u32 i;

	c.result = RAFT_CHANGE_DONE;
	for (i = c.n; i--;) {
		if (c.m[i].flags & RAFT_MEMBER_GONE)
			drop(&c, &c.m[i]);
		else
			c.m[i].flags &= ~RAFT_MEMBER_OLD;
	}
	follow_up(r, &c);
}

static void end_catch_up(struct raft *r, enum raft_change_result result)
{
	struct raft_membership c = r->conf;
	struct raft_member *m = find(&c, r->promote);

	if (!m)
		return;
	c.result = result;
	if (result == RAFT_CHANGE_DONE) {
		m->flags &= RAFT_MEMBER_WITNESS;
	} else {
		c.subject = m->id;
		end_promotion(&c, m);
	}
	follow_up(r, &c);
}

static void begin_round(struct raft *r, u32 round)
{
	r->catch_up.round = round;
	r->catch_up.target = r->log.last;
	r->catch_up.since = r->now;
}

/*
 * Rounds of replication, each to what was the end of the log when it began; once
 * one takes less than an election timeout the node would not hold up the others
 * for longer than an election does (thesis 4.2.1).
 */
static void catch_up(struct raft *r)
{
	struct raft_catch_up *cu = &r->catch_up;
	const struct raft_peer *p = raft_peer_member(r, r->promote);

	if (!p)
		return;
	if (cu->id != p->id) {
		memset(cu, 0, sizeof(*cu));
		cu->id = p->id;
		cu->progress = r->now;
		begin_round(r, 1);
	}
	if (p->match > cu->match) {
		cu->match = p->match;
		cu->progress = r->now;
	}
	/* A large snapshot takes its time (trap 47). */
	cu->progress = max(cu->progress, p->snap.progress);
	if (RAFT_MUTANT("promote-empty")) {
		end_catch_up(r, RAFT_CHANGE_DONE);
	} else if (p->match < cu->target) {
		if (r->now - cu->progress >
		    CATCH_UP_PATIENCE * r->cfg.election_timeout)
			end_catch_up(r, RAFT_CHANGE_GIVEN_UP);
	} else if (r->now - cu->since < r->cfg.election_timeout) {
		end_catch_up(r, RAFT_CHANGE_DONE);
	} else if (cu->round == CATCH_UP_ROUNDS) {
		end_catch_up(r, RAFT_CHANGE_TOO_SLOW);
	} else {
		begin_round(r, cu->round + 1);
	}
}

/*
 * The leader is not in the configuration that is committed now: it has done its
 * duty (thesis 4.2.2, trap 23).  The best of the others need not wait for its
 * election timeout.
 */
static void step_down(struct raft *r)
{
	struct raft_msg m = {
		.type = RAFT_MSG_TIMEOUT_NOW,
		.term = r->term,
		.to = raft_transfer_best(r),
	};

	if (m.to)
		raft_emit(r, &m);
	raft_become_follower(r, r->term, 0);
}

/**
 * raft_change_lead() - a leader goes on with the change that is under way
 * @r: the core, a leader
 *
 * Context: owner thread, towards the end of a step.
 */
void raft_change_lead(struct raft *r)
{
	if (!r->promote)
		r->catch_up.id = 0;
	if (r->conf.index > r->commit || !raft_leader_confirmed(r))
		return;
	if (raft_is_joint(&r->conf)) {
		if (!RAFT_MUTANT("no-auto-leave"))
			leave_joint(r);
	} else if (!raft_votes(r->self)) {
		step_down(r);
	} else if (r->promote) {
		catch_up(r);
	}
}
