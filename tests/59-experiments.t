#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The isolation experiments: each says that the isolation holds, and each fails when there is none.
# Time limit: 900 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=150
cd "$top/rootfs/experiments" || exit 1
names=([0-9]*.c)
cd "$top" || exit 1

for name in "${names[@]%.c}"; do
	as_user guest "/experiments/$name"
	is "$name: the isolation holds" "$STATUS: $(grep '^  BROKEN' <<<"$OUT")" "0: "
	[ "$STATUS" = 0 ] || show
	is "$name: three lines say what it is about" "$(head -n 3 <<<"$OUT" | sed 's/:.*//' | paste -sd' ')" \
		'question done expected'
	is "$name: the output ends with what was measured and the answer" "$(tail -n 2 <<<"$OUT" | sed 's/:.*//' | paste -sd' ')" \
		'measured answer'
	as_user guest "/experiments/$name --break"
	is "$name: without isolation the experiment fails" "$STATUS" 1
	like "$name: the answer says where isolation fails" "$OUT" 'answer: not isolated, [0-9]+ steps failed; the first: '
done

# The table.
"$top/scripts/experiments" 01-pid 10-border >"$tmp/table" 2>"$tmp/err"
is "make experiments prints a table of the experiments" "$?:$(grep -c '^|.*|.*|.*|.*|$' "$tmp/table")" '0:4'
like "the table of experiments has what can be seen from the host" "$(cat "$tmp/table")" 'on the host: 1 process, 1 thread.*seccomp mode 2'
"$top/scripts/experiments" nonsense >"$tmp/table" 2>"$tmp/err"
is "an experiment that does not exist is refused" "$?:$(cat "$tmp/table")" '1:'
like "the refusal names the experiments that exist" "$(cat "$tmp/err")" 'no experiment nonsense; there are: 01-pid '

finished
