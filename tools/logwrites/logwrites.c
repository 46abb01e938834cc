// SPDX-License-Identifier: GPL-2.0
/*
 * logwrites.c - the power fails at every moment of a recording.
 *
 *	logwrites [-n POINTS] [-m LEAST] [-s SEED] DISK LOG TRACE
 *
 * DISK is the recorded disk as it is at the end, LOG and TRACE are the recording
 * (recording.h).  Whenever a write or a flush is about to complete, these states
 * of the disk are tried:
 *
 *	flush	what is durable, and nothing of what is not
 *	prefix	also the first sectors, in the order of submission, of what is not
 *	subset	also any sectors of what is not: writes in flight, and those that
 *		completed without FUA and were not flushed since
 *	boot	one of those, and some or all of what the next boot writes to it, and
 *		then a new leader
 *
 * -n POINTS prefixes and as many subsets each time, and a boot now and then.  Each
 * state is judged by what was promised until then (judge.h).
 *
 * Exits with 0 if all promises are kept; 1 if one is not: "lost: ..."; 2 if this is
 * no recording, or has fewer than LEAST states.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge.h"
#include "recording.h"

#define POINTS_MAX	64	/* prefixes, or subsets, at a time */
#define BOOT_EACH	4	/* one state of so many is booted */
#define FAR_TERM	1000000
#define LOST_MAX	5	/* told; then it ends */

/**
 * struct pending - a write that is not durable
 * @w: the write
 * @done: number of the step at which it completed, 0 if it is in flight
 */
struct pending {
	const struct written *w;
	u32 done;
};

/**
 * struct undo - a sector as it was
 * @pos: byte position
 * @old: its bytes
 */
struct undo {
	u64 pos;
	u8 old[SECTOR];
};

/**
 * struct replay - a recording on its way
 * @rec: the recording
 * @judge: has the disk
 * @pending: in the order of submission
 * @n_pending: how many
 * @flushes: numbers of the steps that began a flush
 * @n_flushes: how many
 * @undo: what a state has changed
 * @n_undo: how many
 * @hash: of the states of this moment
 * @n_hash: how many
 * @points: prefixes and subsets each time
 * @seed: of random numbers
 * @flush: statistics: states
 * @prefix: statistics: states
 * @subset: statistics: states
 * @boot: statistics: states
 * @boots: statistics: boots that were recorded
 * @incarnation: of the last of them
 * @lost: promises that were not kept
 */
struct replay {
	struct recording rec;
	struct judge judge;
	struct pending *pending;
	u32 n_pending;
	u32 *flushes;
	u32 n_flushes;
	struct undo *undo;
	u32 n_undo;
	u64 hash[2 * POINTS_MAX + 1];
	u32 n_hash;
	u32 points;
	u64 seed;
	u64 flush;
	u64 prefix;
	u64 subset;
	u64 boot;
	u32 boots;
	u64 incarnation;
	u32 lost;
};

static u64 draw(struct replay *r)
{
	r->seed ^= r->seed << 13;
	r->seed ^= r->seed >> 7;
	r->seed ^= r->seed << 17;
	return r->seed * 0x2545f4914f6cdd1dULL >> 16;
}

static void lost(struct replay *r, const char *what)
{
	const struct step *s = &r->rec.steps[min(r->judge.now, r->rec.n_steps) - 1];

	printf("lost: trace:%u, %s: %s\n", s->line, what, r->judge.why);
	r->lost++;
}

/* --- a state, and back ----------------------------------------------------- */

static void put_sector(struct replay *r, const struct written *w, u32 i)
{
	struct undo *u = &r->undo[r->n_undo++];

	u->pos = w->pos + (u64)i * SECTOR;
	memcpy(u->old, r->judge.image + u->pos, SECTOR);
	memcpy(r->judge.image + u->pos, w->data + i * SECTOR, SECTOR);
}

static void undo_all(struct replay *r)
{
	while (r->n_undo) {
		struct undo *u = &r->undo[--r->n_undo];

		memcpy(r->judge.image + u->pos, u->old, SECTOR);
	}
}

/* Whether all of it was put there: now and then only some sectors. */
static bool put_some(struct replay *r, const struct written *w)
{
	bool all = !(draw(r) % 3);
	u32 i;

	for (i = 0; i < w->len / SECTOR; i++)
		if (all || draw(r) & 1)
			put_sector(r, w, i);
	return all;
}

/* The hard state that the next boot writes before anything else. */
static bool put_boot(struct replay *r, struct raft_disk_state *st)
{
	const struct raft_disk_scan *scan = &r->judge.scan;
	u8 slot[RAFT_DISK_SLOT] = { 0 };
	struct written w = { .data = slot, .len = sizeof(slot) };

	raft_disk_boot(scan, 0, st);
	raft_disk_state_encode(st, scan->super.log_id, slot);
	w.pos = raft_disk_state_pos(st->generation);
	return put_some(r, &w);
}

/* What a new leader writes, in a term that is far from those of the recording. */
static bool put_noop(struct replay *r, const struct raft_disk_state *st)
{
	const struct raft_disk_scan *scan = &r->judge.scan;
	u8 block[RAFT_DISK_BLOCK_MAX] = { 0 };
	struct raft_disk_point at = scan->tail;
	struct raft_disk_record rec = {
		.index = at.index + 1,
		.term = st->term + FAR_TERM,
		.epoch = st->epoch,
		.durable_before = at.index + 1,
		.chain = at.crc,
		.type = RAFT_ENTRY_NOOP,
	};
	struct written w = { .len = scan->super.block, .data = block };

	if (!raft_disk_place(&scan->super, &st->base, &at, raft_disk_record_bytes(0)))
		return false;
	rec.lap = at.lap;
	rec.pos = at.pos;
	w.pos = at.pos;
	raft_disk_record_encode(&scan->super, &rec, NULL, block);
	return put_some(r, &w);
}

/* It boots, leads, and the power fails in the middle of that. */
static void boot(struct replay *r)
{
	struct judge *j = &r->judge;
	struct raft_disk_state st;
	u64 last = j->scan.tail.index;
	bool noop;

	r->boot++;
	noop = put_boot(r, &st) && put_noop(r, &st);
	if (judge_image(j)) {
		last = j->scan.tail.index - last;
		if (last > 1 || (noop && !last))
			snprintf(j->why, sizeof(j->why),
				 "%" PRIu64 " entries more after one was written", last);
		else
			return;
	}
	lost(r, "boot");
}

/* Judges what is there, and what becomes of it. */
static void judge_state(struct replay *r, const char *what, u64 *count)
{
	++*count;
	if (!judge_image(&r->judge))
		lost(r, what);
	else if (r->judge.scan.super.log_id && !(draw(r) % BOOT_EACH))
		boot(r);
}

/* Was the same state tried at this moment?  A hash of its sectors tells. */
static bool repeated(struct replay *r)
{
	u64 h = 1469598103934665603ULL;
	u32 i;

	for (i = 0; i < r->n_undo; i++)
		h = (h ^ r->undo[i].pos) * 1099511628211ULL;
	for (i = 0; i < r->n_hash; i++)
		if (r->hash[i] == h)
			return true;
	r->hash[r->n_hash++] = h;
	return false;
}

static u32 pending_sectors(const struct replay *r)
{
	u32 i, n = 0;

	for (i = 0; i < r->n_pending; i++)
		n += r->pending[i].w->len / SECTOR;
	return n;
}

static void put_prefix(struct replay *r, u32 sectors)
{
	u32 i, k;

	for (i = 0; i < r->n_pending; i++)
		for (k = 0; k < r->pending[i].w->len / SECTOR && sectors; k++) {
			put_sector(r, r->pending[i].w, k);
			sectors--;
		}
}

/* Of each write nothing, all, or every sector by a throw of its own. */
static void put_subset(struct replay *r)
{
	u32 i, k, how;

	for (i = 0; i < r->n_pending; i++) {
		how = draw(r) % 3;
		for (k = 0; how && k < r->pending[i].w->len / SECTOR; k++)
			if (how == 1 || draw(r) & 1)
				put_sector(r, r->pending[i].w, k);
	}
}

/* All that may be found if the power fails now. */
static void power_fails(struct replay *r)
{
	const struct raft_disk_state *st = &r->judge.scan.state;
	u32 n = pending_sectors(r), i;
	u32 room = n + (RAFT_DISK_SLOT + RAFT_DISK_BLOCK_MAX) / SECTOR;

	r->undo = realloc(r->undo, room * sizeof(*r->undo));
	if (!r->undo)
		recording_bad("out of memory");
	r->n_hash = 0;
	repeated(r);
	judge_state(r, "flush", &r->flush);
	undo_all(r);
	/* A real one has the time in it, one that was only tried is the next. */
	if (st->incarnation > r->incarnation + 1) {
		r->incarnation = st->incarnation;
		r->boots++;
	}
	for (i = 0; n && i < 2 * r->points && r->lost < LOST_MAX; i++) {
		if (i < r->points)
			put_prefix(r, 1 + draw(r) % n);
		else
			put_subset(r);
		if (!repeated(r))
			judge_state(r, i < r->points ? "prefix" : "subset",
				    i < r->points ? &r->prefix : &r->subset);
		undo_all(r);
	}
}

/* --- time goes on ------------------------------------------------------------ */

static void make_durable(struct replay *r, u32 i)
{
	const struct written *w = r->pending[i].w;

	memcpy(r->judge.image + w->pos, w->data, w->len);
	r->n_pending--;
	memmove(&r->pending[i], &r->pending[i + 1],
		(r->n_pending - i) * sizeof(*r->pending));
}

static void completed(struct replay *r, const struct written *w)
{
	u32 i = 0;

	while (r->pending[i].w != w)
		i++;
	r->pending[i].done = r->judge.now;
	if (w->fua)
		make_durable(r, i);
}

/* Flushes end in the order in which they begin, or their order does not matter. */
static void flushed(struct replay *r)
{
	u32 begun, i = 0;

	if (!r->n_flushes)
		recording_bad("a flush ends that did not begin");
	begun = r->flushes[0];
	r->n_flushes--;
	memmove(r->flushes, r->flushes + 1, r->n_flushes * sizeof(*r->flushes));
	while (i < r->n_pending)
		if (r->pending[i].done && r->pending[i].done < begun)
			make_durable(r, i);
		else
			i++;
}

static void step(struct replay *r, const struct step *s)
{
	switch (s->kind) {
	case STEP_SUBMIT:
		if (s->write->flush)
			recording_bad("trace:%u: a write that flushes", s->line);
		r->pending[r->n_pending].done = 0;
		r->pending[r->n_pending++].w = s->write;
		return;
	case STEP_COMPLETE:
		completed(r, s->write);
		return;
	case STEP_FLUSH:
		r->flushes[r->n_flushes++] = r->judge.now;
		return;
	case STEP_FLUSHED:
		flushed(r);
		return;
	default:
		if (!judge_step(&r->judge, s))
			lost(r, "promise");
	}
}

/* From zeros to the end, and the power fails whenever something is about to end. */
static void run(struct replay *r)
{
	struct judge *j = &r->judge;

	memset(j->image, 0, j->size);
	for (j->now = 1; j->now <= r->rec.n_steps && r->lost < LOST_MAX; j->now++) {
		const struct step *s = &r->rec.steps[j->now - 1];

		if (s->kind == STEP_COMPLETE || s->kind == STEP_FLUSHED)
			power_fails(r);
		step(r, s);
	}
	if (r->lost < LOST_MAX)
		power_fails(r);
}

/*
 * The end first: which commands there are, and which entries are the committed
 * ones.  What was recorded must have made the disk what it is.
 */
static void learn(struct replay *r, const u8 *disk)
{
	struct judge *j = &r->judge;
	bool good = true;

	for (j->now = 1; j->now <= r->rec.n_steps; j->now++) {
		const struct step *s = &r->rec.steps[j->now - 1];

		if (s->kind == STEP_TRY)
			judge_learn(j, s);
		if (s->kind == STEP_SUBMIT)
			memcpy(j->image + s->write->pos, s->write->data,
			       s->write->len);
	}
	if (memcmp(j->image, disk, j->size))
		recording_bad("the disk is not what the recording makes of it");
	j->final = true;
	if (!judge_image(j))
		lost(r, "the end");
	j->final = false;
	memset(j->image, 0, j->size);
	for (j->now = 1; good && j->now <= r->rec.n_steps; j->now++) {
		const struct step *s = &r->rec.steps[j->now - 1];

		if (s->kind != STEP_SUBMIT)
			continue;
		memcpy(j->image + s->write->pos, s->write->data, s->write->len);
		good = judge_write(j, s->write->pos, s->write->len);
	}
	if (good)
		judge_trace_back(j);
	else
		lost(r, "a write");
}

/* --- the program --------------------------------------------------------------- */

static u8 *disk_read(const char *path, u64 *size)
{
	struct stat st;
	u8 *p;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		recording_bad("%s: %s", path, strerror(errno));
	*size = st.st_size;
	p = malloc(*size);
	if (!p || read(fd, p, *size) != (ssize_t)*size)
		recording_bad("%s: cannot be read", path);
	close(fd);
	return p;
}

static void replay(struct replay *r, char **files)
{
	u8 *disk;

	recording_load(&r->rec, files[1], files[2]);
	disk = disk_read(files[0], &r->judge.size);
	if (r->rec.end > r->judge.size)
		recording_bad("%s is not the disk that was recorded", files[0]);
	r->judge.image = calloc(1, r->judge.size);
	r->pending = calloc(r->rec.n_steps + 1, sizeof(*r->pending));
	r->flushes = calloc(r->rec.n_steps + 1, sizeof(*r->flushes));
	if (!r->judge.image || !r->pending || !r->flushes)
		recording_bad("out of memory");
	learn(r, disk);
	free(disk);
	if (!r->lost)
		run(r);
}

int main(int argc, char **argv)
{
	static struct replay r = { .points = 3, .seed = 1 };
	struct judge *j = &r.judge;
	u64 least = 1, states;
	int o;

	while ((o = getopt(argc, argv, "n:m:s:")) != -1) {
		if (o == 'n')
			r.points = min_t(u32, strtoul(optarg, NULL, 0), POINTS_MAX);
		else if (o == 'm')
			least = strtoull(optarg, NULL, 0);
		else if (o == 's')
			r.seed = strtoull(optarg, NULL, 0) * 2 + 1;
		else
			return 2;
	}
	if (argc - optind != 3) {
		fputs("usage: logwrites [-n POINTS] [-m LEAST] [-s SEED] DISK LOG TRACE\n",
		      stderr);
		return 2;
	}
	replay(&r, argv + optind);
	states = r.flush + r.prefix + r.subset + r.boot;
	printf("%" PRIu64 " states (%" PRIu64 " flushes, %" PRIu64 " prefixes, %" PRIu64
	       " subsets, %" PRIu64 " while it boots) of %u writes; ",
	       states, r.flush, r.prefix, r.subset, r.boot, r.rec.n_writes);
	printf("%u acknowledged, %u votes, %u truncations, %u boots, %" PRIu64
	       " entries cut, %u times round\n", j->acks, j->votes,
	       j->truncations, r.boots, j->cut, j->laps);
	if (r.lost)
		return 1;
	if (states < least)
		recording_bad("these are too few, %" PRIu64 " were wanted", least);
	return 0;
}
