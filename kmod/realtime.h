/* SPDX-License-Identifier: GPL-2.0 */
/*
 * realtime.h - how urgent our threads are.
 */
#ifndef _RAFT_REALTIME_H
#define _RAFT_REALTIME_H

struct task_struct;

void raft_realtime(struct task_struct *task);

#endif /* _RAFT_REALTIME_H */
