#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vde.sh start|stop DIR - owns an Ethernet switch in DIR for several vm.sh --nic vde:DIR;
# frames never leave the host's unix sockets.
set -eu
. "$(dirname "$0")/lib.sh"

start() {
	"$LAB/deps.sh" vm
	mkdir -p "$1"
	[ ! -S "$1/sw/ctl" ] || die "a switch is already in $1"
	vde_switch -s "$1/sw" -d -p "$1/pid" >/dev/null </dev/null
	for _ in $(seq 50); do
		[ ! -S "$1/sw/ctl" ] || return 0
		sleep 0.1
	done
	die "the switch in $1 did not start"
}

stop() {
	[ ! -s "$1/pid" ] || kill "$(cat "$1/pid")" 2>/dev/null || :
	rm -rf "$1/sw" "$1/pid"
}

dir=$(readlink -m -- "${2:?usage: vde.sh start|stop DIR}")
case $1 in
start | stop) "$1" "$dir" ;;
*) die "usage: vde.sh start|stop DIR" ;;
esac
