#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# machines.sh - three virtual machines, one node each: machines are killed and booted again,
# and paused and continued, under proposals. Never two leaders in a term, nothing that was
# acknowledged is lost or doubled. For check-long. TAP on stdout.
#
#   [ROUNDS=3] machines.sh
set -eu
# shellcheck source=tools/lab/lib.sh
. "$(dirname "$0")/../../tools/lab/lib.sh"
top=$(cd "$LAB/../.." && pwd)
cd "$top"
export VMS=3
NODES=(1 2 3)
ROUNDS=${ROUNDS:-3}
tmp=$(mktemp -d)
count=0
machine_trouble() { echo "not ok $((count + 1)) - $*"; exit 1; }
# shellcheck source=tools/lab/demo/machines.sh
. "$LAB/demo/machines.sh"
cleanup() {
	machines_off
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() { count=$((count + 1)); echo "ok $count - machines: $*"; }
monitor() { echo "$2" | socat - "unix:$tmp/vm$1/monitor" >/dev/null; }
others() { printf '%s\n' "${NODES[@]}" | grep -vx "$1" | tr '\n' ' '; }

# Roles as node I saw them, from its start on: leader's terms, one a line, to leaders.I.
watch_roles() {
	ask "$1" "ctl $1 events demo >/mnt/out/events 2>&1 &"
}
keep_roles() {
	[ ! -e "$tmp/vm$1/events" ] || cat "$tmp/vm$1/events" >>"$tmp/events.$1"
}
leader_terms() {
	awk '{
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^term:/) term = substr($i, 6)
			if ($i ~ /^role:/) role = substr($i, 6)
		}
		if (role == "leader") print term
	}' "$1" | sort -u
}

start() { # start NODE...
	local i
	for i; do switch_on "$i"; done
	wait_ready "$@" || machine_trouble "boot"
	for i; do
		ask "$i" "raft_up demo $i"
		watch_roles "$i"
	done
}

# An endless writer at NODE; its acknowledgements are counted on the host.
writer() { # writer NAME NODE
	send "$2" "seq -f '$1-%g' 1000000 | ctl $2 propose -g demo - >/mnt/out/acks.$1"
}
acks() { # acks NAME NODE
	wc -l <"$tmp/vm$2/acks.$1"
}
more_acks() { # more_acks NAME NODE: it goes on
	local n end=$((SECONDS + 180))
	n=$(acks "$1" "$2")
	while [ "$(acks "$1" "$2")" -le $((n + 3)) ]; do
		[ $SECONDS -lt $end ] || machine_trouble "proposals at node $2 do not go on"
		sleep 0.2
	done
}

find_leader() { # find_leader NODE NOT
	learn "$1" "wait_other $1 $2"
	leader=${REPLY% *}
}

ko=$(tools/lab/module.sh stock)
make -s tools
machines_new
start "${NODES[@]}"
names=()
for ((round = 1; round <= ROUNDS; round++)); do
	find_leader 1 0
	lost=$leader
	read -r a b <<<"$(others "$lost")"
	writer "k$round" "$a"
	until [ -s "$tmp/vm$a/acks.k$round" ]; do sleep 0.2; done
	keep_roles "$lost"
	power_off "$lost"
	more_acks "k$round" "$a"
	find_leader "$b" "$lost"
	cp "$tmp/vm$a/acks.k$round" "$tmp/acks.k$round"
	names+=("k$round")
	start "$lost"
	more_acks "k$round" "$a"
	ok "round $round: the leader's machine is killed; proposals go on; it comes back"

	find_leader 1 0
	lost=$leader
	read -r a b <<<"$(others "$lost")"
	writer "p$round" "$a"
	until [ -s "$tmp/vm$a/acks.p$round" ]; do sleep 0.2; done
	monitor "$lost" stop
	more_acks "p$round" "$a"
	find_leader "$b" "$lost"
	monitor "$lost" cont
	more_acks "p$round" "$a"
	cp "$tmp/vm$a/acks.p$round" "$tmp/acks.p$round"
	names+=("p$round")
	for a in "${NODES[@]}"; do ask "$a" "pkill raftctl; ctl $a events demo >>/mnt/out/events 2>&1 &" || :; done
	ok "round $round: the leader's machine is paused and continued; proposals go on"
done

find_leader 1 0
learn "$leader" "raft_get demo $leader commit"
index=$REPLY
for i in "${NODES[@]}"; do
	ask "$i" "ctl $i wait-applied -g demo $index --timeout 120s"
	ask "$i" "ctl $i tail -g demo --no-follow --long" | awk -v max="$index" '$1 <= max' >"$tmp/long.$i"
done
cmp "$tmp/long.1" "$tmp/long.2" && cmp "$tmp/long.1" "$tmp/long.3" || machine_trouble "the logs differ"
ok "the three logs are the same"

cut -f4 "$tmp/long.1" >"$tmp/log"
[ -z "$(sort "$tmp/log" | uniq -d)" ] || machine_trouble "a command is there twice"
for name in "${names[@]}"; do
	n=$(wc -l <"$tmp/acks.$name")
	seq -f "$name-%g" "$n" | cmp - <(grep "^$name-" "$tmp/log" | head -n "$n") || machine_trouble "$name: lost or out of order"
done
ok "all that was acknowledged is there once, in order"

for i in "${NODES[@]}"; do
	keep_roles "$i"
	leader_terms "$tmp/events.$i" >"$tmp/leader.$i"
done
[ -s "$tmp/leader.1" ] || [ -s "$tmp/leader.2" ] || [ -s "$tmp/leader.3" ] || machine_trouble "nobody saw a leader"
[ -z "$(sort -m "$tmp"/leader.? | sort | uniq -d)" ] || machine_trouble "two leaders in a term: $(head "$tmp"/leader.?)"
ok "no term had two leaders"
echo "1..$count"
