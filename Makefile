# SPDX-License-Identifier: GPL-2.0
# User targets. What the module consists of is in Kbuild; how each tool is built
# is in the build.mk beside it. Everything built lives in build/.

VERSION	:= $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1.0)
PREFIX	?= /usr
SBINDIR	?= $(PREFIX)/sbin
MANDIR	?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
DESTDIR	?=
KDIR	?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	     $(lastword $(sort $(wildcard /usr/src/linux-headers-6.1.*-amd64))))
B	:= build
FAULTS	?=

CC	?= gcc
HOSTFLAGS := -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wmissing-prototypes \
	-Wno-missing-field-initializers -g -DRAFT_VERSION='"$(VERSION)"'
# tools/lib first: its raft_env.h is the user-space twin of kmod/raft_env.h.
CPPFLAGS := -Itools/lib -Ikmod/core -Ikmod -Iuapi
SAN	:= -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

CORE_SRC := $(sort $(wildcard kmod/core/*.c))
CORE_HDR := $(wildcard kmod/core/*.h) tools/lib/raft_env.h

# TOOLS, FUZZERS, UNIT_TESTS: filled by the build.mk files.
.PHONY: all module tools sim fuzzers check check-long demo shell figures bench hold style clean \
	distclean install tools-install modules_install dkms-install help
all: module tools

# Sorted, for one uses what another defined: the simulator links lincheck.
# What the tools have is used by the tests, and by tools that come later.
include $(sort $(wildcard tools/*/build.mk tools/lab/run/build.mk)) $(sort $(wildcard tests/*/build.mk))

help:
	@echo "make              module (for KDIR) and tools, in build/"
	@echo "make demo         a cluster in virtual machines; VMS=3: one each"
	@echo "make check        the tests; check-long: the slow ones"
	@echo "make shell        a running cluster to play with"
	@echo "make sim          the simulator, tools/sim/raft-sim"
	@echo "make figures      latency, throughput, fail-over time"
	@echo "make bench        raft.ko beside libraft, etcd and the limits; SHORT=1"
	@echo "make hold         which heartbeat keeps a leader under stress; SHORT=1"
	@echo "make install      module, tools, man pages, units; dkms-install"
	@echo "make distclean    also empties the cache, $${RAFT_CACHE:-~/.cache/raft}"

# The module is built in a copy, so that several kernels do not share objects.
module:
	@tools/lab/module.sh --kdir "$(KDIR)" --out $(B)/module \
		$(if $(FAULTS),--faults)

tools: $(TOOLS)
fuzzers: $(FUZZERS)
# The binary is where people look for it, and is built where all is built.
sim: $(B)/raft-sim
	@ln -sf ../../$(B)/raft-sim tools/sim/raft-sim

check:
	@tests/check.sh
check-long:
	@tests/check.sh --long
style:
	@tests/style.sh
demo:
	@VMS="$(VMS)" tools/lab/demo.sh
shell:
	@tools/lab/shell.sh
figures:
	@tests/module/figures.sh
bench:
	@tools/bench/bench.sh
hold:
	@tools/bench/hold.sh

install: modules_install tools-install
modules_install: module
	$(MAKE) -C "$(KDIR)" M="$(CURDIR)/$(B)/module" \
		INSTALL_MOD_PATH="$(DESTDIR)" INSTALL_MOD_DIR=updates modules_install
	# Debian's headers have no System.map, without which kbuild skips depmod.
	[ -n "$(DESTDIR)" ] || depmod -a "$$(modinfo -F vermagic $(B)/module/raft.ko | cut -d' ' -f1)"
tools-install: tools
	install -D -m 755 $(B)/raftctl $(DESTDIR)$(SBINDIR)/raftctl
	install -D -m 755 $(B)/raftdump $(DESTDIR)$(SBINDIR)/raftdump
	install -D -m 644 uapi/linux/raft.h $(DESTDIR)$(PREFIX)/include/linux/raft.h
	install -d $(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(MANDIR)/man5 $(DESTDIR)$(MANDIR)/man4
	install -m 644 tools/raftctl/raftctl.8 tools/raftdump/raftdump.8 $(DESTDIR)$(MANDIR)/man8
	install -m 644 tools/raftctl/raft.conf.5 $(DESTDIR)$(MANDIR)/man5
	install -m 644 tools/raftctl/raft.4 $(DESTDIR)$(MANDIR)/man4
	install -d -m 700 $(DESTDIR)$(SYSCONFDIR)/raft
	tools/raftctl/dist/install.sh "$(DESTDIR)" "$(PREFIX)"
dkms-install:
	tools/raftctl/dist/dkms-install.sh "$(DESTDIR)" "$(VERSION)"

clean:
	rm -rf $(B) tools/sim/raft-sim
distclean: clean
	rm -rf "$${RAFT_CACHE:-$$HOME/.cache/raft}"
