// SPDX-License-Identifier: GPL-2.0
/*
 * check_config.c - what must hold of configurations and reads, always.
 *
 * Follows the configuration of each node by the entries of its log, as check.c
 * follows the log, and compares with what the core says.  A configuration is in
 * force from the moment it is in the log (Raft 6), so the last one there is it;
 * cutting the log brings the one before back (trap 22).
 */
#include "sim.h"

typedef unsigned long long ull;

enum half {
	HALF_NEW,
	HALF_OLD,
};

static bool in_half(const struct raft_member *m, enum half half)
{
	if (half == HALF_OLD)
		return m->flags & RAFT_MEMBER_OLD;
	return !(m->flags & (RAFT_MEMBER_LEARNER | RAFT_MEMBER_GONE));
}

/**
 * check_joint() - is a configuration joint?
 * @c: configuration
 *
 * Return: true if so.
 */
bool check_joint(const struct raft_membership *c)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->m[i].flags & RAFT_MEMBER_OLD)
			return true;
	return false;
}

/**
 * check_votes() - has a member a vote?
 * @m: member, NULL if it is none
 *
 * Return: true if it votes in one of the halves.
 */
bool check_votes(const struct raft_member *m)
{
	return m && (in_half(m, HALF_NEW) || in_half(m, HALF_OLD));
}

/**
 * check_member() - look a member up
 * @c: configuration
 * @id: node
 *
 * Return: the member, NULL if it is none.
 */
const struct raft_member *check_member(const struct raft_membership *c, u32 id)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->m[i].id == id)
			return &c->m[i];
	return NULL;
}

/* How many vote in one half of one configuration and not in one of another. */
static u32 voters_beyond(const struct raft_membership *a, enum half half_a,
			 const struct raft_membership *b, enum half half_b)
{
	const struct raft_member *m;
	u32 i, n = 0;

	for (i = 0; i < a->n; i++) {
		if (!in_half(&a->m[i], half_a))
			continue;
		m = check_member(b, a->m[i].id);
		n += !m || !in_half(m, half_b);
	}
	return n;
}

static u32 distance(const struct raft_membership *a, enum half half_a,
		    const struct raft_membership *b, enum half half_b)
{
	return voters_beyond(a, half_a, b, half_b) +
	       voters_beyond(b, half_b, a, half_a);
}

static bool same(const struct raft_membership *a,
		 const struct raft_membership *b)
{
	return a->n == b->n && a->result == b->result &&
	       a->subject == b->subject &&
	       !memcmp(a->m, b->m, a->n * sizeof(a->m[0]));
}

/**
 * check_config_before() - the last configuration that was committed up to an index
 * @s: simulation
 * @index: the index, committed
 * @c: filled
 */
void check_config_before(const struct sim *s, u64 index,
			 struct raft_membership *c)
{
	u32 i = s->n_confs;

	while (i && s->confs[i - 1].index > index)
		i--;
	if (i) {
		*c = s->confs[i - 1];
		return;
	}
	memset(c, 0, sizeof(*c));
	c->n = sim_initial(s, c->m);
}

static bool read_config(struct sim *s, struct sim_node *n, u64 index,
			struct raft_membership *c)
{
	const struct raft_entry *e = sim_entry(n, index);
	const struct sim_payload *p = e ? e->payload : NULL;

	/* In force or not, it was committed before it was dropped. */
	if (!e && index <= n->log.base) {
		check_config_before(s, index, c);
		if (c->index == index)
			return true;
	}
	if (p && !raft_membership_decode(c, (const u8 *)p->text, e->len)) {
		c->index = index;
		return true;
	}
	sim_fail(s, "node %u: the configuration at %llu cannot be read",
		 n->id, (ull)index);
	return false;
}

static u64 last_config(const struct sim_node *n)
{
	return n->log.n ? n->log.conf[n->log.n - 1] : 0;
}

/**
 * check_config_append() - a configuration is appended to the log of a node
 * @s: simulation
 * @n: node, with its new status; the entry is the last of its log
 * @index: of the entry
 * @old: the node's status before the step
 *
 * A leader changes nothing before it has committed in its term (trap 20), and
 * has one change that is not committed at a time (trap 21), unless it takes that
 * back.
 */
void check_config_append(struct sim *s, struct sim_node *n, u64 index,
			 const struct raft_status *old)
{
	u64 term = n->log.term[index - 1], commit = n->st.commit;
	u64 before = index > 1 ? n->log.conf[index - 2] : 0;
	struct raft_membership c;

	if (!read_config(s, n, index, &c))
		return;
	if (!(n->st.role == RAFT_LEADER && n->st.term == term) &&
	    !(old->role == RAFT_LEADER && old->term == term))
		return;
	if (c.result == RAFT_CHANGE_ABORTED)
		return;
	if (before > commit)
		sim_fail(s, "leader %u changes members at %llu, %llu is not committed",
			 n->id, (ull)index, (ull)before);
	if (!commit || n->log.term[commit - 1] != term)
		sim_fail(s, "leader %u changes members before it has committed in term %llu",
			 n->id, (ull)term);
}

/* Is the snapshot gone that the log goes on from? */
static bool snapshot_gone(const struct sim_node *n)
{
	return n->st.wants > n->st.snapshot;
}

static void initial(const struct sim *s, const struct sim_node *n,
		    struct raft_membership *c)
{
	memset(c, 0, sizeof(*c));
	/* Every snapshot has the one of its time. */
	if ((n->member && !n->blank) || (n->log.base && !snapshot_gone(n)))
		c->n = sim_initial(s, c->m);
}

/**
 * check_campaign() - a node asks for votes
 * @s: simulation
 * @n: node
 *
 * Only who votes in its own configuration does (trap 25), or in an earlier one
 * that is not known to be over: nobody else may have the entry that takes its
 * vote, and then nobody else can be elected (thesis 4.2.2).
 */
void check_campaign(struct sim *s, struct sim_node *n)
{
	u64 commit = min_t(u64, n->st.commit, n->log.n);
	u64 at = last_config(n);
	struct raft_membership c;

	for (;; at = at > 1 ? n->log.conf[at - 2] : 0) {
		if (!at)
			initial(s, n, &c);
		else if (!read_config(s, n, at, &c))
			return;
		if (check_votes(check_member(&c, n->id)))
			return;
		if (at <= commit)
			break;
	}
	sim_fail(s, "node %u asks for votes and has none itself", n->id);
}

/**
 * check_config_step() - a node took a step: which configuration is in force?
 * @s: simulation
 * @n: node, with its new status
 */
void check_config_step(struct sim *s, struct sim_node *n)
{
	const struct raft_membership *now = raft_membership(n->r);
	const struct raft_member *self = check_member(now, n->id);
	struct raft_membership c;
	u64 index = last_config(n);

	/* What its snapshot said is gone with that. */
	if (snapshot_gone(n) && index <= n->log.base)
		index = 0;
	if (now->index != index) {
		sim_fail(s, "node %u follows configuration %llu, the last in its log is %llu",
			 n->id, (ull)now->index, (ull)index);
		return;
	}
	if (n->st.role == RAFT_PRECANDIDATE || n->st.role == RAFT_CANDIDATE)
		check_campaign(s, n);
	if (n->st.role == RAFT_LEADER && now->index <= n->st.commit &&
	    !check_votes(self))
		sim_fail(s, "node %u leads, but the configuration at %llu has taken its vote",
			 n->id, (ull)now->index);
	if (same(now, &n->conf) && now->index == n->conf.index)
		return;
	if (!(s->up.flags & RAFT_UP_CONFIG))
		sim_fail(s, "node %u does not say that its configuration is another",
			 n->id);
	if (!index)
		initial(s, n, &c);
	else if (!read_config(s, n, index, &c))
		return;
	if (!same(now, &c))
		sim_fail(s, "node %u follows another configuration than that at %llu",
			 n->id, (ull)index);
	n->conf = *now;
}

/* Two majorities in a row must have a node in common. */
static bool may_follow(const struct raft_membership *a,
		       const struct raft_membership *b)
{
	if (check_joint(a) && check_joint(b))
		return false;
	if (check_joint(b))
		return !distance(a, HALF_NEW, b, HALF_OLD);
	if (check_joint(a))
		return !distance(a, HALF_NEW, b, HALF_NEW) ||
		       !distance(a, HALF_OLD, b, HALF_NEW);
	return distance(a, HALF_NEW, b, HALF_NEW) <= 1;
}

/* It is committed first, and can still end without a new voter. */
static bool may_be_given_up(const struct raft_change *c)
{
	enum raft_change_op op = c->item[0].op;

	return !c->joint && (op == RAFT_OP_ADD_VOTER || op == RAFT_OP_JOIN ||
			     op == RAFT_OP_ADD_WITNESS);
}

/* Which change asked for a committed configuration must not have failed. */
static void remember_change(struct sim *s, struct sim_node *n, u64 index)
{
	const struct raft_entry *e = sim_entry(n, index);
	struct sim_prop *p;

	for (p = s->props; p; p = p->next)
		if (p->kind == SIM_CHANGE && p->node == e->origin &&
		    p->incarnation == e->incarnation && p->serial == e->serial)
			break;
	if (!p)
		return;
	if (p->outcome == SCN_FAILED && !may_be_given_up(p->change))
		sim_fail(s, "node %u was told its change failed (%d), committed at %llu",
			 p->node, p->error, (ull)index);
	p->entry = index;
}

/**
 * check_config_committed() - entries are committed, for the first time anywhere
 * @s: simulation
 * @n: node that knows it
 * @first: first index
 * @last: last index
 */
void check_config_committed(struct sim *s, struct sim_node *n, u64 first,
			    u64 last)
{
	struct raft_membership c;
	u64 i;

	if (!s->conf.n)
		s->conf.n = sim_initial(s, s->conf.m);
	if (n->log.conf[last - 1] < first)
		return;
	for (i = first; i <= last; i++) {
		if (n->log.conf[i - 1] != i || !read_config(s, n, i, &c))
			continue;
		if (!may_follow(&s->conf, &c))
			sim_fail(s, "configuration %llu after %llu: more than one voter differs",
				 (ull)i, (ull)s->conf.index);
		s->conf = c;
		s->confs = sim_grow(s->confs, (s->n_confs + 1) * sizeof(c));
		s->confs[s->n_confs++] = c;
		remember_change(s, n, i);
	}
}

/* A disk that was wiped or damaged since had it when it said so. */
static bool had(const struct sim *s, u32 id, u64 index, u64 chain)
{
	const struct sim_node *m = s->by_id[id];

	if (!m)
		return false;
	return sim_disk_has(s, m, index, chain) ||
	       (index <= m->n_lost && m->lost[index - 1] == chain);
}

/* A node that was a witness has the entry, but not what it says. */
static bool lacks_command(const struct sim *s, u32 id, u64 index)
{
	const struct sim_disk *d = &s->by_id[id]->disk;

	if (index <= d->snap.of.index)
		return raft_snapshot_is_bare(&d->snap.of);
	return index <= d->n && raft_entry_is_bare(&d->e[index - 1]);
}

/* And the command is on the disk of one of them. */
static bool half_has(const struct sim *s, const struct raft_membership *c,
		     enum half half, u64 index, u64 chain)
{
	u32 i, voters = 0, have = 0, full = 0;

	for (i = 0; i < c->n; i++) {
		if (!in_half(&c->m[i], half))
			continue;
		voters++;
		if (!had(s, c->m[i].id, index, chain))
			continue;
		have++;
		full += !lacks_command(s, c->m[i].id, index);
	}
	return 2 * have > voters && full;
}

static bool majority_has(const struct sim *s, const struct sim_node *n,
			 const struct raft_membership *c, u64 index)
{
	u64 chain = n->log.chain[index - 1];

	return half_has(s, c, HALF_NEW, index, chain) &&
	       (!check_joint(c) || half_has(s, c, HALF_OLD, index, chain));
}

/**
 * check_majority() - what is committed is durable on a majority of the voters
 * @s: simulation
 * @n: node that commits, with its new status
 * @index: up to here
 * @before: what was committed before
 *
 * Those of the configuration in force at that node; of a joint one, both.  A
 * step that appends a configuration may have committed before that or after,
 * but what it replaces was committed by its own majority, unless it was taken
 * back.
 */
void check_majority(struct sim *s, struct sim_node *n, u64 index, u64 before)
{
	const struct raft_membership *now = raft_membership(n->r);
	const struct raft_membership *was = &n->conf;
	bool enough = majority_has(s, n, now, index);

	if (now->index > was->index) {
		enough = enough || majority_has(s, n, was, index);
		if (now->result != RAFT_CHANGE_ABORTED &&
		    was->index > before && was->index <= index)
			enough = enough &&
				 majority_has(s, n, was, was->index);
	}
	if (!enough)
		sim_fail(s, "node %u commits %llu, which is not on a majority of the disks",
			 n->id, (ull)index);
}

/**
 * check_read() - a read is answered
 * @s: simulation
 * @n: node that answers
 * @p: the read, with its index
 *
 * Everything acknowledged to anybody before the read began is in what that node
 * has applied (traps 41 to 44).
 */
void check_read(struct sim *s, struct sim_node *n, const struct sim_prop *p)
{
	if (p->index < p->floor)
		sim_unkept(s, "stale read: node %u answers %llu, %llu was acknowledged before",
			   n->id, (ull)p->index, (ull)p->floor);
	if (p->index > n->applied)
		sim_unkept(s, "node %u answers a read with %llu and has applied %llu",
			   n->id, (ull)p->index, (ull)n->applied);
}

/* Is a configuration what one item of a change asked for? */
static bool as_asked(const struct raft_membership *c,
		     const struct raft_change_item *item)
{
	const struct raft_member *m = check_member(c, item->m.id);
	bool learns = m && m->flags & RAFT_MEMBER_LEARNER;

	switch (item->op) {
	case RAFT_OP_ADD_VOTER:
	case RAFT_OP_JOIN:
	case RAFT_OP_PROMOTE:
		return m && !learns && !(m->flags & RAFT_MEMBER_WITNESS);
	case RAFT_OP_ADD_WITNESS:
		return m && !learns && m->flags & RAFT_MEMBER_WITNESS;
	case RAFT_OP_ADD_LEARNER:
	case RAFT_OP_DEMOTE:
		return learns;
	case RAFT_OP_REMOVE:
		return !m;
	case RAFT_OP_ADDRESS:
		return m && !memcmp(m->addr, item->m.addr, sizeof(m->addr));
	case RAFT_OP_ABORT:
		return c->result == RAFT_CHANGE_ABORTED;
	}
	return false;
}

/* The configuration behind that at an index, if the log of a node has one. */
static bool taken_back(struct sim *s, struct sim_node *n, u64 index)
{
	struct raft_membership c;
	u64 i;

	for (i = index + 1; i <= n->log.n; i++)
		if (n->log.conf[i - 1] == i)
			return read_config(s, n, i, &c) &&
			       c.result == RAFT_CHANGE_ABORTED;
	return false;
}

/**
 * check_change() - the caller of a change is told what became of it
 * @s: simulation
 * @n: node that was asked
 * @p: the change, with its outcome
 *
 * What is in force is as it was asked, and what failed was never in force but
 * for what an abort took back, or a learner that did not come to vote.
 */
void check_change(struct sim *s, struct sim_node *n, const struct sim_prop *p)
{
	const struct raft_change *change = p->change;
	struct raft_membership c;
	u32 i;

	if (p->outcome == SCN_FAILED) {
		if (p->entry && !may_be_given_up(change) &&
		    !taken_back(s, n, p->entry))
			sim_fail(s, "node %u says a change failed (%d), committed at %llu",
				 n->id, p->error, (ull)p->entry);
		return;
	}
	if (!p->index || p->index > n->applied) {
		sim_fail(s, "node %u says a change is in force at %llu, applied up to %llu",
			 n->id, (ull)p->index, (ull)n->applied);
		return;
	}
	if (!read_config(s, n, p->index, &c))
		return;
	for (i = 0; i < change->n; i++)
		if (!as_asked(&c, &change->item[i]))
			sim_fail(s, "node %u says a change is in force, node %u is not as asked",
				 n->id, change->item[i].m.id);
	if (check_joint(&c))
		sim_fail(s, "node %u says a change is in force while it is joint",
			 n->id);
}
