# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 28-large.sh - commands of a megabyte: whole at every node, whatever the network does, and
# in datagrams that fit into it.

large() { local i=$1; shift; ns "$i" "$RAFT_TOOLS/module-large" "$@"; }
LARGE=1048576

# all_there SIZE [PREFIX COUNT]...: at each node, each once, bytes as they were made.
all_there() {
	local size=$1 i
	shift
	: >"$TMP/want"
	while [ $# != 0 ]; do lines "$1" "$2" >>"$TMP/want"; shift 2; done
	sort -o "$TMP/want" "$TMP/want"
	raft_level g 1 2 3
	for i in 1 2 3; do
		large $i list g >"$TMP/have.$i" || fail "node $i: cannot be read"
		cmp "$TMP/have.1" "$TMP/have.$i" || fail "nodes 1 and $i differ"
		sed "s/ $size\$//" "$TMP/have.$i" | sort | diff "$TMP/want" - >&2 || fail "node $i has not what was proposed"
	done
}

# wires CONDITION...: what netem does to what each node sends.
wires() {
	local i
	modprobe sch_netem 2>/dev/null || :
	for i in 1 2 3; do ns $i tc qdisc add dev eth0 root netem limit 10000 "$@" || skip "no netem here"; done
}
calm() { local i; for i in 1 2 3; do ns $i tc qdisc del dev eth0 root; done; }

t_large() {
	cluster g 3 -s 64M
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	large "$leader" propose g lead 5 $LARGE
	large "$1" propose g follow 5 $LARGE
	large "$1" propose g one 5 $LARGE & pids=($!)
	large "$2" propose g two 5 $LARGE & pids+=($!)
	for i in "${pids[@]}"; do wait "$i" || fail "a proposal failed"; done
	all_there $LARGE lead 5 follow 5 one 5 two 5
	raft_down g 1 2 3
	raft_up g 1 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	all_there $LARGE lead 5 follow 5 one 5 two 5
}
t "commands of $LARGE bytes, at leader and followers, are whole at all nodes, and stay" t_large

t_large_lossy() {
	cluster g 3 -s 64M
	wires loss 5% duplicate 5% delay 1ms 1ms reorder 20%
	for i in 1 2 3; do large $i propose g "n$i" 4 $LARGE & pids[i]=$!; done
	for i in 1 2 3; do wait "${pids[i]}" || fail "a proposal failed"; done
	calm
	all_there $LARGE n1 4 n2 4 n3 4
}
t "commands of $LARGE bytes over a network that loses, doubles, delays and reorders" t_large_lossy

# The heartbeats go between the parts.
t_large_heartbeat() {
	local term
	cluster g 3 -s 64M
	term=$(raft_get g "$leader" term)
	large "$leader" propose g big 50 $LARGE
	all_there $LARGE big 50
	is "$(raft_get g "$leader" term) $(raft_get g "$leader" role)" "$term leader" "term and role after 50 of $LARGE bytes"
}
t "50 commands of $LARGE bytes depose no leader" t_large_heartbeat

set_mtu() {
	local i
	for i in 1 2 3; do
		ip -n labbr link set "v$i" mtu "$1"
		ns $i ip link set eth0 mtu "$1"
	done
	ip -n labbr link set br0 mtu "$1"
}

# large_mtu MTU [-6]
large_mtu() {
	local mtu=$1 i out
	shift
	set_mtu "$mtu"
	# What leaves in one call is cut apart before it is seen, as on a wire.
	for i in 1 2 3; do ns $i ip link set eth0 gso_max_segs 1; done
	cluster g 3 -s 32M "$@"
	for i in 1 2 3; do
		( exec nsenter "--net=/run/netns/n$i" "$RAFT_TOOLS/module-sniff" eth0 7000 ) >"$TMP/sniff.$i" &
		pids[i]=$!
	done
	for i in 1 2 3; do large $i propose g "n$i" 3 $LARGE; done
	all_there $LARGE n1 3 n2 3 n3 3
	for i in 1 2 3; do
		kill "${pids[i]}"
		wait "${pids[i]}"
		out=$(cat "$TMP/sniff.$i")
		echo "$out"
		# shellcheck disable=SC2086
		set -- $out
		[ "$2" -ge $((3 * LARGE / 1232)) ] || fail "node $i: few packets were seen: $out"
		is "$4" 0 "fragments"
		[ "$6" -le "$mtu" ] || fail "node $i: a packet is longer than $mtu: $out"
		is "$8" "$2" "packets that must not be cut"
	done
}
t_mtu_1280() { large_mtu 1280 -6; }
t "IPv6, MTU 1280: nothing is cut" t_mtu_1280
t_mtu_1500() { large_mtu 1500; }
t "IPv4, MTU 1500: nothing is cut" t_mtu_1500
t_mtu_9000() { large_mtu 9000; }
t "IPv4, MTU 9000: nothing is cut" t_mtu_9000

# Nor does it have to be cut by a device that can, which one that does not sum cannot.
t_large_singly() {
	local i
	cluster g 3 -s 32M
	for i in 1 2 3; do
		ns $i ethtool -K eth0 tx-checksum-ip-generic off >/dev/null
	done
	for i in 1 2 3; do large $i propose g "s$i" 3 $LARGE; done
	all_there $LARGE s1 3 s2 3 s3 3
}
t "commands of $LARGE bytes over devices that do not sum" t_large_singly

# Less than what a path must carry (1280, wire.rst): what is small passes, so the leader stays;
# what is not is said, waits, and is not cut instead.
t_mtu_small() {
	local term pid
	cluster g 3 -s 32M
	term=$(raft_get g "$leader" term)
	set_mtu 1000
	( exec nsenter "--net=/run/netns/n$leader" "$RAFT_TOOLS/module-sniff" eth0 7000 ) >"$TMP/sniff" &
	pid=$!
	ctl "$leader" propose -g g before >/dev/null
	refused 3 UNKNOWN ctl "$leader" propose -g g --timeout 2s --stdin < <(head -c 100000 /dev/zero | tr '\0' x)
	[ "$(raft_get g "$leader" send_errors)" -gt 0 ] || fail "no errors of sending"
	dmesg | grep -q 'raft: g: the path to node . does not carry datagrams of 1232 bytes' || fail "nothing in the log"
	is "$(raft_wait_leader g 1 2 3) $(raft_get g "$leader" term)" "$leader $term" "leader and term"
	kill $pid
	wait $pid
	is "$(cut -d' ' -f3-4 "$TMP/sniff")" "fragments 0" "what was seen: $(cat "$TMP/sniff"), of which"
	set_mtu 1500
	large 1 propose g after 1 $LARGE
	raft_level g 1 2 3
	for i in 1 2 3; do is "$(large $i list g | grep -c "^after-1 $LARGE\$")" 1 "large command at node $i"; done
}
t "IPv4, MTU 1000: it is said, and goes on when the path is right" t_mtu_small
