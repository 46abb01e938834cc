// SPDX-License-Identifier: GPL-2.0
/*
 * sniff.c - what the datagrams on an interface look like to who sees them pass.
 *
 *   module-sniff IFACE PORT
 *	counts IP packets of UDP port PORT until SIGTERM, then prints
 *	"packets N fragments N largest BYTES df N": those that are parts of a
 *	packet that IP has cut, the longest one with its IP header, those that
 *	forbid to be cut (all of IPv6)
 *
 * Fragments have no port but in the first one: each of UDP counts.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static volatile sig_atomic_t over;
static unsigned long packets, fragments, largest, df;

static void end(int sig)
{
	(void)sig;
	over = 1;
}

static bool has_port(const unsigned char *udp, size_t len, unsigned int port)
{
	return len >= 4 && (unsigned int)(udp[2] << 8 | udp[3]) == port;
}

/* Counts a packet of @len bytes, its IP header included. */
static void count(size_t len, bool fragment, bool uncut)
{
	packets++;
	fragments += fragment;
	df += uncut;
	if (len > largest)
		largest = len;
}

static void see_ip4(const unsigned char *buf, size_t len, unsigned int port)
{
	struct iphdr h;
	bool fragment;
	size_t head;

	if (len < sizeof(h))
		return;
	memcpy(&h, buf, sizeof(h));
	head = h.ihl * 4u;
	fragment = ntohs(h.frag_off) & (IP_MF | IP_OFFMASK);
	if (h.protocol != IPPROTO_UDP || head > len ||
	    (!fragment && !has_port(buf + head, len - head, port)))
		return;
	count(ntohs(h.tot_len), fragment, ntohs(h.frag_off) & IP_DF);
}

static void see_ip6(const unsigned char *buf, size_t len, unsigned int port)
{
	struct ip6_hdr h;

	if (len < sizeof(h))
		return;
	memcpy(&h, buf, sizeof(h));
	if (h.ip6_nxt == IPPROTO_FRAGMENT)
		count(sizeof(h) + ntohs(h.ip6_plen), true, true);
	else if (h.ip6_nxt == IPPROTO_UDP &&
		 has_port(buf + sizeof(h), len - sizeof(h), port))
		count(sizeof(h) + ntohs(h.ip6_plen), false, true);
}

int main(int argc, char **argv)
{
	struct sockaddr_ll from = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
	};
	struct sigaction sa = { .sa_handler = end };
	static unsigned char buf[65536 + 64];
	int fd, room = 64 << 20;
	socklen_t len;
	ssize_t n;

	if (argc != 3)
		return 2;
	fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	from.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (fd < 0 || !from.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room))) {
		perror(argv[1]);
		return 1;
	}
	sigaction(SIGTERM, &sa, NULL);
	while (!over) {
		len = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from,
			     &len);
		if (n < 0)
			continue;
		if (from.sll_protocol == htons(ETH_P_IP))
			see_ip4(buf, (size_t)n, (unsigned int)atoi(argv[2]));
		else if (from.sll_protocol == htons(ETH_P_IPV6))
			see_ip6(buf, (size_t)n, (unsigned int)atoi(argv[2]));
	}
	printf("packets %lu fragments %lu largest %lu df %lu\n", packets,
	       fragments, largest, df);
	return 0;
}
