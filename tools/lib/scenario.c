// SPDX-License-Identifier: GPL-2.0
/*
 * scenario.c - the directives of the scenario language, line by line.
 *
 * A table of words, one function each.  A function eats its line from left to
 * right and leaves the first thing that it did not expect as the error.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenario_parse.h"

static bool dir_seed(struct parse *p, struct scn_dir *d)
{
	return parse_number(p, "a seed", &d->value);
}

static bool dir_nodes(struct parse *p, struct scn_dir *d)
{
	const char *word;
	u64 n;

	if (p->nodes)
		return parse_error(p, "nodes given twice");
	if (p->started)
		return parse_error(p, "nodes after start");
	p->nodes = true;
	if (!parse_word(p, "a number or list of nodes", &word))
		return false;
	if (!parse_number_text(word, &n)) {
		if (!parse_ids_text(p, word, &d->ids))
			return false;
	} else if (n <= RAFT_MAX_NODES) {
		for (; d->ids.n < n; d->ids.n++)
			d->ids.id[d->ids.n] = d->ids.n + 1;
	}
	if (!d->ids.n || d->ids.n > RAFT_MAX_NODES)
		return parse_error(p, "expected 1 to %u nodes, got '%s'",
				   RAFT_MAX_NODES, word);
	return true;
}

static bool dir_learners(struct parse *p, struct scn_dir *d)
{
	if (p->learners)
		return parse_error(p, "learners given twice");
	if (p->started)
		return parse_error(p, "learners after start");
	p->learners = true;
	return parse_ids(p, &d->ids);
}

/* Which of the nodes are witnesses; not in the contract of the language. */
static bool dir_witnesses(struct parse *p, struct scn_dir *d)
{
	if (p->witnesses)
		return parse_error(p, "witnesses given twice");
	if (p->started)
		return parse_error(p, "witnesses after start");
	p->witnesses = true;
	return parse_ids(p, &d->ids);
}

static bool option_range(struct parse *p, struct scn_dir *d, const char *key,
			 u64 max)
{
	if (!parse_number(p, "a number", &d->value))
		return false;
	if (!d->value || d->value > max)
		return parse_error(p, "expected %s from 1 to %llu, got %llu",
				   key, (unsigned long long)max,
				   (unsigned long long)d->value);
	return true;
}

static bool option_size(struct parse *p, struct scn_dir *d)
{
	const char *word;

	if (!parse_word(p, "a size", &word))
		return false;
	if (!parse_size_text(word, &d->value) || !d->value)
		return parse_error(p, "expected a size (16KiB), got '%s'",
				   word);
	return true;
}

static bool option_priority(struct parse *p, struct scn_dir *d)
{
	if (!parse_id(p, &d->id) || !parse_number(p, "a priority", &d->value))
		return false;
	return d->value <= U32_MAX ||
	       parse_error(p, "priority %llu is too large",
			   (unsigned long long)d->value);
}

static bool dir_option(struct parse *p, struct scn_dir *d)
{
	static const struct {
		const char *word;
		enum scn_option option;
	} keys[] = {
		{ "election_timeout", SCN_OPT_ELECTION_TIMEOUT },
		{ "heartbeat", SCN_OPT_HEARTBEAT },
		{ "prevote", SCN_OPT_PREVOTE },
		{ "check_quorum", SCN_OPT_CHECK_QUORUM },
		{ "unproven", SCN_OPT_UNPROVEN },
		{ "max_inflight", SCN_OPT_MAX_INFLIGHT },
		{ "max_batch", SCN_OPT_MAX_BATCH },
		{ "max_uncommitted", SCN_OPT_MAX_UNCOMMITTED },
		{ "priority", SCN_OPT_PRIORITY },
	};
	const char *word;
	size_t i;

	if (p->started)
		return parse_error(p, "option after start");
	if (!parse_word(p, "an option", &word))
		return false;
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(word, keys[i].word))
			d->option = keys[i].option;
	switch (d->option) {
	case SCN_OPT_ELECTION_TIMEOUT:
	case SCN_OPT_HEARTBEAT:
		return parse_time(p, &d->value);
	case SCN_OPT_PREVOTE:
	case SCN_OPT_UNPROVEN:
	case SCN_OPT_CHECK_QUORUM:
		return parse_switch(p, &d->value);
	case SCN_OPT_MAX_INFLIGHT:
		return option_range(p, d, word, RAFT_MAX_INFLIGHT);
	case SCN_OPT_MAX_BATCH:
		return option_range(p, d, word, RAFT_MAX_BATCH);
	case SCN_OPT_MAX_UNCOMMITTED:
		return option_size(p, d);
	case SCN_OPT_PRIORITY:
		return option_priority(p, d);
	}
	return parse_error(p, "unknown option '%s'", word);
}

static bool dir_log(struct parse *p, struct scn_dir *d)
{
	return parse_id(p, &d->id) && parse_terms(p, &d->terms);
}

static bool dir_term(struct parse *p, struct scn_dir *d)
{
	const char *word;

	if (!parse_id(p, &d->id) || !parse_number(p, "a term", &d->value))
		return false;
	if (d->value >= RAFT_MAX_TERM)
		return parse_error(p, "term %llu is too large",
				   (unsigned long long)d->value);
	if (!parse_is(p, "vote"))
		return true;
	if (!parse_word(p, "a node", &word))
		return false;
	if (!strcmp(word, "0") ||
	    parse_id_text(word, strlen(word), &d->vote))
		return true;
	return parse_error(p, "expected a node, got '%s'", word);
}

static bool dir_commit(struct parse *p, struct scn_dir *d)
{
	return parse_id(p, &d->id) && parse_number(p, "an index", &d->value);
}

static bool dir_start(struct parse *p, struct scn_dir *d)
{
	p->started = true;
	d->all = parse_is(p, "all");
	if (d->all && !p->nodes)
		return parse_error(p, "start all without nodes");
	return d->all || parse_ids(p, &d->ids);
}

static bool dir_run(struct parse *p, struct scn_dir *d)
{
	return parse_time(p, &d->time);
}

static bool dir_await(struct parse *p, struct scn_dir *d)
{
	d->time = 5000000000ULL;
	if (!parse_cond(p, &d->cond))
		return false;
	return !parse_is(p, "within") || parse_time(p, &d->time);
}

static bool dir_expect(struct parse *p, struct scn_dir *d)
{
	return parse_cond(p, &d->cond);
}

static bool dir_node(struct parse *p, struct scn_dir *d)
{
	return parse_id(p, &d->id);
}

static bool dir_nothing(struct parse *p, struct scn_dir *d)
{
	(void)p;
	(void)d;
	return true;
}

static bool dir_propose(struct parse *p, struct scn_dir *d)
{
	const char *value;

	if (!parse_id(p, &d->id) || !parse_word(p, "a text", &d->word))
		return false;
	while (parse_peek(p)) {
		if (parse_assignment(p, "size", &value)) {
			if (!parse_size_text(value, &d->size) || !d->size)
				return parse_error(p, "expected size=BYTES, got '%s'",
						   value);
		} else if (parse_assignment(p, "count", &value)) {
			if (!parse_count(p, value, &d->count))
				return false;
		} else if (!d->name && parse_is(p, "as")) {
			if (!parse_name(p, &p->names, &d->name))
				return false;
		} else {
			break;
		}
	}
	return true;
}

static bool dir_read(struct parse *p, struct scn_dir *d)
{
	if (!parse_id(p, &d->id))
		return false;
	while (parse_peek(p)) {
		if (!d->lease && parse_is(p, "lease"))
			d->lease = true;
		else if (d->name || !parse_is(p, "as"))
			break;
		else if (!parse_name(p, &p->names, &d->name))
			return false;
	}
	return true;
}

static bool dir_crash(struct parse *p, struct scn_dir *d)
{
	if (!parse_id(p, &d->id))
		return false;
	d->torn = parse_is(p, "torn");
	return true;
}

static bool dir_disk(struct parse *p, struct scn_dir *d)
{
	const char *word;

	if (!parse_id(p, &d->id) ||
	    !parse_word(p, "stall, error, full, corrupt or ok", &word))
		return false;
	if (!strcmp(word, "ok")) {
		d->disk = SCN_DISK_OK;
	} else if (!strcmp(word, "error")) {
		d->disk = SCN_DISK_ERROR;
	} else if (!strcmp(word, "full")) {
		d->disk = SCN_DISK_FULL;
	} else if (!strcmp(word, "stall")) {
		d->disk = SCN_DISK_STALL;
		return parse_time(p, &d->time);
	} else if (!strcmp(word, "corrupt")) {
		d->disk = SCN_DISK_CORRUPT;
		d->damage = SCN_DAMAGE_STATE;
		if (parse_is(p, "state"))
			return true;
		d->damage = SCN_DAMAGE_SNAPSHOT;
		if (parse_is(p, "snapshot"))
			return true;
		d->damage = SCN_DAMAGE_CONTENT;
		if (parse_is(p, "content"))
			return true;
		d->damage = SCN_DAMAGE_ENTRY;
		if (!parse_number(p, "an index", &d->value))
			return false;
		return d->value || parse_error(p, "the first entry is 1");
	} else {
		return parse_error(p,
				   "expected stall, error, full, corrupt or ok, got '%s'",
				   word);
	}
	return true;
}

static bool dir_transfer(struct parse *p, struct scn_dir *d)
{
	if (!parse_id(p, &d->id))
		return false;
	if (parse_is(p, "to") && !parse_id(p, &d->id2))
		return false;
	return !parse_is(p, "as") || parse_name(p, &p->names, &d->name);
}

static bool dir_snapshot(struct parse *p, struct scn_dir *d)
{
	if (!parse_id(p, &d->id))
		return false;
	return !parse_is(p, "at") || parse_number(p, "an index", &d->value);
}

static bool dir_compact(struct parse *p, struct scn_dir *d)
{
	return parse_id(p, &d->id) && parse_number(p, "an index", &d->value);
}

static const struct {
	const char *word;
	enum scn_op op;
	bool (*parse)(struct parse *p, struct scn_dir *d);
} directives[] = {
	{ "seed", SCN_SEED, dir_seed },
	{ "nodes", SCN_NODES, dir_nodes },
	{ "learners", SCN_LEARNERS, dir_learners },
	{ "witnesses", SCN_WITNESSES, dir_witnesses },
	{ "option", SCN_OPTION, dir_option },
	{ "log", SCN_LOG, dir_log },
	{ "term", SCN_TERM, dir_term },
	{ "commit", SCN_COMMIT, dir_commit },
	{ "start", SCN_START, dir_start },
	{ "run", SCN_RUN, dir_run },
	{ "await", SCN_AWAIT, dir_await },
	{ "elect", SCN_ELECT, dir_node },
	{ "settle", SCN_SETTLE, dir_nothing },
	{ "propose", SCN_PROPOSE, dir_propose },
	{ "read", SCN_READ, dir_read },
	{ "link", SCN_LINK, parse_dir_link },
	{ "isolate", SCN_ISOLATE, dir_node },
	{ "partition", SCN_PARTITION, parse_dir_partition },
	{ "heal", SCN_HEAL, dir_nothing },
	{ "net", SCN_NET, parse_dir_net },
	{ "drop", SCN_DROP, parse_dir_rule },
	{ "hold", SCN_HOLD, parse_dir_rule },
	{ "release", SCN_RELEASE, parse_dir_release },
	{ "replay", SCN_REPLAY, parse_dir_release },
	{ "crash", SCN_CRASH, dir_crash },
	{ "restart", SCN_RESTART, dir_node },
	{ "wipe", SCN_WIPE, dir_node },
	{ "pause", SCN_PAUSE, dir_node },
	{ "resume", SCN_RESUME, dir_node },
	{ "disk", SCN_DISK, dir_disk },
	{ "member", SCN_MEMBER, parse_dir_member },
	{ "transfer", SCN_TRANSFER, dir_transfer },
	{ "snapshot", SCN_SNAPSHOT, dir_snapshot },
	{ "compact", SCN_COMPACT, dir_compact },
	{ "expect", SCN_EXPECT, dir_expect },
};

static struct scn_dir *new_dir(struct scenario *s)
{
	u32 cap = s->cap ? 2 * s->cap : 64;
	struct scn_dir *dir;

	if (s->n == s->cap) {
		dir = realloc(s->dir, cap * sizeof(*dir));
		if (!dir) {
			fprintf(stderr, "out of memory\n");
			exit(2);
		}
		s->dir = dir;
		s->cap = cap;
	}
	dir = &s->dir[s->n++];
	memset(dir, 0, sizeof(*dir));
	return dir;
}

/* Is the n-th word of a line, from 0, this one? */
static bool word_is(const char *line, size_t len, u32 n, const char *word)
{
	const char *end = line + len;

	for (;; n--) {
		while (line < end && isspace((unsigned char)*line))
			line++;
		if (!n)
			break;
		while (line < end && !isspace((unsigned char)*line))
			line++;
	}
	len = strlen(word);
	return (size_t)(end - line) >= len && !strncmp(line, word, len) &&
	       (line + len == end || isspace((unsigned char)line[len]));
}

/*
 * "A->B" and ">=3" are written without blanks as well, where an arrow or a
 * comparison may stand: the text of a command is left alone.
 */
static void spread(const char *line, size_t len, char *out)
{
	bool arrows = word_is(line, len, 0, "link") ||
		      word_is(line, len, 0, "drop") ||
		      word_is(line, len, 0, "hold");
	bool ops = (word_is(line, len, 0, "expect") ||
		    word_is(line, len, 0, "await")) &&
		   !word_is(line, len, 1, "applied");
	size_t i = 0;

	while (i < len) {
		bool arrow = arrows && i + 1 < len && line[i] == '-' &&
			     line[i + 1] == '>';
		bool op = ops && i + 1 < len && line[i + 1] == '=' &&
			  strchr("<>!", line[i]);

		if (arrow || op) {
			*out++ = ' ';
			*out++ = line[i++];
			*out++ = line[i++];
			*out++ = ' ';
			continue;
		}
		*out++ = line[i++];
	}
	*out = '\0';
}

static bool split(struct parse *p, const char *line, size_t len)
{
	char *copy = parse_alloc(p, 3 * len + 1);
	char *word;

	if (memchr(line, '#', len))
		len = (size_t)((const char *)memchr(line, '#', len) - line);
	if (memchr(line, '\0', len))
		return parse_error(p, "a NUL byte");
	spread(line, len, copy);
	p->n = 0;
	p->pos = 0;
	for (word = strtok(copy, " \t\r\f\v"); word;
	     word = strtok(NULL, " \t\r\f\v")) {
		if (p->n == SCN_MAX_WORDS)
			return parse_error(p, "more than %u words",
					   SCN_MAX_WORDS);
		p->word[p->n++] = word;
	}
	return true;
}

static const char *join(struct parse *p)
{
	size_t len = 1;
	char *text;
	u32 i;

	for (i = 0; i < p->n; i++)
		len += strlen(p->word[i]) + 1;
	text = parse_alloc(p, len);
	for (i = 0; i < p->n; i++) {
		if (i)
			strcat(text, " ");
		strcat(text, p->word[i]);
	}
	return text;
}

static bool parse_line(struct parse *p, const char *line, size_t len)
{
	struct scn_dir *d;
	const char *word;
	size_t i;

	if (!split(p, line, len))
		return false;
	if (!p->n)
		return true;
	word = p->word[p->pos++];
	for (i = 0; i < ARRAY_SIZE(directives); i++)
		if (!strcmp(word, directives[i].word))
			break;
	if (i == ARRAY_SIZE(directives))
		return parse_error(p, "unknown directive '%s'", word);
	d = new_dir(p->s);
	d->op = directives[i].op;
	d->line = p->line;
	d->text = join(p);
	return directives[i].parse(p, d) && parse_end(p);
}

static const struct scn_dir *find_dir(const struct parse *p, enum scn_op op)
{
	u32 i;

	for (i = 0; i < p->s->n; i++)
		if (p->s->dir[i].op == op)
			return &p->s->dir[i];
	return NULL;
}

/* A witness is one of the voters, and half of them may be. */
static bool check_witnesses(struct parse *p)
{
	const struct scn_dir *nodes = find_dir(p, SCN_NODES);
	const struct scn_dir *d = find_dir(p, SCN_WITNESSES);
	u32 i, j;

	if (!d)
		return true;
	p->line = d->line;
	for (i = 0; i < d->ids.n; i++) {
		for (j = 0; nodes && j < nodes->ids.n; j++)
			if (d->ids.id[i] == nodes->ids.id[j])
				break;
		if (!nodes || j == nodes->ids.n)
			return parse_error(p, "node %u is not one of the nodes",
					   d->ids.id[i]);
	}
	if (2 * d->ids.n > nodes->ids.n)
		return parse_error(p, "more witnesses than half of the nodes");
	return true;
}

/* A learner is not a voter, and both together must fit a configuration. */
static bool check_members(struct parse *p)
{
	const struct scn_dir *learners = find_dir(p, SCN_LEARNERS);
	const struct scn_dir *nodes = find_dir(p, SCN_NODES);
	u32 i, j;

	if (!check_witnesses(p))
		return false;
	if (!learners)
		return true;
	p->line = learners->line;
	if (!nodes)
		return parse_error(p, "learners without nodes");
	for (i = 0; i < learners->ids.n; i++)
		for (j = 0; j < nodes->ids.n; j++)
			if (learners->ids.id[i] == nodes->ids.id[j])
				return parse_error(p,
						   "node %u is a voter already",
						   nodes->ids.id[j]);
	if (nodes->ids.n + learners->ids.n > RAFT_MAX_NODES)
		return parse_error(p, "more than %u members", RAFT_MAX_NODES);
	return true;
}

/**
 * scenario_parse() - read a scenario from memory
 * @s: result; scenario_free() it, also after a failure
 * @file: name for messages, kept by reference
 * @text: the whole file
 *
 * Return: 0, -EINVAL with @s->error set.
 */
int scenario_parse(struct scenario *s, const char *file, const char *text)
{
	struct parse p = { .s = s };
	size_t len;

	memset(s, 0, sizeof(*s));
	s->file = file;
	for (;; text += len + 1) {
		len = strcspn(text, "\n");
		p.line++;
		if (!parse_line(&p, text, len))
			return -EINVAL;
		if (!text[len])
			break;
	}
	if (!check_members(&p))
		return -EINVAL;
	return 0;
}

/**
 * scenario_load() - read a scenario from a file
 * @s: result; scenario_free() it, also after a failure
 * @file: its name, kept by reference
 *
 * Return: 0, or as scenario_parse(), or the errno of reading it with @s->error
 * set.
 */
int scenario_load(struct scenario *s, const char *file)
{
	FILE *f = fopen(file, "r");
	size_t n = 0, cap = 1 << 20;
	char *text;
	int err;

	memset(s, 0, sizeof(*s));
	s->file = file;
	if (!f) {
		err = -errno;
		snprintf(s->error, sizeof(s->error), "%s: %s", file,
			 strerror(-err));
		return err;
	}
	text = malloc(cap + 1);
	if (text)
		n = fread(text, 1, cap, f);
	if (!text || ferror(f) || n == cap) {
		snprintf(s->error, sizeof(s->error), "%s: cannot read", file);
		err = n == cap ? -EFBIG : -EIO;
	} else {
		text[n] = '\0';
		err = scenario_parse(s, file, text);
	}
	free(text);
	fclose(f);
	return err;
}

/**
 * scenario_free() - give back what a scenario holds
 * @s: scenario, parsed or not
 */
void scenario_free(struct scenario *s)
{
	while (s->blocks) {
		struct scn_block *b = s->blocks;

		s->blocks = b->next;
		free(b);
	}
	free(s->dir);
	memset(s, 0, sizeof(*s));
}
