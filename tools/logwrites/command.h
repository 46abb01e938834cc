/* SPDX-License-Identifier: GPL-2.0 */
/*
 * command.h - the commands that logwrites-load proposes and logwrites knows again.
 *
 * A command is its name, a blank, and bytes that follow from name and place, so
 * that no other command, and no mixture of two, is taken for it.
 */
#ifndef _LOGWRITES_COMMAND_H
#define _LOGWRITES_COMMAND_H

#include <stdint.h>
#include <string.h>

#define COMMAND_NAME	40	/* with the NUL */
#define COMMAND_MAX	16384

/* Bytes of command @name, @len of them, more than COMMAND_NAME. */
static inline void command_fill(const char *name, char *to, uint32_t len)
{
	uint32_t n = strlen(name), i, h = 5381;

	for (i = 0; i < n; i++)
		h = h * 33 + (unsigned char)name[i];
	memcpy(to, name, n);
	to[n] = ' ';
	for (i = n + 1; i < len; i++)
		to[i] = 'a' + (h + i / 64 * 7 + i) % 26;
}

#endif /* _LOGWRITES_COMMAND_H */
