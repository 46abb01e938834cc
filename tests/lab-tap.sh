#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lab-tap.sh - turns the lines of `lab run` into TAP, and fails if fewer than 40
# scenarios passed on the real module.
n=0 bad=0
while IFS= read -r line; do
	case $line in
	"ok "*) echo "ok - module: ${line#ok }"; n=$((n + 1)) ;;
	"skip "*)
		rest=${line#skip }
		echo "ok - module: ${rest%%: *} # SKIP ${rest#*: }"
		;;
	*".scn:"*": expected"*) echo "not ok - module: $line"; bad=1 ;;
	*) echo "  $line" ;;
	esac
done
if [ $n -lt 40 ]; then
	echo "not ok - module: only $n scenarios passed on the real module, 40 are wanted"
	bad=1
fi
exit $bad
