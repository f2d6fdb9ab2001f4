#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Time limit: 300 s
# Some seconds of each of the attacks at random that `make fuzz` makes for longer, always the same ones.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

for kind in gate calls frames requests; do
	while read -r line; do
		case $line in
		ok\ *) pass "${line#ok * - }" ;;
		'not ok '*) fail "${line#not ok * - }" ;;
		'#'*) echo "$line" ;;
		esac
	done < <("$top/scripts/fuzz" 12 1 "$kind" 2>&1)
done
is "each kind of attack was made" "$count" 6

finished
