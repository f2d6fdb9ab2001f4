#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Devices that come and go while the guest runs: disks, consoles and networks by uml_mconsole's config and remove, with
# and without hotplug=.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

command -v uml_mconsole >/dev/null || skip_all "uml_mconsole is not here: apt-get install uml-utilities"

mc() { mconsole it "$@"; }
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
	is "a disk with a relative name can be plugged in again by its full name" "$(mc config "ubd4r=$plug/near")" 'OK '
	is "without hotplug=, config of a file says what is missing" "$(mc config "ubd2=$plug/disk")" \
		"ERR config ubd2=$plug/disk: nothing can be opened any more: start linux with hotplug=FOLDER to allow that"
	like "without hotplug=, config of a network says what is missing" "$(mc config "vec0:transport=bess,dst=$plug/wire")" '^ERR .*: start linux with hotplug=FOLDER'
	like "config shows a disk that the guest was started with" "$(mc config ubd1)" "^OK $image"
	is "without hotplug= a disk of the start can be removed" "$(mc remove ubd1)" 'OK '
	unlike "the guest no longer has a disk that was removed" "$(mc proc partitions)" ubdb
	is "a disk that was removed can be plugged in again" "$(mc config "ubd1=$image")" 'OK '
	like "the guest has a disk that was plugged in again" "$(mc proc partitions)" ubdb
	mc log mount >"$tmp/said"
	ok "a disk that was plugged in again has its contents" shows '^first on'
	ok "a disposable disk is written to" shows '^written'
	is "two disposable disks can be removed" "$(mc remove ubd5; mc remove ubd6)" $'OK \nOK '
	is "two disposable disks are plugged in again, in another order" "$(mc config "ubd6v=$tmp/outside"; mc config "ubd5v=$plug/disk")" $'OK \nOK '
	mc log read >"$tmp/said"
	ok "a disposable disk that was plugged in again is as its image is" shows '^0000000= five'
	ok "a second disposable disk that was plugged in again is as its image is" shows '^0000000= six'
	is "a reboot after disks were plugged in again is answered" "$(mc reboot)" 'OK '
	ok "a guest starts anew after disks were plugged in again" wait_for "$LIMIT" often '^up' 2
	is "a disk is removed before a reboot" "$(mc remove ubd1)" 'OK '
	is "reboot without the disk is answered" "$(mc reboot)" 'OK '
	ok "a guest starts anew after a disk was removed" wait_for "$LIMIT" often '^up' 3
	like "after a reboot the guest has what its command line says" "$(mc proc partitions)" ubdb
	is "a console that opens nothing can be plugged in" "$(mc config con3=null)" 'OK '
	is "a console that opens nothing can be removed" "$(mc remove con3)" 'OK '
	mc halt >"$tmp/said"
	finish
}

# What was changed of a descriptor is put back when it is closed, not when its number is another's.
shared_descriptor() {
	# shellcheck disable=SC2016 # for the guest
	start umid=it quiet hotplug=fd:6 con1=socket "vec0:transport=dgram,src=$plug/one,dst=$plug/two" \
		"$(run_option 'echo up; exec 3</dev/tty1; while read -r x <&3; do echo got ${#x}; done')"
	shows '^up'
	like "a pipe is no network" "$(mc config vec1:transport=fd,fd=6)" '^ERR .*neither a socket nor a tap'
	socat -u "PIPE:$tmp/said2" "UNIX-CONNECT:$HOME/.uml/it/con1" &
	guests[$!]=y
	echo one >&"$said"
	ok "a console's client is heard" shows '^got 3'
	is "a reboot with a console's client is answered" "$(mc reboot)" 'OK '
	ok "a guest starts anew with a console's client" wait_for "$LIMIT" often '^up' 2
	printf '%01023d\n' 0 >&"$said"
	ok "a console's client is heard after a reboot" shows '^got 1023'
	like "a guest does not wait for a console's client" "$(mc version)" '^OK '
	is "a connected datagram socket is removed" "$(mc remove vec0)" 'OK '
	like "a connected datagram socket is not plugged in with another peer" "$(mc config "vec0:transport=dgram,src=$plug/one,dst=$plug/three")" '^ERR .*connected'
	is "a connected datagram socket is plugged in with the same peer" "$(mc config "vec0:transport=dgram,src=$plug/one,dst=$plug/two")" 'OK '
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
	is "config shows a disk that was plugged in" "$(mc config ubd1)" "OK $image"
	like "the guest has a disk that was plugged in" "$(mc proc partitions)" '16384 ubdb'
	mc log mount >"$tmp/said"
	ok "the guest mounts a disk that was plugged in and writes to it" shows '^mounted'
	like "a disk in use cannot be removed" "$(mc remove ubd1)" '^ERR .*in use'
	like "a disk that is there cannot be plugged in once more" "$(mc config "ubd1=$image")" '^ERR '
	like "an image in use cannot be plugged in under another number" "$(mc config "ubd2=$image")" '^ERR '
	mc log leave >"$tmp/said"
	ok "the guest unmounts a disk" shows '^left'
	is "a disk that was plugged in can be removed" "$(mc remove ubd1)" 'OK '
	unlike "the guest no longer has a plugged-in disk that was removed" "$(mc proc partitions)" ubdb
	ok "the file system of a disk that was removed is clean" clean_disk "$image"
	is "what the guest wrote is on the disk that was removed" "$(on_image "$image" /written)" 'over there'
	ok "another guest can have a disk that was removed" free_again "$image"

	like "a file elsewhere is refused" "$(mc config "ubd1=$tmp/outside")" '^ERR .*must be a file, and lie in a folder of hotplug='
	like "a file elsewhere is refused by way of a link" "$(mc config "ubd1=$plug/link")" '^ERR .*must be a file, and lie in a folder of hotplug='
	like "a file elsewhere is refused by way of .." "$(mc config "ubd1=$plug/../outside")" '^ERR .*must be a file, and lie in a folder of hotplug='
	like "a file that is not there is refused" "$(mc config "ubd1=$plug/nothing")" '^ERR .*No such file'
	is "a file that is refused is not made" "$(ls "$plug/nothing" 2>/dev/null)" ''
	like "an empty file is refused" "$(mc config "ubd1=$plug/empty")" '^ERR .*empty'
	like "a disk without a number is refused" "$(mc config "ubdx9=$image")" '^ERR '
	like "a network that would connect is refused" "$(mc config "vec0:transport=bess,dst=$plug/wire")" \
		'^ERR .*to connect to sockets, start linux with hotplug=FOLDER,connect'
	is "a copy-on-write disk can be plugged in" "$(mc config "ubd1=$plug/cow,$image")" 'OK '
	like "the guest has a copy-on-write disk that was plugged in" "$(mc proc partitions)" ubdb
	is "a copy-on-write disk can be removed" "$(mc remove ubd1)" 'OK '
	ok "plugging in a copy-on-write disk makes a COW file" [ "$(head -c 4 "$plug/cow")" = OOOM ]

	is "disposable disks can be plugged in, by ,snapshot and by flag v" "$(mc config "ubd1=$image,snapshot"; mc config "ubd2v=$image")" $'OK \nOK '
	is "disposable disks can be removed" "$(mc remove ubd1; mc remove ubd2)" $'OK \nOK '
	is "a disk with a serial number can be plugged in and shown" "$(mc config "ubd1=$image,,SERIAL"; mc config ubd1; mc remove ubd1)" \
		$'OK \nOK '"$image,,SERIAL"$'\nOK '

	mv "$plug/near" "$plug/snapshot"
	is "a backing file may have the name of a word" "$(mc config "ubd1=$plug/cow2,$plug/snapshot"; mc remove ubd1)" $'OK \nOK '
	ok "a COW file is made for a backing file with the name of a word" [ "$(head -c 4 "$plug/cow2")" = OOOM ]

	out=
	for _ in {1..30}; do out+=$(mc config "ubd1=$image"; mc remove ubd1); done
	is "a disk can be plugged in and removed again and again" "$(tr -d '\n ' <<<"$out")" "$(printf 'OKOK%.0s' {1..30})"

	is "a console with a socket can be plugged in" "$(mc config "con5=socket:$plug/con5")" 'OK '
	ok "a console that was plugged in has its socket" [ -S "$plug/con5" ]
	"${under[@]}" socat - "UNIX-CONNECT:$plug/con5" <"$tmp/typed" >"$tmp/con5" {typed}<&- &
	guests[$!]=y
	mc log console >"$tmp/said"
	ok "a console that was plugged in shows what the guest writes" wait_for 20 grep -qs 'to the console' "$tmp/con5"
	echo hello >&"$typed"
	ok "what is typed at a console's socket that was plugged in arrives" shows '^from the console: hello'

	is "a console with a socket can be removed" "$(mc remove con5)" 'OK '
	ok "the socket's file goes with the console" [ ! -e "$plug/con5" ]
	is "a console with a socket can be plugged in again" "$(mc config "con5=socket:$plug/con5"; mc remove con5; mc config "con5=socket:$plug/con5")" \
		$'OK \nOK \nOK '
	rm "$plug/con5"
	is "a console with a socket can be plugged in when its file is gone" "$(mc remove con5; mc config "con5=socket:$plug/con5")" $'OK \nOK '
	ok "the socket of a console is made anew" [ -S "$plug/con5" ]
	rm "$plug/con5"
	is "a console with a socket can be changed in place" "$(mc config "con5=socket:$plug/con5")" 'OK '
	ok "the socket of a console that was changed in place is there" [ -S "$plug/con5" ]
	is "a console with a socket in the guest's folder can be plugged in again" "$(mc config con4=socket; mc remove con4; mc config con4=socket)" \
		$'OK \nOK \nOK '
	is "a network that waits for a peer can be plugged in" \
		"$(for _ in 1 2; do mc config "vec0:transport=bess,src=$plug/waits"; mc remove vec0; done)" $'OK \nOK \nOK \nOK '
	is "a console with a pseudo terminal can be plugged in" "$(mc config con6=pts)" 'OK '
	like "mconsole says which pseudo terminal a console has" "$(mc config con6)" '^OK pts:/dev/pts/[0-9]+$'
	pts=$(mc config con6)
	socat -u "${pts#OK pts:},raw,echo=0" - >"$tmp/con6" &
	guests[$!]=y
	mc log pty >"$tmp/said"
	ok "a pseudo terminal shows what the guest writes" wait_for 20 grep -qs 'to the terminal' "$tmp/con6"
	[[ $pts == "OK pts:/dev/pts/"* ]] && echo hello again >"${pts#OK pts:}"
	ok "what is typed at a pseudo terminal that was plugged in arrives" shows '^from the terminal: hello again'
	is "three more pseudo terminals can be plugged in" "$(mc config con7=pty; mc config "ssl1=null,pty,log:$plug/log"; mc config con8=pts)" \
		$'OK \nOK \nOK '
	like "each console has a pseudo terminal of its own" "$(mc config ssl1)" '^OK null,pty:/dev/pts/[0-9]+,log:/'
	unlike "a second console has another pseudo terminal than the first" "$(mc config con7)" "/${pts##*/}\$"
	like "a fifth pseudo terminal is refused" "$(mc config con9=pts)" '^ERR con9=pts: the 4 pseudo terminals .* all in use'
	is "a pseudo terminal can be had in place of another" "$(mc remove con6; mc config con9=pts)" $'OK \nOK '
	is "a pseudo terminal is had again in place of another" "$(mc config con9)" "$pts"

	is "a boot disk can be removed" "$(mc remove ubd3)" 'OK '
	ok "another guest can have a boot disk that was removed" free_again "$plug/boot"
	is "a boot disk that lies elsewhere and networks can be removed" "$(mc remove ubd8; mc remove vec7; mc remove vec8)" $'OK \nOK \nOK '
	ok "the socket of a network that was removed is gone" [ ! -e "$plug/vec7" ]
	is "a disk is plugged in before a reboot" "$(mc config "ubd1=$image")" 'OK '
	is "a reboot with plugged-in devices is answered" "$(mc reboot)" 'OK '
	ok "a guest with plugged-in devices starts anew" wait_for "$LIMIT" often '^up' 2
	like "after a reboot the guest has the disk of its command line" "$(mc proc partitions)" ubdd
	unlike "after a reboot the guest lacks a removed disk that lies elsewhere" "$(mc proc partitions)" ubdi
	like "after a reboot the guest has its networks" "$(mc proc net/dev)" 'vec7.*vec8'
	unlike "after a reboot the guest lacks a disk that was plugged in" "$(mc proc partitions)" ubdb
	ok "after a reboot another guest can have a disk that was plugged in" free_again "$image"
	is "after a reboot a disk can be plugged in again" "$(mc config "ubd1=$image")" 'OK '
	is "after a reboot consoles with sockets can be plugged in again" "$(mc config "con5=socket:$plug/con5"; mc config con4=socket)" $'OK \nOK '
	is "after a reboot pseudo terminals are free again" "$(for i in 6 7 8 9; do mc config con$i=pts; done)" $'OK \nOK \nOK \nOK '
	mc halt >"$tmp/said"
	finish
	is "halt ends the guest" "$STATUS" "$HALT"
}

with_connect() {
	start umid=it quiet "hotplug=$plug,connect" "$(run_option "echo up; $follow
		ping() { busybox ping -c 1 -W 1 10.9.9.1 >/dev/null; }
		told network; ip link set vec0 up; ip addr add 10.9.9.2/24 dev vec0; until ping; do sleep 0.1; done; echo reached
		told leave; ip link set vec0 down; echo left
		sleep 1000")"
	shows '^up'
	is "with hotplug=,connect a network can be plugged in" "$(mc config "vec0:transport=bess,dst=$plug/wire")" 'OK '
	like "config shows a network that was plugged in" "$(mc config vec0)" "^OK transport=bess,dst=$plug/wire"
	mc log network >"$tmp/said"
	ok "another guest is reached by a network that was plugged in" shows '^reached'
	mc log leave >"$tmp/said"
	ok "a network that was plugged in is taken down" shows '^left'
	is "a network that was plugged in can be removed" "$(mc remove vec0)" 'OK '
	unlike "the guest no longer has a network that was removed" "$(mc proc net/dev)" vec0
	is "a console takes over a socket that is left over" "$(mc config "con5=socket:$plug/old")" 'OK '
	like "a console does not take over a socket that is in use" "$(mc config "con6=socket:$plug/wire")" '^ERR .*in use'
	like "a console does not take over a file" "$(mc config "con6=socket:$plug/disk")" '^ERR .*in use'
	ok "a file that is refused for a socket stays" [ -f "$plug/disk" ]
	is "a connected network with a socket of its own can be plugged in again" "$(for _ in 1 2; do mc config "vec0:transport=bess,src=$plug/mine,dst=$plug/wire"; mc remove vec0; done)" \
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
