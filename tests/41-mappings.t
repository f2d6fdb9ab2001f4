#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs that have the kernel allocate more scattered pages than the host allows mappings (hostile/mappings.c):
# the guest goes on, and the process stays well below the host's limit.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=190
limit=$(cat /proc/sys/vm/max_map_count)
programs_disk "-pthread -mno-red-zone" "$here/hostile/mappings.c"

# The most that the kernel's mappings take beyond physical memory, while the guest runs.
most=0
count_mappings() {
	local n
	n=$(awk -F- '$1 >= "690000000000" && $1 < "691000000000"' "/proc/$PID/maps" 2>/dev/null | wc -l)
	[ "$n" -le "$most" ] || most=$n
	gone "$PID"
}

# Without the boost, which keeps 50 MiB of what is free from who scatters it: the program would meet the OOM killer.
# shellcheck disable=SC2016 # for the guest
start quiet mem=1G ubd1r="$tmp/programs.ext4" \
	"$(run_option 'echo 0 >/proc/sys/vm/watermark_boost_factor; echo =begin=; IN_GUEST=1 /tests/mappings 1000; s=$?; echo =end=; exit $s')"
wait_for "$LIMIT" count_mappings
finish
command_output
relay_tap "uid 1000" <<<"$OUT"
is "the program prints its plan at the end" "$(grep -cE '^1\.\.[0-9]+$' <<<"$OUT")" 1
is "the guest ends in order" "$STATUS" 0
[ "$STATUS" = 0 ] || show
ok "vmalloc has had many of the host's mappings ($most)" [ "$most" -gt 10000 ]
ok "vmalloc has had no more than half of the host's $limit mappings" [ "$most" -le $((limit / 2 + 2048)) ]

finished
