// SPDX-License-Identifier: GPL-2.0
/*
 * mutant.c - the deliberate mistakes, and the hunt for them.
 *
 * A simulator that finds nothing proves nothing.  The build with
 * -DRAFT_MUTANTS has the mistakes of the table below in the core
 * (RAFT_MUTANT("name") in kmod/core/), one of which can be switched on; each
 * must be found by the invariants, a scenario or the liveness phase of the
 * fuzzer.  Normal builds contain none of them.
 */
#include <glob.h>
#include <stdlib.h>

#include "sim.h"

/* Seeds for a mistake that a scenario has found already. */
#define QUICK	500U

const char *raft_mutant;

/**
 * struct mutant - one mistake
 * @name: as in RAFT_MUTANT()
 * @trap: its number in the list of mistakes that others made
 * @seeds: fuzz seeds within which it is found, if no scenario finds it
 * @what: in words
 */
struct mutant {
	const char *name;
	u32 trap;
	u32 seeds;
	const char *what;
};

static const struct mutant mutants[] = {
	{ "commit-old-term", 1, 20000, "commits an entry of an older term by counting" },
	{ "no-noop", 2, 200, "a new leader appends no no-op" },
	{ "vote-before-durable", 3, 200, "votes leave and count before they are on disk" },
	{ "ack-before-durable", 3, 200, "acknowledges entries before they are on disk" },
	{ "forget-vote-on-stepdown", 5, 2000, "clears the vote within a term" },
	{ "vote-by-term-only", 6, 2000, "does not compare the logs of voter and candidate" },
	{ "prevote-counts-as-vote", 8, 5000, "takes a pre-vote for a vote" },
	{ "commit-own-last", 9, 5000, "commits what the message has not verified" },
	{ "heartbeat-commit-unbounded", 10, 5000, "commits by heartbeat what is not verified" },
	{ "truncate-always", 11, 5000, "cuts the log without a conflict" },
	{ "match-not-monotonic", 14, 20000, "lets the match index fall" },
	{ "stale-resp-counts", 16, 5000, "counts responses of older terms" },
	{ "self-ack-early", 17, 200, "a leader counts its own entries before they are on disk" },
	{ "ack-aba", 17, 20000, "compares only the index of what became durable" },
	{ "hint-before-entries", 18, 20000, "the commit hint is on disk before what it speaks of" },
	{ "witness-leads", 0, 5000, "a witness campaigns and leads, with empty commands" },
	{ "witness-first", 0, 5000, "a witness hears of entries before a full voter has them" },
	{ "witness-outlives", 0, 5000, "a leader that goes leaves a witness ahead of the others" },
	{ "bare-acks", 0, 5000, "takes what a former witness acknowledges for commands" },
	{ "joint-new-majority-only", 19, 5000, "joint, and only the new majority counts" },
	{ "quorum-minus-one", 19, 200, "takes one vote less than a majority" },
	{ "change-before-commit", 20, 5000, "changes members before it has committed in its term" },
	{ "two-changes", 21, 2000, "begins a change before the last one is committed" },
	{ "no-rollback", 22, 5000, "follows a configuration that was cut from the log" },
	{ "leader-counts-removed-self", 23, 5000, "a leader without a vote counts itself" },
	{ "stranger-ignored", 25, 5000, "does not listen to nodes outside its configuration" },
	{ "no-auto-leave", 26, 2000, "nobody leaves a joint configuration" },
	{ "blank-votes", 27, 5000, "a node that came back blank leads and votes as ever" },
	{ "join-changes-member", 27, 200, "who asks to join is promoted if it is a learner" },
	{ "new-log-votes", 27, 5000, "a node with a new log leads and votes as ever" },
	{ "new-log-late-vote", 27, 20000, "a new log votes for who asked the one before it" },
	{ "lost-log-acks", 27, 5000, "a node that lost its log confirms entries at once" },
	{ "let-in-early", 27, 20000, "a leader lets it in before it knows that it leads" },
	{ "damaged-node-votes", 27, 5000, "a damaged log votes for who has as little" },
	{ "damaged-node-leads", 27, 5000, "a node leads without what is damaged" },
	{ "forgotten-votes", 27, 5000, "a node that forgot how it voted goes on as ever" },
	{ "reach-by-index", 27, 5000, "what is damaged is compared by index, not by term" },
	{ "promote-empty", 29, 20000, "a node votes before it has caught up" },
	{ "sticky-forever", 34, 2000, "a leader without a majority does not step down" },
	{ "watchdog-sleeps", 35, 2000, "a leader whose disk hangs leads on" },
	{ "no-timer-fresh", 36, 2000, "replayed heartbeats count as signs of life" },
	{ "boot-untold", 36, 20000, "a candidate does not say that it is of a new boot" },
	{ "candidate-ignores-append", 37, 2000, "a candidate ignores the leader of its term" },
	{ "transfer-respects-stickiness", 38, 2000, "voters protect a leader who wants to go" },
	{ "transfer-forever", 38, 2000, "a leader waits for its successor without end" },
	{ "timeout-now-once", 39, 5000, "tells its successor only once to campaign" },
	{ "read-before-noop", 41, 5000, "answers reads before it has committed in its term" },
	{ "read-without-round", 42, 2000, "answers reads without asking whether it leads" },
	{ "lease-after-transfer", 43, 20000, "keeps its lease when it told another to campaign" },
	{ "lease-forever", 43, 20000, "a lease never ends as long as it leads" },
	{ "lease-from-receipt", 43, 20000, "a lease begins when the answer comes" },
	{ "read-not-applied", 44, 2000, "answers reads before it has applied what they shall see" },
	{ "read-kept-by-removed", 44, 2000, "a removed node has its readers wait for ever" },
	{ "read-kept-by-witness", 44, 5000, "who became a witness answers readers" },
	{ "no-probe-after-loss", 45, 2000, "never asks again when all appends are lost" },
	{ "joint-hides-learner", 49, 8000, "a joint configuration lacks a learner that leaves" },
	{ "change-hides-leaver", 49, 5000, "an entry does not say who leaves" },
	{ "quiet-forever", 34, 2000, "a leader never asks for an answer again" },
	{ "quiet-with-news", 45, 2000, "a follower has something to say, and does not" },
	{ "quiet-to-readers", 42, 2000, "a leader asks for no answer, though a reader waits" },
	{ "quiet-to-laggards", 45, 2000, "a leader asks for no answer of who lacks entries" },
	{ "snapshot-asks-once", 47, 2000, "asks a follower only once what it has" },
	{ "snapshot-for-ever", 47, 2000, "does not end a snapshot that is not needed" },
	{ "snapshot-before-let-in", 27, 20000, "a snapshot before its store is let in" },
	{ "snapshot-cuts-suffix", 48, 20000, "replaces a log that fits the snapshot" },
	{ "snapshot-goes-back", 48, 5000, "installs what is committed already" },
	{ "bare-snapshot-counts", 0, 5000, "takes a bare snapshot for a state machine" },
	{ "bare-snapshot-for-any", 0, 5000, "takes a bare snapshot that was for an earlier boot" },
	{ "witness-gets-all", 0, 200, "sends a witness the state machine" },
	{ "snapshot-stays-bare", 49, 40000, "does not let go of a snapshot of another kind" },
	{ "snapshot-without-sessions", 49, 5000, "installs no sessions" },
	{ "snapshot-without-config", 49, 5000, "installs no configuration" },
	{ "snapshot-any-order", 49, 5000, "takes the parts in any order" },
	{ "snapshot-ack-early", 49, 5000, "acknowledges parts before they are on disk" },
	{ "snapshot-unmended", 0, 2000, "does not send a snapshot to mend another one" },
	{ "snapshot-unasked", 0, 5000, "asks nobody for one that is new enough" },
	{ "snapshot-bad-leads", 0, 20000, "leads on with a snapshot that is damaged" },
	{ "snapshot-lost-leads", 0, 5000, "leads without the snapshot that its log follows" },
	{ "snapshot-lost-applies", 0, 2000, "applies what is behind a snapshot that is gone" },
	{ "snapshot-lost-reads", 0, 5000, "answers reads without the state of its snapshot" },
	{ "snapshot-alone", 18, 20000, "promises what only a snapshot has, not yet the log" },
	{ "replay-from-start", 0, 2000, "an image is made without the last snapshot" },
	{ "request-once", 39, 5000, "asks the leader only once for a change" },
	{ "request-twice", 60, 5000, "a leader carries out what it was asked again" },
	{ "boot-forgets-vote", 3, 2000, "a boot goes on without its vote" },
	{ "joint-old-mute", 19, 5000, "who is only in the old half does not vote" },
	{ "witnesses-alone", 0, 5000, "more than half of the voters may be witnesses" },
	{ "witness-gets-commands", 0, 2000, "sends a witness commands" },
	{ "evict-undurable", 0, 5000, "evicts what is not on disk yet" },
	{ "evict-uncommitted", 0, 2000, "evicts what is not committed" },
	{ "evict-without-image", 0, 2000, "evicts what the next snapshot needs" },
	/* Seed 7 elects without end: minutes, and scenarios find it. */
	{ "evict-one-term", 0, 6, "forgets the terms of what it evicts" },
	{ "evict-untold", 0, 2000, "a boot needs memory for all that was evicted" },
	{ "unread-leads-on", 0, 20000, "leads on though it cannot read what a member needs" },
	{ "fetch-any", 0, 2000, "takes any answer of the disk for the one it waits for" },
	{ "fetch-once", 0, 2000, "does not ask the disk again when it failed" },
	{ "pass-without-sessions", 0, 2000, "boots without the sessions of what it evicts" },
	{ "client-twice", 60, 2000, "applies what a client repeats once more" },
	{ "dup-apply", 60, 2000, "applies a proposal for each copy of it" },
};

/*
 * What clients see by themselves: history.c must find these within as many seeds
 * as all together, without any other check of what clients are promised.
 */
static const char *const visible[] = {
	"read-before-noop", "read-without-round", "lease-after-transfer",
	"lease-forever", "lease-from-receipt", "read-not-applied",
	"client-twice", "dup-apply",
};

static bool is_visible(const struct mutant *m)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(visible); i++)
		if (!strcmp(visible[i], m->name))
			return true;
	return false;
}

/**
 * sim_mutant_set() - make one mistake from now on
 * @name: which, NULL for none
 *
 * Return: false if there is none of that name, or this build has none.
 */
bool sim_mutant_set(const char *name)
{
	size_t i;

	raft_mutant = NULL;
	if (!name)
		return true;
#ifdef RAFT_MUTANTS
	for (i = 0; i < ARRAY_SIZE(mutants); i++)
		if (!strcmp(mutants[i].name, name))
			raft_mutant = mutants[i].name;
#else
	(void)i;
#endif
	return raft_mutant;
}

/*
 * The first scenario that fails with the mistake, "" if none: with all entries in
 * memory, or then with none.
 */
static void hunt_scenarios(const glob_t *files, char *by, size_t size)
{
	struct sim_how how = { .quiet = true };
	size_t i, n = files->gl_pathc;

	by[0] = '\0';
	for (i = 0; i < 2 * n && !by[0]; i++) {
		how.window = i < n ? U64_MAX : 0;
		if (sim_run_file(files->gl_pathv[i % n], &how))
			snprintf(by, size, "%s%s", files->gl_pathv[i % n],
				 i < n ? "" : " (nothing in memory)");
	}
}

static void hunt_seeds(u32 seeds, bool alone, char *by, size_t size)
{
	struct sim_life life = {
		.max_actions = U32_MAX,
		.history_alone = alone,
	};
	struct sim_count count = { 0 };
	char why[512];
	u32 seed;

	by[0] = '\0';
	for (seed = 1; seed <= seeds && !by[0]; seed++)
		if (!sim_fuzz_seed(seed, &life, why, sizeof(why), &count) &&
		    (!alone || !strncmp(why, "history", 7)))
			snprintf(by, size, "seed %u: %s", seed, why);
}

static bool hunt(const struct mutant *m, const glob_t *files, u32 n)
{
	char scenario[600], seed[600], alone[600] = "";
	bool good;

	sim_mutant_set(m->name);
	hunt_scenarios(files, scenario, sizeof(scenario));
	/* The fuzzer shall find what it can, but need not find it twice. */
	hunt_seeds(scenario[0] ? min(m->seeds, QUICK) : m->seeds, false, seed,
		   sizeof(seed));
	if (is_visible(m))
		hunt_seeds(m->seeds, true, alone, sizeof(alone));
	sim_mutant_set(NULL);
	good = (scenario[0] || seed[0]) && (alone[0] || !is_visible(m));
	printf("%s %u - %s (trap %u", good ? "ok" : "not ok", n, m->name,
	       m->trap);
	if (scenario[0] || seed[0])
		printf(") found by %s%s%s", scenario,
		       scenario[0] && seed[0] ? " and " : "", seed);
	else
		printf(": %s) not found by %zu scenarios and %u seeds", m->what,
		       files->gl_pathc, m->seeds);
	if (is_visible(m))
		printf("; by its clients alone: %s", alone[0] ? alone : "not");
	putchar('\n');
	fflush(stdout);
	return good;
}

/**
 * sim_hunt_command() - raft-sim-mutants hunt [NAME...] [-- FILE...]
 * @argc: number of words behind "hunt"
 * @argv: names of mistakes (all if none), "--", scenarios
 *
 * Prints TAP.  Scenarios that fail without any mistake are left out, and are a
 * failure of their own.
 *
 * Return: 0 if every mistake is found, else 1; 2 for wrong usage.
 */
int sim_hunt_command(int argc, char **argv)
{
	int names = 0, first, bad = 0, i;
	struct sim_how how = { .window = U64_MAX, .quiet = true };
	struct sim_how bare = { .quiet = true };
	glob_t files = { 0 };
	u32 n = 0;
	size_t k;

	while (names < argc && strcmp(argv[names], "--"))
		names++;
	first = names + 1;
#ifndef RAFT_MUTANTS
	fprintf(stderr, "this build has no mutants: make raft-sim-mutants\n");
	return 2;
#endif
	for (i = first; i < argc; i++) {
		if (sim_run_file(argv[i], &how) ||
		    sim_run_file(argv[i], &bare)) {
			printf("# %s fails without any mistake\n", argv[i]);
			continue;
		}
		if (glob(argv[i], files.gl_pathc ? GLOB_APPEND : 0, NULL,
			 &files))
			return 2;
	}
	printf("1..%zu\n", names ? (size_t)names : ARRAY_SIZE(mutants));
	for (k = 0; k < ARRAY_SIZE(mutants); k++) {
		for (i = 0; i < names; i++)
			if (!strcmp(argv[i], mutants[k].name))
				break;
		if (!names || i < names)
			bad |= !hunt(&mutants[k], &files, ++n);
	}
	globfree(&files);
	return bad;
}
