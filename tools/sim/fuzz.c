// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz.c - raft-sim fuzz: seeds, jobs, progress, and the report of a failure.
 *
 * One process per job; they share a page of totals.  A seed that fails is run
 * again with fewer actions to find the shortest life that still fails, and the
 * command that replays it is printed.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_JOBS	64

/* What the jobs tell the parent; each writes only its own slot. */
struct board {
	volatile bool stop;
	struct sim_count count[MAX_JOBS];
	volatile u32 failures[MAX_JOBS];
};

struct options {
	u64 from;
	u64 to;
	u32 jobs;
	bool keep_going;
	struct sim_life life;
};

static void add_count(struct sim_count *to, const struct sim_count *from)
{
	const u64 *a = (const u64 *)from;
	u64 *b = (u64 *)to;
	size_t i;

	for (i = 0; i < sizeof(*to) / sizeof(u64); i++)
		b[i] += a[i];
}

static struct sim *run_seed(u64 seed, const struct sim_life *life)
{
	struct fuzz f = { 0 };
	u64 gap;
	u32 i;

	fuzz_setup(&f, seed, life);
	for (i = 0; i < min(f.n_actions, life->max_actions); i++) {
		if (f.s->failed[0] || f.s->count.events > f.max_events)
			break;
		gap = fuzz_random(&f, 4) ?
		      fuzz_random(&f, f.s->cfg.election_timeout / 4) :
		      fuzz_random(&f, SIM_DELAY);
		sim_run(f.s, f.s->now + gap);
		sim_trace(f.s, "--- action %u", i + 1);
		if (!f.s->failed[0])
			fuzz_action(&f);
	}
	if (!f.s->failed[0])
		fuzz_liveness(&f);
	if (!f.s->failed[0])
		history_judge(f.s);
	return f.s;
}

/**
 * sim_fuzz_seed() - one random life
 * @seed: which
 * @life: how
 * @why: what is wrong, if it fails
 * @size: bytes of @why
 * @count: totals are added here
 *
 * Return: true if nothing is wrong.
 */
bool sim_fuzz_seed(u64 seed, const struct sim_life *life, char *why,
		   size_t size, struct sim_count *count)
{
	struct sim *s = run_seed(seed, life);
	bool ok = !s->failed[0];

	snprintf(why, size, "%s", s->failed);
	s->count.seeds = 1;
	add_count(count, &s->count);
	sim_free(s);
	return ok;
}

/* The fewest actions with which the seed fails; any failure will do. */
static u32 shrink(u64 seed, struct sim_life life)
{
	u32 lo = 0, hi = min(life.max_actions, 1024U), mid;
	struct sim_count count = { 0 };
	char why[512];

	while (lo < hi) {
		mid = (lo + hi) / 2;
		life.max_actions = mid;
		if (sim_fuzz_seed(seed, &life, why, sizeof(why), &count))
			lo = mid + 1;
		else
			hi = mid;
	}
	return hi;
}

static void report(u64 seed, const struct options *o, const char *why)
{
	struct sim_life life = {
		.max_actions = o->life.max_actions,
		.history_alone = o->life.history_alone,
	};
	struct sim *s;

	life.max_actions = shrink(seed, life);
	life.remember = true;
	printf("FAIL seed %llu: %s\n", (unsigned long long)seed, why);
	s = run_seed(seed, &life);
	printf("with %u actions: %s\n", life.max_actions, s->failed);
	sim_trace_last(s, stdout);
	fputs(history_why(s), stdout);
	sim_free(s);
	printf("replay: raft-sim fuzz --seeds %llu..%llu --max-actions %u%s --trace\n",
	       (unsigned long long)seed, (unsigned long long)seed,
	       life.max_actions,
	       life.history_alone ? " --history-alone" : "");
	fflush(stdout);
}

static void job(struct board *board, u32 nr, const struct options *o)
{
	char why[512];
	u64 seed;

	for (seed = o->from + nr; seed <= o->to && !board->stop;
	     seed += o->jobs) {
		if (sim_fuzz_seed(seed, &o->life, why, sizeof(why),
				  &board->count[nr]))
			continue;
		board->failures[nr]++;
		if (!o->keep_going)
			board->stop = true;
		report(seed, o, why);
	}
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static u32 totals(const struct board *board, struct sim_count *c)
{
	u32 i, failures = 0;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < MAX_JOBS; i++) {
		add_count(c, (const struct sim_count *)&board->count[i]);
		failures += board->failures[i];
	}
	return failures;
}

static void progress(const struct board *board, const struct options *o,
		     double start)
{
	double t = seconds() - start;
	struct sim_count c;
	u32 failures = totals(board, &c);

	fprintf(stderr, "%.0f s: %llu of %llu seeds, %llu events, %.0f/s, %u failed\n",
		t, (unsigned long long)c.seeds,
		(unsigned long long)(o->to - o->from + 1),
		(unsigned long long)c.events, (double)c.events / t, failures);
}

static void summary(const struct board *board, double start)
{
	double t = seconds() - start;
	struct sim_count c;
	u32 failures = totals(board, &c);

	printf("seeds %llu, failed %u, %.1f s\n"
	       "events %llu, %.0f events/s, messages %llu, lost %llu, quiet %llu\n"
	       "leaders %llu, commits %llu, acknowledged %llu, duplicates dropped %llu (%llu of clients), truncations %llu\n"
	       "crashes %llu (%llu with a torn write), restarts %llu, disk failures %llu, disks lost %llu, damaged %llu, states forgotten %llu, snapshots damaged %llu (%llu mended), partitions %llu, pauses %llu\n"
	       "reads %llu (%llu by lease), operations of clients judged %llu\n"
	       "changes %llu (%llu joint), transfers %llu, stuck by a witness %llu, by damage %llu\n"
	       "snapshots %llu (%llu bare), compactions %llu, installed %llu (%llu bare), of parts %llu\n"
	       "entries evicted %llu, passed at boots %llu, read back %llu, reads that failed %llu, images replayed %llu\n",
	       (unsigned long long)c.seeds, failures, t,
	       (unsigned long long)c.events, (double)c.events / t,
	       (unsigned long long)c.messages, (unsigned long long)c.lost,
	       (unsigned long long)c.quiet,
	       (unsigned long long)c.leaders, (unsigned long long)c.commits,
	       (unsigned long long)c.acked, (unsigned long long)c.dropped,
	       (unsigned long long)c.repeated,
	       (unsigned long long)c.truncations,
	       (unsigned long long)c.crashes, (unsigned long long)c.torn,
	       (unsigned long long)c.restarts,
	       (unsigned long long)c.disk_failures,
	       (unsigned long long)c.wipes,
	       (unsigned long long)c.damaged,
	       (unsigned long long)c.forgot,
	       (unsigned long long)c.rotten, (unsigned long long)c.mended,
	       (unsigned long long)c.partitions,
	       (unsigned long long)c.pauses,
	       (unsigned long long)c.reads, (unsigned long long)c.lease_reads,
	       (unsigned long long)c.ops,
	       (unsigned long long)c.changes, (unsigned long long)c.joint,
	       (unsigned long long)c.transfers,
	       (unsigned long long)c.stuck, (unsigned long long)c.waits,
	       (unsigned long long)c.snapshots, (unsigned long long)c.bare,
	       (unsigned long long)c.compactions,
	       (unsigned long long)c.installs,
	       (unsigned long long)c.bare_installs,
	       (unsigned long long)c.parts,
	       (unsigned long long)c.evicted, (unsigned long long)c.passed,
	       (unsigned long long)c.read_back,
	       (unsigned long long)c.read_failed,
	       (unsigned long long)c.replayed);
}

/* Forks the jobs and waits for them; returns what they could not. */
static int run_jobs(struct board *board, const struct options *o, double start)
{
	double next = start + 5;
	u32 i, left = 0;
	int status, bad = 0;
	pid_t pid;

	fflush(stdout);
	for (i = 0; i < o->jobs; i++) {
		pid = fork();
		if (pid < 0) {
			perror("fork");
			return 1;
		}
		if (!pid) {
			job(board, i, o);
			fflush(stdout);
			_exit(0);
		}
		left++;
	}
	while (left) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid > 0) {
			left--;
			if (status) {
				printf("a job died: status %x\n", status);
				bad = 1;
			}
			continue;
		}
		usleep(20000);
		if (seconds() >= next) {
			progress(board, o, start);
			next = seconds() + 5;
		}
	}
	return bad;
}

static bool parse_seeds(const char *text, struct options *o)
{
	char *end;

	o->from = strtoull(text, &end, 10);
	o->to = o->from;
	if (end == text)
		return false;
	if (!strncmp(end, "..", 2)) {
		text = end + 2;
		o->to = strtoull(text, &end, 10);
		if (end == text)
			return false;
	}
	return !*end && o->from <= o->to;
}

static bool parse_options(int argc, char **argv, struct options *o)
{
	bool seeds = false;
	int i;

	for (i = 0; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(argv[i], "--trace")) {
			o->life.trace = true;
			continue;
		}
		if (!strcmp(argv[i], "--history-alone")) {
			o->life.history_alone = true;
			continue;
		}
		if (!strcmp(argv[i], "--keep-going")) {
			o->keep_going = true;
			continue;
		}
		i++;
		if (!strcmp(argv[i - 1], "--seeds"))
			seeds = parse_seeds(value, o);
		else if (!strcmp(argv[i - 1], "--jobs"))
			o->jobs = (u32)strtoul(value, NULL, 10);
		else if (!strcmp(argv[i - 1], "--max-actions"))
			o->life.max_actions = (u32)strtoul(value, NULL, 10);
		else if (!strcmp(argv[i - 1], "--history"))
			o->life.history = value;
		else
			return false;
	}
	/* The files are those of one seed. */
	if (o->life.history && o->from != o->to)
		return false;
	return seeds && o->jobs && o->jobs <= MAX_JOBS;
}

/**
 * sim_fuzz_command() - raft-sim fuzz --seeds A..B [options]
 * @argc: number of words behind "fuzz"
 * @argv: the words
 *
 * Return: 0 if no seed fails, 1 if one does, 2 for wrong usage.
 */
int sim_fuzz_command(int argc, char **argv)
{
	struct options o = { .jobs = 1, .life.max_actions = U32_MAX };
	double start = seconds();
	struct board *board;
	struct sim_count c;
	int bad;

	if (!parse_options(argc, argv, &o)) {
		fprintf(stderr,
			"usage: raft-sim fuzz --seeds A..B [--jobs N] [--max-actions N] [--keep-going] [--trace]\n"
			"                     [--history FILE] [--history-alone]\n"
			"--history writes FILE.register and FILE.list, of one seed\n");
		return 2;
	}
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED) {
		perror("mmap");
		return 2;
	}
	bad = run_jobs(board, &o, start);
	summary(board, start);
	if (totals(board, &c))
		bad = 1;
	munmap(board, sizeof(*board));
	return bad;
}
