#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Time limit: 900 s
# A minute of each of the attacks at random that `make fuzz` makes for longer, always the same ones.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# As two users half a minute each.
for kind in gate calls frames requests; do
	case $kind in
	gate | calls) seconds=30 ;;
	*) seconds=60 ;;
	esac
	# shellcheck disable=SC2119
	relay_tap < <("$top/scripts/fuzz" "$seconds" 1 "$kind" 2>&1)
done
is "each kind of attack was made" "$count" 6

finished
