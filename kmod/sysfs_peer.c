// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs_peer.c - /sys/class/raft/<group>/peers/<id>/: a directory per member,
 * which comes and goes with it.
 *
 * Shows what is published, like sysfs.c, which makes and removes all this.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/errno.h>
#include <linux/kobject.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/sysfs.h>

#include "addr.h"
#include "group.h"
#include "sysfs.h"
#include "sysfs_peer.h"

/**
 * struct raft_sysfs_peer - peers/<id>/
 * @kobj: the directory
 * @group: valid while @kobj is in sysfs
 * @id: node id, constant
 */
struct raft_sysfs_peer {
	struct kobject kobj;
	struct raft_group *group;
	u32 id;
};

/**
 * struct raft_peer_view - what is published of a member
 * @pub: all that is
 * @m: the member in the configuration
 * @st: its progress, NULL for this node itself
 * @heard: ktime ns when it was heard, 0 if never
 */
struct raft_peer_view {
	const struct raft_published *pub;
	const struct raft_member *m;
	const struct raft_peer_status *st;
	u64 heard;
};

/**
 * struct raft_peer_attr - a file of a peer
 * @attr: name and mode
 * @show: print
 */
struct raft_peer_attr {
	struct attribute attr;
	ssize_t (*show)(const struct raft_peer_view *v, char *buf);
};

#define RAFT_PEER_ATTR(_name)						\
static struct raft_peer_attr raft_peer_attr_##_name = {			\
	.attr = { .name = __stringify(_name), .mode = 0444 },		\
	.show = raft_peer_##_name,					\
}

static ssize_t raft_peer_address(const struct raft_peer_view *v, char *buf)
{
	struct raft_ioc_member m = { .id = v->m->id };

	if (raft_addr_decode(&m, v->m->addr))
		return sysfs_emit(buf, "unknown\n");
	if (m.family == AF_INET)
		return sysfs_emit(buf, "%pI4:%u\n", m.addr, m.port);
	if (m.scope_id)
		return sysfs_emit(buf, "[%pI6c%%%u]:%u\n", m.addr, m.scope_id,
				  m.port);
	return sysfs_emit(buf, "[%pI6c]:%u\n", m.addr, m.port);
}
RAFT_PEER_ATTR(address);

static bool raft_peer_led(const struct raft_peer_view *v)
{
	return v->pub->st.role == RAFT_LEADER;
}

/* A leader knows; the others show 0.  Its own disk counts like a peer's. */
static ssize_t raft_peer_match(const struct raft_peer_view *v, char *buf)
{
	u64 match = 0;

	if (raft_peer_led(v))
		match = v->st ? v->st->match : v->pub->st.durable;
	return sysfs_emit(buf, "%llu\n", match);
}
RAFT_PEER_ATTR(match);

static ssize_t raft_peer_next(const struct raft_peer_view *v, char *buf)
{
	u64 next = 0;

	if (raft_peer_led(v))
		next = v->st ? v->st->next : v->pub->st.last + 1;
	return sysfs_emit(buf, "%llu\n", next);
}
RAFT_PEER_ATTR(next);

static ssize_t raft_peer_state(const struct raft_peer_view *v, char *buf)
{
	const char *word = "unknown";

	if (!v->st)
		word = "self";
	else if (raft_peer_led(v))
		word = raft_progress_name(v->st->state);
	return sysfs_emit(buf, "%s\n", word);
}
RAFT_PEER_ATTR(state);

static ssize_t raft_peer_active(const struct raft_peer_view *v, char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  raft_peer_led(v) && (!v->st || v->st->active));
}
RAFT_PEER_ATTR(active);

static ssize_t raft_peer_heard_ms(const struct raft_peer_view *v, char *buf)
{
	if (!v->st)
		return sysfs_emit(buf, "0\n");
	if (!v->heard)
		return sysfs_emit(buf, "-1\n");
	return sysfs_emit(buf, "%llu\n",
			  div_u64(ktime_get_ns() - v->heard, NSEC_PER_MSEC));
}
RAFT_PEER_ATTR(heard_ms);

static ssize_t raft_peer_learner(const struct raft_peer_view *v, char *buf)
{
	return sysfs_emit(buf, "%d\n", !!(v->m->flags & RAFT_MEMBER_LEARNER));
}
RAFT_PEER_ATTR(learner);

static ssize_t raft_peer_flags(const struct raft_peer_view *v, char *buf)
{
	u32 flags = v->m->flags;

	return sysfs_emit(buf, "%s%s%s%s\n",
			  flags & RAFT_MEMBER_WITNESS ? "witness" :
			  flags & RAFT_MEMBER_LEARNER ? "learner" : "voter",
			  flags & RAFT_MEMBER_OLD ? " old" : "",
			  flags & RAFT_MEMBER_GONE ? " gone" : "",
			  flags & RAFT_MEMBER_PROMOTE ? " promote" : "");
}
RAFT_PEER_ATTR(flags);

/* Told to the leader only; one's own is a setting of the group's. */
static ssize_t raft_peer_priority(const struct raft_peer_view *v, char *buf)
{
	u32 priority = 0;

	if (v->st && raft_peer_led(v))
		priority = v->st->priority;
	return sysfs_emit(buf, "%u\n", priority);
}
RAFT_PEER_ATTR(priority);

/* 0: it did not say. */
static ssize_t raft_peer_election_timeout_ms(const struct raft_peer_view *v,
					     char *buf)
{
	u64 ns = v->st ? v->st->election_timeout : 0;

	return sysfs_emit(buf, "%llu\n", div_u64(ns, NSEC_PER_MSEC));
}
RAFT_PEER_ATTR(election_timeout_ms);

static struct attribute *raft_peer_attrs[] = {
	&raft_peer_attr_address.attr,
	&raft_peer_attr_match.attr,
	&raft_peer_attr_next.attr,
	&raft_peer_attr_state.attr,
	&raft_peer_attr_active.attr,
	&raft_peer_attr_heard_ms.attr,
	&raft_peer_attr_learner.attr,
	&raft_peer_attr_flags.attr,
	&raft_peer_attr_priority.attr,
	&raft_peer_attr_election_timeout_ms.attr,
	NULL
};
ATTRIBUTE_GROUPS(raft_peer);

/* False if it is not a member: its directory is about to go. */
static bool raft_peer_find(struct raft_peer_view *v, u32 id)
{
	const struct raft_published *pub = v->pub;
	u32 i;

	for (i = 0; i < pub->conf.n; i++)
		if (pub->conf.m[i].id == id)
			v->m = &pub->conf.m[i];
	for (i = 0; i < pub->st.n_peers && i < RAFT_MAX_NODES; i++) {
		if (pub->st.peers[i].id != id)
			continue;
		v->st = &pub->st.peers[i];
		v->heard = pub->peer_heard[i];
	}
	return v->m;
}

static ssize_t raft_peer_show(struct kobject *kobj, struct attribute *attr,
			      char *buf)
{
	struct raft_sysfs_peer *p =
		container_of(kobj, struct raft_sysfs_peer, kobj);
	struct raft_peer_attr *a =
		container_of(attr, struct raft_peer_attr, attr);
	struct raft_published *pub = raft_sysfs_published(p->group);
	struct raft_peer_view v = { .pub = pub };
	ssize_t len = -ENODEV;

	if (!pub)
		return -ENOMEM;
	if (raft_peer_find(&v, p->id))
		len = a->show(&v, buf);
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

static int raft_peer_add(struct raft_sysfs_peers *ps,
			 struct raft_sysfs_peer **place, u32 id)
{
	struct raft_sysfs_peer *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int err;

	if (!p)
		return -ENOMEM;
	p->group = ps->group;
	p->id = id;
	raft_sysfs_born();
	err = kobject_init_and_add(&p->kobj, &raft_peer_type, ps->dir, "%u",
				   id);
	if (err) {
		kobject_put(&p->kobj);
		return err;
	}
	*place = p;
	return 0;
}

static void raft_peer_del(struct raft_sysfs_peer **place)
{
	struct raft_sysfs_peer *p = *place;

	*place = NULL;
	kobject_del(&p->kobj);
	kobject_put(&p->kobj);
}

static bool raft_peer_is_member(const struct raft_membership *c, u32 id)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->m[i].id == id)
			return true;
	return false;
}

/* Where the directory of @id is; 0: a free place. */
static struct raft_sysfs_peer **raft_peer_place(struct raft_sysfs_peers *ps,
						u32 id)
{
	u32 i;

	for (i = 0; i < RAFT_NODES_MAX; i++)
		if ((ps->peer[i] ? ps->peer[i]->id : 0) == id)
			return &ps->peer[i];
	return NULL;
}

/**
 * raft_sysfs_peers_follow() - a directory for each member, and for nobody else
 * @ps: peers/
 * @c: the members
 *
 * Waits for those who read a file of a member that goes.
 *
 * Context: the group's @notify work or before there is one: may sleep.
 */
void raft_sysfs_peers_follow(struct raft_sysfs_peers *ps,
			     const struct raft_membership *c)
{
	int err = ps->dir ? 0 : -ENOMEM;
	u32 i;

	for (i = 0; i < RAFT_NODES_MAX; i++)
		if (ps->peer[i] && !raft_peer_is_member(c, ps->peer[i]->id))
			raft_peer_del(&ps->peer[i]);
	for (i = 0; i < c->n && !err; i++)
		if (!raft_peer_place(ps, c->m[i].id))
			err = raft_peer_add(ps, raft_peer_place(ps, 0),
					    c->m[i].id);
	/* The group works without; raftctl asks by ioctl. */
	if (err)
		pr_warn("group %s: sysfs lacks peers\n",
			ps->group->params.ioc.name);
}

/**
 * raft_sysfs_peers_add() - make peers/ with the members that are published
 * @ps: filled in
 * @g: the group
 * @parent: the directory of the group
 *
 * Context: process, may sleep.
 */
void raft_sysfs_peers_add(struct raft_sysfs_peers *ps, struct raft_group *g,
			  struct kobject *parent)
{
	ps->group = g;
	ps->dir = kobject_create_and_add("peers", parent);
	raft_sysfs_peers_follow(ps, &g->pub.conf);
}

/**
 * raft_sysfs_peers_del() - remove peers/
 * @ps: peers/; nobody follows members with it any more
 *
 * Context: process, may sleep.
 */
void raft_sysfs_peers_del(struct raft_sysfs_peers *ps)
{
	u32 i;

	for (i = 0; i < RAFT_NODES_MAX; i++)
		if (ps->peer[i])
			raft_peer_del(&ps->peer[i]);
	if (!ps->dir)
		return;
	kobject_del(ps->dir);
	kobject_put(ps->dir);
}
