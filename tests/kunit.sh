#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kunit.sh - runs in the guest: loads raft.ko and raft_kunit.ko from DIR and turns
# the KTAP in the kernel log into TAP lines, one for each case.
set -eu
dir=$1
insmod "$dir/raft.ko"
dmesg -C
insmod "$dir/raft_kunit.ko"
dmesg | sed 's/^\[[^]]*\] //' >/run/ktap
# Cases and their parameters are indented; suites are not.
sed -nE 's/^ +((not )?ok) [0-9]+ (- )?(.*)$/\1 - kunit \4/p' /run/ktap
grep -E '# .*(EXPECTATION|ASSERTION)|Expected|==' /run/ktap | head -40 || true
rmmod raft_kunit
rmmod raft
! grep -qE '^ *not ok' /run/ktap
grep -qE '^ +ok' /run/ktap
