// SPDX-License-Identifier: GPL-2.0
/*
 * params.c - checks of what RAFT_IOC_START, _SET and _MEMBERS ask for.
 *
 * Owns what a group may be called, how large its numbers may be, and where a
 * node may listen.  Fills defaults in.  Looks at its arguments only: takes no
 * lock, prints nothing, changes nothing else, so that KUnit can try it all.
 */
#include <linux/build_bug.h>
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inetdevice.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include <kunit/visibility.h>

#include "compat.h"
#include "addr.h"
#include "core/raft_core.h"
#include "group.h"
#include "params.h"

#define RAFT_START_FLAGS	(RAFT_START_CREATE | RAFT_START_NO_PREVOTE | \
				 RAFT_START_NO_CHECK_QUORUM | RAFT_START_FRESH | \
				 RAFT_START_LOST_NOTHING | RAFT_START_SNAPSHOTS)

/* The two headers must agree: the UAPI header is all that users see. */
static_assert(RAFT_NODES_MAX == RAFT_MAX_NODES);
static_assert(RAFT_COMMAND_MAX == RAFT_MAX_COMMAND);
static_assert(RAFT_ROLE_FOLLOWER == RAFT_FOLLOWER);
static_assert(RAFT_ROLE_PRECANDIDATE == RAFT_PRECANDIDATE);
static_assert(RAFT_ROLE_CANDIDATE == RAFT_CANDIDATE);
static_assert(RAFT_ROLE_LEADER == RAFT_LEADER);
static_assert(RAFT_ROLE_LEARNER == RAFT_LEARNER);
static_assert(RAFT_ROLE_WITNESS == RAFT_WITNESS);
static_assert((int)RAFT_MEMBERS_ADD_LEARNER == RAFT_OP_ADD_LEARNER);
static_assert((int)RAFT_MEMBERS_ADD_VOTER == RAFT_OP_ADD_VOTER);
static_assert((int)RAFT_MEMBERS_PROMOTE == RAFT_OP_PROMOTE);
static_assert((int)RAFT_MEMBERS_DEMOTE == RAFT_OP_DEMOTE);
static_assert((int)RAFT_MEMBERS_REMOVE == RAFT_OP_REMOVE);
static_assert((int)RAFT_MEMBERS_ADDRESS == RAFT_OP_ADDRESS);
static_assert((int)RAFT_MEMBERS_ABORT == RAFT_OP_ABORT);
static_assert((int)RAFT_MEMBERS_ADD_WITNESS == RAFT_OP_ADD_WITNESS);
static_assert((int)RAFT_GIVEN_UP_SILENT == RAFT_CHANGE_GIVEN_UP);
static_assert((int)RAFT_GIVEN_UP_SLOW == RAFT_CHANGE_TOO_SLOW);
static_assert(RAFT_FAILED_NONE == RAFT_OK);
static_assert(RAFT_FAILED_DISK == RAFT_FAIL_DISK);
static_assert(RAFT_FAILED_INVARIANT == RAFT_FAIL_INVARIANT);

/**
 * raft_params_name_ok() - may a group be called so?
 * @name: RAFT_NAME_LEN bytes
 *
 * The name becomes a directory in sysfs and debugfs and a word in uevents.
 *
 * Context: any.
 * Return: true if it is terminated, not empty, of letters, digits, '-', '_' and
 * '.', and does not begin with '.'.
 */
bool raft_params_name_ok(const char *name)
{
	size_t len = strnlen(name, RAFT_NAME_LEN), i;

	if (!len || len == RAFT_NAME_LEN || name[0] == '.')
		return false;
	for (i = 0; i < len; i++) {
		if (!isascii(name[i]))
			return false;
		if (!isalnum(name[i]) && !strchr("-_.", name[i]))
			return false;
	}
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(raft_params_name_ok);

/* Timeouts, in ms; fills defaults in. */
static const char *raft_params_times(struct raft_ioc_start *ioc)
{
	if (!ioc->election_timeout_ms)
		ioc->election_timeout_ms = 1000;
	if (!ioc->heartbeat_ms)
		ioc->heartbeat_ms = max(ioc->election_timeout_ms / 10, 1U);
	if (!ioc->propose_timeout_ms)
		ioc->propose_timeout_ms = 30000;

	if (ioc->election_timeout_ms < RAFT_ELECTION_MS_MIN ||
	    ioc->election_timeout_ms > RAFT_ELECTION_MS_MAX)
		return "election_timeout_ms: not in 5..3600000";
	/* One lost heartbeat must not start an election. */
	if (ioc->heartbeat_ms > ioc->election_timeout_ms / 2)
		return "heartbeat_ms: above half of election_timeout_ms";
	if (ioc->propose_timeout_ms > RAFT_PROPOSE_MS_MAX)
		return "propose_timeout_ms: above 86400000";
	return NULL;
}

/* Limits in messages, entries and bytes; fills defaults in. */
static const char *raft_params_limits(struct raft_ioc_start *ioc)
{
	if (!ioc->max_inflight)
		ioc->max_inflight = 64;
	if (!ioc->max_inflight_bytes)
		ioc->max_inflight_bytes = 1 << 20;
	if (!ioc->max_batch)
		ioc->max_batch = 64;
	if (!ioc->max_uncommitted)
		ioc->max_uncommitted = 4 << 20;

	if (ioc->max_inflight > RAFT_MAX_INFLIGHT)
		return "max_inflight: above 256";
	if (ioc->max_inflight_bytes > RAFT_INFLIGHT_BYTES_MAX)
		return "max_inflight_bytes: above 268435456";
	if (ioc->max_batch > RAFT_MAX_BATCH)
		return "max_batch: above 256";
	if (ioc->max_uncommitted > RAFT_UNCOMMITTED_MAX)
		return "max_uncommitted: above 1073741824";
	return NULL;
}

/* What RAFT_IOC_SET can change later; fills defaults in. */
static const char *raft_params_settings(struct raft_ioc_start *ioc)
{
	const char *why = raft_params_times(ioc);

	if (!why)
		why = raft_params_limits(ioc);
	if (!ioc->lease_drift_ppm)
		ioc->lease_drift_ppm = 10000;
	if (!why && ioc->lease_drift_ppm > RAFT_LEASE_DRIFT_MAX)
		why = "lease_drift_ppm: above 500000";
	if (!ioc->memory)
		ioc->memory = 64 << 20;
	if (!ioc->snapshot_at)
		ioc->snapshot_at = 50;
	if (!why && ioc->snapshot_at > 100)
		why = "snapshot_at: above 100";
	if (!why && ioc->retain_entries &&
	    !(ioc->flags & RAFT_START_SNAPSHOTS))
		why = "retain_entries: not 0, but no files for snapshots";
	if (!why && ioc->retain_bytes && !(ioc->flags & RAFT_START_SNAPSHOTS))
		why = "retain_bytes: not 0, but no files for snapshots";
	return why;
}

/**
 * raft_params_start() - check all of RAFT_IOC_START but members and log
 * @ioc: what the user gave; defaults are filled in, the name's tail cleared
 *
 * Context: any.
 * Return: NULL, or what is wrong.
 */
const char *raft_params_start(struct raft_ioc_start *ioc)
{
	const char *why;

	if (ioc->flags & ~RAFT_START_FLAGS)
		return "flags: unknown flag";
	if (!raft_params_name_ok(ioc->name))
		return "name: want 1 to 31 of letters, digits, '-', '_', '.', not first '.'";
	/* strncpy() pads with zeros */
	memset(ioc->name + strlen(ioc->name), 0,
	       RAFT_NAME_LEN - strlen(ioc->name));
	if (!ioc->group_id)
		return "group_id: 0";
	if (!ioc->node_id)
		return "node_id: 0";
	if (ioc->n_members > RAFT_NODES_MAX)
		return "n_members: above 16";
	why = raft_params_settings(ioc);
	if (why)
		return why;
	if (ioc->reserved || ioc->reserved2)
		return "reserved: not 0";
	if (!(ioc->flags & RAFT_START_SNAPSHOTS) &&
	    (ioc->snapshot_fd[0] || ioc->snapshot_fd[1]))
		return "snapshot_fd: not 0 without RAFT_START_SNAPSHOTS";
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(raft_params_start);

static const char *raft_params_ipv4(const struct raft_ioc_member *m)
{
	__be32 addr;

	memcpy(&addr, m->addr, sizeof(addr));
	if (memchr_inv(m->addr + sizeof(addr), 0,
		       sizeof(m->addr) - sizeof(addr)))
		return "addr: bytes behind an IPv4 address are not 0";
	if (m->scope_id)
		return "scope_id: not 0 with IPv4";
	if (!m->addr[0] || ipv4_is_multicast(addr) || ipv4_is_lbcast(addr))
		return "addr: not a unicast address";
	return NULL;
}

static const char *raft_params_ipv6(const struct raft_ioc_member *m)
{
	struct in6_addr addr;
	bool local;

	memcpy(&addr, m->addr, sizeof(addr));
	if (ipv6_addr_any(&addr) || ipv6_addr_is_multicast(&addr))
		return "addr: not a unicast address";
	if (ipv6_addr_v4mapped(&addr))
		return "addr: an IPv4 address in IPv6 (use AF_INET)";
	local = addr.s6_addr[0] == 0xfe && (addr.s6_addr[1] & 0xc0) == 0x80;
	if (local && !m->scope_id)
		return "scope_id: a link-local address needs its interface";
	if (!local && m->scope_id)
		return "scope_id: not 0 without a link-local address";
	if (m->scope_id > INT_MAX)
		return "scope_id: no such interface index";
	return NULL;
}

/**
 * raft_params_member() - check one member by itself
 * @m: what the user gave
 *
 * Context: any.
 * Return: NULL, or what is wrong.
 */
const char *raft_params_member(const struct raft_ioc_member *m)
{
	if (!m->id)
		return "id: 0";
	if (m->flags & ~(RAFT_MEMBER_LEARNER | RAFT_MEMBER_WITNESS))
		return "flags: unknown flag";
	if (m->flags == (RAFT_MEMBER_LEARNER | RAFT_MEMBER_WITNESS))
		return "flags: a learner and a witness";
	if (!m->port)
		return "port: 0";
	if (m->family == AF_INET)
		return raft_params_ipv4(m);
	if (m->family == AF_INET6)
		return raft_params_ipv6(m);
	return "family: neither AF_INET nor AF_INET6";
}
EXPORT_SYMBOL_IF_KUNIT(raft_params_member);

static bool raft_same_place(const struct raft_ioc_member *a,
			    const struct raft_ioc_member *b)
{
	return a->family == b->family && a->port == b->port &&
	       a->scope_id == b->scope_id &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr));
}

/* Where this node listens, if no member says so. */
static const char *raft_params_listen(struct raft_group_params *p)
{
	struct raft_ioc_member *m = &p->ioc.listen;

	if (m->id && m->id != p->ioc.node_id)
		return "listen.id: neither 0 nor node_id";
	if (m->flags)
		return "listen.flags: not 0";
	m->id = p->ioc.node_id;
	return raft_params_member(m);
}

/* Member @i against those before it. */
static const char *raft_params_pair(const struct raft_group_params *p, u32 i)
{
	const struct raft_ioc_member *m = &p->members[i];
	u32 k;

	for (k = 0; k < i; k++) {
		if (p->members[k].id == m->id)
			return "id: twice";
		if (raft_same_place(&p->members[k], m))
			return "addr: two members at one address and port";
	}
	return NULL;
}

/**
 * raft_params_members() - check the members together, and find this node
 * @p: @p->ioc is checked; the first @p->ioc.n_members of @p->members are what
 *	the user gave; @p->listen is filled in
 *
 * Context: any.
 * Return: NULL, or what is wrong.
 */
const char *raft_params_members(struct raft_group_params *p)
{
	const struct raft_ioc_member *self = NULL;
	const char *why;
	u32 witnesses = 0;
	u32 voters = 0;
	u32 i;

	for (i = 0; i < p->ioc.n_members; i++) {
		const struct raft_ioc_member *m = &p->members[i];

		why = raft_params_member(m);
		if (!why)
			why = raft_params_pair(p, i);
		if (why)
			return why;
		if (!(m->flags & RAFT_MEMBER_LEARNER))
			voters++;
		if (m->flags & RAFT_MEMBER_WITNESS)
			witnesses++;
		if (m->id == p->ioc.node_id)
			self = m;
	}
	if (p->ioc.n_members && !voters)
		return "members: all are learners";
	if (2 * witnesses > voters)
		return "members: more witnesses than half of the voters";

	if (!self) {
		why = raft_params_listen(p);
		if (why)
			return why;
		self = &p->ioc.listen;
	} else if (memchr_inv(&p->ioc.listen, 0, sizeof(p->ioc.listen))) {
		return "listen: not 0, but members has node_id";
	}
	p->listen = *self;
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(raft_params_members);

/**
 * raft_params_log() - may this open file hold a log?
 * @file: what log_fd names
 *
 * The permission to read and write was checked when the file was opened; the
 * mode that this left is checked here.
 *
 * Context: any.
 * Return: NULL, or what is wrong.
 */
const char *raft_params_log(const struct file *file)
{
	const struct inode *inode = file->f_mapping->host;

	if (!S_ISREG(inode->i_mode) && !S_ISBLK(inode->i_mode))
		return "log_fd: neither a regular file nor a block device";
	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) !=
	    (FMODE_READ | FMODE_WRITE))
		return "log_fd: not opened for reading and writing";
	if (file->f_flags & O_APPEND)
		return "log_fd: opened with O_APPEND";
	if (!(file->f_mode & FMODE_CAN_WRITE) || !file->f_op->write_iter ||
	    !file->f_op->read_iter)
		return "log_fd: this file system cannot do it";
	/* The size of a block device is that of its inode in bdevfs. */
	if (i_size_read(inode) < RAFT_LOG_MIN)
		return "log_fd: smaller than 1 MiB";
	return NULL;
}

/**
 * raft_params_snapshot() - may this open file hold a snapshot?
 * @file: what one of snapshot_fd names
 *
 * Context: any.
 * Return: NULL, or what is wrong.
 */
const char *raft_params_snapshot(const struct file *file)
{
	if (!S_ISREG(file->f_mapping->host->i_mode))
		return "snapshot_fd: not a regular file";
	if ((file->f_mode & (FMODE_READ | FMODE_WRITE)) !=
	    (FMODE_READ | FMODE_WRITE))
		return "snapshot_fd: not opened for reading and writing";
	if (file->f_flags & (O_APPEND | O_DIRECT))
		return "snapshot_fd: opened with O_APPEND or O_DIRECT";
	if (!(file->f_mode & FMODE_CAN_WRITE) || !file->f_op->write_iter ||
	    !file->f_op->read_iter)
		return "snapshot_fd: this file system cannot do it";
	return NULL;
}

/* A field of RAFT_IOC_SET and where it goes. */
struct raft_set_field {
	u32 bit;
	size_t from;
	size_t to;
	const char *idle;	/* what is wrong if it is set without its bit */
};

#define RAFT_SET_FIELD(_bit, _name) {					\
	.bit = (_bit),							\
	.from = offsetof(struct raft_ioc_set, _name),			\
	.to = offsetof(struct raft_ioc_start, _name),			\
	.idle = #_name ": not 0, but not in mask",			\
}

static const struct raft_set_field raft_set_fields[] = {
	RAFT_SET_FIELD(RAFT_SET_ELECTION_TIMEOUT, election_timeout_ms),
	RAFT_SET_FIELD(RAFT_SET_HEARTBEAT, heartbeat_ms),
	RAFT_SET_FIELD(RAFT_SET_MAX_INFLIGHT, max_inflight),
	RAFT_SET_FIELD(RAFT_SET_MAX_INFLIGHT_BYTES, max_inflight_bytes),
	RAFT_SET_FIELD(RAFT_SET_MAX_BATCH, max_batch),
	RAFT_SET_FIELD(RAFT_SET_PROPOSE_TIMEOUT, propose_timeout_ms),
	RAFT_SET_FIELD(RAFT_SET_PRIORITY, priority),
	RAFT_SET_FIELD(RAFT_SET_LEASE_DRIFT, lease_drift_ppm),
	RAFT_SET_FIELD(RAFT_SET_SNAPSHOT_AT, snapshot_at),
};

#define RAFT_SET_ALL		0x7fff

static const char *raft_set_flags(struct raft_ioc_start *now,
				  const struct raft_ioc_set *set)
{
	u32 mask = 0;

	if (set->mask & RAFT_SET_PREVOTE)
		mask |= RAFT_START_NO_PREVOTE;
	if (set->mask & RAFT_SET_CHECK_QUORUM)
		mask |= RAFT_START_NO_CHECK_QUORUM;
	if (set->flags & ~mask)
		return "flags: unknown, or not in mask";
	now->flags = (now->flags & ~mask) | set->flags;
	return NULL;
}

/**
 * raft_params_set() - check RAFT_IOC_SET against the settings in force
 * @now: the settings in force; those after it on success, else undefined
 * @set: what the user gave
 *
 * Context: any.
 * Return: NULL, or what is wrong.
 */
const char *raft_params_set(struct raft_ioc_start *now,
			    const struct raft_ioc_set *set)
{
	const struct raft_set_field *f = raft_set_fields;
	const char *why;
	u32 value;

	if (!set->mask || set->mask & ~RAFT_SET_ALL)
		return "mask: nothing, or an unknown bit";
	if (set->reserved || set->reserved2)
		return "reserved: not 0";
	for (; f < raft_set_fields + ARRAY_SIZE(raft_set_fields); f++) {
		memcpy(&value, (const u8 *)set + f->from, sizeof(value));
		if (set->mask & f->bit)
			memcpy((u8 *)now + f->to, &value, sizeof(value));
		else if (value)
			return f->idle;
	}
	if (set->mask & RAFT_SET_MAX_UNCOMMITTED)
		now->max_uncommitted = set->max_uncommitted;
	else if (set->max_uncommitted)
		return "max_uncommitted: not 0, but not in mask";
	if (set->mask & RAFT_SET_RETAIN_ENTRIES)
		now->retain_entries = set->retain_entries;
	else if (set->retain_entries)
		return "retain_entries: not 0, but not in mask";
	if (set->mask & RAFT_SET_RETAIN_BYTES)
		now->retain_bytes = set->retain_bytes;
	else if (set->retain_bytes)
		return "retain_bytes: not 0, but not in mask";
	if (set->mask & RAFT_SET_MEMORY)
		now->memory = set->memory;
	else if (set->memory)
		return "memory: not 0, but not in mask";
	why = raft_set_flags(now, set);
	return why ?: raft_params_settings(now);
}
EXPORT_SYMBOL_IF_KUNIT(raft_params_set);

/**
 * raft_params_change() - check one item of RAFT_IOC_MEMBERS and add it
 * @c: the change so far, with room for one more item
 * @ioc: what the user gave
 *
 * Context: any.
 * Return: NULL, or what is wrong.
 */
const char *raft_params_change(struct raft_change *c,
			       const struct raft_ioc_change *ioc)
{
	struct raft_change_item *item = &c->item[c->n++];
	const struct raft_ioc_member *m = &ioc->member;
	struct raft_ioc_member bare = { .id = m->id };
	const char *why;

	memset(item, 0, sizeof(*item));
	item->op = ioc->op;
	item->m.id = m->id;
	if (ioc->reserved)
		return "reserved: not 0";
	if (m->flags)
		return "member.flags: not 0";
	switch (ioc->op) {
	case RAFT_MEMBERS_ADD_LEARNER:
	case RAFT_MEMBERS_ADD_VOTER:
	case RAFT_MEMBERS_ADD_WITNESS:
	case RAFT_MEMBERS_ADDRESS:
		why = raft_params_member(m);
		if (!why)
			raft_addr_encode(item->m.addr, m);
		return why;
	case RAFT_MEMBERS_ABORT:
		return memchr_inv(m, 0, sizeof(*m)) ?
			"member: not 0, but nobody is named" : NULL;
	case RAFT_MEMBERS_PROMOTE:
	case RAFT_MEMBERS_DEMOTE:
	case RAFT_MEMBERS_REMOVE:
		if (!m->id)
			return "member.id: 0";
		return memcmp(m, &bare, sizeof(bare)) ?
			"member: an address, but none is needed" : NULL;
	default:
		return "op: unknown";
	}
}
EXPORT_SYMBOL_IF_KUNIT(raft_params_change);
