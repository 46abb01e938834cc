# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 28-memory.sh - allocations of the module fail at random: each costs a message or an
# ENOMEM, never what was acknowledged, never the group, while snapshots are taken and sent
# and a node comes and goes. Needs failslab and fail_page_alloc, with their filter by caller,
# which the kernels of User-mode Linux have.

MEMORY_SECONDS=${MEMORY_SECONDS:-20}	# with failures, at least one, for each of the tests
FAULTS_DIR=/sys/kernel/debug
FAULTS_MAX=1000000			# that are injected, counted down

# faults KIND SETTING=VALUE...: of failslab or fail_page_alloc, for what raft.ko calls.
faults() {
	local kind=$1 start size kv
	shift
	start=$(cat /sys/module/raft/sections/.text)
	size=$(cat /sys/module/raft/coresize)
	echo N >$FAULTS_DIR/"$kind"/task-filter
	echo "$start" >$FAULTS_DIR/"$kind"/require-start
	printf '%#x\n' $((start + size)) >$FAULTS_DIR/"$kind"/require-end
	for kv in verbose=0 interval=1 space=0 times=$FAULTS_MAX "$@"; do
		echo "${kv#*=}" >$FAULTS_DIR/"$kind"/"${kv%%=*}"
	done
}

faults_end() {
	local kind
	for kind in failslab fail_page_alloc; do
		echo 0 >$FAULTS_DIR/$kind/probability
		echo 0 >$FAULTS_DIR/$kind/times
	done
}

injected() { echo $((FAULTS_MAX - $(cat $FAULTS_DIR/"$1"/times))); }

# What the tests need, or they are skipped.
faults_ready() {
	[ -e $FAULTS_DIR/failslab/require-start ] || mount -t debugfs debugfs $FAULTS_DIR 2>/dev/null || :
	[ -e $FAULTS_DIR/failslab/require-start ] || skip "this kernel injects no allocation failures"
	# That the kernel could not get memory is what is wanted.
	echo 'page allocation failure|vmalloc error' >>"$LAB_EXPECT"
}

# acked_load I: commands at node I, one after the other; those that are acknowledged are in
# $TMP/acked.I.
acked_load() {
	local i=$1 k=0
	while [ ! -e "$TMP/enough" ]; do
		k=$((k + 1))
		if ctl "$i" propose -g g --timeout 10s "m$i-$k" >/dev/null 2>>"$TMP/refused.$i"; then
			echo "m$i-$k" >>"$TMP/acked.$i"
		else
			sleep 0.05
		fi
	done
}

# commands I: all of them, from the snapshot of node I, which has those before, and behind it.
commands() {
	local at
	ctl "$1" tail -g g --no-follow --long >"$TMP/tail.$1" || return
	at=$(awk -F'\t' '$3 == "snapshot" { print $1 }' "$TMP/tail.$1")
	if [ -n "$at" ]; then
		ctl "$1" snapshot g --save - 2>"$TMP/saved.$1" || return
		# Another one, by now?
		[ "$(cat "$TMP/saved.$1")" = "$at" ] || return
	fi
	awk -F'\t' '$3 != "snapshot" && $4 != "" { print $4 }' "$TMP/tail.$1"
}

# A state machine at node I: what it has applied, as a snapshot.
snapshot_at() {
	commands "$1" >"$TMP/state.$1" || return
	ctl "$1" snapshot g --file "$TMP/state.$1" --index "$(tail -n 1 "$TMP/tail.$1" | cut -f 1)"
}

# Node 4 joins with an empty log, or is removed and loses it.
come_or_go() {
	if [ "$(raft_get g 4 member)" = yes ]; then
		ctl 1 member remove -g g 4 && ctl 4 down g && rm -f "$RAFT_DIR"/g.4.*
	else
		raft_get g 4 role || blank g 4
		ctl 1 member add-learner -g g "$(where_is 4)"
	fi
}
where_is() { echo "$1=10.77.0.$1:7000"; }

# meddle TURN: what an operator does, in turn; all of it may fail with ENOMEM, and be tried
# again.
meddle() {
	local i=$((RANDOM % 3 + 1))
	case $(($1 % 8)) in
	0 | 4) (snapshot_at $i) || : ;;
	1 | 5) (come_or_go) || : ;;
	2) ctl $i down g --no-transfer && raft_up g $i || : ;;
	3) ctl $i transfer -g g || : ;;
	6) ctl $i read -g g || : ;;
	7) for i in 1 2 3; do raft_up g $i || :; done ;;
	esac >/dev/null 2>&1
}

# no_failure I...: none of the nodes has stopped itself.
no_failure() {
	local i f
	for i; do
		f=$(raft_get g "$i" failed 2>/dev/null) || continue
		is "$f" none "why node $i has stopped itself"
	done
}

joined() { [ "$(raft_get g 4 member)" = yes ] || (come_or_go) >/dev/null 2>&1; }
has_read() { commands "$1" >"$TMP/all.$1" 2>/dev/null; }
is_up() { raft_get g "$1" role >/dev/null 2>&1 || raft_up g "$1" 2>/dev/null; }

# storm KIND SETTING=VALUE...: a cluster under load while allocations fail.
storm() {
	local i end n turn=0 pids=()
	faults_ready
	cluster g 3 -s 32M
	rm -f "$TMP/enough"
	for i in 1 2 3; do
		: >"$TMP/acked.$i"
		acked_load $i & pids+=($!)
	done
	faults "$@"
	end=$((SECONDS + MEMORY_SECONDS))
	while [ $SECONDS -lt $end ] || [ $turn -lt 9 ] || [ "$(injected "$1")" = 0 ]; do
		meddle $((turn++))
		no_failure 1 2 3
		sleep 0.2
	done
	n=$(injected "$1")
	faults_end
	for i in 1 2 3; do until_true is_up $i || fail "node $i does not come back"; done
	raft_wait_leader g 1 2 3 >/dev/null
	for i in 1 2 3; do ctl $i propose -g g "after-$i" >/dev/null; done
	touch "$TMP/enough"
	wait "${pids[@]}" || :
	no_failure 1 2 3
	until_true joined || fail "node 4 does not join"
	raft_level g 1 2 3 4
	for i in 1 2 3 4; do
		until_true has_read $i || fail "node $i does not say what it has"
		cmp "$TMP/all.1" "$TMP/all.$i" || fail "nodes 1 and $i do not have the same"
	done
	sort "$TMP/all.1" >"$TMP/log.sorted"
	sort "$TMP"/acked.? | comm -23 - "$TMP/log.sorted" >"$TMP/lost"
	[ ! -s "$TMP/lost" ] || fail "acknowledged and not there: $(head -n 5 "$TMP/lost" | xargs)"
	is "$(uniq -d "$TMP/log.sorted" | head -n 3)" "" "what is there twice"
	is "$(grep -hci 'log is full' "$TMP"/refused.? | sort -n | tail -n 1)" 0 "refused for want of room"
	echo "$n allocations failed, acknowledged $(cat "$TMP"/acked.? | wc -l), refused for want of memory $(cat "$TMP"/refused.? | grep -ci 'memory'), $turn times meddled, snapshots: $(for i in 1 2 3 4; do raft_get g $i snapshot; done | xargs)"
}

t_memory_direct() {
	storm failslab ignore-gfp-wait=N stacktrace-depth=9 probability=10
}
t "allocations of the module fail: nothing is lost, the group goes on" t_memory_direct 4

t_memory_atomic() {
	storm failslab ignore-gfp-wait=Y stacktrace-depth=32 probability=20
}
t "allocations that cannot wait fail below the module, too" t_memory_atomic 4

t_memory_pages() {
	storm fail_page_alloc ignore-gfp-wait=N ignore-gfp-highmem=N min-order=0 stacktrace-depth=32 probability=10
}
t "pages cannot be had: nothing is lost, the group goes on" t_memory_pages 4

t_memory_nowait() {
	faults_ready
	cluster g 1 -s 32M
	lines before 10 | propose g 1 -q
	# None that cannot wait succeeds: the log lives on what a worker fetches for its owner.
	faults fail_page_alloc ignore-gfp-wait=Y min-order=0 stacktrace-depth=32 probability=100
	until_true some_more || fail "the log ends at $(raft_get g 1 applied)"
	[ "$(injected fail_page_alloc)" -gt 0 ] || fail "nothing has failed"
	no_failure 1
	faults_end
	lines after 10 | propose g 1 -q
	raft_log g 1 >"$TMP/log"
	once 10 before
	once 10 after
}
# Any may be refused.
some_more() {
	lines more 500 | propose g 1 -q -k -b 50 --timeout 1s >/dev/null 2>&1 || :
	[ "$(raft_get g 1 applied)" -ge 4000 ]
}
t "no memory for who cannot wait: a worker fetches it, and the group goes on" t_memory_nowait 1
