# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# etcd.sh - owns where etcd is on this host; source it after tools/lab/lib.sh.

# unpack_etcd: the directory of its programs. Its packages are not installed, for then it
# would be started on this machine.
unpack_etcd() {
	local dir=$CACHE/etcd deb
	if [ ! -x "$dir/usr/bin/etcdctl" ]; then
		say "fetching etcd"
		rm -rf "$dir"
		mkdir -p "$dir"
		(cd "$dir" && apt-get -q -o APT::Sandbox::User=root download etcd-server etcd-client >&2) ||
			{ say "CANNOT: etcd is not there"; return 0; }
		for deb in "$dir"/*.deb; do dpkg-deb -x "$deb" "$dir"; done
	fi
	echo "$dir/usr/bin"
}
