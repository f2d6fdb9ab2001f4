#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A guest that is killed in the middle of heavy traffic has lost nothing that it was told is safe, and no block is
# torn; fio finds what it wrote.
#   ROUNDS    how many guests are killed for each kind of disk (8)
# Time limit: 900 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

ROUNDS=${ROUNDS:-8}
block_disk

# The last number that was reported as safe; 0 if there was none.
last() { awk -v seed="$1" '$1 == "done" && $2 == seed && $3 ~ /^[0-9]+\r?$/ {n = $3 + 0} END {print n + 0}' "$tmp/out"; }
reports() { [ "$(grep -ac '^done ' "$tmp/out")" -ge "$1" ]; }
reports_or_gone() { reports "$1" || gone "$PID"; }

# Two empty disks: one with a file system, one without.
fresh() { # KIND
	rm -f "$tmp/fs" "$tmp/raw" "$tmp/fs.cow" "$tmp/raw.cow"
	truncate -s 128M "$tmp/fs"
	truncate -s 64M "$tmp/raw"
	mke2fs -q -t ext4 -J size=4 "$tmp/fs"
	case $1 in
	file) disks=("ubd2=$tmp/fs" "ubd3=$tmp/raw") ;;
	cow) disks=("ubd2=$tmp/fs.cow,$tmp/fs" "ubd3=$tmp/raw.cow,$tmp/raw") ;;
	sync) disks=("ubd2s=$tmp/fs.cow,$tmp/fs" "ubd3s=$tmp/raw") ;;
	esac
}

# The file system as the host sees it.
clean() { # KIND
	local fs=$tmp/fs
	if [ "$1" != file ]; then
		fs=$tmp/fs.merged
		uml_moo "$tmp/fs.cow" "$fs" >/dev/null
	fi
	clean_disk "$fs"
}

for kind in file cow sync; do
	bad='' safe=0
	for ((round = 0; round < ROUNDS; round++)); do
		# Every other time the disks are as the last guest left them: then the traffic is on what is there.
		if [ $((round % 2)) = 0 ]; then fresh "$kind"; fi
		a=$((100 + 2 * round)) b=$((101 + 2 * round))
		commands="mount /dev/ubdc /mnt || exit; for s in $a $b; do /tests/disk files /mnt \$s & done; "
		# On what is there the numbers would not fit.
		# shellcheck disable=SC2016 # for the guest
		if [ $((round % 2)) = 0 ]; then commands+='for s in 1 2 3; do /tests/disk blocks /dev/ubdd $s & done; '; fi
		start quiet mem=128M "ubd1r=$BLOCK" "${disks[@]}" "$(run_option "$commands wait")"
		wait_for "$LIMIT" reports_or_gone $((20 + RANDOM % 200))
		if gone "$PID"; then
			bad+="round $round: the guest ended: $(tail -n 3 "$tmp/out")"$'\n'
		fi
		kill -KILL "$PID" 2>/dev/null
		finish
		commands='mount /dev/ubdc /mnt || exit; '
		for s in "$a" "$b"; do commands+="/tests/disk files /mnt $s $(last "$s"); "; done
		wanted=2
		safe=$((safe + $(grep -ac '^done ' "$tmp/out")))
		if [ $((round % 2)) = 0 ]; then
			for s in 1 2 3; do commands+="/tests/disk blocks /dev/ubdd $s $(last "$s"); "; done
			wanted=5
		fi
		boot quiet mem=128M "ubd1r=$BLOCK" "${disks[@]}" "$(run_option "$commands umount /mnt")"
		if [ "$(grep -c '^good' <<<"$OUT")" != "$wanted" ]; then
			bad+="round $round: $OUT"$'\n'
		elif ! clean "$kind"; then
			bad+="round $round: $(tail -n 5 "$tmp/e2fsck")"$'\n'
		fi
	done
	is "$kind: $ROUNDS killed guests lose nothing and tear nothing" "$bad" ''
	ok "$kind: the guests that were killed had written" [ "$safe" -ge $((ROUNDS * 20)) ]
done

# fio, on the disk as it is.
job="--name=v --filename=/dev/ubdd --direct=1 --ioengine=libaio --iodepth=32 --rw=randwrite --bsrange=512-64k
	--size=40m --verify=crc32c --verify_fatal=1 --verify_backlog=64 --randseed=7 --output=/tmp/log"
job=${job//[$'\n\t']/ }
small=${job/512-64k/512-4k}
small=${small/40m/10m}
for kind in file cow; do
	fresh "$kind"
	LIMIT=300 guest "/tests/fio $job && echo verified; grep -E 'err=|verify' /tmp/log" "ubd1r=$BLOCK" "${disks[@]}"
	like "$kind: fio reads what it writes" "$OUT" 'verified'
	LIMIT=300 guest "/tests/fio $job --verify_only && echo verified; grep -E 'err=|verify' /tmp/log" \
		"ubd1r=$BLOCK" "${disks[@]}"
	like "$kind: the next guest's fio reads what was written" "$OUT" 'verified'
	# Small ones that are held back for each other, and a processor that never idles.
	LIMIT=300 guest "(while :; do :; done) & /tests/fio $small &&
		echo verified; grep -E 'err=|verify' /tmp/log" "ubd1r=$BLOCK" "${disks[@]}"
	like "$kind: fio reads small requests beside a program that computes" "$OUT" 'verified'
done

finished
