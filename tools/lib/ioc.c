// SPDX-License-Identifier: GPL-2.0
/*
 * ioc.c - one function per ioctl of /dev/raft, and its errors in words.
 */
#include "ioc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

static int call(int fd, unsigned long request, void *arg)
{
	return ioctl(fd, request, arg) < 0 ? -errno : 0;
}

/**
 * raft_ioc_open() - open the device
 * @flags: O_RDONLY or O_RDWR, and O_NONBLOCK if wanted
 *
 * Return: a file descriptor, or a negative errno of open(2).
 */
int raft_ioc_open(int flags)
{
	int fd = open(RAFT_DEVICE, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/**
 * raft_ioc_features() - what the module can do
 * @fd: the device
 * @features: filled (out)
 *
 * Return: 0 or a negative errno.
 */
int raft_ioc_features(int fd, struct raft_ioc_features *features)
{
	memset(features, 0, sizeof(*features));
	features->size = sizeof(*features);
	return call(fd, RAFT_IOC_FEATURES, features);
}

/**
 * raft_ioc_start() - start a node of a group
 * @fd: the device
 * @start: the arguments, @start->size is set here
 *
 * Return: 0 or a negative errno: the group runs, or nothing has changed.
 */
int raft_ioc_start(int fd, struct raft_ioc_start *start)
{
	start->size = sizeof(*start);
	return call(fd, RAFT_IOC_START, start);
}

static int name_call(int fd, unsigned long request, const char *name)
{
	struct raft_ioc_name arg = { .size = sizeof(arg) };

	if (name) {
		if (strlen(name) >= sizeof(arg.name))
			return -EINVAL;
		strcpy(arg.name, name);
	}
	return call(fd, request, &arg);
}

/**
 * raft_ioc_stop() - stop a group at this node
 * @fd: the device
 * @name: of the group, NULL for the only one
 *
 * Return: 0 or a negative errno.
 */
int raft_ioc_stop(int fd, const char *name)
{
	return name_call(fd, RAFT_IOC_STOP, name);
}

/**
 * raft_ioc_attach() - let this file descriptor speak to a group
 * @fd: the device
 * @name: of the group, NULL for the only one
 *
 * Return: 0 or a negative errno.
 */
int raft_ioc_attach(int fd, const char *name)
{
	return name_call(fd, RAFT_IOC_ATTACH, name);
}

/**
 * raft_ioc_propose() - propose one command and wait until it is applied
 * @fd: the device, attached
 * @data: the command
 * @len: its bytes, 1 to RAFT_COMMAND_MAX
 * @flags: RAFT_PROPOSE_*
 * @timeout_ms: ms, 0 for the time-out of the group
 * @result: index, term and serial (out)
 *
 * Never repeated: after -EINTR the command may be in the log.
 *
 * Return: 0, or a negative errno; see raft_ioc_unknown().
 */
int raft_ioc_propose(int fd, const void *data, uint32_t len, uint32_t flags,
		     uint32_t timeout_ms, struct raft_ioc_propose *result)
{
	memset(result, 0, sizeof(*result));
	result->size = sizeof(*result);
	result->flags = flags;
	result->data = (uintptr_t)data;
	result->len = len;
	result->timeout_ms = timeout_ms;
	return call(fd, RAFT_IOC_PROPOSE, result);
}

/**
 * raft_ioc_submit() - propose with all that there is to say
 * @fd: the device, attached
 * @p: as <linux/raft.h> has it, @p->size is set here; what came of it (out)
 *
 * Never repeated, but with @p->client it is safe to do so.
 *
 * Return: 0, or a negative errno; see raft_ioc_unknown().
 */
int raft_ioc_submit(int fd, struct raft_ioc_propose *p)
{
	p->size = sizeof(*p);
	return call(fd, RAFT_IOC_PROPOSE, p);
}

/**
 * raft_ioc_batch() - propose several commands and wait until all are applied
 * @fd: the device, attached
 * @commands: as <linux/raft.h> has them; what came of each (out), always
 * @n: how many, 1 to RAFT_BATCH_MAX
 * @flags: RAFT_PROPOSE_*
 * @timeout_ms: ms, for all of them, 0 for the time-out of the group
 *
 * Never repeated.
 *
 * Return: 0, or the negative errno of the first that failed; see
 * raft_ioc_unknown().
 */
int raft_ioc_batch(int fd, struct raft_ioc_command *commands, uint32_t n,
		   uint32_t flags, uint32_t timeout_ms)
{
	struct raft_ioc_propose_batch b = {
		.size = sizeof(b),
		.flags = flags,
		.commands = (uintptr_t)commands,
		.n_commands = n,
		.command_size = sizeof(*commands),
		.timeout_ms = timeout_ms,
	};
	uint32_t i;
	int ret;

	for (i = 0; i < n; i++)
		commands[i].error = 0;
	ret = call(fd, RAFT_IOC_PROPOSE_BATCH, &b);
	/* Then the kernel may have said nothing, and has proposed nothing. */
	for (i = 0; i < n && ret; i++)
		if (ret == -EINVAL || ret == -EFAULT || ret == -E2BIG ||
		    ret == -EBADF || ret == -ENOTTY)
			commands[i].error = -ret;
	return ret;
}

/**
 * raft_ioc_session() - open a session of a client
 * @fd: the device, attached, open for writing
 * @timeout_ms: ms, 0 for the propose timeout of the group
 * @client: its id (out)
 *
 * Return: 0, or a negative errno; one that is unknown does no harm.
 */
int raft_ioc_session(int fd, uint32_t timeout_ms, uint64_t *client)
{
	struct raft_ioc_session arg = {
		.size = sizeof(arg),
		.timeout_ms = timeout_ms,
	};
	int ret = call(fd, RAFT_IOC_SESSION, &arg);

	*client = arg.client;
	return ret;
}

/**
 * raft_ioc_applied() - the state machine of this node has come so far
 * @fd: the device, attached, open for writing
 * @index: up to here
 * @result: what the command at @index came to, or NULL
 * @len: its bytes
 *
 * Return: 0 or a negative errno.
 */
int raft_ioc_applied(int fd, uint64_t index, const void *result, uint32_t len)
{
	struct raft_ioc_applied arg = {
		.size = sizeof(arg),
		.flags = result ? RAFT_APPLIED_RESULT : 0,
		.index = index,
		.result = (uintptr_t)result,
		.result_len = len,
	};

	return call(fd, RAFT_IOC_APPLIED, &arg);
}

/**
 * raft_ioc_snapshot() - take a snapshot
 * @fd: the device, attached, open for writing
 * @from: file with the state of the state machine
 * @index: last index in it
 * @keep: entries up to there that stay in the log, UINT64_MAX: all
 * @bytes: how many were taken (out)
 *
 * Return: 0 or a negative errno.
 */
int raft_ioc_snapshot(int fd, int from, uint64_t index, uint64_t keep,
		      uint64_t *bytes)
{
	struct raft_ioc_snapshot arg = {
		.size = sizeof(arg),
		.flags = keep == UINT64_MAX ? RAFT_SNAPSHOT_NO_COMPACT : 0,
		.fd = from,
		.index = index,
		.keep = keep == UINT64_MAX ? 0 : keep,
	};
	int ret = call(fd, RAFT_IOC_SNAPSHOT, &arg);

	*bytes = arg.bytes;
	return ret;
}

/**
 * raft_ioc_snapshot_open() - open the current snapshot
 * @fd: the device, attached, open for reading
 * @open: filled in
 *
 * Return: 0 or a negative errno.
 */
int raft_ioc_snapshot_open(int fd, struct raft_ioc_snapshot_open *open)
{
	memset(open, 0, sizeof(*open));
	open->size = sizeof(*open);
	return call(fd, RAFT_IOC_SNAPSHOT_OPEN, open);
}

/**
 * raft_ioc_wait() - wait for something to be true
 * @fd: the device, attached
 * @what: RAFT_WAIT_*
 * @value: what for
 * @timeout_ms: ms, 0 to look only, RAFT_WAIT_FOREVER
 * @result: leader and event counter (out)
 *
 * Return: 0, or a negative errno.  -EINTR is not repeated: the caller's
 * time-out goes on.
 */
int raft_ioc_wait(int fd, uint32_t what, uint64_t value, uint32_t timeout_ms,
		  struct raft_ioc_wait *result)
{
	memset(result, 0, sizeof(*result));
	result->size = sizeof(*result);
	result->what = what;
	result->value = value;
	result->timeout_ms = timeout_ms;
	return call(fd, RAFT_IOC_WAIT, result);
}

/**
 * raft_ioc_status() - the state of the attached group
 * @fd: the device, attached
 * @status: filled (out)
 * @peers: room for the members, or NULL; @status->n_peers say how many (out)
 *
 * Return: 0 or a negative errno.
 */
int raft_ioc_status(int fd, struct raft_ioc_status *status,
		    struct raft_ioc_peer peers[RAFT_NODES_MAX])
{
	int ret;

	memset(status, 0, sizeof(*status));
	status->size = sizeof(*status);
	status->peer_size = sizeof(*peers);
	if (peers) {
		memset(peers, 0, RAFT_NODES_MAX * sizeof(*peers));
		status->n_peers = RAFT_NODES_MAX;
		status->peers = (uintptr_t)peers;
	}
	ret = call(fd, RAFT_IOC_STATUS, status);
	if (!ret && status->n_peers > RAFT_NODES_MAX)
		status->n_peers = RAFT_NODES_MAX;
	status->name[RAFT_NAME_LEN - 1] = '\0';
	return ret;
}

/**
 * raft_ioc_members() - change the members of the group
 * @fd: the device, attached, open for writing
 * @changes: what shall happen to whom
 * @n: how many
 * @joint: all at once, by joint consensus
 * @timeout_ms: ms, 0 for the propose timeout of the group, RAFT_WAIT_FOREVER
 * @result: outcome and index (out)
 *
 * Return: 0 or a negative errno, which means what @result->outcome says.
 */
int raft_ioc_members(int fd, const struct raft_ioc_change *changes, uint32_t n,
		     bool joint, uint32_t timeout_ms,
		     struct raft_ioc_members *result)
{
	memset(result, 0, sizeof(*result));
	result->size = sizeof(*result);
	result->flags = joint ? RAFT_MEMBERS_JOINT : 0;
	result->n_changes = n;
	result->change_size = sizeof(*changes);
	result->changes = (uintptr_t)changes;
	result->timeout_ms = timeout_ms;
	return call(fd, RAFT_IOC_MEMBERS, result);
}

/**
 * raft_ioc_transfer() - have another node lead
 * @fd: the device, attached, open for writing
 * @target: node id, 0 for the best
 * @timeout_ms: as in raft_ioc_members()
 * @result: outcome and leader (out)
 *
 * Return: 0 or a negative errno, which means what @result->outcome says.
 */
int raft_ioc_transfer(int fd, uint32_t target, uint32_t timeout_ms,
		      struct raft_ioc_transfer *result)
{
	memset(result, 0, sizeof(*result));
	result->size = sizeof(*result);
	result->target = target;
	result->timeout_ms = timeout_ms;
	return call(fd, RAFT_IOC_TRANSFER, result);
}

/**
 * raft_ioc_read() - read barrier
 * @fd: the device, attached
 * @flags: RAFT_READ_*
 * @timeout_ms: as in raft_ioc_members()
 * @index: all that was acknowledged before is in the log up to here (out)
 *
 * Return: 0 or a negative errno.  Changes nothing: it may be repeated.
 */
int raft_ioc_read(int fd, uint32_t flags, uint32_t timeout_ms, uint64_t *index)
{
	struct raft_ioc_read arg = {
		.size = sizeof(arg),
		.flags = flags,
		.timeout_ms = timeout_ms,
	};
	int ret = call(fd, RAFT_IOC_READ, &arg);

	*index = arg.index;
	return ret;
}

/**
 * raft_ioc_set() - change settings of this node
 * @fd: the device, attached, open for writing
 * @set: the settings, @set->size is set here
 *
 * Return: 0 or a negative errno: all of them are in force, or none has changed.
 */
int raft_ioc_set(int fd, struct raft_ioc_set *set)
{
	set->size = sizeof(*set);
	return call(fd, RAFT_IOC_SET, set);
}

/**
 * raft_ioc_join() - have this blank node added to its group
 * @fd: the device, attached, open for writing
 * @via: where a member listens; its id and flags are not looked at
 * @learner: without a vote
 * @timeout_ms: as in raft_ioc_members()
 * @result: outcome, and what the member said (out)
 *
 * Return: 0 or a negative errno, which means what @result->outcome says.
 */
int raft_ioc_join(int fd, const struct raft_ioc_member *via, bool learner,
		  uint32_t timeout_ms, struct raft_ioc_join *result)
{
	memset(result, 0, sizeof(*result));
	result->size = sizeof(*result);
	result->flags = learner ? RAFT_JOIN_LEARNER : 0;
	result->via = *via;
	result->via.id = 0;
	result->via.flags = 0;
	result->timeout_ms = timeout_ms;
	return call(fd, RAFT_IOC_JOIN, result);
}

/**
 * raft_ioc_unknown() - whether an error leaves open what happened
 * @op: what was attempted
 * @error: negative errno
 *
 * Of a membership change or a transfer its outcome tells.
 *
 * Return: true if a proposal may have been, or may yet be, committed.
 */
bool raft_ioc_unknown(enum raft_ioc_op op, int error)
{
	return op == RAFT_OP_PROPOSE &&
	       (error == -ETIMEDOUT || error == -ECANCELED || error == -EINTR);
}

static const char *start_text(int error)
{
	switch (error) {
	case -EBADF:
		return "the log is not open for reading and writing";
	case -EBUSY:
		return "the log, a snapshot file or this node is in use already";
	case -EEXIST:
		return "a group of this name or id runs here already";
	case -EINVAL:
		return "the kernel refused an argument; dmesg may say which";
	case -EILSEQ:
		return "the log is damaged beyond repair, nothing was changed; see raftdump";
	case -EIO:
		return "the log cannot be read or written; see dmesg";
	case -EMEDIUMTYPE:
		return "not a raft log or snapshot, and not empty; move it away, or zero it";
	case -ENOSPC:
	case -EFBIG:
		return "the log is too small, at least 1 MiB is needed";
	case -EPROTO:
		return "the log or a snapshot is of another format version; see dmesg";
	case -ESTALE:
		return "it belongs to another group or node, or a snapshot to another log";
	case -ENODATA:
		return "the log begins behind what the snapshots have: are they the right ones?";
	case -EADDRINUSE:
		return "the address of this node is in use by another socket";
	case -EADDRNOTAVAIL:
		return "the address of this node is not one of this network namespace";
	case -EAFNOSUPPORT:
		return "the kernel does not have this kind of address";
	}
	return NULL;
}

static const char *propose_text(int error)
{
	switch (error) {
	case -EAGAIN:
		return "too much waits for commit; nothing was proposed, try again";
	case -ECANCELED:
		return "the group was stopped: the outcome is UNKNOWN";
	case -EINTR:
		return "interrupted: the outcome is UNKNOWN";
	case -ETIMEDOUT:
		return "timed out: the outcome is UNKNOWN, it may commit later; look first";
	case -EINVAL:
		return "a command has 1 to 1048576 bytes";
	case -EKEYEXPIRED:
		return "the session is closed, or has a later command: not applied by this call";
	case -EMSGSIZE:
		return "the command is longer than 1048576 bytes";
	case -ENOSPC:
		return "the log is full; nothing was proposed";
	case -ENOTCONN:
		return "this node is not a member, not yet or no more; nothing was proposed";
	}
	return NULL;
}

static const char *applied_text(int error)
{
	switch (error) {
	case -EINVAL:
		return "nothing of this index is applied here, or it is not a command";
	case -EMSGSIZE:
		return "the result is longer than 4096 bytes";
	}
	return NULL;
}

static const char *snapshot_text(int error)
{
	switch (error) {
	case -EBUSY:
		return "one is being taken, or comes, or the one before the last is open";
	case -ECANCELED:
		return "the group was stopped";
	case -EEXIST:
		return "there is a snapshot that reaches as far";
	case -EFBIG:
		return "the snapshot is too large for its file";
	case -EILSEQ:
		return "the snapshot is damaged";
	case -EINVAL:
		return "this index is not applied here or has been cut, or this is no regular file";
	case -EIO:
		return "a file of it cannot be read or written, or the group has failed here";
	case -EINTR:
		return "interrupted";
	case -ENODATA:
		return "there is no snapshot, or nobody is known to be a member";
	case -ENOSPC:
		return "no room for the snapshot on its file system";
	case -EOPNOTSUPP:
		return "this node is a witness, or was started without files for snapshots";
	case -ESTALE:
		return "another snapshot has come meanwhile";
	}
	return NULL;
}

/* Before it began: the same for MEMBERS, TRANSFER and SET. */
static const char *order_text(enum raft_ioc_op op, int error)
{
	switch (error) {
	case -EINVAL:
		return "the kernel refused an argument; dmesg may say which";
	case -EBUSY:
		return op == RAFT_OP_TRANSFER ?
		       "a transfer that was asked here is under way" :
		       "a change that was asked here is under way";
	case -ENOTCONN:
		return "this node is not a member, not yet or no more";
	case -EPERM:
		return "CAP_NET_ADMIN is needed";
	case -EAFNOSUPPORT:
		return "this node does not listen on an address of that kind";
	}
	return NULL;
}

static const char *barrier_text(int error)
{
	switch (error) {
	case -EAGAIN:
		return "too many wait for a barrier here, try again";
	case -EINTR:
		return "interrupted";
	case -ENOTCONN:
		return "this node is not a member, not yet or no more: nobody answers it";
	case -ETIMEDOUT:
		return "timed out: no leader answered that has a majority";
	}
	return NULL;
}

static const char *members_refused(int error)
{
	switch (error) {
	case -E2BIG:
		return "refused: a group has at most 16 members";
	case -EAGAIN:
		return "refused for now: the leader is too new, or the node too far behind";
	case -EBUSY:
		return "refused: another change, or a transfer, is under way";
	case -EDOM:
		return "refused: no voter would be left, or more witnesses than half of the voters";
	case -EEXIST:
		return "refused: it is a member already";
	case -EINVAL:
		return "refused: only a learner can be promoted, only a voter demoted, no witness";
	case -ENOENT:
		return "refused: it is not a member";
	case -ENOMEM:
		return "refused: the leader is out of memory";
	case -ENOSPC:
		return "refused: the log of the leader is full";
	case -ENOTCONN:
		return "refused: this node was removed meanwhile";
	}
	return NULL;
}

static const char *take_back_refused(int error)
{
	switch (error) {
	case -EAGAIN:
		return "refused for now: another leader began it, or it is not decided yet";
	case -EBUSY:
		return "refused: a joint configuration is committed, the group leaves it by itself";
	case -ENOENT:
		return "nothing is under way";
	}
	return members_refused(error);
}

static const char *transfer_refused(int error)
{
	switch (error) {
	case -EAGAIN:
		return "refused: that node, or each of them, is too far behind or was not heard of";
	case -EBUSY:
		return "refused: a transfer to another node is under way";
	case -EINVAL:
		return "refused: that node has no vote, or is a witness";
	case -ENOENT:
		return "refused: that node is not a member";
	case -ENOTCONN:
		return "refused: this node was removed meanwhile";
	}
	return NULL;
}

/* By a member, or by this node. */
static const char *join_refused(int error)
{
	switch (error) {
	case -EAGAIN:
		return "refused for now: the leader is too new";
	case -EEXIST:
		return "refused: another node has this id, or this one is a learner already";
	case -EINVAL:
		return "refused: nobody can be reached at the address of this node";
	case -EIO:
		return "refused: the node that was asked has failed";
	case -ENOLINK:
		return "refused for now: no leader is known there";
	case -ENOTCONN:
		return "refused: the node that was asked is not a member itself";
	case -ESTALE:
		return "refused: this node was removed; to come back it needs a new log";
	}
	return members_refused(error);
}

static const char *refused_text(enum raft_ioc_op op, int error)
{
	const char *text;

	if (op == RAFT_OP_TRANSFER)
		text = transfer_refused(error);
	else if (op == RAFT_OP_TAKE_BACK)
		text = take_back_refused(error);
	else if (op == RAFT_OP_JOIN_GROUP)
		text = join_refused(error);
	else
		text = members_refused(error);
	return text ? text : strerror(-error);
}

/**
 * raft_ioc_join_error() - what a member says to a node that wants in
 * @error: errno of struct raft_ioc_join, positive
 *
 * Return: a sentence.
 */
const char *raft_ioc_join_error(int error)
{
	return refused_text(RAFT_OP_JOIN_GROUP, -error);
}

/**
 * raft_ioc_outcome() - what became of a membership change or a transfer
 * @op: RAFT_OP_MEMBERS, RAFT_OP_TAKE_BACK, RAFT_OP_TRANSFER or
 *	RAFT_OP_JOIN_GROUP
 * @outcome: RAFT_OUTCOME_*
 * @error: negative errno
 *
 * Return: a sentence; NULL if @outcome says nothing beyond the errno, which
 * raft_ioc_explain() knows.
 */
const char *raft_ioc_outcome(enum raft_ioc_op op, uint32_t outcome, int error)
{
	bool transfer = op == RAFT_OP_TRANSFER;

	switch (outcome) {
	case RAFT_OUTCOME_REFUSED:
		return refused_text(op, error);
	case RAFT_OUTCOME_GIVEN_UP:
		return transfer ?
		       "given up: the other node did not become leader in time" :
		       "given up: the new node did not catch up; it is not a voter";
	case RAFT_OUTCOME_ABORTED:
		if (op == RAFT_OP_TAKE_BACK)
			return "lost with its leader; look again";
		return transfer ? "another node leads" :
		       "taken back by an operator, or lost with its leader: nothing changed";
	case RAFT_OUTCOME_UNKNOWN:
		if (error == -ECANCELED)
			return "the group stopped or failed: the outcome is UNKNOWN";
		return transfer ?
		       "timed out: the outcome is UNKNOWN, it may happen yet" :
		       "timed out: the outcome is UNKNOWN, it goes on; see raftctl member list";
	}
	return NULL;
}

static const char *log_text(int error)
{
	switch (error) {
	case -EBUSY:
		return "another program or group has the log open";
	case -ENXIO:
		return "the log is neither a regular file nor a block device";
	case -ENOSPC:
		return "no room for the log on its file system";
	case -EFBIG:
		return "the log is smaller than 1 MiB";
	}
	return NULL;
}

static const char *any_text(enum raft_ioc_op op, int error)
{
	switch (error) {
	case -ENODEV:
		if (op == RAFT_OP_STOP || op == RAFT_OP_ATTACH)
			return "no such group here; raftctl show lists them";
		return "no group is named, and not exactly one runs here";
	case -ENOENT:
	case -ENXIO:
		return op == RAFT_OP_OPEN ?
		       "no " RAFT_DEVICE ": the module raft is not loaded" :
		       NULL;
	case -EPERM:
	case -EACCES:
		return op == RAFT_OP_OPEN ?
		       RAFT_DEVICE " is for root only, or for its group" :
		       "CAP_NET_ADMIN and CAP_SYS_ADMIN are needed";
	case -EIO:
		return "the group has failed here; raftctl status says why";
	case -ECANCELED:
		return "the group was stopped";
	case -E2BIG:
	case -ENOTTY:
		return "this tool and the module do not fit together";
	case -ENOLINK:
		return "no leader is known";
	case -ETIMEDOUT:
		return "timed out";
	case -EPIPE:
		return "the cursor was overtaken by compaction";
	case -EOPNOTSUPP:
		return "this node is a witness: it has no commands";
	}
	return strerror(-error);
}

/**
 * raft_ioc_explain() - say what an error means
 * @out: where to; the text ends without a newline
 * @op: what was attempted
 * @error: negative errno
 * @group: name of the group, or NULL
 * @log: path of the log, or NULL
 */
void raft_ioc_explain(FILE *out, enum raft_ioc_op op, int error,
		      const char *group, const char *log)
{
	const char *text = NULL;

	if (op == RAFT_OP_START)
		text = start_text(error);
	else if (op == RAFT_OP_PROPOSE)
		text = propose_text(error);
	else if (op == RAFT_OP_LOG)
		text = log_text(error);
	else if (op == RAFT_OP_BARRIER)
		text = barrier_text(error);
	else if (op == RAFT_OP_APPLIED)
		text = applied_text(error);
	else if (op == RAFT_OP_SNAPSHOT)
		text = snapshot_text(error);
	else if (op >= RAFT_OP_MEMBERS)
		text = order_text(op, error);
	if (!text && op == RAFT_OP_LOG)
		text = strerror(-error);
	if (!text)
		text = any_text(op, error);
	if (group && *group)
		fprintf(out, "%s: ", group);
	if (log && (op == RAFT_OP_LOG || op == RAFT_OP_START))
		fprintf(out, "%s: ", log);
	fputs(text, out);
}
