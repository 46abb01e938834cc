// SPDX-License-Identifier: GPL-2.0
/*
 * status.c - the state of a group as a page for people.
 */
#include "ctl.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static void head_print(const struct raft_ioc_status *st)
{
	printf("group %s, node %u: ", st->name, st->node_id);
	if (st->failed) {
		printf("FAILED (%s%s%s), was ", raft_failed_name(st->failed),
		       st->error ? ": " : "",
		       st->error ? strerror(st->error) : "");
	}
	printf("%s in term %" PRIu64, raft_role_name(st->role),
	       (uint64_t)st->term);
	if (st->role == RAFT_ROLE_LEADER)
		putchar('\n');
	else if (st->leader)
		printf(", leader is node %u\n", st->leader);
	else
		printf(", no leader known\n");
}

static void log_print(const struct raft_ioc_status *st)
{
	char room[32], size[32];

	raft_size_format(st->log_room, room, sizeof(room));
	raft_size_format(st->log_size, size, sizeof(size));
	printf("  log      ");
	if (st->last)
		printf("%llu..%llu, durable %llu, committed %llu, applied %llu; ",
		       (unsigned long long)st->first,
		       (unsigned long long)st->last,
		       (unsigned long long)st->durable,
		       (unsigned long long)st->commit,
		       (unsigned long long)st->applied);
	else
		printf("empty; ");
	printf("%s of %s free\n", room, size);
}

/* Said when some have left it. */
static void memory_print(const struct raft_ioc_status *st)
{
	char used[32], max[32];

	if (st->window <= st->first)
		return;
	raft_size_format(st->memory_used, used, sizeof(used));
	raft_size_format(st->memory, max, sizeof(max));
	printf("  memory   entries %llu and later, %s of %s; the others on disk only\n",
	       (unsigned long long)st->window, used, max);
}

static void snapshot_print(const struct raft_ioc_status *st)
{
	char has[32], total[32];

	raft_size_format(st->snapshot_bytes, has, sizeof(has));
	if (st->snapshot)
		printf("  snapshot of %llu, %s\n",
		       (unsigned long long)st->snapshot, has);
	if (st->snapshot_flags & RAFT_SNAPSHOT_DAMAGED)
		puts("  DAMAGED  the snapshot: it is not used any more; see the kernel log");
	if (st->snapshot_flags & RAFT_SNAPSHOT_WANTED)
		puts("  WANTED   a snapshot by the state machine: the log fills up");
	if (!st->coming)
		return;
	raft_size_format(st->coming_bytes, has, sizeof(has));
	raft_size_format(st->coming_total, total, sizeof(total));
	if (st->snapshot_flags & RAFT_SNAPSHOT_TAKING)
		printf("  taking   a snapshot of %llu, %s so far\n",
		       (unsigned long long)st->coming, has);
	else
		printf("  coming   a snapshot of %llu, %s of %s\n",
		       (unsigned long long)st->coming, has, total);
}

/* Who belongs to it, and what is under way. */
static void members_print(const struct ctl_snapshot *snap)
{
	const struct raft_ioc_status *st = &snap->st;

	if (st->state & RAFT_STATUS_REMOVED)
		printf("  REMOVED  node %u is not a member any more; its log stays as it is\n",
		       st->node_id);
	else if (!(st->state & RAFT_STATUS_MEMBER))
		puts("  BLANK    not a member yet: waits for raftctl join, or member add at one");
	if (st->state & RAFT_STATUS_LOST)
		puts(st->last ?
		     "  LOST     its term and vote are: a leader must let it in" :
		     "  LOST     its log is new, the group is not: a leader must let it in");
	else if (st->state & RAFT_STATUS_UNPROVEN)
		puts("  NEW      its log is new: waits for the first leader");
	if (st->reach)
		printf("  LACKS    entries %llu to %llu, fetched from a leader: cannot lead yet\n",
		       (unsigned long long)st->last + 1,
		       (unsigned long long)st->reach);
	if (st->state & RAFT_STATUS_JOINT)
		puts("  joint    two configurations are in force, a majority of each is needed");
	if (st->catching_up)
		printf("  joining  node %u catches up, round %u\n",
		       st->catching_up, st->round);
	if (st->given_up)
		printf("  given up node %u: %s (at %llu)\n", st->given_up,
		       st->given_up_why == RAFT_GIVEN_UP_SLOW ?
		       "too slow, it did not catch up in ten rounds" :
		       "silent, nothing reached it for 50 election timeouts",
		       (unsigned long long)st->given_up_index);
	if (st->transferring)
		printf("  transfer to node %u, proposals wait\n",
		       st->transferring);
}

static void reads_print(const struct raft_ioc_status *st)
{
	char left[32];

	if (st->role != RAFT_ROLE_LEADER)
		return;
	raft_duration_format(st->lease_left_ns, left, sizeof(left));
	printf("  reads    %llu rounds for barriers, %s%s\n",
	       (unsigned long long)st->read_rounds,
	       st->lease_left_ns ? "lease for another " : "no lease",
	       st->lease_left_ns ? left : "");
}

static void counters_print(const struct raft_ioc_status *st)
{
	char election[32], heartbeat[32], late[32], written[32];

	raft_duration_format(st->election_timeout_ms * RAFT_NS_PER_MS, election,
			     sizeof(election));
	raft_duration_format(st->heartbeat_ms * RAFT_NS_PER_MS, heartbeat,
			     sizeof(heartbeat));
	raft_duration_format(st->timer_late_max_ns, late, sizeof(late));
	raft_size_format(st->disk_bytes, written, sizeof(written));
	printf("  timers   election %s, heartbeat %s, at most %s late, priority %u%s%s\n",
	       election, heartbeat, late, st->priority,
	       st->start_flags & RAFT_START_NO_PREVOTE ? ", no PreVote" : "",
	       st->start_flags & RAFT_START_NO_CHECK_QUORUM ?
	       ", no CheckQuorum" : "");
	printf("  network  %llu messages in, %llu out, %llu refused, %llu not sent\n",
	       (unsigned long long)st->msgs_in,
	       (unsigned long long)st->msgs_out,
	       (unsigned long long)st->msgs_bad,
	       (unsigned long long)st->send_errors);
	printf("  disk     %llu writes, %s\n",
	       (unsigned long long)st->disk_writes, written);
	if (st->conflicts)
		printf("  ALARM  %llu messages contradict the committed log: data lost or forged\n",
		       (unsigned long long)st->conflicts);
	if (st->dup_id_seen)
		printf("  ALARM  another node has id %u too: stop one of them (%llu datagrams)\n",
		       st->node_id, (unsigned long long)st->dup_id_seen);
	if (st->pending)
		printf("  pending  %u proposals of this node\n", st->pending);
}

/* The role of this node and of the leader are known, of others the kind. */
static const char *peer_role(const struct ctl_snapshot *snap,
			     const struct raft_ioc_peer *p)
{
	const char *kind = ctl_kind(snap, p);

	if (p->id == snap->st.leader)
		return "leader";
	if (p->flags & RAFT_PEER_SELF && !strcmp(kind, "voter"))
		return raft_role_name(snap->st.role);
	return kind;
}

/* What the leader knows of a peer; a follower knows only when it was heard. */
static void peer_print(const struct ctl_snapshot *snap,
		       const struct raft_ioc_peer *p)
{
	const struct raft_ioc_status *st = &snap->st;
	bool self = p->flags & RAFT_PEER_SELF;
	char addr[RAFT_ADDR_STRLEN], heard[40];

	raft_addr_format(p->family, p->addr, p->scope_id, p->port, addr,
			 sizeof(addr));
	if (self) {
		strcpy(heard, "this node");
	} else if (p->heard_ns == UINT64_MAX) {
		strcpy(heard, "never");
	} else {
		raft_duration_format(p->heard_ns, heard, sizeof(heard) - 4);
		strcat(heard, " ago");
	}
	printf("  %-4u %-22s %-12s", p->id, addr, peer_role(snap, p));
	if (st->role != RAFT_ROLE_LEADER) {
		printf(" %s\n", heard);
		return;
	}
	printf(" %-14s %-10s %10llu %10llu %8u %8u\n", heard,
	       self ? "-" : p->flags & RAFT_PEER_LOST ? "lost log" :
	       !(p->flags & RAFT_PEER_ACTIVE) ? "silent" :
	       p->flags & RAFT_PEER_SNAPSHOT ? "snapshot" :
	       p->flags & RAFT_PEER_REPLICATE ? "replicate" : "probe",
	       (unsigned long long)p->match, (unsigned long long)p->next,
	       p->inflight, self ? st->priority : p->priority);
}

/* Safe, but elections are held by the shortest, and leases are as short. */
static void timeouts_warn(const struct ctl_snapshot *snap)
{
	const struct raft_ioc_status *st = &snap->st;
	const struct raft_ioc_peer *p;
	char own[32], other[32];

	raft_duration_format(st->election_timeout_ms * RAFT_NS_PER_MS, own,
			     sizeof(own));
	for (p = snap->peers; p < snap->peers + st->n_peers; p++) {
		if (!p->election_timeout_ms ||
		    p->election_timeout_ms == st->election_timeout_ms)
			continue;
		raft_duration_format(p->election_timeout_ms * RAFT_NS_PER_MS,
				     other, sizeof(other));
		printf("  WARNING  election timeouts differ: %s here, %s at node %u\n",
		       own, other, p->id);
	}
}

static void page_print(const struct ctl_snapshot *snap)
{
	unsigned int i;

	head_print(&snap->st);
	log_print(&snap->st);
	memory_print(&snap->st);
	snapshot_print(&snap->st);
	members_print(snap);
	counters_print(&snap->st);
	timeouts_warn(snap);
	reads_print(&snap->st);
	if (!snap->st.n_peers)
		return;
	if (snap->st.role == RAFT_ROLE_LEADER)
		printf("  %-4s %-22s %-12s %-14s %-10s %10s %10s %8s %8s\n", "NODE",
		       "ADDRESS", "ROLE", "HEARD", "STATE", "MATCH", "NEXT",
		       "INFLIGHT", "PRIORITY");
	else
		printf("  %-4s %-22s %-12s %s\n", "NODE", "ADDRESS", "ROLE",
		       "HEARD");
	for (i = 0; i < snap->st.n_peers; i++)
		peer_print(snap, &snap->peers[i]);
}

struct status_args {
	bool json;
	unsigned int printed;
};

static int group_status(const char *group, void *arg)
{
	struct status_args *args = arg;
	struct ctl_snapshot snap;
	struct raft_json j;
	int fd, code;

	code = ctl_attach(group, O_RDONLY, &fd);
	if (code)
		return code;
	code = ctl_snapshot(fd, group, &snap);
	close(fd);
	if (code)
		return code;
	if (args->json) {
		raft_json_init(&j, stdout);
		ctl_json_status(&j, &snap);
	} else {
		if (args->printed)
			putchar('\n');
		page_print(&snap);
	}
	args->printed++;
	return CTL_OK;
}

/**
 * ctl_status() - raftctl status [NAME] [--json]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	struct status_args args = { };
	const char *group = NULL;
	int c, code;

	while ((c = getopt_long(argc, argv, "g:j", options, NULL)) != -1) {
		if (c == 'g')
			group = optarg;
		else if (c == 'j')
			args.json = true;
		else
			return CTL_USAGE;
	}
	if (ctl_group_arg(argc, argv, &group))
		return CTL_USAGE;
	if (group)
		return group_status(group, &args);
	code = ctl_each_group(group_status, &args);
	if (!code && !args.printed && !args.json)
		puts("no groups here");
	return code;
}
