// SPDX-License-Identifier: GPL-2.0
/*
 * propose.c - proposals and what their callers are told.
 *
 * Owns the outcome: pending until the origin sees its own entry applied in its
 * own log (committed), refuses it (failed, certainly never applied), or crashes
 * or fails (unknown).  And the list of all that was ever asked, see ask.c.
 */
#include <stdlib.h>

#include "sim.h"

/* What comes together in larger numbers is a load, and no operation of clients. */
#define CLIENTS_AT_ONCE	5

static struct sim_prop *prop_new(struct sim *s, struct sim_node *n,
				 const char *text, u64 size)
{
	struct sim_prop *p = sim_alloc(sizeof(*p));

	p->node = n->id;
	/* Equal texts are different commands. */
	p->payload = sim_payload_new(text, size, sim_hash(~0ULL, s->order++));
	*s->props_tail = p;
	s->props_tail = &p->next;
	return p;
}

static struct sim_prop *propose(struct sim *s, struct sim_node *n,
				struct sim_prop *first, u32 count)
{
	struct sim_item item = {
		.type = RAFT_EV_PROPOSE,
		.prop = first,
		.n_props = count,
	};
	struct sim_prop *last = first;

	while (last->more)
		last = last->more;
	if (n->running && !n->failed)
		sim_item(s, n, &item);
	else
		for (; first; first = first->more)
			first->outcome = SCN_FAILED;
	return last;
}

/**
 * sim_propose() - a caller proposes at a node
 * @s: simulation
 * @n: node
 * @name: of the last one, or NULL
 * @text: command, or with @count the part before the number
 * @size: bytes of each, 0: those of the text
 * @count: how many, 0: one without a number
 *
 * Return: the last proposal.
 */
struct sim_prop *sim_propose(struct sim *s, struct sim_node *n, const char *name,
			     const char *text, u64 size, u32 count)
{
	struct sim_prop *p = NULL, *first = NULL;
	char numbered[512];
	u32 i;

	for (i = 0; i < max(count, 1U); i++) {
		snprintf(numbered, sizeof(numbered), "%s%u", text, i + 1);
		if (!p) {
			p = prop_new(s, n, count ? numbered : text, size);
			first = p;
		} else {
			p->more = prop_new(s, n, numbered, size);
			p = p->more;
		}
		if (count <= CLIENTS_AT_ONCE)
			history_propose(s, p);
	}
	p->name = name;
	return propose(s, n, first, max(count, 1U));
}

/**
 * sim_propose_client() - a client with a session proposes, or wants a session
 * @s: simulation
 * @n: node
 * @client: its session, 0: open one
 * @serial: number of its command
 * @count: how many sessions to open; 1 for a command
 *
 * Return: the proposal, the last one.
 */
struct sim_prop *sim_propose_client(struct sim *s, struct sim_node *n,
				    u64 client, u64 serial, u32 count)
{
	struct sim_prop *p, *first = NULL, **at = &first;
	u32 i;

	for (i = 0; i < count; i++) {
		p = prop_new(s, n, client ? "c" : "open", 0);
		p->client = client;
		p->client_serial = serial;
		p->opens = !client;
		if (client)
			history_propose(s, p);
		*at = p;
		at = &p->more;
	}
	return propose(s, n, first, count);
}

static void own_add(struct sim_node *n, struct sim_prop *p)
{
	if (n->n_own == n->cap_own) {
		n->cap_own = n->cap_own ? 2 * n->cap_own : 64;
		n->own = sim_grow(n->own, n->cap_own * sizeof(struct sim_prop *));
	}
	n->own[n->n_own++] = p;
	p->serial = n->n_own;
}

static void prop_step(struct sim *s, struct sim_node *n,
		      struct sim_prop *first, u32 count)
{
	struct raft_event ev = { .type = RAFT_EV_PROPOSE };
	struct raft_entry *e = sim_alloc(count * sizeof(*e));
	u64 before = n->n_own;
	struct sim_prop *p = first;
	u32 i;

	for (i = 0; i < count; i++, p = p->more) {
		e[i].client = p->client;
		e[i].client_serial = p->client_serial;
		e[i].type = p->opens ? RAFT_ENTRY_OPEN : RAFT_ENTRY_COMMAND;
		if (!p->opens) {
			e[i].payload = p->payload;
			e[i].len = p->payload->len;
		}
		/* Known before the step: what it takes it may also apply. */
		own_add(n, p);
	}
	ev.propose.entries = e;
	ev.propose.n = count;
	sim_event(s, n, &ev);
	free(e);
	n->n_own = before + s->accepted;
	sim_trace(s, "node %u: proposed %u, '%s'..., accepted %u from serial %llu, refused %d",
		  n->id, count, first->payload->text, s->accepted,
		  (unsigned long long)s->first_serial, s->refused);
	if (s->accepted && s->first_serial != before + 1)
		sim_fail(s, "node %u: first serial is %llu after %llu", n->id,
			 (unsigned long long)s->first_serial,
			 (unsigned long long)before);
	for (i = 0, p = first; i < count; i++, p = p->more) {
		if (i < s->accepted)
			continue;
		if (p->outcome == SCN_COMMITTED)
			sim_fail(s, "node %u: a refused proposal is applied",
				 n->id);
		p->serial = 0;
		if (s->no_slot && n->running && !n->failed) {
			n->waiting = p;
			n->n_waiting = count - i;
			return;
		}
		p->outcome = SCN_FAILED;
		p->payload->refused = true;
	}
	if (s->accepted < count && !s->refused)
		sim_fail(s, "node %u: refuses without a reason", n->id);
}

/**
 * sim_prop_go_on() - proposals that found too many pending get their turn
 * @s: simulation
 * @n: node
 *
 * As callers who block in write(2) until one of RAFT_MAX_PENDING is free.
 */
void sim_prop_go_on(struct sim *s, struct sim_node *n)
{
	while (n->waiting && n->running && !n->failed && !s->failed[0] &&
	       n->st.pending < RAFT_MAX_PENDING) {
		struct sim_prop *first = n->waiting;

		n->waiting = NULL;
		prop_step(s, n, first, n->n_waiting);
	}
}

/**
 * sim_prop_come() - proposals come to the core, behind those that wait
 * @s: simulation
 * @n: node that runs
 * @first: the first of them
 * @count: how many
 */
void sim_prop_come(struct sim *s, struct sim_node *n, struct sim_prop *first,
		   u32 count)
{
	struct sim_prop *last = n->waiting;

	if (!last) {
		prop_step(s, n, first, count);
		return;
	}
	while (last->more)
		last = last->more;
	last->more = first;
	n->n_waiting += count;
}

/* The proposal that an entry comes from, if it is of this boot of the node. */
static struct sim_prop *own(struct sim *s, struct sim_node *n,
			    const struct raft_entry *e)
{
	struct sim_prop *p;

	if (e->incarnation != n->incarnation)
		return NULL;
	if (!e->serial || e->serial > n->n_own) {
		sim_fail(s, "node %u applied serial %llu, which it never gave out",
			 n->id, (unsigned long long)e->serial);
		return NULL;
	}
	p = n->own[e->serial - 1];
	if (p->outcome == SCN_PENDING &&
	    (raft_entry_is_bare(e) ||
	     e->payload == (p->opens ? NULL : p->payload)))
		return p;
	sim_unkept(s, "node %u: serial %llu applied twice or with another command",
		   n->id, (unsigned long long)e->serial);
	return NULL;
}

/**
 * sim_prop_repeated() - a node decided a copy of a client's command
 * @s: simulation
 * @n: the origin
 * @first: where it was applied before; 0: its session is closed or beyond it
 * @e: the copy
 */
void sim_prop_repeated(struct sim *s, struct sim_node *n, u64 first,
		       const struct raft_entry *e)
{
	struct sim_prop *p = own(s, n, e);

	if (!p)
		return;
	p->outcome = first ? SCN_COMMITTED : SCN_FAILED;
	p->index = first;
	s->acked = max(s->acked, first);
	s->count.repeated++;
	if (first) {
		check_acked(s, p);
		history_told(s, n, p);
	}
	sim_trace(s, "node %u: command %llu of client %llu was applied at %llu",
		  n->id, (unsigned long long)e->client_serial,
		  (unsigned long long)e->client, (unsigned long long)first);
}

/**
 * sim_prop_applied() - a node applied an entry that it proposed
 * @s: simulation
 * @n: the origin
 * @index: of the entry
 * @e: the entry
 */
void sim_prop_applied(struct sim *s, struct sim_node *n, u64 index,
		      const struct raft_entry *e)
{
	struct sim_prop *p = own(s, n, e);

	if (!p)
		return;
	p->outcome = SCN_COMMITTED;
	p->index = index;
	s->acked = max(s->acked, index);
	s->count.acked++;
	check_acked(s, p);
	history_told(s, n, p);
	sim_trace(s, "node %u: '%s' is committed at %llu", n->id,
		  p->payload->text, (unsigned long long)index);
}

/**
 * sim_prop_installed() - proposals of a node are decided by a snapshot
 * @s: simulation
 * @n: the origin
 * @before: those up to this serial were decided before
 *
 * They are applied; where, only an observer knows.  Of a client's command not
 * even that is known, for it may be a copy.
 */
void sim_prop_installed(struct sim *s, struct sim_node *n, u64 before)
{
	struct sim_prop *p;
	u64 i;

	for (i = before; i < n->serial && i < n->n_own && !s->failed[0]; i++) {
		p = n->own[i];
		if (p->outcome != SCN_PENDING) {
			sim_fail(s, "node %u: serial %llu is decided twice",
				 n->id, (unsigned long long)i + 1);
		} else if (p->client || p->opens) {
			p->outcome = SCN_UNKNOWN;
		} else {
			p->outcome = SCN_COMMITTED;
			p->index = check_find(s, p->payload->id);
			s->acked = max(s->acked, p->index);
			if (!p->index || p->index > n->st.snapshot)
				sim_fail(s, "node %u: '%s' is not in snapshot %llu",
					 n->id, p->payload->text,
					 (unsigned long long)n->st.snapshot);
		}
	}
}

/**
 * sim_prop_lost() - a node forgets its callers: crashed or failed
 * @s: simulation
 * @n: node
 *
 * A read or transfer that nobody answered did not happen (rules 13, 14).
 */
void sim_prop_lost(struct sim *s, struct sim_node *n)
{
	struct sim_prop *p = s->undecided ? s->undecided : s->props;

	while (p && p->outcome != SCN_PENDING && p->next)
		p = p->next;
	for (s->undecided = p; p; p = p->next)
		if (p->node == n->id && p->outcome == SCN_PENDING)
			p->outcome = p->kind == SIM_READ ||
				     p->kind == SIM_TRANSFER ?
				     SCN_FAILED : SCN_UNKNOWN;
	n->n_own = 0;
	n->waiting = NULL;
	sim_ask_lost(n);
}

/**
 * sim_prop_find() - the latest of that name
 * @s: simulation
 * @name: NAME
 *
 * Return: the proposal, NULL if none.
 */
struct sim_prop *sim_prop_find(struct sim *s, const char *name)
{
	struct sim_prop *p, *found = NULL;

	for (p = s->props; p; p = p->next)
		if (p->name && !strcmp(p->name, name))
			found = p;
	return found;
}

/**
 * sim_prop_forget() - free all that was ever asked
 * @s: simulation
 */
void sim_prop_forget(struct sim *s)
{
	struct sim_prop *p;

	while ((p = s->props)) {
		s->props = p->next;
		if (p->payload)
			raft_payload_put(p->payload);
		free(p->change);
		free(p);
	}
	s->props_tail = &s->props;
	s->undecided = NULL;
}
