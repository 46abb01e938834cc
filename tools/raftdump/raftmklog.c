// SPDX-License-Identifier: GPL-2.0
/*
 * raftmklog.c - makes the log of a node as a test wants to find it.
 *
 * Writes a file through kmod/core/disk.c: hard state and entries as the `log',
 * `term' and `commit' directives of a scenario ask for; an entry with a `c'
 * behind its term is a configuration of --members.  A test tool: it overwrites
 * what is in the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "util.h"

/**
 * struct mklog - the log to make
 * @fd: where
 * @size: bytes of the file, 0 for what it has
 * @block: bytes of a block
 * @sb: superblock
 * @st: hard state
 * @entries: terms of the entries: "1x3,4x2,4c", "-" for none
 * @conf: the configuration
 * @end: byte position behind the last record
 */
struct mklog {
	int fd;
	u64 size;
	u64 block;
	struct raft_disk_super sb;
	struct raft_disk_state st;
	const char *entries;
	struct raft_membership conf;
	u64 end;
};

static void die(const char *what)
{
	fprintf(stderr, "raftmklog: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(struct mklog *m, u64 pos, const void *p, size_t len)
{
	if (pwrite(m->fd, p, len, (off_t)pos) != (ssize_t)len)
		die("write");
}

/* One entry, alone in its write: a configuration, or the text INDEX.TERM. */
static void entry_put(struct mklog *m, u64 term, bool config)
{
	struct raft_disk_record rec = {
		.pos = raft_disk_round_up(m->end, m->sb.block),
		.index = m->st.durable + 1,
		.term = term,
		.epoch = m->st.epoch,
		.durable_before = m->st.durable + 1,
		.chain = m->st.durable_crc,
		.type = config ? RAFT_ENTRY_CONFIG : RAFT_ENTRY_COMMAND,
	};
	static u8 out[RAFT_DISK_BLOCK_MAX];
	char text[RAFT_CONFIG_BYTES];
	u32 bytes;

	if (config) {
		rec.len = RAFT_CONFIG_BYTES;
		raft_membership_encode(&m->conf, (u8 *)text);
	} else {
		rec.len = (u32)snprintf(text, sizeof(text),
					"%" PRIu64 ".%" PRIu64, rec.index,
					term);
	}
	bytes = (u32)raft_disk_round_up(raft_disk_record_bytes(rec.len),
					m->sb.block);
	if (rec.pos + bytes > m->sb.data_end) {
		errno = ENOSPC;
		die("entries");
	}
	memset(out, 0, sizeof(out));
	rec.data_crc = raft_command_crc(text, rec.len);
	m->st.durable_crc = raft_disk_record_encode(&m->sb, &rec, text, out);
	m->st.durable = rec.index;
	m->end = rec.pos + raft_disk_record_bytes(rec.len);
	put(m, rec.pos, out, bytes);
	if (m->st.term < term) {
		m->st.term = term;
		m->st.vote = 0;
	}
}

static void entries_put(struct mklog *m)
{
	const char *p = m->entries;
	u64 term, n, last = 0;
	bool config;
	char *end;

	m->end = m->sb.data_start;
	if (!strcmp(p, "-"))
		return;
	for (;; p = end + 1) {
		errno = 0;
		term = strtoull(p, &end, 10);
		n = 1;
		if (end != p && *end == 'x') {
			p = end + 1;
			n = strtoull(p, &end, 10);
		}
		config = end != p && *end == 'c';
		end += config;
		if (errno || end == p || term < last || !term ||
		    (*end && *end != ',')) {
			errno = EINVAL;
			die("terms of the log, like 1x3,4x2,4c and never falling");
		}
		for (last = term; n; n--)
			entry_put(m, term, config);
		if (!*end)
			return;
	}
}

static void head_put(struct mklog *m)
{
	u8 slot[RAFT_DISK_SLOT];

	/* Two generations: the one before is the blank one. */
	if (m->st.commit > m->st.durable)
		m->st.commit = m->st.durable;
	m->st.stale_from = m->st.durable + 1;
	m->st.flags = RAFT_DISK_CLEAN;
	for (m->st.generation = 2; m->st.generation < 4; m->st.generation++) {
		raft_disk_state_encode(&m->st, m->sb.log_id, slot);
		put(m, raft_disk_state_pos(m->st.generation), slot,
		    sizeof(slot));
	}
	raft_disk_super_encode(&m->sb, slot);
	put(m, 0, slot, sizeof(slot));
}

static void make(struct mklog *m, const char *path)
{
	struct raft_disk_super id = m->sb;
	off_t size;

	m->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (m->fd < 0)
		die(path);
	if (m->size && ftruncate(m->fd, (off_t)m->size))
		die(path);
	size = lseek(m->fd, 0, SEEK_END);
	if (size < (off_t)RAFT_DISK_SIZE_MIN) {
		errno = EFBIG;
		die("a log has at least 1 MiB, give --size");
	}
	raft_disk_super_init(&m->sb, (u64)size, (u32)m->block);
	m->sb.group_id = id.group_id;
	m->sb.node_id = id.node_id;
	m->sb.log_id = raft_clock_ns() | 1;
	m->sb.created = m->sb.log_id;
	m->st.base.pos = m->sb.data_start;
	entries_put(m);
	head_put(m);
	if (fsync(m->fd) || close(m->fd))
		die(path);
}

static void usage(void)
{
	fputs("usage: raftmklog --group ID --node N [--term T] [--vote V] [--commit C]\n"
	      "                 [--log 1x3,4x2,4c] [--members 1=10.0.0.1:7000,...]\n"
	      "                 [--size BYTES] [--block BYTES] FILE\n",
	      stderr);
	exit(1);
}

static u64 number(const char *text)
{
	uint64_t v;

	if (raft_u64_parse(text, &v) && raft_size_parse(text, &v)) {
		fprintf(stderr, "raftmklog: '%s' is not a number\n", text);
		exit(1);
	}
	return v;
}

/* ID=ADDRESS:PORT of voters, ascending. */
static void members_parse(struct raft_membership *c, char *list)
{
	struct raft_ioc_member m;
	struct raft_addr addr;
	char *item, *eq;

	while ((item = strsep(&list, ","))) {
		memset(&m, 0, sizeof(m));
		eq = strchr(item, '=');
		if (!eq || c->n == RAFT_MAX_NODES ||
		    raft_addr_parse(eq + 1, &addr) ||
		    raft_addr_resolve(&addr, &m)) {
			fprintf(stderr, "raftmklog: '%s' is not ID=ADDRESS:PORT\n",
				item);
			exit(1);
		}
		*eq = '\0';
		c->m[c->n].id = (u32)number(item);
		raft_addr_pack(&m, c->m[c->n++].addr);
	}
}

int main(int argc, char **argv)
{
	static const struct option opts[] = {
		{ "block", required_argument, NULL, 'b' },
		{ "commit", required_argument, NULL, 'c' },
		{ "group", required_argument, NULL, 'g' },
		{ "log", required_argument, NULL, 'l' },
		{ "members", required_argument, NULL, 'm' },
		{ "node", required_argument, NULL, 'n' },
		{ "size", required_argument, NULL, 's' },
		{ "term", required_argument, NULL, 't' },
		{ "vote", required_argument, NULL, 'v' },
		{ }
	};
	struct mklog m = { .block = RAFT_DISK_BLOCK_MIN, .entries = "-" };
	int c;

	while ((c = getopt_long(argc, argv, "b:c:g:l:m:n:s:t:v:", opts,
				NULL)) != -1) {
		switch (c) {
		case 'b':
			m.block = number(optarg);
			break;
		case 'c':
			m.st.commit = number(optarg);
			break;
		case 'g':
			m.sb.group_id = number(optarg);
			break;
		case 'l':
			m.entries = optarg;
			break;
		case 'm':
			members_parse(&m.conf, optarg);
			break;
		case 'n':
			m.sb.node_id = (u32)number(optarg);
			break;
		case 's':
			m.size = number(optarg);
			break;
		case 't':
			m.st.term = number(optarg);
			break;
		case 'v':
			m.st.vote = (u32)number(optarg);
			break;
		default:
			usage();
		}
	}
	if (optind + 1 != argc || !m.sb.group_id || !m.sb.node_id ||
	    m.block < RAFT_DISK_BLOCK_MIN || m.block > RAFT_DISK_BLOCK_MAX ||
	    m.block & (m.block - 1))
		usage();
	make(&m, argv[optind]);
	return 0;
}
