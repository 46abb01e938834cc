/* SPDX-License-Identifier: GPL-2.0 */
/*
 * history.h - what history.c and the replicas that its clients use agree on.
 */
#ifndef _HISTORY_H
#define _HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define HISTORY_KEYS	16	/* at most */
#define HISTORY_LATEST	UINT64_MAX

/**
 * struct replica_view - a key as of an index
 * @n: commands on it
 * @value: of the last one
 * @hash: lin_list_hash() over the values of all
 * @values: of all, to be freed, if they were asked for
 */
struct replica_view {
	uint64_t n;
	uint64_t value;
	uint64_t hash;
	uint64_t *values;
};

struct replica;

struct replica *replica_start(const char *group, const char *netns);
int replica_use(struct replica *r, uint64_t *instance);
int replica_read(struct replica *r, uint64_t instance, unsigned int key,
		 uint64_t index, bool all, struct replica_view *view);
int replica_propose(int fd, unsigned int key, uint64_t value,
		    uint32_t timeout_ms, uint64_t *index);

#endif /* _HISTORY_H */
