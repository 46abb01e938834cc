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

# A machine that is busy may change its leader at any time, and a new one refuses what
# members ask for a moment. What such a refusal says nothing about is asked again.
rc=0
attempt() {
	rc=0
	"$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	! grep -qE 'for now|no leader is known|lost with its leader|another node leads' "$TMP/err"
}
# do_it CMD...: it works, at the latest then; its stdout.
do_it() {
	until_true attempt "$@" && [ $rc = 0 ] || fail "$*: exit code $rc, $(cat "$TMP/err")"
	cat "$TMP/out"
}
# denied CODE REGEX CMD...: as refused.
denied() {
	local code=$1 regex=$2
	shift 2
	until_true attempt "$@" && [ $rc = "$code" ] && grep -qE "$regex" "$TMP/err" ||
		fail "$*: exit code $rc, $(cat "$TMP/err")"
}

# steady NAME N: from now on nobody of 1 to N stands for election by himself.
steady() {
	local i
	for i in $(seq "$2"); do ctl "$i" set -g "$1" ElectionTimeout=20m Heartbeat=100ms; done
	# shellcheck disable=SC2046
	leader=$(raft_wait_leader "$1" $(seq "$2"))
}

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
	steady g 3
	lines old 200 | propose g 1 -q -J 8
	blank_up g 4
	is "$(ctl 4 show g member)" no "member, blank"
	ctl 4 status g | grep -q BLANK || fail "the page does not say that node 4 is blank"
	refused 1 'not a member' ctl 4 propose -g g early
	refused 1 'not a member' ctl 4 read g
	refused 1 'not a member' ctl 4 member remove -g g 1
	index=$(do_it ctl 2 member add -g g "4=$(at 4)")
	all_see g "1 voter,2 voter,3 voter,4 voter," 1 2 3 4
	[ "$index" -gt 200 ] || fail "index $index of the configuration"
	is "$(ctl 4 show g config_index)" "$index" "config_index at 4"
	ctl 4 propose -g g from-4 >/dev/null
	same_logs g 1 2 3 4
	denied 1 'a member already' ctl 1 member add -g g "4=$(at 4)"
	denied 1 'is not a member' ctl 1 member remove -g g 9
	denied 1 'only a learner' ctl 3 member promote -g g 4
	denied 1 'nothing is under way' ctl 2 member abort -g g
	do_it ctl 3 member remove -g g 4 >/dev/null
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
	steady g 3
	blank_up g 4
	do_it ctl 1 member add-learner -g g "4=$(at 4)" >/dev/null
	all_see g "1 voter,2 voter,3 voter,4 learner," 1 2 3 4
	until_true field g 4 role learner || fail "role $(raft_get g 4 role)"
	denied 1 'only a voter|only a learner' ctl 2 member demote -g g 4
	denied 1 'no vote' ctl 2 transfer -g g 4
	ctl 1 propose -g g x >/dev/null
	raft_level g 1 2 3 4
	do_it ctl 3 member promote -g g 4 >/dev/null
	all_see g "1 voter,2 voter,3 voter,4 voter," 1 2 3 4
	do_it ctl 2 member demote -g g 4 >/dev/null
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
	denied 1 'no voter would be left' ctl 1 member change -1 -2 -3 -g g
	do_it ctl 1 member change "+4=$(at 4)" -1 -g g "+5=$(at 5),learner" 2=learner >/dev/null
	list="2 learner,3 voter,4 voter,5 learner,"
	all_see g "$list" 2 3 4 5
	is "$(ctl 3 show g joint)" no "joint at 3"
	until_true field g 1 removed yes || fail "node 1 does not know"
	ctl 5 propose -g g x >/dev/null
	same_logs g 2 3 4 5
	ctl 3 member list g --json | json
	do_it ctl 2 member change -g g 2=voter 5=voter >/dev/null
	all_see g "2 voter,3 voter,4 voter,5 voter," 2 3 4 5
}
t "raftctl member change: several at once" t_ctl_joint 5

t_ctl_abort() {
	local code=0
	cluster g 3
	steady g 3
	refused 3 'UNKNOWN' ctl 1 member add -g g "4=$(at 4)" --timeout 500ms
	all_see g "1 voter,2 voter,3 voter,4 joining," 1 2 3
	ctl "$leader" status g | grep -q 'joining  node 4 catches up, round 1' ||
		fail "$(ctl "$leader" status g)"
	denied 1 'another change, or a transfer, is under way' ctl 3 member remove -g g 4
	do_it ctl 2 member abort -g g >/dev/null
	all_see g "1 voter,2 voter,3 voter," 1 2 3
	ctl 3 member add -g g "4=$(at 4)" --timeout 100s 2>"$TMP/add" &
	all_see g "1 voter,2 voter,3 voter,4 joining," 2
	do_it ctl 2 member abort -g g >/dev/null
	wait %1 || code=$?
	is $code 1 "exit code of what was taken back"
	grep -q 'taken back' "$TMP/add" || fail "add said: $(cat "$TMP/add")"
	ctl 1 propose -g g x >/dev/null
	same_logs g 1 2 3
}
t "raftctl member abort" t_ctl_abort

t_ctl_given_up() {
	local i
	cluster g 3
	denied 1 'given up: the new node did not catch up' \
		ctl 2 member add -g g "4=$(at 4)" --timeout 300s
	all_see g "1 voter,2 voter,3 voter," 1 2 3
	# Every member knows who, why and since when, and after a restart too.
	raft_level g 1 2 3
	raft_down g 3
	raft_up g 3
	for i in 1 2 3; do
		until_true field g "$i" given_up 4 || fail "given_up at node $i: $(raft_get g "$i" given_up)"
		is "$(raft_get g "$i" given_up_reason)" silent "why, at node $i"
		is "$(lab_in "$i" cat /sys/class/raft/g/given_up)" 4 "given_up in sysfs of node $i"
		is "$(lab_in "$i" cat /sys/class/raft/g/given_up_reason)" silent "why, in sysfs of node $i"
		ctl "$i" status g | grep -q 'given up node 4: silent' || fail "$(ctl "$i" status g)"
	done
	blank g 4
	ctl 4 join "$RAFT_DIR/g.4/g.conf" "$(at 1)" --timeout 300s 2>/dev/null
	is "$(raft_get g 4 given_up)" 0 "given_up, now that it is a voter"
	raft_down g 1 2 3
	"$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.2.log" >"$TMP/dump"
	grep -q 'config at .*; node 4 did not catch up$' "$TMP/dump" || fail "$(grep config "$TMP/dump")"
}
t "a new node that is not there is given up" t_ctl_given_up 4

t_ctl_address() {
	cluster g 3
	refused 2 'expected ID=ADDRESS' ctl 1 member address -g g 3=nowhere
	raft_down g 3
	sed -i '/10.77.0.3:7000/s/7000/7003/' "$RAFT_DIR/g.conf"
	ctl 1 wait-leader g >/dev/null
	do_it ctl 1 member address -g g "3=10.77.0.3:7003" >/dev/null
	raft_up g 3
	ctl 3 propose -g g moved >/dev/null
	same_logs g 1 2 3
	is "$(ctl 2 member list g | awk '$1 == 3 { print $3 }')" 10.77.0.3:7003 "address of 3"
}
t "raftctl member address: a node moves" t_ctl_address

t_ctl_transfer() {
	local other term
	cluster g 3
	steady g 3
	for other in 1 2 3; do
		is "$(do_it ctl 2 transfer -g g $other)" $other "who leads"
		until_true field g $other role leader || fail "node $other does not lead"
	done
	denied 1 'is not a member' ctl 1 transfer -g g 9
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
	local rest
	cluster g 3
	steady g 3
	read -ra rest <<<"$(others 3 "$leader")"
	ctl "$leader" down g 2>"$TMP/err"
	[ ! -s "$TMP/err" ] || fail "down said: $(cat "$TMP/err")"
	# Nobody stands for election by himself: it was handed over.
	leader=$(raft_wait_leader g "${rest[@]}")
	# Without the other one nobody can take over: it says so, and stops all the same.
	ctl "$(printf '%s\n' "${rest[@]}" | grep -vx "$leader")" down g --no-transfer
	ctl "$leader" down g 2>"$TMP/err"
	grep -q 'no other node took over' "$TMP/err" || fail "down said: $(cat "$TMP/err")"
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
	steady g 3
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
	do_it ctl 2 member add-learner -g g "4=$(at 4)" >/dev/null
	until_true grep -q '^create peer name:g id:4 address:10.77.0.4:7000 kind:learner$' "$TMP/events" ||
		fail "$(cat "$TMP/events")"
	do_it ctl 2 member promote -g g 4 >/dev/null
	until_true grep -q '^change peer name:g id:4 address:10.77.0.4:7000 kind:voter$' "$TMP/events" ||
		fail "$(cat "$TMP/events")"
	do_it ctl 2 member remove -g g 4 >/dev/null
	until_true grep -q '^destroy peer name:g id:4$' "$TMP/events" || fail "$(cat "$TMP/events")"
	raft_down g 1
	wait %1 %2
	json <"$TMP/events.json"
}
t "raftctl events tells of members" t_ctl_events 4

# What the kernel log said since the case began.
klog_has() { klog_since "$count" | grep -F "$1" >/dev/null || fail "the kernel log does not say: $1"; }
# join I VIA [OPTION...]: node I, from its file, by the address of a member.
join() { local i=$1 via=$2; shift 2; ctl "$i" join "$RAFT_DIR/g.$i/g.conf" "$(at "$via")" "$@"; }

t_ctl_join() {
	local follower
	cluster g 3
	steady g 3
	lines old 100 | propose g 1 -q -J 8
	leader=$(raft_wait_leader g 1 2 3)
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	follower=$1
	refused 2 'expected Listen and no \[Peer\]' ctl 4 join "$RAFT_DIR/g.conf" "$(at 1)" --node 1
	blank g 4
	refused 2 'ADDRESS:PORT of a member' ctl 4 join "$RAFT_DIR/g.4/g.conf"
	refused 2 'expected ADDRESS:PORT' ctl 4 join "$RAFT_DIR/g.4/g.conf" 10.77.0.1
	# One follower is all that it knows, and that one passes it on.
	ctl 4 join "$RAFT_DIR/g.4/g.conf" "$(at "$follower")" --timeout 300s 2>"$TMP/join" ||
		fail "join: $(cat "$TMP/join")"
	is "$(raft_get g 4 member)" yes "node 4 is a member when join returns"
	all_see g "1 voter,2 voter,3 voter,4 voter," 1 2 3 4
	klog_has "g: node 4 at 10.77.0.4:7000 asks to be let in"
	# It counts: three of four without another.
	raft_down g "$follower"
	ctl 4 propose -g g from-4 --timeout 100s >/dev/null
	raft_up g "$follower"
	# Again: nothing to do. By the leader itself, as a learner, through lost datagrams.
	join 4 "$leader" --timeout 10s
	blank g 5
	ns 5 tc qdisc add dev eth0 root netem loss 40% || echo "no netem here"
	join 5 "$leader" --learner --timeout 300s 2>/dev/null
	ns 5 tc qdisc del dev eth0 root || :
	all_see g "1 voter,2 voter,3 voter,4 voter,5 learner," 1 2 3 4 5
	refused 1 'a learner already' join 5 4 --timeout 10s
	same_logs g 1 2 3 4 5
	# Its file has no [Peer], and its log says who the members are.
	raft_down g 4
	ctl 4 up "$RAFT_DIR/g.4/g.conf"
	ctl 4 propose -g g again >/dev/null
	same_logs g 1 2 3 4 5
}
t "raftctl join, by a follower's address" t_ctl_join 5

# Who may not join, and what it is told.
t_ctl_join_refused() {
	local aborts
	cluster g 3
	steady g 3
	# Nobody there.
	blank g 4
	refused 5 'no answer from 10.77.0.3:7001' \
		ctl 4 join "$RAFT_DIR/g.4/g.conf" 10.77.0.3:7001 --timeout 2s
	# Of another group, which says so in the kernel log of the member.
	blank g 5 Id=0x1234
	refused 5 'no answer from .* no member of group 0x0000000000001234' join 5 1 --timeout 2s
	klog_has 'node 5 at 10.77.0.5:7000 asks to be let into group 0x0000000000001234, which is not here'
	# By one that is no member itself.
	raft_down g 5
	rm "$RAFT_DIR/g.5.log"
	blank g 5
	refused 1 'not a member itself' join 5 4 --timeout 10s
	# The id of another, whether that one is asked or not.
	raft_down g 5
	blank g 5
	sed -i 's/^Node = 5/Node = 3/' "$RAFT_DIR/g.5/g.conf"
	refused 1 'another node has this id' join 5 1 --timeout 20s --log "$RAFT_DIR/another.log"
	refused 1 'another node has this id' join 5 3 --timeout 20s
	is "$(kinds g 1)" "1 voter,2 voter,3 voter," "members"
	raft_down g 5
	# While another change is under way it waits, and says so.
	ctl 1 member add -g g 6=10.77.0.6:7000 >/dev/null 2>&1 &
	until_true see g 2 "1 voter,2 voter,3 voter,6 joining," || fail "$(kinds g 2)"
	refused 5 'node 2 says: refused: another change' join 4 2 --timeout 3s
	( sleep 1; do_it ctl 2 member abort -g g >/dev/null ) &
	aborts=$!
	join 4 2 --timeout 300s 2>/dev/null
	wait $aborts || fail "the other change is not taken back"
	all_see g "1 voter,2 voter,3 voter,4 voter," 1 2 3 4
	# Who was removed does not come back with its log.
	do_it ctl 1 member remove -g g 4 >/dev/null
	until_true field g 4 removed yes || fail "node 4 is not told that it was removed"
	refused 1 'was removed; to come back it needs a new log' join 4 1 --timeout 10s
	is "$(kinds g 1)" "1 voter,2 voter,3 voter," "members"
	same_logs g 1 2 3
}
t "raftctl join is refused with words" t_ctl_join_refused 5

t_ctl_listen() {
	blank_up g 1
	ctl 1 status g | grep -q 'BLANK.*raftctl join' || fail "$(ctl 1 status g)"
	is "$(ctl 1 show g listen)" "$(at 1)" listen
	ctl 1 showconf g >"$RAFT_DIR/s.conf"
	grep -qx "Listen = $(at 1)" "$RAFT_DIR/s.conf" || fail "$(cat "$RAFT_DIR/s.conf")"
	mkdir -p "$RAFT_DIR/s"
	mv "$RAFT_DIR/s.conf" "$RAFT_DIR/s/g.conf"
	ctl 1 checkconf "$RAFT_DIR/s/g.conf" >/dev/null
	ctl 1 down g
	ctl 1 up "$RAFT_DIR/s/g.conf" --log "$RAFT_DIR/g.1.log"
	is "$(ctl 1 show g listen)" "$(at 1)" "listen, after showconf and up"
}
t "showconf of a blank node" t_ctl_listen 1

# warned I TEXT: its status says so.
warned() { ctl "$1" status g | grep -qE "WARNING  election timeouts differ: $2"; }
quiet() { ! ctl "$1" status g | grep -q WARNING; }

t_ctl_timeouts() {
	local i
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	for i in 1 2 3; do until_true quiet "$i" || fail "$(ctl "$i" status g)"; done
	ctl "$1" set -g g ElectionTimeout=5s
	leader=$(raft_wait_leader g 1 2 3)
	if [ "$leader" = "$1" ]; then
		until_true warned "$1" "5.0 s here, .* at node $2" || fail "$(ctl "$1" status g)"
	else
		until_true warned "$leader" ".* here, 5.0 s at node $1" || fail "$(ctl "$leader" status g)"
		until_true warned "$1" "5.0 s here, .* at node $leader" || fail "$(ctl "$1" status g)"
		is "$(lab_in "$leader" cat "/sys/class/raft/g/peers/$1/election_timeout_ms")" 5000 \
			"election timeout of node $1 in sysfs"
	fi
	for i in 1 2 3; do ctl "$i" set -g g ElectionTimeout=5s; done
	for i in 1 2 3; do until_true quiet "$i" || fail "$(ctl "$i" status g)"; done
}
t "election timeouts that differ are shown" t_ctl_timeouts

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
		do_it ctl 1 member add -g g "$i=$(at $i)" >/dev/null
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

# The same with a log that was cut: the snapshot comes along, and a damaged one does not.
t_ctl_recover_cut() {
	local n at rot
	cluster g 3
	lines cut 50 | propose g 1 -q
	raft_level g 1 2 3
	raft_log g 1 >"$TMP/state"
	at=$(raft_get g 1 applied)
	ctl 1 snapshot g --index "$at" --file "$TMP/state" --keep 5 >/dev/null
	lines kept 20 | propose g 1 -q
	raft_level g 1 2 3
	raft_down g 1 2 3
	"$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.1.snap.0" | grep -q "^snapshot of index $at " || fail "no snapshot of $at"
	cp "$RAFT_DIR/g.1.snap.0" "$TMP/snap"
	rot=$(($(stat -c %s "$TMP/snap") - 3))
	printf X | dd of="$RAFT_DIR/g.1.snap.0" bs=1 seek=$rot conv=notrunc status=none
	refused 1 'its snapshot is missing or of no use' \
		ctl 1 recover "$RAFT_DIR/g.conf" --node 1 --yes-i-lost-the-majority
	grep -q 'g.1.snap.0: damaged, it is not used' "$TMP/err" || fail "it says: $(cat "$TMP/err")"
	[ ! -e "$RAFT_DIR/g.1.log.recovered" ] || fail "a log was made of it"
	cp "$TMP/snap" "$RAFT_DIR/g.1.snap.0"
	recover_node g 1
	cmp "$TMP/snap" "$RAFT_DIR/g.1.snap.0" || fail "the old snapshot has changed"
	"$RAFT_TOOLS/raftdump" --check "$RAFT_DIR/g.1.log.recovered" >/dev/null
	"$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.1.log.recovered.snap.0" | grep -qx whole || fail "the new snapshot is not whole"
	ctl 1 up "$RAFT_DIR/new.1/g.conf"
	is "$(ctl 1 wait-leader g)" 1 leader
	all_see g "1 voter," 1
	ctl 1 propose -g g new-1 >/dev/null
	ctl 1 snapshot g --save - 2>/dev/null | cmp - "$TMP/state" || fail "another state"
	ctl 1 tail -g g --no-follow --from $((at + 1)) | grep . >"$TMP/log"
	is "$(cat "$TMP/log")" "$(lines kept 20; echo new-1)" "the log behind the snapshot"
	# Who joins gets the snapshot and what follows.
	n=$(sed -n 's/^Id = \(0x.*\)/\1/p' "$RAFT_DIR/new.1/g.conf")
	rm "$RAFT_DIR"/g.2.*
	blank_up g 2 "Id=$n"
	do_it ctl 1 member add -g g "2=$(at 2)" >/dev/null
	all_see g "1 voter,2 voter," 1 2
	raft_level g 1 2
	ctl 2 snapshot g --save - 2>/dev/null | cmp - "$TMP/state" || fail "another state at node 2"
	raft_down g 1 2
	ctl 1 up "$RAFT_DIR/new.1/g.conf"
	blank_up g 2 "Id=$n"
	raft_wait_leader g 1 2 >/dev/null
}
t "raftctl recover: a log that was cut, with its snapshot" t_ctl_recover_cut
