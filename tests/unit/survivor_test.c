// SPDX-License-Identifier: GPL-2.0
/*
 * survivor_test.c - a new group from the log of one survivor: what comes along,
 * what is refused, and that the old log is never touched.
 *
 * The logs are raftmklog's; raftctl recover is run as it is.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/lib/survivor.h"
#include "../../tools/lib/util.h"
#include "disk.h"

#define OLD_GROUP	0xabc
#define NEW_GROUP	0xdef
#define MEMBERS		"1=10.0.0.1:7000,2=10.0.0.2:7000,3=10.0.0.3:7000"

static unsigned int tests, failures;
static char bin[512], dir[] = "/tmp/survivor_test.XXXXXX";
static char from[64], to[64];

static void ok(bool good, const char *name)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++tests, name);
	failures += !good;
}

/* Exit code of a shell command. */
__attribute__((format(printf, 1, 2)))
static int run(const char *fmt, ...)
{
	char command[2048];
	va_list ap;
	int status;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	status = system(command);
	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void make(const char *options)
{
	unlink(from);
	unlink(to);
	if (run("%s/raftmklog --group %d --node 2 --members %s %s %s", bin,
		OLD_GROUP, MEMBERS, options, from)) {
		printf("Bail out! raftmklog\n");
		exit(1);
	}
}

/* Every record of a log in one number, without what may be another in a copy. */
struct sum {
	int fd;
	u64 until;
	u64 hash;
	struct raft_disk_record last;
	struct raft_membership conf;
};

static int sum_read(void *ctx, u64 pos, void *buf, u32 len)
{
	return pread(((struct sum *)ctx)->fd, buf, len, (off_t)pos) ==
	       (ssize_t)len ? 0 : -EIO;
}

static u64 mix(u64 hash, const void *p, size_t len)
{
	const u8 *b = p;

	while (len--)
		hash = (hash ^ *b++) * 0x100000001b3ull;
	return hash;
}

static int sum_entry(void *ctx, const struct raft_disk_record *rec,
		     const u8 *data)
{
	struct sum *s = ctx;

	s->last = *rec;
	if (rec->type == RAFT_ENTRY_CONFIG &&
	    raft_membership_decode(&s->conf, data, rec->len))
		return -EILSEQ;
	if (rec->index > s->until)
		return 0;
	s->hash = mix(s->hash, &rec->index, sizeof(rec->index));
	s->hash = mix(s->hash, &rec->term, sizeof(rec->term));
	s->hash = mix(s->hash, &rec->origin, sizeof(rec->origin));
	s->hash = mix(s->hash, &rec->incarnation, sizeof(rec->incarnation));
	s->hash = mix(s->hash, &rec->serial, sizeof(rec->serial));
	s->hash = mix(s->hash, &rec->client, sizeof(rec->client));
	s->hash = mix(s->hash, &rec->client_serial, sizeof(rec->client_serial));
	s->hash = mix(s->hash, &rec->type, sizeof(rec->type));
	s->hash = mix(s->hash, data, rec->len);
	return 0;
}

static int sum(const char *path, u64 until, struct sum *s,
	       struct raft_disk_scan *scan)
{
	static u8 buf[RAFT_DISK_BUF];
	int err;

	memset(s, 0, sizeof(*s));
	memset(scan, 0, sizeof(*scan));
	s->until = until;
	s->fd = open(path, O_RDONLY);
	scan->read = sum_read;
	scan->entry = sum_entry;
	scan->ctx = s;
	scan->buf = buf;
	scan->size = (u64)lseek(s->fd, 0, SEEK_END);
	err = raft_disk_recover(scan);
	close(s->fd);
	return err;
}

static struct raft_ioc_member self(void)
{
	struct raft_ioc_member m = {
		.id = 2, .family = AF_INET, .port = 7000, .addr = { 10, 0, 0, 2 },
	};

	return m;
}

static int copy(struct raft_survivor *s, uint64_t size)
{
	struct raft_ioc_member m = self();
	struct raft_logfile log;
	int err;

	err = raft_logfile_open(&log, to, size);
	if (err)
		return err;
	err = raft_survivor_copy(s, &log, NULL, NEW_GROUP, &m);
	close(log.fd);
	return err;
}

static void copy_test(const char *options, u64 last, u64 term, u64 commit,
		      const char *name)
{
	struct raft_disk_scan a, b;
	struct raft_survivor s;
	struct sum old, new;
	int err;

	make(options);
	printf("# %s\n", name);
	err = raft_survivor_open(&s, from, OLD_GROUP, 2);
	ok(!err && s.last == last && s.term == term && s.commit == commit &&
	   !s.torn, "what is in it");
	if (err)
		return;
	ok(!copy(&s, s.log.size), "copied");
	raft_survivor_close(&s);
	ok(!sum(from, last, &old, &a) && !sum(to, last, &new, &b) &&
	   old.hash == new.hash && b.records == last + 1,
	   "all entries are there, and one more");
	ok(b.super.group_id == NEW_GROUP && b.super.node_id == 2 &&
	   b.super.log_id != a.super.log_id, "of another group and log");
	ok(new.last.type == RAFT_ENTRY_CONFIG && new.last.term == term + 1 &&
	   b.state.term == term + 1 && !b.state.vote &&
	   b.state.commit == commit && b.state.incarnation ==
	   a.state.incarnation, "the last one is of a new term");
	ok(new.conf.n == 1 && new.conf.m[0].id == 2 && !new.conf.m[0].flags &&
	   new.conf.m[0].addr[0] == 4 && new.conf.m[0].addr[8] == 10,
	   "this node is the only voter");
	ok(!run("%s/raftdump --check %s >/dev/null", bin, to), "raftdump");
}

static int open_error(uint64_t group, uint32_t node)
{
	struct raft_survivor s;
	int err = raft_survivor_open(&s, from, group, node);

	if (!err)
		raft_survivor_close(&s);
	return err;
}

/* Change a byte of the command of record @index. */
static void damage(u64 index)
{
	struct raft_disk_scan scan;
	struct sum s;
	int fd;

	/* One command in each block, from the first on. */
	sum(from, 0, &s, &scan);
	fd = open(from, O_RDWR);
	if (pwrite(fd, "x", 1, (off_t)(scan.super.data_start + 128 +
				       (index - 1) * scan.super.block)) != 1)
		exit(1);
	close(fd);
}

/* As after a crash: the last record was being written. */
static void tear(u64 last)
{
	struct raft_disk_scan scan;
	u8 slot[RAFT_DISK_SLOT];
	struct sum s;
	int fd;

	sum(from, 0, &s, &scan);
	scan.state.flags = 0;
	scan.state.durable = last - 1;
	scan.state.durable_crc = s.last.chain;
	scan.state.epoch = s.last.epoch;
	fd = open(from, O_RDWR);
	for (scan.state.generation = 4; scan.state.generation < 6;
	     scan.state.generation++) {
		raft_disk_state_encode(&scan.state, scan.super.log_id, slot);
		if (pwrite(fd, slot, sizeof(slot),
			   (off_t)raft_disk_state_pos(scan.state.generation)) !=
		    sizeof(slot))
			exit(1);
	}
	close(fd);
	damage(last);
}

static void refuse_test(void)
{
	struct raft_survivor s;
	struct raft_logfile log;

	make("--size 1M --log 1x5");
	ok(open_error(OLD_GROUP + 1, 0) == -ESTALE, "log of another group");
	ok(open_error(OLD_GROUP, 3) == -ESTALE, "log of another node");
	ok(!raft_logfile_read(&log, from) &&
	   open_error(0, 0) == -EBUSY, "log in use");
	close(log.fd);
	damage(3);
	ok(raft_survivor_open(&s, from, 0, 0) == -EILSEQ && s.bad_index == 3 &&
	   s.bad && s.log.fd == -1, "damaged in the middle");
	make("--size 1M --log 1x5");
	tear(5);
	ok(!raft_survivor_open(&s, from, 0, 0) && s.torn && s.last == 4,
	   "a torn tail is not counted");
	ok(!copy(&s, s.log.size) && !run("%s/raftdump --check %s >/dev/null",
					 bin, to), "and not copied");
	raft_survivor_close(&s);
	make("--size 1M --log 1x3");
	ok(!raft_survivor_open(&s, from, 0, 0) && s.last == 3 && !s.torn &&
	   !s.config_index, "no configuration in it");
	raft_survivor_close(&s);
	make("--size 1M");
	ok(open_error(0, 0) == -ENODATA, "no entry");
	ok(!run(": >%s; truncate -s 2M %s", from, from) &&
	   open_error(0, 0) == -EMEDIUMTYPE, "not a log");
	unlink(from);
	ok(open_error(0, 0) == -ENOENT, "not there");
	make("--size 1M --log 1,1c --members 3=10.0.0.3:1,1=10.0.0.1:1");
	ok(raft_survivor_open(&s, from, 0, 0) == -EILSEQ && s.bad_index == 2,
	   "a configuration that is illegible");
	ok(run("%s/raftdump --check %s >/dev/null 2>&1", bin, from) == 2,
	   "raftdump finds it too");
	make("--size 2M --log 1x1000,2c --block 4096 --size 8M");
	ok(!raft_survivor_open(&s, from, 0, 0) && s.config_index == 1001 &&
	   s.n_members == 3, "the last configuration in it");
	raft_survivor_close(&s);
	make("--size 2M --log 1x3900");
	ok(!raft_survivor_open(&s, from, 0, 0) && !copy(&s, 1 << 20),
	   "packed closer");
	raft_survivor_close(&s);
	make("--size 4M --log 1x7000");
	ok(!raft_survivor_open(&s, from, 0, 0) &&
	   copy(&s, 1 << 20) == -ENOSPC, "too small");
	raft_survivor_close(&s);
	ok(run("%s/raftdump --check %s >/dev/null", bin, to) == 3,
	   "too small: it is no log");
}

/* As an operator would. */
static void command_test(void)
{
	char conf[80];
	FILE *f;

	snprintf(conf, sizeof(conf), "%s/g.conf", dir);
	f = fopen(conf, "w");
	fprintf(f, "[Group]\nId = %d\nNode = 2\nLog = %s\nHeartbeat = 50ms\n"
		"[Peer]\nId = 1\nAddress = 10.0.0.1:7000\n"
		"[Peer]\nId = 2\nAddress = 10.0.0.2:7000\n", OLD_GROUP, from);
	fclose(f);
	make("--size 1M --log 1x5,2c,3x4 --commit 7");
	run("cp %s %s.before", from, from);
#define RECOVER(options) \
	run("setsid %s/raftctl recover %s %s >%s/new.conf 2>%s/err <&-", bin, \
	    conf, options, dir, dir)
	ok(RECOVER("") == 1 && !run("grep -q 'no terminal' %s/err", dir) &&
	   !run("grep -q 'entries above index 7 ' %s/err", dir) &&
	   access(to, F_OK), "recover: nothing without consent");
	ok(RECOVER("--yes") == 2 && access(to, F_OK),
	   "recover: an abbreviation is no consent");
	ok(RECOVER("--yes-i-lost-the-majority --id 0xabc") == 2 &&
	   access(to, F_OK), "recover: the identity must be another");
	ok(RECOVER("--yes-i-lost-the-majority --node 1") == 1 &&
	   access(to, F_OK), "recover: log of another node");
	ok(run("flock %s %s/raftctl recover %s --yes-i-lost-the-majority 2>%s/err",
	       from, bin, conf, dir) == 1 &&
	   !run("grep -q 'down first' %s/err", dir) && access(to, F_OK),
	   "recover: log in use");
	ok(!RECOVER("--yes-i-lost-the-majority") &&
	   !run("%s/raftdump --check %s >/dev/null", bin, to), "recover");
	ok(!run("%s/raftctl checkconf %s/new.conf >/dev/null", bin, dir) &&
	   !run("grep -qx 'Log = %s' %s/new.conf", to, dir) &&
	   !run("grep -qx 'Heartbeat = 50ms' %s/new.conf", dir) &&
	   run("grep -q 10.0.0.1 %s/new.conf", dir) == 1,
	   "recover: the new configuration");
	ok(RECOVER("--yes-i-lost-the-majority") == 1 &&
	   !run("grep -q 'holds something already' %s/err", dir),
	   "recover: nothing is written over");
	ok(!run("cmp -s %s %s.before", from, from),
	   "recover: the old log is as it was");
}

int main(int argc, char **argv)
{
	char *slash = strrchr(argv[0], '/');

	(void)argc;
	snprintf(bin, sizeof(bin), "%.*s/..", (int)(slash - argv[0]), argv[0]);
	if (!mkdtemp(dir))
		return 1;
	snprintf(from, sizeof(from), "%s/old", dir);
	snprintf(to, sizeof(to), "%s/old.recovered", dir);
	copy_test("--size 1M --log 1x3,2x2 --commit 4", 5, 2, 4, "commands");
	copy_test("--size 1M --log 1x3,1c,2x2,2c --term 9 --vote 3", 7, 9, 0,
		  "configurations, and a term above that of the last entry");
	copy_test("--size 8M --log 1x7000,3x2000 --commit 8999", 9000, 3, 8999,
		  "more than one write");
	copy_test("--size 1M --log 2 --block 4096", 1, 2, 0, "large blocks");
	refuse_test();
	command_test();
	run("rm -rf %s", dir);
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
