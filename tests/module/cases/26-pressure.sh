# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 26-pressure.sh - more is proposed than can be committed: what is taken is bounded, who
# wants to wait waits, and each proposer's commands keep their order.

pull() { local i; for i; do ip -n labbr link set "v$i" down; done; }
mend() { local i; for i; do ip -n labbr link set "v$i" up; done; }

# Without the dots that make them long.
short_log() { same_logs "$@"; sed -i 's/\.*$//' "$TMP/log"; }

# pressure I CUT...: fills node I up while CUT are cut off; what waits goes on afterwards.
pressure() {
	local i=$1 k pids=() last
	shift
	pull "$@"
	last=$(raft_get g "$i" last)
	is "$(probe "$i" fill g full 1024)" 4 "commands of 1 KiB that 4 KiB have room for"
	[ "$(raft_get g "$i" last)" -le $((last + 4)) ] || fail "the log goes on"
	refused 1 'too much waits' ctl "$i" propose -g g --timeout 500ms late
	# These have nothing accepted yet, and wait for room.
	for k in 1 2 3 4 5 6; do
		lines "w$k" 20 | propose g "$i" -q --timeout 300s & pids+=($!)
	done
	probe "$i" write-signals g signal-1 & pids+=($!)
	probe "$i" poll-out g 300000 & pids+=($!)
	( exec nsenter "--net=/run/netns/n$i" "$RAFT_TOOLS/raftctl" propose -g g killed ) &
	k=$!
	until_true threads_wait $k 1 || fail "a proposer without room does not wait"
	kill -KILL $k
	wait $k && fail "who was killed says that it worked"
	sleep 0.5
	mend "$@"
	for k in "${pids[@]}"; do wait "$k" || fail "one of those who waited"; done
	short_log g 1 2 3
	once 4 full
	for k in 1 2 3 4 5 6; do once 20 "w$k"; done
	once 1 signal
	grep -E 'killed|late' "$TMP/log" && fail "what was refused is there"
	is "$(wc -l <"$TMP/log")" 125 "commands"
}

t_pressure_leader() {
	cluster g 3 CheckQuorum=off MaxUncommitted=4K
	# shellcheck disable=SC2046
	pressure "$leader" $(others 3 "$leader")
}
t "a leader that cannot commit takes MaxUncommitted; who waits goes on in order" t_pressure_leader

t_pressure_deposed() {
	cluster g 3 CheckQuorum=off MaxUncommitted=4K
	pressure "$leader" "$leader"
}
t "a leader that is cut off is full, and goes on in order under the next one" t_pressure_deposed

t_pressure_follower() {
	cluster g 3 MaxUncommitted=4K
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	pressure "$1" "$1"
}
t "a follower that is cut off bounds what it keeps, and goes on in order" t_pressure_follower

t_pressure_count() {
	# A lone entry takes a block.
	cluster g 3 -s 32M
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	pull 1 2 3
	is "$(probe "$1" fill g few 0)" 1024 "small commands that a follower keeps"
	is "$(probe "$leader" fill g some 0)" 1024 "small commands that a leader keeps"
	mend 1 2 3
	# All that the kernel took comes, without anybody who waits for it.
	ctl "$1" propose -g g few-1025 >/dev/null
	ctl "$leader" propose -g g some-1025 >/dev/null
	same_logs g 1 2 3
	once 1025 few
	once 1025 some
}
t "small commands: their number is bounded, and all that were taken come in order" t_pressure_count

t_stream() {
	local i k term pids=()
	cluster g 3 -s 32M MaxUncommitted=4K
	term=$(raft_get g "$leader" term)
	for i in 1 2 3; do
		probe $i stream g "s$i" 1000 & pids+=($!)
	done
	for k in 1 2 3; do
		sleep 0.3
		ctl 1 transfer -g g >/dev/null 2>&1 || :
	done
	# What waits in it goes on under the next one.
	until_true ctl 1 transfer -g g >/dev/null || fail "nobody takes over"
	for i in "${pids[@]}"; do wait "$i" || fail "a stream"; done
	[ "$(raft_get g 1 term)" -gt "$term" ] || fail "one leader all the time"
	same_logs g 1 2 3
	for i in 1 2 3; do once 1000 "s$i"; done
	is "$(wc -l <"$TMP/log")" 3000 "commands"
}
t "one file, commands that do not wait, leaders that change: all there in order" t_stream

# Those who propose while something is in flight go together: alone each would cost two
# messages, and two more that tell of its commit.
t_pressure_gathers() {
	local before
	[[ $(uname -r) != *raftdbg* ]] || skip "this kernel takes longer for one command than others are waited for"
	cluster g 3 -s 32M
	before=$(raft_get g "$leader" msgs_out)
	ns "$leader" "$RAFT_TOOLS/raft-bench" propose -g g -t 64 -n 2000 -s 16 -j >"$TMP/bench"
	grep -q '"failed":0,"unknown":0' "$TMP/bench" || fail "$(cat "$TMP/bench")"
	[ $(($(raft_get g "$leader" msgs_out) - before)) -lt 5000 ] ||
		fail "$(($(raft_get g "$leader" msgs_out) - before)) messages for 2000 commands of 64 clients"
	same_logs g 1 2 3
}
t "64 clients share messages" t_pressure_gathers
