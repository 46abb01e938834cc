// SPDX-License-Identifier: GPL-2.0
/*
 * result.c - what commands came to, from the state machine to the proposers.
 *
 * The state machine goes through the log in order and says how far it has come,
 * with a result for the command there or without.  A proposer that wants one is
 * put down before its command is published, so the state machine cannot be
 * faster.  Whom it passes without a word learns that there is none.
 *
 * Of each client session the newest result is kept: it is the one that a
 * repeated command needs.  Bounded: the one that was given longest ago goes when
 * there are too many, or too many bytes.  Nothing of this is replicated, every
 * node's state machine gives its own.
 *
 * Never waits for the state machine on the owner's side, and never frees memory
 * or allocates any under the lock.
 */
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../uapi/linux/raft.h"
#include "core/raft_core.h"
#include "payload.h"
#include "result.h"

static_assert(RAFT_RESULTS_MAX == RAFT_MAX_CLIENTS);

/**
 * struct kept - the newest result of a client session
 * @node: in raft_results.kept
 * @order: in raft_results.order
 * @client: the session
 * @index: of the command
 * @result: a reference
 */
struct kept {
	struct rb_node node;
	struct list_head order;
	u64 client;
	u64 index;
	struct raft_payload *result;
};

static struct kept *kept_of(struct rb_node *node)
{
	return rb_entry(node, struct kept, node);
}

static struct raft_wanted *wanted_of(struct rb_node *node)
{
	return rb_entry(node, struct raft_wanted, node);
}

static int client_cmp(const void *key, const struct rb_node *node)
{
	u64 client = *(const u64 *)key;
	const struct kept *k = rb_entry(node, struct kept, node);

	if (client == k->client)
		return 0;
	return client < k->client ? -1 : 1;
}

static int kept_cmp(struct rb_node *node, const struct rb_node *with)
{
	return client_cmp(&kept_of(node)->client, with);
}

static bool wanted_less(struct rb_node *a, const struct rb_node *b)
{
	return wanted_of(a)->index <
	       rb_entry(b, struct raft_wanted, node)->index;
}

/**
 * raft_result_init - no results yet
 * @rs: the results
 *
 * Context: any.
 */
void raft_result_init(struct raft_results *rs)
{
	spin_lock_init(&rs->lock);
	rs->kept = RB_ROOT;
	INIT_LIST_HEAD(&rs->order);
	rs->n = 0;
	rs->bytes = 0;
	rs->wanted = RB_ROOT_CACHED;
	rs->applied = 0;
	rs->closed = false;
}

static void answer(struct raft_wanted *w, u32 state, struct raft_payload *result)
{
	raft_payload_get(result);
	w->state = state;
	w->result = result;
	complete(&w->done);
}

/* All that are wanted up to @index; that of @index itself is @result. */
static void answer_up_to(struct raft_results *rs, u64 index,
			 struct raft_payload *result)
{
	struct raft_wanted *w;
	struct rb_node *node;

	lockdep_assert_held(&rs->lock);
	while ((node = rb_first_cached(&rs->wanted))) {
		w = wanted_of(node);
		if (w->index > index)
			break;
		rb_erase_cached(node, &rs->wanted);
		w->queued = false;
		if (result && w->index == index)
			answer(w, RAFT_RESULT_GIVEN, result);
		else
			answer(w, RAFT_RESULT_NONE, NULL);
	}
}

/**
 * raft_result_close - nothing will come any more
 * @rs: the results
 *
 * Who waits learns that no result has come so far.
 *
 * Context: any but interrupts; may be called again.
 */
void raft_result_close(struct raft_results *rs)
{
	struct raft_wanted *w;
	struct rb_node *node;

	spin_lock(&rs->lock);
	rs->closed = true;
	while ((node = rb_first_cached(&rs->wanted))) {
		w = wanted_of(node);
		rb_erase_cached(node, &rs->wanted);
		w->queued = false;
		answer(w, RAFT_RESULT_LATE, NULL);
	}
	spin_unlock(&rs->lock);
}

static void kept_free(struct kept *k)
{
	raft_payload_put(k->result);
	kfree(k);
}

static void drop(struct raft_results *rs, struct kept *k)
{
	rb_erase(&k->node, &rs->kept);
	list_del(&k->order);
	rs->n--;
	rs->bytes -= k->result->len;
}

static void free_list(struct list_head *list)
{
	struct kept *k, *next;

	list_for_each_entry_safe(k, next, list, order)
		kept_free(k);
}

/**
 * raft_result_free - free what is kept
 * @rs: the results; closed, and nobody uses them any more
 *
 * Context: may sleep.
 */
void raft_result_free(struct raft_results *rs)
{
	free_list(&rs->order);
	raft_result_init(rs);
}

/* In the place of an older one of its session; what has to go is in @gone. */
static void keep(struct raft_results *rs, struct kept *k, struct list_head *gone)
{
	struct rb_node *node = rb_find_add(&k->node, &rs->kept, kept_cmp);
	struct kept *old;

	lockdep_assert_held(&rs->lock);
	if (node) {
		old = kept_of(node);
		/* A state machine that begins anew: the first one stays. */
		if (old->index >= k->index) {
			list_add(&k->order, gone);
			return;
		}
		drop(rs, old);
		list_add(&old->order, gone);
		rb_find_add(&k->node, &rs->kept, kept_cmp);
	}
	list_add_tail(&k->order, &rs->order);
	rs->n++;
	rs->bytes += k->result->len;
	while (rs->n > RAFT_RESULTS_MAX || rs->bytes > RAFT_RESULTS_BYTES) {
		old = list_first_entry(&rs->order, struct kept, order);
		drop(rs, old);
		list_add(&old->order, gone);
	}
}

/**
 * raft_result_give - the state machine has come to an index
 * @rs: the results
 * @index: a command that is applied
 * @client: its session, 0 if none: such a result is for those only who wait
 * @result: what it came to, with a reference of the caller; NULL: nothing
 *
 * Context: a process, may sleep.
 * Return: 0, -ENOMEM: as if it had not been said.
 */
int raft_result_give(struct raft_results *rs, u64 index, u64 client,
		     struct raft_payload *result)
{
	struct kept *k = NULL;
	LIST_HEAD(gone);

	if (client && result) {
		k = kzalloc(sizeof(*k), GFP_KERNEL_ACCOUNT);
		if (!k)
			return -ENOMEM;
		k->client = client;
		k->index = index;
		k->result = result;
		raft_payload_get(result);
	}
	spin_lock(&rs->lock);
	rs->applied = max(rs->applied, index);
	answer_up_to(rs, index, result);
	if (k)
		keep(rs, k, &gone);
	spin_unlock(&rs->lock);
	free_list(&gone);
	return 0;
}

/**
 * raft_result_prepare - before a command is proposed whose result is wanted
 * @w: who wants it; leaves with raft_result_leave() in any case
 *
 * Context: any.
 */
void raft_result_prepare(struct raft_wanted *w)
{
	memset(w, 0, sizeof(*w));
	init_completion(&w->done);
}

/**
 * raft_result_want - the command is decided: where it is
 * @rs: the results
 * @w: who wants it, prepared; may have left
 * @index: where it was applied, now or, if it is a copy, before
 * @client: its session, 0 if none
 *
 * Context: the owner thread, before @index is published if it is applied now.
 */
void raft_result_want(struct raft_results *rs, struct raft_wanted *w, u64 index,
		      u64 client)
{
	struct rb_node *node;

	spin_lock(&rs->lock);
	if (w->left)
		goto unlock;
	w->index = index;
	node = rb_find(&client, &rs->kept, client_cmp);
	if (node && kept_of(node)->index == index) {
		answer(w, RAFT_RESULT_GIVEN, kept_of(node)->result);
	} else if (index <= rs->applied) {
		answer(w, RAFT_RESULT_NONE, NULL);
	} else if (rs->closed) {
		answer(w, RAFT_RESULT_LATE, NULL);
	} else {
		rb_add_cached(&w->node, &rs->wanted, wanted_less);
		w->queued = true;
	}
unlock:
	spin_unlock(&rs->lock);
}

/**
 * raft_result_wait - wait for a result
 * @rs: the results
 * @w: who wants it, after raft_result_want()
 * @left: jiffies
 * @result: set to a reference that the caller puts, or NULL
 *
 * Context: a process; waits killably.
 * Return: RAFT_RESULT_GIVEN, RAFT_RESULT_NONE, RAFT_RESULT_LATE.
 */
u32 raft_result_wait(struct raft_results *rs, struct raft_wanted *w, long left,
		     struct raft_payload **result)
{
	u32 state = RAFT_RESULT_LATE;

	*result = NULL;
	/* Its time may be up, or it is killed: it may have come all the same. */
	wait_for_completion_killable_timeout(&w->done, left);
	spin_lock(&rs->lock);
	if (w->state != RAFT_RESULT_NOT_ASKED) {
		state = w->state;
		swap(*result, w->result);
	}
	spin_unlock(&rs->lock);
	return state;
}

/**
 * raft_result_leave - want it no more
 * @rs: the results
 * @w: who wanted it; its memory may go as soon as the owner knows it no more
 *
 * Context: a process, may sleep.
 */
void raft_result_leave(struct raft_results *rs, struct raft_wanted *w)
{
	spin_lock(&rs->lock);
	w->left = true;
	if (w->queued)
		rb_erase_cached(&w->node, &rs->wanted);
	w->queued = false;
	spin_unlock(&rs->lock);
	raft_payload_put(w->result);
	w->result = NULL;
}
