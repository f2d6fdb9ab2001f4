#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# solo run --net and --publish: a network by passt, which ends with the guest.
# Time limit: 200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"
DISK=$build/net.ext4
command -v passt >/dev/null || skip_all "no passt here"
ip route get 198.51.100.1 >/dev/null 2>&1 || skip_all "passt wants a route to somewhere, and there is none"

busy() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=$((20000 + $$ % 20000))
while busy "$port"; do port=$((port + 1)); done
mkdir "$tmp/www"
head -c 3000000 /dev/urandom >"$tmp/www/file"
chmod -R a+rX "$tmp/www"
busybox httpd -f -p "127.0.0.1:$port" -h "$tmp/www" &
guests[$!]=y
wait_for 20 busy "$port"

solo run --net "$DISK" -- sh -c "wget -q -O - http://10.0.2.2:$port/file; cat /etc/resolv.conf >&2"
is "--net: the guest gets a file from the host's loopback" "$STATUS:$(sum "$tmp/out")" "0:$(sum "$tmp/www/file")"
is "--net: it has a name server" "$ERR" "nameserver 10.0.2.3"
solo run "$DISK" -- ls /sys/class/net
unlike "without --net there is no network" "$OUT" vec0

# The host reaches the guest, as long as that is there.
while busy "$port"; do port=$((port + 1)); done
box=net-$$
solo run --net --publish "$port:80" --copy-in "$tmp/www:/tmp/www" --detach --name "$box" "$DISK" -- \
	busybox httpd -f -p 80 -h /tmp/www
is "--publish: a guest in the background" "$STATUS:$OUT" "0:$box"
fetch() { wget -q -t 1 -T 10 -O "$tmp/got" "http://127.0.0.1:$port/file" && [ -s "$tmp/got" ]; }
ok "--publish: the host gets something from the guest" wait_for 30 fetch
is "--publish: it is the file" "$(sum "$tmp/got")" "$(sum "$tmp/www/file")"
pid=$("$SOLO" ps --json | grep -o "\"name\": \"$box\", \"pid\": [0-9]*" | grep -o '[0-9]*$')
passt=$(ps --ppid "$pid" -o pid=,comm= | awk '$2 ~ /^passt/ { print $1 }')
ok "passt is a process of solo's" [ -n "$passt" ]
kill -KILL "$pid"
ok "kill -9 of solo ends passt" wait_for 20 gone "$passt"
STATUS=0
env PATH="$tmp" "$SOLO" run --net "$DISK" -- true </dev/null >"$tmp/out" 2>"$tmp/err" || STATUS=$?
OUT=$(cat "$tmp/out") ERR=$(cat "$tmp/err")
denied "--net without passt" '--net needs the program passt: install it'

finished
