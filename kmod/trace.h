/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace.h - tracepoints raft:*: messages, state, members, transfer, reads,
 * commit, disk, snapshots, drops, timers.
 *
 * Owns the events and the names that they print.  They cost a patched jump
 * while nobody listens, never sleep, and copy what they show: the group's name
 * into a fixed array (the string helpers changed in 6.10), so an event may be
 * read after the group is gone.  Used by perf, trace-cmd, bpftrace and the test
 * laboratory.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM raft

#if !defined(_RAFT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RAFT_TRACE_H

#include <linux/tracepoint.h>

#include "../uapi/linux/raft.h"
#include "core/raft_core.h"

#ifndef _RAFT_TRACE_ENUM
#define _RAFT_TRACE_ENUM
/* Why something that came from outside was thrown away. */
enum raft_drop {
	RAFT_DROP_WIRE = 0,	/* @detail is an enum raft_wire_error */
	RAFT_DROP_FRAG = 1,	/* cannot be put together */
	RAFT_DROP_GROUP = 2,	/* @detail: 0, no such group here */
	RAFT_DROP_NODE = 3,	/* @detail: the node id that does not fit */
	RAFT_DROP_SOURCE = 4,	/* sent from an address that is not the peer's */
	RAFT_DROP_INBOX = 5,	/* inbox full */
	RAFT_DROP_NOMEM = 6,	/* out of memory */
	RAFT_DROP_SEND = 7,	/* @detail: positive errno of the network */
	RAFT_DROP_FAULT = 8,	/* a fault hook said so */
	RAFT_DROP_STATE = 9,	/* group failed or stopping */
};

/* What becomes of a snapshot; with an error: it did not, and why. */
enum raft_snapshot_act {
	RAFT_SNAP_TAKE = 0,	/* a process, or the policy, begins */
	RAFT_SNAP_TAKEN = 1,	/* it is current, or was given up */
	RAFT_SNAP_SEND = 2,		/* leader: @peer needs it */
	RAFT_SNAP_SENT = 3,		/* leader: @peer needs it no more */
	RAFT_SNAP_UNREAD = 4,	/* a part for @peer could not be read */
	RAFT_SNAP_RECEIVE = 5,	/* the first part came */
	RAFT_SNAP_RESUME = 6,	/* a boot found parts */
	RAFT_SNAP_REFUSED = 7,	/* what came is dropped */
	RAFT_SNAP_INSTALL = 8,	/* all is here: it is checked */
	RAFT_SNAP_INSTALLED = 9,	/* it is current */
	RAFT_SNAP_DAMAGED = 10,		/* what is here is not what was written */
};

static inline void raft_trace_members(const struct raft_membership *c, u32 *ids,
				      u8 *flags)
{
	u32 i;

	for (i = 0; i < RAFT_MAX_NODES; i++) {
		ids[i] = i < c->n ? c->m[i].id : 0;
		flags[i] = i < c->n ? c->m[i].flags : 0;
	}
}
#endif

TRACE_DEFINE_ENUM(RAFT_FOLLOWER);
TRACE_DEFINE_ENUM(RAFT_PRECANDIDATE);
TRACE_DEFINE_ENUM(RAFT_CANDIDATE);
TRACE_DEFINE_ENUM(RAFT_LEADER);
TRACE_DEFINE_ENUM(RAFT_LEARNER);
TRACE_DEFINE_ENUM(RAFT_WITNESS);

TRACE_DEFINE_ENUM(RAFT_MSG_PREVOTE);
TRACE_DEFINE_ENUM(RAFT_MSG_PREVOTE_RESP);
TRACE_DEFINE_ENUM(RAFT_MSG_VOTE);
TRACE_DEFINE_ENUM(RAFT_MSG_VOTE_RESP);
TRACE_DEFINE_ENUM(RAFT_MSG_APPEND);
TRACE_DEFINE_ENUM(RAFT_MSG_APPEND_RESP);
TRACE_DEFINE_ENUM(RAFT_MSG_HEARTBEAT);
TRACE_DEFINE_ENUM(RAFT_MSG_HEARTBEAT_RESP);
TRACE_DEFINE_ENUM(RAFT_MSG_SNAPSHOT);
TRACE_DEFINE_ENUM(RAFT_MSG_SNAPSHOT_RESP);
TRACE_DEFINE_ENUM(RAFT_MSG_TIMEOUT_NOW);
TRACE_DEFINE_ENUM(RAFT_MSG_FORWARD);
TRACE_DEFINE_ENUM(RAFT_MSG_READ_INDEX);
TRACE_DEFINE_ENUM(RAFT_MSG_READ_INDEX_RESP);
TRACE_DEFINE_ENUM(RAFT_MSG_FORWARD_RESP);
TRACE_DEFINE_ENUM(RAFT_MSG_JOIN);
TRACE_DEFINE_ENUM(RAFT_MSG_JOIN_RESP);

TRACE_DEFINE_ENUM(RAFT_OK);
TRACE_DEFINE_ENUM(RAFT_FAIL_DISK);
TRACE_DEFINE_ENUM(RAFT_FAIL_INVARIANT);

TRACE_DEFINE_ENUM(RAFT_DROP_WIRE);
TRACE_DEFINE_ENUM(RAFT_DROP_FRAG);
TRACE_DEFINE_ENUM(RAFT_DROP_GROUP);
TRACE_DEFINE_ENUM(RAFT_DROP_NODE);
TRACE_DEFINE_ENUM(RAFT_DROP_SOURCE);
TRACE_DEFINE_ENUM(RAFT_DROP_INBOX);
TRACE_DEFINE_ENUM(RAFT_DROP_NOMEM);
TRACE_DEFINE_ENUM(RAFT_DROP_SEND);
TRACE_DEFINE_ENUM(RAFT_DROP_FAULT);
TRACE_DEFINE_ENUM(RAFT_DROP_STATE);

TRACE_DEFINE_ENUM(RAFT_SNAP_TAKE);
TRACE_DEFINE_ENUM(RAFT_SNAP_TAKEN);
TRACE_DEFINE_ENUM(RAFT_SNAP_SEND);
TRACE_DEFINE_ENUM(RAFT_SNAP_SENT);
TRACE_DEFINE_ENUM(RAFT_SNAP_UNREAD);
TRACE_DEFINE_ENUM(RAFT_SNAP_RECEIVE);
TRACE_DEFINE_ENUM(RAFT_SNAP_RESUME);
TRACE_DEFINE_ENUM(RAFT_SNAP_REFUSED);
TRACE_DEFINE_ENUM(RAFT_SNAP_INSTALL);
TRACE_DEFINE_ENUM(RAFT_SNAP_INSTALLED);
TRACE_DEFINE_ENUM(RAFT_SNAP_DAMAGED);

#define raft_show_role(r)					\
	__print_symbolic(r,					\
		{ RAFT_FOLLOWER, "follower" },			\
		{ RAFT_PRECANDIDATE, "precandidate" },		\
		{ RAFT_CANDIDATE, "candidate" },		\
		{ RAFT_LEADER, "leader" },			\
		{ RAFT_LEARNER, "learner" },			\
		{ RAFT_WITNESS, "witness" })

#define raft_show_msg(t)					\
	__print_symbolic(t,					\
		{ RAFT_MSG_PREVOTE, "prevote" },		\
		{ RAFT_MSG_PREVOTE_RESP, "prevote-resp" },	\
		{ RAFT_MSG_VOTE, "vote" },			\
		{ RAFT_MSG_VOTE_RESP, "vote-resp" },		\
		{ RAFT_MSG_APPEND, "append" },			\
		{ RAFT_MSG_APPEND_RESP, "append-resp" },	\
		{ RAFT_MSG_HEARTBEAT, "heartbeat" },		\
		{ RAFT_MSG_HEARTBEAT_RESP, "heartbeat-resp" },	\
		{ RAFT_MSG_SNAPSHOT, "snapshot" },		\
		{ RAFT_MSG_SNAPSHOT_RESP, "snapshot-resp" },	\
		{ RAFT_MSG_TIMEOUT_NOW, "timeout-now" },	\
		{ RAFT_MSG_FORWARD, "forward" },		\
		{ RAFT_MSG_READ_INDEX, "read-index" },		\
		{ RAFT_MSG_READ_INDEX_RESP, "read-index-resp" },	\
		{ RAFT_MSG_FORWARD_RESP, "forward-resp" },	\
		{ RAFT_MSG_JOIN, "join" },			\
		{ RAFT_MSG_JOIN_RESP, "join-resp" })

#define raft_show_fail(f)					\
	__print_symbolic(f,					\
		{ RAFT_OK, "none" },				\
		{ RAFT_FAIL_DISK, "disk" },			\
		{ RAFT_FAIL_INVARIANT, "invariant" })

#define raft_show_drop(d)					\
	__print_symbolic(d,					\
		{ RAFT_DROP_WIRE, "wire" },			\
		{ RAFT_DROP_FRAG, "frag" },			\
		{ RAFT_DROP_GROUP, "group" },			\
		{ RAFT_DROP_NODE, "node" },			\
		{ RAFT_DROP_SOURCE, "source" },			\
		{ RAFT_DROP_INBOX, "inbox" },			\
		{ RAFT_DROP_NOMEM, "nomem" },			\
		{ RAFT_DROP_SEND, "send" },			\
		{ RAFT_DROP_FAULT, "fault" },			\
		{ RAFT_DROP_STATE, "state" })

#define raft_show_snapshot_act(a)				\
	__print_symbolic(a,					\
		{ RAFT_SNAP_TAKE, "take" },			\
		{ RAFT_SNAP_TAKEN, "taken" },		\
		{ RAFT_SNAP_SEND, "send" },			\
		{ RAFT_SNAP_SENT, "sent" },			\
		{ RAFT_SNAP_UNREAD, "unread" },		\
		{ RAFT_SNAP_RECEIVE, "receive" },		\
		{ RAFT_SNAP_RESUME, "resume" },		\
		{ RAFT_SNAP_REFUSED, "refused" },		\
		{ RAFT_SNAP_INSTALL, "install" },		\
		{ RAFT_SNAP_INSTALLED, "installed" },		\
		{ RAFT_SNAP_DAMAGED, "damaged" })

#define raft_show_msg_flags(f)					\
	__print_flags(f, "|",					\
		{ RAFT_MSG_REJECT, "reject" },			\
		{ RAFT_MSG_TRANSFER, "transfer" },		\
		{ RAFT_MSG_LEASE, "lease" },			\
		{ RAFT_MSG_CHANGE, "change" },			\
		{ RAFT_MSG_BARE, "bare" },			\
		{ RAFT_MSG_LOST, "lost" },			\
		{ RAFT_MSG_WANTS, "wants" },			\
		{ RAFT_MSG_QUIET, "quiet" })

#define raft_show_persist(w)					\
	__print_flags(w, "|",					\
		{ RAFT_PERSIST_HARD_STATE, "hard-state" },	\
		{ RAFT_PERSIST_TRUNCATE, "truncate" },		\
		{ RAFT_PERSIST_ENTRIES, "entries" })

/* trace_raft_msg(group, node, out, m): a message was taken or is to be sent. */
TRACE_EVENT(raft_msg,
	    TP_PROTO(const char *group, u32 node, bool out,
		     const struct raft_msg *m),
	    TP_ARGS(group, node, out, m),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(bool, out)
			     __field(u8, type)
			     __field(u8, flags)
			     __field(u32, from)
			     __field(u32, to)
			     __field(u32, n_entries)
			     __field(u64, term)
			     __field(u64, seq)
			     __field(u64, ack_seq)
			     __field(u64, index)
			     __field(u64, log_term)
			     __field(u64, commit)
			     __field(u64, reject_index)
			     __field(u64, serial)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->out = out;
			   __entry->type = m->type;
			   __entry->flags = m->flags;
			   __entry->from = m->from;
			   __entry->to = m->to;
			   __entry->n_entries = m->n_entries;
			   __entry->term = m->term;
			   __entry->seq = m->seq;
			   __entry->ack_seq = m->ack_seq;
			   __entry->index = m->index;
			   __entry->log_term = m->log_term;
			   __entry->commit = m->commit;
			   __entry->reject_index = m->reject_index;
			   __entry->serial = m->serial;),
	    TP_printk("group=%s node=%u %s %s from=%u to=%u term=%llu seq=%llu ack_seq=%llu index=%llu log_term=%llu commit=%llu reject_index=%llu n=%u serial=%llu flags=%s",
		      __entry->group, __entry->node, __entry->out ? "out" : "in",
		      raft_show_msg(__entry->type), __entry->from, __entry->to,
		      __entry->term, __entry->seq, __entry->ack_seq,
		      __entry->index, __entry->log_term, __entry->commit,
		      __entry->reject_index, __entry->n_entries, __entry->serial,
		      raft_show_msg_flags(__entry->flags))
);

/* trace_raft_state(group, node, st): role, term, leader or failure changed. */
TRACE_EVENT(raft_state,
	    TP_PROTO(const char *group, u32 node, const struct raft_status *st),
	    TP_ARGS(group, node, st),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u32, role)
			     __field(u32, leader)
			     __field(u32, vote)
			     __field(u32, failed)
			     __field(int, error)
			     __field(u64, term)
			     __field(u64, last)
			     __field(u64, durable)
			     __field(u64, commit)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->role = st->role;
			   __entry->leader = st->leader;
			   __entry->vote = st->vote;
			   __entry->failed = st->failed;
			   __entry->error = st->error;
			   __entry->term = st->term;
			   __entry->last = st->last;
			   __entry->durable = st->durable;
			   __entry->commit = st->commit;),
	    TP_printk("group=%s node=%u role=%s term=%llu vote=%u leader=%u last=%llu durable=%llu commit=%llu failed=%s error=%d",
		      __entry->group, __entry->node, raft_show_role(__entry->role),
		      __entry->term, __entry->vote, __entry->leader, __entry->last,
		      __entry->durable, __entry->commit,
		      raft_show_fail(__entry->failed), __entry->error)
);

/* trace_raft_config(group, node, c): another configuration is in force. */
TRACE_EVENT(raft_config,
	    TP_PROTO(const char *group, u32 node,
		     const struct raft_membership *c),
	    TP_ARGS(group, node, c),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u32, n)
			     __field(u32, result)
			     __field(u32, subject)
			     __field(u64, index)
			     __array(u32, ids, RAFT_MAX_NODES)
			     __array(u8, flags, RAFT_MAX_NODES)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->n = c->n;
			   __entry->result = c->result;
			   __entry->subject = c->subject;
			   __entry->index = c->index;
			   raft_trace_members(c, __entry->ids, __entry->flags);),
	    TP_printk("group=%s node=%u index=%llu n=%u result=%u subject=%u ids=%s flags=%s",
		      __entry->group, __entry->node, __entry->index, __entry->n,
		      __entry->result, __entry->subject,
		      __print_array(__entry->ids, __entry->n, 4),
		      __print_hex(__entry->flags, __entry->n))
);

/* trace_raft_transfer(group, node, target): this leader hands over; 0: no more. */
TRACE_EVENT(raft_transfer,
	    TP_PROTO(const char *group, u32 node, u32 target),
	    TP_ARGS(group, node, target),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u32, target)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->target = target;),
	    TP_printk("group=%s node=%u target=%u", __entry->group,
		      __entry->node, __entry->target)
);

/* trace_raft_read(group, node, id, index, n): n readers have their answer. */
TRACE_EVENT(raft_read,
	    TP_PROTO(const char *group, u32 node, u64 id, u64 index, u32 n),
	    TP_ARGS(group, node, id, index, n),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u32, n)
			     __field(u64, id)
			     __field(u64, index)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->n = n;
			   __entry->id = id;
			   __entry->index = index;),
	    TP_printk("group=%s node=%u id=%llu index=%llu n=%u",
		      __entry->group, __entry->node, __entry->id,
		      __entry->index, __entry->n)
);

/*
 * trace_raft_repeated(group, node, e, copy): a client's command is not applied;
 * it was at first, or, if that is 0, its session is closed or farther.
 */
TRACE_EVENT(raft_repeated,
	    TP_PROTO(const char *group, u32 node, const struct raft_entry *e,
		     const struct raft_repeated *copy),
	    TP_ARGS(group, node, e, copy),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u32, origin)
			     __field(u64, index)
			     __field(u64, client)
			     __field(u64, serial)
			     __field(u64, first)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->origin = e->origin;
			   __entry->index = copy->index;
			   __entry->client = e->client;
			   __entry->serial = e->client_serial;
			   __entry->first = copy->first;),
	    TP_printk("group=%s node=%u index=%llu origin=%u client=%llu serial=%llu first=%llu",
		      __entry->group, __entry->node, __entry->index,
		      __entry->origin, __entry->client, __entry->serial,
		      __entry->first)
);

/* trace_raft_commit(group, node, commit, applied): the indexes moved. */
TRACE_EVENT(raft_commit,
	    TP_PROTO(const char *group, u32 node, u64 commit, u64 applied),
	    TP_ARGS(group, node, commit, applied),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u64, commit)
			     __field(u64, applied)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->commit = commit;
			   __entry->applied = applied;),
	    TP_printk("group=%s node=%u commit=%llu applied=%llu",
		      __entry->group, __entry->node, __entry->commit,
		      __entry->applied)
);

/* trace_raft_persist(group, node, p): a batch goes to the write-ahead log. */
TRACE_EVENT(raft_persist,
	    TP_PROTO(const char *group, u32 node, const struct raft_persist *p),
	    TP_ARGS(group, node, p),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u32, what)
			     __field(u32, vote)
			     __field(u64, seq)
			     __field(u64, term)
			     __field(u64, commit)
			     __field(u64, truncate_from)
			     __field(u64, first)
			     __field(u64, last)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->what = p->what;
			   __entry->vote = p->hs.vote;
			   __entry->seq = p->seq;
			   __entry->term = p->hs.term;
			   __entry->commit = p->hs.commit;
			   __entry->truncate_from = p->truncate_from;
			   __entry->first = p->first;
			   __entry->last = p->last;),
	    TP_printk("group=%s node=%u seq=%llu what=%s term=%llu vote=%u commit=%llu truncate_from=%llu first=%llu last=%llu",
		      __entry->group, __entry->node, __entry->seq,
		      raft_show_persist(__entry->what), __entry->term,
		      __entry->vote, __entry->commit, __entry->truncate_from,
		      __entry->first, __entry->last)
);

/* trace_raft_persisted(group, node, seq, error): batches up to seq are done. */
TRACE_EVENT(raft_persisted,
	    TP_PROTO(const char *group, u32 node, u64 seq, int error),
	    TP_ARGS(group, node, seq, error),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(int, error)
			     __field(u64, seq)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->error = error;
			   __entry->seq = seq;),
	    TP_printk("group=%s node=%u seq=%llu error=%d",
		      __entry->group, __entry->node, __entry->seq, __entry->error)
);

/*
 * trace_raft_snapshot(group, node, act, of, peer, bytes, error): what becomes of a
 * snapshot; bytes: of it that are here; peer 0: no peer's, error: negative errno.
 */
TRACE_EVENT(raft_snapshot,
	    TP_PROTO(const char *group, u32 node, enum raft_snapshot_act act,
		     const struct raft_snapshot *of, u32 peer, u64 bytes,
		     int error),
	    TP_ARGS(group, node, act, of, peer, bytes, error),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u32, act)
			     __field(u32, peer)
			     __field(int, error)
			     __field(u64, index)
			     __field(u64, term)
			     __field(u64, id)
			     __field(u64, total)
			     __field(u64, bytes)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->act = act;
			   __entry->peer = peer;
			   __entry->error = error;
			   __entry->index = of->index;
			   __entry->term = of->term;
			   __entry->id = of->id;
			   __entry->total = of->total;
			   __entry->bytes = bytes;),
	    TP_printk("group=%s node=%u %s index=%llu term=%llu id=%016llx total=%llu bytes=%llu peer=%u error=%d",
		      __entry->group, __entry->node,
		      raft_show_snapshot_act(__entry->act), __entry->index,
		      __entry->term, __entry->id, __entry->total,
		      __entry->bytes, __entry->peer, __entry->error)
);

/*
 * trace_raft_drop(group, node, why, detail): something from outside was thrown
 * away; group is "" and node 0 when it could not be told whose it was.
 */
TRACE_EVENT(raft_drop,
	    TP_PROTO(const char *group, u32 node, enum raft_drop why, u32 detail),
	    TP_ARGS(group, node, why, detail),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u32, why)
			     __field(u32, detail)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->why = why;
			   __entry->detail = detail;),
	    TP_printk("group=%s node=%u why=%s detail=%u",
		      __entry->group, __entry->node, raft_show_drop(__entry->why),
		      __entry->detail)
);

/* trace_raft_timer(group, node, late_ns): the deadline passed, so much ago. */
TRACE_EVENT(raft_timer,
	    TP_PROTO(const char *group, u32 node, u64 late_ns),
	    TP_ARGS(group, node, late_ns),
	    TP_STRUCT__entry(__array(char, group, RAFT_NAME_LEN)
			     __field(u32, node)
			     __field(u64, late_ns)),
	    TP_fast_assign(strscpy(__entry->group, group, RAFT_NAME_LEN);
			   __entry->node = node;
			   __entry->late_ns = late_ns;),
	    TP_printk("group=%s node=%u late_ns=%llu",
		      __entry->group, __entry->node, __entry->late_ns)
);

#endif /* _RAFT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
