// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - the log in memory: terms, lengths and payload handles by index.
 *
 * Owns the chunks that the shell gave and one payload reference per entry.
 * Knows nothing of commit, votes or disks, and never decides what to drop.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_log_entry() - look up an entry
 * @log: the log
 * @index: 1 to log->last
 *
 * Context: owner thread; for an applied index, any.
 * Return: the entry, NULL if there is none at @index.
 */
struct raft_entry *raft_log_entry(const struct raft_log *log, u64 index)
{
	u64 slot = index - 1;

	if (!index || index > log->last)
		return NULL;
	return &log->table[slot / RAFT_CHUNK_ENTRIES]->entries[slot %
							RAFT_CHUNK_ENTRIES];
}

/**
 * raft_entry_is_bare() - was the command of an entry left out?
 * @e: the entry
 *
 * As in the log of a witness.
 *
 * Context: any.
 * Return: true if so.
 */
bool raft_entry_is_bare(const struct raft_entry *e)
{
	return e->type == RAFT_ENTRY_COMMAND && !e->len;
}

/**
 * raft_log_term() - term of an entry
 * @log: the log
 * @index: 0 (before the first entry: term 0) to log->last
 *
 * Context: owner thread.
 * Return: the term, 0 if there is no entry at @index.
 */
u64 raft_log_term(const struct raft_log *log, u64 index)
{
	const struct raft_entry *e = raft_log_entry(log, index);

	return e ? e->term : 0;
}

/**
 * raft_log_append() - add an entry behind the last one
 * @log: the log
 * @e: copied; the log takes a reference on its payload
 *
 * Context: owner thread.
 * Return: false if there is no memory for it, nothing changed then.
 */
bool raft_log_append(struct raft_log *log, const struct raft_entry *e)
{
	u64 slot = log->last;
	struct raft_log_chunk *c;

	if (slot / RAFT_CHUNK_ENTRIES >= log->n_chunks) {
		c = log->spare;
		if (!c || log->n_chunks >= log->table_size)
			return false;
		log->spare = c->next;
		log->n_spare--;
		log->table[log->n_chunks++] = c;
	}
	c = log->table[slot / RAFT_CHUNK_ENTRIES];
	c->entries[slot % RAFT_CHUNK_ENTRIES] = *e;
	c->entries[slot % RAFT_CHUNK_ENTRIES].flags = 0;
	if (e->payload)
		raft_payload_get(e->payload);
	log->last++;
	return true;
}

/**
 * raft_log_truncate() - drop a suffix
 * @log: the log
 * @from: first index to drop, 1 to log->last
 *
 * Drops from the back, as the disk does (trap 18).
 *
 * Context: owner thread.
 */
void raft_log_truncate(struct raft_log *log, u64 from)
{
	struct raft_entry *e;

	while (log->last >= from) {
		e = raft_log_entry(log, log->last);
		if (e->payload)
			raft_payload_put(e->payload);
		e->payload = NULL;
		log->last--;
	}
}

/**
 * raft_log_find_by_term() - where a log with a conflict may begin to match
 * @log: the log
 * @index: start here and go down
 * @term: term that the other side has at @index
 *
 * Entries above the result have a term above @term, so they cannot match what
 * the other side has there: whole terms are skipped at once (Raft 5.3).
 *
 * Context: owner thread.
 * Return: the largest index up to @index whose term is at most @term, 0 if none.
 */
u64 raft_log_find_by_term(const struct raft_log *log, u64 index, u64 term)
{
	u64 low = 0, mid;

	if (index > log->last)
		index = log->last;
	/* Terms never fall along a log: @low fits, above @index nothing does. */
	while (low < index) {
		mid = index - (index - low) / 2;
		if (raft_log_term(log, mid) <= term)
			low = mid;
		else
			index = mid - 1;
	}
	return low;
}

/**
 * raft_log_up_to_date() - may a candidate with this log be voted for?
 * @log: the voter's log
 * @last: candidate's last index
 * @last_term: candidate's last term
 *
 * Raft 5.4.1, trap 6: the last term decides, then the length.
 *
 * Context: owner thread.
 * Return: true if the candidate's log is at least as up to date.
 */
bool raft_log_up_to_date(const struct raft_log *log, u64 last, u64 last_term)
{
	u64 own_term = raft_log_term(log, log->last);

	if (RAFT_MUTANT("vote-by-term-only"))
		return true;
	if (last_term != own_term)
		return last_term > own_term;
	return last >= log->last;
}

/**
 * raft_log_chunk_size() - bytes of one chunk of log memory
 *
 * Context: any.
 * Return: bytes.
 */
size_t raft_log_chunk_size(void)
{
	return sizeof(struct raft_log_chunk);
}

/**
 * raft_log_want() - chunks the shell should give before the next step
 * @r: the core
 *
 * Context: owner thread.
 * Return: number of chunks, 0 if there are enough or the table is full.
 */
u32 raft_log_want(const struct raft *r)
{
	const struct raft_log *log = &r->log;
	u32 left = log->table_size - log->n_chunks;
	u32 goal = left < RAFT_LOG_SPARE ? left : RAFT_LOG_SPARE;

	return log->n_spare < goal ? goal - log->n_spare : 0;
}

/**
 * raft_log_give() - give memory for the log
 * @r: the core, which owns the chunk until raft_destroy()
 * @chunk: raft_log_chunk_size() bytes
 *
 * Context: owner thread.
 */
void raft_log_give(struct raft *r, struct raft_log_chunk *chunk)
{
	chunk->next = r->log.spare;
	r->log.spare = chunk;
	r->log.n_spare++;
}
