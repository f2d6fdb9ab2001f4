#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# From the start of a guest to its end: it boots to a shell on ext4, and its exit status says how it ended.
# Time limit: 200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

guest 'uname -s; id -u; echo $$'
like "a guest boots to a shell command" "$OUT $STATUS" $'^Linux\n0\n[0-9]+ 0$'
[ "$STATUS" = 0 ] || show
is "a guest writes nothing to stderr" "$ERR" ''

guest 'uname -m'
is "a guest is an x86-64 machine" "$OUT" x86_64
guest 'uname -r'
is "--version names the kernel that runs" "$("$LINUX" --version)" "$OUT"

disk=$(disk_copy disk)
start_writing "$disk" 'grep " / ext4 rw" /proc/mounts && stat -f -c %T / && echo works >/file && cat /file'
finish
command_output
like "a guest's root is an ext4 file system that it can write to" "$OUT" ' / ext4 rw.*works$'

# shellcheck disable=SC2016 # for the guest
guest 'dd if=/dev/zero bs=1M count=4 2>/dev/null | sha256sum; bash -c "echo \$BASH_VERSION"; ls -1 /proc/1/exe'
like "programs run, static and dynamic" "$OUT" '^bb9f8df61474d25e71fa00722318cd387396ca1736605e1248821cc0de3d3af8.*[0-9]\.[0-9]'

IMAGE=$disk LINUX=$LINUX "$top/scripts/boot" </dev/null >"$tmp/out" 2>"$tmp/err"
is "make boot without a terminal ends with status 0" $? 0
read_output "$tmp"
like "make boot without a terminal says what it booted on" "$OUT" 'Linux .*MemTotal: .* / ext4 '

# The exit status.
for status in 0 1 7 255; do
	guest "exit $status"
	is "a command's exit status $status is the guest's" "$STATUS" "$status"
done
# shellcheck disable=SC2016 # for the guest
guest 'kill -9 $$'
is "a command that dies of signal 9 gives 137" "$STATUS" 137
for end in poweroff:0 halt:$HALT; do
	command=${end%:*}
	guest "$command -f"
	is "$command gives ${end#*:}" "$STATUS" "${end#*:}"
	guest "echo 42 >/proc/exitcode; $command -f"
	is "$command after a write to /proc/exitcode gives what was written" "$STATUS" 42
	guest "$command; sleep 1000"
	is "an orderly $command gives ${end#*:}" "$STATUS" "${end#*:}"
done

boot init=/bin/false
is "the end of init is a panic, with its own status" "$STATUS" "$PANIC"
like "the end of init shows the kernel's message" "$OUT$ERR" 'Kernel panic - not syncing: Attempted to kill init'
guest 'echo c >/proc/sysrq-trigger; sleep 1000'
is "a crash is a panic" "$STATUS" "$PANIC"
boot root=/dev/nowhere
is "a root file system that is not there has an exit status of its own" "$STATUS" "$NO_ROOT"

is "guests that have ended leave no file and no process" "$(find "$HOME" "$TMPDIR" -mindepth 1; session "$PID")" ''

# Reboot: the same process starts anew, with the same command line.
disk=$(disk_copy disk)
# shellcheck disable=SC2016 # for the guest
start_writing "$disk" 'cat /proc/cmdline; if [ -e /once ]; then echo again; sleep 1000; fi; touch /once; sync; reboot -f' \
	umid=reboot
ok "reboot starts the guest anew" shows '^again'
is "a guest that rebooted is the same process" "$(cat "$HOME/.uml/reboot/pid" 2>&1)" "$PID"
is "a guest that rebooted has no child" "$(cat "/proc/$PID/task/$PID/children" 2>&1)" ''
is "a guest that rebooted has the same command line" "$(grep -a 'umid=reboot' "$tmp/out" | sort | uniq -c | awk '{print $1}')" 2
kill -TERM "$PID"
finish
is "a guest that rebooted can be ended" "$STATUS" 143

# Whoever cannot reach its terminal can still ask it to end.
for signal in TERM:143 INT:130; do
	status=${signal#*:} signal=${signal%:*}
	disk=$(disk_copy disk)
	start_writing "$disk" 'touch /witness; echo up; sleep 1000'
	shows '^up'
	kill "-$signal" "$PID"
	finish
	is "SIG$signal shuts a guest down in order" "$STATUS" "$status"
	[ "$STATUS" = "$status" ] || show
	unlike "after SIG$signal the disk has nothing to recover" \
		"$(dumpe2fs -h "$disk" 2>&1 | grep -E '^Filesystem (features|state):')" 'needs_recovery'
	like "after SIG$signal the disk has what was written" "$(debugfs -R 'stat /witness' "$disk" 2>&1)" 'Type: regular'
done

# A terminal is given back as it was, however the guest ends.
terminal_end() { # HOW COMMAND
	start_terminal 24 80 quiet "$(run_option "echo u''p; read x; $2")"
	wait_for "$LIMIT" seen '^up' || fail "$1: the guest boots on a terminal" "$(screen)"
	like "$1: the terminal is raw while the guest runs" "$(stty -a -F "$LINE" 2>&1)" '-icanon.*-echo'
	if [ -n "${3-}" ]; then kill "-$3" "$PID"; else type_keys '\r'; fi
	finish_terminal
	is "$1: the terminal is restored" "$RESTORED" same
	is "$1: the guest has the right status" "$STATUS" "$4"
}
terminal_end "exit" "exit 3" '' 3
terminal_end "poweroff" "poweroff -f" '' 0
terminal_end "panic" "echo c >/proc/sysrq-trigger" '' "$PANIC"
terminal_end "SIGTERM" "sleep 1000" TERM 143
terminal_end "SIGHUP" "sleep 1000" HUP 129
on_terminal 24 80 "$LINUX" ubd0=/nowhere
finish_terminal
is "a bad image: the terminal is restored" "$STATUS $RESTORED" "$BAD same"

finished
