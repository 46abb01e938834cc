// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line of the programs that measure.
 */
#include "bench.h"

#include <getopt.h>
#include <string.h>

static const struct option options[] = {
	{ "group", required_argument, NULL, 'g' },
	{ "threads", required_argument, NULL, 't' },
	{ "batch", required_argument, NULL, 'b' },
	{ "size", required_argument, NULL, 's' },
	{ "count", required_argument, NULL, 'n' },
	{ "seconds", required_argument, NULL, 'T' },
	{ "rate", required_argument, NULL, 'r' },
	{ "timeout", required_argument, NULL, 'w' },
	{ "lease", no_argument, NULL, 'l' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

static uint64_t at_most(uint64_t v, uint64_t limit)
{
	return v < limit ? v : limit;
}

static void option_set(struct bench_args *args, int c, char *text, uint64_t v)
{
	if (c == 'g')
		args->group = text;
	else if (c == 't')
		args->threads = at_most(v, BENCH_CLIENTS_MAX);
	else if (c == 'b')
		args->batch = at_most(v, RAFT_BATCH_MAX);
	else if (c == 's')
		args->size = at_most(v, RAFT_COMMAND_MAX);
	else if (c == 'n')
		args->count = v;
	else if (c == 'T')
		args->seconds = v;
	else if (c == 'r')
		args->rate = at_most(v, RAFT_NS_PER_S);
	else if (c == 'w')
		args->timeout_ms = (v + RAFT_NS_PER_MS - 1) / RAFT_NS_PER_MS;
	else if (c == 'l')
		args->lease = true;
	else
		args->json = true;
}

/**
 * bench_options_read() - read a command line: options, mode, target
 * @argc: of main()
 * @argv: of main(); stays in use
 * @args: defaults (in), what was asked for (out)
 *
 * Return: 0, 1 if only help was asked for, -1 if it makes no sense.
 */
int bench_options_read(int argc, char **argv, struct bench_args *args)
{
	uint64_t v = 0;
	int c;

	optind = 0;	/* a program may read several */
	while ((c = getopt_long(argc, argv, "g:t:b:s:n:T:r:ljh", options,
				NULL)) != -1) {
		if (c == 'h')
			return 1;
		if (c == '?' || (c == 'w' && raft_duration_parse(optarg, &v)) ||
		    (c == 's' && raft_size_parse(optarg, &v)) ||
		    (strchr("tbnTr", c) && raft_u64_parse(optarg, &v)) ||
		    (strchr("tbsnTrw", c) && !v))
			return -1;
		option_set(args, c, optarg, v);
	}
	if (optind == argc || argc - optind > 2)
		return -1;
	args->mode = argv[optind];
	args->target = argv[optind + 1];
	args->read = !strcmp(args->mode, "read");
	if (!args->batch)
		args->batch = 1;
	if (args->batch > 1 && (strcmp(args->mode, "propose") || args->rate ||
				args->threads % args->batch ||
				args->count % args->batch))
		return -1;
	args->count /= args->batch;
	return args->lease && !args->read ? -1 : 0;
}
