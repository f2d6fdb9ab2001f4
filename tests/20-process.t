#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The guest is one process with one thread, asks for no privileges, and leaves nothing behind.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# Work that makes processes, threads of a kind, signals and faults in the guest.
# shellcheck disable=SC2016 # for the guest
work='for i in 1 2 3; do ls / | wc -l; done; sh -c "kill -SEGV \$\$"; (sleep 0.1 & wait); ls /proc | head -n 1'

# From start to end, as strace sees it. Calls that the guest's programs make never reach strace: with
# --seccomp-bpf it looks after the guest kernel's own filter, which takes them out.
if command -v strace >/dev/null; then
	compose quiet "$(run_option "$work")"
	run_in_background strace -f --seccomp-bpf -q -e signal=none -o "$tmp/trace" \
		-e trace=ptrace,fork,vfork,clone,clone3,execve,execveat "$LINUX" "${args[@]}"
	finish
	is "a guest runs under strace" "$STATUS" 0
	[ "$STATUS" = 0 ] || show
	is "strace sees a guest start and end" \
		"$(grep -cE "(execve\(\"$LINUX\"|exited with 0 \+\+\+$)" "$tmp/trace")" 2
	is "a guest is one process with one thread, from start to end" \
		"$(awk '{print $1}' "$tmp/trace" | sort -u | wc -l)" 1
	is "a guest makes no other process" "$(grep -E '(fork|clone3?)\(' "$tmp/trace")" ''
	is "a guest never calls ptrace" "$(grep 'ptrace(' "$tmp/trace")" ''
else
	skip "one process from start to end" "no strace here"
fi

# As an ordinary user, without any capability and without a way to gain one.
as_user start quiet "$(run_option "echo up; while :; do ls / >/dev/null; done")"
ok "an ordinary user's guest boots" shows '^up'
proc_status=$(cat "/proc/$PID/status")
field() { awk -v f="$1:" '$1 == f {print $2}' <<<"$proc_status"; }
ok "an ordinary user's guest does not run as root" [ "$(field Uid)" != 0 ]
is "an ordinary user's guest has no effective capability" "$(field CapEff)" 0000000000000000
is "an ordinary user's guest has no permitted capability" "$(field CapPrm)" 0000000000000000
if [ "$(id -u)" = 0 ]; then
	is "an ordinary user's guest cannot gain a capability" "$(field CapBnd)" 0000000000000000
fi
is "an ordinary user's guest has no_new_privs set" "$(field NoNewPrivs)" 1
is "while programs run, a guest has one thread" "$(field Threads)" 1
is "while programs run, a guest has no child" "$(cat "/proc/$PID/task/$PID/children")" ''
is "no process traces a guest" "$(field TracerPid)" 0
is "a seccomp filter confines a guest" "$(field Seccomp)" 2
is "a guest's session has no other process" "$(session "$PID")" "$PID"
kill -TERM "$PID"
finish
is "an ordinary user's guest ends in order, with its job's status" "$STATUS" 143

# What containers refuse: ptrace, io_uring, namespaces, personality and more.
confined() { # WHAT FUNCTION...
	local under=("$(tool confine)" "$1")
	shift
	"$@"
}
ok "the made-up container refuses ptrace" \
	eval "! \"$(tool confine)\" container strace -o /dev/null true 2>/dev/null"
confined container as_user guest "$work; echo well"
is "in a container's seccomp profile: an ordinary user's guest runs" "$STATUS" 0
like "in a container's seccomp profile: a guest's programs work" "$OUT" 'well$'
[ "$STATUS" = 0 ] || show

# Nothing that can be written to can be executed from, apart from where the program itself lies.
# shellcheck disable=SC2016 # for that shell
noexec='set -e
for dir in /tmp /var/tmp /dev/shm; do
	mount --bind "$dir" "$dir"
	mount -o remount,bind,noexec "$dir"
done
cp /bin/true "$TMPDIR/try"
if "$TMPDIR/try" 2>/dev/null; then echo "still executable" >&2; exit 126; fi
rm "$TMPDIR/try"
mkdir -p "$HOME/../bin"
mount -t tmpfs -o mode=755 none "$HOME/../bin"
install -m 755 "$1" "$HOME/../bin/linux"
shift
exec "$@"'
if [ "$(id -u)" != 0 ]; then
	skip "/tmp and /dev/shm without exec" "needs root"
elif ! unshare -m true 2>/dev/null; then
	skip "/tmp and /dev/shm without exec" "no mount namespaces here"
else
	under=(unshare -m sh -c "$noexec" sh "$LINUX")
	LINUX=$tmp/bin/linux guest "$work; echo well"
	is "with /tmp and /dev/shm mounted noexec: a guest runs" "$STATUS" 0
	like "with /tmp and /dev/shm mounted noexec: a guest's programs work" "$OUT" 'well$'
	[ "$STATUS" = 0 ] || show
	under=()
	rmdir "$tmp/bin"
fi

# kill -9 at work.
disk=$(disk_copy disk)
before=$(ls -A -I 'guest.*' /dev/shm "$tmp" "$TMPDIR")
start_writing "$disk" 'echo up; while :; do ls / >/file; sync; done' umid=killed
shows '^up'
kill -KILL "$PID"
finish
is "kill -9 ends a guest" "$STATUS" 137
is "kill -9 leaves no process" "$(session "$PID"; HOME=/ grep -lszxF "HOME=$tmp/home" /proc/[0-9]*/environ)" ''
is "kill -9 leaves no file" "$(ls -A -I 'guest.*' /dev/shm "$tmp" "$TMPDIR")" "$before"
is "kill -9 leaves the pid folder of a guest with a name" "$(cd "$HOME" && find . -mindepth 1 -maxdepth 2)" \
	$'./.uml\n./.uml/killed'
is "kill -9 leaves no lock" "$(grep ":$(stat -c %i "$disk") " /proc/locks)" ''
start_writing "$disk" 'exit 5' umid=killed
finish
is "the disk and name of a killed guest are free at once" "$STATUS" 5
is "a guest that ends in order takes its folder away" "$(ls "$HOME/.uml" 2>/dev/null)" ''

# A guest that idles. Two seconds are what is measured, not waited for.
usage() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$PID/stat"; }
wakeups() { awk '/^voluntary_ctxt/ {print $2}' "/proc/$PID/status"; }
start quiet "$(run_option 'echo up; sleep 1000')"
shows '^up'
settled() { # its first idle second
	local was
	was=$(wakeups)
	sleep 1
	[ $(($(wakeups) - was)) -le 10 ]
}
ok "an idle guest becomes quiet" wait_for 20 settled
cpu=$(usage)
wakes=$(wakeups)
sleep 2
# In ticks of the host, which it gives whole to who runs when one comes; a guest that polled would have 200.
ok "an idle guest uses hardly any processor time" [ $(($(usage) - cpu)) -le 10 ]
ok "an idle guest hardly wakes up" [ $(($(wakeups) - wakes)) -le 20 ]
kill -TERM "$PID"
finish

# What the guest has freed goes back to the host, and is there again when the guest wants it.
held() { # MiB of the host's memory
	local fd
	for fd in "/proc/$PID/fd"/*; do
		[[ $(readlink "$fd") != /memfd:* ]] || stat -Lc '%b' "$fd"
	done | awk '{ n += $1 } END { printf "%d\n", n / 2048 }'
}
holds_less() { [ "$(held)" -lt "$1" ]; }
mkfifo "$tmp/go"
exec {go}<>"$tmp/go"
# shellcheck disable=SC2016 # for the guest
INPUT=$tmp/go start mem=512M quiet "$(run_option 'mount -o remount,size=90% /dev/shm; read x; echo idle
for i in 1 2 3; do
	head -c 262144000 /dev/urandom >/dev/shm/x; sum=$(cksum </dev/shm/x); [ "$sum" = "$(cksum </dev/shm/x)" ] || exit 1
	echo full $i; read x; rm /dev/shm/x; echo empty $i; read x
done')"
for i in 1 2 3; do
	echo >&"$go"
	shows "^full $i"
	ok "a guest that fills 250 MiB holds as much of the host's memory" [ "$(held)" -ge 250 ]
	echo >&"$go"
	shows "^empty $i"
	ok "a guest that frees 250 MiB gives them back to the host" wait_for 60 holds_less 150
done
echo >&"$go"
finish
is "memory that came back to a guest holds what was written" "$STATUS" 0
[ "$STATUS" = 0 ] || show

# The same, with the generic code told to report single pages: what lies between them is in use.
# shellcheck disable=SC2016 # for the guest
INPUT=$tmp/go start mem=512M quiet page_reporting.page_reporting_order=0 \
	"$(run_option 'mount -o remount,size=90% /dev/shm; cd /dev/shm; dd if=/dev/urandom of=page bs=4096 count=1
for i in $(seq 4096); do cat page >>kept; cat page >>between; done; sum=$(cksum <kept)
head -c 262144000 /dev/zero >whole; echo full; read x; rm between whole; echo empty; read x
[ "$sum" = "$(cksum <kept)" ]')"
shows '^full'
ok "a guest that is to report single pages fills memory" [ "$(held)" -ge 250 ]
echo >&"$go"
shows '^empty'
ok "a guest that is to report single pages gives back whole pieces" wait_for 60 holds_less 150
echo >&"$go"
finish
is "a guest that is to report single pages keeps what is in use" "$STATUS" 0
[ "$STATUS" = 0 ] || show
exec {go}>&-

finished
