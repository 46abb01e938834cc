# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 10-cluster.sh - what a cluster is for: one leader, one log, through every failure of a
# minority.

t_elect() {
	local i n=0
	cluster g 3
	for i in 1 2 3; do
		is "$(raft_get g $i leader)" "$leader" "leader that node $i knows"
		is "$(raft_get g $i term)" "$(raft_get g "$leader" term)" "term of node $i"
		[ "$(raft_get g $i role)" != leader ] || n=$((n + 1))
	done
	is $n 1 "number of leaders"
	is "$(ctl 1 wait-leader g --timeout 10s)" "$leader" "wait-leader"
}
t "three nodes elect exactly one leader" t_elect

t_replicate() {
	local i
	cluster g 3
	for i in 1 2 3; do lines "n$i" 30 | propose g $i -q; done
	same_logs g 1 2 3
	for i in 1 2 3; do once 30 "n$i"; done
	is "$(wc -l <"$TMP/log")" 90 "commands"
}
t "proposals from every node reach every node once" t_replicate

t_failover() {
	local first rest i
	cluster g 3
	first=$leader
	lines before 20 | propose g "$first" -q
	raft_down g "$first"
	rest=$(others 3 "$first")
	# shellcheck disable=SC2086
	leader=$(raft_wait_leader g $rest)
	for i in $rest; do lines "during$i" 20 | propose g "$i" -q; done
	raft_up g "$first"
	same_logs g 1 2 3
	once 20 before
	for i in $rest; do once 20 "during$i"; done
	lines after 5 | propose g "$first" -q
	same_logs g 1 2 3
	once 5 after
}
t "the leader goes, another leads, the first comes back and catches up" t_failover

t_failover_load() {
	local k i
	cluster g 3
	for i in 1 2 3; do
		( lines "w$i" 150 | propose g $i -q -J 4 -k ) >/dev/null 2>"$TMP/w$i" &
	done
	for k in 1 2 3; do
		sleep 0.5
		leader=$(raft_wait_leader g 1 2 3)
		raft_down g "$leader"
		raft_up g "$leader"
		echo "$k: restarted $leader"
	done
	wait
	same_logs g 1 2 3
	# A proposal at the stopped node may be lost, and is then called unknown; never twice.
	is "$(sort "$TMP/log" | uniq -d)" "" "commands that are there twice"
	for i in 1 2 3; do
		[ -s "$TMP/w$i" ] || once_any_order 150 "w$i"
	done
}
t "leaders restarted one after the other under proposals: none twice, none lost" t_failover_load

t_restart() {
	cluster g 3
	lines before 50 | propose g 1 -q
	same_logs g 1 2 3
	cp "$TMP/log.1" "$TMP/old"
	raft_down g 1 2 3
	raft_unload
	raft_load
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
	same_logs g 1 2 3
	cmp "$TMP/old" "$TMP/log.1"
	lines after 10 | propose g 2 -q
	same_logs g 1 2 3
	once 50 before
	once 10 after
}
t "all nodes and the module restart: the log is the same" t_restart

t_order() {
	cluster g 3
	lines a 100 | propose g 1 -q &
	lines b 100 | propose g 2 -q
	wait
	same_logs g 1 2 3
	once 100 a
	once 100 b
}
t "two writers: the order of each is kept" t_order

t_jobs() {
	local i
	cluster g 3
	for i in 1 2 3; do lines "j$i" 200 | propose g $i -q -J 16 & done
	wait
	same_logs g 1 2 3
	for i in 1 2 3; do once_any_order 200 "j$i"; done
}
t "48 writers at three nodes: each command once" t_jobs

t_v6() {
	cluster g 3 -6
	lines six 20 | propose g 2 -q
	same_logs g 1 2 3
	once 20 six
	raft_down g "$leader"
	# shellcheck disable=SC2046
	raft_wait_leader g $(others 3 "$leader") >/dev/null
}
t "a cluster over IPv6" t_v6

t_one() {
	cluster g 1
	lines alone 50 | propose g 1 -q
	raft_down g 1
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	same_logs g 1
	once 50 alone
}
t "a cluster of one node" t_one

t_five() {
	cluster g 5
	raft_down g "$leader"
	# shellcheck disable=SC2046
	leader2=$(raft_wait_leader g $(others 5 "$leader"))
	raft_down g "$leader2"
	# shellcheck disable=SC2046
	set -- $(others 5 "$leader" | tr ' ' '\n' | grep -vx "$leader2")
	raft_wait_leader g "$@" >/dev/null
	lines three 20 | propose g "$1" -q
	raft_up g "$leader" "$leader2"
	same_logs g 1 2 3 4 5
	once 20 three
}
t "five nodes work with two down" t_five 5

t_plain() {
	cluster g 3 PreVote=off CheckQuorum=off
	raft_down g "$leader"
	# shellcheck disable=SC2046
	raft_wait_leader g $(others 3 "$leader") >/dev/null
	raft_up g "$leader"
	lines plain 20 | propose g "$leader" -q
	same_logs g 1 2 3
	once 20 plain
}
t "PreVote and CheckQuorum switched off" t_plain

t_one_missing() {
	raft_conf g 3
	raft_up g 1 3
	raft_wait_leader g 1 3 >/dev/null
	lines two 20 | propose g 1 -q
	raft_up g 2
	same_logs g 1 2 3
	once 20 two
}
t "two of three nodes suffice; the third comes late" t_one_missing

t_two_missing() {
	raft_conf g 3
	raft_up g 1
	refused 5 'timed out|no leader' ctl 1 wait-leader g --timeout 2s
	refused 3 UNKNOWN ctl 1 propose -g g --timeout 2s lonely
	is "$(raft_get g 1 role | grep -c leader || :)" 0 "leaders"
	raft_up g 2
	raft_wait_leader g 1 2 >/dev/null
	lines now 5 | propose g 1 -q
	same_logs g 1 2
	once 5 now
	[ "$(grep -c lonely "$TMP/log")" -le 1 ] || fail "the unknown proposal is there twice"
}
t "one of three nodes elects nobody; its proposal times out as unknown" t_two_missing

t_isolated_leader() {
	local rest
	cluster g 3
	rest=$(others 3 "$leader")
	ip -n labbr link set "v$leader" down
	# shellcheck disable=SC2086
	raft_wait_leader g $rest >/dev/null
	# shellcheck disable=SC2086
	set -- $rest
	lines majority 10 | propose g "$1" -q
	not_leader() { [ "$(raft_get g "$leader" role)" != leader ]; }
	until_true not_leader || fail "a leader without a majority stays leader"
	refused 3 UNKNOWN ctl "$leader" propose -g g --timeout 1s cut-off
	ip -n labbr link set "v$leader" up
	same_logs g 1 2 3
	once 10 majority
	[ "$(grep -c cut-off "$TMP/log")" -le 1 ] || fail "the unknown proposal is there twice"
}
t "a leader whose cable is pulled steps down; the others go on" t_isolated_leader

t_lossy() {
	local i
	modprobe sch_netem 2>/dev/null || :
	cluster g 3
	for i in 1 2 3; do
		ns $i tc qdisc add dev eth0 root netem loss 10% duplicate 10% delay 2ms 2ms reorder 20% ||
			skip "no netem here"
	done
	for i in 1 2 3; do lines "l$i" 60 | propose g $i -q & done
	wait
	for i in 1 2 3; do ns $i tc qdisc del dev eth0 root; done
	same_logs g 1 2 3
	for i in 1 2 3; do once 60 "l$i"; done
}
t "a network that loses, doubles, delays and reorders: each command once" t_lossy
