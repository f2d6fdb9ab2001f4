#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Only virtual devices: nothing that was built reaches for hardware.
# Time limit: 200 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

src=$build/src
config=$build/kernel/.config
[ -e "$config" ] || skip_all "only for a kernel that was built here"

# Options that are set in a configuration.
set_in() { sed -n 's/^CONFIG_\([A-Za-z0-9_]*\)=[ym]$/\1/p' "$1" | sort; }

# Every option of the generic tree's drivers.
(cd "$src" && grep -rhE --include='Kconfig*' '^[[:space:]]*(menu)?config [A-Za-z0-9_]+' drivers sound) |
	sed -E 's/^[[:space:]]*(menu)?config ([A-Za-z0-9_]+).*/\2/' | sort -u >"$tmp/drivers"

# Those of them that a configuration sets and tests/virtual.known does not name.
hardware() { # CONFIGURATION
	local option pattern found
	set_in "$1" | join - "$tmp/drivers" | while read -r option; do
		found=''
		while read -r pattern _; do
			# shellcheck disable=SC2053 # a pattern
			[[ $pattern == '#'* || $option != $pattern ]] || { found=1; break; }
		done <"$here/virtual.known"
		[ -n "$found" ] || echo "$option"
	done
}

ok "the generic tree's drivers have options" [ "$(wc -l <"$tmp/drivers")" -gt 5000 ]
ok "the option for only virtual devices is on" grep -qx CONFIG_UML_VIRTUAL_ONLY=y "$config"
is "no option that makes drivers of hardware possible is on" \
	"$(set_in "$config" | grep -xE 'HAS_IOMEM|HAS_IOPORT|HAS_DMA|(HAVE_)?PCI|USB|ACPI|OF|PNP|ISA_BUS|EISA|I2C|SPI|FW_LOADER')" ''
is "no driver is one of hardware" "$(hardware "$config")" ''

# What distributions' kernels have, where it costs nothing while nobody uses it.
for option in DEBUG_FS=y FANOTIFY_ACCESS_PERMISSIONS=y XDP_SOCKETS=y IPV6_SIT=m; do
	ok "CONFIG_$option" grep -qx "CONFIG_$option" "$config"
done

# The test finds what it is for.
{ cat "$config"; printf 'CONFIG_%s\n' E1000=m SATA_AHCI=y; } >"$tmp/config"
is "a driver of hardware that a configuration sets is named" "$(hardware "$tmp/config")" $'E1000\nSATA_AHCI'

# Whatever the configuration says: no instruction that talks to ports or changes the processor's own registers.
find "$build/kernel" -name '*.ko' -print0 | xargs -0 -r objdump -d --no-show-raw-insn "$build/kernel/vmlinux" |
	awk -F'\t' -v count="$tmp/count" 'NF > 1 {n++}
		$2 ~ /^(in|out|ins[bwl]|outs[bwl]|rdmsr|wrmsr|invlpg|lgdt|lidt|ltr|wbinvd)( |$)/ ||
		$2 ~ /%(cr[0-9]|dr[0-9])/ {print $2}
		END {print n + 0 >count}' >"$tmp/instructions"
ok "the kernel's instructions can be read" [ "$(cat "$tmp/count")" -gt 100000 ]
is "no instruction of the kernel asks for privileges" "$(sort "$tmp/instructions" | uniq -c)" ''

finished
