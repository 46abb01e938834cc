# SPDX-License-Identifier: GPL-2.0
# Unit tests on the host, under ASan and UBSan: tests/unit/NAME_test.c each.
# A test names the sources it needs beyond the core in UNIT_SRC_NAME.

UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/*_test.c))
UNIT_SRC_conf_test := $(wildcard tools/lib/conf*.c tools/lib/util.c)
# Those in which a payload is its bytes.
$(foreach t,core disk disk_sweep frag frag_golden slot wire,$(eval UNIT_SRC_$(t)_test := tools/lib/payload_plain.c))
UNIT_SRC_sim_history_test = $(filter-out tools/sim/main.c,$(SIM_SRC))

# Once more with the deliberate mistakes, for mutants.sh.
UNIT_MUTANTS := $(patsubst %,$(B)/unit-mutants/%_test,core disk disk_sweep frag slot wire)

.PHONY: unit-tests unit-mutants
unit-tests: $(UNIT_TESTS)
unit-mutants: $(UNIT_MUTANTS)

.SECONDEXPANSION:
$(B)/unit/%_test: tests/unit/%_test.c $$(UNIT_SRC_$$*_test) $(CORE_SRC) $(CORE_HDR) \
		tools/lib/crc32c.c $$(wildcard tests/unit/*.h kmod/tests/*.h)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -Itests/unit -Ikmod/tests $(SAN) -o $@ \
		$(filter %.c,$^) -lpthread
# The simulator's objects of the core, and its flags.
UNIT_MUTANTS_CORE := $(filter build/sim-mutants/kmod/core/% %/crc32c.o,$(SIM_MUTANTS_OBJ))
$(UNIT_MUTANTS): SIM_FLAGS := -O1 -g -DRAFT_MUTANTS
$(B)/unit-mutants/%_test: tests/unit/%_test.c tests/unit/mutant.c $$(UNIT_SRC_$$*_test) \
		$(UNIT_MUTANTS_CORE) $$(wildcard tests/unit/*.h kmod/tests/*.h)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -DRAFT_MUTANTS -Itests/unit -Ikmod/tests -O1 -o $@ \
		$(filter %.c %.o,$^) -lpthread
