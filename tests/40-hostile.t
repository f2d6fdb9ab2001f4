#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guest programs that attack the guest kernel and the machine: they get a signal or an error, the guest goes on.
# PROGRAMS="NAME..." runs only these.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

read -r -a programs <<<"${PROGRAMS:-$(cd "$here/hostile" && echo *.c)}"

# The programs, on a disk of their own that the guest's init mounts at /tests.
mkdir "$tmp/programs"
for program in "${programs[@]%.c}"; do
	gcc -std=gnu11 -O2 -static -pthread -Wall -Wextra -Werror -mno-red-zone \
		-o "$tmp/programs/$program" "$here/hostile/$program.c" 2>"$tmp/gcc" ||
		fail "$program compiles" "$(cat "$tmp/gcc")"
done
mke2fs -q -t ext4 -L tests -d "$tmp/programs" "$tmp/programs.ext4" 32M

for program in "${programs[@]%.c}"; do
	for uid in 0 1000; do
		guest "IN_GUEST=1 /tests/$program $uid" mem=256M ubd1r="$tmp/programs.ext4"
		name="$program, uid $uid"
		while read -r line; do
			case $line in
			ok\ *) pass "$name:${line#ok * -}" ;;
			'not ok '*) fail "$name:${line#not ok * -}" ;;
			'#'*) echo "$line" ;;
			esac
		done <<<"$OUT"
		is "$name: says that it has done all" "$(grep -cE '^1\.\.[0-9]+$' <<<"$OUT")" 1
		is "$name: the guest ends in order" "$STATUS" 0
		[ "$STATUS" = 0 ] || show
		unlike "$name: and its kernel has no complaints" "$RAW" \
			'(Kernel (fault|panic)|BUG:|WARNING:|Oops|rcu:.*stall)'
	done
done

finished
