/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sim.h - a cluster of pure cores under simulated time, network and disk.
 *
 * One struct sim is one cluster in one world: everything that happens in it
 * follows from its seed.  Time is a number that jumps from event to event.
 * Nothing here is shared between two simulations, so that the fuzzer can run
 * one after the other, and nothing knows of scenarios (run.c) or of the fuzzer
 * (fuzz.c).
 *
 * Order at one instant: messages and disk writes in the order in which they
 * were sent, then the ends of stalls, then deadlines in the order of node ids
 * ("late is not dead").
 */
#ifndef _SIM_H
#define _SIM_H

#include <stdarg.h>
#include <stdio.h>

#include "raft_core.h"
#include "raft_env.h"
#include "scenario.h"

#define SIM_MAX_ID		SCN_MAX_IDS
#define SIM_DELAY		100000ULL	/* ns, message and disk write */
#define SIM_EPOCH		1000000000ULL	/* ns, where time begins */
#define SIM_SOCKET_BUFFER	256		/* messages that wait while paused */
#define SIM_LAST_EVENTS		40		/* kept for a failure report */
#define SIM_TABLE		1024		/* chunks of log memory */
#define SIM_SETTLE_MAX		5000000ULL	/* events of one settle */
#define SIM_MILLION		1000000U

/* machine.c: the objects; from SIM_CAS on registers where cas is used, too. */
#define SIM_LIST		0
#define SIM_REGISTER		1
#define SIM_CAS			2

/* What a state machine is to do. */
struct sim_command {
	u8 kind;		/* enum lin_kind, 0: nothing */
	u64 object;
	u64 value;
	u64 expect;
};

/* An object after a command. */
struct sim_version {
	u64 index;		/* of the command */
	u64 object;
	u64 value;		/* of a register; what was appended to the list */
	u64 count;		/* list: elements */
	u64 hash;		/* list: lin_list_hash() of them */
	bool done;		/* cas: what it expected was there */
};

/* Ascending by index. */
struct sim_machine {
	struct sim_version *v;
	u32 n;
	u32 cap;
};

/* payload.c: what the handles of the core point to. */
struct sim_payload {
	u32 refs;
	u32 len;		/* bytes as the core counts them */
	u64 id;			/* equal contents, equal ids; 0: not known yet */
	bool refused;		/* must never be applied */
	struct sim_command command;
	char text[];		/* what scenarios see applied */
};

/* A message on its way; immutable, shared by its copies. */
struct sim_msg {
	struct raft_msg m;
	u32 refs;
	u32 class;		/* of the allocator */
	struct sim_msg *next;	/* in a hold or on a free list */
	struct raft_entry e[];
};

enum sim_write_kind {
	SIM_BATCH,
	SIM_PART,		/* of a snapshot: of, offset, part */
	SIM_INSTALL,		/* of */
};

/* One batch of the core, or a part of a snapshot, on its way to the disk. */
struct sim_write {
	struct sim_write *next;
	enum sim_write_kind kind;
	struct raft_snapshot of;
	u64 offset;
	struct sim_payload *part;
	struct raft_persist p;
	u32 n;
	struct raft_entry *e;
	u64 *chain;
};

/* snapshot.c: one on disk, or the part of it that is there. */
struct sim_snapshot {
	struct raft_snapshot of;	/* of.index 0: none */
	u8 *data;
	u64 len;
	bool rotten;			/* what is behind the image is damaged */
};

/* What the state machine got: the command of an entry. */
struct sim_applied {
	u64 index;
	u64 id;
};

/* disk.c: one node's store and the device under it. */
struct sim_disk {
	/* What survives a crash. */
	struct raft_hard_state hs;
	u64 incarnation;
	struct raft_entry *e;
	u64 *chain;
	u32 n;				/* last index */
	u32 cap;
	u64 base;			/* entries up to here are gone */
	u64 base_term;
	struct sim_snapshot snap;
	struct sim_snapshot incoming;
	/* What does not. */
	struct sim_write *head;		/* first of the group in flight */
	struct sim_write **tail;
	u32 flying;			/* batches in the group in flight */
	u64 token;			/* names that flight */
	int write_error;		/* the group in flight will fail so */
	bool dead;			/* failed in this boot: nothing is retried */
	struct sim_msg *reading;	/* entries that the core wants back */
	u64 read_token;			/* names that read */
	u64 room;			/* bytes for entries, U64_MAX: plenty */
	/* Faults. */
	u64 stall_until;		/* 0 if not */
	int error;			/* errno of the next write, 0 if none */
	bool corrupt;
	u64 corrupt_index;		/* the first one */
	bool forgot;			/* the hard state is illegible */
	bool snap_gone;			/* the snapshot is, image and all */
};

/* What a paused node will handle when it goes on. */
struct sim_item {
	struct sim_item *next;
	enum raft_event_type type;
	struct sim_msg *msg;
	struct sim_prop *prop;
	u32 n_props;
	u64 seq;
	u64 index;
	u64 term;
	int error;
	struct raft_snapshot of;
	u64 bytes;
};

enum sim_kind {
	SIM_COMMAND,
	SIM_READ,
	SIM_CHANGE,
	SIM_TRANSFER,
};

/* Something that was asked of a node, and what became of it. */
struct sim_prop {
	struct sim_prop *next;	/* all of the simulation */
	const char *name;	/* as NAME, or NULL */
	enum sim_kind kind;
	struct sim_payload *payload;	/* command */
	struct sim_prop *more;	/* next in the same event; next read of the node */
	u32 node;
	u64 serial;		/* its number at this boot; 0 while not accepted */
	u64 incarnation;	/* change: boot of the node */
	enum scn_outcome outcome;
	u64 index;
	u64 client;		/* command: session of its client, 0 if none */
	u64 client_serial;
	bool opens;		/* command: not one, but a new session */
	bool lease;		/* read: by lease */
	u64 floor;		/* read: acknowledged before it began */
	u64 call;		/* read: when it began, by the history's clock */
	struct sim_op *op;	/* command: the client's operation, or NULL */
	struct raft_change *change;	/* owned */
	u64 entry;		/* change: its last committed configuration */
	u32 target;		/* transfer */
	int error;		/* why it failed, as the core says */
};

/* check.c: a node's log in memory as seen from outside. */
struct chk_log {
	u64 *term;
	u64 *chain;	/* hash over the log up to here */
	u64 *bytes;	/* on disk, up to here */
	u32 *conf;	/* last configuration up to here, 0: the initial one */
	u32 bare;	/* first entry without its command, 0 if none */
	u32 n;		/* last index; what was dropped is remembered here */
	u32 cap;
	u64 base;	/* entries up to here were dropped */
};

struct sim_node {
	u32 id;
	bool member;		/* of the initial configuration */
	bool learner;		/* in that */
	bool witness;		/* in that */
	u32 priority;
	bool running;		/* booted and not crashed; may be failed */
	bool failed;		/* stopped itself, or refused to boot */
	bool paused;
	const char *why;	/* failed: reason */
	struct raft *r;
	struct raft_log_chunk **table;
	u64 incarnation;
	u64 deadline;
	struct raft_status st;	/* after the last step */
	struct raft_membership conf;	/* in force, after the last step */
	struct sim_item *inbox;
	struct sim_item **inbox_tail;
	u32 inbox_msgs;
	struct sim_prop **own;	/* by serial - 1 */
	u64 n_own;
	u64 cap_own;
	struct sim_prop *waiting;	/* for one of RAFT_MAX_PENDING */
	u32 n_waiting;
	struct sim_prop *reads;	/* undecided, in the order of their numbers */
	struct sim_prop **reads_tail;
	struct sim_prop *change;	/* under way */
	struct sim_prop *abort;		/* of a change, under way */
	struct sim_prop *transfer;	/* under way */
	u64 n_asked;		/* changes and transfers taken in this boot */
	u64 applied;		/* last index seen applied in this boot */
	struct sim_applied *list;	/* what was applied */
	u64 n_list;
	u64 serial;		/* own proposals up to this one are decided */
	u64 cap_list;
	struct sim_machine machine;	/* made of that */
	bool stateless;		/* ... but for what no snapshot gave it */
	u64 raised[SIM_MAX_ID + 1];	/* boot whose answer raised a match index */
	struct sim_disk disk;
	struct chk_log log;
	u32 wiped;		/* times, or its hard state was lost */
	u64 *lost;		/* chains of what was wiped or damaged last */
	u32 n_lost;
	u64 stopped_at;		/* when it crashed */
	bool blank;		/* boots without the initial configuration */
	bool lean;		/* fuzzer: may lack commands */
	s32 skew;		/* its clocks are fast, millionths */
	u64 suspended_at;	/* its monotonic clock stands still since, 0 if not */
	u64 asleep;		/* so long by its own clock, in this boot */
	u64 wake;		/* @deadline by its own clock */
};

enum sim_event_kind {
	SIM_DELIVER,
	SIM_DISK,
	SIM_READ_BACK,
	SIM_ROTTEN,
};

struct sim_event {
	u64 time;
	u64 order;
	enum sim_event_kind kind;
	u32 node;
	u64 token;		/* disk: which flight; read: which, or a boot */
	struct sim_msg *msg;
};

/* A drop or hold in force. */
struct sim_rule {
	struct sim_rule *next;
	const char *name;	/* hold, NULL for a drop */
	u8 msg;			/* enum raft_msg_type, 0: any */
	u32 from;		/* 0: any */
	u32 to;			/* 0: any */
	bool limited;
	u32 left;
	bool ended;		/* released; kept for replay */
	struct sim_msg *first;
	struct sim_msg **last;
};

struct sim_net {
	bool cut[SIM_MAX_ID + 1][SIM_MAX_ID + 1];
	u64 floor[SIM_MAX_ID + 1][SIM_MAX_ID + 1];	/* first in, first out */
	u32 loss;
	u32 dup;
	u32 reorder;
	u64 delay_min;
	u64 delay_max;
	struct sim_rule *rules;
};

/* Totals for the fuzzer's report. */
struct sim_count {
	u64 seeds;
	u64 events;
	u64 messages;
	u64 lost;
	u64 quiet;
	u64 leaders;
	u64 commits;
	u64 acked;
	u64 crashes;
	u64 torn;
	u64 restarts;
	u64 disk_failures;
	u64 wipes;
	u64 damaged;		/* logs, found at a boot */
	u64 rotten;		/* snapshots, found at a boot or when sent */
	u64 mended;		/* of them, by one of another node */
	u64 forgot;		/* hard states */
	u64 partitions;
	u64 pauses;
	u64 truncations;
	u64 dropped;		/* duplicates found at apply */
	u64 repeated;		/* of clients, with the answer of the first */
	u64 reads;
	u64 lease_reads;
	u64 ops;		/* of clients, judged */
	u64 changes;
	u64 joint;
	u64 transfers;
	u64 stuck;		/* only a witness knew of an entry */
	u64 waits;		/* groups that wait for what is damaged */
	u64 snapshots;
	u64 compactions;
	u64 parts;
	u64 installs;
	u64 bare;		/* snapshots that witnesses took */
	u64 bare_installs;	/* of them those that witnesses got */
	u64 evicted;		/* entries */
	u64 passed;		/* at boots */
	u64 read_back;
	u64 read_failed;
	u64 replayed;		/* images for snapshots */
};

struct check;
struct check_apply;
struct history;

/* The core's own state as of an index: that of all nodes, see core.rst. */
struct sim_image {
	u64 index;
	u64 hash;
};

struct sim {
	u64 seed;
	u64 rng;
	u64 now;
	u64 order;
	u64 boots;
	struct raft_config cfg;	/* without id and incarnation */
	u64 disk_delay;
	u64 log_room;
	bool each_batch;	/* PERSISTED for each batch of a group */
	bool fuzz;
	bool waits;		/* fuzzer: it waits at its end for what is damaged */
	bool history_alone;	/* must find stale reads and what is applied twice */
	u64 window;		/* newest entries in memory, U64_MAX: all */
	struct sim_node *by_id[SIM_MAX_ID + 1];
	struct sim_node *nodes[SIM_MAX_ID];	/* ascending ids */
	u32 n_nodes;
	struct sim_net net;
	struct sim_event *heap;
	u32 n_heap;
	u32 cap_heap;
	u32 stalls;		/* disks that hang, to skip the search */
	struct sim_prop *props;
	struct sim_prop **props_tail;
	struct sim_prop *undecided;	/* none before this one is pending */
	struct check *check;
	struct check_apply *applied;
	struct history *history;	/* NULL: nobody keeps one */
	struct raft_update up;
	const struct raft_msg *msg;	/* that is being handled, or NULL */
	u32 accepted;		/* of the last PROPOSE */
	u64 first_serial;
	int refused;
	bool no_slot;		/* and RAFT_MAX_PENDING is why */
	struct sim_prop *asked;	/* the read, change or transfer of this step */
	u64 acked;		/* highest index that anybody was told of */
	struct raft_membership conf;	/* last committed configuration */
	struct raft_membership *confs;	/* all of them, but the initial one */
	u32 n_confs;
	struct sim_image *images;	/* of all indexes of which one was made */
	u32 n_images;
	struct sim_count count;
	char failed[512];	/* first broken invariant, "" if none */
	bool trace;		/* print */
	bool remember;		/* keep the last lines */
	char ring[SIM_LAST_EVENTS][240];
	u64 n_ring;
};

/* sim.c: time */
struct sim *sim_new(u64 seed);
void sim_free(struct sim *s);
u64 sim_random(struct sim *s);
u64 sim_range(struct sim *s, u64 from, u64 to);
bool sim_chance(struct sim *s, u32 millionths);
void sim_schedule(struct sim *s, const struct sim_event *ev);
bool sim_next(struct sim *s, u64 until);
void sim_run(struct sim *s, u64 until);
void sim_settle(struct sim *s);
void sim_fail(struct sim *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sim_unkept(struct sim *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void *sim_alloc(size_t size);
void *sim_grow(void *p, size_t size);

/* chunk.c: memory of logs */
struct raft_log_chunk *sim_chunk_get(void);
void sim_chunk_put(struct raft_log_chunk *chunk);

/* node.c: life of a node, events into its core */
struct sim_node *sim_node(struct sim *s, u32 id);
void sim_boot(struct sim *s, struct sim_node *n, bool withhold);
void sim_crash(struct sim *s, struct sim_node *n);
void sim_pause(struct sim *s, struct sim_node *n);
void sim_resume(struct sim *s, struct sim_node *n);
void sim_suspend(struct sim *s, struct sim_node *n);
u64 sim_clock(const struct sim *s, const struct sim_node *n);
u32 sim_initial(const struct sim *s, struct raft_member *m);
void sim_event(struct sim *s, struct sim_node *n, struct raft_event *ev);
void sim_item(struct sim *s, struct sim_node *n, const struct sim_item *item);
void sim_tick(struct sim *s, struct sim_node *n);
void sim_campaign(struct sim *s, struct sim_node *n);
bool sim_alive(const struct sim_node *n);

int sim_evict(struct sim *s, struct sim_node *n, u64 index);

/* propose.c */
struct sim_prop *sim_propose(struct sim *s, struct sim_node *n, const char *name,
			     const char *text, u64 size, u32 count);
struct sim_prop *sim_propose_client(struct sim *s, struct sim_node *n,
				    u64 client, u64 serial, u32 count);
void sim_prop_come(struct sim *s, struct sim_node *n, struct sim_prop *first,
		   u32 count);
void sim_prop_go_on(struct sim *s, struct sim_node *n);
void sim_prop_applied(struct sim *s, struct sim_node *n, u64 index,
		      const struct raft_entry *e);
void sim_prop_repeated(struct sim *s, struct sim_node *n, u64 first,
		       const struct raft_entry *e);
void sim_prop_lost(struct sim *s, struct sim_node *n);
void sim_prop_installed(struct sim *s, struct sim_node *n, u64 before);
void sim_prop_forget(struct sim *s);
struct sim_prop *sim_prop_find(struct sim *s, const char *name);

/* ask.c */
struct sim_prop *sim_read(struct sim *s, struct sim_node *n, const char *name,
			  bool lease);
struct sim_prop *sim_change(struct sim *s, struct sim_node *n, const char *name,
			    const struct raft_change *change);
struct sim_prop *sim_transfer(struct sim *s, struct sim_node *n,
			      const char *name, u32 target);
void sim_ask_come(struct sim *s, struct sim_node *n, struct sim_prop *p);
void sim_ask_update(struct sim *s, struct sim_node *n);
void sim_ask_lost(struct sim_node *n);
const char *sim_ask_text(const struct sim_prop *p, char *buf, size_t size);

/* net.c */
void sim_send(struct sim *s, struct sim_node *from, const struct raft_msg *m);
void sim_deliver(struct sim *s, struct sim_msg *msg);
struct sim_msg *sim_msg_new(u32 n_entries);
void sim_msg_put(struct sim_msg *msg);
void sim_link(struct sim *s, u32 from, u32 to, bool up);
void sim_isolate(struct sim *s, u32 id);
void sim_heal(struct sim *s);
struct sim_rule *sim_rule_add(struct sim *s, const char *name, u8 msg, u32 from,
			      u32 to, u32 count);
struct sim_rule *sim_rule_find(struct sim *s, const char *name);
void sim_release(struct sim *s, struct sim_rule *rule);
void sim_replay(struct sim *s, struct sim_rule *rule);
void sim_net_free(struct sim *s);

/* disk.c */
void sim_disk_submit(struct sim *s, struct sim_node *n,
		     const struct raft_persist *p);
void sim_disk_part(struct sim *s, struct sim_node *n,
		   const struct raft_update *up, struct sim_payload *part);
bool sim_disk_has(const struct sim *s, const struct sim_node *n, u64 index,
		  u64 chain);
void sim_disk_done(struct sim *s, struct sim_node *n, u64 token);
void sim_disk_start(struct sim *s, struct sim_node *n);
void sim_disk_read(struct sim *s, struct sim_node *n,
		   const struct raft_update *up);
void sim_disk_read_done(struct sim *s, struct sim_node *n,
			const struct sim_event *ev);
void sim_disk_stall(struct sim *s, struct sim_node *n, u64 until);
void sim_disk_ok(struct sim *s, struct sim_node *n);
bool sim_disk_lacks(const struct sim_disk *d);
void sim_disk_corrupt(struct sim_node *n, u64 index);
void sim_disk_found(struct sim *s, struct sim_node *n);
void sim_disk_forget(struct sim *s, struct sim_node *n);
u64 sim_disk_units(const struct sim_node *n);
void sim_disk_crash(struct sim *s, struct sim_node *n, u64 units);
void sim_disk_preset(struct sim *s, struct sim_node *n,
		     const struct scn_terms *terms);
void sim_disk_wipe(struct sim *s, struct sim_node *n);
u64 sim_disk_room(const struct sim_node *n);
const struct raft_entry *sim_entry(const struct sim_node *n, u64 index);

/* snapshot.c */
void sim_list_apply(struct sim_node *n, u64 index, u64 id);
void sim_list_load(struct sim *s, struct sim_node *n);
void sim_snapshot_found(struct sim *s, struct sim_node *n);
void sim_snapshot_rotten(struct sim *s, struct sim_node *n);
void sim_snapshot_go_on(struct sim *s, struct sim_node *n);
bool sim_snapshot_lacks(const struct sim_node *n);
int sim_snapshot(struct sim *s, struct sim_node *n, u64 index);
int sim_compact(struct sim *s, struct sim_node *n, u64 index);
struct sim_payload *sim_snapshot_part(struct sim *s, struct sim_node *n,
				      const struct raft_msg *m);
void sim_snapshot_store(struct sim *s, struct sim_node *n,
			const struct raft_snapshot *of, u64 offset,
			const struct sim_payload *part);
bool sim_snapshot_install(struct sim *s, struct sim_node *n,
			  const struct raft_snapshot *of);
void sim_snapshot_wipe(struct sim_node *n);

/* payload.c */
struct sim_payload *sim_payload_new(const char *text, u64 size, u64 id);
struct sim_payload *sim_payload_config(void);
u64 sim_payload_id(struct sim_payload *p);
u64 sim_hash(u64 a, u64 b);

/* check.c: what must hold, always */
struct check *check_new(void);
void check_free(struct check *c);
void check_boot(struct sim *s, struct sim_node *n);
void check_current(struct sim_node *n);
void check_persist(struct sim *s, struct sim_node *n,
		   const struct raft_status *old, const struct raft_persist *p);
void check_sent(struct sim *s, struct sim_node *n, const struct raft_msg *m);
void check_disk(struct sim *s, struct sim_node *n,
		const struct raft_hard_state *hs);
void check_step(struct sim *s, struct sim_node *n,
		const struct raft_status *old);
u64 check_chain(u64 before, const struct raft_entry *e);
u64 check_committed(const struct sim *s);
bool check_has_committed(const struct sim *s, const struct sim_node *n);
u64 check_committed_chain(const struct sim *s, u64 index);

/* check_apply.c: the same for what is applied */
struct check_apply *check_apply_new(void);
void check_apply_free(struct check_apply *c);
void check_applied(struct sim *s, struct sim_node *n, u64 first, u64 last);
void check_passed(struct sim *s, struct sim_node *n, u64 first, u64 last);
void check_acked(struct sim *s, const struct sim_prop *p);
void check_installed(struct sim *s, struct sim_node *n, bool boot);
void check_replayed(struct sim *s, struct sim_node *n, u64 from);
const char *check_text(const struct sim *s, u64 index);
u64 check_find(const struct sim *s, u64 id);
bool check_is_fate(const struct sim *s, const struct sim_prop *p);

/* check_config.c: the same for configurations and reads */
bool check_joint(const struct raft_membership *c);
bool check_votes(const struct raft_member *m);
const struct raft_member *check_member(const struct raft_membership *c, u32 id);
void check_config_append(struct sim *s, struct sim_node *n, u64 index,
			 const struct raft_status *old);
void check_config_step(struct sim *s, struct sim_node *n);
void check_config_committed(struct sim *s, struct sim_node *n, u64 first,
			    u64 last);
void check_majority(struct sim *s, struct sim_node *n, u64 index, u64 before);
void check_campaign(struct sim *s, struct sim_node *n);
void check_config_before(const struct sim *s, u64 index,
			 struct raft_membership *c);
void check_read(struct sim *s, struct sim_node *n, const struct sim_prop *p);
void check_change(struct sim *s, struct sim_node *n, const struct sim_prop *p);

/* machine.c: what nodes make of the commands */
void machine_reset(struct sim_machine *m);
void machine_free(struct sim_machine *m);
void machine_apply(struct sim_machine *m, u64 index,
		   const struct sim_command *c);
struct sim_version machine_at(const struct sim_machine *m, u64 object,
			      u64 index);
const struct sim_version *machine_result(const struct sim_machine *m,
					 u64 index);
void machine_list(const struct sim_machine *m, u64 index, u64 *elements);

/* history.c: what clients saw of it */
struct history *history_new(const char *path);
void history_free(struct history *h);
void history_propose(struct sim *s, struct sim_prop *p);
void history_told(struct sim *s, const struct sim_node *n,
		  const struct sim_prop *p);
void history_read(struct sim *s, struct sim_prop *p);
void history_answered(struct sim *s, const struct sim_node *n,
		      const struct sim_prop *p);
void history_last(struct sim *s);
void history_judge(struct sim *s);
const char *history_why(const struct sim *s);

/* trace.c */
void sim_trace(struct sim *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void sim_trace_msg(struct sim *s, const char *what, const struct raft_msg *m);
void sim_trace_last(const struct sim *s, FILE *to);
#define sim_traced(s)	((s)->trace || (s)->remember)

/* cond.c: conditions of scenarios */
bool sim_cond(struct sim *s, const struct scn_cond *c, char *got, size_t size);

/* How to run a seed of the fuzzer. */
struct sim_life {
	u32 max_actions;	/* before the faults end */
	bool trace;
	bool remember;		/* the last lines of the trace */
	bool history_alone;	/* as in struct sim */
	const char *history;	/* file for it, or NULL */
};

/* How to run a scenario. */
struct sim_how {
	u64 seed;		/* instead of the file's, 0: the file's */
	u64 window;		/* as in struct sim */
	bool trace;
	bool quiet;		/* print nothing at all */
};

/* run.c, fuzz.c, mutant.c: the commands */
int sim_run_command(int argc, char **argv);
int sim_run_file(const char *file, const struct sim_how *how);
int sim_fuzz_command(int argc, char **argv);
int sim_hunt_command(int argc, char **argv);
bool sim_fuzz_seed(u64 seed, const struct sim_life *life, char *why,
		   size_t size, struct sim_count *count);
bool sim_mutant_set(const char *name);

#endif /* _SIM_H */
