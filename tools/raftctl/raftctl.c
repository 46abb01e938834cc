// SPDX-License-Identifier: GPL-2.0
/*
 * raftctl.c - the table of subcommands, help and version.
 */
#include "ctl.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef RAFT_VERSION
#define RAFT_VERSION	"0.1"
#endif

static int help_run(int argc, char **argv);

#define GROUP_OPTION	"-g, --group NAME    the group; needed if there are several\n"
#define UP_OPTIONS \
	"--module FILE       raft.ko, if modprobe does not find it\n" \
	"--no-create         fail if there is no log yet\n" \
	"--fresh             this node was off longer than any lease: let it\n" \
	"                    vote at once\n" \
	"--lost-nothing      its log is new, and it never had another: let it\n" \
	"                    vote at once\n"

#define DOWN_OPTIONS \
	GROUP_OPTION \
	"--no-transfer       a leader just stops\n"

static const struct ctl_command commands[] = {
	{ "up", ctl_up, "NAME|FILE [--node N] [--log PATH]",
	  "start the group that a raft.conf(5) describes",
	  "-n, --node N        this node, instead of Node in the file\n"
	  "-l, --log PATH      its log, instead of Log in the file\n"
	  UP_OPTIONS },
	{ "down", ctl_stop, "[NAME|FILE] [--no-transfer]",
	  "stop a group at this node; a leader hands over first",
	  DOWN_OPTIONS },
	{ "join", ctl_join, "NAME|FILE ADDRESS:PORT [OPTION...]",
	  "start a new node, have a member add it, wait until it is one",
	  "ADDRESS:PORT        where any member listens\n"
	  "--learner           as a learner, without a vote\n"
	  "-n, --node N        this node, instead of Node in the file\n"
	  "-l, --log PATH      its log, instead of Log in the file\n"
	  "-t, --timeout T     default for ever\n"
	  "--module FILE       raft.ko, if modprobe does not find it\n" },
	{ "start", ctl_start, "NAME --node N [OPTION...]",
	  "start a group without a file, all by options",
	  "-n, --node N        this node\n"
	  "-p, --peer ID=ADDRESS:PORT[,learner|,witness]\n"
	  "                    a member, this node included; once for each\n"
	  "-l, --log PATH      its log, default /var/lib/raft/NAME.log\n"
	  "--id ID             of the group, default a hash of NAME\n"
	  "--log-size SIZE     if it must be made, default 64M\n"
	  "--listen ADDRESS:PORT  for a node that joins later\n"
	  "--election-timeout T, --heartbeat T, --propose-timeout T,\n"
	  "--prevote on|off, --check-quorum on|off, --max-inflight N,\n"
	  "--max-inflight-bytes SIZE, --max-batch N, --max-uncommitted SIZE,\n"
	  "--priority N, --lease-drift PART\n"
	  "                    as the keys in raft.conf(5)\n"
	  UP_OPTIONS },
	{ "stop", ctl_stop, "[NAME|FILE] [--no-transfer]", "the same as down",
	  DOWN_OPTIONS },
	{ "member", ctl_member, "VERB [-g NAME] [ARGUMENT...]",
	  "show and change the members",
	  "list [NAME] [--json]\n"
	  "add ID=ADDRESS:PORT         a voter, once it has caught up\n"
	  "add-learner ID=ADDRESS:PORT\n"
	  "add-witness ID=ADDRESS:PORT  a voter without the commands\n"
	  "promote ID                  a learner to a voter\n"
	  "demote ID                   a voter to a learner\n"
	  "remove ID\n"
	  "address ID=ADDRESS:PORT     it has moved\n"
	  "change ITEM...              all at once, each of\n"
	  "       +ID=ADDRESS:PORT[,learner|,witness]  -ID\n"
	  "       ID=voter  ID=learner\n"
	  "abort                       take back what is under way\n"
	  GROUP_OPTION
	  "-t, --timeout T     default the propose timeout; it goes on without us\n" },
	{ "transfer", ctl_transfer, "[-g NAME] [ID] [--timeout T]",
	  "let a node lead, or the best one; print who does",
	  GROUP_OPTION
	  "-t, --timeout T     default the propose timeout of the group\n" },
	{ "set", ctl_set, "[-g NAME] KEY=VALUE...",
	  "change settings of this node while it runs, keys of raft.conf(5)",
	  GROUP_OPTION },
	{ "sync", ctl_sync, "NAME|FILE",
	  "have a running group take the settings of its file", NULL },
	{ "recover", ctl_recover, "NAME|FILE [OPTION...]",
	  "a majority is lost for good: make a new group of what is left",
	  "-n, --node N        this node, instead of Node in the file\n"
	  "-l, --log PATH      its log, instead of Log in the file\n"
	  "--to PATH           the new log, default the old path and .recovered\n"
	  "--id ID             of the new group, default a random one\n"
	  "--log-size SIZE     of the new log, default as the old one\n"
	  "--yes-i-lost-the-majority\n"
	  "                    do not ask on the terminal\n" },
	{ "status", ctl_status, "[NAME] [--json]",
	  "the state of a group, or of all, for people",
	  GROUP_OPTION
	  "-j, --json          an object per group and line\n" },
	{ "show", ctl_show, "[NAME] [FIELD]",
	  "values for scripts, of one group or all",
	  GROUP_OPTION },
	{ "dump", ctl_dump, "[NAME]",
	  "all values of groups and peers, tab separated",
	  GROUP_OPTION },
	{ "propose", ctl_propose, "[-g NAME] [OPTION...] TEXT...|-",
	  "propose a command, print the index where it was applied",
	  GROUP_OPTION
	  "-t, --timeout T     how long to wait for the commit\n"
	  "-                   each line of stdin is a command\n"
	  "--lines             the same\n"
	  "--keep-newline      the newline is part of the command\n"
	  "--stdin             all of stdin is one command\n"
	  "-J, --jobs N        propose N lines at a time, in no order\n"
	  "-b, --batch N       propose N lines in one call, in their order\n"
	  "-k, --keep-going    do not stop at the first line that fails\n"
	  "-q, --quiet         print no indexes\n"
	  "-j, --json          an object per command and line\n"
	  "--session ID        of one command: it is applied once, however often\n"
	  "--serial N          it is proposed with this session and number\n"
	  "--result            of one command: wait for what the state machine\n"
	  "                    makes of it, print that instead of the index\n" },
	{ "session", ctl_session, "[NAME] [--timeout T]",
	  "open a session for commands that are repeated, print its id",
	  GROUP_OPTION
	  "-t, --timeout T     default the propose timeout of the group\n" },
	{ "applied", ctl_applied, "[-g NAME] INDEX [--result FILE|-]",
	  "for a state machine: it has applied all up to an index",
	  GROUP_OPTION
	  "--result FILE       what the command there came to; -: stdin\n" },
	{ "snapshot", ctl_snap, "[NAME] --file FILE|- [OPTION...]",
	  "take a snapshot and cut the log, or copy the one there is",
	  GROUP_OPTION
	  "--file FILE         the state of the state machine; -: stdin\n"
	  "--empty             there is none: no commands are kept for who comes\n"
	  "                    later\n"
	  "--index N           last index in it, default what is applied\n"
	  "--keep N            entries up to there that stay in the log\n"
	  "--no-compact        all entries stay\n"
	  "--save FILE         copy the current one to FILE, -: stdout; print its\n"
	  "                    index\n" },
	{ "tail", ctl_tail, "[-g NAME] [OPTION...]",
	  "print the committed commands, and wait for more",
	  GROUP_OPTION
	  "--from INDEX        begin at this index, default the oldest\n"
	  "-n, --last N        begin with the last N commands\n"
	  "--count N           stop after N commands\n"
	  "--no-follow         stop at the end of the log\n"
	  "-l, --long          with index, term, origin and serial\n"
	  "--raw               bytes as they are, nothing added\n"
	  "-j, --json          an object per command and line\n" },
	{ "read", ctl_read, "[NAME] [--lease] [--timeout T]",
	  "read barrier: print up to which index all that was acknowledged is here",
	  GROUP_OPTION
	  "-l, --lease         the leader may answer by its lease\n"
	  "-t, --timeout T     default the propose timeout of the group\n" },
	{ "wait-leader", ctl_wait_leader, "[NAME] [--timeout T]",
	  "wait until a leader is known, print its id",
	  GROUP_OPTION
	  "-t, --timeout T     default for ever\n" },
	{ "wait-applied", ctl_wait_applied, "[-g NAME] INDEX [--timeout T]",
	  "wait until this node has applied an index",
	  GROUP_OPTION
	  "-t, --timeout T     default for ever\n" },
	{ "events", ctl_events, "[NAME] [--now] [--json]",
	  "print what there is, then each change of role, term, leader, members",
	  GROUP_OPTION
	  "--now               only what there is\n"
	  "--timestamps        put the time in front of each line\n"
	  "-j, --json          an object per line\n" },
	{ "showconf", ctl_showconf, "[NAME]",
	  "a running group as a raft.conf(5)",
	  GROUP_OPTION },
	{ "checkconf", ctl_checkconf, "NAME|FILE [--node N]",
	  "check a raft.conf(5), start nothing",
	  "-n, --node N        as if on this node\n" },
	{ "help", help_run, "[COMMAND]", "this, or about a command", NULL },
};

#define N_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static const struct ctl_command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

static void command_help(const struct ctl_command *c, FILE *out)
{
	const char *s, *end;

	fprintf(out, "Usage: raftctl %s %s\n%s.\n", c->name, c->args, c->help);
	if (c->options)
		putc('\n', out);
	for (s = c->options; s && *s; s = end + 1) {
		end = strchr(s, '\n');
		fprintf(out, "  %.*s\n", (int)(end - s), s);
	}
}

static void overview(FILE *out)
{
	size_t i;

	fputs("Usage: raftctl [COMMAND [ARGUMENT...]]\n\n", out);
	for (i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-13s %s\n", commands[i].name,
			commands[i].help);
	fputs("\nWithout a command: show.  raftctl help COMMAND says more, raftctl(8) all.\n"
	      "Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 outcome unknown,\n"
	      "4 no such group or no module, 5 timed out while waiting.\n", out);
}

static int help_run(int argc, char **argv)
{
	const struct ctl_command *c;

	if (argc < 2) {
		overview(stdout);
		return CTL_OK;
	}
	c = command_find(argv[1]);
	if (!c)
		return ctl_usage("\"%s\" is no command; raftctl help lists them",
				 argv[1]);
	command_help(c, stdout);
	return CTL_OK;
}

static int version_print(void)
{
	struct raft_ioc_features f;
	int fd;

	printf("raftctl %s, interface version %u\n", RAFT_VERSION,
	       RAFT_API_VERSION);
	fd = raft_ioc_open(O_RDONLY);
	if (fd < 0)
		return CTL_OK;
	if (!raft_ioc_features(fd, &f))
		printf("module: interface version %u, features 0x%llx, up to %u bytes, %u nodes\n",
		       f.api_version, (unsigned long long)f.features,
		       f.command_max, f.nodes_max);
	close(fd);
	return CTL_OK;
}

static bool wants_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	static char *show[2] = { "show", NULL };
	const struct ctl_command *c;

	/* A line at a time, or those of several programs would mix. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	if (argc < 2)
		return ctl_flush(ctl_show(1, show));
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return ctl_flush(version_print());
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return ctl_flush(help_run(1, argv));
	c = command_find(argv[1]);
	if (!c) {
		ctl_usage("\"%s\" is no command", argv[1]);
		overview(stderr);
		return CTL_USAGE;
	}
	argc--;
	argv++;
	if (wants_help(argc, argv)) {
		command_help(c, stdout);
		return ctl_flush(CTL_OK);
	}
	return ctl_flush(c->run(argc, argv));
}
