// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_actions.c - random clusters and all that can befall them.
 *
 * Owns the dice.  Everything derives from the seed and is drawn from a generator
 * of its own, so that the first N actions are the same however many follow.
 */
#include "fuzz.h"

#define MS	1000000ULL

/**
 * fuzz_random() - throw the dice of the actions
 * @f: fuzzer
 * @n: how many sides
 *
 * Return: 0 to @n - 1.
 */
u64 fuzz_random(struct fuzz *f, u64 n)
{
	return sim_hash(f->rng++, 0x5eed) % n;
}

static bool percent(struct fuzz *f, u32 chance)
{
	return fuzz_random(f, 100) < chance;
}

static u64 between(struct fuzz *f, u64 from, u64 to)
{
	return from + fuzz_random(f, to - from + 1);
}

static void weather(struct fuzz *f)
{
	struct sim_net *net = &f->s->net;
	u64 timeout = f->s->cfg.election_timeout;

	net->loss = 0;
	net->dup = 0;
	net->reorder = 0;
	net->delay_min = SIM_DELAY;
	net->delay_max = SIM_DELAY;
	if (percent(f, 30))
		return;
	if (percent(f, 50))
		net->loss = (u32)fuzz_random(f, 250000);
	if (percent(f, 50))
		net->dup = (u32)fuzz_random(f, 250000);
	if (percent(f, 50))
		net->reorder = (u32)fuzz_random(f, 400000);
	if (percent(f, 60)) {
		net->delay_min = between(f, 1000, timeout / 20);
		net->delay_max = net->delay_min +
				 between(f, 1, timeout / (percent(f, 20) ? 1 : 8));
	}
}

static void limits(struct fuzz *f)
{
	struct raft_config *cfg = &f->s->cfg;

	if (percent(f, 35))
		cfg->max_inflight = (u32)between(f, 1, 4);
	if (percent(f, 35))
		cfg->max_batch = (u32)between(f, 1, 4);
	if (percent(f, 20))
		cfg->max_uncommitted = between(f, 1, 500);
	if (percent(f, 20))
		cfg->max_inflight_bytes = (u32)between(f, 1, 500);
	if (percent(f, 20))
		cfg->max_batch_bytes = (u32)between(f, 1, 500);
}

/**
 * fuzz_setup() - a random cluster, all nodes up
 * @f: fuzzer
 * @seed: seed
 */
void fuzz_setup(struct fuzz *f, u64 seed)
{
	static const u8 sizes[] = { 1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5,
				    6, 7 };
	struct sim *s = sim_new(seed);
	u32 i, voters, learners = 0;
	u64 room = U64_MAX;

	f->s = s;
	f->rng = sim_hash(seed, 2);
	s->fuzz = true;
	s->cfg.election_timeout = between(f, 20, 200) * MS;
	s->cfg.heartbeat = s->cfg.election_timeout / between(f, 3, 10);
	s->cfg.prevote = percent(f, 75);
	s->cfg.check_quorum = percent(f, 75);
	s->each_batch = percent(f, 50);
	s->disk_delay = percent(f, 50) ? SIM_DELAY :
			between(f, 10000, s->cfg.election_timeout / 10);
	limits(f);
	weather(f);
	if (percent(f, 10))
		room = between(f, 8, 80) * 512;
	voters = sizes[fuzz_random(f, ARRAY_SIZE(sizes))];
	if (percent(f, 20))
		learners = (u32)between(f, 1, 2);
	for (i = 1; i <= voters + learners; i++) {
		sim_node(s, i)->member = true;
		sim_node(s, i)->learner = i > voters;
		sim_node(s, i)->disk.room = room;
	}
	for (i = 0; i < s->n_nodes; i++)
		sim_boot(s, s->nodes[i], false);
	f->n_actions = (u32)between(f, 20, 600);
	f->max_events = between(f, 2000, 8000);
}

static struct sim_node *any(struct fuzz *f)
{
	return f->s->nodes[fuzz_random(f, f->s->n_nodes)];
}

static void act_propose(struct fuzz *f, struct sim_node *n)
{
	u32 count = percent(f, 1) ? (u32)between(f, 300, 1200) :
		    percent(f, 5) ? (u32)between(f, 10, 60) :
		    percent(f, 20) ? (u32)between(f, 2, 5) : 1;
	u64 size = percent(f, 3) ? between(f, 1000, RAFT_MAX_COMMAND + 1) :
		   percent(f, 50) ? between(f, 1, 300) : 0;

	sim_propose(f->s, n, NULL, "p", size, count);
}

static void act_campaign(struct fuzz *f, struct sim_node *n)
{
	(void)f;
	if (n->running && !n->failed)
		sim_campaign(f->s, n);
}

static void act_link(struct fuzz *f, struct sim_node *n)
{
	struct sim_node *m = any(f);

	if (m == n)
		return;
	f->s->count.partitions++;
	sim_trace(f->s, "link %u -> %u down", n->id, m->id);
	sim_link(f->s, n->id, m->id, false);
	if (percent(f, 40))
		sim_link(f->s, m->id, n->id, false);
}

static void act_partition(struct fuzz *f, struct sim_node *n)
{
	struct sim *s = f->s;
	u64 side = fuzz_random(f, 1ULL << s->n_nodes);
	bool one_way = percent(f, 25);
	u32 i, k;

	(void)n;
	s->count.partitions++;
	sim_trace(s, "partition %llx%s", (unsigned long long)side,
		  one_way ? ", one way" : "");
	for (i = 0; i < s->n_nodes; i++)
		for (k = 0; k < s->n_nodes; k++)
			if ((side >> i & 1) != (side >> k & 1) &&
			    (!one_way || side >> i & 1))
				sim_link(s, s->nodes[i]->id, s->nodes[k]->id,
					 false);
}

static void act_isolate(struct fuzz *f, struct sim_node *n)
{
	f->s->count.partitions++;
	sim_trace(f->s, "isolate %u", n->id);
	sim_isolate(f->s, n->id);
}

static void act_heal(struct fuzz *f, struct sim_node *n)
{
	(void)n;
	sim_trace(f->s, "heal");
	sim_heal(f->s);
}

static void act_crash(struct fuzz *f, struct sim_node *n)
{
	u64 units;

	if (!n->running)
		return;
	units = sim_disk_units(n);
	f->s->count.crashes++;
	if (units && percent(f, 70)) {
		f->s->count.torn++;
		units = between(f, 0, units);
	} else {
		units = 0;
	}
	sim_trace(f->s, "node %u crashes, %llu parts of its write are there",
		  n->id, (unsigned long long)units);
	sim_disk_crash(f->s, n, units);
	sim_crash(f->s, n);
}

/* A write in flight that does not arrive, or not all of it. */
static void act_propose_crash(struct fuzz *f, struct sim_node *n)
{
	act_propose(f, n);
	sim_run(f->s, f->s->now + fuzz_random(f, 4 * f->s->disk_delay));
	if (!f->s->failed[0])
		act_crash(f, percent(f, 50) ? n : any(f));
}

static void act_crash_all(struct fuzz *f, struct sim_node *n)
{
	u32 i;

	(void)n;
	for (i = 0; i < f->s->n_nodes; i++)
		act_crash(f, f->s->nodes[i]);
}

static void act_restart(struct fuzz *f, struct sim_node *n)
{
	if (n->running && !n->failed)
		return;
	if (n->running)
		act_crash(f, n);
	n->disk.error = 0;
	f->s->count.restarts++;
	sim_boot(f->s, n, percent(f, 80));
}

static void act_restart_all(struct fuzz *f, struct sim_node *n)
{
	u32 i;

	(void)n;
	for (i = 0; i < f->s->n_nodes; i++)
		act_restart(f, f->s->nodes[i]);
}

static void act_pause(struct fuzz *f, struct sim_node *n)
{
	if (sim_alive(n))
		sim_pause(f->s, n);
}

static void act_resume(struct fuzz *f, struct sim_node *n)
{
	u32 i;

	if (percent(f, 50) && n->paused)
		sim_resume(f->s, n);
	for (i = 0; i < f->s->n_nodes && percent(f, 80); i++)
		if (f->s->nodes[i]->paused)
			sim_resume(f->s, f->s->nodes[i]);
}

static void act_stall(struct fuzz *f, struct sim_node *n)
{
	u64 time = between(f, 1, 4 * f->s->cfg.election_timeout);

	sim_trace(f->s, "node %u: the disk hangs", n->id);
	sim_disk_stall(f->s, n, f->s->now + time);
}

static void act_disk_error(struct fuzz *f, struct sim_node *n)
{
	n->disk.error = percent(f, 50) ? -EIO : -ENOSPC;
}

static void act_disk_ok(struct fuzz *f, struct sim_node *n)
{
	sim_disk_ok(f->s, n);
}

static void act_weather(struct fuzz *f, struct sim_node *n)
{
	(void)n;
	weather(f);
}

static void act_hold(struct fuzz *f, struct sim_node *n)
{
	u32 slot = f->next_hold++ % FUZZ_HOLDS;

	/* Released first, or what it holds would never come. */
	if (f->holds[slot] && !f->holds[slot]->ended)
		sim_release(f->s, f->holds[slot]);
	f->holds[slot] = sim_rule_add(f->s, "hold",
				      (u8)fuzz_random(f, RAFT_MSG_TYPES),
				      percent(f, 50) ? n->id : 0,
				      percent(f, 50) ? any(f)->id : 0,
				      (u32)between(f, 1, 20));
}

static void act_release(struct fuzz *f, struct sim_node *n)
{
	struct sim_rule *rule = f->holds[fuzz_random(f, FUZZ_HOLDS)];

	(void)n;
	if (!rule)
		return;
	sim_trace(f->s, rule->ended ? "replay" : "release");
	if (rule->ended)
		sim_replay(f->s, rule);
	else
		sim_release(f->s, rule);
}

static void act_wait(struct fuzz *f, struct sim_node *n)
{
	(void)n;
	sim_run(f->s, f->s->now +
		fuzz_random(f, 2 * f->s->cfg.election_timeout));
}

/**
 * fuzz_action() - one random thing happens
 * @f: fuzzer
 */
void fuzz_action(struct fuzz *f)
{
	static const struct {
		u32 weight;
		void (*act)(struct fuzz *f, struct sim_node *n);
	} actions[] = {
		{ 36, act_propose }, { 6, act_campaign }, { 4, act_link },
		{ 4, act_partition }, { 3, act_isolate }, { 13, act_heal },
		{ 4, act_crash }, { 4, act_propose_crash },
		{ 1, act_crash_all }, { 10, act_restart },
		{ 5, act_restart_all }, { 4, act_pause }, { 7, act_resume },
		{ 4, act_stall }, { 1, act_disk_error }, { 4, act_disk_ok },
		{ 4, act_weather }, { 5, act_hold }, { 7, act_release },
		{ 6, act_wait },
	};
	u64 dice;
	size_t i;
	u32 sum = 0;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		sum += actions[i].weight;
	dice = fuzz_random(f, sum);
	for (i = 0; dice >= actions[i].weight; i++)
		dice -= actions[i].weight;
	actions[i].act(f, any(f));
}
