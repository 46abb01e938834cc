#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# logwrites.sh - crash consistency of a running node: what it writes to its block device
# under load is recorded on Debian's stock kernel (logwrites-guest.sh), then the power
# fails, on paper, at each flush and at random states between them (build/logwrites).
# TAP on stdout.
#
#   [ROUNDS=1] [SECONDS_OF_LOAD=8] [POINTS=3] [LEAST=2000] [SEED=N] logwrites.sh
#
# POINTS are the prefixes, and the subsets, that are tried for each write; fewer than LEAST
# in all are a failure. Recordings are in build/logwrites.out afterwards.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
ROUNDS=${ROUNDS:-1} SECONDS_OF_LOAD=${SECONDS_OF_LOAD:-8} POINTS=${POINTS:-3} LEAST=${LEAST:-2000}
export ROUNDS SECONDS_OF_LOAD SEED=${SEED:-$((RANDOM + 1))}
echo "# SEED=$SEED"
make -s tools build/logwrites build/logwrites-load
ko=$(tools/lab/module.sh stock --faults)
out=build/logwrites.out
rm -rf $out
mkdir -p $out
disks=()
what=(good nosync unordered)
for i in "${!what[@]}"; do
	truncate -s "$((4 * ROUNDS))M" "$out/$((i + 1)).disk"
	truncate -s 2G "$out/$((i + 1)).log"
	disks+=(--disk "$out/$((i + 1)).disk" --disk "$out/$((i + 1)).log")
done
rc=0
tools/lab/vm.sh -smp 2 -m 1024 -t $((600 + 120 * ROUNDS)) "${disks[@]}" -o $out -e "RAFT_TOOLS=$top/build" -e "RAFT_KO=$ko" \
	-e RAFT_PATIENCE -e ROUNDS -e SECONDS_OF_LOAD -e SEED tests/module/logwrites-guest.sh "${what[@]}" >$out/guest 2>&1 || rc=$?
bad=0
if [ $rc != 0 ]; then
	echo "not ok - the recordings: exit code $rc"
	tail -n 60 $out/guest | sed 's/^/# /'
	exit 1
fi

replay() { build/logwrites -s "$SEED" -n "$POINTS" "$@" >$out/verdict 2>&1; }

# Everything that is to be tried was in it.
if replay -m "$LEAST" $out/1.disk $out/1.log $out/1.trace && ! grep -qE '\b0 (acknowledged|votes|truncations|boots)' $out/verdict; then
	echo "ok - power-off at any moment: $(tail -n 1 $out/verdict)"
else
	echo "not ok - power-off at any moment"
	sed 's/^/# /' $out/verdict
	bad=1
fi
for i in 2 3; do
	rc=0
	replay $out/$i.disk $out/$i.log $out/$i.trace || rc=$?
	sed 's/^/# /' $out/verdict
	if [ $rc = 1 ]; then
		echo "ok - broken on purpose, ${what[i - 1]}: rejected: $(grep -m 1 '^lost' $out/verdict)"
	else
		echo "not ok - broken on purpose, ${what[i - 1]}: not rejected (exit code $rc)"
		bad=1
	fi
done
echo "1..3"
exit $bad
