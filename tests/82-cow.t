#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Copy-on-write files, which uml-utilities read and make too, and disposable disks.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

block_disk
# A guest that goes on while others are tried, and its end.
stay() { # OPTION...
	start quiet "$@" "$(run_option 'echo up; sleep 1000')"
	STAYS=$PID
	shows '^up'
}
leave() {
	PID=$STAYS
	kill -KILL "$PID"
	finish
}
# What a guest finds on its third disk, after COMMAND: in SUM.
on_disk() { # COMMAND OPTION...
	local command=$1
	shift
	guest "$command; echo \"sum \$(sha256sum </dev/ubdc)\"" "$@"
	SUM=$(awk '$1 == "sum" {print $2}' <<<"$OUT")
}

base=$tmp/base
cow=$tmp/cow
# Not a multiple of what the bitmap's pages, bytes and words stand for.
head -c $((20 * 1048576 + 3 * 512)) /dev/urandom >"$base"
chmod 644 "$base"
before=$(sum "$base")

# The same writes, by the guest and here. Some go past the boundaries of the bitmap's pages (16 MiB) and bytes (4 KiB).
# shellcheck disable=SC2016 # for other shells
writes() { # DEVICE
	printf 'for at in 0 7 9 4095 32766 40958; do yes $at | dd of=%s bs=512 count=5 seek=$at conv=notrunc iflag=fullblock; done 2>/dev/null; ' "$1"
	printf 'yes long | dd of=%s bs=64k count=40 seek=245 conv=notrunc iflag=fullblock 2>/dev/null' "$1"
}
cp "$base" "$tmp/want"
sh -c "$(writes "$tmp/want")"
want=$(sum "$tmp/want")

on_disk 'true' ubd2="$cow,$base"
is "a new COW file shows its backing file" "$SUM" "$before"
ok "a new COW file takes hardly any room" [ "$(stat -c %b "$cow")" -le 64 ]
on_disk "$(writes /dev/ubdc)" ubd2="$cow,$base"
is "what is written to a COW disk is read again" "$SUM" "$want"
is "the backing file of a COW disk stays as it was" "$(sum "$base")" "$before"
on_disk 'true' ubd2="$cow"
is "a COW file's name alone is enough to find what was written" "$SUM" "$want"
ok "a COW file grows by little more than what is written" [ "$(stat -c %b "$cow")" -le $(((40 * 64 + 200) * 2)) ]
on_disk 'true' ubd2r="$cow"
is "a guest that only reads a COW file finds what was written" "$SUM" "$want"
on_disk 'cat /sys/block/ubdc/queue/write_cache' ubd2s="$tmp/sync.cow,$base"
like "a COW disk of synchronous writes has no cache" "$OUT" 'write through'
on_disk "$(writes /dev/ubdc)" ubd2s="$tmp/sync.cow,$base"
is "a COW disk of synchronous writes is written" "$SUM" "$want"

# uml_moo merges, uml_mkcow makes.
uml_moo "$cow" "$tmp/merged" >/dev/null
is "uml_moo merges what was written" "$(sum "$tmp/merged")" "$want"
uml_moo "$tmp/sync.cow" "$tmp/merged" >/dev/null
is "uml_moo merges what was written synchronously" "$(sum "$tmp/merged")" "$want"
uml_mkcow "$tmp/made" "$base" >/dev/null 2>&1
is "a new COW file has the header of uml_mkcow's" "$(head -c 4128 "$tmp/made" | sha256sum)" "$(head -c 4128 "$cow" | sha256sum)"
is "a new COW file has the size of uml_mkcow's" "$(stat -c %s "$tmp/made")" "$(stat -c %s "$cow")"
on_disk "$(writes /dev/ubdc)" ubd2="$tmp/made"
is "a COW file of uml_mkcow can be written to" "$SUM" "$want"
uml_moo "$tmp/made" "$tmp/merged" >/dev/null
is "uml_moo merges a COW file of uml_mkcow that was written to" "$(sum "$tmp/merged")" "$want"

# UML leaves what it finds behind the name in the header.
cp --sparse=always "$cow" "$tmp/littered"
printf 'litter' | dd of="$tmp/littered" bs=1 seek=4122 conv=notrunc 2>/dev/null
on_disk 'true' ubd2="$tmp/littered,$base"
is "a header with litter behind the backing file's name is read" "$SUM" "$want"

# A flush is what makes it last; without one it is soon.
start quiet ubd2="$tmp/killed,$base" "$(run_option "$(writes /dev/ubdc); sync /dev/ubdc; echo safe; sleep 1000")"
shows '^safe'
kill -KILL "$PID"
finish
on_disk 'true' ubd2="$tmp/killed"
is "what was synced to a COW disk outlives kill -9" "$SUM" "$want"

# shellcheck disable=SC2016 # for the guest
# It outlives a restart of the guest in its process, synced or not.
again=$(printf 'if [ "$(head -c 2 /dev/ubdc)" = 0 ]; then sha256sum /dev/ubdc /dev/ubdd; poweroff -f; fi; ')
again+=$(for d in /dev/ubdc /dev/ubdd; do writes "$d" | sed "s,of=$d,& oflag=direct,g"; echo; done)
start quiet ubd2="$tmp/again,$base" "ubd3=$base,snapshot" "$(run_option "$again
	reboot -f")"
finish
is "what was written to COW and disposable disks is there after a reboot" "$(grep -c "^$want" <<<"$OUT")" 2
on_disk 'true' ubd2="$tmp/again"
is "what was written to a COW disk before a reboot is on the host" "$SUM" "$want"

# Zeroes and discards: holes in the COW file.
room=$(stat -c %b "$cow")
on_disk '/tests/disk zero /dev/ubdc 16056320 2621440' "ubd1r=$BLOCK" ubd2="$cow"
dd if=/dev/zero of="$tmp/want" bs=64k count=40 seek=245 conv=notrunc 2>/dev/null
is "what is zeroed on a COW disk reads as zeroes" "$SUM" "$(sum "$tmp/want")"
ok "what is zeroed on a COW disk takes no room on the host" [ "$(stat -c %b "$cow")" -lt $((room - 40 * 128 + 256)) ]
uml_moo "$cow" "$tmp/merged" >/dev/null
is "what is zeroed on a COW disk is not the backing file's again" "$(sum "$tmp/merged")" "$(sum "$tmp/want")"

# Names and locks.
stay ubd2="$cow,$base"
boot quiet ubd2="$cow" 'run="true"'
refused "a second writer of a COW file" "$cow: another guest"
boot quiet ubd2="$base" 'run="true"'
refused "a writer of a backing file in use" "$base: another guest"
on_disk 'true' ubd2="$tmp/other,$base"
is "a second COW file shares the backing file" "$SUM" "$before"
leave
mv "$base" "$tmp/moved"
boot quiet ubd2="$cow" 'run="true"'
refused "a backing file that is gone" "$base: No such file"
on_disk 'true' ubd2="$cow,$tmp/moved"
is "a backing file that was moved is named once" "$SUM" "$(sum "$tmp/want")"
on_disk 'true' ubd2="$cow"
is "a backing file that was moved is known after it was named" "$SUM" "$(sum "$tmp/want")"

# What does not fit.
mv "$tmp/moved" "$base"
cp -p "$base" "$tmp/keep"
touch "$base"
boot quiet ubd2="$cow,$base" 'run="true"'
refused "a backing file that was changed" "$base does not fit.*changed"
touch -r "$tmp/keep" "$base"
truncate -s +512 "$base"
touch -r "$tmp/keep" "$base"
boot quiet ubd2="$cow,$base" 'run="true"'
refused "a backing file of another size" "$base does not fit.*bytes"
truncate -s -512 "$base"
touch -r "$tmp/keep" "$base"
boot quiet ubd2="$base,$base" 'run="true"'
refused "a file that is no COW file" "$base: "
boot quiet ubd2="$tmp/new,$cow" 'run="true"'
refused "a COW file as backing file" "$cow: this is a COW file"
boot quiet ubd2="$tmp/new,$tmp/nowhere" 'run="true"'
refused "a backing file that is not there" "$tmp/nowhere: No such file"
is "a COW file is not made when its backing file is not there" "$(ls "$tmp/new" 2>/dev/null)" ''
boot quiet ubd2r="$tmp/new,$base" 'run="true"'
refused "a new COW file that may not be written" "$tmp/new: No such file"
head -c 19000000 "$tmp/made" >"$tmp/short"
boot quiet ubd2="$tmp/short,$base" 'run="true"'
refused "a COW file without its end" "$tmp/short: .*lost its end"
cp "$cow" "$tmp/bad"
printf '\0\0\2\1' | dd of="$tmp/bad" bs=1 seek=20 conv=notrunc 2>/dev/null
boot quiet ubd2="$tmp/bad,$base" 'run="true"'
refused "a COW file of a strange sector size" "$tmp/bad: .*damaged"
printf '\0\0\0\2' | dd of="$tmp/bad" bs=1 seek=4 conv=notrunc 2>/dev/null
boot quiet ubd2="$tmp/bad,$base" 'run="true"'
refused "a COW file of an old version" "$tmp/bad: .*version"

# A header is what anybody may have written: it names files beside the COW file, and no others.
mkdir "$tmp/else"
head -c 12345 /dev/zero >"$tmp/else/secret"
header_names() { # FILE NAME: a COW file whose header names NAME
	cp --sparse=always "$tmp/made" "$1"
	head -c 4096 /dev/zero | dd of="$1" bs=1 seek=32 conv=notrunc iflag=fullblock 2>/dev/null
	printf %s "$2" | dd of="$1" bs=1 seek=32 conv=notrunc 2>/dev/null
}
header_names "$tmp/evil" "$tmp/else/secret"
boot quiet ubd2="$tmp/evil" 'run="true"'
refused "a header that names a file elsewhere" "$tmp/evil: its header names a backing file in another folder, $tmp/else/secret: .*write ubd2=$tmp/evil,"
unlike "the refusal of a file elsewhere says nothing of that file" "$ERR" '12345'
header_names "$tmp/evil" "$tmp/../${tmp##*/}/else/../else/secret"
boot quiet ubd2="$tmp/evil" 'run="true"'
refused "a header that names a file elsewhere by .." "another folder"
header_names "$tmp/evil" "/etc/passwd"
boot quiet ubd2="$tmp/evil" 'run="true"'
refused "a header that names a file of the system" "another folder, /etc/passwd"
unlike "a file of the system that a header names is not opened" "$ERR" 'fit|bytes|changed'
ln -s else/secret "$tmp/link"
header_names "$tmp/evil" "$tmp/link"
boot quiet ubd2="$tmp/evil" 'run="true"'
refused "a header that names a symbolic link" "$tmp/link: this is a symbolic link"
header_names "$tmp/evil" "$(printf '/x/\033[2J\ny')"
boot quiet ubd2="$tmp/evil" 'run="true"'
refused "a header with a name for terminals" 'another folder, /x/\\e\[2J\\ny'
is "the refusal of a name for terminals is one line" "$(wc -l <"$tmp/err")" 1
head -c 5000 /dev/zero >"$tmp/beside"
header_names "$tmp/evil" "$tmp/beside"
boot quiet ubd2="$tmp/evil" 'run="true"'
refused "a file beside the COW file that does not fit" "$tmp/beside does not fit"
unlike "the refusal of a file that does not fit keeps its size secret" "$ERR" '5000'
mkdir "$tmp/moved"
cp --sparse=always -p "$base" "$tmp/moved/base"
header_names "$tmp/far" "$tmp/moved/base"
on_disk 'true' ubd2="$tmp/far,$tmp/moved/base"
is "a backing file elsewhere is taken if the command line names it" "$SUM" "$want"
(cd "$tmp/moved" && cp --sparse=always ../made near) && header_names "$tmp/moved/near" "$tmp/else/../moved/base"
on_disk 'true' ubd2="$tmp/moved/near"
is "a backing file in the same folder is taken by another way there" "$SUM" "$want"

# Nor does a disk become a COW file because its guest writes a header to it.
head -c 65536 /dev/zero >"$tmp/raw"
chmod 666 "$tmp/raw"
header_names "$tmp/evil" "$base"
for mark in OOOM MOOO; do
	guest "(printf $mark; head -c 508 /dev/zero) >/tmp/mark
		dd if=/tmp/mark of=/dev/ubdc conv=notrunc,fsync 2>/dev/null || echo refused
		dmesg | grep -o 'may not make it look like a COW [f]ile'" ubd2="$tmp/raw" loglevel=1
	is "$mark at the start of a disk is refused, and the log says so" "$OUT" $'refused\nmay not make it look like a COW file'
	is "$mark is not written to the start of a disk" "$(head -c 4 "$tmp/raw" | od -An -tx1)" ' 00 00 00 00'
done
guest 'printf "other" | dd of=/dev/ubdc conv=sync oflag=direct 2>/dev/null && yes | head -c 16384 | dd of=/dev/ubdc bs=16k oflag=direct seek=1 2>/dev/null &&
	yes | head -c 8192 | tr y z | dd of=/dev/ubdc bs=4k seek=5 conv=notrunc,fsync 2>/dev/null && echo good' ubd2s="$tmp/raw"
like "other words at the start of a disk are written" "$OUT" good
is "words at the start of a disk are written to where they belong" "$(sha256sum <"$tmp/raw")" \
	"$( (printf other; head -c 16379 /dev/zero; yes | head -c 4096; yes | head -c 8192 | tr y z; yes | head -c 4096; head -c 32768 /dev/zero) | sha256sum)"
guest 'dd if=/dev/urandom of=/tmp/whole bs=64k count=1 2>/dev/null; dd if=/tmp/whole of=/dev/ubdc bs=64k oflag=direct 2>/dev/null
	cmp /tmp/whole /dev/ubdc && sha256sum /tmp/whole' ubd2="$tmp/raw"
is "a write that begins at the start of a disk and goes on is whole" "$(awk '{print $1}' <<<"$OUT")" "$(sum "$tmp/raw")"
guest '(printf OOOM; head -c 508 /dev/zero) | dd of=/dev/ubdc oflag=direct iflag=fullblock 2>/dev/null && echo good' ubd2d="$tmp/raw"
like "with flag d OOOM at the start of a disk is data" "$OUT" good

# Disposable.
files() { find "$tmp/tmp" /var/tmp -mindepth 1 -maxdepth 1 2>/dev/null | sort; }
files_before=$(files)
chmod 444 "$base"
as_user on_disk "$(writes /dev/ubdc)" ubd2="$base,snapshot"
cp "$base" "$tmp/want" && chmod 644 "$tmp/want"
sh -c "$(writes "$tmp/want")"
is "a disposable disk can be written, of an image that cannot" "$SUM" "$(sum "$tmp/want")"
is "the image of a disposable disk stays as it was" "$(sum "$base")" "$before"
is "a disposable disk leaves no file" "$(files)" "$files_before"
start quiet "ubd0=$DISK,snapshot" root=/dev/ubda rw \
	"$(run_option 'yes | dd of=/big bs=1M count=8 iflag=fullblock 2>/dev/null; sync; ls -s /big; echo up; sleep 1000')"
STAYS=$PID
shows '^up'
is "a disposable disk has no file with a name while the guest runs" "$(files)" "$files_before"
boot quiet "ubd0=$DISK,snapshot" root=/dev/ubda rw 'run="ls /big"'
is "two guests share the image of disposable disks" "$STATUS" 1
like "guests with disposable disks do not see each other's changes" "$OUT" 'No such file'
leave
is "a disposable disk leaves nothing after kill -9" "$(files)" "$files_before"
on_disk 'true' ubd2="$cow,$base"
on_disk "$(writes /dev/ubdc)" ubd2v="$cow,$base"
is "flag v makes a COW file disposable" "$SUM" "$(sum "$tmp/want")"
on_disk 'cat /sys/block/ubdc/serial; echo' ubd2="$cow,snapshot,SER1"
like "a disposable COW file can have a serial number" "$OUT" SER1
uml_moo "$cow" "$tmp/merged" >/dev/null
is "a COW file that was disposable has not changed" "$SUM" "$(sum "$tmp/merged")"

finished
