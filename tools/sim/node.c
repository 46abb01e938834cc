// SPDX-License-Identifier: GPL-2.0
/*
 * node.c - the shell of one simulated node: boot, crash, pause, and every
 * event into its core with all that follows from it.
 *
 * The only caller of raft_step() here.  Does with an update what the kernel's
 * owner thread does, and shows each step to the checker.
 */
#include <stdlib.h>

#include "sim.h"

/**
 * sim_alive() - does the node's thread run and answer?
 * @n: node
 *
 * Return: false if it is crashed, failed or paused.
 */
bool sim_alive(const struct sim_node *n)
{
	return n->running && !n->failed && !n->paused;
}

/**
 * sim_node() - the node of that id, made if there is none
 * @s: simulation
 * @id: 1 to SIM_MAX_ID
 *
 * Return: the node, stopped and with an empty store if it is new.
 */
struct sim_node *sim_node(struct sim *s, u32 id)
{
	struct sim_node *n = s->by_id[id];
	u32 i;

	if (n)
		return n;
	n = sim_alloc(sizeof(*n));
	n->id = id;
	n->r = sim_alloc(raft_size());
	n->table = sim_alloc(SIM_TABLE * sizeof(struct raft_log_chunk *));
	n->inbox_tail = &n->inbox;
	n->reads_tail = &n->reads;
	n->deadline = U64_MAX;
	n->disk.tail = &n->disk.head;
	n->disk.room = U64_MAX;
	for (i = s->n_nodes++; i && s->nodes[i - 1]->id > id; i--)
		s->nodes[i] = s->nodes[i - 1];
	s->nodes[i] = n;
	s->by_id[id] = n;
	return n;
}

static void give_memory(struct sim_node *n)
{
	u32 want = raft_log_want(n->r);

	struct raft_log_chunk *c;

	while (want--)
		raft_log_give(n->r, sim_chunk_get());
	while ((c = raft_log_take(n->r)))
		sim_chunk_put(c);
	if (raft_config_want(n->r))
		raft_config_give(n->r, sim_payload_config());
}

static void stop_itself(struct sim *s, struct sim_node *n, const char *why)
{
	n->failed = true;
	n->why = why;
	n->deadline = U64_MAX;
	sim_prop_lost(s, n);
	sim_trace(s, "node %u stops itself: %s", n->id, why);
	if (s->fuzz && n->st.failed != RAFT_FAIL_DISK)
		sim_fail(s, "node %u failed for no fault of its disk: %s",
			 n->id, why);
}

static u64 fast(const struct sim_node *n, u64 t)
{
	return t + (u64)((s64)t * n->skew / (s64)SIM_MILLION);
}

/**
 * sim_clock() - what the clock of a node shows that counts suspends
 * @s: simulation
 * @n: node
 *
 * Return: ns.
 */
u64 sim_clock(const struct sim *s, const struct sim_node *n)
{
	return fast(n, s->now);
}

/* When is it time, by the clock of the world? */
static void arm(struct sim_node *n)
{
	u64 clock = n->wake + n->asleep;
	u64 t = clock;

	n->deadline = U64_MAX;
	if (n->wake == U64_MAX)
		return;
	if (n->skew) {
		t -= (u64)((s64)clock * n->skew /
			   ((s64)SIM_MILLION + n->skew)) + 2;
		while (fast(n, t) < clock)
			t++;
	}
	n->deadline = t;
}

static void apply_update(struct sim *s, struct sim_node *n)
{
	struct raft_update *up = &s->up;
	struct raft_status old = n->st;
	u64 serial;
	u32 i;

	raft_status(n->r, &n->st);
	n->wake = up->deadline;
	arm(n);
	if (up->flags & RAFT_UP_PERSIST) {
		check_persist(s, n, &old, &up->persist);
		sim_disk_submit(s, n, &up->persist);
	}
	for (i = 0; i < up->n_msgs; i++) {
		check_sent(s, n, &up->msgs[i]);
		sim_send(s, n, &up->msgs[i]);
	}
	serial = n->serial;
	n->serial = raft_applied_serial(n->r);
	if (up->flags & RAFT_UP_SNAPSHOT)
		check_installed(s, n, false);
	check_step(s, n, &old);
	if (up->flags & RAFT_UP_SNAPSHOT)
		sim_prop_installed(s, n, serial);
	if (up->flags & RAFT_UP_CHUNK)
		sim_disk_part(s, n, up, s->msg->entries[0].payload);
	if (up->flags & RAFT_UP_INSTALL)
		sim_disk_part(s, n, up, NULL);
	if (up->flags & RAFT_UP_FETCH)
		sim_disk_read(s, n, up);
	if (up->flags & RAFT_UP_APPLIED)
		check_applied(s, n, up->applied_first, up->applied_last);
	sim_ask_update(s, n);
	if (n->st.failed && !n->failed)
		stop_itself(s, n, raft_fail_name(n->st.failed));
}

/**
 * sim_evict() - entries leave the memory of a node
 * @s: simulation
 * @n: node that runs
 * @index: last one
 *
 * Return: 0 or -EINVAL.
 */
int sim_evict(struct sim *s, struct sim_node *n, u64 index)
{
	u64 window = n->st.window;
	int err;

	do {
		give_memory(n);
		err = raft_evict(n->r, index);
	} while (err == -EAGAIN);
	if (err)
		return err;
	raft_status(n->r, &n->st);
	if (n->st.window != max(window, index + 1) ||
	    raft_entry_at(n->r, n->st.window - 1))
		sim_fail(s, "node %u: %llu and more are in memory, %llu should not be",
			 n->id, (unsigned long long)n->st.window,
			 (unsigned long long)index);
	s->count.evicted += n->st.window - window;
	return 0;
}

/* All that may leave the memory but the newest entries. */
static u64 too_old(const struct sim *s, u64 last, u64 may)
{
	return last > s->window ? min(last - s->window, may) : 0;
}

static void evict(struct sim *s, struct sim_node *n)
{
	u64 index = too_old(s, n->st.last, min(n->st.applied, n->st.durable));
	const char *why;

	if (n->failed || s->failed[0] || index < n->st.window)
		return;
	if (sim_evict(s, n, index))
		sim_fail(s, "node %u does not evict %llu", n->id,
			 (unsigned long long)index);
	why = raft_check(n->r);
	if (why)
		sim_fail(s, "node %u: the core finds: %s", n->id, why);
}

/**
 * sim_event() - one event into the core of a node, and what follows
 * @s: simulation
 * @n: node that runs
 * @ev: event; time, random bits and room are set here
 */
void sim_event(struct sim *s, struct sim_node *n, struct raft_event *ev)
{
	u32 again = 0;

	do {
		/* A suspended machine's monotonic clock stands still. */
		ev->boot_now = sim_clock(s, n);
		ev->now = ev->boot_now - n->asleep;
		ev->random = sim_random(s);
		ev->log_room = sim_disk_room(n);
		give_memory(n);
		raft_step(n->r, ev, &s->up);
		s->count.events++;
		apply_update(s, n);
		evict(s, n);
		if (s->failed[0])
			return;
		/* The proposals' fate is in this update, not in the next. */
		if (ev->type == RAFT_EV_PROPOSE) {
			s->accepted = s->up.accepted;
			s->first_serial = s->up.first_serial;
			s->refused = s->up.refused;
			s->no_slot = s->refused == -EAGAIN &&
				     n->st.pending == RAFT_MAX_PENDING;
		}
		if (ev->type == RAFT_EV_COMPACT)
			s->refused = s->up.refused;
		ev->type = RAFT_EV_TICK;
		s->asked = NULL;
		if (again++ > 10000)
			sim_fail(s, "node %u asks for one more step for ever",
				 n->id);
		/* A TICK looks at deadlines: the inbox first (rule 7). */
	} while ((s->up.flags & RAFT_UP_AGAIN) && !n->inbox);
}

/**
 * sim_tick() - the deadline of a node passed
 * @s: simulation
 * @n: node
 */
void sim_tick(struct sim *s, struct sim_node *n)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	sim_trace(s, "node %u: deadline", n->id);
	sim_event(s, n, &ev);
	/* A deadline in the past for ever would be a busy loop. */
	if (n->deadline <= s->now && !s->failed[0] && n->running && !n->failed)
		sim_fail(s, "node %u: deadline is not in the future", n->id);
}

static void item_keep(struct sim_node *n, const struct sim_item *item)
{
	struct sim_item *copy = sim_alloc(sizeof(*copy));

	*copy = *item;
	copy->next = NULL;
	if (copy->msg) {
		copy->msg->refs++;
		n->inbox_msgs += copy->type == RAFT_EV_MESSAGE;
	}
	*n->inbox_tail = copy;
	n->inbox_tail = &copy->next;
}

/**
 * sim_item() - something comes to a node: now, or when it is resumed
 * @s: simulation
 * @n: node that runs
 * @item: copied; its message gets a reference
 */
void sim_item(struct sim *s, struct sim_node *n, const struct sim_item *item)
{
	struct raft_event ev = { .type = item->type };

	if (n->failed)
		return;
	if (n->paused) {
		item_keep(n, item);
		return;
	}
	switch (item->type) {
	case RAFT_EV_MESSAGE:
		ev.msg = &item->msg->m;
		s->msg = ev.msg;
		break;
	case RAFT_EV_PERSISTED:
		ev.persisted.seq = item->seq;
		ev.persisted.index = item->index;
		ev.persisted.term = item->term;
		break;
	case RAFT_EV_DISK_FAILED:
		ev.error = item->error;
		break;
	case RAFT_EV_STORED:
		ev.stored.of = item->of;
		ev.stored.bytes = item->bytes;
		break;
	case RAFT_EV_INSTALLED:
		ev.installed.of = item->of;
		ev.installed.meta = n->disk.snap.data;
		ev.installed.len = n->disk.snap.len;
		check_current(n);
		break;
	case RAFT_EV_SNAPSHOT_DAMAGED:
		ev.snapshot = item->of;
		break;
	case RAFT_EV_FETCHED:
		ev.fetched.id = item->msg->m.seq;
		ev.fetched.n = item->msg->m.n_entries;
		ev.fetched.entries = item->msg->e;
		break;
	case RAFT_EV_PROPOSE:
		sim_prop_come(s, n, item->prop, item->n_props);
		return;
	case RAFT_EV_READ:
	case RAFT_EV_CHANGE:
	case RAFT_EV_TRANSFER:
		sim_ask_come(s, n, item->prop);
		return;
	case RAFT_EV_TICK:
	case RAFT_EV_CAMPAIGN:
	case RAFT_EV_SNAPSHOT:
	case RAFT_EV_COMPACT:
		break;
	}
	sim_event(s, n, &ev);
	s->msg = NULL;
	sim_snapshot_go_on(s, n);
	sim_prop_go_on(s, n);
}

/**
 * sim_campaign() - the election deadline of a node fires now
 * @s: simulation
 * @n: node that runs
 */
void sim_campaign(struct sim *s, struct sim_node *n)
{
	struct sim_item item = { .type = RAFT_EV_CAMPAIGN };

	sim_item(s, n, &item);
}

static void drop_inbox(struct sim_node *n)
{
	struct sim_item *item;

	while ((item = n->inbox)) {
		n->inbox = item->next;
		if (item->msg)
			sim_msg_put(item->msg);
		free(item);
	}
	n->inbox_tail = &n->inbox;
	n->inbox_msgs = 0;
}

/**
 * sim_pause() - the node's thread does not run from now on
 * @s: simulation
 * @n: node that runs
 */
void sim_pause(struct sim *s, struct sim_node *n)
{
	sim_trace(s, "node %u: paused", n->id);
	n->paused = true;
	s->count.pauses++;
}

/**
 * sim_suspend() - the whole machine stands still, its monotonic clock too
 * @s: simulation
 * @n: node that runs; sim_resume() ends it
 */
void sim_suspend(struct sim *s, struct sim_node *n)
{
	sim_pause(s, n);
	n->suspended_at = s->now;
}

static void sleep_ends(struct sim *s, struct sim_node *n)
{
	n->asleep += sim_clock(s, n) - fast(n, n->suspended_at);
	n->suspended_at = 0;
	arm(n);
}

/**
 * sim_resume() - it runs again: first its inbox, then deadlines
 * @s: simulation
 * @n: node
 */
void sim_resume(struct sim *s, struct sim_node *n)
{
	struct sim_item *item;

	sim_trace(s, "node %u: resumed, %u messages wait", n->id,
		  n->inbox_msgs);
	n->paused = false;
	if (n->suspended_at)
		sleep_ends(s, n);
	while ((item = n->inbox) && !s->failed[0]) {
		n->inbox = item->next;
		if (item->type == RAFT_EV_MESSAGE && sim_traced(s))
			sim_trace_msg(s, "late", &item->msg->m);
		sim_item(s, n, item);
		if (item->msg)
			sim_msg_put(item->msg);
		free(item);
	}
	drop_inbox(n);
}

/**
 * sim_initial() - the configuration that stands before index 1
 * @s: simulation
 * @m: RAFT_MAX_NODES of them, filled
 *
 * Return: how many members it has.
 */
u32 sim_initial(const struct sim *s, struct raft_member *m)
{
	u32 i, n = 0;

	for (i = 0; i < s->n_nodes; i++)
		if (s->nodes[i]->member)
			m[n++] = (struct raft_member) {
				.id = s->nodes[i]->id,
				.flags = s->nodes[i]->learner ?
					 RAFT_MEMBER_LEARNER :
					 s->nodes[i]->witness ?
					 RAFT_MEMBER_WITNESS : 0,
				.addr = { (u8)s->nodes[i]->id },
			};
	return n;
}

static void configure(struct sim *s, struct sim_node *n,
		      struct raft_config *cfg, bool withhold)
{
	*cfg = s->cfg;
	cfg->id = n->id;
	cfg->withhold = withhold;
	cfg->incarnation = n->incarnation;
	cfg->priority = n->priority;
	cfg->unproven |= n->disk.hs.reach == RAFT_REACH_LOST;
	if (n->member && !n->blank)
		cfg->n_members = sim_initial(s, cfg->members);
}

/* What is known to be committed goes through the memory; the newest stay. */
static bool pass(struct sim *s, struct sim_node *n, u64 last)
{
	const struct sim_disk *d = &n->disk;
	u64 to = too_old(s, last, max(d->hs.commit, d->snap.of.index));
	u64 first = n->applied + 1;

	if (s->window == U64_MAX || d->base > d->snap.of.index)
		return true;
	if (raft_log_pass(n->r, &d->hs, to))
		return false;
	if (to >= first)
		check_passed(s, n, first, to);
	return !raft_evict(n->r, to);
}

static const char *load(struct sim *s, struct sim_node *n, bool withhold)
{
	struct sim_disk *d = &n->disk;
	struct raft_config cfg;
	u32 i;

	if (d->corrupt)
		sim_disk_found(s, n);
	if (d->forgot)
		sim_disk_forget(s, n);
	sim_snapshot_found(s, n);
	configure(s, n, &cfg, withhold);
	if (raft_init(n->r, &cfg, sim_clock(s, n), sim_random(s), n->table, SIM_TABLE))
		return "bad configuration";
	if (d->snap.of.index &&
	    raft_snapshot_load(n->r, &d->snap.of, d->snap.data, d->snap.len))
		return "its snapshot cannot be loaded";
	if (d->snap.of.index && !n->stateless)
		sim_list_load(s, n);
	n->applied = d->snap.of.index;
	if (d->incoming.of.index)
		raft_snapshot_resume(n->r, &d->incoming.of, d->incoming.len);
	if (d->base && raft_log_begin(n->r, d->base, d->base_term))
		return "its log begins behind its snapshot";
	for (i = (u32)d->base; i < d->n; i++) {
		if (raft_log_want(n->r))
			give_memory(n);
		if (raft_log_load(n->r, &d->e[i]))
			return "its log cannot be loaded";
		if (!pass(s, n, i + 1))
			return "its log is not as its hard state says";
	}
	if (raft_start(n->r, &d->hs))
		return "its hard state cannot be used";
	return NULL;
}

/**
 * sim_boot() - a node starts from its store
 * @s: simulation
 * @n: node that does not run
 * @withhold: it was up not long ago, see struct raft_config
 */
void sim_boot(struct sim *s, struct sim_node *n, bool withhold)
{
	u64 wall = 1000000000000000000ULL + s->now;
	struct raft_event ev = { .type = RAFT_EV_TICK };

	/* The larger of the stored one plus one and the wall clock (see dup). */
	n->incarnation = max(n->disk.incarnation + 1, wall + ++s->boots);
	n->disk.incarnation = n->incarnation;
	n->disk.dead = false;
	n->running = true;
	n->failed = false;
	n->paused = false;
	n->why = NULL;
	n->deadline = U64_MAX;
	n->wake = U64_MAX;
	n->n_own = 0;
	n->n_asked = 0;
	n->applied = 0;
	n->n_list = 0;
	n->serial = 0;
	machine_reset(&n->machine);
	n->suspended_at = 0;
	n->asleep = 0;
	memset(n->raised, 0, sizeof(n->raised));
	memset(&n->st, 0, sizeof(n->st));
	memset(&n->conf, 0, sizeof(n->conf));
	n->why = load(s, n, withhold);
	sim_trace(s, "node %u boots: term %llu vote %u last %u%s", n->id,
		  (unsigned long long)n->disk.hs.term, n->disk.hs.vote,
		  n->disk.n, withhold ? ", withholds votes" : "");
	if (n->why) {
		n->failed = true;
		sim_trace(s, "node %u stops itself: %s", n->id, n->why);
		return;
	}
	raft_status(n->r, &n->st);
	n->conf = *raft_membership(n->r);
	check_boot(s, n);
	if (n->disk.snap.of.index)
		check_installed(s, n, true);
	sim_event(s, n, &ev);
	if (n->disk.snap.rotten)
		sim_snapshot_rotten(s, n);
}

/**
 * sim_crash() - power off: all that is not durable is gone
 * @s: simulation
 * @n: node; nothing happens if it does not run
 *
 * What is in flight to the disk was dealt with before: sim_disk_crash().
 */
void sim_crash(struct sim *s, struct sim_node *n)
{
	if (!n->running)
		return;
	drop_inbox(n);
	sim_prop_lost(s, n);
	raft_destroy(n->r, sim_chunk_put);
	sim_disk_crash(s, n, 0);
	n->stopped_at = s->now;
	n->running = false;
	n->failed = false;
	n->paused = false;
	n->deadline = U64_MAX;
}
