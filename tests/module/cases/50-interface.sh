# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 50-interface.sh - what users and their programs see: the device, sysfs, events, traces.

t_shell() {
	cluster g 3
	ns 1 sh -c 'echo hello >/dev/raft'
	ns 2 sh -c 'printf world >/dev/raft'
	same_logs g 1 2 3
	ctl 3 tail -g g --no-follow --raw >"$TMP/raw"
	printf 'hello\nworld' | cmp - "$TMP/raw"
}
t "echo cmd >/dev/raft" t_shell

t_read() {
	local n
	cluster g 3
	lines r 100 | propose g 1 -q
	same_logs g 1 2 3
	for n in 64 100 4096 65536; do
		probe 2 read g $n 100 >"$TMP/r.$n"
		cmp "$TMP/log" "$TMP/r.$n" || fail "read with a buffer of $n bytes"
	done
	probe 2 read-errors g
	probe 2 seek g
}
t "read and lseek: whole records, every buffer size, every whence" t_read

t_poll() {
	cluster g 3
	probe 1 poll-in g "$((RAFT_PATIENCE * 1000))" >"$TMP/poll" &
	sleep 0.5
	ctl 2 propose -g g wake >/dev/null
	wait $! || fail "poll did not wake: $(cat "$TMP/poll")"
	probe 1 poll-err g "$((RAFT_PATIENCE * 1000))" >"$TMP/poll" &
	sleep 0.5
	raft_down g 1
	wait $! || fail "poll did not tell of the stop: $(cat "$TMP/poll")"
}
t "poll: POLLIN for a record, POLLOUT, POLLERR at the stop" t_poll

t_tail() {
	cluster g 3
	ctl 1 tail -g g --count 3 >"$TMP/tail" &
	ctl 2 propose -g g one >/dev/null
	ctl 3 propose -g g two >/dev/null
	ctl 1 propose -g g three >/dev/null
	wait $!
	is "$(tr '\n' ' ' <"$TMP/tail")" "one two three " "what tail saw"
	is "$(ctl 3 tail -g g --no-follow --last 1)" three "last command"
}
t "tail follows" t_tail

t_wait_applied() {
	local index
	cluster g 3
	ctl 2 wait-applied -g g 5 --timeout "${RAFT_PATIENCE}s" &
	index=$(lines i 5 | propose g 1 | tail -n 1)
	[ "$index" -ge 5 ] || fail "index $index"
	wait $!
	refused 5 'timed out' ctl 2 wait-applied -g g 1000000 --timeout 500ms
}
t "wait-applied" t_wait_applied

t_events() {
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	ctl "$1" events g >"$TMP/ev" &
	until_true grep -q exists "$TMP/ev"
	raft_down g "$leader"
	raft_wait_leader g "$@" >/dev/null
	until_true grep -q 'change.*term' "$TMP/ev" || fail "no change: $(cat "$TMP/ev")"
	raft_down g "$1"
	wait $!
	grep -q destroy "$TMP/ev" || fail "no end: $(cat "$TMP/ev")"
}
t "events tell of changes and of the end" t_events

t_sysfs() {
	local f dir=/sys/class/raft/g
	cluster g 3
	lines s 5 | propose g 1 -q
	same_logs g 1 2 3
	for f in role term leader commit applied; do
		is "$(lab_in 2 cat "$dir/$f")" "$(raft_get g 2 $f)" "$f in sysfs and by ioctl"
	done
	lab_in 2 ls "$dir/peers" | diff - <(seq 3)
	lab_in 2 find "$dir/" -type f -perm -u=r -not -name uevent | while read -r f; do
		lab_in 2 cat "$f" >/dev/null || fail "$f cannot be read"
	done
}
t "sysfs says what the ioctl says" t_sysfs

t_sysfs_poll() {
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	lab_in "$1" "$RAFT_TOOLS/module-probe" poll-sysfs /sys/class/raft/g/leader "$((RAFT_PATIENCE * 1000))" >"$TMP/poll" &
	sleep 0.5
	raft_down g "$leader"
	wait $! || fail "poll of sysfs did not wake: $(cat "$TMP/poll")"
}
t "sysfs attributes are pollable" t_sysfs_poll

t_uevent() {
	local i role
	raft_conf g 3
	for i in 1 2 3; do
		probe $i uevents >"$TMP/ue.$i" &
	done
	sleep 0.5
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
	until_true grep -q 'RAFT_ROLE=leader' "$TMP/ue.$leader" || fail "no uevent: $(cat "$TMP/ue.$leader")"
	for i in $(others 3 "$leader"); do
		role=$(grep -c 'RAFT_ROLE=leader' "$TMP/ue.$i" || :)
		is "$role" 0 "uevents in namespace $i of a leader that is not there"
	done
	kill %1 %2 %3
}
t "uevents tell of roles, in their namespace only" t_uevent

t_traces() {
	local dir=/sys/kernel/tracing e
	[ -d $dir/events/raft ] || fail "no events/raft in tracefs"
	echo 1 >$dir/events/raft/enable
	echo >$dir/trace
	cluster g 3
	lines t 10 | propose g 1 -q
	raft_level g 1 2 3
	ctl 1 read -g g >/dev/null
	ctl 1 member add-learner -g g 9=10.77.0.9:7000 >/dev/null
	ctl 1 transfer -g g >/dev/null
	ctl 1 snapshot g --empty >/dev/null
	echo 0 >$dir/events/raft/enable
	for e in "$dir"/events/raft/raft_*; do
		e=${e##*/}
		grep -q " $e:" $dir/trace && echo "$e fired"
	done | tee "$TMP/fired"
	for e in msg state commit persist persisted config transfer read snapshot; do
		grep -q "^raft_$e fired" "$TMP/fired" || fail "raft_$e did not fire"
	done
	grep -q ' raft_.*: ' $dir/trace
}
t "tracepoints fire" t_traces

t_json() {
	cluster g 3
	ctl 1 status g --json >"$TMP/json"
	grep -q '"role":' "$TMP/json"
	ctl 1 propose -g g --json x | grep -q '"index":'
	ctl 1 tail -g g --no-follow --json | grep -q '"index":'
	ctl 1 status >"$TMP/status"
	grep -q g "$TMP/status"
	ctl 1 showconf g >"$TMP/g.conf"
	ctl 1 checkconf "$TMP/g.conf"
}
t "raftctl: status, JSON, showconf" t_json

t_rights_any() {
	cluster g 1
	if ns 1 setpriv --reuid 65534 --clear-groups "$RAFT_TOOLS/raftctl" down g 2>"$TMP/err"; then
		fail "anybody may stop a group"
	fi
	grep -qE 'root|CAP_|ermission' "$TMP/err" || fail "$(cat "$TMP/err")"
}
t "only root may stop a group" t_rights_any
