# SPDX-License-Identifier: GPL-2.0
# lincheck: judges histories of concurrent clients.  LINCHECK_SRC is the checker
# without its command line and without the reader of files, for whoever has the
# operations already: the simulator.

LINCHECK_SRC := $(addprefix tools/lincheck/,history.c model.c search.c explain.c print.c)
LINCHECK_TEXT := tools/lincheck/text.c tools/lib/util.c
LINCHECK_HDR := $(wildcard tools/lincheck/*.h) tools/lib/util.h uapi/linux/raft.h

TOOLS += $(B)/lincheck

$(B)/lincheck: tools/lincheck/main.c $(LINCHECK_SRC) $(LINCHECK_TEXT) \
		$(LINCHECK_HDR)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) -O2 $(LDFLAGS) -o $@ $(filter %.c,$^)

# Without the core, unlike the other unit tests.
$(B)/unit/lincheck_test: tests/unit/lincheck_test.c $(LINCHECK_SRC) $(LINCHECK_TEXT) \
		$(LINCHECK_HDR)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(HOSTFLAGS_EXTRA) $(CPPFLAGS) $(SAN) -o $@ $(filter %.c,$^)
