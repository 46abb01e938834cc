/* SPDX-License-Identifier: GPL-2.0 */
/*
 * propose.h - proposals between their caller and the owner thread.
 */
#ifndef _RAFT_PROPOSE_H
#define _RAFT_PROPOSE_H

#include <linux/list.h>
#include <linux/types.h>

#include "group.h"
#include "result.h"
#include "waiter.h"

struct raft_entry;
struct raft_group_priv;
struct raft_repeated;

/**
 * struct raft_proposal - commands on their way together
 * @w: who waits; in the owner's list in the order of @serial
 * @flags: RAFT_PROPOSE_*
 * @n: number of @commands
 * @taken: how many of them the core accepted, the first ones; the caller reads it
 *	with smp_load_acquire()
 * @decided: how many of those are decided, the first ones; likewise
 * @refused: why the others were not accepted, before @taken
 * @serial: of the first one, before @taken
 * @wanted: with RAFT_PROPOSE_RESULT
 * @commands: what is proposed, payloads referenced; what became of each, before
 *	@decided
 */
struct raft_proposal {
	struct raft_waiter w;
	u32 flags;
	u32 n;
	u32 taken;
	u32 decided;
	int refused;
	u64 serial;
	struct raft_wanted wanted;
	struct raft_command commands[];
};

/* The owner's side. */
void raft_propose_take(struct raft_group_priv *p);
void raft_propose_applied(struct raft_group_priv *p, u64 index,
			  const struct raft_entry *e,
			  const struct raft_repeated *copy);
void raft_propose_installed(struct raft_group_priv *p);
void raft_propose_room(struct raft_group_priv *p);

#endif /* _RAFT_PROPOSE_H */
