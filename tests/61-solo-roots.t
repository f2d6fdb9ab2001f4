#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Roots of solo that are no images: folders, tar archives, what docker save makes, OCI layouts; and the cache of them.
# Time limit: 300 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/solo.sh
. "$here/solo.sh"
export XDG_CACHE_HOME=$tmp/cache
PATH=$PATH:/usr/sbin
command -v mke2fs >/dev/null || skip_all "no mke2fs here"

root=$tmp/root
mkdir -p "$root"/{bin,etc,tmp,dir/sub}
cp /bin/busybox "$root/bin"
for name in sh cat ls stat find; do ln -s busybox "$root/bin/$name"; done
echo marker >"$root/etc/marker"
long=$root/dir/$(printf 'a%.0s' {1..150})/$(printf 'b%.0s' {1..150})
mkdir -p "$long"
echo deep >"$long/file"
chmod 751 "$root/dir/sub"
chmod 4711 "$root/bin/busybox"

# A folder.
solo run "$root" -- sh -c 'cat /etc/marker /dir/*/*/file; stat -c "%a %u:%g" /dir/sub; cd /; echo *'
is "a folder is a root" "$STATUS:$OUT" $'0:marker\ndeep\n751 0:0\nbin dev dir etc lost+found proc run sys tmp'
is "it is said that an image is made" "$ERR" "solo: $root: an image of it is made, and kept in $tmp/cache/solo"
solo run "$root" -- cat /etc/marker
is "the image is kept" "$STATUS:$OUT:$ERR" "0:marker:"
solo run --dry-run "$root" -- true
like "--dry-run names the image" "$STATUS:$OUT" "^0:.* ubd0v=$tmp/cache/solo/[0-9a-f]{32}\.ext4"
mkdir "$tmp/other"
solo run --dry-run "$tmp/other" -- true
is "--dry-run makes none" "$STATUS:$(find "$tmp/cache" -name '*.ext4' | wc -l)" 0:1
echo changed >"$root/etc/marker"
solo run "$root" -- cat /etc/marker
is "a folder that has changed is another image" "$OUT" changed
is "solo images lists them" "$("$SOLO" images | awk '{ print $4 }')" $''"$root"$'\n'"$root"
solo images rm ''
denied "solo images rm of no name" 'the name is empty: write solo images rm NAME'
is "and removes none" "$("$SOLO" images | wc -l)" 2
touch "$tmp/cache/solo/zz1.ext4" "$tmp/cache/solo/zz2.ext4"
solo images rm zz
denied "solo images rm of a beginning that two have" 'zz: 2 images have names that begin so'
solo images rm zz1
solo images rm zz2
"$SOLO" images | awk 'NR == 1 { print $1 }' | xargs "$SOLO" images rm
is "solo images rm removes one" "$("$SOLO" images | wc -l)" 1

# An archive. Owners, devices and hard links are those of the archive.
if [ "$(id -u)" = 0 ]; then
	chown 5:7 "$root/etc/marker"
	mknod "$root/etc/null" c 1 3
	wanted='5:7 2 1:3'
else
	mknod "$root/etc/null" p
	wanted="$(id -u):$(id -g) 2 0:0"
fi
ln "$root/etc/marker" "$root/etc/hard"
for kind in gnu:- pax:- gnu:gzip pax:xz; do
	program=${kind#*:}
	[ "$program" != - ] || program="cat"
	(cd "$root" && tar -c --format="${kind%:*}" .) | "$program" -c 2>/dev/null >"$tmp/archive" ||
		(cd "$root" && tar -c --format="${kind%:*}" .) >"$tmp/archive"
	solo run "$tmp/archive" -- sh -c 'stat -c "%u:%g %h" /etc/marker; stat -c "%t:%T" /etc/null; cat /dir/*/*/file; stat -c %a /bin/busybox'
	is "an archive is a root ($kind)" "$STATUS:$(paste -sd' ' "$tmp/out")" "0:$wanted deep 4711"
done

# Layers: the second removes a file, empties a folder, and replaces a file by a link.
mkdir -p "$tmp/second/etc" "$tmp/second/dir/sub" "$tmp/docker/one" "$tmp/docker/two"
touch "$tmp/second/etc/.wh.hard" "$tmp/second/dir/.wh..wh..opq"
ln -s two "$tmp/second/etc/marker"
echo two >"$tmp/second/etc/two"
(cd "$root" && tar -cf "$tmp/docker/one/layer.tar" .)
(cd "$tmp/second" && tar -cf "$tmp/docker/two/layer.tar" dir etc)
printf '[{"Config":"c.json","RepoTags":["image:latest"],"Layers":["one/layer.tar","two/layer.tar"]}]' >"$tmp/docker/manifest.json"
(cd "$tmp/docker" && tar -cf "$tmp/docker.tar" one two manifest.json)
look='cat /etc/marker; ls -d /etc/hard 2>&1; cd /dir; echo *'
layers=$'two\nls: /etc/hard: No such file or directory\nsub'
solo run "$tmp/docker.tar" -- sh -c "$look"
is "what docker save makes is a root, layer by layer" "$STATUS:$OUT" "0:$layers"
gzip -k "$tmp/docker.tar"
solo run "$tmp/docker.tar.gz" -- sh -c "$look"
is "it may be compressed" "$STATUS:$OUT" "0:$layers"
mkdir -p "$tmp/oci/blobs/sha256"
blob() { # FILE: put it into the layout; prints its digest
	local digest
	digest=$(sum "$1")
	cp "$1" "$tmp/oci/blobs/sha256/$digest"
	echo "sha256:$digest"
}
gzip -k "$tmp/docker/one/layer.tar"
echo '{"imageLayoutVersion": "1.0.0"}' >"$tmp/oci/oci-layout"
printf '{"schemaVersion": 2, "config": {"digest": "sha256:0", "size": 1},\n "layers": [{"mediaType": "tar+gzip", "digest": "%s"}, {"size": 3, "digest": "%s"}]}' \
	"$(blob "$tmp/docker/one/layer.tar.gz")" "$(blob "$tmp/docker/two/layer.tar")" >"$tmp/manifest"
printf '{"schemaVersion": 2, "manifests": [{"mediaType": "m", "digest": "%s", "size": 1}]}' "$(blob "$tmp/manifest")" >"$tmp/oci/index.json"
solo run "$tmp/oci" -- sh -c "$look"
is "an OCI layout is a root" "$STATUS:$OUT" "0:$layers"
(cd "$tmp/oci" && tar -cf "$tmp/oci.tar" .)
solo run "$tmp/oci.tar" -- sh -c "$look"
is "an archive of an OCI layout is a root" "$STATUS:$OUT" "0:$layers"

# Names that lead out of an archive lead to its root.
mkdir "$tmp/out-of"
(cd "$tmp/out-of" && tar -cPf "$tmp/evil.tar" --transform 's,^marker,../../../etc/evil,;s,^bin,/bin,' -C "$root/etc" marker -C "$root" bin)
solo run "$tmp/evil.tar" -- cat /etc/evil
is "names do not lead out of the root" "$STATUS:$OUT:$(ls /etc/evil 2>/dev/null)" "0:changed:"

# An image that cannot be written to.
if command -v mksquashfs >/dev/null; then
	mksquashfs "$root" "$tmp/image.squashfs" -quiet -no-progress >/dev/null 2>&1
	solo run "$tmp/image.squashfs" -- sh -c 'echo new >/etc/new; cat /etc/new /etc/marker'
	is "an image of squashfs has a layer in memory" "$STATUS:$OUT" $'0:new\nchanged'
else
	skip "an image of squashfs has a layer in memory" "no mksquashfs here"
fi

# Bad input leaves nothing in the cache.
"$SOLO" images rm all
quiet_run() { solo run --quiet "$@"; }
head -c 3000 "$tmp/docker/one/layer.tar" >"$tmp/short.tar"
quiet_run "$tmp/short.tar" -- true
like "an archive that is cut short is refused" "$STATUS:$ERR" '^125:.*damaged'
(cd "$tmp/docker" && tar -cf "$tmp/lacks.tar" one manifest.json)
quiet_run "$tmp/lacks.tar" -- true
denied "a layer that is not there" 'the archive has no layer two/layer.tar'
: | gzip >"$tmp/nothing.gz"
quiet_run "$tmp/nothing.gz" -- true
denied "a compressed nothing" "$tmp/nothing.gz: neither an image nor a tar archive"
is "nothing of these is kept" "$(find "$tmp/cache" -type f)" ''
solo images rm nonsense
denied "solo images rm of no image" 'nonsense: there is no such image'

# A host without room for the image. Its guest sees that only when it writes it out.
mkdir "$tmp/small"
if [ "$(id -u)" = 0 ] && unshare -m mount -t tmpfs none "$tmp/small" 2>/dev/null; then
	head -c 40000000 /dev/urandom >"$root/random"
	tar -C "$root" -cf "$tmp/large.tar" bin random
	for size in 20 39; do
		# shellcheck disable=SC2016 # its own
		STATUS=0 ERR=$(XDG_CACHE_HOME=$tmp/small unshare -m bash -c 'mount -t tmpfs -o size='$size'm none "$1" && shift
			"$@"; status=$?; find "$XDG_CACHE_HOME" -type f; exit $status' - "$tmp/small" \
			"$SOLO" run --quiet --kernel "$LINUX" "$tmp/large.tar" -- true 2>&1 </dev/null) || STATUS=$?
		like "an image that there is no room for in $size MB is refused, and not kept" "$STATUS:$ERR" '^125:.*the image could not be (written|made)[^'$'\n'']*$'
	done
	rm "$root/random"
else
	skip "an image that there is no room for is refused, and not kept" "nothing can be mounted here"
fi

# What solo has started to make an image goes with it.
mkdir "$tmp/programs"
for program in gzip mke2fs; do
	printf '#!/bin/sh\necho $$ >%s/%s.pid\nexec sleep 1000\n' "$tmp" "$program" >"$tmp/programs/$program"
done
chmod +x "$tmp/programs/"*
tar -C "$root" -cf "$tmp/mke2fs.archive" etc
gzip -c "$tmp/mke2fs.archive" >"$tmp/gzip.archive"
for program in gzip mke2fs; do
	PATH=$tmp/programs:$PATH "$SOLO" run --quiet "$tmp/$program.archive" -- true &
	maker=$!
	ok "solo uses $program" wait_for 20 test -s "$tmp/$program.pid"
	{ kill -KILL "$maker"; wait "$maker"; } 2>/dev/null
	ok "kill -9 of solo ends $program" wait_for 10 gone "$(cat "$tmp/$program.pid")"
done

# An ordinary user.
as_nobody() {
	install -m 755 "$SOLO" "$tmp/solo"
	mkdir -m 777 "$tmp/home/cache"
	chmod 644 "$tmp/docker.tar"
	XDG_CACHE_HOME=$tmp/home/cache "${under[@]}" "$tmp/solo" run --quiet --kernel "$LINUX" "$tmp/docker.tar" -- \
		stat -c '%u %t' /etc/null </dev/null >"$tmp/answer" 2>&1
}
if [ "$(id -u)" = 0 ]; then
	as_user as_nobody
	is "an ordinary user has owners and devices as the archive says" "$? $(cat "$tmp/answer")" "0 0 1"
fi

finished
