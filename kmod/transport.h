/* SPDX-License-Identifier: GPL-2.0 */
/*
 * transport.h - UDP endpoints: one for each (network namespace, port).
 *
 * An endpoint has a socket for each address family that its groups need, both
 * on the same port, and one owner thread.  Groups share it.  Datagrams may be
 * lost, copied, reordered, delayed and forged: what the network refuses counts
 * as lost, what comes in is checked by core/frag.c and core/wire.c.
 */
#ifndef _RAFT_TRANSPORT_H
#define _RAFT_TRANSPORT_H

#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/socket.h>
#include <linux/types.h>

#include "owner.h"
#include "parts.h"
#include "remote.h"

struct kvec;
struct net;
struct sockaddr;
struct socket;

/*
 * Of each socket, in bytes as the kernel counts them, about twice those on the
 * wire: a burst of each other member, all at once, fits, and so do bursts to all.
 */
#define RAFT_RCVBUF		(4 << 20)
#define RAFT_SNDBUF		(4 << 20)

enum raft_family {
	RAFT_FAMILY_IP4 = 0,
	RAFT_FAMILY_IP6 = 1,
	RAFT_FAMILIES
};

/**
 * struct raft_sock - one UDP socket of an endpoint
 * @sock: the socket, NULL if no group needs the family.  Published with
 *	smp_store_release(), read by the owner with smp_load_acquire()
 * @data_ready: the callback that was there before ours
 * @control: the socket is set up for small messages; the owner's
 */
struct raft_sock {
	struct socket *sock;
	void (*data_ready)(struct sock *sk);
	bool control;
};

/**
 * struct raft_endpoint - where the groups of a namespace meet the network
 * @node: [raft_net.lock] in the list of its namespace
 * @refs: [raft_net.lock] groups that use it
 * @net: its namespace; not referenced: its exit stops the groups
 * @port: UDP port in host byte order
 * @socks: by enum raft_family
 * @bad: datagrams that belong to no group here; the owner's
 * @bad_by: the same, by enum raft_wire_error
 * @nudge: has softirqs done that would wait for ksoftirqd; does nothing else
 * @parts: memory for messages of several parts
 * @owner: the thread
 */
struct raft_endpoint {
	struct list_head node;
	u32 refs;
	struct net *net;
	u16 port;
	struct raft_sock socks[RAFT_FAMILIES];
	u64 bad;
	u64 bad_by[RAFT_WIRE_ERRORS];
	struct tasklet_struct nudge;
	struct raft_parts_pool parts;
	struct raft_owner owner;
};

/**
 * struct raft_encoded - an encoded message
 * @head: all of it, or all but the command of the only entry
 * @head_len: bytes of @head
 * @total: bytes of the message
 * @command: what follows @head, NULL if nothing does
 */
struct raft_encoded {
	const u8 *head;
	u32 head_len;
	u32 total;
	struct raft_payload *command;
};

/**
 * raft_family - which socket an address needs
 * @family: AF_INET or AF_INET6
 *
 * Context: any.
 * Return: enum raft_family.
 */
static inline enum raft_family raft_family(int family)
{
	return family == AF_INET6 ? RAFT_FAMILY_IP6 : RAFT_FAMILY_IP4;
}

struct raft_endpoint *raft_endpoint_get(struct net *net,
					struct list_head *list, u16 port,
					u32 families);
int raft_endpoint_open(struct raft_endpoint *ep, u32 families);
bool raft_endpoint_has(struct raft_endpoint *ep, u32 families);
void raft_endpoint_put(struct raft_endpoint *ep);

int raft_endpoint_send(struct raft_endpoint *ep, struct sockaddr_storage *addr,
		       int addr_len, struct kvec *vec, size_t n, size_t len,
		       bool control);
int raft_endpoint_recv(struct raft_endpoint *ep, enum raft_family family,
		       void *buf, size_t size, struct sockaddr_storage *from,
		       int *from_len);

/* transport_rx.c, transport_tx.c: the owner's */
bool raft_rx_drain(struct raft_endpoint *ep, u32 budget, u32 *packets);
void raft_tx_update(struct raft_group_priv *p, const struct raft_update *up);
void raft_tx_msg(struct raft_group_priv *p, const struct raft_msg *m);
void raft_tx_encoded(struct raft_group_priv *p, const struct raft_msg *m,
		     const struct raft_encoded *enc);
void raft_tx_direct(struct raft_group_priv *p, struct raft_msg *m,
		    const struct raft_entry *e, const void *command,
		    struct sockaddr_storage *addr, int addr_len);
void raft_tx_part(struct raft_group_priv *p, const struct raft_msg *m,
		  struct raft_payload *payload);
void raft_tx_ask(struct raft_group_priv *p, struct raft_remote *remote,
		 struct raft_wire_ask *ask, u32 len);
void raft_tx_long(struct raft_group_priv *p, struct raft_remote *remote);
void raft_tx_warn_path(const struct raft_group_priv *p,
		       const struct raft_remote *remote);
void raft_tx_refused(struct raft_group_priv *p,
		     const struct raft_remote *remote, int err);

#endif /* _RAFT_TRANSPORT_H */
