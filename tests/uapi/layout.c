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

SIZE(raft_ioc_start, 152);
AT(raft_ioc_start, group_id, 40);
AT(raft_ioc_start, log_fd, 52);
AT(raft_ioc_start, members, 64);
AT(raft_ioc_start, listen, 72);
AT(raft_ioc_start, election_timeout_ms, 104);
AT(raft_ioc_start, max_uncommitted, 128);
AT(raft_ioc_start, reserved, 136);

SIZE(raft_ioc_name, 40);

SIZE(raft_ioc_propose, 48);
AT(raft_ioc_propose, data, 8);
AT(raft_ioc_propose, len, 16);
AT(raft_ioc_propose, index, 24);
AT(raft_ioc_propose, serial, 40);

SIZE(raft_ioc_wait, 32);
AT(raft_ioc_wait, value, 8);
AT(raft_ioc_wait, timeout_ms, 16);
AT(raft_ioc_wait, events, 24);

SIZE(raft_ioc_peer, 72);
AT(raft_ioc_peer, addr, 16);
AT(raft_ioc_peer, match, 32);
AT(raft_ioc_peer, inflight, 48);
AT(raft_ioc_peer, heard_ns, 56);
AT(raft_ioc_peer, incarnation, 64);

SIZE(raft_ioc_status, 256);
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

NUMBER(RAFT_IOC_FEATURES, 0xc018bb00);
NUMBER(RAFT_IOC_START, 0x4098bb01);
NUMBER(RAFT_IOC_STOP, 0x4028bb02);
NUMBER(RAFT_IOC_ATTACH, 0x4028bb03);
NUMBER(RAFT_IOC_PROPOSE, 0xc030bb04);
NUMBER(RAFT_IOC_WAIT, 0xc020bb05);
NUMBER(RAFT_IOC_STATUS, 0xc100bb06);
