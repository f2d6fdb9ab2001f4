#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# uml_dir= in a place that others share: what they put there does a guest's owner no harm.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

shared=$tmp/shared
victim=$tmp/victim
fresh() {
	rm -rf "$shared" "$tmp/real"
	mkdir -m 1777 "$shared"
	mkdir -m 700 "$tmp/real"
	echo treasure >"$victim"
	chmod 600 "$victim"
}
named() { boot quiet umid=it "uml_dir=$shared" "$(run_option 'exit 7')"; }
starts() { # NAME
	named
	is "$1: the guest starts" "$STATUS" 7
	[ "$STATUS" = 7 ] || show
	safe "$1"
}
refuses() { # NAME REGEX
	named
	is "$1: the guest is refused" "$STATUS" "$BAD"
	like "$1: a line says why" "$ERR" "$2"
	is "$1: one line on stderr" "$(wc -l <"$tmp/err")" 1
	safe "$1"
}
safe() { is "$1: no file of the user's is lost" "$(cat "$victim" 2>&1)" treasure; }

fresh
starts "a folder that everybody may write to, with the sticky bit"
is "a guest leaves nothing in a folder of others" "$(ls "$shared")" ''
mkdir -m 700 "$shared/it"
starts "a folder that a killed guest has left"
is "a killed guest's folder is gone with the next guest of its name" "$(ls "$shared")" ''

# In place of the guest's own files
mkdir -m 700 "$shared/it"
ln -s "$victim" "$shared/it/pid"
refuses "a link for a pid file" "$shared/it/pid is a symbolic link"
fresh
mkdir -m 700 "$shared/it"
ln "$victim" "$shared/it/pid"
refuses "a second name of another file for a pid file" "$shared/it/pid is not a file of this user's alone"
fresh
mkdir -m 700 "$shared/it"
mkfifo "$shared/it/pid"
refuses "a pipe for a pid file" "$shared/it/pid is not a file of this user's alone"
fresh
ln -s "$tmp/real" "$shared/it"
cp -p "$victim" "$tmp/real/pid"
refuses "a link for the guest's folder" "$shared/it is not a folder"
is "a link for the guest's folder changes nothing where it leads" "$(cat "$tmp/real/pid")" treasure
fresh
mkdir -m 777 "$shared/it"
refuses "a guest's folder that others may write to" "others can write to the folder $shared/it: chmod go-w"
fresh
chmod 777 "$shared"
refuses "uml_dir that others may write to, without the sticky bit" "others can write to the folder $shared: "

# What looks like another guest's that was killed
fresh
mkdir -m 700 "$shared/other"
ln -s "$victim" "$shared/other/pid"
starts "a link for a pid file of another guest"
fresh
mkdir -m 700 "$shared/other"
ln "$victim" "$shared/other/pid"
starts "a second name of another file for a pid file of another guest"
fresh
ln -s "$tmp/real" "$shared/other"
cp -p "$victim" "$tmp/real/pid"
ln -s nowhere "$tmp/real/link"
starts "a link for another guest's folder"
is "a link for another guest's folder changes nothing where it leads" "$(cat "$tmp/real/pid"; ls "$tmp/real")" $'treasure\nlink\npid'
fresh
mkdir -m 700 "$shared/other"
echo 4711 >"$shared/other/pid"
chmod 600 "$shared/other/pid"
ln -s nowhere "$shared/other/con1"
starts "the folder of a guest that was killed"
is "the folder of a guest that was killed is removed" "$(ls "$shared")" ''

if [ "$(id -u)" = 0 ]; then
	fresh
	chown 65534 "$shared"
	refuses "uml_dir of another user" "the folder $shared belongs to another user"
	fresh
	mkdir -m 700 "$shared/it"
	chown 65534 "$shared/it"
	refuses "a guest's folder of another user" "the folder $shared/it belongs to another user"
	fresh
	mkdir -m 755 "$shared/it"
	echo 1 >"$shared/it/pid"
	chown 65534 "$shared/it/pid"
	refuses "a pid file of another user" "$shared/it/pid is not a file of this user's alone"
	fresh
	mkdir -m 700 "$shared/other"
	echo 4711 >"$shared/other/pid"
	chmod 600 "$shared/other/pid"
	chown -R 65534 "$shared/other"
	starts "a dead guest's folder of another user"
	is "a dead guest's folder of another user is left alone" "$(cat "$shared/other/pid")" 4711
	fresh
	chmod 600 "$victim"
	as_user starts "as an ordinary user, in root's folder"
else
	skip "folders of other users" "needs root, to be two users"
fi

finished
