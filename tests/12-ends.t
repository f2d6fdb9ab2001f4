#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a guest's streams do when they end, and who can end it: the end of stdin, a stdout that nobody reads or that is
# full, signals, an init that does not care, a stopped process, a starter that dies.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=60

# The end of the host's stdin.
guest 'cat; echo end of file; cat; echo again'
is "the end of stdin is the end of the guest's stdin" "$OUT:$STATUS" $'end of file\nagain:0'
printf 'one\ntwo\nthree' >"$tmp/file"
INPUT=$tmp/file
# shellcheck disable=SC2016 # for the guest
guest 'read a; read b; read c; echo "$a-$b-$c"; read d; echo "$?"'
is "the end of stdin comes after all of a file, an unfinished line included" "$OUT:$STATUS" $'one-two-three\n1:0'
guest 'cat | tr a-z A-Z; echo'
is "a file on stdin comes as it is, without an echo" "$OUT" $'ONE\nTWO\nTHREE'
mkfifo "$tmp/pipe"
printf 'one\ntwo\n' >"$tmp/pipe" &
INPUT=$tmp/pipe
guest 'cat'
is "a pipe on stdin comes as it is, without an echo" "$OUT:$STATUS" $'one\ntwo:0'
echo 'echo typed; exit 3' >"$tmp/file"
INPUT=$tmp/file
boot quiet
like "commands on stdin are for the shell" "$OUT" $'(^|\n)typed'
is "the status of a shell is the guest's" "$STATUS" 3
printf 'echo typed' >"$tmp/file"
boot quiet
like "a last command on stdin without a newline is run" "$OUT" $'(^|\n)typed'
is "the end of stdin ends a shell with status 0" "$STATUS" 0
# One that reads every key as it comes is told by a hang-up.
# shellcheck disable=SC2016 # for the guest
guest 'exec </dev/tty0; stty -icanon; i=0; while dd bs=1 count=1 2>/dev/null | grep -q .; do i=$((i+1)); done; sync; echo over >/dev/null; exit 5'
is "a program that reads keys is not given the end of stdin for ever" "$STATUS" 5
INPUT=/dev/null

# On a pipe lines are what programs write.
guest 'printf "a\nb\n"'
is "output to a file has no carriage returns" "$(sed -n '/=begin=/,/=end=/p' "$tmp/out")" $'=begin=\na\nb\n=end='
guest 'true'
is "with quiet nothing but the job's output is on stdout" "$RAW" $'=begin=\n=end='
guest 'poweroff -f'
is "with quiet poweroff -f writes nothing to stdout" "$RAW" '=begin='

# Nobody reads stdout.
gone_reader() { # COMMAND
	compose quiet "$(run_option "$1")"
	timeout -k 5 "$LIMIT" "$LINUX" "${args[@]}" </dev/null 2>"$tmp/err" | head -n 1 >"$tmp/out"
	STATUS=${PIPESTATUS[0]}
	OUT=$(tr -d '\r' <"$tmp/out")
}
gone_reader 'yes'
is "a guest whose stdout nobody reads ends" "$OUT:$STATUS" y:141
gone_reader 'while :; do echo x; done'
is "a guest whose stdout nobody reads ends, whatever its job does" "$OUT:$STATUS" x:141

# Output that gets nowhere.
compose quiet "$(run_option 'echo lost')"
"$LINUX" "${args[@]}" </dev/null >/dev/full 2>"$tmp/err"
is "stdout on a full disk: status 1" "$?" 1
is "stdout on a full disk: one line" "$(wc -l <"$tmp/err")" 1
like "stdout on a full disk: the line says so" "$(cat "$tmp/err")" 'con0=fd:0,fd:1: .*no space is left'
if mkdir "$tmp/small" && mount -t tmpfs -o size=64k none "$tmp/small" 2>/dev/null; then
	guest 'seq 100000' con=null "con0=fd:0,fd:1,log:$tmp/small/log"
	is "a log on a full disk: status 1" "$STATUS" 1
	like "a log on a full disk: a line says so" "$ERR" 'log:.*no space is left'
	is "a log on a full disk: nothing else is lost" "$(tail -n 1 <<<"$OUT")" 100000
	cat /dev/zero >"$tmp/small/full" 2>/dev/null
	TMPDIR=$tmp/small boot quiet "ubd0v=$DISK" root=/dev/ubda rw
	is "no room for what a disposable disk is given: no root" "$STATUS" "$NO_ROOT"
	like "no room for what a disposable disk is given: a line says so" "$ERR" \
		'Unable to mount root fs.*: the host has no room for what the guest writes: .*TMPDIR'
	umount "$tmp/small"
else
	skip "a log on a full disk" "no tmpfs can be mounted here"
fi

# Panics.
guest 'echo c >/proc/sysrq-trigger' con=null con0=null
is "a panic without a console: its status" "$STATUS" "$PANIC"
is "a panic without a console: one line on stderr" "$ERR" "linux: the guest's kernel panics: sysrq triggered crash"
boot quiet init=/bin/false
is "the end of init: its status" "$STATUS" "$PANIC"
like "the end of init: one line on stderr" "$ERR" '^linux: Attempted to kill init! exitcode=0x00000100: init has ended[^'$'\n'']*$'
unlike "the end of init: no backtrace" "$OUT" 'Call Trace'
guest 'echo c >/proc/sysrq-trigger' noreboot panic=-1
is "with noreboot a panic with panic= ends the guest" "$STATUS:$(grep -c begin <<<"$RAW")" "$PANIC:1"
guest 'reboot -f' noreboot
is "with noreboot a reboot ends the guest" "$STATUS:$(grep -c begin <<<"$RAW")" 0:1

# A signal of the host's ends a job: the job's status.
for signal in TERM:143 INT:130 HUP:129; do
	start quiet "$(run_option 'echo up; sleep 1000')"
	shows '^up'
	kill "-${signal%:*}" "$PID"
	finish
	is "SIG${signal%:*} ends a job: status ${signal#*:}" "$STATUS" "${signal#*:}"
done
start quiet "$(run_option 'trap "exit 7" TERM; echo up; while :; do sleep 0.1; done')"
shows '^up'
kill -TERM "$PID"
finish
is "a job that takes SIGTERM has its own status" "$STATUS" 7
mkfifo "$tmp/open"
exec {open}<>"$tmp/open"
INPUT=$tmp/open
start quiet
# Not the shell that is about to be it.
runs() { grep -q '^linux' "/proc/$PID/comm"; }
wait_for 10 runs
kill -TERM "$PID"
finish
like "SIGTERM ends a guest without a job while it boots" "$STATUS" '^(0|143)$'

# An init that does not care.
start quiet init=/bin/sh -- -c 'echo u""p; while read -r x; do :; done'
shows '^up'
kill -TERM "$PID"
finish
is "an init that ignores SIGTERM is powered off" "$STATUS" 143
is "an init that ignores SIGTERM: a line says that it is powered off" "$ERR" 'linux: the guest does not end by itself: it is powered off'
start quiet init=/bin/sh -- -c 'echo u""p; while :; do :; done'
shows '^up'
kill -TERM "$PID"
# A second one, later than what tools send twice.
again() { kill -TERM "$PID" 2>/dev/null; gone "$PID"; }
wait_for 30 again
finish
is "a second SIGTERM powers a guest off at once" "$STATUS" 143
INPUT=/dev/null
exec {open}>&-

# A stopped process leaves the terminal to the shell, which sets it as it likes.
start_terminal 24 80 quiet "$(run_option "echo u''p; read x; echo \"got \$x\"; read x; exit 6")"
wait_for "$LIMIT" seen '^up'
kill -STOP "$PID"
stopped() { grep -q '^State:.T' "/proc/$PID/status"; }
wait_for 10 stopped
stty -F "$LINE" icanon echo isig icrnl opost
is_raw() { stty -a -F "$LINE" | grep -q -- '-icanon' && stty -a -F "$LINE" | grep -q -- ' -echo '; }
kill -CONT "$PID"
ok "a process that goes on has its terminal raw again" wait_for 10 is_raw
type_keys 'word\r'
ok "a guest that goes on reads at its terminal" wait_for 20 seen '^got word'
type_keys '\r'
finish_terminal
is "a guest that was stopped ends well" "$STATUS" 6

# Who started it is gone.
compose quiet "$(run_option 'echo up; sleep 1000')"
(
	"$LINUX" "${args[@]}" </dev/null >"$tmp/out" 2>&1 &
	echo $! >"$tmp/pid"
	wait_for "$LIMIT" grep -q '^up' "$tmp/out"
)
PID=$(cat "$tmp/pid")
ok "a guest ends with the process that started it" wait_for "$LIMIT" gone "$PID"

finished
