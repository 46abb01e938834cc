/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ioctl.h - the ioctls of /dev/raft.
 */
#ifndef _RAFT_IOCTL_H
#define _RAFT_IOCTL_H

struct file;

long raft_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

#endif /* _RAFT_IOCTL_H */
