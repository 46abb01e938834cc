// SPDX-License-Identifier: GPL-2.0
/*
 * init.c - the life of a core: made, given its log, started, configured, destroyed.
 *
 * Owns what is checked before the first step and between steps.  Never handles an
 * event or a message: step.c.
 */
#include "raft_env.h"
#include "internal.h"

/**
 * raft_size() - bytes of a struct raft
 *
 * Context: any.
 * Return: bytes; the caller allocates them for raft_init().
 */
size_t raft_size(void)
{
	return sizeof(struct raft);
}

/**
 * raft_config_check() - is a configuration usable?
 * @cfg: the configuration
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int raft_config_check(const struct raft_config *cfg)
{
	u32 i, j;

	if (!cfg->id || cfg->n_members > RAFT_MAX_NODES || !cfg->incarnation)
		return -EINVAL;
	if (!cfg->heartbeat || cfg->heartbeat >= cfg->election_timeout)
		return -EINVAL;
	if (cfg->lease_drift >= 1000000)
		return -EINVAL;
	if (!cfg->max_inflight || cfg->max_inflight > RAFT_MAX_INFLIGHT ||
	    !cfg->max_batch || cfg->max_batch > RAFT_MAX_BATCH ||
	    !cfg->max_inflight_bytes || !cfg->max_batch_bytes ||
	    !cfg->max_chunk || cfg->max_chunk > RAFT_MAX_CHUNK ||
	    !cfg->max_uncommitted)
		return -EINVAL;
	for (i = 0; i < cfg->n_members; i++) {
		if (!cfg->members[i].id ||
		    cfg->members[i].flags & ~(RAFT_MEMBER_LEARNER |
					      RAFT_MEMBER_WITNESS) ||
		    cfg->members[i].flags == (RAFT_MEMBER_LEARNER |
					      RAFT_MEMBER_WITNESS))
			return -EINVAL;
		for (j = 0; j < i; j++)
			if (cfg->members[j].id == cfg->members[i].id)
				return -EINVAL;
	}
	return raft_witnesses_fit(cfg->members, cfg->n_members) ? 0 : -EINVAL;
}

/**
 * raft_membership_initial() - the configuration that stands before index 1
 * @cfg: has its members
 * @c: filled, sorted
 *
 * Context: any.
 */
void raft_membership_initial(const struct raft_config *cfg,
			     struct raft_membership *c)
{
	u32 i, j;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < cfg->n_members; i++) {
		for (j = c->n++; j && c->m[j - 1].id > cfg->members[i].id; j--)
			c->m[j] = c->m[j - 1];
		c->m[j] = cfg->members[i];
	}
}

static void init_members(struct raft *r)
{
	struct raft_membership *c = &r->conf;

	raft_membership_initial(&r->cfg, c);
	r->conf_applied = *c;
	r->image.conf = *c;
	r->was_member = raft_member_of(c, r->cfg.id);
	r->self = raft_peer_get(r, r->cfg.id);
	r->self->incarnation = r->cfg.incarnation;
}

/**
 * raft_init() - first of three steps to boot a node
 * @r: raft_size() bytes
 * @cfg: copied
 * @now: ns on the clock of the events
 * @random: 64 random bits
 * @table: room for @table_size pointers, kept until raft_destroy()
 * @table_size: bounds the log: RAFT_CHUNK_ENTRIES entries each
 *
 * Then, if there is a snapshot that the log goes back to, raft_snapshot_load(), and
 * raft_snapshot_resume() if there are parts of another; raft_log_begin() if the log
 * on disk does not begin with entry 1; raft_log_load() for each entry there, and
 * raft_log_pass() and raft_evict() when they are too many for the memory;
 * raft_start(); and a TICK.
 *
 * Context: any, nobody else knows @r yet.
 * Return: 0 or -EINVAL.
 */
int raft_init(struct raft *r, const struct raft_config *cfg, u64 now, u64 random,
	      struct raft_log_chunk **table, u32 table_size)
{
	int err = raft_config_check(cfg);

	if (err)
		return err;
	memset(r, 0, sizeof(*r));
	r->cfg = *cfg;
	r->now = now;
	r->random = random;
	r->log.table = table;
	r->log.table_size = table_size;
	r->log.spare = &r->log.own;
	r->pend_first = 1;
	r->reads.tail = 1;
	init_members(r);
	if (cfg->withhold && cfg->check_quorum)
		r->withhold_until = now + cfg->election_timeout;
	return 0;
}

/**
 * raft_log_begin() - the log on disk begins behind an entry
 * @r: the core, after raft_snapshot_load(), before raft_log_load()
 * @base: index of that entry
 * @term: its term
 *
 * Without any snapshot that one is gone, and is fetched: snapshot_lost.c.
 *
 * Context: as raft_init().
 * Return: 0, -EINVAL: the snapshot does not reach so far.
 */
int raft_log_begin(struct raft *r, u64 base, u64 term)
{
	if ((r->snap.index && base > r->snap.index) || term > RAFT_MAX_TERM)
		return -EINVAL;
	raft_log_reset(&r->log, base, term);
	r->applied = max(r->applied, base);
	r->disk_base = base;
	return 0;
}

/**
 * raft_log_load() - an entry that was found on disk
 * @r: the core, after raft_init(); give it chunks first: raft_log_want()
 * @e: the next entry; the log takes a reference on its payload
 *
 * Context: as raft_init().
 * Return: 0, -ENOMEM if there is no chunk for it, -EINVAL if its term is 0 or
 * below that of the entry before, or it is a configuration that is illegible.
 */
int raft_log_load(struct raft *r, const struct raft_entry *e)
{
	struct raft_membership c;
	bool config = e->type == RAFT_ENTRY_CONFIG;

	if (!e->term || e->term > RAFT_MAX_TERM ||
	    e->term < raft_log_term(&r->log, r->log.last))
		return -EINVAL;
	if (config && !raft_membership_read(&c, e, r->log.last + 1))
		return -EINVAL;
	if (!raft_log_append(&r->log, e))
		return -ENOMEM;
	r->durable = r->log.last;
	/* What the snapshot has is there with its commands. */
	if (!r->bare && raft_entry_is_bare(e) && r->log.last > r->snap.index)
		r->bare = r->log.last;
	/* In force is the last one, raft_start() sees to it. */
	if (config && c.index > r->image.index) {
		r->conf = c;
		r->was_member |= !!raft_member_of(&c, r->cfg.id);
	}
	return 0;
}

/**
 * raft_start() - the log is loaded: begin as a follower
 * @r: the core
 * @hs: what was on disk; a term below that of the last entry is raised to it
 *
 * Context: as raft_init().
 * Return: 0 or -EINVAL (absurd term).
 */
int raft_start(struct raft *r, const struct raft_hard_state *hs)
{
	struct raft_membership c;
	u64 last_term;

	if (hs->term > RAFT_MAX_TERM)
		return -EINVAL;
	raft_snapshot_start(r);
	c = r->conf;
	raft_membership_use(r, &c);
	last_term = raft_log_term(&r->log, r->log.last);
	r->term = hs->term;
	r->vote = RAFT_MUTANT("boot-forgets-vote") ? 0 : hs->vote;
	raft_lost_start(r, hs);
	/* As handed to the log: a raised term below goes there first. */
	r->hs_term = r->term;
	r->hs_vote = r->vote;
	r->hs_commit = hs->commit;
	if (r->term < last_term) {
		r->term = last_term;
		r->vote = 0;
	}
	r->durable = r->log.last;
	r->commit = max(r->applied, min(hs->commit, r->log.last));
	r->state_changed = true;
	raft_reset_election_timer(r);
	return 0;
}

/**
 * raft_destroy() - give everything back
 * @r: the core; its own memory and the table stay the caller's
 * @free_chunk: called for every chunk
 *
 * Context: nobody else uses @r or reads its entries any more; its spare chunks are
 * its own.
 */
void raft_destroy(struct raft *r, void (*free_chunk)(struct raft_log_chunk *c))
{
	struct raft_log_chunk *c;
	u32 i;

	raft_log_reset(&r->log, 0, 0);
	raft_readback_drop(r);
	raft_progress_drop(r);
	raft_pending_drop(r);
	for (i = 0; i < RAFT_REQ_KINDS; i++)
		if (r->requests[i].change.payload)
			raft_payload_put(r->requests[i].change.payload);
	memset(r->requests, 0, sizeof(r->requests));
	if (r->conf_spare)
		raft_payload_put(r->conf_spare);
	r->conf_spare = NULL;
	while ((c = raft_chunk_get(&r->log)))
		free_chunk(c);
}

/**
 * raft_reconfigure() - other time-outs, limits and options from now on
 * @r: the core
 * @cfg: the new ones; id, incarnation and members are not looked at
 *
 * A shorter election timeout does not break the promise that leases rely on:
 * votes are refused for as long as the old one said.
 *
 * Context: owner thread, between steps; a TICK should follow.
 * Return: 0, -EINVAL.
 */
int raft_reconfigure(struct raft *r, const struct raft_config *cfg)
{
	struct raft_config new = *cfg;
	int err;

	new.id = r->cfg.id;
	new.incarnation = r->cfg.incarnation;
	new.n_members = 0;
	new.withhold = r->cfg.withhold;
	err = raft_config_check(&new);
	if (err)
		return err;
	if (r->cfg.check_quorum && r->leader_heard)
		r->withhold_until = max(r->withhold_until, r->leader_heard +
					r->cfg.election_timeout);
	r->cfg = new;
	if (r->role == RAFT_LEADER)
		r->heartbeat_deadline = min(r->heartbeat_deadline,
					    raft_heartbeat_next(r));
	else
		raft_reset_election_timer(r);
	return 0;
}
