// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot.c - snapshots: what is current, compaction, and InstallSnapshot (Raft 7).
 * snapshot_take.c begins those that are taken here.
 *
 * The bytes are the shell's.  The core knows a snapshot by (index, term, id) and
 * its length, says which bytes go to whom and which came, and takes over what is
 * in the image at its start (image.c) when the shell has made it current.
 *
 * A leader sends one when a peer lacks what was dropped from the log: first a
 * question how much of it is there, for the peer may have parts from before a
 * crash or from another leader; then parts in order, no more than WINDOW ahead of
 * what is durable there.  Nothing that is lost stops it: when no answer comes it
 * asks again, for ever (trap 47).  It ends when the peer's log reaches the own
 * one, however that came about.  Heartbeats go on meanwhile (trap 52).
 *
 * A follower takes parts in order, one snapshot at a time (trap 50).  It never
 * goes back: a snapshot of what is committed here is answered with success (trap
 * 13), and one whose last entry is in the log only tells that this is committed
 * (trap 48).  All else replaces the log, once it is durable and current.
 *
 * A witness has no state machine: its snapshot is bare, the image and nothing
 * else, whether it is taken here or comes from a leader, who cuts it off his own.
 */
#include "raft_env.h"
#include "internal.h"

#define CHUNK_MIN	512	/* bytes of a part, but for the last */
#define WINDOW		4	/* parts on the way to one peer */

static bool is_same(const struct raft_snapshot *a, const struct raft_snapshot *b)
{
	return a->index == b->index && a->term == b->term && a->id == b->id &&
	       a->total == b->total;
}

/* Does the log have its last entry? */
static bool matches(const struct raft *r, const struct raft_snapshot *s)
{
	return raft_log_term(&r->log, s->index) == s->term &&
	       !RAFT_MUTANT("snapshot-cuts-suffix");
}

/* What of the log is in the snapshot is bare if that is: a boot begins with it. */
static u64 bare_by_snapshot(const struct raft *r)
{
	return r->snap.index && raft_snapshot_is_bare(&r->snap) &&
	       !RAFT_MUTANT("bare-snapshot-counts");
}

/* Another snapshot is current, of which the first @image bytes are the image. */
static void set_current(struct raft *r, const struct raft_snapshot *s, u32 image)
{
	r->snap = *s;
	r->snap_image = image;
	r->snap_bad = false;
	if (bare_by_snapshot(r))
		r->bare = 1;
}

/**
 * raft_snapshot_load() - the snapshot that was found on disk
 * @r: the core, after raft_init()
 * @s: which
 * @meta: its first bytes
 * @len: how many
 *
 * Context: as raft_init().
 * Return: 0, -EINVAL.
 */
int raft_snapshot_load(struct raft *r, const struct raft_snapshot *s,
		       const u8 *meta, u64 len)
{
	if (raft_image_decode(&r->image, s, meta, len))
		return -EINVAL;
	set_current(r, s, raft_image_length(meta));
	r->applied = s->index;
	r->tables = r->image.tables;
	r->conf = r->image.conf;
	r->conf_applied = r->conf;
	r->given_up = r->image.given_up;
	r->was_member |= raft_member_of(&r->conf, r->cfg.id) ||
			 raft_image_left(&r->image, r->cfg.id);
	return 0;
}

/**
 * raft_snapshot_resume() - parts of a snapshot that were found on disk
 * @r: the core, after raft_snapshot_load()
 * @s: which
 * @stored: bytes of it that are there, from 0
 *
 * Context: as raft_init().
 */
void raft_snapshot_resume(struct raft *r, const struct raft_snapshot *s,
			  u64 stored)
{
	if (s->index <= r->snap.index || !stored || stored > s->total ||
	    RAFT_MUTANT("snapshot-begins-anew"))
		return;
	r->incoming.of = *s;
	r->incoming.received = stored;
	r->incoming.stored = stored;
}

/**
 * raft_snapshot_start() - does the log on disk fit to the snapshot?
 * @r: the core, being started
 *
 * If it has the last entry of that, it goes on from there, and from before; if
 * not, the snapshot has replaced it, and a crash came before the log was cut: that is
 * done before anything else is promised, for the snapshot may be damaged one day.
 *
 * Context: as raft_init().
 */
void raft_snapshot_start(struct raft *r)
{
	if (!r->snap.index ||
	    raft_log_term(&r->log, r->snap.index) == r->snap.term)
		return;
	raft_log_reset(&r->log, r->snap.index, r->snap.term);
	r->base_promised = true;
	r->bare = bare_by_snapshot(r);
	r->conf = r->image.conf;
}

/**
 * raft_snapshot_taken() - a RAFT_EV_SNAPSHOT
 * @r: the core
 * @s: what is current on disk
 *
 * Context: owner thread, in a step.
 */
void raft_snapshot_taken(struct raft *r, const struct raft_snapshot *s)
{
	if (s->index == r->snap_begun.index && s->term == r->snap_begun.term &&
	    s->index > r->snap.index)
		set_current(r, s, r->snap_begun.image);
}

/**
 * raft_compact() - a RAFT_EV_COMPACT
 * @r: the core
 * @index: drop up to here; nothing happens if that is gone
 *
 * Who has not got all of it yet gets the snapshot instead.
 *
 * Context: owner thread, in a step.
 */
void raft_compact(struct raft *r, u64 index)
{
	if (index <= r->log.base)
		return;
	/* Trap 18: the snapshot is durable before the log is cut. */
	if (index > min(r->snap.index, r->applied)) {
		r->up->refused = -EINVAL;
		return;
	}
	raft_log_compact(&r->log, index);
}

/* What a peer gets: a witness the image at the start. */
static struct raft_snapshot snapshot_for(const struct raft *r,
					 const struct raft_peer *p)
{
	struct raft_snapshot s = r->snap;

	if (p->flags & RAFT_MEMBER_WITNESS &&
	    !RAFT_MUTANT("witness-gets-all")) {
		s.id = 0;
		s.total = r->snap_image;
	}
	return s;
}

/* Who has the log that goes with it gets the entries beside it. */
static void begin(struct raft *r, struct raft_peer *p,
		  const struct raft_snapshot *s)
{
	if (p->next <= r->log.base) {
		raft_progress_probe(r, p, p->next);
		p->state = RAFT_SNAPSHOT;
	}
	memset(&p->snap, 0, sizeof(p->snap));
	p->snap.of = *s;
	p->snap.retry_at = r->now;
}

static void send_part(struct raft *r, struct raft_peer *p, u32 len)
{
	struct raft_msg m = {
		.type = RAFT_MSG_SNAPSHOT,
		.to = p->id,
		.term = r->term,
		.index = p->snap.of.index,
		.log_term = p->snap.of.term,
		.commit = r->commit,
		.reject_index = raft_log_term(&r->log, r->commit),
		.serial = p->snap.of.id,
		.n_entries = 1,
		.chunk = {
			.offset = p->snap.sent,
			.total = p->snap.of.total,
			.len = len,
		},
	};

	if (raft_lost_let_in(r, p))
		m.flags = RAFT_MSG_LOST;
	raft_emit(r, &m);
	p->snap.sent += len;
}

/**
 * raft_snapshot_send() - send a peer what it may get of the snapshot
 * @r: the core, a leader
 * @p: the peer, whose next entry is not in the log any more, or which
 *	raft_snapshot_serves()
 *
 * Of one that is damaged nothing is sent.
 *
 * Context: owner thread, at the end of a step.
 * Return: false if the step has no room for more messages.
 */
bool raft_snapshot_send(struct raft *r, struct raft_peer *p)
{
	u32 part = max_t(u32, CHUNK_MIN, r->cfg.max_chunk);
	const struct raft_snapshot of = snapshot_for(r, p);
	struct raft_sending *s = &p->snap;

	if (r->snap_bad)
		return true;
	if ((p->state != RAFT_SNAPSHOT && p->next <= r->log.base) ||
	    !is_same(&s->of, &of))
		begin(r, p, &of);
	if (r->up->n_msgs >= RAFT_STEP_MSGS / 2)
		return false;
	if (r->now >= s->retry_at &&
	    !(RAFT_MUTANT("snapshot-asks-once") && s->probe)) {
		send_part(r, p, 0);
		/* An answer to the first may be slower than the next question. */
		if (!s->probe)
			s->probe = r->seq;
		s->retry_at = r->now + 2 * r->cfg.heartbeat;
	}
	while (!s->probe && s->sent < of.total &&
	       (s->sent < s->acked + (u64)WINDOW * part ||
		RAFT_MUTANT("snapshot-all-at-once"))) {
		if (r->up->n_msgs >= RAFT_STEP_MSGS / 2)
			return false;
		send_part(r, p, (u32)min_t(u64, part, of.total - s->sent));
	}
	return true;
}

/**
 * raft_snapshot_reconnect() - an answer came: does the peer's log reach the own?
 * @r: the core, a leader
 * @p: the peer; its match index is up to date
 *
 * Context: owner thread, in a step.
 */
void raft_snapshot_reconnect(struct raft *r, struct raft_peer *p)
{
	if (p->state == RAFT_SNAPSHOT && p->match >= r->log.base &&
	    !RAFT_MUTANT("snapshot-for-ever"))
		raft_progress_probe(r, p, p->match + 1);
}

/**
 * raft_handle_snapshot_resp() - SNAPSHOT_RESP of the current term
 * @r: the core, a leader
 * @p: the peer
 * @m: commit: bytes that are durable there; reject_index: bytes that it has
 *
 * An answer to a question tells how it is; all else only what was so.
 *
 * Context: owner thread, in a step.
 */
void raft_handle_snapshot_resp(struct raft *r, struct raft_peer *p,
			       const struct raft_msg *m)
{
	struct raft_sending *s = &p->snap;
	bool answer = s->probe && m->ack_seq >= s->probe;
	bool grew = m->commit > s->acked;

	if ((p->state != RAFT_SNAPSHOT && !p->wants) || !s->of.index ||
	    m->index != s->of.index || m->log_term != s->of.term ||
	    m->serial != s->of.id || m->reject_index > s->of.total ||
	    m->commit > m->reject_index || (!answer && !grew))
		return;
	if (grew)
		s->progress = r->now;
	if (answer)
		s->probe = 0;
	s->acked = m->commit;
	s->sent = answer ? m->reject_index : max(s->sent, s->acked);
	if (answer && RAFT_MUTANT("snapshot-sent-anew"))
		s->sent = 0;
	s->retry_at = r->now + 2 * r->cfg.heartbeat;
}

/* To the leader of this term; @asked: the question that is answered, 0: none. */
static void tell(struct raft *r, const struct raft_snapshot *s, u64 asked)
{
	struct raft_msg m = {
		.type = RAFT_MSG_SNAPSHOT_RESP,
		.to = r->leader,
		.term = r->term,
		.ack_seq = asked,
		.index = s->index,
		.log_term = s->term,
		.serial = s->id,
	};

	if (!r->leader || r->role == RAFT_LEADER)
		return;
	if (is_same(s, &r->incoming.of)) {
		m.commit = r->incoming.stored;
		m.reject_index = r->incoming.received;
	}
	raft_hold(r, &m, 0);
}

/* The log up to the commit index is what the leader of this term has, too. */
static void tell_committed(struct raft *r)
{
	struct raft_msg m = {
		.type = RAFT_MSG_APPEND_RESP,
		.to = r->leader,
		.term = r->term,
		.index = r->commit,
		.flags = raft_bare_up_to(r, r->commit),
	};

	r->verified = max(r->verified, r->commit);
	if (r->leader && r->role != RAFT_LEADER)
		raft_hold(r, &m, m.index);
}

/* Has it what the log has not? */
static bool replaces(const struct raft *r, const struct raft_snapshot *s)
{
	if (RAFT_MUTANT("snapshot-goes-back"))
		return true;
	return s->index > r->commit && !matches(r, s);
}

static bool is_needed(const struct raft *r, const struct raft_snapshot *s)
{
	u64 from = raft_snapshot_wants(r);

	return replaces(r, s) || (from && s->index >= from);
}

/* Nothing of it is needed any more, but perhaps to know what is committed. */
static void forget(struct raft *r)
{
	const struct raft_snapshot *s = &r->incoming.of;

	if (s->index > r->commit && matches(r, s))
		raft_commit_to(r, s->index);
	memset(&r->incoming, 0, sizeof(r->incoming));
}

static void install_if_complete(struct raft *r)
{
	struct raft_receiving *in = &r->incoming;

	/* Else the leader's next question comes back to it. */
	if (in->stored < in->of.total || in->installing || !raft_snapshot_allowed(r))
		return;
	if (!is_needed(r, &in->of)) {
		forget(r);
		tell_committed(r);
		return;
	}
	in->installing = true;
	r->up->flags |= RAFT_UP_INSTALL;
	r->up->snapshot = in->of;
}

/* A part of a snapshot that is needed. */
static void receive(struct raft *r, const struct raft_msg *m,
		    const struct raft_snapshot *s)
{
	struct raft_receiving *in = &r->incoming;
	u64 offset = m->entries[0].serial;
	u32 len = m->entries[0].len;

	if (!is_same(s, &in->of)) {
		/*
		 * Another begins with its first part (trap 49).  Within a term
		 * an older one is a late copy; one of the same index is bare
		 * and the other is not, for this node is a witness now or was.
		 */
		if (!len || offset || in->installing ||
		    (m->term == in->from_term && s->index < in->of.index) ||
		    (s->index == in->of.index &&
		     RAFT_MUTANT("snapshot-stays-bare")))
			return;
		memset(in, 0, sizeof(*in));
		in->of = *s;
	}
	in->from_term = m->term;
	if (!len || in->installing || in->received == s->total ||
	    (offset != in->received && !RAFT_MUTANT("snapshot-any-order")))
		return;
	in->received = offset + len;
	r->up->flags |= RAFT_UP_CHUNK;
	r->up->snapshot = *s;
	r->up->chunk = (struct raft_chunk) {
		.offset = offset,
		.total = s->total,
		.len = len,
	};
	if (RAFT_MUTANT("snapshot-ack-early")) {
		in->stored = in->received;
		tell(r, s, 0);
	}
}

/*
 * As bare entries, a bare snapshot must be meant for this boot: a witness may
 * have been emptied since, to be a full voter.
 */
static bool is_plausible(const struct raft *r, const struct raft_msg *m)
{
	const struct raft_entry *e = m->entries;

	if (!m->serial && m->to_inc != r->cfg.incarnation &&
	    !RAFT_MUTANT("bare-snapshot-for-any"))
		return false;
	return m->n_entries == 1 && e->type == RAFT_ENTRY_CHUNK && m->index &&
	       m->index <= RAFT_MAX_INDEX && m->log_term &&
	       m->log_term <= m->term && m->reject_index <= m->term &&
	       e->len <= RAFT_MAX_CHUNK && e->incarnation &&
	       e->serial <= e->incarnation &&
	       e->len <= e->incarnation - e->serial;
}

/* As of an APPEND: nothing is taken before a leader has let this node in. */
static void refuse_lost(struct raft *r, const struct raft_msg *m)
{
	struct raft_msg out = raft_reply(r, m, RAFT_MSG_SNAPSHOT_RESP);

	out.flags = RAFT_MSG_REJECT | RAFT_MSG_LOST;
	raft_hold(r, &out, 0);
}

/**
 * raft_handle_snapshot() - SNAPSHOT: a part of one, or a question how much is here
 * @r: the core, a follower of m->from in m->term
 * @m: the message
 *
 * Parts are not answered; when they are durable the leader is told.
 *
 * Context: owner thread, in a step.
 */
void raft_handle_snapshot(struct raft *r, const struct raft_msg *m)
{
	struct raft_snapshot s = {
		.index = m->index,
		.term = m->log_term,
		.id = m->serial,
	};

	if (!is_plausible(r, m))
		return;
	s.total = m->entries[0].incarnation;
	if (!raft_lost_take(r, m)) {
		refuse_lost(r, m);
		return;
	}
	if (!is_needed(r, &s)) {
		if (s.index > r->commit)
			raft_commit_to(r, s.index);
		tell_committed(r);
		return;
	}
	receive(r, m, &s);
	if (!m->entries[0].len)
		tell(r, &s, m->seq);
	/* All may be here since an earlier boot. */
	if (is_same(&s, &r->incoming.of))
		install_if_complete(r);
}

/**
 * raft_snapshot_stored() - a RAFT_EV_STORED
 * @r: the core
 * @s: which snapshot
 * @bytes: of it that are durable, 0: it was of no use
 *
 * Context: owner thread, in a step.
 */
void raft_snapshot_stored(struct raft *r, const struct raft_snapshot *s,
			  u64 bytes)
{
	struct raft_receiving *in = &r->incoming;

	if (!is_same(s, &in->of) || bytes > in->received)
		return;
	if (!bytes) {
		memset(in, 0, sizeof(*in));
		return;
	}
	in->stored = max(in->stored, bytes);
	if (in->from_term == r->term)
		tell(r, s, 0);
	install_if_complete(r);
}

/* What followed from the old log is that of the image now. */
static void adopt_state(struct raft *r)
{
	const struct raft_image *img = &r->image;
	u64 conf_before = r->conf_applied.index;

	r->applied = img->index;
	if (RAFT_MUTANT("snapshot-goes-back"))
		r->commit = img->index;
	raft_commit_to(r, img->index);
	if (!RAFT_MUTANT("snapshot-without-sessions"))
		r->tables = img->tables;
	if (!RAFT_MUTANT("snapshot-without-config")) {
		r->conf_applied = img->conf;
		r->given_up = img->given_up;
		/* One behind it is in the log that is kept. */
		if (r->conf.index <= img->index)
			raft_membership_use(r, &img->conf);
	}
	raft_proposal_installed(r);
	raft_request_installed(r, conf_before);
	r->up->flags |= RAFT_UP_SNAPSHOT;
	r->up->snapshot = r->snap;
}

/* Nothing of the old log is left, nor of what followed from it. */
static void adopt(struct raft *r)
{
	const struct raft_image *img = &r->image;

	/*
	 * Whoever leads has what is committed, so this is no leader; and a
	 * candidate may have lost its vote.
	 */
	if (r->role != RAFT_FOLLOWER)
		raft_become_follower(r, r->term, 0);
	raft_log_reset(&r->log, img->index, img->term);
	r->bare = bare_by_snapshot(r);
	r->truncate_from = img->index + 1;
	r->append_first = 0;
	r->durable = img->index;
	r->verified = img->index;
	r->base_promised = true;
	raft_hold_anew(r);
	/* Of the log that is gone. */
	r->conf.index = min(r->conf.index, img->index);
	adopt_state(r);
}

/**
 * raft_snapshot_installed() - a RAFT_EV_INSTALLED
 * @r: the core
 * @ev: the event
 *
 * By now the log may have come so far by itself; then this is a snapshot like
 * one that was taken here.  So is one that mends the own one, but for what could not
 * be applied without it.
 *
 * Context: owner thread, in a step.
 */
void raft_snapshot_installed(struct raft *r, const struct raft_event *ev)
{
	const struct raft_snapshot *s = &ev->installed.of;
	bool lost = raft_snapshot_lost(r);

	if (!r->incoming.installing || !is_same(s, &r->incoming.of))
		return;
	/* The image does not go back: nor can it go on from what was evicted. */
	if (raft_image_decode(s->index < r->image.index ? NULL : &r->image, s,
			      ev->installed.meta, ev->installed.len)) {
		raft_fail(r, RAFT_FAIL_INVARIANT, 0);
		return;
	}
	set_current(r, s, raft_image_length(ev->installed.meta));
	if (replaces(r, s))
		adopt(r);
	else if (lost)
		adopt_state(r);
	forget(r);
	tell_committed(r);
}
