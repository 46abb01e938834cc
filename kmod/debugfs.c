// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs.c - /sys/kernel/debug/raft/: what is only for debugging, never ABI.
 *
 * Owns a directory per group, <inode of the network namespace>-<name>:
 *
 *   progress  all that the group publishes, one "key value" a line
 *   snapshots what is in the files for snapshots, and what was done with them
 *   log       the applied entries, one a line: index term type origin
 *             incarnation serial length flags; no commands, they are secret
 *
 * and in a build with RAFT_FAULTS:
 *
 *   fault     write a line to inject a fault, read what is injected (fault.c)
 *   core      the owner's own view, undecided entries too (fault.c)
 *
 * Shows what is published and entries that are applied, which never change.
 * Never entered by the owner thread.  Errors are ignored, as debugfs wants it:
 * the group works without.
 */
#include <linux/debugfs.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "core/disk.h"
#include "debugfs.h"
#include "fault.h"
#include "group.h"
#include "payload.h"
#include "snapshot.h"
#include "wal.h"

static struct dentry *raft_debugfs_root;

static void raft_show_status(struct seq_file *m, const struct raft_group *g,
			     const struct raft_status *st)
{
	const struct raft_ioc_start *ioc = &g->settings;

	seq_printf(m, "group %s\n", ioc->name);
	seq_printf(m, "group_id 0x%016llx\n", ioc->group_id);
	seq_printf(m, "node %u\n", ioc->node_id);
	seq_printf(m, "start_flags 0x%x\n", ioc->flags);
	seq_printf(m, "incarnation %llu\n", g->incarnation);
	seq_printf(m, "references %u\n", kref_read(&g->ref));
	seq_printf(m, "stopping %d\n", READ_ONCE(g->stopping));
	seq_printf(m, "events %llu\n", READ_ONCE(g->events));
	seq_printf(m, "role %s\n", raft_role_name(st->role));
	seq_printf(m, "term %llu\n", st->term);
	seq_printf(m, "vote %u\n", st->vote);
	seq_printf(m, "leader %u\n", st->leader);
	seq_printf(m, "first %llu\n", st->first);
	seq_printf(m, "last %llu\n", st->last);
	seq_printf(m, "last_term %llu\n", st->last_term);
	seq_printf(m, "durable %llu\n", st->durable);
	seq_printf(m, "commit %llu\n", st->commit);
	seq_printf(m, "applied %llu\n", st->applied);
	seq_printf(m, "readable %llu\n", raft_group_applied(g));
	seq_printf(m, "pending %u\n", st->pending);
	seq_printf(m, "sessions %u\n", st->clients);
	seq_printf(m, "uncommitted_bytes %llu\n", st->uncommitted_bytes);
	seq_printf(m, "member %d\n", st->member);
	seq_printf(m, "member_flags 0x%x\n", st->flags);
	seq_printf(m, "removed %d\n", st->removed);
	seq_printf(m, "config_index %llu\n", st->config_index);
	seq_printf(m, "joint %d\n", st->joint);
	seq_printf(m, "unproven %d\n", st->unproven);
	seq_printf(m, "lost %d\n", st->lost);
	seq_printf(m, "reach %llu\n", st->reach);
	seq_printf(m, "catching_up %u\n", st->catching_up);
	seq_printf(m, "round %u\n", st->round);
	seq_printf(m, "transferring %u\n", st->transferring);
	seq_printf(m, "lease_until %llu\n", st->lease_until);
	seq_printf(m, "read_rounds %llu\n", st->read_rounds);
	seq_printf(m, "failed %s\n", raft_fail_name(st->failed));
	seq_printf(m, "error %d\n", st->error);
}

static void raft_show_counters(struct seq_file *m, struct raft_group *g,
			       const struct raft_published *pub)
{
	struct raft_wal_stat wal = {};

	raft_group_wal_stat(g, &wal);
	seq_printf(m, "applied_serial %llu\n", pub->applied_serial);
	seq_printf(m, "timer_late_max_ns %llu\n", pub->timer_late_max);
	seq_printf(m, "msgs_in %llu\n", pub->msgs_in);
	seq_printf(m, "msgs_out %llu\n", pub->msgs_out);
	seq_printf(m, "msgs_bad %llu\n", pub->msgs_bad);
	seq_printf(m, "dup_id_seen %llu\n", pub->dup_id_seen);
	seq_printf(m, "send_errors %llu\n", pub->send_errors);
	seq_printf(m, "conflicts %llu\n", pub->st.conflicts);
	seq_printf(m, "log_size %llu\n", wal.size);
	seq_printf(m, "log_room %llu\n", wal.room);
	seq_printf(m, "log_base %llu\n", wal.base);
	seq_printf(m, "log_full %d\n", wal.full);
	seq_printf(m, "disk_writes %llu\n", wal.writes);
	seq_printf(m, "disk_bytes %llu\n", wal.bytes);
	seq_printf(m, "disk_error %d\n", wal.error);
	seq_printf(m, "results %u\n", READ_ONCE(g->results.n));
	seq_printf(m, "results_bytes %u\n", READ_ONCE(g->results.bytes));
	seq_printf(m, "results_applied %llu\n", READ_ONCE(g->results.applied));
}

static void raft_show_peers(struct seq_file *m,
			    const struct raft_published *pub)
{
	const struct raft_peer_status *p;
	u64 now = ktime_get_ns();
	u32 i;

	for (i = 0; i < pub->st.n_peers && i < RAFT_MAX_NODES; i++) {
		p = &pub->st.peers[i];
		seq_printf(m, "peer %u %s flags 0x%x match %llu next %llu inflight %u active %d priority %u incarnation %llu heard_us %lld\n",
			   p->id, raft_progress_name(p->state), p->flags,
			   p->match, p->next, p->inflight, p->active, p->priority,
			   pub->peer_incarnation[i],
			   pub->peer_heard[i] ?
			   (s64)(now - pub->peer_heard[i]) / NSEC_PER_USEC :
			   -1LL);
	}
}

static int raft_progress_show(struct seq_file *m, void *unused)
{
	struct raft_group *g = m->private;
	struct raft_published *pub = kmalloc(sizeof(*pub), GFP_KERNEL);

	if (!pub)
		return -ENOMEM;
	raft_group_published(g, pub);
	raft_show_status(m, g, &pub->st);
	raft_show_counters(m, g, pub);
	raft_show_peers(m, pub);
	kfree(pub);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(raft_progress);

static void raft_show_slot(struct seq_file *m, const struct raft_slot_file *slot,
			   int i)
{
	static const char * const states[] = {
		[RAFT_SLOT_EMPTY] = "empty",
		[RAFT_SLOT_PARTIAL] = "partial",
		[RAFT_SLOT_COMPLETE] = "complete",
	};
	const struct raft_slot *head = &slot->head;

	seq_printf(m, "file %d %s index %llu term %llu id %016llx total %llu stored %llu image %u generation %llu opens %u\n",
		   i, states[head->state], head->of.index, head->of.term,
		   head->of.id, head->of.total, head->stored, head->image,
		   head->generation, slot->opens);
}

static int raft_slots_show(struct seq_file *m, void *unused)
{
	struct raft_group *g = m->private;
	struct raft_snapshots *s = g->snapshots;
	int i;

	if (!s)
		return 0;
	down_read(&s->sem);
	for (i = 0; i < RAFT_SLOTS; i++)
		raft_show_slot(m, &s->slot[i], i);
	up_read(&s->sem);
	spin_lock(&s->lock);
	seq_printf(m, "parts %u\n", s->n_parts);
	seq_printf(m, "sends %u\n", s->n_sends);
	seq_printf(m, "taking %d\n", s->taking);
	seq_printf(m, "coming %llu\n", s->progress_of.index);
	seq_printf(m, "coming_bytes %llu\n", s->progress);
	seq_printf(m, "wanted %d\n", READ_ONCE(s->wanted));
	seq_printf(m, "taken %llu\n", s->taken);
	seq_printf(m, "received %llu\n", s->received);
	spin_unlock(&s->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(raft_slots);

/* The position of the sequence is the index less one. */
static void *raft_log_seq_start(struct seq_file *m, loff_t *pos)
{
	struct raft_group *g = m->private;

	return *pos < raft_group_applied(g) ? pos : NULL;
}

static void *raft_log_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return raft_log_seq_start(m, pos);
}

static void raft_log_seq_stop(struct seq_file *m, void *v)
{
}

static int raft_log_seq_show(struct seq_file *m, void *v)
{
	u64 index = *(loff_t *)v + 1;
	struct raft_group *g = m->private;
	struct raft_entry e;
	int err;

	err = raft_group_entry(g, index, &e);
	if (err) {
		seq_printf(m, "%llu %s\n", index,
			   err == -ENODATA ? "on disk" : "gone");
		return 0;
	}
	if (e.payload)
		raft_payload_put(e.payload);
	seq_printf(m, "%llu %llu %s %u %llu %llu %u %s\n", index, e.term,
		   raft_disk_type_name(e.type), e.origin,
		   e.incarnation, e.serial, e.len,
		   e.flags & RAFT_ENTRY_DROPPED ? "dropped" : "applied");
	return 0;
}

static const struct seq_operations raft_log_sops = {
	.start = raft_log_seq_start,
	.next = raft_log_seq_next,
	.stop = raft_log_seq_stop,
	.show = raft_log_seq_show,
};

DEFINE_SEQ_ATTRIBUTE(raft_log);

#ifdef RAFT_FAULTS
static int raft_core_show(struct seq_file *m, void *unused)
{
	return raft_fault_log(m, m->private);
}
DEFINE_SHOW_ATTRIBUTE(raft_core);

static int raft_fault_file_show(struct seq_file *m, void *unused)
{
	return raft_fault_show(m, m->private);
}

static int raft_fault_file_open(struct inode *inode, struct file *file)
{
	return single_open(file, raft_fault_file_show, inode->i_private);
}

static ssize_t raft_fault_file_write(struct file *file, const char __user *buf,
				     size_t len, loff_t *pos)
{
	struct raft_group *g = file_inode(file)->i_private;
	char *line;
	int err;

	if (len > PAGE_SIZE)
		return -EINVAL;
	line = memdup_user_nul(buf, len);
	if (IS_ERR(line))
		return PTR_ERR(line);
	err = raft_fault_command(g, strim(line));
	kfree(line);
	return err ?: len;
}

static const struct file_operations raft_fault_fops = {
	.owner = THIS_MODULE,
	.open = raft_fault_file_open,
	.read = seq_read,
	.write = raft_fault_file_write,
	.llseek = seq_lseek,
	.release = single_release,
};
#endif

/**
 * raft_debugfs_add() - make the directory of a group
 * @g: the group, started
 *
 * Context: process, may sleep.
 */
void raft_debugfs_add(struct raft_group *g)
{
	char name[RAFT_NAME_LEN + 12];	/* 10 digits, '-' */
	struct dentry *dir;

	snprintf(name, sizeof(name), "%u-%s", g->net->ns.inum,
		 g->params.ioc.name);
	dir = debugfs_create_dir(name, raft_debugfs_root);
	g->debugfs = dir;
	debugfs_create_file("progress", 0400, dir, g, &raft_progress_fops);
	debugfs_create_file("snapshots", 0400, dir, g, &raft_slots_fops);
	debugfs_create_file("log", 0400, dir, g, &raft_log_fops);
#ifdef RAFT_FAULTS
	debugfs_create_file("core", 0400, dir, g, &raft_core_fops);
	debugfs_create_file("fault", 0600, dir, g, &raft_fault_fops);
#endif
}

/**
 * raft_debugfs_del() - remove the directory of a group
 * @g: the group; safe if it has none
 *
 * Waits for those who read or write a file.
 *
 * Context: process, may sleep; not the owner thread.
 */
void raft_debugfs_del(struct raft_group *g)
{
	debugfs_remove_recursive(g->debugfs);
	g->debugfs = NULL;
}

/**
 * raft_debugfs_init() - make /sys/kernel/debug/raft
 *
 * Context: module init.
 */
void raft_debugfs_init(void)
{
	raft_debugfs_root = debugfs_create_dir("raft", NULL);
}

/**
 * raft_debugfs_exit() - remove /sys/kernel/debug/raft
 *
 * Context: module exit; all groups are gone from it.
 */
void raft_debugfs_exit(void)
{
	debugfs_remove_recursive(raft_debugfs_root);
}
