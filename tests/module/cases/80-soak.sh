# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 80-soak.sh - everything at once for a while: proposers on all nodes, some of them killed,
# readers of the log, of status, sysfs and debugfs, nodes that go down and come up. Then
# the logs are equal, and nothing acknowledged is lost, doubled or out of order.

SOAK=${SOAK:-15}		# seconds
# Bytes: there is no compaction, and a node whose log is full first stops taking part.
SOAK_ROOM=24000000

soaking() { [ ! -e "$TMP/soak.end" ]; }
soak_room() { [ "$(ctl "$1" show g log_room 2>/dev/null || echo $SOAK_ROOM)" -ge $SOAK_ROOM ]; }

# soak_proposer P I: batches of lines p<P>-<K>-1 and so on at node I, a line at a time, up
# to the first failure; every third batch is long, and raftctl is killed in it. What is
# acknowledged goes to acked.<P>: the first lines of a batch.
soak_proposer() {
	local p=$1 i=$2 k=0 n pid
	while soaking && soak_room "$i"; do
		k=$((k + 1))
		n=$(((k + p) % 3 ? 40 : 1500))
		lines "p$p-$k" $n >"$TMP/in.$p"
		# Not ns, a function: $! is to be raftctl itself.
		nsenter "--net=/run/netns/n$i" stdbuf -oL "$RAFT_TOOLS/raftctl" propose -g g - \
			<"$TMP/in.$p" >"$TMP/out.$p" 2>>"$TMP/err.$p" &
		pid=$!
		# It is our child, so the pid is its own until we wait for it.
		if [ $n = 1500 ]; then
			sleep "0.$((RANDOM % 8 + 1))"
			kill -KILL $pid 2>/dev/null && echo $pid >>"$TMP/killed"
		fi
		wait $pid 2>/dev/null || sleep 0.2
		head -n "$(wc -l <"$TMP/out.$p")" "$TMP/in.$p" >>"$TMP/acked.$p"
		sleep 0.3
	done
}

# soak_watcher I: whatever can be read of a group, while it is there and while it is not.
soak_watcher() {
	local i=$1
	while soaking; do
		ctl "$i" status g || :
		ctl "$i" tail -g g --no-follow || :
		timeout -s KILL 1 nsenter "--net=/run/netns/n$i" "$RAFT_TOOLS/raftctl" tail -g g || :
		# shellcheck disable=SC2016
		lab_in "$i" sh -c 'cat /sys/class/raft/g/* /sys/class/raft/g/peers/*/*' || :
		cat /sys/kernel/debug/raft/*/* || :
	done >/dev/null 2>&1
}

# A batch is proposed a line after the other: in the log it is 1 to some number, in order.
soak_order() {
	grep '^p' "$TMP/log" | awk -F- '
		$3 != ++n[$1 "-" $2] { print "out of order or twice: " $0; bad++ }
		END { exit bad > 0 }' >&2 || fail "a proposer's lines are not there once each, in order"
}

t_soak() {
	local p i end jobs=() round=0
	raft_conf g 3 -s 48M
	raft_up g 1 2 3
	raft_wait_leader g 1 2 3 >/dev/null
	for p in 1 2 3 4 5 6; do
		soak_proposer $p $((p % 3 + 1)) &
		jobs+=($!)
	done
	for i in 1 2 3; do
		soak_watcher $i &
		jobs+=($!)
	done
	end=$((SECONDS + SOAK))
	while [ $SECONDS -lt $end ]; do
		sleep $((RANDOM % 3 + 1))
		i=$((RANDOM % 3 + 1))
		raft_down g $i
		sleep "0.$((RANDOM % 10))"
		raft_up g $i
		round=$((round + 1))
	done
	touch "$TMP/soak.end"
	for p in "${jobs[@]}"; do wait "$p" || :; done
	raft_wait_leader g 1 2 3 >/dev/null
	if ! lines last 5 | propose g 1 -q; then
		for i in 1 2 3; do ctl $i status g >&2 || :; done
		fail "no proposal is committed any more"
	fi
	same_logs g 1 2 3
	once 5 last

	[ -s "$TMP/killed" ] || fail "no proposer was killed"
	sort "$TMP"/acked.* >"$TMP/acked"
	[ -s "$TMP/acked" ] || fail "nothing was acknowledged"
	soak_order
	sort "$TMP/log" | comm -13 - "$TMP/acked" >"$TMP/lost"
	[ ! -s "$TMP/lost" ] || fail "acknowledged but not in the log: $(head -n 5 "$TMP/lost" | tr '\n' ' ')"
	echo "$(wc -l <"$TMP/acked") acknowledged, $(wc -l <"$TMP/log") in the log, $(wc -l <"$TMP/killed") killed, $round times down"
}
t "soak: proposers that are killed, readers, nodes down and up; each acknowledged line once" t_soak
