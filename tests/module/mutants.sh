#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutants.sh [NAME...] - deliberate mistakes of the module's shell (RAFT_MUTANT() outside
# kmod/core), in a build with fault hooks: the named test must fail. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 2
export TEST_FAULTS=1 RAFT_PATIENCE=${RAFT_PATIENCE:-20} TEST_LIMIT=${TEST_LIMIT:-150} WINDOW_N=2000
out=build/module-mutants
mkdir -p $out

# name, kernel, test or kunit:CASE, in words
mistakes() {
	cat <<-END
	shell-evict-never um t_window_bounded nothing leaves the memory
	shell-evict-copies um t_window_copies which of what leaves were copies is not noted
	shell-evict-held um kunit:evict_held an entry leaves while somebody looks at it
	shell-evict-seen um kunit:evict_held an entry that is about to leave is found
	shell-evict-undurable um t_window_undurable what is not on the disk leaves
	shell-evict-unapplied um t_window_undurable what is not applied leaves
	shell-full-at-once um t_snap_retain_waits a log that the kernel cuts by itself is said to be full
	shell-room-untold um t_snap_retain_waits who waits for room hears of none
	shell-refill-never um t_memory_nowait nobody who may wait for memory fetches some for the log
	shell-chunks-kept um t_window_returns memory of a log that was cut stays
	shell-parts-once um kunit:raft_remote_test_memory no more memory is fetched for parts of messages
	shell-parts-stale um kunit:raft_parts_test_lent it is lent with what another group had in it
	shell-parts-early um kunit:raft_remote_test_rest it goes back while it is needed
	shell-area-kept um kunit:borrowed a log keeps what it borrowed
	END
}

# broken NAME KERNEL TEST: the test runs with the mistake.
broken() {
	local ko
	export RAFT_MUTANT=$1
	case $3 in
	kunit:*)
		ko=$(tools/lab/module.sh "$2" --faults)
		tools/lab/um.sh -t 900 -e RAFT_MUTANT tests/kunit.sh "$(dirname "$ko")"
		;;
	*) tests/module/host.sh "$2" "$3" ;;
	esac
}

bad=0 n=0
while read -r name kernel test what; do
	[ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
	n=$((n + 1))
	(broken "$name" "$kernel" "$test") >$out/"$name" 2>&1 </dev/null
	found='^not ok'
	[[ $test != kunit:* ]] || found="^not ok.*${test#kunit:}"
	if grep -q "$found" $out/"$name"; then
		echo "ok $n - $name found by $test: $(sed -n '/^not ok/{n;s/^# //p;q}' $out/"$name" | cut -c1-100)"
	else
		echo "not ok $n - $name: $what: not found by $test, see $out/$name"
		bad=1
	fi
done < <(mistakes)
exit $bad
