// SPDX-License-Identifier: GPL-2.0
/*
 * check_apply.c - what is applied, and what proposers are told of it, always.
 *
 * The rules of kmod/core/session.c and client.c, told once more by one who did
 * not write them: every entry has one fate, the same on every node, and every
 * command is applied once, in the order of its origin.
 */
#include <stdlib.h>

#include "sim.h"

typedef unsigned long long ull;

struct session {
	u64 incarnation;
	u64 serial;
};

struct client {
	u64 id;
	u64 serial;
	u64 index;			/* where that was applied */
	u64 used;
};

/* An entry that is decided. */
struct decided {
	u8 fate;		/* RAFT_ENTRY_*; 0: not a proposal */
	u8 type;
	u64 term;
	u64 client;
	u64 client_serial;
	struct sim_payload *payload;	/* a reference, or NULL */
};

struct check_apply {
	struct decided *at;	/* by index */
	u64 cap;
	u64 decided;		/* fates are known up to here */
	struct session sessions[SIM_MAX_ID + 1];
	struct client clients[RAFT_MAX_CLIENTS];
	u32 n_clients;
};

/**
 * check_apply_new() - an observer who has seen nothing applied
 *
 * Return: the observer.
 */
struct check_apply *check_apply_new(void)
{
	return sim_alloc(sizeof(struct check_apply));
}

/**
 * check_apply_free() - forget everything
 * @c: observer
 */
void check_apply_free(struct check_apply *c)
{
	u64 i;

	for (i = 0; i < c->cap; i++)
		if (c->at[i].payload)
			raft_payload_put(c->at[i].payload);
	free(c->at);
	free(c);
}

static struct client *client(struct check_apply *c, u64 id)
{
	u32 i;

	for (i = 0; i < c->n_clients; i++)
		if (c->clients[i].id == id)
			return &c->clients[i];
	return NULL;
}

static void client_open(struct check_apply *c, u64 index)
{
	struct client *slot = &c->clients[c->n_clients];
	u32 i;

	if (c->n_clients == RAFT_MAX_CLIENTS) {
		slot = &c->clients[0];
		for (i = 1; i < c->n_clients; i++)
			if (c->clients[i].used < slot->used)
				slot = &c->clients[i];
	} else {
		c->n_clients++;
	}
	*slot = (struct client) { .id = index, .used = index };
}

/* The rule of client.c; a copy has the answer of what was applied. */
static u8 client_fate(struct check_apply *c, const struct raft_entry *e, u64 index)
{
	struct client *cl = client(c, e->client);

	if (!cl || e->client_serial < cl->serial)
		return RAFT_ENTRY_DROPPED;
	cl->used = index;
	if (e->client_serial == cl->serial)
		return RAFT_ENTRY_DROPPED;
	cl->serial = e->client_serial;
	cl->index = index;
	return RAFT_ENTRY_APPLIED;
}

static u8 fate(struct check_apply *c, const struct raft_entry *e, u64 index)
{
	struct session *ses = &c->sessions[e->origin];
	bool next = e->incarnation == ses->incarnation ?
		    e->serial == ses->serial + 1 :
		    e->incarnation > ses->incarnation && e->serial == 1;

	if (!e->origin)
		return RAFT_ENTRY_APPLIED;
	if (!next)
		return RAFT_ENTRY_DROPPED;
	ses->incarnation = e->incarnation;
	ses->serial = e->serial;
	if (e->type == RAFT_ENTRY_OPEN)
		client_open(c, index);
	else if (e->client)
		return client_fate(c, e, index);
	return RAFT_ENTRY_APPLIED;
}

static void fate_room(struct check_apply *c, u64 index)
{
	u64 cap = max_t(u64, 1024, 2 * index);

	if (index < c->cap)
		return;
	c->at = sim_grow(c->at, cap * sizeof(*c->at));
	memset(c->at + c->cap, 0, (cap - c->cap) * sizeof(*c->at));
	c->cap = cap;
}

static void decide(struct sim *s, u64 index, const struct raft_entry *e)
{
	struct check_apply *c = s->applied;
	struct decided *d;

	fate_room(c, index);
	d = &c->at[index];
	d->fate = fate(c, e, index);
	d->type = e->type;
	d->term = e->term;
	d->client = e->client;
	d->client_serial = e->client_serial;
	d->payload = e->payload;
	if (d->payload)
		raft_payload_get(d->payload);
	c->decided = index;
	s->count.dropped += d->fate == RAFT_ENTRY_DROPPED;
}

static void check_fate(struct sim *s, struct sim_node *n, u64 index,
		       const struct raft_entry *e)
{
	struct check_apply *c = s->applied;
	u8 is = e->flags & (RAFT_ENTRY_APPLIED | RAFT_ENTRY_DROPPED);

	if (e->origin > SIM_MAX_ID) {
		sim_fail(s, "entry %llu has origin %u", (ull)index, e->origin);
		return;
	}
	if (index > c->decided)
		decide(s, index, e);
	if (is == RAFT_ENTRY_APPLIED && e->payload &&
	    ((const struct sim_payload *)e->payload)->refused)
		sim_fail(s, "node %u applies entry %llu, which was refused",
			 n->id, (ull)index);
	if (is != c->at[index].fate)
		sim_unkept(s, "exactly once: node %u %s entry %llu (serial %llu of %u), to be %s",
			   n->id, is == RAFT_ENTRY_APPLIED ? "applies" : "drops",
			   (ull)index, (ull)e->serial, e->origin,
			   c->at[index].fate == RAFT_ENTRY_APPLIED ?
			   "applied" : "dropped");
}

/* Where a client's command was applied before, by what is committed. */
static void check_repeated(struct sim *s, struct sim_node *n)
{
	const struct raft_update *up = &s->up;
	const struct decided *at = s->applied->at, *was;
	const struct raft_entry *e;
	u32 i;

	for (i = 0; i < up->n_repeated && !s->failed[0]; i++) {
		e = raft_entry_at(n->r, up->repeated[i].index);
		was = &at[min(up->repeated[i].first, s->applied->decided)];
		if (!e || !e->client || e->flags & RAFT_ENTRY_APPLIED ||
		    (up->repeated[i].first &&
		     (was->client != e->client ||
		      was->client_serial != e->client_serial ||
		      was->fate != RAFT_ENTRY_APPLIED ||
		      was->term != up->repeated[i].term))) {
			sim_unkept(s, "node %u takes entry %llu for a copy of %llu",
				   n->id, (ull)up->repeated[i].index,
				   (ull)up->repeated[i].first);
		}
		if (s->failed[0] || !e)
			return;
		if (e->origin == n->id)
			sim_prop_repeated(s, n, up->repeated[i].first, e);
	}
}

static void check_one(struct sim *s, struct sim_node *n, u64 index,
		      const struct raft_entry *e)
{
	if (e->type != RAFT_ENTRY_COMMAND && e->type != RAFT_ENTRY_OPEN)
		return;
	check_fate(s, n, index, e);
	/* A witness has no commands, so it has no state machine. */
	if ((e->flags & RAFT_ENTRY_APPLIED) && e->payload && !n->stateless) {
		sim_list_apply(n, index, sim_payload_id(e->payload));
		machine_apply(&n->machine, index,
			      &((const struct sim_payload *)e->payload)->command);
	}
}

/**
 * check_applied() - a node applied entries
 * @s: simulation
 * @n: node
 * @first: first index
 * @last: last index
 */
void check_applied(struct sim *s, struct sim_node *n, u64 first, u64 last)
{
	const struct raft_entry *e;
	u64 i;

	if (first != n->applied + 1 || last < first || last != n->st.applied) {
		sim_fail(s, "node %u applies %llu to %llu after %llu, says %llu",
			 n->id, (ull)first, (ull)last, (ull)n->applied,
			 (ull)n->st.applied);
		return;
	}
	n->applied = last;
	for (i = first; i <= last && !s->failed[0]; i++) {
		e = raft_entry_at(n->r, i);
		check_one(s, n, i, e);
		if ((e->flags & RAFT_ENTRY_APPLIED) && e->origin == n->id)
			sim_prop_applied(s, n, i, e);
	}
	check_repeated(s, n);
	if (n->applied == s->applied->decided &&
	    n->st.clients != s->applied->n_clients)
		sim_fail(s, "node %u has %u clients at %llu, to be %u", n->id,
			 n->st.clients, (ull)last, s->applied->n_clients);
}

/**
 * check_passed() - entries that a node loads at its boot are applied
 * @s: simulation
 * @n: node
 * @first: first index
 * @last: last index
 */
void check_passed(struct sim *s, struct sim_node *n, u64 first, u64 last)
{
	u64 i;

	for (i = first; i <= last && !s->failed[0]; i++)
		check_one(s, n, i, raft_entry_at(n->r, i));
	n->applied = last;
	s->count.passed += last - first + 1;
}

/**
 * check_replayed() - a state machine catches up with its node
 * @s: simulation
 * @n: node
 * @from: it has the state of this index
 */
void check_replayed(struct sim *s, struct sim_node *n, u64 from)
{
	const struct decided *d;
	u64 i;

	for (i = from + 1; i <= min(n->applied, s->applied->decided); i++) {
		d = &s->applied->at[i];
		if (d->fate != RAFT_ENTRY_APPLIED || !d->payload)
			continue;
		sim_list_apply(n, i, sim_payload_id(d->payload));
		machine_apply(&n->machine, i, &d->payload->command);
	}
}

/**
 * check_acked() - a caller was told that its proposal is committed
 * @s: simulation
 * @p: the proposal
 */
void check_acked(struct sim *s, const struct sim_prop *p)
{
	struct check_apply *c = s->applied;

	if (p->index > c->decided || c->at[p->index].fate != RAFT_ENTRY_APPLIED)
		sim_unkept(s, "node %u acknowledges '%s' at %llu, committed up to %llu",
			   p->node, p->payload->text, (ull)p->index,
			   (ull)check_committed(s));
}

/**
 * check_text() - the command of an entry that was applied
 * @s: simulation
 * @index: of the entry
 *
 * Return: the text.
 */
const char *check_text(const struct sim *s, u64 index)
{
	const struct check_apply *c = s->applied;

	if (index > c->decided || !c->at[index].payload)
		return "?";
	return c->at[index].payload->text;
}

/**
 * check_find() - where a command was applied
 * @s: simulation
 * @id: names the command
 *
 * Return: the index of its entry, 0 if it was not.
 */
u64 check_find(const struct sim *s, u64 id)
{
	const struct check_apply *c = s->applied;
	u64 i;

	for (i = c->decided; i; i--)
		if (c->at[i].fate == RAFT_ENTRY_APPLIED && c->at[i].payload &&
		    c->at[i].payload->id == id)
			break;
	return i;
}

/**
 * check_is_fate() - is a proposal applied where its caller was told?
 * @s: simulation
 * @p: proposal with an index
 *
 * Return: true if it is there, or what it repeated.
 */
bool check_is_fate(const struct sim *s, const struct sim_prop *p)
{
	const struct check_apply *c = s->applied;
	const struct decided *d = &c->at[p->index];

	if (p->index > c->decided || d->fate != RAFT_ENTRY_APPLIED)
		return false;
	if (p->opens)
		return d->type == RAFT_ENTRY_OPEN;
	if (p->client)
		return d->client == p->client &&
		       d->client_serial == p->client_serial;
	return d->payload == p->payload;
}

/* The state machine is what all others had at this index. */
static void check_machine(struct sim *s, struct sim_node *n, u64 index)
{
	const struct check_apply *c = s->applied;
	u64 i, k = 0, last = min(index, c->decided);

	for (i = 1; i <= last; i++) {
		if (c->at[i].type != RAFT_ENTRY_COMMAND ||
		    c->at[i].fate != RAFT_ENTRY_APPLIED)
			continue;
		if (k >= n->n_list || n->list[k].index != i ||
		    n->list[k].id != sim_payload_id(c->at[i].payload))
			break;
		k++;
	}
	if (i <= last || k != n->n_list)
		sim_fail(s, "state machine safety: node %u has another state at %llu than others",
			 n->id, (ull)index);
}

/**
 * check_installed() - a node has the state of its snapshot
 * @s: simulation
 * @n: node, with its new status
 * @boot: it boots with it
 */
void check_installed(struct sim *s, struct sim_node *n, bool boot)
{
	u64 index = n->disk.snap.of.index;

	if (n->st.snapshot != index || n->st.applied < index ||
	    (!boot && (n->st.first > index + 1 ||
		       (index <= n->applied && !n->stateless))) ||
	    index > check_committed(s)) {
		sim_fail(s, "node %u has applied %llu, takes over snapshot %llu, and applies %llu",
			 n->id, (ull)n->applied, (ull)index,
			 (ull)n->st.applied);
		return;
	}
	sim_trace(s, "node %u has snapshot %llu", n->id, (ull)index);
	if (!boot) {
		s->count.mended += n->stateless;
		sim_list_load(s, n);
		n->stateless = false;
		n->applied = index;
	}
	/* What it lacks may have passed at the boot. */
	if (!raft_snapshot_is_bare(&n->disk.snap.of) && !n->stateless &&
	    !(boot && n->st.bare))
		check_machine(s, n, n->applied);
	if (index >= s->applied->decided && n->st.applied == index &&
	    n->st.clients != s->applied->n_clients)
		sim_fail(s, "node %u has %u clients at %llu, to be %u", n->id,
			 n->st.clients, (ull)index, s->applied->n_clients);
}
