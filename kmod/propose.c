// SPDX-License-Identifier: GPL-2.0
/*
 * propose.c - proposals: what the caller waits for and what the owner does.
 *
 * The caller posts a proposal, one command or several, and sleeps, killably.  The
 * owner hands the commands to the core in one step, which numbers them in a row, and
 * decides each when the entry with its number is applied in this node's own log, so
 * no answer can get lost; after the last one the caller wakes up.  Whether a command
 * that was accepted commits is never guessed: a caller that cannot wait learns that
 * the outcome is unknown (trap 60).
 *
 * What the core refuses for want of room was certainly not applied, and nor was
 * what stands behind it.  Its caller waits for room and posts the rest again; he
 * does one at a time, so his commands keep their order.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "owner.h"
#include "propose.h"
#include "snapshot.h"
#include "transport.h"
#include "waiter.h"

/*
 * Wake-ups cannot get lost, but a look now and then costs nothing.  Tests go
 * without: a caller that is not woken fails there.
 */
#ifdef RAFT_FAULTS
#define ROOM_LOOK	MAX_SCHEDULE_TIMEOUT
#else
#define ROOM_LOOK	HZ
#endif

static struct raft_proposal *proposal_of(struct raft_waiter *w)
{
	return container_of(w, struct raft_proposal, w);
}

static void proposal_free(struct raft_waiter *w)
{
	struct raft_proposal *pr = proposal_of(w);
	u32 i;

	for (i = 0; i < pr->n; i++)
		raft_payload_put(pr->commands[i].payload);
	kfree(pr);
}

/* Of the commands from @first on. */
static struct raft_proposal *proposal_new(const struct raft_proposing *in,
					  u32 first)
{
	u32 n = in->n - first, i;
	struct raft_proposal *pr;

	pr = kmalloc(struct_size(pr, commands, n), GFP_KERNEL_ACCOUNT);
	if (!pr)
		return NULL;
	memset(pr, 0, sizeof(*pr));
	raft_waiter_init(&pr->w, RAFT_WAITER_PROPOSAL, proposal_free);
	/*
	 * Who does not wait for the commit need not wait for that of others, and
	 * many commands at a time are a batch already.
	 */
	pr->w.patient = n == 1 && !(in->flags & RAFT_PROPOSE_NOWAIT);
	pr->flags = in->flags;
	pr->n = n;
	memcpy(pr->commands, &in->commands[first], n * sizeof(*pr->commands));
	for (i = 0; i < n; i++) {
		raft_payload_get(pr->commands[i].payload);
		/* Here, so that the owner need not. */
		if (pr->commands[i].payload)
			raft_payload_crc(pr->commands[i].payload);
	}
	if (in->flags & RAFT_PROPOSE_RESULT)
		raft_result_prepare(&pr->wanted);
	return pr;
}

/**
 * raft_propose_room - it is worthwhile to propose again
 * @p: the group
 *
 * This pass wakes the group's waiters, after its publication.
 *
 * Context: the owner thread.
 */
void raft_propose_room(struct raft_group_priv *p)
{
	/* Pairs with READ_ONCE() in wait_room() and raft_group_can_propose(). */
	WRITE_ONCE(p->full, false);
	if (!RAFT_MUTANT("shell-room-untold"))
		WRITE_ONCE(p->room, p->room + 1);
	p->dirty = true;
}

static struct raft_entry entry_of(const struct raft_command *c)
{
	return (struct raft_entry) {
		.type = c->payload ? RAFT_ENTRY_COMMAND : RAFT_ENTRY_OPEN,
		.payload = c->payload,
		.len = c->payload ? c->payload->len : 0,
		.client = c->client,
		.client_serial = c->client_serial,
	};
}

/* The core accepted the first @n, and the others it refused for @refused. */
static void taken(struct raft_group_priv *p, struct raft_proposal *pr, u32 n,
		  u64 serial, int refused)
{
	pr->serial = serial;
	pr->refused = refused;
	/* Pairs with smp_load_acquire() in proposal_told(). */
	smp_store_release(&pr->taken, n);
	if (!n)
		raft_waiter_answer(&pr->w, refused);
	else if (pr->flags & RAFT_PROPOSE_NOWAIT)
		raft_waiter_answer(&pr->w, 0);
	else
		list_add_tail(&pr->w.node, &p->pending);
}

/*
 * What the callers are told.  A log that the kernel cuts by itself has room again soon:
 * that is worth waiting for, as all other room.
 */
static int note_refusal(struct raft_group_priv *p, int refused)
{
	if (refused == -ENOSPC) {
		p->dirty = true;
		if (raft_snapshot_makes_room(p) &&
		    !RAFT_MUTANT("shell-full-at-once"))
			refused = -EAGAIN;
		else
			p->refused_full = true;
	}
	if (refused == -EAGAIN)
		WRITE_ONCE(p->full, true);
	return refused;
}

/*
 * One step for proposals of up to RAFT_PROPOSE_BATCH commands, which leave the
 * list; those of one go together.
 */
static void take_batch(struct raft_group_priv *p, struct list_head *came)
{
	struct raft_owner *o = &p->ep->owner;
	struct raft_event ev = {
		.type = RAFT_EV_PROPOSE,
		.propose = { .entries = o->entries },
	};
	struct raft_proposal *pr, *next;
	u32 i, k, n = 0, left;
	LIST_HEAD(asked);
	int refused;
	u64 serial;

	static_assert(RAFT_BATCH_MAX <= RAFT_PROPOSE_BATCH);
	list_for_each_entry_safe(pr, next, came, w.node) {
		if (n + pr->n > RAFT_PROPOSE_BATCH)
			break;
		for (i = 0; i < pr->n; i++)
			o->entries[n++] = entry_of(&pr->commands[i]);
		list_move_tail(&pr->w.node, &asked);
	}
	ev.propose.n = n;
	raft_owner_step(p, &ev);
	left = o->up.accepted;
	serial = o->up.first_serial;
	refused = o->up.refused ? o->up.refused : -EIO;
	if (left < n)
		refused = note_refusal(p, refused);
	list_for_each_entry_safe(pr, next, &asked, w.node) {
		list_del_init(&pr->w.node);
		k = min(left, pr->n);
		left -= k;
		taken(p, pr, k, serial, refused);
		serial += k;
	}
	/* The core failed in this step: nobody will apply what it accepted. */
	if (p->failed)
		raft_waiter_cancel(p, -ECANCELED);
}

/**
 * raft_propose_take - hand proposals to the core, unless they shall wait for more
 * @p: the group
 *
 * Context: the owner thread.
 */
void raft_propose_take(struct raft_group_priv *p)
{
	struct raft_gather *g = &p->gather;

	/* Nothing is kept back, nor is anything handed over of which it hears. */
	if (!g->n && !g->since)
		return;
	if (!raft_gather_end(g, raft_awaits_commit(p->core), ktime_get_ns()))
		return;
	while (!list_empty(&g->held))
		take_batch(p, &g->held);
}

/* The next of its commands is decided; after the last one its caller wakes up. */
static void decide(struct raft_group_priv *p, struct raft_proposal *pr,
		   int error)
{
	pr->commands[pr->decided].error = error;
	/* Pairs with smp_load_acquire() in proposal_told(). */
	smp_store_release(&pr->decided, pr->decided + 1);
	if (pr->decided == pr->taken)
		raft_waiter_decide(p, &pr->w, 0);
}

/**
 * raft_propose_applied - an entry was decided; is it one of ours?
 * @p: the group
 * @index: where it stands
 * @e: the entry
 * @copy: what a client's command is a copy of, NULL if it is none: it gets the
 *	answer of the first
 *
 * Context: the owner thread, in the order of the log.
 */
void raft_propose_applied(struct raft_group_priv *p, u64 index,
			  const struct raft_entry *e,
			  const struct raft_repeated *copy)
{
	struct raft_proposal *pr;
	struct raft_command *c;

	if ((!copy && !(e->flags & RAFT_ENTRY_APPLIED)) ||
	    e->origin != p->g->params.ioc.node_id ||
	    e->incarnation != p->g->incarnation)
		return;
	/* Those that nobody waits for are not in the list. */
	pr = list_first_entry_or_null(&p->pending, struct raft_proposal,
				      w.node);
	if (!pr || pr->serial + pr->decided != e->serial)
		return;
	c = &pr->commands[pr->decided];
	if (copy && !copy->first) {
		decide(p, pr, -EKEYEXPIRED);
		return;
	}
	c->index = copy ? copy->first : index;
	c->term = copy ? copy->term : e->term;
	if (pr->flags & RAFT_PROPOSE_RESULT)
		raft_result_want(&p->g->results, &pr->wanted, c->index,
				 e->client);
	decide(p, pr, 0);
}

/**
 * raft_propose_installed - a snapshot has what became of own proposals
 * @p: the group
 *
 * They are committed, nobody here knows where.  Of a client's command it is not
 * known whether it was a copy, or too old: the client asks again.
 *
 * Context: the owner thread.
 */
void raft_propose_installed(struct raft_group_priv *p)
{
	u64 serial = raft_applied_serial(p->core);
	struct raft_waiter *w, *next;
	struct raft_proposal *pr;
	struct raft_command *c;

	list_for_each_entry_safe(w, next, &p->pending, node) {
		pr = proposal_of(w);
		while (pr->decided < pr->taken &&
		       pr->serial + pr->decided <= serial) {
			c = &pr->commands[pr->decided];
			if (pr->flags & RAFT_PROPOSE_RESULT)
				raft_result_want(&p->g->results, &pr->wanted,
						 0, 0);
			decide(p, pr, c->client || !c->payload ? -ETIMEDOUT : 0);
		}
		if (pr->decided < pr->taken)
			break;
	}
	raft_propose_room(p);
}

/*
 * What became of each command; @error is 0 if the owner has answered.  Without
 * its answer the first ones may be decided all the same, and the last ones be
 * refused.  Returns how many were accepted.
 */
static u32 proposal_told(struct raft_proposal *pr, struct raft_command *to,
			 int error)
{
	u32 decided, n, i;

	/* Pairs with smp_store_release() in decide(). */
	decided = smp_load_acquire(&pr->decided);
	/* Pairs with smp_store_release() in taken(). */
	n = smp_load_acquire(&pr->taken);
	if (!error)
		error = pr->w.result;
	for (i = 0; i < pr->n; i++) {
		if (i < decided) {
			to[i].index = pr->commands[i].index;
			to[i].term = pr->commands[i].term;
			to[i].error = pr->commands[i].error;
		} else {
			to[i].error = !n || i < n ? error : pr->refused;
		}
		to[i].serial = i < n ? pr->serial + i : 0;
	}
	return n;
}

static void all_refused(struct raft_command *c, u32 n, int error)
{
	while (n--)
		c[n].error = error;
}

/*
 * Propose those from @first on, which goes up by what is accepted.  Returns
 * -EAGAIN if the others may be proposed when there is room.
 */
static int propose_once(struct raft_group *g, struct raft_proposing *in,
			u32 *first, long *left)
{
	struct raft_command *c = &in->commands[*first];
	u32 n = in->n - *first;
	struct raft_proposal *pr = proposal_new(in, *first);
	int err = pr ? raft_waiter_post(g, &pr->w) : -ENOMEM;

	if (err) {
		all_refused(c, n, err);
		goto put;
	}
	err = raft_waiter_wait(&pr->w, left);
	if (err)
		*left = 0;
	*first += proposal_told(pr, c, err);
	if (!err && *first < in->n)
		err = c[n - 1].error;
	/* It is committed: a result that does not come is no error. */
	if (in->flags & RAFT_PROPOSE_RESULT && !c->error)
		in->result_state = raft_result_wait(&g->results, &pr->wanted,
						    *left, &in->result);
put:
	if (pr && in->flags & RAFT_PROPOSE_RESULT)
		raft_result_leave(&g->results, &pr->wanted);
	if (pr)
		raft_waiter_put(&pr->w);
	return err;
}

/* Until it is worthwhile to propose again; false if there is no time for that. */
static bool wait_room(struct raft_group *g, u64 room, long *left)
{
	struct raft_group_priv *p = g->priv;
	long look = min_t(long, *left, ROOM_LOOK), ret;

	ret = wait_event_killable_timeout(g->wait,
					  READ_ONCE(p->room) != room ||
					  READ_ONCE(g->stopping), look);
	if (ret < 0)
		return false;
	*left -= look - ret;
	return *left > 0;
}

/**
 * raft_group_propose - propose commands and wait until they are applied
 * @g: the group
 * @in: the commands, in whose order they are applied; the group takes references
 *	of its own.  With RAFT_PROPOSE_NONBLOCK it does not wait for room, with
 *	RAFT_PROPOSE_NOWAIT not for the commit, with RAFT_PROPOSE_RESULT for the
 *	state machine too.  What became of each is filled in, always
 *
 * Those that have room go together, and their caller wakes up once, when the last
 * of them is decided.
 *
 * Context: a process; waits killably.
 * Return: what the first command has whose error is not 0.  0: committed and
 *	applied once (accepted, with NOWAIT).  -EAGAIN no room, -ENOSPC log full and
 *	a state machine has to make room,
 *	-EMSGSIZE, -EINVAL, -ENOMEM, -ENOTCONN not a member, -EIO failed before:
 *	certainly never applied, nor one behind it.  -EKEYEXPIRED not applied by
 *	this call: the session is closed, or at a later number.  -ETIMEDOUT, -EINTR
 *	killed, -ECANCELED stopped or failed meanwhile: unknown.
 */
int raft_group_propose(struct raft_group *g, struct raft_proposing *in)
{
	struct raft_group_priv *p = g->priv;
	long left = raft_waiter_time(g, in->timeout_ms);
	u32 first = 0, i;
	u64 room;
	int err;

	in->result_state = RAFT_RESULT_NOT_ASKED;
	in->result = NULL;
	do {
		/* Before the attempt, lest room that comes after it be missed. */
		room = READ_ONCE(p->room);
		err = propose_once(g, in, &first, &left);
	} while (err == -EAGAIN && !(in->flags & RAFT_PROPOSE_NONBLOCK) &&
		 wait_room(g, room, &left));
	for (i = 0; i < in->n; i++)
		if (in->commands[i].error)
			return in->commands[i].error;
	return 0;
}

/**
 * raft_group_can_propose - would a proposal be taken now?
 * @g: the group
 *
 * Context: any.
 * Return: true if so, as far as one can tell without asking.
 */
bool raft_group_can_propose(const struct raft_group *g)
{
	return !READ_ONCE(g->stopping) && !READ_ONCE(g->pub.st.failed) &&
	       READ_ONCE(g->pub.st.member) && !READ_ONCE(g->priv->full);
}
