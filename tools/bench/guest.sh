#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh PART... - runs in the guest of bench.sh: owns one round, which measures each
# system in turn, and before each what a commit rests on; a line of JSON for each run goes
# to $LAB_OUT/runs.jsonl, a line for people to stdout. Parts: loads, own, idle,
# growth.
#
# Every system has three nodes, each in a network namespace of its own on one bridge, files
# on a disk of its own (or all in one tmpfs), heartbeats of 100 ms and elections after 1 s (the
# heartbeat of the part idle: as it says), and clients in the namespace of the leader.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
RAFT_DIR=/srv/none
export RAFT_DIR
# shellcheck source=tools/lab/netns.sh
. "$TOP/tools/lab/netns.sh"
# shellcheck source=tools/lab/cluster.sh
. "$TOP/tools/lab/cluster.sh"
# shellcheck source=tools/bench/systems.sh
. "$TOP/tools/bench/systems.sh"
# shellcheck source=tools/bench/growth.sh
. "$TOP/tools/bench/growth.sh"

round=$BENCH_ROUND
watched=$(mktemp)	# of raft-bench watch
started=$SECONDS

progress() { printf 'round %s, %3d s: %s\n' "$round" $((SECONDS - started)) "$*"; }
cannot() { # cannot WHAT...: a step does not run, and it is said why
	progress "CANNOT: $*"
	printf '{"round":%s,"cannot":"%s"}\n' "$round" "${*//[\"\\]/ }" >>"$LAB_OUT/runs.jsonl"
}

# still WHAT...: or what was measured is not the system's alone, and this is said.
stood=0
still() {
	local line
	while read -r line; do
		stood=$((stood + 1))
		cannot "$*: the machine $line"
	done < <(tail -n +$((stood + 1)) "$watched")
}

# record SYSTEM STORAGE WHAT OBJECT: of a program that measured.
record() {
	still "$1, $2, $3"
	[[ $4 == "{"*"}" ]] || { cannot "$1, $2, $3: ${4:-no answer}"; return 0; }
	[[ $4 != *'"error"'* ]] || { cannot "$1, $2, $3: $4"; return 0; }
	printf '{"round":%s,"system":"%s","storage":"%s","what":"%s",%s\n' "$round" "$1" "$2" "$3" "${4#\{}" \
		>>"$LAB_OUT/runs.jsonl"
}

# The kernel's and the processes' own, without what is a file's.
memory_kib() {
	awk '/^(MemFree|Buffers|Cached|SReclaimable):/ { not += $2 } /^MemTotal:/ { all = $2 } END { print all - not }' /proc/meminfo
}

# --- What a commit rests on ------------------------------------------------

# limits_line N: the last N answers of /dev/limits, of which the middle one by its median.
limits_line() {
	dmesg | sed -n 's/.*limits: len/len/p' | tail -n "$1" | sort -n -k 8 | sed -n "$((($1 + 1) / 2))p"
}

# record_limit STORAGE WHAT SIZE LINE
record_limit() {
	record limit "$1" "$2" "$(sed -nE 's/len ([0-9]+) n ([0-9]+) lost ([0-9]+) p50 ([0-9]+) p99 ([0-9]+) p99.9 ([0-9]+) max ([0-9]+) ns/{"size":\1,"done":\2,"failed":\3,"p50_ns":\4,"p99_ns":\5,"p999_ns":\6,"max_ns":\7}/p' <<<"$4")"
}

# kernel_limit STORAGE WHAT SIZE NODE COMMAND: COMMAND to /dev/limits at NODE.
kernel_limit() {
	local line=''
	ns "$4" sh -c 'echo "$1" >/dev/limits' sh "$5" && line=$(limits_line 1)
	record_limit "$1" "$2" "$3" "$line"
}

# write_limits STORAGE: overwrites of node 1's disk, then of all three disks at once, as a
# commit has them.
write_limits() {
	local i pids=()
	for i in 1 2 3; do
		dd if=/dev/zero of="/srv/$1/$i/limits" bs=1M count=1 conv=fsync status=none
	done
	kernel_limit "$1" write 4096 1 "write /srv/$1/1/limits 1000"
	for i in 1 2 3; do
		echo "write /srv/$1/$i/limits 1000" >/dev/limits &
		pids+=($!)
	done
	wait "${pids[@]}" && record_limit "$1" write3 4096 "$(limits_line 3)"
	rm "/srv/$1"/?/limits
}

# limits STORAGE: anew before each system, for a shared machine is not the same for long. A
# datagram of the size of a message with a small command; a write of a block of a log.
limits() {
	insmod "$LIMITS_KO" || { cannot "limits: the module does not load"; return 0; }
	ns 2 sh -c 'echo server 9000 >/dev/limits'
	kernel_limit "$1" udp 256 1 "client 10.77.0.2 9000 2000 256"
	write_limits "$1"
	rmmod limits
	record limit "$1" switch "$("$RAFT_TOOLS/raft-bench" switch -T 1 --json)"
}

# --- Loads -----------------------------------------------------------------

# batches STORAGE SIZE: 64 clients of raft.ko whom one thread serves, a call for all of them.
batches() {
	record "raft.ko, batches" "$1" commit "$(ko_load propose -s "$2" -t 64 -b 64 -T "$BENCH_SECONDS" || :)"
}

load() { # load SYSTEM STORAGE WHAT OPTIONS...
	local system=$1 storage=$2 what=$3 line
	shift 3
	line=$("${system}_load" "$@") || :
	record "$(system_name "$system")" "$storage" "$what" "$line"
}

# same_term SYSTEM TERM WHAT...: or what was measured has an election in it, and this is said.
same_term() {
	[ "$("${1}_term")" = "$2" ] || cannot "${*:3}: an election in between"
}

system_end() { # system_end SYSTEM STORAGE: and its files
	"${1}_down" || cannot "$(system_name "$1") does not end"
	rm -rf "/srv/$2"/?/"$1"*
}

# in_kernel STORAGE: the leader's first message with an entry to its commit, by tracepoints:
# one client, no system call, no wake-up of the client.
in_kernel() {
	local tracing=/sys/kernel/tracing events='raft_msg raft_commit' event
	[ -d $tracing/events/raft ] || { cannot "latency inside the kernel: no tracepoints"; return 0; }
	echo mono >$tracing/trace_clock
	echo 8192 >$tracing/buffer_size_kb
	for event in $events; do echo 1 >"$tracing/events/raft/$event/enable"; done
	ko_load propose -s 256 -n 1000 >/dev/null || :
	for event in $events; do echo 0 >"$tracing/events/raft/$event/enable"; done
	record raft.ko "$1" kernel "$(awk -v node="node=$leader" -f "$TOP/tools/bench/trace.awk" $tracing/trace)"
	echo >$tracing/trace
}

loads_of() { # loads_of SYSTEM STORAGE
	local system=$1 storage=$2 size clients rate before after term
	limits "$storage"
	before=$(memory_kib)
	if ! "${system}_up" "/srv/$storage" 100; then
		cannot "$(system_name "$system") on $storage: no leader"
		system_end "$system" "$storage"
		return
	fi
	term=$("${system}_term")
	# Connections, caches and lazily made files.
	"${system}_load" propose -s 256 -t 8 -T 1 >/dev/null || :
	[ "$system" != ko ] || in_kernel "$storage"
	for size in $BENCH_SIZES; do
		for clients in $BENCH_CLIENTS; do
			load "$system" "$storage" commit propose -s "$size" -t "$clients" -T "$BENCH_SECONDS"
		done
		[ "$system" != ko ] || batches "$storage" "$size"
	done
	for rate in $BENCH_RATES; do
		load "$system" "$storage" open propose -s 256 -t 64 -r "$rate" -T "$BENCH_SECONDS"
	done
	for clients in $BENCH_READERS; do
		load "$system" "$storage" read read -t "$clients" -T "$BENCH_SECONDS"
	done
	after=$(memory_kib)
	same_term "$system" "$term" "$(system_name "$system") on $storage"
	record "$(system_name "$system")" "$storage" memory "{\"kib\":$((after - before))}"
	system_end "$system" "$storage"
	progress "$(system_name "$system") on $storage"
}

loads() {
	local storage system
	for storage in $BENCH_STORAGES; do
		for system in $(in_turn); do loads_of "$system" "$storage"; done
	done
}

# own: one client and 64 of raft.ko on disks that share nothing, as those of three machines: a write
# takes its time by a timer, not by the work of a processor or of the disk that all are files of.
own() {
	local ms i BENCH_SIZES=256 BENCH_CLIENTS='1 64' BENCH_RATES='' BENCH_READERS=''
	for ms in 1 4; do
		if own_mount $ms; then
			loads_of ko own-${ms}ms
		else
			cannot "disks of their own, $ms ms: not made by scsi_debug"
		fi
		for i in 1 2 3; do umount -q "/srv/own-${ms}ms/$i" || :; done
		modprobe -q -r scsi_debug || :
	done
}

own_mount() { # own_mount MS: /srv/own-MSms/1 to 3, in memory, a write takes MS
	local i=0 tries
	modprobe -q sd_mod || return
	modprobe -q scsi_debug add_host=3 per_host_store=1 dev_size_mb=512 ndelay="${1}000000" || return
	for ((tries = 50; tries; tries--)); do
		[ ! -b /dev/sda ] || [ ! -b /dev/sdb ] || [ ! -b /dev/sdc ] || break
		sleep 0.2
	done
	for i in 1 2 3; do mkfs.ext4 -q -F "/dev/sd$(tr 123 abc <<<$i)" || return; done
	mount_disks "own-${1}ms" /dev/sd[abc]
}

# in_turn: the systems, in another order in each round.
in_turn() {
	local all i
	read -ra all <<<"$BENCH_SYSTEMS"
	for i in "${!all[@]}"; do echo "${all[(i + round) % ${#all[@]}]}"; done
}

# --- Nothing to do ---------------------------------------------------------

idle() {
	local system heartbeat
	record none none idle "$("$RAFT_TOOLS/raft-bench" idle -T "$BENCH_IDLE" --json)"
	for heartbeat in $BENCH_HEARTBEATS; do
		for system in $(in_turn); do
			if "${system}_up" /srv/mem "$heartbeat"; then
				sleep 1
				record "$(system_name "$system")" "$heartbeat" idle "$("$RAFT_TOOLS/raft-bench" idle -T "$BENCH_IDLE" --json)"
			else
				cannot "$(system_name "$system") with heartbeats of $heartbeat ms: no leader"
			fi
			system_end "$system" mem
		done
		progress "idle, heartbeats of $heartbeat ms"
	done
}

mount_disks() { # mount_disks STORAGE DEVICE...: those that are there
	local i=0 dev
	for dev in "${@:2}"; do
		[ ! -b "$dev" ] || { mkdir -p "/srv/$1/$((i += 1))" && mount -t ext4 "$dev" "/srv/$1/$i"; }
	done
	[ $i = 3 ] || { cannot "$1: $i disks, not 3"; return 1; }
}

mkdir -p /srv/mem
mount -t tmpfs -o size=70% tmpfs /srv/mem
mkdir -p /srv/mem/{1,2,3}
mount_disks disk /dev/vd[abc] /dev/ubd[abc] || exit 1
[[ $BENCH_STORAGES != *nvme* ]] || { modprobe nvme && mount_disks nvme /dev/nvme[012]n1; } || exit 1
"$RAFT_TOOLS/raft-bench" watch >"$watched" &
watch=$!
lab_net_up 3
raft_load
progress "kernel $(uname -r), $(nproc) processor(s)"
for part; do "$part"; done
raft_unload
kill $watch || cannot "raft-bench watch ended before the round did"
