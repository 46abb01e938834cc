#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# steps.sh - owns the steps of check.sh: what each runs. TAP on stdout.
#
#   steps.sh STEP [ARGS]
set -eu -o pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
lab=tools/lab

# ok NAME CMD...: one TAP line from an exit code.
ok() {
	local name=$1
	shift
	if "$@"; then echo "ok - $name"; else
		echo "not ok - $name"
		return 1
	fi
}

# number PREFIX: give a runner's TAP lines the name of their suite.
prefix() { sed -uE "s/^(ok|not ok)( [0-9]+)?( -)? /\1 - $1: /"; }

deps() {
	ok "Debian packages" $lab/deps.sh build check um vm
}

build() {
	local bad=0
	ok "tools, no warning" make -s tools HOSTFLAGS_EXTRA=-Werror || bad=1
	for k in 6.1 6.12; do
		ok "module for $k headers, W=1, sparse, no warning" \
			$lab/module.sh $k --sparse --strict || bad=1
		ok "module with fault hooks for $k headers" \
			$lab/module.sh $k --faults --strict || bad=1
	done
	return $bad
}

unit() {
	local bad=0 t
	make -s unit-tests
	for t in build/unit/*_test; do
		"$t" | prefix "$(basename "$t")" || bad=1
	done
	if compgen -G 'tests/uapi/*.sh' >/dev/null; then
		for t in tests/uapi/*.sh; do "$t" | prefix uapi || bad=1; done
	fi
	return $bad
}

scenarios() {
	local f bad=0
	make -s build/raft-sim-asan
	build/raft-sim-asan run tests/scenarios/*.scn tools/sim/testdata/*.scn 2>&1 |
		tests/scenario-tap.sh 60 || bad=1
	# Once more with hardly any entries in memory: the others are read back.
	for f in 0 3; do
		build/raft-sim-asan run --window $f tests/scenarios/*.scn tools/sim/testdata/*.scn 2>&1 |
			tests/scenario-tap.sh 60 "simulator, $f entries in memory" || bad=1
	done
	# Their first line says with what message.
	for f in tests/scenarios/refused/*.scn; do
		ok "$f is refused" sh -c '! build/raft-sim-asan run "$1" >build/refused 2>&1 &&
			grep -qF "$(sed -n "1s/^# Refused: //p" "$1")" build/refused' sh "$f" || bad=1
	done
	return $bad
}

mutants() {
	local name bad=0
	make -s build/raft-sim-mutants
	tools/sim/mutants.sh || bad=1
	tests/unit/mutants.sh | prefix unit || bad=1
	# None that nobody hunts.
	for name in $(grep -rhoE 'RAFT_MUTANT\("[^"]+' kmod | cut -d'"' -f2 | sort -u); do
		grep -qE "(\"|^\s*)$name\b" tools/sim/mutant.c tests/{unit,module}/mutants.sh || {
			echo "not ok - $name is hunted by nothing"
			bad=1
		}
	done
	return $bad
}

fuzz() {
	local seeds=20000
	[ "${1:-}" != long ] || seeds=400000
	make -s build/raft-sim
	ok "fuzz, seeds 1..$seeds" build/raft-sim fuzz --seeds 1..$seeds --jobs 2
}

# The short form does the same in each run, on any machine; the long one looks further.
formats() {
	local f bad=0 seeds until
	make -s fuzzers
	for f in build/fuzz/*_fuzz; do
		until="-seed=1 -runs=200000"
		[ $f != build/fuzz/disk_fuzz ] || until="-seed=1 -runs=40000"
		if [ "${1:-}" = long ]; then until=-max_total_time=600; else rm -rf "$f.work"; fi
		seeds=tools/fuzz/corpus/$(basename "$f" _fuzz)
		mkdir -p "$f.work"
		[ -d "$seeds" ] || seeds=$f.work
		ok "$(basename "$f") $until" "$f" $until -rss_limit_mb=4096 -print_final_stats=1 \
			-artifact_prefix="$f." "$f.work" "$seeds" || bad=1
	done
	return $bad
}

kunit() {
	local ko disk um=()
	[ "$1" != um-debug ] || um=(-d)
	ko=$($lab/module.sh "$1" --faults)
	disk=build/kunit.disk
	rm -f $disk
	truncate -s 4M $disk
	$lab/um.sh "${um[@]}" -t 900 --disk $disk tests/kunit.sh "$(dirname "$ko")" /dev/ubda
}

module_um() {
	local bad=0 f files=() sim_only=tests/scenarios/trap27-snapshot-before-it-is-let-in.scn
	echo "ok - module: $sim_only # SKIP which of two messages comes first decides"
	for f in tests/scenarios/*.scn tools/sim/testdata/*.scn; do
		[ "$f" = $sim_only ] || files+=("$f")
	done
	$lab/lab run "${files[@]}" | tests/scenario-tap.sh 250 module || bad=1
	# Once more with links that nftables cuts instead of the module's fault hook.
	$lab/lab run -n tests/scenarios/{partition,trap34}-*.scn |
		tests/scenario-tap.sh 1 "module, nftables" || bad=1
	return $bad
}

# What only asks for time is run under User-mode Linux, which needs a third of it.
module_cases() {
	CASES='2[89]-|61' MEMORY_SECONDS=1 TEST_FAULTS=1 tests/module/host.sh um
}

module_vm() {
	CASES='1|2[0-7]|3|4|5|60|7|8' tests/module/host.sh stock
}

module_vm_long() { tests/module/host.sh stock; }

# What the shell of the module would do wrong.
module_mutants() { tests/module/mutants.sh; }

# Nothing stays in memory that may leave.
module_windowed() {
	local f files=()
	for f in tests/scenarios/*.scn tools/sim/testdata/*.scn; do
		[ "$f" = tests/scenarios/trap27-snapshot-before-it-is-let-in.scn ] || files+=("$f")
	done
	$lab/lab run -w 1 -t 3000 "${files[@]}" | tests/scenario-tap.sh 250 "module, one byte of memory"
}

module_debug() {
	TEST_FAULTS=1 tests/module/host.sh um-debug
}

memory() {
	export MEMORY_SECONDS=300 TEST_LIMIT=1200
	tests/module/host.sh um-debug t_memory_direct t_memory_atomic t_memory_pages
}

poweroff() { tests/module/poweroff.sh; }

logwrites() { tests/module/logwrites.sh; }

logwrites_long() {
	RECORDINGS=4 ROUNDS=2 SECONDS_OF_LOAD=30 POINTS=16 tests/module/logwrites.sh
}

machines() { tests/module/machines.sh; }

histories() { tests/module/history.sh stock; }

# Each with both models: one machine, one with KASAN and lockdep, three, five.
histories_long() {
	local bad=0
	HISTORY_SECONDS=900 tests/module/history.sh stock || bad=1
	HISTORY_SECONDS=300 tests/module/history.sh um-debug || bad=1
	HISTORY_SECONDS=600 tests/module/history-vms.sh 3 || bad=1
	HISTORY_SECONDS=300 tests/module/history-vms.sh 5 || bad=1
	return $bad
}

guard() { GUARD=1 tools/bench/bench.sh; }

poweroff_long() { ROUNDS=20 tests/module/poweroff.sh; }

demo() {
	ok "demo with $1 virtual machine(s)" make -s demo VMS="$1"
}

step=$1
shift
"$step" "$@"
