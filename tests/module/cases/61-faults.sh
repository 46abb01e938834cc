# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by on_parts and cluster
# 61-faults.sh - a disk that fails, hangs, lies or decays under a running group (60-disk.sh
# has those that are simply gone). Each says what the node says and does, that the others go
# on and nothing is lost, and that all is well again when the fault is over.

# --- One part of the disk per node, which can be told to misbehave ----------

# on_parts: group g of three nodes, each with its log on its own part.
on_parts() {
	local i
	for i in 1 2 3; do part "t$i" $((i * 20)) 16; done
	raft_conf g 3
	for i in 1 2 3; do up_part $i; done
	leader=$(raft_wait_leader g 1 2 3)
}
up_part() { ctl "$1" up "$RAFT_DIR/g.conf" --node "$1" --log "/dev/mapper/t$1" 2>&1; }
# Two who are not $leader: $follower and $third.
followers() {
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	follower=$1 third=$2
}

linear() { echo "0 32768 linear $(the_disk) $(($1 * 20 * 2048))"; }
# becomes NAME TABLE...: from now on. What is on its way to it hangs meanwhile.
becomes() {
	local name=$1
	shift
	dmsetup suspend --noflush --nolockfs "$name"
	echo "$*" | dmsetup load "$name" || { dmsetup resume "$name"; skip "no target for: $*"; }
	dmsetup resume "$name"
}
# flaky I FEATURES...: as dm-flakey has them, all the time.
flaky() {
	local i=$1
	shift
	modprobe dm_flakey 2>/dev/null || :
	becomes "t$i" "0 32768 flakey $(the_disk) $((i * 20 * 2048)) 0 3600 $# $*"
}
mend() { becomes "t$1" "$(linear "$1")"; }
hang() { dmsetup suspend --noflush --nolockfs "t$1"; }
# inject I WORD...: for the fault hooks of the module; the test is skipped without.
inject() {
	local dir
	dir=$(dirname "$(grep -l "^node $1\$" /sys/kernel/debug/raft/*-g/progress)")
	[ -e "$dir/fault" ] || skip "a module without fault hooks"
	shift
	echo "$*" >"$dir/fault"
}
# fails I ERRNO: it says so, and the others have a leader.
fails() {
	until_true node_failed "$1" || fail "node $1 does not say that its disk failed"
	is "$(raft_get g "$1" error)" "$2" "errno of node $1"
	klog_has "node $1: .*error -$2" || fail "the kernel log does not say what failed at node $1"
	# shellcheck disable=SC2046
	raft_wait_leader g $(others 3 "$1") >/dev/null
}
klog_has() { dmesg | tac | awk '/raft-test .* begins/ { exit } { print }' | grep -qE "$1"; }
# Stops a failed node, boots it again and sees that all is there.
back() {
	raft_down g "$1"
	up_part "$1"
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
}

# --- Errors -----------------------------------------------------------------

t_write_error() {
	on_parts
	followers
	lines before 10 | propose g 1 -q
	flaky "$follower" error_writes
	lines during 10 | propose g "$leader" -q
	fails "$follower" 5
	lines after 10 | propose g "$third" -q
	mend "$follower"
	back "$follower"
	once 10 before
	once 10 during
	once 10 after
}
t "writes fail, reads do not: EIO, and back again when mended" t_write_error

t_write_error_leader() {
	local old
	on_parts
	lines before 10 | propose g 1 -q
	old=$leader
	flaky "$old" error_writes
	followers
	lines during 10 | propose g "$follower" -q
	fails "$old" 5
	mend "$old"
	back "$old"
	once 10 before
	once 10 during
}
t "the leader's writes fail" t_write_error_leader

# A file that was preallocated, copied with holes, on a file system that is full by then.
t_no_space() {
	on_parts
	followers
	raft_down g 1 2 3
	modprobe ext4 2>/dev/null || :
	part small 100 24
	mkfs.ext4 -q -F -b 4096 /dev/mapper/small
	mkdir -p /mnt/tsmall
	mount /dev/mapper/small /mnt/tsmall || skip "no ext4"
	dd if="/dev/mapper/t$follower" of=/mnt/tsmall/log bs=4096 conv=sparse status=none
	truncate -s 16M /mnt/tsmall/log
	dd if=/dev/zero of=/mnt/tsmall/rest bs=64k status=none 2>/dev/null || :
	for i in "$leader" "$third"; do up_part "$i"; done
	ctl "$follower" up "$RAFT_DIR/g.conf" --node "$follower" --log /mnt/tsmall/log 2>&1 ||
		skip "the hard state itself found no room"
	raft_wait_leader g 1 2 3 >/dev/null
	seq -f "$(printf 'x%.0s' $(seq 2000))-%g" 300 | propose g "$leader" -q
	fails "$follower" 28
	rm /mnt/tsmall/rest
	raft_down g "$follower"
	ctl "$follower" up "$RAFT_DIR/g.conf" --node "$follower" --log /mnt/tsmall/log 2>&1
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
	[ "$(grep -c '^xxx' "$TMP/log")" = 300 ] || fail "not all 300 are there"
}
t "a sparse file on a full file system: ENOSPC, and back when there is room" t_no_space

# What is written arrives, but the flush behind it fails (and the next one would not).
t_sync_error() {
	local old
	cluster g 3
	lines before 10 | propose g 1 -q
	old=$leader
	inject "$old" sync
	followers
	lines during 10 | propose g "$follower" -q
	fails "$old" 5
	inject "$old" disk-ok
	lines after 10 | propose g "$follower" -q
	is "$(raft_get g "$old" error)" 5 "errno of node $old when a flush would succeed"
	back_up "$old"
	once 10 before
	once 10 during
	once 10 after
}
back_up() {
	raft_down g "$1"
	raft_up g "$1"
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
}
t "a flush fails behind the leader's writes" t_sync_error

# Nobody else has it: what was in flight is not acknowledged, and may be there later.
t_sync_error_alone() {
	cluster g 1
	lines before 10 | propose g 1 -q
	inject 1 sync
	refused 3 'outcome is UNKNOWN' ctl 1 propose -g g during
	until_true node_failed 1 || fail "it does not say that its disk failed"
	raft_down g 1
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	raft_log g 1 >"$TMP/log"
	once 10 before
	[ "$(grep -c '^during$' "$TMP/log")" -le 1 ] || fail "it is there twice"
}
t "a flush fails in a group of one: nothing is acknowledged" t_sync_error_alone 1

# The head of a snapshot is in the page cache, its sync failed, and the next one would not.
t_snapshot_sync_error() {
	local at dev
	modprobe ext4 2>/dev/null || :
	modprobe dm_flakey 2>/dev/null || :
	part slots 100 24
	dev="$(the_disk) $((100 * 2048))"
	mkfs.ext4 -q -F -b 4096 -O ^has_journal /dev/mapper/slots
	mkdir -p /mnt/tslots
	mount /dev/mapper/slots /mnt/tslots || skip "no ext4"
	cluster g 1 Snapshots=/mnt/tslots/%g.%n.snap
	lines a 20 | propose g 1 -q
	sync -f /mnt/tslots
	echo state >"$TMP/state"
	inject 1 snapshot-crash 3
	refused 1 'cannot be read or written' ctl 1 snapshot g --file "$TMP/state"
	becomes slots "0 $((24 * 2048)) flakey $dev 0 3600 1 error_writes"
	! sync -f /mnt/tslots || fail "the head of the snapshot was written"
	becomes slots "0 $((24 * 2048)) linear $dev"
	raft_down g 1
	# Who syncs next may be told, once, what failed before.
	raft_up g 1 || raft_up g 1
	raft_wait_leader g 1 >/dev/null
	at=$(raft_get g 1 snapshot)
	# What it goes on with is what is on the disk.
	raft_down g 1
	umount /mnt/tslots
	e2fsck -fy /dev/mapper/slots >/dev/null 2>&1 || :
	mount /dev/mapper/slots /mnt/tslots
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	is "$(raft_get g 1 snapshot)" "$at" "the snapshot on the disk, and the one that it began with"
	raft_log g 1 >"$TMP/log"
	once 20 a
	ctl 1 snapshot g --file "$TMP/state" >/dev/null
	is "$(ctl 1 snapshot g --save - 2>/dev/null)" state "the snapshot when the disk is mended"
}
t "a sync fails behind a snapshot: it is not taken from the page cache" t_snapshot_sync_error 1

# --- Disks that hang, or are slow ---------------------------------------------

leads_other() {
	local l
	# shellcheck disable=SC2046
	l=$(raft_leader g $(others 3 "$1"))
	[ -n "$l" ] && [ "$l" != "$1" ]
}

t_stall_leader() {
	local old
	on_parts
	lines before 10 | propose g 1 -q
	old=$leader
	followers
	hang "$old"
	# It has something to write, and notices; what the others have is committed.
	lines during 10 | propose g "$old" -q &
	until_true leads_other "$old" || fail "a leader with a disk that hangs leads on"
	[ "$(raft_get g "$old" role)" != leader ] || fail "node $old still leads"
	lines after 10 | propose g "$follower" -q
	dmsetup resume "t$old"
	wait $!
	raft_wait_leader g 1 2 3 >/dev/null
	[ "$(raft_get g "$old" failed)" = none ] || fail "a disk that only hung failed"
	same_logs g 1 2 3
	once 10 before
	once_any_order 10 during
	once 10 after
}
t "the leader's disk hangs: another one leads, and it comes back" t_stall_leader

t_stall_follower() {
	local term
	on_parts
	followers
	term=$(raft_get g "$leader" term)
	hang "$follower"
	lines during 200 | propose g "$leader" -q
	sleep 3
	is "$(raft_get g "$leader" role)" leader "node $leader"
	is "$(raft_get g "$leader" term)" "$term" "the term"
	[ "$(raft_get g "$follower" failed)" = none ] || fail "a disk that only hung failed"
	lines more 20 | propose g "$third" -q
	dmsetup resume "t$follower"
	same_logs g 1 2 3
	is "$(raft_get g "$leader" term)" "$term" "the term after the stall"
	once 200 during
	once 20 more
}
t "a follower's disk hangs: the others do not notice" t_stall_follower

t_slow_follower() {
	local term
	on_parts
	followers
	modprobe dm_delay 2>/dev/null || :
	becomes "t$follower" "0 32768 delay $(the_disk) $((follower * 20 * 2048)) 300"
	term=$(raft_get g "$leader" term)
	lines during 200 | propose g "$leader" -q
	is "$(raft_get g "$leader" term)" "$term" "the term"
	mend "$follower"
	same_logs g 1 2 3
	once 200 during
}
t "a follower's disk is slow" t_slow_follower

# A device that is pulled out under the group.
t_gone() {
	on_parts
	followers
	lines before 10 | propose g 1 -q
	dmsetup remove -f "t$follower" 2>/dev/null || :
	lines during 10 | propose g "$leader" -q
	fails "$follower" 5
	raft_down g "$follower"
	dmsetup remove "t$follower" 2>/dev/null || :
	linear "$follower" | dmsetup create "t$follower"
	up_part "$follower"
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
	once 10 before
	once 10 during
}
t "a disk disappears, and is plugged in again" t_gone

# --- Decay --------------------------------------------------------------------

# decayed I TEXT: its stopped log has another byte where TEXT is.
decayed() {
	local log=$RAFT_DIR/g.$1.log at
	at=$(where "$2" "$log")
	[ -n "$at" ] || fail "$2 is not in the log file of node $1"
	spoil "$log" "$at"
}
lacks() { [ "$(raft_get g "$1" reach)" != 0 ]; }
has_all() { [ "$(raft_get g "$1" reach)" = 0 ] && [ "$(raft_get g "$1" lost)" = no ]; }
# leads_again I: it is as good as any, so the leadership can be handed over to it.
leads_again() {
	until_true has_all "$1" || fail "node $1 does not get back what it lacks"
	raft_wait_leader g 1 2 3 >/dev/null
	if [ "$(raft_leader g 1 2 3)" != "$1" ]; then ctl "$(raft_leader g 1 2 3)" transfer -g g "$1"; fi
	is "$(raft_wait_leader g 1 2 3)" "$1" "the leader"
}

t_decay() {
	cluster g 3
	lines kept 60 | propose g 1 -q
	same_logs g 1 2 3
	followers
	raft_down g "$follower"
	decayed "$follower" kept-20
	"$RAFT_TOOLS/raftdump" "$RAFT_DIR/g.$follower.log" >"$TMP/dump" 2>&1 && fail "raftdump finds nothing wrong"
	grep -qE 'entries [0-9]+ to [0-9]+ are fetched from the other nodes' "$TMP/dump" ||
		fail "raftdump does not say what happens: $(tail -n 3 "$TMP/dump")"
	lines more 5 | propose g "$leader" -q
	raft_up g "$follower"
	klog_has "$(grep -oE 'entries [0-9]+ to [0-9]+ are fetched from the other nodes' "$TMP/dump")" ||
		fail "the kernel does not say what raftdump says: $(grep fetched "$TMP/dump")"
	same_logs g 1 2 3
	once 60 kept
	once 5 more
	leads_again "$follower"
	raft_down g 1 2 3
	"$RAFT_TOOLS/raftdump" --check "$RAFT_DIR/g.$follower.log" || fail "its log is not whole again"
}
t "a record decays in the middle of a log: it is fetched again" t_decay

# Nobody gives back what only the other one has: it waits, says so, and does not vote.
t_decay_waits() {
	cluster g 3
	lines kept 30 | propose g 1 -q
	same_logs g 1 2 3
	followers
	raft_down g "$third"
	lines more 30 | propose g "$leader" -q
	same_logs g "$leader" "$follower"
	raft_down g "$follower"
	ctl "$leader" down g --no-transfer
	decayed "$follower" kept-20
	raft_up g "$follower" "$third"
	until_true lacks "$follower" || fail "node $follower does not say what it lacks"
	ctl "$follower" status g | grep -q '^  LACKS    entries' || fail "status does not say so"
	sleep 5
	[ -z "$(raft_leader g "$follower" "$third")" ] || fail "a leader without what was acknowledged"
	# A stop and a start do not make it forget.
	raft_down g "$follower"
	raft_up g "$follower"
	lacks "$follower" || fail "it forgot what it lacks"
	raft_up g "$leader"
	is "$(raft_wait_leader g 1 2 3)" "$leader" "who has everything"
	same_logs g 1 2 3
	once 30 kept
	once 30 more
	leads_again "$follower"
}
t "a damaged node does not help to elect who lacks what it had" t_decay_waits

# Two of three have holes, at different places; the third one has everything.
t_decay_two() {
	cluster g 3
	lines kept 60 | propose g 1 -q
	same_logs g 1 2 3
	raft_down g 1 2 3
	decayed 1 kept-10
	decayed 2 kept-40
	raft_up g 1 2 3
	is "$(raft_wait_leader g 1 2 3)" 3 "the leader"
	same_logs g 1 2 3
	once 60 kept
	leads_again 1
	leads_again 2
}
t "two nodes with holes in their logs, and a third one" t_decay_two

# After an orderly stop the end of the log is noted: what is gone there is missed.
t_decay_end() {
	cluster g 3
	lines kept 30 | propose g 1 -q
	same_logs g 1 2 3
	followers
	raft_down g "$follower"
	decayed "$follower" kept-30
	raft_up g "$follower"
	same_logs g 1 2 3
	once 30 kept
	leads_again "$follower"
	raft_down g "$follower"
	# All of the second half, headers and all.
	dd if=/dev/zero of="$RAFT_DIR/g.$follower.log" bs=512 conv=notrunc status=none \
		seek=$(($(where kept-20 "$RAFT_DIR/g.$follower.log") / 512)) count=200
	raft_up g "$follower"
	klog_has 'a leader must let it in' || fail "the kernel does not say that it does not know"
	same_logs g 1 2 3
	once 30 kept
	leads_again "$follower"
}
t "the end of a log decays" t_decay_end

# In the last write before a crash: a hard state has noted it, so it is no torn write.
t_decay_last() {
	cluster g 3
	lines kept 30 | propose g 1 -q
	same_logs g 1 2 3
	followers
	sleep 3
	inject "$follower" crash
	raft_down g "$follower"
	decayed "$follower" kept-30
	raft_up g "$follower"
	klog_has 'entries [0-9]+ to [0-9]+ are fetched' || fail "the kernel does not miss it"
	same_logs g 1 2 3
	once 30 kept
	leads_again "$follower"
}
t "the last write before a crash decays" t_decay_last

t_decay_state() {
	local log
	cluster g 3
	lines kept 30 | propose g 1 -q
	same_logs g 1 2 3
	followers
	raft_down g "$follower"
	log=$RAFT_DIR/g.$follower.log
	dd if=/dev/zero of="$log" bs=4096 seek=1 count=1 conv=notrunc status=none
	"$RAFT_TOOLS/raftdump" "$log" >"$TMP/dump" 2>&1 && fail "raftdump finds nothing wrong"
	grep -q 'a leader must let it in' "$TMP/dump" || fail "raftdump: $(tail -n 3 "$TMP/dump")"
	ip -n labbr link set "v$follower" down
	raft_up g "$follower"
	until_true node_lost "$follower" || fail "status does not say that it is lost"
	is "$(raft_get g "$follower" last | grep -c '^0$')" 0 "entries that it kept"
	ip -n labbr link set "v$follower" up
	same_logs g 1 2 3
	leads_again "$follower"
	klog_has "node $follower is let in" || fail "the kernel does not say that it is let in"
	once 30 kept
}
t "term and vote decay: the node is let in by a leader" t_decay_state

# A block in the middle that the device cannot read; writing mends it, as disks do.
t_unread() {
	local at i
	on_parts
	followers
	lines kept 60 | propose g 1 -q
	same_logs g 1 2 3
	raft_down g "$follower"
	at=$(where kept-20 "/dev/mapper/t$follower")
	at=$(((at - at % 4096) / 512))
	i=$(($(linear "$follower" | awk '{ print $5 }')))
	printf '%s\n' "0 $at linear $(the_disk) $i" "$at 8 error" \
		"$((at + 8)) $((32768 - at - 8)) linear $(the_disk) $((i + at + 8))" >"$TMP/table"
	dmsetup suspend "t$follower"
	dmsetup load "t$follower" "$TMP/table"
	dmsetup resume "t$follower"
	up_part "$follower"
	klog_has 'unreadable block' || fail "the kernel does not say what it cannot read"
	# What is fetched cannot be written there, and that is a failure like any other.
	fails "$follower" 5
	mend "$follower"
	back "$follower"
	once 60 kept
	leads_again "$follower"
}
t "a block cannot be read: its entries are fetched when it can be written" t_unread

# A controller that spoils a byte of whatever it writes.
t_spoils() {
	on_parts
	followers
	lines before 10 | propose g 1 -q
	same_logs g 1 2 3
	flaky "$follower" corrupt_bio_byte 160 w 255 0
	lines during 40 | propose g "$leader" -q
	same_logs g 1 2 3
	raft_down g "$follower"
	mend "$follower"
	"$RAFT_TOOLS/raftdump" --check "/dev/mapper/t$follower" >"$TMP/dump" 2>&1 && fail "raftdump finds nothing wrong"
	up_part "$follower"
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
	once 10 before
	once 40 during
	leads_again "$follower"
}
t "a disk that spoils what it writes is found out at the next start" t_spoils

# --- What cannot be read back --------------------------------------------------

# The leader's disk does not give back what a member lacks, and what has left the memory.
t_unread_back() {
	local old
	window_cluster 3
	followers
	raft_down g "$follower"
	window_fill "$leader" a 600
	until_true window_moved "$leader" || fail "nothing has left the leader's memory"
	raft_level g "$leader" "$third"
	old=$leader
	inject "$old" unread
	refused 1 . window_read "$old"
	raft_up g "$follower"
	raft_level g 1 2 3
	is "$(raft_wait_leader g 1 2 3)" "$third" "the leader"
	window_is "$follower" a 600
	inject "$old" disk-ok
	window_is "$old" a 600
	no_failures
}
no_failures() {
	local i
	for i in 1 2 3; do is "$(raft_get g $i failed)" none "why node $i has stopped itself"; done
}
t "what a member lacks cannot be read back: another one leads, and it catches up" t_unread_back

# What is applied but not on this disk yet stays in memory, however little that may be.
t_window_undurable() {
	cluster g 3 -s 32M Memory=1 SnapshotAt=100
	followers
	inject "$follower" "stall 60000000000"
	window_fill "$leader" a 50
	until_true window_ahead || fail "applied $(raft_get g "$follower" applied), durable $(raft_get g "$follower" durable)"
	window_is "$follower" a 50
	window_ahead || fail "the disk hangs no more: durable $(raft_get g "$follower" durable)"
	inject "$follower" disk-ok
	until_true window_moved "$follower" || fail "nothing has left"
	window_is "$follower" a 50
}
window_ahead() {
	[ "$(raft_get g "$follower" applied)" -gt 50 ] && [ "$(raft_get g "$follower" durable)" -lt 50 ]
}
t "what is applied and not on the disk stays in memory" t_window_undurable
