#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The wall around a guest: what a guest kernel that somebody has taken over can ask of this host, with and without
# hotplug=. The host room is compiled as for the kernel, and linked with a program that attacks.
# Time limit: 200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

host_room confine file folder poll process socket tty unix || exit 1
# Static: the C library's own calls, as memcpy, must be text that the filter knows.
"$top/scripts/compile" "$tmp/wall" "$here/host/wall.c" "${OBJECTS[@]}" -g -static-pie -fPIE || exit 1

mkdir "$tmp/work"
# shellcheck disable=SC2119
relay_tap < <(
	timeout "$LIMIT" "$tmp/wall" "$tmp/work"
	echo "$?" >"$tmp/status"
)
is "the program ends with status 0" "$(cat "$tmp/status")" 0

finished
