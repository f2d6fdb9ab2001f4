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
is "with all packages there is nothing to say" "$STATUS:$OUT:$DID" "0::"

# shellcheck disable=SC2016 # for the fake
fake dpkg-query 'case $4 in linux-source-6.12 | bc) exit 1 ;; *) echo installed ;; esac'
setup boot
is "an ordinary user: it stops" "$STATUS" 1
is "after naming the one line that is needed" "$(grep -c 'apt-get install' <<<"$OUT")" 1
like "which names what is missing" "$OUT" 'apt-get install -y [^ ]* bc linux-source-6.12'
unlike "and nothing else" "$OUT" 'busybox'
is "nothing is installed" "$DID" ''

# shellcheck disable=SC2016 # for the fake
fake sudo '[ "$1" = -n ] || exit 1; shift; exec "$@"'
setup boot
is "with a sudo that asks for nothing: it installs" "$STATUS" 0
like "what is missing" "$DID" 'install .*bc linux-source-6.12$'
unlike "without reading new lists" "$DID" 'update'

fake id 'echo 0'
fake sudo 'exit 1'
fake apt-cache "[ -e $tmp/lists ]"
fake apt-get "echo apt-get \"\$@\" >>$tmp/did; case \"\$*\" in *update*) touch $tmp/lists ;; esac"
setup boot
is "root without package lists: it installs" "$STATUS" 0
like "after reading them" "$DID" 'update.*install .*bc linux-source-6.12$'

fake apt-get "echo 'E: Unable to fetch' >&2; exit 100"
setup boot
is "a failure of apt-get is a failure" "$STATUS" 1
like "with its reason" "$OUT" 'E: Unable to fetch'

fake uname 'echo Linux aarch64'
setup boot
is "another processor: it stops" "$STATUS" 1
like "and says why" "$OUT" 'x86-64'

finished
