// SPDX-License-Identifier: GPL-2.0
/*
 * transport.c - UDP sockets in the kernel, and the endpoints made of them.
 *
 * An ordinary socket whose sk_data_ready wakes the owner, who drains it
 * (sunrpc's svcsock.c is the model).  It gives a bounded queue and checksums
 * for free, and its interface has been the same for years.  A kernel socket
 * does not hold its namespace: the exit of the namespace stops the groups, and
 * with the last of them goes the endpoint.
 */
#include <linux/in.h>
#include <linux/interrupt.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/pkt_sched.h>
#include <linux/slab.h>
#include <linux/udp.h>
#include <linux/uio.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "compat.h"
#include "transport.h"

#define TOS_CONTROL	0xc0	/* CS6, network control (RFC 2474) */
#define TOS_BULK	0x00

static void sock_data_ready(struct sock *sk)
{
	struct raft_endpoint *ep;

	read_lock_bh(&sk->sk_callback_lock);
	ep = sk->sk_user_data;
	if (ep)
		raft_owner_wake(&ep->owner);
	read_unlock_bh(&sk->sk_callback_lock);
}

/* The wildcard: the port identifies us, the address may come and go. */
static int sock_bind(struct socket *sock, enum raft_family family, u16 port)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_ANY_INIT,
	};
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};

	if (family == RAFT_FAMILY_IP4)
		return raft_kernel_bind(sock, &in, sizeof(in));
	ip6_sock_set_v6only(sock->sk);
	return raft_kernel_bind(sock, &in6, sizeof(in6));
}

/* There is no setter for the kernel's own sockets (svcsock.c does it so too). */
static void sock_set_sndbuf(struct sock *sk)
{
	lock_sock(sk);
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sk_sndbuf, RAFT_SNDBUF);
	release_sock(sk);
}

/*
 * What does not fit the path is refused with EMSGSIZE, here or, by what an ICMP
 * message taught the route, later; IP never cuts it (trap 53).
 */
static void sock_set_no_fragments(struct sock *sk)
{
	ip_sock_set_mtu_discover(sk, IP_PMTUDISC_DO);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		inet6_sk(sk)->pmtudisc = IPV6_PMTUDISC_DO;
#endif
}

static int sock_open(struct raft_endpoint *ep, enum raft_family family)
{
	struct raft_sock *s = &ep->socks[family];
	struct socket *sock;
	struct sock *sk;
	int err;

	err = sock_create_kern(ep->net,
			       family == RAFT_FAMILY_IP4 ? AF_INET : AF_INET6,
			       SOCK_DGRAM, IPPROTO_UDP, &sock);
	if (err)
		return err;
	sk = sock->sk;
	/* The owner must not wait for memory to be reclaimed. */
	sk->sk_allocation = GFP_ATOMIC;
	sk->sk_use_task_frag = false;
	sock_set_rcvbuf(sk, RAFT_RCVBUF / 2);	/* which doubles it */
	sock_set_sndbuf(sk);
	sock_set_no_fragments(sk);
	err = sock_bind(sock, family, ep->port);
	if (err) {
		sock_release(sock);
		return err;
	}

	write_lock_bh(&sk->sk_callback_lock);
	s->data_ready = sk->sk_data_ready;
	sk->sk_user_data = ep;
	sk->sk_data_ready = sock_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	/* Pairs with smp_load_acquire() in endpoint_sock(). */
	smp_store_release(&s->sock, sock);
	/* What came before the callback was ours. */
	raft_owner_wake(&ep->owner);
	return 0;
}

/* No callback runs, and none comes, after this. */
static void sock_quiet(struct raft_sock *s)
{
	struct sock *sk;

	if (!s->sock)
		return;
	sk = s->sock->sk;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = s->data_ready;
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	kernel_sock_shutdown(s->sock, SHUT_RDWR);
}

static void endpoint_free(struct raft_endpoint *ep)
{
	int i;

	for (i = 0; i < RAFT_FAMILIES; i++)
		sock_quiet(&ep->socks[i]);
	raft_owner_stop(&ep->owner);
	tasklet_kill(&ep->nudge);
	for (i = 0; i < RAFT_FAMILIES; i++)
		if (ep->socks[i].sock)
			sock_release(ep->socks[i].sock);
	raft_parts_exit(&ep->parts);
	kvfree(ep);
}

static void nudge_nothing(struct tasklet_struct *unused)
{
}

static struct raft_endpoint *endpoint_new(struct net *net, u16 port)
{
	struct raft_endpoint *ep;
	int err;

	ep = kvzalloc(sizeof(*ep), GFP_KERNEL);
	if (!ep)
		return ERR_PTR(-ENOMEM);
	ep->net = net;
	ep->port = port;
	INIT_LIST_HEAD(&ep->node);
	tasklet_setup(&ep->nudge, nudge_nothing);
	err = raft_parts_init(&ep->parts);
	if (err)
		goto free;
	err = raft_owner_start(&ep->owner, ep);
	if (err)
		goto parts;
	return ep;

parts:
	raft_parts_exit(&ep->parts);
free:
	kvfree(ep);
	return ERR_PTR(err);
}

/**
 * raft_endpoint_open - open the sockets that are needed and not there
 * @ep: the endpoint
 * @families: bit n: a socket of enum raft_family n is needed
 *
 * Context: may sleep; the caller holds the lock of the list that @ep is in.
 * Return: 0; -EADDRINUSE; -EAFNOSUPPORT; other errors of socket and bind.
 */
int raft_endpoint_open(struct raft_endpoint *ep, u32 families)
{
	int i, err;

	for (i = 0; i < RAFT_FAMILIES; i++) {
		if (!(families & BIT(i)) || ep->socks[i].sock)
			continue;
		err = sock_open(ep, i);
		if (err)
			return err;
	}
	return 0;
}

/**
 * raft_endpoint_get - find or make the endpoint of a port
 * @net: network namespace
 * @list: its endpoints
 * @port: UDP port in host byte order
 * @families: bit n: a socket of enum raft_family n is needed
 *
 * Context: may sleep; the caller holds the lock of @list.
 * Return: the endpoint, to be given back with raft_endpoint_put(); -EADDRINUSE
 *	if another program has the port; -EAFNOSUPPORT without IPv6; -ENOMEM;
 *	other errors of socket and bind.
 */
struct raft_endpoint *raft_endpoint_get(struct net *net,
					struct list_head *list, u16 port,
					u32 families)
{
	struct raft_endpoint *ep, *found = NULL;
	int err;

	list_for_each_entry(ep, list, node)
		if (ep->port == port)
			found = ep;
	ep = found ? found : endpoint_new(net, port);
	if (IS_ERR(ep))
		return ep;
	err = raft_endpoint_open(ep, families);
	if (err) {
		/* A socket that groups here do not need may stay. */
		if (!found)
			endpoint_free(ep);
		return ERR_PTR(err);
	}
	if (!found)
		list_add_tail(&ep->node, list);
	ep->refs++;
	return ep;
}

/**
 * raft_endpoint_put - give an endpoint back
 * @ep: the endpoint; the last user stops its thread and closes its sockets
 *
 * Context: may sleep; the caller holds the lock of the list it is in, and no
 * group of it is attached to its owner any more.
 */
void raft_endpoint_put(struct raft_endpoint *ep)
{
	if (--ep->refs)
		return;
	list_del(&ep->node);
	endpoint_free(ep);
}

static struct socket *endpoint_sock(struct raft_endpoint *ep,
				    enum raft_family family)
{
	/* Pairs with smp_store_release() in sock_open(). */
	return smp_load_acquire(&ep->socks[family].sock);
}

/**
 * raft_endpoint_has - are the sockets there?
 * @ep: the endpoint
 * @families: bit n: that of enum raft_family n
 *
 * Context: any.
 * Return: true if so.
 */
bool raft_endpoint_has(struct raft_endpoint *ep, u32 families)
{
	int i;

	for (i = 0; i < RAFT_FAMILIES; i++)
		if (families & BIT(i) && !endpoint_sock(ep, i))
			return false;
	return true;
}

/*
 * Small messages go ahead of bulk data in queues on the way (trap 52).  Only the
 * owner sends, so the socket may be set up for the next datagram.
 */
static void sock_set_class(struct raft_sock *s, struct sock *sk, bool control)
{
	u8 tos = control ? TOS_CONTROL : TOS_BULK;

	if (s->control == control)
		return;
	s->control = control;
	WRITE_ONCE(sk->sk_priority,
		   control ? TC_PRIO_CONTROL : TC_PRIO_BESTEFFORT);
	inet_sk(sk)->tos = tos;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		inet6_sk(sk)->tclass = tos;
#endif
}

/*
 * Before 6.4 softirqs are left to ksoftirqd once it is awake, also those of who
 * sends to a neighbour on this machine: a thread without priority, which a
 * real-time process keeps off the processor for most of a second.  But not while
 * a tasklet waits: then all are done at once, here.
 */
static void nudge_softirqs(struct raft_endpoint *ep)
{
	if (likely(!local_softirq_pending()))
		return;
	local_bh_disable();
	tasklet_schedule(&ep->nudge);
	local_bh_enable();
}

/* The network cuts what is sent every RAFT_DATAGRAM_MAX bytes. */
static void msg_set_segments(struct msghdr *msg, void *buf)
{
	struct cmsghdr *cmsg = buf;
	u16 bytes = RAFT_DATAGRAM_MAX;

	memset(buf, 0, CMSG_SPACE(sizeof(bytes)));
	cmsg->cmsg_level = SOL_UDP;
	cmsg->cmsg_type = UDP_SEGMENT;
	cmsg->cmsg_len = CMSG_LEN(sizeof(bytes));
	memcpy(CMSG_DATA(cmsg), &bytes, sizeof(bytes));
	msg->msg_control = buf;
	msg->msg_controllen = CMSG_SPACE(sizeof(bytes));
}

/**
 * raft_endpoint_send - send a datagram, or several of the same length
 * @ep: the endpoint
 * @addr: where to
 * @addr_len: bytes of @addr
 * @vec: what
 * @n: parts of @vec
 * @len: bytes in all, up to 64 KiB; what is more than RAFT_DATAGRAM_MAX leaves in
 *	datagrams of that length, of which the last may be shorter
 * @control: a small message that must not wait behind bulk data
 *
 * Context: the owner thread; does not sleep for the network or for memory.
 * Return: 0, -EAFNOSUPPORT without a socket of that family, or what the
 *	network said; a datagram that is refused is a datagram lost.  Of several
 *	all are: -EINVAL, -EIO or -EMSGSIZE where they have to leave one by one.
 */
int raft_endpoint_send(struct raft_endpoint *ep, struct sockaddr_storage *addr,
		       int addr_len, struct kvec *vec, size_t n, size_t len,
		       bool control)
{
	enum raft_family family = raft_family(addr->ss_family);
	struct socket *sock = endpoint_sock(ep, family);
	struct msghdr msg = {
		.msg_name = addr,
		.msg_namelen = addr_len,
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	u8 control_buf[CMSG_SPACE(sizeof(u16))] __aligned(8);
	int ret;

	if (!sock)
		return -EAFNOSUPPORT;
	if (len > RAFT_DATAGRAM_MAX)
		msg_set_segments(&msg, control_buf);
	sock_set_class(&ep->socks[family], sock->sk, control);
	ret = kernel_sendmsg(sock, &msg, vec, n, len);
	nudge_softirqs(ep);
	if (ret < 0)
		return ret;
	return ret == len ? 0 : -EMSGSIZE;
}

/**
 * raft_endpoint_recv - take one datagram
 * @ep: the endpoint
 * @family: of which socket
 * @buf: where it goes
 * @size: room there; a longer datagram fills it
 * @from: filled in: where it came from
 * @from_len: bytes of @from in use
 *
 * Context: the owner thread; does not wait.
 * Return: bytes of the datagram, at most @size; -EAGAIN if there is none or no
 *	such socket; other errors concern one datagram, and the next may be taken.
 */
int raft_endpoint_recv(struct raft_endpoint *ep, enum raft_family family,
		       void *buf, size_t size, struct sockaddr_storage *from,
		       int *from_len)
{
	struct socket *sock = endpoint_sock(ep, family);
	struct kvec vec = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_name = from,
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	};
	int ret;

	if (!sock)
		return -EAGAIN;
	ret = kernel_recvmsg(sock, &msg, &vec, 1, size,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
	*from_len = msg.msg_namelen;
	return ret;
}
