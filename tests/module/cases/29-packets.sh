# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 29-packets.sh - what many groups have to say to a node leaves in few UDP packets.

GROUPS_N=12

many() { # groups m1 to m12 of nodes 1 to 3, which have leaders
	local i
	for i in $(seq $GROUPS_N); do
		raft_conf "m$i" 3 -s 1M
		raft_up "m$i" 1 2 3
	done
	for i in $(seq $GROUPS_N); do raft_wait_leader "m$i" 1 2 3 >/dev/null; done
}

# each FIELD: of all groups at node 1, the sum.
each() {
	local i sum=0
	for i in $(seq $GROUPS_N); do sum=$((sum + $(raft_get "m$i" 1 "$1"))); done
	echo $sum
}

# Who leads is chance: three nodes of twelve groups have three leaders at most, and all of one
# send their heartbeats at the same time. That of a group alone would be a packet a message.
t_packets() {
	local pid before after out
	many
	( exec nsenter "--net=/run/netns/n1" "$RAFT_TOOLS/module-sniff" eth0 7000 ) >"$TMP/sniff" &
	pid=$!
	before=$(($(each msgs_in) + $(each msgs_out)))
	sleep 3
	after=$(($(each msgs_in) + $(each msgs_out)))
	kill $pid
	wait $pid
	out=$(cat "$TMP/sniff")
	echo "$((after - before)) messages: $out"
	# shellcheck disable=SC2086
	set -- $out
	[ $((after - before)) -gt 100 ] || fail "few messages: $((after - before))"
	[ $((2 * $2)) -le $((after - before)) ] || fail "$((after - before)) messages took $2 packets"
	[ "$6" -le 1260 ] || fail "a packet is longer than 1232 bytes of data: $out"
	is "$(each msgs_bad) $(each send_errors)" "0 0" "what was refused, and not sent"
}
t "heartbeats of twelve groups share packets" t_packets

# Less than what a path must carry: heartbeats go one by one.
t_packets_mtu() {
	many
	set_mtu 1000
	sleep 3
	lines small 5 | propose m1 2 -q
	is "$(each send_errors)" 0 "heartbeats that were not sent"
	dmesg | grep -q 'the path to node . does not carry datagrams of 1232 bytes' || fail "nothing in the log"
}
t "heartbeats of twelve groups over a path that carries 1000 bytes" t_packets_mtu

# forged HEX: a packet to node 1, from node 2; more_bad N: so many more are refused now.
forged() {
	# shellcheck disable=SC2059 # the bytes are the format
	ns 2 bash -c "printf '$(sed 's/../\\x&/g' <<<"$1")' >$TMP/forged; cat $TMP/forged >/dev/udp/10.77.0.1/7000"
}
bad_is() { [ "$(raft_get g 1 msgs_bad)" = "$1" ]; }
more_bad() {
	until_true bad_is $((bad + $1)) || fail "$2: $(($(raft_get g 1 msgs_bad) - bad)) refused, not $1"
	bad=$(raft_get g 1 msgs_bad)
}

# Three datagrams of groups that are not here: each is looked at, and counted.
t_packets_forged() {
	local good zeros bad term
	cluster g 3
	good=$(sed -n 's/^packed //p' "$TOP/tests/golden/frag.hex")
	zeros=$(printf '%02464d' 0)
	term=$(raft_get g 1 term)
	bad=$(raft_get g 1 msgs_bad)
	is "$bad ${#good}" "0 1152" "refused before, digits of the packet"
	forged "$good"
	more_bad 3 "three of other groups"
	forged "${good}00"
	more_bad 4 "... and a byte"
	forged "${good:0:384}ff${good:386}"
	more_bad 2 "the second one damaged"
	forged "${good:0:1150}"
	more_bad 3 "the last one cut off"
	forged "$zeros"
	more_bad 1 "zeroes"
	forged "${zeros}00"
	more_bad 1 "a packet that is too long"
	lines fine 5 | propose g 1 -q
	same_logs g 1 2 3
	is "$(raft_get g 1 term)" "$term" "term"
}
t "packets with datagrams that are not ours, damaged or cut off" t_packets_forged
