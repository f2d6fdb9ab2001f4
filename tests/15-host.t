#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The host room alone: files, terminals, AIO, readiness and time, on this host and without a guest. The code is
# compiled as for the kernel, and linked with a program that calls it.
# Time limit: 200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

host_room aio file folder keep net poll process socket time tty unix || exit 1
"$top/scripts/compile" "$tmp/room" "$here/host/room.c" "${OBJECTS[@]}" -g -lutil || exit 1

# On a disk, for O_DIRECT: the build folder. /tmp may be in memory.
mkdir -p "$build/host"
work=$(mktemp -d "$build/host/room.XXXXXX")
trap 'rm -rf "$work"; cleanup' EXIT
# shellcheck disable=SC2119
relay_tap < <(
	timeout "$LIMIT" "$tmp/room" "$work"
	echo "$?" >"$tmp/status"
)
is "the program ends with status 0" "$(cat "$tmp/status")" 0

finished
