#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hold_guest.sh SYSTEM STORAGE STRESS PART... - runs in the guest of hold.sh: owns one stress
# and one system under it. A line of JSON for each try goes to $LAB_OUT/runs.jsonl, what the
# tracepoints of raft.ko said to $LAB_OUT/trace-*, a line for people to stdout. Parts:
#
#   hold     for each heartbeat h of $HOLD_HEARTBEATS, longest first, elections after 5 h to
#            10 h: 100 proposals a second, the stress for $HOLD_SECONDS; held if no node has
#            a new term. Tried $HOLD_TRIES times at most; who does not hold goes no further.
#   checks   of raft.ko alone, heartbeats of $HOLD_CHECK ms: under the stress the leader's group
#            is ended; a new one, whose disk hangs (storage disk)
#
# Who proposes and who ends the stress are real-time processes above the stress: they stand
# for the world outside.
set -eu
TOP=$(cd "$(dirname "$0")/../.." && pwd)
RAFT_DIR=/srv/none RAFT_PATIENCE=20 LEADER_LIMIT=20 KO_LOG=16M NODE_GROUPS=1
export RAFT_DIR
# shellcheck source=tools/lab/netns.sh
. "$TOP/tools/lab/netns.sh"
# shellcheck source=tools/lab/cluster.sh
. "$TOP/tools/lab/cluster.sh"
# shellcheck source=tools/bench/systems.sh
. "$TOP/tools/bench/systems.sh"
# shellcheck source=tools/bench/stress.sh
. "$TOP/tools/bench/stress.sh"

system=$1 storage=$2 stress=$3
shift 3
started=$SECONDS
tracing=/sys/kernel/tracing

progress() { printf '%s, %s, %s, %3d s: %s\n' "$system" "$storage" "$stress" $((SECONDS - started)) "$*"; }

# above CMD...: as a real-time process that no stress keeps away.
above() { chrt -f 90 "$@"; }

host_load() {
	local n=''
	read -r n <"$LAB_OUT/host" 2>/dev/null || :
	echo "${n:-null}"
}

# record WHAT OBJECT
record() {
	printf '{"system":"%s","storage":"%s","stress":"%s","what":"%s","host_load":%s,%s\n' "$(system_name "$system")" \
		"$storage" "$stress" "$1" "$(host_load)" "${2#\{}" >>"$LAB_OUT/runs.jsonl"
}

# --- Tracepoints -----------------------------------------------------------

trace_on() {
	[ "$system" = ko ] || return 0
	echo >$tracing/trace
	echo mono >$tracing/trace_clock
	echo 6000 >$tracing/buffer_size_kb
	echo "out == 0 && from == $leader" >$tracing/events/raft/raft_msg/filter
	echo 1 | tee $tracing/events/raft/{raft_msg,raft_state,raft_timer}/enable >/dev/null
}

trace_off() { # trace_off NAME
	[ "$system" = ko ] || return 0
	echo 0 >$tracing/events/raft/enable
	echo "hold-end" >$tracing/trace_marker
	grep -v '^#' $tracing/trace >"$LAB_OUT/trace-$1" || :
	echo >$tracing/trace
}

mark() { echo "hold-$1" >$tracing/trace_marker; }

# --- One try ---------------------------------------------------------------

begin() { # begin HEARTBEAT
	rm -rf "/srv/$storage"/?/"$system"*
	"${system}_up" "/srv/$storage" "$1" $((5 * $1))
}

end() { "${system}_down" || progress "does not end"; }

# load_on SECONDS: in the background; its result in /run/load.
load_on() {
	( chrt -f -p 90 $BASHPID; exec >/run/load; "${system}_load" propose -s 64 -t 16 -r 100 -T "$1" ) &
	load=$!
}

# try HEARTBEAT N: 0 if it held.
try() {
	local h=$1 n=$2 before after was held=false line=''
	if ! begin "$h"; then
		end
		record hold "{\"heartbeat\":$h,\"try\":$n,\"held\":false,\"cannot\":\"no leader before the stress\"}"
		return 1
	fi
	sleep 1
	was=$leader
	before=$("${system}_term")
	trace_on
	load_on $((HOLD_SECONDS + 1))
	stress_run "$stress" "$HOLD_SECONDS"
	wait $load || :
	trace_off "$h-$n"
	after=$("${system}_term") || :
	[ -z "$after" ] || [ "$before" != "$after" ] || held=true
	line=$(cat /run/load)
	[[ $line == "{"*"}" ]] || line='{"done":0}'
	record hold "{\"heartbeat\":$h,\"try\":$n,\"held\":$held,\"before\":${before:-0},\"after\":${after:-0},\"leader\":$was,${line#\{}"
	end
	progress "h = $h ms, try $n: terms $before to ${after:-?}, held: $held, $line"
	$held
}

hold() {
	local h n
	for h in $HOLD_HEARTBEATS; do
		for ((n = 1; n <= HOLD_TRIES; n++)); do
			! try "$h" "$n" || break
		done
		[ "$n" -le "$HOLD_TRIES" ] || break
	done
}

# --- Counter-checks --------------------------------------------------------

kill_leader() { ctl "$leader" down g --no-transfer >/dev/null 2>&1 & }
stall_disk() { dmsetup suspend --noflush --nolockfs "hold$leader"; }

check() { # check NAME FUNC
	local name=$1 func=$2
	begin "$HOLD_CHECK" || { progress "check $name: no leader"; end; return 0; }
	sleep 1
	trace_on
	load_on 8
	( sleep 2; exec chrt -f 90 bash -c "$(declare -f "$func" ctl ns mark); leader=$leader RAFT_TOOLS=$RAFT_TOOLS tracing=$tracing; mark check; $func; wait" ) &
	stress_run "$stress" 6
	[ "$name" != stall ] || above dmsetup resume "hold$leader"
	wait $load || :
	wait
	trace_off "$name-$leader"
	record "$name" "{\"heartbeat\":$HOLD_CHECK,\"leader\":$leader}"
	end 2>/dev/null
	progress "check: $name"
}

checks() {
	[ "$system" = ko ] || return 0
	check kill kill_leader
	[ "$storage" = mem ] || check stall stall_disk
}

# The three disks: of a kind that writes through its cache when asked to, or not.
disks_find() {
	local glob='/dev/*d[abc]' i
	if [ "$storage" = nvme ]; then
		glob='/dev/nvme?n1'
		modprobe nvme
		# They are looked for in the background.
		for ((i = 0; i < 100; i++)); do
			[ "$(compgen -G "$glob" | wc -l)" != 3 ] || break
			sleep 0.1
		done
		ln -s disk /srv/nvme
	fi
	disks=$(compgen -G "$glob")
}

# Each node's file system is on a device that can be told to hang.
disks_up() {
	local i=0 dev
	modprobe dm_mod 2>/dev/null || :
	disks_find
	for dev in $disks; do
		dmsetup create "hold$((i += 1))" --table "0 $(blockdev --getsz "$dev") linear $dev 0"
		mkdir -p "/srv/disk/$i"
		mount -t ext4 "/dev/mapper/hold$i" "/srv/disk/$i"
	done
	[ $i = 3 ]
}

# A disk that keeps what it was given, flushed or not, as one with a capacitor does.
stable() {
	local dev
	for dev in $disks; do echo "write through" >"/sys/block/${dev##*/}/queue/write_cache"; done
	ln -s disk /srv/stable
}

mkdir -p /srv/mem
mount -t tmpfs -o size=400M tmpfs /srv/mem
mkdir -p /srv/mem/{1,2,3}
disks_up
[ "$storage" != stable ] || stable
lab_net_up 3
[ "$system" != ko ] || raft_load
progress "kernel $(uname -r), $(nproc) processor(s), host $(host_load)"
for part; do "$part"; done
[ "$system" != ko ] || raft_unload
