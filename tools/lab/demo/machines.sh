# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # what the caller sets is listed below
# machines.sh - owns the virtual machines of a story that is told on the host, and how
# a node in them is asked to do something; source it after lib.sh.
#
#   $VMS 1 or 3    $NODES (1 2 3)    $tmp for everything    $ko raft.ko    $top the work tree
#   machine_trouble TEXT      what to do when a machine died or a node could not; exits
#
#   machines_new              empty disks, the switch; the numbers are in $machines
#   switch_on VM    wait_ready VM...    power_off VM    machines_off
#   ask NODE SCRIPT    learn NODE SCRIPT (to $REPLY)    send NODE SCRIPT, answer NODE N
#
# What a SCRIPT can use is in agent.sh and cluster.sh.

pids=()					# of each machine's vm.sh
request=0				# number of the last one
machines=()

machines_new() {
	local vm
	machines=(1)
	if [ "$VMS" = 3 ]; then
		machines=("${NODES[@]}")
		"$LAB/vde.sh" start "$tmp/vde"
	fi
	for vm in "${machines[@]}"; do
		rm -f "$tmp/disk$vm.img"
		truncate -s 256M "$tmp/disk$vm.img"
		mkfs.ext4 -q -F "$tmp/disk$vm.img"
	done
}

machines_off() {
	local vm
	for vm in "${!pids[@]}"; do power_off "$vm"; done
	[ ! -e "$tmp/vde" ] || "$LAB/vde.sh" stop "$tmp/vde"
}

vm_of() { if [ "$VMS" = 1 ]; then echo 1; else echo "$1"; fi; }

# Hard: the emulator is killed, nothing is synced, nobody is told. Then vm.sh, which could
# boot it again.
power_off() {
	local pidfile=$tmp/vm$1/pid
	[ ! -s "$pidfile" ] || kill -KILL "$(cat "$pidfile")" 2>/dev/null || :
	[ -z "${pids[$1]:-}" ] || { kill "${pids[$1]}" && wait "${pids[$1]}"; } 2>/dev/null || :
	rm -f "$pidfile"
	unset "pids[$1]"
}

switch_on() { # switch_on VM: in the background
	local vm=$1 opt=(-smp 2 -m 768) nodes=("${NODES[@]}")
	if [ "$VMS" = 3 ]; then
		opt=(-smp 1 -m 512 --nic "vde:$tmp/vde" --mac "52:54:00:77:00:0$vm")
		nodes=("$vm")
	fi
	rm -rf "$tmp/vm$vm"
	mkdir -p "$tmp/vm$vm"
	"$LAB/vm.sh" "${opt[@]}" -t 3600 --disk "$tmp/disk$vm.img" -o "$tmp/vm$vm" \
		--pidfile "$tmp/vm$vm/pid" --monitor "$tmp/vm$vm/monitor" -e "RAFT_TOOLS=$top/build" -e "RAFT_KO=$ko" \
		"$LAB/demo/agent.sh" "${nodes[@]}" >"$tmp/vm$vm.log" 2>&1 &
	pids[vm]=$!
}

wait_ready() {
	local vm
	for vm; do
		until [ -e "$tmp/vm$vm/ready" ]; do
			if [ -e "$tmp/vm$vm/failed" ] || ! kill -0 "${pids[$vm]}" 2>/dev/null; then
				cat "$tmp/vm$vm.log" >&2
				return 1
			fi
			sleep 0.2
		done
		grep -a '^vm.sh:' "$tmp/vm$vm.log" >&2 || :	# it may have booted more than once
	done
}

# ask NODE SCRIPT: runs it where the node is; its stdout. asking is the same, later:
# send NODE SCRIPT, number of the request in $request; answer NODE REQUEST.
send() {
	local dir
	dir=$tmp/vm$(vm_of "$1")
	request=$((request + 1))
	printf '%s\n' "$2" >"$dir/$request.new"
	mv "$dir/$request.new" "$dir/$request.cmd"
}

answer() {
	local dir
	dir=$tmp/vm$(vm_of "$1")
	until [ -e "$dir/$2.rc" ]; do
		kill -0 "${pids[$(vm_of "$1")]}" 2>/dev/null || {
			cat "$tmp/vm$(vm_of "$1").log" >&2
			machine_trouble "the machine of node $1 died"
		}
		sleep 0.05
	done
	cat "$dir/$2.out"
	[ "$(cat "$dir/$2.rc")" = 0 ] || {
		sed 's/^/       /' "$dir/$2.err" >&2
		return 1
	}
}

ask() {
	send "$1" "$2"
	answer "$1" "$request" >"$tmp/answer" || machine_trouble "node $1 could not: $2"
	cat "$tmp/answer"
}

# $request would be lost in a subshell: the answer goes to the variable REPLY.
learn() { ask "$1" "$2" >"$tmp/reply" && REPLY=$(cat "$tmp/reply"); }
