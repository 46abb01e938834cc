// SPDX-License-Identifier: GPL-2.0
/*
 * cond.c - is a condition of a scenario true, and if not, what is?
 *
 * Looks and never changes anything.  Of a node that does not run nothing is
 * true, not even an inequality.
 */
#include <stdlib.h>

#include "sim.h"

typedef unsigned long long ull;

/* Text that grows up to its room and then ends in dots. */
struct text {
	char *at;
	size_t size;
	size_t n;
};

__attribute__((format(printf, 2, 3)))
static void add(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	if (t->n + 1 >= t->size)
		return;
	va_start(args, fmt);
	n = vsnprintf(t->at + t->n, t->size - t->n, fmt, args);
	va_end(args);
	if (n > 0)
		t->n += (size_t)n;
	if (t->n >= t->size) {
		t->n = t->size;
		memcpy(t->at + t->size - 4, "...", 4);
	}
}

static struct sim_node *running(struct sim *s, u32 id, struct text *got)
{
	struct sim_node *n = s->by_id[id];

	if (n && n->running)
		return n;
	add(got, "node %u does not run", id);
	return NULL;
}

static bool leads(const struct sim_node *n)
{
	return sim_alive(n) && n->st.role == RAFT_LEADER;
}

static bool linked(const struct sim *s, u32 a, u32 b)
{
	return !s->net.cut[a][b] && !s->net.cut[b][a];
}

static bool cond_leader(struct sim *s, const struct scn_cond *c,
			struct text *got)
{
	struct sim_node *leader = running(s, c->id, got);
	const struct sim_node *n;
	u32 i;

	if (!leader)
		return false;
	if (leader->failed || leader->st.role != RAFT_LEADER) {
		add(got, "node %u is %s in term %llu, its leader is %u", c->id,
		    leader->failed ? "failed" :
		    raft_role_name(leader->st.role), (ull)leader->st.term,
		    leader->st.leader);
		return false;
	}
	for (i = 0; i < leader->conf.n; i++) {
		n = s->by_id[leader->conf.m[i].id];
		if (!n || !sim_alive(n) || !linked(s, n->id, c->id) ||
		    n->st.leader == c->id)
			continue;
		add(got, "node %u leads, but node %u names %u", c->id, n->id,
		    n->st.leader);
		return false;
	}
	return true;
}

static bool cond_leaders(struct sim *s, u32 wanted, struct text *got)
{
	u32 i, count = 0;

	for (i = 0; i < s->n_nodes; i++) {
		if (!leads(s->nodes[i]))
			continue;
		add(got, "%snode %u leads term %llu", count ? ", " : "",
		    s->nodes[i]->id, (ull)s->nodes[i]->st.term);
		count++;
	}
	if (!count)
		add(got, "no leader");
	return count == wanted;
}

static bool cond_role(struct sim *s, const struct scn_cond *c, struct text *got)
{
	struct sim_node *n = running(s, c->id, got);

	if (!n)
		return false;
	add(got, "%s", raft_role_name(n->st.role));
	return scenario_compare(c->cmp, n->st.role, c->value);
}

static bool cond_number(struct sim *s, const struct scn_cond *c,
			struct text *got)
{
	struct sim_node *n = running(s, c->id, got);
	u64 value = 0;

	if (!n)
		return false;
	if (c->type == SCN_COND_TERM)
		value = n->st.term;
	else if (c->type == SCN_COND_VOTE)
		value = n->st.vote;
	else if (c->type == SCN_COND_COMMIT)
		value = n->st.commit;
	else
		value = n->st.last;
	add(got, "%llu", (ull)value);
	return scenario_compare(c->cmp, value, c->value);
}

static void add_log(struct text *got, const struct chk_log *log)
{
	const u64 *term = log->term;
	u32 i, same, n = log->n;

	if (log->base)
		add(got, "(compacted to %llu)%s", (ull)log->base,
		    n > log->base ? "," : "");
	else if (!n)
		add(got, "-");
	for (i = (u32)log->base; i < n; i += same) {
		for (same = 1; i + same < n && term[i + same] == term[i];)
			same++;
		add(got, "%s%llu", i > log->base ? "," : "", (ull)term[i]);
		if (same > 1)
			add(got, "x%u", same);
	}
}

static bool cond_log(struct sim *s, const struct scn_cond *c, struct text *got)
{
	struct sim_node *n = running(s, c->id, got);

	if (!n)
		return false;
	add_log(got, &n->log);
	return !n->log.base && n->log.n == c->terms.n &&
	       (!n->log.n || !memcmp(n->log.term, c->terms.term,
				     n->log.n * sizeof(u64)));
}

static bool cond_applied(struct sim *s, const struct scn_cond *c,
			 struct text *got)
{
	struct sim_node *n = running(s, c->id, got);
	const char *want = c->text;
	const char *text;
	bool first = true, same = true;
	size_t len;
	u64 i;

	if (!n)
		return false;
	for (i = 0; i < n->n_list; i++) {
		text = check_text(s, n->list[i].index);
		add(got, "%s%s", first ? "" : ",", text);
		len = strlen(text);
		if (!first && same)
			same = *want++ == ',';
		if (same && !strncmp(want, text, len))
			want += len;
		else
			same = false;
		first = false;
	}
	if (first)
		add(got, "-");
	return same && !*want;
}

static bool cond_members(struct sim *s, const struct scn_cond *c,
			 struct text *got)
{
	struct sim_node *n = running(s, c->id, got);
	bool learners = c->type == SCN_COND_LEARNERS;
	const struct raft_member *m;
	u32 i, k, count = 0, found = 0;

	if (!n)
		return false;
	for (i = 0; i < n->conf.n; i++) {
		m = &n->conf.m[i];
		if (!(m->flags & RAFT_MEMBER_LEARNER) == learners ||
		    (learners && m->flags & RAFT_MEMBER_GONE))
			continue;
		add(got, "%s%u", count++ ? "," : "", m->id);
		for (k = 0; k < c->ids.n; k++)
			found += c->ids.id[k] == m->id;
	}
	if (!count)
		add(got, "-");
	if (!learners && check_joint(&n->conf)) {
		add(got, ", joint");
		return false;
	}
	return count == c->ids.n && found == count;
}

static bool cond_prop(struct sim *s, const struct scn_cond *c, struct text *got)
{
	const struct sim_prop *p = sim_prop_find(s, c->text);

	if (!p) {
		add(got, "nothing of that name");
		return false;
	}
	if (c->type == SCN_COND_OUTCOME) {
		add(got, "%s", scenario_outcome_name(p->outcome));
		return scenario_compare(c->cmp, p->outcome, c->value);
	}
	if (p->kind == SIM_TRANSFER) {
		add(got, "a transfer, which has none");
		return false;
	}
	if (p->outcome != SCN_COMMITTED) {
		add(got, "%s", scenario_outcome_name(p->outcome));
		return false;
	}
	add(got, "%llu", (ull)p->index);
	return scenario_compare(c->cmp, p->index, c->value);
}

static bool same_log(const struct sim_node *a, const struct sim_node *b)
{
	return a->log.n == b->log.n &&
	       (!a->log.n ||
		a->log.chain[a->log.n - 1] == b->log.chain[b->log.n - 1]);
}

/*
 * The members of the cluster now, as far as anybody can know: those of the
 * configuration in force at the leader of the latest term, or without a leader
 * at the node with the latest log.
 */
static const struct raft_membership *members(const struct sim *s)
{
	const struct sim_node *n, *best = NULL;
	u32 i;

	for (i = 0; i < s->n_nodes; i++) {
		n = s->nodes[i];
		if (!n->running || n->failed)
			continue;
		if (!best || leads(n) > leads(best) ||
		    (leads(n) == leads(best) &&
		     (leads(n) ? n->st.term > best->st.term :
		      n->st.last_term > best->st.last_term ||
		      (n->st.last_term == best->st.last_term &&
		       n->st.last > best->st.last))))
			best = n;
	}
	return best ? &best->conf : NULL;
}

static bool cond_logs(struct sim *s, const struct scn_cond *c, struct text *got)
{
	const struct sim_node *list[SIM_MAX_ID];
	const struct raft_membership *conf = members(s);
	const struct sim_node *m;
	bool equal = true;
	u32 i, n = 0;

	for (i = 0; i < c->ids.n; i++) {
		list[n] = running(s, c->ids.id[i], got);
		if (!list[n++])
			return false;
	}
	for (i = 0; !c->ids.n && conf && i < conf->n; i++) {
		m = s->by_id[conf->m[i].id];
		if (m && m->running && !m->failed)
			list[n++] = m;
	}
	for (i = 0; i < n; i++) {
		equal = equal && same_log(list[0], list[i]);
		add(got, "%snode %u: ", i ? "; " : "", list[i]->id);
		add_log(got, &list[i]->log);
	}
	return equal;
}

static bool cond_failed(struct sim *s, const struct scn_cond *c,
			struct text *got)
{
	struct sim_node *n = running(s, c->id, got);

	if (!n)
		return false;
	add(got, "node %u %s", c->id, n->failed ? n->why : "runs");
	return n->failed;
}

/**
 * sim_cond() - does a condition hold now?
 * @s: simulation
 * @c: condition
 * @got: what is the case, for the message
 * @size: bytes of @got
 *
 * Return: true if it holds.
 */
bool sim_cond(struct sim *s, const struct scn_cond *c, char *got, size_t size)
{
	struct text text = { .at = got, .size = size };

	got[0] = '\0';
	switch (c->type) {
	case SCN_COND_LEADER:
		return cond_leader(s, c, &text);
	case SCN_COND_LEADER_NONE:
		return cond_leaders(s, 0, &text);
	case SCN_COND_LEADER_ONE:
		return cond_leaders(s, 1, &text);
	case SCN_COND_ROLE:
		return cond_role(s, c, &text);
	case SCN_COND_TERM:
	case SCN_COND_VOTE:
	case SCN_COND_COMMIT:
	case SCN_COND_LAST:
		return cond_number(s, c, &text);
	case SCN_COND_LOG:
		return cond_log(s, c, &text);
	case SCN_COND_APPLIED:
		return cond_applied(s, c, &text);
	case SCN_COND_VOTERS:
	case SCN_COND_LEARNERS:
		return cond_members(s, c, &text);
	case SCN_COND_OUTCOME:
	case SCN_COND_INDEX:
		return cond_prop(s, c, &text);
	case SCN_COND_LOGS_EQUAL:
		return cond_logs(s, c, &text);
	case SCN_COND_FAILED:
		return cond_failed(s, c, &text);
	}
	return false;
}
