#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# install.sh - units, udev rules, modules-load and completion; from make install.
#
#   install.sh DESTDIR PREFIX [SBINDIR]
set -eu
dest=${1-} prefix=${2:-/usr}
sbin=${3:-$prefix/sbin}
here=$(cd "$(dirname "$0")" && pwd)

# put FROM TO: a file with @SBINDIR@ filled in.
put() {
	mkdir -p "$(dirname "$dest$2")"
	sed "s|@SBINDIR@|$sbin|g" "$here/$1" >"$dest$2"
	chmod 644 "$dest$2"
}

for unit in raft@.service raft-wait-leader@.service raft.target; do
	put $unit "$prefix/lib/systemd/system/$unit"
done
put 60-raft.rules "$prefix/lib/udev/rules.d/60-raft.rules"
put raft.modules-load.conf "$prefix/lib/modules-load.d/raft.conf"
put ../raftctl.bash-completion "$prefix/share/bash-completion/completions/raftctl"
