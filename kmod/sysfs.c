// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs.c - /sys/class/raft/<group>/ and its uevents.
 *
 * Owns the class "raft", a device without a number per group, and a directory
 * per peer.  One value per file, words that never change, described in
 * Documentation/ABI/testing/sysfs-class-raft.  A group is seen in its own
 * network namespace only, as /sys/class/net does it, and so are its uevents.
 *
 * Shows what is published; asks the owner nothing.  Never entered by the owner
 * thread: sysfs allocates, takes mutexes and wakes user space.
 *
 * role, term, leader, commit, applied and failed can be polled (POLLPRI).
 * commit and applied wake at most ten times a second, for they may move ten
 * thousand times.
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
#include "sysfs.h"
#include "wal.h"

#define RAFT_NOTIFY_PERIOD	(HZ / 10)

/**
 * struct raft_sysfs_peer - peers/<id>/
 * @kobj: the directory
 * @group: valid while @kobj is in sysfs
 * @member: constant, in @group
 */
struct raft_sysfs_peer {
	struct kobject kobj;
	struct raft_group *group;
	const struct raft_ioc_member *member;
};

/**
 * struct raft_sysfs - what sysfs keeps for a group
 * @dev: /sys/class/raft/<name>; may outlive the group in the hands of others
 * @net: namespace, compared only, never looked into
 * @group: referenced while @dev is in sysfs
 * @peers: peers/
 * @peer: its directories, NULL from the first one on that could not be made
 * @commit_work: tells about @commit and @applied
 * @wake: in the group's wait queue, queues @commit_work
 * @told: [work of the group] what role, term, leader, failed were last told
 * @told_commit: [commit_work] and commit
 */
struct raft_sysfs {
	struct device dev;
	const struct net *net;
	struct raft_group *group;
	struct kobject *peers;
	struct raft_sysfs_peer *peer[RAFT_NODES_MAX];
	struct delayed_work commit_work;
	wait_queue_entry_t wake;
	struct {
		u32 role;
		u32 leader;
		u32 failed;
		u64 term;
	} told;
	u64 told_commit;
};

/* Objects whose release function, in this module, has not run yet. */
static atomic_t raft_sysfs_live = ATOMIC_INIT(0);
static struct workqueue_struct *raft_sysfs_wq;

static void raft_sysfs_gone(void)
{
	if (atomic_dec_and_test(&raft_sysfs_live))
		wake_up_var(&raft_sysfs_live);
}

static struct raft_sysfs *raft_to_sysfs(const struct device *dev)
{
	return container_of(dev, struct raft_sysfs, dev);
}

/* A copy of what is published, too large for a stack: kfree(); or NULL. */
static struct raft_published *raft_sysfs_published(struct raft_group *g)
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
RAFT_ATTR_PUB(failed, "%s", raft_fail_name(pub->st.failed));
RAFT_ATTR_PUB(error, "%d", abs(pub->st.error));
RAFT_ATTR_PUB(timer_late_max_ns, "%llu", pub->timer_late_max);
RAFT_ATTR_PUB(conflicts, "%llu", pub->st.conflicts);
RAFT_ATTR_PUB(dup_id_seen, "%llu", pub->dup_id_seen);
RAFT_ATTR(node_id, "%u", g->params.ioc.node_id);
RAFT_ATTR(group_id, "0x%016llx", g->params.ioc.group_id);
RAFT_ATTR(incarnation, "%llu", g->incarnation);
RAFT_ATTR(log_size, "%llu", raft_sysfs_wal(g).size);
RAFT_ATTR(log_room, "%llu", raft_sysfs_wal(g).room);
RAFT_ATTR(events, "%llu", READ_ONCE(g->events));
RAFT_ATTR(election_timeout_ms, "%u", g->params.ioc.election_timeout_ms);
RAFT_ATTR(heartbeat_ms, "%u", g->params.ioc.heartbeat_ms);

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
	&dev_attr_events.attr,
	&dev_attr_election_timeout_ms.attr,
	&dev_attr_heartbeat_ms.attr,
	NULL
};
ATTRIBUTE_GROUPS(raft);

/**
 * struct raft_peer_attr - a file of a peer
 * @attr: name and mode
 * @show: print; @st is the peer's progress, NULL for this node itself; @heard
 *	is the ktime ns when it was heard, 0 if never
 */
struct raft_peer_attr {
	struct attribute attr;
	ssize_t (*show)(const struct raft_sysfs_peer *p,
			const struct raft_published *pub,
			const struct raft_peer_status *st, u64 heard,
			char *buf);
};

#define RAFT_PEER_ATTR(_name)						\
static struct raft_peer_attr raft_peer_attr_##_name = {			\
	.attr = { .name = __stringify(_name), .mode = 0444 },		\
	.show = raft_peer_##_name,					\
}

static ssize_t raft_peer_address(const struct raft_sysfs_peer *p,
				 const struct raft_published *pub,
				 const struct raft_peer_status *st, u64 heard,
				 char *buf)
{
	const struct raft_ioc_member *m = p->member;

	if (m->family == AF_INET)
		return sysfs_emit(buf, "%pI4:%u\n", m->addr, m->port);
	if (m->scope_id)
		return sysfs_emit(buf, "[%pI6c%%%u]:%u\n", m->addr, m->scope_id,
				  m->port);
	return sysfs_emit(buf, "[%pI6c]:%u\n", m->addr, m->port);
}
RAFT_PEER_ATTR(address);

/* A leader knows; the others show 0.  Its own disk counts like a peer's. */
static ssize_t raft_peer_match(const struct raft_sysfs_peer *p,
			       const struct raft_published *pub,
			       const struct raft_peer_status *st, u64 heard,
			       char *buf)
{
	u64 match = 0;

	if (pub->st.role == RAFT_LEADER)
		match = st ? st->match : pub->st.durable;
	return sysfs_emit(buf, "%llu\n", match);
}
RAFT_PEER_ATTR(match);

static ssize_t raft_peer_next(const struct raft_sysfs_peer *p,
			      const struct raft_published *pub,
			      const struct raft_peer_status *st, u64 heard,
			      char *buf)
{
	u64 next = 0;

	if (pub->st.role == RAFT_LEADER)
		next = st ? st->next : pub->st.last + 1;
	return sysfs_emit(buf, "%llu\n", next);
}
RAFT_PEER_ATTR(next);

static ssize_t raft_peer_state(const struct raft_sysfs_peer *p,
			       const struct raft_published *pub,
			       const struct raft_peer_status *st, u64 heard,
			       char *buf)
{
	const char *word = "unknown";

	if (p->member->id == p->group->params.ioc.node_id)
		word = "self";
	else if (st && pub->st.role == RAFT_LEADER)
		word = st->state == RAFT_REPLICATE ? "replicate" : "probe";
	return sysfs_emit(buf, "%s\n", word);
}
RAFT_PEER_ATTR(state);

static ssize_t raft_peer_active(const struct raft_sysfs_peer *p,
				const struct raft_published *pub,
				const struct raft_peer_status *st, u64 heard,
				char *buf)
{
	bool leader = pub->st.role == RAFT_LEADER;

	return sysfs_emit(buf, "%d\n", leader && (!st || st->active));
}
RAFT_PEER_ATTR(active);

static ssize_t raft_peer_heard_ms(const struct raft_sysfs_peer *p,
				  const struct raft_published *pub,
				  const struct raft_peer_status *st, u64 heard,
				  char *buf)
{
	if (!st)
		return sysfs_emit(buf, "0\n");
	if (!heard)
		return sysfs_emit(buf, "-1\n");
	return sysfs_emit(buf, "%llu\n",
			  div_u64(ktime_get_ns() - heard, NSEC_PER_MSEC));
}
RAFT_PEER_ATTR(heard_ms);

static ssize_t raft_peer_learner(const struct raft_sysfs_peer *p,
				 const struct raft_published *pub,
				 const struct raft_peer_status *st, u64 heard,
				 char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  !!(p->member->flags & RAFT_MEMBER_LEARNER));
}
RAFT_PEER_ATTR(learner);

static struct attribute *raft_peer_attrs[] = {
	&raft_peer_attr_address.attr,
	&raft_peer_attr_match.attr,
	&raft_peer_attr_next.attr,
	&raft_peer_attr_state.attr,
	&raft_peer_attr_active.attr,
	&raft_peer_attr_heard_ms.attr,
	&raft_peer_attr_learner.attr,
	NULL
};
ATTRIBUTE_GROUPS(raft_peer);

static ssize_t raft_peer_show(struct kobject *kobj, struct attribute *attr,
			      char *buf)
{
	struct raft_sysfs_peer *p =
		container_of(kobj, struct raft_sysfs_peer, kobj);
	struct raft_peer_attr *a =
		container_of(attr, struct raft_peer_attr, attr);
	struct raft_published *pub = raft_sysfs_published(p->group);
	const struct raft_peer_status *st = NULL;
	u64 heard = 0;
	ssize_t len;
	u32 i;

	if (!pub)
		return -ENOMEM;
	for (i = 0; i < pub->st.n_peers && i < RAFT_MAX_NODES; i++) {
		if (pub->st.peers[i].id != p->member->id)
			continue;
		st = &pub->st.peers[i];
		heard = pub->peer_heard[i];
	}
	len = a->show(p, pub, st, heard, buf);
	kfree(pub);
	return len;
}

static const struct sysfs_ops raft_peer_ops = {
	.show = raft_peer_show,
};

static void raft_peer_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct raft_sysfs_peer, kobj));
	raft_sysfs_gone();
}

static const struct kobj_type raft_peer_type = {
	.release = raft_peer_release,
	.sysfs_ops = &raft_peer_ops,
	.default_groups = raft_peer_groups,
};

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
			     raft_fail_name(pub->st.failed));
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

static void raft_sysfs_add_peers(struct raft_sysfs *s)
{
	struct raft_group *g = s->group;
	struct raft_sysfs_peer *p;
	u32 i;

	s->peers = kobject_create_and_add("peers", &s->dev.kobj);
	if (!s->peers)
		goto warn;
	for (i = 0; i < g->params.ioc.n_members; i++) {
		p = kzalloc(sizeof(*p), GFP_KERNEL);
		if (!p)
			goto warn;
		p->group = g;
		p->member = &g->params.members[i];
		atomic_inc(&raft_sysfs_live);
		if (kobject_init_and_add(&p->kobj, &raft_peer_type, s->peers,
					 "%u", p->member->id)) {
			kobject_put(&p->kobj);
			goto warn;
		}
		s->peer[i] = p;
	}
	return;
warn:
	/* The group works without; raftctl asks by ioctl. */
	pr_warn("group %s: sysfs lacks peers\n", g->params.ioc.name);
}

static void raft_sysfs_del_peers(struct raft_sysfs *s)
{
	u32 i;

	for (i = 0; i < RAFT_NODES_MAX; i++) {
		if (!s->peer[i])
			continue;
		kobject_del(&s->peer[i]->kobj);
		kobject_put(&s->peer[i]->kobj);
	}
	if (!s->peers)
		return;
	kobject_del(s->peers);
	kobject_put(s->peers);
}

/**
 * raft_sysfs_add() - show a group in sysfs
 * @g: the group; what it publishes is valid, though the owner need not run
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
	INIT_DELAYED_WORK(&s->commit_work, raft_sysfs_commit_work);
	atomic_inc(&raft_sysfs_live);
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
	raft_sysfs_add_peers(s);
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
	raft_sysfs_del_peers(s);
	device_unregister(&s->dev);
	raft_group_put(g);
}

/**
 * raft_sysfs_notify() - tell user space what changed
 * @g: the group
 *
 * Compares with what was told last: wakes those who poll the files that
 * changed, and sends the uevent "change" if it was role, term, leader or
 * failure.  To be called after any of these changed; calls that come together
 * may be made one.
 *
 * Context: the group's @notify work: may sleep, not twice at once.
 */
void raft_sysfs_notify(struct raft_group *g)
{
	struct raft_sysfs *s = g->sysfs;
	struct kobject *kobj;
	struct raft_published *pub;
	bool changed = false;

	if (!s)
		return;
	kobj = &s->dev.kobj;
	pub = raft_sysfs_published(g);
	if (!pub) {
		pr_warn_ratelimited("group %s: no memory for a uevent\n",
				    g->params.ioc.name);
		return;
	}

#define RAFT_TELL(_field)						\
do {									\
	if (s->told._field != pub->st._field) {				\
		s->told._field = pub->st._field;			\
		sysfs_notify(kobj, NULL, __stringify(_field));		\
		changed = true;						\
	}								\
} while (0)
	RAFT_TELL(role);
	RAFT_TELL(term);
	RAFT_TELL(leader);
	RAFT_TELL(failed);
#undef RAFT_TELL
	kfree(pub);

	if (changed && kobject_uevent(kobj, KOBJ_CHANGE))
		pr_warn_ratelimited("group %s: a uevent was lost\n",
				    g->params.ioc.name);
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
