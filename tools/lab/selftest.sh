#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# selftest.sh [um] [debug] [vm] [vde] [6.12] - does the lab work here? TAP on stdout; all
# of it takes some five minutes once the kernels are in the cache.
set -eu
. "$(dirname "$0")/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
count=0 failed=0

# ok NAME EXPECTED CMD...: CMD exits with EXPECTED; its output goes to $tmp/log.
ok() {
	local name=$1 want=$2 rc=0 t0=$SECONDS
	shift 2
	"$@" >"$tmp/log" 2>&1 || rc=$?
	count=$((count + 1))
	if [ "$rc" = "$want" ]; then
		echo "ok $count - $name # $((SECONDS - t0)) s"
	else
		echo "not ok $count - $name: exit code $rc, not $want"
		sed 's/^/# /' "$tmp/log"
		failed=$((failed + 1))
	fi
}

# script NAME: stdin is a guest script.
script() {
	{
		echo '#!/bin/bash'
		cat
	} >"$tmp/$1"
	chmod +x "$tmp/$1"
}

write_module() {
	mkdir "$tmp/module"
	echo 'obj-m += labself.o' >"$tmp/module/Kbuild"
	cat >"$tmp/module/labself.c" <<-'EOF'
		// SPDX-License-Identifier: GPL-2.0
		/* Goes wrong in the way that the parameter says. */
		#include <linux/delay.h>
		#include <linux/module.h>
		#include <linux/slab.h>
		#include <linux/spinlock.h>

		static char *fault = "none";
		module_param(fault, charp, 0);
		static DEFINE_SPINLOCK(lock);
		static char *volatile p;

		static int __init labself_init(void)
		{
			WARN_ON(!strcmp(fault, "warn"));
			if (!strcmp(fault, "panic"))
				panic("labself");
			if (!strcmp(fault, "oops"))
				WRITE_ONCE(*(int *)8, 1);
			if (!strcmp(fault, "uaf")) {
				p = kmalloc(8, GFP_KERNEL);
				kfree(p);
				p[0]++;
			}
			if (!strcmp(fault, "leak")) {
				p = kmalloc(99, GFP_KERNEL);
				p = NULL;
			}
			if (!strcmp(fault, "atomic")) {
				spin_lock(&lock);
				msleep(1);
				spin_unlock(&lock);
			}
			return 0;
		}

		static void __exit labself_exit(void)
		{
		}

		module_init(labself_init);
		module_exit(labself_exit);
		MODULE_DESCRIPTION("planted faults for the lab's self-test");
		MODULE_LICENSE("GPL");
	EOF
}

# module KERNEL...: builds the module for a kernel; $ko is what to load.
module() {
	local KVER ARCH KDIR paths
	[ -d "$tmp/module" ] || write_module
	paths=$("$LAB/kernel.sh" "$@")
	eval "$paths"
	ko=$tmp/${*// /-}/labself.ko
	cp -r "$tmp/module" "${ko%/*}"
	ok "module for $KVER builds" 0 make -s -C "$KDIR" ARCH="$ARCH" M="${ko%/*}" modules
}

write_scripts() {
	script args <<-'EOF'
		[ "$#:$1:$2:$VAR" = '2:a  b:$x "y" \:v "1"' ] || exit 1
		[ "$PWD" = "$HOST_PWD" ] || exit 2
		echo there >/mnt/out/file && echo overlay >/etc/raft-lab || exit 3
		[ ! -e /dev/vda ] && [ ! -e /dev/ubda ] || exit 4
		if read -r line; then exit 5; fi
		exit 42
	EOF
	script exit <<-'EOF'
		exit "$1"
	EOF
	script load <<-'EOF'
		[ -z "$3" ] || echo "$3" >>"$LAB_EXPECT"
		insmod "$1" fault="$2" || exit 1
		rmmod labself
	EOF
	script net <<-EOF
		. "$LAB/netns.sh"
		lab_net_up 3 || exit 1
		lab_in 1 ping -q -c 2 -i 0.2 10.77.0.3 || exit 2
		lab_in 1 ping -q -c 2 -i 0.2 fd77::3 || exit 3
		printf '%s\n' 'table inet t { chain c { type filter hook output priority 0' \
			'udp dport 7000 @th,64,32 0x01020304 counter drop' \
			'ip daddr 10.77.0.1 numgen random mod 100 >= 0 drop' '}' '}' \
			'table netdev d { chain c { type filter hook ingress device eth0 priority 0' \
			'udp dport 7001 drop' '}' '}' | lab_in 3 nft -f - || exit 4
		lab_in 3 ping -q -c 1 -W 1 10.77.0.1 && exit 5
		lab_in 2 tc qdisc add dev eth0 root netem delay 20ms loss 1% || exit 6
		lab_net_down
		[ -z "\$(ip netns list)" ]
	EOF
	script sleep <<-'EOF'
		touch /mnt/out/sleeping
		sleep 3600
	EOF
	script disk <<-'EOF'
		disk=/dev/vda
		[ -e $disk ] || disk=/dev/ubda
		[ "$1" = read ] || mkfs.ext4 -q $disk || exit 1
		mount $disk /srv || exit 2
		[ "$1" != read ] || exec grep -q hello /srv/file
		echo hello >/srv/file
		sync /srv/file
		touch /mnt/out/written
		sleep 3600
	EOF
	script dm <<-'EOF'
		disk=/dev/vda
		[ -e $disk ] || disk=/dev/ubda
		dmsetup create err --table '0 64 error' || exit 1
		dmsetup create flaky --table "0 2048 flakey $disk 0 5 5" || exit 2
		dmsetup create delay --table "0 2048 delay $disk 0 5" || exit 3
		dmsetup create log --table "0 2048 log-writes $disk /dev/mapper/delay" || exit 4
		dmsetup remove_all
	EOF
	script ping <<-'EOF'
		ip addr add "10.88.0.$1/24" dev eth0
		ip link set eth0 up
		ping -q -c 300 -i 0.5 -w 120 "10.88.0.$2" >/dev/null &
		until ping -q -c 3 -i 0.2 -W 2 "10.88.0.$2"; do
			[ $((tries += 1)) -lt 40 ] || exit 1
			sleep 1
		done
		sleep 3		# the other one may be slower
	EOF
}

# until_there FILE: a guest made it; gives up after two minutes.
until_there() {
	for _ in $(seq 600); do
		[ ! -e "$1" ] || return 0
		sleep 0.2
	done
	say "$1 did not appear"
	return 1
}

# What both machines must do: guest RUNNER...
common() {
	local tag=$1
	shift
	mkdir "$tmp/out-$tag"
	# shellcheck disable=SC1003,SC2016
	ok "$tag: arguments, environment, directory, exit code" 42 \
		"$@" -o "$tmp/out-$tag" -e 'VAR=v "1"' -e HOST_PWD="$PWD" "$tmp/args" 'a  b' '$x "y" \'
	ok "$tag: writable directory" 0 test -s "$tmp/out-$tag/file"
	ok "$tag: a module loads" 0 "$@" "$tmp/load" "$ko" none
	ok "$tag: a warning is noticed" 125 "$@" "$tmp/load" "$ko" warn
	ok "$tag: an expected warning is not" 0 "$@" "$tmp/load" "$ko" warn 'WARNING:.*labself_init'
	ok "$tag: a panic is noticed" 125 "$@" "$tmp/load" "$ko" panic
	ok "$tag: an oops is noticed" 125 "$@" "$tmp/load" "$ko" oops
	ok "$tag: namespaces, nft, netem" 0 "$@" "$tmp/net"
	truncate -s 64M "$tmp/dm.img"
	ok "$tag: device mapper" 0 "$@" --disk "$tmp/dm.img" "$tmp/dm"
	ok "$tag: a time limit" 124 "$@" -t 15 "$tmp/sleep"
}

test_um() {
	module um
	common um "$LAB/um.sh"
	ok "um: simulated time" 0 "$LAB/um.sh" -t 60 --time-travel "$tmp/sleep"
}

test_debug() {
	module um-debug
	ok "debug: a module loads, nothing leaks" 0 "$LAB/um.sh" -d "$tmp/load" "$ko" none
	ok "debug: use after free" 125 "$LAB/um.sh" -d --no-leaks "$tmp/load" "$ko" uaf
	ok "debug: sleeping while atomic" 125 "$LAB/um.sh" -d --no-leaks "$tmp/load" "$ko" atomic
	ok "debug: leak" 125 "$LAB/um.sh" -d "$tmp/load" "$ko" leak
}

test_vm() {
	local pid
	module stock
	common vm "$LAB/vm.sh"
	test_vm_hangs
	truncate -s 64M "$tmp/disk.img"
	"$LAB/vm.sh" --disk "$tmp/disk.img" --monitor "$tmp/mon" --pidfile "$tmp/pid" -o "$tmp" \
		"$tmp/disk" write >/dev/null 2>&1 &
	pid=$!
	ok "vm: a disk is written" 0 until_there "$tmp/written"
	echo quit | socat - "unix:$tmp/mon" >/dev/null
	ok "vm: hard power-off" 123 wait "$pid"
	ok "vm: the disk kept it" 0 "$LAB/vm.sh" --disk "$tmp/disk.img" "$tmp/disk" read
}

# What vm.sh does with a machine that does not come to the script. Only those that never
# would have a short limit.
test_vm_hangs() {
	local pid never=(--append "rdinit=/none root=/dev/none rootwait")
	ok "vm: a boot that hangs is tried three times" 124 \
		logged env RAFT_BOOT_LIMIT=5 "$LAB/vm.sh" "${never[@]}" "$tmp/args"
	ok "vm: and that is said" 0 said 3 2

	# Paused by its monitor: this boot hangs, the next one does not.
	rm -f "$tmp/mon" "$tmp/pid"
	logged env RAFT_BOOT_LIMIT=90 "$LAB/vm.sh" --monitor "$tmp/mon" --pidfile "$tmp/pid" "$tmp/exit" 42 &
	pid=$!
	ok "vm: it starts" 0 until_there "$tmp/pid"
	until_there "$tmp/mon"
	echo stop | socat - "unix:$tmp/mon" >/dev/null
	ok "vm: a boot that hangs once" 42 wait "$pid"
	ok "vm: and that is said" 0 said 1 1

	rm -f "$tmp/pid"
	logged "$LAB/vm.sh" "${never[@]}" --pidfile "$tmp/pid" "$tmp/args" &
	pid=$!
	ok "vm: it starts" 0 until_there "$tmp/pid"
	kill -KILL "$(cat "$tmp/pid")"
	ok "vm: a power-off while it boots" 123 wait "$pid"
	ok "vm: and it is not booted again" 0 said 0 0
}

logged() { "$@" >"$tmp/vm.log" 2>&1; }

# said HANGS BOOTS: so often, of what was logged.
said() {
	cat "$tmp/vm.log"
	[ "$(grep -c '^vm.sh: the machine hangs' "$tmp/vm.log")" = "$1" ] &&
		[ "$(grep -c '^vm.sh: QEMU was killed; it starts once more' "$tmp/vm.log")" = "$2" ]
}

test_vde() {
	local pid
	ok "vde: switch starts" 0 "$LAB/vde.sh" start "$tmp/vde"
	"$LAB/vm.sh" -smp 1 -m 512 --nic "vde:$tmp/vde" --mac 52:54:00:00:00:01 "$tmp/ping" 1 2 >"$tmp/log1" 2>&1 &
	pid=$!
	ok "vde: two machines ping, the second" 0 \
		"$LAB/vm.sh" -smp 1 -m 512 --nic "vde:$tmp/vde" --mac 52:54:00:00:00:02 "$tmp/ping" 2 1
	ok "vde: two machines ping, the first" 0 wait "$pid"
	ok "vde: switch stops" 0 "$LAB/vde.sh" stop "$tmp/vde"
}

test_6.12() {
	module stock-6.12
	ok "6.12: a module loads" 0 "$LAB/vm.sh" --kernel stock-6.12 "$tmp/load" "$ko" none
	ok "6.12: namespaces, nft, netem" 0 "$LAB/vm.sh" --kernel stock-6.12 "$tmp/net"
}

cd "$tmp"
write_scripts
[ $# -gt 0 ] || set -- um debug vm vde 6.12
for part in "$@"; do "test_$part"; done
echo "1..$count"
[ "$failed" = 0 ]
