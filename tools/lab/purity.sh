#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# purity.sh - proves with nm that the core stays pure: its objects may refer to
# each other, to raft_payload_get/put/bytes, crc32c and the memory and string functions
# that a compiler emits, and to nothing else. No clock, lock, allocator, printk.
#
#   purity.sh        compiles kmod/core/*.c and checks; TAP on stdout
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
allowed='^(raft_payload_(get|put|bytes)|crc32c|mem(cpy|set|move|cmp)|str(cmp|len|ncmp)|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$'
bad=0 n=0
for f in "$top"/kmod/core/*.c; do
	gcc -std=gnu11 -O2 -c -I"$top/tools/lib" -I"$top/kmod/core" -I"$top/kmod" \
		-o "$dir/$(basename "$f" .c).o" "$f"
	if grep -nE '#include *<|\b(LINUX_VERSION_CODE|BUG|BUG_ON)\b' "$f" >&2; then
		echo "not ok - purity: ${f#"$top"/} includes or asks what it must not"
		bad=1
	fi
	n=$((n + 1))
done
nm --defined-only -g "$dir"/*.o | awk 'NF == 3 { print $3 }' | sort -u >"$dir/own"
nm -u "$dir"/*.o | awk 'NF == 2 { print $2 }' | sort -u | grep -vxFf "$dir/own" |
	grep -vE "$allowed" >"$dir/alien" || true
if [ -s "$dir/alien" ]; then
	echo "not ok - purity: the core refers to $(tr '\n' ' ' <"$dir/alien")"
	bad=1
fi
# The check itself must be able to fail.
echo 'long time(long *); long raft_impure(void); long raft_impure(void) { return time(0); }' >"$dir/x.c"
gcc -c -o "$dir/x.o" "$dir/x.c"
nm -u "$dir/x.o" | awk '{ print $2 }' | grep -vE "$allowed" | grep -qx time || {
	echo "not ok - purity: the check does not see a call of time()"
	bad=1
}
[ $bad = 0 ] && echo "ok - purity: $n core files refer to nothing outside"
exit $bad
