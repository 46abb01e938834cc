#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh [FUNC...] - runs in the guest: the tests of cases/*.sh, all in one boot, or the
# named functions, or, with CASES, of the files whose names match that extended pattern.
# TAP on stdout; host.sh on the host starts it and says where things are.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
TMP=/run/t LOG=/run/t.log
RAFT_DIR=/srv/raft
export TOP TMP
[ "$LAB_GUEST" != um ] || RAFT_ET=${RAFT_ET:-300ms}
# shellcheck source=tests/module/lib.sh
. "$TOP/tests/module/lib.sh"
set +e
touch "$LAB_EXPECT"
mkdir -p "$TMP"
only=("$@")
for cases in "$TOP"/tests/module/cases/*.sh; do
	# All are read: they use each other's functions.
	chosen=''
	[[ ! ${cases##*/} =~ ^(${CASES:-.*}) ]] || chosen=1
	# shellcheck disable=SC1090
	. "$cases"
done
echo "1..$count"
[ $failed = 0 ] && [ $count -gt 0 ]
