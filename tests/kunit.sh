#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kunit.sh DIR [DISK] - runs in the guest: loads raft.ko and raft_kunit.ko from DIR and turns
# the KTAP in the kernel log into TAP lines, one for each case. Once more with the
# write-ahead log on the block device DISK, of 4 MiB, which is overwritten.
set -eu
dir=$1
insmod "$dir/raft.ko" ${RAFT_MUTANT:+"mutant=$RAFT_MUTANT"}

cases() { # cases NAME [PARAMETER...]
	name=$1
	shift
	dmesg -C
	insmod "$dir/raft_kunit.ko" "$@"
	dmesg | sed 's/^\[[^]]*\] //' >/run/ktap
	rmmod raft_kunit
	# Cases and their parameters are indented; suites are not.
	sed -nE "s/^ +((not )?ok) [0-9]+ (- )?(.*)\$/\1 - $name \4/p" /run/ktap
	grep -E -A2 '# .*(EXPECTATION|ASSERTION)|Expected|==' /run/ktap | head -40 || true
	grep -qE '^ +ok' /run/ktap && ! grep -qE '^ *not ok' /run/ktap
}

bad=0
cases kunit || bad=1
[ -z "${2:-}" ] || cases "kunit, log on a disk," "wal_file=$2" || bad=1
rmmod raft
exit $bad
