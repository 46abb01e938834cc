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

/**
 * fuzz_percent() - a chance
 * @f: fuzzer
 * @chance: in percent
 *
 * Return: true so often.
 */
bool fuzz_percent(struct fuzz *f, u32 chance)
{
	return fuzz_random(f, 100) < chance;
}

/**
 * fuzz_between() - a number of a range
 * @f: fuzzer
 * @from: smallest
 * @to: largest
 *
 * Return: the number.
 */
u64 fuzz_between(struct fuzz *f, u64 from, u64 to)
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
	if (fuzz_percent(f, 30))
		return;
	if (fuzz_percent(f, 50))
		net->loss = (u32)fuzz_random(f, 250000);
	if (fuzz_percent(f, 50))
		net->dup = (u32)fuzz_random(f, 250000);
	if (fuzz_percent(f, 50))
		net->reorder = (u32)fuzz_random(f, 400000);
	if (fuzz_percent(f, 60)) {
		net->delay_min = fuzz_between(f, 1000, timeout / 20);
		net->delay_max = net->delay_min +
				 fuzz_between(f, 1, timeout / (fuzz_percent(f, 20) ? 1 : 8));
	}
}

static void limits(struct fuzz *f)
{
	struct raft_config *cfg = &f->s->cfg;

	if (fuzz_percent(f, 35))
		cfg->max_inflight = (u32)fuzz_between(f, 1, 4);
	if (fuzz_percent(f, 35))
		cfg->max_batch = (u32)fuzz_between(f, 1, 4);
	if (fuzz_percent(f, 20))
		cfg->max_uncommitted = fuzz_between(f, 1, 500);
	if (fuzz_percent(f, 20))
		cfg->max_inflight_bytes = (u32)fuzz_between(f, 1, 500);
	if (fuzz_percent(f, 20)) {
		cfg->max_batch_bytes = (u32)fuzz_between(f, 1, 500);
		cfg->max_chunk = cfg->max_batch_bytes;
	}
}

/*
 * Clocks differ by no more than a lease allows for; two of them by twice what
 * one is off.
 */
static void clocks(struct fuzz *f)
{
	struct sim *s = f->s;
	u32 i;

	if (!fuzz_percent(f, 50))
		return;
	s->cfg.lease_drift = (u32)fuzz_between(f, 1000, 100000);
	for (i = 0; i < s->n_nodes; i++)
		s->nodes[i]->skew = (s32)fuzz_random(f, s->cfg.lease_drift) *
				    45 / 100 * (fuzz_random(f, 2) ? 1 : -1);
}

static void make_witness(struct sim_node *n)
{
	n->witness = true;
	n->lean = true;
}

static void members(struct fuzz *f)
{
	static const u8 sizes[] = { 1, 2, 3, 3, 3, 3, 3, 3, 4, 5, 5, 5, 5, 5,
				    6, 7 };
	struct sim *s = f->s;
	u32 i, voters = sizes[fuzz_random(f, ARRAY_SIZE(sizes))];
	u32 learners = 0, blank = 0;
	u64 room = U64_MAX;

	if (fuzz_percent(f, 10))
		room = fuzz_between(f, 8, 80) * 512;
	if (fuzz_percent(f, 20))
		learners = (u32)fuzz_between(f, 1, 2);
	if (f->changes)
		blank = (u32)fuzz_between(f, 0, 3);
	/* Of an even number half can lack what the other has: lost.c. */
	s->cfg.unproven = voters % 2 && fuzz_percent(f, f->changes ? 30 : 60);
	/* Who may be gone then is a matter of chance: fuzz_may_lose(). */
	if (s->cfg.unproven && f->changes)
		f->hopeless = true;
	for (i = 1; i <= voters + learners + blank; i++) {
		sim_node(s, i)->member = i <= voters + learners;
		sim_node(s, i)->learner = i > voters;
		sim_node(s, i)->disk.room = room;
	}
	if (voters > 1 && fuzz_percent(f, 40))
		for (i = (u32)fuzz_between(f, 1, voters / 2); i--;)
			make_witness(s->nodes[fuzz_random(f, voters)]);
	for (i = 0; fuzz_percent(f, 25) && i < s->n_nodes; i++)
		s->nodes[i]->priority = (u32)fuzz_random(f, 3);
}

/**
 * fuzz_setup() - a random cluster, all nodes up
 * @f: fuzzer
 * @seed: seed
 * @life: how it is to be run
 */
void fuzz_setup(struct fuzz *f, u64 seed, const struct sim_life *life)
{
	struct sim *s = sim_new(seed);
	u32 i;

	f->s = s;
	f->rng = sim_hash(seed, 2);
	s->fuzz = true;
	s->trace = life->trace;
	s->remember = life->remember;
	s->history_alone = life->history_alone;
	s->history = history_new(life->history);
	f->changes = fuzz_percent(f, 60);
	f->transfers = fuzz_percent(f, 50);
	f->reads = fuzz_percent(f, 60);
	f->sessions = fuzz_percent(f, 40);
	f->snapshots = fuzz_percent(f, 50);
	f->damage = fuzz_percent(f, 30);
	/* While members change nobody knows who the others are. */
	f->hopeless = f->damage && (f->changes || fuzz_percent(f, 30));
	f->evicts = fuzz_percent(f, 50);
	if (f->evicts && fuzz_percent(f, 60))
		s->window = fuzz_random(f, fuzz_percent(f, 50) ? 4 : 100);
	s->cfg.election_timeout = fuzz_between(f, 20, 200) * MS;
	s->cfg.heartbeat = s->cfg.election_timeout / fuzz_between(f, 3, 10);
	s->cfg.prevote = fuzz_percent(f, 75);
	s->cfg.check_quorum = fuzz_percent(f, 75);
	s->each_batch = fuzz_percent(f, 50);
	s->disk_delay = fuzz_percent(f, 50) ? SIM_DELAY :
			fuzz_between(f, 10000, s->cfg.election_timeout / 10);
	limits(f);
	/* Snapshots of many parts. */
	if (f->snapshots && fuzz_percent(f, 40)) {
		s->cfg.max_batch_bytes = (u32)fuzz_between(f, 1, 700);
		s->cfg.max_chunk = s->cfg.max_batch_bytes;
	}
	weather(f);
	members(f);
	clocks(f);
	for (i = 0; i < s->n_nodes; i++)
		if (s->nodes[i]->member || fuzz_percent(f, 50))
			sim_boot(s, s->nodes[i], false);
	f->n_actions = (u32)fuzz_between(f, 20, 600);
	f->max_events = fuzz_between(f, 2000, 8000);
}

/**
 * fuzz_lacks() - does a node lack what it may have had, now or once it boots?
 * @s: simulation
 * @n: node
 *
 * Return: true if so.
 */
bool fuzz_lacks(const struct sim *s, const struct sim_node *n)
{
	return !check_has_committed(s, n) || n->disk.corrupt ||
	       n->disk.forgot || sim_disk_lacks(&n->disk) ||
	       n->stateless || sim_snapshot_lacks(n);
}

/**
 * fuzz_bare() - how many voters lack what they may have had?
 * @s: simulation whose members do not change
 * @n: one that is about to lose its disk or a part of it, or NULL
 * @voters: filled: how many there are
 *
 * Return: their number.
 */
u32 fuzz_bare(const struct sim *s, const struct sim_node *n, u32 *voters)
{
	const struct sim_node *m;
	u32 i, bare = 0;

	*voters = 0;
	for (i = 0; i < s->n_nodes; i++) {
		m = s->nodes[i];
		if (!m->member || m->learner)
			continue;
		++*voters;
		bare += m == n || fuzz_lacks(s, m);
	}
	return bare;
}

static struct sim_node *any(struct fuzz *f)
{
	return f->s->nodes[fuzz_random(f, f->s->n_nodes)];
}

static void act_propose(struct fuzz *f, struct sim_node *n)
{
	u32 count = fuzz_percent(f, 1) ? (u32)fuzz_between(f, 300, 1200) :
		    fuzz_percent(f, 5) ? (u32)fuzz_between(f, 10, 60) :
		    fuzz_percent(f, 20) ? (u32)fuzz_between(f, 2, 5) : 1;
	u64 size = fuzz_percent(f, 1) ? fuzz_between(f, 60000, RAFT_MAX_COMMAND + 1) :
		   fuzz_percent(f, 2) ? fuzz_between(f, 1000, 60000) :
		   fuzz_percent(f, 50) ? fuzz_between(f, 1, 300) : 0;

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
	if (fuzz_percent(f, 40))
		sim_link(f->s, m->id, n->id, false);
}

static void act_partition(struct fuzz *f, struct sim_node *n)
{
	struct sim *s = f->s;
	u64 side = fuzz_random(f, 1ULL << s->n_nodes);
	bool one_way = fuzz_percent(f, 25);
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
	if (units && fuzz_percent(f, 70)) {
		f->s->count.torn++;
		units = fuzz_between(f, 0, units);
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
		act_crash(f, fuzz_percent(f, 50) ? n : any(f));
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
	/* Only who was off longer than any lease may vote at once. */
	sim_boot(f->s, n, fuzz_percent(f, 80) ||
		 f->s->now < n->stopped_at + 2 * f->s->cfg.election_timeout);
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
	if (!sim_alive(n))
		return;
	if (fuzz_percent(f, 25))
		sim_suspend(f->s, n);
	else
		sim_pause(f->s, n);
}

static void act_change(struct fuzz *f, struct sim_node *n)
{
	if (f->changes && fuzz_percent(f, 10))
		fuzz_replace(f, n);
	else if (f->changes)
		fuzz_change(f, n);
}

static bool has_witness(const struct sim *s)
{
	u32 i;

	for (i = 0; i < s->n_nodes; i++)
		if (s->nodes[i]->witness)
			return true;
	return false;
}

/* A disk is lost, and the node starts with its old configuration. */
static void act_wipe(struct fuzz *f, struct sim_node *n)
{
	struct sim *s = f->s;

	if (!s->cfg.unproven || !fuzz_may_lose(s, n))
		return;
	sim_trace(s, "node %u loses its disk", n->id);
	sim_crash(s, n);
	sim_disk_wipe(s, n);
	s->count.wipes++;
	if (fuzz_percent(f, 70))
		sim_boot(s, n, fuzz_percent(f, 50));
}

/* The snapshot, or what is behind its image. */
static void damage_snapshot(struct fuzz *f, struct sim_node *n)
{
	struct sim_snapshot *snap = &n->disk.snap;

	if (fuzz_percent(f, 50) || raft_snapshot_is_bare(&snap->of))
		n->disk.snap_gone = true;
	else
		snap->rotten = true;
	sim_trace(f->s, "node %u: its snapshot of %llu is damaged", n->id,
		  (unsigned long long)snap->of.index);
}

static void damage(struct fuzz *f, struct sim_node *n)
{
	struct sim_disk *d = &n->disk;

	if (d->snap.of.index && fuzz_percent(f, 50)) {
		damage_snapshot(f, n);
		if (fuzz_percent(f, 70))
			return;
	}
	if (fuzz_percent(f, 30)) {
		d->forgot = true;
		sim_trace(f->s, "node %u: its hard state is damaged", n->id);
	}
	if (d->n <= d->base || (d->forgot && fuzz_percent(f, 70)))
		return;
	sim_disk_corrupt(n, fuzz_between(f, d->base + 1, d->n));
	sim_trace(f->s, "node %u: entry %llu is damaged", n->id,
		  (unsigned long long)d->corrupt_index);
}

/*
 * An entry is damaged, term and vote, or the snapshot.  Nothing that is acknowledged is lost, on
 * however many disks it is; but where not all shall wait for ever a majority must
 * be whole, and who has the commands next to witnesses.
 */
static void act_damage(struct fuzz *f, struct sim_node *n)
{
	struct sim *s = f->s;
	u32 voters, bare = fuzz_bare(s, n, &voters);

	if (!f->damage)
		return;
	if (!f->hopeless && !n->learner &&
	    (2 * bare >= voters || (!n->witness && has_witness(s))))
		return;
	damage(f, n);
	if (fuzz_percent(f, 20))
		return;
	act_crash(f, n);
	/* A torn write may have cut it off. */
	if (fuzz_percent(f, 80))
		sim_boot(s, n, fuzz_percent(f, 50));
}

static void act_transfer(struct fuzz *f, struct sim_node *n)
{
	u32 target = fuzz_percent(f, 20) ? 0 : any(f)->id;

	if (f->transfers)
		sim_transfer(f->s, n, NULL, target);
}

/* Somebody who leads, or thinks so. */
static struct sim_node *leads(struct fuzz *f, struct sim_node *n)
{
	u32 i, k = (u32)fuzz_random(f, f->s->n_nodes);
	struct sim_node *m;

	for (i = 0; i < f->s->n_nodes; i++) {
		m = f->s->nodes[(i + k) % f->s->n_nodes];
		if (m->running && m->st.role == RAFT_LEADER)
			return m;
	}
	return n;
}

static void act_read(struct fuzz *f, struct sim_node *n)
{
	u32 count = fuzz_percent(f, 80) ? 1 : (u32)fuzz_between(f, 2, 6);

	while (f->reads && count-- && !f->s->failed[0])
		sim_read(f->s, n, NULL, fuzz_percent(f, 40));
}

/* Beyond the snapshot it must refuse. */
static void compact(struct fuzz *f, struct sim_node *n)
{
	u64 to = fuzz_between(f, 0, n->st.snapshot + fuzz_random(f, 3));
	u64 first = n->st.first, snapshot = max(n->st.snapshot, first - 1);

	if (fuzz_percent(f, 50))
		to = snapshot;
	if (sim_compact(f->s, n, to) ? to <= snapshot : to > snapshot)
		sim_fail(f->s, "node %u: compact to %llu of snapshot %llu, first was %llu",
			 n->id, (unsigned long long)to,
			 (unsigned long long)snapshot,
			 (unsigned long long)first);
}

/* Mostly a leader's, else nobody would get one. */
static void act_snapshot(struct fuzz *f, struct sim_node *n)
{
	struct sim *s = f->s;
	u64 at;
	u32 i;

	for (i = 0; i < s->n_nodes && fuzz_percent(f, 60); i++)
		if (sim_alive(s->nodes[i]) &&
		    s->nodes[i]->st.role == RAFT_LEADER)
			n = s->nodes[i];
	if (!f->snapshots || !sim_alive(n))
		return;
	if (fuzz_percent(f, 70) && n->st.applied > n->st.snapshot) {
		at = fuzz_percent(f, 50) ? n->st.applied :
		     fuzz_between(f, n->st.snapshot + 1, n->st.applied);
		sim_snapshot(s, n, at);
	}
	if (!s->failed[0] && sim_alive(n) && fuzz_percent(f, 60))
		compact(f, n);
}

/* Only what is applied and durable may leave. */
static void act_evict(struct fuzz *f, struct sim_node *n)
{
	u64 may = n->st.wants > n->st.snapshot ? n->log.base :
		  min(n->st.applied, n->st.durable);
	u64 to = fuzz_percent(f, 50) ? n->st.last + fuzz_random(f, 3) :
		 fuzz_random(f, may + 1);

	if (!f->evicts || !sim_alive(n))
		return;
	if (sim_evict(f->s, n, to) ? to <= may : to > may)
		sim_fail(f->s, "node %u: evict to %llu, applied %llu, durable %llu",
			 n->id, (unsigned long long)to,
			 (unsigned long long)n->st.applied,
			 (unsigned long long)n->st.durable);
}

static void pass(struct fuzz *f, u64 ns)
{
	sim_run(f->s, f->s->now + fuzz_random(f, ns + 1));
}

/* What it said last is heard and answered, and the answers come late. */
static void late_answers(struct fuzz *f, const struct sim_node *old)
{
	struct sim *s = f->s;
	struct sim_rule *late = sim_rule_add(s, "late", 0, 0, old->id, 100);
	u32 i;

	pass(f, 2 * s->cfg.heartbeat);
	for (i = 0; i < s->n_nodes; i++)
		if (s->nodes[i] != old)
			sim_link(s, old->id, s->nodes[i]->id, false);
	pass(f, s->cfg.election_timeout);
	if (!s->failed[0])
		sim_release(s, late);
}

/*
 * Where reads are stale if ever they are: who leads is not heard any more, or stands
 * still, maybe when it has just told another to campaign; others elect one of
 * them and write; it does not know and is asked.
 */
static void act_read_old(struct fuzz *f, struct sim_node *n)
{
	struct sim *s = f->s;
	u64 timeout = s->cfg.election_timeout;
	struct sim_node *old = leads(f, n);
	u32 i;

	if (!f->reads || !sim_alive(old))
		return;
	if (f->transfers && fuzz_percent(f, 40)) {
		sim_transfer(s, old, NULL, any(f)->id);
		pass(f, 2 * s->net.delay_max);
	}
	if (fuzz_percent(f, 30))
		late_answers(f, old);
	else if (fuzz_percent(f, 70))
		act_isolate(f, old);
	if (fuzz_percent(f, 40))
		act_pause(f, old);
	pass(f, 2 * timeout);
	for (i = 0; i < 3 && !s->failed[0]; i++) {
		sim_propose(s, any(f), NULL, "p", 0, 1);
		pass(f, timeout / 4);
	}
	if (old->paused && !s->failed[0])
		sim_resume(s, old);
	if (!s->failed[0])
		sim_read(s, old, NULL, fuzz_percent(f, 70));
}

static void act_resume(struct fuzz *f, struct sim_node *n)
{
	u32 i;

	if (fuzz_percent(f, 50) && n->paused)
		sim_resume(f->s, n);
	for (i = 0; i < f->s->n_nodes && fuzz_percent(f, 80); i++)
		if (f->s->nodes[i]->paused)
			sim_resume(f->s, f->s->nodes[i]);
}

static void act_stall(struct fuzz *f, struct sim_node *n)
{
	u64 time = fuzz_between(f, 1, 4 * f->s->cfg.election_timeout);

	sim_trace(f->s, "node %u: the disk hangs", n->id);
	sim_disk_stall(f->s, n, f->s->now + time);
}

static void act_disk_error(struct fuzz *f, struct sim_node *n)
{
	n->disk.error = fuzz_percent(f, 50) ? -EIO : -ENOSPC;
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
				      fuzz_percent(f, 50) ? n->id : 0,
				      fuzz_percent(f, 50) ? any(f)->id : 0,
				      (u32)fuzz_between(f, 1, 20));
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

/* A client repeats its command on any node until it has an answer. */
static void act_client(struct fuzz *f, struct sim_node *n)
{
	u32 i = (u32)fuzz_random(f, FUZZ_CLIENTS);
	struct sim_prop *last = f->last[i], *open = f->opened[i];
	u64 serial = last ? last->client_serial : 1;

	if (!f->sessions)
		return;
	if (fuzz_percent(f, 1)) {
		sim_propose_client(f->s, n, 0, 0, (u32)fuzz_between(f, 1, 600));
		return;
	}
	if (!open || open->outcome != SCN_COMMITTED || fuzz_percent(f, 2)) {
		if (!open || open->outcome != SCN_PENDING)
			f->opened[i] = sim_propose_client(f->s, n, 0, 0, 1);
		f->last[i] = NULL;
		return;
	}
	if (last && last->outcome == SCN_COMMITTED)
		serial += fuzz_between(f, 1, 2);
	f->last[i] = sim_propose_client(f->s, n, open->index, serial, 1);
	/* Impatient, or a copy of long ago. */
	if (fuzz_percent(f, 30))
		sim_propose_client(f->s, any(f), open->index,
				   fuzz_between(f, max_t(u64, serial, 3) - 2,
						serial), 1);
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
		{ 6, act_wait }, { 12, act_change }, { 5, act_transfer },
		{ 14, act_read }, { 3, act_read_old }, { 12, act_client },
		{ 6, act_wipe }, { 16, act_snapshot }, { 8, act_damage },
		{ 10, act_evict },
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
