# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# stress.sh - owns what keeps a machine from running who should run; source it in a guest
# after systems.sh.
#
#   stress_run NAME SECONDS     returns when it is over
#
#   none     nothing
#   busy     four busy processes for each processor
#   fifo1, fifo50   one busy process on each processor, SCHED_FIFO, that priority
#   leader50 one such process of priority 50 on a processor that the leader has to share, and
#            the other two nodes need not: a cluster of which one machine is busy
#   memory   processes write to more memory than there is, over and over, and a disk to swap to
#   leadermem  the leader's process, if it has one, gets 32 MiB more than it has, and shares that
#            with one that writes to 64: page-ins on one machine of three
#   io       on each node's disk two processes that write 64 KiB and call fsync(), without end
#   leaderio four of them on the leader's disk alone
#   flood    a process for each processor sends datagrams to the leader's port as fast as it can
#   fork     processes that fork and end, four parents for each processor
#
# The processor is given to a SCHED_FIFO process for ever, but for what the kernel keeps for
# others: /proc/sys/kernel/sched_rt_runtime_us of each sched_rt_period_us, 0.95 s of each
# second as it comes; then no real-time process of that processor runs for the rest.

# for_a_while SECONDS CMD...: the first to go when memory is short; ended by one above all.
for_a_while() {
	( echo 1000 >/proc/self/oom_score_adj; exec chrt -f 95 timeout -s KILL "$1" chrt -o 0 "${@:2}" ) >/dev/null 2>&1 &
	stressors+=($!)
}

LOOP='while :; do :; done'

stress_busy() {
	local i
	for ((i = 0; i < 4 * $(nproc); i++)); do for_a_while "$1" sh -c "$LOOP"; done
}

stress_fifo() { # stress_fifo SECONDS PRIORITY
	local cpu
	for ((cpu = 0; cpu < $(nproc); cpu++)); do
		for_a_while "$1" taskset -c "$cpu" chrt -f "$2" sh -c "$LOOP"
	done
}
stress_fifo1() { stress_fifo "$1" 1; }
stress_fifo50() { stress_fifo "$1" 50; }

stress_leader50() {
	"${system:?}_apart"
	for_a_while "$1" taskset -c 0 chrt -f 50 sh -c "$LOOP"
}

swap_on() { [ -n "$(swapon --noheadings)" ] || swapon "$(blkid -t TYPE=swap -o device | head -n 1)"; }

stress_memory() {
	local kib
	swap_on
	kib=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
	for_a_while "$1" stress-ng --vm 2 --vm-bytes "$((kib * 65 / 100))k" --vm-keep --vm-method zero-one
}

stress_leadermem() {
	local group
	group=$(node_group "${leader:?}")
	swap_on
	echo $(($(cat "$group/memory.current") + (32 << 20))) >"$group/memory.max"
	for_a_while "$1" sh -c "echo \$\$ >$group/cgroup.procs; exec stress-ng --vm 1 --vm-bytes 64m --vm-keep --vm-method zero-one"
}

fsync_on() { # fsync_on SECONDS NODE PROCESSES
	mkdir -p "/srv/disk/$2/stress"
	for_a_while "$1" stress-ng --temp-path "/srv/disk/$2/stress" --hdd "$3" --hdd-bytes 16m \
		--hdd-write-size 64k --hdd-opts wr-seq,fsync
}

stress_io() {
	local i
	for i in 1 2 3; do fsync_on "$1" $i 2; done
}

stress_leaderio() { fsync_on "$1" "${leader:?}" 4; }

stress_flood() {
	local i from=$((${leader:?} % 3 + 1))
	for ((i = 0; i < $(nproc); i++)); do
		for_a_while "$1" nsenter "--net=/run/netns/n$from" \
			socat -u -b 64 OPEN:/dev/zero "UDP4-SENDTO:10.77.0.$leader:7000"
	done
}

stress_fork() { for_a_while "$1" stress-ng --fork $((4 * $(nproc))); }

stress_none() { sleep "$1"; }

stress_run() {
	local pid
	stressors=()
	"stress_$1" "$2"
	for pid in ${stressors[@]+"${stressors[@]}"}; do wait "$pid" 2>/dev/null || :; done
	rm -rf /srv/disk/?/stress
	swapoff -a
	# Those of a killed stress-ng whose parent could not tell them.
	killall -q -KILL stress-ng stress-ng-vm stress-ng-hdd stress-ng-fork 2>/dev/null || :
}
