# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 28-snapshots.sh - snapshots that a state machine hands to the kernel: taken, opened, read
# as a record, gone on from after a restart.

# snap I ARGS...: raftctl snapshot at node I.
snap() { local i=$1; shift; ctl "$i" snapshot g "$@"; }
# saved I: the current snapshot's bytes at node I.
saved() { snap "$1" --save - 2>"$TMP/saved"; }
# records I [FROM]: what a reader from FROM gets, "INDEX snapshot" or "INDEX COMMAND".
records() { ctl "$1" tail -g g --no-follow --long --from "${2:-1}" | awk -F'\t' '{ print $1, $3 == "snapshot" ? $3 : $4 }'; }

# at_least I FIELD N: the number in a field of node I.
at_least() { [ "$(raft_get g "$1" "$2")" -ge "$3" ]; }

t_snap_take() {
	local at
	cluster g 1
	refused 1 'there is no snapshot' snap 1 --save -
	lines a 20 | propose g 1 -q
	at=$(raft_get g 1 applied)
	refused 1 'not applied here' snap 1 --index $((at + 1)) --empty
	echo "state at $at" >"$TMP/state"
	is "$(snap 1 --file "$TMP/state" --no-compact)" "$at" "index of the snapshot"
	is "$(saved 1)" "state at $at" "the snapshot"
	is "$(cat "$TMP/saved")" "$at" "its index"
	refused 1 "reaches as far" snap 1 --file "$TMP/state"
	# All entries are there still.
	is "$(records 1 | head -n 1)" "$(records 1 2 | head -n 1)" "the first record"
	is "$(records 1 | grep -c ' a-')" 20 "records"
	lines b 20 | propose g 1 -q
	at=$(raft_get g 1 applied)
	is "$(echo second | snap 1 --file - --keep 5)" "$at" "index of the second"
	is "$(saved 1)" second "the second snapshot"
	is "$(lab_in 1 cat /sys/class/raft/g/snapshot)" "$at" "its index in sysfs"
	ctl 1 status g | grep -q "^  snapshot of $at, " || fail "status: $(ctl 1 status g)"
	# A new reader begins with it, one who is in what was kept gets that.
	lines c 3 | propose g 1 -q
	is "$(records 1 | head -n 1)" "$at snapshot" "the first record of a new reader"
	is "$(records 1 | tail -n +2 | cut -d' ' -f2 | xargs)" "c-1 c-2 c-3" "what follows"
	is "$(records 1 $((at - 4)) | cut -d' ' -f2 | xargs)" "b-16 b-17 b-18 b-19 b-20 c-1 c-2 c-3" "what was kept"
	is "$(raft_get g 1 first)" $((at - 4)) "first index in the log"
	# After a restart all is the same.
	raft_down g 1
	snap_dumped "$at"
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	is "$(saved 1)" second "the snapshot after a restart"
	until_true at_least 1 applied $((at + 3))
	lines d 2 | propose g 1 -q
	is "$(records 1 $((at + 1)) | cut -d' ' -f2 | grep -v '^$' | xargs)" "c-1 c-2 c-3 d-1 d-2" "commands behind it"
}
# snap_dumped INDEX: what raftdump says of the snapshot, whole and damaged.
snap_dumped() {
	local f slot='' dump=$RAFT_TOOLS/raftdump rc=0
	for f in "$RAFT_DIR"/g.1.snap.?; do
		if "$dump" "$f" | grep -q "^snapshot of index $1 "; then slot=$f; fi
	done
	[ -n "$slot" ] || fail "raftdump finds no snapshot of $1"
	is "$("$dump" --raw "$slot" 2>"$TMP/dump")" second "its bytes by raftdump"
	grep -qx whole "$TMP/dump" || fail "raftdump: $(cat "$TMP/dump")"
	cp "$slot" "$TMP/rot"
	printf X | dd of="$TMP/rot" bs=1 seek=$(($(stat -c %s "$slot") - 2)) conv=notrunc status=none
	"$dump" --json "$TMP/rot" >"$TMP/dump" || rc=$?
	is "$rc $(grep -c '"snapshot": *"damaged"' "$TMP/dump")" "2 1" "exit code of raftdump, and its word"
}
t "a snapshot is taken, opened and read as a record; a restart" t_snap_take

t_snap_overtaken() {
	local at
	cluster g 1
	lines a 10 | propose g 1 -q
	probe 1 overtaken g
	at=$(raft_get g 1 applied)
	is "$(records 1 | head -n 1)" "$at snapshot" "the first record"
}
t "a reader is overtaken: EPIPE once, then the snapshot's record" t_snap_overtaken

t_snap_kept_open() {
	cluster g 1
	lines a 10 | propose g 1 -q
	probe 1 kept-open g
}
t "a snapshot that is open stays; it ends with the group" t_snap_kept_open

t_snap_refused() {
	cluster g 1
	lines a 10 | propose g 1 -q
	raft_down g 1
	# Something else in a file for snapshots is not overwritten.
	echo mine >"$RAFT_DIR/g.1.snap.0"
	refused 1 'not a raft log or snapshot' ctl 1 up "$RAFT_DIR/g.conf" --node 1
	is "$(cat "$RAFT_DIR/g.1.snap.0")" mine "the file"
	: >"$RAFT_DIR/g.1.snap.0"
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	snap 1 --empty --no-compact >/dev/null
	raft_down g 1
	# A snapshot of a log that is gone.
	mv "$RAFT_DIR/g.1.log" "$TMP/log"
	refused 1 'a snapshot to another log' ctl 1 up "$RAFT_DIR/g.conf" --node 1
	mv "$TMP/log" "$RAFT_DIR/g.1.log"
	raft_up g 1
	is "$(saved 1 | wc -c)" 0 "bytes of the empty snapshot"
}
t "files for snapshots that are not ours" t_snap_refused

t_snap_sparse() {
	local at
	cluster g 1
	lines a 5 | propose g 1 -q
	at=$(raft_get g 1 applied)
	truncate -s 3G "$TMP/sparse"
	printf begin | dd of="$TMP/sparse" conv=notrunc status=none
	printf middle | dd of="$TMP/sparse" bs=1M seek=1500 conv=notrunc status=none
	is "$(snap 1 --file "$TMP/sparse")" "$at" "index"
	is "$(saved 1 | cksum)" "$(cksum <"$TMP/sparse")" "checksum"
	[ "$(du -k "$RAFT_DIR/g.1.snap.0" | cut -f1)" -lt 10240 ] || fail "the file is not sparse: $(du -k "$RAFT_DIR"/g.1.snap.*)"
}
t "a sparse snapshot of 3 GiB stays sparse" t_snap_sparse

# state_of I [FROM]: what the state machine of this test holds at node I: all its commands.
state_of() {
	local i=$1 dir
	dir=$(mktemp -d -p "$TMP")
	if records "$i" | head -n 1 | grep -q snapshot; then saved "$i" >"$dir/state"; else : >"$dir/state"; fi
	raft_log g "$i" 2>/dev/null >>"$dir/state"
	cat "$dir/state"
}
# take_all I: node I's state machine takes a snapshot of all that it has.
take_all() {
	local at
	at=$(raft_get g "$1" applied)
	state_of "$1" >"$TMP/cut.$1"
	snap "$1" --index "$at" --file "$TMP/cut.$1"
}
same_state() {
	local i
	for i; do state_of "$i" >"$TMP/state.$i"; done
	for i; do cmp "$TMP/state.$1" "$TMP/state.$i" || fail "the states of nodes $1 and $i differ"; done
}

# left_behind CMD...: node $behind of three, which is down, lacks what is in the snapshots
# that CMD I takes at the others.
left_behind() {
	local i
	cluster g 3
	for behind in $(others 3 "$leader"); do break; done
	lines a 50 | propose g "$leader" -q
	raft_level g 1 2 3
	raft_down g "$behind"
	lines b 200 | propose g "$leader" -q
	for i in $(others 3 "$behind"); do "$@" "$i" >/dev/null; done
}
# big MIB: $TMP/big; snap_big I: its snapshot.
big() { dd if=/dev/urandom of="$TMP/big" bs=1M count="$1" status=none; }
snap_big() { snap "$1" --file "$TMP/big"; }

t_snap_catch_up() {
	local behind
	left_behind take_all
	[ "$(raft_get g "$leader" first)" -gt 200 ] || fail "nothing was cut"
	raft_up g "$behind"
	raft_level g 1 2 3
	[ "$(raft_get g "$behind" snapshot)" -gt 200 ] || fail "no snapshot came"
	lines c 20 | propose g "$behind" -q
	raft_level g 1 2 3
	same_state 1 2 3
	is "$(grep -c . "$TMP/state.$behind")" 270 "commands"
	# From its own disk.
	raft_down g 1 2 3
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
	lines d 5 | propose g "$behind" -q
	raft_level g 1 2 3
	same_state 1 2 3
	is "$(grep -c . "$TMP/state.$behind")" 275 "commands after a restart"
}
t "a node that lacks what was cut gets the snapshot; a restart" t_snap_catch_up

t_snap_under_load() {
	local behind i
	big 8
	left_behind snap_big
	load g "$leader"
	for i in 1 2 3; do ns "$i" tc qdisc add dev eth0 root netem loss 5%; done
	raft_up g "$behind"
	until_true at_least "$behind" snapshot 1 || fail "no snapshot came"
	unload
	for i in 1 2 3; do ns "$i" tc qdisc del dev eth0 root; done
	raft_level g 1 2 3
	is "$(saved "$behind" | cksum)" "$(cksum <"$TMP/big")" "checksum of the snapshot"
	raft_log g "$leader" >"$TMP/log.l" 2>/dev/null
	raft_log g "$behind" 2>/dev/null | tail -n 5 >"$TMP/log.b"
	tail -n 5 "$TMP/log.l" | cmp - "$TMP/log.b" || fail "the logs differ"
}
t "a snapshot of 8 MiB comes with 5 % loss while commands go on" t_snap_under_load

# stranger FILE OFFSET VALUE OLD: with that in its head it is refused, said so, and kept.
stranger() {
	"$RAFT_TOOLS/module-stamp" "$1" "$2" "$3"
	cksum "$1" >"$TMP/sum"
	refused 1 'another .*version' ctl 1 up "$RAFT_DIR/g.conf" --node 1
	if "$RAFT_TOOLS/raftdump" "$1" >"$TMP/dump" 2>&1; then fail "raftdump likes $1"; fi
	grep -q version "$TMP/dump" || fail "raftdump says: $(cat "$TMP/dump")"
	cksum "$1" | cmp - "$TMP/sum" || fail "$1 has changed"
	"$RAFT_TOOLS/module-stamp" "$1" "$2" "$4"
}
t_snap_versions() {
	local at
	cluster g 1
	lines a 10 | propose g 1 -q
	at=$(take_all 1)
	raft_down g 1
	stranger "$RAFT_DIR/g.1.snap.0" 8 2 1		# a later version
	stranger "$RAFT_DIR/g.1.snap.0" 8 0 1		# an earlier one
	stranger "$RAFT_DIR/g.1.snap.0" 16 1 0		# a feature that one must know
	stranger "$RAFT_DIR/g.1.log" 8 3 2
	stranger "$RAFT_DIR/g.1.log" 8 1 2
	stranger "$RAFT_DIR/g.1.log" 16 1 0
	# One that need not be known.
	"$RAFT_TOOLS/module-stamp" "$RAFT_DIR/g.1.snap.0" 24 1
	"$RAFT_TOOLS/module-stamp" "$RAFT_DIR/g.1.log" 24 1
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	is "$(raft_get g 1 snapshot)" "$at" "the snapshot"
	is "$(state_of 1 | grep -c '^a-')" 10 "commands"
}
t "logs and snapshots of other versions are refused, and stay" t_snap_versions

# acts I: what tracepoints said of snapshots at node I, "what error", in order.
acts() {
	sed -nE "s/.* raft_snapshot: group=g node=$1 ([a-z]+) index=.* error=(-?[0-9]+)/\1 \2/p" /sys/kernel/tracing/trace
}
# behind_coming BYTES: node $behind has so many of a snapshot that comes.
behind_coming() { at_least "$behind" coming_bytes "$1"; }

# Stopped while a snapshot comes; what had come is damaged on the disk meanwhile.
t_snap_traces() {
	local behind slot term tracing=/sys/kernel/tracing
	echo 1 >$tracing/events/raft/raft_snapshot/enable
	echo >$tracing/trace
	big 16
	left_behind snap_big
	is "$(acts "$leader" | head -n 2)" $'take 0\ntaken 0' "at the leader, when it was taken"
	term=$(raft_get g "$leader" term)
	ns "$leader" tc qdisc add dev eth0 root netem rate 50mbit limit 10000
	raft_up g "$behind"
	until_true behind_coming 2097152 || fail "no snapshot comes"
	raft_down g "$behind"
	ns "$leader" tc qdisc del dev eth0 root
	slot=$RAFT_DIR/g.$behind.snap.0
	[ "$(stat -c %s "$slot")" -gt 1048576 ] || fail "nothing has come to $slot"
	printf XXXX | dd of="$slot" bs=1 seek=100000 conv=notrunc status=none
	raft_up g "$behind"
	until_true at_least "$behind" snapshot 1 || fail "no snapshot came"
	raft_level g 1 2 3
	until_true leader_sent || fail "at the leader: $(acts "$leader")"
	echo 0 >$tracing/events/raft/raft_snapshot/enable
	acts "$behind" | uniq >"$TMP/acts"
	is "$(cat "$TMP/acts")" $'receive 0\nresume 0\ninstall 0\nrefused -84\nreceive 0\ninstall 0\ninstalled 0' "at who gets it"
	is "$(raft_get g "$leader" term) $(raft_get g "$leader" role)" "$term leader" "term and role of who sent it"
	is "$(acts "$leader" | tail -n +3 | uniq | tail -n 2)" $'send 0\nsent 0' "at the leader, when it was sent"
	is "$(saved "$behind" | cksum)" "$(cksum <"$TMP/big")" "checksum of the snapshot"
	grep -q "^received 1$" /sys/kernel/debug/raft/*-g/snapshots || fail "debugfs: $(cat /sys/kernel/debug/raft/*-g/snapshots)"
}
leader_sent() { [ "$(acts "$leader" | tail -n 1)" = "sent 0" ]; }
t "what came is damaged before all is there: it comes once more; tracepoints" t_snap_traces

# whole I: the file of node I's snapshot.
whole() {
	local f
	for f in "$RAFT_DIR"/g."$1".snap.?; do
		! "$RAFT_TOOLS/raftdump" "$f" 2>/dev/null | grep -q whole || { echo "$f"; return; }
	done
	fail "node $1 has no snapshot that is whole"
}
# rot I OFFSET...: bytes of node I's snapshot change on the disk.
rot() {
	local slot at
	slot=$(whole "$1")
	shift
	for at; do printf XY | dd of="$slot" bs=1 seek="$at" conv=notrunc status=none; done
	if "$RAFT_TOOLS/raftdump" "$slot" >"$TMP/dump" 2>&1; then fail "raftdump finds no damage: $(cat "$TMP/dump")"; fi
}
# Both copies of the head; the image; the state machine's bytes.
HEAD='100 2148' IMAGE=4200 STATE=200000
is_damaged() { [ "$(raft_get g "$1" snapshot_damaged)" = yes ]; }
is_mended() { ! is_damaged "$1"; }

# Found by who reads and after a start; nobody else has one here.
t_snap_rot() {
	cluster g 1
	big 2
	lines a 10 | propose g 1 -q
	snap_big 1 >/dev/null
	is "$(raft_get g 1 snapshot_damaged)" no "damaged"
	rot 1 $STATE
	refused 1 'the snapshot is damaged' snap 1 --save "$TMP/copy"
	[ "$(stat -c %s "$TMP/copy")" -lt 2097152 ] || fail "all of it was handed out"
	is_damaged 1 || fail "it is not said to be damaged"
	dmesg_says "the snapshot of [0-9]* at node 1, file ., is damaged" || fail "the kernel log does not say it"
	refused 1 'the snapshot is damaged' snap 1 --save -
	ctl 1 status g | grep -q "^  DAMAGED  the snapshot" || fail "status: $(ctl 1 status g)"
	ctl 1 propose -g g another >/dev/null
	until_true wanted 1 || fail "no other one is wanted"
	# Another one, and all is well.
	snap_big 1 >/dev/null
	is "$(raft_get g 1 snapshot_damaged)" no "damaged, of another one"
	is "$(saved 1 | cksum)" "$(cksum <"$TMP/big")" "checksum of the snapshot"
	rot 1 $STATE
	raft_down g 1
	raft_up g 1
	until_true is_damaged 1 || fail "not noticed after a start"
	# Without the image there is nothing to go on with; what is left of the log stays.
	raft_wait_leader g 1 >/dev/null
	ctl 1 propose -g g more >/dev/null
	snap_big 1 >/dev/null
	ctl 1 propose -g g behind >/dev/null
	raft_down g 1
	rot 1 $IMAGE
	raft_up g 1
	is_damaged 1 || fail "it is not said to be gone"
	dmesg_says "no snapshot reaches there" || fail "the kernel log does not say it"
	ns 1 sleep 3
	is "$(raft_get g 1 role) $(raft_get g 1 applied)" "follower 0" "role, and what is applied, without a state"
	at_least 1 last "$(raft_get g 1 first)" || fail "the log behind it is gone"
	refused 1 . snap 1 --empty
}
wanted() { [ "$(raft_get g "$1" snapshot_wanted)" = yes ]; }
dmesg_says() { dmesg | grep -q "$1"; }
t "a snapshot that decays is not read; what the log has stays" t_snap_rot

# Found when it is to be sent: who has one that is whole leads, and sends it to both.
t_snap_rot_leader() {
	local behind first
	big 2
	left_behind snap_big
	first=$leader
	rot "$first" $STATE
	raft_up g "$behind"
	until_true at_least "$behind" snapshot 1 || fail "no snapshot came"
	dmesg_says "the snapshot of [0-9]* at node $first, file ., is damaged" || fail "the kernel log does not say it"
	until_true is_mended "$first" || fail "it is not mended"
	raft_level g 1 2 3
	for behind in 1 2 3; do is "$(saved "$behind" | cksum)" "$(cksum <"$TMP/big")" "checksum of node $behind's snapshot"; done
}
t "a leader's snapshot decays: who has one that is whole leads and mends it" t_snap_rot_leader

# Found at a start: it comes from the leader, and what is behind it goes on. A state machine
# that begins anew has all.
t_snap_gone() {
	local what n=0 i
	cluster g 3
	for what in "$HEAD" $IMAGE; do
		n=$((n + 1))
		i=$((leader % 3 + 1))
		lines "a$n" 20 | propose g 1 -q
		raft_level g 1 2 3
		for i in 1 2 3; do take_all $i >/dev/null; done
		lines "b$n" 20 | propose g 1 -q
		raft_level g 1 2 3
		i=$((leader % 3 + 1))
		raft_down g $i
		# shellcheck disable=SC2086
		rot $i $what
		# It must do with what the others have: the log goes back no further.
		lines "c$n" 5 | propose g "$leader" -q
		raft_up g $i
		lines "d$n" 5 | propose g $i -q
		until_true is_mended $i || fail "the snapshot is not mended"
		raft_level g 1 2 3
		same_state 1 2 3
		is "$(grep -c . "$TMP/state.$i")" $((50 * n)) "commands"
		[ "$n" != 1 ] || raft_restart_all
	done
	# It is one as any other: it leads with it.
	until_true leads $i || fail "node $i does not lead"
	lines e 5 | propose g $i -q
	raft_level g 1 2 3
	same_state 1 2 3
}
raft_restart_all() {
	raft_down g 1 2 3
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
}
leads() { [ "$(raft_get g "$1" role)" = leader ] || { ctl "$1" transfer "$1" -g g >/dev/null 2>&1; return 1; }; }
t "a snapshot behind which the log was cut is gone: it comes from the leader" t_snap_gone

# The state machine of a node that starts anew has nothing to begin with, but its node goes on.
t_snap_content() {
	local i
	cluster g 3
	big 2
	lines a 20 | propose g 1 -q
	raft_level g 1 2 3
	for i in 1 2 3; do snap_big $i >/dev/null; done
	i=$((leader % 3 + 1))
	raft_down g $i
	rot $i $STATE
	raft_up g $i
	until_true dmesg_says "the snapshot of [0-9]* at node $i, file ., is damaged" || fail "the kernel log does not say it"
	lines b 5 | propose g $i -q
	until_true is_mended $i || fail "the snapshot is not mended"
	is "$(saved $i | cksum)" "$(cksum <"$TMP/big")" "checksum of the snapshot"
	raft_down g $i
	raft_up g $i
	raft_level g 1 2 3
	is "$(saved $i | cksum)" "$(cksum <"$TMP/big")" "checksum after a restart"
	is_mended $i || fail "it is damaged after a restart"
}
t "the content of a snapshot decays: it is fetched, and stays after a restart" t_snap_content

t_snap_crash() {
	local step fault
	cluster g 1
	fault=$(echo /sys/kernel/debug/raft/*-g/fault)
	[ -w "$fault" ] || skip "the module has no fault hooks"
	lines a 10 | propose g 1 -q
	take_all 1 >/dev/null
	for step in 1 2 3 4 5; do
		lines "s$step" 10 | propose g 1 -q
		state_of 1 >"$TMP/before"
		echo "snapshot-crash $step" >"$(echo /sys/kernel/debug/raft/*-g/fault)"
		refused 1 . take_all 1
		echo crash >"$(echo /sys/kernel/debug/raft/*-g/fault)"
		raft_down g 1
		raft_up g 1
		raft_wait_leader g 1 >/dev/null
		until_true at_least 1 applied $((10 * step + 11))
		lines "e$step" 1 | propose g 1 -q
		echo "e$step-1" >>"$TMP/before"
		state_of 1 | cmp - "$TMP/before" || fail "another state after a crash at step $step"
	done
}
t "a crash between every two steps of making a snapshot current" t_snap_crash

t_snap_full() {
	local n=0
	raft_conf g 1 -s 1M SnapshotAt=100
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	head -c 30000 /dev/zero | tr '\0' x >"$TMP/x"
	while ctl 1 propose -g g --stdin <"$TMP/x" >/dev/null 2>"$TMP/err"; do
		n=$((n + 1))
		[ $n -lt 200 ] || fail "it is never full"
	done
	grep -q "log is full" "$TMP/err" || fail "it says: $(cat "$TMP/err")"
	refused 1 "log is full" ctl 1 propose -g g --stdin <"$TMP/x"
	until_true dmesg_has "log of node 1 is full" || fail "the kernel log does not say it"
	snap 1 --empty >/dev/null
	ctl 1 propose -g g --stdin <"$TMP/x" >/dev/null || fail "it did not recover"
	until_true dmesg_has "has room again" || fail "the kernel log does not say that it recovered"
	# Round the ring some times, and from the disk.
	for n in $(seq 60); do
		ctl 1 propose -g g --stdin <"$TMP/x" >/dev/null
		[ $((n % 10)) != 0 ] || snap 1 --empty >/dev/null
	done
	raft_down g 1
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	ctl 1 propose -g g last >/dev/null
}
dmesg_has() { dmesg | sed -n "/raft-test .* begins: ${2:-a full log}/,\$p" | grep -q "$1"; }
t "a full log says so, and goes on when a snapshot has made room" t_snap_full

t_snap_policy() {
	local i
	raft_conf g 1 -s 16M SnapshotAt=20
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	is "$(raft_get g 1 snapshot_wanted)" no "a snapshot is wanted of an empty log"
	probe 1 uevents >"$TMP/uevents" &
	sleep 0.5
	probe 1 asked g
	until_true grep -q 'RAFT_EVENT=snapshot' "$TMP/uevents" || fail "no uevent: $(cat "$TMP/uevents")"
	kill $!
	is "$(lab_in 1 cat /sys/class/raft/g/snapshot_wanted)" 1 "that it is wanted, in sysfs"
	ctl 1 status g | grep -q "^  WANTED  " || fail "status: $(ctl 1 status g)"
	snap 1 --empty >/dev/null
	until_true not_wanted || fail "still wanted"
	# Without a state machine.
	ctl 1 set -g g RetainEntries=100
	is "$(lab_in 1 cat /sys/class/raft/g/retain_entries)" 100 "retain_entries in sysfs"
	is "$(lab_in 1 cat /sys/class/raft/g/snapshot_at)" 20 "snapshot_at in sysfs"
	for i in 1 2 3 4; do
		lines "r$i" 1000 | propose g 1 -q -J 8
	done
	until_true retained || fail "the log begins at $(raft_get g 1 first) of $(raft_get g 1 last)"
	is "$(raft_log g 1 2>/dev/null | tail -n 1)" "$(raft_log g 1 2>/dev/null | grep r4- | tail -n 1)" "the last command"
}
# By bytes: of a log of 16 MiB, in commands of 30000.
t_snap_retain_bytes() {
	local used
	raft_conf g 1 -s 16M RetainBytes=2M
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	is "$(raft_get g 1 retain_bytes)" 2097152 "retain_bytes"
	is "$(lab_in 1 cat /sys/class/raft/g/retain_bytes)" 2097152 "retain_bytes in sysfs"
	head -c 30000 /dev/zero | tr '\0' x >"$TMP/x"
	many 300
	until_true cut_to 4500000 || fail "used: $(log_used)"
	# What is there is what was to stay, not less.
	used=$(log_used)
	[ "$used" -gt 2000000 ] || fail "only $used bytes stayed"
	at_least 1 last $(($(raft_get g 1 first) + 60)) || fail "from $(raft_get g 1 first) to $(raft_get g 1 last) stayed"
	refused 2 . ctl 1 set -g g RetainBytes=many
	ctl 1 set -g g RetainBytes=0 RetainEntries=10
	many 80
	until_true cut_to 4000000 || fail "used: $(log_used)"
	# More than the log holds: it does not get full all the same.
	ctl 1 set -g g RetainEntries=1000000
	many 700
}
many() { yes "$(cat "$TMP/x")" | head -n "$1" | propose g 1 -q; }
log_used() { echo $(($(raft_get g 1 log_size) - $(raft_get g 1 log_room))); }
cut_to() { [ "$(log_used)" -lt "$1" ]; }
t "without a state machine the log is cut by bytes, and never full" t_snap_retain_bytes

# RetainEntries larger than what the log holds of large commands, while several clients fill
# it faster than it is cut: they wait, nobody is told that it is full.
t_snap_retain_full() {
	local i
	raft_conf g 1 -s 8M RetainEntries=100000 SnapshotAt=90
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	head -c 61440 /dev/zero | tr '\0' x >"$TMP/x"
	for i in $(seq 20); do
		ns 1 "$RAFT_TOOLS/raft-bench" propose -g g -t 8 -s 60K -n 60 --json >"$TMP/bench" ||
			fail "a proposal was refused: $(cat "$TMP/bench")"
	done
	# Twice at least it has gone round.
	at_least 1 last 270 || fail "last index $(raft_get g 1 last): $(cat "$TMP/bench")"
	until_true many 1 || fail "the log stays full: $(log_used) bytes of $(raft_get g 1 log_size)"
	raft_down g 1
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	# It never stays full, however soon it is cut.
	ctl 1 set -g g SnapshotAt=50
	for i in $(seq 10); do
		until_true many 30 || fail "the log stays full: $(log_used) bytes of $(raft_get g 1 log_size)"
	done
}
t "a log that fills up faster than it is cut has room again" t_snap_retain_full 1

# Nothing reaches the disk for a while, so nothing can be cut. Who must not wait is told to try
# again, and all others wait; where a state machine has to bring a snapshot all are told so.
t_snap_retain_waits() {
	local fault pid
	raft_conf g 1 -s 2M RetainEntries=100000 SnapshotAt=50
	raft_up g 1
	raft_wait_leader g 1 >/dev/null
	fault=$(echo /sys/kernel/debug/raft/*-g/fault)
	[ -w "$fault" ] || skip "the module has no fault hooks"
	head -c 61440 /dev/zero | tr '\0' x >"$TMP/x"
	echo "stall 600000000000" >"$fault"
	yes "$(cat "$TMP/x")" | head -n 120 | propose g 1 -q -J 48 2>"$TMP/err" &
	pid=$!
	until_true would_block || fail "who must not wait is told: $(cat "$TMP/dd")"
	echo disk-ok >"$fault"
	wait $pid || fail "a proposal was refused: $(cat "$TMP/err")"
	if dmesg_has "log of node 1 is full" "a log that the kernel cuts"; then fail "the kernel log says that it is full"; fi
	ctl 1 set -g g RetainEntries=0
	echo "stall 600000000000" >"$fault"
	yes "$(cat "$TMP/x")" | head -n 120 | propose g 1 -q -J 48 2>"$TMP/err" &
	pid=$!
	until_true says_full || fail "it is never full: $(cat "$TMP/err")"
	echo disk-ok >"$fault"
	if wait $pid; then fail "it was full, and all was taken"; fi
}
would_block() {
	! timeout 1 nsenter --net=/run/netns/n1 dd if="$TMP/x" of=/dev/raft oflag=nonblock conv=notrunc bs=61440 count=1 2>"$TMP/dd" &&
		grep -q "temporarily unavailable" "$TMP/dd"
}
says_full() { grep -q "log is full" "$TMP/err"; }
t "a log that the kernel cuts by itself is waited for, another one is full" t_snap_retain_waits

not_wanted() { [ "$(raft_get g 1 snapshot_wanted)" = no ]; }
retained() { [ $(($(raft_get g 1 last) - $(raft_get g 1 first))) -lt 1000 ]; }
t "the state machine is asked for a snapshot; none, and the log is cut all the same" t_snap_policy

t_snap_witness() {
	local full
	{
		raft_conf g 3 -s 16M SnapshotAt=20
		echo "Witness = yes" >>"$RAFT_DIR/g.conf"
	}
	raft_up g 1 2 3
	leader=$(raft_wait_leader g 1 2 3)
	refused 1 'is a witness' snap 3 --empty
	for full in 1 2; do ctl $full set -g g RetainEntries=20; done
	for full in 1 2 3; do
		lines "w$full" 1000 | propose g "$leader" -q -J 8
	done
	until_true at_least 3 snapshot 1 || fail "the witness has no snapshot: log_room $(raft_get g 3 log_room) of $(raft_get g 3 log_size)"
	until_true at_least 3 first 100
	lines end 10 | propose g "$leader" -q
	raft_level g 1 2 3
}
t "a witness cuts its log by itself" t_snap_witness

t_snap_real() {
	cluster g 1
	lines a 5 | propose g 1 -q
	dd if=/dev/urandom of="$TMP/real" bs=1M count=256 status=none 2>"$TMP/err" || skip "no room for 256 MiB"
	snap 1 --file "$TMP/real" >/dev/null
	is "$(saved 1 | cksum)" "$(cksum <"$TMP/real")" "checksum"
}
t "a snapshot of 256 MiB" t_snap_real
