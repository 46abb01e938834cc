/* SPDX-License-Identifier: GPL-2.0 */
/*
 * params.h - checks of what RAFT_IOC_START, _SET and _MEMBERS ask for.
 *
 * A check returns NULL if all is well, else the reason in words that name the
 * field: the caller answers -EINVAL and prints it for the operator.
 */
#ifndef _RAFT_PARAMS_H
#define _RAFT_PARAMS_H

#include <linux/types.h>

#include "../uapi/linux/raft.h"

/* Limits of what may be asked for; beyond the core's own in raft_core.h. */
#define RAFT_ELECTION_MS_MIN		5
#define RAFT_ELECTION_MS_MAX		(60 * 60 * 1000)
#define RAFT_PROPOSE_MS_MAX		(24 * 60 * 60 * 1000)
#define RAFT_INFLIGHT_BYTES_MAX		(256 * 1024 * 1024)
#define RAFT_UNCOMMITTED_MAX		(1024ULL * 1024 * 1024)
#define RAFT_LEASE_DRIFT_MAX		500000

struct file;
struct raft_change;
struct raft_group_params;

bool raft_params_name_ok(const char *name);
const char *raft_params_start(struct raft_ioc_start *ioc);
const char *raft_params_member(const struct raft_ioc_member *m);
const char *raft_params_members(struct raft_group_params *p);
const char *raft_params_log(const struct file *file);
const char *raft_params_snapshot(const struct file *file);
const char *raft_params_set(struct raft_ioc_start *now,
			    const struct raft_ioc_set *set);
const char *raft_params_change(struct raft_change *c,
			       const struct raft_ioc_change *ioc);

#endif /* _RAFT_PARAMS_H */
