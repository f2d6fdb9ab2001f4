#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest under control: uml_mconsole's commands, names and what killed guests leave, random numbers, clock, watchdog.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

command -v uml_mconsole >/dev/null || skip_all "uml_mconsole is not here: apt-get install uml-utilities"
datagram=$(tool datagram) || exit 1

# A command to the guest of that name, as the user that it belongs to. Says all that uml_mconsole says.
mc() { mconsole "$@"; }
answers() { [ "$(mc "$1" version 2>&1 | cut -c1-8)" = 'OK Linux' ]; }
cpu_time() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$PID/stat"; }
second() { local end=$((${EPOCHREALTIME/./} + 1000000)); while [ "${EPOCHREALTIME/./}" -lt "$end" ]; do nap; done; }
# A request as uml_mconsole would send it, and as it would not.
word() { # NUMBER: 4 bytes
	local i
	for i in 0 8 16 24; do printf '%b' "\\x$(printf %02x $(($1 >> i & 255)))"; done
}
request() { # TEXT [LENGTH [VERSION [MAGIC]]]
	word "${4:-0xcafebabe}"
	word "${3:-2}"
	word "${2:-${#1}}"
	printf %s "$1"
}
say() { "${under[@]}" "$datagram" send "$HOME/.uml/it/mconsole" 2>&1; }

commands() {
	local out before after lines file word floods
	# shellcheck disable=SC2016 # for the guest
	start umid=it loglevel=8 "$(run_option 'sysctl -w kernel.sysrq=0; sha256sum </proc/kallsyms; echo up; i=0; while :; do i=$((i+1)); [ $((i % 1000)) = 0 ] && echo "at $i"; done')"
	shows '^up' || diag "no guest"
	is "mconsole's socket is for its owner alone" "$(stat -c %a "$HOME/.uml/it/mconsole" 2>&1)" 600

	like "mconsole version names the guest's kernel" "$(mc it version)" '^OK Linux [^ ]+ 6\.[0-9.]+[^ ]* #.* x86_64$'
	out=$(mc it help)
	for word in version help halt reboot cad sysrq stop go config remove proc log stack; do
		like "mconsole help tells of $word" "$out" " $word "
	done
	out=$(mc it log "peace to $(seq -s ' ' 1 20)")
	like "mconsole log is answered" "$out" '^OK '
	ok "mconsole log writes to the kernel's log" shows '\] peace to 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20'
	seq -f 'line %g of a file' 1 50 >"$tmp/log"
	(cd "$tmp" && mc it log -f log) >"$tmp/said"
	ok "mconsole log -f writes a file to the kernel's log" shows '] line 1 of a file'
	out=$(mc it stack 1)
	like "mconsole stack shows where a process is" "$out" $'^OK .*task:init .*\n.*Call Trace.*\n.* __schedule\\+'
	like "mconsole stack of no process is refused" "$(mc it stack 99999)" '^ERR There is no process 99999'
	like "mconsole stack of what is no number is refused" "$(mc it stack init)" '^ERR Write stack and the number'
	like "mconsole sysrq works although the guest forbids it to its users" "$(mc it sysrq m)" $'^OK .*Show Memory\n.*Mem-Info:'
	out=$(mc it sysrq t)
	like "a sysrq answer of many packets: its begin" "$out" $'^OK .*Show State\n'
	ok "a sysrq answer of many packets: its length" [ "${#out}" -gt 8000 ]
	ok "a sysrq answer of many packets: its lines" [ "$(grep -c 'task:' <<<"$out")" -gt 15 ]
	like "mconsole sysrq without a letter is refused" "$(mc it sysrq)" '^ERR Write sysrq and a letter'
	like "an unknown command is refused" "$(mc it frobnicate)" '^ERR Unknown command'
	like "a command is refused with a letter more" "$(mc it versions)" '^ERR Unknown command'

	like "mconsole proc gives a file" "$(mc it proc meminfo)" $'^OK MemTotal: +[0-9]+ kB\n.*MemFree'
	is "mconsole proc gives a file in a folder" "$(mc it proc sys/kernel/ostype)" 'OK Linux'
	is "mconsole proc gives a process's file with zeroes" "$(mc it proc 1/cmdline)" 'OK /sbin/init'
	like "mconsole proc gives a file that only a program's own page can hold" "$(mc it proc 1/environ)" '^OK HOME=/TERM=linux'
	mc it proc kallsyms | sed '1s/^OK //; $d' >"$tmp/kallsyms"
	is "mconsole proc gives a file of a megabyte whole" "$(sha256sum <"$tmp/kallsyms")" "$(tr -d '\r' <"$tmp/out" | grep -a ' -$')"
	like "mconsole proc does not wait for a file that has nothing" "$(mc it proc kmsg)" '^OK '
	like "mconsole proc of no file is refused" "$(mc it proc nothing)" '^ERR There is no /proc/nothing'
	like "mconsole proc of a folder is refused" "$(mc it proc 1)" '^ERR /proc/1 cannot be read'
	like "mconsole config of no device is refused" "$(mc it config frob1=x)" '^ERR config frob1=.*: no such device'
	like "mconsole remove of no device is refused" "$(mc it remove frob1)" '^ERR remove frob1: no such device'

	like "go without stop is refused" "$(mc it go)" '^ERR The guest is not stopped'
	is "mconsole stop is answered" "$(mc it stop)" 'OK stopped'
	lines=$(times '^at')
	before=$(cpu_time)
	second
	after=$(cpu_time)
	is "a stopped guest takes no time" "$((after - before))" 0
	is "a stopped guest does nothing" "$(times '^at')" "$lines"
	like "a stopped guest answers version" "$(mc it version)" '^OK Linux'
	like "a stopped guest answers proc" "$(mc it proc uptime)" '^OK [0-9.]+ '
	like "a stopped guest answers proc with a process's page" "$(mc it proc 1/environ)" '^OK HOME='
	like "a stopped guest answers sysrq" "$(mc it sysrq m)" '^OK .*Show Memory'
	like "a stopped guest answers stack" "$(mc it stack 1)" '^OK .*task:init'
	like "a stopped guest answers proc with a megabyte" "$(mc it proc kallsyms | wc -l)" '^[0-9]{5,}$'
	like "a stopped guest cannot be stopped again" "$(mc it stop)" '^ERR The guest is stopped already'
	is "a stopped guest that answered has done nothing" "$(times '^at')" "$lines"
	is "mconsole go is answered" "$(mc it go)" 'OK '
	ok "a guest goes on after go" wait_for 20 often '^at' "$((lines + 3))"

	# What no client should send.
	like "a datagram without contents is answered by an error" "$(say </dev/null)" '^old: ERR'
	like "a request of one byte is answered by an error" "$(printf x | say)" '^old: ERR'
	like "a request of the old protocol is answered by an error" "$(printf version | say)" '^old: ERR'
	like "a request of another protocol is answered by an error" "$(request version 7 2 0xdeadbeef | say)" '^old: ERR'
	like "a request of another version is refused" "$(request version 7 3 | say)" '^error: This guest speaks version 2'
	like "a request that is shorter than it says is refused" "$(request version 100 | say)" '^error: The request is longer'
	like "a request that says it is endless is refused" "$(request version 4294967295 | say)" '^error: The request is longer'
	like "a request of 511 bytes is taken" "$(request "proc $(printf %506s x)" | say)" '^error: There is no /proc/x'
	like "a request of 512 bytes is refused" "$(request "proc $(printf %507s x)" | say)" '^error: The request is longer'
	like "a datagram of 60000 bytes is refused" "$(request "$(printf %60000s x)" | say)" '^error: The request is longer'
	like "a request without a command is refused" "$(request '' | say)" '^error: Unknown command'
	like "a request of blanks is refused" "$(request '   ' | say)" '^error: Unknown command'
	like "a request like uml_mconsole's is answered" "$(request version | say)" '^Linux '
	mkdir "$tmp/home/other"
	chmod 777 "$tmp/home/other"
	like "a request from another guest's socket is refused" "$(request halt | "${under[@]}" "$datagram" as "$HOME/.uml/it/mconsole" "$HOME/other/mconsole")" \
		'^error: A guest may not command another'
	like "a request from a socket of another name is answered" "$(request version | "${under[@]}" "$datagram" as "$HOME/.uml/it/mconsole" "$HOME/other/notmconsole")" '^Linux '
	rm -r "$HOME/other"
	file=$(head -c 3000 /dev/urandom | base64 -w 0)
	for lines in 1 13 100 500; do
		like "$lines random bytes are answered by an error" "$(head -c "$lines" <<<"$file" | say)" '^old: ERR'
	done

	# A flood: the guest goes on, and others are answered.
	lines=$(times '^at')
	floods=()
	for file in version help frobnicate; do
		request "$file" | "${under[@]}" "$datagram" flood "$HOME/.uml/it/mconsole" 3 >"$tmp/flood.$file" &
		floods+=($!)
		guests[$!]=y
	done
	wait_for 20 often '^at' "$((lines + 1))"
	before=$(times '^at')
	like "uml_mconsole is answered in a flood of requests" "$(mc it help)" '^OK Commands'
	wait "${floods[@]}"
	ok "the flood had more than a thousand requests" [ "$(cat "$tmp"/flood.* | paste -sd+ | bc)" -gt 1000 ]
	ok "the guest goes on after a flood of requests" wait_for 20 often '^at' "$((before + 2))"
	ok "the guest answers after a flood of requests" answers it

	# Somebody who never reads: he is given up, and does not keep others from interrupt context.
	request 'proc kallsyms' | "${under[@]}" "$datagram" deaf "$HOME/.uml/it/mconsole" >"$tmp/deaf" &
	guests[$!]=y
	file=$!
	wait_for 10 grep -qs sent "$tmp/deaf"
	like "a client behind one that does not read its answer is answered" "$(mc it help)" '^OK Commands'
	like "a second client behind one that does not read its answer is answered" "$(mc it version)" '^OK Linux'
	kill "$file" 2>/dev/null

	# Many at once
	lines=
	for word in {1..12}; do
		(mc it proc "sys/kernel/pid_max" >"$tmp/many.$word") &
		lines+=" $!"
	done
	# shellcheck disable=SC2086 # numbers
	wait $lines
	is "each of twelve requests at once is answered" "$(cat "$tmp"/many.* | grep -c '^OK [0-9]')" 12

	is "mconsole reboot is answered" "$(mc it reboot)" 'OK '
	ok "reboot starts the guest anew" wait_for "$LIMIT" often '^up' 2
	ok "the guest answers after a reboot" answers it
	is "mconsole stop and reboot are answered" "$(mc it stop; mc it reboot)" $'OK stopped\nOK '
	ok "a reboot of a stopped guest starts it anew, not stopped" wait_for "$LIMIT" often '^up' 3
	is "mconsole halt is answered" "$(mc it halt)" 'OK '
	finish
	is "halt ends the guest" "$STATUS" "$HALT"
	is "halt: the guest's folder is gone, with the socket" "$(ls -A "$HOME/.uml")" ''

	start umid=it quiet "$(run_option 'echo up; sleep 1000')"
	shows '^up'
	like "mconsole sysrq c is answered" "$(mc it sysrq c)" '^OK '
	finish
	is "sysrq c ends the guest as a panic does" "$STATUS" "$PANIC"
	is "sysrq c: the guest's folder is gone" "$(ls -A "$HOME/.uml")" ''

	start umid=it quiet "$(run_option 'echo up; sleep 1000')"
	shows '^up'
	is "mconsole cad is answered" "$(mc it cad)" 'OK '
	finish
	is "cad tells init, which ends the guest in order" "$STATUS" 0

	start umid=it quiet "$(run_option 'echo up; sleep 1000')"
	shows '^up'
	mc it stop >"$tmp/said"
	is "a stopped guest can be halted" "$(mc it halt)" 'OK '
	finish
	is "a stopped guest that is halted has ended" "$STATUS" "$HALT"
}
as_user commands

# Only the owner. The folder keeps others off; were it open, the guest would know them.
start umid=it quiet "$(run_option 'echo up; sleep 1000')"
shows '^up'
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$HOME/.uml" "$HOME/.uml/it"
	under=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	unlike "another user cannot write to the socket" "$(mc it version)" Linux
	chmod 777 "$HOME/.uml/it/mconsole"
	like "another user who could write to the socket is refused" "$(mc it version)" '^ERR Only the owner'
	under=()
else
	skip "another user is refused" "only root can be another user"
fi
like "the guest's owner is answered" "$(mc it version)" '^OK Linux'
kill -TERM "$PID"
finish

# Notifications
listener() { # COUNT
	"$datagram" listen "$tmp/notify" "$1" >"$tmp/notified" 2>&1 &
	listener=$!
	guests[$listener]=y
	wait_for 10 grep -qs listening "$tmp/notified"
}
listener 4
start umid=it "mconsole=notify:$tmp/notify" quiet "$(run_option 'printf "from the guest" >/proc/mconsole; echo c >/proc/sysrq-trigger')"
finish
is "mconsole=notify: a panic ends the guest as ever" "$STATUS" "$PANIC"
kill "$listener" 2>/dev/null
wait "$listener" 2>/dev/null
unset "guests[$listener]"
is "mconsole=notify: its socket gets socket, message and panic by upstream's numbers" "$(sed 1d "$tmp/notified")" \
	"0 $HOME/.uml/it/mconsole
3 from the guest
1 sysrq triggered crash"
guest 'ls /proc/mconsole; exit 3' umid=it "mconsole=notify:$tmp/nobody"
is "mconsole=notify: a guest runs without a listener" "$STATUS" 3
boot "mconsole=notify:$tmp/notify"
is "mconsole=notify: of a guest without a name: status 1" "$STATUS" "$BAD"
like "mconsole=notify: of a guest without a name: the line says what to write" "$ERR" 'add umid=NAME'
boot umid=it mconsole=frob
is "mconsole= of another word: status 1" "$STATUS" "$BAD"
like "mconsole= of another word: the line says what to write" "$ERR" 'write mconsole=notify:SOCKET'

# Names and folders
folder() { # NAME: wait until the guest has its folder
	shows '^up'
	[ -S "$HOME/.uml/$1/mconsole" ]
}
up=$(run_option 'echo up; sleep 1000')
start umid=killed quiet "$up"
ok "a guest with a name has a folder" folder killed
kill -KILL "$PID"
finish
ok "a guest that is killed leaves its folder" [ -S "$HOME/.uml/killed/mconsole" ]
ln -s /dev/null "$HOME/.uml/killed/con7"
start umid=killed quiet "$up"
shows '^up'
ok "the name of a killed guest can be used again" answers killed
is "what a killed guest of the same name left is gone" "$(cd "$HOME/.uml/killed" && echo *)" 'mconsole pid'
ln -s /dev/null "$HOME/.uml/killed/con7"
first=$PID
boot umid=killed quiet
is "a name that is in use is refused with status 1" "$STATUS" "$BAD"
like "a name that is in use: the line says by which process" "$ERR" "a guest of this name is running as process $first"
PID=$first
ok "a guest answers when another wanted its name" answers killed
kill -KILL "$first"
finish
start umid=living quiet "$up"
shows '^up'
living=$PID
is "another guest's start removes what a killed one has left" "$(ls "$HOME/.uml")" living
mkdir "$HOME/.uml/upstream" "$HOME/.uml/empty" "$HOME/.uml/full"
echo "$$" >"$HOME/.uml/upstream/pid"
"$datagram" listen "$HOME/.uml/upstream/mconsole" 1 >"$tmp/notified" 2>&1 &
guests[$!]=y
wait_for 10 grep -qs listening "$tmp/notified"
install -m 600 /dev/null "$HOME/.uml/full/pid"
echo precious >"$HOME/.uml/full/letter"
guest true umid=other
is "another guest's start leaves the folders of living guests, and what is not a guest's" "$(cd "$HOME/.uml" && find . -type f -o -type s | sort | paste -sd' ')" \
	'./full/letter ./living/mconsole ./living/pid ./upstream/mconsole ./upstream/pid'
boot umid=upstream quiet
like "the name of a guest of upstream's UML that runs is refused" "$STATUS $ERR" "^$BAD .*is running as process $$: choose"
PID=$living
ok "a guest answers after another one's start" answers living
mc living halt >"$tmp/said"
finish
rm -rf "$HOME/.uml"
long=$tmp/$(printf '%0100d' 0)
boot umid=it "uml_dir=$long" quiet
like "a folder with too long a name for a socket is refused" "$STATUS $ERR" "^$BAD .*too long for the name of a socket"
rm -rf "$long"
# Many at once start and are killed: none refuses another's name, none loses its folder.
pids=
for i in 1 2 3 4; do
	start "umid=g$i" mem=64M quiet "$up"
	pids+=" $PID"
done
named() { [ "$(find "$HOME/.uml" -name mconsole 2>/dev/null | wc -l)" = "$1" ]; }
ok "four guests that start at once have a folder each" wait_for "$LIMIT" named 4
# shellcheck disable=SC2086 # numbers
kill -KILL $pids
for PID in $pids; do finish; done
guest true umid=last
is "four guests that started at once leave no folder" "$(ls -A "$HOME/.uml")" ''

# Opening files later
boot "hotplug=$tmp/nowhere" quiet
like "hotplug= of no folder is refused" "$STATUS $ERR" "^$BAD .*hotplug=$tmp/nowhere: No such folder"
boot "hotplug=$DISK" quiet
like "hotplug= of a file is refused" "$STATUS $ERR" "^$BAD .*It is not a folder"
boot hotplug= quiet
like "hotplug= of nothing is refused" "$STATUS $ERR" "^$BAD .*no folder is named"
under=("$(tool confine)" no-landlock)
boot "hotplug=$tmp/home" quiet
like "hotplug= on a host without Landlock is refused" "$STATUS $ERR" "^$BAD .*this host has no Landlock"
is "hotplug= on a host without Landlock is refused in one line" "$(wc -l <"$tmp/err")" 1
guest 'exit 4' umid=it
is "without hotplug= Landlock is not needed" "$STATUS" 4
under=()
rm -rf "$HOME/.uml"
guest 'exit 4' "hotplug=$tmp/home,$tmp/tmp"
is "hotplug= of two folders boots" "$STATUS" 4
start umid=it "hotplug=$tmp/home" quiet "$up"
shows '^up'
is "with hotplug= mconsole reboot is answered" "$(mc it reboot)" 'OK '
ok "with hotplug= a guest starts anew" wait_for "$LIMIT" often '^up' 2
mc it halt >"$tmp/said"
finish

# Random numbers
guest 'cat /sys/class/misc/hw_random/rng_current; head -c 100000 /dev/hwrng >/tmp/a; head -c 100000 /dev/hwrng >/tmp/b
	wc -c </tmp/a; cmp -s /tmp/a /tmp/b || echo different; gzip -c /tmp/a | wc -c
	head -c 64 /dev/random | wc -c; cat /proc/uptime; dmesg | grep -o -e "random: crng init done" -e "Kernel command line:"' mem=2G
like "/dev/hwrng is the host's" "$OUT" '^host'
like "/dev/hwrng gives what is asked for" "$OUT" $'\n''100000'$'\n''different'$'\n''100[0-9]{3}'$'\n'
like "the guest's /dev/random gives numbers at once" "$OUT" $'\n''64'$'\n''[0-9]\.'
like "the guest's random numbers are seeded before anything else" "$OUT" 'random: crng init done'$'\n''Kernel command line:'

# The clock
guest 'cat /sys/class/rtc/rtc0/name /sys/class/rtc/rtc0/since_epoch; date +%s; TZ=UTC hwclock -u -r -f /dev/rtc0'
now=$(date +%s)
rtc=$(sed -n 2p <<<"$OUT")
like "/dev/rtc0 is the host's" "$OUT" '^[^0-9]*host-rtc'
ok "/dev/rtc0 says what the host's clock says" [ "$((now - ${rtc:-0}))" -ge 0 -a "$((now - ${rtc:-0}))" -le "$LIMIT" ]
like "hwclock reads the host's clock" "$(sed -n 4p <<<"$OUT")" "$(date -u +%Y)"
guest 'date -u -s "2031-02-03 04:05:06" >/dev/null; hwclock -u -w -f /dev/rtc0; cat /sys/class/rtc/rtc0/date'
like "the guest may set its clock" "$OUT" '2031-02-03'
ok "a guest that sets its clock leaves the host's alone" [ "$(($(date +%s) - now))" -lt 3600 ]

# The watchdog
start quiet softdog.soft_margin=1 "$(run_option 'echo up; exec sleep 1000 >/dev/watchdog')"
ok "a watchdog that nobody feeds starts the guest anew" wait_for "$LIMIT" often '^up' 2
kill -KILL "$PID"
finish
boot quiet softdog.soft_margin=1 softdog.soft_panic=1 "$(run_option 'exec sleep 1000 >/dev/watchdog')"
is "a watchdog ends the guest where softdog.soft_panic=1" "$STATUS" "$PANIC"
guest 'exec 3>/dev/watchdog; for i in 1 2 3 4 5 6 7 8; do echo >&3; sleep 0.3; done; printf V >&3; exec 3>&-; sleep 1.5; exit 6' \
	softdog.soft_margin=1
is "a watchdog that is fed or told to stop does nothing" "$STATUS" 6

finished
