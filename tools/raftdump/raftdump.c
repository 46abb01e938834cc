// SPDX-License-Identifier: GPL-2.0
/*
 * raftdump.c - raftdump(8): checks and prints a log while no group uses it; files
 * with a snapshot are snapshot.c's.
 *
 * Owns nothing of the format: what is good, torn or damaged is decided by
 * kmod/core/disk.c, the same code that the kernel recovers with, and what a
 * configuration says by config_code.c.  Must never write to the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "disk.h"
#include "raftdump.h"
#include "util.h"

/**
 * struct dump - what to do with the entries
 * @fd: the log
 * @check: print no entries
 * @raw: print commands only, each with a newline behind it
 * @json: print one JSON object
 * @first: first index to print
 * @last: last index to print
 * @illegible: index of the first configuration that nobody can read, 0 if none
 * @j: the JSON text
 */
struct dump {
	int fd;
	bool check;
	bool raw;
	bool json;
	u64 first;
	u64 last;
	u64 illegible;
	struct raft_json j;
};

static u8 buf[RAFT_DISK_BUF];

static int dump_read(void *ctx, u64 pos, void *to, u32 len)
{
	struct dump *d = ctx;

	return raft_pread(d->fd, pos, to, len);
}

/* Why it follows the one before. */
static const char *result_name(u8 result)
{
	switch (result) {
	case RAFT_CHANGE_ABORTED:
		return "aborted";
	case RAFT_CHANGE_GIVEN_UP:
		return "given up: silent";
	case RAFT_CHANGE_TOO_SLOW:
		return "given up: too slow";
	default:
		return "done";
	}
}

static void member_addr(const struct raft_member *m, char *text, size_t size)
{
	struct raft_ioc_member where = { };

	/* All zero if it is not usable, which is then "unknown". */
	raft_addr_unpack(&where, m->addr);
	raft_addr_format(where.family, where.addr, where.scope_id, where.port,
			 text, size);
}

static void config_json(struct raft_json *j, const u8 *data, u32 len)
{
	char addr[RAFT_ADDR_STRLEN];
	struct raft_membership c;
	u32 i;

	if (raft_membership_decode(&c, data, len)) {
		raft_json_bool(j, "illegible", true);
		return;
	}
	raft_json_str(j, "result", result_name(c.result));
	if (c.subject)
		raft_json_u64(j, "subject", c.subject);
	raft_json_bool(j, "joint", raft_is_joint(&c));
	raft_json_open(j, "members", '[');
	for (i = 0; i < c.n; i++) {
		member_addr(&c.m[i], addr, sizeof(addr));
		raft_json_open(j, NULL, '{');
		raft_json_u64(j, "id", c.m[i].id);
		raft_json_str(j, "kind", raft_member_role(c.m[i].flags,
							  raft_is_joint(&c)));
		raft_json_u64(j, "flags", c.m[i].flags);
		raft_json_str(j, "address", addr);
		raft_json_close(j, '}');
	}
	raft_json_close(j, ']');
}

static void config_text(const u8 *data, u32 len)
{
	char addr[RAFT_ADDR_STRLEN];
	struct raft_membership c;
	u32 i;

	if (raft_membership_decode(&c, data, len)) {
		printf(": ILLEGIBLE");
		return;
	}
	printf(":%s", raft_is_joint(&c) ? " joint," : "");
	for (i = 0; i < c.n; i++) {
		member_addr(&c.m[i], addr, sizeof(addr));
		printf("%s %u=%s %s", i ? "," : "", c.m[i].id, addr,
		       raft_member_role(c.m[i].flags, raft_is_joint(&c)));
	}
	if (c.subject)
		printf(c.result ? "; node %u did not catch up" :
				  "; node %u left", c.subject);
	else if (c.result)
		printf("; %s", result_name(c.result));
}

static void entry_json(struct dump *d, const struct raft_disk_record *rec,
		       const u8 *data)
{
	struct raft_json *j = &d->j;

	raft_json_open(j, NULL, '{');
	raft_json_u64(j, "index", rec->index);
	raft_json_u64(j, "term", rec->term);
	raft_json_str(j, "type", raft_disk_type_name(rec->type));
	raft_json_u64(j, "origin", rec->origin);
	raft_json_u64(j, "incarnation", rec->incarnation);
	raft_json_u64(j, "serial", rec->serial);
	if (rec->client) {
		raft_json_u64(j, "client", rec->client);
		raft_json_u64(j, "client_serial", rec->client_serial);
	}
	raft_json_u64(j, "epoch", rec->epoch);
	raft_json_u64(j, "lap", rec->lap);
	raft_json_u64(j, "position", rec->pos);
	raft_json_u64(j, "length", rec->len);
	if (rec->type == RAFT_ENTRY_COMMAND && rec->len)
		raft_json_data(j, data, rec->len);
	if (rec->type == RAFT_ENTRY_CONFIG)
		config_json(j, data, rec->len);
	raft_json_close(j, '}');
}

static int dump_entry(void *ctx, const struct raft_disk_record *rec,
		      const u8 *data)
{
	struct raft_membership c;
	struct dump *d = ctx;

	if (rec->type == RAFT_ENTRY_CONFIG && !d->illegible &&
	    raft_membership_decode(&c, data, rec->len))
		d->illegible = rec->index;
	if (d->check || rec->index < d->first || rec->index > d->last)
		return 0;
	if (d->json) {
		entry_json(d, rec, data);
	} else if (d->raw) {
		if (rec->type != RAFT_ENTRY_COMMAND || !rec->len)
			return 0;
		fwrite(data, 1, rec->len, stdout);
		putchar('\n');
	} else {
		printf("%" PRIu64 " term %" PRIu64 " %s at %" PRIu64
		       " in lap %" PRIu64, rec->index, rec->term,
		       raft_disk_type_name(rec->type), rec->pos, rec->lap);
		if (rec->origin)
			printf(" from %u.%" PRIu64 ".%" PRIu64, rec->origin,
			       rec->incarnation, rec->serial);
		if (rec->client)
			printf(" session %" PRIu64 ".%" PRIu64, rec->client,
			       rec->client_serial);
		if (rec->type == RAFT_ENTRY_COMMAND && !rec->len) {
			printf(", its command was left out");
		} else if (rec->type == RAFT_ENTRY_COMMAND) {
			printf(": ");
			raft_text_write(stdout, data, rec->len);
		}
		if (rec->type == RAFT_ENTRY_CONFIG)
			config_text(data, rec->len);
		putchar('\n');
	}
	return ferror(stdout) ? -EIO : 0;
}

static const char *state_word(const struct raft_disk_scan *s, int err)
{
	if (err == -EILSEQ)
		return "damaged";
	if (err == -EMEDIUMTYPE)
		return s->blank ? "blank" : "not a log";
	if (err == -EPROTO)
		return "of another version";
	if (err)
		return "unreadable";
	return s->torn ? "torn" : "clean";
}

static void super_json(struct dump *d, const struct raft_disk_scan *s)
{
	const struct raft_disk_super *sb = &s->super;
	struct raft_json *j = &d->j;

	raft_json_open(j, "superblock", '{');
	raft_json_u64(j, "version", sb->version);
	raft_json_u64(j, "group_id", sb->group_id);
	raft_json_u64(j, "node_id", sb->node_id);
	raft_json_u64(j, "log_id", sb->log_id);
	raft_json_u64(j, "block", sb->block);
	raft_json_u64(j, "data_start", sb->data_start);
	raft_json_u64(j, "data_end", sb->data_end);
	raft_json_u64(j, "created", sb->created);
	raft_json_close(j, '}');
}

/* Where a record ends, and which. */
static void point_json(struct raft_json *j, const char *name,
		       const struct raft_disk_point *at)
{
	raft_json_open(j, name, '{');
	raft_json_u64(j, "index", at->index);
	raft_json_u64(j, "term", at->term);
	raft_json_u64(j, "lap", at->lap);
	raft_json_u64(j, "position", at->pos);
	raft_json_close(j, '}');
}

static u64 room(const struct raft_disk_scan *s)
{
	if (!s->super.version)
		return 0;
	return raft_disk_room(&s->super, &s->state.base, &s->tail);
}

static void state_json(struct dump *d, const struct raft_disk_scan *s)
{
	const struct raft_disk_state *st = &s->state;
	struct raft_json *j = &d->j;

	raft_json_open(j, "hard_state", '{');
	raft_json_u64(j, "term", st->term);
	raft_json_u64(j, "vote", st->vote);
	raft_json_u64(j, "commit", st->commit);
	raft_json_u64(j, "incarnation", st->incarnation);
	raft_json_u64(j, "generation", st->generation);
	raft_json_u64(j, "epoch", st->epoch);
	raft_json_u64(j, "stale_from", st->stale_from);
	raft_json_u64(j, "durable", st->durable);
	raft_json_u64(j, "reach", st->reach);
	raft_json_u64(j, "reach_term", st->reach_term);
	raft_json_bool(j, "closed", st->flags & RAFT_DISK_CLEAN);
	raft_json_close(j, '}');
	point_json(j, "base", &st->base);
}

static void result_json(struct dump *d, const struct raft_disk_scan *s, int err)
{
	struct raft_json *j = &d->j;

	raft_json_close(j, ']');
	super_json(d, s);
	state_json(d, s);
	raft_json_str(j, "log", state_word(s, err));
	raft_json_u64(j, "last_index", s->tail.index);
	raft_json_u64(j, "last_term", s->tail.term);
	raft_json_u64(j, "end", s->tail.pos);
	raft_json_u64(j, "end_lap", s->tail.lap);
	raft_json_u64(j, "free", room(s));
	raft_json_u64(j, "bad_copies", s->repaired);
	if (d->illegible)
		raft_json_u64(j, "illegible", d->illegible);
	if (s->bad.reason) {
		raft_json_open(j, "bad", '{');
		raft_json_str(j, "reason", raft_disk_reason_name(s->bad.reason));
		raft_json_u64(j, "index", s->bad.index);
		raft_json_u64(j, "position", s->bad.pos);
		raft_json_close(j, '}');
	}
	if (err == -EILSEQ)
		raft_json_bool(j, "mends", s->mends);
	if (s->mends) {
		raft_json_u64(j, "went_to", s->reach);
		raft_json_u64(j, "went_to_term", s->reach_term);
	}
	raft_json_close(j, '}');
	raft_json_end(j);
}

static void super_text(const struct raft_disk_scan *s)
{
	const struct raft_disk_super *sb = &s->super;
	const struct raft_disk_state *st = &s->state;

	printf("group %" PRIx64 " node %u, version %u, blocks of %u, log id %" PRIx64
	       ", records from %" PRIu64 " to %" PRIu64 "\n",
	       sb->group_id, sb->node_id, sb->version, sb->block, sb->log_id,
	       sb->data_start, sb->data_end);
	printf("term %" PRIu64 " vote %u commit %" PRIu64 " incarnation %" PRIu64
	       ", generation %" PRIu64 " epoch %" PRIu64 " stale from %" PRIu64
	       " durable %" PRIu64 "%s\n",
	       st->term, st->vote, st->commit, st->incarnation, st->generation,
	       st->epoch, st->stale_from, st->durable,
	       st->flags & RAFT_DISK_CLEAN ? ", closed" : "");
	if (st->reach >= RAFT_REACH_NEW)
		printf("a leader must let it in: %s\n",
		       st->reach == RAFT_REACH_NEW ? "its log was new" :
		       "its log, or its term and vote, were lost");
	else if (st->reach)
		printf("counts as having index %" PRIu64 " term %" PRIu64 "\n",
		       st->reach, st->reach_term);
	if (st->base.index)
		printf("begins behind index %" PRIu64 " term %" PRIu64
		       ", which is in a snapshot, at %" PRIu64 " in lap %"
		       PRIu64 "\n", st->base.index, st->base.term,
		       st->base.pos, st->base.lap);
}

/* What the kernel will do with a log that is damaged. */
static void damage_text(FILE *out, const struct raft_disk_scan *s)
{
	if (!s->mends)
		fprintf(out, "the kernel refuses this log\n");
	else if (s->reach == RAFT_REACH_LOST)
		fprintf(out, "its term and vote, or what was behind entry %" PRIu64
			", are not known: a leader must let it in\n",
			s->tail.index);
	else
		fprintf(out, "entries %" PRIu64 " to %" PRIu64
			" are fetched from the other nodes; the last was of term %" PRIu64
			"\n", s->tail.index + 1, s->reach, s->reach_term);
}

static void result_text(FILE *out, const struct raft_disk_scan *s, int err)
{
	if (s->bad.reason)
		fprintf(out, "%s: index %" PRIu64 ", byte %" PRIu64 ": %s\n",
			state_word(s, err), s->bad.index, s->bad.pos,
			raft_disk_reason_name(s->bad.reason));
	else if (err && err != -EMEDIUMTYPE && err != -EPROTO)
		fprintf(out, "%s: %s\n", state_word(s, err), strerror(-err));
	else
		fprintf(out, "%s\n", state_word(s, err));
	if (!err || err == -EILSEQ)
		fprintf(out, "%" PRIu64 " good records, last is index %" PRIu64
			" term %" PRIu64 ", ends at %" PRIu64 " in lap %" PRIu64
			", %" PRIu64 " bytes free\n",
			s->records, s->tail.index, s->tail.term, s->tail.pos,
			s->tail.lap, room(s));
	if (err == -EILSEQ)
		damage_text(out, s);
	if (s->repaired && s->super.version)
		fprintf(out, "bad copies in the head, their twins are good: mask %x\n",
			s->repaired);
}

static int exit_code(const struct dump *d, const struct raft_disk_scan *s,
		     int err)
{
	if (!err && d->illegible)
		return EXIT_DAMAGED;
	if (!err)
		return s->torn || s->repaired ? EXIT_TORN : EXIT_CLEAN;
	if (err == -EILSEQ)
		return EXIT_DAMAGED;
	if (err == -EMEDIUMTYPE || err == -EPROTO)
		return EXIT_NOT_A_LOG;
	return EXIT_TROUBLE;
}

/* The text needs the head first; a pass without entries finds it. */
static int dump(struct dump *d, u64 size)
{
	struct raft_disk_scan s = {
		.read = dump_read,
		.ctx = d,
		.buf = buf,
		.size = size,
	};
	int err;

	if (d->json) {
		raft_json_init(&d->j, stdout);
		raft_json_open(&d->j, NULL, '{');
		raft_json_open(&d->j, "entries", '[');
	} else if (!d->raw && !d->check) {
		err = raft_disk_recover(&s);
		if (!err || err == -EILSEQ)
			super_text(&s);
	}
	s.entry = dump_entry;
	err = raft_disk_recover(&s);
	if (d->json)
		result_json(d, &s, err);
	else
		result_text(d->raw ? stderr : stdout, &s, err);
	if (d->illegible)
		fprintf(stderr, "raftdump: index %" PRIu64
			": illegible configuration, the kernel refuses this log\n",
			d->illegible);
	if (fflush(stdout) || ferror(stdout)) {
		perror("raftdump: stdout");
		return EXIT_TROUBLE;
	}
	return exit_code(d, &s, err);
}

static void usage(FILE *out)
{
	fputs("usage: raftdump [--check] [--json] [--raw] [--entries A..B] FILE\n"
	      "  --check         only verify: exit 0 clean, 1 torn tail or a bad copy, 2 damaged,\n"
	      "                  3 not a log, 4 trouble\n"
	      "  --entries A..B  only these indexes; A.. and ..B and A will do\n"
	      "  --raw           only the commands, a newline behind each, or a snapshot's bytes\n"
	      "  --json          one object\n", out);
}

static int range_parse(struct dump *d, const char *text)
{
	const char *dots = strstr(text, "..");
	char first[24];

	if (!dots) {
		if (raft_u64_parse(text, &d->first))
			return -EINVAL;
		d->last = d->first;
		return 0;
	}
	if ((size_t)(dots - text) >= sizeof(first))
		return -EINVAL;
	memcpy(first, text, (size_t)(dots - text));
	first[dots - text] = 0;
	if (*first && raft_u64_parse(first, &d->first))
		return -EINVAL;
	return dots[2] ? raft_u64_parse(dots + 2, &d->last) : 0;
}

static int options(struct dump *d, int argc, char **argv)
{
	static const struct option opts[] = {
		{ "check", no_argument, NULL, 'c' },
		{ "entries", required_argument, NULL, 'e' },
		{ "help", no_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "raw", no_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'V' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "ce:hjrV", opts, NULL)) != -1) {
		switch (c) {
		case 'c':
			d->check = true;
			break;
		case 'e':
			if (range_parse(d, optarg)) {
				fprintf(stderr, "raftdump: '%s' is no range like 5..9\n",
					optarg);
				exit(EXIT_TROUBLE);
			}
			break;
		case 'h':
			usage(stdout);
			exit(0);
		case 'j':
			d->json = true;
			break;
		case 'r':
			d->raw = true;
			break;
		case 'V':
			puts("raftdump " RAFT_VERSION);
			exit(0);
		default:
			usage(stderr);
			exit(EXIT_TROUBLE);
		}
	}
	if (optind + 1 != argc || (d->json && d->raw)) {
		usage(stderr);
		exit(EXIT_TROUBLE);
	}
	return optind;
}

int main(int argc, char **argv)
{
	struct dump d = { .last = U64_MAX };
	const char *path = argv[options(&d, argc, argv)];
	off_t size;

	d.fd = open(path, O_RDONLY | O_CLOEXEC);
	size = d.fd < 0 ? -1 : lseek(d.fd, 0, SEEK_END);
	if (size < 0) {
		fprintf(stderr, "raftdump: %s: %s\n", path, strerror(errno));
		return EXIT_TROUBLE;
	}
	/* raftctl locks the file, and the group holds the lock while it runs. */
	if (flock(d.fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK)
		fprintf(stderr, "raftdump: %s: in use by a group, its last write may look torn\n",
			path);
	if (!is_snapshot(d.fd, (u64)size))
		return dump(&d, (u64)size);
	if (d.first || d.last != U64_MAX) {
		fprintf(stderr, "raftdump: %s: a snapshot, it has no entries\n",
			path);
		return EXIT_TROUBLE;
	}
	return snapshot_dump(d.fd, (u64)size, d.raw, d.json);
}
