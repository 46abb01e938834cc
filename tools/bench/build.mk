# SPDX-License-Identifier: GPL-2.0
# raft-bench: latency and throughput of /dev/raft, of a disk and of UDP.

RAFTBENCH_SRC := $(addprefix tools/bench/,raft-bench.c hist.c modes.c)
RAFTBENCH_OBJS := $(RAFTBENCH_SRC:%.c=$(B)/obj/%.o)

TOOLS += $(B)/raft-bench

$(RAFTBENCH_OBJS): $(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 -MMD -MP -c -o $@ $<

# Late, so that it does not matter which build.mk is read first.
.SECONDEXPANSION:
$(B)/raft-bench: $(RAFTBENCH_OBJS) $$(RAFTLIB_OBJS)
	$(CC) $(HOSTFLAGS) $(LDFLAGS) -o $@ $^ -lpthread

-include $(RAFTBENCH_OBJS:.o=.d)
