#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What scripts/ltp makes of tests, on a tree that looks like an installed LTP.
# Time limit: 200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

is_built "$DISK" "${DISK#"$top/"}"
tree=$tmp/ltp
mkdir -p "$tree/runtest" "$tree/testcases/bin"
test_program() { # NAME TEXT
	printf '#!/bin/sh\n%s\n' "$2" >"$tree/testcases/bin/$1"
	chmod 755 "$tree/testcases/bin/$1"
}
# shellcheck disable=SC2016 # for the guest
test_program passing 'echo "good.c:1: TPASS: $1"; [ "$1" = argument ] && [ -w "$TMPDIR" ] && [ -d "$LTPROOT/runtest" ]'
test_program failing 'echo "bad.c:7: TFAIL: two and two are five"; exit 1'
test_program othermachine 'echo "other.c:9: TCONF: no such hardware"; exit 32'
test_program lasting 'echo "slow.c:1: TINFO: begins"; sleep 1000'
test_program ending 'echo "last.c:1: TINFO: the end"; sync; echo o >/proc/sysrq-trigger; sleep 1000'
printf '# some tests\n\ngood01 passing argument\nbad01 failing\nbad02 failing\nother01 othermachine\n' >"$tree/runtest/syscalls"
printf 'last01 ending\nslow01 lasting\nout01 passing\ngood02 passing argument\n' >"$tree/runtest/syscalls-ipc"
printf 'fail  syscalls:bad02  is wrong everywhere\nout  ipc:out01  is out\n' >"$tmp/known"

run() {
	OUT=$(KNOWN=$tmp/known WORK=$tmp/work DISK=$DISK SECONDS_EACH=5 "$top/scripts/ltp" "$@" 2>"$tmp/said")
	STATUS=$?
	ERR=$(cat "$tmp/said")
}
run "$tree" syscalls ipc
like "a test that passes" "$OUT" $'(^|\n)ok [0-9]+ - syscalls:good01\n'
like "one that fails, with its reason" "$OUT" $'not ok [0-9]+ - syscalls:bad01: status 1\n# \\| bad.c:7: TFAIL'
like "one that is known to fail" "$OUT" $'\nok [0-9]+ - syscalls:bad02: status 1, which is known: is wrong everywhere'
like "one that is not for this system" "$OUT" $'\nok [0-9]+ - syscalls:other01 # SKIP no such hardware'
like "one that ends the guest" "$OUT" $'\nnot ok [0-9]+ - ipc:last01: the guest ends, with status 0'
like "one that takes too long" "$OUT" $'\nnot ok [0-9]+ - ipc:slow01: takes more than 5 s'
like "one that is not run" "$OUT" $'(^|\n)ok [0-9]+ - ipc:out01 # SKIP is out'
like "the next one, in a new guest" "$OUT" $'\nok [0-9]+ - ipc:good02\n'
like "the sum" "$OUT" 'in all 2 passed, 4 failed \(1 of them as tests/ltp.known says\), 1 were not'
is "the plan" "$(tail -n 1 <<<"$OUT")" 1..8

run "$tree" syscalls:good01
is "one test alone" "$(grep -c '^ok' <<<"$OUT"):$(tail -n 1 <<<"$OUT")" 1:1..1
run "$tree" nothing
like "a list that is not there: one line says so" "$STATUS:$ERR" '^[1-9]:ltp: nothing: there is no such list in [^'$'\n'']*$'
run "$tmp/work"
like "a folder that is no LTP: one line says so" "$STATUS:$ERR" '^[1-9]:ltp: [^'$'\n'']* is neither a checkout of LTP [^'$'\n'']*$'
run
like "no folder: one line says so" "$STATUS:$ERR" '^[1-9]:ltp: usage: [^'$'\n'']*$'

finished
