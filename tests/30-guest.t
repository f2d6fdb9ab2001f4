#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The programs of tests/guest, each in a guest of its own, so that what one does to its kernel stays there.
# PROGRAMS="NAME..." runs only these.
# Time limit: 1200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# run gives each program a minute, and there are two of each.
LIMIT=150
read -r -a programs <<<"${PROGRAMS:-$(cd "$here/guest" && echo *.c)}"
[ "${programs[0]}" != '*.c' ] || skip_all "no programs in tests/guest"

for program in "${programs[@]}"; do
	name=${program%.c}
	disk=$(disk_copy disk)
	start_writing "$disk" "/tests/run $name $name.dyn" "ubd1r=$TESTS"
	finish
	command_output
	for variant in "$name" "$name.dyn"; do
		said=$(grep "^$variant: " <<<"$OUT")
		case $said in
		"$variant: ok "*) pass "$said" ;;
		"$variant: FAIL "*) fail "$said" "$(sed -n "/^$variant: /,/^[^ ]/p" <<<"$OUT" | grep '^ ')" ;;
		*)
			fail "$variant: prints a result"
			show
			;;
		esac
	done
	if [ "$STATUS" != 0 ] && ! grep -q FAIL <<<"$OUT"; then
		fail "$name: the guest ends in order"
		show
	fi
done

finished
