#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What scripts/setup does where packages are missing. The machine that it sees is made up: nothing is installed.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$tmp/bin" "$tmp/repo" "$tmp/repo/scripts"
cp "$top/scripts/setup" "$top/scripts/common.sh" "$tmp/repo/scripts"

# A command of that machine.
fake() { # NAME TEXT
	printf '#!/bin/sh\n%s\n' "$2" >"$tmp/bin/$1"
	chmod +x "$tmp/bin/$1"
}
setup() { # PURPOSE
	OUT=$(PATH=$tmp/bin:$PATH "$tmp/repo/scripts/setup" "$1" 2>&1 </dev/null)
	STATUS=$?
	DID=$(cat "$tmp/did" 2>/dev/null)
	rm -f "$tmp/did"
}

fake dpkg-query 'echo installed'
fake id 'echo 1000'
fake sudo 'exit 1'
fake apt-get "echo apt-get \"\$@\" >>$tmp/did"
fake apt-cache 'exit 0'
setup boot
is "with all packages setup says nothing" "$STATUS:$OUT:$DID" "0::"

# shellcheck disable=SC2016 # for the fake
fake dpkg-query 'case $4 in linux-source-6.12 | bc) exit 1 ;; *) echo installed ;; esac'
setup boot
is "setup stops for an ordinary user without packages" "$STATUS" 1
is "an ordinary user is told the one line that is needed" "$(grep -c 'apt-get install' <<<"$OUT")" 1
like "the line for an ordinary user names the packages that are missing" "$OUT" 'apt-get install -y [^ ]* bc linux-source-6.12'
unlike "the line for an ordinary user names no package that is there" "$OUT" 'busybox'
is "nothing is installed for an ordinary user" "$DID" ''

# shellcheck disable=SC2016 # for the fake
fake sudo '[ "$1" = -n ] || exit 1; shift; exec "$@"'
setup boot
is "with a sudo that asks for nothing setup succeeds" "$STATUS" 0
like "with a sudo that asks for nothing the missing packages are installed" "$DID" 'install .*bc linux-source-6.12$'
unlike "package lists that are there are not read again" "$DID" 'update'

fake id 'echo 0'
fake sudo 'exit 1'
fake apt-cache "[ -e $tmp/lists ]"
fake apt-get "echo apt-get \"\$@\" >>$tmp/did; case \"\$*\" in *update*) touch $tmp/lists ;; esac"
setup boot
is "root without package lists: setup succeeds" "$STATUS" 0
like "root without package lists: the lists are read before packages are installed" "$DID" 'update.*install .*bc linux-source-6.12$'

fake apt-get "echo 'E: Unable to fetch' >&2; exit 100"
setup boot
is "setup fails when apt-get fails" "$STATUS" 1
like "setup shows why apt-get failed" "$OUT" 'E: Unable to fetch'

fake uname 'echo Linux aarch64'
setup boot
is "setup stops on another processor" "$STATUS" 1
like "setup says that it needs x86-64" "$OUT" 'x86-64'

finished
