// SPDX-License-Identifier: GPL-2.0
/*
 * snapshot.c - raftdump(8) of a file with a snapshot.
 *
 * Owns nothing of the format: kmod/core/slot.c says what a head is, and the id in
 * it what the bytes are. Must never write to the file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "raftdump.h"
#include "slot.h"
#include "util.h"

static u8 chunk[256 * 1024];

/**
 * is_snapshot() - has a file the head of a snapshot?
 * @fd: the file
 * @size: its bytes
 *
 * Return: true if so, in whatever state.
 */
bool is_snapshot(int fd, uint64_t size)
{
	u8 magic[sizeof(RAFT_SLOT_MAGIC)];
	u32 i;

	for (i = 0; i < RAFT_SLOT_COPIES; i++)
		if (size >= RAFT_SLOT_HEAD &&
		    !raft_pread(fd, i * RAFT_SLOT_COPY, magic, sizeof(magic)) &&
		    !memcmp(magic, RAFT_SLOT_MAGIC, sizeof(magic)))
			return true;
	return false;
}

/* What comes of the state machine's bytes goes to stdout if @raw. */
static int content_check(int fd, const struct raft_slot *slot, bool raw)
{
	u32 crc = 0, image_crc = 0, n;
	u64 at;
	int err;

	for (at = 0; at < slot->of.total; at += n) {
		n = (u32)min_t(u64, slot->of.total - at, sizeof(chunk));
		if (at < slot->image)
			n = (u32)min_t(u64, n, slot->image - at);
		err = raft_pread(fd, RAFT_SLOT_HEAD + at, chunk, n);
		if (err)
			return err;
		crc = raft_slot_crc(crc, chunk, n);
		if (at + n == slot->image)
			image_crc = crc;
		if (raw && at >= slot->image &&
		    fwrite(chunk, 1, n, stdout) != n)
			return -EIO;
	}
	/* That of a witness is the image, which the kernel checks by itself. */
	if (raft_snapshot_is_bare(&slot->of))
		return slot->image == slot->of.total ? 0 : -EILSEQ;
	return raft_slot_id(image_crc, crc) == slot->of.id ? 0 : -EILSEQ;
}

static const char *verdict(const struct raft_slot *slot, int err)
{
	if (err == -EPROTO)
		return "of another version";
	if (err == -EILSEQ)
		return "damaged";
	if (err)
		return "unreadable";
	return slot->state == RAFT_SLOT_COMPLETE ? "whole" : "incomplete";
}

static void print_json(const struct raft_slot *slot, int err)
{
	struct raft_json j;

	raft_json_init(&j, stdout);
	raft_json_open(&j, NULL, '{');
	raft_json_str(&j, "snapshot", verdict(slot, err));
	raft_json_u64(&j, "group_id", slot->group_id);
	raft_json_u64(&j, "node_id", slot->node_id);
	raft_json_u64(&j, "log_id", slot->log_id);
	raft_json_u64(&j, "generation", slot->generation);
	raft_json_u64(&j, "index", slot->of.index);
	raft_json_u64(&j, "term", slot->of.term);
	raft_json_u64(&j, "id", slot->of.id);
	raft_json_u64(&j, "bytes", slot->of.total);
	raft_json_u64(&j, "stored", slot->stored);
	raft_json_u64(&j, "image", slot->image);
	raft_json_close(&j, '}');
	raft_json_end(&j);
}

static void print_text(FILE *out, const struct raft_slot *slot, int err)
{
	if (slot->of.index)
		fprintf(out, "snapshot of index %" PRIu64 " term %" PRIu64
			", group %" PRIx64 " node %u, log id %" PRIx64
			", generation %" PRIu64 "\n%" PRIu64 " of %" PRIu64
			" bytes, id %" PRIx64 ", %" PRIu64
			" of the state machine behind %u\n",
			slot->of.index, slot->of.term, slot->group_id,
			slot->node_id, slot->log_id, slot->generation,
			slot->stored, slot->of.total, slot->of.id,
			slot->image ? slot->of.total - slot->image : 0,
			slot->image);
	fprintf(out, "%s\n", verdict(slot, err));
}

/**
 * snapshot_dump() - check a snapshot and print what it is
 * @fd: a file for which is_snapshot() is true
 * @size: its bytes
 * @raw: the state machine's bytes to stdout, the rest to stderr
 * @json: one JSON object
 *
 * Return: EXIT_*; EXIT_TORN for one of which not all has come.
 */
int snapshot_dump(int fd, uint64_t size, bool raw, bool json)
{
	struct raft_slot slot = { 0 };
	int err;

	err = raft_pread(fd, 0, chunk, RAFT_SLOT_HEAD);
	if (!err)
		err = raft_slot_decode(&slot, chunk, size);
	if (!err && slot.state == RAFT_SLOT_COMPLETE)
		err = content_check(fd, &slot, raw);
	if (json)
		print_json(&slot, err);
	else
		print_text(raw ? stderr : stdout, &slot, err);
	if (fflush(stdout) || ferror(stdout)) {
		perror("raftdump: stdout");
		return EXIT_TROUBLE;
	}
	if (err == -EPROTO)
		return EXIT_NOT_A_LOG;
	if (err)
		return err == -EILSEQ ? EXIT_DAMAGED : EXIT_TROUBLE;
	return slot.state == RAFT_SLOT_COMPLETE ? EXIT_CLEAN : EXIT_TORN;
}
