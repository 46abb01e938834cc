#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# figures-guest.sh - runs in the guest of figures.sh and prints its figures.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
TMP=/run/t RAFT_DIR=/srv/mem
export TOP TMP
# shellcheck source=tests/module/lib.sh
. "$TOP/tests/module/lib.sh"
ROUNDS=${ROUNDS:-20} SECONDS_EACH=${SECONDS_EACH:-10}
COUNT_1=${COUNT_1:-2000} COUNT_64=${COUNT_64:-16000}

us() { # us NS...: microseconds
	local n
	for n; do printf '%d.%d us ' $((n / 1000)) $((n % 1000 / 100)); done
}
field() { sed -nE "s/.*\"$1\": ?([0-9]+).*/\1/p"; }

udp() {
	local i len
	insmod "$UDPRTT_KO"
	ns 2 sh -c 'echo server 9000 >/dev/udprtt'
	for len in 64 1024; do
		ns 1 sh -c "echo client 10.77.0.2 9000 3000 $len >/dev/udprtt"
	done
	dmesg | sed -n 's/.*udprtt: /UDP round trip n1 to n2, kernel to kernel: /p'
	rmmod udprtt
}

disk() {
	local json
	json=$("$RAFT_TOOLS/raft-bench" fsync "$1" -T "$SECONDS_EACH" --json)
	echo "one synchronous 4 KiB write (O_DIRECT|O_DSYNC) of the disk: p50 $(us "$(field p50_ns <<<"$json")")p99 $(us "$(field p99_ns <<<"$json")")"
}

# By number, not by time: a fast machine must not fill the log.
bench() { # bench WHAT THREADS NODE COUNT
	local json
	json=$(ns "$3" "$RAFT_TOOLS/raft-bench" propose -g g -t "$2" -n "$4" --json)
	printf '%s: %s commits/s, p50 %sp99 %s\n' "$1" "$(field per_second <<<"$json")" \
		"$(us "$(field p50_ns <<<"$json")")" "$(us "$(field p99_ns <<<"$json")")"
}

cluster_figures() { # cluster_figures NAME DIR
	local follower
	RAFT_DIR=$2
	mkdir -p "$RAFT_DIR"
	cluster g 3 -s 96M
	follower=$(others 3 "$leader")
	bench "$1 log, 1 client at the leader" 1 "$leader" "$COUNT_1"
	bench "$1 log, 1 client at a follower" 1 "${follower%% *}" "$COUNT_1"
	bench "$1 log, 64 clients at the leader" 64 "$leader" "$COUNT_64"
	raft_down g 1 2 3
	rm -f "$RAFT_DIR"/*.log
}

# From killing the leader (its link and then the group: it says nothing more) to the first
# proposal that the next one commits, as a client at a follower sees it.
failover() {
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
	done | sort -n >"$TMP/failover"
	echo "leader killed to first commit of the next, election timeout $RAFT_ET, $ROUNDS rounds:" \
		"median $(sed -n "$((ROUNDS / 2 + 1))p" "$TMP/failover") ms," \
		"least $(head -n 1 "$TMP/failover") ms, most $(tail -n 1 "$TMP/failover") ms"
	raft_down g 1 2 3
}

mkdir -p "$TMP" /srv/mem /srv/disk
mount -t tmpfs -o size=800M tmpfs /srv/mem
for dev in /dev/vda /dev/ubda; do [ ! -b $dev ] || mount -t ext4 $dev /srv/disk; done
lab_net_up 3
raft_load
echo "kernel $(uname -r), $(nproc) processor(s), three nodes in namespaces"
udp
disk /srv/disk
cluster_figures "memory-backed (tmpfs)" /srv/mem
cluster_figures "disk-backed (ext4)" /srv/disk/logs
failover
raft_unload
