// SPDX-License-Identifier: GPL-2.0
/*
 * disk_boot.c - with what a boot goes on: the next hard state, and how far a log
 * went that is damaged.
 *
 * What was durable was promised, and is promised still when it cannot be read any
 * more.  So a boot goes on with the good records before the damage, and the last
 * entry that the log is known to have had is its reach: lost.c in the core says
 * what that means.  The records behind the damage tell.  They are believed if they
 * lead up to what the hard state noted as durable, or were written since; a record
 * that a truncation left is no harm, as it only makes the reach too high.
 *
 * It is not known, and the node does not know what it promised (RAFT_REACH_LOST),
 *   - if there is no such record: the damage goes on to the end;
 *   - if a slot of the hard state is illegible, or older than the records: that
 *     may have held a newer term, vote and reach.
 *
 * Nothing can be done, and the log is refused,
 *   - if the superblock or all of the hard state is illegible, or the file ends
 *     too early;
 *   - if the hard state that is lost had cut the log, and the ring has gone on
 *     over what it cut.
 *
 * Never decides what is good: disk_recover.c.
 */
#include "disk.h"

/* Clocks may go back by this, ns, and an incarnation is still the largest. */
#define CLOCK_SLACK	1000000000000ULL

static u64 lap_at(const struct raft_disk_scan *s, u64 pos)
{
	const struct raft_disk_point *base = &s->state.base;

	return pos >= (base->pos & ~((u64)s->super.block - 1)) ? base->lap :
								 base->lap + 1;
}

/* Does it prove that all records up to it were there after the hard state? */
static bool is_anchor(const struct raft_disk_state *st,
		      const struct raft_disk_record *rec)
{
	return rec->index == st->durable ? rec->crc == st->durable_crc :
		rec->index > st->durable && rec->epoch == st->epoch;
}

static void note(struct raft_disk_scan *s, const struct raft_disk_record *rec)
{
	const struct raft_disk_state *st = &s->state;
	u64 lap = lap_at(s, rec->pos);

	/* What cannot be was written by a bug, or by malice. */
	if (rec->lap > lap || rec->epoch >> 61)
		s->beyond = true;
	if (rec->epoch > s->seen_epoch)
		s->seen_epoch = rec->epoch;
	if (rec->lap != lap || rec->epoch > st->epoch ||
	    rec->index <= s->tail.index || rec->index > RAFT_MAX_INDEX ||
	    rec->term > RAFT_MAX_TERM ||
	    (rec->index >= st->stale_from && rec->epoch != st->epoch))
		return;
	if (is_anchor(st, rec))
		s->anchored = true;
	if (rec->term > s->reach_term ||
	    (rec->term == s->reach_term && rec->index > s->reach)) {
		s->reach_term = rec->term;
		s->reach = rec->index;
	}
}

/**
 * raft_disk_damage() - a log is damaged: how far did it go?
 * @s: a recovery that found that; @s->bad, @s->tail are set
 *
 * Sets @s->mends, and then @s->reach and @s->reach_term.
 *
 * Context: As @s->read.  Takes time linear in the size of the log.
 * Return: -EILSEQ, or what @s->read returned.
 */
int raft_disk_damage(struct raft_disk_scan *s)
{
	const struct raft_disk_state *st = &s->state;
	struct raft_disk_record rec;
	enum raft_disk_reason reason;
	u64 pos;
	int err;

	for (pos = s->super.data_start;
	     pos + sizeof(struct raft_disk_record_le) <= s->super.data_end;
	     pos += RAFT_DISK_ALIGN) {
		err = raft_disk_header(s, pos, &rec, &reason);
		if (err)
			return err;
		if (reason == RAFT_DISK_OK && rec.pos == pos)
			note(s, &rec);
	}
	/* The first question of the tree, of all records. */
	if (s->bad.reason == RAFT_DISK_STATE ||
	    s->bad.reason == RAFT_DISK_STATE_LOST ||
	    s->seen_epoch > st->epoch)
		s->forgot = true;
	s->mends = !s->beyond;
	if (s->forgot || !s->anchored ||
	    (s->bad.reason == RAFT_DISK_CHAIN && s->bad.index == st->durable)) {
		s->reach = RAFT_REACH_LOST;
		s->reach_term = 0;
	}
	return -EILSEQ;
}

static void boot_damaged(const struct raft_disk_scan *s,
			 struct raft_disk_state *st)
{
	/*
	 * The chain proves the records up to what was noted as durable, if it is
	 * there.  Else one that was truncated may lie in a damaged one's place.
	 */
	if (s->tail.index < s->state.durable && st->commit > st->base.index)
		st->commit = st->base.index;
	if (s->reach == RAFT_REACH_LOST) {
		/* A hard state that is lost may have announced one more. */
		st->epoch++;
		if (st->epoch <= s->seen_epoch)
			st->epoch = s->seen_epoch + 1;
		st->incarnation += CLOCK_SLACK;
		st->reach = RAFT_REACH_LOST;
		st->reach_term = 0;
		return;
	}
	if (st->term < s->reach_term) {
		st->term = s->reach_term;
		st->vote = 0;
	}
	/* Who is not let in yet stays so. */
	if (st->reach >= RAFT_REACH_NEW || s->reach_term < st->reach_term ||
	    (s->reach_term == st->reach_term && s->reach <= st->reach))
		return;
	if (RAFT_MUTANT("boot-without-reach"))
		return;
	st->reach = s->reach;
	st->reach_term = s->reach_term;
}

/**
 * raft_disk_boot() - the hard state that a boot must make durable first
 * @s: a recovery that returned 0, or -EILSEQ with @s->mends
 * @wall_clock: ns since 1970
 * @st: out: the next hard state: new incarnation and epoch; whatever lies behind
 *	the last record is stale from here on
 *
 * A term below that of the last record is raised to it: the entries were durable
 * sooner than the hard state of the same batch.  Its vote was then never durable
 * and never sent.
 *
 * Context: Any.
 */
void raft_disk_boot(const struct raft_disk_scan *s, u64 wall_clock,
		    struct raft_disk_state *st)
{
	*st = s->state;
	st->flags = 0;
	st->generation++;
	st->incarnation++;
	if (!RAFT_MUTANT("boot-same-epoch"))
		st->epoch++;
	st->stale_from = s->tail.index + 1;
	st->durable = s->tail.index;
	st->durable_crc = s->tail.crc;
	if (st->term < s->tail.term) {
		st->term = s->tail.term;
		st->vote = 0;
	}
	if (st->commit > s->tail.index)
		st->commit = s->tail.index;
	if (s->mends)
		boot_damaged(s, st);
	if (st->incarnation < wall_clock)
		st->incarnation = wall_clock;
}
