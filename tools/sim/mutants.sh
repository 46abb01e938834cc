#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every deliberate mistake must be found by a scenario or the fuzzer.  Prints TAP
# and fails if one is not.  usage: mutants.sh [NAME...]
set -e
cd "$(dirname "$0")/../.."
set -- "$@" --
for f in tools/sim/testdata/*.scn tests/scenarios/*.scn; do
	[ -e "$f" ] && set -- "$@" "$f"
done
exec build/raft-sim-mutants hunt "$@"
