#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make deb: a package that lintian is content with, and whose programs run where it is unpacked.
# Time limit: 200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

command -v dpkg-deb >/dev/null || skip_all "no dpkg-deb here"
"$top/scripts/solo/build" || exit 1
package=$("$top/scripts/deb")
ok "a package is made" [ -s "$package" ]
is "its name is that of its version" "${package##*/}" "uml-solo_$(dpkg-deb -f "$package" Version)_amd64.deb"
if command -v lintian >/dev/null; then
	is "lintian finds nothing" "$(lintian --allow-root "$package" 2>&1 | grep '^[EW]:')" ''
else
	skip "lintian finds nothing" "no lintian here"
fi
dpkg-deb -x "$package" "$tmp/root"
is "its files are those that it has sums of" "$(dpkg-deb --ctrl-tarfile "$package" | tar -xO ./md5sums | (cd "$tmp/root" && md5sum -c --quiet 2>&1))" ''
make -C "$top" -s install PREFIX=/usr DESTDIR="$tmp/installed"
is "all of make install is in it" "$(cd "$tmp/installed" && find . -type f | sort)" \
	"$(cd "$tmp/root" && find . -type f ! -path '*/doc/*' ! -path '*/lintian/*' | sed 's/\.gz$//' | sort)"
is "its solo runs a command with its linux" "$(cd / && "$tmp/root/usr/bin/solo" run "$DISK" -- echo ran 2>&1)" ran
rm -f "$package"

finished
