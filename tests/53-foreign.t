#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Options that are not done here, or that somebody has mistyped, are told of in one line, or refused; limits of the host
# are, too. What ps shows of a guest, and what it gives back when it is asked.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

told() { # OPTION STATUS REGEX
	boot quiet "$1" 'run=true'
	is "$1: status $2" "$STATUS" "$2"
	like "$1: one line on stderr" "$ERR" "^linux: [^"$'\n'"]*$3[^"$'\n'"]*\$"
}
told ncpus=2 0 'has one processor'
told time-travel 1 'no simulated time'
told hostfs=/nowhere 1 'name a folder that is there'
told virtio_uml.device=/tmp/x:1 1 'vhost-user'
told memm=1G 0 'is mem= meant'
told udb1=x 0 'is ubd<n>= meant'
told quite 0 'is quiet meant'
told vec0:transprot=tap 1 'transprot= is not known'
told console=ttyS0 0 'ssl0=fd:0,fd:1'
told mem=1GB 1 "not a size"
boot quiet seccomp=auto quiet_reboot mode=skas skas0 ncpus=1 'run=true'
is "options of upstream without effect are taken without a word" "$STATUS:$ERR" 0:
boot quiet run=false run=true
is "of two commands the last one is run" "$STATUS" 0
like "a line tells that two commands were given" "$ERR" 'run= is given twice'
boot quiet 'umid=no/name' run=true
is "umid= with a slash: status 1" "$STATUS" 1
like "umid= with a slash: a line says which characters there are" "$ERR" 'letters, digits, -, _'

# Limits of the host.
# shellcheck disable=SC2016 # for that shell
under=(bash -c 'ulimit "$1" "$2"; shift 2; exec "$@"' bash -v 4000000)
boot quiet run=true
is "ulimit -v: status 1" "$STATUS" 1
like "ulimit -v: one line says why" "$ERR" '^linux: ulimit -v [^'$'\n'']*$'
# shellcheck disable=SC2016 # for that shell
under=(bash -c 'ulimit "$1" "$2"; shift 2; exec "$@"' bash -f 1000)
boot quiet run=true
is "ulimit -f: status 1" "$STATUS" 1
like "ulimit -f: one line says why" "$ERR" '^linux: ulimit -f [^'$'\n'']*$'
under=()

# Usage.
for word in help -h --help; do
	is "linux $word prints the usage" "$("$LINUX" "$word" | head -n 1 | cut -d' ' -f 1-2)" 'usage: linux'
done
is "linux alone prints the usage" "$("$LINUX" | head -n 1 | cut -d' ' -f 1-2)" 'usage: linux'

# What the host's tools tell of a guest, and mconsole's config mem=.
start quiet mem=256M umid=told "$(run_option 'echo up; sleep 1000')"
shows '^up'
is "ps shows the guest's name" "$(cat "/proc/$PID/comm")" linux:told
like "ps shows the guest's options" "$(tr '\0' ' ' <"/proc/$PID/cmdline")" 'umid=told'
if command -v uml_mconsole >/dev/null; then
	is "config mem tells the guest's memory" "$(uml_mconsole told config mem)" 'OK 256M'
	uml_mconsole told config mem=-64M >/dev/null
	is "config mem=-64M makes the guest's memory smaller" "$(uml_mconsole told config mem)" 'OK 192M'
	uml_mconsole told config mem=+64M >/dev/null
	is "config mem=+64M makes the guest's memory larger again" "$(uml_mconsole told config mem)" 'OK 256M'
else
	skip "config mem" "no uml_mconsole here"
fi
kill -TERM "$PID"
finish
is "a guest that SIGTERM ends has status 143" "$STATUS" 143

finished
