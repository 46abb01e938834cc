/* SPDX-License-Identifier: GPL-2.0 */
/*
 * config_code.h - who the members of a group are, and what may be asked of that.
 *
 * Owns what a configuration and a change are; config_code.c has their bytes.  Knows
 * nothing of a group or a core.
 */
#ifndef _RAFT_CONFIG_CODE_H
#define _RAFT_CONFIG_CODE_H

#include "raft_env.h"

#define RAFT_MAX_NODES		16	/* members of a group, learners too */
#define RAFT_ADDR_BYTES		24	/* of a member, opaque to the core */
#define RAFT_CONFIG_BYTES	528	/* an encoded configuration or change */

/*
 * A member without flags is a voter.  The configuration is joint (Raft 6, thesis
 * 4.3) while a member has RAFT_MEMBER_OLD; then a majority is one of those with
 * it and one of those that vote in the new one.
 */
#define RAFT_MEMBER_LEARNER	0x1	/* receives the log, has no vote */
#define RAFT_MEMBER_OLD		0x2	/* joint: votes in the old one */
#define RAFT_MEMBER_GONE	0x4	/* joint: not in the new one, voter or learner */
#define RAFT_MEMBER_PROMOTE	0x8	/* a learner, to vote when it has caught up */
#define RAFT_MEMBER_KEEP	0x10	/* ... and to stay a learner if it does not */
#define RAFT_MEMBER_WITNESS	0x20	/* gets the log without the commands */

/**
 * struct raft_member - one member of a configuration
 * @id: node id, not 0
 * @flags: RAFT_MEMBER_*
 * @addr: where it listens, the shell's; replicated as it is
 */
struct raft_member {
	u32 id;
	u32 flags;
	u8 addr[RAFT_ADDR_BYTES];
};

/* Why a configuration follows the one before. */
enum raft_change_result {
	RAFT_CHANGE_DONE = 0,		/* as asked, or on its way there */
	RAFT_CHANGE_ABORTED = 1,	/* the operator took it back */
	RAFT_CHANGE_GIVEN_UP = 2,	/* a new node made no progress */
	RAFT_CHANGE_TOO_SLOW = 3,	/* given up as well: it never caught up */
};

/**
 * struct raft_membership - a configuration
 * @index: of its entry, 0 for the initial one
 * @n: number of @m
 * @result: enum raft_change_result
 * @subject: GIVEN_UP, TOO_SLOW: the node that did not catch up; DONE: the node
 *	that left, and was in no joint one; else 0
 * @m: members in ascending order of id
 */
struct raft_membership {
	u64 index;
	u32 n;
	u8 result;
	u32 subject;
	struct raft_member m[RAFT_MAX_NODES];
};

enum raft_change_op {
	RAFT_OP_ADD_LEARNER = 1,
	RAFT_OP_ADD_VOTER = 2,	/* a learner first (thesis 4.2.1), not if joint */
	RAFT_OP_PROMOTE = 3,	/* a learner that has caught up */
	RAFT_OP_DEMOTE = 4,
	RAFT_OP_REMOVE = 5,
	RAFT_OP_ADDRESS = 6,	/* the member has moved */
	RAFT_OP_ABORT = 7,	/* take back what is not committed, or catches up */
	RAFT_OP_ADD_WITNESS = 8,	/* like ADD_VOTER, of who is no member */
	RAFT_OP_JOIN = 9,	/* as ADD_VOTER, of one that is no member yet */
};

/**
 * struct raft_change - what an operator asks of the configuration
 * @joint: by joint consensus, all at once; without it @n is 1
 * @n: number of @item
 * @item: what shall happen to whom; no id twice; of @item.m only @m.id and, for
 *	the ADD operations, JOIN and ADDRESS, @m.addr count
 */
struct raft_change {
	bool joint;
	u32 n;
	struct raft_change_item {
		enum raft_change_op op;
		struct raft_member m;
	} item[RAFT_MAX_NODES];
};

const struct raft_member *raft_member_of(const struct raft_membership *c,
					 u32 id);
void raft_membership_encode(const struct raft_membership *c, u8 *buf);
int raft_membership_decode(struct raft_membership *c, const u8 *buf, u32 len);
void raft_change_encode(const struct raft_change *c, u8 *buf);
int raft_change_decode(struct raft_change *c, const u8 *buf, u32 len);
bool raft_is_joint(const struct raft_membership *c);
int raft_change_check(const struct raft_change *c);

#endif /* _RAFT_CONFIG_CODE_H */
