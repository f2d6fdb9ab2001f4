#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The table of host calls (arch-um/host/confine.c) says no more and no less than the code does: every call that it
# allows is made by a confined kernel, and every call that a confined kernel makes is allowed. Calls of the start are
# written boot_syscall<n>() and have no row.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

host=$top/arch-um/host
table=$(sed -n '/^} allowed\[\] = {/,/^};/p' "$host/confine.c")
rows=$(grep -o 'CALL([a-z0-9_]*' <<<"$table" | cut -c6- | sort -u)
ok "the table of calls can be read" [ "$(wc -l <<<"$rows")" -gt 40 ]

# What the code makes: all but what is made at the start. The gate's calls have a filter of their own.
made=$(sed '/^} allowed\[\] = {/,/^};/d; s/boot_syscall[0-6](__NR_[a-z0-9_]*//g' "$host"/*.c "$top/arch-um/trap/entry.S" |
	grep -o '__NR_[a-z][a-z0-9_]*' | cut -c6- | sort -u)
is "the table of calls allows no call that nothing makes" "$(comm -23 <(echo "$rows") <(echo "$made"))" ''
is "the code makes no call that the table does not allow" "$(comm -13 <(echo "$rows") <(echo "$made"))" ''
is "each host call is written with its number" "$(grep -nE '(host|boot)_syscall[0-6]\(' "$host"/*.c | grep -vE 'syscall[0-6]\((__NR_|call\b)')" ''

# Their arguments: what the table names is in the code, too, and not only in its comments.
flags=$(sed -n '/^#define \(SEND_FLAGS\|RECEIVE_FLAGS\|NEW_SOCKET\|OPEN_FLAGS\|FOLDER_OPEN\|MODES\)/,/[^\\]$/p' "$host/confine.c")
words=$(sed 's/"[^"]*"//g; s,/\*.*\*/,,' <<<"$table$flags" | grep -oE '\b[A-Z][A-Z0-9_]{3,}\b' | sort -u |
	grep -vxE 'CALL|ALWAYS|LANDLOCK|HOTPLUG|CONNECT|IS_BUT|NO_POINTER|UP_TO|MEMFD|EMPTY|OWN_PID|LONGEST|SEND_FLAGS|RECEIVE_FLAGS|NEW_SOCKET|OPEN_FLAGS|FOLDER_OPEN|MODES|FOLDERS|WRITABLE|HOST_ZERO_MAX|S_IFIFO|S_IFSOCK')
uses=$(find "$top/arch-um" "$top/drivers-virtual" -name '*.[ch]' ! -path '*/host/confine.c' -exec gcc -fpreprocessed -dD -E -P {} \; 2>/dev/null |
	grep -vE '^#define|boot_syscall[0-6]\(.*;')
unused=
for word in $words; do
	grep -qw "$word" <<<"$uses" || unused+=" $word"
done
ok "the table of calls has arguments" [ "$(wc -w <<<"$words")" -gt 40 ]
is "the table of calls allows no argument that nothing uses" "$unused" ''

# And a guest that uses its devices is refused nothing.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	work=$(disk_copy work)
	mkdir "$tmp/share"
	under=(strace -qq -f -o "$tmp/trace" -e 'signal=!all')
	start_writing "$work" 'dd if=/dev/zero of=/big bs=64k count=20 2>/dev/null; sync; rm /big; sync
		echo log >/dev/tty1; fstrim / || true
		mkdir /h; mount -t hostfs none /h; cd /h; cp /bin/busybox a; ./a true; echo x >>a; mkdir d; mv a d; ln d/a b; ln -s b c; cat c >/dev/null
		chmod 600 b; touch b; chown 1 b; truncate -s 100 b; mkfifo p; ls -lR >/dev/null; df . >/dev/null; sync b; sync; rm -r d b c p; cd /; umount /h
		cat /proc/net/dev | grep vec0; sleep 0.2; echo done' \
		umid=calls con1="log:$tmp/log" vec0:transport=bess,src="$tmp/wire" hostfs="$tmp/share"
	finish
	under=()
	like "a guest under strace works" "$OUT" 'done'
	confined=$(sed -n '/ seccomp(SECCOMP_SET_MODE_FILTER/,$p' "$tmp/trace")
	ok "strace sees the calls of a confined guest" [ "$(wc -l <<<"$confined")" -gt 100 ]
	# Regular files cannot be waited for; a socket's file elsewhere than in the guest's folder stays. What rt_sigreturn
	# returns is the register of whatever the signal had interrupted.
	is "no call of a guest that uses its devices is refused" "$(grep -E ' = -1 (EPERM|EACCES) ' <<<"$confined" | grep -vE ' rt_sigreturn\(| epoll_ctl\(.* EPOLL_CTL_ADD|unlink\("[^"]*/wire"\)' |
		head -n 5)" ''
else
	skip "a guest under strace" "no strace here, or it may not trace"
fi

finished
