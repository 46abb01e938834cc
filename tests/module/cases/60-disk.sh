# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 60-disk.sh - real disks, and disks that fail: a node that cannot write says so and stops;
# the others go on.

# The disk of this boot, in parts by device mapper: disk NAME OFFSET_MIB SIZE_MIB.
the_disk() {
	local d
	for d in /dev/vda /dev/ubda; do [ ! -b $d ] || { echo $d; return; }; done
	skip "no disk"
}
part() {
	local dev
	dev=$(the_disk)
	modprobe dm_mod 2>/dev/null || :
	echo "0 $(($3 * 2048)) linear $dev $(($2 * 2048))" | dmsetup create "$1" || skip "no device mapper"
	dd if=/dev/zero of="/dev/mapper/$1" bs=1M count="$3" status=none oflag=direct
}
# From now on every write, or every access, of a part fails.
break_part() {
	dmsetup suspend --noflush --nolockfs "$1"
	echo "0 $(dmsetup table "$1" | awk '{ print $2 }') error" | dmsetup load "$1"
	dmsetup resume "$1"
}

t_blockdev() {
	local i
	for i in 1 2 3; do part "t$i" $((i * 20)) 16; done
	raft_conf g 3
	for i in 1 2 3; do ctl $i up "$RAFT_DIR/g.conf" --node $i --log "/dev/mapper/t$i" 2>&1; done
	leader=$(raft_wait_leader g 1 2 3)
	lines blk 50 | propose g 1 -q
	same_logs g 1 2 3
	raft_down g 1 2 3
	for i in 1 2 3; do ctl $i up "$RAFT_DIR/g.conf" --node $i --log "/dev/mapper/t$i" --no-create; done
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
	once 50 blk
}
t "logs on block devices" t_blockdev

node_failed() { [ "$(raft_get g "$1" failed)" != none ] && [ "$(raft_get g "$1" failed)" != no ]; }

disk_fails() {
	local victim=$1 rest
	rest=$(others 3 "$victim")
	lines before 10 | propose g "$victim" -q
	break_part "t$victim"
	# shellcheck disable=SC2086
	set -- $rest
	lines during 10 | propose g "$1" -q
	until_true node_failed "$victim" || fail "node $victim does not say that its disk failed"
	raft_wait_leader g "$@" >/dev/null
	lines after 10 | propose g "$2" -q
	same_logs g "$@"
	once 10 before
	once 10 during
	once 10 after
	refused 1 'failed' ctl "$victim" propose -g g no
	[ "$(raft_get g "$victim" role)" != leader ] || fail "a failed node leads"
	ctl "$victim" status g | grep -qiE 'fail' || fail "status does not tell"
	raft_down g "$victim"
}

t_dm_leader() {
	local i
	for i in 1 2 3; do part "t$i" $((i * 20)) 16; done
	raft_conf g 3
	for i in 1 2 3; do ctl $i up "$RAFT_DIR/g.conf" --node $i --log "/dev/mapper/t$i" 2>&1; done
	leader=$(raft_wait_leader g 1 2 3)
	disk_fails "$leader"
}
t "the leader's block device fails" t_dm_leader

# ext4 on the part; the log is a file there.
fs_part() {
	local i=$1
	part "t$i" $((i * 80)) 64
	modprobe ext4 2>/dev/null || :
	mkfs.ext4 -q -F "/dev/mapper/t$i"
	mkdir -p "/mnt/t$i"
	mount "/dev/mapper/t$i" "/mnt/t$i" || skip "no ext4"
}

t_dm_ext4() {
	local i
	for i in 1 2 3; do fs_part $i; done
	raft_conf g 3 "Log=/mnt/t%n/log"
	sed -i '/^Log = .*%g/d' "$RAFT_DIR/g.conf"
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	disk_fails "$1"
}
t "the disk below a follower's ext4 fails" t_dm_ext4

t_dm_back() {
	local i dev table
	for i in 1 2 3; do part "t$i" $((i * 20)) 16; done
	raft_conf g 3
	for i in 1 2 3; do ctl $i up "$RAFT_DIR/g.conf" --node $i --log "/dev/mapper/t$i" 2>&1; done
	leader=$(raft_wait_leader g 1 2 3)
	dev=$(the_disk)
	table=$(dmsetup table "t$leader")
	[ -n "$dev$table" ]
	disk_fails "$leader"
	dmsetup suspend --noflush "t$leader"
	echo "$table" | dmsetup load "t$leader"
	dmsetup resume "t$leader"
	ctl "$leader" up "$RAFT_DIR/g.conf" --node "$leader" --log "/dev/mapper/t$leader" --no-create
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
	once 10 before
	once 10 during
	once 10 after
}
t "a disk that failed is mended: the node comes back" t_dm_back

# node_lost I: it says that its log is gone. Not before it heard somebody.
node_lost() { ctl "$1" status g | grep -q '^  LOST'; }
node_let_in() { ! ctl "$1" status g | grep -qE '^  (LOST|NEW)'; }

t_lost_log() {
	cluster g 3
	lines first 20 | propose g 1 -q
	same_logs g 1 2 3
	raft_down g 3
	# Node 3 does not have this; who has it is 1 and 2, of which 2 loses it.
	lines second 20 | propose g 1 -q
	raft_down g 2
	ctl 1 down g --no-transfer
	rm "$RAFT_DIR/g.2.log"
	raft_up g 2 3
	until_true node_lost 2 || fail "node 2 does not say that it lost its log"
	ns 1 sleep 5
	[ -z "$(raft_leader g 2 3)" ] || fail "what two nodes had is lost: node $(raft_leader g 2 3) leads"
	is "$(raft_get g 2 last)" 0 "entries of a node that is not let in"
	raft_up g 1
	is "$(raft_wait_leader g 1 2 3)" 1 "the leader"
	same_logs g 1 2 3
	once 20 first
	once 20 second
	until_true node_let_in 2 || fail "node 2 is not let in"
	# It counts again.
	raft_down g 3
	lines third 20 | propose g 2 -q
	same_logs g 1 2
	once 20 third
}
t "a log is deleted: its node neither votes nor confirms before it is let in" t_lost_log
