// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - what is started, in which order, and ended in the reverse.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "chardev.h"
#include "debugfs.h"
#include "group.h"
#include "sysfs.h"
#include "wal.h"

static int __init raft_module_init(void)
{
	int err;

	err = raft_wal_init();
	if (err)
		return err;
	err = raft_sysfs_init();
	if (err)
		goto err_wal;
	raft_debugfs_init();
	err = raft_group_init();
	if (err)
		goto err_debugfs;
	/* Last: from here on there are users. */
	err = raft_chardev_init();
	if (err)
		goto err_group;
	return 0;

err_group:
	raft_group_exit();
err_debugfs:
	raft_debugfs_exit();
	raft_sysfs_exit();
err_wal:
	raft_wal_exit();
	return err;
}

static void __exit raft_module_exit(void)
{
	raft_chardev_exit();
	raft_group_exit();
	raft_debugfs_exit();
	raft_sysfs_exit();
	raft_wal_exit();
}

module_init(raft_module_init);
module_exit(raft_module_exit);
MODULE_DESCRIPTION("Raft consensus: a replicated log as a device");
MODULE_AUTHOR("The raft.ko developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(RAFT_MODULE_VERSION);
MODULE_SOFTDEP("pre: crc32c");
