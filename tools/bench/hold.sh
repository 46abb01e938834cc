#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hold.sh - `make hold`: which heartbeat is enough to stay leader on a machine that is under
# stress: raft.ko beside libraft and etcd, on Debian's stock kernel with two processors.
#
#   OUT=build/hold    hold.json, hold.rst; Documentation/performance to record
#   SHORT=1           raft.ko, some of it, about five minutes
#   SYSTEMS="ko libraft etcd"  STORAGES="disk mem nvme stable"  STRESS="none busy fifo1 fifo50 leader50
#   memory leadermem io leaderio flood fork"  HEARTBEATS="100 50 20 10 5 2 1"  in ms  SECONDS_EACH=5  TRIES=3
#   PARTS="hold checks"  CHECK=20   its heartbeat in ms
#   KERNEL=um         raft.ko alone under User-mode Linux: native speed, one processor
#   KO=FILE           another build of the module    NICE=-15   of the virtual machine
#   ADD=1             keep what was measured before in OUT
#   REPORT=1          measure nothing, report what is in OUT/runs.jsonl
#
# Needs root (packages are installed, none of them a kernel). The machine is started for each
# system, storage and stress anew; hold_guest.sh says what is done there.
set -eu
# shellcheck source=tools/lab/lib.sh
. "$(dirname "$0")/../lab/lib.sh"
top=$(cd "$LAB/../.." && pwd)
cd "$top"
# shellcheck source=tools/bench/etcd.sh
. tools/bench/etcd.sh

OUT=${OUT:-build/hold}
if [ -n "${SHORT:-}" ]; then
	: "${SYSTEMS:=ko}" "${STORAGES:=disk}" "${STRESS:=none fifo50 io}" "${HEARTBEATS:=100 20 10}" "${SECONDS_EACH:=3}"
fi
: "${KERNEL:=stock}"
[ "$KERNEL" != um ] || SYSTEMS=ko
: "${SYSTEMS:=ko libraft etcd}" "${STORAGES:=disk mem}" "${STRESS:=none busy fifo1 fifo50 leader50 memory leadermem io leaderio flood fork}"
: "${HEARTBEATS:=100 50 20 10 5 2 1}" "${SECONDS_EACH:=5}" "${TRIES:=3}" "${PARTS:=hold checks}" "${CHECK:=20}"
mkdir -p "$OUT"

# sample FILE: the host's processes that want a processor, twice a second.
sample() {
	while sleep 0.5; do cut -d' ' -f4 /proc/loadavg | cut -d/ -f1 >"$1"; done
}

disk() { # disk disk|nvme FILE SIZE [MAKE...]
	rm -f "$2"
	truncate -s "$3" "$2"
	"${@:4}" "$2" >/dev/null 2>&1
	disks+=("--$1" "$2")
}

machine() { # machine SYSTEM STORAGE STRESS
	local disks=() kind=disk sampler i
	rm -rf "$work/out"
	mkdir "$work/out"
	[ "$2" != nvme ] || kind=nvme
	for i in 1 2 3; do disk $kind "$work/disk$i" 1G mkfs.ext4 -q -F; done
	disk disk "$work/swap" 3G mkswap
	sample "$work/out/host" &
	sampler=$!
	# shellcheck disable=SC2086
	nice -n "${NICE:-0}" "${boot[@]}" -t 900 -o "$work/out" "${disks[@]}" "${env[@]}" \
		tools/bench/hold_guest.sh "$@" $PARTS || say "CANNOT: $* ended with $?; what it measured until then counts"
	kill $sampler
	tools/bench/hold_trace.py "$work/out" >>"$OUT/runs.jsonl"
}

measure() {
	local system storage stress ko etcd
	tools/lab/deps.sh build vm bench
	make -s tools bench-peers
	ko=${KO:-$(tools/lab/module.sh "$KERNEL" | tail -n 1)}
	boot=(tools/lab/vm.sh -smp 2 -m 1024)
	[ "$KERNEL" != um ] || boot=(tools/lab/um.sh -m 512)
	etcd=$(unpack_etcd)
	env=(-e "RAFT_TOOLS=$top/build" -e "RAFT_KO=$ko" -e "BENCH_ETCD=$etcd" -e "HOLD_HEARTBEATS=$HEARTBEATS"
		-e "HOLD_SECONDS=$SECONDS_EACH" -e "HOLD_TRIES=$TRIES" -e "HOLD_CHECK=$CHECK")
	[ -n "${ADD:-}" ] || : >"$OUT/runs.jsonl"
	for stress in $STRESS; do
		for storage in $STORAGES; do
			for system in $SYSTEMS; do machine "$system" "$storage" "$stress"; done
		done
	done
}

if [ -z "${REPORT:-}" ]; then
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	measure
fi
tools/bench/hold_report.py "$OUT"
