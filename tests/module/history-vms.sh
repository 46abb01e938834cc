#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# history-vms.sh [NODES] - the histories of history.sh, but of virtual machines with one node
# each (3): machines are switched off and boot again, freeze, stop, lose their network, and
# members come and go. Above all a leader's machine that stood still must not give its old
# state for the new one. TAP on stdout. For check-long.
#
#   [HISTORY_SECONDS=300] [SEED=N] [ONLY=t_NAME] history-vms.sh [NODES]
#
# A machine can stand still in two ways. Frozen (SIGSTOP for QEMU) its clocks have gone on
# when it wakes, as after a suspend. Stopped (by QEMU's monitor, as for a snapshot or a
# migration) its clocks stood still, too, CLOCK_BOOTTIME as well: no lease that trusts a
# clock can end meanwhile, so nobody must use leases on machines that are stopped. Barriers
# without a lease do not mind, whatever the clocks do.
#
# A machine that goes on hears of the new leader within a millisecond or so, and there is
# little time to be wrong in. So it is done again with its link pulled, so that nothing but
# its clock can tell it; and a lease of a machine that was stopped must then be caught lying,
# which shows that the others could be, and where the limit is.
#
# The clock of the histories is the host's: "history tick" writes it to a file that all
# machines read. Their own would not be the same.
set -eu
# shellcheck source=tools/lab/lib.sh
. "$(dirname "$0")/../../tools/lab/lib.sh"
top=$(cd "$LAB/../.." && pwd)
cd "$top"
export VMS=3			# for machines.sh: one machine for each node
mapfile -t NODES < <(seq "${1:-3}")
n=${#NODES[@]}
HISTORY_SECONDS=${HISTORY_SECONDS:-300}
RANDOM=${SEED:=$((RANDOM % 32768))}
echo "# SEED=$SEED HISTORY_SECONDS=$HISTORY_SECONDS"
tmp=$(mktemp -d)
out=build/histories-vms
count=0 ticker='' run=0
machine_trouble() { echo "not ok $((count + 1)) - $*"; exit 1; }
# shellcheck source=tools/lab/demo/machines.sh
. "$LAB/demo/machines.sh"
cleanup() {
	[ -z "$ticker" ] || kill "$ticker" 2>/dev/null || :
	machines_off
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() { count=$((count + 1)); echo "ok $count - $*"; }
monitor() { echo "$2" | socat - "unix:$tmp/vm$1/monitor" >/dev/null; }
qemu() { kill "-$2" "$(cat "$tmp/vm$1/pid")"; }
others() { printf '%s\n' "${NODES[@]}" | grep -vx "$1" | tr '\n' ' '; }
addr() { echo "$1=10.77.0.$1:7000"; }

# boot NODE...: and what a new life needs.
boot() {
	local i
	for i; do
		switch_on "$i"
		ln "$tmp/clock" "$tmp/vm$i/clock"
	done
	wait_ready "$@" || machine_trouble "boot"
	# There is no compaction: room for all of it.
	for i; do ask "$i" "modprobe sch_netem; raft_conf demo $n -s 96M; raft_up demo $i"; done
}

# --- Clients -----------------------------------------------------------------

OPTIONS=()		# of history.c
MODEL=register

clients() { # clients NODE...
	local i
	for i; do
		run=$((run + 1))
		ask "$i" "($top/build/history -g demo -i $i -r $run -s $SEED -j -C /mnt/out/clock ${OPTIONS[*]} $MODEL /mnt/out/history 2>/mnt/out/clients.err; echo \$? >/mnt/out/clients.rc) >/dev/null 2>&1 & sleep 0.2; pgrep -x history >/run/clients"
	done
}

# keep NODE: what its clients saw so far; the last line may be torn.
keep() {
	local file=$tmp/vm$1/history
	if [ -n "$(tail -c 1 "$file")" ]; then sed '$d' "$file"; else cat "$file"; fi >>"$tmp/seen"
}

done_ops() { grep -cE "^[0-9]+ [0-9]+ [0-9]+ $2" "$tmp/vm$1/history" || :; }
more_ops() { # more_ops N NODE REGEX
	local end=$((SECONDS + 300)) before
	before=$(done_ops "$2" "$3")
	until [ $(($(done_ops "$2" "$3") - before)) -ge "$1" ]; do
		[ $SECONDS -lt $end ] || machine_trouble "node $2: not $1 operations"
		sleep 0.2
	done
}

clients_end() {
	local i
	for i in "${NODES[@]}"; do ask "$i" "kill \$(cat /run/clients)"; done
	for i in "${NODES[@]}"; do
		ask "$i" "while [ ! -e /mnt/out/clients.rc ]; do sleep 0.1; done"
		[ "$(cat "$tmp/vm$i/clients.rc")" = 0 ] || machine_trouble "clients: $(cat "$tmp/vm$i/clients.err")"
		keep "$i"
		rm "$tmp/vm$i/history" "$tmp/vm$i/clients.rc"
	done
}

# judge NAME CODE: what build/lincheck makes of it. A write that was noted, and of which
# nothing is known but that, was on its way when its machine was switched off.
judge() {
	local rc=0
	awk '
		$1 == "model" { if (!seen++) print; next }
		$1 == "#?" { value = $6; sub(/^#\? /, ""); noted[value] = $0; next }
		{ print }
		$4 ~ /write|append/ { delete noted[$5] }
		END { for (v in noted) print noted[v] }
	' "$tmp/seen" >"$out/$1.history"
	cat "$tmp/nemesis" >>"$out/$1.history"
	build/lincheck "$out/$1.history" >"$tmp/verdict" || rc=$?
	sed "s|^|# |; s|$out/||; 1q" "$tmp/verdict"
	[ $rc = "$2" ] && return
	sed 's/^/# /' "$tmp/verdict"
	machine_trouble "$1: lincheck says $rc, not $2; see $out/$1.history"
}

# --- Troubles: T_on NODE, T_off NODE -----------------------------------------

note() {
	printf '# %s %s\n' "$(od -An -t u8 -N 8 "$tmp/clock" | tr -d ' ')" "$*" >>"$tmp/nemesis"
}

kill_on() { power_off "$1"; keep "$1"; }
kill_off() { boot "$1"; clients "$1"; }

stop_on() { monitor "$1" stop; }
stop_off() { monitor "$1" cont; }

freeze_on() { qemu "$1" STOP; }
freeze_off() { qemu "$1" CONT; }

cut_on() { ask "$1" "ip link set eth0 down"; }
cut_off() { ask "$1" "ip link set eth0 up"; }

slow_on() { ask "$1" "tc qdisc replace dev eth0 root netem delay 80ms 60ms loss 15% duplicate 10% reorder 20%"; }
slow_off() { ask "$1" "tc qdisc del dev eth0 root"; }

down_on() { ask "$1" "raft_down demo $1"; }
down_off() { ask "$1" "raft_up demo $1"; }

# order NODE ARGS...: to the leader, as far as NODE knows it; never mind what becomes of it.
order() {
	local node=$1
	shift
	learn "$node" "raft_get demo $node leader"
	[ "$REPLY" = 0 ] || node=$REPLY
	ask "$node" "timeout -s KILL 15 $top/build/raftctl $* -g demo 2>&1 || :" >/dev/null
}

transfer_on() { order "$1" transfer "$1"; }
transfer_off() { order "$1" transfer; }

remove_on() { order "$1" member remove "$1"; }
remove_off() { order "$(others "$1" | cut -d' ' -f1)" member add "$(addr "$1")"; }

demote_on() { order "$1" member demote "$1"; }
demote_off() { order "$1" member promote "$1"; }

# One after the other; all is drawn before it happens, so that SEED gives the schedule.
trouble() { # trouble KIND...
	local node kind role hold_ms
	kind=$((RANDOM % $# + 1)) node=$((RANDOM % n + 1)) role=$((RANDOM % 2)) hold_ms=$((RANDOM % 5000 + 500))
	kind=${!kind}
	if [ $role = 1 ]; then
		learn "$node" "raft_get demo $node leader"
		[ "$REPLY" = 0 ] || node=$REPLY
	fi
	note "$kind $node for $hold_ms ms"
	"${kind}_on" "$node"
	sleep "$((hold_ms / 1000)).$(printf %03d $((hold_ms % 1000)))"
	note "end of $kind $node"
	"${kind}_off" "$node"
}

# All nodes have a vote.
heal() {
	local i
	note heal
	for i in "${NODES[@]}"; do
		until learn "$i" "echo \$(raft_get demo $i member) \$(raft_get demo $i role)" && [[ $REPLY = yes* && $REPLY != *learner ]]; do
			demote_off "$i"
			remove_off "$i"
		done
	done
}

# A group that has never lived before: a history begins with nothing.
fresh() {
	local i
	for i in "${NODES[@]}"; do ask "$i" "raft_down demo $i; rm -f /srv/raft/demo.*.log"; done
	for i in "${NODES[@]}"; do ask "$i" "raft_up demo $i"; done
	: >"$tmp/seen"
	: >"$tmp/nemesis"
	clients "${NODES[@]}"
}

# history_of NAME KIND...: trouble of these kinds for a while.
history_of() {
	local name=$1 end
	shift
	fresh
	end=$((SECONDS + HISTORY_SECONDS))
	while [ $SECONDS -lt $end ]; do trouble "$@"; done
	heal
	clients_end
	judge "$name" 0
}

link() { monitor "$1" "set_link n0 $2"; }

# still HOW [pulled]: the leader's machine stands still, others lead and write; then it goes
# on, for a while without its link if that is pulled.
still() {
	local old other how=${2:-}
	fresh
	more_ops 5 1 '0/read'
	learn 1 "wait_other 1 0"
	old=${REPLY% *}
	read -r other _ <<<"$(others "$old")"
	[ -z "$how" ] || link "$old" off
	"$1_on" "$old"
	ask "$other" "wait_other $other $old" >/dev/null
	more_ops 20 "$other" '0/write'
	"$1_off" "$old"
	[ -z "$how" ] || { sleep 3; link "$old" on; }
	more_ops 20 "$old" '0/read'
	clients_end
}

t_stop() {
	MODEL=register OPTIONS=(-k 1 -w 20 -t 5 -l 0)
	still stop
	judge stopped 0
	ok "a leader's machine is stopped and goes on, its clocks stood still: no stale barrier"
}

t_freeze() {
	MODEL=register OPTIONS=(-k 1 -w 20 -t 5 -l 100)
	still freeze
	judge frozen 0
	ok "a leader's machine is frozen and wakes up, its clocks went on: no stale read, by lease neither"
}

t_stop_pulled() {
	MODEL=register OPTIONS=(-k 1 -w 20 -t 5 -l 0)
	still stop pulled
	judge stopped-pulled 0
	ok "a leader's machine is stopped and goes on without its link: no stale barrier"
}

t_freeze_pulled() {
	MODEL=register OPTIONS=(-k 1 -w 20 -t 5 -l 100)
	still freeze pulled
	judge frozen-pulled 0
	ok "a leader's machine is frozen and wakes up without its link: no stale read, by lease neither"
}

# The limit that is documented. No test of the module but of this one and of the clocks.
t_stop_lease() {
	MODEL=register OPTIONS=(-k 1 -w 20 -t 5 -l 100)
	still stop pulled
	judge stopped-lease 1
	ok "a leader's machine is stopped and goes on without its link: its lease lies, and that is seen"
}

t_random_stop() {
	MODEL=list OPTIONS=(-l 0)
	history_of machines-list kill stop freeze cut slow down transfer remove demote
	ok "list: $n machines in trouble, linearizable"
}

t_random_lease() {
	MODEL=register OPTIONS=(-l 50)
	history_of machines-register kill freeze freeze cut slow down transfer remove demote
	ok "register: $n machines in trouble, leases too, linearizable"
}

ko=$(tools/lab/module.sh stock)
make -s tools build/history
mkdir -p "$out"
build/history tick "$tmp/clock" &
ticker=$!
machines_new
boot "${NODES[@]}"
for t in ${ONLY:-t_stop t_freeze t_stop_pulled t_freeze_pulled t_stop_lease t_random_stop t_random_lease}; do "$t"; done
echo "1..$count"
