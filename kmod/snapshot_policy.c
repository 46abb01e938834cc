// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_policy.c - when a snapshot is wanted, and the ones that nobody is asked
 * for.
 *
 * When a part of the log is in use, @snapshot_at, or the last snapshot is damaged, here
 * or, at a leader, at a node that lacks what the leader's own one has not, the state
 * machine is asked for one.  A witness has none, and where @retain_entries or
 * @retain_bytes say that none is needed there is none either: there the kernel takes it
 * by itself, bare or with an empty state.  And the operator is told, once, of a log
 * that is full.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/jiffies.h>
#include <linux/math64.h>

#include "owner.h"
#include "snapshot.h"
#include "wal.h"

#define RETRY	(10 * HZ)	/* after one that failed */

#define SLACK	(256 * 1024)	/* bytes, about those between places known */

/* Percent of the log in use. */
static u64 fill(const struct raft_wal_stat *st)
{
	if (st->size < 100)
		return 0;
	return 100 - min_t(u64, 100,
			   div64_u64(st->room, div64_u64(st->size, 100)));
}

/* What a new one would have that the last one has not is worth it. */
static bool is_worth(const struct raft_status *st)
{
	return st->applied - st->snapshot > (st->applied - st->first) / 4;
}

/* Here it could begin with nothing: another node has to send one first. */
static bool is_lost(const struct raft_status *st)
{
	return st->wants > st->snapshot;
}

static bool is_witness(const struct raft_status *st)
{
	return st->flags & RAFT_MEMBER_WITNESS;
}

static bool is_retained(const struct raft_ioc_start *now)
{
	return now->retain_entries || now->retain_bytes;
}

/*
 * Twice as many as are to stay: each cut costs some writes to the disk, which the
 * log's own wait for, and so they cost little for each entry.
 */
static bool too_many(const struct raft_status *st, u64 retain)
{
	u64 held = st->applied + 1 - st->first;

	return retain && held > retain && held - retain > retain + 64;
}

/* In bytes that would be dear: a little more, lest it be one for each entry. */
static bool too_much(const struct raft_wal_stat *st, u64 retain)
{
	return retain && st->size > retain &&
	       st->size - st->room > retain + retain / 4 + 2 * SLACK;
}

static void tell_full(struct raft_group_priv *p, u64 percent)
{
	const char *name = p->g->params.ioc.name;

	if (p->refused_full && !p->told_full)
		pr_warn("%s: the log of node %u is full: proposals are refused until a snapshot makes room\n",
			name, p->g->params.ioc.node_id);
	else if (p->told_full && percent < 95)
		pr_info("%s: the log of node %u has room again\n", name,
			p->g->params.ioc.node_id);
	else
		return;
	p->told_full = !p->told_full;
	p->refused_full = p->told_full;
}

/**
 * raft_snapshot_policy - is it time for a snapshot?
 * @p: the group; @p->st is its status
 *
 * Context: the owner thread, before the publication.
 */
void raft_snapshot_policy(struct raft_group_priv *p)
{
	const struct raft_ioc_start *now = &p->g->settings;
	struct raft_snapshots *s = p->g->snapshots;
	const struct raft_status *st = &p->st;
	bool wanted = false, here = false;
	struct raft_wal_stat wal;
	u64 percent;

	/* Gone with a group that stops. */
	if (!p->attached || !p->g->wal || st->failed)
		return;
	raft_wal_stat(p->g->wal, &wal);
	percent = fill(&wal);
	tell_full(p, percent);
	if (!s)
		return;
	if (now->snapshot_at < 100 && percent >= now->snapshot_at)
		wanted = is_worth(st);
	if (READ_ONCE(s->damaged) || st->asked > st->snapshot)
		wanted = st->applied > st->snapshot;
	if (is_lost(st))
		return;
	if (is_witness(st))
		here = wanted || READ_ONCE(s->full);
	else if (is_retained(now))
		here = wanted || READ_ONCE(s->full) || too_many(st, now->retain_entries) ||
		       too_much(&wal, now->retain_bytes);
	if (here && time_after_eq64(get_jiffies_64(), READ_ONCE(s->policy_at)))
		queue_work(s->wq, &s->policy);
	wanted &= !is_witness(st) && !is_retained(now);
	if (wanted == s->wanted)
		return;
	WRITE_ONCE(s->wanted, wanted);
	p->changed = true;
}

/**
 * raft_snapshot_makes_room - a log is full: is it cut without a state machine?
 * @p: the group
 *
 * If so that happens soon, whatever the settings say of a log that is not full.  But
 * not where the last try failed a moment ago.
 *
 * Context: the owner thread; a publication must follow.
 * Return: true if so.
 */
bool raft_snapshot_makes_room(struct raft_group_priv *p)
{
	struct raft_snapshots *s = p->g->snapshots;

	if (!s || is_lost(&p->st) ||
	    !(is_witness(&p->st) || is_retained(&p->g->settings)) ||
	    time_before64(get_jiffies_64(), READ_ONCE(s->policy_at)))
		return false;
	WRITE_ONCE(s->full, true);
	return true;
}

/*
 * Entries up to @index that stay.  If the log is @full, or so full all the same, that
 * there would be a snapshot for other reasons, half of them go.
 */
static u64 keep_of(struct raft_group *g, u64 index, bool full)
{
	struct raft_wal_stat wal;
	struct raft_ioc_start now;
	u64 keep = U64_MAX, before;

	raft_group_settings(g, &now);
	raft_group_wal_stat(g, &wal);
	if (now.retain_entries)
		keep = now.retain_entries;
	if (now.retain_bytes) {
		before = raft_group_wal_before(g, now.retain_bytes);
		keep = min(keep, index - min(index, before));
	}
	if (full || (now.snapshot_at < 100 && fill(&wal) >= now.snapshot_at))
		keep = min(keep, (index + 1 - READ_ONCE(g->pub.st.first)) / 2);
	return keep;
}

/**
 * raft_snapshot_policy_work - take a snapshot that needs no state machine
 * @work: raft_snapshots.policy
 *
 * Context: a worker, may sleep.
 */
void raft_snapshot_policy_work(struct work_struct *work)
{
	struct raft_snapshots *s = container_of(work, struct raft_snapshots,
						policy);
	struct raft_group *g = s->g;
	bool full = xchg(&s->full, false);
	u64 bytes, index = 0, keep = 0;
	int err;

	/* 0: a witness's. */
	if (!(READ_ONCE(g->pub.st.flags) & RAFT_MEMBER_WITNESS)) {
		index = raft_group_applied(g);
		keep = keep_of(g, index, full);
	}
	err = raft_snapshot_take(g, NULL, index, keep, &bytes);
	/* Asked twice: there is one by now.  What it has may go all the same. */
	if (err == -EEXIST)
		err = full && keep < index ?
		      raft_snapshot_compact(g, index - keep) : 0;
	if (!err || err == -ECANCELED)
		return;
	WRITE_ONCE(s->policy_at, get_jiffies_64() + RETRY);
	pr_warn_ratelimited("%s: no snapshot could be taken (%d)\n",
			    g->params.ioc.name, err);
}
