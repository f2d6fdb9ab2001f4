# SPDX-License-Identifier: GPL-2.0
# fish completion for solo

complete -c solo -n __fish_use_subcommand -f -a 'run shell exec ps attach logs cp stop kill test images doctor help'
set -l starts '__fish_seen_subcommand_from run shell test'
for option in root share disk mem env workdir user copy-in copy-out publish timeout name kernel-log json kernel guard append
	complete -c solo -n $starts -l $option -r
end
for option in write boot rw net detach keep-on-failure dry-run quiet
	complete -c solo -n $starts -l $option
end
complete -c solo -n '__fish_seen_subcommand_from exec attach logs stop kill' -f \
	-a '(solo ps 2>/dev/null | awk \'NR > 1 { print $1 }\')'
complete -c solo -n '__fish_seen_subcommand_from ps doctor' -f -l json
