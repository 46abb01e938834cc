// SPDX-License-Identifier: GPL-2.0
/*
 * wal_queue.c - the way of a batch: owner -> worker -> disk -> completion.
 *
 * Owns the queue, the group in flight and the order of writes.  Group commit by
 * construction: while one group is in flight, what arrives waits in the queue
 * and makes the next one.  Must never let the owner wait for the disk, write
 * records of two groups at once, or report a batch before all of it and of its
 * predecessors is durable.
 *
 * A group is at most one hard state and one buffer of records.  They are written
 * at the same time: neither is acknowledged before both are durable, and either
 * may be found without the other after a crash (a term that lags behind the
 * records is raised, see raft_disk_boot()).  Only a truncation needs an order:
 * the hard state that calls the old records stale, then what overwrites them.
 *
 *   IDLE --gather--> BUSY --completion--> IDLE
 *                     |  ^
 *      intent durable v  | records issued
 *                     NEXT
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "payload.h"
#include "wal_internal.h"

/* --- reports ------------------------------------------------------------ */

static void wal_report(struct raft_wal *wal, u64 seq, u64 index, u64 term,
		       int error)
{
#ifdef RAFT_FAULTS
	if (READ_ONCE(wal->crashed))
		return;
#endif
	wal->ops->done(wal->ctx, seq, index, term, error);
}

/* Fail-stop, once: nothing that follows is written or reported. */
static void wal_fail(struct raft_wal *wal, int err)
{
	if (cmpxchg(&wal->error, 0, err))
		return;
	pr_err("group %llx node %u: log failed at byte %llu: error %d\n",
	       wal->super.group_id, wal->super.node_id, wal->group.pos, err);
	wal_report(wal, 0, 0, 0, err);
}

/* --- the queue ---------------------------------------------------------- */

static void chunk_keep(struct raft_wal_queue *q, struct raft_wal_chunk *c)
{
	c->free.next = q->spare;
	q->spare = &c->free;
	q->n_spare++;
}

/*
 * Owner: is there memory for @items more?  What the worker returned is enough
 * unless the disk lags far behind; growth is bounded by the memory of the
 * core's own log.  Never waits.
 */
static bool queue_reserve(struct raft_wal_queue *q, u64 items)
{
	struct raft_wal_chunk *c, *next;

	if (q->n_spare * RAFT_WAL_CHUNK_ITEMS >= items)
		return true;
	llist_for_each_entry_safe(c, next, llist_del_all(&q->empties), free)
		chunk_keep(q, c);
	while (q->n_spare * RAFT_WAL_CHUNK_ITEMS < items) {
		c = kmalloc(sizeof(*c), GFP_NOWAIT | __GFP_NOWARN);
		if (!c)
			return false;
		chunk_keep(q, c);
	}
	return true;
}

/* Owner: an empty chunk, reserved before. */
static struct raft_wal_chunk *chunk_get(struct raft_wal_queue *q)
{
	struct raft_wal_chunk *c;

	c = llist_entry(q->spare, struct raft_wal_chunk, free);
	q->spare = q->spare->next;
	q->n_spare--;
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

/* Worker: the oldest item, or NULL. */
static struct raft_wal_item *queue_peek(struct raft_wal_queue *q)
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

static void queue_pop(struct raft_wal *wal, struct raft_wal_item *it)
{
	struct raft_wal_queue *q = &wal->queue;

	if (it->kind == RAFT_WAL_ENTRY) {
		/* Release: whoever sees it sees the tail that was moved. */
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
	struct raft_wal_chunk *c;
	int i;

	init_llist_head(&q->empties);
	for (i = 0; i < RAFT_WAL_CHUNKS; i++) {
		c = kmalloc(sizeof(*c), GFP_KERNEL);
		if (!c)
			return -ENOMEM;
		chunk_keep(q, c);
	}
	q->tail = chunk_get(q);
	q->head = q->tail;
	return 0;
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
		while ((it = queue_peek(q)))
			queue_pop(wal, it);
	kfree(q->head);
	while (q->spare) {
		n = q->spare;
		q->spare = n->next;
		kfree(llist_entry(n, struct raft_wal_chunk, free));
	}
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
	queue_delayed_work(wal->wq, &wal->work, 0);
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
	u64 n = 2;	/* hard state, truncation */

	if (batch->what & RAFT_PERSIST_ENTRIES)
		n += batch->last - batch->first + 1;
	return n;
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
		wal_fail(wal, -ENOMEM);
		return;
	}
	if (batch->what & RAFT_PERSIST_HARD_STATE) {
		it = queue_add(q, batch->seq, RAFT_WAL_STATE, 0);
		it->hs = batch->hs;
	}
	if (batch->what & RAFT_PERSIST_TRUNCATE)
		it = queue_add(q, batch->seq, RAFT_WAL_TRUNCATE,
			       batch->truncate_from);
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
	/* Pairs with the acquire in queue_peek(). */
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
	u64 used;

	if (READ_ONCE(wal->error))
		return 0;
	/* In this order, so that an entry is never in neither; see queue_pop(). */
	used = atomic64_read_acquire(&wal->pending);
	used += READ_ONCE(wal->tail) + RAFT_WAL_RESERVE;
	return used < wal->super.data_end ? wal->super.data_end - used : 0;
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
	/* The measure is in units of 512, a lone entry takes a whole block. */
	return div_u64(raft_wal_free_bytes(wal),
		       wal->super.block / RAFT_DISK_BLOCK_MIN);
}

/**
 * raft_wal_is_idle() - nothing queued, nothing in flight
 * @wal: log
 *
 * Context: Any; true stays true only if nobody submits.
 * Return: whether it is idle.
 */
bool raft_wal_is_idle(struct raft_wal *wal)
{
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&wal->lock, flags);
	idle = wal->stage == RAFT_WAL_IDLE &&
	       READ_ONCE(wal->queue.taken) == READ_ONCE(wal->queue.submitted);
	spin_unlock_irqrestore(&wal->lock, flags);
	return idle;
}

/* --- completion --------------------------------------------------------- */

/* The writes of this stage are over; whoever finished the last one is here. */
static void group_end(struct raft_wal *wal)
{
	struct raft_wal_group *g = &wal->group;
	enum raft_wal_stage next = RAFT_WAL_IDLE;
	unsigned long flags;

	if (wal->io_error) {
		wal_fail(wal, wal->io_error);
	} else if (g->intent && g->fill) {
		g->intent = false;
		g->state = false;
		next = RAFT_WAL_NEXT;
	} else {
		if (g->fill) {
			wal->state.durable = g->last;
			wal->state.durable_crc = g->last_crc;
		}
		/* The owner may have failed the log meanwhile. */
		if (g->seq && !READ_ONCE(wal->error))
			wal_report(wal, g->seq, g->index, g->term, 0);
	}
	/*
	 * From the unlock on the log may be freed: raft_wal_close() has seen it
	 * idle, taken the lock once more, and stopped the worker.
	 */
	spin_lock_irqsave(&wal->lock, flags);
	wal->stage = next;
	raft_wal_kick(wal);
	spin_unlock_irqrestore(&wal->lock, flags);
}

static void group_io_done(struct raft_wal_io *io, int err)
{
	struct raft_wal *wal = io->wal;

	if (err)
		cmpxchg(&wal->io_error, 0, err);
	if (atomic_dec_and_test(&wal->ios))
		group_end(wal);
}

/* --- worker ------------------------------------------------------------- */

/* Truncate: from here on the records from @index on are of no value. */
static int group_truncate(struct raft_wal *wal, u64 index)
{
	const struct raft_wal_mark *m;
	u64 end = wal->super.data_start;

	if (!index || index > wal->last + 1)
		return -EINVAL;
	wal->last = index - 1;
	wal->last_crc = 0;
	if (wal->last) {
		m = raft_wal_mark_get(wal, wal->last);
		if (!m)
			return -EINVAL;
		end = m->end;
		wal->last_crc = m->crc;
	}
	/* A new block: the old one may hold records that stay. */
	WRITE_ONCE(wal->tail, raft_disk_round_up(end, wal->super.block));
	wal->state.epoch++;
	wal->state.stale_from = index;
	wal->state.durable = wal->last;
	wal->state.durable_crc = wal->last_crc;
	wal->group.intent = true;
	wal->group.state = true;
	return 0;
}

static int group_append(struct raft_wal *wal, const struct raft_wal_item *it)
{
	struct raft_wal_group *g = &wal->group;
	struct raft_payload *payload = it->e.payload;
	struct raft_disk_record rec = {
		.pos = g->pos + g->fill,
		.index = it->index,
		.term = it->e.term,
		.epoch = wal->state.epoch,
		.durable_before = g->fill ? g->first : it->index,
		.incarnation = it->e.incarnation,
		.serial = it->e.serial,
		.client = it->e.client,
		.client_serial = it->e.client_serial,
		.origin = it->e.origin,
		.len = it->e.len,
		.chain = wal->last_crc,
		.type = it->e.type,
	};

	if (it->index != wal->last + 1 || it->e.len > RAFT_MAX_COMMAND)
		return -EINVAL;
	wal->last_crc = raft_disk_record_encode(&wal->super, &rec,
						payload ? payload->data : NULL,
						wal->buf + g->fill);
	if (!g->fill)
		g->first = it->index;
	g->fill += raft_disk_record_bytes(it->e.len);
	g->last = it->index;
	g->last_crc = wal->last_crc;
	wal->last = it->index;
	wal->open_index = it->index;
	wal->open_term = it->e.term;
	WRITE_ONCE(wal->tail, raft_disk_round_up(g->pos + g->fill,
						 wal->super.block));
	return raft_wal_mark_set(wal, it->index, g->pos + g->fill,
				 wal->last_crc, GFP_NOIO | __GFP_NOFAIL);
}

/* 0, -EAGAIN if the item has to wait for the next group, or fatal. */
static int group_take(struct raft_wal *wal, const struct raft_wal_item *it)
{
	struct raft_wal_group *g = &wal->group;
	u32 bytes;

	switch ((enum raft_wal_kind)it->kind) {
	case RAFT_WAL_STATE:
		wal->state.term = it->hs.term;
		wal->state.vote = it->hs.vote;
		wal->state.commit = it->hs.commit;
		wal->state.reach = it->hs.reach;
		wal->state.reach_term = it->hs.reach_term;
		g->state = true;
		return 0;
	case RAFT_WAL_TRUNCATE:
		if (g->fill)
			return -EAGAIN;
		return group_truncate(wal, it->index);
	case RAFT_WAL_ENTRY:
		if (!g->fill)
			g->pos = wal->tail;
		bytes = raft_disk_record_bytes(it->e.len);
		if (g->fill + bytes > RAFT_WAL_BUF)
			return -EAGAIN;
		if (g->pos + g->fill + bytes > wal->super.data_end)
			return g->fill ? -EAGAIN : -ENOSPC;
		return group_append(wal, it);
	}
	return -EINVAL;
}

/**
 * raft_wal_gather() - make a group of what is queued
 * @wal: log whose stage the caller owns
 *
 * Context: Worker; may sleep for memory.
 * Return: whether there is something to write.
 */
bool raft_wal_gather(struct raft_wal *wal)
{
	struct raft_wal_group *g = &wal->group;
	struct raft_wal_item *it;
	int err = 0;

	memset(g, 0, sizeof(*g));
	g->pos = wal->tail;
	while (!err && (it = queue_peek(&wal->queue))) {
		err = READ_ONCE(wal->error) ? 0 : group_take(wal, it);
		if (err == -EAGAIN)
			break;
		if (err)
			wal_fail(wal, err);
		if (it->last) {
			g->seq = it->seq;
			if (wal->open_index) {
				g->index = wal->open_index;
				g->term = wal->open_term;
			}
			wal->open_index = 0;
		}
		queue_pop(wal, it);
	}
	return !READ_ONCE(wal->error) && (g->state || g->fill);
}

static void issue_state(struct raft_wal *wal)
{
	struct raft_wal_io *io = &wal->io_state;

	wal->state.generation++;
	raft_disk_state_encode(&wal->state, wal->super.log_id,
			       page_address(wal->page));
	io->bvec = &wal->page_bvec;
	io->nr = 1;
	io->pos = raft_disk_state_pos(wal->state.generation);
	io->len = RAFT_DISK_SLOT;
	io->done = group_io_done;
	wal->writes++;
	wal->bytes += io->len;
	wal->backend->write(io);
}

static void issue_records(struct raft_wal *wal)
{
	struct raft_wal_group *g = &wal->group;
	struct raft_wal_io *io = &wal->io_records;
	u32 len = (u32)raft_disk_round_up(g->fill, wal->super.block);

	memset(wal->buf + g->fill, 0, len - g->fill);
	io->bvec = wal->bvec;
	io->nr = DIV_ROUND_UP(len, PAGE_SIZE);
	io->pos = g->pos;
	io->len = len;
	io->done = group_io_done;
	wal->writes++;
	wal->bytes += len;
	flush_kernel_vmap_range(wal->buf, len);
	wal->backend->write(io);
}

#ifdef RAFT_FAULTS
/* A stalled disk never says a word; a crashed group has no more to say. */
static bool stopped(struct raft_wal *wal)
{
	u64 until = READ_ONCE(wal->stall_until);
	u64 now = ktime_get_ns();

	if (READ_ONCE(wal->crashed)) {
		wake_up(&wal->idle);
		return true;
	}
	if (until == U64_MAX)
		return true;
	if (until <= now)
		return false;
	queue_delayed_work(wal->wq, &wal->work,
			   nsecs_to_jiffies(until - now) + 1);
	return true;
}

/* What the next write fails with, whatever the disk says. */
static int fault_error(struct raft_wal *wal)
{
	return READ_ONCE(wal->fault_error);
}
#else
static bool stopped(struct raft_wal *wal)
{
	return false;
}

static int fault_error(struct raft_wal *wal)
{
	return 0;
}
#endif

/* The last write may complete, and the next stage begin, inside these calls. */
static void issue(struct raft_wal *wal)
{
	bool state = wal->group.state;
	bool records;
	unsigned long flags;

	if (raft_wal_fault_unordered(wal))
		wal->group.intent = false;
	records = wal->group.fill && !wal->group.intent;
	spin_lock_irqsave(&wal->lock, flags);
	wal->stage = RAFT_WAL_BUSY;
	spin_unlock_irqrestore(&wal->lock, flags);
	wal->io_error = fault_error(wal);
	if (wal->io_error) {
		group_end(wal);
		return;
	}
	atomic_set(&wal->ios, state + records);
	if (state)
		issue_state(wal);
	if (records)
		issue_records(wal);
}

static void wal_work(struct work_struct *work)
{
	struct raft_wal *wal = container_of(to_delayed_work(work),
					    struct raft_wal, work);
	unsigned int noio = memalloc_noio_save();
	enum raft_wal_stage stage;
	unsigned long flags;

	spin_lock_irqsave(&wal->lock, flags);
	stage = wal->stage;
	spin_unlock_irqrestore(&wal->lock, flags);
	if (stage != RAFT_WAL_BUSY && !stopped(wal)) {
		if (stage == RAFT_WAL_NEXT || raft_wal_gather(wal))
			issue(wal);
		else
			wake_up(&wal->idle);
	}
	memalloc_noio_restore(noio);
}

/**
 * raft_wal_work_init() - make the worker
 * @wal: log
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM.
 */
int raft_wal_work_init(struct raft_wal *wal)
{
	INIT_DELAYED_WORK(&wal->work, wal_work);
	wal->wq = alloc_ordered_workqueue("raft_wal_%llx_%u",
					  WQ_MEM_RECLAIM | WQ_HIGHPRI,
					  wal->super.group_id,
					  wal->super.node_id);
	return wal->wq ? 0 : -ENOMEM;
}
