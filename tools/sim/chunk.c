// SPDX-License-Identifier: GPL-2.0
/*
 * chunk.c - memory of the logs in simulated nodes.
 */
#include <stdlib.h>

#include "sim.h"

/* Chunks of log memory go round: a boot must not cost megabytes. */
static struct spare_chunk {
	struct spare_chunk *next;
} *spare_chunks;

/**
 * sim_chunk_get() - memory for a log
 *
 * Return: a chunk.
 */
struct raft_log_chunk *sim_chunk_get(void)
{
	struct spare_chunk *c = spare_chunks;

	if (!c)
		return sim_alloc(raft_log_chunk_size());
	spare_chunks = c->next;
	return (void *)c;
}

/**
 * sim_chunk_put() - a log needs it no more
 * @chunk: of sim_chunk_get()
 */
void sim_chunk_put(struct raft_log_chunk *chunk)
{
#ifdef __SANITIZE_ADDRESS__
	free(chunk);
#else
	struct spare_chunk *c = (void *)chunk;

	c->next = spare_chunks;
	spare_chunks = c;
#endif
}
