// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_live.c - the second phase of a seed: faults end, and it must work.
 *
 * Safety alone is easy: do nothing.  When all nodes are up, all links whole and
 * all disks well, the cluster must elect a leader, decide every proposal and
 * bring all logs to the same end, and everything that was ever acknowledged
 * must be where it was said to be, on every node.
 */
#include "fuzz.h"

/* Generous: a correct cluster needs a few election timeouts. */
#define PATIENCE	50ULL

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

/* Boots all nodes but @down voters, which are the next to crash if they run. */
static void boot(struct fuzz *f, u32 down)
{
	struct sim *s = f->s;
	u32 i, k = (u32)fuzz_random(f, s->n_nodes);

	for (i = 0; i < s->n_nodes && !s->failed[0]; i++) {
		struct sim_node *n = s->nodes[(i + k) % s->n_nodes];

		if (down && !n->learner) {
			sim_crash(s, n);
			down--;
		} else if (!n->running) {
			sim_boot(s, n, true);
		}
	}
}

static bool has_leader(struct sim *s)
{
	u32 i, leader = 0;

	for (i = 0; i < s->n_nodes; i++)
		if (s->nodes[i]->running &&
		    s->nodes[i]->st.role == RAFT_LEADER)
			leader = s->nodes[i]->id;
	for (i = 0; leader && i < s->n_nodes; i++)
		if (s->nodes[i]->running && s->nodes[i]->st.leader != leader)
			return false;
	return leader;
}

static bool all_decided(struct sim *s)
{
	u32 i;

	for (i = 0; i < s->n_nodes; i++)
		if (s->nodes[i]->running && s->nodes[i]->st.pending)
			return false;
	return true;
}

static bool all_equal(struct sim *s)
{
	const struct sim_node *n, *a = NULL;
	u32 i;

	for (i = 0; i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (!n->running)
			continue;
		if (!a)
			a = n;
		if (n->log.n != a->log.n || n->applied != a->log.n ||
		    n->disk.n != a->log.n)
			return false;
		if (a->log.n && n->log.chain[a->log.n - 1] !=
				a->log.chain[a->log.n - 1])
			return false;
	}
	return true;
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

/* Lets time pass until something holds, or patience ends without progress. */
static void wait_for(struct sim *s, bool (*holds)(struct sim *s),
		     const char *what)
{
	u64 patience = PATIENCE * s->cfg.election_timeout;
	u64 until = s->now + patience;
	u64 done = work_done(s);

	while (!s->failed[0] && !holds(s)) {
		if (!sim_next(s, until) && !s->failed[0]) {
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
static void propose_at(struct sim *s, struct sim_node *n)
{
	u64 patience = PATIENCE * s->cfg.election_timeout;
	u64 until = s->now + patience;
	u64 done = work_done(s);
	struct sim_prop *p;

	while (!s->failed[0]) {
		p = sim_propose(s, n, NULL, "live", 0, 0);
		if (p->outcome != SCN_FAILED || s->failed[0])
			return;
		if (s->refused != -EAGAIN) {
			sim_fail(s, "liveness: node %u refuses a proposal: %d",
				 n->id, s->refused);
			return;
		}
		if (work_done(s) > done) {
			done = work_done(s);
			until = s->now + patience;
		}
		if (s->now >= until) {
			sim_fail(s, "liveness: node %u is never ready for a proposal",
				 n->id);
			return;
		}
		sim_run(s, s->now + s->cfg.heartbeat);
	}
}

static void acknowledged_are_there(struct sim *s)
{
	const struct raft_entry *e;
	const struct sim_prop *p;
	u32 i;

	for (p = s->props; p; p = p->next) {
		if (p->outcome != SCN_COMMITTED)
			continue;
		for (i = 0; i < s->n_nodes && !s->failed[0]; i++) {
			e = p->index <= s->nodes[i]->log.n ?
			    raft_entry_at(s->nodes[i]->r, p->index) : NULL;
			if (!e || e->payload != p->payload ||
			    !(e->flags & RAFT_ENTRY_APPLIED))
				sim_fail(s, "'%s' of %u, acknowledged at %llu, is not on %u",
					 p->payload->text, p->node,
					 (unsigned long long)p->index,
					 s->nodes[i]->id);
		}
	}
}

static void must_work(struct sim *s)
{
	const struct sim_prop *p;
	u32 i;

	wait_for(s, has_leader, "an election");
	for (i = 0; i < s->n_nodes; i++)
		if (s->nodes[i]->running)
			propose_at(s, s->nodes[i]);
	wait_for(s, all_decided, "the commit of all proposals");
	for (p = s->props; p && !s->failed[0]; p = p->next)
		if (p->outcome == SCN_PENDING)
			sim_fail(s, "liveness: '%s' of node %u is forgotten",
				 p->payload->text, p->node);
	wait_for(s, all_equal, "agreement of all logs");
}

/**
 * fuzz_liveness() - faults end: elect, commit, agree
 * @f: fuzzer
 *
 * Sometimes first with as few voters as can do, then with all.
 */
void fuzz_liveness(struct fuzz *f)
{
	struct sim *s = f->s;
	u32 i, voters = 0;

	end_faults(f);
	for (i = 0; i < s->n_nodes; i++)
		voters += !s->nodes[i]->learner;
	if (!fuzz_random(f, 2)) {
		boot(f, (voters - 1) / 2);
		must_work(s);
	}
	boot(f, 0);
	must_work(s);
	acknowledged_are_there(s);
}
