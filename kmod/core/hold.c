// SPDX-License-Identifier: GPL-2.0
/*
 * hold.c - promises follow durability.
 *
 * Owns the outgoing side: what may leave now goes into the update, what
 * promises durability waits here for the PERSISTED event that makes it true
 * (design.md, SEND_AFTER).  A held message of an older term is dropped: nobody
 * wants it.  When the queue is full the oldest goes, as if the network had lost
 * it; acknowledgments are cumulative, so the newest is the one that matters.
 */
#include "raft_env.h"
#include "internal.h"

/* The batch with the hard state is not numbered before the step ends. */
#define RAFT_HELD_NEW	U64_MAX

/**
 * raft_emit() - send a message now
 * @r: the core
 * @m: copied; gets its sequence number and incarnations here
 *
 * Context: owner thread, in a step.
 */
void raft_emit(struct raft *r, const struct raft_msg *m)
{
	const struct raft_peer *p = raft_peer_find(r, m->to);
	struct raft_msg *out;

	if (!p || r->up->n_msgs >= RAFT_STEP_MSGS)
		return;
	out = &r->up->msgs[r->up->n_msgs++];
	*out = *m;
	out->from = r->cfg.id;
	out->seq = ++r->seq;
	out->from_inc = r->cfg.incarnation;
	out->to_inc = p->incarnation;
}

/**
 * raft_hard_state_durable() - are the current term and vote on disk?
 * @r: the core
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_hard_state_durable(const struct raft *r)
{
	return r->hs_term == r->term && r->hs_vote == r->vote &&
	       r->persisted_seq >= r->hs_seq;
}

static bool is_true(const struct raft *r, const struct raft_held *h)
{
	if (RAFT_MUTANT("vote-before-durable") && !h->need_index)
		return true;
	if (RAFT_MUTANT("ack-before-durable") && h->need_index)
		return true;
	return r->persisted_seq >= h->need_seq &&
	       r->durable >= h->need_index;
}

/**
 * raft_hold() - send a message as soon as what it promises is durable
 * @r: the core
 * @m: copied; speaks of the current term and vote
 * @need_index: log index that it promises, 0 if none
 *
 * Context: owner thread, in a step; raft_hold_release() ends the step.
 */
void raft_hold(struct raft *r, const struct raft_msg *m, u64 need_index)
{
	struct raft_held *h;

	if (r->n_held == RAFT_MAX_HELD) {
		memmove(&r->held[0], &r->held[1],
			(RAFT_MAX_HELD - 1) * sizeof(r->held[0]));
		r->n_held--;
	}
	h = &r->held[r->n_held++];
	h->msg = *m;
	h->need_seq = RAFT_HELD_NEW;
	h->need_index = need_index;
}

/**
 * raft_hold_anew() - what is held waits for the batch of this step, too
 * @r: the core
 *
 * Context: owner thread, in a step.
 */
void raft_hold_anew(struct raft *r)
{
	u32 i;

	for (i = 0; i < r->n_held; i++)
		r->held[i].need_seq = RAFT_HELD_NEW;
}

/**
 * raft_hold_release() - send the promises that became true
 * @r: the core; hs_seq is that of this step's batch, if it has one
 *
 * Context: owner thread, at the end of a step.
 */
void raft_hold_release(struct raft *r)
{
	u32 i, kept = 0;

	for (i = 0; i < r->n_held; i++) {
		struct raft_held *h = &r->held[i];

		if (h->msg.term != r->term)
			continue;
		if (h->need_seq == RAFT_HELD_NEW)
			h->need_seq = r->hs_seq;
		if (is_true(r, h))
			raft_emit(r, &h->msg);
		else
			r->held[kept++] = *h;
	}
	r->n_held = kept;
}
