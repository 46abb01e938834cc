// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot_check.c - is what is read of a snapshot what was written?
 *
 * A disk may change bytes that nobody wrote.  The heads and the image of a snapshot
 * are checked at each start, for the group needs them; all its bytes by who gets it
 * over the network, before he uses them.  Here: a look at all of it after each start,
 * in the background, and at what is read in order, by a process or to be sent: of what
 * was damaged meanwhile the last bytes are not handed out.
 *
 * A snapshot that is damaged is neither sent nor opened any more, and another one is
 * asked for: of the state machine, as if the log were full, and of the leader, for the
 * state machine may have nothing to begin with (core/snapshot_lost.c).  Its image is in
 * memory, and the log behind it is what it was, so the node goes on.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "owner.h"
#include "payload.h"
#include "snapshot.h"
#include "trace.h"

/**
 * raft_snapshots_damaged - a snapshot is not what was written
 * @s: the snapshots
 * @slot: where it is
 * @content: raft_slot_file.content when it was read: nothing happens if it is gone
 *
 * Context: process or worker; not with sem held.
 */
void raft_snapshots_damaged(struct raft_snapshots *s,
			    struct raft_slot_file *slot, u64 content)
{
	const struct raft_ioc_start *ioc = &s->g->params.ioc;
	struct raft_snapshot of;
	bool found;

	down_write(&s->sem);
	of = slot->head.of;
	found = slot->content == content && !slot->damaged;
	if (found)
		slot->damaged = true;
	if (found && slot == raft_snapshots_slot(s)) {
		WRITE_ONCE(s->damaged, true);
		spin_lock(&s->lock);
		s->bad = of;
		spin_unlock(&s->lock);
		/* The endpoint goes after it is closed. */
		if (!s->closed)
			raft_owner_wake_group(s->g->priv);
	}
	up_write(&s->sem);
	if (!found)
		return;
	trace_raft_snapshot(ioc->name, ioc->node_id, RAFT_SNAP_DAMAGED, &of, 0,
			    0, -EILSEQ);
	pr_err("%s: the snapshot of %llu at node %u, file %zd, is damaged: it is not used any more, another one is wanted\n",
	       ioc->name, of.index, ioc->node_id, slot - s->slot);
}

/* What is on the way to @peer; the one that began first makes room. */
static struct raft_snapshot_sent *sent_of(struct raft_snapshots *s, u32 peer)
{
	struct raft_snapshot_sent *sent = &s->sent[0];
	int i;

	for (i = 0; i < RAFT_MAX_NODES; i++) {
		if (s->sent[i].peer == peer)
			return &s->sent[i];
		if (!s->sent[i].peer)
			sent = &s->sent[i];
	}
	memset(sent, 0, sizeof(*sent));
	sent->peer = peer;
	return sent;
}

/**
 * raft_snapshot_check_sent - a part is to be sent: is the snapshot good so far?
 * @s: the snapshots
 * @part: with its bytes
 *
 * Parts that a peer had from another leader are not looked at: it looks at all.
 *
 * Context: the worker.
 * Return: false if it was the last one, and all is not what was written.
 */
bool raft_snapshot_check_sent(struct raft_snapshots *s,
			      const struct raft_snapshot_part *part)
{
	struct raft_snapshot_sent *sent = sent_of(s, part->m.to);

	if (!part->offset) {
		sent->of = part->of;
		sent->sum = (struct raft_slot_sum) {};
	}
	return !raft_snapshots_same(&sent->of, &part->of) ||
	       raft_slot_sum_add(&sent->sum, &part->of, part->offset,
				 part->payload->data, part->payload->len);
}

/* The next bytes; @of and @content are set by the first call.  It may be gone by then. */
static int verify_chunk(struct raft_snapshots *s, struct raft_slot_file *slot,
			struct raft_snapshot *of, u64 *content,
			struct raft_slot_sum *sum, u8 *buf)
{
	int err = -ESTALE;
	u64 n;

	down_read(&s->sem);
	if (!sum->at) {
		*of = slot->head.of;
		*content = slot->content;
	}
	n = min_t(u64, of->total - sum->at, RAFT_SNAPSHOT_BUF);
	if (!s->closed && slot->content == *content &&
	    slot->head.state == RAFT_SLOT_COMPLETE)
		err = raft_slot_read(slot, sum->at, buf, n);
	up_read(&s->sem);
	if (!err && !raft_slot_sum_add(sum, of, sum->at, buf, n))
		err = -EILSEQ;
	return err;
}

/**
 * raft_snapshot_verify_work - read all of what was current at the start
 * @work: raft_snapshots.verify
 *
 * Context: a worker, may sleep.
 */
void raft_snapshot_verify_work(struct work_struct *work)
{
	struct raft_snapshots *s = container_of(work, struct raft_snapshots,
						verify);
	struct raft_slot_file *slot = s->verify_slot;
	u8 *buf = kvmalloc(RAFT_SNAPSHOT_BUF, GFP_KERNEL);
	struct raft_slot_sum sum = {};
	struct raft_snapshot of = {};
	u64 content = 0;
	int err = buf ? 0 : -ENOMEM;

	do {
		if (!err)
			err = verify_chunk(s, slot, &of, &content, &sum, buf);
		cond_resched();
	} while (!err && sum.at < of.total);
	kvfree(buf);
	if (err == -EILSEQ || err == -EIO)
		raft_snapshots_damaged(s, slot, content);
	else if (err && err != -ESTALE)
		pr_warn("%s: the snapshot could not be looked at (%d)\n",
			s->g->params.ioc.name, err);
}
