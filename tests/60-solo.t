#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# solo run: a command's arguments, environment, streams and status, and files in and out.
# Time limit: 400 s
# shellcheck disable=SC2016 # commands are for the guest
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"

# Arguments and environment are bytes.
run printf '%s\n' 'it'\''s "quoted"' '' '$HOME `x` \n *' $'two\nlines'
is "arguments come as they are" "$OUT" $'it\'s "quoted"\n\n$HOME `x` \\n *\ntwo\nlines'
# shellcheck disable=SC2059 # a format of bytes
all=$(for value in {1..255}; do printf "\\x$(printf %x "$value")"; done; echo .)
all=${all%.}
run printf %s "$all"
is "every value that an argument can have comes" "$(sum "$tmp/out")" "$(printf %s "$all" | sha256sum | awk '{print $1}')"
MINE=here solo run --env A="$all" --env 'B=$x "y"' --env MINE --env C= "$DISK" -- sh -c 'printf %s "$A$B$C$MINE"'
is "the environment comes as it is" "$(sum "$tmp/out")" "$(printf '%s$x "y"here' "$all" | sha256sum | awk '{print $1}')"
run env
is "nothing of the host's environment comes" "$(cut -d= -f1 <<<"$OUT" | sort | paste -sd' ')" "HOME LOGNAME PATH SHELL USER"
is "root's home is the guest's" "$(grep -a ^HOME "$tmp/out")" HOME=/root
solo run --workdir /etc --user 5:7 "$DISK" -- sh -c 'pwd; id -u; id -g; echo >/dev/stderr'
is "--workdir and --user" "$OUT:$STATUS" $'/etc\n5\n7:0'
mapfile -t many < <(seq 1 60000)
run sh -c 'echo $#' sh "${many[@]}"
is "a command may have many arguments" "$OUT" 60000

# Status.
for status in 0 1 7 255; do
	run sh -c "exit $status"
	is "status $status is the command's" "$STATUS" "$status"
done
for signal in KILL:137 TERM:143 SEGV:139; do
	run sh -c "kill -${signal%:*} \$\$"
	is "SIG${signal%:*} is status ${signal#*:}" "$STATUS" "${signal#*:}"
done
run no-such-command
is "a command that is not there" "$STATUS:$ERR" "127:solo: no-such-command: command not found in the guest"
run /etc/passwd
is "a command that cannot be run" "$STATUS:$ERR" "126:solo: /etc/passwd: Permission denied"
run sh -c 'echo c >/proc/sysrq-trigger; sleep 100'
is "a panic has a status of its own" "$STATUS" 123
like "a panic: the end of the kernel's log is there" "$ERR" 'Kernel panic - not syncing: sysrq triggered'
run poweroff -f
is "a guest that ends before its command" "$STATUS" 123
solo run --timeout 0.5 "$DISK" -- sh -c 'echo before; sleep 1000'
is "--timeout ends the guest" "$STATUS:$OUT" 124:before

# Streams.
# shellcheck disable=SC2059 # a format of bytes
for value in {0..255}; do printf "\\x$(printf %x "$value")"; done >"$tmp/bytes"
INPUT=$tmp/bytes
run tee /dev/stderr
is "every value of a byte comes through stdin and stdout" "$(sum "$tmp/out")" "$(sum "$tmp/bytes")"
is "every value of a byte comes through stderr" "$(sum "$tmp/err")" "$(sum "$tmp/bytes")"
head -c 100000000 /dev/urandom >"$tmp/many"
INPUT=$tmp/many
run cat
is "100 MB come through stdin and stdout" "$(sum "$tmp/out")" "$(sum "$tmp/many")"
INPUT=
run sh -c 'cat; echo end'
is "the end of stdin comes" "$OUT" end
run sh -c 'exec >&-; sleep 0.1; echo still >&2'
is "a command may close its stdout, and go on" "$STATUS:$ERR" 0:still
yes 2>/dev/null | "$SOLO" run "$DISK" -- true
is "what writes to a command that has ended is told" "${PIPESTATUS[*]}" "141 0"
"$SOLO" run "$DISK" -- yes 2>"$tmp/err" | head -n 1 >"$tmp/out"
is "a command whose stdout nobody reads is told" "${PIPESTATUS[0]} $(cat "$tmp/out" "$tmp/err")" "141 y"
# shellcheck disable=SC2094 # that is the point
"$SOLO" run "$DISK" -- sh -c 'head -c 1000000 /dev/zero; echo on stderr >&2; head -c 1000000 /dev/zero' 2>"$tmp/err" | {
	wait_for "$LIMIT" grep -q . "$tmp/err" && echo early
	wc -c
} >"$tmp/out"
like "stderr comes while nobody reads stdout" "$(paste -sd' ' "$tmp/out")" '^early 2000000$'
STATUS=0
"$SOLO" run "$DISK" -- echo text >/dev/full 2>"$tmp/err" || STATUS=$?
is "output that is lost is a failure" "$STATUS:$(cat "$tmp/err")" "125:solo: stdout: No space left on device"
STATUS=0
"$SOLO" run "$DISK" -- sh -c 'echo text; exit 3' >/dev/full 2>"$tmp/err" || STATUS=$?
is "and the command's own failure stays what it is" "$STATUS" 3
run sh -c 'echo out; sleep 1000 & exit 3'
is "what a command leaves behind is not waited for" "$STATUS:$OUT" 3:out
: >"$tmp/answer"
# shellcheck disable=SC2094 # likewise
{ echo one; wait_for "$LIMIT" grep -q one "$tmp/answer"; echo two; } | "$SOLO" run "$DISK" -- cat >"$tmp/answer"
is "bytes come as they are written" "$(paste -sd' ' "$tmp/answer")" "one two"

# Files.
mkdir -p "$tmp/in/folder/deep"
echo contents >"$tmp/in/folder/deep/file"
chmod 640 "$tmp/in/folder/deep/file"
chmod 551 "$tmp/in/folder"
ln -s deep/file "$tmp/in/folder/link"
truncate -s 300M "$tmp/in/sparse"
printf end | dd of="$tmp/in/sparse" bs=1 seek=200M conv=notrunc status=none
solo run --copy-in "$tmp/in:/tmp/there" --copy-out "/tmp/there:$tmp/back" "$DISK" -- \
	sh -c 'cd /tmp/there; cat folder/link; stat -c "%a %u" folder folder/deep/file; du -k sparse | cut -f1; exit 9'
is "--copy-in brings files, with their modes, links and holes" "$OUT" $'contents\n551 0\n640 0\n4'
is "--copy-out brings them back, though the command has failed" "$STATUS:$(cat "$tmp/back/folder/link"):$(stat -c %a "$tmp/back/folder"):$(sum "$tmp/back/sparse")" \
	"9:contents:551:$(sum "$tmp/in/sparse")"
ok "a file with holes has them on both ways" [ "$(du -k "$tmp/back/sparse" | cut -f1)" -lt 1000 ]
chmod -R u+w "$tmp/in" "$tmp/back"
solo run --copy-out "/nowhere:$tmp/none" "$DISK" -- true
is "--copy-out of what is not there is a failure" "$STATUS:$ERR" "125:solo: /nowhere: No such file or directory"
solo run --timeout 3 --copy-out "/tmp/part:$tmp/part" "$DISK" -- sh -c 'echo so far >/tmp/part; sleep 1000'
is "--copy-out brings what there is when time is over" "$STATUS:$(cat "$tmp/part")" "124:so far"
# A guest that would have files elsewhere.
mkdir "$tmp/target"
solo run --copy-out "/tmp/evil:$tmp/evil" "$DISK" -- sh -c "mkdir /tmp/evil; ln -s $tmp/target /tmp/evil/link; mknod /tmp/evil/null c 1 3; cp /bin/busybox /tmp/evil/suid; chmod 4755 /tmp/evil/suid"
is "--copy-out makes no special file and no set-user-ID program" "$(cd "$tmp/evil" && find . -type c -o -perm /6000)" ''
solo run --copy-out "/tmp/evil:$tmp/evil" "$DISK" -- sh -c 'mkdir -p /tmp/evil/link; echo bad >/tmp/evil/link/file'
is "--copy-out follows no link" "$(ls "$tmp/target")" ''
# One that answers for solo's init.
"$top/scripts/compile" "$tmp/liar" "$here/solo/liar.c" -static || exit 1
lie() { # FOLDER LIE...: a report is asked for, into FOLDER
	local to=$1
	shift
	solo run --copy-in "$tmp/liar:/liar" --copy-out "/tmp/report:$to" "$DISK" -- sh -c 'echo ok >/tmp/report; exec /liar 2 "$@"' - "$@"
}
mkdir "$tmp/reports"
echo mine >"$tmp/reports/.bashrc"
lie "$tmp/reports" file .bashrc
is "a guest does not choose the name of what it sends" "$STATUS:$(cat "$tmp/reports/"* "$tmp/reports/.bashrc" 2>/dev/null)" 125:mine
like "it is said" "$ERR" "/tmp/report: the guest sends it by another name, .bashrc: it is not copied"
lie "$tmp/reports" file ''
is "nor that it has none" "$STATUS:$(ls -A "$tmp/reports")" 125:.bashrc
lie "$tmp/report" link report /etc/shadow
is "what was asked for is no link" "$STATUS:$(find "$tmp/report" 2>/dev/null):$ERR" "125::solo: report: neither a file nor a folder, and not copied"
lie "$tmp/reports" file report
is "by its own name it is copied" "$STATUS:$(cat "$tmp/reports/report")" "0:echo owned"
ln -s report "$tmp/reports/name"
solo run --copy-out "/etc/passwd:$tmp/reports/name" "$DISK" -- true
is "a link that is there is replaced" "$STATUS:$(stat -c %F "$tmp/reports/name"):$(cat "$tmp/reports/report")" "0:regular file:echo owned"
# What a terminal would take for orders.
lie "$tmp/reports" file $'\e]0;owned\a'
like "a name with control characters is written with \\x" "$ERR" 'another name, \\x1b\]0;owned\\x07: it'
run sh -c 'printf "\033[31mred\n" >/dev/kmsg; echo c >/proc/sysrq-trigger; sleep 100'
is "so is the kernel's log" "$STATUS:$(grep -ac $'\e' "$tmp/err")" 123:0
like "and it is there" "$ERR" '\\x1b\[31mred'

# A copy that does not come to an end.
echo before >"$tmp/report"
copies() { "$SOLO" ps | grep -q "^test-$$ .*copies"; }
hang() { # OPTION...: its pid is in PID
	"$SOLO" run --name "test-$$" --copy-in "$tmp/liar:/liar" --copy-out "/tmp/report:$tmp/report" "$@" "$DISK" -- /liar 2 hang 2>"$tmp/err" &
	PID=$!
	wait_for "$LIMIT" copies
}
ended() { # NAME STATUS
	wait_for 60 gone "$PID" || kill -KILL "$PID"
	{ wait "$PID"; } 2>/dev/null
	is "$1" "$?:$(cat "$tmp/report"):$(find "$tmp" -maxdepth 1 -name ".solo*")" "$2:before:"
	like "$1: it is said" "$(cat "$tmp/err")" "^solo: --copy-out /tmp/report:$tmp/report: it is not complete"
}
hang
again() { kill -INT "$PID" 2>/dev/null; gone "$PID"; }
wait_for 8 again
ended "a second SIGINT ends a copy" 130
hang
kill -TERM "$PID"
ended "a copy has ten seconds from a SIGTERM on" 143
hang --timeout 1
ended "--timeout ends a copy" 124

# Disks and logs.
cp --sparse=always "$DISK" "$tmp/own.ext4"
before=$(sum "$tmp/own.ext4")
solo run "$tmp/own.ext4" -- sh -c 'echo lost >/root/file'
is "an image is disposable" "$STATUS:$(sum "$tmp/own.ext4")" "0:$before"
solo run --write "$tmp/own.ext4" -- sh -c 'echo kept >/root/file'
solo run "$tmp/own.ext4" -- cat /root/file
is "--write keeps what is written" "$OUT" kept
ok "--write: the image is clean" clean_disk "$tmp/own.ext4"
truncate -s 1M "$tmp/disk with, odd name"
solo run --disk "$tmp/disk with, odd name" --disk "$tmp/own.ext4,ro" "$DISK" -- sh -c 'echo data >/dev/ubdb; blockdev --getro /dev/ubdc'
is "--disk is written to; one with ,ro is not" "$OUT:$(head -c 4 "$tmp/disk with, odd name")" 1:data
solo run --kernel-log "$tmp/log" --json "$tmp/json" --mem 64M "$DISK" -- sh -c 'grep MemTotal /proc/meminfo; exit 2'
like "--mem" "$OUT" 'MemTotal: +[3-6][0-9]{4} kB'
like "--kernel-log has the kernel's log" "$(cat "$tmp/log")" 'Linux version 6'
like "--json says how it was" "$(cat "$tmp/json")" '^\{"status": 2, "reason": "exit", "signal": null, "boot_ms": [0-9]+, .*"memory_kib": [0-9]+\}$'
solo run --dry-run --append quiet "$DISK" -- true
like "--dry-run prints how linux would be started" "$OUT" "^[^ ]*/linux .* ubd0v=$DISK quiet\$"
mkdir -p "$tmp/config/solo"
printf '# mine\nworkdir /etc\nenv X=1 2\n' >"$tmp/config/solo/config"
run sh -c 'pwd; echo "$X"'
is "a file has defaults" "$OUT" $'/etc\n1 2'
echo 'memm 3' >"$tmp/config/solo/config"
run true
is "a wrong line of it is named" "$STATUS:$ERR" "125:solo: $tmp/config/solo/config: line 1: memm 3: no such option: see solo help"
rm "$tmp/config/solo/config"
mkdir "$tmp/project"
in_project() { (cd "$tmp/project" && "$SOLO" run "$DISK" -- sh -c 'pwd; echo "$X"' 2>&1); }
printf 'workdir /etc\nenv X=y\n' >"$tmp/project/.solo"
is "a folder's file has defaults, too" "$(in_project)" $'/etc\ny'
for line in 'kernel /bin/true' 'share /' 'env HOME' 'copy-out /etc/passwd:file' 'append hostfs=/'; do
	echo "$line" >"$tmp/project/.solo"
	is "a folder's file may not say: $line" "$(in_project)" \
		"solo: .solo: line 1: $line: a folder's file may not say that: put it into ~/.config/solo/config"
done

# A guest that does not keep to the protocol: root in it can write to the port.
run sh -c 'printf "\377\377\377\377\377\377\377\377" >/dev/port0; sleep 1000'
is "a guest that talks nonsense is ended" "$STATUS:$ERR" "123:solo: the guest does not keep to the protocol, and is ended"
run sh -c 'head -c 96 /dev/zero >/dev/port0; printf "\4\0\0\0\1\0\13\0\0\7\0\0" >/dev/port0; sleep 1000'
is "a guest may say what its command ended with" "$STATUS:$ERR" 7:

finished
