// SPDX-License-Identifier: GPL-2.0
/*
 * layout.c - the layout of uapi/linux/raft.h, for ever.  Only compiled: a program
 * that was built with version 1 runs with any later module, on 32 bits too.
 */
#include <stddef.h>

#include <linux/raft.h>

#define SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), "size of " #type)
#define AT(type, field, bytes) \
	_Static_assert(offsetof(struct type, field) == (bytes), \
		       #type "." #field)
#define NUMBER(cmd, number) \
	_Static_assert((cmd) == (number), "number of " #cmd)

SIZE(raft_record, 48);
AT(raft_record, index, 8);
AT(raft_record, term, 16);
AT(raft_record, origin, 24);
AT(raft_record, incarnation, 32);
AT(raft_record, serial, 40);

SIZE(raft_ioc_features, 24);
AT(raft_ioc_features, features, 8);
AT(raft_ioc_features, nodes_max, 20);

SIZE(raft_ioc_member, 32);
AT(raft_ioc_member, family, 8);
AT(raft_ioc_member, port, 10);
AT(raft_ioc_member, scope_id, 12);
AT(raft_ioc_member, addr, 16);

SIZE(raft_ioc_start, 192);
AT(raft_ioc_start, group_id, 40);
AT(raft_ioc_start, log_fd, 52);
AT(raft_ioc_start, members, 64);
AT(raft_ioc_start, listen, 72);
AT(raft_ioc_start, election_timeout_ms, 104);
AT(raft_ioc_start, max_uncommitted, 128);
AT(raft_ioc_start, priority, 136);
AT(raft_ioc_start, lease_drift_ppm, 140);
AT(raft_ioc_start, reserved, 144);
AT(raft_ioc_start, snapshot_fd, 152);	/* from here on version 3 */
AT(raft_ioc_start, snapshot_at, 160);
AT(raft_ioc_start, retain_entries, 168);
AT(raft_ioc_start, retain_bytes, 176);
AT(raft_ioc_start, memory, 184);

SIZE(raft_ioc_name, 40);

SIZE(raft_ioc_propose, 80);
AT(raft_ioc_propose, data, 8);
AT(raft_ioc_propose, len, 16);
AT(raft_ioc_propose, index, 24);
AT(raft_ioc_propose, serial, 40);
AT(raft_ioc_propose, client, 48);	/* from here on version 2 */
AT(raft_ioc_propose, client_serial, 56);
AT(raft_ioc_propose, result, 64);
AT(raft_ioc_propose, result_len, 72);
AT(raft_ioc_propose, result_state, 76);

SIZE(raft_ioc_command, 64);
AT(raft_ioc_command, len, 8);
AT(raft_ioc_command, client, 16);
AT(raft_ioc_command, client_serial, 24);
AT(raft_ioc_command, index, 32);
AT(raft_ioc_command, term, 40);
AT(raft_ioc_command, serial, 48);
AT(raft_ioc_command, error, 56);

SIZE(raft_ioc_propose_batch, 32);
AT(raft_ioc_propose_batch, commands, 8);
AT(raft_ioc_propose_batch, n_commands, 16);
AT(raft_ioc_propose_batch, command_size, 20);
AT(raft_ioc_propose_batch, timeout_ms, 24);

SIZE(raft_ioc_session, 24);
AT(raft_ioc_session, timeout_ms, 8);
AT(raft_ioc_session, client, 16);

SIZE(raft_ioc_applied, 32);
AT(raft_ioc_applied, index, 8);
AT(raft_ioc_applied, result, 16);
AT(raft_ioc_applied, result_len, 24);

SIZE(raft_ioc_wait, 32);
AT(raft_ioc_wait, value, 8);
AT(raft_ioc_wait, timeout_ms, 16);
AT(raft_ioc_wait, events, 24);

SIZE(raft_ioc_peer, 80);
AT(raft_ioc_peer, addr, 16);
AT(raft_ioc_peer, match, 32);
AT(raft_ioc_peer, inflight, 48);
AT(raft_ioc_peer, priority, 52);
AT(raft_ioc_peer, heard_ns, 56);
AT(raft_ioc_peer, incarnation, 64);
AT(raft_ioc_peer, election_timeout_ms, 72);

SIZE(raft_ioc_status, 480);
AT(raft_ioc_status, group_id, 40);
AT(raft_ioc_status, term, 56);
AT(raft_ioc_status, first, 72);
AT(raft_ioc_status, incarnation, 112);
AT(raft_ioc_status, pending, 120);
AT(raft_ioc_status, log_size, 136);
AT(raft_ioc_status, election_timeout_ms, 160);
AT(raft_ioc_status, timer_late_max_ns, 168);
AT(raft_ioc_status, conflicts, 208);
AT(raft_ioc_status, dup_id_seen, 216);
AT(raft_ioc_status, disk_bytes, 232);
AT(raft_ioc_status, n_peers, 240);
AT(raft_ioc_status, peers, 248);
AT(raft_ioc_status, config_index, 256);	/* from here on version 2 */
AT(raft_ioc_status, state, 264);
AT(raft_ioc_status, catching_up, 272);
AT(raft_ioc_status, transferring, 280);
AT(raft_ioc_status, lease_drift_ppm, 288);
AT(raft_ioc_status, lease_left_ns, 296);
AT(raft_ioc_status, read_rounds, 304);
AT(raft_ioc_status, max_batch, 316);
AT(raft_ioc_status, max_uncommitted, 320);
AT(raft_ioc_status, propose_timeout_ms, 328);
AT(raft_ioc_status, sessions, 332);
AT(raft_ioc_status, listen, 336);
AT(raft_ioc_status, given_up, 368);
AT(raft_ioc_status, given_up_index, 376);
AT(raft_ioc_status, reach, 384);
AT(raft_ioc_status, snapshot, 392);	/* from here on version 3 */
AT(raft_ioc_status, coming, 408);
AT(raft_ioc_status, snapshot_flags, 432);
AT(raft_ioc_status, retain_entries, 440);
AT(raft_ioc_status, retain_bytes, 448);
AT(raft_ioc_status, memory, 456);
AT(raft_ioc_status, window, 472);

SIZE(raft_ioc_snapshot, 40);
AT(raft_ioc_snapshot, fd, 8);
AT(raft_ioc_snapshot, index, 16);
AT(raft_ioc_snapshot, bytes, 32);

SIZE(raft_ioc_snapshot_open, 40);
AT(raft_ioc_snapshot_open, fd, 8);
AT(raft_ioc_snapshot_open, index, 16);
AT(raft_ioc_snapshot_open, bytes, 32);

SIZE(raft_ioc_change, 40);
AT(raft_ioc_change, member, 8);

SIZE(raft_ioc_members, 40);
AT(raft_ioc_members, n_changes, 8);
AT(raft_ioc_members, changes, 16);
AT(raft_ioc_members, outcome, 28);
AT(raft_ioc_members, index, 32);

SIZE(raft_ioc_transfer, 24);
AT(raft_ioc_transfer, target, 8);
AT(raft_ioc_transfer, outcome, 16);
AT(raft_ioc_transfer, leader, 20);

SIZE(raft_ioc_join, 56);
AT(raft_ioc_join, via, 8);
AT(raft_ioc_join, timeout_ms, 40);
AT(raft_ioc_join, outcome, 44);
AT(raft_ioc_join, node, 48);
AT(raft_ioc_join, error, 52);

SIZE(raft_ioc_read, 24);
AT(raft_ioc_read, timeout_ms, 8);
AT(raft_ioc_read, index, 16);

SIZE(raft_ioc_set, 88);
AT(raft_ioc_set, flags, 8);
AT(raft_ioc_set, max_batch, 28);
AT(raft_ioc_set, max_uncommitted, 32);
AT(raft_ioc_set, lease_drift_ppm, 48);
AT(raft_ioc_set, snapshot_at, 56);	/* from here on version 3 */
AT(raft_ioc_set, retain_entries, 64);
AT(raft_ioc_set, retain_bytes, 72);
AT(raft_ioc_set, memory, 80);

NUMBER(RAFT_IOC_FEATURES, 0xc018bb00);
NUMBER(RAFT_IOC_START, 0x40c0bb01);
NUMBER(RAFT_IOC_STOP, 0x4028bb02);
NUMBER(RAFT_IOC_ATTACH, 0x4028bb03);
NUMBER(RAFT_IOC_PROPOSE, 0xc050bb04);
NUMBER(RAFT_IOC_WAIT, 0xc020bb05);
NUMBER(RAFT_IOC_STATUS, 0xc1e0bb06);
NUMBER(RAFT_IOC_MEMBERS, 0xc028bb07);
NUMBER(RAFT_IOC_TRANSFER, 0xc018bb08);
NUMBER(RAFT_IOC_READ, 0xc018bb09);
NUMBER(RAFT_IOC_SET, 0x4058bb0a);
NUMBER(RAFT_IOC_SESSION, 0xc018bb0b);
NUMBER(RAFT_IOC_APPLIED, 0x4020bb0c);
NUMBER(RAFT_IOC_JOIN, 0xc038bb0d);
NUMBER(RAFT_IOC_SNAPSHOT, 0xc028bb0e);
NUMBER(RAFT_IOC_SNAPSHOT_OPEN, 0xc028bb0f);
NUMBER(RAFT_IOC_PROPOSE_BATCH, 0x4020bb10);
