// SPDX-License-Identifier: GPL-2.0
/*
 * stamp.c - a log or a snapshot of another version, for the tests of the module.
 *
 *   module-stamp FILE OFFSET VALUE
 *	writes 32 bits into both copies of its head, and mends their checksums
 *
 * The superblock of a log and the head of a snapshot's file have both copies, version,
 * features and checksum at the same places.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk.h"
#include "slot.h"

static_assert(sizeof(struct raft_slot_le) == sizeof(struct raft_disk_super_le));
static_assert(offsetof(struct raft_slot_le, crc) ==
	      offsetof(struct raft_disk_super_le, crc));
static_assert(offsetof(struct raft_slot_le, version) ==
	      offsetof(struct raft_disk_super_le, version));
static_assert(offsetof(struct raft_slot_le, incompat) ==
	      offsetof(struct raft_disk_super_le, incompat));

static int stamp(int fd, off_t at, size_t offset, u32 value)
{
	u8 head[sizeof(struct raft_slot_le)];
	__le32 le = cpu_to_le32(value), crc;

	if (pread(fd, head, sizeof(head), at) != sizeof(head))
		return 1;
	memcpy(head + offset, &le, sizeof(le));
	crc = cpu_to_le32(~crc32c(~0u, head, sizeof(head) - sizeof(crc)));
	memcpy(head + sizeof(head) - sizeof(crc), &crc, sizeof(crc));
	return pwrite(fd, head, sizeof(head), at) != sizeof(head);
}

int main(int argc, char **argv)
{
	size_t offset = argc == 4 ? strtoul(argv[2], NULL, 0) : 0;
	int fd, i;

	if (!offset || offset > sizeof(struct raft_slot_le) - 8) {
		fprintf(stderr, "module-stamp: see the top of stamp.c\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	for (i = 0; fd >= 0 && i < RAFT_SLOT_COPIES; i++)
		if (stamp(fd, i * RAFT_SLOT_COPY, offset,
			  (u32)strtoul(argv[3], NULL, 0)))
			break;
	if (i == RAFT_SLOT_COPIES && !fsync(fd))
		return 0;
	perror(argv[1]);
	return 1;
}
