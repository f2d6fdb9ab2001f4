#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The manual: `make install` installs it, it names all that the program offers, and what it leads to is there.
# Time limit: 120 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# make install.
make -C "$top" -s install PREFIX=/usr DESTDIR="$tmp/root" >"$tmp/said" 2>&1
is "make install succeeds" "$? $(cat "$tmp/said")" "0 "
is "make install puts programs and manual pages under DESTDIR and PREFIX" \
	"$(cd "$tmp/root" && find . -type f | sort | paste -sd' ')" \
	"./usr/bin/linux ./usr/bin/uml-attach ./usr/share/man/man1/linux.1 ./usr/share/man/man1/uml-attach.1"
is "the installed kernel names its version" "$("$tmp/root/usr/bin/linux" --version)" "$("$LINUX" --version)"
like "the installed program to attach shows its usage" "$("$tmp/root/usr/bin/uml-attach" -h)" '^usage: '

# A manual page as text: without requests, fonts and backslashes.
text() { # FILE
	sed -E 's/^\.[A-Z]+ ?//; s/\\f[A-Z]//g; s/\\//g; s/ , ?/,/g' "$1"
}

text "$top/man/linux.1" >"$tmp/linux.1"
# What --help begins a line with, up to where a value begins.
missing=''
for word in $("$LINUX" --help | sed -nE 's/^  ([a-z-]+).*/\1/p') $("$LINUX" --help | grep -oE '\-\-[a-z]+' | sort -u); do
	grep -qF -e "$word" "$tmp/linux.1" || missing+=" $word"
done
is "linux(1) has every option of --help" "$missing" ''
missing=''
for status in "$BAD" "$HALT" "$NO_INIT" "$NO_ROOT" "$PANIC"; do
	grep -qx "$status" "$tmp/linux.1" || missing+=" $status"
done
is "linux(1) has every exit status of the program's own" "$missing" ''

# Links between the READMEs.
missing=$(cd "$top" && find . -name README.md -not -path './build/*' | while read -r file; do
	grep -oE '\]\([^)#]+' "$file" | sed 's/^](//' | while read -r link; do
		[ -e "${file%/*}/$link" ] || echo "$file: $link"
	done
done)
is "every link of a README leads to a file" "$missing" ''
ok "README.md has at most 150 lines" [ "$(wc -l <"$top/README.md")" -le 150 ]
missing=$(cd "$top" && grep -rhoE 'tests/[0-9]{2}-[a-z-]+\.t' --include=README.md . | sort -u | while read -r file; do
	[ -e "$file" ] || echo "$file"
done)
is "every test that a README names is there" "$missing" ''

finished
