#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices that come and go while the guest runs: disks, consoles and networks by uml_mconsole's config and remove, with
# and without hotplug=.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

command -v uml_mconsole >/dev/null || skip_all "uml_mconsole is not here: apt-get install uml-utilities"

mc() { # COMMAND...
	"${under[@]}" timeout 30 uml_mconsole it "$@" </dev/null 2>&1
}
often() { # REGEX TIMES: the guest has written it so often, or is gone
	[ "$(grep -acE "$1" "$tmp/out")" -ge "$2" ] || gone "$PID"
}
free_again() { # IMAGE: another guest can have it
	local PID STATUS OUT ERR tmp=$tmp/second
	mkdir -p "$tmp"
	boot "ubd1=$1" quiet "$(run_option 'exit 7')"
	[ "$STATUS" = 7 ]
}
on_image() { # IMAGE FILE: its contents
	debugfs -R "cat $2" "$1" 2>/dev/null
}

# The guest goes on when the test writes a word to its log.
# shellcheck disable=SC2016 # for the guest
follow='told() { until dmesg | grep -q "\] $1"; do sleep 0.1; done; }'
plug="$tmp/plug"

without_option() {
	local image=$plug/boot
	start umid=it quiet "ubd1=$image" ubd4r=plug/near "ubd5v=$plug/disk" "ubd6v=$tmp/outside" "$(run_option "echo up; $follow
		told mount; mount /dev/ubdb /mnt && cat /mnt/first
		echo of five | dd of=/dev/ubdf conv=sync oflag=direct 2>/dev/null; echo written
		told read; head -c 7 /dev/ubdf | tr '\\0' 0; echo = five; head -c 7 /dev/ubdg | tr '\\0' 0; echo = six; sleep 1000")"
	shows '^up'
	is "a disk with a relative name can be removed" "$(mc remove ubd4)" 'OK '
	is "and plugged in again, which uml_mconsole does with a full one" "$(mc config "ubd4r=$plug/near")" 'OK '
	is "without hotplug=, config of a file says what is missing" "$(mc config "ubd2=$plug/disk")" \
		"ERR config ubd2=$plug/disk: nothing can be opened any more: start linux with hotplug=FOLDER to allow that"
	like "config of a network, too" "$(mc config "vec0:transport=bess,dst=$plug/wire")" '^ERR .*: start linux with hotplug=FOLDER'
	like "what the guest was started with is shown" "$(mc config ubd1)" "^OK $image"
	is "and can be removed" "$(mc remove ubd1)" 'OK '
	unlike "so that the guest has it no more" "$(mc proc partitions)" ubdb
	is "and plugged in again" "$(mc config "ubd1=$image")" 'OK '
	like "so that it has it" "$(mc proc partitions)" ubdb
	mc log mount >"$tmp/said"
	ok "with its contents" shows '^first on'
	ok "a disposable disk is written to" shows '^written'
	is "removed, as another" "$(mc remove ubd5; mc remove ubd6)" $'OK \nOK '
	is "and plugged in again, in another order" "$(mc config "ubd6v=$tmp/outside"; mc config "ubd5v=$plug/disk")" $'OK \nOK '
	mc log read >"$tmp/said"
	ok "it is as its image is" shows '^0000000= five'
	ok "and so is the other" shows '^0000000= six'
	is "the same a second time" "$(mc reboot)" 'OK '
	ok "the guest starts anew" wait_for "$LIMIT" often '^up' 2
	is "remove" "$(mc remove ubd1)" 'OK '
	is "reboot without it" "$(mc reboot)" 'OK '
	ok "the guest starts anew" wait_for "$LIMIT" often '^up' 3
	like "and has what its command line says" "$(mc proc partitions)" ubdb
	is "a console that opens nothing can be plugged in" "$(mc config con3=null)" 'OK '
	is "and removed" "$(mc remove con3)" 'OK '
	mc halt >"$tmp/said"
	finish
}

# What was changed of a descriptor is put back when it is closed, not when its number is another's.
shared_descriptor() {
	# shellcheck disable=SC2016 # for the guest
	start umid=it quiet con1=socket "vec0:transport=dgram,src=$plug/one,dst=$plug/two" \
		"$(run_option 'echo up; exec 3</dev/tty1; while read -r x <&3; do echo got ${#x}; done')"
	shows '^up'
	like "a pipe is no network" "$(mc config vec1:transport=fd,fd=6)" '^ERR .*neither a socket nor a tap'
	socat -u "PIPE:$tmp/said2" "UNIX-CONNECT:$HOME/.uml/it/con1" &
	guests[$!]=y
	echo one >&"$said"
	ok "a client of a console" shows '^got 3'
	is "reboot" "$(mc reboot)" 'OK '
	ok "the guest starts anew" wait_for "$LIMIT" often '^up' 2
	printf '%01023d\n' 0 >&"$said"
	ok "the client is one still" shows '^got 1023'
	like "and the guest does not wait for it" "$(mc version)" '^OK '
	is "a connected datagram socket is removed" "$(mc remove vec0)" 'OK '
	like "and not plugged in with another peer" "$(mc config "vec0:transport=dgram,src=$plug/one,dst=$plug/three")" '^ERR .*connected'
	is "but with the same" "$(mc config "vec0:transport=dgram,src=$plug/one,dst=$plug/two")" 'OK '
	mc halt >"$tmp/said"
	finish
}

with_option() {
	local image=$plug/disk out pts
	start umid=it quiet "hotplug=$plug,$tmp/second" "ubd3=$plug/boot" "ubd8=$tmp/outside" \
		"vec7:transport=bess,src=$plug/vec7" "vec8:transport=bess,src=$tmp/third/vec8" "$(run_option "echo up; $follow
		told mount; mount /dev/ubdb /mnt && echo over there >/mnt/written && echo mounted
		told leave; umount /mnt && echo left
		told console; exec 3<>/dev/tty5; echo to the console >&3; read line <&3; echo from the console: \$line
		told pty; exec 4<>/dev/tty6; echo to the terminal >&4; read line <&4; echo from the terminal: \$line
		sleep 1000")"
	shows '^up'
	is "with hotplug=, a disk can be plugged in" "$(mc config "ubd1=$image")" 'OK '
	is "and is shown" "$(mc config ubd1)" "OK $image"
	like "the guest has it" "$(mc proc partitions)" '16384 ubdb'
	mc log mount >"$tmp/said"
	ok "mounts it and writes to it" shows '^mounted'
	like "in use it cannot be removed" "$(mc remove ubd1)" '^ERR .*in use'
	like "nor plugged in once more" "$(mc config "ubd1=$image")" '^ERR '
	like "nor under another number" "$(mc config "ubd2=$image")" '^ERR '
	mc log leave >"$tmp/said"
	ok "once it is free" shows '^left'
	is "it can be removed" "$(mc remove ubd1)" 'OK '
	unlike "the guest has it no more" "$(mc proc partitions)" ubdb
	ok "the file system is clean" clean_disk "$image"
	is "what the guest wrote is there" "$(on_image "$image" /written)" 'over there'
	ok "and another guest can have it" free_again "$image"

	like "a file elsewhere is refused" "$(mc config "ubd1=$tmp/outside")" '^ERR .*must be a file, and lie in a folder of hotplug='
	like "also by way of a link" "$(mc config "ubd1=$plug/link")" '^ERR .*must be a file, and lie in a folder of hotplug='
	like "also by way of .." "$(mc config "ubd1=$plug/../outside")" '^ERR .*must be a file, and lie in a folder of hotplug='
	like "what is not there is, too" "$(mc config "ubd1=$plug/nothing")" '^ERR .*No such file'
	is "and not made" "$(ls "$plug/nothing" 2>/dev/null)" ''
	like "an empty file is" "$(mc config "ubd1=$plug/empty")" '^ERR .*empty'
	like "and a disk without a number" "$(mc config "ubdx9=$image")" '^ERR '
	like "and a network, which would connect" "$(mc config "vec0:transport=bess,dst=$plug/wire")" \
		'^ERR .*to connect to sockets, start linux with hotplug=FOLDER,connect'
	is "a copy-on-write disk can be made" "$(mc config "ubd1=$plug/cow,$image")" 'OK '
	like "and is there" "$(mc proc partitions)" ubdb
	is "and can be removed" "$(mc remove ubd1)" 'OK '
	ok "the file is a COW file" [ "$(head -c 4 "$plug/cow")" = OOOM ]

	is "a disposable disk, in uml_mconsole's way" "$(mc config "ubd1=$image,snapshot"; mc config "ubd2v=$image")" $'OK \nOK '
	is "and without" "$(mc remove ubd1; mc remove ubd2)" $'OK \nOK '
	is "and a disk with a serial number" "$(mc config "ubd1=$image,,SERIAL"; mc config ubd1; mc remove ubd1)" \
		$'OK \nOK '"$image,,SERIAL"$'\nOK '

	mv "$plug/near" "$plug/snapshot"
	is "a backing file may have the name of a word" "$(mc config "ubd1=$plug/cow2,$plug/snapshot"; mc remove ubd1)" $'OK \nOK '
	ok "so that the COW file is made" [ "$(head -c 4 "$plug/cow2")" = OOOM ]

	out=
	for _ in {1..30}; do out+=$(mc config "ubd1=$image"; mc remove ubd1); done
	is "again and again" "$(tr -d '\n ' <<<"$out")" "$(printf 'OKOK%.0s' {1..30})"

	is "a console with a socket" "$(mc config "con5=socket:$plug/con5")" 'OK '
	ok "has one" [ -S "$plug/con5" ]
	"${under[@]}" socat - "UNIX-CONNECT:$plug/con5" <"$tmp/typed" >"$tmp/con5" {typed}<&- &
	guests[$!]=y
	mc log console >"$tmp/said"
	ok "which shows what the guest writes" wait_for 20 grep -qs 'to the console' "$tmp/con5"
	echo hello >&"$typed"
	ok "and takes what is typed" shows '^from the console: hello'

	is "it can be removed" "$(mc remove con5)" 'OK '
	ok "and the socket's file is, too" [ ! -e "$plug/con5" ]
	is "so that it can be plugged in again" "$(mc config "con5=socket:$plug/con5"; mc remove con5; mc config "con5=socket:$plug/con5")" \
		$'OK \nOK \nOK '
	rm "$plug/con5"
	is "also if its file is gone, as is the guest's own" "$(mc remove con5; mc config "con5=socket:$plug/con5")" $'OK \nOK '
	ok "it is made anew" [ -S "$plug/con5" ]
	rm "$plug/con5"
	is "or in place of it" "$(mc config "con5=socket:$plug/con5")" 'OK '
	ok "it is, too" [ -S "$plug/con5" ]
	is "a console with a socket in the guest's folder, too" "$(mc config con4=socket; mc remove con4; mc config con4=socket)" \
		$'OK \nOK \nOK '
	is "and a network that waits for a peer" \
		"$(for _ in 1 2; do mc config "vec0:transport=bess,src=$plug/waits"; mc remove vec0; done)" $'OK \nOK \nOK \nOK '
	is "a console with a pseudo terminal" "$(mc config con6=pts)" 'OK '
	like "mconsole says with which" "$(mc config con6)" '^OK pts:/dev/pts/[0-9]+$'
	pts=$(mc config con6)
	socat -u "${pts#OK pts:},raw,echo=0" - >"$tmp/con6" &
	guests[$!]=y
	mc log pty >"$tmp/said"
	ok "it shows what the guest writes" wait_for 20 grep -qs 'to the terminal' "$tmp/con6"
	[[ $pts == "OK pts:/dev/pts/"* ]] && echo hello again >"${pts#OK pts:}"
	ok "and takes what is typed" shows '^from the terminal: hello again'
	is "there is room for three more" "$(mc config con7=pty; mc config "ssl1=null,pty,log:$plug/log"; mc config con8=pts)" \
		$'OK \nOK \nOK '
	like "each is another" "$(mc config ssl1)" '^OK null,pty:/dev/pts/[0-9]+,log:/'
	unlike "which is not the first" "$(mc config con7)" "/${pts##*/}\$"
	like "and not for a fifth" "$(mc config con9=pts)" '^ERR con9=pts: the 4 pseudo terminals .* all in use'
	is "but in place of one" "$(mc remove con6; mc config con9=pts)" $'OK \nOK '
	is "which it has then" "$(mc config con9)" "$pts"

	is "a boot disk can be removed" "$(mc remove ubd3)" 'OK '
	ok "so that another guest can have it" free_again "$plug/boot"
	is "a disk that lies elsewhere, too, and networks" "$(mc remove ubd8; mc remove vec7; mc remove vec8)" $'OK \nOK \nOK '
	ok "the wire's socket is gone" [ ! -e "$plug/vec7" ]
	is "a disk again, for a restart" "$(mc config "ubd1=$image")" 'OK '
	is "reboot" "$(mc reboot)" 'OK '
	ok "the guest starts anew" wait_for "$LIMIT" often '^up' 2
	like "with the disk of its command line" "$(mc proc partitions)" ubdd
	unlike "but for the one that lies elsewhere" "$(mc proc partitions)" ubdi
	like "and with the networks" "$(mc proc net/dev)" 'vec7.*vec8'
	unlike "and not with the one that was plugged in" "$(mc proc partitions)" ubdb
	ok "which another guest can have" free_again "$image"
	is "and so can this one" "$(mc config "ubd1=$image")" 'OK '
	is "and so can the sockets" "$(mc config "con5=socket:$plug/con5"; mc config con4=socket)" $'OK \nOK '
	is "pseudo terminals are free again" "$(for i in 6 7 8 9; do mc config con$i=pts; done)" $'OK \nOK \nOK \nOK '
	mc halt >"$tmp/said"
	finish
	is "and ends" "$STATUS" "$HALT"
}

with_connect() {
	start umid=it quiet "hotplug=$plug,connect" "$(run_option "echo up; $follow
		ping() { busybox ping -c 1 -W 1 10.9.9.1 >/dev/null; }
		told network; ip link set vec0 up; ip addr add 10.9.9.2/24 dev vec0; until ping; do sleep 0.1; done; echo reached
		told leave; ip link set vec0 down; echo left
		sleep 1000")"
	shows '^up'
	is "with hotplug=,connect a network can be plugged in" "$(mc config "vec0:transport=bess,dst=$plug/wire")" 'OK '
	like "and is shown" "$(mc config vec0)" "^OK transport=bess,dst=$plug/wire"
	mc log network >"$tmp/said"
	ok "another guest can be reached by it" shows '^reached'
	mc log leave >"$tmp/said"
	ok "when it is down" shows '^left'
	is "it can be removed" "$(mc remove vec0)" 'OK '
	unlike "the guest has it no more" "$(mc proc net/dev)" vec0
	is "a socket that is left over is taken over" "$(mc config "con5=socket:$plug/old")" 'OK '
	like "but not one that is in use" "$(mc config "con6=socket:$plug/wire")" '^ERR .*in use'
	like "nor a file" "$(mc config "con6=socket:$plug/disk")" '^ERR .*in use'
	ok "which stays" [ -f "$plug/disk" ]
	is "a socket of its own, connected" "$(for _ in 1 2; do mc config "vec0:transport=bess,src=$plug/mine,dst=$plug/wire"; mc remove vec0; done)" \
		$'OK \nOK \nOK \nOK '
	mc halt >"$tmp/said"
	finish
}

fresh() {
	rm -rf "$plug"
	mkdir -p "$plug/contents" "$tmp/second" "$tmp/third"
	echo "first on it" >"$plug/contents/first"
	mke2fs -q -F -t ext4 -d "$plug/contents" "$plug/boot" 16M >"$tmp/said"
	mke2fs -q -t ext4 "$plug/disk" 16M >"$tmp/said"
	cp "$plug/disk" "$tmp/outside"
	cp "$plug/disk" "$plug/near"
	: >"$plug/empty"
	ln -s ../outside "$plug/link"
	chmod -R a+rwX "$plug" "$tmp/outside" "$tmp/second" "$tmp/third"
}
mkfifo "$tmp/typed"
exec {typed}<>"$tmp/typed"

fresh
as_user without_option
fresh
mkfifo -m 666 "$tmp/said2"
exec {said}<>"$tmp/said2"
socat -u "UNIX-RECV:$plug/two,mode=666" "OPEN:/dev/null" &
guests[$!]=y
wait_for 20 [ -S "$plug/two" ]
# shellcheck disable=SC2016 # for the shell between
under=(bash -c 'exec "$@" 6<>"$0/said3"' "$tmp")
mkfifo "$tmp/said3"
as_user shared_descriptor
under=()
fresh
as_user with_option
fresh
socat -u "UNIX-LISTEN:$plug/old,mode=666" "OPEN:/dev/null" &
old=$!
wait_for 20 [ -S "$plug/old" ]
kill -KILL "$old"
wait "$old" 2>/dev/null
# The other end of the wire.
as_user start quiet "vec0:transport=bess,src=$plug/wire" \
	"$(run_option 'ip link set vec0 up; ip addr add 10.9.9.1/24 dev vec0; echo up; sleep 1000')"
shows '^up'
other=$PID
as_user with_connect
PID=$other
kill -KILL "$PID"
finish

finished
