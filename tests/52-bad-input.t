#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What cannot work is refused with one clear line on stderr and exit status 1, and nothing is damaged.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=20

refused_alone() { # NAME REGEX
	refused "$@"
	is "$1: no process is left" "$(session "$PID")" ''
}
con=(con=null "con0=fd:0,fd:1")

# Disks.
disk=$(disk_copy disk)
: >"$tmp/empty"
cp "$disk" "$tmp/locked"
chmod 000 "$tmp/locked"
sum=$(sha256sum <"$disk")

boot "ubd0=$tmp/nowhere" root=/dev/ubda "${con[@]}"
refused_alone "a disk that is not there" "$tmp/nowhere.*No such file"
is "a disk that is not there: no file is made" "$(ls "$tmp/nowhere" 2>/dev/null)" ''
as_user boot "ubd0=$tmp/locked" root=/dev/ubda "${con[@]}"
refused_alone "a disk that may not be read" "$tmp/locked.*Permission denied"
boot "ubd0=$tmp/empty" root=/dev/ubda "${con[@]}"
refused_alone "an empty disk" "$tmp/empty.*empty"
is "an empty disk: the file stays empty" "$(stat -c %s "$tmp/empty")" 0
boot "ubd0=$tmp/home" root=/dev/ubda "${con[@]}"
refused_alone "a folder as a disk" "$tmp/home.*directory"
boot "ubd0=$disk" "ubd1=$tmp/nowhere" root=/dev/ubda rw "${con[@]}"
refused_alone "a second disk that is not there" "$tmp/nowhere.*No such file"
boot ubd0= root=/dev/ubda "${con[@]}"
refused_alone "a disk without a name" 'ubd0='
boot "ubdfoo=$disk" root=/dev/ubda "${con[@]}"
refused_alone "a disk that has no number" 'ubdfoo='
boot "initrd=$tmp/nowhere" "${con[@]}"
refused_alone "an initrd that is not there" "$tmp/nowhere.*No such file"
boot "initrd=$tmp/home" "${con[@]}"
refused_alone "a folder as an initrd" "$tmp/home"

# Options.
boot "ubd0=$disk" root=/dev/ubda rw "${con[@]}" --frobnicate
refused_alone "an option that is not known" '--frobnicate'
boot "ubd0=$disk" root=/dev/ubda rw con=null con0=frob:1
refused_alone "a console that is not known" 'frob'
boot "ubd0=$disk" root=/dev/ubda rw con=null con0=fd:77
refused_alone "a console on a descriptor that is not open" '77'
boot "ubd0=$disk" root=/dev/ubda rw "${con[@]}" guard=frob
refused_alone "a guard that is not known" 'guard.*frob'

# Memory.
host=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)
for mem in 1M 4096 $((host + 1048576))K 1000T; do
	boot "ubd0=$disk" root=/dev/ubda rw "${con[@]}" "mem=$mem"
	refused_alone "mem=$mem" 'mem'
done
for mem in '' banana 64X 64MM -64M 0 99999999999999999999G; do
	boot "ubd0=$disk" root=/dev/ubda rw "${con[@]}" "mem=$mem"
	refused_alone "mem=$mem" 'mem'
done

is "bad input changes no disk" "$(sha256sum <"$disk")" "$sum"

# A disk with something else on it is a guest without a root: its kernel says so.
head -c 1M /dev/urandom >"$tmp/noise"
sum=$(sha256sum <"$tmp/noise")
boot "ubd0=$tmp/noise" root=/dev/ubda rw "${con[@]}"
is "a disk without a file system: the guest ends with a status of its own" "$STATUS" "$NO_ROOT"
is "a disk without a file system: one line on stderr" "$(wc -l <"$tmp/err")" 1
like "a disk without a file system: the line says what to do" "$ERR" 'Unable to mount root fs on "/dev/ubda".*: root= must name a disk'
is "a disk without a file system stays as it is" "$(sha256sum <"$tmp/noise")" "$sum"

# So is a file system without an init.
for init in /nowhere /etc/passwd; do
	boot "init=$init"
	is "init=$init: the guest ends with a status of its own" "$STATUS" "$NO_INIT"
	is "init=$init: one line on stderr" "$(wc -l <"$tmp/err")" 1
	like "init=$init: the line says what to do" "$ERR" "Requested init $init failed.*: init= must name a program"
done
mkdir "$tmp/none"
mke2fs -q -d "$tmp/none" "$tmp/none.ext4" 4M >"$tmp/mke2fs" 2>&1 || fail "an empty file system can be made" "$(cat "$tmp/mke2fs")"
boot "ubd0r=$tmp/none.ext4" root=/dev/ubda "${con[@]}"
is "a file system without an init: the guest ends with a status of its own" "$STATUS" "$NO_INIT"
like "a file system without an init: the line on stderr says so" "$ERR" 'No working init found.*: the root file system must hold an init'

# What init is told to run.
guest '/nowhere/command'
is "a command that is not there: status 127" "$STATUS" 127
like "a command that is not there: a line says so" "$RAW" '/nowhere/command: not found'
guest '/etc/passwd'
is "a command that is no program: status 126" "$STATUS" 126
for signal in 6 9 11 15; do
	guest "kill -$signal \$\$"
	is "a command killed by signal $signal: status $((128 + signal))" "$STATUS" $((128 + signal))
done

# Quotes on their way to it.
boot quiet "run=exit \"3\""
is "double quotes reach the command" "$STATUS" 3
boot quiet "run=test 'a b' = 'a b' && exit 4"
is "single quotes reach the command" "$STATUS" 4
boot quiet 'run="exit";"false"'
is "quotes at both ends of a command are not taken off" "$STATUS" 0
boot quiet init=/bin/busybox -- sh -c 'echo x=1 y; poweroff -f'
is "words with blanks before the first = reach init" "$STATUS" 0
boot quiet "run=test \"a b\" = 'a b' && exit 5"
is "blanks in double quotes reach the command" "$STATUS" 5
boot quiet "run=echo '\"' \"'\"
printf '%s-' \"a  \\\"b\" \\\\
exit 6"
is "lines and all kinds of quotes together reach the command" "$OUT:$STATUS" $'" \'\na  "b-\\-:6'
boot quiet init=/bin/busybox -- sh -c 'echo "a b"'
refused_alone "blanks in double quotes for another init, which the kernel cannot be told," 'write single quotes'
boot quiet "run=$(printf '%05000d' 0)"
refused_alone "a command that is too long" 'run=: .*put it into a file of the disk'

# What upstream has or had.
boot quiet eth0=tuntap,tap0 'run=true'
refused_alone "eth0=" 'vec0:transport=tap'
boot quiet ubd=frob 'run=true'
refused_alone "ubd=frob" 'ubd=sync'
echo data >"$tmp/keep"
boot quiet "con1=socket:$tmp/keep" 'run=true'
refused_alone "a console's socket where a file is" 'in use'
is "a file where a console's socket would be stays" "$(cat "$tmp/keep")" data

# A start that fails leaves nothing.
boot quiet umid=failed con1=socket "vec0:transport=bess,src=$tmp/wire" "ubd3=$tmp/not there" 'run=true'
is "a named guest that cannot be started: status 1" "$STATUS" "$BAD"
ok "a named guest that cannot be started leaves no folder" [ ! -e "$HOME/.uml/failed" ]
ok "a named guest that cannot be started leaves no socket" [ ! -e "$tmp/wire" ]

# Hosts that lack something.
under=("$(tool confine)" no-seccomp)
boot
refused_alone "a host without seccomp" 'seccomp'
under=("$(tool confine)" no-memfd)
boot
refused_alone "a host without memfd_create" 'memfd'
# Without huge pages it works, only slowly.
under=("$(tool confine)" no-hugepages)
boot "$(run_option 'exit 7')"
is "a host without huge pages: a guest works" "$STATUS" 7
is "a host without huge pages: one line says so" "$(grep -ci 'huge pages' <<<"$OUT$ERR")" 1
under=()

finished
