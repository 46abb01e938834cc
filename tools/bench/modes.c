// SPDX-License-Identifier: GPL-2.0
/*
 * modes.c - what a commit rests on, measured alone: the disk and the network.
 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK		4096u
#define FILE_BLOCKS	256u
#define UDP_TIMEOUT_MS	1000

static bool more(const struct bench_args *args, uint64_t n, uint64_t end_ns)
{
	return args->count ? n < args->count : raft_clock_ns() < end_ns;
}

/*
 * A new file, never one that is there: what it held would be lost.  It is
 * unlinked at once and written in full, so that overwrites are in place.
 */
static int file_make(const char *target, char *buf, const char **note)
{
	char path[4096];
	struct stat st;
	unsigned int i;
	int fd, flags;

	if (!stat(target, &st) && S_ISDIR(st.st_mode)) {
		snprintf(path, sizeof(path), "%s/raft-bench.%d", target,
			 getpid());
		target = path;
	}
	fd = open(target, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		return -errno;
	unlink(target);
	for (i = 0; i < FILE_BLOCKS; i++)
		if (pwrite(fd, buf, BLOCK, (off_t)i * BLOCK) != BLOCK)
			goto error;
	if (fsync(fd))
		goto error;
	/* O_DSYNC cannot be set later: open the file again, by its number. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	flags = O_RDWR | O_CLOEXEC | O_DSYNC;
	i = open(path, flags | O_DIRECT);
	if ((int)i < 0 && errno == EINVAL) {
		*note = "no direct I/O here: buffered";
		i = open(path, flags);
	}
	if ((int)i < 0)
		goto error;
	close(fd);
	return i;
error:
	i = errno ? errno : EIO;
	close(fd);
	return -(int)i;
}

/**
 * bench_fsync() - synchronous 4 KiB overwrites of a file
 * @args: count or seconds, the directory or a new file
 * @r: the result (out)
 *
 * Return: 0 or the exit code.
 */
int bench_fsync(const struct bench_args *args, struct bench_result *r)
{
	uint64_t begin, before, end, n;
	char *buf;
	int fd;

	if (posix_memalign((void **)&buf, BLOCK, BLOCK))
		return bench_fail("out of memory");
	memset(buf, 'r', BLOCK);
	fd = file_make(args->target, buf, &r->note);
	if (fd < 0) {
		free(buf);
		return bench_fail("%s: %s", args->target, strerror(-fd));
	}
	begin = raft_clock_ns();
	end = begin + args->seconds * RAFT_NS_PER_S;
	for (n = 0; more(args, n, end); n++) {
		memcpy(buf, &n, sizeof(n));
		before = raft_clock_ns();
		if (pwrite(fd, buf, BLOCK, n % FILE_BLOCKS * BLOCK) != BLOCK) {
			bench_fail("%s: write: %s", args->target,
				   strerror(errno));
			r->failed++;
			break;
		}
		raft_hist_add(&r->hist, raft_clock_ns() - before);
	}
	r->elapsed_ns = raft_clock_ns() - begin;
	close(fd);
	free(buf);
	return r->failed ? 1 : 0;
}

union sockaddr_any {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int udp_socket(const char *target, union sockaddr_any *sa,
		      socklen_t *len)
{
	struct raft_ioc_member m = { };
	struct raft_addr addr;
	int fd;

	if (raft_addr_parse(target, &addr) || raft_addr_resolve(&addr, &m)) {
		bench_fail("\"%s\" is no ADDRESS:PORT", target);
		return -1;
	}
	memset(sa, 0, sizeof(*sa));
	if (m.family == AF_INET) {
		sa->in.sin_family = AF_INET;
		sa->in.sin_port = htons(m.port);
		memcpy(&sa->in.sin_addr, m.addr, 4);
		*len = sizeof(sa->in);
	} else {
		sa->in6.sin6_family = AF_INET6;
		sa->in6.sin6_port = htons(m.port);
		sa->in6.sin6_scope_id = m.scope_id;
		memcpy(&sa->in6.sin6_addr, m.addr, 16);
		*len = sizeof(sa->in6);
	}
	fd = socket(m.family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		bench_fail("socket: %s", strerror(errno));
	return fd;
}

/**
 * bench_udp_server() - send each datagram back, until killed
 * @args: the address
 *
 * Return: the exit code.
 */
int bench_udp_server(const struct bench_args *args)
{
	static char buf[65536];
	union sockaddr_any sa, from;
	socklen_t len;
	ssize_t n;
	int fd;

	fd = udp_socket(args->target, &sa, &len);
	if (fd < 0)
		return 1;
	if (bind(fd, &sa.sa, len)) {
		close(fd);
		return bench_fail("%s: %s", args->target, strerror(errno));
	}
	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf), 0, &from.sa, &len);
		if (n >= 0)
			sendto(fd, buf, n, 0, &from.sa, len);
	}
}

/* Wait for the datagram with number @n; late ones of before are passed over. */
static int udp_await(int fd, char *buf, uint64_t n, uint64_t end_ns)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t now, got;
	ssize_t len;

	for (;;) {
		now = raft_clock_ns();
		if (now >= end_ns)
			return -ETIMEDOUT;
		if (poll(&p, 1, (end_ns - now) / RAFT_NS_PER_MS + 1) <= 0)
			continue;
		len = recv(fd, buf, RAFT_COMMAND_MAX, MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			continue;
		if (len < 0)
			return -errno;
		if (len < (ssize_t)sizeof(got))
			continue;
		memcpy(&got, buf, sizeof(got));
		if (got == n)
			return 0;
	}
}

/**
 * bench_udp() - round trips of a datagram, one at a time
 * @args: address of the server, size, count or seconds
 * @r: the result (out); a datagram that did not come back has failed
 *
 * Return: 0 or the exit code.
 */
int bench_udp(const struct bench_args *args, struct bench_result *r)
{
	static char buf[RAFT_COMMAND_MAX];
	uint64_t begin, before, end, n;
	uint32_t size = args->size < 8 ? 8 : args->size;
	union sockaddr_any sa;
	socklen_t len;
	int fd, ret = 0;

	fd = udp_socket(args->target, &sa, &len);
	if (fd < 0)
		return 1;
	if (connect(fd, &sa.sa, len)) {
		close(fd);
		return bench_fail("%s: %s", args->target, strerror(errno));
	}
	begin = raft_clock_ns();
	end = begin + args->seconds * RAFT_NS_PER_S;
	for (n = 0; more(args, n, end); n++) {
		memcpy(buf, &n, sizeof(n));
		before = raft_clock_ns();
		if (send(fd, buf, size, 0) < 0)
			ret = -errno;
		else
			ret = udp_await(fd, buf, n, before +
					UDP_TIMEOUT_MS * RAFT_NS_PER_MS);
		if (ret == -ETIMEDOUT) {
			r->failed++;
			continue;
		}
		if (ret) {
			r->failed++;
			bench_fail("%s: %s", args->target, strerror(-ret));
			break;
		}
		raft_hist_add(&r->hist, raft_clock_ns() - before);
	}
	r->elapsed_ns = raft_clock_ns() - begin;
	close(fd);
	return r->failed ? 1 : 0;
}
