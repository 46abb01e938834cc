/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * raft.h - the contract between raft.ko and user space, and its manual.
 *
 * Version 1: features, start, stop, attach, propose, wait, status.
 *
 * A group is one replicated log.  It lives in the network namespace of the
 * process that started it.  /dev/raft speaks to one group per open file: the
 * one attached with RAFT_IOC_ATTACH or, when the namespace of the opener has
 * exactly one group, that one; for good, since poll() depends on it.
 *
 * write(2) proposes its buffer (1 to RAFT_COMMAND_MAX bytes) as one command on
 * any node and returns the length once the command is committed.  It waits
 * killably, at most the propose timeout of the group.  With O_NONBLOCK it
 * fails with EAGAIN instead of waiting for room; it still waits for the commit.
 *
 * read(2) returns committed commands as whole records, each a struct
 * raft_record and the command, padded with zeros to a multiple of 8 bytes, as
 * many as fit; EINVAL if not even one fits.  At the end of the log it waits
 * (EAGAIN with O_NONBLOCK).  Only commands are records: indexes of a new
 * leader's no-op are skipped.  A cursor that was overtaken by compaction gets
 * EPIPE once, and goes on at the oldest record there is.
 *
 * lseek(2) moves the cursor: SEEK_SET to a log index (0 and 1: the start),
 * SEEK_CUR with 0 tells it, SEEK_END with 0 goes behind the last committed
 * entry, SEEK_DATA with 0 to the oldest entry.  poll(2): POLLIN when a record
 * can be read, POLLOUT when a proposal would be taken, POLLERR when the group
 * failed or stopped.
 *
 * ioctls take a structure whose first field is its size: a larger one from a
 * newer program is taken if what the kernel does not know is zero (else E2BIG),
 * a smaller one from an older program is filled up with zeros.  Reserved fields
 * and unknown flags must be zero (EINVAL).
 *
 * errno         meaning                                        safe to retry?
 * E2BIG         the kernel does not know a field that is set    no
 * EADDRINUSE    another program has the UDP port                no
 * EADDRNOTAVAIL this node's address is not one of this machine  no
 * EAFNOSUPPORT  no IPv6 here                                    no
 * EAGAIN        too much waits for commit, or nothing to read   yes
 * EBADF         log_fd is not an open file, or /dev/raft was    no
 *               not opened for writing
 * EBUSY         log is in use, or attached to another group     no
 * ECANCELED     the group stopped: the outcome is UNKNOWN       look first
 * EEXIST        a group of this name or id exists here          no
 * EFAULT        bad address                                     no
 * EFBIG         the log is too large for this machine           no
 * EINVAL        bad argument, size, flag or id                  no
 * EIO           the group failed (disk): see status             no
 * EILSEQ        the log is damaged in the middle                no
 * EMEDIUMTYPE   the file is not a raft log (format it first)    no
 * EMSGSIZE      command longer than RAFT_COMMAND_MAX            no
 * ENODEV        no such group, or more than one and none named  no
 * ENOLINK       no leader is known (WAIT with a time-out of 0)  yes
 * ENOMEM        out of memory, nothing happened                 yes
 * ENOSPC        the log is full, nothing happened               later
 * ENOTCONN      this node is not a member of a configuration    later
 * EPERM         CAP_NET_ADMIN and CAP_SYS_ADMIN are needed      no
 * EPIPE         the cursor was overtaken by compaction          read again
 * EPROTO        the log is of another version                   no
 * ESTALE        the log belongs to another group or node        no
 * ETIMEDOUT     the outcome is UNKNOWN, it may commit later     look first
 * EINTR         killed while waiting: the outcome is UNKNOWN    look first
 *               (WAIT: a signal came)
 *
 * Every other outcome of a proposal is certain: a length or 0 means committed,
 * durable on a majority, and applied exactly once; an error not marked UNKNOWN
 * means never applied.
 */
#ifndef _UAPI_LINUX_RAFT_H
#define _UAPI_LINUX_RAFT_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RAFT_API_VERSION	1
#define RAFT_NAME_LEN		32	/* with the terminating NUL */
#define RAFT_COMMAND_MAX	61440	/* bytes */
#define RAFT_NODES_MAX		16

/**
 * struct raft_record - header of a record that read(2) returns
 * @size: bytes of this header; the command begins there
 * @len: bytes of the command; the next record begins at @size + @len, rounded
 *	up to a multiple of 8
 * @index: log index
 * @term: term of the leader that appended it
 * @origin: node that proposed it
 * @flags: 0 for now
 * @incarnation: boot of @origin that proposed it
 * @serial: number of the proposal at (@origin, @incarnation)
 */
struct raft_record {
	__u32 size;
	__u32 len;
	__u64 index;
	__u64 term;
	__u32 origin;
	__u32 flags;
	__u64 incarnation;
	__u64 serial;
};

/**
 * struct raft_ioc_features - RAFT_IOC_FEATURES: what this module can do
 * @size: sizeof this structure
 * @api_version: RAFT_API_VERSION of the module (out)
 * @features: RAFT_FEATURE_* (out)
 * @command_max: largest command in bytes (out)
 * @nodes_max: most members of a group (out)
 */
struct raft_ioc_features {
	__u32 size;
	__u32 api_version;
	__u64 features;
	__u32 command_max;
	__u32 nodes_max;
};

#define RAFT_FEATURE_FAULTS	0x1	/* built with fault hooks, for tests */

#define RAFT_MEMBER_LEARNER	0x1	/* receives the log, has no vote */

/**
 * struct raft_ioc_member - a member of a group and where it listens
 * @id: node id, not 0
 * @flags: RAFT_MEMBER_*
 * @family: AF_INET or AF_INET6
 * @port: UDP port in host byte order, not 0
 * @scope_id: interface index for a link-local IPv6 address, else 0
 * @addr: the address in network byte order; IPv4 in the first four bytes, the
 *	rest zero
 */
struct raft_ioc_member {
	__u32 id;
	__u32 flags;
	__u16 family;
	__u16 port;
	__u32 scope_id;
	__u8 addr[16];
};

#define RAFT_START_CREATE	0x1	/* format the log if the file is all zero */
#define RAFT_START_NO_PREVOTE	0x2
#define RAFT_START_NO_CHECK_QUORUM 0x4	/* also no stickiness */
#define RAFT_START_FRESH	0x8	/* off longer than any lease: vote at once */

/**
 * struct raft_ioc_start - RAFT_IOC_START: start a node of a group, in one step
 * @size: sizeof this structure
 * @flags: RAFT_START_*
 * @name: name of the group here: letters, digits, '-', '_', '.', not first '.'
 * @group_id: identity of the group, the same on every member, not 0
 * @node_id: this node, not 0
 * @log_fd: file or block device that holds the log, opened for reading and
 *	writing, not O_APPEND, of at least RAFT_LOG_MIN bytes
 * @n_members: number of members, 0 for a blank node that waits to be joined
 * @member_size: sizeof(struct raft_ioc_member)
 * @members: user pointer to them.  A member with @node_id says where this node
 *	listens; without one, @listen does
 * @listen: used if @n_members has no @node_id, else all zero
 * @election_timeout_ms: 0 for the default of 1000
 * @heartbeat_ms: below the election timeout, 0 for the default of a tenth of it
 * @max_inflight: AppendEntries on the way to a peer, 0 for the default of 64
 * @max_inflight_bytes: 0 for the default of 1 MiB
 * @max_batch: entries in a message, 0 for the default of 64
 * @propose_timeout_ms: of write(2), 0 for the default of 30000
 * @max_uncommitted: bytes of commands that may wait for commit at this node, 0
 *	for the default of 4 MiB
 * @reserved: 0
 */
struct raft_ioc_start {
	__u32 size;
	__u32 flags;
	char name[RAFT_NAME_LEN];
	__u64 group_id;
	__u32 node_id;
	__s32 log_fd;
	__u32 n_members;
	__u32 member_size;
	__aligned_u64 members;
	struct raft_ioc_member listen;
	__u32 election_timeout_ms;
	__u32 heartbeat_ms;
	__u32 max_inflight;
	__u32 max_inflight_bytes;
	__u32 max_batch;
	__u32 propose_timeout_ms;
	__u64 max_uncommitted;
	__u64 reserved[2];
};

#define RAFT_LOG_MIN		(1024 * 1024)

/**
 * struct raft_ioc_name - RAFT_IOC_STOP, RAFT_IOC_ATTACH: name a group
 * @size: sizeof this structure
 * @flags: 0
 * @name: the group; empty: the only one of the namespace
 */
struct raft_ioc_name {
	__u32 size;
	__u32 flags;
	char name[RAFT_NAME_LEN];
};

#define RAFT_PROPOSE_NONBLOCK	0x1	/* EAGAIN rather than wait for room */
#define RAFT_PROPOSE_NOWAIT	0x2	/* do not wait for commit: see @serial */

/**
 * struct raft_ioc_propose - RAFT_IOC_PROPOSE: propose one command
 * @size: sizeof this structure
 * @flags: RAFT_PROPOSE_*
 * @data: user pointer to the command
 * @len: its bytes, 1 to RAFT_COMMAND_MAX
 * @timeout_ms: 0 for that of the group
 * @index: where it was applied (out; 0 with RAFT_PROPOSE_NOWAIT)
 * @term: of that entry (out)
 * @serial: number of the proposal at this boot of the node (out), for
 *	RAFT_WAIT_SERIAL
 */
struct raft_ioc_propose {
	__u32 size;
	__u32 flags;
	__aligned_u64 data;
	__u32 len;
	__u32 timeout_ms;
	__u64 index;
	__u64 term;
	__u64 serial;
};

#define RAFT_WAIT_LEADER	1	/* some leader is known */
#define RAFT_WAIT_APPLIED	2	/* index @value is applied here */
#define RAFT_WAIT_SERIAL	3	/* own proposal @value is applied */
#define RAFT_WAIT_CHANGE	4	/* the event counter differs from @value */

/**
 * struct raft_ioc_wait - RAFT_IOC_WAIT: wait for something to be true
 * @size: sizeof this structure
 * @what: RAFT_WAIT_*
 * @value: what for, see RAFT_WAIT_*; 0 with RAFT_WAIT_LEADER
 * @timeout_ms: 0: only look, -1 (all ones): for ever; else ETIMEDOUT
 * @leader: leader known at the end, 0 if none (out, after an error too)
 * @events: counter of role, term, leader and failure changes (out, likewise)
 */
struct raft_ioc_wait {
	__u32 size;
	__u32 what;
	__u64 value;
	__u32 timeout_ms;
	__u32 leader;
	__u64 events;
};

#define RAFT_ROLE_FOLLOWER	0
#define RAFT_ROLE_PRECANDIDATE	1
#define RAFT_ROLE_CANDIDATE	2
#define RAFT_ROLE_LEADER	3
#define RAFT_ROLE_LEARNER	4

#define RAFT_FAILED_NONE	0
#define RAFT_FAILED_DISK	1	/* a write or sync failed, see @error */
#define RAFT_FAILED_INVARIANT	2	/* own state is inconsistent */

/**
 * struct raft_ioc_peer - a member as RAFT_IOC_STATUS shows it
 * @id: node id
 * @flags: RAFT_MEMBER_*, RAFT_PEER_*
 * @family: AF_INET or AF_INET6
 * @port: UDP port in host byte order
 * @scope_id: as in struct raft_ioc_member
 * @addr: as in struct raft_ioc_member
 * @match: leader only: highest index known to be durable there
 * @next: leader only: next index to send
 * @inflight: leader only: AppendEntries on the way
 * @reserved: 0
 * @heard_ns: ns since the last message from it, all ones if never
 * @incarnation: its boot, 0 if not known
 */
struct raft_ioc_peer {
	__u32 id;
	__u32 flags;
	__u16 family;
	__u16 port;
	__u32 scope_id;
	__u8 addr[16];
	__u64 match;
	__u64 next;
	__u32 inflight;
	__u32 reserved;
	__u64 heard_ns;
	__u64 incarnation;
};

#define RAFT_PEER_ACTIVE	0x100	/* heard in the last CheckQuorum round */
#define RAFT_PEER_REPLICATE	0x200	/* pipelined, not probing */
#define RAFT_PEER_SELF		0x400

/**
 * struct raft_ioc_status - RAFT_IOC_STATUS: the state of the attached group
 * @size: sizeof this structure
 * @flags: 0
 * @name: of the group (out, as is all below)
 * @group_id: identity of the group
 * @node_id: this node
 * @role: RAFT_ROLE_*
 * @term: current term
 * @vote: voted for in @term, 0 if none
 * @leader: node id, 0 if unknown
 * @first: first index in the log
 * @last: last index in memory
 * @durable: last index on the disk of this node
 * @commit: commit index
 * @applied: applied index
 * @incarnation: this boot
 * @pending: own proposals that are undecided
 * @failed: RAFT_FAILED_*
 * @error: errno of RAFT_FAILED_DISK, positive
 * @start_flags: RAFT_START_*
 * @log_size: bytes of the log
 * @log_room: bytes that are free in it
 * @events: counter of role, term, leader and failure changes
 * @election_timeout_ms: as in force
 * @heartbeat_ms: as in force
 * @timer_late_max_ns: the latest that a timer of this group fired
 * @msgs_in: messages taken
 * @msgs_out: messages sent
 * @msgs_bad: datagrams refused: garbage, another group, wrong node
 * @send_errors: messages that the network layer refused
 * @conflicts: messages that contradicted a committed entry and were refused: an
 *	alarm, a node lost data or somebody forges
 * @dup_id_seen: datagrams of another node that has this node's id: two machines
 *	run with one identity, stop one of them
 * @disk_writes: writes done to the log
 * @disk_bytes: bytes in them
 * @n_peers: room in @peers (in), members (out)
 * @peer_size: sizeof(struct raft_ioc_peer)
 * @peers: user pointer to an array of struct raft_ioc_peer, or 0
 */
struct raft_ioc_status {
	__u32 size;
	__u32 flags;
	char name[RAFT_NAME_LEN];
	__u64 group_id;
	__u32 node_id;
	__u32 role;
	__u64 term;
	__u32 vote;
	__u32 leader;
	__u64 first;
	__u64 last;
	__u64 durable;
	__u64 commit;
	__u64 applied;
	__u64 incarnation;
	__u32 pending;
	__u32 failed;
	__s32 error;
	__u32 start_flags;
	__u64 log_size;
	__u64 log_room;
	__u64 events;
	__u32 election_timeout_ms;
	__u32 heartbeat_ms;
	__u64 timer_late_max_ns;
	__u64 msgs_in;
	__u64 msgs_out;
	__u64 msgs_bad;
	__u64 send_errors;
	__u64 conflicts;
	__u64 dup_id_seen;
	__u64 disk_writes;
	__u64 disk_bytes;
	__u32 n_peers;
	__u32 peer_size;
	__aligned_u64 peers;
};

#define RAFT_IOC_TYPE		0xBB
#define RAFT_IOC_FEATURES	_IOWR(RAFT_IOC_TYPE, 0x00, struct raft_ioc_features)
#define RAFT_IOC_START		_IOW(RAFT_IOC_TYPE, 0x01, struct raft_ioc_start)
#define RAFT_IOC_STOP		_IOW(RAFT_IOC_TYPE, 0x02, struct raft_ioc_name)
#define RAFT_IOC_ATTACH		_IOW(RAFT_IOC_TYPE, 0x03, struct raft_ioc_name)
#define RAFT_IOC_PROPOSE	_IOWR(RAFT_IOC_TYPE, 0x04, struct raft_ioc_propose)
#define RAFT_IOC_WAIT		_IOWR(RAFT_IOC_TYPE, 0x05, struct raft_ioc_wait)
#define RAFT_IOC_STATUS		_IOWR(RAFT_IOC_TYPE, 0x06, struct raft_ioc_status)

#endif /* _UAPI_LINUX_RAFT_H */
