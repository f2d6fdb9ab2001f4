#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# From the first instruction to the first program: what is closed, what is sealed, and that the process is confined
# before it reads what others have written.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

status() { awk -v f="$1:" '$1 == f {print $2}' "/proc/$PID/status"; }
# What the guest has open of the file SECRET.
secrets() { find "/proc/$PID/fd" -lname "$tmp/secret" -printf '%f\n' 2>/dev/null | sort -n | xargs; }

# Open everything, confine, then parse. This guest waits for its root device, and never comes to a program; it has
# looked for partitions, and unpacked an initrd.
mkdir "$tmp/root"
(cd "$tmp/root" && : >file && echo file | cpio -o -H newc --quiet >"$tmp/initrd")
start ubd0r="$DISK" root=/dev/nothing rootwait initrd="$tmp/initrd"
ok "a guest without a root device waits for it" shows 'Waiting for root device'
is "a guest that waits for its root device has run no program" "$(grep -c 'as init process' "$tmp/out")" 0
is "a guest that waits for its root device is confined by seccomp" "$(status Seccomp)" 2
is "a guest that waits for its root device has no_new_privs set" "$(status NoNewPrivs)" 1
kill -KILL "$PID"
finish

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	under=(strace -qq -f -o "$tmp/trace" -e 'signal=!all')
	start ubd0r="$DISK" root=/dev/nothing rootwait
	shows 'Waiting for root device'
	under=()
	kill -KILL -- "-$PID"
	finish
	before=$(sed '/ seccomp(SECCOMP_SET_MODE_FILTER/,$d' "$tmp/trace")
	after=$(sed -n '/ seccomp(SECCOMP_SET_MODE_FILTER/,$p' "$tmp/trace")
	ok "the filter is set once, while the guest starts" [ "$(grep -c ' seccomp(SECCOMP_SET_MODE_FILTER' "$tmp/trace")" = 1 ]
	is "before the filter is set no request goes to a disk" "$(grep -c ' io_submit(' <<<"$before")" 0
	ok "requests go to a disk after the filter is set" grep -q ' io_submit(' <<<"$after"
	disk=$(sed -nE "s/.* openat\(AT_FDCWD, \"${DISK//\//\\/}\".* = ([0-9]+)\$/\1/p" <<<"$before" | head -n 1)
	ok "before the filter is set the disk is opened" [ -n "$disk" ]
	is "before the filter is set at most four bytes of a disk are read" \
		"$(grep -E " pread64\($disk, " <<<"$before" | grep -vE ', 4, 0\) ' | head -n 2)" ''
	is "nothing is opened after the filter is set" "$(grep -cE ' (openat|open|socket|memfd_create|io_setup|epoll_create1)\(' <<<"$after")" 0
else
	skip "what is read before the filter is set" "no strace here, or it may not trace"
fi

# Descriptors of whoever started it.
echo token >"$tmp/secret"
echo given >"$tmp/given"
# shellcheck disable=SC2016 # for the shell that opens the descriptors
holds=(bash -c 'exec 3<"$0/secret" 5<"$0/given" 6>/dev/null 7<"$0/secret" 9<"$0/secret" 600<"$0/secret"; exec "$@"' "$tmp")
for how in close_range 'one by one'; do
	under=("${holds[@]}")
	if [ "$how" != close_range ]; then under+=("$(tool confine)" no-close-range); fi
	start quiet con1=null,fd:6 con2=fd:5 "$(run_option 'echo up; sleep 1000')" -- con3=fd:7 fd=9
	shows '^up'
	under=()
	is "descriptors that no option names are closed, $how" "$(secrets)" ''
	ok "a descriptor that an option names is open, $how" [ "$(readlink "/proc/$PID/fd/5")" = "$tmp/given" ]
	kill -KILL "$PID"
	finish
done
under=("${holds[@]}")
boot con1=fd:9 vec0:transport=fd,fd=5 quiet "$(run_option true)"
like "a file is refused as a network's descriptor" "$STATUS $ERR" "^$BAD linux: vec0:.*neither a socket nor a tap"
under=()

# mem= is a limit.
start quiet mem=64M "$(run_option 'echo up; sleep 1000')"
shows '^up'
is "the memory files of a guest cannot be made longer or shorter" "$("$(tool seals)" "$PID" | sort)" $'uml-empty:\numl-memory:'
is "a guest whose memory was looked at goes on" "$(status Seccomp)" 2
kill -KILL "$PID"
finish

# Nor can it fill the host's disk by its images. What it writes to a file as a console may take 1 GiB.
truncate -s 2G "$tmp/long"
start quiet ubd1="$tmp/long" "$(run_option 'echo up; sleep 1000')"
shows '^up'
is "no file grows beyond the longest image" "$(awk '/^Max file size/ {print $4}' "/proc/$PID/limits")" $((2 << 30))
kill -KILL "$PID"
finish
truncate -s 3G "$tmp/base"
start quiet ubd1="$tmp/cow,$tmp/base" "$(run_option 'echo up; sleep 1000')"
shows '^up'
limit=$(awk '/^Max file size/ {print $4}' "/proc/$PID/limits")
is "a COW file can have all of its disk" "$limit" "$(stat -c %s "$tmp/cow")"
kill -KILL "$PID"
finish
printf before >"$tmp/log"
start quiet con1="log:$tmp/log" "$(run_option 'echo up; echo text >/dev/tty1; sleep 1000')"
shows '^up'
is "a log can grow by 1 GiB" "$(awk '/^Max file size/ {print $4}' "/proc/$PID/limits")" $(((1 << 30) + 6))
ok "a log with a limit is written" wait_for 20 grep -qs text "$tmp/log"
kill -KILL "$PID"
finish

finished
