# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the tests of solo share, besides lib.sh, which they source before.
"$top/scripts/solo/build" || exit 1
export XDG_CONFIG_HOME=$tmp/config
SOLO=$build/solo


# Run solo to its end, with stdin from INPUT: its status, stdout and stderr are in STATUS, OUT and ERR.
solo() { # ARGUMENT... <$INPUT
	STATUS=0
	timeout -k 5 "$LIMIT" "$SOLO" "$@" <"${INPUT:-/dev/null}" >"$tmp/out" 2>"$tmp/err" || STATUS=$?
	OUT=$(tr -d '\0' <"$tmp/out")
	ERR=$(tr -d '\0' <"$tmp/err")
}
run() { solo run --append panic_on_warn=1 "$DISK" -- "$@"; }

# It was refused: one clear line, its own status, and nothing on stdout.
denied() { # NAME REGEX [STATUS]
	is "$1: status ${3:-125}" "$STATUS" "${3:-125}"
	like "$1: one clear line says why" "$ERR" "^(solo|linux): [^"$'\n'"]*$2[^"$'\n'"]*\$"
	is "$1: nothing is on stdout" "$OUT" ''
}

# Guests of this user, as solo ps has them.
running() { "$SOLO" ps | awk 'NR > 1 { print $1 }'; }
runs() { "$SOLO" ps | grep -q "^$1 "; }
# Processes of linux that PID has started.
linux_of() { ps --ppid "$1" -o pid=,comm= | awk '$2 ~ /^linux/ { print $1 }'; }
