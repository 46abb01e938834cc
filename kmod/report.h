/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - RAFT_IOC_STATUS.
 */
#ifndef _RAFT_REPORT_H
#define _RAFT_REPORT_H

#include <linux/compiler_types.h>

struct file;

long raft_report_status(struct file *file, void __user *arg);

#endif /* _RAFT_REPORT_H */
