// SPDX-License-Identifier: GPL-2.0
/*
 * probe.c - what the tests of the module do to /dev/raft and sysfs that a shell
 * cannot: read with a given buffer, seek, poll, listen to uevents, wait for many
 * read barriers at once, propose without waiting.
 *
 * Says what was wrong on stderr and exits with 1; changes nothing but the log.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../tools/lib/ioc.h"

#define CHECK(cond) check(cond, #cond, __LINE__)

static void check(bool ok, const char *what, int line)
{
	if (ok)
		return;
	fprintf(stderr, "probe.c:%d: not so: %s (errno %s)\n", line, what,
		strerror(errno));
	exit(1);
}

static int attach(const char *group, int flags)
{
	int fd = raft_ioc_open(flags), ret;

	if (fd < 0) {
		fprintf(stderr, "open: %s\n", strerror(-fd));
		exit(1);
	}
	ret = raft_ioc_attach(fd, group);
	if (ret) {
		fprintf(stderr, "attach: %s\n", strerror(-ret));
		exit(1);
	}
	return fd;
}

/* One record after the other, checked as <linux/raft.h> says; texts to stdout. */
static size_t records_print(const char *buf, size_t len, uint64_t *last)
{
	struct raft_record rec;
	size_t pos = 0, n = 0, step;

	while (pos < len) {
		CHECK(len - pos >= sizeof(rec));
		memcpy(&rec, buf + pos, sizeof(rec));
		step = ((size_t)rec.size + rec.len + 7) & ~(size_t)7;
		CHECK(rec.size >= sizeof(rec) && step <= len - pos);
		CHECK(rec.index > *last && rec.term && rec.origin);
		*last = rec.index;
		fwrite(buf + pos + rec.size, 1, rec.len, stdout);
		putchar('\n');
		pos += step;
		n++;
	}
	return n;
}

/* read GROUP BUFFER COUNT */
static int do_read(char **argv)
{
	size_t size = strtoul(argv[1], NULL, 0), left = strtoul(argv[2], NULL, 0);
	int fd = attach(argv[0], O_RDONLY);
	char *buf = malloc(size);
	uint64_t last = 0;
	ssize_t n;

	while (left) {
		n = read(fd, buf, size);
		CHECK(n > 0);
		left -= records_print(buf, n, &last);
	}
	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	CHECK(read(fd, buf, size) == -1 && errno == EAGAIN);
	return 0;
}

/* read-errors GROUP: buffers that are too small, and a bad address */
static int do_read_errors(char **argv)
{
	int fd = attach(argv[0], O_RDONLY);
	char buf[4096], first[4096];
	ssize_t n;

	CHECK(read(fd, buf, 8) == -1 && errno == EINVAL);
	CHECK(read(fd, buf, sizeof(struct raft_record)) == -1 && errno == EINVAL);
	/* Not read(2): the compiler knows that 8 is no buffer. */
	CHECK(syscall(SYS_read, fd, 8, 4096) == -1 && errno == EFAULT);
	/* A failed read has not moved the cursor. */
	n = read(fd, first, sizeof(first));
	CHECK(n > 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 || lseek(fd, 0, SEEK_SET) == 1);
	CHECK(read(fd, buf, sizeof(buf)) == n && !memcmp(buf, first, n));
	return 0;
}

/* seek GROUP: a log with at least 20 commands */
static int do_seek(char **argv)
{
	int fd = attach(argv[0], O_RDONLY | O_NONBLOCK);
	struct raft_record rec;
	char buf[4096];
	off_t end, at;

	end = lseek(fd, 0, SEEK_END);
	CHECK(end > 20);
	CHECK(read(fd, buf, sizeof(buf)) == -1 && errno == EAGAIN);
	CHECK(lseek(fd, 0, SEEK_CUR) == end);
	at = end - 5;
	CHECK(lseek(fd, at, SEEK_SET) == at);
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	memcpy(&rec, buf, sizeof(rec));
	CHECK(rec.index == (uint64_t)at);
	CHECK(lseek(fd, 0, SEEK_DATA) >= 0);
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	CHECK(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL);
	CHECK(lseek(fd, 1, SEEK_CUR) == -1 && errno == EINVAL);
	CHECK(lseek(fd, 0, 77) == -1 && errno == EINVAL);
	CHECK(pread(fd, buf, sizeof(buf), 0) == -1);
	return 0;
}

/* poll-in GROUP MS: nothing to read before, a record after */
static int do_poll_in(char **argv)
{
	int fd = attach(argv[0], O_RDWR);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK(lseek(fd, 0, SEEK_END) >= 0);
	CHECK(poll(&p, 1, 0) == 0);
	CHECK(poll(&p, 1, atoi(argv[1])) == 1 && (p.revents & POLLIN));
	p.events = POLLOUT;
	CHECK(poll(&p, 1, 0) == 1 && p.revents == POLLOUT);
	return 0;
}

/* poll-err GROUP MS: until the group stops */
static int do_poll_err(char **argv)
{
	int fd = attach(argv[0], O_RDWR);
	struct pollfd p = { .fd = fd, .events = 0 };

	CHECK(poll(&p, 1, 0) == 0);
	CHECK(poll(&p, 1, atoi(argv[1])) == 1 && (p.revents & POLLERR));
	return 0;
}

/* poll-sysfs FILE MS: until the attribute is notified */
static int do_poll_sysfs(char **argv)
{
	struct pollfd p = { .events = POLLPRI };
	char buf[256];

	p.fd = open(argv[0], O_RDONLY);
	CHECK(p.fd >= 0);
	CHECK(read(p.fd, buf, sizeof(buf)) > 0);
	CHECK(poll(&p, 1, atoi(argv[1])) == 1 && (p.revents & POLLPRI));
	return 0;
}

/* uevents: those of this network namespace, a line for each word, until killed */
__attribute__((noreturn)) static int do_uevents(char **argv)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	char buf[8192];
	ssize_t n, i;
	int fd;

	(void)argv;
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&nl, sizeof(nl)));
	for (;;) {
		n = recv(fd, buf, sizeof(buf), 0);
		CHECK(n > 0);
		for (i = 0; i < n; i++)
			putchar(buf[i] ? buf[i] : '\n');
		fflush(stdout);
	}
}

/* bind ADDRESS PORT: hold a UDP port until killed */
static int do_bind(char **argv)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	in.sin_port = htons(atoi(argv[1]));
	CHECK(inet_pton(AF_INET, argv[0], &in.sin_addr) == 1);
	CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&in, sizeof(in)));
	pause();
	return 0;
}

/* What the readers of barriers share. */
static struct {
	int fd;
	uint32_t flags;
	uint64_t floor;
	pthread_barrier_t begin;
} readers;

static void *reader(void *arg)
{
	uint64_t index = 0;

	(void)arg;
	pthread_barrier_wait(&readers.begin);
	CHECK(raft_ioc_read(readers.fd, readers.flags, 0, &index) == 0);
	CHECK(index >= readers.floor);
	/* What the barrier promised can be read. */
	CHECK(lseek(readers.fd, 0, SEEK_END) > (off_t)readers.floor);
	return NULL;
}

/* barrier GROUP THREADS FLOOR FLAGS: all at once, and none answers below FLOOR */
static int do_barrier(char **argv)
{
	unsigned long i, n = strtoul(argv[1], NULL, 0);
	pthread_t *threads = calloc(n, sizeof(*threads));
	pthread_attr_t attr;

	readers.fd = attach(argv[0], O_RDONLY);
	readers.floor = strtoull(argv[2], NULL, 0);
	readers.flags = strtoul(argv[3], NULL, 0);
	CHECK(threads && !pthread_attr_init(&attr) &&
	      !pthread_attr_setstacksize(&attr, 65536) &&
	      !pthread_barrier_init(&readers.begin, NULL, n));
	for (i = 0; i < n; i++)
		CHECK(!pthread_create(&threads[i], &attr, reader, NULL));
	for (i = 0; i < n; i++)
		CHECK(!pthread_join(threads[i], NULL));
	return 0;
}

/* PREFIX-N, and dots up to @size bytes; 0: none. */
static size_t command_make(char *buf, const char *prefix, unsigned long n,
			   size_t size)
{
	size_t len = snprintf(buf, RAFT_COMMAND_MAX, "%s-%lu", prefix, n);

	CHECK(size <= RAFT_COMMAND_MAX && len < RAFT_COMMAND_MAX);
	if (len >= size)
		return len;
	memset(buf + len, '.', size - len);
	return size;
}

/*
 * fill GROUP PREFIX SIZE: commands that nobody waits for, until there is no room;
 * prints how many were taken
 */
static int do_fill(char **argv)
{
	static char buf[RAFT_COMMAND_MAX];
	int fd = attach(argv[0], O_WRONLY), ret;
	size_t size = strtoul(argv[2], NULL, 0), len;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	struct raft_ioc_propose r;
	unsigned long n = 0;

	do {
		len = command_make(buf, argv[1], ++n, size);
		ret = raft_ioc_propose(fd, buf, len, RAFT_PROPOSE_NONBLOCK |
				       RAFT_PROPOSE_NOWAIT, 0, &r);
	} while (!ret && n < 1000000);
	CHECK(ret == -EAGAIN);
	/* The others who do not want to wait hear the same. */
	CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	CHECK(write(fd, buf, len) == -1 && errno == EAGAIN);
	CHECK(poll(&p, 1, 0) == 0);
	printf("%lu\n", n - 1);
	return 0;
}

/* stream GROUP PREFIX COUNT: each waits for room, only the last one for its commit */
static int do_stream(char **argv)
{
	static char buf[RAFT_COMMAND_MAX];
	unsigned long i, n = strtoul(argv[2], NULL, 0);
	int fd = attach(argv[0], O_WRONLY);
	struct raft_ioc_propose r;
	uint64_t serial = 0;
	size_t len;

	for (i = 1; i <= n; i++) {
		len = command_make(buf, argv[1], i, 0);
		CHECK(!raft_ioc_propose(fd, buf, len,
					i < n ? RAFT_PROPOSE_NOWAIT : 0,
					RAFT_WAIT_FOREVER, &r));
		CHECK(r.serial > serial);
		serial = r.serial;
	}
	return 0;
}

/*
 * stream-batch GROUP PREFIX COUNT BATCH SIZE: waits for each batch; who is told that
 * it is unknown, or was refused, ends with 1
 */
static int do_stream_batch(char **argv)
{
	unsigned long i = 0, n = strtoul(argv[2], NULL, 0);
	unsigned long most = strtoul(argv[3], NULL, 0), k;
	size_t size = strtoul(argv[4], NULL, 0);
	struct raft_ioc_command c[RAFT_BATCH_MAX];
	int fd = attach(argv[0], O_WRONLY);
	char *buf = malloc(most * (size + 64));
	uint64_t serial = 0, index = 0;

	CHECK(buf && most <= RAFT_BATCH_MAX);
	while (i < n) {
		memset(c, 0, sizeof(c));
		for (k = 0; k < most && i < n; k++) {
			c[k].data = (uintptr_t)(buf + k * (size + 64));
			c[k].len = command_make(buf + k * (size + 64), argv[1],
						++i, size);
		}
		most = k;
		CHECK(!raft_ioc_batch(fd, c, most, 0, RAFT_WAIT_FOREVER));
		for (k = 0; k < most; k++) {
			CHECK(c[k].serial > serial && c[k].index > index &&
			      !c[k].error);
			serial = c[k].serial;
			index = c[k].index;
		}
	}
	return 0;
}

/*
 * part-batch GROUP PREFIX N SIZE: not waiting for room; prints how many of the batch
 * were taken, all of which are committed
 */
static int do_part_batch(char **argv)
{
	unsigned int n = strtoul(argv[2], NULL, 0), i, taken = 0;
	size_t size = strtoul(argv[3], NULL, 0);
	struct raft_ioc_command c[RAFT_BATCH_MAX] = { };
	int fd = attach(argv[0], O_WRONLY), ret;
	char *buf = malloc(n * (size + 64));

	CHECK(buf && n <= RAFT_BATCH_MAX);
	for (i = 0; i < n; i++) {
		c[i].data = (uintptr_t)(buf + i * (size + 64));
		c[i].len = command_make(buf + i * (size + 64), argv[1], i + 1,
					size);
	}
	ret = raft_ioc_batch(fd, c, n, RAFT_PROPOSE_NONBLOCK,
			     RAFT_WAIT_FOREVER);
	while (taken < n && !c[taken].error)
		taken++;
	CHECK(ret == (taken < n ? -(int)c[taken].error : 0));
	for (i = 0; i < n; i++) {
		CHECK(!c[i].serial == (i >= taken) && !c[i].index == (i >= taken));
		CHECK(i < taken || c[i].error == (uint32_t)-ret);
	}
	printf("%u %s\n", taken, ret ? strerrorname_np(-ret) : "-");
	return 0;
}

/* late-batch GROUP PREFIX N MS: nobody can commit it: all of it is unknown */
static int do_late_batch(char **argv)
{
	unsigned int n = strtoul(argv[2], NULL, 0), i;
	struct raft_ioc_command c[RAFT_BATCH_MAX] = { };
	int fd = attach(argv[0], O_WRONLY);
	char buf[RAFT_BATCH_MAX][64];

	CHECK(n <= RAFT_BATCH_MAX);
	for (i = 0; i < n; i++) {
		c[i].data = (uintptr_t)buf[i];
		c[i].len = snprintf(buf[i], sizeof(buf[i]), "%s-%u", argv[1],
				    i + 1);
	}
	CHECK(raft_ioc_batch(fd, c, n, 0, strtoul(argv[3], NULL, 0)) ==
	      -ETIMEDOUT);
	for (i = 0; i < n; i++)
		CHECK(c[i].error == ETIMEDOUT && c[i].serial && !c[i].index);
	return 0;
}

static volatile sig_atomic_t alarms;

static void alarm_came(int sig)
{
	(void)sig;
	alarms++;
}

/* write-signals GROUP TEXT: signals come while there is no room, and while it waits */
static int do_write_signals(char **argv)
{
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction sa = { .sa_handler = alarm_came };
	ssize_t len = strlen(argv[1]);
	int fd = attach(argv[0], O_WRONLY);

	/* No SA_RESTART: a write that a signal ends would show. */
	CHECK(!sigaction(SIGALRM, &sa, NULL));
	CHECK(!setitimer(ITIMER_REAL, &often, NULL));
	CHECK(write(fd, argv[1], len) == len);
	CHECK(alarms > 0);
	return 0;
}

/* poll-out GROUP MS: no room at first */
static int do_poll_out(char **argv)
{
	struct pollfd p = { .fd = attach(argv[0], O_RDWR), .events = POLLOUT };

	CHECK(poll(&p, 1, 0) == 0);
	CHECK(poll(&p, 1, atoi(argv[1])) == 1 && p.revents == POLLOUT);
	return 0;
}

/* overtaken GROUP: a snapshot while others read: EPIPE once, then a record of it */
static int do_overtaken(char **argv)
{
	int slow = attach(argv[0], O_RDWR | O_NONBLOCK), old, null;
	struct raft_ioc_snapshot_open snap;
	struct raft_ioc_status st;
	struct raft_record rec;
	char buf[4096];
	uint64_t bytes;
	ssize_t n;

	old = attach(argv[0], O_RDONLY | O_NONBLOCK);
	null = memfd_create("empty", 0);
	CHECK(null >= 0);
	/* One has read a record, the other one has not. */
	n = read(slow, buf, 64);
	CHECK(n > (ssize_t)sizeof(rec));
	CHECK(!raft_ioc_status(slow, &st, NULL));
	/* Not with itself, and not with the device. */
	CHECK(raft_ioc_snapshot(slow, slow, st.applied, 0, &bytes) == -EINVAL);
	CHECK(raft_ioc_snapshot(old, null, st.applied, 0, &bytes) == -EBADF);
	CHECK(!raft_ioc_snapshot(slow, null, st.applied, 0, &bytes) && !bytes);
	CHECK(read(slow, buf, sizeof(buf)) == -1 && errno == EPIPE);
	CHECK(read(slow, buf, sizeof(buf)) == sizeof(rec));
	memcpy(&rec, buf, sizeof(rec));
	CHECK(rec.flags == RAFT_RECORD_SNAPSHOT && rec.index == st.applied);
	CHECK(!rec.len && !rec.serial && rec.term);
	CHECK(read(slow, buf, sizeof(buf)) == -1 && errno == EAGAIN);
	CHECK(lseek(slow, 0, SEEK_CUR) == (off_t)st.applied + 1);
	/* Who begins, or seeks there, was not overtaken. */
	CHECK(read(old, buf, sizeof(buf)) == sizeof(rec));
	CHECK(lseek(old, 2, SEEK_SET) == 2);
	CHECK(read(old, buf, sizeof(buf)) == sizeof(rec));
	CHECK(lseek(old, 0, SEEK_DATA) == (off_t)st.applied + 1);
	CHECK(!raft_ioc_snapshot_open(old, &snap));
	CHECK(snap.index == st.applied && !snap.bytes);
	CHECK(read(snap.fd, buf, sizeof(buf)) == 0);
	CHECK(write(snap.fd, buf, 1) == -1 && errno == EBADF);
	return 0;
}

/* kept-open GROUP: one that is open is not overwritten */
static int do_kept_open(char **argv)
{
	int fd = attach(argv[0], O_RDWR), from;
	struct raft_ioc_snapshot_open snap;
	struct raft_ioc_status st;
	char path[] = "/tmp/keptXXXXXX", buf[16];
	uint64_t bytes;

	from = mkstemp(path);
	CHECK(from >= 0 && write(from, "first", 5) == 5);
	CHECK(!raft_ioc_status(fd, &st, NULL));
	CHECK(!raft_ioc_snapshot(fd, from, st.applied - 2, 0, &bytes) &&
	      bytes == 5);
	CHECK(!raft_ioc_snapshot_open(fd, &snap) && snap.bytes == 5);
	CHECK(!raft_ioc_snapshot(fd, from, st.applied - 1, 0, &bytes));
	CHECK(raft_ioc_snapshot(fd, from, st.applied, 0, &bytes) == -EBUSY);
	CHECK(pread(snap.fd, buf, sizeof(buf), 1) == 4 &&
	      !memcmp(buf, "irst", 4));
	CHECK(lseek(snap.fd, -2, SEEK_END) == 3);
	CHECK(read(snap.fd, buf, sizeof(buf)) == 2 && !memcmp(buf, "st", 2));
	close(snap.fd);
	CHECK(!raft_ioc_snapshot(fd, from, st.applied, 0, &bytes));
	/* One that is open when the group stops. */
	CHECK(!raft_ioc_snapshot_open(fd, &snap));
	CHECK(!raft_ioc_stop(fd, argv[0]));
	CHECK(read(snap.fd, buf, sizeof(buf)) == -1 && errno == ECANCELED);
	CHECK(raft_ioc_snapshot_open(fd, &snap) == -ECANCELED);
	unlink(path);
	return 0;
}

/* asked GROUP: proposes until the state machine is asked for a snapshot */
static int do_asked(char **argv)
{
	struct pollfd p = { .fd = attach(argv[0], O_RDWR), .events = POLLPRI };
	static char command[20000];
	int n = 0;

	CHECK(poll(&p, 1, 0) == 0);
	memset(command, 'x', sizeof(command));
	while (!poll(&p, 1, 0)) {
		CHECK(write(p.fd, command, sizeof(command)) == sizeof(command));
		CHECK(++n < 1000);
	}
	CHECK(p.revents == POLLPRI);
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **argv);
} commands[] = {
	{ "read", 3, do_read },
	{ "read-errors", 1, do_read_errors },
	{ "seek", 1, do_seek },
	{ "poll-in", 2, do_poll_in },
	{ "poll-err", 2, do_poll_err },
	{ "poll-sysfs", 2, do_poll_sysfs },
	{ "uevents", 0, do_uevents },
	{ "bind", 2, do_bind },
	{ "barrier", 4, do_barrier },
	{ "fill", 3, do_fill },
	{ "stream", 3, do_stream },
	{ "stream-batch", 5, do_stream_batch },
	{ "part-batch", 4, do_part_batch },
	{ "late-batch", 4, do_late_batch },
	{ "write-signals", 2, do_write_signals },
	{ "poll-out", 2, do_poll_out },
	{ "overtaken", 1, do_overtaken },
	{ "kept-open", 1, do_kept_open },
	{ "asked", 1, do_asked },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc == commands[i].args + 2 &&
		    !strcmp(argv[1], commands[i].name))
			return commands[i].run(argv + 2);
	fprintf(stderr, "module-probe: see the top of each function\n");
	return 2;
}
