#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# poweroff-guest.sh ROUND - runs in the guest of poweroff.sh: starts three nodes on the disk,
# compares their logs with all that was acknowledged in the rounds before ROUND, then
# proposes at all of them until the power fails (or ends, if LAST is set).
#
# A stream is one writer, one line after the other: with K acknowledgements its first K
# lines must be there, in order; the one that was on its way may be there, nothing else.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
TMP=/run/t RAFT_DIR=/srv/raft
export TOP TMP
# shellcheck source=tests/module/lib.sh
. "$TOP/tests/module/lib.sh"
round=$1
STREAMS=6

start() {
	mkdir -p "$TMP" /srv
	mount -t ext4 /dev/vda /srv
	mkdir -p "$RAFT_DIR"
	lab_net_up 3
	raft_load
	[ -e "$RAFT_DIR/g.conf" ] || raft_conf g 3 -s 64M
	sync "$RAFT_DIR/g.conf" "$RAFT_DIR"
	raft_up g 1 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	echo "barrier-$round" | propose g 1 -q
	same_logs g 1 2 3
}

stream_check() { # stream_check ROUND STREAM
	local acks want=$TMP/want got=$TMP/got name=r$1-s$2
	# A torn last line is one that the host never saw.
	acks=$(wc -l <"$LAB_OUT/acks.$1.$2")
	grep "^$name-" "$TMP/log" >"$got" || :
	lines "$name" "$(wc -l <"$got")" >"$want"
	cmp -s "$want" "$got" || { diff "$want" "$got" | head -n 5 >&2; fail "$name: not its lines, in order, once each"; }
	[ "$(wc -l <"$got")" -ge "$acks" ] || fail "$name: $acks acknowledged, $(wc -l <"$got") there"
	[ "$(wc -l <"$got")" -le $((acks + 1)) ] || fail "$name: $acks acknowledged, $(wc -l <"$got") there"
	total=$((total + acks))
}

judge() {
	local r s
	total=0
	for ((r = 0; r < round; r++)); do
		for ((s = 1; s <= STREAMS; s++)); do stream_check $r $s; done
	done
	echo "$total acknowledged commands are there once, on all nodes" >"$LAB_OUT/good.$round"
}

start
judge
[ -z "${LAST:-}" ] || { raft_down g 1 2 3; touch "$LAB_OUT/running.$round"; exit 0; }
for ((s = 1; s <= STREAMS; s++)); do
	lines "r$round-s$s" 1000000 | propose g $((s % 3 + 1)) >"$LAB_OUT/acks.$round.$s" &
done
until [ -s "$LAB_OUT/acks.$round.1" ]; do sleep 0.1; done
touch "$LAB_OUT/running.$round"
wait
