// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs.c - /sys/class/raft/<group>/ and its uevents.
 *
 * Owns the class "raft" and a device without a number per group; what is below
 * peers/ is in sysfs_peer.c.  One value per file, words that never change,
 * described in Documentation/ABI/testing/sysfs-class-raft.  A group is seen in
 * its own network namespace only, as /sys/class/net does it, and so are its
 * uevents.
 *
 * Shows what is published; asks the owner nothing.  Never entered by the owner
 * thread: sysfs allocates, takes mutexes and wakes user space.
 *
 * role, term, leader, commit, applied, failed and config_index can be polled
 * (POLLPRI).  commit and applied wake at most ten times a second, for they may
 * move ten thousand times.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/atomic.h>
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/kobject_ns.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/netdevice.h>	/* net_ns_type_operations */
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "compat.h"
#include "group.h"
#include "snapshot.h"
#include "sysfs.h"
#include "sysfs_peer.h"
#include "wal.h"

#define RAFT_NOTIFY_PERIOD	(HZ / 10)

/**
 * struct raft_sysfs - what sysfs keeps for a group
 * @dev: /sys/class/raft/<name>; may outlive the group in the hands of others
 * @net: namespace, compared only, never looked into
 * @group: referenced while @dev is in sysfs
 * @peers: [creation, then the work of the group] peers/
 * @commit_work: tells about @commit and @applied
 * @wake: in the group's wait queue, queues @commit_work
 * @told: [work of the group] what role, term, leader, failed were last told
 * @told_conf: [likewise] and the members
 * @told_wanted: that a snapshot is wanted
 * @told_commit: [commit_work] and commit
 */
struct raft_sysfs {
	struct device dev;
	const struct net *net;
	struct raft_group *group;
	struct raft_sysfs_peers peers;
	struct delayed_work commit_work;
	wait_queue_entry_t wake;
	struct {
		u32 role;
		u32 leader;
		u32 failed;
		u64 term;
	} told;
	struct raft_membership told_conf;
	bool told_wanted;
	u64 told_commit;
};

/* Objects whose release function, in this module, has not run yet. */
static atomic_t raft_sysfs_live = ATOMIC_INIT(0);
static struct workqueue_struct *raft_sysfs_wq;

/**
 * raft_sysfs_born() - an object is made whose release function is ours
 *
 * Context: any.
 */
void raft_sysfs_born(void)
{
	atomic_inc(&raft_sysfs_live);
}

/**
 * raft_sysfs_gone() - its release function has run
 *
 * Context: any.
 */
void raft_sysfs_gone(void)
{
	if (atomic_dec_and_test(&raft_sysfs_live))
		wake_up_var(&raft_sysfs_live);
}

static struct raft_sysfs *raft_to_sysfs(const struct device *dev)
{
	return container_of(dev, struct raft_sysfs, dev);
}

/**
 * raft_sysfs_published() - a copy of what is published, too large for a stack
 * @g: the group
 *
 * Context: process, may sleep.
 * Return: the copy, for kfree(); NULL without memory.
 */
struct raft_published *raft_sysfs_published(struct raft_group *g)
{
	struct raft_published *pub = kmalloc(sizeof(*pub), GFP_KERNEL);

	if (pub)
		raft_group_published(g, pub);
	return pub;
}

/* A file that shows @expr of the group @g and what it published, @pub. */
#define RAFT_ATTR_PUB(_name, _fmt, _expr)				\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct raft_group *g = raft_to_sysfs(dev)->group;		\
	struct raft_published *pub = raft_sysfs_published(g);		\
	ssize_t len;							\
									\
	if (!pub)							\
		return -ENOMEM;						\
	len = sysfs_emit(buf, _fmt "\n", _expr);			\
	kfree(pub);							\
	return len;							\
}									\
static DEVICE_ATTR_RO(_name)

/* A file that shows @expr of the group @g. */
#define RAFT_ATTR(_name, _fmt, _expr)					\
static ssize_t _name##_show(struct device *dev,				\
			    struct device_attribute *attr, char *buf)	\
{									\
	struct raft_group *g = raft_to_sysfs(dev)->group;		\
									\
	return sysfs_emit(buf, _fmt "\n", _expr);			\
}									\
static DEVICE_ATTR_RO(_name)

static struct raft_wal_stat raft_sysfs_wal(struct raft_group *g)
{
	struct raft_wal_stat st = {};

	raft_group_wal_stat(g, &st);
	return st;
}

/* All zero if there is none. */
static struct raft_snapshot raft_sysfs_snapshot(struct raft_group *g)
{
	struct raft_snapshot of = {};

	raft_snapshots_current(g, &of);
	return of;
}

static bool raft_sysfs_wanted(struct raft_group *g)
{
	return g->snapshots && READ_ONCE(g->snapshots->wanted);
}

RAFT_ATTR_PUB(role, "%s", raft_role_name(pub->st.role));
RAFT_ATTR_PUB(term, "%llu", pub->st.term);
RAFT_ATTR_PUB(vote, "%u", pub->st.vote);
RAFT_ATTR_PUB(leader, "%u", pub->st.leader);
RAFT_ATTR_PUB(first, "%llu", pub->st.first);
RAFT_ATTR_PUB(last, "%llu", pub->st.last);
RAFT_ATTR_PUB(durable, "%llu", pub->st.durable);
RAFT_ATTR_PUB(commit, "%llu", pub->st.commit);
RAFT_ATTR_PUB(applied, "%llu", pub->st.applied);
RAFT_ATTR_PUB(pending, "%u", pub->st.pending);
RAFT_ATTR_PUB(sessions, "%u", pub->st.clients);
RAFT_ATTR_PUB(failed, "%s", raft_fail_name(pub->st.failed));
RAFT_ATTR_PUB(error, "%d", abs(pub->st.error));
RAFT_ATTR_PUB(timer_late_max_ns, "%llu", pub->timer_late_max);
RAFT_ATTR_PUB(conflicts, "%llu", pub->st.conflicts);
RAFT_ATTR_PUB(dup_id_seen, "%llu", pub->dup_id_seen);
RAFT_ATTR_PUB(config_index, "%llu", pub->st.config_index);
RAFT_ATTR_PUB(joint, "%d", pub->st.joint);
RAFT_ATTR_PUB(member, "%d", pub->st.member);
RAFT_ATTR_PUB(removed, "%d", pub->st.removed);
RAFT_ATTR_PUB(catching_up, "%u", pub->st.catching_up);
RAFT_ATTR_PUB(given_up, "%u", pub->st.given_up);
RAFT_ATTR_PUB(given_up_reason, "%s", raft_given_up_name(pub->st.given_up_why));
RAFT_ATTR_PUB(transferring, "%u", pub->st.transferring);
RAFT_ATTR_PUB(reach, "%llu", pub->st.reach);
RAFT_ATTR_PUB(read_rounds, "%llu", pub->st.read_rounds);
RAFT_ATTR_PUB(window, "%llu", pub->st.window);
RAFT_ATTR_PUB(memory_used, "%llu", raft_group_memory(&pub->st));
RAFT_ATTR(node_id, "%u", g->params.ioc.node_id);
RAFT_ATTR(group_id, "0x%016llx", g->params.ioc.group_id);
RAFT_ATTR(incarnation, "%llu", g->incarnation);
RAFT_ATTR(log_size, "%llu", raft_sysfs_wal(g).size);
RAFT_ATTR(log_room, "%llu", raft_sysfs_wal(g).room);
RAFT_ATTR(snapshot, "%llu", raft_sysfs_snapshot(g).index);
RAFT_ATTR(snapshot_bytes, "%llu", raft_sysfs_snapshot(g).total);
RAFT_ATTR(snapshot_wanted, "%d", raft_sysfs_wanted(g));
RAFT_ATTR(snapshot_at, "%u", READ_ONCE(g->settings.snapshot_at));
RAFT_ATTR(retain_entries, "%llu", READ_ONCE(g->settings.retain_entries));
RAFT_ATTR(retain_bytes, "%llu", READ_ONCE(g->settings.retain_bytes));
RAFT_ATTR(events, "%llu", READ_ONCE(g->events));
RAFT_ATTR(memory, "%llu", READ_ONCE(g->settings.memory));
RAFT_ATTR(election_timeout_ms, "%u", READ_ONCE(g->settings.election_timeout_ms));
RAFT_ATTR(heartbeat_ms, "%u", READ_ONCE(g->settings.heartbeat_ms));
RAFT_ATTR(priority, "%u", READ_ONCE(g->settings.priority));
RAFT_ATTR(lease_drift_ppm, "%u", READ_ONCE(g->settings.lease_drift_ppm));

static struct attribute *raft_attrs[] = {
	&dev_attr_role.attr,
	&dev_attr_term.attr,
	&dev_attr_vote.attr,
	&dev_attr_leader.attr,
	&dev_attr_first.attr,
	&dev_attr_last.attr,
	&dev_attr_durable.attr,
	&dev_attr_commit.attr,
	&dev_attr_applied.attr,
	&dev_attr_pending.attr,
	&dev_attr_sessions.attr,
	&dev_attr_failed.attr,
	&dev_attr_error.attr,
	&dev_attr_timer_late_max_ns.attr,
	&dev_attr_conflicts.attr,
	&dev_attr_dup_id_seen.attr,
	&dev_attr_node_id.attr,
	&dev_attr_group_id.attr,
	&dev_attr_incarnation.attr,
	&dev_attr_log_size.attr,
	&dev_attr_log_room.attr,
	&dev_attr_snapshot.attr,
	&dev_attr_snapshot_bytes.attr,
	&dev_attr_snapshot_wanted.attr,
	&dev_attr_snapshot_at.attr,
	&dev_attr_retain_entries.attr,
	&dev_attr_retain_bytes.attr,
	&dev_attr_memory.attr,
	&dev_attr_memory_used.attr,
	&dev_attr_window.attr,
	&dev_attr_events.attr,
	&dev_attr_election_timeout_ms.attr,
	&dev_attr_heartbeat_ms.attr,
	&dev_attr_priority.attr,
	&dev_attr_lease_drift_ppm.attr,
	&dev_attr_config_index.attr,
	&dev_attr_joint.attr,
	&dev_attr_member.attr,
	&dev_attr_removed.attr,
	&dev_attr_catching_up.attr,
	&dev_attr_given_up.attr,
	&dev_attr_given_up_reason.attr,
	&dev_attr_transferring.attr,
	&dev_attr_read_rounds.attr,
	&dev_attr_reach.attr,
	NULL
};
ATTRIBUTE_GROUPS(raft);

static void raft_dev_release(struct device *dev)
{
	kfree(raft_to_sysfs(dev));
	raft_sysfs_gone();
}

static const void *raft_class_namespace(raft_namespace_device dev)
{
	return raft_to_sysfs(dev)->net;
}

/* What a uevent says, and the file "uevent" too. */
static int raft_class_uevent(raft_uevent_device dev,
			     struct kobj_uevent_env *env)
{
	struct raft_group *g = raft_to_sysfs(dev)->group;
	struct raft_published *pub = raft_sysfs_published(g);
	int err;

	if (!pub)
		return -ENOMEM;
	err = add_uevent_var(env, "RAFT_GROUP=%s", g->params.ioc.name) ?:
	      add_uevent_var(env, "RAFT_NODE=%u", g->params.ioc.node_id) ?:
	      add_uevent_var(env, "RAFT_ROLE=%s",
			     raft_role_name(pub->st.role)) ?:
	      add_uevent_var(env, "RAFT_TERM=%llu", pub->st.term) ?:
	      add_uevent_var(env, "RAFT_LEADER=%u", pub->st.leader) ?:
	      add_uevent_var(env, "RAFT_FAILED=%s",
			     raft_fail_name(pub->st.failed)) ?:
	      add_uevent_var(env, "RAFT_CONFIG=%llu", pub->conf.index) ?:
	      add_uevent_var(env, "RAFT_MEMBER=%d", pub->st.member) ?:
	      add_uevent_var(env, "RAFT_REACH=%llu", pub->st.reach);
	kfree(pub);
	return err;
}

static struct class raft_class = {
	.name = "raft",
	.dev_groups = raft_groups,
	.dev_release = raft_dev_release,
	.dev_uevent = raft_class_uevent,
	.ns_type = &net_ns_type_operations,
	.namespace = raft_class_namespace,
};

/* Wakes those who poll commit or applied, now that the period is over. */
static void raft_sysfs_commit_work(struct work_struct *work)
{
	struct raft_sysfs *s = container_of(to_delayed_work(work),
					    struct raft_sysfs, commit_work);
	struct kobject *kobj = &s->dev.kobj;
	u64 applied = raft_group_applied(s->group);

	if (applied == s->told_commit)
		return;
	WRITE_ONCE(s->told_commit, applied);
	sysfs_notify(kobj, NULL, "commit");
	sysfs_notify(kobj, NULL, "applied");
}

/*
 * The group wakes its waiters: did the applied index move?  Does nothing if the
 * work is queued already, so at most ten times a second.  Any context.
 */
static int raft_sysfs_wake(wait_queue_entry_t *wait, unsigned int mode,
			   int flags, void *key)
{
	struct raft_sysfs *s = container_of(wait, struct raft_sysfs, wake);

	if (raft_group_applied(s->group) != READ_ONCE(s->told_commit))
		queue_delayed_work(raft_sysfs_wq, &s->commit_work,
				   RAFT_NOTIFY_PERIOD);
	return 0;
}

/**
 * raft_sysfs_add() - show a group in sysfs
 * @g: the group; what it publishes is valid, and the owner does not run yet
 *
 * Sends the uevent "add".
 *
 * Context: process, may sleep; not the owner thread.
 * Return: 0; -ENOMEM; -EEXIST: there is such a directory.
 */
int raft_sysfs_add(struct raft_group *g)
{
	struct raft_sysfs *s;
	int err;

	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->group = g;
	s->net = g->net;
	s->told.failed = U32_MAX;	/* so that the first notice tells all */
	s->told_conf = g->pub.conf;
	INIT_DELAYED_WORK(&s->commit_work, raft_sysfs_commit_work);
	raft_sysfs_born();
	device_initialize(&s->dev);
	device_set_pm_not_required(&s->dev);	/* no power/ */
	s->dev.class = &raft_class;
	err = dev_set_name(&s->dev, "%s", g->params.ioc.name);
	if (!err)
		err = device_add(&s->dev);
	if (err) {
		put_device(&s->dev);
		return err;
	}
	kref_get(&g->ref);
	raft_sysfs_peers_add(&s->peers, g, &s->dev.kobj);
	init_waitqueue_func_entry(&s->wake, raft_sysfs_wake);
	add_wait_queue(&g->wait, &s->wake);
	g->dev = &s->dev;
	g->sysfs = s;
	return 0;
}

/**
 * raft_sysfs_del() - take a group out of sysfs
 * @g: the group; nothing will call raft_sysfs_notify() any more
 *
 * Sends the uevent "remove".  Waits for those who read a file.
 *
 * Context: process, may sleep; not the owner thread, nor under a lock that
 * publishing takes.
 */
void raft_sysfs_del(struct raft_group *g)
{
	struct raft_sysfs *s = g->sysfs;

	if (!s)
		return;
	g->sysfs = NULL;
	g->dev = NULL;
	remove_wait_queue(&g->wait, &s->wake);
	cancel_delayed_work_sync(&s->commit_work);
	raft_sysfs_peers_del(&s->peers);
	device_unregister(&s->dev);
	raft_group_put(g);
}

/* Role, term, leader or failure: wakes who polls, and tells whether one did. */
static bool raft_sysfs_tell_state(struct raft_sysfs *s,
				  const struct raft_status *st)
{
	struct kobject *kobj = &s->dev.kobj;
	bool changed = false;

#define RAFT_TELL(_field)						\
do {									\
	if (s->told._field != st->_field) {				\
		s->told._field = st->_field;				\
		sysfs_notify(kobj, NULL, __stringify(_field));		\
		changed = true;						\
	}								\
} while (0)
	RAFT_TELL(role);
	RAFT_TELL(term);
	RAFT_TELL(leader);
	RAFT_TELL(failed);
#undef RAFT_TELL
	return changed;
}

static bool raft_sysfs_tell_config(struct raft_sysfs *s,
				   const struct raft_published *pub)
{
	const struct raft_membership *told = &s->told_conf;

	/* The index alone may be that of an entry that was replaced. */
	if (told->index == pub->conf.index && told->n == pub->conf.n &&
	    !memcmp(told->m, pub->conf.m, told->n * sizeof(told->m[0])))
		return false;
	s->told_conf = pub->conf;
	raft_sysfs_peers_follow(&s->peers, &pub->conf);
	sysfs_notify(&s->dev.kobj, NULL, "config_index");
	return true;
}

/* Each time that it becomes true. */
static bool raft_sysfs_tell_wanted(struct raft_sysfs *s)
{
	bool was = s->told_wanted;

	s->told_wanted = raft_sysfs_wanted(s->group);
	if (s->told_wanted != was)
		sysfs_notify(&s->dev.kobj, NULL, "snapshot_wanted");
	return s->told_wanted && !was;
}

static void raft_sysfs_event(struct raft_sysfs *s, char *what)
{
	char *env[2] = { what };

	if (kobject_uevent_env(&s->dev.kobj, KOBJ_CHANGE, env))
		pr_warn_ratelimited("group %s: a uevent was lost\n",
				    s->group->params.ioc.name);
}

/**
 * raft_sysfs_notify() - tell user space what changed
 * @g: the group
 *
 * Compares with what was told last: wakes those who poll the files that
 * changed, makes and removes directories of members, and sends the uevent
 * "change" for role, term, leader or failure, one for members, and one when the
 * state machine is asked for a snapshot.  To be called
 * after any of these changed; calls that come together may be made one.
 *
 * Context: the group's @notify work: may sleep, not twice at once.
 */
void raft_sysfs_notify(struct raft_group *g)
{
	struct raft_sysfs *s = g->sysfs;
	struct raft_published *pub;

	if (!s)
		return;
	pub = raft_sysfs_published(g);
	if (!pub) {
		pr_warn_ratelimited("group %s: no memory for a uevent\n",
				    g->params.ioc.name);
		return;
	}
	if (raft_sysfs_tell_config(s, pub))
		raft_sysfs_event(s, "RAFT_EVENT=config");
	if (raft_sysfs_tell_state(s, &pub->st))
		raft_sysfs_event(s, "RAFT_EVENT=state");
	if (raft_sysfs_tell_wanted(s))
		raft_sysfs_event(s, "RAFT_EVENT=snapshot");
	kfree(pub);
}

/**
 * raft_sysfs_init() - make the class
 *
 * Context: module init.
 * Return: 0, -ENOMEM, or what class_register() says.
 */
int raft_sysfs_init(void)
{
	int err;

	raft_sysfs_wq = alloc_ordered_workqueue("raft_sysfs", 0);
	if (!raft_sysfs_wq)
		return -ENOMEM;
	err = class_register(&raft_class);
	if (err)
		destroy_workqueue(raft_sysfs_wq);
	return err;
}

/**
 * raft_sysfs_exit() - remove the class
 *
 * All groups are out of sysfs.  Waits for the last reference on a device or a
 * peer: their release functions are in this module.
 *
 * Context: module exit, may sleep.
 */
void raft_sysfs_exit(void)
{
	wait_var_event(&raft_sysfs_live, !atomic_read(&raft_sysfs_live));
	class_unregister(&raft_class);
	destroy_workqueue(raft_sysfs_wq);
}
