# SPDX-License-Identifier: GPL-2.0
# The simulator, included by the top Makefile.  Three builds of the same files:
#   build/raft-sim          -O2, for the fuzzer
#   build/raft-sim-asan     ASan and UBSan, for scenarios and a part of the seeds
#   build/raft-sim-mutants  with the deliberate mistakes (RAFT_MUTANT)
# tools/lib comes first: its raft_env.h is the user-space one.

SIM_CC ?= $(CC)
SIM_INC := -Itools/lib -Ikmod/core -Ikmod -Itools/sim
SIM_WARN := -std=gnu11 -Wall -Wextra -Werror

SIM_SRC := \
	tools/sim/main.c tools/sim/sim.c tools/sim/node.c tools/sim/net.c \
	tools/sim/disk.c tools/sim/snapshot.c tools/sim/payload.c tools/sim/propose.c \
	tools/sim/ask.c tools/sim/check_apply.c tools/sim/check_config.c \
	tools/sim/check.c tools/sim/trace.c tools/sim/cond.c tools/sim/run.c \
	tools/sim/fuzz.c tools/sim/fuzz_actions.c tools/sim/fuzz_member.c \
	tools/sim/fuzz_live.c \
	tools/sim/mutant.c \
	tools/lib/scenario.c tools/lib/scenario_word.c \
	tools/lib/scenario_cond.c tools/lib/scenario_member.c \
	tools/lib/scenario_net.c tools/lib/crc32c.c \
	kmod/core/step.c kmod/core/election.c kmod/core/replication.c \
	kmod/core/follower.c kmod/core/log.c kmod/core/peer.c \
	kmod/core/progress.c kmod/core/quorum.c kmod/core/membership.c \
	kmod/core/change.c kmod/core/request.c kmod/core/transfer.c \
	kmod/core/read.c kmod/core/session.c kmod/core/client.c \
	kmod/core/proposal.c kmod/core/config_code.c \
	kmod/core/snapshot.c kmod/core/image.c \
	kmod/core/hold.c kmod/core/status.c kmod/core/check.c kmod/core/wire.c

SIM_HDR := $(wildcard tools/sim/*.h tools/lib/*.h kmod/core/*.h)

build/raft-sim: SIM_FLAGS := -O2 -g
build/raft-sim-asan: SIM_FLAGS := -O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined
build/raft-sim-mutants: SIM_FLAGS := -O1 -g -DRAFT_MUTANTS

SIM_OBJ := $(SIM_SRC:%.c=build/sim/%.o)
SIM_ASAN_OBJ := $(SIM_SRC:%.c=build/sim-asan/%.o)
SIM_MUTANTS_OBJ := $(SIM_SRC:%.c=build/sim-mutants/%.o)

build/raft-sim: $(SIM_OBJ)
build/raft-sim-asan: $(SIM_ASAN_OBJ)
build/raft-sim-mutants: $(SIM_MUTANTS_OBJ)
build/raft-sim build/raft-sim-asan build/raft-sim-mutants:
	$(SIM_CC) $(SIM_FLAGS) -o $@ $^

$(SIM_OBJ): build/sim/%.o: %.c $(SIM_HDR)
	@mkdir -p $(@D)
	$(SIM_CC) $(SIM_WARN) $(SIM_FLAGS) $(SIM_INC) -c -o $@ $<
$(SIM_ASAN_OBJ): build/sim-asan/%.o: %.c $(SIM_HDR)
	@mkdir -p $(@D)
	$(SIM_CC) $(SIM_WARN) $(SIM_FLAGS) $(SIM_INC) -c -o $@ $<
$(SIM_MUTANTS_OBJ): build/sim-mutants/%.o: %.c $(SIM_HDR)
	@mkdir -p $(@D)
	$(SIM_CC) $(SIM_WARN) $(SIM_FLAGS) $(SIM_INC) -c -o $@ $<

.PHONY: sim-mutants
sim-mutants: build/raft-sim-mutants
	tools/sim/mutants.sh
