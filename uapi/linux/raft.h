/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * raft.h - the contract between raft.ko and user space, and its manual.
 *
 * Version 1: features, start, stop, attach, propose, wait, status.
 * Version 2: members, transfer, read, set, sessions and results, join.
 * Version 3: snapshots.
 * Version 4: batches of commands.
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
 * leader's no-op are skipped.  Where entries have been dropped because a snapshot
 * has them, one record without a command stands for them: @flags is
 * RAFT_RECORD_SNAPSHOT and @index the last one in the snapshot, which
 * RAFT_IOC_SNAPSHOT_OPEN opens; behind it the entries go on.  So a new reader
 * may begin with it, and one whose cursor was overtaken gets it after EPIPE, once.
 *
 * poll(2) has POLLPRI when the state machine is asked for a snapshot.
 *
 * RAFT_IOC_PROPOSE_BATCH proposes several commands in one call, which is less work for
 * who has many on their way.  They are applied in their order; each is one command as
 * if it had come alone, and others' may stand between.
 *
 * lseek(2) moves the cursor: SEEK_SET to a log index (0 and 1: the start),
 * SEEK_CUR with 0 tells it, SEEK_END with 0 goes behind the last committed
 * entry, SEEK_DATA with 0 to the oldest entry.  poll(2): POLLIN when a record
 * can be read, POLLOUT when a proposal would be taken, POLLERR when the group
 * failed or stopped.  Old records are on the disk only: to read them takes as long
 * as that does, also with O_NONBLOCK; poll() does not look at them, and may say
 * POLLIN where only no-ops follow; and when the group has stopped they cannot be
 * read any more, ECANCELED.
 *
 * RAFT_IOC_READ is the read barrier: when it returns 0, read(2) and the state
 * that was made of it have at this node, up to @index, every command that was
 * acknowledged anywhere before the call.
 *
 * A client that repeats a command when it does not know what became of it opens
 * a session, RAFT_IOC_SESSION, numbers its commands from 1 and has one under way
 * at a time.  Whoever proposes, at whatever node, a command with the number that
 * was applied last gets the answer of the first, and nothing is applied again;
 * with a lower number, EKEYEXPIRED.  Sessions are part of the log and outlive
 * every crash.  A group keeps RAFT_SESSIONS_MAX of them: one more closes that
 * which was not used for the longest part of the log, and its client gets
 * EKEYEXPIRED from then on.
 *
 * A node's state machine, a process that reads /dev/raft, may say how far it has
 * come and what a command came to: RAFT_IOC_APPLIED.  A proposer at that node
 * gets it with RAFT_PROPOSE_RESULT.  Results are not in the log: every node's
 * state machine gives its own, and a node keeps the last one of each session.
 *
 * A snapshot lets the log end: RAFT_IOC_SNAPSHOT.  The state machine hands its
 * state at an index that it has applied to the kernel, which keeps it in one of
 * two files with its own state at that index (members and sessions), and drops
 * the entries up to there.  A node that lacks what was dropped at the leader gets
 * the snapshot instead, and its readers see it as a record.  The bytes are the
 * state machine's own affair; at any node they are those that one gave.
 *
 * A group's members, with their roles and addresses, are part of the log: those
 * given to RAFT_IOC_START stand before its first entry, and RAFT_IOC_MEMBERS
 * changes them, at any node that is a member.  A node that was removed keeps
 * what it has: read(2) returns it, and then waits; proposals and barriers fail
 * with ENOTCONN, and its status says RAFT_STATUS_REMOVED.
 *
 * A node that is started without members is blank, and waits to be added:
 * RAFT_IOC_JOIN asks one member, of which only the address needs to be known.
 *
 * A member that starts with a new log may have lost another, and with it what it
 * promised.  It helps to elect the first leader of a new group, and otherwise
 * stores nothing and votes for nobody until a leader lets it in, which takes a
 * majority without it: RAFT_STATUS_UNPROVEN.  With RAFT_START_LOST_NOTHING the
 * caller vouches that it never had another log, or that all which that had is at
 * another node that it will follow; commands are lost if that is not so.
 *
 * A witness is a voter for a site with a small disk: its log has no commands.  It
 * never leads.  Commands can be proposed there, but without RAFT_PROPOSE_RESULT:
 * that, RAFT_IOC_READ, and read(2) at the first command that was left out fail
 * with EOPNOTSUPP.  At most half of the voters may be witnesses.  Who was one
 * must begin with a new log to be anything else.
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
 * EAFNOSUPPORT  no IPv6 here, or (JOIN) no such socket          no
 * EAGAIN        too much waits for commit, or nothing to read   yes
 * EBADF         log_fd is not an open file, or /dev/raft was    no
 *               not opened for writing
 * EBUSY         log or snapshot file is in use, attached to     later
 *               another group, or a request like this one is
 *               under way here; (SNAPSHOT) the leader sends
 *               one, or that before the last is still open
 * ECANCELED     the group stopped: the outcome is UNKNOWN       look first
 * EEXIST        a group of this name or id exists here;         no
 *               (SNAPSHOT) one that reaches as far
 * EFAULT        bad address                                     no
 * EFBIG         the log is too large for this machine, or the   no
 *               snapshot for its file
 * EINVAL        bad argument, size, flag or id                  no
 * EIO           the group failed (disk): see status; (read(2))  no
 *               an entry cannot be read from the disk
 * EKEYEXPIRED   the session is closed, or the number is below   look first
 *               its last one: not applied by this call, but
 *               maybe by an earlier one
 * EILSEQ        the log is damaged beyond repair; or a snapshot no
 *               is (SNAPSHOT_OPEN, read(2)): try again when
 *               another one has come
 * EMEDIUMTYPE   the file is not a raft log (format it first),   no
 *               or a snapshot file holds something else
 * EMSGSIZE      command longer than RAFT_COMMAND_MAX, result    no
 *               longer than RAFT_RESULT_MAX, batch longer than
 *               RAFT_BATCH_BYTES
 * ENODATA       (SNAPSHOT_OPEN) there is no snapshot; (START)   no
 *               the log begins behind one, and no files for
 *               snapshots were given; (SNAPSHOT) no members are known at @index
 * ENODEV        no such group, or more than one and none named  no
 * ENOLINK       no leader is known: nothing happened            yes
 * ENOMEM        out of memory, nothing happened                 yes
 * ENOSPC        the log is full and a state machine has to make later
 *               room by a snapshot (where the kernel cuts the log
 *               itself: EAGAIN); or (SNAPSHOT) the file system
 *               is; nothing happened
 * ENOTCONN      this node is not a member: not yet, or removed  later
 * EOPNOTSUPP    this node is a witness: it has no commands; or  no
 *               it was started without files for snapshots
 * EPERM         CAP_NET_ADMIN is needed; to start and stop also no
 *               CAP_SYS_ADMIN
 * EPIPE         the cursor was overtaken by compaction          read again
 * EPROTO        the log or a snapshot is of another version     no
 * ESTALE        the log belongs to another group or node, or    no
 *               (JOIN) to a member that was removed; a snapshot
 *               file to another log; (read(2) of a snapshot)
 *               another one has replaced it
 * ETIMEDOUT     the outcome is UNKNOWN, it may commit later     look first
 * EINTR         killed while waiting: the outcome is UNKNOWN    look first
 *               (WAIT: a signal came)
 *
 * MEMBERS, TRANSFER and JOIN say in @outcome what an error means: with
 * RAFT_OUTCOME_NONE and RAFT_OUTCOME_UNKNOWN it is one of those above, else one
 * of these, and it is certain that what was asked did not happen:
 *
 * outcome   errno      meaning                                  safe to retry?
 * REFUSED   E2BIG      more than RAFT_NODES_MAX members         no
 *           EAGAIN     the leader is too new, or the member is  yes
 *                      too far behind or was not heard of
 *           EBUSY      another change or transfer is under way  later
 *           EDOM       no voter would be left, or more          no
 *                      witnesses than half of the voters
 *           EEXIST     it is a member already                   no
 *           EINVAL     the member is not a voter, or not a      no
 *                      learner, as the request needs it, or a
 *                      witness
 *           ENOENT     it is not a member                       no
 *           ENOMEM     the leader is out of memory              yes
 *           ENOSPC     the leader's log is full                 later
 *           ENOTCONN   this node was removed meanwhile          later
 * GIVEN_UP  ETIMEDOUT  the new node did not catch up, or the    yes
 *                      target did not become leader in time
 * ABORTED   ECANCELED  taken back (RAFT_MEMBERS_ABORT), lost    yes
 *                      with its leader, or another node leads
 *
 * READ changes nothing, and it is always safe to do it again.  So is a proposal
 * in a session, with the same number, whatever its error was.
 *
 * Every other outcome of a proposal is certain: a length or 0 means committed,
 * durable on a majority, and applied exactly once, also if its result is not
 * known (@result_state); an error not marked UNKNOWN means never applied by this
 * call.  The error of a batch is that of the first command in it that has one: what
 * became of each is in its own @error.
 */
#ifndef _UAPI_LINUX_RAFT_H
#define _UAPI_LINUX_RAFT_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define RAFT_API_VERSION	4
#define RAFT_NAME_LEN		32	/* with the terminating NUL */
#define RAFT_COMMAND_MAX	1048576	/* bytes: 1 MiB */
#define RAFT_NODES_MAX		16
#define RAFT_SESSIONS_MAX	1024	/* open at a time in a group */
#define RAFT_RESULT_MAX		4096	/* bytes */
#define RAFT_BATCH_MAX		64	/* commands proposed together */
#define RAFT_BATCH_BYTES	4194304	/* of them all: 4 MiB */

/**
 * struct raft_record - header of a record that read(2) returns
 * @size: bytes of this header; the command begins there
 * @len: bytes of the command; the next record begins at @size + @len, rounded
 *	up to a multiple of 8
 * @index: log index
 * @term: term of the leader that appended it
 * @origin: node that proposed it
 * @flags: RAFT_RECORD_SNAPSHOT: there is no command, and @origin, @incarnation and
 *	@serial are 0; else 0
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

#define RAFT_RECORD_SNAPSHOT	0x1	/* stands for all entries up to @index */

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
#define RAFT_FEATURE_MEMBERS	0x2	/* RAFT_IOC_MEMBERS */
#define RAFT_FEATURE_TRANSFER	0x4	/* RAFT_IOC_TRANSFER, priority */
#define RAFT_FEATURE_READ	0x8	/* RAFT_IOC_READ */
#define RAFT_FEATURE_SET	0x10	/* RAFT_IOC_SET */
#define RAFT_FEATURE_SESSION	0x20	/* RAFT_IOC_SESSION, RAFT_IOC_APPLIED */
#define RAFT_FEATURE_JOIN	0x40	/* RAFT_IOC_JOIN */
#define RAFT_FEATURE_WITNESS	0x80	/* RAFT_MEMBER_WITNESS */
#define RAFT_FEATURE_SNAPSHOT	0x100	/* RAFT_IOC_SNAPSHOT */
#define RAFT_FEATURE_BATCH	0x200	/* RAFT_IOC_PROPOSE_BATCH */

/*
 * A member without flags is a voter.  While one has RAFT_MEMBER_OLD two
 * configurations are in force at once, and it takes a majority of each.
 */
#define RAFT_MEMBER_LEARNER	0x1	/* receives the log, has no vote */
#define RAFT_MEMBER_OLD		0x2	/* joint: votes in the old one */
#define RAFT_MEMBER_GONE	0x4	/* joint: not in the new one, voter or learner */
#define RAFT_MEMBER_PROMOTE	0x8	/* a learner, to vote when it has caught up */
#define RAFT_MEMBER_KEEP	0x10	/* ... and to stay a learner if it does not */
#define RAFT_MEMBER_WITNESS	0x20	/* votes, gets the log without commands */

/**
 * struct raft_ioc_member - a member of a group and where it listens
 * @id: node id, not 0
 * @flags: RAFT_MEMBER_LEARNER, RAFT_MEMBER_WITNESS or 0
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
#define RAFT_START_LOST_NOTHING	0x10	/* a new log replaces no lost one: vote */
#define RAFT_START_SNAPSHOTS	0x20	/* @snapshot_fd counts */

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
 * @priority: a leader hands over to a voter with a higher one that is up to
 *	date
 * @lease_drift_ppm: millionths by which the clocks of two members may differ in
 *	rate: a lease is shorter than an election timeout by as much; 0 for the
 *	default of 10000, at most 500000
 * @reserved: 0
 * @snapshot_fd: with RAFT_START_SNAPSHOTS two regular files, opened for reading and
 *	writing, not O_APPEND or O_DIRECT, empty or with a snapshot of this
 *	node and log: one has the snapshot, the other the next one; else 0
 * @snapshot_at: percent of the log in use at which a snapshot is asked for:
 *	POLLPRI, and a uevent with RAFT_EVENT=snapshot; 0 for the default of 50,
 *	100: never
 * @reserved2: 0
 * @retain_entries: 0; or there is no state machine: the kernel takes an empty
 *	snapshot by itself when the log is as full as @snapshot_at says, or has
 *	more than twice as many applied entries and 64 more, and keeps so many.
 *	Who joins later, or lags more, never gets those before
 * @retain_bytes: the same with what they take in the log file, not exactly but
 *	to about 256 KiB or a thousandth of the file; with both the smaller counts
 * @memory: bytes of kernel memory for entries, an entry counting for its command
 *	and RAFT_MEMORY_ENTRY: what is above it, and committed, and on the disk,
 *	leaves the memory and is read from the disk when somebody needs it.  0 for
 *	the default of 64 MiB; 1: nothing stays that may leave; less than 1 MiB
 *	makes each node that lags by a little cost reads of the disk
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
	__u32 priority;
	__u32 lease_drift_ppm;
	__u64 reserved;
	__s32 snapshot_fd[2];
	__u32 snapshot_at;
	__u32 reserved2;
	__u64 retain_entries;
	__u64 retain_bytes;
	__u64 memory;
};

#define RAFT_LOG_MIN		(1024 * 1024)
#define RAFT_MEMORY_ENTRY	128	/* bytes of an entry besides its command */

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
#define RAFT_PROPOSE_RESULT	0x4	/* wait for its result, not with NOWAIT */

/* What is known of a result. */
#define RAFT_RESULT_NOT_ASKED	0	/* or the call failed */
#define RAFT_RESULT_GIVEN	1
#define RAFT_RESULT_LATE	2	/* none yet when the time was up */
#define RAFT_RESULT_NONE	3	/* none was given, or it was not kept */

/**
 * struct raft_ioc_propose - RAFT_IOC_PROPOSE: propose one command
 * @size: sizeof this structure
 * @flags: RAFT_PROPOSE_*
 * @data: user pointer to the command
 * @len: its bytes, 1 to RAFT_COMMAND_MAX
 * @timeout_ms: 0 for that of the group
 * @index: where it was applied (out; 0 with RAFT_PROPOSE_NOWAIT, and if a snapshot
 *	came that has it)
 * @term: of that entry (out)
 * @serial: number of the proposal at this boot of the node (out), for
 *	RAFT_WAIT_SERIAL
 * @client: session that the command belongs to, 0 if none
 * @client_serial: its number in there, from 1; 0 without @client
 * @result: user pointer to room for the result; 0 without RAFT_PROPOSE_RESULT
 * @result_len: room at @result; with RAFT_RESULT_GIVEN bytes of the result
 *	(out), of which as much is at @result as had room
 * @result_state: RAFT_RESULT_* (out)
 *
 * A command that was applied before, see @client, has @index and @term of then.
 * With RAFT_PROPOSE_RESULT the call waits, within its time, until the state
 * machine of this node has applied @index too.  It returns 0 even if no result
 * came: the command is committed and applied, and it says so in @result_state.
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
	__u64 client;
	__u64 client_serial;
	__aligned_u64 result;
	__u32 result_len;
	__u32 result_state;
};

/**
 * struct raft_ioc_command - one command of a batch
 * @data: user pointer to the command
 * @len: its bytes, 1 to RAFT_COMMAND_MAX
 * @reserved: 0
 * @client: as in struct raft_ioc_propose
 * @client_serial: as there
 * @index: as there (out)
 * @term: as there (out)
 * @serial: as there (out)
 * @error: 0, or the errno that RAFT_IOC_PROPOSE would have had for it (out)
 * @reserved2: 0
 */
struct raft_ioc_command {
	__aligned_u64 data;
	__u32 len;
	__u32 reserved;
	__u64 client;
	__u64 client_serial;
	__u64 index;
	__u64 term;
	__u64 serial;
	__u32 error;
	__u32 reserved2;
};

/**
 * struct raft_ioc_propose_batch - RAFT_IOC_PROPOSE_BATCH: propose several commands
 * @size: sizeof this structure
 * @flags: RAFT_PROPOSE_NONBLOCK, RAFT_PROPOSE_NOWAIT
 * @commands: user pointer to them, of RAFT_BATCH_BYTES together at most
 * @n_commands: how many, 1 to RAFT_BATCH_MAX
 * @command_size: sizeof(struct raft_ioc_command)
 * @timeout_ms: for all of them, 0 for that of the group
 * @reserved: 0
 *
 * Returns 0 if every command is committed and applied (with RAFT_PROPOSE_NOWAIT:
 * accepted), else the error of the first one that is not.  Each has its own @error,
 * for those behind the first one that failed may be committed all the same: look at
 * them all.  Only after EBADF, E2BIG, EFAULT and EINVAL they may say nothing.
 *
 * A wrong argument, one command's too, fails the call before anything is proposed,
 * with EBADF, E2BIG, EFAULT, EINVAL, EMSGSIZE, or ENODEV.  Later, a command that is
 * refused (EAGAIN, ENOSPC, ENOTCONN, ENOMEM, EIO) was not applied, and nor was any
 * behind it, which have the same error.  Without RAFT_PROPOSE_NONBLOCK the call waits
 * for room for those that have none, in their order.
 *
 * Two commands of one session must have numbers that ascend by their order.
 */
struct raft_ioc_propose_batch {
	__u32 size;
	__u32 flags;
	__aligned_u64 commands;
	__u32 n_commands;
	__u32 command_size;
	__u32 timeout_ms;
	__u32 reserved;
};

/**
 * struct raft_ioc_session - RAFT_IOC_SESSION: open a session of a client
 * @size: sizeof this structure
 * @flags: 0
 * @timeout_ms: 0 for the propose timeout of the group
 * @reserved: 0
 * @client: id of the session (out)
 *
 * Waits as RAFT_IOC_PROPOSE does, and has its errors.  If the outcome is UNKNOWN
 * open another one: a session that nobody uses does no harm.
 */
struct raft_ioc_session {
	__u32 size;
	__u32 flags;
	__u32 timeout_ms;
	__u32 reserved;
	__u64 client;
};

#define RAFT_APPLIED_RESULT	0x1	/* @result is that of @index */

/**
 * struct raft_ioc_applied - RAFT_IOC_APPLIED: the state machine has come so far
 * @size: sizeof this structure
 * @flags: RAFT_APPLIED_RESULT or 0
 * @index: the state machine of this node has applied every record up to here;
 *	not above what read(2) returns (EINVAL)
 * @result: user pointer to what the command at @index came to
 * @result_len: its bytes, 0 to RAFT_RESULT_MAX
 * @reserved: 0
 *
 * For a process that has read the records, in their order.  A command that is
 * passed over has no result.  One that begins anew may give results again: the
 * first one stays.  Needs /dev/raft opened for writing.
 */
struct raft_ioc_applied {
	__u32 size;
	__u32 flags;
	__u64 index;
	__aligned_u64 result;
	__u32 result_len;
	__u32 reserved;
};

#define RAFT_WAIT_LEADER	1	/* some leader is known */
#define RAFT_WAIT_APPLIED	2	/* index @value is applied here */
#define RAFT_WAIT_SERIAL	3	/* own proposal @value is decided */
#define RAFT_WAIT_CHANGE	4	/* the event counter differs from @value */

/**
 * struct raft_ioc_wait - RAFT_IOC_WAIT: wait for something to be true
 * @size: sizeof this structure
 * @what: RAFT_WAIT_*
 * @value: what for, see RAFT_WAIT_*; 0 with RAFT_WAIT_LEADER
 * @timeout_ms: 0: only look, -1 (all ones): for ever; else ETIMEDOUT
 * @leader: leader known at the end, 0 if none (out, after an error too)
 * @events: counter of role, term, leader, membership and failure changes (out,
 *	likewise)
 */
struct raft_ioc_wait {
	__u32 size;
	__u32 what;
	__u64 value;
	__u32 timeout_ms;
	__u32 leader;
	__u64 events;
};

/* What became of a request, for errors too; see the table at the top. */
#define RAFT_OUTCOME_NONE	0	/* nothing was asked, nothing happened */
#define RAFT_OUTCOME_DONE	1	/* as it was asked */
#define RAFT_OUTCOME_REFUSED	2	/* nothing happened */
#define RAFT_OUTCOME_GIVEN_UP	3	/* it began, and took too long */
#define RAFT_OUTCOME_ABORTED	4	/* it began, and was taken back or lost */
#define RAFT_OUTCOME_UNKNOWN	5	/* it may happen yet, or has */

#define RAFT_MEMBERS_ADD_LEARNER 1	/* @member: id and address */
#define RAFT_MEMBERS_ADD_VOTER	2	/* likewise; a learner until it caught up */
#define RAFT_MEMBERS_PROMOTE	3	/* a learner that has caught up to a voter */
#define RAFT_MEMBERS_DEMOTE	4	/* a voter to a learner */
#define RAFT_MEMBERS_REMOVE	5
#define RAFT_MEMBERS_ADDRESS	6	/* it has moved; @member: id and address */
#define RAFT_MEMBERS_ABORT	7	/* take back what is under way; no @member */
#define RAFT_MEMBERS_ADD_WITNESS 8	/* as ADD_VOTER, of who is no member */

/**
 * struct raft_ioc_change - what shall happen to one member
 * @op: RAFT_MEMBERS_ADD_LEARNER to RAFT_MEMBERS_ADD_WITNESS
 * @reserved: 0
 * @member: who; where @op needs no address, and for RAFT_MEMBERS_ABORT no id,
 *	those fields are 0; its flags are always 0
 */
struct raft_ioc_change {
	__u32 op;
	__u32 reserved;
	struct raft_ioc_member member;
};

#define RAFT_MEMBERS_JOINT	0x1	/* several at once, by joint consensus */

/**
 * struct raft_ioc_members - RAFT_IOC_MEMBERS: change the members of the group
 * @size: sizeof this structure
 * @flags: RAFT_MEMBERS_JOINT or 0
 * @n_changes: number of @changes, from 1; more than 1 needs RAFT_MEMBERS_JOINT
 * @change_size: sizeof(struct raft_ioc_change)
 * @changes: user pointer to them; no id twice; RAFT_MEMBERS_ABORT stands alone
 * @timeout_ms: how long to wait, 0 for the propose timeout of the group, -1
 *	(all ones) for ever.  Without its caller the change goes on
 * @outcome: RAFT_OUTCOME_* (out)
 * @index: log index of the configuration in force when it was decided (out)
 *
 * Waits killably until the change is decided: in force, a joint configuration
 * left again, and with RAFT_MEMBERS_ADD_VOTER and _WITNESS the new member votes.
 * One change at a time.  Needs CAP_NET_ADMIN, and /dev/raft opened for writing.
 */
struct raft_ioc_members {
	__u32 size;
	__u32 flags;
	__u32 n_changes;
	__u32 change_size;
	__aligned_u64 changes;
	__u32 timeout_ms;
	__u32 outcome;
	__u64 index;
};

/**
 * struct raft_ioc_transfer - RAFT_IOC_TRANSFER: have another node lead
 * @size: sizeof this structure
 * @flags: 0
 * @target: node id of a voter, 0 for the best one
 * @timeout_ms: how long to wait, as in struct raft_ioc_members; the leader
 *	gives up by itself after one election timeout
 * @outcome: RAFT_OUTCOME_* (out)
 * @leader: leader known at the end, 0 if none (out)
 *
 * Waits killably until it is decided.  Proposals wait meanwhile.  Needs
 * CAP_NET_ADMIN, and /dev/raft opened for writing.
 */
struct raft_ioc_transfer {
	__u32 size;
	__u32 flags;
	__u32 target;
	__u32 timeout_ms;
	__u32 outcome;
	__u32 leader;
};

#define RAFT_JOIN_LEARNER	0x1	/* and stay one */

/**
 * struct raft_ioc_join - RAFT_IOC_JOIN: have this node, which is blank, added
 * @size: sizeof this structure
 * @flags: RAFT_JOIN_LEARNER or 0: it is to vote when it has caught up
 * @via: where any member listens; @via.id and @via.flags are 0
 * @timeout_ms: how long to wait, as in struct raft_ioc_members
 * @outcome: RAFT_OUTCOME_* (out)
 * @node: the member that answered last, 0 if nobody did (out)
 * @error: errno that it gave, 0: it is under way (out)
 *
 * Asks, and asks again what is lost or refused for now (EAGAIN, EBUSY, ENOLINK,
 * ENOMEM, ENOSPC), until this node is a member, it is refused for good, or the
 * time is over (ETIMEDOUT, RAFT_OUTCOME_UNKNOWN).  With RAFT_OUTCOME_REFUSED
 * EEXIST means that another node has this id, or that this one is a learner
 * already; ENOTCONN that the node at @via is not a member itself; EIO that it has
 * failed; EINVAL that this node's address is of no use there; ESTALE that this
 * node was a member and was removed: it needs a new log.  Returns 0 at once if
 * it is a member as asked.  Needs CAP_NET_ADMIN, and /dev/raft opened for
 * writing.
 */
struct raft_ioc_join {
	__u32 size;
	__u32 flags;
	struct raft_ioc_member via;
	__u32 timeout_ms;
	__u32 outcome;
	__u32 node;
	__u32 error;
};

#define RAFT_SNAPSHOT_NO_COMPACT 0x1	/* keep the log as it is */

/**
 * struct raft_ioc_snapshot - RAFT_IOC_SNAPSHOT: take a snapshot, cut the log
 * @size: sizeof this structure
 * @flags: RAFT_SNAPSHOT_NO_COMPACT or 0
 * @fd: regular file with the state of the state machine after it has applied every
 *	record up to @index, and nothing else: opened for reading, taken from its
 *	start to its end, of any size, empty too; not a file that is a snapshot's
 * @reserved: 0
 * @index: last index in it: applied here, and above that of the snapshot before
 *	(EEXIST, EINVAL)
 * @keep: entries up to @index that stay in the log, for those who lag a little; 0
 *	with RAFT_SNAPSHOT_NO_COMPACT
 * @bytes: how many were taken from @fd (out)
 *
 * Copies, makes all durable, and makes it the current snapshot of this node in one
 * atomic write; then drops entries from the log.  If it fails before, the one that
 * was current is so still.  One at a time: EBUSY, also while one comes from the
 * leader which this node needs, and while the one before the last is still open.
 * A caller that is killed (EINTR) ends it, unless it is current by then.  Every
 * node takes its own.  Needs /dev/raft opened for writing.
 */
struct raft_ioc_snapshot {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
	__u64 index;
	__u64 keep;
	__u64 bytes;
};

/**
 * struct raft_ioc_snapshot_open - RAFT_IOC_SNAPSHOT_OPEN: open the current snapshot
 * @size: sizeof this structure
 * @flags: 0
 * @fd: of a file to be read: the state machine's bytes (out, as is all below)
 * @reserved: 0
 * @index: last index in it
 * @term: its term
 * @bytes: size of the file
 *
 * read(2), pread(2) and lseek(2) work on it.  It stays as it is while others become
 * current, but RAFT_IOC_SNAPSHOT fails with EBUSY for the next but one; what comes
 * from a leader does not wait, then read(2) fails with ESTALE.  When the group has
 * stopped it fails with ECANCELED.  What is read from the start to the end is what
 * was written: if the disk has changed it the read that would reach the end fails with
 * EILSEQ, and so do this and all later reads.  Another snapshot is asked for, of the
 * state machine and of the leader: when RAFT_SNAPSHOT_DAMAGED is gone from the status
 * it can be opened, and read(2) of /dev/raft goes on behind it.  Who
 * reads in another order gets the bytes of this snapshot or an error, but is not told
 * that the disk has changed some.  Needs /dev/raft opened for reading.
 */
struct raft_ioc_snapshot_open {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
	__u64 index;
	__u64 term;
	__u64 bytes;
};

#define RAFT_READ_LEASE		0x1	/* trust clocks, see @lease_drift_ppm */

/**
 * struct raft_ioc_read - RAFT_IOC_READ: read barrier
 * @size: sizeof this structure
 * @flags: RAFT_READ_LEASE: the leader may answer by its lease, without asking a
 *	majority, if it has one
 * @timeout_ms: how long to wait, as in struct raft_ioc_members
 * @reserved: 0
 * @index: everything acknowledged before the call is in the log up to here, and
 *	applied (out)
 *
 * Waits killably.  Calls that come together cost one round of heartbeats.
 */
struct raft_ioc_read {
	__u32 size;
	__u32 flags;
	__u32 timeout_ms;
	__u32 reserved;
	__u64 index;
};

#define RAFT_SET_ELECTION_TIMEOUT 0x1
#define RAFT_SET_HEARTBEAT	0x2
#define RAFT_SET_MAX_INFLIGHT	0x4
#define RAFT_SET_MAX_INFLIGHT_BYTES 0x8
#define RAFT_SET_MAX_BATCH	0x10
#define RAFT_SET_MAX_UNCOMMITTED 0x20
#define RAFT_SET_PROPOSE_TIMEOUT 0x40
#define RAFT_SET_PRIORITY	0x80
#define RAFT_SET_LEASE_DRIFT	0x100
#define RAFT_SET_PREVOTE	0x200
#define RAFT_SET_CHECK_QUORUM	0x400
#define RAFT_SET_SNAPSHOT_AT	0x800
#define RAFT_SET_RETAIN_ENTRIES	0x1000
#define RAFT_SET_RETAIN_BYTES	0x2000
#define RAFT_SET_MEMORY		0x4000

/**
 * struct raft_ioc_set - RAFT_IOC_SET: change the settings of this node
 * @size: sizeof this structure
 * @mask: RAFT_SET_*: which fields count; the others are 0
 * @flags: with RAFT_SET_PREVOTE RAFT_START_NO_PREVOTE or 0, with
 *	RAFT_SET_CHECK_QUORUM RAFT_START_NO_CHECK_QUORUM or 0
 * @election_timeout_ms: this and the following as in struct raft_ioc_start, 0
 *	for the default
 * @heartbeat_ms: see above
 * @max_inflight: see above
 * @max_inflight_bytes: see above
 * @max_batch: see above
 * @max_uncommitted: see above
 * @propose_timeout_ms: see above
 * @priority: see above
 * @lease_drift_ppm: see above
 * @reserved: 0
 * @snapshot_at: see above
 * @reserved2: 0
 * @retain_entries: see above
 * @retain_bytes: see above
 * @memory: see above
 *
 * All or nothing, at once, until the group stops.  Needs CAP_NET_ADMIN, and
 * /dev/raft opened for writing.
 */
struct raft_ioc_set {
	__u32 size;
	__u32 mask;
	__u32 flags;
	__u32 election_timeout_ms;
	__u32 heartbeat_ms;
	__u32 max_inflight;
	__u32 max_inflight_bytes;
	__u32 max_batch;
	__u64 max_uncommitted;
	__u32 propose_timeout_ms;
	__u32 priority;
	__u32 lease_drift_ppm;
	__u32 reserved;
	__u32 snapshot_at;
	__u32 reserved2;
	__u64 retain_entries;
	__u64 retain_bytes;
	__u64 memory;
};

#define RAFT_ROLE_FOLLOWER	0
#define RAFT_ROLE_PRECANDIDATE	1
#define RAFT_ROLE_CANDIDATE	2
#define RAFT_ROLE_LEADER	3
#define RAFT_ROLE_LEARNER	4
#define RAFT_ROLE_WITNESS	5

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
 * @priority: leader only: its election priority, as it said last
 * @heard_ns: ns since the last message from it, all ones if never
 * @incarnation: its boot, 0 if not known
 * @election_timeout_ms: as it said last, 0 if it did not, as without CheckQuorum;
 *	at a leader of all others, else of the leader only
 * @reserved: 0
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
	__u32 priority;
	__u64 heard_ns;
	__u64 incarnation;
	__u32 election_timeout_ms;
	__u32 reserved;
};

#define RAFT_PEER_ACTIVE	0x100	/* heard within an election timeout */
#define RAFT_PEER_REPLICATE	0x200	/* pipelined, not probing */
#define RAFT_PEER_SELF		0x400
#define RAFT_PEER_LOST		0x800	/* has a new log, and is not let in yet */
#define RAFT_PEER_SNAPSHOT	0x1000	/* gets a snapshot, the log begins behind */

#define RAFT_GIVEN_UP_SILENT	2	/* it made no progress */
#define RAFT_GIVEN_UP_SLOW	3	/* it never caught up */

#define RAFT_STATUS_MEMBER	0x1	/* this node is in the configuration */
#define RAFT_STATUS_REMOVED	0x2	/* it is not, and was before */
#define RAFT_STATUS_JOINT	0x4	/* two configurations are in force */
#define RAFT_STATUS_UNPROVEN	0x8	/* its log is new: not let in by a leader yet */
/* ... and the group is older than that; with entries: term and vote are illegible */
#define RAFT_STATUS_LOST	0x10

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
 * @start_flags: RAFT_START_*, as in force
 * @log_size: bytes of the log
 * @log_room: bytes that are free in it
 * @events: counter of role, term, leader, membership and failure changes
 * @election_timeout_ms: as in force
 * @heartbeat_ms: as in force
 * @timer_late_max_ns: the latest that a timer of this group fired
 * @msgs_in: messages taken; several may share a UDP packet
 * @msgs_out: messages sent; the same
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
 * @config_index: log index of the configuration in force, 0 for the initial one
 * @state: RAFT_STATUS_*
 * @member_flags: RAFT_MEMBER_* of this node
 * @catching_up: leader only: node that is to vote when it has caught up, else 0
 * @round: leader only: of its catching up, from 1
 * @transferring: leader only: node that is to lead, else 0
 * @priority: as in force
 * @lease_drift_ppm: as in force
 * @max_inflight: as in force
 * @lease_left_ns: leader only: how long its lease lasts from now, 0 if it has
 *	none
 * @read_rounds: leader only: heartbeat rounds that were sent for read barriers
 * @max_inflight_bytes: as in force
 * @max_batch: as in force
 * @max_uncommitted: as in force
 * @propose_timeout_ms: as in force
 * @sessions: of clients that are open
 * @listen: where this node listens, member or not
 * @given_up: the last node whose addition was given up, if it has not become a
 *	voter and is not tried again, else 0
 * @given_up_why: RAFT_GIVEN_UP_*, 0 without @given_up
 * @given_up_index: log index of the configuration by which it was given up
 * @reach: the entries behind @last up to here were damaged on the disk of this
 *	node, or lost, or committed before it came with an empty log: until it has
 *	them from a leader it does not lead, and votes only for who has them.  0: it
 *	lacks nothing
 * @snapshot: last index in the snapshot, 0 if there is none
 * @snapshot_bytes: of it, those of the kernel included
 * @coming: last index in one that comes or is being taken, 0 if none does
 * @coming_bytes: of it that are here
 * @coming_total: of it in all, 0 if not known yet
 * @snapshot_flags: RAFT_SNAPSHOT_*
 * @snapshot_at: as in force
 * @retain_entries: as in force
 * @retain_bytes: as in force
 * @memory: as in force
 * @memory_used: bytes of entries that are in memory, by the same measure
 * @window: first index in memory: the entries before are on the disk only
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
	__u64 config_index;
	__u32 state;
	__u32 member_flags;
	__u32 catching_up;
	__u32 round;
	__u32 transferring;
	__u32 priority;
	__u32 lease_drift_ppm;
	__u32 max_inflight;
	__u64 lease_left_ns;
	__u64 read_rounds;
	__u32 max_inflight_bytes;
	__u32 max_batch;
	__u64 max_uncommitted;
	__u32 propose_timeout_ms;
	__u32 sessions;
	struct raft_ioc_member listen;
	__u32 given_up;
	__u32 given_up_why;
	__u64 given_up_index;
	__u64 reach;
	__u64 snapshot;
	__u64 snapshot_bytes;
	__u64 coming;
	__u64 coming_bytes;
	__u64 coming_total;
	__u32 snapshot_flags;
	__u32 snapshot_at;
	__u64 retain_entries;
	__u64 retain_bytes;
	__u64 memory;
	__u64 memory_used;
	__u64 window;
};

#define RAFT_SNAPSHOT_FILES	0x1	/* there are files for them */
#define RAFT_SNAPSHOT_TAKING	0x2	/* @coming is being taken here */
#define RAFT_SNAPSHOT_WANTED	0x4	/* the state machine is asked for one */
/* The last one is not what was written, or gone: another one is fetched. */
#define RAFT_SNAPSHOT_DAMAGED	0x8

#define RAFT_IOC_TYPE		0xBB
#define RAFT_IOC_FEATURES	_IOWR(RAFT_IOC_TYPE, 0x00, struct raft_ioc_features)
#define RAFT_IOC_START		_IOW(RAFT_IOC_TYPE, 0x01, struct raft_ioc_start)
#define RAFT_IOC_STOP		_IOW(RAFT_IOC_TYPE, 0x02, struct raft_ioc_name)
#define RAFT_IOC_ATTACH		_IOW(RAFT_IOC_TYPE, 0x03, struct raft_ioc_name)
#define RAFT_IOC_PROPOSE	_IOWR(RAFT_IOC_TYPE, 0x04, struct raft_ioc_propose)
#define RAFT_IOC_WAIT		_IOWR(RAFT_IOC_TYPE, 0x05, struct raft_ioc_wait)
#define RAFT_IOC_STATUS		_IOWR(RAFT_IOC_TYPE, 0x06, struct raft_ioc_status)
#define RAFT_IOC_MEMBERS	_IOWR(RAFT_IOC_TYPE, 0x07, struct raft_ioc_members)
#define RAFT_IOC_TRANSFER	_IOWR(RAFT_IOC_TYPE, 0x08, struct raft_ioc_transfer)
#define RAFT_IOC_READ		_IOWR(RAFT_IOC_TYPE, 0x09, struct raft_ioc_read)
#define RAFT_IOC_SET		_IOW(RAFT_IOC_TYPE, 0x0a, struct raft_ioc_set)
#define RAFT_IOC_SESSION	_IOWR(RAFT_IOC_TYPE, 0x0b, struct raft_ioc_session)
#define RAFT_IOC_APPLIED	_IOW(RAFT_IOC_TYPE, 0x0c, struct raft_ioc_applied)
#define RAFT_IOC_JOIN		_IOWR(RAFT_IOC_TYPE, 0x0d, struct raft_ioc_join)
#define RAFT_IOC_SNAPSHOT	_IOWR(RAFT_IOC_TYPE, 0x0e, struct raft_ioc_snapshot)
#define RAFT_IOC_SNAPSHOT_OPEN	_IOWR(RAFT_IOC_TYPE, 0x0f, struct raft_ioc_snapshot_open)
#define RAFT_IOC_PROPOSE_BATCH	_IOW(RAFT_IOC_TYPE, 0x10, struct raft_ioc_propose_batch)

#endif /* _UAPI_LINUX_RAFT_H */
