/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scenario.h - the scenario language: a text file into an array of directives.
 *
 * Owns the words, numbers and syntax of a scenario and the errors with file and
 * line.  Knows nothing of who runs it: tools/sim (pure core, virtual time) and
 * tools/lab/run (the real module) both walk the same array.
 *
 * Documentation/simulator.rst has the language itself.
 */
#ifndef _SCENARIO_H
#define _SCENARIO_H

#include "raft_core.h"
#include "raft_env.h"

#define SCN_MAX_IDS	64	/* nodes named in one list, largest node id */
#define SCN_MAX_GROUPS	16	/* sides of one partition */
#define SCN_MAX_ENTRIES	65536	/* entries of one preset or expected log */
#define SCN_ELECTION_TIMEOUT	300000000ULL	/* ns, unless an option says so */
#define SCN_HEARTBEAT		30000000ULL	/* ns, likewise */
#define SCN_MAX_COUNT	100000	/* count= of a propose, drop or hold */

enum scn_op {
	SCN_SEED = 1,		/* value */
	SCN_NODES,		/* ids */
	SCN_LEARNERS,		/* ids */
	SCN_WITNESSES,		/* ids; of nodes */
	SCN_OPTION,		/* option, value */
	SCN_LOG,		/* id, terms */
	SCN_TERM,		/* id, value, vote or 0 */
	SCN_COMMIT,		/* id, value */
	SCN_START,		/* all, or ids */
	SCN_RUN,		/* time */
	SCN_AWAIT,		/* cond, time */
	SCN_ELECT,		/* id */
	SCN_SETTLE,
	SCN_PROPOSE,		/* id, word, name or NULL, size or 0, count or 0 */
	SCN_LINK,		/* id, id2, one_way, up */
	SCN_ISOLATE,		/* id */
	SCN_PARTITION,		/* groups, n_groups */
	SCN_HEAL,
	SCN_NET,		/* net */
	SCN_DROP,		/* msg, id -> id2 or 0 0, count or 0 (no limit) */
	SCN_HOLD,		/* like drop, and name */
	SCN_RELEASE,		/* name */
	SCN_REPLAY,		/* name */
	SCN_CRASH,		/* id, torn */
	SCN_RESTART,		/* id */
	SCN_WIPE,		/* id */
	SCN_PAUSE,		/* id */
	SCN_RESUME,		/* id */
	SCN_DISK,		/* id, disk, time (stall), value (corrupt; 0: the hard state) */
	SCN_EXPECT,		/* cond */
	SCN_READ,		/* id, name or NULL, lease */
	SCN_MEMBER,		/* id, change, name or NULL */
	SCN_TRANSFER,		/* id, id2 or 0 (the best), name or NULL */
	SCN_SNAPSHOT,		/* id, value: index, 0: what is applied */
	SCN_COMPACT,		/* id, value */
};

enum scn_option {
	SCN_OPT_ELECTION_TIMEOUT = 1,	/* ns */
	SCN_OPT_HEARTBEAT,		/* ns */
	SCN_OPT_PREVOTE,		/* 0, 1 */
	SCN_OPT_UNPROVEN,		/* 0, 1 */
	SCN_OPT_CHECK_QUORUM,		/* 0, 1 */
	SCN_OPT_MAX_INFLIGHT,		/* messages */
	SCN_OPT_MAX_BATCH,		/* entries in an append */
	SCN_OPT_MAX_UNCOMMITTED,	/* bytes */
	SCN_OPT_PRIORITY,		/* id, value */
};

enum scn_disk {
	SCN_DISK_OK = 0,
	SCN_DISK_STALL,
	SCN_DISK_ERROR,
	SCN_DISK_FULL,
	SCN_DISK_CORRUPT,
};

/* What is corrupt. */
enum scn_damage {
	SCN_DAMAGE_ENTRY = 0,	/* value */
	SCN_DAMAGE_STATE,
	SCN_DAMAGE_SNAPSHOT,	/* with its image: gone */
	SCN_DAMAGE_CONTENT,	/* of the snapshot */
};

enum scn_cond_type {
	SCN_COND_LEADER = 1,	/* id */
	SCN_COND_LEADER_NONE,
	SCN_COND_LEADER_ONE,
	SCN_COND_ROLE,		/* id, cmp, value: enum raft_role */
	SCN_COND_TERM,		/* id, cmp, value */
	SCN_COND_VOTE,		/* id, cmp, value */
	SCN_COND_COMMIT,	/* id, cmp, value */
	SCN_COND_LAST,		/* id, cmp, value */
	SCN_COND_LOG,		/* id, terms */
	SCN_COND_APPLIED,	/* id, text: the list, "" if empty */
	SCN_COND_VOTERS,	/* id, ids */
	SCN_COND_LEARNERS,	/* id, ids */
	SCN_COND_OUTCOME,	/* text: NAME, cmp, value: enum scn_outcome */
	SCN_COND_INDEX,		/* text: NAME, cmp, value */
	SCN_COND_LOGS_EQUAL,	/* ids, empty: all running members */
	SCN_COND_FAILED,	/* id */
};

enum scn_cmp {
	SCN_EQ = 0,
	SCN_NE,
	SCN_GE,
	SCN_LE,
};

enum scn_outcome {
	SCN_PENDING = 0,
	SCN_COMMITTED,
	SCN_FAILED,
	SCN_UNKNOWN,
};

/**
 * struct scn_ids - a list of nodes
 * @n: number of @id
 * @id: node ids as written, no id twice
 */
struct scn_ids {
	u32 n;
	u32 id[SCN_MAX_IDS];
};

/**
 * struct scn_terms - the terms of entries 1, 2, ...
 * @n: number of entries
 * @term: their terms, never 0, owned by the scenario
 */
struct scn_terms {
	u32 n;
	u64 *term;
};

/**
 * struct scn_cond - a condition of an expect or await
 * @type: enum scn_cond_type, which says what else is used
 * @cmp: how the actual number, role or outcome compares with @value
 * @id: node
 * @value: number, enum raft_role or enum scn_outcome
 * @ids: list of nodes
 * @terms: expected log
 * @text: NAME of an operation, or applied texts with a comma between
 * @source: the condition as written, for messages
 */
struct scn_cond {
	enum scn_cond_type type;
	enum scn_cmp cmp;
	u32 id;
	u64 value;
	struct scn_ids ids;
	struct scn_terms terms;
	const char *text;
	const char *source;
};

#define SCN_NET_LOSS	0x01
#define SCN_NET_DUP	0x02
#define SCN_NET_REORDER	0x04
#define SCN_NET_DELAY	0x08

/**
 * struct scn_net - the weather on all links
 * @set: SCN_NET_* of what the directive names; the rest stays as it is
 * @loss: chance that a message is lost, in millionths
 * @dup: chance that it arrives twice, in millionths
 * @reorder: chance that later ones overtake it, in millionths
 * @delay_min: ns
 * @delay_max: ns, not below @delay_min
 */
struct scn_net {
	u32 set;
	u32 loss;
	u32 dup;
	u32 reorder;
	u64 delay_min;
	u64 delay_max;
};

/**
 * struct scn_dir - one directive
 * @op: enum scn_op; the comments there say which of the others are used
 * @line: line number in the file, from 1
 * @text: the line, without comment, one blank between words
 * @id: node, or the sender of a rule, 0 if any
 * @id2: other end of a link, or the receiver of a rule, 0 if any; transfer: the
 *	node to lead, 0 for the best
 * @all: start: every member that does not run
 * @one_way: link: only from @id to @id2
 * @up: link: mend it
 * @torn: crash: half of the write in flight is there
 * @lease: read: from the leader's lease if it has one
 * @msg: enum raft_msg_type, 0 for any
 * @option: enum scn_option
 * @disk: enum scn_disk
 * @value: the number of the directive
 * @vote: term: candidate voted for, 0 if none
 * @time: duration in ns
 * @size: propose: bytes of each command, 0: as long as its text
 * @count: propose: how many, 0 if not given (one, its text is @word without a
 *	number); drop, hold: how many messages, 0 for no limit
 * @name: NAME or H, NULL if none
 * @word: propose: the text
 * @ids: list of nodes
 * @n_groups: number of @groups
 * @groups: the sides of a partition
 * @change: member: what is asked, owned by the scenario
 * @terms: log: preset
 * @net: net: the new weather
 * @cond: expect, await
 */
struct scn_dir {
	enum scn_op op;
	u32 line;
	const char *text;
	u32 id;
	u32 id2;
	bool all;
	bool one_way;
	bool up;
	bool torn;
	bool lease;
	u8 msg;
	enum scn_option option;
	enum scn_disk disk;
	enum scn_damage damage;
	u64 value;
	u32 vote;
	u64 time;
	u64 size;
	u32 count;
	const char *name;
	const char *word;
	struct scn_ids ids;
	u32 n_groups;
	struct scn_ids *groups;
	struct raft_change *change;
	struct scn_terms terms;
	struct scn_net net;
	struct scn_cond cond;
};

struct scn_block;

/**
 * struct scenario - a parsed file
 * @file: its name as given
 * @n: number of @dir
 * @cap: room in @dir
 * @dir: the directives in order
 * @error: "FILE:LINE: ..." without newline, after a failure
 * @blocks: memory of all strings and arrays
 */
struct scenario {
	const char *file;
	u32 n;
	u32 cap;
	struct scn_dir *dir;
	char error[512];
	struct scn_block *blocks;
};

int scenario_load(struct scenario *s, const char *file);
int scenario_parse(struct scenario *s, const char *file, const char *text);
void scenario_free(struct scenario *s);

bool scenario_compare(enum scn_cmp cmp, u64 actual, u64 wanted);
const char *scenario_outcome_name(enum scn_outcome outcome);

const char *scenario_msg_word(u8 type);

#endif /* _SCENARIO_H */
