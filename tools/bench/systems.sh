# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# systems.sh - owns how each system that is measured is started, loaded and ended; source it
# in a guest after cluster.sh. For each SYSTEM of ko, libraft, etcd:
#
#   SYSTEM_up DIR HEARTBEAT_MS [ELECTION_MS]   three nodes, their files in DIR/1, DIR/2 and
#                                 DIR/3, until they have a leader: $leader; elections come
#                                 after one to two times ELECTION_MS, default 1000
#   SYSTEM_load OPTIONS...        of raft-bench; prints one line of JSON
#   SYSTEM_term                   the highest term that a node is in
#   SYSTEM_apart                  the leader runs on processor 0, the others on processor 1
#   SYSTEM_down                   ends whatever runs of it; the files stay
#
# and system_name SYSTEM, as people know it. What each keeps of its log: raft.ko and
# libraft about 1024 entries, for 60 KiB each of which raft.ko needs a log of 256 MiB; etcd
# what it does by default. etcd is in $BENCH_ETCD.

KO_LOG=${KO_LOG:-256M}
LOAD_LIMIT=60		# seconds until a load has failed
LEADER_LIMIT=60		# until a start has
leader='' pids=()

system_name() { if [ "$1" = ko ]; then echo raft.ko; else echo "$1"; fi; }

# node_group NODE: the control group of what runs of it, if NODE_GROUPS is set; its memory is
# not limited.
node_group() {
	local top=/sys/fs/cgroup
	mountpoint -q $top || mount -t cgroup2 cgroup2 $top
	echo +memory >$top/cgroup.subtree_control
	mkdir -p "$top/node$1"
	echo max >"$top/node$1/memory.max"
	echo "$top/node$1"
}

# in_background NODE CMD...: its id is in $pids; a shell gives it no stdin by itself.
in_background() {
	local group=''
	[ -z "${NODE_GROUPS:-}" ] || group=$(node_group "$1")
	( [ -z "$group" ] || echo $BASHPID >"$group/cgroup.procs"; exec nsenter "--net=/run/netns/n$1" "${@:2}" ) <&0 &
	pids+=($!)
}

end_processes() {
	[ ${#pids[@]} != 0 ] || return 0
	kill -KILL "${pids[@]}" 2>/dev/null || :
	wait "${pids[@]}" 2>/dev/null || :
	pids=()
}

processes_apart() {
	local i
	for i in 1 2 3; do
		taskset -a -c -p "$((i != leader))" "${pids[i - 1]}" >/dev/null
	done
}

# --- raft.ko ---------------------------------------------------------------

ko_up() {
	# shellcheck disable=SC2034 # cluster.sh reads them
	RAFT_DIR=/run/ko RAFT_LOG=$1/%n/ko.log RAFT_ET=${3:-1000}ms
	raft_conf g 3 -s "$KO_LOG" "Heartbeat=${2}ms" RetainEntries=1024
	raft_up g 1 2 3 && leader=$(raft_wait_leader g 1 2 3)
}

ko_load() { ns "$leader" timeout "$LOAD_LIMIT" "$RAFT_TOOLS/raft-bench" "$@" -g g --json; }

ko_term() {
	local i
	for i in 1 2 3; do raft_get g $i term; done | sort -n | tail -n 1
}

# Nobody sees from a kernel thread whose it is: all three nodes share processor 0.
ko_apart() {
	local pid
	for pid in $(pgrep '^raft[/_]'); do taskset -c -p 0 "$pid" >/dev/null; done
}

ko_down() {
	local i
	for i in 1 2 3; do ctl "$i" down g --no-transfer; done
}

# --- libraft ---------------------------------------------------------------

# Node I's stdin is the pipe at descriptor 10 + I, its stdout that at 20 + I.
libraft_up() {
	local i dir=$1
	for i in 1 2 3; do
		mkdir "$dir/$i/libraft"
		rm -f "/run/libraft.$i".*
		mkfifo "/run/libraft.$i.in" "/run/libraft.$i.out"
		eval "exec $((10 + i))<>/run/libraft.$i.in $((20 + i))<>/run/libraft.$i.out"
		in_background "$i" "$RAFT_TOOLS/bench-libraft" "$i" "$dir/$i/libraft" "$2" "${3:-1000}" \
			10.77.0.{1,2,3}:7000 <"/run/libraft.$i.in" >"/run/libraft.$i.out"
	done
	libraft_find_leader
}

libraft_find_leader() {
	local i
	for ((i = 0; i < LEADER_LIMIT; i++)); do
		leader=$(libraft_ask 1 leader) || return
		[ "$leader" = 0 ] || return 0
		sleep 1
	done
	return 1
}

libraft_ask() { # libraft_ask NODE WORDS...: its answer
	local line
	echo "${*:2}" >&$((10 + $1))
	read -r -t "$LOAD_LIMIT" -u $((20 + $1)) line && echo "$line"
}

# It may have lost its leader under the load before.
libraft_load() { libraft_find_leader && libraft_ask "$leader" "$@" --json; }

libraft_term() {
	local i
	for i in 1 2 3; do libraft_ask $i term; done | sort -n | tail -n 1
}

libraft_apart() { processes_apart; }

libraft_down() {
	end_processes
	exec 11>&- 12>&- 13>&- 21>&- 22>&- 23>&-
}

# --- etcd ------------------------------------------------------------------

etcd_up() {
	local i dir=$1 peers='' at
	for i in 1 2 3; do peers+=${peers:+,}n$i=http://10.77.0.$i:2380; done
	for i in 1 2 3; do
		at=http://10.77.0.$i
		in_background "$i" "$BENCH_ETCD/etcd" --name "n$i" --data-dir "$dir/$i/etcd" --initial-cluster "$peers" \
			--listen-peer-urls "$at:2380" --initial-advertise-peer-urls "$at:2380" \
			--listen-client-urls "$at:2379" --advertise-client-urls "$at:2379" \
			--heartbeat-interval "$2" --election-timeout "${3:-1000}" --pre-vote \
			--quota-backend-bytes 8000000000 --logger zap --log-level error \
			>"/run/etcd.$i.log" 2>&1
	done
	etcd_find_leader
}

# "address, id, version, size, is it the leader, is it a learner, term, ..."
etcd_status() {
	ETCDCTL_API=3 ns 1 "$BENCH_ETCD/etcdctl" --endpoints 10.77.0.1:2379,10.77.0.2:2379,10.77.0.3:2379 \
		endpoint status 2>/dev/null
}

etcd_find_leader() {
	local end=$((SECONDS + LEADER_LIMIT))
	leader=''
	until [ -n "$leader" ]; do
		[ $SECONDS -lt $end ] || { tail -n 2 /run/etcd.?.log >&2; return 1; }
		leader=$(etcd_status | sed -nE 's/^10\.77\.0\.(.):2379(, [^,]*){3}, true.*/\1/p') || :
	done
}

etcd_term() { etcd_status | awk -F ', ' '{ print $7 }' | sort -n | tail -n 1; }

etcd_load() {
	ns "$leader" timeout "$LOAD_LIMIT" "$RAFT_TOOLS/bench-etcd" "$@" --json "10.77.0.$leader:2379"
}

etcd_apart() { processes_apart; }

etcd_down() { end_processes; }
