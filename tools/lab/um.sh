#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# um.sh - owns one run of a script, as root, under User-mode Linux (one CPU, 0.5 s).
#
#   um.sh [options] SCRIPT [ARGS]
#   -d, --debug        the kernel with KASAN, lockdep, kmemleak
#   -t, --timeout S    default 300
#   -m, --mem MIB      default 512 (debug: 1024)
#   -o, --out DIR      writable in the guest as /mnt/out
#   -e, --env N[=V]    a variable for the script (repeated)
#   --disk FILE        /dev/ubda, ubdb, ... (repeated)
#   --time-travel      simulated time: sleeping costs nothing
#   --no-leaks         do not wait 5 s for kmemleak at the end (debug)
#   -i                 interactive; SCRIPT defaults to a shell
#   -v                 the kernel log to stderr while it runs
#   --append WORDS     to the kernel's command line
#
# The guest sees the host's files (writes stay in its memory) and runs SCRIPT in the
# caller's directory; stdout is what it prints. Exit code: the script's, or 125 if the
# kernel died or logged a BUG, WARNING, leak ..., 124 timed out, 123 switched off.
# Expected lines: the script appends regular expressions to the file $LAB_EXPECT.
set -eu
. "$(dirname "$0")/lib.sh"

kernel=um timeout=300 mem='' out='' noleaks='' tty='' verbose='' append='' ENVS=() ubd=()
while [ $# -gt 0 ]; do
	case $1 in
	-d | --debug) kernel=um-debug ;;
	-t | --timeout) timeout=$2; shift ;;
	-m | --mem) mem=${2%[mM]}; shift ;;
	-o | --out) out=$(readlink -f -- "$2"); shift ;;
	-e | --env) ENVS+=("$2"); shift ;;
	--disk) ubd+=("ubd${#ubd[@]}=$(readlink -f -- "$2")"); shift ;;
	--time-travel) append+=' time-travel=inf-cpu' ;;
	--no-leaks) noleaks=1 ;;
	-i) tty=1 ;;
	-v) verbose=1 ;;
	--append) append+=" $2"; shift ;;
	--) shift; break ;;
	-*) die "no such option: $1" ;;
	*) break ;;
	esac
	shift
done
[ $# -gt 0 ] || [ -z "$tty" ] || set -- /bin/bash
[ $# -gt 0 ] || die "which script? see the top of this file"
script=$(script_path "$1")
shift
[ -z "$out" ] || [ -d "$out" ] || die "no such directory: $out"
[ -n "$mem" ] || { mem=512; [ $kernel = um ] || mem=1024; }

paths=$("$LAB/kernel.sh" $kernel) || die "no kernel"
eval "$paths"

ctl=$(mktemp -d)
pid=
cleanup() {
	local uml		# a session of its own, with a process for each of the guest's
	uml=$(cat "$ctl/um/pid" 2>/dev/null) || :
	[ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || :
	[ -z "$uml" ] || kill -KILL -- "-$uml" 2>/dev/null || :
	rm -rf "$ctl"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
mkdir "$ctl/out"
command_file "$ctl" "$script" "$@"

# UML keeps the guest's memory in a file that must fit.
ram_dir() {
	local free
	free=$(df -Pm /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
	if [ "${free:-0}" -gt "$mem" ]; then echo /dev/shm; else echo "$ctl"; fi
}

TMPDIR=$(ram_dir)
export TMPDIR GLIBC_TUNABLES=glibc.pthread.rseq=0
t0=$SECONDS

# Through pipes: UML makes what it prints to non-blocking. The kernel's log is ttyS0.
if [ -n "$tty" ]; then
	con0=fd:0,fd:1 relay=
	exec 4>&1 5<&0
else
	con0=null,fd:1
	exec 4> >(exec cat) 5</dev/null
	relay=$!
fi
exec 3> >(if [ -n "$verbose" ]; then exec tee "$ctl/klog" >&2; else exec cat >"$ctl/klog"; fi)
# shellcheck disable=SC2086
timeout ${tty:+--foreground} -k 5 "$timeout" "$LINUX" "mem=${mem}M" rootfstype=hostfs ro "init=$LAB/um-init" \
	"uml_dir=$ctl" umid=um con=null con0=$con0 ssl=null ssl0=null,fd:3 console=ttyS0 \
	loglevel=7 panic=-1 ${ubd[@]+"${ubd[@]}"} \
	"lab_ctl=$ctl" "lab_out=${out:-$ctl/out}" "lab_modules=$MODULES/lib/modules/$KVER" \
	${noleaks:+lab_noleaks=1} ${tty:+lab_tty=1} $append <&5 >&4 2>&3 4>&- 5>&- &
pid=$!
exec 3>&- 4>&- 5>&-
status=0
wait "$pid" || status=$?
pid=
[ $((SECONDS - t0)) -lt "$timeout" ] || touch "$ctl/timeout"
[ -z "$relay" ] || wait "$relay" || :
verdict "$ctl" "$status"
