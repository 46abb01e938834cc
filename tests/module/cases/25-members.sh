# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 25-members.sh - a group that changes while it runs: nodes come and go, the leadership is
# handed over, settings are others; and reads that see all that was acknowledged.

# blank NAME I [PORT]: node I, in no configuration, listens and waits to be joined.
blank() {
	local name=$1 i=$2 port=${3:-7000}
	mkdir -p "$RAFT_DIR/n$i"
	cat >"$RAFT_DIR/n$i/$name.conf" <<-CONF
		[Group]
		Node = $i
		Listen = 10.77.0.$i:$port
		Log = $RAFT_DIR/%g.%n.log
		LogSize = 8M
		ElectionTimeout = $RAFT_ET
	CONF
	ctl "$i" up "$RAFT_DIR/n$i/$name.conf" 2>"$TMP/up.err" || fail "$(cat "$TMP/up.err")"
}

member() { local i=$1 verb=$2; shift 2; ctl "$i" member "$verb" -g g "$@"; }
where() { echo "$1=10.77.0.$1:7000"; }

# shows I FIELD VALUE: until it does.
shows_now() { [ "$(raft_get g "$1" "$2" 2>/dev/null)" = "$3" ]; }
shows() { until_true shows_now "$@" || fail "node $1: $2 is $(raft_get g "$1" "$2"), not $3"; }

# peers I LIST: the directories of sysfs at node I, in time.
peers_now() { [ "$(lab_in "$1" ls /sys/class/raft/g/peers | sort -n | xargs)" = "$2" ]; }
peers() { until_true peers_now "$@" || fail "peers of node $1: $(lab_in "$1" ls /sys/class/raft/g/peers)"; }

t_learner() {
	cluster g 3
	lines old 50 | propose g 1 -q
	blank g 4
	is "$(raft_get g 4 member)" no "a blank node is a member"
	refused 1 'not a member' ctl 4 propose -g g x
	refused 1 'not a member' ctl 4 read -g g
	peers 4 ""
	member 2 add-learner "$(where 4)" >/dev/null
	shows 4 role learner
	same_logs g 1 2 3 4
	once 50 old
	peers 1 "1 2 3 4"
	peers 4 "1 2 3 4"
	is "$(lab_in 3 cat /sys/class/raft/g/peers/4/flags)" learner "flags of node 4"
	is "$(lab_in 3 cat /sys/class/raft/g/peers/4/address)" 10.77.0.4:7000 "address of node 4"
	lines new 20 | propose g 4 -q
	same_logs g 1 2 3 4
	once 20 new
	member 3 promote 4 >/dev/null
	shows 4 role follower
	member 1 demote 4 >/dev/null
	shows 4 role learner
	refused 1 'member already' member 1 add-learner "$(where 4)"
	refused 1 'not a member' member 1 promote 9
}
t "a blank node becomes a learner, a voter, a learner again" t_learner 4

t_voter() {
	cluster g 3
	lines old 300 | propose g 1 -q
	blank g 4
	member 1 add "$(where 4)" >/dev/null
	shows 4 role follower
	same_logs g 1 2 3 4
	# Three of four: it takes the new one.
	raft_down g 1
	leader=$(raft_wait_leader g 2 3 4)
	lines new 20 | propose g 2 -q
	raft_up g 1
	same_logs g 1 2 3 4
	once 300 old
	once 20 new
}
t "a node added as a voter catches up first, and then counts" t_voter 4

t_remove() {
	local gone
	cluster g 4
	# shellcheck disable=SC2046
	set -- $(others 4 "$leader")
	gone=$1
	lines old 20 | propose g "$gone" -q
	member "$leader" remove "$gone" >/dev/null
	shows "$gone" removed yes
	is "$(raft_get g "$gone" member)" no "the removed node is a member"
	refused 1 'not a member' ctl "$gone" propose -g g x
	refused 1 'not a member' ctl "$gone" read -g g
	is "$(ctl "$gone" tail -g g --no-follow | grep -c old)" 20 "commands that it still has"
	peers "$leader" "$(others 4 "$gone" | xargs)"
	# It stays quiet: no election, and nobody's term moves.
	old=$(raft_get g "$leader" term)
	sleep 2
	is "$(raft_get g "$leader" term)" "$old" "term"
	is "$(raft_get g "$gone" role)" follower "role of the removed node"
	# After a restart too, from what its log says.
	raft_down g "$gone"
	raft_up g "$gone"
	is "$(raft_get g "$gone" removed)" yes "removed, after a restart"
	# And it may come back.
	member "$leader" add "$(where "$gone")" >/dev/null
	is "$(raft_get g "$gone" member)" yes "the node that came back is a member"
	same_logs g 1 2 3 4
}
t "a removed node knows, is quiet, keeps what it has, may come back" t_remove 4

t_remove_leader() {
	local old
	cluster g 3
	old=$leader
	lines old 20 | propose g "$old" -q
	member "$old" remove "$old" >/dev/null
	# shellcheck disable=SC2046
	set -- $(others 3 "$old")
	leader=$(raft_wait_leader g "$@")
	shows "$old" removed yes
	lines new 20 | propose g "$1" -q
	same_logs g "$@"
	once 20 old
	once 20 new
}
t "a leader that removes itself leaves a working group" t_remove_leader

t_joint() {
	local gone
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	gone=$1
	load g "$leader"
	blank g 4
	member "$leader" change "+$(where 4)" "-$gone" >/dev/null
	shows 4 role follower
	shows "$gone" removed yes
	unload
	set -- "$leader" "$2" 4
	is "$(raft_get g "$leader" joint)" no "still joint"
	same_logs g "$@"
	refused 1 'no voter' member "$leader" change 4=learner "$leader"=learner "$2"=learner
	# All of them are stopped: the log says who they are.
	raft_down g 1 2 3 4
	raft_up g "$leader" "$2"
	ctl 4 up "$RAFT_DIR/n4/g.conf" 2>/dev/null
	leader=$(raft_wait_leader g "$@")
	lines after 10 | propose g 4 -q
	same_logs g "$@"
	once 10 after
}
t "two at once by joint consensus under load, and all is in the log" t_joint 4

t_abort() {
	local pid
	cluster g 3
	# Nobody is at 4: it does not catch up.
	member "$leader" add "$(where 4)" >"$TMP/add" 2>&1 &
	pid=$!
	shows "$leader" catching_up 4
	refused 1 'under way' member "$leader" remove 1
	member "$leader" abort >/dev/null
	if wait $pid; then fail "an addition that was taken back says that it worked"; fi
	grep -q 'taken back' "$TMP/add" || fail "the addition said: $(cat "$TMP/add")"
	is "$(raft_get g "$leader" members)" 3 "members"
	refused 1 'nothing' member "$leader" abort
	# One whose node goes down does not know.
	member "$leader" add "$(where 4)" >"$TMP/add" 2>&1 &
	pid=$!
	shows "$leader" catching_up 4
	raft_down g "$leader"
	wait $pid && fail "an addition says that it worked, and its node is down"
	grep -q 'UNKNOWN' "$TMP/add" || fail "the addition said: $(cat "$TMP/add")"
}
t "a change that does not come to an end: refused, taken back, unknown" t_abort 4

t_moved() {
	local i
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	i=$1
	raft_down g "$i"
	member "$leader" address "$i=10.77.0.$i:7777" >/dev/null
	lines moved 20 | propose g "$leader" -q
	sed -i "s/^Address = 10.77.0.$i:7000/Address = 10.77.0.$i:7777/" "$RAFT_DIR/g.conf"
	raft_up g "$i"
	same_logs g 1 2 3
	once 20 moved
	is "$(lab_in "$leader" cat "/sys/class/raft/g/peers/$i/address")" "10.77.0.$i:7777" "its address"
	lines from 10 | propose g "$i" -q
	same_logs g 1 2 3
}
t "a member that has moved is found where it is" t_moved

t_transfer() {
	local to old
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	load g "$leader" "$1"
	for to in "$1" "$2" "$leader" "$1"; do
		old=$(raft_wait_leader g 1 2 3)
		is "$(ctl "$old" transfer -g g "$to")" "$to" "leader after the transfer"
		is "$(raft_wait_leader g 1 2 3)" "$to" "leader"
	done
	# From a node that does not lead, to any.
	old=$to
	to=$(ctl "$2" transfer -g g)
	[ "$to" != "$old" ] || fail "the best is who led already"
	unload
	same_logs g 1 2 3
	refused 1 'not a member' ctl 1 transfer -g g 9
	member 1 demote "$old" >/dev/null
	refused 1 'has no vote' ctl 1 transfer -g g "$old"
}
t "the leadership goes where it is sent, under load" t_transfer

t_priority() {
	local to
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	to=$2
	ctl "$to" set -g g Priority=10
	shows "$to" role leader
	is "$(raft_get g "$to" priority)" 10 "priority"
	# Not back and forth: it stays.
	leader=$(raft_wait_leader g 1 2 3)
	is "$leader" "$to" "leader"
	is "$(lab_in "$to" cat /sys/class/raft/g/priority)" 10 "priority in sysfs"
}
t "a node with a higher priority comes to lead" t_priority

t_barrier() {
	local i k index rounds pids=()
	cluster g 3
	for k in 1 2 3; do
		for i in 1 2 3; do
			index=$(ctl "$k" propose -g g "b$k$i")
			[ "$(ctl "$i" read -g g)" -ge "$index" ] || fail "barrier at $i below $index"
			[ "$(raft_get g "$i" applied)" -ge "$index" ] || fail "applied at $i below $index"
			[ "$(ctl "$i" read -g g --lease)" -ge "$index" ] || fail "lease at $i below $index"
		done
	done
	# 200 at each node at once; where an answer takes its time they go together.
	ns "$leader" tc qdisc add dev eth0 root netem delay 40ms || skip "no netem here"
	index=$(ctl "$leader" propose -g g many)
	rounds=$(raft_get g "$leader" read_rounds)
	for i in 1 2 3; do
		probe "$i" barrier g 200 "$index" 0 2>"$TMP/b.$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || fail "a reader: $(cat "$TMP"/b.*)"; done
	rounds=$(($(raft_get g "$leader" read_rounds) - rounds))
	echo "rounds for 600 readers: $rounds"
	[ "$rounds" -ge 1 ] || fail "no round was counted"
	[ "$rounds" -le 200 ] || fail "$rounds rounds for 600 readers"
	for i in 1 2 3; do
		probe "$i" barrier g 200 "$index" 1 || fail "a reader by lease at $i"
	done
}
t "the read barrier from every node, 200 readers at once at each" t_barrier

# What one reader costs, or a few, and not what a thousand do.
batch() {
	readers_together g "$1" 1000
	echo "1000 readers at node $1: $rounds rounds, it sent $msgs messages"
	[ "$rounds" -ge 1 ] || fail "no round was counted"
	[ "$rounds" -le 5 ] || fail "$rounds rounds"
	[ "$msgs" -le 500 ] || fail "$msgs messages"
}

t_barrier_batch() {
	local term
	cluster g 3
	patient g
	term=$(raft_get g "$leader" term)
	batch "$leader"
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	batch "$1"
	is "$(raft_get g "$leader" term)" "$term" "term"
}
t "a thousand readers who wait together cost a round or two" t_barrier_batch

t_barrier_removed() {
	local i pids=()
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	# It hears its leader, who does not hear it.
	ns "$1" tc qdisc add dev eth0 root netem loss 100% || skip "no netem here"
	for i in 1 2 3; do
		( exec nsenter "--net=/run/netns/n$1" "$RAFT_TOOLS/raftctl" read -g g \
			--timeout 1000s >"$TMP/r$i" 2>&1 ) & pids+=($!)
	done
	for i in "${pids[@]}"; do
		until_true threads_wait "$i" 1 || fail "a reader does not wait"
	done
	member "$leader" remove "$1" >/dev/null
	for i in "${pids[@]}"; do
		if wait "$i"; then fail "a reader at a removed node got an answer"; fi
	done
	for i in 1 2 3; do grep -q 'not a member' "$TMP/r$i" || fail "a reader: $(cat "$TMP/r$i")"; done
}
t "who waits for a barrier at a node that is removed is told so" t_barrier_removed

t_barrier_minority() {
	local i
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	raft_down g "$@"
	refused 5 'timed out' ctl "$leader" read -g g --timeout 500ms
	# Its lease ends by itself.
	until_true eval '! ctl "$leader" read -g g --lease --timeout 300ms' 2>/dev/null ||
		fail "a leader without a majority answers by lease"
	raft_up g "$1"
	raft_wait_leader g "$leader" "$1" >/dev/null
	for i in "$leader" "$1"; do ctl "$i" read -g g >/dev/null; done
}
t "without a majority no barrier, and no lease for long" t_barrier_minority

t_set() {
	local ms
	cluster g 3
	ctl 1 set -g g Heartbeat=20ms ElectionTimeout=5s MaxBatch=7 MaxInflight=3 LeaseDrift=2000ppm
	is "$(raft_get g 1 election_timeout_ms)" 5000 "election timeout"
	is "$(raft_get g 1 heartbeat_ms)" 20 "heartbeat"
	is "$(raft_get g 1 max_batch)" 7 "batch"
	is "$(raft_get g 1 lease_drift_ppm)" 2000 "lease drift"
	is "$(lab_in 1 cat /sys/class/raft/g/heartbeat_ms)" 20 "heartbeat in sysfs"
	ms=$(raft_get g 2 election_timeout_ms)
	refused 2 'at most half' ctl 2 set -g g "Heartbeat=${ms}ms"
	is "$(raft_get g 2 election_timeout_ms)" "$ms" "what was refused"
	lines set 50 | propose g 2 -q
	same_logs g 1 2 3
	once 50 set
	# Others fail over as before, whatever the settings of one of them.
	leader=$(raft_wait_leader g 1 2 3)
	raft_down g "$leader"
	# shellcheck disable=SC2046
	raft_wait_leader g $(others 3 "$leader") >/dev/null
}
t "settings change while it runs" t_set

# Everything that may wait, at a node that cannot answer, and then it stops.
t_waiters_end() {
	local k i pids
	cluster g 3
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	for k in 1 2 3; do
		raft_down g "$1" "$2"
		pids=()
		probe "$leader" barrier g 100 0 0 2>"$TMP/end.1" & pids+=($!)
		ctl "$leader" read -g g >"$TMP/end.2" 2>&1 & pids+=($!)
		ctl "$leader" member add-learner -g g "$((k + 10))=10.77.0.9:7000" >"$TMP/end.3" 2>&1 & pids+=($!)
		ctl "$leader" propose -g g "end$k" >"$TMP/end.4" 2>&1 & pids+=($!)
		sleep 0.5
		raft_down g "$leader"
		for i in "${pids[@]}"; do
			if wait "$i"; then fail "round $k: who waited got an answer: $(cat "$TMP"/end.*)"; fi
		done
		grep -q 'Operation canceled' "$TMP/end.1" || fail "readers: $(cat "$TMP/end.1")"
		grep -q stopped "$TMP/end.2" || fail "a reader: $(cat "$TMP/end.2")"
		raft_up g 1 2 3
		leader=$(raft_wait_leader g 1 2 3)
		# shellcheck disable=SC2046
		set -- $(others 3 "$leader")
	done
	lines after 10 | propose g "$leader" -q
	same_logs g 1 2 3
	once 10 after
}
t "a node stops while readers, a change and a proposal wait" t_waiters_end

t_member_events() {
	cluster g 3
	probe 1 uevents >"$TMP/ue" &
	sleep 0.5
	member 2 add-learner "$(where 4)" >/dev/null
	until_true grep -q 'RAFT_EVENT=config' "$TMP/ue" || fail "no uevent: $(cat "$TMP/ue")"
	grep -q 'RAFT_MEMBER=1' "$TMP/ue" || fail "does not say that it is a member: $(cat "$TMP/ue")"
	kill $!
}
t "a change of the members is a uevent" t_member_events 4
