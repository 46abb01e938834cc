#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# dkms-install.sh - the sources of the module to where dkms looks for them.
#
#   dkms-install.sh DESTDIR VERSION
#
# With an empty DESTDIR the module is also added, built and installed by dkms(8).
set -eu
dest=${1-} version=${2:?version}
# A version with a blank or slash would be a path; dkms takes neither.
version=$(printf '%s' "$version" | tr -c 'A-Za-z0-9.+~_-' '-')
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
src=$dest/usr/src/raft-$version

[ ! -e "$src" ] || {
	echo "dkms-install: $src exists; dkms remove raft/$version --all, and delete it" >&2
	exit 1
}
mkdir -p "$src/kmod" "$src/uapi"
cp "$top/Kbuild" "$src/"
cp -R "$top/kmod/." "$src/kmod/"
cp -R "$top/uapi/." "$src/uapi/"
find "$src" \( -name '*.o' -o -name '*.ko' -o -name '.*.cmd' -o -name '*.mod*' \) \
	-delete
sed "s|@VERSION@|$version|g" "$here/dkms.conf" >"$src/dkms.conf"
echo "sources are in $src"
[ -z "$dest" ] || exit 0
dkms add "raft/$version"
dkms build "raft/$version"
dkms install "raft/$version"
