# SPDX-License-Identifier: GPL-2.0
# raftdump, raftmklog (for tests), and the fuzzer of recovery. The format is
# kmod/core/disk.c, that of configurations kmod/core/config_code.c, unchanged.

RAFTDUMP_COMMON := kmod/core/disk.c kmod/core/disk_walk.c kmod/core/disk_recover.c kmod/core/disk_boot.c kmod/core/config_code.c tools/lib/crc32c.c tools/lib/util.c tools/lib/json.c
RAFTDUMP_HDR := kmod/core/disk.h kmod/core/raft_core.h kmod/core/config_code.h $(wildcard tools/lib/*.h)

TOOLS += $(B)/raftdump $(B)/raftmklog
FUZZERS += $(B)/fuzz/disk_fuzz

$(B)/raftdump: tools/raftdump/snapshot.c tools/raftdump/raftdump.h kmod/core/slot.c kmod/core/slot.h
$(B)/raftdump $(B)/raftmklog: $(B)/%: tools/raftdump/%.c $(RAFTDUMP_COMMON) $(RAFTDUMP_HDR)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 $(LDFLAGS) -o $@ $(filter %.c,$^)

$(B)/fuzz/disk_fuzz: tools/fuzz/disk_fuzz.c kmod/core/disk.c kmod/core/disk_walk.c kmod/core/disk_recover.c kmod/core/disk_boot.c tools/lib/crc32c.c \
		kmod/tests/disk_cases.h kmod/tests/disk_ring_cases.h $(RAFTDUMP_HDR)
	@mkdir -p $(@D)
	clang $(HOSTFLAGS) -Wno-c2x-extensions $(CPPFLAGS) -O1 \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $(filter %.c,$^)
