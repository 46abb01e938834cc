// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - lincheck: are the histories in these files linearizable?
 *
 * Debian has no such checker (Porcupine, Knossos and Elle are not packaged).
 * The format of a history is told in text.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../lib/util.h"
#include "lincheck.h"

static int usage(FILE *out)
{
	fputs("usage: lincheck [--limit STEPS] FILE...\n"
	      "\n"
	      "Judges the histories in the files, - is standard input.\n"
	      "Exit code: 0 all are linearizable, 1 one is not, 2 one is no history,\n"
	      "3 one is undecided within so many operations tried\n", out);
	return out == stdout ? 0 : LIN_BAD;
}

static enum lin_verdict file_judge(const char *name, uint64_t limit)
{
	bool is_stdin = !strcmp(name, "-");
	FILE *in = is_stdin ? stdin : fopen(name, "r");
	enum lin_verdict verdict;

	if (!in) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		return LIN_BAD;
	}
	verdict = lin_file(in, name, limit, stdout);
	if (!is_stdin)
		fclose(in);
	return verdict;
}

int main(int argc, char **argv)
{
	bool any[LIN_UNDECIDED + 1] = { false };
	uint64_t limit = LIN_LIMIT;
	int i = 1;

	if (argc == 2 && !strcmp(argv[1], "--help"))
		return usage(stdout);
	if (argc > 2 && !strcmp(argv[1], "--limit")) {
		if (raft_u64_parse(argv[2], &limit)) {
			fprintf(stderr, "not a number of steps: %s\n", argv[2]);
			return LIN_BAD;
		}
		i = 3;
	}
	if (i >= argc || (argv[i][0] == '-' && argv[i][1]))
		return usage(stderr);
	for (; i < argc; i++)
		any[file_judge(argv[i], limit)] = true;
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "standard output: %s\n", strerror(errno));
		return LIN_BAD;
	}
	if (any[LIN_BROKEN])
		return LIN_BROKEN;
	if (any[LIN_BAD])
		return LIN_BAD;
	return any[LIN_UNDECIDED] ? LIN_UNDECIDED : LIN_GOOD;
}
