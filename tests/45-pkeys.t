#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Hosts with protection keys, which QEMU emulates: no value of a guest program's ends the guest, and where the host's
# kernel is too old for that the guest says so. `make pku` runs more programs there.
# Time limit: 400 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

command -v qemu-system-x86_64 >/dev/null || skip_all "qemu-system-x86 is not installed: make pku does it"
export LINUX PKU_PROGRAMS=pkru

run() { # KERNEL
	timeout 300 "$top/scripts/pku" "$1" >"$tmp/said" 2>"$tmp/errors"
	SAID=$(cat "$tmp/said")
}

run 6.12
if ! grep -q '^# host' <<<"$SAID"; then
	skip_all "no kernel for the host: $(tail -n 1 "$tmp/errors")"
fi
relay_tap "Linux 6.12" <<<"$SAID"
is "Linux 6.12: the program prints its plan at the end" "$(grep -cE '^1\.\.[0-9]+$' <<<"$SAID")" 1
like "Linux 6.12: the guest ends in order" "$SAID" '# status 0'
unlike "Linux 6.12: the guest has nothing to say about keys" "$SAID" 'pkeys:'
unlike "Linux 6.12: the guest's kernel has no complaints" "$SAID" '(Kernel (fault|panic)|BUG:|WARNING:|Oops)'
grep -q '# status 0' <<<"$SAID" || diag "$(tail -n 40 <<<"$SAID")"

# There the host ends the process at the first signal after wrpkru: that is said before, and it hangs nowhere.
run 6.1
like "Linux 6.1: the guest says that a program can end the machine" "$SAID" 'pkeys: this host.* ends the machine'
like "Linux 6.1: the program ends its guest by a signal" "$SAID" '# status 139'
like "Linux 6.1: the host goes on after the guest's end" "$SAID" 'Power down'

finished
