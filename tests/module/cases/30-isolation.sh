# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # $leader is set by cluster
# 30-isolation.sh - groups see each other neither across namespaces nor across names.

t_ports() {
	cluster g 3
	cluster h 3
	lines gg 30 | propose g 1 -q &
	lines hh 30 | propose h 2 -q
	wait
	same_logs g 1 2 3
	once 30 gg
	is "$(wc -l <"$TMP/log")" 30 "commands of g"
	same_logs h 1 2 3
	once 30 hh
	is "$(wc -l <"$TMP/log")" 30 "commands of h"
	refused 4 'no group is named' ctl 1 propose one
	raft_down g 1 2 3
	lines more 5 | propose h 3 -q
	ctl 1 propose alone-now >/dev/null
	same_logs h 1 2 3
	once 5 more
	grep -qx alone-now "$TMP/log" || fail "the only group was not found without its name"
}
t "two groups share addresses and ports" t_ports

t_twelve() {
	local i
	for i in $(seq 12); do
		raft_conf "m$i" 3 -s 1M
		raft_up "m$i" 1 2 3
	done
	for i in $(seq 12); do
		raft_wait_leader "m$i" 1 2 3 >/dev/null
		lines "x$i" 5 | propose "m$i" $((i % 3 + 1)) -q &
	done
	wait
	for i in $(seq 12); do
		same_logs "m$i" 1 2 3
		once 5 "x$i"
	done
	is "$(ctl 2 dump | grep -c ^group)" 12 "groups on node 2"
}
t "twelve groups on one endpoint" t_twelve

# The same name, id, addresses and port once more, on another bridge.
t_twins() {
	local i
	cluster g 3
	for i in 1 2 3; do ip netns add "twin$i"; done
	ip netns add twinbr
	ip -n twinbr link add br0 type bridge mcast_snooping 0 forward_delay 0
	ip -n twinbr link set br0 addrgenmode none up
	for i in 1 2 3; do
		ip -n twinbr link add "v$i" type veth peer name eth0 netns "twin$i"
		ip -n twinbr link set "v$i" addrgenmode none master br0 up
		lab_ns_conf "$i" | ip -n "twin$i" -batch -
	done
	for i in 1 2 3; do
		twin $i up "$RAFT_DIR/g.conf" --node $i --log "$RAFT_DIR/twin$i.log" 2>/dev/null
	done
	twin 1 wait-leader g --timeout 60s >/dev/null
	lines here 20 | propose g 1 -q
	for i in $(seq 20); do echo "there-$i"; done | twin 1 propose -g g -q -
	same_logs g 1 2 3
	once 20 here
	is "$(wc -l <"$TMP/log")" 20 "commands here"
	twin 1 tail -g g --no-follow >"$TMP/log"
	once 20 there
	is "$(wc -l <"$TMP/log")" 20 "commands there"
	refused 4 '' ip netns exec labbr "$RAFT_TOOLS/raftctl" propose -g g nobody
	is "$(ip netns exec labbr ls /sys/class/raft | wc -l)" 0 "groups that another namespace's sysfs shows"
	is "$(ip netns exec n1 ls /sys/class/raft)" g "groups in sysfs of node 1"
}
twin() {
	local i=$1
	shift
	nsenter "--net=/run/netns/twin$i" "$RAFT_TOOLS/raftctl" "$@"
}
t "the same cluster twice in two sets of namespaces" t_twins
