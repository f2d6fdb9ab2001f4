#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The options of the command line do what their names say.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# Options that answer and start nothing.
for option in --help --version --showconfig; do
	boot con=null con0=null "$option"
	is "$option ends with status 0" "$STATUS" 0
	is "$option writes nothing to stderr" "$ERR" ''
	case $option in
	--help)
		for word in mem= ubd con vec initrd= umid= guard= --version --showconfig; do
			like "--help tells of $word" "$OUT" "$word"
		done
		;;
	--version) like "--version has the form of a kernel's version" "$OUT" '^6\.[0-9]+\.[0-9]+[^ ]*$' ;;
	--showconfig)
		like "--showconfig is a kernel configuration" "$OUT" $'\n''CONFIG_EXT4_FS=y'$'\n'
		if [ "$LINUX" = "$build/linux" ]; then
			is "--showconfig is this kernel's" "$(grep ^CONFIG <<<"$OUT" | sort | sha256sum)" \
				"$(grep ^CONFIG "$build/kernel/.config" | sort | sha256sum)"
		fi
		;;
	esac
done

# Memory: the guest has what was asked for, less what the kernel itself needs.
has_memory() { # KB
	local total
	total=$(awk '/^MemTotal:/ {print $2}' <<<"$OUT")
	[ -n "$total" ] && [ "$total" -le "$1" ] && [ "$total" -ge $(($1 * 6 / 10)) ]
}
for size in 64M:65536 131072K:131072 131072k:131072 134217728:131072 0x8000000:131072 1G:1048576 1g:1048576; do
	guest 'grep MemTotal /proc/meminfo' "mem=${size%:*}"
	ok "mem=${size%:*} is the guest's memory" has_memory "${size#*:}"
done
guest 'grep MemTotal /proc/meminfo'
host=$(awk '/^MemTotal:/ {print $2}' /proc/meminfo)
total=$(awk '/^MemTotal:/ {print $2}' <<<"$OUT")
ok "without mem= a guest takes less memory than the host has" [ "${total:-$host}" -lt "$host" ]
# Kernel stacks, too, lie above the first GiB when that is full.
if [ "$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)" -gt 2500000 ]; then
	# shellcheck disable=SC2016 # for the guest
	LIMIT=120 guest 'mount -o remount,size=90% /dev/shm
		dd if=/dev/zero of=/dev/shm/x bs=1M count=1200 2>/dev/null
		for i in $(seq 200); do sleep 1000 & done
		for i in $(seq 100); do ls /proc >/dev/null; done
		jobs -p | wc -l; cksum </dev/shm/x' mem=1536M
	is "a guest with more than 1 GiB uses all of it" "$OUT" "200
$(dd if=/dev/zero bs=1M count=1200 2>/dev/null | cksum)"
else
	skip "a guest with more than 1 GiB uses all of it" "the host has too little memory"
fi
# Two thirds of it are for programs to use.
guest 'mount -o remount,size=90% /dev/shm && dd if=/dev/zero of=/dev/shm/x bs=1M count=170 && wc -c </dev/shm/x' mem=256M
like "memory that the guest was given can be used" "$OUT" '178257920$'

# The folder of a guest with a name.
start umid=name quiet "$(run_option 'echo up; sleep 1000')"
shows '^up'
is "umid= names the guest's folder, which has its pid" "$(cat "$HOME/.uml/name/pid" 2>&1)" "$PID"
kill -TERM "$PID"
finish
is "the folder of umid= is gone with the guest" "$(find "$HOME" -name name)" ''
start umid=name uml_dir="$tmp/names/" quiet "$(run_option 'echo up; sleep 1000')"
shows '^up'
is "uml_dir= says where the guest's folder lies" "$(cat "$tmp/names/name/pid" 2>&1)" "$PID"
kill -TERM "$PID"
finish
rm -rf "$HOME/.uml"
guest true
is "a guest without a name has no folder" "$(find "$HOME" -mindepth 1)" ''

# An initrd.
mkdir -p "$tmp/initrd/bin"
cp /bin/busybox "$tmp/initrd/bin"
cat >"$tmp/initrd/init" <<'END'
#!/bin/busybox sh
/bin/busybox mkdir /proc
/bin/busybox mount -t proc proc /proc
echo "process $$ of an initrd, asked for $word"
echo 5 >/proc/exitcode
/bin/busybox poweroff -f
END
chmod +x "$tmp/initrd/init"
(cd "$tmp/initrd" && find . | cpio -o -H newc --quiet) >"$tmp/initrd.cpio"
gzip -k "$tmp/initrd.cpio"
# One that is larger than the memory next to the kernel; zeros between archives are skipped.
cp "$tmp/initrd.cpio" "$tmp/initrd-300M.cpio"
truncate -s 300M "$tmp/initrd-300M.cpio"
for file in initrd.cpio initrd.cpio.gz initrd-300M.cpio; do
	boot mem=1G initrd="$tmp/$file" con=null con0=fd:0,fd:1 word=peace
	like "initrd=$file is what it boots from" "$OUT" 'process 1 of an initrd, asked for peace'
	is "initrd=$file: its init ends the guest" "$STATUS" 5
done

# init=, and what comes after -- is for it.
# shellcheck disable=SC2016 # for the guest
boot init=/bin/sh -- -c '"mount -t proc proc /proc; echo $0 is $$; echo 6 >/proc/exitcode; poweroff -f"' me
like "init= is the first process, with its arguments" "$OUT" 'me is 1'
is "the end of init= ends the guest" "$STATUS" 6

# Options of the kernel.
# shellcheck disable=SC2016 # for the guest
guest 'cat /proc/cmdline; hostname; echo "$word"' word=given loglevel=3
like "the kernel's own options are in its command line" "$OUT" 'word=given loglevel=3'
like "a word=value that the kernel does not know goes to init" "$OUT" $'\n''given$'
disk=$(disk_copy disk)
for mode in ro rw; do
	start ubd0="$disk" root=/dev/ubda "$mode" quiet "$(run_option 'echo =begin=; grep " / " /proc/mounts; echo =end=')"
	finish
	command_output
	like "$mode mounts the root $mode" "$OUT" " / ext4 $mode"
done

# Guards.
for guard in '' guard=auto guard=mprotect guard=none; do
	# shellcheck disable=SC2086 # none is none
	boot $guard "$(run_option 'exit 7')"
	is "${guard:-no guard=} boots" "$STATUS" 7
	if [ "$guard" = guard=none ]; then
		like "guard=none is announced" "$OUT" 'guard=none: '
	else
		unlike "${guard:-no guard=} announces no missing guard" "$OUT" 'guard=none: '
	fi
done

# Consoles.
guest 'exit 4' con=null con0=null
is "con0=null: no output" "$RAW" ''
is "con0=null keeps the command's exit status" "$STATUS" 4
# shellcheck disable=SC2016 # for the guest
read_one='read x; echo "got $x"'
echo hello >"$tmp/file"
mkfifo "$tmp/pipe"
exec {pipe}<>"$tmp/pipe"
echo hello >&"$pipe"
for INPUT in "$tmp/file" "$tmp/pipe"; do
	guest "$read_one"
	like "con0=fd:0,fd:1 takes input from a ${INPUT##*/}" "$OUT" 'got hello$'
done
exec {pipe}>&-
INPUT=/dev/null
# shellcheck disable=SC2016 # for the shell that opens the descriptors
under=(sh -c 'exec 5</dev/null 6>"$HOME/other"; exec "$@"' sh)
guest 'echo over there' con=null con0=fd:5,fd:6
under=()
is "con0=fd:5,fd:6 shows nothing on stdout" "$RAW" ''
ok "con0=fd:5,fd:6 shows output at descriptor 6" grep -q 'over there' "$HOME/other"
guest 'echo "on tty1" >/dev/tty1; echo "on tty2" >/dev/tty2; exit 3' con=null con0=fd:0,fd:1 con1=null,fd:1
like "con1= is a second console" "$RAW" 'on tty1'
unlike "con= is for all other consoles" "$RAW" 'on tty2'
is "consoles that lead nowhere keep the command's exit status" "$STATUS" 3

finished
