# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 20-teardown.sh - the end of a group, in every way and under load, leaves nothing behind
# and waits for nobody.

t_netns_gone() {
	local rest
	cluster g 3
	load g 1 2 3
	sleep 2
	kill_ns "$leader"
	rest=$(others 3 "$leader")
	# shellcheck disable=SC2086
	set -- $rest
	leader=$(raft_wait_leader g "$@")
	lines after 5 | propose g "$1" -q
	unload
	same_logs g "$@"
	once 5 after
}

# The namespace goes while processes in it are still writing to its group.
kill_ns() {
	local pid
	ip netns del "n$1"
	for pid in $(pgrep -f "propose -g g" || :); do
		[ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ] || kill -KILL "$pid" 2>/dev/null || :
	done
}
t "the leader's namespace is deleted under load" t_netns_gone

t_netns_all() {
	cluster g 3
	cluster h 3 -p 7001
	load g 1 2 3
	load h 1 2 3
	sleep 1
	# What holds a namespace is its processes: the groups must go with the last one.
	unload
	lab_net_down
	raft_unload
}
t "all namespaces are deleted with two groups in each; the module unloads" t_netns_all

t_rmmod_busy() {
	cluster g 3
	if rmmod raft 2>"$TMP/err"; then fail "rmmod took a module in use"; fi
	grep -qi 'in use' "$TMP/err" || fail "rmmod said: $(cat "$TMP/err")"
	lines still 5 | propose g 1 -q
	same_logs g 1 2 3
	once 5 still
}
t "rmmod is refused while a group runs" t_rmmod_busy

t_rmmod_load() {
	local k
	for k in 1 2 3; do
		cluster g 3
		load g 1 2 3
		sleep 1
		raft_down g 1 2 3
		unload
		rmmod raft || fail "round $k: rmmod right after down"
		raft_load
	done
}
t "down and rmmod under proposals, three times" t_rmmod_load

t_startstop() {
	local k
	cluster g 3 -s 64M
	load g 1 2 3
	for k in $(seq 20); do
		raft_down g $((k % 3 + 1))
		raft_up g $((k % 3 + 1))
	done
	unload
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
}
t "twenty stops and starts under load; the logs are the same" t_startstop

t_startstop_idle() {
	local k
	raft_conf g 1
	for k in $(seq 20); do
		raft_up g 1
		raft_down g 1
	done
	ctl 1 show | grep . && fail "a group is left"
	is "$(pgrep -c '^raft/' || :)" 0 "threads left"
}
t "twenty starts and stops leave no thread" t_startstop_idle

t_down_wakes() {
	local pid rc=0
	raft_conf g 3
	raft_up g 1
	ctl 1 propose -g g waits >"$TMP/p" 2>&1 &
	pid=$!
	ctl 1 tail -g g >/dev/null 2>"$TMP/r" &
	sleep 1
	raft_down g 1
	wait $pid || rc=$?
	is $rc 3 "exit code of the waiting proposer"
	grep -q UNKNOWN "$TMP/p" || fail "it said: $(cat "$TMP/p")"
	wait
}
t "down wakes waiting proposers (unknown) and readers" t_down_wakes

# Without a majority nothing commits: every proposer waits when it is killed.
t_sigkill() {
	local k rest
	cluster g 3
	rest=$(others 3 "$leader")
	# shellcheck disable=SC2086
	raft_down g $rest
	for k in 1 2 3 4 5; do
		ctl "$leader" propose -g g "killed-$k" >/dev/null 2>&1 &
	done
	is_5() { [ "$(pgrep -c -x raftctl)" = 5 ]; }
	until_true is_5 || fail "not five proposers"
	sleep 1
	pkill -KILL -x raftctl
	wait
	# shellcheck disable=SC2086
	raft_up g $rest
	raft_wait_leader g 1 2 3 >/dev/null
	for k in 1 2 3; do lines "s$k" 20 | propose g $k -q; done
	same_logs g 1 2 3
	for k in 1 2 3; do once 20 "s$k"; done
	for k in 1 2 3 4 5; do
		[ "$(grep -c "killed-$k" "$TMP/log")" -le 1 ] || fail "killed-$k is there twice"
	done
}
t "proposers that are killed do not stop the others" t_sigkill
