/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ioc.h - /dev/raft as C functions, and what its errors mean in words.
 *
 * One function per ioctl of <linux/raft.h>, none with state of its own.  An
 * error is a negative errno; a call that a signal interrupted is repeated only
 * where nothing was proposed.
 */
#ifndef _RAFT_IOC_H
#define _RAFT_IOC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../../uapi/linux/raft.h"

#define RAFT_DEVICE		"/dev/raft"
#define RAFT_WAIT_FOREVER	UINT32_MAX

/* What was attempted: the same errno has another meaning in another place. */
enum raft_ioc_op {
	RAFT_OP_OPEN,
	RAFT_OP_FEATURES,
	RAFT_OP_START,
	RAFT_OP_STOP,
	RAFT_OP_ATTACH,
	RAFT_OP_PROPOSE,
	RAFT_OP_WAIT,
	RAFT_OP_STATUS,
	RAFT_OP_READ,
	RAFT_OP_LOG,		/* opening or making the log file */
	RAFT_OP_MEMBERS,
	RAFT_OP_TAKE_BACK,	/* RAFT_MEMBERS_ABORT */
	RAFT_OP_TRANSFER,
	RAFT_OP_BARRIER,	/* RAFT_IOC_READ */
	RAFT_OP_SET,
	RAFT_OP_APPLIED,
	RAFT_OP_SNAPSHOT,
	RAFT_OP_JOIN_GROUP,
};

int raft_ioc_open(int flags);
int raft_ioc_features(int fd, struct raft_ioc_features *features);
int raft_ioc_start(int fd, struct raft_ioc_start *start);
int raft_ioc_stop(int fd, const char *name);
int raft_ioc_attach(int fd, const char *name);
int raft_ioc_propose(int fd, const void *data, uint32_t len, uint32_t flags,
		     uint32_t timeout_ms, struct raft_ioc_propose *result);
int raft_ioc_submit(int fd, struct raft_ioc_propose *p);
int raft_ioc_batch(int fd, struct raft_ioc_command *commands, uint32_t n,
		   uint32_t flags, uint32_t timeout_ms);
int raft_ioc_session(int fd, uint32_t timeout_ms, uint64_t *client);
int raft_ioc_snapshot(int fd, int from, uint64_t index, uint64_t keep,
		      uint64_t *bytes);
int raft_ioc_snapshot_open(int fd, struct raft_ioc_snapshot_open *open);
int raft_ioc_applied(int fd, uint64_t index, const void *result, uint32_t len);
int raft_ioc_wait(int fd, uint32_t what, uint64_t value, uint32_t timeout_ms,
		  struct raft_ioc_wait *result);
int raft_ioc_status(int fd, struct raft_ioc_status *status,
		    struct raft_ioc_peer peers[RAFT_NODES_MAX]);
int raft_ioc_members(int fd, const struct raft_ioc_change *changes, uint32_t n,
		     bool joint, uint32_t timeout_ms,
		     struct raft_ioc_members *result);
int raft_ioc_transfer(int fd, uint32_t target, uint32_t timeout_ms,
		      struct raft_ioc_transfer *result);
int raft_ioc_read(int fd, uint32_t flags, uint32_t timeout_ms,
		  uint64_t *index);
int raft_ioc_set(int fd, struct raft_ioc_set *set);
int raft_ioc_join(int fd, const struct raft_ioc_member *via, bool learner,
		  uint32_t timeout_ms, struct raft_ioc_join *result);
bool raft_ioc_unknown(enum raft_ioc_op op, int error);
void raft_ioc_explain(FILE *out, enum raft_ioc_op op, int error,
		      const char *group, const char *log);
const char *raft_ioc_outcome(enum raft_ioc_op op, uint32_t outcome, int error);
const char *raft_ioc_join_error(int error);

#endif /* _RAFT_IOC_H */
