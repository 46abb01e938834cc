#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# agent.sh NODES... - runs in the guest of the demo: makes the network and the disk ready
# and loads the module, then carries out what demo.sh asks for through files in /mnt/out:
#
#   N.cmd (a script) -> N.out, N.err, at last N.rc, its exit code
#
# With three nodes they are the namespaces n1 to n3 of this machine; with one node I this
# machine is the node, eth0 its network card.
set -u
top=$(cd "$(dirname "$0")/../../.." && pwd)
q=/mnt/out
RAFT_DIR=/srv/raft
# shellcheck source=tools/lab/netns.sh
. "$top/tools/lab/netns.sh"
# shellcheck source=tools/lab/cluster.sh
. "$top/tools/lab/cluster.sh"

prepare() {
	mkdir -p /srv
	mount -t ext4 /dev/vda /srv || return
	mkdir -p "$RAFT_DIR"
	if [ $# = 1 ]; then
		lab_ns_conf "$1" | ip -batch - || return
		ns() { shift; "$@"; }
	else
		lab_net_up $# || return
	fi
	raft_conf demo 3 -s 16M || return
	raft_load
}

answer() { # answer REQUEST, a path without its ending
	local rc=0
	# shellcheck disable=SC1090
	( set -e; . "$1.run" ) >"$1.out" 2>"$1.err" || rc=$?
	echo $rc >"$1.rc.new"
	mv "$1.rc.new" "$1.rc"
}

# --- What the demo asks for ------------------------------------------------

# wait_other I OLD: until node I knows a leader that is not OLD; prints it and its term.
wait_other() {
	local leader
	other() {
		leader=$(raft_get demo "$1" leader) && [ "$leader" != 0 ] && [ "$leader" != "$2" ]
	}
	until_true other "$1" "$2" || return
	echo "$leader $(raft_get demo "$1" term)"
}

# feed I FILE FROM TO: these lines, one after the other; prints how many were committed
# and the longest time that one waited for that, in ms.
feed() {
	local t0 now max=0 n=0
	t0=${EPOCHREALTIME/./}
	while read -r _; do
		now=${EPOCHREALTIME/./}
		[ $((now - t0)) -le $max ] || max=$((now - t0))
		t0=$now n=$((n + 1))
	done < <(sed -n "$3,$4p" "$2" | ctl "$1" propose -g demo --keep-newline -)
	echo "$n $((max / 1000))"
}

roles() {
	local i
	for i; do printf '%s %s %s %s\n' "$i" "$(raft_get demo "$i" role)" "$(raft_get demo "$i" term)" "$(raft_get demo "$i" applied)"; done
}

content() { ctl "$1" tail -g demo --no-follow --raw | sha256sum | cut -d' ' -f1; }
lines_of() { ctl "$1" tail -g demo --no-follow --raw | wc -l; }

prepare "$@" || { echo "$?" >"$q/failed"; exit 1; }
touch "$q/ready"
while :; do
	for cmd in "$q"/*.cmd; do
		[ -e "$cmd" ] || continue
		mv "$cmd" "${cmd%.cmd}.run" && answer "${cmd%.cmd}" &
	done
	sleep 0.05
done
