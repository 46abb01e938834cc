# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2034,SC2153 # of cluster.sh and guest.sh
# growth.sh - part `growth` of guest.sh: owns how the cost of raft.ko is measured as there are
# more nodes ($BENCH_NODES: of one group), more groups ($BENCH_GROUPS: of three nodes, of
# which one is used) and more entries in a log ($BENCH_ENTRIES, of 16 bytes, nothing is cut); in
# memory. Source it in a guest after systems.sh.

# grown_load WHAT N: of group g, by one client and by 64.
grown_load() {
	local clients term
	term=$(ko_term)
	ko_load propose -s 256 -t 8 -T 1 >/dev/null || :
	for clients in 1 64; do
		record raft.ko "$2" "$1" "$(ko_load propose -s 256 -t "$clients" -T "$BENCH_SECONDS" || :)"
	done
	same_term ko "$term" "$2 $1"
}

grown_idle() { # grown_idle WHAT N
	sleep 2
	record raft.ko "$2" "$1-idle" "$("$RAFT_TOOLS/raft-bench" idle -T "$BENCH_IDLE" --json)"
}

# grown_memory: what the kernel and processes have, in KiB, without files.
grown_memory() { sync; echo 3 >/proc/sys/vm/drop_caches; memory_kib; }

# grown_node N NODES KIB: what each of NODES nodes took that were started last.
grown_node() {
	[ "$2" = 0 ] || record raft.ko "$1" groups-node "{\"kib\":$(((grown_kib - $3) / $2))}"
}

grown_end() { # the namespaces go, and with them what runs in them; N new ones come
	lab_net_down
	rm -rf /srv/mem/grown
	mkdir /srv/mem/grown
	lab_net_up "$1"
}

# grown_fill N: the log of g has N entries.
grown_fill() {
	local more
	while more=$(($1 - $(raft_get g "$leader" last))) && [ $more -gt 0 ]; do
		[ $more -lt 500000 ] || more=500000
		ko_load propose -s 16 -t 64 -b 64 -n $(((more + 63) / 64 * 64)) >/dev/null || return
	done
}

# Of g, whose log has room for all of it: 192 bytes an entry, where writes end, and the loads.
grown_entries() {
	local n all
	read -ra all <<<"$BENCH_ENTRIES"
	[ ${#all[@]} != 0 ] || return 0
	raft_conf g 3 -s $((all[-1] * 272 / 1048576 + 512))M Heartbeat=100ms SnapshotAt=100
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
	for n in "${all[@]}"; do
		grown_fill "$n" || { cannot "a log of $n entries"; break; }
		grown_load entries "$n"
		progress "$n entries"
	done
	grown_end 3
}

growth() {
	local n i kib from all=() RAFT_DIR=/run/ko RAFT_LOG=/srv/mem/grown/%g.%n RAFT_ET=1000ms
	for n in $BENCH_NODES; do
		grown_end "$n"
		mapfile -t all < <(seq "$n")
		raft_conf g "$n" -s 64M Heartbeat=100ms RetainEntries=1024
		raft_up g "${all[@]}"
		leader=$(raft_wait_leader g "${all[@]}")
		grown_load nodes "$n"
		progress "$n nodes"
	done
	grown_end 3
	grown_entries
	raft_conf g 3 -s 64M Heartbeat=100ms RetainEntries=1024
	raft_up g 1 2 3
	i=1
	for n in $BENCH_GROUPS; do
		kib=$(grown_memory) from=$i
		for (( ; i < n; i++)); do
			raft_conf "g$i" 3 -s 1M Heartbeat=100ms RetainEntries=256
			raft_up "g$i" 1 2 3
		done
		sleep 5
		grown_kib=$(grown_memory)
		grown_node "$n" $(((i - from) * 3)) "$kib"
		leader=$(raft_wait_leader g 1 2 3)
		grown_idle groups "$n"
		grown_load groups "$n"
		progress "$n groups"
	done
	grown_end 3
}
