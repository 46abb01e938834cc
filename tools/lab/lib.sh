# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# lib.sh - what the lab's host-side scripts share: the cache, messages, locks,
# temporary directories and the verdict on a guest's kernel log. Source it.

shopt -s inherit_errexit

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CACHE=${RAFT_CACHE:-${HOME:-/root}/.cache/raft}
export LAB CACHE

# Exit codes of um.sh and vm.sh beyond those of the guest's script.
LAB_OFF=123        # the machine was switched off before the script ended
LAB_TIMEOUT=124    # -t ran out
LAB_SPLAT=125      # the kernel died, or logged a BUG, WARNING, leak, stall ...
export LAB_OFF LAB_TIMEOUT LAB_SPLAT

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 2; }

# assign NAME VALUE: one line that the caller can eval.
assign() { printf '%s=%q\n' "$1" "$2"; }

# lab_lock NAME: held until this process ends; fd 9.
lab_lock() {
	mkdir -p "$CACHE"
	exec 9>"$CACHE/.lock-$1"
	flock -n 9 && return
	say "waiting for another process that prepares $1"
	flock 9
}
lab_unlock() { exec 9>&-; }

# busy PID WHAT FILE: a line every 10 s on what FILE (its log) says, until PID ends.
busy() {
	local pid=$1 what=$2 log=$3 t0=$SECONDS n=0
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		n=$((n + 1))
		[ $((n % 10)) -ne 0 ] || say "$what: $((SECONDS - t0)) s, $(wc -l <"$log") steps, $(tail -n 1 "$log" | cut -c1-60)"
	done
	wait "$pid"
}

# What a healthy kernel never logs.
LAB_SPLATS='BUG:|WARNING:|Oops|Kernel panic|unreferenced object|suspected memory leaks'
LAB_SPLATS+='|general protection fault|refcount_t:|UBSAN:|KASAN:|KCSAN:|INFO: task .* blocked'
LAB_SPLATS+='|rcu: INFO:|detected stall|soft lockup|Unable to handle|kernel BUG at|INFO: trying to register'
LAB_SPLATS+='|Segfault with no mm|Kernel mode fault|workqueue lockup|list_(add|del) corruption|ODEBUG:'

# splats EXPECT FILE...: lines of a kernel log that are none of the patterns (extended
# regular expressions, one a line) in the file EXPECT, and bad. Status 0 if there are any.
splats() {
	local expect=$1
	shift
	if [ -s "$expect" ]; then
		cat "$@" | grep -aEv -f <(grep -v '^$' "$expect") | grep -aE "$LAB_SPLATS"
	else
		cat "$@" | grep -aE "$LAB_SPLATS"
	fi
}

# verdict CTL STATUS: the run's exit code, from what the guest left in the directory CTL
# (rc, klog, dmesg, leaks, expect) and STATUS of the emulator; shows the log if it is bad.
verdict() {
	local ctl=$1 status=$2 log=$1/klog
	touch "$ctl/expect" "$ctl/leaks" "$ctl/klog"
	[ ! -s "$ctl/dmesg" ] || log=$ctl/dmesg
	if splats "$ctl/expect" "$ctl/klog" "$ctl/leaks" >"$ctl/bad"; then
		{
			say "the kernel complained; its log:"
			tail -n 400 "$log" "$ctl/leaks" | sed 's/^/# /'
			say "the kernel complained:"
			head -n 20 "$ctl/bad" | sed 's/^/# /'
		} >&2
		return "$LAB_SPLAT"
	fi
	[ -s "$ctl/rc" ] && return "$(cat "$ctl/rc")"
	if [ "$status" = 124 ] || [ "$status" = 137 ] && [ -e "$ctl/timeout" ]; then
		say "timed out; the end of the kernel log:"
		tail -n 30 "$ctl/klog" | sed 's/^/# /' >&2
		return "$LAB_TIMEOUT"
	fi
	say "switched off before the script ended (emulator's status $status)"
	tail -n 15 "$ctl/klog" | sed 's/^/# /' >&2
	return "$LAB_OFF"
}

# command_file CTL SCRIPT ARGS...: what the guest is to run, in the caller's directory,
# with the variables in the array ENVS, every word quoted.
command_file() {
	local ctl=$1 v
	shift
	{
		printf 'cd %q\n' "$PWD"
		for v in ${ENVS[@]+"${ENVS[@]}"}; do
			case $v in
			*=*) printf 'export %s=%q\n' "${v%%=*}" "${v#*=}" ;;
			*) [ -z "${!v+x}" ] || printf 'export %s=%q\n' "$v" "${!v}" ;;
			esac
		done
		printf 'exec'
		printf ' %q' "$@"
		echo
	} >"$ctl/cmd"
}

# script_path NAME: absolute, as the guest sees the host's files at the same place.
script_path() {
	local p
	p=$(readlink -f -- "$1") || die "no such script: $1"
	[ -f "$p" ] || die "no such script: $1"
	[ -x "$p" ] || die "not executable: $1"
	printf '%s\n' "$p"
}
