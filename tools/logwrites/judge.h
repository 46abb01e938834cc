/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - what a node has promised so far, and whether a disk keeps it.
 *
 * Must never look at how a disk came to be as it is.
 */
#ifndef _LOGWRITES_JUDGE_H
#define _LOGWRITES_JUDGE_H

#include "disk.h"
#include "recording.h"

struct command;
struct known;
struct seen;

/**
 * struct judge - promises, and what is known of entries
 * @image: the disk
 * @size: bytes of it
 * @now: number of the step that happens
 * @acked: every entry up to here is committed, and this node was of the majority
 * @match: the node said that its log is durable up to here
 * @term: the highest term that it spoke in
 * @vote: its vote in @term, 0 if it told none
 * @final: the last look: the committed entries become known
 * @laps: statistics: how often the log has gone round its ring
 * @cut: statistics: entries that are not in the final log any more
 * @acks: statistics
 * @votes: statistics: terms with a vote
 * @truncations: statistics
 *
 * @why: what is wrong, if something is
 * @known: private: by index, what was found there
 * @n_known: private: length of @known
 * @first: private: index of the first entry in the final log, 0 if none
 * @first_chain: private: header CRC of the record before it
 * @seen: private: the records that were written
 * @n_seen: private: how many
 * @commands: private: those that were tried, a tree by name
 * @scan: private: recovery
 * @buf: private: its memory
 */
struct judge {
	u8 *image;
	u64 size;
	u32 now;
	u64 acked;
	u64 match;
	u64 term;
	u32 vote;
	bool final;
	u32 laps;
	u64 cut;
	u32 acks;
	u32 votes;
	u32 truncations;
	char why[256];

	struct known **known;
	u64 n_known;
	u64 first;
	u32 first_chain;
	struct seen *seen;
	u32 n_seen;
	void *commands;
	struct raft_disk_scan scan;
	u8 buf[RAFT_DISK_BUF];
};

void judge_learn(struct judge *j, const struct step *s);
bool judge_step(struct judge *j, const struct step *s);
bool judge_image(struct judge *j);
bool judge_write(struct judge *j, u64 pos, u32 len);
void judge_trace_back(struct judge *j);

#endif /* _LOGWRITES_JUDGE_H */
