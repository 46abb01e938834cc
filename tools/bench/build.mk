# SPDX-License-Identifier: GPL-2.0
# raft-bench: latency and throughput of /dev/raft, of a disk and of UDP.
# bench-peers: the same of etcd and libraft, with packages that only `make bench` installs.

BENCHLIB_OBJS := $(addprefix $(B)/obj/tools/bench/,hist.o options.o pace.o report.o)
RAFTBENCH_OBJS := $(addprefix $(B)/obj/tools/bench/,raft-bench.o machine.o modes.o)
BENCHPEER_OBJS := $(addprefix $(B)/obj/tools/bench/,libraft_node.o etcd_client.o grpc.o)

TOOLS += $(B)/raft-bench

.PHONY: bench-peers
bench-peers: $(B)/bench-libraft $(B)/bench-etcd

$(BENCHLIB_OBJS) $(RAFTBENCH_OBJS) $(BENCHPEER_OBJS): $(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 -MMD -MP -c -o $@ $<

# Late, so that it does not matter which build.mk is read first.
.SECONDEXPANSION:
$(B)/raft-bench: $(RAFTBENCH_OBJS) $(BENCHLIB_OBJS) $$(RAFTLIB_OBJS)
	$(CC) $(HOSTFLAGS) $(LDFLAGS) -o $@ $^ -lpthread

$(B)/bench-libraft: $(B)/obj/tools/bench/libraft_node.o $(BENCHLIB_OBJS) $$(RAFTLIB_OBJS)
	$(CC) $(HOSTFLAGS) $(LDFLAGS) -o $@ $^ -lraft -luv

$(B)/bench-etcd: $(addprefix $(B)/obj/tools/bench/,etcd_client.o grpc.o) $(BENCHLIB_OBJS) $$(RAFTLIB_OBJS)
	$(CC) $(HOSTFLAGS) $(LDFLAGS) -o $@ $^ -lnghttp2

-include $(RAFTBENCH_OBJS:.o=.d) $(BENCHLIB_OBJS:.o=.d) $(BENCHPEER_OBJS:.o=.d)
