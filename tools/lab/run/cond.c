// SPDX-License-Identifier: GPL-2.0
/*
 * cond.c - conditions of expect and await, asked of the running module.
 *
 * Roles, terms and indexes come from RAFT_IOC_STATUS, logs from the debugfs file
 * "core", what is applied from /dev/raft.  Changes nothing.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "run.h"

static const char *const roles[] = {
	"follower", "precandidate", "candidate", "leader", "learner", "witness",
};

static bool say(bool holds, char *got, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static bool say(bool holds, char *got, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(got, size, fmt, ap);
	va_end(ap);
	return holds;
}

/* Running, not paused, and has not stopped itself. */
static bool counts(struct run *r, u32 id, struct raft_ioc_status *st)
{
	if (!run_alive(r, id) || r->node[id].paused)
		return false;
	run_status(r, id, st);
	return !st->failed;
}

/* The status of a node and, one bit each, the members it knows. */
static u64 members(struct run *r, u32 id, struct raft_ioc_status *st,
		   struct raft_ioc_peer peers[RAFT_NODES_MAX])
{
	int err = raft_ioc_status(run_node_up(r, id)->fd, st, peers);
	u64 set = 0;
	u32 i;

	if (err)
		fail(r, "node %u: no status: %s", id, strerror(-err));
	for (i = 0; i < st->n_peers; i++)
		if (peers[i].id <= RUN_MAX_NODES)
			set |= 1ull << peers[i].id;
	return set;
}

static bool leader_is(struct run *r, u32 leader, char *got, size_t size)
{
	struct raft_ioc_peer peers[RAFT_NODES_MAX];
	struct raft_ioc_status st;
	u64 set;
	u32 id;

	if (!run_alive(r, leader))
		return say(false, got, size, "node %u stopped", leader);
	set = members(r, leader, &st, peers);
	if (st.failed)
		return say(false, got, size, "node %u failed", leader);
	if (st.role != RAFT_ROLE_LEADER)
		return say(false, got, size, "node %u %s", leader,
			   roles[st.role]);
	for (id = 1; id <= r->n_nodes; id++) {
		if (id == leader || !(set & 1ull << id) ||
		    !counts(r, id, &st) || r->node[id].cut & 1u << leader ||
		    r->node[leader].cut & 1u << id)
			continue;
		if (st.leader != leader)
			return say(false, got, size,
				   "node %u names %u as its leader", id,
				   st.leader);
	}
	return true;
}

static bool leaders(struct run *r, u32 wanted, char *got, size_t size)
{
	struct raft_ioc_status st;
	u32 id, n = 0;

	for (id = 1; id <= r->n_nodes; id++)
		if (counts(r, id, &st) && st.role == RAFT_ROLE_LEADER)
			n++;
	return say(n == wanted, got, size, "%u of them", n);
}

/* Room for @n terms; those that are new are 0. */
static u64 *terms_room(u64 *terms, u64 n, u32 *cap)
{
	u32 more = 1024;

	if (n < *cap)
		return terms;
	while (more <= n)
		more *= 2;
	terms = realloc(terms, more * sizeof(*terms));
	if (!terms)
		exit(2);
	memset(terms + *cap, 0, (more - *cap) * sizeof(*terms));
	*cap = more;
	return terms;
}

/*
 * The terms of a node's log in memory, 0 for entries that were dropped; the caller
 * frees them.
 */
static u64 *log_terms(struct run *r, u32 id, u32 *n)
{
	char path[128], line[256];
	u64 *terms = NULL, index, term;
	struct raft_ioc_status status;
	struct stat st;
	u32 cap = 0;
	FILE *f;

	run_status(r, id, &status);
	if (fstat(r->node[id].netns, &st))
		exit(2);
	snprintf(path, sizeof(path), "/sys/kernel/debug/raft/%lu-" RUN_GROUP "/core",
		 (unsigned long)st.st_ino);
	f = fopen(path, "re");
	if (!f)
		fail(r, "%s cannot be read", path);
	*n = (u32)status.first - 1;
	terms = terms_room(terms, *n, &cap);
	while (fgets(line, sizeof(line), f)) {
		if (!isdigit((unsigned char)line[0]) ||
		    sscanf(line, "%lu %lu", &index, &term) != 2 || !index)
			continue;
		*n = (u32)index;
		terms = terms_room(terms, index, &cap);
		terms[index - 1] = term;
	}
	fclose(f);
	return terms;
}

static void terms_print(const u64 *terms, u32 n, char *got, size_t size)
{
	size_t at = 0;
	u32 i, j;

	snprintf(got, size, "-");
	for (i = 0; i < n && at + 32 < size; i = j) {
		for (j = i; j < n && terms[j] == terms[i]; j++)
			;
		at += (size_t)snprintf(got + at, size - at, "%s%llu",
				       i ? "," : "",
				       (unsigned long long)terms[i]);
		if (j - i > 1)
			at += (size_t)snprintf(got + at, size - at, "x%u", j - i);
	}
}

/* At every index that both still have. */
static bool terms_equal(const u64 *a, const u64 *b, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (a[i] && b[i] && a[i] != b[i])
			return false;
	return true;
}

static bool log_is(struct run *r, const struct scn_cond *c, char *got,
		   size_t size)
{
	u32 n;
	u64 *terms = log_terms(r, c->id, &n);
	bool same = n == c->terms.n;

	if (n && !terms[0])
		fail(r, "expected the log of node %u, got one that was compacted",
		     c->id);
	if (same && n)
		same = !memcmp(terms, c->terms.term, n * sizeof(*terms));
	terms_print(terms, n, got, size);
	free(terms);
	return same;
}

struct latest {
	u32 id;
	bool leads;
	u64 term;
	u64 last;
};

/* A leader, of a later term; without one, the later log. */
static bool later(const struct latest *a, const struct latest *b)
{
	if (a->leads != b->leads)
		return a->leads;
	return a->term != b->term ? a->term > b->term : a->last > b->last;
}

/*
 * The members of the cluster now, as far as anybody can know: those known to the
 * leader of the latest term, or without a leader to the node with the latest log.
 */
static u64 members_now(struct run *r)
{
	struct raft_ioc_peer peers[RAFT_NODES_MAX];
	struct latest best = { 0 }, it;
	struct raft_ioc_status st;
	u64 *terms;
	u32 n;

	for (it.id = 1; it.id <= r->n_nodes; it.id++) {
		if (!run_alive(r, it.id) || run_failed(r, it.id))
			continue;
		it.leads = counts(r, it.id, &st) &&
			   st.role == RAFT_ROLE_LEADER;
		terms = log_terms(r, it.id, &n);
		it.last = n;
		it.term = it.leads ? st.term : n ? terms[n - 1] : 0;
		free(terms);
		if (!best.id || later(&it, &best))
			best = it;
	}
	return best.id ? members(r, best.id, &st, peers) : 0;
}

static bool logs_equal(struct run *r, const struct scn_cond *c, char *got,
		       size_t size)
{
	u64 set = c->ids.n ? 0 : members_now(r);
	u64 *first = NULL, *terms;
	u32 id, i, n, n_first = 0, id_first = 0;
	bool same = true;

	for (id = 1; id <= r->n_nodes && same; id++) {
		bool named = set & 1ull << id && run_alive(r, id) &&
			     !run_failed(r, id);

		for (i = 0; i < c->ids.n; i++)
			named |= c->ids.id[i] == id;
		if (!named)
			continue;
		terms = log_terms(r, id, &n);
		if (!id_first) {
			first = terms;
			n_first = n;
			id_first = id;
			continue;
		}
		same = n == n_first && terms_equal(first, terms, n);
		if (!same)
			snprintf(got, size, "nodes %u and %u differ (last %u and %u)",
				 id_first, id, n_first, n);
		free(terms);
	}
	free(first);
	return same;
}

static bool applied_is(struct run *r, const struct scn_cond *c, char *got,
		       size_t size)
{
	char *text = run_applied(r, c->id);
	bool same = !strcmp(text, c->text);

	snprintf(got, size, "%s", *text ? text : "-");
	free(text);
	return same;
}

static bool prop_is(struct run *r, const struct scn_cond *c, char *got,
		    size_t size)
{
	u32 i;

	run_outcomes(r);
	for (i = 0; i < r->n_props; i++) {
		const struct run_prop *p = &r->props[i];

		if (!p->name || strcmp(p->name, c->text))
			continue;
		if (c->type == SCN_COND_INDEX)
			return say(p->index &&
				   scenario_compare(c->cmp, p->index, c->value),
				   got, size, "index %llu",
				   (unsigned long long)p->index);
		return say(scenario_compare(c->cmp, p->outcome, c->value), got,
			   size, "%s", scenario_outcome_name(p->outcome));
	}
	fail(r, "expected a proposal named %s, there is none", c->text);
}

static bool number_is(struct run *r, const struct scn_cond *c, char *got,
		      size_t size)
{
	struct raft_ioc_status st;
	u64 v = 0;

	run_status(r, c->id, &st);
	if (c->type == SCN_COND_ROLE)
		return say(scenario_compare(c->cmp, st.role, c->value), got,
			   size, "%s", roles[st.role]);
	if (c->type == SCN_COND_TERM)
		v = st.term;
	else if (c->type == SCN_COND_VOTE)
		v = st.vote;
	else if (c->type == SCN_COND_COMMIT)
		v = st.commit;
	else if (c->type == SCN_COND_LAST)
		v = st.last;
	return say(scenario_compare(c->cmp, v, c->value), got, size, "%llu",
		   (unsigned long long)v);
}

static bool failed_is(struct run *r, u32 id, char *got, size_t size)
{
	struct raft_ioc_status st;

	if (run_node(r, id)->running && r->node[id].refused)
		return true;
	run_status(r, id, &st);
	return say(st.failed, got, size, "node %u works", id);
}

/* The configuration in force at a node; a joint one has no list of voters. */
static bool members_are(struct run *r, const struct scn_cond *c, bool learners,
			char *got, size_t size)
{
	struct raft_ioc_peer peers[RAFT_NODES_MAX];
	struct raft_ioc_status st;
	u32 i, k, n = 0, hit = 0;
	size_t at = 0;

	members(r, c->id, &st, peers);
	snprintf(got, size, "-");
	for (i = 0; i < st.n_peers; i++) {
		if (!(peers[i].flags & RAFT_MEMBER_LEARNER) == learners ||
		    (learners && peers[i].flags & RAFT_MEMBER_GONE))
			continue;
		at += (size_t)snprintf(got + at, size - at, "%s%u",
				       n++ ? "," : "", peers[i].id);
		for (k = 0; k < c->ids.n; k++)
			hit += c->ids.id[k] == peers[i].id;
	}
	if (!learners && st.state & RAFT_STATUS_JOINT)
		return say(false, got + at, size - at, ", joint");
	return n == c->ids.n && hit == n;
}

/**
 * run_cond() - does a condition hold now?
 * @r: the run
 * @c: the condition
 * @got: what is instead
 * @size: bytes of @got
 *
 * Return: true if so.
 */
bool run_cond(struct run *r, const struct scn_cond *c, char *got, size_t size)
{
	snprintf(got, size, "otherwise");
	switch (c->type) {
	case SCN_COND_LEADER:
		return leader_is(r, c->id, got, size);
	case SCN_COND_LEADER_NONE:
		return leaders(r, 0, got, size);
	case SCN_COND_LEADER_ONE:
		return leaders(r, 1, got, size);
	case SCN_COND_ROLE:
	case SCN_COND_TERM:
	case SCN_COND_VOTE:
	case SCN_COND_COMMIT:
	case SCN_COND_LAST:
		return number_is(r, c, got, size);
	case SCN_COND_LOG:
		return log_is(r, c, got, size);
	case SCN_COND_APPLIED:
		return applied_is(r, c, got, size);
	case SCN_COND_VOTERS:
		return members_are(r, c, false, got, size);
	case SCN_COND_LEARNERS:
		return members_are(r, c, true, got, size);
	case SCN_COND_OUTCOME:
	case SCN_COND_INDEX:
		return prop_is(r, c, got, size);
	case SCN_COND_LOGS_EQUAL:
		return logs_equal(r, c, got, size);
	case SCN_COND_FAILED:
		return failed_is(r, c->id, got, size);
	}
	return false;
}
