// SPDX-License-Identifier: GPL-2.0
/*
 * burst.c - parts of a message leave in few calls.
 *
 * Owns the runs of an owner: parts of one length, of which the last may be shorter,
 * are one call of the network, which cuts them apart as late as it can (UDP_SEGMENT).
 * Where it cannot (a device that does not sum, IPsec, a path that carries less) they
 * go one by one, for a while.  Never allocates or waits.
 */
#include <linux/errno.h>
#include <linux/ktime.h>

#include "burst.h"
#include "owner.h"
#include "pack.h"
#include "remote.h"
#include "transport.h"

#define SINGLY_NS	(10 * NSEC_PER_SEC)	/* until it is tried again */

/**
 * raft_burst_cut - make a part of a message
 * @part: out: the part
 * @p: the group
 * @remote: the peer
 * @b: of which message
 * @i: which part
 * @poll: the sender waits for an answer
 *
 * Context: the owner thread.
 */
void raft_burst_cut(struct raft_frag_part *part, const struct raft_group_priv *p,
		    const struct raft_remote *remote,
		    const struct raft_frag_burst *b, u32 i, bool poll)
{
	const struct raft_frag_msg m = {
		.group = p->g->params.ioc.group_id,
		.from = p->g->params.ioc.node_id,
		.to = remote->id,
		.from_inc = p->g->incarnation,
		.id = b->id,
		.total = b->total,
		.head_len = b->head_len,
		.head = b->head,
		.tail = b->tail,
	};

	raft_frag_cut(part, &m, i, b->round, poll);
}

static u32 part_len(const struct raft_frag_part *part)
{
	return sizeof(part->h) + part->len[0] + part->len[1];
}

static void fill_vec(struct kvec *vec, struct raft_frag_part *part)
{
	vec[0].iov_base = &part->h;
	vec[0].iov_len = sizeof(part->h);
	vec[1].iov_base = (void *)part->data[0];
	vec[1].iov_len = part->len[0];
	vec[2].iov_base = (void *)part->data[1];
	vec[2].iov_len = part->len[1];
}

/* @n parts from @first on, in one call. */
static int send_parts(struct raft_group_priv *p, struct raft_remote *remote,
		      u32 first, u32 n, bool control)
{
	struct raft_run *run = &p->ep->owner.run;
	u32 i, len = 0;

	for (i = first; i < first + n; i++) {
		fill_vec(&run->vec[i * RAFT_RUN_VECS], &run->part[i]);
		len += part_len(&run->part[i]);
	}
	return raft_endpoint_send(p->ep, &remote->addr, remote->addr_len,
				  &run->vec[first * RAFT_RUN_VECS],
				  n * RAFT_RUN_VECS, len, control);
}

/* Does an error say that it cannot be done in one call? */
static bool is_refused(int err)
{
	return err == -EINVAL || err == -EIO || err == -EMSGSIZE;
}

static int send_run(struct raft_group_priv *p, struct raft_remote *remote,
		    bool control)
{
	struct raft_run *run = &p->ep->owner.run;
	u32 i, n = run->n;
	int err;

	run->n = 0;
	/* A member whose address nobody understands. */
	if (!remote->addr_len)
		return -EDESTADDRREQ;
	if (n == 1 || ktime_get_ns() >= remote->singly_until) {
		err = send_parts(p, remote, 0, n, control);
		if (n == 1 || !is_refused(err))
			return err;
		remote->singly_until = ktime_get_ns() + SINGLY_NS;
	}
	for (i = 0; i < n; i++) {
		err = send_parts(p, remote, i, 1, control);
		if (err)
			return err;
	}
	return 0;
}

/* The last one that is wanted; there is one. */
static u32 last_of(const struct raft_frag_burst *b)
{
	u32 i = raft_frag_count(b->total);

	while (i-- > 1)
		if (b->want[i / 64] >> i % 64 & 1)
			return i;
	return 0;
}

/**
 * raft_burst_send - send parts of a message
 * @p: the group
 * @remote: the peer
 * @b: which parts of which message; @b->polls is 0 if it has only one
 * @control: a small message that must not wait behind bulk data
 *
 * What waits in a packet goes before.
 *
 * Context: the owner thread.
 */
void raft_burst_send(struct raft_group_priv *p, struct raft_remote *remote,
		     const struct raft_frag_burst *b, bool control)
{
	struct raft_run *run = &p->ep->owner.run;
	u32 i, copies = b->polls, last = last_of(b);
	int err = 0;

	raft_pack_flush(p->ep);
	for (i = 0; i <= last && !err; i++) {
		if (!(b->want[i / 64] >> i % 64 & 1))
			continue;
		raft_burst_cut(&run->part[run->n++], p, remote, b, i,
			       i == last && b->polls);
		if (i == last || run->n == RAFT_RUN_MAX)
			err = send_run(p, remote, control);
	}
	/* The answer to the last one tells of all, so it goes more than once. */
	while (!err && copies > 1) {
		raft_burst_cut(&run->part[run->n++], p, remote, b, last, true);
		err = send_run(p, remote, control);
		copies--;
	}
	/* The others are of no use, or will be missed and asked for. */
	if (err)
		raft_tx_refused(p, remote, err);
}
