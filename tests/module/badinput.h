/* SPDX-License-Identifier: GPL-2.0 */
/*
 * badinput.h - what the parts of badinput share: TAP, a valid START, a log.
 */
#ifndef _BADINPUT_H
#define _BADINPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../uapi/linux/raft.h"

#define DEV		"/dev/raft"
#define LOG_BYTES	(8 << 20)

/* A START with room for its members behind it. */
struct start {
	struct raft_ioc_start s;
	struct raft_ioc_member m[RAFT_NODES_MAX + 1];
};

/* A field of a structure set to a value, and what the kernel says to it. */
struct field_case {
	const char *what;
	size_t offset;
	size_t size;
	uint64_t value;
	int want;
};

#define FIELD(type, field, val, err) \
	{ #field " = " #val, offsetof(type, field), \
	  sizeof(((type *)0)->field), (val), (err) }

#define PROPOSE(field, val, err) \
	FIELD(struct raft_ioc_propose, field, val, err)

void field_set(void *base, const struct field_case *c);

/* 0 or more, or -errno, of a system call. */
int res(long ret);
/* One TAP line. */
void check(bool ok, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void expect(int got, int want, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void die(const char *what) __attribute__((noreturn));

int dev_open(int flags);
int do_ioctl(int fd, unsigned long cmd, const void *arg);
int log_new(const char *name, int flags, long bytes);
void start_init(struct start *st, const char *name, uint64_t id, int log);
int group_start(int dev, const char *name, uint64_t id, const char *log);
int group_stop(int dev, const char *name);
int wait_leader(int dev);
/* A valid PROPOSE. */
void propose_init(struct raft_ioc_propose *p);
/* A group "io" of one node, led by it; an open file attached to it. */
int fresh_group(int flags);
const char *log_path(const char *name);

/* The parts. */
void test_generic(void);
void test_start(void);
void test_logs(void);
void test_names(void);
void test_propose(void);
void test_wait(void);
void test_status(void);
void test_members(void);
void test_transfer(void);
void test_barrier(void);
void test_join(void);
void test_set(void);
void test_session(void);
void test_applied(void);
void test_batch(void);
void test_snapshot(void);
void test_read(void);
void test_seek_poll(void);
void test_others(void);

#endif /* _BADINPUT_H */
