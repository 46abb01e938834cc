# SPDX-License-Identifier: GPL-2.0
# raftctl and the library that it shares with others: the parser of raft.conf(5) and
# the device as C functions.  RAFTLIB_OBJS may be linked by any tool.

CONF_SRC := $(addprefix tools/lib/,conf.c conf_file.c conf_set.c util.c)
RAFTLIB_SRC := $(addprefix tools/lib/,conf.c conf_file.c conf_set.c ioc.c json.c logfile.c util.c)
RAFTLIB_OBJS := $(RAFTLIB_SRC:%.c=$(B)/obj/%.o)
RAFTCTL_SRC := $(addprefix tools/raftctl/,raftctl.c ctl.c events.c join.c member.c \
	propose.c read.c recover.c session.c set.c show.c showconf.c snapshot.c start.c status.c \
	tail.c transfer.c up.c wait.c)
RAFTCTL_OBJS := $(RAFTCTL_SRC:%.c=$(B)/obj/%.o)

# The format of logs and of configurations is the core's.
SURVIVOR_SRC := tools/lib/survivor.c tools/lib/survivor_snapshot.c tools/lib/crc32c.c \
	kmod/core/disk.c kmod/core/disk_walk.c kmod/core/disk_recover.c kmod/core/disk_boot.c kmod/core/config_code.c kmod/core/slot.c
SURVIVOR_OBJS := $(SURVIVOR_SRC:%.c=$(B)/obj/%.o)

TOOLS += $(B)/raftctl
FUZZERS += $(B)/fuzz/conf_fuzz

$(RAFTLIB_OBJS) $(RAFTCTL_OBJS) $(SURVIVOR_OBJS): $(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 -MMD -MP -c -o $@ $<

$(B)/raftctl: $(RAFTCTL_OBJS) $(RAFTLIB_OBJS) $(SURVIVOR_OBJS)
	$(CC) $(HOSTFLAGS) $(LDFLAGS) -o $@ $^ -lpthread

# Without the core, unlike the other unit tests.
$(B)/unit/conf_test: $(CONF_SRC)
$(B)/unit/util_test: tools/lib/json.c tools/lib/util.c
$(B)/unit/logfile_test: tools/lib/logfile.c
$(addprefix $(B)/unit/,conf_test util_test logfile_test): \
		$(B)/unit/%: tests/unit/%.c $(wildcard tools/lib/*.h) uapi/linux/raft.h
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) $(SAN) -o $@ $(filter %.c,$^)

# On logs that raftmklog makes, and with raftctl as it is.
$(B)/unit/survivor_test: tests/unit/survivor_test.c $(SURVIVOR_SRC) tools/lib/logfile.c \
		tools/lib/util.c $(wildcard tools/lib/*.h) kmod/core/disk.h kmod/core/raft_core.h kmod/core/config_code.h \
		$(B)/raftmklog $(B)/raftctl $(B)/raftdump
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) $(SAN) -o $@ \
		$(filter %.c,$^)

$(B)/fuzz/conf_fuzz: tools/fuzz/conf_fuzz.c $(CONF_SRC) \
		$(wildcard tools/lib/*.h) uapi/linux/raft.h
	@mkdir -p $(@D)
	clang $(HOSTFLAGS) $(CPPFLAGS) -O1 -fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $(filter %.c,$^)

-include $(RAFTLIB_OBJS:.o=.d) $(RAFTCTL_OBJS:.o=.d) $(SURVIVOR_OBJS:.o=.d)
