// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - RAFT_IOC_STATUS: what is published, in the words of the UAPI.
 *
 * Asks the owner nothing and changes nothing.  Any process may enter, also for a
 * group that has stopped.
 */
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "addr.h"
#include "chardev.h"
#include "group.h"
#include "ioctl.h"
#include "report.h"
#include "snapshot.h"
#include "wal.h"

/* Structures of version 1: a smaller size was never valid. */
#define RAFT_STATUS_V1		offsetofend(struct raft_ioc_status, peers)
#define RAFT_PEER_V1		offsetofend(struct raft_ioc_peer, incarnation)

static void raft_status_numbers(struct raft_ioc_status *s, struct raft_group *g,
				const struct raft_published *pub)
{
	const struct raft_status *st = &pub->st;
	struct raft_wal_stat wal = {};

	raft_group_wal_stat(g, &wal);
	memcpy(s->name, g->params.ioc.name, sizeof(s->name));
	s->group_id = g->params.ioc.group_id;
	s->node_id = g->params.ioc.node_id;
	s->listen = g->params.listen;
	s->listen.flags = 0;
	s->role = st->role;
	s->term = st->term;
	s->vote = st->vote;
	s->leader = st->leader;
	s->first = st->first;
	s->last = st->last;
	s->durable = st->durable;
	s->commit = st->commit;
	s->applied = st->applied;
	s->memory_used = raft_group_memory(st);
	s->window = st->window;
	s->incarnation = g->incarnation;
	s->pending = st->pending;
	s->failed = st->failed;
	s->error = abs(st->error);
	s->log_size = wal.size;
	s->log_room = wal.room;
	s->events = READ_ONCE(g->events);
	s->timer_late_max_ns = pub->timer_late_max;
	s->msgs_in = pub->msgs_in;
	s->msgs_out = pub->msgs_out;
	s->msgs_bad = pub->msgs_bad;
	s->send_errors = pub->send_errors;
	s->conflicts = st->conflicts;
	s->dup_id_seen = pub->dup_id_seen;
	s->disk_writes = wal.writes;
	s->disk_bytes = wal.bytes;
}

static void raft_status_settings(struct raft_ioc_status *s,
				 struct raft_group *g)
{
	struct raft_ioc_start now;

	raft_group_settings(g, &now);
	s->start_flags = now.flags;
	s->election_timeout_ms = now.election_timeout_ms;
	s->heartbeat_ms = now.heartbeat_ms;
	s->priority = now.priority;
	s->lease_drift_ppm = now.lease_drift_ppm;
	s->snapshot_at = now.snapshot_at;
	s->retain_entries = now.retain_entries;
	s->retain_bytes = now.retain_bytes;
	s->memory = now.memory;
	s->max_inflight = now.max_inflight;
	s->max_inflight_bytes = now.max_inflight_bytes;
	s->max_batch = now.max_batch;
	s->max_uncommitted = now.max_uncommitted;
	s->propose_timeout_ms = now.propose_timeout_ms;
}

static void raft_status_members(struct raft_ioc_status *s,
				const struct raft_status *st)
{
	u64 boot_now = ktime_get_boottime_ns();

	s->config_index = st->config_index;
	s->state = (st->member ? RAFT_STATUS_MEMBER : 0) |
		   (st->removed ? RAFT_STATUS_REMOVED : 0) |
		   (st->joint ? RAFT_STATUS_JOINT : 0) |
		   (st->unproven ? RAFT_STATUS_UNPROVEN : 0) |
		   (st->lost ? RAFT_STATUS_LOST : 0);
	s->member_flags = st->flags;
	s->catching_up = st->catching_up;
	s->round = st->round;
	s->transferring = st->transferring;
	s->lease_left_ns = st->lease_until > boot_now ?
			   st->lease_until - boot_now : 0;
	s->read_rounds = st->read_rounds;
	s->sessions = st->clients;
	s->given_up = st->given_up;
	s->given_up_why = st->given_up_why;
	s->given_up_index = st->given_up_index;
	s->reach = st->reach;
}

static void raft_status_snapshot(struct raft_ioc_status *s, struct raft_group *g)
{
	struct raft_snapshots *snaps = g->snapshots;
	struct raft_snapshot of;

	if (!snaps)
		return;
	s->snapshot_flags = RAFT_SNAPSHOT_FILES;
	if (raft_snapshots_current(g, &of)) {
		s->snapshot = of.index;
		s->snapshot_bytes = of.total;
	}
	spin_lock(&snaps->lock);
	s->coming = snaps->progress_of.index;
	s->coming_bytes = snaps->progress;
	s->coming_total = snaps->taking ? 0 : snaps->progress_of.total;
	if (snaps->taking)
		s->snapshot_flags |= RAFT_SNAPSHOT_TAKING;
	if (snaps->wanted)
		s->snapshot_flags |= RAFT_SNAPSHOT_WANTED;
	if (READ_ONCE(snaps->damaged))
		s->snapshot_flags |= RAFT_SNAPSHOT_DAMAGED;
	spin_unlock(&snaps->lock);
}

static void raft_status_progress(struct raft_ioc_peer *peer,
				 const struct raft_published *pub)
{
	const struct raft_status *st = &pub->st;
	u64 heard;
	u32 i;

	peer->heard_ns = U64_MAX;
	for (i = 0; i < st->n_peers && i < RAFT_MAX_NODES; i++) {
		if (st->peers[i].id != peer->id)
			continue;
		peer->incarnation = pub->peer_incarnation[i];
		heard = pub->peer_heard[i];
		if (heard)
			peer->heard_ns = ktime_get_ns() - heard;
		peer->election_timeout_ms =
			div_u64(st->peers[i].election_timeout, NSEC_PER_MSEC);
		if (st->role != RAFT_LEADER)
			return;
		peer->match = st->peers[i].match;
		peer->next = st->peers[i].next;
		peer->inflight = st->peers[i].inflight;
		peer->priority = st->peers[i].priority;
		if (st->peers[i].active)
			peer->flags |= RAFT_PEER_ACTIVE;
		if (st->peers[i].lost)
			peer->flags |= RAFT_PEER_LOST;
		if (st->peers[i].state == RAFT_REPLICATE)
			peer->flags |= RAFT_PEER_REPLICATE;
		if (st->peers[i].state == RAFT_SNAPSHOT)
			peer->flags |= RAFT_PEER_SNAPSHOT;
		return;
	}
}

/* One member: where it is from the configuration, the rest from the core. */
static void raft_status_peer(struct raft_ioc_peer *peer,
			     const struct raft_group *g,
			     const struct raft_published *pub,
			     const struct raft_member *m)
{
	struct raft_ioc_member where = { .id = m->id };

	/* All zero if nobody can be reached there. */
	raft_addr_decode(&where, m->addr);
	memset(peer, 0, sizeof(*peer));
	peer->id = m->id;
	peer->flags = m->flags;
	peer->family = where.family;
	peer->port = where.port;
	peer->scope_id = where.scope_id;
	memcpy(peer->addr, where.addr, sizeof(peer->addr));
	if (m->id != g->params.ioc.node_id) {
		raft_status_progress(peer, pub);
		return;
	}
	peer->flags |= RAFT_PEER_SELF;
	peer->incarnation = g->incarnation;
	if (pub->st.role != RAFT_LEADER)
		return;
	peer->flags |= RAFT_PEER_ACTIVE | RAFT_PEER_REPLICATE;
	peer->match = pub->st.durable;
	peer->next = pub->st.last + 1;
	peer->priority = READ_ONCE(g->settings.priority);
}

static int raft_status_peers(struct raft_ioc_status *s, struct raft_group *g,
			     const struct raft_published *pub, u32 room)
{
	u32 n = pub->conf.n, i;
	u64 to = s->peers;
	struct raft_ioc_peer peer;
	size_t len = min_t(size_t, s->peer_size, sizeof(peer));

	s->n_peers = n;
	for (i = 0; i < n && i < room; i++, to += s->peer_size) {
		raft_status_peer(&peer, g, pub, &pub->conf.m[i]);
		if (copy_to_user(u64_to_user_ptr(to), &peer, len))
			return -EFAULT;
		/* What this kernel does not know is zero. */
		if (clear_user(u64_to_user_ptr(to + len), s->peer_size - len))
			return -EFAULT;
	}
	return 0;
}

static int raft_status_check(const struct raft_ioc_status *s)
{
	if (s->flags)
		return -EINVAL;
	if (!s->n_peers)
		return 0;
	if (!s->peers || s->peer_size < RAFT_PEER_V1)
		return -EINVAL;
	if (s->peer_size > PAGE_SIZE)
		return -E2BIG;
	return 0;
}

/**
 * raft_report_status() - RAFT_IOC_STATUS
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_status
 *
 * Context: process, may sleep.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_report_status(struct file *file, void __user *arg)
{
	struct raft_published *pub;
	struct raft_ioc_status s;
	struct raft_group *g;
	int err;

	err = raft_ioctl_copy_in(&s, sizeof(s), RAFT_STATUS_V1, arg);
	if (err)
		return err;
	err = raft_status_check(&s);
	if (err)
		return err;
	g = raft_chardev_group(file);
	if (IS_ERR(g))
		return PTR_ERR(g);

	pub = kmalloc(sizeof(*pub), GFP_KERNEL);
	if (!pub)
		return -ENOMEM;
	raft_group_published(g, pub);
	raft_status_numbers(&s, g, pub);
	raft_status_settings(&s, g);
	raft_status_members(&s, &pub->st);
	raft_status_snapshot(&s, g);
	err = raft_status_peers(&s, g, pub, s.n_peers);
	kfree(pub);
	return err ?: raft_ioctl_copy_out(arg, &s, sizeof(s));
}
