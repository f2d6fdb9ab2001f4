#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the tests rely on: a guest's kernel that complains is noticed, and a test that hangs ends.
# Time limit: 60 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# What note_complaints says of a guest that has written TEXT.
noted() { # TEXT
	local complaints=$tmp/noted
	rm -rf "$tmp/said" "$complaints"
	mkdir "$tmp/said"
	printf '%s\n' "$1" >"$tmp/said/out"
	: >"$tmp/said/err"
	note_complaints "$tmp/said"
	cat "$complaints"
}
for text in 'BUG: unable to handle page fault' 'WARNING: CPU: 0 PID: 1 at mm/x.c:1 f+0x1/0x2' 'Oops: 0002 [#1]' \
	'Kernel fault: host signal 11' 'rcu: INFO: rcu_preempt self-detected stall on CPU' \
	'INFO: task init:1 blocked for more than 120 seconds.' 'Kernel panic - not syncing: kernel: panic_on_warn set ...'; do
	is "a kernel's \"${text%%:*}: ...\" is noticed" "$(noted "[    1.234567] $text")" "[    1.234567] $text"
done
is "a program's WARNING is not a kernel's" "$(noted 'WARNING: this is a program')" ''
is "a kernel's option is no complaint" "$(noted '[    0.1] Kernel command line: panic_on_warn=1')" ''
is "what COMPLAINT matches is expected" "$(COMPLAINT='BUG: expected' noted '[    1.234567] BUG: expected')" ''
like "every guest ends at a warning of its kernel" "$(compose quiet; echo "${args[*]}")" 'panic_on_warn=1'

# A test that hangs in a program, and one that hangs in bash itself.
for hang in 'sleep 1000' 'wait_for 1000 false'; do
	printf '. %q\npass "first"\n%s\nfinished\n' "$here/lib.sh" "$hang" >"$tmp/hangs.t"
	out=$(TIME_LIMIT=1 timeout 30 bash "$tmp/hangs.t" 2>/dev/null)
	is "a test that hangs in \"$hang\" fails and ends: status" "$?" 1
	like "a test that hangs in \"$hang\" fails and ends: why" "$out" $'ok 1 - first\nnot ok 2 - the test ends within 1 s\n1\\.\\.2'
done

finished
