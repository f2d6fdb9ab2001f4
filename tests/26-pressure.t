#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs read what they wrote while their pages are swapped, moved, merged, compacted, forked, protected, filled by
# userfaultfd and looked at by debuggers: the host's mappings follow.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=190
programs_disk -pthread "$here/pressure/pressure.c"
truncate -s 512M "$tmp/swap"

# A disposable disk needs memory for what is new on it, just when memory is to become free by writing to it.
for guard in mprotect none; do
	if [ "$guard" = none ]; then how=''; else how=,snapshot; fi
	guest 'mkswap /dev/ubdc >/dev/null && swapon /dev/ubdc && IN_GUEST=1 /tests/pressure 1 8 4000 80' \
		mem=128M guard="$guard" ubd1r="$tmp/programs.ext4" ubd2="$tmp/swap$how"
	relay_tap "guard=$guard" <<<"$OUT"
	is "guard=$guard: the guest ends in order" "$STATUS" 0
	[ "$STATUS" = 0 ] || show
done
is "with each guard all was tried" "$count" 8

finished
