// SPDX-License-Identifier: GPL-2.0
/*
 * request.c - membership changes and transfers that are asked at any node.
 *
 * A node passes a request on to the leader that it knows, and again while that
 * one leads and nothing is heard of it: datagrams get lost, and the leader knows
 * a copy by its number.  It is not carried over to another leader, unlike a
 * proposal: whoever changes members wants to look first.
 *
 * A refusal is answered.  What became of a change the origin sees in its own
 * log, where every configuration names the request that it came from.  When an
 * entry of a later term is applied and none of the change was, there will be
 * none: its term is over (trap 60).  A node that was removed is told so by the
 * leader: it cannot see in its log whether it will come back.  What became of a
 * transfer it sees by who leads.  One request of each kind at a time.
 */
#include "raft_env.h"
#include "internal.h"

#define RAFT_MAX_ERRNO	4095

static struct raft_request *transfer_of(struct raft *r)
{
	return &r->requests[RAFT_REQ_TRANSFER];
}

/* Taking back must be possible while a change is under way. */
static enum raft_request_kind kind_of(const struct raft_change *c)
{
	return c->item[0].op == RAFT_OP_ABORT ? RAFT_REQ_ABORT :
						RAFT_REQ_CHANGE;
}

static void change_done(struct raft *r, struct raft_request *q, int result)
{
	q->active = false;
	if (q->change.payload)
		raft_payload_put(q->change.payload);
	q->change.payload = NULL;
	if (q == &r->requests[RAFT_REQ_ABORT]) {
		r->up->flags |= RAFT_UP_ABORT;
		r->up->abort_result = result;
	} else {
		r->up->flags |= RAFT_UP_CHANGE;
		r->up->change_result = result;
	}
}

static void transfer_done(struct raft *r, int result)
{
	transfer_of(r)->active = false;
	r->up->flags |= RAFT_UP_TRANSFER;
	r->up->transfer_result = result;
}

static int refusal(const struct raft *r, const struct raft_request *q)
{
	if (r->failed)
		return -EIO;
	if (!r->self->member)
		return -ENOTCONN;
	if (q->active)
		return -EBUSY;
	if (!r->leader)
		return -ENOLINK;
	return 0;
}

static void begin(struct raft *r, struct raft_request *q)
{
	memset(q, 0, sizeof(*q));
	q->active = true;
	q->serial = ++r->request_serial;
	q->term = r->term;
	q->again_at = r->now;
}

static void ask_leader(struct raft *r, struct raft_request *q,
		       const struct raft_change *c)
{
	void *payload = r->conf_spare;

	r->conf_spare = NULL;
	raft_change_encode(c, raft_payload_bytes(payload));
	q->change = (struct raft_entry) {
		.type = RAFT_ENTRY_CHANGE,
		.origin = r->cfg.id,
		.incarnation = r->cfg.incarnation,
		.serial = q->serial,
		.payload = payload,
		.len = RAFT_CONFIG_BYTES,
	};
}

/**
 * raft_request_change() - a RAFT_EV_CHANGE
 * @r: the core
 * @c: the change
 *
 * Context: owner thread, in a step.
 */
void raft_request_change(struct raft *r, const struct raft_change *c)
{
	struct raft_request *q;
	int err;

	r->up->refused = raft_change_check(c);
	if (r->up->refused)
		return;
	q = &r->requests[kind_of(c)];
	r->up->refused = refusal(r, q);
	if (!r->up->refused && !r->conf_spare)
		r->up->refused = -ENOMEM;
	if (r->up->refused)
		return;
	begin(r, q);
	if (r->role != RAFT_LEADER) {
		ask_leader(r, q, c);
		return;
	}
	err = raft_change_execute(r, c, r->cfg.id, r->cfg.incarnation,
				  q->serial);
	if (err)
		change_done(r, q, err);
}

/**
 * raft_request_transfer() - a RAFT_EV_TRANSFER
 * @r: the core
 * @target: node id, 0 for the best
 *
 * Context: owner thread, in a step.
 */
void raft_request_transfer(struct raft *r, u32 target)
{
	struct raft_request *q = transfer_of(r);
	int err = refusal(r, q);

	r->up->refused = err;
	if (err)
		return;
	begin(r, q);
	q->target = target;
	q->old = r->leader;
	q->deadline = r->now + r->cfg.election_timeout;
	if (target == r->leader) {
		transfer_done(r, 0);
		return;
	}
	if (r->role != RAFT_LEADER)
		return;
	err = raft_transfer_begin(r, target);
	if (err)
		transfer_done(r, err);
}

/* To the leader of the term in which it was asked, and to nobody else. */
static void pass_on(struct raft *r, struct raft_request *q, struct raft_msg *m)
{
	if (!q->active || q->logged || r->role == RAFT_LEADER || !r->leader ||
	    q->term != r->term || r->now < q->again_at)
		return;
	m->type = RAFT_MSG_FORWARD;
	m->to = r->leader;
	m->term = r->term;
	m->serial = q->serial;
	raft_emit(r, m);
	q->again_at = r->now + 2 * r->cfg.heartbeat;
	if (RAFT_MUTANT("request-once"))
		q->again_at = U64_MAX;
}

/**
 * raft_request_go_on() - pass requests on, and give up on a transfer
 * @r: the core
 *
 * Context: owner thread, at the end of a step.
 */
void raft_request_go_on(struct raft *r)
{
	struct raft_msg change = { .flags = RAFT_MSG_CHANGE, .n_entries = 1 };
	struct raft_msg transfer = {
		.flags = RAFT_MSG_TRANSFER,
		.index = transfer_of(r)->target,
	};

	pass_on(r, &r->requests[RAFT_REQ_CHANGE], &change);
	pass_on(r, &r->requests[RAFT_REQ_ABORT], &change);
	pass_on(r, transfer_of(r), &transfer);
	if (transfer_of(r)->active && r->now >= transfer_of(r)->deadline)
		transfer_done(r, -ETIMEDOUT);
}

/**
 * raft_request_deadline() - when must raft_request_go_on() be called again?
 * @r: the core
 *
 * Context: owner thread.
 * Return: absolute ns, U64_MAX if not.
 */
u64 raft_request_deadline(const struct raft *r)
{
	const struct raft_request *q;
	u64 at = U64_MAX;
	u32 i;

	for (i = 0; i < RAFT_REQ_KINDS; i++) {
		q = &r->requests[i];
		if (!q->active)
			continue;
		if (i == RAFT_REQ_TRANSFER)
			at = min(at, q->deadline);
		if (r->role != RAFT_LEADER && r->leader &&
		    q->term == r->term && !q->logged)
			at = min(at, q->again_at);
	}
	return at;
}

/**
 * raft_request_leader() - a leader is known
 * @r: the core, r->leader is set
 *
 * Context: owner thread, in a step.
 */
void raft_request_leader(struct raft *r)
{
	struct raft_request *q = transfer_of(r);

	if (!q->active || r->term == q->term)
		return;
	if (q->target ? r->leader == q->target : r->leader != q->old)
		transfer_done(r, 0);
	else
		transfer_done(r, -ECANCELED);
}

static bool is_own(const struct raft *r, const struct raft_request *q,
		   const struct raft_entry *e)
{
	return q->active && e->type == RAFT_ENTRY_CONFIG &&
	       e->origin == r->cfg.id &&
	       e->incarnation == r->cfg.incarnation && e->serial == q->serial;
}

/**
 * raft_request_logged() - a configuration was appended to the own log
 * @r: the core
 * @e: its entry
 *
 * Context: owner thread, in a step.
 */
void raft_request_logged(struct raft *r, const struct raft_entry *e)
{
	u32 i;

	for (i = 0; i < RAFT_REQ_KINDS; i++)
		if (is_own(r, &r->requests[i], e))
			r->requests[i].logged = true;
}

/* Of joint ones and of nodes that catch up another entry tells the end. */
static bool goes_on(const struct raft_membership *c)
{
	u32 i;

	for (i = 0; i < c->n; i++)
		if (c->m[i].flags & (RAFT_MEMBER_OLD | RAFT_MEMBER_PROMOTE))
			return true;
	return false;
}

static void request_applied(struct raft *r, struct raft_request *q,
			    const struct raft_entry *e)
{
	if (is_own(r, q, e)) {
		q->applied = true;
		if (!goes_on(&r->conf_applied))
			change_done(r, q, r->conf_applied.result >=
					  RAFT_CHANGE_GIVEN_UP ? -ETIMEDOUT : 0);
	} else if (q->applied ? e->type == RAFT_ENTRY_CONFIG :
				e->term > q->term) {
		change_done(r, q, -ECANCELED);
	}
}

/**
 * raft_request_applied() - an entry is applied: is a change decided?
 * @r: the core; r->conf_applied is up to date
 * @e: the entry
 *
 * Context: owner thread, in the order of the log.
 */
void raft_request_applied(struct raft *r, const struct raft_entry *e)
{
	if (r->requests[RAFT_REQ_CHANGE].active)
		request_applied(r, &r->requests[RAFT_REQ_CHANGE], e);
	if (r->requests[RAFT_REQ_ABORT].active)
		request_applied(r, &r->requests[RAFT_REQ_ABORT], e);
}

static void request_installed(struct raft *r, struct raft_request *q,
			      u64 before)
{
	const struct raft_image *img = &r->image;

	if (!q->active)
		return;
	if (img->origin == r->cfg.id && img->serial == q->serial &&
	    img->incarnation == r->cfg.incarnation) {
		q->applied = true;
		q->logged = true;
		if (!goes_on(&img->conf))
			change_done(r, q, img->conf.result >=
					  RAFT_CHANGE_GIVEN_UP ? -ETIMEDOUT : 0);
	} else if (img->conf.index > before) {
		change_done(r, q, -ESTALE);
	} else if (!q->applied && img->term > q->term) {
		change_done(r, q, -ECANCELED);
	}
}

/**
 * raft_request_installed() - a snapshot took the place of the log
 * @r: the core; r->image is that of the snapshot
 * @before: index of the configuration that was applied last before
 *
 * It has the last configuration only.  If there is a newer one than before and
 * that is of somebody else, nobody here can know what came between.
 *
 * Context: owner thread, in a step.
 */
void raft_request_installed(struct raft *r, u64 before)
{
	request_installed(r, &r->requests[RAFT_REQ_CHANGE], before);
	request_installed(r, &r->requests[RAFT_REQ_ABORT], before);
}

static void answer(struct raft *r, const struct raft_msg *m, int error)
{
	struct raft_msg out = raft_reply(r, m, RAFT_MSG_FORWARD_RESP);

	out.flags = RAFT_MSG_REJECT | (m->flags & (RAFT_MSG_CHANGE |
						   RAFT_MSG_TRANSFER));
	out.serial = m->serial;
	out.index = (u64)-error;
	raft_emit(r, &out);
}

static int change_asked(struct raft *r, const struct raft_msg *m,
			const struct raft_change *c)
{
	return raft_change_execute(r, c, m->from, m->from_inc, m->serial);
}

/**
 * raft_handle_request() - FORWARD of a change or transfer
 * @r: the core
 * @p: who asks: a member, or one that was and does not know yet that it left
 * @m: the message; its entry, if it has one, is a RAFT_ENTRY_CHANGE
 *
 * Context: owner thread, in a step.
 */
void raft_handle_request(struct raft *r, struct raft_peer *p,
			 const struct raft_msg *m)
{
	enum raft_request_kind kind = RAFT_REQ_TRANSFER;
	struct raft_asked *a;
	struct raft_change c;

	if (r->role != RAFT_LEADER || m->term != r->term)
		return;
	if (m->flags & RAFT_MSG_CHANGE) {
		if (m->n_entries != 1 || !m->entries[0].payload ||
		    raft_change_decode(&c,
				       raft_payload_bytes(m->entries[0].payload),
				       m->entries[0].len))
			return;
		kind = kind_of(&c);
	}
	a = &p->asked[kind];
	if (a->incarnation == m->from_inc && a->serial >= m->serial &&
	    !RAFT_MUTANT("request-twice")) {
		if (a->serial == m->serial && a->error)
			answer(r, m, a->error);
		return;
	}
	a->incarnation = m->from_inc;
	a->serial = m->serial;
	if (!p->member)
		a->error = -ENOTCONN;
	else if (m->flags & RAFT_MSG_CHANGE)
		a->error = change_asked(r, m, &c);
	else
		a->error = raft_transfer_begin(r, (u32)m->index);
	if (a->error)
		answer(r, m, a->error);
}

/**
 * raft_handle_forward_resp() - FORWARD_RESP: the leader refuses a request
 * @r: the core
 * @m: the message
 *
 * Context: owner thread, in a step.
 */
void raft_handle_forward_resp(struct raft *r, const struct raft_msg *m)
{
	struct raft_request *q;
	u32 i;

	if (m->index < 1 || m->index > RAFT_MAX_ERRNO)
		return;
	for (i = 0; i < RAFT_REQ_KINDS; i++) {
		q = &r->requests[i];
		if (!q->active || q->serial != m->serial || q->logged)
			continue;
		if (i == RAFT_REQ_TRANSFER)
			transfer_done(r, -(int)m->index);
		else
			change_done(r, q, -(int)m->index);
	}
}

/**
 * raft_request_entry() - the change in a FORWARD that was sent
 * @r: the core
 * @serial: number of the request
 *
 * Context: owner thread, before the next step.
 * Return: its RAFT_ENTRY_CHANGE, NULL if there is none.
 */
const struct raft_entry *raft_request_entry(const struct raft *r, u64 serial)
{
	u32 i;

	for (i = 0; i < RAFT_REQ_KINDS; i++)
		if (r->requests[i].active && r->requests[i].serial == serial &&
		    r->requests[i].change.payload)
			return &r->requests[i].change;
	return NULL;
}
