// SPDX-License-Identifier: GPL-2.0
/*
 * survivor_snapshot.c - the snapshot that a survivor's log begins behind.
 *
 * Of the two files of a node the one counts that the kernel would take (core/slot.h),
 * if every byte of it is as it was written.  In the new group it is the same
 * snapshot, so its index, term and id stay; the head says whose it is, and that is
 * another group and another log.
 */
#include "survivor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

#define CHUNK	(256u << 10)

static int content_check(int fd, const struct raft_slot *slot)
{
	u32 crc = 0, image_crc = 0, n;
	u8 *buf = malloc(CHUNK);
	int err = buf ? 0 : -ENOMEM;
	u64 at;

	for (at = 0; !err && at < slot->of.total; at += n) {
		n = (u32)min_t(u64, CHUNK, slot->of.total - at);
		/* The image has a checksum of its own in the id. */
		if (at < slot->image)
			n = (u32)min_t(u64, n, slot->image - at);
		err = raft_pread(fd, RAFT_SLOT_HEAD + at, buf, n);
		if (err)
			break;
		crc = raft_slot_crc(crc, buf, n);
		if (at + n == slot->image)
			image_crc = crc;
	}
	free(buf);
	if (!err && !raft_snapshot_is_bare(&slot->of) &&
	    raft_slot_id(image_crc, crc) != slot->of.id)
		err = -EILSEQ;
	return err;
}

/* Complete, and of this node and this log? */
static int head_read(const struct raft_survivor *s, int fd,
		     struct raft_slot *slot)
{
	u8 buf[RAFT_SLOT_HEAD] = { 0 };
	struct stat st;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENXIO;
	err = raft_pread(fd, 0, buf,
			 (u32)min_t(u64, (u64)st.st_size, sizeof(buf)));
	if (!err)
		err = raft_slot_decode(slot, buf, (u64)st.st_size);
	if (err)
		return err;
	if (slot->group_id != s->group_id || slot->node_id != s->node_id ||
	    slot->log_id != s->log_id)
		return -ESTALE;
	return slot->state == RAFT_SLOT_COMPLETE ? 0 : -ENODATA;
}

/**
 * raft_survivor_snapshot() - look at one of the two files for snapshots
 * @s: the survivor; has the snapshot afterwards if it is good, and better than the
 *	one that it had
 * @path: the file, which need not be there
 *
 * Return: 0; -EILSEQ damaged; -ESTALE of another group, node or log; -EPROTO of
 * another version; -EMEDIUMTYPE something else; -ENXIO no regular file; -ENOMEM; or
 * any negative errno of open(2) or read(2).
 */
int raft_survivor_snapshot(struct raft_survivor *s, const char *path)
{
	struct raft_slot slot;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	err = head_read(s, fd, &slot);
	if (!err && s->snap_fd >= 0 && slot.of.index <= s->snap.of.index)
		err = -ENODATA;
	if (!err)
		err = content_check(fd, &slot);
	if (err) {
		close(fd);
		return err == -ENODATA ? 0 : err;
	}
	if (s->snap_fd >= 0)
		close(s->snap_fd);
	s->snap_fd = fd;
	s->snap = slot;
	return 0;
}

static bool is_zero(const u8 *buf, u32 n)
{
	return !*buf && !memcmp(buf, buf + 1, n - 1);
}

/* Zeros stay a hole, as in the kernel. */
static int content_copy(int from, int to, const struct raft_slot *slot)
{
	u8 *buf = malloc(CHUNK);
	int err = buf ? 0 : -ENOMEM;
	u64 at;
	u32 n;

	for (at = 0; !err && at < slot->of.total; at += n) {
		n = (u32)min_t(u64, CHUNK, slot->of.total - at);
		err = raft_pread(from, RAFT_SLOT_HEAD + at, buf, n);
		if (!err && !is_zero(buf, n) &&
		    pwrite(to, buf, n, (off_t)(RAFT_SLOT_HEAD + at)) !=
			    (ssize_t)n)
			err = errno ? -errno : -ENOSPC;
	}
	free(buf);
	if (!err && (ftruncate(to, (off_t)(RAFT_SLOT_HEAD + slot->of.total)) ||
		     fsync(to)))
		err = -errno;
	return err;
}

/**
 * raft_survivor_copy_snapshot() - make the snapshot of the new group
 * @s: the survivor, with a snapshot
 * @path: a file that is not there; removed again if something fails
 * @group_id: identity of the new group
 * @log_id: of its log
 *
 * Return: 0; -EEXIST; -ENOMEM; or any negative errno of open(2), read(2), write(2) or
 * fsync(2).
 */
int raft_survivor_copy_snapshot(const struct raft_survivor *s, const char *path,
				uint64_t group_id, uint64_t log_id)
{
	struct raft_slot slot = s->snap;
	u8 buf[RAFT_SLOT_HEAD];
	int fd, err;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	slot.group_id = group_id;
	slot.log_id = log_id;
	slot.generation = 1;
	err = content_copy(s->snap_fd, fd, &slot);
	if (!err) {
		raft_slot_encode(&slot, buf);
		if (pwrite(fd, buf, sizeof(buf), 0) != (ssize_t)sizeof(buf) ||
		    fsync(fd))
			err = errno ? -errno : -ENOSPC;
	}
	/* What was written is what will be read. */
	if (!err)
		err = content_check(fd, &slot);
	close(fd);
	if (!err)
		err = raft_logfile_dir_sync(path);
	if (err)
		unlink(path);
	return err;
}
