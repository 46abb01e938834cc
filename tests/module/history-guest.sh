#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# history-guest.sh [FUNC...] - runs in the guest of history.sh: clients of all nodes of a
# group (history.c) while a nemesis works on the nodes, all in namespaces of this machine;
# build/lincheck judges what the clients saw. TAP on stdout.
#
#   HISTORY_SECONDS of trouble in each history      SEED of the nemesis and the clients
#   TROUBLES of these kinds only, as "cut pause"
#
# The nemesis draws from SEED in advance which trouble comes when and for how long; what it
# meets, such as who leads then, is decided by the run. RAFT_KO must have fault hooks. What
# it did is in the history, as comments between the operations.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
TMP=/run/t LOG=/run/t.log
RAFT_DIR=/mnt/t
LOG_SIZE=128M		# there is no compaction
export TOP TMP
[ "$LAB_GUEST" != um ] || RAFT_ET=${RAFT_ET:-300ms}
TEST_LIMIT=$((HISTORY_SECONDS + 900))
# shellcheck source=tests/module/lib.sh
. "$TOP/tests/module/lib.sh"
set +e
touch "$LAB_EXPECT"
mkdir -p "$TMP"
only=("$@")

# --- The clients -----------------------------------------------------------

HISTORY=''	# the file
CLIENTS=''	# the process

# On the clock of the history.
note() {
	local up
	read -r up _ </proc/uptime
	echo "# ${up/./}0000000 $*" >>"$TMP/nemesis"
}

clients_start() { # clients_start NODES MODEL [OPTION...]
	local n=$1 model=$2
	shift 2
	HISTORY=$LAB_OUT/$model-$n.history
	"$RAFT_TOOLS/history" -n "$n" -s "$SEED" "$@" "$model" "$HISTORY" 2>"$TMP/clients" &
	CLIENTS=$!
	until_true test -s "$HISTORY" || fail "no clients"
}

# Fails if a node does not answer any more.
clients_end() {
	kill "$CLIENTS" 2>/dev/null || :
	wait "$CLIENTS" || fail "the clients: $(cat "$TMP/clients")"
	[ ! -e "$TMP/nemesis" ] || cat "$TMP/nemesis" >>"$HISTORY"
}

# What is worth telling of the last test, too.
tell() { [ ! -s "$TMP/told" ] || sed 's/^/# /' "$TMP/told"; rm -f "$TMP/told"; }

# judge CODE: what build/lincheck makes of it.
judge() {
	local rc=0
	"$RAFT_TOOLS/lincheck" "$HISTORY" >"$TMP/verdict" || rc=$?
	cat "$TMP/verdict"
	sed "s|$LAB_OUT/||; 1q" "$TMP/verdict" >>"$TMP/told"
	is $rc "$1" "verdict of lincheck"
}

# ops NODE REGEX: how many of its clients are in the history, from the return on.
ops() { grep -cE "^$1[0-9]{2} [0-9]+ $2" "$HISTORY" || :; }

# more_ops N NODE REGEX: so many more.
more_ops() {
	local more=$1 before
	shift
	before=$(ops "$@")
	ops_now() { [ $(($(ops "$@") - before)) -ge "$more" ]; }
	until_true ops_now "$@" || fail "node $1: not $more operations in $RAFT_PATIENCE s"
}

# --- Nodes that come and go ------------------------------------------------

addr() { echo "$1=10.77.0.$1:7000"; }

# peek NODE: what debugfs tells of it is in P, its directory in $peeked. No process is
# needed, which takes its time in QEMU.
declare -A P=()
peek() {
	local text k v
	for peeked in /sys/kernel/debug/raft/*-g; do
		# All at once: it is another text each time it is read from the start.
		text=''
		{ IFS='' read -r -d '' text <"$peeked/progress"; } 2>/dev/null || :
		P=()
		while read -r k v; do [ -z "$k" ] || P[$k]=$v; done <<<"$text"
		[ "${P[node]:-}:${P[stopping]:-}" != "$1:0" ] || return 0
	done
	return 1
}

# leading: $leader, who leads in the highest term, 0 if nobody does.
leading() {
	local i best=0
	leader=0
	for i in $nodes_all; do
		peek "$i" && [ "${P[role]}" = leader ] && [ "${P[term]}" -gt $best ] || continue
		leader=$i best=${P[term]}
	done
}

# A node that once was blank is started blank again: its members are in its log.
blank() {
	mkdir -p "$RAFT_DIR/n$1"
	cat >"$RAFT_DIR/n$1/g.conf" <<-CONF
		[Group]
		Node = $1
		Listen = 10.77.0.$1:7000
		Log = $RAFT_DIR/%g.%n.log
		LogSize = $LOG_SIZE
		ElectionTimeout = $RAFT_ET
		CheckQuorum = $CHECK_QUORUM
	CONF
}

up_once() {
	local conf=$RAFT_DIR/n$1/g.conf
	[ -e "$conf" ] || conf=$RAFT_DIR/g.conf
	peek "$1" || ctl "$1" up "$conf" --node "$1" 2>"$TMP/up.$1"
}
up() { until_true up_once "$1" || fail "node $1 does not start: $(cat "$TMP/up.$1")"; }
down() { ctl "$1" down g 2>/dev/null || :; }

# inject NODE WORD...: to the fault hooks of a node, if it runs.
inject() {
	peek "$1" || return 0
	shift
	echo "$*" >"$peeked/fault" || :
}

# order WORD...: to the leader, or any node; with a limit, for it may be lost.
order() {
	leading
	timeout -s KILL 4 nsenter "--net=/run/netns/n$((leader ? leader : 1))" \
		"$RAFT_TOOLS/raftctl" "$@" -g g >/dev/null 2>>"$TMP/orders"
}

# --- The troubles: T_on NODE OTHER, T_off NODE OTHER ------------------------

down_on() { down "$1"; }
down_off() { up "$1"; }

crash_on() { inject "$1" crash; down "$1"; }
crash_off() { up "$1"; }

torn_on() { inject "$1" crash torn; down "$1"; }
torn_off() { up "$1"; }

# The power fails everywhere.
black_on() { local i; for i in $nodes_all; do inject "$i" crash; done; for i in $nodes_all; do down "$i"; done; }
black_off() { local i; for i in $nodes_all; do up "$i"; done; }

netns_on() { ip netns del "n$1"; }
netns_off() {
	link_again() {
		printf 'link add v%s type veth peer name eth0 netns n%s\nlink set v%s addrgenmode none master br0 up\n' "$1" "$1" "$1" |
			ip -n labbr -batch - 2>/dev/null
	}
	ip netns add "n$1"
	until_true link_again "$1" || fail "no network for node $1"
	lab_ns_conf "$1" | ip -n "n$1" -batch -
	up "$1"
}

cut_on() { ip -n labbr link set "v$1" down; }
cut_off() { ip -n labbr link set "v$1" up; }

# It hears and does not speak; it speaks and does not hear.
mute_on() { ns "$1" tc qdisc replace dev eth0 root netem loss 100%; }
mute_off() { ns "$1" tc qdisc del dev eth0 root; }
deaf_on() { nsenter --net=/run/netns/labbr tc qdisc replace dev "v$1" root netem loss 100%; }
deaf_off() { nsenter --net=/run/netns/labbr tc qdisc del dev "v$1" root; }

slow_on() { ns "$1" tc qdisc replace dev eth0 root netem delay 60ms 50ms loss 15% duplicate 10% reorder 20%; }
slow_off() { mute_off "$1"; }

pause_on() { inject "$1" pause; }
pause_off() { inject "$1" resume; }

# It wakes up, and has yet to hear what happened meanwhile.
swoon_on() { cut_on "$1"; inject "$1" pause; }
swoon_off() { inject "$1" resume; nap 300; cut_off "$1"; }

disk_on() { inject "$1" stall 1500000000; }
disk_off() { inject "$1" disk-ok; }

settings_on() { ctl "$1" set -g g ElectionTimeout=150ms Heartbeat=40ms LeaseDrift=50% 2>/dev/null || :; }
settings_off() { ctl "$1" set -g g "ElectionTimeout=$RAFT_ET" Heartbeat=0 LeaseDrift=0 2>/dev/null || :; }

lax_on() { ctl "$1" set -g g CheckQuorum=off PreVote=off 2>/dev/null || :; }
lax_off() { ctl "$1" set -g g "CheckQuorum=$CHECK_QUORUM" PreVote=on 2>/dev/null || :; }

transfer_on() { order transfer "$1" || :; }
transfer_off() { order transfer || :; }

demote_on() { order member demote "$1" || :; }
demote_off() { order member promote "$1" || :; }

# Its disk is lost, too. Only if the others surely do without it.
replace_on() {
	order member remove "$1" || return 0
	note "node $1 is removed, and its log"
	down "$1"
	rm -f "$RAFT_DIR/g.$1.log"
	blank "$1"
	up "$1"
}
replace_off() { order member add "$(addr "$1")" || :; }

# Two at once: a node that is not in takes this one's place, or two lose their votes.
joint_on() {
	local i spare=''
	for i in $nodes_all; do
		peek "$i" && [ "${P[member]}" = 0 ] && spare=$i
	done
	if [ -n "$spare" ] && [ "$spare" != "$1" ]; then
		order member change "+$(addr "$spare")" "-$1" || :
	else
		order member change "$1=learner" "$2=learner" || :
	fi
}
joint_off() {
	order member change "+$(addr "$1")" "$2=learner" || order member change "$1=voter" "$2=voter" || :
}

# --- The nemesis -----------------------------------------------------------

ALL='down down crash torn black netns cut cut cut cut mute deaf slow slow pause pause swoon
	swoon disk settings lax transfer transfer demote replace replace joint joint'
read -ra TROUBLES -d '' <<<"${TROUBLES:-$ALL}" || :

# draw_trouble: $drawn; none comes again before all others have come.
DECK=()
draw_trouble() {
	local i
	[ ${#DECK[@]} != 0 ] || DECK=("${TROUBLES[@]}")
	draw ${#DECK[@]}
	i=$drawn drawn=${DECK[drawn]}
	unset "DECK[i]"
	DECK=("${DECK[@]}")
}

# draw N: $drawn is below it. RANDOM must be used here, and not in a subshell.
draw() { drawn=$((RANDOM * 32768 + RANDOM)); drawn=$((drawn % $1)); }
nap() { sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"; }

# One step; everything is drawn before anything happens, so that SEED gives the schedule.
trouble() {
	local victim one two='' node other role single hold_ms gap_ms
	draw_trouble; one=$drawn
	draw "$n"; node=$((drawn + 1))
	draw $((n - 1)); other=$(((node + drawn) % n + 1))
	draw 2; role=$drawn
	draw 3; single=$drawn
	[ "$single" != 0 ] || { draw_trouble; two=$drawn; }
	draw 2500; hold_ms=$((drawn + 200))
	draw 800; gap_ms=$((drawn + 50))
	leading
	victim=$((role && leader ? leader : node))
	[ "$victim" != "$other" ] || other=$((victim % n + 1))
	if [ "$single" = 0 ]; then
		note "$one $victim, $two $other for $hold_ms ms"
		"${two}_on" "$other" "$victim"
	else
		note "$one $victim for $hold_ms ms"
	fi
	"${one}_on" "$victim" "$other"
	nap "$hold_ms"
	note "end of $one $victim"
	"${one}_off" "$victim" "$other"
	[ "$single" != 0 ] || "${two}_off" "$other" "$victim"
	nap "$gap_ms"
}

be_voter() {
	peek "$1" && ((P[member] && !(P[member_flags] & 1))) && return
	order member promote "$1" || order member add "$(addr "$1")"
	return 1
}

# All nodes run, hear each other, and have a vote.
heal() {
	local i
	note heal
	for i in $nodes_all; do up "$i"; done
	for i in $nodes_all; do
		until_true be_voter "$i" || fail "node $i does not get a vote: $(tail -n 3 "$TMP/orders")"
	done
}

# start N BLANK: nodes 1 to N on the disk, of which the last BLANK are blank. Without
# CheckQuorum there are no leases, and a leader that is cut off does not notice.
CHECK_QUORUM=on
start() {
	local i blank=$2
	n=$1 nodes_all=$(seq -s ' ' "$1")
	modprobe sch_netem 2>/dev/null || :
	mount -t ext4 "$(ls /dev/vda /dev/ubda 2>/dev/null)" "$RAFT_DIR"
	rm -rf "${RAFT_DIR:?}"/*
	raft_conf g $((n - blank)) -s $LOG_SIZE "CheckQuorum=$CHECK_QUORUM"
	for ((i = n - blank + 1; i <= n; i++)); do blank "$i"; done
	for i in $nodes_all; do up "$i"; done
	# shellcheck disable=SC2046
	leader=$(raft_wait_leader g $(seq $((n - blank))))
}

# history_of N MODEL [OPTION...]: trouble for a while at N nodes, one of which is blank at
# first.
history_of() {
	local end steps=0
	start "$1" 1
	clients_start "$@"
	RANDOM=$SEED
	end=$((SECONDS + HISTORY_SECONDS))
	while [ $SECONDS -lt $end ] && kill -0 "$CLIENTS"; do
		trouble
		steps=$((steps + 1))
	done
	heal
	clients_end
	echo "$steps troubles, $(raft_get g 1 applied) entries, $(raft_get g 1 log_room) bytes of the log are free" >"$TMP/told"
	judge 0
	# shellcheck disable=SC2086
	same_logs g $nodes_all
}

t_register() { history_of 4 register; }
t "register, some reads by lease: 4 nodes in trouble, linearizable" t_register 4
tell

t_list() { CHECK_QUORUM=off; history_of 5 list; }
t "list, leaders that do not notice: 5 nodes in trouble, linearizable" t_list 5
tell

# cut_off_leader [OPTION...]: its clients read while the others write.
cut_off_leader() {
	CHECK_QUORUM=off
	start 3 0
	clients_start 3 register -k 1 -l 0 "$@"
	# shellcheck disable=SC2046
	set -- $(others 3 "$leader")
	more_ops 5 "$leader" '[0-9]+ 0/write'
	cut_on "$leader"
	more_ops 10 "$1" '[0-9]+ 0/write'
}

t_no_barrier() {
	cut_off_leader -b
	more_ops 5 "$leader" '[0-9]+ 0/read'
	cut_off "$leader"
	clients_end
	judge 1
	grep -q 'not linearizable' "$TMP/verdict" || fail "no reason"
}
t "a leader that is cut off: a history with reads without a barrier is rejected" t_no_barrier
tell

t_barrier() {
	cut_off_leader
	more_ops 5 "$leader" '- 0/read fail'
	cut_off "$leader"
	clients_end
	judge 0
}
t "a leader that is cut off: its readers wait, linearizable" t_barrier
tell

echo "1..$count"
[ $failed = 0 ] && [ $count -gt 0 ]
