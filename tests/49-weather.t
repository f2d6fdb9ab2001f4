#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A guest whose programs take all memory, processes or files, or flood its console, recovers, or the program is killed;
# its process on the host stays within mem= and 64 MiB. (Full disks: 86-disks; mappings: 41-mappings; hostile frames:
# 90-net.)
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=150
MEM=128
programs_disk "" "$here/weather/weather.c"

# The guest waits for a line when it is through, so that its process can be looked at.
mkfifo "$tmp/go"
exec {go}<>"$tmp/go"
tables=0
through() { # and the most of the host's page tables, in KiB, that was seen on the way
	local now
	now=$(awk '/^VmPTE/ {print $2}' "/proc/$PID/status" 2>/dev/null)
	[ "${now:-0}" -le "$tables" ] || tables=$now
	grep -qa '^through ' "$tmp/out" || gone "$PID"
}
weather() { # NAME COMMAND [OPTION...]
	local peak name=$1 command=$2
	shift 2
	INPUT=$tmp/go start quiet "mem=${MEM}M" ubd1r="$tmp/programs.ext4" "$@" "$(run_option "$command; s=\$?; /bin/true && echo through \$s; read x")"
	tables=0
	wait_for "$LIMIT" through
	ok "$name: the guest goes on" shows '^through '
	is "$name: the guest's programs survive" "$(grep -a '^through' "$tmp/out" | tr -d '\r')" "through 0"
	peak=$(awk '/^VmHWM/ {print $2}' "/proc/$PID/status" 2>/dev/null)
	peak=$((${peak:-999999} + tables))
	ok "$name: the process had at most $((MEM + 64)) MiB ($peak KiB, $tables of them page tables)" \
		[ "$peak" -le $(((MEM + 64) * 1024)) ]
	echo >&"$go"
	finish
	is "$name: the guest ends in order" "$STATUS" 0
	[ "$STATUS" = 0 ] || show
}
weather "all memory" '/tests/weather memory'
weather "a byte in each of many page tables" '/tests/weather sparse || echo "killed: $?"; true' mem=256M
weather "all processes" '/tests/weather pids'
weather "all files" '/tests/weather inodes'
mke2fs -q -F -t ext4 "$tmp/large.ext4" 400M >/dev/null 2>&1
weather "memory full of a file that is written" 'mount /dev/ubdc /mnt && chmod 1777 /mnt && /tests/weather cache' \
	ubd2="$tmp/large.ext4"
weather "a flooded console" 'yes flood | head -c 4000000; echo'
exec {go}>&-

finished
