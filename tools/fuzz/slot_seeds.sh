#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# slot_seeds.sh - writes the seed corpus of slot_fuzz: two copies of the head of a
# snapshot's file, and an image. The fuzzer mends magic numbers and checksums.
#
#   slot_seeds.sh [DIR]
set -eu
dir=${1:-$(dirname "$0")/corpus/slot}
mkdir -p "$dir"

zeros() { head -c "$1" /dev/zero; }
le() { # le BYTES VALUE
	local i
	for ((i = 0; i < $1; i++)); do printf "\\x$(printf %x $(($2 >> 8 * i & 255)))"; done
}
head_() { # head_ STATE GENERATION INDEX TOTAL STORED IMAGE [VERSION [INCOMPAT]]
	printf 'RAFTSNP\0'
	le 4 "${7:-1}"; le 4 "$1"; le 8 "${8:-0}"; le 8 0
	le 8 1234; le 8 5678; le 8 "$2"; le 8 "$3"; le 8 5; le 8 4711; le 8 "$4"; le 8 "$5"
	le 4 3; le 4 "$6"; zeros 148; le 4 0
}
image() { # image SESSIONS CLIENTS: with one member
	local i
	printf RFTS; le 4 1; le 4 $((680 + $1 * 32 + $2 * 40)); le 4 "$1"; le 4 "$2"; le 4 1
	le 8 1000; le 8 5; le 8 7; le 8 99; le 8 3
	le 8 0; le 4 0; le 4 0; le 4 0; le 4 0
	le 4 9; zeros 60				# who left
	printf '\1\1\1\0'; le 4 0; le 8 0		# the configuration
	le 4 3; le 4 0; zeros 24; zeros $((15 * 32))
	for ((i = 1; i <= $1; i++)); do le 4 "$i"; le 4 0; le 8 99; le 8 4; le 8 900; done
	for ((i = 1; i <= $2; i++)); do le 8 "$i"; le 8 2; le 8 900; le 8 5; le 8 950; done
}
seed() { cat >"$dir/$1"; }

seed empty </dev/null
seed complete < <(head_ 2 7 1000 680 680 680; head_ 2 7 1000 680 680 680; image 0 0)
seed partial < <(head_ 1 7 1000 5000 600 0; head_ 1 7 1000 5000 600 0; image 0 0)
seed torn < <(head_ 2 7 1000 680 680 680; head_ 2 8 1001 680 680 680; image 0 0)
seed tables < <(head_ 2 7 1000 784 784 784; zeros 256; image 2 1)
seed version < <(head_ 2 7 1000 680 680 680 2; head_ 2 7 1000 680 680 680)
seed incompatible < <(head_ 2 7 1000 680 680 680 1 1; head_ 2 7 1000 680 680 680)
seed absurd < <(head_ 2 7 -1 -1 680 680; head_ 3 7 0 0 0 0; image 17 3)
