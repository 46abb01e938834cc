#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# scenario-tap.sh MIN [WHERE] - turns the lines of `raft-sim run` and `lab run` into TAP,
# and fails if fewer than MIN scenarios passed. WHERE tells runs of the same files apart.
min=${1:?usage: scenario-tap.sh MIN [WHERE]}
what=${2:-simulator}
n=0 bad=0
while IFS= read -r line; do
	case $line in
	"ok "*) echo "ok - $what: ${line#ok }"; n=$((n + 1)) ;;
	"skip "*)
		rest=${line#skip }
		echo "ok - $what: ${rest%%: *} # SKIP ${rest#*: }"
		;;
	*".scn:"*": "*) echo "not ok - $what: $line"; bad=1 ;;
	*) echo "  $line" ;;
	esac
done
if [ $n -lt "$min" ]; then
	echo "not ok - $what: only $n scenarios passed, $min are wanted"
	bad=1
fi
exit $bad
