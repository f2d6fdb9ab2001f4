#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the kernel is built from: Debian's source as it is, with this port and nothing else as its arch/um.
# Time limit: 600 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

tarball=${KERNEL_TARBALL:-/usr/src/linux-source-6.12.tar.xz}
src=$build/src

# Every member of the package is in the tree with the same contents, and nothing else is. Owners, modes and times
# are those of whoever unpacked it.
members() {
	tar -d -v -f "$tarball" -I "xz -T0" -C "$src" --transform='s,^[^/]*/,,SH' --show-transformed-names \
		--anchored --exclude='linux-source-*/arch/um' --exclude='linux-source-*/arch/x86/um' 2>&1 |
		grep -vE '(: (Uid|Gid|Mode|Mod time) differs$|^(tar: )?linux-source-[0-9.]*(/|: .*)?$)'
	# 1: something differs, which is for the tests to judge
	[ "${PIPESTATUS[0]}" -le 1 ]
}
if members >"$tmp/members"; then
	is "the generic tree is the package's, byte for byte" "$(grep -E '(: .*differs?$|: Warning: )' "$tmp/members")" ''
	sed -E 's,/$,,; /: /d' "$tmp/members" | sort >"$tmp/packed"
	(cd "$src" && find . -mindepth 1 -path ./arch/um -prune -o ! -path ./.tarball -printf '%P\n') |
		sed '/^$/d' | sort >"$tmp/there"
	is "nothing was added to the generic tree" "$(diff "$tmp/packed" "$tmp/there" | head)" ''
else
	fail "the generic tree can be compared with the package" "$(tail -n 3 "$tmp/members")"
fi
ok "the tree's arch/x86/um is gone" [ ! -e "$src/arch/x86/um" ]
is "the tree's arch/um holds nothing but links to this repository" \
	"$(find "$src/arch/um" ! -type d ! -lname "$top/arch-um/*" ! -lname "$top/drivers-virtual/*")" ''
is "all of arch-um/ is in the tree's arch/um" \
	"$(cd "$top/arch-um" && find . -type f ! -exec test "$src/arch/um/{}" -ef {} \; -print)" ''
is "all of drivers-virtual/ is in the tree's arch/um/drivers" \
	"$(cd "$top/drivers-virtual" && find . -type f ! -exec test "$src/arch/um/drivers/{}" -ef {} \; -print)" ''

ok "building again succeeds" "$top/scripts/build-kernel"
before=$(stat -c %Y%Z "$build/kernel.log")
ok "building a third time succeeds" "$top/scripts/build-kernel"
is "a build without changes does nothing" "$(stat -c %Y%Z "$build/kernel.log")" "$before"
is "the build wrote nothing into the port" \
	"$(find "$top/arch-um" "$top/drivers-virtual" \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' \))" ''

# The repository.
is "COPYING is the GNU General Public License, version 2" "$(sha256sum <"$top/COPYING")" \
	"8177f97513213526df2cf6184d8ff986c675afb514d4e68a404010521b880643  -"
is "every source file names its licence" "$(
	find "$top/arch-um" "$top/drivers-virtual" "$top/rootfs" "$top/scripts" "$top/tests" "$top/man" "$top/Makefile" \
		-type f ! -name '*.md' ! -name '*_defconfig' ! -name '*.known' |
		while read -r file; do
			head -n 3 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0' || echo "$file"
		done
)" ''

scripts=$(cd "$top" && grep -rlE --exclude='*.md' '^#!.*(ba)?sh( |$)' .ci scripts rootfs tests)
if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2086 # one word a file
	is "shellcheck finds nothing in the scripts" "$(cd "$top" && shellcheck -x $scripts 2>&1)" ''
else
	skip "shellcheck finds nothing in the scripts" "no shellcheck here"
fi

finished
