#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian 12 with systemd (make debian): boots to a login and to a job without a failed unit, runs what people run, shuts
# down clean. DEBIAN=FILE tests another image.
# Time limit: 900 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

LIMIT=180
image=${DEBIAN:-$build/debian.ext4}
[ -e "$image" ] || skip_all "no $image: 'make debian' makes it"
disk=$tmp/debian
fresh() {
	cp --sparse=always "$image" "$disk"
	chmod 666 "$disk"
}
# Run COMMAND as the job of a new Debian.
job() { # COMMAND [OPTION...]
	local command=$1
	shift
	fresh
	boot "ubd0=$disk" root=/dev/ubda rw mem=1G con=null con0=fd:0,fd:1 quiet "$@" \
		"$(run_option "echo =begin=; ($command); s=\$?; echo =end=; exit \$s")"
	command_output
}

job 'systemctl --failed --no-legend; systemctl is-active multi-user.target; journalctl -b -p err --no-pager -q -o cat; exit 9'
is "a job runs after multi-user, without a failed unit or an error in the journal" "$OUT" active
is "the status of a job is the machine's" "$STATUS" 9
ok "the shutdown leaves a clean file system" clean_disk "$disk"
# shellcheck disable=SC2016 # for the guest
job 'kill -9 $$'
is "a job killed by a signal gives 128 + its number" "$STATUS" 137
job '/nowhere'
is "a job that does not exist gives 127" "$STATUS" 127

job 'modprobe dm_snapshot && grep -c ^dm_snapshot /proc/modules; mount | grep -c "binfmt_misc on"'
is "the kernel's modules can be loaded" "$OUT" $'1\n1'

# The network's services start with the first device.
job 'systemctl is-active systemd-networkd systemd-resolved
modprobe dummy && ip link add vec0 type dummy && ip link set vec0 up
udevadm settle
until systemctl -q is-active systemd-networkd && systemctl -q is-active systemd-resolved; do sleep 0.1; done
echo both; networkctl --no-legend --no-pager list vec0; systemctl --failed --no-legend'
is "without a network device no network service runs" "$(head -n 2 <<<"$OUT" | paste -sd' ')" 'inactive inactive'
like "a device vec0 starts the network services" "$(sed 1,2d <<<"$OUT")" $'^both\n.*vec0.*(configuring|configured|pending)[^\n]*$'

# To the world through passt, as an ordinary user: DHCP, and a web server on the host's loopback. A job waits for it.
as_nobody=()
if [ "$(id -u)" = 0 ]; then as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups); fi
if command -v passt >/dev/null && ip route get 198.51.100.1 >/dev/null 2>&1; then
	mkdir "$tmp/net" "$tmp/www"
	chmod 1777 "$tmp/net"
	head -c 2000000 /dev/urandom >"$tmp/www/file"
	(cd "$tmp/www" && exec setsid python3 -u -m http.server --bind 127.0.0.1 0 >"$tmp/httpd" 2>&1) {never}<&- &
	guests[$!]=y
	setsid "${as_nobody[@]}" passt -f --socket "$tmp/net/passt" <"$tmp/never" >"$tmp/passt" 2>&1 &
	guests[$!]=y
	serving() { grep -q "port [0-9]" "$tmp/httpd" && [ -e "$tmp/net/passt" ]; }
	ok "a web server and passt run" wait_for 20 serving
	port=$(sed -nE 's/.* port ([0-9]+) .*/\1/p' "$tmp/httpd")
	as_user job "router=\$(ip route show default | awk '{print \$3}')
python3 -c 'import sys, urllib.request as r; sys.stdout.buffer.write(r.urlopen(sys.argv[1]).read())' http://\$router:$port/file | sha256sum
systemctl --failed --no-legend" "vec0:transport=stream,dst=$tmp/net/passt,mtu=65520"
	is "an ordinary user's Debian has a network through passt when the job starts" "$OUT" "$(sha256sum <"$tmp/www/file")"
	[ "$STATUS" = 0 ] || show
else
	skip "a web server and passt run" "no passt, or no route to anywhere"
	skip "an ordinary user's Debian has a network through passt when the job starts" "no passt, or no route to anywhere"
fi

# A debugger watches by what the processor cannot do here.
# shellcheck disable=SC2016 # for the guest
job 'cat >/tmp/w.c <<END
#include <stdio.h>
int counter;
int main(void)
{
	for (int i = 0; i < 6; i++)
		if (i == 3)
			counter = 42;
	printf("%d\n", counter);
	return 0;
}
END
cd /tmp && gcc -g -O0 -o w w.c
lines() { grep -oE "^(Old|New) value.*|^.1 = .*|^42|exited normally|^Line 8 of|[Ee]rror.*"; }
gdb -q -batch -ex "break main" -ex run -ex "watch counter" -ex continue -ex "print i" -ex continue ./w </dev/null 2>&1 | lines
gdb -q -batch -ex start -ex "hbreak 8" -ex continue -ex "info line" -ex continue ./w </dev/null 2>&1 | lines'
is "gdb's watchpoints and hardware breakpoints" "$OUT" \
	$'Old value = 0\nNew value = 42\n$1 = 3\n42\nexited normally\nLine 8 of\n42\nexited normally'

# What people run.
# shellcheck disable=SC2016 # for the guest
job 'cat >/tmp/x.c <<END
#include <stdio.h>
int square(int n) { return n * n; }
int main(void) { printf("%d\n", square(12)); return 0; }
END
cd /tmp
echo "gcc: $(gcc -g -O0 -o x x.c && ./x)"
echo "gdb: $(gdb -batch -ex "break square" -ex run -ex "print n" ./x 2>&1 | grep "^.1 = ")"
echo "strace: $(strace -f -e trace=write ./x 2>&1 >/dev/null | grep -c "^write(1")"
echo "python3: $(python3 -c "import json, threading, subprocess; print(sum(range(1000)), subprocess.check_output([\"echo\", \"sub\"]).decode().strip())")"
echo "node: $(node -e "setTimeout(() => console.log([1, 2, 3].map(x => x * x).join()), 10)")"
echo "sqlite3: $(sqlite3 /root/db "create table t (a); insert into t select value from generate_series(1, 1000); select sum(a) from t; pragma integrity_check" | paste -sd" ")"
echo "apt: $(apt-get -s -qq install postgresql 2>&1 | grep -c "^Inst postgresql-15 ")"
echo "git: $(git init -q /tmp/repo && cd /tmp/repo && git -c user.name=x -c user.email=x commit -q --allow-empty -m first && git log --format=%s)"'
is "what people run: the job ends well" "$STATUS" 0
for wanted in 'gcc: 144' "gdb: \$1 = 12" 'strace: 1' 'python3: 499500 sub' 'node: 1,4,9' 'sqlite3: 500500 ok' 'apt: 1' 'git: first'; do
	is "${wanted%%:*} works" "$(grep "^${wanted%%:*}:" <<<"$OUT")" "$wanted"
done
[ "$STATUS" = 0 ] || show

# A login on a terminal.
fresh
start_terminal 24 80 "ubd0=$disk" root=/dev/ubda rw mem=1G quiet
ok "Debian comes to a login on a terminal" wait_for "$LIMIT" seen 'debian login: '
type_keys 'root\r'
ok "the login lets root in" wait_for 60 seen 'root@debian:~# '
# What is typed is echoed, so what to look for differs from it.
# shellcheck disable=SC2016 # for the guest
type_keys 'echo sess""ion=$(loginctl show-user root -P Sessions)= system=$(systemctl is-system-running --wait)=\r'
ok "the login gives a session, on a system that is running" wait_for 60 seen 'session=[0-9]+= system=running='
type_keys 'systemctl poweroff\r'
finish_terminal
is "poweroff ends Debian" "$STATUS" 0
is "poweroff gives the terminal back" "$RESTORED" same
ok "poweroff leaves a clean file system" clean_disk "$disk"

# Asked to end from outside.
fresh
start "ubd0=$disk" root=/dev/ubda rw mem=1G con=null con0=fd:0,fd:1 "ssl1=log:$tmp/serial" quiet \
	"$(run_option 'echo up; sleep 1000')"
shows '^up'
ok "a serial line has a login" wait_for 60 grep -qa 'debian login:' "$tmp/serial"
kill -TERM "$PID"
finish
is "SIGTERM shuts Debian down in order, with what its job ended with" "$STATUS" 143
ok "SIGTERM leaves a clean file system" clean_disk "$disk"

finished
