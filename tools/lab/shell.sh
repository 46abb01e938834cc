#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shell.sh [um|stock] - owns `make shell`: boots a machine with a running cluster of three
# nodes in three namespaces and leaves the user in a shell at node 1, raftctl at hand.
#
# stock (default) is Debian's own kernel in QEMU; um is User-mode Linux, up in two seconds
# once it is built. Everything is in the machine's memory; leaving the shell ends it.
set -eu
# shellcheck source=tools/lab/lib.sh
. "$(dirname "$0")/lib.sh"
top=$(cd "$LAB/../.." && pwd)
cd "$top"
kernel=${1:-stock}
case $kernel in
stock) run=("$LAB/vm.sh" -m 1024 -t 86400) ;;
um) run=("$LAB/um.sh" -t 86400) ;;
*) die "usage: shell.sh [um|stock]" ;;
esac
make -s tools
ko=$("$LAB/module.sh" "$kernel")
say "booting; ^D in the shell ends the machine"
interactive=-i
[ -t 0 ] || interactive=''
exec "${run[@]}" ${interactive:+-i} -e "RAFT_TOOLS=$top/build" -e "RAFT_KO=${ko##*$'\n'}" \
	-e "SHELL_COMMAND=${SHELL_COMMAND:-}" "$LAB/demo/shell-guest.sh"
