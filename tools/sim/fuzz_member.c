// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_member.c - random changes of the membership.
 *
 * Also nonsense: who is no member is removed, who votes is added, the last voter
 * is demoted, nobody who leads is asked.  The core must refuse it.
 */
#include "fuzz.h"

static u32 any_id(struct fuzz *f)
{
	return f->s->nodes[fuzz_random(f, f->s->n_nodes)]->id;
}

/* Operators mostly ask for what makes sense of the last committed members. */
static enum raft_change_op sensible(struct fuzz *f, u32 id)
{
	const struct raft_member *m = check_member(&f->s->conf, id);

	if (!m)
		return fuzz_percent(f, 20) ? RAFT_OP_ADD_WITNESS :
		       fuzz_percent(f, 70) ? RAFT_OP_ADD_VOTER :
					     RAFT_OP_ADD_LEARNER;
	if (m->flags & RAFT_MEMBER_WITNESS)
		return RAFT_OP_REMOVE;
	if (m->flags & RAFT_MEMBER_LEARNER)
		return fuzz_percent(f, 50) ? RAFT_OP_PROMOTE :
		       fuzz_percent(f, 50) ? RAFT_OP_ADD_VOTER :
					     RAFT_OP_REMOVE;
	return fuzz_percent(f, 65) ? RAFT_OP_REMOVE : RAFT_OP_DEMOTE;
}

/**
 * fuzz_is_lean() - may a node lack commands?
 * @n: node
 *
 * Return: true if it was to be a witness since its disk was wiped, or is.
 */
bool fuzz_is_lean(const struct sim_node *n)
{
	return n->lean || n->log.bare;
}

/* Who may lack commands can only be a witness until its disk is wiped. */
static void keep_kind(struct fuzz *f, struct raft_change_item *it)
{
	struct sim_node *n = f->s->by_id[it->m.id];

	if (it->op == RAFT_OP_ADD_WITNESS)
		n->lean = true;
	else if (fuzz_is_lean(n) && (it->op == RAFT_OP_ADD_VOTER ||
				     it->op == RAFT_OP_ADD_LEARNER))
		it->op = RAFT_OP_ADD_WITNESS;
}

static void item(struct fuzz *f, struct raft_change_item *it)
{
	it->m.id = any_id(f);
	it->op = fuzz_percent(f, 80) ? sensible(f, it->m.id) :
		 fuzz_percent(f, 20) ? RAFT_OP_ADD_WITNESS :
		 (enum raft_change_op)fuzz_between(f, RAFT_OP_ADD_LEARNER,
						   RAFT_OP_REMOVE);
	keep_kind(f, it);
	it->m.addr[0] = (u8)it->m.id;
	it->m.addr[1] = (u8)fuzz_random(f, 3);
}

static bool named(const struct raft_change *c, u32 id)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->item[i].m.id == id)
			return true;
	return false;
}

/**
 * fuzz_change() - somebody asks for a change of the membership
 * @f: fuzzer
 * @n: node that is asked
 */
void fuzz_change(struct fuzz *f, struct sim_node *n)
{
	struct raft_change c = { .n = 1 };
	struct raft_change_item it = { 0 };
	u32 i, want;

	if (fuzz_percent(f, 12)) {
		c.item[0].op = RAFT_OP_ABORT;
	} else if (fuzz_percent(f, 8)) {
		item(f, &c.item[0]);
		c.item[0].op = RAFT_OP_ADDRESS;
	} else if (fuzz_percent(f, 30)) {
		c.joint = true;
		c.n = 0;
		want = (u32)fuzz_between(f, 1, 4);
		for (i = 0; i < want; i++) {
			item(f, &it);
			if (!named(&c, it.m.id))
				c.item[c.n++] = it;
		}
	} else {
		item(f, &c.item[0]);
		if (c.item[0].op == RAFT_OP_ADD_VOTER && fuzz_percent(f, 50))
			c.item[0].op = RAFT_OP_JOIN;
	}
	/* Operators tend to ask those who can do it. */
	if (fuzz_percent(f, 60))
		for (i = 0; i < f->s->n_nodes; i++)
			if (sim_alive(f->s->nodes[i]) &&
			    f->s->nodes[i]->st.role == RAFT_LEADER)
				n = f->s->nodes[i];
	sim_change(f->s, n, NULL, &c);
}

static void decode(const struct raft_entry *e, u64 index,
		   struct raft_membership *c)
{
	const struct sim_payload *p = e->payload;

	if (!raft_membership_decode(c, (const u8 *)p->text, e->len))
		c->index = index;
}

/**
 * fuzz_log_config() - the configuration that a node follows, or would
 * @s: simulation
 * @n: node, running or not
 * @c: filled; no members if it has none
 */
void fuzz_log_config(const struct sim *s, const struct sim_node *n,
		     struct raft_membership *c)
{
	u32 i;

	if (n->running && !n->failed) {
		*c = n->conf;
		return;
	}
	memset(c, 0, sizeof(*c));
	for (i = n->disk.n; i > n->disk.snap.of.index; i--) {
		if (n->disk.e[i - 1].type != RAFT_ENTRY_CONFIG)
			continue;
		decode(&n->disk.e[i - 1], i, c);
		return;
	}
	if (n->disk.snap.of.index) {
		check_config_before(s, n->disk.snap.of.index, c);
		return;
	}
	if (n->member && !n->blank)
		c->n = sim_initial(s, c->m);
}

static bool in_half(const struct raft_member *m, bool old)
{
	return old ? m->flags & RAFT_MEMBER_OLD :
		     !(m->flags & (RAFT_MEMBER_LEARNER | RAFT_MEMBER_GONE));
}

/* Would a majority still have what it ever had, and the commands? */
static bool half_stays(const struct sim *s, const struct raft_membership *c,
		       bool old, const struct sim_node *n)
{
	u32 i, voters = 0, bare = 0, witnesses = 0;
	const struct sim_node *m;
	bool goes = false;

	for (i = 0; i < c->n; i++) {
		if (!in_half(&c->m[i], old))
			continue;
		m = s->by_id[c->m[i].id];
		voters++;
		witnesses += !!(c->m[i].flags & RAFT_MEMBER_WITNESS);
		bare += m == n || fuzz_lacks(s, m);
		goes |= m == n && !(c->m[i].flags & RAFT_MEMBER_WITNESS);
	}
	/* Next to witnesses it may be the only one with the commands. */
	return !voters || (2 * bare < voters && !(goes && witnesses));
}

static bool stays(const struct sim *s, const struct raft_membership *c,
		  const struct sim_node *n)
{
	return half_stays(s, c, false, n) && half_stays(s, c, true, n);
}

/**
 * fuzz_is_whole() - has a majority all that it ever had, by any configuration?
 * @s: simulation
 * @n: a node that shall count as one that has not, or NULL
 *
 * Return: true if so.
 */
bool fuzz_is_whole(const struct sim *s, const struct sim_node *n)
{
	struct raft_membership c = { 0 };
	u32 i;

	c.n = sim_initial(s, c.m);
	if (!stays(s, &c, n) || !stays(s, &s->conf, n))
		return false;
	for (i = 0; i < s->n_nodes; i++) {
		fuzz_log_config(s, s->nodes[i], &c);
		if (!stays(s, &c, n))
			return false;
	}
	return true;
}

/**
 * fuzz_may_lose() - may a node lose its disk and start as it did at first?
 * @s: simulation
 * @n: node
 *
 * Not one that came later (Documentation/core.rst, "A log that was lost"), and not
 * so many that there is no majority of others.
 *
 * Return: true if so.
 */
bool fuzz_may_lose(const struct sim *s, const struct sim_node *n)
{
	return n->member && !n->blank && fuzz_is_whole(s, n);
}

/*
 * Does anybody count on what a node's disk has?  Who does not know yet that it
 * was removed may ask it for its vote, and would get it (trap 27).
 */
static bool wanted(const struct sim *s, u32 id)
{
	struct raft_membership c;
	u32 i;

	if (!s->conf.n || check_member(&s->conf, id))
		return true;
	for (i = 0; i < s->n_nodes; i++) {
		if (s->nodes[i]->id == id)
			continue;
		fuzz_log_config(s, s->nodes[i], &c);
		if (c.n && (c.index < s->conf.index || check_member(&c, id)))
			return true;
	}
	return false;
}

/**
 * fuzz_replace() - a node that was removed loses its disk and comes back blank
 * @f: fuzzer
 * @n: node; nothing happens if anybody may still count on it
 */
void fuzz_replace(struct fuzz *f, struct sim_node *n)
{
	struct sim *s = f->s;

	if (wanted(s, n->id))
		return;
	sim_trace(s, "node %u is replaced", n->id);
	sim_crash(s, n);
	sim_disk_wipe(s, n);
	n->blank = true;
	n->lean = false;
	sim_boot(s, n, true);
}
