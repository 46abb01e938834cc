// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - a leader hands over (thesis 3.10, traps 38, 39, 43).
 *
 * It brings the target up to date, takes no new entries meanwhile (proposals
 * wait, they are not refused), tells it to campaign at once, and tells it again
 * until it does.  After one election timeout it goes on leading.  From the first
 * word on it has no lease in this term: the target's campaign does not respect
 * one, however late it comes.
 *
 * Owns the choice of a target, too: by priority a leader offers the leadership
 * to a better voter, once in a term.
 */
#include "raft_env.h"
#include "internal.h"

/* Entries that a target may lack; more would take longer than it may. */
static u64 reach(const struct raft *r)
{
	return (u64)r->cfg.max_inflight * r->cfg.max_batch;
}

/* A witness has nothing to lead with. */
static bool may_lead(const struct raft_peer *p)
{
	return raft_votes(p) &&
	       !(p->flags & (RAFT_MEMBER_GONE | RAFT_MEMBER_WITNESS));
}

/* Could it lead soon? */
static bool is_ready(const struct raft *r, const struct raft_peer *p)
{
	return p != r->self && may_lead(p) && raft_heard(r, p) && !p->wants &&
	       p->state == RAFT_REPLICATE &&
	       r->log.last - p->match <= reach(r);
}

/**
 * raft_transfer_best() - who should lead after this node?
 * @r: the core, a leader
 *
 * Of those who could soon: the highest priority, then the longest log.
 *
 * Context: owner thread.
 * Return: node id, 0 if there is none.
 */
u32 raft_transfer_best(struct raft *r)
{
	struct raft_peer *p, *best = NULL;

	raft_for_each_peer(r, p) {
		if (!is_ready(r, p))
			continue;
		if (!best || p->priority > best->priority ||
		    (p->priority == best->priority && p->match > best->match))
			best = p;
	}
	return best ? best->id : 0;
}

static int target_error(struct raft *r, u32 target)
{
	const struct raft_peer *p = raft_peer_member(r, target);

	if (!p)
		return -ENOENT;
	if (!may_lead(p))
		return -EINVAL;
	return is_ready(r, p) ? 0 : -EAGAIN;
}

/**
 * raft_transfer_begin() - hand over from now on
 * @r: the core, a leader
 * @target: node id, not this one; 0 for the best
 *
 * A second request for the same target joins the first and does not extend it.
 *
 * Context: owner thread, in a step.
 * Return: 0, or -ENOENT, -EINVAL, -EAGAIN, -EBUSY: see
 *	raft_update.transfer_result.
 */
int raft_transfer_begin(struct raft *r, u32 target)
{
	struct raft_transfer *t = &r->transfer;
	int err;

	if (t->target)
		return !target || target == t->target ? 0 : -EBUSY;
	if (!target) {
		target = raft_transfer_best(r);
		if (!target)
			return -EAGAIN;
	}
	err = target_error(r, target);
	if (err)
		return err;
	memset(t, 0, sizeof(*t));
	t->target = target;
	t->deadline = r->now + r->cfg.election_timeout;
	r->state_changed = true;
	return 0;
}

static void give_up(struct raft *r)
{
	memset(&r->transfer, 0, sizeof(r->transfer));
	r->state_changed = true;
}

/**
 * raft_transfer_check() - is the transfer still wanted?
 * @r: the core
 *
 * It ends with its deadline, and when its target must not lead any more.
 *
 * Context: owner thread, in a step.
 */
void raft_transfer_check(struct raft *r)
{
	const struct raft_transfer *t = &r->transfer;
	const struct raft_peer *p;

	if (!t->target)
		return;
	p = raft_peer_member(r, t->target);
	if (r->role != RAFT_LEADER || !p || !raft_votes(p) ||
	    (r->now >= t->deadline && !RAFT_MUTANT("transfer-forever")))
		give_up(r);
}

/* Has the target all, so that it can be told to campaign? */
static bool is_level(const struct raft *r)
{
	const struct raft_peer *p;

	raft_for_each_peer(r, p)
		if (p->id == r->transfer.target)
			return p->member && p->match >= r->log.last;
	return false;
}

/**
 * raft_transfer_go_on() - tell the target to campaign when it is up to date
 * @r: the core, a leader
 *
 * The message may be lost and nothing answers it (trap 39).
 *
 * Context: owner thread, at the end of a step.
 */
void raft_transfer_go_on(struct raft *r)
{
	struct raft_transfer *t = &r->transfer;
	struct raft_msg m = {
		.type = RAFT_MSG_TIMEOUT_NOW,
		.to = t->target,
		.term = r->term,
	};

	if (!t->target || (t->sent && r->now < t->again_at))
		return;
	if (t->sent && RAFT_MUTANT("timeout-now-once"))
		return;
	if (!is_level(r))
		return;
	raft_emit(r, &m);
	t->sent = true;
	t->again_at = r->now + r->cfg.heartbeat;
	if (!RAFT_MUTANT("lease-after-transfer"))
		r->lease_off = true;
}

/**
 * raft_transfer_deadline() - when is something to be done about it?
 * @r: the core, a leader
 *
 * Not for a target that fell behind since it was told: it is told again when it
 * answers.
 *
 * Context: owner thread.
 * Return: ns, U64_MAX if never.
 */
u64 raft_transfer_deadline(const struct raft *r)
{
	const struct raft_transfer *t = &r->transfer;

	if (!t->target)
		return U64_MAX;
	if (!t->sent || !is_level(r) || RAFT_MUTANT("timeout-now-once"))
		return t->deadline;
	return min(t->deadline, t->again_at);
}

/**
 * raft_transfer_by_priority() - offer the leadership to a better voter
 * @r: the core, a leader
 *
 * Each is offered it once in a term: if it does not take it, there is a reason,
 * and a working cluster is not disturbed again.
 *
 * Context: owner thread, in a step, once an election timeout.
 */
void raft_transfer_by_priority(struct raft *r)
{
	struct raft_peer *p, *best = NULL;

	if (r->transfer.target || !raft_leader_confirmed(r))
		return;
	raft_for_each_peer(r, p) {
		if (p->priority <= r->cfg.priority || p->outranked ||
		    !is_ready(r, p))
			continue;
		if (!best || p->priority > best->priority)
			best = p;
	}
	if (!best)
		return;
	best->outranked = true;
	raft_transfer_begin(r, best->id);
}
