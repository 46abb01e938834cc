# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# 29-packets.sh - UDP packets of several datagrams.

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
