# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Guests that never outlive the script that starts them: for tests, and for scripts that measure or try something in
# guests. Sourced after common.sh, never run.
#
#   LINUX         the guest kernel (build/linux)
#   LINUX_ARGS    options for every guest
#   DISK          the disk for guests (build/check.ext4); it is never written to
#   LIMIT         seconds that a guest may take (60)
#   COMPLAINT     what the kernel of a guest may complain of: a pattern
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
LINUX=${LINUX:-$build/linux}
DISK=${DISK:-$build/check.ext4}
LIMIT=${LIMIT:-60}
read -r -a default_args <<<"${LINUX_ARGS-}"

# A folder that is gone at the end, and the guests with it.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/uml-guest.XXXXXX")
declare -A guests=()
complaints=$tmp/complaints

# The guest writes its pid folder to its home, and whatever it needs for a moment to TMPDIR.
mkdir "$tmp/home" "$tmp/tmp"
chmod 755 "$tmp"
chmod 1777 "$tmp/home" "$tmp/tmp"
export HOME=$tmp/home TMPDIR=$tmp/tmp
unset TMP TEMP

end_guests() {
	local pid
	for pid in "${!guests[@]}"; do
		kill -KILL -- "-$pid" "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	rm -rf "$tmp"
}
trap end_guests EXIT
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
	# His folder for guests is refused to root's.
	rmdir "$tmp/home/.uml" 2>/dev/null || true
}

# The options of a guest: what the caller says, and a disk and a console on stdin and stdout where he does not.
# The disk is opened for reading only; the guest's init lays an overlay over it.
compose() { # OPTION...
	local arg disk=y console=y
	args=(--die-with-parent "${default_args[@]}")
	for arg; do
		case $arg in
		ubd0*=* | initrd=*) disk='' ;;
		con=* | con0=*) console='' ;;
		esac
	done
	if [ -n "$disk" ]; then args+=("ubd0r=$DISK" root=/dev/ubda overlay=1); fi
	if [ -n "$console" ]; then args+=(con=null "con0=fd:0,fd:1"); fi
	args+=("$@")
	is_built "$LINUX" linux
	if [ -n "$disk" ]; then is_built "$DISK" "${DISK#"$top/"}"; fi
	for arg; do
		case $arg in
		ubd[1-9]*="$build"/*.ext4) is_built "${arg#*=}" "${arg##*="$top/"}" ;;
		esac
	done
}

# A script that is run alone may find nothing to start. (What lies elsewhere than in build/ may only be there for the
# guest, in a mount namespace.)
is_built() { # FILE GOAL
	if [ -e "$1" ] || [[ $1 != "$build"/* ]]; then return; fi
	printf 'Bail out! There is no %s: "make %s" builds it, and "make check TESTS=%s" all that a test needs\n' "$1" "$2" \
		"tests/${0##*/}"
	exit 1
}

# Start a guest, with stdin from INPUT and no signal ignored, as bash has it for what runs in the background. Its pid is in PID; `finish` waits for its end.
INPUT=/dev/null
start() { # OPTION...
	compose "$@"
	run_in_background "$LINUX" "${args[@]}"
}

run_in_background() { # COMMAND...
	new_output
	setsid env --default-signal -C "$tmp" "${under[@]}" "$@" <"$INPUT" >"$tmp/out" 2>"$tmp/err" {never}<&- &
	PID=$!
	guests[$PID]=$OUTPUT
}

# Each guest writes to files of its own, OUTPUT/out and OUTPUT/err; $tmp/out and $tmp/err are those of the last one.
new_output() {
	RAW=''
	OUTPUT=$(mktemp -d "$tmp/guest.XXXXXX")
	touch "$OUTPUT/out" "$OUTPUT/err"
	ln -sfn "$OUTPUT/out" "$tmp/out"
	ln -sfn "$OUTPUT/err" "$tmp/err"
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
	guest_ended "$PID"
}

# The guest's output is in OUT and ERR, and its kernel's complaints are noted.
guest_ended() { # PID
	local output=${guests[$1]:-$tmp}
	unset "guests[$1]"
	read_output "$output"
	note_complaints "$output"
}

read_output() { # FOLDER
	OUT=$(tr -d '\r\0' <"$1/out")
	ERR=$(tr -d '\r\0' <"$1/err")
}

# What a kernel says when something is wrong with it, with the time before it that only its own lines have.
complaint='^\[ *[0-9]+\.[0-9]+\] .*(BUG: |WARNING: |Oops|Kernel fault|panic_on_warn set|stall(s|ed)? (on|detected)|soft lockup|'
complaint+='hung_task|blocked for more than|Bad page|corruption|scheduling while atomic|refcount_t|nobody cared|UBSAN|KASAN)'

# Note in the file $complaints what the kernel of a guest has complained of, but for what COMPLAINT matches.
note_complaints() { # OUTPUT
	[ -d "$1" ] || return 0
	cat "$1/out" "$1/err" | tr -d '\r\0' | grep -aE "$complaint" |
		grep -avE "${COMPLAINT:-^\$}" >>"$complaints"
	: >"$1/noted"
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
