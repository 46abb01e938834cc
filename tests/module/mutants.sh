#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutants.sh [NAME...] - deliberate mistakes of the module's shell (RAFT_MUTANT() outside
# kmod/core), in a build with fault hooks: one of the named tests must fail. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 2
export TEST_FAULTS=1 RAFT_PATIENCE=${RAFT_PATIENCE:-20} TEST_LIMIT=${TEST_LIMIT:-150} WINDOW_N=2000
out=build/module-mutants
mkdir -p $out

# name, kernel, tests, in words
mistakes() {
	cat <<-END
	shell-evict-never um t_window_bounded nothing leaves the memory
	shell-evict-copies um t_window_copies which of what leaves were copies is not noted
	shell-evict-undurable um t_window_undurable what is not on the disk leaves
	shell-evict-unapplied um t_window_undurable what is not applied leaves
	shell-full-at-once um t_snap_retain_waits a log that the kernel cuts by itself is said to be full
	END
}

bad=0 n=0
while read -r name kernel test what; do
	[ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
	n=$((n + 1))
	RAFT_MUTANT=$name tests/module/host.sh "$kernel" "$test" >$out/"$name" 2>&1 </dev/null
	if grep -q '^not ok' $out/"$name"; then
		echo "ok $n - $name found by $test: $(sed -n '/^not ok/{n;s/^# //p;q}' $out/"$name" | cut -c1-100)"
	else
		echo "not ok $n - $name: $what: not found by $test, see $out/$name"
		bad=1
	fi
done < <(mistakes)
exit $bad
