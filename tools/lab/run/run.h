/* SPDX-License-Identifier: GPL-2.0 */
/*
 * run.h - raft-lab-run: the scenarios of tests/scenarios on the real module.
 *
 * Runs as root inside a guest with simulated time.  Each node lives in a network
 * namespace of netns.sh (n1, n2, ... on one bridge) and keeps its log in a file
 * on tmpfs.  What the language says of the network is done by netem and
 * nftables, the rest by the module's fault hooks.  What cannot be done is said
 * with skip(), never left out.
 */
#ifndef _LAB_RUN_H
#define _LAB_RUN_H

#include <setjmp.h>

#include "scenario.h"

#include "../../lib/ioc.h"

#define RUN_MAX_NODES	RAFT_MAX_NODES	/* namespaces n1..n16 at most */
#define RUN_MAX_PROPS	4096		/* proposals of one scenario */
#define RUN_MAX_RULES	64
#define RUN_GROUP	"lab"
#define RUN_GROUP_ID	0x1ab
#define RUN_PORT	7700
#define RUN_DIR		"/run/raft-lab"
#define RUN_DELAY_US	100		/* of a message, as in raft-sim */
#define NS_PER_US	1000ull
#define NS_PER_MS	1000000ull
#define NS_PER_S	1000000000ull

/**
 * struct run_node - one node, at the index of its id
 * @member: it is in nodes or learners
 * @learner: it is in learners
 * @witness: it is in witnesses
 * @running: a group of it exists, or would but for a damaged log
 * @booted: it was started at least once
 * @paused: its thread does not run
 * @refused: its log was refused at the start, negative errno, or 0
 * @fd: /dev/raft in its namespace, attached; -1
 * @netns: its namespace
 * @fault: its fault hook; -1
 * @cut: bit b: messages from it to node b are lost
 * @preset_log: terms of the preset log, NULL if none
 * @preset_term: preset term
 * @preset_vote: preset vote
 * @preset_commit: preset commit index
 * @preset: something was preset and is not yet on the disk
 * @priority: as an option says
 * @incarnation: of the present boot
 * @stall_until: the disk hangs until then, ns
 * @forgot: its hard state was spoiled: nobody vouches for it from then on
 */
struct run_node {
	bool member;
	bool learner;
	bool witness;
	bool forgot;
	bool running;
	bool booted;
	bool paused;
	int refused;
	int fd;
	int netns;
	int fault;
	u32 cut;
	const struct scn_terms *preset_log;
	u64 preset_term;
	u32 preset_vote;
	u64 preset_commit;
	bool preset;
	u32 priority;
	u64 incarnation;
	u64 stall_until;
};

/**
 * struct run_prop - one proposal, read, change or transfer
 * @name: its NAME, NULL if it has none
 * @op: its directive
 * @ask: who waits for it, NULL for a proposal, and if nobody does
 * @node: origin
 * @incarnation: boot of the origin
 * @serial: its number there, 0 if it is no proposal
 * @index: where it was applied, or what the caller was told, 0 if not known
 * @outcome: as last seen
 */
struct run_prop {
	const char *name;
	enum scn_op op;
	struct run_ask *ask;
	u32 node;
	u64 incarnation;
	u64 serial;
	u64 index;
	enum scn_outcome outcome;
};

/**
 * struct run_rule - a drop or hold in force, or released
 * @d: its directive
 * @set: bit n: node n's fault hook has it
 * @released: it keeps nothing back any more
 * @lost: a sender crashed: what it kept back is gone
 */
struct run_rule {
	const struct scn_dir *d;
	u32 set;
	bool released;
	bool lost;
};

/**
 * struct run - one scenario on its way
 * @scn: the scenario
 * @dir: the directive that is executed
 * @started: a start came: no more presets
 * @opt: numbers of the options, 0 if not given
 * @no_prevote: option prevote off
 * @no_check_quorum: option check_quorum off
 * @log_bytes: size of each log file
 * @n_props: number of @props
 * @props: all proposals, reads, changes and transfers
 * @n_rules: number of @rules
 * @rules: drops and holds
 * @n_nodes: highest namespace
 * @node: by id, 0 is not used
 * @net: the weather
 * @nft: cut links by nftables, not by the fault hook
 * @trace: print every directive with the time
 * @memory: bytes of each log's memory, 0: the kernel's default
 * @end: where skip() and fail() return to
 */
struct run {
	const struct scenario *scn;
	const struct scn_dir *dir;
	bool started;
	u64 opt[16];
	bool no_prevote;
	bool no_check_quorum;
	u64 log_bytes;
	u32 n_props;
	struct run_prop props[RUN_MAX_PROPS];
	u32 n_rules;
	struct run_rule rules[RUN_MAX_RULES];
	u32 n_nodes;
	struct run_node node[RUN_MAX_NODES + 1];
	struct scn_net net;
	bool nft;
	bool trace;
	u64 memory;
	jmp_buf end;
};

enum run_result {
	RUN_OK = 0,
	RUN_FAILED = 1,
	RUN_SKIPPED = 2,
};

/* main.c */
void skip(struct run *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
void fail(struct run *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* exec.c */
void run_scenario(struct run *r);
u64 run_now(void);
void run_sleep(u64 ns);
void run_settle(struct run *r);

/* node.c */
struct run_node *run_node(struct run *r, u32 id);
struct run_node *run_node_up(struct run *r, u32 id);
bool run_alive(struct run *r, u32 id);
void run_enter(struct run *r, u32 id);
void run_address(struct raft_ioc_member *m, u32 id);
void run_boot(struct run *r, u32 id, bool fresh);
void run_crash(struct run *r, u32 id, bool torn);
void run_stop(struct run *r, u32 id);
void run_wipe(struct run *r, u32 id);
void run_status(struct run *r, u32 id, struct raft_ioc_status *st);
bool run_failed(struct run *r, u32 id);
void run_fault(struct run *r, u32 id, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void run_disk(struct run *r, const struct scn_dir *d);

/* rule.c */
void run_rule_add(struct run *r, const struct scn_dir *d);
void run_rule_boot(struct run *r, u32 id);
void run_rule_crash(struct run *r, u32 id);
void run_rule_release(struct run *r, const struct scn_dir *d);
void run_rule_heal(struct run *r);

/* net.c */
void run_net_open(struct run *r, u32 n);
void run_net_reset(struct run *r);
void run_net_weather(struct run *r, const struct scn_net *net);
void run_net_link(struct run *r, u32 from, u32 to, bool up);
void run_net_cut(struct run *r, u32 id, u32 cut);
void run_net_boot(struct run *r, u32 id);
void run_net_isolate(struct run *r, u32 id);
void run_net_partition(struct run *r, const struct scn_dir *d);
void run_net_heal(struct run *r);

/* ask.c */
void run_ask(struct run *r, const struct scn_dir *d);
void run_ask_answer(struct run *r, struct run_prop *p);
void run_ask_lost(struct run_prop *p);
void run_ask_end(struct run *r);

/* snapshot.c */
void run_snapshot(struct run *r, const struct scn_dir *d);
void run_snapshot_go_on(struct run *r);
char *run_snapshot_read(struct run *r, u32 id, size_t *size);

/* applied.c */
typedef void (*run_record_fn)(void *ctx, const struct raft_record *rec,
			      const char *data);
void run_records(struct run *r, u32 id, run_record_fn fn, void *ctx);
struct run_prop *run_prop_add(struct run *r, const struct scn_dir *d);
char *run_applied(struct run *r, u32 id);
void run_propose(struct run *r, const struct scn_dir *d);
void run_outcomes(struct run *r);
void run_outcomes_lost(struct run *r, u32 id);
void run_invariants(struct run *r);

/* cond.c */
bool run_cond(struct run *r, const struct scn_cond *c, char *got, size_t size);

#endif /* _LAB_RUN_H */
