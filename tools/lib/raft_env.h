/* SPDX-License-Identifier: GPL-2.0 */
/*
 * raft_env.h - what the pure core needs of the world, user-space edition.
 *
 * The twin of kmod/raft_env.h, same include guard: the unmodified files of
 * kmod/core/ are compiled with this one into the simulator, the fuzzers, the
 * unit tests and raftdump.
 */
#ifndef _RAFT_ENV_H
#define _RAFT_ENV_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#ifndef U64_MAX
#define U64_MAX			UINT64_MAX
#endif
#ifndef U32_MAX
#define U32_MAX			UINT32_MAX
#endif

/* sparse's annotations mean nothing to a user-space compiler. */
#ifndef __force
#define __force
#endif

#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b)	((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); \
		     _a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); \
		     _a > _b ? _a : _b; })
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define fallthrough		__attribute__((__fallthrough__))

static inline u16 raft_get_le16(const void *p)
{
	const u8 *b = p;

	return (u16)(b[0] | b[1] << 8);
}

static inline u32 raft_get_le32(const void *p)
{
	const u8 *b = p;

	return raft_get_le16(b) | (u32)raft_get_le16(b + 2) << 16;
}

static inline u64 raft_get_le64(const void *p)
{
	const u8 *b = p;

	return raft_get_le32(b) | (u64)raft_get_le32(b + 4) << 32;
}

static inline __le16 cpu_to_le16(u16 v)
{
	u8 b[2] = { (u8)v, (u8)(v >> 8) };
	__le16 r;

	memcpy(&r, b, sizeof(r));
	return r;
}

static inline __le32 cpu_to_le32(u32 v)
{
	u8 b[4] = { (u8)v, (u8)(v >> 8), (u8)(v >> 16), (u8)(v >> 24) };
	__le32 r;

	memcpy(&r, b, sizeof(r));
	return r;
}

static inline __le64 cpu_to_le64(u64 v)
{
	u8 b[8];
	__le64 r;
	int i;

	for (i = 0; i < 8; i++)
		b[i] = (u8)(v >> 8 * i);
	memcpy(&r, b, sizeof(r));
	return r;
}

#define le16_to_cpu(v)	({ __le16 _v = (v); raft_get_le16(&_v); })
#define le32_to_cpu(v)	({ __le32 _v = (v); raft_get_le32(&_v); })
#define le64_to_cpu(v)	({ __le64 _v = (v); raft_get_le64(&_v); })

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

/* tools/lib/crc32c.c; no inversion at either end, as the kernel's. */
u32 crc32c(u32 crc, const void *p, size_t len);

#ifdef RAFT_MUTANTS
/* The one deliberate mistake that this run makes, or NULL: tools/sim/mutant.c. */
extern const char *raft_mutant;
#define RAFT_MUTANT(name) \
	(raft_mutant && !strcmp(raft_mutant, name))
#else
#define RAFT_MUTANT(name)	false
#endif

#endif /* _RAFT_ENV_H */
