#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# solo on the host's own root, and folders of the host in guests.
# Time limit: 200 s
# shellcheck disable=SC2016 # commands are for the guest
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"
"$LINUX" --showconfig | grep -x CONFIG_UML_HOSTFS=y >/dev/null || skip_all "this guest kernel has no hostfs"
abi=$("$SOLO" doctor --json | grep -o '"Landlock", "level": "[a-z]*"')
[ "$abi" = '"Landlock", "level": "ok"' ] || skip_all "the host has no Landlock"

here_run() { # OPTION... -- COMMAND: in the folder work, as whoever calls
	STATUS=0
	(cd "$tmp/work" && timeout -k 5 "$LIMIT" "${under[@]}" "$SOLO" run --kernel "$LINUX" "$@") \
		</dev/null >"$tmp/out" 2>"$tmp/err" || STATUS=$?
	OUT=$(cat "$tmp/out") ERR=$(cat "$tmp/err")
}
mkdir -m 777 "$tmp/work"
echo data >"$tmp/work/file"
chmod 666 "$tmp/work/file"

# Without a root it is the host's.
here_run -- sh -c 'pwd; cat file; id -u; uname -r'
is "the host's root: where we are and who we are" "$STATUS:$OUT" "0:$tmp/work"$'\n'"data"$'\n'"$(id -u)"$'\n'"$("$LINUX" --version)"
is "nothing is said" "$ERR" ''
here_run -- sh -c 'echo changed >file; echo new >other; cat file other'
is "changes can be made" "$STATUS:$OUT" $'0:changed\nnew'
is "and are not kept" "$(cat "$tmp/work/"*)" data
here_run --env X=1 -- sh -c 'echo "$PATH:$X"'
is "PATH is ours, and --env counts" "$OUT" "$PATH:1"
here_run --workdir /etc -- sh -c 'pwd; [ -s passwd ]'
is "--workdir" "$STATUS:$OUT" 0:/etc
if [ "$(id -u)" = 0 ]; then
	here_run -- sh -c 'mkdir /mnt/mark && mount -t tmpfs none /mnt/mark && touch /etc/mark && echo mounted'
	is "root may do in the guest what it likes" "$OUT:$(ls -d /etc/mark /mnt/mark 2>/dev/null)" mounted:
fi
as_nobody() {
	install -m 755 "$build/solo" "$tmp/solo"
	local SOLO=$tmp/solo
	here_run --rw -- sh -c 'id -u; echo mine >own; cat own'
}
as_user as_nobody
is "an ordinary user: --rw" "$STATUS:$OUT:$ERR:$(cat "$tmp/work/own")" "0:$(stat -c %u "$tmp/work/own")"$'\n'"mine::mine"
unlike "an ordinary user's files are his" "$(stat -c %u "$tmp/work/own")" '^0$'

# Folders.
here_run --rw -- sh -c 'echo kept >file; mkdir -p "$HOME"; echo lost >"$HOME/mark"'
is "--rw keeps what is written to this folder" "$STATUS:$(cat "$tmp/work/file")" 0:kept
is "--rw keeps nothing else" "$(find "$HOME" -name mark)" ''
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mounted() { # OPTION... in a folder that is a mount of its own
		# shellcheck disable=SC2016 # for that shell
		OUT=$(unshare -m sh -c 'mount --make-rprivate / && mount -t tmpfs none "$0" && mkdir "$0/sub" && cd "$0/sub" && "$@"; cat "$0/sub/file"' \
			"$tmp/work" "$SOLO" run "$@" -- sh -c 'echo kept >file' 2>&1 </dev/null)
	}
	mounted --rw
	is "--rw keeps what is written to a folder of another mount" "$OUT" kept
	mounted --share "$tmp/work:/there"
	like "what is written here is not kept, though the folder is shared elsewhere" "$OUT" '^cat: .*No such file'
else
	skip "folders of another mount" "needs root"
fi
mkdir "$tmp/odd, name"
echo odd >"$tmp/odd, name/file"
here_run --root "$DISK" --share "$tmp/odd, name:/srv/there:ro" --share "$tmp/work" -- \
	sh -c "cat /srv/there/file; echo no >/srv/there/file; echo yes >$tmp/work/file; pwd"
like "--share with an image: at another place, to read" "$OUT" '^odd'
like "--share :ro is not written to" "$ERR" 'Read-only file system'
is "--share is written to" "$(cat "$tmp/work/file" "$tmp/odd, name/file")" $'yes\nodd'

# Below folders that the guest has something else at.
for place in /tmp /dev/shm; do
	work=$(mktemp -d "$place/solo-test-$$.XXXXXX") || continue
	leftovers+=("$work/file")
	echo here >"$work/file"
	STATUS=0
	OUT=$(cd "$work" && "$SOLO" run --kernel "$LINUX" -- sh -c 'pwd; cat file; echo changed >file; cat file' 2>&1) || STATUS=$?
	is "a command in a folder below $place" "$STATUS:$OUT:$(cat "$work/file")" "0:$work"$'\nhere\nchanged:here'
	rm -r "$work"
done

# Bad input.
here_run --share "$tmp/nowhere" -- true
denied "a folder that is not there" "--share $tmp/nowhere: No such file"
here_run --share "$tmp/work/file" -- true
denied "a file as a folder" "--share $tmp/work/file: this is no folder"
here_run --share "$tmp/work:there" -- true
denied "a place that is no path" "--share $tmp/work:there: write FOLDER"
here_run --share "$tmp/work:/there:ro:rw" -- true
denied "a colon too many" "--share $tmp/work:/there:ro:rw: there is a colon too many"
here_run --write -- true
denied "--write of the host's root" "--write: the host's root is never written to"

finished
