/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ctl.h - what the subcommands of raftctl share.
 *
 * A subcommand gets its own argc and argv, prints what it found on stdout and
 * what went wrong on stderr, and returns one of the exit codes.
 */
#ifndef _RAFT_CTL_H
#define _RAFT_CTL_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "../lib/ioc.h"
#include "../lib/util.h"

/* Exit codes: an interface, see raftctl(8). */
enum {
	CTL_OK = 0,
	CTL_FAILED = 1,		/* for certain: nothing was done or proposed */
	CTL_USAGE = 2,		/* command line or configuration file */
	CTL_UNKNOWN = 3,	/* a proposal may or may not be committed */
	CTL_NO_GROUP = 4,	/* no such group, or no module */
	CTL_TIMEOUT = 5,	/* what was waited for did not happen in time */
};

/**
 * struct ctl_command - a subcommand
 * @name: the word
 * @run: does it; argv[0] is @name
 * @args: synopsis of the arguments
 * @help: one line
 * @options: a line per option, or NULL
 */
struct ctl_command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args;
	const char *help;
	const char *options;
};

/**
 * struct ctl_snapshot - a group at a moment
 * @st: status
 * @peers: members, @st.n_peers of them
 */
struct ctl_snapshot {
	struct raft_ioc_status st;
	struct raft_ioc_peer peers[RAFT_NODES_MAX];
};

/* ctl.c */
__attribute__((format(printf, 1, 2))) void ctl_warn(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) int ctl_usage(const char *fmt, ...);
int ctl_fail(enum raft_ioc_op op, int error, const char *group,
	     const char *log);
int ctl_outcome(enum raft_ioc_op op, uint32_t outcome, int error,
		const char *group);
int ctl_attach(const char *group, int flags, int *fd);
int ctl_snapshot(int fd, const char *group, struct ctl_snapshot *snap);
const char *ctl_kind(const struct ctl_snapshot *snap,
		     const struct raft_ioc_peer *p);
const struct raft_ioc_peer *ctl_peer(const struct ctl_snapshot *snap,
				     uint32_t id);
int ctl_group_arg(int argc, char **argv, const char **group);
int ctl_each_group(int (*fn)(const char *group, void *arg), void *arg);
int ctl_ms_parse(const char *option, const char *text, uint32_t *ms);
int ctl_u64_parse(const char *option, const char *text, uint64_t min,
		  uint64_t max, uint64_t *value);
int ctl_wait(int fd, uint32_t what, uint64_t value, uint32_t timeout_ms,
	     struct raft_ioc_wait *result);
int ctl_flush(int code);

/* One per subcommand, in the file that is named after it or its group. */
int ctl_up(int argc, char **argv);		/* up.c */
int ctl_start(int argc, char **argv);		/* start.c */
int ctl_stop(int argc, char **argv);		/* up.c */
int ctl_status(int argc, char **argv);		/* status.c */
int ctl_show(int argc, char **argv);		/* show.c */
int ctl_dump(int argc, char **argv);		/* show.c */
int ctl_propose(int argc, char **argv);		/* propose.c */
int ctl_session(int argc, char **argv);		/* session.c */
int ctl_applied(int argc, char **argv);		/* session.c */
int ctl_tail(int argc, char **argv);		/* tail.c */
int ctl_wait_leader(int argc, char **argv);	/* wait.c */
int ctl_wait_applied(int argc, char **argv);	/* wait.c */
int ctl_events(int argc, char **argv);		/* events.c */
int ctl_showconf(int argc, char **argv);	/* showconf.c */
int ctl_checkconf(int argc, char **argv);	/* showconf.c */
int ctl_member(int argc, char **argv);		/* member.c */
int ctl_transfer(int argc, char **argv);	/* transfer.c */
int ctl_read(int argc, char **argv);		/* read.c */
int ctl_set(int argc, char **argv);		/* set.c */
int ctl_sync(int argc, char **argv);		/* set.c */
int ctl_join(int argc, char **argv);		/* join.c */
int ctl_snap(int argc, char **argv);	/* snapshot.c */
int ctl_recover(int argc, char **argv);		/* recover.c */

/* transfer.c: for down */
void ctl_hand_over(const char *group);

/* show.c: the same fields everywhere */
void ctl_json_status(struct raft_json *j, const struct ctl_snapshot *snap);
void ctl_json_peers(struct raft_json *j, const struct ctl_snapshot *snap);

/* up.c: for start.c */
struct raft_conf;

/**
 * struct ctl_up_options - how to start what a configuration describes
 * @log: path of the log that overrides the configuration's, or NULL
 * @module: path of raft.ko if modprobe does not find it, or NULL
 * @no_create: the log must be there
 * @fresh: this node was off for longer than any lease
 * @lost_nothing: a new log of it replaces none that was lost
 */
struct ctl_up_options {
	const char *log;
	const char *module;
	bool no_create;
	bool fresh;
	bool lost_nothing;
};

int ctl_up_conf(const struct raft_conf *conf,
		const struct ctl_up_options *opt);

#endif /* _RAFT_CTL_H */
