# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 40-refused.sh - what cannot be done is refused, each with a sentence of its own, and
# changes nothing.

t_foreign_log() {
	cluster g 3
	lines a 5 | propose g 1 -q
	raft_down g 1 2 3
	refused 1 'belongs to another group or node' ctl 2 up "$RAFT_DIR/g.conf" --node 2 --log "$RAFT_DIR/g.1.log"
	raft_conf h 3
	refused 1 'belongs to another group or node' ctl 1 up "$RAFT_DIR/h.conf" --node 1 --log "$RAFT_DIR/g.1.log"
	raft_up g 1 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
	once 5 a
}
t "a log of another node or group" t_foreign_log

# The byte where a text first stands in a file.
where() { grep -abo -m 1 -- "$1" "$2" | head -n 1 | cut -d: -f1; }
spoil() { printf '\377' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# Without any hard state nobody knows where the log begins: 61-faults.sh has the rest.
t_damaged() {
	local log=$RAFT_DIR/g.2.log
	cluster g 3
	lines spoiled 60 | propose g 1 -q
	same_logs g 1 2 3
	raft_down g 2
	dd if=/dev/zero of="$log" bs=4096 seek=1 count=2 conv=notrunc status=none
	cp "$log" "$TMP/before"
	refused 1 'damaged beyond repair' ctl 2 up "$RAFT_DIR/g.conf" --node 2
	cmp "$TMP/before" "$log"
	if "$RAFT_TOOLS/raftdump" "$log" >"$TMP/dump" 2>&1; then fail "raftdump finds nothing wrong"; fi
	grep -q 'the kernel refuses this log' "$TMP/dump" || fail "raftdump: $(cat "$TMP/dump")"
	lines go-on 5 | propose g 1 -q
	same_logs g 1 3
	once 5 go-on
}
t "a log whose hard state is gone is refused and left alone" t_damaged

# What a power-off in the last write leaves: the log of a running node, its last record torn.
t_torn() {
	local log=$RAFT_DIR/g.2.log at i
	cluster g 3
	lines whole 30 | propose g 1 -q
	# A second later a hard state says that it was durable, and it is damaged.
	for i in {1..20}; do
		lines "last$i" 1 | propose g 2 -q
		cp "$log" "$TMP/crash"
		at=$(where "last$i-1" "$TMP/crash") || :
		[ -n "$at" ] || continue
		spoil "$TMP/crash" "$at"
		"$RAFT_TOOLS/raftdump" "$TMP/crash" >"$TMP/dump" 2>&1 || :
		if grep -qi torn "$TMP/dump"; then break; fi
	done
	grep -qi torn "$TMP/dump" || fail "raftdump sees nothing torn: $(tail -n 5 "$TMP/dump")"
	raft_down g 1 2 3
	mv "$TMP/crash" "$log"
	raft_up g 1 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	lines more 5 | propose g 2 -q
	same_logs g 1 2 3
	once 30 whole
	once 5 more
}
t "a torn tail is cut off and comes back from the others" t_torn

t_not_a_log() {
	raft_conf g 1
	head -c 8M /dev/urandom >"$RAFT_DIR/g.1.log"
	refused 1 'not a raft log' ctl 1 up "$RAFT_DIR/g.conf" --node 1
	: >"$RAFT_DIR/tiny"
	head -c 5000 /dev/urandom >"$RAFT_DIR/tiny"
	refused 1 'smaller than 1 MiB|too small' ctl 1 up "$RAFT_DIR/g.conf" --node 1 --log "$RAFT_DIR/tiny"
	refused 1 'neither a regular file' ctl 1 up "$RAFT_DIR/g.conf" --node 1 --log /dev/null
	refused 1 'No such file' ctl 1 up "$RAFT_DIR/g.conf" --node 1 --no-create --log "$RAFT_DIR/none"
}
t "files that are no logs" t_not_a_log

t_twice() {
	cluster g 3
	refused 1 'runs here already' ctl 1 up "$RAFT_DIR/g.conf" --node 1 --log "$RAFT_DIR/other.log"
	raft_conf h 3 -p 7001
	refused 1 'has the log open' ctl 1 up "$RAFT_DIR/h.conf" --node 1 --log "$RAFT_DIR/g.1.log"
	cp "$RAFT_DIR/g.conf" "$RAFT_DIR/other.conf"
	echo ok | propose g 1 -q
}
t "a second node of the group in one namespace; a log in use" t_twice

t_address() {
	raft_conf g 3
	refused 1 'not one of this network namespace' ctl 2 up "$RAFT_DIR/g.conf" --node 1
	cluster g 3
	ns 4 "$RAFT_TOOLS/module-probe" bind 0.0.0.0 7000 &
	sleep 1
	raft_conf h 4
	refused 1 'in use by another socket' ctl 4 up "$RAFT_DIR/h.conf" --node 4
	kill %1
}
t "an address that is not here, or taken" t_address 4

# Two machines with one id: the others believe the newer boot, and there is no
# authentication yet, so the real one may be shut out. The majority goes on, nothing is
# lost or doubled, and a restart of the real one mends it.
t_same_id() {
	cluster g 3
	mkdir "$RAFT_DIR/fake"
	sed 's/10\.77\.0\.2:/10.77.0.4:/' "$RAFT_DIR/g.conf" >"$RAFT_DIR/fake/g.conf"
	ctl 4 up "$RAFT_DIR/fake/g.conf" --node 2 --log "$RAFT_DIR/fake/log"
	sleep 3
	lines real 20 | propose g 1 -q
	ctl 4 down g
	raft_down g 2
	raft_up g 2
	same_logs g 1 2 3
	once 20 real
}
t "a second machine with a living node's id loses and doubles nothing" t_same_id 4

t_unknown_group() {
	refused 4 'no such group|no group' ctl 1 status nobody
	refused 4 'no such group' ctl 1 propose -g nobody x
	refused 4 'no such group' ctl 1 down nobody
	refused 4 'no group is named' ctl 1 propose x
	raft_unload
	refused 4 'not loaded' ctl 1 status g
	raft_load
}
t "an unknown group; no module" t_unknown_group

t_size() {
	cluster g 3 -s 16M
	head -c 1048576 /dev/zero | tr '\0' x >"$TMP/max"
	for i in 1 2 3; do ctl $i propose -g g --stdin <"$TMP/max" >/dev/null; done
	echo >>"$TMP/max"
	refused 1 '1048576' ctl 1 propose -g g --stdin <"$TMP/max"
	refused 1 '1 to 1048576' ctl 1 propose -g g --stdin </dev/null
	same_logs g 1 2 3
	is "$(awk 'length == 1048576' "$TMP/log" | wc -l)" 3 "largest commands"
}
t "commands of 1 MiB go from every node, one byte more does not" t_size

t_full() {
	local i
	cluster g 3 -s 1M
	head -c 50000 /dev/zero | tr '\0' f >"$TMP/big"
	for i in $(seq 40); do
		ctl "$leader" propose -g g --stdin <"$TMP/big" >/dev/null 2>"$TMP/err" || break
	done
	[ "$i" -lt 40 ] || fail "2 MB fit into a log of 1 MiB"
	refused 1 'log is full' ctl "$leader" propose -g g --stdin <"$TMP/big"
	for i in 1 2 3; do is "$(raft_get g $i failed)" "$(raft_get g "$leader" failed)" "state of node $i"; done
	# A full log still elects: the room for it is kept back.
	raft_down g "$leader"
	# shellcheck disable=SC2046
	raft_wait_leader g $(others 3 "$leader") >/dev/null
	raft_up g "$leader"
	raft_wait_leader g 1 2 3 >/dev/null
	same_logs g 1 2 3
}
t "a full log refuses commands and still elects" t_full

t_conf() {
	raft_conf g 3
	sed -i 's/^ElectionTimeout.*/ElectionTimeout = soon/' "$RAFT_DIR/g.conf"
	refused 2 'g.conf:4: .*expected' ctl 1 up "$RAFT_DIR/g.conf" --node 1
	raft_conf g 3
	refused 2 'node' ctl 1 up "$RAFT_DIR/g.conf" --node 9
	refused 2 'heartbeat|Heartbeat' ctl 1 start g --node 1 --peer 1=10.77.0.1:7000 --election-timeout 100ms --heartbeat 200ms
	is "$(ctl 1 show | wc -l)" 0 "groups"
}
t "configurations that make no sense name file, line and what was expected" t_conf

t_badinput() {
	[ -x "$RAFT_TOOLS/badinput" ] || skip "build/badinput is not there"
	ns 1 "$RAFT_TOOLS/badinput" "$RAFT_DIR" >"$TMP/badinput" && return
	grep -A2 '^not ok' "$TMP/badinput" | head -n 20
	fail "it ended with: $(tail -n 1 "$TMP/badinput")"
}
t "bad input to every ioctl" t_badinput
