// SPDX-License-Identifier: GPL-2.0
/*
 * window.c - a log that is longer than the memory: eviction, and reading back.
 *
 * Owns what may leave the memory, and the few entries that a leader has had read
 * back for peers that lack them.  What leaves is applied and durable here: so it
 * is committed, never changes, and nothing but a slow peer needs it.  The image
 * goes on before (image.c), so no snapshot ends among what left.
 *
 * At a boot all entries must be seen once, for what is applied follows from them:
 * they pass through the memory and leave it again.  How far they are committed
 * tells the hint on disk, so that is written when it is behind of what left
 * (make_batch()), and a boot needs no more memory than the life before.
 *
 * Reading back is slow, and may hang, fail, or come too late.  So it is asked for
 * by an update and comes by an event, one range at a time, which peers that lag
 * have in turn; nothing else waits for it.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_evict() - let entries leave the memory; they stay in the log
 * @r: the core
 * @index: last one that shall leave; nothing happens if it has
 *
 * Then raft_entry_at() has them no more, as after a compaction, raft_log_take()
 * gives memory back, and the log on disk must be readable: RAFT_UP_FETCH.
 *
 * Context: owner thread, between steps; before the first one, too.
 * Return: 0; -EAGAIN: that is a long way, of which this call has gone a part: ask
 * again, after what else there is to do; -EINVAL: @index is not applied, or not
 * durable here; -ENOSPC: the log has RAFT_LOG_TERMS terms on disk, or more, and not
 * all up to @index left; -ENOMEM: the same for want of memory, see raft_log_want().
 */
int raft_evict(struct raft *r, u64 index)
{
	u64 limit = min(r->applied, r->durable);
	u64 to = min(index, r->log.evicted + RAFT_STEP_APPLY);

	if (RAFT_MUTANT("evict-undurable"))
		limit = r->applied;
	if (RAFT_MUTANT("evict-uncommitted"))
		limit = r->log.last;
	if (index > limit)
		return -EINVAL;
	if (index <= r->log.evicted)
		return 0;
	if (!RAFT_MUTANT("evict-without-image"))
		raft_image_advance(r, to);
	if (raft_log_evict(&r->log, to) != to)
		return r->log.terms.n == RAFT_LOG_TERMS ? -ENOSPC : -ENOMEM;
	return to < index ? -EAGAIN : 0;
}

/**
 * raft_log_pass() - entries that were loaded are applied, before raft_start()
 * @r: the core
 * @hs: what was on disk, as for raft_start()
 * @index: the last one that shall be; up to the snapshot all are
 *
 * RAFT_ENTRY_APPLIED and _DROPPED are set in them, as by a step; raft_evict()
 * may follow.  The first RAFT_UP_APPLIED begins behind @index.
 *
 * Context: as raft_init().
 * Return: 0; -EINVAL: @index is not loaded, or not known to be committed, or the
 * log is not that of the snapshot, or that is gone.
 */
int raft_log_pass(struct raft *r, const struct raft_hard_state *hs, u64 index)
{
	const struct raft_entry *e;

	if (index <= r->applied)
		return 0;
	if (index > r->log.last || index > hs->commit ||
	    raft_snapshot_lost(r) ||
	    raft_log_term(&r->log, r->snap.index) != r->snap.term)
		return -EINVAL;
	while (r->applied < index) {
		raft_image_advance(r, ++r->applied);
		e = raft_log_entry(&r->log, r->applied);
		if (e->type == RAFT_ENTRY_CONFIG)
			raft_membership_applied(r, e, r->applied);
	}
	if (!RAFT_MUTANT("pass-without-sessions"))
		r->tables = r->image.tables;
	return 0;
}

/**
 * raft_window_entry() - look up an entry in memory, or among those read back
 * @r: the core
 * @index: of the entry
 *
 * Context: owner thread.
 * Return: the entry, NULL if it is not there.
 */
const struct raft_entry *raft_window_entry(const struct raft *r, u64 index)
{
	const struct raft_readback *rb = &r->readback;

	if (index > r->log.evicted)
		return raft_log_entry(&r->log, index);
	if (index < rb->first || index - rb->first >= rb->n)
		return NULL;
	return &rb->mem->entries[index - rb->first];
}

/**
 * raft_readback_ready() - may entries be asked for?
 * @r: the core, a leader
 *
 * Context: owner thread.
 * Return: false if some are under way, or could not be read a moment ago.
 */
bool raft_readback_ready(const struct raft *r)
{
	return !r->readback.asked && r->now >= r->readback.retry_at;
}

/**
 * raft_readback_ask() - ask for entries that are only on disk
 * @r: the core, a leader; raft_readback_ready()
 * @first: first entry
 * @last: last one that can be of use, on disk only, too
 *
 * Context: owner thread, at the end of a step.
 */
void raft_readback_ask(struct raft *r, u64 first, u64 last)
{
	struct raft_readback *rb = &r->readback;

	rb->asked = first;
	rb->n_asked = (u32)min_t(u64, last - first + 1, RAFT_MAX_BATCH);
	r->up->flags |= RAFT_UP_FETCH;
	r->up->fetch.id = ++rb->id;
	r->up->fetch.first = first;
	r->up->fetch.n = rb->n_asked;
	r->up->fetch.bytes = r->cfg.max_batch_bytes;
}

/**
 * raft_readback_drop() - what was read back is not needed any more
 * @r: the core
 *
 * Context: owner thread.
 */
void raft_readback_drop(struct raft *r)
{
	struct raft_readback *rb = &r->readback;
	u32 i;

	for (i = 0; i < rb->n; i++)
		if (rb->mem->entries[i].payload)
			raft_payload_put(rb->mem->entries[i].payload);
	rb->n = 0;
	if (rb->mem)
		raft_chunk_put(&r->log, rb->mem);
	rb->mem = NULL;
	rb->failing_since = 0;
}

/*
 * What is only on disk is committed and does not change, but it may have been
 * compacted away; and disks and shells err.
 */
static bool is_good(const struct raft *r, const struct raft_event *ev,
		    u64 index)
{
	u32 i;

	if (!ev->fetched.n || ev->fetched.n > r->readback.n_asked ||
	    index <= r->log.base)
		return false;
	for (i = 0; i < ev->fetched.n; i++, index++)
		if (index > r->log.evicted ||
		    ev->fetched.entries[i].term != raft_log_term(&r->log, index))
			return false;
	return true;
}

/*
 * Nothing could be read.  If that lasts, a member that lags gets nothing from here
 * as long as the disk does not: who has all of it, too, may lead instead.
 */
static void failing(struct raft *r, u64 index)
{
	struct raft_readback *rb = &r->readback;

	rb->retry_at = r->now + r->cfg.heartbeat;
	if (index <= r->log.base)
		return;
	if (!rb->failing_since)
		rb->failing_since = r->now;
	if (r->now - rb->failing_since < 2 * r->cfg.election_timeout ||
	    RAFT_MUTANT("unread-leads-on"))
		return;
	rb->failing_since = r->now;
	raft_transfer_begin(r, 0);
}

/**
 * raft_readback_take() - a RAFT_EV_FETCHED
 * @r: the core
 * @ev: the event
 *
 * What fails is asked for again after a heartbeat, for whoever needs it then.
 *
 * Context: owner thread, in a step.
 */
void raft_readback_take(struct raft *r, const struct raft_event *ev)
{
	struct raft_readback *rb = &r->readback;
	bool any = RAFT_MUTANT("fetch-any");
	u64 asked = rb->asked;
	struct raft_entry *e;
	u32 i;

	if (!asked || (ev->fetched.id != rb->id && !any))
		return;
	if (!RAFT_MUTANT("fetch-once") || ev->fetched.n)
		rb->asked = 0;
	if (r->role != RAFT_LEADER)
		return;
	if (!is_good(r, ev, asked) && !(any && ev->fetched.n)) {
		failing(r, asked);
		return;
	}
	raft_readback_drop(r);
	rb->mem = raft_chunk_get(&r->log);
	if (!rb->mem) {
		rb->retry_at = r->now + r->cfg.heartbeat;
		return;
	}
	rb->first = asked;
	rb->n = ev->fetched.n;
	for (i = 0; i < rb->n; i++) {
		e = &rb->mem->entries[i];
		*e = ev->fetched.entries[i];
		e->flags = 0;
		if (e->payload)
			raft_payload_get(e->payload);
	}
}
