// SPDX-License-Identifier: GPL-2.0
/*
 * peer.c - the slots of those that this node exchanges messages with.
 *
 * Owns which slot is whose.  Members have one as long as they are members; the
 * rest is for nodes that the configuration in force does not have: a leader or
 * candidate of a newer one, or a member that left.  A slot never moves within a
 * step, so pointers to it stay good.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_peer_find() - the slot of a node
 * @r: the core
 * @id: node id
 *
 * Context: owner thread.
 * Return: the slot, NULL if there is none.
 */
struct raft_peer *raft_peer_find(struct raft *r, u32 id)
{
	struct raft_peer *p;

	raft_for_each_peer(r, p)
		if (p->id == id)
			return p;
	return NULL;
}

/**
 * raft_peer_member() - the slot of a member of the configuration in force
 * @r: the core
 * @id: node id
 *
 * Context: owner thread.
 * Return: the slot, NULL if @id is not a member.
 */
struct raft_peer *raft_peer_member(struct raft *r, u32 id)
{
	struct raft_peer *p = raft_peer_find(r, id);

	return p && p->member ? p : NULL;
}

/* A new slot, or that of the node which nobody needs and is silent longest. */
static struct raft_peer *slot_for(struct raft *r)
{
	struct raft_peer *p, *best = NULL;

	if (r->n_slots < RAFT_MAX_PEERS)
		return &r->peers[r->n_slots++];
	raft_for_each_peer(r, p) {
		if (p->member || p == r->self)
			continue;
		if (!best || p->last_heard < best->last_heard)
			best = p;
	}
	return best;
}

/**
 * raft_peer_get() - the slot of a node, made if there is none
 * @r: the core
 * @id: node id, not 0
 *
 * Members and this node take at most RAFT_MAX_NODES + 1 slots, so that there is
 * always one for a stranger, who may take that of another.
 *
 * Context: owner thread.
 * Return: the slot.
 */
struct raft_peer *raft_peer_get(struct raft *r, u32 id)
{
	struct raft_peer *p = raft_peer_find(r, id);

	if (p)
		return p;
	p = slot_for(r);
	/* Who had it may have left with entries on the way. */
	raft_progress_probe(r, p, 0);
	memset(p, 0, sizeof(*p));
	p->id = id;
	p->next = r->log.last + 1;
	return p;
}

/**
 * raft_votes() - does a node vote in the configuration in force?
 * @p: its slot
 *
 * In a joint configuration both halves vote (Raft 6).
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_votes(const struct raft_peer *p)
{
	return p->member &&
	       ((p->flags & RAFT_MEMBER_OLD &&
		 !RAFT_MUTANT("joint-old-mute")) ||
		!(p->flags & (RAFT_MEMBER_LEARNER | RAFT_MEMBER_GONE)));
}

/**
 * raft_heard() - did a node say something lately?
 * @r: the core
 * @p: its slot
 *
 * Context: owner thread.
 * Return: true if within an election timeout.
 */
bool raft_heard(const struct raft *r, const struct raft_peer *p)
{
	return p->last_heard && r->now - p->last_heard < r->cfg.election_timeout;
}
