/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fuzz.h - private to fuzz*.c: one random life of a random cluster.
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#include "sim.h"

#define FUZZ_HOLDS	4
#define FUZZ_CLIENTS	3

/**
 * struct fuzz - one seed being run
 * @s: the world
 * @changes: members come and go in this life
 * @transfers: leadership is handed over
 * @reads: read barriers are asked for
 * @sessions: clients have sessions
 * @few: only a bare majority is up
 * @stuck: and none of them can lead, for the others had what it lacks
 * @snapshots: snapshots are taken and logs compacted
 * @damage: entries on disk get damaged
 * @hopeless: on any number of disks: the group may have to wait for ever
 * @evicts: entries leave the memory
 * @opened: what opened the session of each client, NULL if none
 * @last: its last command, NULL if none
 * @rng: of the actions, so that fewer actions do not change the earlier ones
 * @n_actions: how many there will be
 * @max_events: of the first phase
 * @holds: names of the holds in use, replayed at random
 * @next_hold: slot of @holds
 */
struct fuzz {
	struct sim *s;
	bool changes;
	bool transfers;
	bool reads;
	bool sessions;
	bool few;
	bool stuck;
	bool snapshots;
	bool damage;
	bool hopeless;
	bool evicts;
	struct sim_prop *opened[FUZZ_CLIENTS];
	struct sim_prop *last[FUZZ_CLIENTS];
	u64 rng;
	u32 n_actions;
	u64 max_events;
	struct sim_rule *holds[FUZZ_HOLDS];
	u32 next_hold;
};

bool fuzz_lacks(const struct sim *s, const struct sim_node *n);
u32 fuzz_bare(const struct sim *s, const struct sim_node *n, u32 *voters);
u64 fuzz_random(struct fuzz *f, u64 n);
void fuzz_setup(struct fuzz *f, u64 seed, const struct sim_life *life);
void fuzz_action(struct fuzz *f);
bool fuzz_percent(struct fuzz *f, u32 chance);
u64 fuzz_between(struct fuzz *f, u64 from, u64 to);

/* fuzz_member.c */
void fuzz_change(struct fuzz *f, struct sim_node *n);
bool fuzz_is_lean(const struct sim_node *n);
bool fuzz_is_whole(const struct sim *s, const struct sim_node *n);
bool fuzz_may_lose(const struct sim *s, const struct sim_node *n);
void fuzz_replace(struct fuzz *f, struct sim_node *n);
void fuzz_log_config(const struct sim *s, const struct sim_node *n,
		     struct raft_membership *c);
void fuzz_liveness(struct fuzz *f);

#endif /* _FUZZ_H */
