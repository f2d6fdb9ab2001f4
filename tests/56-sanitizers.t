#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs that gcc's and clang's sanitizers watch: these have fixed ideas of where a program's parts and their own lie.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=120
mkdir "$tmp/programs"

# A program, and the libraries that it names.
build() { # NAME COMPILER FLAG...
	local name=$1 lib
	shift
	"$@" -g -O1 -pthread -o "$tmp/programs/$name" "$here/sanitize/faults.c" 2>"$tmp/said" || return 1
	ldd "$tmp/programs/$name" | awk '$2 == "=>" { print $3 }' | while read -r lib; do
		cp -L "$lib" "$tmp/programs/"
	done
}
build gcc-thread gcc -fsanitize=thread -static-libtsan || fail "gcc -fsanitize=thread" "$(cat "$tmp/said")"
build gcc-address gcc -fsanitize=address,undefined -static-libasan -static-libubsan -fno-sanitize=object-size -fno-sanitize-recover=undefined ||
	fail "gcc -fsanitize=address" "$(cat "$tmp/said")"
clang=''
if command -v clang >/dev/null && build clang-thread clang -fsanitize=thread && build clang-memory clang -fsanitize=memory &&
	build clang-address clang -fsanitize=address; then
	clang=y
fi
cp "$(command -v setarch)" "$tmp/programs/"
mke2fs -q -F -t ext4 -L tests -d "$tmp/programs" "$tmp/programs.ext4" 64M >/dev/null 2>&1

run() { # NAME [ARGUMENT] [PREFIX...]
	local name=$1 argument=${2-}
	shift $(($# < 2 ? $# : 2))
	guest "export LD_LIBRARY_PATH=/tests; $* /tests/$name $argument 2>&1" mem=512M ubd1r="$tmp/programs.ext4"
}
fine() { # NAME
	run "$1"
	is "$1: a program without faults ends well" "$OUT:$STATUS" "done: 3:0"
	run "$1" '' /tests/setarch -R
	is "$1: without randomization, too" "$OUT:$STATUS" "done: 3:0"
}
finds() { # NAME ARGUMENT REGEX
	run "$1" "$2"
	like "$1: finds: $2" "$OUT" "$3"
	ok "$1: and the program fails" [ "$STATUS" != 0 ]
}

fine gcc-thread
finds gcc-thread race 'WARNING: ThreadSanitizer: data race'
fine gcc-address
finds gcc-address bounds 'AddressSanitizer: heap-buffer-overflow'
finds gcc-address overflow 'signed integer overflow'
if [ -n "$clang" ]; then
	fine clang-thread
	finds clang-thread race 'WARNING: ThreadSanitizer: data race'
	fine clang-memory
	finds clang-memory unset 'MemorySanitizer: use-of-uninitialized-value'
	fine clang-address
	finds clang-address bounds 'AddressSanitizer: heap-buffer-overflow'
else
	skip "clang's sanitizers" "no clang"
fi

# Where things lie: as on bare hardware.
guest 'cat /proc/self/maps; /tests/setarch -R cat /proc/self/maps' ubd1r="$tmp/programs.ext4"
like "the stack of a program lies below the top of 47 bits" "$OUT" $'(^|\n)7ff[0-9a-f]{9}-7ff[0-9a-f]{9} rw-p [^\n]*\\[stack\\]'
like "without randomization at the top" "$OUT" $'(^|\n)7ffff[0-9a-f]{7}-7ffffffff000 rw-p [^\n]*\\[stack\\]'

finished
