// SPDX-License-Identifier: GPL-2.0
/*
 * wal_fault.c - what tests break in a write-ahead log (RAFT_FAULTS only).
 *
 * Owns the words of the scenario language about disks and crashes.  Must never
 * be part of a normal build.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "wal_internal.h"

/* Flips the byte at @pos, through the page cache. */
static int fault_flip(struct raft_wal *wal, u64 pos)
{
	struct bio_vec bvec = { .bv_len = 1 };
	u8 *buf = kzalloc(RAFT_DISK_BLOCK_MIN, GFP_KERNEL);
	int err;

	if (!buf)
		return -ENOMEM;
	err = wal->backend->read(wal, pos, buf, 1);
	buf[0] ^= 0xff;
	bvec.bv_page = virt_to_page(buf);
	bvec.bv_offset = offset_in_page(buf);
	if (!err)
		err = raft_wal_buffered.write(wal, pos, &bvec, 1);
	kfree(buf);
	return err;
}

static int fault_found(void *ctx, u64 index, const struct raft_entry *e,
		       const u8 *data)
{
	*(u32 *)ctx = e->len;
	return 0;
}

/* Flips the last byte of record @index, or of its header without a command. */
static int fault_corrupt(struct raft_wal *wal, u64 index)
{
	struct raft_wal_reader *rd = raft_wal_reader_new();
	u64 end;
	u32 len;
	int ret;

	if (!rd)
		return -ENOMEM;
	ret = raft_wal_read(wal, rd, index, 1, 0, fault_found, &len);
	if (ret == 1) {
		end = raft_wal_reader_pos(rd);
		end += sizeof(struct raft_disk_record_le) + len;
		ret = fault_flip(wal, end - raft_disk_record_bytes(len) - 1);
	} else if (!ret || ret == -ENODATA) {
		ret = -ENOENT;
	}
	raft_wal_reader_free(rd);
	return ret;
}

/* Flips a byte in both copies of the newest hard state on the disk. */
static int fault_forget(struct raft_wal *wal)
{
	u64 pos = raft_disk_state_pos(READ_ONCE(wal->durable.generation)) + 24;
	int err = fault_flip(wal, pos);

	return err ?: fault_flip(wal, pos + RAFT_DISK_COPY);
}

/**
 * raft_wal_fault() - break or mend a log
 * @wal: log
 * @what: "stall": from now on nothing completes for @arg ns, 0: until "ok";
 *	"error", "full": the next write fails; "sync": it arrives, and its flush
 *	fails; "unread": nothing can be read back; "corrupt": decay of the record
 *	with index @arg, 0: of the hard state, until the next one is written;
 *	"nosync": direct writes are not made durable; "unordered": records do not
 *	wait for the truncation before them; "ok": no more of it
 * @arg: see @what
 *
 * Context: Process context; "corrupt" waits for the disk.
 * Return: 0, or -EINVAL (unknown word), -ENOENT (no such record), -ENOMEM, or
 * an I/O error.
 */
int raft_wal_fault(struct raft_wal *wal, const char *what, u64 arg)
{
	if (!strcmp(what, "stall")) {
		WRITE_ONCE(wal->stall_until,
			   arg ? ktime_get_ns() + arg : U64_MAX);
		return 0;
	}
	if (!strcmp(what, "error") || !strcmp(what, "full")) {
		WRITE_ONCE(wal->fault_error,
			   *what == 'e' ? -EIO : -ENOSPC);
		return 0;
	}
	if (!strcmp(what, "sync")) {
		WRITE_ONCE(wal->fault_sync, true);
		return 0;
	}
	if (!strcmp(what, "unread")) {
		WRITE_ONCE(wal->unread, true);
		return 0;
	}
	if (!strcmp(what, "nosync") || !strcmp(what, "unordered")) {
		if (*what == 'n')
			WRITE_ONCE(wal->nosync, true);
		else
			WRITE_ONCE(wal->unordered, true);
		return 0;
	}
	if (!strcmp(what, "corrupt"))
		return arg ? fault_corrupt(wal, arg) : fault_forget(wal);
	if (strcmp(what, "ok"))
		return -EINVAL;
	WRITE_ONCE(wal->stall_until, 0);
	WRITE_ONCE(wal->fault_error, 0);
	WRITE_ONCE(wal->fault_sync, false);
	WRITE_ONCE(wal->unread, false);
	WRITE_ONCE(wal->nosync, false);
	WRITE_ONCE(wal->unordered, false);
	kthread_mod_delayed_work(wal->worker, &wal->work, 0);
	return 0;
}

/* What would have been written next, without the second half of its last write. */
static void write_half(struct raft_wal *wal)
{
	struct raft_wal_group *g = &wal->group;
	int err = 0;
	u32 len;

	if (!raft_wal_gather(wal))
		return;
	if (g->state) {
		len = g->fill ? RAFT_DISK_SLOT : RAFT_DISK_COPY;
		wal->state.generation++;
		raft_disk_state_encode(&wal->state, wal->super.log_id,
				       page_address(wal->page));
		err = raft_wal_buffered.write(wal, raft_disk_state_pos(wal->state.generation),
					      &wal->page_bvec, len);
	}
	if (!err && g->fill) {
		len = (u32)raft_disk_round_up(g->fill / 2, RAFT_DISK_BLOCK_MIN);
		err = raft_wal_buffered.write(wal, g->at.pos, wal->area->bvec, len);
	}
	if (err)
		pr_warn("torn write failed: error %d\n", err);
}

/**
 * raft_wal_crash() - end a log as a crash of the machine would
 * @wal: log to which nothing will be submitted any more; freed
 * @torn: of what was not yet written, write the first half of one write
 *
 * What is in flight completes, what waits is lost, nothing is reported.
 *
 * Context: Process context; waits for the write in flight and for readers.
 */
void raft_wal_crash(struct raft_wal *wal, bool torn)
{
	/* The worker gathers no more, then what it started comes to an end. */
	WRITE_ONCE(wal->crashed, true);
	kthread_cancel_delayed_work_sync(&wal->work);
	kthread_cancel_delayed_work_sync(&wal->note);
	kthread_destroy_worker(wal->worker);
	raft_wal_wait_readers(wal);
	if (torn && !wal->error)
		write_half(wal);
	raft_wal_free(wal);
}

/**
 * raft_wal_stalled() - does the disk hang?
 * @wal: log
 *
 * Context: any.
 * Return: true while "stall" is in force.
 */
bool raft_wal_stalled(const struct raft_wal *wal)
{
	return READ_ONCE(wal->stall_until) > ktime_get_ns();
}
