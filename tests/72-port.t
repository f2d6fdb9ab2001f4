#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Ports: streams of bytes between a guest and the host; and an archive to boot from by its descriptor.
# Time limit: 200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# A guest whose port 0 is our stdin and stdout: socat makes a socket of them, and passes the end of stdin on.
port_guest() { # COMMAND <INPUT >OUTPUT
	compose quiet port0=fd:0 con=null con0=null "$(run_option "$1")"
	{
		echo '#!/bin/bash'
		printf 'exec '
		printf '%q ' "$LINUX" "${args[@]}"
	} >"$tmp/start"
	chmod +x "$tmp/start"
	timeout -k 5 "$LIMIT" socat -t 60 - "EXEC:$tmp/start" 2>"$tmp/err"
}

# shellcheck disable=SC2059 # a format of bytes
for value in {0..255}; do printf "\\x$(printf %x "$value")"; done >"$tmp/bytes"
is "there is a file with all values of a byte" "$(wc -c <"$tmp/bytes")" 256
port_guest 'cat </dev/port0 >/dev/port0' <"$tmp/bytes" >"$tmp/back"
is "every value of a byte passes both ways, and the end of what the host sends" "$(sum "$tmp/back")" "$(sum "$tmp/bytes")"

head -c 30000000 /dev/urandom >"$tmp/many"
port_guest 'cat </dev/port0 >/dev/port0' <"$tmp/many" >"$tmp/back"
is "30 MB pass both ways at once, in order and without loss" "$(sum "$tmp/back")" "$(sum "$tmp/many")"
port_guest 'dd if=/dev/port0 of=/dev/port0 bs=7' <"$tmp/bytes" >"$tmp/back" 2>/dev/null
is "pieces of any length pass" "$(sum "$tmp/back")" "$(sum "$tmp/bytes")"

# A host that does not read makes the writer wait, and nobody else.
# shellcheck disable=SC2016 # for the guest
port_guest '(head -c 2000000 /dev/zero; echo over) >/dev/port0 & echo first >/dev/port0; read -r line </dev/port0; echo "$line" >/dev/port0; wait' \
	<<<answer | { sleep 1; cat; } >"$tmp/back"
like "a writer waits for a slow host, and loses nothing" "$(tr -d '\0' <"$tmp/back" | sort | paste -sd' ')" '^answer first over$'
is "what waited has come" "$(tr -dc '\0' <"$tmp/back" | wc -c)" 2000000

# The device.
port_guest 'stat -c "%a %u" /dev/port0 >/dev/port0' </dev/null >"$tmp/back"
is "the device is root's alone" "$(head -n 1 "$tmp/back")" '600 0'

# Bad input.
con=(con=null con0=null)
boot port0=fd:77 "${con[@]}"
refused "a port at a descriptor that is not open" 'port0=fd:77: descriptor 77 is not open'
INPUT=$tmp/bytes
boot port3=fd:0 "${con[@]}"
refused "a port at a file" 'port3=fd:0: descriptor 0 is no stream socket'
INPUT=/dev/null
boot port0=socket "${con[@]}"
refused "a port at something else" 'port0=socket: name a socket'
boot port8=fd:0 "${con[@]}"
refused "a port with a number that is too large" 'port8=fd:0: ports have the numbers 0 to 7'
boot port0=fd: "${con[@]}"
refused "a port at no number" 'port0=fd:: name a socket'

# An archive by its descriptor.
mkdir -p "$tmp/initrd/bin"
cp /bin/busybox "$tmp/initrd/bin"
printf '%s\n' '#!/bin/busybox sh' '/bin/busybox mkdir /proc' '/bin/busybox mount -t proc proc /proc' \
	'echo 5 >/proc/exitcode' '/bin/busybox poweroff -f' >"$tmp/initrd/init"
chmod +x "$tmp/initrd/init"
(cd "$tmp/initrd" && find . | cpio -o -H newc --quiet) >"$tmp/initrd.cpio"
exec 7<"$tmp/initrd.cpio"
boot initrd=fd:7 con=null con0=fd:0,fd:1
is "initrd=fd:7 is what it boots from" "$STATUS" 5
exec 7<&-
boot initrd=fd:7 "${con[@]}"
refused "an archive at a descriptor that is not open" 'initrd=fd:7: descriptor 7 is not open'
boot initrd=fd:x "${con[@]}"
refused "an archive at no descriptor" 'initrd=fd:x: not a descriptor'

finished
