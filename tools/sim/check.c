// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - what must hold, looked at after every event.
 *
 * Owns what an outside observer of the whole cluster knows: who led which term,
 * who voted for whom, what is committed, what was applied.  Never reads the
 * core's own account of these where it can look itself: it follows the logs by
 * the batches that go to disk.
 *
 * A log is compared by one number: the chain of an entry is a hash over the
 * log up to it, so equal chains mean equal logs, and every check costs the
 * same for long logs as for short ones.  It leaves the commands out, as a witness
 * does: each is compared for itself.
 *
 * Election safety, leader append-only, log matching, leader completeness and
 * state machine safety are figure 3 of the paper; the rest are the promises of
 * design.md: monotonic term and commit, one vote a term, what is acknowledged
 * is durable on a majority.  What is applied is
 * in check_apply.c, configurations and reads are in check_config.c.
 */
#include <stdlib.h>

#include "sim.h"

typedef unsigned long long ull;

/* Numbers to numbers, open addressing; key 0 is not used. */
struct map {
	u64 *key;
	u64 *value;
	u32 n;
	u32 cap;
};

/*
 * All logs that have an entry of this term here are equal up to here, and so is
 * what it says, where it was not left out.
 */
struct version {
	u64 term;
	u64 chain;
	u64 content;
};

struct position {
	u32 n;
	struct version two[2];
	struct version *more;
};

struct check {
	struct map leaders;		/* term: node */
	struct map votes;		/* (node, life, term): candidate */
	struct position *at;		/* by index */
	u64 cap_at;
	u64 *chain;			/* committed, by index */
	u64 *term;			/* in which term that was seen first */
	struct chk_log log;		/* committed */
	u64 committed;
	u64 cap;
};

static u64 *map_slot(struct map *m, u64 key);

static void map_grow(struct map *m)
{
	struct map old = *m;
	u32 i;

	m->cap = old.cap ? 2 * old.cap : 64;
	m->key = sim_alloc(m->cap * sizeof(u64));
	m->value = sim_alloc(m->cap * sizeof(u64));
	m->n = 0;
	for (i = 0; i < old.cap; i++)
		if (old.key[i])
			*map_slot(m, old.key[i]) = old.value[i];
	free(old.key);
	free(old.value);
}

/* The value of a key, made 0 if it is new. */
static u64 *map_slot(struct map *m, u64 key)
{
	u32 i;

	if (2 * m->n >= m->cap)
		map_grow(m);
	i = (u32)sim_hash(key, 0) & (m->cap - 1);
	while (m->key[i] && m->key[i] != key)
		i = (i + 1) & (m->cap - 1);
	if (!m->key[i]) {
		m->key[i] = key;
		m->n++;
	}
	return &m->value[i];
}

/**
 * check_new() - an observer who has seen nothing
 *
 * Return: the observer.
 */
struct check *check_new(void)
{
	return sim_alloc(sizeof(struct check));
}

/**
 * check_free() - forget everything
 * @c: observer
 */
void check_free(struct check *c)
{
	u64 i;

	for (i = 0; i < c->cap_at; i++)
		free(c->at[i].more);
	free(c->at);
	free(c->leaders.key);
	free(c->leaders.value);
	free(c->votes.key);
	free(c->votes.value);
	free(c->chain);
	free(c->term);
	free(c->log.term);
	free(c->log.chain);
	free(c->log.bytes);
	free(c->log.conf);
	free(c);
}

/**
 * check_committed() - how far anybody has committed
 * @s: simulation
 *
 * Return: index.
 */
u64 check_committed(const struct sim *s)
{
	return s->check->committed;
}

/**
 * check_has_committed() - does a disk hold something that is committed?
 * @s: simulation
 * @n: whose disk
 *
 * Return: true if so: no leader empties it.
 */
bool check_has_committed(const struct sim *s, const struct sim_node *n)
{
	return n->disk.n && s->check->committed &&
	       n->disk.chain[0] == s->check->chain[1];
}

/**
 * check_committed_chain() - the committed log up to an index, as one number
 * @s: simulation
 * @index: the index
 *
 * Return: the number, 0 if @index is not committed.
 */
u64 check_committed_chain(const struct sim *s, u64 index)
{
	const struct check *c = s->check;

	return index && index <= c->committed ? c->chain[index] : 0;
}

/**
 * check_chain() - the number that stands for a log up to an entry
 * @before: that of the entry before, 0 for the first
 * @e: the entry
 *
 * Return: the number.
 */
u64 check_chain(u64 before, const struct raft_entry *e)
{
	u64 h = sim_hash(before, e->term);

	h = sim_hash(h, e->incarnation);
	if (e->client)
		h = sim_hash(h, sim_hash(e->client, e->client_serial));
	return sim_hash(h, e->serial << 16 ^ e->origin << 8 ^ e->type);
}

/* What is known of an entry, made if nothing is. */
static struct version *version(struct check *c, u64 index, u64 term, u64 chain)
{
	struct position *p;
	struct version *v;
	u64 cap;
	u32 i;

	if (index >= c->cap_at) {
		cap = max_t(u64, 1024, 2 * index);
		c->at = sim_grow(c->at, cap * sizeof(*c->at));
		memset(&c->at[c->cap_at], 0,
		       (cap - c->cap_at) * sizeof(*c->at));
		c->cap_at = cap;
	}
	p = &c->at[index];
	for (i = 0; i < p->n; i++) {
		v = i < 2 ? &p->two[i] : &p->more[i - 2];
		if (v->term == term)
			return v;
	}
	if (p->n >= 2)
		p->more = sim_grow(p->more, (p->n - 1) * sizeof(*p->more));
	v = p->n < 2 ? &p->two[p->n] : &p->more[p->n - 2];
	*v = (struct version) { .term = term, .chain = chain };
	p->n++;
	return v;
}

/* Log matching: one history per (index, term). */
static void check_match(struct sim *s, struct sim_node *n, u64 index,
			const struct raft_entry *e, u64 chain)
{
	struct version *v = version(s->check, index, e->term, chain);
	u64 content = e->payload ? sim_payload_id(e->payload) : 0;

	if (v->chain != chain)
		sim_fail(s, "log matching: node %u has another history at %llu.%llu",
			 n->id, (ull)index, (ull)e->term);
	if (content && v->content && v->content != content)
		sim_fail(s, "log matching: node %u has another command at %llu.%llu",
			 n->id, (ull)index, (ull)e->term);
	if (content)
		v->content = content;
}

static void log_room(struct chk_log *log)
{
	if (log->n < log->cap)
		return;
	log->cap = log->cap ? 2 * log->cap : 256;
	log->term = sim_grow(log->term, log->cap * sizeof(u64));
	log->chain = sim_grow(log->chain, log->cap * sizeof(u64));
	log->bytes = sim_grow(log->bytes, log->cap * sizeof(u64));
	log->conf = sim_grow(log->conf, log->cap * sizeof(u32));
}

/* Entry @i + 1 of one log becomes the next of another. */
static void log_copy(struct chk_log *to, const struct chk_log *from, u32 i)
{
	log_room(to);
	to->term[to->n] = from->term[i];
	to->chain[to->n] = from->chain[i];
	to->bytes[to->n] = from->bytes[i];
	to->conf[to->n++] = from->conf[i];
}

static void log_add(struct chk_log *log, const struct raft_entry *e, u64 chain)
{
	u64 bytes = log->n ? log->bytes[log->n - 1] : 0;
	u32 conf = log->n ? log->conf[log->n - 1] : 0;

	log_room(log);
	log->term[log->n] = e->term;
	log->chain[log->n] = chain;
	log->bytes[log->n] = bytes + raft_entry_disk_bytes(e->len);
	log->conf[log->n] = e->type == RAFT_ENTRY_CONFIG ? log->n + 1 : conf;
	log->n++;
	if (!log->bare && raft_entry_is_bare(e))
		log->bare = log->n;
}

static void log_cut(struct chk_log *log, u64 n)
{
	log->n = (u32)min_t(u64, log->n, n);
	if (log->bare > log->n)
		log->bare = 0;
}

/**
 * check_current() - a node is about to learn that its snapshot is another one
 * @n: node
 *
 * A bare one has no commands, whatever the log had.
 */
void check_current(struct sim_node *n)
{
	const struct raft_snapshot *of = &n->disk.snap.of;

	if (of->index && raft_snapshot_is_bare(of))
		n->log.bare = 1;
}

/*
 * The log of a node begins behind an entry that is in a snapshot.  What it had
 * before that must be what is committed, and so is what it had not.
 */
static void log_base(struct sim *s, struct sim_node *n, u64 base, u64 term)
{
	const struct chk_log *all = &s->check->log;
	struct chk_log *log = &n->log;

	if (base > all->n || all->term[base - 1] != term) {
		sim_fail(s, "node %u has a snapshot of %llu.%llu, which is not committed",
			 n->id, (ull)base, (ull)term);
		return;
	}
	if (base > log->n || log->term[base - 1] != term) {
		for (log->n = 0; log->n < base;)
			log_copy(log, all, log->n);
		log->bare = 0;
		check_current(n);
	} else if (log->chain[base - 1] != all->chain[base - 1]) {
		sim_fail(s, "node %u drops %llu.%llu, and had other entries before",
			 n->id, (ull)base, (ull)term);
	}
	log->base = base;
}

/**
 * check_persist() - a node's log changed in memory
 * @s: simulation
 * @n: node, with its new status
 * @old: its status before the step
 * @p: what changed
 */
void check_persist(struct sim *s, struct sim_node *n,
		   const struct raft_status *old, const struct raft_persist *p)
{
	struct chk_log *log = &n->log;
	const struct raft_entry *e;
	u64 i, chain;

	if (p->what & RAFT_PERSIST_TRUNCATE) {
		s->count.truncations++;
		if (old->role == RAFT_LEADER && n->st.role == RAFT_LEADER &&
		    old->term == n->st.term)
			sim_fail(s, "leader append-only: node %u, term %llu, drops entry %llu",
				 n->id, (ull)old->term, (ull)p->truncate_from);
		if (p->truncate_from <= old->commit)
			sim_fail(s, "node %u drops entry %llu, committed up to %llu",
				 n->id, (ull)p->truncate_from,
				 (ull)old->commit);
		log_cut(log, p->truncate_from - 1);
	}
	if (p->what & RAFT_PERSIST_BASE)
		log_base(s, n, p->base, p->base_term);
	if (!(p->what & RAFT_PERSIST_ENTRIES))
		return;
	if (p->first != log->n + 1) {
		sim_fail(s, "node %u appends entry %llu behind %u", n->id,
			 (ull)p->first, log->n);
		return;
	}
	for (i = p->first; i <= p->last; i++) {
		e = raft_entry_at(n->r, i);
		chain = check_chain(log->n ? log->chain[log->n - 1] : 0, e);
		log_add(log, e, chain);
		check_match(s, n, i, e, chain);
		if (e->type == RAFT_ENTRY_CONFIG)
			check_config_append(s, n, i, old);
	}
}

static u64 chain_at(const struct sim_node *n, u64 index)
{
	return index && index <= n->log.n ? n->log.chain[index - 1] : 0;
}

/* A leader of a later term that lacks what is committed now. */
static void check_leaders_have(struct sim *s, struct sim_node *n, u64 index)
{
	u32 i;

	for (i = 0; i < s->n_nodes; i++) {
		const struct sim_node *m = s->nodes[i];

		if (!m->running || m->st.role != RAFT_LEADER ||
		    m->st.term <= n->st.term ||
		    chain_at(m, index) == chain_at(n, index))
			continue;
		sim_fail(s, "leader completeness: %u commits %llu.%llu, %u leads %llu without",
			 n->id, (ull)index, (ull)n->st.term, m->id,
			 (ull)m->st.term);
	}
}

static void committed_room(struct check *c, u64 index)
{
	if (index < c->cap)
		return;
	c->cap = max_t(u64, 1024, 2 * index);
	c->chain = sim_grow(c->chain, c->cap * sizeof(*c->chain));
	c->term = sim_grow(c->term, c->cap * sizeof(*c->term));
}

/* State machine safety: all that is committed anywhere is one log. */
static void check_commit(struct sim *s, struct sim_node *n, u64 commit,
			 bool boot)
{
	struct check *c = s->check;
	u64 known = min(commit, c->committed);
	u64 i, before = c->committed;

	if (commit > n->log.n) {
		sim_fail(s, "node %u commits %llu, its log ends at %u", n->id,
			 (ull)commit, n->log.n);
		return;
	}
	if (known && chain_at(n, known) != c->chain[known]) {
		sim_fail(s, "state machine safety: node %u commits others than others up to %llu",
			 n->id, (ull)known);
		return;
	}
	if (commit <= c->committed)
		return;
	committed_room(c, commit);
	for (i = c->committed + 1; i <= commit; i++) {
		c->chain[i] = chain_at(n, i);
		c->term[i] = n->st.term;
		log_copy(&c->log, &n->log, (u32)i - 1);
	}
	s->count.commits += commit - c->committed;
	c->committed = commit;
	check_config_committed(s, n, before + 1, commit);
	if (boot)
		return;
	check_majority(s, n, commit, before);
	check_leaders_have(s, n, commit);
}

static void check_vote(struct sim *s, struct sim_node *n, u64 term,
		       u32 candidate)
{
	u64 key = sim_hash(sim_hash(n->id, n->wiped), term) | 1;
	u64 *vote = map_slot(&s->check->votes, key);

	if (*vote && *vote != candidate)
		sim_fail(s, "one vote a term: node %u votes for %u in term %llu, and did for %llu",
			 n->id, candidate, (ull)term, (ull)vote[0]);
	*vote = candidate;
	if (n->disk.hs.term < term ||
	    (n->disk.hs.term == term && n->disk.hs.vote != candidate))
		sim_fail(s, "node %u speaks of a vote for %u in term %llu that is not on its disk",
			 n->id, candidate, (ull)term);
}

/* It is so now, or was until this step told it to leave the office. */
static bool leads_term(struct sim *s, const struct sim_node *n, u64 term)
{
	if (n->st.term != term)
		return false;
	return n->st.role == RAFT_LEADER ||
	       *map_slot(&s->check->leaders, term) == n->id;
}

static bool is_of(const struct raft_msg *m, const struct raft_snapshot *of)
{
	return m->index == of->index && m->serial == of->id;
}

/**
 * check_sent() - a message leaves: is its promise true?
 * @s: simulation
 * @n: sender
 * @m: message
 */
void check_sent(struct sim *s, struct sim_node *n, const struct raft_msg *m)
{
	bool no = m->flags & RAFT_MSG_REJECT;

	switch ((enum raft_msg_type)m->type) {
	case RAFT_MSG_PREVOTE:
		check_campaign(s, n);
		break;
	case RAFT_MSG_VOTE:
		check_vote(s, n, m->term, n->id);
		break;
	case RAFT_MSG_VOTE_RESP:
		if (!no)
			check_vote(s, n, m->term, m->to);
		break;
	case RAFT_MSG_APPEND:
	case RAFT_MSG_HEARTBEAT:
	case RAFT_MSG_SNAPSHOT:
	case RAFT_MSG_TIMEOUT_NOW:
		if (!leads_term(s, n, m->term))
			sim_fail(s, "node %u sends as leader of term %llu and is not",
				 n->id, (ull)m->term);
		break;
	case RAFT_MSG_APPEND_RESP:
		if (no)
			break;
		if (n->disk.hs.term < m->term)
			sim_fail(s, "node %u answers in term %llu, its disk is at %llu",
				 n->id, (ull)m->term, (ull)n->disk.hs.term);
		if (m->index && !sim_disk_has(s, n, m->index,
					      chain_at(n, m->index)))
			sim_fail(s, "node %u acknowledges entry %llu, which is not on its disk",
				 n->id, (ull)m->index);
		/* Which may be damaged, and the log would not know of it. */
		if (m->index > n->disk.n)
			sim_fail(s, "node %u acknowledges entry %llu, which only its snapshot has",
				 n->id, (ull)m->index);
		break;
	case RAFT_MSG_HEARTBEAT_RESP:
		if (!no && m->commit &&
		    !sim_disk_has(s, n, m->commit, chain_at(n, m->commit)))
			sim_fail(s, "node %u says that entry %llu is durable, and it is not",
				 n->id, (ull)m->commit);
		break;
	case RAFT_MSG_SNAPSHOT_RESP:
		if (!no && m->commit && !is_of(m, &n->disk.snap.of) &&
		    (!is_of(m, &n->disk.incoming.of) ||
		     m->commit > n->disk.incoming.len))
			sim_fail(s, "node %u has not got %llu bytes of a snapshot on disk",
				 n->id, (ull)m->commit);
		break;
	default:
		break;
	}
}

/**
 * check_disk() - a hard state replaces the one on disk
 * @s: simulation
 * @n: node
 * @hs: the new one
 */
void check_disk(struct sim *s, struct sim_node *n,
		const struct raft_hard_state *hs)
{
	const struct raft_hard_state *old = &n->disk.hs;

	if (hs->term < old->term)
		sim_fail(s, "node %u writes term %llu over %llu", n->id,
			 (ull)hs->term, (ull)old->term);
	if (hs->term == old->term && old->vote && hs->vote != old->vote)
		sim_fail(s, "one vote a term: node %u writes vote %u over %u in term %llu",
			 n->id, hs->vote, old->vote, (ull)hs->term);
}

/* Election safety and leader completeness, when a node begins to lead. */
static void check_leader(struct sim *s, struct sim_node *n)
{
	struct check *c = s->check;
	u64 term = n->st.term, i;
	u64 *leader = map_slot(&c->leaders, term);

	s->count.leaders++;
	sim_trace(s, "node %u leads term %llu", n->id, (ull)term);
	if (*leader && *leader != n->id)
		sim_fail(s, "election safety: node %u and node %llu lead term %llu",
			 n->id, (ull)leader[0], (ull)term);
	*leader = n->id;
	if (n->log.bare)
		sim_fail(s, "node %u leads term %llu and lacks the command of %u",
			 n->id, (ull)term, n->log.bare);
	check_vote(s, n, term, n->id);
	for (i = c->committed; i && c->term[i] >= term; i--)
		;
	if (i && chain_at(n, i) != c->chain[i])
		sim_fail(s, "leader completeness: %u leads term %llu without %llu.%llu",
			 n->id, (ull)term, (ull)i, (ull)c->term[i]);
}

/* Trap 14.  Only a peer that booted anew begins again. */
static void check_match_grows(struct sim *s, struct sim_node *n,
			      const struct raft_peer_status *was,
			      const struct raft_peer_status *is)
{
	const struct raft_msg *m = s->msg;
	bool its = m && m->from == is->id;

	if (is->match > was->match)
		n->raised[is->id] = its ? m->from_inc : 0;
	if (is->match < was->match &&
	    !(its && m->from_inc > n->raised[is->id]))
		sim_fail(s, "leader %u: match index of node %u falls from %llu to %llu",
			 n->id, is->id, (ull)was->match, (ull)is->match);
}

/* Both lists are in ascending order of ids, but members come and go. */
static void check_peers(struct sim *s, struct sim_node *n,
			const struct raft_status *old)
{
	const struct raft_peer_status *p = n->st.peers, *q = old->peers;
	u32 i = 0, k = 0;

	while (i < n->st.n_peers && k < old->n_peers) {
		if (p[i].id < q[k].id)
			i++;
		else if (p[i].id > q[k].id)
			k++;
		else
			check_match_grows(s, n, &q[k++], &p[i++]);
	}
}

/* Or a boot would need memory for all that was evicted. */
static void check_hint(struct sim *s, struct sim_node *n)
{
	const struct sim_disk *d = &n->disk;

	if (!d->head && !d->dead &&
	    n->st.window > max(d->hs.commit, d->snap.of.index) + 1)
		sim_fail(s, "node %u has evicted %llu, its disk says that %llu is committed",
			 n->id, (ull)n->st.window - 1, (ull)d->hs.commit);
}

/**
 * check_step() - a node took a step
 * @s: simulation
 * @n: node, with its new status
 * @old: its status before
 */
void check_step(struct sim *s, struct sim_node *n,
		const struct raft_status *old)
{
	const struct raft_status *st = &n->st;
	const char *why;

	if (st->term < old->term)
		sim_fail(s, "node %u: term falls from %llu to %llu", n->id,
			 (ull)old->term, (ull)st->term);
	if (st->term == old->term && old->vote && st->vote != old->vote)
		sim_fail(s, "one vote a term: node %u changes it from %u to %u in term %llu",
			 n->id, old->vote, st->vote, (ull)st->term);
	if (st->commit < old->commit || st->applied < old->applied)
		sim_fail(s, "node %u: commit or applied falls", n->id);
	if (st->applied > st->commit)
		sim_fail(s, "node %u: applied %llu above commit %llu", n->id,
			 (ull)st->applied, (ull)st->commit);
	if (st->last != n->log.n ||
	    (st->last && st->last_term != n->log.term[st->last - 1]))
		sim_fail(s, "node %u: its log ends at %llu.%llu, but its batches say %u",
			 n->id, (ull)st->last, (ull)st->last_term, n->log.n);
	if (st->bare != n->log.bare)
		sim_fail(s, "node %u lacks commands from %llu, but its batches say %u",
			 n->id, (ull)st->bare, n->log.bare);
	if (st->failed)
		return;
	check_hint(s, n);
	if (st->role == RAFT_LEADER &&
	    (old->role != RAFT_LEADER || old->term != st->term))
		check_leader(s, n);
	else if (st->role == RAFT_LEADER)
		check_peers(s, n, old);
	if (st->commit > old->commit)
		check_commit(s, n, st->commit, false);
	check_config_step(s, n);
	why = raft_check(n->r);
	if (why)
		sim_fail(s, "node %u: the core finds: %s", n->id, why);
}

/**
 * check_boot() - a node came up with what was on its disk
 * @s: simulation
 * @n: node, with its first status
 */
void check_boot(struct sim *s, struct sim_node *n)
{
	struct sim_disk *d = &n->disk;
	const struct raft_snapshot *snap = &d->snap.of;
	u32 i;

	log_cut(&n->log, 0);
	n->log.base = 0;
	check_current(n);
	if (d->base)
		log_base(s, n, d->base, d->base_term);
	for (i = (u32)d->base; i < d->n && !s->failed[0]; i++) {
		log_add(&n->log, &d->e[i], d->chain[i]);
		/* The snapshot has it with its command. */
		if (i < snap->index && !raft_snapshot_is_bare(snap))
			n->log.bare = 0;
		check_match(s, n, i + 1, &d->e[i], d->chain[i]);
	}
	if (snap->index && (snap->index > n->log.n ||
			    n->log.term[snap->index - 1] != snap->term))
		log_base(s, n, snap->index, snap->term);
	if (s->failed[0])
		return;
	if (n->st.last != n->log.n || n->st.term < d->hs.term)
		sim_fail(s, "node %u boots with other than is on its disk",
			 n->id);
	check_commit(s, n, n->st.commit, true);
}
