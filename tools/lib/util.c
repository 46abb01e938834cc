// SPDX-License-Identifier: GPL-2.0
/*
 * util.c - numbers with units, addresses, names, and text made safe.
 *
 * Parsers take the whole of a text or refuse it: no trailing garbage, no sign,
 * no overflow.  They never print; who called knows file and line.
 */
#include "util.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

struct unit {
	const char *name;
	uint64_t factor;
};

/* A text of digits at the start of @text; what follows is at *@end. */
static int digits_parse(const char *text, const char **end, uint64_t *value)
{
	uint64_t v = 0;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++) {
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *text - '0', &v))
			return -ERANGE;
	}
	*end = text;
	*value = v;
	return 0;
}

static int unit_parse(const char *text, const struct unit *units, size_t n,
		      uint64_t *value)
{
	const char *end;
	size_t i;
	int ret;

	ret = digits_parse(text, &end, value);
	if (ret)
		return ret;
	while (*end == ' ')
		end++;
	for (i = 0; i < n; i++) {
		if (strcmp(end, units[i].name))
			continue;
		if (__builtin_mul_overflow(*value, units[i].factor, value))
			return -ERANGE;
		return 0;
	}
	return -EINVAL;
}

/**
 * raft_u64_parse() - an unsigned number, decimal or with 0x in front
 * @text: the whole text is the number
 * @value: the number (out)
 *
 * Return: 0, -EINVAL if it is not a number, -ERANGE if it is too large.
 */
int raft_u64_parse(const char *text, uint64_t *value)
{
	const char *end;
	char *hex_end;
	int ret;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		if (!isxdigit((unsigned char)text[2]))
			return -EINVAL;
		errno = 0;
		*value = strtoull(text + 2, &hex_end, 16);
		if (*hex_end)
			return -EINVAL;
		return errno == ERANGE ? -ERANGE : 0;
	}
	ret = digits_parse(text, &end, value);
	if (ret)
		return ret;
	return *end ? -EINVAL : 0;
}

/**
 * raft_duration_parse() - a duration: digits and one of ns us ms s m
 * @text: the whole text is the duration; only 0 may go without a unit
 * @ns: nanoseconds (out)
 *
 * Return: 0, -EINVAL if it is not a duration, -ERANGE if it is too long.
 */
int raft_duration_parse(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{ "ns", 1 },
		{ "us", 1000 },
		{ "ms", RAFT_NS_PER_MS },
		{ "s", RAFT_NS_PER_S },
		{ "m", 60 * RAFT_NS_PER_S },
	};

	if (!strcmp(text, "0")) {
		*ns = 0;
		return 0;
	}
	return unit_parse(text, units, ARRAY_LEN(units), ns);
}

/**
 * raft_size_parse() - a size: digits and none or one of B K M G KiB MiB GiB
 * @text: the whole text is the size
 * @bytes: bytes (out); K, M and G are powers of 1024
 *
 * Return: 0, -EINVAL if it is not a size, -ERANGE if it is too large.
 */
int raft_size_parse(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 }, { "B", 1 },
		{ "K", 1ull << 10 }, { "KiB", 1ull << 10 },
		{ "M", 1ull << 20 }, { "MiB", 1ull << 20 },
		{ "G", 1ull << 30 }, { "GiB", 1ull << 30 },
	};

	return unit_parse(text, units, ARRAY_LEN(units), bytes);
}

/**
 * raft_bool_parse() - on, off, yes, no, true or false
 * @text: the word, in any case
 * @value: what it means (out)
 *
 * Return: 0, -EINVAL for any other word.
 */
int raft_bool_parse(const char *text, bool *value)
{
	static const char * const words[][2] = {
		{ "off", "on" }, { "no", "yes" }, { "false", "true" },
	};
	size_t i;
	int v;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		for (v = 0; v < 2; v++) {
			if (!strcasecmp(text, words[i][v])) {
				*value = v;
				return 0;
			}
		}
	}
	return -EINVAL;
}

/**
 * raft_ppm_parse() - a part: digits and ppm, or a decimal number and %
 * @text: the whole text is the part
 * @ppm: millionths (out)
 *
 * Return: 0, -EINVAL if it is not a part or finer than a millionth, -ERANGE if
 * it is too large.
 */
int raft_ppm_parse(const char *text, uint64_t *ppm)
{
	uint64_t unit = 10000;
	const char *end;
	int ret;

	ret = digits_parse(text, &end, ppm);
	if (ret || !strcmp(end, "ppm"))
		return ret;
	if (__builtin_mul_overflow(*ppm, unit, ppm))
		return -ERANGE;
	if (*end == '.' && isdigit((unsigned char)end[1]))
		for (end++; isdigit((unsigned char)*end); end++) {
			unit /= 10;
			if (!unit && *end != '0')
				return -EINVAL;
			if (__builtin_add_overflow(*ppm, (*end - '0') * unit,
						   ppm))
				return -ERANGE;
		}
	return strcmp(end, "%") ? -EINVAL : 0;
}

/* The port behind the last colon of @text. */
static int port_parse(const char *text, uint16_t *port)
{
	uint64_t value;
	const char *end;

	if (digits_parse(text, &end, &value) || *end)
		return -EINVAL;
	if (!value || value > UINT16_MAX)
		return -ERANGE;
	*port = value;
	return 0;
}

/**
 * raft_addr_parse() - ADDR:PORT of IPv4, or [ADDR]:PORT of IPv6
 * @text: the whole text; a link-local IPv6 address needs %INTERFACE behind it,
 *	inside the brackets or not in brackets at all before the last colon
 * @addr: what it says (out)
 *
 * Names of hosts are not looked up: a cluster must not depend on DNS.
 *
 * Return: 0; -EINVAL if it is not an address and a port; -ERANGE if the port
 * is not in 1 to 65535; -EDESTADDRREQ if it is the any-address, multicast or
 * the broadcast address; -ENODEV if a link-local address names no interface or
 * another one names one.
 */
int raft_addr_parse(const char *text, struct raft_addr *addr)
{
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 3];
	static const uint8_t any[16];
	const char *colon = strrchr(text, ':');
	char *name = host, *scope;
	struct in6_addr in6;
	size_t len;
	int ret;

	memset(addr, 0, sizeof(*addr));
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return -EINVAL;
	len = colon - text;
	memcpy(host, text, len);
	host[len] = '\0';
	ret = port_parse(colon + 1, &addr->port);
	if (ret)
		return ret;

	if (inet_pton(AF_INET, host, addr->addr) == 1) {
		addr->family = AF_INET;
		/* 224.0.0.0/4 and 240.0.0.0/4, which holds the broadcast. */
		if (!addr->addr[0] || addr->addr[0] >= 224)
			return -EDESTADDRREQ;
		return 0;
	}
	scope = strchr(host, '%');
	if (*name == '[') {
		if (host[len - 1] != ']')
			return -EINVAL;
		host[len - 1] = '\0';
		name++;
	} else if (!scope) {
		/* fd00::2:7000 could be an address without a port. */
		return -EINVAL;
	}
	if (scope) {
		*scope++ = '\0';
		if (!*scope || strlen(scope) >= sizeof(addr->scope))
			return -ENODEV;
		strcpy(addr->scope, scope);
	}
	if (inet_pton(AF_INET6, name, &in6) != 1)
		return -EINVAL;
	addr->family = AF_INET6;
	memcpy(addr->addr, &in6, sizeof(in6));
	if (IN6_IS_ADDR_V4MAPPED(&in6))
		return -EINVAL;
	if (!memcmp(addr->addr, any, sizeof(any)) || addr->addr[0] == 0xff)
		return -EDESTADDRREQ;
	if (IN6_IS_ADDR_LINKLOCAL(&in6) != !!*addr->scope)
		return -ENODEV;
	return 0;
}

/**
 * raft_addr_resolve() - fill the address of a member
 * @addr: what raft_addr_parse() found
 * @member: gets family, port, address and the index of the interface (out);
 *	id and flags stay as they are
 *
 * Context: the network namespace of the caller decides about interfaces.
 * Return: 0, -ENODEV if there is no such interface here.
 */
int raft_addr_resolve(const struct raft_addr *addr,
		      struct raft_ioc_member *member)
{
	uint64_t scope_id = 0;

	if (*addr->scope) {
		scope_id = if_nametoindex(addr->scope);
		if (!scope_id &&
		    (raft_u64_parse(addr->scope, &scope_id) || !scope_id ||
		     scope_id > INT32_MAX))
			return -ENODEV;
	}
	member->family = addr->family;
	member->port = addr->port;
	member->scope_id = scope_id;
	memcpy(member->addr, addr->addr, sizeof(member->addr));
	return 0;
}

/**
 * raft_addr_format() - the text that raft_addr_parse() takes
 * @family: AF_INET or AF_INET6; of any other family: "unknown"
 * @addr: in network byte order
 * @scope_id: interface index, or 0
 * @port: in host byte order
 * @buf: the text (out)
 * @size: bytes in @buf, RAFT_ADDR_STRLEN is enough
 */
void raft_addr_format(uint16_t family, const uint8_t *addr, uint32_t scope_id,
		      uint16_t port, char *buf, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "?", ifname[IF_NAMESIZE];

	if (family != AF_INET && family != AF_INET6) {
		snprintf(buf, size, "unknown");
		return;
	}
	inet_ntop(family, addr, host, sizeof(host));
	if (family != AF_INET6)
		snprintf(buf, size, "%s:%u", host, port);
	else if (!scope_id)
		snprintf(buf, size, "[%s]:%u", host, port);
	else if (if_indextoname(scope_id, ifname))
		snprintf(buf, size, "[%s%%%s]:%u", host, ifname, port);
	else
		snprintf(buf, size, "[%s%%%u]:%u", host, scope_id, port);
}

/*
 * An address in a configuration, as kmod/addr.c packs it: family 4 or 6, port,
 * interface index, all little-endian, then the address in network byte order.
 */
#define PACKED_IP4	4
#define PACKED_IP6	6

static void le_put(uint8_t *p, uint32_t v, unsigned int n)
{
	for (; n; n--, v >>= 8)
		*p++ = v;
}

static uint32_t le_get(const uint8_t *p, unsigned int n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | p[n];
	return v;
}

/**
 * raft_addr_pack() - an address as configurations in the log have it
 * @member: family, port, scope_id and addr count
 * @packed: the bytes (out)
 */
void raft_addr_pack(const struct raft_ioc_member *member,
		    uint8_t packed[RAFT_ADDR_PACKED])
{
	le_put(packed, member->family == AF_INET6 ? PACKED_IP6 : PACKED_IP4, 2);
	le_put(packed + 2, member->port, 2);
	le_put(packed + 4, member->scope_id, 4);
	memcpy(packed + 8, member->addr, 16);
}

/* What the kernel takes for the address of one node: kmod/params.c. */
static bool unicast(const struct raft_ioc_member *m)
{
	static const uint8_t zero[16], all[4] = { 255, 255, 255, 255 };
	struct in6_addr in6;

	if (m->family == AF_INET)
		return m->addr[0] && m->addr[0] >> 4 != 14 && !m->scope_id &&
		       memcmp(m->addr, all, 4) && !memcmp(m->addr + 4, zero, 12);
	memcpy(&in6, m->addr, sizeof(in6));
	return memcmp(m->addr, zero, 16) && m->addr[0] != 0xff &&
	       !IN6_IS_ADDR_V4MAPPED(&in6) && m->scope_id <= INT32_MAX &&
	       IN6_IS_ADDR_LINKLOCAL(&in6) == !!m->scope_id;
}

/**
 * raft_addr_unpack() - an address out of a configuration in a log
 * @member: gets family, port, scope_id and addr, all zero if they are no
 *	address of one node (out); id and flags stay as they are
 * @packed: the bytes, which nobody vouches for
 *
 * Return: 0, -EINVAL: nobody can be reached there.
 */
int raft_addr_unpack(struct raft_ioc_member *member,
		     const uint8_t packed[RAFT_ADDR_PACKED])
{
	struct raft_ioc_member m = {
		.id = member->id,
		.flags = member->flags,
	};
	uint32_t family = le_get(packed, 2);

	*member = m;
	if (family != PACKED_IP4 && family != PACKED_IP6)
		return -EINVAL;
	m.family = family == PACKED_IP6 ? AF_INET6 : AF_INET;
	m.port = le_get(packed + 2, 2);
	m.scope_id = le_get(packed + 4, 4);
	memcpy(m.addr, packed + 8, 16);
	if (!m.port || !unicast(&m))
		return -EINVAL;
	*member = m;
	return 0;
}

/**
 * raft_name_valid() - whether a group may be called so
 * @name: the name
 *
 * Return: true if it has 1 to RAFT_NAME_LEN - 1 letters, digits, '-', '_' or
 * '.', and does not begin with '.'.
 */
bool raft_name_valid(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = strlen(name);

	if (!len || len >= RAFT_NAME_LEN || *name == '.')
		return false;
	return strspn(name, letters) == len;
}

/**
 * raft_name_hash() - the identity of a group that has none in its file
 * @name: name of the group
 *
 * FNV-1a, 64 bits, over the bytes of the name, 1 if that is 0.  This is an
 * interface: every node must come to the same number.
 *
 * Return: the identity, never 0.
 */
uint64_t raft_name_hash(const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ull;
	return hash ? hash : 1;
}

/**
 * raft_role_name() - RAFT_ROLE_* as the word that sysfs uses
 * @role: the role
 *
 * Return: the word, "unknown" for a role that this tool does not know.
 */
const char *raft_role_name(uint32_t role)
{
	static const char * const names[] = {
		[RAFT_ROLE_FOLLOWER] = "follower",
		[RAFT_ROLE_PRECANDIDATE] = "precandidate",
		[RAFT_ROLE_CANDIDATE] = "candidate",
		[RAFT_ROLE_LEADER] = "leader",
		[RAFT_ROLE_LEARNER] = "learner",
	};

	return role < ARRAY_LEN(names) ? names[role] : "unknown";
}

/**
 * raft_given_up_word() - RAFT_GIVEN_UP_* as a word
 * @why: the number
 *
 * Return: a constant string.
 */
const char *raft_given_up_word(uint32_t why)
{
	switch (why) {
	case 0:
		return "none";
	case RAFT_GIVEN_UP_SILENT:
		return "silent";
	case RAFT_GIVEN_UP_SLOW:
		return "slow";
	}
	return "unknown";
}

/**
 * raft_failed_name() - RAFT_FAILED_* as a word
 * @failed: why the group failed
 *
 * Return: the word, "unknown" for a reason that this tool does not know.
 */
const char *raft_failed_name(uint32_t failed)
{
	static const char * const names[] = {
		[RAFT_FAILED_NONE] = "none",
		[RAFT_FAILED_DISK] = "disk",
		[RAFT_FAILED_INVARIANT] = "invariant",
	};

	return failed < ARRAY_LEN(names) ? names[failed] : "unknown";
}

/**
 * raft_member_role() - what a member is to its group, as a word
 * @flags: RAFT_MEMBER_*
 * @joint: two configurations are in force
 *
 * Return: the word.  Who is joining or leaving is on the way: it will vote once
 * it has caught up or the joint configuration is left, or be a member no more.
 */
const char *raft_member_role(uint32_t flags, bool joint)
{
	if (flags & RAFT_MEMBER_GONE)
		return "leaving";
	if (flags & RAFT_MEMBER_PROMOTE)
		return "joining";
	if (flags & RAFT_MEMBER_LEARNER)
		return flags & RAFT_MEMBER_OLD ? "demoting" : "learner";
	return joint && !(flags & RAFT_MEMBER_OLD) ? "joining" : "voter";
}

/**
 * raft_pread() - read all of it
 * @fd: file or block device
 * @pos: byte position
 * @buf: where to (out)
 * @len: bytes
 *
 * Return: 0, -EIO if it ends before, or a negative errno of pread(2).
 */
int raft_pread(int fd, uint64_t pos, void *buf, size_t len)
{
	uint8_t *p = buf;
	ssize_t n;

	while (len) {
		n = pread(fd, p, len, (off_t)pos);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		p += n;
		pos += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/**
 * raft_clock_ns() - now
 *
 * Return: CLOCK_MONOTONIC in ns.
 */
uint64_t raft_clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * RAFT_NS_PER_S + ts.tv_nsec;
}

/**
 * raft_size_format() - bytes for a person
 * @bytes: the size
 * @buf: text such as "64 MiB" or "1.5 KiB" (out)
 * @size: bytes in @buf
 */
void raft_size_format(uint64_t bytes, char *buf, size_t size)
{
	static const char * const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = bytes;
	unsigned int i = 0;

	while (value >= 1024 && i + 1 < ARRAY_LEN(units)) {
		value /= 1024;
		i++;
	}
	if (value == (uint64_t)value)
		snprintf(buf, size, "%.0f %s", value, units[i]);
	else
		snprintf(buf, size, "%.1f %s", value, units[i]);
}

/**
 * raft_duration_format() - a duration for a person
 * @ns: nanoseconds
 * @buf: text such as "12.3 ms" (out)
 * @size: bytes in @buf
 */
void raft_duration_format(uint64_t ns, char *buf, size_t size)
{
	static const char * const units[] = { "ns", "us", "ms", "s" };
	double value = ns;
	unsigned int i = 0;

	while (value >= 1000 && i + 1 < ARRAY_LEN(units)) {
		value /= 1000;
		i++;
	}
	snprintf(buf, size, "%.*f %s", value >= 100 || !i ? 0 : 1, value,
		 units[i]);
}

/* Bytes of the well-formed character at @s, 0 if there is none. */
static size_t utf8_char(const unsigned char *s, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = *s;
	size_t n, i;

	if (c < 0x80)
		return 1;
	n = c >> 5 == 6 ? 2 : c >> 4 == 14 ? 3 : c >> 3 == 30 ? 4 : 0;
	if (!n || n > len)
		return 0;
	c &= 0x7f >> n;
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

/**
 * raft_utf8_valid() - whether bytes are a text
 * @data: the bytes
 * @len: how many
 *
 * Return: true if they are well-formed UTF-8.
 */
bool raft_utf8_valid(const void *data, size_t len)
{
	const unsigned char *s = data;
	size_t n;

	for (; len; s += n, len -= n) {
		n = utf8_char(s, len);
		if (!n)
			return false;
	}
	return true;
}

/**
 * raft_text_write() - a command for the eyes of a person
 * @out: where to
 * @data: the bytes, from anybody in the cluster
 * @len: how many
 *
 * Control characters but the tab, the C1 ones too, and what is not UTF-8 come
 * out as \xNN: a command must not be able to write to someone's terminal.
 */
void raft_text_write(FILE *out, const void *data, size_t len)
{
	const unsigned char *s = data;
	size_t n;

	for (; len; s += n, len -= n) {
		n = utf8_char(s, len);
		if (n > 2 || (n == 2 && (s[0] != 0xc2 || s[1] >= 0xa0)) ||
		    (n == 1 && ((*s >= ' ' && *s != 0x7f) || *s == '\t'))) {
			fwrite(s, 1, n, out);
			continue;
		}
		n = 1;
		fprintf(out, "\\x%02x", *s);
	}
}
