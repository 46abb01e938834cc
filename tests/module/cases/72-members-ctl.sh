# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 72-members-ctl.sh - members, transfer, barriers, settings and recovery as an operator
# does them, with raftctl.

# kinds NAME I: "1 voter,2 voter,4 learner," as node I sees it.
kinds() { ctl "$2" member list "$1" | awk '{ printf "%s %s,", $1, $2 }'; }
see() { [ "$(kinds "$1" "$2")" = "$3" ]; }

# all_see NAME KINDS I...: sooner or later each of I... does.
all_see() {
	local name=$1 kinds=$2 i
	shift 2
	for i; do
		until_true see "$name" "$i" "$kinds" ||
			fail "node $i sees '$(kinds "$name" "$i")', not '$kinds'"
	done
}

# try CMD...: again while it is refused for now (exit code 1), as a leader that is new does.
try() { until_true "$@" 2>"$TMP/err" || fail "$*: $(cat "$TMP/err")"; }

# blank NAME I [KEY=VALUE...]: the file of a node that is not a member, in $RAFT_DIR/NAME.I/.
blank() {
	local name=$1 i=$2 kv
	shift 2
	mkdir -p "$RAFT_DIR/$name.$i"
	{
		printf '[Group]\nLog = %s/%%g.%%n.log\nLogSize = 8M\nNode = %d\n' "$RAFT_DIR" "$i"
		printf 'ElectionTimeout = %s\nListen = 10.77.0.%d:7000\n' "$RAFT_ET" "$i"
		for kv in "$@"; do printf '%s = %s\n' "${kv%%=*}" "${kv#*=}"; done
	} >"$RAFT_DIR/$name.$i/$name.conf"
}
blank_up() {
	blank "$@"
	ctl "$2" up "$RAFT_DIR/$1.$2/$1.conf" 2>/dev/null
}

at() { echo "10.77.0.$1:7000"; }
# field NAME I FIELD VALUE: it is so at node I, for until_true.
field() { [ "$(raft_get "$1" "$2" "$3")" = "$4" ]; }
# peer_field NAME I PEER N VALUE: column N of dump's line of PEER at node I.
peer_field() { [ "$(ctl "$2" dump "$1" | awk -F '\t' -v p="$3" -v n="$4" '$1 == "peer" && $3 == p { print $n }')" = "$5" ]; }

t_ctl_add_remove() {
	local index
	cluster g 3
	lines old 200 | propose g 1 -q -J 8
	blank_up g 4
	is "$(ctl 4 show g member)" no "member, blank"
	ctl 4 status g | grep -q BLANK || fail "the page does not say that node 4 is blank"
	refused 1 'not a member' ctl 4 propose -g g early
	refused 1 'not a member' ctl 4 read g
	refused 1 'not a member' ctl 4 member remove -g g 1
	index=$(ctl 2 member add -g g "4=$(at 4)")
	all_see g "1 voter,2 voter,3 voter,4 voter," 1 2 3 4
	[ "$index" -gt 200 ] || fail "index $index of the configuration"
	is "$(ctl 4 show g config_index)" "$index" "config_index at 4"
	ctl 4 propose -g g from-4 >/dev/null
	same_logs g 1 2 3 4
	refused 1 'a member already' ctl 1 member add -g g "4=$(at 4)"
	refused 1 'is not a member' ctl 1 member remove -g g 9
	refused 1 'only a learner' ctl 3 member promote -g g 4
	refused 1 'nothing is under way' ctl 2 member abort -g g
	ctl 3 member remove -g g 4 >/dev/null
	all_see g "1 voter,2 voter,3 voter," 1 2 3
	until_true field g 4 removed yes || fail "node 4 does not know"
	ctl 4 status g | grep -q REMOVED || fail "the page does not say that node 4 is removed"
	refused 1 'not a member' ctl 4 propose -g g late
	ctl 1 propose -g g after >/dev/null
	same_logs g 1 2 3
	is "$(tail -n 2 "$TMP/log" | tr '\n' ,)" "from-4,after," "the end of the log"
	# What the kernel wrote, read by raftdump.
	raft_down g 1 2 3
	"$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.1.log" >"$TMP/dump"
	grep -q "^$index term .* config at .*: 1=$(at 1) voter, .*, 4=$(at 4) voter$" "$TMP/dump" ||
		fail "$(grep config "$TMP/dump")"
	grep -q " config at .* 4=$(at 4) joining$" "$TMP/dump" || fail "$(grep config "$TMP/dump")"
	"$RAFT_TOOLS/raftdump" --json "$RAFT_DIR/g.1.log" | json
}
t "raftctl member: add and remove a voter" t_ctl_add_remove 4

t_ctl_learner() {
	cluster g 3
	blank_up g 4
	ctl 1 member add-learner -g g "4=$(at 4)" >/dev/null
	all_see g "1 voter,2 voter,3 voter,4 learner," 1 2 3 4
	until_true field g 4 role learner || fail "role $(raft_get g 4 role)"
	refused 1 'only a voter|only a learner' ctl 2 member demote -g g 4
	refused 1 'no vote' ctl 2 transfer -g g 4
	ctl 1 propose -g g x >/dev/null
	raft_level g 1 2 3 4
	try ctl 3 member promote -g g 4 >/dev/null
	all_see g "1 voter,2 voter,3 voter,4 voter," 1 2 3 4
	ctl 2 member demote -g g 4 >/dev/null
	all_see g "1 voter,2 voter,3 voter,4 learner," 1 2 3 4
	same_logs g 1 2 3 4
}
t "raftctl member: a learner, promoted and demoted" t_ctl_learner 4

t_ctl_joint() {
	local list
	cluster g 3
	blank_up g 4
	blank_up g 5
	refused 2 'expected \+ID=ADDRESS' ctl 1 member change -g g +4
	refused 1 'no voter would be left' ctl 1 member change -1 -2 -3 -g g
	ctl 1 member change "+4=$(at 4)" -1 -g g "+5=$(at 5),learner" 2=learner >/dev/null
	list="2 learner,3 voter,4 voter,5 learner,"
	all_see g "$list" 2 3 4 5
	is "$(ctl 3 show g joint)" no "joint at 3"
	until_true field g 1 removed yes || fail "node 1 does not know"
	ctl 5 propose -g g x >/dev/null
	same_logs g 2 3 4 5
	ctl 3 member list g --json | json
	ctl 2 member change -g g 2=voter 5=voter >/dev/null
	all_see g "2 voter,3 voter,4 voter,5 voter," 2 3 4 5
}
t "raftctl member change: several at once" t_ctl_joint 5

t_ctl_abort() {
	local rc=0
	cluster g 3
	refused 3 'UNKNOWN' ctl 1 member add -g g "4=$(at 4)" --timeout 500ms
	all_see g "1 voter,2 voter,3 voter,4 joining," 1 2 3
	ctl "$leader" status g | grep -q 'joining  node 4 catches up, round 1' ||
		fail "$(ctl "$leader" status g)"
	refused 1 'another change, or a transfer, is under way' ctl 3 member remove -g g 4
	ctl 2 member abort -g g >/dev/null
	all_see g "1 voter,2 voter,3 voter," 1 2 3
	ctl 3 member add -g g "4=$(at 4)" --timeout 100s 2>"$TMP/err" &
	all_see g "1 voter,2 voter,3 voter,4 joining," 2
	ctl 2 member abort -g g >/dev/null
	wait %1 || rc=$?
	is $rc 1 "exit code of what was taken back"
	grep -q 'taken back' "$TMP/err" || fail "add said: $(cat "$TMP/err")"
	ctl 1 propose -g g x >/dev/null
	same_logs g 1 2 3
}
t "raftctl member abort" t_ctl_abort

t_ctl_given_up() {
	local RAFT_ET=100ms
	cluster g 3
	refused 1 'given up: the new node did not catch up' \
		ctl 2 member add -g g "4=$(at 4)" --timeout 300s
	all_see g "1 voter,2 voter,3 voter," 1 2 3
	raft_down g 1 2 3
	"$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.2.log" >"$TMP/dump"
	grep -q 'config at .*; node 4 did not catch up$' "$TMP/dump" || fail "$(grep config "$TMP/dump")"
}
t "a new node that is not there is given up" t_ctl_given_up

t_ctl_address() {
	cluster g 3
	refused 2 'expected ID=ADDRESS' ctl 1 member address -g g 3=nowhere
	raft_down g 3
	sed -i '/10.77.0.3:7000/s/7000/7003/' "$RAFT_DIR/g.conf"
	ctl 1 wait-leader g >/dev/null
	try ctl 1 member address -g g "3=10.77.0.3:7003" >/dev/null
	raft_up g 3
	ctl 3 propose -g g moved >/dev/null
	same_logs g 1 2 3
	is "$(ctl 2 member list g | awk '$1 == 3 { print $3 }')" 10.77.0.3:7003 "address of 3"
}
t "raftctl member address: a node moves" t_ctl_address

t_ctl_transfer() {
	local other term
	cluster g 3
	for other in 1 2 3; do
		try ctl 2 transfer -g g $other >"$TMP/out"
		is "$(cat "$TMP/out")" $other "who leads"
		until_true field g $other role leader || fail "node $other does not lead"
	done
	refused 1 'is not a member' ctl 1 transfer -g g 9
	refused 2 'expected a number' ctl 1 transfer -g g nobody
	term=$(raft_get g 3 term)
	is "$(ctl 1 transfer -g g 3)" 3 "to who leads already"
	is "$(raft_get g 3 term)" "$term" "term, with nothing to do"
	other=$(ctl 3 transfer -g g)
	[ "$other" != 3 ] || fail "the best other node is 3 itself"
	lines a 50 | propose g 1 -q -J 4
	same_logs g 1 2 3
	once_any_order 50 a
}
t "raftctl transfer" t_ctl_transfer

t_ctl_down_transfers() {
	local rest term
	cluster g 3
	read -ra rest <<<"$(others 3 "$leader")"
	term=$(raft_get g "$leader" term)
	ctl "$leader" down g 2>"$TMP/err"
	[ ! -s "$TMP/err" ] || fail "down said: $(cat "$TMP/err")"
	leader=$(raft_wait_leader g "${rest[@]}")
	is "$(raft_get g "$leader" term)" $((term + 1)) "term after a transfer"
	# Without the other one nobody can take over: it may say so, and stops all the same.
	raft_down g "$(printf '%s\n' "${rest[@]}" | grep -vx "$leader")"
	ctl "$leader" down g 2>"$TMP/err"
	! grep -v 'no other node took over' "$TMP/err" || fail "down said something else"
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
	ctl "$leader" stop g --no-transfer
	# shellcheck disable=SC2046
	raft_wait_leader g $(others 3 "$leader") >/dev/null
}
t "raftctl down lets another node lead first" t_ctl_down_transfers

t_ctl_priority() {
	local high term
	cluster g 3
	high=$(others 3 "$leader" | awk '{ print $1 }')
	ctl "$high" set -g g Priority=10
	until_true field g "$high" role leader || fail "node $high does not lead"
	term=$(raft_get g "$high" term)
	lines a 20 | propose g 1 -q
	is "$(raft_get g "$high" term)" "$term" "term afterwards"
	ctl "$high" status g | grep -q 'priority 10' || fail "no priority on the page"
	until_true peer_field g "$high" "$high" 15 10 || fail "$(ctl "$high" dump g)"
}
t "a node with a higher priority takes over" t_ctl_priority

t_ctl_read() {
	local index
	cluster g 3
	index=$(ctl 1 propose -g g x)
	for i in 1 2 3; do
		[ "$(ctl $i read g)" -ge "$index" ] || fail "barrier at $i"
		[ "$(ctl $i read g --lease)" -ge "$index" ] || fail "barrier by lease at $i"
		is "$(raft_log g $i)" x "the log at $i"
	done
	[ "$(raft_get g "$leader" read_rounds)" -gt 0 ] || fail "no rounds"
	# shellcheck disable=SC2046
	raft_down g $(others 3 "$leader")
	refused 5 'timed out' ctl "$leader" read g --timeout 1s
}
t "raftctl read" t_ctl_read

t_ctl_set() {
	cluster g 3
	refused 2 'expected KEY=VALUE with one of ElectionTimeout' ctl 1 set -g g LogSize=1M
	refused 2 'expected KEY=VALUE' ctl 1 set -g g nonsense
	refused 2 'Heartbeat is "x", expected' ctl 1 set -g g Heartbeat=x
	refused 2 'at most half of ElectionTimeout' ctl 1 set -g g Heartbeat=30m
	ctl 1 set -g g Heartbeat=25ms ElectionTimeout=400ms MaxBatch=7 PreVote=off LeaseDrift=2%
	is "$(ctl 1 show g heartbeat_ms)" 25 heartbeat_ms
	is "$(ctl 1 show g election_timeout_ms)" 400 election_timeout_ms
	is "$(ctl 1 show g max_batch)" 7 max_batch
	is "$(ctl 1 show g lease_drift_ppm)" 20000 lease_drift_ppm
	ctl 1 showconf g >"$RAFT_DIR/shown.conf"
	grep -qx 'PreVote = off' "$RAFT_DIR/shown.conf" || fail "PreVote in showconf"
	ctl 1 checkconf "$RAFT_DIR/shown.conf" >/dev/null
	mkdir -p "$RAFT_DIR/s"
	cp "$RAFT_DIR/shown.conf" "$RAFT_DIR/s/g.conf"
	is "$(ctl 1 sync "$RAFT_DIR/s/g.conf")" "" "nothing differs from showconf"
	# The file that it was started with has other values, or none: those count again.
	ctl 1 sync "$RAFT_DIR/g.conf" >"$TMP/sync"
	grep -qx 'PreVote = on' "$TMP/sync" || fail "sync said: $(cat "$TMP/sync")"
	grep -qx 'MaxBatch = 64' "$TMP/sync" || fail "sync said: $(cat "$TMP/sync")"
	is "$(ctl 1 show g max_batch)" 64 "max_batch after sync"
	is "$(ctl 1 sync "$RAFT_DIR/g.conf")" "" "nothing left to sync"
	sed 's/^\[Group\]/[Group]\nId = 77/' "$RAFT_DIR/g.conf" >"$RAFT_DIR/s/g.conf"
	refused 1 'is for group' ctl 1 sync "$RAFT_DIR/s/g.conf"
	sed '/Id = 3/,$d' "$RAFT_DIR/g.conf" | sed '$d' >"$RAFT_DIR/s/g.conf"
	ctl 1 sync "$RAFT_DIR/s/g.conf" 2>"$TMP/err"
	grep -q 'members are not those' "$TMP/err" || fail "sync did not tell: $(cat "$TMP/err")"
	ctl 2 propose -g g x >/dev/null
	same_logs g 1 2 3
}
t "raftctl set and sync" t_ctl_set

t_ctl_events() {
	cluster g 3
	blank_up g 4
	ctl 1 events g >"$TMP/events" &
	ctl 1 events g --json >"$TMP/events.json" &
	until_true grep -q '^exists peer name:g id:3 ' "$TMP/events"
	ctl 2 member add-learner -g g "4=$(at 4)" >/dev/null
	until_true grep -q '^create peer name:g id:4 address:10.77.0.4:7000 kind:learner$' "$TMP/events" ||
		fail "$(cat "$TMP/events")"
	try ctl 2 member promote -g g 4 >/dev/null
	until_true grep -q '^change peer name:g id:4 address:10.77.0.4:7000 kind:voter$' "$TMP/events" ||
		fail "$(cat "$TMP/events")"
	ctl 2 member remove -g g 4 >/dev/null
	until_true grep -q '^destroy peer name:g id:4$' "$TMP/events" || fail "$(cat "$TMP/events")"
	raft_down g 1
	wait %1 %2
	json <"$TMP/events.json"
}
t "raftctl events tells of members" t_ctl_events 4

t_ctl_join() {
	cluster g 3
	lines old 100 | propose g 1 -q -J 8
	refused 2 'expected Listen and no \[Peer\]' ctl 4 join "$RAFT_DIR/g.conf" --node 1
	blank g 4
	refused 5 'raftctl member add -g g .4=10.77.0.4:7000' \
		ctl 4 join "$RAFT_DIR/g.4/g.conf" --timeout 1s
	ctl 4 join "$RAFT_DIR/g.4/g.conf" --via "nsenter --net=/run/netns/n2 $RAFT_TOOLS/raftctl" 2>/dev/null
	all_see g "1 voter,2 voter,3 voter,4 voter," 1 2 3 4
	ctl 4 join "$RAFT_DIR/g.4/g.conf" --timeout 10s
	blank g 5
	ctl 5 join "$RAFT_DIR/g.5/g.conf" --learner 2>"$TMP/join" &
	until_true grep -q 'raftctl member add-learner' "$TMP/join"
	ctl 3 member add-learner -g g "5=$(at 5)" >/dev/null
	wait %1
	same_logs g 1 2 3 4 5
	# Its file has no [Peer], and its log says who the members are.
	raft_down g 4
	ctl 4 up "$RAFT_DIR/g.4/g.conf"
	ctl 4 propose -g g again >/dev/null
	same_logs g 1 2 3 4 5
}
t "raftctl join" t_ctl_join 5

# recover_files NAME I: what raftctl recover made takes the place of what was there.
recover_node() {
	local name=$1 i=$2
	mkdir -p "$RAFT_DIR/new.$i"
	ctl "$i" recover "$RAFT_DIR/$name.conf" --node "$i" --yes-i-lost-the-majority \
		>"$RAFT_DIR/new.$i/$name.conf" 2>"$TMP/warning"
	grep -q LOST "$TMP/warning" || fail "no warning: $(cat "$TMP/warning")"
}

t_ctl_recover() {
	local n
	cluster g 3
	lines kept 50 | propose g 1 -q
	raft_level g 1 2 3
	refused 1 'down first' ctl 1 recover "$RAFT_DIR/g.conf" --node 1 --yes-i-lost-the-majority
	raft_down g 1 2 3
	cksum "$RAFT_DIR/g.1.log" >"$TMP/before"
	recover_node g 1
	cksum "$RAFT_DIR/g.1.log" | cmp - "$TMP/before" || fail "the old log has changed"
	"$RAFT_TOOLS/raftdump" --check "$RAFT_DIR/g.1.log.recovered" >/dev/null
	# An old member that lives after all is not heard, nor does it hear.
	raft_up g 2 3
	ctl 1 up "$RAFT_DIR/new.1/g.conf"
	is "$(ctl 1 wait-leader g)" 1 leader
	all_see g "1 voter," 1
	ctl 1 propose -g g new-1 >/dev/null
	ctl 2 propose -g g old-2 >/dev/null
	raft_log g 1 >"$TMP/log"
	once 50 kept
	is "$(tail -n 1 "$TMP/log")" new-1 "the end of the new log"
	is "$(raft_log g 2 | tail -n 1)" old-2 "the end of the old log"
	# Then the others come back as new nodes.
	raft_down g 2 3
	n=$(sed -n 's/^Id = \(0x.*\)/\1/p' "$RAFT_DIR/new.1/g.conf")
	for i in 2 3; do
		rm "$RAFT_DIR/g.$i.log"
		blank_up g $i "Id=$n"
		try ctl 1 member add -g g "$i=$(at $i)" >/dev/null
	done
	all_see g "1 voter,2 voter,3 voter," 1 2 3
	ctl 3 propose -g g again >/dev/null
	same_logs g 1 2 3
	once 50 kept
	is "$(tail -n 2 "$TMP/log" | tr '\n' ,)" "new-1,again," "the end of all logs"
	raft_down g 1
	ctl 1 up "$RAFT_DIR/new.1/g.conf"
	same_logs g 1 2 3
}
t "raftctl recover: a new group from one survivor" t_ctl_recover
