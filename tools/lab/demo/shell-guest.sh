#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shell-guest.sh - runs in the guest of shell.sh: three nodes, then a shell at node 1 (or
# the command in SHELL_COMMAND).
set -eu
top=$(cd "$(dirname "$0")/../../.." && pwd)
RAFT_DIR=/srv/raft
# shellcheck source=tools/lab/netns.sh
. "$top/tools/lab/netns.sh"
# shellcheck source=tools/lab/cluster.sh
. "$top/tools/lab/cluster.sh"

mount -t tmpfs tmpfs /srv
lab_net_up 3
raft_load
raft_conf demo 3
raft_up demo 1 2 3
leader=$(raft_wait_leader demo 1 2 3)

mkdir -p /run/shell /etc/raft
cp "$RAFT_DIR/demo.conf" /etc/raft/
cat >/run/shell/rc <<-EOF
	export PATH=$RAFT_TOOLS:\$PATH
	. $top/tools/lab/netns.sh
	node() { lab_in "\$@"; }
	PS1='node \$(ip netns identify | tr -d n)# '
	[ ! -e $top/tools/raftctl/raftctl.bash-completion ] || . $top/tools/raftctl/raftctl.bash-completion
EOF
cat <<EOF

Three nodes of the group "demo" run in the namespaces n1, n2, n3; node $leader leads.
This shell is at node 1.

  echo hello >/dev/raft            propose a command; returns when it is committed
  raftctl propose hello again      the same, prints its index
  raftctl tail                     the committed commands (^C ends it)
  raftctl status                   role, term, peers;    raftctl help
  node 2 raftctl tail --no-follow  the same log at node 2
  node $leader raftctl down              stop the leader; then: raftctl status
  node $leader raftctl up demo --node $leader   and back again
  ls /sys/class/raft/demo /sys/kernel/tracing/events/raft;  dmesg | tail

EOF
if [ -n "${SHELL_COMMAND:-}" ]; then
	exec ip netns exec n1 bash -c ". /run/shell/rc; $SHELL_COMMAND"
fi
exec ip netns exec n1 bash --rcfile /run/shell/rc -i
