#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Guests of solo that run: their names, commands in them, their end, and that nothing is left of them.
# Time limit: 300 s
# shellcheck disable=SC2016 # commands are for the guest
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"
# Names are the user's, so those of other tests that run may be there, too.
box=test-$$
cleanup_names() {
	local each
	for each in $(running | grep "^$box"); do "$SOLO" kill "$each"; done
	cleanup
}
trap cleanup_names EXIT
log_has() { "$SOLO" logs "$box" | grep -q "$1"; }

# In the background.
solo run --detach --name "$box" "$DISK" -- sh -c 'echo started; echo on stderr >&2; trap "echo stopped; exit 6" TERM; while :; do sleep 0.1; done'
is "--detach prints the guest's name when it is ready" "$STATUS:$OUT:$ERR" "0:$box:"
ok "solo ps lists it" runs "$box"
solo ps --json
like "solo ps --json says more" "$OUT" "\"name\": \"$box\", \"pid\": [0-9]+, \"linux_pid\": [0-9]+, \"state\": \"runs\""
ok "solo logs has its output" wait_for 20 log_has started
ok "solo logs has its stderr" wait_for 20 log_has "on stderr"
solo logs --kernel "$box"
like "solo logs --kernel has the kernel's log" "$OUT" 'Linux version 6'

# Commands in it.
# shellcheck disable=SC2059 # a format of bytes
for value in {0..255}; do printf "\\x$(printf %x "$value")"; done >"$tmp/bytes"
INPUT=$tmp/bytes solo exec "$box" -- sh -c 'cat; cat /proc/cmdline >&2; exit 5'
is "solo exec: streams and status" "$STATUS:$(sum "$tmp/out")" "5:$(sum "$tmp/bytes")"
like "solo exec: it is the guest" "$ERR" 'port0=fd:'
solo exec --env 'A=x "y"' --user 5 --workdir /etc "$box" -- sh -c 'echo "$A $(id -u) $(pwd)"'
is "solo exec: --env, --user, --workdir" "$OUT" 'x "y" 5 /etc'
head -c 20000000 /dev/urandom >"$tmp/many"
for i in 1 2 3 4 5; do
	"$SOLO" exec "$box" -- cat <"$tmp/many" >"$tmp/many.$i" &
	each[i]=$!
done
wait "${each[@]}"
is "five commands at once have streams of their own" "$(for i in 1 2 3 4 5; do sum "$tmp/many.$i"; done | sort -u)" "$(sum "$tmp/many")"
solo exec "$box" -- sh -c 'kill -9 $$'
is "solo exec: a signal" "$STATUS" 137
solo exec "$box" -- no-such-command
is "solo exec: a command that is not there" "$STATUS:$ERR" "127:solo: no-such-command: command not found in the guest"
mkdir "$tmp/folder"
echo data >"$tmp/folder/file"
solo cp "$tmp/folder" "$box:/tmp/copy"
is "solo cp into a guest" "$STATUS:$ERR" 0:
solo cp "$box:/tmp/copy" "$tmp/copy"
is "solo cp out of it" "$STATUS:$(cat "$tmp/copy/file")" 0:data
solo cp "$box:/nowhere" "$tmp/none"
is "solo cp of what is not there" "$STATUS:$ERR" "125:solo: /nowhere: No such file or directory"

# A client that goes takes its command with it.
"$SOLO" exec "$box" -- sh -c 'echo $$ >/tmp/pid; exec sleep 1000' &
client=$!
there() { "$SOLO" exec "$box" -- test -s /tmp/pid; }
ok "solo exec runs" wait_for 20 there
{ kill -KILL "$client"; wait "$client"; } 2>/dev/null
ended() { "$SOLO" exec "$box" -- sh -c '! kill -0 "$(cat /tmp/pid)" 2>/dev/null'; }
ok "a command whose solo exec is killed is hung up" wait_for 20 ended

# Its name is its own.
solo run --name "$box" "$DISK" -- true
denied "a name that a guest has" "--name $box: a guest of this name runs"

# The end.
: >"$tmp/attached"
"$SOLO" attach "$box" >"$tmp/attached" &
attached=$!
attach_has() { grep -q started "$tmp/attached"; }
ok "solo attach shows what there was" wait_for 20 attach_has
pid=$("$SOLO" ps --json | grep -o "\"name\": \"$box\", \"pid\": [0-9]*" | grep -o '[0-9]*$')
linux=$(linux_of "$pid")
ok "linux is a process of solo's" [ -n "$linux" ]
solo stop "$box"
is "solo stop waits for the end" "$STATUS:$(kill -0 "$linux" 2>&1 | grep -c 'No such')" 0:1
wait "$attached"
is "solo attach has the command's status" "$?" 6
is "solo attach shows what came to the end" "$(grep -c stopped "$tmp/attached")" 1
ok "a guest that has ended is not listed" eval '! runs "$box"'
solo exec "$box" -- true
denied "a guest that has ended" "$box: no guest of this name runs"
"$SOLO" run --detach --name "$box-2" "$DISK" -- sh -c 'trap "" TERM; sleep 1000' >/dev/null
solo kill "$box-2"
ok "solo kill ends one that does not want to" eval '! runs "$box-2"'

# A reader that is slow, or stops.
"$SOLO" run --detach --name "$box-4" "$DISK" -- sh -c 'seq 1 1500000; echo end; while [ ! -e /tmp/go ]; do sleep 0.1; done' >/dev/null
slow_has() { "$SOLO" logs "$box-4" | tail -n 1 | grep -q end; }
ok "a command that writes much" wait_for 60 slow_has
seq 1 1500000 >"$tmp/many"
echo end >>"$tmp/many"
mkfifo "$tmp/fifo"
"$SOLO" logs "$box-4" >"$tmp/fifo" &
client=$!
exec {slow}<"$tmp/fifo"
read -r -n 1 -u "$slow" first
waits() { [ "$(ps -o stat= -p "$client" | cut -c1)" = S ]; }
wait_for 10 waits
{ printf %s "$first"; cat <&"$slow"; } >"$tmp/logs"
exec {slow}<&-
wait "$client"
is "solo logs: a slow reader gets all" "$?:$(sum "$tmp/logs")" "0:$(sum "$tmp/many")"
"$SOLO" attach "$box-4" >"$tmp/fifo" 2>/dev/null &
attached=$!
exec {slow}<"$tmp/fifo"
pid=$("$SOLO" ps --json | grep -o "\"name\": \"$box-4\", \"pid\": [0-9]*" | grep -o '[0-9]*$')
read -r -n 1 -u "$slow" _
kill -STOP "$attached"
"$SOLO" exec "$box-4" -- touch /tmp/go
ok "a client that is stopped does not keep solo" wait_for 60 gone "$pid"
kill -CONT "$attached"
exec {slow}<&-
wait "$attached"

# A guest that answers for solo's init.
"$top/scripts/compile" "$tmp/liar" "$here/solo/liar.c" -static || exit 1
mkdir "$tmp/reports"
"$SOLO" run --detach --name "$box-3" --copy-in "$tmp/liar:/liar" "$DISK" -- /liar -2 file .bashrc >/dev/null
liar_up() { [ "$("$SOLO" logs "$box-3")" = up ]; }
ok "a guest that lies is ready" wait_for 60 liar_up
solo cp "$box-3:/tmp/report" "$tmp/reports"
is "solo cp: a guest does not choose the name of what it sends" "$STATUS:$(ls -A "$tmp/reports")" 125:
solo kill "$box-3"

# Signals to solo are the command's.
: >"$tmp/answer"
"$SOLO" run --name "$box" "$DISK" -- sh -c 'trap "exit 7" INT; echo up; while :; do sleep 0.1; done' >"$tmp/answer" &
pid=$!
up() { grep -q up "$tmp/answer"; }
wait_for "$LIMIT" up
kill -INT "$pid"
wait "$pid"
is "SIGINT is the command's" "$?" 7
: >"$tmp/answer"
"$SOLO" run "$DISK" -- sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done' >"$tmp/answer" &
pid=$!
wait_for "$LIMIT" up
kill -TERM "$pid"
again() { kill -TERM "$pid" 2>/dev/null; gone "$pid"; }
wait_for 30 again
wait "$pid"
is "a second SIGTERM ends the guest" "$?" 143

# Nothing is left, whatever ends solo.
: >"$tmp/answer"
"$SOLO" run --name "$box" "$DISK" -- sh -c 'echo up; sleep 1000' >"$tmp/answer" &
pid=$!
wait_for "$LIMIT" up
linux=$(linux_of "$pid")
ok "a guest runs" [ -n "$linux" ]
{ kill -KILL "$pid"; wait "$pid"; } 2>/dev/null
ok "kill -9 of solo ends linux" wait_for 10 gone "$linux"
is "kill -9 of solo leaves no file" "$(find "$TMPDIR" "$HOME" -mindepth 1)" ''
is "kill -9 of solo leaves no socket" "$(grep -c "@solo/$(id -u)/$box" /proc/net/unix)" 0
solo run --name "$box" "$DISK" -- echo again
is "its name is free again" "$STATUS:$OUT" 0:again

# An ordinary user without any rights, whose streams may be closed.
as_nobody() {
	install -m 755 "$SOLO" "$tmp/solo"
	"${under[@]}" "$tmp/solo" run --kernel "$LINUX" "$DISK" -- id -u <&- >"$tmp/answer" 2>"$tmp/err"
}
as_user as_nobody
is "an ordinary user runs a command" "$? $(cat "$tmp/answer" "$tmp/err")" "0 0"

finished
