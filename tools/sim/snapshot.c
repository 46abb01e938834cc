// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot.c - the state machine of a simulated node, and its snapshots.
 *
 * Of the state machine there is the list of what was applied, and what that made
 * of its objects: machine.c.  A snapshot is the core's image and both, as bytes;
 * on disk there is the current one, and what has come of another so far.  Each part
 * that is written, and the switch to the new one, is a write like any other:
 * disk.c; so it can hang, fail, or be lost in a crash, which keeps what was
 * durable.
 */
#include <stdlib.h>

#include "sim.h"

/**
 * sim_list_apply() - the state machine of a node gets a command
 * @n: node
 * @index: of its entry
 * @id: names the command
 */
void sim_list_apply(struct sim_node *n, u64 index, u64 id)
{
	if (n->n_list == n->cap_list) {
		n->cap_list = n->cap_list ? 2 * n->cap_list : 64;
		n->list = sim_grow(n->list, n->cap_list *
				      sizeof(*n->list));
	}
	n->list[n->n_list].index = index;
	n->list[n->n_list++].id = id;
}

/* Where the list begins in the bytes of a snapshot; a bare one has none. */
static u64 image_bytes(const struct sim_snapshot *snap)
{
	u64 word;

	if (raft_snapshot_is_bare(&snap->of))
		return snap->len;
	memcpy(&word, snap->data + snap->len - sizeof(word), sizeof(word));
	return word;
}

/* The number of entries of the list. */
static u64 list_entries(const struct sim_snapshot *snap)
{
	u64 word;

	memcpy(&word, snap->data + snap->len - 2 * sizeof(word), sizeof(word));
	return word;
}

/**
 * sim_list_load() - the state machine of a node is that of its snapshot
 * @s: simulation
 * @n: node with a snapshot
 */
void sim_list_load(struct sim *s, struct sim_node *n)
{
	const struct sim_snapshot *snap = &n->disk.snap;
	u64 from = image_bytes(snap), bytes, count, left;

	if (raft_snapshot_is_bare(&snap->of)) {
		n->n_list = 0;
		machine_reset(&n->machine);
		return;
	}
	count = list_entries(snap);
	bytes = count * sizeof(*n->list);
	if (from + bytes + 2 * sizeof(u64) > snap->len) {
		sim_fail(s, "node %u: the bytes of snapshot %llu are a mess",
			 n->id, (unsigned long long)snap->of.index);
		return;
	}
	n->n_list = count;
	n->cap_list = count;
	n->list = sim_grow(n->list, max_t(u64, bytes, 1));
	memcpy(n->list, snap->data + from, bytes);
	from += bytes;
	left = snap->len - 2 * sizeof(u64) - from;
	n->machine.n = (u32)(left / sizeof(*n->machine.v));
	n->machine.cap = n->machine.n;
	n->machine.v = sim_grow(n->machine.v, max_t(u64, left, 1));
	memcpy(n->machine.v, snap->data + from, left);
}

static void snapshot_free(struct sim_snapshot *snap)
{
	free(snap->data);
	memset(snap, 0, sizeof(*snap));
}

/**
 * sim_snapshot_wipe() - all snapshots of a node are gone
 * @n: node
 */
void sim_snapshot_wipe(struct sim_node *n)
{
	snapshot_free(&n->disk.snap);
	snapshot_free(&n->disk.incoming);
}

/**
 * sim_snapshot_found() - a boot looks at its snapshot
 * @s: simulation
 * @n: node, booting
 *
 * Without its image it is as good as gone; without the rest the core has enough, but
 * the state machine has nothing to start from.
 */
void sim_snapshot_found(struct sim *s, struct sim_node *n)
{
	struct sim_disk *d = &n->disk;

	if (d->snap_gone && d->snap.of.index) {
		sim_trace(s, "node %u: snapshot %llu is gone", n->id,
			  (unsigned long long)d->snap.of.index);
		snapshot_free(&d->snap);
		s->count.rotten++;
	}
	d->snap_gone = false;
	n->stateless = d->snap.rotten || d->base > d->snap.of.index;
}

/**
 * sim_snapshot_rotten() - a node notices that its snapshot is damaged
 * @s: simulation
 * @n: node
 */
void sim_snapshot_rotten(struct sim *s, struct sim_node *n)
{
	struct sim_item item = {
		.type = RAFT_EV_SNAPSHOT_DAMAGED,
		.of = n->disk.snap.of,
	};

	if (!n->running || !n->disk.snap.rotten)
		return;
	s->count.rotten++;
	sim_trace(s, "node %u: snapshot %llu is damaged", n->id,
		  (unsigned long long)item.of.index);
	sim_item(s, n, &item);
}

/**
 * sim_snapshot_lacks() - is the snapshot of a node damaged or gone?
 * @n: node
 *
 * Return: true if so, now or once it boots.
 */
bool sim_snapshot_lacks(const struct sim_node *n)
{
	const struct sim_disk *d = &n->disk;

	return d->snap.rotten || d->base > d->snap.of.index ||
	       (d->snap_gone && d->snap.of.index);
}

/**
 * sim_snapshot_go_on() - what state machines do about damaged snapshots
 * @s: simulation
 * @n: node that took a step
 *
 * One without a state gets it with a snapshot that is whole, and goes on; one that is
 * asked for a snapshot, for another node wants one, gives it.
 */
void sim_snapshot_go_on(struct sim *s, struct sim_node *n)
{
	u64 index = n->disk.snap.of.index;

	if (s->failed[0] || !sim_alive(n))
		return;
	if (n->stateless && !sim_snapshot_lacks(n) &&
	    n->st.snapshot == index && n->applied >= index) {
		sim_list_load(s, n);
		check_replayed(s, n, index);
		n->stateless = false;
		s->count.mended++;
	}
	if (n->st.asked > index && n->st.applied >= n->st.asked)
		sim_snapshot(s, n, 0);
}

static void fill(struct sim_node *n, u64 index, struct sim_snapshot *snap,
		 u32 image)
{
	u64 word = image, id = 0, count = 0, bytes, i;
	u32 made = 0;

	while (count < n->n_list && n->list[count].index <= index)
		count++;
	while (made < n->machine.n && n->machine.v[made].index <= index)
		made++;
	bytes = count * sizeof(*n->list);
	snap->len = image + bytes + made * sizeof(*n->machine.v) +
		    2 * sizeof(word);
	snap->data = sim_grow(snap->data, snap->len);
	if (bytes)
		memcpy(snap->data + image, n->list, bytes);
	if (made)
		memcpy(snap->data + image + bytes, n->machine.v,
		       made * sizeof(*n->machine.v));
	memcpy(snap->data + snap->len - 2 * sizeof(word), &count, sizeof(count));
	memcpy(snap->data + snap->len - sizeof(word), &word, sizeof(word));
	for (i = 0; i + sizeof(word) <= snap->len; i += sizeof(word)) {
		memcpy(&word, snap->data + i, sizeof(word));
		id = sim_hash(id, word);
	}
	memcpy(&word, snap->data + snap->len - sizeof(word), sizeof(word));
	snap->of.id = sim_hash(id, word);
	snap->of.total = snap->len;
}

/*
 * The image as who takes a snapshot can make it, from the last snapshot and the
 * entries behind that, which may be on disk only.
 */
static int replay(struct sim *s, struct sim_node *n, u64 index, u8 *buf,
		  u32 *len, u64 *term)
{
	struct raft_image *img = sim_alloc(raft_replay_size());
	struct raft_config cfg = { .id = n->id };
	const struct sim_snapshot *snap = &n->disk.snap;
	const struct raft_entry *e;
	u64 i;
	int err;

	if (n->member && !n->blank)
		cfg.n_members = sim_initial(s, cfg.members);
	err = raft_replay_begin(img, &cfg, &snap->of, snap->data, snap->len);
	for (i = snap->of.index + 1; !err && i <= index; i++) {
		e = sim_entry(n, i);
		if (e)
			raft_replay_entry(img, e);
		else
			err = -ENOENT;
	}
	if (!err)
		err = raft_replay_end(img, buf, len, term);
	free(img);
	return err;
}

/* What is replayed must be what the core itself says, byte for byte. */
static void check_replay(struct sim *s, struct sim_node *n,
			 const struct sim_snapshot *snap, u32 len)
{
	u8 *buf = sim_alloc(RAFT_SNAPSHOT_META);
	u64 term = 0;
	u32 other = 0;

	if (replay(s, n, snap->of.index, buf, &other, &term) || other != len ||
	    term != snap->of.term || memcmp(buf, snap->data, len))
		sim_fail(s, "node %u: the image of %llu is another one when replayed",
			 n->id, (unsigned long long)snap->of.index);
	free(buf);
}

/* A witness takes one of what is applied, for it has nothing but the image. */
static int encode(struct sim *s, struct sim_node *n, u64 index,
		  struct sim_snapshot *snap)
{
	u32 len;
	int err;

	snap->of.index = index;
	do
		err = raft_snapshot_encode(n->r, index, snap->data, &len,
					   &snap->of.term);
	while (err == -EAGAIN);
	if (!err)
		check_replay(s, n, snap, len);
	if (err == -ESTALE) {
		s->count.replayed++;
		err = replay(s, n, index, snap->data, &len, &snap->of.term);
		if (!err)
			err = raft_snapshot_replayed(n->r, index, snap->of.term,
						     len);
	}
	if (!err)
		fill(n, index, snap, len);
	if (err != -EOPNOTSUPP)
		return err;
	do
		err = raft_snapshot_encode_bare(n->r, snap->data, &snap->of);
	while (err == -EAGAIN);
	snap->len = snap->of.total;
	return err;
}

/* All nodes have the same image at an index, byte for byte. */
static void check_image(struct sim *s, const struct sim_node *n,
			const struct sim_snapshot *snap)
{
	u32 len = raft_image_length(snap->data), i;
	u64 hash = len, word;

	for (i = 0; i + sizeof(word) <= len; i += sizeof(word)) {
		memcpy(&word, snap->data + i, sizeof(word));
		hash = sim_hash(hash, word);
	}
	for (i = 0; i < s->n_images; i++) {
		if (s->images[i].index != snap->of.index)
			continue;
		if (s->images[i].hash != hash)
			sim_fail(s, "node %u: another image of %llu than another node's",
				 n->id, (unsigned long long)snap->of.index);
		return;
	}
	s->images = sim_grow(s->images, (s->n_images + 1) * sizeof(*s->images));
	s->images[s->n_images++] = (struct sim_image) {
		.index = snap->of.index,
		.hash = hash,
	};
}

/**
 * sim_snapshot() - a node takes a snapshot, at once
 * @s: simulation
 * @n: node that runs
 * @index: last index in it, 0: what is applied
 *
 * Return: 0, -EEXIST if there is one that reaches so far, or why not.
 */
int sim_snapshot(struct sim *s, struct sim_node *n, u64 index)
{
	struct raft_event ev = { .type = RAFT_EV_SNAPSHOT };
	struct sim_snapshot snap = { 0 };
	int err;

	if (!index)
		index = n->st.applied;
	if (n->stateless)
		return -EBUSY;
	snap.data = sim_alloc(RAFT_SNAPSHOT_META);
	err = encode(s, n, index, &snap);
	if (err) {
		free(snap.data);
		return err;
	}
	if (n->disk.error) {
		struct sim_item item = {
			.type = RAFT_EV_DISK_FAILED,
			.error = n->disk.error,
		};

		free(snap.data);
		n->disk.dead = true;
		sim_item(s, n, &item);
		return 0;
	}
	sim_trace(s, "node %u: snapshot of %llu.%llu, %llu bytes", n->id,
		  (unsigned long long)snap.of.index,
		  (unsigned long long)snap.of.term,
		  (unsigned long long)snap.len);
	snapshot_free(&n->disk.snap);
	n->disk.snap = snap;
	s->count.snapshots++;
	s->count.bare += raft_snapshot_is_bare(&snap.of);
	check_current(n);
	check_image(s, n, &snap);
	ev.snapshot = snap.of;
	sim_event(s, n, &ev);
	if (!s->failed[0] && n->st.snapshot != snap.of.index)
		sim_fail(s, "node %u does not know of its snapshot of %llu",
			 n->id, (unsigned long long)snap.of.index);
	return 0;
}

/**
 * sim_compact() - drop a prefix of the log of a node, at once
 * @s: simulation
 * @n: node that runs
 * @index: last index to drop
 *
 * Return: 0 or -EINVAL.
 */
int sim_compact(struct sim *s, struct sim_node *n, u64 index)
{
	struct raft_event ev = { .type = RAFT_EV_COMPACT, .index = index };
	u64 first = n->st.first;

	s->refused = 0;
	sim_event(s, n, &ev);
	if (s->refused)
		return s->refused;
	if (!s->failed[0] && n->st.first != max(first, index + 1))
		sim_fail(s, "node %u: its log begins with %llu after %llu was dropped",
			 n->id, (unsigned long long)n->st.first,
			 (unsigned long long)index);
	s->count.compactions += n->st.first > first;
	return 0;
}

/* Who reads the last bytes notices, and they do not leave. */
static bool is_rotten(struct sim *s, const struct sim_node *n,
		      const struct raft_msg *m)
{
	const struct sim_snapshot *snap = &n->disk.snap;
	struct sim_event ev = {
		.time = s->now,
		.kind = SIM_ROTTEN,
		.node = n->id,
		.token = n->incarnation,
	};

	if (!snap->rotten || !m->serial ||
	    m->chunk.offset + m->chunk.len < snap->of.total)
		return false;
	sim_schedule(s, &ev);
	return true;
}

/**
 * sim_snapshot_part() - the bytes of a SNAPSHOT that leaves
 * @s: simulation
 * @n: sender
 * @m: the message
 *
 * Return: a payload with them, NULL if it has none, or they are damaged.
 */
struct sim_payload *sim_snapshot_part(struct sim *s, struct sim_node *n,
				      const struct raft_msg *m)
{
	const struct sim_snapshot *snap = &n->disk.snap;
	u64 total = m->serial ? snap->of.total : image_bytes(snap);
	const struct raft_member *to = check_member(&n->conf, m->to);
	struct sim_payload *p;

	if (m->serial && to && to->flags & RAFT_MEMBER_WITNESS)
		sim_fail(s, "node %u sends a state machine to witness %u",
			 n->id, to->id);
	if (snap->of.index != m->index || snap->of.term != m->log_term ||
	    (m->serial && snap->of.id != m->serial) ||
	    total != m->chunk.total || m->chunk.offset + m->chunk.len > total) {
		sim_fail(s, "node %u sends bytes of a snapshot that is not there",
			 n->id);
		return NULL;
	}
	if (!m->chunk.len || is_rotten(s, n, m))
		return NULL;
	p = sim_alloc(sizeof(*p) + m->chunk.len);
	p->refs = 1;
	p->len = m->chunk.len;
	p->id = 1;
	memcpy(p->text, snap->data + m->chunk.offset, m->chunk.len);
	s->count.parts++;
	return p;
}

static bool same(const struct raft_snapshot *a, const struct raft_snapshot *b)
{
	return a->index == b->index && a->term == b->term && a->id == b->id &&
	       a->total == b->total;
}

/**
 * sim_snapshot_store() - a part that came becomes durable
 * @s: simulation
 * @n: node
 * @of: which snapshot
 * @offset: of the part
 * @part: its bytes
 */
void sim_snapshot_store(struct sim *s, struct sim_node *n,
			const struct raft_snapshot *of, u64 offset,
			const struct sim_payload *part)
{
	struct sim_snapshot *in = &n->disk.incoming;

	if (!offset) {
		snapshot_free(in);
		in->of = *of;
		in->data = sim_alloc(of->total);
	}
	if (!same(of, &in->of) || offset != in->len) {
		sim_fail(s, "node %u stores a part at %llu, it has %llu bytes",
			 n->id, (unsigned long long)offset,
			 (unsigned long long)in->len);
		return;
	}
	memcpy(in->data + offset, part->text, part->len);
	in->len = offset + part->len;
}

/**
 * sim_snapshot_install() - what came becomes the current snapshot, atomically
 * @s: simulation
 * @n: node
 * @of: which snapshot
 *
 * Return: false if it was of no use.
 */
bool sim_snapshot_install(struct sim *s, struct sim_node *n,
			  const struct raft_snapshot *of)
{
	struct sim_disk *d = &n->disk;

	if (!same(of, &d->incoming.of) || d->incoming.len != of->total) {
		sim_fail(s, "node %u installs a snapshot that is not there",
			 n->id);
		return false;
	}
	if (of->index < d->snap.of.index ||
	    (of->index == d->snap.of.index && !d->snap.rotten)) {
		sim_fail(s, "node %u goes back from snapshot %llu to %llu",
			 n->id, (unsigned long long)d->snap.of.index,
			 (unsigned long long)of->index);
		return false;
	}
	if (raft_snapshot_check(d->incoming.data, d->incoming.len, of)) {
		snapshot_free(&d->incoming);
		return false;
	}
	snapshot_free(&d->snap);
	d->snap = d->incoming;
	memset(&d->incoming, 0, sizeof(d->incoming));
	s->count.installs++;
	s->count.bare_installs += raft_snapshot_is_bare(of);
	return true;
}
