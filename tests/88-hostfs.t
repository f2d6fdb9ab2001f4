#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Folders of the host in the guest: how they are mounted and booted from, what can be done with files, what changes on
# the host, and each way out of a shared folder. tests/16-confine.t attacks as a guest kernel that was taken over.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

share=$tmp/share
outside=$tmp/outside
fresh() {
	rm -rf "$share" "$outside"
	mkdir "$share" "$outside"
	echo treasure >"$outside/secret"
}
# Run COMMAND in a guest that has $share at /h, and is there.
shared() { # COMMAND [OPTION...]
	local command=$1
	shift
	guest "mkdir /h; mount -t hostfs none /h -o $share && cd /h && { $command
}" "hostfs=$share" "$@"
}
same() { # NAME FILE FILE
	ok "$1" cmp -s "$2" "$3"
}

### What is shared, and how it is mounted

fresh
echo one >"$share/file"
mkdir "$share/sub" "$tmp/second"
echo two >"$share/sub/file"
echo three >"$tmp/second/file"
guest "mkdir /h; mount -t hostfs none /h -o $share 2>/dev/null; echo \$?; dmesg | grep -o 'hostfs: no folder of the host is shared: start linux with hostfs=FOLDER' | uniq"
like "nothing named: nothing is shared, and the log says what to do" "$OUT" $'^[1-9][0-9]*\nhostfs: no folder'
# shellcheck disable=SC2016 # for the guest
forms='mkdir /h; try() { mount -t hostfs "$@" 2>/dev/null && cat /h/file; echo $?; umount /h 2>/dev/null; }; '
guest "$forms try none /h -o $share; try none /h; try none /h -o $share/sub; try none /h -o hostfs=$share//./sub/; try none /h -o /sub
try two /h; try none /h -o $tmp/second; try none /h -o $tmp; try none /h -o /etc; try none /h -o $share/../second; try none /h -o $share/file" \
	"hostfs=$share" "hostfs=$tmp/second,ro,tag=two"
is "mounts name a shared folder, one in it, one in the first as upstream has it, or a tag; others are refused" \
	"$(tr '\n' ' ' <<<"$OUT")" 'one 0 one 0 two 0 two 0 two 0 three 0 three 0 255 255 three 0 255 '
ln -s / "$share/all"
ln -s sub "$share/there"
guest "$forms try none /h -o $share/all; try none /h -o $share/there; try none /h -o /all/etc" "hostfs=$share"
is "a mount follows no symbolic link of the host" "$(tr '\n' ' ' <<<"$OUT")" '255 255 255 '
(cd "$tmp" && ln -s share link)
guest "$forms try none /h -o $tmp/link" "hostfs=link"
is "hostfs= itself may be a relative name, and a link of the user's" "$OUT" $'one\n0'
guest "mkdir /h; mount -t hostfs none /h -o $share; grep -w ro /proc/mounts | grep -c /h; (touch /h/x; mount -o remount,rw /h; rm -f /h/file) 2>/dev/null; cat /h/file" "hostfs=$share,ro" 2>/dev/null
is "a folder with ro is mounted so, whatever the guest wants" "$OUT" $'1\none'
ok "nothing is written to a folder with ro" [ ! -e "$share/x" ]
guest "mkdir /h; mount -t hostfs none /h -o $share,uid=12,gid=34; stat -c '%u %g' /h /h/file /h/sub; chown 0 /h/file 2>/dev/null; echo \$?; grep -o 'uid=12,gid=34' /proc/mounts" "hostfs=$share"
is "uid= and gid= say whom files are shown to belong to" "$OUT" $'12 34\n12 34\n12 34\n1\nuid=12,gid=34'
mkdir "$share/a,b=c"
echo comma >"$share/a,b=c/file"
guest "$forms try none /h -o '$share/a,b=c'" "hostfs=$share"
is "a path may have a comma and an equals sign" "$OUT" $'comma\n0'

bad() { # REGEX OPTION...
	local want=$1
	shift
	boot quiet "$@" run=true
	refused "$*" "$want"
}
bad 'No such folder: name a folder' "hostfs=$tmp/nothing"
bad 'It is not a folder' "hostfs=$share/file"
bad 'no folder is named' hostfs=
bad 'only ro, append, unconfined and tag=NAME may follow' "hostfs=$share,rw"
ln -s sub "$share/way"
bad 'sub,ro: it lies in .*share, by which it can be written to' "hostfs=$share" "hostfs=$share/sub,ro"
bad 'way,ro: it lies in .*share, by which' "hostfs=$share/way,ro" "hostfs=$share"
bad 'sub,append: it lies in .*share, by which' "hostfs=$share/sub,append" "hostfs=$share"
bad 'share,ro: it lies in .*share, by which' "hostfs=$share" "hostfs=$share,ro"
guest "mkdir /h /s; mount -t hostfs none /h -o $share; mount -t hostfs none /s -o $share/sub; (echo x >/h/x) 2>/dev/null; echo \$?; echo y >/s/y; cat /h/sub/y; rm /s/y" "hostfs=$share,ro" "hostfs=$share/sub"
is "a folder that can be written to may lie in one that cannot" "$OUT" $'1\ny'
bad 'rootflags=.*No such folder' rootfstype=hostfs "rootflags=$tmp/nothing"

under=("$(tool confine)" no-landlock)
bad 'this host has no Landlock.*write hostfs=.*,unconfined' "hostfs=$share"
bad 'this host has no Landlock' rootfstype=hostfs "rootflags=$share"
guest "mkdir /h; mount -t hostfs none /h; cat /h/file; echo made >/h/made; mv /h/made /h/sub/moved; rm /h/file; ls -1 /h/sub" "hostfs=$share,unconfined"
is "with unconfined a host without Landlock will do" "$OUT" $'one\nfile\nmoved'
under=()

fresh
echo start >"$share/log"
guest "mkdir /h; mount -t hostfs none /h; cd /h; echo a >log; echo b >>log; dd if=/dev/zero of=log bs=1 count=3 seek=1 conv=notrunc 2>/dev/null; tr '\\0' 0 <log; echo" "hostfs=$share,append"
is "with append, what is written goes to the end" "$OUT" $'a\nb\n000'

# While the host appends, too.
fresh
start "hostfs=$share" quiet "$(run_option "mkdir /h; mount -t hostfs none /h; cd /h; echo up; dd if=/dev/zero of=log bs=32 count=40000 oflag=append conv=notrunc 2>/dev/null")"
shows '^up'
lines=0
exec {log}>>"$share/log"
while ! gone "$PID"; do
	for _ in {1..1000}; do echo line >&"$log"; done
	lines=$((lines + 1000))
done
exec {log}>&-
finish
is "nothing is lost of what the guest and the host append to a file at once" \
	"$(tr -d '\0' <"$share/log" | wc -l) $(tr -dc '\0' <"$share/log" | wc -c)" "$lines $((40000 * 32))"

# As an ordinary user: what that user may do on the host, the guest's root may.
if [ "$(id -u)" = 0 ]; then
	fresh
	chown 65534:65534 "$share"
	echo readable >"$share/roots"
	install -m 600 "$outside/secret" "$share/secret"
	# shellcheck disable=SC2016 # for the guest
	as_user shared 'id -u; echo x >mine; mkdir dir; stat -c "%u %g" mine dir roots; chown 1:1 mine 2>/dev/null; echo $?; chmod 4711 mine 2>/dev/null; echo $?; chmod 711 mine; stat -c %a mine
cat roots; (echo x >>roots) 2>/dev/null; echo $?; cat secret 2>/dev/null; echo $?; rm -f secret; ls -1'
	is "root of an ordinary user's guest may do what that user may" "$OUT" \
		"$(printf '%s\n' 0 '65534 65534' '65534 65534' '0 0' 1 1 711 readable 1 1 dir mine roots)"
	is "what it makes belongs to the user" "$(stat -c '%u %g %a' "$share/mine")" '65534 65534 711'
	chmod 700 "$tmp/second"
	as_user bad 'It cannot be opened' "hostfs=$tmp/second"
	fresh
	guest "mkdir /h; mount -t hostfs none /h -o $share; chmod 777 /h; cd /h; setpriv --reuid=12 --regid=34 --clear-groups sh -c 'echo x >mine; mkdir dir' 2>/dev/null || su -s /bin/sh -c 'echo x >mine; mkdir dir' nobody; stat -c %u mine dir | uniq | wc -l; chown 5:6 mine; stat -c '%u %g' mine" "hostfs=$share"
	is "root's guest gives files to whom it likes" "$OUT $(stat -c '%u %g' "$share/mine")" $'1\n5 6 5 6'
else
	skip "files of several users" "needs root"
fi

### Files

fresh
head -c 3000000 /dev/urandom >"$share/data"
# shellcheck disable=SC2016 # for the guest
shared 'cp data copy; cmp data copy; dd if=data of=odd bs=4093 2>/dev/null; cmp data odd; dd if=data of=direct bs=64k iflag=direct oflag=direct 2>/dev/null; cmp data direct
cp /bin/busybox .; ./busybox echo executed
echo a >log; echo b >>log; (echo c; echo d) >>log; wc -l <log; truncate -s 1 log; wc -c <log; truncate -s 5000 log; tr -d "\\000" <log | wc -c
mkdir d; mv log d/l; ln d/l hard; stat -c "%h %s" hard; ln -s d/l soft; cat soft | wc -c; readlink soft; rm d/l; stat -c %h hard; rmdir d; ls d 2>/dev/null; echo $?
exec 5>gone 6<gone; rm gone; echo still >&5; cat <&6; exec 5>&- 6<&-
echo x >r1; echo y >r2; mv r1 r2; cat r2; ls r1 2>/dev/null
chmod 640 r2; touch -d "2001-02-03 04:05:06" r2; stat -c "%a %Y" r2; sync; sync -d r2 data'
is "files are written, run, appended to, cut, linked, renamed over, and used after their last name went" "$OUT" \
	"$(printf '%s\n' executed 4 1 1 '2 5000' 5000 d/l 1 1 still x '640 981173106')"
same "what is copied is the same on the host" "$share/data" "$share/copy"
same "what is written by O_DIRECT is the same on the host" "$share/data" "$share/direct"
is "modes and times are the host's" "$(stat -c '%a %Y' "$share/r2")" '640 981173106'
is "nothing else is left" "$(cd "$share" && ls)" $'busybox\ncopy\ndata\ndirect\nhard\nodd\nr2\nsoft'

long=$(printf 'n%.0s' {1..255})
: >"$share/$long"
(cd "$share" && mkdir many && cd many && seq 100000 | xargs touch)
truncate -s 5G "$share/sparse"
# shellcheck disable=SC2016 # for the guest
shared 'ls n* | wc -c; echo '"$long"'x >'"$long"'; cat n* | wc -c; touch '"$long"'x 2>/dev/null; echo $?
ls many | sort -n | uniq | wc -l; ls many | head -n 3 | wc -l; rm -rf many; ls
echo end | dd of=sparse bs=1 seek=5368709117 conv=notrunc 2>/dev/null; stat -c %s sparse; tail -c 4 sparse; [ $(stat -c %b sparse) -lt 100 ]; echo $?; dd if=sparse bs=1M skip=5119 2>/dev/null | tr -d "\\000"
df -P . | tail -n 1 | tr -s " " | cut -d" " -f2,4 | grep -c "^[1-9][0-9]* [1-9]"'
is "names of 255 bytes, 100,000 names, a sparse file of 5 GiB, statfs" "$OUT" \
	"$(printf '%s\n' 256 257 1 100000 3; (cd "$share" && ls); printf '%s\n' 5368709121 end 0 end 1)"

# More folders in each other than descriptors are kept for.
# shellcheck disable=SC2016 # for the guest
shared 'bash -c "for i in {1..300}; do mkdir a; cd a; done; echo >end"; find a | wc -l; find a | wc -l; bash -c "mv \$(printf a/%.0s {1..280}) /h/b"; find a b | wc -l; rm -rf a b && ls -d a b 2>/dev/null | wc -l'
is "300 folders in each other are made, listed, moved and removed" "$OUT" $'301\n301\n301\n0'

# With programs that test file systems, which boot from a folder.
root=$tmp/root
mkdir "$root"
debugfs -R "rdump / $root" "$DISK" >"$tmp/rdump" 2>&1
from_root() { # OPTION...
	run_in_background "$LINUX" --die-with-parent "${default_args[@]}" con=null con0=fd:0,fd:1 rootfstype=hostfs quiet \
		ubd1r="$TESTS" "$@"
	finish
}
from_root "rootflags=$root" root=98:0 rw "$(run_option 'mkdir -p /mnt; mount -t ext4 -o ro /dev/ubdb /mnt; mount | head -n 1; exec /mnt/run fs filemap mmap exec uaccess fs.dyn filemap.dyn')"
is "tests of file systems and mappings pass in a folder that is the root" "$STATUS" 0
[ "$STATUS" = 0 ] || show
like "the root is hostfs" "$OUT" "^/dev/root on / type hostfs \\(rw,.*hostfs=$root"
for form in root=/dev/root root=none; do
	from_root "rootflags=$root" "$form" "$(run_option 'touch /x; mount -o remount,rw /; touch /x; ls /x; exit 7')"
	is "rootflags= with $form and without rw: it boots, and is only read" "$STATUS:$(ls "$root/x" 2>/dev/null)" 7:
done
from_root "hostfs=$tmp" "rootflags=/root" root=98:0 rw "$(run_option 'touch /by-upstream; exit 7')"
is "rootflags= begins in the folder of hostfs=, as upstream has it" "$STATUS:$(ls "$root/by-upstream")" "7:$root/by-upstream"
from_root "rootflags=$share" root=98:0 "$(run_option true)"
is "a folder without an init: the status says so" "$STATUS" "$NO_INIT"

# shellcheck disable=SC2016 # for the guest
shared 'mkfifo pipe; (echo through >pipe &); cat pipe; rm pipe; mknod dev c 1 3 2>/dev/null; echo $?; chmod 4755 data 2>/dev/null; echo $?; chmod 2755 data 2>/dev/null; echo $?'
is "pipes are the guest's; devices and set-user-ID bits are refused" "$OUT" $'through\n1\n1\n1'

### What changes on the host

fresh
echo old >"$share/file"
mkfifo "$tmp/go"
exec {go}<>"$tmp/go"
INPUT=$tmp/go
# Each line that comes from the host is a command.
# shellcheck disable=SC2016 # for the guest
start "hostfs=$share" quiet "$(run_option "mkdir /h; mount -t hostfs none /h -o $share; cd /h; stty -echo; echo up; while read -r c; do eval \"\$c\"; echo =\$?=; done")"
INPUT=/dev/null
asked=0
tell() { # COMMAND: its output is in SAID
	asked=$((asked + 1))
	printf '%s\n' "$1" >&"$go"
	wait_for "$LIMIT" answered
	SAID=$(tr -d '\r\0' <"$tmp/out" | awk -v n="$asked" '/^=[0-9]+=$/ {i++; if (i == n) exit; text = ""; next} i == n - 1 {text = text $0 "\n"} END {printf "%s", text}' | grep -avE '^(up|\[)')
}
answered() { [ "$(grep -acE '=[0-9]+=' "$tmp/out")" -ge "$asked" ]; }
shows '^up'
tell 'cat file; ls; cat new 2>/dev/null'
echo newer >"$share/file"
echo made >"$share/new"
seen_new() { tell 'cat new 2>/dev/null'; [ "$SAID" = made ]; }
ok "a name that was not there, and comes, is seen" wait_for 20 seen_new
tell 'cat file'
is "data that the host has changed is read" "$SAID" newer
rm "$share/new"
gone_new() { tell 'ls'; [ "$SAID" = file ] && { tell 'cat new 2>&1'; [[ $SAID == *"No such file"* ]]; }; }
ok "a name that goes is seen" wait_for 20 gone_new
chmod 600 "$share/file"
seen_mode() { tell 'stat -c %a file'; [ "$SAID" = 600 ]; }
ok "a mode that changes is seen" wait_for 20 seen_mode
mkdir "$share/dir"
echo inner >"$share/dir/f"
tell 'sleep 1; cat dir/f'
mv "$share/dir" "$share/elsewhere"
mkdir "$share/dir"
echo other >"$share/dir/f"
seen_other() { tell 'cat dir/f'; [ "$SAID" = other ]; }
ok "a folder that another takes the place of is seen" wait_for 20 seen_other
tell 'echo x >made; mv made file; cat file; rm elsewhere/f; rmdir elsewhere; ls -1'
is "what the guest does is there at once" "$SAID" $'x\ndir\nfile'
is "what the guest does is on the host at once" "$(cat "$share/file"; ls "$share")" $'x\ndir\nfile'
before=$(find "/proc/$PID/fd" -lname "$share*" | wc -l)
# shellcheck disable=SC2016 # for the guest
tell 'i=0; while [ $i -lt 600 ]; do echo $i >f$i; i=$((i+1)); done; cat f[0-9]* | wc -l'
is "600 files are written and read" "$SAID" 600
ok "descriptors of files that are closed are bounded" [ "$(find "/proc/$PID/fd" -lname "$share*" | wc -l)" -le $((before + 300)) ]
ok "no file that the guest has closed is open for writing" \
	[ -z "$(grep -lE '^flags:.*[12]$' "/proc/$PID"/fdinfo/* 2>/dev/null | while read -r f; do readlink "/proc/$PID/fd/${f##*/}"; done | grep "^$share")" ]
printf 'sync; reboot -f; sleep 1000\n' >&"$go"
finish_reboot() { [ "$(grep -ac '^up' "$tmp/out")" -ge 2 ]; }
ok "the guest starts anew in its process" wait_for "$LIMIT" finish_reboot
ok "after a restart nothing of the last kernel's is open" [ "$(find "/proc/$PID/fd" -lname "$share*" | wc -l)" -le 3 ]
printf 'cat file; poweroff -f\n' >&"$go"
finish
like "after a restart the folder is there" "$(sed -n '/^up/,$p' <<<"$OUT" | tail -n 3)" x
exec {go}>&-

# An open file whose name another file has now.
fresh
"$top/scripts/compile" "$share/linked" "$here/hostfs/linked.c" -static || exit 1
shared './linked'
is "a link to an open file that lost its name is one to that file, or is refused" "$OUT" $'first\nstale'
ok "no link to another file is made" [ ! -e "$share/unknown" ]

# What is mapped: the guest writes no byte of a page that its programs have not written to.
"$top/scripts/compile" "$tmp/mapped" "$here/hostfs/mapped.c" -static || exit 1
fresh
cp "$tmp/mapped" "$share"
head -c 1048576 /dev/zero >"$share/f"
start "hostfs=$share" quiet "$(run_option "mkdir /h; mount -t hostfs none /h; cd /h; ./mapped write f 790528 GUEST; echo written \$?")"
ok "a program maps a file of 1 MiB" wait_for "$LIMIT" test -e "$share/touched"
for at in 0 786432 794624 806912; do printf HOST | dd of="$share/f" bs=1 seek="$at" conv=notrunc 2>/dev/null; done
: >"$share/go"
finish
like "its page is written back" "$OUT" 'written 0'
is "what the host has written to other pages of it stays" "$(grep -abo 'HOST\|GUEST' "$share/f" | tr '\n' ' ')" \
	'0:HOST 786432:HOST 790528:GUEST 794624:HOST 806912:HOST '

# A read of the host's that ends before the file does.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	fresh
	programs_disk "" "$here/hostfs/mapped.c"
	{ head -c 131072 /dev/zero; echo inside; head -c 100000 /dev/zero; } >"$share/f"
	under=(strace -qq -f -o "$tmp/trace" -e 'signal=!all' -e trace=preadv -e inject=preadv:retval=4096)
	shared '/tests/mapped read f 131072' "ubd1r=$tmp/programs.ext4"
	under=()
	ok "pages are read with a short answer of the host" grep -q 'INJECTED' "$tmp/trace"
	is "a short read inside a file is not its end" "$OUT" inside
else
	skip "a short read of the host" "no strace here, or it may not trace"
fi

# What the host changes is not taken for a change of the guest's own that comes before it, or after it.
fresh
cp "$tmp/mapped" "$share"
for name in written appended mode time cut; do { head -c 8192 /dev/zero; echo old; echo end; } >"$share/$name"; done
# shellcheck disable=SC2016 # for the guest
start "hostfs=$share" quiet "$(run_option 'mkdir /h; mount -t hostfs none /h; cd /h; for f in written appended mode time cut; do ./mapped read $f 8192; done
printf x | dd of=written bs=1 conv=notrunc 2>/dev/null; echo more >>appended; : >ready; while [ ! -e go ]; do sleep 0.1; done
chmod 700 mode; touch time; truncate -s 8200 cut; for f in written appended mode time cut; do ./mapped read $f 8192; done')"
ok "a guest maps files, and changes some" wait_for "$LIMIT" test -e "$share/ready"
for name in written appended mode time cut; do printf new | dd of="$share/$name" bs=1 seek=8192 conv=notrunc 2>/dev/null; done
: >"$share/go"
finish
is "pages that the host has changed are read anew, whatever the guest changes before and after" \
	"$(tr -d '\r' <<<"$OUT" | tr '\n' ' ')" 'old old old old old new new new new new '

### Ways out

fresh
echo inside >"$share/secret"
ln -s "$outside/secret" "$share/link"
ln -s ../outside/secret "$share/up"
ln -s /proc/self/root "$share/magic"
mkfifo "$share/pipe"
# shellcheck disable=SC2016 # for the guest
shared "cat link up 2>&1 | grep -c treasure; ls /h/../outside /h/../../outside 2>/dev/null | grep -c secret; cat /h/magic$outside/secret 2>/dev/null; cat .././../outside/secret 2>/dev/null
mkdir t; ln -s $outside t/l; ls t/l/ 2>/dev/null; for p in $share/link $share/t/l $share/../outside; do mount -t hostfs none /mnt -o \$p; done 2>/dev/null
cat /mnt/secret 2>/dev/null; timeout 2 cat pipe 2>/dev/null; echo end"
is "links, .., magic links and mounts lead nowhere but within the guest; the host's pipe is the guest's own" "$OUT" $'0\n0\nend'
is "outside nothing has changed" "$(cat "$outside/secret"; ls "$outside")" $'treasure\nsecret'
if [ "$(id -u)" = 0 ]; then
	mknod -m 666 "$share/null" c 1 3
	install -m 4755 /bin/true "$share/suid"
	install -m 2755 /bin/true "$share/sgid"
	shared '(echo x >null; cat null) 2>/dev/null | wc -c; stat -c "%a %F" suid sgid null'
	is "device nodes of the host cannot be opened, and set-user-ID bits are not shown" "$OUT" \
		$'0\n755 regular file\n755 regular file\n666 character special file'
else
	skip "device nodes and set-user-ID files of the host" "needs root"
fi

# A folder that becomes a link to the outside and back, as fast as the host can, while the guest goes through it.
fresh
mkdir "$share/d" "$share/real"
echo inside >"$share/d/secret"
start "hostfs=$share" quiet "$(run_option "mkdir /h; mount -t hostfs none /h -o $share; cd /h; echo up; n=0; while [ \$n -lt 500 ]; do cat d/secret; echo mine >d/made; ls d; mv d/secret d/moved; mv d/moved d/secret; n=\$((n+1)); done 2>/dev/null | sort | uniq -c; echo end")"
shows '^up'
swaps=0
while ! gone "$PID"; do
	mv -T "$share/d" "$share/kept" 2>/dev/null
	ln -sT "$outside" "$share/d" 2>/dev/null
	rm -f "$share/d" 2>/dev/null
	mv -T "$share/kept" "$share/d" 2>/dev/null
	swaps=$((swaps + 1))
done
finish
ok "a folder is swapped for a link while the guest goes through it" [ "$swaps" -gt 5 ]
like "the guest gets through to the end" "$OUT" $'\nend$'
unlike "a race with a link shows nothing of the outside" "$OUT" treasure
is "a race with a link changes nothing outside" "$(cat "$outside/secret"; ls "$outside")" $'treasure\nsecret'

# What is mounted below a shared folder is not part of it, and a full disk is an error.
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	fresh
	mkdir "$share/mnt" "$share/bind" "$share/full" "$tmp/full" "$share/real" "$share/alias"
	echo real >"$share/real/file"
	cat >"$tmp/mounts" <<-E
		mount --make-rprivate /
		mount -t tmpfs -o size=1m tmpfs $share/mnt && echo treasure >$share/mnt/secret
		mount --bind $outside $share/bind
		mount --bind $share/real $share/alias
		mount -t tmpfs -o size=1m tmpfs $tmp/full
		exec "\$@"
	E
	under=(unshare -m sh "$tmp/mounts")
	guest "mkdir /h /f; mount -t hostfs none /h -o $share; cat /h/mnt/secret /h/bind/secret 2>/dev/null; ls /h/mnt /h/bind | grep -v :; touch /h/mnt/x /h/bind/x 2>/dev/null; echo \$?
mount -t hostfs none /f -o $share/mnt 2>/dev/null; mount -t hostfs none /f -o $share/bind 2>/dev/null; ls /f; mount -t tmpfs none /h/mnt && touch /h/mnt/own && ls /h/mnt
mount -t hostfs none /f -o $tmp/full; dd if=/dev/zero of=/f/big bs=64k count=100; echo \$?; stat -c %s /f/big; rm /f/big; echo fits >/f/small; cat /f/small" "hostfs=$share" "hostfs=$tmp/full"
	ALL=$OUT
	guest "mkdir /h; mount -t hostfs none /h; cd /h; ls alias; cat real/file; ls alias; echo made >real/made; cat real/made; touch alias/x 2>/dev/null; echo \$?" "hostfs=$share"
	is "a folder that is mounted on another, too, is itself in its own place" "$OUT" $'real\nmade\n1'
	OUT=$ALL
	under=()
	is "what is mounted below a shared folder is an empty folder, on which the guest may mount" \
		"$(sed '/own/q' <<<"$OUT" | grep -v '^$')" $'1\nown'
	like "a full disk of the host fails the write, and nothing else" "$OUT" $'No space left on device.*\n1\n10[0-9]*\nfits$'
else
	skip "mounts below a shared folder, and a full disk" "needs root"
fi

# The guest cannot take more descriptors than there are.
fresh
# shellcheck disable=SC2016 # for that shell
under=(bash -c 'ulimit -n 600; exec "$@"' bash)
# shellcheck disable=SC2016 # for the guest
shared 'ulimit -n 2000; bash -c "i=0; while [ \$i -lt 500 ] && exec {fd}>f\$i; do i=\$((i + 1)); done; echo \$((i > 100 && i < 500)); mkdir still; ls -d still" 2>/dev/null'
under=()
like "more files than the host allows: an error for who opens them, and the guest goes on" "$OUT" $'^1\nstill$'

finished
