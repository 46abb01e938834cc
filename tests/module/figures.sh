#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# figures.sh [um|stock [PART...]] - `make figures`: what a cluster of three costs, beside
# what its network and its disk cost in the same run; figures-guest.sh measures, and says
# what its parts are.
#
# Figures of an emulated machine are good for comparing with each other, not with those of
# hardware. ROUNDS=20 fail-overs, TRANSFERS=50, SECONDS_EACH=10 for the disk, COUNT_1=2000
# commands of one client, COUNT_8=4000 of eight, COUNT_64=16000 of 64, ENTRIES=100000 for a
# node that is added to catch up with, SNAPSHOT_MIB='16 256' for those that a node gets,
# MEMORY_ENTRIES='10000 1000000' in logs whose memory is bounded.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
kernel=${1:-stock}
shift $(($# > 0))
make -s tools build/module-probe build/module-large
ko=$(tools/lab/module.sh "$kernel")
paths=$(tools/lab/kernel.sh "$kernel")
eval "$paths"
mkdir -p build/limits-"$kernel"
cp -u tools/bench/limits/* build/limits-"$kernel"/
make -s -C "$KDIR" ARCH="$ARCH" M="$top/build/limits-$kernel" modules >build/limits.log 2>&1 || {
	cat build/limits.log >&2
	exit 1
}
disk=$(mktemp)
trap 'rm -f "$disk"' EXIT
truncate -s 8G "$disk"
mkfs.ext4 -q -F "$disk"
env=(-e "RAFT_TOOLS=$top/build" -e "RAFT_KO=$ko" -e "LIMITS_KO=$top/build/limits-$kernel/limits.ko"
	-e ROUNDS -e TRANSFERS -e SECONDS_EACH -e COUNT_1 -e COUNT_8 -e COUNT_64 -e ENTRIES -e SNAPSHOT_MIB
	-e MEMORY_ENTRIES -e RAFT_ET)
echo "host: $(uptime)"
case $kernel in
stock) tools/lab/vm.sh -smp 2 -m 3072 -t 3000 "${env[@]}" --disk "$disk" tests/module/figures-guest.sh "$@" ;;
um) tools/lab/um.sh -m 2560 -t 3000 "${env[@]}" --disk "$disk" tests/module/figures-guest.sh "$@" ;;
*) echo "figures.sh: um or stock, not $kernel" >&2; exit 2 ;;
esac
echo "host: $(uptime)"
