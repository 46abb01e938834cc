# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 75-hold.sh - a real-time process on every processor that never sleeps: the leader stays, it
# is heard, what is proposed is committed, and a leader that is gone is replaced. `make hold`
# measures how short heartbeats may be.

# hogs SECONDS: SCHED_FIFO, priority 50; who ends them is above.
hogs() {
	local cpu
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		chrt -f 95 timeout -s KILL "$1" taskset -c "$cpu" chrt -f 50 sh -c 'while :; do :; done' &
		HOGS+=($!)
	done
}
hogs_gone() { local pid; for pid in "${HOGS[@]}"; do wait "$pid" || :; done; HOGS=(); }
above() { chrt -f 90 "$@"; }

# Deadlines of nodes that were looked at later than half a second.
much_too_late() { awk -F late_ns= '/raft_timer:/ && $2 > 500000000 { n++ } END { print n + 0 }' /sys/kernel/tracing/trace; }

t_hold() {
	local term tracing=/sys/kernel/tracing HOGS=()
	cluster g 3 Heartbeat=100ms
	term=$(raft_get g "$leader" term)
	echo >$tracing/trace
	echo 1 >$tracing/events/raft/raft_timer/enable
	hogs 5
	lines busy 20 | above nsenter "--net=/run/netns/n$leader" "$RAFT_TOOLS/raftctl" propose -g g -q -
	hogs_gone
	echo 0 >$tracing/events/raft/raft_timer/enable
	[ "$(grep -c raft_timer: $tracing/trace)" -gt 20 ] || fail "no heartbeats were traced"
	is "$(much_too_late)" 0 "deadlines that were looked at half a second late"
	is "$(raft_get g "$leader" role)" leader "role of who led"
	is "$(raft_get g "$leader" term)" "$term" "term"
	same_logs g 1 2 3
	once 20 busy
}
t "a SCHED_FIFO process on each processor: the leader stays, and is heard" t_hold

t_hold_replaced() {
	local old HOGS=()
	cluster g 3 Heartbeat=100ms
	old=$leader
	# shellcheck disable=SC2046
	set -- $(others 3 "$old")
	hogs 8
	above ip -n labbr link set "v$old" down
	above nsenter "--net=/run/netns/n$1" "$RAFT_TOOLS/raftctl" propose -g g -q after-1
	kill -0 "${HOGS[0]}" || fail "it took longer than those processes lived"
	hogs_gone
	leader=$(raft_wait_leader g "$@")
	[ "$leader" != "$old" ] || fail "node $old leads"
	ip -n labbr link set "v$old" up
	same_logs g 1 2 3
	once_any_order 1 after
}
t "a SCHED_FIFO process on each processor: a leader that is gone is replaced" t_hold_replaced
