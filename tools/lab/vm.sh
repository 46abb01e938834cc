#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vm.sh - owns one run of a script, as root, under a Debian kernel in QEMU.
#
#   vm.sh [options] SCRIPT [ARGS]
#   --kernel NAME      stock (Debian 12's 6.1, default) or stock-6.12
#   -smp N             default 2          -m, --mem MIB      default 1024
#   -t, --timeout S    default 600        -o, --out DIR      writable there as /mnt/out
#   -e, --env N[=V]    a variable for the script (repeated)
#   --disk FILE        raw image: /dev/vda, vdb, ... (repeated)
#   --nvme FILE        the same, as a disk that writes through its cache when asked to (FUA),
#                      which virtio does not: /dev/nvme0n1, nvme1n1, ... (repeated)
#   --nic vde:DIR      on the switch that vde.sh made in DIR: eth0, eth1, ... (repeated)
#   --mac MAC          of the --nic before it
#   --monitor SOCK     QEMU's monitor: echo quit | socat - unix:SOCK is a hard power-off
#   --pidfile FILE     QEMU's process id: kill -9 is a hard power-off, too
#   -i                 interactive; SCRIPT defaults to a shell
#   -v                 the kernel log to stderr while it runs
#   --append WORDS     to the kernel's command line
#
# The guest sees the host's files (writes stay in its memory) and runs SCRIPT in the
# caller's directory; stdout is what it prints. Exit code: the script's, or 125 if the
# kernel died or logged a BUG, WARNING, stall ..., 124 timed out, 123 switched off.
# Expected lines: the script appends regular expressions to the file $LAB_EXPECT.
# Emulates (TCG) unless RAFT_KVM=1.
#
# A machine that has not come to the script and logs nothing for RAFT_BOOT_LIMIT seconds
# (180; 10 are normal for all of the boot) hangs. That says nothing about what the script
# tests: what it is at goes to stderr, and it is booted once more, at most twice; then it
# is timed out. Nothing is ever repeated once the script runs, or if somebody else ended
# QEMU. So --pidfile may name another process after a while: who switches off a machine
# that may still boot, ends vm.sh too.
set -eu
. "$(dirname "$0")/lib.sh"

kernel=stock smp=2 mem=1024 timeout=600 out='' tty='' verbose='' append='' ENVS=() dev=()
disks=0 nics=0 pidfile=''
boot_limit=${RAFT_BOOT_LIMIT:-180} boots=3

add_disk() { # add_disk DEVICE FILE
	local file
	file=$(readlink -f -- "$2")
	[ -e "$file" ] || die "no such disk image: $2"
	dev+=(-drive "file=${file//,/,,},if=none,id=d$disks,format=raw,cache=writeback,discard=unmap"
		-device "$1,drive=d$disks,serial=disk$disks")
	disks=$((disks + 1))
}

# The network card's -device is the last word of dev until --mac or the end.
add_nic() {
	local dir=${1#vde:}
	[ "$dir" != "$1" ] || die "--nic vde:DIR, not $1"
	[ -S "$dir/sw/ctl" ] || die "no switch in $dir: vde.sh start $dir"
	dev+=(-netdev "vde,id=n$nics,sock=$dir/sw" -device
		"virtio-net-pci,netdev=n$nics,mac=52:54:00:$(printf '%02x:%02x:%02x' $((RANDOM % 256)) $((RANDOM % 256)) "$nics")")
	nics=$((nics + 1))
}

set_mac() {
	[ "$nics" -gt 0 ] || die "--mac comes after its --nic"
	dev[-1]="virtio-net-pci,netdev=n$((nics - 1)),mac=$1"
}

while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=$2; shift ;;
	-smp | --smp) smp=$2; shift ;;
	-m | --mem) mem=${2%[mM]}; shift ;;
	-t | --timeout) timeout=$2; shift ;;
	-o | --out) out=$(readlink -f -- "$2"); shift ;;
	-e | --env) ENVS+=("$2"); shift ;;
	--disk) add_disk virtio-blk-pci "$2"; shift ;;
	--nvme) add_disk nvme "$2"; shift ;;
	--nic) add_nic "$2"; shift ;;
	--mac) set_mac "$2"; shift ;;
	--monitor) dev+=(-monitor "unix:$2,server=on,wait=off"); shift ;;
	--pidfile) pidfile=$2; shift ;;
	-i) tty=1 ;;
	-v) verbose=1 ;;
	--append) append+=" $2"; shift ;;
	--) shift; break ;;
	-*) die "no such option: $1" ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || [ -z "$tty" ] || set -- /bin/bash
[ $# -gt 0 ] || die "which script? see the top of this file"
script=$(script_path "$1")
shift
[ -z "$out" ] || [ -d "$out" ] || die "no such directory: $out"

"$LAB/deps.sh" vm
paths=$("$LAB/kernel.sh" "$kernel") || die "no kernel"
eval "$paths"
initrd=$("$LAB/initrd.sh" "$KVER" "$MODULES")

ctl=$(mktemp -d)
pid='' tail=''
cleanup() {
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || :
	[ -z "$tail" ] || kill "$tail" 2>/dev/null || :
	rm -rf "$ctl"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$ctl/out"
pidfile=${pidfile:-$ctl/pid}
[ -z "$tty" ] || ENVS=("TERM=${TERM:-linux}" ${ENVS[@]+"${ENVS[@]}"})
command_file "$ctl" "$script" "$@"

share() { # share TAG DIR RO: a directory of the host, for the guest to mount as TAG
	dev+=(-fsdev "local,id=$1,path=${2//,/,,},security_model=none,readonly=$3,multidevs=remap"
		-device "virtio-9p-pci,fsdev=$1,mount_tag=$1")
}
share host / on
share ctl "$ctl" off
share out "${out:-$ctl/out}" off
accel=(-accel "tcg,thread=multi" -cpu max)
[ "${RAFT_KVM:-}" != 1 ] || accel=(-accel kvm -cpu host)
# norandmaps: TCG keeps what it translated by physical page and virtual address. With each
# process at other addresses a page of a library has thousands of translations after a
# while, and when it becomes something else each store to it looks for them: clearing such a
# page has taken 7 s, in which that processor did nothing else.
words="console=ttyS0 loglevel=5 panic=-1 oops=panic net.ifnames=0 nokaslr mitigations=off"
words+=" norandmaps no_timer_check tsc=reliable random.trust_cpu=on rcupdate.rcu_cpu_stall_timeout=60"
words+=" watchdog_thresh=60 cryptomgr.notests sysrq_always_enabled lab_dir=$LAB lab_modules=$MODULES/lib/modules/$KVER"
words+="${tty:+ lab_tty=1}$append"

touch "$ctl/klog"
if [ -n "$verbose" ]; then
	tail -f "$ctl/klog" >&2 </dev/null &
	tail=$!
fi
if [ -n "$tty" ]; then
	relay=''
	exec 4>&1 5<&0
else
	exec 4> >(exec cat) 5</dev/null
	relay=$!
fi

# switch_on: QEMU in the background. Its first serial line takes the keys of explain.
switch_on() {
	t0=$SECONDS status=0
	timeout ${tty:+--foreground} -k 5 "$timeout" qemu-system-x86_64 "${accel[@]}" -smp "$smp" -m "$mem" \
		-nodefaults -no-user-config -no-reboot -display none -pidfile "$pidfile" \
		-kernel "$VMLINUZ" -initrd "$initrd" -append "$words" \
		-monitor "unix:$ctl/monitor,server=on,wait=off" \
		-chardev "socket,id=klog,path=$ctl/ttyS0,server=on,wait=off,logfile=$ctl/klog" -serial chardev:klog \
		-chardev stdio,id=con,signal=off -device virtio-serial-pci -device virtconsole,chardev=con \
		-device isa-debug-exit,iobase=0xf4,iosize=0x04 -device virtio-rng-pci \
		"${dev[@]}" <&5 >&4 4>&- 5>&- &
	pid=$!
}

# booted: until guest-init begins with the script or QEMU is gone; fails if the kernel's log
# stands still for too long. On a busy host all of a boot may take longer than that.
booted() {
	local last=$SECONDS
	until [ -e "$ctl/started" ]; do
		kill -0 "$pid" 2>/dev/null || return 0
		[ ! "$ctl/klog" -nt "$ctl/seen" ] || { touch -r "$ctl/klog" "$ctl/seen"; last=$SECONDS; }
		[ $((SECONDS - last)) -lt "$boot_limit" ] || return 1
		sleep 0.2
	done
}

monitor() { printf '%s\n' "$@" | timeout 10 socat -t 1 - "unix:$ctl/monitor" | tr -d '\r' | grep -av '^(qemu)'; }

# explain: what a machine that hangs is at: QEMU's threads, the processors and their timers,
# twice, a second apart; from its kernel, if it answers to SysRq, the processors' stacks (l)
# and those of tasks that wait in the kernel (w), for all of which loglevel 8 is needed.
explain() {
	local key
	for _ in 1 2; do
		monitor "info status" "info registers -a" | grep -aE '^VM status|^CPU#|^[ER]IP=' || :
		ps -L -o tid,stat,time,wchan:24,comm -p "$(cat "$pidfile")"
		sleep 1
	done
	for ((key = 0; key < smp; key++)); do monitor "info lapic $key" || :; done | grep -aE '^dumping|^(LVTT|Timer|ISR|IRR)\b' || :
	for key in 8 l w; do
		monitor "chardev-send-break klog" >/dev/null || :
		printf %s $key | timeout 10 socat -u - "unix:$ctl/ttyS0" || :
		sleep 1
	done
	echo "The end of the kernel log:"
	tail -n 200 "$ctl/klog"
}

# boot_again: ends a machine that hangs; fails if it must not be booted once more.
boot_again() {
	say "the machine hangs: not at the script after $((SECONDS - t0)) s, and its kernel logs nothing"
	explain 2>&1 | sed 's/^/# /' >&2
	# Failing, somebody else was faster.
	kill -KILL "$(cat "$pidfile")" 2>/dev/null || return
	wait "$pid" 2>/dev/null || status=$?
	pid='' boots=$((boots - 1))
	rm -f "$pidfile"
	if [ $boots = 0 ] || [ -e "$ctl/started" ]; then
		touch "$ctl/timeout"
		return 1
	fi
	say "QEMU was killed; it starts once more, $boots time(s) at most"
}

switch_on
[ -n "$tty" ] || until booted; do
	boot_again || break
	switch_on
done
exec 4>&- 5>&-
[ -z "$pid" ] || wait "$pid" 2>/dev/null || status=$?
pid=''
[ $((SECONDS - t0)) -lt "$timeout" ] || touch "$ctl/timeout"
[ -z "$relay" ] || wait "$relay" || :
verdict "$ctl" "$status"
