# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 27-sessions.sh - a client that repeats its commands, at whatever node and whatever happens
# in between: applied once, the same answer. And what a state machine makes of them.

session() { ctl "$1" session -g g; }
# as I SESSION SERIAL ARGS...: propose with them at node I.
as() { local i=$1 s=$2 n=$3; shift 3; ctl "$i" propose -g g --session "$s" --serial "$n" "$@"; }
later='session is closed, or has a later command'

# machine I [FROM]: a state machine at node I, which answers "did COMMAND at I".
machine() {
	local i=$1
	ctl "$i" tail -g g --from "${2:-1}" --long | while read -r index _ _ cmd; do
		printf 'did %s at %s' "$cmd" "$i" | ctl "$i" applied -g g "$index" --result -
	done &
}

t_repeat() {
	local s i k first pids
	cluster g 3
	s=$(session 1)
	first=$(as 1 "$s" 1 one)
	for i in 1 2 3; do
		is "$(as "$i" "$s" 1 one)" "$first" "index of the repeated command at node $i"
		is "$(as "$i" "$s" 1 --json another | tr ',' '\n' | grep -c "\"index\":$first")" 1 "and of another with its number"
	done
	is "$(lab_in 2 cat /sys/class/raft/g/sessions)" 1 "sessions"
	# All at once, at each.
	for k in $(seq 2 20); do
		pids=()
		for i in 1 2 3; do
			as "$i" "$s" "$k" "all-$k" >"$TMP/a.$i" &
			pids+=($!)
		done
		for i in 1 2 3; do wait "${pids[i - 1]}" || fail "the proposal at node $i: $?"; done
		is "$(sort -u "$TMP"/a.[123] | wc -l)" 1 "answers to number $k"
	done
	refused 1 "$later" as 2 "$s" 19 all-19
	refused 1 "$later" as 3 "$s" 1 one
	# No session has this id: a command has it.
	refused 1 "$later" as 1 "$first" 1 x
	# After a fail-over.
	i=$(as 2 "$s" 21 last)
	leader=$(raft_wait_leader g 1 2 3)
	raft_down g "$leader"
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	raft_wait_leader g "$@" >/dev/null
	for k; do is "$(as "$k" "$s" 21 last)" "$i" "index after the fail-over at node $k"; done
	refused 1 "$later" as "$1" "$s" 20 all-20
	raft_up g "$leader"
	# After a restart of them all.
	raft_down g 1 2 3
	raft_up g 1 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	for k in 1 2 3; do is "$(as "$k" "$s" 21 last)" "$i" "index after the restart at node $k"; done
	refused 1 "$later" as 1 "$s" 20 all-20
	as 3 "$s" 22 new >/dev/null
	same_logs g 1 2 3
	is "$(grep -cx one "$TMP/log")" 1 "times that one is in the log"
	if grep -qx another "$TMP/log"; then fail "another is in the log"; fi
	for k in $(seq 2 20); do is "$(grep -cx "all-$k" "$TMP/log")" 1 "times that all-$k is in the log"; done
	is "$(tail -n 2 "$TMP/log" | xargs)" "last new" "the end of the log"
}
t "a command that is repeated, over fail-over and restart" t_repeat

t_unknown() {
	local s index
	cluster g 3
	s=$(session 1)
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	raft_down g "$@"
	refused 3 UNKNOWN as "$leader" "$s" 1 --timeout 300ms maybe
	refused 3 UNKNOWN as "$leader" "$s" 1 --timeout 300ms maybe
	raft_up g "$@"
	raft_wait_leader g 1 2 3 >/dev/null
	index=$(as "$1" "$s" 1 maybe)
	is "$(as "$leader" "$s" 1 maybe)" "$index" "index at the node where it was unknown"
	same_logs g 1 2 3
	is "$(grep -cx maybe "$TMP/log")" 1 "times that it is in the log"
}
t "what was unknown is repeated elsewhere" t_unknown

# opened N: sessions at node 1, sixteen at a time; the id of the last.
opened() {
	seq "$1" | xargs -P 16 -I{} nsenter --net=/run/netns/n1 "$RAFT_TOOLS/raftctl" session -g g |
		sort -n | tail -n 1
}

t_closed() {
	local old used new
	cluster g 3
	old=$(session 1)
	used=$(session 1)
	as 1 "$old" 1 x >/dev/null
	opened 500 >/dev/null
	as 2 "$used" 1 y >/dev/null
	new=$(opened 530)
	is "$(raft_get g 1 sessions)" 1024 "sessions"
	refused 1 "$later" as 3 "$old" 1 x
	refused 1 "$later" as 3 "$old" 2 x
	as 3 "$used" 2 z >/dev/null
	as 3 "$new" 1 n >/dev/null
	raft_down g 1 2 3
	raft_up g 1 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	raft_level g 1 2 3
	is "$(raft_get g 2 sessions)" 1024 "sessions after a restart"
	refused 1 "$later" as 2 "$old" 1 x
	as 2 "$used" 2 z >/dev/null
	same_logs g 1 2 3
	is "$(xargs <"$TMP/log")" "x y z n" "the log"
}
t "more than 1024 sessions: the one not used for longest is closed" t_closed

t_result() {
	local i s index
	cluster g 3
	for i in 1 2 3; do machine "$i"; done
	for i in 1 2 3; do
		is "$(ctl "$i" propose -g g --result "c$i")" "did c$i at $i" "result at node $i"
	done
	s=$(session 2)
	is "$(as 1 "$s" 1 --result one)" "did one at 1" "result in a session"
	is "$(as 1 "$s" 1 --result one)" "did one at 1" "result of the repeated command"
	# Each node has its own.
	is "$(as 3 "$s" 1 --result one)" "did one at 3" "result of the repeated command at node 3"
	is "$(as 3 "$s" 2 --result two)" "did two at 3" "the next result"
	refused 1 "$later" as 1 "$s" 1 --result one
	index=$(as 2 "$s" 2 two)
	is "$(as 2 "$s" 2 --result --json two | tr -d ' ' | grep -o "\"index\":$index,")" "\"index\":$index," "index with the result"
	is "$(as 2 "$s" 2 --result --json two | grep -o '"text": *"did two at 2"' | wc -l)" 1 "result as JSON"
	# Over a fail-over: the others' machines have it.
	raft_down g "$leader"
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	raft_wait_leader g "$@" >/dev/null
	for i; do is "$(as "$i" "$s" 2 --result two)" "did two at $i" "result after the fail-over"; done
}
t "results of the state machine, also of repeated commands" t_result

applied_above() { [ "$(raft_get g "$1" applied)" -gt "$2" ]; }

t_no_result() {
	local s index pid
	cluster g 3
	s=$(session 1)
	# Nobody answers.
	refused 5 'committed at index [0-9]+, but .* in time' as 1 "$s" 1 --result --timeout 500ms one
	is "$(as 1 "$s" 1 --result --timeout 500ms --json one 2>/dev/null | grep -o '"result_state": *"late"' | wc -l)" 1 "state as JSON"
	index=$(as 1 "$s" 1 one)
	# Passed over: there is none, and it is known at once.
	as 1 "$s" 1 --result --timeout 90s one >"$TMP/over" 2>&1 &
	pid=$!
	sleep 0.5
	ctl 1 applied -g g "$(ctl 1 propose -g g other)"
	if wait $pid; then fail "a result of a command that was passed over: $(cat "$TMP/over")"; fi
	grep -q "committed at index $index, but there is no result" "$TMP/over" || fail "said: $(cat "$TMP/over")"
	refused 5 'there is no result' as 1 "$s" 1 --result --timeout 90s one
	# Given later at another node.
	as 2 "$s" 1 --result --timeout 90s one >"$TMP/late" 2>&1 &
	pid=$!
	sleep 0.5
	head -c 4096 /dev/zero | tr '\0' r | ctl 2 applied -g g "$index" --result -
	wait $pid || fail "no result: $(cat "$TMP/late")"
	is "$(tr -d r <"$TMP/late" | wc -c) $(wc -c <"$TMP/late")" "0 4096" "the largest result"
	# The first one stays.
	printf x | ctl 2 applied -g g "$index" --result -
	is "$(as 2 "$s" 1 --result one | wc -c)" 4096 "the result, given twice"
	# An empty one is one.
	index=$(as 2 "$s" 2 two)
	ctl 2 applied -g g "$index" --result /dev/null
	is "$(as 2 "$s" 2 --result two)" "" "an empty result"
	head -c 4097 /dev/zero >"$TMP/big"
	refused 1 'longer than 4096' ctl 2 applied -g g "$index" --result "$TMP/big"
	refused 1 'is applied here' ctl 2 applied -g g 1000000
	refused 1 'not a command' ctl 2 applied -g g 1 --result /dev/null
	# The node stops meanwhile.
	raft_level g 1 2 3
	index=$(raft_get g 3 applied)
	as 3 "$s" 3 --result --timeout 90s three >"$TMP/stop" 2>&1 &
	pid=$!
	until_true applied_above 3 "$index" || fail "number 3 is not applied"
	raft_down g 3
	if wait $pid; then fail "a result of a node that stopped"; fi
	grep -q "committed at index .* in time" "$TMP/stop" || fail "said: $(cat "$TMP/stop")"
	raft_up g 3
	same_logs g 1 2 3
	is "$(xargs <"$TMP/log")" "one other two three" "the log"
}
t "results that do not come: late, passed over, given later, stopped" t_no_result

# A state machine that keeps nothing begins anew after a crash, and gives results again.
t_restart_result() {
	local s pid
	cluster g 3
	machine 1
	s=$(session 1)
	is "$(as 1 "$s" 1 --result one)" "did one at 1" "result"
	raft_down g 1 2 3
	raft_up g 1 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	# Waits for the machine, which begins later.
	as 1 "$s" 1 --result --timeout 90s one >"$TMP/again" 2>&1 &
	pid=$!
	sleep 0.5
	machine 1
	wait $pid || fail "no result: $(cat "$TMP/again")"
	is "$(cat "$TMP/again")" "did one at 1" "result of before the restart"
	same_logs g 1 2 3
	is "$(xargs <"$TMP/log")" one "the log"
}
t "the result of a command from before the restart" t_restart_result

t_repeated_trace() {
	local dir=/sys/kernel/tracing s first
	[ -d $dir/events/raft/raft_repeated ] || fail "no raft_repeated in tracefs"
	cluster g 3
	s=$(session 1)
	first=$(as 1 "$s" 7 one)
	echo 1 >$dir/events/raft/raft_repeated/enable
	echo >$dir/trace
	as 3 "$s" 7 one >/dev/null
	refused 1 "$later" as 2 "$s" 6 zero
	raft_level g 1 2 3
	echo 0 >$dir/events/raft/raft_repeated/enable
	is "$(grep -c "node=2 .*origin=3 client=$s serial=7 first=$first\$" $dir/trace)" 1 "copies seen at node 2"
	is "$(grep -c "node=1 .*origin=2 client=$s serial=6 first=0\$" $dir/trace)" 1 "late ones seen at node 1"
}
t "each copy of a command is a trace event" t_repeated_trace

t_session_log() {
	local s
	cluster g 1
	s=$(session 1)
	as 1 "$s" 9 one >/dev/null
	as 1 "$s" 9 one >/dev/null
	raft_down g 1
	"$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.1.log" >"$TMP/dump"
	is "$(grep -c "^$s term .* open at " "$TMP/dump")" 1 "what opened the session"
	is "$(grep -c " session $s.9: one" "$TMP/dump")" 2 "commands of the session in the log"
	# One of one, so that the log is all there is.
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	is "$(raft_log g 1)" one "what was applied"
}
t "sessions in the log, and a log of one node" t_session_log 1
