#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bad input to solo: one line that says what to do, a status of its own, nothing left behind.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"

# Options.
solo run --nonsense "$DISK" -- true
denied "an option that there is not" '--nonsense: no such option'
solo run --mem
denied "an option without its value" '--mem: a value is missing'
solo nonsense
denied "a subcommand that there is not" 'nonsense: no such command'
solo ls
denied "a program for a subcommand" 'ls: no such command: see solo help; solo run -- ls ... runs a program'
solo run "$DISK"
denied "no command" 'no command: write it behind --'
solo run "$DISK" true
denied "a command without --" 'write -- before the command'
solo run --mem 12parsec "$DISK" -- true
denied "a size that is none" '--mem 12parsec: write a size'
solo run --mem 1M "$DISK" -- true
denied "memory that is too small" 'mem=1M'
solo run --timeout soon "$DISK" -- true
denied "a time that is none" '--timeout soon: write a time'
solo run --env = "$DISK" -- true
denied "a variable without a name" '--env =: write NAME=VALUE'
solo run --env NOT_SET_HERE "$DISK" -- true
denied "a variable that is not set" '--env NOT_SET_HERE: it is not set here'
solo run --publish 80:80 "$DISK" -- true
denied "--publish without --net" '--publish needs --net'
solo run --net --publish 80 "$DISK" -- true
denied "a port that is none" '--publish 80: write HOST-PORT:GUEST-PORT'
solo run --guard iron "$DISK" -- true
denied "a guard that there is not" 'guard=iron'
solo run --name 'a/b' "$DISK" -- true
denied "a name that is none" '--name a/b: a name is made of'
solo run --append 'ubd1=/nowhere' "$DISK" -- true
denied "what linux refuses" 'ubd1=/nowhere: No such file'

# Files.
solo run "$tmp/nowhere" -- true
denied "an image that is not there" "$tmp/nowhere: No such file or directory"
: >"$tmp/empty"
solo run "$tmp/empty" -- true
denied "an empty image" "$tmp/empty: the file is empty"
solo run --disk "$tmp/tmp" "$DISK" -- true
denied "a folder for a disk" "$tmp/tmp: this is a folder"
head -c 1000000 /dev/urandom >"$tmp/noise"
solo run "$tmp/noise" -- true
denied "an image without a file system" "$tmp/noise: the image holds no file system" 122
solo run --disk "$tmp/nowhere" "$DISK" -- true
denied "a disk that is not there" "$tmp/nowhere: No such file"
solo run --copy-in "$tmp/nowhere:/tmp" "$DISK" -- true
denied "a file to copy that is not there" "--copy-in $tmp/nowhere:/tmp: No such file"
solo run --copy-in "$tmp/noise" "$DISK" -- true
denied "a file to copy to nowhere" "--copy-in $tmp/noise: write HOST-FILE:GUEST-FILE"
solo run --copy-in "$tmp/noise:/no/where" "$DISK" -- echo ran
denied "a file to copy to a folder that is not there" "/no/where: No such file"
solo run --kernel "$tmp/nowhere" "$DISK" -- true
denied "a kernel that is not there" "--kernel $tmp/nowhere: No such file"
solo run --kernel-log "$tmp/no/where" "$DISK" -- true
denied "a log that cannot be made" "--kernel-log $tmp/no/where: No such file"
solo run --json "$tmp/no/where" "$DISK" -- true
denied "a report that cannot be made" "--json $tmp/no/where: No such file"
solo run --root debain -- true
denied "a root that there is not" 'debain: No such file or directory: name an image, a folder or an archive'
as_nobody() {
	install -m 755 "$SOLO" "$tmp/solo"
	cp --sparse=always "$DISK" "$tmp/secret"
	chmod 600 "$tmp/secret"
	local SOLO=$tmp/solo
	STATUS=0
	"${under[@]}" "$SOLO" run --kernel "$LINUX" "$tmp/secret" -- true </dev/null >"$tmp/out" 2>"$tmp/err" || STATUS=$?
	OUT=$(cat "$tmp/out") ERR=$(cat "$tmp/err")
}
if [ "$(id -u)" = 0 ]; then
	as_user as_nobody
	denied "an image that may not be read" "$tmp/secret: it cannot be read: Permission denied"
fi

# The guest.
solo run --user nobody-knows "$DISK" -- true
denied "a user that the guest does not know" "--user nobody-knows: the guest's /etc/passwd has no such user"
solo run --user 0:nobody-knows "$DISK" -- true
denied "a group that the guest does not know" "--user 0:nobody-knows: the guest's /etc/group has no such group"
solo run --workdir /no/where "$DISK" -- true
denied "a folder that the guest does not have" '--workdir /no/where: No such file'

# Other guests.
for command in attach logs stop kill; do
	solo "$command" nobody
	denied "solo $command of no guest" 'nobody: no guest of this name runs'
	solo "$command"
	denied "solo $command without a name" "write solo $command NAME"
done
solo exec nobody -- true
denied "solo exec in no guest" 'nobody: no guest of this name runs'
solo exec nobody
denied "solo exec without a command" 'write solo exec'
solo cp "$tmp/noise" "$tmp/other"
denied "solo cp without a guest" 'has to be in a guest'
solo ps all
denied "solo ps with a word" 'all: solo ps takes --json'
solo doctor all
denied "solo doctor with a word" 'all: solo doctor takes --json'

is "nothing is left behind" "$(find "$TMPDIR" "$HOME" -mindepth 1)" ''

finished
