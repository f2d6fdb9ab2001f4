#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The style of the kernel code here: checkpatch.pl, by reference from the kernel's source, finds nothing but what
# tests/checkpatch.known gives a reason for.
# Time limit: 900 s
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

checkpatch=$build/src/scripts/checkpatch.pl
[ -e "$checkpatch" ] || skip_all "the kernel's source is not there: make linux unpacks it"
command -v perl >/dev/null || skip_all "no perl here"

# Complaints, a line each: FILE:LINE: LEVEL:TYPE: TEXT
complaints() { # FILE...
	(cd "$top" && perl "$checkpatch" --no-tree --file --terse --no-summary --show-types --max-line-length=100 "$@" 2>&1)
}

# Those that the list does not name; and its lines that name none, in $tmp/unneeded.
unknown() {
	awk -v used="$tmp/used" '
		NR == FNR {
			if (!/^#/ && NF) {
				n++; type[n] = $1; pattern[n] = $2
				gsub(/\./, "\\.", pattern[n]); gsub(/\*/, ".*", pattern[n])
			}
			next
		}
		{
			split($0, field, ":"); kind = field[4]; known = 0
			for (i = 1; i <= n; i++)
				if (type[i] == kind && field[1] ~ "^" pattern[i] "$") { known = 1; hit[i] = 1; break }
			if (!known) print
		}
		END { for (i = 1; i <= n; i++) if (!hit[i]) print type[i], pattern[i] >used }
	' "$here/checkpatch.known" -
}

: >"$tmp/used"
mapfile -t files < <(cd "$top" && find arch-um drivers-virtual -name '*.[chS]' | sort)
complaints "${files[@]}" >"$tmp/all"
ok "checkpatch.pl runs" [ -s "$tmp/all" ]
is "checkpatch.pl finds nothing that tests/checkpatch.known does not name" "$(unknown <"$tmp/all")" ''
is "everything that tests/checkpatch.known names is found" "$(cat "$tmp/used")" ''

# The test finds what it is for.
printf '// SPDX-License-Identifier: GPL-2.0\nint f(void)\n{\n    return 0;\n}\n' >"$tmp/bad.c"
like "code that is indented by blanks is found" "$(complaints "$tmp/bad.c" | unknown)" 'LEADING_SPACE'

finished
