#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# style.sh - static checks of the sources: checkpatch --strict, kernel-doc, versions
# asked for in one place, shellcheck, man pages, scenario names. TAP on stdout.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top" || exit 2
dir=build/style
mkdir -p $dir/scripts
bad=0
result() {
	if [ "$1" = 0 ]; then echo "ok - $2"; else
		echo "not ok - $2"
		bad=1
	fi
}

tar=$(ls /usr/src/linux-source-6.12.tar.xz 2>/dev/null)
if [ ! -x $dir/scripts/checkpatch.pl ] && [ -n "$tar" ]; then
	tar xf "$tar" -C $dir --strip-components=1 --wildcards \
		'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' \
		'*/scripts/const_structs.checkpatch' '*/scripts/kernel-doc'
fi

# What does not fit code outside the tree: it has no MAINTAINERS to update, dual licence
# tags are the UAPI header's; user space has no kernel types or helpers.
# A word in a message that is also a function's name is still a word; RAFT_MUTANT()
# does not use its argument in most builds.
common=SPDX_LICENSE_TAG,FILE_PATH_CHANGES,EMBEDDED_FILENAME,CONST_STRUCT,EMBEDDED_FUNCTION_NAME,MACRO_ARG_UNUSED
if [ -x $dir/scripts/checkpatch.pl ]; then
	mapfile -t k < <(git ls-files 'kmod/*.[ch]' 'kmod/**/*.[ch]' 'uapi/**/*.h' | sort -u)
	perl $dir/scripts/checkpatch.pl --no-tree --strict --terse --no-summary --color=never \
		--max-line-length=100 --ignore $common,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE \
		-f "${k[@]}" 2>&1 |
		grep -vE '^kmod/compat.h:.*(LINUX_VERSION_CODE|constant on the right)|^kmod/tests/export.c:.*EXPORT_SYMBOL|^kmod/[a-z/_]*\.h:.*WARNING: Comparisons should place the constant' \
		>$dir/checkpatch-kernel
	[ ! -s $dir/checkpatch-kernel ]
	result $? "checkpatch --strict: ${#k[@]} files of the module"
	head -20 $dir/checkpatch-kernel
	mapfile -t u < <(git ls-files 'tools/*.[ch]' 'tools/**/*.[ch]' 'tests/**/*.[ch]' | sort -u)
	perl $dir/scripts/checkpatch.pl --no-tree --strict --terse --no-summary --color=never \
		--max-line-length=100 \
		--ignore $common,PREFER_KERNEL_TYPES,STRCPY,STRNCPY,SSCANF_TO_KSTRTO,NEW_TYPEDEFS,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE,ARRAY_SIZE,PREFER_DEFINED_ATTRIBUTE_MACRO,VOLATILE,USE_FUNC,CAMELCASE,MISORDERED_TYPE,ENOSYS,DEPRECATED_VARIABLE,MACRO_WITH_FLOW_CONTROL,SYMBOLIC_PERMS,COMPLEX_MACRO,AVOID_EXTERNS,STRLCPY,BIT_MACRO,LINUX_VERSION_CODE,NAKED_SSCANF \
		-f "${u[@]}" >$dir/checkpatch-tools 2>&1
	[ ! -s $dir/checkpatch-tools ]
	result $? "checkpatch --strict: ${#u[@]} files of the tools"
	head -20 $dir/checkpatch-tools
	perl $dir/scripts/kernel-doc -none -Wall "${k[@]}" >$dir/kernel-doc 2>&1
	! grep -qE "warning|error" $dir/kernel-doc
	result $? "kernel-doc of the module"
else
	echo "ok - checkpatch # SKIP no linux-source-6.12 package"
fi

grep -rlE 'LINUX_VERSION_CODE|KERNEL_VERSION' kmod --include='*.[ch]' | grep -v compat.h
[ "${PIPESTATUS[1]}" = 1 ]
result $? "kernel versions are asked for in compat.h only"
! grep -rnE '\bBUG(_ON)?\(' kmod --include='*.[ch]'
result $? "no BUG()"
! grep -rnE '\b(TODO|FIXME|XXX|HACK)\b' kmod uapi tools --include='*.[ch]' --include='*.sh'
result $? "nothing is left for later in the code"
# The files of a run share one shell: what comes later would get the function.
! git ls-files '*.sh' | xargs -r grep -nE '^(awk|cat|cmp|cp|cut|dd|diff|find|grep|head|kill|mv|rm|sed|sleep|sort|stat|tail|tr|wc|xargs)\(\)'
result $? "no function has the name of a tool"
git ls-files '*.c' '*.h' '*.sh' | xargs -r grep -L 'SPDX-License-Identifier' >$dir/spdx
[ ! -s $dir/spdx ]
result $? "every file says its licence"
cat $dir/spdx

if command -v shellcheck >/dev/null; then
	mapfile -t s < <(git ls-files '*.sh' | sort -u)
	shellcheck -x -S warning "${s[@]}" >$dir/shellcheck 2>&1
	result $? "shellcheck: ${#s[@]} scripts"
	head -30 $dir/shellcheck
else
	echo "ok - shellcheck # SKIP not installed"
fi
if command -v mandoc >/dev/null; then
	mapfile -t m < <(git ls-files '*.[458]' | sort -u)
	mandoc -Tlint -Wwarning "${m[@]}" >$dir/mandoc 2>&1
	result $? "mandoc: ${#m[@]} manual pages"
	head -20 $dir/mandoc
else
	echo "ok - mandoc # SKIP not installed"
fi
exit $bad
