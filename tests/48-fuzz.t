#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Time limit: 900 s
# A minute of each of the attacks at random that `make fuzz` makes for longer, always the same ones.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# As two users half a minute each; all beside each other, for each is a guest of its own.
for kind in gate calls frames requests; do
	case $kind in
	gate | calls) seconds=30 ;;
	*) seconds=60 ;;
	esac
	"$top/scripts/fuzz" "$seconds" 1 "$kind" >"$tmp/$kind.tap" 2>&1 &
done
wait
for kind in gate calls frames requests; do
	# shellcheck disable=SC2119
	relay_tap <"$tmp/$kind.tap"
done
is "each kind of attack was made" "$count" 6

finished
