// SPDX-License-Identifier: GPL-2.0
/*
 * badinput_batch.c - bad input to PROPOSE_BATCH: what is wrong with one command, or
 * cannot be read or written, proposes none.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "badinput.h"

#define N	4u
#define UNTOLD	77u

static struct raft_ioc_command cmds[RAFT_BATCH_MAX + 1];
static char big[RAFT_COMMAND_MAX];

#define BATCH(field, val, err) \
	FIELD(struct raft_ioc_propose_batch, field, val, err)
#define COMMAND(field, val, err) \
	FIELD(struct raft_ioc_command, field, val, err)

/* A valid one of N commands. */
static void batch_init(struct raft_ioc_propose_batch *b)
{
	unsigned int i;

	memset(b, 0, sizeof(*b));
	b->size = sizeof(*b);
	b->commands = (uintptr_t)cmds;
	b->n_commands = N;
	b->command_size = sizeof(cmds[0]);
	memset(cmds, 0, sizeof(cmds));
	for (i = 0; i <= RAFT_BATCH_MAX; i++) {
		cmds[i].data = (uintptr_t)"hello";
		cmds[i].len = 5;
		cmds[i].error = UNTOLD;
		cmds[i].serial = UNTOLD;
	}
}

static bool all_say(uint32_t error, uint64_t serial)
{
	unsigned int i;

	for (i = 0; i < N; i++)
		if (cmds[i].error != error || cmds[i].serial != serial ||
		    cmds[i].index)
			return false;
	return cmds[N].error == UNTOLD;
}

static const struct field_case batch_cases[] = {
	BATCH(flags, RAFT_PROPOSE_RESULT, -EINVAL),
	BATCH(flags, 8, -EINVAL),
	BATCH(flags, 0x80000000, -EINVAL),
	BATCH(n_commands, 0, -EINVAL),
	BATCH(n_commands, RAFT_BATCH_MAX + 1, -EINVAL),
	BATCH(n_commands, 0xffffffff, -EINVAL),
	BATCH(command_size, 0, -EINVAL),
	BATCH(command_size, sizeof(cmds[0]) - 1, -EINVAL),
	BATCH(command_size, 4097, -E2BIG),
	BATCH(command_size, 0xffffffff, -E2BIG),
	BATCH(reserved, 1, -EINVAL),
};

/* In the third command: all say so. */
static const struct field_case command_cases[] = {
	COMMAND(data, 0, -EFAULT),
	COMMAND(data, UINT64_MAX, -EFAULT),
	COMMAND(len, 0, -EINVAL),
	COMMAND(len, RAFT_COMMAND_MAX + 1, -EMSGSIZE),
	COMMAND(len, 0xffffffff, -EMSGSIZE),
	COMMAND(reserved, 1, -EINVAL),
	COMMAND(reserved2, 1, -EINVAL),
	COMMAND(client, 1, -EINVAL),
	COMMAND(client_serial, 1, -EINVAL),
};

static void bad_arguments(int dev)
{
	struct raft_ioc_propose_batch b;
	unsigned int i;

	for (i = 0; i < sizeof(batch_cases) / sizeof(*batch_cases); i++) {
		batch_init(&b);
		field_set(&b, &batch_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b),
		       batch_cases[i].want, "PROPOSE_BATCH with %s",
		       batch_cases[i].what);
		check(all_say(UNTOLD, UNTOLD), "nothing is told");
	}
	batch_init(&b);
	b.commands = UINT64_MAX;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -EFAULT,
	       "PROPOSE_BATCH of commands at -1");
	for (i = 0; i < sizeof(command_cases) / sizeof(*command_cases); i++) {
		batch_init(&b);
		field_set(&cmds[2], &command_cases[i]);
		expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b),
		       command_cases[i].want, "PROPOSE_BATCH, the third with %s",
		       command_cases[i].what);
		check(all_say(-command_cases[i].want, 0), "all say so");
	}
	/* More bytes than may be together. */
	batch_init(&b);
	b.n_commands = RAFT_BATCH_BYTES / RAFT_COMMAND_MAX + 1;
	for (i = 0; i < b.n_commands; i++) {
		cmds[i].data = (uintptr_t)big;
		cmds[i].len = i ? RAFT_COMMAND_MAX : 1;
	}
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -EMSGSIZE,
	       "PROPOSE_BATCH of 4 MiB and a byte");
	check(cmds[0].error == EMSGSIZE && cmds[i - 1].error == EMSGSIZE,
	      "all say so");
}

/* Commands that go over to a page which is not there, or not to be written. */
static void bad_memory(int dev)
{
	long page = sysconf(_SC_PAGESIZE);
	struct raft_ioc_propose_batch b;
	struct raft_ioc_command *at;
	char *map;

	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		die("mmap");
	batch_init(&b);
	at = (void *)(map + page - 2 * sizeof(*at));
	memcpy(at, cmds, N * sizeof(*at));
	b.commands = (uintptr_t)at;
	if (mprotect(map + page, page, PROT_READ))
		die("mprotect");
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -EFAULT,
	       "PROPOSE_BATCH, two commands that cannot be written");
	check(at[0].error == EFAULT && at[1].error == EFAULT &&
	      at[2].error == UNTOLD, "the others say so");
	if (munmap(map + page, page))
		die("munmap");
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -EFAULT,
	       "PROPOSE_BATCH, two commands that cannot be read");
	check(at[0].error == EFAULT && at[1].error == EFAULT,
	      "the others say so");

	/* Bytes of the third. */
	batch_init(&b);
	cmds[2].data = (uintptr_t)(map + page - 2);
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -EFAULT,
	       "PROPOSE_BATCH, half of the third's bytes are there");
	check(all_say(EFAULT, 0), "all say so");
	munmap(map, page);
}

static void good(int dev)
{
	struct raft_ioc_session s = { .size = sizeof(s) };
	struct {
		struct raft_ioc_command c;
		char more[64];
	} large[2];
	struct raft_ioc_propose_batch b;
	unsigned int i, ok;

	batch_init(&b);
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), 0, "PROPOSE_BATCH");
	for (i = 0, ok = 0; i < N; i++)
		ok += cmds[i].serial == i + 1 && !cmds[i].error &&
		      cmds[i].term && cmds[i].index == cmds[0].index + i;
	check(ok == N, "the refused ones took no serial; in a row");
	batch_init(&b);
	b.flags = RAFT_PROPOSE_NOWAIT | RAFT_PROPOSE_NONBLOCK;
	b.n_commands = RAFT_BATCH_MAX;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), 0,
	       "PROPOSE_BATCH of the most, not waiting");
	check(cmds[RAFT_BATCH_MAX - 1].serial == N + RAFT_BATCH_MAX &&
	      !cmds[0].index && cmds[RAFT_BATCH_MAX].error == UNTOLD,
	      "only the serials are told");
	batch_init(&b);
	for (i = 0; i < N; i++) {
		cmds[i].data = (uintptr_t)big;
		cmds[i].len = RAFT_COMMAND_MAX;
	}
	b.n_commands = 2;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), 0,
	       "PROPOSE_BATCH of two of the largest");

	/* Of a newer program. */
	memset(large, 0, sizeof(large));
	batch_init(&b);
	large[0].c = cmds[0];
	large[1].c = cmds[1];
	b.commands = (uintptr_t)large;
	b.n_commands = 2;
	b.command_size = sizeof(large[0]);
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), 0,
	       "PROPOSE_BATCH of larger ones");
	check(large[1].c.index == large[0].c.index + 1, "both are told");
	large[1].more[63] = 1;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -E2BIG,
	       "PROPOSE_BATCH of larger ones, the rest not zero");
	check(large[0].c.error == E2BIG && !large[0].c.index, "both say so");

	/* Some in a session: a copy, one that is too old, and what is new. */
	expect(do_ioctl(dev, RAFT_IOC_SESSION, &s), 0, "SESSION");
	batch_init(&b);
	for (i = 0; i < N; i++)
		cmds[i].client = s.client;
	cmds[0].client_serial = 5;
	cmds[1].client_serial = 5;
	cmds[2].client_serial = 4;
	cmds[3].client_serial = 6;
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -EKEYEXPIRED,
	       "PROPOSE_BATCH with a number that is too low");
	check(!cmds[0].error && cmds[0].index &&
	      cmds[1].index == cmds[0].index && !cmds[1].error,
	      "a copy has the answer of the first");
	check(cmds[2].error == EKEYEXPIRED && !cmds[2].index &&
	      cmds[2].serial, "the low one is nowhere");
	check(!cmds[3].error && cmds[3].index == cmds[0].index + 3,
	      "the one behind it is applied");
}

void test_batch(void)
{
	int dev = fresh_group(O_RDWR), ro = dev_open(O_RDONLY);
	struct raft_ioc_propose_batch b;

	bad_arguments(dev);
	bad_memory(dev);
	batch_init(&b);
	expect(do_ioctl(ro, RAFT_IOC_PROPOSE_BATCH, &b), -EBADF,
	       "PROPOSE_BATCH on a file opened for reading");
	good(dev);
	expect(group_stop(dev, "io"), 0, "STOP io");
	batch_init(&b);
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -ECANCELED,
	       "PROPOSE_BATCH, group stopped");
	check(all_say(ECANCELED, 0), "all say so");
	close(dev);
	dev = dev_open(O_RDWR);
	batch_init(&b);
	expect(do_ioctl(dev, RAFT_IOC_PROPOSE_BATCH, &b), -ENODEV,
	       "PROPOSE_BATCH without a group");
	check(all_say(ENODEV, 0), "all say so");
	close(ro);
	close(dev);
}
