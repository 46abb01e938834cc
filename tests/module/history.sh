#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# history.sh stock|um|um-debug [FUNC...] - clients that propose and read at nodes in
# trouble; is what they saw linearizable? history-guest.sh tells the rest. TAP on stdout.
#
#   [HISTORY_SECONDS=60] [SEED=N] [TROUBLES="cut pause"] history.sh stock
#
# The histories are in build/histories-KERNEL afterwards.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
kernel=${1:?usage: history.sh stock|um|um-debug [FUNC...]}
shift
export HISTORY_SECONDS=${HISTORY_SECONDS:-60} SEED=${SEED:-$((RANDOM % 32768))}
echo "# SEED=$SEED HISTORY_SECONDS=$HISTORY_SECONDS"
make -s tools build/history
ko=$(tools/lab/module.sh "$kernel" --faults)
out=build/histories-$kernel
mkdir -p "$out"
rm -f "$out"/*
disk=$(mktemp)
trap 'rm -f "$disk"' EXIT
truncate -s 2G "$disk"
mkfs.ext4 -q -F "$disk"
lab=(-t $((4 * HISTORY_SECONDS + 3000)) --disk "$disk" -o "$out"
	-e "RAFT_TOOLS=$top/build" -e "RAFT_KO=$ko" -e HISTORY_SECONDS -e SEED -e TROUBLES -e RAFT_ET -e RAFT_PATIENCE)
case $kernel in
stock) tools/lab/vm.sh -smp 2 -m 1024 "${lab[@]}" tests/module/history-guest.sh "$@" ;;
um) tools/lab/um.sh -m 768 "${lab[@]}" tests/module/history-guest.sh "$@" ;;
um-debug) tools/lab/um.sh -d -m 2048 "${lab[@]}" tests/module/history-guest.sh "$@" ;;
*) echo "history.sh: stock, um or um-debug, not $kernel" >&2; exit 2 ;;
esac
