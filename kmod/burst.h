/* SPDX-License-Identifier: GPL-2.0 */
/*
 * burst.h - parts of a message leave in few calls.
 */
#ifndef _RAFT_BURST_H
#define _RAFT_BURST_H

#include <linux/types.h>
#include <linux/uio.h>

#include "core/frag.h"

struct raft_group_priv;
struct raft_remote;

/* In one call of the network, which takes 64 KiB with its headers. */
#define RAFT_RUN_MAX	(65000 / RAFT_DATAGRAM_MAX)
#define RAFT_RUN_VECS	3	/* of a part: header, two pieces of data */

/**
 * struct raft_run - parts that leave in one call
 * @n: how many
 * @part: the parts
 * @vec: RAFT_RUN_VECS of each
 */
struct raft_run {
	u32 n;
	struct raft_frag_part part[RAFT_RUN_MAX];
	struct kvec vec[RAFT_RUN_MAX * RAFT_RUN_VECS];
};

void raft_burst_cut(struct raft_frag_part *part, const struct raft_group_priv *p,
		    const struct raft_remote *remote,
		    const struct raft_frag_burst *b, u32 i, bool poll);
void raft_burst_send(struct raft_group_priv *p, struct raft_remote *remote,
		     const struct raft_frag_burst *b, bool control);

#endif /* _RAFT_BURST_H */
