// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - raft-lab-run FILE...: each scenario on the real module, in turn.
 *
 * Owns the verdict: one line a file on stdout, "ok", "skip" with the reason, or
 * FILE:LINE: expected ..., got ...; a complaint of the kernel during a file is a
 * failure of that file.  Exit 1 if one failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "run.h"

static struct run run;		/* large, and one at a time */
static int kmsg = -1;
static char verdict[1024];

static void conclude(struct run *r, const char *prefix, const char *fmt,
		     va_list ap)
{
	int n = snprintf(verdict, sizeof(verdict), "%s%s:%u: ", prefix,
			 r->scn->file, r->dir ? r->dir->line : 0);

	vsnprintf(verdict + n, sizeof(verdict) - (size_t)n, fmt, ap);
}

/**
 * skip() - this file cannot be run here
 * @r: the run
 * @fmt: the reason
 *
 * Return: never.
 */
void skip(struct run *r, const char *fmt, ...)
{
	char prefix[256];
	va_list ap;

	snprintf(prefix, sizeof(prefix), "skip %.200s: ", r->scn->file);
	va_start(ap, fmt);
	conclude(r, prefix, fmt, ap);
	va_end(ap);
	longjmp(r->end, RUN_SKIPPED);
}

/**
 * fail() - what was expected is not so
 * @r: the run
 * @fmt: what was expected, and what is
 *
 * Return: never.
 */
void fail(struct run *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	conclude(r, "", fmt, ap);
	va_end(ap);
	longjmp(r->end, RUN_FAILED);
}

/* What the kernel has said since the last look; the first bad line, or NULL. */
static const char *kernel_complaint(void)
{
	static const char *const bad[] = {
		"BUG:", "WARNING:", "Oops", "kernel BUG at", "refcount_t:",
		"KASAN:", "UBSAN:", "general protection fault",
	};
	static char line[512];
	char buf[8192];
	bool found = false;
	ssize_t n;
	size_t i;

	while ((n = read(kmsg, buf, sizeof(buf) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0)
			continue;
		buf[n] = 0;
		for (i = 0; i < ARRAY_SIZE(bad) && !found; i++) {
			if (strstr(buf, bad[i])) {
				snprintf(line, sizeof(line), "%.500s", buf);
				line[strcspn(line, "\n")] = 0;
				found = true;
			}
		}
	}
	return found ? line : NULL;
}

static void reset(struct run *r, const struct scenario *s)
{
	struct run_node keep[RUN_MAX_NODES + 1];
	u32 i, n = r->n_nodes;

	memcpy(keep, r->node, sizeof(keep));
	memset(r, 0, sizeof(*r));
	r->scn = s;
	r->n_nodes = n;
	r->nft = !!getenv("RUN_NFT");
	r->trace = !!getenv("RUN_TRACE");
	if (getenv("RUN_MEMORY"))
		r->memory = strtoull(getenv("RUN_MEMORY"), NULL, 0);
	for (i = 1; i <= n; i++) {
		r->node[i].netns = keep[i].netns;
		r->node[i].fd = -1;
		r->node[i].fault = -1;
	}
}

/* A comment of the file says why it means nothing here. */
static void skip_by_comment(struct run *r, const char *file)
{
	static const char word[] = "# Not on the module: ";
	char line[256];
	bool found = false;
	FILE *f = fopen(file, "re");

	while (f && !found && fgets(line, sizeof(line), f))
		found = !strncmp(line, word, sizeof(word) - 1);
	if (f)
		fclose(f);
	line[strcspn(line, "\n")] = 0;
	if (found)
		skip(r, "%s", line + sizeof(word) - 1);
}

static enum run_result run_file(const char *file)
{
	struct scenario s = { 0 };
	static enum run_result result;	/* longjmp() spares it */
	const char *complaint;
	u32 i;

	if (scenario_load(&s, file)) {
		snprintf(verdict, sizeof(verdict), "%s", s.error);
		scenario_free(&s);
		return RUN_FAILED;
	}
	reset(&run, &s);
	result = RUN_OK;
	snprintf(verdict, sizeof(verdict), "ok %s", file);
	switch (setjmp(run.end)) {
	case RUN_OK:
		skip_by_comment(&run, file);
		run_net_reset(&run);
		run_scenario(&run);
		break;
	case RUN_SKIPPED:
		result = RUN_SKIPPED;
		break;
	default:
		result = RUN_FAILED;
		break;
	}
	for (i = 1; i <= run.n_nodes; i++)
		run_stop(&run, i);
	run_ask_end(&run);
	complaint = kernel_complaint();
	if (complaint) {
		snprintf(verdict, sizeof(verdict),
			 "%s:%u: expected a quiet kernel, got %s", file,
			 run.dir ? run.dir->line : 0, complaint);
		result = RUN_FAILED;
	}
	scenario_free(&s);
	return result;
}

/* Real time, not simulated: a file that hangs is a failure of the whole run. */
static void setup(u32 n)
{
	mkdir(RUN_DIR, 0755);
	/* The usual 50 us are half a message. */
	prctl(PR_SET_TIMERSLACK, 1);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0) {
		perror("/dev/kmsg");
		exit(2);
	}
	lseek(kmsg, 0, SEEK_END);
	run_net_open(&run, n);
}

static u32 highest_in(const struct scn_ids *ids)
{
	u32 i, max = 0;

	for (i = 0; i < ids->n; i++)
		max = max(max, ids->id[i]);
	return max;
}

/* How many namespaces the files need; a file with errors needs none. */
static u32 highest(int n, char **files)
{
	struct scenario s = { 0 };
	u32 i, g, max = 1;

	for (; n; n--, files++) {
		if (!scenario_load(&s, *files)) {
			for (i = 0; i < s.n; i++) {
				max = max(max, highest_in(&s.dir[i].ids));
				for (g = 0; g < s.dir[i].n_groups; g++)
					max = max(max, highest_in(&s.dir[i].groups[g]));
			}
		}
		scenario_free(&s);
		memset(&s, 0, sizeof(s));
	}
	return min_t(u32, max, RUN_MAX_NODES);
}

int main(int argc, char **argv)
{
	u32 count[3] = { 0 };
	int i;

	if (argc > 2 && !strcmp(argv[1], "--count-nodes")) {
		printf("%u\n", highest(argc - 2, argv + 2));
		return 0;
	}
	if (argc < 3 || atoi(argv[1]) < 1 || atoi(argv[1]) > RUN_MAX_NODES) {
		fprintf(stderr, "usage: raft-lab-run NAMESPACES FILE...\n"
			"       raft-lab-run --count-nodes FILE...\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	setup((u32)atoi(argv[1]));
	for (i = 2; i < argc; i++) {
		enum run_result result = run_file(argv[i]);

		count[result]++;
		puts(verdict);
	}
	printf("# %u passed, %u failed, %u skipped\n", count[RUN_OK],
	       count[RUN_FAILED], count[RUN_SKIPPED]);
	return count[RUN_FAILED] ? 1 : 0;
}
