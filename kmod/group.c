// SPDX-License-Identifier: GPL-2.0
/*
 * group.c - the life of a group: create in one step, find, stop, free.
 *
 * Owns the lists of groups and endpoints of each network namespace.  A group
 * that runs pins the module; what ends it is RAFT_IOC_STOP or the end of its
 * namespace.  Nothing here touches the core of a group that is attached to its
 * owner.
 *
 * The order of death, and why (trap 58):
 *   stopping is set        nothing new is asked, waiters leave
 *   inbox closed           what is posted from now on the poster cancels
 *   detached               the owner forgets the group, after this nobody steps
 *   sysfs, debugfs gone    nobody new looks at it
 *   timer and work ended   nothing wakes the owner for it
 *   snapshots closed       what is copied ends; open ones say so
 *   log closed             writes in flight end, the hard state is flushed
 *   grace period           who has posted may be about to wake the owner
 *   endpoint put           the last group's ends the thread and the sockets
 *   unlinked, unpinned     the name is free
 *   last reference         open files may read applied entries up to here
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "boot.h"
#include "compat.h"
#include "debugfs.h"
#include "fault.h"
#include "group.h"
#include "owner.h"
#include "remote.h"
#include "snapshot.h"
#include "sysfs.h"
#include "transport.h"

/**
 * struct raft_net - groups and endpoints of a network namespace
 * @lock: protects the lists, the state of the groups in them and the reference
 *	counts of the endpoints; taken before any other lock
 * @groups: struct raft_group.node
 * @endpoints: struct raft_endpoint.node
 */
struct raft_net {
	struct mutex lock;	/* see above */
	struct list_head groups;
	struct list_head endpoints;
};

static unsigned int raft_net_id __read_mostly;
static struct workqueue_struct *raft_wq;

static struct raft_net *raft_pernet(const struct net *net)
{
	return net_generic(net, raft_net_id);
}

static void group_release(struct kref *ref)
{
	struct raft_group *g = container_of(ref, struct raft_group, ref);
	struct raft_group_priv *p = g->priv;

	raft_fault_free(p);
	raft_boot_free(p);
	raft_evict_free(&p->evict);
	raft_snapshots_free(g);
	raft_remote_free(&p->remotes);
	raft_result_free(&g->results);
	kvfree(p);
	kvfree(g);
}

/**
 * raft_group_put - give a reference back
 * @g: the group, or NULL
 *
 * Context: may sleep, for the last reference frees the log in memory.
 */
void raft_group_put(struct raft_group *g)
{
	if (g)
		kref_put(&g->ref, group_release);
}

static void group_notify_work(struct work_struct *work)
{
	struct raft_group *g = container_of(work, struct raft_group, notify);

	raft_sysfs_notify(g);
}

/**
 * raft_group_notify - tell sysfs and udev that something changed
 * @g: the group
 *
 * Context: any; a worker does it.
 */
void raft_group_notify(struct raft_group *g)
{
	raft_group_queue(&g->notify);
}

/**
 * raft_group_queue - run work of a group
 * @work: may sleep; whoever stops the group cancels it
 *
 * Context: any.
 */
void raft_group_queue(struct work_struct *work)
{
	queue_work(raft_wq, work);
}

static struct raft_group *group_alloc(struct net *net,
				      const struct raft_group_params *params)
{
	struct raft_group_priv *p = kvzalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);
	struct raft_group *g = kvzalloc(sizeof(*g), GFP_KERNEL_ACCOUNT);

	if (!g || !p) {
		kvfree(g);
		kvfree(p);
		return NULL;
	}
	kref_init(&g->ref);
	INIT_LIST_HEAD(&g->node);
	init_waitqueue_head(&g->wait);
	spin_lock_init(&g->pub_lock);
	INIT_WORK(&g->notify, group_notify_work);
	raft_result_init(&g->results);
	g->net = net;
	g->params = *params;
	g->params.log = NULL;
	memset(g->params.snapshot, 0, sizeof(g->params.snapshot));
	g->floor = 1;
	g->window = 1;
	g->settings = params->ioc;
	g->priv = p;

	p->g = g;
	p->state = RAFT_GROUP_STARTING;
	p->deadline = U64_MAX;
	INIT_HLIST_NODE(&p->node);
	p->remotes.self = params->ioc.node_id;
	raft_gather_init(&p->gather);
	p->notice_due = U64_MAX;
	INIT_LIST_HEAD(&p->pending);
	INIT_LIST_HEAD(&p->readers);
	INIT_LIST_HEAD(&p->orders);
	INIT_LIST_HEAD(&p->decided);
	raft_inbox_init(&p->inbox, RAFT_INBOX_MAX);
	raft_reports_init(&p->reports);
	raft_evict_init(&p->evict);
	raft_fetch_init(&p->fetch, g);
	return g;
}

/* Name and id are unique in a namespace, also of a group that starts or stops. */
static int group_link(struct raft_net *rn, struct raft_group *g)
{
	const struct raft_ioc_start *ioc = &g->params.ioc;
	struct raft_group *other;
	int err = 0;

	mutex_lock(&rn->lock);
	list_for_each_entry(other, &rn->groups, node) {
		if (other->params.ioc.group_id == ioc->group_id ||
		    !strcmp(other->params.ioc.name, ioc->name))
			err = -EEXIST;
	}
	if (!err)
		list_add_tail(&g->node, &rn->groups);
	mutex_unlock(&rn->lock);
	return err;
}

static void group_unlink(struct raft_net *rn, struct raft_group *g)
{
	mutex_lock(&rn->lock);
	list_del_init(&g->node);
	mutex_unlock(&rn->lock);
}

/* With the sockets that we and the members we were told of need. */
static int group_endpoint(struct raft_net *rn, struct raft_group *g)
{
	const struct raft_group_params *params = &g->params;
	u32 families = BIT(raft_family(params->listen.family));
	struct raft_endpoint *ep;
	u32 i;

	for (i = 0; i < params->ioc.n_members; i++)
		families |= BIT(raft_family(params->members[i].family));
	mutex_lock(&rn->lock);
	ep = raft_endpoint_get(g->net, &rn->endpoints, params->listen.port,
			       families);
	mutex_unlock(&rn->lock);
	if (IS_ERR(ep))
		return PTR_ERR(ep);
	g->priv->ep = ep;
	g->priv->remotes.pool = &ep->parts;
	raft_timer_init(&g->priv->timer);
	return 0;
}

/**
 * raft_group_open_sockets - open the sockets that new members need
 * @g: the group, started
 *
 * A family that is not here makes its members unreachable, no more.
 *
 * Context: may sleep; whoever stops the group waits for us first.
 */
void raft_group_open_sockets(struct raft_group *g)
{
	struct raft_net *rn = raft_pernet(g->net);
	struct raft_group_priv *p = g->priv;
	u32 families = READ_ONCE(p->remotes.families);
	int err;

	if (raft_endpoint_has(p->ep, families))
		return;
	mutex_lock(&rn->lock);
	err = raft_endpoint_open(p->ep, families);
	mutex_unlock(&rn->lock);
	if (err)
		pr_warn("%s: no socket for all members' addresses (%d)\n",
			g->params.ioc.name, err);
}

static void group_put_endpoint(struct raft_net *rn, struct raft_group *g)
{
	/* Pairs with rcu_read_lock() in wake_owner(), waiter.c. */
	synchronize_rcu();
	mutex_lock(&rn->lock);
	raft_endpoint_put(g->priv->ep);
	mutex_unlock(&rn->lock);
}

/**
 * raft_group_take_wal - take the log away from a group
 * @g: the group, detached from its owner, or not attached yet
 *
 * Context: any but interrupts.
 * Return: the log, which the caller closes; NULL if there is none any more.
 */
struct raft_wal *raft_group_take_wal(struct raft_group *g)
{
	struct raft_wal *wal;

	spin_lock(&g->pub_lock);
	wal = g->wal;
	/* Open files may ask for the counters for as long as they like. */
	if (wal)
		raft_wal_stat(wal, &g->priv->wal_last);
	g->wal = NULL;
	spin_unlock(&g->pub_lock);
	return wal;
}

/* Everything that could still ask for the log has been told to go. */
static void group_close_log(struct raft_group *g)
{
	struct raft_group_priv *p = g->priv;
	struct raft_wal *wal = raft_group_take_wal(g);
	struct raft_hard_state hs = {};

	if (!wal)
		return;
	if (p->core) {
		raft_status(p->core, &p->st);
		hs.term = p->st.term;
		hs.vote = p->st.vote;
		hs.commit = p->st.commit;
	}
	raft_wal_close(wal, p->core ? &hs : NULL);
}

static int group_start(struct raft_net *rn, struct raft_group *g,
		       const struct raft_group_params *params)
{
	struct raft_group_priv *p = g->priv;
	int err;

	err = group_endpoint(rn, g);
	if (err)
		return err;
	err = raft_fault_init(p);
	if (err)
		goto err_endpoint;
	err = raft_boot(p, params);
	if (err)
		goto err_log;
	err = raft_sysfs_add(g);
	if (err)
		goto err_log;
	raft_debugfs_add(g);
	raft_owner_call(&p->ep->owner, raft_owner_attach, p);
	return 0;

err_log:
	raft_snapshots_close(g);
	group_close_log(g);
err_endpoint:
	group_put_endpoint(rn, g);
	return err;
}

/**
 * raft_group_create - start a node of a group in a network namespace
 * @net: the namespace; the caller sees to it that it lives meanwhile
 * @params: checked, defaults filled in; of its files it takes references of its
 *	own
 *
 * Context: a process, may sleep as long as the recovery of the log takes.
 * Return: 0; -EEXIST a group of this name or id is here; -EADDRINUSE the port
 *	is taken by others; -EAFNOSUPPORT; -ENOMEM; and what raft_boot() says.
 */
int raft_group_create(struct net *net, const struct raft_group_params *params)
{
	struct raft_net *rn = raft_pernet(net);
	struct raft_group *g;
	int err;

	g = group_alloc(net, params);
	if (!g)
		return -ENOMEM;
	err = group_link(rn, g);
	if (err)
		goto err_put;
	err = group_start(rn, g, params);
	if (err)
		goto err_unlink;
	/* We are in a call of an open /dev/raft, so this cannot fail. */
	__module_get(THIS_MODULE);
	mutex_lock(&rn->lock);
	g->priv->state = RAFT_GROUP_RUNNING;
	mutex_unlock(&rn->lock);
	return 0;

err_unlink:
	group_unlink(rn, g);
err_put:
	raft_group_put(g);
	return err;
}

/* The one of that name, or the only one; [rn->lock]. */
static struct raft_group *group_lookup(struct raft_net *rn, const char *name)
{
	struct raft_group *g, *found = NULL;
	bool named = name && *name;

	lockdep_assert_held(&rn->lock);
	list_for_each_entry(g, &rn->groups, node) {
		if (g->priv->state != RAFT_GROUP_RUNNING)
			continue;
		if (named && strcmp(g->params.ioc.name, name))
			continue;
		if (found)
			return NULL;
		found = g;
	}
	return found;
}

/**
 * raft_group_find - look for a group
 * @net: network namespace
 * @name: its name; NULL or "" for the only one
 *
 * Context: may sleep.
 * Return: the group, referenced, or NULL if there is none, or more than one and
 *	no name.
 */
struct raft_group *raft_group_find(struct net *net, const char *name)
{
	struct raft_net *rn = raft_pernet(net);
	struct raft_group *g;

	mutex_lock(&rn->lock);
	g = group_lookup(rn, name);
	if (g)
		kref_get(&g->ref);
	mutex_unlock(&rn->lock);
	return g;
}

/**
 * raft_group_detach - the first part of a group's death
 * @g: the group; may have been detached before
 *
 * Context: may sleep; not the owner thread.
 */
void raft_group_detach(struct raft_group *g)
{
	struct raft_group_priv *p = g->priv;

	WRITE_ONCE(g->stopping, true);
	wake_up_all(&g->wait);
	raft_inbox_close(&p->inbox);
	raft_owner_call(&p->ep->owner, raft_owner_detach, p);
	/* After the last command that could be applied. */
	raft_result_close(&g->results);
	wake_up_all(&g->wait);
}

/* See the top of the file. */
static void group_shut_down(struct raft_net *rn, struct raft_group *g)
{
	struct raft_group_priv *p = g->priv;

	raft_group_detach(g);
	raft_debugfs_del(g);
	cancel_work_sync(&g->notify);
	raft_sysfs_del(g);
	raft_timer_stop(&p->timer);
	cancel_work_sync(&p->refill);
	raft_fetch_stop(&p->fetch);
	raft_snapshots_close(g);
	group_close_log(g);
	group_put_endpoint(rn, g);
	group_unlink(rn, g);
	pr_info("%s: node %u stopped\n", g->params.ioc.name,
		g->params.ioc.node_id);
}

/* Takes the group out of RUNNING; who does it shuts it down. */
static struct raft_group *group_claim(struct raft_net *rn, const char *name,
				      bool any)
{
	struct raft_group *g, *it;

	mutex_lock(&rn->lock);
	g = any ? NULL : group_lookup(rn, name);
	if (any) {
		list_for_each_entry(it, &rn->groups, node)
			if (it->priv->state == RAFT_GROUP_RUNNING)
				g = it;
	}
	if (g)
		g->priv->state = RAFT_GROUP_STOPPING;
	mutex_unlock(&rn->lock);
	return g;
}

/**
 * raft_group_stop - stop a group
 * @net: network namespace; the caller sees to it that it lives meanwhile
 * @name: its name; NULL or "" for the only one
 *
 * Who waits for an answer gets -ECANCELED.  When this returns the log is closed
 * and the name and the port are free.
 *
 * Context: may sleep as long as a write in flight takes.
 * Return: 0, or -ENODEV: no such group, or somebody else is stopping it.
 */
int raft_group_stop(struct net *net, const char *name)
{
	struct raft_net *rn = raft_pernet(net);
	struct raft_group *g = group_claim(rn, name, false);

	if (!g)
		return -ENODEV;
	group_shut_down(rn, g);
	raft_group_put(g);
	module_put(THIS_MODULE);
	return 0;
}

static int __net_init raft_net_init(struct net *net)
{
	struct raft_net *rn = raft_pernet(net);

	mutex_init(&rn->lock);
	INIT_LIST_HEAD(&rn->groups);
	INIT_LIST_HEAD(&rn->endpoints);
	return 0;
}

/*
 * The namespace dies: nobody is in it any more, so nobody creates a group now.
 * Our sockets do not hold it; they must go before its devices do.
 */
static void __net_exit raft_net_pre_exit(struct net *net)
{
	struct raft_net *rn = raft_pernet(net);
	struct raft_group *g;

	while ((g = group_claim(rn, NULL, true))) {
		group_shut_down(rn, g);
		raft_group_put(g);
		module_put(THIS_MODULE);
	}
}

static void __net_exit raft_net_exit(struct net *net)
{
	struct raft_net *rn = raft_pernet(net);

	WARN_ON_ONCE(!list_empty(&rn->groups) || !list_empty(&rn->endpoints));
}

static struct pernet_operations raft_net_ops = {
	.init = raft_net_init,
	.pre_exit = raft_net_pre_exit,
	.exit = raft_net_exit,
	.id = &raft_net_id,
	.size = sizeof(struct raft_net),
};

/**
 * raft_group_init - make the lists of all namespaces
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int raft_group_init(void)
{
	int err;

	raft_wq = alloc_workqueue("raft", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!raft_wq)
		return -ENOMEM;
	err = register_pernet_subsys(&raft_net_ops);
	if (err)
		destroy_workqueue(raft_wq);
	return err;
}

/**
 * raft_group_exit - undo raft_group_init()
 *
 * Context: module exit; no group runs, for a group pins the module.
 */
void raft_group_exit(void)
{
	unregister_pernet_subsys(&raft_net_ops);
	destroy_workqueue(raft_wq);
}
