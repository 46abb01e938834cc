#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# host.sh stock|stock-6.12|um|um-debug [FUNC...] - builds what the tests of the real module
# need and runs them (run.sh) in one boot of that kernel. TAP on stdout.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
kernel=${1:?usage: host.sh stock|stock-6.12|um|um-debug [FUNC...]}
shift
make -s tools build/module-probe build/module-large build/module-sniff build/module-stamp
[ ! -e tests/module/badinput_io.c ] || make -s build/badinput
# With TEST_FAULTS the module has the fault hooks that some tests need.
ko=$(tools/lab/module.sh "$kernel" ${TEST_FAULTS:+--faults})
disk=$(mktemp)
nvme=$(mktemp)
trap 'rm -f "$disk" "$nvme"' EXIT
truncate -s 512M "$disk" "$nvme"
env=(-e "RAFT_TOOLS=$top/build" -e "RAFT_KO=$ko" -e RAFT_ET -e RAFT_PATIENCE -e RAFT_MUTANT -e TEST_LIMIT -e MEMORY_SECONDS -e CASES)
case $kernel in
stock*) tools/lab/vm.sh --kernel "$kernel" -smp 2 -m 1024 -t 3000 "${env[@]}" --disk "$disk" --nvme "$nvme" tests/module/run.sh "$@" ;;
um) tools/lab/um.sh -m 768 -t 3000 "${env[@]}" --disk "$disk" tests/module/run.sh "$@" ;;
um-debug) tools/lab/um.sh -d -m 2048 -t 5000 "${env[@]}" --disk "$disk" tests/module/run.sh "$@" ;;
*) echo "host.sh: no such kernel: $kernel" >&2; exit 2 ;;
esac
