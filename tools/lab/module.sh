#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# module.sh - owns how raft.ko is built for one of several kernels.
#
#   module.sh --kdir DIR [--arch A] --out DIR [--faults] [--sparse] [--strict]
#   module.sh NAME [--faults] ...      NAME as in kernel.sh: stock, um, um-debug,
#                                      stock-6.12, 6.1, 6.12; out: build/module-NAME
#
# Copies what changed into the out directory and builds there with W=1, so that
# kernels do not share objects. --sparse runs sparse, --strict makes any warning
# an error. Prints the path of raft.ko as its last line.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
kdir='' arch='' out='' faults='' args=() strict='' name=''
while [ $# -gt 0 ]; do
	case $1 in
	--kdir) kdir=$2; shift ;;
	--arch) arch=$2; shift ;;
	--out) out=$2; shift ;;
	--faults) faults=1 ;;
	--sparse) args+=(C=2 'CF=-Wno-shift-negative-value') ;;
	--strict) strict=1 ;;
	-*) echo "module.sh: unknown option $1" >&2; exit 2 ;;
	*) name=$1 ;;
	esac
	shift
done
if [ -n "$name" ]; then
	case $name in
	6.1 | 6.12) vars=$("$top/tools/lab/kernel.sh" headers "$name") ;;
	*) vars=$("$top/tools/lab/kernel.sh" "$name") ;;
	esac
	KDIR='' ARCH=''
	eval "$vars"
	kdir=$KDIR arch=${ARCH:-}
	: "${out:=$top/build/module-$name${faults:+-faults}}"
fi
[ -n "$kdir" ] && [ -d "$kdir" ] || {
	echo "module.sh: no kernel to build for: KDIR='$kdir' (install linux-headers)" >&2
	exit 1
}
mkdir -p "$out"
out=$(cd "$out" && pwd)
exec 9>"$out/.lock"
flock 9
# Only what differs is copied, so that make rebuilds only that.
(cd "$top" && tar c Kbuild kmod uapi) | tar x -C "$out" --keep-newer-files 2>/dev/null ||
	(cd "$top" && cp -ru Kbuild kmod uapi "$out/")
(cd "$out" && find Kbuild kmod uapi -name '*.[ch]') | while read -r f; do
	[ -e "$top/$f" ] || case $f in *.mod.c) ;; *) rm -f "$out/$f" ;; esac
done
[ -n "$arch" ] && args+=("ARCH=$arch")
[ -n "$faults" ] && args+=(FAULTS=1)
log=$out/build.log
if ! make -C "$kdir" M="$out" W=1 "${args[@]}" modules >"$log" 2>&1 </dev/null; then
	grep -E 'error|Error|warning' "$log" | head -40 >&2
	echo "module.sh: the build failed, see $log" >&2
	exit 1
fi
# A kernel's own notice about another compiler or a missing vmlinux is not ours.
if grep -E 'warning: |WARNING: |: error: ' "$log" | grep -vE 'the compiler differs|Symbol info of vmlinux' >&2; then
	[ -z "$strict" ] || { echo "module.sh: warnings, see $log" >&2; exit 1; }
fi
echo "$out/raft.ko"
