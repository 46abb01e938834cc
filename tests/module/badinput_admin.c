// SPDX-License-Identifier: GPL-2.0
/*
 * badinput_admin.c - bad input to MEMBERS, TRANSFER, READ and SET, and what the
 * only node of a group answers to good input.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "badinput.h"

/* A MEMBERS with room for its changes behind it. */
struct members {
	struct raft_ioc_members m;
	struct raft_ioc_change c[RAFT_NODES_MAX + 1];
};

/* What is valid: node 2 on 127.0.0.2, to become a learner. */
static void members_init(struct members *ms)
{
	memset(ms, 0, sizeof(*ms));
	ms->m.size = sizeof(ms->m);
	ms->m.n_changes = 1;
	ms->m.change_size = sizeof(ms->c[0]);
	ms->m.changes = (uintptr_t)ms->c;
	ms->m.outcome = 99;
	ms->c[0].op = RAFT_MEMBERS_ADD_LEARNER;
	ms->c[0].member.id = 2;
	ms->c[0].member.family = AF_INET;
	ms->c[0].member.port = 27000;
	ms->c[0].member.addr[0] = 127;
	ms->c[0].member.addr[3] = 2;
}

#define MEMBERS(field, val, err)	FIELD(struct members, field, val, err)

static const struct field_case members_cases[] = {
	MEMBERS(m.flags, 2, -EINVAL),
	MEMBERS(m.flags, 0x80000000, -EINVAL),
	MEMBERS(m.n_changes, 0, -EINVAL),
	MEMBERS(m.n_changes, 2, -EINVAL),	/* not joint */
	MEMBERS(m.n_changes, 17, -EINVAL),
	MEMBERS(m.n_changes, 0xffffffff, -EINVAL),
	MEMBERS(m.change_size, 0, -EINVAL),
	MEMBERS(m.change_size, 39, -EINVAL),
	MEMBERS(m.change_size, 4097, -E2BIG),
	MEMBERS(m.change_size, 0xffffffff, -E2BIG),
	MEMBERS(m.changes, 0, -EFAULT),
	MEMBERS(m.changes, 1, -EFAULT),
	MEMBERS(m.changes, UINT64_MAX, -EFAULT),
	MEMBERS(c[0].op, 0, -EINVAL),
	MEMBERS(c[0].op, 9, -EINVAL),
	MEMBERS(c[0].op, 0xffffffff, -EINVAL),
	MEMBERS(c[0].op, RAFT_MEMBERS_PROMOTE, -EINVAL),	/* an address */
	MEMBERS(c[0].op, RAFT_MEMBERS_REMOVE, -EINVAL),
	MEMBERS(c[0].op, RAFT_MEMBERS_ABORT, -EINVAL),		/* somebody */
	MEMBERS(c[0].reserved, 1, -EINVAL),
	MEMBERS(c[0].member.id, 0, -EINVAL),
	MEMBERS(c[0].member.flags, 1, -EINVAL),
	MEMBERS(c[0].member.family, 0, -EINVAL),
	MEMBERS(c[0].member.family, AF_UNIX, -EINVAL),
	MEMBERS(c[0].member.port, 0, -EINVAL),
	MEMBERS(c[0].member.scope_id, 1, -EINVAL),
	MEMBERS(c[0].member.addr[0], 0, -EINVAL),
	MEMBERS(c[0].member.addr[0], 224, -EINVAL),
	MEMBERS(c[0].member.addr[4], 1, -EINVAL),
};

/* Of one member: who it is, and what the group of node 1 alone says to it. */
static int one_change(int dev, struct members *ms, uint32_t op, uint32_t id,
		      bool address)
{
	uint16_t family = AF_INET;

	members_init(ms);
	ms->c[0].op = op;
	if (!address) {
		memset(&ms->c[0].member, 0, sizeof(ms->c[0].member));
		family = 0;
	}
	ms->c[0].member.id = id;
	ms->c[0].member.family = family;
	return do_ioctl(dev, RAFT_IOC_MEMBERS, ms);
}

static void test_members_refused(int dev)
{
	struct members ms;

	/* Not before the leader has committed in its term. */
	expect(res(write(dev, "x", 1)), 1, "write");
	expect(one_change(dev, &ms, RAFT_MEMBERS_ADD_LEARNER, 1, true),
	       -EEXIST, "MEMBERS: add who is there");
	check(ms.m.outcome == RAFT_OUTCOME_REFUSED, "it was refused");
	expect(one_change(dev, &ms, RAFT_MEMBERS_ADD_VOTER, 1, true), -EEXIST,
	       "MEMBERS: add a voter that is one");
	expect(one_change(dev, &ms, RAFT_MEMBERS_REMOVE, 9, false), -ENOENT,
	       "MEMBERS: remove who is not there");
	expect(one_change(dev, &ms, RAFT_MEMBERS_PROMOTE, 9, false), -ENOENT,
	       "MEMBERS: promote who is not there");
	expect(one_change(dev, &ms, RAFT_MEMBERS_DEMOTE, 9, false), -ENOENT,
	       "MEMBERS: demote who is not there");
	expect(one_change(dev, &ms, RAFT_MEMBERS_ADDRESS, 9, true), -ENOENT,
	       "MEMBERS: move who is not there");
	expect(one_change(dev, &ms, RAFT_MEMBERS_PROMOTE, 1, false), -EINVAL,
	       "MEMBERS: promote a voter");
	check(ms.m.outcome == RAFT_OUTCOME_REFUSED, "it was refused");
	expect(one_change(dev, &ms, RAFT_MEMBERS_REMOVE, 1, false), -EDOM,
	       "MEMBERS: remove the only voter");
	expect(one_change(dev, &ms, RAFT_MEMBERS_DEMOTE, 1, false), -EDOM,
	       "MEMBERS: demote the only voter");
	check(ms.m.outcome == RAFT_OUTCOME_REFUSED, "it was refused");
	expect(one_change(dev, &ms, RAFT_MEMBERS_ABORT, 0, false), -ENOENT,
	       "MEMBERS: abort nothing");
}

static void test_members_joint(int dev)
{
	struct members ms;

	members_init(&ms);
	ms.m.flags = RAFT_MEMBERS_JOINT;
	ms.m.n_changes = 2;
	ms.c[1] = ms.c[0];
	expect(do_ioctl(dev, RAFT_IOC_MEMBERS, &ms), -EINVAL,
	       "MEMBERS, an id twice");
	ms.c[1].member.id = 3;
	ms.c[1].op = RAFT_MEMBERS_ADDRESS;
	expect(do_ioctl(dev, RAFT_IOC_MEMBERS, &ms), -EINVAL,
	       "MEMBERS, an address in a joint change");
	memset(&ms.c[1].member, 0, sizeof(ms.c[1].member));
	ms.c[1].op = RAFT_MEMBERS_ABORT;
	expect(do_ioctl(dev, RAFT_IOC_MEMBERS, &ms), -EINVAL,
	       "MEMBERS, an abort in a joint change");
	members_init(&ms);
	ms.c[0].op = RAFT_MEMBERS_REMOVE;
	memset(&ms.c[0].member, 0, sizeof(ms.c[0].member));
	expect(do_ioctl(dev, RAFT_IOC_MEMBERS, &ms), -EINVAL,
	       "MEMBERS, remove nobody");
}

void test_members(void)
{
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);
	struct members ms, *map;
	unsigned int i;

	for (i = 0; i < sizeof(members_cases) / sizeof(*members_cases); i++) {
		members_init(&ms);
		field_set(&ms, &members_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_MEMBERS, &ms),
		       members_cases[i].want, "MEMBERS with %s",
		       members_cases[i].what);
	}
	members_init(&ms);
	expect(do_ioctl(ro, RAFT_IOC_MEMBERS, &ms), -EBADF,
	       "MEMBERS on a file opened for reading");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	members_init(map);
	if (map == MAP_FAILED || mprotect(map, 4096, PROT_READ))
		die("mmap");
	expect(do_ioctl(dev, RAFT_IOC_MEMBERS, map), -EFAULT,
	       "MEMBERS in memory that is read-only");
	munmap(map, 4096);

	test_members_joint(dev);
	test_members_refused(dev);
	expect(one_change(dev, &ms, RAFT_MEMBERS_ADD_LEARNER, 2, true), 0,
	       "MEMBERS: add a learner that does not live");
	check(ms.m.outcome == RAFT_OUTCOME_DONE && ms.m.index,
	      "outcome and index are told");
	expect(one_change(dev, &ms, RAFT_MEMBERS_PROMOTE, 2, false), -EAGAIN,
	       "MEMBERS: promote it");
	expect(one_change(dev, &ms, RAFT_MEMBERS_REMOVE, 2, false), 0,
	       "MEMBERS: remove it");
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(one_change(dev, &ms, RAFT_MEMBERS_REMOVE, 2, false), -ECANCELED,
	       "MEMBERS, group stopped");
	check(ms.m.outcome == RAFT_OUTCOME_NONE, "it was not asked");
	close(ro);
	close(dev);
}

void test_transfer(void)
{
	struct raft_ioc_transfer t = { .size = sizeof(t) };
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);

	expect(do_ioctl(ro, RAFT_IOC_TRANSFER, &t), -EBADF,
	       "TRANSFER on a file opened for reading");
	t.flags = 1;
	expect(do_ioctl(dev, RAFT_IOC_TRANSFER, &t), -EINVAL,
	       "TRANSFER with a flag");
	t.flags = 0;
	t.target = 9;
	t.outcome = 99;
	expect(do_ioctl(dev, RAFT_IOC_TRANSFER, &t), -ENOENT,
	       "TRANSFER to who is not there");
	check(t.outcome == RAFT_OUTCOME_REFUSED && t.leader == 1,
	      "outcome and leader are told");
	t.target = 0;
	expect(do_ioctl(dev, RAFT_IOC_TRANSFER, &t), -EAGAIN,
	       "TRANSFER to the best, of none");
	t.target = 1;
	expect(do_ioctl(dev, RAFT_IOC_TRANSFER, &t), 0,
	       "TRANSFER to who leads");
	check(t.outcome == RAFT_OUTCOME_DONE && t.leader == 1, "it is done");
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(do_ioctl(dev, RAFT_IOC_TRANSFER, &t), -ECANCELED,
	       "TRANSFER, group stopped");
	check(t.outcome == RAFT_OUTCOME_NONE, "it was not asked");
	close(ro);
	close(dev);
}

void test_barrier(void)
{
	struct raft_ioc_read r = { .size = sizeof(r) };
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);
	struct raft_ioc_propose p = {
		.size = sizeof(p),
		.data = (uintptr_t)"x",
		.len = 1,
	};

	r.flags = 2;
	expect(do_ioctl(dev, RAFT_IOC_READ, &r), -EINVAL, "READ with a flag");
	r.flags = 0;
	r.reserved = 1;
	expect(do_ioctl(dev, RAFT_IOC_READ, &r), -EINVAL,
	       "READ with a reserved field");
	r.reserved = 0;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE");
	expect(do_ioctl(ro, RAFT_IOC_READ, &r), 0, "READ");
	check(r.index >= p.index, "it covers what was proposed");
	r.flags = RAFT_READ_LEASE;
	r.index = 0;
	expect(do_ioctl(ro, RAFT_IOC_READ, &r), 0, "READ by lease");
	check(r.index >= p.index, "it covers what was proposed");
	r.timeout_ms = 0xffffffff;
	expect(do_ioctl(ro, RAFT_IOC_READ, &r), 0, "READ, for ever");
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(do_ioctl(ro, RAFT_IOC_READ, &r), -ECANCELED,
	       "READ, group stopped");
	close(ro);
	close(dev);
}

#define JOIN(field, val)	FIELD(struct raft_ioc_join, field, val, -EINVAL)

static const struct field_case join_cases[] = {
	JOIN(flags, 2),
	JOIN(flags, 0x80000000),
	JOIN(via.id, 1),
	JOIN(via.flags, 1),
	JOIN(via.family, 0),
	JOIN(via.family, AF_UNIX),
	JOIN(via.port, 0),
	JOIN(via.scope_id, 1),
	JOIN(via.addr[0], 0),
	JOIN(via.addr[0], 224),
	JOIN(via.addr[4], 1),
};

/* To whom nobody listens, or what is no address: of a group of one. */
void test_join(void)
{
	struct raft_ioc_join j, good = {
		.size = sizeof(good),
		.via = {
			.family = AF_INET,
			.port = 27001,
			.addr = { 127, 0, 0, 1 },
		},
		.timeout_ms = 100,
	};
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);
	unsigned int i;

	for (i = 0; i < sizeof(join_cases) / sizeof(*join_cases); i++) {
		j = good;
		field_set(&j, &join_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_JOIN, &j), join_cases[i].want,
		       "JOIN with %s", join_cases[i].what);
	}
	j = good;
	expect(do_ioctl(ro, RAFT_IOC_JOIN, &j), -EBADF,
	       "JOIN on a file opened for reading");
	expect(res(write(dev, "x", 1)), 1, "write");
	expect(do_ioctl(dev, RAFT_IOC_JOIN, &j), 0, "JOIN of a member");
	check(j.outcome == RAFT_OUTCOME_DONE && !j.node, "nobody was asked");
	expect(group_stop(dev, "io"), 0, "STOP io");
	j = good;
	expect(do_ioctl(dev, RAFT_IOC_JOIN, &j), -ECANCELED,
	       "JOIN, group stopped");
	check(j.outcome == RAFT_OUTCOME_NONE, "it was not asked");
	close(ro);
	close(dev);
}

#define SET(field, val, mask_) { \
	FIELD(struct raft_ioc_set, field, val, -EINVAL), .mask = (mask_) }

static const struct set_case {
	struct field_case field;
	uint32_t mask;
} set_cases[] = {
	SET(mask, 0, 0),
	SET(mask, 0x8000, 0),
	SET(mask, 0x80000001, 0),
	SET(flags, 1, 0x7ff),			/* CREATE is not to be set */
	SET(flags, RAFT_START_NO_PREVOTE, RAFT_SET_CHECK_QUORUM),
	SET(flags, RAFT_START_NO_CHECK_QUORUM, RAFT_SET_PREVOTE),
	SET(election_timeout_ms, 4, RAFT_SET_ELECTION_TIMEOUT),
	SET(election_timeout_ms, 39, RAFT_SET_ELECTION_TIMEOUT),
	SET(election_timeout_ms, 100, RAFT_SET_HEARTBEAT),
	SET(heartbeat_ms, 51, RAFT_SET_HEARTBEAT),
	SET(heartbeat_ms, 20, RAFT_SET_PRIORITY),
	SET(max_inflight, 257, RAFT_SET_MAX_INFLIGHT),
	SET(max_inflight_bytes, 0xffffffff, RAFT_SET_MAX_INFLIGHT_BYTES),
	SET(max_batch, 257, RAFT_SET_MAX_BATCH),
	SET(max_uncommitted, UINT64_MAX, RAFT_SET_MAX_UNCOMMITTED),
	SET(max_uncommitted, 1, RAFT_SET_MAX_BATCH),
	SET(propose_timeout_ms, 0xffffffff, RAFT_SET_PROPOSE_TIMEOUT),
	SET(priority, 1, RAFT_SET_MAX_BATCH),
	SET(lease_drift_ppm, 500001, RAFT_SET_LEASE_DRIFT),
	SET(reserved, 1, RAFT_SET_PRIORITY),
};

void test_set(void)
{
	struct raft_ioc_status s = { .size = sizeof(s) }, before = s;
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);
	struct raft_ioc_set set = { .size = sizeof(set) };
	unsigned int i;

	expect(do_ioctl(ro, RAFT_IOC_SET, &set), -EBADF,
	       "SET on a file opened for reading");
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &before), 0, "STATUS");
	for (i = 0; i < sizeof(set_cases) / sizeof(*set_cases); i++) {
		memset(&set, 0, sizeof(set));
		set.size = sizeof(set);
		set.mask = set_cases[i].mask;
		field_set(&set, &set_cases[i].field);
		expect(do_ioctl(dev, RAFT_IOC_SET, &set), -EINVAL,
		       "SET of %#x with %s", set.mask,
		       set_cases[i].field.what);
	}
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), 0, "STATUS");
	check(s.start_flags == before.start_flags &&
	      s.election_timeout_ms == before.election_timeout_ms &&
	      s.heartbeat_ms == before.heartbeat_ms &&
	      s.max_batch == before.max_batch &&
	      s.priority == before.priority, "nothing of it is in force");

	memset(&set, 0, sizeof(set));
	set.size = sizeof(set);
	set.mask = RAFT_SET_PRIORITY | RAFT_SET_ELECTION_TIMEOUT |
		   RAFT_SET_PREVOTE;
	set.priority = 5;
	set.election_timeout_ms = 200;
	set.flags = RAFT_START_NO_PREVOTE;
	expect(do_ioctl(dev, RAFT_IOC_SET, &set), 0, "SET");
	s.n_peers = 0;
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &s), 0, "STATUS");
	check(s.priority == 5 && s.election_timeout_ms == 200 &&
	      s.heartbeat_ms == before.heartbeat_ms &&
	      s.start_flags == (before.start_flags | RAFT_START_NO_PREVOTE),
	      "all of it is in force, and nothing else");
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(do_ioctl(dev, RAFT_IOC_SET, &set), -ECANCELED,
	       "SET, group stopped");
	close(ro);
	close(dev);
}
