#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What common work costs in traps and host calls, which do not depend on the machine's mood as times do.
# A count is the difference of two runs, one with so much more of the work.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

command -v strace >/dev/null || skip_all "no strace here"

programs_disk "" "$here/bench/costs.c"

# Traps are the host signals that user code gets; with --seccomp-bpf strace sees no call but the named ones.
count() { # COMMAND: sets TRAPS, MMAP, MPROTECT
	compose quiet mem=1G ubd1r="$tmp/programs.ext4" "$(run_option "$1")"
	run_in_background strace -f --seccomp-bpf -q -o "$tmp/trace" -e signal=SIGSYS,SIGSEGV,SIGBUS \
		-e trace=mmap,mprotect "$LINUX" "${args[@]}"
	finish
	if [ "$STATUS" != 0 ]; then
		fail "a guest runs $1" "status $STATUS"
		show
	fi
	read -r TRAPS MMAP MPROTECT < <(awk '/--- SIG/ {t++} / mmap\(/ {m++} / mprotect\(/ {p++} END {print t + 0, m + 0, p + 0}' \
		"$tmp/trace")
}

# So many of each for one of the work: the same command with LESS and with MORE of it.
cost() { # LESS MORE COMMAND with N
	local traps mmap mprotect
	count "${3//N/$1}"
	traps=$TRAPS mmap=$MMAP mprotect=$MPROTECT
	count "${3//N/$2}"
	TRAPS=$(((TRAPS - traps) / ($2 - $1))) MMAP=$(((MMAP - mmap) / ($2 - $1)))
	MPROTECT=$(((MPROTECT - mprotect) / ($2 - $1)))
	diag "$3: $TRAPS traps, $MMAP mmap, $MPROTECT mprotect each"
}

at_most() { # WHAT GOT LIMIT
	ok "$1: at most $3" [ "$2" -le "$3" ]
}

# shellcheck disable=SC2016 # for the guest
cost 20 120 'bash -c "for i in \$(seq N); do /bin/true; done"'
at_most "traps of a program that bash starts" "$TRAPS" 150
at_most "mmap of a program that bash starts" "$MMAP" 240
at_most "mprotect of a program that bash starts" "$MPROTECT" 350

cost 200 1200 '/tests/costs pingpong 0 N'
at_most "traps of two switches" "$TRAPS" 8
at_most "mmap of two switches" "$MMAP" 20
small=$MMAP
cost 200 1200 '/tests/costs pingpong 16 N'
at_most "traps of two switches between processes of 16 MiB" "$TRAPS" 8
at_most "mmap of two switches between processes of 16 MiB, next to small ones" "$MMAP" $((small + small / 3 + 2))

cost 16 80 '/tests/costs touch N'
at_most "traps for a MiB that is touched" "$TRAPS" 20
at_most "mmap for a MiB that is touched" "$MMAP" 20

cost 1000 3000 'mount -o remount,size=90% /dev/shm; /tests/costs read 700 N'
at_most "traps of a read from 700 MiB of cache" "$TRAPS" 1
at_most "mprotect of a read from 700 MiB of cache" "$MPROTECT" 3

finished
