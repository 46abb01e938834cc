# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# cluster.sh - owns a group of raft.ko in the namespaces that netns.sh made, as the demo,
# the module's tests and the measurements use it; source it in a guest, as root, after
# netns.sh. Waits with generous limits and never asserts how long something took.
#
#   RAFT_TOOLS  where raftctl and raftdump are    RAFT_KO  the module for this kernel
#   RAFT_DIR    configuration and logs            RAFT_ET  election timeout, default 1s
#   RAFT_LOG    if set, the logs, with %n and %g as in raft.conf(5)
#
#   raft_load   raft_unload
#   raft_conf NAME N [-6] [-p PORT] [-s LOGSIZE] [KEY=VALUE...]     for nodes 1 to N
#   raft_up NAME I...    raft_down NAME I...     ctl I ARGS...      (raftctl in n<I>)
#   raft_get NAME I FIELD    raft_leader NAME I...    raft_wait_leader NAME I...
#   raft_log NAME I      the commands, a line each    raft_level NAME I...  all the same

RAFT_TOOLS=${RAFT_TOOLS:?} RAFT_KO=${RAFT_KO:?} RAFT_DIR=${RAFT_DIR:-/srv/raft} RAFT_ET=${RAFT_ET:-1s}
RAFT_PATIENCE=${RAFT_PATIENCE:-120}		# seconds until a wait is a failure

raft_load() {
	[ -c /dev/raft ] || insmod "$RAFT_KO" ${RAFT_MUTANT:+"mutant=$RAFT_MUTANT"}
}

# A group's end is asynchronous where its namespace died: the module is busy a while.
raft_unload() {
	local i
	[ -c /dev/raft ] || return 0
	for ((i = 0; i < RAFT_PATIENCE * 5; i++)); do
		rmmod raft 2>/dev/null && return
		sleep 0.2
	done
	rmmod raft
}

raft_conf() {
	local name=$1 n=$2 v6='' port=7000 size=8M i kv
	shift 2
	while [ $# -gt 0 ]; do
		case $1 in
		-6) v6=1 ;;
		-p) port=$2; shift ;;
		-s) size=$2; shift ;;
		*) break ;;
		esac
		shift
	done
	mkdir -p "$RAFT_DIR"
	{
		printf '[Group]\nLog = %s\nLogSize = %s\n' "${RAFT_LOG:-$RAFT_DIR/%g.%n.log}" "$size"
		printf 'ElectionTimeout = %s\n' "$RAFT_ET"
		for kv in "$@"; do printf '%s = %s\n' "${kv%%=*}" "${kv#*=}"; done
		for ((i = 1; i <= n; i++)); do
			printf '[Peer]\nId = %d\n' "$i"
			if [ -n "$v6" ]; then
				printf 'Address = [fd77::%x]:%d\n' "$i" "$port"
			else
				printf 'Address = 10.77.0.%d:%d\n' "$i" "$port"
			fi
		done
	} >"$RAFT_DIR/$name.conf"
}

# Without ip netns exec, which mounts a /sys first: three times as fast in QEMU.
ns() {
	local i=$1
	shift
	nsenter "--net=/run/netns/n$i" "$@"
}

ctl() {
	local i=$1
	shift
	ns "$i" "$RAFT_TOOLS/raftctl" "$@"
}

raft_up() {
	local name=$1 i
	shift
	for i; do
		ctl "$i" up "$RAFT_DIR/$name.conf" --node "$i" 2>"$RAFT_DIR/up.err" ||
			{ cat "$RAFT_DIR/up.err" >&2; return 1; }
	done
}

raft_down() {
	local name=$1 i
	shift
	for i; do ctl "$i" down "$name" || return; done
}

# The files of sysfs would do, but ctl sees the group also outside its namespace's /sys.
raft_get() { ctl "$2" show "$1" "$3"; }

# Of the nodes I..., the one that leads in the highest term and knows it; empty if none.
raft_leader() {
	local name=$1 i role term best=0 leader=''
	shift
	for i; do
		role=$(raft_get "$name" "$i" role 2>/dev/null) || continue
		[ "$role" = leader ] || continue
		term=$(raft_get "$name" "$i" term) || continue
		[ "$term" -le "$best" ] || { best=$term leader=$i; }
	done
	echo "$leader"
}

# until_true CMD...: until it is, at most RAFT_PATIENCE seconds.
until_true() {
	local end=$((SECONDS + RAFT_PATIENCE))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# All of I... name the same leader, which is one of them and knows it; prints it.
raft_agree() {
	local name=$1 i l first=''
	shift
	for i; do
		l=$(raft_get "$name" "$i" leader 2>/dev/null) || return
		[ -n "$first" ] || first=$l
		[ "$l" = "$first" ] || return
	done
	[[ " $* " == *" $first "* ]] || return
	[ "$(raft_get "$name" "$first" role)" = leader ] || return
	echo "$first"
}

raft_wait_leader() {
	until_true raft_agree "$@" || { echo "no leader of $1 in ${RAFT_PATIENCE} s" >&2; return 1; }
}

# Every one of I... has applied what the furthest of them has in its log.
raft_even() {
	local name=$1 i last max=0
	shift
	for i; do
		last=$(raft_get "$name" "$i" last) || return
		[ "$last" -le "$max" ] || max=$last
	done
	for i; do [ "$(raft_get "$name" "$i" applied)" -ge "$max" ] || return; done
}

raft_level() {
	until_true raft_even "$@" || { echo "nodes of $1 are not level after ${RAFT_PATIENCE} s" >&2; return 1; }
}

raft_log() { ctl "$2" tail -g "$1" --no-follow; }
