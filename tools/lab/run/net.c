// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - the weather: links that are cut, loss, delay, order.
 *
 * netem at each node's eth0 delays every message by a constant time: it stays on
 * its way until time passes (scenario.md, 2).  A link is cut on the sender's
 * side, so that what is on its way arrives: by the module's fault hook, or, with
 * RUN_NFT set, by an nftables set of addresses.  The latter needs no hook, but
 * each change of it waits for RCU, tens of milliseconds of simulated time.
 * Touches nothing outside the namespaces of netns.sh.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <unistd.h>

#include "run.h"

/* A command in the namespace of node @id, quiet; it must work. */
static void shell(struct run *r, u32 id, const char *cmd)
{
	run_enter(r, id);
	if (system(cmd))
		fail(r, "in namespace n%u: %s failed", id, cmd);
}

static void weather_apply(struct run *r, u32 id)
{
	const struct scn_net *n = &r->net;
	u64 mid = (n->delay_min + n->delay_max) / 2 / NS_PER_US;
	u64 half = (n->delay_max - n->delay_min) / 2 / NS_PER_US;
	char cmd[320];
	int len;

	len = snprintf(cmd, sizeof(cmd),
		       "tc qdisc replace dev eth0 root netem limit 200000 delay %lluus",
		       (unsigned long long)mid);
	if (half)
		len += snprintf(cmd + len, sizeof(cmd) - len, " %lluus",
				(unsigned long long)half);
	if (n->loss)
		len += snprintf(cmd + len, sizeof(cmd) - len, " loss %u.%04u%%",
				n->loss / 10000, n->loss % 10000);
	if (n->dup)
		len += snprintf(cmd + len, sizeof(cmd) - len,
				" duplicate %u.%04u%%", n->dup / 10000,
				n->dup % 10000);
	if (n->reorder)
		snprintf(cmd + len, sizeof(cmd) - len, " reorder %u.%04u%%",
			 n->reorder / 10000, n->reorder % 10000);
	shell(r, id, cmd);
}

/**
 * run_net_open() - take hold of the namespaces n1..nN, which exist
 * @r: the run
 * @n: how many
 */
void run_net_open(struct run *r, u32 n)
{
	char path[64];
	u32 i;

	r->n_nodes = n;
	for (i = 1; i <= n; i++) {
		snprintf(path, sizeof(path), "/run/netns/n%u", i);
		r->node[i].netns = open(path, O_RDONLY | O_CLOEXEC);
		if (r->node[i].netns < 0) {
			perror(path);
			exit(2);
		}
	}
}

static void weather_apply_all(struct run *r)
{
	static struct scn_net now;	/* what netem does at this moment */
	u32 i;

	r->net.set = 0;
	if (!memcmp(&now, &r->net, sizeof(now)))
		return;
	now = r->net;
	for (i = 1; i <= r->n_nodes; i++)
		weather_apply(r, i);
}

/**
 * run_net_reset() - whole links and the default delay, as a scenario begins
 * @r: the run
 */
void run_net_reset(struct run *r)
{
	u32 i;

	memset(&r->net, 0, sizeof(r->net));
	r->net.delay_min = RUN_DELAY_US * NS_PER_US;
	r->net.delay_max = RUN_DELAY_US * NS_PER_US;
	weather_apply_all(r);
	for (i = 1; i <= r->n_nodes; i++) {
		r->node[i].cut = 0;
		if (!r->nft)
			continue;
		shell(r, i, "nft -f - <<'END'\n"
		      "table inet lab\n"
		      "flush table inet lab\n"
		      "delete table inet lab\n"
		      "table inet lab {\n"
		      " set cut { type ipv4_addr; }\n"
		      " chain out { type filter hook output priority 0;\n"
		      "  ip daddr @cut drop; }\n"
		      "}\nEND");
	}
}

/**
 * run_net_weather() - what a net directive names changes, the rest stays
 * @r: the run
 * @net: the new weather
 */
void run_net_weather(struct run *r, const struct scn_net *net)
{
	if (net->set & SCN_NET_LOSS)
		r->net.loss = net->loss;
	if (net->set & SCN_NET_DUP)
		r->net.dup = net->dup;
	if (net->set & SCN_NET_REORDER)
		r->net.reorder = net->reorder;
	if (net->set & SCN_NET_DELAY) {
		r->net.delay_min = net->delay_min;
		r->net.delay_max = net->delay_max;
	}
	weather_apply_all(r);
}

/**
 * run_net_link() - cut or mend one direction
 * @r: the run
 * @from: sender
 * @to: receiver
 * @up: mend it
 */
void run_net_link(struct run *r, u32 from, u32 to, bool up)
{
	struct run_node *n = run_node(r, from);
	char cmd[128];

	run_node(r, to);
	if (from == to || !(n->cut & 1u << to) == up)
		return;
	n->cut ^= 1u << to;
	if (!r->nft) {
		if (run_alive(r, from))
			run_fault(r, from, "link %u %s", to,
				  up ? "up" : "down");
		return;
	}
	snprintf(cmd, sizeof(cmd), "nft %s element inet lab cut '{ 10.77.0.%u }'",
		 up ? "delete" : "add", to);
	shell(r, from, cmd);
}

/**
 * run_net_cut() - set all links of a sender
 * @r: the run
 * @id: sender
 * @cut: bit b: lost on the way to node b
 */
void run_net_cut(struct run *r, u32 id, u32 cut)
{
	u32 i;

	for (i = 1; i <= r->n_nodes; i++)
		run_net_link(r, id, i, !(cut & 1u << i));
}

/**
 * run_net_boot() - a node boots: its hook must know which links are cut
 * @r: the run
 * @id: node
 */
void run_net_boot(struct run *r, u32 id)
{
	u32 i;

	for (i = 1; i <= r->n_nodes; i++)
		if (!r->nft && r->node[id].cut & 1u << i)
			run_fault(r, id, "link %u down", i);
}

/**
 * run_net_isolate() - cut all links of a node
 * @r: the run
 * @id: node
 */
void run_net_isolate(struct run *r, u32 id)
{
	u32 i;

	for (i = 1; i <= r->n_nodes; i++) {
		run_net_link(r, id, i, false);
		run_net_link(r, i, id, false);
	}
}

static u32 side(const struct scn_dir *d, u32 id)
{
	u32 g, i;

	for (g = 0; g < d->n_groups; g++)
		for (i = 0; i < d->groups[g].n; i++)
			if (d->groups[g].id[i] == id)
				return g + 1;
	return 0;
}

/**
 * run_net_partition() - set all links between the named nodes
 * @r: the run
 * @d: the directive
 */
void run_net_partition(struct run *r, const struct scn_dir *d)
{
	u32 a, b;

	for (a = 1; a <= r->n_nodes; a++)
		for (b = 1; b <= r->n_nodes; b++)
			if (a != b && side(d, a) && side(d, b))
				run_net_link(r, a, b, side(d, a) == side(d, b));
}

/**
 * run_net_heal() - mend all links
 * @r: the run
 */
void run_net_heal(struct run *r)
{
	u32 a, b;

	for (a = 1; a <= r->n_nodes; a++)
		for (b = 1; b <= r->n_nodes; b++)
			run_net_link(r, a, b, true);
}
