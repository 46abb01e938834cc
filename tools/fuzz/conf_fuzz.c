// SPDX-License-Identifier: GPL-2.0
/*
 * conf_fuzz.c - raft.conf(5) from any bytes: no crash, and complaints are
 * complete lines, as many as are counted.
 */
#include <stdlib.h>
#include <string.h>

#include "../lib/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct raft_ioc_member members[RAFT_NODES_MAX];
	struct raft_ioc_start start;
	struct raft_conf conf;
	char *complaints, path[256];
	unsigned int n, lines = 0;
	size_t len, i;
	FILE *err;

	err = open_memstream(&complaints, &len);
	if (!err)
		return 0;
	raft_conf_init(&conf, "fuzz");
	n = raft_conf_parse(&conf, "f", (const char *)data, size, 0, err);
	fflush(err);
	for (i = 0; i < len; i++)
		lines += complaints[i] == '\n';
	if (n != lines)
		abort();
	/* What is good must be fit to be started. */
	if (!n) {
		if (!conf.group_id || conf.n_peers > RAFT_NODES_MAX)
			abort();
		raft_conf_log(&conf, 1, path, sizeof(path));
		raft_conf_to_start(&conf, &start, members, err);
	}
	fclose(err);
	free(complaints);
	return 0;
}
