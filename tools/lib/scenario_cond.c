// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_cond.c - the conditions of expect and await.
 *
 * Only their syntax: what is true of a cluster is for the runner to say.
 */
#include <stdio.h>

#include "scenario_parse.h"

static const char *const outcomes[] = {
	[SCN_PENDING] = "pending",
	[SCN_COMMITTED] = "committed",
	[SCN_FAILED] = "failed",
	[SCN_UNKNOWN] = "unknown",
};

static const char *const roles[] = {
	[RAFT_FOLLOWER] = "follower",
	[RAFT_PRECANDIDATE] = "precandidate",
	[RAFT_CANDIDATE] = "candidate",
	[RAFT_LEADER] = "leader",
	[RAFT_LEARNER] = "learner",
	[RAFT_WITNESS] = "witness",
};

/**
 * parse_cond_word() - is this a word of the conditions?
 * @word: candidate for a NAME
 *
 * Return: true if it must not be a NAME.
 */
bool parse_cond_word(const char *word)
{
	static const char *const words[] = {
		"leader", "none", "one", "role", "follower", "precandidate",
		"candidate", "learner", "witness", "term", "vote", "commit", "last", "log",
		"applied", "voters", "learners", "committed", "failed",
		"unknown", "pending", "index", "logs", "equal", "within", "-",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

/**
 * scenario_outcome_name() - an outcome as scenarios write it
 * @outcome: enum scn_outcome
 *
 * Return: the word.
 */
const char *scenario_outcome_name(enum scn_outcome outcome)
{
	return outcomes[outcome];
}

/**
 * scenario_compare() - does a number satisfy a condition?
 * @cmp: how
 * @actual: what the cluster has
 * @wanted: what the scenario says
 *
 * Return: true if it does.
 */
bool scenario_compare(enum scn_cmp cmp, u64 actual, u64 wanted)
{
	switch (cmp) {
	case SCN_EQ:
		return actual == wanted;
	case SCN_NE:
		return actual != wanted;
	case SCN_GE:
		return actual >= wanted;
	case SCN_LE:
		return actual <= wanted;
	}
	return false;
}

/* Eats the operator, leaves the operand; "=" alone is never written. */
static void compare(struct parse *p, enum scn_cmp *cmp, bool order)
{
	static const struct {
		const char *text;
		enum scn_cmp cmp;
	} ops[] = { { "!=", SCN_NE }, { ">=", SCN_GE }, { "<=", SCN_LE } };
	const char *word = parse_peek(p);
	size_t i;

	*cmp = SCN_EQ;
	if (!word)
		return;
	for (i = 0; i < (order ? ARRAY_SIZE(ops) : 1); i++) {
		if (strcmp(word, ops[i].text))
			continue;
		*cmp = ops[i].cmp;
		p->pos++;
		return;
	}
}

static bool choice(struct parse *p, const char *what, const char *const *names,
		   u32 n, u64 *value)
{
	const char *word;
	u32 i;

	if (!parse_word(p, what, &word))
		return false;
	for (i = 0; i < n; i++) {
		if (strcmp(names[i], word))
			continue;
		*value = i;
		return true;
	}
	return parse_error(p, "expected %s, got '%s'", what, word);
}

static bool cond_leader(struct parse *p, struct scn_cond *c)
{
	if (parse_is(p, "none")) {
		c->type = SCN_COND_LEADER_NONE;
		return true;
	}
	if (parse_is(p, "one")) {
		c->type = SCN_COND_LEADER_ONE;
		return true;
	}
	return parse_id(p, &c->id);
}

static bool cond_number(struct parse *p, struct scn_cond *c)
{
	if (!parse_id(p, &c->id))
		return false;
	compare(p, &c->cmp, true);
	return parse_number(p, "a number", &c->value);
}

static bool cond_role(struct parse *p, struct scn_cond *c)
{
	if (!parse_id(p, &c->id))
		return false;
	compare(p, &c->cmp, false);
	return choice(p, "a role", roles, ARRAY_SIZE(roles), &c->value);
}

static bool cond_log(struct parse *p, struct scn_cond *c)
{
	return parse_id(p, &c->id) && parse_terms(p, &c->terms);
}

static bool cond_applied(struct parse *p, struct scn_cond *c)
{
	if (!parse_id(p, &c->id) ||
	    !parse_word(p, "the applied texts", &c->text))
		return false;
	if (!strcmp(c->text, "-"))
		c->text = "";
	return true;
}

static bool cond_members(struct parse *p, struct scn_cond *c)
{
	return parse_id(p, &c->id) && parse_ids(p, &c->ids);
}

static bool cond_logs(struct parse *p, struct scn_cond *c)
{
	if (!parse_is(p, "equal"))
		return parse_error(p, "expected equal after logs");
	if (!parse_peek(p) || !strcmp(parse_peek(p), "within"))
		return true;
	return parse_ids(p, &c->ids);
}

static bool cond_failed(struct parse *p, struct scn_cond *c)
{
	return parse_id(p, &c->id);
}

static bool cond_name(struct parse *p, struct scn_cond *c, const char *word)
{
	if (!parse_name_find(p->names, word))
		return parse_error(p,
				   "expected a condition or a name that was given, got '%s'",
				   word);
	c->text = word;
	if (parse_is(p, "index")) {
		c->type = SCN_COND_INDEX;
		compare(p, &c->cmp, true);
		return parse_number(p, "an index", &c->value);
	}
	c->type = SCN_COND_OUTCOME;
	compare(p, &c->cmp, false);
	return choice(p, "an outcome", outcomes, ARRAY_SIZE(outcomes),
		      &c->value);
}

/* The condition as written, for messages. */
static const char *source(struct parse *p, u32 from)
{
	char line[400];
	size_t n = 0;
	u32 i;

	for (i = from; i < p->pos && n < sizeof(line) - 1; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s",
				      i > from ? " " : "", p->word[i]);
	return parse_strdup(p, line, min(n, sizeof(line) - 1));
}

/**
 * parse_cond() - eat a condition
 * @p: parser
 * @c: result
 *
 * Return: false if it is none.
 */
bool parse_cond(struct parse *p, struct scn_cond *c)
{
	static const struct {
		const char *word;
		enum scn_cond_type type;
		bool (*parse)(struct parse *p, struct scn_cond *c);
	} conds[] = {
		{ "leader", SCN_COND_LEADER, cond_leader },
		{ "role", SCN_COND_ROLE, cond_role },
		{ "term", SCN_COND_TERM, cond_number },
		{ "vote", SCN_COND_VOTE, cond_number },
		{ "commit", SCN_COND_COMMIT, cond_number },
		{ "last", SCN_COND_LAST, cond_number },
		{ "log", SCN_COND_LOG, cond_log },
		{ "applied", SCN_COND_APPLIED, cond_applied },
		{ "voters", SCN_COND_VOTERS, cond_members },
		{ "learners", SCN_COND_LEARNERS, cond_members },
		{ "logs", SCN_COND_LOGS_EQUAL, cond_logs },
		{ "failed", SCN_COND_FAILED, cond_failed },
	};
	u32 from = p->pos;
	const char *word;
	bool ok = false;
	size_t i;

	if (!parse_word(p, "a condition", &word))
		return false;
	for (i = 0; i < ARRAY_SIZE(conds); i++)
		if (!strcmp(word, conds[i].word))
			break;
	if (i < ARRAY_SIZE(conds)) {
		c->type = conds[i].type;
		ok = conds[i].parse(p, c);
	} else {
		ok = cond_name(p, c, word);
	}
	if (ok)
		c->source = source(p, from);
	return ok;
}
