// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_member.c - the directive that changes the configuration.
 *
 * Gives the change in the words of the core.  Two words more than the contract
 * has, address and abort, because the core has them too.
 */
#include "scenario_parse.h"

/* "+4,+5,-1": several voters at once. */
static bool joint(struct parse *p, struct raft_change *c)
{
	struct raft_change_item *item;
	const char *word, *t;
	size_t len;
	u32 i, id;

	c->joint = true;
	if (!parse_word(p, "a list of changes (+4,-1)", &word))
		return false;
	for (t = word;; t += len + 1) {
		len = strcspn(t, ",");
		if ((*t != '+' && *t != '-') ||
		    !parse_id_text(t + 1, len - 1, &id))
			return parse_error(p,
					   "expected a list of changes (+4,-1), got '%s'",
					   word);
		for (i = 0; i < c->n; i++)
			if (c->item[i].m.id == id)
				return parse_error(p, "node %u twice in '%s'",
						   id, word);
		if (c->n == RAFT_MAX_NODES)
			return parse_error(p, "more than %u changes",
					   RAFT_MAX_NODES);
		item = &c->item[c->n++];
		item->op = *t == '+' ? RAFT_OP_ADD_VOTER : RAFT_OP_REMOVE;
		item->m.id = id;
		if (!t[len])
			return true;
	}
}

static bool single(struct parse *p, struct raft_change *c)
{
	static const struct {
		const char *word;
		enum raft_change_op op;
	} ops[] = {
		{ "add-learner", RAFT_OP_ADD_LEARNER },
		{ "add-voter", RAFT_OP_ADD_VOTER },
		{ "join", RAFT_OP_JOIN },
		{ "promote", RAFT_OP_PROMOTE },
		{ "demote", RAFT_OP_DEMOTE },
		{ "remove", RAFT_OP_REMOVE },
		{ "address", RAFT_OP_ADDRESS },
		{ "abort", RAFT_OP_ABORT },
	};
	const char *word;
	size_t i;

	if (!parse_word(p, "a change", &word))
		return false;
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (!strcmp(word, ops[i].word))
			break;
	if (i == ARRAY_SIZE(ops))
		return parse_error(p, "unknown change '%s'", word);
	c->n = 1;
	c->item[0].op = ops[i].op;
	return c->item[0].op == RAFT_OP_ABORT ||
	       parse_id(p, &c->item[0].m.id);
}

/**
 * parse_dir_member() - member
 * @p: parser
 * @d: directive to fill
 *
 * Return: false after an error.
 */
bool parse_dir_member(struct parse *p, struct scn_dir *d)
{
	d->change = parse_alloc(p, sizeof(*d->change));
	if (!parse_id(p, &d->id))
		return false;
	if (parse_is(p, "joint") ? !joint(p, d->change) :
				   !single(p, d->change))
		return false;
	return !parse_is(p, "as") || parse_name(p, &p->names, &d->name);
}
