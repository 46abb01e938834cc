// SPDX-License-Identifier: GPL-2.0
/*
 * survivor.c - from the log of one survivor the log of a new group; of its snapshot:
 * survivor_snapshot.c.
 *
 * What is good in the old log is decided by kmod/core/disk.c, which the kernel
 * recovers with, and what is damaged is refused.  All good entries are written
 * anew, with their terms, origins and serial numbers, so that repeated proposals
 * are still known; then a configuration of a new term with one voter.  Identity
 * of group and log are others: nothing of the old group can speak to it, and no
 * record of the old log can be taken for one of this.
 *
 * As when a log is formatted, the superblock comes last: what is cut short is no
 * log.  Then the new one is read back and compared.
 */
#include "survivor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "util.h"

#define WRITE_BYTES	(2u << 20)	/* records that are written at once */

static_assert(RAFT_DISK_RECORD_MAX + RAFT_DISK_BLOCK_MAX <= WRITE_BYTES);
static_assert(RAFT_ADDR_PACKED == RAFT_ADDR_BYTES);

/* Whatever @ctx is, the file descriptor comes first in it. */
static int fd_read(void *ctx, u64 pos, void *buf, u32 len)
{
	return raft_pread(*(int *)ctx, pos, buf, len);
}

static int fd_write(int fd, u64 pos, const void *buf, size_t len)
{
	const u8 *p = buf;
	ssize_t n;

	while (len) {
		n = pwrite(fd, p, len, (off_t)pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENOSPC;
		p += n;
		pos += (u64)n;
		len -= (size_t)n;
	}
	return 0;
}

/* --- read ----------------------------------------------------------------- */

struct look {
	int fd;
	struct raft_survivor *s;
};

static int entry_look(void *ctx, const struct raft_disk_record *rec,
		      const u8 *data)
{
	struct raft_survivor *s = ((struct look *)ctx)->s;
	struct raft_membership c;

	/* Of a witness: nobody could make a state of it. */
	if (rec->type == RAFT_ENTRY_COMMAND && !rec->len)
		return -EOPNOTSUPP;
	if (rec->type != RAFT_ENTRY_CONFIG)
		return 0;
	if (raft_membership_decode(&c, data, rec->len)) {
		s->bad = "configuration illegible";
		s->bad_index = rec->index;
		s->bad_pos = rec->pos;
		return -EILSEQ;
	}
	s->config_index = rec->index;
	s->n_members = c.n;
	return 0;
}

/**
 * raft_survivor_open() - open a log and find out what is in it
 * @s: the survivor (out); on success to be given to raft_survivor_close()
 * @path: its file or block device
 * @group_id: that it must be of, 0 for any
 * @node_id: likewise
 *
 * Return: 0; -EBUSY if a group uses it; -ENXIO if it is of another kind;
 * -EMEDIUMTYPE no log; -ENODATA a log without an entry; -EOPNOTSUPP that of a
 * witness, commands were left out; -EPROTO of another version; -ESTALE of another
 * group or node; -EILSEQ damaged, see @s->bad; -ENOMEM; or any negative errno of
 * open(2) or read(2).
 */
int raft_survivor_open(struct raft_survivor *s, const char *path,
		       uint64_t group_id, uint32_t node_id)
{
	struct look look = { .s = s };
	struct raft_disk_scan scan = {
		.read = fd_read,
		.entry = entry_look,
		.ctx = &look,
		.buf = malloc(RAFT_DISK_BUF),
		.group_id = group_id,
		.node_id = node_id,
	};
	int err;

	memset(s, 0, sizeof(*s));
	s->snap_fd = -1;
	if (!scan.buf)
		return -ENOMEM;
	err = raft_logfile_read(&s->log, path);
	if (err)
		goto out;
	look.fd = s->log.fd;
	scan.size = s->log.size;
	err = raft_disk_recover(&scan);
	s->group_id = scan.super.group_id;
	s->node_id = scan.super.node_id;
	s->log_id = scan.super.log_id;
	s->base = scan.state.base.index;
	s->base_term = scan.state.base.term;
	s->term = max(scan.state.term, scan.tail.term);
	s->last = scan.tail.index;
	s->last_term = scan.tail.term;
	s->commit = min(scan.state.commit, s->last);
	s->torn = scan.torn;
	if (err == -EILSEQ && !s->bad) {
		s->bad = raft_disk_reason_name(scan.bad.reason);
		s->bad_index = scan.bad.index;
		s->bad_pos = scan.bad.pos;
	}
	/* It was damaged, and has not got it all again. */
	if (!err && (scan.state.reach_term > s->last_term ||
		     (scan.state.reach_term == s->last_term && s->last &&
		      scan.state.reach > s->last))) {
		s->bad = "entries that were damaged are not here again";
		s->bad_index = s->last + 1;
		s->bad_pos = scan.tail.pos;
		err = -EILSEQ;
	}
	if (!err && !s->last)
		err = -ENODATA;
	if (err)
		raft_survivor_close(s);
out:
	free(scan.buf);
	return err;
}

/**
 * raft_survivor_close() - let go of the log
 * @s: the survivor
 */
void raft_survivor_close(struct raft_survivor *s)
{
	if (s->snap_fd >= 0)
		close(s->snap_fd);
	s->snap_fd = -1;
	close(s->log.fd);
	s->log.fd = -1;
}

/* The term of the entry at @index, which the log has. */
struct term_of {
	int fd;
	u64 index;
	u64 term;
};

static int term_look(void *ctx, const struct raft_disk_record *rec,
		     const u8 *data)
{
	struct term_of *t = ctx;

	(void)data;
	if (rec->index == t->index)
		t->term = rec->term;
	return 0;
}

static int term_find(const struct raft_survivor *s, u64 index, u64 *term)
{
	struct term_of t = { .fd = s->log.fd, .index = index };
	struct raft_disk_scan scan = {
		.read = fd_read,
		.entry = term_look,
		.ctx = &t,
		.buf = malloc(RAFT_DISK_BUF),
		.size = s->log.size,
	};
	int err = scan.buf ? raft_disk_recover(&scan) : -ENOMEM;

	*term = index == s->base ? s->base_term : t.term;
	free(scan.buf);
	return err;
}

/**
 * raft_survivor_settle() - what of log and snapshot counts, as the kernel decides
 * @s: the survivor; raft_survivor_snapshot() has looked at both files
 *
 * A snapshot of which the log has the last entry only stands for what was cut; any
 * other one has replaced the log, and a crash came before that was cut.
 *
 * Return: 0; -EXDEV the log begins behind a snapshot that is not there; -ENOMEM; or
 * an error of reading.
 */
int raft_survivor_settle(struct raft_survivor *s)
{
	u64 index, term;
	int err;

	if (s->snap_fd < 0)
		return s->base ? -EXDEV : 0;
	index = s->snap.of.index;
	if (index < s->base)
		return -EXDEV;
	err = term_find(s, index, &term);
	if (err)
		return err;
	s->replaced = term != s->snap.of.term;
	if (s->replaced) {
		s->last = index;
		s->last_term = s->snap.of.term;
		s->term = max(s->term, s->snap.of.term);
		s->config_index = 0;
	} else if (!s->base) {
		/* All is in the log. */
		close(s->snap_fd);
		s->snap_fd = -1;
		return 0;
	}
	s->commit = max(min(s->commit, s->last), index);
	return 0;
}

/* --- write ---------------------------------------------------------------- */

/*
 * The log that is being made; @st.durable is the last record in it, and @buf
 * holds the @len bytes of the next write, which begins at @pos with @first.
 */
struct copy {
	int from;
	int to;
	struct raft_disk_super sb;
	struct raft_disk_state st;
	u8 *buf;
	u32 len;
	u64 pos;
	u64 first;
};

static int copy_flush(struct copy *c)
{
	u32 bytes = (u32)raft_disk_round_up(c->len, c->sb.block);
	int err;

	memset(c->buf + c->len, 0, bytes - c->len);
	err = fd_write(c->to, c->pos, c->buf, bytes);
	c->pos += bytes;
	c->len = 0;
	return err;
}

static int copy_entry(void *ctx, const struct raft_disk_record *from,
		      const u8 *data)
{
	u32 bytes = raft_disk_record_bytes(from->len);
	struct raft_disk_record rec = *from;
	struct copy *c = ctx;
	int err;

	if (c->len + bytes > WRITE_BYTES - RAFT_DISK_BLOCK_MAX) {
		err = copy_flush(c);
		if (err)
			return err;
	}
	if (!c->len)
		c->first = rec.index;
	rec.pos = c->pos + c->len;
	rec.lap = 0;
	rec.epoch = c->st.epoch;
	rec.durable_before = c->first;
	rec.chain = c->st.durable_crc;
	if (raft_disk_round_up(rec.pos + bytes, c->sb.block) > c->sb.data_end)
		return -ENOSPC;
	c->st.durable_crc = raft_disk_record_encode(&c->sb, &rec, data,
						    c->buf + c->len);
	c->st.durable = rec.index;
	c->len += bytes;
	return 0;
}

/* This node alone, in a term that nobody of the old group has seen. */
static int copy_config(struct copy *c, const struct raft_ioc_member *self)
{
	struct raft_membership conf = { .n = 1 };
	struct raft_disk_record rec = {
		.index = c->st.durable + 1,
		.term = c->st.term,
		.len = RAFT_CONFIG_BYTES,
		.type = RAFT_ENTRY_CONFIG,
	};
	u8 data[RAFT_CONFIG_BYTES];
	int err;

	conf.m[0].id = self->id;
	raft_addr_pack(self, conf.m[0].addr);
	raft_membership_encode(&conf, data);
	rec.data_crc = raft_command_crc(data, sizeof(data));
	err = copy_entry(c, &rec, data);
	return err ? err : copy_flush(c);
}

static int copy_head(struct copy *c)
{
	u8 slot[RAFT_DISK_SLOT];
	int err;

	if (fsync(c->to))
		return -errno;
	c->st.stale_from = c->st.durable + 1;
	c->st.flags = RAFT_DISK_CLEAN;
	/* Both slots must be legible. */
	for (c->st.generation = 2; c->st.generation < 4; c->st.generation++) {
		raft_disk_state_encode(&c->st, c->sb.log_id, slot);
		err = fd_write(c->to, raft_disk_state_pos(c->st.generation),
			       slot, sizeof(slot));
		if (err)
			return err;
	}
	if (fsync(c->to))
		return -errno;
	raft_disk_super_encode(&c->sb, slot);
	err = fd_write(c->to, 0, slot, sizeof(slot));
	if (err)
		return err;
	return fsync(c->to) ? -errno : 0;
}

/* Is what is there now what was meant to be? */
static int copy_verify(struct copy *c, struct raft_disk_scan *scan, u64 size)
{
	int err;

	scan->ctx = &c->to;
	scan->entry = NULL;
	scan->size = size;
	scan->group_id = c->sb.group_id;
	scan->node_id = c->sb.node_id;
	err = raft_disk_recover(scan);
	if (err)
		return err;
	return scan->torn || scan->repaired ||
	       scan->tail.index != c->st.durable ||
	       scan->tail.crc != c->st.durable_crc ? -EILSEQ : 0;
}

/* Behind an entry that this log never had. */
static void copy_base(struct copy *c, const struct raft_survivor *s)
{
	struct raft_disk_point *base = &c->st.base;

	base->index = s->replaced ? s->snap.of.index : s->base;
	base->term = s->replaced ? s->snap.of.term : s->base_term;
	c->st.durable = base->index;
}

static int copy_begin(struct copy *c, const struct raft_survivor *s,
		      const struct raft_disk_scan *scan,
		      const struct raft_logfile *to, u64 group_id)
{
	struct timespec now;

	raft_disk_super_init(&c->sb, to->size, scan->super.block);
	c->sb.group_id = group_id;
	c->sb.node_id = scan->super.node_id;
	while (!c->sb.log_id || c->sb.log_id == scan->super.log_id)
		if (getrandom(&c->sb.log_id, sizeof(c->sb.log_id), 0) < 0 &&
		    errno != EINTR)
			return -errno;
	clock_gettime(CLOCK_REALTIME, &now);
	c->sb.created = now.tv_sec * RAFT_NS_PER_S + now.tv_nsec;
	raft_disk_state_init(&c->st, &c->sb);
	copy_base(c, s);
	c->st.term = s->term + 1;
	c->st.commit = s->commit;
	c->st.incarnation = scan->state.incarnation;
	c->pos = c->sb.data_start;
	return c->st.term > RAFT_MAX_TERM ? -EOVERFLOW : 0;
}

/**
 * raft_survivor_copy() - make the log of a new group
 * @s: the survivor
 * @to: a blank log; it must not become one before this returns 0
 * @snapshot: where the snapshot goes if @s has one: a file that is not there, and is
 *	not after an error
 * @group_id: identity of the new group
 * @self: this node: the only voter, and where it listens
 *
 * Return: 0; -ENOSPC if it does not fit; -EEXIST @snapshot is there; -EOVERFLOW there
 * is no higher term; -EILSEQ the disk did not keep what was written; -ENOMEM; or any negative
 * errno of read(2), write(2) or fsync(2).
 */
int raft_survivor_copy(struct raft_survivor *s, const struct raft_logfile *to,
		       const char *snapshot, uint64_t group_id,
		       const struct raft_ioc_member *self)
{
	struct copy c = {
		.from = s->log.fd,
		.to = to->fd,
		.buf = malloc(WRITE_BYTES),
	};
	struct raft_disk_scan scan = {
		.read = fd_read,
		.ctx = &c.from,
		.buf = malloc(RAFT_DISK_BUF),
		.size = s->log.size,
	};
	int err = -ENOMEM;

	if (!c.buf || !scan.buf)
		goto out;
	/* Once for the head, without which no record can be written. */
	err = raft_disk_recover(&scan);
	if (!err)
		err = copy_begin(&c, s, &scan, to, group_id);
	if (err)
		goto out;
	scan.ctx = &c;
	scan.entry = copy_entry;
	if (!s->replaced)
		err = raft_disk_recover(&scan);
	if (!err)
		err = copy_config(&c, self);
	/* Before the log: that needs it. */
	if (!err && s->snap_fd >= 0)
		err = raft_survivor_copy_snapshot(s, snapshot, group_id,
						  c.sb.log_id);
	if (err)
		goto out;
	err = copy_head(&c);
	if (!err)
		err = copy_verify(&c, &scan, to->size);
	if (err && s->snap_fd >= 0)
		unlink(snapshot);
out:
	free(scan.buf);
	free(c.buf);
	return err;
}
