#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# disk_seeds.sh - writes the seed corpus of disk_fuzz: scripts of operations.
#
#   disk_seeds.sh [DIR]
set -eu
dir=${1:-$(dirname "$0")/corpus/disk}
mkdir -p "$dir"
seed() { printf "$2" >"$dir/$1"; }
# The first byte is the size of a block; then operations of disk_fuzz.c.
seed empty '\001'
seed writes '\001\005\003\010\005\002\100\005\101\004\007'
seed truncate '\001\005\003\010\005\003\100\006\002\005\003\020\004\005\001\001'
seed truncate-in-block '\000\005\003\010\006\001\005\003\010\004'
seed torn '\001\005\003\010\005\003\100\003\106\000\004\005\001\004'
seed durable '\001\005\003\010\007\003\100\000'
seed damaged '\001\005\003\010\005\003\010\005\003\010\000\100\220\001'
seed forged '\001\005\003\010\001\100\050\007\004'
seed state '\001\010\001\010\002\000\020\036\004\010\003\004'
seed super '\001\001\000\010\002\001\010\010\002'
# What random runs found.
seed replaced '\000\005\003\010\006\001\005\375\367\004\121\121\121\121\121'
seed looks-torn '\001\005\020\143\000\062\100\050\001\020\100\050\001\100\306\306\306\306\050\020\136\100\050\020\001'
