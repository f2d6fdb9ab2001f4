#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Network devices: guests reach each other and the host's programs, and no peer harms them.
# Time limit: 900 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

DISK=$build/net.ext4
[ -e "$DISK" ] || skip_all "no $DISK: make check builds it, or rootfs/mknet"
net=$tmp/net
mkdir "$net"
chmod 1777 "$net"

# Two guests at a time: OTHER is a second one, whose output lies in a file of its own.
start_other() { # COMMAND OPTION...
	local command=$1
	shift
	compose quiet "$@" "$(run_option "$command")"
	OUTPUT=$(mktemp -d "$tmp/guest.XXXXXX")
	touch "$OUTPUT/out" "$OUTPUT/err"
	ln -sfn "$OUTPUT/out" "$tmp/other"
	setsid env --default-signal -C "$tmp" "${under[@]}" "$LINUX" "${args[@]}" \
		</dev/null >"$tmp/other" 2>&1 {never}<&- &
	OTHER=$!
	guests[$OTHER]=y
}
other_shows_or_gone() { grep -qaE "$1" "$tmp/other" || gone "$OTHER"; }
other_shows() { # REGEX
	{ wait_for "$LIMIT" other_shows_or_gone "$1"; } 2>/dev/null
	grep -qaE "$1" "$tmp/other"
}
finish_other() {
	{
		wait_for "$LIMIT" gone "$OTHER" || kill -KILL -- "-$OTHER"
		wait "$OTHER"
	} 2>/dev/null
	unset "guests[$OTHER]"
}
end_other() {
	kill -KILL "$OTHER" 2>/dev/null
	finish_other
}
# A program of the host that ends with the test.
run_along() { # OUTPUT COMMAND...
	local out=$1
	shift
	: >"$out"
	setsid "$@" <"$tmp/stdin" >"$out" 2>&1 {never}<&- &
	ALONG=$!
	guests[$ALONG]=y
}
end_along() {
	kill -KILL -- "-$ALONG" "$ALONG" 2>/dev/null
	{ wait "$ALONG"; } 2>/dev/null
	unset "guests[$ALONG]"
}
# Its stdin never ends.
mkfifo "$tmp/stdin"
# shellcheck disable=SC2034 # only kept open
exec {stdin}<>"$tmp/stdin"
as_nobody=()
if [ "$(id -u)" = 0 ]; then as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi

up() { printf 'ip addr add 10.1.1.%s/24 dev vec0; ip link set vec0 up; ' "$1"; }
# shellcheck disable=SC2016 # for the guests
counts='count() { ethtool -S vec0 | awk -v name="$1:" "\$1 == name { print \$2 }"; }; '
# shellcheck disable=SC2016 # for the guests
carrier='carrier() { i=0; until [ "$(cat /sys/class/net/vec0/carrier)" = "$1" ]; do sleep 0.1; i=$((i+1)); [ $i -lt 200 ] || return 1; done; }; '
# shellcheck disable=SC2016 # for the guests
reach='reach() { i=0; until ping -q -c 1 -W 1 $1 >/dev/null; do i=$((i+1)); [ $i -lt 20 ] || return 1; done; }; '
# The server may not be there yet, or not again.
# shellcheck disable=SC2016 # for the guests
measure='measure() { until iperf3 -c 10.1.1.1 --connect-timeout 1000 "$@" 2>/dev/null; do sleep 0.1; done; }; '
number() { awk -v name="$1" '$1 == name { print $2 }' <<<"$OUT"; } # NAME: of a line "NAME NUMBER"

# Two guests of an ordinary user's, over each transport that needs nobody else: they ping each other, and iperf3
# moves data both ways.
pair() { # NAME BYTES SERVER-OPTION CLIENT-OPTION
	start_other "$(up 1) iperf3 -s -1 >/dev/null; iperf3 -s -1 >/dev/null; sleep 1000 | nc -l -p 7 | sha256sum; sleep 1000" "vec0:$3"
	# The one that the other connects to must be there.
	ok "$1: a guest is up" wait_for 30 [ -e "$net/a" ]
	guest "$reach$measure$(up 2)
		reach 10.1.1.1 && echo reached
		ping -q -c 20 -i 0.02 10.1.1.1 | grep loss
		measure -n $2 >/dev/null; echo there
		measure -n $2 -R >/dev/null; echo back
		head -c 3000001 /dev/urandom >/tmp/data; sha256sum </tmp/data; until nc 10.1.1.1 7 </tmp/data; do sleep 0.1; done" "vec0:$4"
	like "$1: two guests ping each other" "$OUT" $'reached\n20 packets transmitted, 20 packets received, 0% packet loss'
	like "$1: iperf3 moves $2 bytes there and back" "$OUT" $'there\nback'
	ok "$1: what was sent arrives unchanged" other_shows "^$(tail -n 1 <<<"$OUT")"
	end_other
	rm -f "$net"/*
}
as_user pair dgram 30M "transport=dgram,src=$net/a,dst=$net/b" "transport=dgram,src=$net/b,dst=$net/a"
as_user pair bess 30M "transport=bess,src=$net/a" "transport=bess,dst=$net/a"
as_user pair stream 30M "transport=stream,src=$net/a" "transport=stream,dst=$net/a"
as_user pair "dgram with vnet headers" 60M "transport=dgram,src=$net/a,dst=$net/b,vnet=1" \
	"transport=dgram,src=$net/b,dst=$net/a,vnet=1"
as_user pair "bess with vnet headers" 60M "transport=bess,src=$net/a,vnet=1" "transport=bess,dst=$net/a,vnet=1"
as_user pair "stream with an MTU of 65521" 60M "transport=stream,src=$net/a,mtu=65521" \
	"transport=stream,dst=$net/a,mtu=65521"
as_user pair "bess, a frame a call, depth 1" 5M "transport=bess,src=$net/a,vec=0" "transport=bess,dst=$net/a,depth=1,gro=0"

# Bursts, with and without the host's signals, at guests that compute and never idle.
hog='(while :; do :; done) & '
start_other "$hog$(up 1) iperf3 -s -1 >/dev/null; sleep 1000" "vec0:transport=bess,src=$net/a"
wait_for 30 [ -e "$net/a" ]
# shellcheck disable=SC2016 # for the guest
guest "$hog$reach$measure$(up 2) reach 10.1.1.1; measure -n 3M >/dev/null
	for i in 1 2 3; do ping -q -c 40 -i 0.002 10.1.1.1 | grep loss; sleep 0.2; ping -q -c 1 10.1.1.1 | grep loss; done" \
	"vec0:transport=bess,dst=$net/a"
is "bursts between guests that compute: nothing is lost" "$(grep -c ' 0% packet loss' <<<"$OUT")" 6
end_other
rm -f "$net"/*

# uml_switch
run_along "$tmp/switch" "${as_nobody[@]}" uml_switch -unix "$net/a"
wait_for 20 [ -e "$net/a" ]
as_user pair uml_switch 10M "transport=daemon,dst=$net/a" "transport=daemon,dst=$net/a"
as_user start quiet "vec0:transport=daemon,dst=$net/c" "$(run_option true)"
finish
like "without a switch there is no guest" "$ERR" "vec0:.*$net/c: no switch listens there"
end_along
run_along "$tmp/switch" "${as_nobody[@]}" uml_switch -unix "$net/a"
wait_for 20 [ -e "$net/a" ]
as_user start quiet "vec0:transport=daemon,dst=$net/a" \
	"$(run_option "$carrier$(up 1) carrier 1 && echo up; carrier 0 && echo down")"
shows '^up'
end_along
finish
like "a guest sees its link go down with its switch" "$OUT" $'\ndown'
is "a guest whose switch is gone lives on" "$STATUS" 0
rm -f "$net"/*

# fd: one socket pair, made by whoever starts both guests.
for kind in seqpacket stream dgram; do
	compose quiet vec0:transport=fd,fd=9 "$(run_option "$(up 1) iperf3 -s -1 >/dev/null")"
	server=$(printf '%q ' exec "$LINUX" "${args[@]}")
	compose quiet vec0:transport=fd,fd=9 "$(run_option "$reach$measure$(up 2) reach 10.1.1.1 && measure -n 10M")"
	client=$(printf '%q ' exec "$LINUX" "${args[@]}")
	run_in_background "$(tool wire)" "$kind" "$server >$tmp/other" "$client"
	finish
	is "fd: two guests on a $kind pair" "$STATUS" 0
	like "fd: two guests on a $kind pair measure each other" "$OUT" 'MBytes .* receiver'
done
as_user start quiet vec0:transport=fd,fd=77 "$(run_option true)"
finish
like "fd: a descriptor that is not open is refused" "$ERR" 'vec0:.*descriptor 77'

# A tap device, in a network of its own.
if [ -w /dev/net/tun ] && unshare -rn true 2>/dev/null; then
	# shellcheck disable=SC2016 # for the shell between
	under=(unshare -rn sh -c 'ip link set lo up; ip tuntap add tap0 mode tap; ip addr add 10.1.1.1/24 dev tap0; ip link set tap0 up
		(iperf3 -s -1; iperf3 -s -1) >/dev/null & exec "$@"' sh)
	guest "$reach$counts$measure$(up 2) reach 10.1.1.1; measure -n 100M; measure -n 100M -R
		echo frames \$(count tx_packets) \$(count rx_packets)" vec0:transport=tap,ifname=tap0
	under=()
	is "tap: iperf3 moves 100 MB to the host and back" "$(grep -c 'Bytes .* receiver' <<<"$OUT")" 2
	frames=$(number frames)
	ok "tap: the two kernels do not cut frames (${frames:-no} frames)" [ "${frames:-1000000}" -lt 30000 ]
else
	skip "tap: iperf3 moves 100 MB to the host and back" "no /dev/net/tun, or no network namespaces here"
	skip "tap: the two kernels do not cut frames" "likewise"
fi

# A web server on the host's loopback, through passt and slirp4netns, as an ordinary user.
mkdir "$tmp/www"
head -c 2000000 /dev/urandom >"$tmp/www/file"
chmod -R a+rX "$tmp/www"
sum=$(sha256sum <"$tmp/www/file")
busy() { (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=$((20000 + $$ % 20000))
while busy "$port"; do port=$((port + 1)); done
run_along "$tmp/httpd" "${as_nobody[@]}" busybox httpd -f -p "127.0.0.1:$port" -h "$tmp/www"
httpd=$ALONG
wait_for 20 busy "$port"

run_along "$tmp/slirp" "${as_nobody[@]}" slirp4netns --target-type=bess "$net/slirp"
wait_for 20 [ -e "$net/slirp" ]
as_user guest "ip addr add 10.0.2.100/24 dev vec0; ip link set vec0 up; ip route add default via 10.0.2.2
	wget -q -O - http://10.0.2.2:$port/file | sha256sum" "vec0:transport=bess,dst=$net/slirp,depth=128,gro=1"
is "slirp4netns: a guest gets a file from the host's loopback" "$OUT" "$sum"
end_along

if ip route get 198.51.100.1 >/dev/null 2>&1; then
	run_along "$tmp/passt" "${as_nobody[@]}" passt -f --socket "$net/passt"
	wait_for 20 [ -e "$net/passt" ]
	# shellcheck disable=SC2016 # for the guest
	lease='printf "%s\n" "#!/bin/sh" "[ \$1 = bound ] || exit 0" "ip addr add \$ip/\$mask dev \$interface" "ip route add \$router dev \$interface" "ip route add default via \$router" "echo \$router >/tmp/router" >/tmp/lease; chmod +x /tmp/lease
		ip link set vec0 up; udhcpc -q -n -f -i vec0 -s /tmp/lease >/dev/null 2>&1; '
	as_user guest "$lease
		wget -q -O - http://\$(cat /tmp/router):$port/file | sha256sum" "vec0:transport=stream,dst=$net/passt,mtu=65520"
	is "passt: a guest gets an address, and a file from the host's loopback" "$OUT" "$sum"
	# The connection outlives the guest's restart, wherever in a frame it was.
	truncate -s 1M "$net/state"
	chmod 666 "$net/state"
	as_user start quiet "ubd2=$net/state" "vec0:transport=stream,dst=$net/passt,mtu=65520" "$(run_option "$lease
		get() { wget -q -O - http://\$(cat /tmp/router):$port/file; }
		cat /sys/class/net/vec0/address
		if [ \$(head -c 1 /dev/ubdc | tr '\\0' 0) = 0 ]; then
			echo 1 >/dev/ubdc; sync
			for i in 1 2 3 4; do while :; do get >/dev/null; done & done
			sleep 1; reboot -f
		fi
		get | sha256sum")"
	finish
	like "passt: a guest that restarts in the midst of traffic gets a file" "$OUT" "${sum%% *}"
	is "passt: a guest that restarts has the same address" "$(grep -aE '^([0-9a-f]{2}:){5}' "$tmp/out" | sort | uniq -c | awk '{print $1}')" 2
	end_along
else
	skip "passt: a guest gets an address, and a file from the host's loopback" "no route to anywhere here"
	skip "passt: a guest that restarts in the midst of traffic gets a file" "likewise"
	skip "passt: a guest that restarts has the same address" "likewise"
fi
ALONG=$httpd
end_along
rm -f "$net"/*

# Peers that die and come back.
start quiet "vec0:transport=bess,src=$net/a" \
	"$(run_option "$carrier$(up 1) echo up; carrier 1 && echo came; carrier 0 && echo went; carrier 1 && echo again; until dmesg | grep -o 'another peer was refused'; do sleep 0.1; done; sleep 1000")"
shows '^up'
for word in came again; do
	start_other "$reach$(up 2) reach 10.1.1.1 && echo reached; sleep 1000" "vec0:transport=bess,dst=$net/a"
	ok "a guest's link is up when a peer has come ($word)" shows "^$word"
	ok "stream: a peer that comes is reached ($word)" other_shows '^reached'
	[ "$word" = again ] || { end_other; ok "a guest's link goes down when its peer is killed" shows '^went'; }
done
start_other "$(up 2) sleep 1000" "vec0:transport=bess,dst=$net/a"
first=$OTHER
ok "a second peer beside the first is refused" shows 'another peer was refused'
kill -KILL "$first"
finish_other
end_other
kill -KILL "$PID"
finish
rm -f "$net"/*

# The one that listens starts anew: its peer stays.
for kind in bess stream; do
	rm -f "$tmp/note"
	truncate -s 4096 "$tmp/note"
	start quiet "ubd2=$tmp/note" "vec0:transport=$kind,src=$net/a" "$(run_option "$reach$carrier$(up 1) echo up; carrier 1; reach 10.1.1.2
		if [ \$(head -c 1 /dev/ubdc | tr '\\0' 0) = 0 ]; then echo 1 >/dev/ubdc; sync; reboot -f; fi
		echo again; sleep 1000")"
	shows '^up'
	start_other "$(up 2) ping 10.1.1.1 >/dev/null; sleep 1000" "vec0:transport=$kind,dst=$net/a"
	ok "$kind: a guest that listens starts anew and has its peer again" shows '^again'
	end_other
	kill -KILL "$PID"
	finish
	rm -f "$net"/*
done

start quiet "vec0:transport=dgram,src=$net/a,dst=$net/b" "$(run_option "$(up 1) echo up; sleep 1000")"
shows '^up'
for word in first second; do
	start_other "$reach$(up 2) reach 10.1.1.1 && echo reached; sleep 1000" "vec0:transport=dgram,src=$net/b,dst=$net/a"
	ok "dgram: the $word guest of a name is reached" other_shows '^reached'
	end_other
done
kill -KILL "$PID"
finish
rm -f "$net"/*

# A guest whose peer has gone for good says so, and lives on.
start_other "$(up 1) sleep 1000" "vec0:transport=bess,src=$net/a"
wait_for 30 [ -e "$net/a" ]
start quiet "vec0:transport=bess,dst=$net/a" "$(run_option "$carrier$(up 2) carrier 1; echo up; carrier 0; ping -c 1 -W 1 10.1.1.1; dmesg | grep 'vec0: the peer is gone for good' && exit 3")"
shows '^up'
end_other
finish
is "a guest whose peer is gone for good says so and lives on" "$STATUS" 3
rm -f "$net"/*

# What no peer should send. The counts say that it was seen; the ping at the end that nothing broke.
neighbour=$(tool peer)
badly() { # KIND OPTION WORD...
	local kind=$1 option=$2
	shift 2
	start quiet "vec0:$option" "$(run_option "$carrier$counts$(up 1) echo up; carrier 1; read x
		old=; while new=\$(count rx_packets); [ \"\$new\" != \"\$old\" ]; do old=\$new; sleep 0.5; done
		for name in rx_no_memory rx_packets rx_runt rx_oversized rx_bad_header peers_lost; do echo \$name \$(count \$name); done
		ping -q -c 1 127.0.0.1 >/dev/null && echo alive")"
	shows '^up'
	"$neighbour" "$kind" "$net/a" "$@" >"$tmp/neighbour" 2>&1 </dev/null
}
INPUT=$tmp/keys2
mkfifo "$INPUT"
exec {keys2}<>"$INPUT"
tell() {
	echo >&"$keys2"
	finish
}
for kind in seqpacket dgram stream; do
	case $kind in
	seqpacket) option=transport=bess,src=$net/a ;;
	dgram) option=transport=dgram,src=$net/a,dst=$net/b ;;
	stream) option=transport=stream,src=$net/a ;;
	esac
	badly "$kind" "$option" runts large noise:20000 flood:200000
	like "$kind: a neighbour may send anything" "$(cat "$tmp/neighbour")" 'done 220017'
	tell
	like "$kind: a neighbour that sends anything leaves the guest alive" "$OUT" $'\nalive'
	is "$kind: frames that are too short are counted" "$(number rx_runt)" 14
	ok "$kind: frames that are too long are counted" [ "$(number rx_oversized)" -ge 3 ]
	is "$kind: all other frames are received" "$(($(number rx_packets) + $(number rx_oversized)))" 220003
	rm -f "$net"/*
done
badly seqpacket "transport=bess,src=$net/a,vnet=1" runts large noise:50000 flood:1000
like "vnet: a neighbour may send any header" "$(cat "$tmp/neighbour")" 'done 51017'
tell
like "vnet: a neighbour that sends any header leaves the guest alive" "$OUT" $'\nalive'
ok "vnet: headers that are wrong are counted" [ "$(number rx_bad_header)" -gt 1000 ]
rm -f "$net"/*
badly stream "transport=stream,src=$net/a" lengths nonsense
tell
is "stream: frames in pieces are frames" "$(number rx_packets)" 200
is "stream: a length that is nonsense is counted" "$(number rx_bad_header)" 1
is "stream: the sender of nonsense is hung up on" "$(number peers_lost)" 1
rm -f "$net"/*

# A peer that reads nothing: what is for it is dropped, and the guest does not wait.
for kind in seqpacket stream dgram; do
	case $kind in
	seqpacket) option=transport=bess,src=$net/a ;;
	stream) option=transport=stream,src=$net/a ;;
	dgram) option=transport=dgram,src=$net/a,dst=$net/a.peer ;;
	esac
	# shellcheck disable=SC2016 # for the guest
	start quiet "vec0:$option" "$(run_option "$carrier$counts$(up 1) echo up; carrier 1
		ip neigh add 10.1.1.2 lladdr 02:00:00:00:00:02 dev vec0 2>/dev/null || arp -s 10.1.1.2 02:00:00:00:00:02
		read x; bash -c 'dd if=/dev/zero bs=1400 count=5000 2>/dev/null >/dev/udp/10.1.1.2/9'
		echo dropped \$(count tx_slow_peer); exit 5")"
	shows '^up'
	run_along "$tmp/neighbour" "$neighbour" "$kind" "$net/a" deaf
	wait_for 20 grep -q there "$tmp/neighbour"
	echo >&"$keys2"
	finish
	is "$kind: a peer that reads nothing does not make a guest wait" "$STATUS" 5
	ok "$kind: frames to a peer that reads nothing are dropped and counted" [ "$(number dropped)" -gt 0 ]
	end_along
	rm -f "$net"/*
done

# Peers one after the other, each before all that the last had sent is read.
start quiet "vec0:transport=bess,src=$net/a" "$(run_option "$(up 1) echo up; read x; echo refused \$(dmesg | grep -c 'anothe[r] peer was refused')")"
shows '^up'
for _ in {1..40}; do "$neighbour" seqpacket "$net/a" flood:250; done >"$tmp/neighbour" 2>&1 </dev/null
tell
is "40 peers in turn are taken, each at once" "$(grep -c 'done 250' "$tmp/neighbour")" 40
is "of 40 peers in turn none is refused" "$(number refused)" 0
rm -f "$net"/*

# Changes while the queue is full, for a peer that reads now and then.
# shellcheck disable=SC2016 # for the guest
start quiet "vec0:transport=bess,src=$net/a" "$(run_option "$carrier$counts$(up 1) echo up; carrier 1
	ip neigh add 10.1.1.2 lladdr 02:00:00:00:00:02 dev vec0 2>/dev/null || arp -s 10.1.1.2 02:00:00:00:00:02
	for i in 1 2 3 4; do bash -c 'while :; do dd if=/dev/zero bs=1300 count=10000 2>/dev/null >/dev/udp/10.1.1.2/9; done' & done
	until [ \$(count tx_waits) -gt 3 ]; do sleep 0.1; done
	echo busy; read x; for i in {1..100}; do ip link set vec0 mtu 1400; ip link set vec0 mtu 1500; done
	exit 6")"
shows '^up'
run_along "$tmp/neighbour" "$neighbour" seqpacket "$net/a" lazy
ok "a slow peer fills the guest's transmit queue" shows '^busy'
"$neighbour" seqpacket "$net/a" knock:100 >"$tmp/knocks" 2>&1 </dev/null
echo >&"$keys2"
finish
is "while a queue is full another peer may knock and the MTU may change" "$STATUS" 6
like "while a queue is full peers may knock again and again" "$(cat "$tmp/knocks")" 'done 0'
end_along
rm -f "$net"/*
INPUT=/dev/null

# A million packets and more, in a hurry; memory stays what it was.
# shellcheck disable=SC2016 # for the guests
slab='slab() { sync; sleep 1; awk "/^skbuff_head_cache|^kmalloc-(1k|2k|4k) / { n += \$2 * \$4 / 1024 } END { print \"$1\", int(n) }" /proc/slabinfo; awk "/MemAvailable/ { print \"$1-free\", \$2 }" /proc/meminfo; }; '
start_other "$slab$counts$(up 1) slab before; for i in 1 2 3; do iperf3 -s -1 >/dev/null; done; slab after; echo packets \$(count rx_packets); sleep 1000" \
	mem=128M "vec0:transport=bess,src=$net/a"
wait_for 30 [ -e "$net/a" ]
LIMIT=150
guest "$reach$measure$(up 2) reach 10.1.1.1
	measure -n 1300M >/dev/null
	measure -n 600M -R -P 4 >/dev/null
	measure -u -b 0 -l 64 -n 20M >/dev/null; echo well" \
	mem=128M "vec0:transport=bess,dst=$net/a"
like "a million packets: the sender ends" "$OUT" well
ok "a million packets: the receiver ends" other_shows '^packets'
OUT=$(tr -d '\r' <"$tmp/other")
ok "a million packets: the receiver has counted them ($(number packets))" [ "$(number packets)" -gt 1000000 ]
ok "a million packets: leave no buffers behind ($(number before) KiB before, $(number after) KiB after)" \
	[ "$(number after)" -lt $(($(number before) + 1500)) ]
ok "a million packets: leave no other memory taken ($(number before-free) KiB free before, $(number after-free) KiB after)" \
	[ "$(number after-free)" -gt $(($(number before-free) - 6000)) ]
end_other
LIMIT=60
rm -f "$net"/*

# Options.
refuses() { # OPTION REGEX
	boot con=null con0=fd:0,fd:1 "$1" "$(run_option true)"
	refused "$1" "$2"
}
refuses vec0:transport=frob 'transport=frob'
refuses vec0:dst=x 'which transport'
refuses vec:transport=tap 'vec<n>'
refuses vec0:transport=bess 'dst='
refuses "vec0:transport=bess,dst=$net/nobody" "$net/nobody: No such file"
refuses vec0:transport=bess,dst=x,mtu=70000 '70000'
refuses vec0:transport=bess,dst=x,mac=01:00:00:00:00:01 'mac='
refuses vec0:transport=bess,dst=x,frob=1 'frob'
refuses vec0:transport=stream,dst=x,ifname=y 'ifname= is not for transport=stream'
refuses "vec0:transport=bess,dst=$(printf 'x%.0s' {1..120})" '107'
touch "$net/file"
refuses "vec0:transport=bess,src=$net/file" "$net/file: this is there already"
ok "a file where a network's socket would be stays" [ -f "$net/file" ]
guest 'ip link show vec3; cat /sys/class/net/vec3/mtu /sys/class/net/vec3/address; ethtool vec3 | grep detected; ethtool -i vec3' \
	"vec3:transport=stream,src=$net/a,mac=52:54:00:01:02:03,mtu=9000,depth=8"
like "mtu= and mac= set the device's" "$OUT" $'9000\n52:54:00:01:02:03'
like "a network device without a peer has no link" "$OUT" 'Link detected: no'
like "ethtool names the driver" "$OUT" 'driver: vec'

finished
