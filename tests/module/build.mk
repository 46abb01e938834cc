# SPDX-License-Identifier: GPL-2.0
$(B)/module-probe: tests/module/probe.c tools/lib/ioc.c tools/lib/ioc.h uapi/linux/raft.h
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(CPPFLAGS) -O2 -pthread -o $@ tests/module/probe.c tools/lib/ioc.c

$(B)/module-large: tests/module/large.c tools/lib/ioc.c tools/lib/ioc.h uapi/linux/raft.h
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(CPPFLAGS) -O2 -o $@ tests/module/large.c tools/lib/ioc.c

$(B)/module-sniff: tests/module/sniff.c
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(CPPFLAGS) -O2 -o $@ $<

$(B)/module-stamp: tests/module/stamp.c tools/lib/crc32c.c $(CORE_HDR)
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(CPPFLAGS) -O2 -o $@ $(filter %.c,$^)

# Static: it also runs where only busybox is.
$(B)/badinput: $(wildcard tests/module/badinput*.[ch]) uapi/linux/raft.h
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(CPPFLAGS) -O2 -static -o $@ $(filter %.c,$^)

$(B)/history: tests/module/history.c tests/module/history_replica.c tests/module/history.h \
		tools/lib/ioc.c tools/lib/ioc.h $(LINCHECK_SRC) $(LINCHECK_HDR) tools/lib/util.c
	@mkdir -p $(@D)
	$(CC) $(HOSTFLAGS) $(CPPFLAGS) -O2 -pthread -o $@ $(filter %.c,$^)
