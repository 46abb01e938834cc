// SPDX-License-Identifier: GPL-2.0
/*
 * run.c - raft-sim run: a scenario drives a simulated cluster.
 *
 * Owns the meaning of the directives on the simulator: scenario.md, "Exact
 * meaning", is the contract, its numbers are cited as "rule n".
 */
#include <stdlib.h>

#include "sim.h"

struct run {
	struct sim *s;
	const struct scenario *scn;
	const struct scn_dir *d;
	char error[768];
	bool seeded;		/* the command line's seed wins */
	bool heartbeat;		/* the scenario gave one */
};

__attribute__((format(printf, 2, 3)))
static bool error(struct run *r, const char *fmt, ...)
{
	va_list args;

	if (r->error[0])
		return false;
	va_start(args, fmt);
	vsnprintf(r->error, sizeof(r->error), fmt, args);
	va_end(args);
	return false;
}

/* A node that was named before, or is by a directive that may (rule 9). */
static struct sim_node *known(struct run *r, u32 id)
{
	struct sim_node *n = r->s->by_id[id];

	if (!n)
		error(r, "expected a node of this cluster, got %u", id);
	return n;
}

static struct sim_node *stopped(struct run *r, u32 id)
{
	struct sim_node *n = known(r, id);

	/* One that stopped itself needs no crash before it boots again. */
	if (n && n->failed)
		sim_crash(r->s, n);
	if (n && n->running) {
		error(r, "expected node %u to be stopped, got a running one",
		      id);
		return NULL;
	}
	return n;
}

static struct sim_node *running(struct run *r, u32 id)
{
	struct sim_node *n = known(r, id);

	if (n && !n->running) {
		error(r, "expected node %u to be running, got a stopped one",
		      id);
		return NULL;
	}
	return n;
}

static bool do_members(struct run *r)
{
	struct sim_node *n;
	u32 i;

	for (i = 0; i < r->d->ids.n; i++) {
		n = sim_node(r->s, r->d->ids.id[i]);
		n->member = true;
		n->learner = r->d->op == SCN_LEARNERS;
		n->witness |= r->d->op == SCN_WITNESSES;
	}
	return true;
}

static bool do_option(struct run *r)
{
	struct raft_config *cfg = &r->s->cfg;
	u64 value = r->d->value;

	switch (r->d->option) {
	case SCN_OPT_ELECTION_TIMEOUT:
		cfg->election_timeout = value;
		/* A scenario that gives only one keeps the proportion. */
		if (!r->heartbeat && cfg->heartbeat >= value / 2)
			cfg->heartbeat = value / 10;
		break;
	case SCN_OPT_HEARTBEAT:
		cfg->heartbeat = value;
		r->heartbeat = true;
		break;
	case SCN_OPT_PREVOTE:
		cfg->prevote = value;
		break;
	case SCN_OPT_CHECK_QUORUM:
		cfg->check_quorum = value;
		break;
	case SCN_OPT_UNPROVEN:
		cfg->unproven = value;
		break;
	case SCN_OPT_MAX_INFLIGHT:
		cfg->max_inflight = (u32)value;
		break;
	case SCN_OPT_MAX_BATCH:
		cfg->max_batch = (u32)value;
		break;
	case SCN_OPT_MAX_UNCOMMITTED:
		cfg->max_uncommitted = value;
		break;
	case SCN_OPT_PRIORITY:
		sim_node(r->s, r->d->id)->priority = (u32)value;
		break;
	}
	return true;
}

/* A term below the last entry's is raised to it (rule 11). */
static void raise_term(struct sim_disk *d)
{
	u64 last = d->n ? d->e[d->n - 1].term : 0;

	if (d->hs.term >= last)
		return;
	d->hs.term = last;
	d->hs.vote = 0;
}

static bool do_preset(struct run *r)
{
	const struct scn_dir *d = r->d;
	struct sim_node *n = stopped(r, d->id);

	if (!n)
		return false;
	if (d->op == SCN_LOG) {
		sim_disk_preset(r->s, n, &d->terms);
	} else if (d->op == SCN_TERM) {
		n->disk.hs.term = d->value;
		n->disk.hs.vote = d->vote;
	} else {
		n->disk.hs.commit = d->value;
	}
	raise_term(&n->disk);
	return true;
}

static bool start_node(struct run *r, struct sim_node *n, bool withhold)
{
	if (n->disk.hs.commit > max_t(u64, n->disk.n, n->disk.snap.of.index))
		return error(r, "expected all committed entries of node %u, got %u of %llu",
			     n->id, n->disk.n,
			     (unsigned long long)n->disk.hs.commit);
	if (r->s->cfg.heartbeat >= r->s->cfg.election_timeout)
		return error(r, "expected a heartbeat below the election timeout");
	sim_boot(r->s, n, withhold);
	return true;
}

static bool do_start(struct run *r)
{
	struct sim *s = r->s;
	struct sim_node *n;
	u32 i;

	for (i = 0; r->d->all && i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (n->member && !n->running && !start_node(r, n, false))
			return false;
	}
	for (i = 0; i < r->d->ids.n; i++)
		sim_node(s, r->d->ids.id[i]);
	for (i = 0; i < r->d->ids.n; i++) {
		n = stopped(r, r->d->ids.id[i]);
		if (!n || !start_node(r, n, false))
			return false;
	}
	return true;
}

static bool do_expect(struct run *r)
{
	char got[400];

	if (sim_cond(r->s, &r->d->cond, got, sizeof(got)))
		return true;
	return error(r, "expected %s, got %s", r->d->cond.source, got);
}

static bool do_await(struct run *r)
{
	u64 until = r->s->now + r->d->time;
	char got[400];

	do {
		if (sim_cond(r->s, &r->d->cond, got, sizeof(got)))
			return true;
	} while (sim_next(r->s, until));
	if (r->s->failed[0] ||
	    sim_cond(r->s, &r->d->cond, got, sizeof(got)))
		return true;
	return error(r, "expected %s within %llu.%03llu ms, got %s",
		     r->d->cond.source,
		     (unsigned long long)r->d->time / 1000000,
		     (unsigned long long)r->d->time / 1000 % 1000, got);
}

static bool do_propose(struct run *r)
{
	struct sim_node *n = known(r, r->d->id);

	if (!n)
		return false;
	sim_propose(r->s, n, r->d->name, r->d->word, r->d->size, r->d->count);
	return true;
}

static bool do_read(struct run *r)
{
	struct sim_node *n = known(r, r->d->id);

	if (!n)
		return false;
	sim_read(r->s, n, r->d->name, r->d->lease);
	return true;
}

static bool do_member(struct run *r)
{
	const struct scn_dir *d = r->d;
	struct raft_change change = *d->change;
	u32 i;

	for (i = 0; i < change.n; i++) {
		struct raft_member *m = &change.item[i].m;

		if (change.item[i].op == RAFT_OP_ABORT)
			continue;
		sim_node(r->s, m->id);
		/* The line, so that a second address is another. */
		m->addr[0] = (u8)m->id;
		m->addr[1] = (u8)d->line;
	}
	sim_change(r->s, sim_node(r->s, d->id), d->name, &change);
	return true;
}

static bool do_transfer(struct run *r)
{
	const struct scn_dir *d = r->d;

	if (d->id2)
		sim_node(r->s, d->id2);
	sim_transfer(r->s, sim_node(r->s, d->id), d->name, d->id2);
	return true;
}

static bool do_partition(struct run *r)
{
	const struct scn_dir *d = r->d;
	u32 g, h, i, j;

	for (g = 0; g < d->n_groups; g++)
		for (h = 0; h < d->n_groups; h++)
			for (i = 0; i < d->groups[g].n; i++)
				for (j = 0; j < d->groups[h].n; j++)
					sim_link(r->s, d->groups[g].id[i],
						 d->groups[h].id[j], g == h);
	return true;
}

static bool do_net(struct run *r)
{
	const struct scn_net *net = &r->d->net;
	struct sim_net *to = &r->s->net;

	if (net->set & SCN_NET_LOSS)
		to->loss = net->loss;
	if (net->set & SCN_NET_DUP)
		to->dup = net->dup;
	if (net->set & SCN_NET_REORDER)
		to->reorder = net->reorder;
	if (net->set & SCN_NET_DELAY) {
		to->delay_min = net->delay_min;
		to->delay_max = net->delay_max;
	}
	return true;
}

static bool do_rule(struct run *r)
{
	const struct scn_dir *d = r->d;
	struct sim_rule *old = d->name ? sim_rule_find(r->s, d->name) : NULL;

	if (old && !old->ended)
		return error(r, "expected a new name, got a hold '%s' that is not released",
			     d->name);
	sim_rule_add(r->s, d->name, d->msg, d->id, d->id2, d->count);
	return true;
}

static bool do_release(struct run *r)
{
	struct sim_rule *rule = sim_rule_find(r->s, r->d->name);

	if (r->d->op == SCN_REPLAY) {
		if (!rule->ended)
			return error(r, "expected '%s' to be released before",
				     r->d->name);
		sim_replay(r->s, rule);
	} else if (rule->ended) {
		return error(r, "expected a hold in force, got '%s', which is released",
			     r->d->name);
	} else {
		sim_release(r->s, rule);
	}
	return true;
}

static bool do_crash(struct run *r)
{
	struct sim_node *n = running(r, r->d->id);

	if (!n)
		return false;
	sim_trace(r->s, "node %u crashes", n->id);
	if (r->d->torn)
		sim_disk_crash(r->s, n, sim_disk_units(n) / 2);
	sim_crash(r->s, n);
	return true;
}

static bool do_node(struct run *r)
{
	const struct scn_dir *d = r->d;
	struct sim_node *n;

	if (d->op == SCN_RESTART || d->op == SCN_WIPE)
		n = stopped(r, d->id);
	else
		n = running(r, d->id);
	if (!n)
		return false;
	if (d->op == SCN_RESTART)
		return start_node(r, n, true);
	if (d->op == SCN_WIPE)
		sim_disk_wipe(r->s, n);
	else if (d->op == SCN_ELECT && !n->failed)
		sim_campaign(r->s, n);
	else if (d->op == SCN_PAUSE && n->paused)
		return error(r, "expected node %u to run, got a paused one",
			     n->id);
	else if (d->op == SCN_PAUSE)
		sim_pause(r->s, n);
	else if (d->op == SCN_RESUME && !n->paused)
		return error(r, "expected node %u to be paused", n->id);
	else if (d->op == SCN_RESUME)
		sim_resume(r->s, n);
	return true;
}

/* One whose core can be asked something at once. */
static struct sim_node *awake(struct run *r, u32 id)
{
	struct sim_node *n = running(r, id);

	if (!n || sim_alive(n))
		return n;
	error(r, "expected node %u to run, got %s", id,
	      n->failed ? "one that stopped itself" : "a paused one");
	return NULL;
}

/*
 * One that reaches as far is there already, or none may be taken yet: nothing is
 * done.
 */
static bool do_snapshot(struct run *r)
{
	struct sim_node *n = awake(r, r->d->id);
	u64 at = r->d->value;
	int err;

	if (!n)
		return false;
	if (at > n->st.applied)
		return error(r, "expected an applied index, got %llu of %llu",
			     (unsigned long long)at,
			     (unsigned long long)n->st.applied);
	err = sim_snapshot(r->s, n, at);
	if (err && err != -EEXIST && err != -EBUSY)
		return error(r, "expected a snapshot of node %u, got error %d",
			     n->id, err);
	return true;
}

static bool do_compact(struct run *r)
{
	struct sim_node *n = awake(r, r->d->id);

	if (!n)
		return false;
	if (sim_compact(r->s, n, r->d->value))
		return error(r, "expected a snapshot of %llu or beyond, got one of %llu",
			     (unsigned long long)r->d->value,
			     (unsigned long long)n->st.snapshot);
	return true;
}

static bool do_disk(struct run *r)
{
	const struct scn_dir *d = r->d;
	struct sim_node *n = known(r, d->id);

	if (!n)
		return false;
	switch (d->disk) {
	case SCN_DISK_OK:
		sim_disk_ok(r->s, n);
		break;
	case SCN_DISK_STALL:
		sim_disk_stall(r->s, n, r->s->now + d->time);
		break;
	case SCN_DISK_ERROR:
		n->disk.error = -EIO;
		break;
	case SCN_DISK_FULL:
		n->disk.error = -ENOSPC;
		break;
	case SCN_DISK_CORRUPT:
		if (d->damage == SCN_DAMAGE_STATE) {
			n->disk.forgot = true;
			break;
		}
		if (d->damage != SCN_DAMAGE_ENTRY && !n->disk.snap.of.index)
			return error(r, "node %u has no snapshot", n->id);
		if (d->damage == SCN_DAMAGE_SNAPSHOT) {
			n->disk.snap_gone = true;
			break;
		}
		if (d->damage == SCN_DAMAGE_CONTENT) {
			n->disk.snap.rotten = !raft_snapshot_is_bare(&n->disk.snap.of);
			break;
		}
		if (d->value > n->disk.n || d->value <= n->disk.base)
			return error(r, "expected entry %llu on disk %u, got %llu to %u",
				     (unsigned long long)d->value, n->id,
				     (unsigned long long)n->disk.base + 1,
				     n->disk.n);
		sim_disk_corrupt(n, d->value);
		break;
	}
	return true;
}

static bool do_seed(struct run *r)
{
	if (!r->seeded)
		r->s->rng = sim_hash(r->d->value, 1);
	return true;
}

static bool do_time(struct run *r)
{
	if (r->d->op == SCN_RUN)
		sim_run(r->s, r->s->now + r->d->time);
	else
		sim_settle(r->s);
	return true;
}

static bool do_link(struct run *r)
{
	const struct scn_dir *d = r->d;

	if (d->op == SCN_HEAL) {
		sim_heal(r->s);
	} else if (d->op == SCN_ISOLATE) {
		sim_isolate(r->s, d->id);
	} else {
		sim_link(r->s, d->id, d->id2, d->up);
		if (!d->one_way)
			sim_link(r->s, d->id2, d->id, d->up);
	}
	return true;
}

/* What is not there is not yet done. */
static bool (*const todo[])(struct run *r) = {
	[SCN_SEED] = do_seed,
	[SCN_NODES] = do_members,
	[SCN_LEARNERS] = do_members,
	[SCN_WITNESSES] = do_members,
	[SCN_OPTION] = do_option,
	[SCN_LOG] = do_preset,
	[SCN_TERM] = do_preset,
	[SCN_COMMIT] = do_preset,
	[SCN_START] = do_start,
	[SCN_RUN] = do_time,
	[SCN_AWAIT] = do_await,
	[SCN_ELECT] = do_node,
	[SCN_SETTLE] = do_time,
	[SCN_PROPOSE] = do_propose,
	[SCN_LINK] = do_link,
	[SCN_ISOLATE] = do_link,
	[SCN_PARTITION] = do_partition,
	[SCN_HEAL] = do_link,
	[SCN_NET] = do_net,
	[SCN_DROP] = do_rule,
	[SCN_HOLD] = do_rule,
	[SCN_RELEASE] = do_release,
	[SCN_REPLAY] = do_release,
	[SCN_CRASH] = do_crash,
	[SCN_RESTART] = do_node,
	[SCN_WIPE] = do_node,
	[SCN_PAUSE] = do_node,
	[SCN_RESUME] = do_node,
	[SCN_DISK] = do_disk,
	[SCN_EXPECT] = do_expect,
	[SCN_READ] = do_read,
	[SCN_MEMBER] = do_member,
	[SCN_TRANSFER] = do_transfer,
	[SCN_SNAPSHOT] = do_snapshot,
	[SCN_COMPACT] = do_compact,
};

static bool execute(struct run *r)
{
	enum scn_op op = r->d->op;

	if (op < ARRAY_SIZE(todo) && todo[op])
		return todo[op](r);
	return error(r, "not yet: %s", r->d->text);
}

static bool run_all(struct run *r)
{
	u32 i;

	for (i = 0; i < r->scn->n; i++) {
		r->d = &r->scn->dir[i];
		sim_trace(r->s, "--- %u: %s", r->d->line, r->d->text);
		if (!execute(r))
			return false;
		if (r->s->failed[0])
			return error(r, "expected the invariants to hold, got %s",
				     r->s->failed);
	}
	return true;
}

/**
 * sim_run_file() - run one scenario
 * @file: its name
 * @how: how
 *
 * Return: 0 if all that it expects holds, else 1.
 */
int sim_run_file(const char *file, const struct sim_how *how)
{
	struct scenario scn;
	struct run r = { .scn = &scn, .seeded = how->seed };
	bool ok = false;

	if (scenario_load(&scn, file)) {
		if (!how->quiet)
			printf("%s\n", scn.error);
	} else {
		r.s = sim_new(how->seed ? how->seed : 1);
		r.s->window = how->window;
		r.s->trace = how->trace;
		r.s->remember = !how->quiet;
		ok = run_all(&r);
		if (!ok && !how->quiet) {
			printf("%s:%u: %s\n", file, r.d->line, r.error);
			if (!how->trace)
				sim_trace_last(r.s, stdout);
		}
		sim_free(r.s);
	}
	scenario_free(&scn);
	if (ok && !how->quiet)
		printf("ok %s\n", file);
	return !ok;
}

/**
 * sim_run_command() - raft-sim run [--trace] [--seed N] [--window N] FILE...
 * @argc: number of words behind "run"
 * @argv: the words
 *
 * Return: 0 if all scenarios pass, 1 if one does not, 2 for wrong usage.
 */
int sim_run_command(int argc, char **argv)
{
	struct sim_how how = { .window = U64_MAX };
	int i, bad = 0;

	for (i = 0; i < argc && !strncmp(argv[i], "--", 2); i++) {
		if (!strcmp(argv[i], "--trace"))
			how.trace = true;
		else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
			how.seed = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--window") && i + 1 < argc)
			how.window = strtoull(argv[++i], NULL, 0);
		else
			break;
	}
	if (i == argc || !strncmp(argv[i], "--", 2)) {
		fprintf(stderr,
			"usage: raft-sim run [--trace] [--seed N] [--window N] FILE...\n");
		return 2;
	}
	for (; i < argc; i++) {
		bad |= sim_run_file(argv[i], &how);
		fflush(stdout);
	}
	return bad;
}
