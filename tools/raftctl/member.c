// SPDX-License-Identifier: GPL-2.0
/*
 * member.c - who the members are, and changes of them.
 *
 * Each verb makes a list of struct raft_ioc_change; the kernel does the rest.
 */
#include "ctl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/**
 * struct member_args - the command line
 * @group: name of the group, or NULL
 * @timeout_ms: how long to wait, 0 for the propose timeout of the group
 * @json: list as JSON
 * @n: how many @changes
 * @changes: what is asked
 */
struct member_args {
	const char *group;
	uint32_t timeout_ms;
	bool json;
	uint32_t n;
	struct raft_ioc_change changes[RAFT_NODES_MAX];
};

static int id_parse(const char *text, size_t len, uint32_t *id)
{
	char digits[16];
	uint64_t v;

	if (len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (raft_u64_parse(digits, &v) || !v || v > UINT32_MAX)
		return -EINVAL;
	*id = v;
	return 0;
}

/* ID=ADDRESS:PORT, of which @len bytes count. */
static int place_parse(const char *text, size_t len, struct raft_ioc_member *m)
{
	const char *eq = memchr(text, '=', len);
	char buf[RAFT_ADDR_STRLEN];
	struct raft_addr addr;
	size_t n;

	if (!eq || id_parse(text, eq - text, &m->id))
		return -EINVAL;
	n = text + len - (eq + 1);
	if (n >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, eq + 1, n);
	buf[n] = '\0';
	if (raft_addr_parse(buf, &addr))
		return -EINVAL;
	return raft_addr_resolve(&addr, m);
}

static int bad_item(const char *text, int error, const char *expected)
{
	if (error == -ENODEV)
		return ctl_usage("\"%s\": there is no such interface here", text);
	return ctl_usage("\"%s\", expected %s", text, expected);
}

/* One item of "member change". */
static int item_parse(const char *text, struct raft_ioc_change *c)
{
	size_t len = strlen(text);
	const char *eq;
	int ret;

	if (*text == '+') {
		const char *comma = strchr(text, ',');

		bool witness = comma && !strcmp(comma, ",witness");

		c->op = witness ? RAFT_MEMBERS_ADD_WITNESS :
			comma ? RAFT_MEMBERS_ADD_LEARNER :
				RAFT_MEMBERS_ADD_VOTER;
		ret = comma && !witness && strcmp(comma, ",learner") ? -EINVAL :
		      place_parse(text + 1, (comma ? (size_t)(comma - text) :
						     len) - 1, &c->member);
	} else if (*text == '-') {
		c->op = RAFT_MEMBERS_REMOVE;
		ret = id_parse(text + 1, len - 1, &c->member.id);
	} else {
		eq = strchr(text, '=');
		c->op = eq && !strcmp(eq, "=voter") ? RAFT_MEMBERS_PROMOTE :
						      RAFT_MEMBERS_DEMOTE;
		ret = !eq || (c->op == RAFT_MEMBERS_DEMOTE &&
			      strcmp(eq, "=learner")) ? -EINVAL :
		      id_parse(text, eq - text, &c->member.id);
	}
	return ret ? bad_item(text, ret,
			      "+ID=ADDRESS:PORT[,learner|,witness], -ID, ID=voter or ID=learner") :
		     CTL_OK;
}

/* What getopt(3) must not see: "-3" is a member that goes, not an option. */
static bool is_item(const char *text)
{
	return (*text == '+' || *text == '-') && isdigit((unsigned char)text[1]);
}

/* Takes the items out of the command line. */
static int items_take(int *argc, char **argv, struct member_args *args)
{
	int i, kept = 0;

	for (i = 0; i < *argc; i++) {
		if (!i || !is_item(argv[i])) {
			argv[kept++] = argv[i];
			continue;
		}
		if (args->n == RAFT_NODES_MAX)
			return ctl_usage("more than %u changes", RAFT_NODES_MAX);
		if (item_parse(argv[i], &args->changes[args->n++]))
			return CTL_USAGE;
	}
	argv[kept] = NULL;
	*argc = kept;
	return CTL_OK;
}

static int options_read(int argc, char **argv, struct member_args *args)
{
	static const struct option options[] = {
		{ "group", required_argument, NULL, 'g' },
		{ "timeout", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "g:t:j", options, NULL)) != -1) {
		if (c == 'g')
			args->group = optarg;
		else if (c == 'j')
			args->json = true;
		else if (c != 't' ||
			 ctl_ms_parse("--timeout", optarg, &args->timeout_ms))
			return CTL_USAGE;
	}
	return CTL_OK;
}

static int changes_ask(const struct member_args *args, bool joint)
{
	enum raft_ioc_op op = args->changes[0].op == RAFT_MEMBERS_ABORT ?
			      RAFT_OP_TAKE_BACK : RAFT_OP_MEMBERS;
	struct raft_ioc_members result;
	int fd, code, ret;

	code = ctl_attach(args->group, O_RDWR, &fd);
	if (code)
		return code;
	ret = raft_ioc_members(fd, args->changes, args->n, joint,
			       args->timeout_ms, &result);
	close(fd);
	if (ret)
		return ctl_outcome(op, result.outcome, ret, args->group);
	printf("%llu\n", (unsigned long long)result.index);
	return CTL_OK;
}

static int change_run(int argc, char **argv, struct member_args *args)
{
	for (; optind < argc; optind++) {
		if (args->n == RAFT_NODES_MAX)
			return ctl_usage("more than %u changes", RAFT_NODES_MAX);
		if (item_parse(argv[optind], &args->changes[args->n++]))
			return CTL_USAGE;
	}
	if (!args->n)
		return ctl_usage("member change: expected ITEMs, such as +4=10.0.0.4:7000 -1");
	return changes_ask(args, true);
}

static void member_print(const struct ctl_snapshot *snap,
			 const struct raft_ioc_peer *p)
{
	char addr[RAFT_ADDR_STRLEN];

	raft_addr_format(p->family, p->addr, p->scope_id, p->port, addr,
			 sizeof(addr));
	printf("%u\t%s\t%s%s%s\n", p->id,
	       ctl_kind(snap, p), addr, p->id == snap->st.leader ? "\tleader" : "",
	       p->flags & RAFT_PEER_SELF ? "\tthis node" : "");
}

static int list_run(int argc, char **argv, struct member_args *args)
{
	struct ctl_snapshot snap;
	struct raft_json j;
	unsigned int i;
	int fd, code;

	if (ctl_group_arg(argc, argv, &args->group))
		return CTL_USAGE;
	code = ctl_attach(args->group, O_RDONLY, &fd);
	if (code)
		return code;
	code = ctl_snapshot(fd, args->group, &snap);
	close(fd);
	if (code)
		return code;
	if (args->json) {
		raft_json_init(&j, stdout);
		raft_json_open(&j, NULL, '{');
		raft_json_u64(&j, "config_index", snap.st.config_index);
		raft_json_bool(&j, "joint", snap.st.state & RAFT_STATUS_JOINT);
		ctl_json_peers(&j, &snap);
		raft_json_close(&j, '}');
		raft_json_end(&j);
		return CTL_OK;
	}
	for (i = 0; i < snap.st.n_peers; i++)
		member_print(&snap, &snap.peers[i]);
	return CTL_OK;
}

/* What a verb takes and what it asks for. */
struct verb {
	const char *name;
	uint32_t op;			/* 0: a function of its own */
	bool address;
	int (*run)(int argc, char **argv, struct member_args *args);
};

static const struct verb verbs[] = {
	{ "list", 0, false, list_run },
	{ "add", RAFT_MEMBERS_ADD_VOTER, true, NULL },
	{ "add-learner", RAFT_MEMBERS_ADD_LEARNER, true, NULL },
	{ "add-witness", RAFT_MEMBERS_ADD_WITNESS, true, NULL },
	{ "promote", RAFT_MEMBERS_PROMOTE, false, NULL },
	{ "demote", RAFT_MEMBERS_DEMOTE, false, NULL },
	{ "remove", RAFT_MEMBERS_REMOVE, false, NULL },
	{ "address", RAFT_MEMBERS_ADDRESS, true, NULL },
	{ "abort", RAFT_MEMBERS_ABORT, false, NULL },
	{ "change", 0, false, change_run },
};

#define VERBS \
	"list, add, add-learner, add-witness, promote, demote, remove, address, " \
	"change or abort"
#define N_VERBS	(sizeof(verbs) / sizeof(verbs[0]))

/* One member: an id, an id and its address, or with abort nothing. */
static int one_run(const struct verb *v, int argc, char **argv,
		   struct member_args *args)
{
	struct raft_ioc_change *c = &args->changes[0];
	int ret = 0, n = v->op == RAFT_MEMBERS_ABORT ? 0 : 1;
	const char *text = argv[optind];

	if (argc - optind != n)
		return ctl_usage("member %s: expected %s", v->name,
				 v->op == RAFT_MEMBERS_ABORT ? "nothing more" :
				 v->address ? "one ID=ADDRESS:PORT" : "one ID");
	c->op = v->op;
	args->n = 1;
	if (v->address)
		ret = place_parse(text, strlen(text), &c->member);
	else if (text)
		ret = id_parse(text, strlen(text), &c->member.id);
	if (ret)
		return bad_item(text, ret, v->address ?
				"ID=ADDRESS:PORT, such as 4=10.0.0.4:7000" :
				"the id of a node");
	return changes_ask(args, false);
}

/**
 * ctl_member() - raftctl member VERB ...
 * @argc: as main's
 * @argv: as main's
 *
 * Return: an exit code.
 */
int ctl_member(int argc, char **argv)
{
	struct member_args args = { };
	const struct verb *v;

	if (argc < 2)
		return ctl_usage("member: expected " VERBS);
	argc--;
	argv++;
	for (v = verbs; v < verbs + N_VERBS; v++)
		if (!strcmp(argv[0], v->name))
			break;
	if (v == verbs + N_VERBS)
		return ctl_usage("member: \"%s\", expected " VERBS, argv[0]);
	if (v->run == change_run && items_take(&argc, argv, &args))
		return CTL_USAGE;
	if (options_read(argc, argv, &args))
		return CTL_USAGE;
	return v->run ? v->run(argc, argv, &args) :
			one_run(v, argc, argv, &args);
}
