// SPDX-License-Identifier: GPL-2.0
/*
 * node.c - a node: its log file, its boots and its ends, its fault hook.
 *
 * Owns the files in RUN_DIR and the group RUN_GROUP in each namespace.  Must
 * leave no group behind: run_stop() is called for every node after each file.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

/**
 * run_node() - the slot of a node
 * @r: the run
 * @id: node id
 *
 * Return: the slot; a node that this lab has no namespace for is skipped.
 */
struct run_node *run_node(struct run *r, u32 id)
{
	if (!id || id > r->n_nodes)
		skip(r, "node %u: the lab has namespaces for 1 to %u", id,
		     r->n_nodes);
	return &r->node[id];
}

/**
 * run_alive() - does the node run, with a group that can be asked?
 * @r: the run
 * @id: node id
 *
 * Return: true if so.
 */
bool run_alive(struct run *r, u32 id)
{
	return r->node[id].running && r->node[id].fd >= 0;
}

/**
 * run_node_up() - the slot of a node that must be running
 * @r: the run
 * @id: node id
 *
 * Return: the slot.
 */
struct run_node *run_node_up(struct run *r, u32 id)
{
	struct run_node *n = run_node(r, id);

	if (!run_alive(r, id))
		fail(r, "expected node %u to run, got a stopped node", id);
	return n;
}

/**
 * run_enter() - this thread goes into the namespace of a node
 * @r: the run
 * @id: node id
 */
void run_enter(struct run *r, u32 id)
{
	if (setns(r->node[id].netns, CLONE_NEWNET)) {
		perror("setns");
		exit(2);
	}
}

static void log_path(u32 id, char *path, size_t size)
{
	snprintf(path, size, RUN_DIR "/n%u.log", id);
}

static void snapshot_path(u32 id, int i, char *path, size_t size)
{
	snprintf(path, size, RUN_DIR "/n%u.snap.%d", id, i);
}

/* The two files for snapshots, as an earlier boot left them. */
static void snapshots_open(u32 id, struct raft_ioc_start *s)
{
	char path[64];
	int i;

	for (i = 0; i < 2; i++) {
		snapshot_path(id, i, path, sizeof(path));
		s->snapshot_fd[i] = open(path, O_RDWR | O_CREAT | O_CLOEXEC,
					 0600);
		if (s->snapshot_fd[i] < 0) {
			perror(path);
			exit(2);
		}
	}
	s->flags |= RAFT_START_SNAPSHOTS;
}

static void debug_path(struct run *r, u32 id, const char *file, char *path,
		       size_t size)
{
	struct stat st;

	if (fstat(r->node[id].netns, &st)) {
		perror("fstat");
		exit(2);
	}
	snprintf(path, size, "/sys/kernel/debug/raft/%lu-" RUN_GROUP "/%s",
		 (unsigned long)st.st_ino, file);
}

/* "1x3,4" out of the terms, as raftmklog takes them. */
static char *terms_text(const struct scn_terms *t)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	u32 i, j;

	if (!f)
		exit(2);
	for (i = 0; t && i < t->n; i = j) {
		for (j = i; j < t->n && t->term[j] == t->term[i]; j++)
			;
		fprintf(f, "%s%llux%u", i ? "," : "",
			(unsigned long long)t->term[i], j - i);
	}
	if (!t || !t->n)
		fputc('-', f);
	fclose(f);
	return text;
}

static void log_preset(struct run *r, u32 id, const char *path)
{
	struct run_node *n = &r->node[id];
	const char *tool = getenv("RAFTMKLOG");
	char *terms = terms_text(n->preset_log), *cmd;
	int bad;

	if (asprintf(&cmd, "%s --group %u --node %u --term %llu --vote %u --commit %llu -l %s %s",
		     tool ? tool : "raftmklog", RUN_GROUP_ID, id,
		     (unsigned long long)n->preset_term, n->preset_vote,
		     (unsigned long long)n->preset_commit, terms, path) < 0)
		exit(2);
	bad = system(cmd);
	free(terms);
	if (bad)
		fail(r, "the preset log of node %u cannot be made: %s", id, cmd);
	free(cmd);
	n->preset = false;
}

/* The file is there, blank or preset, or as an earlier boot left it. */
static int log_open(struct run *r, u32 id)
{
	char path[64];
	int fd;

	log_path(id, path, sizeof(path));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || (lseek(fd, 0, SEEK_END) == 0 &&
		       ftruncate(fd, (off_t)r->log_bytes))) {
		perror(path);
		exit(2);
	}
	if (r->node[id].preset)
		log_preset(r, id, path);
	return fd;
}

/**
 * run_address() - where a node listens, also one that has no namespace
 * @m: filled, without flags
 * @id: node id
 */
void run_address(struct raft_ioc_member *m, u32 id)
{
	u32 addr = htonl(0x0a4d0000u + id);	/* 10.77.0.id */

	m->id = id;
	m->family = AF_INET;
	m->port = RUN_PORT;
	memcpy(m->addr, &addr, sizeof(addr));
}

static void member_fill(struct raft_ioc_member *m, const struct run *r, u32 id)
{
	run_address(m, id);
	m->flags = r->node[id].learner ? RAFT_MEMBER_LEARNER :
		   r->node[id].witness ? RAFT_MEMBER_WITNESS : 0;
}

static void start_fill(struct run *r, u32 id, bool fresh,
		       struct raft_ioc_start *s, struct raft_ioc_member *members)
{
	u32 i;

	s->flags = RAFT_START_CREATE | (fresh ? RAFT_START_FRESH : 0) |
		   (r->opt[SCN_OPT_UNPROVEN] || r->node[id].forgot ? 0 :
		    RAFT_START_LOST_NOTHING) |
		   (r->no_prevote ? RAFT_START_NO_PREVOTE : 0) |
		   (r->no_check_quorum ? RAFT_START_NO_CHECK_QUORUM : 0);
	memcpy(s->name, RUN_GROUP, sizeof(RUN_GROUP));
	s->group_id = RUN_GROUP_ID;
	s->node_id = id;
	s->member_size = sizeof(*members);
	for (i = 1; i <= r->n_nodes && r->node[id].member; i++)
		if (r->node[i].member)
			member_fill(&members[s->n_members++], r, i);
	if (!r->node[id].member)
		member_fill(&s->listen, r, id);
	s->members = s->n_members ? (uintptr_t)members : 0;
	s->election_timeout_ms =
		(u32)(r->opt[SCN_OPT_ELECTION_TIMEOUT] / NS_PER_MS);
	s->heartbeat_ms = (u32)(r->opt[SCN_OPT_HEARTBEAT] / NS_PER_MS);
	s->max_inflight = (u32)r->opt[SCN_OPT_MAX_INFLIGHT];
	s->max_batch = (u32)r->opt[SCN_OPT_MAX_BATCH];
	s->max_uncommitted = r->opt[SCN_OPT_MAX_UNCOMMITTED];
	s->priority = r->node[id].priority;
	s->memory = r->memory;
}

static void node_attach(struct run *r, u32 id)
{
	struct run_node *n = &r->node[id];
	struct raft_ioc_status st;
	char path[128];

	n->fd = raft_ioc_open(O_RDWR | O_NONBLOCK);
	if (n->fd < 0 || raft_ioc_attach(n->fd, RUN_GROUP))
		fail(r, "node %u: cannot attach to its group", id);
	debug_path(r, id, "fault", path, sizeof(path));
	n->fault = open(path, O_WRONLY | O_CLOEXEC);
	if (n->fault < 0)
		fail(r, "%s: %s (module built without FAULTS=1?)", path,
		     strerror(errno));
	run_status(r, id, &st);
	n->incarnation = st.incarnation;
	run_net_boot(r, id);
	run_rule_boot(r, id);
	if (n->stall_until > run_now())
		run_fault(r, id, "stall %llu",
			  (unsigned long long)(n->stall_until - run_now()));
}

/* Refused its log at boot, or failed since: no crash is needed to boot it again. */
static bool stopped_itself(struct run *r, u32 id)
{
	struct run_node *n = run_node(r, id);
	struct raft_ioc_status st;

	if (!n->running || n->refused)
		return n->running;
	run_status(r, id, &st);
	return st.failed != RAFT_FAILED_NONE;
}

/**
 * run_boot() - start a node from its log
 * @r: the run
 * @id: node id
 * @fresh: as if it had been off longer than any lease
 */
void run_boot(struct run *r, u32 id, bool fresh)
{
	struct raft_ioc_member members[RAFT_NODES_MAX] = { 0 };
	struct run_node *n = run_node(r, id);
	struct raft_ioc_start s = { 0 };
	int fd;

	if (stopped_itself(r, id))
		run_stop(r, id);
	if (n->running)
		fail(r, "expected node %u to be stopped, it runs", id);
	start_fill(r, id, fresh, &s, members);
	s.log_fd = log_open(r, id);
	snapshots_open(id, &s);
	run_enter(r, id);
	fd = raft_ioc_open(O_RDWR);
	if (fd < 0)
		fail(r, "/dev/raft: %s", strerror(-fd));
	n->refused = raft_ioc_start(fd, &s);
	close(fd);
	close(s.log_fd);
	close(s.snapshot_fd[0]);
	close(s.snapshot_fd[1]);
	n->running = true;
	n->booted = true;
	n->paused = false;
	if (!n->refused)
		node_attach(r, id);
	else if (n->refused != -EILSEQ && n->refused != -EIO)
		fail(r, "node %u does not start: %s", id, strerror(-n->refused));
}

/**
 * run_stop() - end the group of a node, if there is one
 * @r: the run
 * @id: node id
 */
void run_stop(struct run *r, u32 id)
{
	struct run_node *n = &r->node[id];
	int fd;

	if (n->fault >= 0)
		close(n->fault);
	if (n->fd >= 0)
		close(n->fd);
	n->fault = -1;
	n->fd = -1;
	n->running = false;
	n->paused = false;
	run_enter(r, id);
	fd = raft_ioc_open(O_RDWR);
	if (fd < 0)
		return;
	raft_ioc_stop(fd, RUN_GROUP);
	close(fd);
}

/**
 * run_crash() - a node loses all that is not durable
 * @r: the run
 * @id: node id
 * @torn: half of the write in flight is there
 */
void run_crash(struct run *r, u32 id, bool torn)
{
	struct run_node *n = run_node(r, id);

	if (!n->running)
		fail(r, "expected node %u to run, got a stopped node", id);
	run_outcomes(r);
	run_outcomes_lost(r, id);
	if (run_alive(r, id))
		run_fault(r, id, torn ? "crash torn" : "crash");
	run_rule_crash(r, id);
	run_stop(r, id);
}

/**
 * run_wipe() - a stopped node loses its log
 * @r: the run
 * @id: node id
 */
void run_wipe(struct run *r, u32 id)
{
	struct run_node *n = run_node(r, id);
	char path[64];
	int i;

	if (stopped_itself(r, id))
		run_stop(r, id);
	if (n->running)
		fail(r, "expected node %u to be stopped, it runs", id);
	log_path(id, path, sizeof(path));
	unlink(path);
	for (i = 0; i < 2; i++) {
		snapshot_path(id, i, path, sizeof(path));
		unlink(path);
	}
	n->preset = false;
}

/**
 * run_status() - what a running node says of itself
 * @r: the run
 * @id: node id
 * @st: filled
 */
void run_status(struct run *r, u32 id, struct raft_ioc_status *st)
{
	struct raft_ioc_peer peers[RAFT_NODES_MAX];
	int err = raft_ioc_status(run_node_up(r, id)->fd, st, peers);

	if (err)
		fail(r, "node %u: no status: %s", id, strerror(-err));
}

/**
 * run_failed() - has a running node stopped itself?
 * @r: the run
 * @id: node id
 *
 * Return: true if so.
 */
bool run_failed(struct run *r, u32 id)
{
	struct raft_ioc_status st;

	run_status(r, id, &st);
	return st.failed;
}

/**
 * run_fault() - one line for the fault hook of a running node
 * @r: the run
 * @id: node id
 * @fmt: the line
 */
void run_fault(struct run *r, u32 id, const char *fmt, ...)
{
	struct run_node *n = run_node_up(r, id);
	char line[256];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(n->fault, line, (size_t)len) != len)
		fail(r, "node %u: fault hook refuses \"%s\": %s", id, line,
		     strerror(errno));
}

/* A byte of the image, or the last one of the content, changes where there is one. */
static void spoil_snapshots(u32 id, bool content)
{
	char path[64], byte;
	struct stat st;
	off_t at;
	int i, fd;

	for (i = 0; i < 2; i++) {
		snapshot_path(id, i, path, sizeof(path));
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st))
			exit(2);
		at = content ? st.st_size - 1 : 4096 + 30;
		if (at > 4096 && at < st.st_size &&
		    pread(fd, &byte, 1, at) == 1) {
			byte = (char)(byte ^ 1);
			if (pwrite(fd, &byte, 1, at) != 1)
				exit(2);
		}
		close(fd);
	}
}

/**
 * run_disk() - a storage fault, or its end
 * @r: the run
 * @d: the directive
 *
 * A stall is given to the node again when it boots: it is the disk that hangs.
 */
void run_disk(struct run *r, const struct scn_dir *d)
{
	struct run_node *n = run_node(r, d->id);
	bool alive = run_alive(r, d->id);

	switch (d->disk) {
	case SCN_DISK_OK:
		n->stall_until = 0;
		if (alive)
			run_fault(r, d->id, "disk-ok");
		return;
	case SCN_DISK_STALL:
		n->stall_until = run_now() + d->time;
		if (alive)
			run_fault(r, d->id, "stall %llu",
				  (unsigned long long)d->time);
		return;
	case SCN_DISK_ERROR:
	case SCN_DISK_FULL:
	case SCN_DISK_CORRUPT:
		break;
	}
	if (d->damage == SCN_DAMAGE_SNAPSHOT || d->damage == SCN_DAMAGE_CONTENT) {
		spoil_snapshots(d->id, d->damage == SCN_DAMAGE_CONTENT);
		return;
	}
	if (!alive)
		skip(r, "this fault is made by the module, and node %u is stopped",
		     d->id);
	if (d->damage == SCN_DAMAGE_STATE)
		n->forgot = true;
	if (d->disk == SCN_DISK_CORRUPT)
		run_fault(r, d->id, "corrupt %llu",
			  (unsigned long long)d->value);
	else
		run_fault(r, d->id, d->disk == SCN_DISK_ERROR ? "error" :
			  "full");
}
