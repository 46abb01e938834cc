#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# header.sh - uapi/linux/raft.h stands alone: as C90, C99, C11 and C++, without
# padding that nobody sees, of the same layout for 32 and 64 bits. TAP on stdout.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
h=$top/uapi/linux/raft.h
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bad=0

# ok NAME CMD...: one TAP line; what CMD says is shown if it fails.
ok() {
	local name=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then echo "ok - $name"; else
		echo "not ok - $name"
		sed 's/^/# /' "$tmp/out" | head -n 20
		bad=1
	fi
}

# Twice in one file: the guard works. -isystem for the kernel's own headers, which
# need long long; ours is included by its path and gets every warning.
printf '#include "%s"\n#include "%s"\nstruct raft_ioc_status raft_test;\n' "$h" "$h" >"$tmp/t.c"
cp "$tmp/t.c" "$tmp/t.cc"
warn=(-Wall -Wextra -Wpedantic -Wno-long-long -Wpadded -Werror -fsyntax-only)
for std in c90 c99 c11; do
	ok "compiles alone as $std" "${CC:-gcc}" -std=$std "${warn[@]}" "$tmp/t.c"
done
for std in c++98 c++17; do
	ok "compiles alone as $std" "${CXX:-g++}" -std=$std "${warn[@]}" "$tmp/t.cc"
done
if command -v clang >/dev/null; then
	ok "compiles alone with clang" clang -std=c90 "${warn[@]}" "$tmp/t.c"
else
	echo "ok - compiles alone with clang # SKIP not installed"
fi
ok "layout on 64 bits" "${CC:-gcc}" -fsyntax-only -I"$top/uapi" "$top/tests/uapi/layout.c"
# The headers of this machine do for both; Debian keeps asm/ where -m32 does not look.
ok "layout on 32 bits, where u64 is aligned to 4" \
	"${CC:-gcc}" -m32 -fsyntax-only -I"$top/uapi" \
	-idirafter "/usr/include/$("${CC:-gcc}" -dumpmachine)" "$top/tests/uapi/layout.c"
ok "includes only what user space has" \
	sh -c '! grep "^#include" "$1" | grep -vE "<linux/(ioctl|types)\.h>"' sh "$h"
ok "types are fixed in size" sh -c \
	'! grep -nE "^	(unsigned|signed|int|long|short|size_t|bool|enum|u8|u16|u32|u64|void)\b" "$1"' sh "$h"
exit $bad
