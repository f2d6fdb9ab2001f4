# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests share. A test is a bash script that sources this first and calls `finished` last; it can be run alone.
#
#   LINUX LINUX_ARGS DISK LIMIT   see scripts/guest.sh
#   TESTS                         the disk with the programs of tests/guest (build/tests.ext4)
#   TIME_LIMIT                    seconds for the whole test, instead of the "# Time limit: N s" that it begins with
set -u -o pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=scripts/common.sh
. "$here/../scripts/common.sh"
# shellcheck source=scripts/tap.sh
. "$top/scripts/tap.sh"
# shellcheck source=scripts/guest.sh
. "$top/scripts/guest.sh"
# shellcheck disable=SC2034 # for the tests
TESTS=${TESTS:-$build/tests.ext4}

# A warning of a guest's kernel ends the guest: `quiet` hides it otherwise.
default_args+=(panic_on_warn=1)

# The exit statuses that are not the guest's own (linux(1)).
# shellcheck disable=SC2034 # for the tests
PANIC=99 NO_ROOT=98 NO_INIT=97 HALT=96 BAD=1

### The end of a test, and its time

finished() {
	local output
	for output in "$tmp"/guest.*; do
		if [ ! -e "$output/noted" ]; then note_complaints "$output"; fi
	done
	if [ -e "$complaints" ]; then
		is "no kernel of a guest complained" "$(cat "$complaints")" ''
	fi
	plan
	diag "took $((SECONDS - began)) s of $TIME_LIMIT"
	trap - USR1
}

began=$SECONDS
TIME_LIMIT=${TIME_LIMIT:-$(sed -n 's/^# Time limit: \([0-9]*\) s$/\1/p' "$0")}
TIME_LIMIT=${TIME_LIMIT:-300}

out_of_time() {
	fail "the test ends within $TIME_LIMIT s"
	plan
	exit 1
}
trap out_of_time USR1

# What runs in the foreground keeps bash from the signal, so it goes too.
watch_time() {
	local child
	read -r -t "$TIME_LIMIT" -u "$never" && return
	kill -USR1 $$
	while read -r -t 2 -u "$never" || kill -0 $$ 2>/dev/null; do
		# shellcheck disable=SC2013 # words
		for child in $(cat "/proc/$$/task/$$/children"); do
			kill -TERM "$child" 2>/dev/null
		done
	done
}
# Not a job of this shell, or a plain `wait` would wait for it.
watcher=$(watch_time >/dev/null & echo $!)

cleanup() {
	kill -TERM "$watcher" 2>/dev/null
	end_guests
	rm -f "${leftovers[@]}"
}
leftovers=() # files beyond $tmp that go with the test
trap cleanup EXIT

### Tools

# A program of tests/host, built when it is older than its source; prints its place.
tool() { # NAME
	local out=$build/host/$1
	if [ ! "$out" -nt "$here/host/$1.c" ]; then
		mkdir -p "$build/host"
		"$top/scripts/compile" "$out" "$here/host/$1.c" >&2 || return 1
	fi
	printf '%s\n' "$out"
}

# The host room, compiled as for the kernel; its objects are in OBJECTS.
host_room() { # NAME...
	local name
	OBJECTS=()
	for name; do
		gcc -O2 -g -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -ffreestanding -fno-strict-aliasing -fno-stack-protector \
			-mno-red-zone -mno-sse -mno-mmx -mno-80387 -fcf-protection=none -fPIE \
			-c -o "$tmp/$name.o" "$top/arch-um/host/$name.c" >&2 || return 1
		OBJECTS+=("$tmp/$name.o")
	done
}

# Pass on the TAP that a program has printed, each name behind NAME and a colon (or alone, without NAME).
relay_tap() { # [NAME] <TAP
	local line name=${1:+$1: }
	while read -r line; do
		case $line in
		ok\ *) pass "$name${line#ok * - }" ;;
		'not ok '*) fail "$name${line#not ok * - }" ;;
		'#'*) echo "$line" ;;
		esac
	done
}

# A disk with programs, which the guest's init mounts at /tests: $tmp/programs.ext4.
programs_disk() { # FLAGS SOURCE...
	local source program flags=$1
	shift
	mkdir "$tmp/programs"
	for source; do
		program=$tmp/programs/$(basename "$source" .c)
		# shellcheck disable=SC2086 # several flags
		"$top/scripts/compile" "$program" "$source" -static $flags || exit 1
	done
	mke2fs -q -F -t ext4 -L tests -d "$tmp/programs" "$tmp/programs.ext4" 32M >/dev/null 2>&1
}

clean_disk() { e2fsck -fn "$1" >"$tmp/e2fsck" 2>&1; }

# The guest was refused: exit status 1, and one clear line that says why.
refused() { # NAME REGEX
	is "$1: is refused with status $BAD" "$STATUS" "$BAD"
	like "$1: one clear line says why" "$ERR" "^linux: [^"$'\n'"]*$2[^"$'\n'"]*\$"
}

# Command the guest NAME.
mconsole() { # NAME COMMAND...
	"${under[@]}" timeout 30 uml_mconsole "$@" </dev/null 2>&1
}

# How often the guest has written REGEX, and whether that is TIMES, or it is gone.
times() { grep -acE "$1" "$tmp/out"; }
often() { # REGEX TIMES
	[ "$(times "$1")" -ge "$2" ] || gone "$PID"
}

sum() { sha256sum <"$1" | awk '{print $1}'; }
# Of the lines that are numbers.
numbers() { tr -d '\r' <"$1" | grep -a '^[0-9]\+$' | sha256sum; }

# The disk with fio and a program that writes and verifies.
block_disk() {
	BLOCK=$build/block.ext4
	[ -e "$BLOCK" ] || "$top/rootfs/mkblock" || exit 1
}

### Terminals

# Start a guest on a terminal of its own. `type_keys` types, `screen` is all that it has shown so far, `seen` says
# whether that has a match; `finish_terminal` waits for the end. The guest's pid is in PID.
start_terminal() { # ROWS COLUMNS OPTION...
	local rows=$1 columns=$2
	shift 2
	compose "$@"
	on_terminal "$rows" "$columns" "$LINUX" "${args[@]}"
}

on_terminal() { # ROWS COLUMNS COMMAND...
	local rows=$1 columns=$2 program
	shift 2
	program=$(tool terminal) || return 1
	rm -f "$tmp/keys" "$tmp/report"
	new_output
	mkfifo "$tmp/keys"
	exec {keys}<>"$tmp/keys"
	setsid "$program" "$rows" "$columns" "$tmp/report" env --default-signal -C "$tmp" "${under[@]}" "$@" \
		<"$tmp/keys" >"$tmp/out" 2>"$tmp/err" {never}<&- {keys}<&- &
	terminal=$!
	guests[$terminal]=$OUTPUT
	wait_for 10 grep -qs '^pid' "$tmp/report" || return 1
	PID=$(awk '/^pid/ {print $2}' "$tmp/report")
	guests[$PID]=$OUTPUT
	# shellcheck disable=SC2034 # for the tests
	LINE=$(awk '/^line/ {print $2}' "$tmp/report")
}

type_keys() { printf '%b' "$1" >&"$keys"; }
# Without what only moves the cursor or tells the terminal something.
screen() { tr -d '\r\0' <"$tmp/out" | sed 's/\x1b\[[?0-9;]*[A-Za-z]//g'; }
seen() { screen | grep -qE "$1"; }

# STATUS is the guest's, RESTORED says whether the terminal's settings are as they were before.
finish_terminal() {
	wait_for "$LIMIT" gone "$terminal" || kill -KILL -- "-$terminal" 2>/dev/null
	{ wait "$terminal"; } 2>/dev/null
	guest_ended "$PID"
	unset "guests[$terminal]"
	exec {keys}>&-
	STATUS=$(awk '/^(exit|signal)/ {print $1 == "exit" ? $2 : $1 " " $2}' "$tmp/report")
	STATUS=${STATUS:-"no end within $LIMIT s"}
	# shellcheck disable=SC2034 # for the tests
	RESTORED=$(awk '/^settings/ {print $2}' "$tmp/report")
}
