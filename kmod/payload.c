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
#include <linux/vmalloc.h>

#include "core/raft_core.h"
#include "payload.h"

/* Above this, a power of two of pages in a row is much to ask for. */
#define PAYLOAD_LARGE	((size_t)PAGE_SIZE << PAGE_ALLOC_COSTLY_ORDER)

/**
 * raft_payload_alloc - make a payload
 * @len: bytes, at most RAFT_MAX_MSG_BYTES
 * @gfp: how to allocate; the bytes are scattered in physical memory if there are
 *	many and @gfp allows it to sleep, else they are pages in a row
 *
 * Context: may sleep if @gfp allows it.
 * Return: a payload with one reference and bytes that the caller must fill in,
 *	NULL if out of memory.
 */
struct raft_payload *raft_payload_alloc(u32 len, gfp_t gfp)
{
	struct raft_payload *p;
	size_t size = struct_size(p, mem, len);
	bool exact = size > PAYLOAD_LARGE && !gfpflags_allow_blocking(gfp);

	if (exact)
		p = alloc_pages_exact(size, gfp);
	else if (size > PAYLOAD_LARGE)
		p = __vmalloc(size, gfp);
	else
		p = kvmalloc(size, gfp);
	if (!p)
		return NULL;
	refcount_set(&p->ref, 1);
	p->len = len;
	p->summed = false;
	p->exact = exact ? size : 0;
	p->data = p->mem;
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
 * raft_payload_crc - what vouches for the bytes, on the wire and on the disk
 * @p: the payload; its bytes do not change any more
 *
 * Summed once, by whoever asks first: who proposes, not the owner.  What comes from
 * a peer has it from there.
 *
 * Context: any; several may ask at the same time.
 * Return: raft_command_crc().
 */
u32 raft_payload_crc(struct raft_payload *p)
{
	/* Pairs with the release below: @crc is there. */
	if (!smp_load_acquire(&p->summed)) {
		WRITE_ONCE(p->crc, raft_command_crc(p->data, p->len));
		/* Pairs with the load above: first @crc. */
		smp_store_release(&p->summed, true);
	}
	return READ_ONCE(p->crc);
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

	if (!p || !refcount_dec_and_test(&p->ref))
		return;
	if (p->exact)
		free_pages_exact(p, p->exact);
	else
		kvfree(p);
}
