// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - datagrams between simulated nodes, and all that happens to them.
 *
 * The way of a message: a cut link loses it; then the first drop or hold that
 * matches has it; then loss, doubling and delay.  Each link is first-in
 * first-out but for messages that the weather reorders.
 */
#include <stdlib.h>

#include "sim.h"

#define CLASSES	4

static const u32 class_size[CLASSES] = { 0, 8, 64, RAFT_MAX_BATCH };
static struct sim_msg *spare[CLASSES];

/**
 * sim_msg_new() - room for a message, or for what a disk is to read
 * @n_entries: of it at most
 *
 * Return: a message with one reference; its entries are not filled in.
 */
struct sim_msg *sim_msg_new(u32 n_entries)
{
	struct sim_msg *msg;
	u32 c = 0;

	while (class_size[c] < n_entries)
		c++;
	msg = spare[c];
	if (msg)
		spare[c] = msg->next;
	else
		msg = sim_alloc(sizeof(*msg) + class_size[c] *
				sizeof(msg->e[0]));
	msg->refs = 1;
	msg->class = c;
	msg->next = NULL;
	return msg;
}

/**
 * sim_msg_put() - give a reference back
 * @msg: message
 */
void sim_msg_put(struct sim_msg *msg)
{
	u32 i;

	if (--msg->refs)
		return;
	for (i = 0; i < msg->m.n_entries; i++)
		if (msg->e[i].payload)
			raft_payload_put(msg->e[i].payload);
#ifdef __SANITIZE_ADDRESS__
	free(msg);
#else
	msg->next = spare[msg->class];
	spare[msg->class] = msg;
#endif
}

static struct sim_msg *msg_copy(struct sim *s, struct sim_node *from,
				const struct raft_msg *m)
{
	bool entries = m->type == RAFT_MSG_APPEND ||
		       m->type == RAFT_MSG_FORWARD ||
		       m->type == RAFT_MSG_SNAPSHOT;
	struct sim_msg *msg;
	u32 i;

	msg = sim_msg_new(entries ? m->n_entries : 0);
	msg->m = *m;
	if (!entries)
		msg->m.n_entries = 0;
	if (m->type == RAFT_MSG_SNAPSHOT) {
		msg->e[0] = raft_msg_chunk(m);
		msg->e[0].payload = sim_snapshot_part(s, from, m);
	}
	for (i = 0; i < msg->m.n_entries && m->type != RAFT_MSG_SNAPSHOT; i++) {
		raft_msg_entry(from->r, m, i, &msg->e[i]);
		msg->e[i].flags = 0;
		if (msg->e[i].payload)
			raft_payload_get(msg->e[i].payload);
	}
	msg->m.entries = msg->e;
	return msg;
}

static void fly(struct sim *s, struct sim_msg *msg, bool may_reorder)
{
	struct sim_net *net = &s->net;
	u64 *floor = &net->floor[msg->m.from][msg->m.to];
	struct sim_event ev = { .kind = SIM_DELIVER, .msg = msg };
	u64 delay = net->delay_min;

	if (net->delay_max > net->delay_min)
		delay = sim_range(s, net->delay_min, net->delay_max);
	ev.time = s->now + delay;
	if (may_reorder && sim_chance(s, net->reorder)) {
		/* Those behind it overtake it. */
		ev.time += sim_range(s, 1, 4 * net->delay_max + 1000000);
	} else {
		ev.time = max(ev.time, *floor);
		*floor = ev.time;
	}
	msg->refs++;
	sim_schedule(s, &ev);
}

static bool matches(const struct sim_rule *rule, const struct raft_msg *m)
{
	return !rule->ended && (!rule->limited || rule->left) &&
	       (!rule->msg || rule->msg == m->type) &&
	       (!rule->from || rule->from == m->from) &&
	       (!rule->to || rule->to == m->to);
}

/* Returns true if a drop or hold took the message. */
static bool taken(struct sim *s, struct sim_msg *msg)
{
	struct sim_rule *rule;

	for (rule = s->net.rules; rule; rule = rule->next)
		if (matches(rule, &msg->m))
			break;
	if (!rule)
		return false;
	if (rule->limited)
		rule->left--;
	if (!rule->name) {
		sim_trace_msg(s, "drop", &msg->m);
		return true;
	}
	sim_trace_msg(s, "hold", &msg->m);
	msg->refs++;
	*rule->last = msg;
	rule->last = &msg->next;
	return true;
}

/**
 * sim_send() - a message leaves a node
 * @s: simulation
 * @from: sender
 * @m: message of the step just done
 */
void sim_send(struct sim *s, struct sim_node *from, const struct raft_msg *m)
{
	struct sim_msg *msg;

	s->count.messages++;
	s->count.quiet += !!(m->flags & RAFT_MSG_QUIET);
	if (s->net.cut[m->from][m->to]) {
		s->count.lost++;
		sim_trace_msg(s, "cut ", m);
		return;
	}
	msg = msg_copy(s, from, m);
	/* Of a snapshot that is damaged the last bytes cannot be had. */
	if (m->type == RAFT_MSG_SNAPSHOT && m->chunk.len && !msg->e[0].payload) {
		sim_msg_put(msg);
		return;
	}
	if (taken(s, msg)) {
		sim_msg_put(msg);
		return;
	}
	if (sim_chance(s, s->net.loss)) {
		s->count.lost++;
		sim_trace_msg(s, "lose", m);
	} else {
		sim_trace_msg(s, "send", m);
		fly(s, msg, true);
		if (sim_chance(s, s->net.dup)) {
			sim_trace_msg(s, "twice", m);
			fly(s, msg, true);
		}
	}
	sim_msg_put(msg);
}

/**
 * sim_deliver() - a message arrives
 * @s: simulation
 * @msg: the caller's reference stays the caller's
 */
void sim_deliver(struct sim *s, struct sim_msg *msg)
{
	struct sim_node *n = s->by_id[msg->m.to];
	struct sim_item item = { .type = RAFT_EV_MESSAGE, .msg = msg };

	if (!n || !n->running || n->failed)
		return;
	if (n->paused && n->inbox_msgs >= SIM_SOCKET_BUFFER) {
		s->count.lost++;
		sim_trace_msg(s, "full", &msg->m);
		return;
	}
	sim_trace_msg(s, "recv", &msg->m);
	sim_item(s, n, &item);
}

/**
 * sim_link() - cut or mend one direction of a link
 * @s: simulation
 * @from: sender
 * @to: receiver
 * @up: mend
 */
void sim_link(struct sim *s, u32 from, u32 to, bool up)
{
	s->net.cut[from][to] = !up;
}

/**
 * sim_isolate() - cut all links of a node
 * @s: simulation
 * @id: the node
 */
void sim_isolate(struct sim *s, u32 id)
{
	u32 i;

	for (i = 1; i <= SIM_MAX_ID; i++) {
		if (i == id)
			continue;
		sim_link(s, i, id, false);
		sim_link(s, id, i, false);
	}
}

/**
 * sim_rule_add() - a drop or hold
 * @s: simulation
 * @name: of a hold, NULL for a drop
 * @msg: enum raft_msg_type, 0 for any
 * @from: sender, 0 for any
 * @to: receiver, 0 for any
 * @count: how many messages, 0 for no limit
 *
 * Return: the rule, behind all others.
 */
struct sim_rule *sim_rule_add(struct sim *s, const char *name, u8 msg, u32 from,
			      u32 to, u32 count)
{
	struct sim_rule *rule = sim_alloc(sizeof(*rule));
	struct sim_rule **end = &s->net.rules;

	rule->name = name;
	rule->msg = msg;
	rule->from = from;
	rule->to = to;
	rule->limited = count;
	rule->left = count;
	rule->last = &rule->first;
	while (*end)
		end = &(*end)->next;
	*end = rule;
	return rule;
}

/**
 * sim_rule_find() - the latest hold of that name
 * @s: simulation
 * @name: of the hold
 *
 * Return: the hold, NULL if there is none.
 */
struct sim_rule *sim_rule_find(struct sim *s, const char *name)
{
	struct sim_rule *rule, *found = NULL;

	for (rule = s->net.rules; rule; rule = rule->next)
		if (rule->name && !strcmp(rule->name, name))
			found = rule;
	return found;
}

/**
 * sim_replay() - deliver what a hold caught, once more
 * @s: simulation
 * @rule: the hold
 *
 * At once and in order, whatever was cut since.
 */
void sim_replay(struct sim *s, struct sim_rule *rule)
{
	struct sim_msg *msg;

	for (msg = rule->first; msg && !s->failed[0]; msg = msg->next)
		sim_deliver(s, msg);
}

/**
 * sim_release() - end a hold and deliver what it caught
 * @s: simulation
 * @rule: the hold; keeps the messages for sim_replay()
 */
void sim_release(struct sim *s, struct sim_rule *rule)
{
	rule->ended = true;
	sim_replay(s, rule);
}

static void rule_free(struct sim_rule *rule)
{
	struct sim_msg *msg;

	while ((msg = rule->first)) {
		rule->first = msg->next;
		msg->next = NULL;
		sim_msg_put(msg);
	}
	free(rule);
}

/**
 * sim_heal() - mend all links, end all drops
 * @s: simulation
 */
void sim_heal(struct sim *s)
{
	struct sim_rule **at = &s->net.rules;
	struct sim_rule *rule;

	memset(s->net.cut, 0, sizeof(s->net.cut));
	while ((rule = *at)) {
		if (rule->name) {
			at = &rule->next;
			continue;
		}
		*at = rule->next;
		rule_free(rule);
	}
}

/**
 * sim_net_free() - end of the world for messages
 * @s: simulation
 */
void sim_net_free(struct sim *s)
{
	struct sim_rule *rule;

	while ((rule = s->net.rules)) {
		s->net.rules = rule->next;
		rule_free(rule);
	}
}
