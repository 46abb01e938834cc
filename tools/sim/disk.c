// SPDX-License-Identifier: GPL-2.0
/*
 * disk.c - the write-ahead log of a simulated node, and its faults.
 *
 * Batches become durable in order.  One group is in flight at a time, what
 * comes meanwhile gathers for the next (group commit), as kmod/wal.c does.  A
 * write is made of units: the hard state, the truncation, each entry; a crash
 * leaves the first so many units of the group in flight.
 */
#include <stdlib.h>

#include "sim.h"

static void free_write(struct sim_write *w)
{
	u32 i;

	if (w->part)
		raft_payload_put(w->part);
	for (i = 0; i < w->n; i++)
		if (w->e[i].payload)
			raft_payload_put(w->e[i].payload);
	free(w);
}

static struct sim_write *new_write(struct sim_node *n,
				   const struct raft_persist *p)
{
	u32 i, count = 0;
	struct sim_write *w;

	if (p->what & RAFT_PERSIST_ENTRIES)
		count = (u32)(p->last - p->first + 1);
	w = sim_alloc(sizeof(*w) + count * (sizeof(*w->e) + sizeof(*w->chain)));
	w->p = *p;
	w->n = count;
	w->e = (void *)(w + 1);
	w->chain = (void *)(w->e + count);
	for (i = 0; i < count; i++) {
		w->e[i] = *raft_entry_at(n->r, p->first + i);
		w->e[i].flags = 0;
		if (w->e[i].payload)
			raft_payload_get(w->e[i].payload);
		w->chain[i] = n->log.chain[p->first + i - 1];
	}
	return w;
}

/**
 * sim_disk_room() - what the log still takes
 * @n: node
 *
 * Return: bytes, as in struct raft_event; U64_MAX if the disk is not limited.
 */
u64 sim_disk_room(const struct sim_node *n)
{
	u64 used;

	if (n->disk.room == U64_MAX)
		return U64_MAX;
	used = n->log.n ? n->log.bytes[n->log.n - 1] : 0;
	used -= n->log.base ? n->log.bytes[n->log.base - 1] : 0;
	return used < n->disk.room ? n->disk.room - used : 0;
}

static void queue(struct sim *s, struct sim_node *n, struct sim_write *w)
{
	*n->disk.tail = w;
	n->disk.tail = &w->next;
	if (!n->disk.flying)
		sim_disk_start(s, n);
}

/**
 * sim_disk_submit() - a batch of the core goes to the log
 * @s: simulation
 * @n: node
 * @p: the batch
 */
void sim_disk_submit(struct sim *s, struct sim_node *n,
		     const struct raft_persist *p)
{
	struct sim_write *w;

	if (n->disk.dead)
		return;
	w = new_write(n, p);
	sim_trace(s, "node %u: write %llu:%s%s%s%s", n->id,
		  (unsigned long long)p->seq,
		  p->what & RAFT_PERSIST_HARD_STATE ? " hard state" : "",
		  p->what & RAFT_PERSIST_TRUNCATE ? " truncate" : "",
		  p->what & RAFT_PERSIST_BASE ? " base" : "",
		  p->what & RAFT_PERSIST_ENTRIES ? " entries" : "");
	queue(s, n, w);
}

/**
 * sim_disk_part() - a part of a snapshot is to be stored, or all to be current
 * @s: simulation
 * @n: node
 * @up: with RAFT_UP_CHUNK or RAFT_UP_INSTALL
 * @part: the bytes, or NULL for the latter
 */
void sim_disk_part(struct sim *s, struct sim_node *n,
		   const struct raft_update *up, struct sim_payload *part)
{
	struct sim_write *w;

	if (n->disk.dead)
		return;
	w = sim_alloc(sizeof(*w));
	w->kind = part ? SIM_PART : SIM_INSTALL;
	w->of = up->snapshot;
	w->offset = up->chunk.offset;
	w->part = part;
	if (part)
		raft_payload_get(part);
	sim_trace(s, "node %u: write snapshot %llu: %s", n->id,
		  (unsigned long long)w->of.index, part ? "part" : "current");
	queue(s, n, w);
}

static void start_read(struct sim *s, struct sim_node *n)
{
	struct sim_event ev = {
		.time = s->now + s->disk_delay,
		.kind = SIM_READ_BACK,
		.node = n->id,
	};

	if (!n->disk.reading || n->disk.stall_until)
		return;
	if (s->fuzz)
		ev.time = s->now + sim_range(s, 1, 4 * s->disk_delay);
	ev.token = ++n->disk.read_token;
	sim_schedule(s, &ev);
}

/**
 * sim_disk_start() - put what gathered, or hung, under way
 * @s: simulation
 * @n: node
 */
void sim_disk_start(struct sim *s, struct sim_node *n)
{
	struct sim_disk *d = &n->disk;
	struct sim_event ev = {
		.time = s->now + s->disk_delay,
		.kind = SIM_DISK,
		.node = n->id,
	};
	struct sim_write *w;

	start_read(s, n);
	if (!d->head)
		return;
	if (!d->flying) {
		for (w = d->head; w; w = w->next)
			d->flying++;
		d->write_error = d->error;
	}
	if (d->stall_until)
		return;
	ev.token = ++d->token;
	sim_schedule(s, &ev);
}

static void durable_entry(struct sim_node *n, const struct raft_entry *e,
			  u64 chain)
{
	struct sim_disk *d = &n->disk;

	if (d->n == d->cap) {
		d->cap = d->cap ? 2 * d->cap : 64;
		d->e = sim_grow(d->e, d->cap * sizeof(*d->e));
		d->chain = sim_grow(d->chain, d->cap * sizeof(*d->chain));
	}
	d->e[d->n] = *e;
	d->chain[d->n++] = chain;
	if (e->payload)
		raft_payload_get(e->payload);
}

static void durable_truncate(struct sim_node *n, u64 from)
{
	struct sim_disk *d = &n->disk;

	while (d->n >= from) {
		d->n--;
		if (d->e[d->n].payload)
			raft_payload_put(d->e[d->n].payload);
	}
	if (d->corrupt && d->corrupt_index >= from)
		d->corrupt = false;
}

static u64 term_at(const struct sim_disk *d, u64 index)
{
	if (index == d->base)
		return d->base_term;
	return index > d->base && index <= d->n ? d->e[index - 1].term : 0;
}

/* See struct raft_persist. */
static void durable_base(struct sim *s, struct sim_node *n, u64 base, u64 term)
{
	struct sim_disk *d = &n->disk;
	struct raft_entry none = { 0 };
	u64 i;

	if (base > d->snap.of.index)
		sim_fail(s, "node %u drops entry %llu, its snapshot is of %llu",
			 n->id, (unsigned long long)base,
			 (unsigned long long)d->snap.of.index);
	if (term_at(d, base) != term) {
		durable_truncate(n, d->base + 1);
		while (d->n < base)
			durable_entry(n, &none,
				      check_committed_chain(s, d->n + 1));
	}
	for (i = d->base + 1; i <= base; i++) {
		if (d->e[i - 1].payload)
			raft_payload_put(d->e[i - 1].payload);
		d->e[i - 1] = none;
	}
	d->base = base;
	d->base_term = term;
	if (d->corrupt && d->corrupt_index <= base)
		d->corrupt = false;
}

/**
 * sim_disk_has() - is an entry durable at a node, or what it did?
 * @s: simulation
 * @n: node
 * @index: of the entry
 * @chain: the log up to it
 *
 * Return: true if so.
 */
bool sim_disk_has(const struct sim *s, const struct sim_node *n, u64 index,
		  u64 chain)
{
	const struct sim_disk *d = &n->disk;

	if (index && index <= d->snap.of.index)
		return check_committed_chain(s, index) == chain;
	return index <= d->n && d->chain[index - 1] == chain;
}

/**
 * sim_disk_lacks() - has a disk less than its node counts as having?
 * @d: the disk
 *
 * Return: true if so: kmod/core/lost.c.
 */
bool sim_disk_lacks(const struct sim_disk *d)
{
	u64 last = d->n, term = term_at(d, last);

	if (d->hs.reach >= RAFT_REACH_NEW)
		return true;
	if (d->snap.of.term > term ||
	    (d->snap.of.term == term && d->snap.of.index > last)) {
		term = d->snap.of.term;
		last = d->snap.of.index;
	}
	return term != d->hs.reach_term ? term < d->hs.reach_term :
					  last < d->hs.reach;
}

/* What was durable, and said to be, before it is gone: check_majority(). */
static void remember(struct sim *s, struct sim_node *n)
{
	struct sim_disk *d = &n->disk;
	u32 i, last = (u32)max_t(u64, d->n, d->snap.of.index);

	/* Gone once more before all was there again: that is not the last. */
	if (!last || (n->n_lost && d->hs.reach < RAFT_REACH_NEW &&
		      sim_disk_lacks(d)))
		return;
	if (last == d->n && n->n_lost > last &&
	    n->lost[last - 1] == d->chain[last - 1])
		return;
	n->lost = sim_grow(n->lost, last * sizeof(*n->lost));
	for (i = 0; i < last; i++)
		n->lost[i] = i < d->snap.of.index ?
			     check_committed_chain(s, i + 1) : d->chain[i];
	n->n_lost = last;
}

/**
 * sim_disk_corrupt() - an entry is illegible from the next boot on
 * @n: node
 * @index: the entry, on its disk
 */
void sim_disk_corrupt(struct sim_node *n, u64 index)
{
	struct sim_disk *d = &n->disk;

	d->corrupt_index = d->corrupt ? min(d->corrupt_index, index) : index;
	d->corrupt = true;
}

/**
 * sim_disk_found() - a boot finds the damage
 * @s: simulation
 * @n: node whose disk is corrupt, booting
 *
 * What is behind is as good as gone; how far it went is in the hard state before
 * anything else is written.
 */
void sim_disk_found(struct sim *s, struct sim_node *n)
{
	struct sim_disk *d = &n->disk;
	u64 last = d->n, term = term_at(d, last), bad = d->corrupt_index;

	remember(s, n);
	durable_truncate(n, bad);
	sim_trace(s, "node %u: entry %llu of %llu.%llu is damaged", n->id,
		  (unsigned long long)bad, (unsigned long long)last,
		  (unsigned long long)term);
	s->count.damaged++;
	if (d->hs.reach >= RAFT_REACH_NEW || term < d->hs.reach_term ||
	    (term == d->hs.reach_term && last < d->hs.reach))
		return;
	d->hs.reach = last;
	d->hs.reach_term = term;
}

/**
 * sim_disk_forget() - a boot finds no hard state
 * @s: simulation
 * @n: node whose hard state is illegible, booting
 *
 * The log tells a term that was reached, and nothing of votes.
 */
void sim_disk_forget(struct sim *s, struct sim_node *n)
{
	struct sim_disk *d = &n->disk;

	sim_trace(s, "node %u: term %llu and vote %u are illegible", n->id,
		  (unsigned long long)d->hs.term, d->hs.vote);
	d->hs = (struct raft_hard_state) {
		.term = term_at(d, d->n),
		.reach = RAFT_REACH_LOST,
	};
	d->forgot = false;
	n->wiped++;
	s->count.forgot++;
}

/* The first @units of a batch become durable; says how many it has. */
static u64 make_durable(struct sim *s, struct sim_node *n,
			const struct sim_write *w, u64 units)
{
	u64 unit = 0;
	u32 i;

	if (w->kind == SIM_PART && units)
		sim_snapshot_store(s, n, &w->of, w->offset, w->part);
	if (w->kind == SIM_INSTALL && units)
		sim_snapshot_install(s, n, &w->of);
	if (w->kind != SIM_BATCH)
		return 1;
	if ((w->p.what & RAFT_PERSIST_HARD_STATE) && unit++ < units) {
		check_disk(s, n, &w->p.hs);
		n->disk.hs = w->p.hs;
	}
	if ((w->p.what & RAFT_PERSIST_TRUNCATE) && unit++ < units)
		durable_truncate(n, w->p.truncate_from);
	if ((w->p.what & RAFT_PERSIST_BASE) && unit++ < units)
		durable_base(s, n, w->p.base, w->p.base_term);
	for (i = 0; i < w->n; i++) {
		if (unit++ >= units)
			continue;
		if (w->p.first + i != n->disk.n + 1)
			sim_fail(s, "node %u writes entry %llu behind %u",
				 n->id, (unsigned long long)w->p.first + i,
				 n->disk.n);
		else
			durable_entry(n, &w->e[i], w->chain[i]);
	}
	return unit;
}

/**
 * sim_entry() - an entry of the log of a node, in memory or on disk
 * @n: node
 * @index: of the entry
 *
 * Return: the entry, NULL if it is in neither.
 */
const struct raft_entry *sim_entry(const struct sim_node *n, u64 index)
{
	const struct sim_disk *d = &n->disk;

	if (index >= n->st.window)
		return raft_entry_at(n->r, index);
	return index > n->log.base && index <= d->n ? &d->e[index - 1] : NULL;
}

/**
 * sim_disk_read() - entries are to be read for the core
 * @s: simulation
 * @n: node
 * @up: with RAFT_UP_FETCH
 */
void sim_disk_read(struct sim *s, struct sim_node *n,
		   const struct raft_update *up)
{
	struct sim_msg *msg;

	if (n->disk.reading) {
		sim_fail(s, "node %u wants entries while others are being read",
			 n->id);
		return;
	}
	sim_trace(s, "node %u: read %u entries from %llu on", n->id,
		  up->fetch.n, (unsigned long long)up->fetch.first);
	msg = sim_msg_new(up->fetch.n);
	memset(&msg->m, 0, sizeof(msg->m));
	msg->m.seq = up->fetch.id;
	msg->m.index = up->fetch.first;
	msg->m.serial = up->fetch.n;
	msg->m.commit = up->fetch.bytes;
	msg->m.entries = msg->e;
	n->disk.reading = msg;
	start_read(s, n);
}

/* Now and then nothing can be read: of no harm but that it takes longer. */
static void fill(struct sim *s, const struct sim_disk *d, struct sim_msg *msg)
{
	struct raft_msg *m = &msg->m;
	u64 i = m->index, bytes = 0;

	if (s->fuzz && sim_chance(s, SIM_MILLION / 16)) {
		s->count.read_failed++;
		return;
	}
	for (; i > d->base && i <= d->n && m->n_entries < m->serial; i++) {
		bytes += d->e[i - 1].len;
		if ((m->n_entries && bytes > m->commit) ||
		    (d->corrupt && i == d->corrupt_index))
			break;
		msg->e[m->n_entries] = d->e[i - 1];
		if (d->e[i - 1].payload)
			raft_payload_get(d->e[i - 1].payload);
		m->n_entries++;
	}
	s->count.read_back += m->n_entries;
}

static void read_late(struct sim *s, struct sim_node *n, struct sim_msg *msg)
{
	struct sim_event ev = {
		.time = s->now + sim_range(s, 1, s->cfg.election_timeout),
		.kind = SIM_READ_BACK,
		.node = n->id,
		.token = n->incarnation,
		.msg = msg,
	};

	msg->refs++;
	sim_schedule(s, &ev);
}

/**
 * sim_disk_read_done() - entries were read
 * @s: simulation
 * @n: node
 * @ev: what happens; with a message it is a late copy, which is of no use
 */
void sim_disk_read_done(struct sim *s, struct sim_node *n,
			const struct sim_event *ev)
{
	struct sim_item item = { .type = RAFT_EV_FETCHED };
	struct sim_disk *d = &n->disk;

	if (ev->msg) {
		item.msg = ev->msg;
		if (n->running && ev->token == n->incarnation)
			sim_item(s, n, &item);
		sim_msg_put(ev->msg);
		return;
	}
	if (!d->reading || ev->token != d->read_token || d->stall_until)
		return;
	item.msg = d->reading;
	d->reading = NULL;
	fill(s, d, item.msg);
	sim_trace(s, "node %u: %u entries from %llu on are read", n->id,
		  item.msg->m.n_entries, (unsigned long long)item.msg->m.index);
	if (s->fuzz && sim_chance(s, SIM_MILLION / 8))
		read_late(s, n, item.msg);
	sim_item(s, n, &item);
	sim_msg_put(item.msg);
}

static void report(struct sim *s, struct sim_node *n, u64 seq, u64 index,
		   u64 term)
{
	struct sim_item item = {
		.type = RAFT_EV_PERSISTED,
		.seq = seq,
		.index = index,
		.term = term,
	};

	sim_trace(s, "node %u: durable up to write %llu, entry %llu.%llu",
		  n->id, (unsigned long long)seq, (unsigned long long)index,
		  (unsigned long long)term);
	sim_item(s, n, &item);
}

/* What is durable of a snapshot, or that it is current. */
static void report_snapshot(struct sim *s, struct sim_node *n,
			    enum sim_write_kind kind,
			    const struct raft_snapshot *of)
{
	const struct sim_disk *d = &n->disk;
	struct sim_item item = { .type = RAFT_EV_STORED, .of = *of };

	if (kind == SIM_INSTALL && d->snap.of.index == of->index)
		item.type = RAFT_EV_INSTALLED;
	else if (d->incoming.of.id == of->id &&
		 d->incoming.of.index == of->index)
		item.bytes = d->incoming.len;
	sim_trace(s, "node %u: snapshot %llu: %s, %llu bytes", n->id,
		  (unsigned long long)of->index,
		  item.type == RAFT_EV_STORED ? "stored" : "current",
		  (unsigned long long)item.bytes);
	sim_item(s, n, &item);
}

static void write_failed(struct sim *s, struct sim_node *n)
{
	struct sim_item item = {
		.type = RAFT_EV_DISK_FAILED,
		.error = n->disk.write_error,
	};

	sim_trace(s, "node %u: write error %d", n->id, item.error);
	s->count.disk_failures++;
	n->disk.dead = true;
	/* Nobody knows how much of it is there. */
	sim_disk_crash(s, n, s->fuzz ?
		       sim_range(s, 0, sim_disk_units(n)) : 0);
	sim_item(s, n, &item);
}

/**
 * sim_disk_done() - the group in flight arrived
 * @s: simulation
 * @n: node
 * @token: names the flight; an older one was overtaken by a crash or a stall
 */
void sim_disk_done(struct sim *s, struct sim_node *n, u64 token)
{
	struct sim_disk *d = &n->disk;
	u64 seq = 0, index = 0, term = 0;
	enum sim_write_kind kind;
	struct raft_snapshot of;
	struct sim_write *w;
	u32 left = d->flying;

	if (token != d->token || d->stall_until)
		return;
	if (d->write_error) {
		write_failed(s, n);
		return;
	}
	while (left && !s->failed[0]) {
		w = d->head;
		d->head = w->next;
		if (!d->head)
			d->tail = &d->head;
		d->flying--;
		left--;
		make_durable(s, n, w, U64_MAX);
		kind = w->kind;
		of = w->of;
		if (kind == SIM_BATCH)
			seq = w->p.seq;
		if (w->n) {
			index = w->p.last;
			term = w->e[w->n - 1].term;
		}
		free_write(w);
		if (!left)
			sim_disk_start(s, n);
		if (kind != SIM_BATCH)
			report_snapshot(s, n, kind, &of);
		if (!seq || (left && !s->each_batch))
			continue;
		report(s, n, seq, index, term);
		seq = 0;
		index = 0;
		term = 0;
	}
}

/**
 * sim_disk_stall() - the disk hangs
 * @s: simulation
 * @n: node
 * @until: ns
 */
void sim_disk_stall(struct sim *s, struct sim_node *n, u64 until)
{
	if (!n->disk.stall_until)
		s->stalls++;
	n->disk.stall_until = until;
}

/**
 * sim_disk_ok() - all faults of a disk end
 * @s: simulation
 * @n: node
 */
void sim_disk_ok(struct sim *s, struct sim_node *n)
{
	n->disk.error = 0;
	n->disk.write_error = 0;
	n->disk.corrupt = false;
	n->disk.forgot = false;
	n->disk.snap_gone = false;
	if (n->disk.stall_until) {
		n->disk.stall_until = 0;
		s->stalls--;
		sim_disk_start(s, n);
	}
}

/**
 * sim_disk_units() - parts of the write in flight
 * @n: node
 *
 * Return: their number, 0 if nothing is in flight.
 */
u64 sim_disk_units(const struct sim_node *n)
{
	const struct sim_write *w = n->disk.head;
	u64 units = 0;
	u32 i;

	for (i = 0; i < n->disk.flying; i++, w = w->next)
		units += w->n + (w->kind != SIM_BATCH) +
			 !!(w->p.what & RAFT_PERSIST_HARD_STATE) +
			 !!(w->p.what & RAFT_PERSIST_TRUNCATE) +
			 !!(w->p.what & RAFT_PERSIST_BASE);
	return units;
}

/**
 * sim_disk_crash() - the write in flight ends half-way, what waits is gone
 * @s: simulation
 * @n: node
 * @units: parts of the write in flight that are there
 */
void sim_disk_crash(struct sim *s, struct sim_node *n, u64 units)
{
	struct sim_disk *d = &n->disk;
	struct sim_write *w;
	u64 done;

	while ((w = d->head)) {
		d->head = w->next;
		if (d->flying && units) {
			done = make_durable(s, n, w, units);
			units -= min(units, done);
		}
		if (d->flying)
			d->flying--;
		free_write(w);
	}
	d->tail = &d->head;
	d->flying = 0;
	d->token++;
	if (d->reading) {
		sim_msg_put(d->reading);
		d->reading = NULL;
	}
}

/**
 * sim_disk_wipe() - a new, empty disk
 * @s: simulation
 * @n: node that does not run
 */
void sim_disk_wipe(struct sim *s, struct sim_node *n)
{
	struct sim_disk *d = &n->disk;

	remember(s, n);
	durable_truncate(n, 1);
	free(d->chain);
	sim_snapshot_wipe(n);
	d->base = 0;
	d->base_term = 0;
	d->chain = NULL;
	free(d->e);
	d->e = NULL;
	d->cap = 0;
	memset(&d->hs, 0, sizeof(d->hs));
	d->incarnation = 0;
	d->corrupt = false;
	d->forgot = false;
	d->snap_gone = false;
	n->wiped++;
}

/**
 * sim_disk_preset() - what a stopped node's log shall hold
 * @s: simulation
 * @n: node that does not run
 * @terms: the terms of its entries
 */
void sim_disk_preset(struct sim *s, struct sim_node *n,
		     const struct scn_terms *terms)
{
	struct raft_entry e = { .type = RAFT_ENTRY_COMMAND };
	struct sim_payload *p;
	u64 chain = 0;
	char text[48];
	u32 i;

	(void)s;
	durable_truncate(n, 1);
	for (i = 0; i < terms->n; i++) {
		snprintf(text, sizeof(text), "%u.%llu", i + 1,
			 (unsigned long long)terms->term[i]);
		p = sim_payload_new(text, 0, sim_hash(i + 1, terms->term[i]));
		e.term = terms->term[i];
		e.payload = n->witness ? NULL : p;
		e.len = n->witness ? 0 : p->len;
		chain = check_chain(chain, &e);
		durable_entry(n, &e, chain);
		raft_payload_put(p);
	}
}
