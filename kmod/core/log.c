// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - the log in memory: terms, lengths and payload handles by index.
 *
 *	base ... evicted ... last
 *	    ^^^^^       ^^^^^
 *	    on disk     in memory
 *
 * The log begins behind its base, the entry that compaction dropped last: of
 * that one only index and term are left.  Of entries that were evicted the terms
 * are (terms.c).  Owns the chunks that the shell gave and one payload reference
 * per entry in memory.  Knows nothing of commit, votes or disks, and never
 * decides what to drop.
 */
#include "raft_env.h"
#include "internal.h"

/*
 * Chunks count from that of index 1; the table is a ring of those in use.  Where
 * one is depends on its number alone: who reads an entry need not know what is
 * dropped before it meanwhile.
 */
static u64 chunk_of(u64 index)
{
	return (index - 1) / RAFT_CHUNK_ENTRIES;
}

static struct raft_log_chunk **slot_of(const struct raft_log *log, u64 chunk)
{
	u32 size = log->table_size;

	return &log->table[chunk - div_u64(chunk, size) * size];
}

static struct raft_entry *entry_in(struct raft_log_chunk *c, u64 index)
{
	return &c->entries[(index - 1) % RAFT_CHUNK_ENTRIES];
}

/**
 * raft_log_entry() - look up an entry in memory
 * @log: the log
 * @index: above log->evicted, to log->last
 *
 * Context: owner thread; for an applied index, any, unless it is being dropped.
 * Return: the entry, NULL if there is none at @index.
 */
struct raft_entry *raft_log_entry(const struct raft_log *log, u64 index)
{
	if (index <= log->evicted || index > log->last)
		return NULL;
	return entry_in(*slot_of(log, chunk_of(index)), index);
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
 * @index: log->base to log->last; 0 is before the first entry: term 0
 *
 * Context: owner thread.
 * Return: the term, 0 if @index is not in the log.
 */
u64 raft_log_term(const struct raft_log *log, u64 index)
{
	const struct raft_entry *e = raft_log_entry(log, index);

	if (index == log->base)
		return log->base_term;
	if (index > log->base && index <= log->evicted)
		return raft_terms_at(&log->terms, index);
	return e ? e->term : 0;
}

/**
 * raft_chunks_take() - take memory that no core uses
 * @spare: the chunks
 *
 * Context: owner thread.
 * Return: a chunk, NULL if there is none.
 */
struct raft_log_chunk *raft_chunks_take(struct raft_chunks *spare)
{
	struct raft_log_chunk *c = spare->first;

	if (!c)
		return NULL;
	spare->first = c->next;
	spare->n--;
	return c;
}

/**
 * raft_chunk_get() - take memory from the spare chunks
 * @log: the log
 *
 * Context: owner thread.
 * Return: a chunk, NULL if there is none.
 */
struct raft_log_chunk *raft_chunk_get(struct raft_log *log)
{
	return raft_chunks_take(log->spare);
}

/**
 * raft_chunk_put() - a chunk is not needed any more
 * @log: the log
 * @c: the chunk
 *
 * Context: owner thread.
 */
void raft_chunk_put(struct raft_log *log, struct raft_log_chunk *c)
{
	c->next = log->spare->first;
	log->spare->first = c;
	log->spare->n++;
}

/* The next chunk from the spare ones; NULL if there is none or no slot. */
static struct raft_log_chunk *chunk_add(struct raft_log *log, u64 chunk)
{
	struct raft_log_chunk *c;

	if (log->n_chunks >= log->table_size)
		return NULL;
	c = raft_chunk_get(log);
	if (!c)
		return NULL;
	if (!log->n_chunks)
		log->first_chunk = chunk;
	log->n_chunks++;
	*slot_of(log, chunk) = c;
	return c;
}

/* The first chunk is not needed any more. */
static void chunk_drop(struct raft_log *log)
{
	struct raft_log_chunk *c = *slot_of(log, log->first_chunk);

	log->first_chunk++;
	log->n_chunks--;
	raft_chunk_put(log, c);
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
	u64 index = log->last + 1, chunk = chunk_of(index);
	struct raft_log_chunk *c;
	struct raft_entry *to;

	if (!log->n_chunks || chunk >= log->first_chunk + log->n_chunks)
		c = chunk_add(log, chunk);
	else
		c = *slot_of(log, chunk);
	if (!c)
		return false;
	to = entry_in(c, index);
	*to = *e;
	to->flags = 0;
	if (e->payload)
		raft_payload_get(e->payload);
	log->bytes += e->len;
	log->last++;
	return true;
}

static void entry_drop(struct raft_log *log, struct raft_entry *e)
{
	log->bytes -= e->len;
	if (e->payload)
		raft_payload_put(e->payload);
	e->payload = NULL;
}

/**
 * raft_log_truncate() - drop a suffix
 * @log: the log
 * @from: first index to drop, above log->evicted
 *
 * Drops from the back, as the disk does (trap 18).
 *
 * Context: owner thread.
 */
void raft_log_truncate(struct raft_log *log, u64 from)
{
	while (log->last >= from) {
		entry_drop(log, raft_log_entry(log, log->last));
		log->last--;
	}
}

/* Entries up to an index leave the memory. */
static void entries_drop(struct raft_log *log, u64 index)
{
	while (log->evicted < index) {
		entry_drop(log, raft_log_entry(log, log->evicted + 1));
		log->evicted++;
	}
	while (log->n_chunks && log->first_chunk < chunk_of(log->evicted + 1))
		chunk_drop(log);
}

/**
 * raft_log_evict() - entries leave the memory and stay in the log
 * @log: the log
 * @index: last one that shall, to log->last
 *
 * Context: owner thread; nobody else looks at them.
 * Return: the last one that did: @index, unless there are too many terms or no
 * memory for them.
 */
u64 raft_log_evict(struct raft_log *log, u64 index)
{
	u64 to = log->evicted;

	while (to < index && raft_terms_add(log, to + 1,
					    raft_log_entry(log, to + 1)->term))
		to++;
	entries_drop(log, to);
	return log->evicted;
}

/**
 * raft_log_compact() - drop a prefix
 * @log: the log
 * @index: last index to drop, log->base to log->last
 *
 * Context: owner thread; nobody else looks at what is dropped.
 */
void raft_log_compact(struct raft_log *log, u64 index)
{
	log->base_term = raft_log_term(log, index);
	raft_terms_drop(log, index, log->evicted);
	log->base = index;
	entries_drop(log, index);
}

/**
 * raft_log_reset() - drop everything and begin behind another entry
 * @log: the log
 * @index: of that entry, which is in a snapshot
 * @term: its term
 *
 * Context: owner thread, as raft_log_compact().
 */
void raft_log_reset(struct raft_log *log, u64 index, u64 term)
{
	raft_log_truncate(log, log->evicted + 1);
	while (log->n_chunks)
		chunk_drop(log);
	raft_terms_drop(log, log->evicted, log->evicted);
	log->base = index;
	log->base_term = term;
	log->evicted = index;
	log->last = index;
}

/**
 * raft_log_find_by_term() - where a log with a conflict may begin to match
 * @log: the log
 * @index: start here and go down
 * @term: term that the other side has at @index
 *
 * Entries above the result have a term above @term, so they cannot match what
 * the other side has there: whole terms are skipped at once (Raft 5.3).  What is
 * below the base is not known, so that is no reason to skip.
 *
 * Context: owner thread.
 * Return: the largest index up to @index whose term is at most @term; the base
 * if there is none; @index if that is below the base.
 */
u64 raft_log_find_by_term(const struct raft_log *log, u64 index, u64 term)
{
	u64 low = log->base, mid;

	if (index <= log->base)
		return index;
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

/* For each peer that may be sent entries, what is on its way to it. */
static u32 spare_of(const struct raft *r)
{
	u32 rings = r->role == RAFT_LEADER ? r->conf.n : 0;

	return RAFT_CORE_SPARE + (rings > r->n_rings ? rings - r->n_rings : 0);
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
 * Return: number of chunks, 0 if there are enough.
 */
u32 raft_log_want(const struct raft *r)
{
	const struct raft_log *log = &r->log;
	u32 left = log->table_size - log->n_chunks;
	u32 goal = min_t(u32, left, RAFT_LOG_SPARE) + spare_of(r);

	return log->spare->n < goal ? goal - log->spare->n : 0;
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
	raft_chunk_put(&r->log, chunk);
}

/**
 * raft_log_take() - take memory back that compaction or eviction has freed
 * @r: the core
 *
 * Context: owner thread.
 * Return: a chunk, the caller's now; NULL if none is left over.
 */
struct raft_log_chunk *raft_log_take(struct raft *r)
{
	if (r->log.spare->n <= RAFT_LOG_SPARE + spare_of(r) ||
	    RAFT_MUTANT("chunks-kept"))
		return NULL;
	return raft_chunk_get(&r->log);
}

/**
 * raft_log_share() - use the spare chunks of others
 * @r: the core
 * @with: of cores that the same thread steps, and takes memory of; what @r has
 *	spare of its own is there then.  NULL: use the own ones again, which are
 *	none
 *
 * Context: owner thread, between steps.
 */
void raft_log_share(struct raft *r, struct raft_chunks *with)
{
	struct raft_log *log = &r->log;
	struct raft_log_chunk *c;

	log->spare = &log->own;
	if (!with)
		return;
	while ((c = raft_chunk_get(log))) {
		c->next = with->first;
		with->first = c;
		with->n++;
	}
	log->spare = with;
}
