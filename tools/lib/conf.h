/* SPDX-License-Identifier: GPL-2.0 */
/*
 * conf.h - /etc/raft/<name>.conf as data, see raft.conf(5).
 *
 * Parsing touches neither the device nor the log nor the network.  Every
 * mistake in a file is reported as "file:line: found, expected", all of them in
 * one go; nothing is guessed and nothing unknown is skipped.
 */
#ifndef _RAFT_CONF_H
#define _RAFT_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util.h"

#define RAFT_CONF_DIR		"/etc/raft"
#define RAFT_CONF_LOG_DIR	"/var/lib/raft"
#define RAFT_CONF_LOG_SIZE	(64ull << 20)
#define RAFT_CONF_BYTES_MAX	(1u << 20)

/**
 * struct raft_conf_peer - a [Peer] section
 * @id: node id, not 0
 * @learner: receives the log, has no vote
 * @witness: votes, receives the log without the commands
 * @addr: where it listens
 * @line: of the section's header
 * @addr_line: of its address
 */
struct raft_conf_peer {
	uint32_t id;
	bool learner;
	bool witness;
	struct raft_addr addr;
	unsigned int line;
	unsigned int addr_line;
};

/**
 * struct raft_conf - a group as its file describes it; 0 is the kernel's default
 * @name: of the group, from the name of the file
 * @file: name of the file in messages; lent
 * @group_id: identity, never 0
 * @node: this node, 0 if the file does not say
 * @node_line: of Node, or of [Group] if the file does not say
 * @log: path of the log; %n is the node id, %g the name, %% a percent sign
 * @log_size: bytes of the log if it must be made
 * @snapshots: path of the files for snapshots, without ".0" and ".1"; likewise;
 *	"": beside the log
 * @election_timeout_ms: ms
 * @heartbeat_ms: ms
 * @prevote: PreVote
 * @check_quorum: CheckQuorum and stickiness
 * @max_inflight: messages
 * @max_inflight_bytes: bytes
 * @max_batch: entries
 * @propose_timeout_ms: ms
 * @max_uncommitted: bytes
 * @priority: of this node in elections
 * @lease_drift_ppm: millionths
 * @snapshot_at: percent of the log
 * @retain_entries: of a group without a state machine
 * @retain_bytes: likewise
 * @memory: bytes of entries
 * @set: RAFT_SET_*: which of these settings the file has
 * @listen: where a node without [Peer] listens, family 0 if not given
 * @listen_line: of Listen
 * @n_peers: how many @peers
 * @peers: the members
 */
struct raft_conf {
	char name[RAFT_NAME_LEN];
	const char *file;
	uint64_t group_id;
	uint32_t node;
	unsigned int node_line;
	char log[PATH_MAX];
	uint64_t log_size;
	char snapshots[PATH_MAX];
	uint32_t election_timeout_ms;
	uint32_t heartbeat_ms;
	bool prevote;
	bool check_quorum;
	uint32_t max_inflight;
	uint32_t max_inflight_bytes;
	uint32_t max_batch;
	uint32_t propose_timeout_ms;
	uint64_t max_uncommitted;
	uint32_t priority;
	uint32_t lease_drift_ppm;
	uint32_t snapshot_at;
	uint64_t retain_entries;
	uint64_t retain_bytes;
	uint64_t memory;
	uint32_t set;
	struct raft_addr listen;
	unsigned int listen_line;
	unsigned int n_peers;
	struct raft_conf_peer peers[RAFT_NODES_MAX];
};

void raft_conf_init(struct raft_conf *conf, const char *name);
unsigned int raft_conf_parse(struct raft_conf *conf, const char *file,
			     const char *text, size_t len, uint32_t node,
			     FILE *err);
int raft_conf_load(struct raft_conf *conf, const char *file, uint32_t node,
		   FILE *err);
int raft_conf_name(const char *file, char name[RAFT_NAME_LEN]);
int raft_conf_path(const char *name, char *path, size_t size);
int raft_conf_log(const struct raft_conf *conf, uint32_t node, char *path,
		  size_t size);
int raft_conf_snapshots(const struct raft_conf *conf, uint32_t node,
			const char *log, int i, char *path, size_t size);
int raft_conf_to_start(const struct raft_conf *conf,
		       struct raft_ioc_start *start,
		       struct raft_ioc_member members[RAFT_NODES_MAX],
		       FILE *err);

/* conf_set.c: settings of a group that runs */
uint32_t raft_conf_key_set(const char *key);
const char *raft_conf_set_key(uint32_t set);
void raft_conf_defaults(struct raft_conf *conf);
void raft_conf_from_status(struct raft_conf *conf,
			   const struct raft_ioc_status *st);
uint32_t raft_conf_differ(const struct raft_conf *a,
			  const struct raft_conf *b);
void raft_conf_to_set(const struct raft_conf *conf, uint32_t mask,
		      struct raft_ioc_set *set);
void raft_conf_write(FILE *out, const struct raft_conf *conf, uint32_t mask);

#endif /* _RAFT_CONF_H */
