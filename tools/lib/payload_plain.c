// SPDX-License-Identifier: GPL-2.0
/*
 * payload_plain.c - payloads for programs in which a payload is its bytes and nobody
 * counts references: what the core calls (raft_core.h).
 */
#include "raft_core.h"

/**
 * raft_payload_get() - the core takes a reference
 * @payload: bytes
 */
void raft_payload_get(void *payload)
{
	(void)payload;
}

/**
 * raft_payload_put() - the core gives a reference back
 * @payload: bytes
 */
void raft_payload_put(void *payload)
{
	(void)payload;
}

/**
 * raft_payload_bytes() - where the core writes a configuration
 * @payload: bytes
 *
 * Return: the same.
 */
void *raft_payload_bytes(void *payload)
{
	return payload;
}
