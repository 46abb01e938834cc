#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# mutants.sh [NAME...] - deliberate mistakes in what the simulator does without: formats,
# recovery, fragments. Each must make its unit test fail. TAP on stdout.
set -eu
cd "$(dirname "$0")/../.."
make -s unit-mutants

# name, test, in words
mistakes() {
	cat <<-END
	disk-over-base disk a record is placed where the base still needs the space
	disk-any-header disk headers of records are not summed up
	recover-cuts-damage disk damage in the middle is taken for a torn write
	recover-no-note disk what the hard state noted as durable may be missing
	recover-old-state disk a slot of the hard state that is gone is not missed
	boot-without-reach disk a damaged node forgets how far its log went
	boot-same-epoch disk what a torn write left counts after the boot
	slot-any-crc slot the head of a snapshot is not summed up
	slot-last-copy slot an older head counts
	slot-any-content slot nor is what is in it
	wire-any-crc wire messages are not summed up
	wire-any-command wire commands are not summed up
	wire-absurd wire terms and indexes may be anything (trap 56)
	frag-any-total frag a forged part may be of a longer message
	frag-counts-copies frag a copy of a part counts once more
	frag-resends-all frag who asks for parts is sent them without end
	frag-late-answer frag a late answer to an earlier burst counts
	frag-trusts-length frag a datagram that is damaged says where the next one begins
	snapshot-begins-anew core what came of a snapshot before a boot does not count
	snapshot-all-at-once core a snapshot is sent without waiting for the disk
	snapshot-sent-anew core of a snapshot is sent what the other one has
	pack-any-size core an append has all entries that there are (trap 51)
	chunks-kept core memory of a log that was cut is never given back
	image-forgets-left core a snapshot does not say who left
	config-twice core a configuration may name a member twice
	END
}

bad=0 n=0
while read -r name test what; do
	[ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
	n=$((n + 1))
	# A test that does not end has found it, too.
	if RAFT_MUTANT=$name timeout 60 "build/unit-mutants/${test}_test" >build/unit-mutants/out 2>&1 </dev/null; then
		echo "not ok $n - $name: $what: not found by ${test}_test"
		bad=1
	else
		echo "ok $n - $name found by ${test}_test: $(grep -m 1 '^not ok' build/unit-mutants/out | cut -c1-100)"
	fi
done < <(mistakes)
for test in $(mistakes | cut -d' ' -f2 | sort -u); do
	n=$((n + 1))
	if "build/unit-mutants/${test}_test" >build/unit-mutants/out 2>&1; then
		echo "ok $n - ${test}_test finds nothing without a mistake"
	else
		echo "not ok $n - ${test}_test fails without a mistake"
		bad=1
	fi
done
exit $bad
