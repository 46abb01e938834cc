// SPDX-License-Identifier: GPL-2.0
/*
 * addr.c - the address of a member: as users give it, as the log keeps it, as
 * the network takes it.
 *
 * The core carries RAFT_ADDR_BYTES that it does not look into.  Here is the only
 * place that knows what is in them.  They came over the network or from a disk,
 * so they are checked like what a user gives.
 */
#include <linux/errno.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/string.h>

#include "addr.h"
#include "core/raft_core.h"
#include "params.h"

/**
 * struct addr_wire - an address in a configuration
 * @family: ADDR_IP4 or ADDR_IP6, not AF_*, whose numbers are Linux's own
 * @port: UDP port
 * @scope_id: interface index of a link-local IPv6 address, else 0
 * @addr: in network byte order; IPv4 in the first four bytes
 */
struct addr_wire {
	__le16 family;
	__le16 port;
	__le32 scope_id;
	u8 addr[16];
};

static_assert(sizeof(struct addr_wire) == RAFT_ADDR_BYTES);

#define ADDR_IP4	4
#define ADDR_IP6	6

/**
 * raft_addr_encode() - from a member as users give it
 * @addr: filled in, RAFT_ADDR_BYTES
 * @m: the member, checked
 *
 * Context: any.
 */
void raft_addr_encode(u8 *addr, const struct raft_ioc_member *m)
{
	struct addr_wire w = {
		.family = cpu_to_le16(m->family == AF_INET6 ? ADDR_IP6 :
							      ADDR_IP4),
		.port = cpu_to_le16(m->port),
		.scope_id = cpu_to_le32(m->scope_id),
	};

	memcpy(w.addr, m->addr, sizeof(w.addr));
	memcpy(addr, &w, sizeof(w));
}

/**
 * raft_addr_decode() - to a member as users see it
 * @m: @m->id is set; the address is filled in, all zero if it is not usable
 * @addr: RAFT_ADDR_BYTES of a configuration
 *
 * Context: any.
 * Return: 0, or -EINVAL: nobody can be reached there.
 */
int raft_addr_decode(struct raft_ioc_member *m, const u8 *addr)
{
	struct addr_wire w;
	u32 id = m->id;

	memcpy(&w, addr, sizeof(w));
	memset(m, 0, sizeof(*m));
	m->id = id;
	switch (le16_to_cpu(w.family)) {
	case ADDR_IP4:
		m->family = AF_INET;
		break;
	case ADDR_IP6:
		m->family = AF_INET6;
		break;
	default:
		return -EINVAL;
	}
	m->port = le16_to_cpu(w.port);
	m->scope_id = le32_to_cpu(w.scope_id);
	memcpy(m->addr, w.addr, sizeof(m->addr));
	if (!raft_params_member(m))
		return 0;
	memset(m, 0, sizeof(*m));
	m->id = id;
	return -EINVAL;
}

/**
 * raft_addr_sockaddr() - what the network takes
 * @ss: filled in
 * @m: a member with an address
 *
 * Context: any.
 * Return: bytes of @ss in use, 0 if @m has no usable address.
 */
int raft_addr_sockaddr(struct sockaddr_storage *ss,
		       const struct raft_ioc_member *m)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	struct sockaddr_in *in = (struct sockaddr_in *)ss;

	memset(ss, 0, sizeof(*ss));
	switch (m->family) {
	case AF_INET:
		in->sin_family = AF_INET;
		in->sin_port = htons(m->port);
		memcpy(&in->sin_addr, m->addr, sizeof(in->sin_addr));
		return sizeof(*in);
	case AF_INET6:
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(m->port);
		in6->sin6_scope_id = m->scope_id;
		memcpy(&in6->sin6_addr, m->addr, sizeof(in6->sin6_addr));
		return sizeof(*in6);
	default:
		return 0;
	}
}
