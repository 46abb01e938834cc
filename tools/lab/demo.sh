#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# demo.sh - owns the story of `make demo`: three nodes of raft.ko under Debian's stock
# kernel agree on every line of a real file, through the loss of the leader and of power.
#
#   [VMS=1|3] demo.sh      one virtual machine with three network namespaces, or three
#                          machines with nothing in common but the wire
#   COUNT=N                how many lines (2000)     KEEP=DIR   keep disks and logs in DIR
#
# All decisions are made here, on the host; demo/agent.sh in the guest does what it is told.
# Nothing of the host is touched but the work tree's build/, the cache, and a temporary
# directory. Exit code 0: every node had the file, line for line, once, both times.
set -eu
# shellcheck source=tools/lab/lib.sh
. "$(dirname "$0")/lib.sh"
top=$(cd "$LAB/../.." && pwd)
cd "$top"

VMS=${VMS:-1}
COUNT=${COUNT:-2000}
[ "$VMS" = 1 ] || [ "$VMS" = 3 ] || die "VMS is 1 or 3, not $VMS"
CHUNK=25				# lines proposed at one node, then the next one
NODES=(1 2 3)
live=(1 2 3)				# nodes that run
tmp=${KEEP:-$(mktemp -d)}
mkdir -p "$tmp"
t_start=$SECONDS
# shellcheck source=tools/lab/demo/machines.sh
. "$LAB/demo/machines.sh"

# --- What a person sees ----------------------------------------------------

tty=''
[ ! -t 1 ] || tty=1
bold='' dim='' red='' green='' plain=''
[ -z "$tty" ] || { bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; }

clock() { local s=$((SECONDS - t_start)); printf '%d:%02d' $((s / 60)) $((s % 60)); }
step() { printf '\n%s%5s  %s%s\n' "$bold" "$(clock)" "$*" "$plain"; }
note() { printf '       %s\n' "$*"; }
passing() { [ -z "$tty" ] || printf '\r\e[K       %s%s%s' "$dim" "$*" "$plain"; }
passed() { [ -z "$tty" ] || printf '\r\e[K'; }
now_ms() { local t=${EPOCHREALTIME/./}; echo $((t / 1000)); }
secs() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

verdict_bad() {
	passed
	printf '\n%s%5s  FAILED: %s%s\n' "$red" "$(clock)" "$*" "$plain" >&2
	exit 1
}

machine_trouble() { verdict_bad "$@"; }

# while_waiting PID WHAT: something moves while PID runs; its exit code.
while_waiting() {
	local t0=$SECONDS n=0
	while kill -0 "$1" 2>/dev/null; do
		passing "$2 ... $((SECONDS - t0)) s"
		sleep 0.5
		n=$((n + 1))
		[ -n "$tty" ] || [ $((n % 40)) -ne 0 ] || note "$2 ... $((SECONDS - t0)) s"
	done
	passed
	wait "$1"
}

bar() { # bar DONE ALL TEXT
	local w=30 f
	f=$(($1 * w / $2))
	if [ -n "$tty" ]; then
		printf '\r\e[K       [%s%s] %5d of %d  %s' "$(printf '%*s' $f '' | tr ' ' '#')" \
			"$(printf '%*s' $((w - f)) '' | tr ' ' .)" "$1" "$2" "$3"
	elif [ $(($1 * 8 / $2)) -ne $((($1 - CHUNK) * 8 / $2)) ]; then
		note "$(printf '%5d of %d  %s' "$1" "$2" "$3")"
	fi
}

# --- The story -------------------------------------------------------------

boot() { # boot VM...
	local vm
	for vm; do switch_on "$vm"; done
	wait_ready "$@" &
	while_waiting $! "booting" || verdict_bad "a virtual machine did not boot"
}

roles() {
	local i role term applied
	for i in "${live[@]}"; do
		learn "$i" "roles $i"
		read -r _ role term applied <<<"$REPLY"
		[ "$role" != leader ] || role="${bold}leader  $plain"
		note "$(printf 'node %d  10.77.0.%d  %-8s  term %-3s applied %s' "$i" "$i" "$role" "$term" "$applied")"
	done
}

up() { # up NODE...
	local i r=()
	for i; do
		send "$i" "raft_up demo $i"
		r+=("$i $request")
	done
	for i in "${r[@]}"; do
		answer "${i% *}" "${i#* }" >/dev/null || verdict_bad "raftctl up failed on node ${i% *}"
	done
}

find_leader() { # a leader that is not node OLD, as the first live node sees it
	learn "${live[0]}" "wait_other ${live[0]} ${1:-0}"
	read -r leader term <<<"$REPLY"
}

# The next lines, at the next of the live nodes. $fed counts the lines, $turn the nodes.
feed() { # feed NODE FROM TO
	send "$1" "feed $1 $file $2 $3"
}
fed_well() { # fed_well NODE REQUEST LINES
	local n
	REPLY=$(answer "$1" "$2") || verdict_bad "proposing at node $1"
	read -r n longest <<<"$REPLY"
	[ "$n" = "$3" ] || { cat "$tmp/vm$(vm_of "$1")/$2.err" >&2; verdict_bad "node $1 committed $n of $3 lines"; }
}
feed_until() {
	local to=$1 i end t0 ms
	t0=$(now_ms)
	local from=$fed
	while [ "$fed" -lt "$to" ]; do
		i=${live[turn++ % ${#live[@]}]}
		end=$((fed + CHUNK > to ? to : fed + CHUNK))
		feed "$i" $((fed + 1)) "$end"
		fed_well "$i" "$request" $((end - fed))
		fed=$end ms=$(($(now_ms) - t0))
		bar "$fed" "$COUNT" "at node $i, $(((fed - from) * 1000 / (ms + 1))) lines/s"
	done
	passed
}

# The leader stops while a follower is proposing; the proposer only waits a little.
lose_leader() {
	local i r end t0
	find_leader
	lost=$leader
	mapfile -t live < <(printf '%s\n' "${NODES[@]}" | grep -vx "$lost")
	i=${live[0]}
	end=$((fed + CHUNK > COUNT ? LINES : fed + CHUNK))
	feed "$i" $((fed + 1)) "$end"
	r=$request
	sleep 0.3
	t0=$(now_ms)
	if [ "$VMS" = 3 ]; then
		step "Node $lost leads. Its virtual machine is killed, while node $i is proposing"
		power_off "$lost"
	else
		step "Node $lost leads. It is stopped, while node $i is proposing"
		ask "$lost" "raft_down demo $lost"
	fi
	find_leader "$lost"
	note "after $(secs $(($(now_ms) - t0))) node $leader leads, in term $term"
	fed_well "$i" "$r" $((end - fed))
	fed=$end
	note "at node $i no line failed: the one that met the gap waited $(secs "$longest")"
	roles
}

bring_back() {
	local t0 index
	step "Node $lost comes back"
	t0=$(now_ms)
	[ "$VMS" = 1 ] || boot "$lost"
	up "$lost"
	learn "$leader" "raft_get demo $leader commit"
	index=$REPLY
	ask "$lost" "ctl $lost wait-applied -g demo $index --timeout 120s"
	note "it has caught up to entry $index, $(secs $(($(now_ms) - t0))) after its start"
	live=("${NODES[@]}")
	roles
}

read_back() { # every node's log against the file
	local i sum n bad=0 index
	learn "$leader" "raft_get demo $leader commit"
	index=$REPLY
	note "$(printf '%-9s %5d lines  sha256 %s' "the file" "$(wc -l <"$file")" "${want:0:32}")"
	for i in "${NODES[@]}"; do
		ask "$i" "ctl $i wait-applied -g demo $index --timeout 120s"
		learn "$i" "content $i"
		sum=$REPLY
		learn "$i" "lines_of $i"
		n=$REPLY
		if [ "$sum" = "$want" ]; then
			note "$(printf 'node %-4d %5d lines  sha256 %s  %ssame%s' "$i" "$n" "${sum:0:32}" "$green" "$plain")"
		else
			note "$(printf 'node %-4d %5d lines  sha256 %s  %sNOT the file%s' "$i" "$n" "${sum:0:32}" "$red" "$plain")"
			bad=1
		fi
	done
	[ $bad = 0 ] || verdict_bad "a node's log is not the file"
}

build() {
	"$LAB/deps.sh" build vm &&
		make -s tools HOSTFLAGS_EXTRA= &&
		"$LAB/module.sh" stock >"$tmp/ko" &&
		"$LAB/kernel.sh" stock >"$tmp/kernel"
}

cleanup() {
	machines_off
	[ -n "${KEEP:-}" ] || rm -rf "$tmp"
}

main() {
	local vm
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	printf '%sraft.ko: three nodes, one log%s\n' "$bold" "$plain"

	step "Build raft.ko for Debian's stock kernel, and raftctl"
	build >"$tmp/build.log" 2>&1 &
	while_waiting $! "building" || { cat "$tmp/build.log" >&2; verdict_bad "the build"; }
	ko=$(tail -n 1 "$tmp/ko")
	eval "$(cat "$tmp/kernel")"
	note "raft.ko for $KVER: $(($(stat -c %s "$ko") / 1024)) KiB"

	machines_new
	if [ "$VMS" = 1 ]; then
		step "Boot Debian's $KVER in a virtual machine: two processors, one disk with ext4"
	else
		step "Boot Debian's $KVER in three virtual machines, each with a disk with ext4"
	fi
	boot "${machines[@]}"
	learn 1 "cat /proc/sys/kernel/osrelease; nproc"
	note "up; the module is loaded: /dev/raft is there"

	step "Start the three nodes$([ "$VMS" = 3 ] || echo ", each in its network namespace, joined by a bridge")"
	up "${NODES[@]}"
	find_leader
	roles

	# Debian ships its System.map as a stub; the kernel itself tells what is in it.
	file=$tmp/System.map
	ask 1 "head -n $COUNT /proc/kallsyms" >"$file"
	want=$(sha256sum <"$file" | cut -d' ' -f1)
	step "Propose the first $COUNT lines of the kernel's symbol map, $CHUNK at node 1, $CHUNK at node 2, ..."
	fed=0 turn=0
	feed_until $((COUNT / 2))
	note "$fed lines are committed"
	lose_leader
	step "The two go on"
	feed_until $((COUNT * 3 / 4))
	note "$fed lines are committed"
	bring_back
	step "The rest of the lines, at all three again"
	feed_until "$COUNT"
	note "$fed lines are committed"

	step "Read the log back from /dev/raft of each node"
	read_back

	step "Power off, hard: the emulator is killed. Boot again with the same disk$([ "$VMS" = 1 ] || echo s)"
	for vm in "${machines[@]}"; do power_off "$vm"; done
	boot "${machines[@]}"
	up "${NODES[@]}"
	find_leader
	roles
	read_back

	printf '\n%s%5s  Each of the three nodes has the file, line for line, once each: before the\n' "$bold$green" "$(clock)"
	printf '       power-off and after it, and although its leader was lost on the way.%s\n' "$plain"
}

main "$@"
