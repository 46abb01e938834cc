// SPDX-License-Identifier: GPL-2.0
/*
 * conf_set.c - the settings of raft.conf(5) that a running group takes.
 *
 * One table joins the key of a setting, its bit in RAFT_IOC_SET and its field.
 * Knows the kernel's defaults, so that "not in the file" can be compared with
 * what is in force.
 */
#include "conf.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

struct setting {
	uint32_t bit;
	const char *key;
	const char *unit;	/* behind the number; NULL: on or off */
	size_t size;
	size_t conf;
	size_t set;
};

#define CONF_SIZE(field)	sizeof(((struct raft_conf *)0)->field)
#define SETTING(bit, key, unit, field)					\
	{ bit, key, unit, CONF_SIZE(field),				\
	  offsetof(struct raft_conf, field), offsetof(struct raft_ioc_set, field) }
#define FLAG(bit, key, field)						\
	{ bit, key, NULL, sizeof(bool), offsetof(struct raft_conf, field), 0 }

static const struct setting settings[] = {
	SETTING(RAFT_SET_ELECTION_TIMEOUT, "ElectionTimeout", "ms",
		election_timeout_ms),
	SETTING(RAFT_SET_HEARTBEAT, "Heartbeat", "ms", heartbeat_ms),
	FLAG(RAFT_SET_PREVOTE, "PreVote", prevote),
	FLAG(RAFT_SET_CHECK_QUORUM, "CheckQuorum", check_quorum),
	SETTING(RAFT_SET_MAX_INFLIGHT, "MaxInflight", "", max_inflight),
	SETTING(RAFT_SET_MAX_INFLIGHT_BYTES, "MaxInflightBytes", "",
		max_inflight_bytes),
	SETTING(RAFT_SET_MAX_BATCH, "MaxBatch", "", max_batch),
	SETTING(RAFT_SET_MAX_UNCOMMITTED, "MaxUncommitted", "",
		max_uncommitted),
	SETTING(RAFT_SET_PROPOSE_TIMEOUT, "ProposeTimeout", "ms",
		propose_timeout_ms),
	SETTING(RAFT_SET_PRIORITY, "Priority", "", priority),
	SETTING(RAFT_SET_LEASE_DRIFT, "LeaseDrift", "ppm", lease_drift_ppm),
	SETTING(RAFT_SET_SNAPSHOT_AT, "SnapshotAt", "", snapshot_at),
	SETTING(RAFT_SET_RETAIN_ENTRIES, "RetainEntries", "", retain_entries),
	SETTING(RAFT_SET_RETAIN_BYTES, "RetainBytes", "", retain_bytes),
	SETTING(RAFT_SET_MEMORY, "Memory", "", memory),
};

static uint64_t value_get(const struct raft_conf *conf,
			  const struct setting *s)
{
	const void *field = (const char *)conf + s->conf;

	if (s->size == sizeof(bool))
		return *(const bool *)field;
	return s->size == sizeof(uint64_t) ? *(const uint64_t *)field :
					     *(const uint32_t *)field;
}

/**
 * raft_conf_key_set() - may this key be changed while the group runs?
 * @key: of [Group], in any case
 *
 * Return: its RAFT_SET_*, 0 if not or if there is no such key.
 */
uint32_t raft_conf_key_set(const char *key)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings); i++)
		if (!strcasecmp(key, settings[i].key))
			return settings[i].bit;
	return 0;
}

/**
 * raft_conf_set_key() - the key of a setting
 * @set: one of RAFT_SET_*
 *
 * Return: the key, NULL if this program does not know it.
 */
const char *raft_conf_set_key(uint32_t set)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings); i++)
		if (settings[i].bit == set)
			return settings[i].key;
	return NULL;
}

/**
 * raft_conf_defaults() - fill in what the kernel would, see kmod/params.c
 * @conf: a good configuration; what is 0 there is not any more
 */
void raft_conf_defaults(struct raft_conf *conf)
{
	if (!conf->election_timeout_ms)
		conf->election_timeout_ms = 1000;
	if (!conf->heartbeat_ms)
		conf->heartbeat_ms = conf->election_timeout_ms / 10;
	if (!conf->max_inflight)
		conf->max_inflight = 64;
	if (!conf->max_inflight_bytes)
		conf->max_inflight_bytes = 1 << 20;
	if (!conf->max_batch)
		conf->max_batch = 64;
	if (!conf->max_uncommitted)
		conf->max_uncommitted = 4 << 20;
	if (!conf->propose_timeout_ms)
		conf->propose_timeout_ms = 30000;
	if (!conf->lease_drift_ppm)
		conf->lease_drift_ppm = 10000;
	if (!conf->snapshot_at)
		conf->snapshot_at = 50;
	if (!conf->memory)
		conf->memory = 64 << 20;
}

/**
 * raft_conf_from_status() - a running group, but for its log and its members
 * @conf: the group (out)
 * @st: its status
 */
void raft_conf_from_status(struct raft_conf *conf,
			   const struct raft_ioc_status *st)
{
	raft_conf_init(conf, st->name);
	conf->group_id = st->group_id;
	conf->node = st->node_id;
	conf->log_size = st->log_size;
	conf->election_timeout_ms = st->election_timeout_ms;
	conf->heartbeat_ms = st->heartbeat_ms;
	conf->prevote = !(st->start_flags & RAFT_START_NO_PREVOTE);
	conf->check_quorum = !(st->start_flags & RAFT_START_NO_CHECK_QUORUM);
	conf->max_inflight = st->max_inflight;
	conf->max_inflight_bytes = st->max_inflight_bytes;
	conf->max_batch = st->max_batch;
	conf->max_uncommitted = st->max_uncommitted;
	conf->propose_timeout_ms = st->propose_timeout_ms;
	conf->priority = st->priority;
	conf->lease_drift_ppm = st->lease_drift_ppm;
	conf->snapshot_at = st->snapshot_at;
	conf->retain_entries = st->retain_entries;
	conf->retain_bytes = st->retain_bytes;
	conf->memory = st->memory;
}

/**
 * raft_conf_differ() - settings that differ
 * @a: a configuration
 * @b: another
 *
 * Return: RAFT_SET_*.
 */
uint32_t raft_conf_differ(const struct raft_conf *a, const struct raft_conf *b)
{
	uint32_t mask = 0;
	size_t i;

	for (i = 0; i < ARRAY_LEN(settings); i++)
		if (value_get(a, &settings[i]) != value_get(b, &settings[i]))
			mask |= settings[i].bit;
	return mask;
}

/**
 * raft_conf_to_set() - what RAFT_IOC_SET takes
 * @conf: has the settings
 * @mask: RAFT_SET_*: which of them
 * @set: arguments (out)
 */
void raft_conf_to_set(const struct raft_conf *conf, uint32_t mask,
		      struct raft_ioc_set *set)
{
	const struct setting *s;

	memset(set, 0, sizeof(*set));
	set->size = sizeof(*set);
	set->mask = mask;
	for (s = settings; s < settings + ARRAY_LEN(settings); s++)
		if (mask & s->bit && s->unit)
			memcpy((char *)set + s->set, (const char *)conf + s->conf,
			       s->size);
	if (mask & RAFT_SET_PREVOTE && !conf->prevote)
		set->flags |= RAFT_START_NO_PREVOTE;
	if (mask & RAFT_SET_CHECK_QUORUM && !conf->check_quorum)
		set->flags |= RAFT_START_NO_CHECK_QUORUM;
}

/**
 * raft_conf_write() - settings as lines of a raft.conf(5)
 * @out: where to
 * @conf: has the settings
 * @mask: RAFT_SET_*: which of them
 */
void raft_conf_write(FILE *out, const struct raft_conf *conf, uint32_t mask)
{
	const struct setting *s;
	uint64_t value;

	for (s = settings; s < settings + ARRAY_LEN(settings); s++) {
		if (!(mask & s->bit))
			continue;
		value = value_get(conf, s);
		if (s->unit)
			fprintf(out, "%s = %llu%s\n", s->key,
				(unsigned long long)value, s->unit);
		else
			fprintf(out, "%s = %s\n", s->key, value ? "on" : "off");
	}
}
