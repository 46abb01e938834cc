# SPDX-License-Identifier: GPL-2.0
# Crash consistency of a recorded node (tests/module/logwrites.sh): the clients, and
# what replays the recording. Recovery is kmod/core/disk.c, unchanged.

LOGWRITES_HDR := $(wildcard tools/logwrites/*.h tools/lib/*.h) kmod/core/disk.h kmod/core/raft_core.h kmod/core/config_code.h

$(B)/logwrites-load: tools/logwrites/load.c tools/lib/ioc.c $(LOGWRITES_HDR) uapi/linux/raft.h
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 -pthread -o $@ $(filter %.c,$^)

$(B)/logwrites: tools/logwrites/logwrites.c tools/logwrites/judge.c tools/logwrites/recording.c \
		kmod/core/disk.c kmod/core/disk_walk.c kmod/core/disk_recover.c kmod/core/disk_boot.c tools/lib/crc32c.c $(LOGWRITES_HDR)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 -o $@ $(filter %.c,$^)
