/* SPDX-License-Identifier: GPL-2.0 */
/*
 * addr.h - the address of a member: as users give it, as the log keeps it, as
 * the network takes it.
 */
#ifndef _RAFT_ADDR_H
#define _RAFT_ADDR_H

#include <linux/socket.h>
#include <linux/types.h>

struct raft_ioc_member;

void raft_addr_encode(u8 *addr, const struct raft_ioc_member *m);
int raft_addr_decode(struct raft_ioc_member *m, const u8 *addr);
int raft_addr_sockaddr(struct sockaddr_storage *ss,
		       const struct raft_ioc_member *m);

#endif /* _RAFT_ADDR_H */
