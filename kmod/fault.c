// SPDX-License-Identifier: GPL-2.0
/*
 * fault.c - fault hooks of debug builds, behind the debugfs file "fault".
 *
 * Speaks the words of the scenario language ("Exact meaning" there).  A rule
 * acts at the sender, before a datagram exists; the rules of a group are looked
 * at in the order in which they were given, and the first that matches wins.
 * All of it belongs to the owner thread: a line is parsed by its writer and
 * carried out by raft_owner_call().
 *
 *   drop TYPE TO COUNT       lose the next messages; COUNT 0: all, TO 0: to all
 *   undrop                   end all drops
 *   hold NAME TYPE TO COUNT  keep messages back
 *   release NAME             send them, and keep no more back
 *   replay NAME              send copies of them
 *   link TO up|down          a link that is down loses before a rule sees it; TO
 *                            need not be a member yet
 *   pause, resume            the thread does not run while its clock does
 *   elect                    the election deadline fires now
 *   crash [torn]             end without flushing; then only "stop" works
 *   compact INDEX            drop the log up to there
 *   snapshot-crash STEP      from this step of making a snapshot current nothing
 *			      more of it is done: 1 its bytes are not synced, 2 its
 *			      head is not written, 3 nor synced, 4 the core is not
 *			      told, 5 the log is not cut
 *   stall NS | error | full | sync | unread | corrupt N | nosync | unordered | disk-ok
 *						see raft_wal_fault()
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "fault.h"
#include "owner.h"
#include "snapshot.h"
#include "trace.h"
#include "transport.h"

#define FAULT_NAME	32
#define FAULT_RULES	64

/* RAFT_MUTANT(), raft_env.h. */
char *raft_mutant;
module_param_named(mutant, raft_mutant, charp, 0444);
MODULE_PARM_DESC(mutant, "a deliberate mistake, to show that tests find it");

/**
 * struct fault_msg - a message that is kept back
 * @node: in the order of sending
 * @m: the message without its entries
 * @enc: encoded, its head at @data, its command referenced
 * @data: see @enc
 */
struct fault_msg {
	struct list_head node;
	struct raft_msg m;
	struct raft_encoded enc;
	u8 data[];
};

/**
 * struct fault_rule - drop or hold
 * @node: in the order of the commands
 * @name: of a hold, "" for a drop
 * @type: enum raft_msg_type, 0 for any
 * @to: node id, 0 for any
 * @left: messages to match yet, U32_MAX for ever
 * @over: released: matches nothing any more
 * @held: what a hold has kept
 */
struct fault_rule {
	struct list_head node;
	char name[FAULT_NAME];
	u8 type;
	u32 to;
	u32 left;
	bool over;
	struct list_head held;
};

/**
 * struct raft_faults - the faults of a group
 * @rules: struct fault_rule
 * @n_rules: how many
 * @down: nodes to which the link is down, 0 for a free place
 * @paused: the owner does nothing for the group
 */
struct raft_faults {
	struct list_head rules;
	u32 n_rules;
	u32 down[RAFT_MAX_PEERS];
	bool paused;
};

/* One line, parsed, on its way to the owner thread. */
struct fault_line {
	struct raft_group_priv *p;
	char word[16];
	char arg[4][FAULT_NAME];
	int n;
};

/**
 * raft_fault_init - no faults
 * @p: the group
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int raft_fault_init(struct raft_group_priv *p)
{
	p->faults = kzalloc(sizeof(*p->faults), GFP_KERNEL);
	if (!p->faults)
		return -ENOMEM;
	INIT_LIST_HEAD(&p->faults->rules);
	return 0;
}

static void rule_free(struct raft_faults *f, struct fault_rule *rule)
{
	struct fault_msg *msg, *next;

	list_for_each_entry_safe(msg, next, &rule->held, node) {
		raft_payload_put(msg->enc.command);
		kvfree(msg);
	}
	list_del(&rule->node);
	kfree(rule);
	f->n_rules--;
}

/**
 * raft_fault_free - forget all faults of a group
 * @p: the group, which nobody uses any more
 *
 * Context: may sleep.
 */
void raft_fault_free(struct raft_group_priv *p)
{
	struct fault_rule *rule, *next;

	if (!p->faults)
		return;
	list_for_each_entry_safe(rule, next, &p->faults->rules, node)
		rule_free(p->faults, rule);
	kfree(p->faults);
	p->faults = NULL;
}

/* Where @id is among the links that are down; 0: a free place. */
static u32 *link_find(struct raft_faults *f, u32 id)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(f->down); i++)
		if (f->down[i] == id)
			return &f->down[i];
	return NULL;
}

static void keep(struct fault_rule *rule, const struct raft_msg *m,
		 const struct raft_encoded *enc)
{
	struct fault_msg *msg = kvmalloc(struct_size(msg, data, enc->head_len),
					 GFP_NOIO);

	if (!msg)
		return;		/* lost; a test that has no memory fails */
	msg->m = *m;
	msg->enc = *enc;
	memcpy(msg->data, enc->head, enc->head_len);
	msg->enc.head = msg->data;
	raft_payload_get(enc->command);
	list_add_tail(&msg->node, &rule->held);
}

static void dropped(struct raft_group_priv *p, const struct raft_msg *m)
{
	trace_raft_drop(p->g->params.ioc.name, p->g->params.ioc.node_id,
			RAFT_DROP_FAULT, m->type);
}

/**
 * raft_fault_tx - may a message leave?
 * @p: the group
 * @m: the message
 * @enc: encoded
 *
 * Context: the owner thread.
 * Return: true if it is lost or kept back.
 */
bool raft_fault_tx(struct raft_group_priv *p, const struct raft_msg *m,
		   const struct raft_encoded *enc)
{
	struct raft_faults *f = p->faults;
	struct fault_rule *rule;

	if (link_find(f, m->to)) {
		dropped(p, m);
		return true;
	}
	list_for_each_entry(rule, &f->rules, node) {
		if (rule->over || !rule->left ||
		    (rule->type && rule->type != m->type) ||
		    (rule->to && rule->to != m->to))
			continue;
		if (rule->left != U32_MAX)
			rule->left--;
		if (*rule->name)
			keep(rule, m, enc);
		else
			dropped(p, m);
		return true;
	}
	return false;
}

/**
 * raft_fault_paused - must the owner leave a group alone?
 * @p: the group
 *
 * Context: the owner thread.
 * Return: true if so.
 */
bool raft_fault_paused(const struct raft_group_priv *p)
{
	return p->faults->paused;
}

/* 0 for any, negative for no such type. */
static int parse_type(const char *word)
{
	int type;

	if (!strcmp(word, "any"))
		return 0;
	for (type = 1; type < RAFT_MSG_TYPES; type++)
		if (!strcmp(word, raft_msg_name(type)))
			return type;
	return -EINVAL;
}

static int add_rule(struct raft_group_priv *p, const char *name, char (*arg)[32])
{
	struct raft_faults *f = p->faults;
	int type = parse_type(arg[0]);
	struct fault_rule *rule;
	u32 to, count;

	if (type < 0 || kstrtou32(arg[1], 10, &to) ||
	    kstrtou32(arg[2], 10, &count))
		return -EINVAL;
	if (f->n_rules == FAULT_RULES)
		return -ENOSPC;
	rule = kzalloc(sizeof(*rule), GFP_NOIO);
	if (!rule)
		return -ENOMEM;
	strscpy(rule->name, name, sizeof(rule->name));
	rule->type = type;
	rule->to = to;
	rule->left = count ? count : U32_MAX;
	INIT_LIST_HEAD(&rule->held);
	list_add_tail(&rule->node, &f->rules);
	f->n_rules++;
	return 0;
}

static void undrop(struct raft_faults *f)
{
	struct fault_rule *rule, *next;

	list_for_each_entry_safe(rule, next, &f->rules, node)
		if (!*rule->name)
			rule_free(f, rule);
}

/* Also over links that are down; rules do not see it a second time. */
static int send_held(struct raft_group_priv *p, const char *name, bool release)
{
	struct fault_rule *rule;
	struct fault_msg *msg;

	list_for_each_entry(rule, &p->faults->rules, node) {
		/* A name may be used again after its release. */
		if (strcmp(rule->name, name) || rule->over == release)
			continue;
		rule->over = true;
		list_for_each_entry(msg, &rule->held, node)
			raft_tx_encoded(p, &msg->m, &msg->enc);
		return 0;
	}
	return -ENOENT;
}

static int set_link(struct raft_group_priv *p, const char *to, const char *how)
{
	u32 id, *place;

	if (kstrtou32(to, 10, &id) || !id)
		return -EINVAL;
	place = link_find(p->faults, id);
	if (!strcmp(how, "up")) {
		if (place)
			*place = 0;
		return 0;
	}
	if (strcmp(how, "down"))
		return -EINVAL;
	place = place ?: link_find(p->faults, 0);
	if (!place)
		return -ENOSPC;
	*place = id;
	return 0;
}

static int elect(struct raft_group_priv *p)
{
	struct raft_event ev = { .type = RAFT_EV_CAMPAIGN };

	raft_owner_step(p, &ev);
	p->dirty = true;
	return 0;
}

/* In the owner thread. */
static int run_line(void *arg)
{
	struct fault_line *l = arg;
	struct raft_group_priv *p = l->p;

	if (!p->attached)
		return -ESHUTDOWN;
	raft_owner_look(p);
	if (!strcmp(l->word, "drop") && l->n == 3)
		return add_rule(p, "", l->arg);
	if (!strcmp(l->word, "hold") && l->n == 4)
		return add_rule(p, l->arg[0], l->arg + 1);
	if (!strcmp(l->word, "release") && l->n == 1)
		return send_held(p, l->arg[0], true);
	if (!strcmp(l->word, "replay") && l->n == 1)
		return send_held(p, l->arg[0], false);
	if (!strcmp(l->word, "link") && l->n == 2)
		return set_link(p, l->arg[0], l->arg[1]);
	if (l->n)
		return -EINVAL;
	if (!strcmp(l->word, "elect"))
		return elect(p);
	if (!strcmp(l->word, "undrop"))
		undrop(p->faults);
	else if (!strcmp(l->word, "pause"))
		p->faults->paused = true;
	else if (!strcmp(l->word, "resume"))
		p->faults->paused = false;
	else
		return -EINVAL;
	return 0;
}

/* The machine is switched off: what waits is lost, what is written stays. */
static int crash(struct raft_group *g, const struct fault_line *l)
{
	struct raft_wal *wal;

	if (l->n > 1 || (l->n && strcmp(l->arg[0], "torn")))
		return -EINVAL;
	raft_group_detach(g);
	wal = raft_group_take_wal(g);
	if (!wal)
		return -ESHUTDOWN;
	raft_wal_crash(wal, l->n);
	return 0;
}

/**
 * raft_snapshot_crash - does it end here as in a crash?
 * @s: the snapshots
 * @step: what would be done now, see above; 0: what a crash leaves undone
 *
 * Context: process or worker.
 * Return: true if so.
 */
bool raft_snapshot_crash(struct raft_snapshots *s, u32 step)
{
	u32 at = READ_ONCE(s->crash_at);

	return at && (!step || step >= at);
}

/**
 * raft_snapshot_stalled - does the disk hang?
 * @s: the snapshots; it is that of the log
 *
 * Context: process or worker.
 * Return: true if so, and the group has not stopped.
 */
bool raft_snapshot_stalled(struct raft_snapshots *s)
{
	struct raft_group *g = s->g;
	bool stalled;

	spin_lock(&g->pub_lock);
	stalled = g->wal && raft_wal_stalled(g->wal);
	spin_unlock(&g->pub_lock);
	return stalled && !READ_ONCE(g->stopping);
}

/* The scenario language has it apart from the snapshot. */
static int compact(struct raft_group *g, const struct fault_line *l)
{
	u64 to;

	if (!g->snapshots || l->n != 1 || kstrtou64(l->arg[0], 10, &to))
		return -EINVAL;
	return raft_snapshot_compact(g, to);
}

static int snapshot_crash(struct raft_group *g, const struct fault_line *l)
{
	u32 step;

	if (!g->snapshots || l->n != 1 || kstrtou32(l->arg[0], 10, &step))
		return -EINVAL;
	WRITE_ONCE(g->snapshots->crash_at, step);
	return 0;
}

/*
 * The log is there as long as the group is: raft_group_stop() takes it away
 * only after the debugfs file is gone.  A crash at the same time is the
 * tester's own mistake, and there is only one tester.
 */
static int disk(struct raft_group *g, const struct fault_line *l)
{
	const char *what = l->word;
	u64 arg = 0;

	if (!g->wal)
		return -ESHUTDOWN;
	if (!strcmp(what, "disk-ok"))
		what = "ok";
	if (l->n > 1 || (l->n && kstrtou64(l->arg[0], 10, &arg)))
		return -EINVAL;
	return raft_wal_fault(g->wal, what, arg);
}

static bool is_disk(const char *word)
{
	return !strcmp(word, "stall") || !strcmp(word, "error") ||
	       !strcmp(word, "full") || !strcmp(word, "corrupt") ||
	       !strcmp(word, "sync") || !strcmp(word, "unread") ||
	       !strcmp(word, "nosync") || !strcmp(word, "unordered") ||
	       !strcmp(word, "disk-ok");
}

/**
 * raft_fault_command - carry out one line of the file "fault"
 * @g: the group
 * @line: the line; changed
 *
 * Context: a process, may sleep.
 * Return: 0; -EINVAL not understood; -ENOENT no such name, node or record;
 *	-ESHUTDOWN crashed or stopping; -ENOSPC too many rules; -ENOMEM; an I/O
 *	error of "corrupt".
 */
int raft_fault_command(struct raft_group *g, char *line)
{
	struct fault_line l = { .p = g->priv };
	char *word;

	word = strsep(&line, " ");
	if (strscpy(l.word, word, sizeof(l.word)) < 0)
		return -EINVAL;
	while ((word = strsep(&line, " "))) {
		if (!*word)
			continue;
		if (l.n == ARRAY_SIZE(l.arg) ||
		    strscpy(l.arg[l.n++], word, FAULT_NAME) < 0)
			return -EINVAL;
	}
	if (!strcmp(l.word, "crash"))
		return crash(g, &l);
	if (!strcmp(l.word, "compact"))
		return compact(g, &l);
	if (!strcmp(l.word, "snapshot-crash"))
		return snapshot_crash(g, &l);
	if (is_disk(l.word))
		return disk(g, &l);
	return raft_owner_call(&g->priv->ep->owner, run_line, &l);
}

struct fault_show {
	struct raft_group_priv *p;
	struct seq_file *m;
};

static int show_rules(void *arg)
{
	struct fault_show *s = arg;
	struct raft_faults *f = s->p->faults;
	struct fault_rule *rule;
	struct fault_msg *msg;
	u32 i, n;

	seq_printf(s->m, "paused %d\nattached %d\nlinks_down", f->paused,
		   s->p->attached);
	for (i = 0; i < ARRAY_SIZE(f->down); i++)
		if (f->down[i])
			seq_printf(s->m, " %u", f->down[i]);
	seq_putc(s->m, '\n');
	list_for_each_entry(rule, &f->rules, node) {
		n = 0;
		list_for_each_entry(msg, &rule->held, node)
			n++;
		seq_printf(s->m, "%s %s type %u to %u left %u held %u%s\n",
			   *rule->name ? "hold" : "drop", rule->name,
			   rule->type, rule->to, rule->left, n,
			   rule->over ? " released" : "");
	}
	return 0;
}

/**
 * raft_fault_show - list the faults in force
 * @m: where to
 * @g: the group
 *
 * Context: a process, may sleep.
 * Return: 0.
 */
int raft_fault_show(struct seq_file *m, struct raft_group *g)
{
	struct fault_show s = { .p = g->priv, .m = m };

	return raft_owner_call(&g->priv->ep->owner, show_rules, &s);
}

static int show_log(void *arg)
{
	struct fault_show *s = arg;
	const struct raft_entry *e;
	u64 i, last;

	raft_status(s->p->core, &s->p->st);
	last = s->p->st.last;
	for (i = s->p->st.first; i <= last && !seq_has_overflowed(s->m); i++) {
		e = raft_entry_at(s->p->core, i);
		if (!e)
			seq_printf(s->m, "%llu %llu on disk\n", i,
				   raft_term_at(s->p->core, i));
		else
			seq_printf(s->m, "%llu %llu %u %u %llu %llu %u %u\n", i,
				   e->term, e->type, e->origin, e->incarnation,
				   e->serial, e->len, e->flags);
	}
	return 0;
}

/**
 * raft_fault_log - list the log, undecided entries too
 * @m: where to: index term type origin incarnation serial length flags, or index
 *	term "on disk" for what left the memory
 * @g: the group
 *
 * Context: a process, may sleep.
 * Return: 0.
 */
int raft_fault_log(struct seq_file *m, struct raft_group *g)
{
	struct fault_show s = { .p = g->priv, .m = m };

	return raft_owner_call(&g->priv->ep->owner, show_log, &s);
}
