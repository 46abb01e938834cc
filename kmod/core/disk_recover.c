// SPDX-License-Identifier: GPL-2.0
/*
 * disk_recover.c - what is good in a log: recovery.  disk_walk.c goes from record to
 * record.
 *
 * Life of a record: encoded behind its predecessor in the buffer of a write;
 * durable when that write is (only one write of records is in flight, so all of
 * the one before is durable then); acknowledged; read at each boot; dropped when
 * a hard state with a base behind it is durable, and only then written over, in
 * the next lap of the ring.  If it is truncated, a hard state that calls it stale
 * is durable before the first byte is written over it.
 *
 * Recovery runs in four passes:
 *   PASS_SUPER    superblock: is it a log, ours, of a version we know?
 *   PASS_STATE    hard state: the newest valid slot
 *   PASS_RECORDS  walk the records from the base to the first that is not good
 *   PASS_BEHIND   look behind it, up to the base: what ended the log?
 *
 * Let i be the first index without a good record.  A record counts as found
 * behind if its header is good, it lies where it says, it is of the lap in which
 * the log would come there, it is not stale and its index is at least i.
 *
 *   a record of an epoch above the hard state's, or of a lap that its base does
 *   not allow?
 *    |-- yes: DAMAGED, the hard state that announced it is lost (STATE_LOST)
 *    `-- no: i <= durable of the hard state?
 *         |-- yes: DAMAGED, it was on the disk when that was written
 *         `-- no: a good header of this epoch for i that cannot follow?
 *              |-- yes: DAMAGED (CHAIN, FIELD): written so, or misdirected
 *              `-- no: one found behind with durable_before > i?
 *                   |-- yes: DAMAGED, i was durable when that was written
 *                   `-- no: one found behind, or part of i itself?
 *                        |-- yes: TORN, the write in flight at the crash
 *                        `-- no: CLEAN, the log ends here
 *
 * A torn tail was never acknowledged and is dropped; damage never is, or a
 * majority could forget what it promised: disk_boot.c tells what can be done.  A
 * block that the device cannot read is damage wherever it is.  The one thing that
 * this tree cannot tell from a torn write is damage in the very last one before a
 * crash, if no hard state came after it: the writer has one follow within
 * RAFT_WAL_NOTE_MS, and a close in order notes all.
 *
 * What lies behind the tail of a ring that has gone round is the lap before: good
 * records, of indexes below the base, and of a lower lap than the log would have
 * there.  Those are stale, like what a truncation left (of a lower epoch).
 *
 * The hard state: a copy that is bad is either torn or decayed.  Its twin in
 * the same slot tells what the slot held; only if both are illegible might a
 * vote be forgotten, and that is damage.  Else the newest hard state that was
 * durable once, or a newer one, is what is found, and with it the base whose space
 * may have been written over.
 */
#include "disk.h"

static bool all_zero(const u8 *p, u32 len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/* A slot holds a hard state of its own parity in either copy, or is bad. */
static bool state_decode(const u8 *copy, u64 log_id, u32 slot,
			 struct raft_disk_state *st)
{
	struct raft_disk_state_le le;

	memcpy(&le, copy, sizeof(le));
	if (le32_to_cpu(le.magic) != RAFT_DISK_STATE_MAGIC ||
	    le32_to_cpu(le.crc) != raft_disk_crc(&le, sizeof(le) - 4) ||
	    (log_id && le64_to_cpu(le.log_id) != log_id) ||
	    (le64_to_cpu(le.generation) & 1) != slot)
		return false;
	st->flags = le32_to_cpu(le.flags);
	st->generation = le64_to_cpu(le.generation);
	st->term = le64_to_cpu(le.term);
	st->commit = le64_to_cpu(le.commit);
	st->incarnation = le64_to_cpu(le.incarnation);
	st->epoch = le64_to_cpu(le.epoch);
	st->stale_from = le64_to_cpu(le.stale_from);
	st->durable = le64_to_cpu(le.durable);
	st->durable_crc = le32_to_cpu(le.durable_crc);
	st->vote = le32_to_cpu(le.vote);
	st->reach = le64_to_cpu(le.reach);
	st->reach_term = le64_to_cpu(le.reach_term);
	st->base.index = le64_to_cpu(le.base);
	st->base.term = le64_to_cpu(le.base_term);
	st->base.epoch = le64_to_cpu(le.base_epoch);
	st->base.lap = le64_to_cpu(le.base_lap);
	st->base.pos = le64_to_cpu(le.base_pos);
	st->base.crc = le32_to_cpu(le.base_crc);
	return true;
}

static bool super_has_magic(const u8 *copy)
{
	return !memcmp(copy, RAFT_DISK_MAGIC, sizeof(RAFT_DISK_MAGIC));
}

static bool super_decode(const u8 *copy, struct raft_disk_super *sb)
{
	struct raft_disk_super_le le;

	memcpy(&le, copy, sizeof(le));
	if (!super_has_magic(copy) ||
	    le32_to_cpu(le.crc) != raft_disk_crc(&le, sizeof(le) - 4))
		return false;
	sb->version = le32_to_cpu(le.version);
	sb->block = le32_to_cpu(le.block);
	sb->incompat = le64_to_cpu(le.incompat);
	sb->compat = le64_to_cpu(le.compat);
	sb->group_id = le64_to_cpu(le.group_id);
	sb->log_id = le64_to_cpu(le.log_id);
	sb->data_start = le64_to_cpu(le.data_start);
	sb->data_end = le64_to_cpu(le.data_end);
	sb->created = le64_to_cpu(le.created);
	sb->node_id = le32_to_cpu(le.node_id);
	return true;
}

/* The checksum was good, so this is a bug or malice, but never a crash. */
static bool super_sane(const struct raft_disk_super *sb)
{
	return sb->block >= RAFT_DISK_BLOCK_MIN &&
	       sb->block <= RAFT_DISK_BLOCK_MAX &&
	       !(sb->block & (sb->block - 1)) &&
	       sb->data_start >= RAFT_DISK_DATA_POS &&
	       sb->data_start < sb->data_end &&
	       sb->data_end <= RAFT_DISK_SIZE_MAX &&
	       !(sb->data_start & (sb->block - 1)) &&
	       !(sb->data_end & (sb->block - 1)) && sb->log_id;
}

/* --- recover ------------------------------------------------------------ */

static int damaged(struct raft_disk_scan *s, enum raft_disk_reason reason,
		   u64 index, u64 pos)
{
	s->bad.reason = reason;
	s->bad.index = index;
	s->bad.pos = pos;
	s->torn = false;
	return -EILSEQ;
}

/*
 * No superblock.  Blank if the place of it and of the hard state is zero or, if
 * formatting was interrupted, holds the hard state that formatting writes first.
 */
static int no_super(struct raft_disk_scan *s, const u8 *head)
{
	struct raft_disk_state st;
	const u8 *copy;
	bool blank;
	u32 i, slot;

	blank = all_zero(head, RAFT_DISK_SLOT);
	for (i = 0; i < 2 * RAFT_DISK_COPIES; i++) {
		slot = i / RAFT_DISK_COPIES;
		copy = head + RAFT_DISK_STATE_POS + i * RAFT_DISK_COPY;
		if (!state_decode(copy, 0, slot, &st))
			blank = blank && all_zero(copy, RAFT_DISK_COPY);
		else if (st.generation > 1 || st.term)
			return damaged(s, RAFT_DISK_SUPER, 0, 0);
	}
	s->blank = blank;
	return -EMEDIUMTYPE;
}

static int pass_super(struct raft_disk_scan *s)
{
	struct raft_disk_super *sb = &s->super;
	const u8 *p;
	bool good = false;
	bool magic = false;
	u32 i;
	int err;

	if (s->size < RAFT_DISK_SIZE_MIN || s->size > RAFT_DISK_SIZE_MAX)
		return -EMEDIUMTYPE;
	err = raft_disk_window(s, 0, RAFT_DISK_DATA_POS, &p);
	if (err)
		return err;
	for (i = RAFT_DISK_COPIES; i-- > 0;) {
		magic |= super_has_magic(p + i * RAFT_DISK_COPY);
		if (super_decode(p + i * RAFT_DISK_COPY, sb))
			good = true;
		else
			s->repaired |= 1U << i;
	}
	if (!good)
		return magic ? damaged(s, RAFT_DISK_SUPER, 0, 0) :
			       no_super(s, p);
	/* The version first: another one may mean all the rest differently. */
	if (sb->version != RAFT_DISK_VERSION ||
	    (sb->incompat & ~RAFT_DISK_INCOMPAT))
		return -EPROTO;
	if (!super_sane(sb))
		return damaged(s, RAFT_DISK_SUPER, 0, 0);
	if ((s->group_id && s->group_id != sb->group_id) ||
	    (s->node_id && s->node_id != sb->node_id))
		return -ESTALE;
	if (s->size < sb->data_end)
		return damaged(s, RAFT_DISK_SHORT, 0, s->size);
	return 0;
}

/* A good checksum, so a bug or malice: still nothing may overflow. */
static bool state_sane(const struct raft_disk_scan *s)
{
	const struct raft_disk_state *st = &s->state;
	const struct raft_disk_point *base = &st->base;

	return st->term <= RAFT_MAX_TERM && st->stale_from &&
	       st->durable <= RAFT_MAX_INDEX &&
	       !((st->generation | st->epoch | st->incarnation) >> 62) &&
	       base->index <= RAFT_MAX_INDEX && base->term <= RAFT_MAX_TERM &&
	       base->epoch <= st->epoch && !(base->lap >> 62) &&
	       base->pos >= s->super.data_start &&
	       base->pos <= s->super.data_end &&
	       !(base->pos & (RAFT_DISK_ALIGN - 1));
}

static int pass_state(struct raft_disk_scan *s)
{
	struct raft_disk_state st;
	const u8 *p;
	bool found = false;
	u32 slot, copy;
	u64 pos, lost = 0;
	int err;

	for (slot = 0; slot < 2; slot++) {
		bool legible = false;

		pos = raft_disk_state_pos(slot);
		err = raft_disk_window(s, pos, RAFT_DISK_SLOT, &p);
		if (err)
			return err;
		for (copy = 0; copy < RAFT_DISK_COPIES; copy++) {
			if (!state_decode(p + copy * RAFT_DISK_COPY,
					  s->super.log_id, slot, &st)) {
				s->repaired |= 4U << (slot * 2 + copy);
				continue;
			}
			legible = true;
			if (!found || st.generation > s->state.generation)
				s->state = st;
			found = true;
		}
		if (!legible && !RAFT_MUTANT("recover-old-state"))
			lost = pos;
	}
	if (!found || !state_sane(s))
		return damaged(s, RAFT_DISK_STATE, 0, lost ? lost :
			       raft_disk_state_pos(s->state.generation));
	s->forgot = lost;
	return 0;
}

/* Ends with @rec, @s->bad telling what is there instead of the next record. */
static int pass_records(struct raft_disk_scan *s, struct raft_disk_record *rec)
{
	struct raft_disk_point before;
	const u8 *data;
	int err;

	s->tail = s->state.base;
	for (;;) {
		before = s->tail;
		err = raft_disk_next(s, rec, &data);
		if (err)
			return err == -ENOENT ? 0 : err;
		/* What was the last one then must be the same one now. */
		if (rec->index == s->state.durable &&
		    rec->crc != s->state.durable_crc) {
			s->tail = before;
			return damaged(s, RAFT_DISK_CHAIN, rec->index, rec->pos);
		}
		if (s->entry) {
			err = s->entry(s->ctx, rec, data);
			if (err)
				return err;
		}
		s->records++;
	}
}

/* Looks for records behind the tail, from @pos to the limit of @lap. */
static int look_behind(struct raft_disk_scan *s, u64 lap, u64 pos)
{
	u64 end = raft_disk_limit(&s->super, &s->state.base, lap);
	enum raft_disk_reason reason;
	struct raft_disk_record rec;
	const u8 *p;
	int err;

	for (; pos + sizeof(struct raft_disk_record_le) <= end;
	     pos += RAFT_DISK_ALIGN) {
		err = raft_disk_window(s, pos, sizeof(struct raft_disk_record_le), &p);
		if (err)
			return err;
		if (!raft_disk_record_decode(&s->super, p, &rec, &reason) ||
		    reason != RAFT_DISK_OK || rec.pos != pos)
			continue;
		if (rec.epoch > s->state.epoch || rec.lap > lap)
			return damaged(s, RAFT_DISK_STATE_LOST, rec.index, pos);
		if (rec.epoch != s->state.epoch || rec.lap != lap ||
		    rec.index < s->bad.index)
			continue;
		if (rec.durable_before > s->bad.index &&
		    !RAFT_MUTANT("recover-cuts-damage"))
			return damaged(s, s->bad.reason, s->bad.index,
				       s->bad.pos);
		s->torn = true;
	}
	return 0;
}

/* The decision tree at the top of this file, below its first two questions. */
static int pass_behind(struct raft_disk_scan *s)
{
	int err;

	err = look_behind(s, s->tail.lap, s->tail.pos);
	if (!err && s->tail.lap == s->state.base.lap)
		err = look_behind(s, s->tail.lap + 1, s->super.data_start);
	return err;
}

static int recover_end(struct raft_disk_scan *s,
		       const struct raft_disk_record *rec)
{
	const struct raft_disk_bad *bad = &s->bad;
	bool current_epoch = rec->epoch == s->state.epoch;
	int err;

	if (bad->reason == RAFT_DISK_STATE_LOST ||
	    bad->reason == RAFT_DISK_UNREAD ||
	    (bad->index <= s->state.durable && !RAFT_MUTANT("recover-no-note")))
		return damaged(s, bad->reason, bad->index, bad->pos);
	if (current_epoch && (bad->reason == RAFT_DISK_CHAIN ||
			      bad->reason == RAFT_DISK_FIELD))
		return damaged(s, bad->reason, bad->index, bad->pos);
	/* What is left of the record itself; only a hint if its header is bad. */
	s->torn = current_epoch && rec->pos == bad->pos &&
		  rec->lap >= s->tail.lap &&
		  (bad->reason == RAFT_DISK_DATA ||
		   bad->reason == RAFT_DISK_HEADER);
	err = pass_behind(s);
	if (!err && !s->torn)
		memset(&s->bad, 0, sizeof(s->bad));
	return err;
}

/**
 * raft_disk_recover() - read a log: verify everything, find its end
 * @s: what to read and how; the results; see there
 *
 * Context: As @s->read and @s->entry.  Takes time linear in the size of the log.
 * Return: 0, or -EMEDIUMTYPE (not a log, see @s->blank), -EPROTO (another
 * version or an unknown feature), -ESTALE (of another group or node), -EILSEQ
 * (damaged, see @s->bad and @s->mends), or what @s->read or @s->entry returned.
 */
int raft_disk_recover(struct raft_disk_scan *s)
{
	struct raft_disk_record rec;
	int err;

	s->blank = false;
	memset(&s->super, 0, sizeof(s->super));
	memset(&s->state, 0, sizeof(s->state));
	memset(&s->tail, 0, sizeof(s->tail));
	memset(&s->bad, 0, sizeof(s->bad));
	s->repaired = 0;
	s->records = 0;
	s->torn = false;
	s->win_len = 0;
	memset(s->win_bad, 0, sizeof(s->win_bad));
	s->first_read = false;
	s->mends = false;
	s->forgot = false;
	s->anchored = false;
	s->beyond = false;
	s->seen_epoch = 0;
	s->reach = 0;
	s->reach_term = 0;

	err = pass_super(s);
	if (!err)
		err = pass_state(s);
	if (err)
		return err;
	err = pass_records(s, &rec);
	if (!err)
		err = recover_end(s, &rec);
	if (!err && s->forgot)
		err = damaged(s, RAFT_DISK_STATE, 0,
			      raft_disk_state_pos(s->state.generation + 1));
	return err == -EILSEQ ? raft_disk_damage(s) : err;
}
