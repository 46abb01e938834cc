// SPDX-License-Identifier: GPL-2.0
/*
 * wal_queue.c - batches of the owner, on their way to the worker.
 *
 * Owns the queue and the room that is promised.  Group commit by construction:
 * while one group is in flight, what arrives waits in the queue and makes the next
 * one (wal_group.c).  Must never let the owner wait for the disk.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/math64.h>
#include <linux/slab.h>

#include "payload.h"
#include "wal_internal.h"

/* --- the queue ---------------------------------------------------------- */

static void chunk_keep(struct raft_wal_reserve *r, struct raft_wal_chunk *c)
{
	c->free.next = r->first;
	r->first = &c->free;
	r->n++;
}

/* There is one. */
static struct raft_wal_chunk *chunk_take(struct raft_wal_reserve *r)
{
	struct raft_wal_chunk *c;

	c = llist_entry(r->first, struct raft_wal_chunk, free);
	r->first = r->first->next;
	r->n--;
	return c;
}

/* What the worker returned; more than is good to have goes. */
static void queue_harvest(struct raft_wal_queue *q)
{
	struct raft_wal_chunk *c, *next;

	if (llist_empty(&q->empties))
		return;
	llist_for_each_entry_safe(c, next, llist_del_all(&q->empties), free) {
		if (q->spare->n < 2 * RAFT_WAL_CHUNKS)
			chunk_keep(q->spare, c);
		else
			kfree(c);
	}
}

/*
 * Owner: is there memory for @items more?  What the worker returned is enough
 * unless the disk lags far behind; growth is bounded by the memory of the
 * core's own log.  Never waits.
 */
static bool queue_reserve(struct raft_wal_queue *q, u64 items)
{
	struct raft_wal_chunk *c;

	queue_harvest(q);
	while (q->spare->n * RAFT_WAL_CHUNK_ITEMS < items) {
		c = kmalloc(sizeof(*c), GFP_NOWAIT | __GFP_NOWARN);
		if (!c)
			return false;
		chunk_keep(q->spare, c);
	}
	return true;
}

/* Owner: an empty chunk, reserved before. */
static struct raft_wal_chunk *chunk_get(struct raft_wal_queue *q)
{
	struct raft_wal_chunk *c = chunk_take(q->spare);

	c->next = NULL;
	return c;
}

/* Owner: a new item, not yet seen by the worker; there is memory for it. */
static struct raft_wal_item *queue_add(struct raft_wal_queue *q, u64 seq,
				       enum raft_wal_kind kind, u64 index)
{
	struct raft_wal_item *it;

	if (q->tail_n == RAFT_WAL_CHUNK_ITEMS) {
		q->tail->next = chunk_get(q);
		q->tail = q->tail->next;
		q->tail_n = 0;
	}
	it = &q->tail->items[q->tail_n++];
	q->filled++;
	it->seq = seq;
	it->kind = kind;
	it->index = index;
	it->last = false;
	return it;
}

/**
 * raft_wal_queue_peek() - the oldest item
 * @q: queue
 *
 * Context: Worker.
 * Return: the item, or NULL.
 */
struct raft_wal_item *raft_wal_queue_peek(struct raft_wal_queue *q)
{
	struct raft_wal_chunk *c = q->head;

	/* Pairs with the release in raft_wal_submit(). */
	if (q->taken == smp_load_acquire(&q->submitted))
		return NULL;
	if (q->head_n == RAFT_WAL_CHUNK_ITEMS) {
		q->head = c->next;
		q->head_n = 0;
		llist_add(&c->free, &q->empties);
	}
	return &q->head->items[q->head_n];
}

/* Bytes that an entry takes on the disk if it is alone in its write. */
static u64 item_worst(const struct raft_wal *wal, u32 len)
{
	return raft_disk_round_up(raft_disk_record_bytes(len),
				  wal->super.block);
}

/**
 * raft_wal_queue_pop() - done with the oldest item
 * @wal: log
 * @it: from raft_wal_queue_peek()
 *
 * Context: Worker.
 */
void raft_wal_queue_pop(struct raft_wal *wal, struct raft_wal_item *it)
{
	struct raft_wal_queue *q = &wal->queue;

	if (it->kind == RAFT_WAL_ENTRY) {
		/* Release: whoever sees it sees the room that was taken. */
		atomic64_sub_return_release(item_worst(wal, it->e.len),
					    &wal->pending);
		if (it->e.payload)
			raft_payload_put(it->e.payload);
	}
	q->head_n++;
	WRITE_ONCE(q->taken, q->taken + 1);
}

/**
 * raft_wal_queue_init() - prepare an empty queue
 * @wal: zeroed log
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM; raft_wal_queue_destroy() cleans up after both.
 */
int raft_wal_queue_init(struct raft_wal *wal)
{
	struct raft_wal_queue *q = &wal->queue;

	init_llist_head(&q->empties);
	q->spare = &q->own;
	q->tail = kmalloc(sizeof(*q->tail), GFP_KERNEL);
	if (!q->tail)
		return -ENOMEM;
	q->tail->next = NULL;
	q->head = q->tail;
	return 0;
}

/**
 * raft_wal_reserve_init() - get memory for a thread that hands batches to logs
 * @spare: zeroed
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM; raft_wal_reserve_free() cleans up after both.
 */
int raft_wal_reserve_init(struct raft_wal_reserve *spare)
{
	struct raft_wal_chunk *c;

	while (spare->n < RAFT_WAL_CHUNKS) {
		c = kmalloc(sizeof(*c), GFP_KERNEL);
		if (!c)
			return -ENOMEM;
		chunk_keep(spare, c);
	}
	return 0;
}

/**
 * raft_wal_reserve_free() - free what is there
 * @spare: no log uses it any more
 *
 * Context: May sleep.
 */
void raft_wal_reserve_free(struct raft_wal_reserve *spare)
{
	while (spare->n)
		kfree(chunk_take(spare));
}

/**
 * raft_wal_share() - use the memory that the owner has for all its logs
 * @wal: log
 * @with: the memory; NULL: only what the log has itself
 *
 * Context: Owner thread; with @with before its first batch.
 */
void raft_wal_share(struct raft_wal *wal, struct raft_wal_reserve *with)
{
	wal->queue.spare = with ? with : &wal->queue.own;
}

/**
 * raft_wal_queue_destroy() - drop what is queued and free its memory
 * @wal: log whose worker is stopped
 *
 * Context: May sleep; nobody else uses the queue.
 */
void raft_wal_queue_destroy(struct raft_wal *wal)
{
	struct raft_wal_queue *q = &wal->queue;
	struct llist_node *n;
	struct raft_wal_item *it;

	if (q->head)
		while ((it = raft_wal_queue_peek(q)))
			raft_wal_queue_pop(wal, it);
	kfree(q->head);
	raft_wal_reserve_free(&q->own);
	n = llist_del_all(&q->empties);
	while (n) {
		struct llist_node *next = n->next;

		kfree(llist_entry(n, struct raft_wal_chunk, free));
		n = next;
	}
}

/**
 * raft_wal_kick() - have the worker look for work
 * @wal: log
 *
 * Context: Any.
 */
void raft_wal_kick(struct raft_wal *wal)
{
	kthread_queue_delayed_work(wal->worker, &wal->work, 0);
}

/**
 * raft_wal_prepare() - see to memory for what the next step may submit
 * @wal: log
 *
 * Context: Owner thread; does not wait.
 * Return: false if there is too little: the step must not append entries.
 */
bool raft_wal_prepare(struct raft_wal *wal)
{
	return queue_reserve(&wal->queue, RAFT_WAL_STEP_ITEMS);
}

static u64 batch_items(const struct raft_persist *batch)
{
	u64 n = 3;	/* hard state, truncation, base */

	if (batch->what & RAFT_PERSIST_ENTRIES)
		n += batch->last - batch->first + 1;
	return n;
}

/* The worker may need to know of it before what waits in front of it. */
static struct raft_wal_item *base_add(struct raft_wal *wal,
				      const struct raft_persist *batch)
{
	struct raft_wal_item *it;

	it = queue_add(&wal->queue, batch->seq, RAFT_WAL_BASE, batch->base);
	it->term = batch->base_term;
	spin_lock(&wal->lock);
	wal->base_index = batch->base;
	wal->base_term = batch->base_term;
	spin_unlock(&wal->lock);
	return it;
}

/**
 * raft_wal_submit() - hand a batch to the log
 * @wal: log
 * @core: owner of the entries
 * @batch: what to write; @batch->seq is one more than that of the last batch
 *
 * The outcome is reported by ops->done().  After an error was reported, batches
 * are dropped without another report.  If there is no memory for the batch even
 * though raft_wal_prepare() kept some, that is such an error.
 *
 * Context: Owner thread, before its next raft_step().  Waits for nothing.
 */
void raft_wal_submit(struct raft_wal *wal, const struct raft *core,
		     const struct raft_persist *batch)
{
	struct raft_wal_queue *q = &wal->queue;
	struct raft_wal_item *it = NULL;
	u64 bytes = 0;
	u64 index;

	if (READ_ONCE(wal->error))
		return;
	if (!queue_reserve(q, batch_items(batch))) {
		raft_wal_fail(wal, -ENOMEM);
		return;
	}
	if (batch->what & RAFT_PERSIST_HARD_STATE) {
		it = queue_add(q, batch->seq, RAFT_WAL_STATE, 0);
		it->hs = batch->hs;
	}
	if (batch->what & RAFT_PERSIST_TRUNCATE)
		it = queue_add(q, batch->seq, RAFT_WAL_TRUNCATE,
			       batch->truncate_from);
	if (batch->what & RAFT_PERSIST_BASE)
		it = base_add(wal, batch);
	if (batch->what & RAFT_PERSIST_ENTRIES) {
		for (index = batch->first; index <= batch->last; index++) {
			it = queue_add(q, batch->seq, RAFT_WAL_ENTRY, index);
			it->e = *raft_entry_at(core, index);
			if (it->e.payload)
				raft_payload_get(it->e.payload);
			bytes += item_worst(wal, it->e.len);
		}
	}
	if (!it) {	/* an empty batch wants its answer in order, too */
		it = queue_add(q, batch->seq, RAFT_WAL_STATE, 0);
		it->hs = batch->hs;
	}
	it->last = true;
	atomic64_add(bytes, &wal->pending);
	/* Pairs with the acquire in raft_wal_queue_peek(). */
	smp_store_release(&q->submitted, q->filled);
	raft_wal_kick(wal);
}

/**
 * raft_wal_free_bytes() - bytes that neither hold nor await entries
 * @wal: log
 *
 * Context: Any.
 * Return: bytes, not counting the reserve; 0 if the log failed.
 */
u64 raft_wal_free_bytes(const struct raft_wal *wal)
{
	u64 used, free;

	if (READ_ONCE(wal->error))
		return 0;
	/* So that an entry is never in neither; see raft_wal_queue_pop(). */
	used = atomic64_read_acquire(&wal->pending) + RAFT_WAL_RESERVE;
	free = READ_ONCE(wal->free);
	return used < free ? free - used : 0;
}

/**
 * raft_wal_room() - how much may be appended
 * @wal: log
 *
 * Context: Any.
 * Return: bytes by the measure of raft_entry_disk_bytes(), not counting what
 * was submitted nor a reserve for the no-ops of new leaders; 0 if it failed.
 */
u64 raft_wal_room(const struct raft_wal *wal)
{
	u64 free = raft_wal_free_bytes(wal);
	u64 more = wal->super.block - RAFT_DISK_BLOCK_MIN;

	/*
	 * The measure is in units of 512, a lone entry takes whole blocks: so many
	 * times as much at most, and that much more for each entry of a step.
	 */
	more *= RAFT_WAL_STEP_ITEMS;
	return max(div_u64(free, wal->super.block / RAFT_DISK_BLOCK_MIN),
		   free - min(free, more));
}

/**
 * raft_wal_is_idle() - nothing queued that there is room for
 * @wal: log
 *
 * Context: Any; true stays true only if nobody submits.
 * Return: whether it is so; the worker may still write what it took.
 */
bool raft_wal_is_idle(const struct raft_wal *wal)
{
	return READ_ONCE(wal->blocked) || READ_ONCE(wal->queue.taken) ==
					  READ_ONCE(wal->queue.submitted);
}
