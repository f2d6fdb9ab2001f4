#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# solo on a terminal: keys, sizes, job control, and that the terminal is as it was afterwards.
# Time limit: 200 s
# shellcheck disable=SC2016 # commands are for the guest
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"

on_terminal 33 99 "$SOLO" run "$DISK" -- bash --norc -i
ok "a shell has a prompt" wait_for "$LIMIT" seen '# '
type_keys 'stty size; tty\r'
ok "the terminal's size is the guest's" wait_for 20 seen '^33 99'
ok "it is a terminal" wait_for 20 seen '^/dev/pts/0'
resize() { stty -F "$LINE" rows 44 cols 111 && kill -WINCH "$PID"; }
resize
new_size() { type_keys 'stty size\r'; seen '^44 111'; }
ok "a new size comes" wait_for 20 new_size
type_keys 'echo u""p; sleep 1000\r'
wait_for 20 seen '^up'
type_keys '\003'
type_keys 'echo "status $?"\r'
ok "Ctrl-C interrupts the command" wait_for 20 seen '^status 130'
type_keys 'echo do""ing; cat\r'
wait_for 20 seen '^doing'
type_keys '\032'
ok "Ctrl-Z stops a job" wait_for 20 seen '^\[1\]\+ +Stopped +cat'
type_keys 'kill %1; echo do""ne\r'
ok "the shell goes on" wait_for 20 seen '^done'
type_keys 'exit 4\r'
finish_terminal
is "the shell's status" "$STATUS" 4
is "the terminal is as it was" "$RESTORED" same

# The end of input, and two interrupts.
on_terminal 24 80 "$SOLO" shell "$DISK"
wait_for "$LIMIT" seen '# '
type_keys '\004'
finish_terminal
is "Ctrl-D ends a shell" "$STATUS" 0
on_terminal 24 80 "$SOLO" run "$DISK" -- sh -c 'trap "" INT; echo u""p; sleep 1000'
wait_for "$LIMIT" seen '^up'
type_keys '\003\003'
finish_terminal
is "Ctrl-C twice ends the guest" "$STATUS" 130
is "the terminal is as it was then, too" "$RESTORED" same

# In a guest that runs, and a shell after a failure.
box=terminal-$$
"$SOLO" run --detach --name "$box" "$DISK" -- sleep 1000 >/dev/null
on_terminal 25 81 "$SOLO" exec "$box" -- sh -c 'stty size; read -r line; echo "got $line"'
ok "solo exec has a terminal" wait_for "$LIMIT" seen '^25 81'
type_keys 'word\r'
ok "solo exec: keys come" wait_for 20 seen '^got word'
finish_terminal
on_terminal 25 81 "$SOLO" shell "$box"
ok "solo shell of a guest that runs" wait_for "$LIMIT" seen '# '
type_keys 'hostname; exit 5\r'
finish_terminal
like "solo shell of a guest that runs: it is there" "$(screen)" "(^|"$'\n'")$box"
is "solo shell of a guest that runs: its status" "$STATUS" 5
"$SOLO" kill "$box"
on_terminal 24 80 "$SOLO" run --keep-on-failure "$DISK" -- sh -c 'echo kept >/tmp/file; exit 3'
ok "--keep-on-failure says why there is a shell" wait_for "$LIMIT" seen 'ended with status 3: this is a shell'
type_keys 'cat /tmp/file\r'
ok "--keep-on-failure is a shell in the same guest" wait_for 20 seen '^kept'
type_keys 'exit\r'
finish_terminal
is "--keep-on-failure: the status is the command's" "$STATUS" 3

finished
