#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# poweroff.sh - the power fails at a random moment under proposals, again and again, on the
# same disk: every acknowledged command is there exactly once, on every node. TAP on stdout.
#
#   [ROUNDS=3] [SEED=N] poweroff.sh
#
# The acknowledgements are on the host (what raftctl printed, through /mnt/out), where no
# power fails; poweroff-guest.sh compares the log with them after the next boot.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
# shellcheck source=tools/lab/lib.sh
. tools/lab/lib.sh
ROUNDS=${ROUNDS:-3}
RANDOM=${SEED:=$$}
echo "# SEED=$SEED"
make -s tools
ko=$(tools/lab/module.sh stock)
tmp=$(mktemp -d)
vm=''
# QEMU first, so that nobody in the guest is told; then vm.sh, which could boot it again.
power_off() {
	[ ! -s "$tmp/pid" ] || kill -KILL "$(cat "$tmp/pid")" 2>/dev/null || :
	[ -z "$vm" ] || { kill "$vm" && wait "$vm"; } 2>/dev/null || :
	rm -f "$tmp/pid"
	vm=''
}
cleanup() {
	power_off
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir "$tmp/out"
truncate -s 512M "$tmp/disk.img"
mkfs.ext4 -q -F "$tmp/disk.img"

# boot ROUND LAST: until the guest has judged the rounds before, and proposes again.
boot() {
	tools/lab/vm.sh -smp 2 -m 768 -t 1200 --disk "$tmp/disk.img" -o "$tmp/out" --pidfile "$tmp/pid" \
		-e "RAFT_TOOLS=$top/build" -e "RAFT_KO=$ko" -e "LAST=$2" \
		tests/module/poweroff-guest.sh "$1" >"$tmp/log" 2>&1 &
	vm=$!
	until [ -e "$tmp/out/running.$1" ]; do
		kill -0 $vm 2>/dev/null || break
		sleep 0.2
	done
}

# The end of what the guest and vm.sh said, and as the last line where the guest is.
show_log() {
	tail -n 80 "$tmp/log" | sed 's/^/# /'
	grep -a '^stage: ' "$tmp/log" | tail -n 1 | sed 's/^/# the last /'
}

# What vm.sh found out about a boot that hung, although the next one did not.
show_hangs() { ! grep -aq '^vm.sh: the machine hangs' "$tmp/log" || sed 's/^/# /' "$tmp/log"; }

# Each round is judged by the boot that follows.
bad=0
for ((round = 0; round <= ROUNDS; round++)); do
	last=''
	[ "$round" -lt "$ROUNDS" ] || last=1
	boot "$round" "$last"
	if [ ! -e "$tmp/out/good.$round" ]; then
		echo "not ok $((round + 1)) - power-off, round $round"
		show_log
		bad=1
		break
	fi
	show_hangs
	[ "$round" = 0 ] || echo "ok $round - power-off, round $round: $(cat "$tmp/out/good.$round")"
	[ -n "$last" ] && break
	delay=$((RANDOM % 5000 + 500))
	sleep "$((delay / 1000)).$(printf %03d $((delay % 1000)))"
	power_off
done
if [ $bad = 0 ]; then
	rc=0
	wait "$vm" || rc=$?
	vm=''
	[ $rc = 0 ] || { echo "not ok - the last machine ended with $rc"; show_log; bad=1; }
fi
echo "1..$ROUNDS"
exit $bad
