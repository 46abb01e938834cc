// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - raft-sim: the commands.
 */
#include <stdlib.h>

#include "sim.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", sim_run_command,
	  "run [--trace] [--seed N] [--window N] FILE...\n"
	  "        run scenarios; ok FILE, or FILE:LINE: expected ..., got ...\n"
	  "        --window N: with the newest N entries of each log in memory" },
	{ "fuzz", sim_fuzz_command,
	  "fuzz --seeds A..B [--jobs N] [--max-actions N] [--trace]\n"
	  "     [--history FILE] [--history-alone]\n"
	  "        random clusters and faults, one for each seed" },
	{ "hunt", sim_hunt_command,
	  "hunt [NAME...] [-- FILE...]\n"
	  "        find the deliberate mistakes (raft-sim-mutants only)" },
};

static int usage(FILE *to)
{
	size_t i;

	fprintf(to, "usage: raft-sim [--mutant NAME] COMMAND\n\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %s\n", commands[i].help);
	return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc > 2 && !strcmp(argv[1], "--mutant")) {
		if (!sim_mutant_set(argv[2])) {
			fprintf(stderr, "no mutant '%s' in this build\n",
				argv[2]);
			return 2;
		}
		argc -= 2;
		argv += 2;
	}
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help"))
		return usage(stdout);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 2, argv + 2);
	fprintf(stderr, "unknown command '%s'\n", argv[1]);
	return usage(stderr);
}
