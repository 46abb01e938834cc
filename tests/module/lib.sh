# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# lib.sh - owns how one test of the real module is run, cleaned up after and judged; for
# run.sh in the guest. A test is a function that leaves by exit status, with set -e; it
# finds nothing of the tests before it: other namespaces, other logs, the module loaded anew.

# shellcheck source=tools/lab/lib.sh
. "$TOP/tools/lab/lib.sh"
# shellcheck source=tools/lab/netns.sh
. "$TOP/tools/lab/netns.sh"
# shellcheck source=tools/lab/cluster.sh
. "$TOP/tools/lab/cluster.sh"

TEST_LIMIT=${TEST_LIMIT:-400}		# seconds for one test
count=0 failed=0 only=()

# --- For tests -------------------------------------------------------------

fail() { echo "$*" >&2; exit 1; }
skip() { echo "$*" >"$TMP/skip"; exit 4; }
is() { [ "$1" = "$2" ] || fail "$3: '$1', not '$2'"; }

# refused CODE REGEX CMD...: CMD exits with CODE and says why on stderr.
refused() {
	local code=$1 regex=$2 rc=0
	shift 2
	"$@" >"$TMP/out" 2>"$TMP/err" || rc=$?
	[ "$rc" = "$code" ] || fail "$* exited with $rc, not $code: $(cat "$TMP/err")"
	grep -qE "$regex" "$TMP/err" || fail "$* said '$(cat "$TMP/err")', not /$regex/"
}

# probe I ARGS...: module-probe at node I.
probe() { local i=$1; shift; ns "$i" "$RAFT_TOOLS/module-probe" "$@"; }

# cluster NAME N [raft_conf's words]: N nodes that have a leader; its id is in $leader.
cluster() {
	local name=$1 n=$2
	raft_conf "$@"
	# shellcheck disable=SC2046
	raft_up "$name" $(seq "$n")
	# shellcheck disable=SC2046
	leader=$(raft_wait_leader "$name" $(seq "$n"))
}

# others N I: 1 to N without I.
others() { seq "$1" | grep -vx "$2" | tr '\n' ' '; }

# lines PREFIX N | propose NAME I [OPTION...]: indexes on stdout.
lines() { seq -f "$1-%g" "$2"; }
propose() {
	local name=$1 i=$2
	shift 2
	ctl "$i" propose -g "$name" "$@" -
}

# load NAME I...: proposals without end at each, some hundreds a second, so that the log
# does not fill up; whatever becomes of them. unload ends it.
LOADS=()
load() {
	local name=$1 i
	shift
	for i; do
		(
			while :; do
				yes "load-$i" | head -n 50 | propose "$name" "$i" -q -J 8 -k || :
				sleep 0.1
			done
		) >/dev/null 2>&1 &
		LOADS+=($!)
	done
}
unload() {
	local pid
	[ ${#LOADS[@]} != 0 ] || return 0
	# The loops first, so that they start nothing more; then what is on its way.
	kill "${LOADS[@]}" 2>/dev/null || :
	pkill -KILL -f 'propose -g [a-z]* -q -J 8 -k' || :
	for pid in "${LOADS[@]}"; do wait "$pid" 2>/dev/null || :; done
	LOADS=()
}

# same_logs NAME I...: level, then the same records with index, term, origin and serial.
# Level is what was read node by node: a command that is still on its way, as one whose
# caller gave up, may come in between. So one that ends early is read again; what is there
# on two nodes and differs never comes right.
same_logs() {
	local name=$1
	shift
	until_true logs_same "$name" "$@" || {
		cat "$TMP/differ" >&2
		fail "the logs of $name are not the same after $RAFT_PATIENCE s"
	}
	raft_log "$name" "$1" >"$TMP/log"
}

logs_same() {
	local name=$1 i n
	shift
	: >"$TMP/differ"
	raft_level "$name" "$@" || exit
	for i; do
		ctl "$i" tail -g "$name" --no-follow --long >"$TMP/log.$i" || exit
		cmp -s "$TMP/log.$1" "$TMP/log.$i" && continue
		diff "$TMP/log.$1" "$TMP/log.$i" | head -n 10 >"$TMP/differ"
		n=$(sort -n <(wc -l <"$TMP/log.$1") <(wc -l <"$TMP/log.$i") | head -n 1)
		cmp -s <(head -n "$n" "$TMP/log.$1") <(head -n "$n" "$TMP/log.$i") || {
			cat "$TMP/differ" >&2
			fail "the logs of nodes $1 and $i differ"
		}
		return 1
	done
}

# once N PREFIX: $TMP/log has PREFIX-1 to PREFIX-N, each once, in this order.
once() { lines "$2" "$1" | diff - <(grep "^$2-" "$TMP/log") >&2 || fail "$2 is not there once each, in order"; }
once_any_order() {
	lines "$2" "$1" | sort | diff - <(grep "^$2-" "$TMP/log" | sort) >&2 || fail "$2 is not there once each"
}

# patient NAME: nodes 1 to 3 hold no election though $leader is cut off for long.
patient() {
	local i
	for i in 1 2 3; do
		ctl $i set -g "$1" ElectionTimeout=300s ProposeTimeout=600s Heartbeat=500ms
	done
	# It has not been deposed meanwhile.
	ctl "$leader" read -g "$1" >/dev/null
}

# readers_together NAME I N: so many at node I, who all wait before the first can be
# answered; how many rounds the leader sent for them and the node messages: $rounds, $msgs.
# For a patient group.
readers_together() {
	local name=$1 i=$2 pid
	rounds=$(raft_get "$name" "$leader" read_rounds)
	ip -n labbr link set "v$leader" down
	( exec nsenter "--net=/run/netns/n$i" "$RAFT_TOOLS/module-probe" barrier "$name" "$3" 0 0 ) 2>"$TMP/readers" &
	pid=$!
	until_true threads_wait $pid "$3" || fail "not all wait: $(cat "$TMP/readers")"
	msgs=$(raft_get "$name" "$i" msgs_out)
	ip -n labbr link set "v$leader" up
	wait $pid || fail "a reader: $(cat "$TMP/readers")"
	msgs=$(($(raft_get "$name" "$i" msgs_out) - msgs))
	rounds=$(($(raft_get "$name" "$leader" read_rounds) - rounds))
}

# threads_wait PID N: so many of its threads sleep in the kernel, killably.
threads_wait() { [ "$(cat /proc/"$1"/task/*/status 2>/dev/null | grep -c '^State:.D')" = "$2" ]; }

# --- For run.sh ------------------------------------------------------------

prepare() {
	rm -rf "$RAFT_DIR" "$TMP"
	mkdir -p "$RAFT_DIR" "$TMP"
	raft_load
	lab_net_up "$nodes"
}

# Whatever is left of a test goes; if the module cannot be unloaded, that is a failure.
cleanup() {
	local ns pid
	for ns in $(ip netns list | awk '{ print $1 }'); do
		for pid in $(ip netns pids "$ns"); do kill -KILL "$pid" 2>/dev/null; done
	done
	for ns in $(ip netns list | awk '{ print $1 }'); do ip netns del "$ns"; done
	raft_unload || return
	awk '$2 ~ "^/mnt/t" { print $2 }' /proc/mounts | tac | xargs -r -n 1 umount -l
	dmsetup remove_all -f >/dev/null 2>&1
	losetup -D 2>/dev/null
	:
}

# The kernel's log since the line that names this test.
klog_since() { dmesg | awk -v mark="raft-test $1 begins" 'index($0, mark) { n = NR } { l[NR] = $0 } END { for (i = n; i <= NR; i++) print l[i] }'; }

# run_limited FUNC: in a process of its own, which is ended after TEST_LIMIT seconds.
run_limited() {
	local pid watch rc=0
	(
		set -eu
		prepare
		"$1"
		unload
	) &
	pid=$!
	(
		sleep "$TEST_LIMIT"
		echo "takes longer than $TEST_LIMIT s" >&2
		kill -KILL $pid
	) >&2 &
	watch=$!
	wait $pid || rc=$?
	kill $watch 2>/dev/null || :
	wait $watch 2>/dev/null || :
	return $rc
}

# t NAME FUNC [NODES]: one TAP line; there are so many namespaces, default 3.
t() {
	local name=$1 nodes=${3:-3} rc t0=$SECONDS
	# Set by run.sh: empty in a file that CASES does not name.
	[ -n "${chosen-all}" ] || return 0
	[ ${#only[@]} = 0 ] || [[ " ${only[*]} " == *" $2 "* ]] || return 0
	count=$((count + 1))
	echo "raft-test $count begins: $name" >/dev/kmsg
	# Not before a ||, where set -e would mean nothing in the test.
	run_limited "$2" >"$LOG" 2>&1
	rc=$?
	cleanup >>"$LOG" 2>&1 || { echo "the module cannot be unloaded" >>"$LOG"; rc=1; }
	klog_since $count >"$LOG.k"
	if splats "$LAB_EXPECT" "$LOG.k" >"$LOG.s"; then
		{ echo "the kernel complained:"; head -n 5 "$LOG.s"; } >>"$LOG"
		rc=1
	fi
	# raftctl has an exit code 4 of its own, which set -e may hand on.
	[ $rc != 4 ] || [ -e "$TMP/skip" ] || rc=1
	case $rc in
	0) echo "ok $count - $name # $((SECONDS - t0)) s" ;;
	4) echo "ok $count - $name # SKIP $(cat "$TMP/skip")" ;;
	*)
		echo "not ok $count - $name"
		{ tail -n 25 "$LOG"; echo "kernel log:"; grep -vE "br0:|(entered|left) (allmulticast|promiscuous)" "$LOG.k" | tail -n 40; } | sed 's/^/# /'
		failed=$((failed + 1))
		;;
	esac
}
