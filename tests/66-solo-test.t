#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# solo test and solo doctor: programs in guests of their own, many at a time; and what the host gives.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"
LIMIT=300

program() { # NAME LINE...
	local file=$tmp/tests/$1
	shift
	printf '%s\n' '#!/bin/sh' "$@" >"$file"
	chmod +x "$file"
}

# Verdicts.
mkdir "$tmp/tests"
echo data >"$tmp/tests/data"
program a-status true
program b-tap 'echo 1..2' 'echo ok 1' 'echo "ok 2 - more"'
program c-not-ok 'echo 1..2' 'echo ok 1' 'echo "not ok 2 - <bad> & \"worse\""'
program d-few 'echo 1..3' 'echo ok 1'
program e-status 'echo to stderr >&2' 'exit 3'
program f-signal "kill -SEGV \$\$"
program g-skip 'exit 77'
program h-file "[ \"\$(cat data)\" = data ]" 'touch /mark'
program i-fresh '[ ! -e /mark ]'
program j-late 'sleep 1000'
program k-crash 'echo c >/proc/sysrq-trigger' 'sleep 1000'
solo test --root "$DISK" --timeout 20 -j 4 --junit "$tmp/junit.xml" "$tmp/tests"
is "solo test: status 1 if one has failed" "$STATUS" 1
is "solo test: results are in the order of names" "$(grep -aE '^(not )?ok' "$tmp/out")" "ok 1 - a-status
ok 2 - b-tap
not ok 3 - c-not-ok
not ok 4 - d-few
not ok 5 - e-status
not ok 6 - f-signal
ok 7 - g-skip # SKIP
ok 8 - h-file
ok 9 - i-fresh
not ok 10 - j-late
not ok 11 - k-crash"
reasons=$(grep -aoE '^# (.*not ok|.*planned.*|exit status.*|signal.*|it did not.*|the guest has.*)$' "$tmp/out")
is "solo test: failures have reasons" "$reasons" "# 1 of 2 results are not ok
# 3 results were planned, and 1 came
# exit status 3
# signal 11
# it did not end in time
# the guest has ended before it"
like "solo test: what a failure wrote is there" "$OUT" '#   to stderr'
like "solo test: the end of a crashed guest's log is there" "$OUT" 'Kernel panic'
is "solo test: a plan comes first" "$(sed -n 2p "$tmp/out")" 1..11
xml() { python3 -c 'import sys, xml.etree.ElementTree as t
r = t.parse(sys.argv[1]).getroot()
print(r.get("tests"), r.get("failures"), r.get("skipped"), len(r.findall("testcase")), r.findall("testcase")[2].find("system-out").text.split("\n")[2])' "$1"; }
if command -v python3 >/dev/null; then
	# shellcheck disable=SC2016 # the program's
	is "solo test: --junit writes XML" "$(xml "$tmp/junit.xml" 2>&1)" '11 6 1 11 not ok 2 - <bad> & "worse"'
else
	skip "solo test: --junit writes XML" "no python3 here"
fi

# Fifty at a time, some of which are killed.
rm -r "$tmp/tests"
mkdir "$tmp/tests"
for n in {10..59}; do program "t$n" "i=0; while [ \$i -lt 500 ]; do echo $n; i=\$((i + 1)); done"; done
solo test --root "$DISK" --mem 64M -j 50 --junit "$tmp/junit.xml" "$tmp/tests"
is "fifty guests at a time: all pass" "$STATUS:$(grep -ac '^ok' "$tmp/out")" 0:50
is "fifty guests at a time: outputs are their own" "$(sed 's/<system-out>/&\n/' "$tmp/junit.xml" | awk '
	/<testcase/ { match($0, /name="t[0-9]+/); n = substr($0, RSTART + 7, 2); lines = bad = 0 }
	/^[0-9]+$/ { if ($0 == n) lines++; else bad++ }
	/<\/testcase>/ { if (lines == 500 && !bad) good++ }
	END { print good + 0 }')" 50
for n in {10..59}; do program "t$n" "echo $n; sleep 3; echo $n"; done
"$SOLO" test --root "$DISK" --mem 64M -j 50 --junit "$tmp/junit.xml" "$tmp/tests" >"$tmp/answer" 2>"$tmp/err" &
runner=$!
all_there() { [ "$(ps --ppid "$runner" -o pid= | wc -l)" -ge 10 ]; }
wait_for 60 all_there
killed=0
for pid in $(ps --ppid "$runner" -o pid= | awk 'NR % 3 == 0'); do
	kill -KILL "$pid" 2>/dev/null && killed=$((killed + 1))
done
wait "$runner"
is "some are killed: they fail, and no other" "$?:$(grep -c '^not ok' "$tmp/answer"):$(grep -c '^ok' "$tmp/answer")" "1:$killed:$((50 - killed))"
is "some are killed: outputs are their own" "$(sed 's/<system-out>/&\n/' "$tmp/junit.xml" | awk '
	/<testcase/ { match($0, /name="t[0-9]+/); n = substr($0, RSTART + 7, 2) }
	/^[0-9]+$/ && $0 != n { bad++ }
	END { print bad + 0 }')" 0
is "nothing is left behind" "$(find "$TMPDIR" "$HOME" -mindepth 1)" ''

# A test that writes without end is given what is looked at, and not the host's memory.
rm -r "$tmp/tests"
mkdir "$tmp/tests"
program flood 'head -c 400000000 /dev/zero; echo; echo the end; while [ ! -e /tmp/go ]; do sleep 0.1; done'
"$SOLO" test --root "$DISK" --timeout 120 "$tmp/tests" >"$tmp/answer" 2>"$tmp/err" &
runner=$!
written() { # the file that it writes to: its size and KiB of memory
	find "/proc/$runner/fd" -lname '/memfd:out*' -exec stat -L -c '%s %b' {} + | awk '{ print $1, $2 / 2 }'
}
all_written() { [ "$(written | cut -d' ' -f1)" -ge 400000000 ] && [ "$(written | cut -d' ' -f2)" -lt 32768 ]; }
ok "solo test: of 400 MB that a test writes some are kept" wait_for 60 all_written
for name in $(running); do
	"$SOLO" ps | grep -q "^$name .*/flood" && "$SOLO" exec "$name" -- touch /tmp/go
done
wait "$runner"
is "solo test: and it passes" "$?:$(grep -c '^ok 1 - flood' "$tmp/answer")" 0:1

# Bad input.
solo test --root "$DISK" "$tmp/nowhere"
denied "solo test: a folder that is not there" 'nowhere: No such file'
mkdir "$tmp/none"
solo test --root "$DISK" "$tmp/none"
denied "solo test: a folder without programs" 'there is no program in it that can be run'
solo test --root "$DISK" -j many "$tmp/tests"
denied "solo test: a number that is none" '-j many: write how many'

# What the host gives.
solo doctor
is "solo doctor: a guest boots here" "$STATUS" 0
like "solo doctor says what there is" "$(paste -sd' ' "$tmp/out")" 'ok +seccomp .*ok +a guest +boots'
solo doctor --json
like "solo doctor --json" "$(paste -sd' ' "$tmp/out")" '^\[\{"what": "kernel", "level": "(ok|fair)", "value": "[^"]+".*"what": "a guest", "level": "ok".*\]$'

finished
