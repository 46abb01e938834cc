// SPDX-License-Identifier: GPL-2.0
/*
 * badinput_session.c - bad input to SESSION and APPLIED, and to what PROPOSE has
 * for sessions and results; what is said of a session that is not open.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "badinput.h"

static char room[RAFT_RESULT_MAX + 1];

/* Without a session and a flag. */
static const struct field_case plain_cases[] = {
	PROPOSE(flags, RAFT_PROPOSE_RESULT | RAFT_PROPOSE_NOWAIT, -EINVAL),
	PROPOSE(client, 1, -EINVAL),
	PROPOSE(client_serial, 1, -EINVAL),
	PROPOSE(result, 1, -EINVAL),
	PROPOSE(result_len, 1, -EINVAL),
};

/* With number 1 of session 1, which is none, and a result. */
static const struct field_case session_cases[] = {
	PROPOSE(client, 0, -EINVAL),
	PROPOSE(client, (1ULL << 56), -EINVAL),
	PROPOSE(client, UINT64_MAX, -EINVAL),
	PROPOSE(client_serial, 0, -EINVAL),
	PROPOSE(client_serial, UINT64_MAX, -EKEYEXPIRED),
	PROPOSE(client, 1000000, -EKEYEXPIRED),
	PROPOSE(flags, 0, -EINVAL),			/* but a result */
	PROPOSE(size, 48, -EINVAL),			/* but a flag */
	PROPOSE(size, 72, -EINVAL),
	PROPOSE(result, 0, -EFAULT),
	PROPOSE(result, UINT64_MAX, -EFAULT),
	PROPOSE(result_len, 0, -EKEYEXPIRED),
	PROPOSE(result_len, 0xffffffff, -EKEYEXPIRED),
};

static void propose_cases(int dev)
{
	struct raft_ioc_propose p;
	unsigned int i;

	for (i = 0; i < sizeof(plain_cases) / sizeof(*plain_cases); i++) {
		propose_init(&p);
		field_set(&p, &plain_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p),
		       plain_cases[i].want, "PROPOSE with %s",
		       plain_cases[i].what);
	}
	for (i = 0; i < sizeof(session_cases) / sizeof(*session_cases); i++) {
		propose_init(&p);
		p.flags = RAFT_PROPOSE_RESULT;
		p.client = 1;
		p.client_serial = 1;
		p.result = (uintptr_t)room;
		p.result_len = RAFT_RESULT_MAX;
		field_set(&p, &session_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p),
		       session_cases[i].want, "PROPOSE in no session with %s",
		       session_cases[i].what);
	}
	check(!p.index && !p.term && !p.result_state, "nothing is told");
}

void test_session(void)
{
	struct raft_ioc_session s = { .size = sizeof(s) };
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);
	struct raft_ioc_status st = { .size = sizeof(st) };
	struct raft_ioc_wait w = { .size = sizeof(w), .what = RAFT_WAIT_SERIAL };
	struct raft_ioc_propose p;
	uint64_t first;

	propose_cases(dev);
	expect(do_ioctl(ro, RAFT_IOC_SESSION, &s), -EBADF,
	       "SESSION on a file opened for reading");
	s.flags = 1;
	expect(do_ioctl(dev, RAFT_IOC_SESSION, &s), -EINVAL,
	       "SESSION with a flag");
	s.flags = 0;
	s.reserved = 1;
	expect(do_ioctl(dev, RAFT_IOC_SESSION, &s), -EINVAL,
	       "SESSION with a reserved field");
	s.reserved = 0;
	s.client = UINT64_MAX;
	expect(do_ioctl(dev, RAFT_IOC_SESSION, &s), 0, "SESSION");
	check(s.client > 1 && s.client < 1000, "its id is an index");
	expect(do_ioctl(dev, RAFT_IOC_STATUS, &st), 0, "STATUS");
	check(st.sessions == 1, "one session");

	propose_init(&p);
	p.client = s.client;
	p.client_serial = 5;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE of number 5");
	first = p.index;
	propose_init(&p);
	p.client = s.client;
	p.client_serial = 5;
	p.flags = RAFT_PROPOSE_NOWAIT;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0,
	       "PROPOSE of number 5, not waiting");
	w.value = p.serial;
	w.timeout_ms = 60000;
	expect(do_ioctl(dev, RAFT_IOC_WAIT, &w), 0, "WAIT for it");
	p.flags = 0;
	p.index = UINT64_MAX;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0,
	       "PROPOSE of number 5 once more");
	check(p.index == first, "it has the index of the first");
	p.client_serial = 4;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), -EKEYEXPIRED,
	       "PROPOSE of number 4");
	check(!p.index && p.serial, "it was proposed, and is nowhere");
	p.client_serial = UINT64_MAX;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0,
	       "PROPOSE of the largest number");
	/* A program of version 1 knows nothing of this. */
	propose_init(&p);
	p.size = offsetof(struct raft_ioc_propose, client);
	p.client = 77;
	p.result_state = 77;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE of version 1");
	check(p.result_state == 77, "nothing behind its end is written");
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(do_ioctl(dev, RAFT_IOC_SESSION, &s), -ECANCELED,
	       "SESSION, group stopped");
	close(ro);
	close(dev);
}

#define APPLIED(field, val, err) \
	FIELD(struct raft_ioc_applied, field, val, err)

static const struct field_case applied_cases[] = {
	APPLIED(flags, 0, -EINVAL),			/* but a result */
	APPLIED(flags, 3, -EINVAL),
	APPLIED(flags, 0x80000000, -EINVAL),
	APPLIED(index, 0, -EINVAL),
	APPLIED(index, 1, -EINVAL),			/* no command */
	APPLIED(index, 1000000, -EINVAL),
	APPLIED(index, UINT64_MAX, -EINVAL),
	APPLIED(result, 0, -EFAULT),
	APPLIED(result, UINT64_MAX, -EFAULT),
	APPLIED(result_len, RAFT_RESULT_MAX + 1, -EMSGSIZE),
	APPLIED(result_len, 0xffffffff, -EMSGSIZE),
	APPLIED(reserved, 1, -EINVAL),
	APPLIED(result_len, 0, 0),
};

static void applied_init(struct raft_ioc_applied *a, uint64_t index)
{
	memset(a, 0, sizeof(*a));
	a->size = sizeof(*a);
	a->flags = RAFT_APPLIED_RESULT;
	a->index = index;
	a->result = (uintptr_t)"result";
	a->result_len = 6;
}

void test_applied(void)
{
	struct raft_ioc_session s = { .size = sizeof(s) };
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);
	struct raft_ioc_applied a;
	struct raft_ioc_propose p;
	unsigned int i;

	propose_init(&p);
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE");
	for (i = 0; i < sizeof(applied_cases) / sizeof(*applied_cases); i++) {
		applied_init(&a, p.index);
		field_set(&a, &applied_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_APPLIED, &a),
		       applied_cases[i].want, "APPLIED with %s",
		       applied_cases[i].what);
	}
	applied_init(&a, p.index);
	expect(do_ioctl(ro, RAFT_IOC_APPLIED, &a), -EBADF,
	       "APPLIED on a file opened for reading");
	memset(&a, 0, sizeof(a));
	a.size = sizeof(a);
	a.index = 1;
	expect(do_ioctl(dev, RAFT_IOC_APPLIED, &a), 0,
	       "APPLIED of no command, without a result");

	/* A result that has less room than it needs. */
	expect(do_ioctl(dev, RAFT_IOC_SESSION, &s), 0, "SESSION");
	propose_init(&p);
	p.client = s.client;
	p.client_serial = 1;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE");
	applied_init(&a, p.index);
	expect(do_ioctl(dev, RAFT_IOC_APPLIED, &a), 0, "APPLIED");
	p.flags = RAFT_PROPOSE_RESULT;
	p.result = (uintptr_t)room;
	p.result_len = 3;
	memset(room, 'x', sizeof(room));
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE with room for 3");
	check(p.result_state == RAFT_RESULT_GIVEN && p.result_len == 6 &&
	      !memcmp(room, "resx", 4), "3 bytes, and how many there are");
	p.result = 0;
	p.result_len = 0;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0, "PROPOSE with no room");
	check(p.result_state == RAFT_RESULT_GIVEN && p.result_len == 6,
	      "only how many there are");
	p.client_serial = 2;
	p.result_len = 0;
	p.timeout_ms = 100;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE, &p), 0,
	       "PROPOSE, and nobody gives a result");
	check(p.result_state == RAFT_RESULT_LATE && p.index, "late, but applied");
	expect(group_stop(dev, "io"), 0, "STOP io");
	expect(do_ioctl(dev, RAFT_IOC_APPLIED, &a), -ECANCELED,
	       "APPLIED, group stopped");
	close(ro);
	close(dev);
}
