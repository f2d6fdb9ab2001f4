# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Results in TAP, a line for each.
# Sourced, never run.

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

# The last line: how many there were.
plan() { printf '1..%d\n' "$count"; }
