#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A loadable module of the kernel's own, built for this kernel: loads, works, unloads.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

module=drivers/block/brd.ko
[ -e "$build/kernel/vmlinux" ] || skip_all "build/kernel has no kernel to build a module for"
if "$top/scripts/build-kernel" --make "$module" >"$tmp/module.log" 2>&1; then
	pass "a module builds"
else
	fail "a module builds" "$(tail -n 20 "$tmp/module.log")"
	finished
	exit
fi

mkdir "$tmp/modules"
cp "$build/kernel/$module" "$tmp/modules/"
ok "and goes onto a disk" mke2fs -q -t ext4 -d "$tmp/modules" "$tmp/modules.ext4" 8M

guest 'mkdir -p /tmp/m; mount -t ext4 -o ro /dev/ubdc /tmp/m || exit 2
	insmod /tmp/m/brd.ko rd_nr=1 rd_size=4096 || exit 3
	grep "^brd " /proc/modules
	dd if=/dev/urandom of=/tmp/in bs=1M count=4 2>/dev/null
	dd if=/tmp/in of=/dev/ram0 bs=1M 2>/dev/null; sync
	cmp /tmp/in /dev/ram0 || exit 4
	echo same
	rmmod brd || exit 5
	grep "^brd " /proc/modules || echo unloaded
	insmod /tmp/m/brd.ko rd_nr=1 || exit 6' ubd2r="$tmp/modules.ext4"
is "it loads and unloads" "$STATUS" 0
like "its code and data lie where modules go" "$OUT" 'Live 0x00007e00[01]'
like "what it does is right" "$OUT" 'same'
like "and afterwards it is gone" "$OUT" 'unloaded'

finished
