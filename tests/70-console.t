#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The console is a terminal: nothing is lost, job control works, and it is as large as the one around it.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

lines=100000
wanted=$(seq 1 "$lines" | sha256sum)

# Output: all of it arrives, in order, wherever it goes and however slowly it is taken away.
guest "seq 1 $lines"
is "$lines lines arrive in a file" "$(numbers "$tmp/out")" "$wanted"

slow_reader() { # one line at a time, with a system call for each byte: far slower than the guest
	local line
	while IFS= read -r line; do printf '%s\n' "$line"; done
}
mkfifo "$tmp/slow"
slow_reader <"$tmp/slow" >"$tmp/piped" &
reader=$!
# shellcheck disable=SC2016 # for the shell between
under=(sh -c 'exec "$@" >slow' sh)
guest "seq 1 $lines"
under=()
wait "$reader"
is "$lines lines arrive through a pipe with a slow reader" "$(numbers "$tmp/piped") $STATUS" "$wanted 0"

start_terminal 24 80 quiet "$(run_option "seq 1 $lines")"
finish_terminal
is "$lines lines arrive on a terminal" "$(numbers "$tmp/out")" "$wanted"

# The last words before the end, too.
guest "seq 1 $lines; poweroff -f"
is "what is written just before poweroff -f arrives" "$(numbers "$tmp/out")" "$wanted"

# Input, faster than the guest takes it. Its start is echoed, into the guest's first line.
mkfifo "$tmp/pipe"
seq 1 5000 >"$tmp/pipe" &
INPUT=$tmp/pipe
# shellcheck disable=SC2016 # for the guest
guest 'stty -echo; echo ready; i=0; while [ $i -lt 5000 ]; do read -r x || break; i=$((i+1)); echo $x; done | sha256sum'
INPUT=/dev/null
wait
like "5000 lines of input arrive" "$RAW" $'\n'"$(seq 1 5000 | sha256sum)"

# A shell on a terminal. What is typed is echoed, so what to look for differs from it.
prompt() { wait_for 20 seen "$1"'[^#$]*[#$] $'; }
start_terminal 33 99 quiet
ok "a shell greets on a terminal" prompt ''
unlike "the shell has job control" "$(screen)" 'no job control'

type_keys 'stty size\r'
ok "the guest's terminal has the size of the one around it" wait_for 20 seen '^33 99$'
# shellcheck disable=SC2016 # for the guest
type_keys 'trap "echo resi""zed" WINCH; echo s""et\r'
wait_for 20 seen '^set'
stty -F "$LINE" rows 50 cols 120
type_keys '\r'
ok "a program in the guest is told of a new size" wait_for 20 seen 'resized$'
type_keys 'trap - WINCH; stty size\r'
ok "the guest's terminal has the new size" wait_for 20 seen '^50 120$'

type_keys 'sh -c "echo o""ne; exec sleep 1000"\r'
wait_for 20 seen '^one'
# shellcheck disable=SC2016 # for the guest
type_keys '\003echo status=$?\r'
ok "^C ends a program" wait_for 20 seen '^status=130'
type_keys 'sh -c "echo t""wo; exec sleep 1000"\r'
wait_for 20 seen '^two'
type_keys '\032'
ok "^Z stops a program" wait_for 20 seen 'Stopped'
type_keys 'jobs; bg; echo af""ter\r'
ok "bg goes on with a stopped program" wait_for 20 seen '^after'
type_keys 'fg\r'
# fg names the job that it takes.
wait_for 20 seen '^sh -c "echo t""wo; exec sleep 1000"$'
# shellcheck disable=SC2016 # for the guest
type_keys '\003echo now=$?\r'
ok "fg brings a program to the front again" wait_for 20 seen '^now=130'
# shellcheck disable=SC2016 # for the guest
type_keys 'sh -c "echo thr""ee; exec sleep 1000"; echo quit=$?\r'
wait_for 20 seen '^three'
type_keys '\034'
ok "^\\ quits a program" wait_for 20 seen '^quit=131'
type_keys 'sh -c "echo ed""it; exec cat >/tmp/typed"\r'
wait_for 20 seen '^edit'
type_keys 'abX\177c\r\004'
type_keys 'sed s/^/typed:/ /tmp/typed\r'
ok "a line can be edited, and ^D ends input" wait_for 20 seen '^typed:abc$'
type_keys 'sh -c "echo wa""iting; read x; yes no | head -n 3000; echo fl""ow"\r'
wait_for 20 seen '^waiting'
type_keys '\023\r'
# Long enough for the output to come, were it not held.
for _ in {1..25}; do nap; done
unlike "^S holds output" "$(screen)" $'\n''flow'
type_keys '\021'
ok "^Q lets output go on" wait_for 20 seen '^flow'
is "no output held by ^S is lost" "$(screen | grep -c '^no$')" 3000
type_keys 'true; exit\r'
finish_terminal
is "the shell's exit status is the guest's" "$STATUS" 0
is "the shell's end gives the terminal back" "$RESTORED" same

finished
