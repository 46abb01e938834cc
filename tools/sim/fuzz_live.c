// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_live.c - the second phase of a seed: faults end, and it must work.
 *
 * Safety alone is easy: do nothing.  When all nodes are up, all links whole and
 * all disks well, the members must elect a leader, decide all that was asked of
 * them and bring all logs to the same end, and everything that was ever
 * acknowledged must be where it was said to be, on every member.  And then the
 * membership can be changed and the leadership handed over, whatever was before.
 */
#include "fuzz.h"

/*
 * Generous: a correct cluster needs a few election timeouts.  Without PreVote a
 * candidate that cannot win, for it lacks entries or votes only in an old
 * configuration, raises the term of voters again and again, and who could win
 * is a term behind until chance helps.
 */
static u64 patience_of(const struct sim *s)
{
	return (s->cfg.prevote ? 50 : 500) * s->cfg.election_timeout;
}

static void end_faults(struct fuzz *f)
{
	struct sim *s = f->s;
	u32 i;

	sim_trace(s, "all faults end");
	s->net.loss = 0;
	s->net.dup = 0;
	s->net.reorder = 0;
	s->net.delay_min = SIM_DELAY;
	s->net.delay_max = SIM_DELAY;
	sim_heal(s);
	for (i = 0; i < FUZZ_HOLDS; i++)
		if (f->holds[i])
			f->holds[i]->ended = true;
	for (i = 0; i < s->n_nodes; i++) {
		s->nodes[i]->disk.room = U64_MAX;
		sim_disk_ok(s, s->nodes[i]);
		if (s->nodes[i]->paused)
			sim_resume(s, s->nodes[i]);
		if (s->nodes[i]->failed)
			sim_crash(s, s->nodes[i]);
	}
}

static bool votes(const struct sim *s, const struct sim_node *n)
{
	return check_votes(check_member(&s->conf, n->id));
}

/* Boots all nodes but @down voters, which are the next to crash if they run. */
static void boot(struct fuzz *f, u32 down)
{
	struct sim *s = f->s;
	u32 i, k = (u32)fuzz_random(f, s->n_nodes);

	for (i = 0; i < s->n_nodes && !s->failed[0]; i++) {
		struct sim_node *n = s->nodes[(i + k) % s->n_nodes];

		if (down && votes(s, n)) {
			sim_crash(s, n);
			down--;
		} else if (!n->running) {
			sim_boot(s, n, true);
		}
	}
}

/* The one who leads the latest term, or NULL. */
static struct sim_node *leader(const struct sim *s)
{
	struct sim_node *n, *best = NULL;
	u32 i;

	for (i = 0; i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (n->running && n->st.role == RAFT_LEADER &&
		    (!best || n->st.term > best->st.term))
			best = n;
	}
	return best;
}

/* Does it run, and does the leader, or if there is none it itself, count it in? */
static bool belongs(const struct sim *s, const struct sim_node *n)
{
	const struct sim_node *l = leader(s);

	return n->running && check_member(l ? &l->conf : &n->conf, n->id);
}

/* Nothing is under way that goes on by itself. */
static bool is_final(const struct raft_membership *c)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->m[i].flags & (RAFT_MEMBER_OLD | RAFT_MEMBER_PROMOTE))
			return false;
	return true;
}

static bool has_leader(struct sim *s)
{
	const struct sim_node *n, *l = leader(s);
	u32 i;

	for (i = 0; l && i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (belongs(s, n) && n->st.leader != l->id)
			return false;
	}
	return l && l->conf.index <= l->st.commit && is_final(&l->conf);
}

static bool all_decided(struct sim *s)
{
	const struct sim_node *n;
	u32 i;

	for (i = 0; i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (belongs(s, n) && (n->st.pending || n->reads || n->change ||
				      n->abort || n->transfer))
			return false;
	}
	return true;
}

static bool all_equal(struct sim *s)
{
	const struct sim_node *n, *a = leader(s);
	u32 i;

	for (i = 0; a && i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (!belongs(s, n))
			continue;
		if (n->log.n != a->log.n || n->applied != a->log.n ||
		    n->disk.n != a->log.n)
			return false;
		if (a->log.n && n->log.chain[a->log.n - 1] !=
				a->log.chain[a->log.n - 1])
			return false;
		if (n->log.bare && n->st.role != RAFT_WITNESS)
			return false;
		/* What is known to be damaged is fetched. */
		if (n->stateless || n->st.wants)
			return false;
	}
	return a;
}

/* Grows as long as a backlog is worked off, and then no more. */
static u64 work_done(const struct sim *s)
{
	u64 done = check_committed(s);
	u32 i;

	for (i = 0; i < s->n_nodes; i++)
		done += s->nodes[i]->applied + s->nodes[i]->disk.n;
	return done;
}

/* The node among the voters that run and are witnesses, or not, with most. */
static const struct sim_node *longest(const struct sim *s, bool witness)
{
	const struct sim_node *n, *best = NULL;
	const struct raft_member *m;
	u32 i;

	for (i = 0; i < s->n_nodes; i++) {
		n = s->nodes[i];
		m = check_member(&s->conf, n->id);
		if (!n->running || !check_votes(m) ||
		    !(m->flags & RAFT_MEMBER_WITNESS) == witness)
			continue;
		if (!best || n->st.last_term > best->st.last_term ||
		    (n->st.last_term == best->st.last_term &&
		     n->st.last > best->st.last))
			best = n;
	}
	return best;
}

/*
 * The limit of witnesses: one of a bare majority knows of an entry that only
 * those have who are down (Documentation/core.rst).  Safety goes first.
 */
static bool only_a_witness_knows(const struct sim *s)
{
	const struct sim_node *w = longest(s, true), *n = longest(s, false);

	if (!w || leader(s))
		return false;
	return !n || w->st.last_term > n->st.last_term ||
	       (w->st.last_term == n->st.last_term && w->st.last > n->st.last);
}

/* What is damaged on too many disks, or is only there, nobody gives back. */
static bool somebody_lacks(const struct sim *s)
{
	u32 i;

	for (i = 0; i < s->n_nodes; i++)
		if (sim_disk_lacks(&s->nodes[i]->disk) ||
		    s->nodes[i]->stateless ||
		    sim_snapshot_lacks(s->nodes[i]))
			return true;
	return false;
}

/* There are two ways in which a group may have to wait. */
static bool may_be_stuck(struct fuzz *f)
{
	struct sim *s = f->s;

	if (f->hopeless) {
		s->waits = somebody_lacks(s) &&
			   (f->damage || !fuzz_is_whole(s, NULL) ||
			    only_a_witness_knows(s));
		s->count.waits += s->waits;
		return s->waits;
	}
	if (!f->few || !only_a_witness_knows(s))
		return false;
	s->count.stuck++;
	return true;
}

/* Lets time pass until something holds, or patience ends without progress. */
static void wait_for(struct fuzz *f, bool (*holds)(struct sim *s),
		     const char *what)
{
	struct sim *s = f->s;
	u64 patience = patience_of(s);
	u64 until = s->now + patience;
	u64 done = work_done(s);

	while (!s->failed[0] && !f->stuck && !holds(s)) {
		if (!sim_next(s, until) && !s->failed[0]) {
			f->stuck = may_be_stuck(f);
			if (f->stuck)
				return;
			sim_fail(s, "liveness: %s does not happen", what);
			return;
		}
		if (work_done(s) > done) {
			done = work_done(s);
			until = s->now + patience;
		}
	}
}

/* A command at a node; what waits there may have to go first. */
static void propose_at(struct fuzz *f, struct sim_node *n)
{
	struct sim *s = f->s;
	u64 patience = patience_of(s);
	u64 until = s->now + patience;
	u64 done = work_done(s);
	struct sim_prop *p;

	while (!s->failed[0]) {
		p = sim_propose(s, n, NULL, "live", 0, 0);
		if (p->outcome != SCN_FAILED || s->failed[0])
			return;
		/* It may learn only now that it is no member, or that it is. */
		if (s->refused == -ENOTCONN && !belongs(s, n))
			return;
		if (s->refused != -EAGAIN && s->refused != -ENOTCONN) {
			sim_fail(s, "liveness: node %u refuses a proposal: %d",
				 n->id, s->refused);
			return;
		}
		if (work_done(s) > done) {
			done = work_done(s);
			until = s->now + patience;
		}
		if (s->now >= until) {
			f->stuck = may_be_stuck(f);
			if (!f->stuck)
				sim_fail(s, "liveness: node %u is never ready for a proposal",
					 n->id);
			return;
		}
		sim_run(s, s->now + s->cfg.heartbeat);
	}
}

static void acknowledged_are_there(struct sim *s)
{
	const struct sim_prop *p;
	u32 i;

	for (p = s->props; p; p = p->next) {
		if (p->kind != SIM_COMMAND || p->outcome != SCN_COMMITTED)
			continue;
		for (i = 0; i < s->n_nodes && !s->failed[0]; i++) {
			if (!belongs(s, s->nodes[i]))
				continue;
			/* What it applied was compared with what all did. */
			if (p->index > s->nodes[i]->applied ||
			    !check_is_fate(s, p))
				sim_unkept(s, "'%s' of %u, acknowledged at %llu, is not on %u",
					   p->payload->text, p->node,
					   (unsigned long long)p->index,
					   s->nodes[i]->id);
		}
	}
}

static void nothing_forgotten(struct sim *s)
{
	const struct sim_prop *p;
	char text[200];

	for (p = s->props; p && !s->failed[0]; p = p->next) {
		if (p->outcome != SCN_PENDING ||
		    !belongs(s, s->by_id[p->node]))
			continue;
		sim_fail(s, "liveness: '%s' of node %u is forgotten",
			 p->kind == SIM_COMMAND ? p->payload->text :
			 sim_ask_text(p, text, sizeof(text)), p->node);
	}
}

static void must_work(struct fuzz *f)
{
	struct sim *s = f->s;
	u32 i;

	f->stuck = false;
	wait_for(f, has_leader, "an election");
	for (i = 0; i < s->n_nodes && !s->failed[0] && !f->stuck; i++) {
		if (!belongs(s, s->nodes[i]))
			continue;
		propose_at(f, s->nodes[i]);
		if (f->reads)
			sim_read(s, s->nodes[i], NULL, fuzz_random(f, 2));
	}
	wait_for(f, all_decided, "an answer to all that was asked");
	if (!f->stuck)
		nothing_forgotten(s);
	wait_for(f, has_leader, "agreement on a leader");
	wait_for(f, all_equal, "agreement of all logs");
}

static struct sim_node *any_member(struct fuzz *f)
{
	struct sim *s = f->s;
	u32 i, k = (u32)fuzz_random(f, s->n_nodes);

	for (i = 0; i < s->n_nodes; i++)
		if (belongs(s, s->nodes[(i + k) % s->n_nodes]))
			return s->nodes[(i + k) % s->n_nodes];
	return NULL;
}

/* Until it is decided, or patience ends without progress. */
static void await_decision(struct sim *s, const struct sim_prop *p)
{
	u64 patience = patience_of(s);
	u64 until = s->now + patience;
	u64 done = work_done(s);

	while (p->outcome == SCN_PENDING && sim_next(s, until)) {
		if (work_done(s) == done)
			continue;
		done = work_done(s);
		until = s->now + patience;
	}
}

/* Asks again while the answer is that it is not the time. */
static void must_succeed(struct fuzz *f, const struct raft_change *c,
			 u32 target)
{
	struct sim *s = f->s;
	u64 until = s->now + patience_of(s);
	struct sim_prop *p = NULL;
	struct sim_node *n;
	char text[200];

	while (!s->failed[0] && s->now < until) {
		n = any_member(f);
		if (!n)
			break;
		/* Who goes and is behind may never see that it went. */
		if (c && c->item[0].op == RAFT_OP_REMOVE &&
		    c->item[0].m.id == n->id)
			n = leader(s);
		p = c ? sim_change(s, n, NULL, c) :
			sim_transfer(s, n, NULL, target);
		await_decision(s, p);
		if (p->outcome == SCN_COMMITTED)
			return;
		if (p->outcome == SCN_PENDING)
			break;
		sim_run(s, s->now + s->cfg.election_timeout);
	}
	if (!s->failed[0])
		sim_fail(s, "liveness: %s: %d", p ?
			 sim_ask_text(p, text, sizeof(text)) : "a request",
			 p ? p->error : 0);
}

static void change(struct fuzz *f, enum raft_change_op op, u32 id)
{
	struct raft_change c = { .n = 1 };

	c.item[0].op = op;
	c.item[0].m.id = id;
	c.item[0].m.addr[0] = (u8)id;
	must_succeed(f, &c, 0);
}

/* How many voters there are, and how many of them are witnesses. */
static u32 count_voters(const struct sim *s, u32 *witnesses)
{
	u32 i, n = 0;

	*witnesses = 0;
	for (i = 0; i < s->conf.n; i++) {
		n += check_votes(&s->conf.m[i]);
		*witnesses += !!(s->conf.m[i].flags & RAFT_MEMBER_WITNESS);
	}
	return n;
}

static bool is_witness(const struct sim *s, const struct sim_node *n)
{
	return check_member(&s->conf, n->id)->flags & RAFT_MEMBER_WITNESS;
}

/* Who may lack commands can only be a witness, and at most half may. */
static void must_add(struct fuzz *f, struct sim_node *n)
{
	u32 witnesses, voters = count_voters(f->s, &witnesses);

	if (!fuzz_is_lean(n) || check_member(&f->s->conf, n->id))
		change(f, RAFT_OP_ADD_VOTER, n->id);
	else if (2 * (witnesses + 1) <= voters + 1)
		change(f, RAFT_OP_ADD_WITNESS, n->id);
}

/* A full voter can go if the witnesses are not too many then. */
static struct sim_node *must_remove(struct fuzz *f, u32 k)
{
	struct sim *s = f->s;
	u32 i, witnesses, voters = count_voters(s, &witnesses);
	struct sim_node *n;

	for (i = 0; i < s->n_nodes; i++) {
		n = s->nodes[(k + i) % s->n_nodes];
		if (!votes(s, n) ||
		    (!is_witness(s, n) && 2 * witnesses > voters - 1))
			continue;
		change(f, RAFT_OP_REMOVE, n->id);
		return n;
	}
	return NULL;
}

/* All that is no member becomes one; one goes; one is told to lead. */
static void must_change(struct fuzz *f)
{
	struct sim *s = f->s;
	u32 i, n, lean = 0, pass, k = (u32)fuzz_random(f, s->n_nodes);

	/* Who was removed in the middle of asking for something asks on. */
	for (pass = 0; pass < 3 && !s->failed[0]; pass++)
		for (i = 0; i < s->n_nodes && !s->failed[0]; i++)
			if (!votes(s, s->nodes[i]))
				must_add(f, s->nodes[i]);
	if (s->failed[0])
		return;
	for (i = 0; i < s->n_nodes; i++)
		lean += fuzz_is_lean(s->nodes[i]) && !votes(s, s->nodes[i]);
	n = count_voters(s, &i);
	if (n + lean != s->n_nodes) {
		sim_fail(s, "%u voters of %u nodes after all were added", n,
			 s->n_nodes);
		return;
	}
	if (n < 2 || !must_remove(f, k))
		return;
	for (i = 0; i < s->n_nodes && !s->failed[0]; i++) {
		struct sim_node *to = s->nodes[(k + 1 + i) % s->n_nodes];

		if (!votes(s, to) || is_witness(s, to))
			continue;
		must_succeed(f, NULL, to->id);
		break;
	}
}

static u32 minority(const struct sim *s)
{
	u32 witnesses, n = count_voters(s, &witnesses);

	return n ? (n - 1) / 2 : 0;
}

/* Clients look at all there is, at every member. */
static void last_reads(struct sim *s)
{
	const struct sim_prop *p;
	u32 i;

	history_last(s);
	for (i = 0; i < s->n_nodes && !s->failed[0]; i++) {
		if (!belongs(s, s->nodes[i]) ||
		    s->nodes[i]->st.role == RAFT_WITNESS)
			continue;
		p = sim_read(s, s->nodes[i], NULL, false);
		await_decision(s, p);
		if (p->outcome != SCN_COMMITTED)
			sim_fail(s, "liveness: the last read of node %u: %s, %d",
				 s->nodes[i]->id,
				 scenario_outcome_name(p->outcome), p->error);
	}
}

static void last_looks(struct sim *s)
{
	acknowledged_are_there(s);
	if (!s->failed[0])
		last_reads(s);
}

static void must_work_with_few(struct fuzz *f)
{
	boot(f, minority(f->s));
	f->few = true;
	must_work(f);
	f->few = false;
}

/**
 * fuzz_liveness() - faults end: elect, commit, agree, change
 * @f: fuzzer
 *
 * Sometimes first with as few voters as can do, then with all.  While a change
 * of the membership may be on its way nobody knows who they are; and who lost
 * its disk, or a part of it, needs a majority of the others.  If there may be none,
 * it may wait for ever.
 */
void fuzz_liveness(struct fuzz *f)
{
	struct sim *s = f->s;
	u32 voters;

	if (!s->conf.n)
		s->conf.n = sim_initial(s, s->conf.m);
	end_faults(f);
	if (!f->changes && !f->hopeless && !fuzz_random(f, 2) &&
	    ((!s->cfg.unproven && !f->damage) || !fuzz_bare(s, NULL, &voters)))
		must_work_with_few(f);
	boot(f, 0);
	must_work(f);
	if (f->stuck || (f->hopeless && f->damage)) {
		if (!f->stuck)
			last_looks(s);
		return;
	}
	if (!s->failed[0] && f->changes && !fuzz_random(f, 2)) {
		must_work_with_few(f);
		boot(f, 0);
		must_work(f);
	}
	if (!s->failed[0] && (f->changes || f->transfers)) {
		must_change(f);
		must_work(f);
	}
	last_looks(s);
}
