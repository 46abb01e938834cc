# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 28-memory.sh - allocations of the module fail at random: each costs a message or an
# ENOMEM, never what was acknowledged, never the group. Needs failslab and fail_page_alloc,
# with their filter by caller: kernels for debugging.

MEMORY_SECONDS=${MEMORY_SECONDS:-20}	# with failures, for each of the tests
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

# Whatever an operator does; all of it may fail with ENOMEM, and be tried again.
meddle() {
	local i=$((RANDOM % 3 + 1))
	case $((RANDOM % 6)) in
	0) ctl $i down g --no-transfer && raft_up g $i || : ;;
	1 | 2) raft_up g $i || : ;;
	3) ctl $i transfer -g g || : ;;
	4) ctl $i read -g g || : ;;
	5) ctl $i tail -g g --no-follow | tail -n 1 ;;
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

is_up() { raft_get g "$1" role >/dev/null 2>&1 || raft_up g "$1" 2>/dev/null; }

# storm KIND SETTING=VALUE...: a cluster under load while allocations fail.
storm() {
	local i end n pids=()
	faults_ready
	cluster g 3 -s 32M
	rm -f "$TMP/enough"
	for i in 1 2 3; do
		: >"$TMP/acked.$i"
		acked_load $i & pids+=($!)
	done
	faults "$@"
	end=$((SECONDS + MEMORY_SECONDS))
	while [ $SECONDS -lt $end ]; do
		meddle
		no_failure 1 2 3
		sleep 0.2
	done
	n=$((FAULTS_MAX - $(cat $FAULTS_DIR/"$1"/times)))
	faults_end
	[ $n -gt 0 ] || fail "no allocation failed"
	for i in 1 2 3; do until_true is_up $i || fail "node $i does not come back"; done
	raft_wait_leader g 1 2 3 >/dev/null
	for i in 1 2 3; do ctl $i propose -g g "after-$i" >/dev/null; done
	touch "$TMP/enough"
	wait "${pids[@]}" || :
	no_failure 1 2 3
	same_logs g 1 2 3
	sort "$TMP/log" >"$TMP/log.sorted"
	sort "$TMP"/acked.? | comm -23 - "$TMP/log.sorted" >"$TMP/lost"
	[ ! -s "$TMP/lost" ] || fail "acknowledged and not there: $(head -n 5 "$TMP/lost" | xargs)"
	is "$(uniq -d "$TMP/log.sorted" | head -n 3)" "" "what is there twice"
	echo "$n allocations failed, acknowledged $(cat "$TMP"/acked.? | wc -l), refused for want of memory $(cat "$TMP"/refused.? | grep -ci 'memory')"
}

t_memory_direct() {
	storm failslab ignore-gfp-wait=N stacktrace-depth=9 probability=10
}
t "allocations of the module fail: nothing is lost, the group goes on" t_memory_direct

t_memory_atomic() {
	storm failslab ignore-gfp-wait=Y stacktrace-depth=32 probability=20
}
t "allocations that cannot wait fail below the module, too" t_memory_atomic

t_memory_pages() {
	storm fail_page_alloc ignore-gfp-wait=N ignore-gfp-highmem=N min-order=0 stacktrace-depth=32 probability=10
}
t "pages cannot be had: nothing is lost, the group goes on" t_memory_pages
