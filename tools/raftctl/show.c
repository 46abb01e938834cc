// SPDX-License-Identifier: GPL-2.0
/*
 * show.c - the fields of a group and of its peers, for scripts.
 *
 * One table says which there are, what they are called and how they are
 * written; show, dump and JSON follow it.  Names and order of columns are an
 * interface: new ones come last.
 */
#include "ctl.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum field_type {
	FIELD_STR,
	FIELD_HEX64,
	FIELD_U32,
	FIELD_S32,
	FIELD_U64,
	FIELD_ROLE,
	FIELD_FAILED,
	FIELD_NEVER64,		/* all ones: never */
	FIELD_ADDR,
	FIELD_LISTEN,
	FIELD_GIVEN_UP,
	FIELD_FLAG,		/* a bit of a u32 */
	FIELD_KIND,		/* of a member: RAFT_MEMBER_* */
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	uint32_t flag;
};

#define ST(name, type)		{ #name, type, offsetof(struct raft_ioc_status, name), 0 }
#define ST_AS(name, as, type)	{ as, type, offsetof(struct raft_ioc_status, name), 0 }
#define ST_FLAG(name, field, flag) \
	{ name, FIELD_FLAG, offsetof(struct raft_ioc_status, field), flag }
#define PEER(name, type)	{ #name, type, offsetof(struct raft_ioc_peer, name), 0 }
#define PEER_FLAG(name, flag) \
	{ name, FIELD_FLAG, offsetof(struct raft_ioc_peer, flags), flag }

static const struct field group_fields[] = {
	ST(name, FIELD_STR),
	ST(group_id, FIELD_HEX64),
	ST_AS(node_id, "node", FIELD_U32),
	ST(role, FIELD_ROLE),
	ST(term, FIELD_U64),
	ST(vote, FIELD_U32),
	ST(leader, FIELD_U32),
	ST(first, FIELD_U64),
	ST(last, FIELD_U64),
	ST(durable, FIELD_U64),
	ST(commit, FIELD_U64),
	ST(applied, FIELD_U64),
	ST(incarnation, FIELD_U64),
	ST(pending, FIELD_U32),
	ST(failed, FIELD_FAILED),
	ST(error, FIELD_S32),
	ST(start_flags, FIELD_U32),
	ST(log_size, FIELD_U64),
	ST(log_room, FIELD_U64),
	ST(events, FIELD_U64),
	ST(election_timeout_ms, FIELD_U32),
	ST(heartbeat_ms, FIELD_U32),
	ST(timer_late_max_ns, FIELD_U64),
	ST(msgs_in, FIELD_U64),
	ST(msgs_out, FIELD_U64),
	ST(msgs_bad, FIELD_U64),
	ST(send_errors, FIELD_U64),
	ST(disk_writes, FIELD_U64),
	ST(disk_bytes, FIELD_U64),
	ST_AS(n_peers, "members", FIELD_U32),
	ST(conflicts, FIELD_U64),
	ST(dup_id_seen, FIELD_U64),
	ST(config_index, FIELD_U64),
	ST_FLAG("member", state, RAFT_STATUS_MEMBER),
	ST_FLAG("removed", state, RAFT_STATUS_REMOVED),
	ST_FLAG("unproven", state, RAFT_STATUS_UNPROVEN),
	ST_FLAG("lost", state, RAFT_STATUS_LOST),
	ST_FLAG("joint", state, RAFT_STATUS_JOINT),
	ST(catching_up, FIELD_U32),
	ST(round, FIELD_U32),
	ST(transferring, FIELD_U32),
	ST(priority, FIELD_U32),
	ST(lease_drift_ppm, FIELD_U32),
	ST(lease_left_ns, FIELD_U64),
	ST(read_rounds, FIELD_U64),
	ST(max_inflight, FIELD_U32),
	ST(max_inflight_bytes, FIELD_U32),
	ST(max_batch, FIELD_U32),
	ST(max_uncommitted, FIELD_U64),
	ST(propose_timeout_ms, FIELD_U32),
	ST(sessions, FIELD_U32),
	ST(listen, FIELD_LISTEN),
	ST(given_up, FIELD_U32),
	ST_AS(given_up_why, "given_up_reason", FIELD_GIVEN_UP),
	ST(given_up_index, FIELD_U64),
	ST(reach, FIELD_U64),
	ST(snapshot, FIELD_U64),
	ST(snapshot_bytes, FIELD_U64),
	ST_FLAG("snapshot_wanted", snapshot_flags, RAFT_SNAPSHOT_WANTED),
	ST(coming, FIELD_U64),
	ST(coming_bytes, FIELD_U64),
	ST(coming_total, FIELD_U64),
	ST(snapshot_at, FIELD_U32),
	ST(retain_entries, FIELD_U64),
	ST(retain_bytes, FIELD_U64),
	ST_FLAG("snapshot_damaged", snapshot_flags, RAFT_SNAPSHOT_DAMAGED),
	ST(memory, FIELD_U64),
	ST(memory_used, FIELD_U64),
	ST(window, FIELD_U64),
};

static const struct field peer_fields[] = {
	PEER(id, FIELD_U32),
	PEER(addr, FIELD_ADDR),
	PEER_FLAG("self", RAFT_PEER_SELF),
	PEER_FLAG("learner", RAFT_MEMBER_LEARNER),
	PEER_FLAG("active", RAFT_PEER_ACTIVE),
	PEER_FLAG("replicate", RAFT_PEER_REPLICATE),
	PEER(match, FIELD_U64),
	PEER(next, FIELD_U64),
	PEER(inflight, FIELD_U32),
	PEER(heard_ns, FIELD_NEVER64),
	PEER(incarnation, FIELD_U64),
	{ "kind", FIELD_KIND, offsetof(struct raft_ioc_peer, flags), 0 },
	PEER(priority, FIELD_U32),
	PEER(election_timeout_ms, FIELD_U32),
	PEER_FLAG("witness", RAFT_MEMBER_WITNESS),
	PEER_FLAG("snapshot", RAFT_PEER_SNAPSHOT),
};

#define N_GROUP_FIELDS	(sizeof(group_fields) / sizeof(group_fields[0]))
#define N_PEER_FIELDS	(sizeof(peer_fields) / sizeof(peer_fields[0]))

static uint32_t u32_at(const void *base, const struct field *f)
{
	return *(const uint32_t *)((const char *)base + f->offset);
}

static uint64_t u64_at(const void *base, const struct field *f)
{
	return *(const uint64_t *)((const char *)base + f->offset);
}

static void addr_print(const struct raft_ioc_peer *p, char *buf, size_t size)
{
	raft_addr_format(p->family, p->addr, p->scope_id, p->port, buf, size);
}

static void listen_print(const struct raft_ioc_member *m, char *buf,
			 size_t size)
{
	raft_addr_format(m->family, m->addr, m->scope_id, m->port, buf, size);
}

static void field_print(const struct ctl_snapshot *snap, const void *base,
			const struct field *f)
{
	const struct raft_ioc_peer *peer = base;
	char addr[RAFT_ADDR_STRLEN];

	switch (f->type) {
	case FIELD_STR:
		fputs((const char *)base + f->offset, stdout);
		break;
	case FIELD_HEX64:
		printf("0x%016" PRIx64, u64_at(base, f));
		break;
	case FIELD_U32:
		printf("%" PRIu32, u32_at(base, f));
		break;
	case FIELD_S32:
		printf("%" PRId32, (int32_t)u32_at(base, f));
		break;
	case FIELD_U64:
		printf("%" PRIu64, u64_at(base, f));
		break;
	case FIELD_ROLE:
		fputs(raft_role_name(u32_at(base, f)), stdout);
		break;
	case FIELD_FAILED:
		fputs(raft_failed_name(u32_at(base, f)), stdout);
		break;
	case FIELD_NEVER64:
		if (u64_at(base, f) == UINT64_MAX)
			fputs("never", stdout);
		else
			printf("%" PRIu64, u64_at(base, f));
		break;
	case FIELD_ADDR:
		addr_print(peer, addr, sizeof(addr));
		fputs(addr, stdout);
		break;
	case FIELD_LISTEN:
		listen_print(&snap->st.listen, addr, sizeof(addr));
		fputs(addr, stdout);
		break;
	case FIELD_GIVEN_UP:
		fputs(raft_given_up_word(u32_at(base, f)), stdout);
		break;
	case FIELD_FLAG:
		fputs(u32_at(base, f) & f->flag ? "yes" : "no", stdout);
		break;
	case FIELD_KIND:
		fputs(ctl_kind(snap, peer), stdout);
		break;
	}
}

static void field_json(struct raft_json *j, const struct ctl_snapshot *snap,
		       const void *base, const struct field *f)
{
	const struct raft_ioc_peer *peer = base;
	char text[RAFT_ADDR_STRLEN];

	switch (f->type) {
	case FIELD_STR:
		raft_json_str(j, f->name, (const char *)base + f->offset);
		break;
	case FIELD_HEX64:
		/* Not a number: a reader with doubles would round it. */
		snprintf(text, sizeof(text), "0x%016" PRIx64, u64_at(base, f));
		raft_json_str(j, f->name, text);
		break;
	case FIELD_U32:
	case FIELD_S32:
		raft_json_u64(j, f->name, u32_at(base, f));
		break;
	case FIELD_U64:
		raft_json_u64(j, f->name, u64_at(base, f));
		break;
	case FIELD_ROLE:
		raft_json_str(j, f->name, raft_role_name(u32_at(base, f)));
		break;
	case FIELD_FAILED:
		raft_json_str(j, f->name, raft_failed_name(u32_at(base, f)));
		break;
	case FIELD_NEVER64:
		if (u64_at(base, f) != UINT64_MAX)
			raft_json_u64(j, f->name, u64_at(base, f));
		break;
	case FIELD_ADDR:
		addr_print(peer, text, sizeof(text));
		raft_json_str(j, f->name, text);
		break;
	case FIELD_LISTEN:
		listen_print(&snap->st.listen, text, sizeof(text));
		raft_json_str(j, f->name, text);
		break;
	case FIELD_GIVEN_UP:
		raft_json_str(j, f->name, raft_given_up_word(u32_at(base, f)));
		break;
	case FIELD_FLAG:
		raft_json_bool(j, f->name, u32_at(base, f) & f->flag);
		break;
	case FIELD_KIND:
		raft_json_str(j, f->name, ctl_kind(snap, peer));
		break;
	}
}

/**
 * ctl_json_peers() - the members of a group as a JSON array, "peers"
 * @j: the text, in an object
 * @snap: the group
 */
void ctl_json_peers(struct raft_json *j, const struct ctl_snapshot *snap)
{
	unsigned int i, k;

	raft_json_open(j, "peers", '[');
	for (i = 0; i < snap->st.n_peers; i++) {
		raft_json_open(j, NULL, '{');
		for (k = 0; k < N_PEER_FIELDS; k++)
			field_json(j, snap, &snap->peers[i], &peer_fields[k]);
		raft_json_close(j, '}');
	}
	raft_json_close(j, ']');
}

/**
 * ctl_json_status() - a group as a JSON object
 * @j: the text
 * @snap: the group
 */
void ctl_json_status(struct raft_json *j, const struct ctl_snapshot *snap)
{
	unsigned int i;

	raft_json_open(j, NULL, '{');
	for (i = 0; i < N_GROUP_FIELDS; i++)
		field_json(j, snap, &snap->st, &group_fields[i]);
	ctl_json_peers(j, snap);
	raft_json_close(j, '}');
	raft_json_end(j);
}

static const struct field *field_find(const char *name)
{
	size_t i;

	for (i = 0; i < N_GROUP_FIELDS; i++)
		if (!strcmp(group_fields[i].name, name))
			return &group_fields[i];
	return NULL;
}

static void snapshot_show(const struct ctl_snapshot *snap)
{
	unsigned int i, k;

	printf("group: %s\n", snap->st.name);
	for (i = 1; i < N_GROUP_FIELDS; i++) {
		printf("  %s: ", group_fields[i].name);
		field_print(snap, &snap->st, &group_fields[i]);
		putchar('\n');
	}
	for (i = 0; i < snap->st.n_peers; i++) {
		printf("  peer:");
		for (k = 0; k < N_PEER_FIELDS; k++) {
			printf(" %s=", peer_fields[k].name);
			field_print(snap, &snap->peers[i], &peer_fields[k]);
		}
		putchar('\n');
	}
}

static int group_snapshot(const char *group, struct ctl_snapshot *snap)
{
	int fd, code;

	code = ctl_attach(group, O_RDONLY, &fd);
	if (code)
		return code;
	code = ctl_snapshot(fd, group, snap);
	close(fd);
	return code;
}

static int group_show(const char *group, void *arg)
{
	const struct field *field = arg;
	struct ctl_snapshot snap;
	int code;

	code = group_snapshot(group, &snap);
	if (code)
		return code;
	if (!field) {
		snapshot_show(&snap);
		return CTL_OK;
	}
	field_print(&snap, &snap.st, field);
	putchar('\n');
	return CTL_OK;
}

static void columns_print(const struct ctl_snapshot *snap, const void *base,
			  const struct field *fields, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		putchar('\t');
		field_print(snap, base, &fields[i]);
	}
	putchar('\n');
}

static int group_dump(const char *group, void *arg)
{
	struct ctl_snapshot snap;
	unsigned int i;
	int code;

	(void)arg;
	code = group_snapshot(group, &snap);
	if (code)
		return code;
	fputs("group", stdout);
	columns_print(&snap, &snap.st, group_fields, N_GROUP_FIELDS);
	for (i = 0; i < snap.st.n_peers; i++) {
		printf("peer\t%s", snap.st.name);
		columns_print(&snap, &snap.peers[i], peer_fields, N_PEER_FIELDS);
	}
	return CTL_OK;
}

static int group_option(int argc, char **argv, const char **group)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "g:", options, NULL)) != -1) {
		if (c != 'g')
			return CTL_USAGE;
		*group = optarg;
	}
	return CTL_OK;
}

/**
 * ctl_show() - raftctl show [NAME] [FIELD]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_show(int argc, char **argv)
{
	const struct field *field = NULL;
	const char *group = NULL;

	if (group_option(argc, argv, &group))
		return CTL_USAGE;
	/* The last word is a field if there are two, or if it is called so. */
	if (optind < argc)
		field = field_find(argv[argc - 1]);
	if (!field && argc - optind + !!group >= 2)
		return ctl_usage("\"%s\" is no field; raftctl show lists them",
				 argv[argc - 1]);
	if (field)
		argc--;
	if (ctl_group_arg(argc, argv, &group))
		return CTL_USAGE;
	if (group || field)
		return group_show(group, (void *)field);
	return ctl_each_group(group_show, NULL);
}

/**
 * ctl_dump() - raftctl dump [NAME]
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_dump(int argc, char **argv)
{
	const char *group = NULL;

	if (group_option(argc, argv, &group) ||
	    ctl_group_arg(argc, argv, &group))
		return CTL_USAGE;
	if (group)
		return group_dump(group, NULL);
	return ctl_each_group(group_dump, NULL);
}
