// SPDX-License-Identifier: GPL-2.0
/*
 * large.c - commands of any size for the tests of the module, whose bytes follow
 * from their name, so that whoever reads them can tell whether they are right.
 *
 *   module-large propose GROUP PREFIX COUNT SIZE
 *	PREFIX-1 to PREFIX-COUNT, one after the other, each waited for
 *   module-large list GROUP
 *	the commands in the log: their names and sizes, or what is wrong
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/lib/ioc.h"

#define BUFFER	(RAFT_COMMAND_MAX + 4096)

static unsigned char want[RAFT_COMMAND_MAX];

static int attach(const char *group, int flags)
{
	int fd = raft_ioc_open(flags);
	int ret = fd < 0 ? fd : raft_ioc_attach(fd, group);

	if (ret < 0) {
		fprintf(stderr, "%s: %s\n", group, strerror(-ret));
		exit(1);
	}
	return fd;
}

/* "NAME " and what a generator makes of it, @size bytes. */
static void fill(unsigned char *buf, const char *name, size_t size)
{
	size_t len = (size_t)snprintf((char *)buf, size, "%s ", name), i;
	uint64_t x = 88172645463325252ULL;

	for (i = 0; i < len; i++)
		x = (x ^ buf[i]) * 1099511628211ULL;
	for (i = len; i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		buf[i] = (unsigned char)x;
	}
}

static int do_propose(char **argv)
{
	unsigned long i, n = strtoul(argv[2], NULL, 0);
	size_t size = strtoul(argv[3], NULL, 0);
	int fd = attach(argv[0], O_WRONLY), ret;
	struct raft_ioc_propose r;
	char name[64];

	if (size > sizeof(want) || size < sizeof(name))
		return 2;
	for (i = 1; i <= n; i++) {
		snprintf(name, sizeof(name), "%s-%lu", argv[1], i);
		fill(want, name, size);
		ret = raft_ioc_propose(fd, want, size, 0, RAFT_WAIT_FOREVER, &r);
		if (ret) {
			fprintf(stderr, "%s: %s\n", name, strerror(-ret));
			return 1;
		}
	}
	return 0;
}

/* The name of a command that is as it was made, else NULL. */
static const char *judge(const unsigned char *buf, size_t len)
{
	static char name[64];

	if (sscanf((const char *)buf, "%63s", name) != 1)
		return NULL;
	fill(want, name, len);
	return memcmp(buf, want, len) ? NULL : name;
}

static int do_list(char **argv)
{
	int fd = attach(argv[0], O_RDONLY | O_NONBLOCK);
	unsigned char *buf = malloc(BUFFER);
	struct raft_record rec;
	const char *name;
	size_t pos, step;
	ssize_t n;

	while (buf && (n = read(fd, buf, BUFFER)) > 0) {
		for (pos = 0; pos < (size_t)n; pos += step) {
			memcpy(&rec, buf + pos, sizeof(rec));
			step = ((size_t)rec.size + rec.len + 7) & ~(size_t)7;
			name = judge(buf + pos + rec.size, rec.len);
			printf("%s %u\n", name ? name : "damaged", rec.len);
		}
	}
	if (errno == EAGAIN)
		return 0;
	perror("read");
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "propose"))
		return do_propose(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "list"))
		return do_list(argv + 2);
	fprintf(stderr, "module-large: see the top of large.c\n");
	return 2;
}
