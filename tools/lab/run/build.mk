# SPDX-License-Identifier: GPL-2.0
# The scenario runner of tools/lab/lab run; runs in the guest.

LAB_RUN_SRC := $(wildcard tools/lab/run/*.c) tools/lib/scenario.c \
	tools/lib/scenario_cond.c tools/lib/scenario_member.c \
	tools/lib/scenario_net.c tools/lib/scenario_word.c tools/lib/ioc.c
LAB_RUN_HDR := tools/lab/run/run.h tools/lib/scenario.h \
	tools/lib/scenario_parse.h tools/lib/ioc.h kmod/core/raft_core.h kmod/core/config_code.h \
	tools/lib/raft_env.h uapi/linux/raft.h

TOOLS += $(B)/raft-lab-run

$(B)/raft-lab-run: $(LAB_RUN_SRC) $(LAB_RUN_HDR) tools/lab/run/build.mk
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(CPPFLAGS) -O1 -pthread -o $@ $(LAB_RUN_SRC)
