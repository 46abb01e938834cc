// SPDX-License-Identifier: GPL-2.0
/*
 * replay.c - the image at an index whose entries have left the memory.
 *
 * The core's own image goes on with what leaves (window.c), and cannot go back to
 * an index before that.  But what it is there follows from the last snapshot and
 * the entries behind it, which are on disk: so whoever takes a snapshot can make
 * the image himself, in his own thread and memory.  Owns an image that is no
 * part of a core, and knows no core.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_replay_size() - bytes of an image
 *
 * Context: any.
 * Return: bytes; the caller allocates them for raft_replay_begin().
 */
size_t raft_replay_size(void)
{
	return sizeof(struct raft_image);
}

/**
 * raft_replay_begin() - begin with a snapshot, or before the first entry
 * @img: raft_replay_size() bytes
 * @cfg: without a snapshot: the initial configuration, as for raft_init()
 * @s: the snapshot, with index 0: none
 * @meta: its first bytes
 * @len: how many
 *
 * Context: any.
 * Return: 0, -EINVAL.
 */
int raft_replay_begin(struct raft_image *img, const struct raft_config *cfg,
		      const struct raft_snapshot *s, const u8 *meta, u64 len)
{
	if (s->index && !RAFT_MUTANT("replay-from-start"))
		return raft_image_decode(img, s, meta, len);
	memset(img, 0, sizeof(*img));
	raft_membership_initial(cfg, &img->conf);
	return 0;
}

/**
 * raft_replay_entry() - go on by one entry
 * @img: the image
 * @e: the next entry, committed; of a configuration with its payload
 *
 * Context: any; one caller at a time.
 */
void raft_replay_entry(struct raft_image *img, const struct raft_entry *e)
{
	raft_image_apply(img, e);
}

/**
 * raft_replay_end() - the image as bytes
 * @img: the image
 * @buf: RAFT_SNAPSHOT_META bytes, filled
 * @len: bytes used of it, set
 * @term: of the last entry, set
 *
 * Context: any.
 * Return: 0, -ENODATA: no configuration is known there.
 */
int raft_replay_end(const struct raft_image *img, u8 *buf, u32 *len, u64 *term)
{
	if (!img->conf.n)
		return -ENODATA;
	*len = raft_image_encode(img, buf);
	*term = img->term;
	return 0;
}
