#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh - owns what `make check` runs, in which order, and the count at the end.
#
#   check.sh [--long] [STEP...]      all steps, or the named ones
#
# A step prints TAP: "ok - name", "not ok - name", "ok - name # SKIP reason"; numbers
# after ok are optional. A step that exits non-zero without a "not ok" line counts as
# one failure; one that prints no line at all too. Output goes to build/check/STEP.log.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 2
export MAKEFLAGS='' LC_ALL=C
out=build/check
mkdir -p $out
long='' only=()
for a in "$@"; do
	case $a in
	--long) long=1 ;;
	*) only+=("$a") ;;
	esac
done
passed=0 failed=0 skipped=0 t0=$SECONDS
failures=''	# once more at the end: the middle of a long output gets lost

# A line now and then, so that nobody wonders.
heartbeat() {
	local pid=$1 log=$2 n=0
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		n=$((n + 1))
		[ $((n % 30)) -ne 0 ] ||
			printf '      ... %s s: %s\n' $n "$(tail -n 1 "$log" | tr -d '\r' | cut -c1-90)"
	done
}

count() { grep -cE "$1" "$2" || true; }

# What a step said before it failed, and why, and its last words.
explain() {
	echo "      --- around what failed in $1:"
	grep -B 4 -A 40 -E '^not ok\b' "$1" | cut -c1-200 | head -n 150 | sed 's/^/      /'
	echo "      --- its end:"
	tail -n 15 "$1" | cut -c1-200 | sed 's/^/      /'
}

step() {
	local name=$1 log=$out/$1.log rc t=$SECONDS p f s
	shift
	if [ ${#only[@]} -gt 0 ] && [[ ! " ${only[*]} " == *" $name "* ]]; then
		return
	fi
	printf '== %-12s %s\n' "$name" "$*"
	"$@" >"$log" 2>&1 </dev/null &
	local pid=$!
	heartbeat $pid "$log"
	wait $pid
	rc=$?
	f=$(count '^not ok\b' "$log")
	s=$(count '^ok\b.*# *SKIP' "$log")
	p=$(($(count '^ok\b' "$log") - s))
	if [ $rc -ne 0 ] && [ "$f" = 0 ]; then
		echo "not ok - $name exited with $rc" | tee -a "$log"
		f=1
	elif [ $((p + f + s)) = 0 ]; then
		echo "not ok - $name said nothing" | tee -a "$log"
		f=1
	fi
	grep -E '^not ok\b' "$log" | head -20
	[ "$f" = 0 ] || failures+="$(sed -nE "/^not ok\b/s/^/$name: /p" "$log" | head -20)"$'\n'
	grep -E '^ok\b.*# *SKIP' "$log" | sed 's/^/      /' | head -60
	[ "$f" = 0 ] || explain "$log"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	printf '   %-12s %s passed, %s failed, %s skipped, %s s\n' "$name" "$p" "$f" "$s" $((SECONDS - t))
}

step deps tests/steps.sh deps
step build tests/steps.sh build
step style tests/style.sh
step purity tools/lab/purity.sh
step unit tests/steps.sh unit
step scenarios tests/steps.sh scenarios
step mutants tests/steps.sh mutants
step fuzz tests/steps.sh fuzz "${long:+long}"
step formats tests/steps.sh formats "${long:+long}"
step kunit tests/steps.sh kunit um
step module-um tests/steps.sh module_um
step module-cases tests/steps.sh module_cases
step module-vm tests/steps.sh module_vm"${long:+_long}"
[ -n "$long" ] || step poweroff tests/steps.sh poweroff
step logwrites tests/steps.sh logwrites"${long:+_long}"
step histories tests/steps.sh histories"${long:+_long}"
step guard tests/steps.sh guard
if [ -n "$long" ]; then
	step kunit-debug tests/steps.sh kunit um-debug
	step memory tests/steps.sh memory
	step module-mutants tests/steps.sh module_mutants
	step module-windowed tests/steps.sh module_windowed
	step module-debug tests/steps.sh module_debug
	step poweroff tests/steps.sh poweroff_long
	step machines tests/steps.sh machines
	step demo tests/steps.sh demo 1
	step demo-vms tests/steps.sh demo 3
fi
printf '%s' "$failures"
printf 'took %s s; logs are in %s\n' $((SECONDS - t0)) "$out"
printf '%s passed, %s failed, %s skipped\n' $passed $failed $skipped
[ $failed = 0 ] && [ $passed -gt 0 ]
