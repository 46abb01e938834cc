# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 27-batches.sh - many commands in one call: in order, all or what fits, and each told what
# became of it. Bad arguments are badinput_batch.c's.

t_batches() {
	local i pids=()
	cluster g 3
	# At the leader and at the followers, at once; batches that do not divide the number.
	for i in 1 2 3; do
		probe $i stream-batch g "a$i" 1000 64 0 & pids+=($!)
		probe $i stream-batch g "b$i" 500 7 0 & pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || fail "a stream"; done
	same_logs g 1 2 3
	for i in 1 2 3; do once 1000 "a$i"; once 500 "b$i"; done
	is "$(wc -l <"$TMP/log")" 4500 "commands"
}
t "batches of each node at once, each in order" t_batches

t_batch_leaders() {
	local i term pids=()
	# Little room: a batch comes in parts.
	cluster g 3 -s 64M MaxUncommitted=4K
	term=$(raft_get g "$leader" term)
	for i in 1 2 3; do probe $i stream-batch g "s$i" 2000 64 100 & pids+=($!); done
	for _ in 1 2 3; do
		sleep 0.3
		ctl 1 transfer -g g >/dev/null 2>&1 || :
	done
	# And one that is not prepared for it.
	leader=$(raft_wait_leader g 1 2 3)
	pull "$leader"
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	raft_wait_leader g "$@" >/dev/null
	mend "$leader"
	for i in "${pids[@]}"; do wait "$i" || fail "a stream"; done
	[ "$(raft_get g 1 term)" -gt "$term" ] || fail "one leader all the time"
	short_log g 1 2 3
	for i in 1 2 3; do once 2000 "s$i"; done
	is "$(wc -l <"$TMP/log")" 6000 "commands"
}
t "batches in parts, and leaders that change: each command once, in order" t_batch_leaders

t_batch_room() {
	cluster g 3 MaxUncommitted=4K
	# Four of 1 KiB have room; those are committed, and the others are not applied.
	is "$(probe "$leader" part-batch g part 10 1024)" "4 EAGAIN" "what was taken of ten, not waiting"
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	is "$(probe "$1" part-batch g there 10 1024)" "4 EAGAIN" "at a follower"
	probe "$1" stream-batch g all 10 10 1024
	short_log g 1 2 3
	once 4 part
	once 4 there
	once 10 all
	is "$(wc -l <"$TMP/log")" 18 "commands"
	is "$(probe "$leader" part-batch g one 1 0)" "1 -" "a batch of one"
}
t "a batch that has not enough room" t_batch_room

t_batch_full() {
	local n=0 got want
	cluster g 1 -s 1M
	while got=$(probe 1 part-batch g "f$n" 10 4000) && [ "$got" = "10 -" ]; do n=$((n + 1)); done
	[[ $got =~ ^[0-9]\ ENOSPC$ ]] || fail "a batch in a log that is full: $got"
	want=$((n * 10 + ${got% *}))
	is "$(raft_log g 1 | wc -l)" $want "commands"
}
t "a batch that the log has not enough room for" t_batch_full 1

t_batch_unknown() {
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	patient g
	pull "$1"
	probe "$1" late-batch g late 20 300
	mend "$1"
	ctl "$1" propose -g g end >/dev/null
	same_logs g 1 2 3
	once 20 late
	is "$(tail -n 1 "$TMP/log")" end "the end of the log"
}
t "a batch that is not decided in time is unknown, and goes on" t_batch_unknown

t_batch_stop() {
	local pid
	cluster g 3
	patient g
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	pull "$@"
	( exec nsenter "--net=/run/netns/n$leader" "$RAFT_TOOLS/module-probe" stream-batch g stop 64 64 0 ) 2>"$TMP/err" &
	pid=$!
	until_true threads_wait $pid 1 || fail "it does not wait"
	raft_down g "$leader"
	if wait $pid; then fail "a batch of a group that stopped says that it worked"; fi
	# One that is killed.
	( exec nsenter "--net=/run/netns/n$1" "$RAFT_TOOLS/module-probe" stream-batch g kill 64 64 0 ) &
	pid=$!
	until_true threads_wait $pid 1 || fail "it does not wait"
	kill -KILL $pid
	if wait $pid; then fail "who was killed says that it worked"; fi
}
t "a batch whose group stops, or whose caller is killed" t_batch_stop
