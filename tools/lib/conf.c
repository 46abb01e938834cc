// SPDX-License-Identifier: GPL-2.0
/*
 * conf.c - the parser of raft.conf(5).
 *
 * One table per section says which keys there are, what their values look like
 * and where they go.  A line is taken apart here, a value by util.c, and what
 * concerns several lines is checked once all of them are read.
 */
#include "conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ARRAY_LEN(a)		(sizeof(a) / sizeof((a)[0]))
#define RAFT_CONF_KEYS_MAX	24	/* in a section */
#define RAFT_CONF_QUOTE		64

enum value_type {
	VALUE_U32,
	VALUE_U64,
	VALUE_MS,		/* a duration, kept in whole ms */
	VALUE_SIZE32,
	VALUE_SIZE64,
	VALUE_PPM,
	VALUE_BOOL,
	VALUE_PATH,
	VALUE_ADDR,
};

struct key {
	const char *name;
	enum value_type type;
	size_t offset;		/* in the structure of the section */
	uint64_t min;
	uint64_t max;
	const char *expected;
};

struct section {
	const char *name;
	const struct key *keys;
	unsigned int n_keys;
};

#define EXPECTED_ADDR \
	"ADDRESS:PORT, such as 10.0.0.1:7000, [fd00::1]:7000 or " \
	"[fe80::1%eth0]:7000"
#define EXPECTED_ID	"a number from 1 to 4294967295"
#define EXPECTED_MS(range) \
	"a duration in whole milliseconds " range ", such as 500ms or 2s"

#define GROUP(key, field, type, min, max, expected) \
	{ key, type, offsetof(struct raft_conf, field), min, max, expected }
#define PEER(key, field, type, min, max, expected) \
	{ key, type, offsetof(struct raft_conf_peer, field), min, max, expected }

/* The ranges are those of kmod/params.c. */
static const struct key group_keys[] = {
	GROUP("Id", group_id, VALUE_U64, 1, UINT64_MAX,
	      "a number from 1 to 0xffffffffffffffff"),
	GROUP("Node", node, VALUE_U32, 1, UINT32_MAX, EXPECTED_ID),
	GROUP("Log", log, VALUE_PATH, 0, 0,
	      "an absolute path, in which %n is the node id and %g the group"),
	GROUP("LogSize", log_size, VALUE_SIZE64, RAFT_LOG_MIN, 1ull << 50,
	      "a multiple of 4K from 1M up, such as 64M or 1GiB"),
	GROUP("Snapshots", snapshots, VALUE_PATH, 0, 0,
	      "an absolute path, in which %n is the node id and %g the group"),
	GROUP("ElectionTimeout", election_timeout_ms, VALUE_MS, 5, 3600000,
	      EXPECTED_MS("from 5ms to 60m")),
	GROUP("Heartbeat", heartbeat_ms, VALUE_MS, 1, 1800000,
	      EXPECTED_MS("from 1ms to 30m")),
	GROUP("PreVote", prevote, VALUE_BOOL, 0, 1, "on or off"),
	GROUP("CheckQuorum", check_quorum, VALUE_BOOL, 0, 1, "on or off"),
	GROUP("MaxInflight", max_inflight, VALUE_U32, 1, 256,
	      "a number of messages from 1 to 256"),
	GROUP("MaxInflightBytes", max_inflight_bytes, VALUE_SIZE32, 1,
	      256u << 20, "a size from 1 byte to 256M, such as 1M"),
	GROUP("MaxBatch", max_batch, VALUE_U32, 1, 256,
	      "a number of entries from 1 to 256"),
	GROUP("MaxUncommitted", max_uncommitted, VALUE_SIZE64, 1, 1u << 30,
	      "a size from 1 byte to 1G, such as 4M"),
	GROUP("ProposeTimeout", propose_timeout_ms, VALUE_MS, 1, 86400000,
	      EXPECTED_MS("from 1ms to 1440m")),
	GROUP("Priority", priority, VALUE_U32, 0, UINT32_MAX,
	      "a number from 0 to 4294967295"),
	GROUP("LeaseDrift", lease_drift_ppm, VALUE_PPM, 1, 500000,
	      "a part from 1ppm to 50%, such as 500ppm or 0.5%"),
	GROUP("SnapshotAt", snapshot_at, VALUE_U32, 1, 100,
	      "a percentage of the log from 1 to 100, which is never"),
	GROUP("RetainEntries", retain_entries, VALUE_U64, 0, UINT64_MAX,
	      "a number of entries, or 0"),
	GROUP("RetainBytes", retain_bytes, VALUE_SIZE64, 0, UINT64_MAX,
	      "a size such as 64M, or 0"),
	GROUP("Memory", memory, VALUE_SIZE64, 1, 1ull << 50,
	      "a size from 1 byte up, such as 64M"),
	GROUP("Listen", listen, VALUE_ADDR, 0, 0, EXPECTED_ADDR),
};

static const struct key peer_keys[] = {
	PEER("Id", id, VALUE_U32, 1, UINT32_MAX, EXPECTED_ID),
	PEER("Address", addr, VALUE_ADDR, 0, 0, EXPECTED_ADDR),
	PEER("Learner", learner, VALUE_BOOL, 0, 1, "yes or no"),
	PEER("Witness", witness, VALUE_BOOL, 0, 1, "yes or no"),
};

_Static_assert(ARRAY_LEN(group_keys) <= RAFT_CONF_KEYS_MAX, "struct parser");

static const struct section sections[] = {
	{ "Group", group_keys, ARRAY_LEN(group_keys) },
	{ "Peer", peer_keys, ARRAY_LEN(peer_keys) },
};

/*
 * @target is NULL in a section that is wrong as a whole: its keys and values are
 * still checked, into @scratch.
 */
struct parser {
	struct raft_conf *conf;
	const char *file;
	FILE *err;
	unsigned int line;
	unsigned int errors;
	unsigned int group_line;	/* of [Group], 0 before */
	const struct section *section;
	struct raft_conf_peer *peer;
	void *target;
	unsigned int seen[RAFT_CONF_KEYS_MAX];	/* line of each key, or 0 */
	union {
		struct raft_conf group;
		struct raft_conf_peer peer;
	} scratch;
};

__attribute__((format(printf, 3, 4)))
static void complain(struct parser *p, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	p->errors++;
	fprintf(p->err, "%s:%u: ", p->file, line);
	va_start(ap, fmt);
	vfprintf(p->err, fmt, ap);
	va_end(ap);
	putc('\n', p->err);
}

/* What a file says may hold anything: cut it and make it printable. */
static const char *quote(const char *text, char buf[RAFT_CONF_QUOTE])
{
	size_t i;

	for (i = 0; i < RAFT_CONF_QUOTE - 4 && text[i]; i++)
		buf[i] = isprint((unsigned char)text[i]) ? text[i] : '?';
	strcpy(buf + i, text[i] ? "..." : "");
	return buf;
}

static int number_parse(const struct key *key, const char *value, uint64_t *v)
{
	int ret;

	switch (key->type) {
	case VALUE_MS:
		ret = raft_duration_parse(value, v);
		if (!ret && *v % RAFT_NS_PER_MS)
			ret = -EINVAL;
		*v /= RAFT_NS_PER_MS;
		break;
	case VALUE_SIZE32:
	case VALUE_SIZE64:
		ret = raft_size_parse(value, v);
		break;
	case VALUE_PPM:
		ret = raft_ppm_parse(value, v);
		break;
	default:
		ret = raft_u64_parse(value, v);
		break;
	}
	if (!ret && (*v < key->min || *v > key->max))
		ret = -ERANGE;
	return ret;
}

/* An absolute path in which every '%' is one that raft_conf_log() knows. */
static int path_store(const char *value, char *field)
{
	const char *s;

	if (*value != '/' || strlen(value) >= PATH_MAX)
		return -EINVAL;
	for (s = strchr(value, '%'); s; s = strchr(s + 2, '%'))
		if (!s[1] || !strchr("ng%", s[1]))
			return -EINVAL;
	strcpy(field, value);
	return 0;
}

static int value_store(const struct key *key, const char *value, void *field)
{
	uint64_t v = 0;
	int ret;

	switch (key->type) {
	case VALUE_BOOL:
		return raft_bool_parse(value, field);
	case VALUE_ADDR:
		return raft_addr_parse(value, field);
	case VALUE_PATH:
		return path_store(value, field);
	case VALUE_U32:
	case VALUE_MS:
	case VALUE_SIZE32:
	case VALUE_PPM:
		ret = number_parse(key, value, &v);
		if (!ret)
			*(uint32_t *)field = v;
		return ret;
	case VALUE_U64:
	case VALUE_SIZE64:
		ret = number_parse(key, value, &v);
		if (!ret)
			*(uint64_t *)field = v;
		return ret;
	}
	return -EINVAL;
}

/* Why a value was refused, for those whose form alone does not tell. */
static const char *refusal(const struct key *key, int error)
{
	if (key->type != VALUE_ADDR)
		return error == -ERANGE ? ", which is out of range" : "";
	switch (error) {
	case -ERANGE:
		return ", whose port is out of range";
	case -EDESTADDRREQ:
		return ", which is not the address of one node";
	case -ENODEV:
		return ", which must name an interface if, and only if, it is link-local";
	default:
		return "";
	}
}

static void keys_list(const struct section *s, char *buf, size_t size)
{
	unsigned int i;
	size_t len = 0;

	*buf = '\0';
	for (i = 0; i < s->n_keys && len < size; i++)
		len += snprintf(buf + len, size - len, "%s%s",
				i ? i + 1 == s->n_keys ? " or " : ", " : "",
				s->keys[i].name);
}

static void key_parse(struct parser *p, const char *name, const char *value)
{
	const struct section *s = p->section;
	char q[RAFT_CONF_QUOTE], list[256];
	const struct key *key;
	unsigned int i;
	int ret;

	for (i = 0; i < s->n_keys; i++)
		if (!strcasecmp(name, s->keys[i].name))
			break;
	if (i == s->n_keys) {
		keys_list(s, list, sizeof(list));
		complain(p, p->line, "unknown key \"%s\" in [%s], expected %s",
			 quote(name, q), s->name, list);
		return;
	}
	key = &s->keys[i];
	if (p->target == p->conf)
		p->conf->set |= raft_conf_key_set(key->name);
	if (p->seen[i])
		complain(p, p->line, "%s again, expected it once: it is in line %u",
			 key->name, p->seen[i]);
	else
		p->seen[i] = p->line;
	if (!*value) {
		complain(p, p->line, "%s has no value, expected %s", key->name,
			 key->expected);
		return;
	}
	ret = value_store(key, value, (char *)p->target + key->offset);
	if (!ret && p->target == p->conf && key->offset ==
	    offsetof(struct raft_conf, log_size) && p->conf->log_size % 4096)
		ret = -EINVAL;
	if (ret)
		complain(p, p->line, "%s is \"%s\"%s, expected %s", key->name,
			 quote(value, q), refusal(key, ret), key->expected);
}

/* The end of a section: what it must have. */
static void section_end(struct parser *p)
{
	struct raft_conf *conf = p->conf;

	if (p->section == &sections[0] && p->target == conf) {
		conf->node_line = p->seen[1] ? p->seen[1] : p->group_line;
		conf->listen_line = p->seen[ARRAY_LEN(group_keys) - 1];
	}
	if (p->section == &sections[1]) {
		p->peer->addr_line = p->seen[1];
		if (!p->seen[0])
			complain(p, p->peer->line,
				 "[Peer] without Id, expected Id = NUMBER");
		if (!p->seen[1])
			complain(p, p->peer->line,
				 "[Peer] without Address, expected Address = %s",
				 EXPECTED_ADDR);
	}
}

static void section_begin(struct parser *p, const char *name)
{
	struct raft_conf *conf = p->conf;
	char q[RAFT_CONF_QUOTE];

	section_end(p);
	memset(p->seen, 0, sizeof(p->seen));
	memset(&p->scratch, 0, sizeof(p->scratch));
	p->target = &p->scratch;
	if (!strcasecmp(name, "Group")) {
		p->section = &sections[0];
		if (p->group_line) {
			complain(p, p->line,
				 "[Group] again, expected it once: it is in line %u",
				 p->group_line);
			return;
		}
		p->group_line = p->line;
		p->target = conf;
	} else if (!strcasecmp(name, "Peer")) {
		p->section = &sections[1];
		p->peer = &p->scratch.peer;
		if (conf->n_peers < RAFT_NODES_MAX)
			p->peer = &conf->peers[conf->n_peers++];
		else
			complain(p, p->line,
				 "one [Peer] too many, expected at most %u",
				 RAFT_NODES_MAX);
		memset(p->peer, 0, sizeof(*p->peer));
		p->peer->line = p->line;
		p->target = p->peer;
	} else {
		p->section = NULL;
		complain(p, p->line,
			 "unknown section [%s], expected [Group] or [Peer]",
			 quote(name, q));
	}
}

/* Cut white space off both ends, in place. */
static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

/* A comment begins at '#' at the start of the line or behind white space. */
static void comment_cut(char *text)
{
	char *s;

	for (s = text; *s; s++) {
		if (*s == '#' && (s == text || isspace((unsigned char)s[-1]))) {
			*s = '\0';
			return;
		}
	}
}

static void line_parse(struct parser *p, char *text)
{
	char q[RAFT_CONF_QUOTE];
	char *value;
	size_t len;

	comment_cut(text);
	text = trim(text);
	if (!*text)
		return;
	len = strlen(text);
	if (*text == '[' && text[len - 1] == ']') {
		text[len - 1] = '\0';
		section_begin(p, trim(text + 1));
		return;
	}
	value = strchr(text, '=');
	if (!value) {
		complain(p, p->line,
			 "\"%s\", expected [SECTION], KEY = VALUE or # COMMENT",
			 quote(text, q));
		return;
	}
	*value++ = '\0';
	text = trim(text);
	value = trim(value);
	if (p->section)
		key_parse(p, text, value);
	else if (!p->group_line && !p->conf->n_peers)
		complain(p, p->line,
			 "\"%s\" before any section, expected [Group] first",
			 quote(text, q));
	/* Behind an unknown section: that has been said already. */
}

static bool addr_equal(const struct raft_addr *a, const struct raft_addr *b)
{
	return a->family && a->family == b->family && a->port == b->port &&
	       !memcmp(a->addr, b->addr, sizeof(a->addr)) &&
	       !strcmp(a->scope, b->scope);
}

static void peers_check(struct parser *p)
{
	const struct raft_conf_peer *a, *b, *end;
	unsigned int voters = 0, witnesses = 0;

	end = p->conf->peers + p->conf->n_peers;
	for (a = p->conf->peers; a < end; a++) {
		voters += !a->learner;
		witnesses += a->witness;
		if (a->learner && a->witness)
			complain(p, a->line,
				 "[Peer] with Learner and Witness, expected one of them");
		for (b = p->conf->peers; b < a; b++) {
			if (a->id && a->id == b->id)
				complain(p, a->line,
					 "[Peer] with Id %u again, expected another: it is in line %u",
					 a->id, b->line);
			if (addr_equal(&a->addr, &b->addr))
				complain(p, a->addr_line,
					 "Address of node %u again, expected another: it is in line %u",
					 b->id, b->addr_line);
		}
	}
	if (p->conf->n_peers && !voters)
		complain(p, p->conf->peers[0].line,
			 "only learners, expected at least one [Peer] that votes");
	else if (2 * witnesses > voters)
		complain(p, p->conf->peers[0].line,
			 "%u witnesses of %u voters, expected half at most",
			 witnesses, voters);
}

static const struct raft_conf_peer *peer_find(const struct raft_conf *conf,
					      uint32_t id)
{
	unsigned int i;

	for (i = 0; i < conf->n_peers; i++)
		if (conf->peers[i].id == id)
			return &conf->peers[i];
	return NULL;
}

static void node_check(struct parser *p)
{
	const struct raft_conf *conf = p->conf;
	bool listen = p->conf->listen_line;

	if (!conf->node)
		return;
	if (peer_find(conf, conf->node)) {
		if (listen)
			complain(p, conf->listen_line,
				 "Listen and a [Peer] for node %u, expected only one of them",
				 conf->node);
	} else if (!listen) {
		complain(p, conf->node_line,
			 "node %u has no [Peer], expected one, or Listen = ADDRESS:PORT for a node that joins later",
			 conf->node);
	}
}

static void times_check(struct parser *p)
{
	const struct raft_conf *conf = p->conf;
	uint32_t election = conf->election_timeout_ms;

	if (!election)
		election = 1000;
	/* One lost heartbeat must not start an election. */
	if (conf->heartbeat_ms > election / 2)
		complain(p, p->group_line,
			 "Heartbeat is %ums, expected at most half of ElectionTimeout, which is %ums",
			 conf->heartbeat_ms, election);
}

/**
 * raft_conf_init() - a group of which only the name is known
 * @conf: the group (out)
 * @name: valid name of the group
 */
void raft_conf_init(struct raft_conf *conf, const char *name)
{
	memset(conf, 0, sizeof(*conf));
	snprintf(conf->name, sizeof(conf->name), "%s", name);
	snprintf(conf->log, sizeof(conf->log), "%s/%s.log", RAFT_CONF_LOG_DIR,
		 conf->name);
	conf->group_id = raft_name_hash(conf->name);
	conf->log_size = RAFT_CONF_LOG_SIZE;
	conf->prevote = true;
	conf->check_quorum = true;
}

/**
 * raft_conf_parse() - read a file that is in memory
 * @conf: initialised by raft_conf_init() (out)
 * @file: name of the file for messages; must live as long as @conf
 * @text: the file, not NUL-terminated
 * @len: its bytes
 * @node: node id that overrides the file's, 0 for none
 * @err: where complaints go
 *
 * Return: how many complaints there were; @conf is good if none.
 */
unsigned int raft_conf_parse(struct raft_conf *conf, const char *file,
			     const char *text, size_t len, uint32_t node,
			     FILE *err)
{
	struct parser *p = calloc(1, sizeof(*p));
	const char *end;
	char *line;
	size_t n;

	if (!p) {
		fprintf(err, "%s: out of memory\n", file);
		return 1;
	}
	p->conf = conf;
	p->file = file;
	conf->file = file;
	p->err = err;
	for (; len; text += n, len -= n) {
		p->line++;
		end = memchr(text, '\n', len);
		n = end ? (size_t)(end - text) + 1 : len;
		if (memchr(text, '\0', n)) {
			complain(p, p->line, "a NUL byte, expected text");
			continue;
		}
		line = strndup(text, n);
		if (!line) {
			complain(p, p->line, "out of memory");
			break;
		}
		line_parse(p, line);
		free(line);
	}
	section_end(p);
	if (!p->group_line)
		complain(p, p->line ? p->line : 1,
			 "end of file without [Group], expected one");
	if (node)
		conf->node = node;
	peers_check(p);
	node_check(p);
	times_check(p);
	n = p->errors;
	free(p);
	return n;
}
