# SPDX-License-Identifier: GPL-2.0
# lincheck: judges histories of concurrent clients.  LINCHECK_SRC is the checker
# without its command line, for whoever wants to call it.

LINCHECK_SRC := $(addprefix tools/lincheck/,history.c model.c search.c explain.c text.c)
LINCHECK_HDR := $(wildcard tools/lincheck/*.h) tools/lib/util.h uapi/linux/raft.h

TOOLS += $(B)/lincheck

$(B)/lincheck: tools/lincheck/main.c $(LINCHECK_SRC) tools/lib/util.c $(LINCHECK_HDR)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 $(LDFLAGS) -o $@ $(filter %.c,$^)

# Without the core, unlike the other unit tests.
$(B)/unit/lincheck_test: tests/unit/lincheck_test.c $(LINCHECK_SRC) tools/lib/util.c \
		$(LINCHECK_HDR)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) $(SAN) -o $@ $(filter %.c,$^)
