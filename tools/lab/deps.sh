#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# deps.sh - owns the list of Debian packages that building and testing need.
#
#   deps.sh [-n] GROUP...     groups: build um vm check headers fuzz bench doc, or all
#   deps.sh -u                only renews apt's lists
#
# Installs what is missing and is done in a moment if nothing is. Never installs a
# kernel: an image has hooks that change how the machine boots (kernel.sh unpacks them,
# and their headers, into the cache). -n only prints the names of what is missing.
set -eu
. "$(dirname "$0")/lib.sh"

group() {
	case $1 in
	# pahole: what 6.12's headers depend on, which are unpacked and not installed.
	build) echo gcc make libc6-dev kmod pkg-config bash pahole ;;
	um) echo linux-source-6.12 ccache busybox-static gcc make libc6-dev flex bison bc libelf-dev libssl-dev \
		kmod cpio xz-utils patch iproute2 ethtool nftables procps \
		dmsetup e2fsprogs util-linux ;;
	vm) echo qemu-system-x86 busybox-static kmod cpio gzip xz-utils iproute2 ethtool nftables procps \
		iputils-ping socat vde2 dmsetup e2fsprogs util-linux ;;
	check) echo shellcheck sparse cppcheck coccinelle codespell clang clang-tidy \
		gcc make lcov mandoc man-db python3 ;;
	fuzz) echo clang llvm afl++ ;;
	bench) echo libraft-dev libuv1-dev libnghttp2-dev python3 gnuplot-nox stress-ng psmisc ;;
	headers) echo linux-headers-amd64 ;;	# of Debian 12: 6.1, the newest
	doc) echo python3-sphinx scdoc mandoc ;;
	all) for g in build um vm check headers; do group "$g"; done ;;
	*) die "no such group: $1" ;;
	esac
}

missing() {
	local p
	for p in $(printf '%s\n' "$@" | sort -u); do
		[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$p" 2>/dev/null)" = "ii " ] || echo "$p"
	done
}

APT=(apt-get -q -y -o DPkg::Lock::Timeout=900 -o APT::Sandbox::User=root)

update() {
	say "apt-get update"
	DEBIAN_FRONTEND=noninteractive "${APT[@]}" update >&2 </dev/null
}

install() {
	[ "$(id -u)" = 0 ] || die "as root: apt-get install --no-install-recommends $*"
	say "installing $*"
	lab_lock apt
	"${APT[@]}" -s install --no-install-recommends "$@" | grep '^Inst linux-image' &&
		die "these packages want a kernel installed: $*"
	DEBIAN_FRONTEND=noninteractive "${APT[@]}" install --no-install-recommends "$@" >&2 </dev/null
}

only_print=
[ "${1:-}" != -n ] || { only_print=1; shift; }
[ "${1:-}" != -u ] || { update; exit; }
[ $# -gt 0 ] || die "usage: deps.sh [-n] GROUP..."
# shellcheck disable=SC2046
want=$(for g in "$@"; do group "$g"; done)
# shellcheck disable=SC2086
need=$(missing $want)
[ -n "$need" ] || exit 0
[ -z "$only_print" ] || { echo "$need"; exit 0; }
# shellcheck disable=SC2086
apt-cache policy $need 2>/dev/null | grep -q 'Candidate: [0-9]' && install $need && exit 0
update
# shellcheck disable=SC2086
install $need
