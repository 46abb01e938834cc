// SPDX-License-Identifier: GPL-2.0
/*
 * scenario_word.c - words, numbers, durations, sizes and lists of a scenario.
 *
 * The smallest parts of the language: each function takes one word, says what
 * it expected when it is something else, and accepts nothing out of range.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "scenario_parse.h"

/**
 * parse_alloc() - zeroed memory that lives as long as the scenario
 * @p: parser
 * @size: bytes
 *
 * Return: the memory; out of memory ends the program.
 */
void *parse_alloc(struct parse *p, size_t size)
{
	struct scn_block *b = calloc(1, sizeof(*b) + size);

	if (!b) {
		fprintf(stderr, "out of memory\n");
		exit(2);
	}
	b->next = p->s->blocks;
	p->s->blocks = b;
	return b->data;
}

/**
 * parse_strdup() - a copy of a string that lives as long as the scenario
 * @p: parser
 * @from: text
 * @len: bytes of it
 *
 * Return: the copy, with a NUL.
 */
char *parse_strdup(struct parse *p, const char *from, size_t len)
{
	char *to = parse_alloc(p, len + 1);

	memcpy(to, from, len);
	return to;
}

/**
 * parse_error() - leave an error with file and line, the first one wins
 * @p: parser
 * @fmt: printf format, without newline
 *
 * Return: false, always.
 */
bool parse_error(struct parse *p, const char *fmt, ...)
{
	struct scenario *s = p->s;
	va_list args;
	int n;

	if (s->error[0])
		return false;
	n = snprintf(s->error, sizeof(s->error), "%s:%u: ", s->file, p->line);
	if (n < 0 || (size_t)n >= sizeof(s->error))
		return false;
	va_start(args, fmt);
	vsnprintf(s->error + n, sizeof(s->error) - n, fmt, args);
	va_end(args);
	return false;
}

/**
 * parse_peek() - the next word
 * @p: parser
 *
 * Return: the word, NULL at the end of the line.
 */
const char *parse_peek(const struct parse *p)
{
	return p->pos < p->n ? p->word[p->pos] : NULL;
}

/**
 * parse_is() - eat the next word if it is this one
 * @p: parser
 * @word: wanted
 *
 * Return: true if it was.
 */
bool parse_is(struct parse *p, const char *word)
{
	const char *next = parse_peek(p);

	if (!next || strcmp(next, word))
		return false;
	p->pos++;
	return true;
}

/**
 * parse_word() - eat one word, whatever it is
 * @p: parser
 * @what: what it should be, for the error
 * @word: the word
 *
 * Return: false if the line ends here.
 */
bool parse_word(struct parse *p, const char *what, const char **word)
{
	*word = parse_peek(p);
	if (!*word)
		return parse_error(p, "expected %s, got the end of the line",
				   what);
	p->pos++;
	return true;
}

/**
 * parse_end() - nothing may follow
 * @p: parser
 *
 * Return: false if something does.
 */
bool parse_end(struct parse *p)
{
	if (p->pos < p->n)
		return parse_error(p, "unexpected '%s'", parse_peek(p));
	return true;
}

/* Digits at the start of @text; false if none or too many. */
static bool digits(const char *text, u64 *value, const char **end)
{
	u64 v = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (v > (U64_MAX - 9) / 10)
			return false;
		v = v * 10 + (u64)(*text - '0');
	}
	*value = v;
	*end = text;
	return true;
}

/**
 * parse_number_text() - a whole number
 * @text: decimal digits only
 * @value: result
 *
 * Return: false if @text is anything else.
 */
bool parse_number_text(const char *text, u64 *value)
{
	const char *end;

	return digits(text, value, &end) && !*end;
}

/**
 * parse_number() - eat a whole number
 * @p: parser
 * @what: what it counts, for the error
 * @value: result
 *
 * Return: false if it is none.
 */
bool parse_number(struct parse *p, const char *what, u64 *value)
{
	const char *word;

	if (!parse_word(p, what, &word))
		return false;
	if (!parse_number_text(word, value))
		return parse_error(p, "expected %s, got '%s'", what, word);
	return true;
}

/**
 * parse_id_text() - a node id
 * @text: start of it
 * @len: its length
 * @id: result, 1 to SCN_MAX_IDS
 *
 * Return: false if it is none.
 */
bool parse_id_text(const char *text, size_t len, u32 *id)
{
	const char *end;
	u64 value;

	if (!digits(text, &value, &end) || end != text + len || !value ||
	    value > SCN_MAX_IDS)
		return false;
	*id = (u32)value;
	return true;
}

/**
 * parse_id() - eat a node id
 * @p: parser
 * @id: result
 *
 * Return: false if it is none.
 */
bool parse_id(struct parse *p, u32 *id)
{
	const char *word;

	if (!parse_word(p, "a node", &word))
		return false;
	if (!parse_id_text(word, strlen(word), id))
		return parse_error(p, "expected a node (1 to %u), got '%s'",
				   SCN_MAX_IDS, word);
	return true;
}

/*
 * A number with up to nine digits after the point, times @unit.  What is left
 * of the word is the caller's.
 */
static bool decimal(const char *text, u64 *whole, u64 *billionths,
		    const char **end)
{
	u64 scale = 100000000;

	*billionths = 0;
	if (!digits(text, whole, end))
		return false;
	if (**end != '.')
		return true;
	text = *end + 1;
	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++, scale /= 10)
		*billionths += (u64)(*text - '0') * scale;
	*end = text;
	return true;
}

/**
 * parse_time_text() - a duration: 100us, 1.5ms, 2s
 * @text: number and unit
 * @ns: result
 *
 * Return: false if it is none or longer than a thousand days.
 */
bool parse_time_text(const char *text, u64 *ns)
{
	static const struct {
		const char *name;
		u64 ns;
	} units[] = { { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 } };
	u64 whole, part;
	const char *end;
	size_t i;

	if (!decimal(text, &whole, &part, &end))
		return false;
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (whole > 86400000000000000ULL / units[i].ns)
			return false;
		*ns = whole * units[i].ns + part * (units[i].ns / 1000) /
		      1000000;
		return true;
	}
	return false;
}

/**
 * parse_time() - eat a duration
 * @p: parser
 * @ns: result
 *
 * Return: false if it is none.
 */
bool parse_time(struct parse *p, u64 *ns)
{
	const char *word;

	if (!parse_word(p, "a duration", &word))
		return false;
	if (!parse_time_text(word, ns))
		return parse_error(p,
				   "expected a duration (us, ms, s), got '%s'",
				   word);
	return true;
}

/**
 * parse_size_text() - a size: 100, 16KiB, 1MiB
 * @text: number and unit
 * @bytes: result
 *
 * Return: false if it is none.
 */
bool parse_size_text(const char *text, u64 *bytes)
{
	const char *end;
	u64 value;
	u32 shift;

	if (!digits(text, &value, &end))
		return false;
	if (!*end || !strcmp(end, "B"))
		shift = 0;
	else if (!strcmp(end, "KiB"))
		shift = 10;
	else if (!strcmp(end, "MiB"))
		shift = 20;
	else if (!strcmp(end, "GiB"))
		shift = 30;
	else
		return false;
	if (value > U64_MAX >> 32 >> shift)
		return false;
	*bytes = value << shift;
	return true;
}

/**
 * parse_percent_text() - a chance: 10%, 0.5%
 * @text: number and percent sign
 * @millionths: result, at most 1000000
 *
 * Return: false if it is none or above 100 %.
 */
bool parse_percent_text(const char *text, u32 *millionths)
{
	u64 whole, part, value;
	const char *end;

	if (!decimal(text, &whole, &part, &end) || strcmp(end, "%") ||
	    whole > 100)
		return false;
	value = whole * 10000 + part / 100000;
	if (value > 1000000)
		return false;
	*millionths = (u32)value;
	return true;
}

/**
 * parse_ids_text() - a list of nodes: 1,2,5, or - for none
 * @p: parser
 * @text: the list
 * @ids: result
 *
 * Return: false if it is none or names a node twice.
 */
bool parse_ids_text(struct parse *p, const char *text, struct scn_ids *ids)
{
	const char *t = text;
	size_t len;
	u32 i, id;

	ids->n = 0;
	if (!strcmp(text, "-"))
		return true;
	for (;; t += len + 1) {
		len = strcspn(t, ",");
		if (!parse_id_text(t, len, &id))
			return parse_error(p,
					   "expected a list of nodes (1,2,3), got '%s'",
					   text);
		for (i = 0; i < ids->n; i++)
			if (ids->id[i] == id)
				return parse_error(p, "node %u twice in '%s'",
						   id, text);
		ids->id[ids->n++] = id;
		if (!t[len])
			return true;
	}
}

/**
 * parse_ids() - eat a list of nodes
 * @p: parser
 * @ids: result
 *
 * Return: false if it is none.
 */
bool parse_ids(struct parse *p, struct scn_ids *ids)
{
	const char *word;

	return parse_word(p, "a list of nodes", &word) &&
	       parse_ids_text(p, word, ids);
}

/* One run of a log: "4" or "1x3". */
static bool term_run(const char *t, size_t len, u64 *term, u64 *count)
{
	const char *end;

	*count = 1;
	if (!digits(t, term, &end) || !*term || *term >= RAFT_MAX_TERM)
		return false;
	if (end == t + len)
		return true;
	return *end == 'x' && digits(end + 1, count, &end) &&
	       end == t + len && *count && *count <= SCN_MAX_ENTRIES;
}

/* Walks the list twice: with @out NULL it only counts. */
static bool term_list(const char *t, u64 *out, u64 *total)
{
	u64 term, count, n = 0;
	size_t len;

	for (;; t += len + 1) {
		len = strcspn(t, ",");
		if (!term_run(t, len, &term, &count))
			return false;
		if (n + count > SCN_MAX_ENTRIES)
			return false;
		while (count--) {
			if (out)
				out[n] = term;
			n++;
		}
		if (!t[len])
			break;
	}
	*total = n;
	return true;
}

/**
 * parse_terms() - eat a log: 1,1x2,4, or - if empty
 * @p: parser
 * @terms: result
 *
 * Return: false if it is none.
 */
bool parse_terms(struct parse *p, struct scn_terms *terms)
{
	const char *word;
	u64 n;

	if (!parse_word(p, "the terms of a log", &word))
		return false;
	terms->n = 0;
	if (!strcmp(word, "-"))
		return true;
	if (!term_list(word, NULL, &n))
		return parse_error(p,
				   "expected the terms of a log (1x3,4 or -), got '%s'",
				   word);
	terms->term = parse_alloc(p, n * sizeof(*terms->term));
	terms->n = (u32)n;
	return term_list(word, terms->term, &n);
}

/**
 * parse_switch() - eat on or off
 * @p: parser
 * @on: result, 1 or 0
 *
 * Return: false if it is neither.
 */
bool parse_switch(struct parse *p, u64 *on)
{
	const char *word;

	if (!parse_word(p, "on or off", &word))
		return false;
	*on = !strcmp(word, "on");
	if (!*on && strcmp(word, "off"))
		return parse_error(p, "expected on or off, got '%s'", word);
	return true;
}

/**
 * parse_name_find() - look a NAME up
 * @list: names so far, the latest first
 * @name: wanted
 *
 * Return: the latest of that name, NULL if none.
 */
struct parse_name *parse_name_find(struct parse_name *list, const char *name)
{
	for (; list; list = list->next)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

/**
 * parse_name() - eat a new NAME and remember it
 * @p: parser
 * @list: where
 * @name: result
 *
 * Any word will do but those of the conditions.
 *
 * Return: false if there is none or it is a word of the conditions.
 */
bool parse_name(struct parse *p, struct parse_name **list, const char **name)
{
	struct parse_name *entry;
	const char *word;

	if (!parse_word(p, "a name", &word))
		return false;
	if (parse_cond_word(word))
		return parse_error(p,
				   "'%s' is a word of the conditions, not a name",
				   word);
	entry = parse_alloc(p, sizeof(*entry));
	entry->name = word;
	entry->open = true;
	entry->next = *list;
	*list = entry;
	*name = word;
	return true;
}

/**
 * parse_assignment() - eat key=value
 * @p: parser
 * @key: wanted
 * @value: what is behind the equals sign
 *
 * Return: false, without an error, if the next word is another.
 */
bool parse_assignment(struct parse *p, const char *key, const char **value)
{
	const char *word = parse_peek(p);
	size_t len = strlen(key);

	if (!word || strncmp(word, key, len) || word[len] != '=')
		return false;
	*value = word + len + 1;
	p->pos++;
	return true;
}

/**
 * parse_count() - the value of count=
 * @p: parser
 * @text: the value
 * @n: result, 0 before
 *
 * Return: false if it is no count, or given twice.
 */
bool parse_count(struct parse *p, const char *text, u32 *n)
{
	u64 value;

	if (*n)
		return parse_error(p, "count given twice");
	if (!parse_number_text(text, &value) || !value ||
	    value > SCN_MAX_COUNT)
		return parse_error(p, "expected count= from 1 to %u, got '%s'",
				   SCN_MAX_COUNT, text);
	*n = (u32)value;
	return true;
}
