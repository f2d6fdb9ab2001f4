#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The image of make boot: an ordinary user builds it, the same inputs give the same bytes, and its init runs commands,
# consoles and orphans as it should. Other file systems boot, too.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$tmp/work"
chmod 777 "$tmp/work"
mktiny() { # IMAGE
	local user=()
	if [ "$(id -u)" = 0 ]; then user=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all); fi
	"${user[@]}" "$top/rootfs/mktiny" "$@" >"$tmp/log" 2>&1
}
ok "an ordinary user builds the image" mktiny "$tmp/work/one.ext4"
[ -e "$tmp/work/one.ext4" ] || diag "$(cat "$tmp/log")"
# Another time, another folder, another user's file mode mask.
mkdir "$tmp/work/other"
chmod 777 "$tmp/work/other"
mktiny_077() { (umask 077 && mktiny "$@"); }
ok "an ordinary user builds the image in another folder" mktiny_077 "$tmp/work/other/two.ext4"
ok "images built in two folders have the same bytes" cmp "$tmp/work/one.ext4" "$tmp/work/other/two.ext4"
ok "an image built by an ordinary user has the bytes of build/check.ext4" cmp "$tmp/work/one.ext4" "$build/check.ext4"
ok "the image's file system has no errors" clean_disk "$tmp/work/one.ext4"
mkdir -p "$tmp/work/more/etc"
echo more >"$tmp/work/more/etc/more"
ok "a folder can be laid over the image" mktiny "$tmp/work/three.ext4" "$tmp/work/more"
differ() { ! cmp -s "$1" "$2"; }
ok "a folder laid over the image changes it" differ "$tmp/work/one.ext4" "$tmp/work/three.ext4"
DISK=$tmp/work/three.ext4 guest 'cat /etc/more; stat -c %u:%g:%a /etc/more /root /tmp /usr/bin/init | paste -sd" "'
is "all files of the image are root's" "$OUT" $'more\n0:0:644 0:0:700 0:0:1777 0:0:755'

# init.
guest 'for i in 1 2 3 4 5; do (sleep 0.2 &) ; done; sleep 1; grep -l "State:.Z" /proc/[0-9]*/status; echo done'
is "init reaps orphans" "$OUT" 'done'
guest 'mount | cut -d" " -f 3 | sort | paste -sd" "; ls -l /dev/fd | grep -c /proc/self/fd'
for where in /proc /sys /dev /dev/pts /dev/shm /dev/mqueue /run /tmp /sys/fs/cgroup; do
	like "init mounts $where" " $(head -n 1 <<<"$OUT") " " $where "
done
# shellcheck disable=SC2016 # for the guest
guest 'cat /sys/class/net/lo/operstate /proc/sys/kernel/hostname; ping -c 1 127.0.0.1 >/dev/null && echo up; echo $HOME:$PWD:$USER'
like "init sets up lo, name and environment" "$(paste -sd' ' <<<"$OUT")" ' tiny up /root:/root:root$'
guest 'exec 2>&1; /bin/init'
like "init refuses to run as another process than 1" "$OUT" 'init: this is for process 1'
# shellcheck disable=SC2016 # for the guest
guest '(trap "" TERM HUP; echo stubborn >/tmp/x; sleep 1000) & sleep 0.1; exit 3'
is "a process that ignores signals does not keep the guest from its end" "$STATUS" 3

# Consoles on demand: a further one has no shell until somebody types there, and again none after its end.
mkfifo "$tmp/con0" "$tmp/con1"
exec {con0}<>"$tmp/con0" {con1}<>"$tmp/con1" {shown1}>"$tmp/shown1"
on_con1() { # REGEX
	{ wait_for "$LIMIT" grep -qaE "$1" "$tmp/shown1"; } 2>/dev/null
}
asked_twice() { [ "$(grep -ac 'Press Enter' "$tmp/shown1")" = 2 ]; }
INPUT=$tmp/con0 start quiet "con1=fd:$con1,fd:$shown1"
ok "a further console asks for Enter" on_con1 'Press Enter for a shell'
echo 'ps | grep -c "[b]ash"; echo coun""ted' >&"$con0"
shows '^counted'
is "before Enter one shell runs" "$(screen | grep -aE '^[0-9]+$' | head -n 1)" 1
echo >&"$con1"
on_con1 'root@tiny'
echo 'tty; echo sh""ell' >&"$con1"
ok "after Enter there is a second shell" on_con1 '^shell'
ok "the second shell has a terminal of its own" on_con1 '/dev/tty1'
echo 'exit' >&"$con1"
ok "the second shell can be ended, and asked for again" wait_for "$LIMIT" asked_twice
echo 'exit' >&"$con0"
finish
is "the end of the first shell is the machine's" "$STATUS" 0
exec {con0}>&- {con1}>&- {shown1}>&-

# Root file systems of other kinds that this machine has the tools to make.
folder=$tmp/work/root
mkdir -p "$folder/bin" "$folder/dev" "$folder/proc"
cp /bin/busybox "$folder/bin/busybox"
ln -s busybox "$folder/bin/sh"
# shellcheck disable=SC2016 # for the guest
printf '#!/bin/sh\n/bin/busybox mount -t proc proc /proc\n%s\n/bin/busybox poweroff -f\n' \
	'echo "root: $(/bin/busybox grep " / " /proc/mounts)"' >"$folder/bin/init"
chmod 755 "$folder/bin/init"
other() { # NAME PACKAGE COMMAND...
	local name=$1 package=$2
	shift 2
	if ! command -v "$1" >/dev/null; then
		fail "$name boots" "there is no $1: apt-get install $package"
		return
	fi
	rm -f "$tmp/work/$name"
	if ! "$@" >"$tmp/log" 2>&1; then
		fail "$name boots" "$* fails: $(cat "$tmp/log")"
		return
	fi
	boot "ubd0r=$tmp/work/$name" root=/dev/ubda ro init=/bin/init con=null con0=fd:0,fd:1 quiet
	is "$name boots" "$STATUS:$(grep -o " / $name " <<<"$OUT")" "0: / $name "
	[ "$STATUS" = 0 ] || show
}
other ext2 e2fsprogs mke2fs -q -t ext2 -d "$folder" "$tmp/work/ext2" 16M
other ext4 e2fsprogs mke2fs -q -t ext4 -d "$folder" "$tmp/work/ext4" 16M
other squashfs squashfs-tools mksquashfs "$folder" "$tmp/work/squashfs" -quiet -no-progress -comp zstd
other erofs erofs-utils mkfs.erofs "$tmp/work/erofs" "$folder"
other btrfs btrfs-progs mkfs.btrfs -q --rootdir "$folder" "$tmp/work/btrfs"
# mkfs.xfs takes a list of what is to be in it.
printf '/none\n0 0\nd--755 0 0\nbin d--755 0 0\nbusybox ---755 0 0 %s\nsh l--777 0 0 busybox\ninit ---755 0 0 %s\n$\ndev d--755 0 0\n$\nproc d--755 0 0\n$\n$\n' \
	"$folder/bin/busybox" "$folder/bin/init" >"$tmp/work/list"
truncate -s 300M "$tmp/work/xfs.raw"
other xfs xfsprogs mkfs.xfs -q -p "$tmp/work/list" -d "file,name=$tmp/work/xfs,size=300m"

finished
