# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 70-raftctl.sh - what only the tool does: lists of groups, lines, exit codes, benchmarks.

json() { python3 -c 'import json, sys; [json.loads(l) for l in sys.stdin]'; }

t_lists() {
	cluster g 3
	raft_conf h 3 -p 7001
	raft_up h 1 2
	# nsenter leaves the /sys of another namespace: the list must still be this one's.
	is "$(ctl 1 show | grep ^group: | tr '\n' ' ')" "group: g group: h " "groups of n1"
	is "$(ctl 3 show | grep ^group: | tr '\n' ' ')" "group: g " "groups of n3"
	is "$(lab_in 2 "$RAFT_TOOLS/raftctl" dump | grep -c ^group)" 2 "groups of n2"
	is "$(ctl 2 dump h | grep -c ^peer)" 3 "peers of h"
	is "$(ctl 4 status)" "no groups here" "status of n4"
	ctl 1 status | grep -q '^group h, node 1: ' || fail "no page of h"
	ctl 1 status --json | json
	ctl 1 events --now --json | json
	is "$(ctl 1 events --now | grep -c '^exists group')" 2 "events of n1"
	is "$(ctl 3 show role)" "$(ctl 3 show g role)" "a field without a name"
	refused 2 'is no field' ctl 1 show g nonsense
	refused 4 'not exactly one' ctl 1 show role
}
t "groups are listed by network namespace" t_lists 4

t_stdin() {
	cluster g 3
	printf 'a\n\nb\n' >"$TMP/in"
	refused 1 '^raftctl: line 2: .*1 to 1048576' ctl 1 propose -g g - <"$TMP/in"
	grep -q '1 committed, 1 failed, 0 unknown' "$TMP/err" || fail "no sum"
	refused 1 'line 2:' ctl 2 propose -g g -k - <"$TMP/in"
	ctl 3 propose -g g --keep-newline - <"$TMP/in" >/dev/null
	ctl 1 propose -g g two words >/dev/null
	ctl 2 propose -g g --json x | json
	raft_level g 1 2 3
	is "$(raft_log g 1 | tr '\n' ,)" "a,a,b,a,,b,two words,x," "the log"
	is "$(ctl 1 tail -g g --no-follow -n 3 | tr '\n' ,)" "b,two words,x," "the last three"
	ctl 1 tail -g g --no-follow --json | json
	seq 500 | ctl 2 propose -g g -q -J 16 -
	raft_level g 1 2 3
	is "$(ctl 3 tail -g g --no-follow -n 500 | sort -n | cksum)" "$(seq 500 | cksum)" "16 jobs"
	seq 500 | ctl 1 propose -g g -q --batch 64 -
	raft_level g 1 2 3
	is "$(ctl 3 tail -g g --no-follow -n 500 | cksum)" "$(seq 500 | cksum)" "batches"
	# The others of its batch, and what stands behind it with -k.
	refused 1 '^raftctl: line 2: .*1 to 1048576' ctl 1 propose -g g --batch 3 - <"$TMP/in"
	refused 1 '^raftctl: line 2: .*1 to 1048576' ctl 2 propose -g g -k -b 3 - <"$TMP/in"
	raft_level g 1 2 3
	is "$(ctl 3 tail -g g --no-follow -n 4 | tr '\n' ,)" "500,a,a,b," "batches with an empty line"
}
t "lines of stdin are commands" t_stdin

t_terminal() {
	cluster g 3
	printf 'bell\a \033[2J \302\233 \377' | ctl 1 propose -g g --stdin >/dev/null
	raft_level g 1 2
	is "$(raft_log g 2)" 'bell\x07 \x1b[2J \xc2\x9b \xff' "tail"
	is "$(ctl 2 tail -g g --no-follow --json | grep -c base64)" 1 "base64"
	ctl 2 tail -g g --no-follow --json | json
}
t "a command cannot write to a terminal" t_terminal

t_stopped() {
	local rc=0
	raft_conf g 3
	raft_up g 1
	ctl 1 propose -g g lonely 2>"$TMP/err1" &
	ctl 1 tail -g g 2>"$TMP/err2" &
	sleep 0.5
	raft_down g 1
	wait %1 || rc=$?
	is $rc 3 "exit code of propose"
	grep -q UNKNOWN "$TMP/err1" || fail "propose said: $(cat "$TMP/err1")"
	rc=0
	wait %2 || rc=$?
	is $rc 4 "exit code of tail"
}
t "whoever waits is told when the group stops" t_stopped

t_start() {
	refused 2 'Heartbeat is "10", expected' ctl 1 start s --node 1 \
		--peer 1=10.77.0.1:7000 --heartbeat 10
	refused 2 'node 2 has no \[Peer\]' ctl 1 start s --node 2 --peer 1=10.77.0.1:7000
	refused 2 'expected at least one' ctl 1 start s --node 1 --peer 1=10.77.0.1:7000,learner
	ctl 1 start s --node 1 --peer '1=[fd77::1]:7000' --log "$RAFT_DIR/s.log" \
		--log-size 4M --election-timeout 200ms
	is "$(ctl 1 wait-leader)" 1 leader
	ctl 1 showconf >"$RAFT_DIR/s.conf"
	ctl 1 checkconf "$RAFT_DIR/s.conf" >/dev/null
	grep -q 'Address = \[fd77::1\]:7000' "$RAFT_DIR/s.conf" || fail "no address"
	ctl 1 propose kept >/dev/null
	ctl 1 stop
	ctl 1 up "$RAFT_DIR/s.conf" --log "$RAFT_DIR/s.log"
	ctl 1 wait-leader s >/dev/null
	is "$(ctl 1 tail --no-follow)" kept "after showconf, stop and up"
}
t "start without a file, and showconf" t_start

t_nothing_left() {
	raft_conf g 3
	refused 1 'not one of this network' ctl 2 up "$RAFT_DIR/g.conf" --node 1
	[ ! -e "$RAFT_DIR/g.1.log" ] || fail "a log was made for nothing"
	raft_conf big 3 -s 100G
	refused 1 'no room for the log' ctl 1 up "$RAFT_DIR/big.conf" --node 1
	[ ! -e "$RAFT_DIR/big.1.log" ] || fail "a part of a log was left"
}
t "what is refused leaves no file" t_nothing_left

t_bench() {
	local rc=0
	cluster g 3
	ns 1 "$RAFT_TOOLS/raft-bench" propose -g g -n 200 -t 4 --json >"$TMP/bench"
	json <"$TMP/bench"
	grep -q '"done":200,"failed":0,"unknown":0' "$TMP/bench" || fail "$(cat "$TMP/bench")"
	raft_level g 1 2 3
	is "$(raft_log g 3 | sort -u | wc -l)" 200 "commands, all different"
	ns 1 "$RAFT_TOOLS/raft-bench" propose -g g -n 400 -t 16 -b 8 --json >"$TMP/bench"
	json <"$TMP/bench"
	grep -q '"threads":16,"batch":8,.*"done":400,"failed":0,"unknown":0' "$TMP/bench" || fail "$(cat "$TMP/bench")"
	raft_level g 1 2 3
	is "$(raft_log g 3 | sort -u | wc -l)" 600 "commands with those of batches, all different"
	ns 1 "$RAFT_TOOLS/raft-bench" fsync "$RAFT_DIR" -n 20 --json | json
	ns 2 "$RAFT_TOOLS/raft-bench" udp-server 10.77.0.2:9000 &
	sleep 0.5
	ns 1 "$RAFT_TOOLS/raft-bench" udp 10.77.0.2:9000 -n 50 --json | json
	kill $!
	ns 1 "$RAFT_TOOLS/raft-bench" propose -g nobody 2>/dev/null || rc=$?
	is $rc 4 "exit code without a group"
}
t "raft-bench" t_bench
