/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.h - the log of the core: the entries in memory, and the terms of all.
 *
 * Owns what log.c and terms.c offer to the other files of kmod/core/.  Knows nothing
 * of nodes, roles or what is committed.  Belongs to the thread that calls raft_step();
 * readers elsewhere: internal.h.
 */
#ifndef _RAFT_LOG_H
#define _RAFT_LOG_H

#include "raft_env.h"
#include "raft_core.h"

/* Spare chunks that cover what one step may append: a message or as many own
 * proposals, and the no-op.
 */
#define RAFT_LOG_SPARE		4
/* And what else it may begin to keep: proposals, entries that were read back. */
#define RAFT_CORE_SPARE		3
/* Terms that a log may have where it is only on disk. */
#define RAFT_LOG_TERMS		4096

/**
 * struct raft_run - consecutive entries of one term; the next run ends it
 * @first: index of the first one
 * @term: their term
 */
struct raft_run {
	u64 first;
	u64 term;
};

#define RAFT_CHUNK_RUNS \
	(RAFT_CHUNK_ENTRIES * sizeof(struct raft_entry) / sizeof(struct raft_run))

/**
 * struct raft_inflight - an AppendEntries with entries on its way
 * @last: last index in it
 * @bytes: of commands in it
 */
struct raft_inflight {
	u64 last;
	u32 bytes;
};

/**
 * struct raft_log_chunk - memory for RAFT_CHUNK_ENTRIES consecutive entries
 * @next: in the list of spare chunks
 * @entries: the entries, once it is in use; 16 KiB to the byte
 * @runs: or terms of others
 * @inflight: or what is on its way to a peer
 *
 * All that a core has many of only at times is in such memory.
 */
struct raft_log_chunk {
	union {
		struct raft_log_chunk *next;
		struct raft_entry entries[RAFT_CHUNK_ENTRIES];
		struct raft_run runs[RAFT_CHUNK_RUNS];
		struct raft_inflight inflight[RAFT_MAX_INFLIGHT];
	};
};

static_assert(sizeof(struct raft_log_chunk) ==
	      RAFT_CHUNK_ENTRIES * sizeof(struct raft_entry));

/**
 * struct raft_terms - the terms of entries that are not in memory
 * @n: number of runs
 * @part: the runs, ascending; those beyond @n have no memory
 */
struct raft_terms {
	u32 n;
	struct raft_log_chunk *part[RAFT_LOG_TERMS / RAFT_CHUNK_RUNS];
};

/**
 * struct raft_log - the log: what of it is in memory, and all terms
 * @table: ring of chunks in order; memory of the shell
 * @table_size: slots of @table
 * @first_chunk: its number, counted from that of index 1
 * @n_chunks: chunks in use
 * @spare: chunks given but not used yet: @own, or shared with other cores
 * @own: see there
 * @base: entries up to this one were dropped, 0 if none were
 * @base_term: its term
 * @evicted: entries from @base up to this one are only on disk; @base if none
 * @bytes: of the commands of those in memory
 * @terms: of these
 * @last: last index, @base if empty
 */
struct raft_log {
	struct raft_log_chunk **table;
	u32 table_size;
	u64 first_chunk;
	u32 n_chunks;
	struct raft_chunks *spare;
	struct raft_chunks own;
	u64 base;
	u64 base_term;
	u64 evicted;
	u64 bytes;
	struct raft_terms terms;
	u64 last;
};

/* log.c */
u64 raft_log_term(const struct raft_log *log, u64 index);
struct raft_entry *raft_log_entry(const struct raft_log *log, u64 index);
struct raft_log_chunk *raft_chunk_get(struct raft_log *log);
void raft_chunk_put(struct raft_log *log, struct raft_log_chunk *c);
bool raft_log_append(struct raft_log *log, const struct raft_entry *e);
void raft_log_truncate(struct raft_log *log, u64 from);
u64 raft_log_evict(struct raft_log *log, u64 index);
void raft_log_compact(struct raft_log *log, u64 index);
void raft_log_reset(struct raft_log *log, u64 index, u64 term);
u64 raft_log_find_by_term(const struct raft_log *log, u64 index, u64 term);
bool raft_log_up_to_date(const struct raft_log *log, u64 last, u64 last_term);

/* terms.c */
bool raft_terms_add(struct raft_log *log, u64 index, u64 term);
u64 raft_terms_at(const struct raft_terms *t, u64 index);
u64 raft_terms_last(const struct raft_terms *t);
void raft_terms_drop(struct raft_log *log, u64 index, u64 last);

#endif /* _RAFT_LOG_H */
