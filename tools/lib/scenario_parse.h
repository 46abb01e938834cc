/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scenario_parse.h - private to scenario*.c: one line as words, and its errors.
 *
 * Every parse_* function eats words from the left, returns false after it has
 * left an error in the scenario, and never overwrites an earlier error.
 */
#ifndef _SCENARIO_PARSE_H
#define _SCENARIO_PARSE_H

#include "scenario.h"

#define SCN_MAX_WORDS	128

/* Everything a scenario owns hangs on one list and is freed at once. */
struct scn_block {
	struct scn_block *next;
	u64 data[];
};

/**
 * struct parse - the line being read
 * @s: scenario that gets the directive
 * @line: its number, from 1
 * @pos: next word
 * @n: number of @word
 * @word: words, each with its NUL
 * @started: a node was started by an earlier line
 * @nodes: the voters were given
 * @learners: the learners were given
 * @witnesses: the witnesses were given
 * @names: proposals, reads, changes and transfers named so far
 * @holds: holds named so far
 */
struct parse {
	struct scenario *s;
	u32 line;
	u32 pos;
	u32 n;
	char *word[SCN_MAX_WORDS];
	bool started;
	bool nodes;
	bool learners;
	bool witnesses;
	struct parse_name *names;
	struct parse_name *holds;
};

/**
 * struct parse_name - a NAME or H that was given
 * @next: the one before
 * @name: as written
 * @open: hold: not released
 */
struct parse_name {
	struct parse_name *next;
	const char *name;
	bool open;
};

void *parse_alloc(struct parse *p, size_t size);
char *parse_strdup(struct parse *p, const char *from, size_t len);
bool parse_error(struct parse *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

const char *parse_peek(const struct parse *p);
bool parse_is(struct parse *p, const char *word);
bool parse_word(struct parse *p, const char *what, const char **word);
bool parse_end(struct parse *p);
bool parse_number(struct parse *p, const char *what, u64 *value);
bool parse_number_text(const char *text, u64 *value);
bool parse_id(struct parse *p, u32 *id);
bool parse_id_text(const char *text, size_t len, u32 *id);
bool parse_time(struct parse *p, u64 *ns);
bool parse_time_text(const char *text, u64 *ns);
bool parse_size_text(const char *text, u64 *bytes);
bool parse_percent_text(const char *text, u32 *millionths);
bool parse_ids(struct parse *p, struct scn_ids *ids);
bool parse_ids_text(struct parse *p, const char *text, struct scn_ids *ids);
bool parse_terms(struct parse *p, struct scn_terms *terms);
bool parse_switch(struct parse *p, u64 *on);

struct parse_name *parse_name_find(struct parse_name *list, const char *name);
bool parse_name(struct parse *p, struct parse_name **list, const char **name);
bool parse_cond(struct parse *p, struct scn_cond *c);
bool parse_cond_word(const char *word);

bool parse_assignment(struct parse *p, const char *key, const char **value);
bool parse_count(struct parse *p, const char *text, u32 *n);
bool parse_dir_member(struct parse *p, struct scn_dir *d);
bool parse_dir_link(struct parse *p, struct scn_dir *d);
bool parse_dir_partition(struct parse *p, struct scn_dir *d);
bool parse_dir_net(struct parse *p, struct scn_dir *d);
bool parse_dir_rule(struct parse *p, struct scn_dir *d);
bool parse_dir_release(struct parse *p, struct scn_dir *d);

#endif /* _SCENARIO_PARSE_H */
