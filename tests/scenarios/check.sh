#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh sim|lab - all scenarios: on the pure core (make sim first), or on the real
# module in user-mode Linux.  What belongs to later versions (notyet/) must be refused
# as "not yet".  Exit code 0 if all is as it should be.
set -eu
cd "$(dirname "$0")/../.."
least=40	# scenarios that must pass on the module

sim() {
	local bin=${RAFT_SIM:-build/raft-sim} f out bad=0
	"$bin" run tests/scenarios/*.scn >"$tmp/out" 2>&1 || bad=1
	grep -v '^ok ' "$tmp/out" || :
	for f in tests/scenarios/notyet/*.scn; do
		if out=$("$bin" run "$f" 2>&1); then
			echo "$f: expected a refusal, it was run"
			bad=1
		elif ! grep -q 'not yet' <<<"$out"; then
			echo "$f: expected \"not yet\", got $out"
			bad=1
		fi
	done
	echo "scenarios on the core: $(grep -c '^ok ' "$tmp/out") of $(ls tests/scenarios/*.scn | wc -l)"
	return $bad
}

lab() {
	local bad=0 passed
	tools/lab/lab run tests/scenarios/*.scn >"$tmp/out" || bad=$?
	grep -v '^ok ' "$tmp/out" || :
	passed=$(grep -c '^ok ' "$tmp/out" || :)
	if [ "$passed" -lt $least ]; then
		echo "expected at least $least scenarios to pass on the module, got $passed"
		bad=1
	fi
	echo "scenarios on the module: $passed passed, $(grep -c '^skip ' "$tmp/out" || :) skipped"
	return "$bad"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
case ${1:-} in
sim | lab) "$1" ;;
*) echo "usage: check.sh sim|lab" >&2; exit 2 ;;
esac
