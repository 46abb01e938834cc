// SPDX-License-Identifier: GPL-2.0
/*
 * json.c - a JSON emitter: one value after the other, straight to a stream.
 *
 * Writes one line per text (JSON lines), so that a reader of a stream can take
 * it line by line.  Does not check that keys differ.
 */
#include "util.h"

#include <string.h>

/**
 * raft_json_init() - start a JSON text
 * @j: the text
 * @out: where it goes
 */
void raft_json_init(struct raft_json *j, FILE *out)
{
	memset(j, 0, sizeof(*j));
	j->out = out;
}

static void string_write(FILE *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	putc('"', out);
	for (; len; s++, len--) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\t')
			fputs("\\t", out);
		else if (*s < ' ' || *s == 0x7f)
			fprintf(out, "\\u%04x", *s);
		else
			putc(*s, out);
	}
	putc('"', out);
}

static void key_write(struct raft_json *j, const char *key)
{
	if (j->comma[j->depth])
		putc(',', j->out);
	j->comma[j->depth] = true;
	if (key) {
		string_write(j->out, key, strlen(key));
		putc(':', j->out);
	}
}

/**
 * raft_json_open() - begin an object or an array
 * @j: the text
 * @key: its key, NULL in an array or at the top
 * @bracket: '{' or '['
 */
void raft_json_open(struct raft_json *j, const char *key, char bracket)
{
	key_write(j, key);
	putc(bracket, j->out);
	if (j->depth + 1 < RAFT_JSON_DEPTH)
		j->depth++;
	j->comma[j->depth] = false;
}

/**
 * raft_json_close() - end an object or an array
 * @j: the text
 * @bracket: '}' or ']'
 */
void raft_json_close(struct raft_json *j, char bracket)
{
	putc(bracket, j->out);
	if (j->depth)
		j->depth--;
}

/**
 * raft_json_u64() - a number
 * @j: the text
 * @key: its key, or NULL
 * @value: the number, all 64 bits of it: readers with doubles lose some
 */
void raft_json_u64(struct raft_json *j, const char *key, uint64_t value)
{
	key_write(j, key);
	fprintf(j->out, "%llu", (unsigned long long)value);
}

/**
 * raft_json_bool() - true or false
 * @j: the text
 * @key: its key, or NULL
 * @value: which of them
 */
void raft_json_bool(struct raft_json *j, const char *key, bool value)
{
	key_write(j, key);
	fputs(value ? "true" : "false", j->out);
}

/**
 * raft_json_str() - a string
 * @j: the text
 * @key: its key, or NULL
 * @text: UTF-8
 */
void raft_json_str(struct raft_json *j, const char *key, const char *text)
{
	key_write(j, key);
	string_write(j->out, text, strlen(text));
}

/**
 * raft_json_data() - bytes: "text" if they are UTF-8, else "base64"
 * @j: the text, in an object
 * @data: the bytes
 * @len: how many
 */
void raft_json_data(struct raft_json *j, const void *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = data;
	uint32_t v;
	size_t i;

	if (raft_utf8_valid(data, len)) {
		key_write(j, "text");
		string_write(j->out, data, len);
		return;
	}
	key_write(j, "base64");
	putc('"', j->out);
	for (i = 0; i < len; i += 3) {
		v = s[i] << 16 | (i + 1 < len ? s[i + 1] << 8 : 0) |
		    (i + 2 < len ? s[i + 2] : 0);
		putc(digits[v >> 18], j->out);
		putc(digits[v >> 12 & 63], j->out);
		putc(i + 1 < len ? digits[v >> 6 & 63] : '=', j->out);
		putc(i + 2 < len ? digits[v & 63] : '=', j->out);
	}
	putc('"', j->out);
}

/**
 * raft_json_end() - end the text: a newline, and out with it
 * @j: the text
 */
void raft_json_end(struct raft_json *j)
{
	putc('\n', j->out);
	fflush(j->out);
	j->depth = 0;
	j->comma[0] = false;
}
