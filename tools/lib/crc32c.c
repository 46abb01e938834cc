// SPDX-License-Identifier: GPL-2.0
/*
 * crc32c.c - the Castagnoli checksum for user-space builds of the core.
 *
 * Same result as the kernel's crc32c(): reflected polynomial 0x82f63b78, no
 * inversion at either end.  Eight tables, eight bytes a step.
 */
#include "raft_env.h"

static u32 table[8][256];

__attribute__((constructor)) static void crc32c_init(void)
{
	u32 i, k, crc;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
		table[0][i] = crc;
	}
	for (k = 1; k < 8; k++)
		for (i = 0; i < 256; i++)
			table[k][i] = table[k - 1][i] >> 8 ^
				      table[0][table[k - 1][i] & 255];
}

/**
 * crc32c() - add bytes to a checksum
 * @crc: checksum so far; whoever wants the standard value starts with ~0 and
 *	inverts the result, as in the kernel
 * @p: bytes
 * @len: how many
 *
 * Return: the new checksum.
 */
u32 crc32c(u32 crc, const void *p, size_t len)
{
	const u8 *b = p;

	for (; len >= 8; len -= 8, b += 8) {
		u32 lo = crc ^ raft_get_le32(b);
		u32 hi = raft_get_le32(b + 4);

		crc = table[7][lo & 255] ^ table[6][lo >> 8 & 255] ^
		      table[5][lo >> 16 & 255] ^ table[4][lo >> 24] ^
		      table[3][hi & 255] ^ table[2][hi >> 8 & 255] ^
		      table[1][hi >> 16 & 255] ^ table[0][hi >> 24];
	}
	for (; len; len--, b++)
		crc = crc >> 8 ^ table[0][(crc ^ *b) & 255];
	return crc;
}
