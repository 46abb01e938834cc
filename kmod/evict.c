// SPDX-License-Identifier: GPL-2.0
/*
 * evict.c - entries leave the memory of a group when there are too many.
 *
 * Owns the decision which: the oldest, when all take more than the setting says.
 * Only what is applied and durable goes.  It stays in the log and is read from the
 * disk by who needs it: fetch.c for the core, lookup.c for processes.
 *
 * Who looks at an entry in memory does so under RCU.  So it goes in two steps: first
 * @g->window is raised, and nobody new looks at what is before it; a grace period
 * later it is gone.  The owner does not wait for that, it asks in its next pass.
 *
 * Runs in the owner thread, and before it at a boot.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "evict.h"
#include "owner.h"

#define STEP		16384	/* entries that leave in one pass, at most */
#define FORGET		4096	/* words of copies forgotten in one pass */

/**
 * raft_evict_init - nothing has left
 * @v: filled in
 *
 * Context: any.
 */
void raft_evict_init(struct raft_evict *v)
{
	memset(v, 0, sizeof(*v));
	xa_init(&v->copies);
}

/**
 * raft_evict_free - give memory back
 * @v: nobody looks at it any more
 *
 * Context: any but interrupts.
 */
void raft_evict_free(struct raft_evict *v)
{
	xa_destroy(&v->copies);
}

/**
 * raft_evict_note_copy - remember that an entry was dropped as a copy
 * @v: what has left
 * @index: of the entry
 * @gfp: how to allocate
 *
 * Context: one caller at a time; may sleep if @gfp allows it.
 * Return: false without memory.
 */
bool raft_evict_note_copy(struct raft_evict *v, u64 index, gfp_t gfp)
{
	unsigned long key = index / RAFT_COPIES_BITS, bits = 0;
	void *old;

	/* Never, but where unsigned long has 32 bits. */
	if (key != index / RAFT_COPIES_BITS)
		return false;
	old = xa_load(&v->copies, key);
	if (old)
		bits = xa_to_value(old);
	bits |= BIT(index % RAFT_COPIES_BITS);
	return !xa_is_err(xa_store(&v->copies, key, xa_mk_value(bits), gfp));
}

/**
 * raft_evict_is_copy - was an entry that left dropped as a copy?
 * @v: what has left
 * @index: of the entry
 *
 * Context: any.
 * Return: true if so.
 */
bool raft_evict_is_copy(const struct raft_evict *v, u64 index)
{
	/* xa_load() takes what it does not change without const. */
	void *bits = xa_load((struct xarray *)&v->copies,
			     index / RAFT_COPIES_BITS);

	return bits && xa_to_value(bits) & BIT(index % RAFT_COPIES_BITS);
}

/**
 * raft_evict_forget - what was compacted away needs not be known
 * @v: what has left
 * @first: first index of the log; @v->first is set to that, or to less if there
 *	is more to do than is good for one call
 *
 * Context: as raft_evict_note_copy(); nobody asks for what is below @first.
 */
void raft_evict_forget(struct raft_evict *v, u64 first)
{
	unsigned long end = first / RAFT_COPIES_BITS, key, n = 0;
	void *bits;

	if (v->first >= first)
		return;
	/* The word of @first itself stays. */
	xa_for_each_start(&v->copies, key, bits, v->first / RAFT_COPIES_BITS) {
		if (key >= end)
			break;
		if (n++ == FORGET) {
			v->first = (u64)key * RAFT_COPIES_BITS;
			return;
		}
		xa_erase(&v->copies, key);
	}
	v->first = first;
}

/**
 * raft_evict_chunks - give memory back that no entry needs any more
 * @p: the group; nobody looks at what was in it
 *
 * Context: the owner thread, or before it knows @p.
 */
void raft_evict_chunks(struct raft_group_priv *p)
{
	struct raft_log_chunk *chunk;

	while (!RAFT_MUTANT("shell-chunks-kept") &&
	       (chunk = raft_log_take(p->core)))
		kfree(chunk);
}

/* They leave the core; it takes a bounded step in each call. */
static int leave(struct raft_group_priv *p, u64 to)
{
	int err;

	do
		err = raft_evict(p->core, to);
	while (err == -EAGAIN);
	raft_evict_chunks(p);
	return err;
}

/*
 * The last one of the oldest that should leave for the others to fit, of those up
 * to @may.  Copies among them are noted.
 */
static u64 choose(struct raft_group_priv *p, u64 may, gfp_t gfp)
{
	u64 limit = READ_ONCE(p->g->settings.memory);
	u64 used = raft_group_memory(&p->st);
	u64 to = p->st.window - 1;
	const struct raft_entry *e;

	if (used <= limit || RAFT_MUTANT("shell-evict-never"))
		return to;
	/* Some more, so that it need not be done for each entry. */
	limit -= limit / 8;
	may = min(may, to + STEP);
	while (used > limit && to < may) {
		e = raft_entry_at(p->core, to + 1);
		if (e->flags & RAFT_ENTRY_DROPPED &&
		    !RAFT_MUTANT("shell-evict-copies") &&
		    !raft_evict_note_copy(&p->evict, to + 1, gfp))
			break;
		used -= e->len + RAFT_MEMORY_ENTRY;
		to++;
	}
	return to;
}

static void begin(struct raft_group_priv *p)
{
	u64 may = min(p->st.applied, p->st.durable);
	struct raft_evict *v = &p->evict;
	u64 to;

	if (RAFT_MUTANT("shell-evict-undurable"))
		may = p->st.applied;
	if (RAFT_MUTANT("shell-evict-unapplied"))
		may = p->st.last;
	/* Nothing leaves while the same log has too many terms. */
	if (v->full_at && v->full_at == p->st.first)
		return;
	v->full_at = 0;
	to = choose(p, may, GFP_NOWAIT | __GFP_NOWARN);
	if (to < p->st.window)
		return;
	/* Pairs with smp_load_acquire() in lookup.c: first the copies. */
	smp_store_release(&p->g->window, to + 1);
	v->to = to;
	v->grace = start_poll_synchronize_rcu();
}

static void end(struct raft_group_priv *p)
{
	struct raft_evict *v = &p->evict;

	if (leave(p, v->to) == -ENOSPC) {
		v->full_at = p->st.first;
		pr_warn_ratelimited("%s: the log has too many terms, its entries stay in memory until a snapshot cuts it\n",
				    p->g->params.ioc.name);
	}
	v->to = 0;
	/* The status says what is in memory now. */
	raft_status(p->core, &p->st);
	p->dirty = true;
}

/**
 * raft_evict_pass - let entries leave the memory if there are too many
 * @p: the group; @p->st is its status, published
 *
 * Context: the owner thread.
 */
void raft_evict_pass(struct raft_group_priv *p)
{
	struct raft_evict *v = &p->evict;

	/* The log on disk is gone with a group that stops. */
	if (!p->attached || p->st.failed)
		return;
	raft_evict_forget(v, p->st.first);
	if (v->to && !poll_state_synchronize_rcu(v->grace) &&
	    !RAFT_MUTANT("shell-evict-held"))
		return;
	if (v->to)
		end(p);
	begin(p);
}

/**
 * raft_evict_loaded - the same while a log is loaded
 * @p: the group, whose core is being made; nobody else knows it
 * @hs: what the disk says, as for raft_log_pass()
 * @may: known to be committed up to there
 *
 * Context: a process, may sleep.
 * Return: 0; -EINVAL: the log is not that of the snapshot; -ENOSPC as
 *	raft_evict(): what could not leave is in memory.
 */
int raft_evict_loaded(struct raft_group_priv *p,
		      const struct raft_hard_state *hs, u64 may)
{
	u64 window, to;
	int err;

	raft_status(p->core, &p->st);
	window = p->st.window;
	may = min(may, p->st.last);
	if (raft_group_memory(&p->st) <= p->g->settings.memory || may < window)
		return 0;
	/* Their flags first: which are copies is known then. */
	err = raft_log_pass(p->core, hs, min(may, window - 1 + STEP));
	if (err)
		return err;
	to = choose(p, may, GFP_KERNEL);
	return to < window ? -ENOMEM : leave(p, to);
}
