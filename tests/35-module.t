#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Loadable modules, one of the kernel's own and one of these tests', built for this kernel: load, work, unload.
# Time limit: 300 s
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
cp -r "$top/tests/module" "$tmp/words"
if "$top/scripts/build-kernel" --make "M=$tmp/words" modules >"$tmp/module.log" 2>&1; then
	pass "a module from outside the kernel's tree builds"
	cp "$tmp/words/words.ko" "$tmp/modules/"
else
	fail "a module from outside the kernel's tree builds" "$(tail -n 20 "$tmp/module.log")"
fi
ok "modules go onto a disk" mke2fs -q -t ext4 -d "$tmp/modules" "$tmp/modules.ext4" 8M

guest 'mkdir -p /tmp/m; mount -t ext4 -o ro /dev/ubdc /tmp/m || exit 2
	insmod /tmp/m/brd.ko rd_nr=1 rd_size=4096 || exit 3
	grep "^brd " /proc/modules
	dd if=/dev/urandom of=/tmp/in bs=1M count=4 2>/dev/null
	dd if=/tmp/in of=/dev/ram0 bs=1M 2>/dev/null; sync
	cmp /tmp/in /dev/ram0 || exit 4
	echo same
	rmmod brd || exit 5
	grep "^brd " /proc/modules || echo unloaded
	insmod /tmp/m/brd.ko rd_nr=1 || exit 6
	insmod /tmp/m/words.ko && echo words are right' ubd2r="$tmp/modules.ext4"
is "a module loads and unloads" "$STATUS" 0
like "a module's code and data lie where modules go" "$OUT" 'Live 0x00006801[01]'
like "a RAM disk of a module keeps what is written" "$OUT" 'same'
like "an unloaded module is gone" "$OUT" 'unloaded'
like "checksums, and words at the end of a mapping, are right in a module" "$OUT" 'words are right'

finished
