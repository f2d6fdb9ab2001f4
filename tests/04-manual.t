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
	"$(cd "$tmp/root" && find . -type f ! -name '*.ext4' | LC_ALL=C sort)" \
	"$(printf './usr/%s\n' bin/linux bin/solo bin/uml-attach share/bash-completion/completions/solo \
		share/fish/vendor_completions.d/solo.fish share/man/man1/{linux,solo,uml-attach}.1 \
		share/zsh/vendor-completions/_solo)"
is "the installed kernel names its version" "$("$tmp/root/usr/bin/linux" --version)" "$("$LINUX" --version)"
like "the installed program to attach shows its usage" "$("$tmp/root/usr/bin/uml-attach" -h)" '^usage: '

(cd "$tmp" && "$tmp/root/usr/bin/solo" run --copy-in "$here/lib.sh:/tmp" "$DISK" -- ls /tmp/lib.sh) >"$tmp/said" 2>&1
is "the installed solo finds the kernel beside it, from any folder" "$? $(cat "$tmp/said")" "0 /tmp/lib.sh"
make -C "$top" -s uninstall PREFIX=/usr DESTDIR="$tmp/uninstalled" >"$tmp/said" 2>&1
cp -a "$tmp/root" "$tmp/uninstalled"
make -C "$top" -s uninstall PREFIX=/usr DESTDIR="$tmp/uninstalled" >"$tmp/said" 2>&1
is "make uninstall removes it all, and what is not there does no harm" "$? $(find "$tmp/uninstalled" -type f)" "0 "

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

text "$top/man/solo.1" >"$tmp/solo.1"
missing=''
for word in $("$tmp/root/usr/bin/solo" help | grep -oE '(^| )--?[a-z-]+' | sort -u); do
	grep -qF -e "$word" "$tmp/solo.1" || missing+=" $word"
done
is "solo(1) has every option of solo help" "$missing" ''
missing=''
for file in "$top"/scripts/solo/completion/*; do
	for word in $("$tmp/root/usr/bin/solo" help | grep -oE '^  --[a-z-]+' | tr -d ' -' | sort -u); do
		tr -d - <"$file" | grep -qF -e "$word" || missing+=" ${file##*/}:$word"
	done
done
is "completions have every option of solo help" "$missing" ''

completed() { # WORD...: what bash makes of the last
	bash -c 'compopt() { :; }; . "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _solo; echo "${COMPREPLY[*]}"' \
		"$top/scripts/solo/completion/solo.bash" "$@"
}
is "bash completes subcommands and options" "$(completed solo doc) $(completed solo run --kee) $(completed solo run --root deb)" \
	"doctor --keep-on-failure debian"

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
