#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh - owns the kernels of the lab: makes or fetches one into the cache
# (${RAFT_CACHE:-~/.cache/raft}) unless it is there, and says where it is.
#
#   kernel.sh um | um-debug             User-mode Linux, built from linux-source-6.12
#   kernel.sh stock | stock-6.12        Debian's own image, unpacked, never installed
#   kernel.sh headers 6.1 | 6.12        Debian's headers, the same ABI as stock
#
# stdout: shell assignments for eval. KVER always; KDIR and ARCH to build modules with
# (make -C $KDIR ARCH=$ARCH M=...); um: LINUX (the program); stock: VMLINUZ and MODULES
# (a root directory that has lib/modules/$KVER).
set -eu
. "$(dirname "$0")/lib.sh"

# --- User-mode Linux -------------------------------------------------------

SRCPKG=linux-source-6.12

src_version() { dpkg-query -W -f '${Version}' "$SRCPKG" 2>/dev/null || :; }

um_configs() {
	echo "$LAB/kernels/um.config"
	[ "$1" = um ] || echo "$LAB/kernels/$1.config"
}

um_hash() {
	# shellcheck disable=SC2046
	{
		grep -hE '^(# )?CONFIG_' $(um_configs "$1")
		cat "$LAB/kernels/um-amx.patch"
	} | sha256sum | cut -c1-12
}

# The finished kernel's directory; with no source package any version will do.
um_dir() {
	local v d
	v=$(src_version)
	if [ -z "$v" ]; then
		for d in "$CACHE/kernel/$1-$(um_hash "$1")-"*; do
			[ ! -x "$d/linux" ] || { echo "$d"; return; }
		done
	fi
	echo "$CACHE/kernel/$1-$(um_hash "$1")-$v"
}

um() {
	local name=$1 dir
	dir=$(um_dir "$name")
	if [ ! -x "$dir/linux" ]; then
		"$LAB/deps.sh" um
		lab_lock um
		dir=$(um_dir "$name")
		[ -x "$dir/linux" ] || um_build "$name" "$dir"
		lab_unlock
	fi
	assign KVER "$(cat "$dir/release")"
	assign ARCH um
	assign KDIR "$dir/dev"
	assign LINUX "$dir/linux"
	assign MODULES "$dir"
}

# The patched source tree; unpacked under another name first.
um_source() {
	local src patch=$LAB/kernels/um-amx.patch
	src=$CACHE/src/linux-$(src_version)-$(sha256sum <"$patch" | cut -c1-12)
	if [ ! -d "$src" ]; then
		say "unpacking $SRCPKG $(src_version)"
		rm -rf "$CACHE/src"
		mkdir -p "$src.tmp"
		tar -xf "/usr/src/$SRCPKG.tar.xz" -C "$src.tmp" --strip-components=1
		patch -s -p1 -d "$src.tmp" <"$patch" >&2
		mv "$src.tmp" "$src"
	fi
	echo "$src"
}

um_make() { # um_make SRC OBJ TARGET...
	local src=$1 obj=$2
	shift 2
	make -C "$src" ARCH=um O="$obj" CC="ccache gcc" HOSTCC="ccache gcc" "$@"
}

# An interrupted build goes on where it was; only a whole one gets its final name.
um_build() {
	local name=$1 dir=$2 obj=$CACHE/build/$1 src tmp=$2.tmp
	export CCACHE_DIR=$CACHE/ccache CCACHE_MAXSIZE=2G
	export KBUILD_BUILD_TIMESTAMP=1970-01-01 KBUILD_BUILD_USER=raft KBUILD_BUILD_HOST=raft
	src=$(um_source)
	say "building $name in $obj: about 10 minutes on two cores, 1 with a warm ccache"
	mkdir -p "$obj"
	um_configure "$name" "$src" "$obj"
	setsid nice make -C "$src" ARCH=um O="$obj" CC="ccache gcc" HOSTCC="ccache gcc" \
		-j"$(nproc)" all >"$obj.log" 2>&1 &
	# shellcheck disable=SC2064
	trap "kill -- -$! 2>/dev/null" EXIT
	trap 'exit 130' INT TERM HUP
	busy $! "$name" "$obj.log" || { tail -n 40 "$obj.log" >&2; die "building $name failed: $obj.log"; }
	rm -rf "$tmp"
	mkdir -p "$tmp/dev"
	um_collect "$src" "$obj" "$tmp" >"$obj.collect.log" 2>&1 ||
		{ tail -n 40 "$obj.collect.log" >&2; die "collecting $name failed"; }
	mv "$tmp" "$dir"
	trap - EXIT
	rm -rf "$obj"		# ccache has what it would save
	say "$name is ready: $dir"
}

um_configure() {
	local name=$1 src=$2 obj=$3
	# shellcheck disable=SC2046
	grep -hE '^(# )?CONFIG_' $(um_configs "$name") >"$obj/.config.new"
	cmp -s "$obj/.config.new" "$obj/.config.wanted" && [ -s "$obj/.config" ] && return
	cp "$obj/.config.new" "$obj/.config"
	um_make "$src" "$obj" olddefconfig >"$obj.log" 2>&1 || { tail "$obj.log" >&2; die "bad config"; }
	um_check_config "$obj"
	mv "$obj/.config.new" "$obj/.config.wanted"
}

# A wanted option that kconfig silently dropped is an error in our config.
um_check_config() {
	local lost
	lost=$(awk -F= '/^CONFIG_/ && /=y/ { print $1 "=y" }' "$1/.config.new" | sort -u |
		grep -vxF -f "$1/.config" || :)
	[ -z "$lost" ] || die "kconfig dropped: $(echo "$lost" | tr '\n' ' ')"
}

# What is kept: the program, a tree to build modules against, modules.builtin.
um_collect() {
	local src=$1 obj=$2 out=$3 d
	strip -o "$out/linux" "$obj/linux"
	cp "$obj/include/config/kernel.release" "$out/release"
	cp "$obj/.config" "$out/config"
	# shellcheck disable=SC2016
	um_make "$src" "$obj" run-command \
		KBUILD_RUN_COMMAND='$(srctree)/scripts/package/install-extmod-build '"$out/dev"
	(cd "$src" && tar -c arch/x86/Makefile* arch/x86/include arch/x86/um/asm arch/x86/um/shared \
		arch/x86/um/Makefile arch/x86/um/Kconfig arch/um/Makefile* arch/um/scripts arch/um/include) |
		tar -x -C "$out/dev"
	for d in arch/x86/include/generated arch/um/include/generated; do
		[ ! -d "$obj/$d" ] || (cd "$obj" && tar -c "$d") | tar -x -C "$out/dev"
	done
	um_make "$src" "$obj" modules_install INSTALL_MOD_PATH="$out" INSTALL_MOD_STRIP=1
	rm -f "$out/lib/modules/"*/build "$out/lib/modules/"*/source
	cp "$src/scripts/checkpatch.pl" "$src/scripts/spelling.txt" "$src/scripts/const_structs.checkpatch" "$out/"
}

# --- Debian's kernels ------------------------------------------------------

# abi 6.1 -> 6.1.0-56-amd64: the newest that the archive has both an image and headers
# of, by apt's lists as they are; without lists, the newest in the cache.
abi() {
	local re kver
	case $1 in
	6.1) re='6[.]1[.]0-[0-9]+-amd64' ;;
	*) re="${1//./[.]}[.][0-9]+[+]deb12-amd64" ;;
	esac
	kver=$(newest "$re")
	[ -n "$kver" ] || kver=$(find "$CACHE/kernel" -maxdepth 1 -name 'stock-*' -printf '%f\n' |
		sed -n 's/^stock-//p' | grep -xE "$re" | sort -V | tail -n 1)
	[ -n "$kver" ] || { "$LAB/deps.sh" -u; kver=$(newest "$re"); }
	[ -n "$kver" ] || die "the archive has no kernel $1"
	echo "$kver"
}

newest() {
	comm -12 <(apt-cache pkgnames linux-image-6 | sed 's/^linux-image-//' | sort) \
		<(apt-cache pkgnames linux-headers-6 | sed 's/^linux-headers-//' | sort) |
		grep -xE "$1" | sort -V | tail -n 1
}

# unpack DIR PACKAGE...: into DIR, never installed. Neither is a headers package: 6.12's
# depends on the image.
unpack() {
	local dir=$1
	shift
	mkdir -p "$dir"
	say "fetching $*"
	(
		cd "$dir"
		get() { apt-get -q -o APT::Sandbox::User=root download "$@" >&2 </dev/null; }
		get "$@" || { "$LAB/deps.sh" -u; get "$@"; } || die "cannot fetch $*"
		for deb in *.deb; do dpkg-deb -x "$deb" . && rm "$deb"; done
	)
}

# fetched KIND KVER: the cache's directory of it, fetched once.
fetched() {
	local dir=$CACHE/kernel/$1-$2
	if [ ! -d "$dir" ]; then
		lab_lock "$1"
		if [ ! -d "$dir" ]; then
			rm -rf "$dir.tmp"
			case $1 in
			stock) fetch_stock "$2" "$dir.tmp" ;;
			headers) fetch_headers "$2" "$dir.tmp" "$dir" ;;
			esac
			mv "$dir.tmp" "$dir"
		fi
		lab_unlock
	fi
	echo "$dir"
}

fetch_stock() {
	unpack "$2" "linux-image-$1"
	[ -e "$2/lib" ] || ln -s usr/lib "$2/lib"
	depmod -b "$2" "$1"
}

fetch_headers() {
	local kbuild
	kbuild=$(apt-cache show "linux-headers-$1" | grep -oE 'linux-kbuild-[^ ,]+' | head -n 1)
	unpack "$2" "linux-headers-$1" "linux-headers-${1%-amd64}-common" "$kbuild"
	sed -i "s|/usr/src/|$3/usr/src/|" "$2/usr/src/linux-headers-$1/Makefile"
}

headers() {
	local dir
	dir=$(fetched headers "$1")
	assign KVER "$1"
	assign ARCH x86
	assign KDIR "$dir/usr/src/linux-headers-$1"
}

stock() {
	local dir
	headers "$1"
	dir=$(fetched stock "$1")
	assign VMLINUZ "$dir/boot/vmlinuz-$1"
	assign MODULES "$dir"
}

main() {
	mkdir -p "$CACHE"/{src,build,kernel}
	case ${1:-} in
	um | um-debug) um "$1" ;;
	stock) stock "$(abi 6.1)" ;;
	stock-6.12) stock "$(abi 6.12)" ;;
	headers) headers "$(abi "${2:?which version: 6.1 or 6.12}")" ;;
	*) die "usage: kernel.sh um|um-debug|stock|stock-6.12|headers VERSION" ;;
	esac
}

main "$@"
exit		# an edit of this file during a long build must not be read
