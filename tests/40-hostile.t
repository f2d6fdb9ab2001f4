#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guest programs that attack the guest kernel and the machine: they get a signal or an error, the guest goes on.
# PROGRAMS="NAME..." runs only these.
# Time limit: 1500 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

read -r -a programs <<<"${PROGRAMS:-$(cd "$here/hostile" && echo *.c)}"
# That one takes more memory and time: 41-mappings.t.
[ -n "${PROGRAMS-}" ] || read -r -a programs <<<"${programs[*]/mappings.c/}"
LIMIT=150

# The programs, on a disk of their own that the guest's init mounts at /tests.
sources=("${programs[@]%.c}")
sources=("${sources[@]/%/.c}")
programs_disk "-pthread -mno-red-zone" "${sources[@]/#/$here/hostile/}"

# A disk whose pages hold one string each, of 300 and of 600 bytes: see strings.c. In build/, for on a tmpfs no read is
# asynchronous.
strings=$(mktemp "$build/strings.XXXXXX")
leftovers+=("$strings")
for length in 300 600; do
	head -c "$length" /dev/zero | tr '\0' "$((length / 100))"
	head -c "$((4096 - length))" /dev/zero
done >"$strings"

for program in "${programs[@]%.c}"; do
	for uid in 0 1000; do
		guest "IN_GUEST=1 /tests/$program $uid" mem=256M ubd1r="$tmp/programs.ext4" ubd2r="$strings"
		name="$program, uid $uid"
		relay_tap "$name" <<<"$OUT"
		is "$name: says that it has done all" "$(grep -cE '^1\.\.[0-9]+$' <<<"$OUT")" 1
		is "$name: the guest ends in order" "$STATUS" 0
		[ "$STATUS" = 0 ] || show
	done
done

# The same from outside. While user code runs (the mapping of the image says when), what can be reached is its own
# memory, the gate and its data. With more memory than the first tables of the host's cover, too, and after a restart.
in_user_code() {
	maps=$(cat "/proc/$PID/maps")
	grep -q '^680138000000-[0-9a-f]* ---' <<<"$maps"
}
reach() { # NAME
	local maps='' reachable
	ok "$1: the kernel is hidden while user code runs" wait_for 20 in_user_code
	reachable=$(awk '$2 !~ /^---/ && $6 != "[vsyscall]" && $1 >= "680000000000" && $1 < "6a0000000000" && length($1) == 25 {print $1, $2}' \
		<<<"$maps")
	is "$1: within the hole in user space only the gate, its data and the command line can be reached" "$reachable" \
		$'6800ffe00000-6800ffe01000 r-xs\n6800ffe10000-6800ffe19000 rw-p\n6800ffe20000-6800ffe22000 r--p'
	like "$1: user space is mapped" "$maps" $'(^|\n)[0-9a-f]{8}-[0-9a-f]+ r-xs'
}
for mem in 256M 1536M; do
	start quiet "mem=$mem" "$(run_option 'echo up; while :; do :; done')"
	shows '^up'
	reach "mem=$mem"
	status=$(cat "/proc/$PID/status")
	for field in 'Threads 1' 'Seccomp 2' 'NoNewPrivs 1'; do
		is "${field% *} of the process" "$(awk -v f="${field% *}:" '$1 == f {print $2}' <<<"$status")" "${field#* }"
	done
	kill -KILL "$PID"
	finish
done
# A mark on the disk says which start it is.
disk=$(disk_copy restarted)
start_writing "$disk" 'if [ -e /again ]; then echo again; while :; do :; done; fi
: >/again; sync; echo up; reboot -f' quiet
shows '^again'
reach "after a restart"
kill -KILL "$PID"
finish

# System calls of the image, by the functions that make them: host/ and what enters and leaves the kernel.
image=$build/kernel/vmlinux
if [ "$LINUX" = "$build/linux" ] && [ -e "$image" ]; then
	objdump -d --no-show-raw-insn "$image" |
		awk '/^[0-9a-f]+ <.*>:$/ {f = substr($2, 2, length($2) - 3)} NF > 1 && $1 ~ /:$/ {print f, $2}' |
		grep -E ' (syscall|sysenter|int|wrpkru|xrstors?(64)?)$' | sort -u >"$tmp/found"
	nm "$build"/kernel/arch/um/host/*.o "$build/kernel/arch/um/trap/entry.o" "$build/kernel/arch/um/trap/gate.o" |
		awk 'NF == 3 && $2 ~ /[tT]/ {print $3}' | sort -u >"$tmp/allowed"
	ok "the image makes system calls" grep -q ' syscall$' "$tmp/found"
	is "system calls of the image stand only in host/ and at the kernel's entry" \
		"$(awk '$2 == "syscall" {print $1}' "$tmp/found" | grep -vxFf "$tmp/allowed")" ''
	is "the image makes no system call in the old ways" "$(grep -E ' (sysenter|int)$' "$tmp/found")" ''
	is "the image changes no protection keys" "$(grep wrpkru "$tmp/found")" ''
	objdump -d --no-show-raw-insn "$image" |
		awk '/\tsar +\$0x3f,/ {mask = NR} /<sys_call_table>/ {print NR - mask < 8 ? "masked" : "bare"}' >"$tmp/indexed"
	is "the number of a system call is an index under speculation, too" "$(sort -u "$tmp/indexed")" masked
	is "the image loads extended state at one place" "$(grep xrstor "$tmp/found")" 'exit_window xrstor64'
else
	skip "system calls of the image" "only for what was built here"
fi

finished
