#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Consoles that one attaches to and leaves: sockets, telnet, pseudo terminals, and logs.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

ATTACH=$build/attach
"$top/scripts/attach" --build || exit 1
lines=50000
wanted=$(seq 1 "$lines" | sha256sum)
folder=$HOME/.uml/vm

# Terminals beside the guest's: `at NAME COMMAND` runs a command of lib.sh on what belongs to terminal NAME.
at() {
	local tmp=$tmp/$1
	shift
	"$@"
}
start_beside() { # NAME ROWS COLUMNS COMMAND...
	local name=$1
	shift
	GUEST=$PID
	mkdir -p "$tmp/$name"
	at "$name" on_terminal "$@"
	CLIENT=$PID PID=$GUEST
}
finish_beside() { # NAME
	local PID=$CLIENT
	at "$1" finish_terminal
}
# Who connects is shown the last lines that there were, so a client is there when it has those.
client() { # FILE ADDRESS
	: >"$1"
	socat -u "$2" "OPEN:$1,append" &
	CLIENT=$!
	guests[$CLIENT]=y
}
has() { grep -qa "$2" "$1"; }
leave() { # [SIGNAL]
	kill "-${1:-TERM}" "$CLIENT" 2>/dev/null
	wait "$CLIENT" 2>/dev/null
	unset "guests[$CLIENT]"
}
descriptors() { find "/proc/$PID/fd" -mindepth 1 | wc -l; }
descriptors_are() { [ "$(descriptors)" = "$1" ]; }
free_port() {
	while :; do
		PORT=$((20000 + RANDOM % 10000))
		(exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null || return 0
	done
}

# A shell on a console that is a socket, and attach on a terminal.
no_guest() { ! "$ATTACH" >"$tmp/list" 2>&1 && grep -q 'no guest' "$tmp/list"; }
ok "attach says that no guest runs" no_guest
start quiet umid=vm con=null con0=socket con1=socket
ok "each console has a socket" wait_for 20 test -S "$folder/con1"
is "a console's socket is for its owner alone" "$(stat -c %a "$folder/con0" "$folder/con1" "$folder" | paste -sd' ')" "600 600 700"
like "attach lists the guest, and what one can attach to" "$("$ATTACH")" "vm +$PID  con0 con1"

prompt() { wait_for 20 at "$1" seen "$2"'[^#$]*[#$] $'; }
start_beside a 33 99 "$ATTACH" vm
ok "attach shows a shell" prompt a ''
type_keys 'stty size\r'
ok "attach: the guest's terminal has the size of the one around it" wait_for 20 at a seen '^33 99$'
# shellcheck disable=SC2016 # for the guest
type_keys 'trap "echo resi""zed" WINCH; echo s""et\r'
wait_for 20 at a seen '^set'
stty -F "$LINE" rows 50 cols 255
type_keys '\r'
ok "attach: a program in the guest is told of a new size" wait_for 20 at a seen 'resized$'
type_keys 'trap - WINCH; stty size\r'
ok "attach: the guest's terminal has the new size" wait_for 20 at a seen '^50 255$'
type_keys 'sh -c "echo o""ne; exec sleep 1000"\r'
wait_for 20 at a seen '^one'
# shellcheck disable=SC2016 # for the guest
type_keys '\003echo status=$?\r'
ok "attach: ^C ends a program" wait_for 20 at a seen '^status=130'
type_keys 'echo bef""ore\r'
wait_for 20 at a seen '^before'
type_keys '\035x'
ok "attach: ^] x shows what attach knows" wait_for 20 at a seen 'Ctrl-\] q detaches'
type_keys '\035q'
finish_beside a
is "attach: ^] q detaches" "$STATUS" 0
is "attach: ^] q gives the terminal back" "$RESTORED" same

start_beside a 24 80 "$ATTACH" vm con0
ok "a client that attaches again is shown the last lines" wait_for 20 at a seen '^before'
type_keys 'echo bac""k; stty size\r'
ok "a client that attaches again can go on" wait_for 20 at a seen '^24 80$'
kill -TERM "$CLIENT"
finish_beside a
is "a killed attach ends by its signal" "$STATUS" "signal 15"
is "a killed attach gives the terminal back" "$RESTORED" same

# Input that is no terminal: plain bytes, no escape, and the output goes on when it has ended.
printf 'stty -echo; printf "\\035\\035q"; echo; echo don""e\n' | timeout 3 "$ATTACH" vm >"$tmp/piped" 2>&1
ok "attach works in a pipe" has "$tmp/piped" 'done'
ok "attach in a pipe knows no escape" has "$tmp/piped" $'\035\035q'

# The guest reboots in place, and whoever is attached stays.
client "$tmp/watch" "UNIX-CONNECT:$folder/con0"
wait_for 20 has "$tmp/watch" 'done'
start_beside a 24 80 "$ATTACH" vm
wait_for 20 at a seen 'done'
before=$(descriptors)
type_keys 'echo re""booting; reboot -f\r'
wait_for 20 at a seen '^rebooting'
again() { sed '1,/^rebooting/d' < <(at a screen) | grep -qE '[#$] $'; }
ok "after a reboot in place attach is still there" wait_for 20 again
type_keys 'stty size; echo new""er\r'
ok "attach types into the machine that was rebooted" wait_for 20 at a seen '^newer'
ok "a second client sees what is typed after a reboot" wait_for 20 has "$tmp/watch" newer
is "a reboot in place leaves as many descriptors as there were" "$(descriptors)" "$before"
client "$tmp/watch2" "UNIX-CONNECT:$folder/con0"
ok "a new client can come after a reboot in place" wait_for 20 has "$tmp/watch2" newer
leave
type_keys 'exit\r'
finish_beside a
is "the guest's end ends attach" "$STATUS" 0
is "attach gives the terminal back at the guest's end" "$RESTORED" same
like "attach says that the guest has ended" "$(at a screen)" 'vm con0 has ended'
finish
is "the guest ends with status 0" "$STATUS" 0
ok "the guest's folder is gone at its end" test ! -e "$folder"
wait

# Many clients, of which some die, some stop, and one is slow.
# shellcheck disable=SC2016 # for the guest
feed='stty -F /dev/tty1 -echo; echo ready >/dev/tty1
while read -r n <&3; do seq 1 "$n" >/dev/tty1; echo "end $n" >/dev/tty1; done 3</dev/tty1'
start quiet umid=vm con=null con0=fd:0,fd:1 con1=socket "$(run_option "echo up; $feed")"
shows '^up'
there() { client "$1" "UNIX-CONNECT:$folder/con1"; wait_for 20 has "$1" ready; }
there "$tmp/all"
all=$CLIENT
before=$(descriptors)
for i in {1..20}; do
	there "$tmp/some"
	if [ $((i % 2)) = 0 ]; then leave KILL; else leave; fi
	timeout -s KILL 5 socat -u OPEN:/dev/null "UNIX-CONNECT:$folder/con1"
done
ok "clients come and go and leave nothing behind" wait_for 20 descriptors_are "$before"
for i in {1..10}; do there "$tmp/client$i"; others[i]=$CLIENT; done
there "$tmp/stopped"
stopped=$CLIENT
kill -STOP "$stopped"
for i in 1 2 3; do CLIENT=${others[i]}; leave KILL; done
type_line() { printf '%s\n' "$1" | socat -u - "UNIX-CONNECT:$folder/con1"; }
begin=$SECONDS
type_line "$lines"
for i in 4 5 6 7 8 9 10; do wait_for 30 has "$tmp/client$i" "^end $lines"; done
wait_for 30 has "$tmp/all" "^end $lines"
took=$((SECONDS - begin))
is "$lines lines arrive at a client" "$(numbers "$tmp/all")" "$wanted"
for i in 4 5 6 7 8 9 10; do numbers "$tmp/client$i"; done | sort -u >"$tmp/sums"
is "output arrives complete at all other clients" "$(cat "$tmp/sums")" "$wanted"
ok "a client that has stopped does not hold up the others for long ($took s)" test "$took" -lt 20
type_line 3000
wait_for 30 has "$tmp/all" '^end 3000'
kill -CONT "$stopped"
ok "a client that was stopped and goes on gets the last lines" wait_for 20 has "$tmp/stopped" '^end 3000'
like "a client that was stopped is told what it missed" "$(tail -c 20000 "$tmp/stopped")" 'bytes are not shown'
for i in 4 5 6 7 8 9 10; do CLIENT=${others[i]}; leave; done
CLIENT=$stopped; leave
ok "clients that have gone leave no descriptor" wait_for 20 descriptors_are "$before"
kill "$PID"
finish
CLIENT=$all; leave

# The end: nothing is lost.
watch_end() { # COMMAND OPTION...
	local command=$1
	shift
	start quiet umid=vm con=null con0=fd:0,fd:1 con1=socket con2=pty "$@" \
		"$(run_option "echo ready >/dev/tty1; echo ready >/dev/tty2; echo up >/dev/tty0; read x </dev/tty0; $command")"
	shows '^up'
	client "$tmp/all" "UNIX-CONNECT:$folder/con1"
	wait_for 20 has "$tmp/all" ready
	socket=$CLIENT
	client "$tmp/pty" "$(readlink "$folder/con2"),raw,echo=0"
	wait_for 20 has "$tmp/pty" ready
	printf '\n' >"$tmp/in"
	finish
	wait "$CLIENT" "$socket" 2>/dev/null
	unset "guests[$socket]" "guests[$CLIENT]"
}
mkfifo "$tmp/in"
exec {typed}<>"$tmp/in"
INPUT=$tmp/in
watch_end "seq 1 $lines >/dev/tty1; seq 1 $lines >/dev/tty2; poweroff -f"
is "what is written just before poweroff -f arrives at a socket" "$(numbers "$tmp/all")" "$wanted"
is "what is written just before poweroff -f arrives at a pseudo terminal" "$(numbers "$tmp/pty")" "$wanted"
watch_end "echo c >/proc/sysrq-trigger" console=tty1 con1=socket,log:panic
is "a panic with consoles at sockets has the panic's status" "$STATUS" "$PANIC"
ok "a panic is shown on a socket" has "$tmp/all" 'Kernel panic - not syncing'
is "a panic is shown on a socket to its last line" "$(tail -n 8 "$tmp/all")" "$(tail -n 8 "$tmp/panic")"
INPUT=/dev/null
exec {typed}>&-

# All values of bytes, both ways. The guest turns what it gets around, once it has all of it.
for byte in {0..255}; do printf '%b' "\\0$(printf %o "$byte")"; done >"$tmp/bytes"
for _ in {1..64}; do cat "$tmp/bytes"; done >"$tmp/binary"
free_port
# shellcheck disable=SC2016 # for the guest
echoes='for t in 1 2 3; do (stty -F /dev/tty$t raw -echo; exec 3<>/dev/tty$t; printf R >&3; head -c 16384 <&3 >/tmp/got$t;
	cat /tmp/got$t >&3; sleep 1000) & done; echo up'
start quiet umid=vm con=null con0=fd:0,fd:1 con1=socket con2=pty "con3=port:$PORT" "$(run_option "$echoes; wait")"
shows '^up'
# shellcheck disable=SC2094 # socat's output says when it is time for input
turned_around() { # ADDRESS
	: >"$tmp/back"
	(wait_for 20 has "$tmp/back" R && cat "$tmp/binary" && wait_for 20 whole) |
		timeout 30 socat - "$1" >"$tmp/back"
	[ "$(head -c 1 "$tmp/back")" = R ] && tail -c +2 "$tmp/back" | cmp - "$tmp/binary"
}
whole() { [ "$(stat -c %s "$tmp/back")" -ge 16385 ]; }
ok "a socket passes all values of bytes, both ways" turned_around "UNIX-CONNECT:$folder/con1"
ok "a pseudo terminal passes all values of bytes, both ways" turned_around "$(readlink "$folder/con2"),raw,echo=0"
# Telnet marks its commands by a byte, and doubles that among data.
doubled() { LC_ALL=C sed 's/\xff/\xff\xff/g' "$1"; }
{ printf '\xff\xfb\0'; doubled "$tmp/binary"; } >"$tmp/telnet"
whole_telnet() { [ "$(stat -c %s "$tmp/back")" -ge $((15 + 1 + 16384 + 64)) ]; }
: >"$tmp/back"
# shellcheck disable=SC2094
(wait_for 20 has "$tmp/back" R && cat "$tmp/telnet" && wait_for 20 whole_telnet) |
	timeout 30 socat - "TCP:127.0.0.1:$PORT" >"$tmp/back"
ok "telnet passes all values of bytes, both ways" cmp <(tail -c +17 "$tmp/back") <(doubled "$tmp/binary")
kill "$PID"
finish

# Those who come by a port that no program reads, and go; and those who stay leave room for the owner.
free_port
start quiet umid=vm con=null con0=fd:0,fd:1 con1=socket "con3=port:$PORT" "$(run_option 'echo up; sleep 1000')"
shows '^up'
before=$(descriptors)
for _ in {1..70}; do (exec 3<>"/dev/tcp/127.0.0.1/$PORT"; read -r -n 1 -u 3 _); done
ok "connections to a port where nobody reads end" wait_for 20 descriptors_are "$before"
many=()
for _ in {1..60}; do
	exec {one}<>"/dev/tcp/127.0.0.1/$PORT"
	many+=("$one")
done
wait_for 20 descriptors_are $((before + 50))
client "$tmp/owner" "UNIX-CONNECT:$folder/con1"
ok "many clients at a port leave room at the socket" wait_for 20 descriptors_are $((before + 51))
leave
for one in "${many[@]}"; do exec {one}>&-; done
ok "many clients at a port are let go" wait_for 20 descriptors_are "$before"
kill "$PID"
finish

# What the host does not take.
# shellcheck disable=SC2016 # for the shell between
under=(bash -c 'exec "$@" 5>/dev/full' bash)
boot quiet con=null con0=fd:0,fd:1 con1=null,fd:5 \
	"$(run_option 'echo something >/dev/tty1; until dmesg | grep "con1: the host does not take .*ENOSPC"; do sleep 0.1; done; exit 9')"
is "output that a full disk does not take is told of in the log" "$STATUS" 9
under=()

# Telnet, with a client that others made.
free_port
start quiet con=null "con0=port:$PORT"
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }
ok "a console listens at a port" wait_for 20 listens
unlike "a console's port is on the loopback only" "$(awk -v p="$(printf :%04X "$PORT")" '$4 == "0A" && $2 ~ p {print $2}' /proc/net/tcp /proc/net/tcp6)" \
	'(^|[^0-9A-F])(00000000|0{32}):'
start_beside t 30 90 telnet -E 127.0.0.1 "$PORT"
ok "telnet: a shell greets" prompt t ''
type_keys 'stty size\r'
ok "telnet: the guest's terminal has the window's size" wait_for 20 at t seen '^30 90$'
type_keys 'sh -c "echo o""ne; exec sleep 1000"\r'
wait_for 20 at t seen '^one'
# shellcheck disable=SC2016 # for the guest
type_keys '\003echo status=$?\r'
ok "telnet: ^C ends a program" wait_for 20 at t seen '^status=130'
type_keys 'echo typ""ed\r'
wait_for 20 at t seen '^typed'
is "telnet: what is typed is echoed once" "$(at t screen | grep -c 'echo typ')" 1
type_keys 'exit\r'
finish_beside t
finish
is "the guest's end ends telnet" "$STATUS" 0

# Nobody is there: no channel holds the guest up, and who comes later sees the end.
start quiet umid=vm con=null con0=fd:0,fd:1,log:log con1=socket con2=pty,log:log2 con3=null,log:log3 con4=log:log4 \
	"$(run_option "for t in 1 2 3 4; do seq 1 $lines >/dev/tty\$t; done; echo up; sleep 1000")"
ok "a guest whose consoles nobody reads goes on" shows '^up'
client "$tmp/late" "$(readlink "$folder/con2"),raw,echo=0"
ok "a program that opens a pseudo terminal late sees the last lines" wait_for 20 has "$tmp/late" "^$lines"
ok "a program that opens a pseudo terminal late is told what is missing" has "$tmp/late" 'bytes are not shown'
leave
client "$tmp/late" "UNIX-CONNECT:$folder/con1"
ok "a client that comes late to a socket sees the last lines" wait_for 20 has "$tmp/late" "^$lines"
leave
for log in log2 log3 log4; do
	is "$log has all lines" "$(numbers "$tmp/$log")" "$wanted"
done
kill "$PID"
finish
is "con0's log has what was shown" "$(sha256sum <"$tmp/log")" "$(sha256sum <"$tmp/out")"
is "a log is for its owner alone" "$(stat -c %a "$tmp/log")" 600
boot quiet umid=vm con=null con0=fd:0,fd:1 con1=pty loglevel=7 "$(run_option 'exit 0')"
like "a pseudo terminal's name is in the guest's log" "$OUT" "Virtual console 1 assigned device '/dev/pts/[0-9]+'"
boot quiet con=null con0=fd:0,fd:1 ssl2=pts loglevel=7 "$(run_option 'exit 0')"
like "a serial line's pseudo terminal is in the guest's log" "$OUT" "Serial line 2 assigned device '/dev/pts/[0-9]+'"

# An ordinary user, and another one.
others_socket() {
	# shellcheck disable=SC2016 # for the guest
	start quiet umid=vm con=null con0=fd:0,fd:1 con1=socket "con2=socket:$tmp/tmp/con2" "con3=socket:near" \
		"$(run_option 'while read -r x; do echo "got $x"; done </dev/tty2 >/dev/tty2')"
	wait_for 20 test -S "$tmp/tmp/con2"
}
if [ "$(id -u)" = 0 ]; then
	install -m 755 "$ATTACH" "$tmp/attach"
	chmod 1777 "$tmp"
	rm -rf "$HOME/.uml"
	as_user others_socket
	as() { # UID COMMAND...
		local uid=$1
		shift
		setpriv --reuid="$uid" --regid="$uid" --clear-groups env HOME="$HOME" timeout 5 "$@"
	}
	like "attach lists an ordinary user's guest for that user" "$(as 65534 "$tmp/attach")" "vm +$PID  con1"
	like "an ordinary user attaches to a guest of the same user" "$(echo hello | as 65534 socat -t 2 - "UNIX-CONNECT:$tmp/tmp/con2")" 'got hello'
	unlike "another user's connection is refused" "$(echo hello | as 65533 socat -t 2 - "UNIX-CONNECT:$tmp/tmp/con2" 2>&1)" 'got hello'
	like "another user's attach says permission denied" "$(as 65533 "$tmp/attach" "$tmp/tmp/con2" 2>&1)" 'Permission denied'
	ok "a socket with a relative name lies in the guest's working folder" test -S "$tmp/near"
	kill "$PID"
	finish
	chmod 755 "$tmp"
	rm -rf "$HOME/.uml"
else
	skip "another user is refused" "needs root"
fi

# Coming and going while the guest runs.
mc() { mconsole vm "$@"; }
# shellcheck disable=SC2016 # for the shell between
under=(bash -c 'exec "$@" 5<>"$0/five"' "$tmp")
mkfifo "$tmp/five"
exec {five}<>"$tmp/five"
# shellcheck disable=SC2016 # for the guest
lives='while :; do for t in 1 2 3; do [ -c /dev/tty$t ] && echo "here is tty$t" >/dev/tty$t; done; sleep 0.2; done'
start quiet umid=vm con=null con0=fd:0,fd:1 con1=socket con3=none hotplug=fd:5 loglevel=8 \
	"$(run_option "echo up; (read -r x </dev/tty1; echo hung up) & $lives")"
under=()
shows '^up'
wait_for 20 test -S "$folder/mconsole"
client "$tmp/late" "UNIX-CONNECT:$folder/con1"
ok "a console with a socket is used" wait_for 20 has "$tmp/late" 'here is tty1'
is "mconsole's config shows a console's channels" "$(mc config con1)" 'OK socket'
like "mconsole's config refuses a console that is not there" "$(mc config con3)" 'ERR con3'
like "mconsole removes a console" "$(mc remove con1)" '^OK'
ok "a client of a console that is removed is let go" wait_for 20 gone "$CLIENT"
unset "guests[$CLIENT]"
ok "programs on a console that is removed are hung up" shows '^hung up'
like "mconsole removes a console only once" "$(mc remove con1)" '^ERR con1'
like "mconsole plugs in a console" "$(mc config con3=fd:5)" '^OK'
has_five() { read -r -t 0.1 -u "$five" text && [[ $text == *'here is tty3'* ]]; }
ok "a console on a descriptor that was plugged in is used" wait_for 20 has_five
like "mconsole changes a console" "$(mc config con3=null)" '^OK'
is "mconsole's config shows what a console was changed to" "$(mc config con3)" 'OK null'
like "mconsole plugs in again a console that was removed" "$(mc config con1=socket)" '^OK'
client "$tmp/late" "UNIX-CONNECT:$folder/con1"
ok "a console that was plugged in again is used" wait_for 20 has "$tmp/late" 'here is tty1'
like "mconsole refuses a descriptor that linux was not started with" "$(mc config con4=fd:77)" 'ERR con4=fd:77: descriptor 77 is not open'
like "mconsole refuses a pseudo terminal after the start" "$(mc config con4=pty)" 'ERR con4=pty: .*when linux is started, or with hotplug='
like "mconsole refuses a port after the start" "$(mc config "con4=port:$PORT")" 'ERR con4=.*when linux is started'
like "mconsole refuses a channel that is not known" "$(mc config con4=frob)" 'ERR con4=frob: write a channel'
like "mconsole refuses a line that cannot be" "$(mc config ssl16=null)" 'ERR ssl16.*ssl15'
like "mconsole removes the kernel's own console" "$(mc remove con0)" '^OK'
like "mconsole plugs in the kernel's own console again" "$(mc config con0=fd:0,fd:1)" '^OK'
mc log still alive >"$tmp/said"
ok "the kernel's own console is used when it is plugged in again" shows 'still alive'
kill "$PID"
finish
leave
exec {five}>&-

# What cannot be.
boot con=null con0=socket
refused "a socket of a guest without a name" 'umid='
boot con=null con0=port:0
refused "a port that is no number" 'port:N'
boot con=null con0=port
refused "a port without a number" 'port:N'
boot con=null con0=log:
refused "a log without a file" 'log:FILE'
boot con=null "con0=log:$tmp/home"
refused "a log that is no file" "$tmp/home"
boot con=null con0=pty:1
refused "a pty with a name" 'pty'
boot con=null con0=fd:0,fd:1,fd:2
refused "three channels for the two ways of a console" 'both ways'
boot con=null "con0=socket:$tmp/$(printf '%0120d' 0)"
refused "a socket's name that is too long" 'too long'
start quiet con=null "con0=socket:$tmp/first" "con1=port:$PORT"
wait_for 20 test -S "$tmp/first"
wait_for 20 listens
FIRST=$PID
boot con=null "con0=socket:$tmp/first"
refused "a socket that is in use" 'in use'
boot con=null "con0=port:$PORT"
refused "a port that is in use" 'in use'
kill -KILL "$FIRST"
wait "$FIRST" 2>/dev/null
unset "guests[$FIRST]"
start quiet con=null "con0=socket:$tmp/first"
client "$tmp/late" "UNIX-CONNECT:$tmp/first,forever,intervall=0.1"
ok "a dead guest's socket can be taken over" wait_for 20 has "$tmp/late" '[#$] $'
leave
kill "$PID"
finish

finished
