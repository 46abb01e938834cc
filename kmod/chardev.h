/* SPDX-License-Identifier: GPL-2.0 */
/*
 * chardev.h - /dev/raft: open files, reading and writing.
 */
#ifndef _RAFT_CHARDEV_H
#define _RAFT_CHARDEV_H

#include <linux/types.h>

struct file;
struct raft_entry;
struct raft_group;

struct raft_group *raft_chardev_group(struct file *file);
int raft_chardev_attach(struct file *file, const char *name);
int raft_chardev_entry(struct file *file, u64 index, struct raft_entry *e);
int raft_chardev_state(const struct raft_group *g);

int raft_chardev_init(void);
void raft_chardev_exit(void);

#endif /* _RAFT_CHARDEV_H */
