#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# figures-guest.sh [PART...] - runs in the guest of figures.sh and prints its figures: udp
# disk commits reads readers transfers failovers catchup snapshots heartbeats memory, all of
# them if none is named.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
TMP=/run/t RAFT_DIR=/srv/mem
export TOP TMP
# shellcheck source=tests/module/lib.sh
. "$TOP/tests/module/lib.sh"
ROUNDS=${ROUNDS:-20} SECONDS_EACH=${SECONDS_EACH:-10}
COUNT_1=${COUNT_1:-2000} COUNT_8=${COUNT_8:-4000} COUNT_64=${COUNT_64:-16000}
TRANSFERS=${TRANSFERS:-50} ENTRIES=${ENTRIES:-100000} SNAPSHOT_MIB=${SNAPSHOT_MIB:-16 256}
MEMORY_ENTRIES=${MEMORY_ENTRIES:-10000 1000000}
TRACING=/sys/kernel/tracing

us() { # us NS...: microseconds
	local n
	for n; do printf '%d.%d us ' $((n / 1000)) $((n % 1000 / 100)); done
}
field() { sed -nE "s/.*\"$1\": ?([0-9]+).*/\1/p"; }

udp() {
	local i len
	insmod "$LIMITS_KO"
	ns 2 sh -c 'echo server 9000 >/dev/limits'
	for len in 64 1024; do
		ns 1 sh -c "echo client 10.77.0.2 9000 3000 $len >/dev/limits"
	done
	dmesg | sed -n 's/.*limits: /UDP round trip n1 to n2, kernel to kernel: /p'
	rmmod limits
}

disk() {
	local json
	json=$("$RAFT_TOOLS/raft-bench" fsync /srv/disk -T "$SECONDS_EACH" --json)
	echo "one synchronous 4 KiB write (O_DIRECT|O_DSYNC) of the disk: p50 $(us "$(field p50_ns <<<"$json")")p99 $(us "$(field p99_ns <<<"$json")")"
}

# By number, not by time: a fast machine must not fill the log.
bench() { # bench WHAT THREADS NODE COUNT MODE [OPTION]
	local what=$1 threads=$2 node=$3 count=$4 json
	shift 4
	json=$(ns "$node" "$RAFT_TOOLS/raft-bench" "$@" -g g -t "$threads" -n "$count" --json)
	printf '%s: %s/s, p50 %sp99 %s\n' "$what" "$(field per_second <<<"$json")" \
		"$(us "$(field p50_ns <<<"$json")")" "$(us "$(field p99_ns <<<"$json")")"
}

cluster_figures() { # cluster_figures NAME DIR
	local follower
	RAFT_DIR=$2
	mkdir -p "$RAFT_DIR"
	cluster g 3 -s 96M
	follower=$(others 3 "$leader")
	bench "$1 log, commits, 1 client at the leader" 1 "$leader" "$COUNT_1" propose
	bench "$1 log, commits, 1 client at a follower" 1 "${follower%% *}" "$COUNT_1" propose
	bench "$1 log, commits, 64 clients at the leader" 64 "$leader" "$COUNT_64" propose
	end
}

end() { # the group's, and of its logs
	raft_down g 1 2 3
	rm -f "$RAFT_DIR"/g.[0-9]*
}

commits() {
	cluster_figures "memory-backed (tmpfs)" /srv/mem
	cluster_figures "disk-backed (ext4)" /srv/disk/logs
}

# Barriers and leases beside proposals, to a group with its logs on the disk.
reads() {
	local at threads count rounds
	RAFT_DIR=/srv/disk/logs
	mkdir -p "$RAFT_DIR"
	cluster g 3 -s 120M
	at=$(others 3 "$leader")
	for at in "$leader" "${at%% *}"; do
		for threads in 1 8 64; do
			count=COUNT_$threads
			count=$((${!count} / 2))
			set -- "$threads clients at a $(raft_get g "$at" role)"
			bench "commits, $1" "$threads" "$at" "$count" propose
			rounds=$(raft_get g "$leader" read_rounds)
			bench "barriers, $1" "$threads" "$at" "$count" read
			echo "  for which $(($(raft_get g "$leader" read_rounds) - rounds)) rounds were sent for $count barriers"
			bench "reads by lease, $1" "$threads" "$at" "$count" read --lease
		done
	done
	end
}

# A thousand threads that start together, with nothing in the way of the first one; and a
# thousand of whom the last one came before the first was answered.
readers() {
	local at rounds msgs
	RAFT_DIR=/srv/mem
	cluster g 3
	patient g
	at=$(others 3 "$leader")
	for at in "$leader" "${at%% *}"; do
		readers_together g "$at" 1000
		echo "1000 readers who wait together at a $(raft_get g "$at" role): $rounds rounds, its node sent $msgs messages"
		rounds=$(raft_get g "$leader" read_rounds)
		probe "$at" barrier g 1000 0 0
		echo "1000 readers that start together at a $(raft_get g "$at" role): $(($(raft_get g "$leader" read_rounds) - rounds)) rounds"
	done
	end
}

# spread FILE: of the numbers in it.
spread() {
	local n
	n=$(wc -l <"$1")
	sort -n "$1" | awk -v n="$n" 'NR == 1 { least = $1 } NR == int(n / 2) + 1 { median = $1 } END { printf "median %s ms, least %s ms, most %s ms\n", median, least, $1 }'
}

# longest_wait NODE CMD...: of a client there, who proposes for a second, in ms; in its
# middle CMD is run, and has to work.
longest_wait() {
	local node=$1 ns
	shift
	ns "$node" "$RAFT_TOOLS/raft-bench" propose -g g -T 1 --json >"$TMP/wait" &
	sleep 0.4
	"$@" >/dev/null
	wait $!
	ns=$(field max_ns <"$TMP/wait")
	echo $((ns / 1000000)).$((ns / 100000 % 10))
}

# What a client sees who is at the node that leads neither before nor after.
transfers() {
	local k
	RAFT_DIR=/srv/mem
	: >"$TMP/with"
	: >"$TMP/without"
	for ((k = 0; k < TRANSFERS; k++)); do
		# Else its log would get full.
		[ $((k % 5)) != 0 ] || cluster g 3 -s 192M RetainEntries=20000
		leader=$(raft_wait_leader g 1 2 3)
		# shellcheck disable=SC2046
		set -- $(others 3 "$leader")
		longest_wait "$2" true >>"$TMP/without"
		longest_wait "$2" ctl "$leader" transfer -g g "$1" >>"$TMP/with"
		is "$(raft_wait_leader g 1 2 3)" "$1" "leader"
		[ $((k % 5)) != 4 ] || end
	done
	[ $((k % 5)) = 0 ] || end
	echo "longest wait of a client in a second with a transfer, $TRANSFERS rounds: $(spread "$TMP/with")"
	echo "longest wait of a client in a second without, $TRANSFERS rounds: $(spread "$TMP/without")"
}

# From "add" at the leader until the new node votes, by when it has all of the log.
catchup() {
	local t0
	RAFT_DIR=/srv/mem
	cluster g 3 -s 192M
	ns "$leader" "$RAFT_TOOLS/raft-bench" propose -g g -t 100 -b 50 -s 16 -n "$ENTRIES" --json >/dev/null
	mkdir "$RAFT_DIR/4"
	printf '[Group]\nNode = 4\nListen = 10.77.0.4:7000\nLog = %s/%%g.%%n.log\nLogSize = 192M\nElectionTimeout = %s\n' \
		"$RAFT_DIR" "$RAFT_ET" >"$RAFT_DIR/4/g.conf"
	ctl 4 up "$RAFT_DIR/4/g.conf" 2>/dev/null
	t0=${EPOCHREALTIME/./}
	ctl "$leader" member add -g g --timeout 10m 4=10.77.0.4:7000 >/dev/null
	t0=$(((${EPOCHREALTIME/./} - t0) / 1000))
	[ "$(raft_get g 4 applied)" -ge "$ENTRIES" ] || fail "node 4 has not got all"
	echo "a node is added and votes, $ENTRIES entries of 16 bytes: $t0 ms"
	raft_down g 4
	end
}

# From killing the leader (its link and then the group: it says nothing more) to the first
# proposal that the next one commits, as a client at a follower sees it.
failovers() {
	local k t0 i rest
	RAFT_DIR=/srv/mem
	cluster g 3 -s 16M
	for ((k = 0; k < ROUNDS; k++)); do
		leader=$(raft_wait_leader g 1 2 3)
		rest=$(others 3 "$leader")
		i=${rest%% *}
		echo warm | propose g "$i" -q
		raft_level g 1 2 3
		ip -n labbr link set "v$leader" down
		t0=${EPOCHREALTIME/./}
		ctl "$i" propose -g g -t 60s "failover-$k" >/dev/null
		echo $(((${EPOCHREALTIME/./} - t0) / 1000))
		raft_down g "$leader"
		ip -n labbr link set "v$leader" up
		raft_up g "$leader"
		raft_level g 1 2 3
	done >"$TMP/failover"
	echo "leader killed to first commit of the next, election timeout $RAFT_ET, $ROUNDS rounds: $(spread "$TMP/failover")"
	end
}

# rate MIB NS: as MiB/s.
rate() { awk -v mib="$1" -v ns="$2" 'BEGIN { printf "%.1f MiB/s", mib * 1e9 / ns }'; }

# udp_copy MIB: ns that the bare copy of as many bytes took, in datagrams as long as ours.
udp_copy() {
	insmod "$LIMITS_KO"
	ns "$behind" sh -c 'echo server 9000 >/dev/limits'
	ns "$leader" sh -c "echo copy 10.77.0.$behind 9000 $1 1200 >/dev/limits"
	rmmod limits
	dmesg | sed -n "s/.*limits: copy mib $1 len 1200 lost 0 ns //p" | tail -n 1
}

# act NODE WHAT: when the tracepoint of snapshots said so at the node last, in ns.
act() {
	sed -nE "s/.* ([0-9]+)\\.([0-9]{6}): raft_snapshot: group=g node=$1 $2 .*/\\1\\2000/p" $TRACING/trace | tail -n 1
}

# begin_snapshot MIB [CMD...]: node $behind, which is down, lacks what is in a snapshot so
# large, that was taken after CMD.
begin_snapshot() {
	local i
	# It may be another one by now, on a machine that is busy.
	leader=$(raft_wait_leader g 1 2 3)
	for behind in $(others 3 "$leader"); do break; done
	raft_down g "$behind"
	seq 100 | propose g "$leader" -q
	dd if=/dev/urandom of="$RAFT_DIR/state" bs=1M count="$1" status=none
	"${@:2}"
	ctl "$leader" snapshot g --file "$RAFT_DIR/state" >/dev/null
	rm "$RAFT_DIR/state"
	# The third one's log would get full: nobody asks it for what it has.
	for i in $(others 3 "$leader"); do
		[ "$i" = "$behind" ] || ctl "$i" snapshot g --empty >/dev/null
	done
	echo >$TRACING/trace
}
has_it() { grep -q "raft_snapshot: group=g node=$behind installed" $TRACING/trace; }

# transfer_rate MIB: of the snapshot that came.
transfer_rate() { rate "$1" $(($(act "$behind" installed) - $(act "$behind" receive))); }

# eight_clients SECONDS: what they see at the leader.
eight_clients() {
	ns "$leader" "$RAFT_TOOLS/raft-bench" propose -g g -t 8 -T "$1" --json >"$TMP/bench"
}
latency() { echo "$(field per_second <"$TMP/bench")/s, p50 $(us "$(field p50_ns <"$TMP/bench")")p99 $(us "$(field p99_ns <"$TMP/bench")")"; }

# How fast one comes, and what that costs the others: proposals of eight clients meanwhile,
# and for as long while the node is down.
snapshot_figures() { # snapshot_figures NAME DIR
	local mib t
	RAFT_DIR=$2
	mkdir -p "$RAFT_DIR"
	cluster g 3 -s 192M
	echo 1 >$TRACING/events/raft/raft_snapshot/enable
	for mib in $SNAPSHOT_MIB; do
		begin_snapshot "$mib"
		raft_up g "$behind"
		until_true has_it || fail "no snapshot came"
		echo "$1, snapshot of $mib MiB comes: $(transfer_rate "$mib"), the last check of it took $(us $(($(act "$behind" installed) - $(act "$behind" install))))"
		echo "  the bare copy of $mib MiB over UDP, kernel to kernel: $(rate "$mib" "$(udp_copy "$mib")")"
		t=$((($(act "$behind" installed) - $(act "$behind" receive)) / 1000000000 + 2))
		raft_level g 1 2 3
		# Before it is taken, for that makes room in the log.
		begin_snapshot "$mib" eight_clients $t
		echo "  8 clients at the leader, the node is down: $(latency)"
		raft_up g "$behind"
		eight_clients $t
		until_true has_it || fail "no snapshot came"
		echo "  8 clients at the leader, the snapshot comes, $(transfer_rate "$mib"): $(latency)"
		raft_level g 1 2 3
	done
	echo 0 >$TRACING/events/raft/raft_snapshot/enable
	end
	rm -f "$RAFT_DIR"/*.snap.*
}

snapshots() {
	snapshot_figures "memory-backed (tmpfs)" /srv/mem
	snapshot_figures "disk-backed (ext4)" /srv/disk/logs
}

# gaps WHAT CMD...: between the heartbeats that came to each follower while CMD ran.
gaps() {
	local what=$1 i
	shift
	echo >$TRACING/trace
	echo 1 >$TRACING/events/raft/raft_msg/enable
	"$@" >/dev/null
	echo 0 >$TRACING/events/raft/raft_msg/enable
	for i in $(others 3 "$leader"); do
		sed -nE "s/.* ([0-9.]+): raft_msg: group=g node=$i in heartbeat .*/\1/p" $TRACING/trace |
			awk 'NR > 1 { printf "%.3f\n", ($1 - t) * 1000 } { t = $1 }' >"$TMP/gaps"
		echo "$what: between heartbeats at node $i: $(spread "$TMP/gaps")"
	done
}
large() { ns "$leader" "$RAFT_TOOLS/module-large" propose g "$1" 30 1048576; }
comes() {
	raft_up g "$behind"
	until_true at_least_snapshot
}
at_least_snapshot() { [ "$(raft_get g "$behind" snapshot)" -gt 0 ]; }

# What bulk data on the way do to heartbeats (trap 52).
heartbeats() {
	RAFT_DIR=/srv/mem
	cluster g 3 -s 192M
	echo "a heartbeat every $(raft_get g "$leader" heartbeat_ms) ms"
	echo 'type == 7 && out == 0' >$TRACING/events/raft/raft_msg/filter
	gaps "nothing else" sleep 3
	gaps "30 commands of 1 MiB" large burst
	begin_snapshot 128
	gaps "a snapshot of 128 MiB comes to node $behind" comes
	echo 0 >$TRACING/events/raft/raft_msg/filter
	end
	rm -f "$RAFT_DIR"/*.snap.*
}

kernel_kib() { awk '/^(SUnreclaim|VmallocUsed|Percpu):/ { kib += $2 } END { print kib }' /proc/meminfo; }

# What a node takes of the kernel's memory with a log of N commands of 64 bytes.
memory() {
	local n before t
	RAFT_DIR=/srv/disk/logs
	mkdir -p "$RAFT_DIR"
	for n in $MEMORY_ENTRIES; do
		sleep 2
		before=$(kernel_kib)
		cluster g 1 -s $((n * 400 / 1048576 + 64))M Memory=4M
		ns 1 "$RAFT_TOOLS/raft-bench" propose -g g -t 64 -s 64 -n "$n" --json >"$TMP/bench"
		sleep 2
		echo "$n entries, Memory=4M: memory_used $(($(raft_get g 1 memory_used) / 1024)) KiB, the kernel has" \
			"$(($(kernel_kib) - before)) KiB more; in memory from $(raft_get g 1 window) on; $(field per_second <"$TMP/bench")/s"
		raft_down g 1
		t=$(date +%s%N)
		raft_up g 1
		raft_wait_leader g 1 >/dev/null
		t=$((($(date +%s%N) - t) / 1000000))
		sleep 2
		echo "$n entries, after a restart that took $t ms: $(($(kernel_kib) - before)) KiB"
		raft_down g 1
		rm -f "$RAFT_DIR"/g.[0-9]*
	done
}

mkdir -p "$TMP" /srv/mem /srv/disk
mount -t tmpfs -o size=2000M tmpfs /srv/mem
for dev in /dev/vda /dev/ubda; do [ ! -b $dev ] || mount -t ext4 $dev /srv/disk; done
lab_net_up 4
echo mono >$TRACING/trace_clock
raft_load
echo "kernel $(uname -r), $(nproc) processor(s), three nodes in namespaces"
[ $# != 0 ] || set -- udp disk commits reads readers transfers failovers catchup snapshots heartbeats memory
for part; do "$part"; done
raft_unload
