#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# guest.sh RUNNER FILE... - in the guest: namespaces, module, scenarios.
. "$(dirname "$0")/../netns.sh"
runner=$1
shift
nodes=$("$runner" --count-nodes "$@") || exit 2
insmod "${RAFT_KO:?}" || exit 2
lab_net_up "$nodes" || exit 2
# Who is where is known: no ARP, whose first packet waits for the answer.
for i in $(seq "$nodes"); do
	for j in $(seq "$nodes"); do
		[ "$i" = "$j" ] || echo "neigh replace 10.77.0.$j lladdr $(
			ip netns exec "n$j" cat /sys/class/net/eth0/address
		) nud permanent dev eth0"
	done | ip -n "n$i" -batch - || exit 2
done
# The links come up by and by.
sleep 2
"$runner" "$nodes" "$@"
rc=$?
lab_net_down
rmmod raft || rc=2
exit $rc
