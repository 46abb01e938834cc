// SPDX-License-Identifier: GPL-2.0
/*
 * payload.c - the bytes of one command, reference-counted.
 *
 * The core holds payloads as opaque handles and calls raft_payload_get() and
 * raft_payload_put() for the references that it keeps; a configuration it writes
 * itself, through raft_payload_bytes().  Nobody changes a byte after the payload
 * was shared.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "core/raft_core.h"
#include "payload.h"

/**
 * raft_payload_alloc - make a payload
 * @len: bytes, at most RAFT_MAX_COMMAND
 * @gfp: how to allocate; the bytes may be scattered in physical memory
 *
 * Context: may sleep if @gfp allows it.
 * Return: a payload with one reference and bytes that the caller must fill in,
 *	NULL if out of memory.
 */
struct raft_payload *raft_payload_alloc(u32 len, gfp_t gfp)
{
	struct raft_payload *p;

	p = kvmalloc(struct_size(p, data, len), gfp);
	if (!p)
		return NULL;
	refcount_set(&p->ref, 1);
	p->len = len;
	return p;
}

/**
 * raft_payload_get - take one more reference
 * @payload: a struct raft_payload, or NULL
 *
 * Context: any; the caller has a reference.
 */
void raft_payload_get(void *payload)
{
	struct raft_payload *p = payload;

	if (p)
		refcount_inc(&p->ref);
}

/**
 * raft_payload_bytes - the bytes of a payload
 * @payload: a struct raft_payload
 *
 * Context: any; who writes them is the only one to know the payload.
 * Return: the bytes.
 */
void *raft_payload_bytes(void *payload)
{
	struct raft_payload *p = payload;

	return p->data;
}

/**
 * raft_payload_put - give a reference back
 * @payload: a struct raft_payload, or NULL
 *
 * Context: any but NMI; without spinlocks, for the last reference frees.
 */
void raft_payload_put(void *payload)
{
	struct raft_payload *p = payload;

	if (p && refcount_dec_and_test(&p->ref))
		kvfree(p);
}
