// SPDX-License-Identifier: GPL-2.0
/*
 * progress.c - what a leader knows of one peer's log.
 *
 *   PROBE      one append at a time until one is acknowledged; a heartbeat
 *              answer allows the next one (traps 45, 46), also to a peer
 *              that matches but has no room
 *   REPLICATE  pipelined; the ring of messages on the way bounds it
 *   SNAPSHOT   what it lacks was dropped: no entries until it has a snapshot
 *
 * match only grows within a term, next is always above it (trap 14).  Knows
 * nothing of messages: replication.c decides what to send.
 */
#include "raft_env.h"
#include "internal.h"

static void inflight_clear(struct raft *r, struct raft_peer *p)
{
	p->inflight_start = 0;
	p->inflight_count = 0;
	p->inflight_bytes = 0;
	if (!p->ring)
		return;
	raft_chunk_put(&r->log, p->ring);
	p->ring = NULL;
	r->n_rings--;
}

/**
 * raft_progress_reset() - a new leader knows nothing yet (Raft 5.3, figure 2)
 * @r: the core
 * @p: the peer
 * @next: last index of the leader plus one
 *
 * Context: owner thread.
 */
void raft_progress_reset(struct raft *r, struct raft_peer *p, u64 next)
{
	p->match = 0;
	p->commit_sent = 0;
	p->active = false;
	p->lost = false;
	p->wants = 0;
	p->proof = 0;
	p->outranked = false;
	p->round = 0;
	p->wanted = 0;
	p->steady = 0;
	p->lease_until = 0;
	p->read_asked = 0;
	p->read_flying = 0;
	raft_progress_probe(r, p, next);
}

/**
 * raft_progress_probe() - find the match again
 * @r: the core
 * @p: the peer
 * @next: where to try; raised above match
 *
 * Context: owner thread.
 */
void raft_progress_probe(struct raft *r, struct raft_peer *p, u64 next)
{
	p->state = RAFT_PROBE;
	p->next = max(next, p->match + 1);
	p->probe_sent = false;
	p->probe_last = 0;
	memset(&p->snap, 0, sizeof(p->snap));
	inflight_clear(r, p);
}

/**
 * raft_progress_drop() - who does not lead need not know what is on its way
 * @r: the core
 *
 * Context: owner thread.
 */
void raft_progress_drop(struct raft *r)
{
	struct raft_peer *p;

	if (!r->n_rings)
		return;
	raft_for_each_peer(r, p)
		inflight_clear(r, p);
}

/**
 * raft_progress_ack() - everything up to an index is durable at the peer
 * @r: the core
 * @p: the peer
 * @match: the index, not above the leader's last index
 *
 * Context: owner thread.
 * Return: true if match grew.
 */
bool raft_progress_ack(struct raft *r, struct raft_peer *p, u64 match)
{
	bool grew = match > p->match;

	if (grew || RAFT_MUTANT("match-not-monotonic"))
		p->match = match;
	p->next = max(p->next, p->match + 1);
	while (p->inflight_count &&
	       p->ring->inflight[p->inflight_start].last <= match) {
		p->inflight_bytes -= p->ring->inflight[p->inflight_start].bytes;
		p->inflight_start = (p->inflight_start + 1) % RAFT_MAX_INFLIGHT;
		p->inflight_count--;
	}
	if (!p->inflight_count)
		inflight_clear(r, p);
	return grew;
}

/**
 * raft_progress_full() - must the peer answer before it gets more entries?
 * @r: the core
 * @p: the peer
 *
 * Without memory to note what is on its way nothing is sent either; the next
 * heartbeat is the time to look again.
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_progress_full(const struct raft *r, const struct raft_peer *p)
{
	if (p->state == RAFT_PROBE)
		return p->probe_sent;
	if (!p->ring && !r->log.spare->n)
		return true;
	return p->inflight_count >= r->cfg.max_inflight ||
	       (p->inflight_count &&
		p->inflight_bytes >= r->cfg.max_inflight_bytes);
}

/**
 * raft_progress_sent() - an append with entries left
 * @r: the core
 * @p: the peer
 * @last: last index in it
 * @bytes: bytes of commands in it
 *
 * Context: owner thread, raft_progress_full() is false.
 */
void raft_progress_sent(struct raft *r, struct raft_peer *p, u64 last,
			u32 bytes)
{
	u32 slot;

	if (p->state == RAFT_PROBE) {
		p->probe_sent = true;
		p->probe_last = last;
		return;
	}
	if (!p->ring) {
		p->ring = raft_chunk_get(&r->log);
		r->n_rings++;
	}
	slot = (p->inflight_start + p->inflight_count) % RAFT_MAX_INFLIGHT;
	p->ring->inflight[slot].last = last;
	p->ring->inflight[slot].bytes = bytes;
	p->inflight_count++;
	p->inflight_bytes += bytes;
	p->next = last + 1;
}
