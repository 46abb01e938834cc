// SPDX-License-Identifier: GPL-2.0
/*
 * conf_test.c - raft.conf(5): what a good file means, and each complaint about
 * a bad one, word for word.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/lib/conf.h"

static unsigned int tests, failures;

static void ok(bool good, const char *name)
{
	printf("%s %u - %s\n", good ? "ok" : "not ok", ++tests, name);
	failures += !good;
}

struct bad {
	const char *name;
	uint32_t node;
	const char *text;
	const char *complaints;
};

#define G	"[Group]\n"
#define P1	"[Peer]\nId = 1\nAddress = 10.0.0.1:7000\n"
#define P2	"[Peer]\nId = 2\nAddress = 10.0.0.2:7000\n"
#define ADDR	"ADDRESS:PORT, such as 10.0.0.1:7000, [fd00::1]:7000 or [fe80::1%eth0]:7000"
#define MS(r)	"a duration in whole milliseconds from " r ", such as 500ms or 2s"
#define KEYS	"Id, Node, Log, LogSize, Snapshots, ElectionTimeout, Heartbeat, PreVote, CheckQuorum, MaxInflight, MaxInflightBytes, MaxBatch, MaxUncommitted, ProposeTimeout, Priority, LeaseDrift, SnapshotAt, RetainEntries, RetainBytes, Memory or Listen"
#define SIZE	"a multiple of 4K from 1M up, such as 64M or 1GiB"
#define NOPEER	"has no [Peer], expected one, or Listen = ADDRESS:PORT for a node that joins later\n"
#define A10	"aaaaaaaaaa"
#define OUT	", which is out of range, expected "
#define PORT	", whose port is out of range, expected "
#define LOCAL	", which must name an interface if, and only if, it is link-local, expected "
#define ONE	", which is not the address of one node, expected "
#define ID64	"a number from 1 to 0xffffffffffffffff"
#define LOG	"an absolute path, in which %n is the node id and %g the group"
#define PART	"a part from 1ppm to 50%, such as 500ppm or 0.5%"
#define U32	"a number from 1 to 4294967295"

static const struct bad bad[] = {
	{ "empty file", 0, "",
	  "t:1: end of file without [Group], expected one\n" },
	{ "no [Group]", 0, P1,
	  "t:3: end of file without [Group], expected one\n" },
	{ "two [Group]s", 0, G P1 G "Node = 1\n",
	  "t:5: [Group] again, expected it once: it is in line 1\n" },
	{ "keys of a second [Group] are still checked", 0, G P1 G "Node = x\n",
	  "t:5: [Group] again, expected it once: it is in line 1\n"
	  "t:6: Node is \"x\", expected " U32 "\n" },
	{ "unknown section", 0, G P1 "[Pear]\nId = 1\n",
	  "t:5: unknown section [Pear], expected [Group] or [Peer]\n" },
	{ "key before any section", 0, "Id = 1\n" G P1,
	  "t:1: \"Id\" before any section, expected [Group] first\n" },
	{ "unknown key in [Group]", 0, G "Heartbeet = 1s\n" P1,
	  "t:2: unknown key \"Heartbeet\" in [Group], expected " KEYS "\n" },
	{ "unknown key in [Peer]", 0, G P1 "Port = 1\n",
	  "t:5: unknown key \"Port\" in [Peer], expected Id, Address, Learner or Witness\n" },
	{ "key twice", 0, G "Node = 1\nnode = 1\n" P1,
	  "t:3: Node again, expected it once: it is in line 2\n" },
	{ "no value", 0, G "LogSize =\n" P1,
	  "t:2: LogSize has no value, expected " SIZE "\n" },
	{ "neither section nor key", 0, G "Node 1\n" P1,
	  "t:2: \"Node 1\", expected [SECTION], KEY = VALUE or # COMMENT\n" },
	{ "section without its end", 0, "[Group\n" P1,
	  "t:1: \"[Group\", expected [SECTION], KEY = VALUE or # COMMENT\n"
	  "t:4: end of file without [Group], expected one\n" },
	{ "id 0", 0, G "Id = 0\n" P1,
	  "t:2: Id is \"0\"" OUT ID64 "\n" },
	{ "id too large", 0, G "Id = 0x10000000000000000\n" P1,
	  "t:2: Id is \"0x10000000000000000\"" OUT ID64 "\n" },
	{ "id not a number", 0, G "Id = 0xfoo\n" P1,
	  "t:2: Id is \"0xfoo\", expected " ID64 "\n" },
	{ "node with a sign", 0, G "Node = -1\n" P1,
	  "t:2: Node is \"-1\", expected " U32 "\n" },
	{ "node too large", 0, G "Node = 4294967296\n" P1,
	  "t:2: Node is \"4294967296\"" OUT U32 "\n" },
	{ "duration without unit", 0, G "Heartbeat = 100\n" P1,
	  "t:2: Heartbeat is \"100\", expected " MS("1ms to 30m") "\n" },
	{ "duration below a millisecond", 0, G "Heartbeat = 1500us\n" P1,
	  "t:2: Heartbeat is \"1500us\", expected " MS("1ms to 30m") "\n" },
	{ "duration of nothing", 0, G "ElectionTimeout = 0\n" P1,
	  "t:2: ElectionTimeout is \"0\"" OUT MS("5ms to 60m") "\n" },
	{ "duration that overflows", 0, G "ElectionTimeout = 999999999999m\n" P1,
	  "t:2: ElectionTimeout is \"999999999999m\"" OUT MS("5ms to 60m") "\n" },
	{ "log size too small", 0, G "LogSize = 1000K\n" P1,
	  "t:2: LogSize is \"1000K\"" OUT SIZE "\n" },
	{ "log size not aligned", 0, G "LogSize = 2000001\n" P1,
	  "t:2: LogSize is \"2000001\", expected " SIZE "\n" },
	{ "log size of unknown unit", 0, G "LogSize = 64MB\n" P1,
	  "t:2: LogSize is \"64MB\", expected " SIZE "\n" },
	{ "relative log", 0, G "Log = raft.log\n" P1,
	  "t:2: Log is \"raft.log\", expected " LOG "\n" },
	{ "log with an unknown percent", 0, G "Log = /a/%n/%x\n" P1,
	  "t:2: Log is \"/a/%n/%x\", expected " LOG "\n" },
	{ "log ends in a percent", 0, G "Log = /a%\n" P1,
	  "t:2: Log is \"/a%\", expected " LOG "\n" },
	{ "not a truth", 0, G "PreVote = maybe\n" P1,
	  "t:2: PreVote is \"maybe\", expected on or off\n" },
	{ "address without port", 0, G "[Peer]\nId = 1\nAddress = 10.0.0.1\n",
	  "t:4: Address is \"10.0.0.1\", expected " ADDR "\n" },
	{ "name of a host", 0, G "[Peer]\nId = 1\nAddress = node1:7000\n",
	  "t:4: Address is \"node1:7000\", expected " ADDR "\n" },
	{ "IPv6 without brackets", 0, G "[Peer]\nId = 1\nAddress = fd00::2:7000\n",
	  "t:4: Address is \"fd00::2:7000\", expected " ADDR "\n" },
	{ "port 0", 0, G "[Peer]\nId = 1\nAddress = 10.0.0.1:0\n",
	  "t:4: Address is \"10.0.0.1:0\"" PORT ADDR "\n" },
	{ "port too large", 0, G "[Peer]\nId = 1\nAddress = [fd00::1]:65536\n",
	  "t:4: Address is \"[fd00::1]:65536\"" PORT ADDR "\n" },
	{ "any address", 0, G "[Peer]\nId = 1\nAddress = 0.0.0.0:7000\n",
	  "t:4: Address is \"0.0.0.0:7000\"" ONE ADDR "\n" },
	{ "multicast", 0, G "[Peer]\nId = 1\nAddress = [ff02::1]:7000\n",
	  "t:4: Address is \"[ff02::1]:7000\"" ONE ADDR "\n" },
	{ "link-local without interface", 0, G "[Peer]\nId = 1\nAddress = [fe80::1]:7000\n",
	  "t:4: Address is \"[fe80::1]:7000\"" LOCAL ADDR "\n" },
	{ "interface but not link-local", 0, G "[Peer]\nId = 1\nAddress = [fd00::1%lo]:7000\n",
	  "t:4: Address is \"[fd00::1%lo]:7000\"" LOCAL ADDR "\n" },
	{ "[Peer] without anything", 0, G "[Peer]\n",
	  "t:2: [Peer] without Id, expected Id = NUMBER\n"
	  "t:2: [Peer] without Address, expected Address = " ADDR "\n" },
	{ "id of a peer twice", 0, G P1 "[Peer]\nId = 1\nAddress = 10.0.0.2:7000\n",
	  "t:5: [Peer] with Id 1 again, expected another: it is in line 2\n" },
	{ "address twice", 0, G P1 "[Peer]\nId = 2\nAddress = 10.0.0.1:7000\n",
	  "t:7: Address of node 1 again, expected another: it is in line 4\n" },
	{ "a learner that is a witness", 0, G P1
	  "[Peer]\nId = 2\nAddress = 10.0.0.2:7000\nLearner = yes\nWitness = yes\n"
	  "[Peer]\nId = 3\nAddress = 10.0.0.3:7000\n",
	  "t:5: [Peer] with Learner and Witness, expected one of them\n" },
	{ "a witness alone", 0, G P1 "Witness = yes\n",
	  "t:2: 1 witnesses of 1 voters, expected half at most\n" },
	{ "only learners", 0, G P1 "Learner = yes\n",
	  "t:2: only learners, expected at least one [Peer] that votes\n" },
	{ "17 peers", 0, G
	  "[Peer]\nId=1\nAddress=1.1.1.1:1\n[Peer]\nId=2\nAddress=1.1.1.2:1\n"
	  "[Peer]\nId=3\nAddress=1.1.1.3:1\n[Peer]\nId=4\nAddress=1.1.1.4:1\n"
	  "[Peer]\nId=5\nAddress=1.1.1.5:1\n[Peer]\nId=6\nAddress=1.1.1.6:1\n"
	  "[Peer]\nId=7\nAddress=1.1.1.7:1\n[Peer]\nId=8\nAddress=1.1.1.8:1\n"
	  "[Peer]\nId=9\nAddress=1.1.1.9:1\n[Peer]\nId=10\nAddress=1.1.1.10:1\n"
	  "[Peer]\nId=11\nAddress=1.1.1.11:1\n[Peer]\nId=12\nAddress=1.1.1.12:1\n"
	  "[Peer]\nId=13\nAddress=1.1.1.13:1\n[Peer]\nId=14\nAddress=1.1.1.14:1\n"
	  "[Peer]\nId=15\nAddress=1.1.1.15:1\n[Peer]\nId=16\nAddress=1.1.1.16:1\n"
	  "[Peer]\nId=17\nAddress=1.1.1.17:1\n",
	  "t:50: one [Peer] too many, expected at most 16\n" },
	{ "this node has no [Peer]", 0, G "Node = 3\n" P1 P2,
	  "t:2: node 3 " NOPEER },
	{ "--node has no [Peer]", 4, G P1 P2,
	  "t:1: node 4 " NOPEER },
	{ "Listen and a [Peer]", 0, G "Node = 1\nListen = 10.0.0.1:7000\n" P1,
	  "t:3: Listen and a [Peer] for node 1, expected only one of them\n" },
	{ "heartbeat above half of election", 0, G "ElectionTimeout = 100ms\nHeartbeat = 51ms\n" P1,
	  "t:1: Heartbeat is 51ms, expected at most half of ElectionTimeout, which is 100ms\n" },
	{ "heartbeat above half of the default", 0, G "Heartbeat = 501ms\n" P1,
	  "t:1: Heartbeat is 501ms, expected at most half of ElectionTimeout, which is 1000ms\n" },
	{ "too many messages", 0, G "MaxInflight = 257\n" P1,
	  "t:2: MaxInflight is \"257\"" OUT "a number of messages from 1 to 256\n" },
	{ "too many bytes", 0, G "MaxInflightBytes = 257M\n" P1,
	  "t:2: MaxInflightBytes is \"257M\"" OUT "a size from 1 byte to 256M, such as 1M\n" },
	{ "too much uncommitted", 0, G "MaxUncommitted = 2G\n" P1,
	  "t:2: MaxUncommitted is \"2G\"" OUT "a size from 1 byte to 1G, such as 4M\n" },
	{ "too long to propose", 0, G "ProposeTimeout = 1441m\n" P1,
	  "t:2: ProposeTimeout is \"1441m\"" OUT MS("1ms to 1440m") "\n" },
	{ "priority too large", 0, G "Priority = 4294967296\n" P1,
	  "t:2: Priority is \"4294967296\"" OUT "a number from 0 to 4294967295\n" },
	{ "drift without unit", 0, G "LeaseDrift = 100\n" P1,
	  "t:2: LeaseDrift is \"100\", expected " PART "\n" },
	{ "no drift", 0, G "LeaseDrift = 0%\n" P1,
	  "t:2: LeaseDrift is \"0%\"" OUT PART "\n" },
	{ "more drift than there is lease", 0, G "LeaseDrift = 50.0001%\n" P1,
	  "t:2: LeaseDrift is \"50.0001%\"" OUT PART "\n" },
	{ "IPv4 in IPv6", 0, G "[Peer]\nId = 1\nAddress = [::ffff:10.0.0.1]:7000\n",
	  "t:4: Address is \"[::ffff:10.0.0.1]:7000\", expected " ADDR "\n" },
	{ "all complaints at once", 0,
	  "[Group]\nId = x\nMaxBatch = 0\nFoo = 1\n[Peer]\nId = 0\nAddress = here\n",
	  "t:2: Id is \"x\", expected " ID64 "\n"
	  "t:3: MaxBatch is \"0\"" OUT "a number of entries from 1 to 256\n"
	  "t:4: unknown key \"Foo\" in [Group], expected " KEYS "\n"
	  "t:6: Id is \"0\"" OUT U32 "\n"
	  "t:7: Address is \"here\", expected " ADDR "\n" },
	{ "a value cannot write to a terminal", 0, G "Node = \033[2J\n" P1,
	  "t:2: Node is \"?[2J\", expected " U32 "\n" },
	{ "a long value is cut", 0, G "Node = " A10 A10 A10 A10 A10 A10 A10 "\n" P1,
	  "t:2: Node is \"" A10 A10 A10 A10 A10 A10 "...\", expected " U32 "\n" },
};

static unsigned int parse(struct raft_conf *conf, const char *text, size_t len,
			  uint32_t node, char **complaints)
{
	size_t size;
	FILE *err = open_memstream(complaints, &size);
	unsigned int n;

	raft_conf_init(conf, "demo");
	n = raft_conf_parse(conf, "t", text, len, node, err);
	fclose(err);
	return n;
}

static void bad_test(const struct bad *b)
{
	struct raft_conf conf;
	char *complaints;
	unsigned int n, lines = 0;
	const char *s;
	bool good;

	n = parse(&conf, b->text, strlen(b->text), b->node, &complaints);
	for (s = b->complaints; *s; s++)
		lines += *s == '\n';
	good = n == lines && !strcmp(complaints, b->complaints);
	ok(good, b->name);
	if (!good)
		printf("# %u complaints, expected %u\n# got:\n%s# expected:\n%s",
		       n, lines, complaints, b->complaints);
	free(complaints);
}

static const char golden[] =
	"# A cluster of three and a learner.\n"
	"[Group]\n"
	"Id = 0x1234abcd\n"
	"Node=2   # comments go here as well\n"
	"  Log = /var/lib/raft/%g-%n#1.log\n"
	"LogSize = 1GiB\n"
	"ElectionTimeout = 2s\r\n"
	"Heartbeat = 50ms\n"
	"PreVote = off\n"
	"checkquorum = No\n"
	"MaxInflight = 16\n"
	"MaxInflightBytes = 256K\n"
	"MaxBatch = 8\n"
	"MaxUncommitted = 1M\n"
	"ProposeTimeout = 1m\n"
	"Priority = 7\n"
	"LeaseDrift = 0.5%\n"
	"\n"
	"[Peer]\n"
	"Id = 1\n"
	"Address = 10.0.0.1:7000\n"
	"[ peer ]\n"
	"Address = [fd00::2]:7001\n"
	"Id = 0x2\n"
	"[Peer]\n"
	"Id = 3\n"
	"Address = [fe80::3%lo]:7000\n"
	"[Peer]\n"
	"Id = 4\n"
	"Address = fe80::4%1:7000\n"
	"Learner = yes";

static void golden_test(void)
{
	struct raft_ioc_member m[RAFT_NODES_MAX];
	char *complaints, path[64], addr[RAFT_ADDR_STRLEN];
	struct raft_ioc_start start;
	struct raft_conf conf;

	ok(!parse(&conf, golden, sizeof(golden) - 1, 0, &complaints),
	   "golden: no complaint");
	if (*complaints)
		printf("# %s", complaints);
	free(complaints);
	ok(!strcmp(conf.name, "demo") && conf.group_id == 0x1234abcd &&
	   conf.node == 2 && conf.log_size == 1ull << 30, "golden: identity");
	ok(!raft_conf_log(&conf, 2, path, sizeof(path)) &&
	   !strcmp(path, "/var/lib/raft/demo-2#1.log"), "golden: log");
	ok(!raft_conf_to_start(&conf, &start, m, stdout), "golden: start");
	ok(start.flags == (RAFT_START_NO_PREVOTE | RAFT_START_NO_CHECK_QUORUM) &&
	   start.group_id == 0x1234abcd && start.node_id == 2 &&
	   start.log_fd == -1 && start.election_timeout_ms == 2000 &&
	   start.heartbeat_ms == 50 && start.max_inflight == 16 &&
	   start.max_inflight_bytes == 256 << 10 && start.max_batch == 8 &&
	   start.propose_timeout_ms == 60000 && start.max_uncommitted == 1 << 20 &&
	   start.priority == 7 && start.lease_drift_ppm == 5000,
	   "golden: limits");
	ok(conf.set == 0x7ff, "golden: it has every setting");
	ok(start.n_members == 4 && start.member_size == sizeof(m[0]) &&
	   start.members == (uintptr_t)m && !start.listen.family,
	   "golden: members");
	raft_addr_format(m[0].family, m[0].addr, 0, m[0].port, addr,
			 sizeof(addr));
	ok(m[0].id == 1 && !strcmp(addr, "10.0.0.1:7000"), "golden: IPv4");
	raft_addr_format(m[1].family, m[1].addr, 0, m[1].port, addr,
			 sizeof(addr));
	ok(m[1].id == 2 && !strcmp(addr, "[fd00::2]:7001"), "golden: IPv6");
	ok(m[2].id == 3 && m[2].scope_id == if_nametoindex("lo"),
	   "golden: interface by name");
	ok(m[3].id == 4 && m[3].scope_id == 1 &&
	   m[3].flags == RAFT_MEMBER_LEARNER, "golden: learner");
}

static void defaults_test(void)
{
	struct raft_ioc_member m[RAFT_NODES_MAX];
	struct raft_ioc_start start;
	struct raft_conf conf;
	char *complaints, path[64];

	ok(!parse(&conf, G P1 P2, strlen(G P1 P2), 0, &complaints),
	   "defaults: a file that fits all nodes");
	free(complaints);
	ok(conf.group_id == raft_name_hash("demo") &&
	   conf.group_id == 0xa5e41b674276d396ull,
	   "defaults: id is FNV-1a of the name");
	ok(conf.log_size == 64 << 20 && !conf.node &&
	   !raft_conf_log(&conf, 1, path, sizeof(path)) &&
	   !strcmp(path, "/var/lib/raft/demo.log"), "defaults: log");
	ok(!parse(&conf, G P1 P2, strlen(G P1 P2), 2, &complaints) &&
	   conf.node == 2, "--node");
	free(complaints);
	ok(!raft_conf_to_start(&conf, &start, m, stdout) && !start.flags &&
	   !start.heartbeat_ms && !start.max_uncommitted,
	   "defaults: the kernel's");
	ok(!parse(&conf, G "Node = 1\n" P1 P2, strlen(G "Node = 1\n" P1 P2), 2,
		  &complaints) && conf.node == 2, "--node overrides Node");
	free(complaints);
}

static void blank_test(void)
{
	static const char text[] = G "Node = 9\nListen = 10.0.0.9:7000\n";
	struct raft_ioc_member m[RAFT_NODES_MAX];
	struct raft_ioc_start start;
	struct raft_conf conf;
	char *complaints;

	ok(!parse(&conf, text, sizeof(text) - 1, 0, &complaints), "blank node");
	free(complaints);
	ok(!raft_conf_to_start(&conf, &start, m, stdout) && !start.n_members &&
	   start.listen.family == AF_INET && start.listen.port == 7000,
	   "blank node: listens");
}

static bool writes(const struct raft_conf *conf, uint32_t mask,
		   const char *expected)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	bool same;

	raft_conf_write(out, conf, mask);
	fclose(out);
	same = !strcmp(text, expected);
	if (!same)
		printf("# got:\n%s", text);
	free(text);
	return same;
}

static void set_test(void)
{
	static const char text[] = G "Heartbeat = 20ms\nprevote = off\n";
	struct raft_ioc_status st = {
		.name = "demo", .group_id = 5, .node_id = 3, .log_size = 1 << 20,
		.election_timeout_ms = 500, .heartbeat_ms = 50,
		.max_inflight = 64, .max_inflight_bytes = 1 << 20,
		.max_batch = 64, .max_uncommitted = 4 << 20,
		.propose_timeout_ms = 30000, .priority = 2,
		.lease_drift_ppm = 10000, .snapshot_at = 70,
		.retain_entries = 9, .retain_bytes = 10,
		.memory = 1 << 20,
		.start_flags = RAFT_START_NO_CHECK_QUORUM,
	};
	struct raft_conf conf, now;
	struct raft_ioc_set set;
	char *complaints;

	ok(raft_conf_key_set("heartbeat") == RAFT_SET_HEARTBEAT &&
	   raft_conf_key_set("LeaseDrift") == RAFT_SET_LEASE_DRIFT &&
	   !raft_conf_key_set("Id") && !raft_conf_key_set("LogSize") &&
	   !raft_conf_key_set("nonsense"), "set: keys");
	ok(!strcmp(raft_conf_set_key(RAFT_SET_CHECK_QUORUM), "CheckQuorum") &&
	   !strcmp(raft_conf_set_key(RAFT_SET_MEMORY), "Memory") &&
	   !raft_conf_set_key(RAFT_SET_MEMORY << 1), "set: bits");
	raft_conf_from_status(&now, &st);
	conf = now;
	conf.node = 0;
	ok(!raft_conf_parse(&conf, "t", text, sizeof(text) - 1, 0, stdout) &&
	   conf.set == (RAFT_SET_HEARTBEAT | RAFT_SET_PREVOTE) &&
	   raft_conf_differ(&conf, &now) == conf.set,
	   "set: over what is in force");
	raft_conf_to_set(&conf, conf.set, &set);
	ok(set.size == sizeof(set) && set.mask == conf.set &&
	   set.flags == RAFT_START_NO_PREVOTE && set.heartbeat_ms == 20 &&
	   !set.election_timeout_ms && !set.max_uncommitted && !set.priority,
	   "set: only what is asked for");
	raft_conf_to_set(&now, 0x7fff, &set);
	ok(set.flags == RAFT_START_NO_CHECK_QUORUM &&
	   set.election_timeout_ms == 500 && set.max_uncommitted == 4 << 20 &&
	   set.priority == 2 && set.lease_drift_ppm == 10000 &&
	   set.snapshot_at == 70 && set.retain_entries == 9 &&
	   set.retain_bytes == 10 && set.memory == 1 << 20, "set: all");
	ok(writes(&now, 0x7fff, "ElectionTimeout = 500ms\nHeartbeat = 50ms\n"
		  "PreVote = on\nCheckQuorum = off\nMaxInflight = 64\n"
		  "MaxInflightBytes = 1048576\nMaxBatch = 64\n"
		  "MaxUncommitted = 4194304\nProposeTimeout = 30000ms\n"
		  "Priority = 2\nLeaseDrift = 10000ppm\nSnapshotAt = 70\n"
		  "RetainEntries = 9\nRetainBytes = 10\n"
		  "Memory = 1048576\n"), "set: written");
	parse(&conf, G P1, strlen(G P1), 0, &complaints);
	free(complaints);
	raft_conf_defaults(&conf);
	ok(raft_conf_differ(&conf, &now) ==
	   (RAFT_SET_ELECTION_TIMEOUT | RAFT_SET_HEARTBEAT |
	    RAFT_SET_CHECK_QUORUM | RAFT_SET_PRIORITY |
	    RAFT_SET_SNAPSHOT_AT | RAFT_SET_RETAIN_ENTRIES |
	    RAFT_SET_RETAIN_BYTES | RAFT_SET_MEMORY),
	   "sync: what is not in the file is the default");
	conf = now;
	conf.node = 0;
	ok(raft_conf_parse(&conf, "t", G "Heartbeat = 300ms\n",
			   strlen(G "Heartbeat = 300ms\n"), 0, stdout) == 1,
	   "set: against the election timeout in force");
}

/* What only shows when a group is to be started here. */
static void start_test(void)
{
	static const char text[] = G "Node = 1\n[Peer]\nId = 1\n"
				   "Address = [fe80::1%nosuch0]:7000\n";
	struct raft_ioc_member m[RAFT_NODES_MAX];
	struct raft_ioc_start start;
	struct raft_conf conf;
	char *complaints, *text_out;
	size_t size;
	FILE *err;

	parse(&conf, G P1, strlen(G P1), 0, &complaints);
	free(complaints);
	err = open_memstream(&text_out, &size);
	ok(raft_conf_to_start(&conf, &start, m, err) == -EINVAL,
	   "start: which node is this");
	fclose(err);
	ok(!strcmp(text_out,
		   "t:1: [Group] without Node, expected Node = NUMBER here, or --node NUMBER\n"),
	   "start: which node is this, in words");
	free(text_out);
	ok(!parse(&conf, text, sizeof(text) - 1, 0, &complaints),
	   "check: an interface of another machine");
	free(complaints);
	err = open_memstream(&text_out, &size);
	ok(raft_conf_to_start(&conf, &start, m, err) == -ENODEV,
	   "start: no such interface");
	fclose(err);
	ok(!strcmp(text_out,
		   "t:5: interface \"nosuch0\" does not exist, expected one of this network namespace\n"
		   ),
	   "start: no such interface, in words");
	free(text_out);
}

static void nul_test(void)
{
	static const char text[] = G "Node = 1\0 2\n" P1;
	struct raft_conf conf;
	char *complaints;

	ok(parse(&conf, text, sizeof(text) - 1, 0, &complaints) == 1 &&
	   !strcmp(complaints, "t:2: a NUL byte, expected text\n"), "NUL byte");
	free(complaints);
}

static void file_test(void)
{
	static char big[RAFT_CONF_BYTES_MAX + 1];
	char dir[] = "/tmp/conf_test.XXXXXX", file[64];
	struct raft_conf conf;
	char *complaints;
	size_t size;
	FILE *err, *out;

	if (!mkdtemp(dir)) {
		ok(false, "mkdtemp");
		return;
	}
	snprintf(file, sizeof(file), "%s/alpha.conf", dir);
	err = open_memstream(&complaints, &size);
	ok(raft_conf_load(&conf, file, 0, err) == -ENOENT, "file: not there");
	out = fopen(file, "w");
	fwrite(golden, 1, sizeof(golden) - 1, out);
	fclose(out);
	ok(!raft_conf_load(&conf, file, 0, err) && !strcmp(conf.name, "alpha"),
	   "file: its name is that of the group");
	memset(big, '\n', sizeof(big));
	out = fopen(file, "w");
	fwrite(big, 1, sizeof(big), out);
	fclose(out);
	ok(raft_conf_load(&conf, file, 0, err) == -EINVAL, "file: too large");
	ok(raft_conf_load(&conf, dir, 0, err) == -EISDIR, "file: a directory");
	ok(raft_conf_load(&conf, "/tmp/.conf", 0, err) == -EINVAL,
	   "file: no name of a group");
	fclose(err);
	printf("# %s", complaints);
	ok(strstr(complaints, "alpha.conf: No such file or directory\n") &&
	   strstr(complaints, "alpha.conf: larger than 1 MiB"),
	   "file: complaints name it");
	free(complaints);
	unlink(file);
	rmdir(dir);
}

static void path_test(void)
{
	char path[32], name[RAFT_NAME_LEN];

	ok(!raft_conf_path("demo", path, sizeof(path)) &&
	   !strcmp(path, "/etc/raft/demo.conf"), "path: of a name");
	ok(!raft_conf_path("./x", path, sizeof(path)) && !strcmp(path, "./x"),
	   "path: of a path");
	ok(raft_conf_path("a b", path, sizeof(path)) == -EINVAL,
	   "path: of neither");
	ok(raft_conf_path("/a/very/long/path/to/something/else", path,
			  sizeof(path)) == -ENAMETOOLONG, "path: too long");
	ok(!raft_conf_name("/x/y.z.conf", name) && !strcmp(name, "y.z"),
	   "name: of a path");
	ok(raft_conf_name("/x/abcdefghijklmnopqrstuvwxyz123456.conf", name),
	   "name: too long");
}

int main(void)
{
	size_t i;

	/* "lo" and index 1 are in every namespace. */
	golden_test();
	defaults_test();
	blank_test();
	set_test();
	start_test();
	nul_test();
	file_test();
	path_test();
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad_test(&bad[i]);
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
