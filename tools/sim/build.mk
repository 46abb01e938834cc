# SPDX-License-Identifier: GPL-2.0
# The simulator, included by the top Makefile.  Three builds of the same files:
#   build/raft-sim          -O2, for the fuzzer
#   build/raft-sim-asan     ASan and UBSan, for scenarios and a part of the seeds
#   build/raft-sim-mutants  with the deliberate mistakes (RAFT_MUTANT)
# tools/lib comes first: its raft_env.h is the user-space one.  LINCHECK_SRC, the
# judge of what clients saw, is of tools/lincheck/build.mk.

SIM_CC ?= $(CC)
SIM_INC := -Itools/lib -Ikmod/core -Ikmod -Itools/sim
SIM_WARN := -std=gnu11 -Wall -Wextra -Werror

SIM_SRC := $(sort $(wildcard tools/sim/*.c tools/lib/scenario*.c)) tools/lib/crc32c.c \
	$(CORE_SRC) $(LINCHECK_SRC)

SIM_HDR := $(wildcard tools/sim/*.h tools/lib/*.h tools/lincheck/*.h kmod/core/*.h)

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
