# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What every script here needs: the top folder, messages, and long steps that show that they live.
# Sourced, never run.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck disable=SC2034 # for those who source this
build=$top/build

say() { printf '%s\n' "$*" >&2; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# The lines of a log that say what went wrong: the errors themselves where there are any, then what make says
# about them, otherwise the log's end.
log_errors() { # LOG
	local pattern
	for pattern in '([Ee]rror:|undefined reference|multiple definition|^E: )' '\*\*\*'; do
		if grep -E -q "$pattern" "$1"; then
			grep -E -A3 "$pattern" "$1" | grep -v '^--$' | head -n 20
			return
		fi
	done
	tail -n 20 "$1"
}

# Run a long command with its output in LOG, and show what it does: one line that is kept up to date on a
# terminal, a line every 15 seconds otherwise. COUNT names what a line of the log that starts with two blanks
# and a capital (as Kbuild's do) stands for; with a number in it ("of about 2000 steps") it is known how many there will
# be, and said how long that may take. Returns the command's status; prints the errors if it failed.
long_step() { # WHAT COUNT LOG COMMAND...
	local what=$1 count=$2 log=$3 pid status=0 start=$SECONDS line tty='' said=0 all=${2//[!0-9]/} n
	shift 3
	if [ -t 2 ]; then tty=1; fi
	"$@" </dev/null >"$log" 2>&1 &
	pid=$!
	# Jobs in the background ignore the keyboard's interrupt, so it is passed on.
	trap 'kill -TERM "$pid" 2>/dev/null || true; wait "$pid" || true; say ""; exit 130' INT TERM
	while kill -0 "$pid" 2>/dev/null; do
		line="$what: $((SECONDS - start)) s"
		if [ -n "$count" ]; then
			n=$(grep -c '^  [A-Z]' "$log" || true)
			line="$line, $n $count"
			if [ -n "$all" ] && [ "$n" -gt 50 ] && [ "$n" -lt "$all" ]; then
				line="$line, about $(((SECONDS - start) * (all - n) / n)) s left"
			fi
		fi
		if [ -n "$tty" ]; then
			printf '\r%s\033[K' "$line" >&2
		elif [ $((SECONDS - start)) -ge $((said + 15)) ]; then
			said=$((SECONDS - start))
			say "$line"
		fi
		sleep 0.5 &
		wait $! || true
	done
	wait "$pid" || status=$?
	trap - INT TERM
	if [ -n "$tty" ]; then printf '\r\033[K' >&2; fi
	if [ "$status" -ne 0 ]; then
		say "$what failed. The whole log is $log; from it:"
		log_errors "$log" >&2
	else
		say "$what: done in $((SECONDS - start)) s"
	fi
	return "$status"
}
