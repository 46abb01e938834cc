// SPDX-License-Identifier: GPL-2.0
/*
 * judge.c - the promises of a node, and whether recovery finds them kept.
 *
 *   committed	what a client was told is at its index, with its bytes, and so is
 *		all before it
 *   matched	what the node told a leader that it has, until a truncation begins
 *   voted	in the term of its vote no other vote is possible (Raft 5.2, 5.4)
 *   invented	no command but those that were tried before; no two entries of one
 *		index and term
 *
 * Recovery is raft_disk_recover(), as in the kernel, and what the next boot would
 * make durable, raft_disk_boot(): a vote counts as that boot knows it.
 */
#include "judge.h"

#include <inttypes.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

/**
 * struct command - was tried
 * @name: of it
 * @len: bytes
 * @tried: number of the step
 */
struct command {
	char *name;
	u32 len;
	u32 tried;
};

/**
 * struct seen - a record that was written
 * @index: of its entry
 * @term: of that
 * @crc: of its header
 * @chain: header CRC of the record before it
 */
struct seen {
	u64 index;
	u64 term;
	u32 crc;
	u32 chain;
};

/**
 * struct known - an entry that was found at an index
 * @next: another one at the same index
 * @term: of it
 * @data_crc: of its bytes
 * @len: of them
 * @type: enum raft_entry_type
 * @committed: it is the one in the final log
 * @command: NULL if it is none
 */
struct known {
	struct known *next;
	u64 term;
	u32 data_crc;
	u32 len;
	u8 type;
	bool committed;
	struct command *command;
};

__attribute__((format(printf, 2, 3)))
static bool wrong(struct judge *j, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(j->why, sizeof(j->why), format, args);
	va_end(args);
	return false;
}

static void *get_memory(size_t size)
{
	void *p = calloc(1, size);

	if (!p)
		recording_bad("out of memory");
	return p;
}

/* --- entries -------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	const struct command *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static struct command *command_find(struct judge *j, char *name)
{
	struct command key = { .name = name };
	struct command **found = tfind(&key, &j->commands, by_name);

	return found ? *found : NULL;
}

/* The command whose bytes these are, all of them. */
static struct command *command_read(struct judge *j, const u8 *data, u32 len)
{
	char name[COMMAND_NAME], want[COMMAND_MAX];
	const u8 *blank = memchr(data, ' ', min(len, sizeof(name)));
	struct command *c;

	if (!blank)
		return NULL;
	memcpy(name, data, blank - data);
	name[blank - data] = 0;
	c = command_find(j, name);
	if (!c || c->len != len || len > sizeof(want))
		return NULL;
	command_fill(name, want, len);
	return memcmp(want, data, len) ? NULL : c;
}

static struct known **known_at(struct judge *j, u64 index)
{
	u64 n = j->n_known;

	if (index >= n) {
		j->n_known = 2 * index + 1024;
		j->known = realloc(j->known, j->n_known * sizeof(*j->known));
		if (!j->known)
			recording_bad("out of memory");
		memset(j->known + n, 0, (j->n_known - n) * sizeof(*j->known));
	}
	return &j->known[index];
}

/* What recovery hands over for the first time; NULL if nobody tried it. */
static struct known *learn(struct judge *j, const struct raft_disk_record *rec,
			   const u8 *data)
{
	struct known **at = known_at(j, rec->index);
	struct known *k;

	for (k = *at; k; k = k->next)
		if (k->term == rec->term)
			return k;
	k = get_memory(sizeof(*k));
	k->term = rec->term;
	k->data_crc = rec->data_crc;
	k->len = rec->len;
	k->type = rec->type;
	if (rec->type == RAFT_ENTRY_COMMAND) {
		k->command = command_read(j, data, rec->len);
		if (!k->command) {
			free(k);
			return NULL;
		}
	}
	k->next = *at;
	*at = k;
	return k;
}

/* The entry of @term at @index, if it is the committed one. */
static struct known *committed(struct judge *j, u64 index, u64 term)
{
	struct known *k = *known_at(j, index);

	while (k && (k->term != term || !k->committed))
		k = k->next;
	return k;
}

static int entry(void *ctx, const struct raft_disk_record *rec, const u8 *data)
{
	struct judge *j = ctx;
	struct known *k = learn(j, rec, data);

	if (j->final && !j->first) {
		j->first = rec->index;
		j->first_chain = rec->chain;
	}
	if (!k || (k->command && k->command->tried > j->now)) {
		wrong(j, "invented: entry %" PRIu64 " is no command that was tried",
		      rec->index);
		return -ECANCELED;
	}
	if (k->data_crc != rec->data_crc || k->len != rec->len ||
	    k->type != rec->type) {
		wrong(j, "two entries are %" PRIu64 " of term %" PRIu64,
		      rec->index, rec->term);
		return -ECANCELED;
	}
	if (j->final)
		k->committed = true;
	if (rec->index <= j->acked && !k->committed) {
		wrong(j, "committed entry %" PRIu64 " is another one", rec->index);
		return -ECANCELED;
	}
	return 0;
}

static int image_read(void *ctx, u64 pos, void *buf, u32 len)
{
	struct judge *j = ctx;

	if (pos > j->size || len > j->size - pos)
		return -EIO;
	memcpy(buf, j->image + pos, len);
	return 0;
}

/* --- promises ------------------------------------------------------------- */

/**
 * judge_learn() - take note of a command before the recording is replayed
 * @j: the judge, @j->now is the number of the step
 * @s: STEP_TRY
 */
void judge_learn(struct judge *j, const struct step *s)
{
	struct command *c = get_memory(sizeof(*c));

	c->name = s->name;
	c->len = (u32)s->value;
	c->tried = j->now;
	if (!tsearch(c, &j->commands, by_name))
		recording_bad("out of memory");
}

/**
 * judge_write() - take note of the records that a write completes
 * @j: the judge, after the final look: it knows which log this is; the write is in
 *	@j->image
 * @pos: byte position
 * @len: how many
 *
 * What the page cache writes may have parts of records.
 *
 * Return: false if an entry is no command that was tried; see @j->why.
 */
bool judge_write(struct judge *j, u64 pos, u32 len)
{
	const u32 head = sizeof(struct raft_disk_record_le);
	u64 at = max(pos, RAFT_DISK_DATA_POS + (u64)RAFT_DISK_RECORD_MAX);
	enum raft_disk_reason reason;
	struct raft_disk_record rec;
	const u8 *data;

	at = (at - RAFT_DISK_RECORD_MAX) & ~(RAFT_DISK_ALIGN - 1ULL);
	for (; at < pos + len && at + head <= j->size; at += RAFT_DISK_ALIGN) {
		data = j->image + at + head;
		if (!raft_disk_record_decode(&j->scan.super, j->image + at, &rec,
					     &reason) ||
		    reason != RAFT_DISK_OK || rec.pos != at ||
		    rec.len > j->size - at - head || at + head + rec.len <= pos ||
		    rec.data_crc != raft_disk_crc(data, rec.len))
			continue;
		if (!learn(j, &rec, data))
			return wrong(j, "invented: entry %" PRIu64
				     " is no command that was tried", rec.index);
		j->seen = realloc(j->seen, (j->n_seen + 1) * sizeof(*j->seen));
		if (!j->seen)
			recording_bad("out of memory");
		j->seen[j->n_seen++] = (struct seen) {
			rec.index, rec.term, rec.crc, rec.chain,
		};
	}
	return true;
}

/**
 * judge_trace_back() - which of the entries that were cut are the committed ones
 * @j: the judge, after judge_write() of all in the order of submission
 *
 * From the first one in the final log each record names the one before it.
 */
void judge_trace_back(struct judge *j)
{
	const struct raft_disk_point *base = &j->scan.state.base;
	u64 index = j->first ? j->first - 1 : base->index;
	u32 crc = j->first ? j->first_chain : base->crc;
	struct known *k;
	u32 i;

	for (i = j->n_seen; i-- && index;) {
		const struct seen *s = &j->seen[i];

		if (s->index != index || s->crc != crc)
			continue;
		for (k = *known_at(j, index); k && k->term != s->term;)
			k = k->next;
		k->committed = true;
		j->cut++;
		index--;
		crc = s->chain;
	}
	if (index)
		recording_bad("nobody wrote entry %" PRIu64 ", before which the log goes on",
			      index);
}

static bool acked(struct judge *j, const struct step *s)
{
	const struct known *k = *known_at(j, s->value);

	while (k && !k->committed)
		k = k->next;
	j->acked = max(j->acked, s->value);
	j->acks++;
	if (!k || !k->command || strcmp(k->command->name, s->name))
		return wrong(j, "%s was acknowledged at %" PRIu64 " and is not there",
			     s->name, s->value);
	return true;
}

static bool voted(struct judge *j, u64 term, u32 vote)
{
	if (term == j->term && vote && j->vote && vote != j->vote)
		return wrong(j, "voted for %u and for %u in term %" PRIu64,
			     j->vote, vote, term);
	if (term > j->term) {
		j->term = term;
		j->vote = 0;
	}
	if (term == j->term && vote && !j->vote) {
		j->vote = vote;
		j->votes++;
	}
	return true;
}

/**
 * judge_step() - take note of what was promised
 * @j: the judge, @j->now is the number of the step
 * @s: the step
 *
 * Return: false if it contradicts what was promised before; see @j->why.
 */
bool judge_step(struct judge *j, const struct step *s)
{
	switch (s->kind) {
	case STEP_ACK:
		return acked(j, s);
	case STEP_MATCH:
		j->match = max(j->match, s->value);
		return true;
	case STEP_VOTE:
		return voted(j, s->value, s->node);
	case STEP_TERM:
		return voted(j, s->value, 0);
	case STEP_TRUNCATE:
		j->truncations++;
		if (s->value <= j->acked)
			return wrong(j, "committed entry %" PRIu64 " is to go",
				     s->value);
		j->match = min(j->match, s->value - 1);
		return true;
	case STEP_TRY:
	case STEP_SUBMIT:
	case STEP_COMPLETE:
	case STEP_FLUSH:
	case STEP_FLUSHED:
	case STEP_KINDS:
		break;
	}
	return true;
}

static bool kept(struct judge *j)
{
	const struct raft_disk_scan *s = &j->scan;
	struct raft_disk_state st;

	raft_disk_boot(s, 0, &st);
	j->laps = max_t(u32, j->laps, s->tail.lap);
	if (s->state.base.index && !j->final &&
	    !committed(j, s->state.base.index, s->state.base.term))
		return wrong(j, "the log begins behind %" PRIu64 ", which is not committed",
			     s->state.base.index);
	if (s->tail.index < j->acked)
		return wrong(j, "the log ends with %" PRIu64 ", acknowledged was %" PRIu64,
			     s->tail.index, j->acked);
	if (s->tail.index < j->match)
		return wrong(j, "the log ends with %" PRIu64 ", the leader was told %" PRIu64,
			     s->tail.index, j->match);
	if (st.term < j->term)
		return wrong(j, "term %" PRIu64 ", it spoke in %" PRIu64, st.term,
			     j->term);
	if (st.term == j->term && j->vote && st.vote != j->vote)
		return wrong(j, "may vote again in term %" PRIu64 ": vote %u, it told %u",
			     st.term, st.vote, j->vote);
	return true;
}

/**
 * judge_image() - would a node that boots from this disk keep its promises?
 * @j: the judge; a @j->final look makes the log that is there the committed one
 *
 * Return: false if not; see @j->why.
 */
bool judge_image(struct judge *j)
{
	struct raft_disk_scan *s = &j->scan;
	int err;

	s->read = image_read;
	s->entry = entry;
	s->ctx = j;
	s->buf = j->buf;
	s->size = j->size;
	err = raft_disk_recover(s);
	/* Not yet formatted, and nothing was said. */
	if (err == -EMEDIUMTYPE && s->blank && !j->term && !j->match && !j->acked)
		return true;
	if (err == -ECANCELED)
		return false;
	if (err)
		return wrong(j, "recovery: error %d: %s, index %" PRIu64 ", byte %" PRIu64,
			     err, raft_disk_reason_name(s->bad.reason),
			     s->bad.index, s->bad.pos);
	return kept(j);
}
