#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a guest writes to its disk is on the disk, and what it was told is safe is safe.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

disk=$(disk_copy disk)
sum_of() { awk '{print $1; exit}' <<<"$OUT"; }

start_writing "$disk" 'dd if=/dev/urandom of=/data bs=1M count=8 2>/dev/null; sha256sum /data'
finish
command_output
sum=$(sum_of)
ok "after a poweroff the file system is clean" clean_disk "$disk"
start_writing "$disk" 'sha256sum /data'
finish
command_output
is "the next guest finds what the first wrote" "$(sum_of)" "$sum"
is "the host finds what the guest wrote" "$(debugfs -R 'cat /data' "$disk" 2>/dev/null | sha256sum | awk '{print $1}')" "$sum"

# What was synced survives the guest's sudden end.
start_writing "$disk" 'dd if=/dev/urandom of=/synced bs=1M count=8 conv=fsync 2>/dev/null; sha256sum /synced
	echo safe; while :; do cat /data >/more; rm /more; done'
shows '^safe'
kill -KILL "$PID"
finish
command_output
sum=$(sum_of)
start_writing "$disk" 'sha256sum /synced'
finish
command_output
is "after kill -9, what was synced is there" "$(sum_of)" "$sum"
ok "after kill -9 the file system is clean again" clean_disk "$disk"

# Raw devices, of odd sizes.
truncate -s 0 "$tmp/raw"
head -c $((3 * 1048576 + 512)) /dev/urandom >"$tmp/raw"
sum=$(sha256sum <"$tmp/raw" | awk '{print $1}')
guest 'cat /sys/block/ubdc/size; sha256sum </dev/ubdc' ubd2="$tmp/raw"
is "a disk has the size of its file, to the sector" "$(head -n 1 <<<"$OUT")" $((3 * 2048 + 1))
like "a disk is read to its end" "$OUT" "$sum"
guest 'yes guest | head -c 4096 | dd of=/dev/ubdc bs=512 seek=6137 conv=notrunc 2>/dev/null; echo done' ubd2="$tmp/raw"
is "what is written at a disk's end is at the file's end" "$(tail -c 4096 "$tmp/raw" | sha256sum)" \
	"$(yes guest | head -c 4096 | sha256sum)"
is "writing at a disk's end keeps the file's size" "$(stat -c %s "$tmp/raw")" $((3 * 1048576 + 512))
guest 'dd if=/dev/zero of=/dev/ubdc bs=1M 2>&1' ubd2="$tmp/raw"
like "a write behind a disk's end is refused" "$OUT" 'No space left on device'
is "a write behind a disk's end does not make the file grow" "$(stat -c %s "$tmp/raw")" $((3 * 1048576 + 512))

# Direct I/O, in pieces that are no multiple of what the host likes, in the guest's memory and the disk.
truncate -s 8M "$tmp/direct"
head -c 8M /dev/urandom >"$tmp/direct"
sum=$(sha256sum <"$tmp/direct" | awk '{print $1}')
for size in 512 4k 1536 1M; do
	guest "dd if=/dev/ubdc iflag=direct bs=$size 2>/dev/null | sha256sum" ubd2="$tmp/direct"
	like "direct reads of $size bytes are right" "$OUT" "$sum"
done
truncate -s 16M "$tmp/target"
# shellcheck disable=SC2016 # for the guest
guest 'for size in 512 4k 1536 64k; do dd if=/dev/ubdc of=/dev/ubdd iflag=fullblock oflag=direct bs=$size count=37 skip=11 seek=11
	done 2>/dev/null; dd if=/dev/ubdc of=/dev/ubdd bs=64k oflag=direct 2>/dev/null; sync' ubd2="$tmp/direct" ubd3="$tmp/target"
is "direct writes of several sizes are right" "$(head -c 8M "$tmp/target" | sha256sum | awk '{print $1}')" "$sum"

# A file with holes stays one, however large.
truncate -s 1T "$tmp/large"
# shellcheck disable=SC2016 # for the guest
guest 'echo end | dd of=/dev/ubdc bs=4k seek=$((1024*1024*256 - 1)) conv=sync,notrunc 2>/dev/null; cat /sys/block/ubdc/size' \
	ubd2="$tmp/large"
is "a disk of a TiB works" "$OUT $(tail -c 4096 "$tmp/large" | tr -d '\0')" "2147483648 end"
ok "the file of a disk of a TiB keeps its holes" [ "$(stat -c %b "$tmp/large")" -lt 2048 ]

# Read-only.
sum=$(sha256sum <"$tmp/direct")
guest 'echo x >/dev/ubdc; echo "status $?"' ubd2r="$tmp/direct"
like "a read-only disk cannot be written" "$OUT" 'status [1-9]'
is "a read-only disk is not changed" "$(sha256sum <"$tmp/direct")" "$sum"
chmod 444 "$tmp/direct"
as_user guest 'sha256sum </dev/ubdc' ubd2r="$tmp/direct"
like "a file that may only be read can be a read-only disk" "$OUT" "${sum%% *}"

# O_DIRECT on the host, where its file system knows it.
start_writing "$disk" 'echo up; sleep 1000'
shows '^up'
if dd if="$disk" of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; then
	direct=''
	for fd in "/proc/$PID/fd/"*; do
		[ "$(readlink "$fd")" = "$disk" ] || continue
		flags=$(awk '/^flags:/ {print $2}' "/proc/$PID/fdinfo/${fd##*/}")
		if [ $((flags & 040000)) -ne 0 ]; then direct=yes; fi
	done
	is "a disk's file is open with O_DIRECT" "$direct" yes
else
	skip "a disk's file is open with O_DIRECT" "the file system of $tmp knows no O_DIRECT"
fi
kill -TERM "$PID"
finish

# A flush reaches the host's disk.
if command -v strace >/dev/null; then
	# shellcheck disable=SC2016 # for the guest
	compose "ubd0=$disk" root=/dev/ubda rw quiet con=null "con0=fd:0,fd:1" \
		"$(run_option 'sync; for i in 1 2 3; do echo $i >/flush; sync /flush; done')"
	run_in_background strace -f --seccomp-bpf -q -e signal=none -o "$tmp/trace" \
		-e trace=io_submit,fsync,fdatasync,sync_file_range,pwritev2 "$LINUX" "${args[@]}"
	finish
	is "a guest that flushes runs under strace" "$STATUS" 0
	ok "each fsync of the guest is one of the host" [ "$(grep -cE '(F(D|DATA)?SYNC|f(data)?sync\(|RWF_D?SYNC)' "$tmp/trace")" -ge 3 ]
else
	skip "a flush reaches the host's disk" "no strace here"
fi

# Many requests at once: four writers and a reader.
truncate -s 32M "$tmp/busy"
# shellcheck disable=SC2016 # for the guest
guest 'for i in 0 1 2 3; do dd if=/dev/ubdc of=/dev/ubdd bs=$((4 << i))k seek=$((2048 * i / (1 << i))) oflag=direct 2>/dev/null &
	done; cat /dev/ubdd >/dev/null; wait' ubd2="$tmp/direct" ubd3="$tmp/busy"
is "four writers at once write what they are told" "$(sha256sum <"$tmp/busy")" \
	"$(for _ in 1 2 3 4; do cat "$tmp/direct"; done | sha256sum)"

finished
