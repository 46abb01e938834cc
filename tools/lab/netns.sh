# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# netns.sh - a cluster's network inside one machine; source it in a guest, as root.
#
#        n1               n2            n<I>: 10.77.0.<I>/24 fd77::<I>/64 on eth0
#     eth0 |           eth0 |
#   ------- v1 - br0 - v2 ------- ...   all of br0 and v<I> in the namespace labbr
#
#   lab_net_up N      makes it, ready to use (no DAD to wait for); quiet
#   lab_net_down      removes it and whatever runs in no other namespace
#   lab_in I CMD...   runs CMD in n<I>, with the /sys of that namespace

lab_ns_conf() { # one namespace's commands for ip -batch
	cat <<-EOF
		link set lo up
		link set eth0 addrgenmode none
		addr add 10.77.0.$1/24 dev eth0
		addr add fd77::$(printf '%x' "$1")/64 dev eth0 nodad
		link set eth0 up
	EOF
}

lab_net_up() {
	LAB_NET_N=$1
	{
		echo netns add labbr
		for lab_i in $(seq "$1"); do echo "netns add n$lab_i"; done
	} | ip -batch - || return
	{
		echo link add br0 type bridge mcast_snooping 0 forward_delay 0
		echo link set br0 addrgenmode none up
		for lab_i in $(seq "$1"); do
			echo "link add v$lab_i type veth peer name eth0 netns n$lab_i"
			echo "link set v$lab_i addrgenmode none master br0 up"
		done
	} | ip -n labbr -batch - || return
	for lab_i in $(seq "$1"); do
		lab_ns_conf "$lab_i" | ip -n "n$lab_i" -batch - || return
	done
}

lab_net_down() {
	for lab_i in $(seq "${LAB_NET_N:-0}"); do
		ip netns del "n$lab_i" 2>/dev/null
	done
	ip netns del labbr 2>/dev/null
	LAB_NET_N=0
}

lab_in() {
	lab_i=$1
	shift
	ip netns exec "n$lab_i" "$@"
}
