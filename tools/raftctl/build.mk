# SPDX-License-Identifier: GPL-2.0
# raftctl and the library that it shares with others: the parser of raft.conf(5) and
# the device as C functions.  RAFTLIB_OBJS may be linked by any tool.

RAFTLIB_SRC := $(addprefix tools/lib/,conf.c conf_file.c ioc.c json.c logfile.c util.c)
RAFTLIB_OBJS := $(RAFTLIB_SRC:%.c=$(B)/obj/%.o)
RAFTCTL_SRC := $(addprefix tools/raftctl/,raftctl.c ctl.c events.c propose.c \
	show.c showconf.c start.c status.c tail.c up.c wait.c)
RAFTCTL_OBJS := $(RAFTCTL_SRC:%.c=$(B)/obj/%.o)

TOOLS += $(B)/raftctl
FUZZERS += $(B)/fuzz/conf_fuzz

$(RAFTLIB_OBJS) $(RAFTCTL_OBJS): $(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 -MMD -MP -c -o $@ $<

$(B)/raftctl: $(RAFTCTL_OBJS) $(RAFTLIB_OBJS)
	$(CC) $(HOSTFLAGS) $(LDFLAGS) -o $@ $^ -lpthread

# Without the core, unlike the other unit tests.
$(B)/unit/conf_test: tools/lib/conf.c tools/lib/conf_file.c tools/lib/util.c
$(B)/unit/util_test: tools/lib/json.c tools/lib/util.c
$(B)/unit/logfile_test: tools/lib/logfile.c
$(addprefix $(B)/unit/,conf_test util_test logfile_test): \
		$(B)/unit/%: tests/unit/%.c $(wildcard tools/lib/*.h) uapi/linux/raft.h
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) $(SAN) -o $@ $(filter %.c,$^)

$(B)/fuzz/conf_fuzz: tools/fuzz/conf_fuzz.c tools/lib/conf.c tools/lib/conf_file.c tools/lib/util.c \
		$(wildcard tools/lib/*.h) uapi/linux/raft.h
	@mkdir -p $(@D)
	clang $(HOSTFLAGS) $(CPPFLAGS) -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $(filter %.c,$^)

-include $(RAFTLIB_OBJS:.o=.d) $(RAFTCTL_OBJS:.o=.d)
