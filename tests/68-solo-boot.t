#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# solo run --boot: the image's own init, and the command after it.
# Time limit: 600 s
# shellcheck disable=SC2016 # commands are for the guest
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"
LIMIT=250

solo run --boot "$DISK" -- sh -c 'cat /proc/1/comm; exit 3'
is "an init that is not systemd" "$STATUS:$OUT" 3:init
solo run --boot --root none -- true
denied "--boot without an image" '--boot needs an image'

debian=$build/debian.ext4
if [ -e "$debian" ]; then
	solo run --boot --mem 512M "$debian" -- sh -c 'ps -p 1 -o comm=; systemctl is-active multi-user.target; exit 4'
	is "systemd: the command runs when it has started what it is to start" "$STATUS:$OUT" $'4:systemd\nactive'
	cp --sparse=always "$debian" "$tmp/disk"
	solo run --boot --write --mem 512M --kernel-log "$tmp/log" "$tmp/disk" -- sh -c 'echo kept >/root/mark'
	is "systemd: the end is in order" "$STATUS:$(grep -c 'reboot: Power down' "$tmp/log"):$(grep -c 'Waiting for process' "$tmp/log")" 0:1:0
	ok "systemd: the disk is clean" clean_disk "$tmp/disk"
	solo run "$tmp/disk" -- cat /root/mark
	is "systemd: what was written is there" "$OUT" kept
else
	skip "systemd: the command runs when it has started what it is to start" "no build/debian.ext4"
	skip "systemd: the end is in order" "likewise"
	skip "systemd: the disk is clean" "likewise"
	skip "systemd: what was written is there" "likewise"
fi

finished
