// SPDX-License-Identifier: GPL-2.0
/*
 * owner.c - the thread that owns the cores: the only caller of raft_step().
 *
 * A pass of the loop, in this order, for "late is not dead": a thread that ran
 * late must not take its own delay for a dead leader, so it acts on a deadline
 * only after everything that has come was handled.
 *
 *   1 what others want to have called here (attach, detach, faults)
 *   2 the sockets, a budget at a time
 *   then, of those groups only that have something to do,
 *   3 the inboxes: reports of the write-ahead log, of snapshots, entries that
 *     were read back, then what is asked
 *   4 the deadlines, unless the sockets were not empty yet
 *   5 publish what changed, answer who waits, arm the timers
 *
 * What 1 to 4 have to say to other nodes leaves at the end of each (pack.h).
 *
 * Never here: waiting for a disk, memory that has to be reclaimed, a mutex,
 * uevents.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "fault.h"
#include "order.h"
#include "owner.h"
#include "propose.h"
#include "publication.h"
#include "reader.h"
#include "realtime.h"
#include "snapshot.h"
#include "trace.h"
#include "transport.h"
#include "waiter.h"

#define RX_BUDGET	64	/* datagrams of a socket in one pass */
/*
 * Packets of a socket that is never empty, after which deadlines are looked at
 * all the same: what was queued when the deadline passed is handled by then, for
 * even an empty packet takes 512 bytes of the socket's buffer.
 */
#define RX_PACKETS	(RAFT_RCVBUF / 512)
/*
 * A rest after that, in us: a flood from outside must not take a processor away
 * from all that is not real-time.  Below any heartbeat.
 */
#define RX_REST		500
#define TICK_BUDGET	16	/* RAFT_UP_AGAIN in one pass */
#define REPORT_BUDGET	(2 * RAFT_REPORTS_MAX)

/**
 * struct owner_call - a function that somebody waits for
 * @node: in the owner's list
 * @fn: the function
 * @arg: its argument
 * @ret: what it returned
 * @done: it has
 */
struct owner_call {
	struct llist_node node;
	int (*fn)(void *arg);
	void *arg;
	int ret;
	struct completion done;
};

static const char *name_of(const struct raft_group_priv *p)
{
	return p->g->params.ioc.name;
}

static u32 id_of(const struct raft_group_priv *p)
{
	return p->g->params.ioc.node_id;
}

static u32 bucket_of(u64 group_id)
{
	return hash_64(group_id, RAFT_OWNER_BITS);
}

static struct hlist_head *bucket(struct raft_owner *o, u64 group_id)
{
	return &o->groups[bucket_of(group_id)];
}

static void mark(struct raft_group_priv *p)
{
	set_bit(0, &p->ready);
	smp_mb__after_atomic(); /* pairs with xchg() in take_ready() */
	set_bit(bucket_of(p->g->params.ioc.group_id), p->ep->owner.ready);
}

/**
 * raft_owner_look - have the next pass look at a group, and come at once
 * @p: the group
 *
 * Context: the owner thread.
 */
void raft_owner_look(struct raft_group_priv *p)
{
	mark(p);
	set_bit(RAFT_OWNER_WORK, &p->ep->owner.flags);
}

/**
 * raft_owner_wake_group - make the owner look at a group
 * @p: the group; its endpoint does not go meanwhile
 *
 * Context: any, hard interrupts included.
 */
void raft_owner_wake_group(struct raft_group_priv *p)
{
	mark(p);
	smp_mb__after_atomic(); /* pairs with that of owner_sleep() */
	raft_owner_wake(&p->ep->owner);
}

/**
 * raft_owner_find - the group that something came for, which is looked at then
 * @o: the owner
 * @id: of the group
 *
 * Context: the owner thread, before a pass looks at its groups.
 * Return: the group, NULL if it is not here.
 */
struct raft_group_priv *raft_owner_find(struct raft_owner *o, u64 id)
{
	struct raft_group_priv *p;

	hlist_for_each_entry(p, bucket(o, id), node) {
		if (p->g->params.ioc.group_id == id) {
			p->now = true;
			__set_bit(bucket_of(id), o->now);
			return p;
		}
	}
	return NULL;
}

/*
 * Memory for entries that the next step may append.  If there is none, the core
 * refuses what has no room, and a worker that may wait fetches some.
 */
static void give_chunks(struct raft_group_priv *p)
{
	struct raft_log_chunk *chunk;

	while (raft_log_want(p->core)) {
		chunk = kzalloc(raft_log_chunk_size(),
				GFP_NOWAIT | __GFP_NOWARN);
		if (!chunk) {
			chunk = xchg(&p->spare, NULL);
			if (!RAFT_MUTANT("shell-refill-never"))
				raft_group_queue(&p->refill);
		}
		if (!chunk)
			return;
		raft_log_give(p->core, chunk);
	}
	if (p->ep->owner.chunks.n > RAFT_OWNER_CHUNKS)
		kfree(raft_log_take(p->core));
}

/* The same for the next configuration: without, a change is refused. */
static void give_config(struct raft_group_priv *p)
{
	struct raft_payload *payload;

	if (!raft_config_want(p->core))
		return;
	payload = raft_payload_alloc(RAFT_CONFIG_BYTES,
				     GFP_NOWAIT | __GFP_NOWARN);
	if (!payload) {
		payload = xchg(&p->spare_config, NULL);
		raft_group_queue(&p->refill);
	}
	if (payload)
		raft_config_give(p->core, payload);
}

static void take_applied(struct raft_group_priv *p,
			 const struct raft_update *up)
{
	const struct raft_repeated *copy;
	const struct raft_entry *e;
	u32 n = 0;
	u64 i;

	for (i = up->applied_first; i <= up->applied_last; i++) {
		e = raft_entry_at(p->core, i);
		if (!e)
			continue;
		copy = n < up->n_repeated && up->repeated[n].index == i ?
		       &up->repeated[n++] : NULL;
		if (copy)
			trace_raft_repeated(name_of(p), id_of(p), e, copy);
		raft_propose_applied(p, i, e, copy);
	}
	raft_propose_room(p);
}

static void take_failure(struct raft_group_priv *p)
{
	if (p->failed)
		return;
	p->failed = true;
	p->changed = true;
	raft_status(p->core, &p->st);
	pr_err("%s: node %u failed: %s (%d); it keeps its data and stops\n",
	       name_of(p), id_of(p), raft_fail_name(p->st.failed),
	       p->st.error);
	/* They may be committed elsewhere: unknown. */
	raft_waiter_cancel(p, -ECANCELED);
	raft_result_close(&p->g->results);
	raft_propose_room(p);
}

static void take_config(struct raft_group_priv *p)
{
	const struct raft_membership *c = raft_membership(p->core);

	trace_raft_config(name_of(p), id_of(p), c);
	raft_remote_configure(&p->remotes, c);
	if (!raft_endpoint_has(p->ep, p->remotes.families))
		raft_group_queue(&p->refill);
	p->changed = true;
	/* Who was no member may propose now. */
	raft_propose_room(p);
}

/* What an update asks for, in the order that raft_core.h gives. */
static void execute(struct raft_group_priv *p, const struct raft_update *up)
{
	if (up->flags & RAFT_UP_CONFIG)
		take_config(p);
	raft_tx_update(p, up);
	if (up->flags & RAFT_UP_PERSIST) {
		raft_pack_flush(p->ep);
		trace_raft_persist(name_of(p), id_of(p), &up->persist);
		raft_wal_submit(p->g->wal, p->core, &up->persist);
	}
	if (up->flags & (RAFT_UP_SNAPSHOT | RAFT_UP_CHUNK | RAFT_UP_INSTALL))
		raft_snapshot_update(p, up);
	if (up->flags & RAFT_UP_APPLIED)
		take_applied(p, up);
	if (up->flags & RAFT_UP_READ)
		raft_reader_done(p, up);
	if (up->flags & RAFT_UP_READ_LOST)
		raft_reader_lost(p);
	raft_order_done(p, up);
	if (up->flags & RAFT_UP_STATE) {
		p->changed = true;
		/* A new leader may have room. */
		raft_propose_room(p);
	}
	if (up->flags & RAFT_UP_FAILED)
		take_failure(p);
	if (up->flags & RAFT_UP_FETCH)
		raft_fetch_update(p, up);
	if (up->flags)
		p->dirty = true;
	p->deadline = up->deadline;
	p->again = up->flags & RAFT_UP_AGAIN;
}

/**
 * raft_owner_step - feed one event to a core and do what it asks for
 * @p: the group
 * @ev: the event, taken from its queue before; times, randomness and room are
 *	filled in here
 *
 * The update stays readable in the owner until the next step.
 *
 * Context: the owner thread.
 */
void raft_owner_step(struct raft_group_priv *p, struct raft_event *ev)
{
	struct raft_update *up = &p->ep->owner.up;
	bool memory = raft_wal_prepare(p->g->wal);

	give_chunks(p);
	give_config(p);
	ev->now = ktime_get_ns();
	ev->boot_now = ktime_get_boottime_ns();
	ev->random = get_random_u64();
	/* Without memory to hand entries to the log there is no room for any. */
	ev->log_room = memory ? raft_wal_room(p->g->wal) : 0;
	raft_step(p->core, ev, up);
	if (!memory && up->refused == -ENOSPC)
		up->refused = -ENOMEM;
	execute(p, up);
}

static void tick(struct raft_group_priv *p)
{
	struct raft_event ev = { .type = RAFT_EV_TICK };

	raft_owner_step(p, &ev);
}

static void take_reports(struct raft_group_priv *p)
{
	struct raft_report report;
	int budget = REPORT_BUDGET;

	while (budget-- && raft_reports_take(&p->reports, &report)) {
		struct raft_event ev = {
			.type = RAFT_EV_PERSISTED,
			.persisted = {
				.seq = report.seq,
				.index = report.index,
				.term = report.term,
			},
		};

		trace_raft_persisted(name_of(p), id_of(p), report.seq,
				     report.error);
		if (report.error) {
			ev.type = RAFT_EV_DISK_FAILED;
			ev.error = report.error;
		}
		raft_owner_step(p, &ev);
		/* The log may be shorter from now on. */
		if (p->full)
			raft_propose_room(p);
	}
}

static void take_deadline(struct raft_group_priv *p)
{
	int budget = TICK_BUDGET;
	u64 now = ktime_get_ns();

	raft_notice_pass(p, now);
	raft_remote_rest(&p->remotes, now);
	if (now >= p->deadline) {
		trace_raft_timer(name_of(p), id_of(p), now - p->deadline);
		tick(p);
	}
	while (p->again && budget--)
		tick(p);
	if (p->again)
		raft_owner_look(p);
}

/* Once a pass, however many steps a group had. */
static void finish_pass(struct raft_group_priv *p)
{
	raft_publication_pass(p);
	raft_evict_pass(p);
	raft_fetch_start(p);
	raft_timer_arm(&p->timer,
		       p->again ? U64_MAX :
		       min3(p->deadline, p->gather.until, p->notice_due));
}

static void run_calls(struct raft_owner *o)
{
	struct llist_node *node;
	struct owner_call *call;

	node = llist_reverse_order(llist_del_all(&o->calls));
	while (node) {
		call = llist_entry(node, struct owner_call, node);
		node = node->next;
		call->ret = call->fn(call->arg);
		complete(&call->done);
	}
}

/* A group that is paused has its endpoint wait: debug builds only. */
static bool paused(const struct raft_owner *o)
{
#ifdef RAFT_FAULTS
	const struct raft_group_priv *p;
	u32 b;

	for (b = 0; b < RAFT_OWNER_BUCKETS; b++)
		hlist_for_each_entry(p, &o->groups[b], node)
			if (raft_fault_paused(p))
				return true;
#endif
	return false;
}

/*
 * What this pass looks at, with what the last one did not finish.  The bit of a group
 * is taken before its queues are looked at, and after that of its bucket.
 */
static void take_ready(struct raft_owner *o)
{
	struct raft_group_priv *p;
	unsigned int b;
	u32 i;

	for (i = 0; i < BITS_TO_LONGS(RAFT_OWNER_BUCKETS); i++)
		if (READ_ONCE(o->ready[i]))
			o->now[i] |= xchg(&o->ready[i], 0);
	for_each_set_bit(b, o->now, RAFT_OWNER_BUCKETS)
		hlist_for_each_entry(p, &o->groups[b], node)
			if (test_bit(0, &p->ready) &&
			    test_and_clear_bit(0, &p->ready))
				p->now = true;
}

/* Calls @fn for those that this pass looks at. */
static void each_ready(struct raft_owner *o,
		       void (*fn)(struct raft_group_priv *p))
{
	struct raft_group_priv *p;
	unsigned int b;

	for_each_set_bit(b, o->now, RAFT_OWNER_BUCKETS)
		hlist_for_each_entry(p, &o->groups[b], node)
			if (p->now)
				fn(p);
}

static void finished(struct raft_group_priv *p)
{
	p->now = false;
}

static void take_inboxes(struct raft_group_priv *p)
{
	take_reports(p);
	raft_snapshot_pass(p);
	raft_fetch_pass(p);
	raft_waiter_take(p);
}

static void pass(struct raft_owner *o)
{
	bool more, deadlines;
	u32 packets;

	run_calls(o);
	raft_pack_flush(o->ep);
	if (paused(o))
		return;
	more = raft_rx_drain(o->ep, RX_BUDGET, &packets);
	raft_pack_flush(o->ep);
	if (more)
		set_bit(RAFT_OWNER_WORK, &o->flags);
	o->taken += packets;
	deadlines = !more || o->taken >= RX_PACKETS;
	take_ready(o);
	each_ready(o, take_inboxes);
	raft_pack_flush(o->ep);
	if (deadlines)
		each_ready(o, take_deadline);
	raft_pack_flush(o->ep);
	each_ready(o, finish_pass);
	/* Else the next pass looks at their deadlines, too. */
	if (!deadlines)
		return;
	each_ready(o, finished);
	bitmap_zero(o->now, RAFT_OWNER_BUCKETS);
	o->taken = 0;
	if (more)
		usleep_idle_range(RX_REST, 2 * RX_REST);
}

static void owner_sleep(struct raft_owner *o)
{
	/* Pairs with raft_owner_wake(): state first, then the test. */
	set_current_state(TASK_IDLE);
	if (!test_bit(RAFT_OWNER_WORK, &o->flags) && !kthread_should_stop())
		schedule();
	__set_current_state(TASK_RUNNING);
	/* Before the queues are looked at; the bit may be set again at once. */
	clear_bit(RAFT_OWNER_WORK, &o->flags);
	smp_mb__after_atomic(); /* pairs with that of raft_owner_wake() */
}

static int owner_thread(void *arg)
{
	unsigned int noio = memalloc_noio_save();
	struct raft_owner *o = arg;

	while (!kthread_should_stop()) {
		owner_sleep(o);
		pass(o);
		cond_resched();
	}
	memalloc_noio_restore(noio);
	return 0;
}

/**
 * raft_owner_start - start the thread of an endpoint
 * @o: the owner, zeroed, part of @ep
 * @ep: the endpoint; @ep->net and @ep->port are set
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, or the errno of kthread_create().
 */
int raft_owner_start(struct raft_owner *o, struct raft_endpoint *ep)
{
	struct task_struct *task;

	o->ep = ep;
	init_llist_head(&o->calls);
	if (raft_wal_reserve_init(&o->reserve)) {
		raft_wal_reserve_free(&o->reserve);
		return -ENOMEM;
	}
	task = kthread_create(owner_thread, o, "raft/%u", ep->port);
	if (IS_ERR(task)) {
		raft_wal_reserve_free(&o->reserve);
		return PTR_ERR(task);
	}
	raft_realtime(task);
	o->task = task;
	wake_up_process(task);
	return 0;
}

/**
 * raft_owner_stop - end the thread
 * @o: the owner; it has no groups, and nobody wakes or calls it any more
 *
 * Context: may sleep.
 */
void raft_owner_stop(struct raft_owner *o)
{
	struct raft_log_chunk *chunk;

	kthread_stop(o->task);
	raft_wal_reserve_free(&o->reserve);
	while ((chunk = raft_chunks_take(&o->chunks)))
		kfree(chunk);
}

/**
 * raft_owner_call - have a function called by the owner thread
 * @o: the owner; must not stop meanwhile
 * @fn: must not sleep long
 * @arg: for @fn
 *
 * Context: may sleep; not the owner thread itself.
 * Return: what @fn returned.
 */
int raft_owner_call(struct raft_owner *o, int (*fn)(void *arg), void *arg)
{
	struct owner_call call = { .fn = fn, .arg = arg };

	init_completion(&call.done);
	llist_add(&call.node, &o->calls);
	raft_owner_wake(o);
	wait_for_completion(&call.done);
	return call.ret;
}

/**
 * raft_owner_attach - begin to serve a group
 * @priv: struct raft_group_priv, complete
 *
 * Context: the owner thread, by raft_owner_call().
 * Return: 0.
 */
int raft_owner_attach(void *priv)
{
	struct raft_group_priv *p = priv;

	raft_log_share(p->core, &p->ep->owner.chunks);
	raft_wal_share(p->g->wal, &p->ep->owner.reserve);
	hlist_add_head(&p->node,
		       bucket(&p->ep->owner, p->g->params.ioc.group_id));
	p->attached = true;
	p->dirty = true;
	mark(p);
	p->changed = true;
	/* The first deadline. */
	tick(p);
	/* Who started the group may ask for its status at once. */
	raft_publication_make(p);
	return 0;
}

/**
 * raft_owner_detach - serve a group no more
 * @priv: struct raft_group_priv; its inbox is closed
 *
 * Who waits learns that the outcome is unknown.  The timer may fire
 * once more, for it is the caller who stops it.
 *
 * Context: the owner thread, by raft_owner_call().
 * Return: 0.
 */
int raft_owner_detach(void *priv)
{
	struct raft_group_priv *p = priv;

	if (p->attached)
		hlist_del_init(&p->node);
	p->attached = false;
	/* Whoever would send the next message is no more. */
	raft_notice_flush_all(p);
	raft_pack_flush(p->ep);
	raft_publication_make(p);
	raft_waiter_publish(p);
	raft_waiter_close(p, -ECANCELED);
	/* What it has in use is freed by whoever lets go of the group last. */
	raft_log_share(p->core, NULL);
	if (p->g->wal)
		raft_wal_share(p->g->wal, NULL);
	return 0;
}
