/* SPDX-License-Identifier: GPL-2.0 */
/*
 * notice.h - messages that only tell of a commit, and may wait for a better one.
 *
 * A leader tells the others of each commit.  Under load the next entries do that
 * as well, a moment later, so a message without any is kept for up to
 * RAFT_NOTICE_NS, and left out if another one with that commit index goes to the
 * same node.  The core says which may be kept (raft_msg.lazy).  To everybody else
 * it is as if the network had delayed it, or lost it.
 */
#ifndef _RAFT_NOTICE_H
#define _RAFT_NOTICE_H

#include <linux/types.h>

#include "core/raft_core.h"

struct raft_group_priv;
struct raft_remote;

#define RAFT_NOTICE_NS	(2 * 1000 * 1000)	/* and no more than a quarter heartbeat */

/**
 * struct raft_notice - what a node is to be told, soon
 * @m: the newest message of that kind; its type is 0 if there is none
 * @due: when it leaves at the latest, ktime ns
 */
struct raft_notice {
	struct raft_msg m;
	u64 due;
};

void raft_notice_keep(struct raft_group_priv *p, const struct raft_msg *m);
void raft_notice_told(struct raft_remote *remote, const struct raft_msg *m);
void raft_notice_flush(struct raft_group_priv *p, struct raft_remote *remote);
void raft_notice_flush_all(struct raft_group_priv *p);
void raft_notice_pass(struct raft_group_priv *p, u64 now);

#endif /* _RAFT_NOTICE_H */
