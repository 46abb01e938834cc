// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_net.c - the directives of the network: links, weather, rules.
 */
#include <stdio.h>

#include "scenario_parse.h"

/**
 * parse_dir_link() - link
 * @p: parser
 * @d: directive to fill
 *
 * Return: false after an error.
 */
bool parse_dir_link(struct parse *p, struct scn_dir *d)
{
	if (!parse_id(p, &d->id))
		return false;
	d->one_way = parse_is(p, "->");
	if (!parse_id(p, &d->id2))
		return false;
	if (d->id == d->id2)
		return parse_error(p, "a link needs two nodes");
	d->up = parse_is(p, "up");
	if (d->up || parse_is(p, "down"))
		return true;
	return parse_error(p, "expected up or down");
}

/* The same node on two sides would be cut from itself. */
static bool sides_differ(struct parse *p, const struct scn_dir *d)
{
	bool seen[SCN_MAX_IDS + 1] = { false };
	u32 g, i;

	for (g = 0; g < d->n_groups; g++) {
		for (i = 0; i < d->groups[g].n; i++) {
			if (seen[d->groups[g].id[i]])
				return parse_error(p, "node %u on two sides",
						   d->groups[g].id[i]);
			seen[d->groups[g].id[i]] = true;
		}
	}
	return true;
}

/**
 * parse_dir_partition() - partition
 * @p: parser
 * @d: directive to fill
 *
 * Return: false after an error.
 */
bool parse_dir_partition(struct parse *p, struct scn_dir *d)
{
	char line[512], *side, *rest = line;
	size_t n = 0;

	line[0] = '\0';
	for (; parse_peek(p); p->pos++) {
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s",
				      parse_peek(p));
		if (n >= sizeof(line))
			return parse_error(p, "partition is too long");
	}
	d->groups = parse_alloc(p, SCN_MAX_GROUPS * sizeof(*d->groups));
	while ((side = strsep(&rest, "/"))) {
		if (d->n_groups == SCN_MAX_GROUPS)
			return parse_error(p, "more than %u sides",
					   SCN_MAX_GROUPS);
		if (!parse_ids_text(p, side, &d->groups[d->n_groups++]))
			return false;
	}
	if (d->n_groups < 2)
		return parse_error(p, "expected two sides (1,2 / 3,4,5)");
	return sides_differ(p, d);
}

static bool net_delay(struct parse *p, const char *text, struct scn_net *net)
{
	const char *dots = strstr(text, "..");
	char *from;

	net->set |= SCN_NET_DELAY;
	if (!dots && parse_time_text(text, &net->delay_min)) {
		net->delay_max = net->delay_min;
		return true;
	}
	if (dots) {
		from = parse_strdup(p, text, (size_t)(dots - text));
		if (parse_time_text(from, &net->delay_min) &&
		    parse_time_text(dots + 2, &net->delay_max) &&
		    net->delay_min <= net->delay_max)
			return true;
	}
	return parse_error(p, "expected delay=1ms..10ms, got '%s'", text);
}

static bool net_chance(struct parse *p, const char *text, struct scn_net *net,
		       u32 bit, u32 *chance)
{
	net->set |= bit;
	if (parse_percent_text(text, chance))
		return true;
	return parse_error(p, "expected a percentage (10%%), got '%s'", text);
}

/**
 * parse_dir_net() - net
 * @p: parser
 * @d: directive to fill
 *
 * Return: false after an error.
 */
bool parse_dir_net(struct parse *p, struct scn_dir *d)
{
	struct scn_net *net = &d->net;
	const char *value;
	bool ok = true;

	while (ok && parse_peek(p)) {
		if (parse_assignment(p, "loss", &value))
			ok = net_chance(p, value, net, SCN_NET_LOSS,
					&net->loss);
		else if (parse_assignment(p, "dup", &value))
			ok = net_chance(p, value, net, SCN_NET_DUP, &net->dup);
		else if (parse_assignment(p, "reorder", &value))
			ok = net_chance(p, value, net, SCN_NET_REORDER,
					&net->reorder);
		else if (parse_assignment(p, "delay", &value))
			ok = net_delay(p, value, net);
		else
			break;
	}
	if (ok && !net->set)
		return parse_error(p,
				   "expected loss=, dup=, reorder= or delay=");
	return ok;
}

static const char *const types[RAFT_MSG_TYPES] = {
	[0] = "any",
	[RAFT_MSG_PREVOTE] = "prevote",
	[RAFT_MSG_PREVOTE_RESP] = "prevote_resp",
	[RAFT_MSG_VOTE] = "vote",
	[RAFT_MSG_VOTE_RESP] = "vote_resp",
	[RAFT_MSG_APPEND] = "append",
	[RAFT_MSG_APPEND_RESP] = "append_resp",
	[RAFT_MSG_HEARTBEAT] = "heartbeat",
	[RAFT_MSG_HEARTBEAT_RESP] = "heartbeat_resp",
	[RAFT_MSG_SNAPSHOT] = "snapshot",
	[RAFT_MSG_SNAPSHOT_RESP] = "snapshot_resp",
	[RAFT_MSG_TIMEOUT_NOW] = "timeout_now",
	[RAFT_MSG_FORWARD] = "forward",
	[RAFT_MSG_READ_INDEX] = "read_index",
	[RAFT_MSG_READ_INDEX_RESP] = "read_index_resp",
	[RAFT_MSG_FORWARD_RESP] = "forward_resp",
};

/**
 * scenario_msg_word() - the word of the language for a message type
 * @type: enum raft_msg_type, 0 for any
 *
 * Return: a constant string, NULL if there is no such type.
 */
const char *scenario_msg_word(u8 type)
{
	return type < RAFT_MSG_TYPES ? types[type] : NULL;
}

static bool msg_type(struct parse *p, struct scn_dir *d)
{
	const char *word;
	u8 i;

	if (!parse_word(p, "a message type", &word))
		return false;
	for (i = 0; i < RAFT_MSG_TYPES; i++)
		if (types[i] && !strcmp(word, types[i]))
			break;
	if (i == RAFT_MSG_TYPES)
		return parse_error(p, "unknown message type '%s'", word);
	d->msg = i;
	return true;
}

/**
 * parse_dir_rule() - drop and hold
 * @p: parser
 * @d: directive to fill
 *
 * Return: false after an error.
 */
bool parse_dir_rule(struct parse *p, struct scn_dir *d)
{
	const char *value;
	const char *word;

	if (!msg_type(p, d))
		return false;
	word = parse_peek(p);
	if (word && *word >= '0' && *word <= '9') {
		if (!parse_id(p, &d->id))
			return false;
		if (!parse_is(p, "->"))
			return parse_error(p, "expected A -> B");
		if (!parse_id(p, &d->id2))
			return false;
	}
	while (parse_peek(p)) {
		if (parse_assignment(p, "count", &value)) {
			if (!parse_count(p, value, &d->count))
				return false;
		} else if (d->op == SCN_HOLD && !d->name &&
			   parse_is(p, "as")) {
			if (!parse_name(p, &p->holds, &d->name))
				return false;
		} else {
			break;
		}
	}
	if (d->op == SCN_HOLD && !d->name && !parse_peek(p))
		return parse_error(p, "expected as H");
	return true;
}

/**
 * parse_dir_release() - release and replay
 * @p: parser
 * @d: directive to fill
 *
 * Return: false after an error.
 */
bool parse_dir_release(struct parse *p, struct scn_dir *d)
{
	struct parse_name *hold;

	if (!parse_word(p, "the name of a hold", &d->name))
		return false;
	hold = parse_name_find(p->holds, d->name);
	if (!hold)
		return parse_error(p, "no hold is named '%s'", d->name);
	if (d->op == SCN_RELEASE)
		hold->open = false;
	else if (hold->open)
		return parse_error(p, "replay of '%s' before its release",
				   d->name);
	return true;
}
