# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Sourced by mktiny and mktests: ext4 images from a folder, by an ordinary user,
# the same bytes from the same files.

# mke2fs and debugfs are in sbin, which is not on an ordinary user's path.
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C
umask 022

# All times in the images: 2025-01-01, or what the caller asks for.
EPOCH=${SOURCE_DATE_EPOCH:-1735689600}

die()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# need PACKAGE TOOL...: notes PACKAGE as missing if one of its tools (a command,
# or a file if it has a slash) is not there; got_all then ends with the one line
# to type.
missing_tools=''
missing_packages=''
need()
{
	package=$1
	shift
	for tool; do
		case $tool in
		*/*) [ -e "$tool" ] && continue ;;
		*) command -v "$tool" >/dev/null && continue ;;
		esac
		missing_tools="$missing_tools $tool"
		case " $missing_packages " in
		*" $package "*) ;;
		*) missing_packages="$missing_packages $package" ;;
		esac
	done
}

got_all()
{
	[ -n "$missing_tools" ] || return 0
	die "missing:$missing_tools; to install: apt-get install$missing_packages"
}

# make_image FOLDER IMAGE LABEL UUID FREE_MIB JOURNAL_MIB [DEBUGFS_COMMANDS]
#
# mke2fs takes owners and times from the folder, which belongs to whoever builds
# it and was made just now; debugfs then sets them. FOLDER's parent must be a
# private folder: it gets the scratch files.
#
# All files are root's, but for those in the file OWNERS if that is set: a line
# "UID GID PATH" for each. MORE_INODES is how many files the image has room for
# beyond its own and 512.
make_image()
{
	folder=$1 image=$2 label=$3 uuid=$4 free=$5 journal=$6 commands=${7-}
	scratch=${folder%/*}
	features=ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super
	features=$features,large_file,huge_file,dir_nlink,extra_isize,metadata_csum
	extra=hash_seed=$uuid,root_owner=0:0,lazy_itable_init=0,nodiscard
	set --
	if [ "$journal" -gt 0 ]; then
		features=$features,has_journal
		set -- -J "size=$journal"
	fi

	inodes=$(($(find "$folder" | wc -l) + 512 + ${MORE_INODES:-0}))
	# 4 KiB blocks of the files and folders, then MiB; 1 MiB and a 64th for
	# the tables of the file system itself
	blocks=$(find "$folder" -printf '%s\n' |
		awk '{ n += int(($1 + 4095) / 4096) } END { print n }')
	size=$((blocks / 256 + inodes / 4096 + 2 + journal + free))
	size=$((size + size / 64))

	# The tool's own defaults, not those of this machine's mke2fs.conf.
	: >"$scratch/mke2fs.conf"
	export MKE2FS_CONFIG="$scratch/mke2fs.conf" E2FSPROGS_FAKE_TIME="$EPOCH"
	mke2fs -q -F -b 4096 -I 256 -N "$inodes" -m 0 -O "none,$features" "$@" \
		-L "$label" -U "$uuid" -E "$extra" -d "$folder" "$scratch/image" "${size}M" \
		>"$scratch/log" 2>&1 || {
		cat "$scratch/log" >&2
		die "mke2fs failed"
	}

	{
		[ -z "$commands" ] || printf '%s\n' "$commands"
		{
			(cd "$folder" && find . -printf '/%P\n')
			printf '/lost+found\n'
			[ -z "$commands" ] || printf '%s\n' "$commands" |
				awk '$1 == "cd" { d = $2 } $1 == "mknod" { print d "/" $2 }'
		} | sort | awk -v epoch="$EPOCH" '{
			print "sif \"" $0 "\" uid 0"
			print "sif \"" $0 "\" gid 0"
			n = split("atime ctime mtime crtime", field, " ")
			for (i = 1; i <= n; i++) {
				print "sif \"" $0 "\" " field[i] " @" epoch
				print "sif \"" $0 "\" " field[i] "_extra 0"
			}
		}'
		[ -z "${OWNERS-}" ] || while read -r uid gid path; do
			printf 'sif "%s" uid %s\nsif "%s" gid %s\n' "$path" "$uid" "$path" "$gid"
		done <"$OWNERS"
	} >"$scratch/commands"
	# debugfs exits 0 whatever happens: its first line names its version, any
	# other is an error.
	debugfs -w -f "$scratch/commands" "$scratch/image" 2>&1 >/dev/null |
		sed 1d >"$scratch/log"
	if [ -s "$scratch/log" ]; then
		cat "$scratch/log" >&2
		die "debugfs failed"
	fi
	# In one step, and keeping the holes.
	cp --sparse=always "$scratch/image" "$image.new"
	mv "$image.new" "$image"
}
