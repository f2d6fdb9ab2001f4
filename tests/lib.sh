# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests share: TAP output, guests that never outlive their test, terminals, an ordinary user.
# A test is a bash script that sources this first and calls `finished` last; it can be run alone.
#
#   LINUX         the guest kernel to test (build/linux)
#   LINUX_ARGS    options for every guest
#   DISK TESTS    the disks for guests (build/check.ext4, build/tests.ext4); tests never write to them
#   LIMIT         seconds that a guest may take (60)
set -u -o pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck disable=SC2034 # for the tests
top=${here%/*}
build=$top/build
PATH=$PATH:/usr/sbin:/sbin
LINUX=${LINUX:-$build/linux}
DISK=${DISK:-$build/check.ext4}
TESTS=${TESTS:-$build/tests.ext4}
LIMIT=${LIMIT:-60}
read -r -a default_args <<<"${LINUX_ARGS-}"

# The exit statuses that are not the guest's own (README.md, "How it ends").
# shellcheck disable=SC2034 # for the tests
PANIC=99 NO_ROOT=98 NO_INIT=97 HALT=96 BAD=1

### TAP

count=0

# Comment lines; of many, only some from both ends.
diag() { # TEXT
	awk '{ line[NR] = $0 }
		END { for (i = 1; i <= NR; i++) {
			if (NR > 40 && i == 21) { print "# ... (" NR - 40 " lines)"; i = NR - 19 }
			print "# " line[i]
		} }' <<<"$*"
}

pass() {
	count=$((count + 1))
	printf 'ok %d - %s\n' "$count" "$1"
}

fail() { # NAME [WHY...]
	count=$((count + 1))
	printf 'not ok %d - %s\n' "$count" "$1"
	shift
	if [ $# -gt 0 ]; then diag "$*"; fi
}

skip() { # NAME REASON
	count=$((count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$count" "$1" "$2"
}

ok() { # NAME COMMAND...
	local name=$1
	shift
	if "$@"; then pass "$name"; else fail "$name" "false: $*"; fi
}

is() { # NAME GOT WANTED
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:    $2"$'\n'"wanted: $3"; fi
}

like() { # NAME TEXT REGEX
	if [[ $2 =~ $3 ]]; then pass "$1"; else fail "$1" "no match for $3 in:"$'\n'"$2"; fi
}

unlike() { # NAME TEXT REGEX
	if [[ ! $2 =~ $3 ]]; then pass "$1"; else fail "$1" "matches $3:"$'\n'"$2"; fi
}

skip_all() { # REASON
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

finished() { printf '1..%d\n' "$count"; }

### The test's own folder, gone at its end, and the guests with it.

tmp=$(mktemp -d "${TMPDIR:-/tmp}/uml-test.XXXXXX")
declare -A guests=()

# The guest writes its pid folder to its home, and whatever it needs for a moment to TMPDIR.
mkdir "$tmp/home" "$tmp/tmp"
chmod 755 "$tmp"
chmod 1777 "$tmp/home" "$tmp/tmp"
export HOME=$tmp/home TMPDIR=$tmp/tmp
unset TMP TEMP

cleanup() {
	local pid
	for pid in "${!guests[@]}"; do
		kill -KILL -- "-$pid" "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

# A moment, without a process for it.
mkfifo "$tmp/never"
exec {never}<>"$tmp/never"
nap() { read -r -t 0.02 -u "$never" || true; }

# Ask COMMAND again and again until it says yes; no after SECONDS.
wait_for() { # SECONDS COMMAND...
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		nap
	done
}

gone() { ! kill -0 "$1" 2>/dev/null; }

# A program of tests/host, built when it is older than its source; prints its place.
tool() { # NAME
	local out=$build/host/$1
	if [ ! "$out" -nt "$here/host/$1.c" ]; then
		mkdir -p "$build/host"
		gcc -std=gnu11 -O1 -Wall -Wextra -Wno-missing-field-initializers -Werror -o "$out.$$" "$here/host/$1.c" >&2 || return 1
		mv "$out.$$" "$out"
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

### Guests

# Commands in front of the guest; what is here must exec the next, so that the guest keeps the pid.
under=()

# Run a function of this harness with its guests as an ordinary user: no capability, not even to gain, and no
# new privileges. Root takes nobody, who gets copies of what he may not be able to reach.
as_user() { # FUNCTION...
	local under=("${under[@]}" setpriv --no-new-privs) LINUX=$LINUX DISK=$DISK
	if [ "$(id -u)" = 0 ]; then
		under+=(--reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)
		if [ ! -e "$tmp/linux" ]; then
			install -m 755 "$LINUX" "$tmp/linux"
			cp --sparse=always "$DISK" "$tmp/disk"
			chmod 644 "$tmp/disk"
		fi
		LINUX=$tmp/linux DISK=$tmp/disk
	fi
	"$@"
}

# The options of a guest: what the caller says, and a disk and a console on stdin and stdout where he does not.
# The disk is opened for reading only; the guest's init lays an overlay over it.
compose() { # OPTION...
	local arg disk=y console=y
	args=("${default_args[@]}")
	for arg; do
		case $arg in
		ubd0*=* | initrd=*) disk='' ;;
		con=* | con0=*) console='' ;;
		esac
	done
	if [ -n "$disk" ]; then args+=("ubd0r=$DISK" root=/dev/ubda overlay=1); fi
	if [ -n "$console" ]; then args+=(con=null "con0=fd:0,fd:1"); fi
	args+=("$@")
}

# Start a guest, with stdin from INPUT and no signal ignored, as bash has it for what runs in the background. Its pid is in PID; `finish` waits for its end.
INPUT=/dev/null
start() { # OPTION...
	compose "$@"
	run_in_background "$LINUX" "${args[@]}"
}

run_in_background() { # COMMAND...
	RAW=''
	# Here, not only in the background: what an earlier guest wrote must not be taken for this one's.
	: >"$tmp/out"
	: >"$tmp/err"
	setsid env --default-signal -C "$tmp" "${under[@]}" "$@" <"$INPUT" >"$tmp/out" 2>"$tmp/err" {never}<&- &
	PID=$!
	guests[$PID]=y
}

# Wait until the guest PID ends, and kill it if that takes longer than LIMIT seconds.
# OUT and ERR are then what it wrote, without carriage returns, STATUS how it ended.
finish() {
	local late=''
	{
		wait_for "$LIMIT" gone "$PID" || {
			late="no end within $LIMIT s"
			kill -KILL -- "-$PID"
		}
		wait "$PID"
	} 2>/dev/null
	STATUS=${late:-$?}
	unset "guests[$PID]"
	read_output
}

read_output() {
	OUT=$(tr -d '\r\0' <"$tmp/out")
	ERR=$(tr -d '\r\0' <"$tmp/err")
}

# Run a guest to its end.
boot() { # OPTION...
	start "$@"
	finish
}

# The option that has init run COMMAND. The kernel's command line knows no way to write a double quote in a value
# that has blanks, so the command comes as an octal text where it has one.
run_option() { # COMMAND
	local text
	if [[ $1 == *[\"$'\n\t']* ]]; then
		text=${1//\\/\\0134}
		text=${text//\"/\\0042}
		text=${text//\'/\\0047}
		text=${text//$'\n'/\\0012}
		text=${text//$'\t'/\\0011}
		printf 'run="printf %%b '\''%s'\'' >/tmp/run; . /tmp/run"' "$text"
	else
		printf 'run="%s"' "$1"
	fi
}

# Run COMMAND in a new guest. OUT is what it wrote, without the kernel's messages around it; RAW has those too.
guest() { # COMMAND [OPTION...]
	local command=$1
	shift
	boot quiet "$@" "$(run_option "echo =begin=; ($command); s=\$?; echo =end=; exit \$s")"
	command_output
}

command_output() {
	RAW=$OUT
	OUT=$(sed -n '/^=begin=$/,/^=end=$/{/^=begin=$/d;/^=end=$/d;p}' <<<"$RAW")
}

# Start a guest that runs COMMAND on DISK_COPY, a disk of its own that it may write to; `finish` waits for its end.
start_writing() { # DISK_COPY COMMAND [OPTION...]
	local disk=$1 command=$2
	shift 2
	start "ubd0=$disk" root=/dev/ubda rw quiet "$@" \
		"$(run_option "echo =begin=; ($command); s=\$?; echo =end=; exit \$s")"
}
disk_copy() { # NAME
	cp --sparse=always "$DISK" "$tmp/$1"
	chmod 666 "$tmp/$1"
	printf '%s\n' "$tmp/$1"
}

# Wait until the guest has got as far as to write this; no if it never does.
shown_or_gone() { grep -qaE "$1" "$tmp/out" || gone "$PID"; }
shows() { # REGEX
	{ wait_for "$LIMIT" shown_or_gone "$1"; } 2>/dev/null
	grep -qaE "$1" "$tmp/out"
}
clean_disk() { e2fsck -fn "$1" >"$tmp/e2fsck" 2>&1; }

# Processes of the session of the guest PID.
session() {
	local stat
	for stat in /proc/[0-9]*/stat; do
		awk -v sid="$1" '{ pid = $1; sub(/.*\) /, ""); if ($4 == sid && $1 != "Z") print pid }' "$stat" 2>/dev/null
	done
}

# What a guest wrote, for a test that failed.
show() {
	diag "status: $STATUS"
	diag "stderr: $ERR"
	diag "stdout (its end): $(tail -n 20 <<<"${RAW:-$OUT}")"
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
	: >"$tmp/out"
	: >"$tmp/err"
	mkfifo "$tmp/keys"
	exec {keys}<>"$tmp/keys"
	setsid "$program" "$rows" "$columns" "$tmp/report" env --default-signal -C "$tmp" "${under[@]}" "$@" \
		<"$tmp/keys" >"$tmp/out" 2>"$tmp/err" {never}<&- {keys}<&- &
	terminal=$!
	guests[$terminal]=y
	wait_for 10 grep -qs '^pid' "$tmp/report" || return 1
	PID=$(awk '/^pid/ {print $2}' "$tmp/report")
	guests[$PID]=y
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
	unset "guests[$terminal]" "guests[$PID]"
	exec {keys}>&-
	STATUS=$(awk '/^(exit|signal)/ {print $1 == "exit" ? $2 : $1 " " $2}' "$tmp/report")
	STATUS=${STATUS:-"no end within $LIMIT s"}
	# shellcheck disable=SC2034 # for the tests
	RESTORED=$(awk '/^settings/ {print $2}' "$tmp/report")
	read_output
}
