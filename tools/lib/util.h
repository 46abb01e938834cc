/* SPDX-License-Identifier: GPL-2.0 */
/*
 * util.h - small things that every tool needs: numbers with units, addresses,
 * names of states, JSON out, text made safe for a terminal.
 *
 * Knows no file, no device and no global state; must never print on its own.
 */
#ifndef _RAFT_UTIL_H
#define _RAFT_UTIL_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "../../uapi/linux/raft.h"

#define RAFT_NS_PER_MS		1000000ull
#define RAFT_NS_PER_S		1000000000ull
/* "[" IPv6 "%" interface "]:" port and NUL. */
#define RAFT_ADDR_STRLEN	(46 + IF_NAMESIZE + 10)
#define RAFT_JSON_DEPTH		8
#define RAFT_ADDR_PACKED	24	/* bytes of an address in a configuration */

/**
 * struct raft_addr - an address in a text: an interface may still be a name
 * @family: AF_INET or AF_INET6
 * @port: UDP port, host byte order
 * @addr: as in struct raft_ioc_member
 * @scope: name or number of the interface of a link-local address, or empty
 */
struct raft_addr {
	uint16_t family;
	uint16_t port;
	uint8_t addr[16];
	char scope[IF_NAMESIZE];
};

/**
 * struct raft_json - a JSON text on its way out
 * @out: where it goes
 * @depth: open objects and arrays
 * @comma: whether the next value at this depth needs a comma before it
 */
struct raft_json {
	FILE *out;
	unsigned int depth;
	bool comma[RAFT_JSON_DEPTH];
};

int raft_u64_parse(const char *text, uint64_t *value);
int raft_duration_parse(const char *text, uint64_t *ns);
int raft_size_parse(const char *text, uint64_t *bytes);
int raft_bool_parse(const char *text, bool *value);
int raft_ppm_parse(const char *text, uint64_t *ppm);
int raft_addr_parse(const char *text, struct raft_addr *addr);
int raft_addr_resolve(const struct raft_addr *addr,
		      struct raft_ioc_member *member);
void raft_addr_format(uint16_t family, const uint8_t *addr, uint32_t scope_id,
		      uint16_t port, char *buf, size_t size);
void raft_addr_pack(const struct raft_ioc_member *member,
		    uint8_t packed[RAFT_ADDR_PACKED]);
int raft_addr_unpack(struct raft_ioc_member *member,
		     const uint8_t packed[RAFT_ADDR_PACKED]);
bool raft_name_valid(const char *name);
uint64_t raft_name_hash(const char *name);

const char *raft_role_name(uint32_t role);
const char *raft_failed_name(uint32_t failed);
const char *raft_given_up_word(uint32_t why);
const char *raft_member_role(uint32_t flags, bool joint);

int raft_pread(int fd, uint64_t pos, void *buf, size_t len);
uint64_t raft_clock_ns(void);
void raft_size_format(uint64_t bytes, char *buf, size_t size);
void raft_duration_format(uint64_t ns, char *buf, size_t size);
bool raft_utf8_valid(const void *data, size_t len);
void raft_text_write(FILE *out, const void *data, size_t len);

void raft_json_init(struct raft_json *j, FILE *out);
void raft_json_open(struct raft_json *j, const char *key, char bracket);
void raft_json_close(struct raft_json *j, char bracket);
void raft_json_u64(struct raft_json *j, const char *key, uint64_t value);
void raft_json_bool(struct raft_json *j, const char *key, bool value);
void raft_json_str(struct raft_json *j, const char *key, const char *text);
void raft_json_data(struct raft_json *j, const void *data, size_t len);
void raft_json_end(struct raft_json *j);

#endif /* _RAFT_UTIL_H */
