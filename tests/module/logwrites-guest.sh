#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# logwrites-guest.sh RECORDING... - runs in the guest of logwrites.sh: three nodes in
# namespaces; what node 1 writes to its block device is recorded by dm-log-writes, and when,
# and what it promises, by the trace. Recording I uses the disks 2I-1 (node 1's log) and 2I
# (of dm-log-writes), and leaves I.trace in LAB_OUT. RAFT_KO must have fault hooks.
#
#   good        rounds of load and elections, a truncation, a crash under load (with a torn
#               write), and an end in order, after each of which node 1 starts again; and
#               a snapshot now and then, behind which the log is cut, so that it goes round
#   nosync      broken: the writes are not synchronous (no FUA)
#   unordered   broken: what overwrites a truncated tail does not wait for the hard state
#               that calls the tail stale
#
#   SECONDS_OF_LOAD of each load at most    ROUNDS of the good one    SEED of the clients
#
# Node 3 is down while clients are told what is acknowledged: then both others have it, and
# node 1 must keep it. It comes up to overrule node 1, which is cut off: a truncation.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
TMP=/run/t RAFT_DIR=/run/raft
export TOP TMP
# shellcheck source=tests/module/lib.sh
. "$TOP/tests/module/lib.sh"
trace=/sys/kernel/tracing
vd=({a..z})

# No more than a third of the disk in a round, however fast this machine is.
load() { "$RAFT_TOOLS/logwrites-load" -s "$SEED" -n 100 "$@"; }
up1() { ctl 1 up "$RAFT_DIR/g.conf" --node 1 --log /dev/mapper/rec; }
# Of no state machine: what counts is that the log begins behind it.
cut1() { ctl 1 snapshot g --empty >/dev/null || :; }
inject() { echo "$*" >"$(grep -l '^node 1$' /sys/kernel/debug/raft/*-g/progress | xargs dirname)/fault"; }

# From before the log is formatted.
record_begin() { # record_begin I
	local dev
	echo "0 $(blockdev --getsz "/dev/vd${vd[$1 * 2 - 2]}") log-writes /dev/vd${vd[$1 * 2 - 2]} /dev/vd${vd[$1 * 2 - 1]}" |
		dmsetup create rec
	dev=$(dmsetup info -c --noheadings -o major,minor --separator ' ' rec)
	dev=$((${dev% *} << 20 | ${dev#* }))
	echo 0 >$trace/tracing_on
	echo counter >$trace/trace_clock
	echo 16384 >$trace/buffer_size_kb
	for e in block/block_bio_queue block/block_bio_complete; do
		echo "dev == $dev" >$trace/events/$e/filter
		echo 1 >$trace/events/$e/enable
	done
	echo 'node == 1 && out == 1' >$trace/events/raft/raft_msg/filter
	echo 'node == 1 && what & 2' >$trace/events/raft/raft_persist/filter
	for e in raft_msg raft_persist; do echo 1 >$trace/events/raft/$e/enable; done
	echo >$trace/trace
	echo 1 >$trace/tracing_on
	raft_conf g 3 -s 64M CheckQuorum=off Snapshots="$RAFT_DIR/%g.%n.snap"	# in memory, where each write takes 4 KiB
	# Node 3, too: if it came with an empty log later, a leader would have to let it in.
	up1
	raft_up g 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	raft_level g 1 2 3
	raft_down g 3
	raft_wait_leader g 1 2 >/dev/null
}

record_end() { # record_end I
	raft_down g 1 2
	echo 0 >$trace/tracing_on
	echo 0 >$trace/events/enable
	dmsetup remove rec
	cat $trace/trace >"$LAB_OUT/$1.trace"
	rm -f "$RAFT_DIR"/*
}

lead() { # lead NODE
	leads() { [ "$(raft_leader g 1 2)" = "$1" ] || { ctl 1 transfer "$1" -g g >/dev/null 2>&1; return 1; }; }
	until_true leads "$1" || fail "node $1 does not lead"
}

# Both lead for a while.
load_and_elect() { # load_and_elect NAME
	load g "$1" 6 "$SECONDS_OF_LOAD" 1 2 &
	local pid=$!
	while kill -0 $pid 2>/dev/null; do
		ctl 1 transfer -g g >/dev/null 2>&1 || :
		sleep 1.5
		cut1
	done
	wait $pid
}

# Node 1 writes what nobody else has, and then what the others have agreed on.
truncate_tail() { # truncate_tail NAME
	lead 1
	ip -n labbr link set v1 down
	load -q g "$1-lost" 16 2 1 &
	local pid=$!
	raft_up g 3
	raft_wait_leader g 2 3 >/dev/null
	load -q g "$1-kept" 2 1 2
	wait $pid
	ip -n labbr link set v1 up
	raft_level g 1 2 3
	raft_down g 3
}

crash_torn() { # crash_torn NAME
	load g "$1-crash" 6 6 1 2 &
	local pid=$!
	sleep 0.5
	cut1
	inject crash torn
	ctl 1 down g
	up1
	wait $pid
}

good() {
	local r
	for ((r = 1; r <= ROUNDS; r++)); do
		load_and_elect "r$r"
		truncate_tail "r$r"
		crash_torn "r$r"
		raft_wait_leader g 1 2 >/dev/null
		raft_down g 1
		up1
		raft_wait_leader g 1 2 >/dev/null
	done
	cut1
	load g end 4 1 1 2
	raft_level g 1 2
}

nosync() {
	inject nosync
	load g x 4 2 1 2
}

unordered() {
	inject unordered
	truncate_tail x
}

mkdir -p "$TMP" "$RAFT_DIR"
modprobe -a dm_mod dm_log_writes
lab_net_up 3
raft_load
i=0
for what; do
	i=$((i + 1))
	record_begin $i
	"$what"
	record_end $i
	echo "recorded $i $what"
done
raft_unload
