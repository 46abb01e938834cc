// SPDX-License-Identifier: GPL-2.0
/*
 * exec.c - the directives, one after the other.
 *
 * Time here is the guest's simulated clock: it stands while anything computes
 * and jumps while everything sleeps.  Messages are delayed by netem, so between
 * directives nothing arrives.  "settle" cannot stop the clock: it lets short
 * pieces of time pass until nothing moves, a millisecond or so in all.  Deadlines
 * drawn at random are not known here, so a scenario that depends on a heartbeat
 * not falling into that millisecond is not for this runner.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "run.h"

#define QUIET_NS	(5ull * RUN_DELAY_US * NS_PER_US)
#define NOTICE_NS	(2 * NS_PER_MS)	/* a leader keeps what tells of a commit */
#define SETTLE_MAX	2000		/* pieces */
#define AWAIT_STEP	NS_PER_MS
#define IN_FLIGHT_NS	(3ull * RUN_DELAY_US * NS_PER_US)
#define LOG_BYTES	(4ull << 20)

/**
 * run_now() - the simulated clock
 *
 * Return: ns.
 */
u64 run_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * NS_PER_S + (u64)t.tv_nsec;
}

/**
 * run_sleep() - let time pass
 * @ns: how much
 */
void run_sleep(u64 ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(ns / NS_PER_S),
		.tv_nsec = (long)(ns % NS_PER_S),
	};

	while (nanosleep(&t, &t))
		;
}

/* Changes whenever a message was handled or a write done, anywhere. */
static u64 activity(struct run *r)
{
	struct raft_ioc_status st;
	u64 sum = 0;
	u32 id;

	for (id = 1; id <= r->n_nodes; id++) {
		if (!run_alive(r, id))
			continue;
		run_status(r, id, &st);
		sum += st.msgs_in + st.msgs_out + st.disk_writes + st.commit +
		       st.events + st.last + st.durable;
	}
	return sum;
}

/* What nodes that were blank did not take. */
static u64 refused(struct run *r)
{
	struct raft_ioc_status st;
	u64 sum = 0;
	u32 id;

	for (id = 1; id <= r->n_nodes; id++) {
		if (r->node[id].member || !run_alive(r, id))
			continue;
		run_status(r, id, &st);
		sum += st.msgs_bad;
	}
	return sum;
}

/* Does one know of more that is committed than another, who may be told soon? */
static bool is_uneven(struct run *r)
{
	struct raft_ioc_status st;
	u64 low = UINT64_MAX, high = 0;
	u32 id;

	for (id = 1; id <= r->n_nodes; id++) {
		if (!run_alive(r, id))
			continue;
		run_status(r, id, &st);
		low = st.commit < low ? st.commit : low;
		high = st.commit > high ? st.commit : high;
	}
	return low < high;
}

/**
 * run_settle() - let pass as little time as it takes until nothing moves
 * @r: the run
 *
 * A node has no memory ready for the first long message of another, and does not
 * wait for it: the message is refused and comes again with the next heartbeat.
 * To a node that is joined the first one is long, for configurations are.
 */
void run_settle(struct run *r)
{
	u64 quiet = QUIET_NS, last = activity(r), next, bad = refused(r);
	bool told = false;
	u32 i;

	if (r->net.delay_max > RUN_DELAY_US * NS_PER_US)
		quiet += 2 * r->net.delay_max;
	for (i = 0; i < SETTLE_MAX; i++) {
		run_sleep(quiet);
		next = activity(r);
		/* In slow weather there is always a heartbeat on its way. */
		if (next == last ||
		    (i > 3 && r->net.delay_max > NS_PER_MS)) {
			if (refused(r) == bad && (told || !is_uneven(r)))
				return;
			run_sleep(refused(r) == bad ? NOTICE_NS :
				  r->opt[SCN_OPT_HEARTBEAT]);
			bad = refused(r);
			told = true;
		} else {
			told = false;
		}
		last = next;
	}
	fail(r, "expected the cluster to settle, it still works after %u pieces of %llu us",
	     SETTLE_MAX, (unsigned long long)(quiet / NS_PER_US));
}

static void expect(struct run *r, const struct scn_dir *d)
{
	char got[512];

	if (!run_cond(r, &d->cond, got, sizeof(got)))
		fail(r, "expected %s, got %s", d->cond.source, got);
}

static void await(struct run *r, const struct scn_dir *d)
{
	u64 end = run_now() + d->time;
	char got[512];

	while (!run_cond(r, &d->cond, got, sizeof(got))) {
		if (run_now() >= end)
			fail(r, "expected %s within %llu ms, got %s",
			     d->cond.source,
			     (unsigned long long)(d->time / NS_PER_MS), got);
		run_snapshot_go_on(r);
		run_sleep(AWAIT_STEP);
	}
}

static void members(struct run *r, const struct scn_dir *d)
{
	u32 i;

	for (i = 0; i < d->ids.n; i++) {
		struct run_node *n = run_node(r, d->ids.id[i]);

		n->member = true;
		n->learner = d->op == SCN_LEARNERS;
		n->witness |= d->op == SCN_WITNESSES;
	}
}

static void option(struct run *r, const struct scn_dir *d)
{
	if (d->option == SCN_OPT_PREVOTE)
		r->no_prevote = !d->value;
	else if (d->option == SCN_OPT_CHECK_QUORUM)
		r->no_check_quorum = !d->value;
	else if (d->option == SCN_OPT_PRIORITY)
		run_node(r, d->id)->priority = (u32)d->value;
	else
		r->opt[d->option] = d->value;
	if ((d->option == SCN_OPT_ELECTION_TIMEOUT ||
	     d->option == SCN_OPT_HEARTBEAT) && d->value % NS_PER_MS)
		skip(r, "the module takes whole milliseconds");
}

static void preset(struct run *r, const struct scn_dir *d)
{
	struct run_node *n = run_node(r, d->id);

	if (n->running || n->booted)
		skip(r, "a preset of a log that was in use");
	n->preset = true;
	if (d->op == SCN_LOG)
		n->preset_log = &d->terms;
	if (d->op == SCN_COMMIT)
		n->preset_commit = d->value;
	if (d->op != SCN_TERM)
		return;
	n->preset_term = d->value;
	n->preset_vote = d->vote;
}

static void start(struct run *r, const struct scn_dir *d)
{
	u32 i;

	r->started = true;
	for (i = 1; d->all && i <= r->n_nodes; i++)
		if (r->node[i].member && !r->node[i].running)
			run_boot(r, i, true);
	for (i = 0; !d->all && i < d->ids.n; i++)
		run_boot(r, d->ids.id[i], true);
}

static void pause_node(struct run *r, const struct scn_dir *d)
{
	bool paused = d->op == SCN_PAUSE;

	run_node_up(r, d->id);
	run_fault(r, d->id, paused ? "pause" : "resume");
	r->node[d->id].paused = paused;
}

/*
 * A write is done at once here.  If the node is to crash before time passes, or
 * less of it than a message and a write take, it must not be: the disk hangs from
 * now on.
 */
static void keep_in_flight(struct run *r, const struct scn_dir *d)
{
	const struct scn_dir *next;
	u32 i = (u32)(d - r->scn->dir);
	u64 passed = 0;

	for (i++; i < r->scn->n; i++) {
		next = &r->scn->dir[i];
		if (next->op == SCN_RUN)
			passed += next->time;
		if (next->op == SCN_SETTLE || next->op == SCN_AWAIT ||
		    passed >= IN_FLIGHT_NS)
			return;
		if (next->op == SCN_CRASH && run_alive(r, next->id))
			run_fault(r, next->id, "stall %llu",
				  3600ull * NS_PER_S);
	}
}

/*
 * With nftables mending a link takes time, in which what was kept back by the cut
 * is sent: a rule that must be there before that cannot be.
 */
static void mends(struct run *r, const struct scn_dir *d)
{
	u32 i, cut = 0;

	for (i = 1; i <= r->n_nodes; i++)
		cut |= r->node[i].cut;
	if (!r->nft || !cut || d + 1 == r->scn->dir + r->scn->n)
		return;
	if (d[1].op == SCN_DROP || d[1].op == SCN_HOLD)
		skip(r, "a rule at the moment of mending: nftables takes time");
}

static void pass_time(struct run *r, const struct scn_dir *d)
{
	(void)r;
	run_sleep(d->time);
}

static void settle(struct run *r, const struct scn_dir *d)
{
	(void)d;
	run_settle(r);
}

static void elect(struct run *r, const struct scn_dir *d)
{
	run_node_up(r, d->id);
	keep_in_flight(r, d);
	run_fault(r, d->id, "elect");
}

static void propose(struct run *r, const struct scn_dir *d)
{
	keep_in_flight(r, d);
	run_propose(r, d);
}

static void ask(struct run *r, const struct scn_dir *d)
{
	keep_in_flight(r, d);
	run_ask(r, d);
}

static void net_link(struct run *r, const struct scn_dir *d)
{
	run_net_link(r, d->id, d->id2, d->up);
	if (!d->one_way)
		run_net_link(r, d->id2, d->id, d->up);
}

static void isolate(struct run *r, const struct scn_dir *d)
{
	run_net_isolate(r, d->id);
}

static void heal(struct run *r, const struct scn_dir *d)
{
	mends(r, d);
	run_net_heal(r);
	run_rule_heal(r);
}

static void weather(struct run *r, const struct scn_dir *d)
{
	run_net_weather(r, &d->net);
}

static void crash(struct run *r, const struct scn_dir *d)
{
	run_crash(r, d->id, d->torn);
}

static void restart(struct run *r, const struct scn_dir *d)
{
	run_boot(r, d->id, false);
}

static void wipe(struct run *r, const struct scn_dir *d)
{
	run_wipe(r, d->id);
}

/* The kernel draws its own numbers. */
static void seed(struct run *r, const struct scn_dir *d)
{
	(void)r;
	(void)d;
}

static void (*const todo[])(struct run *r, const struct scn_dir *d) = {
	[SCN_SEED] = seed,
	[SCN_NODES] = members,
	[SCN_LEARNERS] = members,
	[SCN_WITNESSES] = members,
	[SCN_OPTION] = option,
	[SCN_LOG] = preset,
	[SCN_TERM] = preset,
	[SCN_COMMIT] = preset,
	[SCN_START] = start,
	[SCN_RUN] = pass_time,
	[SCN_AWAIT] = await,
	[SCN_ELECT] = elect,
	[SCN_SETTLE] = settle,
	[SCN_PROPOSE] = propose,
	[SCN_LINK] = net_link,
	[SCN_ISOLATE] = isolate,
	[SCN_PARTITION] = run_net_partition,
	[SCN_HEAL] = heal,
	[SCN_NET] = weather,
	[SCN_DROP] = run_rule_add,
	[SCN_HOLD] = run_rule_add,
	[SCN_RELEASE] = run_rule_release,
	[SCN_REPLAY] = run_rule_release,
	[SCN_CRASH] = crash,
	[SCN_RESTART] = restart,
	[SCN_WIPE] = wipe,
	[SCN_PAUSE] = pause_node,
	[SCN_RESUME] = pause_node,
	[SCN_DISK] = run_disk,
	[SCN_EXPECT] = expect,
	[SCN_READ] = ask,
	[SCN_MEMBER] = ask,
	[SCN_TRANSFER] = ask,
	[SCN_SNAPSHOT] = run_snapshot,
	[SCN_COMPACT] = run_snapshot,
};

static void one(struct run *r, const struct scn_dir *d)
{
	if (d->op >= ARRAY_SIZE(todo) || !todo[d->op])
		fail(r, "not yet: %s", d->text);
	todo[d->op](r, d);
}

/* Every command may be in the log twice; the rest is for no-ops. */
static u64 log_bytes(const struct scenario *s)
{
	u64 bytes = LOG_BYTES;
	u32 i;

	for (i = 0; i < s->n; i++) {
		const struct scn_dir *d = &s->dir[i];

		if (d->op == SCN_PROPOSE)
			bytes += 2 * (d->count ? d->count : 1) *
				 (d->size + 1024);
		if (d->op == SCN_LOG)
			bytes += 2048ull * d->terms.n;
	}
	return bytes & ~4095ull;
}

/**
 * run_scenario() - all directives of a scenario, then the invariants
 * @r: the run, reset; ends by skip() or fail() if it does not come to the end
 */
void run_scenario(struct run *r)
{
	u32 i;

	r->log_bytes = log_bytes(r->scn);
	r->opt[SCN_OPT_ELECTION_TIMEOUT] = SCN_ELECTION_TIMEOUT;
	r->opt[SCN_OPT_HEARTBEAT] = SCN_HEARTBEAT;
	for (i = 1; i <= r->n_nodes; i++)
		run_wipe(r, i);
	for (i = 0; i < r->scn->n; i++) {
		r->dir = &r->scn->dir[i];
		if (r->trace)
			printf("# %10llu us  %s\n", (unsigned long long)
			       (run_now() / NS_PER_US), r->dir->text);
		one(r, r->dir);
	}
	run_settle(r);
	run_invariants(r);
}
