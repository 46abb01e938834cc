#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# logwrites.sh - crash consistency of a running node: what it writes to its block device
# under load is recorded on Debian's stock kernel (logwrites-guest.sh), then the power
# fails, on paper, at each flush and at random states between them (build/logwrites).
# TAP on stdout.
#
#   [RECORDINGS=1] [ROUNDS=1] [SECONDS_OF_LOAD=10] [POINTS=24] [LEAST=2000] [SEED=N] logwrites.sh
#
# Two recordings of a module that was broken on purpose must be rejected, and a good one
# once its trace claims what was not so. POINTS are the prefixes, and the subsets, that are
# tried for each write; fewer than LEAST states of a good recording are a failure. What was
# recorded is in build/logwrites.out afterwards.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
RECORDINGS=${RECORDINGS:-1} POINTS=${POINTS:-24} LEAST=${LEAST:-2000}
export ROUNDS=${ROUNDS:-1} SECONDS_OF_LOAD=${SECONDS_OF_LOAD:-10} SEED=${SEED:-$((RANDOM + 1))}
echo "# SEED=$SEED"
make -s tools build/logwrites build/logwrites-load
ko=$(tools/lab/module.sh stock --faults)
out=build/logwrites.out
rm -rf $out
mkdir -p $out

what=()
for ((i = 0; i < RECORDINGS; i++)); do what+=(good); done
what+=(nosync unordered)
disks=()
for i in "${!what[@]}"; do
	truncate -s 2M "$out/$((i + 1)).disk"
	truncate -s 2G "$out/$((i + 1)).log"
	disks+=(--disk "$out/$((i + 1)).disk" --disk "$out/$((i + 1)).log")
done
rc=0
tools/lab/vm.sh -smp 2 -m 1024 -t $((600 + 180 * RECORDINGS * ROUNDS)) "${disks[@]}" -o $out \
	-e "RAFT_TOOLS=$top/build" -e "RAFT_KO=$ko" -e RAFT_PATIENCE -e ROUNDS -e SECONDS_OF_LOAD -e SEED \
	tests/module/logwrites-guest.sh "${what[@]}" >$out/guest 2>&1 || rc=$?
if [ $rc != 0 ]; then
	echo "not ok - the recordings: exit code $rc"
	tail -n 60 $out/guest | sed 's/^/# /'
	exit 1
fi

bad=0
# result CODE NAME: one TAP line; CODE is that of the last replay.
result() {
	[ "$1" != 0 ] || { echo "ok - $2"; return; }
	echo "not ok - $2"
	sed 's/^/# /' $out/verdict
	bad=1
}

# replay CODE I TRACE [OPTION...]: the recording I exits with CODE.
replay() {
	local want=$1 i=$2 trace=$3 rc=0
	shift 3
	build/logwrites -s "$SEED" -n "$POINTS" "$@" "$out/$i.disk" "$out/$i.log" "$out/$trace" >$out/verdict 2>&1 || rc=$?
	[ $rc = "$want" ]
}

# All that is to be tried was in it.
good() {
	replay 0 "$1" "$1.trace" -m "$LEAST" && ! grep -qE '\b0 (acknowledged|votes|truncations|boots)' $out/verdict
}

# forged NAME SED-SCRIPT REASON: the first recording with another trace.
forged() {
	local rc=0
	sed -E "$2" $out/1.trace >$out/forged.trace
	{ replay 1 1 forged.trace && grep -qE "^lost: .*$3" $out/verdict; } || rc=1
	result $rc "a trace with $1 is rejected"
}

for i in "${!what[@]}"; do
	name=${what[i]} rc=0
	i=$((i + 1))
	if [ "$name" = good ]; then
		good $i || rc=1
		result $rc "the power fails in recording $i: $(tail -n 1 $out/verdict)"
	else
		replay 1 $i $i.trace || rc=1
		result $rc "broken on purpose, $name, is rejected: $(grep -m 1 '^lost' $out/verdict || :)"
	fi
done
last=$(grep ': ack ' $out/1.trace | tail -n 1)
forged "a command that nobody tried" '0,/: try /{/: try /d}' 'invented'
# The first one may be a refusal.
granted=' out vote-resp .* flags=$'
forged "two votes in a term" "0,/$granted/{/$granted/{p;s/ to=[0-9]+ / to=9 /}}" 'voted for'
forged "an acknowledgment that is too early" "0,/: ack /{/: ack /i\\$last
}" 'the log ends'
forged "a vote that was not written" "0,/$granted/{/$granted/s/ term=([0-9]+)/ term=90\1/}" 'it spoke in'
echo "1..$((${#what[@]} + 4))"
exit $bad
