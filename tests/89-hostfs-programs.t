#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What people run, in a folder of the host: git, tar, sqlite, compilers, an overlay, mount(2) and fsconfig(2), in Debian.
# Time limit: 600 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=280
image=$build/debian.ext4
[ -e "$image" ] || skip_all "no $image: 'make debian' makes it"
share=$tmp/share
mkdir "$share"

# What the guest runs, with bash for its init: $share is at /h.
debian() { # < SCRIPT
	cat >"$share/job"
	boot ubd0="$image,snapshot" root=/dev/ubda rw mem=1G con=null con0=fd:0,fd:1 quiet "hostfs=$share" init=/bin/bash -- -c \
		"mount -t proc proc /proc; mount -t tmpfs tmpfs /tmp; mkdir /h; mount -t hostfs none /h -o $share,uid=0,gid=0; cd /h; export PATH HOME=/tmp; bash /h/job; sync; echo o >/proc/sysrq-trigger; sleep 100"
	rm "$share/job"
}

debian <<'E'
set -e
git config --global user.email a@b; git config --global user.name n; git config --global init.defaultBranch main
git init -q r; cd r
for i in $(seq 300); do mkdir -p d$((i % 20)); seq $i $((i + 200)) >d$((i % 20))/f$i; done
git add .; git commit -qm one; sed -i s/7/8/ d1/*; git commit -qam two; git checkout -q HEAD^; git checkout -q main; git gc -q; git fsck --full --strict 2>/dev/null
cd ..; git clone -q r c; git -C c fsck --full 2>/dev/null; echo "git: $(git -C c log --oneline | wc -l) $(git -C c status --short | wc -l) $(git -C r status --short | wc -l)"
E
is "git makes, packs, checks and clones a repository" "$(grep -a '^git:' <<<"$OUT")" 'git: 2 0 0'
if command -v git >/dev/null; then
	is "the host's git finds nothing wrong with it" \
		"$(cd "$share" && for r in r c; do git -c safe.directory='*' -C $r fsck --full --strict 2>&1 | grep -v '^[Cc]hecking\|dangling'; git -c safe.directory='*' -C $r status --short; done)" ''
fi
(cd "$share/r" && find d* -type f | sort | xargs sha256sum) >"$tmp/host.sums"
(cd "$share/c" && find d* -type f | sort | xargs sha256sum) >"$tmp/clone.sums"
is "what git checked out is the same on the host" "$(cmp "$tmp/host.sums" "$tmp/clone.sums" 2>&1; wc -l <"$tmp/host.sums")" 300
rm -rf "$share/r" "$share/c"

cp -a "$top/arch-um" "$top/scripts" "$share"
debian <<'E'
sums() { (cd "$1" && find . -type f | sort | xargs -d '\n' sha256sum; find . -printf '%p %m %l\n' | sort); }
tar -c arch-um scripts | tar -x -C /tmp; mkdir back; tar -c -C /tmp arch-um scripts | tar -x -C back
sums arch-um >/tmp/a; sums /tmp/arch-um >/tmp/b; sums back/arch-um >/tmp/c; cmp /tmp/a /tmp/b && cmp /tmp/a /tmp/c && echo "tar: same"
mkdir lower; cp -a arch-um/host lower; mkdir /tmp/up /tmp/work /tmp/o; mount -t overlay o -o lowerdir=/h/lower,upperdir=/tmp/up,workdir=/tmp/work /tmp/o
cd /tmp/o; echo changed >host/aio.c; rm host/mem.c; mv host/net.c host/web.c; diff -rq host /h/lower/host | sort | sed 's,/[a-z/]*/,,g'; cd /h
printf '#include <stdio.h>\nint main(void) { puts("cc: built and run"); return 0; }\n' >p.c
printf 'p: p.o\n\tgcc -o p p.o\np.o: p.c\n\tgcc -c p.c\n' >Makefile; make -s && ./p && make -q && echo "make: up to date"
E
is "a tree goes through tar to the guest and back with the same contents, modes and links" "$(grep -a '^tar:' <<<"$OUT")" 'tar: same'
ok "the tree is the same on the host" diff -r "$top/arch-um" "$share/back/arch-um"
like "an overlay lies over a shared folder" "$OUT" 'Files host/aio.c and aio.c differ|Files .*aio.c.* differ'
ok "nothing is written below an overlay" diff -r "$top/arch-um/host" "$share/lower/host"
is "a program is compiled, run, and no older than its source" "$(grep -aE '^(cc|make):' <<<"$OUT")" $'cc: built and run\nmake: up to date'

debian <<'E'
cat >/tmp/p.py <<'P'
import ctypes, errno, fcntl, mmap, os, sqlite3, random
for mode in 'delete', 'wal':
    c = sqlite3.connect('db.' + mode)
    c.execute('pragma journal_mode=' + mode)
    c.execute('create table t(a primary key, b)')
    for i in range(3000):
        c.execute('insert into t values(?, ?)', (i, 'x' * (i % 500)))
        if i % 200 == 0: c.commit()
    c.execute('delete from t where a % 3 = 0'); c.commit(); c.execute('vacuum')
    print('sqlite:', mode, c.execute('select count(*) from t').fetchone()[0], c.execute('pragma integrity_check').fetchone()[0])
    c.close()
# reads, writes, mappings and sizes at random, against a copy in memory
random.seed(1)
f = os.open('random', os.O_RDWR | os.O_CREAT); copy = bytearray(); SIZE = 200000
m = None
for n in range(4000):
    op = random.randrange(7); at = random.randrange(SIZE); data = os.urandom(random.choice((1, 100, 4096, 20000)))
    if op <= 1:
        os.pwrite(f, data, at); copy.extend(bytes(max(0, at + len(data) - len(copy)))); copy[at:at + len(data)] = data
    elif op == 2 and copy:
        assert os.pread(f, 30000, at) == bytes(copy[at:at + 30000]), n
    elif op == 3 and len(copy) > 1:
        m = mmap.mmap(f, len(copy)); at %= len(copy); data = data[:len(copy) - at]
        assert m[at:at + 5000] == bytes(copy[at:at + 5000]), n
        m[at:at + len(data)] = data; copy[at:at + len(data)] = data
        if random.randrange(2): m.flush()
        if random.randrange(2): m.close()
    elif op == 4 and random.randrange(4) == 0:
        os.ftruncate(f, at); copy = copy[:at] + bytes(max(0, at - len(copy)))
    elif op == 5:
        assert os.fstat(f).st_size == len(copy), n
    elif op == 6 and random.randrange(4) == 0:
        os.fsync(f); os.close(f); f = os.open('random', os.O_RDWR)
assert os.pread(f, SIZE * 2, 0) == bytes(copy)
os.close(f); assert open('random', 'rb').read() == bytes(copy); print('random: right')
open('random.copy', 'wb').write(copy)
os.setxattr('random', 'user.one', b'1'); os.setxattr('random', 'user.two', b'2' * 1000)
os.removexattr('random', 'user.one'); print('xattr:', os.listxattr('random'), len(os.getxattr('random', 'user.two')))
try: os.setxattr('random', 'trusted.x', b'1')
except OSError as e: print('trusted:', errno.errorcode[e.errno])
a = os.open('random', os.O_RDWR); b = os.open('random', os.O_RDWR); fcntl.flock(a, fcntl.LOCK_EX)
try: fcntl.flock(b, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError: print('flock: held')
libc = ctypes.CDLL(None, use_errno=True)
def rename(x, y, flags): return ctypes.get_errno() if libc.renameat2(-100, x, -100, y, flags) else 0
open('x', 'w').write('x'); open('y', 'w').write('y')
print('rename:', errno.errorcode[rename(b'x', b'y', 1)], rename(b'x', b'y', 2), open('x').read(), open('y').read())
os.posix_fallocate(a, 0, 1 << 20); print('fallocate:', os.fstat(a).st_size, os.fstat(a).st_blocks >= 2048)
os.truncate('random', 10); print('truncate:', os.path.getsize('random'))
P
python3 /tmp/p.py
python3 - <<'P'
import ctypes, os
c = ctypes.CDLL(None, use_errno=True).syscall
os.mkdir('/mnt2')
share = open('/proc/mounts').read().split('hostfs=')[1].split()[0].encode()
fs = c(430, b'hostfs', 0)
r = [c(431, fs, 1, b'source', b'none', 0), c(431, fs, 0, share, None, 0), c(431, fs, 1, b'uid', b'5', 0), c(431, fs, 6, None, None, 0)]
m = c(432, fs, 0, 0)
print('fsconfig:', r, c(429, m, b'', -100, b'/mnt2', 4), os.stat('/mnt2/random').st_uid)
fs = c(430, b'hostfs', 0)
print('refused:', c(431, fs, 0, b'/etc', None, 0), c(431, fs, 6, None, None, 0), os.read(fs, 200).decode()[:60])
P
E
expected=$(cat <<E
sqlite: delete 2000 ok
sqlite: wal 2000 ok
random: right
xattr: ['user.two'] 1000
trusted: ENOTSUP
flock: held
rename: EEXIST 0 y x
fallocate: 1048576 True
truncate: 10
fsconfig: [0, 0, 0, 0] 0 5
refused: 0 -1 w /etc: there is no such folder in what hostfs= shares (-ENO
E
)
is "sqlite, mappings at random, attributes, locks, renames, allocation, and mounts by fsconfig" \
	"$(grep -aE '^[a-z]+: ' <<<"$OUT" | grep -av '^sh: ')" "$expected"

finished
