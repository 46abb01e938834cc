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

# above_ends NODE COMMAND: beside the hogs, which it ends; fails if they were gone before.
above_ends() {
	above nsenter "--net=/run/netns/n$1" sh -c "$2 && kill ${HOGS[*]}"
}

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
	hogs 60
	above ip -n labbr link set "v$old" down
	above_ends "$1" "$RAFT_TOOLS/raftctl propose -g g -q after-1" || fail "not proposed, or those processes were gone before"
	hogs_gone
	leader=$(raft_wait_leader g "$@")
	[ "$leader" != "$old" ] || fail "node $old leads"
	ip -n labbr link set "v$old" up
	same_logs g 1 2 3
	once_any_order 1 after
}
t "a SCHED_FIFO process on each processor: a leader that is gone is replaced" t_hold_replaced

# A disk that writes through its cache when asked to. Nothing on the way to it may be left to
# threads of the kernel that are not real-time: they would run 50 ms of each second.
t_hold_disk() {
	local term times dev=/dev/nvme0n1 HOGS=()
	[ -d /sys/module/nvme ] || modprobe -q nvme || skip "no NVMe disk here"
	until_true test -b $dev || skip "no NVMe disk came"
	is "$(cat /sys/block/nvme0n1/queue/fua)" 1 "whether it knows FUA"
	mkfs.ext4 -q -F $dev
	mkdir -p /srv/nvme
	mount $dev /srv/nvme
	# shellcheck disable=SC2034 # cluster uses it
	RAFT_DIR=/srv/nvme
	RAFT_ET=500ms cluster g 3 -s 16M Heartbeat=50ms
	times=$(stat -c '%n %y' /srv/nvme/g.*.log)
	term=$(raft_get g "$leader" term)
	hogs 60
	# They take a moment to come, and this shell does not run beside them.
	above_ends "$leader" "sleep 2; $RAFT_TOOLS/raft-bench propose -g g -t 8 -r 50 -T 10 -j" >"$TMP/bench" ||
		fail "those processes were gone before: $(cat "$TMP/bench")"
	hogs_gone
	is "$(stat -c '%n %y' /srv/nvme/g.*.log)" "$times" "times of the logs, which would be the journal's work"
	# A leader that can make nothing durable for so long would have stepped down.
	is "$(raft_get g "$leader" term)" "$term" "term ($(cat "$TMP/bench"))"
	same_logs g 1 2 3
	raft_down g 1 2 3
	umount /srv/nvme
}
t "a SCHED_FIFO process on each processor: logs on a disk that knows FUA" t_hold_disk
