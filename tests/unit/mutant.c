// SPDX-License-Identifier: GPL-2.0
/*
 * mutant.c - the deliberate mistake that a unit test is run with: $RAFT_MUTANT.
 */
#include <stdlib.h>

#include "raft_env.h"

const char *raft_mutant;

__attribute__((constructor)) static void mutant_set(void)
{
	raft_mutant = getenv("RAFT_MUTANT");
}
