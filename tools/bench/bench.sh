#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench.sh - `make bench`: raft.ko beside libraft, etcd and what a commit rests on, all in
# one virtual machine with Debian's stock kernel and two processors, in turn, in rounds.
#
#   ROUNDS=5          how often everything is measured; each round boots the machine anew
#   SHORT=1           few workloads, about three minutes a round
#   GUARD=1           of the short form only what guard.py looks at, two rounds, which then
#                     judges by what is on record; no etcd. TAP on stdout
#   OUT=build/bench   results.json, results.rst, *.svg; Documentation/performance to record
#   KERNELS="stock um"  um: raft.ko alone under User-mode Linux, whose kernel code runs at
#                     native speed; that kernel is built first, ten minutes, once. SHORT: stock
#   REPORT=1          measure nothing, report what an earlier run left in OUT/runs*.jsonl
#   SYSTEMS="ko libraft etcd"  STORAGES="mem disk nvme"  PARTS="loads own idle growth"  SECONDS_EACH=2
#   ENTRIES="10000 100000 1000000 10000000"  how long a log grows under User-mode Linux
#
# Needs root (packages are installed, none of them a kernel). Figures are good for ratios
# within one run only: see Documentation/performance.rst.
set -eu
# shellcheck source=tools/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"
top=$(cd "$LAB/../.." && pwd)
cd "$top"
# shellcheck source=tools/bench/etcd.sh
. tools/bench/etcd.sh

if [ -n "${GUARD:-}" ]; then SHORT=1 OUT=${OUT:-build/guard} ROUNDS=${ROUNDS:-2} SYSTEMS="ko libraft" PARTS=loads; fi
OUT=${OUT:-build/bench} ROUNDS=${ROUNDS:-5}
[ -n "${KERNELS:-}" ] || { KERNELS=stock; [ -n "${SHORT:-}" ] || KERNELS+=" um"; }
mkdir -p "$OUT"
if [ -z "${REPORT:-}" ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	: >"$OUT/runs.jsonl"
	: >"$OUT/runs-um.jsonl"
fi

settings() {
	if [ -n "${GUARD:-}" ]; then
		sizes=256 clients="1 64" readers='' rates='' heartbeats='' seconds=1
	elif [ -n "${SHORT:-}" ]; then
		sizes=256 clients="1 64" rates=50 heartbeats=10 seconds=2 nodes="3 9" groups="1 10"
	else
		sizes="61440 4096 16 256" clients="1 8 64" rates="50 500" heartbeats="100 10 1" seconds=2
		nodes="3 5 7 9" groups="1 10 100"
	fi
	# A thousand groups have logs of 3 GiB, ten million entries of 9, in a tmpfs of 70 %.
	groups_um=${groups:-} entries_um="10000 1000000" um_mem=3000
	[ "$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)" -lt 18000000 ] || um_mem=14500
	if [ -z "${SHORT:-}" ] && [ $um_mem = 14500 ]; then
		groups_um+=" 1000" entries_um="10000 100000 1000000 10000000"
	fi
	entries_um=${ENTRIES-$entries_um}
	env=(-e "BENCH_SIZES=$sizes" -e "BENCH_CLIENTS=$clients" -e "BENCH_RATES=$rates" -e "BENCH_READERS=${readers-$clients}"
		-e "BENCH_NODES=${nodes:-}" -e "BENCH_HEARTBEATS=$heartbeats" -e "BENCH_SECONDS=${SECONDS_EACH:-$seconds}"
		-e BENCH_IDLE=5 -e "RAFT_TOOLS=$top/build")
}

limits_module() { # limits_module KERNEL: its path
	local KDIR ARCH='' paths dir=build/limits-$1
	paths=$(tools/lab/kernel.sh "$1")
	eval "$paths"
	mkdir -p "$dir"
	cp -u tools/bench/limits/* "$dir/"
	make -s -C "$KDIR" ARCH="$ARCH" M="$top/$dir" modules >"$dir.log" 2>&1 || die "not built, see $top/$dir.log"
	echo "$top/$dir/limits.ko"
}

# host_load RUNS: processes that want one of the host's processors, a minute's mean.
host_load() {
	printf '{"round":%s,"host_load":%s}\n' "$round" "$(cut -d' ' -f1 /proc/loadavg)" >>"$1"
}

disk() { # disk disk|nvme FILE
	rm -f "$2"
	truncate -s 2G "$2"
	mkfs.ext4 -q -F "$2"
	disks+=("--$1" "$2")
}

# one_round KERNEL RUNS SYSTEMS STORAGES PARTS COMMAND...: COMMAND boots KERNEL.
one_round() {
	local kernel=$1 runs=$2 systems=$3 storages=$4 parts=$5 ko limits i disks=()
	shift 5
	ko=$(tools/lab/module.sh "$kernel" | tail -n 1)
	limits=$(limits_module "$kernel")
	rm -rf "$work/out"
	mkdir "$work/out"
	host_load "$runs"
	for i in 1 2 3; do
		disk disk "$work/disk$i"
		[[ $storages != *nvme* ]] || disk nvme "$work/nvme$i"
	done
	# shellcheck disable=SC2086
	"$@" -t 3000 -o "$work/out" "${disks[@]}" -e "BENCH_ROUND=$round" -e "BENCH_SYSTEMS=$systems" -e "BENCH_STORAGES=$storages" \
		-e "RAFT_KO=$ko" -e "LIMITS_KO=$limits" -e "BENCH_GROUPS=${groups:-}" -e "BENCH_ENTRIES=${entries:-}" "${env[@]}" tools/bench/guest.sh $parts ||
		say "CANNOT: round $round under $kernel ended with $?; what it measured until then counts"
	host_load "$runs"
	cat "$work/out/runs.jsonl" >>"$runs" || say "CANNOT: round $round under $kernel measured nothing"
}

round_stock() {
	one_round stock "$OUT/runs.jsonl" "${SYSTEMS:-ko libraft etcd}" "${STORAGES:-mem disk nvme}" \
		"${PARTS:-loads own idle growth}" \
		tools/lab/vm.sh -smp 2 -m 4096
}

# On one processor of the host: on two each switch between the kernel and its processes may be to
# the other one, or not, for minutes, and is three times as slow then.
round_um() {
	groups=$groups_um entries=$entries_um one_round um "$OUT/runs-um.jsonl" ko "${STORAGES:-mem disk}" "${PARTS:-loads growth}" \
		taskset -c 0 tools/lab/um.sh -m "$um_mem"
}

measure() {
	local round kernel
	tools/lab/deps.sh build vm bench
	make -s tools bench-peers
	settings
	[ -n "${GUARD:-}" ] || env+=(-e "BENCH_ETCD=$(unpack_etcd)")
	for ((round = 1; round <= ROUNDS; round++)); do
		for kernel in $KERNELS; do
			say "round $round of $ROUNDS, $kernel; host: $(uptime)"
			"round_$kernel"
		done
	done
}

[ -z "${work:-}" ] || measure
if [ -n "${GUARD:-}" ]; then
	tools/bench/guard.py "$OUT/runs.jsonl" Documentation/performance/results.json
else
	tools/bench/report.py "$OUT"
fi
