// SPDX-License-Identifier: GPL-2.0
/*
 * rule.c - drop, hold, release, replay: by the fault hook of each sender.
 *
 * A rule lives in the module of the nodes that it may stop messages of, and dies
 * with them: it is given to a node again when that boots, and a message that was
 * kept back at a node that crashed is gone, so a later release is skipped.
 */
#include <stdio.h>

#include "run.h"

static void install(struct run *r, struct run_rule *rule, u32 id)
{
	const struct scn_dir *d = rule->d;
	const char *type = scenario_msg_word(d->msg);

	if (d->op == SCN_HOLD)
		run_fault(r, id, "hold %s %s %u %u", d->name, type, d->id2,
			  d->count);
	else
		run_fault(r, id, "drop %s %u %u", type, d->id2, d->count);
	rule->set |= 1u << id;
}

/**
 * run_rule_add() - drop or hold messages from now on
 * @r: the run
 * @d: the directive
 */
void run_rule_add(struct run *r, const struct scn_dir *d)
{
	struct run_rule *rule;
	u32 id;

	if (!scenario_msg_word(d->msg))
		skip(r, "messages of a type that does not exist yet");
	if (d->count && !d->id)
		skip(r, "a rule that counts messages of all nodes together");
	if (r->n_rules == RUN_MAX_RULES)
		skip(r, "more than %u rules", RUN_MAX_RULES);
	rule = &r->rules[r->n_rules++];
	*rule = (struct run_rule) { .d = d };
	for (id = 1; id <= r->n_nodes; id++)
		if (run_alive(r, id) && (!d->id || d->id == id))
			install(r, rule, id);
}

/**
 * run_rule_boot() - a node boots: the rules in force apply to it too
 * @r: the run
 * @id: node id
 */
void run_rule_boot(struct run *r, u32 id)
{
	u32 i;

	for (i = 0; i < r->n_rules; i++) {
		struct run_rule *rule = &r->rules[i];

		if (rule->released || (rule->d->id && rule->d->id != id))
			continue;
		if (rule->d->count && rule->set & 1u << id)
			skip(r, "how much of a rule was used up before the crash of node %u", id);
		install(r, rule, id);
	}
}

/**
 * run_rule_crash() - what a node kept back is lost
 * @r: the run
 * @id: node id
 */
void run_rule_crash(struct run *r, u32 id)
{
	u32 i;

	for (i = 0; i < r->n_rules; i++)
		if (r->rules[i].set & 1u << id)
			r->rules[i].lost = true;
}

/**
 * run_rule_release() - deliver what was kept back, or copies of it
 * @r: the run
 * @d: the directive, release or replay
 *
 * It goes also over links that were cut since: the hook knows that, for nftables
 * they are mended for the moment of sending.
 */
void run_rule_release(struct run *r, const struct scn_dir *d)
{
	bool replay = d->op == SCN_REPLAY;
	u32 i, id, cut;

	for (i = 0; i < r->n_rules; i++) {
		struct run_rule *rule = &r->rules[i];

		if (rule->d->op != SCN_HOLD ||
		    rule->released != replay ||
		    strcmp(rule->d->name, d->name))
			continue;
		rule->released = true;
		if (rule->lost)
			skip(r, "what a node kept back is lost when it crashes");
		for (id = 1; id <= r->n_nodes; id++) {
			if (!(rule->set & 1u << id) || !run_alive(r, id))
				continue;
			cut = r->node[id].cut;
			if (r->nft)
				run_net_cut(r, id, 0);
			run_fault(r, id, "%s %s", d->op == SCN_RELEASE ?
				  "release" : "replay", d->name);
			if (r->nft)
				run_net_cut(r, id, cut);
		}
		return;
	}
	fail(r, "expected a hold named %s to %s, there is none", d->name,
	     d->op == SCN_RELEASE ? "release" : "replay");
}

/**
 * run_rule_heal() - drops end, holds do not
 * @r: the run
 */
void run_rule_heal(struct run *r)
{
	u32 i, kept = 0, id;

	for (i = 0; i < r->n_rules; i++)
		if (r->rules[i].d->op == SCN_HOLD)
			r->rules[kept++] = r->rules[i];
	if (kept == r->n_rules)
		return;
	r->n_rules = kept;
	for (id = 1; id <= r->n_nodes; id++)
		if (run_alive(r, id))
			run_fault(r, id, "undrop");
}
