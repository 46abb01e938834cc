// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_take.c - a snapshot that is taken at this node begins: its image.
 *
 * Owns which index one may be taken of, and how the image at its start is made; the
 * bytes behind that are the state machine's and the shell's.  That it is durable, and
 * what comes from a leader, is snapshot.c's.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_snapshot_allowed() - may a snapshot become durable here?
 * @r: the core
 *
 * What this node counts as having (lost.c), or that it is let in, must be on disk
 * before a snapshot is: after a crash a log that begins there must not look like one
 * that is lost.
 *
 * Context: owner thread.
 * Return: true if so.
 */
bool raft_snapshot_allowed(const struct raft *r)
{
	if (!r->reach && RAFT_MUTANT("snapshot-before-let-in"))
		return true;
	return r->reach == r->hs_reach && r->persisted_seq >= r->reach_seq;
}

/* May one be taken? */
static int may_begin(const struct raft *r, u64 index)
{
	if (index <= r->snap.index)
		return -EEXIST;
	if (index > r->applied)
		return -EINVAL;
	return r->incoming.installing || raft_snapshot_lost(r) ||
	       !raft_snapshot_allowed(r) ? -EBUSY : 0;
}

static void begun(struct raft *r, u64 index, u64 term, u32 image)
{
	r->snap_begun.index = index;
	r->snap_begun.term = term;
	r->snap_begun.image = image;
}

/* The image as of an index; see raft_snapshot_encode(). */
static int encode(struct raft *r, u64 index, u8 *buf, u32 *len, u64 *term)
{
	int err = may_begin(r, index);

	if (err)
		return err;
	if (index < r->image.index)
		return -ESTALE;
	raft_image_advance(r, min(index, r->image.index + RAFT_STEP_APPLY));
	if (r->image.index < index)
		return -EAGAIN;
	if (!r->image.conf.n)
		return -ENODATA;
	*len = raft_image_encode(&r->image, buf);
	*term = r->image.term;
	begun(r, index, *term, *len);
	return 0;
}

/**
 * raft_snapshot_encode() - begin to take a snapshot
 * @r: the core
 * @index: last index in it, applied, above that of the last snapshot
 * @buf: RAFT_SNAPSHOT_META bytes, filled: the start of the snapshot
 * @len: bytes used of it, set
 * @term: term of @index, set
 *
 * RAFT_EV_SNAPSHOT tells that it is durable.  If that never comes nothing is
 * lost, but of one below @index, or what raft_evict() was asked for meanwhile, the
 * image must be replayed: replay.c.
 *
 * Context: owner thread, between steps.
 * Return: 0; -EAGAIN: it is a long way from the last one, of which this call has
 * gone a part: ask again, after what else there is to do; -EEXIST: there is one
 * that reaches as far; -EINVAL: @index is not
 * applied; -ESTALE: the way from the last snapshot to @index is not in memory any
 * more: raft_snapshot_replayed(); -EBUSY: one is being installed, or is gone and
 * comes from a leader, or what a new store must know first is not durable yet;
 * -ENODATA: no configuration is known at @index; -EOPNOTSUPP: a witness has no
 * commands, so there is no state machine.
 */
int raft_snapshot_encode(struct raft *r, u64 index, u8 *buf, u32 *len,
			 u64 *term)
{
	if (r->bare || r->self->flags & RAFT_MEMBER_WITNESS)
		return -EOPNOTSUPP;
	return encode(r, index, buf, len, term);
}

/**
 * raft_snapshot_replayed() - begin to take a snapshot whose image was replayed
 * @r: the core
 * @index: last index in it, as for raft_snapshot_encode()
 * @term: of @index, as raft_replay_end() says
 * @len: bytes of the image
 *
 * Context: owner thread, between steps.
 * Return: as raft_snapshot_encode(), but -EAGAIN and -ESTALE: @term is not that of
 * @index here.
 */
int raft_snapshot_replayed(struct raft *r, u64 index, u64 term, u32 len)
{
	int err;

	if (r->bare || r->self->flags & RAFT_MEMBER_WITNESS)
		return -EOPNOTSUPP;
	err = may_begin(r, index);
	if (err)
		return err;
	if (raft_log_term(&r->log, index) != term)
		return -ESTALE;
	begun(r, index, term, len);
	return 0;
}

/**
 * raft_snapshot_encode_bare() - a witness begins to take a snapshot
 * @r: the core
 * @buf: RAFT_SNAPSHOT_META bytes, filled: the snapshot is the first @s->total
 *	of them, and nothing follows
 * @s: filled: of what is applied
 *
 * Nobody calls on the shell for it: there is no state machine.  So it is for the
 * shell to see that the log is long and to cut it.  The rest is as with
 * raft_snapshot_encode().
 *
 * Context: owner thread, between steps.
 * Return: 0; -EOPNOTSUPP: this node is no witness, by what is applied here; else
 * as raft_snapshot_encode().
 */
int raft_snapshot_encode_bare(struct raft *r, u8 *buf, struct raft_snapshot *s)
{
	const struct raft_member *m = raft_member_of(&r->conf_applied,
						     r->cfg.id);
	u32 len = 0;
	int err;

	/* Not before it is committed: what has the commands shall keep them. */
	if (!m || !(m->flags & RAFT_MEMBER_WITNESS))
		return -EOPNOTSUPP;
	s->index = r->applied;
	s->id = 0;
	err = encode(r, s->index, buf, &len, &s->term);
	s->total = len;
	return err;
}
