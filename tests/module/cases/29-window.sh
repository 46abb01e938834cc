# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 29-window.sh - logs that are longer than their memory (Memory in raft.conf): what has
# left it is read from the disk, for members that lag, for readers, at a restart.

WINDOW=64K			# Memory of the nodes
WINDOW_N=${WINDOW_N:-6000}	# commands; the lines of window_text

# Commands of some length, each one another: 1 KiB and more.
window_text() { seq -f "%.0f $1 $(printf '%01020d' 0)" "$2"; }
# window_cluster N: a group g of N nodes with little memory.
window_cluster() { cluster g "$1" -s 32M "Memory=$WINDOW" "MaxUncommitted=64K" "SnapshotAt=100"; }
# window_fill I PREFIX N: commands at node I, in order.
window_fill() { window_text "$2" "$3" | propose g "$1" -q; }
# window_read I [FROM]: all commands at node I, read by one reader.
window_read() { ctl "$1" tail -g g --no-follow --from "${2:-1}"; }
# window_is I PREFIX N: a reader from the first index gets these commands in order.
window_is() {
	window_read "$1" >"$TMP/read"
	window_text "$2" "$3" | cmp -s - "$TMP/read" || {
		window_text "$2" "$3" | diff - "$TMP/read" | cut -c 1-60 | head -n 6 >&2
		fail "node $1: a reader from index 1 gets $(wc -l <"$TMP/read") lines, not these $3"
	}
}
# window_small I: node I's figure is what its setting says, but for what is on its way.
window_small() { [ "$(raft_get g "$1" memory_used)" -le $((64 * 1024 + 128 * 1024)) ]; }
# window_moved I: most of the log has left.
window_moved() { [ "$(raft_get g "$1" window)" -gt $(($(raft_get g "$1" last) * 9 / 10)) ]; }
# window_slab: KiB of unreclaimable slab of this machine, after a rest.
window_slab() { sleep 1; awk '/^SUnreclaim:/ { print $2 }' /proc/meminfo; }

t_window_bounded() {
	local before after
	window_cluster 1
	window_fill 1 w 500
	before=$(window_slab)
	window_fill 1 x "$WINDOW_N"
	until_true window_small 1 || fail "$(raft_get g 1 memory_used) bytes are in memory"
	until_true window_moved 1 || fail "in memory from $(raft_get g 1 window) of $(raft_get g 1 last) on"
	after=$(window_slab)
	# In memory they would be WINDOW_N times more than 1 KiB. What was freed stays with KASAN.
	[ $((after - before)) -lt $((WINDOW_N / 3)) ] || grep -qw kasan_report /proc/kallsyms ||
		fail "$((after - before)) KiB more after $WINDOW_N commands"
	is "$(lab_in 1 cat /sys/class/raft/g/memory)" 65536 "memory in sysfs"
	is "$(raft_get g 1 window)" "$(lab_in 1 cat /sys/class/raft/g/window)" "window in sysfs"
	ctl 1 status g | grep -q "^  memory   entries [0-9]* and later, .* of 64.* KiB" || fail "status: $(ctl 1 status g)"
	{ window_text w 500; window_text x "$WINDOW_N"; } >"$TMP/want"
	window_read 1 | cmp - "$TMP/want"
	# From the middle of what has left, and over the border.
	window_read 1 $((WINDOW_N / 2 + 502)) | cmp - <(tail -n +$((WINDOW_N / 2 + 501)) "$TMP/want")
	# A restart with a log that is longer than the memory.
	raft_down g 1
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	until_true window_small 1 || fail "$(raft_get g 1 memory_used) bytes are in memory after a restart"
	until_true window_moved 1 || fail "in memory from $(raft_get g 1 window) of $(raft_get g 1 last) on after a restart"
	window_read 1 | cmp - "$TMP/want"
	# And once more, with what came since.
	window_fill 1 y 300
	window_text y 300 >>"$TMP/want"
	raft_down g 1
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	window_read 1 | cmp - "$TMP/want"
}
t "a log far beyond the memory: bounded, all can be read, a restart" t_window_bounded 1

t_window_returns() {
	local before full after
	cluster g 1 -s 64M Memory=64M SnapshotAt=100
	lines w 100 | propose g 1 -q
	before=$(window_slab)
	lines x 60000 | propose g 1 -q -b 64
	full=$(window_slab)
	[ $((full - before)) -gt 5000 ] || skip "no more than $((full - before)) KiB are in memory"
	is "$(raft_get g 1 window)" 1 "first index in memory"
	ctl 1 snapshot g --empty >/dev/null
	after=$(window_slab)
	# What an owner keeps for other groups is 1 MiB.
	[ $((after - before)) -lt 1700 ] || grep -qw kasan_report /proc/kallsyms ||
		fail "$((after - before)) of $((full - before)) KiB stay in memory"
}
t "memory of a log that is cut is given back" t_window_returns 1

t_window_lagging() {
	local slow
	window_cluster 3
	slow=$(others 3 "$leader" | cut -d' ' -f1)
	raft_down g "$slow"
	window_fill "$leader" a "$WINDOW_N"
	until_true window_moved "$leader" || fail "nothing has left the leader's memory"
	raft_up g "$slow"
	raft_level g 1 2 3
	until_true window_small "$slow" || fail "the follower has $(raft_get g "$slow" memory_used) bytes in memory"
	for i in 1 2 3; do window_is $i a "$WINDOW_N"; done
	# It did not come by a snapshot.
	is "$(raft_get g "$slow" snapshot)" 0 "index of the follower's snapshot"
}
t "a member that lags gets what only the leader's disk has" t_window_lagging

t_window_live() {
	local i
	cluster g 1 -s 32M SnapshotAt=100
	window_fill 1 a 3000
	is "$(raft_get g 1 window)" 1 "first index in memory"
	ctl 1 set -g g Memory=1
	# Nothing stays but what may not leave.
	window_fill 1 b 100
	window_last() { [ "$(raft_get g 1 memory_used)" -le 4096 ]; }
	until_true window_last || fail "$(raft_get g 1 memory_used) bytes are in memory"
	{ window_text a 3000; window_text b 100; } >"$TMP/want"
	window_read 1 | cmp - "$TMP/want"
	# Readers that follow while entries leave at once.
	ctl 1 tail -g g --from 1 >"$TMP/follow" &
	i=$!
	window_fill 1 c 3000
	window_text c 3000 >>"$TMP/want"
	follows() { [ "$(wc -l <"$TMP/follow")" -ge 6100 ]; }
	until_true follows || fail "who follows has $(wc -l <"$TMP/follow") lines of 6100"
	kill $i
	cmp "$TMP/follow" "$TMP/want"
	ctl 1 set -g g Memory=16M
	is "$(raft_get g 1 memory)" 16777216 "memory in force"
}
t "Memory is set while the group runs, readers follow" t_window_live 1

t_window_snapshot() {
	local at want
	cluster g 3 -s 32M Memory=1 SnapshotAt=100
	window_fill "$leader" a 2000
	raft_level g 1 2 3
	at=$(($(raft_get g "$leader" applied) - 1500))
	until_true window_moved "$leader" || fail "nothing has left"
	# Of an index that left long ago: the image is made from the log on disk.
	is "$(echo "state at $at" | ctl "$leader" snapshot g --file - --index "$at")" "$at" "index of the snapshot"
	is "$(raft_get g "$leader" first)" $((at + 1)) "first index of the log"
	# Its image is that of the other nodes at this index, byte for byte.
	for i in 1 2 3; do
		[ "$i" = "$leader" ] || echo "state at $at" | ctl "$i" snapshot g --file - --index "$at" --no-compact >/dev/null
	done
	for i in 1 2 3; do "$RAFT_TOOLS/raftdump" --json "$(window_slot $i "$at")" | grep -o '"id":[^,]*' >"$TMP/id.$i"; done
	cmp "$TMP/id.1" "$TMP/id.2"
	cmp "$TMP/id.1" "$TMP/id.3"
	# And once more, from that one on, with a restart in between.
	raft_down g "$leader"
	raft_up g "$leader"
	leader=$(raft_wait_leader g 1 2 3)
	want=$((at + 700))
	is "$(echo x | ctl "$leader" snapshot g --file - --index $want)" $want "index of the second snapshot"
	window_fill "$leader" b 50
	raft_level g 1 2 3
	for i in 1 2 3; do is "$(window_read $i | tail -n 50 | cmp - <(window_text b 50))" '' "commands behind it at $i"; done
}
# window_slot I INDEX: file of node I's snapshot of this index.
window_slot() {
	local f
	for f in "$RAFT_DIR"/g."$1".snap.?; do
		if "$RAFT_TOOLS/raftdump" "$f" 2>/dev/null | grep -q "^snapshot of index $2 "; then echo "$f"; fi
	done
}
t "a snapshot of an index that has left the memory" t_window_snapshot

t_window_cut() {
	local at rc=0
	cluster g 1 -s 32M Memory=1 SnapshotAt=100
	lines a 4000 | propose g 1 -q
	until_true window_moved 1 || fail "nothing has left"
	# A reader in the middle of what is on the disk is overtaken by a cut.
	at=$(raft_get g 1 applied)
	probe 1 overtaken g || rc=$?
	is $rc 0 "exit code of the probe"
	is "$(ctl 1 tail -g g --no-follow --long | awk -F'\t' 'NR == 1 { print $1, $3 }')" "$at snapshot" "the first record"
}
t "a reader of what is on the disk is overtaken by a cut" t_window_cut 1

t_window_results() {
	# A state machine that lags by more than the memory gives results all the same.
	cluster g 1 -s 32M Memory=1 SnapshotAt=100
	window_fill 1 a 1000
	until_true window_moved 1 || fail "nothing has left"
	ctl 1 applied -g g 500
	echo result | ctl 1 applied -g g 501 --result -
	# The no-op of the leader is no command.
	refused 1 'Invalid argument|not' ctl 1 applied -g g 1 --result - </dev/null
	refused 1 'Invalid argument|not' ctl 1 applied -g g 100000
}
t "a state machine behind the memory says what it has applied" t_window_results 1

t_window_copies() {
	local s i at
	cluster g 1 -s 32M Memory=1 SnapshotAt=100
	s=$(ctl 1 session -g g)
	at=$(raft_get g 1 last)
	for i in 1 1 2 2 2 3; do ctl 1 propose -g g --session "$s" --serial "$i" "once-$i" >/dev/null; done
	is "$(raft_get g 1 last)" $((at + 6)) "last index: the copies are in the log"
	window_fill 1 a 300
	until_true window_moved 1 || fail "nothing has left"
	# The disk does not know which were copies.
	is "$(window_read 1 | grep -c once)" 3 "commands of the session"
	is "$(window_read 1 | head -n 3 | xargs)" "once-1 once-2 once-3" "their order"
	raft_down g 1
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	until_true window_moved 1 || fail "nothing has left after a restart"
	is "$(window_read 1 | head -n 3 | xargs)" "once-1 once-2 once-3" "the commands after a restart"
	is "$(window_read 1 | tail -n +4 | cmp - <(window_text a 300))" "" "what is behind them"
	# The session goes on where it was.
	ctl 1 propose -g g --session "$s" --serial 3 again >/dev/null
	refused 1 'has a later command' ctl 1 propose -g g --session "$s" --serial 2 again
	ctl 1 propose -g g --session "$s" --serial 4 once-4 >/dev/null
	is "$(window_read 1 | grep once | xargs)" "once-1 once-2 once-3 once-4" "all of the session"
}
t "copies are not applied once more when they come from the disk" t_window_copies 1

# Readers at the end of the log, where entries leave the memory as soon as they are applied.
t_window_readers() {
	local i pids=()
	cluster g 1 -s 32M Memory=1 SnapshotAt=100
	for i in 1 2 3 4; do
		ctl 1 tail -g g --from 1 >"$TMP/tail.$i" &
		pids+=($!)
	done
	lines a "$WINDOW_N" | propose g 1 -q -J 16
	window_all() { [ "$(cat "$TMP"/tail.? | wc -l)" -ge $((4 * WINDOW_N)) ]; }
	until_true window_all || fail "readers have $(wc -l "$TMP"/tail.?) lines of $WINDOW_N"
	kill "${pids[@]}"
	for i in 2 3 4; do cmp "$TMP/tail.1" "$TMP/tail.$i"; done
	lines a "$WINDOW_N" | sort | cmp - <(sort "$TMP/tail.1")
}
t "readers at the end of a log that stays nowhere but on the disk" t_window_readers 1
