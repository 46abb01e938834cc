# SPDX-License-Identifier: GPL-2.0
# The fuzzer of the wire format; those of other formats are built beside what
# reads them.

FUZZERS += $(B)/fuzz/wire_fuzz

$(B)/fuzz/wire_fuzz: tools/fuzz/wire_fuzz.c kmod/core/wire.c kmod/core/frag.c \
		kmod/core/frag_sent.c \
		tools/lib/crc32c.c tools/lib/payload_plain.c kmod/core/frag.h kmod/core/wire.h
	@mkdir -p $(@D)
	clang $(HOSTFLAGS) -Wno-c2x-extensions $(CPPFLAGS) -O1 \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $(filter %.c,$^)

FUZZERS += $(B)/fuzz/slot_fuzz

$(B)/fuzz/slot_fuzz: tools/fuzz/slot_fuzz.c $(CORE_SRC) tools/lib/crc32c.c \
		tools/lib/payload_plain.c $(CORE_HDR)
	@mkdir -p $(@D)
	clang $(HOSTFLAGS) -Wno-c2x-extensions $(CPPFLAGS) -O1 \
		-fsanitize=fuzzer,address,undefined \
		-fno-sanitize-recover=all -o $@ $(filter %.c,$^)
