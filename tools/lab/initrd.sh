#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# initrd.sh KVER MODULES - owns the initramfs of the QEMU guest: busybox, vm-init and the
# modules that a run needs, from MODULES/lib/modules/KVER; prints its path in the cache,
# where its name says what it was made of.
set -eu
. "$(dirname "$0")/lib.sh"

# Needed to get at the host's files; then what nearly every test uses. Whatever else
# (dm_flakey, loop, ...) modprobe finds in the guest, through the host's files.
WANT=(virtio_pci virtio_blk virtio_net virtio_console virtio_rng 9pnet_virtio 9p overlay
	crc32c_generic crc32c_intel libcrc32c ext4
	veth bridge ipv6 sch_netem nf_tables nft_numgen nft_limit)

kver=${1:?} root=${2:?}
hash=$({ echo "$kver ${WANT[*]}"; cat "$LAB/vm-init" "$0" /bin/busybox "$root/lib/modules/$kver/modules.dep"; } |
	sha256sum | cut -c1-12)
out=$CACHE/initrd/$kver-$hash.gz

# Paths of the modules in the order of loading; those built in have none.
paths() {
	local m
	for m in "${WANT[@]}"; do
		modprobe -d "$root" -S "$kver" --show-depends "$m" 2>/dev/null || :
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

build() {
	local dir=$1 path name
	mkdir -p "$dir"/{bin,dev,proc,host,mem,new,modules}
	cp /bin/busybox "$dir/bin/"
	install -m 755 "$LAB/vm-init" "$dir/init"
	for path in $(paths); do
		name=$(basename "$path")
		case $name in
		*.xz) name=${name%.xz} && xz -dc "$path" >"$dir/modules/$name" ;;
		*) cp "$path" "$dir/modules/" ;;
		esac
		echo "$name" >>"$dir/modules/list"
	done
	(cd "$dir" && find . | cpio -o -H newc --quiet | gzip -1)
}

if [ ! -s "$out" ]; then
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	mkdir -p "$CACHE/initrd"
	build "$tmp/root" >"$out.$$"
	mv "$out.$$" "$out"
fi
echo "$out"
