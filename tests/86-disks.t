#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Disks in trouble: a full host, images that others change; and what the guest is told about its disks.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

block_disk
tests=("ubd1r=$BLOCK")
blocks() { stat -c %b "$1"; }

# What the guest sees of its queue.
truncate -s 64M "$tmp/a" "$tmp/b" "$tmp/c"
# shellcheck disable=SC2016 # for the guest
guest 'for d in c d e; do cd /sys/block/ubd$d/queue; echo $d $(cat logical_block_size physical_block_size write_cache fua \
	discard_granularity rotational) $(cat nr_requests ../ro ../size); done; echo max $(cat max_segments max_hw_sectors_kb); cat ../../ubdc/serial' \
	"ubd2=$tmp/a,,THING" ubd3sr="$tmp/b" ubd4t="$tmp/c"
block=$(stat -c %o "$tmp/a")
like "a disk's queue limits" "$OUT" "c 512 $block write back 1 $block 0 128 0 131072"
like "queue limits of a disk for synchronous reading only" "$OUT" "d 512 $block write through 0 0 0 128 1 131072"
like "queue limits of a disk without discards" "$OUT" "e 512 $block write back 1 0 0 128 0 131072"
like "a disk's serial number" "$OUT" 'THING'

# Discards give room back; large ones let others run.
head -c 64M /dev/urandom >"$tmp/a"
before=$(blocks "$tmp/a")
cp "$tmp/a" "$tmp/want"
dd if=/dev/zero of="$tmp/want" bs=1M seek=8 count=40 conv=notrunc 2>/dev/null
# shellcheck disable=SC2016 # for the guest
guest '/tests/disk zero /dev/ubdc $((8 << 20)) $((40 << 20)); sha256sum </dev/ubdc' "${tests[@]}" ubd2="$tmp/a"
like "what is zeroed on a disk reads as zeroes" "$OUT" "$(sum "$tmp/want")"
ok "what is zeroed on a disk is a hole on the host" [ "$(blocks "$tmp/a")" -le $((before - 40 * 2048 + 64)) ]
# shellcheck disable=SC2016 # for the guest
guest '/tests/disk discard /dev/ubdc 0 $((64 << 20))' "${tests[@]}" ubd2="$tmp/a"
ok "what is discarded takes no room on the host" [ "$(blocks "$tmp/a")" -le 64 ]
is "an image keeps its size when it is discarded" "$(stat -c %s "$tmp/a")" $((64 << 20))

# Sixteen disks and more, all at once; and partitions.
more=()
for ((i = 2; i < 20; i++)); do
	truncate -s 4M "$tmp/disk$i"
	echo "disk $i" | dd of="$tmp/disk$i" conv=notrunc 2>/dev/null
	more+=("ubd$i=$tmp/disk$i")
done
# shellcheck disable=SC2016 # for the guest
guest 'cd /sys/block; for d in ubd*; do [ $d = ubda ] || head -n 1 /dev/$d; done; for d in ubd?; do cat /dev/$d >/dev/null & done; wait' "${more[@]}"
is "eighteen disks are there at once" "$(grep -c '^disk' <<<"$OUT")" 18
is "eighteen disks are all different" "$(grep '^disk' <<<"$OUT" | sort -u | wc -l)" 18
# All that there can be, of the kind that takes most of the host.
more=()
for ((i = 2; i < 64; i++)); do more+=("ubd${i}=$tmp/disk2,snapshot"); done
# shellcheck disable=SC2016 # for the guest
guest 'cd /sys/block; for d in ubd*; do [ $d = ubda ] || head -n 1 /dev/$d; done | grep -c "^disk 2$"' "${more[@]}"
like "64 disks can be used, 62 of them disposable" "$OUT" '^62$'
guest 'cat /sys/block/ubdc/queue/write_cache' ubd=sync "ubd2=$tmp/disk2"
like "ubd=sync makes all disks write through" "$OUT" 'write through'
truncate -s 32M "$tmp/parted"
# An MBR with two entries: status, start, type, end, first sector, sectors.
printf '\0\0\0\0\203\0\0\0\0\10\0\0\0\100\0\0\0\0\0\0\203\0\0\0\0\110\0\0\0\100\0\0' |
	dd of="$tmp/parted" bs=1 seek=446 conv=notrunc 2>/dev/null
printf '\125\252' | dd of="$tmp/parted" bs=1 seek=510 conv=notrunc 2>/dev/null
# shellcheck disable=SC2016 # for the guest
guest 'cat /sys/block/ubdt/ubdt1/size; echo second >/dev/ubdt2; cat /sys/block/ubdc/ubdc2/start; head -n 1 /dev/ubdc2' \
	ubd19="$tmp/parted" ubd2c="$tmp/parted"
like "partitions can be used, of the twentieth disk too" "$OUT" '16384.*18432.*second'
is "partitions are where the table says" "$(dd if="$tmp/parted" bs=512 skip=18432 count=1 2>/dev/null | head -n 1 | tr -d '\0')" second
boot quiet ubd64="$tmp/a" 'run="true"'
is "there are 64 disks and no more" "$STATUS" "$BAD"
like "a disk number that is too high is refused by name" "$ERR" 'from 0 to 63'

# Two guests, one image.
start quiet "ubd2=$tmp/a" ubd3r="$tmp/b" "$(run_option 'echo up; sleep 1000')"
writer=$PID
shows '^up'
boot quiet ubd2="$tmp/a" 'run="true"'
is "a second writer of a disk is refused" "$STATUS" "$BAD"
like "the second writer is told which disk" "$ERR" "ubd2=$tmp/a: another guest"
boot quiet ubd2r="$tmp/a" 'run="true"'
like "a reader of a disk that another guest writes is refused" "$ERR" "ubd2r=$tmp/a: another guest"
boot quiet ubd2r="$tmp/b" ubd3c="$tmp/a" 'run="true"'
is "readers share a disk, and so do guests with flag c" "$STATUS" 0
PID=$writer
kill -KILL "$PID"
finish

# An image that gets shorter under a running guest: errors, not zeroes, and nothing grows again.
head -c 16M /dev/urandom >"$tmp/shrinks"
# shellcheck disable=SC2016 # for the guest
start quiet ubd2="$tmp/shrinks" "$(run_option 'echo up
	while dd if=/dev/ubdc of=/dev/null bs=4k skip=4000 count=1 iflag=direct 2>/dev/null; do :; done
	echo read gone; dd if=/dev/zero of=/dev/ubdc bs=4k seek=4090 count=1 oflag=direct 2>&1 | grep -o "Input.*error"
	dd if=/dev/ubdc bs=1M count=7 iflag=direct 2>/dev/null | sha256sum')"
shows '^up'
truncate -s 8M "$tmp/shrinks"
finish
like "the lost end of an image cannot be read" "$OUT" 'read gone'
like "the lost end of an image cannot be written" "$OUT" 'Input/output error'
is "an image that was cut off does not grow" "$(stat -c %s "$tmp/shrinks")" $((8 << 20))
like "the rest of an image that was cut off is good" "$OUT" "$(head -c 7M "$tmp/shrinks" | sha256sum | awk '{print $1}')"

# A write first: it would fill what is missing with zeroes.
head -c 16M /dev/urandom >"$tmp/shrinks"
# shellcheck disable=SC2016 # for the guest
start quiet ubd2="$tmp/shrinks" "$(run_option 'echo up; until [ -e /tmp/go ]; do
	dd if=/dev/ubdc of=/tmp/x bs=4k count=1 iflag=direct 2>/dev/null; [ "$(head -c 2 /tmp/x)" != go ] || touch /tmp/go; done
	dd if=/dev/zero of=/dev/ubdc bs=4k seek=4090 count=1 oflag=direct 2>&1 | grep -o "Input.*error"')"
shows '^up'
truncate -s 8M "$tmp/shrinks"
printf go | dd of="$tmp/shrinks" conv=notrunc 2>/dev/null
finish
like "a write behind the new end of an image fails" "$OUT" 'Input/output error'
is "a write behind the new end of an image changes nothing" "$(stat -c %s "$tmp/shrinks")" $((8 << 20))
like "the kernel's log says that an image has become shorter" "$OUT" 'has become shorter'

# A host without room.
full_disk() { # NAME COMMAND OPTION...
	local name=$1 command=$2
	shift 2
	guest "$command" "$@"
	like "$name: the guest is told" "$OUT" 'No space left on device'
	is "$name: the guest goes on, and the status says that something is lost" "$STATUS" "$BAD"
	like "$name: one line says so" "$ERR" "^linux: ubdc: what is written to this disk is lost: no space is left on the host\$"
}
if mkdir "$tmp/small" && mount -t tmpfs -o size=24m none "$tmp/small" 2>/dev/null; then
	truncate -s 64M "$tmp/small/image"
	full_disk "a full host" 'dd if=/dev/urandom of=/dev/ubdc bs=64k count=512 oflag=direct 2>&1; true' ubd2="$tmp/small/image"
	rm "$tmp/small/image"
	head -c 64M /dev/urandom >"$tmp/base"
	full_disk "a full host under a COW file" 'dd if=/dev/urandom of=/dev/ubdc bs=64k count=512 oflag=direct 2>&1; sync; true' \
		ubd2="$tmp/small/cow,$tmp/base"
	guest 'sha256sum </dev/ubdc' ubd2="$tmp/small/cow,$tmp/base"
	is "a COW disk on a full host is still whole" "$STATUS" 0
	rm "$tmp/small/cow"
	truncate -s 64M "$tmp/small/fs"
	mke2fs -q -t ext4 -J size=4 "$tmp/small/fs"
	guest 'mount /dev/ubdc /mnt; dd if=/dev/urandom of=/mnt/first bs=1M count=4 conv=fsync 2>/dev/null; sha256sum </mnt/first
		dd if=/dev/urandom of=/mnt/second bs=1M count=40 conv=fsync 2>&1 | grep -oE "error|space" | head -n 1' ubd2="$tmp/small/fs"
	like "a file system on a full host: the guest sees an error" "$OUT" 'error|space'
	first=$(awk '{print $1; exit}' <<<"$OUT")
	cp --sparse=always "$tmp/small/fs" "$tmp/fs"
	guest 'mount /dev/ubdc /mnt; sha256sum </mnt/first; umount /mnt' ubd2="$tmp/fs"
	like "what was synced before the host was full is there" "$OUT" "$first"
	e2fsck -fp "$tmp/fs" >/dev/null 2>&1
	ok "a file system on a full host can be mended by e2fsck alone" clean_disk "$tmp/fs"
	umount "$tmp/small"
else
	skip "a full host" "a small file system cannot be mounted here"
fi
# The guest's memory is a file to the host, and counts too.
truncate -s 256M "$tmp/limited"
under=(prlimit --fsize=$((160 << 20)))
guest 'dd if=/dev/zero of=/dev/ubdc bs=64k seek=3200 count=1 oflag=direct 2>&1; true' mem=128M ubd2="$tmp/limited"
under=()
like "a limit of the host's: the guest sees an error" "$OUT" 'No space left on device|error'
is "a limit of the host's: the guest goes on, and the status says that something is lost" "$STATUS" "$BAD"

# A file system without O_DIRECT: said, and served.
if mount -t ramfs none "$tmp/small" 2>/dev/null; then
	head -c 4M /dev/urandom >"$tmp/small/image"
	boot ubd2="$tmp/small/image" "$(run_option 'sha256sum </dev/ubdc; dd if=/dev/zero of=/dev/ubdc bs=4k count=3 conv=fsync 2>/dev/null')"
	like "the log tells of an image in the host's page cache" "$OUT" 'image has no O_DIRECT'
	is "an image in the host's page cache is written" "$(head -c 12288 "$tmp/small/image" | tr -d '\0' | wc -c)" 0
	umount "$tmp/small"
else
	skip "the log tells of an image in the host's page cache" "ramfs cannot be mounted here"
fi

finished
