/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tap.h - one line for each thing that a test on the host looked at.  The first that
 * is not so ends it.
 */
#ifndef _RAFT_TAP_H
#define _RAFT_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int n_tests;

static void ok(bool good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++n_tests, name);
	if (!good)
		exit(1);
}

#endif /* _RAFT_TAP_H */
