#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# poweroff-guest.sh ROUND - runs in the guest of poweroff.sh: starts three nodes on the disk,
# compares their logs with all that was acknowledged in the rounds before ROUND, then
# proposes at all of them until the power fails (or ends, if LAST is set).
#
# A stream is one writer, one line after the other: with K acknowledgements its first K
# lines must be there, in order; the one that was on its way may be there, nothing else.
#
# Every wait ends with an error after RAFT_PATIENCE (cluster.sh), a proposal after the 30 s
# of the group: together far below the time that poweroff.sh gives this machine.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
TMP=/run/t RAFT_DIR=/srv/raft
export TOP TMP
# shellcheck source=tests/module/lib.sh
. "$TOP/tests/module/lib.sh"
round=$1
STREAMS=6

# For the message of poweroff.sh if this machine goes no further.
stage() { echo "stage: $*"; }

start() {
	mkdir -p "$TMP" /srv
	stage mount
	mount -t ext4 /dev/vda /srv
	mkdir -p "$RAFT_DIR"
	stage network
	lab_net_up 3
	stage module
	raft_load
	[ -e "$RAFT_DIR/g.conf" ] || raft_conf g 3 -s 64M
	sync "$RAFT_DIR/g.conf" "$RAFT_DIR"
	stage up
	raft_up g 1 2 3
	stage leader
	raft_wait_leader g 1 2 3 >/dev/null
	stage barrier
	echo "barrier-$round" | propose g 1 -q
	stage logs
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
stage judge
judge
[ -z "${LAST:-}" ] || { stage down; raft_down g 1 2 3; touch "$LAB_OUT/running.$round"; exit 0; }
stage streams
for ((s = 1; s <= STREAMS; s++)); do
	lines "r$round-s$s" 1000000 | propose g $((s % 3 + 1)) >"$LAB_OUT/acks.$round.$s" &
done
until_true test -s "$LAB_OUT/acks.$round.1" || fail "no acknowledgement in $RAFT_PATIENCE s"
touch "$LAB_OUT/running.$round"
wait
