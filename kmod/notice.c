// SPDX-License-Identifier: GPL-2.0
/*
 * notice.c - which of the kept messages leave, and when.
 *
 * Owns one message for each other node, and the earliest time at which one leaves.
 * Never keeps one that has entries, or without a time at which it leaves.
 */
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "notice.h"
#include "owner.h"
#include "remote.h"
#include "transport.h"

/*
 * Will the receiver know by @m what @notice says?  Of the commit index of an
 * APPEND it believes what the message itself shows to match, see
 * raft_handle_append(); that of a HEARTBEAT it has (trap 10).
 */
static bool tells(const struct raft_msg *m, const struct raft_msg *notice)
{
	if (m->type == RAFT_MSG_APPEND)
		return m->commit >= notice->commit &&
		       m->index + m->n_entries >= notice->commit;
	return m->type == RAFT_MSG_HEARTBEAT && m->commit >= notice->commit;
}

/**
 * raft_notice_told - a message leaves: is one that is kept of no use any more?
 * @remote: the receiver
 * @m: the message
 *
 * Context: the owner thread.
 */
void raft_notice_told(struct raft_remote *remote, const struct raft_msg *m)
{
	struct raft_notice *n = &remote->notice;

	if (n->m.type && m->term >= n->m.term && tells(m, &n->m))
		n->m.type = 0;
}

/**
 * raft_notice_keep - send a message soon, unless another one says as much
 * @p: the group
 * @m: the message, @m->lazy; instead of the one that is kept for the same node
 *
 * The older one's time stands, so that none waits for ever.
 *
 * Context: the owner thread.
 */
void raft_notice_keep(struct raft_group_priv *p, const struct raft_msg *m)
{
	struct raft_remote *remote = raft_remote_find(&p->remotes, m->to);
	u64 wait = min_t(u64, RAFT_NOTICE_NS,
			 (u64)p->g->settings.heartbeat_ms * NSEC_PER_MSEC / 4);
	struct raft_notice *n;

	if (!remote)
		return;
	n = &remote->notice;
	if (!n->m.type)
		n->due = ktime_get_ns() + wait;
	n->m = *m;
	p->notice_due = min(p->notice_due, n->due);
}

/**
 * raft_notice_flush - send what is kept for a node
 * @p: the group
 * @remote: the node
 *
 * Context: the owner thread.
 */
void raft_notice_flush(struct raft_group_priv *p, struct raft_remote *remote)
{
	struct raft_msg m = remote->notice.m;

	if (!m.type)
		return;
	remote->notice.m.type = 0;
	raft_tx_msg(p, &m);
}

/**
 * raft_notice_flush_all - send what is kept
 * @p: the group
 *
 * Context: the owner thread.
 */
void raft_notice_flush_all(struct raft_group_priv *p)
{
	u32 i;

	for (i = 0; i < RAFT_MAX_PEERS; i++)
		raft_notice_flush(p, &p->remotes.slot[i]);
	p->notice_due = U64_MAX;
}

/**
 * raft_notice_pass - send what has waited long enough
 * @p: the group
 * @now: ktime ns
 *
 * Context: the owner thread.
 */
void raft_notice_pass(struct raft_group_priv *p, u64 now)
{
	u32 i;

	if (now < p->notice_due)
		return;
	p->notice_due = U64_MAX;
	for (i = 0; i < RAFT_MAX_PEERS; i++) {
		struct raft_remote *remote = &p->remotes.slot[i];

		if (!remote->notice.m.type)
			continue;
		if (now >= remote->notice.due)
			raft_notice_flush(p, remote);
		else
			p->notice_due = min(p->notice_due, remote->notice.due);
	}
}
